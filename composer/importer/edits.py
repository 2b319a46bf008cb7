"""Changes of variants -> ids in the fragments that hold the blocks, and edits in the profiles."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from composer.importer.agents import Agent
from composer.importer.bodies import Body
from composer.importer.changes import OWN_NAME, Change, Slot
from composer.importer.factor import Factored, Include, needs_plain, text_with_includes
from composer.importer.yaml_lines import block_scalar, plain_or_quoted
from composer.model.sources import Verb
from composer.naming import name_of_text
from composer.records import dataclass, field, replace

__all__ = ["PlacedEdits", "place_edits"]

_ANY_NAME = "named_agent"
_INSERTIONS = (Verb.BEFORE, Verb.AFTER)


@dataclass(frozen=True, slots=True)
class _Edit:
    """One edit as it is written: the text of each verb, and of insertions that of each new id; ``agent`` is the label of whose it is."""

    address: str
    texts: tuple[tuple[Verb, tuple[str, ...]], ...]
    agent: str

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
    variables: dict[str, dict[Slot, str]] = field(default_factory=lambda: defaultdict(dict))
    values: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """The variables of each fragment, by the words that they stand for (of no value), and what each agent sets."""

    def marked(self, fragment: str, lines: Sequence[str]) -> Sequence[str]:
        """Return the lines of a fragment's text with its ids and its variables."""
        if fragment not in self.ids and fragment not in self.variables:
            return lines
        written = list(lines)
        for slot, name in sorted(self.variables.get(fragment, {}).items(), key=lambda pair: -pair[0].start):
            line = written[slot.line]
            written[slot.line] = f"{line[: slot.start]}{{{{ {name} }}}}{line[slot.end :]}"
        for number, (name, has_own_line) in self.ids.get(fragment, {}).items():
            line = written[number]
            blanks = line[: len(line) - len(line.lstrip())]
            written[number] = f"{blanks}{{#{name}}}\n{line}" if has_own_line else f"{line} {{#{name}}}"
        return written

    def part(self, labels: Collection[str]) -> PlacedEdits:
        """Return the same with the edits of some agents alone."""
        of_project = {name: [edit for edit in edits if edit.agent in labels] for name, edits in self.of_project.items()}
        return replace(self, of_project=of_project)

    def owners_of(self, project: str, address: str) -> Iterator[str]:
        """Give the labels of the agents for whose sake a project edits a block."""
        for edit in self.of_project.get(project, ()):
            if edit.address == address:
                yield edit.agent

    def editors_of(self, fragment: str) -> set[str]:
        """Return the labels of the agents with an edit of a fragment."""
        edits = chain(*self.of_agent.values(), *self.of_project.values())
        return {edit.agent for edit in edits if edit.address.startswith(f"{fragment}#")}

    def count(self) -> int:
        """Return the number of edits."""
        return sum(map(len, self.of_agent.values())) + sum(map(len, self.of_project.values()))

    def declaration_lines(self, fragment: str) -> Iterator[str]:
        """Write the declarations of a fragment's variables."""
        variables = self.variables.get(fragment, {})
        if variables:
            declared = [(slot, name) for slot, name in variables.items() if name != OWN_NAME]
            yield from ["vars:"] if declared else []
            for slot, name in declared:
                yield f"  {name}: {{type: str, default: {json.dumps(slot.words, ensure_ascii=False)}}}"

    def agent_lines(self, agent: Agent, taken: set[str]) -> Iterator[str]:
        """Write the variables and the edits of one agent; ``taken`` are the ids that its project has given to what it inserts."""
        values = self.values.get(agent.label)
        if values:
            yield "    vars:"
            yield from (f"      {name}: {plain_or_quoted(value)}" for name, value in values.items())
        edits = self.of_agent.get(agent.label)
        if edits:
            yield "    edits:"
            for edit in edits:
                yield from edit.lines(6, taken)

    def project_lines(self, project: str, taken: set[str]) -> Iterator[str]:
        """Write the edits that hold for all agents of a project."""
        edits = self.of_project.get(project)
        if edits:
            yield "edits:"
            for edit in edits:
                yield from edit.lines(2, taken)


class _CrossingError(Exception):
    """A block that stands in several fragments."""


def place_edits(
    agents: Sequence[Agent], bodies: Mapping[str, Body], factored: Factored, names: Mapping[int, str], taken: Collection[str] = ()
) -> PlacedEdits:
    """Give ids to the blocks that variants change, and write the changes as edits; ``taken`` are variables that are there already."""
    users = _users(agents, factored, names)
    placer = _Placer(bodies, factored, names, taken, users)
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
            is_only_user = sum(user.source.project == agent.source.project for user in users[fragment]) == 1
            where = placer.placed.of_project[agent.source.project] if is_only_user else placer.placed.of_agent[agent.label]
            where.append(edit)
    return placer.placed


def _users(agents: Iterable[Agent], factored: Factored, names: Mapping[int, str]) -> dict[str, list[Agent]]:
    """Return the agents that print something of a fragment."""
    runs_of: dict[str, list[str]] = defaultdict(list)
    for symbol, run in factored.runs.items():
        for user in run.users:
            runs_of[user].append(names[symbol])
    users: dict[str, list[Agent]] = defaultdict(list)
    for agent in agents:
        for fragment in dict.fromkeys([agent.fragment, *runs_of.get(agent.fragment, ())]):
            users[fragment].append(agent)
    return users


class _Placer:
    def __init__(
        self,
        bodies: Mapping[str, Body],
        factored: Factored,
        names: Mapping[int, str],
        taken: Collection[str],
        users: Mapping[str, Sequence[Agent]],
    ) -> None:
        self._users = users
        self.placed = PlacedEdits()
        self._bodies = bodies
        self._factored = factored
        self._names = names
        self._counts: dict[str, Counter[int]] = {}
        self._symbols = {name: symbol for symbol, name in names.items()}
        self._taken = set(taken)

    def edits_of(self, agent: Agent) -> list[_Edit]:
        """Return the edits of one agent, one for each block that it changes."""
        places = [(self._locate(agent, change), change) for change in agent.changes]
        by_address: dict[str, list[tuple[Verb, tuple[str, ...]]]] = {}
        for (fragment, line), change in places:
            if change.slot is not None:
                if change.slot.name == OWN_NAME and self._reads_name(agent, fragment, change.slot, line):
                    continue
                name = self._variable(fragment, replace(change.slot, line=change.slot.line + line - change.id_line, value=""))
                if name:
                    self.placed.values[agent.label][name] = change.slot.value
                    continue
            address = f"{fragment}#{self._id(fragment, line, change)}"
            by_address.setdefault(address, []).append((change.verb, change.text))
        return [_Edit(address, tuple(texts), agent.label) for address, texts in by_address.items()]

    def _reads_name(self, agent: Agent, fragment: str, slot: Slot, line: int) -> bool:
        """Let a fragment read the agent's name, if that gives all who print it what they have there."""
        others = [user for user in self._users[fragment] if user.label != agent.label]
        said = {
            change.slot.value for user in others for change in user.changes if change.slot is not None and change.slot.words == slot.words
        }
        fits = all(user.name == slot.words or (user.changes and user.name in said) for user in others)
        if not fits or self._is_plain(fragment):
            return False
        self.placed.variables[fragment][replace(slot, line=line, value="")] = OWN_NAME
        return True

    def _variable(self, fragment: str, slot: Slot) -> str:
        """Return the variable for some words of a fragment; nothing where it cannot have one there."""
        variables = self.placed.variables[fragment]
        if slot in variables:
            return variables[slot]
        overlaps = any(slot.line == other.line and slot.start < other.end and other.start < slot.end for other in variables)
        if overlaps or self._is_plain(fragment):
            return ""
        if slot.name == OWN_NAME:  # it is not the name of all who have this text
            slot = replace(slot, name=_ANY_NAME)
        name, number = slot.name, 2
        if name in self._taken:
            name = f"{fragment.rpartition('/')[2].replace('-', '_')}_{name}"
        while name in self._taken:
            name, number = f"{slot.name}_{number}", number + 1
        self._taken.add(name)
        variables[slot] = name
        return name

    def _is_plain(self, fragment: str) -> bool:
        """Whether a fragment's own text is one in which nothing is read."""
        if fragment in self._bodies:
            body = self._bodies[fragment]
            span, includes = (0, len(body.lines)), self._factored.includes.get(fragment, [])
        else:
            run = self._factored.runs[self._symbols[fragment]]
            body, span, includes = run.body, (run.units[0].first, run.units[-1].last), run.includes
        return needs_plain(text_with_includes(body.lines, span, includes, dict.fromkeys((one.run for one in includes), "")))

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
        if (
            include.first < last
            and first < include.last
            and (include.first <= line < include.last or not first <= include.first <= include.last <= last)
        ):
            raise _CrossingError
    return None
