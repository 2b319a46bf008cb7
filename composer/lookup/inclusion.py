"""What an include brings, and whether it fits the heading that it stands in."""

from __future__ import annotations

from collections.abc import Iterable

from composer.blocks import Block, Conditional, Inclusion, Section
from composer.lookup.index import Index, Place
from composer.source import Location

__all__ = ["check_inclusion", "included_blocks", "top_level"]


def top_level(blocks: Iterable[Block]) -> int | None:
    """Return the level of the highest heading among blocks, or None where there is none."""
    levels: list[int] = []
    for block in blocks:
        match block:
            case Section():
                levels.append(block.level)
            case Inclusion() if block.level is not None:
                levels.append(block.level)
            case Conditional():
                inner = top_level(child for branch in block.branches for child in branch.body)
                levels.extend([inner] if inner is not None else [])
            case _:
                continue
    return min(levels, default=None)


def included_blocks(index: Index, address: str, location: Location) -> tuple[str, tuple[Block, ...], Place | None] | None:
    """Return the home and the blocks that an address brings, and its place if it is one block. Unknown ones are reported."""
    if "#" not in address:
        fragment = index.fragment(address, location)
        return (fragment.id, fragment.document.blocks, None) if fragment is not None else None
    place = index.find(address, location)
    if place is None:
        return None
    if place.block is None or place.home not in index.catalog.fragments:
        message = f"`{address}` stands in a profile, and only what stands in fragments is included"
        index.diagnostics.error("bad-include", message, location, "put the text into a fragment")
        return None
    return place.home, (place.block,), place


def check_inclusion(index: Index, inclusion: Inclusion, address: str, blocks: Iterable[Block]) -> bool:
    """Report an include whose heading does not fit what it brings."""
    level = top_level(blocks)
    if inclusion.level is None and level is not None:
        index.diagnostics.error(
            "include-needs-level",
            f"`{address}` has headings, and this include does not say at which level they go",
            inclusion.target,
            f"write it in a heading: `{'#' * level} {{% include ... %}}`",
        )
        return False
    if inclusion.level is not None and level is None:
        index.diagnostics.error(
            "include-without-heading",
            f"`{address}` has no heading to put at level {inclusion.level}",
            inclusion.target,
            "take the `#` marks off",
        )
        return False
    return True
