"""The command `build`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from composer.cache.evidence import Evidence
from composer.cli.build_text import print_report, report_data
from composer.cli.progress import Progress
from composer.cli.session import Session
from composer.cli.settling import settle
from composer.cli.waiting import Patience

__all__ = ["EXAMPLES", "run"]


EXAMPLES: Final = (
    ("agent-composer build", "everything"),
    ("agent-composer build shop --dry-run", "one profile: what would change?"),
    ("agent-composer build shop --into ~/src/shop", "straight into a project"),
    ("agent-composer build shop --set rate_limit=60", "with another value, for this run"),
    ("agent-composer build --watch", "and again whenever a source is saved"),
)


def run(  # noqa: PLR0913 - one for each option of the command
    session: Session,
    *,
    profiles: Sequence[str] | None = None,
    dry_run: bool = False,
    overrides: Sequence[str] | None = None,
    into: Path | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    no_cache: bool = False,
    watch: bool = False,
    profile_stages: bool = False,
) -> None:
    """Compose agents and write the files that changed.

    A file is replaced or removed only if it is as the tool wrote it. One that somebody edited, or that the tool did not make, is
    reported and left alone, and the exit code is 1. Nothing is written if anything is wrong with the sources, and all or nothing in any
    case: what a crash cut short, the next build ends.
    """
    if watch:
        if profile_stages:
            _refuse_both("--watch", "--profile-stages")
        from composer.cli.watching import watch_workspace  # noqa: PLC0415 - only where it is asked for

        watch_workspace(session, profiles, dry_run=dry_run, overrides=overrides or (), into=into, overwrite=overwrite)
        return
    workspace = session.workspace
    workspace.jobs = jobs
    if not (no_cache or overrides or into or dry_run):
        workspace.evidence = Evidence()
    stages = None
    if profile_stages:
        from composer.cli.stages import Stages  # noqa: PLC0415 - as above

        stages = Stages()
        workspace.done = stages.done
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
        print_report(report, session, into, dry_run=dry_run)
    if not report.conflicts:
        outputs = sum(result.action.value != "removed" for result in report.results)
        # A build warns of stale edits and is fine; a check fails.
        commands = ("build",) if any(found.code == "stale-edit" for found in report.diagnostics) else ("build", "check")
        settle(workspace, commands, profiles or (), report.diagnostics, outputs=outputs)
    data = report_data(report, dry_run=dry_run)
    if stages is not None:
        stages.done("other")
        data["stages"] = stages.seconds
        if not session.is_json:
            stages.print_to(session.err)
    session.finish(data, report.diagnostics, code=1 if report.conflicts else 0)


def _refuse_both(first: str, second: str) -> None:
    from composer.errors import Diagnostics  # noqa: PLC0415 - only for what is wrong
    from composer.source import unlocated  # noqa: PLC0415 - as above

    found = Diagnostics()
    found.error("wrong-usage", f"`{first}` and `{second}` do not go together", unlocated("command line"), "give one of the two")
    found.raise_errors()
