"""Two bodies that are nearly the same -> the edits by which the one becomes the other, block by block.

What is compared is the tree of blocks. Blocks side by side are paired so that the edits are short to write; a block is replaced as a whole
where that is shorter than to edit the blocks in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from math import inf
from typing import Final

from composer.blocks import Item, ListBlock, Section
from composer.importer.bodies import Part
from composer.importer.changes import Change
from composer.importer.pieces import has_braces
from composer.importer.slots import find_slot
from composer.importer.trees import Node
from composer.model import Verb

__all__ = ["Differences"]

_MOST_PAIRS: Final = 900
_FEW: Final = 3
_LEAST: Final = 20
"""The fewest bytes that anything takes."""
_NUMBER: Final = re.compile(r"\d+")
_NO_NAMES: Final = ("", "")


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
class _Comparison:
    own_names: tuple[str, str]

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
        texts = [node.text() for node in other]
        best: list[list[_Found]] = [[_IMPOSSIBLE] * (len(other) + 1) for _ in range(len(base) + 1)]
        best[0][0] = _NONE
        for row in range(len(base) + 1):
            anchor = base[row - 1] if row else beside[0]
            following = base[row] if row < len(base) else beside[1]
            for column in range(len(other) + 1):
                found = best[row][column]
                for start, inserted in _insertions(other, texts, column, (anchor, following), around):
                    found = _cheaper(found, best[row][start], inserted)
                if row:
                    found = _cheaper(found, best[row - 1][column], _removed(base[row - 1]))
                if row and column and best[row - 1][column - 1].cost + _least(base[row - 1], other[column - 1]) <= found.cost:
                    found = _cheaper(found, best[row - 1][column - 1], self._pair(base[row - 1], other[column - 1]))
                best[row][column] = found
        return best[-1][-1]

    def _pair(self, base: Node, other: Node) -> _Found:
        """Make one block of another of its kind: by edits in it, or by a replacement."""
        if base.kind is not other.kind or base.gap != other.gap or _unnumbered(base.prefix) != _unnumbered(other.prefix):
            return _IMPOSSIBLE
        if base.key == other.key:
            return _NONE
        options = []
        text = other.text()
        if text is not None and base.level == other.level:
            change = base.change(Verb.REPLACE, text)
            options.append(_Found(change.cost, (change,)))
            slot = find_slot(base, other, self.own_names)
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
        if max(len(base.children), len(other.children)) > _FEW and not base.words_inside & other.words_inside:
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


def _cheaper(found: _Found, before: _Found, step: _Found) -> _Found:
    """Return what is found already, or the step beyond what was found before where that costs no more."""
    cost = before.cost + step.cost
    return before.and_(step) if cost < inf and cost <= found.cost else found


def _least(base: Node, other: Node) -> int:
    return 0 if base.key == other.key else _LEAST


def _removed(node: Node) -> _Found:
    change = node.change(Verb.REMOVE)
    return _Found(change.cost, (change,))


def _insertions(
    nodes: Sequence[Node],
    texts: Sequence[tuple[str, ...] | None],
    end: int,
    beside: tuple[Node | None, Node | None],
    around: Node | None,
) -> Iterator[tuple[int, _Found]]:
    """Give the ways to put the blocks up to ``end`` below one ``beside`` them, or above the other, by the first of them.

    ``texts`` are those of all blocks. The blank lines are those that edits bring. Each item is an edit of its own.
    """
    anchor, following = beside
    neighbour = anchor or following
    lines: tuple[str, ...] = ()
    for start in range(end - 1, -1, -1):
        node, text = nodes[start], texts[start]
        is_item = node.kind is Item
        if neighbour is None or text is None or (start < end - 1 and (node.prefix or nodes[end - 1].prefix)):
            return
        lines = (*text, *([""] * nodes[start + 1].gap if lines else ()), *lines)
        is_tight = is_item and around is not None and around.kind is ListBlock and around.is_tight
        fits = node.gap == (0 if is_tight else 1) and (not is_item or _unnumbered(node.prefix) == _unnumbered(neighbour.prefix))
        if anchor is None and (following is None or following.gap != node.gap or is_tight):
            fits = False
        if fits:
            change = neighbour.change(Verb.AFTER if anchor is not None else Verb.BEFORE, lines)
            yield start, _Found(change.cost, (change,))
        if is_item:
            return


def _unnumbered(prefix: str) -> str:
    return _NUMBER.sub("1", prefix)
