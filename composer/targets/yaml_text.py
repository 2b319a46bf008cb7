r"""Writes YAML of which every character knows where it came from.

The style is the one that all known readers of agent files agree on: free text as one double-quoted line, with UTF-8
kept and everything escaped that a reader folds, refuses or takes for an end. That last is ``---``: Claude Code ends the
front matter at the first one, wherever it stands, so each dash that begins three in a row is written ``\x2d``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from composer.model.outputs import RenderedText, RenderedValue
from composer.model.planned import Segment, SegmentKind
from composer.model.yaml_nodes import Plain
from composer.source import Location

__all__ = ["YamlWriter", "is_plain", "is_string", "plain_data_of"]

_NAMED: Final = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "\r": r"\r"}
"""What most texts have of what has to be escaped. The backslash comes first, so that those of other escapes are left alone."""
_RARE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"  # what YAML folds, drops or does not allow
    "|-(?=--)",
)

# Narrower than YAML's own rule, so that nobody has to know YAML's own rule: words with commas between them.
_WORDS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./()-]*(?:, ?[A-Za-z][A-Za-z0-9_./()-]*)*")
_NOT_TEXT: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "none", "nan", "inf"})
_LONGEST_PLAIN_KEY: Final = 120


def _escaped(text: str) -> str:
    """Return a text as it stands in double quotes."""
    for character, escape in _NAMED.items():
        text = text.replace(character, escape)
    return _RARE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004


def is_plain(text: str) -> bool:
    """Tell whether YAML 1.1 and 1.2 readers alike see ``text`` as that string when it is not quoted."""
    return bool(_WORDS.fullmatch(text)) and text.lower() not in _NOT_TEXT and "---" not in text


def is_string(text: RenderedText) -> bool:
    """Whether a text is written as a string, and not as the number or the boolean that it is."""
    return isinstance(text.scalar.value, str) or str(text) != text.scalar.text


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
    return str(text) if is_string(text) else text.scalar.value


class YamlWriter:
    """Collects text. What YAML adds is layout, at the place of the field; values keep their own places."""

    def __init__(self) -> None:
        """Start with nothing written."""
        self._texts: list[str] = []
        # For each text the place of layout, or the pieces that a string was made of: most files are written and never explained.
        self._origins: list[Location | Sequence[Segment]] = []

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self._texts)

    def segments(self) -> tuple[Segment, ...]:
        """Return all that was written, cut where another origin begins."""
        segments: list[Segment] = []
        for text, origin in zip(self._texts, self._origins, strict=True):
            if isinstance(origin, Location):
                _add_layout(segments, text, origin)
            elif text == _joined(origin):
                segments += [piece for piece in origin if piece.text]
            else:
                segments += _quoted_pieces(origin)
        return tuple(segments)

    def layout(self, text: str, location: Location) -> None:
        """Write syntax."""
        self._texts.append(text)
        self._origins.append(location)

    def quoted(self, pieces: Sequence[Segment], location: Location) -> str:
        """Write a string in double quotes, on one line; return it."""
        text = _joined(pieces)
        self._texts += ('"', _escaped(text), '"')
        self._origins += (location, pieces, location)
        return text

    def scalar(self, pieces: Sequence[Segment], location: Location) -> str:
        """Write a string, in quotes only where it needs them; return it."""
        text = _joined(pieces)
        if not is_plain(text):
            return self.quoted(pieces, location)
        self._texts.append(text)
        self._origins.append(pieces)
        return text

    def _text(self, text: RenderedText, location: Location) -> None:
        """Write a rendered text: a number or boolean as it is, all else as a string."""
        if is_string(text):
            self.scalar(text.segments, location)
        else:
            self._texts.append(text.scalar.text)
            self._origins.append(text.segments)

    def value(self, value: RenderedValue, location: Location, indent: int = 0) -> None:
        """Write what comes after ``key:``, from the blank or line end on to the end of its last line."""
        match value:
            case RenderedText():
                self.layout(" ", location)
                self._text(value, location)
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


def _joined(pieces: Iterable[Segment]) -> str:
    return "".join([piece.text for piece in pieces])


def _add_layout(segments: list[Segment], text: str, location: Location) -> None:
    last = segments[-1] if segments else None
    if last is not None and last.kind is SegmentKind.LAYOUT and last.trace is None and last.location == location:
        segments[-1] = Segment(last.text + text, SegmentKind.LAYOUT, location)
    else:
        segments.append(Segment(text, SegmentKind.LAYOUT, location))


def _quoted_pieces(pieces: Sequence[Segment]) -> Iterator[Segment]:
    """Give the pieces of a string as they stand in quotes."""
    joined = _joined(pieces)
    end = 0
    for piece in pieces:
        end += len(piece.text)
        # Dashes that follow in the next pieces decide whether a last dash here begins three in a row. Two of them
        # never are escaped themselves, so that they can be taken off again.
        dashes = _leading_dashes(joined[end : end + 2])
        text = _escaped(piece.text + dashes).removesuffix(dashes)
        if text:
            yield piece if text == piece.text else Segment(text, piece.kind, piece.location, piece.trace, piece.names)


def _leading_dashes(text: str) -> str:
    return text[: len(text) - len(text.lstrip("-"))]
