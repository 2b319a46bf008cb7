"""A run of text, and how it is printed: Run -> Stretch, its segments line by line, with mark and indentation.

What goes into a run is a filled text without blanks around it or blank lines in it: each segment keeps its origin, whatever is cut off it.

Where a run ends is the business of :mod:`.joins`: the line end below it depends on what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from composer.lookup.sharing import OPEN_NAME
from composer.model.planned import Filled, PlannedList, Segment, SegmentKind, Slot, Trace
from composer.records import dataclass, replace

__all__ = ["PrintedItem", "Role", "Run", "Stretch", "print_run", "trimmed", "without_blank_lines"]

# `str.splitlines` would also cut at characters that end no line in Markdown.
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")


class Role(Enum):
    """What a run is to a Markdown parser, as far as joins care."""

    TEXT = auto()
    ITEM = auto()
    HEADING = auto()
    CODE = auto()
    TABLE = auto()
    QUOTE = auto()
    MARKUP = auto()
    TAG = auto()
    RULE = auto()
    OPAQUE = auto()


@dataclass(slots=True)
class Run:
    """One run of text, ready to print: its first line starts with ``indent`` blanks and ``mark``, the others with ``hanging`` blanks more.

    ``slot`` is its place among its neighbours in the source, None where it has none; ``lists`` are those that it stands in, outermost
    first. ``interrupts`` tells whether Markdown lets it begin right below a text: a list that begins with another number than 1 may not.
    ``gap_above`` is the number of blank lines that a look wants above it, None if it wants none in particular.
    """

    role: Role
    segments: Filled
    trace: Trace
    slot: Slot | None
    indent: int
    mark: Filled = ()
    hanging: int = 0
    lists: tuple[PlannedList, ...] = ()
    interrupts: bool = True
    gap_above: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """One or several runs as they are printed, with the gaps between them; the line end after the last belongs to the next join.

    ``names`` are the positions of the segments that the agent's name is to be put into.
    """

    first: Run
    last: Run
    segments: tuple[Segment, ...]
    text: str
    names: tuple[int, ...] = ()
    joins: dict[Stretch, Segment] | None = None
    """The line ends between this and what stands below it, where agents share both."""


@dataclass(frozen=True, slots=True, eq=False)
class PrintedItem:
    """An item as it is printed with one mark and indentation, whatever lists it stands in."""

    run: Run
    segments: tuple[Segment, ...]
    text: str
    names: tuple[int, ...]

    def in_lists(self, lists: tuple[PlannedList, ...]) -> Stretch:
        """Return the item as one of the last of these lists, which stand in each other."""
        one = self.run
        run = Run(one.role, one.segments, one.trace, one.slot, one.indent, one.mark, one.hanging, lists, one.interrupts)
        return Stretch(run, run, self.segments, self.text, self.names)


# --- text -> run ------------------------------------------------------------------------------------------------------


def trimmed(filled: Filled) -> Filled:
    """Take line ends off both ends of a filled text, and blanks off its end."""
    segments = list(filled)
    while segments and not segments[-1].text.rstrip():
        segments.pop()
    if segments and segments[-1].text[-1].isspace():
        segments[-1] = replace(segments[-1], text=segments[-1].text.rstrip())
    while segments and not segments[0].text.lstrip("\n"):
        segments.pop(0)
    if segments and segments[0].text.startswith("\n"):
        segments[0] = replace(segments[0], text=segments[0].text.lstrip("\n"))
    return tuple(segments)


def without_blank_lines(filled: Filled) -> Filled:
    """Drop the lines of a paragraph that came out blank: they would cut it in two."""
    if not any("\n" in segment.text for segment in filled):
        return trimmed(filled)
    kept: list[Segment] = []
    for line in _split_lines(filled):
        if "".join(segment.text for segment in line).strip():
            kept.extend(line)
    return trimmed(tuple(kept))


def _split_lines(filled: Filled) -> Iterator[list[Segment]]:
    """Cut a filled text into lines; each keeps its line end."""
    line: list[Segment] = []
    for segment in filled:
        pieces = _LINE.findall(segment.text) if "\n" in segment.text else [segment.text]
        for piece in pieces:
            line.append(segment if piece == segment.text else replace(segment, text=piece))
            if piece.endswith("\n"):
                yield line
                line = []
    if line:
        yield line


# --- run -> stretch ---------------------------------------------------------------------------------------------------


def print_run(run: Run) -> Stretch:
    """Print a run; the line end below it is not in it."""
    segments = tuple(_run_segments(run))
    text = "".join([segment.text for segment in segments])
    names = [position for position, segment in enumerate(segments) if segment.text == OPEN_NAME] if OPEN_NAME in text else ()
    return Stretch(run, run, segments, text, tuple(names))


def _run_segments(run: Run) -> Iterator[Segment]:
    blanks = " " * run.indent
    if blanks:
        yield Segment(blanks, SegmentKind.LAYOUT, run.trace.location, run.trace)
    lines = list(_split_lines(run.segments))
    if not any(segment.text for line in lines for segment in line):
        yield from (replace(mark, text=mark.text.rstrip()) for mark in run.mark)
        return
    yield from run.mark
    hanging = " " * (run.indent + run.hanging)
    for position, line in enumerate(lines):
        if position and hanging and "".join(segment.text for segment in line).strip():
            yield Segment(hanging, SegmentKind.LAYOUT, run.trace.location, run.trace)
        yield from (segment for segment in line if segment.text)
