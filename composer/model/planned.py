"""An agent as blocks, with its edits applied, and where each of their characters comes from: a trace, then segments.

Planning makes the blocks. Rendering fills their lines and leaves them blocks, so there are no others for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import overload

from composer.blocks import Document, LeafKind, ListBlock, Text
from composer.model.resolved import EditPart, ResolvedAgent
from composer.model.sources import Look
from composer.model.yaml_nodes import Plain
from composer.records import dataclass, field
from composer.source import Location

__all__ = [
    "Absence",
    "AbsenceReason",
    "AgentPlan",
    "Filled",
    "Gate",
    "Line",
    "PlannedBlock",
    "PlannedItem",
    "PlannedLeaf",
    "PlannedList",
    "PlannedSection",
    "Segment",
    "SegmentKind",
    "Segments",
    "Slot",
    "Trace",
]


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
