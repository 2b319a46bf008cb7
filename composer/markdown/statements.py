"""Statements, ``{% if tests %}``: which ones fragments have, and what a line says that holds nothing but one.

What a statement does with the lines below it is :mod:`composer.markdown.scan`'s; one inside a text is :mod:`composer.markdown.template`'s.
"""

from __future__ import annotations

import re
from typing import Final

from composer.blocks import Identifier, TextLine
from composer.errors import Diagnostics
from composer.markdown.lines import indentation, text_location, trailing_identifier
from composer.records import dataclass
from composer.source import Location, SourceFile

__all__ = [
    "MAX_NESTING",
    "STATEMENT_WORDS",
    "Statement",
    "is_include_line",
    "read_statement",
    "report_nesting",
    "report_unknown_statement",
    "statement_words",
]

MAX_NESTING: Final = 16
"""How deep statements, and lists, may stand inside each other."""
INSTEAD_OF: Final = {
    "set": "declare a variable under `vars` in the front matter",
    "macro": "write a fragment and include it",
    "call": "write a fragment and include it",
    "import": "use `include`",
    "from": "use `include`",
    "extends": "use `include`, or `extends` in a profile",
    "block": "give the block an id, so that a profile can replace it",
    "filter": "write the filter inside `{{ }}`",
    "with": "declare a variable under `vars` in the front matter",
}
STATEMENT_WORDS: Final = frozenset({"include", "if", "elif", "else", "endif", "for", "endfor", "raw", "endraw"})

_STATEMENT: Final = re.compile(r"\{%(?P<open>[-+]?)(?P<body>.*?)(?P<close>[-+]?)%\}", re.DOTALL)
_STATEMENT_LINE: Final = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?P<hashes>\#{1,6})[ \t]+)?\{%(?P<open>[-+]?)(?P<body>(?:(?!%\}).)*?)(?P<close>[-+]?)%\}[ \t]*$"
)
# Only texts without Jinja need this one, so it is compiled when it is first looked at.
_INCLUDE_LINE: Final = r"""[ \t]*(?:\#{1,6}[ \t]+)?\{%[ \t]*include[ \t]+["'][^"'{}]+["'][ \t]*%\}[ \t]*"""


@dataclass(slots=True)
class Statement:
    """A statement that stands alone on its line.

    ``body`` is what it says, from its ``word`` on. ``level`` is that of the heading that it stands in. ``has_sign`` tells of a ``-`` or
    ``+`` beside a percent sign. ``identifier`` is set when the line is taken: a line that is only looked at gives no id to anything.
    """

    word: str
    body: TextLine
    indent: int
    level: int | None
    location: Location
    has_sign: bool
    has_identifier: bool
    identifier: Identifier | None = None


def read_statement(source: SourceFile, line: TextLine) -> Statement | None:
    """Read a line as a statement that stands alone on it, with an id behind it or without, if it is one."""
    identifier = trailing_identifier(line.text)
    text = line.text[: identifier.start()] if identifier else line.text
    match = _STATEMENT_LINE.match(text)
    if match is None or "{%" in match["body"]:
        return None
    words = match["body"].split(None, 1)
    word = words[0] if words else ""
    if match["hashes"] and word != "include":
        return None
    start = line.offset + match.start("body") + len(match["body"]) - len(match["body"].lstrip())
    return Statement(
        word,
        TextLine(start, match["body"].strip()),
        indentation(text)[0],
        len(match["hashes"]) if match["hashes"] else None,
        text_location(source, line),
        has_sign=bool(match["open"] or match["close"]),
        has_identifier=identifier is not None,
    )


def is_include_line(text: str) -> bool:
    """Whether a line is an include of one fragment by its address: the only statement of a text without Jinja."""
    return re.fullmatch(_INCLUDE_LINE, text) is not None


def statement_words(text: str) -> list[str]:
    """Return the first word of each statement in ``text``."""
    # What opens behind the last end is no statement, and seeking the end of each takes for ever.
    text = text[: text.rfind("%}") + 2] if "%}" in text else ""
    return [words[0] if (words := match["body"].split()) else "" for match in _STATEMENT.finditer(text)]


def report_nesting(location: Location, diagnostics: Diagnostics) -> None:
    """Report what stands too deep inside others of its kind."""
    message = f"statements, or lists, stand inside each other more than {MAX_NESTING} deep"
    diagnostics.error("nested-too-deeply", message, location, "make the structure flatter, or put a part of it into a fragment")


def report_unknown_statement(word: str, location: Location, diagnostics: Diagnostics) -> None:
    """Report a statement that fragments do not have, with what to write instead."""
    hint = INSTEAD_OF.get(word, "statements are `include`, `if`, `for` and `raw`")
    message = f"`{word}` is not a statement of fragments" if word else "nothing stands between `{%` and `%}`"
    diagnostics.error("unknown-statement", message, location, hint)
