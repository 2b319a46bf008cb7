"""Source text, and places in it: where every message and every output byte points to."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from composer.records import dataclass, field

__all__ = ["Location", "SourceFile", "unlocated", "with_line_feeds"]

BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """One text that was read: its name as people know it, and its characters.

    ``path`` is relative to the workspace, with forward slashes on every system. ``text`` has LF line ends and no byte
    order mark, so that one source gives the same output bytes whatever machine checked it out.
    """

    path: str
    text: str
    _line_starts: list[int] = field(default_factory=list, repr=False)

    @classmethod
    def from_raw(cls, path: str, raw: str) -> SourceFile:
        """Make a source of characters as they stand in the file: drop the byte order mark, turn CRLF and CR into LF."""
        return cls(path, with_line_feeds(raw.removeprefix(BYTE_ORDER_MARK)))

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Turn an offset in characters into a line and a column, both counted from 1."""
        if not self._line_starts:
            starts = [0]
            position = self.text.find("\n")
            while position >= 0:
                starts.append(position + 1)
                position = self.text.find("\n", position + 1)
            self._line_starts.extend(starts)
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """Return line number ``line`` (from 1) without its line end; empty beyond the end."""
        lines = self.text.split("\n")
        return lines[line - 1] if line <= len(lines) else ""

    def at(self, start: int, end: int | None = None) -> Location:
        """Point at the characters ``start`` up to ``end`` (not included; by default one character)."""
        return Location(self, start, start + 1 if end is None else end)


@dataclass(frozen=True, slots=True)
class Location:
    """A run of characters in a source: offsets in characters, the end not included."""

    source: SourceFile
    start: int
    end: int

    @property
    def path(self) -> str:
        """The file, relative to the workspace, with forward slashes."""
        return self.source.path

    @property
    def line(self) -> int:
        """The line of the first character, from 1."""
        return self.source.line_and_column(self.start)[0]

    @property
    def column(self) -> int:
        """The column of the first character, from 1, in characters."""
        return self.source.line_and_column(self.start)[1]

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def position(self) -> tuple[str, int]:
        """A key that sorts places by file, then by offset."""
        return (self.source.path, self.start)

    def __str__(self) -> str:
        """Print ``path:line:column``, the form that editors and terminals turn into a link."""
        line, column = self.source.line_and_column(self.start)
        return f"{self.source.path}:{line}:{column}"


def unlocated(path: str) -> Location:
    """Point at a file as a whole: one that could not be read, or is not there."""
    return SourceFile(path, "").at(0, 0)


def with_line_feeds(text: str) -> str:
    """Turn CRLF and CR into LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
