"""The command: what it prints where, as text and as data, and which exit code it ends with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from builders import write_workspace
from typer.testing import CliRunner, Result

import composer
from composer import __version__
from composer.__main__ import main as command
from composer.cli import progress as progress_module
from composer.cli import waiting as waiting_module
from composer.cli.app import app
from composer.cli.completion import complete_explained, complete_names, complete_profiles, complete_settings
from composer.cli.front import main
from composer.cli.locate import read_question
from composer.cli.screen import Screen
from composer.files.destination import DiskDestination
from composer.workspace import Workspace

OUTPUT = "output/shop/.claude/agents/dev.md"

FILES = {
    "agent-composer.yaml": "vars:\n  tone: {type: str, default: plain, doc: how to speak}\n",
    "fragments/agents/dev.md": """
        ---
        about: Writes code.
        agent:
          description: |
            Use this agent for code on {{ project.name }}.
          tools: [Read, Edit]
          color: green
        vars:
          topics: {type: "list[fragment]", default: []}
        uses: [tone]
        ---
        You build in a {{ tone }} tone. {#role}

        ## {% include topics %}
        """,
    "fragments/lists/rules.md": """
        ---
        about: House rules.
        vars:
          limit: {type: int, default: 10}
          strict: {type: bool, default: false}
        moved: {most: limit}
        ---
        ## Rules {#rules}

        {#list}
        - Keep it below {{ limit }} {#limit}
        - Say why {#why}
        - Test it {#test}
        {% if strict %}
        - Never skip a test {#skip}
        {% endif %}
        """,
    "profiles/base.yaml": """
        about: What all have.
        abstract: true
        vars:
          topics: [lists/rules]
          limit: 20
        agents:
          dev: {}
        """,
    "profiles/shop.yaml": """
        about: A shop.
        extends: [base]
        project: {name: Shop}
        vars:
          limit: 30
        agents:
          dev: {color: blue}
        edits:
          lists/rules#why:
            replace: |
              Say why, in one line
            because: readers are in a hurry
          lists/rules#test:
            remove: true
            because: the build does it
          lists/rules#limit:
            after:
              shelf: |
                Keep shelves full
        """,
    "profiles/bank.yaml": """
        extends: [base]
        project: {name: Bank}
        vars:
          strict: true
        """,
}

Run = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_workspace(tmp_path / "work", FILES)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(root: Path) -> Run:
    """Run the command in the workspace; fail if the exit code is another one."""
    assert root.is_dir()

    def invoke(*args: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, list(args))
        assert result.exit_code == code, result.output
        return result

    return invoke


def data(result: Result) -> dict[str, Any]:
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


def change(path: str, old: str, new: str) -> None:
    place = Path(path)
    text = place.read_text(encoding="utf-8")
    assert old in text
    place.write_text(text.replace(old, new), encoding="utf-8")


def run_process(*args: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "composer", *args]
    home = str(Path(__file__).parent.parent)
    variables = {**os.environ, "PYTHONPATH": home, **environment}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603 - our own command


# --- build ------------------------------------------------------------------------------------------------------------


def test_build_tells_each_file_and_a_summary(run: Run, root: Path) -> None:
    """One line for each file that changes, and the counts; a second build says in one line that nothing did."""
    assert run("build").stdout == (
        "created    output/bank/.claude/agents/dev.md\n"
        "created    output/shop/.claude/agents/dev.md\n"
        "2 files: 2 created\n"
    )  # fmt: skip
    assert (root / OUTPUT).is_file()
    assert run("build").stdout == "2 files: 2 unchanged\n"
    assert "unchanged  output/bank" in run("build", "--verbose").stdout


def test_build_names_profiles(run: Run) -> None:
    """Only the profiles that are named are built."""
    assert run("build", "bank").stdout == "created    output/bank/.claude/agents/dev.md\n1 file: 1 created\n"


def test_build_dry_run_writes_nothing(run: Run, root: Path) -> None:
    """A dry run tells the same and says that it was one."""
    result = run("build", "--dry-run")
    assert result.stdout.endswith("dry run, nothing was written: 2 files: 2 created\n")
    assert not (root / "output").exists()


def test_build_set(run: Run, root: Path) -> None:
    """A value of the command line beats every layer."""
    run("build", "--set", "limit=7", "--set", "tone=dry", "shop")
    assert "You build in a dry tone.\n" in (root / OUTPUT).read_text(encoding="utf-8")
    assert "Keep it below 7\n" in (root / OUTPUT).read_text(encoding="utf-8")


def test_build_into_a_project(run: Run, tmp_path: Path) -> None:
    """The tree of one profile goes straight into a project; paths are told as they were named."""
    project = tmp_path / "project"
    project.mkdir()
    result = run("build", "shop", "--into", str(project))
    assert result.stdout.startswith(f"created    {(project / '.claude/agents/dev.md').as_posix()}\n")
    assert "into-takes-one" in run("build", "--into", str(project), code=2).stderr


def test_build_leaves_edited_files_alone(run: Run, root: Path) -> None:
    """A file that somebody edited is reported with what to do about it, and stays; told to overwrite, a copy of it does."""
    run("build")
    change(OUTPUT, "Say why", "Tell why")
    result = run("build", code=1)
    assert result.stdout == f"edited     {OUTPUT}\n2 files: 1 unchanged, 1 edited\n"
    assert result.stderr.startswith(f"1 file is not as the tool wrote it, and was left alone:\n  {OUTPUT}\n")
    assert "--overwrite" in result.stderr
    assert f"(the old one is kept as {OUTPUT}.orig)" in run("build", "--overwrite").stdout
    assert "Tell why" in (root / f"{OUTPUT}.orig").read_text(encoding="utf-8")


def test_build_reports_foreign_files(run: Run, root: Path) -> None:
    """Files that the tool did not make count, too."""
    write_workspace(root, {OUTPUT: "mine", "output/bank/.claude/agents/dev.md": "mine"})
    result = run("build", code=1)
    assert f"foreign    {OUTPUT}\n" in result.stdout
    assert result.stderr.startswith("2 files are not as the tool wrote them, and were left alone:\n")


def test_build_quiet(run: Run) -> None:
    """Quiet says nothing where nothing is wrong."""
    result = run("build", "--quiet")
    assert (result.stdout, result.stderr) == ("", "")


def test_build_json(run: Run, root: Path) -> None:
    """As data: each file with its action, the counts, and what was found on the way."""
    document = data(run("build", "--json"))
    assert document == {
        "command": "build",
        "ok": True,
        "dry_run": False,
        "root": root.as_posix(),
        "files": [
            {"path": "output/bank/.claude/agents/dev.md", "profile": "bank", "action": "created", "copy": "", "profile_before": ""},
            {"path": OUTPUT, "profile": "shop", "action": "created", "copy": "", "profile_before": ""},
        ],
        "counts": {"created": 2},
        "diagnostics": [],
    }


def test_progress_bar_only_for_people_who_wait(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar is shown on a terminal once the work takes long, and never elsewhere."""
    monkeypatch.setattr(progress_module, "PATIENCE", -1.0)
    assert run("build", "--dry-run").stderr == ""
    monkeypatch.setattr(Screen, "is_terminal", True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "shop" in run("build", "--dry-run").stderr


def test_build_waits_for_another_run_and_gives_up(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that it waits; if the other run does not end, nothing is written."""
    monkeypatch.setattr(waiting_module, "TRIES", 2)
    monkeypatch.setattr(waiting_module, "PAUSE", 0)
    with DiskDestination(root).hold():
        result = run("build", code=2)
    assert result.stderr.count("another run is writing to this folder: waiting for it to end\n") == 1
    assert "error[another-run]" in result.stderr
    assert not (root / "output").exists()


# --- check ------------------------------------------------------------------------------------------------------------


def test_check_of_equal_files(run: Run) -> None:
    """Nothing differs: exit code 0 and one line."""
    run("build")
    assert run("check").stdout == "2 files composed: all as on disk\n"


def test_check_prints_what_differs(run: Run) -> None:
    """What a build would change is printed as a unified diff, then the files by name and the counts; nothing is written."""
    run("build")
    change("fragments/lists/rules.md", "Keep it below", "Stay below")
    result = run("check", "shop", code=1)
    assert result.stdout == (
        f"--- a/{OUTPUT}\n"
        f"+++ b/{OUTPUT}\n"
        "@@ -11,5 +11,5 @@\n"
        " ## Rules\n"
        " \n"
        "-- Keep it below 30\n"
        "+- Stay below 30\n"
        " - Keep shelves full\n"
        " - Say why, in one line\n"
        "\n"
        f"{OUTPUT}  is out of date\n"
        "1 file composed, 1 differs: 1 out of date\n"
    )
    assert run("check", code=1).stdout.endswith("2 files composed, 2 differ: 2 out of date\n")
    assert run("check", "--quiet", code=1).stdout == f"output/bank/.claude/agents/dev.md  is out of date\n{OUTPUT}  is out of date\n"


def test_check_names_what_is_missing_left_over_and_edited(run: Run, root: Path) -> None:
    """Each way to differ has its words."""
    run("build")
    (root / OUTPUT).unlink()
    change("output/bank/.claude/agents/dev.md", "Say why", "Tell why")
    result = run("check", code=1)
    assert f"{OUTPUT}  is missing\n" in result.stdout
    assert "output/bank/.claude/agents/dev.md  was edited by hand\n" in result.stdout
    run("build", "--overwrite")
    (root / "profiles/bank.yaml").unlink()
    (root / OUTPUT).write_text("mine", encoding="utf-8")
    (root / "agent-composer.lock").write_text(
        "".join(
            line for line in (root / "agent-composer.lock").read_text(encoding="utf-8").splitlines(keepends=True) if "shop" not in line
        ),
        encoding="utf-8",
    )
    result = run("check", code=1)
    assert "output/bank/.claude/agents/dev.md  is left over: no profile makes it any more\n" in result.stdout
    assert f"{OUTPUT}  was not made by the tool\n" in result.stdout


def test_check_json(run: Run) -> None:
    """As data: the difference of each file."""
    document = data(run("check", "shop", "--json", code=1))
    assert (document["ok"], document["files"]) == (False, 1)
    (difference,) = document["differences"]
    assert (difference["path"], difference["profile"], difference["action"]) == (OUTPUT, "shop", "created")
    assert difference["diff"].startswith(f"--- a/{OUTPUT}\n")
    assert data(run("check", "shop", "--format", "json", code=1)) == document


def test_check_github(run: Run, root: Path) -> None:
    """For GitHub: an annotation beside the first line that differs, with its path from the root of the repository."""
    run("build")
    (root.parent / ".git").mkdir()
    change("fragments/lists/rules.md", "Say why", "Tell why")
    result = run("check", "bank", "--format", "github", code=1)
    first, last = result.stdout.splitlines()
    path = "work/output/bank/.claude/agents/dev.md"
    assert first.startswith(
        f"::error file={path},line=14,col=1,title=updated::output/bank/.claude/agents/dev.md is out of date; its sources"
    )
    assert last == "1 file composed, 1 differs: 1 out of date"


def test_check_github_annotates_what_is_wrong(run: Run) -> None:
    """Errors become annotations, too; one of the command line has no file."""
    change("profiles/shop.yaml", "limit: 30", "limit: many")
    result = run("check", "--format", "github", code=2)
    assert result.stdout.startswith("::error file=profiles/shop.yaml,line=5,col=10,title=wrong-type::")
    assert "error[wrong-type]" in result.stderr
    change("profiles/shop.yaml", "limit: many", "limit: 30")
    assert run("check", "--format", "github", "--set", "limt=1", code=2).stdout.startswith("::error title=unknown-variable::")


# --- explain a file ---------------------------------------------------------------------------------------------------


def test_explain_file_gives_the_origin_of_every_line(run: Run) -> None:
    """Without a line: a table of the whole file, a row for each block."""
    run("build")
    lines = run("explain", OUTPUT).stdout.splitlines()
    assert lines[0].split() == ["LINES", "BLOCK", "KIND", "DEFINED", "AT", "TOUCHED", "BY"]
    assert [line.split()[0:2] for line in lines[-4:]] == [
        ["11-12", "lists/rules#rules"],
        ["13", "lists/rules#limit"],
        ["14", "profiles/shop#shelf"],
        ["15", "lists/rules#why"],
    ]
    assert lines[-3].endswith("fragments/lists/rules.md:11:3  {{ limit }}")
    assert lines[-1].endswith("profiles/shop: replace")
    origins = data(run("explain", OUTPUT, "--json"))["origins"]
    assert (origins[-1]["first_line"], origins[-1]["block"], origins[-1]["edits"][0]["verb"]) == (15, "lists/rules#why", "replace")


def test_explain_line_tells_variables_and_what_they_beat(run: Run) -> None:
    """A line's variables: value, place, and each value that lost."""
    run("build")
    result = run("explain", f"{OUTPUT}:13")
    assert (
        result.stdout
        == f"""{OUTPUT}:13
  - Keep it below 30

lists/rules#limit  (list item)
  defined   fragments/lists/rules.md:11:3
  included  fragments/agents/dev.md:14:15  ## {{% include topics %}}
  variable  limit = 30  (set by profiles/shop, profiles/shop.yaml:5:3)
              beat 20 of profiles/base, profiles/base.yaml:5:3
              beat 10 of the default, fragments/lists/rules.md:4:3
  variable  topics = lists/rules  (set by profiles/base, profiles/base.yaml:4:3)
              beat [] of the default, fragments/agents/dev.md:9:3
"""
    )


def test_explain_line_tells_edits_and_gates(run: Run) -> None:
    """A line that a profile changed says why, a gated one by which condition it is there."""
    run("build")
    assert "edited    replace by profiles/shop at profiles/shop.yaml:9:3\n            because readers are in a hurry\n" in (
        run("explain", f"{OUTPUT}:15").stdout
    )
    gated = run("explain", "output/bank/.claude/agents/dev.md:16").stdout
    assert "  if        `strict` is true, at fragments/lists/rules.md:14:1\n" in gated
    assert "  variable  strict = true  (set by profiles/bank, profiles/bank.yaml:4:3)\n" in gated
    block = data(run("explain", f"{OUTPUT}:15", "--json"))["blocks"][0]
    assert (block["address"], block["layer"], block["edits"][0]["because"]) == (
        "lists/rules#why",
        "profiles/shop",
        "readers are in a hurry",
    )


def test_explain_front_matter(run: Run) -> None:
    """Lines of the front matter have their origins, too: fields, project values, what the target wants."""
    run("build")
    description = run("explain", f"{OUTPUT}:4").stdout
    assert "front matter: description\n" in description
    assert "  variable  project.name = Shop  (set by profiles/shop, profiles/shop.yaml:3:11)\n" in description
    color = run("explain", f"{OUTPUT}:6").stdout
    assert "front matter: color\n  defined   profiles/shop.yaml:7:9\n" in color
    assert "  beat      green of agents/dev, fragments/agents/dev.md:7:3\n" in color
    assert "  defined   fragments/agents/dev.md:6:11\n" in run("explain", f"{OUTPUT}:5").stdout
    assert "what the tool wants of every agent" in run("explain", f"{OUTPUT}:1").stdout
    assert data(run("explain", f"{OUTPUT}:4", "--json"))["blocks"][1]["project"][0]["value"] == "Shop"


def test_explain_nested_fields(run: Run) -> None:
    """A part of an example, or of a list of maps, has the place that it was written at."""
    servers = "  mcpServers: [one, {files: {command: run}}]\n"
    examples = "  examples:\n    a:\n      user: |\n        Go.\n      assistant: |\n        Yes.\n"
    change("fragments/agents/dev.md", "  color: green\n", f"  color: green\n{servers}{examples}")
    change("profiles/shop.yaml", "  dev: {color: blue}\n", "  dev:\n    examples:\n      a:\n        user: |\n          Start.\n")
    run("build")
    assert "  beat      Go. of agents/dev, fragments/agents/dev.md:11:7\n" in run("explain", f"{OUTPUT}:4").stdout
    lines = Path(OUTPUT).read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "mcpServers" in text)
    assert "front matter: mcpServers" in "".join(run("explain", f"{OUTPUT}:{number}").stdout for number in (line, line + 1, line + 2))


def test_explain_column(run: Run) -> None:
    """With a column: the block of that one character."""
    run("build")
    assert "tone" not in run("explain", f"{OUTPUT}:9:1").stdout.split("\n\n")[1]
    assert "  variable  tone = plain  (its default, agent-composer.yaml:2:3)\n" in run("explain", f"{OUTPUT}:9:17").stdout
    assert "no column 99 in line 9" in run("explain", f"{OUTPUT}:9:99", code=2).stderr
    assert "has no line 99" in run("explain", f"{OUTPUT}:99", code=2).stderr


def test_explain_says_if_the_disk_differs(run: Run) -> None:
    """What is explained is the composed file; where the one on disk is another, that is said."""
    assert "is not on disk" in run("explain", OUTPUT).stderr
    run("build")
    assert run("explain", OUTPUT).stderr == ""
    change(OUTPUT, "Say why", "Tell why")
    assert "is not what would be composed now" in run("explain", OUTPUT).stderr


def test_explain_file_from_elsewhere(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is read from the current folder first, then from the workspace."""
    run("build")
    monkeypatch.chdir(root / "output/shop")
    assert "lists/rules#why" in run("explain", ".claude/agents/dev.md:15").stdout
    assert "lists/rules#why" in run("explain", f"{OUTPUT}:15").stdout
    monkeypatch.chdir(root.parent)
    assert "lists/rules#why" in run("--workspace", str(root), "explain", f"{OUTPUT}:15").stdout
    assert "lists/rules#why" in run("explain", "-w", str(root), str(root / OUTPUT) + ":15").stdout


def test_explain_file_in_a_project(run: Run, tmp_path: Path) -> None:
    """A file that was built into a project: its lock names the profile; without one, its content or its name has to do."""
    project = tmp_path / "project"
    project.mkdir()
    run("build", "shop", "--into", str(project))
    place = project / ".claude/agents/dev.md"
    assert "profiles/shop#shelf" in run("explain", f"{place}:14").stdout
    (project / ".agent-composer.lock").unlink()
    assert "profiles/shop#shelf" in run("explain", f"{place}:14").stdout
    change(str(place), "Keep it", "Hold it")
    assert "several profiles write such a file: `bank`, `shop`" in run("explain", f"{place}:14", code=2).stderr


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.md", ("a.md", None, None)),
        ("a.md:12", ("a.md", 12, None)),
        ("a.md:12:3", ("a.md", 12, 3)),
        ("C:\\work\\a.md", ("C:\\work\\a.md", None, None)),
        ("C:\\work\\a.md:12:3", ("C:\\work\\a.md", 12, 3)),
        ("a:b.md:4", ("a:b.md", 4, None)),
        ("", ("", None, None)),
    ],
)
def test_question_is_taken_apart(text: str, parts: tuple[str, int | None, int | None]) -> None:
    """Numbers at the end are line and column; the colon of a drive belongs to the path."""
    question = read_question(text)
    assert (question.path, question.line, question.column) == parts


# --- explain an address -----------------------------------------------------------------------------------------------


def test_explain_address_used_and_removed(run: Run) -> None:
    """Every use with its lines; where an edit took it away, which one and why."""
    result = run("explain", "lists/rules#test")
    assert result.stdout == (
        "lists/rules#test  fragments/lists/rules.md:13:11\n"
        "  bank / dev  output/bank/.claude/agents/dev.md:15\n"
        "  shop / dev  absent: removed by profiles/shop at profiles/shop.yaml:13:3\n"
        "                because the build does it\n"
        "\n"
        "shown by 1 of 2 outputs\n"
    )  # fmt: skip


def test_explain_address_gated(run: Run) -> None:
    """A closed gate is named with the variables that close it."""
    result = run("explain", "lists/rules#skip")
    assert "  shop / dev  absent: `strict` is false, at fragments/lists/rules.md:14:1\n" in result.stdout
    assert "strict = false  (its default, fragments/lists/rules.md:5:3)\n" in result.stdout
    absence = data(run("explain", "lists/rules#skip", "--json"))["absences"][0]
    assert (absence["reason"], absence["gates"][0]["condition"], absence["variables"][0]["value"]) == ("gated", "strict", False)


def test_explain_address_replaced(run: Run) -> None:
    """A block with another text is still shown, and the edit is named."""
    result = run("explain", "lists/rules#why")
    assert f"  shop / dev  {OUTPUT}:15\n                replaced by profiles/shop at profiles/shop.yaml:9:3\n" in result.stdout


def test_explain_fragment(run: Run) -> None:
    """A whole fragment: all its lines in each output."""
    result = run("explain", "lists/rules")
    assert "  bank / dev  output/bank/.claude/agents/dev.md:11, 13-16\n" in result.stdout
    uses = data(run("explain", "lists/rules", "--json"))["uses"]
    assert uses[0]["lines"] == [11, 13, 14, 15, 16]


def test_explain_never_included(run: Run, root: Path) -> None:
    """What nothing includes is said to be that."""
    write_workspace(root, {"fragments/lone.md": "Alone. {#lone}\n"})
    assert "  bank / dev  absent: nothing includes it\n" in run("explain", "lone#lone").stdout
    assert data(run("explain", "lone", "--json"))["absences"][0]["reason"] == "never included"


def test_explain_profile_address(run: Run) -> None:
    """A block that a profile added, and all that a profile added; other profiles cannot have it."""
    result = run("explain", "profiles/shop#shelf")
    assert f"  shop / dev  {OUTPUT}:14\n" in result.stdout
    assert "  bank / dev  absent: it belongs to a profile that this one does not extend\n" in result.stdout
    assert f"  shop / dev  {OUTPUT}:14-15\n" in run("explain", "profiles/shop").stdout


def test_explain_in_a_broken_workspace(run: Run) -> None:
    """An address of a source that cannot be read is not called unknown: what is wrong with the source is told."""
    change("fragments/lists/rules.md", "about: House rules.", "about: House: rules.")
    result = run("explain", "lists/rules#why", code=2)
    assert "fragments/lists/rules.md:2:" in result.stderr
    assert "unknown" not in result.stderr


def test_explain_blocks_without_an_id(run: Run) -> None:
    """A block without an id goes by the name of what is around it; lists of the project are told as values, too."""
    change("fragments/lists/rules.md", "{#list}\n", 'For {{ project.sites | join(" and ") }}.\n\n{#list}\n')
    for name in ("bank", "shop"):
        change(f"profiles/{name}.yaml", "project: {", "project: {sites: [here, there], ")
    run("build")
    result = run("explain", f"{OUTPUT}:13")
    assert "lists/rules#rules (inside)  (paragraph)\n" in result.stdout
    assert "  variable  project.sites = here, there  (set by profiles/shop, profiles/shop.yaml:3:11)\n" in result.stdout
    assert "lists/rules#rules (inside)" in run("explain", OUTPUT).stdout
    project = [value for block in data(run("explain", f"{OUTPUT}:13", "--json"))["blocks"] for value in block["project"]]
    assert [value["value"] for value in project] == ["here, there"]


def test_explain_else_branch(run: Run, root: Path) -> None:
    """A branch behind one that holds was not looked at."""
    change("fragments/lists/rules.md", "{% endif %}", "{% else %}\n- Skip what is slow {#slow}\n{% endif %}")
    assert root.is_dir()
    told = run("explain", "lists/rules#slow").stdout
    assert "  bank / dev  absent: `else` is not looked at: a branch before it holds, at" in told
    # What the taken branch read is why.
    assert "variable  strict = true" in told.partition("  bank / dev  absent")[2].partition("shop / dev")[0]


def test_explain_left_empty(run: Run, root: Path) -> None:
    """A section that lost all that was in it says so."""
    write_workspace(root, {"fragments/lists/rules.md": "---\nvars:\n  strict: {type: bool, default: false}\n---\n## Rules {#rules}\n\n"})
    change("fragments/lists/rules.md", "## Rules {#rules}\n", "## Rules {#rules}\n\n{% if strict %}\nText. {#text}\n{% endif %}\n")
    write_workspace(root, {"profiles/shop.yaml": "extends: [base]\nproject: {name: Shop}\n"})
    change("profiles/base.yaml", "  limit: 20\n", "")
    result = run("explain", "lists/rules#rules")
    assert "  shop / dev  absent: nothing is left in it, at fragments/lists/rules.md:5:1\n" in result.stdout
    assert "1 notice (`--verbose` shows the notices)\n" in result.stderr
    assert "notice[left-empty]" in run("explain", "lists/rules#rules", "--verbose").stderr
    assert run("explain", "lists/rules#rules", "--quiet").stderr == ""


def test_explain_renamed_id(run: Run) -> None:
    """The old name of an id leads to the new one, with a warning."""
    result = run("explain", "lists/rules#most")
    assert result.stdout.startswith("lists/rules#limit  ")
    assert "warning[moved-id]" in result.stderr
    assert result.stderr.endswith("\n1 warning\n")


@pytest.mark.parametrize(
    ("what", "code", "hint"),
    [
        ("lists/rules#wy", "unknown-block", "did you mean `lists/rules#why`?"),
        ("lists/rule", "unknown-address", "did you mean `lists/rules`?"),
        ("output/shop/.claude/agents/devv.md:3", "unknown-address", f"did you mean `{OUTPUT}`?"),
        ("output/shop/x", "unknown-address", "name a file below `output/`, or an address"),
        ("zzz", "unknown-address", "name a file below `output/`, or an address"),
        ("nowhere#x", "unknown-fragment", "list fragments"),
    ],
)
def test_explain_unknown(run: Run, what: str, code: str, hint: str) -> None:
    """What does not exist is an error that names the nearest thing that does."""
    result = run("explain", what, code=2)
    assert f"error[{code}]" in result.stderr
    assert hint in result.stderr
    assert result.stderr.endswith("\n1 error\n")


# --- list, show, stats, schema ----------------------------------------------------------------------------------------


def test_list_overview(run: Run) -> None:
    """Without an argument: how many there are of each kind, and the first names."""
    lines = run("list").stdout.splitlines()
    assert lines[0].split() == ["KIND", "COUNT", "NAMES"]
    assert lines[1].split(maxsplit=2) == ["profiles", "3", "bank, base, shop"]
    assert set(data(run("list", "--json"))) >= {"profiles", "agents", "fragments", "variables", "looks", "targets"}


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("profiles", ["base", "What all have.", "-", "(abstract)", "bank, shop"]),
        ("agents", ["agents/dev", "Writes code.", "tone, topics", "profiles/bank, profiles/shop"]),
        ("fragments", ["lists/rules", "House rules.", "limit, strict", "profiles/base"]),
        ("variables", ["limit", "int", "10", "base, shop", "lists/rules"]),
        ("looks", ["heading", "{hashes} {title}", "built in", "-"]),
        ("targets", ["claude-code", ".claude/agents/NAME.md"]),
    ],
)
def test_list(run: Run, kind: str, row: list[str]) -> None:
    """Each kind has a table with what a thing is about and who uses it."""
    lines = run("list", kind).stdout.splitlines()
    found = next(line for line in lines if line.startswith(row[0]))
    assert [part.strip() for part in found.split("  ") if part.strip()][: len(row)] == row
    assert data(run("list", kind, "--json"))[kind]


def test_list_works_in_a_broken_workspace(run: Run) -> None:
    """What could be read is listed; what could not is told, and the exit code says so."""
    change("profiles/shop.yaml", "limit: 30", "limt: 30")
    result = run("list", "profiles", code=2)
    assert "shop" in result.stdout
    assert "error[unknown-variable]" in result.stderr
    assert data(run("list", "--json", code=2))["diagnostics"][0]["code"] == "unknown-variable"


def test_show_fragment(run: Run) -> None:
    """A fragment: about, users, variables, and its ids with their first words."""
    result = run("show", "lists/rules")
    assert result.stdout.startswith("lists/rules  fragments/lists/rules.md\n  about        House rules.\n  used by      profiles/base\n")
    assert "  edited by    shop\n" in result.stdout
    assert "lists/rules#skip   list item  15        Never skip a test\n" in result.stdout
    document = data(run("show", "lists/rules", "--json"))
    assert document["kind"] == "fragment"
    assert [block["address"] for block in document["blocks"]][:2] == ["lists/rules#rules", "lists/rules#list"]


def test_show_agent_by_its_short_name(run: Run) -> None:
    """An agent is found without its folder, and shows its fields."""
    result = run("show", "dev")
    assert "  tools        [Read, Edit]\n" in result.stdout
    assert data(run("show", "dev", "--json"))["kind"] == "agent"


def test_show_profile(run: Run) -> None:
    """A profile as it is written."""
    result = run("show", "shop")
    assert "  extends      base\n  builds       dev\n  sets         limit\n" in result.stdout
    assert data(run("show", "profiles/shop", "--json"))["edits"] == ["lists/rules#why", "lists/rules#test", "lists/rules#limit"]
    assert "  abstract     yes: never built itself\n" in run("show", "base").stdout


def test_show_resolved(run: Run) -> None:
    """The merged profile, with the place of every value behind it."""
    text = run("show", "--resolved", "shop").stdout
    assert text.startswith("# layers, far to near: profiles/base, profiles/shop\nproject:\n  name: Shop  # profiles/shop.yaml:3\n")
    assert "  topics: [lists/rules]  # profiles/base.yaml:4\n  limit: 30  # profiles/shop.yaml:5\n" in text
    assert "    replace: Say why, in one line  # profiles/shop.yaml:9, because readers are in a hurry\n" in text
    assert "    after:\n      shelf: Keep shelves full  # profiles/shop.yaml:18\n" in text
    assert "tone" not in text
    verbose = run("show", "--resolved", "shop", "--verbose").stdout
    assert (
        "  limit: 30  # profiles/shop.yaml:5\n  # beat 20, of profiles/base at profiles/base.yaml:5\n  # beat 10, the default at" in verbose
    )
    assert "  tone: plain  # agent-composer.yaml:2\n" in verbose
    resolved = data(run("show", "-r", "shop", "--json"))["resolved"]
    assert resolved["vars"]["value"]["limit"] == {
        "value": "30",
        "layer": "profiles/shop",
        "place": {"path": "profiles/shop.yaml", "line": 5},
        "because": "",
        "beat": [
            {"value": "20", "layer": "profiles/base", "path": "profiles/base.yaml", "line": 5},
            {"value": "10", "layer": "declaration", "path": "fragments/lists/rules.md", "line": 4},
        ],
    }


def test_show_resolved_reads_as_yaml(run: Run) -> None:
    """Texts that YAML would read as something else stand in quotes, those of several lines as blocks."""
    change("profiles/shop.yaml", "      Say why, in one line\n", "      Say: why\n\n      Twice\n")
    change("profiles/shop.yaml", "project: {name: Shop}", 'project: {name: "# Shop", all: ["a, b", c]}')
    text = run("show", "--resolved", "shop").stdout
    assert "    replace: |  # profiles/shop.yaml:9, because" in text
    assert "      Say: why\n\n      Twice\n" in text
    assert '  name: "# Shop"' in text
    assert '  all: ["a, b", c]' in text


def test_show_unknown(run: Run) -> None:
    """An unknown name is an error with the nearest one."""
    assert "did you mean `lists/rules`?" in run("show", "lists/rule", code=2).stderr
    assert "did you mean `shop`?" in run("show", "--resolved", "shp", code=2).stderr


def test_stats(run: Run) -> None:
    """Figures for outputs, profiles, agents and all."""
    lines = run("stats").stdout.splitlines()
    assert [line.split()[0] for line in lines if line] == [
        "OUTPUT", "output/bank/.claude/agents/dev.md", OUTPUT, "PROFILE", "bank", "shop", "AGENT", "dev", "TOTAL", "all",
    ]  # fmt: skip
    document = data(run("stats", "--json"))
    assert set(document["total"]) == {"name", "files", "bytes", "body_bytes", "words", "blocks", "shared_bytes", "share"}
    assert 0 < document["total"]["share"] < 1


@pytest.mark.parametrize("kind", ["profile", "fragment", "workspace"])
def test_schema(run: Run, kind: str) -> None:
    """A JSON Schema for each kind of file."""
    assert data(run("schema", kind))["title"].startswith("agent-composer")


# --- all commands -----------------------------------------------------------------------------------------------------

COMMANDS = ["build", "check", "explain", "ids", "init", "list", "new", "schema", "show", "stats", "status"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_a_manual(run: Run, command: str) -> None:
    """The help of each command says what it does and gives examples."""
    text = run(command, "--help").stdout
    assert "Examples:" in text
    assert f"agent-composer {command}" in text


def test_help_names_all_commands(run: Run) -> None:
    """So does the help of the whole, and it tells the exit codes."""
    text = run("--help").stdout
    assert all(command in text for command in COMMANDS)
    assert "Exit codes" in text


def test_version(run: Run) -> None:
    """The version is that of the package."""
    assert run("--version").stdout == f"agent-composer {__version__}\n"


@pytest.mark.parametrize("args", [["biuld"], ["build", "--nix"], ["list", "everything"], ["check", "--format", "xml"], ["explain"]])
def test_wrong_command_line(run: Run, args: list[str]) -> None:
    """A command line that is wrong ends with 2, as wrong input does."""
    assert run(*args, code=2).stdout == ""


def test_every_error_at_once_and_a_count(run: Run) -> None:
    """All that is wrong is told in one run, with a blank line between and the count at the end."""
    change("profiles/shop.yaml", "limit: 30", "limt: 30")
    change("profiles/bank.yaml", "strict: true", "strict: maybe")
    result = run("build", code=2)
    assert result.stdout == ""
    first, second, last = result.stderr.rstrip("\n").split("\n\n")
    assert first.startswith("profiles/bank.yaml:4:11: error[wrong-type]:")
    assert second.startswith("profiles/shop.yaml:5:3: error[unknown-variable]:")
    assert last == "2 errors"


def test_errors_as_data(run: Run) -> None:
    """With --json, what is wrong is in the document on standard output, and on standard error for people."""
    change("profiles/shop.yaml", "limit: 30", "limt: 30")
    result = run("build", "--json", code=2)
    document = data(result)
    assert (document["command"], document["ok"]) == ("build", False)
    assert document["diagnostics"][0]["path"] == "profiles/shop.yaml"
    assert "1 error" in result.stderr


def test_warnings_of_a_run_that_succeeds(run: Run) -> None:
    """Warnings go to standard error and change no exit code; quiet drops them."""
    change("fragments/agents/dev.md", "You build in a {{ tone }} tone.", "You build.")
    assert "warning[unused-variable]" in run("build").stderr
    assert run("build", "--quiet").stderr == ""
    assert "unused-variable" in {found["code"] for found in data(run("build", "--json"))["diagnostics"]}


def test_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a workspace, one is told how to make one."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["build"])
    assert result.exit_code == 2
    assert "error[not-a-workspace]" in result.stderr
    assert "agent-composer init" in result.stderr


def fail_with(error: BaseException) -> Callable[..., Iterator[None]]:
    def compose(*_: object, **__: object) -> Iterator[None]:
        raise error

    return compose


def test_a_bug_of_ours(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is one line and exit code 3; the traceback is there for the asking."""
    monkeypatch.setattr(Workspace, "compose", fail_with(ZeroDivisionError("by zero")))
    result = run("build", code=3)
    assert result.stderr.splitlines() == [
        "a bug of agent-composer: ZeroDivisionError: by zero",
        "set AGENT_COMPOSER_DEBUG=1 and run it again for the traceback, and report both",
    ]
    assert data(run("build", "--json", code=3)) == {
        "command": "build",
        "ok": False,
        "bug": "ZeroDivisionError: by zero",
        "diagnostics": [],
    }
    monkeypatch.setenv("AGENT_COMPOSER_DEBUG", "1")
    assert "Traceback (most recent call last):" in run("build", code=3).stderr


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the run with 130 and no traceback."""
    monkeypatch.setattr(Workspace, "compose", fail_with(KeyboardInterrupt()))
    assert "Traceback" not in run("build", code=130).stderr


def test_ctrl_c_before_a_run_has_begun_is_one_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """While modules are still being imported, nothing else would turn it into an exit code."""
    monkeypatch.setattr("composer.cli.front.main", fail_with(KeyboardInterrupt()))
    monkeypatch.setattr("sys.argv", ["agent-composer", "build"])
    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 130


def test_reader_that_has_had_enough(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed pipe is no error to talk about."""
    monkeypatch.setattr(Workspace, "compose", fail_with(BrokenPipeError()))
    assert run("build", code=141).stderr == ""


def test_entry_point(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The console script runs the same, and ends the process with the exit code; --no-color goes for all that is printed."""
    monkeypatch.setattr(sys, "argv", ["agent-composer", "--no-color", "list", "looks"])
    monkeypatch.setenv("NO_COLOR", "")
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert root.is_dir()
    assert "heading" in capsys.readouterr().out
    assert os.environ["NO_COLOR"]


@pytest.mark.usefixtures("root")
def test_nothing_is_sent_to_a_reader_that_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was still to be printed is dropped, so that the interpreter does not fail on it at its end."""
    monkeypatch.setattr(Workspace, "compose", fail_with(BrokenPipeError()))
    with (tmp_path / "out").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(SystemExit) as end:
            app(["build"])
        stream.write("more")
    assert end.value.code == 141
    assert (tmp_path / "out").read_text(encoding="utf-8") == ""


def test_reader_that_leaves(root: Path) -> None:
    """A real pipe that is closed early: no traceback, no complaint at the end."""
    command = [sys.executable, "-m", "composer", "schema"]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen(command, cwd=root, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


# --- terminals --------------------------------------------------------------------------------------------------------


def test_terminal_gets_tables_and_colours(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where people look, Rich prints; with --no-color or NO_COLOR without colours."""
    monkeypatch.setattr(Screen, "is_terminal", True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    assert "\x1b[32mcreated" in run("build").stdout
    assert "\x1b[1mprofile" in run("list", "profiles").stdout
    change("fragments/lists/rules.md", "Keep it below", "Stay below")
    assert "\x1b[31m-- Keep it below 30" in run("check", code=1).stdout
    assert "\x1b" not in run("check", "--no-color", code=1).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("check", code=1).stdout
    assert "\x1b" not in run("list", "profiles").stdout


def test_terminal_is_not_steered_by_what_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control characters of a file are shown as dots."""
    run("build")
    with Path(OUTPUT).open("a", encoding="utf-8") as file:
        file.write("\x1b]0;title\x07\n")
    monkeypatch.setattr(Screen, "is_terminal", True)
    assert "·]0;title·" in run("check", code=1).stdout


# --- completion -------------------------------------------------------------------------------------------------------


class Context:
    """What completion sees of a command line."""

    def __init__(self, **params: str) -> None:
        self.params = params
        self.parent: Context | None = None


@pytest.mark.usefixtures("root")
def test_completion_offers_what_fits() -> None:
    """Profiles without the abstract ones, fragments, addresses once there is a `#`, variables, paths."""
    context: Any = Context()
    assert complete_profiles(context, "") == ["bank", "shop"]
    assert complete_profiles(context, "s") == ["shop"]
    assert complete_names(context, "") == ["bank", "base", "shop", "agents/dev", "lists/rules"]
    assert complete_explained(context, "lists/rules#s") == ["lists/rules#skip"]
    assert complete_explained(context, "lists") == ["lists/rules"]
    assert complete_explained(context, "prof") == ["profiles/"]
    assert complete_explained(context, "fragments/lists/") == ["fragments/lists/rules.md"]
    assert complete_settings(context, "l") == ["limit="]
    assert complete_settings(context, "to") == ["tone=", "topics="]


def test_completion_looks_into_the_workspace_that_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--workspace` counts, before or after the command's name."""
    monkeypatch.chdir(root.parent)
    context: Any = Context()
    assert complete_profiles(context, "") == []
    context.parent = Context(workspace=str(root))
    assert complete_profiles(context, "") == ["bank", "shop"]


def test_completion_never_fails(root: Path) -> None:
    """Where anything goes wrong, nothing is offered."""
    context: Any = Context(workspace=str(root))
    assert complete_explained(context, "nowhere#") == []
    assert complete_explained(context, "\0/") == []


# --- real processes ---------------------------------------------------------------------------------------------------


def test_module_runs(root: Path) -> None:
    """`python -m composer` is the command."""
    result = run_process("build", folder=root)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("2 files: 2 created\n")


def test_narrow_terminal(root: Path) -> None:
    """A terminal that does not know a character gets another in its place."""
    change("profiles/shop.yaml", "about: A shop.", "about: A shop → open")
    result = run_process("list", "profiles", folder=root, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "A shop ? open" in result.stdout
    assert result.returncode == 0


def test_shell_completion(root: Path) -> None:
    """A shell that asks gets names."""
    words = {"_AGENT_COMPOSER_COMPLETE": "complete_bash", "COMP_WORDS": "agent-composer build sh", "COMP_CWORD": "2"}
    assert run_process(folder=root, **words).stdout.split() == ["shop"]


def test_no_color_reaches_help(root: Path) -> None:
    """Help and usage errors, which Typer prints, are without colours, too."""
    result = run_process("--no-color", "build", "--help", folder=root, FORCE_COLOR="1", TERM="xterm-256color")
    assert result.returncode == 0
    assert "\x1b" not in result.stdout
    wrong = run_process("--no-color", "build", "--nothing", folder=root, FORCE_COLOR="1", TERM="xterm-256color")
    assert wrong.returncode == 2
    assert "\x1b" not in wrong.stderr


def test_api_names() -> None:
    """Every public name can be had from the package; another one is missing in the usual words."""
    assert all(hasattr(composer, name) for name in composer.__all__)
    assert composer.Workspace is Workspace
    assert "Workspace" in dir(composer)
    with pytest.raises(AttributeError, match="module 'composer' has no attribute 'nothing'"):
        composer.nothing  # noqa: B018 - asking for it is the test


def test_api_needs_no_typer() -> None:
    """The public names work without Typer, and importing the package alone imports nothing heavy."""
    code = """
        import sys
        import composer
        assert not {"typer", "pydantic", "jinja2", "yaml", "rich"} & set(sys.modules), "the package itself is light"
        assert composer.__version__
        for name in composer.__all__:
            assert getattr(composer, name).__name__ == name
        assert set(composer.__all__) <= set(dir(composer))
        assert not {"typer", "rich", "click"} & set(sys.modules)
        try:
            composer.nothing
        except AttributeError as error:
            assert "nothing" in str(error)
        """
    home = Path(__file__).parent.parent
    lines = "\n".join(line.removeprefix("        ") for line in code.splitlines())
    result = subprocess.run([sys.executable, "-c", lines], cwd=home, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert (result.returncode, result.stderr) == (0, "")


def test_help_starts_without_the_engine(root: Path) -> None:
    """Neither help nor completion imports what composes."""
    code = (
        "import sys, composer.cli; print(sorted({'pydantic', 'jinja2', 'yaml', 'composer.workspace', 'composer.model'} & set(sys.modules)))"
    )
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    result = subprocess.run([sys.executable, "-c", code], cwd=root, env=variables, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert result.stdout == "[]\n"


# --- explain a line of a source ---------------------------------------------------------------------------------------


def reached(run: Run, place: str) -> dict[str, list[str]]:
    """Return the lines that a line of a source reaches, by profile, as they are printed."""
    texts = {file.profile: file.text.splitlines() for file in Workspace.open(".").compose().files}
    uses = data(run("explain", place, "--json"))["uses"]
    return {use["profile"]: [texts[use["profile"]][line - 1] for line in use["lines"]] for use in uses}


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("- Keep it below {{ limit }} {#limit}", {"bank": ["- Keep it below 20"], "shop": ["- Keep it below 30"]}),
        ("- Test it {#test}", {"bank": ["- Test it"]}),
        ("{% if strict %}", {"bank": ["- Never skip a test"]}),
        ("  limit: {type: int, default: 10}", {}),
    ],
    ids=["a variable inside", "removed elsewhere", "a condition", "a default that is beaten"],
)
def test_explain_a_line_of_a_fragment(run: Run, line: str, shown: dict[str, list[str]]) -> None:
    """Each line of an output that would change with it: its text, and what it lets through."""
    lines = Path("fragments/lists/rules.md").read_text(encoding="utf-8").splitlines()
    assert reached(run, f"fragments/lists/rules.md:{lines.index(line) + 1}") == shown


def test_explain_the_line_of_an_include(run: Run) -> None:
    """It reaches all that it brings, and not what stands beside it."""
    lines = Path("fragments/agents/dev.md").read_text(encoding="utf-8").splitlines()
    found = reached(run, f"fragments/agents/dev.md:{lines.index('## {% include topics %}') + 1}")
    assert found["bank"] == ["## Rules", "- Keep it below 20", "- Say why", "- Test it", "- Never skip a test"]


def test_explain_a_line_of_a_profile(run: Run) -> None:
    """A value reaches what prints it; a `project` fact too, and a line inside a value goes by its key."""
    shop = Path("profiles/shop.yaml").read_text(encoding="utf-8").splitlines()
    place = f"profiles/shop.yaml:{shop.index('  limit: 30') + 1}"
    assert list(reached(run, place)) == ["shop"]
    assert "reaches 1 of 2 outputs" in run("explain", place).stdout
    assert list(reached(run, "profiles/shop.yaml:3")) == ["shop"]
    base = Path("profiles/base.yaml").read_text(encoding="utf-8").splitlines()
    told = run("explain", f"profiles/base.yaml:{base.index('  limit: 20') + 1}").stdout
    assert "shop / dev  `limit` is beaten by profiles/shop at profiles/shop.yaml:" in told


def test_explain_a_line_that_reaches_nothing(run: Run) -> None:
    """The reason is the gate, the edit that takes the block away, or that nothing comes of such a line."""
    strict = Path("fragments/lists/rules.md").read_text(encoding="utf-8").splitlines().index("- Never skip a test {#skip}") + 1
    assert "absent: `strict` is false" in run("explain", f"fragments/lists/rules.md:{strict}").stdout
    shop = Path("profiles/shop.yaml").read_text(encoding="utf-8").splitlines()
    because = shop.index("    because: the build does it") + 1
    assert "  shop / dev  absent: removed by profiles/shop" in run("explain", f"profiles/shop.yaml:{because}").stdout
    assert "comes from this line" in run("explain", "profiles/shop.yaml:1").stdout


def test_explain_a_source_as_a_whole_is_explaining_its_address(run: Run) -> None:
    """A path names what an address names; and a line that is not there is an error."""
    assert run("explain", "fragments/lists/rules.md").stdout == run("explain", "lists/rules").stdout
    assert "`fragments/lists/rules.md` has no line 99" in run("explain", "fragments/lists/rules.md:99", code=2).stderr


# --- a wrong command line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "command", "message"),
    [
        (("check", "--nothing", "--json"), "check", "No such option: --nothing"),
        (("explain", "--json"), "explain", "Missing argument 'FILE[:LINE[:COL]]|ADDRESS'"),
        (("--json", "nothing"), "", "No such command 'nothing'"),
        (("--nothing", "--json"), "", "No such option: --nothing"),
        (("check", "--format", "json", "--nothing"), "check", "No such option: --nothing"),
    ],
)
def test_wrong_command_line_is_a_document_where_one_is_wanted(run: Run, arguments: tuple[str, ...], command: str, message: str) -> None:
    """A script reads of an unknown option what it reads of any error."""
    document = data(run(*arguments, code=2))
    assert (document["command"], document["ok"]) == (command, False)
    assert [(found["code"], found["message"]) for found in document["diagnostics"]] == [("wrong-usage", message)]


def test_wrong_command_line_is_told_in_words_elsewhere(run: Run) -> None:
    """What stands behind `--` is no option; and of a wrong choice only the choices are told."""
    assert run("build", "--nothing", "--", "--json", code=2).stdout == ""
    told = " ".join(run("list", "nothing", code=2).stderr.replace("│", " ").split())
    assert "Invalid value for 'kind': 'nothing' is not one of 'profiles', 'agents'," in told
    assert "Value error" not in told


def test_list_variables_is_no_wider_than_a_reader_can_scroll(run: Run) -> None:
    """Outside a terminal long cells are cut, unless more is wanted."""
    doc = "how to speak, at such a length that nobody would read it to its end in a table"
    change("agent-composer.yaml", "how to speak", f'"{doc}"')
    assert "how to speak, at such a len…" in run("list", "variables").stdout
    assert doc in run("list", "variables", "--verbose").stdout
    assert doc in run("list", "variables", "--json").stdout
