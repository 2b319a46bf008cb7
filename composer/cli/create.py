"""The commands that make or mark files of a workspace: ``init``, ``new`` and ``ids``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli.completion import complete_explained
from composer.cli.options import common, examples
from composer.cli.session import Session
from composer.cli.waiting import Patience

if TYPE_CHECKING:
    from composer.ids.missing import FragmentIds
    from composer.starter.first_workspace import NewFiles

__all__ = ["register"]

_BESIDE = 60
"""Characters of a block's text that fit beside its place and its id."""

_DRY_RUN = "Write nothing; tell what would be written."


class _Kind(StrEnum):
    """The kinds of file that can be begun, as in :class:`composer.starter.first_file.Kind`, which is imported only when it is needed."""

    PROFILE = "profile"
    FRAGMENT = "fragment"
    AGENT = "agent"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            ("agent-composer init my-shop", "a workspace in the new folder my-shop"),
            ("agent-composer init --examples", "one in this folder, with five projects to learn from"),
        )
    )(init)
    app.command(
        epilog=examples(
            ("agent-composer new profile web-shop", "profiles/web-shop.yaml, which builds at once"),
            ("agent-composer new fragment checklists/uploads", "fragments/checklists/uploads.md"),
            ("agent-composer new agent release-manager", "fragments/agents/release-manager.md"),
        )
    )(new)
    app.command(
        epilog=examples(
            ("agent-composer ids", "which blocks no profile can edit yet?"),
            ("agent-composer ids --write checklists/security", "give those of one fragment an id"),
        )
    )(ids)


# --- init -------------------------------------------------------------------------------------------------------------


@common
def init(
    session: Session,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; it is made if it is not there.")] = Path(),
    *,
    with_examples: Annotated[bool, typer.Option("--examples", help="Bring the profiles of five projects, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_DRY_RUN)] = False,
) -> None:
    """Make a workspace that builds at once.

    It gets the shared library of fragments, the layers that profiles build upon, JSON Schemas for your editor, and one commented profile
    named after the folder. Nothing that is there is touched: if any of these files exists, nothing is written.
    """
    from composer.files.destination import DiskDestination, DryRunDestination  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.starter.first_workspace import create_files, plan_workspace  # noqa: PLC0415

    planned = plan_workspace(folder, with_examples=with_examples)
    root = folder.resolve()
    told = create_files(planned, DryRunDestination(root) if dry_run else DiskDestination(root, Patience(session.err)))
    _tell_files(session, planned, dry_run=dry_run)
    if not session.is_json and not session.is_quiet and not dry_run:
        _tell_next_steps(session, planned.name, folder)
    session.finish({"root": str(root), "profile": planned.name, "files": list(planned.contents), "dry_run": dry_run}, told)


def _tell_files(session: Session, planned: NewFiles, *, dry_run: bool) -> None:
    if session.is_json or session.is_quiet:
        return
    if dry_run or session.is_verbose or len(planned.contents) == 1:
        for path in planned.contents:
            session.out.line(f"{'would create' if dry_run else 'created'} {path}")
    else:
        session.out.line(f"created {_count(len(planned.contents), 'file')}")


def _tell_next_steps(session: Session, name: str, folder: Path) -> None:
    steps = [
        ("agent-composer build", f"writes output/{name}/.claude/agents/"),
        (f"profiles/{name}.yaml", "is yours: set variables, choose topics, edit single rules"),
        ("agent-composer check", "tells whether the outputs are up to date"),
        ("agent-composer explain FILE:LINE", "tells where a line of an output comes from"),
    ]
    if folder != Path():
        steps.insert(0, (f"cd {_quoted(folder)}", ""))
    width = max(len(step) for step, what in steps if what)
    session.out.line("\nNext:")
    for step, what in steps:
        session.out.line(f"  {step.ljust(width)}   {what}".rstrip())


def _quoted(folder: Path) -> str:
    text = str(folder)
    return f'"{text}"' if " " in text else text


# --- new --------------------------------------------------------------------------------------------------------------


@common
def new(
    session: Session,
    kind: Annotated[_Kind, typer.Argument(metavar="profile|fragment|agent", help="What to begin.", show_default=False)],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name: small letters, digits and hyphens.", show_default=False)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_DRY_RUN)] = False,
) -> None:
    """Begin a profile, a fragment or an agent with a commented file that is valid as it is. Nothing is ever overwritten."""
    from composer.files.destination import DiskDestination, DryRunDestination  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.starter.first_file import Kind, plan_file  # noqa: PLC0415
    from composer.starter.first_workspace import create_files  # noqa: PLC0415

    workspace = session.workspace
    planned = plan_file(Kind(kind), name, workspace)
    root = workspace.root
    destination = DryRunDestination(root) if dry_run else DiskDestination(root, Patience(session.err))
    told = create_files(planned, destination, workspace.catalog.config.output)
    _tell_files(session, planned, dry_run=dry_run)
    if not session.is_json and not session.is_quiet and not dry_run:
        session.out.line(f"\nNext: {_next_step(kind, planned.name)}")
    session.finish(
        {"kind": kind.value, "name": planned.name, "files": list(planned.contents), "dry_run": dry_run}, (*planned.remarks, *told)
    )


def _next_step(kind: _Kind, name: str) -> str:
    if kind is _Kind.PROFILE:
        return f"agent-composer build {name}"
    if kind is _Kind.FRAGMENT:
        return f"name `{name}` in a list of topics of a profile, or include it in another fragment"
    return f"name it in a profile, `agents: {{{name}: {{}}}}`, and build that"


# --- ids --------------------------------------------------------------------------------------------------------------


@common
def ids(
    session: Session,
    fragments: Annotated[
        list[str] | None,
        typer.Argument(metavar="FRAGMENT", help="The fragments; all if none is named.", autocompletion=complete_explained),
    ] = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Write the ids into the files.")] = False,
) -> None:
    """List the blocks that have no id, each with the one it would get, so that a profile could edit it.

    Sections, list items and paragraphs get one, made of their first words. With --write it is added at the end of the block's line, once.
    An id that is there never changes, and no output does. Items inside a `for`, lists, tables and code blocks are left to you.
    """
    from composer.files.destination import DiskDestination  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.ids.missing import propose_ids, select_fragments, write_ids  # noqa: PLC0415

    workspace = session.workspace
    proposals = [propose_ids(fragment, workspace.index.moved) for fragment in select_fragments(workspace, fragments or ())]
    known = set(workspace.diagnostics)
    changed = write_ids(workspace, proposals, DiskDestination(workspace.root, Patience(session.err))) if write else ()
    # What is wrong in a profile does not concern the blocks of a fragment.
    told = [found for found in workspace.diagnostics if found not in known]
    if not session.is_json:
        _tell_ids(session, proposals, is_written=write)
    session.finish({"ids": [row for proposal in proposals for row in _rows(proposal)], "changed": list(changed)}, told)


def _tell_ids(session: Session, proposals: list[FragmentIds], *, is_written: bool) -> None:
    added = [new_id for proposal in proposals for new_id in proposal.added]
    if not session.is_quiet:
        rows = [(f"{one.location.path}:{one.location.line}", f"{{#{one.name}}}", _one_line(one.location.text)) for one in added]
        session.out.table(("place", "id", "text"), rows)
    for place in (place for proposal in proposals for place in proposal.unnamed):
        session.err.line(f"{place}: no id can stand here without changing the text; write one yourself", "yellow")
    if not added:
        session.out.line("every block has its id")
    elif is_written:
        files = {one.location.path for one in added}
        session.out.line(f"\nadded {_count(len(added), 'id')} in {_count(len(files), 'file')}; no output changes")
    else:
        session.out.line(f"\nno id yet: {_count(len(added), 'block')}; `agent-composer ids --write` adds these")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _BESIDE else f"{line[: _BESIDE - 3]}..."


def _rows(proposal: FragmentIds) -> list[dict[str, object]]:
    return [
        {
            "address": f"{proposal.fragment.id}#{added.name}",
            "path": added.location.path,
            "line": added.location.line,
            "kind": added.kind,
            "text": " ".join(added.location.text.split()),
        }
        for added in proposal.added
    ]
