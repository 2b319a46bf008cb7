"""What a variable's value may be: types as they are written, values read by their type, and how a value is printed.

A scalar stays the text that was written: ``2.10`` is never rounded to ``2.1``, and only an ``int`` or ``float`` variable makes it a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from composer.errors import Diagnostics, nearest_name
from composer.model.sources import VariableKind, VariableType
from composer.model.yaml_nodes import Plain, ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence, plain_value
from composer.records import dataclass, replace

__all__ = ["NO_FRAGMENT", "VARIABLE_NAME", "describe", "is_variable_name", "printed", "read_type", "read_value", "scalar_text"]

NO_FRAGMENT: Final = "none"
"""The value of a ``fragment`` variable that names no fragment."""
_WORDS: Final = frozenset({NO_FRAGMENT, "true", "false"})
"""Plain scalars that begin with a letter, and are no names of fragments."""
_PLAIN: Final = ScalarStyle.PLAIN

VARIABLE_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED: Final = frozenset(
    {"agent", "and", "else", "false", "if", "in", "is", "loop", "none", "not", "or", "project", "target", "true", "unset"}
)
_ENUM: Final = re.compile(r"(?P<list>list\[)?enum\[(?P<choices>[^\[\]]*)\](?(list)\])")
_TYPES: Final = "str, int, float, bool, list[str], enum[a, b], list[enum[a, b]], fragment, list[fragment]"
_BOOLEANS_ELSEWHERE: Final = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


def is_variable_name(name: str) -> bool:
    """Whether a variable can have this name: lower-case snake case, and no word that templates need themselves."""
    return VARIABLE_NAME.fullmatch(name) is not None and name not in _RESERVED


def describe(node: YamlNode) -> str:
    """Say in words what a node is, for messages that tell what was found."""
    match node:
        case YamlSequence():
            return "a list"
        case YamlMapping():
            return "a map"
        case YamlScalar():
            value = node.value
            if isinstance(value, bool):
                return f"`{node.text}`"
            return f"the number `{node.text}`" if isinstance(value, int | float) else "text"


def scalar_text(scalar: YamlScalar) -> str:
    """Return a scalar's text as it is printed: as written, without the line end that a block scalar ends in."""
    return scalar.text.removesuffix("\n") if scalar.style is ScalarStyle.BLOCK else scalar.text


# --- types ------------------------------------------------------------------------------------------------------------


def read_type(scalar: YamlScalar, diagnostics: Diagnostics) -> VariableType | None:
    """Read a type as it is written in a declaration, such as ``int`` or ``enum[a, b]``.

    Args:
        scalar: The text of the type.
        diagnostics: Gets an error ``unknown-type`` or ``bad-enum``.

    Returns:
        The type, or None where there is no such type.
    """
    text = scalar_text(scalar).strip()
    enum = _ENUM.fullmatch(text)
    if enum:
        return _read_enum(VariableKind.ENUM_LIST if enum["list"] else VariableKind.ENUM, enum["choices"], scalar, diagnostics)
    kinds = {kind.value: kind for kind in VariableKind if "enum" not in kind}
    if text not in kinds:
        near = nearest_name(text, kinds)
        hint = f"{near} " if near else ""
        diagnostics.error("unknown-type", f"`{text}` is no type of a variable", scalar.location, f"{hint}the types are {_TYPES}")
        return None
    return VariableType(kinds[text])


def _read_enum(kind: VariableKind, inside: str, scalar: YamlScalar, diagnostics: Diagnostics) -> VariableType | None:
    choices = tuple(choice.strip() for choice in inside.split(","))
    if not all(choices):
        message = f"`{scalar.text}` has an empty choice"
    elif len(set(choices)) < len(choices):
        message = f"`{scalar.text}` has the same choice twice"
    else:
        return VariableType(kind, choices)
    diagnostics.error("bad-enum", message, scalar.location, f"write it as `{VariableType(kind, ('core', 'full'))}`")
    return None


# --- values -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Misfit:
    """Why a value does not fit its type."""

    found: str
    hint: str = ""
    expected: str = ""
    """What was expected, where the type's own words are not enough."""


def read_value(kind: VariableType, node: YamlNode, diagnostics: Diagnostics, what: str) -> Plain | None:
    """Read a value by its type.

    Args:
        kind: The variable's type.
        node: The value as it was written.
        diagnostics: Gets an error ``wrong-type`` for each part that does not fit.
        what: What the value is, to begin the message with: a name in back quotes.

    Returns:
        The value as conditions see it, or None where it does not fit. A ``fragment`` is the id of a fragment, and empty text for ``none``,
        so that it is false in a condition; whether there is such a fragment is for the caller to say.
    """
    if isinstance(node, YamlSequence) and kind.is_list:
        of_items, item_of = kind.of_items, f"an item of {what}"
        read_item = _READERS[of_items.kind]
        sound: list[Plain] = []
        for item in node.items:
            plain: Plain | _Misfit | None = read_item(of_items, item) if isinstance(item, YamlScalar) else None
            if plain is None or isinstance(plain, _Misfit):  # read once more, by the way that reports
                plain = read_value(of_items, item, diagnostics, item_of)
            if plain is not None:
                sound.append(plain)
        return sound if len(sound) == len(node.items) else None
    value = _READERS[kind.kind](kind, node) if isinstance(node, YamlScalar) else _Misfit(describe(node))
    if not isinstance(value, _Misfit):
        return value
    expected = value.expected or _expected(kind)
    diagnostics.error("wrong-type", f"{what} must be {expected}, not {value.found}", node.location, value.hint)
    return None


_TEXT: Final = VariableType(VariableKind.STR)
_FRAGMENT: Final = VariableType(VariableKind.FRAGMENT)


def printed(kind: VariableType, node: YamlNode) -> str:
    """Return a value as a template prints it: the text as written, a list's items with commas between them.

    The value must have passed :func:`read_value`. A ``fragment`` prints its id, and nothing for ``none``.
    """
    match node:
        case YamlScalar():
            text = scalar_text(node)
            return "" if text == NO_FRAGMENT and kind.is_fragment else text
        case YamlSequence():
            texts = [scalar_text(item) if isinstance(item, YamlScalar) else printed(kind, item) for item in node.items]
            return ", ".join(["" if text == NO_FRAGMENT else text for text in texts] if kind.is_fragment else texts)
        case YamlMapping():
            return ""


def _read_text(_kind: VariableType, scalar: YamlScalar) -> Plain | _Misfit:
    if isinstance(scalar.value, bool):
        return _Misfit(describe(scalar), f'quote it if it is text: `"{scalar.text}"`')
    text = scalar_text(scalar)
    if "\n" in text:
        return _Misfit("text on several lines", "put longer text into a fragment", "text on one line")
    return text


def _read_number(kind: VariableType, scalar: YamlScalar) -> Plain | _Misfit:
    value = scalar.value
    is_int = kind.kind is VariableKind.INT
    if isinstance(value, int if is_int else int | float) and not isinstance(value, bool):
        return value
    bare = plain_value(replace(scalar, style=ScalarStyle.PLAIN))
    if scalar.style is ScalarStyle.QUOTED and not isinstance(bare, str | bool):
        return _Misfit(describe(scalar), f"write `{scalar.text}` without quotes")
    return _Misfit(describe(scalar), f"write digits alone, such as `{'60' if is_int else '0.5'}`")


def _read_boolean(_kind: VariableType, scalar: YamlScalar) -> Plain | _Misfit:
    if isinstance(scalar.value, bool):
        return scalar.value
    if scalar.text in {"true", "false"}:
        return _Misfit("text", f"write `{scalar.text}` without quotes")
    word = _BOOLEANS_ELSEWHERE.get(scalar.text.lower())
    return _Misfit(describe(scalar), f"write `{word}`" if word else "")


def _read_choice(kind: VariableType, scalar: YamlScalar) -> Plain | _Misfit:
    text = scalar_text(scalar)
    return text if text in kind.choices else _Misfit(f"`{text}`", nearest_name(text, kind.choices))


def _read_fragment(_kind: VariableType, scalar: YamlScalar) -> Plain | _Misfit:
    text = scalar.text
    if scalar.style is _PLAIN and text[:1].isalpha() and text not in _WORDS and "\n" not in text:  # nearly all
        return text
    text = scalar_text(scalar)
    if text == NO_FRAGMENT:
        return ""
    if text and isinstance(plain_value(scalar), str) and "\n" not in text:
        return text
    return _Misfit(describe(scalar) if text else "empty text", "write `none` for no fragment")


def _read_no_list(_kind: VariableType, scalar: YamlScalar) -> Plain | _Misfit:
    return _Misfit(describe(scalar), f"write `[{scalar.text}]`" if "\n" not in scalar.text else "")


_READERS: Final[Mapping[VariableKind, Callable[[VariableType, YamlScalar], Plain | _Misfit]]] = {
    VariableKind.STR: _read_text,
    VariableKind.INT: _read_number,
    VariableKind.FLOAT: _read_number,
    VariableKind.BOOL: _read_boolean,
    VariableKind.ENUM: _read_choice,
    VariableKind.FRAGMENT: _read_fragment,
    VariableKind.STR_LIST: _read_no_list,
    VariableKind.ENUM_LIST: _read_no_list,
    VariableKind.FRAGMENT_LIST: _read_no_list,
}

_EXPECTED: Final[Mapping[VariableKind, str]] = {
    VariableKind.STR: "text",
    VariableKind.INT: "a whole number",
    VariableKind.FLOAT: "a number",
    VariableKind.BOOL: "`true` or `false`",
    VariableKind.FRAGMENT: "the id of a fragment",
    VariableKind.STR_LIST: "a list of texts",
    VariableKind.FRAGMENT_LIST: "a list of fragment ids",
}


def _expected(kind: VariableType) -> str:
    if kind.choices:
        choices = " or ".join(f"`{choice}`" for choice in kind.choices)
        return f"a list of {choices}" if kind.is_list else choices
    return _EXPECTED[kind.kind]
