"""What a composed profile depends on, and what of the sources has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.errors import Diagnostic
from composer.incremental.ingredients import AgentIngredients, said_of_declarations
from composer.lookup.index import Index
from composer.model.resolved import ResolvedProfile
from composer.model.sources import Fragment, Look, Profile
from composer.model.yaml_nodes import YamlScalar
from composer.pipeline import Run
from composer.records import dataclass
from composer.source import Location

__all__ = [
    "Dependencies",
    "Ground",
    "are_of",
    "changed_fragments",
    "edited_addresses",
    "ground_of",
    "has_includes",
    "names_by_home",
    "places_of",
]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a profile depends on beside fragments and profiles: all that is kept goes when it changes."""

    overrides: tuple[str, ...]
    target: str
    declarations: object
    moved: Mapping[str, str]
    looks: Mapping[str, Look]


def ground_of(run: Run) -> Ground:
    """Return what holds for all profiles of a run."""
    catalog = run.index.catalog
    return Ground(
        tuple(override.location.source.text for override in run.overrides),
        run.target.name,
        said_of_declarations(catalog.declarations),
        run.index.moves,
        catalog.config.looks,
    )


def names_by_home(users: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    """Turn the users of each variable into the variables of each user."""
    found: dict[str, set[str]] = {}
    for name, homes in users.items():
        for home in homes:
            found.setdefault(home, set()).add(name)
    return {home: frozenset(names) for home, names in found.items()}


class Dependencies:
    """The sources of an index, fragments and layers, by their names; and which of them have a part in a profile."""

    def __init__(self, index: Index) -> None:
        """Look at an index."""
        self._index = index
        self._homes: dict[str, frozenset[str]] = {}
        self.sources = index.catalog.sources

    def of(self, profile: ResolvedProfile, agents: Iterable[AgentIngredients]) -> dict[str, Fragment | Profile]:
        """Return the sources of a profile: its layers, what its agents bring in, and where the blocks stand that it edits."""
        found: dict[str, Fragment | Profile] = {}
        for agent in agents:
            found.update(agent.fragments)
        waiting = list(profile.layers)
        while waiting:
            name = waiting.pop()
            source = self.sources.get(name) if name not in found else None
            if source is not None:
                found[name] = source
                if isinstance(source, Profile):
                    # A text that another profile has inserted stands where that profile says.
                    waiting += self._edited_homes(name, source)
        return found

    def _edited_homes(self, name: str, profile: Profile) -> frozenset[str]:
        known = self._homes.get(name)
        if known is None:
            known = self._homes[name] = frozenset(_edited_homes(profile, self._index))
        return known


def _edited_homes(profile: Profile, index: Index) -> Iterator[str]:
    for part in profile.all_edits:
        for address in (*part.by_address, *(name.text for name in part.unset)):
            yield address.partition("#")[0]
            yield index.current(address).partition("#")[0]


def edited_addresses(profile: Profile, index: Index) -> list[str]:
    """Return the addresses that a profile itself edits, as they are now, in order."""
    return sorted(set(index.edited_by(profile)))


def are_of(told: Iterable[Diagnostic], sources: Iterable[Fragment | Profile]) -> bool:
    """Whether all that was told points at sources that had a part in it: the places of others may change."""
    places = list(places_of(told))
    texts = {id(source.source) for source in sources} if places else set()
    return all(id(place.source) in texts for place in places)


def places_of(told: Iterable[Diagnostic]) -> Iterator[Location]:
    """Give every place that is pointed at."""
    for found in told:
        yield found.location
        yield from (note.location for note in found.notes if note.location is not None)


# --- what has changed -------------------------------------------------------------------------------------------------


def changed_fragments(before: Index | None, now: Index) -> frozenset[str] | None:
    """Return the ids of the fragments whose plans do not hold any more; None where those of all do not.

    These are fragments that have changed, come or gone, and those of which a block is edited that nobody edited before: no agent was asked
    for its edits.
    """
    if before is None or before.catalog.config.looks != now.catalog.config.looks or before.moves != now.moves:
        return None
    old, new = before.catalog.fragments, now.catalog.fragments
    asked_now = {address.partition("#")[0] for address in now.edited - before.edited}
    if not asked_now <= new.keys():  # a text that a profile has inserted stands wherever that profile says
        return None
    return frozenset(asked_now).union(name for name in old.keys() | new.keys() if old.get(name) is not new.get(name))


def has_includes(index: Index) -> bool:
    """Whether a text of a profile can bring fragments in, wherever it is put."""
    return any("include" in text for profile in index.catalog.profiles.values() for text in _edit_texts(profile))


def _edit_texts(profile: Profile) -> Iterator[str]:
    for edits in profile.all_edits:
        for edit in edits.by_address.values():
            inserted = (node for nodes in edit.insertions.values() for node in nodes.entries.values())
            yield from (text.text for text in (edit.replace, *inserted) if isinstance(text, YamlScalar))
