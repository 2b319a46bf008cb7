"""The command `list`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from composer.cli.options import common, examples
from composer.cli.session import Session
from composer.records import dataclass

if TYPE_CHECKING:
    from composer.inventory.contents import FragmentEntry, Inventory, LookEntry, ProfileEntry, TargetEntry, VariableEntry

__all__ = ["fragment_data", "profile_data", "register", "variable_data"]

_LONGEST_LIST: Final = 6
_WIDEST: Final = 28
"""Characters of a cell of a variable: six columns of them are as wide as a reader may scroll."""


class Kind(StrEnum):
    """What can be listed."""

    PROFILES = "profiles"
    AGENTS = "agents"
    FRAGMENTS = "fragments"
    VARIABLES = "variables"
    LOOKS = "looks"
    TARGETS = "targets"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "list",
        epilog=examples(
            ("agent-composer list", "what is there?"),
            ("agent-composer list fragments", "each with what it is about and who uses it"),
            ("agent-composer list variables --json", "types, defaults, users, for a script"),
        ),
    )(list_command)


@common
def list_command(
    session: Session, *, kind: Annotated[Kind | None, typer.Argument(help="What to list; an overview if left out.")] = None
) -> None:
    """List what the workspace holds: profiles, agents, fragments, variables, looks, targets.

    Each with what it is about and who uses it. Without an argument: how many there are of each kind, and their names. Outside a terminal
    the texts of variables are cut; --verbose and --json have them whole.
    """
    from composer.inventory.contents import take_inventory  # noqa: PLC0415 - the engine, which `--help` does not need

    index = session.workspace.index
    inventory = take_inventory(index)
    if not session.is_json and kind is None:
        _print_overview(session, inventory)
    elif not session.is_json and kind is not None:
        view = _VIEWS[kind]
        widest = view.widest if not session.is_verbose else None
        session.out.table(view.headers, (view.row(entry) for entry in getattr(inventory, kind)), widest=widest)
    kinds = Kind if kind is None else (kind,)
    data = {kind.value: [_VIEWS[kind].data(entry) for entry in getattr(inventory, kind)] for kind in kinds}
    session.finish(data, session.workspace.diagnostics, code=2 if session.workspace.diagnostics.errors else 0)


def _print_overview(session: Session, inventory: Inventory) -> None:
    rows = []
    for kind in Kind:
        entries: Sequence[Any] = getattr(inventory, kind)
        names = [getattr(entry, "name", None) or entry.id for entry in entries]
        rows.append((kind.value, str(len(names)), _few(names) if not session.is_verbose else ", ".join(names)))
    session.out.table(("kind", "count", "names"), rows)
    session.out.line()
    session.out.line("`agent-composer list KIND` tells more of each; `agent-composer show NAME` tells all of one.")


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_LONGEST_LIST])
    return f"{shown}, and {len(names) - _LONGEST_LIST} more" if len(names) > _LONGEST_LIST else shown


# --- each kind --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _View:
    """How one kind of thing is listed: as a row of a table, whose cells are cut to ``widest`` where nobody looks, and as data."""

    headers: Sequence[str]
    row: Callable[[Any], Sequence[str]]
    data: Callable[[Any], dict[str, object]]
    widest: int | None = None


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names) or "-"


def _profile_row(profile: ProfileEntry) -> Sequence[str]:
    agents = "(abstract)" if profile.is_abstract else _joined(agent.name for agent in profile.agents)
    return profile.name, profile.about, _joined(profile.extends), agents, _joined(profile.users)


def profile_data(profile: ProfileEntry) -> dict[str, object]:
    """Turn a profile into plain data."""
    return {
        "name": profile.name,
        "about": profile.about,
        "path": profile.path,
        "abstract": profile.is_abstract,
        "extends": profile.extends,
        "agents": [{"name": agent.name, "fragment": agent.fragment} for agent in profile.agents],
        "users": profile.users,
    }


def _fragment_row(fragment: FragmentEntry) -> Sequence[str]:
    return fragment.id, fragment.about, _joined(fragment.variables), _joined(fragment.users)


def fragment_data(fragment: FragmentEntry) -> dict[str, object]:
    """Turn a fragment into plain data."""
    return {
        "id": fragment.id,
        "about": fragment.about,
        "path": fragment.path,
        "variables": fragment.variables,
        "declares": fragment.declared,
        "users": fragment.users,
        "edited_by": fragment.edited_by,
    }


def _variable_row(variable: VariableEntry) -> Sequence[str]:
    default = "(must be set)" if variable.default is None else variable.default
    return variable.name, variable.type, default, variable.doc, _joined(variable.set_by), _joined(variable.users)


def variable_data(variable: VariableEntry) -> dict[str, object]:
    """Turn a variable into plain data."""
    return {
        "name": variable.name,
        "type": variable.type,
        "default": variable.default,
        "doc": variable.doc,
        "path": variable.location.path,
        "line": variable.location.line,
        "users": variable.users,
        "set_by": variable.set_by,
    }


def _look_row(look: LookEntry) -> Sequence[str]:
    return look.name, look.title, "built in" if look.is_built_in else "agent-composer.yaml", _joined(look.users)


def _look_data(look: LookEntry) -> dict[str, object]:
    return {"name": look.name, "title": look.title, "built_in": look.is_built_in, "users": look.users}


def _target_row(target: TargetEntry) -> Sequence[str]:
    return target.name, target.path, _joined(field.name for field in target.fields)


def _target_data(target: TargetEntry) -> dict[str, object]:
    fields = [
        {"name": field.name, "kind": field.kind, "doc": field.doc, "choices": field.choices, "required": field.is_required}
        for field in target.fields
    ]
    return {"name": target.name, "path": target.path, "fields": fields}


_VIEWS: Final = {
    Kind.PROFILES: _View(("profile", "about", "extends", "agents", "extended by"), _profile_row, profile_data),
    Kind.AGENTS: _View(("agent", "about", "variables", "users"), _fragment_row, fragment_data),
    Kind.FRAGMENTS: _View(("fragment", "about", "variables", "users"), _fragment_row, fragment_data),
    Kind.VARIABLES: _View(("variable", "type", "default", "doc", "set by", "used by"), _variable_row, variable_data, _WIDEST),
    Kind.LOOKS: _View(("look", "title", "defined in", "used by"), _look_row, _look_data),
    Kind.TARGETS: _View(("target", "path", "fields"), _target_row, _target_data),
}
