"""Which stale edits are meant."""

from __future__ import annotations

from collections.abc import Iterable

from composer.errors import nearest_name
from composer.source import Location, SourceFile
from composer.stale.edits import StaleEdit
from composer.workspace import Workspace

__all__ = ["select_edits"]


def select_edits(workspace: Workspace, addresses: Iterable[str] = (), profile: str = "") -> tuple[StaleEdit, ...]:
    """Return the stale edits of some addresses, or of all, in order of place.

    Args:
        workspace: where to look.
        addresses: blocks, or fragments for all blocks in them; renamed ids are followed, with a warning. Empty for all.
        profile: the profile that wrote the edits, or ``profile:agent`` for its part under ``agents.<agent>``; empty for any.

    Raises:
        ComposerError: if the sources are wrong, or an address or a profile does not exist.
    """
    index = workspace.index
    workspace.diagnostics.raise_errors()
    wanted = []
    for address in addresses:
        _ = index.find(address, _typed(address)) if "#" in address else index.fragment(address, _typed(address))
        wanted.append(index.current(address))
    name, _, agent = profile.partition(":")
    if profile:
        _check_profile(name, agent, workspace)
    workspace.diagnostics.raise_errors()
    return tuple(
        edit
        for edit in workspace.stale_edits()
        if (not wanted or any(_is_of(edit.key.address, address) for address in wanted))
        and (not profile or (edit.key.profile == name and (not agent or edit.key.agent == agent)))
    )


def _check_profile(name: str, agent: str, workspace: Workspace) -> None:
    profiles = workspace.catalog.profiles
    if name not in profiles:
        hint = nearest_name(name, profiles) or "`agent-composer list profiles` shows what there is"
        workspace.diagnostics.error("unknown-profile", f"there is no profile `{name}`", _typed(name), hint)
    elif agent and agent not in profiles[name].agents:
        hint = nearest_name(agent, profiles[name].agents) or f"name the profile alone: `{name}`"
        workspace.diagnostics.error("unknown-agent", f"`{name}` says nothing of an agent `{agent}`", _typed(f"{name}:{agent}"), hint)


def _is_of(address: str, wanted: str) -> bool:
    return address == wanted or address.startswith(f"{wanted}#")


def _typed(text: str) -> Location:
    return SourceFile("command line", text).at(0, max(len(text), 1))
