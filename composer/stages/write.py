"""Brings files to their destination without losing anything: compare first, then change all together, the lock with them.

Only a file that is as the tool wrote it, says the lock, is replaced or removed. One that is right already is adopted;
any other is somebody's work, and stays unless the user says otherwise, and then a copy of it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from composer.cache.evidence import Evidence
from composer.errors import Diagnostics, Note
from composer.files.destination import Destination, DiskDestination, DryRunDestination, free_name
from composer.files.disk_errors import commit_changes, hold_and_repair, report_disk_error
from composer.files.lock import LOCK_NAME, EditRecord, Lock, LockEntry, content_digest, normalised, parse_lock, print_lock
from composer.files.transaction import Change
from composer.home import SOURCE_FOLDERS, WORKSPACE_FILE
from composer.model.outputs import FileAction, FileResult, FileSince, FileWanted, OutputFile
from composer.naming import is_gits_own
from composer.records import dataclass, field, replace
from composer.source import SourceFile, unlocated

__all__ = ["Destination", "DiskDestination", "DryRunDestination", "WriteScope", "is_source", "write_files"]

_SCHEMA: Final = re.compile(r"schemas/[a-z]+\.schema\.json")


@dataclass(frozen=True, slots=True)
class WriteScope:
    """What a run answers for: the profiles that it built, and where below the root their files go.

    ``folder`` holds one folder for each profile; if it is empty, files go straight to the root. ``is_whole`` says that
    all profiles were built, so that what is recorded for any other is left over. ``settled`` are paths of files that this very process has
    brought to what they are to be: they are not looked at again.
    """

    profiles: frozenset[str]
    folder: str = "output"
    is_whole: bool = False
    lock_name: str = LOCK_NAME
    settled: frozenset[str] = frozenset()
    _above: str = field(init=False, repr=False, compare=False)
    """What stands before a profile's name in a path, with the slash: paths are joined here by the thousand."""

    def __post_init__(self) -> None:
        """Write the folder as it is in paths."""
        object.__setattr__(self, "_above", str(PurePosixPath(self.folder, "_")).removesuffix("_"))

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
        return self.place_of(file.profile, file.path)

    def place_of(self, profile: str, path: str | PurePosixPath) -> str:
        """Return the path below the root of what stands at ``path`` in a profile's project."""
        return f"{self._above}{profile}/{path}" if self.folder else str(path)

    def may_hold(self, entry: LockEntry) -> bool:
        """Whether a recorded path can be an output at all: a line that somebody wrote into the lock must not remove a source."""
        folders = PurePosixPath(entry.path).parts[:-1]
        if not self.folder:
            return bool(folders) and folders[0].startswith(".") and not is_gits_own(entry.path)
        return entry.profile in folders[1:] and folders[0] not in SOURCE_FOLDERS and not is_gits_own(entry.path)

    def may_write(self, path: str) -> bool:
        """Whether a run of ours, of any command, can have written to a path: what a crash has left must name no other."""
        parts = PurePosixPath(path).parts
        if path == self.lock_name:
            return True
        if is_gits_own(path):
            return False
        if not self.folder:
            return len(parts) > 1 and parts[0].startswith(".")
        return is_source(path) or _SCHEMA.fullmatch(path) is not None or PurePosixPath(self.folder) in PurePosixPath(path).parents

    def covers(self, profile: str) -> bool:
        """Whether outputs recorded for ``profile`` are this run's to remove."""
        return self.is_whole or profile in self.profiles


def is_source(path: str) -> bool:
    """Whether a path, relative to a workspace, is one of its sources."""
    first, *rest = PurePosixPath(path).parts
    return path == WORKSPACE_FILE or (first in SOURCE_FOLDERS and bool(rest))


@dataclass(frozen=True, slots=True)
class _Step:
    """One file's part of the plan: what is there, and what is to be there; None for no file.

    ``result`` is None where only the lock has to forget a file that is gone already.
    """

    path: str
    profile: str
    existing: bytes | None
    wanted: bytes | None
    result: FileResult | None


def write_files(
    files: Sequence[OutputFile],
    destination: Destination,
    scope: WriteScope,
    diagnostics: Diagnostics,
    *,
    overwrite: bool = False,
    edits: EditRecord | None = None,
    sources: Sequence[Change] = (),
    evidence: Evidence | None = None,
) -> tuple[FileResult, ...]:
    """Write files, and remove those of earlier runs that are no longer made: all of it, or nothing.

    A run that was cut short before is ended first.

    Args:
        files: what was composed.
        destination: the root.
        scope: what below the root is this run's.
        diagnostics: gets what is in the way; then nothing was written.
        overwrite: replace files that are not as the tool wrote them, too, and keep a copy of each.
        edits: is recorded with the files; None leaves what the lock has of edits.
        sources: changes of source files that go with the outputs, for they were composed from them.
        evidence: is told what is on disk at the end, of the outputs and of the lock.

    Returns:
        What happened to each file, by path; nothing if nothing was written.
    """
    found = Diagnostics()
    results: tuple[FileResult, ...] = ()
    with hold_and_repair(destination, scope.may_write, found) as is_ready:
        before = _read_lock(destination, scope.lock_name, found) if is_ready else None
        if before is not None:
            lock = parse_lock(before.source, found)
            made = _by_path(files, scope, found)
            steps = [
                *_plan_outputs(
                    {path: made[path] for path in made if path not in scope.settled}, destination, lock, found, overwrite=overwrite
                ),
                *_plan_leftovers(made, destination, scope, lock, found),
            ]
            after = _recorded(lock, steps, edits, content_digest if evidence is None else partial(evidence.once, content_digest))
            changes = [*sources, *_changes(steps), *before.change_to(after)]
            if not found.errors and commit_changes(changes, destination, found, scope.boundary):
                _tell_of_others(made, scope, lock, found)
                if evidence is not None:
                    _note_what_is_left(evidence, steps, before, () if destination.is_dry else changes)
                as_before = [FileResult(path, made[path].profile, FileAction.UNCHANGED) for path in made if path in scope.settled]
                of_steps = [step.result for step in steps if step.result is not None]
                results = tuple(sorted((*as_before, *of_steps), key=lambda result: result.path))
    for diagnostic in found:
        diagnostics.add(diagnostic)
    return results


@dataclass(frozen=True, slots=True)
class _LockFile:
    """The lock as it is on disk; ``raw`` is None where there is none."""

    raw: bytes | None
    source: SourceFile

    def change_to(self, lock: Lock) -> Iterator[Change]:
        """Give the change that makes it the other; none for a first lock that would hold nothing."""
        text = print_lock(lock)
        if text != self.source.text and (self.raw is not None or text.count("\n") > 1):
            yield Change(self.source.path, self.raw, text.encode())


def _note_what_is_left(evidence: Evidence, steps: Iterable[_Step], before: _LockFile, changes: Iterable[Change]) -> None:
    found = {step.path: step.existing for step in steps} | {before.source.path: before.raw}
    for path, content in (found | {change.path: change.after for change in changes}).items():
        evidence.left(path, content)


def _read_lock(destination: Destination, name: str, diagnostics: Diagnostics) -> _LockFile | None:
    try:
        raw = destination.read(name)
    except OSError as error:
        report_disk_error(name, error, "read", diagnostics)
        return None
    return _LockFile(raw, SourceFile.from_raw(name, (raw or b"").decode(errors="replace")))


def _changes(steps: Iterable[_Step]) -> Iterator[Change]:
    """Give what has to be done on disk, writing before removing."""
    for step in sorted(steps, key=lambda step: step.wanted is None):
        if step.result is not None and step.result.copy:
            yield Change(step.result.copy, None, step.existing)
        if step.wanted != step.existing:
            yield Change(step.path, step.existing, step.wanted)


def _tell_of_others(made: Iterable[str], scope: WriteScope, lock: Lock, diagnostics: Diagnostics) -> None:
    """Say that a project's folder holds another profile's files: they are not looked after by this run."""
    if scope.folder:
        return
    others = [entry for entry in lock.outputs.values() if entry.profile not in scope.profiles and scope.may_hold(entry)]
    for profile in sorted({entry.profile for entry in others}):
        paths = {entry.path for entry in others if entry.profile == profile}
        taken, left = len(paths & set(made)), sorted(paths - set(made))
        now = f"{_count(taken)} by another profile now, " if taken else ""
        message = f"the profile `{profile}` was built into this folder before: {now}{_count(len(left))} left over from it"
        hint = f"a folder is for one profile: build `{profile}` into another, and delete what it left here" if left else ""
        notes = [Note(f"`{path}` is of `{profile}`") for path in left]
        diagnostics.warning("another-profile", message, unlocated(scope.lock_name), hint, notes)


def _count(files: int) -> str:
    return f"{files} file{'' if files == 1 else 's'}"


# --- Compare ----------------------------------------------------------------------------------------------------------


def _plan_outputs(
    made: dict[str, OutputFile], destination: Destination, lock: Lock, diagnostics: Diagnostics, *, overwrite: bool
) -> Iterator[_Step]:
    """Decide for each file by what is there now. Nothing is changed yet."""
    for path, file in made.items():
        try:
            existing = destination.read(path)
            step = _output_step(path, file, existing, lock.outputs.get(path))
            if overwrite and step.result is not None and step.result.is_conflict:
                step = _overwriting(step, file, free_name(destination, path))
        except OSError as error:
            report_disk_error(path, error, "read", diagnostics)
        else:
            yield step


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
            report_disk_error(entry.path, error, "read", diagnostics)


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


def _output_step(path: str, file: OutputFile, existing: bytes | None, entry: LockEntry | None) -> _Step:
    content = file.content
    before = entry.profile if entry is not None and entry.profile != file.profile else ""
    if existing is None:
        since = FileSince.NEW if entry is None else FileSince.MISSING
        created = FileResult(path, file.profile, FileAction.CREATED, "", since, FileWanted.CREATE, before)
        return _Step(path, file.profile, None, content, created)
    result = FileResult(path, file.profile, FileAction.UNCHANGED, profile_before=before)
    if existing == content:  # of two equal contents, one is let go: there may be thousands
        return _Step(path, file.profile, content, content, result)
    if normalised(existing) == normalised(content):
        return _Step(path, file.profile, existing, existing, result)
    if entry is not None and content_digest(existing) in entry.digests:
        return _Step(path, file.profile, existing, content, replace(result, action=FileAction.UPDATED, wanted=FileWanted.UPDATE))
    if entry is None:
        conflict = replace(result, action=FileAction.FOREIGN, since=FileSince.FOREIGN, wanted=FileWanted.UPDATE)
    else:
        wanted = FileWanted.SAME if content_digest(content) in entry.digests else FileWanted.UPDATE
        conflict = replace(result, action=FileAction.EDITED, since=FileSince.EDITED, wanted=wanted)
    return _Step(path, file.profile, existing, existing, conflict)


def _overwriting(step: _Step, file: OutputFile, copy: str) -> _Step:
    """Turn a file that would be left alone into one that is replaced, with a copy of what it held."""
    assert step.result is not None  # noqa: S101 - for the type checker
    return replace(step, wanted=file.content, result=replace(step.result, action=FileAction.UPDATED, copy=copy))


def _leftover_step(entry: LockEntry, existing: bytes | None) -> _Step:
    """Decide about an output that is no longer made. One that was edited stays, whatever the user says to overwrite."""
    if existing is None:
        return _Step(entry.path, entry.profile, None, None, None)
    result = FileResult(entry.path, entry.profile, FileAction.REMOVED, wanted=FileWanted.REMOVE)
    if content_digest(existing) in entry.digests:
        return _Step(entry.path, entry.profile, existing, None, result)
    return _Step(entry.path, entry.profile, existing, existing, replace(result, action=FileAction.EDITED, since=FileSince.EDITED))


# --- Record -----------------------------------------------------------------------------------------------------------


def _recorded(lock: Lock, steps: Iterable[_Step], edits: EditRecord | None, digest_of: Callable[[bytes], str]) -> Lock:
    """Return the lock as it is after the steps."""
    outputs = dict(lock.outputs)
    for step in steps:
        if step.result is None or step.result.action is FileAction.REMOVED:
            outputs.pop(step.path, None)
        elif not step.result.is_conflict and step.wanted is not None:
            outputs[step.path] = LockEntry(step.path, step.profile, frozenset({digest_of(step.wanted)}))
    return Lock(outputs, lock.others, edits.applied_to(lock.edits) if edits is not None else lock.edits)
