"""Blocks that were written into an output by hand, read as what a source would hold: items without marks, sections as headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from composer.accept.definitions import block_of
from composer.accept.printed import Node
from composer.accept.proposals import Setting
from composer.accept.reasons import SYNTAX, Reason, RefusedChangeError
from composer.blocks import Section
from composer.model.planned import PlannedSection
from composer.model.sources import Look
from composer.records import dataclass

__all__ = ["ITEM", "Newcomer", "read_block", "read_items", "read_section", "refuse_bare_marks", "written_lines"]

ITEM: Final = re.compile(r"(?P<mark>(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)(?P<text>.*)")
"""A line that begins an item: its mark, and its words."""
_BARE_MARK: Final = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]*(?:\[[ xX]\][ \t]*)?")
_HEADING: Final = re.compile(r"(?P<hashes>#{1,6})[ \t]+(?P<title>.*)")
_CODE: Final = re.compile(r"[ \t]*(?:```|~~~)")
_PLACEHOLDER: Final = re.compile(r"\\\{(title|number|hashes|tag)\\\}")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A block that was written into an output: its text without mark and indentation, and what its id is made of; the mark of an item."""

    text: str
    words: str
    mark: str = ""
    is_section: bool = False


def written_lines(lines: Sequence[str]) -> list[str]:
    """Return what was written, without blank lines around it.

    Raises:
        RefusedChangeError: if that is nothing, or cannot stand in a source.
    """
    written = list(lines)
    while written and not written[0].strip():
        written.pop(0)
    while written and not written[-1].strip():
        written.pop()
    if not written:
        message = "only blank lines changed here: how many stand between two blocks comes from the layout, so put them back as they were"
        raise RefusedChangeError(Reason.LAYOUT, message)
    if any(mark in line for line in written for mark in SYNTAX):
        message = "the new words hold `{{`, `{%` or `{#`, which sources read as their own syntax: write them into the source by hand"
        raise RefusedChangeError(Reason.SYNTAX, message)
    refuse_bare_marks(written)
    return written


def refuse_bare_marks(lines: Sequence[str]) -> None:
    """Raise if one of some lines is an item without words.

    Raises:
        RefusedChangeError: so.
    """
    for line in lines:
        if _BARE_MARK.fullmatch(line):
            message = f"`{line.strip()}` without words is no item: give it words, or take the whole line out"
            raise RefusedChangeError(Reason.LAYOUT, message, is_final=True)


def read_block(setting: Setting, lines: Sequence[str], anchor: Node) -> Newcomer:
    """Read lines as blocks that stand beside or in another as they are written, but for the level of headings."""
    around = (one for one in (anchor, *anchor.around()) if isinstance(one.planned, PlannedSection))
    section = next(around, None)
    deeper = _deeper(setting, section) if section is not None else 0
    heading = _HEADING.match(lines[0])
    words = heading["title"] if heading is not None else "\n".join(lines)
    return Newcomer("\n".join(_raised(lines, deeper)), words, is_section=heading is not None)


def _deeper(setting: Setting, section: Node) -> int:
    """Return by how many levels a section stands deeper in the output than in its source, as all that is inserted there does."""
    block = block_of(section, setting.draft)
    return section.planned.level - block.level if isinstance(block, Section) and isinstance(section.planned, PlannedSection) else 0


def read_items(lines: Sequence[str]) -> list[Newcomer]:
    """Read lines as items of one list; nothing where they are something else."""
    items: list[Newcomer] = []
    texts: list[str] = []
    mark = ""

    def end() -> None:
        if texts:
            text = "\n".join(texts).rstrip("\n")
            items.append(Newcomer(text, text, mark))

    for line in lines:
        found = ITEM.match(line)
        if found is not None:
            end()
            mark, texts = found["mark"], [found["text"]]
        elif not texts:
            return []
        else:
            texts.append(line[len(mark) :] if not line[: len(mark)].strip() else line)
    end()
    return items


def read_section(setting: Setting, lines: Sequence[str], beside: Node, *, is_inside: bool = False) -> Newcomer | None:
    """Read lines as a section with the level and the look of another, or of those inside it, as a source says it; None for other lines."""
    planned = beside.planned
    if not isinstance(planned, PlannedSection) or planned.title is None:
        return None
    looks = setting.printed.looks_of(beside)
    look = looks[min(int(is_inside), len(looks) - 1)]
    level = planned.level + int(is_inside)
    title = _title(look, level, lines[0])
    if title is None or not title.strip():
        return None
    deeper = _deeper(setting, beside)
    body = [line[look.indent :] if not line[: look.indent].strip() else line for line in lines[1:]]
    if look.gap == 0:
        body = ["", *body]
    return Newcomer("\n".join([f"{'#' * (level - deeper)} {title}", *_raised(body, deeper)]), title, is_section=True)


def _title(look: Look, level: int, line: str) -> str | None:
    """Return the words of a title in a look; None for a line that is no title in it, or looks that print more on that line."""
    if look.as_sentences or look.end or "{title}" not in look.title:
        return None
    patterns = {"title": "(?P<title>.+?)", "number": r"\d+", "hashes": "#" * level, "tag": "[^>]+"}
    pattern = _PLACEHOLDER.sub(lambda found: patterns[found[1]], re.escape(look.title))
    found = re.fullmatch(pattern, line)
    return found["title"] if found is not None else None


def _raised(lines: Sequence[str], levels: int) -> list[str]:
    """Take off the levels that an include gives to headings."""
    raised: list[str] = []
    is_code = False
    for line in lines:
        is_code ^= _CODE.match(line) is not None
        heading = _HEADING.match(line)
        raised.append(line[levels:] if heading is not None and not is_code and len(heading["hashes"]) > levels else line)
    return raised
