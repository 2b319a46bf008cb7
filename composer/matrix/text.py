"""A matrix cut into groups of columns that fit beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["column_groups"]


def column_groups(widths: Sequence[int], first: int, available: int | None, *, gap: int = 2) -> Iterator[range]:
    """Give the columns that fit into a line beside the first one, group by group.

    Args:
        widths: The width of each column, in characters, without the first.
        first: The width of the first column, which every group repeats.
        available: The width of a line; None for one without end.
        gap: The blanks between two columns.
    """
    start, used = 0, first
    for position, width in enumerate(widths):
        if available is not None and used + gap + width > available and position > start:
            yield range(start, position)
            start, used = position, first
        used += gap + width
    if start < len(widths):
        yield range(start, len(widths))
