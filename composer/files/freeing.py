"""Lets files that are replaced go beside other work, and side by side.

A file whose name is given to another is freed when the last who holds it open lets go. Some file systems wait for the disk whenever they
free a file: a thousand of them take seconds, one after the other. So each is held open while others are renamed, and closed in a thread.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock, start_new_thread
from contextlib import suppress
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
"""How many files there are for each thread at least: starting it takes as long as closing a few where the system does not wait."""
_PATIENCE: Final = 0.05
"""Seconds to wait for a thread before asking again whether it is done."""


class Freeing:
    """Holds files that are being replaced; on leaving it, all of them are closed.

    Each is closed once, and nothing is waited for twice, also where Ctrl-C comes in between.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._held: list[int] = []
        self._closing: list[int] = []
        """What threads take from, and whoever waits for them."""
        self._closers: list[_Closer] = []
        self._most = _most_held()

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait until all that were held are closed."""
        self.begin()
        self._finish()

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
        self._finish()
        # In this order: cut short in the middle, both are one list, which is emptied once.
        self._closing, self._held = self._held, []
        for _ in range(min(len(self._closing) // _ENOUGH, _CLOSERS)):
            closer = _Closer()
            try:
                # `threading` would wait until each thread has begun, which takes longer than most of them do.
                start_new_thread(closer.run, (self._closing,))
            except RuntimeError:  # there can be no more threads
                return
            self._closers.append(closer)

    def _finish(self) -> None:
        """Close what no thread has come to, and wait for those that have begun."""
        _close_all(self._closing)
        while self._closers:
            self._closers[-1].wait()
            self._closers.pop()


class _Closer:
    """A thread that closes files."""

    __slots__ = ("_is_busy", "_is_done")

    def __init__(self) -> None:
        self._is_done = False
        self._is_busy = allocate_lock()
        self._is_busy.acquire()

    def run(self, handles: list[int]) -> None:
        """Close files until there are no more."""
        try:
            _close_all(handles)
        finally:
            self._is_done = True
            self._is_busy.release()

    def wait(self) -> None:
        """Wait until it is done. The lock tells at once; whoever was interrupted with it in his hands has the other."""
        while not self._is_done:
            self._is_busy.acquire(timeout=_PATIENCE)


def _most_held() -> int:
    """Return how many files may be held open."""
    # A system that opens files for itself alone would not let them be replaced.
    if sys.platform == "win32":  # pragma: no cover - Windows
        return 0
    from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit  # noqa: PLC0415 - Windows has none

    allowed, _ = getrlimit(RLIMIT_NOFILE)
    return _MOST_HELD if allowed == RLIM_INFINITY else min(_MOST_HELD, allowed // _SHARE)


def _close_all(handles: list[int]) -> None:
    """Close files, each of which is taken from the list, by this thread or by another."""
    # What a file that was replaced has still to say is of no use to anybody.
    with suppress(IndexError):
        while True:
            handle = handles.pop()
            with suppress(OSError):
                os.close(handle)
