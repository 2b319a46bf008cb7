"""Proposals for blocks that went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from composer.accept.changes import LineChange
from composer.accept.definitions import block_of, entry_at, is_in_profile, node_at
from composer.accept.drafts import AddEntry, RemoveEntry, SourceChange
from composer.accept.placing import addressed, blocks_on, name_of, without_block
from composer.accept.printed import Node
from composer.accept.proposals import Proposal, Scope, Setting
from composer.model.yaml_nodes import YamlMapping

__all__ = ["propose_removal"]


def propose_removal(setting: Setting, change: LineChange) -> Iterator[Proposal]:
    """Give the ways to take away the blocks that stood on lines that went."""
    gone = blocks_on(setting.printed, change)
    if gone:
        homes = {node.trace.layer for node in gone}
        scopes = list(dict.fromkeys(scope for home in sorted(homes) for scope in setting.scopes(home)))
        for scope in scopes:
            changes = [_removal(node, scope, setting) for node in gone]
            if all(found is not None for found in changes):
                names = ", ".join(name_of(node) for node in gone)
                flat = tuple(step for found in changes for step in found or ())
                yield Proposal(scope, f"remove {names}", flat)
                unused = _values_of(gone, setting)
                if unused:  # a value that no text shows any more is an error
                    yield Proposal(scope, f"remove {names}, and what the profile set for it alone", (*flat, *unused))


def _values_of(gone: Sequence[Node], setting: Setting) -> tuple[RemoveEntry, ...]:
    """Return the values that the profile itself sets of variables which some blocks print."""
    own = setting.draft.index.catalog.profiles[setting.profile].source
    printed = [segment for node in gone for inner in node.walk() if inner.line is not None for segment in inner.line.filled]
    names = dict.fromkeys(name for segment in printed for name in segment.names)
    return tuple(RemoveEntry(own.path, ("vars", name)) for name in names if node_at(own, ("vars", name)) is not None)


def _removal(node: Node, scope: Scope, setting: Setting) -> tuple[SourceChange, ...] | None:
    home = node.trace.layer
    if is_in_profile(home) and (scope is Scope.FRAGMENT or (home == setting.home and scope is Scope.PROFILE)):
        return _entry_removal(node)
    if scope is Scope.FRAGMENT:
        block = block_of(node, setting.draft)
        return (without_block(block),) if block is not None else None
    named = addressed(node, setting)
    if named is None:
        return None
    address, first = named
    path = setting.draft.index.catalog.profiles[setting.profile].source
    keys = setting.keys(scope, "edits", address)
    existing = node_at(path, keys)
    if isinstance(existing, YamlMapping):
        own = [
            RemoveEntry(path.path, (*keys, verb)) for verb in ("replace", "title", "layout", "first", "last") if verb in existing.entries
        ]
        # What stays must not be an empty map on the way, so the new entry comes first.
        return (*first, AddEntry(path.path, (*keys, "remove"), True), *own)  # noqa: FBT003 - a value of YAML
    return (*first, AddEntry(path.path, (*keys, "remove"), True))  # noqa: FBT003 - a value of YAML


def _entry_removal(node: Node) -> tuple[SourceChange, ...] | None:
    """Take an inserted text out of its profile, or say `remove` where it stands in place of another."""
    line = node.line or next((inner.line for inner in node.walk() if inner.line is not None), None)
    if line is None:
        return None
    entry = entry_at(line.text.source, line.text.location.start)
    if entry is None:
        return None
    if entry.keys[-1] == "replace":
        base = entry.keys[:-1]
        return (AddEntry(entry.path, (*base, "remove"), True), RemoveEntry(entry.path, entry.keys))  # noqa: FBT003 - a value of YAML
    return (RemoveEntry(entry.path, entry.keys),)
