"""`build --profile-stages`: where the time of a run goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import agent_file, write_workspace
from typer.testing import CliRunner

from composer.cli.app import app
from composer.pipeline import nobody_asks
from composer.workspace import Workspace

FILES = {
    "fragments/agents/dev.md": agent_file("You build. {#role}\n"),
    "profiles/shop.yaml": "agents: {dev: {}}\n",
}
STAGES = [
    "start",
    "read",
    "load",
    "index",
    "vet",
    "resolve",
    "compare",
    "plan",
    "render",
    "lay out",
    "reach",
    "emit",
    "edits",
    "write",
    "other",
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_workspace(tmp_path, FILES)
    monkeypatch.chdir(folder)
    return folder


def test_a_table_tells_the_seconds_and_the_share_of_each_stage(root: Path) -> None:
    """It stands on standard error, beside the answer, and its last line is the sum."""
    result = CliRunner().invoke(app, ["build", "--profile-stages", "-w", str(root)])
    assert result.stdout.splitlines()[-1] == "1 file: 1 created"
    head, *rows = result.stderr.splitlines()
    assert head.split() == ["STAGE", "SECONDS", "SHARE"]
    assert len(rows) == len(STAGES) + 1
    assert rows[-1].startswith("all ")
    assert rows[-1].endswith(" 100%")


def test_the_document_has_the_seconds(root: Path) -> None:
    """By the names of the stages, in their order."""
    result = CliRunner().invoke(app, ["build", "--profile-stages", "--json", "-w", str(root)])
    stages = json.loads(result.stdout)["stages"]
    assert list(stages) == STAGES
    assert all(seconds >= 0 for seconds in stages.values())
    assert result.stderr == ""


def test_nobody_looks_at_a_clock_unless_asked(root: Path) -> None:
    """Without the option the stages end without notice."""
    assert Workspace.open(root).done is nobody_asks
    assert "stages" not in json.loads(CliRunner().invoke(app, ["build", "--json"]).stdout)
