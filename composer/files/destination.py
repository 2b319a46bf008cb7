"""Where files go: the disk, or nowhere. The one module that changes anything on disk, for the one stage that asks it to.

Every path is relative to a root, with forward slashes, and stays below it: a link that leads out is refused.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

__all__ = ["Destination", "DiskDestination", "DryRunDestination", "LeavesRootError"]

_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class LeavesRootError(OSError):
    """A path leads out of the root that it is meant to stay below."""


class Destination(Protocol):
    """A folder that files are compared with and written to. Every method may raise OSError."""

    def read(self, path: str) -> bytes | None:
        """Return what the file holds; None if it is not there."""

    def write(self, path: str, content: bytes) -> None:
        """Replace the file, or make it: at any moment it holds either all of the old content or all of the new."""

    def keep(self, path: str) -> str:
        """Copy the file beside itself under a name that is free, and return the path of the copy."""

    def remove(self, path: str, boundary: str) -> None:
        """Remove the file, and the folders around it that are empty then, up to ``boundary``, which stays."""

    def is_same_file(self, first: str, second: str) -> bool:
        """Whether two paths are one file, as `A` and `a` are on some systems."""


@dataclass(frozen=True, slots=True)
class DiskDestination:
    """Files below ``root`` on disk."""

    root: Path
    _folders: dict[str, Path] = field(default_factory=dict, init=False, repr=False, compare=False)

    def read(self, path: str) -> bytes | None:
        """Return what the file holds; None if it is not there."""
        place = self._locate(path)
        try:
            mode = place.stat().st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(mode):
            raise IsADirectoryError(path)
        return place.read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Replace the file, or make it, in one step; the permissions of an existing one are kept."""
        place = self._locate(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
        temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")
        try:
            _create(temporary, content)
            if mode is not None:
                temporary.chmod(mode)
            temporary.replace(place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def keep(self, path: str) -> str:
        """Copy the file to ``<path>.orig``, or ``<path>.orig.1`` and so on: no tool reads such names as agents."""
        content = self._locate(path).read_bytes()
        for copy in _copy_names(path):
            try:
                _create(self._locate(copy), content)
            except FileExistsError:
                continue
            return copy
        raise AssertionError  # pragma: no cover - the names have no end

    def remove(self, path: str, boundary: str) -> None:
        """Remove the file, and the folders around it that are empty then, up to ``boundary``, which stays."""
        folder = PurePosixPath(path).parent
        # Not through a last link: it is the link that is ours, not what it points to.
        (self._folder(str(folder)) / PurePosixPath(path).name).unlink(missing_ok=True)
        while str(folder) not in {".", boundary}:
            try:
                (self.root / folder).rmdir()
            except OSError:
                return
            folder = folder.parent

    def is_same_file(self, first: str, second: str) -> bool:
        """Whether two paths are one file, as `A` and `a` are on some systems."""
        try:
            return (self.root / first).samefile(self.root / second)
        except FileNotFoundError:
            return False

    def _locate(self, path: str) -> Path:
        pure = PurePosixPath(path)
        place = self._folder(str(pure.parent)) / pure.name
        return self._inside(place) if place.is_symlink() else place

    def _folder(self, folder: str) -> Path:
        known = self._folders.get(folder)
        if known is None:
            known = self._inside(self.root / folder)
            existing = known
            while not os.path.lexists(existing):
                existing = existing.parent
            if not existing.is_dir():
                raise NotADirectoryError(folder)
            self._folders[folder] = known
        return known

    def _inside(self, place: Path) -> Path:
        """Follow all links, junctions on Windows too, and refuse what ends outside the root."""
        real = Path(os.path.realpath(place))
        if not real.is_relative_to(os.path.realpath(self.root)):
            raise LeavesRootError(str(place))
        return real


@dataclass(frozen=True, slots=True)
class DryRunDestination:
    """Reads the files below ``root``, and only remembers what would be written."""

    root: Path
    _changes: dict[str, bytes | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    _disk: DiskDestination = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look at the same root as the real destination."""
        object.__setattr__(self, "_disk", DiskDestination(self.root))

    def read(self, path: str) -> bytes | None:
        """Return what the file holds, or would hold by now."""
        return self._changes[path] if path in self._changes else self._disk.read(path)

    def write(self, path: str, content: bytes) -> None:
        """Remember the content."""
        self._changes[path] = content

    def keep(self, path: str) -> str:
        """Return the path that a copy would have."""
        content = self.read(path)
        copy = next(copy for copy in _copy_names(path) if self.read(copy) is None)
        self._changes[copy] = content
        return copy

    def remove(self, path: str, boundary: str) -> None:  # noqa: ARG002 - folders are not remembered
        """Remember that the file would be gone."""
        self._changes[path] = None

    def is_same_file(self, first: str, second: str) -> bool:
        """Whether two paths are one file on disk."""
        return self._disk.is_same_file(first, second)


def _create(place: Path, content: bytes) -> None:
    """Make a file that is not there yet, with the permissions of any new file; leave none if that fails."""
    handle = os.open(place, _NEW_FILE, 0o666)
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - it is open already: Path.open could not ask for a new file
            file.write(content)
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def _copy_names(path: str) -> Iterator[str]:
    yield f"{path}.orig"
    yield from (f"{path}.orig.{number}" for number in count(1))
