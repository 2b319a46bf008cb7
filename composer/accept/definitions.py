"""Where a printed text is defined: its block in a fragment, or its entry in the YAML of a profile."""

from __future__ import annotations

from collections.abc import Iterator

from composer.accept.drafts import AddEntry, Draft, Keys, SetText, SourceChange, Splice, yaml_span
from composer.accept.printed import Node
from composer.blocks import Block, Document, Item, Leaf, Section, Text, walk_blocks
from composer.errors import Diagnostics
from composer.ids.places import place_ids, text_of
from composer.model.planned import Line
from composer.model.sources import Fragment
from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.naming import name_of_text
from composer.records import dataclass
from composer.source import SourceFile
from composer.yaml_text.strict import parse_yaml

__all__ = [
    "Entry",
    "block_of",
    "document_of",
    "entry_at",
    "fragment_of",
    "fresh_id",
    "id_splice",
    "is_in_profile",
    "profile_path",
    "set_entry",
    "source_splices",
]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A scalar of a file's YAML, and the keys that lead to it."""

    path: str
    keys: Keys
    scalar: YamlScalar


def profile_path(name: str) -> str:
    """Return the path of a profile's file."""
    return f"profiles/{name}.yaml"


def is_in_profile(home: str) -> bool:
    """Whether a text's home is a profile."""
    return home.startswith("profiles/")


def fragment_of(home: str, draft: Draft) -> Fragment | None:
    """Return the fragment of that id; None for a profile."""
    return draft.index.catalog.fragments.get(home)


def document_of(line: Line, draft: Draft) -> Document | None:
    """Return the parsed source that a text was read from, where it is a fragment."""
    fragment = fragment_of(line.trace.layer, draft)
    return fragment.document if fragment is not None and fragment.source is line.text.source else None


def block_of(node: Node, draft: Draft) -> Block | None:
    """Return the block of a fragment that a printed block was made of; None for one that a profile brought, or one without words."""
    fragment = fragment_of(node.trace.layer, draft)
    if fragment is None:
        return None
    for block, _ in walk_blocks(fragment.document.blocks):
        if node.line is not None:
            if isinstance(block, Item | Leaf | Section) and text_of(block) is node.line.text:
                return block
        elif block.location == node.trace.location:
            return block
    return None


# --- YAML ---------------------------------------------------------------------------------------------------------------


def entry_at(source: SourceFile, offset: int) -> Entry | None:
    """Return the scalar of a profile's YAML that holds, or is named at, a character."""
    root = _root(source)
    return next((entry for entry in _entries(source.path, root, ()) if _holds(entry, root, offset)), None) if root is not None else None


def _root(source: SourceFile) -> YamlNode | None:
    start, end = yaml_span(source)
    return parse_yaml(source, start, end, Diagnostics())


def _holds(entry: Entry, root: YamlNode | None, offset: int) -> bool:
    if entry.scalar.location.start <= offset < max(entry.scalar.location.end, entry.scalar.location.start + 1):
        return True
    parent = root
    for key in entry.keys[:-1]:
        parent = _child(parent, key)
    if isinstance(parent, YamlMapping) and (name := parent.keys.get(str(entry.keys[-1]))) is not None:
        return name.location.start <= offset < name.location.end
    return False


def _child(node: YamlNode | None, key: str | int) -> YamlNode | None:
    if isinstance(node, YamlMapping):
        return node.entries.get(str(key))
    return node.items[key] if isinstance(node, YamlSequence) and isinstance(key, int) else None


def _entries(path: str, node: YamlNode, keys: Keys) -> Iterator[Entry]:
    match node:
        case YamlScalar():
            yield Entry(path, keys, node)
        case YamlSequence():
            for position, item in enumerate(node.items):
                yield from _entries(path, item, (*keys, position))
        case YamlMapping():
            for key, value in node.entries.items():
                yield from _entries(path, value, (*keys, key))


def node_at(source: SourceFile, keys: Keys) -> YamlNode | None:
    """Return what stands at ``keys`` of a file's YAML; None where nothing does."""
    node = _root(source)
    for key in keys:
        node = _child(node, key)
    return node


def set_entry(profile: str, keys: Keys, text: str, draft: Draft, *, is_literal: bool = False) -> SourceChange:
    """Say a value in a profile: in place of the one that it has at ``keys``, or as a new entry."""
    source = draft.index.catalog.profiles[profile].source
    if isinstance(node_at(source, keys), YamlScalar):
        return SetText(source.path, keys, text, is_literal=is_literal)
    return AddEntry(source.path, keys, _literal(text) if is_literal else text)


def _literal(text: str) -> str | bool | int:
    """Return the value that is printed so; text where it is neither a number in its shortest form nor true or false."""
    if text in {"true", "false"}:
        return text == "true"
    is_number = text.isascii() and text.removeprefix("-").isdigit() and str(int(text)) == text
    return int(text) if is_number else text


# --- words --------------------------------------------------------------------------------------------------------------


def source_splices(text: Text, changes: Iterator[tuple[int, int, str]]) -> Iterator[Splice]:
    """Turn changes of a text's joined lines into changes of its source; a new line is indented as its neighbours are."""
    for start, end, new in changes:
        indent = _continuation(text)
        first = _source_offset(text, start)
        last = first if end == start else _source_offset(text, end)
        yield Splice(text.source.path, first, last, new.replace("\n", f"\n{indent}"))


def _source_offset(text: Text, position: int) -> int:
    for line in text.lines:
        if position <= len(line.text):
            return line.offset + position
        position -= len(line.text) + 1
    return text.location.end


def _continuation(text: Text) -> str:
    """Return the blanks that a further line of a text begins with in its source."""
    if not text.lines:
        return ""
    offset = text.lines[-1].offset
    line_start = text.source.text.rfind("\n", 0, offset) + 1
    before = text.source.text[line_start:offset]
    return before if not before.strip() else " " * len(before)


def is_block_scalar(entry: Entry) -> bool:
    """Whether a value is written below its key, line by line, so that its characters stand in the file as they are."""
    return entry.scalar.style is ScalarStyle.BLOCK


# --- ids ----------------------------------------------------------------------------------------------------------------


def fresh_id(text: str, kind: str, home: str, draft: Draft) -> str:
    """Choose a readable id that a fragment or a profile does not use yet."""
    taken = {address.partition("#")[2] for address in (*draft.index.places, *draft.index.moved) if address.startswith(f"{home}#")}
    return name_of_text(text, kind, taken)


def id_splice(fragment: Fragment, block: Block, name: str) -> Splice | None:
    """Write an id at a block of a fragment; None where that cannot be done without changing its text."""
    place = place_ids(fragment, [(block, name)]).get(block)
    if place is None:
        return None
    text = fragment.source.text
    if not place.on_own_line:
        return Splice(fragment.source.path, place.offset, place.offset, f" {{#{name}}}")
    start = text.rfind("\n", 0, place.offset) + 1
    line = text[start : text.find("\n", start) if "\n" in text[start:] else len(text)]
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    return Splice(fragment.source.path, start, start, f"{indent}{{#{name}}}\n")
