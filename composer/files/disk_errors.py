"""What the system says about a file, and what a run that was cut short has left, as diagnostics with a way out."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from composer.errors import Diagnostics, Note
from composer.files.destination import Destination, LeavesRootError
from composer.files.exclusive import BusyError
from composer.files.journal import JOURNAL_NAME, BadJournalError, Change
from composer.files.transaction import FileChangedError, Repair, TransactionError
from composer.source import unlocated

__all__ = ["change_files", "commit_changes", "hold_and_repair", "report_disk_error"]

_NO_RIGHT: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_ROOM: Final = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_MOST_NAMES: Final = 5


def report_disk_error(path: str, error: OSError, verb: str, diagnostics: Diagnostics) -> None:
    """Report that a file could not be ``read``, ``written`` or ``removed``."""
    place = unlocated(path)
    match error:
        case LeavesRootError():
            hint = "a link on the way leads elsewhere: put a file or folder of its own in its place"
            diagnostics.error("leaves-workspace", f"`{path}` leads out of the folder that it belongs to", place, hint)
        case FileChangedError():
            diagnostics.error("file-changed", f"`{path}` has changed meanwhile", place, "nothing was written: run the command again")
        case IsADirectoryError():
            diagnostics.error("not-a-file", f"`{path}` has to be a file, and something else stands there", place, "move it away")
        case NotADirectoryError() | FileExistsError():
            diagnostics.error("not-a-folder", f"`{path}` needs a folder where a file stands", place, "move the file away")
        case _:
            code = {"read": "cannot-read", "written": "cannot-write", "removed": "cannot-remove"}[verb]
            diagnostics.error(code, f"`{path}` cannot be {verb}: {error.strerror or error}", place, _way_out(error))


def _way_out(error: OSError) -> str:
    if error.errno in _NO_RIGHT:
        return "give yourself the right to change the file and its folder"
    if error.errno in _NO_ROOM:
        return "make room on the disk and run the command again"
    return "see that the file and its folder can be changed, and run the command again"


# --- Transactions -----------------------------------------------------------------------------------------------------


def change_files(
    destination: Destination,
    may_write: Callable[[str], bool],
    look: Callable[[Diagnostics], Iterable[Change]],
    diagnostics: Diagnostics,
) -> tuple[str, ...]:
    """Change files all together or not at all: keep other runs away, end one that was cut short, look, and commit.

    Args:
        destination: the folder.
        may_write: as for :func:`hold_and_repair`.
        look: is called when no other run can change the folder any more; gives the changes, or says what is in the way.
        diagnostics: gets what a run before has left.

    Returns:
        The paths of the files that were changed.

    Raises:
        ComposerError: with what is in the way; then nothing was changed.
    """
    found = Diagnostics()
    changes: tuple[Change, ...] = ()
    with hold_and_repair(destination, may_write, found) as is_ready:
        if is_ready:
            changes = tuple(change for change in look(found) if change.before != change.after)
        if not found.errors:
            commit_changes(changes, destination, found)
    found.raise_errors()
    for diagnostic in found:
        diagnostics.add(diagnostic)
    return tuple(change.path for change in changes)


@contextmanager
def hold_and_repair(destination: Destination, may_write: Callable[[str], bool], diagnostics: Diagnostics) -> Iterator[bool]:
    """Keep other runs from writing to a folder, and end one that was cut short there, before anything is looked at.

    Args:
        destination: the folder.
        may_write: tells whether a path below it can be one of ours; a journal that names any other is not believed.
        diagnostics: gets what a run before has left, and what is in the way.

    Yields:
        Whether the files may be looked at and changed; if not, ``diagnostics`` has an error.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(destination.hold())
        except BusyError:
            hint = "wait for it to end, or end it, and run the command again"
            diagnostics.error("another-run", "another run is writing to this folder", unlocated("."), hint)
            is_ready = False
        except OSError as error:
            report_disk_error(".", error, "written", diagnostics)
            is_ready = False
        else:
            is_ready = _repair(destination, may_write, diagnostics)
        yield is_ready


def _repair(destination: Destination, may_write: Callable[[str], bool], diagnostics: Diagnostics) -> bool:
    try:
        found = destination.repair(may_write)
    except BadJournalError as error:
        hint = "compare the files with what they should be, with git or by eye; then delete the journal, and build"
        message = f"a run was cut short, and what it left cannot be trusted: {error}"
        diagnostics.error("bad-journal", message, unlocated(JOURNAL_NAME), hint)
    except TransactionError as error:
        report_disk_error(error.path, error.cause, error.verb, diagnostics)
        _report_half(diagnostics)
    except OSError as error:
        report_disk_error(JOURNAL_NAME, error, "read", diagnostics)
    else:
        if found is not None:
            _report_repair(found, diagnostics, is_done=not destination.is_dry)
        return True
    return False


def _report_repair(repair: Repair, diagnostics: Diagnostics, *, is_done: bool) -> None:
    """Say what a run that was cut short has left, and what became of it."""
    notes = [*_listed(repair.contents, "`{}` was not written yet" if repair.is_forward else "`{}` goes back")]
    notes += [*_listed(repair.kept, "`{}` has been changed since, and stays as it is")]
    if not repair.contents and not repair.kept:
        what = "it had changed nothing, or everything"
    elif repair.is_forward:
        what = "its changes have been finished" if is_done else "its changes will be finished"
    else:
        what = "its changes have been taken back" if is_done else "its changes will be taken back"
    message = f"a run before this one was cut short: {what}"
    hint = "" if is_done else "the next `agent-composer build` does that; until then the files are judged as if it were done"
    diagnostics.warning("run-cut-short", message, unlocated(JOURNAL_NAME), hint, notes)


def _listed(paths: Iterable[str], sentence: str) -> Iterator[Note]:
    names = sorted(paths)
    yield from (Note(sentence.format(name)) for name in names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        yield Note(f"and {len(names) - _MOST_NAMES} more")


def _report_half(diagnostics: Diagnostics) -> None:
    hint = "mend what is in the way; the next `agent-composer build` ends what was begun"
    diagnostics.error("half-written", "some files are changed, and others are not", unlocated(JOURNAL_NAME), hint)


def commit_changes(changes: Sequence[Change], destination: Destination, diagnostics: Diagnostics, boundary: str = "") -> bool:
    """Make all changes, or none and say why.

    Args:
        changes: as for :meth:`Destination.commit`.
        destination: the folder, held and repaired (:func:`hold_and_repair`) before the files were looked at.
        diagnostics: gets what is in the way.
        boundary: the folder that stays when a removal leaves it empty; empty for the root.

    Returns:
        Whether the changes were made.
    """
    try:
        destination.commit(changes, boundary)
    except TransactionError as error:
        report_disk_error(error.path, error.cause, error.verb, diagnostics)
        if not error.is_undone:
            _report_half(diagnostics)
        return False
    return True
