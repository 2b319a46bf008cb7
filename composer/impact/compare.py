"""Two states of a workspace, compared: outputs block by block, blocks word by word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from textwrap import dedent

from composer.explain.origins import list_origins
from composer.impact.revision import State
from composer.impact.words import Change, Piece, compare_words, count_words
from composer.model.outputs import OutputFile
from composer.records import dataclass

__all__ = ["BlockChange", "Comparison", "Fate", "OutputChange", "SourceChange", "compare_states", "group_blocks"]


class Fate(StrEnum):
    """What became of a file or a block."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class BlockChange:
    """A block of an output that is not as it was. ``name`` is its address or, without one, the nearest around it."""

    name: str
    before: str
    after: str

    @property
    def fate(self) -> Fate:
        """Whether it came, went, or changed."""
        return Fate.ADDED if not self.before else Fate.REMOVED if not self.after else Fate.CHANGED

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The two texts, compared word by word."""
        return compare_words(self.before, self.after)


@dataclass(frozen=True, slots=True)
class OutputChange:
    """An output that is not as it was, with its words more and fewer. Without ``blocks`` it came, went, or changed in blanks alone."""

    profile: str
    agent: str
    path: str
    fate: Fate
    added: int
    removed: int
    blocks: tuple[BlockChange, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceChange:
    """A source that is not as it was, with its words more and fewer."""

    path: str
    fate: Fate
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two states: ``since`` and ``until`` name them, ``outputs`` and ``projects`` count those of the second."""

    since: str
    until: str
    changes: tuple[OutputChange, ...]
    sources: tuple[SourceChange, ...]
    outputs: int
    projects: int

    @property
    def changed_projects(self) -> tuple[str, ...]:
        """The projects with a change."""
        return tuple(dict.fromkeys(change.profile for change in self.changes))

    @property
    def added(self) -> int:
        """The words that all outputs have more."""
        return sum(change.added for change in self.changes)

    @property
    def removed(self) -> int:
        """The words that all outputs have fewer."""
        return sum(change.removed for change in self.changes)


def compare_states(since: State, until: State) -> Comparison:
    """Compare all outputs and sources of two states; outputs are matched by project and path."""
    before = {(file.profile, file.path): file for file in since.files}
    after = {(file.profile, file.path): file for file in until.files}
    changes: list[OutputChange] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            changes.append(OutputChange(new.profile, new.agent, until.paths[new], Fate.ADDED, _words(new), 0))
        elif new is None and old is not None:
            changes.append(OutputChange(old.profile, old.agent, since.paths[old], Fate.REMOVED, 0, _words(old)))
        elif old is not None and new is not None and old.text != new.text:
            changes.append(_changed(old, new, until.paths[new]))
    projects = {file.profile for file in until.files}
    return Comparison(since.name, until.name, tuple(changes), tuple(_sources(since, until)), len(until.files), len(projects))


def _words(file: OutputFile) -> int:
    return len(file.text.split())


def _changed(old: OutputFile, new: OutputFile, path: str) -> OutputChange:
    blocks = tuple(_block_changes(_blocks(old), _blocks(new)))
    pieces = [piece for block in blocks for piece in block.pieces]
    added, removed = count_words(pieces, Change.ADDED), count_words(pieces, Change.REMOVED)
    return OutputChange(new.profile, new.agent, path, Fate.CHANGED, added, removed, blocks)


def _sources(since: State, until: State) -> Iterator[SourceChange]:
    for path in sorted(since.sources.keys() | until.sources.keys()):
        old, new = since.sources.get(path), until.sources.get(path)
        if old != new:
            pieces = compare_words(old or "", new or "")
            fate = Fate.ADDED if old is None else Fate.REMOVED if new is None else Fate.CHANGED
            yield SourceChange(path, fate, count_words(pieces, Change.ADDED), count_words(pieces, Change.REMOVED))


# --- blocks -----------------------------------------------------------------------------------------------------------

_Block = tuple[str, str]
"""Name and text."""


def _blocks(file: OutputFile) -> list[_Block]:
    """Return the blocks of an output in its order, each as if it stood by itself: without the indentation that others give it."""
    lines = file.text.split("\n")
    return [(row.name, dedent("\n".join(lines[row.first - 1 : row.last])).strip("\n")) for row in list_origins(file)]


def _block_changes(old: Sequence[_Block], new: Sequence[_Block]) -> Iterator[BlockChange]:
    """Give the blocks that changed. Equal texts are the same block whatever it is called: a renamed id changes no output."""
    matcher = SequenceMatcher(None, [text for _, text in old], [text for _, text in new], autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            yield from _paired(old[old_start:old_end], new[new_start:new_end])


def _paired(old: Sequence[_Block], new: Sequence[_Block]) -> Iterator[BlockChange]:
    """Pair blocks of one name; the others went, or came."""
    matcher = SequenceMatcher(None, [name for name, _ in old], [name for name, _ in new], autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            for (name, before), (_, after) in zip(old[old_start:old_end], new[new_start:new_end], strict=True):
                if before != after:
                    yield BlockChange(name, before, after)
        else:
            yield from (BlockChange(name, before, "") for name, before in old[old_start:old_end] if before)
            yield from (BlockChange(name, "", after) for name, after in new[new_start:new_end] if after)


def group_blocks(changes: Iterable[OutputChange]) -> Mapping[BlockChange, tuple[OutputChange, ...]]:
    """Put one change of a block that several outputs show together: the change, and the outputs."""
    groups: dict[BlockChange, list[OutputChange]] = {}
    for change in changes:
        for block in change.blocks:
            outputs = groups.setdefault(block, [])
            if change not in outputs:
                outputs.append(change)
    return {block: tuple(outputs) for block, outputs in groups.items()}
