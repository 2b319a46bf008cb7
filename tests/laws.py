"""How far the search for a counterexample to a law goes: the same examples in each test run, many more and others in `make laws`."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, settings

TIMES: Final = int(os.environ.get("LAWS", "0"))
"""How many times as many examples as in a test run; 0 for those of a test run."""


def law(examples: int) -> settings:
    """Return the settings of a law for which a test run tries this many examples. They take what time they take."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(derandomize=not TIMES, deadline=None, database=None, max_examples=examples * max(TIMES, 1), suppress_health_check=slow)
