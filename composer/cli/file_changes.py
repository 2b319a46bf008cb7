"""Waits for sources to be saved. The only module that knows watchfiles."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final, Protocol

__all__ = ["Changes", "SourceChanges", "is_of_sources"]

QUIET: Final = 10
"""Milliseconds without a further change after which what was saved is looked at: an editor makes several for one save."""
LONGEST: Final = 200
"""Milliseconds after which changes are looked at though there are more of them all the time."""

_FOLDERS: Final = ("fragments", "profiles")
_AT_ROOT: Final = frozenset({"agent-composer.yaml", "agent-composer.yml", *_FOLDERS})


class Changes(Protocol):
    """Changes of sources, as they happen."""

    def wait(self, seconds: float | None) -> bool:
        """Wait until a source may have changed, and take note of it; False if none has within ``seconds``. None waits for ever."""

    def are_due(self) -> bool:
        """Whether a source may have changed of which no note was taken."""


def is_of_sources(path: str) -> bool:
    """Whether a path, relative to the workspace, can be a source or a folder of them; outputs, the lock and hidden files are none."""
    parts = Path(path).parts
    if not parts or any(part.startswith(".") for part in parts):
        return False
    return parts[0] in _FOLDERS or (len(parts) == 1 and parts[0] in _AT_ROOT)


class SourceChanges:
    """Changes of the sources below one folder; all else in it is not even looked at."""

    def __init__(self, root: Path) -> None:
        """Begin to look at the folder of a workspace."""
        self._root = root
        self._seen: SimpleQueue[bool] = SimpleQueue()
        self._end = Event()
        self._end_of_folders = Event()
        self._look((root,), self._end, is_deep=False)
        self._look_into_folders()

    def wait(self, seconds: float | None) -> bool:
        """Wait until a source may have changed; False if none has within ``seconds``."""
        try:
            changes = [self._seen.get(timeout=seconds)]
        except Empty:
            return False
        while not self._seen.empty():
            changes.append(self._seen.get())
        if any(changes):
            self._look_into_folders()
        return True

    def are_due(self) -> bool:
        """Whether a source may have changed since."""
        return not self._seen.empty()

    def end(self) -> None:
        """Look no more."""
        self._end.set()
        self._end_of_folders.set()

    def _look_into_folders(self) -> None:
        """Look into the folders of sources; anew, where one of them was made, or made again."""
        self._end_of_folders.set()
        self._end_of_folders = Event()
        folders = [self._root / name for name in _FOLDERS if (self._root / name).is_dir()]
        if folders:
            self._look(folders, self._end_of_folders, is_deep=True)

    def _look(self, places: Iterable[Path], end: Event, *, is_deep: bool) -> None:
        from watchfiles import Change, watch  # noqa: PLC0415 - only by who watches

        root = self._root

        def is_wanted(_: Change, path: str) -> bool:
            return is_of_sources(Path(path).relative_to(root).as_posix())

        # Changes are noticed from here on, before the thread has begun.
        found = watch(
            *places,
            watch_filter=is_wanted,
            debounce=LONGEST,
            step=QUIET,
            stop_event=end,
            rust_timeout=0,
            raise_interrupt=False,
            recursive=is_deep,
        )

        def tell() -> None:
            for changes in found:
                self._seen.put(any(path == str(root / name) for _, path in changes for name in _FOLDERS))

        Thread(target=tell, daemon=True).start()
