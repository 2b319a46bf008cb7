"""A key of a map gets another name."""

from __future__ import annotations

from collections.abc import Iterator

from composer.characters import find_bad_character
from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlScalar
from composer.yaml_text.rewrite.document import Path, Splice, first_proven, follow, read_document, spell_path
from composer.yaml_text.rewrite.proof import leaves_of
from composer.yaml_text.rewrite.writing import double_quoted, is_simple_key, single_quoted

__all__ = ["rename_key"]


def rename_key(  # noqa: D417 - the others are told once, in the package
    raw: str, path: Path, name: str, *, start: int = 0, end: int | None = None, file: str = ""
) -> str:
    """Give the key at a path another name, in the same quotes; its value, its place and all comments stay.

    Args:
        path: The key.
        name: What it is called from now on.

    Returns:
        The raw text with that change.

    Raises:
        RewriteRefusedError: if there is no such key, the map has one of the new name, the YAML has errors, or no key can be called so.
    """
    document = read_document(raw, file, start, end)
    nodes = follow(document.root, path)
    holder = nodes[-2] if len(nodes) == len(path) + 1 > 1 else None
    if not isinstance(holder, YamlMapping):
        message = f"there is no key {spell_path(path)}"
        raise document.refusal(message, nodes[-1])
    key = holder.keys[str(path[-1])]
    if name == path[-1]:
        return raw
    if name in holder.entries:
        message = f"{spell_path((*path[:-1], name))} is there already"
        raise document.refusal(message, key)
    if bad := find_bad_character(name):
        message = f"the new name of {spell_path(path)} holds the character `U+{ord(bad):04X}`, which no source may hold"
        raise document.refusal(message, key)
    old, new = tuple(path), (*path[:-1], name)
    expected = [(new + place[len(new) :] if place[: len(old)] == old else place, leaf) for place, leaf in leaves_of(document.root)]
    splices = (Splice(key.location.start, key.location.end, written) for written in _ways(key, name))
    changed = first_proven(document, splices, lambda root: leaves_of(root) == expected)
    if changed is None:
        message = f"{spell_path(path)} cannot be called `{name}` without changing what the lines around it mean"
        raise document.refusal(message, key)
    return changed


def _ways(key: YamlScalar, name: str) -> Iterator[str]:
    """Give the ways to write a name, the one nearest to what was there first."""
    if key.style is ScalarStyle.QUOTED:
        yield single_quoted(name) if key.location.text.startswith("'") else double_quoted(name)
    elif is_simple_key(name):
        yield name
    yield double_quoted(name)
