"""YAML that is read line by line gives what libyaml's events give: the same nodes at the same places, and nothing is told of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from laws import law
from random_yaml import yaml_files
from yaml_in_lines import nearly_in_lines, texts_in_lines

from composer.errors import Diagnostics
from composer.markdown.front_matter import find_front_matter
from composer.source import SourceFile
from composer.yaml_text import by_lines, strict
from composer.yaml_text.by_lines import read_by_lines

ROOT = Path(__file__).parents[2]
LAW = law(100)


def _read(source: SourceFile, start: int, end: int) -> tuple[str, list[str]]:
    """Give all that is in the node, places included, and all that was told."""
    diagnostics = Diagnostics()
    node = strict.parse_yaml_partly(source, start, end, diagnostics)
    return repr(node), [repr(found) for found in diagnostics]


def _assert_same(source: SourceFile, start: int, end: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict, "LONG_TEXT", 0)
        found = _read(source, start, end)
        patch.setattr(strict, "LONG_TEXT", len(source.text) + 1)
        assert found == _read(source, start, end)


def _is_read_by_lines(text: str) -> bool:
    return read_by_lines(SourceFile("p.yaml", text), 0, len(text)) is not None


# --- the law ----------------------------------------------------------------------------------------------------------


@LAW
@given(st.one_of(texts_in_lines(), texts_in_lines(doubts=True), nearly_in_lines(), nearly_in_lines(), yaml_files()))
@example("a: {}\n")
@example("a:\n- b\n- c: d\n  e:\n  - f\n  # g\nh: |\n  i\n\n\n# j\n")
@example("a: |\n  b\n # c\n  d\n")
@example("a: |\n  b\n   \n c: d\n")
def test_no_text_is_read_in_two_ways(text: str) -> None:
    """Whatever the text, the nodes, their places and what is told are those of the strict reader alone."""
    source = SourceFile.from_raw("p.yaml", text)
    _assert_same(source, 0, len(source.text))


@LAW
@given(texts_in_lines(), st.sampled_from(["", "x\n", "---\n"]), st.sampled_from(["", "---\n", "b: c\n", "  - d\n"]))
def test_only_what_stands_between_the_bounds_is_read(text: str, before: str, after: str) -> None:
    """Front matter is a part of a file: its places count from the file's start, and what follows it is not looked at."""
    source = SourceFile("f.md", before + text + after)
    _assert_same(source, len(before), len(before) + len(text))


def _yaml_of_the_repository() -> Iterator[tuple[SourceFile, int, int]]:
    for folder in ("profiles", "fragments", "tests/golden", "tests/errors"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in {".yaml", ".md"}:
                continue
            source = SourceFile.from_raw(path.name, path.read_bytes().decode(errors="replace"))
            span = find_front_matter(source.text) if path.suffix == ".md" else None
            if path.suffix == ".yaml":
                yield source, 0, len(source.text)
            elif span is not None and span.is_closed:
                yield source, span.start, span.end


def test_every_file_of_the_repository_is_read_as_by_events() -> None:
    for source, start, end in _yaml_of_the_repository():
        _assert_same(source, start, end)


# --- what has the form ------------------------------------------------------------------------------------------------


@LAW
@given(texts_in_lines().filter(lambda text: not re.search(r"[\]}\"']#", text)))
def test_the_form_is_known(text: str) -> None:
    """What has the form is read line by line, however it is mixed."""
    assert _is_read_by_lines(text)


def test_the_profiles_of_the_library_have_the_form() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "profiles").glob("*.yaml"))]
    assert [_is_read_by_lines(text) for text in texts] == [True] * len(texts)


OTHER_FORMS = {
    "no line end at the end": "a: b",
    "nothing at all": "",
    "comments alone": "# a\n",
    "a list at the root": "- a\n",
    "a map at another column": " a: b\n",
    "a tab": "a: b\tc\n",
    "no value": "a:\nb: c\n",
    "no value at the end": "a:\n",
    "null": "a: null\n",
    "null in a list": "a:\n  - b\n  - null\n",
    "null in brackets": "a: [b, ~]\n",
    "a key that stands twice": "a: b\na: c\n",
    "a key that stands twice in brackets": "a: {b: c, b: d}\n",
    "a value that goes on": "a: b\n  c\n",
    "a value on the next line": "a:\n  b\n",
    "a second colon": "a: b: c\n",
    "a merge key": "<<: b\n",
    "an anchor": "a: &b c\n",
    "a tag": "a: !b c\n",
    "a template": "a: {{ b }}\n",
    "an escape": 'a: "\\n"\n',
    "two quotes": "a: 'it''s'\n",
    "a folded text": "a: >\n  b\n",
    "a literal that is empty": "a: |\nb: c\n",
    "a literal that begins with an empty line": "a: |\n\n  b\n",
    "a literal with a line of spaces": "a: |\n  b\n \n  c\n",
    "an indentation that fits no line": "a:\n    b: c\n  d: e\n",
    "an item among keys": "a: b\n- c\n",
    "a key among items": "a:\n  - b\n  c: d\n",
    "a document mark": "---\na: b\n",
    "nesting deeper than anybody writes": "".join(f"{' ' * depth}a:\n" for depth in range(20)) + f"{' ' * 20}a: b\n",
}


@pytest.mark.parametrize("text", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_other_forms_are_left_to_the_strict_reader(text: str) -> None:
    assert not _is_read_by_lines(text)
    _assert_same(SourceFile("p.yaml", text), 0, len(text))


def test_very_many_nodes_are_left_to_the_strict_reader() -> None:
    item = "  - [" + "a," * 999 + "a]\n"
    assert _is_read_by_lines("a:\n" + item * 10)
    assert not _is_read_by_lines("a:\n" + item * 200)


def test_a_long_text_is_read_by_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a short one is not: the patterns would take longer to compile than the text to read."""
    read: list[str] = []
    monkeypatch.setattr(by_lines, "read_by_lines", lambda *_: read.append("by lines"))
    line = "a: " + "b" * 1020 + "\n"
    for text in (line, line * (strict.LONG_TEXT // len(line))):
        strict.parse_yaml_partly(SourceFile("p.yaml", text), 0, len(text), Diagnostics())
    assert read == ["by lines"]
