"""The first file of each kind: a profile, a fragment or an agent, commented, and valid as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from composer.errors import ComposerError, Diagnostic, Diagnostics
from composer.files.destination import DiskDestination
from composer.lookup.index import index_catalog
from composer.model.resolved import FieldValue, Layer
from composer.model.sources import Catalog, VariableDeclaration, VariableKind
from composer.model.yaml_nodes import ScalarStyle, YamlScalar
from composer.naming import is_kebab_case, kebab_case
from composer.pipeline import Run, compose_profile
from composer.records import dataclass, field, replace
from composer.schema import read_profile
from composer.source import SourceFile
from composer.stages.vet import vet_index
from composer.starter.first_workspace import NewFiles, fill
from composer.starter.pack import read_first_file
from composer.workspace import Workspace

__all__ = ["Kind", "plan_file"]

_PROJECT_KEY: Final = re.compile(r"\bproject\.([A-Za-z][A-Za-z0-9_]*)")
_SCHEMA: Final = "schemas/profile.schema.json"
_PLACEHOLDERS: Final = {
    VariableKind.STR: "to be filled in",
    VariableKind.INT: "1",
    VariableKind.FLOAT: "1.0",
    VariableKind.BOOL: "false",
    VariableKind.STR_LIST: "[to be filled in]",
    VariableKind.FRAGMENT: "none",
    VariableKind.FRAGMENT_LIST: "[]",
}


class Kind(StrEnum):
    """What can be begun."""

    PROFILE = "profile"
    FRAGMENT = "fragment"
    AGENT = "agent"


def plan_file(kind: Kind, name: str, workspace: Workspace) -> NewFiles:
    """Write the first file of one kind.

    Args:
        kind: what to begin.
        name: its name in kebab-case; for a fragment with folders before it, as in ``checklists/uploads``.
        workspace: where it is going to be.

    Raises:
        ComposerError: if the name cannot be one, or a profile could not be built because of what it builds upon.
    """
    found = Diagnostics()
    name = _read_name(kind, name, workspace, found)
    found.raise_errors()
    if kind is Kind.PROFILE:
        path, text = f"profiles/{name}.yaml", _Draft(name, workspace).write()
    elif kind is Kind.FRAGMENT:
        path, text = f"fragments/{name}.md", _fragment_text(name, workspace.catalog)
    else:
        path, text = f"fragments/agents/{name}.md", _agent_text(name, workspace.catalog)
    return NewFiles(name, {path: text.encode()}, tuple(found))


# --- Names ------------------------------------------------------------------------------------------------------------


def _read_name(kind: Kind, name: str, workspace: Workspace, found: Diagnostics) -> str:
    place = SourceFile("command line", name).at(0, max(len(name), 1))
    folder = {Kind.PROFILE: "profiles/", Kind.FRAGMENT: "fragments/", Kind.AGENT: "agents/"}[kind]
    bare = name.removesuffix(".yaml" if kind is Kind.PROFILE else ".md").removeprefix("fragments/").removeprefix(folder)
    parts = bare.split("/") if kind is Kind.FRAGMENT else [bare]
    if not all(is_kebab_case(part) for part in parts):
        near = "/".join(near for part in parts if (near := kebab_case(part)))
        hint = "use small letters, digits and single hyphens" + (f": `{near}`" if near else "")
        found.error("bad-name", f"`{name}` cannot be the name of {_a(kind)}", place, hint)
    elif kind is Kind.FRAGMENT and parts[0] == "profiles":
        found.error("bad-name", f"`{bare}` reads as the profile of that name", place, "choose another folder")
    elif kind is Kind.AGENT:
        described = {
            "description": FieldValue(
                YamlScalar("a text", ScalarStyle.PLAIN, place.source, place.start, place.end), Layer("command line"), place
            )
        }
        workspace.target.check_fields(bare, described, place, found)
    return bare


def _a(kind: Kind) -> str:
    return f"an {kind}" if kind is Kind.AGENT else f"a {kind}"


# --- Fragments and agents ---------------------------------------------------------------------------------------------


def _fragment_text(name: str, catalog: Catalog) -> str:
    last = name.rpartition("/")[2]
    text = read_first_file("fragment.md")
    # The ids of the template are taken.
    identifier = f"{last}-section" if f"{{#{last}}}" in text else last
    variable = _free_variable(f"{last}_limit", catalog)
    return fill(text, title=last.replace("-", " ").capitalize(), id=identifier, variable=variable)


def _agent_text(name: str, catalog: Catalog) -> str:
    return fill(read_first_file("agent.md"), name=name, variable=_free_variable(f"{name}_topics", catalog))


def _free_variable(name: str, catalog: Catalog) -> str:
    """Return a name that no declaration has: two of one name would have to agree."""
    name = name.replace("-", "_")
    name = name if name[0].isalpha() else f"v_{name}"
    number = 2
    free = name
    while free in catalog.declarations:
        free, number = f"{name}_{number}", number + 1
    return free


# --- Profiles ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """A profile that is tried and completed until it builds: with a base, or with the agents that there are, and what they require."""

    name: str
    workspace: Workspace
    project: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def write(self) -> str:
        """Return the text of the profile.

        Raises:
            ComposerError: with what is wrong and cannot be completed.
        """
        extends = self._bases()
        # What was missing can hide what else is: a slot that is filled now needs variables of its own.
        while errors := self._compose(text := self._text(extends)):
            if not self._complete(errors):
                raise ComposerError(errors)
        return text

    def _bases(self) -> tuple[str, ...]:
        """Return the layer that others build upon: the first abstract profile that extends nothing and builds agents."""
        profiles = self.workspace.catalog.profiles
        roots = [name for name, profile in sorted(profiles.items()) if profile.is_abstract and not profile.extends and profile.agents]
        return tuple(roots[:1])

    def _text(self, extends: tuple[str, ...]) -> str:
        agents = [fragment.id for fragment in self.workspace.catalog.fragments.values() if fragment.agent is not None]
        listed = _yaml_map("agents", {agent.rpartition("/")[2]: _settings(agent) for agent in agents})
        sample = f"# agents:\n#   {agents[0].rpartition('/')[2] if agents else 'name'}:\n#     color: green"
        text = fill(
            read_first_file("profile.yaml"),
            extends=f"extends: [{', '.join(extends)}]" if extends else "# extends: [base]",
            project=_yaml_map("project", {"name": f'"{self.name}"', **self.project}),
            vars=_yaml_map("vars", self.variables) or "# vars:\n#   name: value",
            agents=sample if extends else listed or sample,
            name=self.name,
        )
        has_schema = DiskDestination(self.workspace.root).read(_SCHEMA) is not None
        return f"# yaml-language-server: $schema=../{_SCHEMA}\n\n{text}" if has_schema else text

    def _compose(self, text: str) -> tuple[Diagnostic, ...]:
        """Compose the draft beside the profiles that there are, and return what is wrong with it."""
        found, around = Diagnostics(), Diagnostics()
        path = f"profiles/{self.name}.yaml"
        profile = read_profile(self.name, SourceFile(path, text), found)
        if profile is not None:
            catalog = self.workspace.catalog
            index = index_catalog(replace(catalog, profiles={**catalog.profiles, self.name: profile}), around)
            vet_index(index)
            compose_profile(self.name, Run(index, self.workspace.target), found)
        # What is wrong in other profiles is no concern of this one.
        others = [error for error in (*self.workspace.diagnostics.errors, *around.errors) if error.location.path != path]
        shared = [error for error in others if not error.location.path.startswith("profiles/")]
        return (*found.errors, *(error for error in around.errors if error.location.path == path), *shared)

    def _complete(self, errors: Iterable[Diagnostic]) -> bool:
        """Add what was missing; False where there is nothing to add."""
        before = (dict(self.project), dict(self.variables))
        by_place = {declaration.location: declaration for declaration in self.workspace.catalog.declarations.values()}
        for error in errors:
            if error.code == "unknown-project-key" and (key := _PROJECT_KEY.search(error.message)):
                self.project[key[1]] = "what it is, in a few words"
            elif error.code == "missing-variable":
                missing = [by_place[note.location] for note in error.notes if note.location in by_place]
                self.variables.update({declaration.name: _placeholder(declaration) for declaration in missing})
        return before != (self.project, self.variables)


def _settings(agent: str) -> str:
    return "{}" if agent.rpartition("/")[0] == "agents" else f"{{use: {agent}}}"


def _yaml_map(key: str, values: Mapping[str, str]) -> str:
    return "\n".join([f"{key}:", *(f"  {name}: {value}" for name, value in values.items())]) if values else ""


def _placeholder(declaration: VariableDeclaration) -> str:
    """Return a value that fits, with a remark on what to write instead."""
    remark = f"   # {' '.join(declaration.doc.split())}" if declaration.doc else ""
    choices = declaration.type.choices
    value = choices[0] if choices else _PLACEHOLDERS[declaration.type.kind]
    if choices and declaration.type.is_list:
        value = f"[{value}]"
    return value + remark
