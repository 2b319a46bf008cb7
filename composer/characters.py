"""Which characters a source may hold: text, tabs and line ends, and nothing that a terminal or a parser would act upon."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from composer.errors import Diagnostics
from composer.source import SourceFile

__all__ = ["bad_characters", "check_characters", "find_bad_character"]

# Control characters (C0 without tab and line feed, delete, C1), lone surrogates, and the code points that Unicode keeps out of text.
_BAD: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Those of them that ASCII has. To look for each of them in turn takes a thirtieth of the time of one search for them all.
_BAD_IN_ASCII: Final = tuple(character for character in map(chr, range(0x80)) if _BAD.match(character))
_MOST_REPORTED: Final = 10


def find_bad_character(text: str) -> str:
    """Return the first character that a source may not hold, or an empty string."""
    found = _BAD.search(text)
    return found[0] if found else ""


def bad_characters(text: str) -> frozenset[str]:
    """Return all characters of ``text`` that a source may not hold."""
    return frozenset(_BAD.findall(text))


def check_characters(source: SourceFile, start: int, end: int, diagnostics: Diagnostics) -> bool:
    """Report the first few characters between two offsets that a source may not hold, each at its place.

    Returns:
        Whether there is none.
    """
    text = source.text[start:end]
    if text.isascii() and not any(map(text.__contains__, _BAD_IN_ASCII)):
        return True
    found = list(islice(_BAD.finditer(source.text, start, end), _MOST_REPORTED))
    for bad in found:
        message = f"the character `U+{ord(bad[0]):04X}` is {_kind_of(bad[0])}"
        diagnostics.error("bad-character", message, source.at(bad.start()), "take it out: a source holds text, tabs and line ends")
    return not found


def _kind_of(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "half of a surrogate pair"
    return "not text" if character >= "\ufdd0" else "a control character"
