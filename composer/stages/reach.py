"""What a profile says without effect: an edit that no agent meets, a variable that no text uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from composer.errors import Diagnostics
from composer.lookup.index import Index
from composer.model.sources import Edits, Profile
from composer.model.yaml_nodes import YamlMapping
from composer.records import dataclass

__all__ = ["Composed", "check_reach"]


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """One agent, with the addresses that its plan reached, those that it shows, and the variables that its texts used."""

    agent: str
    reached: AbstractSet[str]
    landed: AbstractSet[str]
    used: AbstractSet[str]


def check_reach(profile: Profile, composed: Sequence[Composed], index: Index, diagnostics: Diagnostics) -> None:
    """Report what this profile itself wrote and no agent of it shows. What it inherited may well be for others."""
    _check_edits(profile.edits, profile, composed, index, diagnostics)
    _check_variables(profile.variables, profile, composed, diagnostics)
    by_name = {one.agent: (one,) for one in composed}
    for name, settings in profile.agents.items():
        own = by_name.get(name)
        if own is not None:
            _check_edits(settings.edits, profile, own, index, diagnostics)
            _check_variables(settings.variables, profile, own, diagnostics)


def _names(composed: Iterable[Composed]) -> str:
    return ", ".join(f"`{one.agent}`" for one in composed)


def _check_edits(edits: Edits, profile: Profile, composed: Sequence[Composed], index: Index, diagnostics: Diagnostics) -> None:
    for edit in edits.by_address.values():
        address = index.current(edit.address)
        # A profile edits a few of the many addresses that each of its agents reaches.
        if not any(address in one.reached for one in composed):
            diagnostics.error(
                "edit-without-effect",
                f"`{address}` exists, but no agent of `{profile.name}` uses it",
                edit.location,
                f"include it in one of {_names(composed)}, or take the edit out",
            )
        elif not any(address in one.landed for one in composed):
            diagnostics.warning(
                "edit-gated",
                f"this edit shows nowhere: `{address}` is gated off in `{profile.name}`",
                edit.location,
                f"`agent-composer explain {address}` shows the gate",
            )


def _check_variables(variables: YamlMapping | None, profile: Profile, composed: Sequence[Composed], diagnostics: Diagnostics) -> None:
    if variables is None:
        return
    used = set[str]().union(*(one.used for one in composed))
    for name, key in variables.keys.items():
        if name != "unset" and name not in used:
            diagnostics.error(
                "variable-without-effect",
                f"no text of {_names(composed)} in `{profile.name}` uses the variable `{name}`",
                key.location,
                "use a fragment that needs it, or take the line out",
            )
