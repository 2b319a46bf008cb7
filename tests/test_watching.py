"""`build --watch`: what a save leads to, what errors and half-saved files do not lead to, and how it ends."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic, sleep

import pytest
from builders import agent_file, write_workspace

from composer.cli import watching
from composer.cli.failure import INTERRUPTED, WRONG_INPUT
from composer.cli.file_changes import SourceChanges, is_of_sources
from composer.cli.front import main
from composer.cli.watching import MOST_RESTARTS
from composer.errors import ComposerError

FILES = {
    "fragments/rules.md": """
        - Say why {#why}
        - Be kind {#kind}
        """,
    "fragments/agents/dev.md": agent_file(
        """
        You build in a {{ tone }} tone. {#role}

        {% include "rules" %}
        """,
        about="code",
        variables="tone: {type: str, default: plain}",
    ),
    "fragments/agents/writer.md": agent_file("You write. {#role}\n", about="texts"),
    "profiles/shop.yaml": "agents: {dev: {}, writer: {}}\n",
    "profiles/bank.yaml": "agents: {dev: {}}\nvars: {tone: calm}\n",
}
SHOP = "output/shop/.claude/agents/dev.md"
BANK = "output/bank/.claude/agents/dev.md"

Action = Callable[[], object]


class Saves:
    """Changes by hand: each wait makes the next save; when there are no more, the user interrupts.

    ``meanwhile`` are saves that come while a build is under way, or while it waits for a file that is gone to come back.
    """

    def __init__(self, saves: Sequence[Action], meanwhile: Sequence[Action] = ()) -> None:
        self.saves = list(saves)
        self.meanwhile = list(meanwhile)
        self.graces: list[float] = []
        self.is_ended = False

    def wait(self, seconds: float | None) -> bool:
        if seconds is None:
            if not self.saves:
                raise KeyboardInterrupt
            self.saves.pop(0)()
            return True
        if seconds:
            self.graces.append(seconds)
        return self.are_due()

    def are_due(self) -> bool:
        if not self.meanwhile:
            return False
        self.meanwhile.pop(0)()
        return True

    def end(self) -> None:
        self.is_ended = True


Watch = Callable[..., tuple[str, str]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_workspace(tmp_path / "work", FILES)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def watch(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Watch]:
    """Run `build --watch` with these saves until the user interrupts; return what was printed, without the milliseconds."""

    def run(*saves: Action | Saves, words: Sequence[str] = ()) -> tuple[str, str]:
        changes = saves[0] if isinstance(saves[0], Saves) else Saves([one for one in saves if not isinstance(one, Saves)])

        def look(place: Path) -> Saves:
            assert place == root
            return changes

        monkeypatch.setattr(watching, "SourceChanges", look)
        monkeypatch.setattr(sys, "argv", ["agent-composer", "build", "--watch", *words])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == INTERRUPTED
        assert changes.is_ended
        out, err = capsys.readouterr()
        return re.sub(r"\(\d+ ms\)", "(N ms)", out), err

    yield run
    gc.unfreeze()
    gc.enable()


def save(path: str, old: str, new: str) -> Action:
    """Change a text in a file."""
    return lambda: Path(path).write_text(Path(path).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def put(path: str, text: str) -> Action:
    return lambda: Path(path).write_text(text, encoding="utf-8")


def test_a_save_writes_what_it_touches(watch: Watch) -> None:
    """It builds once, then each time a source is saved: the files that changed, and how long that took."""
    out, err = watch(save("profiles/bank.yaml", "calm", "warm"), save("fragments/rules.md", "kind", "fair"))
    assert out.splitlines() == [
        f"created    {BANK}",
        f"created    {SHOP}",
        "created    output/shop/.claude/agents/writer.md",
        "3 files: 3 created (N ms)",
        f"updated    {BANK}",
        "3 files: 1 updated, 2 unchanged (N ms)",
        f"updated    {BANK}",
        f"updated    {SHOP}",
        "3 files: 2 updated, 1 unchanged (N ms)",
    ]
    assert err == "watching fragments, profiles and agent-composer.yaml; Ctrl-C ends it\nno longer watching\n"
    assert "You build in a warm tone." in Path(BANK).read_text(encoding="utf-8")
    assert "- Be fair" in Path(SHOP).read_text(encoding="utf-8")


def test_a_mistake_leaves_the_outputs_as_they_were(watch: Watch) -> None:
    """What is wrong is told, nothing is written, and when it is mended that is told, too."""
    before: list[bytes] = []
    out, err = watch(
        save("fragments/rules.md", "Be kind", "Be {{ kind }}"),
        lambda: before.append(Path(SHOP).read_bytes()),
        save("fragments/rules.md", "Be {{ kind }}", "Be fair"),
    )
    assert b"Be kind" in before[0]
    assert "error[undeclared-variable]" in err
    assert err.count("nothing was written: waiting for the next change") == 1
    assert "all is fine again" in err
    assert "Be fair" in Path(SHOP).read_text(encoding="utf-8")
    assert out.splitlines()[-1] == "3 files: 2 updated, 1 unchanged (N ms)"


def test_a_file_that_an_editor_clears_first_removes_nothing(watch: Watch) -> None:
    """A source that is empty, or gone, for a moment is waited for: its outputs are not taken for left over."""
    text = "agents: {dev: {}}\nvars: {tone: warm}\n"
    for gone in (put("profiles/bank.yaml", ""), Path("profiles/bank.yaml").unlink):
        put("profiles/bank.yaml", FILES["profiles/bank.yaml"])()
        changes = Saves([])

        def begin(gone: Action = gone, changes: Saves = changes) -> None:
            gone()
            changes.meanwhile = [put("profiles/bank.yaml", text)]

        changes.saves = [begin]
        out, err = watch(changes)
        assert changes.graces == [watching.GRACE]
        assert "removed" not in out
        assert "error" not in err
        assert "warm" in Path(BANK).read_text(encoding="utf-8")


def test_a_profile_that_stays_away_takes_its_outputs_with_it(watch: Watch) -> None:
    """After the wait it is believed."""
    out, _ = watch(Path("profiles/bank.yaml").unlink)
    assert out.splitlines()[-2:] == [f"removed    {BANK}", "3 files: 1 removed, 2 unchanged (N ms)"]
    assert not Path(BANK).exists()


def test_what_is_saved_during_a_build_is_in_it(watch: Watch) -> None:
    """A build that is overtaken is begun anew: there is one answer, to the last save."""
    changes = Saves([])

    def begin() -> None:
        save("profiles/bank.yaml", "calm", "warm")()
        changes.meanwhile = [save("profiles/bank.yaml", "warm", "cold")]

    changes.saves = [begin]
    out, _ = watch(changes)
    assert out.splitlines()[-2:] == [f"updated    {BANK}", "3 files: 1 updated, 2 unchanged (N ms)"]
    assert "cold" in Path(BANK).read_text(encoding="utf-8")


def test_a_source_that_never_rests_is_built_all_the_same(watch: Watch) -> None:
    """A build is begun anew a few times, not for ever."""
    changes = Saves([])

    def begin() -> None:
        save("profiles/bank.yaml", "calm", "warm")()
        changes.meanwhile = [save("profiles/bank.yaml", "tone: w", "tone: ww")] * (MOST_RESTARTS * 4)

    changes.saves = [begin]
    out, _ = watch(changes)
    assert "3 files: 1 updated, 2 unchanged (N ms)" in out


def test_a_save_without_a_change_says_nothing(watch: Watch) -> None:
    """What an editor touches and does not change is no news."""
    out, _ = watch(Path("profiles/bank.yaml").touch, put("profiles/bank.yaml~", "agents: {}\n"))
    assert out.count("files:") == 1


def test_the_same_mistake_is_told_once(watch: Watch) -> None:
    """Until a source changes again, all about it was said."""
    _, err = watch(put("profiles/bank.yaml", "agents: [dev]\n"), Path("profiles/bank.yaml").touch)
    assert err.count("nothing was written") == 1


def test_an_edited_output_is_reported_and_left_alone(watch: Watch) -> None:
    """As a build does, and the watching goes on."""
    out, err = watch(
        lambda: Path(SHOP).write_text("mine\n", encoding="utf-8"),
        save("fragments/rules.md", "kind", "fair"),
        save("profiles/bank.yaml", "calm", "warm"),
    )
    assert f"edited     {SHOP}" in out
    assert "1 file is not as the tool wrote it, and was left alone" in err
    assert Path(SHOP).read_text(encoding="utf-8") == "mine\n"
    assert "warm" in Path(BANK).read_text(encoding="utf-8")


def test_a_new_fragment_and_a_new_profile_are_found(watch: Watch) -> None:
    """Files that come count as much as those that change."""
    out, _ = watch(put("profiles/new.yaml", "extends: [bank]\n"), put("fragments/other.md", "Unused.\n"))
    assert "created    output/new/.claude/agents/dev.md" in out


def test_the_answers_as_json_are_one_line_each(watch: Watch) -> None:
    """One document for each build, with what it changed; mistakes are documents, too."""
    out, _ = watch(
        save("profiles/bank.yaml", "calm", "warm"), put("profiles/bank.yaml", "agents: {nobody: {}}\n"), words=["--json", "--quiet"]
    )
    first, second, third = map(json.loads, out.splitlines())
    assert [len(first["files"]), first["ok"], second["ok"], third["ok"]] == [3, True, True, False]
    assert [file["path"] for file in second["files"]] == [BANK]
    assert second["counts"] == {"updated": 1, "unchanged": 2}
    assert isinstance(second["milliseconds"], int)
    assert third["diagnostics"][0]["code"] == "unknown-agent"


def test_quiet_tells_only_what_is_wrong(watch: Watch) -> None:
    """No line for what went well."""
    out, err = watch(save("profiles/bank.yaml", "calm", "warm"), put("profiles/bank.yaml", "agents: [dev]\n"), words=["--quiet"])
    assert out == ""
    assert err.startswith("profiles/bank.yaml:1:9: error[")
    assert "watching" not in err


def test_what_no_save_can_mend_ends_it(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A profile that is not there was mistyped."""
    monkeypatch.setattr(watching, "SourceChanges", lambda _: Saves([]))
    monkeypatch.setattr(sys, "argv", ["agent-composer", "build", "nosuch", "--watch", "-w", str(root)])
    with pytest.raises(SystemExit) as end:
        main()
    gc.enable()
    assert end.value.code == WRONG_INPUT
    assert "there is no profile `nosuch`" in capsys.readouterr().err


def test_the_stages_of_one_build_are_not_those_of_many(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both at once would give a table that nobody sees."""
    monkeypatch.setattr(sys, "argv", ["agent-composer", "build", "--profile-stages", "--watch", "-w", str(root)])
    with pytest.raises(SystemExit) as end:
        main()
    gc.enable()
    assert end.value.code == WRONG_INPUT
    assert "`--watch` and `--profile-stages` do not go together" in capsys.readouterr().err


def test_it_watches_for_one_profile_with_values_into_a_project(watch: Watch, tmp_path: Path) -> None:
    """What narrows a build down narrows every one of them."""
    project = tmp_path / "project"
    project.mkdir()
    out, _ = watch(save("fragments/rules.md", "kind", "fair"), words=["shop", "--set", "tone=warm", "--into", str(project)])
    written = (project / ".claude/agents/dev.md").read_text(encoding="utf-8")
    assert "a warm tone" in written
    assert "Be fair" in written
    assert not Path("output").exists()
    assert out.splitlines()[-1] == "2 files: 1 updated, 1 unchanged (N ms)"


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("fragments/agents/dev.md", True),
        ("profiles/shop.yaml", True),
        ("fragments", True),
        ("agent-composer.yaml", True),
        ("agent-composer.lock", False),
        (".agent-composer.journal", False),
        (".agent-composer.cache/settled-1", False),
        ("output/shop/.claude/agents/dev.md", False),
        ("fragments/.dev.md.swp", False),
        (".git/index", False),
        (".", False),
    ],
)
def test_only_sources_are_listened_to(path: str, is_one: bool) -> None:  # noqa: FBT001 - a table
    """What the tool writes itself, and what no build reads, starts none."""
    assert is_of_sources(path) is is_one


def until(condition: Callable[[], bool]) -> None:
    """Wait, as long as it takes on a slow machine."""
    deadline = monotonic() + 120
    while not condition():
        assert monotonic() < deadline, "it never came"
        sleep(0.02)


# --- the system's notices ---------------------------------------------------------------------------------------------


def test_a_system_that_gives_no_notice_is_an_error(root: Path) -> None:
    """Nobody should wait for what never comes: `cannot-watch` says why, and what else there is."""
    changes = SourceChanges(root / "nowhere")
    with pytest.raises(ComposerError) as caught:
        changes.wait(60)
    assert [found.code for found in caught.value.diagnostics] == ["cannot-watch"]
    changes.end()


# --- in earnest -------------------------------------------------------------------------------------------------------


def holds(path: Path, text: str) -> bool:
    return path.is_file() and text in path.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="a process is interrupted in another way there")
def test_the_process_sees_saves_and_ends_when_interrupted(root: Path, tmp_path: Path) -> None:
    """Started, saved to in the ways of editors, in a folder that comes anew, and interrupted: exit code 130."""
    log = tmp_path / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-m", "composer", "build", "--watch", "-w", str(root)], stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: "watching" in log.read_text(encoding="utf-8"))
        (root / "profiles/bank.yaml").write_text("agents: {dev: {}}\nvars: {tone: warm}\n", encoding="utf-8")
        until(lambda: holds(root / BANK, "a warm tone"))
        new = root / "profiles/.bank.yaml.tmp"
        new.write_text("agents: {dev: {}}\nvars: {tone: cold}\n", encoding="utf-8")
        new.replace(root / "profiles/bank.yaml")
        until(lambda: holds(root / BANK, "a cold tone"))
        (root / "profiles").rename(root / "elsewhere")
        (root / "elsewhere").rename(root / "profiles")
        save(str(root / "profiles/bank.yaml"), "cold", "mild")()
        until(lambda: holds(root / BANK, "a mild tone"))
        (root / "fragments/more").mkdir()
        (root / "fragments/more/rules.md").write_text("- Be brief {#brief}\n", encoding="utf-8")
        save(str(root / "fragments/agents/dev.md"), "rules", "more/rules")()
        until(lambda: holds(root / BANK, "Be brief"))
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
    assert code == INTERRUPTED
    assert log.read_text(encoding="utf-8").endswith("no longer watching\n")
