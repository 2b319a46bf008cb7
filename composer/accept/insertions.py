"""Proposals for blocks that came."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from composer.accept.changes import LineChange
from composer.accept.definitions import block_of, fragment_of, fresh_id, is_in_profile, node_at
from composer.accept.drafts import AddEntry, SourceChange, Splice
from composer.accept.newcomers import Newcomer, read_block, read_items, read_section, written_lines
from composer.accept.placing import addressed, lines_of, nearest_id, neighbours_of
from composer.accept.printed import Node, PrintedFile
from composer.accept.proposals import Proposal, Scope, Setting
from composer.blocks import Block, Item
from composer.model.planned import PlannedItem, PlannedList, PlannedSection
from composer.model.yaml_nodes import YamlMapping, YamlScalar
from composer.yaml_text.rewrite import BlockText

__all__ = ["propose_insertion"]

_FAR: Final = 20


def propose_insertion(setting: Setting, change: LineChange) -> Iterator[Proposal]:
    """Give the ways to bring in the blocks that were written between others.

    Raises:
        RefusedChangeError: where what was written can stand in no source.
    """
    lines = written_lines(change.new)
    indent = min(len(line) - len(line.lstrip(" ")) for line in lines if line.strip())
    dedented = [line[indent:] for line in lines]
    items = read_items(dedented)
    above, below = neighbours_of(setting.printed, change)
    for anchor, verb, section in _section_anchors(setting, above, below, dedented):
        for scope in setting.scopes(anchor.trace.layer):
            yield from _insertions(setting, scope, anchor, verb, [section])
    for anchor, verb in _anchors(setting.printed, above, below, indent, is_item=bool(items)):
        newcomers = items if items and _takes_items(anchor, verb) else [read_block(setting, dedented, anchor)]
        for scope in setting.scopes(anchor.trace.layer):
            yield from _insertions(setting, scope, anchor, verb, newcomers)


def _section_anchors(
    setting: Setting, above: Node | None, below: Node | None, lines: Sequence[str]
) -> Iterator[tuple[Node, str, Newcomer]]:
    """Give the sections that lines with a title stand beside, or in, by the level of their title."""
    if above is not None:
        for node in (above, *above.around()):
            closes = node.extent is not None and node.extent[1] == above.last
            if closes and (section := read_section(setting, lines, node)) is not None:
                yield node, "after", section
            if closes and (section := read_section(setting, lines, node, is_inside=True)) is not None:
                yield node, "last", section
    if below is not None and (section := read_section(setting, lines, below)) is not None:
        yield below, "before", section


def _anchors(printed: PrintedFile, above: Node | None, below: Node | None, indent: int, *, is_item: bool) -> Iterator[tuple[Node, str]]:
    """Give blocks that the new ones may stand beside or in, those that read best first."""
    found: list[tuple[int, Node, str]] = []
    rank = 0
    if above is not None:
        if isinstance(above.planned, PlannedSection):
            found.append((_unfit_inside(printed, above, indent, is_item=is_item), above, "first"))
        for node in (above, *above.around()):
            rank += 1
            closes = node is above or (node.extent is not None and above.last == node.extent[1])
            if closes and not (isinstance(node.planned, PlannedSection) and node is above and node.children):
                found.append((rank + _unfit(printed, node, indent, is_item=is_item), node, "after"))
            if isinstance(node.planned, PlannedSection | PlannedList) and closes:
                found.append((rank + 1 + _unfit_inside(printed, node, indent, is_item=is_item), node, "last"))
    if below is not None:
        rank = 2
        for node in (below, *below.around()):
            rank += 1
            opens = node is below or (node.extent is not None and below.first == node.extent[0])
            if opens:
                found.append((rank + _unfit(printed, node, indent, is_item=is_item), node, "before"))
            if isinstance(node.planned, PlannedList) and opens:
                found.append((rank + 1 + _unfit_inside(printed, node, indent, is_item=is_item), node, "first"))
    for _, node, verb in sorted(found, key=lambda entry: entry[0]):
        yield node, verb


def _unfit(printed: PrintedFile, node: Node, indent: int, *, is_item: bool) -> int:
    """Say how badly a newcomer goes beside a block: an item belongs beside items that stand as far in."""
    if isinstance(node.planned, PlannedItem) != is_item:
        return _FAR
    line = printed.lines[node.extent[0]] if node.extent is not None else ""
    return 0 if len(line) - len(line.lstrip(" ")) == indent else _FAR // 2


def _unfit_inside(printed: PrintedFile, node: Node, indent: int, *, is_item: bool) -> int:
    if isinstance(node.planned, PlannedList):
        return _unfit(printed, node.children[0], indent, is_item=is_item) if node.children else _FAR
    return _FAR // 4 if is_item else 0


def _takes_items(anchor: Node, verb: str) -> bool:
    return isinstance(anchor.planned, PlannedItem) if verb in {"before", "after"} else isinstance(anchor.planned, PlannedList)


def _insertions(setting: Setting, scope: Scope, anchor: Node, verb: str, newcomers: Sequence[Newcomer]) -> Iterator[Proposal]:
    if scope is Scope.FRAGMENT and not is_in_profile(anchor.trace.layer):
        yield from _into_fragment(setting, anchor, verb, newcomers)
        return
    named = addressed(anchor, setting)
    if named is None:
        return
    address, first = named
    source = setting.draft.index.catalog.profiles[setting.profile].source
    level = Scope.AGENT if scope is Scope.AGENT else Scope.PROFILE
    keys = setting.keys(level, "edits", address, verb)
    names: list[str] = []
    changes: list[SourceChange] = []
    for newcomer in newcomers:
        name = _fresh(newcomer, anchor, f"profiles/{setting.profile}", names, setting)
        names.append(name)
        changes.append(AddEntry(source.path, (*keys, name), BlockText(newcomer.text)))
    about = f"insert {', '.join(f'`{name}`' for name in names)} {verb} {address} in {source.path}"
    yield Proposal(scope, about, (*first, *changes))
    existing = node_at(source, keys)
    if isinstance(existing, YamlMapping) and existing.entries:
        # What stands nearest to the anchor is written first there.
        earlier = [key for key in existing.entries if isinstance(existing.entries[key], YamlScalar)]
        for key in earlier:
            moved = [
                AddEntry(change.path, change.keys, change.value, after=key) for change in reversed(changes) if isinstance(change, AddEntry)
            ]
            yield Proposal(scope, about, (*first, *moved))


def _fresh(newcomer: Newcomer, anchor: Node, home: str, taken: Collection[str], setting: Setting) -> str:
    """Make an id of a newcomer's words; where they have none that an id can be made of, it is an addition to what stands around."""
    name = fresh_id(newcomer.words, f"{nearest_id(anchor)}-addition", home, setting.draft)
    base, number = name, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _into_fragment(setting: Setting, anchor: Node, verb: str, newcomers: Sequence[Newcomer]) -> Iterator[Proposal]:
    """Write the new blocks into the fragment, beside the lines of a block."""
    block = block_of(anchor, setting.draft)
    fragment = fragment_of(anchor.trace.layer, setting.draft)
    if block is None or fragment is None or verb in {"first", "last"}:
        return
    text = fragment.source.text
    start, end = lines_of(block)
    own = text[start:end]
    lead = own[: len(own) - len(own.lstrip(" \t"))]
    has_ids = block.identifier is not None
    names: list[str] = []
    written: list[str] = []
    for newcomer in newcomers:
        name = _fresh(newcomer, anchor, fragment.id, names, setting)
        names.append(name)
        written.append(_source_lines(newcomer, name if has_ids else "", lead, block))
    is_item = isinstance(block, Item)
    between = "" if is_item else "\n"
    body = between.join(written)
    about = f"write {', '.join(f'`{name}`' for name in names) if has_ids else 'a block'} into {fragment.source.path}"
    if verb == "before":
        splice = Splice(fragment.source.path, start, start, body + between)
    else:
        missing = "" if own.endswith("\n") else "\n"
        splice = Splice(fragment.source.path, end, end, missing + between + body)
    yield Proposal(Scope.FRAGMENT, about, (splice,))


def _source_lines(newcomer: Newcomer, name: str, lead: str, beside: Block) -> str:
    """Return a new block as lines of a fragment."""
    mark = beside.mark if isinstance(beside, Item) else ""
    lines = newcomer.text.split("\n")
    blanks = " " * len(mark)
    printed = [f"{lead}{mark}{lines[0]}", *(f"{lead}{blanks}{line}" if line.strip() else "" for line in lines[1:])]
    if name and (isinstance(beside, Item) or newcomer.is_section):
        printed[0] += f" {{#{name}}}"
    elif name:
        printed[-1] += f" {{#{name}}}"
    return "\n".join(printed) + "\n"
