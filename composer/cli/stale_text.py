"""Stale edits as text, as data and as annotations: what the block said, what it says, and what the profile says instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composer.cli.session import Format, Session

if TYPE_CHECKING:
    from composer.stale.edits import StaleEdit

__all__ = ["print_stale", "stale_data", "stale_text"]

_LOCK: Final = "agent-composer.lock"
_CHANGED: Final = {
    "replace": "the text that this edit replaces",
    "title": "the title that this edit replaces",
    "remove": "what this edit removes",
}

Line = tuple[str, str]
"""A line, and the style that a terminal shows it in."""


def print_stale(stale: tuple[StaleEdit, ...], session: Session) -> None:
    """Tell the stale edits that a check found, in the format of the run; in a document they are data of their own."""
    if session.format is Format.GITHUB:
        for edit in stale:
            session.out.line(_annotation(edit, session.workspace.root))
    elif session.format is Format.TEXT:
        for edit in stale:
            if session.is_quiet:
                session.out.line(f"{edit.base.edit.location}  stale: `{edit.base.address}` has changed", "red")
            else:
                for text, style in stale_text(edit):
                    session.out.line(text, style)


def stale_text(edit: StaleEdit, *, with_advice: bool = True) -> Iterator[Line]:
    """Print one edit with its texts one below the other, and what can be done."""
    base = edit.base
    yield f"{base.edit.location}: `{base.address}`: {_CHANGED[base.verb]} has changed", "bold red"
    for position, was in enumerate(edit.was):
        yield from _text("was" if not position else "or", _LOCK, was, "red")
    yield from _text("is", str(base.location), base.text, "green")
    place = f"{base.written.location}  ({base.verb} by {base.layer})"
    yield from _text("edit", place, edit.says or "(takes it away)", "cyan")
    if base.edit.because:
        yield f"  because {' '.join(base.edit.because.split())}", ""
    if with_advice:
        yield from _advice(edit)
    yield "", ""


def _text(what: str, place: str, text: str, style: str) -> Iterator[Line]:
    yield f"  {what:<4}  {place}", ""
    for line in text.split("\n"):
        yield f"        {line}".rstrip(), style


def _advice(edit: StaleEdit) -> Iterator[Line]:
    base = edit.base
    layer = f"{base.profile}:{base.layer.agent}" if base.layer.agent else base.profile
    command = f"agent-composer review {base.address} --profile {layer}"
    yield f"  {command} --keep        the edit still holds", ""
    yield f"  {command} --take        the shared text takes its place", ""
    if edit.says:
        yield f"  {command} --edit TEXT   the edit says something else", ""


def _annotation(edit: StaleEdit, root: Path) -> str:
    from composer.cli.github import repository_path  # noqa: PLC0415 - for this format only
    from composer.errors import Severity  # noqa: PLC0415
    from composer.report import annotation  # noqa: PLC0415

    location = edit.base.edit.location
    message = "\n".join(text for text, _ in list(stale_text(edit))[:-1])
    path = repository_path(location.path, root)
    return annotation(Severity.ERROR, "stale-edit", message, path, location.line, location.column)


def stale_data(edit: StaleEdit) -> dict[str, object]:
    """Turn one edit into plain data."""
    from composer.report import location_data  # noqa: PLC0415 - the engine, which `--help` does not need

    base = edit.base
    return {
        "address": base.address,
        "verb": base.verb.value,
        "profile": base.profile,
        "agent": base.layer.agent,
        **location_data(base.edit.location),
        "because": base.edit.because,
        "was": [{"text": text, "path": _LOCK} for text in edit.was],
        "is": {"text": base.text, **location_data(base.location)},
        "edit": {"text": edit.says, **location_data(base.written.location)},
    }
