"""The one place where errors end: what went wrong becomes text, or data, and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any, Final

import typer
from typer.core import TyperGroup

from composer.cli.session import Format, Session

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

    words: tuple[str, ...] = ()
    """The command line of the run."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:  # noqa: ANN401 - the shape of Typer's own
        """Run the command and end the process."""
        self.words = tuple(sys.argv[1:] if args is None else args)
        if not self.words or {"-h", "--help"} & set(self.words):
            _print_plainly()
        return super().main(args, *rest, **extra)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - the shape of Typer's own
        """Read the options that stand before a command's name."""
        with _failures_caught(Session(), self.words):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401 - Typer does not name the base of its contexts
        """Run the command that was asked for."""
        session = ctx.obj = Session()
        with _failures_caught(session, self.words):
            result = super().invoke(ctx)
            # What cannot be delivered shows only now.
            sys.stdout.flush()
            return result


@contextmanager
def _failures_caught(session: Session, words: Sequence[str]) -> Iterator[None]:
    _print_any_character()
    try:
        yield
    except typer.Exit:
        raise
    except (KeyboardInterrupt, typer.Abort):  # the second is Ctrl-C, or the end of the input, at a question
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
        code = _report(error, session, words)
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


def _report(error: Exception, session: Session, words: Sequence[str]) -> int | None:
    """Tell what went wrong; None for what Typer reports itself: a wrong command line, where the answer is no document."""
    from composer.errors import ComposerError  # noqa: PLC0415 - only when something is wrong

    if isinstance(error, ComposerError):
        session.fail(error.diagnostics)
        return WRONG_INPUT
    if hasattr(error, "exit_code") and hasattr(error, "format_message"):
        return _report_usage(error, session, words)
    return _report_bug(error, session)


def _report_usage(error: Any, session: Session, words: Sequence[str]) -> int | None:  # noqa: ANN401 - Typer does not name the base of its errors
    # What pydantic puts before the words of a check.
    error.message = error.message.replace("Value error, ", "")
    if not _wants_document(words):
        _print_plainly()
        return None
    from composer.errors import Diagnostics  # noqa: PLC0415 - only when something is wrong
    from composer.source import SourceFile  # noqa: PLC0415

    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "agent-composer"
    session.format = Format.JSON
    session.command = context.info_name if context is not None and context.parent is not None else ""
    line = " ".join(words)
    place = SourceFile("command line", line).at(0, max(len(line), 1))
    found = Diagnostics()
    found.error("wrong-usage", error.format_message().rstrip("."), place, f"`{path} --help` shows what it takes")
    session.fail(found)
    return WRONG_INPUT


def _wants_document(words: Sequence[str]) -> bool:
    """Whether the answer was to be JSON: a command line that cannot be read is asked for that alone."""
    own = words[: words.index("--")] if "--" in words else words
    return "--json" in own or "--format=json" in own or ("--format", "json") in pairwise(own)


def _print_plainly() -> None:
    """Let Typer, which prints help and wrong command lines, do without escape sequences where no colours are wanted."""
    if os.environ.get("NO_COLOR"):
        from typer import rich_utils  # noqa: PLC0415 - only for people

        rich_utils.COLOR_SYSTEM = None


def _report_bug(error: Exception, session: Session) -> int:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    session.fail_internally(what)
    typer.echo(f"a bug of agent-composer: {' '.join(what.split())}", err=True)
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)
    else:
        typer.echo(f"set {DEBUG_VARIABLE}=1 and run it again for the traceback, and report both", err=True)
    return BUG
