"""What the house promises and import contracts cannot show: who touches the disk, who sees the world outside, what an import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PACKAGE = PROJECT / "composer"

pytestmark = pytest.mark.untraced  # they read the code, and run none of it

IMPORTER = {f"composer.importer.{name}" for name in ("existing", "run", "sources")}
"""Reads files from anywhere the user names."""

FILES = {f"composer.files.{name}" for name in ("destination", "disk", "exclusive", "freeing", "root", "transaction")}
"""Write below one root and never leave it; `disk` reads."""

START_A_PROCESS = {"composer.impact.git"}
"""Asks git for the sources of a revision, in the environment that it is called in."""

CACHE = {"composer.cache.folder", "composer.cache.settled"}
"""Read what a run would read, and keep what was found in a folder of its own."""

FORKS = {"composer.parallel"}
"""Shares work out among processes, and hears from them through pipes."""

TOUCH_THE_DISK = {*FILES, *FORKS, *CACHE, "composer.home", "composer.starter.pack", "composer.workspace", *IMPORTER, *START_A_PROCESS}
"""The importer, what asks git, the writer, the reader, the cache, the library that travels along, and the API, with its folder."""

KNOW_PATHS = TOUCH_THE_DISK | {
    "composer.accept.outputs",
    "composer.importer.proof",
    "composer.outcomes",
    "composer.starter.first_workspace",
}
"""These pass the path of a folder on."""

DISK_MODULES = {"fileinput", "glob", "io", "os", "shutil", "tempfile"}
DISK_METHODS = {
    *("chmod", "exists", "glob", "is_dir", "is_file", "is_symlink", "iterdir", "lstat", "mkdir", "open", "read_bytes", "read_text"),
    *("readlink", "rename", "rglob", "rmdir", "samefile", "stat", "symlink_to", "touch", "unlink", "write_bytes", "write_text"),
}
OUTSIDE = {"asyncio", "ftplib", "http", "multiprocessing", "requests", "smtplib", "socket", "ssl", "subprocess", "urllib", "webbrowser"}
CHANGING = {"calendar", "datetime", "getpass", "locale", "platform", "random", "time", "uuid"}


@cache
def modules() -> Mapping[str, ast.Module]:
    """Return every module of the package by name, parsed."""
    parsed = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        parsed[name] = ast.parse(path.read_text(encoding="utf-8"))
    return parsed


@cache
def engine() -> Mapping[str, ast.Module]:
    """Return the modules below the command."""
    return {name: tree for name, tree in modules().items() if not name.startswith("composer.cli") and name != "composer.__main__"}


@cache
def imported_names(tree: ast.Module) -> frozenset[str]:
    """Return each imported module by its first name, and ``pathlib.X`` for what comes from there."""
    return frozenset(_imported_names(tree))


def _imported_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]
            if node.module == "pathlib":
                yield from (f"pathlib.{alias.name}" for alias in node.names)


def disk_calls(tree: ast.Module) -> Iterator[str]:
    """Give each call that opens, lists or changes a file, judged by its name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id="open"):
                yield f"open() in line {node.lineno}"
            case ast.Attribute(attr=method, value=owner) if method in DISK_METHODS and not _is_ours(owner):
                yield f".{method}() in line {node.lineno}"


def _is_ours(owner: ast.expr) -> bool:
    # `Workspace.open` looks for a folder, by way of the one module that may.
    return isinstance(owner, ast.Name) and owner.id == "Workspace"


def test_modules_that_are_not_listed_open_no_file() -> None:
    """Reading is for `disk`, writing for `destination`: all else is values in, values out."""
    others = {name: tree for name, tree in engine().items() if name not in TOUCH_THE_DISK}
    found = {name: [*(DISK_MODULES & imported_names(tree)), *disk_calls(tree)] for name, tree in others.items()}
    assert {name: calls for name, calls in found.items() if calls} == {}


def test_modules_that_are_not_listed_know_pure_paths_only() -> None:
    """Paths of the engine have forward slashes on every system, so they are pure."""
    knowing = {name for name, tree in engine().items() if {"pathlib.Path", "pathlib.PosixPath"} & imported_names(tree)}
    assert knowing <= KNOW_PATHS


def test_what_is_listed_is_there() -> None:
    """An exception whose reason is gone goes, too."""
    assert modules().keys() >= KNOW_PATHS


def test_no_module_knows_the_network_and_one_starts_git() -> None:
    """Composing needs files and nothing else; what compares revisions runs git, and nothing runs anything else."""
    found = {name: OUTSIDE & imported_names(tree) for name, tree in modules().items()}
    assert {name: names for name, names in found.items() if names} == {name: {"subprocess"} for name in START_A_PROCESS}


def test_no_module_asks_for_what_differs_from_run_to_run() -> None:
    """The bytes are the same everywhere: no clock, no chance, no locale, no machine."""
    assert {name for name, tree in engine().items() if CHANGING & imported_names(tree)} == set()


def contracts() -> list[dict[str, object]]:
    """Return the import contracts."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, object]] = settings["tool"]["importlinter"]["contracts"]
    return found


def test_every_module_has_its_floor() -> None:
    """A new module is placed in the layers, or the build breaks."""
    layers = next(contract for contract in contracts() if contract["type"] == "layers")
    assert layers["exhaustive"] is True
    assert isinstance(layers["layers"], list)
    placed = [name.strip() for layer in layers["layers"] for name in layer.replace(":", "|").split("|")]
    assert sorted(placed) == sorted({name.split(".")[1] for name in modules() if "." in name})


@pytest.mark.parametrize(
    ("library", "owners"), [(c["protected_modules"], c["allowed_importers"]) for c in contracts() if "protected_modules" in c]
)
def test_a_library_has_an_owner_that_uses_it(library: list[str], owners: list[str]) -> None:
    """A contract about a library that nobody imports would hold whatever happens."""
    users = {name for name, tree in modules().items() if set(library) & imported_names(tree)}
    assert users
    assert {user for user in users if not any(f"{user}.".startswith(f"{owner}.") for owner in owners)} == set()
    assert {owner for owner in owners if not any(f"{user}.".startswith(f"{owner}.") for user in users)} == set()


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import composer", {"jinja2", "pydantic", "rich", "typer", "yaml"}),
        ("from composer import Workspace", {"rich", "typer"}),
        ("import composer.cli", {"jinja2", "pydantic", "yaml"}),
    ],
)
def test_an_import_brings_only_what_it_needs(statement: str, unwanted: set[str]) -> None:
    """The API works without the command's libraries, and `--help` without the engine's."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    assert unwanted & set(run.stdout.split()) == set()


def test_a_search_runs_without_the_tracer_of_coverage() -> None:
    """Under coverage too: this module is marked, and ``conftest.py`` takes the tracer away."""
    assert not type(sys.gettrace()).__module__.startswith("coverage")
