"""Index -> diagnostics: every name, type, address and verb of a workspace, checked before anything is composed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from composer.blocks import Block, Conditional, Inclusion, Item, Leaf, ListBlock, Loop, Section, Text, describe, walk_blocks
from composer.errors import Note, nearest_name
from composer.lookup.inclusion import check_inclusion, included_blocks
from composer.lookup.index import TEMPLATE_FIELDS, Index, Place, is_entry
from composer.lookup.vetted import take_vetted
from composer.markdown.expressions import NAMESPACES, Expression
from composer.markdown.template import expressions_of
from composer.model.sources import Edit, Fragment, Profile, VariableKind, Verb
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.source import Location
from composer.values import read_value

__all__ = ["vet_index"]

AMBIENT_NAMES = frozenset({"agent.name", "target"})

_Use = tuple[Expression, Location, frozenset[str]]


def vet_index(index: Index, known: Index | None = None) -> None:
    """Report names, types and addresses that do not fit.

    Args:
        index: has all addresses.
        known: an index in which nothing was wrong. Of what is as it was there is nothing to tell.
    """
    same = take_vetted(index, known) if known is not None else frozenset[str]()
    for fragment in index.catalog.fragments.values():
        if fragment.id not in same:
            told = index.diagnostics.told
            _check_moved(index, fragment)
            _check_names(index, fragment)
            _check_includes(index, fragment)
            index.silent |= {fragment.id} if index.diagnostics.told == told else set()
    for fragment in index.catalog.damaged:
        _check_names(index, fragment)
        _check_includes(index, fragment)
    sound = _sound_names(index)
    for profile in index.catalog.profiles.values():
        if f"profiles/{profile.name}" not in same:
            told = index.diagnostics.told
            _check_settings(index, profile.variables, sound)
            for agent in profile.agents.values():
                _check_settings(index, agent.variables, sound)
            _check_edits(index, profile)
            index.silent |= {f"profiles/{profile.name}"} if index.diagnostics.told == told else set()
    _check_defaults(index)
    _check_distinctions(index)
    # What could not be read, or is written with a slip, would look as if it had no use.
    if not index.diagnostics.errors:
        _check_use(index)


# --- names ------------------------------------------------------------------------------------------------------------


def _expressions(index: Index, blocks: Iterable[Block], bound: frozenset[str]) -> Iterator[_Use]:
    """Give every expression of blocks with its place and the names that loops around it bind."""
    for block in blocks:
        match block:
            case Leaf():
                yield from _text_expressions(index, block.text, bound)
            case Item():
                yield from _text_expressions(index, block.text, bound)
                yield from _expressions(index, block.body, bound)
            case Section():
                if block.title is not None:
                    yield from _text_expressions(index, block.title, bound)
                yield from _expressions(index, block.body, bound)
            case ListBlock():
                yield from _expressions(index, block.entries, bound)
            case Conditional():
                for branch in block.branches:
                    if branch.condition is not None and (condition := index.expression(branch.condition)) is not None:
                        yield condition, branch.condition.location, bound
                    yield from _expressions(index, branch.body, bound)
            case Loop():
                if (values := index.expression(block.values)) is not None:
                    yield values, block.values.location, bound
                yield from _expressions(index, block.entries, bound | {block.name, "loop"})
            case Inclusion():
                if block.variable is not None:
                    yield Expression(block.variable, (block.variable,), block.variable), block.target, bound


def _text_expressions(index: Index, text: Text, bound: frozenset[str]) -> Iterator[_Use]:
    # Most texts have no brace: they are read when they are printed, if they are.
    if not text.plain and any("{" in line.text for line in text.lines):
        yield from expressions_of(index.templates.of(text), bound)


def _field_texts(node: YamlNode) -> Iterator[YamlScalar]:
    match node:
        case YamlScalar():
            yield node
        case YamlSequence():
            for item in node.items:
                yield from _field_texts(item)
        case YamlMapping():
            for value in node.entries.values():
                yield from _field_texts(value)


def _agent_expressions(index: Index, fields: YamlMapping) -> Iterator[_Use]:
    for name in TEMPLATE_FIELDS & fields.entries.keys():
        for scalar in _field_texts(fields.entries[name]):
            if "{" in scalar.text:  # as above
                yield from expressions_of(index.templates.of(index.line_text(scalar)))


def _check_names(index: Index, fragment: Fragment) -> None:
    used: set[str] = set()
    visible = fragment.variables.keys() | fragment.uses.keys()
    found = list(_expressions(index, fragment.document.blocks, frozenset()))
    if fragment.agent is not None:
        found.extend(_agent_expressions(index, fragment.agent.fields))
    for expression, location, bound in found:
        _check_comparison(index, expression, location)
        for name in expression.names:
            root = name.partition(".")[0]
            if root in bound or _is_ambient(index, name, location):
                continue
            used.add(name)
            index.variable_users.setdefault(name, set()).add(fragment.id)
            if name not in visible:
                _report_undeclared(index, name, location, visible)
    index.fragment_variables[fragment.id] = frozenset(used)
    for name, place in fragment.uses.items():
        if name not in index.catalog.declarations and not index.catalog.broken:
            hint = nearest_name(name, index.catalog.declarations) or "declare it under `vars` in one fragment or in agent-composer.yaml"
            index.diagnostics.error("unknown-variable", f"`{name}` is declared nowhere", place.location, hint)


def _is_ambient(index: Index, name: str, location: Location) -> bool:
    """Whether a name is one that every text sees; a wrong part of one is reported."""
    root, _, part = name.partition(".")
    if root == "project" and part:
        return True
    if name in AMBIENT_NAMES:
        return True
    if root in NAMESPACES:
        known = "`project.<key>`, `agent.name` and, in a `for`, `loop.index`, `loop.first`, `loop.last`"
        index.diagnostics.error("undeclared-variable", f"there is no `{name}`", location, f"every text sees {known}")
        return True
    return False


def _report_undeclared(index: Index, name: str, location: Location, visible: Iterable[str]) -> None:
    if name in index.catalog.declarations:
        place = index.catalog.declarations[name].location
        hint = f"name it under `uses: [{name}]` in the front matter"
        index.diagnostics.error("undeclared-variable", f"`{name}` is not declared here", location, hint, [Note("declared here", place)])
    else:
        hint = nearest_name(name, visible) or "declare it under `vars` in the front matter"
        index.diagnostics.error("undeclared-variable", f"`{name}` is not declared here", location, hint)


def _check_use(index: Index) -> None:
    """Warn of what is declared, or taken over, and not used."""
    for name, declaration in index.catalog.declarations.items():
        if not index.variable_users.get(name):
            index.diagnostics.warning(
                "unused-variable", f"no text uses the variable `{name}`", declaration.location, "use it, or take the declaration out"
            )
    for fragment in index.catalog.fragments.values():
        for name, place in fragment.uses.items():
            if name not in index.fragment_variables[fragment.id]:
                message = f"`{name}` is named under `uses` and not used"
                index.diagnostics.warning("unused-variable", message, place.location, "take it out")


def _check_defaults(index: Index) -> None:
    for declaration in index.catalog.declarations.values():
        if declaration.type.is_fragment and declaration.default is not None:
            _check_fragment_names(index, declaration.default)


def _check_fragment_names(index: Index, node: YamlNode) -> None:
    match node:
        case YamlScalar() if node.text != "none":
            if "#" in node.text:
                index.find(node.text, node.location)
            else:
                index.fragment(node.text, node.location)
        case YamlSequence():
            fragments = index.catalog.fragments
            for item in node.items:
                if not (isinstance(item, YamlScalar) and item.text in fragments):
                    _check_fragment_names(index, item)
        case YamlMapping():
            for key in node.keys.values():
                if key.text != "unset":
                    _check_fragment_names(index, key)
        case _:
            return


def _sound_names(index: Index) -> frozenset[str]:
    """Return the ids of fragments that are text however they are written: a list of such names needs no closer look."""
    return frozenset(name for name in index.catalog.fragments if name[0].isalpha()) - {"true", "false"}


def _names_all(node: YamlNode, names: frozenset[str]) -> bool:
    """Whether a node is a list of these names alone."""
    return isinstance(node, YamlSequence) and all(isinstance(item, YamlScalar) and item.text in names for item in node.items)


def _check_settings(index: Index, variables: YamlMapping | None, sound: frozenset[str]) -> None:
    """Hold the variables that one layer sets against their declarations; ``sound`` are names that surely fit a list of fragments."""
    for name, node in variables.entries.items() if variables is not None else ():
        if name == "unset" or variables is None:
            continue
        declaration = index.catalog.declarations.get(name)
        if declaration is None:
            if not index.catalog.broken:
                hint = nearest_name(name, index.catalog.declarations) or "declare it under `vars` in the fragment that uses it"
                index.diagnostics.error("unknown-variable", f"no fragment declares `{name}`", variables.keys[name].location, hint)
            continue
        if declaration.type.kind is VariableKind.FRAGMENT_LIST and _names_all(node, sound):
            continue
        if declaration.type.is_list and isinstance(node, YamlMapping):
            # The keys are the items; what is not `true` or `false` is reported where the list is folded.
            for key in node.keys.values() if declaration.type.choices else ():
                read_value(declaration.type.of_items, key, index.diagnostics, f"an item of `{name}`")
        else:
            read_value(declaration.type, node, index.diagnostics, f"`{name}`")
        if declaration.type.is_fragment:
            _check_fragment_names(index, node)


# --- texts that stay two ----------------------------------------------------------------------------------------------


def _check_distinctions(index: Index) -> None:
    """Look up what the workspace file says of pairs of texts."""
    for distinction in index.catalog.config.distinct:
        for name in distinction.names:
            address, at, profile = name.partition("@")
            if at:
                _check_replacement(index, address, profile, distinction.location)
            elif "#" in address:
                index.find(address, distinction.location)
            elif address.startswith("profiles/"):
                _check_profile(index, address, distinction.location)
            else:
                index.fragment(address, distinction.location)


def _check_profile(index: Index, address: str, location: Location) -> None:
    name = address.removeprefix("profiles/")
    if name not in index.catalog.profiles and address not in index.catalog.broken:
        hint = nearest_name(name, index.catalog.profiles) or "`agent-composer list profiles` shows what there is"
        index.diagnostics.error("unknown-profile", f"there is no profile `{name}`", location, hint)


def _check_replacement(index: Index, address: str, profile: str, location: Location) -> None:
    """Report a name of a replacement, as in ``lists/a#x@profiles/shop``, that no profile makes."""
    place = index.find(address, location)
    if place is None or profile in index.catalog.broken:
        return
    replaced = [f"{place.address}@profiles/{found.name}" for found in index.catalog.profiles.values() if _replaces(index, found, place)]
    if f"{place.address}@{profile}" not in replaced:
        hint = nearest_name(f"{place.address}@{profile}", replaced) or "name the block itself, or a text that a profile adds"
        index.diagnostics.error("unknown-block", f"`{profile}` does not replace `{place.address}`", location, hint)


def _replaces(index: Index, profile: Profile, place: Place) -> bool:
    edits = profile.all_edits
    found = (edit for part in edits for edit in part.by_address.values() if edit.replace is not None)
    return any(index.current(edit.address) == place.address for edit in found)


# --- moved ids, includes, edits ---------------------------------------------------------------------------------------


def _check_moved(index: Index, fragment: Fragment) -> None:
    for old, new in fragment.moved.items():
        address = old if "#" in old else f"{fragment.id}#{old}"
        if address in index.places:
            index.diagnostics.error(
                "moved-still-there", f"`{address}` is listed under `moved`, and still there", new.location, "take it out of `moved`"
            )
        target = index.moved[address][0]
        if index.current(address) == address not in index.places:
            _report_moved_cycle(index, address, new.location)
        elif target not in index.places and target not in index.moved:
            hint = nearest_name(target, index.places) or "name the id that the block has now"
            index.diagnostics.error("unknown-block", f"there is no block `{target}`", new.location, hint)


def _report_moved_cycle(index: Index, address: str, location: Location) -> None:
    chain = [address]
    while (following := index.moved[chain[-1]][0]) != address:
        chain.append(following)
    if address == min(chain):  # once for each circle
        hint = "name the id that the block has now"
        index.diagnostics.error("moved-cycle", f"renames lead in a circle: {' > '.join((*chain, address))}", location, hint)


def _check_includes(index: Index, fragment: Fragment) -> None:
    for block, _ in walk_blocks(fragment.document.blocks):
        if not isinstance(block, Inclusion):
            continue
        if block.address is not None and (found := included_blocks(index, block.address, block.target)) is not None:
            check_inclusion(index, block, block.address, found[1])
        declaration = index.catalog.declarations.get(block.variable or "")
        if declaration is not None and not declaration.type.is_fragment:
            hint = "declare it as `fragment` or `list[fragment]`"
            message = f"an include takes a fragment, and `{block.variable}` is of type `{declaration.type}`"
            index.diagnostics.error("wrong-type", message, block.target, hint)


def _check_edits(index: Index, profile: Profile) -> None:
    agents = [agent.edits for agent in profile.agents.values()]
    for edits in (profile.edits, *agents):
        for edit in edits.by_address.values():
            place = index.find(edit.address, edit.location)
            if place is not None:
                _check_verbs(index, edit, place)
            for text in (edit.replace, edit.title, *(node for texts in edit.insertions.values() for node in texts.entries.values())):
                if isinstance(text, YamlScalar):
                    _check_edit_names(index, text, is_blocks=text is not edit.title, home=f"profiles/{profile.name}")
    for agent in profile.agents.values():
        for expression, location, _ in _agent_expressions(index, agent.fields):
            _check_profile_names(index, expression, location, f"profiles/{profile.name}")


def _check_verbs(index: Index, edit: Edit, place: Place) -> None:
    # The text that inserts a block may be replaced, but it tells what the block is.
    block = place.block or place.brings
    kind = describe(block)
    has_title = isinstance(block, Section) and block.title is not None
    if (edit.title is not None or edit.layout is not None) and not has_title:
        verb = "title" if edit.title is not None else "layout"
        message = f"`{verb}` is for sections with a title, and `{edit.address}` is {kind}"
        index.diagnostics.error("wrong-verb", message, edit.location, "use `replace`")
    for verb, texts in edit.insertions.items():
        if verb in {Verb.FIRST, Verb.LAST} and not isinstance(block, Section | ListBlock):
            message = f"`{verb}` is for lists and sections, and `{edit.address}` is {kind}"
            index.diagnostics.error("wrong-verb", message, edit.location, "use `before` or `after`")
            continue
        wants_item = isinstance(block, ListBlock) if verb in {Verb.FIRST, Verb.LAST} else is_entry(index, place)
        for text in texts.entries.values() if wants_item else ():
            _check_item_text(index, text)
    if edit.replace is not None and is_entry(index, place):
        _check_item_text(index, edit.replace)


def _check_item_text(index: Index, text: YamlNode) -> None:
    if not isinstance(text, YamlScalar):
        return
    blocks = index.edit_document(text).blocks
    first = blocks[0] if blocks else None
    if isinstance(first, ListBlock):
        message = "the text of a list item is written without its mark"
        index.diagnostics.error("mark-in-item-text", message, _first_line(first), "take the mark off: the list gives it")
    elif isinstance(first, Section):
        index.diagnostics.error("heading-in-item-text", "a list item cannot start with a heading", _first_line(first), "write plain text")
    elif isinstance(first, Inclusion | Conditional | Loop):
        message = "the text of a list item cannot start with a line that is a statement alone: the item would have no words"
        index.diagnostics.error("statement-in-item-text", message, _first_line(first), "write words, or put the statement inside a line")


def _first_line(block: Block) -> Location:
    location = block.location
    end = location.source.text.find("\n", location.start)
    return location.source.at(location.start, end if end > 0 else location.end)


def _check_edit_names(index: Index, text: YamlScalar, *, is_blocks: bool, home: str) -> None:
    if is_blocks:
        if text.text.strip() and not index.edit_document(text).blocks and not index.diagnostics.errors:
            message = "this text has nothing that could be printed"
            index.diagnostics.error("empty-text", message, text.location, "write the text, or use `remove: true` to take a block away")
        found = _expressions(index, index.edit_document(text).blocks, frozenset())
    else:
        found = expressions_of(index.templates.of(index.line_text(text)))
    for expression, location, bound in found:
        names = [name for name in expression.names if name.partition(".")[0] not in bound]
        _check_comparison(index, expression, location)
        _check_profile_names(index, Expression(expression.text, tuple(names)), location, home)


def _check_profile_names(index: Index, expression: Expression, location: Location, home: str) -> None:
    """Texts of a profile see every variable of the workspace."""
    for name in expression.names:
        if _is_ambient(index, name, location):
            continue
        index.variable_users.setdefault(name, set()).add(home)
        if name not in index.catalog.declarations and not index.catalog.broken:
            hint = nearest_name(name, index.catalog.declarations) or "declare it under `vars` in a fragment or in agent-composer.yaml"
            index.diagnostics.error("undeclared-variable", f"no fragment declares `{name}`", location, hint)


def _check_comparison(index: Index, expression: Expression, location: Location) -> None:
    """Report a comparison of a variable with a word that it can never be, or hold: the text behind it would go without a word."""
    for held in expression.words:
        declaration = index.catalog.declarations.get(held.name)
        if declaration is None or not declaration.type.choices:
            continue
        kind = declaration.type
        notes = [Note("declared here", declaration.location)]
        choices = ", ".join(f"`{choice}`" for choice in kind.choices)
        near = nearest_name(held.word, kind.choices)
        if kind.is_list and not held.is_member:
            message, hint = f"`{held.name}` is a list, and never `{held.word}`", f'write `"{held.word}" in {held.name}`'
            index.diagnostics.error("impossible-comparison", message, location, hint, notes)
        elif kind.is_list and held.word not in kind.choices:
            message, hint = f"`{held.name}` never holds `{held.word}`", near or f"it can hold {choices}"
            index.diagnostics.error("impossible-comparison", message, location, hint, notes)
        elif not held.is_member and held.word not in kind.choices:
            message, hint = f"`{held.name}` is never `{held.word}`", near or f"it can be {choices}"
            index.diagnostics.error("impossible-comparison", message, location, hint, notes)
