"""Every address and every name of a workspace, looked up and checked before anything is composed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from composer.blocks import Block, Conditional, Document, Item, ListBlock, Loop, Text, walk_blocks
from composer.errors import Diagnostics, Note, nearest_name
from composer.lookup.sharing import Sharing
from composer.markdown.expressions import Expression
from composer.markdown.parse import parse_lines
from composer.markdown.template import Templates, read_expression
from composer.model.resolved import FieldValue
from composer.model.sources import Catalog, Edits, Fragment, Profile
from composer.model.yaml_nodes import YamlScalar
from composer.records import dataclass, field, replace
from composer.source import Location
from composer.yaml_text.strict import text_lines

__all__ = ["Index", "Place", "index_catalog"]

MAX_ANCHORS: Final = 50
"""How many inserted texts may stand one beside the other, each anchored at the one before."""
TEMPLATE_FIELDS = frozenset({"description", "examples", "initialPrompt"})
"""The front matter fields whose texts are templates."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is defined: the block, those around it (outermost first), and the fragment or the profile that holds it.

    For a block that a profile inserted, ``anchor`` is the address that it was inserted at, and ``is_inside`` tells ``first`` and
    ``last`` from ``before`` and ``after``; ``brings`` is the first block of its text.
    """

    address: str
    block: Block | None
    parents: tuple[Block, ...]
    home: str
    location: Location
    anchor: str = ""
    is_inside: bool = False
    brings: Block | None = None


@dataclass(slots=True, eq=False)
class Index:
    """What the stages look up: addresses, the parsed texts of edits, templates, and who uses which variable."""

    catalog: Catalog
    diagnostics: Diagnostics
    templates: Templates
    places: dict[str, Place] = field(default_factory=dict)
    moved: dict[str, tuple[str, YamlScalar]] = field(default_factory=dict)
    variable_users: dict[str, set[str]] = field(default_factory=dict)
    fragment_variables: dict[str, frozenset[str]] = field(default_factory=dict)
    sharing: Sharing = field(default_factory=Sharing)
    """What agents share: it holds as long as the sources do."""
    silent: set[str] = field(default_factory=set)
    """The fragments and profiles of which vetting told nothing."""
    by_home: dict[str, dict[str, Place]] = field(default_factory=dict)
    """The places that each fragment, or profile, has brought."""
    agent_fields: dict[Fragment, Mapping[str, FieldValue]] = field(default_factory=dict)
    """What the fields of an agent file come to for agents that set none themselves."""
    _edited: frozenset[str] | None = None
    _texts: dict[YamlScalar, Document] = field(default_factory=dict)
    _lines: dict[YamlScalar, Text] = field(default_factory=dict)
    _expressions: dict[Text, Expression | None] = field(default_factory=dict)

    def take_texts(self, other: Index) -> None:
        """Take over what texts were read as, from an index in which nothing was wrong with any."""
        self._texts, self._lines, self._expressions = other._texts, other._lines, other._expressions
        self.templates.take(other.templates)

    @property
    def moves(self) -> Mapping[str, str]:
        """The renamed ids, and what each has become."""
        return {old: new for old, (new, _) in self.moved.items()}

    @property
    def edited(self) -> frozenset[str]:
        """The addresses that profiles edit, as they are now: of all others no agent has an edit."""
        if self._edited is None:
            self._edited = frozenset(address for profile in self.catalog.profiles.values() for address in self.edited_by(profile))
        return self._edited

    def edited_by(self, profile: Profile) -> Iterator[str]:
        """Give the addresses that a profile itself edits, as they are now."""
        for part in profile.all_edits:
            for address in part.by_address:
                yield self.current(address)

    @property
    def text_count(self) -> int:
        """How many texts of profiles have been read."""
        return len(self._texts)

    def address_of(self, home: str, block: Block) -> str | None:
        """Return the address of a block of the fragment or profile ``home``, if it has an id."""
        return f"{home}#{block.identifier.name}" if block.identifier is not None else None

    def find(self, address: str, location: Location, *, where: str = "") -> Place | None:
        """Look an address up; where it does not exist, report it with the nearest one. Renamed ids are followed, with a warning."""
        if address in self.places:
            return self.places[address]
        if address in self.moved:
            new = self.current(address)
            if new not in self.places:  # a rename that leads nowhere is reported where it stands
                return None
            self.diagnostics.warning("moved-id", f"`{address}` is now `{new}`", location, f"write `{new}`")
            return self.places[new]
        home, hash_sign, _ = address.partition("#")
        if self._is_broken(home):
            return None
        hint = nearest_name(address, self.places)
        if home not in self.catalog.fragments and home.removeprefix("profiles/") not in self.catalog.profiles:
            hint = hint or nearest_name(home, self.catalog.fragments) or "`agent-composer list fragments` shows what there is"
            self.diagnostics.error("unknown-fragment", f"there is no fragment `{home}`{where}", location, hint)
        elif not hash_sign:
            self.diagnostics.error("edit-needs-block", f"`{address}` is a whole fragment", location, "add the id of a block: `#id`")
        else:
            known = ", ".join(f"`{name.partition('#')[2]}`" for name in self.places if name.startswith(f"{home}#"))
            without = "it adds no blocks" if home.startswith("profiles/") else "it has no ids: run `agent-composer ids --write`"
            hint = hint or (f"its ids are {known}" if known else without)
            self.diagnostics.error("unknown-block", f"`{home}` has no block `{address.partition('#')[2]}`{where}", location, hint)
        return None

    def current(self, address: str) -> str:
        """Follow renamed ids to the address that a block has now, or to the last one where they lead nowhere."""
        seen: set[str] = set()
        while address not in self.places and address in self.moved and address not in seen:
            seen.add(address)
            address = self.moved[address][0]
        return address

    def fragment(self, fragment_id: str, location: Location) -> Fragment | None:
        """Look a fragment up; where it does not exist, report it with the nearest name."""
        found = self.catalog.fragments.get(fragment_id)
        if found is None and not self._is_broken(fragment_id):
            hint = nearest_name(fragment_id, self.catalog.fragments) or "`agent-composer list fragments` shows what there is"
            self.diagnostics.error("unknown-fragment", f"there is no fragment `{fragment_id}`", location, hint)
        return found

    def is_known(self, name: str) -> bool:
        """Whether a fragment, or a block, of this name is there; renamed ids count."""
        return name in self.catalog.fragments or self.current(name) in self.places

    def _is_broken(self, name: str) -> bool:
        return name in self.catalog.broken

    def edit_document(self, scalar: YamlScalar) -> Document:
        """Return the blocks of an edit's text."""
        document = self._texts.get(scalar)
        if document is None:
            document = self._texts[scalar] = parse_lines(scalar.source, text_lines(scalar), self.diagnostics)
        return document

    def expression(self, text: Text) -> Expression | None:
        """Return the condition or the list that a statement names; None where it is wrong, which is reported."""
        if text not in self._expressions:
            self._expressions[text] = read_expression(str(text), text.location, self.diagnostics)
        return self._expressions[text]

    def line_text(self, scalar: YamlScalar) -> Text:
        """Return a YAML text (a title, a description) as a text that can be filled."""
        text = self._lines.get(scalar)
        if text is None:
            text = self._lines[scalar] = Text(scalar.source, text_lines(scalar))
        return text

    def containers(self, address: str) -> Iterator[str]:
        """Give the addresses of the blocks around the one at ``address``, innermost first."""
        place = self.places[address]
        for parent in reversed(place.parents):
            if parent.identifier is not None:
                yield f"{place.home}#{parent.identifier.name}"
        if place.anchor and place.anchor in self.places:
            if place.is_inside:
                yield place.anchor
            yield from self.containers(place.anchor)


def index_catalog(catalog: Catalog, diagnostics: Diagnostics, known: Index | None = None) -> Index:
    """Index a catalog: give every block with an id its address, those that edits bring included.

    Args:
        catalog: what was read.
        diagnostics: gets everything that is wrong.
        known: an index in which nothing was wrong. The texts that it has read are not read again.
    """
    index = Index(catalog, diagnostics, Templates(diagnostics))
    if known is not None:
        index.take_texts(known)
    for fragment in catalog.fragments.values():
        _index_fragment(index, fragment, known)
    for profile in catalog.profiles.values():
        _index_profile(index, profile, known)
    _check_anchors(index)
    return index


# --- addresses --------------------------------------------------------------------------------------------------------


def _index_fragment(index: Index, fragment: Fragment, known: Index | None) -> None:
    if known is not None and known.catalog.fragments.get(fragment.id) is fragment:
        places = known.by_home[fragment.id]
    else:
        places = {}
        for block, parents in walk_blocks(fragment.document.blocks):
            if (address := index.address_of(fragment.id, block)) is not None and block.identifier is not None:
                places[address] = Place(address, block, parents, fragment.id, block.identifier.location)
    index.by_home[fragment.id] = places
    index.places.update(places)
    for old, new in fragment.moved.items():
        source = old if "#" in old else f"{fragment.id}#{old}"
        index.moved[source] = (new.text if "#" in new.text else f"{fragment.id}#{new.text}", new)


def _index_profile(index: Index, profile: Profile, known: Index | None) -> None:
    home = f"profiles/{profile.name}"
    # Where ids have moved, what a text stands at hangs on other sources.
    if known is not None and not index.moved and not known.moved and known.catalog.profiles.get(profile.name) is profile:
        index.by_home[home] = known.by_home[home]
        index.places.update(known.by_home[home])
        return
    index.by_home[home] = {}
    _index_edits(index, profile, profile.edits)
    for agent in profile.agents.values():
        _index_edits(index, profile, agent.edits)


def _index_edits(index: Index, profile: Profile, edits: Edits) -> None:
    home = f"profiles/{profile.name}"
    for edit in edits.by_address.values():
        anchor = index.current(edit.address)
        for verb, texts in edit.insertions.items():
            for name, node in texts.entries.items():
                if isinstance(node, YamlScalar):
                    is_inside = verb in {"first", "last"}
                    brings = next(iter(index.edit_document(node).blocks), None)
                    place = Place(f"{home}#{name}", None, (), home, texts.keys[name].location, anchor, is_inside, brings)
                    _add_place(index, place)
                    _index_text(index, home, node, anchor, is_inside=is_inside)
        if edit.replace is not None:
            _index_text(index, home, edit.replace, anchor, is_inside=True)


def _check_anchors(index: Index) -> None:
    """Refuse texts that stand beside each other and nowhere else, and chains of such texts without end."""
    has_long_chain = False
    for address, place in list(index.places.items()):
        if not place.anchor:
            continue
        chain = [address]
        anchor = place.anchor
        while anchor in index.places and anchor not in chain and len(chain) < MAX_ANCHORS:
            chain.append(anchor)
            anchor = index.places[anchor].anchor
        if anchor == address:
            index.places[address] = replace(place, anchor="")
            message = f"`{address}` is inserted beside {'what is inserted beside it' if len(chain) > 1 else 'itself'}"
            index.diagnostics.error("insertion-cycle", message, place.location, "put it beside a block of a fragment")
        elif len(chain) == MAX_ANCHORS:
            index.places[address] = replace(place, anchor="")
            if not has_long_chain:
                message = f"more than {MAX_ANCHORS} inserted texts stand one beside the other"
                index.diagnostics.error("insertion-cycle", message, place.location, "put it beside a block of a fragment")
            has_long_chain = True


def _index_text(index: Index, home: str, text: YamlScalar, anchor: str, *, is_inside: bool) -> None:
    for block, parents in walk_blocks(index.edit_document(text).blocks):
        if (address := index.address_of(home, block)) is not None and block.identifier is not None:
            _add_place(index, Place(address, block, parents, home, block.identifier.location, anchor, is_inside))


def _add_place(index: Index, place: Place) -> None:
    if place.address in index.places:
        first = index.places[place.address].location
        index.diagnostics.error(
            "duplicate-id",
            f"`{place.address}` is inserted twice",
            place.location,
            "give each insertion of a profile an id of its own",
            [Note("first used here", first)],
        )
    else:
        index.places[place.address] = index.by_home[place.home][place.address] = place


def is_entry(index: Index, place: Place) -> bool:
    """Whether the block at a place is an entry of a list, so that texts beside it are texts of items."""
    if place.block is None:
        anchor = index.places.get(place.anchor)
        if anchor is None:
            return False
        return isinstance(anchor.block, ListBlock) if place.is_inside else is_entry(index, anchor)
    around = next((parent for parent in reversed(place.parents) if not isinstance(parent, Conditional | Loop)), None)
    return isinstance(place.block, Item) or (isinstance(around, ListBlock) and not isinstance(place.block, ListBlock))
