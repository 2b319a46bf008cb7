"""What a change of a profile would leave without any effect goes with it: the language takes such leftovers for mistakes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from composer.accept.definitions import profile_path
from composer.accept.drafts import Draft, Keys, RemoveEntry, SourceChange, Splice
from composer.accept.inverse import RefusedChangeError
from composer.errors import Diagnostics
from composer.model.sources import Profile
from composer.model.yaml_nodes import YamlMapping, YamlNode
from composer.pipeline import Run, compose_profile
from composer.yaml_text.strict import parse_yaml

__all__ = ["unused_variables", "with_idle_edits"]

_IDLE: Final = frozenset({"because"})
"""What does nothing without another key of an edit beside it."""


def with_idle_edits(changes: Sequence[SourceChange], draft: Draft) -> tuple[SourceChange, ...]:
    """Return the changes with those edits taken out as a whole that would lose all that they do: only their reason would be left."""
    removed = [change for change in changes if isinstance(change, RemoveEntry)]
    others = [change for change in changes if not isinstance(change, RemoveEntry | Splice)]
    wider: dict[SourceChange, RemoveEntry] = {}
    for change in removed:
        edit = _edit_of(change.keys)
        if edit is None or any(other.path == change.path and other.keys[: len(edit)] == edit for other in others):
            continue
        gone = [one.keys[len(edit) :] for one in removed if one.path == change.path and one.keys[: len(edit)] == edit]
        node = _node(change.path, edit, draft)
        if isinstance(node, YamlMapping) and all(gone) and _left(node, gone) <= _IDLE:
            wider[change] = RemoveEntry(change.path, edit)
    return tuple(dict.fromkeys(wider.get(change, change) for change in changes))


def _edit_of(keys: Keys) -> Keys | None:
    """Return the keys of the edit that some keys lead into."""
    at = 2 if keys[:1] == ("agents",) else 0
    return keys[: at + 2] if keys[at : at + 1] == ("edits",) and len(keys) > at + 2 else None


def _node(path: str, keys: Keys, draft: Draft) -> YamlNode | None:
    profile = next((found for found in draft.index.catalog.profiles.values() if found.source.path == path), None)
    node = parse_yaml(profile.source, 0, len(profile.source.text), Diagnostics()) if profile is not None else None
    for key in keys:
        node = node.entries.get(str(key)) if isinstance(node, YamlMapping) else None
    return node


def _left(node: YamlMapping, gone: Collection[Keys]) -> frozenset[str]:
    """Return the keys of a map that are left when entries go, and the maps with them that become empty."""
    left = set()
    for name, value in node.entries.items():
        inside = [keys[1:] for keys in gone if keys[0] == name]
        is_gone = () in inside or (inside and isinstance(value, YamlMapping) and not _left(value, inside))
        if not is_gone:
            left.add(name)
    return frozenset(left)


def unused_variables(draft: Draft, name: str) -> tuple[RemoveEntry, ...]:
    """Return what takes the variables out of a profile that none of its texts uses any more, if nothing else is wrong with it.

    Args:
        draft: the changed sources.
        name: the profile.
    """
    found = Diagnostics()
    try:
        index = draft.index
    except RefusedChangeError:
        return ()
    if name not in index.catalog.profiles:  # it cannot even be read
        return ()
    index.diagnostics = index.templates.diagnostics = found
    compose_profile(name, Run(index, draft.target), found)
    keys = _variables_by_place(index.catalog.profiles[name])
    wrong = [(error.code, error.location.position) for error in found.errors]
    if any(code != "variable-without-effect" or place not in keys for code, place in wrong):
        return ()
    return tuple(RemoveEntry(profile_path(name), keys[place]) for _, place in wrong)


def _variables_by_place(profile: Profile) -> dict[tuple[str, int], Keys]:
    """Return where each variable that a profile sets is named."""
    maps: list[tuple[Keys, YamlMapping | None]] = [(("vars",), profile.variables)]
    maps += [(("agents", agent, "vars"), settings.variables) for agent, settings in profile.agents.items()]
    return {key.location.position: (*above, name) for above, map_ in maps if map_ is not None for name, key in map_.keys.items()}
