"""Values are read by their type and printed as they were written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import Diagnostics
from composer.model.sources import VariableKind, VariableType
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar
from composer.source import SourceFile
from composer.values import is_variable_name, printed, read_type, read_value
from composer.yaml_text.strict import parse_yaml


def _node(written: str) -> YamlNode:
    text = f"a: {written}\n"
    root = parse_yaml(SourceFile("p.yaml", text), 0, len(text), Diagnostics())
    assert isinstance(root, YamlMapping)
    return root.entries["a"]


def _type(text: str) -> VariableType:
    node = _node(f'"{text}"')
    assert isinstance(node, YamlScalar)
    kind = read_type(node, Diagnostics())
    assert kind is not None
    return kind


VALID = [
    ("str", "a schema", "a schema", "a schema"),
    ("str", "2.10", "2.10", "2.10"),
    ("str", '"true"', "true", "true"),
    ("str", "yes", "yes", "yes"),
    ("str", '""', "", ""),
    ("str", "|\n  a: b", "a: b", "a: b"),
    ("int", "60", 60, "60"),
    ("int", "-5", -5, "-5"),
    ("float", "0.50", 0.5, "0.50"),
    ("float", "3", 3, "3"),
    ("bool", "true", True, "true"),
    ("bool", "false", False, "false"),
    ("list[str]", "[a, 2.10, 'c, d']", ["a", "2.10", "c, d"], "a, 2.10, c, d"),
    ("list[str]", "[]", [], ""),
    ("enum[core, full]", "full", "full", "full"),
    ("enum[1, true]", "true", "true", "true"),
    ("fragment", "stacks/medusa", "stacks/medusa", "stacks/medusa"),
    ("fragment", "none", "", ""),
    ("list[enum[core, full]]", "[full, core]", ["full", "core"], "full, core"),
    ("list[fragment]", "[a, b/c]", ["a", "b/c"], "a, b/c"),
]


@pytest.mark.parametrize(("kind", "written", "value", "text"), VALID)
def test_reads_and_prints(kind: str, written: str, value: object, text: str) -> None:
    diagnostics = Diagnostics()
    read = read_value(_type(kind), _node(written), diagnostics, "`a`")
    assert (read, type(read), printed(_type(kind), _node(written))) == (value, type(value), text)
    assert not list(diagnostics)


INVALID = [
    ("str", "true", "`a` must be text, not `true`", 'quote it if it is text: `"true"`'),
    ("str", "[a]", "`a` must be text, not a list", ""),
    ("str", "{a: b}", "`a` must be text, not a map", ""),
    ("str", "|\n  b\n  c", "`a` must be text on one line, not text on several lines", "put longer text into a fragment"),
    ("int", "many", "`a` must be a whole number, not text", "write digits alone, such as `60`"),
    ("int", "1.5", "`a` must be a whole number, not the number `1.5`", "write digits alone, such as `60`"),
    ("int", "'60'", "`a` must be a whole number, not text", "write `60` without quotes"),
    ("int", "true", "`a` must be a whole number, not `true`", "write digits alone, such as `60`"),
    ("int", "1_000", "`a` must be a whole number, not text", "write digits alone, such as `60`"),
    ("int", "9" * 5000, "`a` must be a whole number, not text", "write digits alone, such as `60`"),
    ("float", "1e3", "`a` must be a number, not text", "write digits alone, such as `0.5`"),
    ("bool", "yes", "`a` must be `true` or `false`, not text", "write `true`"),
    ("bool", "Off", "`a` must be `true` or `false`, not text", "write `false`"),
    ("bool", "'true'", "`a` must be `true` or `false`, not text", "write `true` without quotes"),
    ("bool", "maybe", "`a` must be `true` or `false`, not text", ""),
    ("bool", "1", "`a` must be `true` or `false`, not the number `1`", ""),
    ("list[str]", "b", "`a` must be a list of texts, not text", "write `[b]`"),
    ("list[str]", "{b: true}", "`a` must be a list of texts, not a map", ""),
    ("list[str]", "[b, true]", "an item of `a` must be text, not `true`", 'quote it if it is text: `"true"`'),
    ("list[str]", "[b, [c]]", "an item of `a` must be text, not a list", ""),
    ("enum[core, full]", "ful", "`a` must be `core` or `full`, not `ful`", "did you mean `full`?"),
    ("enum[core, full]", "[core]", "`a` must be `core` or `full`, not a list", ""),
    ("fragment", "''", "`a` must be the id of a fragment, not empty text", "write `none` for no fragment"),
    ("fragment", "5", "`a` must be the id of a fragment, not the number `5`", "write `none` for no fragment"),
    ("list[fragment]", "none", "`a` must be a list of fragment ids, not text", "write `[none]`"),
]


@pytest.mark.parametrize(("kind", "written", "message", "hint"), INVALID)
def test_refuses(kind: str, written: str, message: str, hint: str) -> None:
    diagnostics = Diagnostics()
    assert read_value(_type(kind), _node(written), diagnostics, "`a`") is None
    assert [(found.code, found.message, found.hint) for found in diagnostics] == [("wrong-type", message, hint)]


def test_each_wrong_item_of_a_list_is_told() -> None:
    diagnostics = Diagnostics()
    read_value(_type("list[str]"), _node("[true, b, false]"), diagnostics, "`a`")
    assert [found.location.text for found in diagnostics] == ["true", "false"]


@given(text=st.from_regex(r"-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,6})?", fullmatch=True))
def test_a_number_is_printed_as_written(text: str) -> None:
    """Whatever type reads it, the text of a number is never changed."""
    kind = VariableType(VariableKind.FLOAT)
    assert read_value(kind, _node(text), Diagnostics(), "`a`") == float(text)
    assert printed(kind, _node(text)) == text


# --- types ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["str", "int", "float", "bool", "list[str]", "fragment", "list[fragment]", "enum[a, b c]", "enum[a]", "list[enum[a, b]]"]
)
def test_a_type_is_printed_as_it_is_written(text: str) -> None:
    assert str(_type(text)) == text


ALL_TYPES = "the types are str, int, float, bool, list[str], enum[a, b], list[enum[a, b]], fragment, list[fragment]"


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"),
    [
        ("string", "unknown-type", "`string` is no type of a variable", f"did you mean `str`? {ALL_TYPES}"),
        ("date", "unknown-type", "`date` is no type of a variable", ALL_TYPES),
        ("enum", "unknown-type", "`enum` is no type of a variable", ALL_TYPES),
        ("enum[]", "bad-enum", "`enum[]` has an empty choice", "write it as `enum[core, full]`"),
        ("enum[a, ]", "bad-enum", "`enum[a, ]` has an empty choice", "write it as `enum[core, full]`"),
        ("enum[a, a]", "bad-enum", "`enum[a, a]` has the same choice twice", "write it as `enum[core, full]`"),
    ],
)
def test_what_is_no_type(text: str, code: str, message: str, hint: str) -> None:
    diagnostics = Diagnostics()
    node = _node(f'"{text}"')
    assert isinstance(node, YamlScalar)
    assert read_type(node, diagnostics) is None
    assert [(found.code, found.message, found.hint) for found in diagnostics] == [(code, message, hint)]


@pytest.mark.parametrize(
    ("name", "is_good"),
    [
        ("auth", True),
        ("rate_limit2", True),
        ("Auth", False),
        ("2x", False),
        ("a-b", False),
        ("loop", False),
        ("project", False),
        ("not", False),
        ("", False),
    ],
)
def test_names_of_variables(name: str, is_good: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_variable_name(name) is is_good
