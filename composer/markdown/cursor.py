"""A place in lines that are read one after the other, and what the lines before it leave for those to come: blank lines, and ids."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from composer.blocks import Identifier, Syntax, TextLine, Unit
from composer.errors import Diagnostics, Note
from composer.markdown.lines import text_location, trailing_identifier
from composer.markdown.statements import Statement, is_include_line, read_statement, statement_words
from composer.naming import is_kebab_case
from composer.source import Location, SourceFile

__all__ = ["Cursor", "Gaps", "Identifiers"]


class Cursor:
    """Where a reader is in its lines. Whoever takes lines sets ``next`` behind them.

    ``is_plain`` says whether statements are text here. ``text_is_open`` says whether the line before is text that a following line of plain
    text would continue; ``is_cut``, whether a cut of that text was reported, which is said once for all that follows up to a blank line.
    """

    __slots__ = (
        "_depths",
        "_lowest",
        "diagnostics",
        "gaps",
        "identifiers",
        "is_cut",
        "is_plain",
        "lines",
        "next",
        "source",
        "syntax",
        "text_is_open",
    )

    def __init__(self, source: SourceFile, lines: Sequence[TextLine], diagnostics: Diagnostics, syntax: Syntax) -> None:
        """Start at the first line."""
        self.source = source
        self.lines = lines
        self.diagnostics = diagnostics
        self.syntax = syntax
        self.is_plain = syntax.is_plain
        self.next = 0
        self.gaps = Gaps()
        self.identifiers = Identifiers(source, diagnostics)
        self.text_is_open = False
        self.is_cut = False
        self._depths: list[int] = []
        self._lowest: list[int] = []

    def line_location(self, first: int, last: int | None = None) -> Location:
        """Return the place of whole lines, line ends included."""
        end = self.lines[first if last is None else last]
        return self.source.at(self.lines[first].offset, min(end.offset + len(end.text) + 1, len(self.source.text)))

    def text_location(self) -> Location:
        """Return the place of the next line, without the blanks around its text."""
        return text_location(self.source, self.lines[self.next])

    def statement_at(self, index: int) -> Statement | None:
        """Read line ``index`` as a statement that stands alone on its line, if it is one."""
        line = self.lines[index]
        if "{%" not in line.text or (self.is_plain and not self._includes(line.text)):
            return None
        return read_statement(self.source, line)

    def _includes(self, text: str) -> bool:
        return self.syntax.is_plain and self.syntax.has_includes and is_include_line(text)

    def take_pending(self) -> tuple[Identifier | None, int]:
        """Give the id that waits for the block that starts here, and the first line of the block: that of the id, if there is one."""
        return self.identifiers.take_pending(self.next)

    def statement_depths(self) -> tuple[list[int], list[int]]:
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


class Gaps:
    """Counts the blank lines between the runs of text of a source."""

    __slots__ = ("_blank_lines", "order", "runs")

    def __init__(self) -> None:
        """Start before the first run of text."""
        self.order = 0
        """How many runs of text there were."""
        self.runs: list[tuple[int, int]] = []
        """The runs of blank lines since the last text, each with the column of the structure line that ended it."""
        self._blank_lines = 0

    def see_blank_line(self) -> None:
        """Count a blank line."""
        self._blank_lines += 1

    def end_run(self, columns: int) -> None:
        """End a run of blank lines, at a statement, an id or a comment that is ``columns`` columns indented."""
        # The gap is the longest run, never the sum of all.
        self.runs.append((columns, self._blank_lines))
        self._blank_lines = 0

    def new_unit(self, item_columns: int | None = None) -> Unit:
        """Return the place of the text that starts here; ``item_columns`` is the indentation of an item."""
        runs = self.runs
        if item_columns is not None:
            # Blank lines above a structure line inside the item before do not part the two items.
            inside = [position for position, (columns, _) in enumerate(runs) if columns > item_columns]
            runs = runs[inside[-1] + 1 :] if inside else runs
        gap = self._blank_lines
        for _, length in runs:
            gap = max(gap, length)
        unit = Unit(self.order, gap)
        self.order += 1
        self.runs, self._blank_lines = [], 0
        return unit


class Identifiers:
    """Reads the ids of a source, each of which may stand there once, and keeps one that waits for its block."""

    __slots__ = ("_diagnostics", "_names", "_pending", "_pending_line", "_source")

    def __init__(self, source: SourceFile, diagnostics: Diagnostics) -> None:
        """Start with no id."""
        self._source = source
        self._diagnostics = diagnostics
        self._names: dict[str, Identifier] = {}
        self._pending: Identifier | None = None
        self._pending_line = 0

    def split(self, line: TextLine) -> tuple[TextLine, Identifier | None]:
        """Take the id that a line ends in off it."""
        match = trailing_identifier(line.text)
        if match is None:
            return line, None
        place = self._source.at(line.offset + match.end("gap"), line.offset + len(line.text.rstrip()))
        return TextLine(line.offset, line.text[: match.start()]), self._identifier(match["name"], place)

    def _identifier(self, name: str, location: Location) -> Identifier | None:
        if not is_kebab_case(name):
            hint = "write small letters, digits and single hyphens, as in `{#rate-limit}`; to print these characters write `\\{#`"
            self._diagnostics.error("bad-id", f"`{name}` is not an id", location, hint)
            return None
        identifier = Identifier(name, location)
        earlier = self._names.setdefault(name, identifier)
        # The line that opens an opaque block may have been taken as a statement before.
        if earlier.location != location:
            note = Note("first used here", earlier.location)
            self._diagnostics.error(
                "duplicate-id", f"the id `{name}` is used twice in this source", location, "rename one of the two", [note]
            )
        return identifier

    def only_one(self, *found: Identifier | None) -> Identifier | None:
        """Return the only id among those found for one block; a second one is an error."""
        identifiers = [identifier for identifier in found if identifier is not None]
        for extra in identifiers[1:]:
            self._diagnostics.error(
                "two-ids",
                f"this block has the id `{identifiers[0].name}` already",
                extra.location,
                "keep one id for a block",
            )
        return identifiers[0] if identifiers else None

    def hold(self, identifier: Identifier | None, line: int) -> None:
        """Let an id that stands alone on a line wait for the block below it."""
        self._pending, self._pending_line = identifier, line

    def take_pending(self, line: int) -> tuple[Identifier | None, int]:
        """Give the id that waits for the block that starts on ``line``, and the line that it stands on, or ``line``."""
        pending, self._pending = self._pending, None
        return pending, line if pending is None else self._pending_line

    def refuse_pending(self) -> None:
        """Report an id that waits, for no block follows."""
        if self._pending is not None:
            self._diagnostics.error(
                "dangling-id",
                f"the id `{self._pending.name}` names no block",
                self._pending.location,
                "an id alone on a line names the block that starts on the next line",
            )
            self._pending = None
