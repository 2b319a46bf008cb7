"""What holds for one run of the command: where the workspace is, and how to answer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from composer.cli.screen import Screen

if TYPE_CHECKING:
    from composer.errors import Diagnostic
    from composer.workspace import Workspace

__all__ = ["Format", "Session"]


class Format(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


@dataclass(slots=True)
class Session:
    """The options that every command has, and the ways to answer that follow from them.

    The answer goes to standard output: text, or one JSON document. What was found on the way goes to standard error, or into the document.
    """

    command: str = ""
    folder: Path = Path()
    format: Format = Format.TEXT
    is_quiet: bool = False
    is_verbose: bool = False
    is_colorless: bool = False
    _workspace: Workspace | None = None

    @property
    def is_json(self) -> bool:
        """Whether the answer is one JSON document."""
        return self.format is Format.JSON

    @property
    def out(self) -> Screen:
        """Where answers go."""
        return Screen(sys.stdout, has_color=self._has_color)

    @property
    def err(self) -> Screen:
        """Where remarks go."""
        return Screen(sys.stderr, has_color=self._has_color)

    @property
    def _has_color(self) -> bool:
        return not self.is_colorless and not os.environ.get("NO_COLOR")

    @property
    def workspace(self) -> Workspace:
        """The workspace, opened when a command first asks for it."""
        if self._workspace is None:
            from composer.workspace import Workspace  # noqa: PLC0415 - the engine, which `--help` does not need

            self._workspace = Workspace.open(self.folder)
        return self._workspace

    def reopen(self) -> None:
        """Forget the workspace that was read: its sources have changed."""
        self._workspace = None

    # --- the end of a run ---------------------------------------------------------------------------------------------

    def finish(self, data: Mapping[str, object], diagnostics: Iterable[Diagnostic], code: int = 0) -> None:
        """End a run that came to an answer: print the document, or tell what was found on the way, and exit.

        Raises:
            typer.Exit: with ``code``, where it is not 0.
        """
        found = tuple(diagnostics)
        if self.is_json:
            self._print_document(data, found, is_ok=code == 0)
        else:
            self._annotate(found)
            self._tell(found)
        if code:
            raise typer.Exit(code)

    def fail(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Tell everything that stopped the run."""
        found = tuple(diagnostics)
        if self.is_json:
            self._print_document({}, found, is_ok=False)
        self._annotate(found)
        self._tell(found, is_failure=True)

    def fail_internally(self, what: str) -> None:
        """Say in the document that the run ended in a bug of ours."""
        if self.is_json:
            self._print_document({"bug": what}, (), is_ok=False)

    def _print_document(self, data: Mapping[str, object], diagnostics: Iterable[Diagnostic], *, is_ok: bool) -> None:
        from composer.report import diagnostic_data  # noqa: PLC0415 - the engine, which `--help` does not need

        document = {
            "command": self.command,
            "ok": is_ok,
            **data,
            "diagnostics": [diagnostic_data(diagnostic) for diagnostic in diagnostics],
        }
        # ASCII can be printed wherever the document goes.
        typer.echo(json.dumps(document, indent=2))

    def _tell(self, diagnostics: tuple[Diagnostic, ...], *, is_failure: bool = False) -> None:
        """Print diagnostics to standard error: notices only where they are wanted, warnings unless all has to be quiet."""
        from composer.errors import Severity  # noqa: PLC0415 - the engine, which `--help` does not need
        from composer.report import diagnostic_text, summary_text  # noqa: PLC0415

        if self.is_quiet:
            diagnostics = tuple(found for found in diagnostics if found.severity is Severity.ERROR)
        shown = [found for found in diagnostics if self.is_verbose or found.severity is not Severity.NOTICE]
        for position, found in enumerate(shown):
            self.err.line(("\n" if position else "") + diagnostic_text(found), STYLES[found.severity.value], first_line_only=True)
        if not diagnostics:
            return
        hidden = "" if len(shown) == len(diagnostics) else " (`--verbose` shows the notices)"
        if shown:
            self.err.line()
        self.err.line(f"{summary_text(diagnostics)}{hidden}", "bold" if is_failure else "")

    def _annotate(self, diagnostics: Iterable[Diagnostic]) -> None:
        if self.format is Format.GITHUB:
            from composer.cli.github import diagnostic_annotations  # noqa: PLC0415 - for one format only

            root = self._workspace.root if self._workspace is not None else self.folder.resolve()
            for line in diagnostic_annotations(diagnostics, root):
                self.out.line(line)


STYLES = {"error": "bold red", "warning": "bold yellow", "notice": "bold blue"}
