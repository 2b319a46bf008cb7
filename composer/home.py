"""What the sources of a workspace are called, and where the workspace is that a path lies in.

It is asked at the start of every run, so it imports nothing that costs.
"""

from __future__ import annotations

import os

__all__ = ["MISNAMED_FILE", "SOURCE_FOLDERS", "WORKSPACE_FILE", "find_root"]

WORKSPACE_FILE = "agent-composer.yaml"
MISNAMED_FILE = "agent-composer.yml"
"""What the workspace file is called by mistake."""
SOURCE_FOLDERS = ("fragments", "profiles")


def find_root(start: str) -> str | None:
    """Return the nearest folder that holds a workspace: ``start`` itself or one above it; None where there is none.

    A workspace has a workspace file, or both a folder of fragments and one of profiles.
    """
    folder = os.path.realpath(start)
    while not _is_root(folder):
        above = os.path.dirname(folder)  # noqa: PTH120 - pathlib takes longer to import than all else that a settled run does
        if above == folder:
            return None
        folder = above
    return folder


def _is_root(folder: str) -> bool:
    if os.path.isfile(f"{folder}/{WORKSPACE_FILE}"):  # noqa: PTH113 - as above
        return True
    return all(os.path.isdir(f"{folder}/{name}") for name in SOURCE_FOLDERS)  # noqa: PTH112 - as above
