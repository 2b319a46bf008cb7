"""The one place where errors end: what went wrong becomes text, or data, and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, Final

from composer.cli.session import Ended, Format, Session

__all__ = ["BROKEN_PIPE", "BUG", "DIFFERENCES", "INTERRUPTED", "WRONG_INPUT", "end_run", "print_any_character", "print_plainly"]

DIFFERENCES: Final = 1
WRONG_INPUT: Final = 2
BUG: Final = 3
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""Who read our output has had enough: what a shell reports of any program that this stops."""

DEBUG_VARIABLE: Final = "AGENT_COMPOSER_DEBUG"


def end_run(error: BaseException, session: Session, words: Sequence[str]) -> int | None:
    """Tell what ended a run, and return the exit code.

    Args:
        error: what the command raised.
        session: how it was to answer.
        words: the command line.

    Returns:
        The code; None for what Typer reports itself: a wrong command line, where the answer is no document.
    """
    match error:
        case Ended():
            return error.code
        case KeyboardInterrupt():
            return INTERRUPTED
        case BrokenPipeError():
            _drop_output()
            return BROKEN_PIPE
        case OSError() if error.errno in {errno.ENOSPC, errno.EIO}:
            # Files that cannot be written are diagnostics: this is the output of the command itself.
            _drop_output()
            with suppress(OSError):
                _say(f"the output cannot be written: {error.strerror}")
            return WRONG_INPUT
        case Exception():
            return _report(error, session, words)
        case _:
            return None


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def print_any_character() -> None:
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
        print_plainly()
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


def print_plainly() -> None:
    """Let Typer, which prints help and wrong command lines, do without escape sequences where no colours are wanted."""
    if os.environ.get("NO_COLOR"):
        from typer import rich_utils  # noqa: PLC0415 - only for people

        rich_utils.COLOR_SYSTEM = None


def _report_bug(error: Exception, session: Session) -> int:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    session.fail_internally(what)
    _say(f"a bug of agent-composer: {' '.join(what.split())}")
    if os.environ.get(DEBUG_VARIABLE):
        import traceback  # noqa: PLC0415 - for a bug of ours

        traceback.print_exception(error, file=sys.stderr)
    else:
        _say(f"set {DEBUG_VARIABLE}=1 and run it again for the traceback, and report both")
    return BUG
