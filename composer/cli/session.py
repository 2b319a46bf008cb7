"""What holds for one run of the command: where the workspace is, and how to answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from composer.cli.screen import Screen
from composer.records import dataclass

if TYPE_CHECKING:
    from composer.errors import Diagnostic
    from composer.workspace import Workspace

__all__ = ["Ended", "Format", "Session", "remarks"]


class Ended(Exception):  # noqa: N818 - not an error: an answer that has an exit code
    """Ends a run that came to an answer, with an exit code that is not 0."""

    def __init__(self, code: int) -> None:
        """End with ``code``."""
        super().__init__(code)
        self.code = code


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
    is_line_by_line: bool = False
    """Whether documents stand on one line each: a run gives several of them."""
    _workspace: Workspace | None = None

    def keep(self, *, workspace: Path | None, json: bool, verbose: bool, quiet: bool, no_color: bool) -> None:
        """Add the common options that are given here to what was given before the command's name."""
        self.folder = workspace or self.folder
        self.format = Format.JSON if json else self.format
        self.is_verbose |= verbose
        self.is_quiet |= quiet
        self.is_colorless |= no_color

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
            Ended: with ``code``, where it is not 0.
        """
        found = tuple(diagnostics)
        if self.is_json:
            self._print_document(data, found, is_ok=code == 0)
        else:
            self._annotate(found)
            self._tell(found)
        if code:
            raise Ended(code)

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
        import json  # noqa: PLC0415 - for this format only

        from composer.report import diagnostic_data  # noqa: PLC0415 - the engine, which `--help` does not need

        document = {
            "command": self.command,
            "ok": is_ok,
            **data,
            "diagnostics": [diagnostic_data(diagnostic) for diagnostic in diagnostics],
        }
        # ASCII can be printed wherever the document goes.
        sys.stdout.write(f"{json.dumps(document, indent=None if self.is_line_by_line else 2)}\n")

    def _tell(self, diagnostics: tuple[Diagnostic, ...], *, is_failure: bool = False) -> None:
        """Print diagnostics to standard error: notices only where they are wanted, warnings unless all has to be quiet."""
        from composer.errors import Severity  # noqa: PLC0415 - the engine, which `--help` does not need

        if self.is_quiet:
            diagnostics = tuple(found for found in diagnostics if found.severity is Severity.ERROR)
        for text, style in remarks(diagnostics, is_verbose=self.is_verbose, is_failure=is_failure):
            self.err.line(text, style, first_line_only=True)

    def _annotate(self, diagnostics: Iterable[Diagnostic]) -> None:
        if self.format is Format.GITHUB:
            from composer.cli.github import diagnostic_annotations  # noqa: PLC0415 - for one format only

            root = self._workspace.root if self._workspace is not None else self.folder.resolve()
            for line in diagnostic_annotations(diagnostics, root):
                self.out.line(line)


STYLES = {"error": "bold red", "warning": "bold yellow", "notice": "bold blue"}


def remarks(diagnostics: Sequence[Diagnostic], *, is_verbose: bool = False, is_failure: bool = False) -> Iterator[tuple[str, str]]:
    """Give what standard error tells of diagnostics: texts, each with the style of its first line."""
    if not diagnostics:
        return
    from composer.errors import Severity  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.report import diagnostic_text, summary_text  # noqa: PLC0415

    shown = [found for found in diagnostics if is_verbose or found.severity is not Severity.NOTICE]
    for position, found in enumerate(shown):
        yield ("\n" if position else "") + diagnostic_text(found), STYLES[found.severity.value]
    hidden = "" if len(shown) == len(diagnostics) else " (`--verbose` shows the notices)"
    if shown:
        yield "", ""
    yield f"{summary_text(diagnostics)}{hidden}", "bold" if is_failure else ""
