"""The blocks of a body, each with its lines: what is compared to find edits."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

from composer.blocks import Block, Document, Item, Leaf, LeafKind, ListBlock, Section, child_blocks
from composer.errors import Diagnostics
from composer.importer.changes import Change
from composer.importer.pieces import VERBATIM, has_braces
from composer.markdown.parse import parse_document
from composer.model import Verb
from composer.source import SourceFile

__all__ = ["Node", "Tree"]

_MARK: Final = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_FIRST_WORDS: Final = 80


class Tree:
    """The blocks of one body, with the lines that each has."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Parse the lines, escaped as they are written in a fragment."""
        self.lines = lines
        self._source = SourceFile("body", "\n".join(lines) + "\n")
        self.document: Document = parse_document(self._source, 0, Diagnostics(), VERBATIM)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    @cached_property
    def blocks(self) -> list[Node]:
        """The blocks at the top."""
        return [Node(self, block) for block in self.document.blocks]

    def release(self) -> None:
        """Let go of the blocks, which hold the tree in turn: they are found anew where they are wanted again."""
        self.__dict__.pop("blocks", None)

    def line_at(self, offset: int) -> int:
        """Return the number of the line that an offset stands on."""
        return bisect_right(self._starts, offset) - 1


class Node:
    """A block with its lines, from the first up to the one after its last with words."""

    def __init__(self, tree: Tree, block: Block) -> None:
        """Measure the block."""
        self.tree, self.block = tree, block
        self.first = tree.line_at(block.location.start)
        last = tree.line_at(max(block.location.end - 1, block.location.start)) + 1
        while self.first < last - 1 and not tree.lines[self.first].strip():
            self.first += 1
        while last > self.first + 1 and not tree.lines[last - 1].strip():
            last -= 1
        self.last = last

    @cached_property
    def children(self) -> list[Node]:
        """The blocks in it."""
        return [Node(self.tree, child) for child in child_blocks(self.block)]

    @cached_property
    def gap(self) -> int:
        """The blank lines above it."""
        line = self.first
        while line and not self.tree.lines[line - 1].strip():
            line -= 1
        return self.first - line

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines."""
        return tuple(self.tree.lines[self.first : self.last])

    @cached_property
    def words_inside(self) -> frozenset[str]:
        """The lines of the blocks in it."""
        lines = self.tree.lines[self.children[0].first : self.last] if self.children else ()
        return frozenset(stripped for line in lines if (stripped := line.strip()))

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What two blocks have in common that are printed alike."""
        return (type(self.block), self.gap, self.lines)

    @cached_property
    def own_lines(self) -> tuple[int, int]:
        """The lines of its own words, those of the blocks in it left out."""
        end = self.children[0].first if self.children and not isinstance(self.block, ListBlock) else self.last
        while end > self.first + 1 and not self.tree.lines[end - 1].strip():
            end -= 1
        return self.first, end

    @cached_property
    def prefix(self) -> str:
        """The blanks, and of an item the mark, before its words."""
        line = self.tree.lines[self.first]
        if isinstance(self.block, Item):
            if not self.block.text.lines:
                return line
            start = self.block.text.lines[0].offset - self.tree._starts[self.first]  # noqa: SLF001 - its own tree
            return line[:start]
        return line[: len(line) - len(line.lstrip())]

    @cached_property
    def text(self) -> tuple[str, ...] | None:
        """Its lines as an edit has them: without the mark, and without the indentation; None if no edit can hold them."""
        hanging = " " * len(self.prefix)
        first, *others = self.lines
        if any(line.strip() and not line.startswith(hanging) for line in others):
            return None
        words = (first[len(self.prefix) :], *(line[len(hanging) :] if line.strip() else line for line in others))
        if any(has_braces(line) or "{#" in line for line in words) or not words[0].strip() or words[0][0].isspace():
            return None
        if any(line != line.rstrip() for line in words) or (isinstance(self.block, Item) and _MARK.match(words[0])):
            return None
        return words

    def change(self, verb: Verb, text: Iterable[str] = ()) -> Change:
        """Return an edit of this block."""
        first, last = (self.first, self.own_lines[1]) if verb is Verb.TITLE else (self.first, self.last)
        is_alone = isinstance(self.block, ListBlock) or (isinstance(self.block, Leaf) and self.block.kind is not LeafKind.PARAGRAPH)
        words = " ".join(self.tree.lines[self.own_lines[0] : self.own_lines[1]])[:_FIRST_WORDS]
        id_line = self.first if is_alone else self.own_lines[1] - 1
        if self.tree.lines[id_line][-1:] in {" ", "\t", "\\"}:  # an id would take blanks at the end with it
            is_alone, id_line = True, self.first
        kind = "section" if isinstance(self.block, Section) else "item" if isinstance(self.block, Item) else "list"
        return Change(first, last, id_line, is_alone, words[len(self.prefix) :], kind, verb, tuple(text))
