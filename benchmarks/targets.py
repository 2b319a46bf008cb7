"""What agent-composer means to reach, each as a ratio of two measured figures or as one figure, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.contenders import FLOOR, OURS
from benchmarks.peers import PEERS, Peer
from benchmarks.rounds import Case
from benchmarks.watching import Watched

__all__ = ["Outcome", "outcomes", "paired_ratios"]

Cases = Mapping[tuple[str, str], Case]
"""The cases by measure and contender."""

AT_MOST_OF_COMPOSING: Final = 1 / 3
MILLISECONDS: Final = 1000
WATCH_MILLISECONDS: Final = 100.0
LARGE_MIB: Final = 400.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the table: what, at most how much, what was measured (None where it was not, with the reason)."""

    what: str
    at_most: float
    measured: float | None
    least: float = 0.0
    most: float = 0.0
    unit: str = ""
    reason: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure is at most what it should be."""
        return self.measured is not None and self.measured <= self.at_most


def paired_ratios(above: Case, below: Case) -> list[float]:
    """Return the ratios of the two, round by round, so that a machine whose speed drifts does not change them."""
    return [sample.wall / below.samples[number].wall for number, sample in above.samples.items() if number in below.samples]


def outcomes(cases: Cases, main: int, large: int, watched: Watched, absent: Mapping[str, str]) -> list[Outcome]:
    """Hold every target against what was measured.

    Args:
        cases: what was run.
        main: the size in agents that most targets speak of.
        large: the size of the workload that shows how time grows.
        watched: what watching came to.
        absent: the reasons of the peers that could not be measured.
    """
    full, check = f"full-{main}", f"check-{main}"
    start = ("start", "python -c pass")
    found = [_ratio(cases, f"Full build, {main:,} agents, to the Jinja2 floor", 1.0, (full, OURS), (full, FLOOR))]
    found += [_to_peer(cases, peer, main, absent.get(peer.name, "")) for peer in PEERS]
    found += [
        _ratio(cases, f"Check, nothing changed, {main:,} agents, to the floor's check", 0.6, (check, OURS), (check, FLOOR)),
        _ratio(cases, "Check of 5 agents, to `python -c pass`", 4.0, ("check-5", OURS), start),
        _ratio(cases, "`--version`, to `python -c pass`", 4.0, ("start", OURS), start),
        _ratio(
            cases, "A fragment changed that all agents use, to the floor's full build", 0.8, (f"everywhere-{main}", OURS), (full, FLOOR)
        ),
        _ratio(cases, "A fragment changed that ten agents use, to the floor's full build", 0.4, (f"rare-{main}", OURS), (full, FLOOR)),
        _ratio(cases, f"Full build, {large:,} to {main:,} agents", 1.1 * large / main, (f"full-{large}", OURS), (full, OURS)),
        _peak(cases, f"Peak memory, full build, {large:,} agents", (f"full-{large}", OURS)),
        _watch(watched),
    ]
    return found


def _to_peer(cases: Cases, peer: Peer, size: int, absent: str) -> Outcome:
    what, at_most = f"Full build, {size:,} agents, to {peer.name}", AT_MOST_OF_COMPOSING if peer.composes else 1.0
    if absent:
        return Outcome(what, at_most, None, reason=absent)
    return _ratio(cases, what, at_most, (f"full-{size}", OURS), (f"full-{size}", peer.name))


def _ratio(cases: Cases, what: str, at_most: float, above: tuple[str, str], below: tuple[str, str]) -> Outcome:
    for key in (above, below):
        if reason := _missing(cases, key):
            return Outcome(what, at_most, None, reason=reason)
    ratios = paired_ratios(cases[above], cases[below])
    return _outcome(what, at_most, ratios, "")


def _peak(cases: Cases, what: str, key: tuple[str, str]) -> Outcome:
    if reason := _missing(cases, key):
        return Outcome(what, LARGE_MIB, None, unit="MiB", reason=reason)
    return _outcome(what, LARGE_MIB, [sample.peak for sample in cases[key].samples.values()], "MiB")


def _watch(watched: Watched) -> Outcome:
    what = "Library workload, `build --watch`, from save to written"
    if not watched.seconds:
        return Outcome(what, WATCH_MILLISECONDS, None, unit="ms", reason=watched.reason)
    return _outcome(what, WATCH_MILLISECONDS, [seconds * MILLISECONDS for seconds in watched.seconds], "ms")


def _missing(cases: Cases, key: tuple[str, str]) -> str:
    if key not in cases:
        return f"`{key[1]}` did not take part in `{key[0]}`"
    return "" if cases[key].samples else f"`{key[1]}` failed in `{key[0]}`"


def _outcome(what: str, at_most: float, figures: Iterable[float], unit: str) -> Outcome:
    known = list(figures)
    return Outcome(what, at_most, median(known), min(known), max(known), unit)
