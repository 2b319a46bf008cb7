"""What a run takes from the runs before it: who cannot have changed is not even resolved, and nobody notices it but by the time."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import pytest
from builders import agent_file, write_workspace

from composer.cache.composed import find_composed
from composer.cache.evidence import Evidence
from composer.incremental import between_runs
from composer.incremental.grounds import Grounds
from composer.pipeline import Run
from composer.stages.resolve import resolve_profile
from composer.workspace import Workspace

FILES = {
    "agent-composer.yaml": "vars:\n  tone: {type: str, default: plain}\n",
    "fragments/agents/dev.md": agent_file('{% include "code" %}\n\n{% include "both" %}\n'),
    "fragments/agents/ops.md": agent_file('{% include "duty" %}\n\n{% include "both" %}\n'),
    "fragments/both.md": "---\nuses: [tone]\n---\nSpeak in a {{ tone }} tone. {#tone}\n",
    "fragments/code.md": "- Write tests {#tests}\n- Read code {#read}\n",
    "fragments/duty.md": "- Watch the clock {#clock}\n",
    "profiles/base.yaml": "abstract: true\nagents: {dev: {}, ops: {}}\nedits:\n  code#tests:\n    replace: Write good tests\n",
    "profiles/shop.yaml": "extends: [base]\n",
}
ALL = frozenset({"dev", "ops"})
OUTPUT = "output/shop/.claude/agents/{}.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace that was built."""
    folder = write_workspace(tmp_path / "work", FILES)
    build(folder)
    return folder


@pytest.fixture
def spared(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """The agents that were not resolved, one set for each profile that was."""
    found: list[frozenset[str]] = []

    def resolve(name: str, index: object, overrides: object, diagnostics: object, known: Collection[str] = ()) -> object:
        found.append(frozenset(known))
        return resolve_profile(name, index, overrides, diagnostics, known)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(between_runs, "resolve_profile", resolve)
    return found


def build(folder: Path) -> dict[str, str]:
    workspace = Workspace.open(folder)
    workspace.evidence = Evidence()
    workspace.build(overwrite=True)
    return outputs(folder)


def outputs(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("output/*/.claude/agents/*.md")}


def built_anew(folder: Path) -> dict[str, str]:
    copy = folder.with_name("anew")
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("output", ".agent-composer.cache", "*.lock"))
    Workspace.open(copy).build()
    return outputs(copy)


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("fragments/code.md", "Read code", "Read all code", {"ops"}),
        ("fragments/duty.md", "clock {", "clocks {", {"dev"}),
        ("fragments/both.md", "Speak", "Talk", set()),
        ("fragments/agents/ops.md", "for work", "for all work", {"dev"}),
        ("fragments/agents/ops.md", '"duty"', '"code"', {"dev"}),
        ("fragments/agents/ops.md", "agent:", "vars: {tone: {type: str, default: plain}}\nagent:", {"dev"}),
    ],
)
def test_who_brings_in_no_text_that_has_changed_is_not_resolved(
    root: Path, spared: list[frozenset[str]], path: str, before: str, after: str, expected: set[str]
) -> None:
    """Whatever the text says: what it brings in, and what it declares as it was declared already."""
    place = root / path
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace(before, after), encoding="utf-8")
    assert text != place.read_text(encoding="utf-8")
    assert build(root) == built_anew(root)
    assert spared == [expected]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("profiles/shop.yaml", "extends: [base]\nvars: {tone: calm}\n", id="a variable of the profile"),
        pytest.param("profiles/base.yaml", FILES["profiles/base.yaml"].replace("good", "better"), id="an edit of a layer"),
        pytest.param("profiles/base.yaml", f"# a comment\n{FILES['profiles/base.yaml']}", id="nothing of a layer"),
        pytest.param("agent-composer.yaml", "vars:\n  tone: {type: str, default: calm}\n", id="a default"),
        pytest.param("agent-composer.yaml", f'{FILES["agent-composer.yaml"]}looks: {{loud: {{title: "!{{title}}"}}}}\n', id="a look"),
        pytest.param("fragments/new.md", "- New {#new}\n", id="a new fragment"),
        pytest.param("fragments/duty.md", "---\nmoved: {time: clock}\n---\n- Watch the clock {#clock}\n", id="a renamed id"),
        pytest.param(
            "fragments/code.md", "- Care {#care}\n  - Write tests {#tests}\n- Read code {#read}\n", id="where an edited block stands"
        ),
    ],
)
def test_what_resolving_reads_has_all_agents_resolved(root: Path, spared: list[frozenset[str]], path: str, text: str) -> None:
    """What they come to is as if nothing was known of them, and what they are made of decides who is composed."""
    (root / path).write_text(text, encoding="utf-8")
    assert build(root) == built_anew(root)
    assert spared == [frozenset()]
    spared.clear()
    build(root)
    assert spared == [ALL]


@pytest.mark.parametrize("name", sorted(ALL))
def test_whose_output_was_edited_is_composed(root: Path, spared: list[frozenset[str]], name: str) -> None:
    """Or taken away: nothing but the output holds what an agent came to."""
    for harm in (lambda place: place.write_text("by hand\n", encoding="utf-8"), Path.unlink):
        harm(root / OUTPUT.format(name))
        assert build(root) == built_anew(root)
        assert spared == [ALL - {name}]
        spared.clear()
        shutil.rmtree(root.with_name("anew"))


def test_of_whom_something_is_told_is_told_again(root: Path, spared: list[frozenset[str]]) -> None:
    """An agent with a warning is composed by every run."""
    (root / "fragments/duty.md").write_text("---\nmoved: {time: clock}\n---\n- Watch the clock {#clock}\n", encoding="utf-8")
    ops = root / "fragments/agents/ops.md"
    ops.write_text(ops.read_text(encoding="utf-8").replace('"duty"', '"duty#time"'), encoding="utf-8")
    for _ in range(2):
        workspace = Workspace.open(root)
        workspace.evidence = Evidence()
        assert "moved-id" in {found.code for found in workspace.build().diagnostics}
    assert "ops" not in spared[-1]


def test_a_profile_that_was_not_asked_for_keeps_what_was_known(root: Path, spared: list[frozenset[str]]) -> None:
    """What it was made of then is compared with the texts of the run that it is asked for in."""
    (root / "profiles/bank.yaml").write_text("extends: [base]\n", encoding="utf-8")
    build(root)
    code = root / "fragments/code.md"
    code.write_text(FILES["fragments/code.md"].replace("Read code", "Read it all"), encoding="utf-8")
    workspace = Workspace.open(root)
    workspace.evidence = Evidence()
    workspace.build("shop")
    spared.clear()
    build(root)
    assert spared == [{"ops"}, ALL]  # bank, shop


def test_a_record_says_what_each_profile_stood_on(root: Path) -> None:
    """It is the ground of the run that left it, with the texts that each agent can bring in."""
    workspace = Workspace.open(root)
    grounds = Grounds(Run(workspace.index, workspace.target))
    known = find_composed(str(root))["shop"]
    assert known.ground == grounds.of_profile("shop")
    brought = {name: [text.partition(" ")[0] for text in agent.making.texts] for name, agent in known.agents.items()}
    assert brought == {"dev": ["agents/dev", "both", "code"], "ops": ["agents/ops", "both", "duty"]}
    assert grounds.texts.issuperset(known.agents["dev"].making.texts)


def test_what_builds_on_a_profile_that_is_not_there_stands_on_nothing(root: Path) -> None:
    """It cannot be resolved, and that is told."""
    (root / "profiles/shop.yaml").write_text("extends: [nobody]\n", encoding="utf-8")
    workspace = Workspace.open(root)
    assert Grounds(Run(workspace.index, workspace.target)).of_profile("shop") is None
