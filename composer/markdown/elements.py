"""What the lines of a source come to before anything nests: headings, items, leaves, includes, and groups of these.

A group stands where its first element stands, and is what that is: the functions below ask an element as if it were that one.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer.blocks import Identifier, LeafKind, Text, Unit
from composer.records import dataclass
from composer.source import Location

__all__ = [
    "BranchElement",
    "Element",
    "GroupElement",
    "HeadingElement",
    "IncludeElement",
    "ItemElement",
    "LeafElement",
    "are_items",
    "first_of",
    "flat",
    "heading_level",
    "indent_of",
    "item_style",
]


@dataclass(slots=True)
class HeadingElement:
    """A heading line."""

    first: int
    last: int
    level: int
    title: Text | None
    unit: Unit | None
    identifier: Identifier | None
    indent: int = 0


@dataclass(slots=True)
class ItemElement:
    """An item's own lines. ``content`` is the column that its children stand at."""

    first: int
    last: int
    indent: int
    content: int
    style: str
    mark: str
    text: Text
    unit: Unit
    identifier: Identifier | None
    list_identifier: Identifier | None


@dataclass(slots=True)
class LeafElement:
    """A leaf's lines."""

    first: int
    last: int
    indent: int
    kind: LeafKind
    text: Text
    unit: Unit
    identifier: Identifier | None


@dataclass(slots=True)
class IncludeElement:
    """An ``include`` line, perhaps in a heading."""

    first: int
    last: int
    indent: int
    level: int | None
    address: str | None
    variable: str | None
    target: Location
    identifier: Identifier | None


@dataclass(slots=True)
class BranchElement:
    """One branch, from its opening statement on."""

    condition: Text | None
    statement: Location
    elements: list[Element]


@dataclass(slots=True)
class GroupElement:
    """A conditional (one or more branches), or a loop (one, with ``loop_name``)."""

    first: int
    last: int
    branches: list[BranchElement]
    identifier: Identifier | None
    loop_name: str = ""
    values: Text | None = None


Element = HeadingElement | ItemElement | LeafElement | IncludeElement | GroupElement


def first_of(elements: Sequence[Element]) -> Element | None:
    """Return the first element that is no group: of a group, the first of its first branch that holds any."""
    for element in elements:
        if not isinstance(element, GroupElement):
            return element
        for branch in element.branches:
            if (first := first_of(branch.elements)) is not None:
                return first
    return None


def _first(element: Element) -> Element | None:
    return first_of((element,))


def heading_level(element: Element) -> int | None:
    """Return the level of the heading that ``element`` is or, for a group, starts with."""
    match _first(element):
        case HeadingElement() as heading:
            return heading.level
        case IncludeElement() as include:
            return include.level
        case _:
            return None


def indent_of(element: Element) -> int:
    """Return the column that ``element`` or, for a group, its first element starts at."""
    match _first(element):
        case HeadingElement() | None:
            return 0
        case LeafElement() as first:
            return first.indent
        case ItemElement() as first:
            return first.indent
        case IncludeElement() as first:
            return first.indent
        case GroupElement():  # pragma: no cover - the first of a group is never a group
            raise AssertionError


def item_style(element: Element) -> str | None:
    """Return the style of list that ``element`` is an entry of: its own, or that of all branches of a group."""
    if isinstance(element, ItemElement):
        return element.style
    if not isinstance(element, GroupElement):
        return None
    styles = {_branch_style(branch.elements) for branch in element.branches if branch.elements}
    return styles.pop() if len(styles) == 1 else None


def _branch_style(elements: Sequence[Element]) -> str | None:
    """Return the style if the branch holds one list and nothing else."""
    first = elements[0]
    style, column = item_style(first), indent_of(first)
    if style is None or (isinstance(first, ItemElement) and first.list_identifier is not None):
        return None
    for element in elements[1:]:
        within = indent_of(element) > column and heading_level(element) is None
        if not within and item_style(element) != style:
            return None
    return style


def flat(elements: Sequence[Element]) -> list[Element]:
    """Return the elements with those of all branches in place of the groups."""
    found: list[Element] = []
    for element in elements:
        if isinstance(element, GroupElement):
            found.extend(inner for branch in element.branches for inner in flat(branch.elements))
        else:
            found.append(element)
    return found


def are_items(elements: Sequence[Element]) -> bool:
    """Whether elements are items of one list, with what stands inside them."""
    first = elements[0] if elements else None
    if not isinstance(first, ItemElement):
        return False
    own = (first.indent, first.style)
    items = (element for element in elements if _column(element) <= first.indent)
    return all(isinstance(element, ItemElement) and (element.indent, element.style) == own for element in items)


def _column(element: Element) -> int:
    return 0 if isinstance(element, GroupElement) else element.indent
