"""All commands as Typer sees them, with one net below them for what goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from composer.cli.failure import INTERRUPTED, end_run, print_any_character, print_plainly
from composer.cli.session import Session

__all__ = ["Group"]


class Group(TyperGroup):
    """All commands, with one net below them."""

    words: tuple[str, ...] = ()
    """The command line of the run."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:  # noqa: ANN401 - the shape of Typer's own
        """Run the command and end the process."""
        self.words = tuple(sys.argv[1:] if args is None else args)
        if not self.words or {"-h", "--help"} & set(self.words):
            print_plainly()
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
    print_any_character()
    try:
        yield
    except typer.Exit:
        raise
    except typer.Abort:  # Ctrl-C at a question, or the end of the input there
        raise typer.Exit(INTERRUPTED) from None
    except BaseException as error:
        code = end_run(error, session, words)
        if code is None:
            raise
        raise typer.Exit(code) from error
