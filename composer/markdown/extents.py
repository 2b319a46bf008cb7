"""How far what starts on the next line reaches: the last line of a text, of a comment, of a group of statements. Nothing is taken here."""

from __future__ import annotations

from collections.abc import Iterator

from composer.markdown.cursor import Cursor
from composer.markdown.lines import FENCE, HEADING, ITEM, RULE, TAG_LINE, UNDERLINE, indentation, is_lone_identifier
from composer.markdown.statements import statement_words

__all__ = ["comment_end", "end_over_statements", "group_end", "paragraph_end", "quote_end", "table_end"]


def comment_end(cursor: Cursor) -> int:
    """Return the line that closes the comment, ``-->``; one that is never closed is reported, and holds all lines."""
    for index in range(cursor.next, len(cursor.lines)):
        if "-->" in cursor.lines[index].text:
            return index
    if not cursor.syntax.is_verbatim:
        cursor.diagnostics.error(
            "unclosed-comment",
            "this comment is never closed, and would hide all that follows",
            cursor.text_location(),
            "end it with `-->`",
        )
    return len(cursor.lines) - 1


def quote_end(cursor: Cursor) -> int:
    """Return the last line of a quote."""
    index = cursor.next + 1
    while index < len(cursor.lines) and cursor.lines[index].text.lstrip().startswith(">"):
        index += 1
    return index - 1


def table_end(cursor: Cursor) -> int:
    """Return the last line of a table."""
    index = cursor.next + 1
    while index < len(cursor.lines) and "|" in cursor.lines[index].text and not _interrupts(cursor, index):
        index += 1
    return index - 1


def paragraph_end(cursor: Cursor, *, within_item: bool, content: int = 0) -> int:
    """Return the last line of a paragraph; ``content`` is the column of an item's text."""
    lines = cursor.lines
    index = cursor.next + 1
    columns, _ = indentation(lines[cursor.next].text)
    while index < len(lines):
        text = lines[index].text
        if not text.strip() or _interrupts(cursor, index):
            break
        # Dashes under a text make it a heading; left of an item's text they are a rule that ends the list.
        if RULE.match(text) and (not UNDERLINE.match(text) or indentation(text)[0] < content):
            break
        item = ITEM.match(text)
        # A number other than 1 begins no list in a text, but it goes on with the list around the text.
        may_begin = within_item or (item and item["number"] in {None, "1"}) or indentation(text)[0] < columns
        if item and may_begin and not UNDERLINE.match(text):
            break
        index += 1
    return index - 1


def _interrupts(cursor: Cursor, index: int) -> bool:
    """Whether line ``index`` cannot go on with the text of the line before it, whatever that is."""
    text = cursor.lines[index].text
    if cursor.statement_at(index) is not None or HEADING.match(text) or FENCE.match(text) or TAG_LINE.match(text):
        return True
    stripped = text.lstrip()
    if stripped.startswith(">"):
        return True
    if not cursor.is_plain and stripped.startswith("{#") and text.rstrip().endswith("#}"):
        return True
    return stripped.startswith("{#") and is_lone_identifier(text)


def end_over_statements(cursor: Cursor, last: int) -> int:
    """Return the line that closes the statements which are still open at the end of line ``last``; ``last`` itself if none closes them."""
    if cursor.is_plain:
        return last
    depths, lowest = cursor.statement_depths()
    before = depths[cursor.next]
    if depths[last + 1] <= before or lowest[last + 1] > before:  # none is open, or nothing below closes them
        return last
    return next(index for index in range(last + 1, len(depths) - 1) if depths[index + 1] <= before)


def group_end(cursor: Cursor) -> tuple[int, bool] | None:
    """Find the line that closes the group opened on this line, and whether all its statements stand alone on theirs."""
    opened: list[str] = []
    alone = True
    for index in _lines_outside_code(cursor):
        words = statement_words(cursor.lines[index].text)
        is_alone = len(words) == 1 and cursor.statement_at(index) is not None
        for word in words:
            if word in {"if", "for"}:
                opened.append(word)
            elif opened and word == f"end{opened[-1]}":
                opened.pop()
                if not opened:
                    return index, alone and is_alone
            elif word in {"elif", "else"} and len(opened) == 1:
                alone = alone and is_alone
    return None


def _lines_outside_code(cursor: Cursor) -> Iterator[int]:
    """Give the lines from here on that can hold structure: code blocks and raw text cannot."""
    fence = ""
    in_raw = False
    for index in range(cursor.next, len(cursor.lines)):
        text = cursor.lines[index].text
        opening = FENCE.match(text)
        if fence:
            fence = "" if opening and text.strip() == opening["fence"] and opening["fence"].startswith(fence) else fence
            continue
        if opening and not in_raw:
            fence = opening["fence"]
            continue
        words = statement_words(text)
        in_raw = words == ["raw"] or (in_raw and words != ["endraw"])
        if not in_raw:
            yield index
