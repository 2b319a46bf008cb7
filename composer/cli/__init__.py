"""The command line: arguments in, text and an exit code out. One module for each group of commands; nothing else imports Typer.

Modules of the engine are imported by the command that needs them, when it runs: ``--help`` and completion need none.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from composer.cli import (
    accept,
    build,
    check,
    create,
    explain,
    impact,
    importing,
    listing,
    matrix,
    review,
    schema,
    show,
    similar,
    stats,
    status,
)
from composer.cli.failure import Group
from composer.cli.options import common, examples
from composer.cli.session import Session

__all__ = ["app", "main"]

PROGRAM = "agent-composer"

app = typer.Typer(
    name=PROGRAM,
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool | None) -> None:  # noqa: FBT001 - the shape of Typer's callbacks
    if value:
        from composer import __version__  # noqa: PLC0415 - only when it is asked for

        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback(
    epilog=examples(
        ("agent-composer init my-agents", "make a workspace that builds at once"),
        ("agent-composer build", "compose and write every agent of every profile"),
        ("agent-composer check", "is what is committed what the sources say?"),
        ("agent-composer explain output/shop/.claude/agents/tester.md:42", "where does this line come from?"),
    )
)
@common
def root(
    session: Session,
    *,
    version: Annotated[
        bool | None, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")
    ] = None,
) -> None:
    """Compose complete AI coding-agent files from Markdown fragments and YAML profiles.

    Prompt text lives once, in fragments. A profile picks agents, sets variables and edits single blocks for one project. The composed files
    are committed, and every line of them can tell where it came from.

    Exit codes: 0 fine; 1 differences or files left alone; 2 wrong input; 3 a bug of the tool; 130 interrupted.
    """


for module in (create, build, check, status, accept, explain, impact, listing, show, matrix, stats, similar, schema, importing, review):
    module.register(app)


def main() -> None:
    """Run the command and end the process with its exit code."""
    # The values of a run hold no circles worth a search, and the process ends with it.
    gc.disable()
    if "--no-color" in sys.argv:
        # Help and usage errors are printed by Typer, which looks here alone.
        os.environ["NO_COLOR"] = "1"
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open until the end of the process
    app(prog_name=PROGRAM)
