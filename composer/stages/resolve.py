"""Catalog -> ResolvedProfile: layers folded into values, each with the place that set it and what it beat."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from composer.characters import check_characters
from composer.errors import Diagnostics, nearest_name
from composer.looks import BUILT_IN_LOOKS, HEADING
from composer.lookup.index import Index
from composer.merge.edits import EditLayer, SharedEdits, fold_again, fold_edits
from composer.merge.layers import Ancestry, Folder, layer_name, order_layers
from composer.model.resolved import FieldValue, Layer, ResolvedAgent, ResolvedEdit, ResolvedProfile, ResolvedVariable, Setting
from composer.model.sources import AgentSettings, Edits, Fragment, Look, Profile, VariableDeclaration, VariableKind, VariableType
from composer.model.yaml_nodes import Plain, ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.records import dataclass, replace
from composer.source import Location, SourceFile
from composer.values import printed, read_value

__all__ = ["Override", "read_overrides", "resolve_edits", "resolve_profile"]

_HEADINGS: Final = (HEADING,)


@dataclass(frozen=True, slots=True)
class Override:
    """A variable set on the command line."""

    name: str
    node: YamlNode
    location: Location


def read_overrides(pairs: Iterable[str], index: Index) -> tuple[Override, ...]:
    """Read ``name=value`` pairs of ``--set``; lists are written with commas."""
    overrides = []
    for pair in pairs:
        source = SourceFile("--set", pair)
        name, equals, text = pair.partition("=")
        location = source.at(0, max(len(name), 1))
        declaration = index.catalog.declarations.get(name)
        if not check_characters(source, 0, len(pair), index.diagnostics):
            continue
        if not equals:
            index.diagnostics.error("bad-override", f"`{pair}` sets nothing", location, "write `--set name=value`")
        elif declaration is None:
            hint = nearest_name(name, index.catalog.declarations) or "`agent-composer list variables` shows what there is"
            index.diagnostics.error("unknown-variable", f"no fragment declares `{name}`", location, hint)
        else:
            node = _override_node(declaration, text, source.at(len(name) + 1, max(len(pair), len(name) + 2)))
            value = read_value(declaration.type, node, index.diagnostics, f"`{name}`")
            if declaration.type.is_fragment:
                _check_fragments(value, node.location, index)
            if value is not None:
                overrides.append(Override(name, node, location))
    return tuple(overrides)


def _check_fragments(value: Plain | None, location: Location, index: Index) -> None:
    for name in value if isinstance(value, list) else [value]:
        if name and not index.is_known(str(name)):
            index.find(str(name), location) if "#" in str(name) else index.fragment(str(name), location)


def _override_node(declaration: VariableDeclaration, text: str, location: Location) -> YamlNode:
    if declaration.type.is_list:
        items = tuple(
            YamlScalar(part.strip(), ScalarStyle.PLAIN, location.source, location.start, location.end)
            for part in text.split(",")
            if part.strip()
        )
        return YamlSequence(items, location)
    return YamlScalar(text, ScalarStyle.PLAIN, location.source, location.start, location.end)


def resolve_profile(
    name: str, index: Index, overrides: Sequence[Override], diagnostics: Diagnostics, spared: Collection[str] = ()
) -> ResolvedProfile | None:
    """Fold a profile's layers. None where what it builds on could not be read; that has been reported.

    Of the agents that are ``spared`` no more is said than their fragment, their place and their folder.
    """
    profiles = index.catalog.profiles
    ancestry = order_layers(name, profiles, index.catalog.broken, diagnostics)
    if ancestry is None:
        return None
    resolver = _Resolver(name, index, ancestry, overrides, diagnostics)
    return resolver.resolve(spared)


def resolve_edits(
    known: ResolvedProfile, changed: Collection[str] | None, index: Index, diagnostics: Diagnostics
) -> ResolvedProfile | None:
    """Fold the edits of a profile's layers; all else is taken over from what it was resolved to before.

    Args:
        known: the profile as it was resolved, without a word, from layers and fragments that said the same but for edits.
        changed: the addresses at which a layer says something else of all its agents than then, if that is all that it does; None if not.
        index: what it is resolved from now.
        diagnostics: gets what is wrong with the edits.
    """
    ancestry = order_layers(known.name, index.catalog.profiles, index.catalog.broken, diagnostics)
    return _Resolver(known.name, index, ancestry, (), diagnostics).resolve_edits(known, changed) if ancestry is not None else None


class _Resolver:
    """Folds one profile."""

    def __init__(self, name: str, index: Index, ancestry: Ancestry, overrides: Sequence[Override], diagnostics: Diagnostics) -> None:
        self._name = name
        self._index = index
        self._diagnostics = diagnostics
        self._overrides = {override.name: override for override in overrides}
        self._folder = Folder(ancestry, diagnostics, name)
        self._profiles = [index.catalog.profiles[layer] for layer in ancestry.order]
        self._known_looks = {**BUILT_IN_LOOKS, **index.catalog.config.looks}
        self._by_layout: dict[YamlNode, tuple[Look, ...]] = {}
        self._has_edit_looks = False
        # What the agents of a profile have in common is folded once, when the first of them asks for it.
        self._shared_settings: dict[str, list[Setting]] | None = None
        self._shared_variables: dict[str, ResolvedVariable | None] = {}
        self._all_shared_variables: Mapping[str, ResolvedVariable] | None = None
        self._shared_edits: Mapping[str, ResolvedEdit] | None = None
        self._edits_beside: SharedEdits | None = None

    def resolve(self, spared: Collection[str]) -> ResolvedProfile:
        profile = self._profiles[-1]
        project = self._fold_maps([(layer, layer.project) for layer in self._profiles], "`project`", "")
        names = self._agent_names()
        folder = self._agents_folder()
        agents = [agent for name in names if (agent := self._agent(name, folder, is_spared=name in spared)) is not None]
        if not names and not profile.is_abstract and not self._diagnostics.errors:
            self._diagnostics.error(
                "no-agents",
                f"the profile `{self._name}` builds nothing",
                profile.source.at(0, 0),
                "name an agent under `agents`, or mark a layer that is never built with `abstract: true`",
            )
        order = tuple(layer_name(layer.name) for layer in self._profiles)
        return ResolvedProfile(self._name, profile, order, project, tuple(agents))

    def resolve_edits(self, known: ResolvedProfile, changed: Collection[str] | None) -> ResolvedProfile:
        agents = []
        for agent in known.agents:
            layers = self._settings_of(agent.name)
            self._read_edit_looks()
            if changed is not None and not _own_edits(layers):
                self._shared_edits = fold_again(agent.edits, changed, self._edit_layers(), self._index, self._folder, self._by_layout)
                changed = None
            agents.append(replace(agent, edits=self._edits(agent.name, layers), location=layers[-1][1].name.location))
        return replace(known, profile=self._profiles[-1], agents=tuple(agents))

    # --- maps ---------------------------------------------------------------------------------------------------------

    def _fold_maps(self, layers: Sequence[tuple[Profile, YamlMapping | None]], what: str, agent: str) -> Mapping[str, FieldValue]:
        settings = [self._setting(profile, node, agent) for profile, node in layers if node is not None]
        if not settings:
            return {}
        folded = self._folder.fold_maps(settings, what).value
        return folded if isinstance(folded, Mapping) else {}

    def _setting(self, profile: Profile, node: YamlNode, agent: str) -> Setting:
        return Setting(Layer(layer_name(profile.name), agent), node, node.location)

    # --- agents -------------------------------------------------------------------------------------------------------

    def _agent_names(self) -> list[str]:
        names: dict[str, None] = {}
        for profile in self._profiles:
            for name in profile.agents:
                names[name] = None
            for taken in profile.unset_agents:
                if taken.text not in names:
                    hint = nearest_name(taken.text, names) or "take it out"
                    message = f"`unset` names the agent `{taken.text}`, which no ancestor builds"
                    self._diagnostics.error("unset-misses", message, taken.location, hint)
                names.pop(taken.text, None)
        return list(names)

    def _settings_of(self, name: str) -> list[tuple[Profile, AgentSettings]]:
        found: list[tuple[Profile, AgentSettings]] = []
        for profile in self._profiles:
            if any(taken.text == name for taken in profile.unset_agents):
                found.clear()
            if name in profile.agents:
                found.append((profile, profile.agents[name]))
        return found

    def _agents_folder(self) -> PurePosixPath | None:
        settings = [self._setting(profile, profile.agents_dir, "") for profile in self._profiles if profile.agents_dir is not None]
        winner = self._folder.nearest(settings, "`agents_dir`") if settings else None
        return PurePosixPath(winner.node.text) if winner is not None and isinstance(winner.node, YamlScalar) else None

    def _agent(self, name: str, folder: PurePosixPath | None, *, is_spared: bool) -> ResolvedAgent | None:
        layers = self._settings_of(name)
        location = layers[-1][1].name.location
        fragment = self._agent_fragment(name, layers, location)
        if fragment is None or fragment.agent is None:
            return None
        if is_spared:
            return ResolvedAgent(name, fragment, {}, {}, (), {}, location, folder)
        fields = self._fields(fragment, layers)
        looks = self._layout(name, layers)
        edits = self._edits(name, layers)
        return ResolvedAgent(name, fragment, fields, self._variables(name, layers), looks, edits, location, folder)

    def _agent_fragment(self, name: str, layers: Sequence[tuple[Profile, AgentSettings]], location: Location) -> Fragment | None:
        uses = [self._setting(profile, settings.use, name) for profile, settings in layers if settings.use is not None]
        winner = self._folder.nearest(uses, f"`use` of `agents.{name}`")
        fragment_id, place = f"agents/{name}", location
        if winner is not None and isinstance(winner.node, YamlScalar):
            fragment_id, place = winner.node.text, winner.node.location
        fragments = self._index.catalog.fragments
        fragment = fragments.get(fragment_id)
        if fragment is None and fragment_id not in self._index.catalog.broken:
            known = [other.id for other in fragments.values() if other.agent is not None]
            hint = nearest_name(fragment_id, known) or "name the agent's file with `use:`, or write it"
            self._diagnostics.error("unknown-agent", f"there is no agent `{fragment_id}`", place, hint)
        elif fragment is not None and fragment.agent is None:
            hint = "give it `agent:` in its front matter, or use another file"
            self._diagnostics.error("not-an-agent", f"`{fragment_id}` is a fragment without `agent:`", place, hint)
        return fragment

    def _fields(self, fragment: Fragment, layers: Sequence[tuple[Profile, AgentSettings]]) -> Mapping[str, FieldValue]:
        if fragment.agent is None:  # pragma: no cover - only agents get here
            return {}
        base = Setting(Layer(fragment.id), fragment.agent.fields, fragment.agent.location)
        own = [(profile, settings.fields) for profile, settings in layers if settings.fields.entries]
        known = self._index.agent_fields.get(fragment) if not own else None
        if known is not None:
            return known
        told, name = self._diagnostics.told, layers[-1][1].name.text
        folded = self._folder.fold_maps([base, *(self._setting(profile, fields, name) for profile, fields in own)], "").value
        fields = folded if isinstance(folded, Mapping) else {}
        if not own and self._diagnostics.told == told:
            self._index.agent_fields[fragment] = fields
        return fields

    # --- variables ----------------------------------------------------------------------------------------------------

    def _variables(self, name: str, layers: Sequence[tuple[Profile, AgentSettings]]) -> Mapping[str, ResolvedVariable]:
        own = [self._setting(profile, settings.variables, name) for profile, settings in layers if settings.variables is not None]
        if self._shared_settings is None:
            self._shared_settings = {}
            for profile in self._profiles:
                if profile.variables is not None:
                    self._sort_by_name(self._setting(profile, profile.variables, ""), self._shared_settings)
        if not own and self._all_shared_variables is not None:
            return self._all_shared_variables
        by_name = dict(self._shared_settings)
        for setting in own:
            self._sort_by_name(setting, by_name)
        found = {}
        for key, declaration in self._index.catalog.declarations.items():
            settings = by_name.get(key)
            is_shared = settings is self._shared_settings.get(key)
            value = self._shared_variable(declaration, settings) if is_shared else self._variable(declaration, settings or [])
            if value is not None:
                found[key] = value
        if not own:
            self._all_shared_variables = found
        return found

    def _shared_variable(self, declaration: VariableDeclaration, settings: list[Setting] | None) -> ResolvedVariable | None:
        if declaration.name not in self._shared_variables:
            self._shared_variables[declaration.name] = self._variable(declaration, settings or [])
        return self._shared_variables[declaration.name]

    def _sort_by_name(self, setting: Setting, by_name: dict[str, list[Setting]]) -> None:
        if not isinstance(setting.node, YamlMapping):  # pragma: no cover - the schema holds that
            return
        for name, node in setting.node.entries.items():
            if name == "unset" and isinstance(node, YamlSequence):
                for taken in node.items:
                    if isinstance(taken, YamlScalar):
                        kept = [s for s in by_name.get(taken.text, []) if not self._folder.ancestry.beats(setting.layer, s.layer)]
                        if len(kept) == len(by_name.get(taken.text, [])):
                            self._report_unset(taken, setting, by_name)
                        by_name[taken.text] = kept
            else:
                place = setting.node.keys[name].location
                by_name[name] = [*by_name.get(name, ()), Setting(setting.layer, node, place)]

    def _report_unset(self, taken: YamlScalar, setting: Setting, by_name: Mapping[str, object]) -> None:
        message = f"`unset` names `{taken.text}`, which no ancestor of `{setting.layer}` sets"
        self._diagnostics.error("unset-misses", message, taken.location, nearest_name(taken.text, by_name) or "take it out")

    def _variable(self, declaration: VariableDeclaration, settings: list[Setting]) -> ResolvedVariable | None:
        base = None
        if declaration.default is not None:
            base = Setting(Layer("declaration"), declaration.default, declaration.location)
        override = self._overrides.get(declaration.name)
        if override is not None:
            layer = Layer("--set")
            beaten = tuple(reversed([*([base] if base else []), *settings]))
            return self._printed(declaration, Setting(layer, override.node, override.location), beaten)
        # The two parts of a profile are folded apart: `agents.<name>` beats the rest as a whole.
        what, is_list = f"the variable `{declaration.name}`", declaration.type.is_list
        shared = self._folder.fold_to_node([s for s in settings if not s.layer.agent], base, what, is_list=is_list)
        own = [s for s in settings if s.layer.agent]
        if not own:
            return self._printed(declaration, *shared) if shared is not None else None
        if shared is None:
            folded = self._folder.fold_to_node(own, None, what, is_list=is_list)
            return self._printed(declaration, *folded) if folded is not None else None
        under, under_beaten = shared
        if isinstance(under.node, YamlSequence):  # a list that was folded stands at its key
            under = Setting(under.layer, YamlSequence(under.node.items, under.location), under.location)
        folded = self._folder.fold_to_node(own, under, what, is_list=is_list)
        if folded is None:
            return None
        setting, beaten = folded
        return self._printed(declaration, setting, (*beaten, *(b for b in under_beaten if b not in beaten)))

    def _printed(self, declaration: VariableDeclaration, setting: Setting, beaten: tuple[Setting, ...]) -> ResolvedVariable:
        data = read_value(declaration.type, setting.node, Diagnostics(), f"`{declaration.name}`")
        if data is None:
            # Of the wrong type, which was reported when its layer was indexed; without a stand-in it would look as if nobody set it.
            data = _stand_in(declaration.type)
        text = printed(declaration.type, setting.node)
        return ResolvedVariable(declaration.name, declaration.type, data, text, setting.layer, setting.location, beaten)

    # --- layout and edits ---------------------------------------------------------------------------------------------

    def _read_edit_looks(self) -> None:
        if not self._has_edit_looks:
            self._has_edit_looks = True
            for profile in self._profiles:
                for edits in profile.all_edits:
                    for edit in edits.by_address.values():
                        if edit.layout is not None:
                            self._looks_of(edit.layout)

    def _layout(self, name: str, layers: Sequence[tuple[Profile, AgentSettings]]) -> tuple[Look, ...]:
        self._read_edit_looks()
        settings = [self._setting(profile, profile.layout, "") for profile in self._profiles if profile.layout is not None]
        settings += [self._setting(profile, own.layout, name) for profile, own in layers if own.layout is not None]
        winner = self._folder.nearest(settings, "the layout") if settings else None
        return self._looks_of(winner.node) if winner is not None else _HEADINGS

    def _looks_of(self, node: YamlNode) -> tuple[Look, ...]:
        if node not in self._by_layout:
            self._by_layout[node] = self._read_looks(node)
        return self._by_layout[node]

    def _read_looks(self, node: YamlNode) -> tuple[Look, ...]:
        names = node.items if isinstance(node, YamlSequence) else (node,)
        looks = []
        for name in names:
            if not isinstance(name, YamlScalar):  # pragma: no cover - the schema allows names only
                continue
            if name.text in self._known_looks:
                looks.append(self._known_looks[name.text])
            else:
                hint = nearest_name(name.text, self._known_looks) or f"the looks are {', '.join(sorted(self._known_looks))}"
                self._diagnostics.error("unknown-layout", f"there is no look `{name.text}`", name.location, hint)
        return tuple(looks) or _HEADINGS

    def _edits(self, name: str, layers: Sequence[tuple[Profile, AgentSettings]]) -> Mapping[str, ResolvedEdit]:
        own = _own_edits(layers)
        if own:
            if self._edits_beside is None:
                self._edits_beside = SharedEdits(self._edit_layers(), self._index, self._folder, self._by_layout)
            return self._edits_beside.with_own(
                [EditLayer(Layer(layer_name(profile.name), name), edits) for profile, edits in own], self._folder
            )
        if self._shared_edits is None:
            self._shared_edits = fold_edits(self._edit_layers(), self._index, self._folder, self._by_layout)
        return self._shared_edits

    def _edit_layers(self) -> list[EditLayer]:
        """Return what the profiles say for all of their agents."""
        return [EditLayer(Layer(layer_name(profile.name)), profile.edits) for profile in self._profiles]


def _own_edits(layers: Sequence[tuple[Profile, AgentSettings]]) -> list[tuple[Profile, Edits]]:
    """Return what profiles say of one agent alone."""
    return [(profile, settings.edits) for profile, settings in layers if settings.edits.by_address or settings.edits.unset]


def _stand_in(kind: VariableType) -> Plain:
    """Return a value of a type, for one that was refused."""
    if kind.is_list:
        return []
    return {VariableKind.INT: 0, VariableKind.FLOAT: 0, VariableKind.BOOL: False}.get(kind.kind, "")
