"""The origins of a whole output: one row for each run of lines that one block gave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from composer.explain.lines import segments_by_line
from composer.model.outputs import OutputFile
from composer.model.planned import Gate, Segment, SegmentKind, Trace
from composer.model.resolved import EditPart
from composer.records import dataclass
from composer.source import Location

__all__ = ["FRONT_MATTER", "OriginRow", "block_name", "list_origins"]

FRONT_MATTER: Final = "front matter"


@dataclass(frozen=True, slots=True, eq=False)
class OriginRow:
    """Lines ``first`` to ``last`` of an output, and the block that they come from. ``others`` counts more blocks on the same line."""

    first: int
    last: int
    name: str
    kind: str
    location: Location
    edits: tuple[EditPart, ...] = ()
    gates: tuple[Gate, ...] = ()
    variables: tuple[str, ...] = ()
    others: int = 0


def block_name(trace: Trace | None) -> str:
    """Name a block: by its address or, where it has none, by the nearest one around it."""
    if trace is None:
        return FRONT_MATTER
    if trace.kind.startswith("field "):
        return f"{FRONT_MATTER}: {trace.kind.removeprefix('field ')}"
    if trace.address is not None:
        return trace.address
    return f"{trace.within[-1] if trace.within else trace.layer} (inside)"


def list_origins(file: OutputFile) -> tuple[OriginRow, ...]:
    """List every line of an output with its block; neighbours of one block are one row, with the blank lines below them."""
    rows: list[OriginRow] = []
    traces: list[Trace | None] = []
    for line, parts in _lines(file):
        leading = _leading(parts)
        if rows and leading.trace is traces[-1]:
            rows[-1] = _row(rows[-1].first, line, leading, parts, rows[-1])
        else:
            rows.append(_row(line, line, leading, parts, None))
            traces.append(leading.trace)
    return tuple(rows)


def _lines(file: OutputFile) -> Iterator[tuple[int, list[Segment]]]:
    current, parts = 1, list[Segment]()
    for line, _, part in segments_by_line(file):
        if line != current:
            yield current, parts
            current, parts = line, []
        parts.append(part)
    if parts:
        yield current, parts


def _leading(parts: list[Segment]) -> Segment:
    """Return the part that a line is about: words before marks, and a block's own before what a target adds."""
    words = next((part for part in parts if part.kind is not SegmentKind.LAYOUT and part.text.strip()), None)
    return words or next((part for part in parts if part.trace is not None), parts[0])


def _row(first: int, last: int, leading: Segment, parts: list[Segment], before: OriginRow | None) -> OriginRow:
    trace = leading.trace
    names = [name for part in parts if part.trace is trace for name in part.names]
    variables = tuple(dict.fromkeys([*(before.variables if before is not None else ()), *names]))
    others = len({part.trace for part in parts if part.trace is not None and part.text.strip()} - {trace})
    location = before.location if before is not None else trace.location if trace is not None else leading.location
    if trace is None:
        return OriginRow(first, last, FRONT_MATTER, "", location, others=others)
    kind = "" if trace.kind.startswith("field ") else trace.kind
    return OriginRow(first, last, block_name(trace), kind, location, trace.edits, trace.gates, variables, others)
