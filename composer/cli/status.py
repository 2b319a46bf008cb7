"""The command `status`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from composer.cli.options import InTo, Overrides, Profiles, common, examples
from composer.cli.progress import Progress
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.model.outputs import FileResult
    from composer.outcomes import StatusReport

__all__ = ["register"]

_HEADERS: Final = ("file is", "sources want", "profile", "path")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            ("agent-composer status", "what is not as it should be"),
            ("agent-composer status --verbose", "every output"),
            ("agent-composer status shop --into ~/src/shop", "a profile that was built straight into a project"),
        )
    )(status)


@common
def status(
    session: Session,
    *,
    profiles: Profiles = None,
    overrides: Overrides = None,
    into: InTo = None,
) -> None:
    """Tell what happened to each output since it was built, and what its sources want of it.

    The first column compares the file with what was last written: unchanged, edited, missing, foreign (the tool did not make it) or
    new (never built). The second says what the sources want: same, update, create or remove. A build does that, but leaves an edited or
    foreign file alone. Writes nothing. The exit code is 0 whatever the files are like; `check` is the command that fails.
    """
    workspace = session.workspace
    with Progress(session.err, workspace, profiles, is_quiet=session.is_quiet) as progress:
        report = workspace.status(profiles or None, overrides=overrides or (), into=into, progress=progress)
    if not session.is_json:
        _print(report, session, into)
    files = [
        {
            "path": result.path,
            "profile": result.profile,
            "since": result.since.value,
            "wanted": result.wanted.value,
            "build": result.action.value,
        }
        for result in report.results
    ]
    session.finish({"root": report.root.as_posix(), "files": files}, report.diagnostics)


def _print(report: StatusReport, session: Session, into: Path | None) -> None:
    shown = [result for result in report.results if session.is_verbose or not _is_settled(result)]
    session.out.table(_HEADERS, [_row(result, into) for result in shown])
    settled = sum(_is_settled(result) for result in report.results)
    if not session.is_quiet:
        total = len(report.results)
        session.out.line(f"{total} file{'' if total == 1 else 's'}: {settled} as built, {total - settled} not", "bold")


def _row(result: FileResult, into: Path | None) -> tuple[str, ...]:
    path = result.path if into is None else (into / result.path).as_posix()
    return (result.since.value, result.wanted.value, result.profile, path)


def _is_settled(result: FileResult) -> bool:
    return (result.since.value, result.wanted.value) == ("unchanged", "same")
