"""A folder that is worked below and never left: where a path leads, what stands there, and how a new file comes to be.

Every path is relative to the root, with forward slashes, and stays below it: a link that leads out is refused.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

__all__ = ["LeavesRootError", "Root", "create", "replace_file", "sync"]

_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


_PERMISSIONS: Final = 0o777


class LeavesRootError(OSError):
    """A path leads out of the root that it is meant to stay below."""


@dataclass(frozen=True, slots=True)
class Root:
    """The folder. Every method may raise OSError."""

    place: Path
    _folders: dict[str, Path] = field(default_factory=dict, init=False, repr=False, compare=False)

    def read(self, path: str) -> bytes | None:
        """Return what the file holds; None if it is not there."""
        place = self.locate(path)
        try:
            mode = place.stat().st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(mode):
            raise IsADirectoryError(path)
        return place.read_bytes()

    def mode(self, path: str) -> int | None:
        """Return the permissions of the file; None if it is not there."""
        try:
            return self.locate(path).stat().st_mode & _PERMISSIONS
        except FileNotFoundError:
            return None

    def missing_folders(self, path: str) -> tuple[str, ...]:
        """Return the folders that a file needs and that are not there, the innermost first."""
        folders = [str(folder) for folder in PurePosixPath(path).parents]
        return tuple(folder for folder in folders if folder != "." and not os.path.lexists(self.place / folder))

    def remove(self, path: str, boundary: str) -> None:
        """Remove the file, and the folders around it that are empty then, up to ``boundary``, which stays."""
        folder = PurePosixPath(path).parent
        # Not through a last link: it is the link that is ours, not what it points to.
        (self._folder(str(folder)) / PurePosixPath(path).name).unlink(missing_ok=True)
        while str(folder) not in {".", boundary} and self.remove_folder(str(folder)):
            folder = folder.parent

    def remove_folder(self, folder: str) -> bool:
        """Remove a folder if it is empty; tell whether it was."""
        try:
            (self.place / folder).rmdir()
        except OSError:
            return False
        return True

    def is_same_file(self, first: str, second: str) -> bool:
        """Whether two paths are one file, as `A` and `a` are on some systems."""
        try:
            return (self.place / first).samefile(self.place / second)
        except FileNotFoundError:
            return False

    def locate(self, path: str) -> Path:
        """Return where a path leads, its last link followed."""
        pure = PurePosixPath(path)
        place = self._folder(str(pure.parent)) / pure.name
        return self._inside(place) if place.is_symlink() else place

    def _folder(self, folder: str) -> Path:
        known = self._folders.get(folder)
        if known is None:
            known = self._inside(self.place / folder)
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
        if not real.is_relative_to(os.path.realpath(self.place)):
            raise LeavesRootError(str(place))
        return real


def replace_file(root: Root, path: str, content: bytes) -> None:
    """Replace a file, or make it, in one step; the permissions of an existing one are kept. It is not synced."""
    place = root.locate(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    mode = root.mode(path)
    temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")
    try:
        create(temporary, content)
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def create(place: Path, content: bytes, *, is_synced: bool = False) -> None:
    """Make a file that is not there yet, with the permissions of any new file; leave none if that fails.

    Args:
        place: where.
        content: what it holds.
        is_synced: return only when it would survive a loss of power.
    """
    handle = os.open(place, _NEW_FILE, 0o666)
    try:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(handle, rest) :]
            if is_synced:
                os.fsync(handle)
        finally:
            os.close(handle)
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def sync(place: Path) -> None:
    """Have a file, or the names in a folder, survive a loss of power; Windows does that for folders by itself."""
    if place.is_dir() and not hasattr(os, "O_DIRECTORY"):  # pragma: no cover - Windows
        return
    handle = os.open(place, os.O_RDWR if place.is_file() and os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
