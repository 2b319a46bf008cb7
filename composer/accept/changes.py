"""What a hand edit changed in a text: runs of lines, and inside lines runs of characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from composer.records import dataclass

__all__ = ["LineChange", "TextChange", "apply_change", "changed_lines", "changed_text", "distance", "line_in", "slid", "split_change"]

_TOKEN: Final = re.compile(r"\w+|\s|[^\w\s]")
_LEAD: Final = re.compile(r"\s*(?:[-*+]|\d+[.)])?\s*")
_LARGEST_PAIRING: Final = 4_000
"""The most pairs of lines that are compared to find which line became which."""
_LIKE_ENOUGH: Final = 0.45
_LIKE_FOR_SAME_LEAD: Final = 0.2


@dataclass(frozen=True, slots=True)
class LineChange:
    """The lines ``start`` up to ``end`` (from 0, the end not included) of a text gave way to ``new``, without line ends."""

    start: int
    end: int
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextChange:
    """The characters ``start`` up to ``end`` of a text gave way to ``new``."""

    start: int
    end: int
    new: str


def changed_lines(before: Sequence[str], after: Sequence[str]) -> tuple[LineChange, ...]:
    """Return the runs of lines that differ, in order."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        LineChange(first, last, tuple(after[new_first:new_last]))
        for tag, first, last, new_first, new_last in matcher.get_opcodes()
        if tag != "equal"
    )


def line_in(lines: Sequence[str], change: LineChange, wanted: Sequence[str]) -> int:
    """Return the line of the edited file ``wanted`` (from 1) that a change of ``lines`` stands at."""
    shift = 0
    for other in changed_lines(lines, wanted):
        if other.start >= change.start:
            break
        shift += len(other.new) - (other.end - other.start)
    return change.start + shift + 1


def apply_change(lines: Sequence[str], change: LineChange) -> list[str]:
    """Return the lines with one change made."""
    return [*lines[: change.start], *change.new, *lines[change.end :]]


def distance(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how many characters stand in lines that differ, those of both texts counted."""
    changes = changed_lines(before, after)
    old = sum(len(line) + 1 for change in changes for line in before[change.start : change.end])
    return old + sum(len(line) + 1 for change in changes for line in change.new)


def split_change(lines: Sequence[str], change: LineChange) -> tuple[LineChange, ...]:
    """Cut a change into lines that were reworded, runs that went, and runs that came."""
    old, new = lines[change.start : change.end], change.new
    parts: list[LineChange] = []
    position = inserted = 0
    for left, right in [*_pairs(old, new), (len(old), len(new))]:
        if left > position or right > inserted:
            # What went and what came between two reworded lines: each is a change of its own.
            if left > position:
                parts.append(LineChange(change.start + position, change.start + left, ()))
            if right > inserted:
                parts.append(LineChange(change.start + left, change.start + left, tuple(new[inserted:right])))
        if left < len(old) and right < len(new) and old[left] != new[right]:
            parts.append(LineChange(change.start + left, change.start + left + 1, (new[right],)))
        position, inserted = left + 1, right + 1
    return tuple(parts)


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Find which line became which: the pairs in order whose likeness adds up to the most."""
    if not old or not new or len(old) * len(new) > _LARGEST_PAIRING:
        return []
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    likeness = [[_likeness(first, second) for second in new] for first in old]
    for left in reversed(range(len(old))):
        for right in reversed(range(len(new))):
            paired = likeness[left][right] + best[left + 1][right + 1] if likeness[left][right] else 0.0
            best[left][right] = max(paired, best[left + 1][right], best[left][right + 1])
    pairs: list[tuple[int, int]] = []
    left = right = 0
    while left < len(old) and right < len(new):
        if likeness[left][right] and best[left][right] == likeness[left][right] + best[left + 1][right + 1]:
            pairs.append((left, right))
            left, right = left + 1, right + 1
        elif best[left][right] == best[left + 1][right]:
            left += 1
        else:
            right += 1
    return pairs


def _likeness(first: str, second: str) -> float:
    """Say how alike two lines are, 0 where neither can have become the other."""
    if not first.strip() or not second.strip():
        return 1.0 if first == second else 0.0
    if second.strip() == _lead(first).strip():  # an item that was emptied
        return _LIKE_FOR_SAME_LEAD
    ratio = SequenceMatcher(None, _TOKEN.findall(first), _TOKEN.findall(second), autojunk=False).ratio()
    same_lead = _lead(first) == _lead(second)
    return ratio if ratio >= (_LIKE_FOR_SAME_LEAD if same_lead else _LIKE_ENOUGH) else 0.0


def _lead(line: str) -> str:
    found = _LEAD.match(line)
    return found.group() if found is not None else ""


def changed_text(before: str, after: str) -> Iterator[TextChange]:
    """Give the runs of characters that differ, by whole words where that is as short."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    old_starts, new_starts = _starts(old), _starts(new)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag != "equal":
            start, end = old_starts[first], old_starts[last]
            text = after[new_starts[new_first] : new_starts[new_last]]
            yield _trimmed(before, start, end, text)


def slid(before: str, change: TextChange, low: int, high: int) -> Iterator[TextChange]:
    """Give an insertion or a deletion at each place where it gives the same text, the nearest first.

    Args:
        before: the text.
        change: what changes in it; a replacement has one place alone.
        low: where the text that did not change begins, before the change.
        high: where the text that did not change ends, after it.
    """
    yield change
    is_insertion = change.start == change.end
    if change.new and not is_insertion:
        return
    moving = change.new or before[change.start : change.end]
    for step in (1, -1):
        start, end, words = change.start, change.end, moving
        while words:
            follower, first = (before[end : end + 1], words[0]) if step > 0 else (before[start - 1 : start], words[-1])
            if follower != first or (end >= high if step > 0 else start <= low):
                break
            words = words[1:] + words[0] if step > 0 else words[-1] + words[:-1]
            start, end = start + step, end + step
            yield TextChange(start, end, words if is_insertion else "")


def _trimmed(before: str, start: int, end: int, text: str) -> TextChange:
    """Take off what a change has in common with what it replaces, at both ends."""
    while start < end and text and before[start] == text[0]:
        start, text = start + 1, text[1:]
    while start < end and text and before[end - 1] == text[-1]:
        end, text = end - 1, text[:-1]
    return TextChange(start, end, text)


def _starts(tokens: Sequence[str]) -> list[int]:
    starts = [0]
    for token in tokens:
        starts.append(starts[-1] + len(token))
    return starts
