"""Who is timed, and with which commands: agent-composer, the floors, and the peers that are installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks.peers import FoundPeer
from benchmarks.trees import Outputs

__all__ = ["FLOOR", "OURS", "OURS_NO_CACHE", "Contender", "environment", "floors", "of_peer", "offered_options", "ours", "python_itself"]

OURS: Final = "agent-composer"
OURS_NO_CACHE: Final = "agent-composer, no cache"
FLOOR: Final = "floor, Jinja2"
NO_CACHE_OPTION: Final = "--no-cache"

_HERE: Final = Path(__file__).resolve().parent
_IN_PROFILES: Final = Outputs("output/*/.claude/agents/*.md")


@dataclass(frozen=True, slots=True)
class Contender:
    """One program. A command that it does not have is empty.

    ``build`` writes everything; ``again`` is what one runs when something may have changed; ``check`` compares and writes nothing.
    ``form`` names the form of the workload that it reads; without one it takes part in the start measure alone.
    """

    name: str
    start: Sequence[str]
    form: str = ""
    build: Sequence[str] = ()
    again: Sequence[str] = ()
    check: Sequence[str] = ()
    outputs: Outputs = _IN_PROFILES
    composes: bool = True
    kind: str = "peer"
    environment: Mapping[str, str] = field(default_factory=dict)


def environment(home: Path) -> dict[str, str]:
    """Return what every timed command sees of the world: a home of its own and plain output."""
    home.mkdir(parents=True, exist_ok=True)
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LANG": "C.UTF-8", "NO_COLOR": "1"}


def python_itself(home: Path) -> Contender:
    """Return the interpreter that ours runs on, doing nothing."""
    return Contender("python -c pass", (sys.executable, "-c", "pass"), kind="floor", environment=environment(home))


def ours(home: Path) -> list[Contender]:
    """Return agent-composer as it is installed beside this interpreter, and once more without its cache where it has one."""
    program = str(Path(sys.executable).with_name("agent-composer"))
    plain = Contender(
        OURS,
        (program, "--version"),
        form="agent-composer",
        build=(program, "build"),
        again=(program, "build"),
        check=(program, "check"),
        kind="ours",
        environment=environment(home),
    )
    found = [plain]
    if NO_CACHE_OPTION in offered_options("build"):
        checks = NO_CACHE_OPTION in offered_options("check")
        uncached = (program, "build", NO_CACHE_OPTION)
        found.append(
            replace(
                plain,
                name=OURS_NO_CACHE,
                start=(),
                build=uncached,
                again=uncached,
                check=(program, "check", NO_CACHE_OPTION) if checks else (),
            )
        )
    return found


def offered_options(command: str) -> set[str]:
    """Return the long options that a command of agent-composer offers, by its own help."""
    program = Path(sys.executable).with_name("agent-composer")
    shown = subprocess.run(
        [program, command, "--help"],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    ).stdout
    return set(re.findall(r"--[a-z]+(?:-[a-z]+)*", shown))


def floors(home: Path) -> list[Contender]:
    """Return the least program, with Jinja2 and without a template engine."""
    return [_floor(home, FLOOR, "jinja"), _floor(home, "floor, no engine", "split")]


def _floor(home: Path, name: str, engine: str) -> Contender:
    def command(mode: str) -> tuple[str, ...]:
        return (sys.executable, str(_HERE / "floor.py"), ".", "output", "--engine", engine, "--mode", mode)

    return Contender(
        name,
        (),
        form="floor",
        build=command("build"),
        again=command("update"),
        check=command("check"),
        kind="floor",
        environment=environment(home),
    )


def of_peer(found: FoundPeer, home: Path) -> Contender:
    """Return an installed peer with its commands. All are asked to be quiet, and to leave alone what the workload does not need."""
    peer, program = found.peer, tuple(found.peer.program(found.folder))
    build, check, outputs = _peer_commands(peer.form, program, peer.binding)
    return Contender(
        peer.name,
        tuple(peer.version_command(found.folder)),
        form=peer.form,
        build=build,
        again=build,
        check=check,
        outputs=outputs,
        composes=peer.composes,
        environment={**environment(home), "PATH": found.path},
    )


def _peer_commands(form: str, program: tuple[str, ...], binding: str) -> tuple[tuple[str, ...], tuple[str, ...], Outputs]:
    beside = ".claude/agents/*.md"
    match form:
        case "rulesync":
            build = (*program, "generate", "-s")
            return build, (*build, "--check"), Outputs(beside, bodies_only=True)
        case "ruler":
            quiet = ("--local-only", "--no-backup", "--no-gitignore", "--no-mcp", "--subagents")
            build = (*program, "apply", "--agents", "claude", *quiet)
            return build, (*build, "--dry-run"), Outputs(beside, bodies_only=True)
        case "apm":
            build = (*program, "install", "--target", "claude")
            return build, (*build, "--dry-run"), Outputs(beside)
        case "copier":
            build = (*program, "copy", "--defaults", "-q", "--overwrite", "source", "output")
            return (
                build,
                (*program, "copy", "--defaults", "-q", "--overwrite", "--pretend", "source", "output"),
                Outputs(f"output/{beside}"),
            )
        case "cookiecutter":
            return (*program, "--no-input", "-f", "-o", "output", "source"), (), Outputs(f"output/result/{beside}")
        case "jsonnet":
            return (*program, str(_HERE / "jsonnet_write.py"), binding, "source", "output"), (), Outputs(f"output/{beside}")
        case _:
            message = f"no commands are known for {form}"
            raise ValueError(message)
