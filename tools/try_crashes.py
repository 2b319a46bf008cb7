"""Kills builds at every call that changes the disk, and proves that the next build puts everything right.

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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from crash_points import FOLDER, SCENARIOS, Bench, Scenario  # noqa: E402 - found by the line above


def try_scenario(scenario: Scenario, total: int, part: int, parts: int) -> tuple[Counter[str], list[str]]:
    """Try every point of a scenario whose number belongs to this part."""
    tried: Counter[str] = Counter()
    wrong: list[str] = []
    memory = Path("/dev/shm")  # noqa: S108 - where it is there, syncing costs nothing
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        bench = Bench(Path(folder), scenario, total)
        for number, point in enumerate(bench.points()):
            if number % parts != part:
                continue
            tried[point.how] += 1
            if problem := bench.crash(point):
                wrong.append(f"{scenario.name} {point}: {problem}")
            if scenario.name != "last" and number % 3 == 0:
                tried["then edited"] += 1
                path = f"{FOLDER}/created-{number % (total // 4):03}.md"
                if problem := bench.crash_and_edit(point, path, f"by hand after {point}\n"):
                    wrong.append(f"{scenario.name} {point}, then edited: {problem}")
    return tried, wrong


def main() -> int:
    """Try all scenarios and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200, help="how many files a build has")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    failures: list[str] = []
    sum_of_all = 0
    with ProcessPoolExecutor(options.jobs) as pool:
        for number, scenario in enumerate(SCENARIOS):
            parts = [pool.submit(_part, number, options.files, part, options.jobs) for part in range(options.jobs)]
            results = [part.result() for part in parts]
            tried = sum((counts for counts, _ in results), Counter[str]())
            wrong = [problem for _, problems in results for problem in problems]
            failures += wrong
            sum_of_all += tried.total()
            kinds = ", ".join(f"{count} {how}" for how, count in sorted(tried.items()))
            print(f"{scenario.name:<10} {tried.total():>6} points tried, {len(wrong)} wrong  ({kinds})", flush=True)
    print(f"{'all':<10} {sum_of_all:>6} points tried, {len(failures)} wrong")
    print("\n".join(failures[:20]))
    return 1 if failures else 0


def _part(scenario: int, total: int, part: int, parts: int) -> tuple[Counter[str], list[str]]:
    return try_scenario(SCENARIOS[scenario], total, part, parts)


if __name__ == "__main__":
    sys.exit(main())
