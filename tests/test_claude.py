"""The Claude Code target: what it accepts, how it writes front matter, and how leniently it reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from composer.errors import Diagnostics, Severity
from composer.model.outputs import RenderedField, RenderedText, RenderedValue
from composer.model.planned import Segment, SegmentKind
from composer.model.resolved import FieldValue, Layer
from composer.model.yaml_nodes import Plain, ScalarStyle, YamlScalar
from composer.source import SourceFile, unlocated
from composer.targets import TARGETS, claude, get_target

LAYER = Layer("agents/tester")
PLACE = unlocated("fragments/agents/tester.md")
SEEDS = Path(__file__).parents[1] / ".." / "shared" / "seeds"


def scalar(value: Plain) -> YamlScalar:
    """Make a scalar as the YAML reader would: text in quotes, all else plain."""
    text = value if isinstance(value, str) else str(value).lower()
    style = ScalarStyle.QUOTED if isinstance(value, str) else ScalarStyle.PLAIN
    return YamlScalar(text, style, SourceFile("profiles/p.yaml", text or " "), 0, max(len(text), 1))


def written(value: Plain) -> FieldValue:
    """Make a field's value before its texts are filled."""
    if isinstance(value, dict):
        return FieldValue({key: written(item) for key, item in value.items()}, LAYER, PLACE)
    if isinstance(value, list):
        return FieldValue(tuple(written(item) for item in value), LAYER, PLACE)
    return FieldValue(scalar(value), LAYER, scalar(value).location)


def text_of(*parts: str) -> RenderedText:
    """Make a filled text of several segments."""
    source = SourceFile("profiles/p.yaml", "".join(parts))
    segments = tuple(Segment(part, SegmentKind.LITERAL, source.at(0)) for part in parts)
    return RenderedText(segments, scalar("".join(parts)))


def filled(value: Plain) -> RenderedValue:
    """Make a field's value after its texts were filled."""
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(filled(item) for item in value)
    one = scalar(value)
    return RenderedText((Segment(one.text, SegmentKind.FIELD, one.location),), one)


def rendered(**fields: RenderedValue) -> dict[str, RenderedField]:
    return {key: RenderedField(key, value, PLACE, LAYER) for key, value in fields.items()}


def front_matter(fields: Mapping[str, RenderedField], agent_name: str = "tester") -> str:
    return claude.front_matter(agent_name, fields, PLACE).text


def inside(front: str) -> str:
    """Return what stands between the fences."""
    assert front.startswith("---\n")
    assert front.endswith("\n---\n\n")
    return front[4:-5]


def found(fields: Mapping[str, Plain], agent_name: str = "tester") -> list[tuple[str, str, str]]:
    """Check fields, and return the code, message and hint of each thing found."""
    diagnostics = Diagnostics()
    values = {"description": written("Use this agent to test"), **{key: written(item) for key, item in fields.items()}}
    claude.check_fields(agent_name, values, PLACE, diagnostics)
    return [(each.code, each.message, each.hint) for each in diagnostics]


def codes(agent_name: str) -> list[str]:
    return [code for code, _, _ in found({}, agent_name)]


# --- The registry -----------------------------------------------------------------------------------------------------


def test_registry() -> None:
    """Targets are found by name, and a wrong name is told the right one."""
    assert TARGETS["claude-code"].name == "claude-code"
    assert get_target("claude-code").output_path("tester") == PurePosixPath(".claude/agents/tester.md")
    assert get_target("claude-code").output_path("tester", PurePosixPath("agents")) == PurePosixPath("agents/tester.md")
    with pytest.raises(LookupError, match="did you mean `claude-code`"):
        get_target("claude-cod")
    with pytest.raises(LookupError, match="the targets are `claude-code`"):
        get_target("zzz")


def test_order_of_fields() -> None:
    """The table has the fields in the order of the tool's reference, with our examples beside the description."""
    assert list(claude.fields) == [
        "description",
        "examples",
        "tools",
        "disallowedTools",
        "model",
        "permissionMode",
        "maxTurns",
        "skills",
        "mcpServers",
        "hooks",
        "memory",
        "background",
        "omitClaudeMd",
        "effort",
        "isolation",
        "color",
        "initialPrompt",
        "experimental",
    ]


# --- Fields that are fine, and fields that are not --------------------------------------------------------------------

VALID: list[dict[str, Plain]] = [
    {"tools": ["Read", "Grep", "mcp__github__*", "Bash(git push *)", "Agent(a, b)", "*"]},
    {"tools": "Read, Agent(a, b),Grep"},
    {"disallowedTools": ["AskUserQuestion"]},
    {"disallowedTools": []},
    {"model": "inherit"},
    {"model": "claude-opus-5-5[1m]"},
    {"permissionMode": "manual"},
    {"maxTurns": 7},
    {"skills": ["commit", "review"]},
    {"mcpServers": ["slack", {"files": {"command": "npx", "args": ["-y"]}}]},
    {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "true"}]}]}},
    {"memory": "project", "background": True, "omitClaudeMd": False, "isolation": "worktree"},
    {"effort": "xhigh"},
    {"effort": 3},
    {"color": "cyan"},
    {"initialPrompt": "Begin."},
    {"experimental": {"cacheTtl": "1h"}},
    {"examples": {"one": {"context": "a", "user": "b", "assistant": "c", "commentary": "d"}}},
]


@pytest.mark.parametrize("fields", VALID, ids=lambda fields: next(iter(fields)))
def test_valid_fields(fields: dict[str, Plain]) -> None:
    """What the tool takes passes without a word."""
    assert found(fields) == []


INVALID: list[tuple[dict[str, Plain], str, str, str]] = [
    ({"permission_mode": "plan"}, "unknown-field", "no agent field `permission_mode`", "did you mean `permissionMode`?"),
    ({"max-turns": 3}, "unknown-field", "no agent field `max-turns`", "did you mean `maxTurns`?"),
    ({"colour": "red"}, "unknown-field", "no agent field `colour`", "did you mean `color`?"),
    ({"allowed-tools": "Read"}, "unknown-field", "no agent field `allowed-tools`", "did you mean `tools`?"),
    ({"cacheTtl": "5m"}, "unknown-field", "no agent field `cacheTtl`", "write it inside `experimental`"),
    ({"zzz": "1"}, "unknown-field", "no agent field `zzz`", "the fields are `description`, "),
    ({"name": "x"}, "name-as-field", "`name` is not a field", "rename the key"),
    ({"description": " \n"}, "empty-field", "`description` is empty", "when to hand work to this agent"),
    ({"description": ["a"]}, "wrong-field-type", "`description` takes text, not a list", ""),
    ({"description": True}, "wrong-field-type", "`description` takes text, not `true`", "put it in quotes"),
    ({"description": "Use a\\nb"}, "backslash-n", "turns the characters `\\n`", "block scalar"),
    ({"color": "teal"}, "wrong-field-value", "`color` cannot be `teal`: it is one of `red`, `blue`, ", ""),
    ({"color": "magenta"}, "wrong-field-value", "`color` cannot be `magenta`", ""),
    ({"color": "Blue"}, "wrong-field-value", "`color` cannot be `Blue`", "did you mean `blue`?"),
    ({"color": ["red"]}, "wrong-field-type", "`color` takes one of `red`, `blue`", ""),
    ({"effort": "hgih"}, "wrong-field-value", "`effort` cannot be `hgih`", "did you mean `high`?"),
    ({"effort": 0}, "wrong-field-value", "`effort` cannot be `0`", ""),
    ({"model": " "}, "empty-field", "`model` is empty", ""),
    ({"model": 5}, "wrong-field-type", "`model` takes text, not `5`", "put it in quotes"),
    ({"maxTurns": "7"}, "wrong-field-type", "`maxTurns` takes a whole number above 0, not the text `7`", "without quotes"),
    ({"maxTurns": 0}, "wrong-field-type", "`maxTurns` takes a whole number above 0", ""),
    ({"background": "yes"}, "wrong-field-type", "`background` takes `true` or `false`, not `yes`", "small letters"),
    ({"tools": {"Read": True}}, "wrong-field-type", "`tools` takes a list of tool names, not a map", ""),
    ({"tools": [["Read"]]}, "wrong-field-type", "`tools` takes names, not a list", ""),
    ({"tools": ["Read", " "]}, "empty-field", "`tools` holds an empty name", ""),
    ({"tools": []}, "no-tools", "the agent gets no tool at all", "`unset: [tools]`"),
    ({"tools": ""}, "no-tools", "the agent gets no tool at all", "`unset: [tools]`"),
    ({"tools": ["bash"]}, "unknown-tool", "no tool `bash`", "did you mean `Bash`?"),
    ({"tools": "Read, Gerp"}, "unknown-tool", "no tool `Gerp`", "did you mean `Grep`?"),
    ({"tools": ["xyzzy(a)"]}, "unknown-tool", "no tool `xyzzy`", "`mcp__server__tool`"),
    ({"tools": ["AskUserQuestion"]}, "unavailable-tool", "never gives the tool `AskUserQuestion`", "take it out"),
    ({"skills": [1]}, "wrong-field-type", "`skills` takes names, not `1`", "quotes"),
    ({"mcpServers": {"a": {"command": "x"}}}, "wrong-field-type", "`mcpServers` takes a list of server", "after a `-`"),
    ({"mcpServers": [{"a": {}, "b": {}}]}, "wrong-field-type", "one `name: settings` map", ""),
    ({"mcpServers": [""]}, "empty-field", "`mcpServers` is empty", ""),
    ({"hooks": ["a"]}, "wrong-field-type", "`hooks` takes a map, not a list", ""),
    ({"hooks": {"a": [{"k" * 201: "x"}]}}, "wrong-field-value", "a key of `hooks` has more than 200", "shorten"),
    ({"experimental": {"cacheTtl": "2h"}}, "wrong-field-value", "`experimental.cacheTtl` cannot be `2h`", ""),
    ({"examples": ["a"]}, "wrong-field-type", "`examples` takes a map of examples by id, not a list", ""),
    ({"examples": {"a": "b"}}, "wrong-field-type", "`examples.a` takes a map of `context`, `user`", ""),
    ({"examples": {"a": {}}}, "empty-field", "`examples.a` is empty", "`context`"),
    ({"examples": {"a": {"usr": "b"}}}, "unknown-example-part", "no part `usr`", "did you mean `user`?"),
    ({"examples": {"a": {"context": "b"}}}, "incomplete-example", "`examples.a` has no `user` and no `assistant`", "write it"),
    ({"examples": {"a": {"user": "", "assistant": "b"}}}, "empty-field", "`examples.a.user` is empty", ""),
    ({"examples": {"a": {"user": "b\\nc", "assistant": "b"}}}, "backslash-n", "turns the characters `\\n`", ""),
]


@pytest.mark.parametrize(("fields", "code", "message", "hint"), INVALID)
def test_invalid_fields(fields: dict[str, Plain], code: str, message: str, hint: str) -> None:
    """Each thing that the tool would drop or misread is told once, with what to do."""
    ((found_code, found_message, found_hint),) = found(fields)
    assert found_code == code
    assert message in found_message
    assert hint in found_hint


@pytest.mark.parametrize("name", ["ab", "backend-developer", "a--b", "2fast", "a" * 50])
def test_valid_names(name: str) -> None:
    """Names of small letters, digits and inner dashes are fine."""
    assert codes(name) == []


@pytest.mark.parametrize("name", ["a", "-ab", "ab-", "Ab", "a_b", "a:b", "a" * 51, "ü1", "", "ab\n"])
def test_bad_names(name: str) -> None:
    """Any other name is an error."""
    assert codes(name) == ["bad-agent-name"]


@pytest.mark.parametrize("name", ["main", "system", "con", "lpt1"])
def test_reserved_names(name: str) -> None:
    """A name that another reader or system keeps is a warning."""
    assert codes(name) == ["reserved-agent-name"]


def test_missing_description() -> None:
    """An agent without a description is an error at the agent's own place."""
    diagnostics = Diagnostics()
    claude.check_fields("tester", {}, PLACE, diagnostics)
    (missing,) = diagnostics
    assert (missing.code, missing.location) == ("missing-field", PLACE)


def test_unknown_tools_only_warn() -> None:
    """The tool may know more than this table: an unknown tool stops no build."""
    diagnostics = Diagnostics()
    claude.check_fields("tester", {"description": written("Use it"), "tools": written(["New"])}, PLACE, diagnostics)
    assert [each.severity for each in diagnostics] == [Severity.WARNING]


def rendered_codes(fields: Mapping[str, RenderedField]) -> list[str]:
    diagnostics = Diagnostics()
    claude.check_rendered(fields, diagnostics)
    return [each.code for each in diagnostics]


def test_rendered_description() -> None:
    """What variables made of a description is looked at too."""
    source = scalar("{{ about }}")
    for value, expected in (
        ("", ["empty-field"]),
        ("Use it for a\\nb", ["backslash-n"]),
        ("Backend developer", ["description-without-use"]),
        ("Entwickelt Dienste für alle", []),
        ("Use it for tests", []),
    ):
        text = RenderedText((Segment(value, SegmentKind.VARIABLE, PLACE),), source)
        assert rendered_codes(rendered(description=text)) == expected
    assert rendered_codes(rendered(examples=filled({"a": {"user": "x"}}), description=filled(["a"]))) == []


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_front_matter() -> None:
    """All fields in the order of the tool's reference, each in its style."""
    fields = rendered(
        color=filled("blue"),
        experimental=filled({"cacheTtl": "5m"}),
        description=text_of('Use "it": now\n', "# not\\a comment \t\n"),
        tools=filled(["Read", "Grep"]),
        disallowedTools=filled(["Bash(rm *)", "Write"]),
        model=filled("claude-x[1m]"),
        permissionMode=filled("plan"),
        maxTurns=filled(12),
        skills=filled(["commit", "yes"]),
        mcpServers=filled(["slack", {"files": {"command": "npx", "args": ["-y", "a b"], "env": {}}}, []]),
        hooks=filled({"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "timeout": 5}]}]}),
        background=filled(True),  # noqa: FBT003
        effort=filled(3),
        initialPrompt=filled("Go"),
        memory=filled("no"),
    )
    assert front_matter(fields) == (
        "---\n"
        "# Generated by agent-composer: edit the fragments and profiles, not this file.\n"
        "name: tester\n"
        'description: "Use \\"it\\": now\\n# not\\\\a comment"\n'
        "tools: Read, Grep\n"
        'disallowedTools: "Bash(rm *), Write"\n'
        'model: "claude-x[1m]"\n'
        "permissionMode: plan\n"
        "maxTurns: 12\n"
        "skills:\n"
        "  - commit\n"
        '  - "yes"\n'
        "mcpServers:\n"
        "  - slack\n"
        "  - files:\n"
        "      command: npx\n"
        "      args:\n"
        '        - "-y"\n'
        '        - "a b"\n'
        "      env: {}\n"
        "  - []\n"
        "hooks:\n"
        "  PreToolUse:\n"
        "    - matcher: Bash\n"
        "      hooks:\n"
        "        - type: command\n"
        "          timeout: 5\n"
        'memory: "no"\n'
        "background: true\n"
        "effort: 3\n"
        "color: blue\n"
        'initialPrompt: "Go"\n'
        "experimental:\n"
        '  cacheTtl: "5m"\n'
        "---\n\n"
    )
    assert verified(fields) == []


def test_examples_stand_in_the_description() -> None:
    """Examples are written the way that the tool's own agents write them, and parts that are absent are left out."""
    fields = rendered(
        description=filled("Use it.\n"),
        examples=filled(
            {
                "one": {"commentary": "Why.\n", "user": "Do", "assistant": "Done", "context": "Work"},
                "two": {"user": "Again"},
            }
        ),
    )
    read: Any = yaml.safe_load(inside(front_matter(fields)))
    assert read["description"] == (
        'Use it.\n\n<example>\nContext: Work\nuser: "Do"\nassistant: "Done"\n<commentary>\nWhy.\n</commentary>\n'
        '</example>\n\n<example>\nuser: "Again"\n</example>'
    )
    assert "examples" not in read
    assert verified(fields) == []
    assert verified(rendered(examples=filled({"one": {"user": "a"}}))) == []


def test_tools_as_one_string() -> None:
    """Tools that were written as one string stay as they were written."""
    fields = rendered(tools=filled("Read,Grep\n"), description=filled("Use it"))
    assert "\ntools: Read,Grep\n" in front_matter(fields)
    assert verified(fields) == []


def test_prose() -> None:
    """Only prose is filled as a template."""
    assert [key for key, spec in claude.fields.items() if spec.kind.is_prose] == ["description", "examples", "initialPrompt"]


def test_segments_keep_their_places() -> None:
    """Each character of a value is told where it came from; what YAML needs stands at the field."""
    source = SourceFile("profiles/p.yaml", "abc")
    literal = Segment("Use\n", SegmentKind.LITERAL, source.at(0))
    variable = Segment("x", SegmentKind.VARIABLE, source.at(1), names=("it",))
    fields = rendered(description=RenderedText((literal, variable), scalar("abc")))
    segments = claude.front_matter("tester", fields, source.at(2)).segments
    assert [(each.text, each.kind, each.location, each.names) for each in segments[-5:]] == [
        ('description: "', SegmentKind.LAYOUT, PLACE, ()),
        ("Use\\n", SegmentKind.LITERAL, source.at(0), ()),
        ("x", SegmentKind.VARIABLE, source.at(1), ("it",)),
        ('"\n', SegmentKind.LAYOUT, PLACE, ()),
        ("---\n\n", SegmentKind.LAYOUT, source.at(2), ()),
    ]


@pytest.mark.parametrize("parts", [("a --- b",), ("-", "-", "-"), ("--", "", "--"), ("-----",), ("a-", "--b"), ("--",)])
def test_no_fence_in_a_value(parts: tuple[str, ...]) -> None:
    """The tool ends the front matter at any three dashes: none are left, not even across segments."""
    front = front_matter(rendered(description=text_of(*parts)))
    assert "---" not in inside(front)
    assert yaml.safe_load(inside(front))["description"] == "".join(parts)


def test_no_fence_in_names_and_keys() -> None:
    """Names, lists and keys follow the rule too."""
    fields = rendered(hooks=filled({"a---b": {"--- c": ["---", "x---y"]}}), model=filled("a---b"))
    front = front_matter(fields, "a---b")
    assert "---" not in inside(front)
    assert yaml.safe_load(inside(front))["hooks"] == {"a---b": {"--- c": ["---", "x---y"]}}
    assert verified(fields, "a---b") == []


def verified(fields: Mapping[str, RenderedField], agent_name: str = "tester") -> list[str]:
    body = "You test.\n"
    front = claude.front_matter(agent_name, fields, PLACE)
    return claude.verify(agent_name, front, body, front.text + body)


AWKWARD = st.text(st.sampled_from("-\"'\\\n\t :#{}[]&*!|>%@`nau0\0\x1b\x7f\x85\u2028\u2029\ufeff\ufffe\uffff😀é~,?"))
ANY_TEXT = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), AWKWARD)


def readings(text: str) -> list[object]:
    """Read YAML with libyaml and with PyYAML's own parser."""
    return [yaml.load(text, Loader=loader) for loader in (yaml.CSafeLoader, yaml.SafeLoader)]  # noqa: S506


@given(st.lists(ANY_TEXT, min_size=1, max_size=4))
@example(["yes"])
@example(["- -", "-", "--"])
@example(["\x85 \u2028 \u2029 \ufeff"])
@example(["x" * 5000])
def test_any_text_survives_as_description(parts: list[str]) -> None:
    """Every text reads back the same from every parser, on one line, and no fence is in it."""
    fields = rendered(description=text_of(*parts), initialPrompt=text_of(*parts), model=text_of(*parts))
    written = claude.front_matter("tester", fields, PLACE)
    front = written.text
    text = "".join(parts)
    for read in readings(inside(front)):
        assert read == {
            "name": "tester",
            "description": text.rstrip(" \t\n"),
            "model": text,
            "initialPrompt": text.rstrip(" \t\n"),
        }
    assert "---" not in inside(front)
    assert all(segment.text for segment in written.segments)
    assert "".join(segment.text for segment in written.segments) == front
    assert len(front.split("\n")) == 9
    assert claude.verify("tester", written, "b\n", front + "b\n") == []


LEAVES = st.one_of(ANY_TEXT, st.sampled_from(["yes", "null", "1.0", "0x1", "2024-01-01", "a, b"]), st.integers(0, 99), st.booleans())
TREES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ANY_TEXT, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(ANY_TEXT, TREES, max_size=3))
@example({"": [[[]], {}, {"a": {}}, [{"b": [1, "- c"]}]]})
@example({"?": ["? a", "- b"], "<<": {"=": "="}, "~": "~"})
def test_any_map_survives(tree: dict[str, Plain]) -> None:
    """Maps and lists of any shape read back the same, numbers as numbers and texts as texts."""
    fields = rendered(hooks=filled(tree))
    written = claude.front_matter("tester", fields, PLACE)
    for read in readings(inside(written.text)):
        assert repr(read) == repr({"name": "tester", "hooks": tree})
    assert "---" not in inside(written.text)
    assert "".join(segment.text for segment in written.segments) == written.text
    assert verified(fields) == []


# --- Reading back -----------------------------------------------------------------------------------------------------


def test_verify_tells_what_differs() -> None:
    """A file that does not say what was meant is found out."""
    fields = rendered(description=filled("Use it"), color=filled("red"), maxTurns=filled(1))
    written = claude.front_matter("tester", fields, PLACE)
    good = written.text + "Body\n"
    assert claude.verify("tester", written, "Body\n", good) == []
    for old, new, expected in (
        ("red", "blue", "`color` should be 'red', and reads 'blue'"),
        ("maxTurns: 1", 'maxTurns: "1"', "`maxTurns` should be 1, and reads '1'"),
        ("color: red\n", "", "`color` should be 'red', and reads None"),
        ("color: red\n", "color: red\nmore: 1\n", "`more` should be None, and reads 1"),
        ("Body\n", "Body\n\n", "what follows the front matter is not the body"),
        ("Use it", "Use --- it", "what follows the front matter is not the body"),
        ("color: red", "color: @red", "the front matter is not YAML"),
        ("---\n", "- -\n", "the front matter has no end"),
    ):
        (problem,) = claude.verify("tester", written, "Body\n", good.replace(old, new))
        assert expected in problem


def test_verify_looks_at_the_order_of_keys() -> None:
    """The same fields in another order are not what was meant either; nor is a list."""
    written = claude.front_matter("tester", rendered(description=filled("Use it")), PLACE)
    front = '---\ndescription: "Use it"\nname: tester\n---\n\nB\n'
    assert claude.verify("tester", written, "B\n", front) == ["the keys of the front matter are in another order"]
    assert claude.verify("tester", written, "B\n", "---\n- a\n---\n\nB\n") == ["the front matter is not a map"]


# --- Reading what others wrote ----------------------------------------------------------------------------------------


def test_read_good_file() -> None:
    """A file without faults is read without a word."""
    agent = claude.read_agent("---\nname: a\ndescription: Use it\ntools: [Read, Grep]\nmaxTurns: 010\ncolor: on\n---\n\nBody\n---\n")
    assert agent.fields == {"name": "a", "description": "Use it", "tools": ["Read", "Grep"], "maxTurns": 10, "color": "on"}
    assert agent.body == "Body\n---\n"
    assert agent.front_matter.startswith("name: a\n")
    assert (agent.repairs, agent.problems) == ((), ())


def test_read_back_our_own() -> None:
    """What is written is read without a repair."""
    fields = rendered(description=text_of("Use: it --- now\nyes"), tools=filled(["Read"]), hooks=filled({"a": [1]}))
    agent = claude.read_agent(front_matter(fields) + "\n\nBody\n")
    assert agent.fields == {"name": "tester", "description": "Use: it --- now\nyes", "tools": "Read", "hooks": {"a": [1]}}
    assert agent.body == "\n\nBody\n"
    assert (agent.repairs, agent.problems) == ((), ())


def test_read_repairs_a_value_with_colons() -> None:
    """A plain description with a colon and backslash-n pairs is what most real files have."""
    agent = claude.read_agent('---\nname: a\ndescription: Use it: "x" C:\\dir\\n<example>\ncolor: blue\n---\nBody\n')
    assert agent.fields == {"name": "a", "description": 'Use it: "x" C:\\dir\n<example>', "color": "blue"}
    assert agent.body == "Body\n"
    assert agent.repairs == (
        "line 3: the front matter is not YAML as it stands: mapping values are not allowed here",
        "line 3: the value of `description` was put in quotes",
        "line 3: backslash-n pairs in `description` were read as line breaks",
    )
    assert agent.problems == ()


@pytest.mark.parametrize("value", ["@x", "%x", "*x*", "[a", "`x`", "{a", "!x y: z", "a: b #c"])
def test_read_repairs_special_values(value: str) -> None:
    """Values that YAML keeps for itself are taken as text where YAML cannot read them."""
    agent = claude.read_agent(f"---\nname: a\ndescription: {value}\n---\nBody\n")
    assert agent.fields["description"] == value
    assert len(agent.repairs) == 2


def test_repair_leaves_blocks_and_lists() -> None:
    """Where one line needs the repair, block scalars, quoted values and lists on other lines are left as they are."""
    agent = claude.read_agent("---\nname: a\ndescription: |\n  Use: it\n  now\nmodel: @x\ntools: [Read, Grep]\ncolor: 'a: b'\n---\nBody\n")
    assert agent.fields == {
        "name": "a",
        "description": "Use: it\nnow\n",
        "model": "@x",
        "tools": ["Read", "Grep"],
        "color": "a: b",
    }


def test_repair_of_tabs() -> None:
    """Tabs that indent a list are read as blanks."""
    agent = claude.read_agent("---\nname: a\ndescription: b\ntools:\n\t- Read\n---\nBody\n")
    assert agent.fields["tools"] == ["Read"]
    assert "line 5: tabs at the start were read as blanks" in agent.repairs


def test_read_mark_and_carriage_returns() -> None:
    """A byte order mark and the line ends of other systems are dropped, and told."""
    agent = claude.read_agent("\ufeff---\r\nname: a\r\ndescription: Use: it\r\n---\r\n\r\nBody\r\n")
    assert agent.fields == {"name": "a", "description": "Use: it"}
    assert agent.body == "Body\n"
    assert agent.repairs[:2] == (
        "line 1: a byte order mark was dropped",
        "line 1: line ends with a carriage return were read as plain ones",
    )


def test_read_fence_inside_a_value() -> None:
    """The tool ends the front matter at the first three dashes: so does the reader, and says so."""
    agent = claude.read_agent("---\nname: a\ndescription: Before --- after\ncolor: red\n---\nBody\n")
    assert agent.fields == {"name": "a", "description": "Before"}
    assert agent.body == " after\ncolor: red\n---\nBody\n"
    assert agent.problems == ("line 3: the `---` inside this line ends the front matter; what follows it is body",)


UNREADABLE = [
    ("Just text\n", "line 1: the file does not begin with front matter"),
    ("\n---\nname: a\n---\n", "line 1: the file does not begin with front matter"),
    ('---\nname: a\ndescription: "open\n---\nBody\n', "line 4: the front matter is not YAML"),
    ("---\nname: a\ndescription: " + "[" * 5000 + "\n---\n", "brackets are open"),
    ("---\nname: a\nx: \0\n---\n", "line 2: the front matter is not YAML: unacceptable character"),
    ("---\nname: a\ndescription: b\nx:\n " + "- " * 2000 + "\n---\n", "it is nested too deeply"),
    ("---\n- a\n---\n", "line 2: the front matter is not a map"),
    ("---\n---\nBody\n", "line 1: there is no `name`"),
    ("---\nname: a\n---\nBody\n", "line 1: there is no `description`"),
    ("---\nname: a\ndescription: b\nmodel:\n---\n", "line 4: `model` has no value"),
    ("---\nname: a\n" + "x" * 100_001 + "\n---\n", "it is longer than"),
    ("---\nname: a\ndescription: b\nmodel: &a [*a]\n---\n", "repeats itself"),
    (
        "---\nname: a\ndescription: b\na: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcde", "bcdef", strict=True))
        + "---\n",
        "repeats itself too often",
    ),
]


@pytest.mark.parametrize(("text", "problem"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_read_never_fails(text: str, problem: str) -> None:
    """Whatever the file is, the answer is a value that says what is wrong."""
    agent = claude.read_agent(text)
    assert problem in " | ".join(agent.problems)


def test_read_odd_values() -> None:
    """Keys and values that are not text are made plain data."""
    agent = claude.read_agent("---\nname: a\ndescription: b\n1: {x: ~, y: 1.5, z: 1e3, d: 2024-01-01, t: true, b: !!binary YQ==}\n---\n")
    assert agent.fields["1"] == {"x": "", "y": 1.5, "z": 1000.0, "d": "2024-01-01", "t": True, "b": "b'a'"}


@given(st.text(st.sampled_from("-\n:a \t\"'\\[]{}|>&*!%@#nd\r\ufeff")))
def test_read_any_text(text: str) -> None:
    """No text at all makes the reader raise."""
    claude.read_agent("---\n" + text)
    claude.read_agent(text)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed files are not part of the repository")
@pytest.mark.parametrize(
    ("seed", "length", "model"),
    [
        ("generic", 1954, "inherit"),
        ("guild-bot", 1862, "opus"),
        ("medusa", 1042, None),
        ("stratos", 2142, "sonnet"),
        ("wordpress", 2151, "sonnet"),
    ],
)
def test_seeds_are_read(seed: str, length: int, model: str | None) -> None:
    """The five real files are read, four of them with a repair."""
    agent = claude.read_agent((SEEDS / f"{seed}.md").read_text(encoding="utf-8"))
    description = str(agent.fields["description"])
    assert agent.problems == ()
    assert bool(agent.repairs) == (seed != "generic")
    assert agent.fields["name"] == "backend-developer"
    assert agent.fields.get("model") == model
    assert description.startswith("Use this agent ")
    assert "<example>" in description
    assert "\\n" not in description
    assert len(description) == length
    assert agent.body.startswith("You are ")
