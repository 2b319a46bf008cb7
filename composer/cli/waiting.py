"""Waiting for another run that writes to the same folder."""

from __future__ import annotations

from time import sleep
from typing import Final

from composer.cli.screen import Screen

__all__ = ["Patience"]

TRIES: Final = 300
PAUSE: Final = 0.1
"""Seconds between two tries; with their number, half a minute until a command gives up."""


class Patience:
    """Waits a moment before each new try, and says so once."""

    def __init__(self, screen: Screen) -> None:
        """Say it on ``screen``."""
        self._screen = screen

    def __call__(self, number: int) -> bool:
        """Tell whether to try once more."""
        if number == 1:
            self._screen.line("another run is writing to this folder: waiting for it to end")
        sleep(PAUSE)
        return number < TRIES
