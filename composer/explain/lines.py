"""Why an output says what it says: the origin of a line, and all uses and absences of an address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from composer.blocks import LeafKind
from composer.model.outputs import OutputFile
from composer.model.planned import Absence, Segment, SegmentKind, Trace
from composer.model.resolved import FieldValue, Layer, ResolvedVariable
from composer.records import dataclass, replace
from composer.source import Location

__all__ = [
    "AbsenceExplanation",
    "AddressExplanation",
    "BlockExplanation",
    "LineExplanation",
    "Use",
    "explain_address",
    "explain_line",
    "segments_by_line",
]


_LINE_BY_LINE: Final = frozenset({LeafKind.AS_WRITTEN.value, "field front_matter"})
"""The kinds of traces that many lines share, each of which is printed as it is written."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockExplanation:
    """The part of a line that one block gave: its trace, the places its characters stand at, and the variables filled in.

    ``place`` is where it is defined: a block as a whole or, where many lines are printed as they are written, this line of them.
    """

    trace: Trace | None
    place: Location
    kinds: tuple[SegmentKind, ...]
    places: tuple[Location, ...]
    variables: tuple[ResolvedVariable, ...]
    project: tuple[tuple[str, FieldValue], ...]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class LineExplanation:
    """Where one line of an output comes from."""

    path: str
    line: int
    text: str
    blocks: tuple[BlockExplanation, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """One run of lines of an output that a block, or a fragment, gave."""

    profile: str
    agent: str
    path: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AbsenceExplanation:
    """Why a profile's agent does not show an address. Without ``absence`` nothing includes it."""

    profile: str
    agent: str
    absence: Absence | None


@dataclass(frozen=True, slots=True, eq=False)
class AddressExplanation:
    """All uses of an address, and for the agents without one the reason."""

    address: str
    location: Location
    uses: tuple[Use, ...]
    absences: tuple[AbsenceExplanation, ...]


def segments_by_line(file: OutputFile) -> Iterator[tuple[int, int, Segment]]:
    """Give each segment's part of each line, its line end included, with the line and the column that it starts at, from 1."""
    line, column = 1, 1
    for segment in file.segments:
        start = 0
        while start < len(segment.text):
            end = segment.text.find("\n", start) + 1 or len(segment.text)
            piece = segment.text[start:end]
            yield line, column, segment if piece == segment.text else replace(segment, text=piece)
            line, column = (line + 1, 1) if piece.endswith("\n") else (line, column + len(piece))
            start = end


def explain_line(file: OutputFile, path: str, line: int, column: int | None = None) -> LineExplanation | None:
    """Explain line ``line`` of a file, or only the character at ``column``; None where the file has no such line or column."""
    parts = [(start, part) for number, start, part in segments_by_line(file) if number == line]
    if column is not None:
        parts = [(start, part) for start, part in parts if start <= column < start + len(part.text)]
    if not parts:
        return None
    by_trace: dict[Trace | None, list[Segment]] = {}
    for _, part in parts:
        by_trace.setdefault(part.trace, []).append(part)
    text = "".join(part.text for _, part in parts).rstrip("\n")
    return LineExplanation(path, line, text, tuple(_block(file, trace, found) for trace, found in by_trace.items()))


def _block(file: OutputFile, trace: Trace | None, segments: list[Segment]) -> BlockExplanation:
    agent = file.document.plan.agent
    names = dict.fromkeys([*(name for segment in segments for name in segment.names), *_reasons(trace)])
    variables = tuple(agent.variables[name] for name in names if name in agent.variables)
    project = tuple(_project_values(file, names))
    kinds = tuple(dict.fromkeys(segment.kind for segment in segments))
    places = tuple(dict.fromkeys(segment.location for segment in segments))
    place = places[0] if trace is None or trace.kind in _LINE_BY_LINE else trace.location
    text = "".join(segment.text for segment in segments).rstrip("\n")
    return BlockExplanation(trace, place, kinds, places, variables, project, text)


def _reasons(trace: Trace | None) -> Iterator[str]:
    """Give the variables that are a reason why a block is there: those of its gates, and those that chose a fragment."""
    if trace is not None:
        yield from (name for gate in trace.gates for name in gate.names)
        yield from (place.text for place in trace.via)


def _project_values(file: OutputFile, names: Iterable[str]) -> Iterator[tuple[str, FieldValue]]:
    for name in names:
        root, _, path = name.partition(".")
        value: FieldValue | None = FieldValue(file.document.project, Layer("project"), file.document.plan.agent.location)
        if root != "project":
            continue
        for key in path.split("."):
            value = value.value.get(key) if value is not None and isinstance(value.value, Mapping) else None
        if value is not None:
            yield name, value


def explain_address(address: str, location: Location, files: Iterable[OutputFile], paths: Mapping[OutputFile, str]) -> AddressExplanation:
    """Collect every use of an address (a block or a whole fragment) in ``files``, and why the other agents do not have it."""
    uses: list[Use] = []
    absences: list[AbsenceExplanation] = []
    for file in files:
        lines = tuple(dict.fromkeys(line for line, _, part in segments_by_line(file) if _belongs(part, address)))
        if lines:
            uses.append(Use(file.profile, file.agent, paths[file], lines))
        else:
            absences.append(AbsenceExplanation(file.profile, file.agent, _absence(file, address)))
    return AddressExplanation(address, location, tuple(uses), tuple(absences))


def _belongs(segment: Segment, address: str) -> bool:
    trace = segment.trace
    if trace is None or (segment.kind is SegmentKind.LAYOUT and not segment.text.strip()):
        return False
    if "#" not in address:
        return trace.layer == address or any(around.startswith(f"{address}#") for around in (*trace.within, trace.address or ""))
    return trace.address == address or address in trace.within


def _absence(file: OutputFile, address: str) -> Absence | None:
    """Return why a block, or the first block of a fragment, is not there."""
    for absence in file.document.absences:
        found = absence.address or ""
        if found == address or ("#" not in address and found.startswith(f"{address}#")):
            return absence
    return None
