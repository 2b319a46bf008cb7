"""The command `matrix`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from composer.cli.completion import complete_fragments
from composer.cli.options import common, examples
from composer.cli.progress import Progress
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.matrix.presence import Presence
    from composer.matrix.table import Cell, Matrix, Row

__all__ = ["register"]

_LONGEST_NAME: Final = 44


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            ("agent-composer matrix", "all fragments, those with most blocks that differ first"),
            ("agent-composer matrix checklists/security", "the blocks of one, by project"),
            ("agent-composer matrix checklists/security --html -o security.html", "the same as a page, with each reason"),
        )
    )(matrix)


@common
def matrix(
    session: Session,
    *,
    fragment: Annotated[
        str | None, typer.Argument(metavar="FRAGMENT", help="A fragment; all if left out.", autocompletion=complete_fragments)
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="Answer with one self-contained HTML page.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the page there instead of printing it.")
    ] = None,
) -> None:
    """Show what each project makes of the blocks of a fragment.

    A block is shown as written (yes), under another title, replaced, gated by a condition, removed, or absent; a block that a profile
    inserted has a row of its own. Where the agents of a project differ, a cell counts those that use the fragment. Blocks over which the
    projects diverge most come first.
    """
    from composer.matrix.page import matrix_page, summary_page  # noqa: PLC0415 - the engine, which `--help` does not need

    if session.is_json and html:
        _misuse("--html", "it answers with a page, and --json with a document")
    if output is not None and not html:
        _misuse("--output", "only the page of --html is written to a file")
    matrices = _compose(session, fragment)
    if html:
        _give(session, matrix_page(matrices[0]) if fragment is not None else summary_page(matrices), output)
    elif not session.is_json and fragment is not None:
        _print(session, matrices[0])
    elif not session.is_json:
        _print_summary(session, matrices)
    data: dict[str, object] = {"fragments": [_data(found) for found in matrices]}
    session.finish(data, session.workspace.diagnostics)


def _misuse(option: str, message: str) -> NoReturn:
    raise typer.BadParameter(message, param_hint=option)


def _compose(session: Session, fragment: str | None) -> tuple[Matrix, ...]:
    from composer.matrix.table import make_matrices  # noqa: PLC0415 - the engine, which `--help` does not need

    workspace = session.workspace
    catalog = workspace.catalog
    name = fragment.removeprefix("fragments/").removesuffix(".md") if fragment is not None else None
    if name is not None and name not in catalog.fragments and name not in catalog.broken:
        _refuse(session, fragment or "", catalog.fragments)
    with Progress(session.err, workspace, None, is_quiet=session.is_quiet) as progress:
        files = workspace.compose(progress=progress).files
    names = [name] if name is not None else list(catalog.fragments)
    stale = {(edit.base.layer, edit.base.address) for edit in workspace.stale_edits()}
    return make_matrices(workspace.index, files, {file: workspace.path_of(file) for file in files}, names, stale=stale)


def _refuse(session: Session, name: str, known: Iterable[str]) -> NoReturn:
    from composer.errors import ComposerError, nearest_name  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.source import SourceFile  # noqa: PLC0415

    diagnostics = session.workspace.diagnostics
    place = SourceFile("command line", name).at(0, max(len(name), 1))
    hint = nearest_name(name, known) or "`agent-composer list fragments` shows what there is"
    diagnostics.error("unknown-fragment", f"there is no fragment `{name}`", place, hint)
    raise ComposerError(tuple(diagnostics))


def _give(session: Session, page: str, output: Path | None) -> None:
    if output is None:
        typer.echo(page, nl=False)
        return
    from composer.errors import ComposerError, Diagnostics  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.source import unlocated  # noqa: PLC0415

    try:
        output.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        diagnostics = Diagnostics()
        reason = (error.strerror or type(error).__name__).lower()
        message = f"`{output.as_posix()}` cannot be written: {reason}"
        diagnostics.error("cannot-write", message, unlocated(output.as_posix()), "name a file in a folder that is there")
        raise ComposerError(tuple(diagnostics)) from None
    if not session.is_quiet:
        session.err.line(f"wrote {output.as_posix()}")


# --- text -------------------------------------------------------------------------------------------------------------


def _print(session: Session, found: Matrix) -> None:
    session.out.line(f"{found.fragment}  {found.path}", "bold cyan")
    used = f"{len(found.users)} of {len(found.projects)} projects use it"
    session.out.line(f"{used}; {found.diverging} of {len(found.rows)} blocks differ between them")
    if not found.rows:
        session.out.line("no block of it has an id: `agent-composer ids --write` adds ids")
        return
    session.out.line()
    names = [_row_name(row) for row in found.rows]
    cells = [[cell.label for cell in row.cells] for row in found.rows]
    _print_groups(session, "block", names, found.projects, cells)
    if session.is_verbose:
        _print_reasons(session, found)
    else:
        session.out.line()
        session.out.line(f"`--verbose` tells the reasons, `agent-composer explain {found.rows[0].address}` those of one block")


def _row_name(row: Row) -> str:
    name = row.name if not row.inserted else f"+ {row.name}"
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _print_groups(session: Session, first: str, names: Sequence[str], heads: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Print a table in groups of columns, each as wide as the terminal; in one group where nobody looks."""
    from composer.matrix.text import column_groups  # noqa: PLC0415 - the engine, which `--help` does not need

    widths = [max(len(head), *(len(row[column]) for row in cells)) for column, head in enumerate(heads)]
    available = session.out.console().width if session.out.is_terminal else None
    for number, group in enumerate(column_groups(widths, max(len(first), *map(len, names)), available)):
        if number:
            session.out.line()
        rows = [(name, *(row[column] for column in group)) for name, row in zip(names, cells, strict=True)]
        session.out.table((first, *(heads[column] for column in group)), rows)


def _print_reasons(session: Session, found: Matrix) -> None:
    for row in found.rows:
        session.out.line(f"\n{row.address}  ({row.kind}{f', {row.inserted}' if row.inserted else ''})", "bold", first_line_only=True)
        for cell in row.cells:
            if cell.project in found.users:
                session.out.line(f"  {cell.project}: {cell.reason}")


def _print_summary(session: Session, matrices: Sequence[Matrix]) -> None:
    if not matrices:
        session.out.line("there is no fragment")
        return
    rows = [
        [f"{len(found.users)} of {len(found.projects)}", str(len(found.rows)), str(found.diverging), _most(found)] for found in matrices
    ]
    _print_groups(session, "fragment", [found.fragment for found in matrices], ("used by", "blocks", "differ", "most over"), rows)
    session.out.line()
    session.out.line("`agent-composer matrix FRAGMENT` shows the blocks of one by project")


def _most(found: Matrix) -> str:
    return found.rows[0].name if found.rows and found.rows[0].apart else "-"


# --- data -------------------------------------------------------------------------------------------------------------


def _data(found: Matrix) -> dict[str, object]:
    return {
        "fragment": found.fragment,
        "path": found.path,
        "projects": list(found.projects),
        "used_by": list(found.users),
        "differing_blocks": found.diverging,
        "blocks": [_row_data(row) for row in found.rows],
    }


def _row_data(row: Row) -> dict[str, object]:
    return {
        "address": row.address,
        "kind": row.kind,
        "words": row.words,
        "inserted": row.inserted,
        "projects_apart": row.apart,
        "cells": [_cell_data(cell) for cell in row.cells],
    }


def _cell_data(cell: Cell) -> dict[str, object]:
    agents = [_presence_data(presence) for presence in cell.presences]
    return {"project": cell.project, "state": cell.status.value, "label": cell.label, "reason": cell.reason, "agents": agents}


def _presence_data(presence: Presence) -> dict[str, object]:
    return {
        "agent": presence.agent,
        "path": presence.path,
        "state": presence.status.value,
        "reason": presence.reason,
        "lines": list(presence.lines),
        "text": presence.text,
        "gated_by": list(presence.gates),
    }
