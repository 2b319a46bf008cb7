"""A profile, read into frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from composer.errors import Diagnostics
from composer.model.sources import INSERTION_VERBS, AgentSettings, Edit, Edits, Profile, Verb
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.naming import is_kebab_case, is_path_below, kebab_case
from composer.schema.fit import Kind
from composer.schema.parts import (
    check_example_texts,
    check_kebab_case,
    check_text,
    mapping_of,
    names_of,
    read_root,
    scalar_of,
    text_of,
)
from composer.source import SourceFile
from composer.values import describe

__all__ = ["read_profile"]

_UNSET: Final = "unset"
_AGENTS_DIR: Final = "agents_dir"
_ROOT: Final = "."
_OWN_AGENT_KEYS: Final = frozenset({"use", "vars", "layout", "edits"})
_PROJECT_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# What makes no sense on a block that is taken away. Texts before and after it stay: its place is known.
_INSIDE_VERBS: Final = (Verb.REPLACE, Verb.TITLE, Verb.FIRST, Verb.LAST, Verb.LAYOUT)


def read_profile(name: str, source: SourceFile, diagnostics: Diagnostics) -> Profile | None:
    """Read a profile.

    Args:
        name: The name of its file, without ``.yaml``.
        source: The file.
        diagnostics: Gets everything that is wrong.

    Returns:
        The profile, or None where anything was wrong.
    """
    found = Diagnostics()
    if not is_kebab_case(name):
        hint = "rename the file: lower-case letters, digits and hyphens" + (f", `{near}.yaml`" if (near := kebab_case(name)) else "")
        found.error("bad-name", f"`{name}` cannot be the name of a profile", source.at(0, 0), hint)
    root = read_root(Kind.PROFILE, source, (0, len(source.text)), "a profile", found)
    profile = _convert(name, source, root, found) if root is not None else None
    for diagnostic in found:
        diagnostics.add(diagnostic)
    return None if found.errors else profile


def _convert(name: str, source: SourceFile, root: YamlMapping, diagnostics: Diagnostics) -> Profile:
    agents = mapping_of(root, "agents")
    project = mapping_of(root, "project")
    variables = mapping_of(root, "vars")
    _check_project(project, diagnostics)
    _check_unset(variables, diagnostics)
    return Profile(
        name=name,
        source=source,
        about=text_of(root, "about"),
        extends=names_of(root.entries.get("extends"), "`extends`", diagnostics),
        is_abstract=text_of(root, "abstract") == "true",
        project=project,
        variables=variables,
        layout=root.entries.get("layout"),
        agents_dir=_read_agents_dir(root, diagnostics),
        agents=_read_agents(agents, diagnostics),
        unset_agents=_unset_names(agents, diagnostics),
        edits=_read_edits(mapping_of(root, "edits"), diagnostics),
    )


def _unset_names(mapping: YamlMapping | None, diagnostics: Diagnostics) -> tuple[YamlScalar, ...]:
    return names_of(mapping.entries.get(_UNSET), "`unset`", diagnostics) if mapping is not None else ()


# --- project and fields -----------------------------------------------------------------------------------------------


def _check_unset(mapping: YamlMapping | None, diagnostics: Diagnostics) -> None:
    """Check ``unset`` in a map whose other keys are free, and in the maps below."""
    for key, node in mapping.entries.items() if mapping is not None else ():
        if key == _UNSET:
            _check_names(node, diagnostics)
        elif isinstance(node, YamlMapping):
            _check_unset(node, diagnostics)


def _check_names(node: YamlNode, diagnostics: Diagnostics) -> None:
    if not isinstance(node, YamlSequence):
        hint = f"write `[{node.text}]`" if isinstance(node, YamlScalar) else "name the keys to take away"
        diagnostics.error("wrong-type", f"`{_UNSET}` must be a list, not {describe(node)}", node.location, hint)
        return
    for item in node.items:
        if not isinstance(item, YamlScalar):
            diagnostics.error("wrong-type", f"an item of `{_UNSET}` must be text, not {describe(item)}", item.location)
    names_of(node, f"`{_UNSET}`", diagnostics)


def _check_project(project: YamlMapping | None, diagnostics: Diagnostics) -> None:
    _check_unset(project, diagnostics)
    _check_project_values(project, diagnostics)


def _check_project_values(mapping: YamlMapping | None, diagnostics: Diagnostics) -> None:
    for key, node in mapping.entries.items() if mapping is not None else ():
        if mapping is None or key == _UNSET:
            continue
        if not _PROJECT_KEY.fullmatch(key):
            near = re.sub(r"\W+", "_", key, flags=re.ASCII).strip("_")
            hint = f"templates read it as `project.…`: write `{near}`" if _PROJECT_KEY.fullmatch(near) else "begin with a letter"
            diagnostics.error("bad-name", f"`{key}` cannot be a key of `project`", mapping.keys[key].location, hint)
        if isinstance(node, YamlMapping):
            _check_project_values(node, diagnostics)
        elif isinstance(node, YamlSequence):
            for item in node.items:
                if not isinstance(item, YamlScalar):
                    message = f"an item of `{key}` must be text, not {describe(item)}"
                    diagnostics.error("wrong-type", message, item.location, "use a map of names to values")


def _read_agents_dir(root: YamlMapping, diagnostics: Diagnostics) -> YamlScalar | None:
    folder = scalar_of(root, _AGENTS_DIR)
    if folder is not None and folder.text != _ROOT and not is_path_below(folder.text.removesuffix("/")):
        message = f"`{folder.text}` is no folder below the root of a project"
        hint = f"write folders with `/` between them, neither `..` nor `.git`, or `{_ROOT}` for the root itself"
        diagnostics.error("bad-value", message, folder.location, hint)
    return folder


# --- agents -----------------------------------------------------------------------------------------------------------


def _read_agents(agents: YamlMapping | None, diagnostics: Diagnostics) -> Mapping[str, AgentSettings]:
    settings: dict[str, AgentSettings] = {}
    for name, node in agents.entries.items() if agents is not None else ():
        if agents is not None and name != _UNSET and isinstance(node, YamlMapping):
            check_kebab_case(agents.keys[name], "an agent", diagnostics)
            settings[name] = _read_agent(agents.keys[name], node, diagnostics)
    return settings


def _read_agent(name: YamlScalar, node: YamlMapping, diagnostics: Diagnostics) -> AgentSettings:
    own = {key: value for key, value in node.entries.items() if key not in _OWN_AGENT_KEYS}
    fields = YamlMapping(own, {key: node.keys[key] for key in own}, node.location)
    variables = mapping_of(node, "vars")
    _check_unset(fields, diagnostics)
    _check_unset(variables, diagnostics)
    check_text(fields, "description", diagnostics)
    examples = mapping_of(fields, "examples")
    if examples is not None:
        check_example_texts(examples, diagnostics)
    return AgentSettings(
        name=name,
        location=name.location,
        use=scalar_of(node, "use"),
        fields=fields,
        variables=variables,
        layout=node.entries.get("layout"),
        edits=_read_edits(mapping_of(node, "edits"), diagnostics),
    )


# --- edits ------------------------------------------------------------------------------------------------------------


def _read_edits(mapping: YamlMapping | None, diagnostics: Diagnostics) -> Edits:
    if mapping is None:
        return Edits()
    edits = {
        address: _read_edit(mapping.keys[address], node, diagnostics)
        for address, node in mapping.entries.items()
        if address != _UNSET and isinstance(node, YamlMapping)
    }
    return Edits(edits, _unset_names(mapping, diagnostics))


def _read_edit(address: YamlScalar, node: YamlMapping, diagnostics: Diagnostics) -> Edit:
    title = check_text(node, Verb.TITLE, diagnostics)
    if title is not None and "\n" in title.text.rstrip("\n"):
        diagnostics.error("bad-value", "a title must be one line", title.location, "write one line")
    edit = Edit(
        address=address.text,
        location=address.location,
        replace=check_text(node, Verb.REPLACE, diagnostics),
        title=title,
        remove=scalar_of(node, Verb.REMOVE),
        layout=node.entries.get(Verb.LAYOUT),
        insertions=_read_insertions(node, diagnostics),
        because=text_of(node, "because"),
    )
    _check_verbs(address, node, diagnostics)
    return edit


def _read_insertions(node: YamlMapping, diagnostics: Diagnostics) -> Mapping[Verb, YamlMapping]:
    insertions: dict[Verb, YamlMapping] = {}
    for verb in INSERTION_VERBS:
        texts = mapping_of(node, verb)
        if texts is None:
            continue
        insertions[verb] = texts
        if not texts.keys:
            diagnostics.error("edit-does-nothing", f"`{verb}` holds no text", node.keys[verb].location, "write `id: |` and the text")
        for name in texts.entries:
            check_kebab_case(texts.keys[name], "a block", diagnostics)
            check_text(texts, name, diagnostics)
    return insertions


def _check_verbs(address: YamlScalar, node: YamlMapping, diagnostics: Diagnostics) -> None:
    # By keys, not entries: a verb whose value was refused was reported, and is no missing one.
    if not any(verb in node.keys for verb in Verb) and set(node.keys) <= {"because"}:
        verbs = ", ".join(f"`{verb}`" for verb in Verb)
        message = f"the edit of `{address.text}` does nothing"
        diagnostics.error("edit-does-nothing", message, address.location, f"write one of {verbs}")
    clashing = [verb for verb in _INSIDE_VERBS if verb in node.keys]
    if text_of(node, Verb.REMOVE) == "true" and clashing:
        message = f"the edit of `{address.text}` takes the block away and changes it"
        hint = f"keep `{Verb.REMOVE}` or `{clashing[0]}`"
        diagnostics.error("edit-contradicts-itself", message, node.keys[Verb.REMOVE].location, hint)
