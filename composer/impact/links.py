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
            found = dict(_at(_target(path, file), path, files, _MOST_LINKS))
            contents |= found
            if not found:
                broken.append(path)
    return contents, tuple(broken)


def _target(path: str, link: FoundFile) -> str:
    """Return the path that a link leads to; one out of the workspace is the path of no file."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link.content.decode(errors="replace")))


def _at(target: str, path: str, files: Mapping[str, FoundFile], left: int) -> Iterator[tuple[str, bytes]]:
    """Give what is at ``target``, a file or all files of a folder, as if it were at ``path``."""
    for inner, file in files.items():
        if inner == target or inner.startswith(f"{target}/"):
            there = path + inner[len(target) :]
            if not file.is_link:
                yield there, file.content
            elif left:
                yield from _at(_target(inner, file), there, files, left - 1)
