"""Whether a file surely has its shape: a look at its nodes that says yes to what people write, and leaves all else to pydantic.

The shapes themselves are in :mod:`composer.schema.shapes`, which takes longer to import than most workspaces take to read. So what fits
here is never held against them; what does not may still be right, and they alone say what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence

__all__ = ["Kind", "fits"]


class Kind(StrEnum):
    """The files that have a shape."""

    PROFILE = "profile"
    FRAGMENT = "fragment"
    WORKSPACE = "workspace"


_Check = Callable[[YamlNode], bool]


def fits(kind: Kind, node: YamlNode) -> bool:
    """Whether a file surely has its shape. False says nothing: its shape has to be asked."""
    return _CHECKS[kind](node)


# --- parts ------------------------------------------------------------------------------------------------------------


def _is_flag(node: YamlNode) -> bool:
    return isinstance(node, YamlScalar) and node.style is ScalarStyle.PLAIN and node.text in {"true", "false"}


def _is_text(node: YamlNode) -> bool:
    return isinstance(node, YamlScalar) and not (node.style is ScalarStyle.PLAIN and node.text in {"true", "false"})


def _is_true(node: YamlNode) -> bool:
    return _is_flag(node) and isinstance(node, YamlScalar) and node.text == "true"


def _is_list_of_texts(node: YamlNode) -> bool:
    return isinstance(node, YamlSequence) and all(map(_is_text, node.items))


def _is_layout(node: YamlNode) -> bool:
    return _is_text(node) or (_is_list_of_texts(node) and isinstance(node, YamlSequence) and bool(node.items))


def _is_map(node: YamlNode) -> bool:
    return isinstance(node, YamlMapping)


def _is_anything(_: YamlNode) -> bool:
    return True


def _one_of(*words: str) -> _Check:
    return lambda node: _is_text(node) and isinstance(node, YamlScalar) and node.text in words


def _map_of(check: _Check) -> _Check:
    return lambda node: isinstance(node, YamlMapping) and all(map(check, node.entries.values()))


def _keys(known: Mapping[str, _Check], others: _Check | None = None, required: frozenset[str] = frozenset()) -> _Check:
    """Return a check of a map: its known keys, and what any other must hold, if there may be others."""

    def check(node: YamlNode) -> bool:
        if not isinstance(node, YamlMapping) or not required <= node.entries.keys():
            return False
        for key, value in node.entries.items():
            held = known.get(key, others)
            if held is None or not held(value):
                return False
        return True

    return check


# --- files ------------------------------------------------------------------------------------------------------------

_TEXTS: Final = _map_of(_is_text)
_EDIT: Final = _keys(
    {
        "replace": _is_text,
        "title": _is_text,
        "remove": _is_true,
        "before": _TEXTS,
        "after": _TEXTS,
        "first": _TEXTS,
        "last": _TEXTS,
        "layout": _is_layout,
        "because": _is_text,
    }
)
_EDITS: Final = _keys({"unset": _is_list_of_texts}, _EDIT)
_EXAMPLE_PARTS: Final = {"context": _is_text, "user": _is_text, "assistant": _is_text, "commentary": _is_text}
_AGENT_SETTINGS: Final = _keys(
    {
        "use": _is_text,
        "vars": _is_map,
        "layout": _is_layout,
        "edits": _EDITS,
        "unset": _is_list_of_texts,
        "description": _is_text,
        "examples": _keys({"unset": _is_list_of_texts}, _keys({**_EXAMPLE_PARTS, "unset": _is_list_of_texts})),
    },
    _is_anything,
)
_VARIABLES: Final = _map_of(_keys({"type": _is_text, "default": _is_anything, "doc": _is_text}, required=frozenset({"type"})))
_NUMBER: Final = _one_of(*"012")
"""Larger numbers are rare enough for their shape to be asked."""

_CHECKS: Final[Mapping[Kind, _Check]] = {
    Kind.PROFILE: _keys(
        {
            "about": _is_text,
            "extends": _is_list_of_texts,
            "abstract": _is_flag,
            "project": _is_map,
            "layout": _is_layout,
            "vars": _is_map,
            "agents_dir": _is_text,
            "agents": _keys({"unset": _is_list_of_texts}, _AGENT_SETTINGS),
            "edits": _EDITS,
        }
    ),
    Kind.FRAGMENT: _keys(
        {
            "about": _is_text,
            "vars": _VARIABLES,
            "uses": _is_list_of_texts,
            "moved": _TEXTS,
            "syntax": _one_of("jinja", "plain", "includes"),
            "agent": _keys(
                {
                    "description": _is_text,
                    "examples": _map_of(_keys(_EXAMPLE_PARTS, required=frozenset({"user", "assistant"}))),
                    "verbatim": _is_flag,
                    "front_matter": _is_text,
                    "path": _is_text,
                    "bom": _is_flag,
                    "eol": _one_of("lf", "crlf", "cr"),
                    "final_newlines": _NUMBER,
                    "characters": _TEXTS,
                },
                _is_anything,
            ),
        }
    ),
    Kind.WORKSPACE: _keys(
        {
            "output": _is_text,
            "vars": _VARIABLES,
            "looks": _map_of(
                _keys(
                    {"title": _is_text, "end": _is_text, "gap": _NUMBER, "indent": _NUMBER, "join": _one_of("sentences")},
                    required=frozenset({"title"}),
                )
            ),
        }
    ),
}
