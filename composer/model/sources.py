"""What people write, as it was read: fragments, profiles, the workspace file, and all of them together, a :class:`Catalog`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from operator import is_

from composer.blocks import Document
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar
from composer.records import dataclass, field
from composer.source import Location, SourceFile

__all__ = [
    "INSERTION_VERBS",
    "AgentSettings",
    "AgentSpec",
    "Catalog",
    "Distinction",
    "Edit",
    "Edits",
    "Fragment",
    "Look",
    "Profile",
    "VariableDeclaration",
    "VariableKind",
    "VariableType",
    "Verb",
    "WorkspaceConfig",
    "are_same",
]


class VariableKind(StrEnum):
    """The types that a variable can have."""

    STR = "str"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    STR_LIST = "list[str]"
    ENUM = "enum"
    ENUM_LIST = "list[enum]"
    FRAGMENT = "fragment"
    FRAGMENT_LIST = "list[fragment]"


@dataclass(frozen=True, slots=True)
class VariableType:
    """A variable's type; ``choices`` are the values of an ``enum``, and of the items of a ``list[enum]``."""

    kind: VariableKind
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Print the type as it is written."""
        return self.kind.value.replace("enum", f"enum[{', '.join(self.choices)}]")

    @property
    def is_list(self) -> bool:
        """Whether values are lists."""
        return self.kind in {VariableKind.STR_LIST, VariableKind.ENUM_LIST, VariableKind.FRAGMENT_LIST}

    @property
    def of_items(self) -> VariableType:
        """The type of a list's items."""
        kinds = {VariableKind.ENUM_LIST: VariableKind.ENUM, VariableKind.FRAGMENT_LIST: VariableKind.FRAGMENT}
        return VariableType(kinds.get(self.kind, VariableKind.STR), self.choices)

    @property
    def is_fragment(self) -> bool:
        """Whether values name fragments."""
        return self.kind in {VariableKind.FRAGMENT, VariableKind.FRAGMENT_LIST}


@dataclass(frozen=True, slots=True)
class VariableDeclaration:
    """A variable as declared: ``default`` is None where a profile must set it."""

    name: str
    type: VariableType
    default: YamlNode | None
    doc: str
    location: Location


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """The ``agent:`` part of a fragment's front matter: the fields of the agent, as written."""

    fields: YamlMapping
    location: Location


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """One Markdown file of ``fragments/``; an agent if ``agent`` is set."""

    id: str
    source: SourceFile
    about: str
    variables: Mapping[str, VariableDeclaration]
    uses: Mapping[str, YamlScalar]
    moved: Mapping[str, YamlScalar]
    agent: AgentSpec | None
    document: Document


class Verb(StrEnum):
    """What an edit does to the block at its address."""

    REPLACE = "replace"
    TITLE = "title"
    REMOVE = "remove"
    BEFORE = "before"
    AFTER = "after"
    FIRST = "first"
    LAST = "last"
    LAYOUT = "layout"


INSERTION_VERBS = (Verb.BEFORE, Verb.FIRST, Verb.LAST, Verb.AFTER)


@dataclass(frozen=True, slots=True)
class Edit:
    """What one layer does at one address. ``insertions`` maps a verb to its texts by id."""

    address: str
    location: Location
    replace: YamlScalar | None = None
    title: YamlScalar | None = None
    remove: YamlScalar | None = None
    layout: YamlNode | None = None
    insertions: Mapping[Verb, YamlMapping] = field(default_factory=dict)
    because: str = ""


@dataclass(frozen=True, slots=True)
class Edits:
    """The edits of one layer by address, and the addresses whose inherited edits it gives back."""

    by_address: Mapping[str, Edit] = field(default_factory=dict)
    unset: tuple[YamlScalar, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What one profile says of one agent: ``fields`` are the target's own, ``use`` the agent file where the names differ."""

    name: YamlScalar
    location: Location
    use: YamlScalar | None
    fields: YamlMapping
    variables: YamlMapping | None
    layout: YamlNode | None
    edits: Edits


@dataclass(frozen=True, slots=True)
class Profile:
    """One layer: a project, or what several projects share. ``unset`` lists keys that it takes away, by the map that holds them."""

    name: str
    source: SourceFile
    about: str
    extends: tuple[YamlScalar, ...]
    is_abstract: bool
    project: YamlMapping | None
    variables: YamlMapping | None
    layout: YamlNode | None
    agents_dir: YamlScalar | None
    agents: Mapping[str, AgentSettings]
    unset_agents: tuple[YamlScalar, ...]
    edits: Edits

    @property
    def all_edits(self) -> tuple[Edits, ...]:
        """Those of all agents, and then those of each."""
        return (self.edits, *(agent.edits for agent in self.agents.values()))


@dataclass(frozen=True, slots=True)
class Look:
    """How sections of one depth look.

    ``title`` is a pattern with ``{title}``, ``{number}``, ``{hashes}`` and ``{tag}``; empty prints no title. ``end`` is a pattern for
    a closing line. ``gap`` is the number of blank lines under the title (None: as in the source), ``indent`` the indentation of the
    body in columns, ``as_sentences`` puts the body on the title's own line.
    """

    name: str
    title: str = field(hash=False)
    end: str = field(default="", hash=False)
    gap: int | None = field(default=None, hash=False)
    indent: int = field(default=0, hash=False)
    as_sentences: bool = field(default=False, hash=False)


@dataclass(frozen=True, slots=True)
class Distinction:
    """Two texts that are alike and stay two, with the reason: the answer to a finding of ``similar``.

    Each name is an address, a fragment's id, or ``<address>@profiles/<profile>``: the text that the profile puts in that block's place.
    """

    names: tuple[str, str]
    reason: str
    location: Location


@dataclass(frozen=True, slots=True)
class WorkspaceConfig:
    """What ``agent-composer.yaml`` says; all of it has defaults."""

    output: str = "output"
    variables: Mapping[str, VariableDeclaration] = field(default_factory=dict)
    looks: Mapping[str, Look] = field(default_factory=dict)
    distinct: tuple[Distinction, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """Everything that was read. ``broken`` names the sources that could not be: what mentions them is not reported again.

    ``damaged`` are those of the broken fragments whose blocks could be read in part, so that their other mistakes are told as well.
    """

    config: WorkspaceConfig
    fragments: Mapping[str, Fragment]
    profiles: Mapping[str, Profile]
    declarations: Mapping[str, VariableDeclaration]
    broken: frozenset[str] = frozenset()
    damaged: tuple[Fragment, ...] = ()

    @property
    def sources(self) -> Mapping[str, Fragment | Profile]:
        """Fragments and profiles, by the names that they have as layers."""
        return {**self.fragments, **{f"profiles/{name}": profile for name, profile in self.profiles.items()}}


def are_same(known: Mapping[str, Fragment | Profile], now: Mapping[str, Fragment | Profile]) -> bool:
    """Whether all sources that are ``known`` are there now, each the very same object: what is read anew is another."""
    return all(map(is_, map(now.get, known), known.values()))
