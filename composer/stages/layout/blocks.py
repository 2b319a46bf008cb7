"""The walk over the blocks of an agent, each looked at with what holds around it: blocks -> stretches, from top to bottom.

A block that agents share is laid out by itself and kept, which only goes where no list in it is one with a list beside it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from composer.blocks import LeafKind
from composer.model.planned import PlannedBlock, PlannedItem, PlannedLeaf, PlannedList, PlannedSection, Segment, SegmentKind
from composer.model.sources import Look
from composer.records import dataclass, field, replace
from composer.stages.layout.joins import connected
from composer.stages.layout.lists import MARK, Edge, JoinedList, edge, join_lists, list_marks, top_lists
from composer.stages.layout.runs import PrintedItem, Role, Run, Stretch, print_run, trimmed, without_blank_lines
from composer.stages.layout.sections import sentences_run, title_role, title_segments

__all__ = ["Shared", "lay_body"]

_LEAF_ROLES: Final = {
    LeafKind.PARAGRAPH: Role.TEXT,
    LeafKind.CODE: Role.CODE,
    LeafKind.TABLE: Role.TABLE,
    LeafKind.QUOTE: Role.QUOTE,
    LeafKind.MARKUP: Role.MARKUP,
    LeafKind.RULE: Role.RULE,
    LeafKind.OPAQUE: Role.OPAQUE,
    LeafKind.AS_WRITTEN: Role.OPAQUE,
}

Shared = Mapping[PlannedBlock | PlannedItem, dict[Hashable, Any]]
"""The layouts that agents share, by block or item: of a block by indentation, looks and number, of an item by mark and indentation."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What holds for the blocks inside a block: indentation, the looks of the sections below, and the lists around.

    ``laid`` has the layouts that agents share; None where the lists around or beside a block may change its own. ``printed`` is the same
    where nothing is shared but items as they are printed, which no list around them changes.
    """

    indent: int
    looks: tuple[Look, ...]
    lists: tuple[PlannedList, ...] = ()
    joined: Mapping[PlannedList, JoinedList] = field(default_factory=dict)
    laid: Shared | None = None
    printed: Shared | None = None

    def below(self) -> tuple[Look, ...]:
        """Return the looks one level deeper: the last one holds for all that follow."""
        return self.looks[1:] or self.looks


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """A block laid out by itself, and the lists that it begins and ends with, as joins of lists see them.

    ``edges`` is None for a block that prints nothing between the lists around it.
    """

    stretch: Stretch | None
    edges: tuple[Edge, Edge] | None


def lay_body(blocks: Sequence[PlannedBlock], looks: tuple[Look, ...], laid: Shared | None) -> list[Stretch]:
    """Lay out the blocks of one agent, from top to bottom.

    Args:
        blocks: The blocks, filled.
        looks: How sections are printed, by level.
        laid: The layouts of blocks that agents share; those that are missing are added. None if nothing is shared.
    """
    stretches = _lay_apart(blocks, looks, laid) if laid is not None else None
    if stretches is None:
        joined = join_lists(top_lists(blocks, 0, looks))
        stretches = list(_lay_blocks(blocks, _Frame(0, looks, (), joined, printed=laid)))
    return stretches


# --- layouts that agents share ----------------------------------------------------------------------------------------


def _lay_apart(blocks: Iterable[PlannedBlock], looks: tuple[Look, ...], laid: Shared) -> list[Stretch] | None:
    """Lay out each block by itself; None if lists of two of them are one list, so that they cannot be."""
    stretches: list[Stretch] = []
    above: Edge = None
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
    lists = list(top_lists((block,), frame.indent, frame.looks))
    joined = join_lists(lists)
    inner = _Frame(frame.indent, frame.looks, (), joined, None if joined else frame.laid, frame.printed)
    edges = (edge(lists[0]), edge(lists[-1])) if lists else None
    stretch = connected(_lay_block(block, number, inner))
    if layouts is not None and stretch is not None:
        stretch = replace(stretch, joins={})
    found = _Laid(stretch, edges)
    if layouts is not None:
        layouts[key] = found
    return found


def _printed_number(block: PlannedBlock, number: int, looks: tuple[Look, ...]) -> int:
    """Return the number of a section if its look prints it, so that sections without are alike wherever they stand."""
    if not isinstance(block, PlannedSection):
        return 0
    look = (block.looks or looks)[0]
    return number if look.as_sentences or "{number}" in look.title or "{number}" in look.end else 0


# --- blocks -> stretches ----------------------------------------------------------------------------------------------


def _lay_blocks(blocks: Iterable[PlannedBlock], frame: _Frame) -> Iterator[Stretch]:
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


def _lay_block(block: PlannedBlock, number: int, frame: _Frame) -> Iterator[Stretch]:
    match block:
        case PlannedLeaf():
            yield print_run(_leaf_run(block, frame))
        case PlannedList():
            yield from _lay_list(block, frame)
        case PlannedSection():
            yield from _lay_section(block, number, frame)


def _leaf_run(leaf: PlannedLeaf, frame: _Frame) -> Run:
    role = _LEAF_ROLES[leaf.kind]
    keeps_blanks = role in {Role.CODE, Role.OPAQUE, Role.MARKUP}
    segments = trimmed(leaf.line.filled) if keeps_blanks else without_blank_lines(leaf.line.filled)
    return Run(role, segments, leaf.line.trace, leaf.line.slot, frame.indent + leaf.line.slot.indent, lists=frame.lists)


def _lay_list(block: PlannedList, frame: _Frame) -> Iterator[Stretch]:
    joined = frame.joined.get(block) or JoinedList(block, list_marks(block))
    lists = (*frame.lists, joined.whole)
    for item, mark in zip(block.items, joined.marks, strict=True):
        indent = frame.indent + item.line.slot.indent
        known = frame.printed.get(item) if frame.printed is not None else None
        printed: PrintedItem | None = known.get((mark, indent)) if known is not None else None
        if printed is None:
            printed = _print_item(item, mark, indent)
            if known is not None:
                known[mark, indent] = printed
        yield printed.in_lists(lists)
        yield from _lay_blocks(item.body, _Frame(indent + printed.run.hanging, frame.below(), lists, printed=frame.printed))


def _print_item(item: PlannedItem, mark: str, indent: int) -> PrintedItem:
    """Print what stands beside the mark of an item."""
    marks = (Segment(mark, SegmentKind.LAYOUT, item.line.trace.location, item.line.trace),)
    bullet = MARK.match(mark)
    # A check box belongs to the mark, but what stands below lines up with the bullet's text.
    width = len(mark) - len(bullet["box"] or "") if bullet is not None else len(mark)
    segments = without_blank_lines(item.line.filled)
    interrupts = (bullet is None or bullet["number"] in {None, "1"}) and bool(segments)
    stretch = print_run(Run(Role.ITEM, segments, item.line.trace, item.line.slot, indent, marks, width, (), interrupts))
    return PrintedItem(stretch.first, stretch.segments, stretch.text, stretch.names)


def _lay_section(section: PlannedSection, number: int, frame: _Frame) -> Iterator[Stretch]:
    if section.title is None:
        yield from _lay_blocks(section.body, frame)
        return
    looks = section.looks or frame.looks
    look, inner = looks[0], looks[1:] or looks
    if look.as_sentences:
        run, below = sentences_run(section, section.title, number, look, frame.indent, frame.lists)
        yield print_run(run)
        yield from _lay_blocks(below, _Frame(frame.indent + run.hanging, inner, frame.lists))
        return
    title = title_segments(look.title, section, section.title, number)
    mark = f"{number}. " if look.title.startswith("{number}") else ""
    indent = frame.indent + (max(look.indent, len(mark)) if look.indent else 0)
    body = _Frame(indent, inner, frame.lists, frame.joined, frame.laid, frame.printed)
    if title:
        interrupts = number == 1 or not mark
        yield print_run(Run(title_role(look), title, section.title.trace, section.title.slot, frame.indent, interrupts=interrupts))
    stretches = _lay_blocks(section.body, body)
    first = next(stretches, None)
    if first is not None:
        if look.gap is not None and title:
            first = replace(first, first=replace(first.first, gap_above=look.gap))
        yield first
        yield from stretches
    if look.end:
        end = title_segments(look.end, section, section.title, number)
        yield print_run(Run(Role.MARKUP, end, section.title.trace, None, frame.indent, gap_above=look.gap))
