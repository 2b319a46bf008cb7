"""The law of building again: over any sequence of edits, what an edit does not touch is as if it had been composed anew."""

from __future__ import annotations

import random
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from builders import write_workspace
from hypothesis import given
from hypothesis import strategies as st
from laws import law
from test_sharing import CROWD, crowded, read

from composer.cache.evidence import Evidence
from composer.cache.folder import FOLDER
from composer.errors import ComposerError, Diagnostic, Diagnostics
from composer.incremental.earlier import Earlier
from composer.lookup.index import Index
from composer.pipeline import Run, compose_profile
from composer.report import diagnostic_text
from composer.targets import get_target
from composer.workspace import Workspace

LAW = law(5)
STEPS = 12
Answer = tuple[list[tuple[str, str]], list[str]]


def answer_of(workspace: Workspace, overrides: tuple[str, ...]) -> Answer:
    """Build; return what was done with each file, and what was told, as people see it."""

    def texts(told: tuple[Diagnostic, ...]) -> list[str]:
        return [f"{found.severity} {diagnostic_text(found)}".replace(str(workspace.root), "") for found in told]

    try:
        report = workspace.build(overrides=overrides)
    except ComposerError as error:
        return [], texts(error.diagnostics)
    return [(result.path, result.action) for result in report.results], texts(report.diagnostics)


def outputs(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def edited(text: str, chance: random.Random) -> str:
    """Change a text as people do: mostly a word or a line, now and then half of it, or all of it."""
    lines = text.split("\n")
    position = chance.randrange(len(lines) // 3, len(lines))
    gentle = ("word", "word", "word", "line", "drop", "fill", "swap", "comment")
    match chance.choice((*gentle, *gentle, "above", "half", "empty", "include")):
        case "word":
            words = list(re.finditer(r"\bw\w+\b", text))
            found = chance.choice(words) if words else None
            text = f"{text[: found.start()]}w{chance.randrange(1000)}{text[found.end() :]}" if found is not None else text
        case "line":
            text = "\n".join([*lines[: position + 1], lines[position], *lines[position + 1 :]])
        case "drop":
            text = "\n".join([*lines[:position], *lines[position + 1 :]])
        case "above":
            text = f"\n{text}" if chance.random() < 0.3 else text.replace("---\n", "---\n\n", 2)
        case "fill":
            text = text.replace("{{ filled }}", "{{ empty }}", 1)
        case "swap":
            text = text.replace("true", "false") if chance.random() < 0.5 else text.replace("false", "true")
        case "half":
            text = text[: len(text) // 2]
        case "empty":
            text = ""
        case "comment":
            text = text.replace("---\n", "---\n# said beside it\n", 1) if text.startswith("---") else f"# said beside it\n{text}"
        case _:
            text = f'{text}\n{{% include "f{chance.randrange(3)}" %}}\n'
    return text


def is_wrong(profile: str, index: Index) -> bool:
    found = Diagnostics()
    compose_profile(profile, Run(index, get_target("claude-code")), found)
    return bool(found.errors)


def built(files: Mapping[str, bytes]) -> dict[str, str]:
    """Take the profiles out with which something is wrong: they set what no text of theirs uses."""
    index = read(files)
    wrong = {name for name in CROWD if is_wrong(name, index)}
    return {path: content.decode() for path, content in files.items() if path.removeprefix("profiles/").removesuffix(".yaml") not in wrong}


class Twins:
    """Two copies of one workspace in which the same is edited."""

    def __init__(self, folder: Path, seed: int, chance: random.Random) -> None:
        self.roots = (folder / "a", folder / "b")
        self.files = built(crowded(seed))
        self.good = dict(self.files)
        self.chance = chance
        for root in self.roots:
            write_workspace(root, self.files)

    def put(self, path: str, text: str | None) -> None:
        for root in self.roots:
            if text is None:
                (root / path).unlink(missing_ok=True)
            else:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8", newline="\n")

    def restore(self) -> None:
        """Make all as it was at the beginning."""
        for path in self.files.keys() | self.good.keys():
            self.put(path, self.good.get(path))
        self.files = dict(self.good)

    def disturb(self) -> None:
        """Edit some sources."""
        for _ in range(self.chance.choice((1, 1, 1, 2))):
            folder = self.chance.choice(("fragments", "profiles"))
            path = self.chance.choice([name for name in sorted(self.files) if name.startswith(folder)] or sorted(self.files))
            text: str | None = edited(self.files[path], self.chance)
            kind = self.chance.random()
            if kind < 0.06:
                text = None
            elif kind < 0.1:
                path = path.replace(".", f"-{self.chance.randrange(9)}.", 1)
            self.put(path, text)
            if text is None:
                del self.files[path]
            else:
                self.files[path] = text

    def touch_outputs(self) -> None:
        """Edit an output by hand, or take it away."""
        made = sorted(path for path in outputs(self.roots[0]) if path.startswith("output/"))
        if made:
            path = self.chance.choice(made)
            text = (self.roots[0] / path).read_text(encoding="utf-8")
            self.put(path, None if self.chance.random() < 0.5 else f"{text}by hand\n")


def check_law(seed: int, again: Callable[[Workspace, tuple[str, ...]], Workspace], *, edits_outputs: bool) -> None:
    """Build the same twice over random edits: with what is remembered, and anew."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        twins = Twins(Path(folder), seed % 500, chance)
        first = Workspace.open(twins.roots[0])
        overrides: tuple[str, ...] = ()
        for _ in range(STEPS):
            remembered = answer_of(again(first, overrides), overrides)
            anew = answer_of(Workspace.open(twins.roots[1]), overrides)
            assert remembered == anew
            assert outputs(twins.roots[0]) == outputs(twins.roots[1])
            if not remembered[0] and chance.random() < 0.6:
                twins.restore()
            else:
                twins.disturb()
            if chance.random() < 0.1:
                overrides = chance.choice(((), ("filled=wz",)))
            if edits_outputs and chance.random() < 0.1:
                twins.touch_outputs()
        shutil.rmtree(twins.roots[1])


@LAW
@given(st.integers(0, 100_000))
def test_building_again_is_as_building_anew(seed: int) -> None:
    """The outputs, the lock, what was done with each file and what was told are those of a run that knows nothing of earlier ones."""
    earlier = Earlier()
    check_law(seed, lambda first, _: Workspace(first.root, first.target, earlier=earlier), edits_outputs=False)


@LAW
@given(st.integers(0, 100_000))
def test_what_runs_leave_for_later_ones_changes_nothing(seed: int) -> None:
    """Nor does it matter what other processes have composed."""

    def again(first: Workspace, overrides: tuple[str, ...]) -> Workspace:
        return Workspace(first.root, first.target, evidence=None if overrides else Evidence(), jobs=1 + seed % 2)

    check_law(seed, again, edits_outputs=True)
