"""The pages are true: their examples are run, pasted output is compared, tables are complete, links lead somewhere."""

from __future__ import annotations

import ast
import io
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

import pytest
from builders import body_of, errors_of, write_workspace

from composer.__main__ import main
from composer.report import diagnostic_text
from composer.workspace import Workspace

ROOT: Final = Path(__file__).parents[1]
LANGUAGE: Final = ROOT / "docs" / "language.md"
DRIFT: Final = ROOT / "docs" / "drift.md"
README: Final = ROOT / "README.md"
IMPACT: Final = ROOT / "docs" / "impact.md"
PAGES: Final = (README, *sorted((ROOT / "docs").glob("*.md")))
LIBRARY: Final = ("fragments", "profiles", "output", "agent-composer.yaml", "agent-composer.lock")

# --- the blocks of a page ---------------------------------------------------------------------------------------------

_FENCE: Final = re.compile(r"^(?P<fence>`{3,})(?P<language>[a-z]*)$")
_HEADING: Final = re.compile(r"^#{2,6} (?P<title>.+)$")


@dataclass(frozen=True)
class Sample:
    """A fenced block of a page: the heading above it, the line right before it, and what is in it."""

    heading: str
    label: str
    language: str
    text: str
    line: int


def samples_of(page: Path) -> list[Sample]:
    """Cut a page into its fenced blocks."""
    samples: list[Sample] = []
    heading = label = fence = language = ""
    inside: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").split("\n"), start=1):
        if fence:
            if line == fence:
                text = "".join(f"{one}\n" for one in inside)
                samples.append(Sample(heading, label, language, text, number - len(inside)))
                fence, label = "", ""
            else:
                inside.append(line)
        elif opening := _FENCE.match(line):
            fence, language, inside = opening["fence"], opening["language"], []
        elif title := _HEADING.match(line):
            heading, label = title["title"], ""
        elif line:
            label = line
    return samples


def prose_of(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^(`{3,}).*?^\1$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


# --- console blocks ---------------------------------------------------------------------------------------------------

_COMMAND: Final = re.compile(r"^\$ (?P<command>.+)$", re.MULTILINE)
_APPEND: Final = re.compile(r'^echo "(?P<text>[^"]+)" >> (?P<path>\S+)$')
_REPLACE: Final = re.compile(r'^sed -i "s/(?P<old>[^/"]+)/(?P<new>[^/"]+)/" (?P<path>\S+)$')
_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Console:
    """A shell in a folder, as far as our pages need one. ``cd`` lasts, as it does for a reader who types along."""

    folder: Path
    code: int = 0

    def replay(self, session: str) -> str:
        """Run the commands of a console block and return the block as it should be."""
        return "".join(f"$ {match['command']}\n{self.run(match['command'])}" for match in _COMMAND.finditer(session))

    def run(self, line: str) -> str:
        """Run a line of commands and return what they print, answers and remarks alike."""
        return "".join(self._command(command) for command in line.split("; "))

    def _command(self, command: str) -> str:
        if command.startswith("agent-composer "):
            return self._program(shlex.split(command))
        if command == 'echo "exit code $?"':
            return f"exit code {self.code}\n"
        if match := _APPEND.match(command):
            with (self.folder / match["path"]).open("a", encoding="utf-8", newline="\n") as file:
                file.write(f"{match['text']}\n")
            return ""
        if match := _REPLACE.match(command):
            place = self.folder / match["path"]
            text = place.read_text(encoding="utf-8")
            assert match["old"] in text
            place.write_text(text.replace(match["old"], match["new"]), encoding="utf-8", newline="\n")
            return ""
        assert command.startswith("cd "), f"the pages use few commands, and `{command}` is none of them"
        self.folder /= command.removeprefix("cd ")
        return ""

    def _program(self, words: list[str]) -> str:
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(printed):
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", words)
            with pytest.raises(SystemExit) as ended:
                main()
        self.code = ended.value.code if isinstance(ended.value.code, int) else 0
        return _COLOR.sub("", printed.getvalue())


# --- the examples of the reference ------------------------------------------------------------------------------------

HELPER: Final = """\
---
agent:
  description: |
    Use this agent to try the examples.
---
{include}
"""
INCLUDE: Final = '{% include "rules" %}'
SHOP: Final = "agents: {helper: {}}\n"

_SOURCE: Final = re.compile(r"^`(?P<path>(?:fragments|profiles)/[^`]+|agent-composer\.yaml)`$")
_OUTPUT: Final = re.compile(r"^`output/(?P<profile>[^/`]+)/(?P<path>[^`]+)`$")
_PART: Final = re.compile(r"^The (?P<part>body|front matter)(?: of `(?P<agent>[^`]+)`)?(?: with `--set (?P<setting>[^`]+)`)?:$")
_FOUND: Final = re.compile(r"^The (?P<severity>error|warning|notice)s?:$")
_RUN: Final = "The run:"
_GOES_ON: Final = "goes on:"


@dataclass
class Bench:
    """One example's workspace: its samples build it up, and ask for results."""

    root: Path
    files: dict[str, str] = field(default_factory=dict)
    runs: int = 0

    def result(self, sample: Sample) -> str | None:
        """Take a source in, or say what the sample should show; None where nothing is compared."""
        if match := _SOURCE.match(sample.label):
            self.files[match["path"]] = sample.text
            return None
        if match := _OUTPUT.match(sample.label):
            files = Workspace.open(self._workspace()).compose(match["profile"]).files
            return next(file.text for file in files if file.path.as_posix() == match["path"])
        if match := _PART.match(sample.label):
            whole = self._agent(match["agent"], match["setting"])
            return body_of(whole) if match["part"] == "body" else whole.split("\n---\n", 1)[0] + "\n---\n"
        if match := _FOUND.match(sample.label):
            return errors_of(self._workspace()) if match["severity"] == "error" else self._remarks(match["severity"])
        if sample.label == _RUN:
            return Console(write_workspace(self.root / "run", self._all_files())).replay(sample.text)
        if sample.label.endswith(_GOES_ON):
            return Console(self.root / "run").replay(sample.text)
        return None

    def _workspace(self) -> Path:
        self.runs += 1
        return write_workspace(self.root / str(self.runs), self._all_files())

    def _all_files(self) -> dict[str, str]:
        """Add what the page promises to stand around an example: an agent that includes `rules`, and a profile that builds it."""
        files = dict(self.files)
        if not any("\nagent:" in text for text in files.values()):
            has_headings = re.search(r"^#{1,6} ", files.get("fragments/rules.md", ""), re.MULTILINE)
            files["fragments/agents/helper.md"] = HELPER.format(include=f"## {INCLUDE}" if has_headings else INCLUDE)
        if not any(path.startswith("profiles/") for path in files):
            files["profiles/shop.yaml"] = SHOP
        return files

    def _agent(self, agent: str | None, setting: str | None) -> str:
        composed = Workspace.open(self._workspace()).compose(overrides=[setting] if setting else ())
        assert not [found for found in composed.diagnostics if found.severity != "notice"], "an example that only shows a result is clean"
        found = [file for file in composed.files if agent in {None, file.agent}]
        assert len(found) == 1, "the label says which agent is meant"
        return found[0].text

    def _remarks(self, severity: str) -> str:
        found = Workspace.open(self._workspace()).compose().diagnostics
        return "\n\n".join(diagnostic_text(one) for one in found if one.severity == severity) + "\n"


def examples() -> list[object]:
    """Give the sections of the reference and of the page on drift with their blocks."""
    return [
        pytest.param(page, list(samples), id=heading)
        for page in (LANGUAGE, DRIFT)
        for heading, samples in groupby(samples_of(page), key=lambda sample: sample.heading)
        if heading
    ]


@pytest.mark.parametrize(("page", "samples"), examples())
def test_an_example_gives_what_the_page_shows(page: Path, samples: list[Sample], tmp_path: Path) -> None:
    """Each section of these pages is a workspace; what it shows of the result is what comes out, to the character."""
    bench = Bench(tmp_path)
    for sample in samples:
        result = bench.result(sample)
        assert result is not None or _SOURCE.match(sample.label), f"line {sample.line}: what is this block? `{sample.label}`"
        if result is not None:
            assert sample.text == result, f"docs/{page.name}:{sample.line}"


def test_what_stands_around_an_example_is_what_the_page_says() -> None:
    """The agent and the profile that the page promises are those that the examples get."""
    promised = next(sample.text for sample in samples_of(LANGUAGE) if not sample.heading)
    assert promised == HELPER.format(include=INCLUDE)
    assert f"`{SHOP.strip()}`" in prose_of(LANGUAGE)


# --- the tables of the reference --------------------------------------------------------------------------------------

_CODE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_REPORTERS: Final = frozenset({"Diagnostic", "ExpressionError", "YamlProblem", "_error", "_warn", "error", "notice", "warning"})


def strings_in(node: ast.AST) -> Iterator[str]:
    """Give every text that is written out in a part of a module."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def reported_codes() -> tuple[set[str], set[str]]:
    """Return the codes that calls report, and everything in the sources that could be a code."""
    reported: set[str] = set()
    possible = {"unclosed-expression"}  # put together from two parts
    for path in (ROOT / "composer").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        possible.update(strings_in(tree))
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in _REPORTERS:
                reported.update(text for argument in call.args for text in strings_in(argument) if _CODE.fullmatch(text))
    return reported, possible


def rows_below(heading: str) -> list[list[str]]:
    """Return the cells of the tables between a heading of the reference and the next of its level."""
    page = prose_of(LANGUAGE)
    level = heading.partition(" ")[0]
    body = page.split(f"\n{heading}\n", 1)[1].split(f"\n{level} ", 1)[0]
    rows = [line.strip("|").split(" | ") for line in body.split("\n") if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows]


def names_in(cells: Iterable[str]) -> list[str]:
    """Return what stands in back quotes."""
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.untraced
def test_every_code_of_a_diagnostic_is_in_the_tables() -> None:
    """No code is missing in the reference, none is listed twice, and none is listed that no source could report."""
    listed = names_in(row[0] for row in rows_below("## Diagnostics"))
    reported, possible = reported_codes()
    assert sorted(reported - set(listed)) == []
    assert sorted(set(listed) - possible) == []
    assert len(listed) == len(set(listed))


def test_every_field_of_the_target_is_in_the_table(tmp_path: Path) -> None:
    """The table of fields has each field of the tool, in order, with the words that it takes."""
    fields = Workspace.open(write_workspace(tmp_path, {})).target.fields
    rows = [row for row in rows_below("### All fields") if row[0].startswith("`")]
    assert names_in(row[0] for row in rows) == list(fields)
    for row, spec in zip(rows, fields.values(), strict=True):
        assert set(spec.choices) <= set(names_in([row[1]])), spec.name


# --- the front page ---------------------------------------------------------------------------------------------------

_LINES: Final = re.compile(r"^Lines (?P<first>\d+) to (?P<last>\d+) of `(?P<path>[^`]+)`:$")
_ADDED: Final = re.compile(r"^lines do it, under `edits` in `(?P<path>[^`]+)`:$")
_CHANGED: Final = re.compile(r"^Change `(?P<old>[^`]+)` to `(?P<new>[^`]+)` in `(?P<path>[^`]+)`, and see what that does:$")


def copy_library(folder: Path) -> Path:
    """Copy the library of this repository."""
    for name in LIBRARY:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def retold(heading: str, folder: Path, page: Path = README) -> Iterator[tuple[Sample, str]]:
    """Do what a section of a page says, and give each of its blocks with what it should be."""
    console = Console(folder)
    for sample in (sample for sample in samples_of(page) if sample.heading == heading):
        if match := _LINES.match(sample.label):
            lines = (folder / match["path"]).read_text(encoding="utf-8").splitlines(keepends=True)
            yield sample, "".join(lines[int(match["first"]) - 1 : int(match["last"])])
        elif match := _ADDED.match(sample.label):
            place = folder / match["path"]
            place.write_text(place.read_text(encoding="utf-8") + sample.text, encoding="utf-8", newline="\n")
        else:
            if match := _CHANGED.match(sample.label):
                place = console.folder / match["path"]
                text = place.read_text(encoding="utf-8")
                assert text.count(match["old"]) == 1
                place.write_text(text.replace(match["old"], match["new"]), encoding="utf-8", newline="\n")
            yield sample, console.replay(sample.text)


def test_one_item_changes_one_line(tmp_path: Path) -> None:
    """The front page's before and after is what the commands print when its four lines are added to the library."""
    for sample, result in retold("One item, in one project", copy_library(tmp_path)):
        assert sample.text == result, f"README.md:{sample.line}"


def test_the_item_is_shared_as_told() -> None:
    """Five outputs of three projects show the item that the front page changes, and there are fifteen outputs of five."""
    outputs = {path: path.read_text(encoding="utf-8") for path in (ROOT / "output").rglob("*.md")}
    showing = [path.relative_to(ROOT / "output").parts[0] for path, text in outputs.items() if "idempotent, keyed by message id" in text]
    assert (len(showing), len(set(showing))) == (5, 3)
    assert (len(outputs), len(list((ROOT / "output").iterdir()))) == (15, 5)


def test_the_path_of_a_newcomer_is_as_told(tmp_path: Path) -> None:
    """`init`, a changed variable, `check`, `build` and `explain` print what the front page shows."""
    for sample, result in retold("A workspace of your own", tmp_path):
        assert sample.text == result, f"README.md:{sample.line}"


_COMMIT: Final = re.compile(r"(?<=\()[0-9a-f]{9}(?=\))|(?<=&#40;)[0-9a-f]{9}(?=&#41;)")


@pytest.mark.untraced
def test_the_impact_of_a_change_is_as_told(tmp_path: Path) -> None:
    """The page of `impact` and `matrix` shows what they print of the library in a repository; only a commit's hash is another."""
    folder = copy_library(tmp_path)
    for command in ("init --quiet", "add --all", "-c user.name=A -c user.email=a@b.c commit --quiet --message begin"):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)  # noqa: S603, S607 - the git of the machine
    told = [sample.heading for sample in samples_of(IMPACT) if sample.language == "console"]
    for heading in dict.fromkeys(told):
        for sample, result in retold(heading, folder, IMPACT):
            if sample.language == "console":
                assert sample.text == _COMMIT.sub("1a2b3c4d5", result), f"docs/impact.md:{sample.line}"


def test_the_table_of_commands_is_complete(tmp_path: Path) -> None:
    """Each command is in the table, and each command and option in the table exists."""
    console = Console(tmp_path)
    panel = console.run("agent-composer --help").split("Commands")[1]
    table = README.read_text(encoding="utf-8").split("## Commands\n")[1].split("\n## ")[0]
    rows = [line for line in table.split("\n") if line.startswith("| `")]
    assert {row.split("`")[1].split()[0] for row in rows} == set(re.findall(r"^│ ([a-z]+) ", panel, re.MULTILINE))
    for row in rows:
        command, options = row.split("`")[1].split()[0], set(re.findall(r"--[a-z]+(?:-[a-z]+)*", row))
        assert not options or options <= set(re.findall(r"--[a-z]+(?:-[a-z]+)*", console.run(f"agent-composer {command} --help"))), command


def test_the_targets_of_make_exist() -> None:
    """Each `make` command of the front page is a target."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^\$ make ([a-z]+)$", README.read_text(encoding="utf-8"), re.MULTILINE)) <= targets


def test_the_python_of_the_front_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The lines under "From Python" print the files of a profile."""
    monkeypatch.chdir(copy_library(tmp_path))
    (sample,) = (sample for sample in samples_of(README) if sample.language == "python")
    exec(sample.text, {})  # noqa: S102 - our own page
    sizes = {path.relative_to("output/medusa").as_posix(): path.stat().st_size for path in Path("output/medusa").rglob("*.md")}
    assert dict(line.split() for line in capsys.readouterr().out.splitlines()) == {path: str(size) for path, size in sizes.items()}


# --- links ------------------------------------------------------------------------------------------------------------

_LINK: Final = re.compile(r"\]\((?P<target>[^)\s]+)\)")


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#{1,6} (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """The files and headings that a page links to are there."""
    for target in (match["target"] for match in _LINK.finditer(prose_of(page)) if "://" not in match["target"]):
        path, _, anchor = target.partition("#")
        place = page.parent / path if path else page
        assert place.exists(), target
        assert not anchor or anchor in anchors_of(place), target
