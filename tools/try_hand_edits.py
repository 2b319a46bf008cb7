"""Edits the outputs of this workspace at random, takes the edits home, and proves each result by a fresh build.

Prints a table: how many edits of each kind were taken home, how many were refused and why, and how many went wrong (which is the one
figure that has to be 0). `make edits` runs 5 000 of them.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "property"))

from hand_edits import EDITS, edit_at_random  # noqa: E402 - found by the line above
from proven_edits import LAYOUT, NO_AGENT, Outcome, copy_workspace, difference, try_edit  # noqa: E402

from composer.accept.drafts import Draft  # noqa: E402
from composer.workspace import Workspace  # noqa: E402

REASONS = {
    "layout": "marks, numbers, indentation, blank lines, the look of titles: what the build gives, whatever the sources say",
    "generated": "the fences, the comment and the agent's name: the tool's own",
    NO_AGENT: "the edited file itself is no valid agent (an unknown field or colour, no description, code without end): no source gives it",
    "border": "a block left its fragment, and other outputs would gain or lose it; or a change of words and of a variable's value in one",
    "statement": "a change over an `if` inside a text",
    "opaque": "a block that only Jinja reads",
    "syntax": "new words with Jinja's braces",
    "title": "the title of a section went, and the section cannot do without",
    "contradiction": "a text that stands in another place as well, which says otherwise",
    "scope": "it needs a fragment that others use too",
    "invalid": "the sources would be wrong, though the edited file is a valid agent",
    "no-source": "nothing gives exactly these lines",
}
"""What each reason means, for the table. What is no agent is counted apart, as what the layout owns is: nobody could take it home."""


def try_edits(seed: int, count: int) -> list[Outcome]:
    """Try ``count`` edits in a copy of the workspace."""
    gc.set_threshold(200_000, 50, 50)  # nearly all that is composed is kept: to look through it again and again takes a fifth of the time
    with tempfile.TemporaryDirectory() as folder:
        root = copy_workspace(Path(folder) / "workspace")
        return list(_try_all(root, random.Random(seed), count))  # noqa: S311 - no secret


def _try_all(root: Path, rng: random.Random, count: int) -> Iterator[Outcome]:
    workspace = Workspace.open(root)
    composed = workspace.compose().files
    start = Draft(root.as_posix(), workspace.target)
    for _ in range(count):
        file = rng.choice(composed)
        kind = rng.choice(list(EDITS))
        edited = edit_at_random(file.text, kind, rng)
        try:
            yield try_edit(workspace, composed, start, file, kind, edited)
        except Exception as error:  # noqa: BLE001 - a crash is a result, and the worst one
            yield Outcome(kind, "wrong", type(error).__name__, f"{error}\n{difference(file.text, edited)}")


def main() -> int:
    """Run, print the table, and fail if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", default="", help="print each edit refused for this reason (or `wrong`)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    share = 50
    seeds = range(options.seed * 100_000, options.seed * 100_000 + -(-options.edits // share))
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for found in pool.map(try_edits, seeds, [share] * len(seeds)):
            outcomes.extend(found)
            print(f"{len(outcomes)} edits", file=sys.stderr, end="\r")
    _print(outcomes, options.show)
    return 1 if any(outcome.verdict == "wrong" for outcome in outcomes) else 0


def _print(outcomes: list[Outcome], show: str) -> None:
    for outcome in outcomes:
        if show and show in {outcome.reason, outcome.verdict}:
            print(f"--- {outcome.kind}: {outcome.verdict} {outcome.reason}: {outcome.detail}\n")
    print(f"{'edit':<20} {'tried':>6} {'mapped':>7} {'refused':>8} {'layout':>7} {'no agent':>9} {'wrong':>6}")
    for kind in (*EDITS, "all"):
        of = [outcome for outcome in outcomes if kind in {outcome.kind, "all"}]
        layout = sum(outcome.reason in LAYOUT for outcome in of)
        nothing = sum(outcome.reason == NO_AGENT for outcome in of)
        counts = Counter(outcome.verdict for outcome in of)
        refused = counts["refused"] - layout - nothing
        print(f"{kind:<20} {len(of):>6} {counts['mapped']:>7} {refused:>8} {layout:>7} {nothing:>9} {counts['wrong']:>6}")
    print()
    for reason, count in Counter(outcome.reason for outcome in outcomes if outcome.verdict == "refused").most_common():
        print(f"{reason:<10} {count:>6}  {REASONS[reason]}")
    mapped = sum(outcome.verdict == "mapped" for outcome in outcomes)
    owned = [outcome for outcome in outcomes if outcome.reason not in LAYOUT]
    valid = [outcome for outcome in owned if outcome.reason != NO_AGENT]
    if valid:
        print(f"\nof {len(valid)} edits to what a source owns, {mapped / len(valid):.1%} were taken home", end="")
        print(f" ({mapped / len(owned):.1%} if those to what is no agent are counted)")


if __name__ == "__main__":
    sys.exit(main())
