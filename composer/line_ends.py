"""How the lines of two texts end: what differs between them and no diff of their words shows.

A checkout may turn LF into CRLF and back, so these two count as one, here as in the digests of the lock. A carriage return alone is
nothing that a checkout makes: some editor or program has written it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from composer.records import dataclass

__all__ = ["ChangedLineEnd", "changed_line_ends", "line_ends_text"]

_LINE: Final = re.compile(r"([^\r\n]*)(\r\n|\r|\n)")
_NAMES: Final = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


@dataclass(frozen=True, slots=True)
class ChangedLineEnd:
    """Line number ``line`` (from 1) of a text ends in ``found``, and in ``wanted`` in the other: `LF`, `CRLF` or `CR`."""

    line: int
    found: str
    wanted: str


def changed_line_ends(before: str, after: str) -> tuple[ChangedLineEnd, ...]:
    """Return the lines of ``before`` that say the same in ``after`` and end otherwise; neither text has been touched since it was read."""
    if "\r" not in before and "\r" not in after:
        return ()
    old, new = _LINE.findall(before), _LINE.findall(after)
    return tuple(
        ChangedLineEnd(first + 1, _NAMES[old[first][1]], _NAMES[new[second][1]])
        for first, second in _same_words(old, new)
        if (old[first][1] == "\r") is not (new[second][1] == "\r")
    )


def _same_words(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    """Give the positions of lines that both texts have."""
    import difflib  # noqa: PLC0415 - for files that have a carriage return

    words = [word for word, _ in old], [word for word, _ in new]
    for first, second, size in difflib.SequenceMatcher(None, *words, autojunk=False).get_matching_blocks():
        yield from zip(range(first, first + size), range(second, second + size), strict=True)


def line_ends_text(changes: Sequence[ChangedLineEnd]) -> str:
    """Tell of the first line, and how many more there are; nothing for none."""
    if not changes:
        return ""
    first, more = changes[0], len(changes) - 1
    rest = "" if not more else f", and so with {more} more line{'' if more == 1 else 's'}"
    return f"line {first.line} ends in {first.found}, where a build prints {first.wanted}{rest}"
