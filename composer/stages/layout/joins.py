"""What stands between runs: stretches one below the other -> the same with line ends and gaps, and all strung together.

The gap of two runs is what the first of these says: a mark that stands alone (none below it), the look of the section that begins or ends
here, the source in which they are neighbours, the list that both stand in; and else it is one blank line. Where it would be none and
Markdown would read the two as one, it is one all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from composer.model.planned import Segment, SegmentKind
from composer.stages.layout.runs import Role, Run, Stretch

__all__ = ["Piece", "connected", "strung", "with_ends"]

Piece = tuple[Stretch, Segment]
"""A stretch, and the line end below it, blank lines included."""


def with_ends(stretches: Iterable[Stretch]) -> list[Piece]:
    """Give each stretch with the line end below it: the gap of a join is that of the stretch above."""
    pieces: list[Piece] = []
    above: Stretch | None = None
    for below in stretches:
        if above is not None:
            end = above.joins.get(below) if above.joins is not None else None
            pieces.append((above, end or _join(above, below)))
        above = below
    if above is not None:
        pieces.append((above, _line_end(above.last, 0)))
    return pieces


def connected(stretches: Iterable[Stretch]) -> Stretch | None:
    """Put stretches one below the other, with the gap that each join has; None where there is none."""
    pieces = with_ends(stretches)
    if len(pieces) < 2:  # noqa: PLR2004 - nothing to connect
        return pieces[0][0] if pieces else None
    segments, names = strung(pieces)
    segments.pop()  # the line end below it, which belongs to the next join
    text = "".join([segment.text for segment in segments])
    return Stretch(pieces[0][0].first, pieces[-1][0].last, tuple(segments), text, tuple(names))


def strung(pieces: Iterable[Piece]) -> tuple[list[Segment], list[int]]:
    """String the segments of pieces together, beside the positions of those that the agent's name is to be put into."""
    segments: list[Segment] = []
    names: list[int] = []
    for stretch, end in pieces:
        names += [len(segments) + position for position in stretch.names]
        segments += (*stretch.segments, end)
    return segments, names


def _join(above: Stretch, below: Stretch) -> Segment:
    """Return the line end between two stretches, blank lines included."""
    end = _line_end(above.last, _gap(above.last, below.first))
    if above.joins is not None and below.joins is not None:
        above.joins[below] = end
    return end


def _line_end(run: Run, blank_lines: int) -> Segment:
    return Segment("\n" * (1 + blank_lines), SegmentKind.LAYOUT, run.trace.location, run.trace)


def _gap(above: Run, below: Run) -> int:
    """Return the number of blank lines between two runs."""
    if _is_first_under_mark(above, below):
        return 0
    gap = _wanted_gap(above, below)
    return 1 if gap == 0 and _needs_blank(above, below) else gap


def _wanted_gap(above: Run, below: Run) -> int:
    if below.gap_above is not None:
        return below.gap_above
    own = below.lists[-1] if below.role is Role.ITEM and below.lists else None
    shares_list = own is not None and any(own is around for around in above.lists)
    is_neighbour = above.slot is not None and below.slot is not None and above.slot.is_followed_by(below.slot)
    if is_neighbour and below.slot is not None and not (shares_list and own is not None and own.is_joined):
        return below.slot.gap
    if own is not None and shares_list:
        return 1 if own.is_tight is False else 0
    if own is not None and above.role is Role.ITEM and above.lists and above.lists == below.lists[:-1]:
        # A blank line above a list inside an item makes the list around that item a loose one.
        return 1 if own.is_tight is False and above.lists[-1].is_tight is False else 0
    return 1


def _is_first_under_mark(above: Run, below: Run) -> bool:
    """Whether ``below`` stands inside an item that has no text of its own: a blank line under the mark alone would end the item."""
    if above.role is not Role.ITEM or not above.mark or any(segment.text.strip() for segment in above.segments):
        return False
    is_next_item = below.role is Role.ITEM and below.lists == above.lists
    return above.lists == below.lists[: len(above.lists)] and not is_next_item


def _needs_blank(above: Run, below: Run) -> bool:
    """Whether two runs without a blank line between them would be read as one, or as something else."""
    if above.role is Role.ITEM is below.role:  # as for any list below; asked first, for most joins are such
        return not _is_within_list(above, below) and not below.interrupts
    match above.role, below.role:
        case (_, Role.TAG):
            # A heading may stand right below a text; the tag in its place would be read as a part of that text.
            return above.role not in {Role.HEADING, Role.CODE, Role.RULE, Role.TAG}
        case (Role.TAG, _):
            return False
        case (Role.HEADING, _) | (_, Role.HEADING) | (Role.CODE, _) | (Role.RULE, _):
            return False
        case (Role.MARKUP | Role.OPAQUE, _) | (_, Role.OPAQUE):
            return not (above.slot is not None and below.slot is not None and above.slot.is_followed_by(below.slot))
        case (_, Role.ITEM):
            return not _is_within_list(above, below) and not below.interrupts
        case (_, Role.CODE | Role.QUOTE | Role.MARKUP):
            return above.role is Role.QUOTE and below.role is Role.QUOTE
        case _:
            return True


def _is_within_list(above: Run, below: Run) -> bool:
    """Whether the list of an item is one of those that the run above it stands in."""
    return bool(below.lists) and any(below.lists[-1] is around for around in above.lists)
