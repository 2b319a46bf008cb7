"""Which source a hand edit goes to where that is not plain (titles, sections, moves, fields), and the words of refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import agent_file, write_workspace
from test_accept import DEV, FILES, edited, proposed, refused, taken, workspace

from composer import Workspace
from composer.accept.proposals import Scope
from composer.accept.reasons import Reason

TWO_FRAGMENTS = {
    "fragments/agents/dev.md": agent_file('{% include "own" %}\n'),
    "fragments/own.md": """
        {#own}
        - Ask first {#ask}
        - Work in small steps {#steps}
        {% include "shared#shared" %}
        """,
    "fragments/shared.md": """
        ---
        about: What comes last.
        vars:
          language: {type: str, default: Go}
        ---
        {#shared}
        - Write {{ language }} {#language}
        - Test it {#test}
        """,
    "profiles/shop.yaml": "agents: {dev: {}}\n",
}


def messages(root: Path, before: str, after: str, *, scope: Scope | None = None) -> str:
    """Edit an output, and return the sentences that refuse it."""
    edited(root, before, after)
    refusals = proposed(root, scope=scope).refusals
    assert refusals
    return "\n".join(f"{refusal.reason}: {refusal.message}" for refusal in refusals)


def two_fragments(root: Path, **more: str) -> Path:
    """Build an agent whose one list comes from two fragments; keyword arguments are further files of `fragments/agents`."""
    files = {**TWO_FRAGMENTS, **{f"fragments/agents/{name}.md": text for name, text in more.items()}}
    files["profiles/shop.yaml"] = f"agents: {{{', '.join(f'{name}: {{}}' for name in ('dev', *more))}}}\n"
    Workspace.open(write_workspace(root, files)).build()
    return root


# --- titles and sections ------------------------------------------------------------------------------------------------


def test_a_title_that_went_is_the_look_without_titles_in_the_profile(tmp_path: Path) -> None:
    """The words stay for all others."""
    assert taken(workspace(tmp_path), "## Rules\n\n", "") == {"profiles/shop.yaml": "+  rules#rules:\n+    layout: [plain]"}


def test_a_title_that_went_for_all_is_an_untitled_heading(tmp_path: Path) -> None:
    """Its id stays, so that edits still find the section."""
    assert taken(workspace(tmp_path), "## Rules\n\n", "", scope=Scope.FRAGMENT) == {"fragments/rules.md": "-# Rules {#rules}\n+# {#rules}"}


def test_a_title_that_went_alone_leaves_a_blank_line_that_no_build_prints(tmp_path: Path) -> None:
    """The title can be taken home, the blank line cannot."""
    assert refused(workspace(tmp_path), "## Rules\n", "") == [Reason.LAYOUT]


def test_a_section_that_came_between_two_stands_after_the_one_above(tmp_path: Path) -> None:
    """By that section's own address, as a section of the same level, though the source has it a level higher."""
    found = taken(workspace(tmp_path), "Ask before", "## Extra\n\nBe kind.\n\nAsk before")
    assert list(found) == ["profiles/shop.yaml"]
    assert found["profiles/shop.yaml"].startswith("+  rules#rules:\n+      extra: |\n+        # Extra\n")
    assert "after:\n      extra:" in (tmp_path / "profiles/shop.yaml").read_text()


def test_a_section_one_level_deeper_stands_in_the_one_above(tmp_path: Path) -> None:
    """At its end."""
    found = taken(workspace(tmp_path), "Ask before", "### Extra\n\nBe kind.\n\nAsk before")
    assert found["profiles/shop.yaml"].startswith("+  rules#rules:\n+    last:\n+      extra: |\n+        ## Extra\n")


def test_a_section_that_came_for_all_has_its_id_at_its_heading(tmp_path: Path) -> None:
    """Not at its last paragraph."""
    found = taken(workspace(tmp_path), "Ask before", "## Extra\n\nBe kind.\n\nAsk before", scope=Scope.FRAGMENT)
    assert "+# Extra {#extra}" in found["fragments/rules.md"]


# --- items --------------------------------------------------------------------------------------------------------------


def test_an_item_before_all_others_stands_before_the_first(tmp_path: Path) -> None:
    """Not as a list of its own in the section."""
    assert taken(workspace(tmp_path), "- Check every", "- Sign each release\n- Check every") == {
        "profiles/shop.yaml": "+  rules#input:\n+    before:\n+      sign-release: |\n+        Sign each release",
    }


def test_a_word_right_behind_the_mark_belongs_to_the_item(tmp_path: Path) -> None:
    """However the difference is cut."""
    assert taken(workspace(tmp_path), "- Check every", "- always Check every") == {
        "profiles/shop.yaml": "+  rules#input:\n+    replace: |\n+      always Check every input",
    }


@pytest.mark.parametrize("emptied", ["-", "- "])
def test_an_item_that_was_emptied_is_refused(tmp_path: Path, emptied: str) -> None:
    """Nothing is made of a mark alone."""
    assert messages(workspace(tmp_path), "- Check every input", emptied) == (
        "layout: `-` without words is no item: give it words, or take the whole line out"
    )


@pytest.mark.parametrize("scope", [None, Scope.FRAGMENT])
def test_words_that_no_id_can_be_made_of_are_an_addition_to_their_section(tmp_path: Path, scope: Scope | None) -> None:
    """Ids are Latin letters."""
    found = taken(workspace(tmp_path), "- Log each refusal\n", "- Log each refusal\n- Проверяй всё\n- 全部检查\n", scope=scope)
    text = "\n".join(found.values())
    assert "rules-addition" in text
    assert "rules-addition-2" in text


# --- moves --------------------------------------------------------------------------------------------------------------


def test_an_item_that_moved_into_another_fragment_goes_there_with_its_id(tmp_path: Path) -> None:
    """Its old address still works."""
    before = "- Ask first\n- Work in small steps\n- Write Go\n"
    after = "- Work in small steps\n- Write Go\n- Ask first\n"
    assert taken(two_fragments(tmp_path), before, after, scope=Scope.FRAGMENT) == {
        "fragments/own.md": "-- Ask first {#ask}\n+---\n+moved:\n+  ask: shared#ask\n+---",
        "fragments/shared.md": "+- Ask first {#ask}",
    }


@pytest.mark.parametrize(
    "front", ["", "---\nabout: What comes first.\n---\n", "---\nuses: [more]\nabout: What comes first.\n---\n{{ more }}\n\n"]
)
def test_a_variable_goes_with_the_item_that_prints_it(tmp_path: Path, front: str) -> None:
    """The fragment that gets the item says that it uses it, whatever front matter it has."""
    root = two_fragments(tmp_path)
    own = root / "fragments/own.md"
    own.write_text(front + own.read_text())
    shared = root / "fragments/shared.md"
    shared.write_text(shared.read_text().replace("vars:\n", "vars:\n  more: {type: str, default: More.}\n"))
    Workspace.open(root).build()
    before = "- Ask first\n- Work in small steps\n- Write Go\n"
    after = "- Write Go\n- Ask first\n- Work in small steps\n"
    found = taken(root, before, after, scope=Scope.FRAGMENT)
    assert "uses: [more, language]" in found["fragments/own.md"] if "more" in front else "uses: [language]" in found["fragments/own.md"]
    assert "language: own#language" in found["fragments/shared.md"]


def test_an_item_that_moved_behind_an_included_list_stays_in_its_fragment(tmp_path: Path) -> None:
    """It goes below the line that includes."""
    before = "- Ask first\n- Work in small steps\n- Write Go\n- Test it\n"
    after = "- Work in small steps\n- Write Go\n- Test it\n- Ask first\n"
    root = two_fragments(tmp_path)
    found = taken(root, before, after, scope=Scope.FRAGMENT)
    assert list(found) == ["fragments/own.md"]
    assert (root / "fragments/own.md").read_text() == (
        '{#own}\n- Work in small steps {#steps}\n{% include "shared#shared" %}\n- Ask first {#ask}\n'
    )


def test_an_item_that_moved_past_a_condition_does_not_come_under_it(tmp_path: Path) -> None:
    """Where it would read the same inside and outside."""
    root = two_fragments(tmp_path)
    own = root / "fragments/own.md"
    own.write_text("{#own}\n- Ask first {#ask}\n- Work in small steps {#steps}\n{% if project.name %}\n- Be kind {#kind}\n{% endif %}\n")
    (root / "profiles/shop.yaml").write_text("project: {name: the shop}\nagents: {dev: {}}\n")
    Workspace.open(root).build()
    found = taken(
        root, "- Ask first\n- Work in small steps\n- Be kind\n", "- Work in small steps\n- Be kind\n- Ask first\n", scope=Scope.FRAGMENT
    )
    assert list(found) == ["fragments/own.md"]
    assert own.read_text().endswith("{% endif %}\n- Ask first {#ask}\n")


def test_a_move_is_refused_where_another_output_would_gain_or_lose_the_item(tmp_path: Path) -> None:
    """An order that one file wants takes no rule from another."""
    root = two_fragments(tmp_path, tester=agent_file('{% include "shared" %}\n'))
    found = messages(
        root, "- Ask first\n- Work in small steps\n- Write Go\n", "- Work in small steps\n- Write Go\n- Ask first\n", scope=Scope.FRAGMENT
    )
    assert "border: what moved would leave its fragment" in found
    assert "and then other outputs would gain or lose it (shop/tester)" in found


def test_a_text_of_the_profile_takes_its_reason_along(tmp_path: Path) -> None:
    """An edit that is left with a reason alone would do nothing."""
    files = dict(FILES)
    files["profiles/shop.yaml"] = files["profiles/shop.yaml"].rstrip() + "\n            because: auditors ask\n        "
    Workspace.open(write_workspace(tmp_path, files)).build()
    before, after = "- Log each refusal\n- Keep an audit trail\n", "- Keep an audit trail\n- Log each refusal\n"
    assert taken(tmp_path, before, after) == {"profiles/shop.yaml": "-  rules#log:\n+  rules#limit:"}


ANCHORED = {
    "fragments/agents/dev.md": agent_file('{% include "shared" %}\n'),
    "fragments/shared.md": """
        {#list}
        - Alpha {#a}
        - Beta {#b}
        - Gamma {#c}
        """,
}

ANCHORED_PROFILE = """\
agents: {dev: {}}
edits:
  # of all
  shared#c:  # why here
    # why this
    after:
      # note for x
      x: |  # words
        Extra
    # z1
    because: 'it''s'   # ticket 12
  # below
  shared#b: {because: "it's", replace: "Beta two"}
"""


def anchored(root: Path, profile: str) -> Path:
    """Build a list with a text of the profile behind its last item."""
    write_workspace(root, {**ANCHORED, "profiles/shop.yaml": ""})
    (root / "profiles/shop.yaml").write_text(profile)
    Workspace.open(root).build()
    return root


def test_an_edit_that_follows_a_move_gets_the_other_address_and_keeps_every_other_byte(tmp_path: Path) -> None:
    """Its comments, its quotes, its place among the edits."""
    root = anchored(tmp_path, ANCHORED_PROFILE)
    before, after = "- Alpha\n- Beta two\n- Gamma\n- Extra\n", "- Beta two\n- Gamma\n- Alpha\n- Extra\n"
    taken(root, before, after, scope=Scope.FRAGMENT)
    assert (root / "profiles/shop.yaml").read_text() == ANCHORED_PROFILE.replace("shared#c", "shared#a")


def test_a_text_of_the_profile_that_moved_keeps_the_bytes_of_its_edit(tmp_path: Path) -> None:
    """Only the address and the verb are others."""
    root = anchored(tmp_path, ANCHORED_PROFILE)
    taken(root, "- Alpha\n- Beta two\n- Gamma\n- Extra\n", "- Extra\n- Alpha\n- Beta two\n- Gamma\n")
    assert (root / "profiles/shop.yaml").read_text() == ANCHORED_PROFILE.replace("shared#c", "shared#a").replace("after:", "before:")


def test_a_text_that_moved_around_its_own_block_keeps_its_reason(tmp_path: Path) -> None:
    """Only the verb is another."""
    files = {
        **ANCHORED,
        "fragments/shared.md": "{#list}\n- Gamma {#c}\n",
        "profiles/shop.yaml": ANCHORED_PROFILE.split("  # below", maxsplit=1)[0],
    }
    root = write_workspace(tmp_path, files)
    place = root / "profiles/shop.yaml"
    before = place.read_text()
    Workspace.open(root).build()
    taken(root, "- Gamma\n- Extra\n", "- Extra\n- Gamma\n")
    assert place.read_text() == before.replace("after:", "before:")


def test_a_text_that_joins_another_edit_loses_no_comment_line(tmp_path: Path) -> None:
    """The address that it goes to has an edit: the text goes there, and with its quotes; the comment lines stay."""
    root = anchored(tmp_path, ANCHORED_PROFILE.replace('{because: "it\'s", replace: "Beta two"}', "\n    replace: 'Beta two'"))
    taken(root, "- Beta two\n- Gamma\n- Extra\n", "- Beta two\n- Extra\n- Gamma\n")
    assert (root / "profiles/shop.yaml").read_text() == (
        "agents: {dev: {}}\nedits:\n  # of all\n    # why this\n      # note for x\n    # z1\n  # below\n"
        "  shared#b: \n    replace: 'Beta two'\n    after:\n      x: |  # words\n        Extra\n    because: 'it''s'   # ticket 12\n"
    )


def test_a_value_that_nothing_shows_any_more_goes_with_the_block(tmp_path: Path) -> None:
    """It would be an error of its own."""
    found = taken(workspace(tmp_path), "- Allow 60 requests a minute\n", "")
    assert found == {"profiles/shop.yaml": "-vars:\n-  limit: 60   # per customer\n+  rules#limit:\n+    remove: true"}


def test_a_value_of_the_project_can_change_beside_words_for_all(tmp_path: Path) -> None:
    """`--to fragment` changes each where it stands, and the project's name stands in its profile."""
    root = workspace(tmp_path)
    edited(root, "for work on the shop.", "for work on the big shop.")
    found = taken(root, "Check every input", "Check every single input", scope=Scope.FRAGMENT)
    assert set(found) == {"fragments/rules.md", "profiles/shop.yaml"}


# --- front matter -------------------------------------------------------------------------------------------------------


def test_a_field_below_the_last_line_is_a_field(tmp_path: Path) -> None:
    """Not a part of the value above it."""
    found = taken(workspace(tmp_path), "color: blue\n", 'color: blue\ninitialPrompt: "Hello there"\n')
    assert "initialPrompt" in found["profiles/shop.yaml"]


@pytest.mark.parametrize(
    ("after", "message"),
    [
        ("color: blue\nmemory: project\n", "layout: a build writes the fields in its own order: put `memory` above `color`"),
        ("color: blue\ninitialPrompt: Hello\n", 'layout: a build writes this field so: `initialPrompt: "Hello"`'),
        ("color: blue\ncolor: red\n", "layout: the field `color` stands twice: a build writes it once"),
        ("color: blue\nfoo: bar\n", "invalid: profiles/shop.yaml would be wrong: Claude Code has no agent field `foo`"),
    ],
)
def test_a_field_that_no_build_writes_so_is_refused_with_what_it_writes(tmp_path: Path, after: str, message: str) -> None:
    """Its order, its quotes."""
    assert messages(workspace(tmp_path), "color: blue\n", after) == message


# --- the words of refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("you delete.\n", "you delete.", "a build ends a file with one line end: put it back"),
        ("you delete.\n", "you delete.\n\n", "a build ends a file with one line end and no blank line"),
        ("Check every input", "Check every input  ", "a build prints no blanks at the end of this line: take them off"),
        ("- Check every input", "  - Check every input", "a build prints 0 blanks before this line"),
        ("- Check every input", "* Check every input", "a build prints `-` here, so put it back"),
        ("## Rules", "# Rules", "a build prints `## Rules`"),
        ("## Rules", "#r Rules", "a build prints `## Rules`"),
        ("## Rules\n\n", "## Rules\n\n\n", "take out what is too much"),
        ("## Rules\n\n", "## Rules\n", "put back what is missing"),
    ],
)
def test_a_refusal_says_what_a_build_prints_and_how_to_undo_the_edit(tmp_path: Path, before: str, after: str, message: str) -> None:
    """The layout owns it."""
    found = messages(workspace(tmp_path), before, after)
    assert found.startswith("layout: ")
    assert message in found


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("color: blue", "color: bleu", "fragments/agents/dev.md:6"),
        ("Check every input", "Check {{ every }} input", "fragments/rules.md:9"),
        ("write Go, Rust.", "write.", "fragments/agents/dev.md:11"),
    ],
)
def test_a_refusal_of_words_names_the_line_to_change_by_hand(tmp_path: Path, before: str, after: str, place: str) -> None:
    """In the file that they come from."""
    assert messages(workspace(tmp_path), before, after).endswith(f"to change it by hand, go to {place}")


def test_what_one_hunk_refuses_does_not_hide_how_the_others_go_home(tmp_path: Path) -> None:
    """All are told, in one run."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    edited(root, "you delete.\n", "you delete.")
    acceptance = proposed(root, DEV)
    assert [change.about for change in acceptance.outputs[0].taken] == ["`replace` rules#input in profiles/shop.yaml"]
    assert [refusal.reason for refusal in acceptance.refusals] == [Reason.LAYOUT]
