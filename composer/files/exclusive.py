"""One run at a time writes below a folder.

On POSIX the folder itself is locked (``flock``): nothing is left behind, and the system lets go when a process ends, however it ends, so
there is no lock that is stale. Windows locks no folders; there it is a file that is made only if it is not there, and that the system
removes with the process. A file system that knows no locks is written to without one: a transaction still finds every file that
another run has changed meanwhile, and ends without a change of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["BusyError", "Wait", "hold"]

Wait = Callable[[int], bool]
"""Is asked before each new try, with its number from 1: whether to try again. Whoever wants to wait does so in it."""


class BusyError(Exception):
    """Another run is writing below the folder."""


@contextmanager
def hold(folder: Path, wait: Wait) -> Iterator[None]:
    """Keep other runs from writing below ``folder``, which is made if it is not there.

    Args:
        folder: the root of what is written.
        wait: is asked whether to try again while another run is at work.

    Raises:
        BusyError: if another run is at work, and it was not to be tried again.
        OSError: if the folder cannot be made or opened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tries = 0
    while (handle := _try(folder)) is None:
        tries += 1
        if not wait(tries):
            raise BusyError(str(folder))
    try:
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":  # pragma: no cover

    def _try(folder: Path) -> int | None:
        try:
            flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_TEMPORARY
            return os.open(folder / ".agent-composer.busy", flags)
        except (FileExistsError, PermissionError):
            return None

else:
    import fcntl

    def _try(folder: Path) -> int | None:
        """Return an open handle that has the lock, None where another has it."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:  # this file system has no locks
            pass
        except BaseException:
            os.close(handle)
            raise
        return handle
