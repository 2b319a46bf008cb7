"""What a workspace holds: profiles, agents, fragments, variables, looks and targets, each with those that use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from composer.blocks import Block, Conditional, Inclusion, Item, Leaf, ListBlock, Loop, Section, walk_blocks
from composer.errors import Diagnostics
from composer.inventory.users import fragment_users, named_in, settings_of
from composer.looks import BUILT_IN_LOOKS
from composer.lookup.index import Index
from composer.model.sources import Fragment, Profile, VariableDeclaration
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.records import dataclass
from composer.source import Location
from composer.stages.resolve import resolve_profile
from composer.targets import TARGETS

__all__ = [
    "AgentUse",
    "BlockEntry",
    "FieldEntry",
    "FragmentEntry",
    "Inventory",
    "LookEntry",
    "ProfileEntry",
    "TargetEntry",
    "VariableEntry",
    "list_blocks",
    "node_text",
    "take_inventory",
]

WORDS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class VariableEntry:
    """A declared variable. ``users`` are the fragments and profiles whose texts read it, ``set_by`` the profiles that set it."""

    name: str
    type: str
    default: str | None
    doc: str
    location: Location
    users: tuple[str, ...]
    set_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FragmentEntry:
    """A fragment. ``variables`` are the names that it reads, ``declared`` those that it declares; ``edited_by`` are profiles."""

    id: str
    about: str
    path: str
    is_agent: bool
    variables: tuple[str, ...]
    declared: tuple[str, ...]
    users: tuple[str, ...]
    edited_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentUse:
    """An agent that a profile builds, and the fragment that it is made of."""

    name: str
    fragment: str


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """A profile. ``agents`` are those that it builds, inherited ones included; ``users`` the profiles that extend it."""

    name: str
    about: str
    path: str
    is_abstract: bool
    extends: tuple[str, ...]
    agents: tuple[AgentUse, ...]
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LookEntry:
    """A look of sections, built in or the workspace's own."""

    name: str
    title: str
    is_built_in: bool
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """A front matter field of a target."""

    name: str
    kind: str
    doc: str
    choices: tuple[str, ...]
    is_required: bool


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """A tool that agents are written for, and where it looks for an agent ``NAME``."""

    name: str
    path: str
    fields: tuple[FieldEntry, ...]


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """A block with an id: its address, what it is, its first words, and how many sections and lists it is inside."""

    address: str
    kind: str
    words: str
    location: Location
    depth: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """All of a workspace, each part in the order of its names."""

    profiles: tuple[ProfileEntry, ...]
    agents: tuple[FragmentEntry, ...]
    fragments: tuple[FragmentEntry, ...]
    variables: tuple[VariableEntry, ...]
    looks: tuple[LookEntry, ...]
    targets: tuple[TargetEntry, ...]


def take_inventory(index: Index) -> Inventory:
    """List everything in a workspace. What is wrong in it was reported when it was indexed."""
    catalog = index.catalog
    profiles = tuple(_profile(profile, index) for _, profile in sorted(catalog.profiles.items()))
    built = {profile.name: [agent.fragment for agent in profile.agents] for profile in profiles if not profile.is_abstract}
    users = fragment_users(index, built)
    fragments = [_fragment(fragment, index, users) for _, fragment in sorted(catalog.fragments.items())]
    looks = {**BUILT_IN_LOOKS, **catalog.config.looks}
    return Inventory(
        profiles,
        tuple(fragment for fragment in fragments if fragment.is_agent),
        tuple(fragment for fragment in fragments if not fragment.is_agent),
        tuple(_variable(declaration, index) for _, declaration in sorted(catalog.declarations.items())),
        tuple(LookEntry(look.name, look.title, look.name in BUILT_IN_LOOKS, _look_users(look.name, index)) for look in looks.values()),
        tuple(_targets()),
    )


def _profile(profile: Profile, index: Index) -> ProfileEntry:
    resolved = resolve_profile(profile.name, index, (), Diagnostics())
    agents = tuple(AgentUse(agent.name, agent.fragment.id) for agent in resolved.agents) if resolved is not None else ()
    parents = tuple(parent.text for parent in profile.extends)
    profiles = sorted(index.catalog.profiles.items())
    users = tuple(name for name, other in profiles if any(parent.text == profile.name for parent in other.extends))
    return ProfileEntry(profile.name, profile.about, profile.source.path, profile.is_abstract, parents, agents, users)


def _fragment(fragment: Fragment, index: Index, users: Mapping[str, set[str]]) -> FragmentEntry:
    return FragmentEntry(
        fragment.id,
        fragment.about,
        fragment.source.path,
        fragment.agent is not None,
        tuple(sorted(index.fragment_variables.get(fragment.id, ()))),
        tuple(fragment.variables),
        tuple(sorted(users.get(fragment.id, ()))),
        tuple(name for name, profile in sorted(index.catalog.profiles.items()) if _edits_fragment(profile, fragment.id)),
    )


def _variable(declaration: VariableDeclaration, index: Index) -> VariableEntry:
    name = declaration.name
    default = node_text(declaration.default) if declaration.default is not None else None
    users = tuple(sorted(index.variable_users.get(name, ())))
    profiles = sorted(index.catalog.profiles.items())
    set_by = tuple(profile_name for profile_name, profile in profiles if any(name in settings.entries for settings in settings_of(profile)))
    return VariableEntry(name, str(declaration.type), default, declaration.doc, declaration.location, users, set_by)


def _targets() -> Iterator[TargetEntry]:
    for target in TARGETS.values():
        fields = tuple(FieldEntry(spec.name, spec.kind.value, spec.doc, spec.choices, spec.is_required) for spec in target.fields.values())
        yield TargetEntry(target.name, target.output_path("NAME").as_posix(), fields)


def node_text(node: YamlNode) -> str:
    """Print a value on one line, as YAML's flow form does."""
    match node:
        case YamlScalar():
            return node.text.strip() or '""'
        case YamlSequence():
            return f"[{', '.join(node_text(item) for item in node.items)}]"
        case YamlMapping():
            return f"{{{', '.join(f'{key}: {node_text(value)}' for key, value in node.entries.items())}}}"


# --- who uses what ----------------------------------------------------------------------------------------------------


def _edits_fragment(profile: Profile, fragment_id: str) -> bool:
    return any(address.startswith(f"{fragment_id}#") for edits in profile.all_edits for address in edits.by_address)


def _look_users(name: str, index: Index) -> tuple[str, ...]:
    users = []
    for profile_name, profile in sorted(index.catalog.profiles.items()):
        layouts = [profile.layout, *(agent.layout for agent in profile.agents.values())]
        layouts += [edit.layout for edits in profile.all_edits for edit in edits.by_address.values()]
        if any(name in named_in(layout) for layout in layouts if layout is not None):
            users.append(profile_name)
    return tuple(users)


# --- blocks -----------------------------------------------------------------------------------------------------------


def list_blocks(fragment: Fragment) -> tuple[BlockEntry, ...]:
    """List the blocks of a fragment that have an id, in the order of the file."""
    found = []
    for block, parents in walk_blocks(fragment.document.blocks):
        if block.identifier is not None:
            depth = sum(1 for parent in parents if parent.identifier is not None)
            address = f"{fragment.id}#{block.identifier.name}"
            found.append(BlockEntry(address, _kind(block), _first_words(block), block.identifier.location, depth))
    return tuple(found)


def _kind(block: Block) -> str:
    match block:
        case Leaf():
            return block.kind.value
        case Item():
            return "list item"
        case ListBlock():
            return "list"
        case Section():
            return "section"
        case Conditional():
            return "if"
        case Loop():
            return "for"
        case Inclusion():
            return "include"


def _first_words(block: Block) -> str:
    words = _words(block).split()
    return " ".join(words[:WORDS_SHOWN]) + (" …" if len(words) > WORDS_SHOWN else "")


def _words(block: Block) -> str:
    match block:
        case Leaf() | Item():
            return str(block.text)
        case Section():
            return str(block.title) if block.title is not None else ""
        case Conditional():
            return str(block.branches[0].condition or "")
        case Loop():
            return f"{block.name} in {block.values}"
        case Inclusion():
            return block.address or block.variable or ""
        case ListBlock():
            return next((str(entry.text) for entry in block.entries if isinstance(entry, Item)), "")
