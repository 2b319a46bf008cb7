"""Edits that contradict each other: one text of the sources would have to say two things at once. Each is told with both places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from composer.accept.changes import LineChange, apply_change, changed_lines, distance, line_in
from composer.accept.outputs import EditedFile
from composer.accept.reasons import Reason, RefusedChangeError
from composer.errors import Diagnostics, Note
from composer.source import Location, SourceFile

__all__ = ["contradiction_inside", "contradiction_with", "refuse_unlike_copies"]


def refuse_unlike_copies(edited: Iterable[EditedFile]) -> None:
    """Refuse two files of one agent of one profile, such as that in the workspace and that in a project, which do not say the same.

    Raises:
        ComposerError: where there are any (``contradicting-edits``).
    """
    found = Diagnostics()
    firsts: dict[tuple[str, str], EditedFile] = {}
    for one in edited:
        first = firsts.setdefault((one.file.profile, one.file.agent), one)
        if first.text != one.text:
            here, there = _first_difference(first, one)
            message = f"`{first.path}` and `{one.path}` are both `{one.file.agent}` of `{one.file.profile}`, and were edited differently"
            hint = "let both say the same, or put one of them back as it was built; then accept again"
            found.error("contradicting-edits", message, here, hint, (Note("the other says here", there),))
    found.raise_errors()


def _first_difference(one: EditedFile, other: EditedFile) -> tuple[Location, Location]:
    pairs = enumerate(zip_longest(one.text.split("\n"), other.text.split("\n")))
    number = next(position for position, (first, second) in pairs if first != second)
    return _line_at(one, number), _line_at(other, number)


def _line_at(file: EditedFile, number: int) -> Location:
    """Point at a line (from 0), or at the last where there are fewer."""
    lines = file.text.split("\n")
    number = min(number, len(lines) - 1)
    start = sum(len(line) + 1 for line in lines[:number])
    return SourceFile(file.path, file.text).at(start, start + max(len(lines[number]), 1))


def contradiction_inside(
    before: Sequence[str], made: Sequence[str], change: LineChange, wanted: Sequence[str]
) -> RefusedChangeError | None:
    """Return why a change cannot be made so, if it is because another place of the file shows the same text and says otherwise.

    Args:
        before: the lines that are composed before.
        made: the lines that are composed with it.
        change: what was to be brought about, and nothing else.
        wanted: the lines of the edited file.
    """
    target = apply_change(before, change)
    others = changed_lines(target, made)
    last = change.start + len(change.new)
    if not others or made == before or any(other.start < last and other.end > change.start for other in others):
        return None
    place = f"line {line_in(target, others[0], wanted)}"
    return RefusedChangeError(
        Reason.CONTRADICTION, f"what would bring it about changes {place} as well, which says otherwise", is_final=True
    )


def contradiction_with(path: str, before: Sequence[str], made: Sequence[str], wanted: Sequence[str]) -> RefusedChangeError | None:
    """Return why a change cannot be made so, if it brings another of the edited files further from what that says.

    Args:
        path: the other file.
        before: its lines as they are composed before the change.
        made: its lines as they are composed with it.
        wanted: its lines as they were edited.
    """
    if made == before or distance(made, wanted) <= distance(before, wanted):
        return None
    known = {(other.new, line_in(before, other, wanted)) for other in changed_lines(before, wanted)}
    others = [(other.new, line_in(made, other, wanted)) for other in changed_lines(made, wanted)]
    line = next((found for found in others if found not in known), others[0])[1]
    message = f"what would bring it about changes `{path}` as well, whose line {line} says otherwise"
    return RefusedChangeError(Reason.CONTRADICTION, message, is_final=True)
