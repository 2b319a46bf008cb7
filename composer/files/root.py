"""A folder that is worked below and never left: where a path leads, what stands there, and how a new file comes to be.

Every path is relative to the root, with forward slashes, and stays below it: a link that leads out is refused.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path, PurePosixPath
from typing import Final

from composer.naming import is_gits_own
from composer.records import dataclass, field

__all__ = ["LeavesRootError", "Root", "create", "sync", "sync_all"]

_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_OLD_FILE: Final = os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_PERMISSIONS: Final = 0o777
_MUCH: Final = 1 << 20
_MANY: Final = 16
"""Files that are synced one by one: a thousand take seconds so, and a few hundredths of one together."""


class LeavesRootError(OSError):
    """A path leads out of the root that it is meant to stay below, or into git's own folder there."""


@dataclass(frozen=True, slots=True)
class Root:
    """The folder. Every method may raise OSError."""

    place: Path
    _folders: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def read(self, path: str) -> bytes | None:
        """Return what the file holds; None if it is not there."""
        return self.look(path)[1]

    def look(self, path: str, let_go: Callable[[int], None] = os.close) -> tuple[str, bytes | None]:
        """Return the place that a path leads to, its last link followed, and what the file there holds; None if there is none.

        Args:
            path: the file.
            let_go: is given the open file when it has been read, to close it.
        """
        place, handle = self._open(path)
        if handle is None:
            return place, None
        try:
            content = _read(handle)
        except BaseException:
            os.close(handle)
            raise
        let_go(handle)
        return place, content

    def _open(self, path: str) -> tuple[str, int | None]:
        # A system that can refuse to follow a link tells of one when it opens it: then no file has to be looked at before.
        return self._open_at(self._place(path) if _NO_LINK else self.locate(path))

    def _open_at(self, place: str) -> tuple[str, int | None]:
        try:
            return place, os.open(place, _OLD_FILE)
        except FileNotFoundError:
            return place, None
        except OSError:
            if (real := self._unlinked(place)) != place:
                return self._open_at(real)
            if os.path.isdir(place):  # noqa: PTH112 - as below
                raise IsADirectoryError(place) from None
            raise

    def mode(self, path: str) -> int | None:
        """Return the permissions of the file; None if it is not there."""
        try:
            return os.stat(self._place(path)).st_mode & _PERMISSIONS  # noqa: PTH116 - as below
        except FileNotFoundError:
            return None

    def missing_folders(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the folders that files need and that are not there, the innermost first."""
        missing = [folder for folder in self.folders_of(paths) if folder and not os.path.lexists(self.place / folder)]
        return tuple(sorted(missing, key=lambda folder: -folder.count("/")))

    @staticmethod
    def folders_of(paths: Iterable[str]) -> frozenset[str]:
        """Return the folders on the way to files; an empty name stands for the root."""
        folders: set[str] = set()
        for path in paths:
            folder = path
            while folder and (folder := folder.rpartition("/")[0]) not in folders:
                folders.add(folder)
        return frozenset(folders)

    def remove(self, path: str) -> None:
        """Remove the file, if it is there."""
        # Not through a last link: it is the link that is ours, not what it points to.
        self.entry(path).unlink(missing_ok=True)

    def remove_empty_folders(self, path: str, boundary: str) -> None:
        """Remove the folders on the way to a path that are empty, up to ``boundary``, which stays."""
        folder = PurePosixPath(path).parent
        while str(folder) not in {".", boundary} and self.remove_folder(str(folder)):
            folder = folder.parent

    def remove_folder(self, folder: str) -> bool:
        """Remove a folder if it is empty; tell whether it is gone."""
        try:
            (self.place / folder).rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def is_same_file(self, first: str, second: str) -> bool:
        """Whether two paths are one file, as `A` and `a` are on some systems."""
        try:
            return (self.place / first).samefile(self.place / second)
        except FileNotFoundError:
            return False

    def locate(self, path: str) -> str:
        """Return the place that a path leads to, its last link followed."""
        return self._unlinked(self._place(path))

    def entry(self, path: str) -> Path:
        """Return the place of a path's own name, whatever a link there leads to."""
        return Path(self._place(path))

    def _unlinked(self, place: str) -> str:
        return str(self._inside(Path(place))) if os.path.islink(place) else place  # noqa: PTH114 - as below

    def _place(self, path: str) -> str:
        # str paths are several times faster than those of pathlib, and there are thousands.
        folder, _, name = path.rpartition("/")
        return self._folder(folder) + name

    def _folder(self, folder: str) -> str:
        """Return the place of a folder, with the separator that a name follows; it has been seen once that it is inside."""
        known = self._folders.get(folder)
        if known is None:
            place = self._inside(self.place / folder)
            existing = place
            while not os.path.lexists(existing):
                existing = existing.parent
            if not existing.is_dir():
                raise NotADirectoryError(folder)
            known = self._folders[folder] = os.path.join(place, "")  # noqa: PTH118 - as above
        return known

    def _inside(self, place: Path) -> Path:
        """Follow all links, junctions on Windows too, and refuse what ends outside the root, or in what git keeps there for itself."""
        real, root = Path(os.path.realpath(place)), os.path.realpath(self.place)
        if not real.is_relative_to(root) or is_gits_own(real.relative_to(root).as_posix()):
            raise LeavesRootError(str(place))
        return real


def create(place: str | Path, *parts: bytes, is_synced: bool = False) -> None:
    """Make a file that is not there yet, with the permissions of any new file; leave none if that fails.

    Args:
        place: where.
        parts: what it holds, one after the other.
        is_synced: return only when it would survive a loss of power.
    """
    handle = os.open(place, _NEW_FILE, 0o666)
    try:
        try:
            for part in parts:
                if (written := os.write(handle, part)) != len(part):
                    _write_rest(handle, memoryview(part)[written:])
            if is_synced:
                os.fsync(handle)
        finally:
            os.close(handle)
    except BaseException:
        Path(place).unlink(missing_ok=True)
        raise


def _write_rest(handle: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(handle, rest) :]


def _read(handle: int) -> bytes:
    """Read a file in one call, or in more where it grew or the system gave less; what is no file was opened without blocking."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise IsADirectoryError
    data = os.read(handle, status.st_size + 1)
    if len(data) == status.st_size:
        return data
    parts = [data]
    while data := os.read(handle, _MUCH):
        parts.append(data)
    return b"".join(parts)


def sync_all(places: Collection[str | Path], after: int = 0) -> None:
    """Have files, or the names in folders, survive a loss of power: all of them at once where the system waits until that is so.

    Args:
        places: the files, or the folders.
        after: how many were synced just before. Where those were many, all at once has little left to do.
    """
    if len(places) + after > _MANY and sys.platform == "linux":
        os.sync()
        return
    for place in places:
        sync(Path(place))


def sync(place: Path) -> None:
    """Have a file, or the names in a folder, survive a loss of power; Windows does that for folders by itself."""
    if place.is_dir() and not hasattr(os, "O_DIRECTORY"):  # pragma: no cover - Windows
        return
    handle = os.open(place, os.O_RDWR if place.is_file() and os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
