"""A reworded line of an output -> what has to change in the templates that it was filled from.

The words of a template come back as they stand; what a variable gave is that variable's to change. A change that begins in one text and
ends in another has no one source, and one of marks, blanks or titles' looks has none at all: both are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from composer.accept.changes import TextChange, changed_text, slid
from composer.accept.printed import FieldText, Owner, Piece, PrintedFile
from composer.blocks import Text
from composer.lookup.index import Index
from composer.model import Segment, SegmentKind

__all__ = ["SYNTAX", "Reason", "RefusedChangeError", "Rewording", "VariableChange", "joined_by", "read_rewording", "template_of"]

SYNTAX: Final = ("{{", "{%", "{#")
_JOIN: Final = re.compile(r"\{\{-?\s*[\w.]+\s*\|\s*join\(\s*(?P<quote>[\"'])(?P<between>.*?)(?P=quote)\s*\)\s*-?\}\}", re.DOTALL)


class Reason(StrEnum):
    """Why a hand edit cannot be taken home."""

    LAYOUT = "layout"
    BORDER = "border"
    STATEMENT = "statement"
    OPAQUE = "opaque"
    SYNTAX = "syntax"
    GENERATED = "generated"
    SCOPE = "scope"
    TWICE = "twice"
    TITLE = "title"
    INVALID = "invalid"
    NO_SOURCE = "no-source"


class RefusedChangeError(Exception):
    """A change has no source that could be changed for it.

    ``is_final`` marks a sentence that says all there is to say, so that no other is looked for.
    """

    def __init__(self, reason: Reason, message: str, *, is_final: bool = False) -> None:
        """Keep the reason and a sentence that says it."""
        super().__init__(message)
        self.reason = reason
        self.is_final = is_final


@dataclass(frozen=True, slots=True, eq=False)
class VariableChange:
    """What a variable printed, and what stands there now."""

    segment: Segment
    before: str
    after: str


@dataclass(frozen=True, slots=True, eq=False)
class Rewording:
    """The change of one text.

    ``changes`` are in characters of the template, its lines joined; ``variables`` are the changes inside values. ``written_out`` is what
    the template comes to if the changed values are written into it as words: the way out where a variable cannot change.
    """

    owner: Owner
    template: str
    changes: tuple[TextChange, ...]
    variables: tuple[VariableChange, ...]
    written_out: str | None

    @property
    def new_template(self) -> str:
        """The template with the changes of its own words made."""
        return _applied(self.template, self.changes)


@dataclass(frozen=True, slots=True)
class _Operation:
    """A change in characters of a filled text."""

    owner: Owner
    start: int
    end: int
    new: str


def template_of(owner: Owner, index: Index) -> Text | None:
    """Return the text that an owner was filled from; None for a value that is no template."""
    if isinstance(owner, FieldText):
        return index.line_text(owner.scalar) if owner.is_template else None
    return owner.text


def read_rewording(printed: PrintedFile, start: int, end: int, new: str, index: Index) -> tuple[Rewording, ...]:
    """Say what becomes of the templates when the output's characters ``start`` up to ``end`` become ``new``.

    Raises:
        RefusedChangeError: where the change touches what no text gave, or more than one text at once.
    """
    text = printed.text[start:end]
    changes = list(changed_text(text, new))
    ends = [0, *(change.end for change in changes)]
    starts = [*(change.start for change in changes), len(text)]
    by_owner: dict[Owner, list[_Operation]] = {}
    for number, change in enumerate(changes):
        operation = _first_operation(printed, start, slid(text, change, ends[number], starts[number + 1]))
        by_owner.setdefault(operation.owner, []).append(operation)
    return tuple(_rewording(owner, operations, index) for owner, operations in by_owner.items())


# --- output -> filled text ----------------------------------------------------------------------------------------------


def _first_operation(printed: PrintedFile, start: int, places: Iterable[TextChange]) -> _Operation:
    """Return what a change is in its text, at the first of its places that is in one."""
    refusal: RefusedChangeError | None = None
    for change in places:
        try:
            return _operation(printed, TextChange(start + change.start, start + change.end, change.new))
        except RefusedChangeError as error:
            refusal = refusal or error
    assert refusal is not None  # noqa: S101 - a change has one place at least
    raise refusal


def _operation(printed: PrintedFile, change: TextChange) -> _Operation:
    pieces = printed.pieces_between(change.start, change.end)
    if change.start == change.end:
        return _insertion(printed, pieces, change)
    touched = [piece for piece in pieces if piece.start < change.end and piece.end > change.start]
    if not touched:
        raise RefusedChangeError(Reason.LAYOUT, "only marks, blanks or the look of a title changed here, and those come from the layout")
    first, last = touched[0], touched[-1]
    if first.owner is not last.owner:
        raise RefusedChangeError(Reason.BORDER, "the change begins in one text and ends in another")
    if first.start > change.start or last.end < change.end or _leaves(printed, touched):
        message = "the change goes over marks, blanks or the look of a title, which come from the layout"
        raise RefusedChangeError(Reason.LAYOUT, message)
    start, end = first.filled_offset(change.start), last.filled_offset(change.end)
    if start is None or end is None:
        raise RefusedChangeError(Reason.LAYOUT, "the change cuts an escaped character of the front matter in two")
    return _Operation(first.owner, start, end, _inserted(printed, first, change.new))


def _leaves(printed: PrintedFile, touched: Sequence[Piece]) -> bool:
    """Whether something other than the indentation of a text's next line stands between two of its pieces."""
    between = (printed.text[left.end : right.start] for left, right in pairwise(touched))
    return any(gap.strip(" ") for gap in between)


def _insertion(printed: PrintedFile, pieces: Sequence[Piece], change: TextChange) -> _Operation:
    """Find the text that inserted characters belong to: literal words before a value, the text before before the one after."""

    def preference(piece: Piece) -> tuple[bool, bool]:
        is_inside = piece.start < change.start < piece.end
        return (not is_inside, _is_value_at(piece, change.start))

    for piece in sorted(pieces, key=preference):
        offset = piece.filled_offset(change.start)
        if offset is not None:
            return _Operation(piece.owner, offset, offset, _inserted(printed, piece, change.new))
    raise RefusedChangeError(
        Reason.LAYOUT,
        "the new words stand among marks, or in the look of a title, and those come from the layout: write them inside the words",
    )


def _is_value_at(piece: Piece, position: int) -> bool:
    offset = piece.filled_offset(min(position, piece.end - 1))
    reached = 0
    for segment in piece.owner.filled:
        if offset is not None and reached <= offset < reached + len(segment.text):
            return segment.kind is SegmentKind.VARIABLE
        reached += len(segment.text)
    return False


def _inserted(printed: PrintedFile, piece: Piece, new: str) -> str:
    """Return inserted characters as they have to stand in the text: without the front matter's escapes, and without hanging indentation."""
    if isinstance(piece.owner, FieldText):
        if not piece.widths and "\\" not in new and '"' not in new:
            return new
        return _unescaped(new)
    if "\n" not in new:
        return new
    hanging = printed.column_of(piece.owner)
    return "\n".join(line[hanging:] if position and not line[:hanging].strip() else line for position, line in enumerate(new.split("\n")))


def _unescaped(text: str) -> str:
    from composer.yaml_text.lenient import YamlProblem, read_strict  # noqa: PLC0415 - for edits of front matter alone

    try:
        value = read_strict(f'"{text}"')
    except YamlProblem:
        value = None
    if not isinstance(value, str):
        raise RefusedChangeError(Reason.LAYOUT, "what was written into the quotes of the front matter is not a YAML string")
    return value


# --- filled text -> template --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A segment in its filled text, ``start`` up to ``end``, and in its template, ``source`` up to ``source_end``."""

    segment: Segment
    start: int
    end: int
    source: int
    source_end: int

    @property
    def is_words(self) -> bool:
        """Whether each of its characters is one of the template's."""
        return self.segment.kind is not SegmentKind.VARIABLE and self.end - self.start == self.source_end - self.source


def _stretches(owner: Owner, template: Text | None) -> Iterator[_Stretch]:
    position = 0
    for segment in owner.filled:
        start, position = position, position + len(segment.text)
        if template is None:
            yield _Stretch(segment, start, position, start, position)
        else:
            place = segment.location
            yield _Stretch(segment, start, position, _joined_offset(template, place.start), _joined_end(template, place.start, place.end))


def _joined_offset(template: Text, offset: int) -> int:
    """Turn an offset in the source into one in the joined lines of the text."""
    position = 0
    for line in template.lines:
        if offset <= line.offset + len(line.text):
            return position + max(0, offset - line.offset)
        position += len(line.text) + 1
    return max(position - 1, 0)


def _joined_end(template: Text, start: int, end: int) -> int:
    """Turn the end of a place into one in the joined lines; a place that takes in a line's end ends behind it."""
    position = 0
    for line in template.lines:
        stop = line.offset + len(line.text)
        if start <= stop < end and end == stop + 1:
            return position + len(line.text) + 1
        if end <= stop:
            return position + max(0, end - line.offset)
        position += len(line.text) + 1
    return max(position - 1, 0)


def _rewording(owner: Owner, operations: Sequence[_Operation], index: Index) -> Rewording:
    template = template_of(owner, index)
    words = owner.scalar.text if isinstance(owner, FieldText) and template is None else str(template)
    is_plain = template is None or template.plain
    stretches = list(_stretches(owner, template))
    changes: list[TextChange] = []
    values: dict[Segment, list[TextChange]] = {}
    for operation in operations:
        if not is_plain and any(mark in operation.new for mark in SYNTAX):
            raise RefusedChangeError(Reason.SYNTAX, "the new words hold `{{`, `{%` or `{#`, which templates read as their own syntax")
        inside = _value_around(operation, stretches)
        if inside is None:
            changes.append(_template_change(operation, stretches))
        else:
            values.setdefault(inside.segment, []).append(
                TextChange(operation.start - inside.start, operation.end - inside.start, operation.new)
            )
    variables = tuple(VariableChange(segment, segment.text, _applied(segment.text, found)) for segment, found in values.items())
    written_out = _written_out(words, changes, variables, stretches) if variables else None
    return Rewording(owner, words, tuple(changes), variables, written_out)


def joined_by(segment: Segment) -> str:
    """Return what stands between the elements of a list that a text prints; empty for any other value."""
    found = _JOIN.fullmatch(segment.location.text) if segment.kind is SegmentKind.VARIABLE else None
    return found["between"] if found is not None else ""


def _value_around(operation: _Operation, stretches: Sequence[_Stretch]) -> _Stretch | None:
    """Return the variable's value that a change stands in; words beside a value that could take it in come first."""
    if operation.start == operation.end:
        for stretch in stretches:
            between = joined_by(stretch.segment)
            is_behind = operation.start == stretch.end and operation.new.startswith(between)
            if between and (is_behind or (operation.start == stretch.start and operation.new.endswith(between))):
                return stretch
        if any(stretch.is_words and stretch.start <= operation.start <= stretch.end for stretch in stretches):
            return None
        inside = [stretch for stretch in stretches if stretch.start < operation.start < stretch.end]
        return inside[0] if inside and inside[0].segment.kind is SegmentKind.VARIABLE else None
    for stretch in stretches:
        if stretch.segment.kind is SegmentKind.VARIABLE and stretch.start <= operation.start and operation.end <= stretch.end:
            return stretch
    return None


def _template_change(operation: _Operation, stretches: Sequence[_Stretch]) -> TextChange:
    if operation.start == operation.end:
        return _template_insertion(operation, stretches)
    touched = [stretch for stretch in stretches if stretch.start < operation.end and stretch.end > operation.start]
    for left, right in pairwise(touched):
        if left.is_words and right.is_words and left.source_end != right.source:
            raise RefusedChangeError(Reason.STATEMENT, "a statement of the template stands inside what was changed")
    if not touched or not all(stretch.is_words for stretch in touched):
        raise RefusedChangeError(Reason.BORDER, "the change goes over the border between words and what a variable gave")
    first, last = touched[0], touched[-1]
    return TextChange(first.source + operation.start - first.start, last.source + operation.end - last.start, operation.new)


def _template_insertion(operation: _Operation, stretches: Sequence[_Stretch]) -> TextChange:
    beside = [stretch for stretch in stretches if stretch.start <= operation.start <= stretch.end]
    words = [stretch for stretch in beside if stretch.is_words]
    if words:
        # At a line's end the words belong to that line, not to the one below.
        chosen = words[0]
        at = chosen.source + operation.start - chosen.start
    elif beside and operation.start == beside[0].end:
        at = beside[0].source_end
    elif beside and operation.start == beside[0].start:
        at = beside[0].source
    elif not stretches and operation.start == 0:
        at = 0
    else:
        raise RefusedChangeError(Reason.BORDER, "the words stand inside what a variable gave")
    return TextChange(at, at, operation.new)


def _written_out(
    words: str, changes: Sequence[TextChange], variables: Sequence[VariableChange], stretches: Sequence[_Stretch]
) -> str | None:
    """Return the template with changed values as words in place of their variables; None where the values are no plain words."""
    after = {change.segment: change.after for change in variables}
    if any(mark in text for text in after.values() for mark in SYNTAX):
        return None
    fills = [TextChange(stretch.source, stretch.source_end, after[stretch.segment]) for stretch in stretches if stretch.segment in after]
    return _applied(words, [*changes, *fills])


def _applied(text: str, changes: Sequence[TextChange]) -> str:
    for change in sorted(changes, key=lambda change: (change.start, change.end), reverse=True):
        text = text[: change.start] + change.new + text[change.end :]
    return text
