"""Sections of different agents that are nearly the same -> one section, and edits for the agents that have it otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from composer.importer.agents import Agent
from composer.importer.bodies import Body, Part
from composer.importer.changes import Change
from composer.importer.variants import Comparer, Finder, Variant
from composer.records import dataclass, replace

__all__ = ["AdaptedBody", "adapt_sections", "with_sections"]

_INCLUDE: Final = 88
"""Bytes that two agents pay to include a section."""


def adapt_sections(bodies: Sequence[Body], min_saving: int, comparer: Comparer, own_names: Mapping[str, str]) -> dict[str, AdaptedBody]:
    """Find the sections that are shorter as edits of another body's section, and write that section in their place.

    Args:
        bodies: those that may be changed, each once.
        min_saving: the bytes that a section must save.
        comparer: what compares texts.
        own_names: the name of the agent that each body is of.
    """
    sections = _sections(bodies)
    finder = Finder(sections, min_saving, comparer, -_INCLUDE, [own_names[section.body.key] for section in sections])
    by_key = {body.key: body for body in bodies}
    kept: dict[str, list[Part]] = defaultdict(list)
    taken: dict[str, list[_Taken]] = defaultdict(list)
    for one, other in finder.candidates():
        base, section = sections[one], sections[other]
        key = section.body.key
        own = [one.own for one in taken[key]]
        free = not _touches((one.own for one in taken[base.body.key]), base) and not _touches([*own, *kept[key]], section)
        if free and finder.consider(one, other, may_swap=False):
            kept[base.body.key].append(base)
            taken[key].append(_Taken(section, base, finder.variants[section.key]))
    return {key: _adapted(by_key[key], found, comparer) for key, found in taken.items() if found}


@dataclass(frozen=True, slots=True, eq=False)
class AdaptedBody:
    """A body with sections of others in place of its own, and the edits that give its own back."""

    body: Body
    changes: tuple[Change, ...]
    saving: int


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    """A section that is written as another body's, with edits."""

    own: Part
    base: Part
    variant: Variant


def _sections(bodies: Iterable[Body]) -> list[Part]:
    """Cut bodies into sections, those inside others too; each wording is given once."""
    found: dict[tuple[str, ...], Part] = {}
    for body in bodies:
        for section in body.sections:
            found.setdefault(section.lines, section)
    return list(found.values())


def _touches(parts: Iterable[Part], section: Part) -> bool:
    return any(part.first < section.last and section.first < part.last for part in parts)


def _adapted(body: Body, found: Iterable[_Taken], comparer: Comparer) -> AdaptedBody:
    """Write sections of others in place of a body's own, with the edits at the lines where they stand then."""
    ordered = sorted(found, key=lambda taken: taken.own.first)
    changes: list[Change] = []
    moved = 0
    for taken in ordered:
        changes.extend(change.moved(taken.own.first + moved) for change in taken.variant.changes)
        moved += len(taken.base.lines) - len(taken.own.lines)
    adapted = comparer.adapted(body, tuple((taken.own, taken.base) for taken in ordered))
    return AdaptedBody(adapted, tuple(changes), sum(taken.variant.saving for taken in ordered))


def with_sections(agents: Sequence[Agent], adapted: Mapping[str, AdaptedBody]) -> tuple[list[Agent], dict[str, Body]]:
    """Return the agents with the edits of their sections, and the bodies that are written in place of their own."""
    changed = [replace(agent, changes=adapted[agent.fragment].changes) if agent.fragment in adapted else agent for agent in agents]
    return changed, {key: one.body for key, one in adapted.items()}
