"""The YAML of files that others wrote, and of our own when we read them back: PyYAML behind two functions.

Our own sources are read elsewhere, with places and by stricter rules (:mod:`composer.yaml_text.strict`).
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml
from yaml.events import DocumentStartEvent, ScalarEvent, SequenceEndEvent

__all__ = ["YamlProblem", "read_core", "read_strict"]

_LoaderBase: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Parser: Any = getattr(getattr(yaml, "cyaml", None), "CParser", _LoaderBase)
"""The loader's parser without the rest of it."""
_LARGEST: Final = 100_000
_DEEPEST: Final = 100


class YamlProblem(Exception):  # noqa: N818 - it is what the text has, not a failure of ours
    """A text is not YAML. ``line`` counts from 1; 0 where the parser cannot say."""

    def __init__(self, message: str, line: int = 0) -> None:
        """Keep the line beside the message."""
        self.line = line
        super().__init__(message)


class _CoreLoader(yaml.SafeLoader):
    """Reads scalars as YAML 1.2 does: ``yes``, ``on``, ``0o7`` without its prefix and dates are text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own interface


for _tag, _pattern, _starts in (
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?[0-9]+", [*"-+0123456789"]),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+)", [*"-+.0123456789"]),
    ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _starts)


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    # Not PyYAML's: to YAML 1.1, 010 is eight.
    return int(loader.construct_scalar(node))


_CoreLoader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def read_strict(text: str) -> object:
    """Read YAML as the strictest common reader does (libyaml, YAML 1.1).

    Raises:
        YamlProblem: if it is not YAML.
    """
    return _read(text, _LoaderBase)


def read_core(text: str) -> object:
    """Read YAML as a reader of version 1.2 does, with plain strings wherever 1.1 had booleans or dates.

    Raises:
        YamlProblem: if it is not YAML, or too large or too deep to be the head of an agent file.
    """
    if len(text) > _LARGEST:
        message = f"it is longer than {_LARGEST} characters"
        raise YamlProblem(message)
    if _bracket_depth(text) > _DEEPEST:  # PyYAML takes a minute for some thousand
        message = f"more than {_DEEPEST} brackets are open at once"
        raise YamlProblem(message)
    return _read(text, _CoreLoader)


def _bracket_depth(text: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _read(text: str, loader: Any) -> object:  # noqa: ANN401 - PyYAML's loaders have no common type
    try:
        return _read_events(text) if loader is _LoaderBase else _load(text, loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(error.problem or "it cannot be read", mark.line + 1 if mark else 0) from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise YamlProblem(str(error).partition("\n")[0]) from None
    except RecursionError:
        message = "it is nested too deeply, or holds itself"
        raise YamlProblem(message) from None


def _load(text: str, loader: Any) -> object:  # noqa: ANN401 - PyYAML's loaders have no common type
    return yaml.load(text, Loader=loader)  # noqa: S506 - both loaders are safe ones


# --- what most front matter is made of --------------------------------------------------------------------------------


def _read_events(text: str) -> object:
    """Make data of libyaml's events: half the work of nodes. What is more than text, numbers, lists and maps is left to PyYAML."""
    document: list[Any] = []
    around: list[list[Any]] = []
    inside = document
    next_event = _Parser(text).get_event
    while (event := next_event()) is not None:
        kind = type(event)
        if kind is ScalarEvent and event.anchor is None and event.tag is None:
            inside.append(_plain_value(event.value) if event.implicit[0] else event.value)
        elif kind in _OPENINGS and event.anchor is None and event.tag is None:
            around.append(inside)
            inside = []
        elif kind in _CLOSINGS:
            value: object = inside if kind is SequenceEndEvent else dict(zip(inside[::2], inside[1::2], strict=True))
            inside = around.pop()
            inside.append(value)
        elif kind not in _FRAMES or (kind is DocumentStartEvent and (document or event.version or event.tags)):
            return _load(text, _LoaderBase)
    return document[0] if document else None


_OPENINGS: Final = frozenset({yaml.MappingStartEvent, yaml.SequenceStartEvent})
_CLOSINGS: Final = frozenset({yaml.MappingEndEvent, SequenceEndEvent})
_FRAMES: Final = frozenset({yaml.StreamStartEvent, yaml.StreamEndEvent, DocumentStartEvent, yaml.DocumentEndEvent})
_NOT_TEXT: Final = yaml.SafeLoader.yaml_implicit_resolvers


def _plain_value(text: str) -> object:
    """Return what a plain scalar is: text, unless PyYAML has a rule for it."""
    for _, pattern in (*_NOT_TEXT.get(text[:1], ()), *_NOT_TEXT.get(None, ())):
        if pattern.match(text):
            return _load(text, _LoaderBase)
    return text
