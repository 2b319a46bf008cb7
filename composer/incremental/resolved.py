"""Profiles as they were resolved before: where their layers say the same beside their edits, edits alone are folded anew.

What is taken over may point into an older text of a layer. As with what agents share, the files do not show that, and what is told is
looked through for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from composer.incremental.ingredients import AgentIngredients, said
from composer.lookup.index import Index
from composer.model import Profile, ResolvedProfile
from composer.records import dataclass
from composer.source import SourceFile

__all__ = ["KeptResolution", "Resolutions"]


@dataclass(frozen=True, slots=True, eq=False)
class KeptResolution:
    """A profile in whose resolving nothing was told: its layers, far to near, what its agents are made of, and which variables it names."""

    profile: ResolvedProfile
    layers: tuple[Profile, ...]
    ingredients: Mapping[str, AgentIngredients]
    names: frozenset[str]


class Resolutions:
    """Remembers how profiles were resolved. It holds as long as the ground on which they stand."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._kept: dict[str, KeptResolution] = {}
        self._index: Index | None = None
        self._said: dict[SourceFile, Hashable] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def keep(self, profile: ResolvedProfile, index: Index, ingredients: Mapping[str, AgentIngredients], names: frozenset[str]) -> None:
        """Remember a profile in whose resolving nothing was told."""
        layers = tuple(index.catalog.profiles[layer.removeprefix("profiles/")] for layer in profile.layers)
        self._kept[profile.name] = KeptResolution(profile, layers, ingredients, names)

    def find(self, name: str, index: Index) -> KeptResolution | None:
        """Return how a profile was resolved, if all but its edits would come to the same, and would do so without a word."""
        if self._index is not index:
            self._index, self._said = index, {}
        kept = self._kept.get(name)
        if kept is None:
            return None
        profiles, fragments = index.catalog.profiles, index.catalog.fragments
        is_same = all(self._says_the_same(layer, profiles.get(layer.name)) for layer in kept.layers) and all(
            fragments.get(agent.fragment.id) is agent.fragment for agent in kept.profile.agents
        )
        return kept if is_same else None

    def _says_the_same(self, before: Profile, now: Profile | None) -> bool:
        """Whether two readings of a layer differ in edits at most."""
        return now is before or (now is not None and self._said_beside_edits(now) == self._said_beside_edits(before))

    def _said_beside_edits(self, profile: Profile) -> Hashable:
        found = self._said.get(profile.source)
        if found is None:
            found = self._said[profile.source] = _said_beside_edits(profile)
        return found


def _said_beside_edits(profile: Profile) -> Hashable:
    agents = [
        (name, said(agent.use), said(agent.fields), said(agent.variables), said(agent.layout)) for name, agent in profile.agents.items()
    ]
    parts = (profile.project, profile.variables, profile.layout, profile.agents_dir)
    names = (tuple(parent.text for parent in profile.extends), tuple(taken.text for taken in profile.unset_agents))
    return (profile.is_abstract, *names, *(said(part) for part in parts), *agents)
