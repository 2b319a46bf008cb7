"""A comparison as Markdown for a comment on a pull request.

All that comes from sources is escaped: nothing of it becomes mark-up, a mention or a link. The comment stays below what GitHub takes; what
does not fit is counted, not cut in the middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from composer.impact.compare import BlockChange, Comparison, Fate, OutputChange, SourceChange, group_blocks
from composer.impact.words import Change, Piece, count_words, shorten_run

__all__ = ["LONGEST_COMMENT", "MARKER", "write_comment"]

MARKER: Final = "<!-- agent-composer impact -->"
"""The first line, by which a script finds the comment again to write it anew."""
LONGEST_COMMENT: Final = 60_000
"""Characters; GitHub takes 65,536 of them."""
MOST_ROWS: Final = 200
"""The rows of a table that a comment shows."""
_CONTEXT: Final = 12
"""The words that are shown on each side of a change; of more, the others are left out."""

_MARKS: Final = re.compile(r"[^\w\s/.,()'-]|_|(?<=www)\.")
"""What could be mark-up, a mention or a link, even inside code."""
_TAGS: Final = {Change.ADDED: "ins", Change.REMOVED: "del"}


def write_comment(comparison: Comparison) -> str:
    """Write the comment: what changes where, in a table; each changed block once, with its words; the sources behind it."""
    lines = [MARKER, f"### {_headline(comparison)}", "", f"From {_code(comparison.since)} to {_code(comparison.until)}."]
    if comparison.changes:
        lines += ["", *_output_table(comparison.changes)]
    sources = ["", "#### Sources", "", *_source_table(comparison.sources)] if comparison.sources else []
    left = LONGEST_COMMENT - sum(len(line) + 1 for line in (*lines, *sources))
    lines += _details(group_blocks(comparison.changes).items(), left)
    return "\n".join([*lines, *sources]) + "\n"


def _headline(comparison: Comparison) -> str:
    if not comparison.changes:
        return "No agent file changes"
    count = len(comparison.changes)
    files = f"{count} agent file{'s' if count != 1 else ''} of {len(comparison.changed_projects)}"
    projects = "project" if len(comparison.changed_projects) == 1 else "projects"
    return f"{files} {projects} change{'s' if count == 1 else ''}: {_figures(comparison.added, comparison.removed)} words"


def _figures(added: int, removed: int) -> str:
    return f"+{added} −{removed}"  # noqa: RUF001 - a minus sign, which Markdown never takes for a list


def _code(text: str) -> str:
    """Print a text as code, with each mark in it as a number: Markdown reads marks even between the tags of code."""
    shown = "".join(c if c >= " " and c != "\x7f" else "·" for c in text)
    return f"<code>{_MARKS.sub(lambda found: f'&#{ord(found[0])};', shown)}</code>"


# --- tables -----------------------------------------------------------------------------------------------------------


def _output_table(changes: Sequence[OutputChange]) -> Iterator[str]:
    yield "| project | output | words |"
    yield "|---|---|---|"
    for change in changes[:MOST_ROWS]:
        yield f"| {_code(change.profile)} | {_code(change.path)}{_remark(change)} | {_figures(change.added, change.removed)} |"
    if len(changes) > MOST_ROWS:
        yield f"| | and {len(changes) - MOST_ROWS} more | |"


def _remark(change: OutputChange) -> str:
    if change.fate is Fate.CHANGED:
        return "" if change.added or change.removed else " (blanks alone)"
    return " (new)" if change.fate is Fate.ADDED else " (gone)"


def _source_table(sources: Sequence[SourceChange]) -> Iterator[str]:
    yield "| source | | words |"
    yield "|---|---|---|"
    for source in sources[:MOST_ROWS]:
        yield f"| {_code(source.path)} | {source.fate} | {_figures(source.added, source.removed)} |"
    if len(sources) > MOST_ROWS:
        yield f"| and {len(sources) - MOST_ROWS} more | | |"


# --- blocks -----------------------------------------------------------------------------------------------------------


def _details(groups: Iterable[tuple[BlockChange, Sequence[OutputChange]]], left: int) -> list[str]:
    """Write each changed block, as many as fit into ``left`` characters, and say how many do not."""
    lines: list[str] = []
    left_out = 0
    for block, outputs in groups:
        # What one text has more than the other is shown whole: often that alone tells, without comparing them word by word.
        written = _block(block, outputs) if abs(len(block.after) - len(block.before)) <= left else []
        size = sum(len(line) + 1 for line in written)
        if not written or size > left - 100:
            left_out += 1
            continue
        lines += written
        left -= size
    if left_out:
        lines += ["", f"{left_out} more changed block{'s do' if left_out != 1 else ' does'} not fit into a comment."]
    return lines


def _block(block: BlockChange, outputs: Sequence[OutputChange]) -> list[str]:
    pieces = block.pieces
    figures = _figures(count_words(pieces, Change.ADDED), count_words(pieces, Change.REMOVED))
    where = f"{len(outputs)} outputs" if len(outputs) != 1 else "1 output"
    names = ", ".join(_code(f"{output.profile} / {output.agent}") for output in outputs[:MOST_ROWS])
    return [
        "",
        f"<details><summary>{_code(block.name)} {block.fate} in {where}: {figures} words</summary>",
        "",
        f"<pre>{''.join(_pieces(pieces)).rstrip()}</pre>",
        "",
        names,
        "",
        "</details>",
    ]


def _pieces(pieces: Sequence[Piece]) -> Iterator[str]:
    for position, piece in enumerate(pieces):
        if piece.change is Change.SAME:
            yield _escaped(shorten_run(piece.text, _CONTEXT if position else 0, _CONTEXT if position < len(pieces) - 1 else 0))
        else:
            words = piece.text.rstrip()
            yield f"<{_TAGS[piece.change]}>{_escaped(words)}</{_TAGS[piece.change]}>{piece.text[len(words) :] or ' '}"


def _escaped(text: str) -> str:
    shown = "".join(c if c >= " " or c in "\n\t" else "·" for c in text)
    return escape(shown, quote=False)
