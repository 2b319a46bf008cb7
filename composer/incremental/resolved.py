"""Profiles as they were resolved before: where their layers say the same beside their edits, edits alone are folded anew.

What is taken over may point into an older text of a layer. As with what agents share, the files do not show that, and what is told is
looked through for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from composer.errors import Diagnostics
from composer.incremental.ingredients import ProfileIngredients, said
from composer.lookup.index import Index
from composer.model.resolved import ResolvedProfile
from composer.model.sources import Edit, Edits, Profile
from composer.records import dataclass
from composer.source import SourceFile
from composer.stages.resolve import Override, resolve_edits, resolve_profile

__all__ = ["KeptResolution", "Resolutions"]


@dataclass(frozen=True, slots=True, eq=False)
class KeptResolution:
    """A profile in whose resolving nothing was told: its layers, far to near, and what its agents are made of."""

    profile: ResolvedProfile
    layers: tuple[Profile, ...]
    ingredients: ProfileIngredients


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """What two readings of a layer differ in.

    ``is_of_edits`` if all else says the same. ``addresses`` are then those at which something else is said of all agents, None if the
    edits differ in more than that.
    """

    is_of_edits: bool
    addresses: frozenset[str] | None = None


class Resolutions:
    """Resolves profiles, and remembers how. It holds as long as the ground on which they stand."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._kept: dict[str, KeptResolution] = {}
        self._index: Index | None = None
        self._changes: dict[tuple[SourceFile, SourceFile], _Change] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def keep(self, profile: ResolvedProfile, index: Index, ingredients: ProfileIngredients) -> None:
        """Remember a profile in whose resolving nothing was told."""
        layers = tuple(index.catalog.profiles[layer.removeprefix("profiles/")] for layer in profile.layers)
        self._kept[profile.name] = KeptResolution(profile, layers, ingredients)

    def resolve(
        self, name: str, index: Index, overrides: Sequence[Override], diagnostics: Diagnostics
    ) -> tuple[ResolvedProfile | None, KeptResolution | None]:
        """Resolve a profile. Beside it stands what was known of it, if all that is not an edit was taken from that."""
        if self._index is not index:
            self._index, self._changes = index, {}
        kept = self._kept.get(name)
        changes = self._changes_since(kept, index) if kept is not None else None
        if kept is None or changes is None:
            return resolve_profile(name, index, overrides, diagnostics), None
        has_unset = any(layer.edits.unset for layer in kept.layers)
        found = [change.addresses for change in changes if change.addresses is not None]
        addresses = frozenset[str]().union(*found) if len(found) == len(changes) and not has_unset else None
        return resolve_edits(kept.profile, addresses, index, diagnostics), kept

    def _changes_since(self, kept: KeptResolution, index: Index) -> list[_Change] | None:
        """Return what is said otherwise in the layers of a profile; None if that is more than edits."""
        fragments = index.catalog.fragments
        if any(fragments.get(agent.fragment.id) is not agent.fragment for agent in kept.profile.agents):
            return None
        changes = []
        for layer in kept.layers:
            now = index.catalog.profiles.get(layer.name)
            change = self._change(layer, now) if now is not layer and now is not None else None
            if now is None or (change is not None and not change.is_of_edits):
                return None
            changes += [change] if change is not None else []
        return changes

    def _change(self, before: Profile, now: Profile) -> _Change:
        pair = (before.source, now.source)
        found = self._changes.get(pair)
        if found is None:
            is_of_edits = _said_beside_edits(before) == _said_beside_edits(now)
            found = self._changes[pair] = _Change(is_of_edits, _changed_addresses(before, now) if is_of_edits else None)
        return found


def _said_beside_edits(profile: Profile) -> Hashable:
    agents = [
        (name, said(agent.use), said(agent.fields), said(agent.variables), said(agent.layout)) for name, agent in profile.agents.items()
    ]
    parts = (profile.project, profile.variables, profile.layout, profile.agents_dir)
    names = (tuple(parent.text for parent in profile.extends), tuple(taken.text for taken in profile.unset_agents))
    return (profile.is_abstract, *names, *(said(part) for part in parts), *agents)


def _changed_addresses(before: Profile, now: Profile) -> frozenset[str] | None:
    old, new = before.edits.by_address, now.edits.by_address
    has_same_places = list(old) == list(new) and not now.edits.unset
    if not has_same_places or _said_of_agents(before) != _said_of_agents(now):
        return None
    return frozenset(address for address, edit in old.items() if _said_of(edit) != _said_of(new[address]))


def _said_of_agents(profile: Profile) -> Hashable:
    return tuple((name, _said_of_all(agent.edits)) for name, agent in profile.agents.items())


def _said_of_all(edits: Edits) -> Hashable:
    return (tuple((address, _said_of(edit)) for address, edit in edits.by_address.items()), tuple(name.text for name in edits.unset))


def _said_of(edit: Edit) -> Hashable:
    inserted = tuple((verb, said(texts)) for verb, texts in edit.insertions.items())
    return (said(edit.replace), said(edit.title), said(edit.remove), said(edit.layout), inserted, edit.because)
