"""RenderedDocument -> the same, its text as in the sources, byte for byte: for agents that say ``verbatim: true``.

Every run of words is printed inside the line that it stands on, with the marks and blanks around it; only ids are taken out. Above it
stand the blank lines that stand above it in its source or, where it is the first of an included fragment, above the line that includes it.
What an edit brought has no such line: it gets marks, indentation and gap like its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from composer.blocks import Document, Inclusion, Item, Leaf, Section, walk_blocks
from composer.model.outputs import RenderedDocument
from composer.model.planned import Filled, Line, PlannedBlock, PlannedLeaf, PlannedList, PlannedSection, Segment, SegmentKind
from composer.records import dataclass, field, replace
from composer.source import Location, SourceFile
from composer.stages.layout.lists import list_marks

__all__ = ["lay_out_verbatim"]

_ID: Final = re.compile(r"[ \t]*\{#[^{}\s]+\}[ \t]*$")
_PROFILES: Final = "profiles/"
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_BOX: Final = re.compile(r"\[[ xX]\][ \t]*$")
_BLANK_END: Final = re.compile(r"(?:\A|\n)(?P<blank>(?:[^\S\n]*\n)*[^\S\n]*)\Z")


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """One run of words. ``prefix`` goes before its first line, ``hanging`` before the others, where it has no line in a fragment."""

    line: Line
    prefix: str
    hanging: str
    around: PlannedList | None = None
    has_new_mark: bool = False

    @property
    def is_written(self) -> bool:
        """Whether it stands in a fragment, and not in an edit."""
        return not self.line.trace.layer.startswith(_PROFILES) and bool(self.line.text.lines)


@dataclass(slots=True)
class _Lines:
    """The offsets of the lines with words, and of those with an include; others that are not blank are looked through.

    ``starts`` are the offsets of the first words of each run of text, by its order.
    """

    words: set[int] = field(default_factory=set)
    includes: set[int] = field(default_factory=set)
    starts: dict[int, int] = field(default_factory=dict)


def lay_out_verbatim(document: RenderedDocument) -> RenderedDocument:
    """Lay out one agent: the body's segments, in order."""
    printer = _Printer()
    home = document.plan.agent.fragment.document
    body = list(printer.print_runs(_runs(document.blocks, "")))
    blank = _blank_end(home, printer.end_in(home)) if body or not home.blocks else ""
    if blank:
        body.append(Segment(blank, SegmentKind.LAYOUT, home.location))
    return replace(document, body=tuple(body))


def _blank_end(home: Document, printed: int) -> str:
    """Return the blank lines at the end of the agent's own text, as far as they are not printed yet, as those of an open code block are."""
    text = home.source.text
    found = _BLANK_END.search(text, max(home.location.start - 1, 0))
    start = found.start("blank") if found is not None else len(text)
    return text[max(start, printed, home.location.start) :]


# --- blocks -> runs ---------------------------------------------------------------------------------------------------


def _runs(blocks: Iterable[PlannedBlock], indent: str) -> Iterator[_Run]:
    for block in blocks:
        match block:
            case PlannedLeaf():
                blanks = indent + " " * block.line.slot.indent
                yield _Run(block.line, blanks, blanks)
            case PlannedList():
                yield from _list_runs(block, indent)
            case PlannedSection():
                if block.title is not None:
                    yield _Run(block.title, f"{'#' * block.level} ", "")
                yield from _runs(block.body, indent)


def _list_runs(block: PlannedList, indent: str) -> Iterator[_Run]:
    column = _list_indent(block)
    outer = indent if column is None else column
    marks = list_marks(block) if not block.is_joined else [item.mark or _model_mark(block) for item in block.items]
    for item, mark in zip(block.items, marks, strict=True):
        run = _Run(item.line, outer + mark, outer + " " * len(mark), block, mark.rstrip() != item.mark.rstrip())
        inner = run.hanging
        if run.is_written:
            inner = re.sub(r"[^\s]", " ", _BOX.sub("", _prefix(item.line.text.source, item.line.text.lines[0].offset)))
        yield run
        yield from _runs(item.body, inner)


def _model_mark(block: PlannedList) -> str:
    return next((item.mark for item in block.items if item.mark), "- ")


def _list_indent(block: PlannedList) -> str | None:
    """Return the blanks before the list's items as they are written; None where an edit brought the whole list."""
    for item in block.items:
        if item.mark and not item.line.trace.layer.startswith(_PROFILES) and item.line.text.lines:
            prefix = _prefix(item.line.text.source, item.line.text.lines[0].offset)
            return prefix[: len(prefix) - len(prefix.lstrip())]
    for item in block.items:  # none is written: one that is replaced was
        replaced = item.line.trace.replaces
        if replaced is not None and _is_fragment(item.line.slot.head[0]):
            return _prefix(replaced.source, _first_words(replaced))
    return None


def _prefix(source: SourceFile, offset: int) -> str:
    return source.text[source.text.rfind("\n", 0, offset) + 1 : offset]


# --- runs -> segments -------------------------------------------------------------------------------------------------


class _Printer:
    """Prints runs one after the other; knows the lines of each source that it met."""

    def __init__(self) -> None:
        self._lines: dict[Document, _Lines] = {}
        self._last: _Run | None = None
        self._printed: set[tuple[SourceFile, int]] = set()
        """The last line of each run, and all lines of what an edit stands in for, by where they begin."""
        self._lists: set[PlannedList] = set()

    def end_in(self, document: Document) -> int:
        """Return the offset below the last line that was printed, if it stands in ``document``."""
        if self._last is None or not self._last.is_written or self._last.line.text.source is not document.source:
            return 0
        line = self._last.line.text.lines[-1]
        return line.offset + len(line.text) + 1

    def print_runs(self, runs: Iterable[_Run]) -> Iterator[Segment]:
        above: _Run | None = None
        for run in runs:
            gap = self._gap(above, run)
            if gap:
                yield _layout(gap, run)
            yield from _print_run(run)
            above = self._last = run
            self._printed.update(_places_taken(run))
            if run.around is not None:
                self._lists.add(run.around)

    def _gap(self, above: _Run | None, run: _Run) -> str:
        """Return the blank lines above a run."""
        slot = run.line.slot
        start = self._start(run)
        if start is not None:
            return self._written_gap(above, run, start)
        if above is None:
            return ""
        if slot.head[0].source is not run.line.text.source or above.line.slot.is_followed_by(slot):
            return "\n" * slot.gap
        if run.around is not None and run.around in self._lists:
            return "\n" if run.around.is_tight is False else ""
        return "\n"

    def _start(self, run: _Run) -> int | None:
        """Return where a run, or what it stands in for, has its first words in a fragment; None for what an edit inserted."""
        document, order = run.line.slot.head
        if run.is_written and document.source is run.line.text.source:
            return run.line.text.lines[0].offset
        return self._lines_of(document).starts.get(order) if _is_fragment(document) else None

    def _written_gap(self, above: _Run | None, run: _Run, start: int) -> str:
        via = run.line.trace.via
        others = above.line.trace.via if above is not None else ()
        shared = 0
        while shared < min(len(via), len(others)) and via[shared] == others[shared]:
            shared += 1
        if shared < len(via):
            return self._blank_above(via[shared].source, via[shared].start, None, ends_at_words=True)
        if above is not None and _is_next_round(above, run):
            return "\n" if run.around is not None and run.around.is_tight is False else ""
        is_near = above is None or above.line.slot.is_followed_by(run.line.slot) or run.around in self._lists
        document = run.line.slot.head[0]
        gap = self._blank_above(document.source, start, document, ends_at_words=is_near)
        is_below_insertion = above is not None and not _is_fragment(above.line.slot.tail[0]) and not is_near
        return "\n" if is_below_insertion and not gap and not run.prefix[:1].isspace() else gap

    def _blank_above(self, source: SourceFile, offset: int, document: Document | None, *, ends_at_words: bool) -> str:
        """Return the longest run of blank lines above the line at ``offset``, up to one with an include, or with words that are printed.

        Where what stood above was left out, its own gap to what is above that now counts, too; unless ``ends_at_words`` is set.
        """
        text = source.text
        end = text.rfind("\n", 0, offset) + 1
        floor = document.location.start if document is not None else 0
        longest, bottom = "", end
        while end > floor:
            start = text.rfind("\n", 0, end - 1) + 1
            if text[start:end].strip():
                longest = max(longest, text[end:bottom], key=len)
                if document is None or start in self._lines_of(document).includes:
                    return longest
                if start in self._lines_of(document).words and (ends_at_words or (source, start) in self._printed):
                    return longest
                bottom = start
            end = start
        return max(longest, text[end:bottom], key=len)

    def _lines_of(self, document: Document) -> _Lines:
        lines = self._lines.get(document)
        if lines is None:
            lines = self._lines[document] = _Lines()
            text = document.source.text
            for block, _ in walk_blocks(document.blocks):
                if isinstance(block, Section | Item | Leaf):
                    words = block.title if isinstance(block, Section) else block.text
                    if words is None or block.unit is None or not words.lines:
                        continue
                    lines.starts[block.unit.order] = words.lines[0].offset
                    lines.words.update(text.rfind("\n", 0, line.offset) + 1 for line in words.lines)
                if isinstance(block, Inclusion):
                    lines.includes.add(text.rfind("\n", 0, block.target.start) + 1)
        return lines


def _is_fragment(document: Document) -> bool:
    """Whether a document is a fragment, and not the text of an edit."""
    return not document.source.path.startswith(_PROFILES)


def _is_next_round(above: _Run, run: _Run) -> bool:
    """Whether a loop begins anew between two runs: the second stands above the first in their source, or is the same."""
    first, second = above.line, run.line
    is_same_source = above.is_written and first.text.source is second.text.source and first.trace.via == second.trace.via
    return is_same_source and first.text.lines[0].offset >= second.text.lines[0].offset


def _places_taken(run: _Run) -> Iterator[tuple[SourceFile, int]]:
    """Give where the lines begin that a run, or what it stands in for, has in its source; of a run itself the last is enough."""
    replaced = run.line.trace.replaces
    if replaced is not None:
        text = replaced.source.text
        first = text.rfind("\n", 0, replaced.start) + 1
        yield replaced.source, first
        yield from ((replaced.source, found.end()) for found in re.finditer("\n", text[: replaced.end]) if found.end() > first)
    elif run.is_written:
        source = run.line.text.source
        yield source, source.text.rfind("\n", 0, run.line.text.lines[-1].offset) + 1


def _first_words(place: Location) -> int:
    """Return where the first character of a block stands that is no blank."""
    text = place.text
    return place.start + len(text) - len(text.lstrip())


def _print_run(run: _Run) -> Iterator[Segment]:
    if _is_whole_lines(run):
        yield from run.line.filled
        yield _layout("\n", run)
        return
    lines = list(_split_lines(run.line.filled))
    written = run.line.text.lines
    source = run.line.text.source
    if not run.is_written or len(lines) > len(written):
        yield from _print_new(run, lines)
        return
    for position, line in enumerate(written):
        prefix = _prefix(source, line.offset)
        if run.has_new_mark and not position:
            prefix = run.prefix
        if prefix:
            yield _layout(prefix, run)
        yield from lines[position] if position < len(lines) else ()
        end = source.text.find("\n", line.offset)
        rest = source.text[line.offset + len(line.text) : end if end >= 0 else len(source.text)]
        yield _layout(f"{_ID.sub('', rest)}\n", run)


def _is_whole_lines(run: _Run) -> bool:
    """Whether a run is lines of its source from the first character to the last, as most of an imported agent is."""
    lines, source = run.line.text.lines, run.line.text.source
    if not run.line.text.plain or not run.is_written or run.prefix.strip():
        return False
    start, end = lines[0].offset, lines[-1].offset + len(lines[-1].text)
    is_start = start == 0 or source.text[start - 1] == "\n"
    return is_start and source.text[end : end + 1] in {"", "\n"} and end - start == sum(len(line.text) + 1 for line in lines) - 1


def _print_new(run: _Run, lines: Iterable[Filled]) -> Iterator[Segment]:
    """Print what no fragment has a line for."""
    prefix = run.prefix
    for line in lines or [()]:
        if prefix and any(segment.text for segment in line):
            yield _layout(prefix, run)
        yield from line
        yield _layout("\n", run)
        prefix = run.hanging


def _split_lines(filled: Filled) -> Iterator[Filled]:
    """Cut a filled text into lines, without their line ends."""
    line: list[Segment] = []
    for segment in filled:
        for piece in _LINE.findall(segment.text):
            words = piece.removesuffix("\n")
            if words:
                line.append(segment if words == segment.text else replace(segment, text=words))
            if piece.endswith("\n"):
                yield tuple(line)
                line = []
    if line:
        yield tuple(line)


def _layout(text: str, run: _Run) -> Segment:
    location: Location = run.line.trace.location
    return Segment(text, SegmentKind.LAYOUT, location, run.line.trace)
