"""The command `stats`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import typer

from composer.cli.options import common, examples
from composer.cli.progress import Progress
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.inventory.shares import Share

__all__ = ["register"]

_FIGURES: Final = ("bytes", "body", "words", "blocks", "shared")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples(("agent-composer stats", "all profiles"), ("agent-composer stats --json", "for a script")))(stats)


@common
def stats(session: Session) -> None:
    """Measure the outputs: bytes, words and blocks, and how much of them is shared.

    A block is shared if two or more profiles use it as it is written in its fragment; the text of an edit never counts as shared. Words,
    blocks and shares are those of the body, without front matter. For an agent only its own files count, as if there were no others.
    """
    from composer.inventory.shares import measure_shares  # noqa: PLC0415 - the engine, which `--help` does not need

    workspace = session.workspace
    with Progress(session.err, workspace, None, is_quiet=session.is_quiet) as progress:
        composition = workspace.compose(progress=progress)
    shares = measure_shares(composition.files, {file: workspace.path_of(file) for file in composition.files})
    groups = {"outputs": shares.outputs, "profiles": shares.profiles, "agents": shares.agents, "total": (shares.total,)}
    if not session.is_json:
        for name, group in groups.items():
            _print(session, name, group)
    data: dict[str, object] = {name: [_data(share) for share in group] for name, group in groups.items() if name != "total"}
    session.finish({**data, "total": _data(shares.total)}, composition.diagnostics)


def _print(session: Session, name: str, group: Iterable[Share]) -> None:
    label = {"outputs": "output", "profiles": "profile", "agents": "agent", "total": "total"}[name]
    rows = [(share.name, *(f"{figure:>7,}" for figure in _figures(share)), f"{share.ratio:>7.1%}") for share in group]
    session.out.table((label, *(f"{figure:>7}" for figure in _FIGURES), "  share"), rows)
    if name != "total":
        session.out.line()


def _figures(share: Share) -> tuple[int, ...]:
    return share.size, share.body, share.words, share.blocks, share.shared


def _data(share: Share) -> dict[str, object]:
    figures = dict(zip(("bytes", "body_bytes", "words", "blocks", "shared_bytes"), _figures(share), strict=True))
    return {"name": share.name, "files": share.files, **figures, "share": round(share.ratio, 4)}
