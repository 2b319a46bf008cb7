"""Agents whose edits fail when all else is laid out: where they are few, they are written whole, and nothing else is laid out anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from composer.importer.agents import Agent
from composer.importer.bodies import Body
from composer.importer.factor import Factored
from composer.importer.printing import Layout
from composer.records import replace

__all__ = ["are_few", "with_whole"]

_ONE_IN: Final = 1000
"""So many agents for each that may be written whole: what they would share is nothing beside what all are."""


def are_few(labels: Collection[str], agents: Sequence[Agent]) -> bool:
    """Whether so few agents may as well be written whole."""
    return len(labels) * _ONE_IN <= len(agents)


def with_whole(layout: Layout, labels: Collection[str], agents: Sequence[Agent], bodies: Mapping[str, Body]) -> Layout:
    """Return a layout with some agents, and those of the same body, as they were read. Its edits are those from before.

    Args:
        layout: what is decided.
        labels: the agents to write whole.
        agents: all agents, as they were read.
        bodies: their bodies.
    """
    read = {agent.label: agent for agent in agents}
    fragments = {read[label].fragment for label in labels}
    found = [read[agent.label] if read[agent.label].fragment in fragments else agent for agent in layout.agents]
    own = {fragment: bodies[fragment] for fragment in fragments if fragment in bodies}
    factored = _without(layout.factored, fragments)
    names = {symbol: name for symbol, name in layout.names.items() if symbol in factored.runs}
    return replace(layout, agents=found, bodies={**layout.bodies, **own}, factored=factored, names=names)


def _without(factored: Factored, keys: Collection[str]) -> Factored:
    """Return what became of the other bodies; a run that no other uses is gone."""
    gone = [include.run for key in keys for include in factored.includes.get(key, ())]
    runs = {}
    for symbol, run in factored.runs.items():
        users = [user for user in run.users if user not in keys]
        if users:
            runs[symbol] = replace(run, users=users, uses=run.uses - gone.count(symbol)) if len(users) < len(run.users) else run
    return replace(factored, runs=runs, includes={key: includes for key, includes in factored.includes.items() if key not in keys})
