"""Agents whose bodies are nearly the same -> one file, and edits for the others: where a person would edit and not copy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import Final

from composer.importer.agents import Agent
from composer.importer.changes import LEAST_EDIT, Change, written_size
from composer.importer.differences import Differences
from composer.importer.factor import Body
from composer.importer.pieces import cut_body

__all__ = ["AdaptedBody", "Variant", "adapt_sections", "find_variants", "with_sections", "with_variants"]

_RARE: Final = 12
_ALIKE: Final = 0.5
"""The part of the smaller body's bytes that two have to share: below it a reader would see two agents, not one and its changes."""
_INCLUDED: Final = 170
"""Bytes that two agents pay to include what they share."""
_INCLUDE: Final = 88
_FEW: Final = 3
_ENTRY: Final = 60
"""Bytes of an agent's own file beside its body and its front matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A body that is written as another one with edits; ``saving`` are the bytes against two bodies that share what is exactly alike."""

    base: str
    changes: tuple[Change, ...]
    saving: int


def find_variants(
    agents: Sequence[Agent], bodies: Mapping[str, Body], min_saving: int, differences: Differences, apart: Collection[str] = ()
) -> dict[str, Variant]:
    """Find the bodies that are shorter as edits of another, where both are versions of one agent: those of other agents only include.

    Args:
        agents: all agents.
        bodies: their bodies, each once.
        min_saving: the bytes that a variant must save.
        differences: what compares texts.
        apart: the keys of bodies that are to stay as they are.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for agent in agents:
        names[agent.fragment].update(_names(agent))
    found = [body for key, body in bodies.items() if key not in apart]
    finder = _Finder(found, min_saving, differences)
    for one, other in finder.candidates():
        if names[found[one].key] & names[found[other].key]:
            finder.consider(one, other)
    return finder.variants


def _names(agent: Agent) -> set[str]:
    """Return what an agent is called by its file and by itself."""
    return {PurePosixPath(agent.source.path).name.lower(), dict(agent.envelope.fields).get("name", agent.name)}


def adapt_sections(bodies: Sequence[Body], min_saving: int, differences: Differences) -> dict[str, AdaptedBody]:
    """Find the sections that are shorter as edits of another body's section, and write that section in their place.

    Args:
        bodies: those that may be changed, each once.
        min_saving: the bytes that a section must save.
        differences: what compares texts.
    """
    sections, places = _sections(bodies)
    finder = _Finder(sections, min_saving, differences, is_part=True)
    by_key = {body.key: body for body in bodies}
    kept: dict[str, list[tuple[int, int]]] = defaultdict(list)
    taken: dict[str, list[tuple[int, int, Variant]]] = defaultdict(list)
    for one, other in finder.candidates():
        base, place = places[one], places[other]
        free = not _touches(taken[base.body], base.span) and not _touches([*taken[place.body], *kept[place.body]], place.span)
        if free and finder.consider(one, other, may_swap=False):
            kept[base.body].append(base.span)
            taken[place.body].append((*place.span, finder.variants[sections[other].key]))
    lines_of = {section.key: section.lines for section in sections}
    return {key: _adapted(by_key[key], found, lines_of) for key, found in taken.items() if found}


@dataclass(frozen=True, slots=True, eq=False)
class AdaptedBody:
    """A body with sections of others in place of its own, and the edits that give its own back."""

    body: Body
    changes: tuple[Change, ...]
    saving: int


@dataclass(frozen=True, slots=True)
class _SectionPlace:
    """The lines of a section in its body."""

    body: str
    span: tuple[int, int]


def _sections(bodies: Iterable[Body]) -> tuple[list[Body], list[_SectionPlace]]:
    """Cut bodies into sections, those inside others too; each wording is given once."""
    sections, places = [], []
    seen: set[tuple[str, ...]] = set()
    for body in bodies:
        for position, unit in enumerate(body.units):
            if not unit.level:
                continue
            end = next(
                (later for later in range(position + 1, len(body.units)) if 0 < body.units[later].level <= unit.level), len(body.units)
            )
            units = body.units[position:end]
            span = unit.first, units[-1].last
            lines = body.lines[span[0] : span[1]]
            if len(units) < _FEW or lines in seen or not all(one.is_sound for one in units):
                continue
            seen.add(lines)
            shifted = tuple(replace(one, first=one.first - span[0], last=one.last - span[0], below=one.below - span[0]) for one in units)
            sections.append(Body(f"{body.key}\n{span[0]}", body.folder, lines, shifted))
            places.append(_SectionPlace(body.key, span))
    return sections, places


def _touches(spans: Iterable[tuple[object, ...]], span: tuple[int, int]) -> bool:
    return any(first < span[1] and span[0] < last for first, last, *_ in spans)  # type: ignore[operator]


def _adapted(body: Body, found: Sequence[tuple[int, int, Variant]], lines_of: Mapping[str, tuple[str, ...]]) -> AdaptedBody:
    lines: list[str] = []
    changes: list[Change] = []
    position = 0
    for first, last, variant in sorted(found, key=lambda place: place[:2]):
        lines.extend(body.lines[position:first])
        changes.extend(change.moved(len(lines)) for change in variant.changes)
        lines.extend(lines_of[variant.base])
        position = last
    lines.extend(body.lines[position:])
    adapted = Body(body.key, body.folder, tuple(lines), cut_body(lines))
    return AdaptedBody(adapted, tuple(changes), sum(variant.saving for _, _, variant in found))


class _Finder:
    def __init__(self, bodies: Sequence[Body], min_saving: int, differences: Differences, *, is_part: bool = False) -> None:
        self._is_part = is_part
        self.variants: dict[str, Variant] = {}
        self._bodies = bodies
        self._min_saving = min_saving
        self._keys = [[body.lines[unit.first : unit.last] for unit in body.units] for body in bodies]
        self._sizes = [sum(map(_size, keys)) for keys in self._keys]
        self._differences = differences
        self._bases: set[str] = set()

    def _alike(self) -> dict[tuple[int, int], float]:
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

    def candidates(self) -> list[tuple[int, int]]:
        """Return the pairs that have much in common, the most alike first."""
        found = [(-share, one, other) for (one, other), share in self._alike().items() if share >= _ALIKE]
        return [pair for _, *pair in sorted(found)]  # type: ignore[misc]

    def consider(self, one: int, other: int, *, may_swap: bool = True) -> bool:
        """Make the later of two a variant of the earlier, or the other way round if it is the base of others."""
        first, second = self._bodies[one].key, self._bodies[other].key
        if first in self.variants or second in self.variants:
            return False
        if second in self._bases:
            if first in self._bases or not may_swap:
                return False
            one, other = other, one
        base, body = self._bodies[one], self._bodies[other]
        apart, least = self._apart_sizes(one, other)
        if apart - least <= self._min_saving:  # no edits could be short enough, so that none need be looked for
            return False
        changes = self._differences.between(base.lines, body.lines)
        if not changes:
            return False
        saving = apart - written_size(changes)
        if saving <= self._min_saving:
            return False
        self.variants[body.key] = Variant(base.key, changes, saving)
        self._bases.add(base.key)
        return True

    def _apart_sizes(self, one: int, other: int) -> tuple[int, int]:
        """Return what a body of its own costs, and the least that edits could.

        The body includes what it shares with the base, and so does the base. Each place where the two differ is one edit at least, and
        what only the body has is written in one.
        """
        size, least = -_INCLUDE if self._is_part else _ENTRY, 0
        for verb, first, last, _, _ in SequenceMatcher(None, self._keys[other], self._keys[one], autojunk=False).get_opcodes():
            own = sum(map(_size, self._keys[other][first:last]))
            size += min(own, _INCLUDED) if verb == "equal" else own
            least += 0 if verb == "equal" else LEAST_EDIT + (own if verb == "delete" else 0)
        return size, least


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


def with_sections(agents: Sequence[Agent], adapted: Mapping[str, AdaptedBody]) -> tuple[list[Agent], dict[str, Body]]:
    """Return the agents with the edits of their sections, and the bodies that are written in place of their own."""
    changed = [replace(agent, changes=adapted[agent.fragment].changes) if agent.fragment in adapted else agent for agent in agents]
    return changed, {key: one.body for key, one in adapted.items()}
