"""What a section prints beside its blocks, by its look: its title, its end, and the one line of a section that is printed as sentences.

A section and its number -> segments or a run; the blocks that stand below are laid out by :mod:`.blocks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from composer.blocks import LeafKind
from composer.model.planned import Filled, Line, PlannedBlock, PlannedLeaf, PlannedList, PlannedSection, Segment, SegmentKind
from composer.model.sources import Look
from composer.records import replace
from composer.stages.layout.runs import Role, Run, trimmed

__all__ = ["sentences_run", "title_role", "title_segments"]

_PLACEHOLDER: Final = re.compile(r"\{(title|number|hashes|tag)\}")
_SENTENCE_END: Final = (".", "!", "?", ":", ";", "…")


def title_role(look: Look) -> Role:
    """Return what a title printed in this look is to a Markdown parser."""
    if look.title.startswith("{hashes}"):
        return Role.HEADING
    if look.title.startswith("<"):
        return Role.TAG
    return Role.ITEM if look.title.startswith("{number}") else Role.TEXT


def title_segments(pattern: str, section: PlannedSection, title: Line, number: int) -> Filled:
    """Print a look's pattern: the title keeps its own segments, all else is layout."""
    words = "".join(segment.text for segment in title.filled).strip()
    if words.endswith((":", "?", "!")):
        pattern = pattern.replace("{title}:", "{title}")
    segments: list[Segment] = []
    for position, part in enumerate(_PLACEHOLDER.split(pattern)):
        if position % 2 == 0:
            text = part
        elif part == "title":
            segments.extend(trimmed(title.filled))
            continue
        elif part == "hashes":
            text = "#" * section.level
        else:
            text = _tag(words) if part == "tag" else str(number)
        if text:
            segments.append(Segment(text, SegmentKind.LAYOUT, title.trace.location, title.trace))
    return tuple(segments)


def _tag(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "section"


def sentences_run(
    section: PlannedSection, title: Line, number: int, look: Look, indent: int, lists: tuple[PlannedList, ...]
) -> tuple[Run, list[PlannedBlock]]:
    """Put the title and the body's sentences on one line; what is no sentence stands below.

    Args:
        section: The section.
        title: Its title, filled.
        number: Which of its neighbours it is, from 1.
        look: How it is printed.
        indent: The number of blanks that the line begins with.
        lists: The lists that the section stands in, outermost first.

    Returns:
        The line, and the blocks that stand below it.
    """
    opening = title_segments(look.title, section, title, number)
    segments = list(opening)
    below: list[PlannedBlock] = []
    tail = title.slot.tail
    for block in section.body:
        lines = list(_sentence_lines(block))
        if not lines:
            below.append(block)
        for line in lines:
            segments.append(Segment(" ", SegmentKind.LAYOUT, line.trace.location, line.trace))
            segments.extend(_sentence(line))
            tail = line.slot.tail
    slot = replace(title.slot, tail=tail)
    width = len(f"{number}. ") if look.title.startswith("{number}") else 0
    return Run(title_role(look), tuple(segments), title.trace, slot, indent, (), width, lists, number == 1), below


def _sentence_lines(block: PlannedBlock) -> Iterator[Line]:
    match block:
        case PlannedLeaf(kind=LeafKind.PARAGRAPH):
            yield block.line
        case PlannedList():
            for item in block.items if _is_made_of_lines(block) else ():
                if any(segment.text.strip() for segment in item.line.filled):
                    yield item.line
                for inner in item.body:
                    yield from _sentence_lines(inner)
        case _:
            return


def _is_made_of_lines(block: PlannedBlock) -> bool:
    """Whether a list holds items and lists of items, and nothing that cannot be a sentence."""
    return isinstance(block, PlannedList) and all(_is_made_of_lines(inner) for item in block.items for inner in item.body)


def _sentence(line: Line) -> Iterator[Segment]:
    """Give a text on one line, with a full stop at its end where it has no mark of its own."""
    segments = trimmed(line.filled)
    for segment in segments:
        yield replace(segment, text=segment.text.replace("\n", " ")) if "\n" in segment.text else segment
    if segments and not segments[-1].text.rstrip().endswith(_SENTENCE_END):
        yield Segment(".", SegmentKind.LAYOUT, line.trace.location, line.trace)
