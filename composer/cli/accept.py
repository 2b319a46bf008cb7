"""The command `accept`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli.options import common, examples
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.accept.acceptance import Acceptance, ChangedText
    from composer.model import OutputFile

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

    Shows what changes in the sources, and which other outputs change with them, then asks. Nothing is written unless the changed sources
    compose to exactly the edited files. What has no source (marks, blank lines, the look of titles) is refused, with the reason.
    """
    from composer.accept.acceptance import propose_acceptance, write_acceptance  # noqa: PLC0415 - the engine
    from composer.accept.proposals import Scope  # noqa: PLC0415

    workspace = session.workspace
    acceptance = propose_acceptance(workspace, _find(session, files), Scope(to.value) if to is not None else None)
    if not session.is_json:
        _print(acceptance, session)
    is_written = False
    if acceptance.sources and not acceptance.refusals and not dry_run and (yes or _agrees(session)):
        results = write_acceptance(workspace, acceptance)
        is_written = True
        if not session.is_json and not session.is_quiet:
            changed = [result for result in results if result.action.value != "unchanged"]
            session.out.line(
                f"accepted: {_count(len(acceptance.sources), 'source')} written, {_count(len(changed), 'output')} built", "bold"
            )
    is_done = is_written or not acceptance.sources or (dry_run and not acceptance.refusals)
    session.finish(_data(acceptance, is_written=is_written), workspace.diagnostics, code=0 if is_done and not acceptance.refusals else 1)


def _find(session: Session, files: list[str]) -> list[tuple[str, OutputFile]]:
    from composer.cli.locate import find_output, read_question  # noqa: PLC0415 - the engine

    found: dict[str, OutputFile] = {}
    for name in files:
        output = find_output(read_question(name), session.workspace)
        found[output.name] = output.file
    return list(found.items())


def _agrees(session: Session) -> bool:
    import sys  # noqa: PLC0415 - only where there may be someone to ask

    if session.is_json or not sys.stdin.isatty():
        if not session.is_json:
            session.err.line("nothing was written: say `--yes` to write it")
        return False
    return typer.confirm("Write these changes?", default=False, err=True)


def _print(acceptance: Acceptance, session: Session) -> None:
    out = session.out
    for output in acceptance.outputs:
        for taken in output.taken:
            out.line(f"{output.path}: {taken.about}", "green")
        for refusal in output.refusals:
            out.line(f"{output.path}:{refusal.line}: refused ({refusal.reason}): {refusal.message}", "bold red")
            for sign, lines in (("-", refusal.before), ("+", refusal.after)):
                for line in lines:
                    out.line(f"  {sign} {line}")
    if not acceptance.outputs:
        out.line("nothing was edited: all files are as the sources say")
        return
    if not session.is_quiet and acceptance.sources:
        out.line()
        out.line("The sources change:", "bold")
        _print_diffs(acceptance.sources, session)
        if acceptance.others:
            profiles = {other.profile for other in acceptance.others}
            out.line(f"{_count(len(acceptance.others), 'other output')} of {_count(len(profiles), 'profile')} change with them:", "bold")
            _print_diffs(acceptance.others, session)
        else:
            out.line("No other output changes.", "bold")
    if acceptance.refusals:
        out.line("nothing was written: what was refused has to be changed by hand, in the sources or back in the file", "bold red")


def _print_diffs(changed: tuple[ChangedText, ...], session: Session) -> None:
    from composer.report import unified_diff  # noqa: PLC0415 - the engine

    for one in changed:
        session.out.diff(unified_diff(one.path, one.before, one.after))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _data(acceptance: Acceptance, *, is_written: bool) -> dict[str, object]:
    from composer.report import unified_diff  # noqa: PLC0415 - the engine

    def texts(changed: tuple[ChangedText, ...]) -> list[dict[str, str]]:
        return [{"path": one.path, "profile": one.profile, "diff": unified_diff(one.path, one.before, one.after)} for one in changed]

    return {
        "written": is_written,
        "files": [
            {
                "path": output.path,
                "profile": output.profile,
                "agent": output.agent,
                "taken": [{"scope": taken.scope.value, "about": taken.about} for taken in output.taken],
                "refused": [
                    {
                        "line": refusal.line,
                        "reason": refusal.reason.value,
                        "message": refusal.message,
                        "before": list(refusal.before),
                        "after": list(refusal.after),
                    }
                    for refusal in output.refusals
                ],
            }
            for output in acceptance.outputs
        ],
        "sources": texts(acceptance.sources),
        "other_outputs": texts(acceptance.others),
    }
