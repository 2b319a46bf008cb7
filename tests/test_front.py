"""The front door: it reads a command line exactly as Typer does, or leaves it to Typer; and it answers as the command behind it does."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from builders import agent_file, write_workspace
from typer.main import get_command
from typer.testing import CliRunner

from composer.cli.app import app
from composer.cli.app import root as root_of_all
from composer.cli.front import main, read_request
from composer.cli.grammar import COMMANDS, COMMON, Flag, Number, Option, Value, Words
from composer.cli.group import Group
from composer.cli.options import declare
from composer.cli.session import Session

FILES = {
    "fragments/agents/dev.md": agent_file(
        """
        You build in a {{ tone }} tone. {#role}

        - Say why {#why}
        """,
        about="code",
        variables="tone: {type: str, default: plain}",
    ),
    "profiles/shop.yaml": "agents: {dev: {}}\n",
    "profiles/bank.yaml": "agents: {dev: {}}\nvars: {tone: calm}\n",
}

Answer = tuple[int, str, str]
Ask = Callable[..., Answer]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_workspace(tmp_path / "work", FILES)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def ask(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run the command line as the console script does."""
    assert root.is_dir()

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["agent-composer", *words])
        capsys.readouterr()
        code: object = None
        try:
            main()
        except SystemExit as end:
            code = end.code
        finally:
            gc.enable()
        assert isinstance(code, int)
        return (code, *capsys.readouterr())

    return run


def by_typer(words: list[str]) -> dict[str, Any]:
    """Return what Typer hands to the command."""
    got: dict[str, Any] = {}

    def run(session: Session, **values: object) -> None:
        common = {"workspace": session.folder, "json": session.is_json, "verbose": session.is_verbose}
        got.update(values, **common, quiet=session.is_quiet, no_color=session.is_colorless, command=session.command)

    asked = typer.Typer(cls=Group)
    asked.callback()(root_of_all)
    for command in COMMANDS.values():
        declare(asked, command, run, ())
    result = CliRunner().invoke(asked, words)
    assert result.exit_code == 0, result.output
    return got


# --- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_typer_has_the_options_of_the_table(name: str) -> None:
    """Every option and argument of the command, by name, with its words; and no other."""
    command = get_command(app).commands[name]  # type: ignore[attr-defined]  # a group has commands
    known = {parameter.name: tuple(parameter.opts) for parameter in command.params if parameter.name != "help"}
    table = {option.name: option.words or (option.name,) for option in (*COMMANDS[name].options, *COMMON)}
    assert known == table


LINES = [
    ["build"],
    ["check", "shop"],
    ["build", "shop", "bank", "-n", "--overwrite"],
    ["build", "--dry-run", "shop", "--set", "tone=calm", "--set=tone=a=b"],
    ["-q", "check", "-v", "--no-color", "bank"],
    ["check", "--json", "--workspace", "."],
    ["-w", "work", "check", "-w", "elsewhere", "--quiet"],
    ["--workspace=here", "build", "--into=there", "--no-cache"],
    ["check", "--format", "github"],
    ["check", "--format=json", "--into", "x y"],
    ["build", "a b", "ünï"],
    ["check", "--jobs", "3"],
    ["build", "-j", "02"],
]


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_a_plain_line_is_read_as_typer_reads_it(words: list[str]) -> None:
    """The same command with the same values."""
    request = read_request(words)
    assert request is not None
    got = by_typer(words)
    assert got.pop("command") == request.command.name
    for option in (*request.command.options, *COMMON):
        assert got.pop(option.name) == expected(option, request.given.get(option.name)), option.name
    assert got == {}


def expected(option: Option, given: object) -> object:
    if option.name == "workspace":
        return Path(str(given or "."))
    if isinstance(option, Value):
        return given if given is None or option.choices else Path(str(given))
    return bool(given) if isinstance(option, Flag) else given


@pytest.mark.parametrize(
    "words",
    [
        *([], ["--help"], ["build", "-h"], ["build", "--nonsense"], ["status"], ["--version"], ["-V", "build"]),
        *(["build", "-nq"], ["build", "--", "shop"], ["check", "--format", "xml"], ["check", "--format"], ["build", "-w"]),
        *(["build", "--dry-run=yes"], ["build", ""], ["build", "--set", "-x"], ["build", "-w=here"], ["shop", "build"], ["-n", "build"]),
        *(["check", "--dry-run"], ["build", "--into="], ["build", "--jobs", "0"], ["build", "--jobs", "two"], ["build", "--jobs=-1"]),
    ],
    ids=" ".join,
)
def test_whatever_is_not_plain_is_left_to_typer(words: list[str]) -> None:
    """Help, mistakes, short options in one word, other commands: nothing is guessed."""
    assert read_request(words) is None


def test_kinds_of_options_are_told_apart() -> None:
    """The table has one of each kind, so that the tests above mean something."""
    options = [option for command in COMMANDS.values() for option in command.options]
    assert {type(option) for option in options} == {Flag, Number, Value, Words}


# --- answers ----------------------------------------------------------------------------------------------------------


def test_it_builds_and_checks(ask: Ask) -> None:
    """As the commands do, files and all."""
    code, out, err = ask("build")
    assert (code, out.splitlines()[-1], err) == (0, "2 files: 2 created", "")
    assert ask("check") == (0, "2 files composed: all as on disk\n", "")
    assert "in a calm tone" in Path("output/bank/.claude/agents/dev.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["build"], ["check"], ["build", "shop"], ["check", "shop"], ["check", "-q"]], ids=" ".join)
def test_what_is_settled_is_told_in_the_same_words(ask: Ask, words: list[str]) -> None:
    """With the cache or without, the same text and the same exit code."""
    ask("build")
    composed = ask(*words, "--no-cache")
    ask(*words)
    assert ask(*words) == composed


def test_a_mistake_of_ours_is_told_as_ever(ask: Ask) -> None:
    """Errors of the sources, with code 2; in the document, if one is asked for."""
    Path("profiles/shop.yaml").write_text("agents: {dve: {}}\n", encoding="utf-8")
    code, out, err = ask("build")
    assert (code, out) == (2, "")
    assert "error[" in err
    assert '"ok": false' in ask("check", "--json")[1]


def test_a_difference_is_exit_code_1(ask: Ask) -> None:
    """An edited output fails a check, settled before or not."""
    ask("build")
    output = Path("output/shop/.claude/agents/dev.md")
    output.write_text(output.read_text(encoding="utf-8").replace("Say why", "Say how"), encoding="utf-8")
    code, out, _ = ask("check")
    assert code == 1
    assert "-- Say how" in out
    assert "+- Say why" in out


def test_a_stale_edit_fails_a_check_that_comes_after_a_build(ask: Ask) -> None:
    """A build warns of it as often as it is run; it settles nothing for the check."""
    fragment, profile = Path("fragments/agents/dev.md"), Path("profiles/shop.yaml")
    profile.write_text('agents: {dev: {}}\nedits: {"agents/dev#why": {replace: "Say what"}}\n', encoding="utf-8")
    ask("build")
    fragment.write_text(fragment.read_text(encoding="utf-8").replace("Say why", "Say when"), encoding="utf-8")
    for _ in range(3):
        code, _, err = ask("build")
        assert (code, "stale-edit" in err) == (0, True)
        assert ask("check")[0] == 1


def test_anything_else_is_answered_by_typer(ask: Ask) -> None:
    """Help and usage errors come from there."""
    assert "Usage: agent-composer build" in ask("build", "--help")[1]
    code, _, err = ask("build", "--nonsense")
    assert code == 2
    assert "--nonsense" in err


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        ("'check'", {"typer", "click", "rich", "dataclasses", "pathlib", "typing", "re", "composer.workspace", "yaml"}),
        ("'check', '--no-cache'", {"typer", "click", "rich", "pydantic", "jinja2"}),
    ],
)
def test_a_run_imports_only_what_it_needs(ask: Ask, words: str, unwanted: set[str]) -> None:
    """A settled check needs next to nothing; one that composes needs neither Typer nor pydantic nor Jinja."""
    ask("build")
    program = f"""
import sys
before = set(sys.modules)
sys.argv = ["agent-composer", {words}]
from composer.__main__ import main
try:
    main()
except SystemExit:
    print(*set(sys.modules) - before)
"""
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{program}"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    assert "composed: all as on disk" in run.stdout
    assert unwanted & set(run.stdout.split()) == set()


@pytest.mark.parametrize(
    ("words", "code", "stream", "end"),
    [
        (("--version",), 0, "stdout", "\n"),
        (("build",), 0, "stdout", "2 files: 2 created\n"),
        (("check",), 1, "stdout", "\n"),
        (("build", "shopp"), 2, "stderr", "1 error\n"),
        (("list", "agents"), 0, "stdout", "\n"),
    ],
)
def test_a_process_that_is_left_as_it_is_has_said_everything(root: Path, words: tuple[str, ...], code: int, stream: str, end: str) -> None:
    """Nothing is taken apart at the end of a process: its exit code is that of the command, and what it printed is there to the last."""
    command = [sys.executable, "-m", "composer", *words]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert run.returncode == code
    assert getattr(run, stream).endswith(end)


def test_a_process_whose_output_nobody_takes_says_so(root: Path) -> None:
    """What cannot be delivered is not passed over in silence because the process ends quickly."""
    with Path("/dev/full").open("w") if Path("/dev/full").exists() else (root / "out").open("w") as full:
        command = [sys.executable, "-m", "composer", "--version"]
        run = subprocess.run(command, cwd=root, stdout=full, stderr=subprocess.PIPE, check=False)  # noqa: S603 - our own program
    assert bool(run.returncode) == Path("/dev/full").exists()
