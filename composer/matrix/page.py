"""Matrices as one HTML page that needs nothing else: no file, no network, and no script to be read.

What comes from sources is escaped where it is put in, by :func:`_text`; the rest of the mark-up stands here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from composer.matrix.presence import Status
from composer.matrix.style import SCRIPT, STYLE
from composer.matrix.table import Cell, Matrix, Row

__all__ = ["matrix_page", "summary_page"]

_LEGEND: Final = {
    Status.YES: "shown as written",
    Status.RETITLED: "shown under another title",
    Status.REPLACED: "shown with another text, or gone with one that was replaced",
    Status.STALE: "edited, and the text that the edit was written for has changed since",
    Status.GATED: "left out by a condition; the variables that it reads stand beside it",
    Status.REMOVED: "taken out by an edit",
    Status.EMPTY: "nothing is left of it",
    Status.ABSENT: "nothing includes it",
}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def matrix_page(matrix: Matrix) -> str:
    """Write the page of one fragment."""
    body = [f"<h1><code>{_text(matrix.fragment)}</code> by project</h1>", *_about(matrix), *_table(matrix, 1), *_legend()]
    return _page(f"{matrix.fragment} by project", body)


def summary_page(matrices: Sequence[Matrix]) -> str:
    """Write the page of several fragments: a summary, and below it the matrix of each."""
    body = ['<h1 id="top">Fragments by project</h1>', *_summary(matrices), *_legend()]
    for number, matrix in enumerate(matrices, start=1):
        body += [f'<h2 id="fragment-{number}"><code>{_text(matrix.fragment)}</code></h2>', *_about(matrix), *_table(matrix, number)]
        body.append('<p><a href="#top">All fragments</a></p>')
    return _page("Fragments by project", body)


def _text(text: str) -> str:
    """Escape a text for any place of the page; characters that no page may hold are shown as dots."""
    return escape("".join(c if c >= " " and not "\x7f" <= c <= "\x9f" else "·" for c in text))


def _name(text: str) -> str:
    """Print an address, which may go on in the next line after each of its marks."""
    return f"<code>{_text(text).replace('/', '/<wbr>')}</code>"


def _page(title: str, body: Iterable[str]) -> str:
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{_text(title)}</title>",
        f"<style>\n{STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        *body,
        "</main>",
        f"<script>\n{SCRIPT}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _about(matrix: Matrix) -> Iterator[str]:
    about = f"{_text(matrix.about)} " if matrix.about else ""
    used = f"{len(matrix.users)} of {len(matrix.projects)} projects use it"
    yield f"<p>{about}<code>{_text(matrix.path)}</code>: {used}; {matrix.diverging} of {len(matrix.rows)} blocks differ between them.</p>"


def _legend() -> Iterator[str]:
    yield "<h2>States</h2>"
    yield '<dl class="legend">'
    for status, meaning in _LEGEND.items():
        yield f'<div><dt><span class="state {status}">{status}</span></dt><dd>{_text(meaning)}</dd></div>'
    yield "</dl>"


# --- one fragment -----------------------------------------------------------------------------------------------------


def _table(matrix: Matrix, number: int) -> Iterator[str]:
    if not matrix.rows:
        yield "<p>No block of it has an id. <code>agent-composer ids --write</code> adds ids.</p>"
        return
    yield from _open(f"caption-{number}", f"Blocks of <code>{_text(matrix.fragment)}</code> by project", matrix, "block", "differ")
    for position, row in enumerate(matrix.rows):
        yield f'<tr><th scope="row">{_row_head(row)}</th>'
        for column, cell in enumerate(row.cells):
            yield _state(cell.status, cell.label, cell.reasons, f"reason-{number}-{position}-{column}")
        yield f'<td class="count">{row.apart or "-"}</td></tr>'
    yield "</tbody></table></div>"


def _open(caption_id: str, caption: str, matrix: Matrix, first: str, last: str) -> Iterator[str]:
    yield f'<div class="box" role="region" tabindex="0" aria-labelledby="{caption_id}">'
    yield f'<table><caption id="{caption_id}">{caption}</caption>'
    yield f'<thead><tr><th scope="col">{first}</th>'
    yield from (f'<th scope="col">{_text(project)}</th>' for project in matrix.projects)
    yield f'<th scope="col">{last}</th></tr></thead><tbody>'


def _row_head(row: Row) -> str:
    inserted = f" {_text(row.inserted)}" if row.inserted else ""
    words = f'<span class="words">{_text(row.words)}</span>' if row.words else ""
    return f'{_name(row.name)} <span class="kind">{_text(row.kind)}{inserted}</span>{words}'


def _state(status: Status | str, label: str, reasons: Iterable[tuple[str, str]], identifier: str) -> str:
    lines = "".join(f"<span>{f'<b>{_text(agents)}:</b> ' if agents else ''}{_text(reason)}</span>" for agents, reason in reasons)
    return (
        f'<td><span class="state {status}" tabindex="0" aria-describedby="{identifier}">{_text(label)}</span>'
        f'<span class="reason" role="tooltip" id="{identifier}">{lines}</span></td>'
    )


# --- all fragments ----------------------------------------------------------------------------------------------------


def _summary(matrices: Sequence[Matrix]) -> Iterator[str]:
    if not matrices:
        yield "<p>There is no fragment.</p>"
        return
    count = f"{len(matrices)} fragments, those with most blocks that differ first."
    yield f"<p>{count} A cell counts the blocks that any agent shows as written.</p>"
    yield from _open("caption-0", "Blocks shown as written, by fragment and project", matrices[0], "fragment", "blocks that differ")
    for number, matrix in enumerate(matrices, start=1):
        link = f'<a href="#fragment-{number}">{_name(matrix.fragment)}</a>'
        yield f'<tr><th scope="row">{link}<span class="words">{_text(matrix.about)}</span></th>'
        for column, project in enumerate(matrix.projects):
            cells = matrix.cells_of(project)
            used = project in matrix.users
            yield _state(*_counted(cells, is_used=used), f"reason-0-{number}-{column}")
        yield f'<td class="count">{matrix.diverging or "-"}</td></tr>'
    yield "</tbody></table></div>"


def _counted(cells: Sequence[Cell], *, is_used: bool) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the state, the label and the reason of a project's blocks of one fragment."""
    if not is_used:
        return str(Status.ABSENT), "not used", [("", "no agent of this project uses any block of it that has an id")]
    own = [cell for cell in cells if cell.status is not Status.ABSENT]
    shown = sum(1 for cell in own if cell.status is Status.YES)
    reason = ", ".join(f"{label} ({count})" for label, count in Counter(cell.label for cell in own).most_common())
    return "yes" if shown == len(own) else "mixed", f"{shown} of {len(own)}", [("", reason)]
