"""Lets files that are replaced go beside other work, and side by side.

A file whose name is given to another is freed when the last who holds it open lets go. Some file systems wait for the disk whenever they
free a file: a thousand of them take seconds, one after the other. So each is held open while others are renamed, and closed in a thread.
"""

from __future__ import annotations

import os
import sys
from _thread import LockType, allocate_lock, start_new_thread
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Final, Self

__all__ = ["Freeing"]

_MOST_HELD: Final = 256
"""How many replaced files are held open at most, and as many again that are just being closed."""
_SHARE: Final = 5
"""A process may have 256 files open in all, in some places: so many times what is held has to fit."""
_CLOSERS: Final = 16
"""Threads that close files. They wait more than they work."""
_ENOUGH: Final = 4
"""How many files a thread closes at least: starting it takes as long as closing a few where the system does not wait."""


class Freeing:
    """Holds files that are being replaced; on leaving it, all of them are closed."""

    def __init__(self) -> None:
        """Start with none."""
        self._held: list[int] = []
        self._closers: list[LockType] = []
        self._most = _most_held()

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait until all that were held are closed."""
        self.begin()
        self._wait()

    def hold(self, handle: int) -> None:
        """Take an open file before another comes to its place."""
        if not self._most:  # pragma: no cover - Windows
            os.close(handle)
            return
        if len(self._held) >= self._most:
            self.begin()
        self._held.append(handle)

    def begin(self) -> None:
        """Close what is held, beside whatever comes next."""
        self._wait()
        count = min(len(self._held) // _ENOUGH, _CLOSERS)
        if count < 1:
            _close_each(self._held)
        # `threading` would wait until each thread has begun, which takes longer than most of them do.
        self._closers = [_close_beside(self._held[number::count]) for number in range(count)]
        self._held = []

    def _wait(self) -> None:
        for closer in self._closers:
            closer.acquire()
        self._closers = []


def _most_held() -> int:
    """Return how many files may be held open."""
    # A system that opens files for itself alone would not let them be replaced.
    if sys.platform == "win32":  # pragma: no cover - Windows
        return 0
    from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit  # noqa: PLC0415 - Windows has none

    allowed, _ = getrlimit(RLIMIT_NOFILE)
    return _MOST_HELD if allowed == RLIM_INFINITY else min(_MOST_HELD, allowed // _SHARE)


def _close_beside(handles: Sequence[int]) -> LockType:
    """Close files in a thread; return a lock that is free when that is done."""
    closer = allocate_lock()
    closer.acquire()
    try:
        start_new_thread(_close_and_tell, (handles, closer))
    except RuntimeError:  # there can be no more threads
        _close_and_tell(handles, closer)
    return closer


def _close_and_tell(handles: Sequence[int], closer: LockType) -> None:
    try:
        _close_each(handles)
    finally:
        closer.release()


def _close_each(handles: Iterable[int]) -> None:
    for handle in handles:
        os.close(handle)
