"""What a Markdown source is made of: blocks, each with its place, its id and the gap before it.

A block's ``location`` covers whole lines of its source, line ends included, and holds the locations of the blocks inside it, in
order. So a source is printed again by walking its blocks (:func:`composer.markdown.parse.print_blocks`), and a change of one block is a
change of one run of characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from composer.records import dataclass
from composer.source import Location, SourceFile

__all__ = [
    "Block",
    "Branch",
    "Conditional",
    "Document",
    "Identifier",
    "Inclusion",
    "Item",
    "Leaf",
    "LeafKind",
    "ListBlock",
    "Loop",
    "Section",
    "Syntax",
    "Text",
    "TextLine",
    "Unit",
    "child_blocks",
    "describe",
    "walk_blocks",
]


@dataclass(frozen=True, slots=True)
class Syntax:
    """What a text may hold besides Markdown and ids.

    Where ``is_plain`` is set there is no Jinja, and statements are text; ``has_includes`` then says whether lines that include are read all
    the same. ``is_verbatim`` takes in what no composed text should have, such as a code block that is never closed.
    """

    is_plain: bool = False
    has_includes: bool = True
    is_verbatim: bool = False


class LeafKind(StrEnum):
    """The blocks that hold text and no other block."""

    PARAGRAPH = "paragraph"
    CODE = "code block"
    TABLE = "table"
    QUOTE = "quote"
    MARKUP = "markup"
    RULE = "rule"
    OPAQUE = "opaque block"
    AS_WRITTEN = "text as written"


@dataclass(frozen=True, slots=True)
class Identifier:
    """An id as it was written, ``{#name}``."""

    name: str
    location: Location


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of a block's words, without mark, indentation and id; ``offset`` is where it starts in the source."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """The words of one block. Where ``plain`` is set, they are printed as they stand: no Jinja is read in them."""

    source: SourceFile
    lines: tuple[TextLine, ...]
    plain: bool = False

    def __str__(self) -> str:
        """Join the lines."""
        return "\n".join(line.text for line in self.lines)

    @property
    def location(self) -> Location:
        """From the first character of the first line to the last of the last."""
        if not self.lines:
            return self.source.at(0, 0)
        last = self.lines[-1]
        return self.source.at(self.lines[0].offset, last.offset + len(last.text))


@dataclass(frozen=True, slots=True)
class Unit:
    """The place of one text-bearing line run (a title, an item's text, a leaf) among its neighbours in the source.

    ``order`` counts such runs through the source from 0. ``gap`` is the number of blank lines before this one; statements, ids
    and untitled headings between it and its neighbour are looked through. ``indent`` is the indentation in columns that it has beyond
    what the block around it asks for.
    """

    order: int
    gap: int
    indent: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A paragraph, code block, table, quote, line of markup, rule, or a run of lines: opaque (only Jinja can read it), or as written."""

    kind: LeafKind
    text: Text
    unit: Unit
    location: Location
    identifier: Identifier | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One entry of a list: its mark as written (``- ``, ``2. ``, ``- [ ] ``), its text, and the blocks below it."""

    mark: str
    text: Text
    body: tuple[Block, ...]
    unit: Unit
    location: Location
    identifier: Identifier | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ListBlock:
    """A list. ``style`` is its bullet, or the delimiter after its numbers; ``entries`` are items, and statements between them."""

    style: str
    entries: tuple[Block, ...]
    is_tight: bool | None
    location: Location
    identifier: Identifier | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A heading and all below it up to the next of its level. Without a title it prints nothing and only closes the one before."""

    level: int
    title: Text | None
    body: tuple[Block, ...]
    unit: Unit | None
    location: Location
    identifier: Identifier | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """One branch of an ``if``: ``condition`` is None for ``else``; ``statement`` is the line that opens it."""

    condition: Text | None
    body: tuple[Block, ...]
    statement: Location


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """``if / elif / else / endif`` around whole blocks."""

    branches: tuple[Branch, ...]
    location: Location
    identifier: Identifier | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """``for NAME in LIST`` around items: the entries are printed once for each value."""

    name: str
    values: Text
    entries: tuple[Block, ...]
    location: Location
    identifier: Identifier | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Inclusion:
    """``include``: a literal address, or a variable of type fragment. ``level`` is the level of the heading that it stands in."""

    address: str | None
    variable: str | None
    level: int | None
    indent: int
    target: Location
    location: Location
    identifier: Identifier | None = None


Block = Leaf | Item | ListBlock | Section | Conditional | Loop | Inclusion


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """The blocks of one source text, how many text-bearing runs it has, and how it was read."""

    source: SourceFile
    blocks: tuple[Block, ...]
    location: Location
    unit_count: int
    syntax: Syntax = Syntax()


def child_blocks(block: Block) -> tuple[Block, ...]:
    """Return the blocks directly inside ``block``, those of all branches included."""
    match block:
        case Section() | Item():
            return block.body
        case ListBlock() | Loop():
            return block.entries
        case Conditional():
            return tuple(child for branch in block.branches for child in branch.body)
        case Leaf() | Inclusion():
            return ()


def walk_blocks(blocks: tuple[Block, ...], parents: tuple[Block, ...] = ()) -> Iterator[tuple[Block, tuple[Block, ...]]]:
    """Give every block with the blocks around it, outermost first, in the order of the source."""
    for block in blocks:
        yield block, parents
        yield from walk_blocks(child_blocks(block), (*parents, block))


def describe(block: Block | None) -> str:
    """Name a kind of block for a message."""
    match block:
        case Leaf():
            return f"an {block.kind}" if block.kind[0] in "aeiou" else f"a {block.kind}"
        case Item():
            return "a list item"
        case ListBlock():
            return "a list"
        case Section():
            return "a section" if block.title is not None else "an untitled section"
        case Conditional():
            return "an `if`"
        case Loop():
            return "a `for`"
        case Inclusion():
            return "an include"
        case None:
            return "an inserted block"
