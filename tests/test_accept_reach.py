"""How far an accepted edit reaches: which scope was chosen and why, what else changes, what stands in the way, and what is left to do."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
import typer
from test_accept import DEV, FILES, edited, proposed, taken, workspace
from typer.testing import CliRunner, Result

from composer import ComposerError, Workspace
from composer.accept.acceptance import Acceptance, write_acceptance
from composer.accept.proposals import Scope
from composer.cli import accept as accept_command
from composer.cli.app import app

TESTER = "output/shop/.claude/agents/tester.md"
BOT = "output/bot/.claude/agents/dev.md"


def run(root: Path, *words: str, answer: str | None = None) -> Result:
    """Run the command, on `dev` of `shop` unless the words name files."""
    return CliRunner().invoke(app, ["accept", *(words or (DEV,)), "--workspace", str(root)], input=answer)


def only(acceptance: Acceptance) -> tuple[str, str]:
    """Return the scope and the reason of the only change."""
    ((found,),) = [output.taken for output in acceptance.outputs]
    return found.scope.value, found.why


def tree(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


# --- which scope, and why -------------------------------------------------------------------------------------------------


def test_what_another_profile_uses_goes_to_the_profile_and_says_who_uses_it(tmp_path: Path) -> None:
    """The default."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    assert only(proposed(root)) == ("profile", "`rules` is used by `bot`, too")


def test_what_no_other_profile_uses_goes_to_the_fragment_and_says_so(tmp_path: Path) -> None:
    """The text itself is better."""
    root = workspace(tmp_path)
    edited(root, "Use this agent for tests.", "Use this agent for all tests.", TESTER)
    assert only(proposed(root, TESTER)) == ("fragment", "no other profile uses `agents/tester`")


def test_the_profiles_own_text_is_changed_where_it_stands(tmp_path: Path) -> None:
    """It has no other place."""
    root = workspace(tmp_path)
    edited(root, "Keep an audit trail", "Keep an audit trail for a year")
    assert only(proposed(root)) == ("fragment", "it is the profile's own")


def test_a_scope_that_was_asked_for_says_so(tmp_path: Path) -> None:
    """Nothing was chosen."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    assert only(proposed(root, scope=Scope.AGENT)) == ("agent", "as asked")


def test_the_agents_scope_is_not_chosen_in_silence(tmp_path: Path) -> None:
    """What kept the change from the whole profile is the reason."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    edited(root, "Log each refusal", "Log every refusal", TESTER)
    found = [change for output in proposed(root, DEV, TESTER).outputs for change in output.taken]
    assert {change.scope for change in found} == {Scope.AGENT}
    assert all(change.why.startswith("for all agents of `shop` it cannot be: ") for change in found)


def test_the_command_says_the_scope_and_the_reason(tmp_path: Path) -> None:
    """As text, and in the document."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    assert "rules#input in profiles/shop.yaml  (--to profile: `rules` is used by `bot`, too)\n" in run(root).output
    assert "  (--to fragment, as asked)\n" in run(root, DEV, "--to", "fragment").output
    change = json.loads(run(root, DEV, "--json").stdout)["files"][0]["taken"][0]
    assert (change["scope"], change["why"]) == ("profile", "`rules` is used by `bot`, too")


# --- what goes with a change ----------------------------------------------------------------------------------------------


REASONED = """
    project: {name: the shop}
    agents: {dev: {}, tester: {}}
    edits:
      rules#log:
        after:
          audit: |
            Keep an audit trail
        because: the law
"""


@pytest.mark.parametrize("scope", [None, Scope.PROFILE, Scope.FRAGMENT])
def test_an_edit_that_has_only_its_reason_left_goes(tmp_path: Path, scope: Scope | None) -> None:
    """A text that the profile had added went from the output: what is left of its edit would be an error."""
    root = workspace(tmp_path)
    (root / "profiles/shop.yaml").write_text(REASONED.replace("\n    ", "\n").lstrip())
    Workspace.open(root).build()
    found = taken(root, "- Keep an audit trail\n", "", scope=scope)
    assert "-    because: the law" in found["profiles/shop.yaml"]
    assert "edits" not in (root / "profiles/shop.yaml").read_text()


def test_a_comment_above_what_goes_stays(tmp_path: Path) -> None:
    """Also where the last of all edits goes, and the map of edits with it; only what stands behind words goes with them."""
    root = workspace(tmp_path)
    place = root / "profiles/shop.yaml"
    place.write_text(place.read_text().replace("  rules#log:\n", "  # asked for by the auditor\n  rules#log:  # all of it\n"))
    taken(root, "- Keep an audit trail\n", "")
    assert place.read_text().endswith("agents: {dev: {}, tester: {}}\n  # asked for by the auditor\n")


def test_comments_below_and_inside_what_goes_stay(tmp_path: Path) -> None:
    """In their place and column: the next edit may stand there, commented out."""
    root = workspace(tmp_path)
    place = root / "profiles/shop.yaml"
    place.write_text(
        place.read_text().replace("    after:\n", "    # x1\n    after:\n") + "    # z1\n  # rules#input:\n  #   remove: true\n"
    )
    taken(root, "- Keep an audit trail\n", "")
    assert place.read_text().endswith("agents: {dev: {}, tester: {}}\n    # x1\n    # z1\n  # rules#input:\n  #   remove: true\n")


def test_a_value_that_its_variable_cannot_have_becomes_words(tmp_path: Path) -> None:
    """For the whole profile; the variable goes with the last text that used it, for it would be an error."""
    found = taken(workspace(tmp_path), "Allow 60 requests", "Allow sixty requests", scope=Scope.PROFILE)
    gone, came = "-vars:\n-  limit: 60   # per customer\n", "+  rules#limit:\n+    replace: |\n+      Allow sixty requests a minute"
    assert found == {"profiles/shop.yaml": gone + came}


def test_a_variable_that_another_text_uses_stays(tmp_path: Path) -> None:
    """Only what has no effect goes."""
    root = workspace(tmp_path)
    rules = root / "fragments/rules.md"
    rules.write_text(rules.read_text() + "\nAt {{ limit }} we stop. {#stop}\n")
    Workspace.open(root).build()
    found = taken(root, "Allow 60 requests", "Allow sixty requests", scope=Scope.PROFILE)
    assert found == {"profiles/shop.yaml": "+  rules#limit:\n+    replace: |\n+      Allow sixty requests a minute"}


# --- edits that become stale ----------------------------------------------------------------------------------------------


def with_edit_of_bot(root: Path) -> Path:
    """Write the workspace, where `bot` says something else than the shared item."""
    workspace(root)
    place = root / "profiles/bot.yaml"
    place.write_text(place.read_text() + "edits:\n  rules#input:\n    replace: |\n      Check some input\n")
    Workspace.open(root).build()
    edited(root, "Check every input", "Check every single input")
    return root


def test_an_edit_that_becomes_stale_is_shown_before_anything_is_written(tmp_path: Path) -> None:
    """Another profile stands over the text: no output of its own tells that."""
    root = with_edit_of_bot(tmp_path)
    result = run(root, DEV, "--to", "fragment")
    expected = "makes stale: profiles/bot.yaml:4:3  rules#input (replace); see `agent-composer review rules#input`\n"
    assert expected in result.output
    assert BOT not in result.output
    document = json.loads(run(root, DEV, "--to", "fragment", "--json").stdout)
    assert [(found["path"], found["line"], found["address"]) for found in document["makes_stale"]] == [
        ("profiles/bot.yaml", 4, "rules#input")
    ]


def test_an_edit_that_was_stale_before_is_not_told_again(tmp_path: Path) -> None:
    """`check` tells it."""
    root = with_edit_of_bot(tmp_path)
    assert run(root, DEV, "--to", "fragment", "--yes").exit_code == 0
    edited(root, "Check every single input", "Check every last input")
    acceptance = proposed(root, scope=Scope.FRAGMENT)
    assert (acceptance.stale, acceptance.refusals) == ((), ())


def test_an_edit_in_the_profile_makes_nothing_stale(tmp_path: Path) -> None:
    """The shared text stays."""
    assert proposed(with_edit_of_bot(tmp_path)).stale == ()


# --- other edited outputs -------------------------------------------------------------------------------------------------


def both_edited(root: Path, words: str) -> Path:
    """Edit `dev` of `shop`, and in the other words `dev` of `bot`."""
    workspace(root)
    edited(root, "Check every input", "Check every single input")
    edited(root, "Log each refusal", words, BOT)
    return root


def test_an_edited_output_that_would_change_stands_in_the_way(tmp_path: Path) -> None:
    """Built, it would be edited and out of date at once, and nobody could take its edits home any more."""
    root = both_edited(tmp_path, "Log every refusal")
    before = tree(root)
    result = run(root, DEV, "--to", "fragment", "--yes")
    assert result.exit_code == 2
    assert f"{BOT}: error[edited-too]: `{BOT}` was edited by hand, too, and changes with this" in result.output
    assert f"accept them together: `agent-composer accept {DEV} {BOT}`" in result.output
    assert tree(root) == before


def test_what_stands_in_the_way_is_told_in_the_document(tmp_path: Path) -> None:
    """As any error is."""
    document = json.loads(run(both_edited(tmp_path, "Log every refusal"), DEV, "--to", "fragment", "--json").stdout)
    assert [found["code"] for found in document["diagnostics"]] == ["edited-too"]
    assert document["ok"] is False


def test_an_edited_output_that_does_not_change_is_in_nobodys_way(tmp_path: Path) -> None:
    """An edit in the profile of `shop` does not reach `bot`."""
    root = both_edited(tmp_path, "Log every refusal")
    assert run(root, DEV, "--yes").exit_code == 0
    assert [one.verdict.value for one in Workspace.open(root).check().differences] == ["edited"]


def test_an_edited_output_that_stays_is_not_counted_as_built(tmp_path: Path) -> None:
    """It is of the same profile, and what is accepted is for the other agent alone."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    edited(root, "Log each refusal", "Log every refusal", TESTER)
    assert "accepted: 1 source written, 0 outputs built\n" in run(root, DEV, "--to", "agent", "--yes").output


def test_outputs_with_the_same_edit_are_accepted_together(tmp_path: Path) -> None:
    """Named together they agree; both come out as edited."""
    root = workspace(tmp_path)
    for path in (DEV, BOT):
        edited(root, "Check every input", "Check every single input", path)
    edited(root, "Log each refusal", "Log every refusal", BOT)
    edited(root, "Log each refusal", "Log every refusal")
    assert run(root, DEV, BOT, TESTER, "--to", "fragment", "--yes").exit_code == 0
    assert not Workspace.open(root).check().differences


def test_an_output_that_already_is_as_it_will_be_is_not_in_the_way(tmp_path: Path) -> None:
    """The same edit was made there, so the build adopts it."""
    root = workspace(tmp_path)
    for path in (DEV, BOT):
        edited(root, "Check every input", "Check every single input", path)
    assert run(root, DEV, "--to", "fragment", "--yes").exit_code == 0
    assert not Workspace.open(root).check().differences


def test_an_edited_output_of_a_project_that_was_built_into_stands_in_the_way(tmp_path: Path) -> None:
    """It is built again as a whole."""
    root, project = workspace(tmp_path / "agents"), tmp_path / "shop"
    project.mkdir()
    Workspace.open(root).build("shop", into=project)
    edited(project, "Check every input", "Check every single input", ".claude/agents/dev.md")
    edited(project, "Log each refusal", "Log every refusal", ".claude/agents/tester.md")
    result = run(root, str(project / ".claude/agents/dev.md"), "--yes")
    assert result.exit_code == 2
    assert f"`{project / '.claude/agents/tester.md'}` was edited by hand, too" in result.output


def test_edits_that_contradict_each_other_are_told_with_both_places(tmp_path: Path) -> None:
    """One text cannot say two things: which file and which line say otherwise is told, and nothing is written."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check each input")
    edited(root, "Check every input", "Check every single input", TESTER)
    before = tree(root)
    result = run(root, DEV, TESTER, "--to", "fragment", "--yes")
    assert result.exit_code == 1
    line = 1 + (root / DEV).read_text(encoding="utf-8").split("\n").index("- Check each input")
    assert (
        f"refused (contradiction): what would bring it about changes `{DEV}` as well, whose line {line} says otherwise\n" in result.output
    )
    assert tree(root) == before


def test_a_text_that_stands_twice_in_a_file_cannot_say_two_things(tmp_path: Path) -> None:
    """Neither where one of its places was edited alone, nor where both were edited differently: the other line is named."""
    root = workspace(tmp_path, fragments__agents__tester=f'{dedent(FILES["fragments/agents/tester.md"])}\n## {{% include "rules" %}}\n')
    edited(root, "Check every input", "Check every single input", TESTER)
    first, second = (number for number, line in enumerate((root / TESTER).read_text().split("\n"), 1) if line.startswith("- Check"))
    told = "refused (contradiction): what would bring it about changes line {} as well, which says otherwise\n"
    assert f"{TESTER}:{first}: {told.format(second)}" in run(root, TESTER).output
    edited(root, "Check every input", "Check each input", TESTER)
    assert f"{TESTER}:{second}: {told.format(first)}" in run(root, TESTER).output


def test_a_text_that_stands_twice_is_taken_home_once_where_both_places_agree(tmp_path: Path) -> None:
    """They are one text."""
    root = workspace(tmp_path, fragments__agents__tester=f'{dedent(FILES["fragments/agents/tester.md"])}\n## {{% include "rules" %}}\n')
    for _ in range(2):
        edited(root, "Check every input", "Check each input", TESTER)
    assert len(proposed(root, TESTER).outputs[0].taken) == 1


@pytest.mark.parametrize("words", ["Check each input", "Check every input, and say so"])
def test_unlike_copies_of_one_file_are_told_with_both_places(tmp_path: Path, words: str) -> None:
    """The workspace and a project that was built into have the same agent, and each was edited in its own way."""
    root, project = workspace(tmp_path / "agents"), tmp_path / "shop"
    project.mkdir()
    Workspace.open(root).build("shop", into=project)
    edited(root, "Check every input", "Check every single input")
    edited(project, "Check every input", words, ".claude/agents/dev.md")
    copy, before = str(project / ".claude/agents/dev.md"), tree(tmp_path)
    result = run(root, DEV, copy, "--yes")
    assert result.exit_code == 2
    line = 1 + (root / DEV).read_text(encoding="utf-8").split("\n").index("- Check every single input")
    message = f"`{DEV}` and `{copy}` are both `dev` of `shop`, and were edited differently"
    assert f"{DEV}:{line}:1: error[contradicting-edits]: {message}\n  {line} | - Check every single input\n" in result.output
    assert f"note: {copy}:{line}:1: the other says here\n  {line} | - {words}\n" in result.output
    assert tree(tmp_path) == before


def test_like_copies_of_one_file_are_accepted_together(tmp_path: Path) -> None:
    """Both are up to date afterwards."""
    root, project = workspace(tmp_path / "agents"), tmp_path / "shop"
    project.mkdir()
    Workspace.open(root).build("shop", into=project)
    edited(root, "Check every input", "Check every single input")
    edited(project, "Check every input", "Check every single input", ".claude/agents/dev.md")
    assert run(root, DEV, str(project / ".claude/agents/dev.md"), "--yes").exit_code == 0
    opened = Workspace.open(root)
    assert not opened.check().differences
    assert not opened.check("shop", into=project).differences


@pytest.mark.parametrize("path", [DEV, BOT])
def test_an_output_that_is_edited_while_the_changes_are_shown_stops_the_writing(tmp_path: Path, path: str) -> None:
    """The one that was named, or another that changes with it."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    acceptance = proposed(root, scope=Scope.FRAGMENT)
    edited(root, "Log each refusal", "Log every refusal", path)
    before = tree(root)
    with pytest.raises(ComposerError, match="file-changed" if path == DEV else "edited-too"):
        write_acceptance(Workspace.open(root), acceptance)
    assert tree(root) == before


# --- what is left to do ---------------------------------------------------------------------------------------------------


def test_outputs_that_stay_out_of_date_are_told(tmp_path: Path) -> None:
    """Accepting builds what it changes; what waited for a build before waits still."""
    root = workspace(tmp_path)
    place = root / "profiles/bot.yaml"
    place.write_text(place.read_text().replace("color: red", "color: green"))
    edited(root, "Check every input", "Check every single input")
    result = run(root, DEV, "--yes")
    assert f"1 output is still out of date ({BOT}): run `agent-composer build`\n" in result.output


def test_a_profile_without_outputs_here_is_told(tmp_path: Path) -> None:
    """It may be built into a project, which nobody knows of here."""
    root = workspace(tmp_path)
    (root / "profiles/third.yaml").write_text("project: {name: the third}\nagents: {dev: {}}\n")
    edited(root, "Check every input", "Check every single input")
    result = run(root, DEV, "--to", "fragment", "--yes")
    assert "the profile `third` changes with it and has no outputs here" in result.output


def test_nothing_is_told_where_nothing_is_left(tmp_path: Path) -> None:
    """The usual end."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    document = json.loads(run(root, DEV, "--to", "fragment", "--yes", "--json").stdout)
    assert (document["out_of_date"], document["unbuilt_profiles"], document["written"]) == ([], [], True)


# --- the command ----------------------------------------------------------------------------------------------------------


def asked(root: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> Result:
    monkeypatch.setattr(accept_command, "_has_reader", lambda: True)
    edited(root, "Check every input", "Check every single input")
    return run(root, DEV, answer=answer)


def test_what_would_change_is_told_in_the_conditional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has changed before the answer."""
    result = asked(workspace(tmp_path), monkeypatch, "y\n")
    assert result.exit_code == 0
    assert "The sources would change:\n" in result.output
    assert result.stdout.endswith("accepted: 1 source written, 1 output built\n")


def test_a_no_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is written."""
    root = workspace(tmp_path)
    result = asked(root, monkeypatch, "n\n")
    assert result.exit_code == 1
    assert result.output.endswith("Nothing was changed.\n")
    assert "single" not in (root / "profiles/shop.yaml").read_text()


def test_an_interrupt_at_the_question_is_an_interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """130, as anywhere else."""
    root = workspace(tmp_path)

    def interrupt(*_: object, **__: object) -> bool:
        raise typer.Abort

    monkeypatch.setattr(typer, "confirm", interrupt)
    assert asked(root, monkeypatch, "").exit_code == 130
    assert "single" not in (root / "profiles/shop.yaml").read_text()


def test_refused_changes_stand_apart(tmp_path: Path) -> None:
    """Below what could be taken, which is not written either."""
    root = workspace(tmp_path)
    edited(root, "Check every input", "Check every single input")
    edited(root, "## Rules", "# Rules")
    output = run(root).output
    assert (
        output.index("But for what is refused, the sources would change:")
        < output.index("\n\nRefused:\n")
        < output.index("refused (layout)")
    )
    assert output.endswith("nothing was written: what was refused has to be changed by hand, in the sources or back in the file\n")


@pytest.mark.untraced
def test_a_huge_text_is_not_printed_whole(tmp_path: Path) -> None:
    """Nobody reads it before an answer; the document has all of it, and so has `--verbose`."""
    root = workspace(tmp_path)
    many = "".join(f"- Line {number} {'of what was pasted, ' * 40}and no more\n" for number in range(200))
    edited(root, "- Check every input\n", f"- Check every input\n{many}")
    result = run(root, DEV, "--to", "fragment", "--dry-run")
    assert max(map(len, result.output.splitlines())) < 500
    assert len(result.output.splitlines()) < 220
    assert "… 147 more lines; `--verbose` shows all\n" in result.output
    assert "… 522 more characters\n" in result.output
    assert "Line 199" in run(root, DEV, "--to", "fragment", "--dry-run", "--verbose").output
    assert "Line 199" in json.loads(run(root, DEV, "--to", "fragment", "--json").stdout)["sources"][0]["diff"]


@pytest.mark.parametrize("inside", [True, False])
def test_an_output_that_is_a_link_is_named(tmp_path: Path, inside: bool) -> None:  # noqa: FBT001 - a parameter of a test
    """The edit is one of another file."""
    root = workspace(tmp_path / "work")
    target = (root if inside else tmp_path) / "mine.md"
    (root / DEV).rename(target)
    (root / DEV).symlink_to(target)
    result = run(root)
    assert result.exit_code == 2
    assert "error[output-is-a-link]" in result.output
    assert f"`{DEV}` is a link to `{target}`" in result.output
