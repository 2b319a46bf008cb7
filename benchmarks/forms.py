"""The agents workload in each tool's own form: pure functions from a workload to files, as pairs of path and text.

Tools that cannot compose get the finished bodies. Those that can get the fragments as their own includes, and write the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from benchmarks.agents_workload import VARIABLES, Agent, AgentsWorkload, Profile

__all__ = ["FORMS", "Files", "agent_composer_form", "floor_form"]

Files = Iterator[tuple[str, str]]

_PLACEHOLDER: Final = re.compile(r"\{\{ (\w+) \}\}")


def agent_composer_form(workload: AgentsWorkload) -> Files:
    """Write the workspace: variables declared once, fragments with ids, one agent whose slot each profile fills."""
    yield "agent-composer.yaml", "vars:\n" + "".join(f"  {name}: {{type: str}}\n" for name in VARIABLES)
    yield "fragments/agents/base.md", _BASE_AGENT
    for name, text in workload.fragments.items():
        uses = [found for found in dict.fromkeys(_PLACEHOLDER.findall(text)) if found != "agent"]
        yield f"fragments/{name}.md", f"---\nuses: [{', '.join(uses)}]\n---\n" + _with_ids(text.replace("{{ agent }}", "{{ agent.name }}"))
    for profile in workload.profiles:
        agents = "".join(_agent_composer_agent(agent) for agent in profile.agents)
        yield f"profiles/{profile.name}.yaml", f"vars:\n{_yaml_map(profile.variables)}agents:\n{agents}"


_BASE_AGENT: Final = """\
---
agent:
  description: |
    Use this agent for the work that its rules are about.
vars:
  rules: {type: "list[fragment]", default: []}
---
## {% include rules %}
"""


def _with_ids(text: str) -> str:
    """Give the heading and each item an id, as a library has them; ids are never printed."""
    heading, *lines = text.removesuffix("\n").split("\n")
    numbered = 0
    marked = [f"{heading} {{#top}}"]
    for line in lines:
        numbered += line.startswith("- ")
        marked.append(f"{line} {{#rule-{numbered}}}" if line.startswith("- ") else line)
    return "\n".join(marked) + "\n"


def _yaml_map(values: Mapping[str, str]) -> str:
    return "".join(f"  {name}: {json.dumps(value)}\n" for name, value in values.items())


def _agent_composer_agent(agent: Agent) -> str:
    return (
        f"  {agent.name}:\n    use: agents/base\n    description: |\n      {agent.description}\n"
        f"    tools: [{', '.join(agent.tools)}]\n    model: {agent.model}\n    color: {agent.color}\n    vars:\n      rules:\n"
        + "".join(f"        - {name}\n" for name in agent.fragments)
    )


def floor_form(workload: AgentsWorkload) -> Files:
    """Write what ``floor.py`` reads: fragments with placeholders, and profiles with the same facts as ours."""
    for name, text in workload.fragments.items():
        yield f"fragments/{name}.md", text
    for profile in workload.profiles:
        agents = "".join(
            f"  - name: {agent.name}\n    description: {json.dumps(agent.description)}\n    tools: [{', '.join(agent.tools)}]\n"
            f"    model: {agent.model}\n    color: {agent.color}\n    fragments:\n"
            + "".join(f"      - {name}\n" for name in agent.fragments)
            for agent in profile.agents
        )
        yield f"profiles/{profile.name}.yaml", f"variables:\n{_yaml_map(profile.variables)}agents:\n{agents}"


def _agents(workload: AgentsWorkload) -> Iterator[tuple[Profile, Agent]]:
    return ((profile, agent) for profile in workload.profiles for agent in profile.agents)


def _rulesync_form(workload: AgentsWorkload) -> Files:
    yield "rulesync.jsonc", json.dumps({"targets": ["claudecode"], "features": ["subagents"]})
    yield ".rulesync/rules/overview.md", "---\nroot: true\ntargets: ['*']\n---\n# Overview\n"
    for profile, agent in _agents(workload):
        head = (
            f"---\ntargets: ['claudecode']\nname: {agent.name}\ndescription: {json.dumps(agent.description)}\n"
            f"claudecode:\n  model: {agent.model}\n  color: {agent.color}\n---\n\n"
        )
        yield f".rulesync/subagents/{agent.name}.md", head + workload.body(profile, agent)


def _ruler_form(workload: AgentsWorkload) -> Files:
    yield ".ruler/AGENTS.md", "# Rules\n\nBe careful.\n"
    yield ".ruler/ruler.toml", "default_agents = ['claude']\n\n[agents]\nenabled = true\n"
    for profile, agent in _agents(workload):
        yield f".ruler/agents/{agent.name}.md", agent.front_matter + workload.body(profile, agent)


def _apm_form(workload: AgentsWorkload) -> Files:
    yield "apm.yml", "name: work\nversion: 1.0.0\ndescription: work\nauthor: nobody\ndependencies:\n  apm: []\n  mcp: []\n"
    yield ".claude/.keep", ""
    for profile, agent in _agents(workload):
        yield f".apm/agents/{agent.name}.agent.md", agent.front_matter + workload.body(profile, agent)


def _copier_form(workload: AgentsWorkload) -> Files:
    questions = "".join(f"{name}:\n  type: str\n  default: {json.dumps(value)}\n" for name, value in VARIABLES.items())
    yield "source/copier.yml", f"_subdirectory: template\n{questions}"
    for name, text in workload.fragments.items():
        yield f"source/fragments/{name}.md", text
    for _, agent in _agents(workload):
        yield f"source/template/.claude/agents/{agent.name}.md.jinja", _jinja_page(agent, "fragments/")


def _cookiecutter_form(workload: AgentsWorkload) -> Files:
    yield "source/cookiecutter.json", json.dumps({**VARIABLES, "slug": "result"})
    for name, text in workload.fragments.items():
        yield f"source/templates/{name}.md", re.sub(r"\{\{ (?!agent\b)", "{{ cookiecutter.", text)
    for _, agent in _agents(workload):
        yield f"source/{{{{cookiecutter.slug}}}}/.claude/agents/{agent.name}.md", _jinja_page(agent, "")


def _jinja_page(agent: Agent, folder: str) -> str:
    includes = "\n".join(f"{{% include '{folder}{name}.md' %}}" for name in agent.fragments)
    return f"{agent.front_matter}{{% set agent = '{agent.name}' %}}{includes}"


def _jsonnet_form(workload: AgentsWorkload) -> Files:
    for name, text in workload.fragments.items():
        yield f"source/fragments/{name}.md", text
    agents = [{"name": agent.name, "front": agent.front_matter, "fragments": agent.fragments} for _, agent in _agents(workload)]
    yield "source/profile.json", json.dumps({"variables": VARIABLES, "agents": agents})
    imports = "".join(f"  '{name}': importstr 'fragments/{name}.md',\n" for name in workload.fragments)
    yield "source/main.jsonnet", _JSONNET.replace("IMPORTS", imports)


_JSONNET: Final = """\
local profile = import 'profile.json';
local fragments = {
IMPORTS};
local fill(text, values) =
  std.foldl(function(so_far, key) std.strReplace(so_far, '{{ ' + key + ' }}', values[key]), std.objectFields(values), text);
{
  ['.claude/agents/' + agent.name + '.md']:
    agent.front + std.join('\\n', [fill(fragments[name], profile.variables { agent: agent.name }) for name in agent.fragments])
  for agent in profile.agents
}
"""

FORMS: Final[Mapping[str, Callable[[AgentsWorkload], Files]]] = {
    "agent-composer": agent_composer_form,
    "floor": floor_form,
    "rulesync": _rulesync_form,
    "ruler": _ruler_form,
    "apm": _apm_form,
    "copier": _copier_form,
    "cookiecutter": _cookiecutter_form,
    "jsonnet": _jsonnet_form,
}
