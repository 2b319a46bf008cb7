"""A body: the lines of an agent below its front matter, its units, and what of it is compared with others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from composer.blocks import Section
from composer.errors import Diagnostics
from composer.importer.pieces import VERBATIM, Unit, cut_document, escape_line
from composer.importer.trees import Node, make_nodes
from composer.markdown.parse import parse_document
from composer.records import dataclass, replace
from composer.source import SourceFile

__all__ = ["Body", "Part", "make_body", "with_other_sections"]

_SECTION: Final = 3
"""Units below which a section is not compared on its own."""


@dataclass(frozen=True, eq=False)
class Body:
    """A body to factor: its lines, as they have to be written, its units and, where it is to be compared, its blocks.

    ``key`` names it, ``folder`` is where its file stands.
    """

    key: str
    folder: str
    lines: tuple[str, ...]
    units: tuple[Unit, ...]
    nodes: tuple[Node, ...] = ()

    @cached_property
    def whole(self) -> Part:
        """All of it, to be compared."""
        return Part(self, self.nodes, 0, len(self.units), 0, len(self.lines))

    @cached_property
    def sections(self) -> tuple[Part, ...]:
        """Its sections of some units, those inside others too, to be compared."""
        nodes = {node.first: node for node in _sections(self.nodes)}
        found = []
        for position, unit in enumerate(self.units):
            if not unit.level:
                continue
            end = next((end for end in range(position + 1, len(self.units)) if 0 < self.units[end].level <= unit.level), len(self.units))
            node, last = nodes.get(unit.first), self.units[end - 1].last
            if end - position >= _SECTION and all(one.is_sound for one in self.units[position:end]) and node and node.last == last:
                found.append(Part(self, (node.at_top(),), position, end, unit.first, last))
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Part:
    """A body, or a section of it, that is compared with others: its blocks, its units by number, and its lines ``first`` up to ``last``."""

    body: Body
    nodes: tuple[Node, ...]
    first_unit: int
    last_unit: int
    first: int
    last: int

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines."""
        return self.body.lines[self.first : self.last]

    @cached_property
    def key(self) -> str:
        """What names it: of a section its body and its first line."""
        return f"{self.body.key}\n{self.first}" if self.first or self.last < len(self.body.lines) else self.body.key


def make_body(key: str, folder: str, lines: Sequence[str]) -> Body:
    """Cut a body into units and blocks."""
    escaped = tuple(escape_line(line) for line in lines)
    document = parse_document(SourceFile("body", "\n".join(escaped) + "\n"), 0, Diagnostics(), VERBATIM)
    return Body(key, folder, escaped, cut_document(escaped, document), make_nodes(escaped, document))


def with_other_sections(body: Body, sections: Iterable[tuple[Part, Part]]) -> Body:
    """Return a body with other sections in place of some of its own, given in their order; its blocks are not known."""
    pieces: list[tuple[Body, slice, slice]] = []
    line = unit = 0
    for own, other in sections:
        pieces.append((body, slice(unit, own.first_unit), slice(line, own.first)))
        pieces.append((other.body, slice(other.first_unit, other.last_unit), slice(other.first, other.last)))
        unit, line = own.last_unit, own.last
    pieces.append((body, slice(unit, len(body.units)), slice(line, len(body.lines))))
    lines: list[str] = []
    units: list[Unit] = []
    for source, own_units, own_lines in pieces:
        units.extend(one.moved(len(lines) - own_lines.start) for one in source.units[own_units])
        lines.extend(source.lines[own_lines])
    belows = [*(one.first for one in units[1:]), len(lines)]
    return Body(body.key, body.folder, tuple(lines), tuple(replace(one, below=below) for one, below in zip(units, belows, strict=False)))


def _sections(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.kind is Section:
            yield node
        yield from _sections(node.children)
