"""What agents share, carried from one reading of the sources to the next."""

from __future__ import annotations

from typing import Final

from composer.lookup.sharing import PlannedPart, Reads, RenderedPart, Sharing, Shelf

__all__ = ["borrowed", "is_worn"]

_MOST_EDITS: Final = 20_000


class _Borrowed(Sharing):
    """Gives what is kept in another, and keeps nothing more: what is composed while something is wrong may lack what is broken."""

    def keep_planned(self, shelf: Shelf[PlannedPart], part: PlannedPart, reads: Reads) -> None:
        """Keep nothing."""

    def keep_rendered(self, shelf: Shelf[RenderedPart], part: RenderedPart, reads: Reads) -> None:
        """Keep nothing."""


def borrowed(sharing: Sharing) -> Sharing:
    """Return what agents share, to look things up in."""
    return _Borrowed(sharing.planned, sharing.rendered, sharing.laid, sharing.roots, sharing._numbers)  # noqa: SLF001 - the same edits have the same numbers in both


def is_worn(sharing: Sharing) -> bool:
    """Whether it knows so many edits that are no longer made that it should be begun anew."""
    return len(sharing._numbers) > _MOST_EDITS  # noqa: SLF001 - as above
