"""The command `check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composer.cache.evidence import Evidence
from composer.cli.answers import as_on_disk_text
from composer.cli.progress import Progress
from composer.cli.session import Format, Session
from composer.cli.settling import settle
from composer.cli.stale_text import print_stale, stale_data
from composer.cli.verdicts import explanation, fix, fixes, short_name

if TYPE_CHECKING:
    from composer.outcomes import CheckReport, Difference

__all__ = ["EXAMPLES", "run"]


EXAMPLES: Final = (
    ("agent-composer check", "everything"),
    ("agent-composer check shop", "one profile"),
    ("agent-composer check shop --into ~/src/shop", "as it was built straight into a project"),
    ("agent-composer check --format github", "in a GitHub workflow: annotations beside the lines"),
    ("agent-composer check --quiet", "only the names of the files that differ"),
)


def run(
    session: Session,
    *,
    profiles: Sequence[str] | None = None,
    overrides: Sequence[str] | None = None,
    into: Path | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    jobs: int | None = None,
    no_cache: bool = False,
) -> None:
    """Tell whether the files on disk are what the sources say.

    Changes no file of yours, and prints what a build would change as a unified diff, from what is on disk to what the sources come to.
    Each file that differs has a verdict, with its own way out: out of date, edited by hand, both, missing, left over, or not ours.
    An edit is stale if the text that it stands in place of has changed since: all texts are shown, for `agent-composer review`.
    The exit code is 1 if any file differs or any edit is stale, else 0: made for CI and for a commit hook.
    """
    session.format = Format(format) if format else session.format
    workspace = session.workspace
    workspace.jobs = jobs
    if not (no_cache or overrides or into):
        workspace.evidence = Evidence()
    with Progress(session.err, workspace, profiles, is_quiet=session.is_quiet) as progress:
        report = workspace.check(profiles or None, overrides=overrides or (), into=into, progress=progress)
    print_stale(report.stale, session)
    if session.format is Format.TEXT:
        _print(report, session, _build_command(profiles, into))
    elif session.format is Format.GITHUB:
        _print_annotations(report, session, _build_command(profiles, into))
    differences = [
        {
            "path": found.path,
            "profile": found.profile,
            "action": found.action.value,
            "verdict": found.verdict.value,
            "fix": fix(found, _build_command(profiles, into)),
            "diff": _diff(found),
            "line_ends": [{"line": end.line, "found": end.found, "wanted": end.wanted} for end in found.line_ends],
        }
        for found in report.differences
    ]
    if not differences and not report.stale:
        settle(workspace, ("check",), profiles or (), report.diagnostics, outputs=report.files)
    data = {"files": report.files, "differences": differences, "stale": [stale_data(edit) for edit in report.stale]}
    session.finish(data, report.diagnostics, code=1 if differences or report.stale else 0)


def _build_command(profiles: Sequence[str] | None, into: Path | None) -> str:
    """Return the command that writes what was checked."""
    words = ["agent-composer", "build", *((*(profiles or ()), "--into", str(into)) if into is not None else ())]
    return " ".join(words)


def _print(report: CheckReport, session: Session, build: str) -> None:
    for found in report.differences:
        if not session.is_quiet and (diff := _diff(found)):
            session.out.diff(diff)
    if report.differences and not session.is_quiet:
        session.out.line()
    for found in report.differences:
        session.out.line(f"{found.path}  {explanation(found)}", "red")
    if not session.is_quiet:
        session.out.line(_summary(report), "bold" if report.differences or report.stale else "")
        for advice in fixes(report.differences, build):
            session.err.line(advice)


def _print_annotations(report: CheckReport, session: Session, build: str) -> None:
    from composer.cli.github import difference_annotation  # noqa: PLC0415 - for this format only

    for found in report.differences:
        told = f"{found.path} {explanation(found)}; {fix(found, build)}"
        session.out.line(difference_annotation(found, told, session.workspace.root))
    session.out.line(_summary(report))


def _diff(found: Difference) -> str:
    from composer.report import unified_diff  # noqa: PLC0415 - the engine, which `--help` does not need

    return unified_diff(found.path, found.on_disk, found.composed)


def _summary(report: CheckReport) -> str:
    edits = "" if not report.stale else f"; {len(report.stale)} stale edit{'' if len(report.stale) == 1 else 's'}"
    if not report.differences:
        return f"{as_on_disk_text(report.files)}{edits}"
    total = f"{report.files} file{'' if report.files == 1 else 's'} composed"
    verb = "differs" if len(report.differences) == 1 else "differ"
    counts = Counter(short_name(found) for found in report.differences)
    parts = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{total}, {len(report.differences)} {verb}: {parts}{edits}"
