"""A profile with all its layers merged, as a tree of keys and values, each with the place that set it and what that beat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from composer.inventory.contents import node_text
from composer.model.resolved import EditPart, FieldValue, Layer, ResolvedAgent, ResolvedEdit, ResolvedProfile, ResolvedVariable, Setting
from composer.model.sources import Profile
from composer.model.yaml_nodes import YamlNode, YamlScalar
from composer.records import dataclass, replace
from composer.source import Location
from composer.values import scalar_text

__all__ = ["Beaten", "Entry", "merge_profile"]

Value = TypeVar("Value")

DECLARATION: Final = "declaration"


@dataclass(frozen=True, slots=True)
class Beaten:
    """A value that another one took the place of."""

    text: str
    layer: str
    location: Location


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with a text, a list of texts, or a map of entries. ``location`` is None where no one place made it."""

    key: str
    value: str | tuple[str, ...] | Mapping[str, Entry]
    layer: str = ""
    location: Location | None = None
    because: str = ""
    beaten: tuple[Beaten, ...] = ()


def merge_profile(profile: ResolvedProfile, profiles: Mapping[str, Profile], *, with_defaults: bool = False) -> tuple[Entry, ...]:
    """Return the top keys of the merged profile.

    What all agents have alike stands under the profile's own ``vars`` and ``edits``, as one would write it.

    Args:
        profile: The profile with its layers folded.
        profiles: All profiles by name, to tell who named a layout.
        with_defaults: Whether to list variables, too, that no layer sets.
    """
    chain = [profiles[layer.removeprefix("profiles/")] for layer in profile.layers]
    merger = _Merger(chain, profile.agents, with_defaults=with_defaults)
    entries = [
        _map("project", (_field(key, value) for key, value in profile.project.items())),
        merger.common_layout,
        merger.agents_dir,
        _map("vars", merger.variables(merger.common_variables)),
        _map("agents", (merger.agent(agent) for agent in profile.agents)),
        _map("edits", (_edit(edit) for edit in merger.common_edits.values() if edit.parts)),
    ]
    return tuple(entry for entry in entries if entry is not None and entry.value)


class _Merger:
    """Parts what all agents of a profile have alike from what is one agent's own."""

    def __init__(self, chain: Sequence[Profile], agents: Sequence[ResolvedAgent], *, with_defaults: bool) -> None:
        self._chain = chain
        self._with_defaults = with_defaults
        # What stands under one agent stays there, even where that is the only one.
        variables = _common([agent.variables for agent in agents])
        self.common_variables = {name: value for name, value in variables.items() if not value.layer.agent}
        edits = _common([agent.edits for agent in agents])
        self.common_edits = {name: edit for name, edit in edits.items() if not any(part.layer.agent for part in edit.parts)}
        layouts = [self._layout(agent) for agent in agents]
        is_common = all(layout == layouts[0] for layout in layouts) and not any(_own_layout(chain, agent) for agent in agents)
        self.common_layout = layouts[0] if layouts and is_common else None

    def agent(self, agent: ResolvedAgent) -> Entry:
        """Return what is an agent's own: its fields, and what differs from what all agents have."""
        own_variables = {name: value for name, value in agent.variables.items() if name not in self.common_variables}
        own_edits = [edit for address, edit in agent.edits.items() if address not in self.common_edits and edit.parts]
        layout = self._layout(agent)
        parts = [
            Entry("use", agent.fragment.id),
            *(_field(key, value) for key, value in agent.fields.items()),
            layout if layout != self.common_layout else None,
            _map("vars", self.variables(own_variables)),
            _map("edits", (_edit(edit) for edit in own_edits)),
        ]
        entries = {part.key: part for part in parts if part is not None and part.value}
        return Entry(agent.name, entries, "", agent.location)

    def variables(self, variables: Mapping[str, ResolvedVariable]) -> Iterator[Entry]:
        """Give variables that a layer sets, and those with their default if they are wanted."""
        for name, variable in variables.items():
            if self._with_defaults or variable.layer.name != DECLARATION:
                value = tuple(str(item) for item in variable.data) if isinstance(variable.data, list) else variable.text
                beaten = tuple(_beaten(setting) for setting in variable.beaten)
                yield Entry(name, value, str(variable.layer), variable.location, "", beaten)

    @property
    def agents_dir(self) -> Entry | None:
        """Where the agents go, with the nearest layer that says so; None where none does."""
        return _nearest("agents_dir", _settings((one, one.agents_dir) for one in self._chain))

    def _layout(self, agent: ResolvedAgent) -> Entry | None:
        """Return an agent's looks with the nearest layer that names them; None where none does."""
        entry = _nearest("layout", [*_settings((one, one.layout) for one in self._chain), *_own_layout(self._chain, agent)])
        return replace(entry, value=tuple(look.name for look in agent.looks)) if entry is not None else None


def _settings(said: Iterable[tuple[Profile, YamlNode | None]]) -> list[Setting]:
    """Return what layers say, far to near, of those that say anything."""
    return [Setting(Layer(f"profiles/{one.name}"), node, node.location) for one, node in said if node is not None]


def _nearest(key: str, settings: Sequence[Setting]) -> Entry | None:
    """Return the last of what layers say, over all that it beats; None where they say nothing."""
    if not settings:
        return None
    *beaten, nearest = settings
    return Entry(key, node_text(nearest.node), str(nearest.layer), nearest.location, "", tuple(map(_beaten, reversed(beaten))))


def _own_layout(chain: Sequence[Profile], agent: ResolvedAgent) -> list[Setting]:
    """Return what the layers say of one agent's looks, far to near."""
    found = [(Layer(f"profiles/{one.name}", agent.name), one.agents[agent.name].layout) for one in chain if agent.name in one.agents]
    return [Setting(layer, node, node.location) for layer, node in found if node is not None]


def _common(maps: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    """Return what all maps say alike."""
    first, *others = list(maps) or [{}]
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}


def _map(key: str, entries: Iterable[Entry]) -> Entry:
    return Entry(key, {entry.key: entry for entry in entries})


# --- values -----------------------------------------------------------------------------------------------------------


def _field(key: str, field: FieldValue) -> Entry:
    """Turn a folded value into an entry; a list stands on one line where it holds plain values only."""
    beaten = tuple(_beaten(setting) for setting in field.beaten)
    value: str | tuple[str, ...] | Mapping[str, Entry]
    match field.value:
        case YamlScalar() as scalar:
            value = scalar_text(scalar)
        case tuple() as items if all(isinstance(item.value, YamlScalar) for item in items):
            value = tuple(scalar_text(item.value) for item in items if isinstance(item.value, YamlScalar))
        case tuple() as items:
            value = {str(position): _field(str(position), item) for position, item in enumerate(items, 1)}
        case entries:
            return Entry(key, {name: _field(name, part) for name, part in entries.items()}, str(field.layer), None, "", beaten)
    return Entry(key, value, str(field.layer), field.location, "", beaten)


def _beaten(setting: Setting) -> Beaten:
    return Beaten(node_text(setting.node), str(setting.layer), setting.location)


def _edit(edit: ResolvedEdit) -> Entry:
    """Turn what happens at one address into an entry: a verb each, and a map of texts where blocks are added."""
    entries: dict[str, Entry] = {}
    added: dict[str, dict[str, Entry]] = {}
    for part in edit.parts:
        if part.id:
            added.setdefault(part.verb.value, {})[part.id] = _part(part.id, part)
        else:
            entries[part.verb.value] = _part(part.verb.value, part)
    if edit.layout is not None:
        entries["layout"] = replace(entries["layout"], value=tuple(look.name for look in edit.looks))
    return Entry(edit.address, {**entries, **{verb: Entry(verb, texts) for verb, texts in added.items()}})


def _part(key: str, part: EditPart) -> Entry:
    text = scalar_text(part.text) if part.text is not None else "true"
    return Entry(key, text, str(part.layer), part.location, part.because.strip(), tuple(_beaten(setting) for setting in part.beaten))
