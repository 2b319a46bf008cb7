"""A workspace as a revision has it, composed from memory: nothing is checked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from composer.errors import ComposerError, Diagnostic, Diagnostics, Note
from composer.files.disk import Disk
from composer.files.sources import Memory, Sources, read_source
from composer.home import WORKSPACE_FILE
from composer.impact.git import FoundFile, Repository, Revision
from composer.impact.links import follow_links
from composer.model.outputs import OutputFile
from composer.model.sources import Catalog
from composer.pipeline import Run, compose_profile, read_index
from composer.records import dataclass, replace
from composer.source import Location, SourceFile, unlocated
from composer.targets import Target
from composer.workspace import Workspace

__all__ = ["State", "compose_revision", "compose_working_tree"]


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A workspace at one time: its outputs with their paths, the texts of its sources by path, and what composing it found."""

    name: str
    files: tuple[OutputFile, ...]
    paths: Mapping[OutputFile, str]
    sources: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]


def compose_working_tree(workspace: Workspace, progress: Progress | None = None) -> State:
    """Compose a workspace as it is on disk.

    Raises:
        ComposerError: if anything is wrong in it.
    """
    files = workspace.compose(progress=progress).files
    texts = _texts(workspace.catalog, Disk(workspace.root.as_posix(), Diagnostics()))
    return State("the working tree", files, {file: workspace.path_of(file) for file in files}, texts, tuple(workspace.diagnostics))


def compose_revision(workspace: Workspace, repository: Repository, revision: Revision, progress: Progress | None = None) -> State:
    """Compose a workspace as it was at a revision; one that was not there then has no outputs, which is a warning.

    Raises:
        ComposerError: if it does not compose (``revision-does-not-compose``), with all that is wrong in it, each at ``REVISION:PATH``.
    """
    found = repository.read(revision)
    if not found:
        diagnostics = Diagnostics()
        where = f"`{repository.prefix}`" if repository.prefix else "the root of the repository"
        message = f"{revision} has no workspace at {where}: every output counts as new"
        diagnostics.warning("no-workspace-then", message, _place(revision), "name a revision in which it is there")
        return State(str(revision), (), {}, {}, tuple(diagnostics))
    try:
        return _compose(found, str(revision), workspace.target, progress)
    except ComposerError as error:
        raise ComposerError(_at_revision(error.diagnostics, repository, revision)) from None


def _compose(files: Mapping[str, FoundFile], name: str, target: Target, progress: Progress | None) -> State:
    """Compose all profiles from memory."""
    diagnostics = Diagnostics()
    contents, broken = follow_links(files)
    for path in broken:
        message = f"the link `{path}` leads to nothing in the workspace"
        diagnostics.error("outside-workspace", message, unlocated(path), "put a copy of the file into the workspace")
    sources = Memory(contents, refused=broken)
    index = read_index(sources, diagnostics)
    run = Run(index, target)
    composed: list[OutputFile] = []
    for profile in sorted(index.catalog.profiles.values(), key=lambda profile: profile.name):
        if not profile.is_abstract:
            if progress is not None:
                progress(profile.name)
            # A profile's own mistakes must not keep those of the next from being told.
            found = Diagnostics()
            composed += compose_profile(profile.name, run, found)
            for diagnostic in found:
                diagnostics.add(diagnostic)
    diagnostics.raise_errors()
    output = index.catalog.config.output
    paths = {file: str(PurePosixPath(output, file.profile, file.path)) for file in composed}
    return State(name, tuple(composed), paths, _texts(index.catalog, sources), tuple(diagnostics))


def _texts(catalog: Catalog, sources: Sources) -> Mapping[str, str]:
    found = [*(fragment.source for fragment in catalog.fragments.values()), *(profile.source for profile in catalog.profiles.values())]
    config = sources.find_file(WORKSPACE_FILE)
    source = read_source(sources, config, Diagnostics()) if config is not None else None
    return {source.path: source.text for source in (*found, *((source,) if source is not None else ()))}


# --- diagnostics of another time --------------------------------------------------------------------------------------


def _at_revision(diagnostics: tuple[Diagnostic, ...], repository: Repository, revision: Revision) -> tuple[Diagnostic, ...]:
    """Put what was found in a revision where `git show` finds it, below an error that says which revision it is."""
    moved: dict[SourceFile, SourceFile] = {}

    def at(location: Location) -> Location:
        source = location.source
        there = moved.setdefault(source, SourceFile(f"{revision.name}:{repository.prefix}{source.path}", source.text))
        return Location(there, location.start, location.end)

    def note_at(note: Note) -> Note:
        return note if note.location is None else replace(note, location=at(note.location))

    collected = Diagnostics()
    hint = "compare with a revision whose sources are right: what follows is wrong in this one"
    collected.error("revision-does-not-compose", f"the workspace of {revision} does not compose", _place(revision), hint)
    found = (replace(one, location=at(one.location), notes=tuple(note_at(note) for note in one.notes)) for one in diagnostics)
    return (*collected, *found)


def _place(revision: Revision) -> Location:
    return SourceFile("command line", revision.name).at(0, len(revision.name))
