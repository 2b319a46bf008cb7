"""Workspace -> passages: every text that could be said once, with its words, its address and the texts around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from composer.blocks import Block, Branch, Conditional, Document, Inclusion, Item, Leaf, ListBlock, Loop, Section, child_blocks, describe
from composer.lookup.index import Index
from composer.model.sources import Edits
from composer.model.yaml_nodes import YamlScalar
from composer.records import dataclass, field
from composer.similar.words import Word, words_of
from composer.source import Location

__all__ = ["Origin", "Passage", "TextKind", "collect_passages"]


class TextKind(StrEnum):
    """The texts that a workspace is made of."""

    FRAGMENT = "fragment"
    REPLACEMENT = "replacement"
    INSERTION = "insertion"


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """One whole text: the body of a fragment, or what an edit of a profile brings to the block at ``anchor``.

    ``home`` is the fragment or ``profiles/<name>``. ``address`` names the text; one that stands in for the block at ``anchor`` is named
    ``<anchor>@profiles/<name>``.
    """

    kind: TextKind
    home: str
    address: str
    anchor: str = ""
    because: str = ""

    @property
    def in_profile(self) -> bool:
        """Whether a profile brings the text."""
        return self.kind is not TextKind.FRAGMENT


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A text, or a block inside it (``block`` is None for the whole).

    ``address`` is empty where the block has no id. ``keys`` are the words as they are compared, ``size`` counts all but statements.
    ``branches`` are the branches of ``if`` around it, as the place of the ``if`` and the number of the branch; ``around`` are the passages
    around it, outermost first, ``parts`` those directly inside.
    """

    origin: Origin
    address: str
    block: Block | None
    words: tuple[Word, ...]
    keys: tuple[str, ...]
    size: int
    location: Location
    around: tuple[Passage, ...] = ()
    branches: tuple[tuple[int, int], ...] = ()
    parts: list[Passage] = field(default_factory=list)

    @property
    def what(self) -> str:
        """Say what it is, as in "list item"."""
        return self.origin.kind.value if self.block is None else describe(self.block).partition(" ")[2]

    @property
    def names(self) -> frozenset[str]:
        """The addresses of the passage, of what says the same inside it, and of all around it, its fragment or profile included."""
        same = (passage.address for passage in self.same_text())
        return frozenset({self.origin.home, *same, *(around.address for around in self.around)} - {""})

    def same_text(self) -> Iterator[Passage]:
        """Give the passage, and the blocks inside it that hold all of its words, as a fragment's only list does."""
        yield self
        if len(self.parts) == 1 and self.parts[0].keys == self.keys:
            yield from self.parts[0].same_text()

    def is_inside(self, other: Passage) -> bool:
        """Whether this passage is ``other``, or a part of it."""
        return self is other or other in self.around


def collect_passages(index: Index) -> tuple[Passage, ...]:
    """Return all texts of a workspace with their blocks, each before those inside it, fragments first, in the order of their names."""
    passages: list[Passage] = []
    for name, fragment in sorted(index.catalog.fragments.items()):
        passages.extend(_of_text(index, Origin(TextKind.FRAGMENT, name, name), fragment.document))
    for _, profile in sorted(index.catalog.profiles.items()):
        for edits in profile.all_edits:
            passages.extend(_of_edits(index, f"profiles/{profile.name}", edits))
    return tuple(passages)


def _of_edits(index: Index, home: str, edits: Edits) -> Iterator[Passage]:
    for edit in edits.by_address.values():
        anchor = index.current(edit.address)
        if edit.replace is not None:
            origin = Origin(TextKind.REPLACEMENT, home, f"{anchor}@{home}", anchor, edit.because)
            yield from _of_text(index, origin, index.edit_document(edit.replace))
        for texts in edit.insertions.values():
            for name, node in texts.entries.items():
                if isinstance(node, YamlScalar):
                    origin = Origin(TextKind.INSERTION, home, f"{home}#{name}", anchor, edit.because)
                    yield from _of_text(index, origin, index.edit_document(node))


def _of_text(index: Index, origin: Origin, document: Document) -> Iterator[Passage]:
    location = _first_words(document.blocks[0]) if document.blocks else document.location
    whole = _passage(origin, origin.address, None, _words_inside(document.blocks), location)
    yield whole
    yield from _inside(index, document.blocks, whole, ())


def _inside(index: Index, blocks: Iterable[Block], around: Passage, branches: tuple[tuple[int, int], ...]) -> Iterator[Passage]:
    for block in blocks:
        match block:
            case Conditional():
                for number, branch in enumerate(block.branches):
                    yield from _inside(index, branch.body, around, (*branches, (block.location.start, number)))
            case Loop():
                yield from _inside(index, block.entries, around, branches)
            case Inclusion():
                continue
            case _:
                yield from _of_block(index, block, around, branches)


def _of_block(index: Index, block: Block, around: Passage, branches: tuple[tuple[int, int], ...]) -> Iterator[Passage]:
    address = index.address_of(around.origin.home, block) or ""
    passage = _passage(
        around.origin, address, block, _words_of(block), _first_words(block), around=(*around.around, around), branches=branches
    )
    around.parts.append(passage)
    yield passage
    yield from _inside(index, child_blocks(block), passage, branches)


def _passage(
    origin: Origin,
    address: str,
    block: Block | None,
    words: Iterable[Word],
    location: Location,
    *,
    around: tuple[Passage, ...] = (),
    branches: tuple[tuple[int, int], ...] = (),
) -> Passage:
    words = tuple(words)
    keys = tuple(word.key for word in words)
    size = sum(not key.startswith("{%") for key in keys)
    return Passage(origin, address, block, words, keys, size, location, around, branches)


def _first_words(block: Block) -> Location:
    match block:
        case Leaf() | Item():
            return block.text.location
        case Section() if block.title is not None:
            return block.title.location
        case ListBlock() if block.entries:
            return _first_words(block.entries[0])
        case _:
            return block.location


# --- words ------------------------------------------------------------------------------------------------------------


def _words_inside(blocks: Iterable[Block]) -> Iterator[Word]:
    for block in blocks:
        yield from _words_of(block)


def _words_of(block: Block) -> Iterator[Word]:
    """Give the words of a block and of all inside it. What an include brings is shared already, so it adds none."""
    match block:
        case Leaf():
            yield from words_of(str(block.text))
        case Item():
            yield from words_of(str(block.text))
            yield from _words_inside(block.body)
        case Section():
            if block.title is not None:
                yield from words_of(str(block.title))
            yield from _words_inside(block.body)
        case ListBlock():
            yield from _words_inside(block.entries)
        case Conditional():
            for branch in block.branches:
                yield _condition(branch)
                yield from _words_inside(branch.body)
        case Loop():
            yield _statement(f"{{% for {block.name} in {block.values} %}}")
            yield from _words_inside(block.entries)
        case Inclusion():
            return


def _condition(branch: Branch) -> Word:
    """A condition is a word: two lists are not the same if one of them is shown at other times."""
    return _statement(f"{{% if {branch.condition} %}}" if branch.condition is not None else "{% else %}")


def _statement(text: str) -> Word:
    return Word(text, " ".join(text.split()))
