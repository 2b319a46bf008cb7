"""A progress bar for people who wait."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from composer.cli.screen import Screen

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from composer.workspace import Workspace

__all__ = ["Progress"]

PATIENCE: Final = 0.5
"""Seconds that a run may take before a bar is shown: one that flashes by only disturbs."""


class Progress:
    """Is called with each profile's name; shows a bar on a terminal once the work turns out to be long."""

    def __init__(self, screen: Screen, workspace: Workspace, profiles: Sequence[str] | None, *, is_quiet: bool) -> None:
        """Begin to count the time."""
        self._screen = screen
        self._workspace = workspace
        self._profiles = profiles
        self._is_wanted = screen.is_terminal and screen.has_color and not is_quiet
        self._start = monotonic()
        self._bar: Bar | None = None
        self._done = -1

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __call__(self, name: str) -> None:
        """Note that a profile is begun, and so the one before it done."""
        self._done += 1
        if self._bar is None and self._is_wanted and monotonic() - self._start > PATIENCE:
            self._show()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=name)

    def _show(self) -> None:
        from rich.progress import Progress as Bar  # noqa: PLC0415 - only where it is shown

        self._bar = Bar(console=self._screen.console(), transient=True)
        self._bar.add_task("", total=len(self._profiles or self._workspace.profiles))
        self._bar.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Take the bar away, before anything else is printed."""
        if self._bar is not None:
            self._bar.stop()
