"""ResolvedAgent -> AgentPlan: edits applied, includes expanded, gates opened or closed. What is left out says why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from composer.blocks import (
    Block,
    Branch,
    Conditional,
    Document,
    Inclusion,
    Item,
    Leaf,
    ListBlock,
    Loop,
    Section,
    Text,
    Unit,
    child_blocks,
    describe,
    walk_blocks,
)
from composer.errors import Note
from composer.lookup.inclusion import check_inclusion, included_blocks, top_level
from composer.lookup.index import Index, Place
from composer.lookup.scope import MAX_ROUNDS, Scope, holds, loop_state
from composer.lookup.sharing import Effects, PlannedPart, Sharing, Shelf
from composer.markdown.expressions import Expression
from composer.markdown.template import expressions_of
from composer.model.planned import (
    Absence,
    AbsenceReason,
    AgentPlan,
    Gate,
    Line,
    PlannedBlock,
    PlannedItem,
    PlannedLeaf,
    PlannedList,
    PlannedSection,
    Slot,
    Trace,
)
from composer.model.resolved import EditPart, ResolvedAgent, ResolvedEdit
from composer.model.sources import Fragment, Verb
from composer.model.yaml_nodes import Plain
from composer.records import dataclass, replace
from composer.source import Location
from composer.stretches import join_stretches

__all__ = ["forget_plans", "plan_agent"]

DEEPEST_LEVEL: Final = 6
MAX_DEPTH: Final = 100
"""How deep blocks and includes may stand inside each other."""
MAX_BLOCKS: Final = 50_000
"""The most blocks of one agent, counted each time that a loop or an include brings them."""
Planned = PlannedBlock | PlannedItem


@dataclass(frozen=True, slots=True)
class _KeptPlace:
    """The place that a replaced block had: in its source, and among its neighbours.

    ``first`` and ``last`` are the order of its first and of its last run of text, ``gap`` the blank lines before it.
    """

    document: Document
    first: int
    last: int
    gap: int
    location: Location


@dataclass(frozen=True, slots=True, eq=False)
class _Context:
    """What holds for the blocks that are being planned.

    The contexts that agents may share are made once: each has those ``derived`` from it, by what it was derived for. None marks one
    that no two agents share: inside a loop, an edit's text, or an agent that is printed as written.
    """

    home: str
    document: Document
    shift: int = 0
    gates: tuple[Gate, ...] = ()
    via: tuple[Location, ...] = ()
    stack: tuple[str, ...] = ()
    edits: tuple[EditPart, ...] = ()
    loop: Mapping[str, Plain] | None = None
    bound: Mapping[str, tuple[str, ...]] | None = None
    in_list: bool = False
    within: tuple[str, ...] = ()
    kept: _KeptPlace | None = None
    derived: dict[tuple[object, ...], _Context] | None = None

    def apart(self, **changes: Any) -> _Context:  # noqa: ANN401 - its own fields
        """Return a context for what this agent alone has."""
        return replace(self, derived=None, **changes)

    def derive(self, *key: object, **changes: Any) -> _Context:  # noqa: ANN401 - its own fields
        """Return a context with changes that follow from ``key`` alone."""
        if self.derived is None:
            return replace(self, **changes)
        found = self.derived.get(key)
        if found is None:
            found = self.derived[key] = replace(self, derived={}, **changes)
        return found


def plan_agent(agent: ResolvedAgent, index: Index, scope: Scope) -> AgentPlan:
    """Plan one agent."""
    planner = _Planner(agent, index, scope)
    blocks = planner.plan(agent.fragment.document.blocks, _root(agent.fragment, index))
    effects = planner.effects
    scope.used |= effects.used
    return AgentPlan(agent, _as_blocks(blocks), tuple(effects.absences), effects.reached, effects.landed)


def _root(fragment: Fragment, index: Index) -> _Context:
    document = fragment.document
    if document.syntax.is_verbatim:
        return _Context(fragment.id, document, stack=(fragment.id,))
    root: _Context | None = index.sharing.roots.get(document)
    if root is None:
        root = index.sharing.roots[document] = _Context(fragment.id, document, stack=(fragment.id,), derived={})
    return root


def forget_plans(sharing: Sharing, changed: Collection[str], can_bring: Callable[[Block, str | None], bool]) -> None:
    """Forget what was planned from fragments that have changed.

    Args:
        sharing: what agents share.
        changed: the ids of these fragments.
        can_bring: tells whether a block of another fragment, or an include of this address in it, can bring one of them in.
    """
    for document, root in list(sharing.roots.items()):
        if root.home in changed:
            del sharing.roots[document]
    living = {id(context) for root in sharing.roots.values() for context in _without(root, changed)}
    for key in list(sharing.planned):
        block, context, *rest = key
        if id(context) not in living or (isinstance(block, Block) and can_bring(block, str(rest[0]) if rest else None)):
            sharing.forget_planned(key)


def _without(context: _Context, changed: Collection[str]) -> Iterator[_Context]:
    """Take the contexts of fragments out of those that were derived, and give all that stay."""
    yield context
    for key, inner in list((context.derived or {}).items()):
        if inner.home in changed and context.derived is not None:
            del context.derived[key]
        else:
            yield from _without(inner, changed)


class _Planner:
    """Walks the blocks of one agent."""

    def __init__(self, agent: ResolvedAgent, index: Index, scope: Scope) -> None:
        self._agent = agent
        self._index = index
        self._scope = scope
        self._diagnostics = scope.diagnostics
        self._rounds = 0
        self._count = 0
        self._depth = 0
        self._deepest = 0
        self._is_verbatim = agent.fragment.document.syntax.is_verbatim
        self._shelves = index.sharing.planned
        self.effects = Effects(used=scope.used)
        index.sharing.introduce(scope.answers, agent, scope.project)

    # --- blocks and their edits ---------------------------------------------------------------------------------------

    def plan(self, blocks: Iterable[Block], context: _Context) -> list[Planned]:
        """Plan a run of blocks, each with what stands before and after it."""
        if self._depth >= MAX_DEPTH:
            self._report_nesting(context)
            return []
        self._go_deeper()
        planned = self._planned(blocks, context)
        self._depth -= 1
        return planned

    def _go_deeper(self) -> None:
        self._depth += 1
        self._deepest = max(self._deepest, self._depth)

    def _report_nesting(self, context: _Context) -> None:
        self._scope.silences += 1
        if self._index.diagnostics.errors:  # such as an id that stands twice: then a text may stand inside itself
            return
        location = context.via[-1] if context.via else context.document.location
        message = f"blocks and includes stand inside each other more than {MAX_DEPTH} deep"
        hint = "make the structure flatter: include from fewer fragments that include others"
        self._diagnostics.error("nested-too-deeply", message, location, hint)

    def _planned(self, blocks: Iterable[Block], context: _Context) -> list[Planned]:
        planned: list[Planned] = []
        if self._is_verbatim and not context.in_list and context.home in self._index.catalog.fragments:
            blocks = join_stretches(blocks, context.document)
        for block in blocks:
            self._count += 1
            if self._count > MAX_BLOCKS:
                self._scope.report_rounds(context.via[-1] if context.via else block.location)
                return planned
            if context.derived is None or isinstance(block, Inclusion):  # each address of an include is shared by itself
                planned.extend(self._with_edits(block, context))
            else:
                planned.extend(self._shared((block, context), self._with_edits, block, context))
        return planned

    def _with_edits(self, block: Block, context: _Context) -> list[Planned]:
        address = self._index.address_of(context.home, block)
        edit = self._edit_of(address)
        if edit is None:
            self._land(address)
            return self._plan_block(block, context, None)
        before = self._insert(edit, Verb.BEFORE, context)
        return [*before, *self._edited(block, edit, context), *self._insert(edit, Verb.AFTER, context)]

    def _edit_of(self, address: str | None) -> ResolvedEdit | None:
        if address is None:
            return None
        if address not in self._index.edited:
            return None
        if self._scope.reads is not None:
            self._scope.read(address)
        return self._agent.edits.get(address)

    # --- what agents share --------------------------------------------------------------------------------------------

    def _shared(self, key: tuple[object, ...], make: Callable[..., list[Planned]], *what: object) -> Sequence[Planned]:
        """Plan a part, which is to ``make(*what)``, or take the plan that was made for another agent which gives the same answers."""
        shelf = self._shelves.get(key)
        if shelf is None:
            shelf = self._shelves[key] = Shelf()
        elif shelf.is_own:
            return make(*what)
        kept = shelf.find(self._scope.answers)
        if kept is None or not self._has_room(kept.result):
            return self._made(shelf, make, *what)
        part = kept.result
        self._count += part.count
        self._rounds += part.rounds
        self._deepest = max(self._deepest, self._depth + part.depth)
        self.effects.add(part.effects)
        if self._scope.reads is not None:
            self._scope.reads |= kept.reads
        return part.blocks

    def _has_room(self, part: PlannedPart) -> bool:
        """Whether a part stays below the caps; where it does not, it is planned anew, to tell where."""
        return self._count + part.count <= MAX_BLOCKS and self._rounds + part.rounds <= MAX_ROUNDS and self._depth + part.depth <= MAX_DEPTH

    def _made(self, shelf: Shelf[PlannedPart], make: Callable[..., list[Planned]], *what: object) -> Sequence[Planned]:
        scope, outer, outer_reads = self._scope, self.effects, self._scope.reads
        told, count, rounds, deepest = self._told(), self._count, self._rounds, self._deepest
        self.effects, self._deepest = Effects(), self._depth
        scope.reads, scope.used = {}, self.effects.used
        planned = tuple(make(*what))
        part = PlannedPart(planned, self.effects, self._count - count, self._rounds - rounds, self._deepest - self._depth)
        if self._told() == told:
            self._index.sharing.keep_planned(shelf, part, scope.reads)
        if outer_reads is not None:
            outer_reads |= scope.reads
        self.effects, self._deepest = outer, max(deepest, self._deepest)
        scope.reads, scope.used = outer_reads, outer.used
        outer.add(part.effects)
        return planned

    def _told(self) -> int:
        """Return a number that grows with everything that is reported, or would be if it had not been before."""
        return self._diagnostics.told + self._index.diagnostics.told + self._scope.silences

    def _land(self, address: str | None) -> None:
        if address is not None:
            self.effects.reached.add(address)
            self.effects.landed.add(address)

    def _edited(self, block: Block, edit: ResolvedEdit, context: _Context) -> list[Planned]:
        self._land(edit.address)
        if edit.value is None:
            return self._plan_block(block, context, edit)
        reason = AbsenceReason.REMOVED if edit.value.verb is Verb.REMOVE else AbsenceReason.REPLACED
        self._note_absence((block,), context, reason, edit.value)
        if edit.value.text is None or edit.value.verb is Verb.REMOVE:
            return []
        return self._replacement(block, edit, edit.value, context)

    def _replacement(self, block: Block, edit: ResolvedEdit, part: EditPart, context: _Context) -> list[Planned]:
        if part.text is None:  # pragma: no cover - a replacement has a text
            return []
        document = self._index.edit_document(part.text)
        kept = _kept_place(block, context.document)
        inner = context.apart(home=part.layer.name, document=document, edits=(part,), kept=kept)
        if context.in_list:
            mark = block.mark if isinstance(block, Item) else ""
            return [self._item_of(document, mark, edit.address, inner)]
        return self._with_title_and_ends(self._blocks_of(document, edit.address, inner), edit, context)

    def _blocks_of(self, document: Document, address: str, context: _Context) -> list[Planned]:
        """Plan the blocks of an edit's text; the first of them bears the address, the others stand within it."""
        planned = self.plan(document.blocks, context.apart(within=(*context.within, address)))
        return [_addressed(block, address) if position == 0 else block for position, block in enumerate(planned)]

    def _insert(self, edit: ResolvedEdit, verb: Verb, context: _Context) -> list[Planned]:
        planned: list[Planned] = []
        for part in edit.insertions:
            if part.verb is verb:
                planned.extend(self._insertion(part, context))
        return planned

    def _insertion(self, part: EditPart, context: _Context) -> list[Planned]:
        """Plan a block that a profile added; it has an address, so a descendant may have edited it."""
        if part.text is None or self._depth >= MAX_DEPTH:  # a chain so long was reported when the workspace was indexed
            self._scope.silences += 1
            return []
        address = f"{part.layer.name}#{part.id}"
        edit = self._edit_of(address) or ResolvedEdit(address)
        self._land(address)
        value = edit.value or part
        if value.verb is Verb.REMOVE:
            trace = Absence(address, AbsenceReason.REMOVED, part.location, context.gates, value, context.via)
            self.effects.absences.append(trace)
            inner: list[Planned] = []
        else:
            text = value.text or part.text
            document = self._index.edit_document(text)
            edits = (part,) if value is part else (part, value)
            within = context.apart(home=value.layer.name, document=document, edits=edits, kept=None)
            if context.in_list:
                inner = [self._item_of(document, "", address, within)]
            else:
                inner = self._with_title_and_ends(self._blocks_of(document, address, within), edit, context)
        self._go_deeper()
        beside = [*self._insert(edit, Verb.BEFORE, context), *inner, *self._insert(edit, Verb.AFTER, context)]
        self._depth -= 1
        return beside

    def _item_of(self, document: Document, mark: str, address: str | None, context: _Context) -> PlannedItem:
        """Make an item of an edit's text: its first paragraph is the item's text, the rest stands below."""
        first = document.blocks[0] if document.blocks else None
        if not isinstance(first, Leaf):  # reported when the workspace was indexed
            return PlannedItem(mark, self._line(Text(document.source, ()), Unit(0, 0), context, address, "list item"), ())
        line = self._line(first.text, first.unit, context, address, "list item")
        body = self.plan(document.blocks[1:], _inside(context, address))
        return PlannedItem(mark, line, _as_blocks(body))

    def _with_title_and_ends(self, planned: list[Planned], edit: ResolvedEdit, context: _Context) -> list[Planned]:
        """Apply a nearer layer's title, layout, `first` and `last` to the section or the list that a text brought."""
        for position, block in enumerate(planned):
            if isinstance(block, PlannedList) and position == 0:
                within = context.apart(in_list=True)
                entries = [*self._insert(edit, Verb.FIRST, within), *block.items, *self._insert(edit, Verb.LAST, within)]
                planned[position] = replace(block, items=tuple(entry for entry in entries if isinstance(entry, PlannedItem)))
                break
            if isinstance(block, PlannedSection):
                title = block.title
                if title is not None and edit.title is not None and edit.title.text is not None:
                    within = context.apart(home=edit.title.layer.name, edits=(*block.trace.edits, edit.title))
                    retitled = self._line(self._index.line_text(edit.title.text), Unit(0, 0), within, edit.address, "section")
                    title = replace(retitled, slot=title.slot)
                body = (
                    *_as_blocks(self._insert(edit, Verb.FIRST, context)),
                    *block.body,
                    *_as_blocks(self._insert(edit, Verb.LAST, context)),
                )
                planned[position] = replace(block, title=title, body=body, looks=edit.looks or block.looks)
                break
        return planned

    # --- each kind of block -------------------------------------------------------------------------------------------

    def _plan_block(self, block: Block, context: _Context, edit: ResolvedEdit | None) -> list[Planned]:
        address = self._index.address_of(context.home, block)
        match block:
            case Leaf():
                return [PlannedLeaf(block.kind, self._line(block.text, block.unit, context, address, block.kind.value))]
            case Item():
                line = self._line(block.text, block.unit, context, address, "list item")
                return [PlannedItem(block.mark, line, _as_blocks(self.plan(block.body, _inside(context, address))))]
            case ListBlock():
                return [self._list(block, context, edit, address)]
            case Section():
                return [self._section(block, context, edit, address)]
            case Conditional():
                return self._conditional(block, context)
            case Loop():
                return self._loop(block, context)
            case Inclusion():
                return self._inclusion(block, context)

    def _line(self, text: Text, unit: Unit, context: _Context, address: str | None, kind: str) -> Line:
        loop = context.loop or {}
        for expression, location, bound in expressions_of(self._index.templates.of(text)):
            if not bound:
                self._scope.has_names(expression, location, context.via, loop)
            else:
                outer = [name for name in expression.names if name.partition(".")[0] not in bound]
                self._scope.has_names(replace(expression, names=tuple(outer)), location, context.via, loop)
        trace = self._trace(address, kind, text.location, context)
        return Line(text, trace, _slot(unit, context), loop, context.bound or {})

    def _trace(self, address: str | None, kind: str, location: Location, context: _Context) -> Trace:
        replaced = context.kept.location if context.kept is not None else None
        return Trace(address, kind, location, context.home, context.edits, context.gates, context.via, context.within, replaced)

    def _list(self, block: ListBlock, context: _Context, edit: ResolvedEdit | None, address: str | None) -> PlannedList:
        inner = context.derive("list", address, in_list=True, within=_within(context, address))
        entries = self.plan(block.entries, inner)
        if edit is not None:
            entries = [*self._insert(edit, Verb.FIRST, inner), *entries, *self._insert(edit, Verb.LAST, inner)]
        items = tuple(entry for entry in entries if isinstance(entry, PlannedItem))
        return PlannedList(block.style, items, block.is_tight, block, self._trace(address, "list", block.location, context))

    def _section(self, block: Section, context: _Context, edit: ResolvedEdit | None, address: str | None) -> PlannedSection:
        level = block.level + context.shift
        if level > DEEPEST_LEVEL:
            self._report_depth(block, level, context)
            level = DEEPEST_LEVEL
        inner = context.derive("section", address, in_list=False, within=_within(context, address), edits=())
        body = self.plan(block.body, inner)
        if edit is not None:
            body = [*self._insert(edit, Verb.FIRST, inner), *body, *self._insert(edit, Verb.LAST, inner)]
        title = self._title(block, context, edit, address)
        touched = tuple(part for part in (edit.title, edit.layout) if part is not None) if edit is not None else ()
        trace = replace(self._trace(address, "section", block.location, context), edits=(*context.edits, *touched))
        looks = edit.looks if edit is not None and edit.looks else None
        return PlannedSection(level, title, _as_blocks(body), bool(block.body), trace, looks)

    def _title(self, block: Section, context: _Context, edit: ResolvedEdit | None, address: str | None) -> Line | None:
        if block.title is None or block.unit is None:
            return None
        if edit is None or edit.title is None or edit.title.text is None:
            return self._line(block.title, block.unit, context, address, "section")
        within = context.apart(home=edit.title.layer.name, edits=(*context.edits, edit.title))
        return self._line(self._index.line_text(edit.title.text), block.unit, within, address, "section")

    def _report_depth(self, block: Section, level: int, context: _Context) -> None:
        self._diagnostics.error(
            "heading-too-deep",
            f"this heading would stand at level {level}, and Markdown has {DEEPEST_LEVEL}",
            block.title.location if block.title is not None else block.location,
            "include the fragment at a higher level",
            [Note("included here", place) for place in reversed(context.via)],
        )

    # --- gates --------------------------------------------------------------------------------------------------------

    def _conditional(self, block: Conditional, context: _Context) -> list[Planned]:
        planned: list[Planned] = []
        closed: tuple[Gate, ...] = ()
        read: tuple[str, ...] = ()
        is_open = False
        for branch in block.branches:
            if is_open:
                condition = "else" if branch.condition is None else str(branch.condition)
                passed = Gate(condition, holds=False, location=branch.statement, names=read, is_skipped=True)
                planned.extend(self._ghosts(branch.body, context.derive("passed", branch, read, gates=(*context.gates, passed))))
                continue
            gate = self._gate(branch, context, closed)
            read = tuple(dict.fromkeys((*read, *gate.names)))
            inner = context.derive("gate", branch, gate.holds, gates=(*context.gates, gate))
            if gate.holds:
                is_open = True
                planned.extend(self.plan(branch.body, inner))
            else:
                closed = (*closed, gate)
                planned.extend(self._ghosts(branch.body, inner))
        return planned

    def _gate(self, branch: Branch, context: _Context, closed: Sequence[Gate]) -> Gate:
        if branch.condition is None:
            names = tuple(name for gate in closed for name in gate.names)
            return Gate(f"not {' and not '.join(gate.condition for gate in closed)}", True, branch.statement, names)  # noqa: FBT003 - read as a sentence
        expression = self._index.expression(branch.condition)
        if expression is None:
            return Gate(str(branch.condition), False, branch.statement)  # noqa: FBT003 - read as a sentence
        value = self._scope.value(expression, branch.condition.location, context.via, context.loop or {})
        return Gate(str(branch.condition), holds(value), branch.statement, expression.names)

    def _ghosts(self, blocks: Iterable[Block], context: _Context) -> list[Planned]:
        """Leave blocks out, but not what a profile inserted beside them: that stands outside the gate."""
        outside = context.apart(gates=context.gates[:-1])
        planned: list[Planned] = []
        for block in blocks:
            address = self._index.address_of(context.home, block)
            edit = self._edit_of(address)
            if address is not None:
                self.effects.reached.add(address)
                self.effects.absences.append(Absence(address, AbsenceReason.GATED, block.location, context.gates, None, context.via))
            if edit is not None:
                planned.extend(self._insert(edit, Verb.BEFORE, outside))
            if isinstance(block, Inclusion):
                self._note_included(block, context, AbsenceReason.GATED, None)
            elif isinstance(block, Conditional | Loop):
                planned.extend(self._ghosts(child_blocks(block), context))
            else:
                self._note_absence(child_blocks(block), context, AbsenceReason.GATED, None)
                self._drop_insertions(block, context)
            if edit is not None:
                planned.extend(self._insert(edit, Verb.AFTER, outside))
                if edit.insertions and all(part.verb in {Verb.BEFORE, Verb.AFTER} for part in edit.parts):
                    self.effects.landed.add(edit.address)
        return planned

    def _drop_insertions(self, gated: Block, context: _Context) -> None:
        """Tell which insertions go with a block that is gated off: those inside it, but not those beside it."""
        for block, _ in walk_blocks((gated,)):
            address = self._index.address_of(context.home, block)
            edit = self._edit_of(address)
            for part in edit.insertions if edit is not None else ():
                if block is gated and part.verb in {Verb.BEFORE, Verb.AFTER}:
                    continue
                self._reach_insertion(part)
                self._diagnostics.notice(
                    "insertion-gated",
                    f"`{part.layer.name}#{part.id}` goes with the {describe(block).partition(' ')[2]} around it, which is gated off "
                    f"in `{self._scope.profile}`",
                    part.location,
                    f"the gate is `{context.gates[-1].condition}`",
                    [Note("gated here", context.gates[-1].location)],
                )

    def _reach_insertion(self, part: EditPart) -> None:
        """Note that an insertion was met, and what other layers inserted beside it, though a gate keeps it out."""
        address = f"{part.layer.name}#{part.id}"
        self.effects.reached.add(address)
        edit = self._edit_of(address)
        for beside in edit.insertions if edit is not None else ():
            self._reach_insertion(beside)

    def _note_absence(self, blocks: Iterable[Block], context: _Context, reason: AbsenceReason, part: EditPart | None) -> None:
        for block, _ in walk_blocks(tuple(blocks)):
            address = self._index.address_of(context.home, block)
            if address is not None:
                self.effects.reached.add(address)
                self.effects.absences.append(Absence(address, reason, block.location, context.gates, part, context.via))
            if isinstance(block, Inclusion):
                self._note_included(block, context, reason, part)

    def _note_included(self, block: Inclusion, context: _Context, reason: AbsenceReason, part: EditPart | None) -> None:
        """Note what an include that is not carried out would have brought."""
        variable = self._agent.variables.get(block.variable) if block.variable is not None else None
        if block.variable is not None:
            self._scope.read(block.variable)
        chosen = block.address if variable is None else variable.data
        for address in chosen if isinstance(chosen, list) else [chosen]:
            if not isinstance(address, str) or address in {"", *context.stack}:
                continue
            found = included_blocks(self._index, address, block.target)
            if found is not None:
                via, stack = (*context.via, block.target), (*context.stack, address)
                self._note_absence(found[1], context.apart(home=found[0], via=via, stack=stack), reason, part)

    # --- loops and includes -------------------------------------------------------------------------------------------

    def _loop(self, block: Loop, context: _Context) -> list[Planned]:
        expression = self._index.expression(block.values)
        if expression is None:
            return []
        values = self._scope.value(expression, block.values.location, context.via, context.loop or {})
        if values is None:
            return []
        if not isinstance(values, list):
            message = f"a `for` goes over a list, and `{block.values}` is not one"
            self._diagnostics.error("wrong-type", message, block.values.location, "declare the variable as `list[str]`")
            return []
        self._rounds += len(values)
        if self._rounds > MAX_ROUNDS:
            self._scope.report_rounds(block.values.location)
            return []
        planned: list[Planned] = []
        bound = {**(context.bound or {}), block.name: expression.names}
        for position, value in enumerate(values):
            loop = {**(context.loop or {}), block.name: value, "loop": loop_state(position, len(values))}
            planned.extend(self.plan(block.entries, context.apart(loop=loop, bound=bound)))
        return planned

    def _inclusion(self, block: Inclusion, context: _Context) -> list[Planned]:
        planned: list[Planned] = []
        met: set[str] = set()
        for address in self._addresses(block, context):
            # A block that stands in one output twice must be two: each line of an output has its own trace.
            if context.derived is None or address in met:
                planned.extend(self._include(block, address, context.apart()))
            else:
                planned.extend(self._shared((block, context, address), self._include, block, address, context))
            met.add(address)
        return planned

    def _include(self, block: Inclusion, address: str, context: _Context) -> list[Planned]:
        """Plan what one address brings."""
        if address in context.stack:
            self._report_cycle(block, address, context)
            return []
        found = included_blocks(self._index, address, block.target)
        if found is None:
            return []
        home, blocks, place = found
        if place is not None:
            self.effects.reached.add(address)
        if not check_inclusion(self._index, block, address, blocks):
            return []
        return self._included(block, address, home, blocks, place, context)

    def _included(
        self, block: Inclusion, address: str, home: str, blocks: tuple[Block, ...], place: Place | None, context: _Context
    ) -> list[Planned]:
        document = self._index.catalog.fragments[home].document
        shift = block.level + context.shift - (top_level(blocks) or 1) if block.level is not None else context.shift
        via, stack = (*context.via, block.target), (*context.stack, address)
        changes = {"home": home, "document": document, "shift": shift, "via": via, "stack": stack, "edits": (), "kept": None}
        inner = context.derive("include", block, address, **changes, loop=None, bound=None, in_list=False)
        if place is None:
            return self.plan(blocks, inner)
        inner = self._gates_around(place, inner)
        around = next((parent for parent in reversed(place.parents) if not isinstance(parent, Conditional | Loop)), None)
        is_entry = isinstance(around, ListBlock) and not isinstance(blocks[0], ListBlock)
        entries = self._included_block(place, blocks, inner.derive("entry", is_entry, in_list=is_entry))
        if not is_entry or not isinstance(around, ListBlock) or not entries:
            return entries
        # A single entry brings its list's marks with it.
        items = tuple(entry for entry in entries if isinstance(entry, PlannedItem))
        return [PlannedList(around.style, items, around.is_tight, around, self._trace(None, "list", around.location, inner))]

    def _included_block(self, place: Place, blocks: tuple[Block, ...], context: _Context) -> list[Planned]:
        """Plan a single block; where it is gated off, what stands beside it stays, as it does where the whole fragment is included."""
        if not context.gates or context.gates[-1].holds:
            return self.plan(blocks, context)
        gate = context.gates[-1].location
        chain = (*place.parents, place.block)
        outermost = next(depth for depth, parent in enumerate(chain) if _opens(parent, gate))
        if all(isinstance(parent, Conditional | Loop) for parent in chain[outermost:-1]):
            return self._ghosts(blocks, context)
        self._note_absence(blocks, context, AbsenceReason.GATED, None)
        return []

    def _gates_around(self, place: Place, context: _Context) -> _Context:
        """Bring the gates around a single included block."""
        chain = (*place.parents, place.block)
        for parent, child in pairwise(chain):
            if not isinstance(parent, Conditional):
                continue
            closed: tuple[Gate, ...] = ()
            for branch in parent.branches:
                gate = self._gate(branch, context, closed)
                holds = gate.holds and all(not earlier.holds for earlier in closed)
                if any(child is inner for inner in branch.body):
                    gates = (*context.gates, replace(gate, holds=holds))
                    context = context.derive("around", branch, holds, gates=gates)
                    if not holds:
                        return context
                    break
                closed = (*closed, gate)
        return context

    def _addresses(self, block: Inclusion, context: _Context) -> list[str]:
        if block.address is not None:
            return [block.address]
        name = block.variable or ""
        value = self._scope.value(Expression(name, (name,), name), block.target, context.via, context.loop or {})
        names = value if isinstance(value, list) else [value]
        # A name that does not exist was reported where it is set.
        return [str(item) for item in names if item and self._index.is_known(str(item))]

    def _report_cycle(self, block: Inclusion, address: str, context: _Context) -> None:
        chain = (*context.stack[context.stack.index(address) :], address)
        self._diagnostics.error(
            "include-cycle",
            f"a fragment includes itself: {' > '.join(chain)}",
            block.target,
            "take one include of the chain out",
            [Note("included here", place) for place in reversed(context.via)],
        )


def _opens(block: Block | None, statement: Location) -> bool:
    return isinstance(block, Conditional) and any(branch.statement == statement for branch in block.branches)


def _as_blocks(planned: Iterable[Planned]) -> tuple[PlannedBlock, ...]:
    return tuple(block for block in planned if not isinstance(block, PlannedItem))


def _inside(context: _Context, address: str | None) -> _Context:
    """Enter a block, whose address those inside it remember."""
    return context.derive("inside", address, in_list=False, within=_within(context, address))


def _within(context: _Context, address: str | None) -> tuple[str, ...]:
    return (*context.within, address) if address is not None else context.within


def _slot(unit: Unit, context: _Context) -> Slot:
    head = tail = (context.document, unit.order)
    gap = unit.gap
    if context.kept is not None and unit.order == 0:
        head, gap = (context.kept.document, context.kept.first), context.kept.gap
    if context.kept is not None and unit.order == context.document.unit_count - 1:
        tail = (context.kept.document, context.kept.last)
    return Slot(head, tail, gap, unit.indent)


def _kept_place(block: Block, document: Document) -> _KeptPlace | None:
    """Return the place of a block among its neighbours, for what replaces it; None for one that holds no text of its own."""
    units = [inner.unit for inner, _ in walk_blocks((block,)) if isinstance(inner, Leaf | Item | Section) and inner.unit is not None]
    return _KeptPlace(document, units[0].order, units[-1].order, units[0].gap, block.location) if units else None


def _addressed(block: Planned, address: str) -> Planned:
    """Name the first block of an inserted text by the insertion's address, unless it has an id of its own."""
    match block:
        case PlannedLeaf():
            return replace(block, line=_named(block.line, address))
        case PlannedItem():
            return replace(block, line=_named(block.line, address))
        case PlannedSection():
            title = _named(block.title, address) if block.title is not None else None
            return replace(block, title=title, trace=_bearing(block.trace, address))
        case PlannedList():
            return replace(block, trace=_bearing(block.trace, address))


def _named(line: Line, address: str) -> Line:
    return replace(line, trace=_bearing(line.trace, address))


def _bearing(trace: Trace, address: str) -> Trace:
    """Give a block an address, unless it has one of its own; it does not stand within itself."""
    return trace if trace.address else replace(trace, address=address, within=tuple(around for around in trace.within if around != address))
