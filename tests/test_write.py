"""Writing: what is there decides, nothing of the user's is lost, and the lock tells what came to be."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import output_file as output

from composer.errors import Diagnostics
from composer.files.lock import content_digest
from composer.model.outputs import FileResult, OutputFile
from composer.stages.write import Destination, DiskDestination, DryRunDestination, WriteScope, write_files

PATH = "output/shop/.claude/agents/tester.md"
LOCK = "agent-composer.lock"
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
needs_rights = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is unwritable for this user")


class Workspace:
    """A folder to build into, and short ways to look at it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.diagnostics = Diagnostics()

    def build(
        self, *files: OutputFile, scope: WriteScope | None = None, overwrite: bool = False, to: Destination | None = None
    ) -> dict[str, str]:
        """Write files; return the action by path."""
        self.diagnostics = Diagnostics()
        scope = scope or WriteScope(frozenset({"shop"}))
        destination = to or DiskDestination(self.root)
        results = write_files(files, destination, scope, self.diagnostics, overwrite=overwrite)
        self.results: tuple[FileResult, ...] = results
        return {result.path: result.action.value for result in results}

    @property
    def codes(self) -> list[str]:
        return [found.code for found in self.diagnostics]

    @property
    def tree(self) -> dict[str, str]:
        """Every file but the lock, with its text."""
        files = (path for path in self.root.rglob("*") if path.is_file() and path.name != LOCK)
        return {path.relative_to(self.root).as_posix(): path.read_bytes().decode() for path in files}

    @property
    def everything(self) -> dict[str, str]:
        """Every file, also the lock and what begins with a dot."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes().decode() for path in files}

    @property
    def locked(self) -> list[str]:
        """The lines of the lock without its comment."""
        return (self.root / LOCK).read_text(encoding="utf-8").splitlines()[1:]

    def put(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def line(text: str, path: str = PATH, profile: str = "shop") -> str:
    return f"output {path} {profile} {content_digest(text.encode())}"


# --- Compare ----------------------------------------------------------------------------------------------------------


def test_created_then_unchanged_then_updated(workspace: Workspace) -> None:
    """A file is made, left while it is right, and replaced when the sources have changed."""
    assert workspace.build(output("a\n")) == {PATH: "created"}
    assert workspace.build(output("a\n")) == {PATH: "unchanged"}
    assert workspace.build(output("b\n")) == {PATH: "updated"}
    assert workspace.tree == {PATH: "b\n"}
    assert workspace.locked == [line("b\n")]
    assert workspace.codes == []


def test_unchanged_touches_nothing(workspace: Workspace) -> None:
    """A second build writes neither file nor lock."""
    workspace.build(output("a\n"))
    for path in (PATH, LOCK):
        os.utime(workspace.root / path, (1, 1))
    workspace.build(output("a\n"))
    assert {(workspace.root / path).stat().st_mtime for path in (PATH, LOCK)} == {1}


def test_deleted_file_is_made_again(workspace: Workspace) -> None:
    """What the user deleted comes back: the sources still ask for it."""
    workspace.build(output("a\n"))
    (workspace.root / PATH).unlink()
    assert workspace.build(output("a\n")) == {PATH: "created"}


def test_identical_file_is_adopted(workspace: Workspace) -> None:
    """A file that is right already counts as ours from then on, also with other line ends."""
    workspace.put(PATH, "\ufeffa\r\nb\r\n")
    assert workspace.build(output("a\nb\n")) == {PATH: "unchanged"}
    assert workspace.locked == [line("a\nb\n")]
    assert workspace.tree == {PATH: "\ufeffa\r\nb\r\n"}
    assert workspace.build(output("c\n")) == {PATH: "updated"}


def test_edited_file_stays(workspace: Workspace) -> None:
    """A hand edit is told and left alone, and the lock keeps what we wrote, so that it is still an edit next time."""
    workspace.build(output("a\n"))
    workspace.put(PATH, "mine\n")
    for _ in range(2):
        assert workspace.build(output("b\n")) == {PATH: "edited"}
    assert workspace.tree == {PATH: "mine\n"}
    assert workspace.locked == [line("a\n")]
    assert workspace.results[0].is_conflict


def test_foreign_file_stays(workspace: Workspace) -> None:
    """A file that we never wrote is told and left alone, and is not in the lock."""
    workspace.put(PATH, "theirs\n")
    assert workspace.build(output("b\n")) == {PATH: "foreign"}
    assert workspace.tree == {PATH: "theirs\n"}
    assert not (workspace.root / LOCK).exists()


def test_overwrite_keeps_a_copy(workspace: Workspace) -> None:
    """Told to overwrite, the tool keeps what was there under a name of its own, each time another."""
    workspace.put(PATH, "one\n")
    assert workspace.build(output("a\n"), overwrite=True) == {PATH: "updated"}
    workspace.put(PATH, "two\n")
    assert workspace.build(output("a\n"), overwrite=True) == {PATH: "updated"}
    assert workspace.results[0].copy == f"{PATH}.orig.1"
    assert workspace.tree == {PATH: "a\n", f"{PATH}.orig": "one\n", f"{PATH}.orig.1": "two\n"}
    assert workspace.locked == [line("a\n")]


def test_overwrite_copies_only_what_is_not_ours(workspace: Workspace) -> None:
    """A file that is as it was written needs no copy."""
    workspace.build(output("a\n"))
    workspace.build(output("b\n"), overwrite=True)
    assert workspace.tree == {PATH: "b\n"}


def test_digest_of_either_side_of_a_merge(workspace: Workspace) -> None:
    """With conflict marks in the lock, a file as either branch wrote it is ours."""
    workspace.put(PATH, "theirs\n")
    workspace.put(LOCK, "\n".join(["<<<<<<< a", line("ours\n"), "=======", line("theirs\n"), ">>>>>>> b", ""]))
    assert workspace.build(output("merged\n")) == {PATH: "updated"}
    assert workspace.locked == [line("merged\n")]


def test_hand_edited_lock(workspace: Workspace) -> None:
    """A line that cannot be read is a warning, and lines of other kinds stay."""
    workspace.put(LOCK, "\n".join(["news 1 2", line("a\n"), ""]))
    workspace.put(PATH, "a\n")
    assert workspace.build(output("b\n")) == {PATH: "updated"}
    assert workspace.codes == []
    assert workspace.locked == ["news 1 2", line("b\n")]
    workspace.put(LOCK, "output nonsense\n")
    assert workspace.build(output("b\n")) == {PATH: "unchanged"}
    assert workspace.codes == ["unreadable-lock-line"]


def test_lock_with_other_line_ends_is_not_rewritten(workspace: Workspace) -> None:
    """A checkout with carriage returns is no reason to touch the lock."""
    workspace.build(output("a\n"))
    content = (workspace.root / LOCK).read_bytes().replace(b"\n", b"\r\n")
    (workspace.root / LOCK).write_bytes(content)
    workspace.build(output("a\n"))
    assert (workspace.root / LOCK).read_bytes() == content


# --- Left over --------------------------------------------------------------------------------------------------------


def test_left_over_file_goes(workspace: Workspace) -> None:
    """An output that is no longer made is removed, and the folders that it leaves empty, up to the output folder."""
    workspace.build(output("a\n"), output("b\n", "other"))
    assert workspace.build(output("a\n")) == {PATH: "unchanged", PATH.replace("tester", "other"): "removed"}
    assert workspace.build() == {PATH: "removed"}
    assert workspace.tree == {}
    assert list((workspace.root / "output").iterdir()) == []
    assert workspace.locked == []


def test_left_over_file_with_neighbours(workspace: Workspace) -> None:
    """A folder that holds anything else stays."""
    workspace.build(output("a\n"))
    workspace.put("output/shop/.claude/settings.json", "{}")
    workspace.build()
    assert workspace.tree == {"output/shop/.claude/settings.json": "{}"}
    assert not (workspace.root / "output/shop/.claude/agents").exists()


def test_left_over_edited_file_stays(workspace: Workspace) -> None:
    """A hand edit of an output that is no longer made is told and stays, even when told to overwrite."""
    workspace.build(output("a\n"))
    workspace.put(PATH, "mine\n")
    for overwrite in (False, True):
        assert workspace.build(overwrite=overwrite) == {PATH: "edited"}
    assert workspace.locked == [line("a\n")]
    (workspace.root / PATH).unlink()
    assert workspace.build() == {}
    assert workspace.locked == []


def test_other_profiles_are_out_of_scope(workspace: Workspace) -> None:
    """Building one profile leaves the others; building all removes what a lost profile left."""
    old = PATH.replace("shop", "old")
    both = WriteScope(frozenset({"shop", "old"}))
    workspace.build(output("a\n"), output("b\n", profile="old"), scope=both)
    assert workspace.build(output("a\n")) == {PATH: "unchanged"}
    assert old in workspace.tree
    everything = WriteScope(frozenset({"shop"}), is_whole=True)
    assert workspace.build(output("a\n"), scope=everything) == {old: "removed", PATH: "unchanged"}
    assert not (workspace.root / "output/old").exists()


def test_left_over_path_that_became_a_folder(workspace: Workspace) -> None:
    """Where a folder stands now, our file is gone, and the lock forgets it."""
    workspace.build(output("a\n"))
    (workspace.root / PATH).unlink()
    (workspace.root / PATH).mkdir()
    assert workspace.build() == {}
    assert (workspace.codes, workspace.locked) == ([], [])


def test_names_that_differ_in_case_alone(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `Shop` and `shop` are one folder, a renamed profile's file is not removed as left over."""
    workspace.build(output("a\n", profile="Shop"), scope=WriteScope(frozenset({"Shop"})))
    old = PATH.replace("shop", "Shop")
    scope = WriteScope(frozenset({"shop"}), is_whole=True)
    if not (workspace.root / PATH).exists():
        monkeypatch.setattr(DiskDestination, "is_same_file", lambda *_: True)
        workspace.put(PATH, "a\n")
    assert workspace.build(output("a\n"), scope=scope) == {PATH: "unchanged"}
    assert (workspace.root / old).exists()
    assert workspace.locked == [line("a\n")]


# --- Where ------------------------------------------------------------------------------------------------------------


def test_into_a_project(workspace: Workspace) -> None:
    """Straight into a project, paths have no prefix, and the lock is hidden; the project's own files stay."""
    workspace.put(".claude/agents/own.md", "own\n")
    path = ".claude/agents/tester.md"
    scope = WriteScope.into(["shop"])
    assert workspace.build(output("a\n"), scope=scope) == {path: "created"}
    assert (workspace.root / ".agent-composer.lock").read_text(encoding="utf-8").endswith(line("a\n", path) + "\n")
    assert workspace.build(scope=scope) == {path: "removed"}
    assert (workspace.root / ".claude/agents/own.md").exists()


def test_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The folder is made, and outlives the last file."""
    workspace = Workspace(tmp_path / "new" / "er")
    scope = WriteScope.into(["shop"])
    workspace.build(output("a\n"), scope=scope)
    workspace.build(scope=scope)
    assert [path.name for path in workspace.root.iterdir()] == [".agent-composer.lock"]


def test_two_profiles_into_one_root(workspace: Workspace) -> None:
    """Two profiles that meet in one path are an error, and nothing is written."""
    assert workspace.build(output("a\n"), output("b\n", profile="old"), scope=WriteScope.into(["shop", "old"])) == {}
    assert (workspace.codes, workspace.tree) == (["duplicate-output"], {})


def test_dry_run_changes_nothing(workspace: Workspace) -> None:
    """A dry run tells what a build would do, and leaves the disk as it is."""
    workspace.build(output("a\n"), output("x\n", "gone"), output("y\n", "hand"))
    workspace.put(PATH.replace("tester", "hand"), "mine\n")
    before = workspace.tree, workspace.locked
    files = output("b\n"), output("new\n", "new"), output("z\n", "hand")
    told = workspace.build(*files, overwrite=True, to=DryRunDestination(workspace.root))
    copies = [result.copy for result in workspace.results if result.copy]
    assert (workspace.tree, workspace.locked) == before
    assert sorted(told.values()) == ["created", "removed", "updated", "updated"]
    assert workspace.build(*files, overwrite=True) == told
    assert copies == [result.copy for result in workspace.results if result.copy]


def test_dry_run_sees_its_own_changes(workspace: Workspace) -> None:
    """Two builds into one dry run are as two builds."""
    dry = DryRunDestination(workspace.root)
    assert workspace.build(output("a\n"), to=dry) == {PATH: "created"}
    assert workspace.build(output("b\n"), to=dry) == {PATH: "updated"}
    assert workspace.build(to=dry) == {PATH: "removed"}
    assert workspace.tree == {}


# --- What can go wrong ------------------------------------------------------------------------------------------------


@needs_links
@pytest.mark.parametrize("link", ["output", "output/shop", "output/shop/.claude/agents", PATH])
def test_link_that_leads_out(tmp_path: Path, link: str) -> None:
    """A link to elsewhere, anywhere on the way, is an error, and nothing at all is written."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("theirs\n", encoding="utf-8")
    workspace = Workspace(tmp_path / "root")
    place = workspace.root / link
    place.parent.mkdir(parents=True)
    place.symlink_to(outside / "file" if link == PATH else outside)
    assert workspace.build(output("a\n"), output("b\n", profile="also"), overwrite=True) == {}
    assert set(workspace.codes) == {"leaves-workspace"}
    assert [path.name for path in outside.iterdir()] == ["file"]
    assert (outside / "file").read_text(encoding="utf-8") == "theirs\n"


@needs_links
def test_link_that_stays_inside(workspace: Workspace) -> None:
    """A link within the root is followed, and stays a link."""
    (workspace.root / "real").mkdir()
    (workspace.root / "output").symlink_to("real")
    assert workspace.build(output("a\n")) == {PATH: "created"}
    assert (workspace.root / PATH.replace("output", "real")).exists()
    (workspace.root / PATH).rename(workspace.root / "real.md")
    (workspace.root / PATH).symlink_to(workspace.root / "real.md")
    assert workspace.build(output("b\n")) == {PATH: "updated"}
    assert (workspace.root / PATH).is_symlink()
    assert (workspace.root / "real.md").read_text(encoding="utf-8") == "b\n"
    workspace.build()
    assert (workspace.root / "real.md").exists()
    assert (workspace.root / "output").is_symlink()


def test_output_folder_outside(workspace: Workspace) -> None:
    """An output folder that is configured outside the root is refused."""
    inner = Workspace(workspace.root / "inner")
    for folder in ("../elsewhere", str(workspace.root / "elsewhere")):
        assert inner.build(output("a\n"), scope=WriteScope(frozenset({"shop"}), folder)) == {}
        assert inner.codes == ["leaves-workspace"]
    assert workspace.tree == {}


def test_folder_where_a_file_should_be(workspace: Workspace) -> None:
    """A folder in the file's place is an error, and the other files wait too."""
    (workspace.root / PATH).mkdir(parents=True)
    assert workspace.build(output("a\n"), output("b\n", "other"), overwrite=True) == {}
    assert (workspace.codes, workspace.tree) == (["not-a-file"], {})


def test_file_where_a_folder_should_be(workspace: Workspace) -> None:
    """A file in a folder's place is an error, however far up."""
    workspace.put("output/shop", "x")
    assert workspace.build(output("a\n")) == {}
    assert workspace.codes == ["not-a-folder"]


def test_lock_that_is_a_folder(workspace: Workspace) -> None:
    """A lock that cannot be read stops the run: without it nobody's work is safe."""
    (workspace.root / LOCK).mkdir()
    assert workspace.build(output("a\n")) == {}
    assert (workspace.codes, workspace.tree) == (["not-a-file"], {})


@needs_rights
def test_unwritable_folder(workspace: Workspace) -> None:
    """If a file cannot be written, it is told with a way out, and none of the others is written either."""
    workspace.build(output("a\n"), output("a\n", profile="old"), scope=WriteScope(frozenset({"shop", "old"})))
    folder = (workspace.root / PATH).parent
    folder.chmod(0o555)
    try:
        files = output("b\n"), output("b\n", profile="old")
        done = workspace.build(*files, scope=WriteScope(frozenset({"shop", "old"})))
    finally:
        folder.chmod(0o755)
    assert done == {}
    assert set(workspace.tree.values()) == {"a\n"}
    assert workspace.codes == ["cannot-write"]


def failing(monkeypatch: pytest.MonkeyPatch, name: str, number: int, when: Callable[[str], bool]) -> None:
    """Let a function of the system fail for the paths that are told."""
    real = getattr(os, name)

    def fail(path: str | Path, *arguments: object, **options: object) -> object:
        if when(Path(path).as_posix()):
            raise OSError(number, os.strerror(number))
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, name, fail)


def test_failure_half_way(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """If one file fails, those that were written before it go back, the lock stays, and no temporary file does."""
    workspace.build(output("a\n"), output("a\n", "other"))
    before = workspace.everything
    failing(monkeypatch, "replace", errno.EACCES, lambda path: ".tester.md." in path)
    assert workspace.build(output("b\n", "other"), output("b\n"), output("new\n", "new", "shop")) == {}
    assert workspace.everything == before
    (error,) = workspace.diagnostics
    assert (error.code, error.location.path) == ("cannot-write", PATH)
    assert "give yourself the right" in error.hint


def test_full_disk_stops_the_run(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is told once, not once for each file."""
    failing(monkeypatch, "replace", errno.ENOSPC, lambda _: True)
    assert workspace.build(output("a\n"), output("a\n", "other")) == {}
    assert workspace.codes == ["cannot-write"]
    assert workspace.everything == {}
    assert "make room" in next(iter(workspace.diagnostics)).hint


def test_lock_that_cannot_be_written(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a lock that tells of them, no files are written."""
    failing(monkeypatch, "replace", errno.EIO, lambda path: f".{LOCK}." in path)
    assert workspace.build(output("a\n")) == {}
    assert workspace.codes == ["cannot-write"]
    assert workspace.everything == {}


def test_unreadable_and_unremovable(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that can be neither read nor removed are told by name."""
    workspace.build(output("a\n"))
    real = os.open

    def fail(path: Path | str, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith("/tester.md"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", fail)
    assert workspace.build(output("b\n")) == {}
    assert workspace.codes == ["cannot-read"]
    assert workspace.build() == {}
    assert workspace.codes == ["cannot-read"]
    monkeypatch.undo()
    failing(monkeypatch, "unlink", errno.EPERM, lambda path: path.endswith("/tester.md"))
    assert workspace.build() == {}
    assert workspace.codes == ["cannot-remove"]
    assert workspace.locked == [line("a\n")]


def test_copy_that_fails_leaves_no_half(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the copy of a foreign file cannot be made, the file is not overwritten."""
    workspace.put(PATH, "theirs\n")
    real = os.open

    def fail(path: Path, flags: int, mode: int = 0o777) -> int:
        if ".orig." in str(path):
            raise OSError(errno.ENOSPC, "full")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", fail)
    assert workspace.build(output("a\n"), overwrite=True) == {}
    assert workspace.codes == ["cannot-write"]
    assert workspace.everything == {PATH: "theirs\n"}


def test_write_that_breaks_off_leaves_no_half(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk is full in the middle of a file, no part of it stays; the system may also take a content in parts."""
    real, room = os.write, [1000]

    def write(handle: int, content: memoryview) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "full")
        written = real(handle, content[: min(room[0], 100)])
        room[0] -= written
        return written

    monkeypatch.setattr(os, "write", write)
    assert workspace.build(*(output("a\n" * 50, name) for name in ("one", "two"))) == {}
    assert workspace.codes == ["cannot-write"]
    assert workspace.everything == {}
    room[0] = 10_000
    assert set(workspace.build(*(output("a\n" * 50, name) for name in ("one", "two"))).values()) == {"created"}
    assert set(workspace.tree.values()) == {"a\n" * 50}


def test_same_file(workspace: Workspace) -> None:
    """Two paths are one file where the system says so, and never where one is missing."""
    workspace.put("a", "")
    workspace.put("b", "")
    for destination in (DiskDestination(workspace.root), DryRunDestination(workspace.root)):
        assert [destination.is_same_file("a", other) for other in ("./a", "b", "c")] == [True, False, False]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_permissions(workspace: Workspace) -> None:
    """New files get what the user's mask leaves, and existing ones keep what they have."""
    mask = os.umask(0o027)
    try:
        workspace.build(output("a\n"))
        assert stat.S_IMODE((workspace.root / PATH).stat().st_mode) == 0o640
        (workspace.root / PATH).chmod(0o604)
        workspace.build(output("b\n"))
    finally:
        os.umask(mask)
    assert stat.S_IMODE((workspace.root / PATH).stat().st_mode) == 0o604


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit on Windows")
def test_many_files_are_replaced_by_a_process_that_may_open_few(tmp_path: Path) -> None:
    """Replaced files are let go together, but not all of a large build at once: some systems let a process open no more than 256."""
    import resource  # noqa: PLC0415 - not there on Windows

    workspace = Workspace(tmp_path)
    workspace.build(*(output("old\n", f"tester-{number}") for number in range(300)))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(200, soft), hard))
    try:
        actions = workspace.build(*(output("new\n", f"tester-{number}") for number in range(300)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert list(actions.values()) == ["updated"] * 300
