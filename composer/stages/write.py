"""Brings files to their destination without losing anything: compare first, then replace, then record it in the lock.

Only a file that is as the tool wrote it, says the lock, is replaced or removed. One that is right already is adopted;
any other is somebody's work, and stays unless the user says otherwise, and then a copy of it does.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import Final

from composer.errors import Diagnostics, Note
from composer.files.destination import Destination, DiskDestination, DryRunDestination, LeavesRootError
from composer.files.lock import LOCK_NAME, EditRecord, Lock, LockEntry, content_digest, normalised, parse_lock, print_lock
from composer.model import FileAction, FileResult, OutputFile
from composer.source import SourceFile, unlocated

__all__ = ["Destination", "DiskDestination", "DryRunDestination", "WriteScope", "write_files"]

_FATAL: Final = frozenset({errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)})


@dataclass(frozen=True, slots=True)
class WriteScope:
    """What a run answers for: the profiles that it built, and where below the root their files go.

    ``folder`` holds one folder for each profile; if it is empty, files go straight to the root. ``is_whole`` says that
    all profiles were built, so that what is recorded for any other is left over.
    """

    profiles: frozenset[str]
    folder: str = "output"
    is_whole: bool = False
    lock_name: str = LOCK_NAME

    @classmethod
    def into(cls, profiles: Iterable[str]) -> WriteScope:
        """Write straight into a project's own tree, with a lock there."""
        return cls(frozenset(profiles), folder="", lock_name=f".{LOCK_NAME}")

    @property
    def boundary(self) -> str:
        """The folder that stays even when it is empty; no name for the root itself."""
        return str(PurePosixPath(self.folder)) if self.folder else ""

    def path_of(self, file: OutputFile) -> str:
        """Return a file's path below the root."""
        return str(PurePosixPath(self.folder, file.profile, file.path) if self.folder else file.path)

    def may_hold(self, entry: LockEntry) -> bool:
        """Whether a recorded path can be an output at all: a line that somebody wrote into the lock must not remove a source."""
        folders = PurePosixPath(entry.path).parts[:-1]
        if not self.folder:
            return bool(folders) and folders[0].startswith(".")
        return entry.profile in folders[1:] and folders[0] not in {"fragments", "profiles"}

    def covers(self, profile: str) -> bool:
        """Whether outputs recorded for ``profile`` are this run's to remove."""
        return self.is_whole or profile in self.profiles


class _Deed(Enum):
    """What is to be done on disk."""

    NOTHING = "nothing"
    WRITE = "write"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class _Step:
    """One file's part of the plan. ``action`` is None where only the lock has to forget a file that is gone already."""

    path: str
    profile: str
    action: FileAction | None
    deed: _Deed = _Deed.NOTHING
    content: bytes = b""
    keeps_copy: bool = False


def write_files(
    files: Sequence[OutputFile],
    destination: Destination,
    scope: WriteScope,
    diagnostics: Diagnostics,
    *,
    overwrite: bool = False,
    edits: EditRecord | None = None,
) -> tuple[FileResult, ...]:
    """Write files, and remove those of earlier runs that are no longer made.

    Nothing at all is written if the look before shows that anything cannot be. What fails later is reported, and the
    lock tells what came to be all the same. ``edits`` is recorded with the files; None leaves what the lock has of edits.

    Returns:
        What happened to each file, by path; nothing for a file that failed.
    """
    found = Diagnostics()
    try:
        raw = destination.read(scope.lock_name)
    except OSError as error:
        _report(scope.lock_name, error, "read", diagnostics)
        return ()
    source = SourceFile.from_raw(scope.lock_name, (raw or b"").decode(errors="replace"))
    lock = parse_lock(source, found)
    made = _by_path(files, scope, found)
    steps = [
        *_plan_outputs(made, destination, lock, found, overwrite=overwrite),
        *_plan_leftovers(made, destination, scope, lock, found),
    ]
    done: list[tuple[_Step, FileResult | None]] = []
    if not found.errors:
        try:
            _carry_out(steps, destination, scope, found, done)
        finally:
            # Also where the run is interrupted: what is on disk is ours, and the next run has to know.
            _write_lock([step for step, _ in done], edits, source, destination, found)
    for diagnostic in found:
        diagnostics.add(diagnostic)
    return tuple(result for _, result in sorted(done, key=lambda pair: pair[0].path) if result)


# --- Compare ----------------------------------------------------------------------------------------------------------


def _plan_outputs(
    made: dict[str, OutputFile], destination: Destination, lock: Lock, diagnostics: Diagnostics, *, overwrite: bool
) -> Iterator[_Step]:
    """Decide for each file by what is there now. Nothing is changed yet."""
    for path, file in made.items():
        try:
            existing = destination.read(path)
        except OSError as error:
            _report(path, error, "read", diagnostics)
        else:
            yield _output_step(path, file, existing, lock.outputs.get(path), overwrite=overwrite)


def _plan_leftovers(
    made: dict[str, OutputFile], destination: Destination, scope: WriteScope, lock: Lock, diagnostics: Diagnostics
) -> Iterator[_Step]:
    """Decide for each file that an earlier run made and this one would have made, but did not."""
    same_name = {path.casefold(): path for path in made}
    for entry in lock.outputs.values():
        if entry.path in made or not scope.covers(entry.profile) or not scope.may_hold(entry):
            continue
        twin = same_name.get(entry.path.casefold())
        try:
            # On a system that does not tell `A` from `a`, the file under the old name is the new one.
            is_gone = twin is not None and destination.is_same_file(entry.path, twin)
            yield _leftover_step(entry, None if is_gone else destination.read(entry.path))
        except (IsADirectoryError, NotADirectoryError):
            yield _leftover_step(entry, None)
        except OSError as error:
            _report(entry.path, error, "read", diagnostics)


def _by_path(files: Sequence[OutputFile], scope: WriteScope, diagnostics: Diagnostics) -> dict[str, OutputFile]:
    """Key the files by path. Two profiles can meet in one path where both go straight to one root."""
    made: dict[str, OutputFile] = {}
    first_by_name: dict[str, OutputFile] = {}
    for file in files:
        path = scope.path_of(file)
        first = first_by_name.setdefault(path.casefold(), file)
        made.setdefault(path, file)
        if first is not file:
            diagnostics.error(
                "duplicate-output",
                f"`{first.profile}` and `{file.profile}` both write `{path}`",
                file.document.plan.agent.location,
                "build one profile at a time into one folder, or rename an agent",
                [Note(f"`{first.agent}` of `{first.profile}` is here", first.document.plan.agent.location)],
            )
    return made


def _output_step(path: str, file: OutputFile, existing: bytes | None, entry: LockEntry | None, *, overwrite: bool) -> _Step:
    content = file.content
    if existing is None:
        return _Step(path, file.profile, FileAction.CREATED, _Deed.WRITE, content)
    if normalised(existing) == normalised(content):
        return _Step(path, file.profile, FileAction.UNCHANGED, content=content)
    if entry and content_digest(existing) in entry.digests:
        return _Step(path, file.profile, FileAction.UPDATED, _Deed.WRITE, content)
    if overwrite:
        return _Step(path, file.profile, FileAction.UPDATED, _Deed.WRITE, content, keeps_copy=True)
    return _Step(path, file.profile, FileAction.EDITED if entry else FileAction.FOREIGN)


def _leftover_step(entry: LockEntry, existing: bytes | None) -> _Step:
    """Decide about an output that is no longer made. One that was edited stays, whatever the user says to overwrite."""
    if existing is None:
        return _Step(entry.path, entry.profile, None)
    if content_digest(existing) in entry.digests:
        return _Step(entry.path, entry.profile, FileAction.REMOVED, _Deed.REMOVE)
    return _Step(entry.path, entry.profile, FileAction.EDITED)


# --- Replace ----------------------------------------------------------------------------------------------------------


def _carry_out(
    steps: Sequence[_Step],
    destination: Destination,
    scope: WriteScope,
    diagnostics: Diagnostics,
    done: list[tuple[_Step, FileResult | None]],
) -> None:
    """Do what was decided, writing before removing; add each step that came to be to ``done``, with its result."""
    for step in sorted(steps, key=lambda step: step.deed is _Deed.REMOVE):
        verb = "removed" if step.deed is _Deed.REMOVE else "written"
        try:
            copy = _do(step, destination, scope)
        except OSError as error:
            _report(step.path, error, verb, diagnostics)
            if error.errno in _FATAL:
                break
        else:
            done.append((step, FileResult(step.path, step.profile, step.action, copy) if step.action else None))


def _do(step: _Step, destination: Destination, scope: WriteScope) -> str:
    copy = ""
    match step.deed:
        case _Deed.WRITE:
            copy = destination.keep(step.path) if step.keeps_copy else ""
            destination.write(step.path, step.content)
        case _Deed.REMOVE:
            destination.remove(step.path, scope.boundary)
        case _Deed.NOTHING:
            pass
    return copy


# --- Record -----------------------------------------------------------------------------------------------------------


def _recorded(lock: Lock, done: Iterable[_Step], edits: EditRecord | None) -> Lock:
    """Return the lock as it is after the steps that were done."""
    outputs = dict(lock.outputs)
    for step in done:
        match step.action:
            case FileAction.CREATED | FileAction.UPDATED | FileAction.UNCHANGED:
                digests = frozenset({content_digest(step.content)})
                outputs[step.path] = LockEntry(step.path, step.profile, digests)
            case FileAction.REMOVED | None:
                outputs.pop(step.path, None)
            case FileAction.EDITED | FileAction.FOREIGN:
                pass
    return Lock(outputs, lock.others, edits.applied_to(lock.edits) if edits is not None else lock.edits)


def _write_lock(
    done: Sequence[_Step], edits: EditRecord | None, before: SourceFile, destination: Destination, diagnostics: Diagnostics
) -> None:
    """Record the steps in the lock as it is by now: another run may have written to it since this one began."""
    try:
        raw = destination.read(before.path)
        current = SourceFile.from_raw(before.path, (raw or b"").decode(errors="replace"))
        text = print_lock(_recorded(parse_lock(current, Diagnostics()), done, edits))
        has_lines = text.count("\n") > 1
        if text != current.text and (has_lines or raw is not None):
            destination.write(before.path, text.encode())
    except OSError as error:
        _report(before.path, error, "written", diagnostics)


def _report(path: str, error: OSError, verb: str, diagnostics: Diagnostics) -> None:
    """Turn what the system said into a diagnostic with a way out."""
    place = unlocated(path)
    match error:
        case LeavesRootError():
            message = f"`{path}` leads out of the folder that is built into"
            hint = "a link on the way points elsewhere: put a folder in its place, or build there with `--into`"
            diagnostics.error("leaves-workspace", message, place, hint)
        case IsADirectoryError():
            message = f"`{path}` has to be a file, and something else stands there"
            diagnostics.error("not-a-file", message, place, "move it away")
        case NotADirectoryError() | FileExistsError():
            message = f"`{path}` needs a folder where a file stands"
            diagnostics.error("not-a-folder", message, place, "move the file away")
        case _:
            code = {"read": "cannot-read", "written": "cannot-write", "removed": "cannot-remove"}[verb]
            message = f"`{path}` cannot be {verb}: {error.strerror or error}"
            diagnostics.error(code, message, place, _way_out(error))


def _way_out(error: OSError) -> str:
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "give yourself the right to change the file and its folder"
    if error.errno in _FATAL:
        return "make room on the disk and build again"
    return "see that the file and its folder can be changed, and build again"
