"""What a block says, apart from how and where it stands: the text that an edit is held against.

Ids, marks, numbers, indentation, blank lines and the level of headings belong to the place, not to the text. So a block that is moved,
or that gets a new neighbour, says what it said. What it includes belongs to the fragment that it includes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from composer.blocks import Block, Conditional, Inclusion, Item, Leaf, LeafKind, ListBlock, Loop, Section, Text
from composer.lookup.inclusion import top_level

__all__ = ["block_wording", "blocks_wording", "title_wording"]

_INDENT: Final = "  "


def block_wording(block: Block) -> str:
    """Return what a block says, in Markdown: an item without its mark, a section with its heading at the first level."""
    if isinstance(block, Item):
        return "\n".join(_item_lines(block, _shift((block,))))
    return blocks_wording((block,))


def blocks_wording(blocks: Iterable[Block]) -> str:
    """Return what a run of blocks says, one blank line between them."""
    blocks = tuple(blocks)
    return "\n".join(_run_lines(blocks, _shift(blocks)))


def title_wording(title: Text) -> str:
    """Return the words of a heading."""
    return " ".join(str(title).split())


def _shift(blocks: Iterable[Block]) -> int:
    return (top_level(blocks) or 1) - 1


def _run_lines(blocks: Iterable[Block], shift: int) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        inner = _lines(block, shift)
        lines += ["", *inner] if lines and inner else inner
    return lines


def _lines(block: Block, shift: int) -> list[str]:
    match block:
        case Leaf():
            indent = " " * block.unit.indent if block.kind is LeafKind.CODE else ""
            return [f"{indent}{line}".rstrip() for line in str(block.text).split("\n")]
        case Item():
            first, *rest = _item_lines(block, shift)
            return [f"{_mark(block)}{first}".rstrip(), *(f"{_INDENT}{line}".rstrip() for line in rest)]
        case ListBlock():
            return [line for entry in block.entries for line in _lines(entry, shift)]
        case Section():
            heading = [f"{'#' * (block.level - shift)} {title_wording(block.title)}"] if block.title is not None else []
            body = _run_lines(block.body, shift)
            return [*heading, "", *body] if heading and body else heading + body
        case Conditional():
            return list(_conditional_lines(block, shift))
        case Loop():
            entries = [line for entry in block.entries for line in _lines(entry, shift)]
            return [f"{{% for {block.name} in {block.values} %}}", *entries, "{% endfor %}"]
        case Inclusion():
            target = f'"{block.address}"' if block.address is not None else block.variable
            heading = [] if block.level is None else ["#" * (block.level - shift)]
            return [" ".join([*heading, f"{{% include {target} %}}"])]


def _item_lines(item: Item, shift: int) -> list[str]:
    lines = [line.rstrip() for line in str(item.text).split("\n")]
    for block in item.body:
        lines += [*([] if isinstance(block, ListBlock) else [""]), *_lines(block, shift)]
    return lines


def _mark(item: Item) -> str:
    """Return the mark that tells a kind of item from another: numbers count themselves, and all bullets are one."""
    mark, _, box = item.mark.strip().partition(" ")
    return f"{'1.' if mark[:1].isdigit() else '-'} {box.strip()}".rstrip() + " "


def _conditional_lines(block: Conditional, shift: int) -> Iterator[str]:
    for position, branch in enumerate(block.branches):
        yield "{% else %}" if branch.condition is None else f"{{% {'elif' if position else 'if'} {branch.condition} %}}"
        if any(isinstance(child, Leaf | Section | ListBlock) for child in branch.body):
            yield from _run_lines(branch.body, shift)
        else:  # entries of a list
            yield from (line for child in branch.body for line in _lines(child, shift))
    yield "{% endif %}"
