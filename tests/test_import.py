"""Import: every file comes back byte for byte from an ordinary build, or is named as left out."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from laws import law
from typer.testing import CliRunner

from composer import Workspace
from composer.cli import importing
from composer.cli.group import Group
from composer.errors import ComposerError, Diagnostics
from composer.files.destination import DiskDestination
from composer.importer.report import make_report, report_text
from composer.importer.run import ImportPlan, Options, plan_import, write_plan
from composer.importer.sources import read_sources

BODY = "## Rules\n\n- Check every input against a schema before it is used anywhere\n- Sign users in through the house's own module\n"

UGLY = {
    "byte order mark": b"\xef\xbb\xbf---\nname: a\n---\nText\n",
    "byte order mark inside": "---\nname: a\n---\nText \ufeff more\n".encode(),
    "windows line ends": b"---\r\nname: a\r\ndescription: b\r\n---\r\n\r\nText\r\n\r\n- one\r\n- two\r\n",
    "mixed line ends": b"---\nname: a\n---\r\nText\r\nmore\nand\r\n",
    "old mac line ends": b"---\rname: a\r---\rText\r",
    "lone carriage return": b"Text with \r inside\nand an end\n",
    "no final newline": b"---\nname: a\n---\n\nText",
    "many final newlines": b"---\nname: a\n---\n\nText\n\n\n\n",
    "blanks after the last line": b"Text\n   \n \t",
    "trailing blanks": b"# Title   \n\nText  \n  \n- item \n\t\n- [ ] box\t\n",
    "tabs": b"1.\tone\n\t- two\n\n\t\tdeep\n-\tthree\n",
    "front matter that is no YAML": b"---\nname: a\ndescription: Use this when: the user says: so\n---\nText\n",
    "front matter with an alias": b"---\nname: a\ntools: *\n\n---\nText\n",
    "front matter of several lines": b"---\nname: a\ndescription: >\n  folded\n  text\n\ntools:\n  - Read\n  - Write\n---\nText\n",
    "front matter with comments": b"---\n# why\nname: a # here\nmodel: opus\n---\nText\n",
    "front matter with odd fences": b"---  \nname: a\n--- \nText\n",
    "front matter without an end": b"---\nname: a\n\nText\n",
    "front matter and nothing else": b"---\nname: a\n---",
    "empty front matter": b"---\n---\nText\n",
    "front matter with duplicate keys": b"---\nname: a\nname: b\n---\nText\n",
    "keys that are ours": b"---\nname: a\npath: x\nedits: y\nuse: z\n---\nText\n",
    "rules in the body": b"---\nname: a\n---\nText\n\n---\n\nMore\n---\n",
    "a rule at the start": b"---\n\n# Title\n\n---\n",
    "jinja": b"Use {{ name }} and {% if x %} or\n{% if x %}\n- a\n{% endif %}\n{# remark #}\n{%- raw -%}\n",
    "an include of somebody else": b'{{ x }}\n{% include "agents/a" %}\n## {% include "b" %}\n',
    "github and helm": b"${{ secrets.X }} {{ .Values.y }} {{- end }}\n",
    "ids": b"## Title {#title}\n\n- item {#item}\n{#alone}\ntext \\{#escaped}\n",
    "other templates": "⟦x⟧ «y» <%= z %> [[w]] ${v} $ARGUMENTS !`ls`\n".encode(),
    "unclosed fence": b"Text\n\n```python\nx = 1\n\n## not a heading\n",
    "fence in an item": b"- item:\n  ```sh\n  ls\n  ```\n- ```\n  x\n  ```\n",
    "longer fences": b"````md\n---\nname: x\n---\n```\ncode\n```\n````\n",
    "empty headings": b"#\n\n##  \ntext\n### \n",
    "empty items": b"-\n- \n*  \n1.\n",
    "no bytes": b"",
    "one newline": b"\n",
    "blanks only": b"  \n\t\n",
    "control characters": "# \x04 Title\n\x0b\x0c\x1b[0m \x7f \u0085 \ufffe ␄\n".encode(),
    "line separators": "a\u2028b\u2029c\u00a0\n\u00a0\nd\n".encode(),
    "replacement character": "\ufffd\n".encode(),
    "astral characters": "🚀 text 🧵\n".encode(),
    "html": b"<!-- open\n\n<b>\n<example>\nuser: x\n</example>\n",
    "deep lists": b"- a\n    - b\n  - c\n     1. d\n   text\n* e\n+ f\n",
    "literal backslash n": b'---\nname: a\ndescription: "x\\n\\n<example>\\nContext: y"\n---\nText\n',
}


def _write(root: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _import(root: Path, files: dict[str, bytes], into: Path, options: Options | None = None) -> ImportPlan:
    """Import files, whose first folder is their project, and write the workspace."""
    _write(root, files)
    projects = sorted({path.partition("/")[0] for path in files})
    plan = plan_import([f"{name}={root / name}" for name in projects], into, options or Options(), lambda _: None, Diagnostics())
    into.mkdir(exist_ok=True)
    write_plan(plan, DiskDestination(into))
    return plan


def _planned(root: Path, into: Path) -> ImportPlan:
    return plan_import([f"shop={root / 'shop'}"], into, Options(), lambda _: None, Diagnostics())


def test_of_two_imports_at_once_the_second_writes_nothing(tmp_path: Path) -> None:
    """Neither knew of the other when it was planned, and what was proven was proven beside other files."""
    _write(tmp_path, {"shop/a.md": b"Text\n"})
    first, second = _planned(tmp_path, tmp_path / "into"), _planned(tmp_path, tmp_path / "into")
    write_plan(first, DiskDestination(tmp_path / "into"))
    before = {path: path.read_bytes() for path in (tmp_path / "into").rglob("*.*")}
    with pytest.raises(ComposerError, match="file-changed"):
        write_plan(second, DiskDestination(tmp_path / "into"))
    assert {path: path.read_bytes() for path in (tmp_path / "into").rglob("*.*")} == before


def test_an_import_is_not_written_beside_other_sources_than_it_was_proven_with(tmp_path: Path) -> None:
    """Somebody may save a fragment while it runs."""
    _write(tmp_path, {"shop/a.md": b"Text\n", "into/fragments/mine.md": b"Mine\n"})
    plan = _planned(tmp_path, tmp_path / "into")
    (tmp_path / "into/fragments/mine.md").write_text("Mine, and more\n")
    with pytest.raises(ComposerError, match="file-changed"):
        write_plan(plan, DiskDestination(tmp_path / "into"))
    assert not (tmp_path / "into/profiles").exists()


def _built(into: Path) -> dict[str, bytes]:
    Workspace.open(into).build()
    assert Workspace.open(into).check().differences == ()
    output = into / "output"
    return {file.relative_to(output).as_posix(): file.read_bytes() for file in output.rglob("*") if file.is_file()}


@pytest.mark.parametrize("content", UGLY.values(), ids=UGLY)
def test_an_ugly_file_comes_back(content: bytes, tmp_path: Path) -> None:
    """Alone, and beside copies of itself in the same and in another project."""
    files = {"shop/a.md": content, "shop/more/b.md": content, "bot/a.md": content, "bot/c.md": content + BODY.encode()}
    plan = _import(tmp_path / "in", files, tmp_path / "ws")
    assert plan.left_out == ()
    assert _built(tmp_path / "ws") == files


def test_all_ugly_files_come_back_together(tmp_path: Path) -> None:
    """Each with a section that all have, before and after it."""
    files = {f"p{number % 3}/f{number}.md": BODY.encode() + content for number, content in enumerate(UGLY.values())}
    files |= {f"p{number % 3}/g{number}.md": content + b"\n\n" + BODY.encode() for number, content in enumerate(UGLY.values())}
    plan = _import(tmp_path / "in", files, tmp_path / "ws")
    assert _built(tmp_path / "ws") == files
    assert plan.layout.factored.runs


_LINES = st.sampled_from(
    [
        *(BODY, "text\n\n```\ncode\n```\n", "# T\n", "---\n", "a: b: c\n", "| a | b |\n|---|---|\n", "{{ x }}\n", "- item {#id}\n"),
        *("{% include 'a' %}\n", '{% include "agents/f0" %}\n', "  - sub\n", "\t\n", "\n", "x\r\n", "\r", "~~~\n", "name: x\n"),
        *("description: y\n", "```\n", "1. one\n", "> q\n", "<b>\n", "\\{#x}\n", "\x01\n", "\ufeff", "{#a}\n", "**L:**\n", "text"),
    ]
)
_MARKDOWN = st.lists(_LINES, max_size=14).map(lambda lines: "".join(lines).encode())
_CONTENT = st.one_of(_MARKDOWN, st.binary(max_size=60), st.text(max_size=60).map(str.encode))


@law(60)
@given(st.lists(st.tuples(st.sampled_from(["shop", "bot"]), _CONTENT, st.booleans()), min_size=1, max_size=6))
def test_arbitrary_files_come_back_or_are_named(drawn: list[tuple[str, bytes, bool]]) -> None:
    """Whatever the bytes, and however they are split over projects."""
    files = {
        f"{project}/f{number}.md": (b"---\nname: x\ndescription: y\n---\n" if has_front_matter else b"") + content
        for number, (project, content, has_front_matter) in enumerate(drawn)
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if not any(_is_text(content) for content in files.values()):
            with pytest.raises(ComposerError, match="nothing-to-import"):
                _import(root / "in", files, root / "ws")
            return
        plan = _import(root / "in", files, root / "ws")
        left_out = {Path(one.path).relative_to(root / "in").as_posix() for one in plan.left_out}
        assert left_out == {path for path, content in files.items() if not _is_text(content)}
        assert _built(root / "ws") == {path: content for path, content in files.items() if path not in left_out}


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


# --- factoring --------------------------------------------------------------------------------------------------------

_ITEMS = "".join(f"- Rule number {number} that nobody may ever forget to follow\n" for number in range(8))
_SHARED = f"## House rules\n\n{_ITEMS}\n## Style\n\nWrite short sentences, and say what a thing is before you say what it does.\n"


def _agent(name: str, text: str) -> bytes:
    front_matter = f"---\nname: {name}\ndescription: Use it for {name}\nmodel: opus\n---\n"
    return f"{front_matter}\nYou are {name.title()}.\n\n{text}\n## Last\n\nBye, {name.title()}.\n".encode()


def test_a_shared_run_is_kept_once(tmp_path: Path) -> None:
    """It is named after its heading, and each user includes it."""
    files = {f"shop/.claude/agents/{name}.md": _agent(name, _SHARED) for name in ("ant", "bee", "cat")}
    plan = _import(tmp_path / "in", files, tmp_path / "ws")
    assert list(plan.layout.names.values()) == ["shop/house-rules"]
    assert (tmp_path / "ws/fragments/shop/house-rules.md").read_text() == _SHARED
    assert '## {% include "shop/house-rules" %}' in (tmp_path / "ws/fragments/agents/bee.md").read_text()
    assert (tmp_path / "ws/profiles/shop.yaml").read_text() == "agents:\n  ant: {}\n  bee: {}\n  cat: {}\n"
    assert _built(tmp_path / "ws") == files


def test_nothing_shared_shares_nothing(tmp_path: Path) -> None:
    """Agents that have a line or two in common stay whole files."""
    files = {f"shop/{name}.md": _agent(name, f"- Only {name} does this\n- Be kind\n") for name in ("ant", "bee")}
    plan = _import(tmp_path / "in", files, tmp_path / "ws")
    assert not plan.layout.names
    assert any("nothing repeats" in line for line in report_text(make_report(plan, ()), explains_choice=False))


def test_copies_are_one_agent_file(tmp_path: Path) -> None:
    """What differs in their front matter stands in the profiles."""
    other = _agent("ant", _SHARED).replace(b"model: opus", b"model: haiku")
    files = {"bot/.claude/agents/ant.md": _agent("ant", _SHARED), "shop/.claude/agents/ant.md": other}
    _import(tmp_path / "in", files, tmp_path / "ws")
    assert (tmp_path / "ws/profiles/shop.yaml").read_text() == "agents:\n  ant:\n    model: haiku\n"
    assert len(list((tmp_path / "ws/fragments").rglob("*.md"))) == 1
    assert _built(tmp_path / "ws") == files


def test_an_edit_of_a_shared_item_reaches_all_users_and_nothing_else(tmp_path: Path) -> None:
    """One line of one fragment is changed after the import."""
    files = {f"{project}/{name}.md": _agent(name, _SHARED) for project, name in (("shop", "ant"), ("shop", "bee"), ("bot", "cat"))}
    files["bot/dog.md"] = _agent("dog", "Nothing of it here.\n")
    _import(tmp_path / "in", files, tmp_path / "ws")
    _built(tmp_path / "ws")
    fragment = next((tmp_path / "ws/fragments/shared").glob("*.md"))
    fragment.write_text(fragment.read_text().replace("Rule number 3", "The third rule"))
    expected = {path: content.replace(b"Rule number 3", b"The third rule") for path, content in files.items()}
    assert _built(tmp_path / "ws") == expected


def test_an_edit_in_one_profile_changes_that_project_alone(tmp_path: Path) -> None:
    """One item of a shared fragment gets an id, and one profile edits it by that."""
    files = {f"{project}/ant.md": _agent("ant", _SHARED) for project in ("shop", "bot")} | {"shop/bee.md": _agent("bee", _SHARED)}
    _import(tmp_path / "in", files, tmp_path / "ws")
    fragment = next((tmp_path / "ws/fragments/shared").glob("*.md"), None) or tmp_path / "ws/fragments/shop/house-rules.md"
    address = fragment.relative_to(tmp_path / "ws/fragments").with_suffix("").as_posix()
    fragment.write_text(fragment.read_text().replace("follow\n", "follow {#third}\n", 4).replace(" {#third}", "", 3))
    profile = tmp_path / "ws/profiles/shop.yaml"
    edits = "    replace: |\n      Break this rule\n    after:\n      new-rule: |\n        And follow this one\n"
    profile.write_text(f"{profile.read_text()}edits:\n  {address}#third:\n{edits}")
    old = b"- Rule number 3 that nobody may ever forget to follow\n"
    built = _built(tmp_path / "ws")
    assert built["bot/ant.md"] == files["bot/ant.md"]
    for path in ("shop/ant.md", "shop/bee.md"):
        assert built[path] == files[path].replace(old, b"- Break this rule\n- And follow this one\n")


def test_every_character_has_an_origin(tmp_path: Path) -> None:
    """The segments of an imported agent cover its file, and name the shared fragment."""
    files = {f"shop/{name}.md": _agent(name, _SHARED) for name in ("ant", "bee", "cat")}
    _import(tmp_path / "in", files, tmp_path / "ws")
    for file in Workspace.open(tmp_path / "ws").compose().files:
        assert "".join(segment.text for segment in file.segments).encode() == files[f"shop/{file.path}"]
        line = next(segment for segment in file.segments if "Rule number 5" in segment.text)
        assert str(line.location) == "fragments/shop/house-rules.md:8:1"


# --- an existing workspace --------------------------------------------------------------------------------------------


def test_existing_fragments_are_reused_and_not_changed(tmp_path: Path) -> None:
    """A text that stands in the workspace already is included from there, even by one agent alone."""
    into = tmp_path / "ws"
    _write(into, {"fragments/rules/house.md": _SHARED.encode(), "profiles/base.yaml": b"abstract: true\n"})
    plan = _import(tmp_path / "in", {"shop/ant.md": _agent("ant", _SHARED)}, into)
    assert '{% include "rules/house" %}' in (into / "fragments/agents/ant.md").read_text()
    assert sorted(plan.files) == ["fragments/agents/ant.md", "profiles/shop.yaml"]
    assert _built(into) == {"shop/ant.md": _agent("ant", _SHARED)}


def test_an_existing_fragment_is_known_by_what_it_shows(tmp_path: Path) -> None:
    """Its ids are not shown: an import before this one may have put them there."""
    into = tmp_path / "ws"
    shared = _SHARED.replace("## Style", "## Style {#style}").replace("follow\n", "follow {#one}\n", 1)
    _write(into, {"fragments/rules/house.md": shared.encode(), "profiles/base.yaml": b"abstract: true\n"})
    _import(tmp_path / "in", {"shop/ant.md": _agent("ant", _SHARED)}, into)
    assert '{% include "rules/house" %}' in (into / "fragments/agents/ant.md").read_text()
    assert _built(into) == {"shop/ant.md": _agent("ant", _SHARED)}


def test_an_existing_profile_is_replaced_only_when_asked(tmp_path: Path) -> None:
    """A second import of the same project needs ``--update``."""
    into = tmp_path / "ws"
    _import(tmp_path / "in", {"shop/ant.md": _agent("ant", _SHARED)}, into)
    changed = {"shop/ant.md": _agent("ant", "Other text.\n")}
    with pytest.raises(ComposerError) as caught:
        _import(tmp_path / "in", changed, into)
    assert [found.code for found in caught.value.diagnostics] == ["already-there"]
    _import(tmp_path / "in", changed, into, Options(is_update=True))
    assert _built(into) == changed


def test_an_update_replaces_no_agent_of_another_project(tmp_path: Path) -> None:
    """Two projects have an agent of one name; that of the first import has the name alone, and keeps its text."""
    into = tmp_path / "ws"
    one, two = {"one/r.md": _agent("r", "The first.\n")}, {"two/r.md": _agent("r", "The second.\n")}
    _import(tmp_path / "in", one, into)
    _import(tmp_path / "in", two, into)
    again = {"two/r.md": _agent("r", "The second, and more.\n")}
    plan = _import(tmp_path / "in", again, into, Options(is_update=True))
    assert sorted(plan.files) == ["fragments/agents/two/r.md", "profiles/two.yaml"]
    assert _built(into) == one | again


def test_an_update_tells_what_no_profile_uses_any_more(tmp_path: Path) -> None:
    """A fragment whose text changed everywhere, and the file of an agent that went: both stay, and are named, once."""
    into = tmp_path / "ws"
    files = {f"shop/{name}.md": _agent(name, _SHARED) for name in ("ant", "bee", "cat")}
    _import(tmp_path / "in", files, into)
    (into / "fragments/mine.md").write_text("Never used\n")
    again = {path: content.replace(b"short", b"brief") for path, content in files.items() if "cat" not in path}
    (tmp_path / "in/shop/cat.md").unlink()
    plan = _import(tmp_path / "in", again, into, Options(is_update=True))
    assert plan.no_longer_used == ("fragments/agents/cat.md", "fragments/shop/house-rules.md")
    told = "\n".join(report_text(make_report(plan, ()), explains_choice=False))
    assert "used by no profile any more, and left for you to delete:\n  fragments/agents/cat.md\n" in told
    assert _import(tmp_path / "in", again, into, Options(is_update=True)).no_longer_used == ()
    for path in plan.no_longer_used:
        (into / path).unlink()
    assert _built(into) == again


def test_an_update_tells_nothing_of_what_others_use(tmp_path: Path) -> None:
    """Nor does the same import a second time."""
    into = tmp_path / "ws"
    shop, bot = ({f"{project}/{name}.md": _agent(name, _SHARED) for name in ("ant", "bee")} for project in ("shop", "bot"))
    _import(tmp_path / "in", shop | bot, into)
    assert _import(tmp_path / "in", shop | bot, into, Options(is_update=True)).no_longer_used == ()
    again = {path: _agent(path, "Other text.\n") for path in shop}
    assert _import(tmp_path / "in", again, into, Options(is_update=True)).no_longer_used == ()
    assert _built(into) == again | bot


# --- where files stand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [".claude/agents", "agents", "plugins/agents/", ""])
def test_a_file_is_known_by_its_path_below_the_folder_of_its_project(tmp_path: Path, folder: str) -> None:
    """So that a build into that folder finds the files where they were; a single file has the path that it has beside others."""
    file = tmp_path / "shop" / folder / "x.md"
    _write(tmp_path, {file.relative_to(tmp_path).as_posix(): b"Text\n"})
    for place in (file.parent, file):
        (source,) = read_sources([str(place)], Diagnostics()).sources
        assert (source.project, source.path) == ("shop", file.relative_to(tmp_path / "shop").as_posix())


# --- what is left out, broken or repaired -----------------------------------------------------------------------------


def test_what_is_no_text_is_left_out_with_the_reason(tmp_path: Path) -> None:
    """Bytes that are not UTF-8, binary files, and files beyond the cap."""
    files = {"shop/a.md": b"text\n\x97\n", "shop/b.md": b"a\0b", "shop/c.md": b"x" * 1_048_576, "shop/d.md": b"fine\n"}
    plan = _import(tmp_path / "in", files, tmp_path / "ws")
    reasons = {Path(one.path).name: one.reason for one in plan.left_out}
    assert reasons == {
        "a.md": "it is not UTF-8: byte 5 (0x97, on line 2)",
        "b.md": "it is binary: it holds zero bytes",
        "c.md": "it is too large: 1048576 bytes",
    }
    assert _built(tmp_path / "ws") == {"shop/d.md": b"fine\n"}


def test_repair_writes_strict_front_matter_and_says_so(tmp_path: Path) -> None:
    """Only the front matter of the broken file changes."""
    broken = b"---\nname: a\ndescription: Use it: now\\nand --- then\n---\nText --- stays\n"
    files = {"shop/a.md": broken, "shop/b.md": b"---\nname: b\n---\nT\n"}
    plan = _import(tmp_path / "in", files, tmp_path / "ws", Options(is_repair=True))
    built = _built(tmp_path / "ws")
    assert built["shop/a.md"].startswith(b'---\nname: a\ndescription: "Use it: now')
    assert built["shop/b.md"] == b"---\nname: b\n---\nT\n"
    assert [repair.path for repair in plan.repairs] == ["shop: a.md"]


@pytest.mark.parametrize(
    ("file", "reasons"),
    [
        (
            "---\nname: a\ndescription: Use it: now\n---\n",
            (
                "line 3: the front matter is not YAML as it stands: mapping values are not allowed here",
                "line 3: the value of `description` was put in quotes",
            ),
        ),
        ("---\nname: a\ndescription: now --- then\n---\n", ("`---` inside a value: Claude Code takes it for the end",)),
        (
            "\ufeff---\r\nname: a\r\ndescription: @now --- then\r\n---\r\n",
            (
                "`---` inside a value: Claude Code takes it for the end",
                "line 3: the front matter is not YAML as it stands: found character '@' that cannot start any token",
                "line 3: the value of `description` was put in quotes",
            ),
        ),
    ],
)
def test_each_reason_for_a_repair_is_told_once(tmp_path: Path, file: str, reasons: tuple[str, ...]) -> None:
    """And none for what stays as it was: a byte order mark, line ends."""
    plan = _import(tmp_path / "in", {"shop/a.md": f"{file}T\n".encode()}, tmp_path / "ws", Options(is_repair=True))
    assert [repair.reasons for repair in plan.repairs] == [reasons]


def test_a_repair_loses_no_word(tmp_path: Path) -> None:
    """The `---` that would end the front matter for Claude Code stays in its value, in a form that no reader stumbles over."""
    broken = b'\xef\xbb\xbf---\r\nname: a\r\ndescription: one: --- "two" ---- three\r\n---\r\nText --- stays\r\n'
    _import(tmp_path / "in", {"shop/a.md": broken}, tmp_path / "ws", Options(is_repair=True))
    assert _built(tmp_path / "ws")["shop/a.md"] == broken.replace(
        b'one: --- "two" ---- three', rb'''"one: \x2d-- \"two\" \x2d\x2d-- three"'''
    )


def test_front_matter_ends_at_its_own_end_whatever_the_line_ends(tmp_path: Path) -> None:
    """A rule further down is none, with carriage returns as well."""
    file = b"---\rname: aa\rdescription: Use it\r---\rYou.\r\r---\r\rmore\r"
    plan = _import(tmp_path / "in", {"shop/aa.md": file}, tmp_path / "ws", Options(is_repair=True))
    assert not plan.repairs
    assert not make_report(plan, ()).broken
    assert _built(tmp_path / "ws")["shop/aa.md"] == file


def test_the_report_names_what_is_broken(tmp_path: Path) -> None:
    """Front matter that is no YAML, names that stand twice, code blocks without an end."""
    files = {"shop/a.md": b"---\nname: x\ndescription: a: b: c\n---\nT\n", "shop/b.md": b"---\nname: x\n---\n```\nopen\n"}
    report = make_report(_import(tmp_path / "in", files, tmp_path / "ws"), ())
    told = [f"{one.path}: {one.problem}" for one in report.broken]
    assert len(told) == 3
    assert "no strict YAML" in told[0]
    assert "is also that of shop: a.md" in told[1]
    assert told[2] == "shop: b.md: a code block is never closed"


# --- the command ------------------------------------------------------------------------------------------------------


def _app() -> typer.Typer:
    app = typer.Typer(cls=Group)
    importing.register(app)
    app.command()(lambda: None)  # a second command, so that the first keeps its name
    return app


def test_the_command_reports_and_writes(tmp_path: Path) -> None:
    """As JSON, first dry and then for good."""
    for name in ("ant", "bee", "cat"):
        _write(tmp_path, {f"shop/.claude/agents/{name}.md": _agent(name, _SHARED)})
    call = ["import", str(tmp_path / "shop/.claude/agents"), "--into", str(tmp_path / "ws"), "--json"]
    dry = json.loads(CliRunner().invoke(_app(), [*call, "--dry-run"]).stdout)
    assert not (tmp_path / "ws").exists()
    done = json.loads(CliRunner().invoke(_app(), call).stdout)
    assert dry["written"] == done["written"]
    assert (done["files"], done["profiles"], done["fragments"]) == (3, 1, 1)
    assert done["bytes_after"] < done["bytes_before"]
    assert sorted(_built(tmp_path / "ws")) == [f"shop/.claude/agents/{name}.md" for name in ("ant", "bee", "cat")]


def test_the_command_tells_in_words(tmp_path: Path) -> None:
    """The report's first lines, and the choice explained."""
    for name in ("ant", "bee", "cat"):
        _write(tmp_path, {f"shop/{name}.md": _agent(name, _SHARED)})
    result = CliRunner().invoke(_app(), ["import", str(tmp_path / "shop"), "--into", str(tmp_path / "ws"), "--explain-choice"])
    assert result.exit_code == 0
    assert "3 files in 1 profile: each comes out byte for byte" in result.stdout
    assert "shop/house-rules" in result.stdout
    assert "saves" in result.stdout


def test_the_command_refuses_what_is_not_there(tmp_path: Path) -> None:
    """A wrong path is told before anything is read."""
    result = CliRunner().invoke(_app(), ["import", str(tmp_path / "nothing"), "--into", str(tmp_path / "ws")])
    assert result.exit_code == 2
    assert "missing-folder" in result.stderr
