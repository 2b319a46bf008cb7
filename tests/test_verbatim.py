"""Agents that are printed as written: what an import of them proves, what their files hold, what edits do, and where each line is from."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from builders import write_workspace
from hypothesis import given
from hypothesis import strategies as st
from laws import law

from composer import Workspace
from composer.errors import Diagnostics
from composer.explain.lines import explain_line
from composer.explain.origins import block_name, list_origins
from composer.files.destination import DiskDestination
from composer.importer.agents import make_agents
from composer.importer.grammar import Grammar, Traits, build_grammar
from composer.importer.proof import Prover
from composer.importer.run import ImportPlan, Options, plan_import, write_plan
from composer.importer.sources import Source
from composer.model.outputs import OutputFile

PROFILE = "agents: {ant: {}}\n"


def _file(root: Path, agent: str, body: str, profile: str = PROFILE, **fragments: str) -> OutputFile:
    """Build one verbatim agent: ``agent`` has the lines below ``verbatim: true``, ``body`` what follows the front matter."""
    root.joinpath("fragments/agents").mkdir(parents=True)
    root.joinpath("profiles").mkdir()
    root.joinpath("fragments/agents/ant.md").write_text(f"---\nagent:\n  verbatim: true\n{agent}---\n{body}", encoding="utf-8")
    root.joinpath("profiles/shop.yaml").write_text(profile, encoding="utf-8")
    for name, text in fragments.items():
        root.joinpath(f"fragments/{name}.md").write_text(text, encoding="utf-8")
    (file,) = Workspace.open(root).compose().files
    assert "".join(segment.text for segment in file.segments).encode() == file.content
    return file


# --- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("", b"Text\n"),
        ("  front_matter: ''\n", b"---\n---\nText\n"),
        ("  front_matter: |\n    a: *\n\n    b\n", b"---\na: *\n\nb\n---\nText\n"),
        ("  front_matter: |2+\n     a: 1\n\n\n", b"---\n a: 1\n\n\n---\nText\n"),
        ("  model: opus\n", b"---\nname: ant\nmodel: opus\n---\nText\n"),
        ("  model: opus\n  name: Ant\n", b"---\nmodel: opus\nname: Ant\n---\nText\n"),
        ("  color: 'red'\n", b"---\nname: ant\ncolor: 'red'\n---\nText\n"),
        ('  tools: ["Read",   Grep]\n', b'---\nname: ant\ntools: ["Read", Grep]\n---\nText\n'),
        ("  tools: []\n", b"---\nname: ant\ntools: []\n---\nText\n"),
        ("  description: |\n    a: b: c\n", b"---\nname: ant\ndescription: a: b: c\n---\nText\n"),
        ("  description: |\n    a\n    b\n", b'---\nname: ant\ndescription: "a\\nb"\n---\nText\n'),
        ("  hooks:\n    one:\n      - two\n", b"---\nname: ant\nhooks:\n  one:\n    - two\n---\nText\n"),
        ("  bom: true\n", b"\xef\xbb\xbfText\n"),
        ("  bom: false\n", b"Text\n"),
        ("  eol: crlf\n  model: opus\n", b"---\r\nname: ant\r\nmodel: opus\r\n---\r\nText\r\n"),
        ("  eol: cr\n", b"Text\r"),
        ("  final_newlines: 0\n", b"Text"),
        ("  final_newlines: 3\n", b"Text\n\n\n"),
        ("  characters: {T: U+0004, x: U+1F680}\n", "\x04e🚀t\n".encode()),
    ],
)
def test_a_key_gives_its_bytes(tmp_path: Path, agent: str, expected: bytes) -> None:
    """Each alone; a value of one line is printed as it is written."""
    assert _file(tmp_path, agent, "Text\n").content == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("'*.md'", "ant.md"),
        ("a/b/*/c.mdc", "a/b/ant/c.mdc"),
        ("'.claude/agents/x y.md'", ".claude/agents/x y.md"),
        ("''", ".claude/agents/ant.md"),
        ("a/b/", "a/b/ant.md"),
        ("'*/'", "ant/ant.md"),
    ],
)
def test_a_path_may_hold_the_name(tmp_path: Path, path: str, expected: str) -> None:
    """An asterisk stands for it, in a folder's name too, and a path that ends in a slash leaves out the usual name of the file."""
    assert str(_file(tmp_path, f"  path: {path}\n", "Text\n").path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", "plug/in/ant.md"),
        ("  path: a/b.md\n", "plug/in/a/b.md"),
        ("  path: a/\n", "plug/in/a/ant.md"),
        ("  path: '*.mdc'\n", "plug/in/ant.mdc"),
    ],
)
def test_a_path_is_one_below_the_folder_of_the_profiles_agents(tmp_path: Path, path: str, expected: str) -> None:
    """Where the profile says that folder; else it is one below the root."""
    assert str(_file(tmp_path, path, "Text\n", f"agents_dir: plug/in\n{PROFILE}").path) == expected


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Use {{ tool }}", '"Use a: b"'),
        ('"Use {{ tool }}"', '"Use a: b"'),
        ("|\n    Use {{ tool }}", "Use a: b"),
        ("Use ${{ tool }}", "Use ${{ tool }}"),
    ],
)
def test_a_description_that_is_filled_in_gets_quotes(tmp_path: Path, written: str, printed: str) -> None:
    """What came in may need them; below a ``|`` the user says that it does not."""
    agent = f"  description: {written}\nvars:\n  tool: {{type: str, default: 'a: b'}}\n"
    assert _file(tmp_path, agent, "{{ tool }}\n").text == f"---\nname: ant\ndescription: {printed}\n---\na: b\n"


def test_a_profile_says_where_it_differs(tmp_path: Path) -> None:
    """It sets and unsets the keys as those of any agent, and a name before all others."""
    profile = "agents:\n  ant:\n    unset: [eol, color]\n    name: Bee\n    model: haiku\n    final_newlines: 2\n"
    file = _file(tmp_path, "  eol: crlf\n  color: red\n  model: opus\n", "Text\n", profile)
    assert file.content == b"---\nname: Bee\nmodel: haiku\n---\nText\n\n"


def test_a_front_matter_of_a_profile_stands_for_all_that_the_agent_says(tmp_path: Path) -> None:
    """So agents with one body and other front matter share a file."""
    profile = "agents:\n  ant:\n    front_matter: |\n      name: x\n"
    assert _file(tmp_path, "  color: red\n", "Text\n", profile).text == "---\nname: x\n---\nText\n"


# --- edits, gates, loops ----------------------------------------------------------------------------------------------

BODY = """\
Intro {#intro}


## Rules {#rules}
* First {#first}
* Second {#second}

### Order {#order}

3) one {#one}
4) two
     - below {#below}
## Last {#last}

Bye
"""


@pytest.mark.parametrize(
    ("edits", "old", "new"),
    [
        ("#first: {remove: true}", "* First\n", ""),
        ("#second: {remove: true}", "* Second\n", ""),
        ("#one: {remove: true}", "3) one\n4) two", "3) two"),
        ("#below: {remove: true}", "     - below\n", ""),
        ("#intro: {remove: true}", "Intro\n", ""),
        ("#order: {remove: true}", "### Order\n\n3) one\n4) two\n     - below\n", ""),
        ("#rules:\n    title: |\n      House", "Rules", "House"),
        ("#intro:\n    replace: |\n      Other\n      words", "Intro", "Other\nwords"),
    ],
)
def test_what_an_edit_leaves_out_takes_its_line_along(tmp_path: Path, edits: str, old: str, new: str) -> None:
    """And leaves the longer of the gaps that met there; numbers go on counting."""
    whole = _file(tmp_path / "whole", "", BODY).text
    edited = _file(tmp_path / "edited", "", BODY, f"{PROFILE}edits:\n  agents/ant{edits}\n").text
    assert old in whole
    assert edited == whole.replace(old, new, 1)


@pytest.mark.parametrize(
    ("address", "verb", "text", "old", "new"),
    [
        ("first", "before", "New", "* First", "\n* New\n* First"),
        ("second", "after", "New\nand more", "* Second\n", "* Second\n* New\n  and more\n"),
        ("one", "after", "half", "3) one\n4) two", "3) one\n4) half\n5) two"),
        ("below", "after", "New", "     - below\n", "     - below\n     - New\n\n"),
        ("intro", "after", "New", "Intro\n", "Intro\n\nNew\n"),
        ("rules", "first", "New", "## Rules\n", "## Rules\n\nNew\n\n"),
        ("order", "last", "New", "     - below\n", "     - below\n\nNew\n\n"),
        ("last", "last", "- a\n- b", "Bye\n", "Bye\n\n- a\n- b\n"),
    ],
)
def test_what_an_edit_brings_looks_like_its_neighbours(tmp_path: Path, address: str, verb: str, text: str, old: str, new: str) -> None:
    """It gets mark, number and indentation; and a blank line where no gap is written."""
    lines = "".join(f"\n        {line}" for line in text.split("\n"))
    whole = _file(tmp_path / "whole", "", BODY).text
    profile = f"{PROFILE}edits:\n  agents/ant#{address}:\n    {verb}:\n      new: |{lines}\n"
    assert _file(tmp_path / "edited", "", BODY, profile).text == whole.replace(old, new, 1)


@pytest.mark.parametrize(
    ("address", "verb", "text"),
    [
        ("rules#open", "replace", "Open the gate\n      - Lift the bar"),
        ("rules#close", "replace", "Close the gate"),
        ("agents/ant#count", "replace", "Count the sheep"),
        ("agents/ant#steps", "replace", "Take these steps:"),
        ("rules#order", "title", "Order"),
        ("rules#inner", "replace", "Lift the bar"),
    ],
)
def test_what_is_replaced_by_its_own_words_moves_nothing(tmp_path: Path, address: str, verb: str, text: str) -> None:
    """Whether it begins or ends an include, stands below or above one, or is the only item there: gaps and indentation stay."""
    rules = "### Order {#order}\n- Open the gate {#open}\n  - Lift the bar {#inner}\n- Close the gate {#close}\n"
    body = 'Rules\n\n\n### {% include "rules" %}\n- Count the sheep {#count}\n{% include "rules#close" %}\n\nTake these steps: {#steps}\n'
    profile = f"{PROFILE}edits:\n  {address}:\n    {verb}: |\n      {text}\n"
    whole = _file(tmp_path / "whole", "", body, rules=rules).text
    assert "\n\n\n### Order\n- Open the gate\n  - Lift the bar\n- Close the gate\n- Count the sheep\n- Close the gate\n\n" in whole
    assert _file(tmp_path / "edited", "", body, profile, rules=rules).text == whole


def test_a_closed_gate_leaves_the_gap_around_it(tmp_path: Path) -> None:
    """The words before and after do not run together."""
    body = "Text\n\n{% if on %}\n\n- one\n{% endif %}\n- two\n"
    declared = "vars:\n  on: {type: bool, default: false}\n"
    assert _file(tmp_path / "off", declared, body).text == "Text\n\n- two\n"
    assert _file(tmp_path / "on", declared, body, f"{PROFILE}vars: {{on: true}}\n").text == "Text\n\n- one\n- two\n"


def test_the_items_of_a_loop_stand_close(tmp_path: Path) -> None:
    """The gap above the loop is printed once, and not above each round."""
    declared = 'vars:\n  names: {type: "list[str]", default: [a, b, c]}\n'
    body = "Text\n\n\n{% for name in names %}\n- {{ name }}\n- and\n{% endfor %}\n\nEnd\n"
    assert _file(tmp_path, declared, body).text == "Text\n\n\n- a\n- and\n- b\n- and\n- c\n- and\n\nEnd\n"


def test_an_include_stands_where_its_line_stands(tmp_path: Path) -> None:
    """The gaps are those of the line, twice the same fragment too; nothing is moved to another level."""
    shared = "\n\n# Shared\n\ntext\n\n\n"
    body = 'Text\n# {% include "shared" %}\n\n\n## {% include "shared" %}\nEnd\n'
    assert _file(tmp_path, "", body, shared=shared).text == "Text\n# Shared\n\ntext\n\n\n# Shared\n\ntext\nEnd\n"


def test_braces_are_kept_where_only_includes_are_read(tmp_path: Path) -> None:
    """Any other statement is text, and so is an include of a variable."""
    body = '{{ x }} {% if y %}\n{% include z %}\n\n{% include "shared" %}\n{# remark #}\n'
    file = _file(tmp_path, "syntax: includes\n", body, shared="---\nsyntax: plain\n---\n{{ w }}\n")
    assert file.text == "{{ x }} {% if y %}\n{% include z %}\n\n{{ w }}\n{# remark #}\n"


# --- explain ----------------------------------------------------------------------------------------------------------


def _places(file: OutputFile) -> dict[str, str]:
    """Return the place of each line that holds words, by its text."""
    found = {}
    for number, line in enumerate(file.text.split("\n"), start=1):
        explanation = explain_line(file, "x", number) if line.strip() else None
        if explanation is not None:
            found[line] = " | ".join(f"{block.place}" for block in explanation.blocks if block.text.strip())
    return found


def test_a_line_of_a_long_run_has_its_own_place(tmp_path: Path) -> None:
    """Though nothing was planned for each: the run is one, and is called text as written."""
    body = 'You are.\n\n- zero\n\n{% include "shared" %}\n\n## Rules\n\n- one\n\nEnd\n'
    file = _file(tmp_path, "", body, shared="First\n\n```\ncode\n```\n")
    assert _places(file) == {
        "You are.": "fragments/agents/ant.md:5:1",
        "- zero": "fragments/agents/ant.md:7:1",
        "## Rules": "fragments/agents/ant.md:11:1",
        "- one": "fragments/agents/ant.md:13:1",
        "First": "fragments/shared.md:1:1",
        "```": "fragments/shared.md:5:1",
        "code": "fragments/shared.md:4:1",
        "End": "fragments/agents/ant.md:15:1",
    }
    rows = [(row.first, row.last, row.name, row.kind) for row in list_origins(file)]
    assert rows == [
        (1, 3, "agents/ant (inside)", "text as written"),
        (4, 9, "shared (inside)", "text as written"),
        (10, 15, "agents/ant (inside)", "text as written"),
    ]


def test_a_line_of_the_front_matter_has_its_own_place(tmp_path: Path) -> None:
    """Where all of it is one value."""
    file = _file(tmp_path, "  front_matter: |\n    one: 1\n    # two\n", "Text\n")
    assert _places(file)["# two"] == "fragments/agents/ant.md:6:5"
    line = explain_line(file, "x", 3)
    assert line is not None
    assert [block_name(block.trace) for block in line.blocks] == ["front matter: front_matter"]


def test_a_block_with_an_id_is_explained_as_such(tmp_path: Path) -> None:
    """Its mark belongs to it."""
    line = explain_line(_file(tmp_path, "", "Text\n\n* one {#one}\n* two\n"), "x", 3)
    assert line is not None
    assert [(block_name(block.trace), str(block.place), block.text) for block in line.blocks] == [
        ("agents/ant#one", "fragments/agents/ant.md:7:3", "* one")
    ]


# --- the proof --------------------------------------------------------------------------------------------------------

ANT = "---\nname: ant\n---\nText\n"


def _prove(files: Mapping[str, str], text: str = ANT, existing: Path | None = None) -> tuple[list[str], list[str], int]:
    """Prove that ``files`` give an agent of that text; the agents and fragments to blame, and the number of messages."""
    agents = make_agents([Source("shop", ".claude/agents/ant.md", text)], ())
    wrong = Prover(existing, lambda _: None).prove(files, agents)
    assert bool(wrong) == bool(wrong.agents or wrong.fragments or wrong.messages)
    return sorted(wrong.agents), sorted(wrong.fragments), len(wrong.messages)


FINE = {
    "fragments/agents/ant.md": "---\nagent:\n  verbatim: true\n  front_matter: |\n    name: ant\n---\nText\n",
    "profiles/shop.yaml": "agents:\n  ant: {}\n",
}
LABEL = "shop: .claude/agents/ant.md"


def test_a_proof_finds_nothing_where_all_is_as_it_was() -> None:
    """The files are composed where they are: in memory."""
    assert _prove(FINE) == ([], [], 0)


@pytest.mark.parametrize(
    ("changes", "blamed"),
    [
        ({"fragments/agents/ant.md": FINE["fragments/agents/ant.md"].replace("Text", "Test")}, ([LABEL], [], 0)),
        ({"fragments/agents/ant.md": FINE["fragments/agents/ant.md"].replace("front", "path: x.md\n  front")}, ([LABEL], [], 0)),
        ({"fragments/agents/bee.md": FINE["fragments/agents/ant.md"], "profiles/shop.yaml": "agents:\n  bee: {}\n"}, ([LABEL], [], 0)),
        ({"fragments/agents/ant.md": FINE["fragments/agents/ant.md"] + "{% if %}\n"}, ([], ["agents/ant"], 1)),
        ({"profiles/shop.yaml": "agents:\n  ant: {eol: x}\n"}, ([LABEL], [], 1)),
        ({"profiles/shop.yaml": "agents:\n  ant:\n    use: agents/none\n"}, ([LABEL], [], 1)),
        ({"profiles/shop.yaml": "agent: {}\n"}, ([], [], 1)),
        ({"agent-composer.yaml": "outputs: x\n"}, ([], [], 1)),
    ],
    ids=["byte", "path", "missing", "unreadable fragment", "entry's value", "entry's fragment", "profile's key", "workspace file"],
)
def test_a_proof_says_whose_fault_it_is(changes: dict[str, str], blamed: tuple[list[str], list[str], int]) -> None:
    """An agent that does not come out, the entry of a profile, a fragment; what belongs to none of them is told all the same."""
    assert _prove({**FINE, **changes}) == blamed


def test_a_wrong_edit_is_blamed_on_its_address_alone() -> None:
    """One that stands inside another of the same profile; whose edits the two are is known to those who placed them."""
    files = {
        "fragments/agents/ant.md": "---\nagent:\n  verbatim: true\n---\n- Text {#text}\n  - Inner {#inner}\n",
        "profiles/shop.yaml": "agents:\n  ant: {}\nedits:\n"
        "  agents/ant#text:\n    replace: |\n      Other\n"
        "  agents/ant#inner:\n    replace: |\n      More\n",
    }
    agents = make_agents([Source("shop", ".claude/agents/ant.md", "---\nname: ant\n---\n- Other\n")], ())
    wrong = Prover(None, lambda _: None).prove(files, agents)
    assert (wrong.fragments, wrong.edits) == (frozenset(), frozenset({("shop", "agents/ant#inner")}))


def test_a_proof_takes_in_what_is_there_already(tmp_path: Path) -> None:
    """New files stand in place of old ones; nothing on disk changes."""
    write_workspace(tmp_path, {"fragments/agents/ant.md": "{% broken", "fragments/shared.md": "Text\n"})
    files = {**FINE, "fragments/agents/ant.md": FINE["fragments/agents/ant.md"].replace("Text", '{% include "shared" %}')}
    assert _prove(files, existing=tmp_path) == ([], [], 0)
    assert (tmp_path / "fragments/agents/ant.md").read_text(encoding="utf-8") == "{% broken"
    assert not (tmp_path / "profiles/shop.yaml").exists()


# --- the import -------------------------------------------------------------------------------------------------------


def _import(root: Path, files: Mapping[str, bytes]) -> ImportPlan:
    """Import files, whose first folder is their project; build, and compare every byte."""
    for path, content in files.items():
        place = root / "in" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    projects = sorted({path.partition("/")[0] for path in files})
    plan = plan_import([f"{name}={root / 'in' / name}" for name in projects], root / "ws", Options(), lambda _: None, Diagnostics())
    (root / "ws").mkdir()
    write_plan(plan, DiskDestination(root / "ws"))
    Workspace.open(root / "ws").build()
    output = root / "ws/output"
    assert {file.relative_to(output).as_posix(): file.read_bytes() for file in output.rglob("*") if file.is_file()} == files
    return plan


_FOLDED = 'name: a\ndescription: >\n  Use it \u2192 "now":\n  [b, *c]\ntools: [Read, "mcp__*", Web*]\n'
HARD = {
    "windows line ends around a folded description, and asterisks in a list": {
        "p/a.md": f"---\n{_FOLDED}---\n\nText\n".replace("\n", "\r\n").encode()
    },
    "a file that is indented as a whole, fences too": {"p/a.md": b"\n    ---\n    name: a\n    ---\n\n    Text\n      - item\n"},
    "control characters in headings, and no line end": {"p/a.md": b"---\nname: a\n---\n# \x04 One\n\ntext\n\n## \x04\x05 Two\n\nend"},
    "an alias that is none, and models in braces": {
        "p/a.md": b"---\nglobs: *\nalwaysApply: false\n---\n{% macro m(x) %}\nselect * from {{ ref('x') }}\n{% endmacro %}\n"
    },
    "front matter of other files between longer fences": {
        "p/a.md": b"# Title\n\n````markdown\n---\nname: b\n---\n```sh\nls\n```\n````\n\n---\nname: c\n---\n"
    },
    "one agent for two tools": {
        "p/.claude/agents/a.md": b"---\nname: a\ntools: Read\n---\n\n# A\n\nText\n",
        "p/.agents/agents/a.md": b"---\nname: a\nmode: all\n---\n\n# A\n\nText\n",
    },
    "nothing at all beside something": {"p/a.md": b"", "p/b.md": b"\n\n", "q/a.md": b"Text\n"},
}


LARGE = {"p/a.md": b"".join(b"## Part %d\n\n- one\n  - two\n\n```\n%d\n```\n\n" % (n, n) for n in range(1500))}


@pytest.mark.untraced
def test_a_large_file_comes_back(tmp_path: Path) -> None:
    """As the hard cases do."""
    assert _import(tmp_path, LARGE).left_out == ()


@pytest.mark.parametrize("files", HARD.values(), ids=HARD)
def test_a_hard_case_comes_back(tmp_path: Path, files: dict[str, bytes]) -> None:
    """Byte for byte, by an ordinary build."""
    assert _import(tmp_path, files).left_out == ()


_RULES = "".join(f"- Rule number {number} that nobody may ever forget to follow\n" for number in range(8))


@pytest.mark.parametrize(
    ("above", "run", "name"),
    [
        ("", f"## House rules of the whole team and of all its friends\n\n{_RULES}", "p/house-rules"),
        ("## Rules\n\nOnly {name} reads this line.\n\n", _RULES, "p/rules-rule-number"),
        ("## The rules that hold wherever we work\n\nOnly {name} reads this line.\n\n", _RULES, "p/rules-hold-wherever"),
        ("Of {name}, for {name}:\n\n", _RULES, "p/of-"),
        ("**Words of {name}**\n\n", _RULES, "p/words-"),
        ("", f"## Агент\n\n{_RULES}", "p/section"),
    ],
    ids=["its heading", "a short heading above", "a long heading above", "a lead-in", "a label", "no letter that an id has"],
)
def test_a_shared_run_is_named_after_what_stands_there(tmp_path: Path, above: str, run: str, name: str) -> None:
    """By its heading; without one by what it stands under, and by its first words."""
    names = ("Ant", "Bee", "Cat")
    files = {
        f"p/{one.lower()}.md": f"You are {one}.\n\n{above.format(name=one)}{run}\n## Of {one}\n\nBye, {one}.\n".encode() for one in names
    }
    (found,) = _import(tmp_path, files).layout.names.values()
    assert found.startswith(name)
    assert len(found.partition("/")[2]) <= 26


def test_two_runs_of_one_name_get_a_number(tmp_path: Path) -> None:
    """Where the words that tell them apart are the same, too; what several folders share stands in the folder of what is shared."""
    other = _RULES.replace("follow", "keep")
    texts = {"ant": _RULES, "bee": _RULES, "cat": other, "dog": other}
    folders = dict(zip(texts, "pqpq", strict=True))
    files = {
        f"{folders[one]}/{one}.md": f"I, {one.title()}.\n\n## Rules\n\n{text}\n## {one.title()}\n".encode() for one, text in texts.items()
    }
    assert sorted(_import(tmp_path, files).layout.names.values()) == ["shared/rules-rule-number", "shared/rules-rule-number-2"]


# --- the grammar ------------------------------------------------------------------------------------------------------


def _traits(level: int = 0, *, leads_in: bool = False, is_sound: bool = True) -> Traits:
    return Traits(size=100, lines=1, units=1, level=level, is_opening=False, leads_in=leads_in, is_sound=is_sound)


def _grammar(*texts: str, traits: Mapping[str, Traits] | None = None, least: int = 1) -> tuple[list[str], list[str]]:
    """Build the grammar of texts whose letters are units; the texts with runs as ``[...]``, and the runs."""
    letters = sorted(set("".join(texts)))
    symbols = {letter: number for number, letter in enumerate(letters)}
    found = build_grammar(
        [[symbols[letter] for letter in text] for text in texts],
        [(traits or {}).get(letter, _traits()) for letter in letters],
        lambda uses, size, _: (uses - 1) * size - least,
    )
    return ["".join(_shown(found, letters, symbol) for symbol in sequence) for sequence in found.sequences], sorted(
        "".join(_flat(found, letters, symbol)) for symbol in found.rules
    )


def _shown(grammar: Grammar, letters: list[str], symbol: int) -> str:
    return letters[symbol] if symbol not in grammar.rules else f"[{_flat(grammar, letters, symbol)}]"


def _flat(grammar: Grammar, letters: list[str], symbol: int) -> str:
    if symbol not in grammar.rules:
        return letters[symbol]
    return "".join(_flat(grammar, letters, part) for part in grammar.rules[symbol])


@pytest.mark.parametrize(
    ("texts", "sequences", "runs"),
    [
        (["abc", "def"], ["abc", "def"], []),
        (["xabcy", "zabcw"], ["x[abc]y", "z[abc]w"], ["abc"]),
        (["abcabc"], ["[abc][abc]"], ["abc"]),
        (["abcd", "abcd", "bc"], ["[abcd]", "[abcd]", "[bc]"], ["abcd", "bc"]),
        (["", "ab", "ab"], ["", "[ab]", "[ab]"], ["ab"]),
    ],
    ids=["nothing repeats", "a run in two texts", "twice in one text", "a run inside a run", "an empty text"],
)
def test_what_repeats_becomes_a_run(texts: list[str], sequences: list[str], runs: list[str]) -> None:
    """The longest, with the shorter ones in it where those are used elsewhere."""
    assert _grammar(*texts) == (sequences, runs)


def test_a_pair_that_overlaps_itself_is_joined_once() -> None:
    """Of three in a row, two make a run."""
    assert _grammar("aaa", "aaa")[0] in (["[aaa]", "[aaa]"], ["[aa]a", "[aa]a"])


@pytest.mark.parametrize(
    ("traits", "sequences"),
    [
        ({"b": _traits(level=2)}, ["ab", "ab"]),
        ({"a": _traits(level=1), "b": _traits(level=2)}, ["[ab]", "[ab]"]),
        ({"a": _traits(leads_in=True)}, ["[ab]", "[ab]"]),
        ({"b": _traits(leads_in=True)}, ["ab", "ab"]),
        ({"b": _traits(is_sound=False)}, ["ab", "ab"]),
    ],
    ids=["a heading in the middle", "headings", "a lead-in and what it leads in", "a lead-in at the end", "what no fragment holds"],
)
def test_a_run_is_what_a_person_would_cut_out(traits: dict[str, Traits], sequences: list[str]) -> None:
    """It begins with a heading or holds none, and does not end before what its last line announces."""
    assert _grammar("ab", "ab", traits=traits)[0] == sequences


def test_a_run_that_saves_too_little_is_put_back() -> None:
    """Its parts stand in its place again, in texts and in other runs."""
    assert _grammar("xab", "yab", least=150) == (["x[ab]", "y[ab]"], ["ab"])
    assert _grammar("xab", "yab", least=250) == (["xab", "yab"], [])


@law(200)
@given(st.lists(st.text("abcd", max_size=24), max_size=6), st.integers(0, 400))
def test_a_grammar_says_what_the_texts_say(texts: list[str], least: int) -> None:
    """Written out it gives them back, and no run is used once."""
    sequences, _ = _grammar(*texts, least=least)
    assert [sequence.replace("[", "").replace("]", "") for sequence in sequences] == texts
    letters = [sum(text.count(letter) for text in texts) for letter in "abcd"]
    assert letters == [sum(sequence.count(letter) for sequence in sequences) for letter in "abcd"]


# --- the bar ----------------------------------------------------------------------------------------------------------

IMPATIENT = "import composer.cli.importing as command; command._PATIENCE = -1; from composer.__main__ import main; main()"


def _import_command(root: Path, stderr: int, *arguments: str) -> tuple[int, str]:
    """Run the command in a process of its own, with a bar at once where there is one; its exit code and its answer."""
    (root / "shop").mkdir()
    (root / "shop/ant.md").write_text(ANT, encoding="utf-8")
    words = [sys.executable, "-c", IMPATIENT, "import", "shop", "--into", "ws", *arguments]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "PYTHONPATH": str(Path(__file__).parent.parent)}
    run = subprocess.run(  # noqa: S603 - our own interpreter and program
        words, cwd=root, stdout=subprocess.PIPE, stderr=stderr, env=environment, text=True, check=False
    )
    return run.returncode, run.stdout


def _read_terminal(master: int) -> str:
    """Read what stands in a terminal whose other end is closed."""
    parts = []
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # Linux' end of a terminal
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
@pytest.mark.parametrize("arguments", [(), ("--quiet",), ("--json",)], ids=["in words", "quiet", "as data"])
def test_a_bar_is_shown_to_people_and_taken_away(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """On a terminal, unless the answer is to be quiet or data; the cursor is back, the line is cleared, and the answer has none of it."""
    master, slave = os.openpty()
    try:
        code, answer = _import_command(tmp_path, slave, *arguments)
        os.close(slave)
        shown = _read_terminal(master)
    finally:
        os.close(master)
    assert code == 0
    assert "\x1b" not in answer
    assert "proving" not in answer
    if arguments:
        assert shown == ""
        return
    assert "shop" in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") >= 0
    assert shown.rstrip("\r\n").endswith("\x1b[2K")
    assert answer.startswith("1 file in 1 profile: ")


def test_nothing_of_a_bar_goes_into_a_pipe(tmp_path: Path) -> None:
    """Nor does anything else that only moves a cursor."""
    with (tmp_path / "remarks").open("wb") as remarks:
        code, answer = _import_command(tmp_path, remarks.fileno())
    assert (code, (tmp_path / "remarks").read_bytes()) == (0, b"")
    assert "\x1b" not in answer
