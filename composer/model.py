"""The frozen values that travel from stage to stage, in the order in which they come to be.

Sources (fragments, profiles, the workspace file) become a :class:`Catalog`; a profile with its layers folded is a :class:`ResolvedProfile`;
its agents with edits, includes and gates applied are planned blocks; with their text filled they are rendered blocks; laid out and
emitted they are an :class:`OutputFile`, whose segments say where each character came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from operator import is_
from pathlib import PurePosixPath
from typing import overload

from composer.blocks import Document, LeafKind, ListBlock, Text
from composer.records import dataclass, field
from composer.source import Location, SourceFile

# --- YAML with places -------------------------------------------------------------------------------------------------


class ScalarStyle(StrEnum):
    """How a YAML scalar was written."""

    PLAIN = "plain"
    QUOTED = "quoted"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """A scalar: its text as written (quotes and escapes undone), how it was written, and from where to where in its source."""

    text: str
    style: ScalarStyle
    source: SourceFile
    start: int
    end: int
    in_flow: bool = False

    @property
    def location(self) -> Location:
        """Where it was written. Made for who asks: of most scalars, nobody does."""
        return Location(self.source, self.start, self.end)

    @property
    def value(self) -> str | int | float | bool:
        """The plain value: only ``true`` and ``false`` are booleans, only decimal digits make a number."""
        return plain_value(self)


@dataclass(frozen=True, slots=True)
class YamlSequence:
    """A list."""

    items: tuple[YamlNode, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class YamlMapping:
    """A map, in the order of the file. ``keys`` has the place of each key."""

    entries: Mapping[str, YamlNode]
    keys: Mapping[str, YamlScalar]
    location: Location


YamlNode = YamlScalar | YamlSequence | YamlMapping

Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"]
"""What a template can see: data without methods of ours, so that a template can reach nothing else."""


LONGEST_NUMBER = 300
"""Digits beyond these are text: Python reads no number of many thousand digits, and a float ends at some 300."""


def plain_value(node: YamlScalar) -> str | int | float | bool:
    """Read a plain scalar as a boolean or a number where it is one; everything else is text."""
    text = node.text
    if node.style is not ScalarStyle.PLAIN or len(text) > LONGEST_NUMBER:
        return text
    if text[:1].isalpha():
        return text == "true" if text in {"true", "false"} else text
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and (digits == "0" or not digits.startswith("0")):
        return int(text)
    whole, dot, fraction = digits.partition(".")
    if dot and whole.isascii() and whole.isdigit() and fraction.isascii() and fraction.isdigit():
        return float(text)
    return text


def plain_data(node: YamlNode) -> Plain:
    """Turn a node into plain data, places dropped."""
    match node:
        case YamlScalar():
            return plain_value(node)
        case YamlSequence():
            return [plain_data(item) for item in node.items]
        case YamlMapping():
            return {key: plain_data(value) for key, value in node.entries.items()}


# --- Sources ----------------------------------------------------------------------------------------------------------


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


# --- Resolved ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layer:
    """One place that can set a value. ``agent`` is set for the part of a profile under ``agents.<name>``, which beats the rest of it."""

    name: str
    agent: str = ""

    def __str__(self) -> str:
        """Print the layer as people name it."""
        return f"{self.name} (agents.{self.agent})" if self.agent else self.name


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that one layer sets."""

    layer: Layer
    node: YamlNode
    location: Location


@dataclass(frozen=True, slots=True)
class ResolvedVariable:
    """A variable's value: ``data`` for conditions, ``text`` as it is printed, where it was set, and the settings it beat, nearest first."""

    name: str
    type: VariableType
    data: Plain
    text: str
    layer: Layer
    location: Location
    beaten: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One field of an agent, or a part of one: plain, a list or a map, each part with its place and layer."""

    value: YamlScalar | tuple[FieldValue, ...] | Mapping[str, FieldValue]
    layer: Layer
    location: Location
    beaten: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class EditPart:
    """One verb's text by one layer."""

    verb: Verb
    layer: Layer
    location: Location
    text: YamlScalar | None = None
    id: str = ""
    because: str = ""
    beaten: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class ResolvedEdit:
    """All that happens to one address: at most one ``value`` (replace or remove), ``title`` and ``layout``, and insertions."""

    address: str
    value: EditPart | None = None
    title: EditPart | None = None
    layout: EditPart | None = None
    looks: tuple[Look, ...] = ()
    insertions: tuple[EditPart, ...] = ()

    @property
    def parts(self) -> tuple[EditPart, ...]:
        """Every part, the value first."""
        return (*(part for part in (self.value, self.title, self.layout) if part), *self.insertions)


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedAgent:
    """One agent of one profile with its layers folded. ``folder`` is where the profile puts its agents; None: where their tool looks."""

    name: str
    fragment: Fragment
    fields: Mapping[str, FieldValue]
    variables: Mapping[str, ResolvedVariable]
    looks: tuple[Look, ...]
    edits: Mapping[str, ResolvedEdit]
    location: Location
    folder: PurePosixPath | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedProfile:
    """A profile with its ancestors folded. ``layers`` are all layer names, far to near."""

    name: str
    profile: Profile
    layers: tuple[str, ...]
    project: Mapping[str, FieldValue]
    agents: tuple[ResolvedAgent, ...]


# --- Planned and rendered ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition around a block, and whether it held.

    ``names`` are the variables that decided. ``is_skipped`` is set where a branch before it was taken: then they are those of the
    conditions up to that branch, and this one was not looked at.
    """

    condition: str
    holds: bool
    location: Location
    names: tuple[str, ...] = ()
    is_skipped: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Where a block of an output comes from: its address, its definition, and all that touched it on the way.

    ``layer`` is the fragment's id, or ``profiles/<name>`` where an edit brought the block; then ``replaces`` is the place of the block
    that it stands in for, if any. ``via`` are the include statements, and ``within`` the addresses of the blocks around it, both
    outermost first.
    """

    address: str | None
    kind: str
    location: Location
    layer: str
    edits: tuple[EditPart, ...] = ()
    gates: tuple[Gate, ...] = ()
    via: tuple[Location, ...] = ()
    within: tuple[str, ...] = ()
    replaces: Location | None = None


class SegmentKind(StrEnum):
    """What a run of output characters is."""

    LITERAL = "literal"
    VARIABLE = "variable"
    EDIT = "edit"
    LAYOUT = "layout"
    FIELD = "field"


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A run of output characters with one origin. ``names`` are the variables that a filled text came from."""

    text: str
    kind: SegmentKind
    location: Location
    trace: Trace | None = None
    names: tuple[str, ...] = ()


Filled = tuple[Segment, ...]


class Segments(Sequence[Segment]):
    """Segments that are strung together when they are first asked for: a file can be written without, where its text is known."""

    __slots__ = ("_string", "_strung")

    def __init__(self, string: Callable[[], tuple[Segment, ...]]) -> None:
        """Take what will string them together."""
        self._string: Callable[[], tuple[Segment, ...]] | None = string
        self._strung: tuple[Segment, ...] = ()

    def _all(self) -> tuple[Segment, ...]:
        if self._string is not None:
            self._strung, self._string = self._string(), None
        return self._strung

    @overload
    def __getitem__(self, position: int) -> Segment: ...

    @overload
    def __getitem__(self, position: slice) -> tuple[Segment, ...]: ...

    def __getitem__(self, position: int | slice) -> Segment | tuple[Segment, ...]:
        """Return one of them, or a run."""
        return self._all()[position]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._all())

    def __iter__(self) -> Iterator[Segment]:
        """Give each, in order."""
        return iter(self._all())


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """Where a run of text stands among its neighbours: the document and the order of its head and of its tail, and the gap before it.

    Two runs are neighbours if the head of the second follows the tail of the first in one document. The two ends differ only where
    one text replaces another: then it keeps the place of what it replaces.
    """

    head: tuple[Document, int]
    tail: tuple[Document, int]
    gap: int
    indent: int = 0

    def is_followed_by(self, other: Slot) -> bool:
        """Whether ``other`` is the next run of the same source."""
        return self.tail[0] is other.head[0] and self.tail[1] + 1 == other.head[1]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Text that is to be filled: a title, an item's text, a leaf.

    ``loop`` holds the values that loops around it bind, ``bound`` the variables that those come from.
    """

    text: Text
    trace: Trace
    slot: Slot
    loop: Mapping[str, Plain] = field(default_factory=dict)
    bound: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    filled: Filled = ()


@dataclass(frozen=True, slots=True, eq=False)
class PlannedLeaf:
    """A leaf with its text."""

    kind: LeafKind
    line: Line


@dataclass(frozen=True, slots=True, eq=False)
class PlannedItem:
    """An item; ``mark`` is as written, or empty where the list has to give it."""

    mark: str
    line: Line
    body: tuple[PlannedBlock, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PlannedList:
    """A list. ``origin`` is the list as written; an ordered list that has lost or won items since is numbered again.

    ``is_joined`` is set where several lists became one: then all joins between items are those of the first.
    """

    style: str
    items: tuple[PlannedItem, ...]
    is_tight: bool | None
    origin: ListBlock
    trace: Trace
    is_joined: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PlannedSection:
    """A section at its level in the output. ``had_body`` tells one that was emptied from one that never held anything."""

    level: int
    title: Line | None
    body: tuple[PlannedBlock, ...]
    had_body: bool
    trace: Trace
    looks: tuple[Look, ...] | None = None


PlannedBlock = PlannedLeaf | PlannedList | PlannedSection


class AbsenceReason(StrEnum):
    """Why a block that a profile could have had is not in its output."""

    REMOVED = "removed"
    REPLACED = "replaced"
    GATED = "gated"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, eq=False)
class Absence:
    """A block that is not there, and the reason: the gate that was closed, or the edit."""

    address: str | None
    reason: AbsenceReason
    location: Location
    gates: tuple[Gate, ...] = ()
    edit: EditPart | None = None
    via: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class AgentPlan:
    """One agent, planned: its blocks, what is absent and why, and the addresses that were met (``reached``) and printed (``landed``)."""

    agent: ResolvedAgent
    blocks: tuple[PlannedBlock, ...]
    absences: tuple[Absence, ...]
    reached: AbstractSet[str]
    landed: AbstractSet[str]


@dataclass(frozen=True, slots=True, eq=False)
class RenderedField:
    """A front matter field with its texts filled, ready for the target to write."""

    name: str
    value: RenderedValue
    location: Location
    layer: Layer


@dataclass(frozen=True, slots=True, eq=False)
class RenderedText:
    """A text value as filled segments."""

    segments: Filled
    scalar: YamlScalar

    def __str__(self) -> str:
        """Join the segments."""
        return "".join([segment.text for segment in self.segments])


RenderedValue = RenderedText | tuple["RenderedValue", ...] | Mapping[str, "RenderedValue"]


@dataclass(frozen=True, slots=True, eq=False)
class RenderedDocument:
    """One agent with its text filled: front matter fields, blocks, and after layout the body's segments."""

    profile: str
    name: str
    project: Mapping[str, FieldValue]
    plan: AgentPlan
    fields: Mapping[str, RenderedField]
    blocks: tuple[PlannedBlock, ...]
    absences: tuple[Absence, ...] = ()
    body: Sequence[Segment] = ()
    body_text: str | None = None
    """The text of ``body``, where layout has joined it already."""

    @classmethod
    def without_origins(cls, profile: str, agent: ResolvedAgent) -> RenderedDocument:
        """Return the document of a file of which nothing is known but whose it is."""
        bare = ResolvedAgent(agent.name, agent.fragment, {}, {}, (), {}, agent.location)
        return cls(profile, agent.name, {}, AgentPlan(bare, (), (), frozenset(), frozenset()), {}, ())


# --- Output -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Making:
    """What a later run has to know of an agent to use its file again.

    ``ingredients`` is a digest of all that the file is made of. ``texts`` are those of the fragments that the agent can bring in, in order:
    each an id, a space and a digest. ``reached`` and ``landed`` are those of the edited addresses that the agent reached and that it shows,
    ``used`` the variables that its texts used.
    """

    ingredients: str
    texts: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    landed: tuple[str, ...] = ()
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class OutputFile:
    """One file to write: its path below the profile's output folder, and its segments, which cover its text exactly."""

    profile: str
    agent: str
    path: PurePosixPath
    segments: Sequence[Segment]
    document: RenderedDocument
    joined: str | None = None
    """The text of ``segments``, where it has been joined already."""
    encoded: bytes | None = None
    """The bytes of the file, where they are kept in place of the text and its origins."""
    making: Making | None = None
    """What a later run has to know to use the file again; None if it has to be made again."""

    @property
    def text(self) -> str:
        """The whole text."""
        if self.encoded is not None:
            return self.encoded.decode()
        return self.joined if self.joined is not None else "".join([segment.text for segment in self.segments])

    def without_origins(self) -> OutputFile:
        """Return the same file with its bytes and its agent, and nothing of what it was made of: all that writing it takes."""
        if self.encoded is not None:
            return self
        document = RenderedDocument.without_origins(self.profile, self.document.plan.agent)
        return OutputFile(self.profile, self.agent, self.path, (), document, encoded=self.content, making=self.making)

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.encoded if self.encoded is not None else self.text.encode()


class FileAction(StrEnum):
    """What a build did, or would do, with one file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    EDITED = "edited"
    FOREIGN = "foreign"


class FileSince(StrEnum):
    """What has happened to a file since a build last wrote it. One that is as a build would write it is unchanged, whoever made it so."""

    UNCHANGED = "unchanged"
    EDITED = "edited"
    MISSING = "missing"
    FOREIGN = "foreign"
    NEW = "new"


class FileWanted(StrEnum):
    """What the sources want of a file: what a build does with it, if it is not edited or foreign.

    For an edited file it is ``SAME`` where the sources still give what was last written.
    """

    SAME = "same"
    UPDATE = "update"
    CREATE = "create"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class FileResult:
    """What happened to one file. ``path`` is relative to the root that was written to, with forward slashes.

    ``copy`` is where the content that was overwritten has been kept; empty where nothing of others was. ``profile_before`` is the profile
    that the file was last built for, if that is another.
    """

    path: str
    profile: str
    action: FileAction
    copy: str = ""
    since: FileSince = FileSince.UNCHANGED
    wanted: FileWanted = FileWanted.SAME
    profile_before: str = ""

    @property
    def is_conflict(self) -> bool:
        """Whether the file was left alone because it is not as the tool wrote it."""
        return self.action in {FileAction.EDITED, FileAction.FOREIGN}
