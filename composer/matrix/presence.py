"""What one output makes of one block: shown as written, changed, or left out, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final

from composer.blocks import Block, Conditional, Inclusion, Loop
from composer.explain.lines import segments_by_line
from composer.lookup.index import Place
from composer.model.outputs import OutputFile
from composer.model.planned import Absence, AbsenceReason, Gate, Segment, SegmentKind
from composer.model.resolved import EditPart, Layer, ResolvedVariable
from composer.model.sources import Verb
from composer.records import dataclass

__all__ = ["OutputBlocks", "Presence", "Status"]

LONGEST_TEXT: Final = 120


class Status(StrEnum):
    """What became of a block. ``STALE`` is an edit of a text that has changed since the edit was written."""

    YES = "yes"
    RETITLED = "retitled"
    REPLACED = "replaced"
    STALE = "stale"
    GATED = "gated"
    REMOVED = "removed"
    EMPTY = "empty"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Presence:
    """A block in one output.

    ``lines`` are those that show it, from 1. ``text`` is what stands in its place where an edit gave it another, ``gates`` are the
    variables that keep it out, ``reason`` is one sentence for people.
    """

    agent: str
    path: str
    status: Status
    reason: str
    lines: tuple[int, ...] = ()
    text: str = ""
    gates: tuple[str, ...] = ()


class OutputBlocks:
    """The blocks of one output by address, looked up once for all of them.

    Args:
        file: The output.
        path: Where a build writes it.
        stale: Edits of texts that have changed since, as pairs of the layer that wrote one and the address.
    """

    def __init__(self, file: OutputFile, path: str, stale: Collection[tuple[Layer, str]] = ()) -> None:
        """Look at every segment and every absence of the output."""
        self._file = file
        self._path = path
        self._stale = stale
        self._parts = [(line, part) for line, _, part in segments_by_line(file) if part.trace is not None and _is_shown(part)]
        self._lines = _lines_by_address(self._parts)
        self._edits = _edits_by_address(self._parts)
        self._absences: dict[str, list[Absence]] = {}
        for absence in file.document.absences:
            if absence.address is not None:
                self._absences.setdefault(absence.address, []).append(absence)

    def find(self, place: Place) -> Presence:
        """Tell what became of the block at a place."""
        address = place.address
        lines = self._lines.get(address) or self._lines_of_statement(place.block)
        absence = next(iter(self._absences.get(address, ())), None)
        if lines:
            return self._shown(address, lines, absence)
        if absence is not None:
            return self._left_out(address, absence)
        if address not in self._file.document.plan.reached:
            return self._presence(Status.ABSENT, "nothing includes it")
        if isinstance(place.block, Conditional):
            conditions = " and ".join(f"`{branch.condition}`" for branch in place.block.branches if branch.condition is not None)
            return self._presence(Status.GATED, f"no branch of it holds: {conditions}")
        return self._presence(Status.EMPTY, "its text comes out empty")

    def _shown(self, address: str, lines: tuple[int, ...], absence: Absence | None) -> Presence:
        if absence is not None and absence.edit is not None and absence.reason is AbsenceReason.REPLACED:
            return self._edited(Status.REPLACED, address, absence.edit, lines)
        title = next((part for part in self._edits.get(address, ()) if part.verb is Verb.TITLE), None)
        if title is not None:
            return self._edited(Status.RETITLED, address, title, lines)
        return self._presence(Status.YES, "as written", lines)

    def _left_out(self, address: str, absence: Absence) -> Presence:
        if absence.edit is not None:
            status = Status.REMOVED if absence.reason is AbsenceReason.REMOVED else Status.REPLACED
            return self._edited(status, address, absence.edit, ())
        if absence.reason is AbsenceReason.GATED:
            closed = [gate for gate in absence.gates if not gate.holds]
            names = tuple(dict.fromkeys(name for gate in closed for name in gate.names))
            return self._presence(Status.GATED, " and ".join(self._gate(gate) for gate in closed), gates=names)
        return self._presence(Status.EMPTY, "nothing is left in it")

    def _edited(self, status: Status, address: str, edit: EditPart, lines: tuple[int, ...]) -> Presence:
        text = " ".join(edit.text.text.split()) if edit.text is not None and edit.verb is not Verb.REMOVE else ""
        reason = f"{status} by {edit.layer} at {edit.location}"
        if status is not Status.RETITLED and not lines and edit.verb is Verb.REPLACE:
            reason = f"gone with the block around it, which {edit.layer} replaces at {edit.location}"
        if text:
            reason += f", with: {_short(text)}"
        if edit.because.strip():
            reason += f" (because {_short(edit.because)})"
        if (edit.layer, address) in self._stale:
            status, reason = Status.STALE, f"{reason}; the text that it was written for has changed since"
        return self._presence(status, reason, lines, text)

    def _presence(
        self, status: Status, reason: str, lines: tuple[int, ...] = (), text: str = "", *, gates: tuple[str, ...] = ()
    ) -> Presence:
        return Presence(self._file.agent, self._path, status, reason, lines, text, gates)

    def _gate(self, gate: Gate) -> str:
        if not gate.names:
            return f"`{gate.condition}` is not looked at, since a branch before it holds"
        variables = self._file.document.plan.agent.variables
        values = ", ".join(_value(variables[name]) for name in gate.names if name in variables)
        if gate.is_skipped:
            return f"`{gate.condition}` is not looked at, since a branch before it holds{': ' if values else ''}{values}"
        return values if gate.condition in gate.names and values else f"`{gate.condition}` is false{': ' if values else ''}{values}"

    def _lines_of_statement(self, block: Block | None) -> tuple[int, ...]:
        """Return the lines that a statement with an id brought: what stands in it, or what its include led to."""
        if not isinstance(block, Conditional | Loop | Inclusion):
            return ()
        inside = block.location
        found = []
        for line, part in self._parts:
            places = (part.location, *(part.trace.via if part.trace is not None else ()))
            if any(place.source is inside.source and inside.start <= place.start < inside.end for place in places):
                found.append(line)
        return tuple(dict.fromkeys(found))


def _is_shown(part: Segment) -> bool:
    return part.kind is not SegmentKind.LAYOUT or bool(part.text.strip())


def _lines_by_address(parts: Iterable[tuple[int, Segment]]) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, dict[int, None]] = {}
    for line, part in parts:
        trace = part.trace
        for address in (trace.address, *trace.within) if trace is not None else ():
            if address is not None:
                found.setdefault(address, {})[line] = None
    return {address: tuple(lines) for address, lines in found.items()}


def _edits_by_address(parts: Iterable[tuple[int, Segment]]) -> Mapping[str, tuple[EditPart, ...]]:
    return {part.trace.address: part.trace.edits for _, part in parts if part.trace is not None and part.trace.address is not None}


def _value(variable: ResolvedVariable) -> str:
    value = ", ".join(str(item) for item in variable.data) if isinstance(variable.data, list) else variable.text
    where = "by default" if variable.layer.name == "declaration" else f"set by {variable.layer}"
    return f"`{variable.name}` is {_short(value) or 'empty'} ({where})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"
