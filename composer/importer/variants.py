"""Agents whose bodies are nearly the same -> one file, and edits for the others: where a person would edit and not copy."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Final

from composer.importer.agents import Agent
from composer.importer.bodies import Body, Part, with_other_sections
from composer.importer.changes import Change, written_size
from composer.importer.differences import Differences
from composer.importer.trial import succeeds
from composer.importer.weights import Weights
from composer.records import dataclass, replace

__all__ = ["Comparer", "Finder", "Variant", "find_variants", "own_names_of", "with_variants"]

_ALIKE: Final = 0.5
"""The part of the smaller body's bytes that two have to share: below it a reader would see two agents, not one and its changes."""
_MOST_FAILURES: Final = 8
_MOST_FAILURES_OF_BOTH: Final = 3
"""Comparisons in vain after which no more are tried: the most alike come first, and what follows hardly ever does better."""
_ENTRY: Final = 60
"""Bytes of an agent's own file beside its body and its front matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A body that is written as another one with edits; ``saving`` are the bytes against two bodies that share what is exactly alike."""

    base: str
    changes: tuple[Change, ...]
    saving: int


class Comparer:
    """Compares bodies, and remembers what came of it."""

    def __init__(self) -> None:
        """Begin with nothing compared."""
        self.weights = Weights()
        self.differences = Differences()
        self._nameless: dict[Body, bytes] = {}
        self._adapted: dict[tuple[Body, tuple[tuple[Part, Part], ...]], Body] = {}
        self._tried: dict[tuple[Part, Part, tuple[str, str]], tuple[Change, ...] | None] = {}

    def edits(self, base: Part, other: Part, own_names: tuple[str, str], most: int) -> tuple[Change, ...] | None:
        """Return the edits that make ``other`` of ``base``; None where none of at most ``most`` bytes do.

        Those that could go wrong are tried. ``own_names`` are the names of the two agents.
        """
        changes = self.differences.between(base, other, own_names)
        if not changes or written_size(changes) > most:
            return None
        key = base, other, own_names
        if key not in self._tried:
            is_fine = all(change.is_plain for change in changes) or succeeds(base, other, changes, own_names)
            self._tried[key] = changes if is_fine else None
        return self._tried[key]

    def are_namesakes(self, first: Body, second: Body, own_names: Mapping[str, str]) -> bool:
        """Whether two bodies say the same but for the names of their agents."""
        if len(first.lines) != len(second.lines):
            return False
        for body in (first, second):
            if body not in self._nameless:
                self._nameless[body] = sha256(_nameless(body, own_names[body.key]).encode()).digest()
        return self._nameless[first] == self._nameless[second]

    def adapted(self, body: Body, sections: tuple[tuple[Part, Part], ...]) -> Body:
        """Return a body with other sections in place of some of its own."""
        if (body, sections) not in self._adapted:
            self._adapted[body, sections] = with_other_sections(body, sections)
        return self._adapted[body, sections]


def find_variants(
    agents: Sequence[Agent], bodies: Mapping[str, Body], min_saving: int, comparer: Comparer, apart: Collection[str] = ()
) -> dict[str, Variant]:
    """Find the bodies that are shorter as edits of another, where both are versions of one agent: those of other agents only include.

    Args:
        agents: all agents.
        bodies: their bodies, each once.
        min_saving: the bytes that a variant must save.
        comparer: what compares texts.
        apart: the keys of bodies that are to stay as they are.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for agent in agents:
        names[agent.fragment].update(_names(agent))
    found = [body for key, body in bodies.items() if key not in apart]
    own_names = own_names_of(agents)
    finder = Finder([body.whole for body in found], min_saving, comparer, _ENTRY, [own_names[body.key] for body in found])
    for one, other in finder.candidates():
        first, second = found[one], found[other]
        if names[first.key] & names[second.key] or comparer.are_namesakes(first, second, own_names):
            finder.consider(one, other)
    return finder.variants


def own_names_of(agents: Iterable[Agent]) -> dict[str, str]:
    """Return the name of the agent that each file is written for."""
    return {agent.fragment: agent.name for agent in agents if agent.base is None}


def _nameless(body: Body, own_name: str) -> str:
    """Return a body with a mark for the agent's own name."""
    return re.sub(rf"(?<![\w-]){re.escape(own_name)}(?![\w-])", "\0", "\n".join(body.lines))


def _names(agent: Agent) -> set[str]:
    """Return what an agent is called by its file and by itself."""
    return {PurePosixPath(agent.source.path).name.lower(), dict(agent.envelope.fields).get("name", agent.name)}


class Finder:
    """Makes bodies, or sections, variants of others, the most alike first."""

    def __init__(self, parts: Sequence[Part], min_saving: int, comparer: Comparer, around: int, own_names: Sequence[str]) -> None:
        """Begin with no variant.

        Args:
            parts: what is compared.
            min_saving: the bytes that a variant must save.
            comparer: what compares bodies.
            around: the bytes that a part of its own costs beside its text.
            own_names: the name of the agent that each part is of.
        """
        self._own_names = own_names
        self.variants: dict[str, Variant] = {}
        self._parts = parts
        self._min_saving = min_saving
        self._around = around
        self._comparer = comparer
        self._bases: set[str] = set()
        self._failures: Counter[int] = Counter()

    def candidates(self) -> list[tuple[int, int]]:
        """Return the pairs that have much in common, the most alike first."""
        return self._comparer.weights.alike(self._parts, _ALIKE)

    def consider(self, one: int, other: int, *, may_swap: bool = True) -> bool:
        """Make the later of two a variant of the earlier, or the other way round if it is the base of others."""
        first, second = self._parts[one].key, self._parts[other].key
        if first in self.variants or second in self.variants or self._is_hopeless(one, other):
            return False
        if second in self._bases:
            if first in self._bases or not may_swap:
                return False
            one, other = other, one
        base, part = self._parts[one], self._parts[other]
        own, least = self._comparer.weights.apart(base, part)
        most = self._around + own - self._min_saving - 1
        if least > most:  # no edits could be short enough, so that none need be looked for
            return False
        changes = self._comparer.edits(base, part, (self._own_names[one], self._own_names[other]), most)
        if changes is None:
            self._failures.update((one, other))
            return False
        self.variants[part.key] = Variant(base.key, changes, self._around + own - written_size(changes))
        self._bases.add(base.key)
        return True

    def _is_hopeless(self, one: int, other: int) -> bool:
        fewer, more = sorted((self._failures[one], self._failures[other]))
        return fewer >= _MOST_FAILURES_OF_BOTH or more >= _MOST_FAILURES


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
