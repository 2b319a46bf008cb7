"""What profiles, front matter and the workspace file have in common: parts of a map by type, names, and declarations of variables.

These take a map whose shape may be wrong, skip what is not as expected (that was reported), and go on with the rest: so one run reports
all.
"""

from __future__ import annotations

from collections.abc import Mapping

from composer.errors import Diagnostics, Note
from composer.model.sources import VariableDeclaration, VariableType
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.naming import is_kebab_case, kebab_case
from composer.schema.fit import Kind, fits
from composer.source import SourceFile
from composer.values import is_variable_name, read_type, read_value, scalar_text
from composer.yaml_text.strict import BLOCK_SCALAR_HINT, check_prompt_text, parse_yaml_partly

__all__ = [
    "check_example_texts",
    "check_kebab_case",
    "check_text",
    "check_unique",
    "mapping_of",
    "names_of",
    "read_declarations",
    "read_root",
    "same_value",
    "scalar_of",
    "text_of",
]


def read_root(kind: Kind, source: SourceFile, span: tuple[int, int], what: str, diagnostics: Diagnostics) -> YamlMapping | None:
    """Parse the YAML between two offsets and hold it against its shape; None where it is no map at all."""
    root = parse_yaml_partly(source, *span, diagnostics)
    if root is None:
        return None
    if not fits(kind, root):
        from composer.schema.check import check_shape  # noqa: PLC0415 - it imports pydantic

        check_shape(kind, root, what, diagnostics)
    return root if isinstance(root, YamlMapping) else None


# --- parts of a map ---------------------------------------------------------------------------------------------------


def scalar_of(mapping: YamlMapping, key: str) -> YamlScalar | None:
    """Return the scalar at a key, or None where there is none."""
    node = mapping.entries.get(key)
    return node if isinstance(node, YamlScalar) else None


def text_of(mapping: YamlMapping, key: str) -> str:
    """Return the text at a key without the line ends that end it; empty where there is none."""
    scalar = scalar_of(mapping, key)
    return scalar.text.rstrip("\n") if scalar else ""


def mapping_of(mapping: YamlMapping, key: str) -> YamlMapping | None:
    """Return the map at a key, or None where there is none."""
    node = mapping.entries.get(key)
    return node if isinstance(node, YamlMapping) else None


def names_of(node: YamlNode | None, what: str, diagnostics: Diagnostics) -> tuple[YamlScalar, ...]:
    """Return the scalars of a list, each name once."""
    names = tuple(item for item in node.items if isinstance(item, YamlScalar)) if isinstance(node, YamlSequence) else ()
    check_unique(names, what, diagnostics)
    return names


# --- names and texts --------------------------------------------------------------------------------------------------


def check_unique(names: tuple[YamlScalar, ...], what: str, diagnostics: Diagnostics) -> None:
    """Report names that stand in one list twice."""
    seen: dict[str, YamlScalar] = {}
    for name in names:
        first = seen.setdefault(name.text, name)
        if first is not name:
            note = Note("the first is here", first.location)
            diagnostics.error("duplicate-name", f"{what} names `{name.text}` twice", name.location, "take one out", (note,))


def check_kebab_case(name: YamlScalar, what: str, diagnostics: Diagnostics) -> bool:
    """Report a name that is not kebab-case; ``what`` is what it names (``an agent``). Returns whether it is."""
    if is_kebab_case(name.text):
        return True
    near = kebab_case(name.text)
    hint = "use lower-case letters, digits and single hyphens" + (f": `{near}`" if near else "")
    diagnostics.error("bad-name", f"`{name.text}` cannot be the name of {what}", name.location, hint)
    return False


def check_text(mapping: YamlMapping, key: str, diagnostics: Diagnostics) -> YamlScalar | None:
    """Return the prompt text at a key; report one that is empty, or that YAML may have cut short."""
    scalar = scalar_of(mapping, key)
    if scalar is None:
        return None
    if not scalar.text.strip():
        diagnostics.error("empty-text", f"the text of `{key}` is empty", scalar.location, f"{BLOCK_SCALAR_HINT}, or take the key out")
    else:
        check_prompt_text(scalar, f"the text of `{key}`", diagnostics)
    return scalar


def check_example_texts(examples: YamlMapping, diagnostics: Diagnostics) -> None:
    """Check the ids of an agent's examples and their texts."""
    for name, node in examples.entries.items():
        if isinstance(node, YamlMapping):
            check_kebab_case(examples.keys[name], "an example", diagnostics)
            for key in node.entries:
                check_text(node, key, diagnostics)


# --- variables --------------------------------------------------------------------------------------------------------


def read_declarations(mapping: YamlMapping | None, diagnostics: Diagnostics) -> Mapping[str, VariableDeclaration]:
    """Read the declarations of variables of a fragment or of the workspace file, those that are sound."""
    declarations: dict[str, VariableDeclaration] = {}
    for name, node in mapping.entries.items() if mapping is not None else ():
        if mapping is None or not isinstance(node, YamlMapping):
            continue
        key = mapping.keys[name]
        if not is_variable_name(name):
            hint = "use lower-case letters, digits and underscores, begin with a letter, and avoid Jinja's own words"
            diagnostics.error("bad-name", f"`{name}` cannot be the name of a variable", key.location, hint)
        written = scalar_of(node, "type")
        kind = read_type(written, diagnostics) if written else None
        if kind is not None:
            default = _read_default(kind, node, diagnostics)
            declarations[name] = VariableDeclaration(name, kind, default, text_of(node, "doc"), key.location)
    return declarations


def _read_default(kind: VariableType, declaration: YamlMapping, diagnostics: Diagnostics) -> YamlNode | None:
    default = declaration.entries.get("default")
    if default is not None:
        read_value(kind, default, diagnostics, "`default`")
    return default


def same_value(one: YamlNode | None, other: YamlNode | None) -> bool:
    """Whether two values, places and styles apart, are written alike."""
    match one, other:
        case YamlScalar(), YamlScalar():
            return scalar_text(one) == scalar_text(other)
        case YamlSequence(), YamlSequence():
            return len(one.items) == len(other.items) and all(map(same_value, one.items, other.items))
        case _:
            return one is None and other is None
