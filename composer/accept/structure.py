"""Proposals for blocks that went, came or moved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from composer.accept.changes import LineChange
from composer.accept.definitions import block_of, entry_at, fragment_of, fresh_id, id_splice, is_in_profile, node_at
from composer.accept.drafts import AddEntry, RemoveEntry, SourceChange, Splice
from composer.accept.inverse import Reason, RefusedChangeError
from composer.accept.printed import Node, PrintedFile
from composer.accept.proposals import Proposal, Scope, Setting
from composer.blocks import Block, Item, Section
from composer.model import PlannedItem, PlannedList, PlannedSection, YamlMapping, YamlScalar
from composer.yaml_text.rewrite import BlockText

__all__ = ["moved_pairs", "propose_insertion", "propose_move", "propose_removal"]

_MARK: Final = re.compile(r"(?P<mark>(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)(?P<text>.*)")
_SYNTAX: Final = ("{{", "{%", "{#")


# --- blocks that went ---------------------------------------------------------------------------------------------------


def propose_removal(setting: Setting, change: LineChange) -> Iterator[Proposal]:
    """Give the ways to take away the blocks that stood on lines that went."""
    gone = _gone(setting.printed, change)
    if gone:
        homes = {node.trace.layer for node in gone}
        scopes = list(dict.fromkeys(scope for home in sorted(homes) for scope in setting.scopes(home)))
        for scope in scopes:
            changes = [_removal(node, scope, setting) for node in gone]
            if all(found is not None for found in changes):
                names = ", ".join(_name(node) for node in gone)
                flat = tuple(step for found in changes for step in found or ())
                yield Proposal(scope, f"remove {names}", flat)
    title = _bare_title(setting.printed, change)
    if title is not None and Scope.FRAGMENT in setting.scopes(title.trace.layer):
        yield from _title_removal(title, setting)


def _gone(printed: PrintedFile, change: LineChange) -> list[Node]:
    """Return the outermost blocks whose lines all went; none where a line of another block went too."""
    gone: list[Node] = []

    def visit(node: Node) -> None:
        extent = node.extent
        if extent is None or extent[0] >= change.end or extent[1] < change.start:
            return
        if change.start <= extent[0] and extent[1] < change.end:
            gone.append(node)
        else:
            for child in node.children:
                visit(child)

    for node in printed.nodes:
        visit(node)
    extents = [extent for node in gone if (extent := node.extent) is not None]
    covered = {line for first, last in extents for line in range(first, last + 1)}
    lines = printed.lines
    left = [line for line in range(change.start, change.end) if line not in covered and lines[line].strip()]
    return [] if left else gone


def _name(node: Node) -> str:
    return node.trace.address or f"the block at {node.trace.location}"


def _removal(node: Node, scope: Scope, setting: Setting) -> tuple[SourceChange, ...] | None:
    home = node.trace.layer
    if is_in_profile(home) and (scope is Scope.FRAGMENT or (home == setting.home and scope is Scope.PROFILE)):
        return _entry_removal(node, setting)
    if scope is Scope.FRAGMENT:
        block = block_of(node, setting.draft)
        return (_without(block),) if block is not None else None
    address: str | None = node.trace.address
    first: tuple[SourceChange, ...] = ()
    if address is None:
        named = _named(node, setting)
        if named is None:
            return None
        address, first = named
    path = setting.draft.index.catalog.profiles[setting.profile].source
    keys = setting.keys(scope, "edits", address)
    existing = node_at(path, keys, setting.draft)
    if isinstance(existing, YamlMapping):
        own = [
            RemoveEntry(path.path, (*keys, verb)) for verb in ("replace", "title", "layout", "first", "last") if verb in existing.entries
        ]
        # What stays must not be an empty map on the way, so the new entry comes first.
        return (*first, AddEntry(path.path, (*keys, "remove"), True), *own)  # noqa: FBT003 - a value of YAML
    return (*first, AddEntry(path.path, (*keys, "remove"), True))  # noqa: FBT003 - a value of YAML


def _entry_removal(node: Node, setting: Setting) -> tuple[SourceChange, ...] | None:
    """Take an inserted text out of its profile, or say `remove` where it stands in place of another."""
    line = node.line or next((inner.line for inner in node.walk() if inner.line is not None), None)
    if line is None:
        return None
    entry = entry_at(line.text.source, line.text.location.start, setting.draft)
    if entry is None:
        return None
    if entry.keys[-1] == "replace":
        base = entry.keys[:-1]
        return (AddEntry(entry.path, (*base, "remove"), True), RemoveEntry(entry.path, entry.keys))  # noqa: FBT003 - a value of YAML
    return (RemoveEntry(entry.path, entry.keys),)


def _without(block: Block) -> Splice:
    """Take a block's lines out of its fragment, and with them one of the gaps around it."""
    source = block.location.source
    text = source.text
    start, end = _lines_of(block)
    before, after = text[:start], text[end:]
    if (not before or before.endswith("\n\n")) and after.startswith("\n"):
        end += len(after) - len(after.lstrip("\n"))
    elif not after and before.endswith("\n\n"):
        start = len(before.rstrip("\n")) + 1
    return Splice(source.path, start, end, "")


def _lines_of(block: Block) -> tuple[int, int]:
    """Return where a block's lines begin and end, those of an id above it included."""
    text = block.location.source.text
    start, end = block.location.start, block.location.end
    if block.identifier is not None:
        start = min(start, text.rfind("\n", 0, block.identifier.location.start) + 1)
    while end > start + 1 and text[end - 2 : end] == "\n\n":
        end -= 1
    return start, end


def _bare_title(printed: PrintedFile, change: LineChange) -> Node | None:
    """Return a section whose title went while its body stayed."""
    lines = printed.lines
    for node in printed.all_nodes():
        is_there = isinstance(node.planned, PlannedSection) and node.is_printed and change.start <= node.first and node.last < change.end
        others = [line for line in range(change.start, change.end) if not (node.first <= line <= node.last) and lines[line].strip()]
        if is_there and not others and any(child.extent for child in node.children):
            return node
    return None


def _title_removal(node: Node, setting: Setting) -> Iterator[Proposal]:
    block = block_of(node, setting.draft)
    if not isinstance(block, Section) or block.title is None:
        return
    text = block.location.source.text
    start = text.rfind("\n", 0, block.title.location.start) + 1
    end = text.find("\n", block.title.location.end) + 1 or len(text)
    rest = text[end:]
    yield Proposal(Scope.FRAGMENT, f"remove the title of {_name(node)}", (Splice(block.location.source.path, start, end, ""),))
    if rest.startswith("\n"):
        yield Proposal(Scope.FRAGMENT, f"remove the title of {_name(node)}", (Splice(block.location.source.path, start, end + 1, ""),))


# --- blocks that came ---------------------------------------------------------------------------------------------------


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
    if any(mark in line for line in lines for mark in _SYNTAX):
        raise RefusedChangeError(Reason.SYNTAX, "the new words hold `{{`, `{%` or `{#`, which templates read as their own syntax")
    indent = min(len(line) - len(line.lstrip(" ")) for line in lines if line.strip())
    dedented = [line[indent:] for line in lines]
    items = _as_items(dedented)
    above, below = _neighbours(setting.printed, change)
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
        found = _MARK.match(line)
        if found is not None:
            if texts:
                items.append(_Newcomer("\n".join(texts).rstrip("\n"), mark))
            mark, texts = found["mark"], [found["text"]]
        elif not texts:
            return []
        else:
            texts.append(line[len(mark) :] if not line[: len(mark)].strip() else line)
    return [*items, _Newcomer("\n".join(texts).rstrip("\n"), mark)] if texts else []


def _neighbours(printed: PrintedFile, change: LineChange) -> tuple[Node | None, Node | None]:
    above: Node | None = None
    for node in printed.all_nodes():
        if not node.is_printed:
            continue
        if node.last < change.start:
            above = node
        elif node.first >= change.end:
            return above, node
    return above, None


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
        named = _named(anchor, setting)
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


def _named(node: Node, setting: Setting) -> tuple[str, tuple[SourceChange, ...]] | None:
    """Give a block of a fragment an id, so that an edit can name it."""
    fragment, block = fragment_of(node.trace.layer, setting.draft), block_of(node, setting.draft)
    if fragment is None or block is None:
        return None
    words = next((str(inner.line.text) for inner in node.walk() if inner.line is not None), "")
    name = fresh_id(words, "block", fragment.id, setting.draft)
    splice = id_splice(fragment, block, name)
    return (f"{fragment.id}#{name}", (splice,)) if splice is not None else None


def _into_fragment(setting: Setting, anchor: Node, verb: str, newcomers: Sequence[_Newcomer]) -> Iterator[Proposal]:
    """Write the new blocks into the fragment, beside the lines of a block."""
    block = block_of(anchor, setting.draft)
    fragment = fragment_of(anchor.trace.layer, setting.draft)
    if block is None or fragment is None or verb in {"first", "last"}:
        return
    text = fragment.source.text
    start, end = _lines_of(block)
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


# --- blocks that moved --------------------------------------------------------------------------------------------------


def moved_pairs(printed: PrintedFile, changes: Sequence[LineChange]) -> list[tuple[LineChange, LineChange]]:
    """Find lines that went in one place and came in another: (the change that took them, the change that brought them)."""
    lines = printed.lines
    pairs: list[tuple[LineChange, LineChange]] = []
    for gone in changes:
        words = [_bare(line) for line in lines[gone.start : gone.end] if line.strip()]
        if (gone.new and any(line.strip() for line in gone.new)) or not words:
            continue
        for came in changes:
            new = [_bare(line) for line in came.new if line.strip()]
            if came is not gone and came.start == came.end and new == words:
                pairs.append((gone, came))
                break
    return pairs


def _bare(line: str) -> str:
    found = _MARK.match(line.strip())
    return found["text"] if found is not None else line.strip()


def propose_move(setting: Setting, gone: LineChange, came: LineChange) -> Iterator[Proposal]:
    """Give the ways to move blocks inside their fragment.

    Raises:
        RefusedChangeError: where they would leave it, or where others use the fragment too and nobody said to change it for all.
    """
    nodes = _gone(setting.printed, gone)
    blocks = [block_of(node, setting.draft) for node in nodes]
    homes = {node.trace.layer for node in nodes}
    if not nodes or len(homes) != 1 or any(block is None for block in blocks):
        raise RefusedChangeError(Reason.SCOPE, "a block moved that has no place of its own in a fragment: move it in the source")
    home = next(iter(homes))
    if Scope.FRAGMENT not in setting.scopes(home):
        message = f"a block of `{home}` moved, and other profiles use it: `--to fragment` moves it for all of them"
        raise RefusedChangeError(Reason.SCOPE, message)
    moving = [block for block in blocks if block is not None]
    above, below = _neighbours(setting.printed, came)
    for target, verb in _targets(above, below, home):
        block = block_of(target, setting.draft)
        if block is None or block in moving:
            continue
        yield Proposal(
            Scope.FRAGMENT, f"move {', '.join(_name(node) for node in nodes)} in {block.location.path}", _moves(moving, block, verb)
        )


def _targets(above: Node | None, below: Node | None, home: str) -> Iterator[tuple[Node, str]]:
    for start, verb in ((above, "after"), (below, "before")):
        if start is not None:
            for node in (start, *start.around()):
                if node.trace.layer == home:
                    yield node, verb


def _moves(moving: Sequence[Block], target: Block, verb: str) -> tuple[Splice, ...]:
    text = target.location.source.text
    path = target.location.path
    cuts = [_lines_of(block) for block in moving]
    start, end = _lines_of(target)
    body = "".join(text[first:last] if text[first:last].endswith("\n") else f"{text[first:last]}\n" for first, last in cuts)
    is_item = all(isinstance(block, Item) for block in moving)
    at = start if verb == "before" else end
    if not is_item:
        body = f"{body}\n" if verb == "before" else f"\n{body}"
    removed = [Splice(path, first, last, "") if is_item else _without(block) for block, (first, last) in zip(moving, cuts, strict=True)]
    return (*removed, Splice(path, at, at, body))
