"""The first half of reading Markdown: what lines are looked at alone, how far things reach, and what the lines before leave behind."""

from __future__ import annotations

import pytest

from composer.blocks import Syntax
from composer.errors import Diagnostics
from composer.markdown.cursor import Cursor, Gaps
from composer.markdown.elements import Element, GroupElement, ItemElement, LeafElement
from composer.markdown.extents import end_over_statements, group_end, paragraph_end
from composer.markdown.lines import indentation, trailing_identifier
from composer.markdown.parse import source_lines
from composer.markdown.scan import Scanner
from composer.source import SourceFile


def _cursor(text: str) -> Cursor:
    source = SourceFile("fragments/f.md", text)
    return Cursor(source, source_lines(source, 0), Diagnostics(), Syntax())


def _scan(text: str) -> list[Element]:
    elements, ending = Scanner(_cursor(text)).scan()
    assert ending is None
    return elements


@pytest.mark.parametrize(
    ("text", "columns", "characters"),
    [("- a", 0, 0), ("  - a", 2, 2), ("\t- a", 4, 1), ("  \t- a", 4, 3), ("   ", 3, 3)],
)
def test_a_tab_ends_at_the_next_stop(text: str, columns: int, characters: int) -> None:
    """Stops are four columns apart, so blanks before a tab take no room of their own."""
    assert indentation(text) == (columns, characters)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("- Verify signatures {#sign}", "sign"),
        ("{#sign}  ", "sign"),
        ("a {#first} {#second}", "second"),
        ("a {#Not Good}", None),
        ("a \\{#sign}", None),
        ("a {# comment #}", None),
        ("a {#sign} b", None),
    ],
)
def test_an_id_is_the_last_word_of_its_line(text: str, name: str | None) -> None:
    """What a backslash stands before is text, and so is what anything follows."""
    match = trailing_identifier(text)
    assert (match["name"] if match else None) == name


def test_the_gap_is_the_longest_run_of_blank_lines() -> None:
    """Blank lines on both sides of a statement are two runs, and never added up."""
    gaps = Gaps()
    for blank_lines in (1, 2):
        for _ in range(blank_lines):
            gaps.see_blank_line()
        gaps.end_run(0)
    gaps.see_blank_line()
    assert gaps.new_unit().gap == 2
    assert gaps.new_unit().gap == 0


def test_blank_lines_inside_the_item_before_do_not_part_two_items() -> None:
    """A run that a deeper line ended, such as the end of an `if` below the item, is not a gap above the next item."""
    gaps = Gaps()
    gaps.see_blank_line()
    gaps.end_run(2)
    assert gaps.new_unit(item_columns=0).gap == 0


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("one\ntwo\n", 1),
        ("one\n\ntwo\n", 0),
        ("one\n- item\n", 0),
        ("one\n2. two\n", 1),
        ("one\n1. two\n", 0),
        ("one\n---\n", 1),
        ("one\n***\n", 0),
        ("one\n{% if a %}\n", 0),
        ("one\n{#id}\n", 0),
    ],
)
def test_a_paragraph_ends_before_what_cannot_go_on_with_it(text: str, last: int) -> None:
    """A number other than 1 begins no list inside a text, and dashes below it make it a heading."""
    cursor = _cursor(text)
    assert paragraph_end(cursor, within_item=False) == last
    assert cursor.next == 0


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("{% if a %}\nx\n{% endif %}\n", (2, True)),
        ("{% if a %}\n{% if b %}\n{% endif %}\n{% endif %}\n", (3, True)),
        ("{% if a %}\nx {% else %} y\n{% endif %}\n", (2, False)),
        ("{% if a %}\n```\n{% endif %}\n```\n{% endif %}\n", (4, True)),
        ("{% if a %}\nx\n", None),
    ],
)
def test_a_group_ends_at_the_statement_that_closes_its_own(text: str, end: tuple[int, bool] | None) -> None:
    """Code blocks hold no statements; where one of the group's own stands inside a text, only Jinja can divide it."""
    assert group_end(_cursor(text)) == end


def test_a_text_reaches_to_the_end_of_a_statement_that_it_opens() -> None:
    """One that nothing closes reaches no further than its own lines."""
    assert end_over_statements(_cursor("a {% if b %}\n\nc {% endif %}\nd\n"), 0) == 2
    assert end_over_statements(_cursor("a {% if b %}\n\nc\n"), 0) == 0


def test_groups_hold_the_elements_of_their_branches() -> None:
    """Each branch begins at its own statement."""
    [group, after] = _scan("{% if a %}\n- one\n{% else %}\n- two\n{% endif %} {#pick}\n\ntext\n")
    assert isinstance(group, GroupElement)
    assert [[type(element) for element in branch.elements] for branch in group.branches] == [[ItemElement], [ItemElement]]
    assert (group.first, group.last) == (0, 4)
    assert isinstance(after, LeafElement)


def test_an_id_on_a_line_of_its_own_belongs_to_the_block_below() -> None:
    """The block begins at the line of its id."""
    [leaf] = _scan("{#rule}\ntext\n")
    assert isinstance(leaf, LeafElement)
    assert leaf.identifier is not None
    assert (leaf.identifier.name, leaf.first, leaf.last) == ("rule", 0, 1)


def test_a_line_that_is_only_looked_at_reports_nothing() -> None:
    """A text looks whether a statement ends it; what is wrong with that statement is told when it is taken."""
    cursor = _cursor("text\n{%- if a %} {#Bad}\n")
    assert paragraph_end(cursor, within_item=False) == 0
    assert not cursor.diagnostics.told
