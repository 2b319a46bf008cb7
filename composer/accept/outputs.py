"""Outputs on disk, in the workspace and in projects that were built into: what each holds, and what the lock knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from composer.errors import Diagnostics
from composer.files.destination import Destination
from composer.files.disk_errors import report_disk_error
from composer.files.lock import LOCK_NAME, Lock, LockEntry, content_digest, normalised, parse_lock
from composer.model.outputs import OutputFile
from composer.records import dataclass
from composer.source import SourceFile, unlocated
from composer.workspace import Workspace

__all__ = ["HERE", "EditedFile", "OutputsOnDisk", "project_of", "read_edited"]

HERE = ""
"""The workspace itself, where a project that was built into could be named."""


@dataclass(frozen=True, slots=True, eq=False)
class EditedFile:
    """An output that was edited by hand: ``raw`` is what it holds, ``file`` what was composed for it, with the bytes of a build."""

    path: str
    file: OutputFile
    raw: str

    @property
    def text(self) -> str:
        """What it says: LF line ends, no byte order mark."""
        return SourceFile.from_raw(self.path, self.raw).text


def project_of(path: str, file: OutputFile) -> str:
    """Return the folder that an output was built into, of a path that is not below the workspace; else :data:`HERE`."""
    return path.removesuffix(f"/{file.path}") if path.startswith("/") or path[1:3] == ":/" else HERE


class OutputsOnDisk:
    """The outputs of a workspace, and of the projects that it was built into. Every lock is read once; each method may raise OSError."""

    def __init__(self, workspace: Workspace) -> None:
        """Look at nothing yet."""
        self._workspace = workspace
        self._known: dict[str, tuple[Destination, Lock]] = {}

    def path_of(self, file: OutputFile, project: str = HERE) -> str:
        """Return how a file is named that was built into a place: below the workspace, or the whole path."""
        return f"{project}/{file.path}" if project else self._workspace.path_of(file)

    def profiles(self) -> frozenset[str]:
        """Return the profiles that have outputs in the workspace."""
        return frozenset(entry.profile for entry in self._place(HERE)[1].outputs.values())

    def find(self, file: OutputFile, project: str = HERE) -> tuple[bytes | None, LockEntry | None]:
        """Return what an output holds now, and what the lock knows of it."""
        destination, lock = self._place(project)
        below = str(file.path) if project else self._workspace.path_of(file)
        return destination.read(below), lock.outputs.get(below)

    def is_edited(self, file: OutputFile, project: str = HERE) -> bool:
        """Whether an output is neither as it was written nor as it is composed. What the tool did not write is not its to judge."""
        content, entry = self.find(file, project)
        if content is None or entry is None:
            return False
        return content_digest(content) not in entry.digests and normalised(content) != normalised(file.content)

    def _place(self, project: str) -> tuple[Destination, Lock]:
        if project not in self._known:
            destination = self._workspace.written_files(Path(project) if project else None)
            raw = destination.read(f".{LOCK_NAME}" if project else LOCK_NAME)
            source = SourceFile.from_raw(LOCK_NAME, (raw or b"").decode(errors="replace"))
            self._known[project] = destination, parse_lock(source, Diagnostics())
        return self._known[project]

    @property
    def lock(self) -> Lock:
        """The lock of the workspace."""
        return self._place(HERE)[1]


def read_edited(files: Sequence[tuple[str, OutputFile]], on_disk: OutputsOnDisk) -> list[EditedFile]:
    """Read those outputs that were edited by hand.

    Args:
        files: each with its path below the workspace, or its whole path in a project that was built into.
        on_disk: the outputs.

    Raises:
        ComposerError: where one is no output as the tool wrote it but for hand edits.
    """
    found = Diagnostics()
    edited: list[EditedFile] = []
    for path, file in files:
        place = unlocated(path)
        try:
            content, entry = on_disk.find(file, project_of(path, file))
        except OSError as error:
            report_disk_error(path, error, "read", found)
            continue
        if content is None:
            found.error("output-missing", f"`{path}` is not there", place, "run `agent-composer build` to write it")
        elif entry is None:
            message = f"`{path}` was not written by the tool, so what was edited in it cannot be told"
            found.error("foreign-output", message, place, "compare it with what `agent-composer check` shows, or `import` it")
        elif content_digest(file.content) not in entry.digests:
            message = f"the sources of `{path}` have changed since it was written, so what was edited in it cannot be told from that"
            hint = "take the sources back to when it was built and accept then; or `build --overwrite`, which keeps your file as `.orig`"
            found.error("sources-changed", message, place, hint)
        elif (raw := _raw(path, content, found)) is not None and normalised(content) != normalised(file.content):
            edited.append(EditedFile(path, file, raw))
    found.raise_errors()
    return edited


def _raw(path: str, content: bytes, found: Diagnostics) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        found.error("not-utf-8", f"`{path}` is not UTF-8: byte {error.start} cannot be read", unlocated(path), "save the file as UTF-8")
        return None
