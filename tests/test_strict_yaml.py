"""YAML is read by strict rules, with places, and its errors are told in plain sentences."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import Diagnostics
from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence, plain_data
from composer.source import SourceFile
from composer.yaml_text import strict
from composer.yaml_text.strict import BLOCK_SCALAR_HINT, MAX_CHARACTERS, check_prompt_text, parse_yaml, parse_yaml_partly, text_lines


def _read(text: str) -> tuple[YamlNode | None, list[str]]:
    diagnostics = Diagnostics()
    node = parse_yaml(SourceFile("p.yaml", text), 0, len(text), diagnostics)
    return node, [f"{found.location.line}:{found.location.column} {found.code}: {found.message}" for found in diagnostics]


def _read_map(text: str) -> YamlMapping:
    node, errors = _read(text)
    assert errors == []
    assert isinstance(node, YamlMapping)
    return node


def _scalar(text: str) -> YamlScalar:
    node = _read_map(text).entries["a"]
    assert isinstance(node, YamlScalar)
    return node


VALID = {
    "nothing at all": ("", {}),
    "comments alone": ("# c\n", {}),
    "an empty document": ("---\n", {}),
    "one value of each kind": (
        'a: text\nb: 2.10\nc: 7\nd: true\ne: [x, "1"]\nf: {g: h}\n',
        {"a": "text", "b": 2.1, "c": 7, "d": True, "e": ["x", "1"], "f": {"g": "h"}},
    ),
    "words that YAML 1.1 takes for booleans": ("a: yes\nb: off\nc: 010\nd: 1e3\n", {"a": "yes", "b": "off", "c": "010", "d": "1e3"}),
    "keys that look like values": ("1: a\ntrue: b\nnull: c\n2.5: d\n", {"1": "a", "true": "b", "null": "c", "2.5": "d"}),
    "an address as a key": ("checklists/a#b: x\n", {"checklists/a#b": "x"}),
    "a quoted template": ("a: '{{ b }}'\n", {"a": "{{ b }}"}),
    "a template after other text": ("a: the {{ b }}\n", {"a": "the {{ b }}"}),
    "a block scalar with all that prompts hold": ("a: |\n  b: c, # d {{ e }} `f` *g*\n", {"a": "b: c, # d {{ e }} `f` *g*\n"}),
    "the other line ends of Unicode in a block scalar": (
        "a: |\n  b\u2028c\u2029d\ufeffe\nf: g\n",
        {"a": "b\u2028c\u2029d\ufeffe\n", "f": "g"},
    ),
    "a plain scalar on two lines": ("a: b\n  c\n", {"a": "b c"}),
    "a list at the root": ("- a\n-  - b\n", ["a", ["b"]]),
    "empty texts and collections": ("a: ''\nb: []\nc: {}\n", {"a": "", "b": [], "c": {}}),
    "one document between its marks": ("---\na: b\n...\n", {"a": "b"}),
}


@pytest.mark.parametrize(("text", "data"), VALID.values(), ids=VALID)
def test_reads(text: str, data: object) -> None:
    node, errors = _read(text)
    assert errors == []
    assert node is not None
    assert plain_data(node) == data


INVALID = {
    "duplicate key": ("a: 1\nb: 2\na: 3\n", ["3:1 duplicate-key: the key `a` stands twice in one map"]),
    "anchor and alias": ("a: &x b\nc: *x\n", ["1:4 yaml-anchor: `&x` is a YAML anchor", "2:4 yaml-alias: `*x` is a YAML alias"]),
    "alias as a key": ("*x : a\n", ["1:1 yaml-key: a key must be text, not an alias"]),
    "anchor on a map": ("a: &x {b: c}\n", ["1:4 yaml-anchor: `&x` is a YAML anchor"]),
    "tag": ("a: !!str 1\nb: !x {}\nc: ! d\n", [f"{n}:4 yaml-tag: `{t}` is a YAML tag" for n, t in ((1, "!!str"), (2, "!x"), (3, "!"))]),
    "merge key": ("a:\n  <<: {b: c}\n", ["2:3 yaml-merge-key: `<<` is a YAML merge key"]),
    "null": (
        "a: null\nb: ~\nc:\nd: [~]\n",
        [
            "1:4 null-value: `a` is `null`, which is no value",
            "2:4 null-value: `b` is `~`, which is no value",
            "3:1 null-value: `c` has no value",
            "4:5 null-value: `~` is no value",
        ],
    ),
    "null as the whole": ("null\n", ["1:1 null-value: `null` is no value"]),
    "list item without a value": ("a:\n- b\n-\n", ["3:2 null-value: a list item has no value"]),
    "second document": ("a: 1\n---\nb: 2\n", ["2:1 yaml-documents: a second YAML document begins here"]),
    "text after the end": ("a: 1\n...\nb: 2\n", ["3:1 yaml-documents: text stands after the end of the document"]),
    "directive": ("%YAML 1.2\n---\na: 1\n", ["1:1 yaml-directive: a line that begins with `%` is a YAML directive"]),
    "unknown directive": ("%FOO\n---\na: 1\n", ["1:1 yaml-directive: a line that begins with `%` is a YAML directive"]),
    "list as a key": ("? [a]\n: b\n", ["1:3 yaml-key: a key must be text, not a list"]),
    "map as a key": ("? a: b\n: c\n", ["1:3 yaml-key: a key must be text, not a map"]),
    "block scalar as a key": ("? |\n  a\n: b\n", ["1:3 yaml-key: a key must be one line of text"]),
    "template as a value": ("a: {{ b }}\n", ["1:4 template-unquoted: a value that begins with `{{` is a map to YAML"]),
    "template and words": ("a: {{ b }} and c\nd: e\n", ["1:4 template-unquoted: a value that begins with `{{` is a map to YAML"]),
    "two templates": (
        "- {{ a }}\n- {{ b }}\n",
        [f"{n}:3 template-unquoted: a value that begins with `{{{{` is a map to YAML" for n in (1, 2)],
    ),
    "statement as a value": ("a: {% if b %}\n", ["1:4 template-unquoted: a value that begins with `{%` is a map to YAML"]),
    "second colon": ("a: b: c\n", ["1:5 yaml-syntax: a second `: ` stands in the value of `a`"]),
    "key below text": ("a: b\n  c: d\n", ["2:3 yaml-syntax: a key stands here, but the text above it goes on to this line"]),
    "at sign": ("a: @b\n", ["1:4 yaml-syntax: a value cannot begin with `@`"]),
    "percent sign": ("a: %b\n", ["1:4 yaml-syntax: a value cannot begin with `%`"]),
    "backquote": ("a: `b`\n", ["1:4 yaml-syntax: a value cannot begin with a backquote"]),
    "emphasis": ("a: *b*\n", ["1:4 yaml-syntax: a value that begins with `*` is an alias to YAML"]),
    "ampersand": ("a: && b\n", ["1:4 yaml-syntax: a value that begins with `&` is an anchor to YAML"]),
    "exclamation": ("a: !<b c\n", ["1:4 yaml-tag: a value that begins with `!` is a tag to YAML"]),
    "open quote": ('a: "b\nc: d\n', ['1:4 yaml-syntax: the text that `"` opens is never closed']),
    "text after a quote": ('a: "b" c\n', ["1:8 yaml-syntax: text goes on after its value has ended"]),
    "check box": ("- [ ] b\n", ["1:7 yaml-syntax: text goes on after its value has ended"]),
    "bad escape": ('a: "\\q"\n', ["1:5 yaml-syntax: `\\q` begins no escape that YAML knows"]),
    "tab": ("a:\n\tb: 1\n", ["2:1 yaml-syntax: a tab stands where YAML wants spaces"]),
    "tab in text": ("a: b\n\tc\n", ["2:1 yaml-syntax: a tab stands where YAML wants spaces"]),
    "line without a key": ("a: b\nc\nd: e\n", ["2:1 yaml-syntax: this line is neither `key: value` nor a part of the text above it"]),
    "indentation": ("a:\n  - b\n c: d\n", ["3:2 yaml-syntax: the indentation of this line fits no line above it"]),
    "less indentation": (" a: 1\nb: 2\n", ["2:1 yaml-syntax: this line does not belong to the map or list above it"]),
    "map in a list": ("- a\nb: 1\n", ["2:1 yaml-syntax: this line stands in a list and does not begin with `- `"]),
    "list on the line of its key": ("a: - b\n", ["1:4 yaml-syntax: a list cannot begin on the line of its key"]),
    "question mark": ("a: ? b\n", ["1:4 yaml-syntax: a value cannot begin with `? `"]),
    "text after the bar": ("a: |b\n  c\n", ["1:5 yaml-syntax: text stands on the line of `|`"]),
    "open list": ("a: [b,\nc\n", ["1:4 yaml-syntax: what `[` opens is never closed"]),
    "type without quotes": (
        "a: {type: list[str]}\n",
        ["1:11 yaml-syntax: `list[str]` has brackets, which begin a list inside `{`"],
    ),
    "closing without opening": ("a: ]\n", ["1:4 yaml-syntax: `]` stands where a value has to be"]),
    "control character": ("a: b\x07\n", ["1:5 bad-character: the character `U+0007` is a control character"]),
    "next line, which YAML would take for a line end": (
        "a: b\x85c\n",
        ["1:5 bad-character: the character `U+0085` is a control character"],
    ),
    "lone surrogate": ("a: \ud800\n", ["1:4 bad-character: the character `U+D800` is half of a surrogate pair"]),
    "noncharacter": ("a: \ufdd0\n", ["1:4 bad-character: the character `U+FDD0` is not text"]),
    "control character by an escape": ('a: "\\0"\n', ["1:4 bad-character: an escape gives the character `U+0000`, which is not text"]),
    "several at once": (
        "a: 1\na: 2\nb: null\nc: !d e\n",
        [
            "2:1 duplicate-key: the key `a` stands twice in one map",
            "3:4 null-value: `b` is `null`, which is no value",
            "4:4 yaml-tag: `!d` is a YAML tag",
        ],
    ),
}


@pytest.mark.parametrize(("text", "errors"), INVALID.values(), ids=INVALID)
def test_refuses(text: str, errors: list[str]) -> None:
    assert _read(text) == (None, errors)


@pytest.mark.parametrize("name", [name for name in INVALID if name != "unknown directive"])
def test_tells_the_same_without_libyaml(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml, the errors have the same words and places (it lets unknown directives pass)."""
    monkeypatch.setattr(strict, "_LOADER", yaml.SafeLoader)
    text, errors = INVALID[name]
    assert _read(text) == (None, errors)


def test_every_error_says_what_to_do() -> None:
    """Each error of the table has a hint."""
    for text, _ in INVALID.values():
        diagnostics = Diagnostics()
        parse_yaml(SourceFile("p.yaml", text), 0, len(text), diagnostics)
        assert all(found.hint for found in diagnostics)


PROMPTS = ("fix: it", "@me", "%x", "*x*", "`x`", '"x" y', "[x] y", "{{ x }}", "- x", "? x", "&x", "!x y", "{x} y")


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_line_of_prompt_text_is_told_to_be_a_block_scalar(prompt: str) -> None:
    diagnostics = Diagnostics()
    text = f"replace: {prompt}\n"
    assert parse_yaml(SourceFile("p.yaml", text), 0, len(text), diagnostics) is None
    assert any(BLOCK_SCALAR_HINT in found.hint for found in diagnostics)


def test_a_duplicate_key_names_the_first() -> None:
    diagnostics = Diagnostics()
    parse_yaml(SourceFile("p.yaml", "a: 1\na: 2\n"), 0, 10, diagnostics)
    (found,) = diagnostics
    assert [str(note.location) for note in found.notes] == ["p.yaml:1:1"]


def test_null_points_to_unset() -> None:
    diagnostics = Diagnostics()
    parse_yaml(SourceFile("p.yaml", "color: null\n"), 0, 12, diagnostics)
    (found,) = diagnostics
    assert "`unset: [color]`" in found.hint


def test_partly_keeps_the_key_of_a_refused_value() -> None:
    """What is refused leaves its key, so that nobody reports the key as missing."""
    node = parse_yaml_partly(SourceFile("p.yaml", "a:\nb: 1\n"), 0, 8, Diagnostics())
    assert isinstance(node, YamlMapping)
    assert list(node.keys) == ["a", "b"]
    assert list(node.entries) == ["b"]


# --- places -----------------------------------------------------------------------------------------------------------


def test_places_are_offsets_into_the_whole_source() -> None:
    """Front matter is a part of its file: all places count from the file's start."""
    text = "---\nabout: é😀 x\nvars: {a: [b]}\n---\nBody\n"
    end = text.index("---\n", 4)
    node = parse_yaml(SourceFile("f.md", text), 4, end, Diagnostics())
    assert isinstance(node, YamlMapping)
    assert node.location.text == "about: é😀 x\nvars: {a: [b]}"
    assert node.entries["about"].location.text == "é😀 x"
    assert node.keys["vars"].location.text == "vars"
    assert node.entries["vars"].location.text == "{a: [b]}"


def test_a_scalar_covers_what_was_written() -> None:
    node = _read_map('a: "x\\ny"\nb: |-\n  c\n\n  d\ne: plain # comment\nf:\n  - g\n  - h: i\nj: k')
    assert [value.location.text for value in node.entries.values()] == ['"x\\ny"', "|-\n  c\n\n  d\n", "plain", "- g\n  - h: i", "k"]


def test_flow_is_known_at_every_depth() -> None:
    node = _read_map("a: {b: [c]}\nd: e\n")
    inner = node.entries["a"]
    assert isinstance(inner, YamlMapping)
    sequence = inner.entries["b"]
    assert isinstance(sequence, YamlSequence)
    assert isinstance(item := sequence.items[0], YamlScalar)
    assert isinstance(plain := node.entries["d"], YamlScalar)
    assert (item.in_flow, plain.in_flow) == (True, False)


@pytest.mark.parametrize(
    ("written", "style"),
    [
        ("b", ScalarStyle.PLAIN),
        ("'b'", ScalarStyle.QUOTED),
        ('"b"', ScalarStyle.QUOTED),
        ("|\n  b", ScalarStyle.BLOCK),
        (">\n  b", ScalarStyle.BLOCK),
    ],
)
def test_a_scalar_knows_its_style(written: str, style: ScalarStyle) -> None:
    assert _scalar(f"a: {written}\n").style is style


# --- caps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 50_000, "? " * 100_000, "[\n" * 100_000])
def test_depth_is_capped(text: str) -> None:
    """A hundred thousand brackets are an error, not a crash and not a wait."""
    node, errors = _read(text)
    assert node is None
    assert errors[-1].endswith("yaml-too-deep: lists and maps stand inside each other more than 32 deep")


def test_the_deepest_that_is_read() -> None:
    assert _read("[" * 32 + "]" * 32)[1] == []
    assert _read("[" * 33 + "]" * 33)[1] == ["1:33 yaml-too-deep: lists and maps stand inside each other more than 32 deep"]


def test_length_is_capped() -> None:
    text = "#" * (MAX_CHARACTERS + 1)
    assert _read(text) == (None, ["1:1 yaml-too-large: the YAML is longer than 1048576 characters"])
    assert _read(text[1:])[1] == []


def test_the_number_of_nodes_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict, "MAX_NODES", 10)
    assert _read("[" + "a, " * 20 + "]") == (None, ["1:26 yaml-too-large: the YAML holds more than 10 keys and values"])


# --- text_lines -------------------------------------------------------------------------------------------------------

LINES = {
    "literal": ("a: |\n  b\n\n    c\n", ["b", "", "  c"]),
    "literal without a final line end": ("a: |-\n  b\n  c", ["b", "c"]),
    "literal that keeps its line ends": ("a: |+\n  b\n\n\n", ["b"]),
    "literal with an indicator": ("a: |2\n    b\n  c\n", ["  b", "c"]),
    "literal with a comment": ("a: | # note\n  b\n", ["b"]),
    "literal with blank lines in front": ("a: |\n\n  b\n", ["", "b"]),
    "literal with spaces on a blank line": ("a: |\n  b\n \n  c\n", ["b", "", "c"]),
    "literal with another line end": ("a: |\n  b\u2028c\n  d\n", ["b\u2028c", "d"]),
    "plain": ("a: b c\n", ["b c"]),
    "single quotes": ("a: 'b c'\n", ["b c"]),
    "double quotes": ('a: "b c"\n', ["b c"]),
    "empty literal": ("a: |\nb: c\n", []),
    "empty quotes": ("a: ''\n", []),
}


@pytest.mark.parametrize(("text", "lines"), LINES.values(), ids=LINES)
def test_lines_point_at_their_own_characters(text: str, lines: list[str]) -> None:
    found = text_lines(_scalar(text))
    assert [line.text for line in found] == lines
    assert [text[line.offset : line.offset + len(line.text)] for line in found] == lines


@pytest.mark.parametrize("written", [">\n  b\n\n  c\n", "b\n  c\n", '"b\\nc"\n', "'it''s'\n", '"b\n  c"\n'])
def test_lines_of_other_scalars_point_at_the_scalar(written: str) -> None:
    scalar = _scalar(f"a: {written}")
    lines = text_lines(scalar)
    assert {line.offset for line in lines} == {scalar.location.start}
    assert "\n".join(line.text for line in lines) == scalar.text.rstrip("\n")


_TEXT_LINES = st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=8), min_size=1, max_size=6)


@given(lines=_TEXT_LINES, chomping=st.sampled_from(["", "-", "+"]))
def test_lines_of_a_literal_are_exact(lines: list[str], chomping: str) -> None:
    """Whatever stands in a literal, its lines join to its text, and each offset is that of the line's first character."""
    text = f"a: |2{chomping}\n" + "".join(f"  {line}\n" for line in lines)
    scalar = _scalar(text)
    found = text_lines(scalar)
    assert "\n".join(line.text for line in found) == scalar.text.rstrip("\n") == "\n".join(lines).rstrip("\n")
    assert all(text.startswith(line.text, line.offset) for line in found)


@given(text=st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>%@`'\"#?,~\\ \n\t.é\u2028"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text crashes the reader: it gives a node, or errors inside the text; and a node covers what was written."""
    diagnostics = Diagnostics()
    node = parse_yaml(SourceFile("p.yaml", text), 0, len(text), diagnostics)
    assert (node is None) == bool(diagnostics.errors)
    assert all(0 <= found.location.start <= len(text) for found in diagnostics)
    assert node is None or 0 <= node.location.start <= node.location.end <= len(text)


# --- check_prompt_text ------------------------------------------------------------------------------------------------


def _check(text: str) -> list[str]:
    diagnostics = Diagnostics()
    check_prompt_text(_scalar(text), "the text", diagnostics)
    return [f"{found.location.column} {found.code}: {found.message}" for found in diagnostics]


@pytest.mark.parametrize("text", ["a: b c\n", "a: b\n  c\n", "a: | # d\n  b\n", "a: 'b' # c\n", "a: b#c\n", "a: b", "a: b  \n# c\n"])
def test_whole_text_passes(text: str) -> None:
    assert _check(text) == []


def test_text_before_a_comment_is_cut() -> None:
    assert _check("a: b c  # d\n") == ["9 text-cut-by-comment: the text is cut short: ` #` begins a comment"]
    assert _check("a: b\n  c # d\n") == ["5 text-cut-by-comment: the text is cut short: ` #` begins a comment"]


def test_plain_text_in_a_flow_map_is_refused_and_quoted_is_not() -> None:
    inner = _read_map("a: {b: c, d: 'e'}\n").entries["a"]
    assert isinstance(inner, YamlMapping)
    diagnostics = Diagnostics()
    for scalar in inner.entries.values():
        assert isinstance(scalar, YamlScalar)
        check_prompt_text(scalar, "the text", diagnostics)
    message = "the text stands in a flow map or list, where prompt text ends at the first comma"
    assert [(found.location.text, found.code, found.message) for found in diagnostics] == [("c", "text-in-flow", message)]
