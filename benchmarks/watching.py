"""Times `build --watch`: from a saved source to the last output that follows from it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Final

from benchmarks.measures import LIBRARY_OUTPUTS, Library
from benchmarks.trees import Tree, WrongResultError, digest_of

__all__ = ["Watched", "watch_library"]

POLL: Final = 0.001
LIMIT: Final = 120.0
SETTLES: Final = 1.0
"""Seconds of quiet between a round's last output and the next save."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Seconds from save to written, one for each round, and how many outputs each save changes; or why there are none."""

    seconds: tuple[float, ...] = ()
    outputs: int = 0
    reason: str = ""


def watch_library(command: Sequence[str], environment: Mapping[str, str], root: Path, library: Library, rounds: int) -> Watched:
    """Start watching, then save the edited base and back, once to warm up and ``rounds`` times."""
    tree = Tree(root, library.sources[1])
    changed = {path for path, content in library.outputs[0].items() if library.outputs[1].get(path) != content}
    seconds = []
    try:
        with _watching(command, environment, root) as process:
            _wait(process, root, library.outputs[1])
            for number in range(rounds + 1):
                sleep(SETTLES)
                after = library.outputs[number % 2]
                start = perf_counter()
                tree.update(library.sources[number % 2])
                _wait(process, root, {path: after[path] for path in changed})
                seconds.append(perf_counter() - start)
                LIBRARY_OUTPUTS.check(tree, digest_of(after.items(), bodies_only=False))
    except WrongResultError as wrong:
        return Watched(reason=str(wrong))
    return Watched(tuple(seconds[1:]), len(changed))


@contextmanager
def _watching(command: Sequence[str], environment: Mapping[str, str], root: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, cwd=root, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], root: Path, expected: Mapping[str, bytes]) -> None:
    """Wait until each file has its content, looking at one at a time: what waits must not take the time of what is waited for."""
    deadline = monotonic() + LIMIT
    for number, (path, content) in enumerate(expected.items()):
        seen = -1
        while True:
            stamp = _stamp(root / path)
            # It is read only when it may have changed.
            if stamp not in {seen, -1} and (root / path).read_bytes() == content:
                break
            seen = stamp
            if process.poll() is not None:
                message = f"the watching process ended with {process.returncode}"
                raise WrongResultError(message)
            if monotonic() > deadline:
                message = f"{len(expected) - number} outputs were not written within {LIMIT:.0f} seconds"
                raise WrongResultError(message)
            sleep(POLL)


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return -1
