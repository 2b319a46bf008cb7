"""Texts -> words: how alike two texts are, and which words differ.

Words are compared without case, emphasis and the punctuation around them; a template expression is one word. The similarity of two texts is
``2 * common / (words of one + words of the other)``, where ``common`` is the length of the longest sequence of words that both have in the
same order. So it is 1 for texts of the same words, does not depend on which text comes first, and falls by about one word's share for each
word that is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from composer.records import dataclass

__all__ = ["Change", "Word", "changes_between", "most_common", "similarity", "words_of"]

_WORD: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|(?:(?!\{\{|\{%)\S)+", re.DOTALL)
_AROUND: Final = "*_`\"'()[]{}<>,.;:!?|\u2018\u2019\u201c\u201d\u2026"


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, and as it is compared."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Change:
    """A run of words of one text, and what stands in its place in the other. ``is_equal`` marks words that both have."""

    before: str
    after: str
    is_equal: bool


def words_of(text: str) -> Iterator[Word]:
    """Cut a text into words; marks that stand alone, such as the bars of a table, are none."""
    for found in _WORD.finditer(text):
        written = found[0]
        if written.startswith(("{{", "{%")):
            yield Word(written, " ".join(written.split()))
            continue
        key = written.strip(_AROUND).casefold()
        # A rule or a frame of a table has no letter and no digit.
        if any(character.isalnum() for character in key):
            yield Word(written, key)


def most_common(one: int, other: int, shared: int) -> float:
    """Return the highest similarity that texts of so many words can have if they share ``shared`` of them in any order."""
    return 2 * shared / (one + other)


def similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """Return how alike two texts are, from 0 to 1, by the keys of their words; two empty texts are not alike."""
    if not one or not other:
        return 0.0
    return 2 * _common(one, other) / (len(one) + len(other))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence: a row of the table for each word, all its columns in the bits of one number."""
    places: dict[str, int] = {}
    for position, key in enumerate(one):
        places[key] = places.get(key, 0) | 1 << position
    every = (1 << len(one)) - 1
    row = every
    for key in other:
        matching = row & places.get(key, 0)
        row = ((row + matching) | (row - matching)) & every
    return len(one) - row.bit_count()


def changes_between(one: Sequence[Word], other: Sequence[Word]) -> tuple[Change, ...]:
    """Align two texts word by word; runs of words that both have, and runs that differ, in turn."""
    matcher = SequenceMatcher(None, [word.key for word in one], [word.key for word in other], autojunk=False)
    return tuple(
        Change(_joined(one[start:end]), _joined(other[begin:stop]), tag == "equal")
        for tag, start, end, begin, stop in matcher.get_opcodes()
    )


def _joined(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
