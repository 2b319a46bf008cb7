"""Two bodies that are nearly the same -> the edits by which the one becomes the other, block by block.

What is compared is the tree of blocks. Blocks side by side are paired so that the edits are short to write; a block is replaced as a whole
where that is shorter than to edit the blocks in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from math import inf
from typing import Final, TypeVarTuple

from composer.blocks import Item, ListBlock, Section
from composer.importer.bodies import Part
from composer.importer.changes import REMOVED_SIZE, Change, inserted_size
from composer.importer.pieces import has_braces
from composer.importer.slots import find_slot
from composer.importer.trees import Node
from composer.model.sources import Verb
from composer.records import dataclass, replace

__all__ = ["Differences"]

_MOST_PAIRS: Final = 900
_FEW: Final = 3
_LEAST: Final = 20
"""The fewest bytes that anything takes."""
_NUMBER: Final = re.compile(r"\d+")
_NO_NAMES: Final = ("", "")
_Arguments = TypeVarTuple("_Arguments")


@dataclass(frozen=True, slots=True)
class _Found:
    """Changes, and what they cost; ``inf`` where there are none that do it."""

    cost: float
    changes: tuple[Change, ...] = ()

    def and_(self, other: _Found) -> _Found:
        if not other.changes:
            return self if not other.cost else _IMPOSSIBLE
        return _Found(self.cost + other.cost, (*self.changes, *other.changes))


_IMPOSSIBLE: Final = _Found(inf)
_NONE: Final = _Found(0)


class Differences:
    """Finds the edits between two texts, and remembers them."""

    def __init__(self) -> None:
        """Begin with nothing compared."""
        self._found: dict[tuple[Part, Part, tuple[str, str]], tuple[Change, ...] | None] = {}

    def between(self, base: Part, other: Part, own_names: tuple[str, str] = _NO_NAMES) -> tuple[Change, ...] | None:
        """Return the edits that make ``other`` of ``base``, in the order of their blocks; None where no edits can.

        ``own_names`` are the names of the two agents: where only these differ, the name is read and not set.
        """
        key = base, other, own_names
        if key not in self._found:
            self._found[key] = _find_changes(base, other, own_names)
        return self._found[key]


def _find_changes(base: Part, other: Part, own_names: tuple[str, str]) -> tuple[Change, ...] | None:
    if not base.nodes or not other.nodes or base.nodes[0].gap != other.nodes[0].gap:
        return None
    found = _Comparison(own_names).compare(base.nodes, other.nodes, None)
    return None if found.cost == inf else tuple(change.moved(-base.first) for change in found.changes)


@dataclass(frozen=True, slots=True)
class _Insertion:
    """Blocks that are inserted together: the first of them by number, its node, their lines as edits have them, and what that costs."""

    start: int
    node: Node
    lines: tuple[str, ...]
    cost: int


class _Comparison:
    """One comparison of two bodies: what edits would say of a block is found out once."""

    def __init__(self, own_names: tuple[str, str]) -> None:
        self._own_names = own_names
        self._texts: dict[Node, tuple[str, ...] | None] = {}
        self._words: dict[Node, frozenset[str]] = {}

    def compare(self, base: Sequence[Node], other: Sequence[Node], around: Node | None) -> _Found:
        """Compare the blocks side by side in one place."""
        matcher = SequenceMatcher(None, [node.key for node in base], [node.key for node in other], autojunk=False)
        total = _NONE
        for verb, first, last, other_first, other_last in matcher.get_opcodes():
            if verb == "equal":
                continue
            above = base[first - 1] if first else None
            below = base[last] if last < len(base) else None
            total = total.and_(self._cheapest(base[first:last], other[other_first:other_last], (above, below), around))
            if total.cost == inf:
                return _IMPOSSIBLE
        return total

    def _cheapest(
        self, base: Sequence[Node], other: Sequence[Node], beside: tuple[Node | None, Node | None], around: Node | None
    ) -> _Found:
        """Pair, take away and insert blocks so that it costs least."""
        if len(base) * len(other) > _MOST_PAIRS:
            return _IMPOSSIBLE
        insertions = [list(self._insertions(other, column)) for column in range(len(other) + 1)]
        best: list[list[_Found]] = [[_IMPOSSIBLE] * (len(other) + 1) for _ in range(len(base) + 1)]
        best[0][0] = _NONE
        for row in range(len(base) + 1):
            anchor = base[row - 1] if row else beside[0]
            following = base[row] if row < len(base) else beside[1]
            for column in range(len(other) + 1):
                found = best[row][column]
                for inserted in insertions[column]:
                    before = best[row][inserted.start]
                    if before.cost + inserted.cost <= found.cost and _fits(inserted.node, anchor, following, around):
                        found = _cheaper(found, before, inserted.cost, _insert, inserted, anchor, following)
                if row:
                    found = _cheaper(found, best[row - 1][column], REMOVED_SIZE, Node.change, base[row - 1], Verb.REMOVE)
                if row and column and best[row - 1][column - 1].cost + _least(base[row - 1], other[column - 1]) <= found.cost:
                    pair = self._pair(base[row - 1], other[column - 1])
                    cost = best[row - 1][column - 1].cost + pair.cost
                    found = best[row - 1][column - 1].and_(pair) if cost < inf and cost <= found.cost else found
                best[row][column] = found
        return best[-1][-1]

    def _insertions(self, nodes: Sequence[Node], end: int) -> Iterator[_Insertion]:
        """Give what can be inserted as one text that ends before block ``end``. Each item is an edit of its own."""
        lines: tuple[str, ...] = ()
        for start in range(end - 1, -1, -1):
            node, text = nodes[start], self._text(nodes[start])
            if text is None or (start < end - 1 and (node.prefix or nodes[end - 1].prefix)):
                return
            lines = (*text, *([""] * nodes[start + 1].gap if lines else ()), *lines)
            yield _Insertion(start, node, lines, inserted_size(lines))
            if node.kind is Item:
                return

    def _text(self, node: Node) -> tuple[str, ...] | None:
        if node not in self._texts:
            self._texts[node] = node.text()
        return self._texts[node]

    def _words_inside(self, node: Node) -> frozenset[str]:
        if node not in self._words:
            self._words[node] = node.words_inside
        return self._words[node]

    def _pair(self, base: Node, other: Node) -> _Found:
        """Make one block of another of its kind: by edits in it, or by a replacement."""
        if base.kind is not other.kind or base.gap != other.gap or _unnumbered(base.prefix) != _unnumbered(other.prefix):
            return _IMPOSSIBLE
        if base.key == other.key:
            return _NONE
        options = []
        text = self._text(other)
        if text is not None and base.level == other.level:
            change = base.change(Verb.REPLACE, text)
            options.append(_Found(change.cost, (change,)))
            slot = find_slot(base, other, self._own_names)
            if slot is not None:
                options.append(_Found(slot.cost, (replace(change, slot=slot),)))
        inner = self._inside(base, other)
        if inner is not None:
            options.append(inner)
        return min(options, key=lambda found: found.cost, default=_IMPOSSIBLE)

    def _inside(self, base: Node, other: Node) -> _Found | None:
        """Keep the block, and edit its words and the blocks in it."""
        if not base.children or not other.children:
            return None
        if max(len(base.children), len(other.children)) > _FEW and not self._words_inside(base) & self._words_inside(other):
            return None  # nothing would be kept
        found = _NONE
        if base.kind is Section:
            if base.level != other.level:
                return None
            if base.title != other.title:
                written = f"{'#' * other.level} {other.title}"
                is_written = other.lines[0] == written and base.title in base.lines[0]
                if has_braces(other.title) or not is_written:
                    return None
                change = base.change(Verb.TITLE, (other.title,))
                found = _Found(change.cost, (change,))
        elif base.kind is not ListBlock and base.own_lines != other.own_lines:
            return None
        return found.and_(self.compare(base.children, other.children, base))


def _cheaper(found: _Found, before: _Found, cost: int, make: Callable[[*_Arguments], Change], *arguments: *_Arguments) -> _Found:
    """Return what is found already, or one edit beyond what was found before where that costs no more."""
    if before.cost + cost > found.cost or before.cost == inf:
        return found
    return before.and_(_Found(cost, (make(*arguments),)))


def _least(base: Node, other: Node) -> int:
    return 0 if base.key == other.key else _LEAST


def _fits(node: Node, anchor: Node | None, following: Node | None, around: Node | None) -> bool:
    """Whether a block can be inserted below another, or above the one that follows: the blank lines are those that edits bring."""
    neighbour = anchor or following
    if neighbour is None:
        return False
    is_item = node.kind is Item
    is_tight = is_item and around is not None and around.kind is ListBlock and around.is_tight
    if anchor is None and (neighbour.gap != node.gap or is_tight):
        return False
    return node.gap == (0 if is_tight else 1) and (not is_item or _unnumbered(node.prefix) == _unnumbered(neighbour.prefix))


def _insert(inserted: _Insertion, anchor: Node | None, following: Node | None) -> Change:
    if anchor is not None:
        return anchor.change(Verb.AFTER, inserted.lines)
    assert following is not None  # noqa: S101 - something stands beside, or it would not fit
    return following.change(Verb.BEFORE, inserted.lines)


def _unnumbered(prefix: str) -> str:
    return _NUMBER.sub("1", prefix)
