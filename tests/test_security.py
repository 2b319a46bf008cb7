"""Templates see plain data and nothing else, values stay values, and no file outside the workspace is read or written."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from builders import body_of, compose_text, errors_of, write_workspace

from composer import pipeline
from composer.errors import ComposerError, Diagnostic
from composer.lookup.scope import Scope
from composer.workspace import Workspace

ROOT = Path(__file__).parents[1]

# --- expressions ------------------------------------------------------------------------------------------------------

ESCAPES = (
    # A walk over attributes to the classes of Python
    "''.__class__.__mro__[1].__subclasses__()",
    "().__class__.__bases__[0]",
    "word.__class__",
    "word.__init__.__globals__",
    "word['__class__']",
    "word|attr('__class__')",
    "word|attr('upper')",
    "words|map(attribute='__class__')|list",
    "words|selectattr('upper')|list",
    "words|groupby('__class__')",
    "words|sort(attribute='__class__')",
    "words|sort(false, false, '__class__')",
    "words|join(',', '__class__')",
    "words|unique(false, 'upper')|join",
    "words|tojson",
    "words|xmlattr",
    "words|pprint",
    "word|format(word)",
    "word|string|safe",
    # Format strings that walk attributes themselves
    "'{0.__class__}'.format(word)",
    "'{0.__class__}'.format_map({'0': word})",
    "'%s' % word",
    "'%1000000000d' % 1",
    # What Jinja and web frameworks put into the context
    "cycler.__init__.__globals__.os.popen('touch PWNED').read()",
    "joiner.__init__.__globals__",
    "namespace.__init__.__globals__",
    "lipsum.__globals__['os'].system('touch PWNED')",
    "self.__init__.__globals__",
    "self._TemplateReference__context",
    "request.application.__globals__",
    "config.items()",
    "get_flashed_messages.__globals__",
    "url_for.__globals__",
    "dict(a=1)",
    "range(10**9)",
    "loop.__class__",
    "project.__class__",
    "project.items",
    "agent.__class__.__mro__",
    "agent.name.__class__",
    "caller()",
    "super()",
    "varargs",
    "True.__class__",
    "none.__class__",
    # Operators and literals that grow
    "word * 1000000000",
    "9 ** 9 ** 9 ** 9",
    "[0] * 1000000000",
    "10 // 0",
    "word[0:1000000000]",
    "9" * 5000,
    "1e400",
    "'" + "x" * 3000 + "'",
    "(" * 900 + "word" + ")" * 900,
    "not " * 400 + "word",
    "-" * 400 + "1",
    " ~ ".join(["word"] * 900),
    "word" + "|upper" * 300,
    "word" + " if word else word" * 100,
    "word|join(*words)",
    "word|join(**words)",
    "word|replace('a', word, word, word)",
    # Nothing at all
    "word if false",
    "none",
    "[]|first",
)


def _everywhere(attack: str) -> dict[str, str]:
    """Write one expression into every place where a template can stand."""
    folded = attack.replace("'", '"') if '"' not in attack else attack
    return {
        "fragments/agents/dev.md": f"""
---
agent:
  description: |
    Use this agent to write code, {{{{ {folded} }}}}.
  examples:
    own:
      user: |
        Do {{{{ {folded} }}}}.
      assistant: |
        I do.
vars:
  word: {{type: str, default: abc}}
  words: {{type: "list[str]", default: [a, b]}}
---
Write {{{{ {folded} }}}}. {{#text}}

## On {{{{ {folded} }}}} {{#heading}}

{{% if {folded} %}}
Gated.
{{% endif %}}

{{% for entry in {folded} %}}
- {{{{ entry }}}}
{{% endfor %}}

Be {{% if {folded} %}}good{{% endif %}}.

Be {{% for entry in {folded} %}}{{{{ entry }}}}{{% endfor %}}.

```sh
run {{{{ {folded} }}}}
```

Write {{{{ word }}}} {{{{ words | join(", ") }}}}. {{#edited}}
""",
        "profiles/shop.yaml": f"""
agents:
  dev:
    description: |
      Use this agent to write code, {{{{ {folded} }}}}.
    examples:
      more:
        user: |
          Do {{{{ {folded} }}}}.
        assistant: |
          I do.
edits:
  agents/dev#edited:
    replace: |
      Write {{{{ {folded} }}}}.
    after:
      added: |
        {{% if {folded} %}}
        Added.
        {{% endif %}}
  agents/dev#heading:
    title: |
      On {{{{ {folded} }}}}
""",
    }


def _lines_told(diagnostics: Iterable[Diagnostic]) -> set[tuple[str, int]]:
    return {(found.path, found.line) for found in (diagnostic.location for diagnostic in diagnostics)}


PLACES = (
    *(("fragments/agents/dev.md", line) for line in (4, 8, 15, 17, 19, 23, 27, 29, 32)),
    *(("profiles/shop.yaml", line) for line in (4, 8, 14, 17, 22)),
)
# What the profile takes the place of is checked without being filled: what shows only in values is told for the rest.
FILLED = {place for place in PLACES if place not in {("fragments/agents/dev.md", 4), ("fragments/agents/dev.md", 17)}}
ONLY_IN_VALUES = {
    "[]|first",
    "none",
    "project.items",
    "word if false",
    "word|replace('a', word, word, word)",
    "words|join(',', '__class__')",
    "words|sort(false, false, '__class__')",
    "words|unique(false, 'upper')|join",
}


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack[:60]) for attack in ESCAPES])
def test_an_escape_is_refused_in_every_place(attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a template can stand, it is told at its line, and nothing was run."""
    monkeypatch.chdir(tmp_path)
    root = write_workspace(tmp_path, _everywhere(attack))
    with pytest.raises(ComposerError) as caught:
        Workspace.open(root).compose()
    told = _lines_told(caught.value.diagnostics)
    assert told >= set(FILLED if attack in ONLY_IN_VALUES else PLACES)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["fragments", "profiles"]


STATEMENTS = (
    "{% set x = ''.__class__ %}",
    "{% import 'os' as os %}",
    "{% from 'os' import system %}",
    "{% include '/etc/passwd' %}",
    "{% extends '/etc/passwd' %}",
    "{% macro x() %}{% endmacro %}",
    "{% call x() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% with x = 1 %}{% endwith %}",
    "{% block x %}{% endblock %}",
    "{% autoescape false %}{% endautoescape %}",
    "{% do [].append(1) %}",
    "{% trans %}x{% endtrans %}",
    "{% debug %}",
    "{% break %}",
)


@pytest.mark.parametrize("attack", STATEMENTS)
def test_a_statement_that_does_more_is_refused_in_every_place(attack: str, tmp_path: Path) -> None:
    """Inside a text there are `if`, `for` and `raw`, and no other statement."""
    root = write_workspace(
        tmp_path,
        {
            "fragments/agents/dev.md": f"""
---
agent:
  description: |
    Use this agent to write code. {attack}
  examples:
    own:
      user: |
        Do it. {attack}
      assistant: |
        I do.
---
Write code. {attack} {{#text}}

## On {attack} it {{#heading}}

{attack}
""",
            "profiles/shop.yaml": f"""
agents:
  dev: {{}}
edits:
  agents/dev#text:
    replace: |
      Write code. {attack}
  agents/dev#heading:
    title: |
      On {attack}
""",
        },
    )
    with pytest.raises(ComposerError) as caught:
        Workspace.open(root).compose()
    expected = {("fragments/agents/dev.md", line) for line in (4, 8, 12, 14, 16)}
    expected |= {("profiles/shop.yaml", line) for line in (6, 9)}
    assert _lines_told(caught.value.diagnostics) >= expected


# --- size -------------------------------------------------------------------------------------------------------------

LIST = ", ".join("abcdefghijklmnop")
BOMBS = [
    ("replace", "{{ word" + " | replace('x', word)" * 8 + " }}", "text-too-large"),
    ("replace-empty", "{{ word" + " | replace('', word)" * 8 + " }}", "text-too-large"),
    ("join", "{{ [word, word, word]" + " | join(word | replace('x', word)) | replace('x', word)" * 4 + " }}", "text-too-large"),
    ("join-letters", "{{ word | join(word) }}", "bad-expression"),
    ("concat", "{% for a in list %}{% for b in list %}{{ word ~ word ~ word ~ word | replace('x', word) }}{% endfor %}{% endfor %}" * 6,
     "text-too-large"),
    ("loops", "{% for a in list %}" * 5 + "x" + "{% endfor %}" * 5, "too-many-rounds"),
    ("loops-of-nothing", "{% for a in list %}" * 16 + "{% endfor %}" * 16, "too-many-rounds"),
    ("loops-of-items", "{% for a in list %}\n" * 5 + "- x\n" + "{% endfor %}\n" * 5, "too-many-rounds"),
    ("ifs", "Be {% if word %}" + "{% if word %}" * 3000 + "good" + "{% endif %}" * 3001, "nested-too-deeply"),
    ("structure", "{% if word %}\n" * 300 + "x\n" + "{% endif %}\n" * 300, "nested-too-deeply"),
    ("lists", "".join(f"{'  ' * depth}- x\n" for depth in range(300)), "nested-too-deeply"),
]  # fmt: skip


@pytest.mark.untraced
@pytest.mark.parametrize(("text", "code"), [pytest.param(text, code, id=name) for name, text, code in BOMBS])
def test_a_text_that_grows_is_stopped_by_a_cap(text: str, code: str, tmp_path: Path) -> None:
    """Sizes and counts decide, and one diagnostic tells it."""
    front = f"""
---
agent:
  description: Use this agent to write code.
vars:
  word: {{type: str, default: {"x" * 100}}}
  list: {{type: "list[str]", default: [{LIST}]}}
---
{{{{ word }}}} {{{{ list | join }}}}

"""
    root = write_workspace(tmp_path, {"fragments/agents/dev.md": f"{front}{text}\n", "profiles/shop.yaml": "agents:\n  dev: {}\n"})
    with pytest.raises(ComposerError) as caught:
        Workspace.open(root).compose()
    assert {found.code for found in caught.value.diagnostics} == {code}


@pytest.mark.untraced
def test_a_name_that_comes_in_last_counts_as_long_as_it_is(tmp_path: Path) -> None:
    """An agent's name is put in when all is laid out, but the cap of a text is held against what it comes to, for each agent by itself."""
    names = "{% for a in list %}" + "{{ agent.name }}" * 18 + "{% endfor %}\n\n"
    front = f"""
---
agent:
  description: Use this agent to write code.
vars:
  list: {{type: "list[str]", default: [{", ".join("x" * 1000)}]}}
---
"""
    long = "a" * 50
    files = {"fragments/agents/dev.md": front + names * 10, "profiles/shop.yaml": f"agents:\n  dev: {{}}\n  {long}: {{use: agents/dev}}\n"}
    with pytest.raises(ComposerError) as caught:
        Workspace.open(write_workspace(tmp_path, files)).compose()
    assert {found.code for found in caught.value.diagnostics} == {"text-too-large"}
    only_short = files | {"profiles/shop.yaml": "agents:\n  dev: {}\n"}
    assert len(Workspace.open(write_workspace(tmp_path / "short", only_short)).compose().files[0].text) > 3 * 180_000


def _chain(length: int, line: str) -> dict[str, str]:
    links = {f"fragments/link-{number}.md": line.format(number + 1) for number in range(length)}
    return {**links, f"fragments/link-{length}.md": "x\n"}


AGENT = "---\nagent:\n  description: Use this agent to write code.\n---\nWrite code. {#role}\n\n"


@pytest.mark.untraced
def test_includes_that_double_are_stopped_by_a_cap(tmp_path: Path) -> None:
    """Thirty fragments that each include the next twice would be a thousand million."""
    links = _chain(30, '{{% include "link-{0}" %}}\n\n{{% include "link-{0}" %}}\n')
    agent = f'{AGENT}{{% include "link-0" %}}\n'
    root = write_workspace(tmp_path, {**links, "fragments/agents/dev.md": agent, "profiles/shop.yaml": "agents:\n  dev: {}\n"})
    assert "error[too-many-rounds]: the loops or includes of `dev` repeat too often" in errors_of(root)


def test_includes_that_go_down_without_end_are_stopped_by_a_cap(tmp_path: Path) -> None:
    """A chain of four hundred fragments is told, and exhausts nothing."""
    agent = f'{AGENT}{{% include "link-0" %}}\n'
    links = _chain(400, '{{% include "link-{0}" %}}\n')
    root = write_workspace(tmp_path, {**links, "fragments/agents/dev.md": agent, "profiles/shop.yaml": "agents:\n  dev: {}\n"})
    assert "error[nested-too-deeply]: blocks and includes stand inside each other more than 100 deep" in errors_of(root)


def test_profiles_that_extend_each_other_without_end_are_stopped_by_a_cap(tmp_path: Path) -> None:
    """A chain of two hundred profiles is told, and exhausts nothing."""
    chain = {f"profiles/p{number}.yaml": f"abstract: true\nextends: [p{number + 1}]\n" for number in range(200)}
    files = {**chain, "profiles/p200.yaml": "abstract: true\n", "profiles/shop.yaml": "extends: [p0]\nagents:\n  dev: {}\n"}
    root = write_workspace(tmp_path, {**files, "fragments/agents/dev.md": AGENT})
    assert "error[too-many-layers]: profiles extend each other more than 50 deep" in errors_of(root)


def test_insertions_beside_each_other_without_end_are_stopped_by_a_cap(tmp_path: Path) -> None:
    """A chain of two hundred texts, each beside the one before, is told once."""
    first = "agents:\n  dev: {}\nedits:\n  agents/dev#role:\n    after:\n      t0: |\n        x\n"
    rest = "".join(f"  profiles/shop#t{number}:\n    after:\n      t{number + 1}: |\n        x\n" for number in range(200))
    root = write_workspace(tmp_path, {"fragments/agents/dev.md": AGENT, "profiles/shop.yaml": first + rest})
    assert errors_of(root).count("error[") == errors_of(root).count("error[insertion-cycle]: more than 50 inserted texts") == 1


@pytest.mark.untraced
def test_time_decides_nothing() -> None:
    """No module below the command looks at a clock, an alarm or the memory: a slow machine gives the same result.

    One asks how many files may be open, to hold no more.
    """
    clocks = {"time", "datetime", "signal", "resource", "threading", "multiprocessing", "asyncio", "sched"}
    allowed = {(ROOT / "composer/files/freeing.py", "resource")}
    for module in (ROOT / "composer").rglob("*.py"):
        if "cli" in module.parts:
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
                found = clocks & {name.partition(".")[0] for name in names}
                assert {(module, name) for name in found} <= allowed


# --- values -----------------------------------------------------------------------------------------------------------

VALUES = (
    "{{ 7*7 }}",
    "{{ word }}",
    "{% include 'agents/dev' %}",
    "{% if true %}",
    "{# a comment #}",
    "{#role}",
    "x {#role}",
    "\\{#role}",
    "${{ secret }}",
    "{% raw %}",
    "*emphasis* `code` [link](x) <b>",
    "--- ... &a *b !c",
)


def _value_files(value: str) -> dict[str, str]:
    quoted = "'" + value.replace("'", "''") + "'"
    return {
        "fragments/agents/dev.md": f"""
---
agent:
  description: Use this agent with {{{{ by_default }}}} and {{{{ by_profile }}}}.
vars:
  by_default: {{type: str, default: {quoted}}}
  by_profile: {{type: str}}
  by_agent: {{type: str}}
  by_set: {{type: str}}
  many: {{type: "list[str]", default: [{quoted}]}}
---
Write code. {{#role}}

- default: {{{{ by_default }}}}
- profile: {{{{ by_profile }}}}
- agent: {{{{ by_agent }}}}
- set: {{{{ by_set }}}}
- project: {{{{ project.name }}}}
- joined: {{{{ many | join("") }}}}
- looped: {{% for one in many %}}{{{{ one }}}}{{% endfor %}}
- piped: {{{{ by_default | trim }}}}
- either: {{{{ by_default if by_profile == by_agent else by_set }}}}
""",
        "profiles/shop.yaml": f"""
project: {{name: {quoted}}}
vars: {{by_profile: {quoted}}}
agents:
  dev: {{vars: {{by_agent: {quoted}}}}}
""",
    }


@pytest.mark.parametrize("value", VALUES)
def test_a_value_prints_itself(value: str, tmp_path: Path) -> None:
    """Whatever layer sets it, a value is never read as a template, an id or a statement."""
    root = write_workspace(tmp_path, _value_files(value))
    body = body_of(compose_text(root, "shop", "dev", overrides=(f"by_set={value}",)))
    names = ("default", "profile", "agent", "set", "project", "joined", "looped", "piped", "either")
    assert body == "Write code.\n\n" + "".join(f"- {name}: {value}\n" for name in names)


def test_a_value_names_no_block(tmp_path: Path) -> None:
    """An id in a value gives no address."""
    root = write_workspace(tmp_path, _value_files("x {#from-a-value}"))
    profile = root / "profiles/shop.yaml"
    profile.write_text(f"{profile.read_text()}edits:\n  agents/dev#from-a-value:\n    remove: true\n")
    with pytest.raises(ComposerError) as caught:
        Workspace.open(root).compose(overrides=["by_set=x"])
    assert [found.code for found in caught.value.diagnostics] == ["unknown-block"]


# --- the context ------------------------------------------------------------------------------------------------------


def _is_plain(value: object) -> bool:
    """Whether a value is of one of the plain types themselves, never of a subclass, through and through."""
    if type(value) is dict:
        return all(type(key) is str and _is_plain(part) for key, part in value.items())
    if type(value) is list:
        return all(map(_is_plain, value))
    return type(value) in {str, int, float, bool}


def test_the_context_holds_plain_data_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No object with methods of ours gets near Jinja, in the whole library."""
    scopes: list[Scope] = []
    open_scope = pipeline.open_scope  # type: ignore[attr-defined]  # the stage as the pipeline calls it

    def spy(*arguments: Any) -> Scope:  # noqa: ANN401 - what the stage takes is its own affair
        scope: Scope = open_scope(*arguments)
        scopes.append(scope)
        return scope

    monkeypatch.setattr(pipeline, "open_scope", spy)
    Workspace.open(ROOT).compose()
    assert scopes
    assert all(_is_plain(dict(scope.context)) for scope in scopes)
    assert all(type(text) is str for scope in scopes for text in scope.printed.values())


# --- files outside ----------------------------------------------------------------------------------------------------

FILES = {"fragments/agents/dev.md": AGENT, "profiles/shop.yaml": "agents:\n  dev: {}\n"}
PRIVATE = "PRIVATE-TO-ANOTHER"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the workspace, with a secret in each file that a link could bring in."""
    folder = tmp_path / "outside"
    write_workspace(folder, {"secret.md": PRIVATE, "fragments/rules.md": PRIVATE, "profiles/web.yaml": f"about: {PRIVATE}\nagents: {{}}\n"})
    (folder / "config.yaml").write_text(f"output: {PRIVATE}\n")
    return folder


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("fragments/rules.md", "secret.md"),
        ("fragments/shared", "fragments"),
        ("fragments/up", "."),
        ("profiles/web.yaml", "profiles/web.yaml"),
        ("agent-composer.yaml", "config.yaml"),
    ],
)
def test_a_link_that_leads_out_is_not_read(link: str, target: str, tmp_path: Path, outside: Path) -> None:
    """Files and folders that a link brings in from elsewhere are refused, and nothing of them is shown."""
    root = write_workspace(tmp_path / "workspace", FILES)
    (root / link).symlink_to(outside / target)
    told = errors_of(root)
    assert f"{link}: error[outside-workspace]: the link `{link}` leads out of the workspace" in told
    assert PRIVATE not in told


@pytest.mark.parametrize("folder", ["fragments", "profiles"])
def test_a_source_folder_that_is_a_link_is_not_read(folder: str, tmp_path: Path, outside: Path) -> None:
    """The folders of the sources themselves may not lead out either."""
    root = write_workspace(tmp_path / "workspace", {"agent-composer.yaml": "output: out\n"})
    (root / folder).rmdir()
    (root / folder).symlink_to(outside / folder)
    told = errors_of(root)
    assert f"{folder}: error[outside-workspace]" in told
    assert PRIVATE not in told


@pytest.mark.parametrize("name", ["../outside/secret", "/etc/passwd", "../../etc/passwd", "agents/../agents/dev", "./agents/dev", "~/x"])
def test_names_are_no_paths(name: str, tmp_path: Path, outside: Path) -> None:
    """An include, a slot, a `use`, an address, a parent and a value of `--set` name what was found, and open nothing."""
    assert outside.exists()
    slot = f'---\nvars:\n  slot: {{type: fragment, default: none}}\n---\n{{% include "{name}" %}}\n\n{{% include slot %}}\n'
    profile = f"""
vars: {{slot: {name}}}
agents:
  dev: {{}}
  other: {{use: {name}}}
edits:
  "{name}#role":
    remove: true
"""
    root = write_workspace(
        tmp_path / "workspace",
        {**FILES, "fragments/rules.md": slot, "profiles/shop.yaml": profile, "profiles/web.yaml": f'extends: ["{name}"]\n'},
    )
    with pytest.raises(ComposerError) as caught:
        Workspace.open(root).compose(overrides=[f"slot={name}"])
    codes = sorted(found.code for found in caught.value.diagnostics)
    assert codes == ["unknown-agent", *["unknown-fragment"] * 4, "unknown-profile"]


@pytest.mark.parametrize("folder", ["../x", "a/../../x", "/tmp/x", "C:/x", "..", "\\\\server\\x"])  # noqa: S108 - a place that is refused
def test_an_output_folder_outside_is_refused(folder: str, tmp_path: Path) -> None:
    """The output folder is below the workspace."""
    root = write_workspace(tmp_path / "workspace", {**FILES, "agent-composer.yaml": f"output: '{folder}'\n"})
    with pytest.raises(ComposerError, match="cannot be the output folder"):
        Workspace.open(root).build()
    assert [place.name for place in tmp_path.iterdir()] == ["workspace"]


@pytest.mark.parametrize("link", ["output", "output/shop", "output/shop/.claude", "output/shop/.claude/agents"])
def test_an_output_folder_that_is_a_link_is_not_written_to(link: str, tmp_path: Path, outside: Path) -> None:
    """A link on the way to an output that leads out is refused, and nothing is written on its other side."""
    root = write_workspace(tmp_path / "workspace", FILES)
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    (root / link).symlink_to(outside)
    before = sorted(outside.rglob("*"))
    with pytest.raises(ComposerError, match="leaves-workspace"):
        Workspace.open(root).build()
    assert sorted(outside.rglob("*")) == before
    assert not (root / "agent-composer.lock").exists()


@pytest.mark.parametrize("link", ["output", "output/shop"])
def test_nothing_is_written_into_gits_folder_through_a_link(link: str, tmp_path: Path) -> None:
    """A hook that came to be there would be run."""
    root = write_workspace(tmp_path / "workspace", FILES)
    (root / ".git").mkdir()
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    (root / link).symlink_to(root / ".git")
    with pytest.raises(ComposerError, match="leaves-workspace"):
        Workspace.open(root).build()
    assert not list((root / ".git").iterdir())


def test_a_link_in_the_project_that_is_built_into_is_not_followed_out(tmp_path: Path, outside: Path) -> None:
    """`--into` stays below its folder as well."""
    root = write_workspace(tmp_path / "workspace", FILES)
    project = tmp_path / "project"
    project.mkdir()
    (project / ".claude").symlink_to(outside)
    before = sorted(outside.rglob("*"))
    with pytest.raises(ComposerError, match="leaves-workspace"):
        Workspace.open(root).build("shop", into=project)
    assert sorted(outside.rglob("*")) == before


@pytest.mark.parametrize("path", ["../victim", "/tmp/victim", "output/../../victim"])  # noqa: S108 - a place that is refused
def test_the_lock_removes_nothing_outside(path: str, tmp_path: Path) -> None:
    """A lock that somebody made to name a file elsewhere is told, and that file stays."""
    root = write_workspace(tmp_path / "workspace", FILES)
    (tmp_path / "victim").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (root / "agent-composer.lock").write_text(f"output {path} shop sha256:{empty}\n")
    report = Workspace.open(root).build()
    assert [found.code for found in report.diagnostics] == ["unreadable-lock-line"]
    assert (tmp_path / "victim").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", ".", "..", "a\\b", "C:x", "x.md", "A"])
def test_the_name_of_an_agent_is_no_path(name: str, tmp_path: Path) -> None:
    """What would name a file elsewhere is no name of an agent."""
    root = write_workspace(tmp_path / "workspace", {**FILES, "profiles/shop.yaml": f"agents:\n  '{name}': {{use: agents/dev}}\n"})
    with pytest.raises(ComposerError, match="bad-name"):
        Workspace.open(root).build()
    assert not (root / "output").exists()
