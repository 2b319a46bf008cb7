"""A scalar gets another text."""

from __future__ import annotations

from collections.abc import Iterator

from composer.characters import find_bad_character
from composer.model.yaml_nodes import ScalarStyle, YamlNode, YamlScalar
from composer.yaml_text.rewrite.document import (
    Path,
    Splice,
    YamlDocument,
    first_proven,
    follow,
    read_document,
    spell_path,
)
from composer.yaml_text.rewrite.layout import (
    block_scalar,
    enclosing_column,
    indentation_step,
    skip_blank_lines,
)
from composer.yaml_text.rewrite.proof import holds_text, leaves_of
from composer.yaml_text.rewrite.writing import (
    block_header,
    block_lines,
    double_quoted,
    fits_block,
    is_plain_text,
    needs_indicator,
    single_quoted,
)

__all__ = ["set_text", "set_value"]

_LARGEST_INDICATOR = 9


def set_text(  # noqa: D417 - the others are told once, in the package
    raw: str, path: Path, text: str, *, as_written: bool = False, start: int = 0, end: int | None = None, file: str = ""
) -> str:
    """Make the scalar at a path mean a text.

    It keeps its style where the style can hold the text: plain stays plain, quotes stay, a block scalar keeps its header and its
    indentation. Else the text becomes a literal block scalar (``|``), or stands in double quotes where a block cannot be or would not
    show it: in brackets and braces, for an empty text, for one that reads as a number or a boolean, for blanks around a line. A folded
    scalar (``>``) becomes a literal one: its line breaks are no part of its text, so they say nothing about those of another text.

    Args:
        path: The scalar.
        text: What it means from now on. A scalar that means it already is left alone.
        as_written: Whether the text stands without quotes although it may read as a number or a boolean, as values of variables do.

    Returns:
        The raw text with that change.

    Raises:
        RewriteRefusedError: if the path does not lead to a scalar, the YAML has errors, or no style can hold the text there.
    """
    document = read_document(raw, file, start, end)
    nodes = follow(document.root, path)
    scalar = nodes[-1]
    if len(nodes) <= len(path):
        message = f"there is no {spell_path(path[: len(nodes)])}"
        raise document.refusal(message, scalar)
    if not isinstance(scalar, YamlScalar) or not path:
        message = f"{spell_path(path) or 'the whole text'} is a list or a map, not a text"
        raise document.refusal(message, scalar)
    if bad := find_bad_character(text):
        message = f"the text for {spell_path(path)} holds the character `U+{ord(bad):04X}`, which no source may hold"
        raise document.refusal(message, scalar)
    if holds_text(scalar, text, as_written=as_written):
        return raw
    before = _other_leaves(document.root, path)
    splices = [_inline(scalar, text)] if as_written else _ways(document, nodes, text)
    changed = first_proven(document, splices, lambda root: _is_proven(root, path, text, before, as_written=as_written))
    if changed is None:
        how = "without quotes" if as_written else "there"
        message = f"the text for {spell_path(path)} cannot be written {how} without changing what the lines around it mean"
        raise document.refusal(message, scalar)
    return changed


def set_value(raw: str, path: Path, value: bool | int, *, start: int = 0, end: int | None = None, file: str = "") -> str:  # noqa: FBT001 - it is the value itself
    """Make the scalar at a path a boolean or a whole number; see :func:`set_text`, of which this is ``as_written``.

    Raises:
        RewriteRefusedError: as :func:`set_text`.
    """
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return set_text(raw, path, text, as_written=True, start=start, end=end, file=file)


def _other_leaves(root: YamlNode, path: Path) -> list[object]:
    """Return all leaves, with a mark in the place of the one that is set."""
    place = tuple(path)
    return [place if leaf[0] == place else leaf for leaf in leaves_of(root)]


def _is_proven(root: YamlNode, path: Path, text: str, before: list[object], *, as_written: bool) -> bool:
    nodes = follow(root, path)
    return len(nodes) > len(path) and holds_text(nodes[-1], text, as_written=as_written) and _other_leaves(root, path) == before


def _inline(scalar: YamlScalar, written: str) -> Splice:
    return Splice(scalar.location.start, scalar.location.end, written)


def _ways(document: YamlDocument, nodes: list[YamlNode], text: str) -> Iterator[Splice]:
    """Give the ways to write a text in the place of a scalar, the one nearest to what was there first."""
    scalar = nodes[-1]
    assert isinstance(scalar, YamlScalar)  # noqa: S101 - the caller has looked
    column = enclosing_column(document, nodes[:-1])
    if scalar.style is ScalarStyle.BLOCK:
        yield from _block_ways(document, scalar, text, column, indentation_step(document, nodes[:-1]))
        return
    is_line = "\n" not in text
    if scalar.style is ScalarStyle.PLAIN and is_line and is_plain_text(text):
        yield _inline(scalar, text)
    if scalar.style is ScalarStyle.QUOTED and is_line:
        is_double = scalar.location.text.startswith('"')
        yield _inline(scalar, double_quoted(text) if is_double else single_quoted(text))
    if not scalar.in_flow and fits_block(text) and (not is_line or is_plain_text(text)):
        yield _new_block(document, scalar, text, column, indentation_step(document, nodes[:-1]))
    yield _inline(scalar, double_quoted(text))


def _block_ways(document: YamlDocument, scalar: YamlScalar, text: str, column: int, step: int) -> Iterator[Splice]:
    block = block_scalar(document, scalar, column)
    indent = column + step if block.indent is None else block.indent
    if indent - column > _LARGEST_INDICATOR and needs_indicator(text):
        indent = column + step
    rest = document.text[block.header_end : document.line_end(block.header_end)]
    end = skip_blank_lines(document, block.end) if text.endswith("\n\n") else block.end
    if text.strip():
        header = block_header(text, indent - column, block.signs if block.mark == "|" else block.signs.strip("123456789"))
        yield _whole_lines(document, scalar.location.start, end, f"{header}{rest}\n{block_lines(text, indent)}")
    yield _whole_lines(document, scalar.location.start, block.end, f"{double_quoted(text)}{rest}\n")


def _new_block(document: YamlDocument, scalar: YamlScalar, text: str, column: int, step: int) -> Splice:
    """Write a block scalar where another scalar stood. What follows on the line, a comment, stays behind the header."""
    line_end = document.line_end(scalar.location.end)
    rest = document.text[scalar.location.end : line_end]
    after = document.next_line(scalar.location.end)
    end = skip_blank_lines(document, after) if text.endswith("\n\n") else after
    lines = f"{block_header(text, step)}{rest}\n{block_lines(text, column + step)}"
    return _whole_lines(document, scalar.location.start, end, lines)


def _whole_lines(document: YamlDocument, start: int, end: int, lines: str) -> Splice:
    """Replace up to the end of a line. A file that ends without a line end goes on doing so, unless the text needs it."""
    if document.text[end - 1 : end] != "\n" and not lines.endswith("\n\n"):
        lines = lines.removesuffix("\n")
    return Splice(start, end, lines)
