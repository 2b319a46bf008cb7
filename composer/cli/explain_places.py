"""The explanation of a line of a source, as lines of text and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from composer.cli.explain_data import absence_data, use_data
from composer.cli.explain_text import line_ranges, reasons_of
from composer.explain.lines import AbsenceExplanation
from composer.explain.places import PlaceExplanation
from composer.model.outputs import OutputFile

__all__ = ["place_data", "place_text"]


def place_text(explanation: PlaceExplanation, files: Sequence[OutputFile]) -> Iterator[tuple[str, str]]:
    """Print every line that a line of a source reaches, and for the outputs without one the reason; each line with its style."""
    yield f"{explanation.path}:{explanation.line}", "bold cyan"
    yield f"  {explanation.text}\n", ""
    names = [f"{use.profile} / {use.agent}" for use in explanation.uses]
    names += [f"{absence.profile} / {absence.agent}" for absence in _absences(explanation)]
    names += [f"{beaten.profile} / {beaten.agent}" for beaten in explanation.beaten]
    width = max(map(len, names), default=0)
    for use in explanation.uses:
        yield f"  {f'{use.profile} / {use.agent}':<{width}}  {use.path}:{line_ranges(use.lines)}", "green"
    for absent in _absences(explanation):
        first, *more = reasons_of(absent, files)
        yield f"  {f'{absent.profile} / {absent.agent}':<{width}}  {first}", ""
        for line in more:
            yield f"  {'':<{width}}    {line}", ""
    for beaten in explanation.beaten:
        yield f"  {f'{beaten.profile} / {beaten.agent}':<{width}}  `{beaten.what}` is beaten by {beaten.layer} at {beaten.location}", ""
    if not names:
        yield "  no text, value, condition or edit of an output comes from this line", ""
    yield "", ""
    yield f"reaches {len(explanation.uses)} of {len(files)} outputs", "bold"


def _absences(explanation: PlaceExplanation) -> list[AbsenceExplanation]:
    """Return what a line takes away, and why the block around it is absent where the line reaches nothing."""
    reached = {(use.profile, use.agent) for use in explanation.uses}
    found = explanation.block.absences if explanation.block is not None else ()
    return [*explanation.removed, *(absence for absence in found if (absence.profile, absence.agent) not in reached)]


def place_data(explanation: PlaceExplanation, files: Sequence[OutputFile]) -> dict[str, object]:
    """Turn the explanation of a line of a source into data."""
    return {
        "path": explanation.path,
        "line": explanation.line,
        "text": explanation.text,
        "block": explanation.block.address if explanation.block is not None else None,
        "uses": [use_data(use) for use in explanation.uses],
        "absences": [absence_data(absence, files) for absence in _absences(explanation)],
        "beaten": [
            {
                "profile": beaten.profile,
                "agent": beaten.agent,
                "what": beaten.what,
                "layer": beaten.layer,
                "path": beaten.location.path,
                "line": beaten.location.line,
            }
            for beaten in explanation.beaten
        ],
    }
