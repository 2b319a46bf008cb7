"""A filled text by its lines: Filled -> the same without blanks around it or blank lines in it, or its lines one by one.

Each segment keeps its origin, whatever is cut off it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from composer.model.planned import Filled, Segment
from composer.records import replace

__all__ = ["split_lines", "trimmed", "without_blank_lines"]

# `str.splitlines` would also cut at characters that end no line in Markdown.
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")


def trimmed(filled: Filled) -> Filled:
    """Take line ends off both ends of a filled text, and blanks off its end."""
    segments = list(filled)
    while segments and not segments[-1].text.rstrip():
        segments.pop()
    if segments and segments[-1].text[-1].isspace():
        segments[-1] = replace(segments[-1], text=segments[-1].text.rstrip())
    while segments and not segments[0].text.lstrip("\n"):
        segments.pop(0)
    if segments and segments[0].text.startswith("\n"):
        segments[0] = replace(segments[0], text=segments[0].text.lstrip("\n"))
    return tuple(segments)


def without_blank_lines(filled: Filled) -> Filled:
    """Drop the lines of a paragraph that came out blank: they would cut it in two."""
    if not any("\n" in segment.text for segment in filled):
        return trimmed(filled)
    kept: list[Segment] = []
    for line in split_lines(filled):
        if "".join(segment.text for segment in line).strip():
            kept.extend(line)
    return trimmed(tuple(kept))


def split_lines(filled: Filled) -> Iterator[list[Segment]]:
    """Cut a filled text into lines; each keeps its line end."""
    line: list[Segment] = []
    for segment in filled:
        pieces = _LINE.findall(segment.text) if "\n" in segment.text else [segment.text]
        for piece in pieces:
            line.append(segment if piece == segment.text else replace(segment, text=piece))
            if piece.endswith("\n"):
                yield line
                line = []
    if line:
        yield line
