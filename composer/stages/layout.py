"""RenderedDocument -> the same, laid out: sections in their looks, marks and indentation given, and the gap at each join.

A gap belongs to the join of two runs of text: neighbours in a source keep the source's gap, all others get one by kind. So no edit, gate
or include can leave a double blank line, or none where Markdown needs one.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Any, Final

from composer.blocks import Block, Item, LeafKind, ListBlock, child_blocks
from composer.lookup.sharing import OPEN_NAME
from composer.model.outputs import RenderedDocument
from composer.model.planned import (
    Filled,
    Line,
    PlannedBlock,
    PlannedItem,
    PlannedLeaf,
    PlannedList,
    PlannedSection,
    Segment,
    SegmentKind,
    Segments,
    Slot,
    Trace,
)
from composer.model.sources import Look
from composer.records import dataclass, field, replace

__all__ = ["lay_out", "list_marks"]

BULLETS: Final = frozenset("-*+")
_MARK: Final = re.compile(r"^(?P<bullet>[-*+]|(?P<number>\d+)(?P<delimiter>[.)]))(?P<gap>\s*)(?P<box>\[[ xX]\]\s*)?$")
_PLACEHOLDER: Final = re.compile(r"\{(title|number|hashes|tag)\}")
# `str.splitlines` would also cut at characters that end no line in Markdown.
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_SENTENCE_END: Final = (".", "!", "?", ":", ";", "…")


class _Role(Enum):
    """What a run is to a Markdown parser, as far as joins care."""

    TEXT = auto()
    ITEM = auto()
    HEADING = auto()
    CODE = auto()
    TABLE = auto()
    QUOTE = auto()
    MARKUP = auto()
    TAG = auto()
    RULE = auto()
    OPAQUE = auto()


_LEAF_ROLES: Final = {
    LeafKind.PARAGRAPH: _Role.TEXT,
    LeafKind.CODE: _Role.CODE,
    LeafKind.TABLE: _Role.TABLE,
    LeafKind.QUOTE: _Role.QUOTE,
    LeafKind.MARKUP: _Role.MARKUP,
    LeafKind.RULE: _Role.RULE,
    LeafKind.OPAQUE: _Role.OPAQUE,
    LeafKind.AS_WRITTEN: _Role.OPAQUE,
}


_Shared = Mapping[PlannedBlock | PlannedItem, dict[Hashable, Any]]


@dataclass(slots=True)
class _Run:
    """One run of text, ready to print: its first line starts with ``mark``, the others with as many blanks."""

    role: _Role
    segments: Filled
    trace: Trace
    slot: Slot | None
    indent: int
    mark: Filled = ()
    hanging: int = 0
    lists: tuple[PlannedList, ...] = ()
    interrupts: bool = True
    gap_above: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """One or several runs as they are printed, with the gaps between them; the line end after the last belongs to the next join.

    ``names`` are the positions of the segments that the agent's name is to be put into.
    """

    first: _Run
    last: _Run
    segments: tuple[Segment, ...]
    text: str
    names: tuple[int, ...] = ()
    joins: dict[_Stretch, Segment] | None = None
    """The line ends between this and what stands below it, where agents share both."""


_Piece = tuple[_Stretch, Segment]
"""A stretch, and the line end below it, blank lines included."""


@dataclass(frozen=True, slots=True, eq=False)
class _PrintedItem:
    """An item as it is printed with one mark and indentation, whatever lists it stands in."""

    run: _Run
    segments: tuple[Segment, ...]
    text: str
    names: tuple[int, ...]

    def in_lists(self, lists: tuple[PlannedList, ...]) -> _Stretch:
        """Return the item as one of the last of these lists, which stand in each other."""
        one = self.run
        run = _Run(one.role, one.segments, one.trace, one.slot, one.indent, one.mark, one.hanging, lists, one.interrupts)
        return _Stretch(run, run, self.segments, self.text, self.names)


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """A block laid out by itself, and the lists that it begins and ends with, as joins of lists see them.

    ``edges`` is None for a block that prints nothing between the lists around it.
    """

    stretch: _Stretch | None
    edges: tuple[_Edge, _Edge] | None


_Edge = tuple[str, int] | None
"""The kind of a list and its indentation; None for all else that is printed."""


@dataclass(frozen=True, slots=True)
class _Joined:
    """A list that is one with lists before or after it, though a section ends between them; ``marks`` are those of its own items."""

    whole: PlannedList
    marks: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What holds for the blocks inside a block: indentation, the looks of the sections below, and the lists around.

    ``laid`` has the layouts that agents share; None where the lists around or beside a block may change its own. ``printed`` is the same
    where nothing is shared but items as they are printed, which no list around them changes.
    """

    indent: int
    looks: tuple[Look, ...]
    lists: tuple[PlannedList, ...] = ()
    joined: Mapping[PlannedList, _Joined] = field(default_factory=dict)
    laid: _Shared | None = None
    printed: _Shared | None = None

    def below(self) -> tuple[Look, ...]:
        """Return the looks one level deeper: the last one holds for all that follow."""
        return self.looks[1:] or self.looks


def lay_out(document: RenderedDocument, laid: _Shared | None = None) -> RenderedDocument:
    """Lay out one agent: the body's segments, in order.

    Args:
        document: The agent with its texts filled.
        laid: The layouts of blocks that agents share; those that are missing are added.
    """
    looks = document.plan.agent.looks
    stretches = _lay_apart(document.blocks, looks, laid) if laid is not None else None
    if stretches is None:
        joined = _join_lists(_top_lists(document.blocks, 0, looks))
        stretches = list(_lay_blocks(document.blocks, _Frame(0, looks, (), joined, printed=laid)))
    if not stretches:
        return replace(document, body=(), body_text="")
    pieces = _with_ends(stretches)
    name = document.name
    return replace(document, body=Segments(lambda: _body(pieces, name)), body_text=_body_text(pieces, name))


def _body(pieces: Iterable[_Piece], name: str) -> tuple[Segment, ...]:
    """Return the segments of an agent, its name put in where it was left open."""
    segments, names = _strung(pieces)
    for position in names:
        segments[position] = replace(segments[position], text=name)
    return tuple(segments)


def _strung(pieces: Iterable[_Piece]) -> tuple[list[Segment], list[int]]:
    """String the segments of pieces together, beside the positions of those that the agent's name is to be put into."""
    segments: list[Segment] = []
    names: list[int] = []
    for stretch, end in pieces:
        names += [len(segments) + position for position in stretch.names]
        segments += (*stretch.segments, end)
    return segments, names


def _body_text(pieces: Iterable[_Piece], name: str) -> str:
    """Return the text of the same."""
    return "".join([part for stretch, end in pieces for part in (stretch.text, end.text)]).replace(OPEN_NAME, name)


# --- layouts that agents share ----------------------------------------------------------------------------------------


def _lay_apart(blocks: Iterable[PlannedBlock], looks: tuple[Look, ...], laid: _Shared) -> list[_Stretch] | None:
    """Lay out each block by itself; None if lists of two of them are one list, so that they cannot be."""
    stretches: list[_Stretch] = []
    above: _Edge = None
    number = 0
    frame = _Frame(0, looks, laid=laid, printed=laid)
    for block in blocks:
        if isinstance(block, PlannedSection) and block.title is not None:
            number += 1
        found = _lay_alone(block, number, frame)
        if found.edges is not None:
            if above is not None and found.edges[0] == above:
                return None
            above = found.edges[1]
        if found.stretch is not None:
            stretches.append(found.stretch)
    return stretches


def _lay_alone(block: PlannedBlock, number: int, frame: _Frame) -> _Laid:
    """Lay a block out by itself, or take the layout that it has in another agent."""
    layouts = frame.laid.get(block) if frame.laid is not None else None
    key = (frame.indent, frame.looks, _printed_number(block, number, frame.looks))
    known: _Laid | None = layouts.get(key) if layouts is not None else None
    if known is not None:
        return known
    lists = list(_top_lists((block,), frame.indent, frame.looks))
    joined = _join_lists(lists)
    inner = _Frame(frame.indent, frame.looks, (), joined, None if joined else frame.laid, frame.printed)
    edges = (_edge(lists[0]), _edge(lists[-1])) if lists else None
    stretch = _connected(_lay_block(block, number, inner))
    if layouts is not None and stretch is not None:
        stretch = replace(stretch, joins={})
    found = _Laid(stretch, edges)
    if layouts is not None:
        layouts[key] = found
    return found


def _edge(entry: tuple[PlannedList, int] | None) -> _Edge:
    return (entry[0].style, entry[1]) if entry is not None else None


def _printed_number(block: PlannedBlock, number: int, looks: tuple[Look, ...]) -> int:
    """Return the number of a section if its look prints it, so that sections without are alike wherever they stand."""
    if not isinstance(block, PlannedSection):
        return 0
    look = (block.looks or looks)[0]
    return number if look.as_sentences or "{number}" in look.title or "{number}" in look.end else 0


# --- lists on both sides of a section's end ---------------------------------------------------------------------------


def _top_lists(blocks: Iterable[PlannedBlock], indent: int, looks: tuple[Look, ...]) -> Iterator[tuple[PlannedList, int] | None]:
    """Give the lists that stand in no item, each with its indentation, and None for all else that is printed between them."""
    for block in blocks:
        match block:
            case PlannedLeaf():
                yield None
            case PlannedList():
                yield block, indent
            case PlannedSection(title=None):
                yield from _top_lists(block.body, indent, looks)
            case PlannedSection():
                own = block.looks or looks
                if own[0].title or own[0].as_sentences:
                    yield None
                if not own[0].as_sentences:
                    yield from _top_lists(block.body, indent + own[0].indent, own[1:] or own)
                if own[0].end:
                    yield None


def _join_lists(found: Iterable[tuple[PlannedList, int] | None]) -> Mapping[PlannedList, _Joined]:
    """Find lists with one kind of mark that nothing printed parts: to a Markdown parser they are one list."""
    groups: list[list[PlannedList]] = []
    last: tuple[str, int] | None = None
    for entry in found:
        kind = _edge(entry)
        if entry is not None and kind == last:
            groups[-1].append(entry[0])
        elif entry is not None:
            groups.append([entry[0]])
        last = kind
    joined: dict[PlannedList, _Joined] = {}
    for group in groups:
        if len(group) > 1:
            items = tuple(item for block in group for item in block.items)
            is_tight = next((block.is_tight for block in group if block.is_tight is not None), None)
            whole = replace(group[0], items=items, is_tight=is_tight, is_joined=True)
            marks = iter(list_marks(whole))
            joined |= {block: _Joined(whole, [next(marks) for _ in block.items]) for block in group}
    return joined


# --- blocks -> runs ---------------------------------------------------------------------------------------------------


def _lay_blocks(blocks: Iterable[PlannedBlock], frame: _Frame) -> Iterator[_Stretch]:
    number = 0
    for block in blocks:
        if isinstance(block, PlannedSection) and block.title is not None:
            number += 1
        if frame.laid is not None and block in frame.laid:
            stretch = _lay_alone(block, number, frame).stretch
            if stretch is not None:
                yield stretch
        else:
            yield from _lay_block(block, number, frame)


def _lay_block(block: PlannedBlock, number: int, frame: _Frame) -> Iterator[_Stretch]:
    match block:
        case PlannedLeaf():
            yield _printed(_leaf_run(block, frame))
        case PlannedList():
            yield from _lay_list(block, frame)
        case PlannedSection():
            yield from _lay_section(block, number, frame)


def _leaf_run(leaf: PlannedLeaf, frame: _Frame) -> _Run:
    role = _LEAF_ROLES[leaf.kind]
    keeps_blanks = role in {_Role.CODE, _Role.OPAQUE, _Role.MARKUP}
    segments = _trimmed(leaf.line.filled) if keeps_blanks else _without_blank_lines(leaf.line.filled)
    return _Run(role, segments, leaf.line.trace, leaf.line.slot, frame.indent + leaf.line.slot.indent, lists=frame.lists)


def _lay_list(block: PlannedList, frame: _Frame) -> Iterator[_Stretch]:
    joined = frame.joined.get(block) or _Joined(block, list_marks(block))
    lists = (*frame.lists, joined.whole)
    for item, mark in zip(block.items, joined.marks, strict=True):
        indent = frame.indent + item.line.slot.indent
        known = frame.printed.get(item) if frame.printed is not None else None
        printed: _PrintedItem | None = known.get((mark, indent)) if known is not None else None
        if printed is None:
            printed = _print_item(item, mark, indent)
            if known is not None:
                known[mark, indent] = printed
        yield printed.in_lists(lists)
        yield from _lay_blocks(item.body, _Frame(indent + printed.run.hanging, frame.below(), lists, printed=frame.printed))


def _print_item(item: PlannedItem, mark: str, indent: int) -> _PrintedItem:
    """Print what stands beside the mark of an item."""
    marks = (Segment(mark, SegmentKind.LAYOUT, item.line.trace.location, item.line.trace),)
    bullet = _MARK.match(mark)
    # A check box belongs to the mark, but what stands below lines up with the bullet's text.
    width = len(mark) - len(bullet["box"] or "") if bullet is not None else len(mark)
    segments = _without_blank_lines(item.line.filled)
    interrupts = (bullet is None or bullet["number"] in {None, "1"}) and bool(segments)
    stretch = _printed(_Run(_Role.ITEM, segments, item.line.trace, item.line.slot, indent, marks, width, (), interrupts))
    return _PrintedItem(stretch.first, stretch.segments, stretch.text, stretch.names)


def _lay_section(section: PlannedSection, number: int, frame: _Frame) -> Iterator[_Stretch]:
    if section.title is None:
        yield from _lay_blocks(section.body, frame)
        return
    looks = section.looks or frame.looks
    look, inner = looks[0], looks[1:] or looks
    if look.as_sentences:
        yield from _lay_inline(section, section.title, number, _Frame(frame.indent, looks, frame.lists))
        return
    title = _title_segments(look.title, section, section.title, number)
    mark = f"{number}. " if look.title.startswith("{number}") else ""
    indent = frame.indent + (max(look.indent, len(mark)) if look.indent else 0)
    body = _Frame(indent, inner, frame.lists, frame.joined, frame.laid, frame.printed)
    if title:
        interrupts = number == 1 or not mark
        yield _printed(_Run(_title_role(look), title, section.title.trace, section.title.slot, frame.indent, interrupts=interrupts))
    stretches = _lay_blocks(section.body, body)
    first = next(stretches, None)
    if first is not None:
        if look.gap is not None and title:
            first = replace(first, first=replace(first.first, gap_above=look.gap))
        yield first
        yield from stretches
    if look.end:
        end = _title_segments(look.end, section, section.title, number)
        yield _printed(_Run(_Role.MARKUP, end, section.title.trace, None, frame.indent, gap_above=look.gap))


def _title_role(look: Look) -> _Role:
    if look.title.startswith("{hashes}"):
        return _Role.HEADING
    if look.title.startswith("<"):
        return _Role.TAG
    return _Role.ITEM if look.title.startswith("{number}") else _Role.TEXT


def _title_segments(pattern: str, section: PlannedSection, title: Line, number: int) -> Filled:
    """Print a look's pattern: the title keeps its own segments, all else is layout."""
    words = "".join(segment.text for segment in title.filled).strip()
    if words.endswith((":", "?", "!")):
        pattern = pattern.replace("{title}:", "{title}")
    segments: list[Segment] = []
    for position, part in enumerate(_PLACEHOLDER.split(pattern)):
        if position % 2 == 0:
            text = part
        elif part == "title":
            segments.extend(_trimmed(title.filled))
            continue
        elif part == "hashes":
            text = "#" * section.level
        else:
            text = _tag(words) if part == "tag" else str(number)
        if text:
            segments.append(Segment(text, SegmentKind.LAYOUT, title.trace.location, title.trace))
    return tuple(segments)


def _tag(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "section"


def _lay_inline(section: PlannedSection, title: Line, number: int, frame: _Frame) -> Iterator[_Stretch]:
    """Put the title and the body's sentences on one line; what is no sentence stands below."""
    look = frame.looks[0]
    opening = _title_segments(look.title, section, title, number)
    segments = list(opening)
    below: list[PlannedBlock] = []
    tail = title.slot.tail
    for block in section.body:
        lines = list(_sentence_lines(block))
        if not lines:
            below.append(block)
        for line in lines:
            segments.append(Segment(" ", SegmentKind.LAYOUT, line.trace.location, line.trace))
            segments.extend(_sentence(line))
            tail = line.slot.tail
    slot = replace(title.slot, tail=tail)
    width = len(f"{number}. ") if look.title.startswith("{number}") else 0
    yield _printed(_Run(_title_role(look), tuple(segments), title.trace, slot, frame.indent, (), width, frame.lists, number == 1))
    yield from _lay_blocks(below, _Frame(frame.indent + width, frame.below(), frame.lists))


def _sentence_lines(block: PlannedBlock) -> Iterator[Line]:
    match block:
        case PlannedLeaf(kind=LeafKind.PARAGRAPH):
            yield block.line
        case PlannedList():
            for item in block.items if _is_made_of_lines(block) else ():
                if any(segment.text.strip() for segment in item.line.filled):
                    yield item.line
                for inner in item.body:
                    yield from _sentence_lines(inner)
        case _:
            return


def _is_made_of_lines(block: PlannedBlock) -> bool:
    """Whether a list holds items and lists of items, and nothing that cannot be a sentence."""
    return isinstance(block, PlannedList) and all(_is_made_of_lines(inner) for item in block.items for inner in item.body)


def _sentence(line: Line) -> Iterator[Segment]:
    """Give a text on one line, with a full stop at its end where it has no mark of its own."""
    segments = _trimmed(line.filled)
    for segment in segments:
        yield replace(segment, text=segment.text.replace("\n", " ")) if "\n" in segment.text else segment
    if segments and not segments[-1].text.rstrip().endswith(_SENTENCE_END):
        yield Segment(".", SegmentKind.LAYOUT, line.trace.location, line.trace)


# --- marks ------------------------------------------------------------------------------------------------------------


def list_marks(block: PlannedList) -> list[str]:
    """Give each item its mark: as written, or like its neighbours' where an edit brought it; numbered again where items came or went."""
    written = [item.mark for item in block.items]
    model = next((mark for mark in written if mark), None) or _origin_mark(block.origin)
    marks = [mark or _unchecked(model) for mark in written]
    if block.style in BULLETS or _is_whole(block):
        return [_spaced(mark) for mark in marks]
    numbers = [int(found["number"]) for mark in _origin_marks(block.origin) if (found := _MARK.match(mark)) and found["number"]]
    start, step = (numbers or [1])[0], 0 if len(numbers) > 1 and len(set(numbers)) == 1 else 1
    return [_spaced(_numbered(mark, start + step * position)) for position, mark in enumerate(marks)]


def _spaced(mark: str) -> str:
    return mark if mark.endswith((" ", "\t")) else f"{mark} "


def _unchecked(mark: str) -> str:
    return re.sub(r"\[[xX]\]", "[ ]", mark)


def _numbered(mark: str, number: int) -> str:
    return re.sub(r"^\d+", str(number), mark)


def _is_whole(block: PlannedList) -> bool:
    return not block.is_joined and all(item.mark for item in block.items) and len(block.items) == len(_origin_marks(block.origin))


def _origin_marks(origin: ListBlock) -> list[str]:
    return [item.mark for item in _items(origin.entries)]


def _origin_mark(origin: ListBlock) -> str:
    marks = _origin_marks(origin)
    return marks[0] if marks else ("- " if origin.style in BULLETS else f"1{origin.style} ")


def _items(entries: Iterable[Block]) -> Iterator[Item]:
    for entry in entries:
        if isinstance(entry, Item):
            yield entry
        else:
            yield from _items(child_blocks(entry))


# --- text -------------------------------------------------------------------------------------------------------------


def _trimmed(filled: Filled) -> Filled:
    """Take line ends off both ends of a filled text, and blanks off its end."""
    segments = list(filled)
    while segments and not segments[-1].text.rstrip():
        segments.pop()
    if segments and segments[-1].text[-1].isspace():
        segments[-1] = replace(segments[-1], text=segments[-1].text.rstrip())
    while segments and not segments[0].text.lstrip("\n"):
        segments.pop(0)
    if segments and segments[0].text.startswith("\n"):
        segments[0] = replace(segments[0], text=segments[0].text.lstrip("\n"))
    return tuple(segments)


def _without_blank_lines(filled: Filled) -> Filled:
    """Drop the lines of a paragraph that came out blank: they would cut it in two."""
    if not any("\n" in segment.text for segment in filled):
        return _trimmed(filled)
    kept: list[Segment] = []
    for line in _split_lines(filled):
        if "".join(segment.text for segment in line).strip():
            kept.extend(line)
    return _trimmed(tuple(kept))


def _split_lines(filled: Filled) -> Iterator[list[Segment]]:
    """Cut a filled text into lines; each keeps its line end."""
    line: list[Segment] = []
    for segment in filled:
        pieces = _LINE.findall(segment.text) if "\n" in segment.text else [segment.text]
        for piece in pieces:
            line.append(segment if piece == segment.text else replace(segment, text=piece))
            if piece.endswith("\n"):
                yield line
                line = []
    if line:
        yield line


# --- joins ------------------------------------------------------------------------------------------------------------


def _connected(stretches: Iterable[_Stretch]) -> _Stretch | None:
    """Put stretches one below the other, with the gap that each join has; None where there is none."""
    pieces = _with_ends(stretches)
    if len(pieces) < 2:  # noqa: PLR2004 - nothing to connect
        return pieces[0][0] if pieces else None
    segments, names = _strung(pieces)
    segments.pop()  # the line end below it, which belongs to the next join
    text = "".join([segment.text for segment in segments])
    return _Stretch(pieces[0][0].first, pieces[-1][0].last, tuple(segments), text, tuple(names))


def _with_ends(stretches: Iterable[_Stretch]) -> list[_Piece]:
    """Give each stretch with the line end below it: the gap of a join is that of the stretch above."""
    pieces: list[_Piece] = []
    above: _Stretch | None = None
    for below in stretches:
        if above is not None:
            end = above.joins.get(below) if above.joins is not None else None
            pieces.append((above, end or _join(above, below)))
        above = below
    if above is not None:
        pieces.append((above, _line_end(above.last, 0)))
    return pieces


def _join(above: _Stretch, below: _Stretch) -> Segment:
    """Return the line end between two stretches, blank lines included."""
    end = _line_end(above.last, _gap(above.last, below.first))
    if above.joins is not None and below.joins is not None:
        above.joins[below] = end
    return end


def _line_end(run: _Run, blank_lines: int) -> Segment:
    return Segment("\n" * (1 + blank_lines), SegmentKind.LAYOUT, run.trace.location, run.trace)


def _printed(run: _Run) -> _Stretch:
    segments = tuple(_print_run(run))
    text = "".join([segment.text for segment in segments])
    names = [position for position, segment in enumerate(segments) if segment.text == OPEN_NAME] if OPEN_NAME in text else ()
    return _Stretch(run, run, segments, text, tuple(names))


def _print_run(run: _Run) -> Iterator[Segment]:
    blanks = " " * run.indent
    if blanks:
        yield Segment(blanks, SegmentKind.LAYOUT, run.trace.location, run.trace)
    lines = list(_split_lines(run.segments))
    if not any(segment.text for line in lines for segment in line):
        yield from (replace(mark, text=mark.text.rstrip()) for mark in run.mark)
        return
    yield from run.mark
    hanging = " " * (run.indent + run.hanging)
    for position, line in enumerate(lines):
        if position and hanging and "".join(segment.text for segment in line).strip():
            yield Segment(hanging, SegmentKind.LAYOUT, run.trace.location, run.trace)
        yield from (segment for segment in line if segment.text)


def _gap(above: _Run, below: _Run) -> int:
    """Return the number of blank lines between two runs."""
    if _is_first_under_mark(above, below):
        return 0
    gap = _wanted_gap(above, below)
    return 1 if gap == 0 and _needs_blank(above, below) else gap


def _wanted_gap(above: _Run, below: _Run) -> int:
    if below.gap_above is not None:
        return below.gap_above
    own = below.lists[-1] if below.role is _Role.ITEM and below.lists else None
    shares_list = own is not None and any(own is around for around in above.lists)
    is_neighbour = above.slot is not None and below.slot is not None and above.slot.is_followed_by(below.slot)
    if is_neighbour and below.slot is not None and not (shares_list and own is not None and own.is_joined):
        return below.slot.gap
    if own is not None and shares_list:
        return 1 if own.is_tight is False else 0
    if own is not None and above.role is _Role.ITEM and above.lists and above.lists == below.lists[:-1]:
        # A blank line above a list inside an item makes the list around that item a loose one.
        return 1 if own.is_tight is False and above.lists[-1].is_tight is False else 0
    return 1


def _is_first_under_mark(above: _Run, below: _Run) -> bool:
    """Whether ``below`` stands inside an item that has no text of its own: a blank line under the mark alone would end the item."""
    if above.role is not _Role.ITEM or not above.mark or any(segment.text.strip() for segment in above.segments):
        return False
    is_next_item = below.role is _Role.ITEM and below.lists == above.lists
    return above.lists == below.lists[: len(above.lists)] and not is_next_item


def _needs_blank(above: _Run, below: _Run) -> bool:
    """Whether two runs without a blank line between them would be read as one, or as something else."""
    if above.role is _Role.ITEM is below.role:  # as for any list below; asked first, for most joins are such
        return not _is_within_list(above, below) and not below.interrupts
    match above.role, below.role:
        case (_, _Role.TAG):
            # A heading may stand right below a text; the tag in its place would be read as a part of that text.
            return above.role not in {_Role.HEADING, _Role.CODE, _Role.RULE, _Role.TAG}
        case (_Role.TAG, _):
            return False
        case (_Role.HEADING, _) | (_, _Role.HEADING) | (_Role.CODE, _) | (_Role.RULE, _):
            return False
        case (_Role.MARKUP | _Role.OPAQUE, _) | (_, _Role.OPAQUE):
            return not (above.slot is not None and below.slot is not None and above.slot.is_followed_by(below.slot))
        case (_, _Role.ITEM):
            return not _is_within_list(above, below) and not below.interrupts
        case (_, _Role.CODE | _Role.QUOTE | _Role.MARKUP):
            return above.role is _Role.QUOTE and below.role is _Role.QUOTE
        case _:
            return True


def _is_within_list(above: _Run, below: _Run) -> bool:
    """Whether the list of an item is one of those that the run above it stands in."""
    return bool(below.lists) and any(below.lists[-1] is around for around in above.lists)
