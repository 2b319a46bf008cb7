"""Cases, and the rounds that run them in turn: A B C, A B C, and so on, each a whole process that is verified after it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Final, Protocol, Self

from benchmarks.trees import WrongResultError

__all__ = ["Case", "Sample", "Stopwatch", "Timer", "run_rounds"]

SLOW: Final = 5.0
"""Seconds from which on a case gets fewer rounds."""
ROUNDS_WHEN_SLOW: Final = 3
LIMIT: Final = 1800
"""Seconds after which a command is killed, and its case has failed."""
_SHOWN_OF_LOG: Final = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds by the clock, seconds of processor time, MiB at the peak of its largest process, exit code."""

    wall: float
    cpu: float
    peak: float
    exit: int


class Timer(Protocol):
    """Whatever runs a command and accounts for it."""

    def run(self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> Sample:
        """Run a command in a folder, its output going to ``log``."""


@dataclass(slots=True, eq=False)
class Case:
    """One command under one measure.

    ``prepare`` brings a round's state about, untimed. ``verify`` looks at the result, and raises ``WrongResultError``. Both get the number
    of the round; round 0 is the warm-up. ``made_ready`` is a command that is run once before it.
    """

    measure: str
    contender: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    prepare: Callable[[int], None]
    verify: Callable[[int, str], None]
    made_ready: Sequence[str] = ()
    has_warm_up: bool = True
    samples: dict[int, Sample] = field(default_factory=dict)
    failure: str = ""
    rounds: int = 0

    @property
    def wall(self) -> float:
        """The median by the clock, in seconds."""
        return median(sample.wall for sample in self.samples.values())


class Stopwatch:
    """The small process that starts what is timed; see ``stopwatch.py``."""

    def __enter__(self) -> Self:
        """Start it."""
        script = Path(__file__).with_name("stopwatch.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """End it."""
        self._process.communicate()

    def run(self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> Sample:
        """Run a command, and give its sample."""
        streams = self._process
        if streams.stdin is None or streams.stdout is None:
            message = "the stopwatch is not running"
            raise RuntimeError(message)
        request = {"argv": list(command), "cwd": str(folder), "env": dict(environment), "log": str(log), "limit": LIMIT}
        streams.stdin.write(json.dumps(request) + "\n")
        streams.stdin.flush()
        return Sample(**json.loads(streams.stdout.readline()))


def run_rounds(cases: Sequence[Case], rounds: int, timer: Timer, log: Path) -> float:
    """Run all cases once to warm up, then ``rounds`` times in turn; samples and failures are kept in the cases.

    Returns:
        The highest load average of the last minute that was seen between rounds.
    """
    loads = []
    for number in range(rounds + 1):
        for case in cases:
            if number == 0:
                _begin(case, rounds, timer, log)
            elif number <= case.rounds and not case.failure:
                _run(case, number, timer, log)
        loads.append(os.getloadavg()[0])
        print(f"{'warm-up' if number == 0 else f'round {number} of {rounds}'} done", file=sys.stderr)
    return max(loads)


def _begin(case: Case, rounds: int, timer: Timer, log: Path) -> None:
    """Make a case ready, warm it up, and settle how many rounds it gets."""
    if case.made_ready and timer.run(case.made_ready, case.folder, case.environment, log).exit:
        case.failure = f"what makes it ready fails: {_tail(log)}"
        return
    case.rounds = min(rounds, ROUNDS_WHEN_SLOW)
    if case.has_warm_up:
        _run(case, 0, timer, log)
        if (warm_up := case.samples.pop(0, None)) is not None and warm_up.wall < SLOW:
            case.rounds = rounds


def _run(case: Case, number: int, timer: Timer, log: Path) -> None:
    case.prepare(number)
    sample = timer.run(case.command, case.folder, case.environment, log)
    try:
        if sample.exit:
            message = f"exit code {sample.exit}: {_tail(log)}"
            raise WrongResultError(message)  # noqa: TRY301 - one way for whatever is wrong with a run
        case.verify(number, log.read_text(encoding="utf-8", errors="replace"))
    except WrongResultError as wrong:
        case.failure = str(wrong)
        case.samples.clear()
    else:
        case.samples[number] = sample


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it printed nothing"]
    return lines[-1][:_SHOWN_OF_LOG]
