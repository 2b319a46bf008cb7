"""The journal: what a run is about to change, written down before the first change, so that the next run can end what a crash cut short.

It holds both contents of each file, that which was found and that which is to be. So a run can be ended either way, and what is in neither
state was touched by somebody else. Where it is to be believed is not decided here: anybody can write such a file.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from typing import Any, Final

from composer.naming import stays_below_root
from composer.records import dataclass

__all__ = ["JOURNAL_NAME", "BadJournalError", "Change", "Journal", "parse_journal", "print_journal"]

JOURNAL_NAME: Final = ".agent-composer.journal"

_HEADER: Final = re.compile(rb"agent-composer journal 2 crc32:([0-9a-f]{8})")
_KEY: Final = re.compile(r"[0-9a-f]{8}")
_MODES: Final = 0o777


class BadJournalError(Exception):
    """A journal that no run has written as it is; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a transaction.

    ``path`` is relative to the root, with forward slashes; ``before`` is what the run found there, and ``after`` what it wants there; None
    stands for no file.
    """

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Journal:
    """The changes of a run, in order.

    ``key`` is in the names of its temporary files. ``boundary`` is the folder that stays when a removal leaves it empty; ``folders`` are
    those that were not there before, the innermost first; ``modes`` has the permissions of files that were.
    """

    key: str
    boundary: str
    folders: tuple[str, ...]
    changes: tuple[Change, ...]
    modes: tuple[int | None, ...]


def print_journal(journal: Journal) -> tuple[bytes, ...]:
    """Write a journal: a line with the checksum of the rest, a line of JSON, then the contents, one after the other; no content is copied.

    The checksum tells a journal that is whole from one that is cut off or damaged. A cryptographic digest would tell no more, for whoever
    can write a journal can write its digest, and takes several times as long.
    """
    changes = [
        {"path": change.path, "mode": mode, "before": _size(change.before), "after": _size(change.after)}
        for change, mode in zip(journal.changes, journal.modes, strict=True)
    ]
    data = {"key": journal.key, "boundary": journal.boundary, "folders": journal.folders, "changes": changes}
    contents = [content for change in journal.changes for content in (change.before, change.after) if content is not None]
    body = (json.dumps(data).encode(), b"\n", *contents)
    checksum = 0
    for part in body:
        checksum = zlib.crc32(part, checksum)
    return (b"agent-composer journal 2 crc32:%08x\n" % checksum, *body)


def parse_journal(raw: bytes) -> Journal:
    """Read a journal.

    Raises:
        BadJournalError: if it is cut off, changed, of another version, or holds what none of ours does: a path that leads elsewhere.
    """
    head, _, body = raw.partition(b"\n")
    match = _HEADER.fullmatch(head)
    if match is None:
        message = "it does not begin as a journal of this version does"
        raise BadJournalError(message)
    if b"%08x" % zlib.crc32(body) != match[1]:
        message = "it is cut off or was changed"
        raise BadJournalError(message)
    try:
        data, _, contents = body.partition(b"\n")
        return _read(json.loads(data), contents)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        message = "it holds what no run writes"
        raise BadJournalError(message) from None


def _read(data: dict[str, Any], contents: bytes) -> Journal:
    rest = _Contents(contents)
    changes = tuple(Change(_path(one["path"]), rest.take(one["before"]), rest.take(one["after"])) for one in data["changes"])
    if rest.is_left:
        raise ValueError
    modes = tuple(_mode(one["mode"]) for one in data["changes"])
    paths = [change.path for change in changes]
    if not _KEY.fullmatch(data["key"]) or len(set(paths)) != len(paths):
        raise ValueError
    boundary = data["boundary"]
    return Journal(data["key"], _path(boundary) if boundary else "", _paths(data["folders"]), changes, modes)


def _paths(value: Sequence[str]) -> tuple[str, ...]:
    return tuple(_path(path) for path in value)


def _path(value: str) -> str:
    if not stays_below_root(value) or "\0" in value:
        raise ValueError
    return value


def _mode(value: int | None) -> int | None:
    if value is not None and value & ~_MODES:
        raise ValueError
    return value


def _size(content: bytes | None) -> int | None:
    return None if content is None else len(content)


class _Contents:
    """Contents that stand one after the other."""

    def __init__(self, joined: bytes) -> None:
        self._joined = joined
        self._position = 0

    @property
    def is_left(self) -> bool:
        """Whether there is more than was taken."""
        return self._position < len(self._joined)

    def take(self, size: int | None) -> bytes | None:
        """Return the next content; None where there is none."""
        if size is None:
            return None
        start, self._position = self._position, self._position + size
        if size < 0 or self._position > len(self._joined):
            raise ValueError
        return self._joined[start : self._position]
