"""What agents share, carried from one reading of the sources to the next.

Within one reading two edits are the same if they stand in the same place. Here they are if they say the same: a line that is written above
an edit does not make another of it. So what is shared may point into an older text of a profile; the files do not show that, and what is
told is looked through for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final

from composer.incremental.ingredients import said_of_edit
from composer.lookup.sharing import PlannedPart, Reads, RenderedPart, Sharing, Shelf
from composer.model.resolved import ResolvedEdit
from composer.records import dataclass, field

__all__ = ["LastingSharing"]

_MOST_EDITS: Final = 20_000
"""How many different edits may be known, those that are no longer made included."""


@dataclass(slots=True, eq=False)
class LastingSharing(Sharing):
    """What agents share, by what their edits say."""

    _said: dict[Hashable, int] = field(default_factory=dict)
    _numbered: dict[int, tuple[ResolvedEdit, int]] = field(default_factory=dict)
    """The numbers of edits by identity: most are the very same from one reading to the next."""
    _edits: Mapping[str, ResolvedEdit] | None = None
    _answers: dict[str, Hashable] = field(default_factory=dict)

    def edit_answers(self, edits: Mapping[str, ResolvedEdit]) -> Mapping[str, Hashable]:
        """Return the answers for all addresses that are edited; edits that say the same have equal numbers."""
        if edits is not self._edits:
            self._edits = edits
            self._answers = {address: self._number_of(edit) for address, edit in edits.items()}
        return self._answers

    def _number_of(self, edit: ResolvedEdit) -> int:
        known = self._numbered.get(id(edit))
        if known is None:
            if len(self._numbered) > _MOST_EDITS:
                self._numbered.clear()
            number = self._said.setdefault(said_of_edit(edit), len(self._said) + 1)
            known = self._numbered[id(edit)] = (edit, number)
        return known[1]

    @property
    def is_worn(self) -> bool:
        """Whether so much of it is of no use any more that it should be begun anew."""
        return len(self._said) > _MOST_EDITS

    def lent(self) -> Sharing:
        """Return the same to look things up in: what is composed while something is wrong may lack what is broken, and is not kept."""
        return _Lent(self.planned, self.rendered, self.laid, self.roots, _said=self._said)


class _Lent(LastingSharing):
    """Gives what is kept in another, and keeps nothing more."""

    def keep_planned(self, shelf: Shelf[PlannedPart], part: PlannedPart, reads: Reads) -> None:
        """Keep nothing."""

    def keep_rendered(self, shelf: Shelf[RenderedPart], part: RenderedPart, reads: Reads) -> None:
        """Keep nothing."""
