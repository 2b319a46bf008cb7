"""A body -> the units that fragments are cut at: headings, paragraphs, list items, code blocks, each with the blank lines below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from composer.blocks import Block, Document, Item, Leaf, LeafKind, Section, Syntax, Text, walk_blocks
from composer.records import dataclass, replace

__all__ = ["Unit", "cut_document", "escape_line", "has_braces", "printed_line"]

VERBATIM: Final = Syntax(is_plain=True, has_includes=False, is_verbatim=True)
_BRACES: Final = re.compile(r"\{\{|\{%|\{#")
_TRAILING_ID: Final = re.compile(r"(?<!\\)\{#(?=[^{}\s]*[^{}\s#]\}[ \t]*$)")
_ESCAPED_ID: Final = re.compile(r"\\(\\?\{#)")
_FENCE: Final = re.compile(r"^[ \t]*(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines ``first`` up to ``last`` (not included) of a body, and ``below`` the line where the next unit begins.

    ``level`` is that of a heading, 0 for other units. ``leads_in`` tells one that nothing should be cut off below. Where ``is_sound`` is
    not set, the unit cannot stand in a fragment. ``is_item`` tells an item of a list.
    """

    first: int
    last: int
    below: int
    level: int
    title: str
    leads_in: bool
    is_sound: bool = True
    is_item: bool = False

    def moved(self, lines: int) -> Unit:
        """Return the same unit so many lines further down."""
        return replace(self, first=self.first + lines, last=self.last + lines, below=self.below + lines)


def has_braces(text: str) -> bool:
    """Whether Jinja would read something in a text."""
    return _BRACES.search(text) is not None


def escape_line(line: str) -> str:
    r"""Write a line so that the characters of an id, where they stand in it, are printed: as ``\{#``."""
    if "{#" not in line:
        return line
    return _TRAILING_ID.sub(r"\\{#", line.replace("\\{#", "\\\\{#"))


def printed_line(line: str) -> str:
    """Return what an escaped line is printed as."""
    return _ESCAPED_ID.sub(r"\1", line)


def cut_document(lines: Sequence[str], document: Document) -> tuple[Unit, ...]:
    """Cut a body, given as escaped lines and as what was read from them, into its units."""
    starts = _line_numbers(lines)
    spans: list[_Span] = []
    for block, _ in walk_blocks(document.blocks):
        text = _text_of(block)
        if text is not None and text.lines:
            first = starts.line_of(text.lines[0].offset)
            spans.append(_Span(first, first + len(text.lines), block))
    belows = [*(span.first for span in spans[1:]), len(lines)]
    return tuple(_unit(lines, span, below) for span, below in zip(spans, belows, strict=False))


@dataclass(frozen=True, slots=True)
class _Span:
    """The lines of a block's own words."""

    first: int
    last: int
    block: Block


class _line_numbers:  # noqa: N801 - a function with a memory
    """Turns offsets, given in rising order, into line numbers."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._line = self._end = 0

    def line_of(self, offset: int) -> int:
        while self._line < len(self._lines) and self._end + len(self._lines[self._line]) < offset:
            self._end += len(self._lines[self._line]) + 1
            self._line += 1
        return self._line


def _text_of(block: Block) -> Text | None:
    match block:
        case Section(title=title):
            return title
        case Item(text=text) | Leaf(text=text):
            return text
        case _:
            return None


def _unit(lines: Sequence[str], span: _Span, below: int) -> Unit:
    first, last, block = span.first, span.last, span.block
    words = str(_text_of(block) or "")
    level = block.level if isinstance(block, Section) else 0
    leads_in = level > 0 or words.rstrip().endswith(":") or _is_label(block, words)
    return Unit(first, last, below, level, words.strip() if level else "", leads_in, _is_sound(lines, span), isinstance(block, Item))


def _is_label(block: Block, words: str) -> bool:
    """Whether a paragraph is a bold label alone on its line: it stands above what it names."""
    stripped = words.strip()
    is_text = isinstance(block, Leaf) and block.kind is LeafKind.PARAGRAPH and "\n" not in stripped
    return is_text and stripped.startswith("**") and stripped.endswith(("**", "**:", ":**"))


def _is_sound(lines: Sequence[str], span: _Span) -> bool:
    first, last, block = span.first, span.last, span.block
    if isinstance(block, Section):
        return bool(str(block.title).strip())
    if isinstance(block, Leaf) and block.kind is LeafKind.CODE:
        opening = _FENCE.match(lines[first])
        return (
            opening is not None
            and last - first > 1
            and lines[last - 1].strip().startswith(opening[1])
            and not lines[last - 1].strip(" \t`~")
        )
    return True
