"""Folders with sources and outputs: writing them, taking them back to their sources, and telling whether the outputs are right."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Outputs", "Tree", "WrongResultError", "body_of", "digest_of", "whole_text"]


class WrongResultError(Exception):
    """A run that was timed did not do its work, so its time means nothing."""


class Tree:
    """A folder whose sources are known: everything else in it was made by a tool, and can be taken away."""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        """Write the sources into a folder that is made anew."""
        shutil.rmtree(root, ignore_errors=True)
        self.root = root
        self._sources: dict[str, str] = {}
        root.mkdir(parents=True)
        self.update(files)

    def update(self, files: Mapping[str, str]) -> None:
        """Write the sources that differ from what is there."""
        for path, text in files.items():
            if self._sources.get(path) != text:
                place = self.root / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8", newline="\n")
                self._sources[path] = text

    def reset(self) -> None:
        """Take away all that is no source: outputs, records and caches."""
        self._clear(self.root, set(self._sources), "")

    def _clear(self, folder: Path, sources: set[str], prefix: str) -> None:
        for entry in folder.iterdir():
            path = f"{prefix}{entry.name}"
            if path in sources:
                continue
            if not entry.is_dir() or entry.is_symlink():
                entry.unlink()
            elif any(source.startswith(f"{path}/") for source in sources):
                self._clear(entry, sources, f"{path}/")
            else:
                shutil.rmtree(entry)


def whole_text(content: bytes) -> bytes:
    """Compare a file as it is."""
    return content


def body_of(content: bytes) -> bytes:
    """Compare what stands below the front matter: for tools that write that in a way of their own."""
    return content.split(b"\n---\n", 1)[-1].strip(b"\n")


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the outputs are, as a pattern below a tree's root, and how they are compared.

    ``bodies_only`` is for tools that write the front matter in a way of their own. ``flat`` says that file names are unique, so that the
    same outputs count as the same in whatever folders a tool puts them.
    """

    pattern: str
    bodies_only: bool = False
    flat: bool = True

    def check(self, tree: Tree, expected: str) -> None:
        """Compare all outputs with a digest.

        Raises:
            WrongResultError: if a file is missing, superfluous or different.
        """
        contents = self.contents(tree)
        if digest_of(contents.items(), bodies_only=self.bodies_only) != expected:
            message = f"its {len(contents)} outputs are not what they should be"
            raise WrongResultError(message)

    def contents(self, tree: Tree) -> dict[str, bytes]:
        """Return the outputs by name, in order."""
        paths = {path.name if self.flat else path.relative_to(tree.root).as_posix(): path for path in tree.root.glob(self.pattern)}
        return {name: paths[name].read_bytes() for name in sorted(paths)}


def digest_of(files: Iterable[tuple[str, bytes]], *, bodies_only: bool) -> str:
    """Return one digest over names and contents, in the order given."""
    part = body_of if bodies_only else whole_text
    found = hashlib.sha256()
    for name, content in files:
        found.update(name.encode() + b"\0" + hashlib.sha256(part(content)).digest())
    return found.hexdigest()
