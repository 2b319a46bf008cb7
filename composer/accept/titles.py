"""Proposals for sections whose title went while their blocks stayed."""

from __future__ import annotations

from collections.abc import Iterator

from composer.accept.changes import LineChange
from composer.accept.definitions import block_of, fragment_of, fresh_id, node_at
from composer.accept.drafts import AddEntry, RemoveEntry, Splice
from composer.accept.placing import addressed, name_of
from composer.accept.printed import Node, PrintedFile
from composer.accept.proposals import Proposal, Scope, Setting
from composer.accept.reasons import Reason, RefusedChangeError
from composer.blocks import Section
from composer.model.planned import PlannedSection
from composer.model.sources import Look
from composer.model.yaml_nodes import YamlMapping

__all__ = ["bare_title", "propose_untitling"]

_NO_TITLE = "plain"
"""The look that prints no title."""


def bare_title(printed: PrintedFile, change: LineChange) -> Node | None:
    """Return a section whose title went while its body stayed."""
    lines = printed.lines
    for node in printed.all_nodes():
        is_there = isinstance(node.planned, PlannedSection) and node.is_printed and change.start <= node.first and node.last < change.end
        others = [line for line in range(change.start, change.end) if not (node.first <= line <= node.last) and lines[line].strip()]
        if is_there and not others and any(child.extent for child in node.children):
            return node
    return None


def propose_untitling(setting: Setting, section: Node) -> Iterator[Proposal]:
    """Give the ways to print a section without its title: an untitled heading in its fragment, or the look `plain` in the profile.

    Raises:
        RefusedChangeError: after the last, for a section that cannot do without.
    """
    for scope in setting.scopes(section.trace.layer):
        found = _in_fragment(setting, section) if scope is Scope.FRAGMENT else _in_profile(setting, section, scope)
        if found is not None:
            yield found
    message = f"only the title of {name_of(section)} went, and its blocks stayed: take it out where the section is written"
    raise RefusedChangeError(Reason.TITLE, message)


def _in_fragment(setting: Setting, section: Node) -> Proposal | None:
    """Take the words out of the heading; its id stays, for a heading without both is an error."""
    block, fragment = block_of(section, setting.draft), fragment_of(section.trace.layer, setting.draft)
    if not isinstance(block, Section) or block.title is None or fragment is None:
        return None
    title = block.title.location
    new = "" if block.identifier is not None else f"{{#{fresh_id(str(block.title), 'section', fragment.id, setting.draft)}}}"
    line_end = (fragment.source.text + "\n").index("\n", title.end)
    if block.identifier is not None and title.end <= block.identifier.location.start < line_end:
        end = block.identifier.location.start
    else:
        end = title.end
    about = f"take the title of {name_of(section)} away in {fragment.source.path}"
    return Proposal(Scope.FRAGMENT, about, (Splice(fragment.source.path, title.start, end, new),))


def _in_profile(setting: Setting, section: Node, scope: Scope) -> Proposal | None:
    named = addressed(section, setting)
    if named is None:
        return None
    address, first = named
    source = setting.draft.index.catalog.profiles[setting.profile].source
    keys = setting.keys(scope, "edits", address)
    existing = node_at(source, keys)
    known = (
        tuple(RemoveEntry(source.path, (*keys, verb)) for verb in ("title", "layout") if verb in existing.entries)
        if isinstance(existing, YamlMapping)
        else ()
    )
    looks = (_NO_TITLE, *(look.name for look in _looks_below(setting, section)))
    about = f"`layout: [{_NO_TITLE}]` for {address} in {source.path}"
    # What stays must not be an empty map on the way, so what goes from it goes last.
    if any(step.keys[-1] == "layout" for step in known):
        return Proposal(scope, about, (*first, *known, AddEntry(source.path, (*keys, "layout"), looks)))
    return Proposal(scope, about, (*first, AddEntry(source.path, (*keys, "layout"), looks), *known))


def _looks_below(setting: Setting, section: Node) -> tuple[Look, ...]:
    """Return the looks of the sections inside a section that has some; they stay as they are."""
    if not any(isinstance(node.planned, PlannedSection) and node is not section for node in section.walk()):
        return ()
    looks = setting.printed.looks_of(section)
    return looks[1:] or looks
