"""Agents with edits are composed before all others: they are few, and those that do not come out change how all else is laid out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from composer.importer.agents import Agent
from composer.importer.printing import Layout, print_workspace
from composer.importer.proof import Mismatches, Prover

__all__ = ["Rehearsal"]


class Rehearsal:
    """Remembers which agents came out of which texts: only what has changed since is composed again."""

    def __init__(self, prover: Prover) -> None:
        """Begin with nothing composed."""
        self._prover = prover
        self._passed: dict[str, tuple[object, ...]] = {}

    def run(self, layout: Layout) -> tuple[frozenset[str], Mismatches]:
        """Compose the agents with edits; return which were composed, and those that do not come out.

        Those whose edits would reach over the border of a fragment are left out: their edits are not written.
        """
        texts = print_workspace(layout)
        made_of = {agent.label: (agent.changes, *_texts(agent, layout, texts)) for agent in layout.agents if agent.changes}
        changed = [agent for agent in layout.agents if agent.changes and agent.label not in layout.edits.crossing]
        edited = [agent for agent in changed if self._passed.get(agent.label) != made_of[agent.label]]
        if not edited:
            return frozenset(), Mismatches(frozenset(), frozenset())
        labels = frozenset(agent.label for agent in edited)
        wrong = self._prover.prove(print_workspace(layout.part(labels)), edited)
        if not wrong.messages:
            self._passed.update((label, made_of[label]) for label in labels - wrong.agents)
        return labels, wrong


def _texts(agent: Agent, layout: Layout, texts: Mapping[str, str]) -> Iterator[str]:
    """Give the texts of all fragments that an agent is made of."""
    yield texts[f"fragments/{agent.fragment}.md"]
    pending = list(layout.factored.includes.get(agent.fragment, ()))
    while pending:
        run = pending.pop().run
        yield texts.get(f"fragments/{layout.names[run]}.md", "")
        pending.extend(layout.factored.runs[run].includes)
