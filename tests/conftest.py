"""What holds for all tests: what reading them has made stays, and searches run without the tracer that measures coverage."""

from __future__ import annotations

import gc
import sys
from collections.abc import Generator

import pytest


def pytest_collection_finish() -> None:
    """Spare the garbage collector a look, again and again, at what reading the tests has made."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Run the tests of hypothesis, and those that are marked ``untraced``, as fast as they can.

    The marker that pytest-cov has for this, ``no_cover``, leaves a second tracer running in the workers of pytest-xdist.
    """
    is_search = item.get_closest_marker("hypothesis") or item.get_closest_marker("untraced")
    tracer = sys.gettrace()
    if not is_search or not type(tracer).__module__.startswith("coverage"):  # that of a debugger stays
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
