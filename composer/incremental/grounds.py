"""All that the agents of a profile are resolved from, as digests that a later run can compare.

Of fragments, resolving reads only which there are, what they declare, which ids they have renamed, what the agent files among them say, and
where the blocks stand that layers edit; it never reads a text that is included. So, where a profile's ground is the same, an agent can
differ only by the texts of the fragments that it can bring in, its own file among them.
"""

from __future__ import annotations

from collections.abc import Iterator

from composer.cache.evidence import digest
from composer.errors import Diagnostics
from composer.incremental.dependencies import ground_of
from composer.lookup.index import Index
from composer.merge.layers import order_layers
from composer.model.sources import Fragment, Profile
from composer.pipeline import Run

__all__ = ["Grounds"]


class Grounds:
    """The grounds of one run, each found out when it is first asked for. Nothing may be wrong with the sources."""

    def __init__(self, run: Run) -> None:
        """Look at what was read."""
        self.index = index = run.index
        ground = ground_of(run)
        moved, looks = sorted(ground.moved.items()), sorted(ground.looks.items())
        self.of_run = repr((ground.overrides, ground.target, ground.declarations, moved, looks))
        """What holds for all agents."""
        fragments = index.catalog.fragments
        self._texts = {name: f"{name} {_text_digest(fragment)}" for name, fragment in fragments.items()}
        self.texts = frozenset(self._texts.values())
        """Every fragment, with a digest of its text."""
        # A renamed id leads to a block that is there, which the texts of fragments decide.
        leads = sorted((old, index.current(old)) for old in index.moved)
        self._for_profiles = digest(repr((self.of_run, sorted(fragments), leads)).encode(errors="surrogatepass"))
        self._layers: dict[str, str] = {}

    def text_of(self, fragment: Fragment) -> str:
        """Return a fragment's id with a digest of its text."""
        return self._texts[fragment.id]

    def of_profile(self, name: str) -> str | None:
        """Return a digest of what a profile is resolved from, but for the agent files; None where what it builds on cannot be told."""
        catalog = self.index.catalog
        ancestry = order_layers(name, catalog.profiles, catalog.broken, Diagnostics())
        if ancestry is None:
            return None
        return digest(" ".join((self._for_profiles, *map(self._layer, ancestry.order))).encode())

    def _layer(self, name: str) -> str:
        known = self._layers.get(name)
        if known is None:
            profile = self.index.catalog.profiles[name]
            parts = (name, _text_digest(profile), *sorted(set(_edit_places(profile, self.index))))
            known = self._layers[name] = digest("\0".join(parts).encode(errors="surrogatepass"))
        return known


def _text_digest(source: Fragment | Profile) -> str:
    return digest(source.source.text.encode(errors="surrogatepass"))


def _edit_places(profile: Profile, index: Index) -> Iterator[str]:
    """Print where the blocks stand that a profile edits: all that folding edits looks up."""
    for edits in profile.all_edits:
        for written in (*edits.by_address, *(name.text for name in edits.unset)):
            address = index.current(written)
            place = index.places.get(address)
            if place is not None:
                around = tuple(index.containers(address))
                yield repr((written, address, place.anchor, place.is_inside, place.block is None, around))
            else:
                yield repr((written, address))
