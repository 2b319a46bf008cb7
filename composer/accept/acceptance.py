"""Hand edits of outputs -> changes of the sources, with everything else that those change: shown first, written afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from composer.accept.contradictions import refuse_unlike_copies
from composer.accept.drafts import Draft
from composer.accept.effects import changed_outputs, find_builds, made_stale, refuse_edited_too
from composer.accept.inverse import Reason, RefusedChangeError
from composer.accept.outputs import HERE, EditedFile, OutputsOnDisk, project_of, read_edited
from composer.accept.proposals import Scope
from composer.accept.taking_home import OutputKey, Refusal, Taker, users_of
from composer.errors import Diagnostic, Diagnostics, InternalError
from composer.files.destination import Destination, DiskDestination
from composer.files.disk_errors import change_files
from composer.files.transaction import Change
from composer.line_ends import changed_line_ends, line_ends_text
from composer.model.outputs import FileResult, OutputFile
from composer.records import dataclass, field
from composer.source import SourceFile, unlocated
from composer.stages.write import WriteScope
from composer.stale.edits import StaleEdit
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
    """A hand edit that has a source: how it is taken home, how far that reaches, and why so far."""

    path: str
    scope: Scope
    about: str
    why: str


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
    ``stale`` are the edits of profiles that become stale with it. ``obstacles`` are errors: what has to be done first. ``builds`` are the
    profiles that are built with it, by the folder that they are built into; none for the workspace.
    """

    outputs: tuple[EditedOutput, ...]
    sources: tuple[ChangedText, ...]
    others: tuple[ChangedText, ...]
    draft: Draft
    stale: tuple[StaleEdit, ...] = ()
    obstacles: tuple[Diagnostic, ...] = ()
    builds: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """All that could not be taken home; if there is any, nothing may be written."""
        return tuple(refusal for output in self.outputs for refusal in output.refusals)

    @property
    def unbuilt(self) -> tuple[str, ...]:
        """The profiles whose outputs change and that are built nowhere with it: as far as they were built into projects, these wait."""
        built = frozenset[str]().union(*self.builds.values())
        return tuple(sorted({other.profile for other in self.others} - built))


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
        ComposerError: where a file is no output as the tool wrote it but for hand edits.
    """
    on_disk = OutputsOnDisk(workspace)
    edited = read_edited(files, on_disk)
    refuse_unlike_copies(edited)
    start = start or Draft(workspace.root.as_posix(), workspace.target)
    try:
        users = users_of(start)
    except RefusedChangeError as error:  # pragma: no cover - what is wrong in the sources was raised when the files were composed
        raise InternalError(str(error)) from error
    files_by_key = {(one.file.profile, one.file.agent): one for one in edited}
    wanted = {key: one.text for key, one in files_by_key.items()}
    draft = start
    outputs: list[EditedOutput] = []
    for one in edited:
        key = one.file.profile, one.file.agent
        others = {other: file for other, file in files_by_key.items() if other != key}
        home = Taker(*key, one.text, users, scope, others).take(draft)
        draft = home.draft
        taken = tuple(TakenChange(one.path, choice.proposal.scope, choice.proposal.about, choice.why) for choice in home.choices)
        refusals = home.refusals or tuple(_refused_line_ends(one, draft))
        outputs.append(EditedOutput(one.path, *key, taken, refusals, project_of(one.path, one.file)))
    return _acceptance(workspace, (start, draft), wanted, outputs, on_disk)


def _refused_line_ends(edited: EditedFile, draft: Draft) -> Iterator[Refusal]:
    """Refuse what is left of an edit once all words are taken home: line ends that a build would take for an edit again."""
    composed = draft.output(edited.file.profile, edited.file.agent)
    ends = changed_line_ends(edited.raw, draft.as_written(composed).text) if composed is not None else ()
    if ends:
        message = f"{line_ends_text(ends)}: line ends come from the layout; save the file with {ends[0].wanted} line ends, and accept again"
        yield Refusal(ends[0].line, (), (), Reason.LAYOUT, message)


def _acceptance(
    workspace: Workspace,
    drafts: tuple[Draft, Draft],
    wanted: Mapping[OutputKey, str],
    outputs: Sequence[EditedOutput],
    on_disk: OutputsOnDisk,
) -> Acceptance:
    """Compose everything before and after, hold each edited file against what was asked for, and see what else is touched."""
    start, draft = drafts
    changed = changed_outputs(start, draft)
    has_refusals = any(output.refusals for output in outputs)
    if not has_refusals:
        _prove(draft, wanted)
    others = [
        ChangedText(workspace.path_of(shown), old.text if old else "", new.text if new else "", shown.profile)
        for old, new in changed
        if (shown := new or old) is not None and (shown.profile, shown.agent) not in wanted
    ]
    after = [draft.as_written(new) for _, new in changed if new is not None]
    builds = find_builds(((output.project, output.profile) for output in outputs), after, on_disk)
    # Where something was refused, nothing is built, and what else changes is not final.
    found = Diagnostics() if has_refusals else refuse_edited_too([output.path for output in outputs], after, builds, on_disk)
    stale = made_stale(start, draft, on_disk)
    return Acceptance(tuple(outputs), _changed_sources(start, draft), tuple(others), draft, stale, tuple(found), builds)


def _prove(draft: Draft, wanted: Mapping[OutputKey, str]) -> None:
    """Make sure that the changed sources give exactly the edited files."""
    composed = {(file.profile, file.agent): file.text for file in draft.compose_all()}
    for key, text in wanted.items():
        if composed.get(key) != text:
            message = f"what was taken home of {key[1]} does not give the edited file"
            raise InternalError(message)


def _changed_sources(start: Draft, draft: Draft) -> tuple[ChangedText, ...]:
    texts = [ChangedText(path, start.text(path), draft.text(path)) for path in sorted(draft.files)]
    return tuple(text for text in texts if text.before != text.after)


# --- writing ------------------------------------------------------------------------------------------------------------


def write_acceptance(workspace: Workspace, acceptance: Acceptance, wait: Callable[[int], bool] | None = None) -> tuple[FileResult, ...]:
    """Write the changed sources and build what they reach: all of it or nothing, but for projects that were built into, which follow.

    Args:
        workspace: where the sources are.
        acceptance: what to write.
        wait: asked before each new try while another run is writing; see :meth:`Workspace.build`.

    Raises:
        ComposerError: if the disk fails; or if a source or an output is not as it was when the acceptance was made.
        ValueError: if something could not be taken home: then nothing may be written.
    """
    if acceptance.refusals:
        message = "an acceptance with refusals cannot be written"
        raise ValueError(message)
    _refuse_obstacles(workspace, acceptance)
    changes = _source_changes(acceptance, workspace.written_files())
    here = acceptance.builds.get(HERE, frozenset())
    results: list[FileResult] = []
    if here:
        changed = workspace.with_files({change.path: change.after for change in changes if change.after is not None})
        results.extend(changed.build(sorted(here), sources=changes, wait=wait).results)
    else:
        # The workspace has no outputs of its own.
        destination = DiskDestination(workspace.root, wait) if wait is not None else DiskDestination(workspace.root)
        scope = WriteScope(frozenset(), workspace.catalog.config.output)
        change_files(destination, scope.may_write, lambda _: changes, workspace.diagnostics)
    for project, profiles in acceptance.builds.items():
        for name in sorted(profiles) if project != HERE else ():
            fresh = Workspace.open(workspace.root, target=workspace.target.name)
            results.extend(fresh.build(name, into=project, wait=wait).results)
    return tuple(results)


def _refuse_obstacles(workspace: Workspace, acceptance: Acceptance) -> None:
    """Look at the outputs again: somebody may have edited one while the changes were shown."""
    keys = {(other.profile, other.path) for other in acceptance.others}
    named = {(output.profile, output.agent) for output in acceptance.outputs}
    after = [
        acceptance.draft.as_written(file)
        for file in acceptance.draft.compose_all()
        if (file.profile, file.agent) in named or (file.profile, workspace.path_of(file)) in keys
    ]
    paths = [output.path for output in acceptance.outputs]
    refuse_edited_too(paths, after, acceptance.builds, OutputsOnDisk(workspace)).raise_errors()


def _source_changes(acceptance: Acceptance, destination: Destination) -> list[Change]:
    """Return the changes of the sources, if they are as they were when the acceptance was made."""
    found = Diagnostics()
    changes: list[Change] = []
    for source in acceptance.sources:
        before = destination.read(source.path)
        if before is None or SourceFile.from_raw(source.path, before.decode(errors="replace")).text != source.before:
            hint = "look at it, and accept again"
            found.error("file-changed", f"`{source.path}` has changed since it was looked at", unlocated(source.path), hint)
        changes.append(Change(source.path, before, acceptance.draft.raw(source.path).encode()))
    found.raise_errors()
    return changes
