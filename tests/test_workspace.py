"""The API: what one workspace object does in one run and the next."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from builders import write_workspace

from composer import ComposerError, Workspace
from composer.files.destination import DiskDestination

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


def digest(path: Path) -> str:
    """Return a file's digest as the lock has it."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def test_a_line_written_into_the_lock_by_hand_removes_no_source(tmp_path: Path) -> None:
    """Only what can be an output is ever removed."""
    opened = workspace(tmp_path)
    opened.build("right")
    lock, source, notes = tmp_path / "agent-composer.lock", tmp_path / "fragments/agents/greeter.md", tmp_path / "NOTES.md"
    notes.write_text("mine\n", encoding="utf-8")
    lines = [f"output fragments/agents/greeter.md right {digest(source)}", f"output NOTES.md right {digest(notes)}"]
    lock.write_text(lock.read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    Workspace.open(tmp_path).build("right")
    assert source.exists()
    assert notes.exists()


def test_an_interrupted_build_records_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run knows those files as its own."""
    opened = workspace(tmp_path)
    (tmp_path / "profiles/right.yaml").write_text("agents: {greeter: {}, other: {use: agents/greeter}}\nvars: {name: Ada}\n", "utf-8")
    write = DiskDestination.write

    def interrupted(self: DiskDestination, path: str, content: bytes) -> None:
        if path.endswith("other.md"):
            raise KeyboardInterrupt
        write(self, path, content)

    monkeypatch.setattr(DiskDestination, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened.build("right")
    assert "greeter.md" in (tmp_path / "agent-composer.lock").read_text(encoding="utf-8")


def test_a_lock_line_that_another_run_adds_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two builds at once do not forget each other's files."""
    lock, line = tmp_path / "agent-composer.lock", f"output output/else/.claude/agents/a.md else sha256:{'0' * 64}\n"
    write = DiskDestination.write

    def meanwhile(self: DiskDestination, path: str, content: bytes) -> None:
        if path.endswith("greeter.md"):
            lock.write_text(line, encoding="utf-8")
        write(self, path, content)

    monkeypatch.setattr(DiskDestination, "write", meanwhile)
    workspace(tmp_path).build("right")
    assert line in lock.read_text(encoding="utf-8")
    assert "greeter.md" in lock.read_text(encoding="utf-8")


def test_a_control_character_on_the_command_line_is_refused(tmp_path: Path) -> None:
    """What a source may not hold cannot come in by `--set` either."""
    with pytest.raises(ComposerError, match="bad-character"):
        workspace(tmp_path).compose("right", overrides=["name=\x1b[31m"])


def test_a_folder_that_is_not_there_is_no_workspace(tmp_path: Path) -> None:
    """Even where the folder above it is one."""
    workspace(tmp_path)
    with pytest.raises(ComposerError, match="there is no folder"):
        Workspace.open(tmp_path / "nowhere")
