"""Changes files all together or not at all, also where the process is killed or the power fails in the middle.

In this order: the journal, which holds both contents of each file, is written and synced; every new content is written beside its place and
synced; the files are renamed into place; the journal is removed. So whenever a run is cut short, either nothing was changed yet, or the
journal is there and :func:`repair` ends the work. It ends it forward, unless a file that was not reached yet has been changed since: then
everything goes back, and nobody's change is lost. A failure that the system tells, such as a full disk, takes everything back at once.

Whoever commits holds the folder (:mod:`composer.files.exclusive`), has repaired it, and looked at the files after that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Final

from composer.files.freeing import Freeing
from composer.files.journal import JOURNAL_NAME, BadJournalError, Change, Journal, parse_journal, print_journal
from composer.files.root import LeavesRootError, Root, create, sync, sync_all
from composer.records import dataclass, field

__all__ = ["Change", "FileChangedError", "Repair", "TransactionError", "commit", "pending_repair", "repair"]

_UNFINISHED_NAME: Final = f"{JOURNAL_NAME}.new"


class FileChangedError(OSError):
    """A file is not what the run found there before."""


class TransactionError(Exception):
    """A file could not be read, written or removed, so none was changed: ``cause`` says why, ``verb`` what was tried.

    ``is_undone`` is false where taking the others back failed as well: then the journal stays, and the next run repairs.
    """

    def __init__(self, path: str, verb: str, cause: OSError) -> None:
        """Name the file."""
        self.path = path
        self.verb = verb
        self.cause = cause
        self.is_undone = True
        super().__init__(f"{path} cannot be {verb}: {cause}")


@dataclass(frozen=True, slots=True)
class Repair:
    """How a run that was cut short is ended.

    ``is_forward`` says that the run's changes are finished, else they are taken back. ``contents`` are the files that have to be changed
    for that, None for one that goes; ``kept`` are those that somebody else has changed since, and that stay as they are.
    """

    is_forward: bool = True
    contents: Mapping[str, bytes | None] = field(default_factory=dict)
    kept: tuple[str, ...] = ()


class _Other(Enum):
    """What a path holds where it holds no file of ours at all: a folder, or a link that leads out."""

    OTHER = "other"


_State = bytes | None | _Other


# --- Commit -----------------------------------------------------------------------------------------------------------


def commit(root: Root, changes: Sequence[Change], boundary: str = "") -> None:
    """Make all changes, or none.

    Args:
        root: the folder that the paths are relative to.
        changes: each path once, in the order in which they are to become visible: what tells of the others, such as a lock, last.
        boundary: the folder that stays when a removal leaves it empty; empty for the root.

    Raises:
        TransactionError: if a file is not as the change says it was, or the system refuses something.
    """
    needed = tuple(change for change in changes if change.before != change.after)
    if not needed:
        return
    states = _states(root, needed)
    for change in needed:
        if not _is_known(states[change.path], change):
            raise TransactionError(change.path, "written", FileChangedError(change.path))
    with Freeing() as freeing:
        journal = _begin(root, needed, boundary)
        try:
            _carry(root, journal, states, freeing, is_forward=True)
        except BaseException as error:
            _take_back(root, journal, freeing, error)
            raise
        try:
            _end(root)
        except TransactionError as error:
            error.is_undone = False
            raise


def _begin(root: Root, changes: tuple[Change, ...], boundary: str) -> Journal:
    """Write the journal: from here on the run can be ended by the next one."""
    new, final = root.place / _UNFINISHED_NAME, root.place / JOURNAL_NAME
    try:
        with _naming(JOURNAL_NAME, "written"):
            folders = root.missing_folders(change.path for change in changes)
            modes = tuple(root.mode(change.path) if change.before is not None else None for change in changes)
            journal = Journal(os.urandom(4).hex(), boundary, folders, changes, modes)
            new.unlink(missing_ok=True)
            create(new, *print_journal(journal), is_synced=True)
            new.replace(final)
            sync(root.place)
    except BaseException:
        for place in (new, final):
            with suppress(OSError):
                place.unlink(missing_ok=True)
        raise
    return journal


def _end(root: Root) -> None:
    """Remove the journal, and with it the possibility that what was done is ever done again."""
    with _naming(JOURNAL_NAME, "removed"):
        (root.place / JOURNAL_NAME).unlink(missing_ok=True)
        sync(root.place)


def _take_back(root: Root, journal: Journal, freeing: Freeing, error: BaseException) -> None:
    """Take a failed transaction back; where that fails too, the journal stays."""
    try:
        _sweep(root, journal)
        _carry(root, journal, _states(root, journal.changes), freeing, is_forward=False)
        _end(root)
    except TransactionError:
        if isinstance(error, TransactionError):
            error.is_undone = False
        with suppress(TransactionError):
            _sweep(root, journal)


# --- Repair -----------------------------------------------------------------------------------------------------------


def pending_repair(root: Root, may_write: Callable[[str], bool]) -> Repair | None:
    """Tell how a run that was cut short has to be ended; None where there is none. Nothing is changed.

    Args:
        root: the folder.
        may_write: tells whether a path can be one of ours; a journal with any other is not believed.

    Raises:
        BadJournalError: if there is a journal that cannot be trusted.
        OSError: if the journal or a file that it names cannot be read.
    """
    found = _waiting(root, may_write)
    if found is None:
        return Repair() if os.path.lexists(root.place / _UNFINISHED_NAME) else None
    return found[2]


def repair(root: Root, may_write: Callable[[str], bool]) -> Repair | None:
    """End a run that was cut short, and tell how; None where there is none.

    Args:
        root: the folder.
        may_write: tells whether a path can be one of ours; a journal with any other is not believed.

    Raises:
        BadJournalError: if there is a journal that cannot be trusted; nothing was changed.
        TransactionError: if the system refuses something; the journal stays.
        OSError: if the journal or a file that it names cannot be read.
    """
    found = _waiting(root, may_write)
    has_unfinished = os.path.lexists(root.place / _UNFINISHED_NAME)
    if has_unfinished:
        # The run ended before it had changed anything.
        (root.place / _UNFINISHED_NAME).unlink()
    if found is None:
        return Repair() if has_unfinished else None
    journal, states, how = found
    _sweep(root, journal)
    try:
        with Freeing() as freeing:
            _carry(root, journal, states, freeing, is_forward=how.is_forward)
    except BaseException:
        with suppress(TransactionError):
            _sweep(root, journal)
        raise
    _end(root)
    return how


def _waiting(root: Root, may_write: Callable[[str], bool]) -> tuple[Journal, dict[str, _State], Repair] | None:
    if not os.path.lexists(root.place / JOURNAL_NAME):
        return None
    raw = root.read(JOURNAL_NAME)
    if raw is None:
        message = "it is a link that leads nowhere"
        raise BadJournalError(message)
    journal = parse_journal(raw)
    ways = root.folders_of(change.path for change in journal.changes)
    strange = [change.path for change in journal.changes if not may_write(change.path)] or [
        folder for folder in journal.folders if folder not in ways
    ]
    if strange:
        message = f"it names `{strange[0]}`, which is nothing that the tool writes"
        raise BadJournalError(message)
    states = _states(root, journal.changes)
    return journal, states, _judge(journal, states)


def _judge(journal: Journal, states: Mapping[str, _State]) -> Repair:
    """Decide which way to end a run: forward, unless a file that the run had not come to has been changed since."""
    changes = journal.changes
    reached = max((number for number, change in enumerate(changes) if states[change.path] == change.after), default=-1)
    touched = [number for number, change in enumerate(changes) if not _is_known(states[change.path], change)]
    is_forward = all(number < reached for number in touched)
    wanted = {change.path: change.after if is_forward else change.before for change in changes}
    kept = tuple(changes[number].path for number in touched)
    contents = {path: content for path, content in wanted.items() if path not in kept and states[path] != content}
    return Repair(is_forward, contents, kept)


def _states(root: Root, changes: Iterable[Change]) -> dict[str, _State]:
    """Look at what each path holds now. What is in one of its two states is that very content, not a copy of it."""
    states: dict[str, _State] = {}
    for change in changes:
        _, found = _look(root, change.path)
        states[change.path] = change.before if found == change.before else change.after if found == change.after else found
    return states


def _is_known(state: _State, change: Change) -> bool:
    # Compared and not hashed, as in a set: there may be thousands.
    return state == change.before or state == change.after  # noqa: PLR1714


def _look(root: Root, path: str, let_go: Callable[[int], None] = os.close) -> tuple[str, _State]:
    """Return the place that a path leads to, as in :meth:`Root.look`, and what is there."""
    try:
        return root.look(path, let_go)
    except (IsADirectoryError, NotADirectoryError, LeavesRootError):
        return "", _Other.OTHER
    except OSError as error:
        raise TransactionError(path, "read", error) from error


# --- Carry out --------------------------------------------------------------------------------------------------------


def _carry(root: Root, journal: Journal, states: Mapping[str, _State], freeing: Freeing, *, is_forward: bool) -> None:
    """Bring every file that is in one of its two states to the wanted one; the same from any point, however often."""
    work = list(_work(journal, states, is_forward=is_forward))
    staged: dict[str, str] = {}
    homeless: list[str] = []
    for path, content, mode in work:
        if content is not None:
            staged[path] = _stage(root, path, content, mode, journal.key, homeless)
    # All are written before the first is synced: so the system can bring them to the disk together.
    with _naming(next(iter(staged), "."), "written"):
        sync_all(staged.values())
    # The real folder of a file is another than that on its way where a link stands.
    folders = {os.path.dirname(staged.get(path) or root.locate(path)) for path, _, _ in work}  # noqa: PTH120 - str paths, as in `root`
    # Further up, a name changes only where a folder comes or goes.
    moving = [*homeless, *journal.folders, *(path for path, content, _ in work if content is None)]
    folders |= {str(root.place / folder) for folder in root.folders_of(moving)}
    for path, _, _ in work:
        _put(root, path, staged.get(path), states[path], freeing)
    freeing.begin()
    _remove_empty_folders(root, journal, is_forward=is_forward)
    with _naming(".", "written"):
        sync_all([place for place in sorted(folders) if os.path.isdir(place)], after=len(staged))  # noqa: PTH112 - as above


def _work(journal: Journal, states: Mapping[str, _State], *, is_forward: bool) -> Iterator[tuple[str, bytes | None, int | None]]:
    """Give what is to be done, with the permissions; going back, the last comes first, so that what tells of the others goes first."""
    pairs = list(zip(journal.changes, journal.modes, strict=True))
    for change, mode in pairs if is_forward else reversed(pairs):
        wanted = change.after if is_forward else change.before
        if states[change.path] != wanted and _is_known(states[change.path], change):
            yield change.path, wanted, mode


def _stage(root: Root, path: str, content: bytes, mode: int | None, key: str, homeless: list[str]) -> str:
    """Write a content beside its place, and make its folder; ``homeless`` gets the files that had none."""
    try:
        temporary = _temporary(root.locate(path), key)
        try:
            create(temporary, content)
        except FileNotFoundError:
            homeless.append(path)
            Path(temporary).parent.mkdir(parents=True, exist_ok=True)
            create(temporary, content)
        if mode is not None:
            os.chmod(temporary, mode)  # noqa: PTH101 - as above
    except OSError as error:
        raise TransactionError(path, "written", error) from error
    return temporary


def _put(root: Root, path: str, staged: str | None, state: _State, freeing: Freeing) -> None:
    """Rename a content into its place, or remove the file, if nobody has changed it just now."""
    place, found = _look(root, path, freeing.hold)
    if found != state:
        raise TransactionError(path, "written", FileChangedError(path))
    try:
        if staged is not None:
            os.replace(staged, place)  # noqa: PTH105 - as above
        else:
            root.remove(path)
    except OSError as error:
        raise TransactionError(path, "removed" if staged is None else "written", error) from error


def _remove_empty_folders(root: Root, journal: Journal, *, is_forward: bool) -> None:
    """Take away the folders that removed files leave empty, also those that were removed before a crash."""
    removed = {
        change.path.rpartition("/")[0]: change.path for change in journal.changes if (change.after if is_forward else change.before) is None
    }
    for path in removed.values():
        root.remove_empty_folders(path, journal.boundary)
    for folder in journal.folders if not is_forward else ():
        root.remove_folder(folder)


@contextmanager
def _naming(path: str, verb: str) -> Iterator[None]:
    """Say which file it was that the system refused."""
    try:
        yield
    except OSError as error:
        raise TransactionError(path, verb, error) from error


def _sweep(root: Root, journal: Journal) -> None:
    """Remove the temporary files of a run."""
    for change in journal.changes:
        # What was a file when the temporary one was written beside it may be a link by now.
        for find in (root.entry, root.locate):
            with _naming(change.path, "written"), suppress(LeavesRootError, NotADirectoryError):
                Path(_temporary(str(find(change.path)), journal.key)).unlink(missing_ok=True)


def _temporary(place: str, key: str) -> str:
    folder, separator, name = place.rpartition(os.sep)
    return f"{folder}{separator}.{name}.{key}.tmp"
