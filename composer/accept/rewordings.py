"""Proposals for reworded lines: the words in their fragment, an edit in the profile, or the value of a variable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Final

from composer.accept.changes import LineChange, TextChange
from composer.accept.definitions import (
    block_of,
    entry_at,
    is_block_scalar,
    is_in_profile,
    node_at,
    set_entry,
    source_splices,
)
from composer.accept.drafts import AddEntry, RemoveEntry, SetText, SourceChange
from composer.accept.inverse import Rewording, VariableChange, joined_by, read_rewording
from composer.accept.newcomers import refuse_bare_marks
from composer.accept.placing import with_id
from composer.accept.printed import FieldText, Node, PrintedFile
from composer.accept.proposals import Proposal, Scope, Setting
from composer.accept.reasons import Reason, RefusedChangeError
from composer.blocks import LeafKind
from composer.model.planned import Line, PlannedItem, PlannedLeaf, PlannedSection
from composer.model.resolved import ResolvedVariable
from composer.model.yaml_nodes import YamlMapping, YamlSequence
from composer.yaml_text.rewrite import BlockText

__all__ = ["propose_rewording"]

_NAME: Final = re.compile(r"\{\{-?\s*(?P<name>[\w.]+)\s*-?\}\}")


def propose_rewording(setting: Setting, change: LineChange) -> Iterator[Proposal]:
    """Give the ways to bring a reworded run of lines about.

    Raises:
        RefusedChangeError: where the lines have no source that could be changed for it.
    """
    refuse_bare_marks([line for line in change.new if line not in setting.printed.lines[change.start : change.end]])
    start, end, new = _region(setting.printed, change)
    rewordings = read_rewording(setting.printed, start, end, new, setting.draft.index)
    if not rewordings:
        raise RefusedChangeError(Reason.LAYOUT, "only line ends changed here, and those come from the layout")
    for rewording in rewordings:
        _refuse_opaque(rewording, setting)
    scopes = list(dict.fromkeys(scope for rewording in rewordings for scope in setting.scopes(_home(rewording))))
    for scope in scopes:
        ways = [list(_ways(rewording, scope, setting)) for rewording in rewordings]
        for chosen in product(*ways):
            about = "; ".join(dict.fromkeys(way[0] for way in chosen))
            yield Proposal(scope, about, tuple(dict.fromkeys(change for way in chosen for change in way[1])))


def _region(printed: PrintedFile, change: LineChange) -> tuple[int, int, str]:
    """Return the characters that a change of lines stands for, and what they become."""
    starts = printed.line_starts
    if change.end > change.start and change.new:
        return starts[change.start], starts[change.end] - 1, "\n".join(change.new)
    if change.end > change.start:  # the lines go, and the line end before or behind them
        before = max(starts[change.start] - 1, 0)
        return (before, starts[change.end], "\n") if before and change.end < len(printed.lines) else (before, starts[change.end] - 1, "")
    before = max(starts[change.start] - 1, 0)
    return before, before, "".join(f"\n{line}" for line in change.new)


def _home(rewording: Rewording) -> str:
    owner = rewording.owner
    if isinstance(owner, Line):
        return owner.trace.layer
    trace = next((segment.trace for segment in owner.filled if segment.trace is not None), None)
    return trace.layer.partition(" (")[0] if trace is not None else ""


def _refuse_opaque(rewording: Rewording, setting: Setting) -> None:
    owner = rewording.owner
    if isinstance(owner, FieldText) or owner.text.plain:
        return
    node = _node_of(setting.printed, owner)
    if node is not None and isinstance(node.planned, PlannedLeaf) and node.planned.kind is LeafKind.OPAQUE:
        message = f"the text at {owner.text.location} is a template over several lines: change it there"
        raise RefusedChangeError(Reason.OPAQUE, message)


def _node_of(printed: PrintedFile, line: Line) -> Node | None:
    return next((node for node in printed.all_nodes() if node.line is line), None)


Way = tuple[str, tuple[SourceChange, ...]]


def _ways(rewording: Rewording, scope: Scope, setting: Setting) -> Iterator[Way]:
    """Give the ways to change one text: its variables' values and its own words, or all of it written out."""
    own = rewording.changes
    values = [list(_variable_ways(change, scope, setting)) for change in rewording.variables]
    if all(values):
        words = list(_word_ways(rewording, rewording.new_template, own, scope, setting)) if own else [("", ())]
        for chosen in product(words, *values):
            parts = [way for way in chosen if way[1]]
            yield "; ".join(dict.fromkeys(way[0] for way in parts)), tuple(change for way in parts for change in way[1])
    if rewording.written_out is not None and scope is not Scope.FRAGMENT:
        for about, changes in _word_ways(rewording, rewording.written_out, None, scope, setting):
            names = " and ".join(f"`{name}`" for change in rewording.variables for name in change.segment.names)
            yield f"{about}, without {names or 'its variables'}", changes


# --- words --------------------------------------------------------------------------------------------------------------


def _word_ways(
    rewording: Rewording, template: str, changes: tuple[TextChange, ...] | None, scope: Scope, setting: Setting
) -> Iterator[Way]:
    owner = rewording.owner
    if isinstance(owner, FieldText):
        yield from _field_ways(owner, template, scope, setting)
        return
    home = owner.trace.layer
    if changes is not None and (scope is Scope.FRAGMENT or (home == setting.home and scope is Scope.PROFILE)):
        yield from _in_place(owner, template, changes)
    if scope is not Scope.FRAGMENT:
        yield from _by_edit(owner, template, scope, setting)


def _in_place(line: Line, template: str, changes: tuple[TextChange, ...]) -> Iterator[Way]:
    """Change the words where they stand."""
    splices = tuple(source_splices(line.text, iter([(change.start, change.end, change.new) for change in changes])))
    if not is_in_profile(line.trace.layer):
        yield f"change the words in {line.text.source.path}", splices
        return
    entry = entry_at(line.text.source, line.text.location.start)
    if entry is None:
        return
    about = f"change the words in {entry.path}"
    if is_block_scalar(entry):
        yield about, splices
    elif entry.scalar.text.strip() == str(line.text).strip():
        yield about, (SetText(entry.path, entry.keys, template),)


def _by_edit(line: Line, template: str, scope: Scope, setting: Setting) -> Iterator[Way]:
    """Adapt the block in the profile: `replace` it, or give its section another `title`."""
    node = _node_of(setting.printed, line)
    if node is None or line.text.plain:
        return
    address: str | None = line.trace.address
    first: tuple[SourceChange, ...] = ()
    if address is None:
        named = with_id(node, setting)
        if named is None:
            return
        address, first = named
    verb = "title" if isinstance(node.planned, PlannedSection) else "replace"
    text = template if verb == "title" else BlockText(f"{template}{_children(node, setting)}")
    keys = setting.keys(scope, "edits", address, verb)
    yield f"`{verb}` {address} in profiles/{setting.profile}.yaml", (*first, set_entry(setting.profile, keys, text, setting.draft))


def _children(node: Node, setting: Setting) -> str:
    """Return the source of the blocks inside an item, as text below the item's own: what replaces the item replaces them too."""
    if not isinstance(node.planned, PlannedItem) or not node.children:
        return ""
    block = block_of(node, setting.draft)
    if block is None or node.line is None:
        raise RefusedChangeError(Reason.SCOPE, "the item holds other blocks, which an edit of the profile would have to repeat")
    text = node.line.text
    line_end = text.source.text.find("\n", text.location.end) + 1
    below = text.source.text[line_end : block.location.end].rstrip("\n")
    width = text.lines[0].offset - (text.source.text.rfind("\n", 0, text.lines[0].offset) + 1)
    lines = [line[width:] if not line[:width].strip() else line for line in below.split("\n")]
    return "\n" + re.sub(r"[ \t]*\{#[a-z0-9-]+\}$", "", "\n".join(lines), flags=re.MULTILINE)


# --- front matter -------------------------------------------------------------------------------------------------------


def _field_ways(owner: FieldText, template: str, scope: Scope, setting: Setting) -> Iterator[Way]:
    """Change a field's text where it is defined, or say it in the agent's part of the profile."""
    source = owner.scalar.location.source
    entry = entry_at(source, owner.scalar.location.start)
    if entry is None:
        return
    is_own = entry.path == f"profiles/{setting.profile}.yaml"
    if scope is Scope.FRAGMENT or is_own:
        if not (scope is Scope.FRAGMENT and is_own and setting.scope is Scope.FRAGMENT):
            yield f"change `{owner.field}` in {entry.path}", (SetText(entry.path, entry.keys, template),)
        return
    start = entry.keys.index(owner.field) if owner.field in entry.keys else None
    if start is None:
        return
    inner = entry.keys[start:]
    if all(isinstance(key, str) for key in inner):
        text = BlockText(template) if owner.is_template or "\n" in template else template
        keys = ("agents", setting.agent, *inner)
        yield f"say `{owner.field}` in profiles/{setting.profile}.yaml", (set_entry(setting.profile, keys, text, setting.draft),)


# --- variables ----------------------------------------------------------------------------------------------------------


def _variable_ways(change: VariableChange, scope: Scope, setting: Setting) -> Iterator[Way]:
    expression = change.segment.location.text
    between, plain = joined_by(change.segment), _NAME.fullmatch(expression)
    names = change.segment.names
    if len(names) != 1:
        return
    if names[0].startswith("project."):
        if plain is not None:
            yield from _project_ways(names[0], change.after, scope, setting)
        return
    variable = setting.printed.file.document.plan.agent.variables.get(names[0])
    if variable is None:
        return
    if isinstance(variable.data, list):
        items = [str(item) for item in variable.data]
        if between and change.before == between.join(items):
            yield from _list_ways(variable, change.after.split(between), scope, setting)
        elif plain is not None and change.before in items:  # the value of a loop's round
            at = items.index(change.before)
            yield from _list_ways(variable, [*items[:at], change.after, *items[at + 1 :]], scope, setting)
    elif plain is not None and plain["name"] == variable.name and change.before == variable.text:
        yield from _value_ways(variable, change.after, scope, setting)


def _about(name: str, path: str) -> str:
    return f"set `{name}` in {path}"


def _project_ways(name: str, after: str, scope: Scope, setting: Setting) -> Iterator[Way]:
    keys = tuple(name.split("."))
    own = setting.draft.index.catalog.profiles[setting.profile].source
    if scope is Scope.AGENT or (scope is Scope.FRAGMENT and node_at(own, keys) is None):
        return
    yield _about(name, f"profiles/{setting.profile}.yaml"), (set_entry(setting.profile, keys, after, setting.draft),)


def _value_ways(variable: ResolvedVariable, after: str, scope: Scope, setting: Setting) -> Iterator[Way]:
    is_literal = variable.type.kind.value in {"int", "float", "bool"}
    if scope is not Scope.FRAGMENT:
        keys = setting.keys(scope, "vars", variable.name)
        change = set_entry(setting.profile, keys, after, setting.draft, is_literal=is_literal)
        yield _about(variable.name, f"profiles/{setting.profile}.yaml"), (change,)
        return
    defined = _definition_keys(variable)
    if defined is not None:
        path = variable.location.path
        yield _about(variable.name, path), (SetText(path, defined, after, is_literal=is_literal),)


def _definition_keys(variable: ResolvedVariable) -> tuple[str | int, ...] | None:
    """Return the keys of the value that a variable has from its layer, or from its declaration."""
    source = variable.location.source
    layer = variable.layer
    root: tuple[str | int, ...]
    if layer.name == "declaration":
        root = ("vars", variable.name, "default")
    elif is_in_profile(layer.name):
        root = ("agents", layer.agent, "vars", variable.name) if layer.agent else ("vars", variable.name)
    else:
        return None
    return root if node_at(source, root) is not None else None


def _list_ways(variable: ResolvedVariable, items: list[str], scope: Scope, setting: Setting) -> Iterator[Way]:
    """Change a list: one element where only that differs, else the list as a whole."""
    if any(not item.strip() or item != item.strip() for item in items):
        return
    keys = _definition_keys(variable)
    before = [str(item) for item in variable.data] if isinstance(variable.data, list) else []
    own = f"profiles/{setting.profile}.yaml"
    path = variable.location.path
    node = node_at(variable.location.source, keys) if keys is not None else None
    is_here = scope is Scope.FRAGMENT or path == own
    if is_here and keys is not None and isinstance(node, YamlSequence) and len(items) == len(before) == len(node.items):
        changed = [position for position, (old, new) in enumerate(zip(before, items, strict=True)) if old != new]
        yield _about(variable.name, path), tuple(SetText(path, (*keys, position), items[position]) for position in changed)
        return
    if is_here and keys is not None and isinstance(node, YamlSequence):
        yield _about(variable.name, path), (RemoveEntry(path, keys), AddEntry(path, keys, tuple(items)))
        return
    if scope is not Scope.FRAGMENT:
        target = setting.keys(scope, "vars", variable.name)
        existing = node_at(setting.draft.index.catalog.profiles[setting.profile].source, target)
        first = (RemoveEntry(own, target),) if isinstance(existing, YamlSequence | YamlMapping) else ()
        yield _about(variable.name, own), (*first, AddEntry(own, target, tuple(items)))
