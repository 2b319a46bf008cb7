"""The lock: what the tool wrote and what edits were made against, so that it can tell a change of either.

One line for each output and for each edit that stands in place of a text, sorted, so that two branches merge; a merge that went wrong,
conflict marks and all, is still read: each digest that it gives for a path or an edit counts. There is no time, version or machine in it.

The text that an edit was made against is in the lock itself, beside its digest. So it can be shown when it has changed, wherever the
lock is: no history is asked, and no old sources are composed again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from composer.errors import Diagnostics
from composer.naming import stays_below_root
from composer.records import dataclass, field
from composer.source import SourceFile

__all__ = [
    "LOCK_NAME",
    "EditKey",
    "EditRecord",
    "Lock",
    "LockEntry",
    "content_digest",
    "normalised",
    "parse_lock",
    "print_lock",
]

LOCK_NAME: Final = "agent-composer.lock"

_HEADER: Final = "# Written by agent-composer: what it wrote, and the texts that edits were made against. Commit it, do not edit it."
_CONFLICT_MARK: Final = re.compile(r"(?:<{7}|>{7}|\|{7})(?: .*)?|={7}")
_KIND: Final = re.compile(r"[a-z][a-z0-9-]*")
_OUTPUT: Final = re.compile(r"\s*output\s+(\S+)\s+(\S+)\s+(sha256:[0-9a-f]{64})\s*")
_UNSAFE: Final = re.compile(r"[%\s\x00-\x1f\x7f]")
_ESCAPED: Final = re.compile(r"%([0-9A-F]{2,6});")
_TEXT: Final = json.JSONEncoder(ensure_ascii=False)
"""Keeps a text on one line, and its letters readable in a diff."""
_EDIT_WORDS: Final = 6
_EDIT_VERBS: Final = frozenset({"replace", "title", "remove"})
_SHAPES: Final = {
    "output": ("output <path> <profile> sha256:<digest>", "a file that it stood for counts as foreign until it is built again"),
    "edit": (
        'edit <profile>[:<agent>] <address> <verb> sha256:<digest> "<text>"',
        "the edit that it stood for counts as made against the text that is there when it is built again",
    ),
}


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


@dataclass(frozen=True, slots=True, order=True)
class EditKey:
    """An edit that stands in place of a text. ``agent`` is set where the profile makes it under ``agents.<name>``."""

    profile: str
    agent: str
    address: str
    verb: str


@dataclass(frozen=True, slots=True)
class Lock:
    """The outputs by path, the texts that edits were made against, and lines of kinds that only another version knows.

    An edit has one text, several after a merge that went wrong.
    """

    outputs: Mapping[str, LockEntry] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    edits: Mapping[EditKey, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EditRecord:
    """What a run records of edits: the text of today for each edit of ``profiles``, or of all there are where that is None.

    ``current`` follows renamed addresses.
    """

    texts: Mapping[EditKey, str]
    profiles: frozenset[str] | None
    current: Callable[[str], str]

    def followed(self, edits: Mapping[EditKey, frozenset[str]]) -> dict[EditKey, frozenset[str]]:
        """Return recorded edits with the addresses that their blocks have now."""
        followed: dict[EditKey, frozenset[str]] = {}
        for key, texts in edits.items():
            now = EditKey(key.profile, key.agent, self.current(key.address), key.verb)
            followed[now] = followed.get(now, frozenset()) | texts
        return followed

    def applied_to(self, edits: Mapping[EditKey, frozenset[str]]) -> dict[EditKey, frozenset[str]]:
        """Return the recorded edits after the run: new ones are added and lost ones dropped, and a stale one stays as it is."""
        applied: dict[EditKey, frozenset[str]] = {}
        for key, known in self.followed(edits).items():
            if key in self.texts:
                applied[key] = frozenset({self.texts[key]}) if self.texts[key] in known else known
            elif self.profiles is not None and key.profile not in self.profiles:
                applied[key] = known
        return applied | {key: frozenset({text}) for key, text in self.texts.items() if key not in applied}


def normalised(content: bytes) -> bytes:
    """Drop what a checkout may change: the byte order mark and the carriage returns of line ends."""
    # Looking for one byte takes a fiftieth of looking for two, and nearly no file has it.
    unmarked = content.removeprefix(b"\xef\xbb\xbf")
    return unmarked.replace(b"\r\n", b"\n") if b"\r" in unmarked else unmarked


def content_digest(content: bytes) -> str:
    """Return the digest of a file, the same for all that differ in line ends or byte order mark alone."""
    return f"sha256:{hashlib.sha256(normalised(content)).hexdigest()}"


def print_lock(lock: Lock) -> str:
    """Write the lock: a comment, then all lines in order."""
    lines = {line for entry in lock.outputs.values() for line in entry.lines}.union(lock.others)
    lines |= {_edit_line(key, text) for key, texts in lock.edits.items() for text in texts}
    return "".join(f"{line}\n" for line in (_HEADER, *sorted(lines)))


def parse_lock(source: SourceFile, diagnostics: Diagnostics) -> Lock:
    """Read a lock, conflict marks or not; a line that cannot be read is reported and ignored."""
    entries: list[LockEntry] = []
    edits: dict[EditKey, frozenset[str]] = {}
    others: list[str] = []
    offset = 0
    for line in source.text.split("\n"):
        if entry := _parse_output(line):  # most lines are outputs
            entries.append(entry)
        elif not (words := line.split()) or line.startswith("#") or _CONFLICT_MARK.fullmatch(line):
            pass
        elif words[0] not in _SHAPES and _KIND.fullmatch(words[0]):
            others.append(line)
        elif found := _parse_edit(line):
            edits[found[0]] = edits.get(found[0], frozenset()) | {found[1]}
        else:
            shape, loss = _SHAPES["edit" if words[0] == "edit" else "output"]
            message = f"this line of the lock is not `{shape}`, and is ignored"
            place = source.at(offset, offset + len(line))
            diagnostics.warning("unreadable-lock-line", message, place, f"take the line out; {loss}")
        offset += len(line) + 1
    return Lock(_by_path(entries), tuple(dict.fromkeys(others)), edits)


def _by_path(entries: Iterable[LockEntry]) -> dict[str, LockEntry]:
    by_path: dict[str, LockEntry] = {}
    for entry in entries:
        known = by_path.setdefault(entry.path, entry)
        if known is not entry:
            by_path[entry.path] = LockEntry(entry.path, known.profile, known.digests | entry.digests)
    return by_path


def _parse_output(line: str) -> LockEntry | None:
    match = _OUTPUT.fullmatch(line)
    if match is None:
        return None
    path, profile, digest = match.groups()
    path = _unescaped(path)
    return LockEntry(path, _unescaped(profile), frozenset((digest,))) if stays_below_root(path) else None


def _edit_line(key: EditKey, text: str) -> str:
    layer = f"{_escaped(key.profile)}:{_escaped(key.agent)}" if key.agent else _escaped(key.profile)
    return f"edit {layer} {_escaped(key.address)} {key.verb} {content_digest(text.encode())} {_TEXT.encode(text)}"


def _parse_edit(line: str) -> tuple[EditKey, str] | None:
    """Read an edit and its text. A text that is not what its digest says was changed by hand, and would be shown as what it never was."""
    words = line.split(" ", _EDIT_WORDS - 1)
    if len(words) != _EDIT_WORDS or words[0] != "edit" or words[3] not in _EDIT_VERBS:
        return None
    try:
        text = json.loads(words[5])
        is_whole = isinstance(text, str) and content_digest(text.encode()) == words[4]
    except (ValueError, RecursionError):
        return None
    profile, _, agent = words[1].partition(":")
    return (EditKey(_unescaped(profile), _unescaped(agent), _unescaped(words[2]), words[3]), text) if is_whole else None


def _escaped(text: str) -> str:
    """Write the characters that would break a line into words as ``%20;``, by their code point."""
    return _UNSAFE.sub(lambda match: f"%{ord(match.group()):02X};", text) if _UNSAFE.search(text) else text


def _unescaped(word: str) -> str:
    return _ESCAPED.sub(lambda match: chr(min(int(match.group(1), 16), 0x10FFFF)), word) if "%" in word else word
