"""The options that commands share, said once: their names, their help and their completion."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final, Optional

import typer

from composer.cli.completion import complete_profiles, complete_settings
from composer.cli.grammar import COMMON, INTO, OVERRIDES, PROFILES, Command, Flag, Number, Option, Value, Words
from composer.cli.session import Session

__all__ = ["InTo", "Overrides", "Profiles", "common", "declare", "examples"]

_PANEL: Final = "Common options"

Profiles = Annotated[list[str] | None, typer.Argument(metavar=PROFILES.metavar, help=PROFILES.help, autocompletion=complete_profiles)]
Overrides = Annotated[
    list[str] | None,
    typer.Option(*OVERRIDES.words, metavar=OVERRIDES.metavar, help=OVERRIDES.help, autocompletion=complete_settings),
]
InTo = Annotated[Path | None, typer.Option(*INTO.words, metavar=INTO.metavar, help=INTO.help)]

_KNOWN: Final[dict[Option, Any]] = {PROFILES: Profiles, OVERRIDES: Overrides, INTO: InTo}


def declare(app: typer.Typer, command: Command, run: Callable[..., None], lines: Iterable[tuple[str, str]]) -> None:
    """Add a command that is described in the table of :mod:`composer.cli.grammar`.

    Args:
        app: gets it.
        command: what it takes.
        run: does it; its docstring is the help.
        lines: the examples that end the help.
    """

    @wraps(run)
    def called(session: Session, **values: Any) -> None:  # noqa: ANN401 - whatever the command declares
        run(session, **values)

    own = [_parameter(option) for option in command.options]
    called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter("session", inspect.Parameter.POSITIONAL_OR_KEYWORD), *own]
    )
    app.command(command.name, epilog=examples(*lines))(common(called))


def _parameter(option: Option, panel: str | None = None) -> inspect.Parameter:
    default = False if isinstance(option, Flag) else None
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_annotation(option, panel))


def _annotation(option: Option, panel: str | None) -> Any:  # noqa: ANN401 - an annotation
    if option in _KNOWN:
        return _KNOWN[option]
    kind: Any = bool
    limits: dict[str, int] = {}
    if isinstance(option, Value):
        kind = Optional[StrEnum(option.name, list(option.choices)) if option.choices else Path]  # noqa: UP045 - made at run time
    elif isinstance(option, Number):
        kind, limits = int | None, {"min": 1}
    elif isinstance(option, Words):
        kind = list[str] | None
    return Annotated[kind, typer.Option(*option.words, metavar=option.metavar or None, help=option.help, rich_help_panel=panel, **limits)]  # type: ignore[arg-type]  # a minimum, for numbers


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the common options, and hand it the session that they make instead.

    So they may stand before the command's name, too, where a shell alias puts them.
    """
    signature = inspect.signature(command, eval_str=True)
    own = list(signature.parameters.values())[1:]
    added = [_parameter(option, _PANEL) for option in COMMON]
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

    @wraps(command)
    def run(ctx: typer.Context, **values: Any) -> None:  # noqa: ANN401 - whatever the command declares
        session: Session = ctx.obj
        if ctx.parent is not None:
            session.command = ctx.info_name or ""
        session.keep(**{option.name: values.pop(option.name) for option in COMMON})
        command(session, **values)

    parameters = [context, *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own), *added]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__doc__ = _unwrapped(inspect.getdoc(command) or "")
    return run


def _unwrapped(text: str) -> str:
    """Put each paragraph on one line: the width of a terminal is not that of the source."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def examples(*lines: tuple[str, str]) -> str:
    """Write the examples that end a command's help, each with what it does."""
    return "\n\n".join(("Examples:", *(f"{line}   # {what}" for line, what in lines)))
