"""The command `impact`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from composer.cli.completion import complete_explained
from composer.cli.options import common, examples
from composer.cli.progress import Progress
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.errors import Diagnostic
    from composer.impact.compare import Comparison
    from composer.impact.reach import Reach
    from composer.impact.subject import Subject

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            ("agent-composer impact checklists/security#rate-limit", "which outputs show this block?"),
            ("agent-composer impact fragments/checklists/api.md profiles/house.yaml", "which would an edit of these files reach?"),
            ("agent-composer impact rate_limit", "what hangs on this variable?"),
            ("agent-composer impact --since main", "what do the changes since then do to the outputs?"),
            ("agent-composer impact --since main --markdown", "the same as a comment for a pull request"),
        )
    )(impact)


@common
def impact(
    session: Session,
    *,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ADDRESS",
            help="A fragment, a block, a variable or a profile, or the path of a source.",
            autocompletion=complete_explained,
        ),
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="REV", help="Compare with this git revision instead.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="REV", help="The later revision; the working tree if left out.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Answer with Markdown for a comment on a pull request.")] = False,
) -> None:
    """Tell what a change reaches: which outputs of which projects.

    With addresses: the lines that each one gives to an output, the lines that hang on it in another way (a condition, an include, a value),
    and the blocks that it keeps out.

    With --since: all outputs of two revisions, composed and compared word by word, and the sources that changed.
    """
    if since is None:
        if until is not None or markdown:
            _misuse("--until" if until is not None else "--markdown", "it needs --since")
        if not addresses:
            _misuse("ADDRESS", "name what would be edited, or a revision with --since")
        _tell_reach(session, addresses)
    elif addresses:
        _misuse("--since", "it takes no addresses: everything is compared")
    elif markdown and session.is_json:
        _misuse("--markdown", "it answers with Markdown, and --json with a document")
    else:
        _compare(session, since, until, is_markdown=markdown)


def _misuse(option: str, message: str) -> NoReturn:
    raise typer.BadParameter(message, param_hint=option)


# --- addresses --------------------------------------------------------------------------------------------------------


def _tell_reach(session: Session, addresses: Sequence[str]) -> None:
    from composer.cli.impact_data import reach_data  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.cli.impact_text import reach_text  # noqa: PLC0415
    from composer.impact.reach import find_reach  # noqa: PLC0415

    workspace = session.workspace
    subjects = _find_subjects(session, addresses)
    # A run starts anew: what an address itself gave rise to, such as a renamed id, is told beside what the run finds.
    found = tuple(workspace.diagnostics)
    with Progress(session.err, workspace, None, is_quiet=session.is_quiet) as progress:
        files = workspace.compose(progress=progress).files
    paths = {file: workspace.path_of(file) for file in files}
    reaches: list[tuple[Subject, tuple[Reach, ...]]] = [(one, find_reach(one, workspace.index, files, paths)) for one in subjects]
    if not session.is_json:
        for text, style in reach_text(reaches, files, is_verbose=session.is_verbose):
            session.out.line(text, style)
    data = {"outputs": len(files), "subjects": [reach_data(subject, reach) for subject, reach in reaches]}
    session.finish(data, dict.fromkeys((*found, *workspace.diagnostics)))


def _find_subjects(session: Session, addresses: Iterable[str]) -> list[Subject]:
    from composer.impact.subject import find_subject  # noqa: PLC0415 - the engine, which `--help` does not need

    workspace = session.workspace
    subjects: dict[tuple[str, str], Subject] = {}
    for text in addresses:
        found = find_subject(text, _paths_below(text, workspace.root), workspace.index, workspace.diagnostics)
        if found is not None:
            subjects.setdefault((found.kind, found.name), found)
    workspace.diagnostics.raise_errors()
    return list(subjects.values())


def _paths_below(text: str, root: Path) -> list[str]:
    """Return what a text is below the workspace's folder if it is a path, seen from here or from there."""
    if not text.endswith((".md", ".yaml")) or "\0" in text:
        return []
    places = [Path(folder, text).resolve() for folder in (Path.cwd(), root)]
    return [place.relative_to(root).as_posix() for place in places if place.is_relative_to(root)]


# --- revisions --------------------------------------------------------------------------------------------------------


def _compare(session: Session, since: str, until: str | None, *, is_markdown: bool) -> None:
    from composer.cli.impact_data import comparison_data  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.cli.impact_text import comparison_text  # noqa: PLC0415
    from composer.impact.comment import write_comment  # noqa: PLC0415

    comparison, diagnostics = _compared(session, since, until)
    if is_markdown:
        typer.echo(write_comment(comparison), nl=False)
    elif not session.is_json:
        for text, style in comparison_text(comparison, is_quiet=session.is_quiet):
            session.out.line(text, style)
    session.finish(comparison_data(comparison), diagnostics)


def _compared(session: Session, since: str, until: str | None) -> tuple[Comparison, tuple[Diagnostic, ...]]:
    from composer.impact.compare import compare_states  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.impact.git import Repository  # noqa: PLC0415
    from composer.impact.revision import compose_revision, compose_working_tree  # noqa: PLC0415

    workspace = session.workspace
    repository = Repository.around(workspace.root)
    first = repository.revision(since)
    second = repository.revision(until) if until is not None else None
    with Progress(session.err, workspace, None, is_quiet=session.is_quiet) as progress:
        if second is not None:
            after = compose_revision(workspace, repository, second, progress)
        else:
            after = compose_working_tree(workspace, progress)
        before = compose_revision(workspace, repository, first, progress)
    # What the first revision was warned of is past, but for its not being there.
    missing = [found for found in before.diagnostics if found.code == "no-workspace-then"]
    return compare_states(before, after), (*missing, *after.diagnostics)
