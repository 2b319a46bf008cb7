"""What the parts of one output hang on besides their own text: the variables that are read for them, and who sets those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from composer.errors import Diagnostics
from composer.impact.subject import Kind, Subject
from composer.lookup.index import TEMPLATE_FIELDS, Index
from composer.markdown.template import expressions_of
from composer.merge.layers import layer_name, order_layers
from composer.model.outputs import OutputFile, RenderedText, RenderedValue
from composer.model.planned import Line, PlannedBlock, PlannedItem, PlannedLeaf, PlannedList, PlannedSection, Segment, Trace
from composer.model.resolved import FieldValue

__all__ = ["Influence", "measure_influence"]


class Influence:
    """Which names each part of an output hangs on, and where each of these has its value from."""

    def __init__(self, file: OutputFile, reads: Mapping[Trace, frozenset[str]]) -> None:
        """Keep the names that the text of each block reads, conditions inside lines included."""
        self._file = file
        self._reads = reads

    def names(self, part: Segment) -> Iterator[str]:
        """Give the names that decide whether and how a part is printed: conditions, fragments chosen, names read by its text."""
        trace = part.trace
        if trace is not None:
            yield from (name for gate in trace.gates for name in gate.names)
            yield from (place.text for place in trace.via)
            yield from self._reads.get(trace, ())

    def set_in(self, name: str) -> str:
        """Return the file that gives a name its value in this output; empty for a name that none does."""
        if name in self._file.document.plan.agent.variables:
            return self._file.document.plan.agent.variables[name].location.path
        root, *keys = name.split(".")
        found: FieldValue | None = None
        values: object = self._file.document.project if root == "project" else None
        for key in keys:
            found = values.get(key) if isinstance(values, Mapping) else None
            values = found.value if found is not None else None
        return found.location.path if found is not None else ""

    def decides_looks(self, subject: Subject, index: Index) -> bool:
        """Whether a profile chose how the sections look, or the workspace file describes a look that they have."""
        if subject.kind is Kind.WORKSPACE_FILE:
            return any(look.name in index.catalog.config.looks for look in self._file.document.plan.agent.looks)
        return subject.kind is Kind.PROFILE and self._layout_owner(index) == subject.name

    def _layout_owner(self, index: Index) -> str:
        """Return the nearest layer that sets a layout for this agent: what is said of the agent beats what is said of all."""
        catalog = index.catalog
        ancestry = order_layers(self._file.profile, catalog.profiles, catalog.broken, Diagnostics())
        for is_of_agent in (True, False):
            for name in reversed(ancestry.order if ancestry is not None else ()):
                profile = catalog.profiles[name]
                settings = profile.agents.get(self._file.agent)
                layout = (settings.layout if settings is not None else None) if is_of_agent else profile.layout
                if layout is not None:
                    return layer_name(name)
        return ""


def measure_influence(file: OutputFile, index: Index) -> Influence:
    """Read off an output which names the texts of its blocks and of its front matter read."""
    reads: dict[Trace, frozenset[str]] = {}
    for line in _lines(file.document.blocks):
        found = expressions_of(index.templates.of(line.text))
        names = (name for expression, _, bound in found for name in expression.names if name.partition(".")[0] not in bound)
        reads[line.trace] = frozenset(name for bound in names for name in line.bound.get(bound.partition(".")[0], (bound,)))
    for field in file.document.fields.values():
        if field.name in TEMPLATE_FIELDS:
            reads |= _field_reads(field.value, index)
    return Influence(file, reads)


def _lines(blocks: tuple[PlannedBlock, ...]) -> Iterator[Line]:
    for block in blocks:
        match block:
            case PlannedLeaf():
                yield block.line
            case PlannedList():
                for item in block.items:
                    yield from _item_lines(item)
            case PlannedSection():
                if block.title is not None:
                    yield block.title
                yield from _lines(block.body)


def _item_lines(item: PlannedItem) -> Iterator[Line]:
    yield item.line
    yield from _lines(item.body)


def _field_reads(value: RenderedValue, index: Index) -> dict[Trace, frozenset[str]]:
    if isinstance(value, RenderedText):
        found = expressions_of(index.templates.of(index.line_text(value.scalar)))
        names = frozenset(name for expression, _, bound in found for name in expression.names if name.partition(".")[0] not in bound)
        return {segment.trace: names for segment in value.segments if segment.trace is not None}
    parts = value.values() if isinstance(value, Mapping) else value
    reads: dict[Trace, frozenset[str]] = {}
    for part in parts:
        reads |= _field_reads(part, index)
    return reads
