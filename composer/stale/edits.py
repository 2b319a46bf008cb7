"""Stale edits: those that were made against another text than the one that is there today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from composer.errors import Diagnostics, Note
from composer.files.lock import EditKey, EditRecord, Lock, parse_lock
from composer.lookup.index import Index
from composer.model.sources import Verb
from composer.records import dataclass
from composer.source import SourceFile
from composer.stale.bases import EditBase, EditBases, edit_bases

__all__ = ["KnownEdits", "StaleEdit", "find_stale_edits", "report_stale_edits"]


@dataclass(frozen=True, slots=True, eq=False)
class StaleEdit:
    """An edit, with the text that it stands in place of today, and the other ones that it was made against.

    ``was`` has one text, several where two branches were merged and neither knew the text of today.
    """

    base: EditBase
    was: tuple[str, ...]

    @property
    def key(self) -> EditKey:
        """The name of the edit in the lock: profile, agent, address and verb."""
        return self.base.key

    @property
    def says(self) -> str:
        """What the profile says instead; empty where it removes the block."""
        return "" if self.base.verb is Verb.REMOVE else self.base.written.text.strip("\n")

    @property
    def order(self) -> tuple[str, int, str]:
        """A key that sorts by place, then by verb."""
        return (*self.base.edit.location.position, self.base.verb)


class KnownEdits:
    """What is known of the edits of a workspace: what they stand in place of, and what the lock says of them.

    It may outlive an index and a lock; of both, what is as it was is not looked at again.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self._bases = EditBases()
        self._lines: list[str] = []
        self._recorded: Mapping[EditKey, frozenset[str]] = {}

    def record(self, index: Index, profiles: Collection[str] | None) -> EditRecord:
        """Return what a run records of the edits that ``profiles`` wrote, or all profiles where that is None."""
        bases = [base for base in self._bases.of(index) if profiles is None or base.profile in profiles]
        return EditRecord({base.key: base.text for base in bases}, None if profiles is None else frozenset(profiles), index.current)

    def find_stale(self, index: Index, lock: SourceFile, profiles: Collection[str] | None = None) -> tuple[StaleEdit, ...]:
        """Hold the edits of ``profiles``, or of all, against the lock, as :func:`find_stale_edits` does."""
        # All other lines of a lock are of outputs, and those change with every build.
        lines = [line for line in lock.text.split("\n") if line.startswith("edit ")]
        if lines != self._lines:
            self._lines = lines
            self._recorded = parse_lock(SourceFile(lock.path, "\n".join(lines)), Diagnostics()).edits
        return _stale(index, self._bases.of(index), self._recorded, profiles)


def find_stale_edits(index: Index, lock: Lock) -> tuple[StaleEdit, ...]:
    """Hold all edits against the lock. An edit that the lock does not know yet is not stale.

    Returns:
        The stale edits by file and place.
    """
    return _stale(index, edit_bases(index), lock.edits, None)


def _stale(
    index: Index, bases: Iterable[EditBase], recorded: Mapping[EditKey, frozenset[str]], profiles: Collection[str] | None
) -> tuple[StaleEdit, ...]:
    known = _followed(index, recorded)
    stale: list[StaleEdit] = []
    for base in bases:
        was = known.get(base.key) if profiles is None or base.profile in profiles else None
        if was is not None and base.text not in was:
            stale.append(StaleEdit(base, tuple(sorted(was))))
    return tuple(sorted(stale, key=lambda edit: edit.order))


def _followed(index: Index, edits: Mapping[EditKey, frozenset[str]]) -> Mapping[EditKey, frozenset[str]]:
    return EditRecord({}, None, index.current).followed(edits) if index.moved else edits


def report_stale_edits(stale: Iterable[StaleEdit], diagnostics: Diagnostics) -> None:
    """Warn of each stale edit at its place in the profile."""
    done = {Verb.REPLACE: "replaced", Verb.TITLE: "retitled", Verb.REMOVE: "removed"}
    for edit in stale:
        base = edit.base
        diagnostics.warning(
            "stale-edit",
            f"`{base.address}` says something else than when this edit {done[base.verb]} it",
            base.edit.location,
            f"`agent-composer review {base.address}` shows the texts and settles it",
            [Note("it reads now", base.location)],
        )
