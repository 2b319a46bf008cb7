"""Waits for sources to be saved. The only module that knows watchfiles."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final, Protocol

from composer.errors import ComposerError, Diagnostics
from composer.home import MISNAMED_FILE, SOURCE_FOLDERS, WORKSPACE_FILE
from composer.source import unlocated

__all__ = ["Changes", "SourceChanges", "is_of_sources"]

QUIET: Final = 5
"""Milliseconds without a further change after which what was saved is looked at: an editor makes several for one save.

The system is asked that often, so less would cost more while nothing happens than it gains when something does."""
QUIET_AT_ROOT: Final = 10
"""The same for what stands in the workspace's own folder, which is saved less often."""
LONGEST: Final = 200
"""Milliseconds after which changes are looked at though there are more of them all the time."""
BEGINS: Final = 500
"""Milliseconds after which it is sure that the system has begun to give notice."""

_AT_ROOT: Final = frozenset({WORKSPACE_FILE, MISNAMED_FILE, *SOURCE_FOLDERS})


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
    return parts[0] in SOURCE_FOLDERS or (len(parts) == 1 and parts[0] in _AT_ROOT)


class SourceChanges:
    """Changes of the sources below one folder; all else in it is not even looked at."""

    def __init__(self, root: Path) -> None:
        """Begin to look at the folder of a workspace."""
        self._root = root
        self._seen: SimpleQueue[frozenset[str] | Exception] = SimpleQueue()
        """The paths of each batch of changes, or what ended the looking."""
        self._end = Event()
        self._end_of_folders = Event()
        self._look((root,), self._end, is_deep=False)
        self._look_into_folders()

    def wait(self, seconds: float | None) -> bool:
        """Wait until a source may have changed; False if none has within ``seconds``.

        Raises:
            ComposerError: if the system gives no notice (``cannot-watch``).
        """
        try:
            batches = [self._seen.get(timeout=seconds)]
        except Empty:
            return False
        while not self._seen.empty():
            batches.append(self._seen.get())
        for batch in batches:
            if isinstance(batch, Exception):
                raise _refusal(batch) from batch
        if any(path in SOURCE_FOLDERS for batch in batches if not isinstance(batch, Exception) for path in batch):
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
        folders = [self._root / name for name in SOURCE_FOLDERS if (self._root / name).is_dir()]
        if folders:
            self._look(folders, self._end_of_folders, is_deep=True)

    def _look(self, places: Iterable[Path], end: Event, *, is_deep: bool) -> None:
        Thread(target=self._tell, args=(tuple(places), end), kwargs={"is_deep": is_deep}, daemon=True).start()

    def _tell(self, places: tuple[Path, ...], end: Event, *, is_deep: bool) -> None:
        """Pass on what the system gives notice of, until the end."""
        from watchfiles import watch  # noqa: PLC0415 - only by who watches

        has_begun = False
        try:
            for changes in watch(
                *places,
                watch_filter=lambda _, path: is_of_sources(self._relative(path)),
                debounce=LONGEST,
                step=QUIET if is_deep else QUIET_AT_ROOT,
                stop_event=end,
                rust_timeout=BEGINS,
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=is_deep,
            ):
                # What was saved before it began is found by looking once more.
                if changes or not has_begun:
                    self._seen.put(frozenset(self._relative(path) for _, path in changes))
                has_begun = True
        except (OSError, RuntimeError) as error:
            if not end.is_set():
                self._seen.put(error)

    def _relative(self, path: str) -> str:
        return Path(path).relative_to(self._root).as_posix()


def _refusal(error: Exception) -> ComposerError:
    diagnostics = Diagnostics()
    message = f"the system gives no notice of changes: {error}"
    hint = "set WATCHFILES_FORCE_POLLING=1 to look for them instead, or build without `--watch`"
    diagnostics.error("cannot-watch", message, unlocated("."), hint)
    return ComposerError(tuple(diagnostics))
