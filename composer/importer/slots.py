"""The one name or number in which two lines differ, which can be a variable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from composer.importer.changes import OWN_NAME, Slot
from composer.importer.pieces import has_braces
from composer.importer.trees import Node
from composer.naming import name_of_text

__all__ = ["common_start", "find_slot"]

_LEAST_AROUND: Final = 16
_AROUND: Final = 3
_WORD: Final = re.compile(r"[\w./+-]")
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.+#/-]{0,40}(?: [A-Z][\w.+#/-]{1,20}){0,2}")


def common_start(one: Sequence[str], two: Sequence[str]) -> int:
    """Return in how many characters, or words, two begin alike."""
    pairs = zip(one, two, strict=False)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), min(len(one), len(two)))


def find_slot(base: Node, other: Node, own_names: tuple[str, str]) -> Slot | None:
    """Return the one name or number in which two blocks without blocks in them differ; ``own_names`` are those of the two agents."""
    if base.children or other.children or len(base.lines) != len(other.lines):
        return None
    pairs = [(number, *pair) for number, pair in enumerate(zip(base.lines, other.lines, strict=True)) if pair[0] != pair[1]]
    number, one, two = pairs[0]
    start = common_start(one, two)
    while start and _WORD.match(one[start - 1]):
        start -= 1
    end = common_start(one[start:][::-1], two[start:][::-1])
    while end and _WORD.match(one[len(one) - end]):
        end -= 1
    words, value = one[start : len(one) - end], two[start : len(two) - end]
    is_name = _NAME.fullmatch(words) and _NAME.fullmatch(value)
    if len(pairs) > 1 or not is_name or has_braces(one + two) or "{#" in one:
        return None
    if (words, value) == own_names:
        return Slot(base.first + number, start, len(one) - end, words, value, OWN_NAME)
    if len(one) - len(words) < _LEAST_AROUND:
        return None
    return Slot(base.first + number, start, len(one) - end, words, value, _slot_name(one, start, len(one) - end))


def _slot_name(line: str, start: int, end: int) -> str:
    """Name a variable by the words around it: of a number what it counts, of a name what stands before it."""
    before, after = line[:start].split()[-_AROUND:], line[end:].split()[:_AROUND]
    is_number = line[start:end].replace(".", "").isdecimal()
    words = after or before if is_number else before or after
    name = name_of_text(" ".join(words), "own", ()).split("-")[: _AROUND - 1] if words else ["own"]
    kind = "number" if is_number else "name"
    return "_".join([*(name if name[0][0].isalpha() else ["own", *name]), *([kind] if len(name) < _AROUND - 1 else [])])
