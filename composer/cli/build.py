"""The command `build`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composer.cache.evidence import Evidence
from composer.cli.front import unchanged_text
from composer.cli.progress import Progress
from composer.cli.session import Session
from composer.cli.settling import settle
from composer.cli.waiting import Patience

if TYPE_CHECKING:
    from composer.model import FileResult
    from composer.outcomes import BuildReport

__all__ = ["EXAMPLES", "run"]

_STYLES: Final = {"created": "green", "updated": "green", "removed": "yellow", "edited": "bold red", "foreign": "bold red"}
_WIDTH: Final = 9


EXAMPLES: Final = (
    ("agent-composer build", "everything"),
    ("agent-composer build shop --dry-run", "one profile: what would change?"),
    ("agent-composer build shop --into ~/src/shop", "straight into a project"),
    ("agent-composer build shop --set rate_limit=60", "with another value, for this run"),
)


def run(
    session: Session,
    *,
    profiles: Sequence[str] | None = None,
    dry_run: bool = False,
    overrides: Sequence[str] | None = None,
    into: Path | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    no_cache: bool = False,
) -> None:
    """Compose agents and write the files that changed.

    A file is replaced or removed only if it is as the tool wrote it. One that somebody edited, or that the tool did not make, is
    reported and left alone, and the exit code is 1. Nothing is written if anything is wrong with the sources, and all or nothing in any
    case: what a crash cut short, the next build ends.
    """
    workspace = session.workspace
    workspace.jobs = jobs
    if not (no_cache or overrides or into or dry_run):
        workspace.evidence = Evidence()
    with Progress(session.err, workspace, profiles, is_quiet=session.is_quiet) as progress:
        report = workspace.build(
            profiles or None,
            overrides=overrides or (),
            into=into,
            dry_run=dry_run,
            overwrite=overwrite,
            progress=progress,
            wait=Patience(session.err),
        )
    if not session.is_json:
        _print(report, session, into, dry_run=dry_run)
    if not report.conflicts:
        outputs = sum(result.action.value != "removed" for result in report.results)
        # A build warns of stale edits and is fine; a check fails.
        commands = ("build",) if any(found.code == "stale-edit" for found in report.diagnostics) else ("build", "check")
        settle(workspace, commands, profiles or (), report.diagnostics, outputs=outputs)
    files = [
        {
            "path": result.path,
            "profile": result.profile,
            "action": result.action.value,
            "copy": result.copy,
            "profile_before": result.profile_before,
        }
        for result in report.results
    ]
    data = {"dry_run": dry_run, "root": report.root.as_posix(), "files": files, "counts": _counts(report)}
    session.finish(data, report.diagnostics, code=1 if report.conflicts else 0)


def _counts(report: BuildReport) -> dict[str, int]:
    return dict(Counter(result.action.value for result in report.results))


def _print(report: BuildReport, session: Session, into: Path | None, *, dry_run: bool) -> None:
    def shown(result: FileResult) -> str:
        return result.path if into is None else (into / result.path).as_posix()

    for result in report.results:
        action = result.action.value
        if session.is_quiet or (action == "unchanged" and not session.is_verbose):
            continue
        remarks = [f"the old one is kept as {result.copy}"] if result.copy else []
        remarks += [f"the profile {result.profile_before} wrote it before"] if result.profile_before else []
        remark = f"  ({'; '.join(remarks)})" if remarks else ""
        session.out.line(f"{action:<{_WIDTH}}  {shown(result)}{remark}", _STYLES.get(action, ""))
    if not session.is_quiet:
        is_settled = all(result.action.value == "unchanged" for result in report.results)
        session.out.line(_summary(report, dry_run=dry_run), "" if is_settled else "bold")
    if report.conflicts:
        session.err.line(_advice([shown(result) for result in report.conflicts]))


def _summary(report: BuildReport, *, dry_run: bool) -> str:
    counts = _counts(report)
    if not dry_run and counts.keys() <= {"unchanged"}:
        return unchanged_text(len(report.results))
    parts = ", ".join(f"{count} {action}" for action, count in counts.items()) or "nothing to do"
    total = len(report.results)
    return f"{'dry run, nothing was written: ' if dry_run else ''}{total} file{'' if total == 1 else 's'}: {parts}"


def _advice(paths: list[str]) -> str:
    """Say what to do with files that were left alone."""
    one = "1 file is not as the tool wrote it, and was left alone:"
    lines = [
        one if len(paths) == 1 else f"{len(paths)} files are not as the tool wrote them, and were left alone:",
        *(f"  {path}" for path in paths),
        "`agent-composer check` shows each change, and `agent-composer accept FILE` takes it back to where it belongs. Or build with",
        "`--overwrite`: each old file is kept beside the new one as `.orig`. An edited file that no profile makes any more is yours to",
        "delete.",
    ]
    return "\n".join(lines)
