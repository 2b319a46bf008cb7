"""Work that is shared out among forked processes, each of which begins with all that this one has read.

What a process does not deliver, for whatever reason, is simply not there: the caller does it itself, and meets the same failure if it was
one. Without ``fork`` (Windows), or beside threads, nothing is shared out.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final, TypeVar

__all__ = ["processors", "shared_out"]

Result = TypeVar("Result")

_SIZE: Final = 8
"""Bytes in which the length of a result is sent."""


def processors() -> int:
    """Return how many processes can run at a time; 1 where work cannot be shared out."""
    threading = sys.modules.get("threading")
    if not hasattr(os, "fork") or (threading is not None and threading.active_count() > 1):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def shared_out(
    items: Sequence[str], work: Callable[[str], Result], processes: int, known: Mapping[str, object]
) -> Iterator[Callable[[], dict[str, Result]]]:
    """Have other processes do a part of the work while this one does the rest.

    Args:
        items: what the work is done for. The first, and every further one at a distance of ``processes``, is left to the caller.
        work: does it for one item. What it returns is pickled.
        processes: how many share the work, this one included; with 1, all is left to the caller.
        known: objects that exist already, by a name: they come back as themselves, not as copies.

    Yields:
        A function that waits for the others and returns what they delivered, by item.
    """
    others = [_start(items[number::processes], work, known) for number in range(1, min(processes, len(items)))]
    by_name = dict(known)
    try:
        yield lambda: {item: result for reader, _ in others for item, result in _received(reader, by_name).items()}
    finally:
        for reader, process in others:
            os.close(reader)
            os.waitpid(process, 0)


def _start(items: Sequence[str], work: Callable[[str], object], known: Mapping[str, object]) -> tuple[int, int]:
    """Start a process; return the end of a pipe that its results come out of, and its number."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        os.close(writer)
        return reader, process
    # From here on this is the other process: it must not come back to the caller, whatever happens.
    try:
        os.close(reader)
        # All is done before anything is sent: who is to hear it is at work as well.
        for result in [_pickled((item, work(item)), known) for item in items]:
            _send(writer, len(result).to_bytes(_SIZE, "big") + result)
    finally:
        os._exit(0)


def _send(writer: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(writer, rest) :]


def _received(reader: int, known: Mapping[str, object]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with open(reader, "rb", closefd=False) as pipe:
        while len(size := pipe.read(_SIZE)) == _SIZE:
            result = pipe.read(length := int.from_bytes(size, "big"))
            if len(result) == length:  # else the other ended before it had sent everything
                item, found[item] = _Reader(BytesIO(result), known).load()
    return found


def _pickled(result: object, known: Mapping[str, object]) -> bytes:
    stream = BytesIO()
    _Writer(stream, known).dump(result)
    return stream.getvalue()


class _Writer(pickle.Pickler):
    """Writes the name of what both sides know."""

    def __init__(self, stream: BytesIO, known: Mapping[str, object]) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self._names = {id(value): name for name, value in known.items()}

    def persistent_id(self, value: object) -> str | None:
        return self._names.get(id(value))


class _Reader(pickle.Unpickler):
    """Reads what our own process wrote, through a pipe that nobody else has an end of."""

    def __init__(self, stream: BytesIO, known: Mapping[str, object]) -> None:
        super().__init__(stream)
        self._known = known

    def persistent_load(self, name: str) -> object:
        return self._known[name]
