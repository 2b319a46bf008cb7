"""Changes of variants -> ids in the fragments that hold the blocks, and edits in the profiles."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from composer.importer.agents import Agent
from composer.importer.differences import Change
from composer.importer.factor import Body, Factored, Include
from composer.importer.yaml_lines import block_scalar
from composer.model import Verb
from composer.naming import name_of_text

__all__ = ["PlacedEdits", "place_edits"]

_INSERTIONS = (Verb.BEFORE, Verb.AFTER)
_OWN_WORD = 9
"""The longest kind of block, as it stands for a name where there are no words."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """One edit as it is written: the text of each verb, and of insertions that of each new id."""

    address: str
    texts: tuple[tuple[Verb, tuple[str, ...]], ...]

    def lines(self, indent: int, taken: set[str]) -> Iterator[str]:
        """Write it; new ids are none of those ``taken``, and are added to them."""
        blanks = " " * indent
        yield f"{blanks}{self.address}:"
        for verb in (Verb.TITLE, Verb.REPLACE, Verb.REMOVE, *_INSERTIONS):
            texts = [text for found, text in self.texts if found is verb]
            if verb in _INSERTIONS and texts:
                yield f"{blanks}  {verb}:"
                for text in texts:
                    name = name_of_text(" ".join(text[:2]), "text", taken)
                    taken.add(name)
                    yield from block_scalar(name, _joined(text), indent + 4)
            elif texts and verb is Verb.REMOVE:
                yield f"{blanks}  remove: true"
            elif texts:
                yield from block_scalar(verb, _joined(texts[0]), indent + 2)


def _joined(text: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in text)


@dataclass(slots=True, eq=False)
class PlacedEdits:
    """Where all edits stand.

    ``ids`` are by fragment and line: the id, and whether it stands on a line of its own. ``crossing`` are the labels of agents whose edits
    would reach over the border of a fragment.
    """

    ids: dict[str, dict[int, tuple[str, bool]]] = field(default_factory=lambda: defaultdict(dict))
    of_agent: dict[str, list[_Edit]] = field(default_factory=lambda: defaultdict(list))
    of_project: dict[str, list[_Edit]] = field(default_factory=lambda: defaultdict(list))
    crossing: set[str] = field(default_factory=set)
    taken: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def with_ids(self, fragment: str, lines: Sequence[str]) -> Sequence[str]:
        """Return the lines of a fragment's text with its ids."""
        ids = self.ids.get(fragment)
        if not ids:
            return lines
        written = list(lines)
        for number, (name, has_own_line) in ids.items():
            line = lines[number]
            blanks = line[: len(line) - len(line.lstrip())]
            written[number] = f"{blanks}{{#{name}}}\n{line}" if has_own_line else f"{line} {{#{name}}}"
        return written

    def count(self) -> int:
        """Return the number of edits."""
        return sum(map(len, self.of_agent.values())) + sum(map(len, self.of_project.values()))

    def agent_lines(self, agent: Agent) -> Iterator[str]:
        """Write the edits of one agent."""
        edits = self.of_agent.get(agent.label)
        if edits:
            yield "    edits:"
            for edit in edits:
                yield from edit.lines(6, self.taken[agent.source.project])

    def project_lines(self, project: str) -> Iterator[str]:
        """Write the edits that hold for all agents of a project."""
        edits = self.of_project.get(project)
        if edits:
            yield "edits:"
            for edit in edits:
                yield from edit.lines(2, self.taken[project])


class _CrossingError(Exception):
    """A block that stands in several fragments."""


def place_edits(agents: Sequence[Agent], bodies: Mapping[str, Body], factored: Factored, names: Mapping[int, str]) -> PlacedEdits:
    """Give ids to the blocks that variants change, and write the changes as edits."""
    placer = _Placer(bodies, factored, names)
    users = _users(agents, factored, names)
    for agent in agents:
        if not agent.changes:
            continue
        try:
            edits = placer.edits_of(agent)
        except _CrossingError:
            placer.placed.crossing.add(agent.label)
            continue
        for edit in edits:
            fragment = edit.address.partition("#")[0]
            is_only_user = len(users[agent.source.project, fragment]) == 1
            where = placer.placed.of_project[agent.source.project] if is_only_user else placer.placed.of_agent[agent.label]
            where.append(edit)
    return placer.placed


def _users(agents: Iterable[Agent], factored: Factored, names: Mapping[int, str]) -> dict[tuple[str, str], list[str]]:
    """Return the agents of each project that print something of a fragment."""
    runs_of: dict[str, list[str]] = defaultdict(list)
    for symbol, run in factored.runs.items():
        for user in run.users:
            runs_of[user].append(names[symbol])
    users: dict[tuple[str, str], list[str]] = defaultdict(list)
    for agent in agents:
        for fragment in dict.fromkeys([agent.fragment, *runs_of.get(agent.fragment, ())]):
            users[agent.source.project, fragment].append(agent.label)
    return users


class _Placer:
    def __init__(self, bodies: Mapping[str, Body], factored: Factored, names: Mapping[int, str]) -> None:
        self.placed = PlacedEdits()
        self._bodies = bodies
        self._factored = factored
        self._names = names
        self._counts: dict[str, Counter[int]] = {}

    def edits_of(self, agent: Agent) -> list[_Edit]:
        """Return the edits of one agent, one for each block that it changes."""
        places = [(self._locate(agent, change), change) for change in agent.changes]
        by_address: dict[str, list[tuple[Verb, tuple[str, ...]]]] = {}
        for (fragment, line), change in places:
            address = f"{fragment}#{self._id(fragment, line, change)}"
            by_address.setdefault(address, []).append((change.verb, change.text))
        return [_Edit(address, tuple(texts)) for address, texts in by_address.items()]

    def _id(self, fragment: str, line: int, change: Change) -> str:
        ids = self.placed.ids[fragment]
        if line not in ids:
            name = name_of_text(change.words, change.kind, {name for name, _ in ids.values()})
            ids[line] = (name, change.has_own_line)
        elif ids[line][1] != change.has_own_line:
            raise _CrossingError  # a list and its first item: two blocks, and one line
        return ids[line][0]

    def _locate(self, agent: Agent, change: Change) -> tuple[str, int]:
        """Return the fragment that holds a block, and the line for its id in the text that the fragment is printed from."""
        fragment = agent.fragment
        includes: Sequence[Include] = self._factored.includes.get(fragment, [])
        counts = self._counts_of(fragment)
        first, last, line, place = change.first, change.last, change.id_line, fragment
        inner = _include_around(includes, first, last, line)
        while inner is not None:
            if counts[inner.run] > 1 or inner.run in self._factored.existing:
                raise _CrossingError
            run = self._factored.runs[inner.run]
            shift = run.units[0].first - inner.first
            first, last, line, place = first + shift, last + shift, line + shift, self._names[inner.run]
            inner = _include_around(run.includes, first, last, line)
        if place == fragment and agent.base is None:
            raise _CrossingError  # its own text, which is written as another's only to be shared
        return place, line

    def _counts_of(self, fragment: str) -> Counter[int]:
        """Count how often a body includes each run, by other runs too."""
        if fragment not in self._counts:
            counts: Counter[int] = Counter()
            pending = list(self._factored.includes.get(fragment, []))
            while pending:
                include = pending.pop()
                counts[include.run] += 1
                pending.extend(self._factored.runs[include.run].includes)
            self._counts[fragment] = counts
        return self._counts[fragment]


def _include_around(includes: Iterable[Include], first: int, last: int, line: int) -> Include | None:
    for include in includes:
        if include.first <= first and last <= include.last:
            return include
        if include.first < last and first < include.last and (include.first <= line < include.last or not first <= include.first <= include.last <= last):
            raise _CrossingError
    return None
