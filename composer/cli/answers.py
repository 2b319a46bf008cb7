"""What `build` and `check` say where there is nothing to do: the front door says it without them."""

from __future__ import annotations

__all__ = ["as_on_disk_text", "unchanged_text"]


def unchanged_text(files: int) -> str:
    """Say that a build had nothing to do."""
    return f"{files} file{'' if files == 1 else 's'}: {f'{files} unchanged' if files else 'nothing to do'}"


def as_on_disk_text(files: int) -> str:
    """Say that a check found no difference."""
    return f"{files} file{'' if files == 1 else 's'} composed: all as on disk"
