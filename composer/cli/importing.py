"""The command `import`."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Final, Self

import typer

from composer.cli.options import common, examples
from composer.cli.screen import Screen
from composer.cli.session import Session
from composer.cli.waiting import Patience

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

__all__ = ["register"]

_PATIENCE: Final = 0.5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "import",
        epilog=examples(
            ("agent-composer import .claude/agents --into agents --dry-run", "what would come of it?"),
            ("agent-composer import shop=shop/.claude/agents bot/.claude/agents --into agents", "two projects, two profiles"),
            ("agent-composer import agents --into . --repair", "with front matter that every client reads"),
        ),
    )(import_files)


@common
def import_files(
    session: Session,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Folders, name=folder, or files.", show_default=False)],
    *,
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="The workspace to write to.")] = Path(),
    update: Annotated[
        bool, typer.Option("--update", help="Replace profiles and agents of the workspace that have the same names.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Write nothing; tell what would be written.")] = False,
    min_saving: Annotated[
        int, typer.Option("--min-saving", metavar="BYTES", min=0, help="What a shared fragment must save to be made.")
    ] = 40,
    explain_choice: Annotated[
        bool, typer.Option("--explain-choice", help="Tell what was decided: fragments, edits, variables, and what saved too little.")
    ] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Write front matter that is no strict YAML anew; each change is told.")] = False,
) -> None:
    """Turn existing agent files into fragments and profiles that build them again, byte for byte.

    Each folder is a project and becomes a profile; what repeats is kept once. Everything is composed and compared with the sources before
    anything is written; a file that cannot be reproduced is left out and named.
    """
    from composer.errors import Diagnostics  # noqa: PLC0415
    from composer.files.destination import DiskDestination, DryRunDestination  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.importer.report import make_report, report_data, report_text  # noqa: PLC0415
    from composer.importer.run import Options, plan_import, write_plan  # noqa: PLC0415

    diagnostics = Diagnostics()
    options = Options(min_saving, is_update=update, is_repair=repair)
    root = into.resolve()
    with _Stages(session.err, is_quiet=session.is_quiet or session.is_json) as progress:
        plan = plan_import(paths, root, options, progress, diagnostics)
    written = write_plan(plan, DryRunDestination(root) if dry_run else DiskDestination(root, Patience(session.err)), diagnostics)
    report = make_report(plan, written)
    if not session.is_json and not session.is_quiet:
        for line in report_text(report, explains_choice=explain_choice):
            session.out.line(line)
        session.out.line(f"\n{'would write' if dry_run else 'wrote'} {len(written)} files to {into}")
    session.finish({"dry_run": dry_run, "root": root.as_posix(), **report_data(report)}, diagnostics)


class _Stages:
    """Shows a bar on a terminal once the import turns out to be long."""

    def __init__(self, screen: Screen, *, is_quiet: bool) -> None:
        """Begin to count the time."""
        self._screen = screen
        self._is_wanted = screen.is_terminal and not is_quiet
        self._start = monotonic()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __call__(self, stage: str) -> None:
        """Note what is being done."""
        if self._bar is None and self._is_wanted and monotonic() - self._start > _PATIENCE:
            from rich.progress import Progress as Bar  # noqa: PLC0415 - only where it is shown

            self._bar = Bar(console=self._screen.console(), transient=True)
            self._bar.add_task("", total=None)
            self._bar.start()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description=stage, advance=1)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Take the bar away, before anything else is printed."""
        if self._bar is not None:
            self._bar.stop()
