"""The library that travels with the tool: inside the wheel or, in a checkout, beside the package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from composer.errors import InternalError
from composer.records import dataclass

__all__ = ["Pack", "is_abstract", "open_pack", "read_first_file"]

_ABSTRACT: Final = re.compile(rb"^abstract:[ \t]*true\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pack:
    """The files of the library by path, relative to a workspace: what all projects share, and the projects that show it in use."""

    shared: dict[str, bytes]
    examples: dict[str, bytes]


def open_pack() -> Pack:
    """Read the library.

    Raises:
        InternalError: if the installation lacks it.
    """
    root = _find_root()
    fragments = {path: content for path, content in _read_tree(root / "fragments", "fragments") if path.endswith(".md")}
    profiles = {path: content for path, content in _read_tree(root / "profiles", "profiles") if path.endswith(".yaml")}
    config = {"agent-composer.yaml": (root / "agent-composer.yaml").read_bytes()}
    layers = {path: content for path, content in profiles.items() if is_abstract(content)}
    examples = {path: content for path, content in profiles.items() if path not in layers}
    return Pack({**config, **fragments, **layers}, examples)


def is_abstract(content: bytes) -> bool:
    """Whether a profile is a layer for others, told by its lines alone: nothing is parsed, and nothing checked."""
    return _ABSTRACT.search(content) is not None


def read_first_file(name: str) -> str:
    """Return one of the commented files that ``init`` and ``new`` begin with, its placeholders unfilled."""
    return (files("composer.starter") / "first_files" / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _find_root() -> Traversable:
    package = files("composer")
    for root in (package / "pack", *([package.parent] if isinstance(package, Path) else [])):
        if (root / "fragments").is_dir() and (root / "profiles").is_dir() and (root / "agent-composer.yaml").is_file():
            return root
    message = "the library that should travel with agent-composer is not there"
    raise InternalError(message)


def _read_tree(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            continue
        below = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from _read_tree(entry, below)
        else:
            # A checkout may have turned line ends; what `init` writes is the same everywhere.
            yield below, entry.read_bytes().replace(b"\r\n", b"\n")
