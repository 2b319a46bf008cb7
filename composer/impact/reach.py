"""Which lines of which outputs an edit would reach, read off the origins of the outputs as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from composer.blocks import Conditional, Inclusion, Loop
from composer.explain.lines import segments_by_line
from composer.impact.influence import Influence, measure_influence
from composer.impact.subject import Kind, Subject
from composer.lookup.index import Index
from composer.model.outputs import OutputFile
from composer.model.planned import Absence, AbsenceReason, Segment, SegmentKind, Trace
from composer.records import dataclass
from composer.source import Location

__all__ = ["LeftOut", "Reach", "find_reach"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A block that an output does not show, and why in a few words."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What an edit has to do with one output.

    ``gives`` are the lines with text of its own, ``decides`` those that are there, or look as they do, because of it; both from 1.
    ``keeps_out`` are blocks of others that are not there because of it. ``left_out`` are its own blocks that are not there: an output
    with these alone shows nothing of an edit of their text.
    """

    profile: str
    agent: str
    path: str
    gives: tuple[int, ...]
    decides: tuple[int, ...]
    keeps_out: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def is_reached(self) -> bool:
        """Whether an edit can change the output."""
        return bool(self.gives or self.decides or self.keeps_out)


def find_reach(subject: Subject, index: Index, files: Sequence[OutputFile], paths: Mapping[OutputFile, str]) -> tuple[Reach, ...]:
    """Find what an edit of ``subject`` has to do with each output; outputs that it has nothing to do with are left out.

    Args:
        subject: What would be edited.
        index: The workspace that ``files`` were composed of.
        files: The outputs.
        paths: Where a build writes each.
    """
    found = (_reach(subject, index, file, paths[file]) for file in files)
    return tuple(reach for reach in found if reach.is_reached or reach.left_out)


def _reach(subject: Subject, index: Index, file: OutputFile, path: str) -> Reach:
    influence = measure_influence(file, index)
    question = _question(subject, index, file, influence)
    gives: dict[int, None] = {}
    decides: dict[int, None] = {}
    for line, _, part in segments_by_line(file):
        if not part.text.strip():
            continue
        if question.gives(part):
            gives[line] = None
        elif question.decides(part):
            decides[line] = None
    own = _left_out(absence for absence in file.document.absences if question.owns(absence))
    others = _left_out(absence for absence in file.document.absences if question.keeps_out(absence) and not question.owns(absence))
    only_decided = tuple(line for line in decides if line not in gives)
    return Reach(file.profile, file.agent, path, tuple(gives), only_decided, others, own)


def _left_out(absences: Iterable[Absence]) -> tuple[LeftOut, ...]:
    reasons = {absence.address: _reason(absence) for absence in absences if absence.address is not None}
    return tuple(LeftOut(address, reason) for address, reason in reasons.items())


def _reason(absence: Absence) -> str:
    if absence.edit is not None:
        return f"{absence.reason} by {absence.edit.layer} at {absence.edit.location}"
    if absence.reason is AbsenceReason.GATED:
        closed = (gate for gate in absence.gates if not gate.holds)
        return f"gated by {' and '.join(f'`{gate.condition}`' for gate in closed)}"
    return "nothing is left in it"


class _Question(Protocol):
    """What is asked of each part of an output."""

    def gives(self, part: Segment) -> bool:
        """Whether the characters are the subject's own."""

    def decides(self, part: Segment) -> bool:
        """Whether they are there, or look as they do, because of it."""

    def owns(self, absence: Absence) -> bool:
        """Whether a block that is not there is its own."""

    def keeps_out(self, absence: Absence) -> bool:
        """Whether it is not there because of the subject."""


def _question(subject: Subject, index: Index, file: OutputFile, influence: Influence) -> _Question:
    if subject.kind is Kind.BLOCK:
        return _OfBlock(subject, file)
    if subject.kind is Kind.VARIABLE:
        return _OfVariable(subject.name, influence)
    return _OfFile(subject, index, influence)


class _OfVariable:
    """A variable gives what is filled in for it, and decides what conditions and includes make of it."""

    def __init__(self, name: str, influence: Influence) -> None:
        self._name = name
        self._influence = influence

    def gives(self, part: Segment) -> bool:
        return self._name in part.names

    def decides(self, part: Segment) -> bool:
        return self._name in self._influence.names(part)

    def owns(self, absence: Absence) -> bool:  # noqa: ARG002 - a variable has no blocks
        return False

    def keeps_out(self, absence: Absence) -> bool:
        return any(self._name in gate.names for gate in absence.gates if not gate.holds)


class _OfFile:
    """A file gives its own characters, and decides through its values, conditions, includes, edits and looks."""

    def __init__(self, subject: Subject, index: Index, influence: Influence) -> None:
        self._path = subject.path
        self._blocks = f"{subject.name}#"
        self._influence = influence
        self._decides_looks = influence.decides_looks(subject, index)

    def gives(self, part: Segment) -> bool:
        return part.location.path == self._path and part.kind is not SegmentKind.LAYOUT

    def decides(self, part: Segment) -> bool:
        trace = part.trace
        if any(self._sets(name) for name in (*part.names, *self._influence.names(part))):
            return True
        if trace is None:
            return False
        places = (trace.location, *trace.via, *(gate.location for gate in trace.gates), *(edit.location for edit in trace.edits))
        if any(place.path == self._path for place in places) or (self._decides_looks and trace.kind == "section"):
            return True
        return any(around.startswith(self._blocks) for around in (*trace.within, trace.address or ""))

    def owns(self, absence: Absence) -> bool:
        return absence.location.path == self._path

    def keeps_out(self, absence: Absence) -> bool:
        if absence.edit is not None and absence.edit.location.path == self._path:
            return True
        closed = [gate for gate in absence.gates if not gate.holds]
        return any(gate.location.path == self._path or any(self._sets(name) for name in gate.names) for gate in closed)

    def _sets(self, name: str) -> bool:
        return self._influence.set_in(name) == self._path


class _OfBlock:
    """A block gives its own text, and decides what stands inside it from elsewhere. One that is replaced gives nothing."""

    def __init__(self, subject: Subject, file: OutputFile) -> None:
        self._address = subject.name
        self._path = subject.path
        block = subject.place.block if subject.place is not None else None
        self._statement = block.location if isinstance(block, Conditional | Loop | Inclusion) else None
        self._is_replaced = any(self.owns(absence) and absence.edit is not None for absence in file.document.absences)

    def gives(self, part: Segment) -> bool:
        if part.kind is SegmentKind.LAYOUT or part.location.path != self._path:
            return False
        return self._is_of_block(part.trace) or self._is_in_statement(part.location)

    def decides(self, part: Segment) -> bool:
        if self._is_of_block(part.trace):
            return True
        return part.trace is not None and any(self._is_in_statement(place) for place in part.trace.via)

    def owns(self, absence: Absence) -> bool:
        return absence.address == self._address

    def keeps_out(self, absence: Absence) -> bool:
        return any(self._is_in_statement(gate.location) for gate in absence.gates if not gate.holds)

    def _is_of_block(self, trace: Trace | None) -> bool:
        return trace is not None and not self._is_replaced and (trace.address == self._address or self._address in trace.within)

    def _is_in_statement(self, place: Location) -> bool:
        statement = self._statement
        return statement is not None and place.source is statement.source and statement.start <= place.start < statement.end
