"""The command `show`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from composer.cli.completion import complete_names
from composer.cli.listing import fragment_data, profile_data, variable_data
from composer.cli.options import common, examples
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.inventory.contents import FragmentEntry, Inventory, ProfileEntry
    from composer.inventory.merged import Entry
    from composer.model.sources import Fragment

__all__ = ["register"]

_INDICATORS: Final = tuple("!&*-?|>@`\"'%#{}[],:")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            ("agent-composer show checklists/security", "a fragment: its variables, its ids, its users"),
            ("agent-composer show shop", "a profile as it is written"),
            ("agent-composer show --resolved shop", "all layers merged, each value with its origin"),
            ("agent-composer show --resolved shop --verbose", "what each value beat, and defaults, too"),
        )
    )(show)


@common
def show(
    session: Session,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A fragment, an agent or a profile.", autocompletion=complete_names)],
    resolved: Annotated[bool, typer.Option("--resolved", "-r", help="Merge all layers of a profile.")] = False,
) -> None:
    """Show one fragment, agent or profile.

    Of a fragment: what it is about, its variables, its blocks with their ids, and who uses it. Of a profile: what it extends and builds.
    With --resolved, the profile as all its layers make it, and after each value the file and line that it comes from.
    """
    from composer.inventory.contents import take_inventory  # noqa: PLC0415 - the engine, which `--help` does not need

    inventory = take_inventory(session.workspace.index)
    short = name.removeprefix("profiles/")
    profile = next((profile for profile in inventory.profiles if profile.name == short), None)
    fragments = (*inventory.fragments, *inventory.agents)
    fragment = next((fragment for fragment in fragments if fragment.id in {name, f"agents/{name}"}), None)
    if resolved:
        _show_resolved(session, profile, short)
    elif fragment is not None and (profile is None or name == fragment.id):
        _show_fragment(session, fragment, inventory)
    elif profile is not None:
        _show_profile(session, profile)
    else:
        _refuse(session, name, [*(fragment.id for fragment in fragments), *(profile.name for profile in inventory.profiles)])


def _refuse(session: Session, name: str, known: list[str]) -> NoReturn:
    from composer.errors import ComposerError, nearest_name  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.source import SourceFile  # noqa: PLC0415

    diagnostics = session.workspace.diagnostics
    place = SourceFile("command line", name).at(0, max(len(name), 1))
    hint = nearest_name(name, known) or "`agent-composer list` shows what there is"
    diagnostics.error("unknown-name", f"nothing is called `{name}`", place, hint)
    raise ComposerError(tuple(diagnostics))


def _finish(session: Session, data: dict[str, object]) -> None:
    diagnostics = session.workspace.diagnostics
    session.finish(data, diagnostics, code=2 if diagnostics.errors else 0)


# --- a fragment -------------------------------------------------------------------------------------------------------


def _show_fragment(session: Session, entry: FragmentEntry, inventory: Inventory) -> None:
    from composer.inventory.contents import list_blocks  # noqa: PLC0415 - the engine, which `--help` does not need

    fragment = session.workspace.catalog.fragments[entry.id]
    blocks = list_blocks(fragment)
    variables = [variable for variable in inventory.variables if variable.name in {*entry.variables, *entry.declared}]
    if not session.is_json:
        _print_fragment(session, entry, inventory)
    block_data = [{"address": block.address, "kind": block.kind, "words": block.words, "line": block.location.line} for block in blocks]
    kind = "agent" if entry.is_agent else "fragment"
    data = {**fragment_data(entry), "variables": [variable_data(variable) for variable in variables], "blocks": block_data}
    _finish(session, {"kind": kind, **data})


def _print_fragment(session: Session, entry: FragmentEntry, inventory: Inventory) -> None:
    from composer.inventory.contents import list_blocks  # noqa: PLC0415 - the engine, which `--help` does not need

    fragment = session.workspace.catalog.fragments[entry.id]
    session.out.line(f"{entry.id}  {entry.path}", "bold cyan")
    _print_facts(session, [("about", entry.about), *_agent_facts(fragment), ("used by", ", ".join(entry.users) or "nothing")])
    _print_facts(session, [("edited by", ", ".join(entry.edited_by))])
    variables = [variable for variable in inventory.variables if variable.name in {*entry.variables, *entry.declared}]
    if variables:
        session.out.line()
        rows = [
            (found.name, found.type, "(must be set)" if found.default is None else found.default, found.doc, ", ".join(found.set_by))
            for found in variables
        ]
        session.out.table(("variable", "type", "default", "doc", "set by"), rows)
    blocks = list_blocks(fragment)
    if blocks:
        session.out.line()
        session.out.table(
            ("address", "kind", "line", "words"),
            [(block.address, block.kind, str(block.location.line), f"{'  ' * block.depth}{block.words}") for block in blocks],
        )


def _agent_facts(fragment: Fragment) -> Iterator[tuple[str, str]]:
    from composer.inventory.contents import node_text  # noqa: PLC0415 - the engine, which `--help` does not need

    for name, node in fragment.agent.fields.entries.items() if fragment.agent is not None else ():
        if name != "examples":
            yield name, " ".join(node_text(node).split())


def _print_facts(session: Session, facts: list[tuple[str, str]]) -> None:
    for name, text in facts:
        if text:
            session.out.line(f"  {name:<12} {text}")


# --- a profile --------------------------------------------------------------------------------------------------------


def _show_profile(session: Session, entry: ProfileEntry) -> None:
    profile = session.workspace.catalog.profiles[entry.name]
    agents = ", ".join(
        agent.name if agent.fragment == f"agents/{agent.name}" else f"{agent.name} ({agent.fragment})" for agent in entry.agents
    )
    edits = list(profile.edits.by_address)
    settings = [name for name in (profile.variables.entries if profile.variables is not None else ()) if name != "unset"]
    if not session.is_json:
        session.out.line(f"profiles/{entry.name}  {entry.path}", "bold cyan")
        facts = [
            ("about", entry.about),
            ("abstract", "yes: never built itself" if entry.is_abstract else ""),
            ("extends", ", ".join(entry.extends)),
            ("extended by", ", ".join(entry.users)),
            ("builds", agents),
            ("sets", ", ".join(settings)),
            ("edits", ", ".join(edits)),
        ]
        _print_facts(session, facts)
        session.out.line()
        session.out.line(f"`agent-composer show --resolved {entry.name}` merges in what it inherits")
    _finish(session, {"kind": "profile", **profile_data(entry), "sets": settings, "edits": edits})


def _show_resolved(session: Session, entry: ProfileEntry | None, name: str) -> None:
    from composer.errors import Diagnostics  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.inventory.merged import merge_profile  # noqa: PLC0415
    from composer.stages.resolve import resolve_profile  # noqa: PLC0415

    workspace = session.workspace
    if entry is None:
        _refuse(session, name, list(workspace.catalog.profiles))
    found = Diagnostics()
    resolved = resolve_profile(entry.name, workspace.index, (), found)
    for diagnostic in found:
        workspace.diagnostics.add(diagnostic)
    entries: tuple[Entry, ...] = ()
    if resolved is not None:
        entries = merge_profile(resolved, workspace.catalog.profiles, with_defaults=session.is_verbose)
        if not session.is_json:
            _print_resolved(session, entries, resolved.layers)
    layers = list(resolved.layers) if resolved is not None else []
    _finish(
        session, {"kind": "profile", "name": entry.name, "layers": layers, "resolved": {found.key: _entry_data(found) for found in entries}}
    )


def _print_resolved(session: Session, entries: tuple[Entry, ...], layers: tuple[str, ...]) -> None:
    session.out.line(f"# layers, far to near: {', '.join(layers)}", "dim")
    for entry in entries:
        for text, comment in _entry_lines(entry, 0, is_verbose=session.is_verbose):
            session.out.line(f"{text}  # {comment}" if comment and text else text or comment)


def _entry_lines(entry: Entry, depth: int, *, is_verbose: bool) -> Iterator[tuple[str, str]]:
    """Print an entry as YAML, each line with the comment that says where it comes from."""
    blanks = "  " * depth
    comment = "" if entry.location is None else f"{entry.location.path}:{entry.location.line}"
    if entry.because:
        comment += f", because {' '.join(entry.because.split())}"
    match entry.value:
        case str() as text if "\n" in text:
            yield f"{blanks}{entry.key}: |", comment
            yield from ((f"{blanks}  {line}".rstrip(), "") for line in text.split("\n"))
        case str() as text:
            yield f"{blanks}{entry.key}: {_scalar(text)}", comment
        case tuple() as items:
            yield f"{blanks}{entry.key}: [{', '.join(_scalar(item, also=',[]{}') for item in items)}]", comment
        case entries:
            yield f"{blanks}{entry.key}:", comment
            for part in entries.values():
                yield from _entry_lines(part, depth + 1, is_verbose=is_verbose)
    if is_verbose:
        for beaten in entry.beaten:
            loser = "the default" if beaten.layer == "declaration" else f"of {beaten.layer}"
            yield "", f"{blanks}# beat {' '.join(beaten.text.split())}, {loser} at {beaten.location.path}:{beaten.location.line}"


def _scalar(text: str, *, also: str = "") -> str:
    """Print a text on one line; in quotes where YAML would read something else, as it would at each character of ``also``."""
    is_open = (
        text.startswith(_INDICATORS) or text.endswith(":") or text != text.strip() or any(mark in text for mark in (": ", " #", *also))
    )
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if is_open or not text else text


def _entry_data(entry: Entry) -> dict[str, object]:
    value: object
    match entry.value:
        case str() as text:
            value = text
        case tuple() as items:
            value = list(items)
        case entries:
            value = {key: _entry_data(part) for key, part in entries.items()}
    place = {"path": entry.location.path, "line": entry.location.line} if entry.location is not None else None
    beaten = [
        {"value": beaten.text, "layer": beaten.layer, "path": beaten.location.path, "line": beaten.location.line} for beaten in entry.beaten
    ]
    return {"value": value, "layer": entry.layer, "place": place, "because": entry.because, "beat": beaten}
