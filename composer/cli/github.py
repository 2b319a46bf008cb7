"""Annotations for GitHub: what was found, shown beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from composer.errors import Diagnostic, Severity
from composer.outcomes import Difference
from composer.report import annotation

__all__ = ["diagnostic_annotations", "difference_annotation", "repository_path"]


def diagnostic_annotations(diagnostics: Iterable[Diagnostic], root: Path) -> Iterator[str]:
    """Print each diagnostic at its place in the repository that the workspace ``root`` is in."""
    for found in diagnostics:
        message = f"{found.message}; {found.hint}" if found.hint else found.message
        path = repository_path(found.location.path, root)
        yield annotation(found.severity, found.code, message, path, found.location.line, found.location.column)


def difference_annotation(difference: Difference, explanation: str, root: Path) -> str:
    """Print one file that differs, at its first line that does."""
    pairs = zip(difference.on_disk.split("\n"), difference.composed.split("\n"), strict=False)
    line = next((number for number, (before, after) in enumerate(pairs, 1) if before != after), 1)
    return annotation(Severity.ERROR, difference.action.value, explanation, repository_path(difference.path, root), line)


def repository_path(path: str, root: Path) -> str:
    """Return a path as GitHub knows it: from the root of the repository. Nothing for what is no file, such as ``--set``."""
    place = root / path
    if "/" not in path and not place.exists():
        return ""
    repository = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), Path.cwd())
    return place.relative_to(repository).as_posix() if place.is_relative_to(repository) else path
