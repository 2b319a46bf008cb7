"""The command `similar`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from composer.cli.completion import complete_explained
from composer.cli.options import common, examples
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.similar.merges import Finding
    from composer.similar.passages import Passage
    from composer.similar.words import Change

__all__ = ["register"]

_THRESHOLD: Final = 0.75
_LOWEST: Final = 0.3
"""Below it, most texts that share a few common words would be told of."""
_AROUND: Final = 4
"""Words that both texts have, shown on each side of a difference."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            ("agent-composer similar", "which texts say nearly the same, and how to say them once?"),
            ("agent-composer similar checklists/queues", "what is like something in this fragment?"),
            ("agent-composer similar --fail-over 0", "in CI: exit code 1 if anything was found"),
        )
    )(similar)


@common
def similar(
    session: Session,
    *,
    fragments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FRAGMENT",
            help="Fragments, or `profiles/NAME`: one text of each pair is from these; all if none is named.",
            autocompletion=complete_explained,
        ),
    ] = None,
    threshold: Annotated[
        float, typer.Option("--threshold", min=_LOWEST, max=1.0, help="The share of words in common from which a pair is told.")
    ] = _THRESHOLD,
    fail_over: Annotated[
        int | None, typer.Option("--fail-over", metavar="N", min=0, help="End with exit code 1 if there are more than N pairs.")
    ] = None,
) -> None:
    """Find texts that say nearly the same, and propose for each pair how to say it once.

    Compared are fragments, their blocks, and the texts that profiles insert or put in place of a block. Where two sections are alike,
    their items are not told again. The similarity of two texts is 2 x common / (words of both), where common counts the words that both
    have in the same order. Texts of fewer than five words, branches of one `if`, and what an include brings are left out.

    A pair that has to stay is answered in agent-composer.yaml, under `distinct`: its two addresses and, after a colon, why. So is a
    `replace` that is like the text in whose place it stands, if a `because` is beside it.
    """
    from composer.similar.report import find_similar  # noqa: PLC0415 - the engine, which `--help` does not need
    from composer.similar.selection import select_homes  # noqa: PLC0415

    workspace = session.workspace
    index = workspace.index
    workspace.diagnostics.raise_errors()
    report = find_similar(index, select_homes(index.catalog, fragments or ()), threshold, workspace.diagnostics)
    if not session.is_json:
        for finding in report.findings if not session.is_quiet else ():
            _print(session, finding)
        answered = f", {_count(report.answers, 'pair')} answered" if report.answers else ""
        session.out.line(f"{_count(report.passages, 'text')} compared, {_count(len(report.findings), 'pair')} alike{answered}")
    data = {
        "threshold": threshold,
        "texts": report.passages,
        "answered": report.answers,
        "findings": [_data(finding) for finding in report.findings],
    }
    is_over = fail_over is not None and len(report.findings) > fail_over
    session.finish(data, workspace.diagnostics, code=1 if is_over else 0)


def _print(session: Session, finding: Finding) -> None:
    from composer.similar.merges import name_of  # noqa: PLC0415 - the engine, which `--help` does not need

    session.out.line(f"{finding.similarity:.0%} of {max(finding.keep.size, finding.other.size)} words", "bold")
    for passage in (finding.keep, finding.other):
        session.out.line(f"  {passage.location}: {name_of(passage)}")
    session.out.line(f"    {_difference(finding.changes)}")
    session.out.line(f"  {finding.merge.advice}\n")


def _difference(changes: tuple[Change, ...]) -> str:
    """Write the words of both texts as `wdiff` does: [-of the first-] {+of the second+}, and what both have shortened."""
    parts = []
    for position, change in enumerate(changes):
        if change.is_equal:
            parts.append(_shortened(change.before.split(), is_first=position == 0, is_last=position == len(changes) - 1))
            continue
        parts.extend(f"{mark[0]}{text}{mark[1]}" for mark, text in ((("[-", "-]"), change.before), (("{+", "+}"), change.after)) if text)
    return " ".join(parts)


def _shortened(words: list[str], *, is_first: bool, is_last: bool) -> str:
    before, after = (0 if is_first and not is_last else _AROUND), (0 if is_last and not is_first else _AROUND)
    if len(words) <= before + after + 1:
        return " ".join(words)
    return " ".join([*words[:before], "...", *(words[-after:] if after else ())])


def _data(finding: Finding) -> dict[str, object]:
    return {
        "similarity": round(finding.similarity, 4),
        "merge": finding.merge.kind.value,
        "advice": finding.merge.advice,
        "keep": _place(finding.keep),
        "other": _place(finding.other),
        "changes": [
            {"before": change.before, "after": change.after} if not change.is_equal else {"both": change.before}
            for change in finding.changes
        ],
    }


def _place(passage: Passage) -> dict[str, object]:
    from composer.report import location_data  # noqa: PLC0415 - the engine, which `--help` does not need

    return {"address": passage.address, "kind": passage.what, "words": passage.size, **location_data(passage.location)}


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
