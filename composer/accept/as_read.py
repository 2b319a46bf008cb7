"""An output as people edit it: the words without what only the bytes of its file have.

A verbatim agent says how its file is written: with a byte order mark, with other line ends than LF, with characters that no source may
hold. An edit is told from what was composed by the words, whatever an editor made of the line ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from composer.model.outputs import OutputFile
from composer.model.planned import Segment
from composer.records import replace
from composer.source import BYTE_ORDER_MARK, SourceFile, with_line_feeds

__all__ = ["as_read"]


def as_read(file: OutputFile) -> OutputFile:
    """Return an output with LF line ends and no byte order mark, in its text and in its segments; the same one where it has no other."""
    text = file.text
    if "\r" not in text and not text.startswith(BYTE_ORDER_MARK):
        return file
    return replace(file, segments=tuple(_read_segments(file.segments)), joined=SourceFile.from_raw(file.agent, text).text)


def _read_segments(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Turn line ends into LF; one that begins in a segment and ends in the next stays in the next."""
    texts = [segment for segment in segments if segment.text]
    for position, segment in enumerate(texts):
        text = segment.text if position else segment.text.removeprefix(BYTE_ORDER_MARK)
        if text.endswith("\r") and position + 1 < len(texts) and texts[position + 1].text.startswith("\n"):
            text = text[:-1]
        text = with_line_feeds(text)
        yield segment if text == segment.text else replace(segment, text=text)
