"""What can be wrong, said so that it can be mended: diagnostics, their collector, and the exceptions that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from composer.records import dataclass

if TYPE_CHECKING:
    from composer.source import Location

__all__ = ["ComposerError", "Diagnostic", "Diagnostics", "InternalError", "Note", "Severity", "nearest_name"]


class Severity(StrEnum):
    """How much a diagnostic weighs: an error stops the run, a warning and a notice are only told."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that belongs to a diagnostic: the other layer, the first definition, a link of a chain."""

    message: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong: a stable code, one sentence, a place, and what to do about it."""

    code: str
    message: str
    location: Location
    hint: str = ""
    notes: tuple[Note, ...] = ()
    severity: Severity = Severity.ERROR

    @property
    def order(self) -> tuple[str, int, str, str]:
        """A key that sorts diagnostics by place, then by code."""
        return (*self.location.position, self.code, self.message)


class Diagnostics:
    """Collects what a run finds, so that one run tells everything and not only the first mistake."""

    def __init__(self) -> None:
        """Start with nothing found."""
        self.told = 0
        """How often something was reported, what had been found before included."""
        self._found: dict[tuple[Severity, str, str, Location], Diagnostic] = {}

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic; the same one found on two ways, such as two chains of includes, is kept once."""
        key = (diagnostic.severity, diagnostic.code, diagnostic.message, diagnostic.location)
        self.told += 1
        self._found.setdefault(key, diagnostic)

    def error(self, code: str, message: str, location: Location, hint: str = "", notes: Iterable[Note] = ()) -> None:
        """Keep an error."""
        self.add(Diagnostic(code, message, location, hint, tuple(notes)))

    def warning(self, code: str, message: str, location: Location, hint: str = "", notes: Iterable[Note] = ()) -> None:
        """Keep a warning."""
        self.add(Diagnostic(code, message, location, hint, tuple(notes), Severity.WARNING))

    def notice(self, code: str, message: str, location: Location, hint: str = "", notes: Iterable[Note] = ()) -> None:
        """Keep a notice: nothing is wrong, but a person would want to know."""
        self.add(Diagnostic(code, message, location, hint, tuple(notes), Severity.NOTICE))

    def __iter__(self) -> Iterator[Diagnostic]:
        """Give what was found, ordered by place."""
        return iter(sorted(self._found.values(), key=lambda found: found.order))

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The errors alone, ordered by place."""
        return tuple(found for found in self if found.severity is Severity.ERROR)

    def raise_errors(self) -> None:
        """Stop here if anything was an error.

        Raises:
            ComposerError: with everything found so far, warnings and notices included.
        """
        if self.errors:
            raise ComposerError(tuple(self))


class ComposerError(Exception):
    """The input of a run is wrong; ``diagnostics`` says each thing that is."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Keep the diagnostics; the exception's text is their first lines."""
        self.diagnostics = diagnostics
        super().__init__("\n".join(f"{found.location}: {found.code}: {found.message}" for found in diagnostics))


class InternalError(Exception):
    """A promise of ours did not hold: a bug of the tool, never of its input."""


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the known name nearest to ``name``, or an empty string where none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - most runs mistake no name

    matches = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean `{matches[0]}`?" if matches else ""
