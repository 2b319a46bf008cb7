"""Who uses which fragment: the profiles that build it or choose it, and the fragments that include it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.blocks import Block, Inclusion, walk_blocks
from composer.errors import Diagnostics
from composer.lookup.index import Index
from composer.model.sources import Profile
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.stages.resolve import resolve_profile

__all__ = ["fragment_users", "fragments_in_use", "named_in", "settings_of"]


def fragment_users(index: Index, built: Mapping[str, Iterable[str]]) -> Mapping[str, set[str]]:
    """Collect by fragment those that include it, choose it as the value of a variable, or build it.

    Args:
        index: the workspace.
        built: by profile, the fragments of the agents that it builds.
    """
    users: dict[str, set[str]] = {}
    for user, address in _references(index):
        users.setdefault(address.partition("#")[0], set()).add(user)
    for profile, fragments in built.items():
        for fragment in fragments:
            users.setdefault(fragment, set()).add(f"profiles/{profile}")
    return users


def fragments_in_use(index: Index) -> frozenset[str]:
    """Return the ids of the fragments that some profile builds or chooses, and of all that these can bring in."""
    uses: dict[str, set[str]] = {}
    for fragment, users in fragment_users(index, _built(index)).items():
        for user in users:
            uses.setdefault(user, set()).add(fragment)
    fragments = index.catalog.fragments
    waiting = [user for user in uses if user not in fragments]
    found: set[str] = set()
    while waiting:
        fresh = uses.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return frozenset(found & fragments.keys())


def _built(index: Index) -> Mapping[str, list[str]]:
    built: dict[str, list[str]] = {}
    for name, profile in index.catalog.profiles.items():
        resolved = resolve_profile(name, index, (), Diagnostics()) if not profile.is_abstract else None
        built[name] = [agent.fragment.id for agent in resolved.agents] if resolved is not None else []
    return built


def _references(index: Index) -> Iterator[tuple[str, str]]:
    for fragment in index.catalog.fragments.values():
        yield from ((fragment.id, address) for address in _included(fragment.document.blocks))
    for declaration in index.catalog.declarations.values():
        if declaration.type.is_fragment and declaration.default is not None:
            path = declaration.location.path
            user = path.removeprefix("fragments/").removesuffix(".md")
            yield from ((user, address) for address in named_in(declaration.default))
    for profile in index.catalog.profiles.values():
        yield from ((f"profiles/{profile.name}", address) for address in _profile_references(profile, index))


def settings_of(profile: Profile) -> Iterator[YamlMapping]:
    """Give the maps of variables that a profile sets: its own, and those of single agents."""
    for settings in (profile.variables, *(agent.variables for agent in profile.agents.values())):
        if settings is not None:
            yield settings


def _profile_references(profile: Profile, index: Index) -> Iterator[str]:
    for settings in settings_of(profile):
        for name, node in settings.entries.items():
            declaration = index.catalog.declarations.get(name)
            if declaration is not None and declaration.type.is_fragment:
                yield from named_in(node)
    for edits in profile.all_edits:
        for edit in edits.by_address.values():
            texts = [edit.replace, *(node for inserted in edit.insertions.values() for node in inserted.entries.values())]
            for text in texts:
                if isinstance(text, YamlScalar):
                    yield from _included(index.edit_document(text).blocks)


def _included(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block, _ in walk_blocks(blocks):
        if isinstance(block, Inclusion) and block.address is not None:
            yield block.address


def named_in(node: YamlNode) -> Iterator[str]:
    """Give the names that a value lists; in a map that edits an inherited list, those that it adds."""
    match node:
        case YamlScalar():
            yield node.text
        case YamlSequence():
            for item in node.items:
                yield from named_in(item)
        case YamlMapping():
            yield from (key for key, value in node.entries.items() if isinstance(value, YamlScalar) and value.text == "true")
