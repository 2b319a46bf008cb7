"""`check` and `review` on stale edits: what they print, and what becomes of profile and lock."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from builders import write_workspace
from typer.testing import CliRunner, Result

from composer.cli import review as review_command
from composer.cli.app import app
from composer.errors import ComposerError
from composer.files.destination import DiskDestination
from composer.files.transaction import Change, TransactionError
from composer.review import decision as decision_module
from composer.review.decision import Decision, settle_edits
from composer.source import SourceFile
from composer.workspace import Workspace
from composer.yaml_text.rewrite import RewriteRefusedError

LOCK = "agent-composer.lock"
FILES = {
    "fragments/agents/dev.md": """
        ---
        agent:
          description: |
            Use this agent to write code.
        ---
        ## {% include "rules" %}
        """,
    "fragments/rules.md": """
        ## Rules {#rules}

        - Keep it short {#short}
        - Say why {#why}
        - Test it {#test}
        """,
    "profiles/shop.yaml": """
        # The shop.
        agents:
          dev:
            color: blue  # as the shop's sign
            edits:
              rules#test:
                remove: true
        edits:
          rules#rules:
            title: |
              Rules of the shop
            last:
              kind: |
                Be kind
          rules#short:   # asked for by the team
            replace: |
              Keep it below 20 lines
            because: they print it
        """,
}
SHORT = ("rules#short", "--profile", "shop")

Run = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that was built, and whose shared texts have all changed since."""
    folder = write_workspace(tmp_path / "work", FILES)
    monkeypatch.chdir(folder)
    Workspace.open(folder).build()
    rules = folder / "fragments/rules.md"
    rules.write_text(
        "## House rules {#rules}\n\n- Keep it very short {#short}\n- Say why {#why}\n- Test it twice {#test}\n", encoding="utf-8"
    )
    Workspace.open(folder).build()
    return folder


@pytest.fixture
def run(root: Path) -> Run:
    """Run the command in the workspace; fail if the exit code is another one."""
    assert root.is_dir()

    def invoke(*args: str, code: int = 0, answers: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(args), input=answers)
        assert result.exit_code == code, result.output
        return result

    return invoke


def stale(root: Path) -> list[str]:
    return [edit.base.address for edit in Workspace.open(root).stale_edits()]


def profile(root: Path) -> str:
    return (root / "profiles/shop.yaml").read_text(encoding="utf-8")


TOLD_SHORT = """\
profiles/shop.yaml:15:3: `rules#short`: the text that this edit replaces has changed
  was   agent-composer.lock
        Keep it short
  is    fragments/rules.md:3:1
        Keep it very short
  edit  profiles/shop.yaml:16:14  (replace by profiles/shop)
        Keep it below 20 lines
  because they print it
  agent-composer review rules#short --profile shop --keep        the edit still holds
  agent-composer review rules#short --profile shop --take        the shared text takes its place
  agent-composer review rules#short --profile shop --edit TEXT   the edit says something else

"""
TOLD = (
    """\
profiles/shop.yaml:6:7: `rules#test`: what this edit removes has changed
  was   agent-composer.lock
        Test it
  is    fragments/rules.md:5:1
        Test it twice
  edit  profiles/shop.yaml:7:17  (remove by profiles/shop (agents.dev))
        (takes it away)
  agent-composer review rules#test --profile shop:dev --keep        the edit still holds
  agent-composer review rules#test --profile shop:dev --take        the shared text takes its place

profiles/shop.yaml:9:3: `rules#rules`: the title that this edit replaces has changed
  was   agent-composer.lock
        Rules
  is    fragments/rules.md:1:4
        House rules
  edit  profiles/shop.yaml:10:12  (title by profiles/shop)
        Rules of the shop
  agent-composer review rules#rules --profile shop --keep        the edit still holds
  agent-composer review rules#rules --profile shop --take        the shared text takes its place
  agent-composer review rules#rules --profile shop --edit TEXT   the edit says something else

"""
    + TOLD_SHORT
)


# --- check ------------------------------------------------------------------------------------------------------------


def test_check_shows_the_texts_of_each_stale_edit(run: Run) -> None:
    """What it was, what it is and what the profile says, each with its place, and what to do; the exit code is 1."""
    assert run("check", code=1).stdout == f"{TOLD}1 file composed: all as on disk; 3 stale edits\n"


def test_a_quiet_check_names_stale_edits(run: Run) -> None:
    """One line for each."""
    assert run("check", "--quiet", code=1).stdout.splitlines()[1] == "profiles/shop.yaml:9:3  stale: `rules#rules` has changed"


def test_check_tells_stale_edits_as_data(run: Run) -> None:
    """With the texts and their places; more than one `was` after a merge."""
    document = json.loads(run("check", "--json", code=1).stdout)
    assert not document["ok"]
    assert [found["address"] for found in document["stale"]] == ["rules#test", "rules#rules", "rules#short"]
    found = document["stale"][0]
    assert (found["profile"], found["agent"], found["verb"], found["line"]) == ("shop", "dev", "remove", 6)
    assert found["was"] == [{"text": "Test it", "path": LOCK}]
    assert (found["is"]["text"], found["is"]["path"], found["is"]["line"]) == ("Test it twice", "fragments/rules.md", 5)
    assert (found["edit"]["text"], found["edit"]["path"]) == ("", "profiles/shop.yaml")


def test_check_annotates_stale_edits(run: Run) -> None:
    """Each at the line of the profile that has the edit."""
    lines = run("check", "--format", "github", code=1).stdout.splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("::error file=profiles/shop.yaml,line=15,col=3,title=stale-edit::profiles/shop.yaml:15:3: `rules#short`")
    assert "%0A        Keep it very short%0A" in lines[2]


# --- listing and choosing ---------------------------------------------------------------------------------------------


def test_review_lists_what_check_shows(run: Run, root: Path) -> None:
    """The same texts; the exit code is 1 while there are any, and nothing is written."""
    before = (profile(root), (root / LOCK).read_bytes())
    assert run("review", code=1).stdout == f"{TOLD}3 stale edits\n"
    assert (profile(root), (root / LOCK).read_bytes()) == before


@pytest.mark.parametrize(
    ("args", "addresses"),
    [
        (["rules#short"], ["rules#short"]),
        (["rules"], ["rules#test", "rules#rules", "rules#short"]),
        (["--profile", "shop:dev"], ["rules#test"]),
        (["rules#short", "rules#test", "--profile", "shop"], ["rules#test", "rules#short"]),
    ],
)
def test_review_of_some(args: list[str], addresses: list[str], run: Run) -> None:
    """Blocks, fragments, and the edits of one profile or of its part for one agent."""
    document = json.loads(run("review", *args, "--json", code=1).stdout)
    assert [found["address"] for found in document["stale"]] == addresses


def test_review_where_nothing_is_stale(run: Run) -> None:
    """That is told, and fine."""
    assert run("review", "rules#why").stdout == "no edit is stale\n"
    assert run("review", "rules#why", "--keep").stdout == "no edit is stale\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["rules#shirt"], "error[unknown-block]: `rules` has no block `shirt`"),
        (["rule"], "error[unknown-fragment]: there is no fragment `rule`"),
        (["--profile", "shp"], "error[unknown-profile]: there is no profile `shp`"),
        (["--profile", "shop:dve"], "error[unknown-agent]: `shop` says nothing of an agent `dve`"),
        (["--keep"], "a decision needs an ADDRESS, or --all"),
        (["rules", "--keep", "--take"], "--keep and --take are different decisions"),
        (["rules#short", "--edit-from", "gone.txt"], "`gone.txt` cannot be read"),
        (["rules#short", "rules#rules", "--edit", "Be brief"], "error[several-edits]: a new text is for one edit, and 2 are meant"),
        (["rules#test", "--edit", "Be brief"], "error[wrong-verb]: the removal of `rules#test` has no text that could be edited"),
        (["rules#short", "--edit", " "], "error[empty-text]: the new text is empty"),
        (["rules#short", "--edit", "- Be brief"], "error[mark-in-item-text]"),
        (["rules#short", "--edit", "{{ nothing }}"], "error[undeclared-variable]"),
    ],
)
def test_what_review_refuses(args: list[str], message: str, run: Run, root: Path) -> None:
    """Names that do not exist, decisions that cannot be meant, and texts that cannot be composed: nothing is written."""
    before = (profile(root), (root / LOCK).read_bytes())
    # A terminal is as wide as it is; the command line's own mistakes are set in a frame.
    told = " ".join(run("review", *args, code=2).stderr.replace("│", " ").split())
    assert message in told
    assert (profile(root), (root / LOCK).read_bytes()) == before


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_keep_refreshes_the_lock_alone(run: Run, root: Path) -> None:
    """The edit holds: the profile stays as it is, and the next change makes it stale again."""
    before = profile(root)
    assert run("review", *SHORT, "--keep").stdout == "kept    profiles/shop.yaml:15:3  rules#short (replace)\n"
    assert profile(root) == before
    assert stale(root) == ["rules#test", "rules#rules"]
    rules = root / "fragments/rules.md"
    rules.write_text(rules.read_text(encoding="utf-8").replace("very short", "short, please"), encoding="utf-8")
    assert stale(root) == ["rules#test", "rules#rules", "rules#short"]


def test_take_drops_the_edit(run: Run, root: Path) -> None:
    """The edit goes with its reason, everything around it stays, and the shared text is composed."""
    before = profile(root)
    assert run("review", *SHORT, "--take").stdout == (
        "dropped profiles/shop.yaml:15:3  rules#short (replace)\n\nNext: agent-composer build\n"
    )
    assert profile(root) == before[: before.index("  rules#short:")]
    assert "rules#short" not in (root / LOCK).read_text(encoding="utf-8")
    assert "Keep it very short\n" in Workspace.open(root).compose().files[0].text


def test_take_leaves_what_else_the_edit_does(run: Run, root: Path) -> None:
    """Of an edit with a title and an insertion, the title goes and the insertion stays."""
    before = profile(root)
    run("review", "rules#rules", "--take")
    assert profile(root) == before.replace("    title: |\n      Rules of the shop\n", "")


def test_take_of_an_agents_only_edit(run: Run, root: Path) -> None:
    """Where nothing is left under `edits`, that goes, too."""
    before = profile(root)
    run("review", "rules#test", "--take")
    assert profile(root) == before.replace("    edits:\n      rules#test:\n        remove: true\n", "")


def test_take_of_all_that_a_profile_says_of_an_agent(run: Run, root: Path) -> None:
    """The agent is still built."""
    place = root / "profiles/shop.yaml"
    place.write_text("agents:\n  dev:\n    edits:\n      rules#test: {remove: true}\n", encoding="utf-8")
    run("review", "rules#test", "--take")
    assert profile(root) == "agents:\n  dev: {}\n"


def test_take_of_a_text_that_another_profile_builds_upon_is_refused(run: Run, root: Path) -> None:
    """Every profile has to compose afterwards; where one does not, nothing is written."""
    child = "extends: [shop]\nagents: {dev: {}}\nedits:\n  unset: [rules#short]\n"
    (root / "profiles/child.yaml").write_text(child, encoding="utf-8")
    before = (profile(root), (root / LOCK).read_bytes())
    assert "error[unset-misses]" in run("review", "rules#short", "--take", code=2).stderr
    assert (profile(root), (root / LOCK).read_bytes()) == before


def test_a_profile_that_cannot_be_rewritten_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the place to change by hand."""

    def refuse(raw: str, *_: object, **__: object) -> str:
        message = "no way"
        raise RewriteRefusedError(message, SourceFile("profiles/shop.yaml", raw).at(0))

    monkeypatch.setattr(decision_module, "remove_entry", refuse)
    workspace = Workspace.open(root)
    with pytest.raises(ComposerError, match=r"profiles/shop\.yaml:1:1: rewrite-refused: no way"):
        settle_edits(workspace, workspace.stale_edits(), Decision.TAKE, DiskDestination(root))


def test_edit_writes_the_new_text(run: Run, root: Path) -> None:
    """The text is replaced in place, and is made against the text of today."""
    before = profile(root)
    assert run("review", *SHORT, "--edit", "Keep it below 10 lines").stdout.startswith("edited  profiles/shop.yaml:15:3")
    assert profile(root) == before.replace("20 lines", "10 lines")
    assert stale(root) == ["rules#test", "rules#rules"]
    assert "Keep it below 10 lines\n" in Workspace.open(root).compose().files[0].text


def test_edit_takes_its_text_from_a_file_or_from_standard_input(run: Run, root: Path) -> None:
    """Several lines are a text as well; `-` is what is piped in."""
    (root / "text.txt").write_text("Keep it short:\n\n- below 10 lines\n- one thought\n", encoding="utf-8")
    run("review", *SHORT, "--edit-from", "text.txt")
    assert "Keep it short:\n" in Workspace.open(root).compose().files[0].text
    run("review", "rules#rules", "--edit-from", "-", answers="House rules of the shop\n")
    assert "## House rules of the shop\n" in Workspace.open(root).compose().files[0].text
    assert stale(root) == ["rules#test"]


def test_all_at_once(run: Run, root: Path) -> None:
    """`--all` stands for every address: three edits are taken out of one file, and the profile still composes."""
    document = json.loads(run("review", "--all", "--take", "--json").stdout)
    assert document["changed"] == ["profiles/shop.yaml", LOCK]
    assert [(found["address"], found["decision"]) for found in document["settled"]] == [
        ("rules#test", "take"),
        ("rules#rules", "take"),
        ("rules#short", "take"),
    ]
    assert stale(root) == []
    assert "\nedit " not in (root / LOCK).read_text(encoding="utf-8")
    assert run("build").stdout == "updated    output/shop/.claude/agents/dev.md\n1 file: 1 updated\n"
    assert "All" not in run("check").stdout


def test_line_ends_of_a_profile_stay(run: Run, root: Path) -> None:
    """A profile with CRLF and a byte order mark keeps both."""
    place = root / "profiles/shop.yaml"
    place.write_bytes(b"\xef\xbb\xbf" + place.read_bytes().replace(b"\n", b"\r\n"))
    before = place.read_bytes()
    run("review", *SHORT, "--edit", "Keep it below 10 lines")
    assert place.read_bytes() == before.replace(b"20 lines", b"10 lines")
    run("review", "rules#rules", "--take")
    assert place.read_bytes() == before.replace(b"20 lines", b"10 lines").replace(b"    title: |\r\n      Rules of the shop\r\n", b"")


def test_a_profile_that_changed_meanwhile_is_not_written(root: Path) -> None:
    """What somebody else writes while the question is open is not lost."""
    workspace = Workspace.open(root)
    found = workspace.stale_edits()
    (root / "profiles/shop.yaml").write_text("agents: {dev: {}}\n", encoding="utf-8")
    with pytest.raises(ComposerError, match="file-changed"):
        settle_edits(workspace, found, Decision.TAKE, DiskDestination(root))
    assert profile(root) == "agents: {dev: {}}\n"


def test_a_file_that_cannot_be_written_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock keeps what it has, so that the edit is still stale."""

    def full(_: object, changes: Sequence[Change], *_more: object) -> None:
        raise TransactionError(changes[0].path, "written", OSError(28, "No space left on device"))

    monkeypatch.setattr(DiskDestination, "commit", full)
    workspace = Workspace.open(root)
    with pytest.raises(ComposerError, match="cannot-write"):
        settle_edits(workspace, workspace.stale_edits(), Decision.KEEP, DiskDestination(root))
    assert len(stale(root)) == 3


# --- asking -----------------------------------------------------------------------------------------------------------


def test_a_person_is_asked_about_each(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep, take, edit or skip; what is skipped is left, and an answer that is none is asked for again."""
    monkeypatch.setattr(review_command, "_has_reader", lambda _: True)
    before = profile(root)
    shown = run("review", code=1, answers="e\nwhat?\ns\nk\ne\nKeep it\n\n").stdout
    assert shown.count("[k]eep the edit, [t]ake the shared text, [s]kip, [q]uit: ") == 3
    assert shown.endswith("1 stale edit\n\nNext: agent-composer build\n")
    assert profile(root) == before.replace("Keep it below 20 lines", "Keep it")
    assert stale(root) == ["rules#test"]


def test_a_person_may_stop(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was decided until then is done."""
    monkeypatch.setattr(review_command, "_has_reader", lambda _: True)
    run("review", code=1, answers="t\nq\n")
    assert stale(root) == ["rules#rules", "rules#short"]
