"""Proposals for blocks that moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from composer.accept.changes import LineChange
from composer.accept.definitions import block_of, entry_at, fragment_of, node_at
from composer.accept.drafts import Keys, MoveEntry, RemoveEntry, RenameKey, SourceChange, Splice
from composer.accept.newcomers import ITEM
from composer.accept.placing import blocks_on, lines_of, name_of, neighbours_of, without_block
from composer.accept.printed import Node, PrintedFile
from composer.accept.proposals import Proposal, Scope, Setting
from composer.accept.reasons import Reason, RefusedChangeError
from composer.accept.transfers import propose_transfer
from composer.blocks import Block, Conditional, Inclusion, Item, Loop, walk_blocks
from composer.model.yaml_nodes import YamlMapping, YamlScalar
from composer.source import SourceFile

__all__ = ["moved_pairs", "propose_move"]


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
    found = ITEM.match(line.strip())
    return found["text"] if found is not None else line.strip()


def propose_move(setting: Setting, gone: LineChange, came: LineChange) -> Iterator[Proposal]:
    """Give the ways to move blocks: in their fragment, to another fragment, or to another place in the profile that added them.

    What the profile itself added beside the new place, and stands behind it now, is anchored to the block that moved.

    Raises:
        RefusedChangeError: where they would leave their fragment, or where others use it too and nobody said to change it for all.
    """
    nodes = blocks_on(setting.printed, gone)
    homes = {node.trace.layer for node in nodes}
    if len(homes) != 1:
        raise RefusedChangeError(Reason.BORDER, "what moved has no single place in the sources: move it there")
    home = next(iter(homes))
    about = f"move {', '.join(name_of(node) for node in nodes)}"
    if home == setting.home:
        yield from _in_profile(setting, nodes, came, about)
        return
    moving = [block for node in nodes if (block := block_of(node, setting.draft)) is not None]
    if len(moving) != len(nodes):
        raise RefusedChangeError(Reason.BORDER, f"what moved was added by `{home}`: move it there")
    if Scope.FRAGMENT not in setting.scopes(home):
        message = f"a block of `{home}` moved, and other profiles use it: `--to fragment` moves it for all of them"
        raise RefusedChangeError(Reason.SCOPE, message)
    anchored = _anchored(setting, nodes, came)
    for block, verb in _targets(setting, nodes, moving, came):
        moves = _moves(moving, block, verb)
        yield Proposal(Scope.FRAGMENT, f"{about} in {block.location.path}", moves)
        if anchored:
            yield Proposal(Scope.FRAGMENT, f"{about} in {block.location.path}", (*moves, *anchored))
    yield from propose_transfer(setting, nodes, moving, came, about)


def _targets(setting: Setting, nodes: Sequence[Node], moving: Sequence[Block], came: LineChange) -> list[tuple[Block, str]]:
    """Return blocks of the same source that the moved ones can stand beside: those nearest above, and those nearest below.

    A line that is a statement is one too: an `include` whose blocks stand there, an `if` that begins or ends there. Places inside the same
    statements as before come first, so that nothing is shown under another condition.
    """
    home = nodes[0].trace.layer
    fragment = fragment_of(home, setting.draft)
    if fragment is None:
        return []
    parents = dict(walk_blocks(fragment.document.blocks))
    others = [node for node in setting.printed.all_nodes() if node.is_printed and not {node, *node.around()} & set(nodes)]
    mates = [node for node in others if node.trace.layer == home]
    found: dict[tuple[Block, str], None] = {}
    for group in (others, mates):
        above = [node for node in group if node.last < came.start]
        below = [node for node in group if node.first >= came.end]
        for near, verb in ((above[-1:], "after"), (below[:1], "before")):
            for block in (block for node in near for block in _own_blocks(setting, node, nodes[0], parents)):
                for one in (block, *reversed(_statements(parents[block]))):
                    found[one, verb] = None
    before = _statements(parents[moving[0]])
    return sorted(found, key=lambda place: _statements(parents[place[0]]) != before)


def _own_blocks(setting: Setting, near: Node, moved: Node, parents: Mapping[Block, tuple[Block, ...]]) -> Iterator[Block]:
    """Give what the moved block's fragment has at another block: that block or one around it, or what includes it."""
    for node in (near, *near.around()):
        if node.trace.layer == moved.trace.layer and type(node.planned) is type(moved.planned):
            block = block_of(node, setting.draft)
            if block is not None:
                yield block
    for place in reversed(near.trace.via):
        for block in parents:
            location = block.location
            is_here = location.source is place.source and location.start <= place.start < location.end
            if isinstance(block, Inclusion) and is_here and block.level is None:
                yield block


def _statements(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the innermost blocks of some that are statements around the rest."""
    return tuple(takewhile(lambda block: isinstance(block, Conditional | Loop), reversed(blocks)))[::-1]


def _moves(moving: Sequence[Block], target: Block, verb: str) -> tuple[Splice, ...]:
    text = target.location.source.text
    path = target.location.path
    cuts = [lines_of(block) for block in moving]
    start, end = lines_of(target)
    body = "".join(text[first:last] if text[first:last].endswith("\n") else f"{text[first:last]}\n" for first, last in cuts)
    is_item = all(isinstance(block, Item) for block in moving)
    at = start if verb == "before" else end
    if not is_item:
        body = f"{body}\n" if verb == "before" else f"\n{body}"
    removed = [
        Splice(path, first, last, "") if is_item else without_block(block) for block, (first, last) in zip(moving, cuts, strict=True)
    ]
    return (*removed, Splice(path, at, at, body))


# --- in the profile -----------------------------------------------------------------------------------------------------


def _in_profile(setting: Setting, nodes: Sequence[Node], came: LineChange, about: str) -> Iterator[Proposal]:
    """Anchor a text that the profile added to another block; the text itself is carried over as it is."""
    above, below = neighbours_of(setting.printed, came)
    if len(nodes) != 1 or nodes[0].line is None:
        raise RefusedChangeError(Reason.BORDER, "several texts of the profile moved at once: move them one by one")
    for anchor, verb in ((above, "after"), (below, "before")):
        if anchor is not None and anchor not in nodes:
            changes = _with_reasons(_anchor(nodes[0], anchor.trace.address, verb), setting)
            if changes:
                yield Proposal(Scope.PROFILE, f"{about}: `{verb}` {anchor.trace.address}", changes)


def _anchored(setting: Setting, moving: Sequence[Node], came: LineChange) -> tuple[SourceChange, ...]:
    """Anchor the profile's own texts that stand right behind the new place to the block that moved there."""
    changes: list[MoveEntry] = []
    for node in setting.printed.all_nodes():
        if not node.is_printed or node.first < came.end or node in moving:
            continue
        if node.trace.layer != setting.home:
            break
        changes.extend(_anchor(node, moving[-1].trace.address, "after"))
    return _with_reasons(changes, setting)


def _with_reasons(moves: Sequence[MoveEntry], setting: Setting) -> tuple[SourceChange, ...]:
    """Let an edit follow its texts where all of them go to another address: its reason alone would be an edit that does nothing.

    Where nothing stands at the new address yet, the edit as it is gets that address: with its comments, its quotes and its place.
    """
    source = setting.draft.index.catalog.profiles[setting.profile].source
    edits = dict.fromkeys(move.keys[:-2] for move in moves)
    return tuple(change for old in edits for change in _edit_moved(source, old, [move for move in moves if move.keys[:-2] == old]))


def _edit_moved(source: SourceFile, old: Keys, moves: Sequence[MoveEntry]) -> Iterable[SourceChange]:
    """Return what moves texts of an edit: another address for it where all go, the texts alone where some stay."""
    edit = node_at(source, old)
    entries = edit.entries if isinstance(edit, YamlMapping) else {}
    texts = [
        (*old, verb, name)
        for verb, inner in entries.items()
        for name in (inner.entries if isinstance(inner, YamlMapping) else (verb,))
        if verb != "because"
    ]
    if set(texts) != {move.keys for move in moves}:
        return moves
    new = moves[-1].to[:-2]
    verbs = {(move.keys[-2], move.to[-2]) for move in moves}
    is_whole = texts == [move.keys for move in moves] and all(move.to[:-2] == new for move in moves)
    if is_whole and len(verbs) == 1 and (new == old or node_at(source, new) is None):
        return _renames(source, old, new, *verbs)
    because = entries.get("because")
    if not isinstance(because, YamlScalar) or new == old:
        return moves
    keys, to = (*old, "because"), (*new, "because")
    is_free = node_at(source, to) is None
    return (*moves, MoveEntry(source.path, keys, to, because.text) if is_free else RemoveEntry(source.path, keys))


def _renames(source: SourceFile, old: Keys, new: Keys, verbs: tuple[str | int, str | int]) -> Iterator[SourceChange]:
    if verbs[0] != verbs[1]:
        yield RenameKey(source.path, (*old, verbs[0]), str(verbs[1]))
    yield RenameKey(source.path, old, str(new[-1]))


def _anchor(node: Node, address: str | None, verb: str) -> tuple[MoveEntry, ...]:
    """Carry a text of the profile over to another block."""
    if node.line is None or address is None:
        return ()
    entry = entry_at(node.line.text.source, node.line.text.location.start)
    if entry is None or entry.keys[-2] not in {"before", "after", "first", "last"}:
        return ()
    keys = (*entry.keys[:-3], address, verb, entry.keys[-1])
    if node_at(node.line.text.source, keys) is not None:
        return ()
    return (MoveEntry(entry.path, entry.keys, keys, entry.scalar.text),)
