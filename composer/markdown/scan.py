"""Lines -> elements: the first half of reading Markdown. It sees one line at a time, and finds statements, ids and leaves.

What nests in what is decided afterwards, by :mod:`composer.markdown.parse`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from composer.blocks import Identifier, LeafKind, Syntax, Text, TextLine, Unit
from composer.errors import Diagnostics, Note
from composer.records import dataclass
from composer.source import Location, SourceFile

__all__ = ["BranchElement", "Element", "GroupElement", "HeadingElement", "IncludeElement", "ItemElement", "LeafElement", "Scanner"]

TAB_WIDTH: Final = 4
MAX_NESTING: Final = 16
"""How deep statements, and lists, may stand inside each other."""
MOST_UNCLOSED: Final = 10
INSTEAD_OF: Final = {
    "set": "declare a variable under `vars` in the front matter",
    "macro": "write a fragment and include it",
    "call": "write a fragment and include it",
    "import": "use `include`",
    "from": "use `include`",
    "extends": "use `include`, or `extends` in a profile",
    "block": "give the block an id, so that a profile can replace it",
    "filter": "write the filter inside `{{ }}`",
    "with": "declare a variable under `vars` in the front matter",
}
STATEMENT_WORDS: Final = frozenset({"include", "if", "elif", "else", "endif", "for", "endfor", "raw", "endraw"})

_IDENTIFIER_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# The gap starts where the blanks start, or behind a blank that a backslash stands before: tried at each blank, a long gap takes for ever.
_TRAILING_ID: Final = re.compile(r"(?:(?<![\\ \t])|(?<=\\[ \t]))(?P<gap>[ \t]*)\{#(?P<name>[^{}\s]*[^{}\s#])\}[ \t]*$")
_STATEMENT: Final = re.compile(r"\{%(?P<open>[-+]?)(?P<body>.*?)(?P<close>[-+]?)%\}", re.DOTALL)
_STATEMENT_LINE: Final = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?P<hashes>\#{1,6})[ \t]+)?\{%(?P<open>[-+]?)(?P<body>(?:(?!%\}).)*?)(?P<close>[-+]?)%\}[ \t]*$"
)
_INCLUDE_LINE: Final = re.compile(r"""[ \t]*(?:\#{1,6}[ \t]+)?\{%[ \t]*include[ \t]+["'][^"'{}]+["'][ \t]*%\}[ \t]*""")
_FENCE: Final = re.compile(r"^[ \t]*(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
_HEADING: Final = re.compile(r"^(?P<hashes>#{1,6})(?:[ \t]+(?P<title>.*?))?[ \t]*$")
_RULE: Final = re.compile(r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_UNDERLINE: Final = re.compile(r"^ {0,3}(?:=+|-+)[ \t]*$")
_ITEM: Final = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>(?:[-*+]|(?P<number>\d{1,9})[.)])(?:[ \t]+(?=\S)(?:\[[ xX]\][ \t]+(?=\S))?|[ \t]*$))(?P<text>.*)$"
)
_TABLE_RULE: Final = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_TAG_LINE: Final = re.compile(r"^[ \t]*</?[A-Za-z][^<>]*>[ \t]*$")
_LOOP: Final = re.compile(r"^for\s+(?P<name>[a-z_][a-z0-9_]*)\s+in\s+(?P<values>.+)$", re.DOTALL)
_LITERAL_TARGET: Final = re.compile(r"""^(?P<quote>["'])(?P<address>[^"']*)(?P=quote)$""")
_VARIABLE_TARGET: Final = re.compile(r"^[a-z_][a-z0-9_]*$")


@dataclass(slots=True)
class HeadingElement:
    """A heading line."""

    first: int
    last: int
    level: int
    title: Text | None
    unit: Unit | None
    identifier: Identifier | None
    indent: int = 0


@dataclass(slots=True)
class ItemElement:
    """An item's own lines. ``content`` is the column that its children stand at."""

    first: int
    last: int
    indent: int
    content: int
    style: str
    mark: str
    text: Text
    unit: Unit
    identifier: Identifier | None
    list_identifier: Identifier | None


@dataclass(slots=True)
class LeafElement:
    """A leaf's lines."""

    first: int
    last: int
    indent: int
    kind: LeafKind
    text: Text
    unit: Unit
    identifier: Identifier | None


@dataclass(slots=True)
class IncludeElement:
    """An ``include`` line, perhaps in a heading."""

    first: int
    last: int
    indent: int
    level: int | None
    address: str | None
    variable: str | None
    target: Location
    identifier: Identifier | None


@dataclass(slots=True)
class BranchElement:
    """One branch, from its opening statement on."""

    condition: Text | None
    statement: Location
    elements: list[Element]


@dataclass(slots=True)
class GroupElement:
    """A conditional (one or more branches), or a loop (one, with ``loop_name``)."""

    first: int
    last: int
    branches: list[BranchElement]
    identifier: Identifier | None
    loop_name: str = ""
    values: Text | None = None


Element = HeadingElement | ItemElement | LeafElement | IncludeElement | GroupElement


@dataclass(slots=True)
class _Statement:
    """A statement that stands alone on its line."""

    word: str
    body: TextLine
    indent: int
    level: int | None
    identifier: Identifier | None
    location: Location


def report_nesting(location: Location, diagnostics: Diagnostics) -> None:
    """Report what stands too deep inside others of its kind."""
    message = f"statements, or lists, stand inside each other more than {MAX_NESTING} deep"
    diagnostics.error("nested-too-deeply", message, location, "make the structure flatter, or put a part of it into a fragment")


def report_unknown_statement(word: str, location: Location, diagnostics: Diagnostics) -> None:
    """Report a statement that fragments do not have, with what to write instead."""
    hint = INSTEAD_OF.get(word, "statements are `include`, `if`, `for` and `raw`")
    message = f"`{word}` is not a statement of fragments" if word else "nothing stands between `{%` and `%}`"
    diagnostics.error("unknown-statement", message, location, hint)


def indentation(text: str) -> tuple[int, int]:
    """Return the columns and the characters of the blanks that ``text`` starts with."""
    columns = 0
    for count, character in enumerate(text):
        if character == " ":
            columns += 1
        elif character == "\t":
            columns += TAB_WIDTH - columns % TAB_WIDTH
        else:
            return columns, count
    return columns, len(text)


def without_indentation(line: TextLine, columns: int) -> TextLine:
    """Take up to ``columns`` columns of blanks off the front of a line."""
    seen = count = 0
    while seen < columns and count < len(line.text) and line.text[count] in " \t":
        seen += 1 if line.text[count] == " " else TAB_WIDTH - seen % TAB_WIDTH
        count += 1
    return TextLine(line.offset + count, line.text[count:])


def _trailing_id(text: str) -> re.Match[str] | None:
    """Find the id that a line ends in."""
    # It begins at the last `{#`, or at the blanks before: to try each blank of a line takes longer than all else that is done with it.
    at = text.rfind("{#")
    return _TRAILING_ID.search(text, len(text[:at].rstrip(" \t"))) if at >= 0 else None


def statement_words(text: str) -> list[str]:
    """Return the first word of each statement in ``text``."""
    # What opens behind the last end is no statement, and seeking the end of each takes for ever.
    text = text[: text.rfind("%}") + 2] if "%}" in text else ""
    return [words[0] if (words := match["body"].split()) else "" for match in _STATEMENT.finditer(text)]


class Scanner:
    """Reads lines one after the other; ``scan`` gives the elements up to a statement that ends them."""

    def __init__(self, source: SourceFile, lines: Sequence[TextLine], diagnostics: Diagnostics, syntax: Syntax) -> None:
        """Start at the first line."""
        self.source = source
        self.lines = lines
        self.diagnostics = diagnostics
        self.order = 0
        self._syntax = syntax
        self._plain = syntax.is_plain
        self._next = 0
        # The runs of blank lines since the last text, each with the column of the structure line that ended it.
        self._runs: list[tuple[int, int]] = []
        self._blank_run = 0
        self._pending: Identifier | None = None
        self._pending_line = 0
        # Whether the line before is text that a following line of plain text would continue.
        self._open_text = False
        # Whether a cut was reported since the last blank line: what follows is a part of the same text.
        self._is_cut = False
        self._names: dict[str, Identifier] = {}
        # How many statements are open around this line, and of each `for`, by its offset, whether it holds items.
        self._depth = 0
        self._unclosed = 0
        self._depths: list[int] = []
        self._lowest: list[int] = []
        self._loops: dict[int, bool] = {}

    # --- lines and places ---------------------------------------------------------------------------------------------

    def line_location(self, first: int, last: int | None = None) -> Location:
        """Return the place of whole lines, line ends included."""
        end = self.lines[first if last is None else last]
        return self.source.at(self.lines[first].offset, min(end.offset + len(end.text) + 1, len(self.source.text)))

    def _text_location(self, index: int) -> Location:
        line = self.lines[index]
        _, blanks = indentation(line.text)
        return self.source.at(line.offset + blanks, max(line.offset + len(line.text.rstrip()), line.offset + blanks + 1))

    # --- the loop over lines ------------------------------------------------------------------------------------------

    def scan(self, until: frozenset[str] = frozenset()) -> tuple[list[Element], _Statement | None]:
        """Read elements up to a statement whose word is in ``until``, which is read too and returned."""
        elements: list[Element] = []
        while self._next < len(self.lines):
            line = self.lines[self._next]
            if not line.text.strip():
                self._see_blank()
            elif self._take_lone_identifier(line) or self._take_comment(line):
                continue
            elif (statement := self._statement_at(self._next)) is not None:
                if statement.word in until:
                    self._next += 1
                    self._end_run(statement.indent)
                    return elements, statement
                self._take_statement(statement, elements)
            else:
                elements.append(self._take_text())
        self._refuse_pending()
        return elements, None

    def _see_blank(self) -> None:
        self._next += 1
        self._blank_run += 1
        self._open_text = self._is_cut = False
        self._refuse_pending()

    def _end_run(self, columns: int) -> None:
        # A statement, an id or a comment ends a run of blank lines: the gap is the longest run, never their sum.
        self._runs.append((columns, self._blank_run))
        self._blank_run = 0

    def _new_unit(self, item_columns: int | None = None) -> Unit:
        runs = self._runs
        if item_columns is not None:
            # Blank lines above a structure line inside the item before do not part the two items.
            inside = [position for position, (columns, _) in enumerate(runs) if columns > item_columns]
            runs = runs[inside[-1] + 1 :] if inside else runs
        unit = Unit(self.order, max((self._blank_run, *(length for _, length in runs))))
        self.order += 1
        self._runs, self._blank_run = [], 0
        return unit

    # --- ids ----------------------------------------------------------------------------------------------------------

    def _identifier(self, name: str, location: Location) -> Identifier | None:
        if not _IDENTIFIER_NAME.fullmatch(name):
            hint = "write small letters, digits and single hyphens, as in `{#rate-limit}`; to print these characters write `\\{#`"
            self.diagnostics.error("bad-id", f"`{name}` is not an id", location, hint)
            return None
        identifier = Identifier(name, location)
        earlier = self._names.setdefault(name, identifier)
        # A line that opens a group is looked at twice.
        if earlier.location != location:
            note = Note("first used here", earlier.location)
            self.diagnostics.error(
                "duplicate-id", f"the id `{name}` is used twice in this source", location, "rename one of the two", [note]
            )
        return identifier

    def _split_identifier(self, line: TextLine) -> tuple[TextLine, Identifier | None]:
        match = _trailing_id(line.text)
        if match is None:
            return line, None
        place = self.source.at(line.offset + match.end("gap"), line.offset + len(line.text.rstrip()))
        return TextLine(line.offset, line.text[: match.start()]), self._identifier(match["name"], place)

    def _one_of(self, *found: Identifier | None) -> Identifier | None:
        """Return the only id among those found for one block; a second one is an error."""
        identifiers = [identifier for identifier in found if identifier is not None]
        for extra in identifiers[1:]:
            self.diagnostics.error(
                "two-ids",
                f"this block has the id `{identifiers[0].name}` already",
                extra.location,
                "keep one id for a block",
            )
        return identifiers[0] if identifiers else None

    def _take_lone_identifier(self, line: TextLine) -> bool:
        rest, _, _ = line.text.partition("{#")
        if rest.strip() or not _trailing_id(line.text):
            return False
        self._refuse_pending()
        _, self._pending = self._split_identifier(line)
        self._pending_line = self._next
        self._next += 1
        self._end_run(indentation(line.text)[0])
        return True

    def _take_pending(self) -> tuple[Identifier | None, int]:
        """Give the id that waits for the block that starts here, and the line that it stands on."""
        pending, self._pending = self._pending, None
        return pending, self._next if pending is None else self._pending_line

    def _refuse_pending(self) -> None:
        if self._pending is not None:
            self.diagnostics.error(
                "dangling-id",
                f"the id `{self._pending.name}` names no block",
                self._pending.location,
                "an id alone on a line names the block that starts on the next line",
            )
            self._pending = None

    # --- statements ---------------------------------------------------------------------------------------------------

    def _take_comment(self, line: TextLine) -> bool:
        """Skip a comment that stands alone on its lines."""
        if self._plain or not line.text.lstrip().startswith("{#"):
            return False
        last = self._next
        while last < len(self.lines) and "#}" not in self.lines[last].text:
            last += 1
        if last == len(self.lines):
            self.diagnostics.error("unclosed-comment", "this comment is never closed", self._text_location(self._next), "end it with `#}`")
            self._next = last
            return True
        if self.lines[last].text.partition("#}")[2].strip():
            return False
        self._next = last + 1
        self._end_run(indentation(line.text)[0])
        return True

    def _statement_at(self, index: int) -> _Statement | None:
        """Read line ``index`` as a statement that stands alone on its line, if it is one."""
        if "{%" not in self.lines[index].text or not self._reads_statement(self.lines[index].text):
            return None
        line, identifier_match = self.lines[index], None
        text = line.text
        if identifier_match := _trailing_id(text):
            text = text[: identifier_match.start()]
        match = _STATEMENT_LINE.match(text)
        if match is None or "{%" in match["body"]:
            return None
        words = match["body"].split(None, 1)
        word = words[0] if words else ""
        if match["hashes"] and word != "include":
            return None
        body_start = line.offset + match.start("body") + len(match["body"]) - len(match["body"].lstrip())
        location = self._text_location(index)
        if (match["open"] or match["close"]) and index == self._next:
            self.diagnostics.error(
                "whitespace-control",
                "a statement that stands alone on its line has no `-` or `+`",
                location,
                "leave the sign out: the gap between blocks is set by what stands on both sides",
            )
        identifier = self._split_identifier(line)[1] if identifier_match and index == self._next else None
        body = TextLine(body_start, match["body"].strip())
        return _Statement(word, body, indentation(text)[0], len(match["hashes"]) if match["hashes"] else None, identifier, location)

    def _reads_statement(self, text: str) -> bool:
        if not self._plain:
            return True
        return self._syntax.is_plain and self._syntax.has_includes and _INCLUDE_LINE.fullmatch(text) is not None

    def _take_statement(self, statement: _Statement, elements: list[Element]) -> None:
        match statement.word:
            case "include":
                self._take_include(statement, elements)
            case "if" | "for":
                self._take_group(statement, elements)
            case "raw":
                self._take_raw(statement, elements)
            case word if word in STATEMENT_WORDS:
                self.diagnostics.error(
                    "unopened-statement", f"`{{% {word} %}}` closes nothing", statement.location, "remove it, or open what it closes"
                )
                self._next += 1
            case word:
                report_unknown_statement(word, statement.location, self.diagnostics)
                self._next += 1
        self._end_run(statement.indent)

    def _take_include(self, statement: _Statement, elements: list[Element]) -> None:
        pending, first = self._take_pending()
        written = statement.body.text.removeprefix("include")
        target = written.strip()
        start = statement.body.offset + len("include") + len(written) - len(written.lstrip())
        place = self.source.at(start, start + max(len(target), 1))
        literal, variable = _LITERAL_TARGET.match(target), _VARIABLE_TARGET.match(target)
        if not literal and not variable:
            self.diagnostics.error(
                "bad-include",
                "an include names one fragment or block in quotes, or one variable",
                place,
                'write `{% include "checklists/api" %}`, or a variable of type fragment or list[fragment]',
            )
        else:
            elements.append(
                IncludeElement(
                    first, self._next, statement.indent, statement.level, literal["address"] if literal else None,
                    target if variable else None, place, self._one_of(statement.identifier, pending),
                )
            )  # fmt: skip
        self._next += 1
        self._open_text = False

    def _take_raw(self, statement: _Statement, elements: list[Element]) -> None:
        """Read the lines up to ``endraw`` as blocks whose text is printed as it stands."""
        end = self._next + 1
        while end < len(self.lines) and not ((found := self._statement_at(end)) and found.word == "endraw"):
            end += 1
        if end == len(self.lines):
            self._report_unclosed(statement)
            self._next = end
            return
        lines, self.lines, self._plain, self._next = self.lines, self.lines[:end], True, self._next + 1
        inner, _ = self.scan()
        elements.extend(inner)
        self.lines, self._plain, self._next = lines, False, end + 1

    def _report_unclosed(self, statement: _Statement) -> None:
        self._unclosed += 1
        if self._unclosed == MOST_UNCLOSED:  # each is sought up to the end of the text
            self.lines = self.lines[: self._next + 1]
        self.diagnostics.error(
            "unclosed-statement",
            f"`{{% {statement.word} %}}` is never closed",
            statement.location,
            f"close it with `{{% end{statement.word} %}}` alone on a line",
        )

    def _group_end(self) -> tuple[int, bool] | None:
        """Find the line that closes the group opened on this line, and whether all its statements stand alone on theirs."""
        opened: list[str] = []
        alone = True
        for index in self._lines_outside_code():
            words = statement_words(self.lines[index].text)
            is_alone = len(words) == 1 and self._statement_at(index) is not None
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

    def _lines_outside_code(self) -> Iterator[int]:
        """Give the lines from here on that can hold structure: code blocks and raw text cannot."""
        fence = ""
        in_raw = False
        for index in range(self._next, len(self.lines)):
            text = self.lines[index].text
            opening = _FENCE.match(text)
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

    def _take_group(self, statement: _Statement, elements: list[Element]) -> None:
        end = self._group_end()
        if end is None:
            self._report_unclosed(statement)
            self._next += 1
            return
        last, alone = end
        if self._depth >= MAX_NESTING:
            report_nesting(statement.location, self.diagnostics)
            self._next = last + 1
            return
        self._depth += 1
        self._take_closed_group(statement, elements, last, alone=alone)
        self._depth -= 1

    def _take_closed_group(self, statement: _Statement, elements: list[Element], last: int, *, alone: bool) -> None:
        loop = _LOOP.match(statement.body.text) if statement.word == "for" else None
        if not alone or (statement.word == "for" and not (loop and self._loop_holds_items(last))):
            elements.append(self._take_opaque(last))
            return
        pending, first = self._take_pending()
        self._next += 1
        self._end_run(statement.indent)
        group = GroupElement(first, last, [], self._one_of(statement.identifier, pending))
        if loop:
            group.loop_name = loop["name"]
            group.values = self._expression(statement, loop.start("values"))
            inner, _ = self.scan(frozenset({"endfor"}))
            group.branches.append(BranchElement(None, statement.location, inner))
        else:
            self._scan_branches(statement, group)
        # Where a comment or a code block inside is never closed, more was read than the end that was found.
        group.last = self._next - 1
        elements.append(group)

    def _expression(self, statement: _Statement, start: int) -> Text:
        line = TextLine(statement.body.offset + start, statement.body.text[start:])
        return Text(self.source, (line,))

    def _condition(self, statement: _Statement) -> Text:
        rest = statement.body.text[len(statement.word) :]
        return self._expression(statement, len(statement.word) + len(rest) - len(rest.lstrip()))

    def _scan_branches(self, opening: _Statement, group: GroupElement) -> None:
        open_before, runs_before, may_be_open = self._open_text, self._runs, False
        statement: _Statement | None = opening
        while statement is not None and statement.word in {"if", "elif", "else"}:
            condition = None if statement.word == "else" else self._condition(statement)
            self._open_text, self._runs = open_before, list(runs_before)
            inner, following = self.scan(frozenset({"elif", "else", "endif"}))
            may_be_open = may_be_open or self._open_text
            group.branches.append(BranchElement(condition, statement.location, inner))
            if condition is None and following is not None and following.word != "endif":
                self.diagnostics.error("branch-after-else", f"`{following.word}` after `else`", following.location, "put `else` last")
            statement = following
        self._open_text = may_be_open or (open_before and all(branch.condition for branch in group.branches))

    def _loop_holds_items(self, last: int) -> bool:
        """Look ahead: does a loop yield items and nothing else, so that it is structure?"""
        offset = self.lines[self._next].offset
        if offset not in self._loops:
            quiet = Scanner(self.source, self.lines[self._next + 1 : last], Diagnostics(), Syntax())
            quiet._depth, quiet._loops = self._depth, self._loops
            inner, _ = quiet.scan()
            self._loops[offset] = _are_items(_flat(inner))
        return self._loops[offset]

    def _take_opaque(self, last: int, kind: LeafKind = LeafKind.OPAQUE) -> LeafElement:
        """Read lines that only Jinja can divide, or those of a comment, as one block."""
        pending, first = self._take_pending()
        columns, _ = indentation(self.lines[self._next].text)
        lines = []
        for index in range(self._next, last + 1):
            line, inner = self._split_identifier(self.lines[index])
            if inner is not None:
                self.diagnostics.error(
                    "id-in-opaque-block",
                    f"the id `{inner.name}` stands inside {'a comment' if kind is LeafKind.MARKUP else 'a statement that cuts blocks'}",
                    inner.location,
                    "take the id out"
                    if kind is LeafKind.MARKUP
                    else "put each `if`, `for` and their ends alone on a line around whole blocks, or take the id out",
                )
            lines.append(without_indentation(line, columns))
        self._next = last + 1
        self._open_text = False
        unit = self._new_unit()
        return LeafElement(first, last, columns, kind, Text(self.source, tuple(lines), self._plain), unit, pending)

    # --- text ---------------------------------------------------------------------------------------------------------

    def _take_text(self) -> Element:
        text = self.lines[self._next].text
        if fence := _FENCE.match(text):
            return self._take_code(fence["fence"])
        if heading := _HEADING.match(text):
            return self._take_heading(heading)
        if _RULE.match(text):
            return self._take_lines(LeafKind.RULE, self._next)
        if item := _ITEM.match(text):
            return self._take_item(item)
        return self._take_lines(*self._leaf_extent(text))

    def _leaf_extent(self, text: str) -> tuple[LeafKind, int]:
        """Tell the kind of the leaf that starts here, and its last line."""
        stripped = text.lstrip()
        if stripped.startswith("<!--"):
            return LeafKind.MARKUP, self._comment_end()
        if _TAG_LINE.match(text):
            return LeafKind.MARKUP, self._next
        if stripped.startswith(">"):
            return LeafKind.QUOTE, self._quote_end()
        following = self.lines[self._next + 1].text if self._next + 1 < len(self.lines) else ""
        if stripped.startswith("|") or ("|" in text and "|" in following and _TABLE_RULE.match(following)):
            return LeafKind.TABLE, self._table_end()
        return LeafKind.PARAGRAPH, self._paragraph_end(within_item=False)

    def _comment_end(self) -> int:
        for index in range(self._next, len(self.lines)):
            if "-->" in self.lines[index].text:
                return index
        if not self._syntax.is_verbatim:
            self.diagnostics.error(
                "unclosed-comment",
                "this comment is never closed, and would hide all that follows",
                self._text_location(self._next),
                "end it with `-->`",
            )
        return len(self.lines) - 1

    def _quote_end(self) -> int:
        index = self._next + 1
        while index < len(self.lines) and self.lines[index].text.lstrip().startswith(">"):
            index += 1
        return index - 1

    def _table_end(self) -> int:
        index = self._next + 1
        while index < len(self.lines) and "|" in self.lines[index].text and not self._interrupts(index):
            index += 1
        return index - 1

    def _interrupts(self, index: int) -> bool:
        """Whether line ``index`` cannot go on with the text of the line before it, whatever that is."""
        text = self.lines[index].text
        if self._statement_at(index) is not None or _HEADING.match(text) or _FENCE.match(text) or _TAG_LINE.match(text):
            return True
        stripped = text.lstrip()
        if stripped.startswith(">"):
            return True
        if not self._plain and stripped.startswith("{#") and text.rstrip().endswith("#}"):
            return True
        return stripped.startswith("{#") and _TRAILING_ID.fullmatch(text.strip()) is not None

    def _paragraph_end(self, *, within_item: bool, content: int = 0) -> int:
        """Return the last line of the text that starts here; ``content`` is the column of an item's text."""
        index = self._next + 1
        columns, _ = indentation(self.lines[self._next].text)
        while index < len(self.lines):
            text = self.lines[index].text
            if not text.strip() or self._interrupts(index):
                break
            # Dashes under a text make it a heading; left of an item's text they are a rule that ends the list.
            if _RULE.match(text) and (not _UNDERLINE.match(text) or indentation(text)[0] < content):
                break
            item = _ITEM.match(text)
            # A number other than 1 begins no list in a text, but it goes on with the list around the text.
            may_begin = within_item or (item and item["number"] in {None, "1"}) or indentation(text)[0] < columns
            if item and may_begin and not _UNDERLINE.match(text):
                break
            index += 1
        return index - 1

    def _extend_over_statements(self, last: int) -> int:
        """Return the line that closes the statements which are still open at the end of line ``last``."""
        if self._plain:
            return last
        depths, lowest = self._statement_depths()
        before = depths[self._next]
        if lowest[last + 1] > before:  # nothing below closes them
            return last
        return next(index for index in range(last, len(depths) - 1) if depths[index + 1] <= before)

    def _statement_depths(self) -> tuple[list[int], list[int]]:
        """For each line, how many statements are open before it, and the lowest such number from there on."""
        if not self._depths:
            depth = 0
            for line in self.lines:
                self._depths.append(depth)
                for word in statement_words(line.text) if "{%" in line.text else ():
                    depth += {"if": 1, "for": 1, "endif": -1, "endfor": -1}.get(word, 0)
            self._depths.append(depth)
            self._lowest = list(accumulate(reversed(self._depths), min))[::-1]
        return self._depths, self._lowest

    def _take_lines(self, kind: LeafKind, last: int) -> LeafElement:
        if kind is not LeafKind.RULE and (end := self._extend_over_statements(last)) > last:
            return self._take_opaque(end)
        if kind is LeafKind.MARKUP and last > self._next:
            return self._take_opaque(last, LeafKind.MARKUP)
        if kind is LeafKind.PARAGRAPH and self._open_text and not self._is_cut and not self._syntax.is_verbatim:
            self._report_cut()
        pending, first = self._take_pending()
        columns, _ = indentation(self.lines[self._next].text)
        lines, found = self._plain_lines(self._next, last, columns)
        self._next = last + 1
        self._open_text = kind in {LeafKind.PARAGRAPH, LeafKind.QUOTE, LeafKind.TABLE}
        text = Text(self.source, lines, self._plain)
        return LeafElement(first, last, columns, kind, text, self._new_unit(), self._one_of(*found, pending))

    def _report_cut(self) -> None:
        self._is_cut = True
        self.diagnostics.error(
            "cut-block",
            "a line alone with a statement, an id or a comment cuts the text above this line in two",
            self._text_location(self._next),
            "put the condition inside the text's own line, or a blank line between two paragraphs",
        )

    def _plain_lines(self, first: int, last: int, columns: int) -> tuple[tuple[TextLine, ...], list[Identifier | None]]:
        lines, found = [], []
        for index in range(first, last + 1):
            line, identifier = self._split_identifier(without_indentation(self.lines[index], columns))
            lines.append(line)
            found.append(identifier)
        return tuple(lines), found

    def _take_code(self, fence: str) -> LeafElement:
        pending, first = self._take_pending()
        columns, _ = indentation(self.lines[self._next].text)
        closing = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
        last = self._next + 1
        while last < len(self.lines) and not closing.match(self.lines[last].text):
            last += 1
        if last == len(self.lines):
            if not self._syntax.is_verbatim:
                self.diagnostics.error(
                    "unclosed-code-block",
                    "this code block is never closed",
                    self._text_location(self._next),
                    f"close it with a line {fence}",
                )
            last -= 1
        lines = tuple(without_indentation(self.lines[index], columns) for index in range(self._next, last + 1))
        self._next = last + 1
        self._open_text = False
        text = Text(self.source, lines, self._plain)
        return LeafElement(first, last, columns, LeafKind.CODE, text, self._new_unit(), pending)

    def _take_heading(self, match: re.Match[str]) -> HeadingElement:
        pending, first = self._take_pending()
        line = self.lines[self._next]
        level = len(match["hashes"])
        rest, identifier = self._split_identifier(TextLine(line.offset + level, line.text[level:]))
        title = TextLine(rest.offset + len(rest.text) - len(rest.text.lstrip()), rest.text.strip())
        self._next += 1
        self._open_text = False
        named = self._one_of(identifier, pending)
        if not title.text and (named is not None or not self._syntax.is_verbatim):
            # It prints nothing, so it is looked through: the gap goes on.
            self._end_run(0)
            if named is None:
                self.diagnostics.error(
                    "empty-heading",
                    "a heading has a title, an id or both",
                    self.line_location(self._next - 1),
                    "write a title, or an id to close the section before: `## {#closing}`",
                )
            return HeadingElement(first, self._next - 1, level, None, None, named)
        text = Text(self.source, (title,), self._plain)
        return HeadingElement(first, self._next - 1, level, text, self._new_unit(), named)

    def _take_item(self, match: re.Match[str]) -> Element:
        fenced = _FENCE.match(match["text"])
        content = len(f"{match['indent']}{match['mark']}".expandtabs(TAB_WIDTH))
        last = self._paragraph_end(within_item=True, content=content) if match["text"].strip() and not fenced else self._next
        if fenced:
            last = next(
                (i for i in range(self._next + 1, len(self.lines)) if self.lines[i].text.strip().startswith(fenced["fence"])),
                self._next,
            )
        if not fenced and (end := self._extend_over_statements(last)) > last:
            return self._take_opaque(end)
        pending, first = self._take_pending()
        line = self.lines[self._next]
        start = match.start("text")
        columns, _ = indentation(line.text)
        content = columns + len(match["mark"]) if match["text"].strip() else columns + len(match["mark"].rstrip()) + 1
        head = TextLine(line.offset + start, line.text[start:])
        if fenced:
            lines: tuple[TextLine, ...] = (head, *(without_indentation(self.lines[i], content) for i in range(self._next + 1, last + 1)))
            found: list[Identifier | None] = []
        else:
            head, identifier = self._split_identifier(head)
            more, found = self._plain_lines(self._next + 1, last, content)
            lines, found = (head, *more), [identifier, *found]
        self._next = last + 1
        self._open_text = bool(match["text"].strip()) and not fenced
        bullet = match["mark"].strip().split()[0]
        # A check box belongs to the mark, but children stand below the text of a plain item.
        content = columns + len(bullet) + _blanks_after(match["mark"], len(bullet)) if match["text"].strip() else content
        text = Text(self.source, lines, self._plain)
        unit = self._new_unit(columns)
        return ItemElement(first, last, columns, content, bullet[-1], match["mark"], text, unit, self._one_of(*found), pending)


def _blanks_after(mark: str, length: int) -> int:
    rest = mark[length:]
    return len(rest) - len(rest.lstrip()) if rest.strip() else len(rest)


def _are_items(elements: Sequence[Element]) -> bool:
    """Whether elements are items of one list, with what stands inside them."""
    first = elements[0] if elements else None
    if not isinstance(first, ItemElement):
        return False
    own = (first.indent, first.style)
    items = (element for element in elements if _column(element) <= first.indent)
    return all(isinstance(element, ItemElement) and (element.indent, element.style) == own for element in items)


def _column(element: Element) -> int:
    return 0 if isinstance(element, GroupElement) else element.indent


def _flat(elements: Sequence[Element]) -> list[Element]:
    flat: list[Element] = []
    for element in elements:
        if isinstance(element, GroupElement):
            flat.extend(inner for branch in element.branches for inner in _flat(branch.elements))
        else:
            flat.append(element)
    return flat
