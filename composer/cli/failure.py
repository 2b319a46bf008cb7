"""The one place where errors end: what went wrong becomes text, or data, and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import typer
from typer.core import TyperGroup

from composer.cli.session import Session

__all__ = ["BROKEN_PIPE", "BUG", "DIFFERENCES", "INTERRUPTED", "WRONG_INPUT", "Group"]

DIFFERENCES: Final = 1
WRONG_INPUT: Final = 2
BUG: Final = 3
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""Who read our output has had enough: what a shell reports of any program that this stops."""

DEBUG_VARIABLE: Final = "AGENT_COMPOSER_DEBUG"


class Group(TyperGroup):
    """All commands, with one net below them."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401 - Typer does not name the base of its contexts
        """Run the command that was asked for."""
        session = ctx.obj = Session()
        with _failures_caught(session):
            result = super().invoke(ctx)
            # What cannot be delivered shows only now.
            sys.stdout.flush()
            return result


@contextmanager
def _failures_caught(session: Session) -> Iterator[None]:
    _print_any_character()
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _drop_output()
        raise typer.Exit(BROKEN_PIPE) from None
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EIO}:
            raise typer.Exit(_report_bug(error, session)) from error
        # Files that cannot be written are diagnostics: this is the output of the command itself.
        _drop_output()
        with suppress(OSError):
            typer.echo(f"the output cannot be written: {error.strerror}", err=True)
        raise typer.Exit(WRONG_INPUT) from None
    except Exception as error:
        code = _report(error, session)
        if code is None:
            raise
        raise typer.Exit(code) from error


def _print_any_character() -> None:
    """Let a terminal that does not know a character show another in its place, instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _drop_output() -> None:
    """Send what is still buffered nowhere: the interpreter would fail on it once more at its end."""
    try:
        handle = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, handle)
    os.close(nowhere)


def _report(error: Exception, session: Session) -> int | None:
    """Tell what went wrong; None for what Typer reports itself, a wrong command line."""
    from composer.errors import ComposerError  # noqa: PLC0415 - only when something is wrong

    if isinstance(error, ComposerError):
        session.fail(error.diagnostics)
        return WRONG_INPUT
    if hasattr(error, "exit_code") and hasattr(error, "format_message"):
        return None
    return _report_bug(error, session)


def _report_bug(error: Exception, session: Session) -> int:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    session.fail_internally(what)
    typer.echo(f"a bug of agent-composer: {' '.join(what.split())}", err=True)
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)
    else:
        typer.echo(f"set {DEBUG_VARIABLE}=1 and run it again for the traceback, and report both", err=True)
    return BUG
