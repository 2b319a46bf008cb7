"""A map gets another entry, and the maps on the way to it come to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from composer.characters import find_bad_character
from composer.model.yaml_nodes import YamlMapping, YamlNode
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
from composer.yaml_text.rewrite.layout import after_comments, after_node, colon_of, indentation_step
from composer.yaml_text.rewrite.proof import holds_value, leaves_of, without_part
from composer.yaml_text.rewrite.writing import NewValue, entry_lines, flow_entry

__all__ = ["add_entry"]

_DOCUMENT_END: Final = re.compile(r"^\.\.\.(?=\s|$)", re.MULTILINE)
_BLANK: Final = re.compile(r"\s*")


def add_entry(  # noqa: D417 - the others are told once, in the package
    raw: str,
    path: Path,
    value: NewValue,
    *,
    after: str | None = None,
    as_written: bool = False,
    start: int = 0,
    end: int | None = None,
    file: str = "",
) -> str:
    """Add a key with its value; maps that are missing on the way are made.

    The entry goes to the end of the deepest map that exists, before the blank lines there and before comments that are indented less
    than the map; comments right below its last entry stay above the new one. An entry gets the indentation of its map. A map in
    braces gets it inside the braces, with texts in double quotes; an empty one (``key: {}``) becomes a map of lines.

    Args:
        path: The map's path and the new key, which must not exist.
        value: Texts of simple words stand as they are; prompt text, long text and text of several lines becomes a literal block
            scalar (``|``), and so does each :class:`BlockText`; what would read as a number or a boolean is quoted.
        after: The key of the deepest existing map that the entry stands below, instead of at the end.
        as_written: Whether texts stand without quotes although they may read as numbers or booleans.

    Returns:
        The raw text with that change.

    Raises:
        RewriteRefusedError: if the key exists, ``after`` does not, a scalar or a list stands in the way, the YAML has errors, or the
            entry cannot be written there.
    """
    document = read_document(raw, file, start, end)
    nodes = follow(document.root, path)
    holder, known = nodes[-1], path[: len(nodes) - 1]
    missing = [part for part in path[len(known) :] if isinstance(part, str)]
    if problem := _problem(holder, known, path, missing, after):
        raise document.refusal(problem, holder)
    assert isinstance(holder, YamlMapping)  # noqa: S101 - anything else was refused
    if bad := _bad_character_in(missing) or _bad_character_in(value):
        message = f"what is to be added at {spell_path(path)} holds the character `U+{ord(bad):04X}`, which no source may hold"
        raise document.refusal(message, holder)
    key = missing[0]
    for part in reversed(missing[1:]):
        value = {part: value}
    ways = _ways(document, nodes, key, value, after=after, as_written=as_written)
    is_proven = _Proof(document, nodes, (*known, key), value, after, as_written=as_written)
    changed = first_proven(document, ways, is_proven)
    if changed is None:
        message = f"{spell_path(path)} cannot be added here without changing what the lines around it mean"
        raise document.refusal(message, holder)
    return changed


def _problem(holder: YamlNode, known: Path, path: Path, missing: list[str], after: str | None) -> str:
    """Return why nothing can be added here, or an empty string."""
    if len(known) == len(path):
        return f"{spell_path(path) or 'the whole text'} is there already"
    if not isinstance(holder, YamlMapping):
        return f"{spell_path(known) or 'the whole text'} is no map, so it cannot hold {spell_path(path[len(known) : len(known) + 1])}"
    if len(known) + len(missing) != len(path):
        return f"there is no {spell_path(path)}, and items of lists cannot be added"
    if after is not None and after not in holder.entries:
        return f"there is no `{after}` to put `{missing[0]}` after"
    return ""


def _bad_character_in(value: NewValue) -> str:
    match value:
        case bool() | int():
            return ""
        case str():
            return find_bad_character(value)
        case Mapping():
            return next(filter(None, (_bad_character_in(part) for pair in value.items() for part in pair)), "")
        case _:
            return find_bad_character("".join(value))


class _Proof:
    """Whether a root is the old one with one entry more, in its place."""

    def __init__(
        self, document: YamlDocument, nodes: list[YamlNode], path: Path, value: NewValue, after: str | None, *, as_written: bool
    ) -> None:
        self._before = leaves_of(document.root)
        self._path = path
        self._value = value
        self._as_written = as_written
        holder = nodes[-1]
        keys = list(holder.entries) if isinstance(holder, YamlMapping) else []
        self._left_empty = "" if keys else "{}"
        self._keys = [*keys, path[-1]]
        if after is not None:
            self._keys.insert(keys.index(after) + 1, self._keys.pop())

    def __call__(self, root: YamlNode) -> bool:
        nodes = follow(root, self._path)
        if len(nodes) <= len(self._path) or not isinstance(nodes[-2], YamlMapping) or list(nodes[-2].entries) != self._keys:
            return False
        if not holds_value(nodes[-1], self._value, as_written=self._as_written):
            return False
        return without_part(leaves_of(root), self._path, self._left_empty) == self._before


# --- where it goes ----------------------------------------------------------------------------------------------------


def _ways(
    document: YamlDocument, nodes: list[YamlNode], key: str, value: NewValue, *, after: str | None, as_written: bool
) -> Iterator[Splice]:
    """Give the ways to write the entry, the best first: with block scalars, else with quoted texts."""
    holder = nodes[-1]
    assert isinstance(holder, YamlMapping)  # noqa: S101 - the caller has looked
    step = indentation_step(document, nodes)
    is_flow = document.is_flow(holder)
    opened = _opened_braces(document, nodes) if is_flow and not holder.entries else None
    for with_blocks in (True, False):

        def lines(column: int, *, with_blocks: bool = with_blocks) -> str:
            return entry_lines(key, value, column, step, as_written=as_written, with_blocks=with_blocks)

        if opened is not None:
            lead_end, column, splice_end, rest = opened
            inner = column + step if column >= 0 else 0
            yield ended_like(document, Splice(lead_end, splice_end, f"{rest}\n{lines(inner)}" if column >= 0 else lines(0)))
        elif not is_flow:
            column = document.column(holder) if holder.entries else 0
            place = _place(document, nodes, column, after)
            yield _as_lines(document, place, lines(column))
    if is_flow:
        yield _in_braces(document, holder, flow_entry(key, value, as_written=as_written), after)


def _place(document: YamlDocument, nodes: list[YamlNode], column: int, after: str | None) -> int:
    """Return where the line begins that a new entry of a map takes."""
    holder = nodes[-1]
    assert isinstance(holder, YamlMapping)  # noqa: S101 - the caller has looked
    if not holder.entries:
        found = _DOCUMENT_END.search(document.text, document.start)
        return found.start() if found else document.end
    last = holder.entries[after if after is not None else [*holder.entries][-1]]
    place = after_node(document, last, column)
    return place if after is not None else after_comments(document, place, column, over_blank_lines=False)


def _as_lines(document: YamlDocument, place: int, lines: str) -> Splice:
    if place > document.start and document.text[place - 1] != "\n":  # the last line of a file that ends without a line end
        return Splice(place, place, "\n" + lines.removesuffix("\n"))
    return Splice(place, place, lines)


def _opened_braces(document: YamlDocument, nodes: list[YamlNode]) -> tuple[int, int, int, str] | None:
    """Find what becomes of ``key: {}`` when the map gets lines of its own.

    Returns:
        Where the replacement begins and the column of the key (-1 for the root), where it ends, and what stays behind the key, a
        comment; None where the braces have to stay.
    """
    holder = nodes[-1]
    if document.text[holder.location.start + 1 : holder.location.end - 1].strip() or any(map(document.is_flow, nodes[:-1])):
        return None
    line_end, after = document.line_end(holder.location.end), document.next_line(holder.location.end)
    rest = document.text[holder.location.end : line_end]
    if len(nodes) == 1:
        return (holder.location.start, -1, after, "") if not rest.strip() else None
    outer = nodes[-2]
    if not isinstance(outer, YamlMapping):
        return None
    key = next(outer.keys[name] for name, node in outer.entries.items() if node is holder)
    colon = colon_of(document, key)
    if colon is None or document.text[colon : holder.location.start].strip(" \t"):
        return None
    return colon, document.column(outer), after, rest


def _in_braces(document: YamlDocument, holder: YamlMapping, entry: str, after: str | None) -> Splice:
    if not holder.entries:
        inner = document.text[holder.location.start + 1 : holder.location.end - 1]
        end = holder.location.start + 1 + (len(inner) if not inner.strip() else 0)
        return Splice(holder.location.start + 1, end, entry)
    name = after if after is not None else [*holder.entries][-1]
    end = holder.entries[name].location.end
    key = holder.keys[name].location
    lead = document.text[document.line_start(key.start) : key.start]
    rest = document.text[end : document.line_end(end)].strip(" \t,")
    # One entry on each line goes on so; behind a comment it does not, for the comment is the last entry's.
    joint = f",\n{lead}" if not lead.strip() and not rest else ", "
    return Splice(end, end, joint + entry)
