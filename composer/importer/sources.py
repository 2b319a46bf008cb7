"""Files on disk -> sources of an import: which project each belongs to, where it goes, and which are left out and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from composer.errors import Diagnostics
from composer.files.sources import MAX_BYTES
from composer.naming import has_portable_characters, kebab_case
from composer.records import dataclass
from composer.source import unlocated

__all__ = ["LeftOut", "Source", "SourceSet", "make_source", "read_sources"]

_MARKDOWN: Final = ".md"
_COMMON_NAMES: Final = frozenset({"agents", "agent", ".claude", "claude", "src", "plugins", "categories", "components", "docs"})
_ROOM: Final = 65_536
"""Bytes below the largest source that a fragment may be: what is added when a file is kept whole."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to import: its bytes, and its path below the root of its project, with forward slashes."""

    project: str
    path: str
    text: str

    @property
    def size(self) -> int:
        """The bytes that the file has on disk."""
        return len(self.text.encode())

    @property
    def label(self) -> str:
        """How a report names the file."""
        return f"{self.project}: {self.path}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One file that is not imported, and the reason in words."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceSet:
    """Everything that was read."""

    sources: tuple[Source, ...]
    left_out: tuple[LeftOut, ...]


def read_sources(paths: Iterable[str], diagnostics: Diagnostics) -> SourceSet:
    """Read the files that ``paths`` name: folders (with all Markdown files below), ``name=folder``, or single files."""
    sources: list[Source] = []
    left_out: list[LeftOut] = []
    seen: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for written in paths:
        name, place = _split(written)
        if not place.exists():
            diagnostics.error("missing-folder", f"there is no file or folder `{place}`", unlocated(written), "check the path")
            continue
        project = _project_name(name, place, taken)
        for path, file in _files_of(place):
            result = _read(project, path, file)
            twin = seen.setdefault((project, path.casefold()), path)
            if isinstance(result, Source) and twin is not path:
                result = LeftOut(str(file), f"another file of the project goes to `{twin}`, and some systems cannot tell the two apart")
            if isinstance(result, Source):
                sources.append(result)
            else:
                left_out.append(result)
    return SourceSet(tuple(sources), tuple(left_out))


def _split(written: str) -> tuple[str, Path]:
    name, equals, folder = written.partition("=")
    if equals and kebab_case(name) and not Path(written).exists():
        return name, Path(folder)
    return "", Path(written)


def _project_name(name: str, place: Path, taken: set[str]) -> str:
    """Name a project: as the user does, or by the folder around the agents. Single files of one folder are one project."""
    if name:
        taken.add(kebab_case(name))
        return kebab_case(name)
    root = _root_of(place).name
    base = "imported" if root.lower() in _COMMON_NAMES else kebab_case(root) or "imported"
    if place.is_file():
        return base
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}-{number}", number + 1
    taken.add(candidate)
    return candidate


def _folder_of(place: Path) -> Path:
    return place.resolve() if place.is_dir() else place.parent.resolve()


def _root_of(place: Path) -> Path:
    """Return the folder of the project: the one around those whose names many projects have, such as ``.claude/agents``."""
    folder = _folder_of(place)
    around = (one for one in (folder, *folder.parents) if kebab_case(one.name) and one.name.lower() not in _COMMON_NAMES)
    return next(around, folder)


def _files_of(place: Path) -> Iterator[tuple[str, Path]]:
    """Give each Markdown file with its path below the folder of the project."""
    if place.is_file():
        yield (_folder_of(place) / place.name).relative_to(_root_of(place)).as_posix(), place
        return
    inside = place.resolve().relative_to(_root_of(place)).as_posix()
    prefix = f"{inside}/" if inside != "." else ""
    for folder, folders, files in os.walk(place):
        folders[:] = sorted(name for name in folders if name not in {".git", "node_modules"})
        for name in sorted(files):
            if name.lower().endswith(_MARKDOWN):
                file = Path(folder, name)
                yield f"{prefix}{file.relative_to(place).as_posix()}", file


def _read(project: str, path: str, file: Path) -> Source | LeftOut:
    try:
        if not file.is_file():
            return LeftOut(str(file), "it is not a regular file")
        data = file.read_bytes()
    except OSError as error:
        return LeftOut(str(file), f"it cannot be read: {error.strerror or error}")
    return make_source(project, path, data, str(file))


def make_source(project: str, path: str, data: bytes, shown: str) -> Source | LeftOut:
    """Make a source of bytes; what is not text, or not to be kept as text, is left out."""
    if not has_portable_characters(path):
        return LeftOut(shown.encode(errors="backslashreplace").decode(), "its name holds characters that not every system has")
    if b"\0" in data:
        return LeftOut(shown, "it is binary: it holds zero bytes")
    if len(data) > MAX_BYTES - _ROOM:
        return LeftOut(shown, f"it is too large: {len(data)} bytes")
    try:
        return Source(project, path, data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return LeftOut(shown, f"it is not UTF-8: byte {error.start} (0x{data[error.start]:02x}, on line {line})")
