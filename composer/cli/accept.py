"""The command `accept`."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli.accept_text import acceptance_data, count, print_acceptance, print_left
from composer.cli.failure import DIFFERENCES, WRONG_INPUT
from composer.cli.options import common, examples
from composer.cli.session import Session
from composer.cli.waiting import Patience

if TYPE_CHECKING:
    from composer.accept.acceptance import Acceptance
    from composer.cli.locate import Question
    from composer.model.outputs import FileResult, OutputFile

__all__ = ["register"]


class To(StrEnum):
    """How far an accepted edit reaches."""

    AGENT = "agent"
    PROFILE = "profile"
    FRAGMENT = "fragment"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            ("agent-composer accept output/shop/.claude/agents/backend-developer.md", "show what would change, and ask"),
            ("agent-composer accept output/shop/.claude/agents/backend-developer.md --to fragment", "for all projects that use the text"),
            ("agent-composer accept output/shop/.claude/agents/*.md --dry-run", "only show it"),
        )
    )(accept)


@common
def accept(
    session: Session,
    *,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Outputs that were edited by hand.")],
    to: Annotated[
        To | None,
        typer.Option(
            "--to",
            help="Where to: an edit in the profile, in the agent's part of it, or the fragment itself, for all that use it. "
            "By default the fragment where no other profile uses it, else the profile.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Write nothing; show what would change.")] = False,
) -> None:
    """Take hand edits of outputs back to the fragments and profiles that they come from.

    Shows what would change in the sources, which other outputs change with them, and which edits of profiles become stale, then asks.
    Nothing is written unless the changed sources compose to exactly the edited files. What has no source (marks, blank lines, the look of
    titles) is refused, with the reason. Long texts are cut; --verbose shows all of them.
    """
    from composer.accept.acceptance import propose_acceptance, write_acceptance  # noqa: PLC0415 - the engine
    from composer.accept.proposals import Scope  # noqa: PLC0415

    workspace = session.workspace
    acceptance = propose_acceptance(workspace, _find(session, files), Scope(to.value) if to is not None else None)
    if not session.is_json:
        print_acceptance(acceptance, session)
    may_write = acceptance.sources and not acceptance.refusals and not acceptance.obstacles and not dry_run
    is_written = bool(may_write and (yes or _agrees(session)))
    late: tuple[str, ...] = ()
    if is_written:
        results = write_acceptance(workspace, acceptance, Patience(session.err))
        late = _tell_written(session, acceptance, results)
    diagnostics = (*workspace.diagnostics, *acceptance.obstacles)
    is_done = is_written or not acceptance.sources or dry_run
    code = WRONG_INPUT if acceptance.obstacles else 0 if is_done and not acceptance.refusals else DIFFERENCES
    session.finish(acceptance_data(acceptance, late, is_written=is_written), diagnostics, code=code)


def _tell_written(session: Session, acceptance: Acceptance, results: tuple[FileResult, ...]) -> tuple[str, ...]:
    """Say what was done and what is left to do; return the outputs that wait for a build."""
    from composer.accept.effects import out_of_date  # noqa: PLC0415 - the engine

    if session.is_quiet and not session.is_json:
        return ()
    session.reopen()
    late = out_of_date(session.workspace)
    if not session.is_json:
        built = sum(result.action.value in {"created", "updated", "removed"} for result in results)
        text = f"accepted: {count(len(acceptance.sources), 'source')} written, {count(built, 'output')} built"
        session.out.line(text, "bold")
        print_left(late, acceptance.unbuilt, session)
    return late


def _find(session: Session, files: list[str]) -> list[tuple[str, OutputFile]]:
    from composer.cli.locate import find_output, read_question  # noqa: PLC0415 - the engine

    found: dict[str, OutputFile] = {}
    for name in files:
        question = read_question(name)
        _refuse_link(session, question)
        output = find_output(question, session.workspace)
        found[output.name] = output.file
    return list(found.items())


def _refuse_link(session: Session, question: Question) -> None:
    """Refuse an output that is a link, or behind one: what it leads to is another file, which the lock knows nothing of."""
    from composer.errors import ComposerError, Diagnostics  # noqa: PLC0415 - the engine

    workspace = session.workspace
    outputs = workspace.root / workspace.catalog.config.output
    for folder in (Path.cwd(), workspace.root):
        place = Path(os.path.abspath(folder / question.path))  # noqa: PTH100 - `resolve` would follow the link
        links = [way for way in (place, *place.parents) if way.is_relative_to(outputs) and way.is_symlink()]
        if links:
            link = links[-1].relative_to(workspace.root).as_posix()
            message = f"`{link}` is a link to `{links[-1].readlink()}`: what was edited is that file, and no output"
            hint = "put a file of its own in its place, with what it leads to, and accept again; or edit the sources"
            found = Diagnostics()
            found.error("output-is-a-link", message, question.location, hint)
            raise ComposerError(tuple(found))


def _has_reader() -> bool:
    """Whether somebody sits there and can be asked."""
    return sys.stdin.isatty()


def _agrees(session: Session) -> bool:
    """Ask, if there is somebody to ask."""
    if session.is_json or not _has_reader():
        if not session.is_json:
            session.err.line("nothing was written: say `--yes` to write it")
        return False
    try:
        agrees = typer.confirm("Write these changes?", default=False, err=True)
    except typer.Abort:
        session.err.line("\nNothing was changed.")
        raise
    if not agrees:
        session.err.line("Nothing was changed.")
    return agrees
