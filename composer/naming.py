"""Words -> names: the kebab-case names that the tool proposes for ids and files, and the checks of names and paths, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import count
from typing import Final

__all__ = ["has_portable_characters", "is_gits_own", "is_kebab_case", "is_path_below", "kebab_case", "name_of_text", "stays_below_root"]

_KEBAB_CASE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_STRANGE_PARTS: Final = frozenset({"", ".", ".."})

# Few runs need the patterns below, so each is compiled when it is first looked at.
_NOT_PORTABLE: Final = r"[\x00-\x1f\x7f\\]"
"""Control characters, and the backslash, which stands between folders on some systems and in names on others."""
_WITHIN_GIT: Final = r"(?i)(?:^|/)(?:\.git|git~1)[ .]*(?:/|$)"
"""Git's folder by any name that a system knows it by: Windows drops blanks and dots at the end of a name, and makes short names."""
_IGNORED: Final = "[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]"
"""Characters of a name that a Mac does not look at."""
_NOT_BELOW: Final = rf"{_NOT_PORTABLE}|^/|^[A-Za-z]:|(?:^|/)\.{{0,2}}[ .]*(?:/|$)"
_TEMPLATE: Final = r"(?s)\$?\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}"
_ADDRESS: Final = r"\]\([^)]*\)|<[^<>]*>|\w+://\S+"
_LABEL: Final = r"(?s)^\W*(?:(?P<strong>\*\*|__)(?P<bold>.+?)(?P=strong)|(?P<lead>[^:.]{3,40}):(?=\s))"
_STOP: Final = """
a about above across after against all along always among an and any are as at be because been before below between but by can do does each
every for from had has have how if in into is it its may more most must of off on once one only onto or other our out over own per should
so some such than that the their them then there these they this those through to too under until up upon was we were what when where
whether which while who whose why will with within would you your
"""
_STOP_WORDS: Final = frozenset(_STOP.split())
_LONGEST: Final = 40
_FEW: Final = 3
_MANY: Final = 4


def is_kebab_case(name: str) -> bool:
    """Whether a name is made of small letters and digits, with single hyphens between them."""
    return _KEBAB_CASE.fullmatch(name) is not None


def is_path_below(path: str) -> bool:
    """Whether a path leads below any folder that it is read in, on every system: names with ``/`` between them, and no ``..``.

    What git keeps for itself, ``.git`` by any of its names, is not below: a hook that is written there would be run.
    """
    return re.search(_NOT_BELOW, path) is None and not is_gits_own(path)


def is_gits_own(path: str) -> bool:
    """Whether a path is git's folder or leads into one, by any name that a system knows it by."""
    return re.search(_WITHIN_GIT, path if path.isascii() else re.sub(_IGNORED, "", path)) is not None


def stays_below_root(path: str) -> bool:
    """Whether a path that a lock or a journal holds leads below the folder that it is of: a hand edit may have made anything of it.

    It takes more than :func:`is_path_below`, which says what people may choose. A record has to be read again whatever was chosen once, so
    only what leads out is refused here; whoever acts upon a record asks besides whether a run of ours can have written there.
    """
    return not _STRANGE_PARTS.intersection(path.split("/")) and "\\" not in path and not _DRIVE.match(path)


def has_portable_characters(path: str) -> bool:
    """Whether every system can hold the characters of a path that was found on this one.

    Python reads a name that is not UTF-8 as halves of surrogate pairs; what people write in a source never holds these.
    """
    return re.search(rf"{_NOT_PORTABLE}|[\ud800-\udfff]", path) is None


def kebab_case(text: str) -> str:
    """Return the words of ``text`` as one kebab-case name; empty where it has no letter or digit that ASCII knows."""
    return "-".join(_words(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)))


def name_of_text(text: str, kind: str, taken: Collection[str]) -> str:
    """Make a name of the first words of a text that say something, one that is not taken yet.

    A label that the text begins with (``**Blocker**: ...``) says best what it is about; templates and markup say nothing. Where no word
    is left, the names inside the templates serve, then ``kind``.
    """
    plain = re.sub(_ADDRESS, " ", re.sub(_TEMPLATE, " ", text))
    label = re.match(_LABEL, plain)
    words = _significant(label["bold"] or label["lead"]) if label else []
    words = words or _significant(plain) or _significant(" ".join(re.findall(_TEMPLATE, text))) or [kind]
    # A fourth word tells two neighbours apart better than a number does.
    for length in (_FEW, _MANY):
        name = _joined(words[:length])
        if name not in taken:
            return name
    base = _joined(words[:_FEW])
    return next(name for number in count(2) if (name := f"{base}-{number}") not in taken)


def _significant(text: str) -> list[str]:
    words = list(dict.fromkeys(_words(text)))
    return [word for word in words if word not in _STOP_WORDS] or words


def _words(text: str) -> list[str]:
    import unicodedata  # noqa: PLC0415 - most runs make no name

    unaccented = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z0-9]+", re.sub(r"['\u2019]", "", unaccented).lower())


def _joined(words: Sequence[str]) -> str:
    name = words[0][:_LONGEST]
    for word in words[1:]:
        if len(name) + len(word) >= _LONGEST:
            break
        name = f"{name}-{word}"
    return name
