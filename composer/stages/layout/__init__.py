"""RenderedDocument -> the same, laid out: sections in their looks, marks and indentation given, and the gap at each join.

A gap belongs to the join of two runs of text: neighbours in a source keep the source's gap, all others get one by kind. So no edit, gate
or include can leave a double blank line, or none where Markdown needs one.

:mod:`.blocks` goes through the blocks of an agent and makes runs of them; of each run :mod:`.runs` prints a stretch, and :mod:`.joins` puts
the stretches one below the other. On the way :mod:`.sections` says what the look of a section prints, and :mod:`.lists` which marks items
have and which lists are one.
"""

from __future__ import annotations

from collections.abc import Iterable

from composer.lookup.sharing import OPEN_NAME
from composer.model.outputs import RenderedDocument
from composer.model.planned import Segment, Segments
from composer.records import replace
from composer.stages.layout.blocks import Shared, lay_body
from composer.stages.layout.joins import Piece, strung, with_ends

__all__ = ["lay_out"]


def lay_out(document: RenderedDocument, laid: Shared | None = None) -> RenderedDocument:
    """Lay out one agent: the body's segments, in order.

    Args:
        document: The agent with its texts filled.
        laid: The layouts of blocks that agents share; those that are missing are added.
    """
    stretches = lay_body(document.blocks, document.plan.agent.looks, laid)
    if not stretches:
        return replace(document, body=(), body_text="")
    pieces = with_ends(stretches)
    name = document.name
    return replace(document, body=Segments(lambda: _body(pieces, name)), body_text=_body_text(pieces, name))


def _body(pieces: Iterable[Piece], name: str) -> tuple[Segment, ...]:
    """Return the segments of an agent, its name put in where it was left open."""
    segments, names = strung(pieces)
    for position in names:
        segments[position] = replace(segments[position], text=name)
    return tuple(segments)


def _body_text(pieces: Iterable[Piece], name: str) -> str:
    """Return the text of the same."""
    return "".join([part for stretch, end in pieces for part in (stretch.text, end.text)]).replace(OPEN_NAME, name)
