"""Where sources are read from: the disk, memory, or the disk as it would be if some files held something else.

Paths are relative to the workspace, with forward slashes. Only what was found can be read, so that what may be read is judged once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from composer.characters import check_characters
from composer.errors import Diagnostics
from composer.records import dataclass
from composer.source import SourceFile, unlocated

__all__ = ["MAX_BYTES", "FoundFile", "Memory", "Observed", "Overlay", "Sources", "read_source"]

MAX_BYTES: Final = 1_048_576
"""The largest file that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may be read. ``path`` is relative to the workspace, with forward slashes; ``place`` is what the system opens, if any."""

    path: str
    place: str = ""


class Sources(Protocol):
    """The files of one workspace."""

    @property
    def name(self) -> str:
        """What a message calls them: the folder's path, with forward slashes."""

    @property
    def refused(self) -> tuple[str, ...]:
        """The paths of the files that were found so far and may not be read, such as links that lead out."""

    def find_file(self, name: str) -> FoundFile | None:
        """Return a file at the root of the workspace, or None where there is none (or none that may be read)."""

    def has_folder(self, name: str) -> bool:
        """Whether the workspace has a folder, or something else, of this name at its root."""

    def find_files(self, folder: str) -> list[FoundFile]:
        """Return the files in a folder and all folders below it, ordered by path. What begins with a dot is left out."""

    def read(self, file: FoundFile, diagnostics: Diagnostics) -> bytes | None:
        """Return what a file holds, cut off somewhere beyond the cap; None where it cannot be read, which ``diagnostics`` then says."""


def read_source(sources: Sources, file: FoundFile, diagnostics: Diagnostics) -> SourceFile | None:
    """Read a file as UTF-8 text; None where it cannot be, which ``diagnostics`` then says."""
    data = sources.read(file, diagnostics)
    if data is None:
        return None
    if len(data) > MAX_BYTES:
        diagnostics.error("file-too-large", f"`{file.path}` is larger than 1 MiB", unlocated(file.path), "split the file")
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"`{file.path}` is not UTF-8: byte {error.start} (0x{data[error.start]:02x}, on line {line}) cannot be read"
        diagnostics.error("not-utf-8", message, unlocated(file.path), "save the file as UTF-8")
        return None
    source = SourceFile.from_raw(file.path, text)
    return source if check_characters(source, 0, len(source.text), diagnostics) else None


@dataclass(frozen=True, slots=True)
class Memory:
    """Files that are nowhere but here, by path."""

    files: Mapping[str, bytes]
    name: str = "."
    refused: tuple[str, ...] = ()

    def find_file(self, name: str) -> FoundFile | None:
        """Return a file at the root."""
        return FoundFile(name) if name in self.files else None

    def has_folder(self, name: str) -> bool:
        """Whether there is a file of this name, or one in a folder of this name."""
        return any(path == name or path.startswith(f"{name}/") for path in self.files)

    def find_files(self, folder: str) -> list[FoundFile]:
        """Return the files in a folder and below, ordered by path. What begins with a dot is left out."""
        inside = (path for path in self.files if path.startswith(f"{folder}/") and "/." not in path)
        return [FoundFile(path) for path in sorted(inside)]

    def read(self, file: FoundFile, diagnostics: Diagnostics) -> bytes:  # noqa: ARG002 - nothing can go wrong here
        """Return what a file holds."""
        return self.files[file.path]


@dataclass(frozen=True, slots=True)
class Overlay:
    """The files of ``base`` with those of ``top`` beside them, and in place of those that have the same path."""

    top: Memory
    base: Sources

    @property
    def name(self) -> str:
        """The name of what lies below."""
        return self.base.name

    @property
    def refused(self) -> tuple[str, ...]:
        """What may not be read below."""
        return self.base.refused

    def find_file(self, name: str) -> FoundFile | None:
        """Return a file at the root."""
        return self.top.find_file(name) or self.base.find_file(name)

    def has_folder(self, name: str) -> bool:
        """Whether either has it."""
        return self.top.has_folder(name) or self.base.has_folder(name)

    def find_files(self, folder: str) -> list[FoundFile]:
        """Return the files that either has, each path once, ordered by path."""
        found = {file.path: file for file in (*self.base.find_files(folder), *self.top.find_files(folder))}
        return [found[path] for path in sorted(found)]

    def read(self, file: FoundFile, diagnostics: Diagnostics) -> bytes | None:
        """Return what a file holds; what lies below is not opened where something lies above it."""
        return (self.top if file.path in self.top.files else self.base).read(file, diagnostics)


@dataclass(frozen=True, slots=True)
class Observed:
    """The same files as ``base``; ``done`` is told after each look at them, and before, when the work on the last one is done."""

    base: Sources
    done: Callable[[str], None]

    @property
    def name(self) -> str:
        """The name of the files."""
        return self.base.name

    @property
    def refused(self) -> tuple[str, ...]:
        """What may not be read."""
        return self.base.refused

    def find_file(self, name: str) -> FoundFile | None:
        """Return a file at the root."""
        self.done("load")
        found = self.base.find_file(name)
        self.done("read")
        return found

    def has_folder(self, name: str) -> bool:
        """Whether there is something of this name."""
        return self.base.has_folder(name)

    def find_files(self, folder: str) -> list[FoundFile]:
        """Return the files in a folder and below, ordered by path."""
        self.done("load")
        found = self.base.find_files(folder)
        self.done("read")
        return found

    def read(self, file: FoundFile, diagnostics: Diagnostics) -> bytes | None:
        """Return what a file holds."""
        self.done("load")
        data = self.base.read(file, diagnostics)
        self.done("read")
        return data
