"""How long each stage of a run took: `build --profile-stages`."""

from __future__ import annotations

from time import perf_counter, process_time
from typing import Final

from composer.cli.screen import Screen

__all__ = ["Stages"]

_TITLES: Final = {
    "start": "start the command",
    "read": "read the sources",
    "load": "parse them",
    "index": "index",
    "vet": "vet",
    "resolve": "resolve",
    "compare": "find what earlier runs composed",
    "plan": "plan",
    "render": "render",
    "lay out": "lay out",
    "reach": "check the reach",
    "emit": "emit",
    "edits": "hold edits against the lock",
    "write": "compare and write",
    "other": "other",
}
"""The stages in their order, with what they are called in the table."""


class Stages:
    """Is told whenever a part of a stage is done, and looks at the clock then."""

    def __init__(self) -> None:
        """Begin now. What came before, from the start of the process, is the first stage: seconds in which the processor worked for it."""
        self._seconds = dict.fromkeys(_TITLES, 0.0)
        self._seconds["start"] = process_time()
        self._last = perf_counter()

    def done(self, stage: str) -> None:
        """Count the time since the last call for a stage."""
        now = perf_counter()
        self._seconds[stage] += now - self._last
        self._last = now

    @property
    def seconds(self) -> dict[str, float]:
        """The seconds of each stage."""
        return {stage: round(seconds, 6) for stage, seconds in self._seconds.items()}

    def print_to(self, screen: Screen) -> None:
        """Print a table."""
        total = sum(self._seconds.values())
        rows = [(_TITLES[stage], *_figures(seconds, total)) for stage, seconds in self._seconds.items()]
        screen.table(("stage", "seconds", "share"), [*rows, ("all", *_figures(total, total))])


def _figures(seconds: float, total: float) -> tuple[str, str]:
    return f"{seconds:7.3f}", f"{seconds / total:5.0%}"
