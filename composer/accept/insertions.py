"""Proposals for blocks that came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from composer.accept.changes import LineChange
from composer.accept.definitions import block_of, fragment_of, fresh_id, is_in_profile, node_at
from composer.accept.drafts import AddEntry, SourceChange, Splice
from composer.accept.inverse import SYNTAX, Reason, RefusedChangeError
from composer.accept.placing import lines_of, neighbours_of, with_id
from composer.accept.printed import Node, PrintedFile
from composer.accept.proposals import Proposal, Scope, Setting
from composer.blocks import Block, Item
from composer.model import PlannedItem, PlannedList, PlannedSection, YamlMapping, YamlScalar
from composer.yaml_text.rewrite import BlockText

__all__ = ["ITEM", "propose_insertion"]

ITEM: Final = re.compile(r"(?P<mark>(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)(?P<text>.*)")
"""A line that begins an item: its mark, and its words."""


@dataclass(frozen=True, slots=True)
class _Newcomer:
    """A block that was written into an output: its text without mark and indentation, and the mark of an item."""

    text: str
    mark: str


def propose_insertion(setting: Setting, change: LineChange) -> Iterator[Proposal]:
    """Give the ways to bring in the blocks that were written between others."""
    lines = list(change.new)
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise RefusedChangeError(Reason.LAYOUT, "only blank lines changed here, and those come from the layout")
    if any(mark in line for line in lines for mark in SYNTAX):
        raise RefusedChangeError(Reason.SYNTAX, "the new words hold `{{`, `{%` or `{#`, which templates read as their own syntax")
    indent = min(len(line) - len(line.lstrip(" ")) for line in lines if line.strip())
    dedented = [line[indent:] for line in lines]
    items = _as_items(dedented)
    above, below = neighbours_of(setting.printed, change)
    for anchor, verb in _anchors(setting.printed, above, below, indent, is_item=bool(items)):
        newcomers = items if items and _takes_items(anchor, verb) else [_Newcomer("\n".join(dedented), "")]
        for scope in setting.scopes(anchor.trace.layer):
            yield from _insertions(setting, scope, anchor, verb, newcomers)


def _as_items(lines: Sequence[str]) -> list[_Newcomer]:
    """Read lines as items of one list; nothing where they are something else."""
    items: list[_Newcomer] = []
    texts: list[str] = []
    mark = ""
    for line in lines:
        found = ITEM.match(line)
        if found is not None:
            if texts:
                items.append(_Newcomer("\n".join(texts).rstrip("\n"), mark))
            mark, texts = found["mark"], [found["text"]]
        elif not texts:
            return []
        else:
            texts.append(line[len(mark) :] if not line[: len(mark)].strip() else line)
    return [*items, _Newcomer("\n".join(texts).rstrip("\n"), mark)] if texts else []


def _anchors(printed: PrintedFile, above: Node | None, below: Node | None, indent: int, *, is_item: bool) -> Iterator[tuple[Node, str]]:
    """Give blocks that the new ones may stand beside or in, those that read best first."""
    found: list[tuple[int, Node, str]] = []
    rank = 0
    if above is not None:
        if isinstance(above.planned, PlannedSection):
            found.append((0, above, "first"))
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


_FAR: Final = 20


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


def _insertions(setting: Setting, scope: Scope, anchor: Node, verb: str, newcomers: Sequence[_Newcomer]) -> Iterator[Proposal]:
    if scope is Scope.FRAGMENT and not is_in_profile(anchor.trace.layer):
        yield from _into_fragment(setting, anchor, verb, newcomers)
        return
    address: str | None = anchor.trace.address
    first: tuple[SourceChange, ...] = ()
    if address is None:
        named = with_id(anchor, setting)
        if named is None:
            return
        address, first = named
    source = setting.draft.index.catalog.profiles[setting.profile].source
    level = Scope.AGENT if scope is Scope.AGENT else Scope.PROFILE
    keys = setting.keys(level, "edits", address, verb)
    names: list[str] = []
    changes: list[SourceChange] = []
    for newcomer in newcomers:
        name = _fresh(newcomer.text, f"profiles/{setting.profile}", names, setting)
        names.append(name)
        changes.append(AddEntry(source.path, (*keys, name), BlockText(newcomer.text)))
    about = f"insert {', '.join(f'`{name}`' for name in names)} {verb} {address} in {source.path}"
    yield Proposal(scope, about, (*first, *changes))
    existing = node_at(source, keys, setting.draft)
    if isinstance(existing, YamlMapping) and existing.entries:
        # What stands nearest to the anchor is written first there.
        earlier = [key for key in existing.entries if isinstance(existing.entries[key], YamlScalar)]
        for key in earlier:
            moved = [
                AddEntry(change.path, change.keys, change.value, after=key) for change in reversed(changes) if isinstance(change, AddEntry)
            ]
            yield Proposal(scope, about, (*first, *moved))


def _fresh(text: str, home: str, taken: Iterable[str], setting: Setting) -> str:
    name = fresh_id(text, "block", home, setting.draft)
    used, number = set(taken), 2
    base = name
    while name in used:
        name, number = f"{base}-{number}", number + 1
    return name


def _into_fragment(setting: Setting, anchor: Node, verb: str, newcomers: Sequence[_Newcomer]) -> Iterator[Proposal]:
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
        name = _fresh(newcomer.text, fragment.id, names, setting)
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


def _source_lines(newcomer: _Newcomer, name: str, lead: str, beside: Block) -> str:
    """Return a new block as lines of a fragment."""
    mark = beside.mark if isinstance(beside, Item) else ""
    lines = newcomer.text.split("\n")
    blanks = " " * len(mark)
    printed = [f"{lead}{mark}{lines[0]}", *(f"{lead}{blanks}{line}" if line.strip() else "" for line in lines[1:])]
    if name and isinstance(beside, Item):
        printed[0] += f" {{#{name}}}"
    elif name:
        printed[-1] += f" {{#{name}}}"
    return "\n".join(printed) + "\n"
