"""Which blocks stand on lines of an output, and where their lines are in the sources."""

from __future__ import annotations

from composer.accept.changes import LineChange
from composer.accept.definitions import block_of, fragment_of, fresh_id, id_splice
from composer.accept.drafts import SourceChange, Splice
from composer.accept.printed import Node, PrintedFile
from composer.accept.proposals import Setting
from composer.blocks import Block
from composer.model.planned import PlannedSection
from composer.naming import kebab_case

__all__ = ["blocks_on", "lines_of", "name_of", "nearest_id", "neighbours_of", "with_id", "without_block"]


def blocks_on(printed: PrintedFile, change: LineChange) -> list[Node]:
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


def name_of(node: Node) -> str:
    """Return what a message calls a block."""
    return node.trace.address or f"the block at {node.trace.location}"


def nearest_id(node: Node) -> str:
    """Return the id of the section around a block, or that it is; else what its source is called."""
    for one in (node, *node.around()):
        if one.trace.address is not None and isinstance(one.planned, PlannedSection):
            return one.trace.address.partition("#")[2]
    return kebab_case(node.trace.layer.rpartition("/")[2]) or "block"


def neighbours_of(printed: PrintedFile, change: LineChange) -> tuple[Node | None, Node | None]:
    """Return the blocks whose own lines stand right above and right below a change."""
    above: Node | None = None
    for node in printed.all_nodes():
        if not node.is_printed:
            continue
        if node.last < change.start:
            above = node
        elif node.first >= change.end:
            return above, node
    return above, None


def with_id(node: Node, setting: Setting) -> tuple[str, tuple[SourceChange, ...]] | None:
    """Give a block of a fragment an id, so that an edit can name it."""
    fragment, block = fragment_of(node.trace.layer, setting.draft), block_of(node, setting.draft)
    if fragment is None or block is None:
        return None
    words = next((str(inner.line.text) for inner in node.walk() if inner.line is not None), "")
    name = fresh_id(words, f"{nearest_id(node)}-{kebab_case(node.trace.kind)}", fragment.id, setting.draft)
    splice = id_splice(fragment, block, name)
    return (f"{fragment.id}#{name}", (splice,)) if splice is not None else None


def addressed(node: Node, setting: Setting) -> tuple[str, tuple[SourceChange, ...]] | None:
    """Return a block's address, and what gives it an id first where it has none; None where it can have none."""
    return (node.trace.address, ()) if node.trace.address is not None else with_id(node, setting)


def lines_of(block: Block) -> tuple[int, int]:
    """Return where a block's lines begin and end, those of an id above it included."""
    text = block.location.source.text
    start, end = block.location.start, block.location.end
    if block.identifier is not None:
        start = min(start, text.rfind("\n", 0, block.identifier.location.start) + 1)
    while end > start + 1 and text[end - 2 : end] == "\n\n":
        end -= 1
    return start, end


def without_block(block: Block) -> Splice:
    """Take a block's lines out of its fragment, and with them one of the gaps around it."""
    source = block.location.source
    text = source.text
    start, end = lines_of(block)
    before, after = text[:start], text[end:]
    if (not before or before.endswith("\n\n")) and after.startswith("\n"):
        end += len(after) - len(after.lstrip("\n"))
    elif not after and before.endswith("\n\n"):
        start = len(before.rstrip("\n")) + 1
    return Splice(source.path, start, end, "")
