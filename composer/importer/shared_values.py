"""Descriptions that several agents have, though their bodies differ -> variables, each written once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from composer.importer.agents import Agent, Settings, settings_of
from composer.importer.envelope import BLOCK
from composer.importer.yaml_lines import block_scalar
from composer.records import dataclass, field, replace

__all__ = ["SharedValues", "share_values"]

_READING: Final = 24
"""Bytes of a line that reads a variable, and of its name under `uses`, without the name."""
_DECLARING: Final = 40
_KEY: Final = "description"
"""The one key of an agent whose value is a template."""
_FRAGMENT: Final = "shared/descriptions"


@dataclass(frozen=True, slots=True)
class SharedValues:
    """The variables that stand for descriptions as they are written, the fragment that declares them, and the agents that do without."""

    fragment: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()

    def name_for(self, agent: Agent) -> str:
        """Return the variable for an agent's description; empty where it has none."""
        value = settings_of(agent).fields.get(_KEY, "").removeprefix(BLOCK)
        return self.names.get(value, "") if agent.label not in self.apart else ""

    def settings_of(self, agent: Agent) -> Settings:
        """Return what an agent's file says beside its body, with variables for the values that are shared."""
        settings, name = settings_of(agent), self.name_for(agent)
        return replace(settings, fields={**settings.fields, _KEY: f"{BLOCK}{{{{ {name} }}}}"}) if name else settings

    def lines(self) -> Iterator[str]:
        """Write the fragment that declares the variables."""
        yield "---"
        yield "about: Descriptions that several agents have"
        yield "vars:"
        for value, name in self.names.items():
            yield f"  {name}:"
            yield "    type: str"
            yield from block_scalar("default", f"{value}\n", 4)
        yield "---"


def share_values(
    agents: Sequence[Agent], min_saving: int, taken_ids: Collection[str], taken_names: Collection[str], apart: frozenset[str]
) -> SharedValues:
    """Find the descriptions worth a variable.

    Args:
        agents: all agents; of those that share a file, only what they write themselves counts.
        min_saving: the bytes that a variable must save.
        taken_ids: the ids of all fragments.
        taken_names: the names of variables that are there already.
        apart: the labels of agents that are to keep their own.
    """
    holders: dict[str, list[Agent]] = {}
    for agent in agents:
        value = settings_of(agent).fields.get(_KEY, "")
        inherited = settings_of(agent.base).fields.get(_KEY) if agent.base is not None else None
        if value and value != inherited and agent.label not in apart:
            holders.setdefault(value.removeprefix(BLOCK), []).append(agent)
    names: dict[str, str] = {}
    used = set(taken_names)
    for value, found in holders.items():
        name = f"{found[0].name.replace('-', '_')}_{_KEY}"
        saving = (len(found) - 1) * len(value.encode()) - len(found) * (_READING + 2 * len(name)) - _DECLARING - len(name)
        if saving > min_saving and name[0].isalpha() and not value[0].isspace():
            while name in used:
                name += "_too"
            used.add(name)
            names[value] = name
    fragment = _FRAGMENT
    while fragment in taken_ids:
        fragment += "-more"
    return SharedValues(fragment, names, apart)
