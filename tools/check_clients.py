"""Let the tools that read the outputs judge them: Claude Code (an old, strict version and the newest) and the linter agnix.

Run by ``make clients``. Installs them into ``.clients/``, which is ignored, and validates ``output/*/`` with an empty home folder and no
network. Exits 1 on any error or warning, and 0 with a reason where npm is absent.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PROJECT: Final = Path(__file__).resolve().parent.parent
CLIENTS: Final = PROJECT / ".clients"
CLAUDE: Final = "@anthropic-ai/claude-code"
STRICT_VERSION: Final = "2.1.197"
"""It reads front matter strictly, without the repairs of newer ones, and runs on Node 18 and later."""
NODE_FOR_NEWEST: Final = 22
BROKEN_AGENT: Final = '---\nname: canary\ndescription: "never closed\n---\n\nBody.\n'
"""What every checker has to refuse: one that accepts it proves nothing."""


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    checker: str
    profile: str
    is_fine: bool
    detail: str


@dataclass(frozen=True)
class Checker:
    """A tool and how it judges the tree of one profile: it gives what is wrong, one text for each complaint."""

    name: str
    judge: Callable[[Path], list[str]]


def main() -> int:
    """Install, judge, print, and return the exit code."""
    profiles = sorted(path for path in (PROJECT / "output").glob("*") if path.is_dir())
    if shutil.which("npm") is None:
        print("skipped: npm is not on the PATH, so Claude Code cannot be installed")
        return 0
    if not profiles:
        print("there is nothing in output/: run `make build` first")
        return 1
    findings = []
    for checker in checkers():
        print(f"{checker.name} ...", flush=True)
        findings += list(judge_all(checker, profiles))
    print_table(findings)
    return 0 if findings and all(finding.is_fine for finding in findings) else 1


# --- Installing -------------------------------------------------------------------------------------------------------


def checkers() -> Iterator[Checker]:
    """Install each tool, and give it."""
    node = node_version()
    strict = install_npm("strict", f"{CLAUDE}@{STRICT_VERSION}", {})
    yield Checker(f"claude {STRICT_VERSION}", lambda tree: validate_plugin(strict / "claude", tree, {}))
    environment: dict[str, str] = {}
    if node < NODE_FOR_NEWEST:
        try:
            # The package holds the program itself, so no host but the registry is asked.
            folder = install_npm("node", f"node@{NODE_FOR_NEWEST}", {})
        except subprocess.CalledProcessError:
            print(f"skipped: the newest Claude Code needs Node {NODE_FOR_NEWEST}, this is {node}, and npm could not get it")
            folder = None
        environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"} if folder else {}
    if node >= NODE_FOR_NEWEST or environment:
        newest = install_npm("newest", CLAUDE, environment) / "claude"
        version = run([str(newest), "--version"], environment).stdout.split(" ")[0]
        yield Checker(f"claude {version}", lambda tree: validate_project(newest, tree, environment))
    agnix = install_agnix()
    yield Checker(run([str(agnix), "--version"], {}).stdout.strip(), lambda tree: lint(agnix, tree))


def node_version() -> int:
    """Return the major version of Node."""
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)  # noqa: S607 - whichever is first
    return int(found.stdout.strip().removeprefix("v").partition(".")[0])


def install_npm(name: str, package: str, environment: Mapping[str, str]) -> Path:
    """Install an npm package into a folder of its own, and return the folder of its programs."""
    folder = CLIENTS / name
    folder.mkdir(parents=True, exist_ok=True)
    command = [shutil.which("npm") or "npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--loglevel=error", package]
    subprocess.run(command, check=True, env={**os.environ, **environment}, stdin=subprocess.DEVNULL)  # noqa: S603 - our own words
    return folder / "node_modules" / ".bin"


def install_agnix() -> Path:
    """Install the linter into an environment of its own, and return its program."""
    folder = CLIENTS / "agnix"
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not (programs / "python").exists():
        venv.create(folder, with_pip=True)
    command = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "agnix"]
    subprocess.run(command, check=True)  # noqa: S603 - our own words
    return programs / "agnix"


# --- Judging ----------------------------------------------------------------------------------------------------------


def judge_all(checker: Checker, profiles: list[Path]) -> Iterator[Finding]:
    """Judge each profile, and first a broken file."""
    with tempfile.TemporaryDirectory() as temporary:
        canary = Path(temporary) / "canary"
        (canary / ".claude/agents").mkdir(parents=True)
        (canary / ".claude/agents/canary.md").write_text(BROKEN_AGENT, encoding="utf-8")
        if not checker.judge(canary):
            yield Finding(checker.name, "(a broken file)", is_fine=False, detail="was accepted: this checker proves nothing")
    for profile in profiles:
        complaints = checker.judge(profile)
        agents = len(agent_names(profile))
        for complaint in complaints:
            yield Finding(checker.name, profile.name, is_fine=False, detail=complaint)
        if not complaints:
            yield Finding(checker.name, profile.name, is_fine=agents > 0, detail=f"{agents} agents, no error, no warning")


def agent_names(tree: Path) -> list[str]:
    """Return the names of the agents of a profile."""
    return sorted(path.stem for path in (tree / ".claude/agents").glob("*.md"))


def validate_plugin(claude: Path, tree: Path, environment: Mapping[str, str]) -> list[str]:
    """Let Claude Code validate the agents as those of a plugin, which every version can."""
    with plugin_of(tree) as folder:
        result = run([str(claude), "plugin", "validate", "--strict", folder], environment)
    return [] if result.returncode == 0 else [one_line(result)]


def validate_project(claude: Path, tree: Path, environment: Mapping[str, str]) -> list[str]:
    """Let a new Claude Code validate the tree as a project, and compare the agents that it finds with those that are there."""
    result = run([str(claude), "plugin", "validate", "--strict", "--json", str(tree)], environment)
    if result.returncode != 0:
        return [one_line(result)]
    with plugin_of(tree) as folder:
        data: dict[str, Any] = json.loads(run([str(claude), "plugin", "validate", "--json", folder], environment).stdout)
    found = sorted(name.rpartition(":")[2] for name in (data.get("provides") or {}).get("agents", []))
    missing = sorted(set(agent_names(tree)) - set(found))
    return [f"does not find {', '.join(missing)}"] if missing else []


@contextmanager
def plugin_of(tree: Path) -> Iterator[str]:
    """Wrap the agents of a profile as a plugin, for a while."""
    manifest = {"name": tree.name, "version": "0.0.0", "description": "Agents.", "author": {"name": "agent-composer"}}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(tree / ".claude/agents", root / "agents")
        (root / ".claude-plugin").mkdir()
        (root / ".claude-plugin/plugin.json").write_text(json.dumps(manifest), encoding="utf-8")
        yield folder


def lint(agnix: Path, tree: Path) -> list[str]:
    """Let agnix lint a profile; its remarks about itself (that no versions are pinned) do not count."""
    result = run([str(agnix), str(tree), "--target", "claude-code", "--format", "json"], {})
    try:
        data: dict[str, Any] = json.loads(result.stdout)
    except json.JSONDecodeError:
        return [one_line(result)]
    return [
        f"{Path(found['file']).name}:{found['line']}: {found['level']} {found['rule']}: {found['message']}"
        for found in data["diagnostics"]
        if found["level"] != "info"
    ]


def run(command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a tool with an empty home and nowhere to call."""
    with tempfile.TemporaryDirectory() as home:
        nowhere = "http://127.0.0.1:9"
        clean = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "USERPROFILE": home,
            "HTTPS_PROXY": nowhere,
            "HTTP_PROXY": nowhere,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1",
            "NO_COLOR": "1",
            **environment,
        }
        return subprocess.run(  # noqa: S603 - our own words
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=clean,
            cwd=home,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    """Return what a tool says, short enough for a table."""
    said = " ".join(f"{result.stdout} {result.stderr}".split())
    return f"exit code {result.returncode}: {said[-400:]}"


# --- Printing ---------------------------------------------------------------------------------------------------------


def print_table(findings: list[Finding]) -> None:
    """Print a line for each verdict, and one for all."""
    rows = [("CHECKER", "PROFILE", "VERDICT", ""), *((f.checker, f.profile, "ok" if f.is_fine else "FAILED", f.detail) for f in findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    print()
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip())
    failed = sum(not finding.is_fine for finding in findings)
    print(f"\n{len(findings)} verdicts, {failed} failed")


if __name__ == "__main__":
    sys.exit(main())
