"""`build --watch`: builds, and builds again whenever a source is saved."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from composer.cache.evidence import Evidence, digest
from composer.cli.build_text import print_report, report_data
from composer.cli.file_changes import Changes, SourceChanges
from composer.cli.session import Ended, Session
from composer.cli.waiting import Patience
from composer.errors import ComposerError
from composer.incremental.earlier import Earlier
from composer.outcomes import BuildReport
from composer.workspace import Workspace

if TYPE_CHECKING:
    from composer.errors import Diagnostic

__all__ = ["Watcher", "watch_workspace"]

GRACE: Final = 0.3
"""Seconds that a source may be gone, or empty, before that is believed: some editors clear a file, or take it away, to write it anew."""
MOST_RESTARTS: Final = 5
"""How often a build is begun anew because more was saved, before it is ended all the same."""

_EMPTY: Final = digest(b"")
_COMMAND_LINE: Final = frozenset({"command line", "--set", "--into"})
"""What a message points to that is about the words of the command."""


class _OvertakenError(Exception):
    """More was saved while a build was under way."""


def watch_workspace(
    session: Session, profiles: Sequence[str] | None, *, dry_run: bool, overrides: Sequence[str], into: Path | None, overwrite: bool
) -> None:
    """Build, and build again whenever a source is saved, until the user interrupts it.

    Raises:
        KeyboardInterrupt: when he does.
        ComposerError: if there is no workspace, or it cannot be watched.
    """
    first = session.workspace

    def build(workspace: Workspace, progress: Callable[[str], None]) -> BuildReport:
        return workspace.build(
            profiles or None,
            overrides=overrides,
            into=into,
            dry_run=dry_run,
            overwrite=overwrite,
            progress=progress,
            wait=Patience(session.err),
        )

    def answer(report: BuildReport, milliseconds: int) -> None:
        if not session.is_json:
            print_report(report, session, into, dry_run=dry_run, took=f" ({milliseconds} ms)")
        data = {"milliseconds": milliseconds, **report_data(report, dry_run=dry_run, has_unchanged=False)}
        session.finish(data, report.diagnostics, code=1 if report.conflicts else 0)

    changes = SourceChanges(first.root)
    session.is_line_by_line = True
    try:
        Watcher(session, first, changes, build, answer).run()
    except KeyboardInterrupt:
        if not session.is_quiet:
            session.err.line("no longer watching")
        raise
    finally:
        changes.end()


class Watcher:
    """Builds whenever something has changed, and tells what came of it."""

    def __init__(
        self,
        session: Session,
        workspace: Workspace,
        changes: Changes,
        build: Callable[[Workspace, Callable[[str], None]], BuildReport],
        answer: Callable[[BuildReport, int], None],
    ) -> None:
        """Start with nothing built.

        Args:
            session: how to answer.
            workspace: the folder, and the target; it is not read.
            changes: tells when a source has changed.
            build: builds a workspace; it calls what it is given before each profile.
            answer: tells what a build did, and how many milliseconds it took.
        """
        self._session = session
        self._root, self._target = workspace.root, workspace.target
        self._changes = changes
        self._build = build
        self._answer = answer
        self._earlier = Earlier()
        self._built: dict[str, str] = {}
        """The digests of the sources of the last build that came to an end."""
        self._is_settled = False
        """Whether the same sources would give the same answer."""
        self._is_wrong = False

    def run(self) -> None:
        """Build, and wait, for ever."""
        self.build_again(perf_counter())
        # What has been composed stays, and need not be searched for what can go.
        gc.collect()
        gc.freeze()
        if not self._session.is_quiet:
            self._session.err.line("watching fragments, profiles and agent-composer.yaml; Ctrl-C ends it")
        while True:
            sys.stdout.flush()
            self._changes.wait(None)
            self.build_again(perf_counter())
            gc.collect()

    def build_again(self, start: float) -> None:
        """Build what has changed, and tell; ``start`` is when the change was noticed, in seconds of the clock."""
        for number in range(MOST_RESTARTS + 1):
            with suppress(_OvertakenError):
                self._build_once(start, may_be_overtaken=number < MOST_RESTARTS)
                return
            self._changes.wait(0)

    def _build_once(self, start: float, *, may_be_overtaken: bool) -> None:
        evidence = Evidence()
        workspace = Workspace(self._root, self._target, evidence=evidence, earlier=self._earlier)

        def look(_: str = "") -> None:
            if may_be_overtaken and self._changes.are_due():
                raise _OvertakenError

        workspace.index  # noqa: B018 - it is read when it is asked for
        workspace.evidence = None
        sources = {path: found for path, found in evidence.sources.items() if found}
        if self._is_settled and sources == self._built:
            return
        if may_be_overtaken and self._has_lost(sources) and self._changes.wait(GRACE):
            raise _OvertakenError
        try:
            report = self._build(workspace, look)
        except ComposerError as error:
            if not self._built and any(found.location.path in _COMMAND_LINE for found in error.diagnostics):
                raise  # no save of a source mends what was asked for
            self._tell_what_is_wrong(error.diagnostics)
            self._is_settled = all(found.location.path in evidence.sources for found in error.diagnostics)
        else:
            self._tell(report, round((perf_counter() - start) * 1000))
            self._is_settled = True
        self._built = sources

    def _has_lost(self, sources: dict[str, str]) -> bool:
        """Whether a source is gone, or empty, that was there before."""
        return any(sources.get(path, _EMPTY) == _EMPTY != found for path, found in self._built.items())

    def _tell(self, report: BuildReport, milliseconds: int) -> None:
        if self._is_wrong and not self._session.is_quiet:
            self._session.err.line("all is fine again")
        self._is_wrong = False
        with suppress(Ended):  # files that were left alone do not end it
            self._answer(report, milliseconds)

    def _tell_what_is_wrong(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self._is_wrong = True
        self._session.fail(diagnostics)
        if not self._session.is_quiet:
            self._session.err.line("nothing was written: waiting for the next change")
