"""A map loses an entry, or a list an item, and maps that became empty go with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.yaml_text.rewrite.document import (
    Path,
    Splice,
    YamlDocument,
    ended_like,
    first_proven,
    follow,
    read_document,
    spell_path,
)
from composer.yaml_text.rewrite.layout import after_comments, after_node, block_scalar, colon_of, skip_blank_lines
from composer.yaml_text.rewrite.proof import leaves_of, without_part

__all__ = ["remove_entry"]

# The blanks before a comment stay: `{# note` would be no comment to every reader.
_COMMA_AFTER: Final = re.compile(r"[ \t]*,(?:[ \t]*(?![ \t#]))?")


def remove_entry(  # noqa: D417 - the others are told once, in the package
    raw: str, path: Path, *, keep: int = 0, start: int = 0, end: int | None = None, file: str = ""
) -> str:
    """Remove a key with its value, or an item of a list.

    All its lines go, and with them the comments behind its values on the same lines. Every line that is a comment alone stays where it
    stands, in its own column: those above and below, and those between the values that go. Only where a block scalar above would take
    it for its text is a comment moved to the left, and blank lines before it go. A map that becomes empty is removed in its turn, up to
    the root. A list that becomes empty is written ``[]``: that says something else than no list.

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
    nodes = nodes[: len(target) + 1]
    holder = nodes[-2]
    kept = _comments_inside(document, nodes, target)
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


def _comments_inside(document: YamlDocument, nodes: Sequence[YamlNode], path: Path) -> str:
    """Return the lines that are comments alone between the lines of what goes: what a person wrote beside it is not part of it."""
    column = document.column(nodes[-2])
    line = document.next_line(_begin(document, nodes[-2], path[-1]))
    after = after_node(document, nodes[-1], column)
    spans = list(_text_spans(document, nodes[-1], column))
    kept = ""
    while line < after:
        words = document.text[line : document.line_end(line)]
        if words.lstrip(" \t").startswith("#") and not any(start < line < end for start, end in spans):
            kept += f"{words}\n"
        line = document.line_end(line) + 1
    return kept


def _text_spans(document: YamlDocument, node: YamlNode, column: int) -> Iterator[tuple[int, int]]:
    """Give where each scalar begins and ends: a ``#`` in it is text. ``column`` is that of the block that holds the node."""
    if isinstance(node, YamlScalar):
        is_block = node.style is ScalarStyle.BLOCK
        yield node.location.start, block_scalar(document, node, column).end if is_block else node.location.end
        return
    inner = column if document.is_flow(node) else document.column(node)
    for child in node.entries.values() if isinstance(node, YamlMapping) else node.items:
        yield from _text_spans(document, child, inner)


def _ways(document: YamlDocument, nodes: list[YamlNode], path: Path, kept: str) -> Iterator[Splice]:
    holder = nodes[-2]
    if document.is_flow(holder):
        yield from _out_of_brackets(document, holder, path[-1], kept)
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


def _lines(document: YamlDocument, nodes: list[YamlNode], path: Path, kept: str) -> Iterator[Splice]:
    """Take the lines of an entry away, but for the comments that are kept; of the first entry behind a dash, all up to the next one."""
    holder = nodes[-2]
    column = document.column(holder)
    begin = _begin(document, holder, path[-1])
    after = after_node(document, nodes[-1], column)
    line = document.line_start(begin)
    if document.text[line:begin].strip():
        next_part = re.compile(r"\s*").match(document.text, after)
        end = next_part.end() if next_part else after
        if kept or document.text[end : end + 1] == "#":  # it stands on a line of its own, and the next part below it
            yield Splice(line + len(document.text[line:begin].rstrip()), after, f"\n{kept}")
        yield Splice(begin, after if kept else end, kept.lstrip(" \t"))
        return
    if not kept and after == document.end and document.text[after - 1 : after] != "\n" and line > document.start:
        yield Splice(line - 1, after, "")
    yield ended_like(document, Splice(line, after, kept))
    # Above may stand a text that would take the blank lines, or the comments, for its own.
    yield ended_like(document, Splice(line, skip_blank_lines(document, after), kept))
    end = after_comments(document, after, column + 1, over_blank_lines=True)
    comments = _moved_left(kept + document.text[after:end], column)
    yield ended_like(document, Splice(line, end, comments))
    yield ended_like(document, Splice(line, end, comments.lstrip()))


def _moved_left(comments: str, column: int) -> str:
    """Put comment lines into a column: the first, which ends a text above, and those below it that stand in its column."""
    lines = comments.split("\n")
    depth = next((_depth(line) for line in lines if line.strip()), 0)
    first_other = next((index for index, line in enumerate(lines) if line.strip() and _depth(line) != depth), len(lines))
    moved = [" " * min(column, depth) + line.lstrip(" \t") if line.strip() else line for line in lines[:first_other]]
    return "\n".join([*moved, *lines[first_other:]])


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _emptied(document: YamlDocument, nodes: list[YamlNode], path: Path, kept: str) -> Iterator[Splice]:
    """Write ``{}`` or ``[]`` behind the key, or the dash, of what loses its only part. Comments in between stay."""
    holder = nodes[-2]
    written = "{}" if isinstance(holder, YamlMapping) else "[]"
    after = after_node(document, nodes[-1], document.column(holder))
    begin = _begin(document, holder, path[-1])
    outer = nodes[-3] if len(nodes) > 2 else None  # noqa: PLR2004 - the root has none
    colon = colon_of(document, _key_of(outer, path[-2])) if isinstance(outer, YamlMapping) else None
    line = document.line_start(begin)
    if colon is None or document.text[line:begin].strip():
        yield ended_like(document, Splice(begin, after, f"{written}\n{kept}"))
        return
    yield ended_like(document, Splice(colon, after, f" {written}{document.text[colon:line]}{kept}"))


def _key_of(outer: YamlMapping, part: str | int) -> YamlScalar:
    return outer.keys[str(part)]


def _out_of_brackets(document: YamlDocument, holder: YamlNode, part: str | int, kept: str) -> Iterator[Splice]:
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
        yield Splice(line, document.next_line(end), kept)
        return
    if kept:  # on lines of their own, before what follows
        yield Splice(start, comma.end() if comma else end, f"\n{kept}{' ' * (start - line)}")
    if index == len(spans) - 1 and index > 0:
        before = spans[index - 1][1]
        is_free = "#" not in document.text[before:start]
        yield Splice(before if is_free else start, end, "")
        return
    yield Splice(start, comma.end() if comma else end, "")
