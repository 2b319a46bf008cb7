"""Whatever the file and the text: an edit in place makes exactly the change that was asked for, and touches nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st
from laws import law
from random_yaml import TEXTS, yaml_files

from composer.errors import Diagnostics
from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar
from composer.source import SourceFile
from composer.yaml_text.rewrite import RewriteRefusedError, add_entry, move_entry, remove_entry, set_text
from composer.yaml_text.strict import parse_yaml

LAW = law(250)

Place = tuple[str | int, ...]


def read(raw: str) -> YamlNode | None:
    """Read a file as every command does."""
    source = SourceFile.from_raw("p.yaml", raw)
    return parse_yaml(source, 0, len(source.text), Diagnostics())


def data_of(node: YamlNode) -> Any:  # noqa: ANN401 - data of any shape
    """Turn nodes into plain data by rules of this test's own: a number is no text, and the last line end of a block does not count."""
    if isinstance(node, YamlScalar):
        if node.style is ScalarStyle.BLOCK:
            return node.text.removesuffix("\n")
        return node.text if isinstance(node.value, str) else ("plain", node.text)
    if isinstance(node, YamlMapping):
        return {key: data_of(value) for key, value in node.entries.items()}
    return [data_of(item) for item in node.items]


def places_of(node: YamlNode, kind: type, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Give the path of each node of a kind, with the node."""
    if isinstance(node, kind):
        yield place, node
    if isinstance(node, YamlMapping):
        for key, value in node.entries.items():
            yield from places_of(value, kind, (*place, key))
    elif not isinstance(node, YamlScalar):
        for index, item in enumerate(node.items):
            yield from places_of(item, kind, (*place, index))


def at(data: Any, place: Place) -> Any:  # noqa: ANN401 - data of any shape
    for part in place:
        data = data[part]
    return data


def raw_lines(raw: str) -> list[str]:
    """Cut a raw text into lines, each with its own line end."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", raw)


def comments_of(raw: str, root: YamlNode) -> list[str]:
    """Return the lines that are comments alone, without their blanks."""
    inside: set[int] = set()
    for _, scalar in places_of(root, YamlScalar):
        first = scalar.location.line
        inside.update(range(first, first + scalar.location.text.rstrip("\n").count("\n")))
    return [
        line.strip()
        for index, line in enumerate(raw_lines(raw.removeprefix("\ufeff")))
        if index not in inside and line.lstrip(" \t")[:1] == "#"
    ]


def is_one_change(before: list[str], after: list[str], gone: int, came: int) -> bool:
    """Whether ``after`` is ``before`` with at most so many lines taken out in one place, and so many put in there."""
    shortest = min(len(before), len(after))
    head = next((index for index in range(shortest) if before[index] != after[index]), shortest)
    rest = shortest - head
    tail = next((index for index in range(rest) if before[-1 - index] != after[-1 - index]), rest)
    return len(before) - head - tail <= gone and len(after) - head - tail <= came


@LAW
@given(yaml_files(), TEXTS, st.data())
def test_a_text_that_is_set_is_the_only_change(raw: str, text: str, data: st.DataObject) -> None:
    """Each scalar can hold each text: only its own lines are others, and all other values are the same."""
    root = read(raw)
    assume(root is not None)
    assert root is not None
    scalars = [(place, scalar) for place, scalar in places_of(root, YamlScalar) if place]
    assume(scalars)
    place, scalar = data.draw(st.sampled_from(scalars))
    changed = set_text(raw, place, text)
    expected = data_of(root)
    after = read(changed)
    assert after is not None
    wanted = text if at(data_of(after), place) == text else text.removesuffix("\n")
    at(expected, place[:-1])[place[-1]] = wanted
    assert data_of(after) == expected
    own = scalar.location.text.count("\n") + 1 + len(scalar.text) - len(scalar.text.rstrip("\n"))
    written = text.count("\n") + 3
    blank = len(re.findall(r"^[ ]*$", SourceFile.from_raw("", raw).text[scalar.location.start :], re.MULTILINE))
    assert is_one_change(raw_lines(raw), raw_lines(changed), own + blank, written + blank)
    assert set_text(changed, place, text) == changed


@LAW
@given(yaml_files(), TEXTS, st.sampled_from(["new", "checklists/x#y", "odd: key", "60", "#", "a b"]), st.data())
def test_an_entry_that_is_added_is_the_only_change(raw: str, text: str, key: str, data: st.DataObject) -> None:
    """Each map takes each text under a new key, with no line of the file changed but one with braces; and gives it back."""
    root = read(raw)
    assume(root is not None)
    assert root is not None
    place, holder = data.draw(st.sampled_from(list(places_of(root, YamlMapping))))
    assume(key not in holder.entries)
    after = data.draw(st.sampled_from([None, *holder.entries]))
    changed = add_entry(raw, (*place, key), text, after=after)
    root_after = read(changed)
    assert root_after is not None
    found = at(data_of(root_after), (*place, key))
    assert found in (text, text.removesuffix("\n"))
    keys = list(holder.entries)
    keys.insert(keys.index(after) + 1 if after is not None else len(keys), key)
    assert list(at(data_of(root_after), place)) == keys
    expected = data_of(root)
    at(expected, place)[key] = found
    assert data_of(root_after) == expected
    in_braces = holder.location.text.startswith("{")
    lines_before, lines_after = raw_lines(raw), raw_lines(changed)
    ends_open = raw[-1:] not in {"\n", "\r"}
    assert is_one_change(lines_before, lines_after, 1 if in_braces or ends_open else 0, text.count("\n") + 5)
    event("in braces" if in_braces else "as lines")
    if not in_braces and holder.entries:
        assert remove_entry(changed, (*place, key)) == raw


@LAW
@given(yaml_files(), st.data())
def test_an_entry_that_is_removed_is_the_only_change(raw: str, data: st.DataObject) -> None:
    """What is removed is gone with its lines, and no other line is changed but one with braces or the key of an empty map."""
    root = read(raw)
    assume(root is not None)
    assert root is not None
    places = [place for kind in (YamlScalar, YamlMapping) for place, _ in places_of(root, kind) if place]
    assume(places)
    place = data.draw(st.sampled_from(places))
    keep = data.draw(st.integers(0, 3))
    try:
        changed = remove_entry(raw, place, keep=keep)
    except RewriteRefusedError as refusal:
        event("refused")
        assert refusal.location.line >= 1  # noqa: PT017 - a refusal is allowed, and must have a place
        return
    expected = data_of(root)
    while True:
        holder = at(expected, place[:-1])
        del holder[place[-1]]
        if holder or isinstance(holder, list) or len(place) - 1 <= max(keep, 0) or len(place) == 1:
            break
        place = place[:-1]
    root_after = read(changed)
    assert root_after is not None
    assert data_of(root_after) == expected
    assert comments_of(changed, root_after) == comments_of(raw, root)
    lines_before, lines_after = raw_lines(raw), raw_lines(changed)
    kept_inside = sum(not line.strip() or "#" in line for line in lines_before)
    assert is_one_change(lines_before, lines_after, len(lines_before), 1 + kept_inside)
    assert len(lines_after) <= len(lines_before)
    if holder and isinstance(holder, dict):
        outer = next(node for found, node in places_of(root, YamlMapping) if found == place[:-1])
        above = 0 if outer.location.text.startswith("{") else outer.keys[str(place[-1])].location.line - 1
        # The last line above may have lost its line end, where the file had none at its end.
        assert changed.startswith(re.sub(r"(?:\r\n|\r|\n)\Z", "", "".join(lines_before[:above])))


@LAW
@given(yaml_files(), st.data())
def test_a_text_that_moves_loses_no_comment_line(raw: str, data: st.DataObject) -> None:
    """It stands in its new place as it is written, and what it leaves is as if it had been removed."""
    root = read(raw)
    assume(root is not None)
    assert root is not None
    places = [place for place, _ in places_of(root, YamlScalar) if place and isinstance(place[-1], str)]
    assume(places)
    place = data.draw(st.sampled_from(places))
    holders = [found for found, _ in places_of(root, YamlMapping) if found != place[: len(found)] or not found]
    to = (*data.draw(st.sampled_from(holders)), "new")
    keep = data.draw(st.integers(0, 3))
    try:
        changed = move_entry(raw, place, to, keep=keep)
    except RewriteRefusedError:
        event("refused")
        return
    after = read(changed)
    assert after is not None
    assert sorted(comments_of(changed, after)) == sorted(comments_of(raw, root))
    assert ("new", at(data_of(root), place)) in [(found[-1], data_of(scalar)) for found, scalar in places_of(after, YamlScalar) if found]
