"""The links of a revision, followed among its own files: no disk is there to follow them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from composer.impact.git import FoundFile

__all__ = ["follow_links"]

_MOST_LINKS: Final = 40
"""How many links may lead to each other, as on a disk."""


def follow_links(files: Mapping[str, FoundFile]) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    """Put what links lead to in their place.

    Returns:
        The contents by path, files below linked folders included; and the links that lead to nothing in ``files``.
    """
    contents = {path: file.content for path, file in files.items() if not file.is_link}
    broken: list[str] = []
    for path, file in files.items():
        if file.is_link:
            found = dict(_at(path, path, files, _MOST_LINKS))
            contents |= found
            if not found:
                broken.append(path)
    return contents, tuple(broken)


def _at(path: str, name: str, files: Mapping[str, FoundFile], left: int) -> Iterator[tuple[str, bytes]]:
    """Give what a path leads to, a file or all files of a folder, as if it stood at ``name``."""
    place = _followed(path, files, left)
    if place is None:
        return
    for inner, file in files.items():
        if inner == place or inner.startswith(f"{place}/"):
            there = name + inner[len(place) :]
            if not file.is_link:
                yield there, file.content
            elif left:
                yield from _at(inner, there, files, left - 1)


def _followed(path: str, files: Mapping[str, FoundFile], left: int) -> str | None:
    """Return a path without links in it; None where they go round. One that leads out of the workspace is the path of no file."""
    parts = path.split("/")
    for position in range(1, len(parts) + 1):
        link = files.get("/".join(parts[:position]))
        if link is not None and link.is_link:
            target = posixpath.join(*parts[: position - 1], link.content.decode(errors="replace"), *parts[position:])
            return _followed(posixpath.normpath(target), files, left - 1) if left else None
    return path
