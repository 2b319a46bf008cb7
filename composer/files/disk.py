"""Finds and reads the files of a workspace on disk, and nothing outside it: names, links and kinds are checked here."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterable
from typing import Final

from composer.cache.evidence import Evidence
from composer.errors import Diagnostics
from composer.files.sources import MAX_BYTES, FoundFile
from composer.records import dataclass
from composer.source import unlocated

__all__ = ["Disk"]

# A link is resolved and judged before its target is opened, so opening follows none; and a pipe must not block before it is refused.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    place: str


class Disk:
    """The folder of one workspace."""

    def __init__(self, root: str, diagnostics: Diagnostics, evidence: Evidence | None = None) -> None:
        """Look at ``root``, which need not exist; what is wrong with its files goes to ``diagnostics``, what is read to ``evidence``."""
        self.name = root
        self._root = os.path.realpath(root)
        self._inside = self._root.rstrip(os.sep) + os.sep
        self._diagnostics = diagnostics
        self._evidence = evidence
        self.refused: tuple[str, ...] = ()
        """The paths, as in :class:`FoundFile`, of links that were not followed."""

    # --- finding ------------------------------------------------------------------------------------------------------

    def find_file(self, name: str) -> FoundFile | None:
        """Return a file at the root of the workspace, or None where there is none (or none that may be read)."""
        place = os.path.join(self._root, name)  # noqa: PTH118 - str paths are several times faster, and there are thousands
        if not os.path.lexists(place):
            return None
        real = self._resolve(name, place)
        if real is None or not self._is_file(name, real):
            return None
        self._note_found((found := FoundFile(name, real),))
        return found

    def has_folder(self, name: str) -> bool:
        """Whether the workspace has a folder, or something else, of this name at its root."""
        return os.path.lexists(os.path.join(self._root, name))  # noqa: PTH118 - as above

    def find_files(self, folder: str) -> list[FoundFile]:
        """Return the files in a folder and all folders below it, ordered by path. What begins with a dot is left out.

        Links to what is inside the workspace are followed, each folder is read once. What leads out is an error.
        """
        place = os.path.join(self._root, folder)  # noqa: PTH118 - as above
        if not os.path.lexists(place):
            return []
        real = self._resolve(folder, place)
        if real is None:
            return []
        if not os.path.isdir(real):  # noqa: PTH112 - as above
            self._diagnostics.error("not-a-folder", f"`{folder}` is not a folder", unlocated(folder), "rename it")
            return []
        return self._walk(_Folder(folder, real))

    def _walk(self, start: _Folder) -> list[FoundFile]:
        found: list[FoundFile] = []
        seen: set[str] = set()
        # Linked folders come last: then it is the link that is told to lead to what was read, never the folder itself.
        folders, linked = deque([start]), deque[_Folder]()
        while folders or linked:
            is_link = not folders
            folder = linked.popleft() if is_link else folders.popleft()
            if folder.place in seen:
                if is_link:
                    hint = "take the link away, or include the fragments by their own ids"
                    message = f"the link `{folder.path}` leads to a folder that is read already"
                    self._diagnostics.error("folder-twice", message, unlocated(folder.path), hint)
                continue
            seen.add(folder.place)
            for entry in self._entries(folder):
                self._sort(entry, f"{folder.path}/{_printable(entry.name)}", (found, folders, linked))
        self._note_found(found)
        return sorted(found, key=lambda file: file.path)

    def _note_found(self, files: Iterable[FoundFile]) -> None:
        if self._evidence is not None:
            for file in files:
                self._evidence.found(file.path)

    def _entries(self, folder: _Folder) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder.place) as entries:
                return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
        except OSError as error:
            self._unreadable(folder.path, error)
            return []

    def _sort(self, entry: os.DirEntry[str], path: str, into: tuple[list[FoundFile], deque[_Folder], deque[_Folder]]) -> None:
        found, folders, linked = into
        if entry.is_symlink() or _is_junction(entry):
            real = self._resolve(path, entry.path)
            if real is None:
                return
            if os.path.isdir(real):  # noqa: PTH112 - as above
                linked.append(_Folder(path, real))
            elif self._is_file(path, real):
                found.append(FoundFile(path, real))
        elif entry.is_dir(follow_symlinks=False):
            folders.append(_Folder(path, entry.path))
        else:
            # Whether it is a regular file shows when it is opened: most that stand here are never read.
            found.append(FoundFile(path, entry.path))

    def _resolve(self, path: str, place: str) -> str | None:
        real = os.path.realpath(place)
        if real.startswith(self._inside):
            return real
        message = f"the link `{path}` leads out of the workspace"
        self._diagnostics.error("outside-workspace", message, unlocated(path), "put a copy of the file into the workspace")
        self.refused += (path,)
        return None

    def _is_file(self, path: str, real: str) -> bool:
        if os.path.isfile(real):  # noqa: PTH113 - as above
            return True
        message = f"`{path}` is not a file" if os.path.lexists(real) else f"the link `{path}` leads nowhere"
        self._diagnostics.error("not-a-file", message, unlocated(path), "take it away, or put a file in its place")
        self.refused += (path,)
        return False

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(self, file: FoundFile, diagnostics: Diagnostics) -> bytes | None:
        """Return what a file holds, cut off somewhere beyond the cap; None where it cannot be read, which ``diagnostics`` then says."""
        try:
            handle = os.open(file.place, _FLAGS)
        except OSError as error:
            self._unreadable(file.path, error, diagnostics)
            return None
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                hint = "take it away, or put a file in its place"
                diagnostics.error("not-a-file", f"`{file.path}` is not a regular file", unlocated(file.path), hint)
                return None
            data = _read_all(handle, min(status.st_size, MAX_BYTES))
        except OSError as error:
            self._unreadable(file.path, error, diagnostics)
            return None
        finally:
            os.close(handle)
        if self._evidence is not None:
            self._evidence.read(file.path, data)
        return data

    def _unreadable(self, path: str, error: OSError, diagnostics: Diagnostics | None = None) -> None:
        reason = error.strerror or type(error).__name__
        message = f"`{path}` cannot be read: {reason[:1].lower()}{reason[1:]}"
        (diagnostics or self._diagnostics).error("unreadable", message, unlocated(path), "look at the rights of the file")


def _read_all(handle: int, size: int) -> bytes:
    """Read a file in one call, or in more where it grew or the system gave less; never more than a little over the cap."""
    data = os.read(handle, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    total = len(data)
    while total <= MAX_BYTES and (data := os.read(handle, MAX_BYTES)):
        parts.append(data)
        total += len(data)
    return b"".join(parts)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    # Windows' other kind of link; Python knows it from 3.12.
    is_junction = getattr(entry, "is_junction", None)
    return bool(is_junction and is_junction())


def _printable(name: str) -> str:
    """A name that is not text in the system's encoding holds stand-ins that cannot be printed."""
    return name.encode(errors="backslashreplace").decode()
