"""What a build tells: which files it wrote, which it left alone, and what to do about those."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composer.cli.answers import unchanged_text
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.model.outputs import FileResult
    from composer.outcomes import BuildReport

__all__ = ["print_report", "report_data"]

_STYLES: Final = {"created": "green", "updated": "green", "removed": "yellow", "edited": "bold red", "foreign": "bold red"}
_WIDTH: Final = 9


def report_data(report: BuildReport, *, dry_run: bool, has_unchanged: bool = True) -> dict[str, object]:
    """Return the document of a build; the files that are unchanged need not be in it."""
    files = [
        {
            "path": result.path,
            "profile": result.profile,
            "action": result.action.value,
            "copy": result.copy,
            "profile_before": result.profile_before,
        }
        for result in report.results
        if has_unchanged or result.action.value != "unchanged"
    ]
    return {"dry_run": dry_run, "root": report.root.as_posix(), "files": files, "counts": _counts(report)}


def _counts(report: BuildReport) -> dict[str, int]:
    return dict(Counter(result.action.value for result in report.results))


def print_report(report: BuildReport, session: Session, into: Path | None, *, dry_run: bool, took: str = "") -> None:
    """Print what a build did with each file, and what to do with those that it left alone.

    Args:
        report: what it did.
        session: how to answer.
        into: the project's folder that it wrote to, if any.
        dry_run: whether it wrote nothing.
        took: how long it took; stands at the end of the summary.
    """

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
        session.out.line(f"{_summary(report, dry_run=dry_run)}{took}", "" if is_settled else "bold")
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
