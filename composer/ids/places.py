"""Where in a fragment's text the id of a block is written, and the proof that writing it there changes nothing but the id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from composer.blocks import Block, Conditional, Document, Item, Leaf, ListBlock, Loop, Section, Text, child_blocks, walk_blocks
from composer.errors import Diagnostics
from composer.markdown.parse import parse_document
from composer.model.sources import Fragment
from composer.records import dataclass
from composer.source import BYTE_ORDER_MARK, SourceFile

__all__ = ["Insertion", "insert_ids", "parser_of", "place_ids", "text_of", "without_ids"]

Parse = Callable[[SourceFile], Document | None]

_LINE_END: Final = re.compile(r"(\r\n|\r|\n)")


@dataclass(frozen=True, slots=True)
class Insertion:
    """An id to write at ``offset``: after a blank at a line's end, or on a line of its own above that with the offset."""

    name: str
    offset: int
    on_own_line: bool = False


def text_of(block: Block) -> Text | None:
    """Return the words of a block itself, those of the blocks in it left out."""
    if isinstance(block, Section):
        return block.title
    return block.text if isinstance(block, Item | Leaf) else None


# --- The text with ids, and without ------------------------------------------------------------------------------------


def insert_ids(raw: str, source: SourceFile, insertions: Iterable[Insertion]) -> str:
    """Write ids into the text of a file as it stands there: its byte order mark and its line ends, whatever they are, stay."""
    start = raw[: len(BYTE_ORDER_MARK)] if raw.startswith(BYTE_ORDER_MARK) else ""
    parts = _LINE_END.split(raw[len(start) :])
    lines, ends = parts[0::2], [*parts[1::2], ""]
    for insertion in sorted(insertions, key=lambda insertion: insertion.offset, reverse=True):
        line, column = source.line_and_column(insertion.offset)
        text, mark = lines[line - 1], f"{{#{insertion.name}}}"
        if insertion.on_own_line:
            indent = text[: len(text) - len(text.lstrip(" \t"))]
            lines[line - 1] = indent + mark + (ends[line - 1] or ends[0] or "\n") + text
        else:
            lines[line - 1] = f"{text[: column - 1]} {mark}{text[column - 1 :]}"
    return start + "".join(line + end for line, end in zip(lines, ends, strict=True))


def without_ids(document: Document, names: Iterable[str]) -> str:
    """Return the text of a fragment with some of its ids taken out again."""
    wanted = set(names)
    text = document.source.text
    identifiers = [block.identifier for block, _ in walk_blocks(document.blocks) if block.identifier is not None]
    places = [identifier.location for identifier in identifiers if identifier.name in wanted]
    for place in sorted(places, key=lambda place: place.start, reverse=True):
        line_start = text.rfind("\n", 0, place.start) + 1
        is_alone = not text[line_start : place.start].strip()
        start, end = (line_start, place.end + 1) if is_alone else (place.start - 1, place.end)
        text = text[:start] + text[end:]
    return text


# --- Finding places ----------------------------------------------------------------------------------------------------


def place_ids(fragment: Fragment, named: Sequence[tuple[Block, str]]) -> dict[Block, Insertion]:
    """Find a place for the id of each block; a block that no id can be written at, without changing its text, is left out."""
    return _Placer(fragment).place({}, named)


class _Placer:
    """Tries places, and keeps those with which the fragment still reads as it did."""

    def __init__(self, fragment: Fragment) -> None:
        self._fragment = fragment
        self._parse = parser_of(fragment)

    def place(self, chosen: Mapping[Block, Insertion], named: Sequence[tuple[Block, str]]) -> dict[Block, Insertion]:
        """Place the ids of ``named`` beside those that are chosen already."""
        # The place that reads best is right nearly always. Where one of many is not, halving finds it.
        first_choices = {**chosen, **{block: next(_places(block, name)) for block, name in named}}
        if self._is_same(first_choices):
            return first_choices
        if len(named) > 1:
            half = len(named) // 2
            return self.place(self.place(chosen, named[:half]), named[half:])
        for place in _places(*named[0]):
            if self._is_same({**chosen, named[0][0]: place}):
                return {**chosen, named[0][0]: place}
        return dict(chosen)

    def _is_same(self, chosen: Mapping[Block, Insertion]) -> bool:
        """Whether the fragment with these ids reads as it did, and each id names the block that it is meant for."""
        old = self._fragment.source
        document = self._parse(SourceFile(old.path, insert_ids(old.text, old, chosen.values())))
        return _same_blocks(self._fragment.document, document, {block: place.name for block, place in chosen.items()})


def _places(block: Block, name: str) -> Iterator[Insertion]:
    """Give the places for a block's id, the one that reads best first."""
    text = text_of(block)
    for line in reversed(text.lines if text is not None else ()):
        yield Insertion(name, line.offset + len(line.text))
    yield Insertion(name, block.location.start, on_own_line=True)


# --- Reading again -----------------------------------------------------------------------------------------------------


def parser_of(fragment: Fragment) -> Parse:
    """Return what reads a fragment's body by the syntax that it was read by; it gives None for faulty text."""

    def parse(source: SourceFile) -> Document | None:
        found = Diagnostics()
        document = parse_document(source, fragment.document.location.start, found, fragment.document.syntax)
        return None if found.errors else document

    return parse


def _same_blocks(before: Document, after: Document | None, names: Mapping[Block, str]) -> bool:
    if after is None:
        return False
    old, new = ([block for block, _ in walk_blocks(document.blocks)] for document in (before, after))
    return len(old) == len(new) and all(
        (_name(first) or names.get(first)) == _name(second) and _shape(first) == _shape(second)
        for first, second in zip(old, new, strict=True)
    )


def _name(block: Block) -> str | None:
    return block.identifier.name if block.identifier is not None else None


def _shape(block: Block) -> tuple[object, ...]:
    """Everything of a block but its place, its id and what the blocks in it are."""
    children = len(child_blocks(block))
    match block:
        case Leaf():
            return (block.kind, str(block.text), block.text.plain, block.unit)
        case Item():
            return (block.mark, str(block.text), block.text.plain, block.unit, children)
        case ListBlock():
            return (block.style, block.is_tight, children)
        case Section():
            return (block.level, str(block.title), block.unit, children)
        case Conditional():
            return tuple((str(branch.condition), len(branch.body)) for branch in block.branches)
        case Loop():
            return (block.name, str(block.values), children)
        case _:
            return (block.address, block.variable, block.level, block.indent)
