"""What each edit stands in place of: the text that would be there if its layer did not make it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from composer.blocks import Section
from composer.errors import Diagnostics
from composer.files.lock import EditKey
from composer.lookup.index import Index, Place
from composer.merge.layers import layer_name, order_layers
from composer.model.resolved import Layer
from composer.model.sources import Edit, Fragment, Profile, Verb, are_same
from composer.model.yaml_nodes import YamlScalar
from composer.records import dataclass
from composer.source import Location
from composer.stale.wording import block_wording, blocks_wording, title_wording

__all__ = ["EditBase", "EditBases", "edit_bases"]

_VERBS = (Verb.REPLACE, Verb.TITLE, Verb.REMOVE)


@dataclass(frozen=True, slots=True, eq=False)
class EditBase:
    """An edit of one layer, and the text that it stands in place of today.

    ``address`` is the one that the block has now. ``text`` is what the block says (:mod:`composer.stale.wording`), of a ``title`` the
    heading's words alone; ``location`` is where that stands. ``written`` is the place of the edit's own text.
    """

    layer: Layer
    address: str
    verb: Verb
    edit: Edit
    text: str
    location: Location
    written: YamlScalar

    @property
    def profile(self) -> str:
        """The name of the profile that wrote the edit."""
        return self.layer.name.removeprefix("profiles/")

    @property
    def key(self) -> EditKey:
        """The name of the edit in the lock."""
        return EditKey(self.profile, self.layer.agent, self.address, self.verb.value)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one layer says: its edits by the addresses that their blocks have now, and the addresses that it gives back."""

    layer: Layer
    edits: Mapping[str, Edit]
    given_back: frozenset[str]


def edit_bases(index: Index) -> Iterator[EditBase]:
    """Give every edit of every profile that stands in place of a text. Those of an address that does not exist are left out.

    A layer's edit stands in place of what that layer inherits: the replacement of its nearest ancestor that has one, else the block.
    """
    return EditBases().of(index)


@dataclass(frozen=True, slots=True, eq=False)
class _OfProfile:
    """The edits of one profile, and the sources that say what they stand in place of, by their names."""

    bases: tuple[EditBase, ...]
    sources: Mapping[str, Fragment | Profile]


class EditBases:
    """Remembers what edits stand in place of: a profile is looked through again where a source that has a part in it is another."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._known: dict[str, _OfProfile] = {}
        self._index: Index | None = None
        self._moves: Mapping[str, str] = {}

    def of(self, index: Index) -> Iterator[EditBase]:
        """Give what :func:`edit_bases` gives."""
        if index is not self._index:
            self._look_through(index)
            self._index = index
        return (base for found in self._known.values() for base in found.bases)

    def _look_through(self, index: Index) -> None:
        catalog = index.catalog
        moves, sources = index.moves, catalog.sources
        known = self._known if moves == self._moves else {}
        parts: dict[str, Mapping[str, _Part]] = {}
        self._known, self._moves = {}, moves
        for name in catalog.profiles:
            found = known.get(name)
            if found is None or not are_same(found.sources, sources):
                found = _of_profile(name, parts, sources, index)
            if found is not None:
                self._known[name] = found


def _of_profile(
    name: str, parts: dict[str, Mapping[str, _Part]], sources: Mapping[str, Fragment | Profile], index: Index
) -> _OfProfile | None:
    """Look one profile through; ``parts`` has what others say, and gets what is looked at now."""
    catalog = index.catalog
    ancestry = order_layers(name, catalog.profiles, catalog.broken, Diagnostics())
    if ancestry is None:
        return None
    for layer in ancestry.order:
        if layer not in parts:
            parts[layer] = _parts(catalog.profiles[layer], index)
    ancestors = [parts[ancestor] for ancestor in reversed(ancestry.order[:-1])]
    below = [ancestor[""] for ancestor in ancestors]
    own = parts[name][""]
    bases: list[EditBase] = []
    for agent, part in parts[name].items():
        # What is said of one agent beats all that is said of all.
        of_agent = [ancestor[agent] for ancestor in ancestors if agent in ancestor]
        bases += _of_part(part, [*of_agent, own, *below] if agent else below, index)
    edited = (address for part in parts[name].values() for now, edit in part.edits.items() for address in (now, edit.address))
    homes = {address.partition("#")[0] for address in edited}
    homes |= {layer_name(layer) for layer in ancestry.order}
    return _OfProfile(tuple(bases), {home: sources[home] for home in homes if home in sources})


def _parts(profile: Profile, index: Index) -> Mapping[str, _Part]:
    """Return what a profile says of all agents, under no name, and of single ones."""
    said = {"": profile.edits, **{name: settings.edits for name, settings in profile.agents.items()}}
    return {
        agent: _Part(
            Layer(layer_name(profile.name), agent),
            {index.current(edit.address): edit for edit in edits.by_address.values()},
            frozenset(index.current(name.text) for name in edits.unset),
        )
        for agent, edits in said.items()
    }


def _of_part(part: _Part, below: Sequence[_Part], index: Index) -> Iterator[EditBase]:
    for address, edit in part.edits.items():
        inherited = [] if address in part.given_back else below
        for verb in _VERBS:
            written = _text_of(edit, verb)
            found = _inherited(address, verb, inherited, index) if written is not None else None
            if found is not None and written is not None:
                yield EditBase(part.layer, address, verb, edit, *found, written)


def _text_of(edit: Edit, verb: Verb) -> YamlScalar | None:
    return {Verb.REPLACE: edit.replace, Verb.TITLE: edit.title, Verb.REMOVE: edit.remove}[verb]


# --- what a layer inherits --------------------------------------------------------------------------------------------


def _inherited(address: str, verb: Verb, below: Sequence[_Part], index: Index) -> tuple[str, Location] | None:
    """Return what is at an address under the edits of ``below``, nearest first, and where that is written."""
    for part in below:
        edit = part.edits.get(address)
        if edit is not None and verb is Verb.TITLE and edit.title is not None:
            return " ".join(edit.title.text.split()), edit.title.location
        if edit is not None and edit.replace is not None:
            return _written_text(edit.replace, verb, index)
        if address in part.given_back:
            break
    place = index.places.get(address)
    return _defined(place, verb, index) if place is not None else None


def _defined(place: Place, verb: Verb, index: Index) -> tuple[str, Location] | None:
    if place.block is None:
        text = _inserted_text(place, index)
        return _written_text(text, verb, index) if text is not None else None
    if verb is not Verb.TITLE:
        return block_wording(place.block), _first_line(place.block.location)
    title = place.block.title if isinstance(place.block, Section) else None
    return (title_wording(title), title.location) if title is not None else None


def _written_text(scalar: YamlScalar, verb: Verb, index: Index) -> tuple[str, Location] | None:
    """Return what a text of a profile says, or the title of the section that it begins with."""
    blocks = index.edit_document(scalar).blocks
    if verb is not Verb.TITLE:
        return blocks_wording(blocks), scalar.location
    first = blocks[0] if blocks else None
    return (title_wording(first.title), first.title.location) if isinstance(first, Section) and first.title is not None else None


def _inserted_text(place: Place, index: Index) -> YamlScalar | None:
    """Return the text of a block that a profile added."""
    profile = index.catalog.profiles.get(place.home.removeprefix("profiles/"))
    name = place.address.partition("#")[2]
    for edit in _all_edits(profile) if profile is not None else ():
        for texts in edit.insertions.values():
            text = texts.entries.get(name)
            if isinstance(text, YamlScalar):
                return text
    return None


def _all_edits(profile: Profile) -> Iterator[Edit]:
    for edits in profile.all_edits:
        yield from edits.by_address.values()


def _first_line(location: Location) -> Location:
    """Point at a block by its first line, without the indentation."""
    line = location.text.split("\n", 1)[0]
    return location.source.at(location.start + len(line) - len(line.lstrip()), location.start + max(len(line), 1))
