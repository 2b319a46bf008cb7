"""Edits the outputs of this workspace at random, takes the edits home, and proves each result by a fresh build.

Prints a table: how many edits of each kind were taken home, how many were refused and why, and how many went wrong (which is the one
figure that has to be 0). `make edits` runs 5 000 of them.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "property"))

from hand_edits import EDITS, edit_at_random  # noqa: E402 - found by the line above

from composer.accept.acceptance import Acceptance, propose_acceptance  # noqa: E402
from composer.accept.drafts import Draft  # noqa: E402
from composer.accept.inverse import Reason  # noqa: E402
from composer.accept.proposals import Scope  # noqa: E402
from composer.blocks import Syntax  # noqa: E402
from composer.errors import Diagnostics  # noqa: E402
from composer.markdown.front_matter import find_front_matter  # noqa: E402
from composer.markdown.parse import parse_document  # noqa: E402
from composer.model import OutputFile  # noqa: E402
from composer.source import SourceFile  # noqa: E402
from composer.targets import Target  # noqa: E402
from composer.workspace import Workspace  # noqa: E402
from composer.yaml_text.lenient import YamlProblem, read_strict  # noqa: E402

LAYOUT = {"layout", "generated"}
NO_AGENT = "no agent"
REASONS = {
    "layout": "marks, numbers, indentation, blank lines, the look of titles: what the build gives, whatever the sources say",
    "generated": "the fences, the comment and the agent's name: the tool's own",
    NO_AGENT: "the edited file itself is no valid agent (an unknown colour, no description, a code block without end): no source gives it",
    "border": "a block left its fragment, and other outputs would gain or lose it; or a change of words and of a variable's value in one",
    "statement": "a change over an `if` inside a text",
    "opaque": "a block that only Jinja reads",
    "syntax": "new words with Jinja's braces",
    "title": "the title of a section went, and the section cannot do without",
    "scope": "it needs a fragment that others use too",
    "invalid": "the sources would be wrong, though the edited file is a valid agent",
    "no-source": "nothing gives exactly these lines",
}
"""What each reason means, for the table. What is no agent is counted apart, as what the layout owns is: nobody could take it home."""


@dataclass(frozen=True)
class Outcome:
    """What became of one edit: ``verdict`` is `mapped`, `refused` or `wrong`."""

    kind: str
    verdict: str
    reason: str = ""
    detail: str = ""


def try_edits(seed: int, count: int) -> list[Outcome]:
    """Try ``count`` edits in a copy of the workspace."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        for name in ("agent-composer.yaml", "agent-composer.lock"):
            root.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        for name in ("fragments", "profiles", "output"):
            shutil.copytree(ROOT / name, root / name)
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
            yield Outcome(kind, "wrong", type(error).__name__, f"{error}\n{_difference(file.text, edited)}")


def try_edit(workspace: Workspace, composed: Sequence[OutputFile], start: Draft, file: OutputFile, kind: str, edited: str) -> Outcome:
    """Take one edit home, in the profile or where it stands, else in the fragment, and prove the result."""
    path = workspace.path_of(file)
    place = workspace.root / path
    place.write_text(edited, encoding="utf-8")
    try:
        acceptance = propose_acceptance(workspace, [(path, file)], start=start)
        if acceptance.refusals:
            in_fragment = propose_acceptance(workspace, [(path, file)], Scope.FRAGMENT, start)
            is_better = not in_fragment.refusals or any(found.reason is Reason.SCOPE for found in acceptance.refusals)
            acceptance = in_fragment if is_better else acceptance
    finally:
        place.write_text(file.text, encoding="utf-8")
    if acceptance.refusals:
        refusal = next((found for found in acceptance.refusals if found.reason not in LAYOUT), acceptance.refusals[0])
        reason = NO_AGENT if refusal.reason is Reason.INVALID and not is_agent(edited, workspace.target) else refusal.reason.value
        return Outcome(kind, "refused", reason, f"{refusal.message}\n{_difference(file.text, edited)}")
    wrong = _prove(workspace.root, composed, acceptance, (file.profile, file.agent), edited)
    return Outcome(kind, "wrong" if wrong else "mapped", detail=wrong)


def is_agent(text: str, target: Target) -> bool:
    """Whether an edited file could be an output at all, told from its text: its fields have values that exist, its code ends."""
    span = find_front_matter(text)
    if span is None or not span.is_closed:
        return False
    try:
        fields = read_strict(text[span.start : span.end])
    except YamlProblem:
        return False
    if not isinstance(fields, dict):
        return False
    for spec in target.fields.values():
        value = fields.get(spec.name)
        if (spec.is_required and not value) or (spec.choices and value is not None and value not in spec.choices):
            return False
    found = Diagnostics()
    parse_document(SourceFile("edited.md", text), span.body, found, Syntax(is_plain=True))
    return not found.errors


def _prove(root: Path, composed: Sequence[OutputFile], acceptance: Acceptance, key: tuple[str, str], edited: str) -> str:
    """Build the changed sources afresh: the edited file has to come out, and of the others only what was shown may change."""
    before = {path: (root / path).read_bytes() for path in acceptance.draft.files}
    old = {(file.profile, file.agent): file.text for file in composed}
    try:
        for path in before:
            (root / path).write_bytes(acceptance.draft.raw(path).encode())
        new = {(file.profile, file.agent): file.text for file in Workspace.open(root).compose().files}
    finally:
        for path, content in before.items():
            (root / path).write_bytes(content)
    shown = {(other.profile, other.path.rpartition("/")[2].removesuffix(".md")): other.after for other in acceptance.others}
    if new[key] != edited:
        return f"the build gives something else\n{_difference(edited, new[key])}"
    for other, text in new.items():
        if other != key and text != shown.get(other, old[other]):
            return f"{other} changed, and was not shown so"
    return ""


def _difference(before: str, after: str) -> str:
    return "\n".join(
        line for line in difflib.unified_diff(before.split("\n"), after.split("\n"), n=1, lineterm="") if line[:3] not in {"---", "+++"}
    )


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
