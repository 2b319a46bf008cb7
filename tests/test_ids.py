"""Ids are added once, say what their block is about, and change nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from composer.blocks import walk_blocks
from composer.cli.app import app
from composer.errors import ComposerError, Diagnostics, InternalError
from composer.files.destination import DiskDestination
from composer.files.exclusive import hold
from composer.files.transaction import Change, TransactionError
from composer.ids.missing import FragmentIds, propose_ids, select_fragments, write_ids
from composer.markdown.parse import parse_document
from composer.model.sources import Fragment
from composer.naming import is_kebab_case, kebab_case, name_of_text
from composer.source import SourceFile
from composer.workspace import Workspace

AGENT = """---
agent:
  description: Use this agent when something is to be done.
vars: {channel: {type: str}}
---
You tell {{ channel }}. {#role}

"""


def workspace(root: Path, **files: str | bytes) -> Path:
    """Write fragments by name, and a profile that builds the agent among them."""
    rules = files.get("rules", "## Rules\n\n- One\n- Two\n")
    text = rules.decode() if isinstance(rules, bytes) else rules
    include = '## {% include "rules" %}' if "## " in text else '{% include "rules" %}'
    contents = {
        "profiles/shop.yaml": "vars: {channel: chat}\nagents:\n  dev: {}\n",
        "fragments/agents/dev.md": AGENT + include + "\n",
        "fragments/rules.md": rules,
        **{f"fragments/{name}.md": content for name, content in files.items()},
    }
    for path, content in contents.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def proposals(root: Path, *names: str) -> list[FragmentIds]:
    opened = Workspace.open(root)
    return [propose_ids(fragment, opened.index.moved) for fragment in select_fragments(opened, names)]


def add_ids(root: Path, *names: str) -> tuple[str, ...]:
    opened = Workspace.open(root)
    chosen = [propose_ids(fragment, opened.index.moved) for fragment in select_fragments(opened, names)]
    return write_ids(opened, chosen, DiskDestination(root))


def outputs(root: Path) -> list[bytes]:
    return [file.content for file in Workspace.open(root).compose().files]


def with_ids(root: Path, content: str | bytes) -> bytes:
    """Add ids to a fragment of this content, see that no output changes, and return what it holds then."""
    workspace(root, rules=content)
    before = outputs(root)
    add_ids(root, "rules")
    assert outputs(root) == before
    return (root / "fragments/rules.md").read_bytes()


# --- Which blocks get one ---------------------------------------------------------------------------------------------


def test_sections_items_and_paragraphs_get_an_id(tmp_path: Path) -> None:
    """They are what profiles edit."""
    content = "## Rate limits\n\nEvery caller is counted.\n\n- Answer with 429\n  - Send `Retry-After`\n1. First step\n"
    assert with_ids(tmp_path, content).decode() == (
        "## Rate limits {#rate-limits}\n\nEvery caller is counted. {#caller-counted}\n\n"
        "- Answer with 429 {#answer-429}\n  - Send `Retry-After` {#send-retry}\n1. First step {#first-step}\n"
    )


def test_blocks_inside_conditions_get_an_id(tmp_path: Path) -> None:
    """A gate decides whether a block is shown, not whether it can be edited."""
    content = "## Rules\n\n{% if project.name %}\n- Shown\n{% else %}\n- Hidden\n{% endif %}\n"
    written = with_ids(tmp_path, content.replace("{% if project.name %}", '{% if agent.name == "dev" %}')).decode()
    assert "- Shown {#shown}\n" in written
    assert "- Hidden {#hidden}\n" in written


@pytest.mark.parametrize(
    "content",
    [
        "## Named {#named}\n\n- Named, too {#too}\n",
        "## {#closing}\n\n```\ncode\n```\n",
        "## Named {#named}\n\n| a | b |\n| - | - |\n| 1 | 2 |\n",
        "## Named {#named}\n\n> A quote\n",
        "## Named {#named}\n\n- {#empty}\n",
        '## Named {#named}\n\n{% for one in ["a", "b"] %}\n- Item {{ one }}\n{% endfor %}\n',
        "## Named {#named}\n\n- Item {#item}\n\n  A paragraph of the item\n",
    ],
    ids=["named", "untitled", "table", "quote", "empty item", "loop", "inside an item"],
)
def test_other_blocks_are_left_to_people(content: str, tmp_path: Path) -> None:
    """What has an id keeps it, and what says little about itself, or many things at once, gets none."""
    assert with_ids(tmp_path, content).decode() == content


# --- What it says -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Check every input with {{ validator }}", "check-input"),
        ("Use parameterized queries only; joined strings invite SQL injection", "use-parameterized-queries"),
        ("**Blocker**: loses data, opens a hole", "blocker"),
        ("Race condition: lock the row, or compare its version", "race-condition"),
        ("Never write mock data", "never-write-mock"),
        ("Read `docs/api.md` first", "read-docs-api"),
        ("See [the guide](https://example.org/long/path) of <b>style</b>", "see-guide-style"),
        ("Don't repeat the caller's words", "dont-repeat-callers"),
        ("Prüfe größere Änderungen", "prufe-groere-anderungen"),
        ("{{ opening_hours }}", "opening-hours"),
        ("The only one of all", "the-only-one"),
        ("!?", "item"),
        ("проверка", "item"),
        ("a" * 90, "a" * 40),
        (f"short {'b' * 50}", "short"),
    ],
)
def test_an_id_is_made_of_the_words_that_say_something(text: str, name: str) -> None:
    """Without templates, markup and stop words; a label at the start says it best."""
    assert name_of_text(text, "item", ()) == name


def test_a_name_that_is_taken_gets_a_fourth_word_and_then_a_number() -> None:
    """Words tell two blocks apart better than numbers do."""
    text = "Keep all secrets in one secret store"
    assert name_of_text(text, "item", {"keep-secrets-secret"}) == "keep-secrets-secret-store"
    assert name_of_text(text, "item", {"keep-secrets-secret", "keep-secrets-secret-store"}) == "keep-secrets-secret-2"
    assert name_of_text("?", "item", {"item", "item-2"}) == "item-3"


@given(st.text(), st.sets(st.sampled_from(["item", "a", "b-c"])))
def test_every_text_gives_a_name_that_is_an_id(text: str, taken: set[str]) -> None:
    """Whatever stands in a block."""
    name = name_of_text(text, "item", taken)
    assert is_kebab_case(name)
    assert name not in taken


def test_kebab_case_parts_words_at_capitals_too() -> None:
    """A folder `MyShop` is the project `my-shop`."""
    assert kebab_case("MyShop 2.0!") == "my-shop-2-0"


def test_an_id_is_never_one_that_the_file_has_or_had(tmp_path: Path) -> None:
    """What `moved` names leads elsewhere, also where another file says so."""
    content = "---\nmoved: {old-rule: kept}\n---\n## Kept {#kept}\n\n- Kept\n- Old rule\n- Gone rule\n"
    other = "---\nmoved: {rules#gone-rule: other#here}\n---\nHere {#here}\n"
    workspace(tmp_path, rules=content, other=other)
    assert [added.name for added in proposals(tmp_path, "rules")[0].added] == ["kept-2", "old-rule-2", "gone-rule-2"]


# --- Where it stands --------------------------------------------------------------------------------------------------


def test_every_other_byte_stays(tmp_path: Path) -> None:
    """Byte order mark, line ends of any kind, blanks at line ends, and the missing end of the last line."""
    content = b"\xef\xbb\xbf## Title  \r\n\r\n- One\n- Two\r- Three\r\n\t- Four\r\n\r\n\r\nLast"
    assert with_ids(tmp_path, content) == (
        b"\xef\xbb\xbf## Title {#title}  \r\n\r\n- One {#one}\n- Two {#two}\r- Three {#three}\r\n\t- Four {#four}\r\n\r\n\r\nLast {#last}"
    )


def test_the_id_of_a_text_of_several_lines_stands_at_its_end(tmp_path: Path) -> None:
    """There it disturbs nobody."""
    assert with_ids(tmp_path, "- An item\n  of two lines\n").decode() == "- An item\n  of two lines {#item-two-lines}\n"


def test_a_line_whose_end_means_something_takes_no_id(tmp_path: Path) -> None:
    """Two blanks are a line break: the id goes to another line of the block, or above it."""
    content = "Line one\nline two  \n\nAlone  \n\n- Item  \n  goes on\n"
    assert with_ids(tmp_path, content).decode() == (
        "Line one {#line-two}\nline two  \n\n{#alone}\nAlone  \n\n- Item  \n  goes on {#item-goes}\n"
    )


def test_a_line_above_has_the_line_end_of_its_file(tmp_path: Path) -> None:
    """Also where the block is the last line, and ends without one."""
    assert with_ids(tmp_path, b"## A {#a}\r\n\r\nAlone  ") == b"## A {#a}\r\n\r\n{#alone}\r\nAlone  "


def test_a_block_that_takes_no_id_anywhere_is_told(tmp_path: Path) -> None:
    """A first item cannot be named above itself: that would name its list."""
    workspace(tmp_path, rules="- Broken  \n- Fine\n")
    (found,) = proposals(tmp_path, "rules")
    assert [added.name for added in found.added] == ["fine"]
    assert [str(place) for place in found.unnamed] == ["fragments/rules.md:1:3"]
    result = CliRunner().invoke(app, ["ids", "-w", str(tmp_path)])
    assert "rules.md:1:3: no id can stand here" in result.stderr


def test_a_plain_fragment_is_read_as_plain(tmp_path: Path) -> None:
    """Statements are text there."""
    content = "---\nsyntax: plain\n---\n- Write {{ name }}\n- {% if %}\n\n{% endfor %}\n"
    assert (
        with_ids(tmp_path, content).decode()
        == "---\nsyntax: plain\n---\n- Write {{ name }} {#write}\n- {% if %} {#if}\n\n{% endfor %} {#endfor}\n"
    )


LINES = (
    "## Title",
    "- item",
    "  - deeper",
    "1. first",
    "text",
    "text  ",
    "more\\",
    "",
    "> quote",
    "```",
    "{% if x %}",
    "{% endif %}",
    "{#own}",
    "===",
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_whatever_a_fragment_holds_only_ids_are_added(lines: list[str], end: str) -> None:
    """And a second run finds nothing to add."""
    source = SourceFile.from_raw("fragments/rules.md", end.join(lines))
    fragment = parsed(source)
    if fragment is None:
        return
    found = propose_ids(fragment, ())
    names = {added.name for added in found.added}
    again = parsed(SourceFile(source.path, inserted(found)))
    assert again is not None
    ids = [block.identifier.name for block, _ in walk_blocks(again.document.blocks) if block.identifier is not None]
    assert sorted(ids) == sorted({*ids})
    assert names <= set(ids)
    assert propose_ids(again, ()).added == ()


def parsed(source: SourceFile) -> Fragment | None:
    diagnostics = Diagnostics()
    document = parse_document(source, 0, diagnostics)
    return None if diagnostics.errors else Fragment("rules", source, "", {}, {}, {}, None, document)


def inserted(found: FragmentIds) -> str:
    from composer.ids.places import insert_ids  # noqa: PLC0415 - beside its one use

    return insert_ids(found.fragment.source.text, found.fragment.source, found.insertions)


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """Ids are added once."""
    workspace(tmp_path)
    assert add_ids(tmp_path) == ("fragments/rules.md",)
    assert add_ids(tmp_path) == ()


def test_ids_are_added_while_a_profile_waits_for_them(tmp_path: Path) -> None:
    """An edit that names an id which is not there yet does not stop what mends it."""
    workspace(tmp_path)
    with (tmp_path / "profiles/shop.yaml").open("a") as profile:
        profile.write("edits: {'rules#one': {remove: true}}\n")
    with pytest.raises(ComposerError, match="unknown-block"):
        outputs(tmp_path)
    add_ids(tmp_path)
    assert b"One" not in outputs(tmp_path)[0]


def test_a_fragment_that_cannot_be_read_is_not_touched(tmp_path: Path) -> None:
    """Nor is any other, unless it is named."""
    workspace(tmp_path, broken="## A {#same}\n\n## B {#same}\n\n## C\n")
    for names in ((), ("broken",)):
        with pytest.raises(ComposerError, match="duplicate-id"):
            add_ids(tmp_path, *names)
    assert add_ids(tmp_path, "rules") == ("fragments/rules.md",)


def test_an_unknown_fragment_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    """Paths and ids are understood."""
    workspace(tmp_path)
    assert [one.id for one in select_fragments(Workspace.open(tmp_path), ["./fragments/agents/dev.md"])] == ["agents/dev"]
    with pytest.raises(ComposerError) as caught:
        add_ids(tmp_path, "rule")
    assert caught.value.diagnostics[0].hint == "did you mean `rules`?"


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """What was read is what is written to, or nothing is."""
    opened = Workspace.open(workspace(tmp_path))
    found = [propose_ids(fragment, ()) for fragment in select_fragments(opened, ["rules"])]
    (tmp_path / "fragments/rules.md").write_text("## Other\n")
    with pytest.raises(ComposerError, match="file-changed"):
        write_ids(opened, found, DiskDestination(tmp_path))
    assert (tmp_path / "fragments/rules.md").read_text() == "## Other\n"


def test_ids_that_would_change_more_are_a_bug_and_not_written(tmp_path: Path) -> None:
    """The last look before writing trusts nobody."""
    opened = Workspace.open(workspace(tmp_path))
    (rules,) = select_fragments(opened, ["rules"])
    right = propose_ids(rules, ())
    first, *others = right.insertions
    wrong = FragmentIds(rules, right.added, (), (type(first)(first.name, first.offset - 2), *others))
    with pytest.raises(InternalError, match="change more than ids"):
        write_ids(opened, [wrong], DiskDestination(tmp_path))
    assert (tmp_path / "fragments/rules.md").read_text() == "## Rules\n\n- One\n- Two\n"


def test_ids_that_would_change_an_output_are_a_bug_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is composed before and after."""
    opened = Workspace.open(workspace(tmp_path))
    found = [propose_ids(fragment, ()) for fragment in select_fragments(opened, ())]
    composed = iter([{("shop", "a.md"): b"before"}, {("shop", "a.md"): b"after"}])
    monkeypatch.setattr("composer.ids.missing._outputs", lambda *_: next(composed))
    with pytest.raises(InternalError, match="change what is composed"):
        write_ids(opened, found, DiskDestination(tmp_path))
    assert (tmp_path / "fragments/rules.md").read_text() == "## Rules\n\n- One\n- Two\n"


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_nothing_is_written_through_a_link_out_of_the_workspace(tmp_path: Path) -> None:
    """Not even where the link came after the file was read."""
    opened = Workspace.open(workspace(tmp_path / "inside"))
    found = [propose_ids(fragment, ()) for fragment in select_fragments(opened, ["rules"])]
    outside = tmp_path / "rules.md"
    (tmp_path / "inside/fragments/rules.md").rename(outside)
    (tmp_path / "inside/fragments/rules.md").symlink_to(outside)
    before = outside.read_bytes()
    with pytest.raises(ComposerError, match="leaves-workspace"):
        write_ids(opened, found, DiskDestination(tmp_path / "inside"))
    assert outside.read_bytes() == before


class Unreadable(DiskDestination):
    """A disk that gives nothing."""

    def read(self, path: str) -> bytes | None:
        raise PermissionError(13, "Permission denied", path)


def test_a_file_that_cannot_be_read_again_is_told(tmp_path: Path) -> None:
    """It was there a moment ago."""
    opened = Workspace.open(workspace(tmp_path))
    found = [propose_ids(fragment, ()) for fragment in select_fragments(opened, ())]
    with pytest.raises(ComposerError, match="cannot be read: Permission denied"):
        write_ids(opened, found, Unreadable(tmp_path))


class FullDisk(DiskDestination):
    """A disk without room."""

    def commit(self, changes: Sequence[Change], boundary: str = "") -> None:  # noqa: ARG002 - nothing fits
        raise TransactionError(changes[0].path, "written", OSError(28, "No space left on device"))


def test_a_write_that_fails_is_told(tmp_path: Path) -> None:
    """With the file and what the system says."""
    opened = Workspace.open(workspace(tmp_path))
    found = [propose_ids(fragment, ()) for fragment in select_fragments(opened, ())]
    with pytest.raises(ComposerError, match="cannot be written: No space left on device"):
        write_ids(opened, found, FullDisk(tmp_path))


def test_ids_are_not_written_while_another_run_writes(tmp_path: Path) -> None:
    """It would change the files under its hands."""
    opened = Workspace.open(workspace(tmp_path))
    found = [propose_ids(fragment, ()) for fragment in select_fragments(opened, ())]
    with hold(tmp_path, lambda _: False), pytest.raises(ComposerError, match="another-run"):
        write_ids(opened, found, DiskDestination(tmp_path))


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command_lists_and_writes_only_when_told(tmp_path: Path) -> None:
    """Without `--write` it is a look."""
    workspace(tmp_path)
    result = CliRunner().invoke(app, ["ids", "-w", str(tmp_path)])
    assert result.exit_code == 0
    assert "fragments/rules.md:3  {#one}    One\n" in result.stdout
    assert "no id yet: 3 blocks;" in result.stdout
    assert (tmp_path / "fragments/rules.md").read_text() == "## Rules\n\n- One\n- Two\n"
    assert "added 3 ids in 1 file;" in CliRunner().invoke(app, ["ids", "--write", "-w", str(tmp_path)]).stdout
    assert CliRunner().invoke(app, ["ids", "-w", str(tmp_path)]).stdout == "every block has its id\n"


def test_the_command_answers_with_data(tmp_path: Path) -> None:
    """For editors and scripts; a long text is whole there."""
    workspace(tmp_path, rules=f"- {'word ' * 30}end\n")
    result = CliRunner().invoke(app, ["ids", "--json", "-w", str(tmp_path)])
    assert '"address": "rules#word-end"' in result.stdout
    assert "word end" in result.stdout
    assert (
        CliRunner().invoke(app, ["ids", "--quiet", "-w", str(tmp_path)]).stdout
        == "\nno id yet: 1 block; `agent-composer ids --write` adds these\n"
    )
    assert "..." in CliRunner().invoke(app, ["ids", "-w", str(tmp_path)]).stdout
