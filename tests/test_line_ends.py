"""Line ends and byte order marks of outputs: what counts as an edit, how that is told, and what `accept` makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import write_workspace
from typer.testing import CliRunner, Result

from composer.accept.as_read import as_read
from composer.cli.app import app
from composer.line_ends import ChangedLineEnd, changed_line_ends, line_ends_text
from composer.source import SourceFile
from composer.workspace import Workspace

FOLDER = "output/shop/.claude/agents"
FILES = {
    "fragments/agents/plain.md": """
        ---
        agent:
          verbatim: true
          description: Writes notes.
        ---
        You write release notes.

        - Say what changed
        - Say what to do
        """,
    "profiles/shop.yaml": """
        agents:
          plain: {}
          windows: {use: agents/plain, eol: crlf}
          old: {use: agents/plain, eol: cr}
          marked: {use: agents/plain, bom: "true"}
        """,
}
ENDS = {"plain": b"\n", "windows": b"\r\n", "old": b"\r", "marked": b"\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_workspace(tmp_path, FILES)
    Workspace.open(root).build()
    return root


def run(root: Path, *words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [*words, "--workspace", str(root)])
    assert result.exit_code == code, result.output
    return result


def change(root: Path, agent: str, old: bytes, new: bytes) -> str:
    """Edit an output as bytes; return its path."""
    path = f"{FOLDER}/{agent}.md"
    content = (root / path).read_bytes()
    assert old in content
    (root / path).write_bytes(content.replace(old, new))
    return path


# --- what differs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\nb\n", "a\nb\n", ()),
        ("a\r\nb\n", "a\nb\r\n", ()),
        ("a\nb\rc\n", "a\nb\nc\n", (ChangedLineEnd(2, "CR", "LF"),)),
        ("a\r\nb\n", "a\rb\r", (ChangedLineEnd(1, "CRLF", "CR"), ChangedLineEnd(2, "LF", "CR"))),
        ("new\nand\na\rb\n", "a\nb\n", (ChangedLineEnd(3, "CR", "LF"),)),
        ("a\r\r\nb\n", "a\nb\n", (ChangedLineEnd(1, "CR", "LF"),)),
        ("other\r", "a\n", ()),
        ("a\r", "", ()),
    ],
)
def test_line_ends_that_differ(before: str, after: str, expected: tuple[ChangedLineEnd, ...]) -> None:
    """Those of lines that both texts have; LF and CRLF are one, for a checkout turns one into the other."""
    assert changed_line_ends(before, after) == expected


def test_line_ends_in_words() -> None:
    """The first line is named, the rest counted."""
    first, second, third = (ChangedLineEnd(line, "CR", "LF") for line in (4, 5, 9))
    assert line_ends_text(()) == ""
    assert line_ends_text((first,)) == "line 4 ends in CR, where a build prints LF"
    assert line_ends_text((first, second)) == "line 4 ends in CR, where a build prints LF, and so with 1 more line"
    assert line_ends_text((first, second, third)).endswith(", and so with 2 more lines")


# --- check ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "old", "new"),
    [
        ("plain", b"\n", b"\r\n"),
        ("plain", b"changed\n", b"changed\r\n"),
        ("plain", b"---\nname", b"\xef\xbb\xbf---\nname"),
        ("windows", b"\r\n", b"\n"),
        ("marked", b"\xef\xbb\xbf", b""),
    ],
)
def test_what_a_checkout_or_an_editor_makes_of_line_ends_is_no_edit(root: Path, agent: str, old: bytes, new: bytes) -> None:
    """LF for CRLF and back, of one line or of all, and a byte order mark: `check`, `status` and `accept` agree on that."""
    path = change(root, agent, old, new)
    assert run(root, "check").stdout == "4 files composed: all as on disk\n"
    assert run(root, "status").stdout == "4 files: 4 as built, 0 not\n"
    assert run(root, "accept", path).stdout == "nothing was edited: all files are as the sources say\n"


def test_a_line_end_that_no_diff_shows_is_told(root: Path) -> None:
    """A carriage return alone ends a line in some editors: the diff is empty, so the verdict says what differs."""
    path = change(root, "plain", b"changed\n", b"changed\r")
    result = run(root, "check", code=1)
    assert f"{path}  was edited by hand; line 7 ends in CR, where a build prints LF\n" in result.stdout
    assert "---" not in result.stdout
    assert "was edited by hand; line 7 ends in CR" in run(root, "check", "--quiet", code=1).stdout
    assert "was edited by hand; line 7 ends in CR" in run(root, "check", "--format", "github", code=1).stdout
    (found,) = json.loads(run(root, "check", "--json", code=1).stdout)["differences"]
    assert (found["diff"], found["line_ends"]) == ("", [{"line": 7, "found": "CR", "wanted": "LF"}])


def test_line_ends_are_told_beside_the_words_that_differ(root: Path) -> None:
    """The diff shows the words, the verdict the rest."""
    path = change(root, "old", b"\r", b"\n")
    change(root, "old", b"You write", b"You always write")
    result = run(root, "check", code=1)
    assert "-You always write release notes.\n+You write release notes.\n" in result.stdout
    assert f"{path}  was edited by hand; line 1 ends in LF, where a build prints CR, and so with 6 more lines\n" in result.stdout


def test_an_output_whose_sources_want_other_line_ends_says_so(root: Path) -> None:
    """It is out of date, with no word that differs."""
    profile = root / "profiles/shop.yaml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("eol: cr}", "eol: lf}"), encoding="utf-8")
    assert (
        "old.md  is out of date; line 1 ends in CR, where a build prints LF, and so with 7 more lines" in run(root, "check", code=1).stdout
    )


# --- accept -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "end"),
    [
        ("plain", b"\n"),
        ("plain", b"\r\n"),
        ("windows", b"\r\n"),
        ("windows", b"\n"),
        ("old", b"\r"),
        ("marked", b"\n"),
        ("marked", b"\r\n"),
    ],
)
def test_an_edit_is_taken_home_whatever_the_line_ends(root: Path, agent: str, end: bytes) -> None:
    """Those that the agent asks for, or those of an editor that saves nothing else: the words are what is taken."""
    path = change(root, agent, b"what changed", b"what changed, and since when")
    change(root, agent, ENDS[agent], end)
    edited = (root / path).read_bytes()
    run(root, "accept", path, "--yes")
    assert "- Say what changed, and since when\n" in (root / "fragments/agents/plain.md").read_text(encoding="utf-8")
    assert (root / path).read_bytes() == edited
    assert run(root, "check").stdout == "4 files composed: all as on disk\n"
    for other, own in ENDS.items():
        if other != agent:
            assert b"and since when" + own in (root / f"{FOLDER}/{other}.md").read_bytes()


@pytest.mark.parametrize(
    "rules", ['characters: {"␍": U+000D}', 'characters: {"␍": U+000D}\n  eol: crlf', "eol: cr\n  bom: true", "eol: lf"]
)
def test_a_file_as_it_is_read_has_segments_that_cover_it(tmp_path: Path, rules: str) -> None:
    """Whatever its line ends, and wherever one begins and ends."""
    body = "You ␍ write␍\n\n␍\n- Say␍\n  what {{ agent.name }}␍\n- More\n"
    text = f"---\nagent:\n  verbatim: true\n  {rules}\n  description: Writes notes.␍\n---\n{body}"
    root = write_workspace(tmp_path, {"fragments/agents/plain.md": text, "profiles/shop.yaml": "agents: {plain: {}}\n"})
    (file,) = Workspace.open(root).compose().files
    read = as_read(file)
    assert "".join(segment.text for segment in read.segments) == read.text == SourceFile.from_raw("plain.md", file.text).text


def test_new_lines_are_taken_home_from_a_file_with_other_line_ends(root: Path) -> None:
    """They get the line ends of the fragment there, and of each agent in its output."""
    path = change(root, "windows", b"what to do\r\n", b"what to do\r\n- Say who did it\r\n")
    run(root, "accept", path, "--yes")
    assert (root / "fragments/agents/plain.md").read_bytes().endswith(b"- Say what to do\n- Say who did it\n")
    assert (root / f"{FOLDER}/old.md").read_bytes().endswith(b"- Say what to do\r- Say who did it\r")


def test_other_outputs_that_change_are_shown_with_their_words_alone(root: Path) -> None:
    """A file of CR alone is not one long line of its diff."""
    path = change(root, "plain", b"what changed", b"what is new")
    assert "old.md\n@@ -5,4 +5,4 @@\n You write release notes.\n \n-- Say what changed\n+- Say what is new\n" in (
        run(root, "accept", path, "--dry-run").stdout
    )


@pytest.mark.parametrize(
    ("agent", "old", "new", "told"),
    [
        ("plain", b"changed\n", b"changed\r", "7: refused (layout): line 7 ends in CR, where a build prints LF"),
        ("old", b"\r", b"\n", "1: refused (layout): line 1 ends in LF, where a build prints CR, and so with 7 more lines"),
    ],
)
@pytest.mark.parametrize("words", [b"You write", b"You always write"])
def test_line_ends_that_a_build_would_take_for_an_edit_again_are_refused(
    root: Path, agent: str, old: bytes, new: bytes, told: str, words: bytes
) -> None:
    """With what to do about them, whether words were edited, too, or not; nothing is written."""
    path = change(root, agent, old, new)
    change(root, agent, b"You write", words)
    before = {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}
    result = run(root, "accept", path, "--yes", code=1)
    wanted = told.partition("prints ")[2].partition(",")[0]
    assert f"{path}:{told}: line ends come from the layout; save the file with {wanted} line ends, and accept again\n" in result.stdout
    assert {file: file.read_bytes() for file in root.rglob("*") if file.is_file()} == before
