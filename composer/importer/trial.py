"""A trial of edits, before they are chosen: the real pipeline applies them to a body, and has to give back the other one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from composer.importer.agents import Agent
from composer.importer.bodies import Body, Part
from composer.importer.changes import Change
from composer.importer.edits import place_edits
from composer.importer.envelope import Envelope
from composer.importer.factor import Factored
from composer.importer.pieces import printed_line
from composer.importer.printing import Layout, print_workspace
from composer.importer.proof import Prover
from composer.importer.sources import Source
from composer.records import replace

__all__ = ["succeeds"]

_FOLDER: Final = ".claude/agents"


def succeeds(base: Part, other: Part, changes: Sequence[Change], own_names: tuple[str, str]) -> bool:
    """Whether a build makes ``other`` of ``base`` with these edits, byte for byte; ``own_names`` are the names of the two agents."""
    first = _agent("base", own_names[0], base)
    agents = [first, replace(_agent("other", own_names[1], other), fragment=first.fragment, base=first, changes=tuple(changes))]
    bodies = {first.fragment: Body(first.fragment, "", base.lines, ())}
    factored = Factored({}, {})
    edits = place_edits(agents, bodies, factored, {})
    files = print_workspace(Layout(agents, bodies, factored, {}, edits, unbuilt=frozenset((first.label,))))
    return not edits.crossing and not Prover(None, lambda _: None).prove(files, agents[1:])


def _agent(project: str, name: str, part: Part) -> Agent:
    front = f"name: {name}\n"
    lines = "".join(f"{printed_line(line)}\n" for line in part.lines)
    source = Source(project, f"{_FOLDER}/{name}.md", f"---\n{front}---\n{lines}")
    envelope = Envelope(front, (("name", name),), body=part.lines)
    return Agent(source, name, envelope, f"agents/{project}")
