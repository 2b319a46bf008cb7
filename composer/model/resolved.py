"""A profile with its layers folded: variables, fields and edits, each with the layer that set it and the settings that it beat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from composer.model.sources import Fragment, Look, Profile, VariableType, Verb
from composer.model.yaml_nodes import Plain, YamlNode, YamlScalar
from composer.records import dataclass
from composer.source import Location

__all__ = ["EditPart", "FieldValue", "Layer", "ResolvedAgent", "ResolvedEdit", "ResolvedProfile", "ResolvedVariable", "Setting"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One place that can set a value. ``agent`` is set for the part of a profile under ``agents.<name>``, which beats the rest of it."""

    name: str
    agent: str = ""

    def __str__(self) -> str:
        """Print the layer as people name it."""
        return f"{self.name} (agents.{self.agent})" if self.agent else self.name


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that one layer sets."""

    layer: Layer
    node: YamlNode
    location: Location


@dataclass(frozen=True, slots=True)
class ResolvedVariable:
    """A variable's value: ``data`` for conditions, ``text`` as it is printed, where it was set, and the settings it beat, nearest first."""

    name: str
    type: VariableType
    data: Plain
    text: str
    layer: Layer
    location: Location
    beaten: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One field of an agent, or a part of one: plain, a list or a map, each part with its place and layer."""

    value: YamlScalar | tuple[FieldValue, ...] | Mapping[str, FieldValue]
    layer: Layer
    location: Location
    beaten: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class EditPart:
    """One verb's text by one layer."""

    verb: Verb
    layer: Layer
    location: Location
    text: YamlScalar | None = None
    id: str = ""
    because: str = ""
    beaten: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class ResolvedEdit:
    """All that happens to one address: at most one ``value`` (replace or remove), ``title`` and ``layout``, and insertions."""

    address: str
    value: EditPart | None = None
    title: EditPart | None = None
    layout: EditPart | None = None
    looks: tuple[Look, ...] = ()
    insertions: tuple[EditPart, ...] = ()

    @property
    def parts(self) -> tuple[EditPart, ...]:
        """Every part, the value first."""
        return (*(part for part in (self.value, self.title, self.layout) if part), *self.insertions)


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedAgent:
    """One agent of one profile with its layers folded. ``folder`` is where the profile puts its agents; None: where their tool looks."""

    name: str
    fragment: Fragment
    fields: Mapping[str, FieldValue]
    variables: Mapping[str, ResolvedVariable]
    looks: tuple[Look, ...]
    edits: Mapping[str, ResolvedEdit]
    location: Location
    folder: PurePosixPath | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedProfile:
    """A profile with its ancestors folded. ``layers`` are all layer names, far to near."""

    name: str
    profile: Profile
    layers: tuple[str, ...]
    project: Mapping[str, FieldValue]
    agents: tuple[ResolvedAgent, ...]
