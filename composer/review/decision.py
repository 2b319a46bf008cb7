"""Carries out what was decided about stale edits: the profile changes in place, and the lock learns what edits are made against now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from composer.characters import check_characters
from composer.errors import ComposerError, Diagnostics, InternalError
from composer.files.destination import Destination
from composer.files.disk_errors import change_files, report_disk_error
from composer.files.lock import LOCK_NAME, EditKey, EditRecord, parse_lock, print_lock
from composer.files.transaction import Change
from composer.lookup.index import Index
from composer.model.sources import Edit, Verb
from composer.records import replace
from composer.source import SourceFile, unlocated
from composer.stages.write import WriteScope
from composer.stale.bases import edit_bases
from composer.stale.edits import StaleEdit
from composer.workspace import Workspace
from composer.yaml_text.rewrite import RewriteRefusedError, remove_entry, set_text

__all__ = ["Decision", "settle_edits"]


class Decision(StrEnum):
    """What becomes of a stale edit."""

    KEEP = "keep"
    """It holds as it is: the lock takes the text of today."""
    TAKE = "take"
    """The shared text is taken: the edit goes from its profile."""
    EDIT = "edit"
    """It gets another text, which is made against the text of today."""


def settle_edits(
    workspace: Workspace, stale: Sequence[StaleEdit], decision: Decision, destination: Destination, text: str = ""
) -> tuple[str, ...]:
    """Carry out one decision for some stale edits of a workspace.

    Profiles are written only if every profile still composes with the change, and no other edit was touched; with the lock, all or nothing.
    The sources of ``workspace`` are those from before, so open it anew after this; its ``diagnostics`` get what a run that was cut short
    has left.

    Args:
        workspace: the workspace that the edits are of.
        stale: the edits.
        decision: what becomes of them.
        destination: the root of the workspace.
        text: the new text, for ``Decision.EDIT``.

    Returns:
        The paths of the files that were changed, relative to the workspace.

    Raises:
        ComposerError: if the change cannot be composed, or a file cannot be read or written, or has changed since it was read.
    """
    text = SourceFile.from_raw("--edit", text).text
    if decision is Decision.EDIT:
        _check_text(stale, text)
    settled = {edit.key: None if decision is Decision.TAKE else edit.base.text for edit in stale}

    def look(_: Diagnostics) -> list[Change]:
        profiles = [] if decision is Decision.KEEP else _changed_profiles(stale, decision, destination, text)
        index = _prove(workspace, profiles, stale, decision, text) if profiles else workspace.index
        return [*profiles, _changed_lock(index, settled, destination)]

    scope = WriteScope(frozenset(), workspace.catalog.config.output)
    return change_files(destination, scope.may_write, look, workspace.diagnostics)


def _check_text(stale: Sequence[StaleEdit], text: str) -> None:
    """Refuse a text that no edit could take."""
    found = Diagnostics()
    if len(stale) > 1:
        for edit in stale:
            hint = "name one with an address and `--profile`"
            found.error("several-edits", f"a new text is for one edit, and {len(stale)} are meant", edit.base.edit.location, hint)
    for edit in stale:
        if edit.base.verb is Verb.REMOVE:
            hint = "keep the removal, take the shared text, or write `replace` into the profile"
            found.error(
                "wrong-verb", f"the removal of `{edit.base.address}` has no text that could be edited", edit.base.edit.location, hint
            )
    source = SourceFile("--edit", text)
    if not text.strip():
        found.error("empty-text", "the new text is empty", unlocated("--edit"), "write the text, or take the shared one with `--take`")
    check_characters(source, 0, len(text), found)
    found.raise_errors()


# --- the profiles -----------------------------------------------------------------------------------------------------


def _changed_profiles(stale: Sequence[StaleEdit], decision: Decision, destination: Destination, text: str) -> list[Change]:
    """Return what is to become of the files of the profiles."""
    found = Diagnostics()
    changes: dict[str, Change] = {}
    for edit in stale:
        source = edit.base.edit.location.source
        change = changes.get(source.path) or _unchanged(source, destination, found)
        if change is None:
            continue
        try:
            content = _rewritten((change.after or b"").decode(), edit, decision, text)
            changes[source.path] = replace(change, after=content.encode())
        except RewriteRefusedError as refusal:
            hint = "change the profile by hand; `--keep` confirms it then"
            found.error("rewrite-refused", str(refusal), refusal.location, hint)
    found.raise_errors()
    return list(changes.values())


def _rewritten(raw: str, edit: StaleEdit, decision: Decision, text: str) -> str:
    """Return the file of a profile with one edit changed or taken out, with its reason if it does nothing else."""
    base = edit.base
    above = ("agents", base.layer.agent) if base.layer.agent else ()
    entry = (*above, "edits", base.edit.address)
    if decision is Decision.EDIT:
        return set_text(raw, (*entry, base.verb.value), text, file=base.edit.location.path)
    is_all = not base.edit.insertions and base.edit.layout is None and _values_of(base.edit) == 1
    # What a profile says of an agent says also that it builds it.
    return remove_entry(raw, entry if is_all else (*entry, base.verb.value), keep=len(above), file=base.edit.location.path)


def _values_of(edit: Edit) -> int:
    return sum(value is not None for value in (edit.replace, edit.title, edit.remove))


def _unchanged(source: SourceFile, destination: Destination, diagnostics: Diagnostics) -> Change | None:
    """Return what the file holds now, before and after, if that is what was read before."""
    try:
        raw = destination.read(source.path) or b""
    except OSError as error:
        report_disk_error(source.path, error, "read", diagnostics)
        return None
    if SourceFile.from_raw(source.path, raw.decode(errors="replace")).text != source.text:
        diagnostics.error("file-changed", f"`{source.path}` has changed meanwhile", unlocated(source.path), "run the command again")
        return None
    return Change(source.path, raw, raw)


# --- the proof --------------------------------------------------------------------------------------------------------


def _prove(workspace: Workspace, profiles: Sequence[Change], stale: Sequence[StaleEdit], decision: Decision, text: str) -> Index:
    """Make sure that every profile composes with the changes, and that they are those that are meant."""
    changed = workspace.with_files({change.path: change.after for change in profiles if change.after is not None})
    changed.compose()
    wanted = {base.key: base.written.text.strip() for base in edit_bases(workspace.index)}
    for edit in stale:
        if decision is Decision.TAKE:
            del wanted[edit.key]
        else:
            wanted[edit.key] = text.strip()
    if {base.key: base.written.text.strip() for base in edit_bases(changed.index)} != wanted:
        message = "the review would change other edits than the one that is meant"
        raise InternalError(message)
    return changed.index


# --- the lock ---------------------------------------------------------------------------------------------------------


def _changed_lock(index: Index, settled: Mapping[EditKey, str | None], destination: Destination) -> Change:
    """Return the lock with the texts of today for the edits that stay, and without those that go."""
    found = Diagnostics()
    try:
        before = destination.read(LOCK_NAME)
    except OSError as error:
        report_disk_error(LOCK_NAME, error, "read", found)
        raise ComposerError(tuple(found)) from None
    lock = parse_lock(SourceFile.from_raw(LOCK_NAME, (before or b"").decode(errors="replace")), Diagnostics())
    edits = {key: texts for key, texts in EditRecord({}, None, index.current).followed(lock.edits).items() if key not in settled}
    edits |= {key: frozenset({text}) for key, text in settled.items() if text is not None}
    return Change(LOCK_NAME, before, print_lock(replace(lock, edits=edits)).encode())
