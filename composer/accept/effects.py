"""How far an acceptance reaches beyond the files that were named: what is built with it, what stands in its way, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from composer.accept.drafts import Draft
from composer.accept.outputs import HERE, OutputsOnDisk
from composer.errors import Diagnostics
from composer.files.destination import DryRunDestination
from composer.files.disk_errors import report_disk_error
from composer.model.outputs import FileAction, OutputFile
from composer.source import unlocated
from composer.stages.write import WriteScope, write_files
from composer.stale.edits import StaleEdit, find_stale_edits
from composer.workspace import Workspace

__all__ = ["changed_outputs", "find_builds", "made_stale", "out_of_date", "refuse_edited_too"]

_WAITING = frozenset({FileAction.CREATED, FileAction.UPDATED, FileAction.REMOVED})


def changed_outputs(start: Draft, draft: Draft) -> list[tuple[OutputFile | None, OutputFile | None]]:
    """Return the outputs that two states of the sources compose otherwise, before and after; None where one does not make it."""
    before = {(file.profile, file.agent): file for file in start.compose_all()}
    after = {(file.profile, file.agent): file for file in draft.compose_all()}
    pairs = [(before.get(key), after.get(key)) for key in sorted({**before, **after})]
    return [(old, new) for old, new in pairs if (old.text if old else "") != (new.text if new else "")]


def find_builds(projects: Iterable[tuple[str, str]], changed: Iterable[OutputFile], on_disk: OutputsOnDisk) -> Mapping[str, frozenset[str]]:
    """Return the profiles to build, by the folder that they are built into; the workspace's own only where it has outputs of them.

    Args:
        projects: the folder and the profile of each file that was named.
        changed: the outputs that change.
        on_disk: what was built.
    """
    builds: dict[str, frozenset[str]] = {}
    for project, profile in projects:
        builds[project] = builds.get(project, frozenset()) | {profile}
    here = builds.get(HERE, frozenset()).union(file.profile for file in changed) & on_disk.profiles()
    return {**builds, HERE: here} if here else {place: names for place, names in builds.items() if place != HERE}


def refuse_edited_too(
    named: Sequence[str], changed: Sequence[OutputFile], builds: Mapping[str, frozenset[str]], on_disk: OutputsOnDisk
) -> Diagnostics:
    """Report every output that would be built and was edited by hand: afterwards its edits could not be told from the change.

    Args:
        named: the paths of the files whose edits are taken home.
        changed: the outputs that change, as they will be.
        builds: as :func:`find_builds` gives them.
        on_disk: what is there now.
    """
    found = Diagnostics()
    edited: list[str] = []
    for project, profiles in builds.items():
        for file in changed:
            path = on_disk.path_of(file, project)
            try:
                if file.profile in profiles and on_disk.is_edited(file, project):
                    edited.append(path)
            except OSError as error:
                report_disk_error(path, error, "read", found)
    together = f"`agent-composer accept {' '.join(dict.fromkeys((*named, *edited)))}`"
    for path in edited:
        if path in named:
            found.error("file-changed", f"`{path}` has changed since it was looked at", unlocated(path), "look at it, and accept again")
            continue
        message = f"`{path}` was edited by hand, too, and changes with this: what was edited in it could not be told any more"
        hint = f"accept them together: {together}; or put this file back as it was built, and accept again"
        found.error("edited-too", message, unlocated(path), hint)
    return found


def made_stale(start: Draft, draft: Draft, on_disk: OutputsOnDisk) -> tuple[StaleEdit, ...]:
    """Return the edits of profiles that stand over another text than the one they were made against, and did not before."""
    before = {edit.key for edit in find_stale_edits(start.index, on_disk.lock)}
    return tuple(edit for edit in find_stale_edits(draft.index, on_disk.lock) if edit.key not in before)


def out_of_date(workspace: Workspace) -> tuple[str, ...]:
    """Return the outputs of the workspace that wait for a build, of profiles that were built there; nothing is written."""
    built = OutputsOnDisk(workspace).profiles()
    files = [file for file in workspace.compose(keeps_origins=False).files if file.profile in built]
    scope = WriteScope(frozenset(workspace.profiles) & built, workspace.catalog.config.output)
    results = write_files(files, DryRunDestination(workspace.root), scope, Diagnostics())
    return tuple(result.path for result in results if result.action in _WAITING)
