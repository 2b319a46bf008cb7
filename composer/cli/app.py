"""All commands, as Typer reads them: one module for each group of them."""

from __future__ import annotations

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
from composer.cli.grammar import BUILD, CHECK
from composer.cli.group import Group
from composer.cli.options import common, declare, examples
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


create.register(app)
declare(app, BUILD, build.run, build.EXAMPLES)
declare(app, CHECK, check.run, check.EXAMPLES)
for module in (status, accept, explain, impact, listing, show, matrix, stats, similar, schema, importing, review):
    module.register(app)


def main() -> None:
    """Run the command and end the process with its exit code."""
    app(prog_name=PROGRAM)
