"""What a run saw of the disk: a digest of each file that it read, and the names of those that it found and did not read."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

__all__ = ["Evidence", "digest"]

_SIZE = 16
"""Bytes of a digest. It guards against accidents: who can write to the workspace can write its outputs, too."""

Digest = Callable[[bytes], str]
"""Takes a digest of bytes."""


def digest(data: bytes) -> str:
    """Return the digest of bytes, as hexadecimal text."""
    return blake2b(data, digest_size=_SIZE).hexdigest()


class Evidence:
    """Is told what a run reads from the disk and leaves there. Paths are relative to the workspace, with forward slashes."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.sources: dict[str, str] = {}
        """Digests by path; an empty one for a source that was found but not read."""
        self.outputs: dict[str, str] = {}
        """Digests by path: of each output, and of the lock; an empty one for a file that is not there and was looked for."""
        self._digests: dict[tuple[Digest, int], tuple[bytes, str]] = {}

    def once(self, take: Digest, data: bytes) -> str:
        """Return a digest of an output, which the run holds anyway: of one object it is taken once."""
        known = self._digests.get((take, id(data)))
        return known[1] if known is not None else self.know(take, data, take(data))

    def know(self, take: Digest, data: bytes, found: str) -> str:
        """Note, and return, what a digest of an output is."""
        # An object that is held keeps its id to itself.
        self._digests[take, id(data)] = (data, found)
        return found

    def found(self, path: str) -> None:
        """Note that there is a source of this name."""
        self.sources.setdefault(path, "")

    def read(self, path: str, data: bytes) -> None:
        """Note what a source holds."""
        self.sources[path] = digest(data)

    def left(self, path: str, data: bytes | None) -> None:
        """Note what an output, or the lock, holds at the end of the run; None if it is not there."""
        self.outputs[path] = "" if data is None else self.once(digest, data)
