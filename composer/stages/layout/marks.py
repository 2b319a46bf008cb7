"""The marks of a list's items: PlannedList -> one for each, with the blank behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from composer.blocks import Block, Item, ListBlock, child_blocks
from composer.model.planned import PlannedList

__all__ = ["MARK", "list_marks"]

BULLETS: Final = frozenset("-*+")
MARK: Final = re.compile(r"^(?P<bullet>[-*+]|(?P<number>\d+)(?P<delimiter>[.)]))(?P<gap>\s*)(?P<box>\[[ xX]\]\s*)?$")


def list_marks(block: PlannedList) -> list[str]:
    """Give each item its mark: as written, or like its neighbours' where an edit brought it; numbered again where items came or went."""
    written = [item.mark for item in block.items]
    model = next((mark for mark in written if mark), None) or _origin_mark(block.origin)
    marks = [mark or _unchecked(model) for mark in written]
    if block.style in BULLETS or _is_whole(block):
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
    return marks[0] if marks else ("- " if origin.style in BULLETS else f"1{origin.style} ")


def _items(entries: Iterable[Block]) -> Iterator[Item]:
    for entry in entries:
        if isinstance(entry, Item):
            yield entry
        else:
            yield from _items(child_blocks(entry))
