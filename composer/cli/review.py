"""The command `review`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from composer.cli.completion import complete_explained
from composer.cli.options import common, examples
from composer.cli.session import Session
from composer.cli.stale_text import stale_data, stale_text
from composer.cli.waiting import Patience

if TYPE_CHECKING:
    from composer.review.decision import Decision
    from composer.stale.edits import StaleEdit

__all__ = ["register"]

_DONE: Final = {"keep": "kept", "take": "dropped", "edit": "edited"}
_WIDTH: Final = 7
_LETTERS: Final = {"k": "keep", "t": "take", "e": "edit", "s": "skip", "q": "quit"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    block = "checklists/security#rate-limit"
    app.command(
        epilog=examples(
            ("agent-composer review", "which edits stand over a text that has changed since?"),
            (f"agent-composer review {block} --profile shop --keep", "the edit still holds"),
            (f"agent-composer review {block} --profile shop --take", "the shared text is better: the edit goes"),
            (f'agent-composer review {block} --profile shop --edit "Allow 60 requests a minute"', "the edit says something else"),
        )
    )(review)


@common
def review(
    session: Session,
    *,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="ADDRESS", help="Blocks, or whole fragments; all if none is named.", autocompletion=complete_explained),
    ] = None,
    profile: Annotated[
        str, typer.Option("--profile", "-p", metavar="NAME[:AGENT]", help="Only edits that this profile, or its part for an agent, wrote.")
    ] = "",
    keep: Annotated[bool, typer.Option("--keep", help="The edits hold as they are.")] = False,
    take: Annotated[bool, typer.Option("--take", help="Take the shared text: the edits go from their profile.")] = False,
    edit: Annotated[str | None, typer.Option("--edit", metavar="TEXT", help="Give the edit this text.")] = None,
    edit_from: Annotated[
        Path | None, typer.Option("--edit-from", metavar="FILE", help="Give the edit the text of a file; - for standard input.")
    ] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Decide for all stale edits at once, where no address is named.")] = False,
) -> None:
    """Show the edits that were made against another text than the one that is there now, and settle them.

    Each is shown with three texts: what the block said when the edit was made, what it says now, and what the profile says instead. On a
    terminal you are asked about each; --keep, --take and --edit answer at once. A decision changes the profile in place and the lock; run
    `agent-composer build` afterwards. Without a decision the exit code is 1 while any edit is stale.
    """
    decision = _decision(keep=keep, take=take, edit=edit, edit_from=edit_from)
    if decision and not addresses and not is_all:
        message = "a decision needs an ADDRESS, or --all"
        raise typer.BadParameter(message)
    if decision:
        _settle_at_once(session, addresses or [], profile, decision, _new_text(edit, edit_from))
    elif _has_reader(session):
        _ask(session, addresses or [], profile)
    else:
        _list(session, addresses or [], profile)


def _has_reader(session: Session) -> bool:
    """Whether somebody sits there and can be asked."""
    return not session.is_json and session.out.is_terminal and sys.stdin.isatty()


def _decision(*, keep: bool, take: bool, edit: str | None, edit_from: Path | None) -> str:
    chosen = {"--keep": keep, "--take": take, "--edit": edit is not None, "--edit-from": edit_from is not None}
    names = [name for name, is_chosen in chosen.items() if is_chosen]
    if len(names) > 1:
        message = f"{' and '.join(names)} are different decisions: choose one"
        raise typer.BadParameter(message)
    return names[0].removeprefix("--").removesuffix("-from") if names else ""


def _new_text(edit: str | None, edit_from: Path | None) -> str:
    if edit_from is None:
        return edit or ""
    try:
        return sys.stdin.read() if str(edit_from) == "-" else edit_from.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"`{edit_from}` cannot be read: {error}"
        raise typer.BadParameter(message) from None


def _list(session: Session, addresses: list[str], profile: str) -> None:
    from composer.review.selection import select_edits  # noqa: PLC0415 - the engine, which `--help` does not need

    stale = select_edits(session.workspace, addresses, profile)
    if not session.is_json:
        for edit in stale:
            _show(edit, session, with_advice=True)
        session.out.line(_count(len(stale)), "bold")
    _finish(session, stale, [], [])


def _settle_at_once(session: Session, addresses: list[str], profile: str, decision: str, text: str) -> None:
    from composer.review.decision import Decision  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.review.selection import select_edits  # noqa: PLC0415

    chosen = Decision(decision)
    stale = select_edits(session.workspace, addresses, profile)
    changed = _settle(session, stale, chosen, text) if stale else ()
    if not session.is_json and not stale:
        session.out.line(_count(0), "bold")
    _finish(session, (), [(edit, decision) for edit in stale], changed)


def _settle(session: Session, stale: tuple[StaleEdit, ...], decision: Decision, text: str) -> tuple[str, ...]:
    from composer.files.destination import DiskDestination  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.review.decision import settle_edits  # noqa: PLC0415

    destination = DiskDestination(session.workspace.root, Patience(session.err))
    changed = settle_edits(session.workspace, stale, decision, destination, text)
    for edit in stale if not session.is_json and not session.is_quiet else ():
        session.out.line(f"{_DONE[decision]:<{_WIDTH}} {edit.base.edit.location}  {edit.base.address} ({edit.base.verb})", "green")
    return changed


def _show(edit: StaleEdit, session: Session, *, with_advice: bool) -> None:
    for line, style in stale_text(edit, with_advice=with_advice):
        session.out.line(line, style)


def _count(number: int) -> str:
    return "no edit is stale" if not number else f"{number} stale edit{'' if number == 1 else 's'}"


def _finish(
    session: Session, stale: tuple[StaleEdit, ...], settled: list[tuple[StaleEdit, str]], changed: tuple[str, ...] | list[str]
) -> None:
    if any(decision != "keep" for _, decision in settled) and not session.is_json and not session.is_quiet:
        session.out.line("\nNext: agent-composer build")
    data = {
        "stale": [stale_data(edit) for edit in stale],
        "settled": [{**stale_data(edit), "decision": decision} for edit, decision in settled],
        "changed": list(changed),
    }
    session.finish(data, session.workspace.diagnostics, code=1 if stale else 0)


# --- asking -----------------------------------------------------------------------------------------------------------


def _ask(session: Session, addresses: list[str], profile: str) -> None:
    """Ask about one edit after the other. The sources are read anew after each, for the places below it have moved."""
    from composer.review.decision import Decision  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.review.selection import select_edits  # noqa: PLC0415

    settled: list[tuple[StaleEdit, str]] = []
    skipped: list[StaleEdit] = []
    changed: dict[str, None] = {}
    while stale := [edit for edit in select_edits(session.workspace, addresses, profile) if edit.key not in {one.key for one in skipped}]:
        edit = stale[0]
        _show(edit, session, with_advice=False)
        answer = _answer(edit)
        if answer == "quit":
            skipped += stale
            break
        if answer == "skip":
            skipped.append(edit)
            continue
        text = _typed_text() if answer == "edit" else ""
        changed |= dict.fromkeys(_settle(session, (edit,), Decision(answer), text))
        settled.append((edit, answer))
        session.reopen()
        session.out.line()
    session.out.line(_count(len(skipped)), "bold")
    _finish(session, tuple(skipped), settled, list(changed))


def _answer(edit: StaleEdit) -> str:
    words = "[k]eep the edit, [t]ake the shared text, " + ("[e]dit, " if edit.says else "") + "[s]kip, [q]uit"
    while True:
        answer = _LETTERS.get(typer.prompt(words, default="s", show_default=False).strip().lower()[:1], "")
        if answer and (answer != "edit" or edit.says):
            return answer


def _typed_text() -> str:
    typer.echo("The new text; an empty line ends it:")
    lines: list[str] = []
    while line := sys.stdin.readline().rstrip("\n"):
        lines.append(line)
    return "\n".join(lines)
