"""The API: what one workspace object does in one run and the next."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest
from builders import agent_file, write_workspace

from composer import ComposerError, Workspace
from composer.files.journal import JOURNAL_NAME, Change, Journal, print_journal

AGENT = agent_file("Hello {{ name }}.\n", about="tests", variables="name: {type: str}")


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


def test_an_interrupted_build_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle leaves neither files nor a lock."""
    opened = workspace(tmp_path)
    (tmp_path / "profiles/right.yaml").write_text("agents: {greeter: {}, other: {use: agents/greeter}}\nvars: {name: Ada}\n", "utf-8")
    before = sorted(tmp_path.rglob("*"))
    replace = os.replace

    def interrupted(source: str | Path, target: str | Path) -> None:
        if Path(target).name == "other.md":
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened.build("right")
    assert sorted(path for path in tmp_path.rglob("*") if path.name != "output") == before


def test_a_lock_that_changes_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody, such as git, writes into the lock while a build is at work is not overwritten; the next build adds to it."""
    opened = workspace(tmp_path)
    lock, line = tmp_path / "agent-composer.lock", f"output output/else/.claude/agents/a.md else sha256:{'0' * 64}\n"
    replace = os.replace

    def meanwhile(source: str | Path, target: str | Path) -> None:
        if Path(target).name == "greeter.md":
            lock.write_text(line, encoding="utf-8")
        replace(source, target)

    monkeypatch.setattr(os, "replace", meanwhile)
    with pytest.raises(ComposerError, match="file-changed"):
        opened.build("right")
    monkeypatch.undo()
    assert lock.read_text(encoding="utf-8") == line
    assert not (tmp_path / "output/right").exists()
    opened.build("right")
    assert line in lock.read_text(encoding="utf-8")
    assert "greeter.md" in lock.read_text(encoding="utf-8")


def begun(root: Path, *changes: Change) -> None:
    """Leave what a run leaves that was killed before its first file."""
    modes = tuple(None if change.before is None else 0o644 for change in changes)
    (root / JOURNAL_NAME).write_bytes(b"".join(print_journal(Journal("0123abcd", "", (), changes, modes))))


def test_sources_of_a_run_that_was_cut_short_are_read_as_they_will_be(tmp_path: Path) -> None:
    """Every command judges by the finished sources, and the next build writes them."""
    opened = workspace(tmp_path)
    opened.build("right")
    profile = tmp_path / "profiles/right.yaml"
    old, new = profile.read_bytes(), profile.read_bytes().replace(b"Ada", b"Bob")
    begun(tmp_path, Change("profiles/right.yaml", old, new), Change("fragments/extra.md", None, b"More.\n"))
    opened = Workspace.open(tmp_path)
    assert "extra" in opened.catalog.fragments
    report = opened.check("right")
    assert [(found.verdict.value, "Hello Bob." in found.composed) for found in report.differences] == [("stale", True)]
    assert [found.code for found in report.diagnostics] == ["run-cut-short"]
    assert profile.read_bytes() == old
    built = Workspace.open(tmp_path).build("right")
    assert [result.action.value for result in built.results] == ["updated"]
    assert profile.read_bytes() == new
    assert not Workspace.open(tmp_path).check("right").diagnostics


def test_a_journal_that_cannot_be_trusted_stops_what_looks_at_outputs(tmp_path: Path) -> None:
    """The sources are read as they are; `build`, `check` and `status` tell it."""
    workspace(tmp_path).build("right")
    begun(tmp_path, Change("Makefile", None, b"all:\n"))
    opened = Workspace.open(tmp_path)
    assert opened.compose("right").files
    for run in (opened.build, opened.check, opened.status):
        with pytest.raises(ComposerError, match="bad-journal"):
            run("right")
    assert not (tmp_path / "Makefile").exists()


def test_sources_and_outputs_are_written_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build can bring the sources that it composed from: all of it is written, or nothing."""
    workspace(tmp_path).build("right")
    path = "profiles/right.yaml"
    old, new = (tmp_path / path).read_bytes(), (tmp_path / path).read_bytes().replace(b"Ada", b"Bob")
    before = {place: place.read_bytes() for place in tmp_path.rglob("*") if place.is_file()}

    def build() -> str:
        changed = Workspace.open(tmp_path).with_files({path: new})
        return changed.build("right", sources=[Change(path, old, new)]).results[0].action.value

    replace = os.replace

    def fail(source: str | Path, target: str | Path) -> None:
        if Path(target).name == "agent-composer.lock":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ComposerError, match="cannot-write"):
        build()
    assert {place: place.read_bytes() for place in tmp_path.rglob("*") if place.is_file()} == before
    monkeypatch.undo()
    assert build() == "updated"
    assert (tmp_path / path).read_bytes() == new


def test_a_control_character_on_the_command_line_is_refused(tmp_path: Path) -> None:
    """What a source may not hold cannot come in by `--set` either."""
    with pytest.raises(ComposerError, match="bad-character"):
        workspace(tmp_path).compose("right", overrides=["name=\x1b[31m"])


def test_a_folder_that_is_not_there_is_no_workspace(tmp_path: Path) -> None:
    """Even where the folder above it is one."""
    workspace(tmp_path)
    with pytest.raises(ComposerError, match="there is no folder"):
        Workspace.open(tmp_path / "nowhere")


# --- where agents go --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("house", "shop", "expected"),
    [
        ("", "", ".claude/agents/greeter.md"),
        ("", "agents_dir: agents\n", "agents/greeter.md"),
        ("", "agents_dir: tools/agents/\n", "tools/agents/greeter.md"),
        ("", "agents_dir: .\n", "greeter.md"),
        ("agents_dir: agents\n", "", "agents/greeter.md"),
        ("agents_dir: agents\n", "agents_dir: .claude/agents\n", ".claude/agents/greeter.md"),
    ],
)
def test_a_profile_says_where_its_agents_go(tmp_path: Path, house: str, shop: str, expected: str) -> None:
    """It inherits the folder, and the descendant wins."""
    files = {
        "fragments/agents/greeter.md": AGENT,
        "profiles/house.yaml": f"abstract: true\n{house}vars: {{name: Ada}}\n",
        "profiles/shop.yaml": f"extends: [house]\n{shop}agents: {{greeter: {{}}}}\n",
    }
    Workspace.open(write_workspace(tmp_path, files)).build()
    assert [path.relative_to(tmp_path / "output/shop").as_posix() for path in (tmp_path / "output/shop").rglob("*.md")] == [expected]


def test_a_file_goes_along_to_another_folder(tmp_path: Path) -> None:
    """What the profile's agents were built to before is removed, as an output that nobody wants any more."""
    right = workspace(tmp_path)
    right.build("right")
    profile = tmp_path / "profiles/right.yaml"
    profile.write_text(f"agents_dir: agents\n{profile.read_text(encoding='utf-8')}", encoding="utf-8")
    Workspace.open(tmp_path).build("right")
    assert [path.relative_to(tmp_path / "output").as_posix() for path in (tmp_path / "output").rglob("*.md")] == ["right/agents/greeter.md"]
