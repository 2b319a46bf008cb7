"""Kills builds and other commands at every call that changes the disk, and proves that the next run puts everything right.

Prints, for each scenario, how many points were tried, and how many went wrong (which is the one figure that has to be 0). `make crash`
runs all of them, on 200 files.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from crash_points import COMMANDS, SCENARIOS, Bench, CommandBench, Scenario  # noqa: E402 - found by the line above

FEWER = 5
"""How many times fewer files the other builds have."""
EDITED = 3
"""After each so many points, a file is edited by hand before the next build."""


@dataclass(frozen=True)
class Trial:
    """A scenario, and how many files it has."""

    scenario: Scenario
    files: int


def trials(files: int) -> list[Trial]:
    """Return what is tried."""
    mixed, *others = SCENARIOS
    return [Trial(mixed, files), *(Trial(scenario, files // FEWER) for scenario in others)]


def try_part(trial: Trial, part: int, parts: int) -> tuple[Counter[str], list[str]]:
    """Try the points of a trial whose number belongs to this part."""
    tried: Counter[str] = Counter()
    wrong: list[str] = []
    memory = Path("/dev/shm")  # noqa: S108 - where it is there, syncing costs nothing
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        bench = Bench(Path(folder), trial.scenario, trial.files)
        for number, point in enumerate(bench.points()):
            if number % parts != part:
                continue
            tried[point.how] += 1
            if problem := bench.crash(point):
                wrong.append(f"{trial.scenario.name} {point}: {problem}")
            if bench.paths and number // parts % EDITED == 0:
                tried["then edited"] += 1
                path = bench.paths[number * 7 % len(bench.paths)]
                if problem := bench.crash_and_edit(point, path, f"by hand after {point}\n"):
                    wrong.append(f"{trial.scenario.name} {point}, then edited: {problem}")
    return tried, wrong


def try_command(name: str) -> tuple[Counter[str], list[str]]:
    """Try all points of a command that changes sources: all or nothing of it has to be there."""
    tried: Counter[str] = Counter()
    wrong: list[str] = []
    memory = Path("/dev/shm")  # noqa: S108 - as above
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        bench = CommandBench(Path(folder), name)
        for point in list(bench.points()):
            tried[point.how] += 1
            if problem := bench.crash(point):
                wrong.append(f"{name} {point}: {problem}")
    return tried, wrong


def main() -> int:
    """Try everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200, help="how many files the large build has")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    failures: list[str] = []
    total = 0
    with ProcessPoolExecutor(options.jobs) as pool:
        for number, trial in enumerate(trials(options.files)):
            parts = [pool.submit(_part, options.files, number, part, options.jobs) for part in range(options.jobs)]
            results = [part.result() for part in parts]
            tried = sum((counts for counts, _ in results), Counter[str]())
            wrong = [problem for _, problems in results for problem in problems]
            failures += wrong
            total += tried.total()
            _print(f"{trial.scenario.name}, {trial.files} files", tried, wrong)
        for name, (tried, wrong) in zip(COMMANDS, pool.map(try_command, COMMANDS), strict=True):
            failures += wrong
            total += tried.total()
            _print(f"command {name}", tried, wrong)
    print(f"{'all':<24} {total:>6} points tried, {len(failures)} wrong")
    print("".join(f"{failure}\n" for failure in failures[:20]), end="")
    return 1 if failures else 0


def _print(name: str, tried: Counter[str], wrong: list[str]) -> None:
    kinds = ", ".join(f"{count} {how}" for how, count in sorted(tried.items()))
    print(f"{name:<24} {tried.total():>6} points tried, {len(wrong)} wrong  ({kinds})", flush=True)


def _part(files: int, trial: int, part: int, parts: int) -> tuple[Counter[str], list[str]]:
    return try_part(trials(files)[trial], part, parts)


if __name__ == "__main__":
    sys.exit(main())
