"""Lists: the marks of their items, and which lists are one.

PlannedList -> a mark for each item, with the blank behind it. Blocks -> the lists among them, in order -> those that are one to a Markdown
parser though a section ends between them, so that they are numbered as one and equally tight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from composer.blocks import Block, Item, ListBlock, child_blocks
from composer.model.planned import PlannedBlock, PlannedLeaf, PlannedList, PlannedSection
from composer.model.sources import Look
from composer.records import dataclass, replace

__all__ = ["MARK", "Edge", "JoinedList", "edge", "join_lists", "list_marks", "top_lists"]

_BULLETS: Final = frozenset("-*+")
MARK: Final = re.compile(r"^(?:[-*+]|(?P<number>\d+)[.)])\s*(?P<box>\[[ xX]\]\s*)?$")

Edge = tuple[str, int] | None
"""The kind of a list and its indentation; None for all else that is printed."""


# --- marks ------------------------------------------------------------------------------------------------------------


def list_marks(block: PlannedList) -> list[str]:
    """Give each item its mark: as written, or like its neighbours' where an edit brought it; numbered again where items came or went."""
    written = [item.mark for item in block.items]
    model = next((mark for mark in written if mark), None) or _origin_mark(block.origin)
    marks = [mark or _unchecked(model) for mark in written]
    if block.style in _BULLETS or _is_whole(block):
        return [_spaced(mark) for mark in marks]
    numbers = [int(found["number"]) for mark in _origin_marks(block.origin) if (found := MARK.match(mark)) and found["number"]]
    start, step = (numbers or [1])[0], 0 if len(numbers) > 1 and len(set(numbers)) == 1 else 1
    return [_spaced(_numbered(mark, start + step * position)) for position, mark in enumerate(marks)]


def _spaced(mark: str) -> str:
    return mark if mark.endswith((" ", "\t")) else f"{mark} "


def _unchecked(mark: str) -> str:
    return re.sub(r"\[[xX]\]", "[ ]", mark)


def _numbered(mark: str, number: int) -> str:
    return re.sub(r"^\d+", str(number), mark)


def _is_whole(block: PlannedList) -> bool:
    return not block.is_joined and all(item.mark for item in block.items) and len(block.items) == len(_origin_marks(block.origin))


def _origin_marks(origin: ListBlock) -> list[str]:
    return [item.mark for item in _items(origin.entries)]


def _origin_mark(origin: ListBlock) -> str:
    marks = _origin_marks(origin)
    return marks[0] if marks else ("- " if origin.style in _BULLETS else f"1{origin.style} ")


def _items(entries: Iterable[Block]) -> Iterator[Item]:
    for entry in entries:
        if isinstance(entry, Item):
            yield entry
        else:
            yield from _items(child_blocks(entry))


# --- lists on both sides of a section's end ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JoinedList:
    """A list that is one with lists before or after it, though a section ends between them; ``marks`` are those of its own items."""

    whole: PlannedList
    marks: Sequence[str]


def top_lists(blocks: Iterable[PlannedBlock], indent: int, looks: tuple[Look, ...]) -> Iterator[tuple[PlannedList, int] | None]:
    """Give the lists that stand in no item, each with its indentation, and None for all else that is printed between them."""
    for block in blocks:
        match block:
            case PlannedLeaf():
                yield None
            case PlannedList():
                yield block, indent
            case PlannedSection(title=None):
                yield from top_lists(block.body, indent, looks)
            case PlannedSection():
                own = block.looks or looks
                if own[0].title or own[0].as_sentences:
                    yield None
                if not own[0].as_sentences:
                    yield from top_lists(block.body, indent + own[0].indent, own[1:] or own)
                if own[0].end:
                    yield None


def join_lists(found: Iterable[tuple[PlannedList, int] | None]) -> Mapping[PlannedList, JoinedList]:
    """Find lists with one kind of mark that nothing printed parts: to a Markdown parser they are one list."""
    groups: list[list[PlannedList]] = []
    last: tuple[str, int] | None = None
    for entry in found:
        kind = edge(entry)
        if entry is not None and kind == last:
            groups[-1].append(entry[0])
        elif entry is not None:
            groups.append([entry[0]])
        last = kind
    joined: dict[PlannedList, JoinedList] = {}
    for group in groups:
        if len(group) > 1:
            items = tuple(item for block in group for item in block.items)
            is_tight = next((block.is_tight for block in group if block.is_tight is not None), None)
            whole = replace(group[0], items=items, is_tight=is_tight, is_joined=True)
            marks = iter(list_marks(whole))
            joined |= {block: JoinedList(whole, [next(marks) for _ in block.items]) for block in group}
    return joined


def edge(entry: tuple[PlannedList, int] | None) -> Edge:
    """Return what a list is to another that comes next; None for what is no list."""
    return (entry[0].style, entry[1]) if entry is not None else None
