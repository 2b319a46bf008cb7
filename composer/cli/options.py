"""The options that commands share, said once: their names, their help and their completion."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from composer.cli.completion import complete_profiles, complete_settings
from composer.cli.session import Format, Session

__all__ = ["InTo", "Overrides", "Profiles", "common", "examples"]

_PANEL: Final = "Common options"

Profiles = Annotated[
    list[str] | None,
    typer.Argument(metavar="PROFILE", help="The profiles; all that are not abstract if none is named.", autocompletion=complete_profiles),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Set a variable for this run; it beats every layer. Lists are written with commas. May be given several times.",
        autocompletion=complete_settings,
    ),
]

InTo = Annotated[
    Path | None,
    typer.Option("--into", metavar="DIR", help="The tree of one profile straight in this project, instead of the output folder."),
]

_COMMON: Final[dict[str, Any]] = {
    "workspace": Annotated[
        Path | None,
        typer.Option(
            "--workspace", "-w", metavar="DIR", help="The workspace, if not the folder you are in or one above.", rich_help_panel=_PANEL
        ),
    ],
    "json": Annotated[bool, typer.Option("--json", help="Answer with one JSON document.", rich_help_panel=_PANEL)],
    "verbose": Annotated[bool, typer.Option("--verbose", "-v", help="Tell more.", rich_help_panel=_PANEL)],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Tell only what is wrong.", rich_help_panel=_PANEL)],
    "no_color": Annotated[bool, typer.Option("--no-color", help="No colours; so does NO_COLOR.", rich_help_panel=_PANEL)],
}


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the common options, and hand it the session that they make instead.

    So they may stand before the command's name, too, where a shell alias puts them.
    """
    signature = inspect.signature(command, eval_str=True)
    own = list(signature.parameters.values())[1:]
    added = [_keyword(name, annotation) for name, annotation in _COMMON.items()]
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

    @wraps(command)
    def run(ctx: typer.Context, **values: Any) -> None:  # noqa: ANN401 - whatever the command declares
        session: Session = ctx.obj
        if ctx.parent is not None:
            session.command = ctx.info_name or ""
        _keep(session, {name: values.pop(name) for name in _COMMON})
        command(session, **values)

    parameters = [context, *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own), *added]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__doc__ = _unwrapped(inspect.getdoc(command) or "")
    return run


def _unwrapped(text: str) -> str:
    """Put each paragraph on one line: the width of a terminal is not that of the source."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _keyword(name: str, annotation: Any) -> inspect.Parameter:  # noqa: ANN401 - an annotation
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None if name == "workspace" else False, annotation=annotation)


def _keep(session: Session, values: dict[str, Any]) -> None:
    """Add what is given here to what was given before the command's name."""
    session.folder = values["workspace"] or session.folder
    session.format = Format.JSON if values["json"] else session.format
    session.is_verbose |= values["verbose"]
    session.is_quiet |= values["quiet"]
    session.is_colorless |= values["no_color"]


def examples(*lines: tuple[str, str]) -> str:
    """Write the examples that end a command's help, each with what it does."""
    return "\n\n".join(("Examples:", *(f"{line}   # {what}" for line, what in lines)))
