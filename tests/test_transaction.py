"""Transactions: all changes or none, whatever happens in the middle, and nothing of the user's is lost on the way."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import sleep

import pytest
from builders import output_file
from crash_points import COMMANDS, FOLDER, SCENARIOS, Bench, CommandBench, Point, Scenario, tree_of

from composer.errors import Diagnostics
from composer.files.destination import Destination, DiskDestination, DryRunDestination
from composer.files.disk_errors import commit_changes, hold_and_repair
from composer.files.exclusive import BusyError, hold
from composer.files.freeing import Freeing
from composer.files.journal import JOURNAL_NAME, BadJournalError, Change, Journal, parse_journal, print_journal
from composer.files.transaction import TransactionError
from composer.stages.write import WriteScope, write_files

SCOPE = WriteScope(frozenset({"shop"}))
PATH = f"{FOLDER}/tester.md"
posix = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed")
root_only = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs to become another user, or to mount")

OLD, NEW = {"a/one": b"one", "a/two": b"two", "a/gone": b"gone", "z": b"z"}, {"a/one": b"ONE", "a/two": b"TWO", "b/new": b"new", "z": b"Z"}
CHANGES = [Change(path, OLD.get(path), NEW.get(path)) for path in ("a/one", "b/new", "a/gone", "a/two", "z")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, content in OLD.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def files_of(root: Path) -> dict[str, bytes]:
    return {path: content for path, content in tree_of(root).items() if not path.endswith("/")}


def repaired(destination: Destination, may_write: Callable[[str], bool] = lambda _: True) -> tuple[bool, Diagnostics]:
    """End what a run before has left; return whether it could be, and what is told."""
    found = Diagnostics()
    with hold_and_repair(destination, may_write, found) as is_ready:
        return is_ready, found


def never(_: int) -> bool:
    """Do not wait for another run."""
    return False


def patient(_: int) -> bool:
    """Wait as long as it takes."""
    sleep(0.01)
    return True


def codes(found: Diagnostics) -> list[str]:
    return [one.code for one in found]


# --- All or nothing ---------------------------------------------------------------------------------------------------


def test_all_changes_are_made(root: Path) -> None:
    """Files are made, replaced and removed, and nothing else is left."""
    DiskDestination(root).commit(CHANGES)
    assert files_of(root) == NEW


def test_a_system_that_takes_and_gives_less_than_it_is_asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read and written whole, in as many pieces as it takes."""
    read, write = os.read, os.write
    monkeypatch.setattr(os, "read", lambda handle, size: read(handle, min(size, 2)))
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:2]))
    DiskDestination(root).commit(CHANGES)
    monkeypatch.undo()
    assert files_of(root) == NEW


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_to_a_file_inside_stays_a_link(root: Path) -> None:
    """What it leads to is compared and changed, its permissions with it."""
    (root / "c").mkdir()
    (root / "a/one").rename(root / "c/real")
    (root / "c/real").chmod(0o640)
    (root / "a/one").symlink_to(root / "c/real")
    DiskDestination(root).commit(CHANGES)
    assert (root / "a/one").is_symlink()
    assert (root / "c/real").stat().st_mode & 0o777 == 0o640
    assert files_of(root) == {**NEW, "c/real": NEW["a/one"]}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are listed there")
@pytest.mark.parametrize("count", [1, 16, 17, 600])
@pytest.mark.parametrize("fails", [False, True], ids=["", "fails"])
def test_what_is_held_open_while_files_are_replaced_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, *, fails: bool
) -> None:
    """However many they are, and also when the last one cannot be replaced."""
    changes = [Change(f"f{number}", b"old", b"new" if number % 5 else None) for number in range(count)]
    for change in changes:
        (tmp_path / change.path).write_bytes(b"old")
    opened = len(list(Path("/proc/self/fd").iterdir()))
    if fails:
        real = os.replace

        def replace(source: str | Path, target: str | Path) -> None:
            if Path(target).name == changes[-1].path:
                monkeypatch.undo()
                raise OSError(errno.EIO, "the disk is broken")
            real(source, target)

        monkeypatch.setattr(os, "replace", replace)
    is_done = commit_changes(changes, DiskDestination(tmp_path), Diagnostics())
    assert len(list(Path("/proc/self/fd").iterdir())) == opened
    expected = (
        {change.path: change.after for change in changes if change.after is not None}
        if is_done
        else dict.fromkeys((change.path for change in changes), b"old")
    )
    assert files_of(tmp_path) == expected


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is held there")
@pytest.mark.parametrize("count", [1, 3, 4, 100])
def test_ctrl_c_while_files_are_closed_neither_hangs_nor_closes_one_twice(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """A number that was closed may be another file's by then."""
    closed: list[int] = []
    main = threading.get_ident()
    real, waits = os.close, iter([KeyboardInterrupt, KeyboardInterrupt])

    def close(handle: int) -> None:
        if threading.get_ident() == main and (interrupt := next(waits, None)) is not None:
            raise interrupt
        closed.append(handle)
        real(handle)

    handles = [os.dup(0) for _ in range(count)]
    freeing = Freeing()
    for handle in handles:
        freeing.hold(handle)
    monkeypatch.setattr(os, "close", close)
    for _ in range(3):
        with suppress(KeyboardInterrupt), freeing:
            freeing.begin()
    assert len(closed) == len(set(closed))
    # What was being closed when it came may stay open: the process ends soon.
    left = set(handles) - set(closed)
    assert len(left) <= 2
    for handle in left:
        real(handle)


@pytest.mark.parametrize("path", ["a/one", "a/gone", "b/new", "z"])
def test_a_file_that_has_changed_stops_everything(root: Path, path: str) -> None:
    """If any file is not what the run has seen, none is changed, and it is told to run again."""
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_bytes(b"mine")
    found = Diagnostics()
    assert not commit_changes(CHANGES, DiskDestination(root), found)
    assert codes(found) == ["file-changed"]
    assert files_of(root) == {**OLD, path: b"mine"}


def test_a_change_in_the_last_moment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is edited while the others are renamed keeps the edit, and the others go back."""
    real = os.replace

    def replace(source: str | Path, target: str | Path) -> None:
        if Path(target).name == "one":
            (root / "a/two").write_bytes(b"mine")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(TransactionError, match="a/two"):
        DiskDestination(root).commit(CHANGES)
    assert files_of(root) == {**OLD, "a/two": b"mine"}


def test_an_interrupt_takes_everything_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle leaves the files as they were."""
    real = os.replace

    def replace(source: str | Path, target: str | Path) -> None:
        if Path(target).name == "two":
            monkeypatch.undo()
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        DiskDestination(root).commit(CHANGES)
    assert tree_of(root) == {**OLD, "a/": b""}


def test_what_cannot_be_taken_back_waits_for_repair(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk gives out for good, it is told that files are half written; the next run finishes."""
    real = os.replace
    renamed: list[Path] = []

    def replace(source: str | Path, target: str | Path) -> None:
        if len(renamed) > 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        renamed.append(Path(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    found = Diagnostics()
    assert not commit_changes(CHANGES, DiskDestination(root), found)
    assert sorted(codes(found)) == ["cannot-write", "half-written"]
    is_ready, found = repaired(DiskDestination(root))
    assert (is_ready, sorted(codes(found))) == (False, ["cannot-write", "half-written"])
    monkeypatch.undo()
    is_ready, found = repaired(DiskDestination(root))
    assert (is_ready, codes(found)) == (True, ["run-cut-short"])
    assert files_of(root) == NEW


def test_a_journal_that_cannot_be_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All is written then; the next run finds nothing to do, and removes it."""
    real = Path.unlink

    def unlink(self: Path, *, missing_ok: bool = False) -> None:
        if self.name == JOURNAL_NAME:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    found = Diagnostics()
    assert not commit_changes(CHANGES, DiskDestination(root), found)
    assert sorted(codes(found)) == ["cannot-remove", "half-written"]
    monkeypatch.undo()
    assert codes(repaired(DiskDestination(root))[1]) == ["run-cut-short"]
    assert files_of(root) == NEW


def test_nothing_to_change_writes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a change there is no journal."""
    monkeypatch.setattr(os, "write", lambda *_: pytest.fail("it writes"))
    DiskDestination(root).commit([Change("a/one", b"one", b"one")])


# --- Crashes ----------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.untraced
@pytest.mark.parametrize("scenario", [pytest.param(scenario, id=scenario.name) for scenario in SCENARIOS])
def test_the_next_build_repairs_a_killed_one(tmp_path: Path, scenario: Scenario) -> None:
    """Wherever a build dies, the next gives the tree that it would have given, and no litter; a look before it writes nothing."""
    bench = Bench(tmp_path, scenario, 20)
    points = list(bench.points())
    sample = points[:: len(points) // 24]
    assert {point: problem for point in sample if (problem := bench.crash(point))} == {}


@posix
@pytest.mark.untraced
def test_a_hand_edit_after_a_crash_is_not_lost(tmp_path: Path) -> None:
    """A file that is edited between the crash and the next build keeps the edit, and all others come right."""
    bench = Bench(tmp_path, SCENARIOS[0], 20)
    points = list(bench.points())
    wrong = {}
    for number, point in enumerate(points[:: len(points) // 12]):
        for path in (f"{FOLDER}/created-{number % 5:03}.md", f"{FOLDER}/unchanged-001.md"):
            if problem := bench.crash_and_edit(point, path, f"mine {number}\n"):
                wrong[point, path] = problem
    assert wrong == {}


@posix
@pytest.mark.untraced
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_killed_leaves_all_or_nothing(tmp_path: Path, name: str) -> None:
    """Once the next run has ended what it began: no file is half, no other is missing, and there is no litter."""
    bench = CommandBench(tmp_path, name)
    points = list(bench.points())
    assert {point: problem for point in points[:: max(len(points) // 24, 1)] if (problem := bench.crash(point))} == {}


@posix
def test_the_harness_kills(tmp_path: Path) -> None:
    """A run that is to die does die: else the tests above would show nothing."""
    bench = Bench(tmp_path, SCENARIOS[0], 20)
    assert bench.crash(Point(1_000_000, "open", "kill")) == "the run did not die"


def begun(root: Path, *done: str) -> None:
    """Leave what a run leaves that was killed after it had come to some files."""
    journal = Journal("0123abcd", "", ("b",), tuple(CHANGES), tuple(0o644 if change.before is not None else None for change in CHANGES))
    (root / JOURNAL_NAME).write_bytes(b"".join(print_journal(journal)))
    (root / "b").mkdir()
    for change in CHANGES:
        place = root / change.path
        if change.path in done:
            place.unlink(missing_ok=True)
            if change.after is not None:
                place.write_bytes(change.after)
        elif change.after is not None:
            (place.parent / f".{place.name}.0123abcd.tmp").write_bytes(change.after[:1])


def test_a_run_is_finished(root: Path) -> None:
    """What was begun is ended, and told with the files that were not written yet."""
    begun(root, "a/one", "b/new")
    is_ready, found = repaired(DiskDestination(root))
    assert (is_ready, files_of(root)) == (True, NEW)
    (told,) = found
    assert told.message == "a run before this one was cut short: its changes have been finished"
    assert [note.message for note in told.notes] == [f"`{path}` was not written yet" for path in ("a/gone", "a/two", "z")]
    assert codes(repaired(DiskDestination(root))[1]) == []


def test_an_edit_of_a_file_that_the_run_had_not_come_to(root: Path) -> None:
    """Then the run is taken back: the edit was made to the old file, and files that belong together must not be mixed."""
    begun(root, "a/one", "b/new")
    (root / "a/two").write_bytes(b"mine")
    is_ready, found = repaired(DiskDestination(root))
    assert (is_ready, files_of(root)) == (True, {**OLD, "a/two": b"mine"})
    assert not (root / "b").exists()
    (told,) = found
    assert told.message == "a run before this one was cut short: its changes have been taken back"
    assert "`a/two` has been changed since, and stays as it is" in [note.message for note in told.notes]


def test_an_edit_of_a_file_that_the_run_had_written(root: Path) -> None:
    """Then the run is finished: the edit was made to the new file."""
    begun(root, "a/one", "b/new", "a/gone")
    (root / "a/one").write_bytes(b"mine")
    assert repaired(DiskDestination(root))[0]
    assert files_of(root) == {**NEW, "a/one": b"mine"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
@pytest.mark.parametrize("stand_in", ["folder", "link out", "file above", "nothing"])
def test_something_else_stands_where_a_file_was(root: Path, tmp_path_factory: pytest.TempPathFactory, stand_in: str) -> None:
    """What the user put in a file's place after the crash stays, and what a link leads to is not touched."""
    begun(root, "a/one")
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_bytes(b"theirs")
    match stand_in:
        case "folder":
            (root / "a/two").unlink()
            (root / "a/two").mkdir()
        case "link out":
            (root / "a/two").unlink()
            (root / "a/two").symlink_to(outside)
        case "nothing":
            (root / "a/two").unlink()
        case _:
            shutil.rmtree(root / "b")
            (root / "b").write_bytes(b"mine")
    is_ready, found = repaired(DiskDestination(root))
    assert (is_ready, codes(found)) == (True, ["run-cut-short"])
    assert outside.read_bytes() == b"theirs"
    others = {path: content for path, content in files_of(root).items() if path not in {"a/two", "b"}}
    assert others == {path: content for path, content in OLD.items() if path != "a/two"}
    assert stand_in != "file above" or (root / "b").read_bytes() == b"mine"


def test_a_journal_that_was_not_whole_yet(root: Path) -> None:
    """A run that died while it wrote the journal had changed nothing; its litter goes."""
    (root / f"{JOURNAL_NAME}.new").write_bytes(b"agent-comp")
    (told,) = repaired(DiskDestination(root))[1]
    assert told.message.endswith("it had changed nothing, or everything")
    assert files_of(root) == OLD


def test_a_dry_run_sees_files_as_they_will_be(root: Path) -> None:
    """Without writing, the files are judged as if the run were ended, and that is told."""
    begun(root, "a/one")
    before = tree_of(root)
    dry = DryRunDestination(root)
    is_ready, found = repaired(dry)
    assert (is_ready, tree_of(root)) == (True, before)
    assert {path: dry.read(path) for path in {**OLD, **NEW}} == {**dict.fromkeys(OLD), **NEW}
    (told,) = found
    assert "the next `agent-composer build` does that" in told.hint


# --- Trust ------------------------------------------------------------------------------------------------------------


def forged(contents: bytes = b"", **data: object) -> bytes:
    """Write a journal with a right checksum and anything in it."""
    body = json.dumps({"key": "0123abcd", "boundary": "", "folders": [], "changes": [], **data}).encode() + b"\n" + contents
    return b"agent-composer journal 2 crc32:%08x\n%s" % (zlib.crc32(body), body)


def changing(path: object, after: object = len(b"forged"), mode: object = None) -> bytes:
    return forged(b"forged", changes=[{"path": path, "mode": mode, "before": None, "after": after}])


GOOD = b"".join(print_journal(Journal("0123abcd", "a", (), tuple(CHANGES), (None,) * len(CHANGES))))


@pytest.mark.parametrize(
    "raw",
    [
        *(
            pytest.param(changing(path), id=f"path {path}")
            for path in ("../x", "/etc/x", "a/../../x", "a//b", ".", "", "C:/x", "a\\..\\x", "a\0b", 1, None)
        ),
        *(pytest.param(changing("output/a", after=size), id=f"size {size}") for size in (5, 7, -1, 10**30, "6", 6.0)),
        pytest.param(changing("output/a", mode=0o4755), id="setuid"),
        pytest.param(forged(key="../../x"), id="key"),
        pytest.param(forged(key=None), id="no key"),
        pytest.param(forged(folders=["../x"]), id="folder"),
        pytest.param(forged(boundary="/x"), id="boundary"),
        pytest.param(forged(changes=3), id="no list"),
        pytest.param(forged(changes=[{"path": "a"}]), id="half a change"),
        pytest.param(forged(changes=[{"path": "a", "mode": None, "before": None, "after": None}] * 2), id="twice"),
        pytest.param(b"agent-composer journal 1 sha256:%s\n{}" % hashlib.sha256(b"{}").hexdigest().encode(), id="version"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\0" * 100, id="zeros"),
        *(pytest.param(GOOD[:size], id=f"cut at {size}") for size in (10, 100, len(GOOD) // 2, len(GOOD) - 3)),
        pytest.param(GOOD.replace(b"a/one", b"a/two"), id="changed"),
        pytest.param(b"agent-composer journal 2 crc32:%08x\n[[[[" % zlib.crc32(b"[[[["), id="no JSON"),
    ],
)
def test_a_journal_that_no_run_wrote(root: Path, raw: bytes) -> None:
    """It is told with what to do, nothing is changed, and it stays."""
    with pytest.raises(BadJournalError):
        parse_journal(raw)
    (root / JOURNAL_NAME).write_bytes(raw)
    before = tree_of(root)
    for destination in (DiskDestination(root), DryRunDestination(root)):
        is_ready, found = repaired(destination)
        assert (is_ready, codes(found)) == (False, ["bad-journal"])
    assert tree_of(root) == before


def test_a_journal_reads_back() -> None:
    """A journal is read as it was written."""
    assert b"".join(print_journal(parse_journal(GOOD))) == GOOD


WORKSPACE = [
    ".git/hooks/pre-commit",
    "output/.GIT/config",
    "output/git~1/config",
    "Makefile",
    ".env",
    "README.md",
    "src/main.py",
    "fragments",
    "output",
    ".claude/a.md",
]
PROJECT = [".git/hooks/pre-commit", ".git. /hooks/pre-commit", "Makefile", "fragments/a.md", "agent-composer.lock", ".env", "src/a/b.py"]


@pytest.mark.parametrize(
    ("scope", "path"),
    [*((SCOPE, path) for path in WORKSPACE), *((WriteScope.into(["shop"]), path) for path in PROJECT)],
    ids=lambda value: value if isinstance(value, str) else value.folder,
)
def test_a_journal_cannot_write_what_the_tool_does_not(tmp_path: Path, scope: WriteScope, path: str) -> None:
    """A well-formed journal that somebody put there reaches outputs, sources and the lock, and nothing else of the repository."""
    (tmp_path / JOURNAL_NAME).write_bytes(changing(path))
    found = Diagnostics()
    assert write_files([output_file("a\n")], DiskDestination(tmp_path), scope, found) == ()
    assert codes(found) == ["bad-journal"]
    assert list(files_of(tmp_path)) == [JOURNAL_NAME]


@pytest.mark.parametrize(
    "path",
    [
        "output/shop/.claude/a.md",
        "fragments/a.md",
        "profiles/a.yaml",
        "agent-composer.yaml",
        "agent-composer.lock",
        "schemas/profile.schema.json",
    ],
)
def test_a_journal_can_write_what_the_tool_does(path: str) -> None:
    """Outputs, sources and the lock."""
    assert SCOPE.may_write(path)


def test_a_forged_folder_is_not_removed(root: Path) -> None:
    """The folders of a journal are those of its files."""
    (root / "empty").mkdir()
    (root / JOURNAL_NAME).write_bytes(forged(folders=["empty"]))
    assert codes(repaired(DiskDestination(root))[1]) == ["bad-journal"]
    assert (root / "empty").exists()


def test_a_journal_that_is_no_file(root: Path) -> None:
    """A folder in its place is told."""
    (root / JOURNAL_NAME).mkdir()
    assert codes(repaired(DiskDestination(root))[1]) == ["not-a-file"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_journal_that_is_a_link(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One that leads out or nowhere is told, and nothing outside is read as one."""
    outside = tmp_path_factory.mktemp("outside") / "journal"
    outside.write_bytes(GOOD)
    (root / JOURNAL_NAME).symlink_to(outside)
    assert codes(repaired(DiskDestination(root))[1]) == ["leaves-workspace"]
    (root / JOURNAL_NAME).unlink()
    (root / JOURNAL_NAME).symlink_to(root / "nowhere")
    assert codes(repaired(DiskDestination(root))[1]) == ["bad-journal"]
    (root / JOURNAL_NAME).unlink()
    assert files_of(root).items() >= OLD.items()


# --- Two runs at once -------------------------------------------------------------------------------------------------


def test_a_second_run_waits(tmp_path: Path) -> None:
    """While one holds the folder, another asks again and again, and goes on when the first has ended."""
    first = hold(tmp_path, never)
    first.__enter__()
    tries = []

    def wait(number: int) -> bool:
        tries.append(number)
        if number == 3:
            first.__exit__(None, None, None)
        return True

    with hold(tmp_path, wait):
        assert tries == [1, 2, 3]
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_gives_up(tmp_path: Path) -> None:
    """If it does not want to wait, the second writes nothing and says what is in the way."""
    found = Diagnostics()
    with hold(tmp_path, never):
        with pytest.raises(BusyError), hold(tmp_path, never):
            pytest.fail("it is held")
        assert write_files([output_file("a\n")], DiskDestination(tmp_path), SCOPE, found) == ()
    assert codes(found) == ["another-run"]
    assert write_files([output_file("a\n")], DiskDestination(tmp_path), SCOPE, Diagnostics())


@posix
def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    """The system lets go of the folder when a process ends, however it ends."""
    lines = ["import os, pathlib, sys", "from composer.files.exclusive import hold"]
    program = "\n".join([*lines, "with hold(pathlib.Path(sys.argv[1]), bool): os.kill(os.getpid(), 9)"])
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == -9  # noqa: S603 - our own program
    with hold(tmp_path, never):
        pass


@posix
def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be locked, the tool writes without."""

    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", flock)
    assert write_files([output_file("a\n")], DiskDestination(tmp_path), SCOPE, Diagnostics())


@posix
def test_many_runs_at_once_forget_nothing(tmp_path: Path) -> None:
    """Processes that build a profile each into one workspace, all at the same time: every file is there, and every line of the lock."""
    names = [f"p{number}" for number in range(8)]
    children = []
    for name in names:
        child = os.fork()
        if not child:
            found = Diagnostics()
            for text in ("one\n", "two\n", f"{name}\n"):
                destination = DiskDestination(tmp_path, patient)
                write_files([output_file(text, profile=name)], destination, WriteScope(frozenset({name})), found)
            os._exit(1 if found.errors else 0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(names)
    lines = (tmp_path / "agent-composer.lock").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split()[2] for line in lines] == names
    found = Diagnostics()
    results = write_files([output_file(f"{name}\n", profile=name) for name in names], DryRunDestination(tmp_path), SCOPE, found)
    assert {result.action.value for result in results} == {"unchanged"}


# --- The disk ---------------------------------------------------------------------------------------------------------


@root_only
def test_a_disk_that_is_full_in_truth(tmp_path: Path) -> None:
    """Wherever a small disk gives out, nothing is changed; with room, everything is."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603 - as above
        pytest.skip("no file system can be mounted here")
    try:
        scope, files = SCOPE, [output_file("old\n" * 500, f"a{number}") for number in range(8)]
        assert write_files(files, DiskDestination(tmp_path), scope, Diagnostics())
        before = tree_of(tmp_path)
        files = [output_file("new\n" * 500, f"a{number}") for number in range(8)]
        filler = tmp_path / "filler"
        seen = set()
        now = before
        for free in range(0, 160_000, 4096):
            filler.write_bytes(b"")
            with filler.open("wb") as file:
                status = os.statvfs(tmp_path)
                file.truncate(0)
                os.posix_fallocate(file.fileno(), 0, max(1, status.f_bavail * status.f_frsize - free))
            found = Diagnostics()
            results = write_files(files, DiskDestination(tmp_path), scope, found)
            now = {path: content for path, content in tree_of(tmp_path).items() if path != "filler"}
            seen.add(tuple(codes(found)))
            if results:
                break
            assert now == before
        assert seen == {("cannot-write",), ()}
        assert all(content.startswith(b"new") for path, content in now.items() if path.endswith(".md"))
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)  # noqa: S603, S607 - as above


@root_only
@pytest.mark.parametrize("closed", [".", FOLDER])
def test_a_folder_without_the_right_to_write(closed: str) -> None:
    """Another user's folder is told with a way out, and no other file is written either."""
    scope = WriteScope(frozenset({"shop", "other"}))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        root = Path(folder) / "root"
        write_files([output_file("a\n"), output_file("a\n", profile="other")], DiskDestination(root), scope, Diagnostics())
        for place in (root, *root.rglob("*")):
            os.chown(place, 65534, 65534)
        os.chown(root / closed, 0, 0)
        before = tree_of(root)
        child = os.fork()
        if not child:
            os.setuid(65534)
            found = Diagnostics()
            results = write_files([output_file("b\n"), output_file("b\n", profile="other")], DiskDestination(root), scope, found)
            os._exit(0 if (results, codes(found)) == ((), ["cannot-write"]) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert tree_of(root) == before
