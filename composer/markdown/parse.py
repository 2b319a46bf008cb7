"""Markdown <-> blocks, without losing a byte: which element of the source stands inside which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from composer.blocks import (
    Block,
    Branch,
    Conditional,
    Document,
    Identifier,
    Inclusion,
    Item,
    Leaf,
    ListBlock,
    Loop,
    Section,
    Syntax,
    TextLine,
    Unit,
    child_blocks,
)
from composer.errors import Diagnostics
from composer.markdown.cursor import Cursor
from composer.markdown.elements import (
    Element,
    GroupElement,
    HeadingElement,
    IncludeElement,
    ItemElement,
    LeafElement,
    first_of,
    heading_level,
    indent_of,
    item_style,
)
from composer.markdown.scan import Scanner
from composer.markdown.statements import MAX_NESTING, report_nesting
from composer.records import replace
from composer.source import Location, SourceFile

__all__ = ["parse_document", "parse_lines", "print_blocks", "source_lines"]

NO_HEADING = 0
JINJA: Final = Syntax()


def source_lines(source: SourceFile, start: int) -> tuple[TextLine, ...]:
    """Cut the text of ``source`` from offset ``start`` on into lines."""
    lines = []
    offset = start
    text = source.text[start:]
    for line in text.split("\n"):
        lines.append(TextLine(offset, line))
        offset += len(line) + 1
    if lines and not lines[-1].text:
        lines.pop()
    return tuple(lines)


def parse_document(source: SourceFile, start: int, diagnostics: Diagnostics, syntax: Syntax = JINJA) -> Document:
    """Read the body of a fragment, which starts at offset ``start``."""
    document = parse_lines(source, source_lines(source, start), diagnostics, syntax)
    return replace(document, location=source.at(start, len(source.text)))


def parse_lines(source: SourceFile, lines: Sequence[TextLine], diagnostics: Diagnostics, syntax: Syntax = JINJA) -> Document:
    """Read lines that need not stand side by side in their source, such as a block scalar of a profile."""
    cursor = Cursor(source, lines, diagnostics, syntax)
    elements, _ = Scanner(cursor).scan()
    blocks = _Nester(cursor, elements, diagnostics).nest(NO_HEADING, 0, within_item=False)
    first, last = (lines[0].offset, lines[-1].offset + len(lines[-1].text)) if lines else (0, 0)
    return Document(source, blocks, source.at(first, last), cursor.gaps.order, syntax)


def print_blocks(document: Document) -> str:
    """Print the source again from its blocks; equal to what was parsed, byte for byte."""
    return _print(document.source.text, document.location, document.blocks)


def _print(text: str, location: Location, children: Sequence[Block]) -> str:
    printed = []
    position = location.start
    for child in children:
        printed.append(text[position : child.location.start])
        printed.append(_print(text, child.location, child_blocks(child)))
        position = child.location.end
    printed.append(text[position : location.end])
    return "".join(printed)


class _Nester:
    """Turns a run of elements into blocks, by their levels and indentations."""

    def __init__(self, cursor: Cursor, elements: Sequence[Element], diagnostics: Diagnostics, depth: int = 0) -> None:
        self._cursor = cursor
        self._elements = elements
        self._diagnostics = diagnostics
        self._next = 0
        self._depth = depth

    def nest(self, level: int, indent: int, *, within_item: bool) -> tuple[Block, ...]:
        """Take the elements that stand below a heading of ``level`` or inside an item whose text starts at column ``indent``."""
        blocks: list[Block] = []
        while (element := self._peek()) is not None:
            heading = heading_level(element)
            if heading is not None and (within_item or heading <= level):
                break
            if within_item and heading is None and indent_of(element) < indent:
                break
            blocks.append(self._take(element, indent))
        return tuple(blocks)

    def nest_all(self, indent: int) -> tuple[Block, ...]:
        """Take all elements of a branch, which may not leave the level that its first one is at."""
        start = self._peek()
        level = (heading_level(start) or 1) - 1 if start is not None else NO_HEADING
        blocks = self.nest(level, indent, within_item=False)
        if start is not None and heading_level(start) is None:
            strays = [element for element in self._elements if heading_level(element) is not None]
        else:
            strays = list(self._elements[self._next :])
        outside = next((e for e in self._elements if heading_level(e) is None and indent_of(e) < indent), None)
        if outside is not None:
            self._diagnostics.error(
                "branch-leaves-level",
                "this line stands left of the list item that the statement is in",
                self._cursor.line_location(outside.first),
                "let a branch hold whole blocks: indent the line, or close the branch with `{% endif %}` or `{% endfor %}` before",
            )
        for stray in strays[:1]:
            self._diagnostics.error(
                "branch-leaves-level",
                "this heading closes a section that was opened outside the branch",
                self._cursor.line_location(stray.first),
                "let a branch hold whole blocks: start it with a heading of this level, or close it with `{% endif %}` before",
            )
        return blocks

    def _peek(self) -> Element | None:
        return self._elements[self._next] if self._next < len(self._elements) else None

    def _take(self, element: Element, indent: int) -> Block:
        if item_style(element) is not None:
            return self._take_list(indent)
        self._next += 1
        match element:
            case HeadingElement():
                return self._take_section(element)
            case LeafElement():
                location = self._cursor.line_location(element.first, element.last)
                unit = _shifted(element.unit, element.indent - indent)
                return Leaf(element.kind, element.text, unit, location, element.identifier)
            case IncludeElement():
                location = self._cursor.line_location(element.first, element.last)
                extra = max(element.indent - indent, 0)
                return Inclusion(element.address, element.variable, element.level, extra, element.target, location, element.identifier)
            case GroupElement():
                return self._group(element, indent)
            case ItemElement():  # pragma: no cover - an item always has a style, so a list took it
                raise AssertionError

    def _take_section(self, element: HeadingElement) -> Section:
        body = self.nest(element.level, 0, within_item=False)
        location = self._span(element.first, element.last, body)
        return Section(element.level, element.title, body, element.unit, location, element.identifier)

    def _span(self, first: int, last: int, body: Sequence[Block]) -> Location:
        own = self._cursor.line_location(first, last)
        return replace(own, end=max(own.end, body[-1].location.end)) if body else own

    # --- lists --------------------------------------------------------------------------------------------------------

    def _take_list(self, indent: int) -> ListBlock:
        first = self._elements[self._next]
        style, column = item_style(first), indent_of(first)
        entries: list[Block] = []
        identifier: Identifier | None = None
        while (element := self._peek()) is not None and item_style(element) == style and heading_level(element) is None:
            # An item may stand a little to the left or right of the one before, but not left of the block around the list.
            if element is not first and (abs(indent_of(element) - column) > 1 or indent_of(element) < indent):
                break
            self._next += 1
            if isinstance(element, ItemElement):
                if entries:
                    element.identifier = element.identifier or element.list_identifier
                else:
                    identifier = element.list_identifier
                entries.append(self._item(element, indent))
            elif isinstance(element, GroupElement):
                entries.append(self._group(element, indent))
        # An id above the list stands on a line of the list, not of its first item.
        location = self._span(first.first, first.last, entries)
        return ListBlock(style or "", tuple(entries), _is_tight(entries), location, identifier)

    def _item(self, element: ItemElement, indent: int) -> Item:
        body = self._item_body(element)
        first = element.first + 1 if element.list_identifier is not None and element.first < element.last else element.first
        location = self._span(first, element.last, body)
        unit = _shifted(element.unit, element.indent - indent)
        return Item(element.mark, element.text, body, unit, location, element.identifier)

    def _item_body(self, element: ItemElement) -> tuple[Block, ...]:
        if self._depth < MAX_NESTING:
            self._depth += 1
            body = self.nest(NO_HEADING, element.content, within_item=True)
            self._depth -= 1
            return body
        below = self._peek()
        if below is not None and heading_level(below) is None and indent_of(below) >= element.content:
            report_nesting(self._cursor.line_location(below.first), self._diagnostics)
        while (below := self._peek()) is not None and heading_level(below) is None and indent_of(below) >= element.content:
            self._next += 1
        return ()

    # --- conditionals and loops ---------------------------------------------------------------------------------------

    def _group(self, element: GroupElement, indent: int) -> Conditional | Loop:
        location = self._cursor.line_location(element.first, element.last)
        in_list = item_style(element) is not None
        bodies = [self._branch_body(branch.elements, indent, in_list=in_list) for branch in element.branches]
        if element.values is not None:
            self._refuse_loop_identifiers(bodies[0])
            return Loop(element.loop_name, element.values, bodies[0], location, element.identifier)
        self._check_levels(element)
        branches = tuple(Branch(branch.condition, body, branch.statement) for branch, body in zip(element.branches, bodies, strict=True))
        return Conditional(branches, location, element.identifier)

    def _branch_body(self, elements: Sequence[Element], indent: int, *, in_list: bool) -> tuple[Block, ...]:
        blocks = _Nester(self._cursor, elements, self._diagnostics, self._depth).nest_all(indent)
        if in_list and len(blocks) == 1 and isinstance(blocks[0], ListBlock) and blocks[0].identifier is None:
            return blocks[0].entries
        return blocks

    def _check_levels(self, element: GroupElement) -> None:
        levels = [(heading_level(first), indent_of(first)) for branch in element.branches if (first := first_of(branch.elements))]
        if len(set(levels)) > 1:
            self._diagnostics.error(
                "branches-differ",
                "the branches of this `if` start at different levels",
                element.branches[0].statement,
                "start each branch with the same level of heading, or at the same indentation",
            )

    def _refuse_loop_identifiers(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            if block.identifier is not None:
                self._diagnostics.error(
                    "id-in-loop",
                    f"the id `{block.identifier.name}` would name many blocks",
                    block.identifier.location,
                    "put the id at the end of the `for` line: it names the whole group",
                )
            self._refuse_loop_identifiers(child_blocks(block))


def _shifted(unit: Unit, indent: int) -> Unit:
    return replace(unit, indent=indent) if indent > 0 else unit


def _is_tight(entries: Sequence[Block]) -> bool | None:
    """Tell whether no blank line parts the items; None where there is only one, so that nobody can tell."""
    gaps = [entry.unit.gap for entry in _items(entries)[1:]]
    return not any(gaps) if gaps else None


def _items(entries: Sequence[Block]) -> list[Item]:
    return [item for entry in entries for item in ([entry] if isinstance(entry, Item) else _items(child_blocks(entry)))]
