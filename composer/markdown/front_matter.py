"""Where the front matter of a Markdown file stands: the YAML between a line ``---`` at its very start and the next such line."""

from __future__ import annotations

import re
from typing import Final

from composer.records import dataclass

__all__ = ["FrontMatterSpan", "find_front_matter"]

_FENCE: Final = re.compile(r"^---[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FrontMatterSpan:
    """Offsets in a text: its YAML is ``start`` up to ``end``, and its body begins at ``body``.

    ``is_closed`` is False where the second fence is missing; then all three are the end of the text.
    """

    start: int
    end: int
    body: int
    is_closed: bool = True


def find_front_matter(text: str) -> FrontMatterSpan | None:
    """Find the front matter of a text as it is read, with LF line ends and without a byte order mark; None where it has none."""
    opening = _FENCE.match(text)
    if opening is None:
        return None
    closing = _FENCE.search(text, opening.end())
    if closing is None:
        return FrontMatterSpan(len(text), len(text), len(text), is_closed=False)
    return FrontMatterSpan(min(opening.end() + 1, len(text)), closing.start(), min(closing.end() + 1, len(text)))
