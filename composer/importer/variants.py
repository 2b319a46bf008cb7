"""Agents whose bodies are nearly the same -> one file, and edits for the others: where a person would edit and not copy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

from composer.importer.agents import Agent
from composer.importer.differences import Change, Tree, find_changes, written_size
from composer.importer.factor import Body

__all__ = ["Variant", "find_variants", "with_variants"]

_RARE: Final = 12
_ALIKE: Final = 0.5
"""The part of the smaller body's bytes that two have to share: below it a reader would see two agents, not one and its changes."""
_INCLUDED: Final = 220
"""Bytes that two agents pay to include what they share."""
_ENTRY: Final = 60
"""Bytes of an agent's own file beside its body and its front matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A body that is written as another one with edits; ``saving`` are the bytes against two bodies that share what is exactly alike."""

    base: str
    changes: tuple[Change, ...]
    saving: int


def find_variants(bodies: Sequence[Body], min_saving: int, apart: Collection[str] = ()) -> dict[str, Variant]:
    """Find the bodies that are shorter as edits of another.

    Args:
        bodies: the bodies, each once.
        min_saving: the bytes that a variant must save.
        apart: the keys of bodies that are to stay as they are.
    """
    finder = _Finder(bodies, min_saving)
    candidates = [(share, one, other) for (one, other), share in finder.alike().items() if share >= _ALIKE]
    for _, one, other in sorted(candidates, key=lambda pair: (-pair[0], pair[1:])):
        if bodies[one].key not in apart and bodies[other].key not in apart:
            finder.consider(one, other)
    return finder.variants


class _Finder:
    def __init__(self, bodies: Sequence[Body], min_saving: int) -> None:
        self.variants: dict[str, Variant] = {}
        self._bodies = bodies
        self._min_saving = min_saving
        self._keys = [[body.lines[unit.first : unit.last] for unit in body.units] for body in bodies]
        self._sizes = [sum(map(_size, keys)) for keys in self._keys]
        self._trees: dict[int, Tree] = {}
        self._bases: set[str] = set()

    def alike(self) -> dict[tuple[int, int], float]:
        """Return the share of the smaller one's bytes that pairs of bodies have in common, where they have something that is rare."""
        places: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, keys in enumerate(self._keys):
            for key in dict.fromkeys(keys):
                places[key].append(number)
        shared: Counter[tuple[int, int]] = Counter()
        for key, found in places.items():
            for position, one in enumerate(found if len(found) <= _RARE else ()):
                for other in found[position + 1 :]:
                    shared[one, other] += _size(key)
        return {(one, other): size / max(min(self._sizes[one], self._sizes[other]), 1) for (one, other), size in shared.items()}

    def consider(self, one: int, other: int) -> None:
        """Make the later of two a variant of the earlier, or the other way round if it is the base of others."""
        first, second = self._bodies[one].key, self._bodies[other].key
        if first in self.variants or second in self.variants:
            return
        if second in self._bases:
            if first in self._bases:
                return
            one, other = other, one
        base, body = self._bodies[one], self._bodies[other]
        changes = find_changes(self._tree(one), self._tree(other))
        if not changes:
            return
        saving = self._apart_size(one, other) - written_size(changes)
        if saving > self._min_saving:
            self.variants[body.key] = Variant(base.key, changes, saving)
            self._bases.add(base.key)

    def _tree(self, number: int) -> Tree:
        if number not in self._trees:
            self._trees[number] = Tree(self._bodies[number].lines)
        return self._trees[number]

    def _apart_size(self, one: int, other: int) -> int:
        """The bytes of a body of its own that includes what it shares with the base, and those of the includes in both."""
        size = _ENTRY
        for verb, first, last, _, _ in SequenceMatcher(None, self._keys[other], self._keys[one], autojunk=False).get_opcodes():
            own = sum(map(_size, self._keys[other][first:last]))
            size += min(own, _INCLUDED) if verb == "equal" else own
        return size


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines) + 1


def with_variants(agents: Sequence[Agent], variants: Mapping[str, Variant]) -> list[Agent]:
    """Return the agents, those with a variant's body as the base's with edits."""
    holders = {agent.fragment: agent for agent in agents if agent.base is None}
    changed = []
    for agent in agents:
        variant = variants.get(agent.fragment)
        if variant is None:
            changed.append(agent)
        else:
            changed.append(replace(agent, fragment=variant.base, base=holders[variant.base], changes=variant.changes))
    return changed
