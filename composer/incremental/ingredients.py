"""All that one agent's file is made of, so that equal ingredients give equal files.

Places in sources are not among them: a line that is inserted above an edit does not change what the edit says. So this holds for agents of
which nothing is told, and for no others.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from pathlib import PurePosixPath

from composer.incremental.inclusions import Inclusions
from composer.lookup.index import Index
from composer.model.resolved import FieldValue, ResolvedAgent, ResolvedEdit, ResolvedProfile, ResolvedVariable
from composer.model.sources import Fragment, Look, VariableDeclaration, are_same
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.records import dataclass, replace

__all__ = ["AgentIngredients", "IngredientFinder", "ProfileIngredients", "said", "said_of_declarations", "said_of_edit"]

_Said = Hashable
"""What a value says, apart from where it stands."""


@dataclass(frozen=True, slots=True)
class AgentIngredients:
    """What one agent's file is made of. ``variables`` are those that a text of its fragments, or of its profiles, names.

    Their types are not among it: those are declared for the whole workspace.
    """

    fragment: str
    fragments: Mapping[str, Fragment]
    fields: _Said
    project: _Said
    variables: Mapping[str, _Said]
    looks: tuple[Look, ...]
    edits: Mapping[str, _Said]
    folder: PurePosixPath | None


@dataclass(frozen=True, slots=True, eq=False)
class ProfileIngredients:
    """What the agents of one profile are made of, by name, and the variables that the texts of the profile name."""

    agents: Mapping[str, AgentIngredients]
    names: frozenset[str]


class IngredientFinder:
    """Finds the ingredients of the agents of one profile."""

    def __init__(
        self,
        profile: ResolvedProfile,
        index: Index,
        inclusions: Inclusions,
        names: Mapping[str, frozenset[str]],
        known: ProfileIngredients | None = None,
    ) -> None:
        """Look at a profile.

        Args:
            profile: the profile, resolved.
            index: what it was resolved from; nothing is wrong with it.
            inclusions: looks through documents.
            names: the variables that each profile's texts name, by layer.
            known: what its agents were made of when it was resolved to the same but for edits, none of which brings fragments in.
        """
        self._index = index
        self._inclusions = inclusions
        self._known = known.agents if known is not None else {}
        self._project = _said_of_fields(profile.project)
        self._names = frozenset[str]().union(*(names.get(layer, ()) for layer in profile.layers))
        self._has_known_names = known is not None and self._names == known.names
        self._edits: dict[int, Mapping[str, _Said]] = {}

    def of_all(self, agents: Iterable[ResolvedAgent]) -> ProfileIngredients:
        """Return what the files of all agents of the profile are made of."""
        return ProfileIngredients({agent.name: self.of(agent) for agent in agents}, self._names)

    def of(self, agent: ResolvedAgent) -> AgentIngredients:
        """Return what an agent's file is made of."""
        known, fragments = self._known.get(agent.name), self._index.catalog.fragments
        if known is not None and are_same(known.fragments, fragments):
            variables = known.variables if self._has_known_names else self._variables_of(agent, known.fragments)
            return replace(known, variables=variables, edits=self._edits_in(known.fragments, agent))
        homes = self._inclusions.fragments_of(agent, self._index)
        return AgentIngredients(
            agent.fragment.id,
            {home: fragments[home] for home in homes},
            _said_of_fields(agent.fields),
            self._project,
            self._variables_of(agent, homes),
            agent.looks,
            self._edits_in(homes, agent),
            agent.folder,
        )

    def _edits_in(self, homes: Collection[str], agent: ResolvedAgent) -> Mapping[str, _Said]:
        # An edit of a fragment that the agent cannot bring in is for others.
        fragments = self._index.catalog.fragments
        return {home: edit for home, edit in self._edits_of(agent.edits).items() if home in homes or home not in fragments}

    def _variables_of(self, agent: ResolvedAgent, homes: Iterable[str]) -> Mapping[str, _Said]:
        names = self._names.union(*[self._index.fragment_variables.get(home, ()) for home in homes])
        return {name: _said_of_variable(agent.variables.get(name)) for name in names}

    def _edits_of(self, edits: Mapping[str, ResolvedEdit]) -> Mapping[str, _Said]:
        """Return what edits say, by the fragment or profile that their blocks stand in. Most agents of a profile have the very same."""
        known = self._edits.get(id(edits))
        if known is None:
            by_home: dict[str, list[_Said]] = {}
            for address, edit in edits.items():
                by_home.setdefault(address.partition("#")[0], []).append(said_of_edit(edit))
            known = self._edits[id(edits)] = {home: tuple(found) for home, found in by_home.items()}
        return known


def said_of_declarations(declarations: Mapping[str, VariableDeclaration]) -> _Said:
    """Return what declarations say."""
    return tuple((name, declared.type, said(declared.default)) for name, declared in declarations.items())


def said(node: YamlNode | None) -> _Said:
    """Return what a YAML value says, and how it is written."""
    match node:
        case None:
            return None
        case YamlScalar():
            # How many lines a text has, and what stands before them, can be seen in the source alone.
            return (node.text, node.style.value, node.in_flow, node.source.text[node.start : node.end])
        case YamlSequence():
            return tuple(said(item) for item in node.items)
        case YamlMapping():
            return tuple((key, said(value)) for key, value in node.entries.items())


def _said_of_variable(variable: ResolvedVariable | None) -> _Said:
    if variable is None:
        return None
    text, data = variable.text, variable.data
    return text if data == text else (text, tuple(data) if isinstance(data, list) else data)


def _said_of_fields(fields: Mapping[str, FieldValue]) -> _Said:
    return tuple((name, _said_of_field(value)) for name, value in fields.items())


def _said_of_field(field: FieldValue) -> _Said:
    if isinstance(field.value, YamlScalar):
        return said(field.value)
    if isinstance(field.value, Mapping):
        return ("map", _said_of_fields(field.value))
    return ("list", _said_of_all(field.value))


def _said_of_all(fields: Iterable[FieldValue]) -> _Said:
    return tuple(_said_of_field(field) for field in fields)


def said_of_edit(edit: ResolvedEdit) -> _Said:
    """Return what all layers together say of one block."""
    parts = tuple((part.verb, part.layer, said(part.text), part.id) for part in edit.parts)
    return (edit.address, parts, edit.looks)
