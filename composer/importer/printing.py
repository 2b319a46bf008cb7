"""Agents and shared runs -> the files of a workspace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from composer.importer.agents import Agent
from composer.importer.bodies import Body
from composer.importer.edits import PlacedEdits
from composer.importer.factor import Factored, Include, needs_plain, text_with_includes
from composer.importer.shared_values import SharedValues
from composer.importer.yaml_lines import override_lines, plain_or_quoted, setting_lines
from composer.records import dataclass, field, replace

__all__ = ["Layout", "print_workspace"]

_FENCE = "---"


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Everything that is decided: the agents, the body of each fragment that holds one, what they share, and its names.

    ``unbuilt`` are the labels of agents whose files are there for others alone: no profile names them.
    """

    agents: Sequence[Agent]
    bodies: Mapping[str, Body]
    factored: Factored
    names: Mapping[int, str]
    edits: PlacedEdits = field(default_factory=PlacedEdits)
    values: SharedValues = field(default_factory=SharedValues)
    unbuilt: frozenset[str] = frozenset()

    def part(self, labels: Collection[str]) -> Layout:
        """Return the same with some agents alone, and the files of those whose text they have with edits."""
        bases = {agent.base.label for agent in self.agents if agent.label in labels and agent.base is not None}
        agents = [agent for agent in self.agents if agent.label in labels or agent.label in bases]
        return replace(self, agents=agents, edits=self.edits.part(labels), unbuilt=frozenset(bases.difference(labels)))


def print_workspace(layout: Layout) -> dict[str, str]:
    """Return the files by path."""
    line_of = {symbol: _include_line(layout, symbol) for symbol in layout.names}
    files: dict[str, str] = {}
    for symbol, name in layout.names.items():
        if symbol in layout.factored.existing:
            continue
        run = layout.factored.runs[symbol]
        span = (run.units[0].first, run.units[-1].last)
        lines = text_with_includes(layout.edits.marked(name, run.body.lines), span, run.includes, line_of)
        files[f"fragments/{name}.md"] = _text(
            _fenced([*layout.edits.declaration_lines(name), *_syntax_lines(run.body, span, run.includes)]), lines
        )
    for agent in layout.agents:
        if agent.base is None:
            files[f"fragments/{agent.fragment}.md"] = _agent_text(agent, layout, line_of)
    if layout.values.names:
        files[f"fragments/{layout.values.fragment}.md"] = _text((), layout.values.lines())
    by_project: dict[str, list[Agent]] = {}
    for agent in layout.agents:
        if agent.label not in layout.unbuilt:
            by_project.setdefault(agent.source.project, []).append(agent)
    for project, agents in by_project.items():
        taken: set[str] = set()
        entries = [line for agent in sorted(agents, key=lambda agent: agent.name) for line in _entry_lines(agent, layout, taken)]
        files[f"profiles/{project}.yaml"] = _text(_profile_head(agents), (*entries, *layout.edits.project_lines(project, taken)))
    return files


def _include_line(layout: Layout, symbol: int) -> str:
    level = layout.factored.runs[symbol].level
    return f'{"#" * level}{" " if level else ""}{{% include "{layout.names[symbol]}" %}}'


def _profile_head(agents: Sequence[Agent]) -> Iterator[str]:
    if folder := agents[0].folder:  # that of all agents of the project
        yield f"agents_dir: {plain_or_quoted(folder)}"
    yield "agents:"


def _text(front: Iterable[str], lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in (*front, *lines))


def _fenced(lines: Sequence[str]) -> Sequence[str]:
    return [_FENCE, *lines, _FENCE] if lines else lines


def _syntax_lines(body: Body, span: tuple[int, int], includes: Sequence[Include]) -> Iterator[str]:
    own = text_with_includes(body.lines, span, includes, dict.fromkeys((include.run for include in includes), ""))
    if needs_plain(own) or (own and own[0].rstrip() == _FENCE):
        yield f"syntax: {'includes' if includes else 'plain'}"


def _agent_text(agent: Agent, layout: Layout, line_of: Mapping[int, str]) -> str:
    front = [_FENCE, "agent:", "  verbatim: true", *setting_lines(layout.values.settings_of(agent), 2)]
    used = layout.values.name_for(agent)
    front.extend([f"uses: [{used}]"] if used else [])
    body = layout.bodies.get(agent.fragment)
    if body is None:
        return _text(front, [_FENCE])
    includes = layout.factored.includes.get(body.key, [])
    span = (0, len(body.lines))
    lines = text_with_includes(layout.edits.marked(agent.fragment, body.lines), span, includes, line_of)
    front.extend([*layout.edits.declaration_lines(agent.fragment), *_syntax_lines(body, span, includes)])
    return _text([*front, _FENCE], lines)


def _entry_lines(agent: Agent, layout: Layout, taken: set[str]) -> Iterator[str]:
    lines = []
    if agent.fragment != f"agents/{agent.name}":
        lines.append(f"    use: {agent.fragment}")
    if agent.base is not None:
        lines.extend(override_lines(layout.values.settings_of(agent), layout.values.settings_of(agent.base), agent.name, 4))
    lines.extend(layout.edits.agent_lines(agent, taken))
    yield f"  {agent.name}:" if lines else f"  {agent.name}: {{}}"
    yield from lines
