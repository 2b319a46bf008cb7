"""Why a change of the sources reaches as far as it does: one sentence for the reader, who may want another scope."""

from __future__ import annotations

from collections.abc import Mapping

from composer.accept.changes import LineChange
from composer.accept.proposals import Proposal, Scope, Setting

__all__ = ["reason_of"]

_INEXACT = "nothing there gives exactly these lines"


def reason_of(proposal: Proposal, setting: Setting, change: LineChange, refused: Mapping[Scope, str]) -> str:
    """Say why a proposal has its scope.

    Args:
        proposal: the one that was taken.
        setting: what it was made for.
        change: the lines that it brings about.
        refused: why a scope that was tried before could not be, as far as that is known.
    """
    if setting.scope is proposal.scope:
        return "as asked"
    if setting.scope is not None:
        return f"not to the {setting.scope}, which was asked for: this can be set there alone"
    homes = _homes(setting, change)
    match proposal.scope:
        case Scope.FRAGMENT:
            return "it is the profile's own" if homes == [setting.home] else f"no other profile uses {_joined(homes)}"
        case Scope.PROFILE:
            return _why_profile(setting, homes, refused)
        case Scope.AGENT:
            return f"for all agents of `{setting.profile}` it cannot be: {refused.get(Scope.PROFILE, _INEXACT)}"


def _why_profile(setting: Setting, homes: list[str], refused: Mapping[Scope, str]) -> str:
    others = {home: sorted(setting.users.get(home, frozenset()) - {setting.profile}) for home in homes if home != setting.home}
    shared = {home: names for home, names in others.items() if names}
    if shared:
        names = sorted({name for found in shared.values() for name in found})
        return f"{_joined(list(shared))} is used by {_joined(names)}, too"
    if Scope.FRAGMENT in refused:
        return f"where the text stands it cannot be: {refused[Scope.FRAGMENT]}"
    return "a field of the front matter is set there"


def _homes(setting: Setting, change: LineChange) -> list[str]:
    """Return where the texts stand that a change touches, or that stand beside what came."""
    printed = setting.printed
    starts = printed.line_starts
    first, last = (change.start, change.end) if change.end > change.start else (max(change.start - 1, 0), change.end + 1)
    start, end = starts[min(first, len(starts) - 1)], starts[min(last, len(starts) - 1)]
    homes: dict[str, None] = {}
    position = 0
    for segment in printed.file.segments:
        if position < end and position + len(segment.text) > start and segment.trace is not None and segment.text.strip():
            homes.setdefault(segment.trace.layer.partition(" (")[0])
        position += len(segment.text)
    return list(homes)


def _joined(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}" if quoted else "it"
