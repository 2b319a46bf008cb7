"""An output seen from its end: which block each line is, and which text each character comes from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from composer.model.outputs import OutputFile, RenderedText, RenderedValue
from composer.model.planned import (
    Filled,
    Line,
    PlannedBlock,
    PlannedItem,
    PlannedLeaf,
    PlannedList,
    PlannedSection,
    Segment,
    SegmentKind,
    Trace,
)
from composer.model.sources import Look
from composer.model.yaml_nodes import YamlScalar
from composer.records import dataclass, field

__all__ = ["FieldText", "Node", "Owner", "Piece", "PrintedFile", "read_printed"]

_ESCAPED: Final = re.compile(r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class FieldText:
    """A text of the front matter: the field it stands in, its value in YAML, and the text as it was filled."""

    field: str
    scalar: YamlScalar
    filled: Filled
    is_template: bool


Owner = Line | FieldText


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A run of output characters, ``start`` up to ``end``, that one text gave; ``offset`` is where it begins in the filled text.

    ``widths`` has the length of each character in the output, where escapes make it differ from one.
    """

    start: int
    end: int
    owner: Owner
    offset: int
    widths: tuple[int, ...] = ()

    def filled_offset(self, position: int) -> int | None:
        """Turn an offset in the output into one in the filled text; None inside an escape."""
        if not self.widths:
            return self.offset + position - self.start
        reached = self.start
        for count, width in enumerate((*self.widths, 0)):
            if reached == position:
                return self.offset + count
            reached += width
        return None


@dataclass(eq=False, slots=True)
class Node:
    """A block as it was printed. ``first`` and ``last`` are its own lines (from 0, both included), without the blocks inside it."""

    planned: PlannedBlock | PlannedItem
    parent: Node | None
    line: Line | None
    trace: Trace
    first: int = -1
    last: int = -1
    children: list[Node] = field(default_factory=list)

    @property
    def is_printed(self) -> bool:
        """Whether the block has lines of its own."""
        return self.first >= 0

    @property
    def extent(self) -> tuple[int, int] | None:
        """The first and the last line of the block and all inside it; None where nothing of it is printed."""
        lines = [(self.first, self.last)] if self.is_printed else []
        lines += [extent for child in self.children if (extent := child.extent) is not None]
        return (min(first for first, _ in lines), max(last for _, last in lines)) if lines else None

    def walk(self) -> Iterator[Node]:
        """Give the block and all inside it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def around(self) -> Iterator[Node]:
        """Give the blocks around this one, innermost first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


@dataclass(eq=False)
class PrintedFile:
    """An output with its blocks and pieces."""

    file: OutputFile
    text: str
    nodes: tuple[Node, ...]
    pieces: tuple[Piece, ...]

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, without line ends; the last is empty where the text ends in one."""
        return self.text.split("\n")

    @cached_property
    def line_starts(self) -> list[int]:
        """Where each line begins."""
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    @cached_property
    def body_line(self) -> int:
        """The line that the body begins at."""
        first = next((node.extent[0] for node in self.all_nodes() if node.extent is not None), len(self.lines))
        return min(first, len(self.lines))

    def line_of(self, offset: int) -> int:
        """Return the line that a character stands on."""
        return bisect_right(self.line_starts, offset) - 1

    def column_of(self, owner: Owner) -> int:
        """Return the column (from 0) that a text begins at, which its further lines are indented to."""
        first = next(piece for piece in self.pieces if piece.owner is owner)
        return first.start - self.line_starts[self.line_of(first.start)]

    def all_nodes(self) -> Iterator[Node]:
        """Give every block, in order."""
        for node in self.nodes:
            yield from node.walk()

    def looks_of(self, section: Node) -> tuple[Look, ...]:
        """Return the looks of a section and of those inside it, by depth; the last one holds for all deeper levels."""
        looks = self.file.document.plan.agent.looks
        for node in reversed(list(section.around())):
            if isinstance(node.planned, PlannedSection) and node.planned.title is not None:
                own = node.planned.looks or looks
                looks = own[1:] or own
        return (section.planned.looks if isinstance(section.planned, PlannedSection) else None) or looks

    def pieces_between(self, start: int, end: int) -> list[Piece]:
        """Return the pieces that touch the characters from ``start`` to ``end``; those that only meet them at a border too."""
        return [piece for piece in self.pieces if piece.start <= end and piece.end >= start]


def read_printed(file: OutputFile) -> PrintedFile:
    """Find the blocks and the texts behind an output."""
    owners: dict[Trace, Owner] = {}
    nodes = tuple(_nodes(file.document.blocks, None))
    for node in (inner for top in nodes for inner in top.walk()):
        if node.line is not None:
            owners[node.line.trace] = node.line
    for name, rendered in file.document.fields.items():
        for text in _texts_of(rendered.value):
            for trace in {segment.trace for segment in text.segments if segment.trace is not None}:
                is_template = any(segment.location != text.scalar.location for segment in text.segments)
                owners[trace] = FieldText(name, text.scalar, text.segments, is_template)
    printed = PrintedFile(file, file.text, nodes, tuple(_pieces(file.segments, owners)))
    _place_nodes(printed)
    return printed


def _texts_of(value: RenderedValue) -> Iterator[RenderedText]:
    match value:
        case RenderedText():
            yield value
        case tuple():
            for item in value:
                yield from _texts_of(item)
        case _:
            for item in value.values():
                yield from _texts_of(item)


# --- blocks -----------------------------------------------------------------------------------------------------------


def _nodes(blocks: Iterable[PlannedBlock], parent: Node | None) -> Iterator[Node]:
    for block in blocks:
        match block:
            case PlannedLeaf():
                yield Node(block, parent, block.line, block.line.trace)
            case PlannedList():
                node = Node(block, parent, None, block.trace)
                node.children.extend(_item(item, node) for item in block.items)
                yield node
            case PlannedSection():
                node = Node(block, parent, block.title, block.trace)
                node.children.extend(_nodes(block.body, node))
                yield node


def _item(item: PlannedItem, parent: Node) -> Node:
    node = Node(item, parent, item.line, item.line.trace)
    node.children.extend(_nodes(item.body, node))
    return node


def _place_nodes(printed: PrintedFile) -> None:
    lines: dict[Owner, tuple[int, int]] = {}
    for piece in printed.pieces:
        first, last = printed.line_of(piece.start), printed.line_of(max(piece.start, piece.end - 1))
        known = lines.get(piece.owner, (first, last))
        lines[piece.owner] = (min(known[0], first), max(known[1], last))
    marks = _first_lines(printed)
    for node in printed.all_nodes():
        if node.line is None:
            continue
        if node.line in lines:
            node.first, node.last = lines[node.line]
        elif node.line.trace in marks:  # an item without words has only its mark
            node.first = node.last = marks[node.line.trace]


def _first_lines(printed: PrintedFile) -> Mapping[Trace, int]:
    found: dict[Trace, int] = {}
    position = 0
    for segment in printed.file.segments:
        if segment.trace is not None and segment.text.strip():
            found.setdefault(segment.trace, printed.line_of(position))
        position += len(segment.text)
    return found


# --- pieces -----------------------------------------------------------------------------------------------------------


def _pieces(segments: Iterable[Segment], owners: Mapping[Trace, Owner]) -> Iterator[Piece]:
    reached: dict[Owner, int] = {}
    position = 0
    for segment in segments:
        start, position = position, position + len(segment.text)
        owner = owners.get(segment.trace) if segment.trace is not None else None
        if owner is None or segment.kind is SegmentKind.LAYOUT or not segment.text:
            continue
        piece = _piece(segment.text, start, owner, reached.get(owner, 0))
        if piece is not None:
            reached[owner] = piece.offset + (len(piece.widths) or piece.end - piece.start)
            yield piece


def _piece(text: str, start: int, owner: Owner, reached: int) -> Piece | None:
    """Find where in its text a printed run stands: layout may have taken blanks and line ends off, or made escapes of characters."""
    filled = "".join(segment.text for segment in owner.filled)
    for written, widths in _readings(text):
        for candidate in (filled, filled.replace("\n", " ")):
            offset = candidate.find(written, reached)
            if offset >= 0 and not candidate[reached:offset].strip():
                return Piece(start, start + len(text), owner, offset, widths)
    return None


def _readings(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield text, ()
    if "\\" in text:
        tokens = _ESCAPED.findall(text)
        yield "".join(_plain(token) for token in tokens), tuple(len(token) for token in tokens)


def _plain(token: str) -> str:
    named = {"\\n": "\n", "\\t": "\t", "\\r": "\r"}
    if len(token) == 1 or token in named:
        return named.get(token, token)
    return chr(int(f"0x{token[2:]}", 0)) if token[1] in "xu" else token[1:]
