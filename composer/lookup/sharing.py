"""What is composed once and used again: the results of a part, kept by the part and by all that was read while they were made.

Most agents are made of the same fragments, and most of a fragment comes to the same in all of them. So a stage that has planned, filled or
laid out a part keeps the result beside the answers that it got on the way: the value of each variable, whether a name has a value, the
edits of an address. For another agent that gives the same answers, the very same result is used; agents share its blocks and its segments.

Nothing is kept that reported anything, that depends on the agent's name, or that stands in a loop or in the text of an edit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, TypeVar

from composer.model import Absence, PlannedBlock, PlannedItem, ResolvedEdit
from composer.records import dataclass, field

__all__ = ["Answers", "Effects", "Kept", "PlannedPart", "RenderedPart", "Sharing", "Shelf"]

MAX_KEPT: Final = 64
"""How many results of one part are kept. A part that comes to more is one that hardly any two agents share."""
OWN_TO_EACH_AGENT: Final = "agent.name"
"""What no two agents of a profile answer alike."""

Result = TypeVar("Result")
Reads = dict[str, Hashable]
"""What was read: answers by question. A question is a name (its value), a name behind ``?`` (is there one), or an address (its edits)."""


class Answers(dict[str, Hashable]):
    """What one agent answers to questions, each found out when it is first asked."""

    def __init__(self, find: Callable[[str], Hashable]) -> None:
        """Start with nothing asked; ``find`` gives the answers."""
        super().__init__()
        self._find = find

    def __missing__(self, question: str) -> Hashable:
        """Find an answer out."""
        # Edits are told beforehand, where there are any.
        answer = self[question] = 0 if "#" in question else self._find(question)
        return answer


@dataclass(frozen=True, slots=True, eq=False)
class Kept(Generic[Result]):
    """A result, and what was read while it was made."""

    result: Result
    reads: Reads


class Shelf(Generic[Result]):
    """The results of one part."""

    __slots__ = ("_by_questions", "_count", "is_own")

    def __init__(self) -> None:
        """Start with nothing kept."""
        # One part may ask different questions: what stands behind a closed gate asks none.
        self._by_questions: dict[tuple[str, ...], dict[tuple[Hashable, ...], Kept[Result]]] = {}
        self._count = 0
        self.is_own = False
        """Whether the part depends on what no two agents share: there is nothing to look for, and nothing to note."""

    def find(self, answers: Answers) -> Kept[Result] | None:
        """Return what was kept for an agent that gives these answers."""
        for questions, by_answers in self._by_questions.items():
            kept = by_answers.get(tuple([answers[question] for question in questions]))
            if kept is not None:
                return kept
        return None

    def keep(self, result: Result, reads: Reads) -> None:
        """Keep a result for those who give the same answers."""
        by_answers = self._by_questions.setdefault(tuple(reads), {})
        by_answers[tuple(reads.values())] = Kept(result, reads)
        self._count += 1

    @property
    def is_full(self) -> bool:
        """Whether there are so many results that they should make room for others."""
        return self._count >= MAX_KEPT

    def clear(self) -> Iterator[Result]:
        """Drop everything, and give what was dropped."""
        dropped = [kept.result for by_answers in self._by_questions.values() for kept in by_answers.values()]
        self._by_questions.clear()
        self._count = 0
        return iter(dropped)


@dataclass(slots=True, eq=False)
class Effects:
    """What planning a part leaves behind beside its blocks."""

    absences: list[Absence] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    landed: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def add(self, other: Effects) -> None:
        """Take in the effects of a part."""
        if other.absences:
            self.absences += other.absences
        if other.reached:
            self.reached |= other.reached
        if other.landed:
            self.landed |= other.landed
        if other.used:
            self.used |= other.used


@dataclass(frozen=True, slots=True, eq=False)
class PlannedPart:
    """A planned part: its blocks and effects, and what it counts towards the caps (``depth`` is how much deeper it goes)."""

    blocks: tuple[PlannedBlock | PlannedItem, ...]
    effects: Effects
    count: int
    rounds: int
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class RenderedPart:
    """A filled block, None where nothing is left of it, and what it counts towards the caps."""

    block: PlannedBlock | PlannedItem | None
    used: frozenset[str]
    size: int
    parts: int
    rounds: int


@dataclass(slots=True, eq=False)
class Sharing:
    """All that the agents of a workspace share.

    ``rendered`` and ``laid`` have a place for each block that may be shared, and for no other: it goes when the block does.
    """

    planned: dict[tuple[object, ...], Shelf[PlannedPart]] = field(default_factory=dict)
    rendered: dict[PlannedBlock | PlannedItem, Shelf[RenderedPart]] = field(default_factory=dict)
    laid: dict[PlannedBlock | PlannedItem, dict[Hashable, Any]] = field(default_factory=dict)
    roots: dict[object, Any] = field(default_factory=dict)
    """What the planning of each agent file begins with, by its document."""
    _numbers: dict[ResolvedEdit, int] = field(default_factory=dict)
    _last_edits: Mapping[str, ResolvedEdit] | None = None
    _last_answers: dict[str, Hashable] = field(default_factory=dict)

    def edit_answers(self, edits: Mapping[str, ResolvedEdit]) -> Mapping[str, Hashable]:
        """Return the answers for all addresses that are edited; for others it is 0. Equal edits have equal numbers."""
        if edits is not self._last_edits:
            numbers = self._numbers
            self._last_edits = edits
            self._last_answers = {address: numbers.setdefault(edit, len(numbers) + 1) for address, edit in edits.items()}
        return self._last_answers

    def keep_planned(self, shelf: Shelf[PlannedPart], part: PlannedPart, reads: Reads) -> None:
        """Keep a planned part; its blocks may be shared from now on."""
        if OWN_TO_EACH_AGENT in reads:
            shelf.is_own = True
            return
        if shelf.is_full:
            for dropped in shelf.clear():
                self._forget(dropped.blocks)
        shelf.keep(part, reads)
        for block in part.blocks:
            if block not in self.rendered:
                self.rendered[block] = Shelf()

    def keep_rendered(self, shelf: Shelf[RenderedPart], part: RenderedPart, reads: Reads) -> None:
        """Keep a filled block; it may be shared from now on."""
        if OWN_TO_EACH_AGENT in reads:
            shelf.is_own = True
            return
        if shelf.is_full:
            self._forget_filled(shelf.clear())
        shelf.keep(part, reads)
        if part.block is not None:
            self.laid.setdefault(part.block, {})

    def forget_planned(self, key: tuple[object, ...]) -> None:
        """Forget all results of one part."""
        for part in self.planned.pop(key).clear():
            self._forget(part.blocks)

    def _forget(self, blocks: Iterable[PlannedBlock | PlannedItem]) -> None:
        for block in blocks:
            shelf = self.rendered.pop(block, None)
            if shelf is not None:
                self._forget_filled(shelf.clear())

    def _forget_filled(self, parts: Iterable[RenderedPart]) -> None:
        for part in parts:
            if part.block is not None:
                self.laid.pop(part.block, None)
