"""What a run came to: what was composed, what a build did, and how a check and a status judge each output."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import Diagnostic
from composer.model.outputs import FileAction, FileResult, FileSince, FileWanted, OutputFile
from composer.records import dataclass
from composer.stale.edits import StaleEdit

if TYPE_CHECKING:
    from composer.line_ends import ChangedLineEnd

__all__ = ["BuildReport", "CheckReport", "Composition", "Difference", "StatusReport", "Verdict"]


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """The files of one or more profiles, and what was found on the way (warnings and notices; errors are raised)."""

    profiles: tuple[str, ...]
    files: tuple[OutputFile, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BuildReport:
    """What a build did with each file, ordered by path. Paths are relative to ``root``."""

    root: Path
    results: tuple[FileResult, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def conflicts(self) -> tuple[FileResult, ...]:
        """The files that were left alone, because they are not as the tool wrote them."""
        return tuple(result for result in self.results if result.is_conflict)


class Verdict(StrEnum):
    """Why a file is not what a build would write.

    ``STALE`` is one whose sources have changed, ``EDITED`` one that was edited by hand, ``BOTH`` one that is both.
    """

    STALE = "stale"
    EDITED = "edited"
    BOTH = "both"
    MISSING = "missing"
    LEFT_OVER = "left-over"
    EDITED_LEFT_OVER = "edited-left-over"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not what a build would write: its action in a build, and both texts (empty where there is none).

    ``since`` says what happened to it since it was last written, ``wanted`` what the sources want of it: so a file that is out of date is
    told from one that was edited by hand, and from one that is both. ``line_ends`` are lines that differ in their end alone: both texts
    have LF line ends, so that nothing else shows them.
    """

    path: str
    profile: str
    action: FileAction
    on_disk: str
    composed: str
    since: FileSince
    wanted: FileWanted
    line_ends: tuple[ChangedLineEnd, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Why the file differs."""
        match self.since, self.wanted:
            case FileSince.EDITED, FileWanted.REMOVE:
                return Verdict.EDITED_LEFT_OVER
            case FileSince.EDITED, FileWanted.UPDATE:
                return Verdict.BOTH
            case FileSince.EDITED, _:
                return Verdict.EDITED
            case FileSince.FOREIGN, _:
                return Verdict.FOREIGN
            case _, FileWanted.CREATE:
                return Verdict.MISSING
            case _, FileWanted.REMOVE:
                return Verdict.LEFT_OVER
            case _:
                return Verdict.STALE


@dataclass(frozen=True, slots=True, eq=False)
class CheckReport:
    """What a check found. ``files`` is the number of files composed."""

    files: int
    differences: tuple[Difference, ...]
    diagnostics: tuple[Diagnostic, ...]
    stale: tuple[StaleEdit, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class StatusReport:
    """How each output stands, ordered by path. Paths are relative to ``root``; ``action`` is what a build would do."""

    root: Path
    results: tuple[FileResult, ...]
    diagnostics: tuple[Diagnostic, ...]
