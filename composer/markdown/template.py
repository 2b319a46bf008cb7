"""The text of one block as a template: literal runs, filled expressions, and ``if`` and ``for`` inside the text.

What stands alone on a line is structure and was taken out by :mod:`composer.markdown.scan`; what is left is read here once, with the
place of each part.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from operator import itemgetter
from typing import Final

from composer.blocks import Text
from composer.errors import Diagnostics
from composer.markdown.expressions import Expression, ExpressionError, parse_expression
from composer.markdown.statements import MAX_NESTING, report_nesting, report_unknown_statement
from composer.records import dataclass, field
from composer.source import Location, SourceFile

__all__ = ["Choice", "Fill", "Literal", "Part", "Repeat", "Templates", "read_expression"]

_LOOP_NAME: Final = re.compile(r"^(?P<name>[a-z_][a-z0-9_]*)\s+in\s+(?P<values>.+)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Literal:
    """Characters that are printed as they stand."""

    text: str
    location: Location


@dataclass(frozen=True, slots=True)
class Fill:
    """``{{ expression }}``."""

    expression: Expression
    location: Location


@dataclass(frozen=True, slots=True)
class Choice:
    """``{% if %}`` inside a text: the first branch whose condition holds; None is ``else``."""

    branches: tuple[tuple[Expression | None, Location, tuple[Part, ...]], ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``{% for name in values %}`` inside a text."""

    name: str
    values: Expression
    location: Location
    body: tuple[Part, ...]


Part = Literal | Fill | Choice | Repeat


@dataclass(slots=True)
class _Token:
    """A piece of the text: ``kind`` is literal, fill, statement or comment; ``start`` and ``end`` are offsets in the joined text."""

    kind: str
    start: int
    end: int
    body: str = ""
    body_start: int = 0
    trims_left: bool = False
    trims_right: bool = False


@dataclass(slots=True)
class Templates:
    """Reads each text once. What is wrong with one is reported when it is first read."""

    diagnostics: Diagnostics
    _read: dict[Text, tuple[Part, ...]] = field(default_factory=dict)

    def take(self, other: Templates) -> None:
        """Take over what others were read as, where nothing was wrong with any of them."""
        self._read = other._read

    def of(self, text: Text) -> tuple[Part, ...]:
        """Return the parts of ``text``."""
        parts = self._read.get(text)
        if parts is None:
            parts = self._read[text] = _Reader(text, self.diagnostics).read()
        return parts


def read_expression(text: str, location: Location, diagnostics: Diagnostics) -> Expression | None:
    """Read one expression; where it is wrong, say so and return None."""
    try:
        return parse_expression(text)
    except ExpressionError as error:
        diagnostics.error(error.code, str(error), location, error.hint)
        return None


def expressions_of(parts: tuple[Part, ...], bound: frozenset[str] = frozenset()) -> Iterator[tuple[Expression, Location, frozenset[str]]]:
    """Give each expression with its place and the names that loops around it bind."""
    for part in parts:
        match part:
            case Literal():
                continue
            case Fill():
                yield part.expression, part.location, bound
            case Choice():
                for condition, location, body in part.branches:
                    if condition is not None:
                        yield condition, location, bound
                    yield from expressions_of(body, bound)
            case Repeat():
                yield part.values, part.location, bound
                yield from expressions_of(part.body, bound | {part.name, "loop"})


class _Reader:
    """Reads one text."""

    def __init__(self, text: Text, diagnostics: Diagnostics) -> None:
        self._text = text
        self._source: SourceFile = text.source
        self._diagnostics = diagnostics
        self._joined = str(text)
        # The offset in the source for each line start of the joined text.
        self._starts: list[tuple[int, int]] = []
        position = 0
        for line in text.lines:
            self._starts.append((position, line.offset))
            position += len(line.text) + 1

    def read(self) -> tuple[Part, ...]:
        if self._text.plain or ("{" not in self._joined and "\\" not in self._joined):
            return tuple(self._literals(0, len(self._joined)))
        tokens = self._trim(self._tokens())
        if self._is_too_deep(tokens):
            return ()
        parts, end = self._parts(tokens, 0, None)
        while end < len(tokens):
            self._report_unopened(tokens[end])
            more, end = self._parts(tokens, end + 1, None)
            parts = (*parts, *more)
        return parts

    # --- places -------------------------------------------------------------------------------------------------------

    def _offset(self, position: int) -> int:
        if not self._starts:
            return 0
        start, offset = self._starts[bisect_right(self._starts, position, key=itemgetter(0)) - 1]
        return offset + position - start

    def _location(self, start: int, end: int) -> Location:
        first = self._offset(start)
        return self._source.at(first, max(self._offset(max(end - 1, start)) + 1, first))

    def _literals(self, start: int, end: int) -> Iterator[Literal]:
        r"""Give the characters as literals, line by line, so that each has one place; `\\{#` loses its backslash."""
        while start < end:
            line_end = self._joined.find("\n", start, end)
            stop = end if line_end < 0 else line_end + 1
            escape = self._joined.find("\\{#", start, stop)
            if escape > start:
                stop = escape
            elif escape == start:
                yield Literal("{#", self._location(start, start + 3))
                start += 3
                continue
            yield Literal(self._joined[start:stop], self._location(start, stop))
            start = stop

    # --- tokens -------------------------------------------------------------------------------------------------------

    def _tokens(self) -> list[_Token]:
        text, tokens = self._joined, []
        position = literal = 0
        while (position := text.find("{", position)) >= 0:
            token = self._token_at(position)
            if token is None:
                position += 1
                continue
            if literal < position:
                tokens.append(_Token("literal", literal, position))
            tokens.append(token)
            position = literal = token.end
        if literal < len(text):
            tokens.append(_Token("literal", literal, len(text)))
        return tokens

    def _token_at(self, position: int) -> _Token | None:
        text = self._joined
        opening = text[position : position + 2]
        if opening == "{{" and text[position - 1 : position] == "$" and position:
            end = text.find("}}", position)
            return _Token("literal", position, len(text) if end < 0 else end + 2)
        if opening == "{#" and text[position - 1 : position] != "\\":
            return self._closed("comment", position, text.find("#}", position + 2), "#}")
        if opening == "{%":
            token = self._closed("statement", position, self._find_outside_quotes("%}", position + 2), "%}")
            return self._raw(token) if token.body == "raw" else token
        if opening == "{{":
            return self._closed("fill", position, self._find_outside_quotes("}}", position + 2), "}}")
        return None

    def _closed(self, kind: str, start: int, closing: int, mark: str) -> _Token:
        text = self._joined
        if closing < 0:
            opening = text[start : start + 2]
            name = re.match(r"\{#[a-z0-9-]+\}", text[start:])
            way = f"an id stands at the end of its line: move `{name[0]}` there" if name else f"close it with `{mark}` in the same block"
            self._diagnostics.error(
                f"unclosed-{'expression' if kind == 'fill' else kind}",
                f"`{opening}` is never closed",
                self._location(start, start + 2),
                f"{way}; to print `{opening}` put it between `{{% raw %}}` and `{{% endraw %}}`",
            )
            return _Token("comment", start, len(text))
        inner = text[start + 2 : closing]
        left, right = inner[:1] in {"-", "+"}, inner[-1:] in {"-", "+"} and len(inner) > 1
        body = inner[1 if left else 0 : len(inner) - 1 if right else len(inner)]
        body_start = start + 2 + (1 if left else 0) + len(body) - len(body.lstrip())
        trims_left, trims_right = inner[:1] == "-", right and inner[-1:] == "-"
        return _Token(kind, start, closing + 2, body.strip(), body_start, trims_left, trims_right)

    def _find_outside_quotes(self, mark: str, position: int) -> int:
        quote = ""
        while position < len(self._joined):
            character = self._joined[position]
            if quote:
                quote = "" if character == quote else quote
            elif character in "\"'":
                quote = character
            elif self._joined.startswith(mark, position):
                return position
            position += 1
        return -1

    def _raw(self, opening: _Token) -> _Token:
        closing = re.compile(r"\{%-?\s*endraw\s*-?%\}").search(self._joined, opening.end)
        if closing is None:
            self._diagnostics.error(
                "unclosed-statement",
                "`{% raw %}` is never closed",
                self._location(opening.start, opening.end),
                "close it with `{% endraw %}`",
            )
            return _Token("comment", opening.start, len(self._joined))
        return _Token("raw", opening.start, closing.end(), self._joined[opening.end : closing.start()], opening.end)

    def _trim(self, tokens: list[_Token]) -> list[_Token]:
        """Apply `{%-` and `-%}`: take the blanks off the literals beside them."""
        for index, token in enumerate(tokens):
            before = tokens[index - 1] if index else None
            after = tokens[index + 1] if index + 1 < len(tokens) else None
            if token.trims_left and before is not None and before.kind == "literal":
                before.end = before.start + len(self._joined[before.start : before.end].rstrip())
            if token.trims_right and after is not None and after.kind == "literal":
                after.start = after.end - len(self._joined[after.start : after.end].lstrip())
        return tokens

    def _is_too_deep(self, tokens: list[_Token]) -> bool:
        depth = 0
        for token in tokens:
            if token.kind == "statement":
                word = token.body.split(None, 1)[0] if token.body else ""
                depth += (word in {"if", "for"}) - (word in {"endif", "endfor"})
                if depth > MAX_NESTING:
                    report_nesting(self._location(token.start, token.end), self._diagnostics)
                    return True
        return False

    # --- parts --------------------------------------------------------------------------------------------------------

    def _parts(self, tokens: list[_Token], index: int, opening: _Token | None) -> tuple[tuple[Part, ...], int]:
        """Read parts up to a statement that ends them; return them and the index of that statement."""
        parts: list[Part] = []
        while index < len(tokens):
            token = tokens[index]
            if token.kind == "literal":
                parts.extend(self._literals(token.start, token.end))
            elif token.kind == "raw":
                parts.extend(self._literals(token.body_start, token.body_start + len(token.body)))
            elif token.kind == "fill":
                if (expression := self._expression(token.body, token)[0]) is not None:
                    parts.append(Fill(expression, self._location(token.start, token.end)))
            elif token.kind == "statement":
                word = token.body.split(None, 1)[0] if token.body else ""
                if word in {"elif", "else", "endif", "endfor"}:
                    return tuple(parts), index
                part, index = self._statement(word, tokens, index)
                parts.extend(part)
            index += 1
        if opening is not None:
            word = opening.body.split(None, 1)[0]
            self._diagnostics.error(
                "unclosed-statement",
                f"`{{% {word} %}}` is never closed",
                self._location(opening.start, opening.end),
                f"close it with `{{% end{word} %}}` in the same block",
            )
        return tuple(parts), index

    def _statement(self, word: str, tokens: list[_Token], index: int) -> tuple[tuple[Part, ...], int]:
        token = tokens[index]
        if word == "if":
            return self._choice(tokens, index)
        if word == "for":
            return self._repeat(tokens, index)
        location = self._location(token.start, token.end)
        if word == "include":
            hint = "put it alone on a line, or alone in a heading: `## {% include ... %}`"
            self._diagnostics.error("include-in-text", "an include stands inside a line of text", location, hint)
        else:
            report_unknown_statement(word, location, self._diagnostics)
        return (), index

    def _choice(self, tokens: list[_Token], index: int) -> tuple[tuple[Part, ...], int]:
        opening = tokens[index]
        branches: list[tuple[Expression | None, Location, tuple[Part, ...]]] = []
        word = "if"
        while word in {"if", "elif", "else"}:
            token = tokens[index]
            condition, location = None, self._location(token.start, token.end)
            if word != "else":
                condition, location = self._expression(token.body[len(word) :].strip(), token, len(word))
            body, index = self._parts(tokens, index + 1, opening)
            if condition is not None or word == "else":
                branches.append((condition, location, body))
            if index >= len(tokens):
                break
            word = tokens[index].body.split(None, 1)[0]
        if index < len(tokens) and word != "endif":
            self._report_unopened(tokens[index])
        return (Choice(tuple(branches)),), index

    def _repeat(self, tokens: list[_Token], index: int) -> tuple[tuple[Part, ...], int]:
        token = tokens[index]
        match = _LOOP_NAME.match(token.body[len("for") :].strip())
        location = self._location(token.start, token.end)
        values = None
        if match:
            before = len(token.body) - len(match["values"])
            values, location = self._expression(match["values"], token, before)
        body, index = self._parts(tokens, index + 1, token)
        if index < len(tokens) and tokens[index].body != "endfor":
            self._report_unopened(tokens[index])
        if match is None:
            self._diagnostics.error("bad-loop", "a `for` names one variable and one list", location, "write `{% for item in list %}`")
            return (), index
        return ((Repeat(match["name"], values, location, body),) if values is not None else ()), index

    def _expression(self, text: str, token: _Token, before: int = 0) -> tuple[Expression | None, Location]:
        """Read the expression that stands in a token, behind ``before`` characters of its body; give it with its place."""
        start = self._joined.find(text, token.body_start + before, token.end)
        location = self._location(start, start + len(text)) if text else self._location(token.start, token.end)
        return read_expression(text, location, self._diagnostics), location

    def _report_unopened(self, token: _Token) -> None:
        word = token.body.split(None, 1)[0]
        self._diagnostics.error(
            "unopened-statement",
            f"`{{% {word} %}}` closes nothing here",
            self._location(token.start, token.end),
            "open and close a statement in the same block, or put each alone on a line around whole blocks",
        )
