"""Proposals for the front matter of an output: the agent's fields in its profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from composer.accept.changes import LineChange, apply_change
from composer.accept.definitions import node_at
from composer.accept.drafts import AddEntry, RemoveEntry, SourceChange
from composer.accept.proposals import Proposal, Scope, Setting
from composer.accept.reasons import Reason, RefusedChangeError
from composer.model.yaml_nodes import Plain, YamlMapping, YamlNode, YamlSequence
from composer.records import dataclass
from composer.yaml_text.lenient import YamlProblem, read_strict

__all__ = ["propose_fields"]

_FENCE: Final = "---"


def propose_fields(setting: Setting, change: LineChange) -> Iterator[Proposal]:
    """Give the ways to bring changed fields of the front matter about, all of them in the agent's part of the profile.

    Raises:
        RefusedChangeError: where what changed is not a field.
    """
    before = _fields(setting.printed.lines)
    after = _fields(apply_change(setting.printed.lines, change))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not names:
        raise RefusedChangeError(
            Reason.LAYOUT, "how the front matter is written comes from the layout, and its fields say what they said", is_final=True
        )
    if "name" in names:
        message = f"the name of an agent is its key under `agents` in profiles/{setting.profile}.yaml: rename it there"
        raise RefusedChangeError(Reason.GENERATED, message)
    ways = [list(_field(setting, name, before.get(name), after.get(name))) for name in names]
    proposal: Proposal | None = None
    for number in range(max(len(found) for found in ways)):
        chosen = [found[min(number, len(found) - 1)] for found in ways if found]
        about = f"{_spelled(names, after)} in profiles/{setting.profile}.yaml"
        proposal = Proposal(Scope.PROFILE, about, _with_unset(setting, [step for found in chosen for step in found]))
        yield proposal
    _refuse_order(setting, [*after])
    if proposal is not None:
        _refuse_spelling(setting, proposal, names, change)


def _spelled(names: Sequence[str], after: Mapping[str, Plain]) -> str:
    kept = [f"`{name}`" for name in names if name in after]
    gone = [f"`{name}`" for name in names if name not in after]
    parts = [f"set {', '.join(kept)}"] if kept else []
    return " and ".join([*parts, f"unset {', '.join(gone)}"] if gone else parts)


def _refuse_order(setting: Setting, names: Sequence[str]) -> None:
    """Raise if the fields do not stand in the order in which a build writes them."""
    known = ["name", *(name for name in setting.draft.target.fields if name != "name")]
    for above, below in pairwise(name for name in names if name in known):
        if known.index(above) > known.index(below):
            message = f"a build writes the fields in its own order: put `{below}` above `{above}`"
            raise RefusedChangeError(Reason.LAYOUT, message, is_final=True)


def _refuse_spelling(setting: Setting, proposal: Proposal, names: Sequence[str], change: LineChange) -> None:
    """Raise if a build writes the same fields in other characters, such as quotes."""
    composed = setting.draft.changed(proposal.changes).output(setting.profile, setting.agent)
    lines = composed.text.split("\n") if composed is not None else []
    for name in names:
        written = next((line for line in lines if line.startswith(f"{name}:")), "")
        if written and any(line.startswith(f"{name}:") and line != written for line in change.new):
            raise RefusedChangeError(Reason.LAYOUT, f"a build writes this field so: `{written}`", is_final=True)


def _fields(lines: Sequence[str]) -> Mapping[str, Plain]:
    """Read the fields between the two fences."""
    text = list(lines)
    if not text or text[0] != _FENCE or _FENCE not in text[1:]:
        raise RefusedChangeError(Reason.GENERATED, "the fences of the front matter are the tool's: put the lines `---` back")
    end = text.index(_FENCE, 1)
    for name, count in Counter(line.partition(":")[0] for line in text[1:end] if line[:1].isalpha()).items():
        if count > 1:
            raise RefusedChangeError(Reason.LAYOUT, f"the field `{name}` stands twice: a build writes it once", is_final=True)
    try:
        read = read_strict("\n".join(text[1:end]) + "\n")
    except YamlProblem as problem:
        raise RefusedChangeError(Reason.LAYOUT, f"the front matter is no YAML any more: {problem}", is_final=True) from None
    if not isinstance(read, dict):
        raise RefusedChangeError(Reason.LAYOUT, "the front matter is no map of fields any more", is_final=True)
    return read


@dataclass(frozen=True, slots=True)
class _Unset:
    """Take a field of the agent away, or give it back."""

    name: str
    is_away: bool


def _with_unset(setting: Setting, steps: Sequence[SourceChange | _Unset]) -> tuple[SourceChange, ...]:
    """Return the steps with the names that are taken away as one list: several fields may change at a time."""
    profile = setting.draft.index.catalog.profiles[setting.profile]
    keys = ("agents", setting.agent, "unset")
    known = node_at(profile.source, keys)
    names = _listed(known)
    wanted = [name for name in names if _Unset(name, is_away=False) not in steps]
    wanted += [step.name for step in steps if isinstance(step, _Unset) and step.is_away and step.name not in wanted]
    changes = [step for step in steps if not isinstance(step, _Unset)]
    if wanted != names:
        changes += [RemoveEntry(profile.source.path, keys)] if known is not None else []
        changes += [AddEntry(profile.source.path, keys, tuple(wanted))] if wanted else []
    return tuple(changes)


def _listed(node: YamlNode | None) -> list[str]:
    return [getattr(item, "text", "") for item in node.items] if isinstance(node, YamlSequence) else []


def _field(setting: Setting, name: str, before: Plain | None, after: Plain | None) -> Iterator[tuple[SourceChange | _Unset, ...]]:
    profile = setting.draft.index.catalog.profiles[setting.profile]
    path = profile.source.path
    keys = ("agents", setting.agent, name)
    own = node_at(profile.source, keys)
    if after is None:
        taken = (RemoveEntry(path, keys),) if own is not None else ()
        if taken:
            yield taken
        yield (*taken, _Unset(name, is_away=True))
        return
    first: tuple[SourceChange | _Unset, ...] = (RemoveEntry(path, keys),) if own is not None else ()
    if name in _listed(node_at(profile.source, ("agents", setting.agent, "unset"))):
        first = (*first, _Unset(name, is_away=False))
        yield first
    field = setting.printed.file.document.fields.get(name)
    if field is not None and isinstance(field.value, tuple):
        old, new = _names(before), _names(after)
        if old is not None and new is not None:
            edits = {item: True for item in new if item not in old}
            edits |= {item: False for item in old if item not in new}
            if own is None or isinstance(own, YamlMapping):
                yield tuple(AddEntry(path, (*keys, item), value) for item, value in edits.items())
            yield (*first, AddEntry(path, keys, tuple(new)))
            return
    if isinstance(after, str | bool | int):
        yield (*first, AddEntry(path, keys, after))


def _names(value: Plain | None) -> list[str] | None:
    """Read a list of names, or names with commas between them."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [str(item) for item in value]
    return None
