"""The command `schema`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from composer.cli.options import examples

__all__ = ["register"]


class Shape(StrEnum):
    """The kinds of files that have a schema."""

    PROFILE = "profile"
    FRAGMENT = "fragment"
    WORKSPACE = "workspace"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            ("agent-composer schema profile > profile.schema.json", "then begin a profile with:"),
            ("# yaml-language-server: $schema=../profile.schema.json", "completion and checks while you type"),
        )
    )(schema)


def schema(shape: Annotated[Shape, typer.Argument(help="Which kind of file.")] = Shape.PROFILE) -> None:
    """Print the JSON Schema of a kind of file, for editors.

    profile is for profiles/*.yaml, fragment for the front matter of fragments, workspace for agent-composer.yaml.
    """
    import json  # noqa: PLC0415 - only for this command

    from composer.schema import shapes  # noqa: PLC0415 - the engine, which `--help` does not need

    found = {Shape.PROFILE: shapes.profile_schema, Shape.FRAGMENT: shapes.fragment_schema, Shape.WORKSPACE: shapes.workspace_schema}
    typer.echo(json.dumps(found[shape](), indent=2))
