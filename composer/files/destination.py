"""Where files go: the disk, or nowhere.

Every path is relative to a root, with forward slashes, and stays below it: a link that leads out is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from pathlib import Path
from typing import Protocol

from composer.files.exclusive import Wait, hold
from composer.files.journal import Change
from composer.files.root import LeavesRootError, Root
from composer.files.transaction import Repair, commit, pending_repair, repair
from composer.records import dataclass, field

__all__ = ["Destination", "DiskDestination", "DryRunDestination", "LeavesRootError", "free_name"]


class Destination(Protocol):
    """A folder that files are compared with and written to. Every method may raise OSError."""

    @property
    def is_dry(self) -> bool:
        """Whether nothing is written in truth."""

    def read(self, path: str) -> bytes | None:
        """Return what the file holds; None if it is not there."""

    def is_same_file(self, first: str, second: str) -> bool:
        """Whether two paths are one file, as `A` and `a` are on some systems."""

    def hold(self) -> AbstractContextManager[None]:
        """Keep other runs from writing here; needed around :meth:`repair` and :meth:`commit`, and the looks between them.

        Raises:
            BusyError: if another run keeps writing here.
        """

    def repair(self, may_write: Callable[[str], bool]) -> Repair | None:
        """End a run that was cut short, and tell how; None where there is none.

        Args:
            may_write: tells whether a path can be one of ours; what names any other is not believed.

        Raises:
            BadJournalError: if what such a run left cannot be trusted.
            TransactionError: if the system refuses something.
        """

    def commit(self, changes: Sequence[Change], boundary: str = "") -> None:
        """Make all changes, or none, even where the run is cut short: then the next one repairs.

        Args:
            changes: each path once, in the order in which they become visible: what tells of the others, such as a lock, last.
            boundary: the folder that stays when a removal leaves it empty; empty for the root.

        Raises:
            TransactionError: if a file is not as the change says it was, or the system refuses something.
        """


def _give_up(_: int) -> bool:
    """Do not wait for another run."""
    return False


@dataclass(frozen=True, slots=True)
class DiskDestination:
    """Files below ``root`` on disk. ``wait`` is asked whether to try again while another run writes there."""

    root: Path
    wait: Wait = _give_up
    _files: Root = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look at the folder."""
        object.__setattr__(self, "_files", Root(self.root))

    @property
    def is_dry(self) -> bool:
        """It is not."""
        return False

    def read(self, path: str) -> bytes | None:
        """Return what the file holds; None if it is not there."""
        return self._files.read(path)

    def is_same_file(self, first: str, second: str) -> bool:
        """Whether two paths are one file, as `A` and `a` are on some systems."""
        return self._files.is_same_file(first, second)

    def hold(self) -> AbstractContextManager[None]:
        """Keep other runs from writing here."""
        return hold(self.root, self.wait)

    def repair(self, may_write: Callable[[str], bool]) -> Repair | None:
        """End a run that was cut short."""
        return repair(self._files, may_write)

    def commit(self, changes: Sequence[Change], boundary: str = "") -> None:
        """Make all changes, or none."""
        commit(self._files, changes, boundary)


@dataclass(frozen=True, slots=True)
class DryRunDestination:
    """Reads the files below ``root``, and only remembers what would be written."""

    root: Path
    _changes: dict[str, bytes | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    _files: Root = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look at the same folder as the real destination."""
        object.__setattr__(self, "_files", Root(self.root))

    @property
    def is_dry(self) -> bool:
        """It is."""
        return True

    def read(self, path: str) -> bytes | None:
        """Return what the file holds, or would hold by now."""
        return self._changes[path] if path in self._changes else self._files.read(path)

    def is_same_file(self, first: str, second: str) -> bool:
        """Whether two paths are one file on disk."""
        return self._files.is_same_file(first, second)

    def hold(self) -> AbstractContextManager[None]:
        """Keep nobody from anything: nothing is written."""
        return nullcontext()

    def repair(self, may_write: Callable[[str], bool]) -> Repair | None:
        """Tell how a run that was cut short would be ended, and remember the files as they would be then."""
        found = pending_repair(self._files, may_write)
        if found is not None:
            self._changes.update(found.contents)
        return found

    def commit(self, changes: Sequence[Change], boundary: str = "") -> None:  # noqa: ARG002 - folders are not remembered
        """Remember the contents."""
        self._changes.update((change.path, change.after) for change in changes)


def free_name(destination: Destination, path: str, taken: Sequence[str] = ()) -> str:
    """Return ``<path>.orig``, or ``<path>.orig.1`` and so on: no tool reads such names as agents, and nothing stands there yet."""
    return next(name for name in _copy_names(path) if name not in taken and destination.read(name) is None)


def _copy_names(path: str) -> Iterator[str]:
    yield f"{path}.orig"
    yield from (f"{path}.orig.{number}" for number in count(1))
