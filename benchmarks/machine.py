"""What a reader has to know of the machine and the versions to judge the figures; nothing that names the machine itself."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

__all__ = ["Machine", "describe_machine"]

BYTES_PER_GIB: Final = 1024**3
BUSY_BEFORE: Final = 0.5
"""A load average above this, for each core, before anything is run: somebody else is at work."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, and how busy it was before the first command."""

    cores: int
    memory_gib: float
    system: str
    python: str
    node: str
    packages: dict[str, str]
    commit: str
    load_before: float

    def is_provisional(self, load_within: float) -> bool:
        """Whether others were at work: before the run, or within it beyond what one command at a time makes."""
        return self.load_before > BUSY_BEFORE * self.cores or load_within > 1 + BUSY_BEFORE * self.cores


def describe_machine(project: Path, node: str) -> Machine:
    """Look at the machine that this runs on."""
    return Machine(
        cores=os.cpu_count() or 1,
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / BYTES_PER_GIB,
        system=f"{platform.system()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        node=node,
        packages={name: version(name) for name in ("agent-composer", "jinja2", "pyyaml", "pydantic", "typer")},
        commit=_commit(project),
        load_before=os.getloadavg()[0],
    )


def _commit(project: Path) -> str:
    """Name the commit that is checked out; empty where there is no git."""
    try:
        head = _git(project, "rev-parse", "--short", "HEAD")
        changes = _git(project, "status", "--porcelain", "--", "composer")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{head}, with changes that are not committed" if changes else head


def _git(project: Path, *arguments: str) -> str:
    command = ["git", "-C", str(project), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
