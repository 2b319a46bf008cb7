"""A reworded line of an output -> what has to change in the templates that it was filled from.

The words of a template come back as they stand; what a variable gave is that variable's to change. A change that begins in one text and
ends in another has no one source, and one of marks, blanks or titles' looks has none at all: both are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from composer.accept.changes import TextChange
from composer.accept.operations import Operation, read_operations
from composer.accept.printed import FieldText, Owner, PrintedFile
from composer.accept.reasons import SYNTAX, Reason, RefusedChangeError
from composer.blocks import Text
from composer.lookup.index import Index
from composer.model.planned import Segment, SegmentKind
from composer.records import dataclass

__all__ = ["Reason", "RefusedChangeError", "Rewording", "VariableChange", "joined_by", "read_rewording", "template_of"]

_JOIN: Final = re.compile(r"\{\{-?\s*[\w.]+\s*\|\s*join\(\s*(?P<quote>[\"'])(?P<between>.*?)(?P=quote)\s*\)\s*-?\}\}", re.DOTALL)


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
    by_owner: dict[Owner, list[Operation]] = {}
    for operation in read_operations(printed, start, end, new):
        by_owner.setdefault(operation.owner, []).append(operation)
    return tuple(_rewording(owner, operations, index) for owner, operations in by_owner.items())


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


def _rewording(owner: Owner, operations: Sequence[Operation], index: Index) -> Rewording:
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


def _value_around(operation: Operation, stretches: Sequence[_Stretch]) -> _Stretch | None:
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


def _template_change(operation: Operation, stretches: Sequence[_Stretch]) -> TextChange:
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


def _template_insertion(operation: Operation, stretches: Sequence[_Stretch]) -> TextChange:
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
