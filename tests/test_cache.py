"""What is kept between runs: it is believed only if every byte is the same, and nobody notices it but by the time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from builders import write_workspace

from composer.cache.composed import find_composed
from composer.cache.evidence import Evidence, digest
from composer.cache.folder import FOLDER, write_record
from composer.cache.settled import Settled, find_settled, keep_settled
from composer.workspace import Workspace

FILES = {
    "agent-composer.yaml": "output: output\n",
    "fragments/agents/dev.md": "---\nagent:\n  description: |\n    Use it.\n---\nBe kind.\n",
    "fragments/notes.txt": "nothing that is read\n",
    "profiles/shop.yaml": "agents: {dev: {}}\n",
}
OUTPUT = "output/shop/.claude/agents/dev.md"
QUESTION = ("check",)


@pytest.fixture
def root(tmp_path: Path) -> str:
    """A workspace in which everything is in order, and known to be."""
    folder = write_workspace(tmp_path / "work", FILES)
    settle(folder)
    assert find_settled(str(folder), QUESTION)
    return str(folder)


def settle(folder: Path) -> None:
    workspace = Workspace.open(folder)
    workspace.evidence = Evidence()
    workspace.build()
    keep_settled(str(folder), [QUESTION], workspace.evidence, Settled(1))


@pytest.mark.parametrize("remarks", ["", "warning: one\n\n1 warning\n", "\n", "ä\r\nö"])
def test_what_was_in_order_is_known_to_be(root: str, remarks: str) -> None:
    """As often as it is asked, with what was told of it."""
    workspace = Workspace.open(root)
    workspace.evidence = Evidence()
    workspace.check()
    keep_settled(root, [QUESTION], workspace.evidence, Settled(7, remarks))
    for _ in range(2):
        found = find_settled(root, QUESTION)
        assert found is not None
        assert (found.outputs, found.remarks) == (7, remarks)


def test_another_question_has_no_answer(root: str) -> None:
    """What is known of all profiles says nothing of one."""
    assert find_settled(root, ("check", "shop")) is None


@pytest.mark.parametrize("path", [*FILES, OUTPUT, "agent-composer.lock"])
def test_a_changed_byte_is_seen_whatever_the_clock_says(root: str, path: str) -> None:
    """Size and times of a file are the same, its bytes are not; that a file which is never read says something else matters nothing."""
    place = Path(root, path)
    before, content = place.stat(), place.read_bytes()
    place.write_bytes(content[:-1] + b"#")
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (find_settled(root, QUESTION) is None) == (path != "fragments/notes.txt")
    place.write_bytes(content)
    assert find_settled(root, QUESTION)


@pytest.mark.parametrize("path", [*FILES, OUTPUT, "agent-composer.lock"])
def test_a_missing_file_is_seen(root: str, path: str) -> None:
    """One that was never read, too."""
    Path(root, path).unlink()
    assert find_settled(root, QUESTION) is None


@pytest.mark.parametrize(
    "path", ["fragments/new.md", "profiles/new.yaml", "profiles/deep/new.txt", "agent-composer.yml", ".agent-composer.journal"]
)
def test_a_new_file_is_seen(root: str, path: str) -> None:
    """A source, a file that would be told to have the wrong name, and what a run that was cut short leaves."""
    place = Path(root, path)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"")
    assert find_settled(root, QUESTION) is None


@pytest.mark.parametrize("path", ["fragments/agents/dev.md", "fragments", OUTPUT, "output/shop", FOLDER])
def test_a_link_gets_a_closer_look(root: str, tmp_path: Path, path: str) -> None:
    """Even where it leads to the same bytes."""
    place = Path(root, path)
    shutil.move(place, tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")
    assert find_settled(root, QUESTION) is None


def test_an_output_that_comes_back_is_seen(root: str) -> None:
    """The lock names a file of a profile that is gone, and so is the file. When it is there again, it is left over."""
    Path(root, "profiles/bank.yaml").write_bytes(b"agents: {dev: {}}\n")
    Workspace.open(root).build()
    Path(root, "profiles/bank.yaml").unlink()
    left_over = Path(root, "output/bank/.claude/agents/dev.md")
    content = left_over.read_bytes()
    left_over.unlink()
    workspace = Workspace.open(root)
    workspace.evidence = Evidence()
    assert workspace.check().differences == ()
    keep_settled(root, [QUESTION], workspace.evidence, Settled(1))
    assert find_settled(root, QUESTION)
    left_over.parent.mkdir(exist_ok=True, parents=True)
    left_over.write_bytes(content)
    assert find_settled(root, QUESTION) is None
    assert [found.path for found in Workspace.open(root).check().differences] == ["output/bank/.claude/agents/dev.md"]


def test_what_no_run_looks_at_may_change(root: str) -> None:
    """Hidden files, and files beside the sources."""
    for path in ("README.md", "fragments/.hidden", "output/other.md"):
        Path(root, path).write_bytes(b"x")
    assert find_settled(root, QUESTION)


def test_a_damaged_record_is_no_record(root: str) -> None:
    """Cut off anywhere, or with any byte changed, it is as if it were not there."""
    (record,) = Path(root, FOLDER).glob("settled-*")
    content = record.read_bytes()
    for position in range(len(content)):
        record.write_bytes(content[:position])
        assert find_settled(root, QUESTION) is None, position
        record.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        assert find_settled(root, QUESTION) is None, position
    record.write_bytes(content)
    assert find_settled(root, QUESTION)


def test_another_version_of_the_program_looks_anew(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one version found is nothing to the next."""
    package = Path(root).parent / "package"
    package.mkdir()
    (package / "module.py").write_bytes(b"")
    monkeypatch.setattr("composer.cache.folder._PACKAGE", str(package))
    assert find_settled(root, QUESTION) is None


def test_the_folder_is_ignored_by_git(root: str) -> None:
    """It says so itself: nobody has to list it."""
    assert Path(root, FOLDER, ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_the_folder_does_not_grow_for_ever(root: str) -> None:
    """Too many questions make it begin anew."""
    evidence = Evidence()
    for number in range(200):
        keep_settled(root, [(str(number),)], evidence, Settled(1))
    assert len(list(Path(root, FOLDER).iterdir())) < 100


def test_nothing_is_written_where_nothing_can_be(root: str) -> None:
    """A file in the folder's place stays, and nobody is told."""
    shutil.rmtree(Path(root, FOLDER))
    Path(root, FOLDER).write_bytes(b"mine")
    keep_settled(root, [QUESTION], Evidence(), Settled(1))
    assert Path(root, FOLDER).read_bytes() == b"mine"
    assert find_settled(root, QUESTION) is None


def test_a_link_in_the_folders_place_is_not_followed(root: str, tmp_path: Path) -> None:
    """Nothing is written where it leads."""
    shutil.rmtree(Path(root, FOLDER))
    (tmp_path / "elsewhere").mkdir()
    Path(root, FOLDER).symlink_to(tmp_path / "elsewhere")
    keep_settled(root, [QUESTION], Evidence(), Settled(1))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_name_with_a_line_break_is_not_kept(root: str) -> None:
    """The record has a line for each name."""
    evidence = Evidence()
    evidence.read("fragments/a\nb.md", b"")
    keep_settled(root, [("break",)], evidence, Settled(1))
    assert find_settled(root, ("break",)) is None


def test_what_agents_came_to_is_kept_beside_it(root: str) -> None:
    """With digests, and without any text."""
    ((profile, known),) = find_composed(root).items()
    ((name, agent),) = known.agents.items()
    assert (profile, name) == ("shop", "dev")
    assert (agent.path, agent.content) == (".claude/agents/dev.md", digest(Path(root, OUTPUT).read_bytes()))
    assert "kind" not in Path(root, FOLDER, "composed").read_text(encoding="utf-8")


def test_a_damaged_record_of_agents_is_no_record(root: str) -> None:
    """Cut off anywhere, or with any byte changed."""
    record = Path(root, FOLDER, "composed")
    content = record.read_bytes()
    for position in range(len(content)):
        record.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        assert find_composed(root) == {}, position
        record.write_bytes(content[:position])
        assert find_composed(root) == {}, position


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "[[1, 2]]", '[["a", "b", "c", "d", "e", 1]]', '[["a", "b", "c", "d", "e", [1, 2, 3]]]', "[" * 9999]
)
def test_a_record_of_agents_that_no_run_writes_is_no_record(root: str, text: str) -> None:
    """Even if its digest is right."""
    write_record(root, "composed", text)
    assert find_composed(root) == {}


def test_profiles_that_are_gone_are_forgotten(root: str) -> None:
    """And those that a run was not asked for are not."""
    Path(root, "profiles/bank.yaml").write_bytes(b"agents: {dev: {}}\n")
    settle(Path(root))
    workspace = Workspace.open(root)
    workspace.evidence = Evidence()
    Path(root, "fragments/agents/dev.md").write_bytes(FILES["fragments/agents/dev.md"].replace("kind", "calm").encode())
    before = find_composed(root)
    workspace.build("shop")
    after = find_composed(root)
    assert after["bank"] == before["bank"]
    assert after["shop"] != before["shop"]
    Path(root, "profiles/bank.yaml").unlink()
    settle(Path(root))
    assert list(find_composed(root)) == ["shop"]
