"""Hand edits of an output, taken home: what each kind of edit becomes in the sources, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from builders import write_workspace
from typer.testing import CliRunner

from composer import ComposerError, Workspace
from composer.accept.acceptance import Acceptance, propose_acceptance, write_acceptance
from composer.accept.inverse import Reason
from composer.accept.proposals import Scope
from composer.cli.app import app

DEV = "output/shop/.claude/agents/dev.md"

FILES = {
    "fragments/agents/dev.md": """
        ---
        agent:
          description: |
            Use this agent for work on {{ project.name }}.
          tools: [Read, Edit]
          color: blue
        vars:
          tone: {type: str, default: calm}
          tongues: {type: "list[str]", default: [Go, Rust]}
        ---
        You are {{ tone }} and write {{ tongues | join(", ") }}. {#role}

        ## {% include "rules" %}

        ## {#closing}

        Ask before you delete.
        """,
    "fragments/agents/tester.md": """
        ---
        agent:
          description: |
            Use this agent for tests.
        ---
        ## {% include "rules" %}
        """,
    "fragments/rules.md": """
        ---
        vars:
          limit: {type: int, default: 100}
          strict: {type: bool, default: false}
        ---
        # Rules {#rules}

        {#list}
        - Check every input {#input}
        - Allow {{ limit }} requests a minute {#limit}
        - Log each refusal {#log}

        {% if strict %}
        Refuse what is unclear. {#unclear}
        {% endif %}

        A table:

        | code | meaning |
        |---|---|
        | 401 | sign in |
        | 403 | no right |
        """,
    "profiles/shop.yaml": """
        # The shop.
        project: {name: the shop}
        vars:
          limit: 60   # per customer
        agents: {dev: {}, tester: {}}
        edits:
          rules#log:
            after:
              audit: |
                Keep an audit trail
        """,
    "profiles/bot.yaml": """
        project: {name: the bot}
        agents: {dev: {color: red}}
        """,
}


def workspace(root: Path, **changed: str) -> Path:
    """Write and build the workspace; keyword arguments name files with ``__`` for slashes, without their ending."""
    files = {
        **FILES,
        **{name: text for path, text in changed.items() for name in FILES if name.rpartition(".")[0] == path.replace("__", "/")},
    }
    Workspace.open(write_workspace(root, files)).build()
    return root


def edited(root: Path, before: str, after: str, path: str = DEV) -> None:
    """Edit an output by hand."""
    place = root / path
    text = place.read_text(encoding="utf-8")
    assert before in text
    place.write_text(text.replace(before, after, 1), encoding="utf-8", newline="\n")


def proposed(root: Path, *paths: str, scope: Scope | None = None) -> Acceptance:
    """Propose to accept outputs."""
    opened = Workspace.open(root)
    files = {opened.path_of(file): file for file in opened.compose().files}
    return propose_acceptance(opened, [(path, files[path]) for path in paths or (DEV,)], scope)


def taken(root: Path, before: str, after: str, *, scope: Scope | None = None, path: str = DEV) -> dict[str, str]:
    """Edit an output, accept it, and return the lines that the sources gained and lost, by file; the outputs are then right."""
    edited(root, before, after, path)
    wanted = (root / path).read_bytes()
    acceptance = proposed(root, path, scope=scope)
    assert not acceptance.refusals, acceptance.refusals
    old = {source.path: source.before.splitlines() for source in acceptance.sources}
    write_acceptance(Workspace.open(root), acceptance)
    assert (root / path).read_bytes() == wanted
    assert not Workspace.open(root).check().differences
    new = {name: (root / name).read_text(encoding="utf-8").splitlines() for name in old}
    return {
        name: "\n".join(
            [f"-{line}" for line in old[name] if line not in new[name]] + [f"+{line}" for line in new[name] if line not in old[name]]
        )
        for name in old
    }


def refused(root: Path, before: str, after: str, *, scope: Scope | None = None) -> list[Reason]:
    """Edit an output, and return why that is refused; nothing is written."""
    edited(root, before, after)
    sources = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    acceptance = proposed(root, scope=scope)
    with pytest.raises(ValueError, match="refusals"):
        write_acceptance(Workspace.open(root), acceptance)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == sources
    return [refusal.reason for refusal in acceptance.refusals]


# --- words --------------------------------------------------------------------------------------------------------------


def test_words_of_a_shared_block_become_a_replacement_in_the_profile(tmp_path: Path) -> None:
    """The default for what another profile uses too."""
    assert taken(workspace(tmp_path), "Check every input", "Check every single input") == {
        "profiles/shop.yaml": "+  rules#input:\n+    replace: |\n+      Check every single input",
    }


def test_words_can_be_changed_in_the_fragment_for_all(tmp_path: Path) -> None:
    """`--to fragment`; the other outputs that change are told."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    acceptance = proposed(root, scope=Scope.FRAGMENT)
    assert [other.path for other in acceptance.others] == ["output/bot/.claude/agents/dev.md", "output/shop/.claude/agents/tester.md"]
    assert [source.path for source in acceptance.sources] == ["fragments/rules.md"]
    assert "- Check every single input {#input}\n" in acceptance.sources[0].after


def test_words_can_be_changed_for_one_agent_alone(tmp_path: Path) -> None:
    """`--to agent`: the project's other agents keep the shared text."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    acceptance = proposed(root, scope=Scope.AGENT)
    assert acceptance.others == ()
    assert "agents:" in acceptance.sources[0].after


def test_words_around_a_variable_keep_the_variable(tmp_path: Path) -> None:
    """The template comes back, not what was printed."""
    assert taken(workspace(tmp_path), "Allow 60 requests a minute", "Allow at most 60 requests per minute") == {
        "profiles/shop.yaml": "+  rules#limit:\n+    replace: |\n+      Allow at most {{ limit }} requests per minute",
    }


def test_words_that_the_profile_added_are_changed_there(tmp_path: Path) -> None:
    """And nothing else of the file."""
    assert taken(workspace(tmp_path), "Keep an audit trail", "Keep an audit trail for a year") == {
        "profiles/shop.yaml": "-        Keep an audit trail\n+        Keep an audit trail for a year",
    }


def test_a_title_becomes_a_title(tmp_path: Path) -> None:
    """Not a replacement of the whole section."""
    assert taken(workspace(tmp_path), "## Rules", "## House rules") == {"profiles/shop.yaml": "+  rules#rules:\n+    title: House rules"}


def test_a_block_without_an_id_gets_one_first(tmp_path: Path) -> None:
    """So that the profile can name it."""
    assert taken(workspace(tmp_path), "Ask before you delete.", "Ask before you delete anything.") == {
        "fragments/agents/dev.md": "-Ask before you delete.\n+Ask before you delete. {#ask-delete}",
        "profiles/shop.yaml": "+  agents/dev#ask-delete:\n+    replace: |\n+      Ask before you delete anything.",
    }


def test_a_row_of_a_table_is_words(tmp_path: Path) -> None:
    """A table is one block."""
    assert taken(workspace(tmp_path), "| 403 | no right |\n", "| 403 | no right |\n| 404 | not there |\n", scope=Scope.FRAGMENT) == {
        "fragments/rules.md": "+| 404 | not there |",
    }


# --- variables ----------------------------------------------------------------------------------------------------------


def test_a_variables_value_is_changed_where_the_profile_sets_it(tmp_path: Path) -> None:
    """Comments beside it stay."""
    assert taken(workspace(tmp_path), "Allow 60 requests", "Allow 90 requests") == {
        "profiles/shop.yaml": "-  limit: 60   # per customer\n+  limit: 90   # per customer",
    }


def test_a_variable_with_its_default_is_set_in_the_profile(tmp_path: Path) -> None:
    """The default is for all."""
    assert taken(workspace(tmp_path), "You are calm", "You are quick") == {"profiles/shop.yaml": "+  tone: quick"}


def test_a_joined_list_changes_as_a_list(tmp_path: Path) -> None:
    """An element that came is an element of the list, not a word in the text."""
    found = taken(workspace(tmp_path), "Go, Rust.", "Go, Rust, Zig.")
    assert "tongues" in found["profiles/shop.yaml"]
    assert "{{" not in found["profiles/shop.yaml"]


# --- blocks -------------------------------------------------------------------------------------------------------------


def test_an_item_that_went_is_removed_in_the_profile(tmp_path: Path) -> None:
    """One line."""
    assert taken(workspace(tmp_path), "- Check every input\n", "") == {"profiles/shop.yaml": "+  rules#input:\n+    remove: true"}


def test_a_text_of_the_profile_that_went_is_taken_out_of_it(tmp_path: Path) -> None:
    """With the edit that held nothing else."""
    found = taken(workspace(tmp_path), "- Keep an audit trail\n", "")
    assert found["profiles/shop.yaml"].count("-") >= 4


def test_an_item_that_came_is_inserted_after_its_neighbour(tmp_path: Path) -> None:
    """With a readable id of its own."""
    assert taken(workspace(tmp_path), "- Check every input\n", "- Check every input\n- Sign each release\n") == {
        "profiles/shop.yaml": "+  rules#input:\n+      sign-release: |\n+        Sign each release",
    }


def test_an_item_can_come_for_all(tmp_path: Path) -> None:
    """In the fragment, marked and named like its neighbours."""
    root = workspace(tmp_path)
    edited(root, "- Check every input\n", "- Check every input\n- Sign each release\n")
    acceptance = proposed(root, scope=Scope.FRAGMENT)
    assert "- Sign each release {#sign-release}\n" in acceptance.sources[0].after


def test_a_paragraph_that_came_is_inserted(tmp_path: Path) -> None:
    """Between blank lines."""
    found = taken(workspace(tmp_path), "## Rules\n", "## Rules\n\nThese hold everywhere.\n")
    assert list(found) == ["profiles/shop.yaml"]
    assert "These hold everywhere." in found["profiles/shop.yaml"]


def test_a_moved_item_moves_in_its_fragment(tmp_path: Path) -> None:
    """With its id; only where that was asked for."""
    item = "- Check every input\n"
    root = workspace(tmp_path)
    edited(root, item, "")
    edited(root, "- Log each refusal\n", f"{item}- Log each refusal\n")
    assert [refusal.reason for refusal in proposed(root).refusals] == [Reason.SCOPE, Reason.SCOPE]
    acceptance = proposed(root, scope=Scope.FRAGMENT)
    assert not acceptance.refusals
    assert "minute {#limit}\n- Check every input {#input}\n" in acceptance.sources[0].after


# --- front matter -------------------------------------------------------------------------------------------------------


def test_a_field_becomes_the_agents_field_in_the_profile(tmp_path: Path) -> None:
    """Whatever fragment it came from."""
    found = taken(workspace(tmp_path), "color: blue", "color: green")
    assert "green" in found["profiles/shop.yaml"]
    assert list(found) == ["profiles/shop.yaml"]


def test_a_tool_more_edits_the_inherited_list(tmp_path: Path) -> None:
    """The list itself is not copied."""
    found = taken(workspace(tmp_path), "tools: Read, Edit", "tools: Read, Edit, Grep")
    assert "Grep: true" in found["profiles/shop.yaml"]


def test_a_field_that_went_is_unset(tmp_path: Path) -> None:
    """Unless the profile itself had set it."""
    found = taken(workspace(tmp_path), "color: blue\n", "")
    assert "unset" in found["profiles/shop.yaml"]


def test_fields_that_went_together_come_back_together(tmp_path: Path) -> None:
    """Two fields are taken away in one list, also those that the profile itself sets; put back, they are given back."""
    root = workspace(tmp_path, profiles__bot="project: {name: the bot}\nagents:\n  dev:\n    color: red\n    tools: [Read]\n")
    path = "output/bot/.claude/agents/dev.md"
    whole = (root / path).read_text(encoding="utf-8")
    edited(root, "tools: Read\n", "", path)
    edited(root, "color: red\n", "", path)
    write_acceptance(Workspace.open(root), proposed(root, path))
    profile = (root / "profiles/bot.yaml").read_text(encoding="utf-8")
    assert profile.count("unset") == 1
    (root / path).write_text(whole, encoding="utf-8", newline="\n")
    write_acceptance(Workspace.open(root), proposed(root, path))
    assert "unset" not in (root / "profiles/bot.yaml").read_text(encoding="utf-8")
    assert (root / path).read_text(encoding="utf-8") == whole


def test_a_number_that_only_has_a_default_is_set_as_a_number(tmp_path: Path) -> None:
    """The profile says it for the first time."""
    root = workspace(tmp_path)
    path = "output/bot/.claude/agents/dev.md"
    edited(root, "Allow 100 requests", "Allow 45 requests", path)
    write_acceptance(Workspace.open(root), proposed(root, path))
    assert "limit: 45\n" in (root / "profiles/bot.yaml").read_text(encoding="utf-8")


def test_a_line_under_a_heading_is_refused_whatever_the_scope(tmp_path: Path) -> None:
    """A draft whose profile cannot be read is no way, and no crash."""
    root = workspace(tmp_path)
    edited(root, "# Rules\n", "# Rules\nHello\n")
    for scope in (*Scope, None):
        assert proposed(root, DEV, scope=scope).refusals


def test_words_of_the_description_keep_its_variables(tmp_path: Path) -> None:
    """The description is a template as well."""
    found = taken(workspace(tmp_path), "Use this agent for work on the shop.", "Use this agent for all work on the shop.")
    assert "{{ project.name }}" in found["profiles/shop.yaml"]


# --- refusals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("## Rules", "# Rules", Reason.LAYOUT),
        ("- Check every input", "* Check every input", Reason.LAYOUT),
        ("- Check every input\n", "\n- Check every input\n", Reason.LAYOUT),
        ("name: dev", "name: developer", Reason.GENERATED),
        ("---\n#", "--\n#", Reason.GENERATED),
        ("# Generated by agent-composer", "# Made by hand", Reason.GENERATED),
        ("Check every input", "Check {{ every }} input", Reason.SYNTAX),
    ],
)
def test_what_no_source_owns_is_refused_with_the_reason(tmp_path: Path, before: str, after: str, reason: Reason) -> None:
    """Nothing is guessed."""
    assert set(refused(workspace(tmp_path), before, after)) == {reason}


def test_one_refusal_keeps_everything_from_being_written(tmp_path: Path) -> None:
    """All or nothing; both are told."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    edited(root, "## Rules", "# Rules")
    acceptance = proposed(root)
    assert [len(output.taken) for output in acceptance.outputs] == [1]
    assert [refusal.reason for refusal in acceptance.refusals] == [Reason.LAYOUT]


def test_an_output_whose_sources_changed_is_not_accepted(tmp_path: Path) -> None:
    """Its hand edits cannot be told from what the sources changed."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    (root / "fragments/rules.md").write_text((root / "fragments/rules.md").read_text().replace("Log each", "Log every"))
    with pytest.raises(ComposerError, match="sources-changed"):
        proposed(root)


def test_a_file_that_is_no_output_is_not_accepted(tmp_path: Path) -> None:
    """One that is gone, and one that the lock does not know."""
    root = workspace(tmp_path)
    (root / DEV).unlink()
    with pytest.raises(ComposerError, match="output-missing"):
        proposed(root)
    (root / DEV).write_text("mine\n")
    (root / "agent-composer.lock").unlink()
    with pytest.raises(ComposerError, match="foreign-output"):
        proposed(root)


def test_several_edits_of_one_file_are_taken_together(tmp_path: Path) -> None:
    """Words, a field, and an item."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    edited(root, "color: blue", "color: green")
    found = taken(root, "- Log each refusal\n", "- Log each refusal\n- Sign each release\n")
    assert list(found) == ["profiles/shop.yaml"]


def test_an_edit_that_two_files_share_is_taken_once(tmp_path: Path) -> None:
    """Both come out as edited."""
    root = workspace(tmp_path)
    tester = "output/shop/.claude/agents/tester.md"
    edited(root, "Check every input", "Check every single input")
    edited(root, "Check every input", "Check every single input", tester)
    acceptance = proposed(root, DEV, tester)
    assert [len(output.taken) for output in acceptance.outputs] == [1, 0]
    write_acceptance(Workspace.open(root), acceptance)
    assert not Workspace.open(root).check().differences


def test_an_edit_of_one_of_two_named_files_stays_with_its_agent(tmp_path: Path) -> None:
    """Where the project's other agent, named too, does not have it."""
    root = workspace(tmp_path)
    tester = "output/shop/.claude/agents/tester.md"
    edited(root, "Check every input", "Check every single input")
    edited(root, "Log each refusal", "Log every refusal", tester)
    acceptance = proposed(root, DEV, tester)
    assert not acceptance.refusals
    write_acceptance(Workspace.open(root), acceptance)
    assert not Workspace.open(root).check().differences


def test_an_edit_in_a_project_that_was_built_into_is_taken_home(tmp_path: Path) -> None:
    """And the project is built again; the workspace's own outputs follow."""
    root = workspace(tmp_path / "agents")
    project = tmp_path / "shop"
    project.mkdir()
    Workspace.open(root).build("shop", into=project)
    place = project / ".claude/agents/dev.md"
    text = place.read_text().replace("Check every input", "Check every single input")
    place.write_text(text)
    opened = Workspace.open(root)
    file = next(file for file in opened.compose("shop").files if file.agent == "dev")
    write_acceptance(opened, propose_acceptance(opened, [(place.as_posix(), file)]))
    assert place.read_text() == text == (root / DEV).read_text()
    assert "every single" in (project / ".claude/agents/tester.md").read_text()


# --- the files of the sources -------------------------------------------------------------------------------------------


def test_an_edit_in_a_folder_that_the_profile_chose_is_taken_home(tmp_path: Path) -> None:
    """Where a file stands has no part in it."""
    root = workspace(tmp_path, profiles__bot=f"agents_dir: plugin/agents\n{dedent(FILES['profiles/bot.yaml'])}")
    sources = taken(root, "calm", "quiet", path="output/bot/plugin/agents/dev.md")
    assert list(sources) == ["profiles/bot.yaml"]


def test_byte_order_mark_and_line_ends_of_a_source_stay(tmp_path: Path) -> None:
    """Every byte that was not edited."""
    root = workspace(tmp_path)
    place = root / "fragments/rules.md"
    place.write_bytes(b"\xef\xbb\xbf" + place.read_bytes().replace(b"\n", b"\r\n"))
    before = place.read_bytes()
    edited(root, "Check every input", "Check every single input")
    write_acceptance(Workspace.open(root), proposed(root, scope=Scope.FRAGMENT))
    assert place.read_bytes() == before.replace(b"every input", b"every single input")


def test_a_source_that_changed_since_it_was_looked_at_is_not_written(tmp_path: Path) -> None:
    """Somebody else may be at work."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    acceptance = proposed(root)
    place = root / "profiles/shop.yaml"
    place.write_text(place.read_text() + "# more\n")
    with pytest.raises(ComposerError, match="file-changed"):
        write_acceptance(Workspace.open(root), acceptance)


# --- the command --------------------------------------------------------------------------------------------------------


def test_the_command_shows_everything_and_writes_nothing_unasked(tmp_path: Path) -> None:
    """The sources, the other outputs, and how to go on."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    before = (root / "profiles/shop.yaml").read_bytes()
    result = CliRunner().invoke(app, ["accept", str(root / DEV), "--workspace", str(root)])
    assert result.exit_code == 1
    assert "+      Check every single input" in result.output
    assert "1 other output of 1 profile would change" in result.output
    assert (root / "profiles/shop.yaml").read_bytes() == before


def test_the_command_answers_with_one_document(tmp_path: Path) -> None:
    """For scripts."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    result = CliRunner().invoke(app, ["accept", str(root / DEV), "--workspace", str(root), "--json", "--yes"])
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["written"] is True
    assert document["files"][0]["taken"][0]["scope"] == "profile"
