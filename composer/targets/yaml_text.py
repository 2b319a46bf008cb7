r"""Writes YAML of which every character knows where it came from.

The style is the one that all known readers of agent files agree on: free text as one double-quoted line, with UTF-8
kept and everything escaped that a reader folds, refuses or takes for an end. That last is ``---``: Claude Code ends the
front matter at the first one, wherever it stands, so each dash that begins three in a row is written ``\x2d``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from composer.model import Plain, RenderedText, RenderedValue, Segment, SegmentKind
from composer.source import Location

__all__ = ["YamlWriter", "plain_data_of"]

_SPECIAL: Final = re.compile(
    '["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]'  # what YAML folds, drops or does not allow
    "|-(?=--)",
)
_NAMED: Final = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t", "\r": r"\r"}

# Narrower than YAML's own rule, so that nobody has to know YAML's own rule: words with commas between them.
_WORDS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./()-]*(?:, ?[A-Za-z][A-Za-z0-9_./()-]*)*")
_NOT_TEXT: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "none", "nan", "inf"})
_LONGEST_PLAIN_KEY: Final = 120


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")  # noqa: PLR2004


def _is_plain(text: str) -> bool:
    """Tell whether YAML 1.1 and 1.2 readers alike see ``text`` as that string when it is not quoted."""
    return bool(_WORDS.fullmatch(text)) and text.lower() not in _NOT_TEXT and "---" not in text


def _is_number_or_flag(text: RenderedText) -> bool:
    return not isinstance(text.scalar.value, str) and str(text) == text.scalar.text


def plain_data_of(value: RenderedValue) -> Plain:
    """Turn a rendered value into plain data: what a reader of the written YAML must see."""
    match value:
        case RenderedText():
            return text_data(value)
        case tuple():
            return [plain_data_of(item) for item in value]
        case _:
            return {key: plain_data_of(item) for key, item in value.items()}


def text_data(text: RenderedText) -> Plain:
    """Return the text, or the number or boolean that was written without quotes."""
    return text.scalar.value if _is_number_or_flag(text) else str(text)


class YamlWriter:
    """Collects segments. What YAML adds is layout, at the place of the field; values keep their own places."""

    def __init__(self) -> None:
        """Start with nothing written."""
        self._segments: list[Segment] = []

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All that was written."""
        return tuple(self._segments)

    def layout(self, text: str, location: Location) -> None:
        """Write syntax."""
        last = self._segments[-1] if self._segments else None
        is_here = last is not None and (last.location is location or last.location == location)
        if last and is_here and last.kind is SegmentKind.LAYOUT and last.trace is None:
            self._segments[-1] = Segment(last.text + text, SegmentKind.LAYOUT, location)
        else:
            self._segments.append(Segment(text, SegmentKind.LAYOUT, location))

    def quoted(self, pieces: Sequence[Segment], location: Location) -> None:
        """Write a string in double quotes, on one line."""
        self.layout('"', location)
        joined = "".join(piece.text for piece in pieces)
        end = 0
        for piece in pieces:
            end += len(piece.text)
            # Dashes that follow in the next pieces decide whether a last dash here begins three in a row. Two of them
            # never are escaped themselves, so that they can be taken off again.
            dashes = _leading_dashes(joined[end : end + 2])
            text = _SPECIAL.sub(_escape, piece.text + dashes).removesuffix(dashes)
            self._add(piece, text)
        self.layout('"', location)

    def scalar(self, pieces: Sequence[Segment], location: Location) -> None:
        """Write a string, in quotes only where it needs them."""
        if _is_plain("".join(piece.text for piece in pieces)):
            self._add_all(pieces)
        else:
            self.quoted(pieces, location)

    def text(self, text: RenderedText, location: Location) -> None:
        """Write a rendered text: a number or boolean as it is, all else as a string."""
        if _is_number_or_flag(text):
            self._add_all(text.segments)
        else:
            self.scalar(text.segments, location)

    def value(self, value: RenderedValue, location: Location, indent: int = 0) -> None:
        """Write what comes after ``key:``, from the blank or line end on to the end of its last line."""
        match value:
            case RenderedText():
                self.layout(" ", location)
                self.text(value, location)
                self.layout("\n", location)
            case tuple():
                self.layout("\n" if value else " []\n", location)
                for item in value:
                    self.layout(" " * (indent + 2) + "-", location)
                    self._item(item, location, indent + 2)
            case _:
                self.layout("\n" if value else " {}\n", location)
                self._entries(value, location, indent + 2, " " * (indent + 2))

    def _item(self, item: RenderedValue, location: Location, indent: int) -> None:
        if isinstance(item, Mapping) and item:
            self._entries(item, location, indent + 2, " ")
        else:
            self.value(item, location, indent)

    def _entries(self, entries: Mapping[str, RenderedValue], location: Location, indent: int, first_indent: str) -> None:
        lead = first_indent
        for key, value in entries.items():
            self.layout(lead, location)
            self._key(key, location)
            self.layout(":", location)
            self.value(value, location, indent)
            lead = " " * indent

    def _key(self, key: str, location: Location) -> None:
        written = [Segment(key, SegmentKind.LAYOUT, location)]
        if "," not in key and len(key) <= _LONGEST_PLAIN_KEY:
            self.scalar(written, location)
        else:
            self.quoted(written, location)

    def _add_all(self, pieces: Iterable[Segment]) -> None:
        for piece in pieces:
            self._add(piece, piece.text)

    def _add(self, piece: Segment, text: str) -> None:
        if not text:
            return
        same = text == piece.text
        self._segments.append(piece if same else Segment(text, piece.kind, piece.location, piece.trace, piece.names))


def _leading_dashes(text: str) -> str:
    return text[: len(text) - len(text.lstrip("-"))]
