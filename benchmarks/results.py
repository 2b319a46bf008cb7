"""Writes RESULTS.md: every figure in it comes from the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.contenders import FLOOR
from benchmarks.machine import Machine
from benchmarks.measures import Measure
from benchmarks.peers import FoundPeer
from benchmarks.rounds import ROUNDS_WHEN_SLOW, SLOW, Case
from benchmarks.targets import Outcome, paired_ratios
from benchmarks.watching import Watched

__all__ = ["CHART", "Results", "without_addresses", "write_results"]

CHART: Final = "results.svg"
MILLISECONDS: Final = 1000
_TEN: Final = 10
_ADDRESS: Final = re.compile(r"\w+://[^\s'\"]+")
_PATH: Final = re.compile(r"(?<![\w.])/(?:[\w.+@-]+/)+[\w.+@-]*")


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a run has found."""

    machine: Machine
    rounds: int
    load_within: float
    measures: Sequence[Measure]
    peers: Sequence[FoundPeer]
    outcomes: Sequence[Outcome]
    watched: Watched
    stages: str
    stages_missing: str

    @property
    def failures(self) -> list[Case]:
        """The cases of which no run counted."""
        return [case for measure in self.measures for case in measure.cases if case.failure]


def write_results(results: Results) -> str:
    """Return the page as Markdown."""
    sections: tuple[Callable[[Results], Iterator[str]], ...] = (_head, _machine, _targets, _chart, _measures, _stages, _peers)
    return "\n".join(line for section in sections for line in section(results)).rstrip("\n") + "\n"


def _head(results: Results) -> Iterator[str]:
    yield "# Results"
    yield ""
    yield "Written by `make bench`; [README.md](README.md) says how it measures. Do not edit: run it again."
    yield ""
    if results.machine.is_provisional(results.load_within):
        yield (
            "> **Provisional.** The machine was at work for others: its load average was "
            f"{results.machine.load_before:.1f} before the first command, and up to {results.load_within:.1f} between rounds, on "
            f"{results.machine.cores} cores. The figures are a sketch; the ratios, taken pair by pair, say more than the seconds."
        )
        yield ""


def _machine(results: Results) -> Iterator[str]:
    machine = results.machine
    yield "## Machine"
    yield ""
    yield f"- {machine.cores} cores, {machine.memory_gib:.0f} GiB of memory, {machine.system}"
    yield f"- {machine.python}; for the peers from npm, Node.js {machine.node or 'is not there'}"
    yield "- " + ", ".join(f"{name} {found}" for name, found in machine.packages.items())
    if machine.commit:
        yield f"- commit {machine.commit}"
    yield f"- load average {machine.load_before:.1f} before the first command, at most {results.load_within:.1f} between rounds"
    fewer = f"; a case of more than {SLOW:.0f} seconds gets {ROUNDS_WHEN_SLOW}" if results.rounds > ROUNDS_WHEN_SLOW else ""
    yield f"- {results.rounds} rounds after a warm-up, all cases in turn{fewer}"
    yield ""


# --- targets ----------------------------------------------------------------------------------------------------------


def _targets(results: Results) -> Iterator[str]:
    yield "## Targets"
    yield ""
    met, known = sum(outcome.is_met for outcome in results.outcomes), sum(outcome.measured is not None for outcome in results.outcomes)
    yield f"{met} of {known} that were measured are met; not measured: {len(results.outcomes) - known}."
    yield ""
    yield "A ratio is time by time, in the same round; the median of the rounds, and the range in brackets."
    yield ""
    yield "| measure | at most | measured | |"
    yield "|---|--:|--:|---|"
    for outcome in results.outcomes:
        yield f"| {outcome.what} | {_figure(outcome.at_most)}{_unit(outcome)} | {_measured(outcome)} | {_verdict(outcome)} |"
    yield ""


def _measured(outcome: Outcome) -> str:
    if outcome.measured is None:
        return ""
    return f"{_figure(outcome.measured)}{_unit(outcome)} ({_figure(outcome.least)} to {_figure(outcome.most)})"


def _unit(outcome: Outcome) -> str:
    return f" {outcome.unit}" if outcome.unit else ""


def _verdict(outcome: Outcome) -> str:
    if outcome.measured is None:
        return f"not measured: {without_addresses(outcome.reason)}"
    return "met" if outcome.is_met else f"**missed**, {_figure(outcome.measured / outcome.at_most)} times the target"


def _figure(number: float) -> str:
    """Write three digits that count for what is small, and whole numbers for what is large."""
    return f"{number:.0f}" if number >= _TEN**2 else f"{number:.1f}" if number >= _TEN else f"{number:.2f}"


# --- tables -----------------------------------------------------------------------------------------------------------


def _chart(_results: Results) -> Iterator[str]:
    yield "## Measures"
    yield ""
    yield f"![Median seconds by program, shorter is better]({CHART})"
    yield ""
    yield "Seconds of whole processes by the clock; processor seconds and peak memory (of the largest process) by the system's account."
    yield ""


def _measures(results: Results) -> Iterator[str]:
    for measure in results.measures:
        yield from _measure(measure)
    if results.watched.seconds:
        figures = [seconds * MILLISECONDS for seconds in results.watched.seconds]
        yield "### Library workload, `build --watch`"
        yield ""
        yield (
            f"From the save of one base to the last of the {results.watched.outputs} outputs that it changes: median "
            f"{median(figures):.0f} ms, {min(figures):.0f} to {max(figures):.0f} ms, {len(figures)} rounds."
        )
        yield ""


def _measure(measure: Measure) -> Iterator[str]:
    reference = next((case for case in measure.cases if case.contender in {FLOOR, "python -c pass"} and case.samples), None)
    yield f"### {measure.title}"
    yield ""
    yield f"| program | median | min | max | processor | peak | rounds |{f' to {reference.contender} |' if reference else ''}"
    yield f"|---|--:|--:|--:|--:|--:|--:|{'--:|' if reference else ''}"
    for case in measure.cases:
        yield _row(case, reference)
    yield ""


def _row(case: Case, reference: Case | None) -> str:
    if not case.samples:
        return f"| {case.contender} | failed: {without_addresses(case.failure)} | | | | | |{' |' if reference else ''}"
    samples = case.samples.values()
    walls = [sample.wall for sample in samples]
    row = (
        f"| {case.contender} | {median(walls):.3f} s | {min(walls):.3f} s | {max(walls):.3f} s "
        f"| {median(sample.cpu for sample in samples):.3f} s | {max(sample.peak for sample in samples):.0f} MiB | {len(walls)} |"
    )
    if reference is None:
        return row
    ratios = paired_ratios(case, reference)
    return f"{row} {f'{_figure(median(ratios))} ({_figure(min(ratios))} to {_figure(max(ratios))})' if ratios else ''} |"


def _stages(results: Results) -> Iterator[str]:
    yield "## Shares of the stages"
    yield ""
    if results.stages:
        yield "A full build of the library workload, as `build --profile-stages` tells it:"
        yield ""
        yield "```text"
        yield without_addresses(results.stages).rstrip("\n")
        yield "```"
    else:
        yield f"Not measured: {results.stages_missing}"
    yield ""


def _peers(results: Results) -> Iterator[str]:
    yield "## Peers"
    yield ""
    yield "A program that cannot compose got the finished bodies: it copies them, and writes front matter."
    yield ""
    yield "| program | version | composes | measured |"
    yield "|---|---|---|---|"
    for found in results.peers:
        how = "yes" if not found.reason else f"no: {without_addresses(found.reason)}"
        yield f"| {found.peer.name} | {found.version or '-'} | {'yes' if found.peer.composes else 'no'} | {how} |"


def without_addresses(text: str) -> str:
    """Take addresses and paths of this machine out of what a program said."""
    return _PATH.sub("(path)", _ADDRESS.sub("(address)", text)).replace("|", "\\|")
