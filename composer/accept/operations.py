"""A reworded region of an output -> the changes of the filled texts that stand there.

A change that begins in one text and ends in another has no one source, and one of marks, blanks or titles' looks has none at all: both
are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from composer.accept.changes import TextChange, changed_text, slid
from composer.accept.printed import FieldText, Owner, Piece, PrintedFile
from composer.accept.reasons import Reason, RefusedChangeError
from composer.model.planned import SegmentKind
from composer.records import dataclass

__all__ = ["Operation", "read_operations"]


@dataclass(frozen=True, slots=True)
class Operation:
    """A change in characters of a filled text."""

    owner: Owner
    start: int
    end: int
    new: str


def read_operations(printed: PrintedFile, start: int, end: int, new: str) -> list[Operation]:
    """Say what becomes of the filled texts when the output's characters ``start`` up to ``end`` become ``new``.

    Raises:
        RefusedChangeError: where the change touches what no text gave, or more than one text at once.
    """
    text = printed.text[start:end]
    changes = list(changed_text(text, new))
    ends = [0, *(change.end for change in changes)]
    starts = [*(change.start for change in changes), len(text)]
    return [_first_operation(printed, start, slid(text, change, ends[number], starts[number + 1])) for number, change in enumerate(changes)]


def _first_operation(printed: PrintedFile, start: int, places: Iterable[TextChange]) -> Operation:
    """Return what a change is in its text, at the first of its places that is in one."""
    refusal: RefusedChangeError | None = None
    for change in places:
        try:
            return _operation(printed, TextChange(start + change.start, start + change.end, change.new))
        except RefusedChangeError as error:
            refusal = refusal or error
    assert refusal is not None  # noqa: S101 - a change has one place at least
    raise refusal


def _operation(printed: PrintedFile, change: TextChange) -> Operation:
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
    return Operation(first.owner, start, end, _inserted(printed, first, change.new))


def _leaves(printed: PrintedFile, touched: Sequence[Piece]) -> bool:
    """Whether something other than the indentation of a text's next line stands between two of its pieces."""
    between = (printed.text[left.end : right.start] for left, right in pairwise(touched))
    return any(gap.strip(" ") for gap in between)


def _insertion(printed: PrintedFile, pieces: Sequence[Piece], change: TextChange) -> Operation:
    """Find the text that inserted characters belong to: literal words before a value, the text before before the one after."""

    def preference(piece: Piece) -> tuple[bool, bool]:
        is_inside = piece.start < change.start < piece.end
        return (not is_inside, _is_value_at(piece, change.start))

    for piece in sorted(pieces, key=preference):
        offset = piece.filled_offset(change.start)
        if offset is not None:
            return Operation(piece.owner, offset, offset, _inserted(printed, piece, change.new))
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
