"""Texts, numbers and maps -> YAML that the strict reader takes for the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

__all__ = [
    "BlockText",
    "NewValue",
    "block_header",
    "block_lines",
    "double_quoted",
    "entry_lines",
    "fits_block",
    "flow_entry",
    "is_plain_text",
    "is_simple_key",
    "needs_indicator",
    "single_quoted",
]


class BlockText(str):
    """A text that is written as a block scalar (``|``) where its place allows one, however short it is: prompt text."""

    __slots__ = ()


NewValue = str | bool | int | Sequence[str] | Mapping[str, "NewValue"]
"""What an added entry can hold; a list of texts stands in brackets, on one line."""

# What readers of YAML 1.1 or 1.2 take for anything but text. Our own reader knows fewer; editors do not.
_OTHER_THAN_TEXT: Final = re.compile(
    r"""(?i: | ~ | null | true | false | yes | no | on | off
      | [-+]? (?: \.[0-9]+ | [0-9][0-9_]* (?: \.[0-9]* )? ) (?: e[-+]?[0-9]+ )?
      | 0x[0-9a-f]+ | 0o[0-7]+ | [-+]?\.inf | \.nan
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} )""",
    re.VERBOSE,
)
# Narrower than YAML's own rule: nobody should have to know YAML's own rule to see that it is text.
_SIMPLE: Final = re.compile(r"""[^\W_] (?: [\w ./,;()'"+@*=%&?!$<>-]* [\w./)'"?!] )?""", re.VERBOSE)
# The address of a block: a `#` begins a comment behind a blank alone.
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9_./-]*#[a-z0-9-]+")
_LONGEST_SIMPLE: Final = 80
_SIMPLE_KEY: Final = re.compile(r"[\w./] (?: [\w./@+()\#-] | [ ](?=[\w./(]) )*", re.VERBOSE)
_LONGEST_KEY: Final = 120
# Between brackets a comma ends a text.
_LISTED: Final = re.compile(r"[A-Za-z][\w ./()@+-]*[\w)]|[A-Za-z]")
# Line ends to readers of YAML 1.1, and a mark that they drop. Quotes can hold them as escapes.
_UNSEEN: Final = re.compile("[\u2028\u2029\ufeff]")
_SPECIAL: Final = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]')
_NAMED: Final = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t"}


def is_plain_text(text: str) -> bool:
    """Whether no reader takes ``text``, written without quotes, for a number, a boolean, a date or nothing, or ends it early."""
    return not _OTHER_THAN_TEXT.fullmatch(text) and not _UNSEEN.search(text)


def double_quoted(text: str) -> str:
    """Write a text in double quotes, on one line."""
    return f'"{_SPECIAL.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")  # noqa: PLR2004


def single_quoted(text: str) -> str:
    """Write a text of one line in single quotes."""
    return "'" + text.replace("'", "''") + "'"


# --- block scalars ----------------------------------------------------------------------------------------------------


def fits_block(text: str) -> bool:
    """Whether a block scalar shows a text as it is: there has to be something to see, and no blanks that only quotes show."""
    is_line = "\n" not in text.rstrip("\n")
    return bool(text.strip()) and not (is_line and text.rstrip("\n") != text.strip())


def needs_indicator(text: str) -> bool:
    """Whether the header of a block scalar has to say how deep its text is indented, because the text begins with blanks."""
    return text.lstrip("\n")[:1] in {" ", "\t"}


def block_header(text: str, step: int, signs: str = "") -> str:
    """Return the header of a literal block scalar.

    Args:
        text: What it has to hold.
        step: By how many columns its text is indented.
        signs: Those that it had; kept as far as the text allows.
    """
    has_indicator = needs_indicator(text) or any(sign.isdigit() for sign in signs)
    chomping = "+" if text.endswith("\n\n") else signs.strip("123456789")
    return f"|{step if has_indicator else ''}{chomping}"


def block_lines(text: str, indent: int) -> str:
    """Return the lines of a block scalar below its header, each with a line end."""
    lines = text.removesuffix("\n").split("\n")
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in lines)


# --- entries ----------------------------------------------------------------------------------------------------------


def entry_lines(key: str, value: NewValue, column: int, step: int, *, as_written: bool, with_blocks: bool = True) -> str:
    """Write an entry of a map as lines, each with a line end.

    Args:
        key: The key.
        value: A map goes below its key.
        column: Where the key stands.
        step: By how many columns parts are indented.
        as_written: Whether texts stand without quotes, whatever they read as.
        with_blocks: Whether texts that need it become block scalars, and not quoted texts.
    """
    lead = f"{' ' * column}{_key(key)}:"
    inner = column + step
    if isinstance(value, Mapping):
        if not value:
            return f"{lead} {{}}\n"
        parts = (entry_lines(name, part, inner, step, as_written=as_written, with_blocks=with_blocks) for name, part in value.items())
        return f"{lead}\n{''.join(parts)}"
    if isinstance(value, str) and not as_written and with_blocks and _wants_block(value):
        return f"{lead} {block_header(value, step)}\n{block_lines(value, inner)}"
    return f"{lead} {_inline(value, as_written=as_written)}\n"


def _wants_block(text: str) -> bool:
    is_prompt = "\n" in text or (is_plain_text(text) and not _is_simple(text))
    return fits_block(text) and (isinstance(text, BlockText) or is_prompt)


def _is_simple(text: str) -> bool:
    return (len(text) <= _LONGEST_SIMPLE and bool(_SIMPLE.fullmatch(text))) or bool(_ADDRESS.fullmatch(text))


def _inline(value: str | bool | int | Sequence[str], *, as_written: bool) -> str:  # noqa: FBT001 - it is the value itself
    if not isinstance(value, str | bool | int):
        return f"[{', '.join(_listed(item) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or as_written:
        return str(value)
    return value if is_plain_text(value) and _is_simple(value) else double_quoted(value)


def _listed(text: str) -> str:
    return text if _LISTED.fullmatch(text) and is_plain_text(text) else double_quoted(text)


def flow_entry(key: str, value: NewValue, *, as_written: bool) -> str:
    """Write an entry between braces. Texts are quoted: prompt text without quotes is refused there."""
    return f"{_key(key)}: {_flow_value(value, as_written=as_written)}"


def _flow_value(value: NewValue, *, as_written: bool) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(flow_entry(name, part, as_written=as_written) for name, part in value.items())}}}"
    if isinstance(value, str) and not as_written:
        return double_quoted(value)
    return _inline(value, as_written=as_written)


def is_simple_key(key: str) -> bool:
    """Whether a key stands without quotes."""
    return len(key) <= _LONGEST_KEY and bool(_SIMPLE_KEY.fullmatch(key)) and is_plain_text(key)


def _key(key: str) -> str:
    return key if is_simple_key(key) else double_quoted(key)
