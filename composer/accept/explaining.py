"""Why an edit has no source, in words for the person who made it: what a build prints there, and where to go instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from composer.accept.changes import LineChange
from composer.accept.newcomers import ITEM
from composer.accept.printed import FieldText, Node, PrintedFile
from composer.accept.reasons import Reason, RefusedChangeError

__all__ = ["explained"]

_OWNED: Final = frozenset({Reason.BORDER, Reason.STATEMENT, Reason.SYNTAX, Reason.INVALID, Reason.NO_SOURCE, Reason.TITLE})
"""Reasons for which a person has to go to the source, so that its place helps."""
_LONGEST_SHOWN: Final = 60
_TITLE: Final = re.compile(r"(?:#{1,6} |\d+\. |\*\*|<)(?P<words>.*)")
_LOOK: Final = "*:#<>/ \t"
_AS_WRITTEN: Final = (
    "the words that came can be taken, but not as they stand: marks, numbers, indentation and the blank lines around them come from the "
    "layout; write them like the lines beside them"
)


def explained(printed: PrintedFile, change: LineChange, refusal: RefusedChangeError) -> RefusedChangeError:
    """Return a refusal in the words that fit its change best: the layout's part by name, and the place in the sources."""
    if refusal.is_final:
        return refusal
    if refusal.reason in {Reason.LAYOUT, Reason.NO_SOURCE}:
        message = _layout_of(printed.lines, change)
        if not message and refusal.reason is Reason.LAYOUT and change.start == change.end:
            message = _AS_WRITTEN
        if message:
            return RefusedChangeError(Reason.LAYOUT, message)
    if refusal.reason is Reason.LAYOUT and len(change.new) == change.end - change.start == 1:
        return RefusedChangeError(refusal.reason, f"{refusal}; a build prints `{_short(printed.lines[change.start])}`")
    place = _source_of(printed, change) if refusal.reason in _OWNED else ""
    if not place or place in str(refusal):
        return refusal
    return RefusedChangeError(refusal.reason, f"{refusal}; to change it by hand, go to {place}")


def _layout_of(lines: Sequence[str], change: LineChange) -> str:
    """Say which part of the layout a change touches, what a build prints there, and how to undo it; nothing where that is not plain."""
    old, new = tuple(lines[change.start : change.end]), change.new
    if change.end == len(lines) and old[-1:] != new[-1:] and old[-1:] == ("",) and new != ("",):
        return "a build ends a file with one line end: put it back at the end of the last line"
    if not any(line.strip() for line in (*old, *new)):
        if change.start >= len(lines) - 1:
            return "a build ends a file with one line end and no blank line: take the blank lines at the end out"
        if len(new) == len(old):
            return "a build prints no blanks on an empty line: take them off"
        verb = "take out what is too much" if len(new) > len(old) else "put back what is missing"
        return f"how many blank lines stand between two blocks comes from the layout: {verb}"
    if len(old) != len(new):
        return ""
    return next((message for before, after in zip(old, new, strict=True) if before != after and (message := _line(before, after))), "")


def _line(before: str, after: str) -> str:
    if before.rstrip() == after.rstrip():
        return "a build prints no blanks at the end of this line: take them off"
    if before.lstrip() == after.lstrip():
        return f"the indentation comes from the layout: a build prints {len(before) - len(before.lstrip())} blanks before this line"
    item = ITEM.match(before.lstrip())
    if item is not None and not after.lstrip().startswith(item["mark"]) and after.rstrip().endswith(item["text"]):
        return f"the mark or number of an item comes from its list: a build prints `{item['mark'].strip()}` here, so put it back"
    title = _TITLE.match(before)
    if title is not None and title["words"].strip(_LOOK) == after.lstrip("0123456789.").strip(_LOOK) != "":
        return f"how a title looks comes from the layout: a build prints `{before.strip()}`; another look is set by `layout` in the profile"
    return ""


def _short(line: str) -> str:
    words = line.strip()
    return words if len(words) <= _LONGEST_SHOWN else f"{words[:_LONGEST_SHOWN].rstrip()} ..."


def _source_of(printed: PrintedFile, change: LineChange) -> str:
    """Return the place of the text on the first changed line that has one, or of the text above what came."""
    last = max(change.start, change.end - 1)
    node: Node | None = None
    for one in printed.all_nodes():
        if one.is_printed and one.first <= last:
            node = one
    start = printed.line_starts[change.start] if change.start < len(printed.line_starts) else 0
    for piece in printed.pieces:
        if change.start < change.end and isinstance(piece.owner, FieldText) and printed.line_of(piece.start) <= last and piece.end >= start:
            location = piece.owner.scalar.location
            return f"{location.path}:{location.line}"
    if node is None or node.line is None or node.last < change.start - 2:
        return ""
    location = node.line.text.location
    return f"{location.path}:{location.line}"
