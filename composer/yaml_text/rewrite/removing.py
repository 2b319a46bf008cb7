"""A map loses an entry, or a list an item, and maps that became empty go with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from composer.model import YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.yaml_text.rewrite.document import (
    Path,
    Splice,
    YamlDocument,
    first_proven,
    follow,
    read_document,
    spell_path,
)
from composer.yaml_text.rewrite.layout import after_comments, after_node, colon_of, skip_blank_lines
from composer.yaml_text.rewrite.proof import leaves_of, without_part

__all__ = ["remove_entry"]

# The blanks before a comment stay: `{# note` would be no comment to every reader.
_COMMA_AFTER: Final = re.compile(r"[ \t]*,(?:[ \t]*(?![ \t#]))?")


def remove_entry(  # noqa: D417 - the others are told once, in the package
    raw: str, path: Path, *, keep: int = 0, start: int = 0, end: int | None = None, file: str = ""
) -> str:
    """Remove a key with its value, or an item of a list.

    All its lines go, and with them the comments behind and between its values; where the value is a map or list of lines, so do the
    comments right below that are indented as its parts are, for they would hang under another key. Comment lines above stay, and so do
    blank lines and comments below, unless a block scalar above would take them for its text. A map that becomes empty is removed in its
    turn, up to the root; the comment lines above the entry that it held stay then as well, in the column of what went, so that they do not
    hang under another key. A list that becomes empty is written ``[]``: that says something else than no list.

    Args:
        path: What goes; not the root.
        keep: How many of the first parts of the path stay, even empty (``{}``): with 2, ``agents`` and ``agents.helper`` do.

    Returns:
        The raw text with that change.

    Raises:
        RewriteRefusedError: if there is nothing at the path, the YAML has errors, or the lines around would mean something else.
    """
    document = read_document(raw, file, start, end)
    nodes = follow(document.root, path)
    if len(nodes) <= len(path) or not path:
        message = f"there is no {spell_path(path[: len(nodes)])}" if path else "the whole text cannot be removed"
        raise document.refusal(message, nodes[-1])
    target = list(path)
    while keep < len(target) - 1 and isinstance(nodes[len(target) - 1], YamlMapping) and _size(nodes[len(target) - 1]) == 1:
        target.pop()
    kept = _comments_above(document, nodes, path, len(target))
    nodes = nodes[: len(target) + 1]
    holder = nodes[-2]
    left_empty = ("{}" if isinstance(holder, YamlMapping) else "[]") if _size(holder) == 1 else ""
    expected = without_part(leaves_of(document.root), target, left_empty)
    changed = first_proven(document, _ways(document, nodes, target, kept), lambda root: leaves_of(root) == expected)
    if changed is None:
        message = f"{spell_path(path)} cannot be removed without changing what the lines around it mean"
        raise document.refusal(message, nodes[-1])
    return changed


def _size(node: YamlNode) -> int:
    match node:
        case YamlMapping():
            return len(node.entries)
        case YamlSequence():
            return len(node.items)
        case _:
            return 0


def _comments_above(document: YamlDocument, nodes: list[YamlNode], path: Path, first: int) -> tuple[str, ...]:
    """Return the comment lines above the inner keys of what goes: it was not them that the entry's own lines held.

    Args:
        document: The text.
        nodes: The root, and what the parts of the path name.
        path: What was to go.
        first: How many parts of the path lead to what goes with it: the maps that become empty.
    """
    if first == len(path) or document.is_flow(nodes[first]):
        return ()
    start = document.next_line(_begin(document, nodes[first - 1], path[first - 1]))
    end = document.line_start(_begin(document, nodes[-2], path[-1]))
    lines = (line.strip() for line in document.text[start:end].split("\n"))
    return tuple(line for line in lines if line.startswith("#"))


def _ways(document: YamlDocument, nodes: list[YamlNode], path: Path, kept: Sequence[str]) -> Iterator[Splice]:
    holder = nodes[-2]
    if document.is_flow(holder):
        yield _out_of_brackets(document, holder, path[-1])
    elif _size(holder) == 1 and (len(nodes) > 2 or isinstance(holder, YamlSequence)):  # noqa: PLR2004 - the root, and what it loses
        yield from _emptied(document, nodes, path, kept)
    else:
        yield from _lines(document, nodes, path, kept)


def _begin(document: YamlDocument, holder: YamlNode, part: str | int) -> int:
    """Return where an entry or item begins: at its key, or at its dash."""
    if isinstance(holder, YamlMapping) and isinstance(part, str):
        return holder.keys[part].location.start
    assert isinstance(holder, YamlSequence)  # noqa: S101 - only lists have items
    assert isinstance(part, int)  # noqa: S101 - the path was followed
    start = holder.items[part].location.start
    while start > holder.location.start:
        line = document.text[document.line_start(start) : start]
        dashes = [found for found in re.finditer(r"-(?=\s|\Z)", line) if found.start() == document.column(holder)]
        if dashes:
            return document.line_start(start) + dashes[0].start()
        start = document.line_start(start) - 1  # the item stands below its dash
    return holder.location.start


def _lines(document: YamlDocument, nodes: list[YamlNode], path: Path, kept: Sequence[str]) -> Iterator[Splice]:
    """Take the lines of an entry away, but for the comments that are kept; of the first entry behind a dash, all up to the next one."""
    holder = nodes[-2]
    begin = _begin(document, holder, path[-1])
    after = _after_own_lines(document, holder, nodes[-1])
    line = document.line_start(begin)
    if kept and not document.text[line:begin].strip():
        comments = _indented(kept, document.column(holder))
        yield Splice(line, after, comments if document.text[after - 1 : after] == "\n" else comments.removesuffix("\n"))
    if document.text[line:begin].strip():
        next_part = re.compile(r"\s*").match(document.text, after)
        yield Splice(begin, next_part.end() if next_part else after, "")
        return
    if after == document.end and document.text[after - 1 : after] != "\n" and line > document.start:
        yield Splice(line - 1, after, "")
    yield Splice(line, after, "")
    # Above may stand a text that would take the blank lines, or the comments, for its own.
    yield Splice(line, skip_blank_lines(document, after), "")
    yield Splice(line, after_comments(document, after, document.column(holder) + 1, over_blank_lines=True), "")


def _after_own_lines(document: YamlDocument, holder: YamlNode, node: YamlNode) -> int:
    """Return where the line after an entry begins, and after the comments below that are indented as its parts are."""
    after = after_node(document, node, document.column(holder))
    if isinstance(node, YamlScalar) or document.is_flow(node):
        return after
    return after_comments(document, after, max(document.column(node), document.column(holder) + 1), over_blank_lines=False)


def _indented(lines: Sequence[str], column: int) -> str:
    return "".join(f"{' ' * column}{line}\n" for line in lines)


def _emptied(document: YamlDocument, nodes: list[YamlNode], path: Path, kept: Sequence[str]) -> Iterator[Splice]:
    """Write ``{}`` or ``[]`` behind the key, or the dash, of what loses its only part. Comments in between stay."""
    holder = nodes[-2]
    written = "{}" if isinstance(holder, YamlMapping) else "[]"
    after = _after_own_lines(document, holder, nodes[-1])
    begin = _begin(document, holder, path[-1])
    is_last_line = document.text[after - 1 : after] != "\n"
    outer = nodes[-3] if len(nodes) > 2 else None  # noqa: PLR2004 - the root has none
    colon = colon_of(document, _key_of(outer, path[-2])) if isinstance(outer, YamlMapping) else None
    line = document.line_start(begin)
    if colon is None or document.text[line:begin].strip():
        yield Splice(begin, after, written + ("" if is_last_line else "\n"))
        return
    between = document.text[colon:line]
    between += _indented(kept, document.column(holder))
    yield Splice(colon, after, f" {written}{between.removesuffix(chr(10)) if is_last_line else between}")


def _key_of(outer: YamlMapping, part: str | int) -> YamlScalar:
    return outer.keys[str(part)]


def _out_of_brackets(document: YamlDocument, holder: YamlNode, part: str | int) -> Splice:
    """Take an entry out of braces, or an item out of brackets, with one comma."""
    if isinstance(holder, YamlMapping):
        spans = [(holder.keys[name].location.start, node.location.end) for name, node in holder.entries.items()]
        index = list(holder.entries).index(str(part))
    else:
        assert isinstance(holder, YamlSequence)  # noqa: S101 - a scalar holds nothing
        spans = [(node.location.start, node.location.end) for node in holder.items]
        index = int(part)
    start, end = spans[index]
    comma = _COMMA_AFTER.match(document.text, end)
    line, line_end = document.line_start(start), document.line_end(end)
    rest = document.text[comma.end() if comma else end : line_end].strip()
    if not document.text[line:start].strip() and (not rest or (comma and rest.startswith("#"))) and (comma or len(spans) == 1):
        return Splice(line, document.next_line(end), "")
    if index == len(spans) - 1 and index > 0:
        before = spans[index - 1][1]
        is_free = "#" not in document.text[before:start]
        return Splice(before if is_free else start, end, "")
    return Splice(start, comma.end() if comma else end, "")
