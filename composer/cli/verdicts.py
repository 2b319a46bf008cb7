"""Why an output is not what a build would write, in words, with the way out of each case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from composer.outcomes import Difference

__all__ = ["explanation", "fix", "fixes", "short_name"]

_EXPLANATIONS: Final = {
    "stale": "is out of date",
    "edited": "was edited by hand",
    "both": "was edited by hand, and is out of date, too",
    "missing": "is missing",
    "left-over": "is left over: no profile makes it any more",
    "edited-left-over": "was edited by hand, and is left over: no profile makes it any more",
    "foreign": "was not made by the tool",
}
_SHORT: Final = {
    "stale": "out of date",
    "edited": "edited by hand",
    "both": "edited and out of date",
    "missing": "missing",
    "left-over": "left over",
    "edited-left-over": "edited and left over",
    "foreign": "not ours",
}
_FIXES: Final = {
    "stale": "its sources have changed; run `{build}`",
    "edited": "`agent-composer accept FILE` takes the edit back to its sources; `{build} --overwrite` drops it, and keeps a copy",
    "both": (
        "take the sources back to the last build, `agent-composer accept FILE`, bring the new sources, and build; "
        "or `{build} --overwrite` drops the edit, and keeps a copy"
    ),
    "missing": "run `{build}`",
    "left-over": "run `{build}`: it removes the file",
    "edited-left-over": "it is yours: save what you need, and delete it",
    "foreign": "move it away, or take it in with `agent-composer import`; `{build} --overwrite` replaces it, and keeps a copy",
}


def explanation(found: Difference) -> str:
    """Say what is with a file, and what of it a diff does not show."""
    told = _EXPLANATIONS[found.verdict]
    if not found.line_ends:
        return told
    from composer.line_ends import line_ends_text  # noqa: PLC0415 - few files have any

    return f"{told}; {line_ends_text(found.line_ends)}"


def short_name(found: Difference) -> str:
    """Name a verdict in a count."""
    return _SHORT[found.verdict]


def fix(found: Difference, build: str) -> str:
    """Say what to do about one file; ``build`` is the command that writes it."""
    return _FIXES[found.verdict].format(build=build).replace("FILE", found.path)


def fixes(differences: Iterable[Difference], build: str) -> Iterator[str]:
    """Say what to do, once for each verdict that there is."""
    for verdict in dict.fromkeys(found.verdict for found in differences):
        yield f"{_SHORT[verdict]}: {_FIXES[verdict].format(build=build)}"
