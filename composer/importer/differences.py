"""Two bodies that are nearly the same -> the edits by which the one becomes the other, block by block.

What is compared is the tree of blocks. Blocks side by side are paired so that the edits are short to write; a block is replaced as a whole
where that is shorter than to edit the blocks in it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from math import inf
from typing import Final

from composer.blocks import Block, Document, Item, Leaf, LeafKind, ListBlock, Section, child_blocks
from composer.errors import Diagnostics
from composer.importer.pieces import VERBATIM, has_braces
from composer.markdown.parse import parse_document
from composer.model import Verb
from composer.naming import name_of_text
from composer.source import SourceFile

__all__ = ["LEAST_EDIT", "Change", "Differences", "Slot", "common_start", "written_size"]

_MOST_PAIRS: Final = 900
_MOST_TREES: Final = 200
LEAST_EDIT: Final = 56
"""The fewest bytes that an edit takes."""
_ADDRESS: Final = 56
"""Bytes of an address with its indentation, and of the id in the fragment, about."""
_VERB: Final = 15
_NEW_ID: Final = 26
_TEXT_INDENT: Final = 6
_VARIABLE: Final = 62
"""Bytes of a variable's declaration and its value, without its name and what it says, about."""
_LEAST_AROUND: Final = 16
_AROUND: Final = 3
_WORD: Final = re.compile(r"[\w./+-]")
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.+#/-]{0,40}(?: [A-Z][\w.+#/-]{1,20}){0,2}")
_MARK: Final = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_FIRST_WORDS: Final = 80


@dataclass(frozen=True, slots=True)
class Slot:
    """A name or a number in one line, which can be a variable: from ``start`` to ``end`` of the base's ``line`` stand ``words``."""

    line: int
    start: int
    end: int
    words: str
    value: str
    name: str

    @property
    def cost(self) -> int:
        """The bytes that it takes to declare the variable, to read it and to set it, about."""
        return _VARIABLE + 3 * len(self.name) + len(self.words.encode()) + len(self.value.encode())


@dataclass(frozen=True, slots=True)
class Change:
    """One edit of one block of the base.

    ``first`` up to ``last`` are the lines that the edited block has in the base, its children included where the verb concerns them.
    The id goes to the end of the line ``id_line``, or on a line of its own above it.
    """

    first: int
    last: int
    id_line: int
    has_own_line: bool
    words: str
    kind: str
    verb: Verb
    text: tuple[str, ...] = ()
    slot: Slot | None = None

    def moved(self, lines: int) -> Change:
        """Return the same edit of a block that stands so many lines further down."""
        slot = self.slot and replace(self.slot, line=self.slot.line + lines)
        return replace(self, first=self.first + lines, last=self.last + lines, id_line=self.id_line + lines, slot=slot)

    @property
    def cost(self) -> int:
        """The bytes that it takes to write, about."""
        if self.slot is not None:
            return self.slot.cost
        words = sum(len(line.encode()) + _TEXT_INDENT + 1 for line in self.text)
        return _ADDRESS + _VERB + words + (_NEW_ID if self.verb in {Verb.AFTER, Verb.BEFORE} else 0)


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
        self._gaps: dict[Block, int] = {}

    @cached_property
    def blocks(self) -> list[Node]:
        """The blocks at the top."""
        return [Node(self, block) for block in self.document.blocks]

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


@dataclass(frozen=True, slots=True)
class _Found:
    """Changes, and what they cost; ``inf`` where there are none that do it."""

    cost: float
    changes: tuple[Change, ...] = ()

    def and_(self, other: _Found) -> _Found:
        return _Found(self.cost + other.cost, (*self.changes, *other.changes))


_IMPOSSIBLE: Final = _Found(inf)
_NONE: Final = _Found(0)


class Differences:
    """Finds the edits between two texts, and remembers them."""

    def __init__(self) -> None:
        """Begin with nothing compared."""
        self._trees: dict[tuple[str, ...], Tree] = {}
        self._found: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Change, ...] | None] = {}

    def between(self, base: tuple[str, ...], other: tuple[str, ...]) -> tuple[Change, ...] | None:
        """Return the edits that make ``other`` of ``base``, in the order of their blocks; None where no edits can."""
        if (base, other) not in self._found:
            self._found[base, other] = _find_changes(self._tree(base), self._tree(other))
        return self._found[base, other]

    def _tree(self, lines: tuple[str, ...]) -> Tree:
        if lines not in self._trees:
            if len(self._trees) >= _MOST_TREES:
                self._trees.clear()  # a tree takes a hundred times the room of its text
            self._trees[lines] = Tree(lines)
        return self._trees[lines]


def _find_changes(base: Tree, other: Tree) -> tuple[Change, ...] | None:
    if not base.blocks or not other.blocks or base.blocks[0].gap != other.blocks[0].gap:
        return None
    found = _compare(base.blocks, other.blocks, None)
    return None if found.cost == inf else found.changes


def common_start(one: Sequence[str], two: Sequence[str]) -> int:
    """Return in how many characters, or words, two begin alike."""
    pairs = zip(one, two, strict=False)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), min(len(one), len(two)))


def written_size(changes: Iterable[Change]) -> int:
    """Return the bytes that edits take: those of one block share its address."""
    places: set[int] = set()
    size = 0
    for change in changes:
        size += change.cost - (_ADDRESS if change.id_line in places else 0)
        places.add(change.id_line)
    return size


def _compare(base: Sequence[Node], other: Sequence[Node], around: Node | None) -> _Found:
    """Compare the blocks side by side in one place."""
    matcher = SequenceMatcher(None, [node.key for node in base], [node.key for node in other], autojunk=False)
    total = _NONE
    for verb, first, last, other_first, other_last in matcher.get_opcodes():
        if verb == "equal":
            continue
        above = base[first - 1] if first else None
        below = base[last] if last < len(base) else None
        total = total.and_(_cheapest(base[first:last], other[other_first:other_last], above, below, around))
        if total.cost == inf:
            return _IMPOSSIBLE
    return total


def _cheapest(base: Sequence[Node], other: Sequence[Node], above: Node | None, below: Node | None, around: Node | None) -> _Found:
    """Pair, take away and insert blocks so that it costs least."""
    if len(base) * len(other) > _MOST_PAIRS:
        return _IMPOSSIBLE
    best: list[list[_Found]] = [[_IMPOSSIBLE] * (len(other) + 1) for _ in range(len(base) + 1)]
    best[0][0] = _NONE
    for row in range(len(base) + 1):
        for column in range(len(other) + 1):
            options = [best[row][column]]
            if row and column:
                options.append(best[row - 1][column - 1].and_(_pair(base[row - 1], other[column - 1])))
            if row:
                options.append(best[row - 1][column].and_(_removed(base[row - 1])))
            anchor = base[row - 1] if row else above
            following = base[row] if row < len(base) else below
            for start in range(column):
                inserted = _inserted(other[start:column], anchor, following, around)
                options.append(best[row][start].and_(inserted))
            best[row][column] = min(options, key=lambda found: found.cost)
    return best[-1][-1]


def _removed(node: Node) -> _Found:
    change = node.change(Verb.REMOVE)
    return _Found(change.cost, (change,))


def _inserted(nodes: Sequence[Node], anchor: Node | None, following: Node | None, around: Node | None) -> _Found:
    """Put blocks below another, or above the one that follows; the blank lines are those that edits bring."""
    node = nodes[0]
    is_item = isinstance(node.block, Item)
    if is_item and len(nodes) > 1:  # each is an edit of its own
        return _IMPOSSIBLE
    is_tight = is_item and around is not None and isinstance(around.block, ListBlock) and around.block.is_tight is not False
    text = _text_of(nodes)
    beside = anchor or following
    if text is None or beside is None or node.gap != (0 if is_tight else 1):
        return _IMPOSSIBLE
    if anchor is None and (following is None or following.gap != node.gap or is_tight):
        return _IMPOSSIBLE
    if is_item and _unnumbered(node.prefix) != _unnumbered(beside.prefix):
        return _IMPOSSIBLE
    change = beside.change(Verb.AFTER if anchor is not None else Verb.BEFORE, text)
    return _Found(change.cost, (change,))


def _text_of(nodes: Sequence[Node]) -> tuple[str, ...] | None:
    """Return blocks side by side as one text, the blank lines between them as they are."""
    lines: list[str] = []
    for node in nodes:
        text = node.text
        if text is None or (len(nodes) > 1 and node.prefix):
            return None
        lines.extend([""] * node.gap if lines else [])
        lines.extend(text)
    return tuple(lines)


def _unnumbered(prefix: str) -> str:
    return re.sub(r"\d+", "1", prefix)


def _pair(base: Node, other: Node) -> _Found:
    """Make one block of another of its kind: by edits in it, or by a replacement."""
    one, two = base.block, other.block
    if type(one) is not type(two) or base.gap != other.gap or _unnumbered(base.prefix) != _unnumbered(other.prefix):
        return _IMPOSSIBLE
    if base.key == other.key:
        return _NONE
    options = []
    text = other.text
    if text is not None and not (isinstance(one, Section) and isinstance(two, Section) and one.level != two.level):
        change = base.change(Verb.REPLACE, text)
        options.append(_Found(change.cost, (change,)))
        slot = _slot(base, other)
        if slot is not None:
            options.append(_Found(slot.cost, (replace(change, slot=slot),)))
    inner = _inside(base, other)
    if inner is not None:
        options.append(inner)
    return min(options, key=lambda found: found.cost, default=_IMPOSSIBLE)


def _slot(base: Node, other: Node) -> Slot | None:
    """Return the one name or number in which two blocks without blocks in them differ."""
    if base.children or other.children or len(base.lines) != len(other.lines):
        return None
    pairs = [(number, *pair) for number, pair in enumerate(zip(base.lines, other.lines, strict=True)) if pair[0] != pair[1]]
    number, one, two = pairs[0]
    start = common_start(one, two)
    while start and _WORD.match(one[start - 1]):
        start -= 1
    end = common_start(one[start:][::-1], two[start:][::-1])
    while end and _WORD.match(one[len(one) - end]):
        end -= 1
    words, value = one[start : len(one) - end], two[start : len(two) - end]
    is_name = _NAME.fullmatch(words) and _NAME.fullmatch(value)
    if len(pairs) > 1 or not is_name or has_braces(one + two) or "{#" in one or len(one) - len(words) < _LEAST_AROUND:
        return None
    return Slot(base.first + number, start, len(one) - end, words, value, _slot_name(one, start, len(one) - end))


def _slot_name(line: str, start: int, end: int) -> str:
    """Name a variable by the words around it: of a number what it counts, of a name what stands before it."""
    before, after = line[:start].split()[-_AROUND:], line[end:].split()[:_AROUND]
    is_number = line[start:end].replace(".", "").isdecimal()
    words = after or before if is_number else before or after
    name = name_of_text(" ".join(words), "own", ()).split("-")[: _AROUND - 1] if words else ["own"]
    kind = "number" if is_number else "name"
    return "_".join([*(name if name[0][0].isalpha() else ["own", *name]), *([kind] if len(name) < _AROUND - 1 else [])])


def _inside(base: Node, other: Node) -> _Found | None:
    """Keep the block, and edit its words and the blocks in it."""
    one, two = base.block, other.block
    if not base.children or not other.children:
        return None
    found = _NONE
    if isinstance(one, Section) and isinstance(two, Section):
        if one.level != two.level:
            return None
        if str(one.title) != str(two.title):
            title = str(two.title)
            written = f"{'#' * two.level} {title}"
            if has_braces(title) or other.tree.lines[other.first] != written or str(one.title) not in base.tree.lines[base.first]:
                return None
            change = base.change(Verb.TITLE, (title,))
            found = _Found(change.cost, (change,))
    elif not isinstance(one, ListBlock) and _own_text(base) != _own_text(other):
        return None
    return found.and_(_compare(base.children, other.children, base))


def _own_text(node: Node) -> tuple[str, ...]:
    first, last = node.own_lines
    return tuple(node.tree.lines[first:last])
