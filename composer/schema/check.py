"""Holds located nodes against a shape: what pydantic finds, told in our words, at the place in the file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from composer.errors import Diagnostics, nearest_name
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.records import dataclass
from composer.schema.fit import Kind
from composer.schema.shapes import SHAPES, Mismatch, find_mismatches, json_schema
from composer.source import Location
from composer.values import describe
from composer.yaml_text.strict import BLOCK_SCALAR_HINT

__all__ = ["check_shape"]

_EXPECTED: Final = {
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "bool_type": "`true` or `false`",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "layout": "the name of a look, or a list of such names",
}


def check_shape(kind: Kind, node: YamlNode, what: str, diagnostics: Diagnostics) -> None:
    """Report each place where a node has not its shape.

    Args:
        kind: What the file is.
        node: The root of what was read.
        what: What the whole is, for messages (``a profile``).
        diagnostics: Gets the errors ``unknown-key``, ``missing-key``, ``wrong-type`` and ``bad-value``.
    """
    shape = SHAPES[kind]
    schema: dict[str, Any] | None = None
    for mismatch in find_mismatches(shape, _data(node)):
        schema = schema or json_schema(shape)
        _report(_Place.find(mismatch, node, what, schema), mismatch, diagnostics)


def _data(node: YamlNode) -> object:
    """Return what a shape sees: booleans, and the text of every other scalar."""
    match node:
        case YamlScalar():
            value = node.value
            return value if isinstance(value, bool) else node.text
        case YamlSequence():
            return [_data(item) for item in node.items]
        case YamlMapping():
            return {key: _data(value) for key, value in node.entries.items()}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mismatch is: the map around it, the part itself if it is there, their names, and what the schema says of both."""

    parent: YamlMapping | None
    node: YamlNode | None
    key: str
    name: str
    parent_name: str
    parent_schema: dict[str, Any]
    schema: dict[str, Any]
    root: YamlNode

    @classmethod
    def find(cls, mismatch: Mismatch, root: YamlNode, what: str, schema: dict[str, Any]) -> _Place:
        node: YamlNode | None = root
        parent: YamlMapping | None = None
        part = outer = schema
        name = parent_name = what
        key = ""
        for step in mismatch.path:
            outer, part = part, _descend(part, step, schema)
            parent = node if isinstance(node, YamlMapping) else None
            key = str(step)
            parent_name, name = name, f"`{step}`" if isinstance(step, str) else f"an item of {name}"
            if isinstance(node, YamlSequence) and isinstance(step, int):
                node = node.items[step]
            else:
                node = node.entries.get(key) if isinstance(node, YamlMapping) else None
        return cls(parent, node, key, name, parent_name, outer, part, root)

    @property
    def location(self) -> Location:
        """The part itself; the start of the map around it where it is missing."""
        if self.node is not None:
            return self.node.location
        around = self.parent.location if self.parent is not None else self.root.location
        return around.source.at(around.start)

    @property
    def choices(self) -> list[str]:
        """The values that the schema names."""
        choices = self.schema.get("enum", [self.schema["const"]] if "const" in self.schema else [])
        return [str(choice).lower() if isinstance(choice, bool) else str(choice) for choice in choices]


def _descend(schema: dict[str, Any], step: str | int, root: dict[str, Any]) -> dict[str, Any]:
    below = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    if not isinstance(below, dict):
        return {}
    reference = below.get("$ref")
    return root["$defs"][reference.rpartition("/")[2]] if isinstance(reference, str) else below


def _report(place: _Place, mismatch: Mismatch, diagnostics: Diagnostics) -> None:
    match mismatch.kind:
        case "extra_forbidden" if place.parent is not None:
            message = f"`{place.key}` is no key of {place.parent_name}"
            hint = _name_hint(place.key, place.parent_schema.get("properties", {}))
            diagnostics.error("unknown-key", message, place.parent.keys[place.key].location, hint)
        case "missing" if place.parent is not None:
            # A key whose value was refused is there, and was reported.
            if place.key not in place.parent.keys:
                message = f"{place.parent_name} has no `{place.key}`"
                diagnostics.error("missing-key", message, place.location, f"write `{place.key}:` and its value")
        case "literal_error" if isinstance(place.node, YamlScalar):
            message = f"{place.name} must be {_either(place.choices)}, not `{place.node.text.strip()}`"
            hint = nearest_name(place.node.text, place.choices) or ("take the line out" if place.choices == ["true"] else "")
            diagnostics.error("bad-value", message, place.location, hint)
        case "greater_than_equal" | "less_than_equal" if isinstance(place.node, YamlScalar):
            low, high = place.schema.get("minimum"), place.schema.get("maximum")
            bounds = f"between {low} and {high}" if high is not None else f"{low} or more"
            message = f"{place.name} must be {bounds}, not `{place.node.text}`"
            diagnostics.error("bad-value", message, place.location)
        case kind:
            _report_type(place, kind, diagnostics)


def _report_type(place: _Place, kind: str, diagnostics: Diagnostics) -> None:
    expected = _EXPECTED.get(kind) or _either(place.choices)
    found = "nothing"
    if place.node is not None:
        found = "an empty list" if place.node == YamlSequence((), place.node.location) else describe(place.node)
    diagnostics.error("wrong-type", f"{place.name} must be {expected}, not {found}", place.location, _type_hint(place, expected))


def _type_hint(place: _Place, expected: str) -> str:
    match place.node, expected:
        case YamlScalar() as scalar, "a list" if "\n" not in scalar.text:
            return f"write `[{scalar.text}]`"
        case YamlScalar(text="true" | "false") as scalar, "text":
            return f'quote it if it is text: `"{scalar.text}"`'
        case YamlScalar(text="true" | "false") as scalar, "`true` or `false`":
            return f"write `{scalar.text}` without quotes"
        case YamlMapping() | YamlSequence(), "text":
            return BLOCK_SCALAR_HINT
        case _, "a map":
            return "write `key: value` on the lines below, indented"
        case _:
            return ""


def _name_hint(name: str, known: Iterable[str]) -> str:
    known = list(known)
    return nearest_name(name, known) or "the keys are " + ", ".join(f"`{key}`" for key in known)


def _either(choices: list[str]) -> str:
    return " or ".join(f"`{choice}`" for choice in choices) or "something else"
