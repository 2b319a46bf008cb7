"""A newcomer's first files are valid as they are, and nothing that is there is ever touched."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from composer import Workspace
from composer.cli.app import app
from composer.errors import ComposerError, Diagnostics, InternalError
from composer.files.destination import DiskDestination
from composer.files.disk import Disk
from composer.files.transaction import Change, TransactionError
from composer.stages.load import load_catalog
from composer.starter import pack
from composer.starter.first_file import Kind, plan_file
from composer.starter.first_workspace import create_files, fill, plan_workspace

PROJECT = Path(__file__).parent.parent
PROFILES = {"generic", "guild-bot", "medusa", "stratos", "wordpress"}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def begin(folder: Path, *, with_examples: bool = False) -> Path:
    create_files(plan_workspace(folder, with_examples=with_examples), DiskDestination(folder))
    return folder


def small(root: Path, files: dict[str, str]) -> Workspace:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8", newline="\n")
    (root / "profiles").mkdir(exist_ok=True)
    return Workspace.open(root)


def add(kind: Kind, name: str, root: Path) -> str:
    """Begin a file and return what it holds."""
    planned = plan_file(kind, name, Workspace.open(root))
    create_files(planned, DiskDestination(root))
    ((_, content),) = planned.contents.items()
    return content.decode()


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


# --- The library that travels along -----------------------------------------------------------------------------------


def test_the_pack_parts_the_shared_library_from_the_projects_that_show_it() -> None:
    """Layers are shared; what builds is an example."""
    opened = pack.open_pack()
    catalog = load_catalog(Disk(PROJECT.as_posix(), Diagnostics()), Diagnostics())
    assert {f"profiles/{name}.yaml" for name, profile in catalog.profiles.items() if profile.is_abstract} <= opened.shared.keys()
    assert opened.examples.keys() == {f"profiles/{name}.yaml" for name in PROFILES}
    assert {f"fragments/{name}.md" for name in catalog.fragments} <= opened.shared.keys()


def test_the_pack_is_found_inside_an_installed_package_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel has it in `composer/pack`; line ends are the same from either place."""
    for path, content in {
        "fragments/a.md": "A\r\n",
        "fragments/.hidden.md": "",
        "fragments/readme.txt": "",
        "profiles/base.yaml": "abstract: true\n",
        "agent-composer.yaml": "output: out\n",
    }.items():
        place = tmp_path / "composer/pack" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode())
    monkeypatch.setattr(pack, "files", lambda _: tmp_path / "composer")
    opened = pack.open_pack()
    assert opened.shared == {"agent-composer.yaml": b"output: out\n", "fragments/a.md": b"A\n", "profiles/base.yaml": b"abstract: true\n"}
    assert opened.examples == {}


def test_an_installation_without_the_library_is_a_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not the user's fault."""
    monkeypatch.setattr(pack, "files", lambda _: tmp_path / "composer")
    with pytest.raises(InternalError, match="library"):
        pack.open_pack()


# --- init -------------------------------------------------------------------------------------------------------------


def test_a_new_workspace_builds_without_a_remark(tmp_path: Path) -> None:
    """Three agents, no error, no warning, no notice, and `check` agrees at once."""
    root = begin(tmp_path / "demo")
    report = Workspace.open(root).build()
    assert [result.path for result in report.results] == [
        f"output/demo/.claude/agents/{agent}.md" for agent in ("backend-developer", "code-reviewer", "security-auditor")
    ]
    assert report.diagnostics == ()
    assert Workspace.open(root).check().differences == ()


def test_the_real_edit_of_the_starter_shows_in_its_output(tmp_path: Path) -> None:
    """What the newcomer reads in the profile is found in the agent."""
    files = Workspace.open(begin(tmp_path / "demo")).compose().files
    assert "- Build test data with factories" in next(file.text for file in files if file.agent == "backend-developer")
    assert all("demo" in file.text for file in files)


def test_what_the_starter_shows_in_comments_works_too(tmp_path: Path) -> None:
    """A newcomer takes the marks away and builds."""
    root = begin(tmp_path / "demo")
    profile = root / "profiles/demo.yaml"
    head, keyword, rest = profile.read_text().partition("agents:\n")
    rest = re.sub(r"^  # (?=[a-z/#-]+:|  )", "  ", rest, flags=re.MULTILINE)
    profile.write_text(head + keyword + rest)
    files = {file.agent: file.text for file in Workspace.open(root).compose().files}
    assert "migration-reviewer" in files
    assert "Keep branch coverage at 80% or above" in files["backend-developer"]
    assert "## Interfaces" in files["backend-developer"]
    assert "Put the version in the path" not in files["backend-developer"]
    assert '"opus"' in files["security-auditor"] or "model: opus" in files["security-auditor"]


def test_editors_find_the_schemas_that_the_files_name(tmp_path: Path) -> None:
    """They are what `schema` prints."""
    root = begin(tmp_path / "demo")
    for path in ("profiles/demo.yaml", "agent-composer.yaml"):
        match = re.match(r"# yaml-language-server: \$schema=(\S+)\n", (root / path).read_text())
        assert match is not None
        named = (root / path).parent / match[1]
        assert named.read_text() == run("schema", named.name.partition(".")[0]).stdout
    assert json.loads((root / "schemas/fragment.schema.json").read_text())["title"] == "agent-composer fragment"


@pytest.mark.parametrize(
    ("folder", "name"),
    [("My Shop", "my-shop"), ("house", "house-project"), ("medusa", "medusa-project"), ("---", "my-project"), ("true", "true"), ("7", "7")],
)
def test_the_profile_is_named_after_the_folder(folder: str, name: str, tmp_path: Path) -> None:
    """Whatever the folder is called, the name is valid and free."""
    root = begin(tmp_path / folder, with_examples=True)
    assert (root / f"profiles/{name}.yaml").is_file()
    assert len(Workspace.open(root).compose(name).files) == 3


def test_examples_bring_the_five_projects_along(tmp_path: Path) -> None:
    """And they build beside the starter."""
    root = begin(tmp_path / "demo", with_examples=True)
    assert {*Workspace.open(root).profiles} == PROFILES | {"demo"}
    assert len(Workspace.open(root).compose().files) == 18


def test_the_command_tells_the_next_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They can be typed as they stand."""
    monkeypatch.chdir(tmp_path)
    result = run("init", "my shop")
    assert result.exit_code == 0
    assert result.stdout.startswith("created ")
    assert '\n  cd "my shop"\n' in result.stdout
    assert "output/my-shop/.claude/agents/" in result.stdout
    monkeypatch.chdir(tmp_path / "my shop")
    assert run("build").exit_code == 0
    assert run("check").exit_code == 0


def test_the_folder_that_one_is_in_can_become_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its other files stay as they are, `.gitignore` too."""
    (tmp_path / ".gitignore").write_text("build/\n")
    monkeypatch.chdir(tmp_path)
    result = run("init", "-v")
    assert "created agent-composer.yaml\n" in result.stdout
    assert "  cd " not in result.stdout
    assert (tmp_path / ".gitignore").read_text() == "build/\n"


def test_what_is_in_the_way_is_listed_and_nothing_is_written(tmp_path: Path) -> None:
    """All of it at once."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/house.yaml").write_text("mine\n")
    (tmp_path / "agent-composer.yaml").write_text("mine\n")
    before = tree(tmp_path)
    result = run("init", tmp_path)
    assert result.exit_code == 2
    assert "error[already-there]: `agent-composer.yaml` is there already, and 1 more" in result.stderr
    assert "`profiles/house.yaml` is there too" in result.stderr
    assert tree(tmp_path) == before


@pytest.mark.parametrize(("path", "code"), [("fragments", "not-a-folder"), ("agent-composer.yaml/inside", "not-a-file")])
def test_something_else_in_the_way_is_told_too(path: str, code: str, tmp_path: Path) -> None:
    """A file where a folder has to be, and the other way round."""
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text("mine\n")
    before = tree(tmp_path)
    with pytest.raises(ComposerError, match=code):
        begin(tmp_path)
    assert tree(tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path) -> None:
    """Not even new files into a folder elsewhere."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (inside / "fragments").symlink_to(outside)
    with pytest.raises(ComposerError, match="leaves-workspace"):
        begin(inside)
    assert tree(outside) == {}
    assert not (inside / "agent-composer.yaml").exists()


class FullDisk(DiskDestination):
    """A disk without room."""

    def commit(self, changes: Sequence[Change], boundary: str = "") -> None:  # noqa: ARG002 - nothing fits
        raise TransactionError(changes[0].path, "written", OSError(28, "No space left on device"))


def test_a_disk_without_room_is_told_once(tmp_path: Path) -> None:
    """Not once for each file."""
    with pytest.raises(ComposerError) as caught:
        create_files(plan_workspace(tmp_path, with_examples=False), FullDisk(tmp_path))
    assert [found.code for found in caught.value.diagnostics] == ["cannot-write"]


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """And says what it would write; `--json` says it to programs, `--quiet` to nobody."""
    folder = tmp_path / "demo"
    assert "would create profiles/demo.yaml\n" in run("init", folder, "--dry-run").stdout
    answer = json.loads(run("init", folder, "--dry-run", "--json").stdout)
    assert answer["profile"] == "demo"
    assert "profiles/demo.yaml" in answer["files"]
    assert run("init", folder, "--dry-run", "--quiet").stdout == ""
    assert not folder.exists()


# --- new --------------------------------------------------------------------------------------------------------------


def test_a_new_profile_builds_at_once(tmp_path: Path) -> None:
    """It builds upon the shared layer, sets what that requires, and names the schema for editors."""
    root = begin(tmp_path / "demo")
    text = add(Kind.PROFILE, "web-shop", root)
    assert text.startswith("# yaml-language-server: $schema=../schemas/profile.schema.json\n")
    assert "\nextends: [house]\n" in text
    composition = Workspace.open(root).compose("web-shop")
    assert len(composition.files) == 3
    assert composition.diagnostics == ()


AGENT = "---\nagent:\n  description: Use this agent when something is to be done.\n{rest}---\nYou help. {{#role}}\n\n{body}"


def test_a_new_profile_without_a_layer_names_the_agents_that_there_are(tmp_path: Path) -> None:
    """And sets a value of each type that nothing else sets, also what only a slot asks for."""
    variables = (
        "vars:\n  a: {type: str, doc: a word}\n  b: {type: int}\n  c: {type: float}\n  d: {type: bool}\n"
        '  e: {type: "enum[x, y]"}\n  f: {type: "list[str]"}\n  g: {type: fragment}\n  h: {type: "list[fragment]"}\n'
    )
    body = (
        "{{ a }} {{ b }} {{ c }} {{ e }} {{ f | join }} {{ project.owner }}{% if d %} d{% endif %}\n\n"
        "## {% include g %}\n\n## {% include h %}\n"
    )
    agents = {"agents/dev": AGENT.format(rest=variables, body=body), "other/ops": AGENT.format(rest="", body="Run.\n")}
    small(tmp_path, {f"fragments/{name}.md": text for name, text in agents.items()})
    text = add(Kind.PROFILE, "shop", tmp_path)
    for setting in ("a: to be filled in   # a word", "b: 1", "c: 1.0", "d: false", "e: x", "f: [to be filled in]", "g: none", "h: []"):
        assert f"\n  {setting}\n" in text
    assert "\nagents:\n  dev: {}\n  ops: {use: other/ops}\n" in text
    assert "  owner: what it is, in a few words\n" in text
    assert [file.agent for file in Workspace.open(tmp_path).compose("shop").files] == ["dev", "ops"]


def test_a_new_profile_in_a_workspace_without_agents_is_refused(tmp_path: Path) -> None:
    """It could not build; the reason is told, and nothing is written."""
    small(tmp_path, {"fragments/rules.md": "## Rules\n"})
    with pytest.raises(ComposerError, match="no-agents"):
        add(Kind.PROFILE, "shop", tmp_path)
    assert not list((tmp_path / "profiles").iterdir())


def test_a_new_agent_builds_when_a_profile_names_it(tmp_path: Path) -> None:
    """With an empty slot, and with a fragment in it."""
    root = begin(tmp_path / "demo")
    add(Kind.AGENT, "release-manager", root)
    add(Kind.FRAGMENT, "checklists/uploads", root)
    small(root, {"profiles/release.yaml": "agents:\n  release-manager: {}\n"})
    composition = Workspace.open(root).compose("release")
    assert composition.diagnostics == ()
    variables = "vars:\n  release_manager_topics: [checklists/uploads]\n  uploads_limit: 6\n"
    small(root, {"profiles/release.yaml": f"agents:\n  release-manager: {{}}\n{variables}"})
    (file,) = Workspace.open(root).compose("release").files
    assert "## Uploads\n" in file.text
    assert "at most 6 attempts\n- Show a line under a condition" in file.text


@pytest.mark.parametrize("name", ["rules", "variables", "one-rule", "condition", "2-factor"])
def test_a_new_fragment_is_valid_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    """Also if its template uses the name for something else."""
    small(tmp_path, {"fragments/x.md": "---\nvars: {rules_limit: {type: str, default: a}}\n---\n{{ rules_limit }}\n"})
    add(Kind.FRAGMENT, name, tmp_path)
    opened = Workspace.open(tmp_path)
    assert name in opened.catalog.fragments
    assert list(opened.diagnostics) == []


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("profile", "profiles/shop.yaml", "profiles/shop.yaml"),
        ("fragment", "fragments/checklists/uploads.md", "fragments/checklists/uploads.md"),
        ("agent", "agents/tester", "fragments/agents/tester.md"),
        ("agent", "fragments/agents/tester.md", "fragments/agents/tester.md"),
    ],
)
def test_a_path_names_what_is_to_be_there(kind: str, name: str, path: str, tmp_path: Path) -> None:
    """Whoever completes paths with Tab gets what they mean."""
    root = begin(tmp_path / "demo")
    result = run("new", kind, name, "-w", root)
    assert result.stdout.startswith(f"created {path}\n\nNext: ")
    assert (root / path).is_file()


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("profile", "My Shop", "hint: use small letters, digits and single hyphens: `my-shop`"),
        ("profile", "../shop", "`shop`"),
        ("profile", "", "cannot be the name of a profile"),
        ("fragment", "checklists//Up loads", "`checklists/up-loads`"),
        ("fragment", "/etc/passwd", "`etc/passwd`"),
        ("fragment", "profiles/x", "reads as the profile of that name"),
        ("agent", "sub/tester", "`sub-tester`"),
        ("agent", "x" * 70, "cannot be the name of an agent"),
    ],
)
def test_a_name_that_cannot_be_one_is_told_with_one_that_can(kind: str, name: str, told: str, tmp_path: Path) -> None:
    """And nothing is written."""
    small(tmp_path, {"fragments/rules.md": "## Rules\n"})
    result = run("new", kind, name, "-w", tmp_path)
    assert result.exit_code == 2
    assert told in result.stderr
    assert tree(tmp_path).keys() == {"fragments/rules.md"}


def test_a_name_that_some_system_cannot_hold_is_warned_of(tmp_path: Path) -> None:
    """It is the user's choice."""
    small(tmp_path, {"fragments/rules.md": "## Rules\n"})
    result = run("new", "agent", "con", "-w", tmp_path)
    assert result.exit_code == 0
    assert "reserved-agent-name" in result.stderr


def test_what_a_new_profile_cannot_mend_is_told(tmp_path: Path) -> None:
    """The agent that it would build is wrong itself."""
    small(tmp_path, {"fragments/agents/dev.md": AGENT.format(rest="", body="{% include 'nowhere' %}\n")})
    assert "unknown-fragment" in run("new", "profile", "shop", "-w", tmp_path).stderr


def test_new_never_overwrites(tmp_path: Path) -> None:
    """Not even with `--dry-run`, which tells the same."""
    root = begin(tmp_path / "demo")
    before = tree(root)
    options: Sequence[Sequence[str]] = ((), ("--dry-run",))
    for extra in options:
        result = run("new", "agent", "code-reviewer", "-w", root, *extra)
        assert result.exit_code == 2
        assert "`fragments/agents/code-reviewer.md` is there already" in result.stderr
    assert tree(root) == before


def test_new_answers_with_data(tmp_path: Path) -> None:
    """And in a dry run writes nothing."""
    root = begin(tmp_path / "demo")
    result = run("new", "fragment", "uploads", "-w", root, "--dry-run", "--json")
    assert json.loads(result.stdout)["files"] == ["fragments/uploads.md"]
    assert not (root / "fragments/uploads.md").exists()


def test_an_empty_value_takes_its_line_along() -> None:
    """No blank line is left where there is nothing to say."""
    assert fill("a\n%b%\nc %d%\n", b="", d="e") == "a\nc e\n"
