"""The blocks of a body, each with its lines: what is compared to find edits.

A node keeps numbers and the lines of the whole body, and nothing of what was parsed: those of all bodies are held at once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Final

from composer.blocks import Block, Document, Item, Leaf, LeafKind, ListBlock, Section, child_blocks
from composer.importer.changes import Change
from composer.importer.pieces import has_braces
from composer.model.sources import Verb

__all__ = ["Node", "make_nodes"]

_MARK: Final = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_FIRST_WORDS: Final = 80


def make_nodes(lines: tuple[str, ...], document: Document) -> tuple[Node, ...]:
    """Return the blocks at the top of a body, given the lines that its document was read from."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return tuple(Node(lines, starts, block) for block in document.blocks)


class Node:
    """A block with its lines, from ``first`` up to ``last``, the one after its last with words; ``own_last`` leaves out the blocks in it.

    ``gap`` are the blank lines above it, ``level`` and ``title`` those of a section.
    """

    __slots__ = (
        "_hanging",
        "_key",
        "all_lines",
        "children",
        "first",
        "gap",
        "is_alone",
        "is_tight",
        "kind",
        "last",
        "level",
        "own_last",
        "title",
    )

    def __init__(self, lines: tuple[str, ...], starts: Sequence[int], block: Block) -> None:
        """Measure the block; ``starts`` are the offsets at which lines begin."""
        self.all_lines = lines
        self.kind: type[Block] = type(block)
        self.first, self.last = _span(lines, starts, block)
        self.gap = _blanks_above(lines, self.first)
        self.children = tuple(Node(lines, starts, child) for child in child_blocks(block))
        self.own_last = self._own_last()
        self.level, self.title = (block.level, str(block.title)) if isinstance(block, Section) else (0, "")
        self.is_tight = block.is_tight is not False if isinstance(block, ListBlock) else False
        self.is_alone = isinstance(block, ListBlock) or (isinstance(block, Leaf) and block.kind is not LeafKind.PARAGRAPH)
        self._hanging = self._prefix_length(block, starts)
        self._key: tuple[object, ...] | None = None

    def _own_last(self) -> int:
        end = self.children[0].first if self.children and self.kind is not ListBlock else self.last
        while end > self.first + 1 and not self.all_lines[end - 1].strip():
            end -= 1
        return end

    def _prefix_length(self, block: Block, starts: Sequence[int]) -> int:
        line = self.all_lines[self.first]
        if isinstance(block, Item):
            return block.text.lines[0].offset - starts[self.first] if block.text.lines else len(line)
        return len(line) - len(line.lstrip())

    def at_top(self) -> Node:
        """Return the same block as the first of a text."""
        node = copy(self)
        node.gap, node._key = 0, None  # noqa: SLF001 - its own copy
        return node

    @property
    def lines(self) -> tuple[str, ...]:
        """Its lines."""
        return self.all_lines[self.first : self.last]

    @property
    def own_lines(self) -> tuple[str, ...]:
        """The lines of its own words, those of the blocks in it left out."""
        return self.all_lines[self.first : self.own_last]

    @property
    def words_inside(self) -> frozenset[str]:
        """The lines of the blocks in it."""
        lines = self.all_lines[self.children[0].first : self.last] if self.children else ()
        return frozenset(stripped for line in lines if (stripped := line.strip()))

    @property
    def key(self) -> tuple[object, ...]:
        """What two blocks have in common that are printed alike."""
        if self._key is None:
            self._key = (self.kind, self.gap, self.lines)
        return self._key

    @property
    def prefix(self) -> str:
        """The blanks, and of an item the mark, before its words."""
        return self.all_lines[self.first][: self._hanging]

    def text(self) -> tuple[str, ...] | None:
        """Return its lines as an edit has them: without the mark, and without the indentation; None if no edit can hold them."""
        hanging = " " * self._hanging
        words = [self.all_lines[self.first][self._hanging :]]
        for line in self.all_lines[self.first + 1 : self.last]:
            if line and not line.startswith(hanging):
                return None
            words.append(line[self._hanging :])
        if not words[0] or words[0][0].isspace() or (self.kind is Item and _MARK.match(words[0])):
            return None
        if any(line and (line[-1].isspace() or ("{" in line and has_braces(line))) for line in words):
            return None
        return tuple(words)

    def change(self, verb: Verb, text: Iterable[str] = ()) -> Change:
        """Return an edit of this block."""
        last = self.own_last if verb is Verb.TITLE else self.last
        words = " ".join(self.own_lines)[:_FIRST_WORDS]
        is_alone, id_line = self.is_alone, self.first if self.is_alone else self.own_last - 1
        if self.all_lines[id_line][-1:] in {" ", "\t", "\\"}:  # an id would take blanks at the end with it
            is_alone, id_line = True, self.first
        kind = "section" if self.kind is Section else "item" if self.kind is Item else "list"
        return Change(self.first, last, id_line, is_alone, words[self._hanging :], kind, verb, tuple(text))


def _span(lines: Sequence[str], starts: Sequence[int], block: Block) -> tuple[int, int]:
    """Return the first line of a block and the one after its last, blank ones at both ends left out."""
    first = bisect_right(starts, block.location.start) - 1
    last = bisect_right(starts, max(block.location.end - 1, block.location.start))
    while first < last - 1 and not lines[first].strip():
        first += 1
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    return first, last


def _blanks_above(lines: Sequence[str], first: int) -> int:
    line = first
    while line and not lines[line - 1].strip():
        line -= 1
    return first - line
