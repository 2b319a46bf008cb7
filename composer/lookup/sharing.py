"""What is composed once and used again: the results of a part, kept by the part and by all that was read while they were made.

Most agents are made of the same fragments, and most of a fragment comes to the same in all of them. So a stage that has planned, filled or
laid out a part keeps the result beside the answers that it got on the way: the value of each variable, whether a name has a value, the
edits of an address. For another agent that gives the same answers, the very same result is used; agents share its blocks and its segments.

Nothing is kept that reported anything, or that stands in a loop or in the text of an edit. An agent's name is the one answer that no two
agents share. A text that only prints it has :data:`OPEN_NAME` in its place until it is laid out, so that it can be shared as well; what
depends on it in any other way is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

from composer.model.planned import Absence, PlannedBlock, PlannedItem
from composer.model.resolved import FieldValue, ResolvedAgent, ResolvedEdit, ResolvedVariable
from composer.records import dataclass, field

__all__ = ["OPEN_NAME", "OWN_TO_EACH_AGENT", "Addresses", "Answers", "Effects", "Kept", "PlannedPart", "RenderedPart", "Sharing", "Shelf"]

MAX_KEPT: Final = 64
"""How many results of one part are kept. A part that comes to more is one that hardly any two agents share."""
OWN_TO_EACH_AGENT: Final = "agent.name"
"""What no two agents of a profile answer alike."""
_NEVER_SHARED: Final = (OWN_TO_EACH_AGENT, "agent", "target")
"""Questions whose answers are always compared."""
OPEN_NAME: Final = "\x1a"
"""Stands in a text for the name of whichever agent it is laid out for: the character that ASCII calls "substitute", which no source may
hold and no escape may give. Like a name it is neither blank nor the end of a line or a sentence."""

Result = TypeVar("Result")
Reads = dict[str, Hashable]
"""What was read: answers by question. A question is a name (its value), a name behind ``?`` (is there one), or an address (its edits)."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Agents of one profile that have the very same edits: they answer alike but for the variables that one of them sets for itself.

    ``variables`` are those of the first agent of the group, ``answers`` what has been found out of all.
    """

    project: Mapping[str, FieldValue]
    edits: Mapping[str, ResolvedEdit]
    variables: Mapping[str, ResolvedVariable]
    answers: dict[str, Hashable]

    def own_questions(self, variables: Mapping[str, ResolvedVariable]) -> frozenset[str]:
        """Return the questions that an agent with these variables may answer otherwise than the first of the group."""
        first = self.variables
        names = [name for name, value in variables.items() if first.get(name) is not value]
        if names or len(first) != len(variables):
            names += [name for name in first if name not in variables]
        return frozenset([*_NEVER_SHARED, *names, *[f"?{name}" for name in names]])


class Answers(dict[str, Hashable]):
    """What one agent answers to questions, each found out when it is first asked."""

    group: Group | None = None
    own: frozenset[str] = frozenset()
    """The questions that the agent may answer otherwise than others of its group."""

    def __init__(self, find: Callable[[str], Hashable]) -> None:
        """Start with nothing asked; ``find`` gives the answers."""
        super().__init__()
        self._find = find

    def join(self, group: Group, own: frozenset[str]) -> None:
        """Give the answers of a group but to these questions, which are the agent's own."""
        self.group, self.own = group, own
        self.update(group.answers)
        for question in own:
            self.pop(question, None)

    def __missing__(self, question: str) -> Hashable:
        """Find an answer out."""
        # Edits are told beforehand, where there are any.
        answer = self[question] = 0 if "#" in question else self._find(question)
        if self.group is not None and question not in self.own:
            self.group.answers[question] = answer
        return answer


@dataclass(frozen=True, slots=True, eq=False)
class Kept(Generic[Result]):
    """A result, and what was read while it was made."""

    result: Result
    reads: Reads


_Ask = Callable[[Mapping[str, Hashable]], Hashable]
"""Gives the answers to certain questions, all together."""


def _ask_nothing(_: Mapping[str, Hashable]) -> Hashable:
    return ()


class Shelf(Generic[Result]):
    """The results of one part."""

    __slots__ = ("_by_questions", "_count", "_group", "_in_group", "is_own")

    def __init__(self) -> None:
        """Start with nothing kept."""
        # One part may ask different questions: what stands behind a closed gate asks none.
        self._by_questions: dict[tuple[str, ...], tuple[_Ask, dict[Hashable, Kept[Result]]]] = {}
        self._count = 0
        # What was last found for an agent of this group, and holds for all of it but those that answer otherwise.
        self._group: Group | None = None
        self._in_group: Kept[Result] | None = None
        self.is_own = False
        """Whether the part depends on what no two agents share: there is nothing to look for, and nothing to note."""

    def find(self, answers: Answers) -> Kept[Result] | None:
        """Return what was kept for an agent that gives these answers."""
        known = self._in_group
        if known is not None and self._group is answers.group and known.reads.keys().isdisjoint(answers.own):
            return known
        for ask, by_answers in self._by_questions.values():
            kept = by_answers.get(ask(answers))
            if kept is not None:
                if answers.group is not None and kept.reads.keys().isdisjoint(answers.own):
                    self._group, self._in_group = answers.group, kept
                return kept
        return None

    def keep(self, result: Result, reads: Reads) -> None:
        """Keep a result for those who give the same answers."""
        questions = tuple(reads)
        if questions not in self._by_questions:
            self._by_questions[questions] = (itemgetter(*questions) if questions else _ask_nothing, {})
        ask, by_answers = self._by_questions[questions]
        by_answers[ask(reads)] = Kept(result, reads)
        self._count += 1

    @property
    def is_full(self) -> bool:
        """Whether there are so many results that they should make room for others."""
        return self._count >= MAX_KEPT

    def clear(self) -> Iterator[Result]:
        """Drop everything, and give what was dropped."""
        dropped = [kept.result for _, by_answers in self._by_questions.values() for kept in by_answers.values()]
        self._by_questions.clear()
        self._count = 0
        self._group = self._in_group = None
        return iter(dropped)


class Addresses(AbstractSet[str]):
    """Addresses that parts have brought: they are gathered when somebody asks for one, and of most agents nobody does."""

    __slots__ = ("_found", "_parts")

    def __init__(self, addresses: Iterable[str] = ()) -> None:
        """Start with these."""
        self._found = set(addresses)
        self._parts: list[Addresses] = []

    def add(self, address: str) -> None:
        """Take in one."""
        self._found.add(address)

    def join(self, part: Addresses) -> None:
        """Take in those of a part, to which none comes any more."""
        if part._found or part._parts:
            self._parts.append(part)

    def _all(self) -> set[str]:
        if self._parts:
            self._found.update(*self._parts)
            self._parts.clear()
        return self._found

    def __contains__(self, address: object) -> bool:
        """Whether an address is among them."""
        return address in self._all()

    def __iter__(self) -> Iterator[str]:
        """Give each."""
        return iter(self._all())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._all())


@dataclass(slots=True, eq=False)
class Effects:
    """What planning a part leaves behind beside its blocks."""

    absences: list[Absence] = field(default_factory=list)
    reached: Addresses = field(default_factory=Addresses)
    landed: Addresses = field(default_factory=Addresses)
    used: set[str] = field(default_factory=set)

    def add(self, other: Effects) -> None:
        """Take in the effects of a part."""
        if other.absences:
            self.absences += other.absences
        self.reached.join(other.reached)
        self.landed.join(other.landed)
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
    """A filled block, None where nothing is left of it, and what it counts towards the caps; ``names`` is how many are left open in it."""

    block: PlannedBlock | PlannedItem | None
    used: frozenset[str]
    size: int
    names: int
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
    _groups: dict[int, Group] = field(default_factory=dict)
    _groups_of: Mapping[str, FieldValue] | None = None

    def introduce(self, answers: Answers, agent: ResolvedAgent, project: Mapping[str, FieldValue]) -> None:
        """Tell beforehand what an agent answers of its edits, and with which others it has most answers in common.

        Args:
            answers: those of the agent.
            agent: the agent.
            project: what its profile says of the project; all agents of a profile have the very same.
        """
        if project is not self._groups_of:
            self._groups_of = project
            self._groups.clear()
        group = self._groups.get(id(agent.edits))  # which the group keeps alive
        if group is None:
            group = Group(project, agent.edits, agent.variables, dict(self.edit_answers(agent.edits)))
            self._groups[id(agent.edits)] = group
        answers.join(group, group.own_questions(agent.variables))

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
