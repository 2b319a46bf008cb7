"""What Claude Code would drop or misread without a word, said before it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from composer.errors import Diagnostics, nearest_name
from composer.model.outputs import RenderedField, RenderedText, RenderedValue
from composer.model.resolved import FieldValue
from composer.model.yaml_nodes import ScalarStyle, YamlScalar
from composer.records import replace
from composer.source import Location
from composer.targets.base import FieldKind, FieldSpec
from composer.targets.claude_fields import EXAMPLE_PARTS, FIELDS, TOOLS, UNAVAILABLE_TOOLS

__all__ = ["check_fields", "check_rendered"]

# Claude Code's bounds. A key under `agents` is kebab-case besides, which says more of hyphens and nothing of length; the names of profiles
# and fragments are nobody's but ours, so for them there is no bound but the system's.
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,48}[a-z0-9]")
_RESERVED_NAMES: Final = frozenset({"self", "system", "user", "model", "tool", "config", "default", "main"})
_DEVICE_NAME: Final = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
_LONGEST_KEY: Final = 200

_TOOL_ENTRY: Final = re.compile(r"(?:[^,(]|\([^)]*\)?)+")
_USE: Final = re.compile(r"\b(?:use[ds]?|using|when|whenever|invoke|delegate|proactively)\b", re.IGNORECASE)

_ELSEWHERE: Final = MappingProxyType(
    {
        "cachettl": "write it inside `experimental`",
        "allowedtools": "did you mean `tools`?",
        "prompt": "the text below the front matter of the agent's fragment is the prompt",
    }
)


def check_fields(agent_name: str, fields: Mapping[str, FieldValue], location: Location, diagnostics: Diagnostics) -> None:
    """Report what is wrong with an agent's name and fields, before their texts are filled."""
    _check_name(agent_name, location, diagnostics)
    for spec in FIELDS.values():
        if spec.is_required and spec.name not in fields:
            message = f"agent `{agent_name}` has no `{spec.name}`: Claude Code skips it"
            diagnostics.error("missing-field", message, location, _what_it_says(spec))
    for key, field in fields.items():
        if key in FIELDS:
            _CHECKS[FIELDS[key].kind](FIELDS[key], field, diagnostics)
        else:
            _report_unknown(key, field.location, diagnostics)


def check_rendered(fields: Mapping[str, RenderedField], diagnostics: Diagnostics) -> None:
    """Report what only the filled texts show: one that came out empty, or that a variable brought a backslash-n into."""
    for text in _rendered_texts(fields):
        if "\\n" in str(text) and "\\n" not in text.scalar.text:
            _warn_backslash_n(text.scalar.location, diagnostics)
    description = fields.get("description")
    if not description or not isinstance(description.value, RenderedText):
        return
    filled = str(description.value)
    if not filled.strip() and description.value.scalar.text.strip():
        diagnostics.error(
            "empty-field",
            "`description` is empty once its variables are filled in",
            description.location,
            "Claude Code skips an agent without a description",
        )
    elif filled.isascii() and filled.strip() and not _USE.search(filled):
        diagnostics.notice(
            "description-without-use",
            "`description` does not say when to use the agent",
            description.location,
            "begin it with `Use this agent when ...`: Claude Code chooses agents by it",
        )


def _rendered_texts(fields: Mapping[str, RenderedField]) -> list[RenderedText]:
    texts: list[RenderedText] = []
    for key in ("description", "examples"):
        if key in fields:
            _collect_texts(fields[key].value, texts)
    return texts


def _collect_texts(value: RenderedValue, texts: list[RenderedText]) -> None:
    if isinstance(value, RenderedText):
        texts.append(value)
    elif isinstance(value, Mapping):
        for part in value.values():
            _collect_texts(part, texts)


def _check_name(agent_name: str, location: Location, diagnostics: Diagnostics) -> None:
    if not _NAME.fullmatch(agent_name):
        diagnostics.error(
            "bad-agent-name",
            f"`{agent_name}` cannot be the name of an agent",
            location,
            "use 2 to 50 of a-z, 0-9 and `-`, with no `-` at either end",
        )
    elif agent_name in _RESERVED_NAMES:
        diagnostics.warning(
            "reserved-agent-name",
            f"Qwen Code, which reads these files too, keeps the name `{agent_name}` for itself",
            location,
            "choose a name that says what the agent does",
        )
    elif _DEVICE_NAME.fullmatch(agent_name):
        diagnostics.warning(
            "reserved-agent-name",
            f"Windows cannot hold a file named `{agent_name}.md`",
            location,
            "choose another name",
        )


def _report_unknown(key: str, location: Location, diagnostics: Diagnostics) -> None:
    if key == "name":
        diagnostics.error(
            "name-as-field",
            "`name` is not a field: an agent is named by its key under `agents`",
            location,
            "rename the key, and say `use` where the agent's file has another name",
        )
        return
    bare = _bare(key)
    same = next((known for known in FIELDS if _bare(known) == bare), "")
    hint = _ELSEWHERE.get(bare) or (f"did you mean `{same}`?" if same else nearest_name(key, FIELDS))
    hint = hint or f"the fields are {_listed(FIELDS)}"
    diagnostics.error("unknown-field", f"Claude Code has no agent field `{key}`", location, hint)


def _bare(key: str) -> str:
    return key.replace("_", "").replace("-", "").casefold()


def _listed(names: Mapping[str, object] | tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


# --- By kind ----------------------------------------------------------------------------------------------------------


def _report_type(name: str, wanted: str, field: FieldValue, diagnostics: Diagnostics, hint: str = "") -> None:
    location = field.value.location if isinstance(field.value, YamlScalar) else field.location
    diagnostics.error("wrong-field-type", f"`{name}` takes {wanted}, not {_kind_of(field)}", location, hint)


def _kind_of(field: FieldValue) -> str:
    match field.value:
        case YamlScalar():
            if not field.value.text:
                return "an empty text"
            looks_right = field.value.style is not ScalarStyle.PLAIN and not isinstance(_unquoted(field.value).value, str)
            return f"the text `{field.value.text}`" if looks_right else f"`{field.value.text}`"
        case tuple():
            return "a list"
        case _:
            return "a map"


def _unquoted(scalar: YamlScalar) -> YamlScalar:
    return replace(scalar, style=ScalarStyle.PLAIN)


def _text_of(name: str, field: FieldValue, diagnostics: Diagnostics, wanted: str = "text") -> YamlScalar | None:
    """Return the scalar if it is text; a number or a boolean is reported like a list or a map."""
    if not isinstance(field.value, YamlScalar):
        _report_type(name, wanted, field, diagnostics)
        return None
    if not isinstance(field.value.value, str):
        _report_type(name, wanted, field, diagnostics, "put it in quotes if it is meant as text")
        return None
    return field.value


def _check_text(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    text = _text_of(spec.name, field, diagnostics)
    if text and not text.text.strip():
        diagnostics.error("empty-field", f"`{spec.name}` is empty", field.location, _what_it_says(spec))
    elif text and spec.name == "description" and "\\n" in text.text:
        _warn_backslash_n(text.location, diagnostics)


def _what_it_says(spec: FieldSpec) -> str:
    doc = spec.doc.rstrip(".")
    way = "write it" if spec.is_required else "write it, or take it out"
    return f"{way}: {doc[0].lower()}{doc[1:]}"


def _warn_backslash_n(location: Location, diagnostics: Diagnostics) -> None:
    diagnostics.warning(
        "backslash-n",
        "Claude Code turns the characters `\\n` of a description into a line break, whatever they mean",
        location,
        "break the line in a block scalar, `|`, if a line break is meant; no way of escaping keeps the two characters",
    )


def _check_examples(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    if not isinstance(field.value, Mapping):
        _report_type(spec.name, "a map of examples by id", field, diagnostics)
        return
    for example_id, example in field.value.items():
        name = f"{spec.name}.{example_id}"
        if not isinstance(example.value, Mapping):
            _report_type(name, f"a map of {_listed(EXAMPLE_PARTS)}", example, diagnostics)
        elif not example.value:
            diagnostics.error("empty-field", f"`{name}` is empty", example.location, f"give it {_listed(EXAMPLE_PARTS)}")
        else:
            _check_example(name, example.value, diagnostics)
            missing = [f"`{part}`" for part in ("user", "assistant") if part not in example.value]
            if missing and example.value.keys() <= set(EXAMPLE_PARTS):
                message = f"`{name}` has no {' and no '.join(missing)}"
                diagnostics.error("incomplete-example", message, example.location, "write it, or take the example away with `unset`")


def _check_example(name: str, parts: Mapping[str, FieldValue], diagnostics: Diagnostics) -> None:
    for part, field in parts.items():
        if part not in EXAMPLE_PARTS:
            hint = nearest_name(part, EXAMPLE_PARTS) or f"the parts are {_listed(EXAMPLE_PARTS)}"
            diagnostics.error("unknown-example-part", f"an example has no part `{part}`", field.location, hint)
            continue
        text = _text_of(f"{name}.{part}", field, diagnostics)
        if text and not text.text.strip():
            diagnostics.error("empty-field", f"`{name}.{part}` is empty", field.location, "write it, or take it away")
        elif text and "\\n" in text.text:
            _warn_backslash_n(text.location, diagnostics)


def _check_word(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    text = _text_of(spec.name, field, diagnostics)
    if text and not text.text.strip():
        diagnostics.error("empty-field", f"`{spec.name}` is empty", field.location, _what_it_says(spec))


def _check_choice(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    if not isinstance(field.value, YamlScalar):
        _report_type(spec.name, f"one of {_listed(spec.choices)}", field, diagnostics)
    elif field.value.text not in spec.choices:
        _report_choice(spec.name, spec.choices, field.value, diagnostics)


def _report_choice(name: str, choices: tuple[str, ...], value: YamlScalar, diagnostics: Diagnostics) -> None:
    same = next((choice for choice in choices if choice.casefold() == value.text.casefold()), "")
    diagnostics.error(
        "wrong-field-value",
        f"`{name}` cannot be `{value.text}`: it is one of {_listed(choices)}",
        value.location,
        f"did you mean `{same}`?" if same else nearest_name(value.text, choices),
    )


def _check_choice_or_count(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    if not (isinstance(field.value, YamlScalar) and _is_count(field.value)):
        _check_choice(spec, field, diagnostics)


def _is_count(scalar: YamlScalar) -> bool:
    value = scalar.value
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _check_count(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    if not (isinstance(field.value, YamlScalar) and _is_count(field.value)):
        _report_type(spec.name, spec.kind.value, field, diagnostics, "write digits alone, without quotes")


def _check_flag(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    if not (isinstance(field.value, YamlScalar) and isinstance(field.value.value, bool)):
        _report_type(spec.name, spec.kind.value, field, diagnostics, "write it without quotes, in small letters")


def _names_in(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> Iterator[tuple[str, Location]]:
    """Give the entries of a list, or of a string with commas; what is neither is reported."""
    if isinstance(field.value, tuple):
        for item in field.value:
            text = _text_of(spec.name, item, diagnostics, "names")
            if text:
                yield text.text.strip(), item.location
    elif isinstance(field.value, YamlScalar):
        text = _text_of(spec.name, field, diagnostics, "names")
        for entry in _TOOL_ENTRY.findall(text.text) if text else ():
            yield entry.strip(), field.location
    else:
        _report_type(spec.name, spec.kind.value, field, diagnostics)


def _check_names(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> list[tuple[str, Location]]:
    """Report what is no list of names; return those that there are."""
    names = []
    for name, location in _names_in(spec, field, diagnostics):
        if name:
            names.append((name, location))
        else:
            diagnostics.error("empty-field", f"`{spec.name}` holds an empty name", location, "take it out")
    return names


def _check_tools(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    is_empty = not field.value or (isinstance(field.value, YamlScalar) and not field.value.text.strip())
    if is_empty and not isinstance(field.value, Mapping):
        if spec.name == "tools":
            diagnostics.warning(
                "no-tools",
                "`tools` is empty: the agent gets no tool at all",
                field.location,
                "take it away with `unset: [tools]` to give it all tools",
            )
        return
    for name, location in _check_names(spec, field, diagnostics):
        _check_tool(spec.name, name, location, diagnostics)


def _check_tool(field_name: str, name: str, location: Location, diagnostics: Diagnostics) -> None:
    tool = name.partition("(")[0].strip()
    if tool == "*" or tool.startswith("mcp__"):
        return
    if tool not in TOOLS:
        same = next((known for known in TOOLS if known.casefold() == tool.casefold()), "")
        hint = f"did you mean `{same}`?" if same else nearest_name(tool, sorted(TOOLS))
        hint = hint or "a tool of an MCP server is written `mcp__server__tool`"
        diagnostics.warning("unknown-tool", f"Claude Code has no tool `{tool}`", location, hint)
    elif tool in UNAVAILABLE_TOOLS and field_name == "tools":
        diagnostics.warning("unavailable-tool", f"Claude Code never gives the tool `{tool}` to a sub-agent", location, "take it out")


def _check_servers(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    if not isinstance(field.value, tuple):
        _report_type(spec.name, spec.kind.value, field, diagnostics, "write each server after a `-`")
        return
    for server in field.value:
        if isinstance(server.value, Mapping) and len(server.value) == 1:
            _check_keys(spec.name, server, diagnostics)
        elif isinstance(server.value, YamlScalar):
            _check_word(spec, server, diagnostics)
        else:
            _report_type(spec.name, "a name, or one `name: settings` map, for each server", server, diagnostics)


def _check_map(spec: FieldSpec, field: FieldValue, diagnostics: Diagnostics) -> None:
    if not isinstance(field.value, Mapping):
        _report_type(spec.name, spec.kind.value, field, diagnostics)
        return
    _check_keys(spec.name, field, diagnostics)
    lifetime = field.value.get("cacheTtl") if spec.name == "experimental" else None
    if lifetime:
        _check_choice(FieldSpec("experimental.cacheTtl", FieldKind.CHOICE, "", ("5m", "1h")), lifetime, diagnostics)


def _check_keys(name: str, field: FieldValue, diagnostics: Diagnostics) -> None:
    """Report keys that are too long for YAML to take them as keys."""
    match field.value:
        case YamlScalar():
            return
        case tuple():
            for item in field.value:
                _check_keys(name, item, diagnostics)
        case _:
            for key, item in field.value.items():
                if len(key) > _LONGEST_KEY:
                    message = f"a key of `{name}` has more than {_LONGEST_KEY} characters"
                    diagnostics.error("wrong-field-value", message, item.location, "shorten it")
                _check_keys(name, item, diagnostics)


_CHECKS: Final[Mapping[FieldKind, Callable[[FieldSpec, FieldValue, Diagnostics], object]]] = MappingProxyType(
    {
        FieldKind.TEXT: _check_text,
        FieldKind.EXAMPLES: _check_examples,
        FieldKind.WORD: _check_word,
        FieldKind.CHOICE: _check_choice,
        FieldKind.CHOICE_OR_COUNT: _check_choice_or_count,
        FieldKind.COUNT: _check_count,
        FieldKind.FLAG: _check_flag,
        FieldKind.TOOLS: _check_tools,
        FieldKind.NAMES: _check_names,
        FieldKind.SERVERS: _check_servers,
        FieldKind.MAP: _check_map,
    }
)
