"""Why texts are kept as they are: agents that are another's text with edits, variables, and what came nearest to being shared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from composer.importer.agents import Agent
from composer.importer.changes import OWN_NAME, written_size
from composer.importer.printing import Layout
from composer.records import dataclass

__all__ = ["EditedAgent", "Refused", "Variable", "edited_agents", "refused_runs", "variables"]

_MOST: Final = 10
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class EditedAgent:
    """An agent that is written as a text with edits: how many of each kind, and the bytes that they take."""

    agent: str
    fragment: str
    edits: dict[str, int]
    size: int
    own: int
    """The bytes of its body."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A name or a number that agents have each their own of: the fragment that reads it, and the values by agent."""

    name: str
    fragment: str
    default: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A run that stands in several places and is no fragment: it would save less than was asked for."""

    text: str
    size: int
    uses: int
    saving: int


def edited_agents(layout: Layout) -> Iterator[EditedAgent]:
    """Give the agents with edits, in the order of their names."""
    for agent in sorted(layout.agents, key=lambda agent: agent.label):
        if agent.changes:
            verbs = Counter("variable" if change.slot is not None else str(change.verb) for change in agent.changes)
            own = sum(len(line.encode()) + 1 for line in agent.envelope.body)
            yield EditedAgent(agent.label, agent.fragment, dict(sorted(verbs.items())), written_size(agent.changes), own)


def variables(layout: Layout) -> Iterator[Variable]:
    """Give the variables in the text of agents and fragments, and those that stand for descriptions."""
    for fragment, slots in sorted(layout.edits.variables.items()):
        for slot, name in slots.items():
            yield Variable(name, fragment, slot.words, _values(name, fragment, layout))
    for value, name in layout.values.names.items():
        yield Variable(name, layout.values.fragment, value, {})


def _values(name: str, fragment: str, layout: Layout) -> dict[str, str]:
    if name == OWN_NAME:
        return {agent.label: agent.name for agent in layout.agents if agent.fragment == fragment}
    values: dict[str, str] = {}
    agents: dict[str, Agent] = {agent.label: agent for agent in layout.agents}
    for label in sorted(layout.edits.values):
        if label in agents and name in layout.edits.values[label]:
            values[label] = layout.edits.values[label][name]
    return values


def refused_runs(layout: Layout, min_saving: int) -> Iterator[Refused]:
    """Give the runs that came nearest to being fragments."""
    for one in sorted(layout.factored.refused, key=lambda one: (-one.saving, one.text))[:_MOST]:
        yield Refused(one.text[:_SHOWN], one.size, one.uses, one.saving + min_saving)
