"""What a YAML parser's complaint means to someone who writes prompts: one plain sentence, the right place, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from composer.records import dataclass, replace

__all__ = ["BLOCK_SCALAR_HINT", "YamlProblem", "explain_problem"]

BLOCK_SCALAR_HINT: Final = "write `|` in its place, and the text on the next line, indented"

_SYNTAX: Final = "yaml-syntax"
_TAG: Final = "yaml-tag"

# A variable's type that is written with brackets.
_TYPE: Final = re.compile(r"\b(?:list|enum)(?P<bracket>\[)[^\[\]{}]*(?:\[[^\[\]{}]*\])?\]")

# A line as prompt text makes it go wrong: list marks, a key, and a value on the same line.
_KEY_AND_VALUE: Final = re.compile(
    r"""[ \t]*(?:-\ +)*
    (?P<key> [^\s:#'"{\[&*!|>%@`-][^:\n]* | "[^"\n]*" | '[^'\n]*' )
    [ \t]*:[ \t]+
    (?P<value> [^\s|>#].* )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """A syntax error as we tell it; ``offset`` is where to point."""

    message: str
    offset: int
    hint: str = ""
    code: str = _SYNTAX


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the parser said, and the text around it. ``context_at`` is where the thing began that went wrong at ``problem_at``."""

    text: str
    context_at: int
    problem_at: int
    context: str
    problem: str

    @property
    def character(self) -> str:
        return self.text[self.problem_at : self.problem_at + 1]

    def line_at(self, offset: int) -> tuple[int, str]:
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return start, self.text[start : end if end >= 0 else len(self.text)]

    def value_at(self, offset: int) -> tuple[str, int] | None:
        """The key of the line at ``offset`` and where its value starts, if it is ``key: value``."""
        start, line = self.line_at(offset)
        found = _KEY_AND_VALUE.match(line)
        return (found["key"], start + found.start("value")) if found else None

    @property
    def indentation_at(self) -> int:
        """Where the words of the line with the problem begin."""
        start, line = self.line_at(self.problem_at)
        return start + len(line) - len(line.lstrip())

    @property
    def is_inside_line(self) -> bool:
        """Whether words stand before the problem on its line."""
        start, line = self.line_at(self.problem_at)
        return bool(line[: self.problem_at - start].strip())


def explain_problem(text: str, marks: tuple[int, int], context: str, problem: str) -> YamlProblem:
    """Explain a parser's complaint.

    Args:
        text: The source up to the end of its YAML.
        marks: Where the construct began, and where the parser gave up, as offsets.
        context: What the parser was doing, in libyaml's words.
        problem: What it stumbled over, in libyaml's words.
    """
    scene = _Scene(text, *marks, context, problem)
    for words, explain in _EXPLANATIONS:
        if words in problem or words in context:
            explained = explain(scene)
            break
    else:
        explained = YamlProblem(f"this is not YAML: {problem or 'it cannot be read'}", scene.problem_at)
    if not explained.hint:
        is_text = scene.value_at(explained.offset) is not None
        explained = replace(explained, hint=f"if it is text, {BLOCK_SCALAR_HINT}" if is_text else "write `key: value`, indented by spaces")
    return explained


def _second_colon(scene: _Scene) -> YamlProblem:
    found = scene.value_at(scene.problem_at)
    if found and found[1] < scene.problem_at:
        return YamlProblem(f"a second `: ` stands in the value of `{found[0]}`", scene.problem_at, BLOCK_SCALAR_HINT)
    message = "a key stands here, but the text above it goes on to this line"
    hint = f"indent it as its neighbours are; if the text above should hold it, {BLOCK_SCALAR_HINT}"
    return YamlProblem(message, scene.indentation_at, hint)


def _bad_start(scene: _Scene) -> YamlProblem:
    if scene.character == "\t":
        return _tab(scene)
    at = scene.problem_at
    if scene.text[max(at - 1, 0) : at + 1] == "{%":
        return YamlProblem("a value that begins with `{%` is a map to YAML", at - 1, BLOCK_SCALAR_HINT, "template-unquoted")
    name = "a backquote" if scene.character == "`" else f"`{scene.character}`"
    return YamlProblem(f"a value cannot begin with {name}", at, BLOCK_SCALAR_HINT)


def _tab(scene: _Scene) -> YamlProblem:
    return YamlProblem("a tab stands where YAML wants spaces", scene.problem_at, "indent with spaces")


def _mark_of_alias(scene: _Scene) -> YamlProblem:
    character = scene.text[scene.context_at : scene.context_at + 1]
    what = "an alias" if character == "*" else "an anchor"
    return YamlProblem(f"a value that begins with `{character}` is {what} to YAML", scene.context_at, BLOCK_SCALAR_HINT)


def _mark_of_tag(scene: _Scene) -> YamlProblem:
    start, line = scene.line_at(scene.context_at)
    at = start + line.find("!") if "!" in line else scene.context_at
    return YamlProblem("a value that begins with `!` is a tag to YAML", at, BLOCK_SCALAR_HINT, _TAG)


def _open_quote(scene: _Scene) -> YamlProblem:
    quote = scene.text[scene.context_at : scene.context_at + 1]
    hint = f"close it; if it is text with quotes inside, {BLOCK_SCALAR_HINT}"
    return YamlProblem(f"the text that `{quote}` opens is never closed", scene.context_at, hint)


def _bad_escape(scene: _Scene) -> YamlProblem:
    at = max(scene.text.rfind("\\", 0, scene.problem_at + 1), scene.context_at)
    escape = scene.text[at : at + 2]
    return YamlProblem(f"`{escape}` begins no escape that YAML knows", at, BLOCK_SCALAR_HINT)


def _no_colon(scene: _Scene) -> YamlProblem:
    message = "this line is neither `key: value` nor a part of the text above it"
    return YamlProblem(message, scene.context_at, f"indent it under its key; where it is text, {BLOCK_SCALAR_HINT}")


def _no_key(scene: _Scene) -> YamlProblem:
    if scene.is_inside_line:
        return _text_after_value(scene)
    message = "the indentation of this line fits no line above it"
    return YamlProblem(message, scene.indentation_at, "indent the keys of one map, and the lines of one text, alike")


def _no_dash(scene: _Scene) -> YamlProblem:
    if scene.is_inside_line:
        return _text_after_value(scene)
    hint = "write a list or a map, not both in one place"
    return YamlProblem("this line stands in a list and does not begin with `- `", scene.problem_at, hint)


def _text_after_value(scene: _Scene) -> YamlProblem:
    return YamlProblem("text goes on after its value has ended", scene.problem_at, BLOCK_SCALAR_HINT)


def _flow(scene: _Scene) -> YamlProblem:
    opening = scene.text[scene.context_at : scene.context_at + 1]
    hint = f'quote a value that holds one of `[]{{}},` (`"list[str]"`); if it is text, {BLOCK_SCALAR_HINT}'
    start, line = scene.line_at(scene.problem_at)
    for found in _TYPE.finditer(line):
        if start + found.start("bracket") == scene.problem_at:
            message = f"`{found[0]}` has brackets, which begin a list inside `{opening}`"
            return YamlProblem(message, start + found.start(), f'quote it: `"{found[0]}"`')
    if scene.line_at(scene.context_at)[0] != scene.line_at(scene.problem_at)[0] or scene.problem_at >= len(scene.text):
        return YamlProblem(f"what `{opening}` opens is never closed", scene.context_at, hint)
    return YamlProblem(f"a comma or the end of what `{opening}` opens is missing here", scene.problem_at, hint)


def _no_value(scene: _Scene) -> YamlProblem:
    if not scene.character.strip():
        return YamlProblem("a value is missing here", scene.problem_at, f"give a value; if it is text, {BLOCK_SCALAR_HINT}")
    return YamlProblem(f"`{scene.character}` stands where a value has to be", scene.problem_at)


def _dash_after_key(scene: _Scene) -> YamlProblem:
    hint = f"put the list on the next line; if it is text, {BLOCK_SCALAR_HINT}"
    return YamlProblem("a list cannot begin on the line of its key", scene.problem_at, hint)


def _question_mark(scene: _Scene) -> YamlProblem:
    return YamlProblem("a value cannot begin with `? `", scene.problem_at, BLOCK_SCALAR_HINT)


def _text_after_bar(scene: _Scene) -> YamlProblem:
    hint = "put the text on the next line, indented"
    return YamlProblem(f"text stands on the line of `{scene.text[scene.context_at]}`", scene.problem_at, hint)


def _second_document(scene: _Scene) -> YamlProblem:
    line = scene.line_at(max(scene.problem_at - 1, 0))[1]
    if line.rstrip() == "...":
        return YamlProblem("text stands after the end of the document", scene.problem_at, "take the `...` away", "yaml-documents")
    return YamlProblem("this line does not belong to the map or list above it", scene.problem_at, "indent the keys of one map alike")


def _directive(scene: _Scene) -> YamlProblem:
    return YamlProblem("a line that begins with `%` is a YAML directive", scene.context_at, "take the line away", "yaml-directive")


def _nesting(scene: _Scene) -> YamlProblem:
    return YamlProblem("lists and maps stand inside each other too deep", scene.problem_at, "make the structure flatter", "yaml-too-deep")


# In this order: the first words that occur in what the parser said decide. They are libyaml's, then those of PyYAML's own parser.
_EXPLANATIONS: Final[tuple[tuple[str, Callable[[_Scene], YamlProblem]], ...]] = (
    ("nesting", _nesting),
    ("maximum depth", _nesting),
    ("a directive", _directive),
    ("directive", _directive),
    ("an alias", _mark_of_alias),
    ("an anchor", _mark_of_alias),
    ("tag", _mark_of_tag),
    ("mapping values are not allowed", _second_colon),
    ("cannot start any token", _bad_start),
    ("tab character", _tab),
    ("end of stream", _open_quote),
    ("document indicator", _open_quote),
    ("unexpected document separator", _open_quote),
    ("a quoted scalar", _bad_escape),
    ("double-quoted scalar", _bad_escape),
    ("could not find expected ':'", _no_colon),
    ("expected key", _no_key),
    ("expected '-' indicator", _no_dash),
    ("while parsing a block mapping", _no_key),
    ("while parsing a block collection", _no_dash),
    ("a flow sequence", _flow),
    ("a flow mapping", _flow),
    ("expected node content", _no_value),
    ("expected the node content", _no_value),
    ("block sequence entries are not allowed", _dash_after_key),
    ("sequence entries are not allowed", _dash_after_key),
    ("mapping keys are not allowed", _question_mark),
    ("a block scalar", _text_after_bar),
    ("<document start>", _second_document),
)
