"""Where the parts of a YAML text end, how deep they stand, and which comments go with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.records import dataclass
from composer.yaml_text.rewrite.document import YamlDocument

__all__ = [
    "BlockScalar",
    "after_comments",
    "after_node",
    "block_scalar",
    "colon_of",
    "enclosing_column",
    "indentation_step",
    "skip_blank_lines",
]

_HEADER: Final = re.compile(r"(?P<mark>[|>])(?P<signs>[1-9+-]{0,2})")
_DEFAULT_STEP: Final = 2
_LARGEST_STEP: Final = 9


@dataclass(frozen=True, slots=True)
class BlockScalar:
    """A block scalar as written: its mark, its signs (``2``, ``+``, ``-``), and the lines of its text.

    ``body`` is where the line after the header begins, ``end`` where the line after the text does; blank lines that the
    text does not count are not in between. ``indent`` is None where the text is empty.
    """

    mark: str
    signs: str
    header_end: int
    body: int
    end: int
    indent: int | None

    @property
    def keeps_line_ends(self) -> bool:
        """Whether the blank lines after it belong to its text."""
        return "+" in self.signs


def block_scalar(document: YamlDocument, scalar: YamlScalar, column: int) -> BlockScalar:
    """Find the parts of a block scalar; ``column`` is that of the map or list that holds it."""
    header = _HEADER.match(document.text, scalar.location.start)
    if header is None:
        message = "the header of this text cannot be read"
        raise document.refusal(message, scalar)
    digit = next((sign for sign in header["signs"] if sign.isdigit()), "")
    indent = column + int(digit) if digit else None
    end = body = document.next_line(header.end())
    for start, line in _lines(document, body):
        blanks = len(line) - len(line.lstrip(" "))
        is_blank = blanks == len(line)
        if indent is None and not is_blank and blanks > column:
            indent = blanks
        if not is_blank and (indent is None or blanks < indent):
            break
        if indent is not None and blanks >= indent and (blanks > indent or not is_blank):
            end = document.next_line(start)
    found = BlockScalar(header["mark"], header["signs"], header.end(), body, end, indent)
    if found.keeps_line_ends or end == body:
        end = skip_blank_lines(document, end, even_empty=found.keeps_line_ends)
    return BlockScalar(found.mark, found.signs, found.header_end, body, end, indent)


def _lines(document: YamlDocument, offset: int) -> Iterator[tuple[int, str]]:
    while offset < document.end:
        end = document.line_end(offset)
        yield offset, document.text[offset:end]
        offset = end + 1


def skip_blank_lines(document: YamlDocument, offset: int, *, even_empty: bool = True) -> int:
    """Return where the first line begins, from a line's beginning on, that is not blank.

    Args:
        document: The text.
        offset: Where a line begins.
        even_empty: Whether lines without any character count as blank. Lines of blanks always do.
    """
    after = offset
    for start, line in _lines(document, offset):
        if line.strip(" ") or not (line or even_empty):
            break
        after = document.next_line(start)
    return after


def enclosing_column(document: YamlDocument, nodes: Sequence[YamlNode]) -> int:
    """Return the column of the innermost list or map of some nodes that is not in brackets: what a block in it has to exceed."""
    return next((document.column(node) for node in reversed(nodes) if not document.is_flow(node)), 0)


def after_node(document: YamlDocument, node: YamlNode, column: int) -> int:
    """Return where the line after a node begins; ``column`` is that of the block that holds it."""
    while not isinstance(node, YamlScalar) and not document.is_flow(node):
        column = document.column(node)
        children = node.items if isinstance(node, YamlSequence) else tuple(node.entries.values())
        node = children[-1]
    if isinstance(node, YamlScalar) and node.style is ScalarStyle.BLOCK:
        return block_scalar(document, node, column).end
    return document.next_line(node.location.end)


def after_comments(document: YamlDocument, offset: int, column: int, *, over_blank_lines: bool) -> int:
    """Return where the comment lines end that begin at a line and are indented by ``column`` at least."""
    after = offset
    for start, line in _lines(document, offset):
        words = line.lstrip(" \t")
        if words.startswith("#") and len(line) - len(words) >= column:
            after = document.next_line(start)
        elif words or not over_blank_lines:
            break
    return after


def colon_of(document: YamlDocument, key: YamlScalar) -> int | None:
    """Return the offset after the colon of a key; None where the key is not written as ``key:``."""
    end = key.location.end
    found = re.compile(r"[ \t]*:").match(document.text, end)
    return found.end() if found else None


def indentation_step(document: YamlDocument, nodes: Sequence[YamlNode]) -> int:
    """Return by how much parts are indented: in the innermost of some nodes that shows it, else in the whole text, else 2.

    It has one digit, because the header of a block scalar has no room for more.
    """
    for node in (*reversed(nodes), document.root):
        for step in _steps(document, node):
            if step <= _LARGEST_STEP:
                return step
    return _DEFAULT_STEP


def _steps(document: YamlDocument, node: YamlNode) -> Iterator[int]:
    """Give the steps that the values of a map are indented by, and those inside them after its own."""
    if not isinstance(node, YamlMapping) or document.is_flow(node):
        return
    column = document.column(node)
    for value in node.entries.values():
        if isinstance(value, YamlScalar) and value.style is ScalarStyle.BLOCK:
            indent = block_scalar(document, value, column).indent
            if indent is not None:
                yield indent - column
        elif isinstance(value, YamlMapping) and not document.is_flow(value):
            yield document.column(value) - column
    for value in node.entries.values():
        yield from _steps(document, value)
