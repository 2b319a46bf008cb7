"""Every mistake has its message: each folder of ``tests/errors`` is a workspace, and ``expected.txt`` what a person reads of it.

``UPDATE_GOLDEN=1 pytest tests/test_errors.py`` writes the ``expected.txt`` anew; read the difference before you commit it. A case whose
run needs arguments has them in ``arguments.txt``, as on the command line: names of profiles, ``--set name=value``, ``--into FOLDER``;
``--build`` goes as far as the lock, and writes nothing.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
from pathlib import Path

import pytest
from builders import errors_of, write_workspace
from hypothesis import given
from hypothesis import strategies as st
from laws import law

from composer.errors import ComposerError, Diagnostic
from composer.report import diagnostic_text
from composer.workspace import Workspace

CASES = Path(__file__).parent / "errors"


def _diagnostics(root: Path) -> tuple[Diagnostic, ...]:
    arguments = root / "arguments.txt"
    words = shlex.split(arguments.read_text(encoding="utf-8")) if arguments.exists() else []
    names, overrides, into = [], [], None
    while words:
        match words.pop(0):
            case "--set":
                overrides.append(words.pop(0))
            case "--into":
                into = words.pop(0)
            case "--build":
                into = into or ""
            case name:
                names.append(name)
    workspace = Workspace.open(root)
    try:
        if into is None:
            return workspace.compose(names or None, overrides=overrides).diagnostics
        return workspace.build(names or None, overrides=overrides, into=into or None, dry_run=True).diagnostics
    except ComposerError as error:
        return error.diagnostics


LONG = {"too-many-rounds-of-items"}
"""Cases that go on until a cap stops them."""


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=[pytest.mark.untraced] * (case.name in LONG)) for case in sorted(CASES.iterdir())]
)
def test_says(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with each workspace is told as expected, and all of it at once."""
    monkeypatch.chdir(case)
    told = "\n\n".join(diagnostic_text(found) for found in _diagnostics(case)) + "\n"
    expected = case / "expected.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(told, encoding="utf-8", newline="\n")
    assert told == expected.read_text(encoding="utf-8")


# --- codes ------------------------------------------------------------------------------------------------------------

PROVEN_ELSEWHERE = {
    # Files that a checkout cannot hold, or that every run would have to write: below, and where the disk is tested.
    "file-too-large": "test_errors.py",
    "not-a-file": "test_errors.py",
    "not-a-folder": "test_errors.py",
    "not-a-workspace": "test_errors.py",
    "outside-workspace": "test_errors.py",
    "too-many-layers": "test_security.py",
    "unknown-target": "test_errors.py",
    "yaml-too-large": "test_errors.py",
    "case-collision": "test_load.py",
    "folder-twice": "test_load.py",
    "unreadable": "test_load.py",
    "cannot-read": "test_write.py",
    "cannot-remove": "test_write.py",
    "cannot-write": "test_write.py",
    "duplicate-output": "test_emit.py",
    "leaves-workspace": "test_write.py",
    "another-profile": "test_status.py",
    "another-run": "test_transaction.py",
    "bad-journal": "test_transaction.py",
    "half-written": "test_transaction.py",
    "run-cut-short": "test_transaction.py",
    # What the schema, or the YAML reader, refuses before: second walls.
    "unencodable-text": "test_emit.py",
    "unknown-example-part": "test_claude.py",
    # Of features that compose nothing.
    "already-there": "test_starter.py",
    "file-changed": "test_ids.py",
    "distinct-unneeded": "test_similar.py",
    "nothing-to-import": "test_import.py",
    "bad-revision": "test_impact.py",
    "git-failed": "test_impact.py",
    "no-git": "test_impact.py",
    "no-workspace-then": "test_impact.py",
    "not-a-repository": "test_impact.py",
    "revision-does-not-compose": "test_impact.py",
    "unknown-address": "test_impact.py",
    "rewrite-refused": "test_review.py",
    "several-edits": "test_review.py",
    "foreign-output": "test_accept.py",
    "output-missing": "test_accept.py",
    "sources-changed": "test_accept.py",
    "edited-too": "test_accept_reach.py",
    "contradicting-edits": "test_accept_reach.py",
}

_REPORTERS = frozenset({"error", "warning", "notice", "_error", "ExpressionError", "YamlProblem"})
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOLD = re.compile(r"^.*?: (?:error|warning|notice)\[([a-z0-9-]+)\]: ", re.MULTILINE)


def _codes_in_source() -> frozenset[str]:
    """Collect the codes in the calls that report something; what the command says of its own arguments is tested with it."""
    codes = set[str]()
    for module in (Path(__file__).parents[1] / "composer").rglob("*.py"):
        if "cli" in module.parts:
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in _REPORTERS:
                    codes |= _first_code(node)
    # These are put together, or handed on, where they are reported.
    return frozenset(codes | {"unclosed-comment", "unclosed-expression", "yaml-syntax", "cannot-read", "cannot-remove", "cannot-write"})


def _first_code(call: ast.Call) -> set[str]:
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and _CODE.fullmatch(argument.value):
            return {argument.value}
    return set()


def _codes_told() -> frozenset[str]:
    return frozenset(code for case in CASES.iterdir() for code in _TOLD.findall((case / "expected.txt").read_text(encoding="utf-8")))


@pytest.mark.untraced
def test_every_code_is_told_in_a_case_or_proven_elsewhere() -> None:
    """No message stays without an example that shows what a person reads."""
    assert _codes_in_source() - _codes_told() == PROVEN_ELSEWHERE.keys()


@pytest.mark.parametrize(("code", "module"), PROVEN_ELSEWHERE.items())
def test_a_code_without_a_case_is_asserted_in_its_module(code: str, module: str) -> None:
    """What cannot be a folder of small files is asserted by name in a test."""
    text = (Path(__file__).parent / module).read_text(encoding="utf-8")
    mentions = text.split("PROVEN_ELSEWHERE = {")[0] + text.rpartition("# --- what no folder can hold")[2]
    assert code in mentions


# --- what no folder can hold ------------------------------------------------------------------------------------------

BASE = {
    "fragments/agents/dev.md": """
        ---
        agent:
          description: Use this agent to write code.
        ---
        Write code. {#role}
        """,
    "profiles/shop.yaml": """
        agents:
          dev: {}
        """,
}


def test_a_folder_outside_all_workspaces(tmp_path: Path) -> None:
    """A folder that belongs to no workspace is told with the way to make one."""
    with pytest.raises(ComposerError) as caught:
        Workspace.open(tmp_path)
    (found,) = caught.value.diagnostics
    assert diagnostic_text(found) == (
        f"{tmp_path}: error[not-a-workspace]: `{tmp_path}` is in no workspace\n"
        "  hint: run `agent-composer init` to make one, or name its folder with `--workspace`"
    )


def test_an_unknown_target(tmp_path: Path) -> None:
    """A target that does not exist is told with the nearest one."""
    write_workspace(tmp_path, BASE)
    with pytest.raises(ComposerError) as caught:
        Workspace.open(tmp_path, target="claude-cod")
    (found,) = caught.value.diagnostics
    assert diagnostic_text(found) == ("target: error[unknown-target]: there is no target `claude-cod`\n  hint: did you mean `claude-code`?")


def test_a_huge_fragment_is_not_read(tmp_path: Path) -> None:
    """A fragment of 100 MB is refused by its size alone."""
    write_workspace(tmp_path, BASE)
    with (tmp_path / "fragments/huge.md").open("wb") as file:
        file.truncate(100_000_000)
    assert errors_of(tmp_path) == (
        "fragments/huge.md: error[file-too-large]: `fragments/huge.md` is larger than 1 MiB\n  hint: split the file\n"
    )


@pytest.mark.untraced
def test_too_many_values_of_yaml(tmp_path: Path) -> None:
    """A profile with more values than anybody writes is refused while it is read."""
    write_workspace(tmp_path, {**BASE, "profiles/shop.yaml": f"project:\n  a: [{'a,' * 200_001}]\n"})
    assert "error[yaml-too-large]: the YAML holds more than 200000 keys and values" in errors_of(tmp_path)


def test_a_file_in_the_place_of_the_fragments(tmp_path: Path) -> None:
    """A file where a folder has to be is told."""
    write_workspace(tmp_path, {"profiles/shop.yaml": BASE["profiles/shop.yaml"], "agent-composer.yaml": "output: out\n"})
    (tmp_path / "fragments").rmdir()
    (tmp_path / "fragments").write_text("no folder")
    assert "fragments: error[not-a-folder]: `fragments` is not a folder\n" in errors_of(tmp_path)


def test_a_link_that_leads_out(tmp_path: Path) -> None:
    """A fragment that is a link to a file elsewhere is not read."""
    write_workspace(tmp_path / "inside", BASE)
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "inside/fragments/rules.md").symlink_to(tmp_path / "secret.md")
    assert errors_of(tmp_path / "inside") == (
        "fragments/rules.md: error[outside-workspace]: the link `fragments/rules.md` leads out of the workspace\n"
        "  hint: put a copy of the file into the workspace\n"
    )


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    """A link to a file that is not there is told."""
    write_workspace(tmp_path, BASE)
    (tmp_path / "fragments/rules.md").symlink_to("gone.md")
    assert errors_of(tmp_path) == (
        "fragments/rules.md: error[not-a-file]: the link `fragments/rules.md` leads nowhere\n"
        "  hint: take it away, or put a file in its place\n"
    )


# --- nothing is written -----------------------------------------------------------------------------------------------


def test_nothing_is_written_where_anything_is_wrong(tmp_path: Path) -> None:
    """One profile's mistake keeps the files of every profile from being written, and the lock too."""
    root = write_workspace(tmp_path, {**BASE, "profiles/web.yaml": "agents:\n  dev: {color: bleu}\n"})
    before = sorted(root.rglob("*"))
    with pytest.raises(ComposerError):
        Workspace.open(root).build()
    assert sorted(root.rglob("*")) == before


def test_a_mistake_keeps_what_was_built(tmp_path: Path) -> None:
    """What an earlier run wrote stays as it is, byte for byte, and is not removed."""
    root = write_workspace(tmp_path, BASE)
    Workspace.open(root).build()
    before = {place: place.read_bytes() for place in root.rglob("*") if place.is_file()}
    profile = root / "profiles/shop.yaml"
    profile.write_text("agents:\n  tester: {}\n", encoding="utf-8")
    with pytest.raises(ComposerError):
        Workspace.open(root).build()
    after = {place: place.read_bytes() for place in root.rglob("*") if place.is_file()}
    assert after == {**before, profile: b"agents:\n  tester: {}\n"}


# --- any text ---------------------------------------------------------------------------------------------------------

LIBRARY = Path(__file__).parents[1]
SOURCES = {
    str(place.relative_to(LIBRARY)): place.read_text(encoding="utf-8")
    for place in (LIBRARY / "agent-composer.yaml", *LIBRARY.glob("fragments/**/*.md"), *LIBRARY.glob("profiles/*.yaml"))
}
PIECES = (
    "{{", "}}", "{%", "%}", "{#", "#}", "{#x}", "`", "```", '"', "'", ": ", " #", "## ", "- ", "1. ", "|", ">", "[", "]", "&a", "*a", "!x",
    "@", "\t", "    ", "\n", "---\n", "\\", "~", "null", "yes", "{% if x %}", "{% else %}", "{% endif %}", "{% for a in b %}",
    "{% endfor %}",
    "{% raw %}", '{% include "checklists/api" %}', "{% include x %}", "{{ x }}", "| join", "\ufeff", "\u2028", "\x00", "unset: [a]", "<<: ",
)  # fmt: skip


@st.composite
def _mutants(draw: st.DrawFn) -> tuple[str, str]:
    """Take one file of the library and spoil it: lines deleted, doubled or swapped, pieces put in, the end cut off."""
    path = draw(st.sampled_from(sorted(SOURCES)))
    text = SOURCES[path]
    for _ in range(draw(st.integers(1, 4))):
        lines = text.split("\n")
        one, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        at = draw(st.integers(0, len(text)))
        match draw(st.sampled_from(["delete", "double", "swap", "put in", "cut off", "indent"])):
            case "delete":
                del lines[one]
                text = "\n".join(lines)
            case "double":
                text = "\n".join([*lines[:other], lines[one], *lines[other:]])
            case "swap":
                lines[one], lines[other] = lines[other], lines[one]
                text = "\n".join(lines)
            case "put in":
                text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
            case "indent":
                lines[one] = f"  {lines[one]}"
                text = "\n".join(lines)
            case _:
                text = text[:at]
    return path, text


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library that may be spoilt."""
    root = tmp_path_factory.mktemp("library")
    for path, text in SOURCES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@law(10)
@given(mutant=_mutants())
def test_spoilt_sources_are_told_and_never_crash(library: Path, mutant: tuple[str, str]) -> None:
    """Whatever a file of the library becomes, a run ends with files or with diagnostics that can be printed."""
    path, text = mutant
    (library / path).write_text(text, encoding="utf-8", newline="")
    try:
        found = Workspace.open(library).compose().diagnostics
    except ComposerError as error:
        found = error.diagnostics
        assert found
    finally:
        (library / path).write_text(SOURCES[path], encoding="utf-8", newline="")
    assert all(diagnostic_text(diagnostic) for diagnostic in found)
