"""Kills a run at each call that changes the disk, lets the next run repair, and holds the result against what a run without a crash gives.

A run is a forked process in which the functions of `os` that write, rename, remove or sync count their calls. At the chosen one the process
is killed with SIGKILL: before the call (which is after the one before), in the middle of a write, or with a loss of power, which takes
everything that was not synced: contents are torn, and new names are forgotten.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from builders import output_file, write_workspace

from composer.accept.acceptance import propose_acceptance, write_acceptance
from composer.accept.proposals import Scope
from composer.errors import Diagnostics
from composer.files.destination import DiskDestination, DryRunDestination
from composer.files.disk_errors import change_files
from composer.ids.missing import propose_ids, select_fragments, write_ids
from composer.importer.run import Options, plan_import, write_plan
from composer.model.outputs import FileResult, OutputFile
from composer.review.decision import Decision, settle_edits
from composer.stages.write import WriteScope, write_files
from composer.starter.first_file import Kind, plan_file
from composer.starter.first_workspace import create_files, plan_workspace
from composer.workspace import Workspace

__all__ = ["COMMANDS", "SCENARIOS", "Bench", "CommandBench", "Point", "Scenario"]

LOCK: Final = "agent-composer.lock"
SCOPE: Final = WriteScope(frozenset({"shop"}))
FOLDER: Final = "output/shop/.claude/agents"
_COUNTED: Final = (
    "open",
    "write",
    "fsync",
    "sync",
    "replace",
    "rename",
    "unlink",
    "remove",
    "mkdir",
    "rmdir",
    "chmod",
    "link",
    "symlink",
    "truncate",
)


@dataclass(frozen=True)
class Point:
    """Where a run dies: the number of the call, the function, and how: ``kill``, ``half`` or ``power``."""

    number: int
    function: str
    how: str


# --- Dying ------------------------------------------------------------------------------------------------------------


@dataclass
class _Deadly:
    """Functions of `os` that count, and kill the process at one call."""

    point: Point | None
    calls: list[str] = field(default_factory=list)
    torn: dict[int, str] = field(default_factory=dict)
    """Files whose content is not synced: inode and path."""
    names: list[tuple[str, Callable[[], None]]] = field(default_factory=list)
    """What was done to names and is not synced: the folder, and how to undo it."""

    def install(self) -> None:
        for name in _COUNTED:
            setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            if name == "open" and not arguments[1] & os.O_CREAT:
                return real(*arguments, **options)
            self.calls.append(name)
            if self.point is not None and len(self.calls) == self.point.number + 1:
                self._die(self.point, real, arguments)
            undo = self._undo(name, arguments) if self.point is not None and self.point.how == "power" else None
            result = real(*arguments, **options)
            if self.point is not None and self.point.how == "power":
                self._note(name, arguments, result, undo)
            return result

        return run

    def _die(self, point: Point, real: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        if point.how == "half":
            real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
        self.point = None
        if point.how == "power":
            for place in map(Path, self.torn.values()):
                if place.exists():
                    with place.open("r+b") as file:
                        file.truncate(place.stat().st_size // 2)
            for _, undo in reversed(self.names):
                undo()
        os.kill(os.getpid(), signal.SIGKILL)

    def _undo(self, name: str, arguments: tuple[Any, ...]) -> Callable[[], None] | None:
        """Remember how to undo a change of names, before it is made."""
        if name in {"replace", "rename"}:
            source, place = Path(arguments[0]), Path(arguments[1])
            old, content = _bytes(place), _bytes(source)
            return lambda: _restore_both((place, old), (source, content))
        if name in {"unlink", "remove"}:
            place = Path(arguments[0])
            content = _bytes(place)
            return lambda: _restore(place, content)
        if name == "open":
            return lambda: _restore(Path(arguments[0]), None)
        if name == "rmdir":
            return lambda: Path(arguments[0]).mkdir(parents=True, exist_ok=True)
        if name == "mkdir":
            return lambda: None if any(Path(arguments[0]).iterdir()) else Path(arguments[0]).rmdir()
        return None

    def _note(self, name: str, arguments: tuple[Any, ...], result: Any, undo: Callable[[], None] | None) -> None:  # noqa: ANN401
        if name == "open":
            self.torn[os.fstat(result).st_ino] = str(arguments[0])
        if name in {"replace", "rename"} and (inode := Path(arguments[1]).stat().st_ino) in self.torn:
            self.torn[inode] = str(arguments[1])
        if name == "sync":
            self.torn.clear()
            self.names.clear()
        if name == "fsync":
            self.torn.pop(os.fstat(arguments[0]).st_ino, None)
            synced = os.path.realpath(f"/proc/self/fd/{arguments[0]}")
            self.names = [(folder, undo) for folder, undo in self.names if folder != synced]
        if undo is not None:
            changed = Path(arguments[1] if name in {"replace", "rename"} else arguments[0])
            self.names.append((os.path.realpath(changed.parent), undo))


def _bytes(place: Path) -> bytes | None:
    return place.read_bytes() if place.is_file() else None


def _restore_both(first: tuple[Path, bytes | None], second: tuple[Path, bytes | None]) -> None:
    _restore(*first)
    _restore(*second)


def _restore(place: Path, content: bytes | None) -> None:
    if content is None:
        place.unlink(missing_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def die_in(run: Callable[[], object], point: Point | None) -> list[str]:
    """Run something in a process of its own that dies at a point; return the calls that it came to, or nothing if it was killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        deadly = _Deadly(point)
        heard: list[str] = []
        if point is None:
            sys.addaudithook(lambda event, arguments: _hear(event, arguments, heard))
        deadly.install()
        run()
        if point is None and (missed := len(heard) - sum(call not in {"write", "fsync", "sync"} for call in deadly.calls)):
            os.write(writer, f"missed {missed}\n".encode())
        calls, os.write = deadly.calls, _REAL_WRITE
        os.write(writer, "\n".join(calls).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as file:
        calls = file.read().split()
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, "the run failed"
    return [] if os.WIFSIGNALED(status) else calls


_REAL_WRITE: Final = os.write
_HEARD: Final = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.truncate", "shutil.rmtree"}


def _hear(event: str, arguments: tuple[Any, ...], heard: list[str]) -> None:
    """Count by the interpreter's own hook, too: so no call that changes a name is forgotten above."""
    if event in _HEARD or (event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT):
        heard.append(event)


# --- What is run ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    """A build of many files: what is there before, what is composed, and whether conflicts are overwritten."""

    name: str
    before: Callable[[int], Sequence[OutputFile]]
    after: Callable[[int], Sequence[OutputFile]]
    by_hand: Callable[[int], dict[str, str]] = lambda _: {}
    overwrite: bool = False


def _file(kind: str, number: int, text: str) -> OutputFile:
    return output_file(f"{text} {kind} {number}\n" * 20, f"{kind}-{number:03}")


def _mixed_before(total: int) -> list[OutputFile]:
    kept = [
        _file(kind, n, "old") for kind, share in _SHARES.items() if kind not in {"created", "foreign"} for n in range(total * share // 20)
    ]
    return [*kept, *(_file("unchanged", n, "same") for n in range(total * 3 // 20))]


def _mixed_after(total: int) -> list[OutputFile]:
    made = [_file(kind, n, "new") for kind, share in _SHARES.items() if kind != "removed" for n in range(total * share // 20)]
    return [*made, *(_file("unchanged", n, "same") for n in range(total * 3 // 20))]


def _mixed_by_hand(total: int) -> dict[str, str]:
    kinds = {kind: total * _SHARES[kind] // 20 for kind in ("edited", "foreign")}
    return {f"{FOLDER}/{kind}-{n:03}.md": f"mine {kind} {n}\n" for kind, count in kinds.items() for n in range(count)}


_SHARES: Final = {"created": 6, "updated": 6, "removed": 3, "edited": 1, "foreign": 1}
"""How many of twenty files; the last three stay as they are."""

SCENARIOS: Final = (
    Scenario("mixed", _mixed_before, _mixed_after, _mixed_by_hand),
    Scenario("overwrite", _mixed_before, _mixed_after, _mixed_by_hand, overwrite=True),
    Scenario("first", lambda _: [], lambda total: [_file("created", n, "new") for n in range(total)]),
    Scenario("last", lambda total: [_file("removed", n, "old") for n in range(total)], lambda _: []),
)


class Bench:
    """A scenario in a folder, put back to its beginning for each point."""

    def __init__(self, folder: Path, scenario: Scenario, total: int) -> None:
        self.root = folder / "root"
        self._scenario = scenario
        self._composed = scenario.after(total)
        start = folder / "start"
        _build(start, scenario.before(total))
        for path, text in scenario.by_hand(total).items():
            _restore(start / path, text.encode())
        self._start = tree_of(start)
        self._put_back()
        self.run()
        self._wanted = tree_of(self.root)

    def run(self) -> tuple[list[str], tuple[FileResult, ...]]:
        """Build, and return the codes of what was told, and what was done."""
        return _build(self.root, self._composed, overwrite=self._scenario.overwrite)

    @property
    def paths(self) -> list[str]:
        """The files that are composed."""
        return [SCOPE.path_of(file) for file in self._composed]

    def points(self) -> Iterator[Point]:
        """Give every point at which the run can die, and every way."""
        self._put_back()
        yield from _points(self.run)

    def crash(self, point: Point) -> str:
        """Let a run die at a point, and the next one repair; return what is wrong then, or nothing."""
        self._put_back()
        if die_in(self.run, point):
            return "the run did not die"
        left = tree_of(self.root)
        look = DryRunDestination(self.root)
        seen = write_files(self._composed, look, SCOPE, Diagnostics(), overwrite=self._scenario.overwrite)
        if tree_of(self.root) != left:
            return "a look changed the disk"
        codes, done = self.run()
        now = tree_of(self.root)
        if now != self._wanted:
            return _difference(now, self._wanted)
        if (left != self._start) != ("run-cut-short" in codes or left == self._wanted):
            return f"told {codes}"
        return "" if seen == done else "a look judged otherwise than the build"

    def crash_and_edit(self, point: Point, path: str, text: str) -> str:
        """Let a run die, edit a file by hand, and build; return what is wrong then, or nothing."""
        self._put_back()
        die_in(self.run, point)
        _restore(self.root / path, text.encode())
        self.run()
        now = tree_of(self.root)
        if text.encode() not in {content for name, content in now.items() if name.startswith(path)}:
            return f"the edit of {path} is lost"
        others = {name: content for name, content in now.items() if not name.startswith(path) and name != LOCK}
        wanted = {name: content for name, content in self._wanted.items() if not name.startswith(path) and name != LOCK}
        if others != wanted:
            return _difference(others, wanted)
        self.run()
        return "" if self._scenario.overwrite or tree_of(self.root) == now else "one more build changes something"

    def _put_back(self) -> None:
        _put_back(self.root, self._start)


# --- The other commands that write ------------------------------------------------------------------------------------

_AGENT: Final = """
    ---
    agent:
      description: |
        Use this agent for work.
    ---
    # Work

    {% include "rules" %}
    """
_RULES: Final = """
    - Check every input {#input}
    - Log each refusal
    - Retry three times {#retry}
    """
_PROFILE: Final = "agents: {helper: {}}\nedits:\n  rules#retry:\n    replace: Retry five times\n"
_FIRST: Final = {
    "fragments/agents/helper.md": _AGENT,
    "fragments/rules.md": _RULES,
    "fragments/more.md": "- More of it\n",
    "profiles/shop.yaml": _PROFILE,
    "profiles/bot.yaml": "agents: {helper: {}}\n",
}


def _workspace(root: Path) -> None:
    """Write and build a workspace, edit an output by hand, and change a text under an edit."""
    Workspace.open(write_workspace(root, _FIRST)).build()


def _edited(root: Path) -> None:
    _workspace(root)
    place = root / "output/bot/.claude/agents/helper.md"
    place.write_text(place.read_text(encoding="utf-8").replace("every input", "every single input"), encoding="utf-8", newline="\n")


def _stale(root: Path) -> None:
    _workspace(root)
    place = root / "fragments/rules.md"
    place.write_text(place.read_text(encoding="utf-8").replace("three times", "four times"), encoding="utf-8", newline="\n")


def _accept(root: Path) -> None:
    workspace = Workspace.open(root)
    files = {workspace.path_of(file): file for file in workspace.compose().files}
    path = "output/bot/.claude/agents/helper.md"
    write_acceptance(workspace, propose_acceptance(workspace, [(path, files[path])], Scope.FRAGMENT))


def _ids(root: Path) -> None:
    workspace = Workspace.open(root)
    write_ids(workspace, [propose_ids(fragment, ()) for fragment in select_fragments(workspace, ())], DiskDestination(root))


def _review(root: Path) -> None:
    workspace = Workspace.open(root)
    settle_edits(workspace, workspace.stale_edits(), Decision.EDIT, DiskDestination(root), "Retry six times")


def _new(root: Path) -> None:
    workspace = Workspace.open(root)
    create_files(plan_file(Kind.AGENT, "planner", workspace), DiskDestination(root))


def _import(root: Path) -> None:
    plan = plan_import([f"imported={root}/output/bot/.claude/agents"], root, Options(min_saving=0), lambda _: None, Diagnostics())
    write_plan(plan, DiskDestination(root))


COMMANDS: Final[Mapping[str, tuple[Callable[[Path], None], Callable[[Path], object]]]] = {
    "accept": (_edited, _accept),
    "ids": (_workspace, _ids),
    "review": (_stale, _review),
    "new": (_workspace, _new),
    "import": (_workspace, _import),
    "init": (lambda _: None, lambda root: create_files(plan_workspace(root, with_examples=False), DiskDestination(root))),
}
"""What is there before, and what is run, by the name of the command."""


class CommandBench:
    """A command that changes sources, in a folder that is put back to its beginning for each point."""

    def __init__(self, folder: Path, name: str) -> None:
        self.root = folder / "root"
        prepare, self._run = COMMANDS[name]
        self.root.mkdir()
        prepare(self.root)
        self._start = tree_of(self.root)
        self.run()
        self._wanted = tree_of(self.root)
        assert self._wanted != self._start

    def run(self) -> None:
        """Run the command."""
        self._run(self.root)

    def points(self) -> Iterator[Point]:
        """Give every point at which the run can die, and every way."""
        _put_back(self.root, self._start)
        yield from _points(self.run)

    def crash(self, point: Point) -> str:
        """Let a run die at a point, and whichever writes next repair; return what is wrong then, or nothing."""
        _put_back(self.root, self._start)
        if die_in(self.run, point):
            return "the run did not die"
        change_files(DiskDestination(self.root), SCOPE.may_write, lambda _: (), Diagnostics())
        now = tree_of(self.root)
        return "" if now in (self._start, self._wanted) else _difference(now, self._wanted)


def _points(run: Callable[[], object]) -> Iterator[Point]:
    calls = die_in(run, None)
    assert not calls[0].startswith("missed"), f"{calls[1]} calls that change the disk are not counted"
    for number, function in enumerate(calls):
        yield from (Point(number, function, how) for how in ("kill", "half", "power") if how != "half" or function == "write")


def _put_back(root: Path, start: Mapping[str, bytes]) -> None:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for path, content in start.items():
        if path.endswith("/"):
            (root / path).mkdir(parents=True, exist_ok=True)
        else:
            _restore(root / path, content)


def _build(root: Path, files: Sequence[OutputFile], *, overwrite: bool = False) -> tuple[list[str], tuple[FileResult, ...]]:
    found = Diagnostics()
    results = write_files(files, DiskDestination(root), SCOPE, found, overwrite=overwrite)
    assert not found.errors, found.errors
    return [one.code for one in found], results


def tree_of(root: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content, and every folder."""
    places = ((place, place.relative_to(root).as_posix()) for place in root.rglob("*"))
    return {f"{path}/" if place.is_dir() else path: b"" if place.is_dir() else place.read_bytes() for place, path in places}


def _difference(now: dict[str, bytes], wanted: dict[str, bytes]) -> str:
    lost, more = sorted(wanted.keys() - now.keys()), sorted(now.keys() - wanted.keys())
    other = sorted(path for path in now.keys() & wanted.keys() if now[path] != wanted[path])
    return f"missing {lost[:3]}, too much {more[:3]}, wrong {other[:3]}"
