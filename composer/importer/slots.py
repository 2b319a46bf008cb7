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
_FEW: Final = 2
_WORD: Final = re.compile(r"[\w./+-]")
_LABEL: Final = re.compile(r"(?:^|[*`\s])([A-Za-z][A-Za-z _-]{2,28})(?:\*\*)?:(?:\*\*)?\s+\S{0,12}$")
_KINDS: Final = (
    ("version", re.compile(r"[vV]?\d+(?:\.\d+)+\+?|[vV]?\d+\+")),
    ("number", re.compile(r"\d+")),
    ("agent", re.compile(r"[a-z]+(?:-[a-z]+)+")),
    ("path", re.compile(r"\S*/\S*")),
    ("name", re.compile(r".*")),
)
_EMPTY: Final = frozenset({"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "use", "with"})
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
    """Name a variable by what the line says of it: its label, the word before it or behind it; and by its kind."""
    words, before, after = line[start:end], line[:start], line[end:]
    label = _LABEL.search(before)
    kind = next(kind for kind, pattern in _KINDS if pattern.fullmatch(words))
    if label is not None:
        about = _significant(label[1])[:_FEW]
    elif kind == "number":
        about = _significant(after)[:1] or _significant(before)[-1:]
    else:
        about = _significant(before)[-1:] or _significant(after)[:1]
    name = "_".join([*about, *([kind] if len(about) < _FEW or kind not in {"name", "number"} else [])])
    return name if name[0].isalpha() else f"own_{name}"


def _significant(text: str) -> list[str]:
    """Return the words of the same sentence that say something."""
    clause = re.split(r"[.;!?()]\s|\s[-\u2013\u2014]\s", text)
    part = clause[0] if text.startswith(" ") else clause[-1]
    return [word for word in (name_of_text(one, "", ()) for one in part.split()) if word and "-" not in word and word not in _EMPTY]
