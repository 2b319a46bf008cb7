"""Parsing loses nothing: printing the parsed blocks gives back the text, and blocks stand inside each other in order."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from laws import law

from composer.blocks import Block, Syntax, child_blocks, walk_blocks
from composer.errors import Diagnostics
from composer.markdown.parse import parse_document, print_blocks
from composer.markdown.template import Templates
from composer.source import SourceFile

LAW = law(400)

LINES = [
    "", "", "text", "text {#id}", "- a", "- b {#b}", "  - c", "    deep", "1. x", "2. y", "3) z {#z}", "## H {#h}", "# T", "### {#c}",
    "## {#d}", "```", "~~~py", "| a | b |", "|---|---|", "| c | d {#cell} |", "> q", "> r", "---", "***", "<tag>", "</tag>", "<!-- x",
    "-->", "{% if a %}", "{% else %}", "{% elif b %}", "{% endif %}", "  {% if a %}", "  {% endif %}", "{% for x in xs %}", "{% endfor %}",
    '{% include "a" %}', "## {% include x %}", "  {% include x %}", "{% raw %}", "{% endraw %}", "{# c #}", "{# open", "#}", "{#lone}",
    "  {#lone2}", "text {% if a %}", "more {% endif %}", "- [ ] box", "- [x] done {#done}", "-", "\tTab", "\t- tab", "+ p", "* s", "===",
    "${{ x }}", "{{ a }} b", "\\{#x}", "{% set x = 1 %}", "  text", "{{ a", "{% if", "- ```", "  ```", "{%- if a -%}",
    "a {{ 'x' }} {% raw %} {{ {% endraw %}", "{% if a %} {#gate}", "   2. deep",
]  # fmt: skip

TEXTS = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=25).map("\n".join),
    st.text(alphabet=st.sampled_from(list("ab #-*{}%`|>\n\n\n \t.1<!\\\"'x\u2028\r")), max_size=200),
)


def _are_in_order(blocks: Sequence[Block], start: int, end: int) -> None:
    for block in blocks:
        assert start <= block.location.start <= block.location.end <= end
        _are_in_order(child_blocks(block), block.location.start, block.location.end)
        start = block.location.end


@LAW
@given(TEXTS, st.booleans())
def test_printing_gives_back_the_text(text: str, plain: bool) -> None:  # noqa: FBT001 - hypothesis hands it over by position
    """Whatever the text, its blocks print it again, character for character."""
    source = SourceFile.from_raw("x.md", text)
    document = parse_document(source, 0, Diagnostics(), Syntax(is_plain=plain, has_includes=False))
    assert print_blocks(document) == source.text
    _are_in_order(document.blocks, 0, len(source.text))


@LAW
@given(TEXTS, st.booleans())
def test_every_message_has_a_place(text: str, plain: bool) -> None:  # noqa: FBT001 - hypothesis hands it over by position
    """Whatever is wrong with a text is told with a line and a column inside it."""
    source = SourceFile.from_raw("x.md", text)
    found = Diagnostics()
    document = parse_document(source, 0, found, Syntax(is_plain=plain, has_includes=False))
    templates = Templates(found)
    for block, _ in walk_blocks(document.blocks):
        for words in (getattr(block, "text", None), getattr(block, "title", None)):
            if words is not None:
                templates.of(words)
    for diagnostic in found:
        place = diagnostic.location
        assert 0 <= place.start <= place.end <= len(source.text) + 1
        assert 1 <= place.line <= source.text.count("\n") + 1
