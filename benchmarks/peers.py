"""The other generators: what they are, how they are installed into ``.bench/peers/``, and which versions were found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["PEERS", "FoundPeer", "Peer", "find_peers", "node_version"]

NODE_WANTED: Final = 22
"""The least version that all npm peers run on. An older one is helped out by the npm package of that name."""
INSTALL_LIMIT: Final = 900
_LAST_LINE_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Peer:
    """One package, and the name of the form of the workload that it reads.

    ``why_not`` says why a peer cannot be measured although its package installs; it is then named in the results with that reason.
    """

    name: str
    package: str
    registry: str
    form: str
    composes: bool
    why_not: str = ""

    def version_command(self, folder: Path) -> list[str]:
        """Return the command that does nothing but start the program."""
        return [*self.program(folder), *(["--version"] if self.form != "jsonnet" else ["-c", f"import {self.binding}"])]

    @property
    def binding(self) -> str:
        """The module of a Jsonnet binding."""
        return f"_{self.name}"

    def program(self, folder: Path) -> list[str]:
        """Return the command that starts the program, without arguments."""
        if self.registry == "npm":
            return [str(folder / "node_modules" / ".bin" / self.name)]
        return [str(folder / "bin" / ("python" if self.form == "jsonnet" else self.name))]


_FETCHES: Final = "the package holds no program; it fetches one at its first run from a place that is not the registry"

PEERS: Final = (
    Peer("rulesync", "rulesync", "npm", "rulesync", composes=False),
    Peer("ruler", "@intellectronica/ruler", "npm", "ruler", composes=False),
    Peer("ai-rulez", "ai-rulez", "npm", "", composes=True, why_not=_FETCHES),
    Peer("apm", "apm-cli", "pip", "apm", composes=False),
    Peer("copier", "copier", "pip", "copier", composes=True),
    Peer("cookiecutter", "cookiecutter", "pip", "cookiecutter", composes=True),
    Peer("jsonnet", "jsonnet", "pip", "jsonnet", composes=True),
    Peer("gojsonnet", "gojsonnet", "pip", "jsonnet", composes=True),
)


@dataclass(frozen=True, slots=True)
class FoundPeer:
    """A peer on this machine: its folder and version, or the reason why it is not measured."""

    peer: Peer
    folder: Path
    version: str
    reason: str

    @property
    def path(self) -> str:
        """The PATH that its program needs."""
        return os.pathsep.join([str(_node_folder(self.folder.parent)), os.environ.get("PATH", os.defpath)])


def find_peers(root: Path, names: set[str] | None = None) -> list[FoundPeer]:
    """Install what is missing, and tell of each peer what was found; ``names`` limits them, None means all."""
    wanted = [peer for peer in PEERS if names is None or peer.name in names]
    if any(peer.registry == "npm" for peer in wanted):
        _provide_node(root)
    return [_find(peer, root) for peer in wanted]


def _find(peer: Peer, root: Path) -> FoundPeer:
    folder = root / peer.name
    reason = _install(peer, folder)
    version = "" if reason else _version(peer, folder)
    found = FoundPeer(peer, folder, version, reason or peer.why_not)
    if not found.reason and (failure := _run(peer.version_command(folder), {"PATH": found.path})):
        return FoundPeer(peer, folder, version, f"it installs and does not start: {failure}")
    return found


def _install(peer: Peer, folder: Path) -> str:
    """Install a peer where it is missing; give the reason where that fails. A folder that was left half made is made anew."""
    done = folder / ".installed"
    if done.exists():
        return ""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"installing {peer.name}", file=sys.stderr)
    if peer.registry == "npm":
        reason = _npm_install(folder, peer.package)
    else:
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", peer.package]
        reason = _run([sys.executable, "-m", "venv", str(folder)]) or _run(pip)
    if not reason:
        done.touch()
    return f"it cannot be installed: {reason}" if reason else ""


def _npm_install(folder: Path, package: str) -> str:
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not on the PATH"
    path = os.pathsep.join([str(_node_folder(folder.parent)), os.environ.get("PATH", os.defpath)])
    return _run([npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", package], {"PATH": path})


def _version(peer: Peer, folder: Path) -> str:
    if peer.registry == "npm":
        data = json.loads((folder / "node_modules" / peer.package / "package.json").read_text(encoding="utf-8"))
        return str(data["version"])
    ask = f"from importlib.metadata import version; print(version({peer.package!r}))"
    return subprocess.run([folder / "bin" / "python", "-c", ask], check=True, capture_output=True, text=True).stdout.strip()


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a command; give the last line that it printed where it fails."""
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_LIMIT,
            env={**os.environ, **(environment or {})},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
    return f"exit code {done.returncode}, {lines[-1][:_LAST_LINE_SHOWN]}" if done.returncode else ""


# --- Node.js ----------------------------------------------------------------------------------------------------------


def _node_folder(root: Path) -> Path:
    return root / "node" / "node_modules" / ".bin"


def _provide_node(root: Path) -> None:
    """Install a newer Node.js for the peers where the one on the PATH is too old for them."""
    version = node_version(os.environ.get("PATH", os.defpath))
    if version and int(version.split(".")[0]) < NODE_WANTED and not (_node_folder(root) / "node").exists():
        print("installing node", file=sys.stderr)
        _npm_install(root / "node", f"node@{NODE_WANTED}")


def node_version(path: str) -> str:
    """Return the version of the Node.js on a PATH, without its ``v``; empty where there is none."""
    node = shutil.which("node", path=path)
    if node is None:
        return ""
    return subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip().removeprefix("v")
