"""The runner: ``python -m benchmarks``, or ``make bench``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.chart import draw_chart
from benchmarks.contenders import OURS, Contender, environment, floors, of_peer, offered_options, ours, python_itself
from benchmarks.machine import describe_machine
from benchmarks.measures import (
    LARGEST_FOR_ALL,
    Library,
    Measure,
    Plan,
    agents_measures,
    environment_in,
    library_measures,
    read_library,
    start_measure,
)
from benchmarks.peers import PEERS, FoundPeer, find_peers, node_version
from benchmarks.results import CHART, Results, write_results
from benchmarks.rounds import Stopwatch, run_rounds
from benchmarks.targets import outcomes
from benchmarks.trees import Tree
from benchmarks.watching import Watched, watch_library

HERE: Final = Path(__file__).resolve().parent
PROJECT: Final = HERE.parent
SCRATCH: Final = PROJECT / ".bench"
SIZES: Final = (5, 100, 1000, 10_000)
QUICK_SIZES: Final = (5, 100)
ROUNDS: Final = 7
QUICK_ROUNDS: Final = 3
MEASURES: Final = ("start", "full", "large", "noop", "check", "everywhere", "rare", "profile", "explain", "library", "watch", "stages")
CONTENDERS: Final = ("ours", "floor", *(peer.name for peer in PEERS))


@dataclass(frozen=True, slots=True)
class Choice:
    """What a run was asked for."""

    rounds: int
    sizes: tuple[int, ...]
    measures: frozenset[str]
    contenders: frozenset[str]
    out: Path
    scratch: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, write the results, and return 1 if a case failed."""
    choice = _read(arguments)
    work = choice.scratch / "work"
    try:
        results = _measure(choice, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    choice.out.mkdir(parents=True, exist_ok=True)
    (choice.out / "RESULTS.md").write_text(write_results(results), encoding="utf-8")
    charted = [measure for measure in results.measures if measure.name.startswith(("full-", "noop-", "everywhere-"))]
    main_size = _main_size(choice.sizes)
    panels = [measure for measure in charted if measure.name.endswith(f"-{main_size}")]
    (choice.out / CHART).write_text(draw_chart(panels), encoding="utf-8")
    for case in results.failures:
        print(f"failed: {case.contender} in {case.measure}: {case.failure}", file=sys.stderr)
    print(f"wrote {choice.out / 'RESULTS.md'}", file=sys.stderr)
    return 1 if results.failures else 0


def _read(arguments: Sequence[str] | None) -> Choice:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time agent-composer against the floor and its peers.")
    parser.add_argument("--rounds", type=int, help=f"counted runs of each case ({ROUNDS})")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds, and no more than {QUICK_SIZES[-1]} agents")
    parser.add_argument(
        "--only", default="", metavar="NAMES", help=f"some of these, with commas: {', '.join(MEASURES)}; and of: {', '.join(CONTENDERS)}"
    )
    parser.add_argument("--sizes", metavar="NUMBERS", help=f"numbers of agents, with commas ({','.join(map(str, SIZES))})")
    parser.add_argument("--out", type=Path, help="the folder for RESULTS.md; this one for a whole run, .bench/ for a part of it")
    parser.add_argument("--scratch", type=Path, default=SCRATCH, help="the folder for peers and workloads (.bench/)")
    options = parser.parse_args(arguments)
    names = frozenset(filter(None, options.only.split(",")))
    if unknown := names - {*MEASURES, *CONTENDERS}:
        parser.error(f"--only knows no {', '.join(sorted(unknown))}")
    sizes = tuple(sorted(map(int, options.sizes.split(",")))) if options.sizes else QUICK_SIZES if options.quick else SIZES
    if sizes[0] < 1 or sizes[0] > LARGEST_FOR_ALL:
        parser.error(f"one of the sizes must be from 1 to {LARGEST_FOR_ALL}")
    is_whole = not names and not options.quick and not options.sizes
    return Choice(
        rounds=options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS),
        sizes=sizes,
        measures=names & {*MEASURES} or frozenset(MEASURES),
        contenders=names & {*CONTENDERS} or frozenset(CONTENDERS),
        out=(options.out or (HERE if is_whole else SCRATCH)).resolve(),
        scratch=options.scratch.resolve(),
    )


def _main_size(sizes: Sequence[int]) -> int:
    return max(size for size in sizes if size <= LARGEST_FOR_ALL)


def _measure(choice: Choice, work: Path) -> Results:
    """Install, write the workloads, run the rounds, and hold the figures against the targets."""
    peers = find_peers(choice.scratch / "peers", set(choice.contenders))
    contenders = _contenders(choice, peers)
    plan = Plan(work, contenders)
    npm_path = next((found.path for found in peers if found.peer.registry == "npm"), os.environ.get("PATH", os.defpath))
    machine = describe_machine(PROJECT, node_version(npm_path))
    own = next((one for one in contenders if one.name == OURS), None)
    with Stopwatch() as timer:
        work.mkdir(parents=True, exist_ok=True)
        library = read_library(plan, timer) if own and choice.measures & {"library", "watch", "stages"} else None
        measures = _measures(choice, plan, library)
        cases = [case for measure in measures for case in measure.cases]
        load = run_rounds(cases, choice.rounds, timer, work / "log")
        watched = _watch(choice, own, work, library)
        stages, missing = _stages(choice, own, work, library, timer)
    by_key = {(case.measure, case.contender): case for case in cases}
    large = max(SIZES[-1], *choice.sizes)
    found = outcomes(by_key, _main_size(choice.sizes), large, watched, {one.peer.name: one.reason for one in peers if one.reason})
    return Results(machine, choice.rounds, load, measures, peers, found, watched, stages, missing)


def _contenders(choice: Choice, peers: Sequence[FoundPeer]) -> list[Contender]:
    home = choice.scratch / "home"
    contenders = [python_itself(home), *floors(home)] if "floor" in choice.contenders else []
    if "ours" in choice.contenders:
        contenders = [*ours(home), *contenders]
    return contenders + [of_peer(found, home) for found in peers if not found.reason]


def _measures(choice: Choice, plan: Plan, library: Library | None) -> list[Measure]:
    print("writing the workloads", file=sys.stderr)
    measures = [start_measure(plan)] if "start" in choice.measures else []
    measures += agents_measures(plan, choice.sizes, choice.measures.__contains__)
    if library is not None and "library" in choice.measures:
        measures += library_measures(plan, library)
    return [measure for measure in measures if measure.cases]


def _watch(choice: Choice, own: Contender | None, work: Path, library: Library | None) -> Watched:
    if own is None or library is None or "watch" not in choice.measures:
        return Watched(reason="it was not asked for")
    if "--watch" not in offered_options("build"):
        return Watched(reason="`build` has no `--watch`")
    root = work / "watch"
    return watch_library((*own.build, "--watch"), environment_in(own, root), root, library, choice.rounds)


def _stages(choice: Choice, own: Contender | None, work: Path, library: Library | None, timer: Stopwatch) -> tuple[str, str]:
    """Return what a full build tells of its stages, or why there is nothing to tell."""
    if own is None or library is None or "stages" not in choice.measures:
        return "", "it was not asked for."
    if "--profile-stages" not in offered_options("build"):
        return "", "`build` has no `--profile-stages`."
    root, log = work / "stages", work / "log"
    Tree(root, library.sources[0])
    sample = timer.run((*own.build, "--quiet", "--profile-stages"), root, environment(choice.scratch / "home"), log)
    return ("", f"`build --profile-stages` ended with {sample.exit}.") if sample.exit else (log.read_text(encoding="utf-8"), "")


if __name__ == "__main__":
    sys.exit(main())
