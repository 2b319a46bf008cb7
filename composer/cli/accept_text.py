"""What accepting comes to, as text and as data: what is taken home, what changes with it, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from composer.cli.session import Session
from composer.cli.stale_text import stale_data

if TYPE_CHECKING:
    from composer.accept.acceptance import Acceptance, ChangedText, EditedOutput, TakenChange
    from composer.accept.taking_home import Refusal
    from composer.stale.edits import StaleEdit

__all__ = ["acceptance_data", "count", "print_acceptance", "print_left"]

_MOST_LINES: Final = 60
"""How many lines of one file are shown before a question is asked; `--verbose` shows all."""
_WIDEST: Final = 300
_MOST_NAMES: Final = 5


def count(number: int, noun: str) -> str:
    """Print a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


# --- text ---------------------------------------------------------------------------------------------------------------


def print_acceptance(acceptance: Acceptance, session: Session) -> None:
    """Show everything before anything is written; what was refused stands apart, at the end."""
    out = session.out
    if not acceptance.outputs:
        out.line("nothing was edited: all files are as the sources say")
        return
    for output in acceptance.outputs:
        for taken in output.taken:
            (about,) = _cut([taken.about], session)
            out.line(f"{output.path}: {about}  ({_scope(taken)})", "green")
    if not session.is_quiet and acceptance.sources:
        _print_effects(acceptance, session)
    if acceptance.refusals:
        if not session.is_quiet and acceptance.sources:
            out.line()
            out.line("Refused:", "bold red")
        for output in acceptance.outputs:
            for refusal in output.refusals:
                _print_refusal(output, refusal, session)
        out.line("nothing was written: what was refused has to be changed by hand, in the sources or back in the file", "bold red")


def _scope(taken: TakenChange) -> str:
    return f"--to {taken.scope}, {taken.why}" if taken.why == "as asked" else f"--to {taken.scope}: {taken.why}"


def _print_effects(acceptance: Acceptance, session: Session) -> None:
    out = session.out
    out.line()
    out.line("But for what is refused, the sources would change:" if acceptance.refusals else "The sources would change:", "bold")
    _print_diffs(acceptance.sources, session)
    if acceptance.others:
        profiles = {other.profile for other in acceptance.others}
        out.line(f"{count(len(acceptance.others), 'other output')} of {count(len(profiles), 'profile')} would change with them:", "bold")
        _print_diffs(acceptance.others, session)
    else:
        out.line("No other output would change.", "bold")
    for edit in acceptance.stale:
        out.line(_stale(edit), "yellow")


def _stale(edit: StaleEdit) -> str:
    base = edit.base
    return f"makes stale: {base.edit.location}  {base.address} ({base.verb}); see `agent-composer review {base.address}`"


def _print_diffs(changed: Sequence[ChangedText], session: Session) -> None:
    from composer.report import unified_diff  # noqa: PLC0415 - the engine

    for one in changed:
        lines = unified_diff(one.path, one.before, one.after).removesuffix("\n").split("\n")
        session.out.diff("\n".join(_cut(lines, session)))


def _print_refusal(output: EditedOutput, refusal: Refusal, session: Session) -> None:
    session.out.line(f"{output.path}:{refusal.line}: refused ({refusal.reason}): {refusal.message}", "bold red")
    for sign, lines in (("-", refusal.before), ("+", refusal.after)):
        for line in _cut([f"  {sign} {line}" for line in lines], session):
            session.out.line(line)


def _cut(lines: Sequence[str], session: Session) -> Iterator[str]:
    """Leave out what nobody reads before a question: the end of very long lines, and of very many."""
    if session.is_verbose:
        yield from lines
        return
    for line in lines[:_MOST_LINES]:
        yield line if len(line) <= _WIDEST else f"{line[:_WIDEST]}… {len(line) - _WIDEST} more characters"
    if len(lines) > _MOST_LINES:
        yield f"… {count(len(lines) - _MOST_LINES, 'more line')}; `--verbose` shows all"


def print_left(late: Sequence[str], unbuilt: Sequence[str], session: Session) -> None:
    """Remind of what is to be built yet.

    Args:
        late: the outputs of the workspace that wait for a build.
        unbuilt: the profiles that changed and were built nowhere.
        session: where to say it.
    """
    if late:
        more = f", and {len(late) - _MOST_NAMES} more" if len(late) > _MOST_NAMES else ""
        verb = "is" if len(late) == 1 else "are"
        names = f"{', '.join(late[:_MOST_NAMES])}{more}"
        session.out.line(f"{count(len(late), 'output')} {verb} still out of date ({names}): run `agent-composer build`", "yellow")
    for profile in unbuilt:
        text = f"the profile `{profile}` changes with it and has no outputs here: where it is built, build it again with `--into`"
        session.out.line(text, "yellow")


# --- data ---------------------------------------------------------------------------------------------------------------


def acceptance_data(acceptance: Acceptance, late: Sequence[str], *, is_written: bool) -> dict[str, object]:
    """Turn all of it into plain data, nothing cut; ``late`` are the outputs that wait for a build."""
    return {
        "written": is_written,
        "files": [_output_data(output) for output in acceptance.outputs],
        "sources": _texts(acceptance.sources),
        "other_outputs": _texts(acceptance.others),
        "makes_stale": [stale_data(edit) for edit in acceptance.stale],
        "out_of_date": list(late),
        "unbuilt_profiles": list(acceptance.unbuilt) if is_written else [],
    }


def _texts(changed: Sequence[ChangedText]) -> list[dict[str, str]]:
    from composer.report import unified_diff  # noqa: PLC0415 - the engine

    return [{"path": one.path, "profile": one.profile, "diff": unified_diff(one.path, one.before, one.after)} for one in changed]


def _output_data(output: EditedOutput) -> dict[str, object]:
    return {
        "path": output.path,
        "profile": output.profile,
        "agent": output.agent,
        "taken": [{"scope": taken.scope.value, "why": taken.why, "about": taken.about} for taken in output.taken],
        "refused": [
            {
                "line": refusal.line,
                "reason": refusal.reason.value,
                "message": refusal.message,
                "before": list(refusal.before),
                "after": list(refusal.after),
            }
            for refusal in output.refusals
        ],
    }
