"""The API: what one workspace object does in one run and the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import write_workspace

from composer import ComposerError, Workspace

AGENT = """
    ---
    agent:
      description: |
        Use this agent for tests.
    vars:
      name: {type: str}
    ---
    Hello {{ name }}.
    """


def workspace(root: Path) -> Workspace:
    """Return a workspace with one profile that is right and one that is not."""
    files = {
        "fragments/agents/greeter.md": AGENT,
        "profiles/right.yaml": "agents: {greeter: {}}\nvars: {name: Ada}\n",
        "profiles/wrong.yaml": "agents: {greeter: {}}\n",
    }
    return Workspace.open(write_workspace(root, files))


def test_mistakes_of_one_run_are_not_told_in_the_next(tmp_path: Path) -> None:
    """A profile that composes does so after one that did not."""
    opened = workspace(tmp_path)
    with pytest.raises(ComposerError, match="missing-variable"):
        opened.compose("wrong")
    assert [file.agent for file in opened.compose("right").files] == ["greeter"]


def test_mistakes_of_all_profiles_are_told_at_once_with_those_of_the_command_line(tmp_path: Path) -> None:
    """One run tells everything."""
    with pytest.raises(ComposerError) as caught:
        workspace(tmp_path).compose(["wrong", "rigth"])
    assert [found.code for found in caught.value.diagnostics] == ["unknown-profile", "missing-variable"]


def test_a_workspace_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    """As git finds a repository."""
    workspace(tmp_path)
    assert Workspace.open(tmp_path / "fragments" / "agents").root == tmp_path.resolve()


def test_nothing_is_written_where_anything_is_wrong(tmp_path: Path) -> None:
    """Not even the outputs of the profiles that are right."""
    with pytest.raises(ComposerError):
        workspace(tmp_path).build()
    assert not (tmp_path / "output").exists()
