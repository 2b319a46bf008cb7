"""The file ``agent-composer.yaml``, read into frozen values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from composer.errors import Diagnostics
from composer.home import SOURCE_FOLDERS
from composer.looks import BUILT_IN_LOOKS
from composer.model.sources import Distinction, Look, WorkspaceConfig
from composer.model.yaml_nodes import YamlMapping, YamlScalar
from composer.naming import is_gits_own
from composer.schema.fit import Kind
from composer.schema.parts import check_kebab_case, check_text, mapping_of, read_declarations, read_root, scalar_of, text_of
from composer.source import SourceFile

__all__ = ["read_workspace"]

_PLACEHOLDERS: Final = ("title", "number", "hashes", "tag")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def read_workspace(source: SourceFile, diagnostics: Diagnostics) -> WorkspaceConfig | None:
    """Read the workspace file.

    Returns:
        The configuration, or None where anything was wrong, which ``diagnostics`` then says.
    """
    found = Diagnostics()
    root = read_root(Kind.WORKSPACE, source, (0, len(source.text)), "the workspace file", found)
    config = _convert(root, found) if root is not None else None
    for diagnostic in found:
        diagnostics.add(diagnostic)
    return None if found.errors else config


def _convert(root: YamlMapping, diagnostics: Diagnostics) -> WorkspaceConfig:
    output = scalar_of(root, "output")
    return WorkspaceConfig(
        output=_read_output(output, diagnostics) if output is not None else WorkspaceConfig().output,
        variables=read_declarations(mapping_of(root, "vars"), diagnostics),
        looks=_read_looks(mapping_of(root, "looks"), diagnostics),
        distinct=tuple(_read_distinctions(mapping_of(root, "distinct"), diagnostics)),
    )


def _read_output(output: YamlScalar, diagnostics: Diagnostics) -> str:
    # Not the rules of `is_path_below`, which are for paths in a project. This folder lies in the workspace: `./` and a slash at the end may
    # be written, and what holds sources is refused.
    path = output.text.rstrip("\n")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    hint = ""
    if not parts or path.startswith("/") or ":" in path or "\n" in path or ".." in parts:
        hint = "name a folder inside the workspace, such as `output`"
    elif "\\" in path:
        hint = "write `/` between folders, on every system"
    elif parts[0].lower() in SOURCE_FOLDERS:
        hint = "name another folder: this one holds what people write"
    elif is_gits_own("/".join(parts)):
        hint = "name another folder: this one is git's own"
    if hint:
        diagnostics.error("bad-value", f"`{path}` cannot be the output folder", output.location, hint)
    return "/".join(parts)


def _read_distinctions(mapping: YamlMapping | None, diagnostics: Diagnostics) -> Iterator[Distinction]:
    for pair in mapping.entries if mapping is not None else ():
        if mapping is None:
            continue
        reason, key = check_text(mapping, pair, diagnostics), mapping.keys[pair]
        match pair.split():
            case [one, other]:
                yield Distinction((one, other), reason.text.strip() if reason is not None else "", key.location)
            case names:
                hint = "write two addresses with a blank between them, and the reason: `lists/a#x lists/b#y: why they stay two`"
                message = f"`distinct` takes pairs, and this names {len(names)} text{'s' if len(names) != 1 else ''}"
                diagnostics.error("bad-value", message, key.location, hint)


def _read_looks(mapping: YamlMapping | None, diagnostics: Diagnostics) -> Mapping[str, Look]:
    looks: dict[str, Look] = {}
    for name, node in mapping.entries.items() if mapping is not None else ():
        if mapping is None or not isinstance(node, YamlMapping):
            continue
        key = mapping.keys[name]
        if check_kebab_case(key, "a look", diagnostics) and name in BUILT_IN_LOOKS:
            diagnostics.error("bad-name", f"`{name}` is a built-in look", key.location, "give your look a name of its own")
        looks[name] = _read_look(name, node, diagnostics)
    return looks


def _read_look(name: str, node: YamlMapping, diagnostics: Diagnostics) -> Look:
    for key in ("title", "end"):
        _check_pattern(node, key, diagnostics)
    indent = _number(node, "indent")
    return Look(
        name=name,
        title=text_of(node, "title"),
        end=text_of(node, "end"),
        gap=_number(node, "gap"),
        indent=indent if indent is not None else 0,
        as_sentences="join" in node.entries,
    )


def _check_pattern(look: YamlMapping, key: str, diagnostics: Diagnostics) -> None:
    scalar, pattern = scalar_of(look, key), text_of(look, key)
    if scalar is None:
        return
    known = ", ".join(f"`{{{name}}}`" for name in _PLACEHOLDERS)
    unknown = [name for name in _PLACEHOLDER.findall(pattern) if name not in _PLACEHOLDERS]
    for name in unknown:
        message = f"`{{{name}}}` is no placeholder of a look"
        diagnostics.error("bad-look", message, scalar.location, f"the placeholders are {known}")
    if "\n" in pattern:
        diagnostics.error("bad-look", f"`{key}` of a look must be one line", scalar.location, "write one line")
    if key == "title" and pattern and not unknown and "{title}" not in pattern and "{tag}" not in pattern:
        hint = 'write it where the title goes, or `title: ""` for none'
        diagnostics.error("bad-look", "`title` of a look has no `{title}`", scalar.location, hint)


def _number(look: YamlMapping, key: str) -> int | None:
    scalar = scalar_of(look, key)
    return scalar.value if scalar is not None and isinstance(scalar.value, int) else None
