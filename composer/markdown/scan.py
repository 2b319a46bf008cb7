"""Lines -> elements: the first half of reading Markdown. Here is the loop over lines, and what statements do with the lines below them.

What nests in what is decided afterwards, by :mod:`composer.markdown.parse`.
"""

from __future__ import annotations

import re
from typing import Final

from composer.blocks import Syntax, Text, TextLine
from composer.errors import Diagnostics
from composer.markdown.cursor import Cursor
from composer.markdown.elements import BranchElement, Element, GroupElement, IncludeElement, are_items, flat
from composer.markdown.extents import group_end
from composer.markdown.lines import indentation, trailing_identifier
from composer.markdown.statements import MAX_NESTING, STATEMENT_WORDS, Statement, report_nesting, report_unknown_statement
from composer.markdown.texts import take_opaque, take_text

__all__ = ["Scanner"]

MOST_UNCLOSED: Final = 10
_LITERAL_TARGET: Final = re.compile(r"""^(?P<quote>["'])(?P<address>[^"']*)(?P=quote)$""")
# Few fragments need these, so they are compiled when they are first looked at.
_VARIABLE_TARGET: Final = r"^[a-z_][a-z0-9_]*$"
_LOOP: Final = r"^for\s+(?P<name>[a-z_][a-z0-9_]*)\s+in\s+(?P<values>.+)$"


class Scanner:
    """Reads the lines at a cursor one after the other; ``scan`` gives the elements up to a statement that ends them."""

    def __init__(self, cursor: Cursor) -> None:
        """Start where the cursor stands."""
        self._cursor = cursor
        # How many statements are open around this line, how many were never closed, and of each `for`, by its offset, whether it
        # holds items.
        self._depth = 0
        self._unclosed = 0
        self._loops: dict[int, bool] = {}

    def scan(self, until: frozenset[str] = frozenset()) -> tuple[list[Element], Statement | None]:
        """Read elements up to a statement whose word is in ``until``, which is read too and returned."""
        cursor = self._cursor
        elements: list[Element] = []
        while cursor.next < len(cursor.lines):
            line = cursor.lines[cursor.next]
            if not line.text.strip():
                self._see_blank()
            elif "{#" in line.text and (self._take_lone_identifier(line) or self._take_comment(line)):
                continue
            elif (statement := cursor.statement_at(cursor.next)) is not None:
                self._see_statement(statement, line)
                if statement.word in until:
                    cursor.next += 1
                    cursor.gaps.end_run(statement.indent)
                    return elements, statement
                self._take_statement(statement, elements)
            else:
                elements.append(take_text(cursor))
        cursor.identifiers.refuse_pending()
        return elements, None

    def _see_blank(self) -> None:
        cursor = self._cursor
        cursor.next += 1
        cursor.gaps.see_blank_line()
        cursor.text_is_open = cursor.is_cut = False
        cursor.identifiers.refuse_pending()

    def _take_lone_identifier(self, line: TextLine) -> bool:
        rest, _, _ = line.text.partition("{#")
        if rest.strip() or not trailing_identifier(line.text):
            return False
        cursor = self._cursor
        cursor.identifiers.refuse_pending()
        _, identifier = cursor.identifiers.split(line)
        cursor.identifiers.hold(identifier, cursor.next)
        cursor.next += 1
        cursor.gaps.end_run(indentation(line.text)[0])
        return True

    def _take_comment(self, line: TextLine) -> bool:
        """Skip a comment that stands alone on its lines."""
        cursor = self._cursor
        if cursor.is_plain or not line.text.lstrip().startswith("{#"):
            return False
        last = cursor.next
        while last < len(cursor.lines) and "#}" not in cursor.lines[last].text:
            last += 1
        if last == len(cursor.lines):
            cursor.diagnostics.error("unclosed-comment", "this comment is never closed", cursor.text_location(), "end it with `#}`")
            cursor.next = last
            return True
        if cursor.lines[last].text.partition("#}")[2].strip():
            return False
        cursor.next = last + 1
        cursor.gaps.end_run(indentation(line.text)[0])
        return True

    # --- statements ---------------------------------------------------------------------------------------------------

    def _see_statement(self, statement: Statement, line: TextLine) -> None:
        """Say what is wrong with the line of a statement, and read its id."""
        if statement.has_sign:
            self._cursor.diagnostics.error(
                "whitespace-control",
                "a statement that stands alone on its line has no `-` or `+`",
                statement.location,
                "leave the sign out: the gap between blocks is set by what stands on both sides",
            )
        if statement.has_identifier:
            _, statement.identifier = self._cursor.identifiers.split(line)

    def _take_statement(self, statement: Statement, elements: list[Element]) -> None:
        cursor = self._cursor
        match statement.word:
            case "include":
                self._take_include(statement, elements)
            case "if" | "for":
                self._take_group(statement, elements)
            case "raw":
                self._take_raw(statement, elements)
            case word if word in STATEMENT_WORDS:
                cursor.diagnostics.error(
                    "unopened-statement", f"`{{% {word} %}}` closes nothing", statement.location, "remove it, or open what it closes"
                )
                cursor.next += 1
            case word:
                report_unknown_statement(word, statement.location, cursor.diagnostics)
                cursor.next += 1
        cursor.gaps.end_run(statement.indent)

    def _take_include(self, statement: Statement, elements: list[Element]) -> None:
        cursor = self._cursor
        pending, first = cursor.take_pending()
        written = statement.body.text.removeprefix("include")
        target = written.strip()
        start = statement.body.offset + len("include") + len(written) - len(written.lstrip())
        place = cursor.source.at(start, start + max(len(target), 1))
        literal = _LITERAL_TARGET.match(target)
        variable = None if literal else re.match(_VARIABLE_TARGET, target)
        if not literal and not variable:
            cursor.diagnostics.error(
                "bad-include",
                "an include names one fragment or block in quotes, or one variable",
                place,
                'write `{% include "checklists/api" %}`, or a variable of type fragment or list[fragment]',
            )
        else:
            elements.append(
                IncludeElement(
                    first, cursor.next, statement.indent, statement.level, literal["address"] if literal else None,
                    target if variable else None, place, cursor.identifiers.only_one(statement.identifier, pending),
                )
            )  # fmt: skip
        cursor.next += 1
        cursor.text_is_open = False

    def _take_raw(self, statement: Statement, elements: list[Element]) -> None:
        """Read the lines up to ``endraw`` as blocks whose text is printed as it stands."""
        cursor = self._cursor
        end = cursor.next + 1
        while end < len(cursor.lines) and not ((found := cursor.statement_at(end)) and found.word == "endraw"):
            end += 1
        if end == len(cursor.lines):
            self._report_unclosed(statement)
            cursor.next = end
            return
        lines, cursor.lines, cursor.is_plain, cursor.next = cursor.lines, cursor.lines[:end], True, cursor.next + 1
        inner, _ = self.scan()
        elements.extend(inner)
        cursor.lines, cursor.is_plain, cursor.next = lines, False, end + 1

    def _report_unclosed(self, statement: Statement) -> None:
        cursor = self._cursor
        self._unclosed += 1
        if self._unclosed == MOST_UNCLOSED:  # each is sought up to the end of the text
            cursor.lines = cursor.lines[: cursor.next + 1]
        cursor.diagnostics.error(
            "unclosed-statement",
            f"`{{% {statement.word} %}}` is never closed",
            statement.location,
            f"close it with `{{% end{statement.word} %}}` alone on a line",
        )

    # --- groups -------------------------------------------------------------------------------------------------------

    def _take_group(self, statement: Statement, elements: list[Element]) -> None:
        cursor = self._cursor
        end = group_end(cursor)
        if end is None:
            self._report_unclosed(statement)
            cursor.next += 1
            return
        last, alone = end
        if self._depth >= MAX_NESTING:
            report_nesting(statement.location, cursor.diagnostics)
            cursor.next = last + 1
            return
        self._depth += 1
        self._take_closed_group(statement, elements, last, alone=alone)
        self._depth -= 1

    def _take_closed_group(self, statement: Statement, elements: list[Element], last: int, *, alone: bool) -> None:
        cursor = self._cursor
        loop = re.match(_LOOP, statement.body.text, re.DOTALL) if statement.word == "for" else None
        if not alone or (statement.word == "for" and not (loop and self._loop_holds_items(last))):
            elements.append(take_opaque(cursor, last))
            return
        pending, first = cursor.take_pending()
        cursor.next += 1
        cursor.gaps.end_run(statement.indent)
        group = GroupElement(first, last, [], cursor.identifiers.only_one(statement.identifier, pending))
        if loop:
            group.loop_name = loop["name"]
            group.values = self._expression(statement, loop.start("values"))
            inner, _ = self.scan(frozenset({"endfor"}))
            group.branches.append(BranchElement(None, statement.location, inner))
        else:
            self._scan_branches(statement, group)
        # Where a comment or a code block inside is never closed, more was read than the end that was found.
        group.last = cursor.next - 1
        elements.append(group)

    def _scan_branches(self, opening: Statement, group: GroupElement) -> None:
        cursor = self._cursor
        open_before, runs_before, may_be_open = cursor.text_is_open, cursor.gaps.runs, False
        statement: Statement | None = opening
        while statement is not None and statement.word in {"if", "elif", "else"}:
            condition = None if statement.word == "else" else self._condition(statement)
            cursor.text_is_open, cursor.gaps.runs = open_before, list(runs_before)
            inner, following = self.scan(frozenset({"elif", "else", "endif"}))
            may_be_open = may_be_open or cursor.text_is_open
            group.branches.append(BranchElement(condition, statement.location, inner))
            if condition is None and following is not None and following.word != "endif":
                message = f"`{following.word}` after `else`"
                cursor.diagnostics.error("branch-after-else", message, following.location, "put `else` last")
            statement = following
        cursor.text_is_open = may_be_open or (open_before and all(branch.condition for branch in group.branches))

    def _condition(self, statement: Statement) -> Text:
        rest = statement.body.text[len(statement.word) :]
        return self._expression(statement, len(statement.word) + len(rest) - len(rest.lstrip()))

    def _expression(self, statement: Statement, start: int) -> Text:
        line = TextLine(statement.body.offset + start, statement.body.text[start:])
        return Text(self._cursor.source, (line,))

    def _loop_holds_items(self, last: int) -> bool:
        """Look ahead: does a loop yield items and nothing else, so that it is structure?"""
        cursor = self._cursor
        offset = cursor.lines[cursor.next].offset
        if offset not in self._loops:
            quiet = Scanner(Cursor(cursor.source, cursor.lines[cursor.next + 1 : last], Diagnostics(), Syntax()))
            quiet._depth, quiet._loops = self._depth, self._loops
            inner, _ = quiet.scan()
            self._loops[offset] = are_items(flat(inner))
        return self._loops[offset]
