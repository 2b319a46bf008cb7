"""Profiles, front matter and the workspace file become frozen values, or errors at their places."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import law

from composer.errors import Diagnostics
from composer.model.sources import Look, Profile, Verb, WorkspaceConfig
from composer.model.yaml_nodes import YamlMapping, YamlScalar, plain_data
from composer.schema import FrontMatter, read_front_matter, read_profile, read_workspace
from composer.schema.check import check_shape
from composer.schema.fit import Kind, fits
from composer.schema.shapes import fragment_schema, profile_schema, workspace_schema
from composer.source import SourceFile
from composer.yaml_text.strict import parse_yaml


def _told(diagnostics: Diagnostics) -> list[str]:
    return [f"{found.location.line}:{found.location.column} {found.code}: {found.message}" for found in diagnostics]


def _profile(text: str, name: str = "medusa") -> tuple[Profile | None, list[str]]:
    diagnostics = Diagnostics()
    return read_profile(name, SourceFile(f"profiles/{name}.yaml", text), diagnostics), _told(diagnostics)


def _front(text: str) -> tuple[FrontMatter | None, list[str]]:
    diagnostics = Diagnostics()
    return read_front_matter("a/b", SourceFile("fragments/a/b.md", text), 0, len(text), diagnostics), _told(diagnostics)


def _workspace(text: str) -> tuple[WorkspaceConfig | None, list[str]]:
    diagnostics = Diagnostics()
    return read_workspace(SourceFile("agent-composer.yaml", text), diagnostics), _told(diagnostics)


def _sound_profile(text: str) -> Profile:
    profile, told = _profile(text)
    assert told == []
    assert profile is not None
    return profile


# --- profiles ---------------------------------------------------------------------------------------------------------

FULL = """\
about: Headless shop
extends: [house, node]
abstract: false
project: {name: Aurora Shop, deploy: {where: cloud, regions: [eu, us]}, unset: [client]}
layout: [label, numbered]
vars:
  auth: Medusa's auth module
  rate_limit: 60
  topics: {checklists/queues: true, checklists/api: false}
  unset: [database]
agents:
  unset: [reviewer]
  backend-developer:
    color: blue
    tools: {WebFetch: true, Bash: false}
    unset: [model]
    description: |
      Use it
    examples:
      slow-query: {unset: [context]}
  shop-reviewer:
    use: agents/code-reviewer
    vars: {auth: none}
    layout: heading
    edits:
      a#b: {layout: xml, because: it is short}
edits:
  unset: [checklists/api#docs]
  checklists/security#rate-limit:
    replace: |
      Allow {{ rate_limit }}
    because: product pages fire bursts
  checklists/security#auth:
    title: Sign-in
    after:
      publishable-key: |
        Scope it
    first: {one: "x, y"}
  checklists/security#input-validation:
    remove: true
    before:
      why: |
        Because
"""


def test_a_profile_is_read_whole() -> None:
    profile = _sound_profile(FULL)
    assert (profile.name, profile.about, profile.is_abstract) == ("medusa", "Headless shop", False)
    assert [name.text for name in profile.extends] == ["house", "node"]
    assert profile.project is not None
    assert plain_data(profile.project) == {
        "name": "Aurora Shop",
        "deploy": {"where": "cloud", "regions": ["eu", "us"]},
        "unset": ["client"],
    }
    assert profile.layout is not None
    assert plain_data(profile.layout) == ["label", "numbered"]
    assert profile.variables is not None
    assert list(profile.variables.entries) == ["auth", "rate_limit", "topics", "unset"]


def test_agents_keep_the_fields_of_the_target_apart() -> None:
    profile = _sound_profile(FULL)
    assert [name.text for name in profile.unset_agents] == ["reviewer"]
    developer, reviewer = profile.agents.values()
    assert list(developer.fields.entries) == list(developer.fields.keys) == ["color", "tools", "unset", "description", "examples"]
    assert (developer.use, developer.variables, developer.layout, dict(developer.edits.by_address)) == (None, None, None, {})
    assert str(developer.location) == "profiles/medusa.yaml:13:3"
    assert reviewer.use is not None
    assert reviewer.use.text == "agents/code-reviewer"
    assert dict(reviewer.fields.entries) == {}
    assert reviewer.edits.by_address["a#b"].because == "it is short"


def test_edits_are_sorted_by_verb() -> None:
    edits = _sound_profile(FULL).edits
    assert [name.text for name in edits.unset] == ["checklists/api#docs"]
    limit, auth, validation = edits.by_address.values()
    assert limit.replace is not None
    assert (limit.replace.text, limit.because) == ("Allow {{ rate_limit }}\n", "product pages fire bursts")
    assert {verb: plain_data(texts) for verb, texts in auth.insertions.items()} == {
        Verb.FIRST: {"one": "x, y"},
        Verb.AFTER: {"publishable-key": "Scope it\n"},
    }
    assert auth.title is not None
    assert validation.remove is not None
    assert str(validation.location) == "profiles/medusa.yaml:39:3"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "agents: {}\n", "agents:\n  a: {}\n", "about: 2024\n", "edits: {}\n"])
def test_a_profile_may_say_little(text: str) -> None:
    assert _profile(text)[1] == []


INVALID_PROFILES = {
    "not a map": ("- a\n", ["1:1 wrong-type: a profile must be a map, not a list"]),
    "unknown key": ("extend: [a]\n", ["1:1 unknown-key: `extend` is no key of a profile"]),
    "text for a list": ("extends: house\n", ["1:10 wrong-type: `extends` must be a list, not text"]),
    "map in a list": ("extends: [{a: b}]\n", ["1:11 wrong-type: an item of `extends` must be text, not a map"]),
    "name twice": ("extends: [a, b, a]\n", ["1:17 duplicate-name: `extends` names `a` twice"]),
    "text for a boolean": ("abstract: yes\n", ["1:11 wrong-type: `abstract` must be `true` or `false`, not text"]),
    "boolean for text": ("about: true\n", ["1:8 wrong-type: `about` must be text, not `true`"]),
    "list for a map": ("vars: [a]\n", ["1:7 wrong-type: `vars` must be a map, not a list"]),
    "map for a layout": ("layout: {a: b}\n", ["1:9 wrong-type: `layout` must be the name of a look, or a list of such names, not a map"]),
    "empty layout": ("layout: []\n", ["1:9 wrong-type: `layout` must be the name of a look, or a list of such names, not an empty list"]),
    "unset in vars": ("vars: {unset: a}\n", ["1:15 wrong-type: `unset` must be a list, not text"]),
    "unset in project": ("project: {a: {unset: [[b]]}}\n", ["1:23 wrong-type: an item of `unset` must be text, not a list"]),
    "unset in a field": ("agents: {a: {x: {unset: {b: c}}}}\n", ["1:25 wrong-type: `unset` must be a list, not a map"]),
    "unset agents": ("agents: {unset: a}\n", ["1:17 wrong-type: `unset` must be a list, not text"]),
    "unset twice": ("edits: {unset: [a#b, a#b]}\n", ["1:22 duplicate-name: `unset` names `a#b` twice"]),
    "key of project": ("project: {build-cmd: x}\n", ["1:11 bad-name: `build-cmd` cannot be a key of `project`"]),
    "list of maps in project": ("project: {a: [{b: c}]}\n", ["1:15 wrong-type: an item of `a` must be text, not a map"]),
    "name of an agent": ("agents: {BackendDeveloper: {}}\n", ["1:10 bad-name: `BackendDeveloper` cannot be the name of an agent"]),
    "agent without a map": ("agents: {a: b}\n", ["1:13 wrong-type: `a` must be a map, not text"]),
    "example of an agent": ("agents: {a: {examples: {b: {usr: 'x'}}}}\n", ["1:29 unknown-key: `usr` is no key of `b`"]),
    "id of an example": ("agents: {a: {examples: {B_c: {user: 'x'}}}}\n", ["1:25 bad-name: `B_c` cannot be the name of an example"]),
    "example in a flow map": (
        "agents: {a: {examples: {b: {user: x y}}}}\n",
        ["1:35 text-in-flow: the text of `user` stands in a flow map or list, where prompt text ends at the first comma"],
    ),
    "unknown verb": ("edits:\n  a#b: {replaced: 'x'}\n", ["2:9 unknown-key: `replaced` is no key of `a#b`"]),
    "no verb": (
        "edits:\n  a#b: {because: x}\n  a#c: {}\n",
        [f"{n}:3 edit-does-nothing: the edit of `a#{c}` does nothing" for n, c in ((2, "b"), (3, "c"))],
    ),
    "no text": ("edits:\n  a#b: {after: {}}\n", ["2:9 edit-does-nothing: `after` holds no text"]),
    "replace and remove": (
        "edits:\n  a#b: {replace: 'x', remove: true}\n",
        ["2:23 edit-contradicts-itself: the edit of `a#b` takes the block away and changes it"],
    ),
    "first and remove": (
        "edits:\n  a#b: {remove: true, first: {c: 'x'}}\n",
        ["2:9 edit-contradicts-itself: the edit of `a#b` takes the block away and changes it"],
    ),
    "remove: false": ("edits:\n  a#b: {remove: false}\n", ["2:17 bad-value: `remove` must be `true`, not `false`"]),
    "remove: a list": ("edits:\n  a#b: {remove: [c]}\n", ["2:17 wrong-type: `remove` must be `true`, not a list"]),
    "empty text": ("edits:\n  a#b:\n    replace: ''\n", ["3:14 empty-text: the text of `replace` is empty"]),
    "text for insertions": ("edits:\n  a#b:\n    after: x\n", ["3:12 wrong-type: `after` must be a map, not text"]),
    "id of an insertion": ("edits:\n  a#b:\n    after: {C d: 'x'}\n", ["3:13 bad-name: `C d` cannot be the name of a block"]),
    "cut text": (
        "edits:\n  a#b:\n    replace: x # y\n",
        ["3:16 text-cut-by-comment: the text of `replace` is cut short: ` #` begins a comment"],
    ),
    "title of two lines": ("edits:\n  a#b:\n    title: |\n      x\n      y\n", ["3:12 bad-value: a title must be one line"]),
    "refused value": ("edits:\n  a#b:\n    replace:\n", ["3:5 null-value: `replace` has no value"]),
    "errors of all kinds at once": (
        "abstrac: true\nextends: a\nabout: null\nedits:\n  a#b: {replace: x y}\n",
        [
            "1:1 unknown-key: `abstrac` is no key of a profile",
            "2:10 wrong-type: `extends` must be a list, not text",
            "3:8 null-value: `about` is `null`, which is no value",
            "5:18 text-in-flow: the text of `replace` stands in a flow map or list, where prompt text ends at the first comma",
        ],
    ),
}


@pytest.mark.parametrize(("text", "told"), INVALID_PROFILES.values(), ids=INVALID_PROFILES)
def test_refuses_a_profile(text: str, told: list[str]) -> None:
    assert _profile(text) == (None, told)


def test_the_name_of_a_profile_is_kebab_case() -> None:
    diagnostics = Diagnostics()
    assert read_profile("My_Shop", SourceFile("profiles/My_Shop.yaml", ""), diagnostics) is None
    (found,) = diagnostics
    assert (found.message, found.hint) == (
        "`My_Shop` cannot be the name of a profile",
        "rename the file: lower-case letters, digits and hyphens, `my-shop.yaml`",
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("extend: [a]\n", "did you mean `extends`?"),
        ("zzz: a\n", "the keys are `about`, `extends`, `abstract`, `project`, `layout`, `vars`, `agents_dir`, `agents`, `edits`"),
        ("edits: {a#b: {titel: 'x'}}\n", "did you mean `title`?"),
        ("extends: house\n", "write `[house]`"),
        ("about: true\n", 'quote it if it is text: `"true"`'),
        ("abstract: 'true'\n", "write `true` without quotes"),
        ("about: {a: b}\n", "write `|` in its place, and the text on the next line, indented"),
        ("vars: x\n", "write `key: value` on the lines below, indented"),
        ("agents: {BackendDeveloper: {}}\n", "use lower-case letters, digits and single hyphens: `backend-developer`"),
        ("agents: {a--b: {}}\n", "use lower-case letters, digits and single hyphens: `a-b`"),
        ("project: {build-cmd: x}\n", "templates read it as `project.…`: write `build_cmd`"),
    ],
)
def test_the_hint_says_what_to_write(text: str, hint: str) -> None:
    diagnostics = Diagnostics()
    read_profile("p", SourceFile("profiles/p.yaml", text), diagnostics)
    assert any(found.hint == hint for found in diagnostics)


# --- front matter -----------------------------------------------------------------------------------------------------


def test_front_matter_is_read_whole() -> None:
    text = """\
about: Baseline
vars:
  validator: {type: str, default: a schema, doc: what checks the input}
  level: {type: "enum[core, full]", default: core}
  auth: {type: str}
uses: [stack]
moved: {csrf: csrf-token}
syntax: plain
agent:
  description: |
    Use it
  examples:
    new: {user: "Hi", assistant: "Yes"}
  tools: [Read]
"""
    front, told = _front(text)
    assert told == []
    assert front is not None
    assert (front.about, front.syntax.is_plain) == ("Baseline", True)
    assert {name: (str(v.type), v.default and plain_data(v.default), v.doc) for name, v in front.variables.items()} == {
        "validator": ("str", "a schema", "what checks the input"),
        "level": ("enum[core, full]", "core", ""),
        "auth": ("str", None, ""),
    }
    assert str(front.variables["auth"].location) == "fragments/a/b.md:5:3"
    assert list(front.uses) == ["stack"]
    assert {old: new.text for old, new in front.moved.items()} == {"csrf": "csrf-token"}
    assert front.agent is not None
    assert list(front.agent.fields.entries) == ["description", "examples", "tools"]


def test_empty_front_matter_says_nothing() -> None:
    front, told = _front("")
    assert told == []
    assert front is not None
    assert (front.about, dict(front.variables), front.agent) == ("", {}, None)


def test_a_verbatim_agent_needs_no_description() -> None:
    """An agent that is kept byte for byte has its description in `front_matter`."""
    assert _front("agent:\n  verbatim: true\n  front_matter: |\n    name: x\n")[1] == []


INVALID_FRONT_MATTER = {
    "unknown key": ("vras: {}\n", ["1:1 unknown-key: `vras` is no key of the front matter of `a/b`"]),
    "unknown type": ("vars: {a: {type: string}}\n", ["1:18 unknown-type: `string` is no type of a variable"]),
    "no type": ("vars: {a: {default: b}}\n", ["1:11 missing-key: `a` has no `type`"]),
    "wrong default": ("vars: {a: {type: int, default: many}}\n", ["1:32 wrong-type: `default` must be a whole number, not text"]),
    "default out of the choices": (
        "vars: {a: {type: 'enum[b, c]', default: d}}\n",
        ["1:41 wrong-type: `default` must be `b` or `c`, not `d`"],
    ),
    "name of a variable": (
        "vars: {Rate: {type: int}, loop: {type: int}}\n",
        [f"1:{n} bad-name: `{v}` cannot be the name of a variable" for n, v in ((8, "Rate"), (27, "loop"))],
    ),
    "used and declared": (
        "vars: {a: {type: int}}\nuses: [a]\n",
        ["2:8 uses-own-variable: `a` stands under `uses` and is declared in the same file"],
    ),
    "used twice": ("uses: [a, a]\n", ["1:11 duplicate-name: `uses` names `a` twice"]),
    "syntax": ("syntax: jinja2\n", ["1:9 bad-value: `syntax` must be `jinja` or `plain` or `includes`, not `jinja2`"]),
    "moved to a list": ("moved: {a: [b]}\n", ["1:12 wrong-type: `a` must be text, not a list"]),
    "no description": ("agent: {tools: [Read]}\n", ["1:1 missing-key: `agent` has no `description`"]),
    "empty description": ("agent:\n  description: ' '\n", ["2:16 empty-text: the text of `description` is empty"]),
    "refused description": ("agent:\n  description:\n", ["2:3 null-value: `description` has no value"]),
    "example without a part": ("agent:\n  description: x\n  examples: {a: {user: 'y'}}\n", ["3:17 missing-key: `a` has no `assistant`"]),
    "agent as text": ("agent: x\n", ["1:8 wrong-type: `agent` must be a map, not text"]),
}


@pytest.mark.parametrize(("text", "told"), INVALID_FRONT_MATTER.values(), ids=INVALID_FRONT_MATTER)
def test_refuses_front_matter(text: str, told: list[str]) -> None:
    assert _front(text) == (None, told)


# --- workspace --------------------------------------------------------------------------------------------------------


def test_the_workspace_file_is_read_whole() -> None:
    text = """\
output: ./build/agents/
vars:
  stack: {type: fragment, default: none}
looks:
  tight-label: {title: "**{title}:**", gap: 0}
  boxed: {title: "<{tag}>", end: "</{tag}>", gap: 1, indent: 2}
  run-in: {title: "{number}. {title}", join: sentences}
  silent: {title: ""}
"""
    config, told = _workspace(text)
    assert told == []
    assert config is not None
    assert config.output == "build/agents"
    assert list(config.variables) == ["stack"]
    assert list(config.looks.values()) == [
        Look("tight-label", "**{title}:**", gap=0),
        Look("boxed", "<{tag}>", end="</{tag}>", gap=1, indent=2),
        Look("run-in", "{number}. {title}", as_sentences=True),
        Look("silent", ""),
    ]


def test_an_empty_workspace_file_has_defaults() -> None:
    assert _workspace("") == (WorkspaceConfig(), [])


INVALID_WORKSPACES = {
    "unknown key": ("ouput: x\n", ["1:1 unknown-key: `ouput` is no key of the workspace file"]),
    "output outside": ("output: a/../../b\n", ["1:9 bad-value: `a/../../b` cannot be the output folder"]),
    "output at the root of the system": ("output: /tmp\n", ["1:9 bad-value: `/tmp` cannot be the output folder"]),
    "output on a drive": ("output: 'c:/x'\n", ["1:9 bad-value: `c:/x` cannot be the output folder"]),
    "output with the other slash": ("output: a\\b\n", ["1:9 bad-value: `a\\b` cannot be the output folder"]),
    "output nowhere": ("output: ''\n", ["1:9 bad-value: `` cannot be the output folder"]),
    "output on the workspace itself": ("output: .\n", ["1:9 bad-value: `.` cannot be the output folder"]),
    "output in git's folder": ("output: a/.git/hooks\n", ["1:9 bad-value: `a/.git/hooks` cannot be the output folder"]),
    "output in git's folder by its short name": ("output: GIT~1/x\n", ["1:9 bad-value: `GIT~1/x` cannot be the output folder"]),
    "output among the sources": ("output: fragments/x\n", ["1:9 bad-value: `fragments/x` cannot be the output folder"]),
    "built-in look": ("looks: {label: {title: '{title}'}}\n", ["1:9 bad-name: `label` is a built-in look"]),
    "name of a look": ("looks: {My_Look: {title: '{title}'}}\n", ["1:9 bad-name: `My_Look` cannot be the name of a look"]),
    "look without a title": ("looks: {a: {gap: 1}}\n", ["1:12 missing-key: `a` has no `title`"]),
    "title without its place": ("looks: {a: {title: '**'}}\n", ["1:20 bad-look: `title` of a look has no `{title}`"]),
    "unknown placeholder": ("looks: {a: {title: '{titel} {title}'}}\n", ["1:20 bad-look: `{titel}` is no placeholder of a look"]),
    "title of two lines": ('looks: {a: {title: "{title}\\nx"}}\n', ["1:20 bad-look: `title` of a look must be one line"]),
    "large gap": ("looks: {a: {title: '{title}', gap: 3}}\n", ["1:36 bad-value: `gap` must be between 0 and 2, not `3`"]),
    "indent in words": ("looks: {a: {title: '{title}', indent: two}}\n", ["1:39 wrong-type: `indent` must be a whole number, not text"]),
    "join": ("looks: {a: {title: '{title}', join: lines}}\n", ["1:37 bad-value: `join` must be `sentences`, not `lines`"]),
}


@pytest.mark.parametrize(("text", "told"), INVALID_WORKSPACES.values(), ids=INVALID_WORKSPACES)
def test_refuses_a_workspace_file(text: str, told: list[str]) -> None:
    assert _workspace(text) == (None, told)


# --- JSON Schema ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", [profile_schema(), fragment_schema(), workspace_schema()], ids=lambda schema: schema["title"])
def test_a_schema_describes_every_key(schema: dict[str, object]) -> None:
    """Editors show what each key means, and nothing of how we read it."""
    assert str(schema["$schema"]).startswith("https://json-schema.org/")
    assert schema["description"]
    definitions = schema.get("$defs", {})
    assert isinstance(definitions, dict)
    for part in (schema, *definitions.values()):
        assert all(entry.get("description") for entry in part["properties"].values())
    assert "default" not in {key for part in (schema, *definitions.values()) for entry in part["properties"].values() for key in entry}
    assert json.loads(json.dumps(schema)) == schema


def test_the_schema_names_all_verbs_and_leaves_fields_to_the_target() -> None:
    definitions = profile_schema()["$defs"]
    assert set(definitions["EditShape"]["properties"]) == {*Verb, "because"}
    assert definitions["EditShape"]["additionalProperties"] is False
    assert definitions["AgentSettingsShape"]["additionalProperties"] is True
    assert fragment_schema()["$defs"]["AgentShape"]["additionalProperties"] is True


def test_nodes_are_kept_as_they_stand() -> None:
    """What a target or the resolver reads later still knows its place."""
    developer = _sound_profile(FULL).agents["backend-developer"]
    color = developer.fields.entries["color"]
    assert isinstance(color, YamlScalar)
    assert str(color.location) == "profiles/medusa.yaml:14:12"
    assert isinstance(developer.fields.entries["tools"], YamlMapping)


# --- the look that spares pydantic ------------------------------------------------------------------------------------

_SCALARS = ("text", "true", "'true'", "60", "|\n  text", "1.5", "lf", "jinja", "sentences", "7")
_KEYS = (
    *("about", "extends", "abstract", "project", "layout", "vars", "agents", "edits", "unset", "use", "description", "examples", "replace"),
    *("title", "remove", "before", "last", "because", "context", "user", "assistant", "commentary", "type", "default", "doc", "uses"),
    *(
        "moved",
        "syntax",
        "agent",
        "verbatim",
        "front_matter",
        "path",
        "bom",
        "eol",
        "final_newlines",
        "characters",
        "output",
        "looks",
        "end",
        "gap",
    ),
    *("indent", "join", "model_config", "_private", "a/b#c", "shop"),
)


def _nodes() -> st.SearchStrategy[object]:
    leaves = st.sampled_from(_SCALARS)
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4))


def _written(value: object, indent: int = 0) -> str:
    blanks = " " * indent
    if isinstance(value, dict):
        lines = [f"{blanks}{json.dumps(key)}:{_below(part, indent)}" for key, part in value.items()]
        return "\n".join(lines) if lines else f"{blanks}{{}}"
    if isinstance(value, list):
        return "\n".join(f"{blanks}-{_below(part, indent)}" for part in value) if value else f"{blanks}[]"
    return f"{blanks}{value}".replace("\n  ", f"\n{blanks}  ")


def _below(value: object, indent: int) -> str:
    if isinstance(value, dict | list):
        return f"\n{_written(value, indent + 2)}"
    return f" {value}".replace("\n  ", "\n" + " " * (indent + 2))


@given(_nodes(), st.sampled_from(list(Kind)))
@law(500)
def test_what_fits_has_its_shape(value: object, kind: Kind) -> None:
    """What the quick look takes, pydantic takes; and what pydantic takes, the quick look takes, numbers beyond 2 apart."""
    source = SourceFile("file.yaml", _written(value))
    node = parse_yaml(source, 0, len(source.text), Diagnostics())
    assert node is not None, source.text
    found = Diagnostics()
    check_shape(kind, node, "a file", found)
    if fits(kind, node):
        assert not _told(found), source.text
    elif not {"60", "7"} & set(source.text.split()):
        assert _told(found), source.text
