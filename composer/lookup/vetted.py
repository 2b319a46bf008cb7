"""What need not be vetted a second time: sources of which nothing was told, where all that vetting asks of others is the same.

A source is vetted against the names that exist, the types of variables, and what kind of block stands at an address. What a text of
another source says is not asked for. So an edit of one source mostly leaves the others as they were vetted.
"""

from __future__ import annotations

from collections.abc import Hashable

from composer.blocks import Block, Section
from composer.lookup.inclusion import top_level
from composer.lookup.index import Index, Place, is_entry

__all__ = ["take_vetted"]


def take_vetted(index: Index, known: Index) -> frozenset[str]:
    """Take over what vetting has found in sources that are the same; return them: nothing would be told of them.

    Args:
        index: has its addresses, and is to be vetted.
        known: was vetted, and nothing was wrong with it.
    """
    if not _has_same_names(index, known):
        return frozenset()
    catalog, before = index.catalog, known.catalog
    changed = {name for name, fragment in catalog.fragments.items() if before.fragments[name] is not fragment}
    changed |= {f"profiles/{name}" for name, profile in catalog.profiles.items() if before.profiles[name] is not profile}
    if any(_shape(home, index) != _shape(home, known) for home in changed):
        return frozenset()
    same = frozenset(known.silent - changed)
    index.silent |= same
    index.variable_users.update((name, users & same) for name, users in known.variable_users.items() if not users.isdisjoint(same))
    index.fragment_variables.update((home, names) for home, names in known.fragment_variables.items() if home in same)
    return same


def _has_same_names(index: Index, known: Index) -> bool:
    """Whether there are the same fragments, profiles, variables of the same types, and moved ids; and all could be read."""
    catalog, before = index.catalog, known.catalog
    return (
        not (catalog.broken or before.broken)
        and catalog.fragments.keys() == before.fragments.keys()
        and catalog.profiles.keys() == before.profiles.keys()
        and {name: declared.type for name, declared in catalog.declarations.items()}
        == {name: declared.type for name, declared in before.declarations.items()}
        and index.moves == known.moves
    )


def _shape(home: str, index: Index) -> Hashable:
    """Return all that vetting other sources asks of one: which addresses it has, what stands there, and at which level its headings are."""
    fragment = index.catalog.fragments.get(home)
    places = {address: _shape_of_place(place, index) for address, place in index.by_home[home].items()}
    return (top_level(fragment.document.blocks) if fragment is not None else None, frozenset(places.items()))


def _shape_of_place(place: Place, index: Index) -> Hashable:
    is_in_list = place.block is not None and is_entry(index, place)
    return (place.anchor, place.is_inside, is_in_list, _kind(place.block), _kind(place.brings))


def _kind(block: Block | None) -> Hashable:
    if block is None:
        return None
    return (type(block), isinstance(block, Section) and block.title is not None, top_level((block,)))
