"""Draws measures as bars, in an SVG that can be read on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from benchmarks.contenders import OURS, OURS_NO_CACHE
from benchmarks.measures import Measure

__all__ = ["draw_chart"]

WIDTH: Final = 760
NAMES: Final = 190
FIGURES: Final = 90
ROW: Final = 24
BAR: Final = 15
TITLE: Final = 34
GAP: Final = 18

_STYLE: Final = """\
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 14px }
.bar { fill: #8c959f }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .bar { fill: #7d8590 }
  .ours { fill: #4493f8 }
}"""


def draw_chart(measures: Sequence[Measure]) -> str:
    """Return an SVG with one panel for each measure; bars are medians, shortest first, to scale within their panel."""
    parts: list[str] = []
    top = GAP
    for measure in measures:
        panel, top = _panel(measure, top)
        parts += panel
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" role="img">'
    title = "Median seconds, shorter is better: " + "; ".join(measure.title for measure in measures)
    return "\n".join([head, f"<title>{escape(title)}</title>", f"<style>\n{_STYLE}\n</style>", *parts, "</svg>", ""])


def _panel(measure: Measure, top: int) -> tuple[list[str], int]:
    cases = sorted((case for case in measure.cases if case.samples), key=lambda case: case.wall)
    longest = max((case.wall for case in cases), default=1.0)
    parts = [f'<text class="title" x="0" y="{top + 10}">{escape(measure.title)}</text>']
    top += TITLE
    for case in cases:
        width = max((WIDTH - NAMES - FIGURES) * case.wall / longest, 1.0)
        look = "ours" if case.contender in {OURS, OURS_NO_CACHE} else "bar"
        middle = top + BAR - 3
        parts += [
            f'<text x="{NAMES - 10}" y="{middle}" text-anchor="end">{escape(case.contender)}</text>',
            f'<rect class="{look}" x="{NAMES}" y="{top}" width="{width:.1f}" height="{BAR}" rx="2"/>',
            f'<text x="{NAMES + width + 8:.1f}" y="{middle}">{case.wall:.2f} s</text>',
        ]
        top += ROW
    return parts, top + GAP
