"""`status` and the verdicts of `check`: what happened to a file since it was built, and what its sources want of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import agent_file, write_workspace
from typer.testing import CliRunner, Result

from composer.cli.app import app
from composer.workspace import Workspace

PATH = "output/shop/.claude/agents/dev.md"
FILES = {
    "fragments/agents/dev.md": agent_file("Hello {{ name }}.\n", about="tests", variables="name: {type: str}"),
    "profiles/shop.yaml": "agents: {dev: {}}\nvars: {name: Ada}\n",
    "profiles/bank.yaml": "agents: {dev: {}, second: {use: agents/dev}}\nvars: {name: Bob}\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_workspace(tmp_path / "work", FILES)
    Workspace.open(root).build()
    return root


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def edit(root: Path) -> None:
    change(root / PATH, "Hello", "Good day")


def change_sources(root: Path) -> None:
    change(root / "profiles/shop.yaml", "Ada", "Eve")


def delete(root: Path) -> None:
    (root / PATH).unlink()


def drop_agent(root: Path) -> None:
    change(root / "profiles/shop.yaml", "agents: {dev: {}}", "agents: {other: {use: agents/dev}}")


def forget(root: Path) -> None:
    lock = root / "agent-composer.lock"
    lock.write_text(
        "".join(line for line in lock.read_text(encoding="utf-8").splitlines(keepends=True) if PATH not in line), encoding="utf-8"
    )


CASES = [
    pytest.param([], ("unchanged", "same", "unchanged"), None, id="clean"),
    pytest.param([change_sources], ("unchanged", "update", "updated"), "stale", id="stale"),
    pytest.param([edit], ("edited", "same", "edited"), "edited", id="edited"),
    pytest.param([edit, change_sources], ("edited", "update", "edited"), "both", id="both"),
    pytest.param([delete], ("missing", "create", "created"), "missing", id="missing"),
    pytest.param([delete, change_sources], ("missing", "create", "created"), "missing", id="missing and stale"),
    pytest.param([delete, forget], ("new", "create", "created"), "missing", id="new"),
    pytest.param([edit, forget], ("foreign", "update", "foreign"), "foreign", id="foreign"),
    pytest.param([forget], ("unchanged", "same", "unchanged"), None, id="right, though nobody recorded it"),
    pytest.param([drop_agent], ("unchanged", "remove", "removed"), "left-over", id="left over"),
    pytest.param([drop_agent, edit], ("edited", "remove", "edited"), "edited-left-over", id="edited and left over"),
]


@pytest.mark.parametrize(("events", "expected", "verdict"), CASES)
def test_each_case(root: Path, events: list[object], expected: tuple[str, str, str], verdict: str | None) -> None:
    """Two columns, what a build does, and the verdict of `check`, for each thing that can have happened."""
    for event in events:
        assert callable(event)
        event(root)
    (found,) = (result for result in Workspace.open(root).status().results if result.path == PATH)
    assert (found.since.value, found.wanted.value, found.action.value) == expected
    differences = {found.path: found.verdict.value for found in Workspace.open(root).check().differences}
    assert differences.get(PATH) == verdict
    (built,) = (result for result in Workspace.open(root).build().results if result.path == PATH)
    assert built.action.value == expected[2]


def run(root: Path, *words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [*words, "--workspace", str(root)])
    assert result.exit_code == code, result.output
    return result


def test_the_table(root: Path) -> None:
    """Files that are not as they should be are listed, all of them with `--verbose`; the exit code is 0 in any case."""
    edit(root)
    change_sources(root)
    assert run(root, "status").stdout == (
        f"FILE IS  SOURCES WANT  PROFILE  PATH\nedited   update        shop     {PATH}\n3 files: 2 as built, 1 not\n"
    )
    assert run(root, "status", "--verbose").stdout.count("unchanged  same") == 2
    assert run(root, "status", "bank").stdout == "2 files: 2 as built, 0 not\n"


def test_the_table_as_data(root: Path) -> None:
    """Every file, with both columns and what a build would do."""
    edit(root)
    document = json.loads(run(root, "status", "shop", "--json").stdout)
    assert document["ok"]
    assert document["files"] == [{"path": PATH, "profile": "shop", "since": "edited", "wanted": "same", "build": "edited"}]


def test_status_writes_nothing(root: Path) -> None:
    """Not even the lock that a build would write."""
    forget(root)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    run(root, "status")
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("events", "explanation", "advice"),
    [
        ([change_sources], "is out of date", "out of date: its sources have changed; run `agent-composer build`"),
        ([edit], "was edited by hand", "edited by hand: `agent-composer accept FILE` takes the edit back to its sources; "),
        ([edit, change_sources], "was edited by hand, and is out of date, too", "edited and out of date: take the sources back to"),
        ([drop_agent], "is left over: no profile makes it any more", "left over: run `agent-composer build`: it removes the file"),
        ([edit, forget], "was not made by the tool", "not ours: move it away, or take it in with `agent-composer import`"),
    ],
)
def test_check_has_a_way_out_of_each_case(root: Path, events: list[object], explanation: str, advice: str) -> None:
    """What is with each file stands on its line, and what to do about it once below."""
    for event in events:
        assert callable(event)
        event(root)
    result = run(root, "check", "shop", code=1)
    assert f"{PATH}  {explanation}\n" in result.stdout
    assert f"\n{advice}" in f"\n{result.stderr}"
    document = json.loads(run(root, "check", "shop", "--json", code=1).stdout)
    (found,) = (one for one in document["differences"] if one["path"] == PATH)
    assert found["fix"].startswith(advice.partition(": ")[2].replace("FILE", PATH)[:40])
    assert explanation in run(root, "check", "shop", "--format", "github", code=1).stdout


# --- Straight into a project ------------------------------------------------------------------------------------------


def test_check_and_status_of_a_project(root: Path, tmp_path: Path) -> None:
    """With `--into` the project's files are looked at, and the advice names the project."""
    project = tmp_path / "project"
    project.mkdir()
    run(root, "build", "shop", "--into", str(project))
    assert run(root, "check", "shop", "--into", str(project)).stdout == "1 file composed: all as on disk\n"
    change_sources(root)
    result = run(root, "check", "shop", "--into", str(project), code=1)
    assert "-Hello Ada.\n+Hello Eve.\n" in result.stdout
    assert f"run `agent-composer build shop --into {project}`" in result.stderr
    assert (
        f"unchanged  update        shop     {project.as_posix()}/.claude/agents/dev.md"
        in run(root, "status", "shop", "--into", str(project)).stdout
    )
    assert "into-takes-one" in run(root, "check", "--into", str(project), code=2).stderr


def test_another_profile_built_into_a_project(root: Path, tmp_path: Path) -> None:
    """A second profile in one folder is told: which files it took over, and which are left over from the first."""
    project = tmp_path / "project"
    project.mkdir()
    run(root, "build", "bank", "--into", str(project))
    result = run(root, "build", "shop", "--into", str(project))
    assert f"updated    {project.as_posix()}/.claude/agents/dev.md  (the profile bank wrote it before)\n" in result.stdout
    assert "the profile `bank` was built into this folder before: 1 file by another profile now, 1 file left over from it" in result.stderr
    assert "`.claude/agents/second.md` is of `bank`" in result.stderr
    assert "another-profile" in run(root, "build", "shop", "--into", str(project)).stderr
    (project / ".claude/agents/second.md").unlink()
    (project / ".agent-composer.lock").unlink()
    assert run(root, "build", "shop", "--into", str(project)).stderr == ""
