"""The lock: what the tool wrote, so that it can tell its own files from hand edits and from files of others.

One line for each output, sorted, so that two branches merge; a merge that went wrong, conflict marks and all, is still
read: each digest that it gives for a path counts as ours. There is no time, version or machine in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from composer.errors import Diagnostics
from composer.source import SourceFile

__all__ = ["LOCK_NAME", "Lock", "LockEntry", "content_digest", "normalised", "parse_lock", "print_lock"]

LOCK_NAME: Final = "agent-composer.lock"

_HEADER: Final = "# Written by agent-composer: what it wrote, so that it can tell hand edits. Commit it, do not edit it."
_CONFLICT_MARK: Final = re.compile(r"(?:<{7}|>{7}|\|{7})(?: .*)?|={7}")
_KIND: Final = re.compile(r"[a-z][a-z0-9-]*")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_UNSAFE: Final = re.compile(r"[%\s\x00-\x1f\x7f]")
_ESCAPED: Final = re.compile(r"%([0-9A-F]{2,6});")
_WINDOWS_WAY: Final = re.compile(r"^[A-Za-z]:|\\")
_OUTPUT_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class LockEntry:
    """One output: its path below the root, the profile that it was built for, and the digests of what was written."""

    path: str
    profile: str
    digests: frozenset[str]

    @property
    def lines(self) -> tuple[str, ...]:
        """The entry as it is written."""
        return tuple(f"output {_escaped(self.path)} {_escaped(self.profile)} {digest}" for digest in self.digests)


@dataclass(frozen=True, slots=True)
class Lock:
    """The outputs by path, and lines of kinds that only another version knows."""

    outputs: Mapping[str, LockEntry] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def normalised(content: bytes) -> bytes:
    """Drop what a checkout may change: the byte order mark and the carriage returns of line ends."""
    return content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")


def content_digest(content: bytes) -> str:
    """Return the digest of a file, the same for all that differ in line ends or byte order mark alone."""
    return f"sha256:{hashlib.sha256(normalised(content)).hexdigest()}"


def print_lock(lock: Lock) -> str:
    """Write the lock: a comment, then all lines in order."""
    lines = {line for entry in lock.outputs.values() for line in entry.lines}.union(lock.others)
    return "".join(f"{line}\n" for line in (_HEADER, *sorted(lines)))


def parse_lock(source: SourceFile, diagnostics: Diagnostics) -> Lock:
    """Read a lock, conflict marks or not; a line that cannot be read is reported and ignored."""
    entries: list[LockEntry] = []
    others: list[str] = []
    offset = 0
    for line in source.text.split("\n"):
        words = line.split()
        if not words or line.startswith("#") or _CONFLICT_MARK.fullmatch(line):
            pass
        elif words[0] != "output" and _KIND.fullmatch(words[0]):
            others.append(line)
        elif entry := _parse_output(words):
            entries.append(entry)
        else:
            diagnostics.warning(
                "unreadable-lock-line",
                "this line of the lock is not `output <path> <profile> sha256:<digest>`, and is ignored",
                source.at(offset, offset + len(line)),
                "take the line out; a file that it stood for counts as foreign until it is built again",
            )
        offset += len(line) + 1
    return Lock(_by_path(entries), tuple(dict.fromkeys(others)))


def _by_path(entries: Iterable[LockEntry]) -> dict[str, LockEntry]:
    by_path: dict[str, LockEntry] = {}
    for entry in entries:
        known = by_path.get(entry.path, entry)
        by_path[entry.path] = LockEntry(entry.path, known.profile, known.digests | entry.digests)
    return by_path


def _parse_output(words: list[str]) -> LockEntry | None:
    if len(words) != _OUTPUT_WORDS or words[0] != "output" or not _DIGEST.fullmatch(words[3]):
        return None
    path, profile = _unescaped(words[1]), _unescaped(words[2])
    return LockEntry(path, profile, frozenset({words[3]})) if _stays_below_root(path) else None


def _stays_below_root(path: str) -> bool:
    """Refuse what a hand edit could make of a path: the tool removes files by this list."""
    parts = PurePosixPath(path).parts
    is_plain = bool(parts) and str(PurePosixPath(path)) == path
    return is_plain and not path.startswith("/") and ".." not in parts and not _WINDOWS_WAY.search(path)


def _escaped(text: str) -> str:
    """Write the characters that would break a line into words as ``%20;``, by their code point."""
    return _UNSAFE.sub(lambda match: f"%{ord(match.group()):02X};", text)


def _unescaped(word: str) -> str:
    return _ESCAPED.sub(lambda match: chr(min(int(match.group(1), 16), 0x10FFFF)), word)
