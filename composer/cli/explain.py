"""The command `explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli.completion import complete_explained
from composer.cli.options import common, examples
from composer.cli.session import Session
from composer.records import replace

if TYPE_CHECKING:
    from composer.cli.locate import FoundOutput, Question
    from composer.source import SourceFile

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    output = "output/shop/.claude/agents/backend-developer.md"
    app.command(
        epilog=examples(
            (f"agent-composer explain {output}", "where does each line come from?"),
            (f"agent-composer explain {output}:42", "all about line 42"),
            ("agent-composer explain fragments/checklists/security.md:14", "which lines of which outputs come from this one?"),
            ("agent-composer explain checklists/security#rate-limit", "who shows this block, and why do the others not?"),
            ("agent-composer explain checklists/security", "the same for a whole fragment"),
        )
    )(explain)


@common
def explain(
    session: Session,
    *,
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE[:LINE[:COL]]|ADDRESS", help="An output or a source on disk, or an address.", autocompletion=complete_explained
        ),
    ],
) -> None:
    """Tell why an output says what it says, or does not.

    For a line of an output: the block that it comes from, where that is defined, each include on the way, each layer that touched it and
    why, the conditions around it, and each variable with its value, where it was set and what it beat.

    For a line of a fragment or a profile: every line of an output that it gives a text, a value, a condition or an edit to; or why there is
    none.

    For an address: every place that shows it and, for each agent that does not, the reason: a condition, an edit, or that nothing includes
    it.
    """
    from composer.cli.locate import find_output, find_source, is_address, read_question  # noqa: PLC0415 - the engine, which `--help` does not need

    workspace = session.workspace
    question = read_question(what)
    if is_address(what, workspace.index):
        _explain_address(session, replace(question, path=what))
        return
    source = find_source(question, workspace)
    if source is not None:
        if question.line is None:
            home = source.path.removeprefix("fragments/").rpartition(".")[0]
            _explain_address(session, replace(question, path=home))
        else:
            _explain_place(session, source, question.line)
        return
    found = find_output(question, workspace)
    if found.on_disk is None:
        session.err.line(f"{found.name} is not on disk; what follows is of the file that a build would write")
    elif found.on_disk != found.file.text:
        session.err.line(f"{found.name} is not what would be composed now (`agent-composer check`); what follows is of the composed one")
    if question.line is None:
        _explain_file(session, found)
    else:
        _explain_line(session, found, question, question.line)


def _explain_file(session: Session, found: FoundOutput) -> None:
    from composer.cli.explain_data import origin_data  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.cli.explain_text import ORIGIN_HEADERS, origin_row  # noqa: PLC0415
    from composer.explain.origins import list_origins  # noqa: PLC0415

    rows = list_origins(found.file)
    if not session.is_json:
        session.out.table(ORIGIN_HEADERS, (origin_row(row) for row in rows))
    data = {"path": found.name, "profile": found.file.profile, "agent": found.file.agent, "origins": [origin_data(row) for row in rows]}
    session.finish(data, session.workspace.diagnostics)


def _explain_line(session: Session, found: FoundOutput, question: Question, line: int) -> None:
    from composer.cli.explain_data import line_data  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.cli.explain_text import line_text  # noqa: PLC0415
    from composer.errors import ComposerError  # noqa: PLC0415
    from composer.explain.lines import explain_line  # noqa: PLC0415

    explanation = explain_line(found.file, found.name, line, question.column)
    if explanation is None:
        count = found.file.text.count("\n")
        what = f"line {line}" if line > count or not line else f"column {question.column} in line {line}"
        hint = f"it has {count} lines" if what.startswith("line") else "columns are counted from 1"
        diagnostics = session.workspace.diagnostics
        diagnostics.error("no-such-line", f"`{found.name}` has no {what}", question.location, hint)
        raise ComposerError(tuple(diagnostics))
    if not session.is_json:
        for text, style in line_text(explanation, found.file):
            session.out.line(text, style)
    data = {"profile": found.file.profile, "agent": found.file.agent, **line_data(explanation, found.file)}
    session.finish(data, session.workspace.diagnostics)


def _explain_place(session: Session, source: SourceFile, line: int) -> None:
    from composer.cli.explain_places import place_data, place_text  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.cli.progress import Progress  # noqa: PLC0415
    from composer.explain.places import explain_place  # noqa: PLC0415

    workspace = session.workspace
    with Progress(session.err, workspace, None, is_quiet=session.is_quiet) as progress:
        files = workspace.compose(progress=progress).files
    explanation = explain_place(source, line, workspace.index, files, {file: workspace.path_of(file) for file in files})
    if not session.is_json:
        for text, style in place_text(explanation, files):
            session.out.line(text, style)
    session.finish(place_data(explanation, files), workspace.diagnostics)


def _explain_address(session: Session, question: Question) -> None:
    from composer.cli.explain_data import address_data  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.cli.explain_text import address_text  # noqa: PLC0415
    from composer.cli.locate import find_address, layers_of  # noqa: PLC0415
    from composer.cli.progress import Progress  # noqa: PLC0415
    from composer.explain.lines import explain_address  # noqa: PLC0415

    workspace = session.workspace
    address, location = find_address(question, workspace)
    # A run starts anew: what the address itself gave rise to, such as a renamed id, is told beside what the run finds.
    found = tuple(workspace.diagnostics)
    with Progress(session.err, workspace, None, is_quiet=session.is_quiet) as progress:
        files = workspace.compose(progress=progress).files
    explanation = explain_address(address, location, files, {file: workspace.path_of(file) for file in files})
    if not session.is_json:
        layers = {name: layers_of(name, workspace.catalog.profiles) for name in workspace.profiles}
        for text, style in address_text(explanation, files, layers):
            session.out.line(text, style)
    session.finish(address_data(explanation, files), dict.fromkeys((*found, *workspace.diagnostics)))
