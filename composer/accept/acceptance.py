"""Hand edits of outputs -> changes of the sources, with everything else that those change: shown first, written afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from composer.accept.drafts import Draft
from composer.accept.inverse import RefusedChangeError
from composer.accept.proposals import Scope
from composer.accept.taking_home import OutputKey, Refusal, Taker, users_of
from composer.errors import Diagnostics, InternalError
from composer.files.destination import DiskDestination
from composer.files.lock import LOCK_NAME, LockEntry, content_digest, parse_lock
from composer.model import FileResult, OutputFile
from composer.source import SourceFile, unlocated
from composer.workspace import Workspace

__all__ = ["Acceptance", "ChangedText", "EditedOutput", "TakenChange", "propose_acceptance", "write_acceptance"]


@dataclass(frozen=True, slots=True)
class ChangedText:
    """A file with its text before and after. ``profile`` is set for an output."""

    path: str
    before: str
    after: str
    profile: str = ""


@dataclass(frozen=True, slots=True)
class TakenChange:
    """A hand edit that has a source: how it is taken home, and how far that reaches."""

    path: str
    scope: Scope
    about: str


@dataclass(frozen=True, slots=True)
class EditedOutput:
    """One of the files that were named: what was taken home of it, and what could not be.

    ``project`` is the folder that it was built into, where that is not the workspace's own.
    """

    path: str
    profile: str
    agent: str
    taken: tuple[TakenChange, ...]
    refusals: tuple[Refusal, ...]
    project: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Acceptance:
    """What accepting comes to. Nothing is written yet.

    ``sources`` are the fragments and profiles that change; ``others`` are the outputs that change besides the files that were named.
    """

    outputs: tuple[EditedOutput, ...]
    sources: tuple[ChangedText, ...]
    others: tuple[ChangedText, ...]
    draft: Draft

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """All that could not be taken home; if there is any, nothing may be written."""
        return tuple(refusal for output in self.outputs for refusal in output.refusals)


@dataclass(frozen=True, slots=True, eq=False)
class _Edited:
    path: str
    file: OutputFile
    text: str

    @property
    def key(self) -> OutputKey:
        return self.file.profile, self.file.agent


def propose_acceptance(
    workspace: Workspace, files: Sequence[tuple[str, OutputFile]], scope: Scope | None = None, start: Draft | None = None
) -> Acceptance:
    """Find the sources of all hand edits in outputs.

    Args:
        workspace: where the sources are.
        files: each edited file's path below the workspace, or the whole path of one that was built into a project, and what is composed
            for it.
        scope: how far changes shall reach; None chooses: the fragment where no other profile uses it, else the profile.
        start: the sources as they are on disk, where they were composed before.

    Raises:
        ComposerError: where a file is no output as the tool wrote it but for hand edits, or nothing was edited.
    """
    edited = _read_edited(workspace, files)
    start = start or Draft(workspace.root.as_posix(), workspace.target)
    try:
        users = users_of(start)
    except RefusedChangeError as error:  # pragma: no cover - what is wrong in the sources was raised when the files were composed
        raise InternalError(str(error)) from error
    wanted = {one.key: one.text for one in edited}
    draft = start
    outputs: list[EditedOutput] = []
    for one in edited:
        others = {key: text for key, text in wanted.items() if key != one.key}
        home = Taker(*one.key, one.text, users, scope, others).take(draft)
        draft = home.draft
        taken = tuple(TakenChange(one.path, proposal.scope, proposal.about) for proposal in home.proposals)
        outputs.append(EditedOutput(one.path, *one.key, taken, home.refusals, _project_of(one.path, one.file)))
    return _acceptance(workspace, start, draft, wanted, outputs)


def _read_edited(workspace: Workspace, files: Sequence[tuple[str, OutputFile]]) -> list[_Edited]:
    found = Diagnostics()
    edited: list[_Edited] = []
    for path, file in files:
        place = unlocated(path)
        content, entry = _as_written(workspace, path, file)
        if content is None:
            found.error("output-missing", f"`{path}` is not there", place, "run `agent-composer build` to write it")
        elif entry is None:
            message = f"`{path}` was not written by the tool, so what was edited in it cannot be told"
            found.error("foreign-output", message, place, "compare it with what `agent-composer check` shows, or `import` it")
        elif content_digest(file.content) not in entry.digests:
            message = f"the sources of `{path}` have changed since it was written, so what was edited in it cannot be told from that"
            hint = "take the sources back to when it was built and accept then; or `build --overwrite`, which keeps your file as `.orig`"
            found.error("sources-changed", message, place, hint)
        elif (text := _text(path, content, found)) is not None and text != file.text:
            edited.append(_Edited(path, file, text))
    found.raise_errors()
    return edited


def _project_of(path: str, file: OutputFile) -> str:
    """Return the folder that an output was built into, of a path that is not below the workspace; else nothing."""
    return path.removesuffix(f"/{file.path}") if path.startswith("/") or path[1:3] == ":/" else ""


def _as_written(workspace: Workspace, path: str, file: OutputFile) -> tuple[bytes | None, LockEntry | None]:
    """Return what an output holds now, and what the lock knows of it."""
    project = _project_of(path, file)
    destination = DiskDestination(Path(project) if project else workspace.root)
    raw_lock = destination.read(f".{LOCK_NAME}" if project else LOCK_NAME)
    lock = parse_lock(SourceFile.from_raw(LOCK_NAME, (raw_lock or b"").decode(errors="replace")), Diagnostics())
    below = str(file.path) if project else path
    return destination.read(below), lock.outputs.get(below)


def _text(path: str, content: bytes, found: Diagnostics) -> str | None:
    try:
        return SourceFile.from_raw(path, content.decode()).text
    except UnicodeDecodeError as error:
        found.error("not-utf-8", f"`{path}` is not UTF-8: byte {error.start} cannot be read", unlocated(path), "save the file as UTF-8")
        return None


def _acceptance(
    workspace: Workspace, start: Draft, draft: Draft, wanted: Mapping[OutputKey, str], outputs: Sequence[EditedOutput]
) -> Acceptance:
    """Compose everything before and after, and hold each edited file against what was asked for."""
    sources = tuple(
        ChangedText(path, start.text(path), draft.text(path)) for path in sorted(draft.files) if start.text(path) != draft.text(path)
    )
    before = {(file.profile, file.agent): file for file in start.compose_all()}
    after = {(file.profile, file.agent): file for file in draft.compose_all()}
    others: list[ChangedText] = []
    for key in sorted({**before, **after}):
        old, new = before.get(key), after.get(key)
        old_text, new_text = old.text if old else "", new.text if new else ""
        if key in wanted:
            is_right = new_text == wanted[key]
            if not is_right and not any(output.refusals for output in outputs):
                message = f"what was taken home of {key[1]} does not give the edited file"
                raise InternalError(message)
        elif old_text != new_text and (shown := new or old) is not None:
            others.append(ChangedText(workspace.path_of(shown), old_text, new_text, key[0]))
    return Acceptance(tuple(outputs), sources, tuple(others), draft)


def write_acceptance(workspace: Workspace, acceptance: Acceptance) -> tuple[FileResult, ...]:
    """Write the changed sources, all or none, and build what they reach.

    Raises:
        ComposerError: if the disk fails; or if a source is not as it was when the acceptance was made.
        ValueError: if something could not be taken home: then nothing may be written.
    """
    if acceptance.refusals:
        message = "an acceptance with refusals cannot be written"
        raise ValueError(message)
    destination = DiskDestination(workspace.root)
    found = Diagnostics()
    for source in acceptance.sources:
        content = destination.read(source.path)
        now = SourceFile.from_raw(source.path, content.decode()).text if content is not None else None
        if now != source.before:
            hint = "look at it, and accept again"
            found.error("source-changed", f"`{source.path}` has changed since it was looked at", unlocated(source.path), hint)
    found.raise_errors()
    for source in acceptance.sources:
        destination.write(source.path, acceptance.draft.raw(source.path).encode())
    fresh = Workspace.open(workspace.root, target=workspace.target.name)
    results: list[FileResult] = []
    for project, profiles in _builds(acceptance, destination).items():
        names = [name for name in fresh.profiles if name in profiles]
        for chosen in [[name] for name in names] if project else [names]:
            results.extend(fresh.build(chosen, into=project or None).results)
    return tuple(results)


def _builds(acceptance: Acceptance, destination: DiskDestination) -> Mapping[str, set[str]]:
    """Return the profiles to build, by the project that they are built into; none for the workspace's own folder, where it has outputs."""
    builds: dict[str, set[str]] = {}
    for output in acceptance.outputs:
        builds.setdefault(output.project, set()).add(output.profile)
    lock = parse_lock(SourceFile.from_raw(LOCK_NAME, (destination.read(LOCK_NAME) or b"").decode(errors="replace")), Diagnostics())
    here = {entry.profile for entry in lock.outputs.values()}
    changed = {other.profile for other in acceptance.others} | {output.profile for output in acceptance.outputs}
    if changed & here:
        builds.setdefault("", set()).update(changed & here)
    return builds
