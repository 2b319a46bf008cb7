"""What a run of `build` or `check` that found everything in order leaves for the next ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from composer.cache.settled import Settled, keep_settled
from composer.cli.session import remarks

if TYPE_CHECKING:
    from composer.errors import Diagnostic
    from composer.workspace import Workspace

__all__ = ["settle"]


def settle(
    workspace: Workspace, commands: Iterable[str], profiles: Iterable[str], diagnostics: Iterable[Diagnostic], *, outputs: int
) -> None:
    """Let the front door answer the next run of ``commands`` over these profiles, for as long as nothing changes.

    Args:
        workspace: its evidence is what the run saw. Without any, nothing is kept.
        commands: those that would find nothing to tell.
        profiles: as they were named.
        diagnostics: what the run told, and the next one has to tell, too.
        outputs: how many files are in order.
    """
    evidence, found = workspace.evidence, tuple(diagnostics)
    # What is told of anything but a source, such as of a run that was cut short, is told once.
    if evidence is None or not all(diagnostic.location.path in evidence.sources for diagnostic in found):
        return
    said = "".join(f"{text}\n" for text, _ in remarks(found))
    named = tuple(profiles)
    keep_settled(workspace.root.as_posix(), [(command, *named) for command in commands], evidence, Settled(outputs, said))
