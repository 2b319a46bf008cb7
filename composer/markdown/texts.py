"""Takes lines that hold text: a heading, an item, a leaf such as a paragraph or a table, or a run of lines that only Jinja can divide."""

from __future__ import annotations

import re

from composer.blocks import Identifier, LeafKind, Text, TextLine
from composer.markdown.cursor import Cursor
from composer.markdown.elements import Element, HeadingElement, ItemElement, LeafElement
from composer.markdown.extents import comment_end, end_over_statements, paragraph_end, quote_end, table_end
from composer.markdown.lines import FENCE, HEADING, ITEM, RULE, TAB_WIDTH, TAG_LINE, indentation, is_table_rule, without_indentation

__all__ = ["take_opaque", "take_text"]


def take_text(cursor: Cursor) -> Element:
    """Take the element that the next line begins, which is neither blank nor a statement alone on its line."""
    text = cursor.lines[cursor.next].text
    if fence := FENCE.match(text):
        return _take_code(cursor, fence["fence"])
    if heading := HEADING.match(text):
        return _take_heading(cursor, heading)
    if RULE.match(text):
        return _take_lines(cursor, LeafKind.RULE, cursor.next)
    if item := ITEM.match(text):
        return _take_item(cursor, item)
    return _take_lines(cursor, *_leaf_extent(cursor, text))


def _leaf_extent(cursor: Cursor, text: str) -> tuple[LeafKind, int]:
    """Tell the kind of the leaf that starts here, and its last line."""
    stripped = text.lstrip()
    if stripped.startswith("<!--"):
        return LeafKind.MARKUP, comment_end(cursor)
    if TAG_LINE.match(text):
        return LeafKind.MARKUP, cursor.next
    if stripped.startswith(">"):
        return LeafKind.QUOTE, quote_end(cursor)
    following = cursor.lines[cursor.next + 1].text if cursor.next + 1 < len(cursor.lines) else ""
    if stripped.startswith("|") or ("|" in text and "|" in following and is_table_rule(following)):
        return LeafKind.TABLE, table_end(cursor)
    return LeafKind.PARAGRAPH, paragraph_end(cursor, within_item=False)


# --- leaves -----------------------------------------------------------------------------------------------------------


def _take_lines(cursor: Cursor, kind: LeafKind, last: int) -> LeafElement:
    if kind is not LeafKind.RULE and (end := end_over_statements(cursor, last)) > last:
        return take_opaque(cursor, end)
    if kind is LeafKind.MARKUP and last > cursor.next:
        return take_opaque(cursor, last, LeafKind.MARKUP)
    if kind is LeafKind.PARAGRAPH and cursor.text_is_open and not cursor.is_cut and not cursor.syntax.is_verbatim:
        _report_cut(cursor)
    pending, first = cursor.take_pending()
    columns, _ = indentation(cursor.lines[cursor.next].text)
    lines, found = _plain_lines(cursor, cursor.next, last, columns)
    cursor.next = last + 1
    cursor.text_is_open = kind in {LeafKind.PARAGRAPH, LeafKind.QUOTE, LeafKind.TABLE}
    text = Text(cursor.source, lines, cursor.is_plain)
    return LeafElement(first, last, columns, kind, text, cursor.gaps.new_unit(), cursor.identifiers.only_one(*found, pending))


def _report_cut(cursor: Cursor) -> None:
    cursor.is_cut = True
    cursor.diagnostics.error(
        "cut-block",
        "a line alone with a statement, an id or a comment cuts the text above this line in two",
        cursor.text_location(),
        "put the condition inside the text's own line, or a blank line between two paragraphs",
    )


def _plain_lines(cursor: Cursor, first: int, last: int, columns: int) -> tuple[tuple[TextLine, ...], list[Identifier | None]]:
    lines, found = [], []
    for index in range(first, last + 1):
        line, identifier = cursor.identifiers.split(without_indentation(cursor.lines[index], columns))
        lines.append(line)
        found.append(identifier)
    return tuple(lines), found


def take_opaque(cursor: Cursor, last: int, kind: LeafKind = LeafKind.OPAQUE) -> LeafElement:
    """Take lines that only Jinja can divide, or those of a comment, as one block."""
    pending, first = cursor.take_pending()
    columns, _ = indentation(cursor.lines[cursor.next].text)
    lines = []
    for index in range(cursor.next, last + 1):
        line, inner = cursor.identifiers.split(cursor.lines[index])
        if inner is not None:
            _report_inner_identifier(cursor, inner, kind)
        lines.append(without_indentation(line, columns))
    cursor.next = last + 1
    cursor.text_is_open = False
    unit = cursor.gaps.new_unit()
    return LeafElement(first, last, columns, kind, Text(cursor.source, tuple(lines), cursor.is_plain), unit, pending)


def _report_inner_identifier(cursor: Cursor, inner: Identifier, kind: LeafKind) -> None:
    is_comment = kind is LeafKind.MARKUP
    cursor.diagnostics.error(
        "id-in-opaque-block",
        f"the id `{inner.name}` stands inside {'a comment' if is_comment else 'a statement that cuts blocks'}",
        inner.location,
        "take the id out" if is_comment else "put each `if`, `for` and their ends alone on a line around whole blocks, or take the id out",
    )


def _take_code(cursor: Cursor, fence: str) -> LeafElement:
    pending, first = cursor.take_pending()
    columns, _ = indentation(cursor.lines[cursor.next].text)
    closing = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    last = cursor.next + 1
    while last < len(cursor.lines) and not closing.match(cursor.lines[last].text):
        last += 1
    if last == len(cursor.lines):
        if not cursor.syntax.is_verbatim:
            cursor.diagnostics.error(
                "unclosed-code-block",
                "this code block is never closed",
                cursor.text_location(),
                f"close it with a line {fence}",
            )
        last -= 1
    lines = tuple(without_indentation(cursor.lines[index], columns) for index in range(cursor.next, last + 1))
    cursor.next = last + 1
    cursor.text_is_open = False
    text = Text(cursor.source, lines, cursor.is_plain)
    return LeafElement(first, last, columns, LeafKind.CODE, text, cursor.gaps.new_unit(), pending)


# --- headings and items -----------------------------------------------------------------------------------------------


def _take_heading(cursor: Cursor, match: re.Match[str]) -> HeadingElement:
    pending, first = cursor.take_pending()
    line = cursor.lines[cursor.next]
    level = len(match["hashes"])
    rest, identifier = cursor.identifiers.split(TextLine(line.offset + level, line.text[level:]))
    title = TextLine(rest.offset + len(rest.text) - len(rest.text.lstrip()), rest.text.strip())
    cursor.next += 1
    cursor.text_is_open = False
    named = cursor.identifiers.only_one(identifier, pending)
    if not title.text and (named is not None or not cursor.syntax.is_verbatim):
        # It prints nothing, so it is looked through: the gap goes on.
        cursor.gaps.end_run(0)
        if named is None:
            cursor.diagnostics.error(
                "empty-heading",
                "a heading has a title, an id or both",
                cursor.line_location(cursor.next - 1),
                "write a title, or an id to close the section before: `## {#closing}`",
            )
        return HeadingElement(first, cursor.next - 1, level, None, None, named)
    text = Text(cursor.source, (title,), cursor.is_plain)
    return HeadingElement(first, cursor.next - 1, level, text, cursor.gaps.new_unit(), named)


def _take_item(cursor: Cursor, match: re.Match[str]) -> Element:
    indent, mark, written = match["indent"], match["mark"], match["text"]
    has_text = bool(written.strip())
    fenced = FENCE.match(written)
    if fenced:
        last = _fenced_item_end(cursor, fenced["fence"])
    elif has_text:
        last = paragraph_end(cursor, within_item=True, content=len(f"{indent}{mark}".expandtabs(TAB_WIDTH)))
    else:
        last = cursor.next
    if not fenced and (end := end_over_statements(cursor, last)) > last:
        return take_opaque(cursor, end)
    pending, first = cursor.take_pending()
    columns, _ = indentation(indent)
    content = columns + len(mark) if has_text else columns + len(mark.rstrip()) + 1
    head = TextLine(cursor.lines[cursor.next].offset + match.start("text"), written)
    if fenced:
        lines: tuple[TextLine, ...] = (head, *(without_indentation(cursor.lines[i], content) for i in range(cursor.next + 1, last + 1)))
        found: list[Identifier | None] = []
    else:
        head, identifier = cursor.identifiers.split(head)
        more, found = _plain_lines(cursor, cursor.next + 1, last, content)
        lines, found = (head, *more), [identifier, *found]
    cursor.next = last + 1
    cursor.text_is_open = has_text and not fenced
    bullet = mark.strip().split()[0]
    # A check box belongs to the mark, but children stand below the text of a plain item.
    content = columns + len(bullet) + _blanks_after(mark, len(bullet)) if has_text else content
    text = Text(cursor.source, lines, cursor.is_plain)
    unit = cursor.gaps.new_unit(columns)
    named = cursor.identifiers.only_one(*found)
    return ItemElement(first, last, columns, content, bullet[-1], mark, text, unit, named, pending)


def _fenced_item_end(cursor: Cursor, fence: str) -> int:
    """Return the last line of the code block that an item's text is; the item's own line if it is never closed."""
    lines = cursor.lines
    return next((index for index in range(cursor.next + 1, len(lines)) if lines[index].text.strip().startswith(fence)), cursor.next)


def _blanks_after(mark: str, length: int) -> int:
    rest = mark[length:]
    return len(rest) - len(rest.lstrip()) if rest.strip() else len(rest)
