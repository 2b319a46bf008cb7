"""The words that one text has more, and fewer, than another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from composer.records import dataclass

__all__ = ["Change", "Piece", "compare_words", "count_words", "shorten_run"]

_WORD: Final = re.compile(r"\S+\s*|\s+")
MOST_PAIRS: Final = 4_000_000
"""Texts whose numbers of words multiply to more are not compared word by word: that would take too long."""


class Change(StrEnum):
    """What became of some words."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a row with one fate, with the blanks after them."""

    change: Change
    text: str

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())


def compare_words(before: str, after: str) -> tuple[Piece, ...]:
    """Compare two texts word by word; blanks alone make no difference. The pieces that are not removed join to ``after``."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) * len(new) > MOST_PAIRS:
        return _pieces([(Change.REMOVED, old), (Change.ADDED, new)])
    matcher = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    runs: list[tuple[Change, Sequence[str]]] = []
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            runs.append((Change.SAME, new[new_start:new_end]))
        else:
            runs += [(Change.REMOVED, old[old_start:old_end]), (Change.ADDED, new[new_start:new_end])]
    return _pieces(runs)


def _pieces(runs: Iterable[tuple[Change, Sequence[str]]]) -> tuple[Piece, ...]:
    return tuple(Piece(change, "".join(words)) for change, words in runs if words)


def count_words(pieces: Iterable[Piece], change: Change) -> int:
    """Count the words with one fate."""
    return sum(piece.words for piece in pieces if piece.change is change)


def shorten_run(text: str, first: int, last: int) -> str:
    """Return a run of words with its middle left out, but for its ``first`` words and its ``last``; whole where that saves nothing."""
    words = _WORD.findall(text)
    if len(words) <= first + last + 1:
        return text
    return f"{''.join(words[:first])}… {''.join(words[len(words) - last :])}"
