"""Stretches of a verbatim text that nothing can happen to: blocks without id, include, statement or variable, taken as one.

They are printed as they stand, so there is nothing to plan for each of them. Most of an imported agent is such a stretch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from composer.blocks import Block, Document, Item, Leaf, LeafKind, Section, Text, TextLine, Unit, walk_blocks
from composer.markdown.parse import source_lines
from composer.source import SourceFile

__all__ = ["join_stretches"]

_MARKS: Final = ("{{", "{%", "{#")
_INCLUDE_MARKS: Final = ("{%", "{#")
_ID_MARKS: Final = ("{#",)


def join_stretches(blocks: Iterable[Block], document: Document) -> Iterator[Block]:
    """Give the blocks of a run, those side by side that are only text as one block."""
    pending: list[Block] = []
    for block in blocks:
        if _is_only_text(block, document):
            pending.append(block)
            continue
        yield from _joined(pending, document)
        pending = []
        yield block
    yield from _joined(pending, document)


def _is_only_text(block: Block, document: Document) -> bool:
    if isinstance(block, Item):
        return False
    text, place, syntax = document.source.text, block.location, document.syntax
    marks = _MARKS if not syntax.is_plain else _INCLUDE_MARKS if syntax.has_includes else _ID_MARKS
    return not any(text.find(mark, place.start, place.end) >= 0 for mark in marks)


def _joined(blocks: list[Block], document: Document) -> Iterator[Block]:
    if not blocks:
        return
    unit = _first_unit(blocks[0])
    if unit is None:
        yield from blocks
        return
    source = document.source
    place = source.at(blocks[0].location.start, blocks[-1].location.end)
    lines = _lines(source, place.start, place.end)
    yield Leaf(LeafKind.AS_WRITTEN, Text(source, lines, plain=True), Unit(unit.order, unit.gap), place)


def _first_unit(block: Block) -> Unit | None:
    for inner, _ in walk_blocks((block,)):
        if isinstance(inner, Leaf | Item | Section):
            return inner.unit
    return None


def _lines(source: SourceFile, start: int, end: int) -> tuple[TextLine, ...]:
    lines = list(source_lines(SourceFile(source.path, source.text[start:end]), 0))
    while lines and not lines[-1].text.strip():
        lines.pop()
    return tuple(TextLine(start + line.offset, line.text) for line in lines)
