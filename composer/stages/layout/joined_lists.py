"""Lists on both sides of a section's end: to a Markdown parser they are one list, so they are numbered as one and equally tight.

Blocks -> the lists among them, in order, and which of these are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from composer.model.planned import PlannedBlock, PlannedLeaf, PlannedList, PlannedSection
from composer.model.sources import Look
from composer.records import dataclass, replace
from composer.stages.layout.marks import list_marks

__all__ = ["Edge", "JoinedList", "edge", "join_lists", "top_lists"]

Edge = tuple[str, int] | None
"""The kind of a list and its indentation; None for all else that is printed."""


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
