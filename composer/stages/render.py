"""AgentPlan -> RenderedDocument: every text filled, each run of characters with its origin; what came out empty is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from composer.errors import Diagnostics
from composer.lookup.index import TEMPLATE_FIELDS, Index
from composer.lookup.scope import MAX_ROUNDS, Scope, holds, loop_state
from composer.lookup.sharing import OPEN_NAME, OWN_TO_EACH_AGENT, RenderedPart, Shelf
from composer.markdown.expressions import MAX_TEXT, Expression
from composer.markdown.template import Choice, Fill, Literal, Part, Repeat
from composer.model.outputs import RenderedDocument, RenderedField, RenderedText, RenderedValue
from composer.model.planned import (
    Absence,
    AbsenceReason,
    AgentPlan,
    Filled,
    Line,
    PlannedBlock,
    PlannedItem,
    PlannedLeaf,
    PlannedList,
    PlannedSection,
    Segment,
    SegmentKind,
    Trace,
)
from composer.model.resolved import FieldValue
from composer.model.yaml_nodes import Plain, YamlScalar
from composer.records import dataclass, replace
from composer.source import Location

__all__ = ["render_agent"]

MAX_DOCUMENT: Final = 8_000_000
"""The most characters that one agent's texts may come to."""
MAX_PARTS: Final = 500_000
"""The most literals, expressions and statements that are filled for one agent, each round of a loop counted."""


def render_agent(plan: AgentPlan, index: Index, scope: Scope) -> RenderedDocument:
    """Fill the texts of one agent."""
    renderer = _Renderer(index, scope, leaves_names_open=not plan.agent.fragment.document.syntax.is_verbatim)
    blocks = renderer.blocks(plan.blocks)
    fields = {name: renderer.field(name, value) for name, value in plan.agent.fields.items()}
    renderer.tell_left_empty()
    absences = (*plan.absences, *renderer.absences)
    return RenderedDocument(scope.profile, plan.agent.name, scope.project, plan, fields, blocks, absences)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a text is filled with besides the scope: where it belongs, what loops bind, and whether the agent's name comes in later."""

    trace: Trace
    kind: SegmentKind
    loop: Mapping[str, Plain]
    bound: Mapping[str, tuple[str, ...]]
    leaves_names_open: bool = False


class _Renderer:
    """Fills one agent. What can be laid out whatever the agent's name is, is given without it."""

    def __init__(self, index: Index, scope: Scope, *, leaves_names_open: bool) -> None:
        self._templates = index.templates
        self._index = index
        self._shelves = index.sharing.rendered
        self._scope = scope
        self._leaves_names_open = leaves_names_open
        self._diagnostics: Diagnostics = scope.diagnostics
        self._size = 0
        # How often the agent's name was left open, which counts one character in the size.
        self._names = 0
        self._rounds = 0
        self._parts = 0
        self.absences: list[Absence] = []
        # The sections and lists that nothing was left of, without those inside others.
        self._left_empty: list[tuple[Trace, str]] = []

    # --- blocks -------------------------------------------------------------------------------------------------------

    def blocks(self, blocks: Iterable[PlannedBlock]) -> tuple[PlannedBlock, ...]:
        """Fill blocks, drop those that come out empty, and join lists that became neighbours."""
        filled: list[PlannedBlock] = []
        for block in blocks:
            rendered = self._shared(block)
            if rendered is None or isinstance(rendered, PlannedItem):
                continue
            last = filled[-1] if filled else None
            if isinstance(rendered, PlannedList) and isinstance(last, PlannedList) and last.style == rendered.style:
                filled[-1] = _join_lists(last, rendered)
            else:
                filled.append(rendered)
        return tuple(filled)

    def _shared(self, block: PlannedBlock | PlannedItem) -> PlannedBlock | PlannedItem | None:
        """Fill a block, or take what it came to for another agent that gives the same answers."""
        shelf = self._shelves.get(block)
        if shelf is None or shelf.is_own:
            return self._block(block)
        kept = shelf.find(self._scope.answers)
        if kept is None or not self._has_room(kept.result):
            return self._made(shelf, block)
        part = kept.result
        self._size += part.size
        self._names += part.names
        self._parts += part.parts
        self._rounds += part.rounds
        if part.used:
            self._scope.used |= part.used
        if self._scope.reads is not None:
            self._scope.reads |= kept.reads
        return part.block

    def _has_room(self, part: RenderedPart) -> bool:
        """Whether a part stays below the caps; where it does not, it is filled anew, to tell where."""
        size = self._length(self._size + part.size, self._names + part.names)
        return size <= MAX_DOCUMENT and self._parts + part.parts <= MAX_PARTS and self._rounds + part.rounds <= MAX_ROUNDS

    def _length(self, size: int, names: int) -> int:
        """Return how long texts of this size are once the agent's name is put in, where it was left open."""
        return size + names * (len(self._scope.agent) - len(OPEN_NAME))

    def _made(self, shelf: Shelf[RenderedPart], block: PlannedBlock | PlannedItem) -> PlannedBlock | PlannedItem | None:
        scope, outer_reads, outer_used = self._scope, self._scope.reads, self._scope.used
        told, size, names, parts, rounds = self._told(), self._size, self._names, self._parts, self._rounds
        scope.reads, scope.used = {}, set()
        filled = self._block(block)
        part = RenderedPart(
            filled, frozenset(scope.used), self._size - size, self._names - names, self._parts - parts, self._rounds - rounds
        )
        if self._told() == told:
            self._index.sharing.keep_rendered(shelf, part, scope.reads)
        if outer_reads is not None:
            outer_reads |= scope.reads
        outer_used |= scope.used
        scope.reads, scope.used = outer_reads, outer_used
        return filled

    def _told(self) -> int:
        """Return a number that grows with everything that is reported, or noted beside the blocks."""
        return self._diagnostics.told + self._index.diagnostics.told + self._scope.silences + len(self.absences)

    def _block(self, block: PlannedBlock | PlannedItem) -> PlannedBlock | PlannedItem | None:
        match block:
            case PlannedLeaf():
                line = self._line(block.line, self._leaves_names_open)
                return PlannedLeaf(block.kind, line) if _has_text(line.filled) else None
            case PlannedItem():
                return self._item(block)
            case PlannedList():
                items = tuple(item for planned in block.items if isinstance(item := self._shared(planned), PlannedItem))
                if not items:
                    self._note_empty(block.trace, "list")
                    return None
                return replace(block, items=items)
            case PlannedSection():
                return self._section(block)

    def _item(self, item: PlannedItem) -> PlannedItem | None:
        line = self._line(item.line, self._leaves_names_open)
        body = self.blocks(item.body)
        # An item that was written empty stays; one whose text came out empty goes.
        if not body and not _has_text(line.filled) and str(item.line.text).strip():
            return None
        return PlannedItem(item.mark, line, body)

    def _section(self, section: PlannedSection) -> PlannedSection | None:
        # A look may make a tag of a title, which takes its words.
        title = self._line(section.title, leaves_names_open=False) if section.title is not None else None
        told = len(self._left_empty)
        body = self.blocks(section.body)
        if not body and section.had_body:
            if section.title is not None:
                del self._left_empty[told:]
                self._note_empty(section.trace, "section")
            return None
        return replace(section, title=title, body=body)

    def _note_empty(self, trace: Trace, kind: str) -> None:
        self.absences.append(Absence(trace.address, AbsenceReason.EMPTY, trace.location, trace.gates, None, trace.via))
        self._left_empty.append((trace, kind))

    def tell_left_empty(self) -> None:
        """Tell which sections and lists go because nothing is left of them."""
        # What could not be filled would look as if it had been taken away.
        if not self._diagnostics.errors and not self._index.diagnostics.errors:
            for trace, kind in self._left_empty:
                self._tell_left_empty(trace, kind)

    def _tell_left_empty(self, trace: Trace, kind: str) -> None:
        name = f"the {kind} `{trace.address}`" if trace.address else f"this {kind}"
        location = trace.location
        first_line = location.source.text.find("\n", location.start)
        self._diagnostics.notice(
            "left-empty",
            f"{name} has nothing left in `{self._scope.agent}` of `{self._scope.profile}`, and goes too",
            location.source.at(location.start, min(location.end, first_line if first_line > 0 else location.end)),
            "gate it with `{% if %}`, or remove it with an edit, to say so",
        )

    # --- texts --------------------------------------------------------------------------------------------------------

    def _line(self, line: Line, leaves_names_open: bool) -> Line:  # noqa: FBT001 - named where it is not a variable of that name
        kind = SegmentKind.EDIT if line.trace.layer.startswith("profiles/") else SegmentKind.LITERAL
        around = _Surroundings(line.trace, kind, line.loop, line.bound, leaves_names_open)
        filled = self._fill(self._templates.of(line.text), around, line.text.location)
        return Line(line.text, line.trace, line.slot, line.loop, line.bound, filled)

    def _fill(self, parts: tuple[Part, ...], around: _Surroundings, location: Location) -> Filled:
        segments = tuple(self._segments(parts, around))
        self._size += sum(len(segment.text) for segment in segments)
        if self._length(self._size, self._names) > MAX_DOCUMENT:
            self._scope.report_too_large(location)
            return ()
        return segments

    def _segments(self, parts: Iterable[Part], around: _Surroundings) -> Iterator[Segment]:
        for part in parts:
            self._parts += 1
            if self._parts > MAX_PARTS:
                self._scope.report_rounds(around.trace.location)
                return
            match part:
                case Literal():
                    yield Segment(part.text, around.kind, part.location, around.trace)
                case Fill():
                    text = self._printed(part.expression, part.location, around)
                    yield Segment(text, SegmentKind.VARIABLE, part.location, around.trace, _names(part.expression, around))
                case Choice():
                    yield from self._segments(self._chosen(part, around), around)
                case Repeat():
                    yield from self._repeat(part, around)

    def _printed(self, expression: Expression, location: Location, around: _Surroundings) -> str:
        is_bound = expression.path.partition(".")[0] in around.loop
        if expression.path == OWN_TO_EACH_AGENT and around.leaves_names_open and not is_bound:
            self._names += 1
            return OPEN_NAME
        if self._scope.reads is not None and expression.path and not is_bound:
            self._scope.read(expression.path)
        if expression.path in self._scope.variables and not is_bound:
            variable = self._scope.variables[expression.path]
            if isinstance(variable.data, list):
                self._report_list(expression, location)
            return variable.text
        if expression.path in self._scope.printed:
            return self._scope.printed[expression.path]
        value = self._scope.value(expression, location, around.trace.via, around.loop)
        if isinstance(value, list | dict):
            self._report_list(expression, location)
            return ""
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        if len(text) > MAX_TEXT:
            self._scope.report_too_large(location)
            return ""
        return text

    def _report_list(self, expression: Expression, location: Location) -> None:
        message = f"`{expression.text}` is a list, and a text has no one way to print it"
        self._diagnostics.error("list-in-text", message, location, 'write `| join(", ")`, or put a `for` around items')

    def _chosen(self, choice: Choice, around: _Surroundings) -> tuple[Part, ...]:
        for condition, location, body in choice.branches:
            if condition is None or holds(self._scope.value(condition, location, around.trace.via, around.loop)):
                return body
        return ()

    def _repeat(self, part: Repeat, around: _Surroundings) -> Iterator[Segment]:
        values = self._scope.value(part.values, part.location, around.trace.via, around.loop)
        if not isinstance(values, list):
            if values is not None:
                message = f"a `for` goes over a list, and `{part.values.text}` is not one"
                self._diagnostics.error("wrong-type", message, part.location, "declare the variable as `list[str]`")
            return
        for position, value in enumerate(values):
            self._rounds += 1
            if self._rounds > MAX_ROUNDS:
                self._scope.report_rounds(part.location)
                return
            loop = {**around.loop, part.name: value, "loop": loop_state(position, len(values))}
            bound = {**around.bound, part.name: _names(part.values, around)}
            yield from self._segments(part.body, replace(around, loop=loop, bound=bound))

    # --- front matter -------------------------------------------------------------------------------------------------

    def field(self, name: str, value: FieldValue) -> RenderedField:
        """Fill a front matter field; only texts meant for the model are templates."""
        self._parts = self._size = self._names = 0
        return RenderedField(name, self._value(name, value, is_template=name in TEMPLATE_FIELDS), value.location, value.layer)

    def _value(self, name: str, value: FieldValue, *, is_template: bool) -> RenderedValue:
        if isinstance(value.value, YamlScalar):
            return RenderedText(self._scalar(name, value, value.value, is_template=is_template), value.value)
        if isinstance(value.value, Mapping):
            return {key: self._value(name, part, is_template=is_template) for key, part in value.value.items()}
        return tuple([self._value(name, item, is_template=is_template) for item in value.value])

    def _scalar(self, name: str, value: FieldValue, scalar: YamlScalar, *, is_template: bool) -> Filled:
        trace = Trace(None, f"field {name}", value.location, str(value.layer))
        if not is_template:
            return (Segment(scalar.text, SegmentKind.FIELD, scalar.location, trace),)
        text = self._index.line_text(scalar)
        parts = self._templates.of(text)
        return self._fill(parts, _Surroundings(trace, SegmentKind.FIELD, {}, {}), text.location)


def _names(expression: Expression, around: _Surroundings) -> tuple[str, ...]:
    """Return the variables behind an expression; a name bound by a loop stands for those of the loop's list."""
    names: list[str] = []
    for name in expression.names:
        names.extend(around.bound.get(name.partition(".")[0], (name,)))
    return tuple(name for name in names if not name.startswith("loop."))


def _has_text(filled: Filled) -> bool:
    return any(segment.text.strip() for segment in filled)


def _join_lists(first: PlannedList, second: PlannedList) -> PlannedList:
    is_tight = second.is_tight if first.is_tight is None else first.is_tight
    return replace(first, items=(*first.items, *second.items), is_tight=is_tight, is_joined=True)
