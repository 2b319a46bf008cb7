"""One file taken apart: what its body says, and what is about its bytes. Put together again it is the same file."""

from __future__ import annotations

import re
from sys import intern
from typing import Final

from composer.characters import bad_characters
from composer.errors import Diagnostics
from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlScalar, YamlSequence
from composer.records import dataclass, field
from composer.source import BYTE_ORDER_MARK, SourceFile
from composer.verbatim_file import VERBATIM_KEYS
from composer.yaml_text.strict import parse_yaml

__all__ = ["Envelope", "open_file"]

BLOCK: Final = "|\n"
"""What a value begins with that has to be written as a block scalar."""

_FENCE: Final = "---\n"
_CLOSING: Final = re.compile(r"^---$", re.MULTILINE)
_ENTRY: Final = re.compile(r"(?P<key>[A-Za-z_][A-Za-z0-9_-]*): (?P<value>\S.*)")
_BRACES: Final = re.compile(r"\{\{|\{%|\{#")
_RESERVED: Final = VERBATIM_KEYS | {"use", "vars", "layout", "edits", "unset", "examples", "initialPrompt"}
_PICTURES: Final = 0x2400
_PRIVATE: Final = 0xE000
_CONTROLS: Final = 0x20


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is around a body. ``front_matter`` are the lines between the fences as they stand (None: there are none).

    ``fields`` are its entries where each is one line that strict YAML reads, in order, with the values as written.
    """

    front_matter: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    has_bom: bool = False
    eol: str = "lf"
    final_newlines: int = 1
    characters: tuple[tuple[str, str], ...] = ()
    body: tuple[str, ...] = field(default=(), compare=False)


def open_file(text: str) -> Envelope:
    """Take a file apart."""
    has_bom = text.startswith(BYTE_ORDER_MARK)
    text, eol = _with_line_feeds(text.removeprefix(BYTE_ORDER_MARK))
    text, characters = _without_bad_characters(text)
    kept = text.rstrip("\n")
    final_newlines = len(text) - len(kept)
    front_matter, body = _split_front_matter(text)
    fields = _read_fields(front_matter) if front_matter else ()
    lines = body.rstrip("\n").split("\n") if body.strip("\n") else []
    # Most lines stand in many files, where there are many versions of one.
    return Envelope(front_matter, fields, has_bom, eol, final_newlines, characters, tuple(map(intern, lines)))


def _with_line_feeds(text: str) -> tuple[str, str]:
    """Turn line ends of one kind into LF; mixed ones are left, as characters that no source may hold."""
    if "\r" not in text:
        return text, "lf"
    crlf = text.count("\r\n")
    if crlf == text.count("\r") == text.count("\n"):
        return text.replace("\r\n", "\n"), "crlf"
    if "\n" not in text:
        return text.replace("\r", "\n"), "cr"
    return text, "lf"


def _without_bad_characters(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Write a visible character for each that a source may not hold."""
    found = bad_characters(text)
    if not found:
        return text, ()
    used = set(text)
    table: dict[int, str] = {}
    pairs = []
    for bad in sorted(found):
        stand_in = chr(_PICTURES + ord(bad)) if ord(bad) < _CONTROLS else chr(_PRIVATE)
        code = _PRIVATE
        while stand_in in used:
            code += 1
            stand_in = chr(code)
        used.add(stand_in)
        table[ord(bad)] = stand_in
        pairs.append((stand_in, f"U+{ord(bad):04X}"))
    return text.translate(table), tuple(pairs)


def _split_front_matter(text: str) -> tuple[str | None, str]:
    if not text.startswith(_FENCE):
        return None, text
    closing = _CLOSING.search(text, len(_FENCE))
    if closing is None or closing.end() == len(text):
        return None, text
    return text[len(_FENCE) : closing.start()], text[closing.end() + 1 :]


def _read_fields(front_matter: str) -> tuple[tuple[str, str], ...]:
    """Return the entries if they can be printed again, one by one; nothing if they cannot. What is no strict YAML goes below a ``|``."""
    entries = [_ENTRY.fullmatch(line) for line in front_matter.removesuffix("\n").split("\n")]
    pairs = tuple((entry["key"], entry["value"]) for entry in entries if entry is not None)
    if len(pairs) != len(entries) or any(key in _RESERVED or _BRACES.search(value) for key, value in pairs):
        return ()
    if len({key for key, _ in pairs}) != len(pairs):
        return ()
    return tuple((key, value if _is_strict(key, value) else f"{BLOCK}{value}") for key, value in pairs)


def _is_strict(key: str, value: str) -> bool:
    line = f"{key}: {value}\n"
    node = parse_yaml(SourceFile("front matter", line), 0, len(line), Diagnostics())
    return isinstance(node, YamlMapping) and list(node.entries) == [key] and _is_as_written(node.entries[key], key, value)


def _is_as_written(node: object, key: str, value: str) -> bool:
    if isinstance(node, YamlSequence) and all(isinstance(item, YamlScalar) for item in node.items):
        return bool(node.items) and value == f"[{', '.join(item.location.text for item in node.items)}]"
    if not isinstance(node, YamlScalar) or node.style is ScalarStyle.BLOCK or node.location.text != value or not node.text.strip():
        return False
    if node.style is ScalarStyle.PLAIN and (node.text != value or value[0] in "[{"):
        return False
    return isinstance(node.value, str) or key != "description"
