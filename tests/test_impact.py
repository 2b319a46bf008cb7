"""What a change reaches: the outputs that an edit would touch, and those that differ between two revisions of a real repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest
from builders import write_workspace
from typer.testing import CliRunner, Result

from composer.cli.app import app
from composer.errors import ComposerError, Diagnostics
from composer.impact.comment import LONGEST_COMMENT, MARKER, write_comment
from composer.impact.compare import BlockChange, Comparison, Fate, OutputChange, SourceChange
from composer.impact.git import FoundFile, Repository
from composer.impact.links import follow_links
from composer.impact.reach import Reach, find_reach
from composer.impact.subject import find_subject
from composer.impact.words import Change, Piece, compare_words, count_words, shorten_run
from composer.outcomes import Composition
from composer.workspace import Workspace

LIBRARY: Final = Path(__file__).parents[1]

FILES: Final = {
    "agent-composer.yaml": """
        vars:
          tone: {type: str, default: plain}
        looks:
          loud: {title: "{title}!", gap: 0}
        """,
    "fragments/agents/dev.md": """
        ---
        agent:
          description: |
            Use this agent for code{% if strict %} under rules{% endif %}.
          tools: [Read, Edit]
        vars:
          topics: {type: "list[fragment]", default: [lists/rules]}
        uses: [tone, strict]
        ---
        You build for {{ project.name }} in a {{ tone }} tone. {#role}

        ## {% include topics %} {#topics}
        """,
    "fragments/lists/rules.md": """
        ---
        vars:
          limit: {type: int, default: 10}
          strict: {type: bool, default: false}
        moved: {most: limit}
        ---
        ## Rules {#rules}

        {#list}
        - Keep it below {{ limit }} {#limit}
        - Say why{% if strict %} and when{% endif %} {#why}
        {% if strict %} {#strictly}
        - Never skip a test {#skip}
        {% include "lists/more#one" %}
        {% endif %}
        - Test it {#test}
        """,
    "fragments/lists/more.md": """
        {#more}
        - One more {#one}
        """,
    "profiles/base.yaml": """
        abstract: true
        layout: [heading]
        agents:
          dev: {}
        """,
    "profiles/bank.yaml": """
        extends: [base]
        project: {name: Bank}
        vars: {strict: true}
        """,
    "profiles/shop.yaml": """
        extends: [base]
        project: {name: Shop}
        layout: [loud]
        vars: {limit: 30}
        edits:
          lists/rules#why:
            replace: |
              Say how
            after:
              map: |
                Draw a map
          lists/rules#test: {remove: true}
        """,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "work", FILES)


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["impact", "--workspace", str(root), *arguments])


# --- addresses --------------------------------------------------------------------------------------------------------


def reaches_of(root: Path, text: str) -> dict[str, Reach]:
    workspace = Workspace.open(root)
    files = workspace.compose().files
    subject = find_subject(text, (), workspace.index, Diagnostics())
    assert subject is not None
    return {
        reach.profile: reach for reach in find_reach(subject, workspace.index, files, {file: workspace.path_of(file) for file in files})
    }


def lines_of(root: Path, profile: str, numbers: Sequence[int]) -> list[str]:
    lines = Workspace.open(root).compose(profile).files[0].text.splitlines()
    return [lines[number - 1] for number in numbers]


def test_a_block_gives_the_lines_of_its_text(root: Path) -> None:
    """Wherever the definition is used, its text is."""
    found = reaches_of(root, "lists/rules#limit")
    assert {profile: lines_of(root, profile, reach.gives) for profile, reach in found.items()} == {
        "bank": ["- Keep it below 10"],
        "shop": ["- Keep it below 30"],
    }


def test_a_replaced_block_is_not_reached(root: Path) -> None:
    """An edit of the text that a profile replaces does not show there, which is told."""
    found = reaches_of(root, "lists/rules#why")
    assert found["bank"].is_reached
    assert not found["shop"].is_reached
    assert [(block.address, block.reason) for block in found["shop"].left_out] == [
        ("lists/rules#why", "replaced by profiles/shop at profiles/shop.yaml:6:3")
    ]


def test_a_gated_block_is_not_reached(root: Path) -> None:
    """The condition is told, not the block."""
    found = reaches_of(root, "lists/rules#skip")
    assert lines_of(root, "bank", found["bank"].gives) == ["- Never skip a test"]
    assert [block.reason for block in found["shop"].left_out] == ["gated by `strict`"]


def test_a_block_decides_what_stands_in_it(root: Path) -> None:
    """What an include brings into a section hangs on that section: without it there would be no place for it."""
    reach = reaches_of(root, "lists/rules#rules")["shop"]
    assert lines_of(root, "shop", reach.gives) == ["Rules!", "- Keep it below 30"]
    assert lines_of(root, "shop", reach.decides) == ["- Say how", "- Draw a map"]


def test_a_statement_with_an_id_reaches_what_it_holds(root: Path) -> None:
    """It gives its blocks, decides what they include, and keeps both out where it does not hold."""
    found = reaches_of(root, "lists/rules#strictly")
    assert lines_of(root, "bank", found["bank"].gives) == ["- Never skip a test"]
    assert lines_of(root, "bank", found["bank"].decides) == ["- One more"]
    assert [block.address for block in found["shop"].keeps_out] == ["lists/rules#skip", "lists/more#one"]


def test_a_block_that_a_profile_added_is_a_block(root: Path) -> None:
    """Its address begins with the profile's name."""
    found = reaches_of(root, "profiles/shop#map")
    assert {profile: lines_of(root, profile, reach.gives) for profile, reach in found.items()} == {"shop": ["- Draw a map"]}


def test_a_fragment_gives_its_text_and_decides_by_its_defaults(root: Path) -> None:
    """What hangs on a default that the fragment declares is decided by it, wherever it stands."""
    found = reaches_of(root, "lists/rules")
    assert lines_of(root, "bank", found["bank"].gives)[0] == "## Rules"
    assert lines_of(root, "shop", found["shop"].decides) == [
        'description: "Use this agent for code."',
        "- Say how",
        "- Draw a map",
    ]
    assert {block.address for block in found["shop"].left_out} == {
        *(f"lists/rules#{name}" for name in ("why", "test", "skip")),
    }
    assert [block.address for block in found["shop"].keeps_out] == ["lists/more#one"]


def test_an_agents_fragment_reaches_what_it_includes(root: Path) -> None:
    """Each line of an agent is there because the agent's file says so."""
    reach = reaches_of(root, "agents/dev")["bank"]
    lines = Workspace.open(root).compose("bank").files[0].text.splitlines()
    written = {number for number, line in enumerate(lines, start=1) if line and not line.startswith(("---", "#  ", "# Gen", "name:"))}
    assert {*reach.gives, *reach.decides} == written


def test_a_variable_gives_what_is_filled_in_and_decides_what_hangs_on_it(root: Path) -> None:
    """Words that print it are its own; conditions, inside a line too, decide."""
    assert lines_of(root, "shop", reaches_of(root, "limit")["shop"].gives) == ["- Keep it below 30"]
    strict = reaches_of(root, "strict")
    assert lines_of(root, "bank", strict["bank"].decides) == [
        'description: "Use this agent for code under rules."',
        "- Say why and when",
        "- Never skip a test",
        "- One more",
    ]
    assert [block.address for block in strict["shop"].keeps_out] == ["lists/rules#skip", "lists/more#one"]


def test_a_variable_that_chooses_fragments_decides_what_they_bring(root: Path) -> None:
    """All that comes by the include hangs on its value."""
    assert "## Rules" in lines_of(root, "bank", reaches_of(root, "topics")["bank"].decides)


def test_a_profile_reaches_its_projects_alone(root: Path) -> None:
    """Its texts are its own; its values, looks and removals decide."""
    found = reaches_of(root, "profiles/shop")
    assert list(found) == ["shop"]
    assert lines_of(root, "shop", found["shop"].gives) == ["- Say how", "- Draw a map"]
    assert {"You build for Shop in a plain tone.", "Rules!", "- Keep it below 30"} <= set(lines_of(root, "shop", found["shop"].decides))
    assert [block.address for block in found["shop"].keeps_out] == ["lists/rules#why", "lists/rules#test"]


def test_a_layer_reaches_all_that_extend_it(root: Path) -> None:
    """It names their agents; its layout holds where no nearer layer has one."""
    found = reaches_of(root, "profiles/base")
    assert {profile: lines_of(root, profile, reach.gives) for profile, reach in found.items()} == {
        "bank": ["name: dev"],
        "shop": ["name: dev"],
    }
    assert lines_of(root, "bank", found["bank"].decides) == ["## Rules"]


def test_an_agents_own_layout_beats_that_of_the_profile(tmp_path: Path) -> None:
    """What a layer says of one agent decides, however near the other layer is."""
    base = "abstract: true\nagents:\n  dev: {layout: [label]}\n"
    root = write_workspace(tmp_path, {**FILES, "profiles/base.yaml": base})
    assert "**Rules:**" in lines_of(root, "shop", reaches_of(root, "profiles/base")["shop"].decides)


def test_the_workspace_file_reaches_by_its_defaults_and_looks(root: Path) -> None:
    """A default that nobody sets, and a look that a profile chose, come from there."""
    found = reaches_of(root, "agent-composer.yaml")
    assert lines_of(root, "bank", found["bank"].decides) == ["You build for Bank in a plain tone."]
    assert lines_of(root, "shop", found["shop"].decides) == ["You build for Shop in a plain tone.", "Rules!"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lists/rules", "lists/rules  (fragment, fragments/lists/rules.md)"),
        ("fragments/lists/rules.md", "lists/rules  (fragment, fragments/lists/rules.md)"),
        ("profiles/shop", "profiles/shop  (profile, profiles/shop.yaml)"),
        ("profiles/shop.yaml", "profiles/shop  (profile, profiles/shop.yaml)"),
        ("agent-composer.yaml", "agent-composer.yaml  (workspace file, agent-composer.yaml)"),
        ("limit", "limit  (variable, fragments/lists/rules.md:3:3)"),
        ("vars.limit", "limit  (variable, fragments/lists/rules.md:3:3)"),
        ("lists/rules#limit", "lists/rules#limit  (block, fragments/lists/rules.md:10:29)"),
    ],
)
def test_a_subject_has_several_names(root: Path, text: str, name: str) -> None:
    """An address, a path and a bare variable are all taken."""
    assert run(root, text).stdout.splitlines()[0].replace(":1:1)", ")") == name


def test_a_path_may_be_seen_from_where_one_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In `fragments/lists` the file's own name is enough, and so is its whole path."""
    monkeypatch.chdir(root / "fragments" / "lists")
    expected = run(root, "lists/rules").stdout
    assert run(root, "rules.md").stdout == expected
    assert run(root, str(root / "fragments" / "lists" / "rules.md")).stdout == expected


def test_a_fragment_comes_before_a_variable_of_its_name(tmp_path: Path) -> None:
    """A bare name that is both means the fragment; `vars.` says that the variable is meant."""
    root = write_workspace(tmp_path, {**FILES, "fragments/limit.md": "- Unused\n"})
    assert run(root, "limit").stdout.startswith("limit  (fragment, ")
    assert run(root, "vars.limit").stdout.startswith("limit  (variable, ")


def test_several_subjects_are_summed_up(root: Path) -> None:
    """Each is told by itself, then how many outputs they reach together; one named twice is told once."""
    text = run(root, "profiles/shop", "profiles/bank", "profiles/bank.yaml").stdout
    assert text.count("reaches 1 of 2 outputs, in 1 of 2 projects") == 2
    assert text.endswith("together they reach 2 of 2 outputs, in 2 of 2 projects\n")


def test_what_is_left_out_is_cut_unless_all_is_wanted(root: Path) -> None:
    """Blocks that an output does not show can be many: three are named, and how many more there are."""
    more = "".join(f"- Rule {number} {{#rule-{number}}}\n" for number in range(9))
    path = root / "fragments" / "lists" / "rules.md"
    path.write_text(path.read_text(encoding="utf-8").replace("- Never", f"{more}- Never"), encoding="utf-8")
    assert "and 8 more (`--verbose`)" in run(root, "strict").stdout
    assert "lists/rules#rule-8  gated by `strict`" in run(root, "strict", "--verbose").stdout


def test_the_answer_as_data(root: Path) -> None:
    """The document has the lines, and what is not shown with the reason."""
    document = json.loads(run(root, "lists/rules#skip", "--json").stdout)
    (subject,) = document["subjects"]
    assert (document["outputs"], subject["kind"], subject["place"]["line"]) == (2, "block", 13)
    assert [output["reached"] for output in subject["outputs"]] == [True, False]
    assert subject["outputs"][1]["not_shown"] == [{"address": "lists/rules#skip", "reason": "gated by `strict`"}]


def test_a_renamed_id_is_followed_with_a_warning(root: Path) -> None:
    """As in an edit."""
    answer = run(root, "lists/rules#most")
    assert answer.stdout.startswith("lists/rules#limit  (block, ")
    assert "warning[moved-id]" in answer.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lists/rule", "did you mean `lists/rules`?"),
        ("limits", "did you mean `limit`?"),
        ("vars.limits", "did you mean `limit`?"),
        ("profiles/shoe.yaml", "did you mean `profiles/shop.yaml`?"),
        ("nothing-of-the-kind", "`agent-composer list` shows them"),
        ("../elsewhere.md", "`agent-composer list` shows them"),
    ],
)
def test_an_unknown_subject_is_an_error_with_the_nearest(root: Path, text: str, told: str) -> None:
    """The exit code is that of wrong input."""
    answer = run(root, text)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert f"error[unknown-address]: `{text}` is no fragment, block, variable or profile" in answer.stderr
    assert told in answer.stderr


def test_a_source_that_cannot_be_read_is_not_unknown(root: Path) -> None:
    """What is wrong with it is told, and nothing else."""
    (root / "fragments" / "lists" / "rules.md").write_text("---\nvars: [\n", encoding="utf-8")
    answer = run(root, "fragments/lists/rules.md")
    assert answer.exit_code == 2
    assert "unknown-address" not in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--until", "HEAD"],
        ["--markdown", "lists/rules"],
        ["lists/rules", "--since", "HEAD"],
        ["--since", "HEAD", "--markdown", "--json"],
    ],
)
def test_arguments_that_do_not_fit_are_refused(root: Path, arguments: list[str]) -> None:
    """A wrong command line says so before anything is read."""
    assert run(root, *arguments).exit_code == 2


LAW_BLOCKS: Final = (
    *("checklists/queues#idempotent", "checklists/api#docs", "checklists/security#input", "protocols/steps#contract"),
    *("checklists/quality#case", "checklists/monitoring#structured-logs", "agents/backend-developer#role", "checklists/testing#lead"),
)


@pytest.fixture(scope="module")
def library() -> tuple[Workspace, Composition]:
    workspace = Workspace.open(LIBRARY)
    return workspace, workspace.compose()


@pytest.mark.untraced
@pytest.mark.parametrize("address", LAW_BLOCKS)
def test_an_edit_changes_the_outputs_that_were_told(library: tuple[Workspace, Composition], address: str) -> None:
    """The law of the command, on the shipped library: a word more in a block changes the outputs to which it gives lines, and no other."""
    workspace, composed = library
    before = {(file.profile, file.agent): file.text for file in composed.files}
    subject = find_subject(address, (), workspace.index, Diagnostics())
    assert subject is not None
    found = find_reach(subject, workspace.index, composed.files, {file: workspace.path_of(file) for file in composed.files})
    source, place = subject.location.source, subject.location.start
    changed = f"{source.text[:place]}anew {source.text[place:]}"
    after = workspace.with_files({source.path: changed.encode()}).compose().files
    differing = {(file.profile, file.agent) for file in after if before[file.profile, file.agent] != file.text}
    assert differing == {(reach.profile, reach.agent) for reach in found if reach.gives}


# --- words ------------------------------------------------------------------------------------------------------------


def test_texts_are_compared_word_by_word() -> None:
    """Words that stay stay together; blanks alone are no change."""
    assert compare_words("keyed by message id\n", "keyed by order number") == (
        Piece(Change.SAME, "keyed by "),
        Piece(Change.REMOVED, "message id\n"),
        Piece(Change.ADDED, "order number"),
    )
    assert compare_words("a  b", "a b\n") == (Piece(Change.SAME, "a b\n"),)
    assert compare_words("", "") == ()


def test_very_long_texts_are_compared_as_wholes() -> None:
    """The time that a comparison takes has an end."""
    pieces = compare_words("a " * 3000, "b " * 3000)
    assert [piece.change for piece in pieces] == [Change.REMOVED, Change.ADDED]
    assert count_words(pieces, Change.ADDED) == 3000


def test_long_runs_are_shortened_in_the_middle() -> None:
    """Only where that saves something."""
    assert shorten_run("a b c d e f", 1, 2) == "a … e f"
    assert shorten_run("a b c d", 1, 2) == "a b c d"
    assert shorten_run("a b c d", 0, 1) == "… d"


# --- revisions --------------------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> str:
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        identity |= {f"GIT_{role}_NAME": "A", f"GIT_{role}_EMAIL": "a@b.c", f"GIT_{role}_DATE": "2020-01-01T00:00:00Z"}
    ran = subprocess.run(  # noqa: S603 - a repository of ours
        ["git", *arguments],  # noqa: S607 - the git of the machine
        cwd=folder,
        env={**os.environ, **identity},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def commit(folder: Path, message: str = "change") -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(root: Path) -> Path:
    """A repository with the workspace at its root, and one commit on the branch `main`."""
    git(root, "init", "--quiet", "--initial-branch", "main")
    commit(root, "begin")
    return root


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def compared(root: Path, *arguments: str) -> dict[str, Any]:
    answer = run(root, "--since", *arguments, "--json")
    assert answer.exit_code == 0, answer.stderr + answer.stdout
    document: dict[str, Any] = json.loads(answer.stdout)
    return document


def test_the_working_tree_is_compared_with_a_revision(repository: Path) -> None:
    """Each output that differs has its words, and the block that changed with its own."""
    rewrite(repository / "fragments/lists/rules.md", "Keep it below", "Stay well below")
    document = compared(repository, "HEAD")
    assert [(change["profile"], change["words"]) for change in document["changes"]] == [
        ("bank", {"added": 2, "removed": 2}),
        ("shop", {"added": 2, "removed": 2}),
    ]
    (block,) = document["changes"][0]["blocks"]
    assert (block["block"], block["before"], block["after"]) == ("lists/rules#limit", "- Keep it below 10", "- Stay well below 10")
    assert [piece["text"] for piece in block["diff"]] == ["- ", "Keep it ", "Stay well ", "below 10"]
    assert document["sources"] == [{"path": "fragments/lists/rules.md", "change": "changed", "words": {"added": 2, "removed": 2}}]


def test_two_revisions_are_compared(repository: Path) -> None:
    """What is on disk now does not matter."""
    rewrite(repository / "profiles/shop.yaml", "Say how", "Say how and where")
    commit(repository)
    rewrite(repository / "profiles/shop.yaml", "Say how", "Never mind")
    document = compared(repository, "HEAD~1", "--until", "HEAD")
    (change,) = document["changes"]
    assert (change["profile"], change["words"]) == ("shop", {"added": 2, "removed": 0})
    assert compared(repository, "HEAD", "--until", "HEAD~1")["words"] == {"added": 0, "removed": 2}


def test_equal_states_have_no_change(repository: Path) -> None:
    """That is an answer, not an error."""
    answer = run(repository, "--since", "main")
    assert answer.exit_code == 0
    assert re.fullmatch(r"\nfrom main \([0-9a-f]{9}\) to the working tree: no output changes\n", answer.stdout)


def test_the_text_has_each_changed_block_once(repository: Path) -> None:
    """Two outputs with one change show it once; words that went and came are marked as git marks them."""
    rewrite(repository / "fragments/lists/rules.md", "Never skip a test", "Never skip any test")
    rewrite(repository / "fragments/agents/dev.md", "You build", "You only build")
    text = run(repository, "--since", "HEAD").stdout
    assert "    +2     -1  output/bank/.claude/agents/dev.md\n    +1     -0  output/shop/.claude/agents/dev.md\n" in text
    assert "\nlists/rules#skip  changed, +1 -1\n  in bank/dev\n  - Never skip [-a-] {+any+} test\n" in text
    assert "\nagents/dev#role  changed, +1 -0\n  in shop/dev\n  You {+only+} build for Shop" in text
    assert "\nsources\n    +1     -0  fragments/agents/dev.md  changed\n" in text
    assert text.endswith("2 outputs of 2 projects, 3 words more and 1 fewer\n")


def test_quiet_tells_the_outputs_alone(repository: Path) -> None:
    """For a script that wants to know which."""
    rewrite(repository / "profiles/shop.yaml", "Say how", "Say so")
    assert run(repository, "--since", "HEAD", "--quiet").stdout == "    +1     -1  output/shop/.claude/agents/dev.md\n"


def test_outputs_come_and_go(repository: Path) -> None:
    """A new project is all words more, one that is gone all words fewer; their blocks are not listed one by one."""
    (repository / "profiles/bank.yaml").unlink()
    (repository / "profiles/club.yaml").write_text("extends: [base]\nproject: {name: Club}\n", encoding="utf-8")
    document = compared(repository, "HEAD")
    assert [(change["profile"], change["change"], change["blocks"]) for change in document["changes"]] == [
        ("bank", "removed", []),
        ("club", "added", []),
    ]
    assert [source["change"] for source in document["sources"]] == ["removed", "added"]
    text = run(repository, "--since", "HEAD").stdout
    assert "output/bank/.claude/agents/dev.md  (gone)\n" in text
    assert "output/club/.claude/agents/dev.md  (new)\n" in text


def test_blocks_come_and_go(repository: Path) -> None:
    """An item that was added is no change of its neighbours."""
    rewrite(repository / "fragments/lists/rules.md", "- Keep it below {{ limit }} {#limit}\n", "- Begin early {#begin}\n")
    rewrite(repository / "profiles/shop.yaml", "vars: {limit: 30}\n", "")
    rewrite(repository / "fragments/lists/rules.md", "  limit: {type: int, default: 10}\n", "")
    rewrite(repository / "fragments/lists/rules.md", "moved: {most: limit}\n", "")
    blocks = compared(repository, "HEAD")["changes"][0]["blocks"]
    assert [(block["block"], block["change"]) for block in blocks] == [("lists/rules#limit", "removed"), ("lists/rules#begin", "added")]


def test_the_same_words_at_another_depth_are_one_change(repository: Path) -> None:
    """An item that one project shows further in is told with the others."""
    rewrite(repository / "profiles/bank.yaml", "extends: [base]\n", "extends: [base]\nlayout: [numbered]\n")
    rewrite(repository / "profiles/shop.yaml", "vars: {limit: 30}\n", "")
    commit(repository)
    rewrite(repository / "fragments/lists/rules.md", "Keep it", "Stay")
    text = run(repository, "--since", "HEAD").stdout
    assert "\nlists/rules#limit  changed, +1 -2\n  in bank/dev, shop/dev\n  - [-Keep it-] {+Stay+} below 10\n" in text


def test_a_renamed_id_changes_no_output(repository: Path) -> None:
    """Equal words are no change, whatever the block is called."""
    rewrite(repository / "fragments/lists/rules.md", "{#skip}", "{#skipping}")
    document = compared(repository, "HEAD")
    assert document["changes"] == []
    assert [source["path"] for source in document["sources"]] == ["fragments/lists/rules.md"]


def test_blanks_alone_are_told_as_such(repository: Path) -> None:
    """The output differs, though no word does."""
    rewrite(repository / "fragments/lists/rules.md", "{#limit}\n", "{#limit}\n\n")
    text = run(repository, "--since", "HEAD").stdout
    assert "    +0     -0  output/bank/.claude/agents/dev.md  (blanks alone)\n" in text


def test_a_workspace_in_a_folder_of_the_repository(tmp_path: Path) -> None:
    """Only that folder is looked at, whatever its name is."""
    root = write_workspace(tmp_path / "tools" / "*my [agents]", FILES)
    (tmp_path / "fragments").mkdir()
    (tmp_path / "fragments" / "none.md").write_text("---\nbroken", encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    rewrite(root / "profiles/shop.yaml", "Say how", "Say so")
    assert [change["path"] for change in compared(root, "HEAD")["changes"]] == ["output/shop/.claude/agents/dev.md"]


def test_links_are_followed_in_the_revision(repository: Path) -> None:
    """A fragment, and a folder of fragments, may be links to what stands elsewhere in the workspace, as on disk."""
    shutil.move(repository / "fragments/lists", repository / "shared")
    (repository / "fragments/lists").symlink_to("../shared")
    (repository / "fragments/alias.md").symlink_to("lists/more.md")
    commit(repository)
    assert compared(repository, "HEAD~1", "--until", "HEAD")["changes"] == []


def test_a_link_out_of_the_workspace_is_an_error_there_too(repository: Path, tmp_path: Path) -> None:
    """A revision is read as strictly as the disk is."""
    (tmp_path / "outside.md").write_text("- Secret\n", encoding="utf-8")
    (repository / "fragments/leak.md").symlink_to("../../outside.md")
    commit(repository)
    answer = run(repository, "--since", "HEAD", "--until", "HEAD~1")
    assert answer.exit_code == 2
    assert "HEAD:fragments/leak.md: error[outside-workspace]" in answer.stderr


def test_links_that_go_round_end() -> None:
    """As on a disk, too many links lead nowhere."""
    files = {"a.md": FoundFile(b"b.md", is_link=True), "b.md": FoundFile(b"a.md", is_link=True), "c.md": FoundFile(b"x", is_link=False)}
    assert follow_links(files) == ({"c.md": b"x"}, ("a.md", "b.md"))


def test_a_link_in_a_linked_folder_is_followed() -> None:
    """A link to a folder brings the links in it, but one that leads back into itself brings nothing more."""
    files = {
        "fragments/all": FoundFile(b"../shared", is_link=True),
        "shared/a.md": FoundFile(b"b.md", is_link=True),
        "shared/b.md": FoundFile(b"x", is_link=False),
    }
    contents, broken = follow_links(files)
    assert (contents["fragments/all/a.md"], contents["shared/a.md"], broken) == (b"x", b"x", ())


def test_what_is_left_empty_is_not_shown(tmp_path: Path) -> None:
    """A list goes with its last item, which is no edit of the list."""
    shop = "extends: [base]\nproject: {name: Shop}\nvars: {topics: [lists/rules, lists/more]}\nedits:\n  lists/more#one: {remove: true}\n"
    files = {**FILES, "profiles/shop.yaml": shop, "fragments/lists/more.md": "## More {#more}\n\n- One more {#one}\n"}
    files["fragments/lists/rules.md"] = FILES["fragments/lists/rules.md"].replace('{% include "lists/more#one" %}\n', "")
    reach = reaches_of(write_workspace(tmp_path, files), "lists/more#more")["shop"]
    assert [block.reason for block in reach.left_out] == ["nothing is left in it"]


def test_a_hook_may_call(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git tells its hooks of their folder does not mislead."""
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    monkeypatch.setenv("GIT_WORK_TREE", "/nowhere")
    assert compared(repository, "HEAD")["changes"] == []


# --- what can be wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("revision", "told"),
    [
        ("mian", "did you mean `main`?"),
        ("main..HEAD", "write `--since FROM --until TO` for a range"),
        ("no-such-thing", "fetch what is missing"),
    ],
)
def test_a_revision_that_is_none(repository: Path, revision: str, told: str) -> None:
    """The nearest branch is proposed, or what to write for a range."""
    answer = run(repository, "--since", revision)
    assert answer.exit_code == 2
    assert f"command line:1:1: error[bad-revision]: git knows no commit `{revision}`" in answer.stderr
    assert told in answer.stderr


@pytest.mark.parametrize("revision", ["", "--output=/tmp/x", "-", "a\0b", "a\nb"])
def test_a_revision_is_never_an_option(repository: Path, revision: str) -> None:
    """What no revision can be called is not handed to git."""
    with pytest.raises(ComposerError) as caught:
        Repository.around(repository).revision(revision)
    assert [found.code for found in caught.value.diagnostics] == ["bad-revision"]


def test_a_part_of_the_history_is_told(repository: Path, tmp_path: Path) -> None:
    """A shallow clone, as CI makes them, lacks older commits: the hint says how to get them."""
    first = git(repository, "rev-parse", "HEAD")
    rewrite(repository / "profiles/shop.yaml", "Say how", "Say so")
    commit(repository)
    git(tmp_path, "clone", "--quiet", "--depth", "1", repository.as_uri(), "shallow")
    answer = run(tmp_path / "shallow", "--since", first)
    assert answer.exit_code == 2
    assert "in CI `fetch-depth: 0`" in answer.stderr


def test_a_revision_that_does_not_compose(repository: Path) -> None:
    """All that is wrong in it is told where `git show` finds it, below an error that says so; notes have such places, too."""
    rewrite(repository / "fragments/lists/rules.md", "{#why}", "{#limit}")
    commit(repository)
    rewrite(repository / "fragments/lists/rules.md", "{% endif %} {#limit}", "{% endif %} {#why}")
    answer = run(repository, "--since", "HEAD")
    assert answer.exit_code == 2
    assert "error[revision-does-not-compose]: the workspace of HEAD (" in answer.stderr
    assert "HEAD:fragments/lists/rules.md:11:46: error[duplicate-id]" in answer.stderr
    assert "note: HEAD:fragments/lists/rules.md:10:29: first used here" in answer.stderr


def test_a_working_tree_that_does_not_compose(repository: Path) -> None:
    """It is told as every command tells it."""
    rewrite(repository / "fragments/lists/rules.md", "{#why}", "{#limit}")
    answer = run(repository, "--since", "HEAD")
    assert answer.exit_code == 2
    assert "\nfragments/lists/rules.md:11:46: error[duplicate-id]" in f"\n{answer.stderr}"


def test_a_workspace_that_was_not_there_yet(tmp_path: Path) -> None:
    """Everything is new then, with a warning in case another revision was meant."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "readme.md").write_text("A repository.\n", encoding="utf-8")
    commit(tmp_path)
    root = write_workspace(tmp_path / "agents", FILES)
    answer = run(root, "--since", "HEAD")
    assert answer.exit_code == 0
    assert answer.stdout.count("(new)") == 2
    assert "warning[no-workspace-then]" in answer.stderr
    assert "has no workspace at `agents/`: every output counts as new" in answer.stderr


def test_a_folder_without_a_repository(root: Path) -> None:
    """There are no revisions to compare."""
    answer = run(root, "--since", "HEAD")
    assert answer.exit_code == 2
    assert "--since: error[not-a-repository]" in answer.stderr


def test_a_repository_that_git_does_not_open(repository: Path) -> None:
    """What git says is handed on."""
    (repository / ".git" / "config").write_text("[core\n", encoding="utf-8")
    answer = run(repository, "--since", "HEAD")
    assert answer.exit_code == 2
    assert "error[git-failed]: git does not open the repository: " in answer.stderr


def test_a_machine_without_git(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command needs git for this alone, and says so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = run(repository, "--since", "HEAD")
    assert answer.exit_code == 2
    assert "git: error[no-git]: git cannot be run: no such file or directory" in answer.stderr
    assert run(repository, "lists/rules").exit_code == 0


def test_an_object_that_is_missing(repository: Path) -> None:
    """A damaged repository is no bug of ours."""
    name = git(repository, "rev-parse", "HEAD:profiles/shop.yaml")
    (repository / ".git/objects" / name[:2] / name[2:]).unlink()
    answer = run(repository, "--since", "HEAD")
    assert answer.exit_code == 2
    assert f"error[git-failed]: the object {name} is missing" in answer.stderr


def test_a_tree_that_is_missing(repository: Path) -> None:
    """What git says of it is handed on."""
    name = git(repository, "rev-parse", "HEAD:profiles")
    (repository / ".git/objects" / name[:2] / name[2:]).unlink()
    answer = run(repository, "--since", "HEAD")
    assert answer.exit_code == 2
    assert "error[git-failed]: `git ls-tree` failed: " in answer.stderr


def test_sources_in_a_submodule(repository: Path, tmp_path: Path) -> None:
    """Their files are in another repository, which is told instead of a workspace full of holes."""
    other = write_workspace(tmp_path / "other", {"readme.md": "Shared\n"})
    git(other, "init", "--quiet")
    commit(other)
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.as_uri(), "fragments/shared")
    commit(repository)
    answer = run(repository, "--since", "HEAD")
    assert answer.exit_code == 2
    assert "error[git-failed]: `fragments/shared` is a submodule" in answer.stderr


# --- the comment ------------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Notes the elements of a comment, and those that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.names: set[str] = set()
        self.faults: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.open.append(tag)
        self.faults += [tag] if attrs else []

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_comment_has_a_table_and_collapsed_details(repository: Path) -> None:
    """What changes where stands open; the words of each block and where it stands below it."""
    rewrite(repository / "fragments/lists/rules.md", "Keep it below", "Stay well below")
    text = run(repository, "--since", "HEAD", "--markdown").stdout
    lines = text.splitlines()
    assert lines[0] == MARKER
    assert lines[1] == "### 2 agent files of 2 projects change: +4 −4 words"  # noqa: RUF001 - a minus sign
    assert lines[5:7] == ["| project | output | words |", "|---|---|---|"]
    assert text.count("<details><summary>") == 2
    page = Tags(text)
    assert (page.faults, page.open) == ([], [])
    assert page.names == {"code", "details", "summary", "pre", "ins", "del"}
    assert "<pre>- <del>Keep it</del> <ins>Stay well</ins> below 10</pre>" in text
    assert "| project | output | words |\n|---|---|---|\n| bank | output/bank/.claude/agents/dev.md | +2 −2 |" in page.text  # noqa: RUF001
    assert "#### Sources" in text


def test_a_comment_without_changes_says_so(repository: Path) -> None:
    """One sentence is enough."""
    lines = run(repository, "--since", "main", "--markdown").stdout.splitlines()
    assert lines[:2] == [MARKER, "### No agent file changes"]
    assert len(lines) == 4


def comparison(changes: Sequence[OutputChange], sources: Sequence[SourceChange] = ()) -> Comparison:
    return Comparison("main", "the working tree", tuple(changes), tuple(sources), len(changes), 1)


EVIL: Final = "</pre></details><img src=x> @team #12 **bold** | `code` [link](https://example.com) <!-- -->"


def test_sources_cannot_write_into_the_comment() -> None:
    """Mark-up, mentions, links and bars of a table are shown as they stand."""
    change = OutputChange("shop", "dev", f"out/{EVIL}", Fate.CHANGED, 1, 1, (BlockChange(EVIL, f"{EVIL} old\x1b", f"{EVIL} new"),))
    text = write_comment(comparison([change], [SourceChange(EVIL, Fate.CHANGED, 1, 1)]))
    page = Tags(text)
    assert (page.faults, page.open) == ([], [])
    assert page.names == {"code", "details", "summary", "pre", "ins", "del"}
    outside = re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL)
    assert not re.search(r"@team|#12|\*\*|`|\]\(", outside.replace("&#", ""))
    assert all(row.count("|") == 4 for row in outside.splitlines() if row.startswith("| "))
    assert "\x1b" not in text


def change_of(number: int, words: int) -> OutputChange:
    block = BlockChange(f"lists/rules#n{number}", f"old {number}", f"new {number} " + "word " * words)
    return OutputChange(f"p{number}", "dev", f"output/p{number}/dev.md", Fate.CHANGED, words, 1, (block,))


@pytest.mark.parametrize("words", [10, 20_000])
def test_a_comment_is_never_too_long(words: int) -> None:
    """What does not fit is counted: rows of the table, and blocks."""
    sources = [SourceChange(f"fragments/{number}.md", Fate.ADDED, 1, 0) for number in range(300)]
    text = write_comment(comparison([change_of(number, words) for number in range(1000)], sources))
    assert len(text) <= LONGEST_COMMENT
    assert "| | and 800 more | |" in text
    assert "| and 100 more | | |" in text
    assert re.search(r"\n\d+ more changed blocks do not fit into a comment\.", text)
    assert (Tags(text).faults, Tags(text).open) == ([], [])


def test_one_block_that_does_not_fit_is_told() -> None:
    """Even the first one may be too long."""
    assert "1 more changed block does not fit" in write_comment(comparison([change_of(1, 20_000)]))


@pytest.mark.parametrize(("fate", "told"), [(Fate.ADDED, " (new)"), (Fate.REMOVED, " (gone)"), (Fate.CHANGED, " (blanks alone)")])
def test_the_table_says_what_figures_cannot(fate: Fate, told: str) -> None:
    """A file that is new, gone or only spaced differently."""
    assert f"</code>{told} |" in write_comment(comparison([OutputChange("shop", "dev", "x.md", fate, 0, 0)]))
