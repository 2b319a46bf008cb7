"""Results and diagnostics -> text, JSON and the annotations of a CI. Nothing here prints: the command does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from composer.errors import Diagnostic, Note, Severity
from composer.source import Location

__all__ = ["annotation", "diagnostic_data", "diagnostic_text", "summary_text", "unified_diff"]

WIDEST_LINE: Final = 160
_MARGIN: Final = 40


def diagnostic_text(diagnostic: Diagnostic) -> str:
    """Print a diagnostic with its place, the line of the source with carets, notes and the hint."""
    location = diagnostic.location
    head = f"{_place(location)}: {diagnostic.severity}[{diagnostic.code}]: {_visible(diagnostic.message)}"
    lines = [head, *_frame(location)]
    for note in diagnostic.notes:
        lines.append(f"  note: {_note_text(note)}")
        if note.location is not None:
            lines.extend(_frame(note.location))
    if diagnostic.hint:
        lines.append(f"  hint: {_visible(diagnostic.hint)}")
    return "\n".join(lines)


def _place(location: Location) -> str:
    return str(location) if location.source.text else location.path


def _note_text(note: Note) -> str:
    return f"{_place(note.location)}: {note.message}" if note.location is not None else note.message


def _frame(location: Location) -> Iterator[str]:
    """Give the line that a place is on, with carets below the characters that are meant."""
    if not location.source.text:
        return
    number, column = location.source.line_and_column(location.start)
    text = location.source.line_text(number)
    width = max(1, min(location.end - location.start, len(text) - column + 1))
    cut = max(0, column - 1 - _MARGIN) if column - 1 + width > WIDEST_LINE else 0
    shown = text[cut : cut + WIDEST_LINE]
    carets = "^" * max(1, min(width, len(shown) - (column - 1 - cut)))
    margin = " " * len(str(number))
    blanks = "".join(_blank(character) for character in shown[: column - 1 - cut])
    yield f"  {number} | {_visible(shown)}"
    yield f"  {margin} | {blanks}{carets}"


def _blank(character: str) -> str:
    return "  " if unicodedata.east_asian_width(character) in {"W", "F"} else " "


def _visible(text: str) -> str:
    """Print control characters as dots, so that a source cannot steer the reader's terminal."""
    return "".join(" " if c == "\t" else c if c >= " " and c != "\x7f" and not "\x80" <= c <= "\x9f" else "·" for c in text)


def summary_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Count what was found: ``2 errors, 1 warning``."""
    counts = dict.fromkeys(Severity, 0)
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    parts = [f"{count} {severity}{'s' if count != 1 else ''}" for severity, count in counts.items() if count]
    return ", ".join(parts)


def diagnostic_data(diagnostic: Diagnostic) -> dict[str, object]:
    """Turn a diagnostic into plain data for ``--json``."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        **location_data(diagnostic.location),
        "notes": [
            {"message": note.message, **(location_data(note.location) if note.location is not None else {})} for note in diagnostic.notes
        ],
    }


def location_data(location: Location) -> dict[str, object]:
    """Turn a place into plain data: path, and line and column from 1, of the first character and of the one after the last."""
    line, column = location.source.line_and_column(location.start)
    end_line, end_column = location.source.line_and_column(location.end)
    return {"path": location.path, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def annotation(severity: Severity, title: str, message: str, path: str, line: int = 1, column: int = 1) -> str:
    """Print a workflow command that GitHub shows beside the line ("Workflow commands" in its docs); apart where there is no path."""
    place = (("file", path), ("line", line), ("col", column)) if path else ()
    properties = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in (*place, ("title", title)))
    return f"::{severity} {properties}::{_escaped(message, '')}"


def _escaped(text: str, also: str) -> str:
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def unified_diff(path: str, before: str, after: str) -> str:
    """Print what changes from ``before`` to ``after``, as ``diff -u`` does; a missing final line end is told."""
    import difflib  # noqa: PLC0415 - where there is a difference to show

    differences = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}", n=2)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in differences)


def _lines(text: str) -> list[str]:
    """Cut a text at line ends alone: `str.splitlines` would also cut at form feeds and other characters inside a line."""
    return [line for line in re.split(r"(?<=\n)", text) if line]
