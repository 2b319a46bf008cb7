"""Pair -> the merge that it proposes: which text stays, what becomes of the other, and the words that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from composer.blocks import Inclusion, Item, Section, walk_blocks
from composer.lookup.index import Index
from composer.model.sources import Profile
from composer.records import dataclass
from composer.similar.passages import Passage, TextKind
from composer.similar.search import Pair
from composer.similar.words import Change, changes_between

__all__ = ["Finding", "Merge", "MergeKind", "propose_merge"]

_MOST_VARIABLES: Final = 2
_LONGEST_VALUE: Final = 3
"""Words that a variable reasonably holds."""


class MergeKind(StrEnum):
    """The ways to say a text once."""

    INCLUDE = "include"
    VARIABLE = "variable"
    ONE_LIST = "one list"
    ONE_WORDING = "one wording"
    NEW_FRAGMENT = "new fragment"
    TAKE_OUT = "take out"
    SHARED_LAYER = "shared layer"


@dataclass(frozen=True, slots=True)
class Merge:
    """What to do about a pair, in one sentence."""

    kind: MergeKind
    advice: str


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """Two texts that say nearly the same. ``keep`` is the one that stays, ``changes`` leads from its words to those of ``other``."""

    keep: Passage
    other: Passage
    similarity: float
    changes: tuple[Change, ...]
    merge: Merge


def propose_merge(pair: Pair, index: Index) -> Finding:
    """Choose which text of a pair stays, and say how the other is spared."""
    keep, other = _in_order(pair, index)
    changes = changes_between(keep.words, other.words)
    if not keep.origin.in_profile and not other.origin.in_profile:
        merge = _merge_fragments(keep, other, changes)
    elif not keep.origin.in_profile:
        merge = _merge_edit(keep, other, changes)
    else:
        merge = _merge_edits(keep, other, index.catalog.profiles)
    return Finding(keep, other, pair.similarity, changes, merge)


def name_of(passage: Passage) -> str:
    """Name a passage: by its address or, where it has none, by what it is and what it stands in."""
    if passage.address:
        return f"`{passage.address}`"
    around = next((around.address for around in reversed(passage.around) if around.address), passage.origin.home)
    return f"the {passage.what} in `{around}`"


# --- which one stays --------------------------------------------------------------------------------------------------


def _in_order(pair: Pair, index: Index) -> tuple[Passage, Passage]:
    one, other = _addressed(pair.one), _addressed(pair.other)
    return (one, other) if _worth(one, other, index) <= _worth(other, one, index) else (other, one)


def _addressed(passage: Passage) -> Passage:
    """Return what has an address, of a passage and the blocks that hold all of its words."""
    return next((same for same in passage.same_text() if same.address), passage)


def _worth(passage: Passage, rival: Passage, index: Index) -> tuple[bool, bool, bool, bool, tuple[str, int]]:
    """Order texts by how well they can be shared, the best first: in a fragment, no agent, without a circle, by an address that exists."""
    fragment = index.catalog.fragments.get(passage.origin.home)
    is_agent = fragment is not None and fragment.agent is not None
    in_profile, home = passage.origin.in_profile, rival.origin.home
    leads_back = not in_profile and home in index.catalog.fragments and home in _included(passage.origin.home, index)
    return in_profile, leads_back, is_agent, not passage.address, passage.location.position


def _included(home: str, index: Index) -> frozenset[str]:
    """Return the fragments that a fragment includes by name, those of the included ones too."""
    found: set[str] = set()
    waiting = [home]
    while waiting:
        fragment = index.catalog.fragments.get(waiting.pop())
        for block, _ in walk_blocks(fragment.document.blocks) if fragment is not None else ():
            if isinstance(block, Inclusion) and block.address is not None:
                name = block.address.partition("#")[0]
                if name not in found:
                    found.add(name)
                    waiting.append(name)
    return frozenset(found)


# --- two texts of fragments -------------------------------------------------------------------------------------------


def _merge_fragments(keep: Passage, other: Passage, changes: tuple[Change, ...]) -> Merge:
    differing = [change for change in changes if not change.is_equal]
    include = _include(keep, other)
    if not differing:
        return Merge(MergeKind.INCLUDE, include)
    if (values := _values(differing)) is not None:
        return Merge(MergeKind.VARIABLE, f"one text with a variable for {values}: {include}")
    same, own = _count_items(keep, other)
    if same > own:
        advice = f"one list: {include}; {_items(own)} by edits of the profiles, or beside the include"
        return Merge(MergeKind.ONE_LIST, advice)
    return Merge(MergeKind.ONE_WORDING, f"choose one wording: {include}")


def _include(keep: Passage, other: Passage) -> str:
    """Say how one text takes the place of the other."""
    if not keep.address:
        return f"give {name_of(keep)} an id at {keep.location}, and include it at {other.location}"
    if isinstance(keep.block, Item) != isinstance(other.block, Item):
        return f"keep {name_of(keep)}, and take {name_of(other)} out"
    marks = "#" * other.block.level + " " if isinstance(other.block, Section) else ""
    place = f"in place of `{other.address}`" if other.address else f"at {other.location}"
    if keep.block is None and other.block is None:
        return f"keep {name_of(keep)}, and include or choose it wherever {name_of(other)} is"
    return f'keep {name_of(keep)}, and {place} write `{marks}{{% include "{keep.address}" %}}`'


def _values(differing: list[Change]) -> str | None:
    """Name the words that a variable would hold; None where whole phrases differ."""
    if len(differing) > _MOST_VARIABLES:
        return None
    values = []
    for change in differing:
        longest = max(len(change.before.split()), len(change.after.split()))
        if not change.before or not change.after or longest > _LONGEST_VALUE or "{%" in change.before + change.after:
            return None
        values.append(f"`{change.before.strip(',.;:')}` / `{change.after.strip(',.;:')}`")
    return " and one for ".join(values)


def _count_items(keep: Passage, other: Passage) -> tuple[int, int]:
    """Count the entries that both say in the same words, and those that only one of the two has."""
    one, two = ({part.keys for part in _entries(passage)} for passage in (keep, other))
    return len(one & two), max(len(one - two), len(two - one))


def _entries(passage: Passage) -> Iterator[Passage]:
    for part in passage.parts:
        if isinstance(part.block, Item):
            yield part
        else:
            yield from _entries(part)


def _items(count: int) -> str:
    return "the item that differs" if count == 1 else f"the {count} items that differ"


# --- texts of profiles ------------------------------------------------------------------------------------------------


def _merge_edit(keep: Passage, other: Passage, changes: tuple[Change, ...]) -> Merge:
    """Merge a text of a profile into what a fragment says."""
    differing = [change for change in changes if not change.is_equal]
    if other.origin.kind is TextKind.REPLACEMENT and other.origin.anchor == keep.address:
        if differing and (values := _values(differing)) is not None:
            advice = f"a variable for {values} in {name_of(keep)}, which `{other.origin.home}` sets in place of its edit"
            return Merge(MergeKind.VARIABLE, advice)
        advice = f"take the edit out of `{other.origin.home}`: {name_of(keep)} says it; or write `because:` beside it"
        return Merge(MergeKind.TAKE_OUT, advice)
    where = other.origin.anchor.partition("#")[0]
    advice = f"{name_of(keep)} says it: take {name_of(other)} out, and include {name_of(keep)} in `{where}` where a profile asks for it"
    return Merge(MergeKind.TAKE_OUT, advice)


def _merge_edits(keep: Passage, other: Passage, profiles: Mapping[str, Profile]) -> Merge:
    """Merge the texts of two edits."""
    if keep.origin.anchor != other.origin.anchor:
        advice = (
            f"put the text into a fragment, include that in `{_fragment_of(keep)}` and `{_fragment_of(other)}`, and take both edits out"
        )
        return Merge(MergeKind.NEW_FRAGMENT, advice)
    if keep.origin.home == other.origin.home:
        return Merge(MergeKind.SHARED_LAYER, f"one edit under `edits` of `{keep.origin.home}`, in place of those of its agents")
    one, two = keep.origin.home.removeprefix("profiles/"), other.origin.home.removeprefix("profiles/")
    layers_one, layers_two = _layers(one, profiles), _layers(two, profiles)
    for upper, lower, layers in ((keep, other, layers_two), (other, keep, layers_one)):
        if upper.origin.home.removeprefix("profiles/") in layers:
            home = lower.origin.home
            return Merge(MergeKind.TAKE_OUT, f"`{home}` inherits it from `{upper.origin.home}`: take it out of `{home}`")
    shared = [name for name in layers_one if name in layers_two]
    if shared:
        return Merge(MergeKind.SHARED_LAYER, f"move the edit up to `profiles/{shared[0]}`, or to a new layer that both extend")
    return Merge(MergeKind.SHARED_LAYER, "move the edit to a new abstract profile that both extend")


def _fragment_of(passage: Passage) -> str:
    return passage.origin.anchor.partition("#")[0]


def _layers(name: str, profiles: Mapping[str, Profile]) -> list[str]:
    """Return the profiles that one extends, the nearest first."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        profile = profiles.get(waiting.pop(0))
        for parent in profile.extends if profile is not None else ():
            if parent.text not in found:
                found[parent.text] = None
                waiting.append(parent.text)
    return list(found)
