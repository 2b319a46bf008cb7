"""One line, looked at alone: how far it is indented, the id that it ends in, and the marks that make it more than plain text."""

from __future__ import annotations

import re
from typing import Final

from composer.blocks import TextLine
from composer.source import Location, SourceFile

__all__ = [
    "FENCE",
    "HEADING",
    "ITEM",
    "RULE",
    "TAB_WIDTH",
    "TAG_LINE",
    "UNDERLINE",
    "indentation",
    "is_lone_identifier",
    "is_table_rule",
    "text_location",
    "trailing_identifier",
    "without_indentation",
]

TAB_WIDTH: Final = 4
FENCE: Final = re.compile(r"^[ \t]*(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
HEADING: Final = re.compile(r"^(?P<hashes>#{1,6})(?:[ \t]+(?P<title>.*?))?[ \t]*$")
RULE: Final = re.compile(r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
UNDERLINE: Final = re.compile(r"^ {0,3}(?:=+|-+)[ \t]*$")
ITEM: Final = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>(?:[-*+]|(?P<number>\d{1,9})[.)])(?:[ \t]+(?=\S)(?:\[[ xX]\][ \t]+(?=\S))?|[ \t]*$))(?P<text>.*)$"
)
TAG_LINE: Final = re.compile(r"^[ \t]*</?[A-Za-z][^<>]*>[ \t]*$")

# Few texts need this one, so it is compiled when it is first looked at.
_TABLE_RULE: Final = r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$"

# The gap starts where the blanks start, or behind a blank that a backslash stands before: tried at each blank, a long gap takes for ever.
_TRAILING_IDENTIFIER: Final = re.compile(r"(?:(?<![\\ \t])|(?<=\\[ \t]))(?P<gap>[ \t]*)\{#(?P<name>[^{}\s]*[^{}\s#])\}[ \t]*$")


def indentation(text: str) -> tuple[int, int]:
    """Return the columns and the characters of the blanks that ``text`` starts with."""
    columns = 0
    for count, character in enumerate(text):
        if character == " ":
            columns += 1
        elif character == "\t":
            columns += TAB_WIDTH - columns % TAB_WIDTH
        else:
            return columns, count
    return columns, len(text)


def without_indentation(line: TextLine, columns: int) -> TextLine:
    """Take up to ``columns`` columns of blanks off the front of a line."""
    seen = count = 0
    while seen < columns and count < len(line.text) and line.text[count] in " \t":
        seen += 1 if line.text[count] == " " else TAB_WIDTH - seen % TAB_WIDTH
        count += 1
    return TextLine(line.offset + count, line.text[count:]) if count else line


def text_location(source: SourceFile, line: TextLine) -> Location:
    """Return the place of a line without the blanks around its text."""
    _, blanks = indentation(line.text)
    return source.at(line.offset + blanks, max(line.offset + len(line.text.rstrip()), line.offset + blanks + 1))


def trailing_identifier(text: str) -> re.Match[str] | None:
    """Find the id that a line ends in, ``{#name}``: groups ``gap``, the blanks before it, and ``name``, which need not be a good one."""
    # It begins at the last `{#`, or at the blanks before: to try each blank of a line takes longer than all else that is done with it.
    at = text.rfind("{#")
    return _TRAILING_IDENTIFIER.search(text, len(text[:at].rstrip(" \t"))) if at >= 0 else None


def is_lone_identifier(text: str) -> bool:
    """Whether a line holds one id and nothing else."""
    return _TRAILING_IDENTIFIER.fullmatch(text.strip()) is not None


def is_table_rule(text: str) -> bool:
    """Whether a line is the rule between the head of a table and its rows."""
    return re.match(_TABLE_RULE, text) is not None
