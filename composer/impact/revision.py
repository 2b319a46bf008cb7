"""A workspace as a revision has it, composed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from composer.errors import ComposerError, Diagnostic, Diagnostics, Note
from composer.files.disk import Disk
from composer.impact.git import FoundFile, Repository, Revision
from composer.model import OutputFile
from composer.source import Location, SourceFile
from composer.workspace import Workspace

__all__ = ["State", "compose_revision", "compose_working_tree"]

_CONFIG: Final = "agent-composer.yaml"

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
    return _compose(workspace, "the working tree", progress)


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
    with tempfile.TemporaryDirectory(prefix="agent-composer-") as folder:
        root = Path(folder).resolve()
        _write(found, root)
        try:
            return _compose(Workspace(root, workspace.target), str(revision), progress)
        except ComposerError as error:
            raise ComposerError(_at_revision(error.diagnostics, repository, revision)) from None


def _compose(workspace: Workspace, name: str, progress: Progress | None) -> State:
    files = workspace.compose(progress=progress).files
    sources = {source.path: source.text for source in _sources(workspace)}
    return State(name, files, {file: workspace.path_of(file) for file in files}, sources, tuple(workspace.diagnostics))


def _sources(workspace: Workspace) -> Iterator[SourceFile]:
    catalog = workspace.catalog
    yield from (fragment.source for fragment in catalog.fragments.values())
    yield from (profile.source for profile in catalog.profiles.values())
    disk = Disk(str(workspace.root), Diagnostics())
    config = disk.find_file(_CONFIG)
    source = disk.read(config, Diagnostics()) if config is not None else None
    if source is not None:
        yield source


def _write(files: Mapping[str, FoundFile], root: Path) -> None:
    """Write the files of a revision into a folder of ours: links last, so that no file is written through one."""
    for path, file in sorted(files.items(), key=lambda entry: entry[1].is_link):
        parts = path.split("/")
        if {"", ".", ".."} & set(parts):  # no git makes such a tree, but somebody could
            continue
        place = root.joinpath(*parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.is_link:
            place.symlink_to(os.fsdecode(file.content))
        else:
            place.write_bytes(file.content)


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
