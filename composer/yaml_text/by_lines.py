"""Reads YAML in the form that nearly every profile has, by one look at each line: the nodes that events make, in less than half the time.

The form: block maps and lists; keys that are plain words; values that are plain or quoted, without escapes, and end on their line;
literals (``|``); lists and maps in brackets on one line, of such values; comments. Everything else, and everything that is wrong, is not
read here: it is left to :mod:`composer.yaml_text.strict`, which alone knows what YAML is and what to say of it. So this module reports
nothing, and whatever is in doubt has another form.
"""

from __future__ import annotations

import re
from typing import Final

from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.source import Location, SourceFile

__all__ = ["read_by_lines"]

_PLAIN: Final = ScalarStyle.PLAIN
_QUOTED: Final = ScalarStyle.QUOTED
_BLOCK: Final = ScalarStyle.BLOCK

# Far below what is refused elsewhere.
_DEEPEST: Final = 16
_MOST_NODES: Final = 150_000

_NULLS: Final = frozenset({"~", "null", "Null", "NULL"})
_MARKS: Final = frozenset("|[{\"'")
"""What a value begins with that is not plain."""

# No pattern can match in two ways: each part ends where the next has to begin. What repeats possessively is single characters.
_COMMENTS: Final = r"(?:\ *+\#[^\n]*+\n|\n)*"
# Short enough for a key (YAML wants its colon within 1024 characters), and without characters that mean something.
_KEY: Final = r"[A-Za-z0-9_][A-Za-z0-9_./#-]{0,200}+"
# Begins with no mark of YAML's, and stops before `: `, ` #` and the spaces that end a line.
_PLAIN_TEXT: Final = r"[\w(./<$+][^\n:#\ ]*+(?:(?:\ ++(?![#\n])|:(?![\ \n])|\#)[^\n:#\ ]*+)*"
_QUOTED_TEXT: Final = r""" "[^"\\\n]*+" | '[^'\n]*+' """
_WORD: Final = r"\w[^\s,\[\]{}:?]*+"
_FLOW_TEXT: Final = rf"(?:{_WORD}(?:\ ++{_WORD})*|{_QUOTED_TEXT})"
_FLOW_ENTRY: Final = rf"{_KEY}:\ ++{_FLOW_TEXT}"

# By their numbers, groups are found faster than by their names.
_INDENTATION: Final = 1
_VALUE: Final = 4
_TEXTS: Final = 2

_SKIPPED: Final = re.compile(_COMMENTS, re.VERBOSE)
_LINE: Final = re.compile(
    rf"""{_COMMENTS}
    (?P<indentation>\ *+)(?![\n\#])
    (?P<dash>-\ )?
    (?:(?P<key>{_KEY}):(?:\ ++|(?=\n)))?
    (?P<value>
        {_PLAIN_TEXT}
      | {_QUOTED_TEXT}
      | \[\ *+(?:{_FLOW_TEXT}(?:\ *+,\ *+{_FLOW_TEXT})*\ *+)?\]
      | \{{\ *+(?:{_FLOW_ENTRY}(?:\ *+,\ *+{_FLOW_ENTRY})*\ *+)?\}}
      | \|
    )?
    \ *+(?:(?<=\ )\#[^\n]*+)?\n""",
    re.VERBOSE,
)
_ITEMS: Final = re.compile(
    rf"(?P<indentation>\ *+)-\ (?P<texts>{_PLAIN_TEXT}(?=\n)(?:\n(?P=indentation)-\ {_PLAIN_TEXT}(?=\n))*)\n", re.VERBOSE
)
"""Items of a list of one plain text each, which is what most lines of a long profile are."""
_ITEM_IN_FLOW: Final = re.compile(_FLOW_TEXT, re.VERBOSE)
_ENTRY_IN_FLOW: Final = re.compile(rf"(?P<key>{_KEY}):\ ++(?P<text>{_FLOW_TEXT})", re.VERBOSE)
_LITERAL: Final = re.compile(r"(?P<indentation> ++)[^\n]++\n(?:(?P=indentation)[^\n]*+\n|\n)*")


class _OtherForm(Exception):  # noqa: N818 - it is what the text has, not a failure
    """The text has not the form that is read here."""


def read_by_lines(source: SourceFile, start: int, end: int) -> YamlMapping | None:
    """Read the characters ``start`` up to ``end`` of a source as a YAML map.

    Args:
        source: The whole text; these characters of it are none that a source may not hold, and none that YAML takes for a line end.
        start: The first character, as an offset.
        end: The offset after the last character.

    Returns:
        The map, as the strict reader makes it without a complaint; None where the text has another form, or might have.
    """
    text = source.text
    if not text.endswith("\n", start, end) or text.find("\t", start, end) >= 0:
        return None
    try:
        return _Reader(source, start, end).read()
    except _OtherForm:
        return None


class _Open:
    """A map or a list that is being read."""

    __slots__ = ("column", "end", "entries", "is_list", "items", "key", "keys", "start")

    items: list[YamlNode]
    entries: dict[str, YamlNode]
    keys: dict[str, YamlScalar]

    def __init__(self, column: int, start: int, *, is_list: bool) -> None:
        self.column = column
        self.start = start
        self.end = start
        self.is_list = is_list
        self.key: str | None = None
        """The key whose value comes next."""
        if is_list:
            self.items = []
        else:
            self.entries = {}
            self.keys = {}


class _Reader:
    """Goes down the lines with a stack of the maps and lists around each."""

    def __init__(self, source: SourceFile, start: int, end: int) -> None:
        self._source = source
        self._end = end
        self._first = self._skip(start)
        self._around = [_Open(0, self._first, is_list=False)]
        self._nodes = 0

    def read(self) -> YamlMapping:
        text, position, end = self._source.text, self._first, self._end
        while position < end:
            if items := _ITEMS.match(text, position, end):
                position = self._take_items(items)
            elif line := _LINE.match(text, position, end):
                position = self._take_line(line)
            elif (position := self._skip(position)) < end:
                raise _OtherForm
        while len(self._around) > 1:
            self._close()
        root = self._around[0]
        if root.key is not None or not root.keys or self._nodes > _MOST_NODES:
            raise _OtherForm
        return YamlMapping(root.entries, root.keys, Location(self._source, root.start, root.end))

    def _skip(self, position: int) -> int:
        skipped = _SKIPPED.match(self._source.text, position, self._end)
        return skipped.end() if skipped else position

    # --- lines --------------------------------------------------------------------------------------------------------

    def _take_items(self, items: re.Match[str]) -> int:
        """Take items of a list; return where the next line begins."""
        indentation, written = items.groups()
        start = items.start(_TEXTS)
        around = self._around_line(len(indentation), start - 2, is_list=True)
        texts = written.split(f"\n{indentation}- ")
        if not _NULLS.isdisjoint(texts):
            raise _OtherForm
        source, add, between = self._source, around.items.append, len(indentation) + 3
        for text in texts:
            end = start + len(text)
            add(YamlScalar(text, _PLAIN, source, start, end))
            start = end + between
        around.end = start - between
        return items.end()

    def _take_line(self, line: re.Match[str]) -> int:
        """Take a line with a key, or with one item of a list; return where the next begins."""
        indentation, dash, key, value = line.groups()
        column = len(indentation)
        start = line.end(_INDENTATION)
        around = self._around[-1]
        if around.column != column or around.is_list is (dash is None) or around.key is not None:  # not as the line above
            around = self._around_line(column, start, is_list=dash is not None)
        if key is None:
            if dash is None or value is None:
                raise _OtherForm
        else:
            if dash is not None:
                start += 2
                around = self._open(column + 2, start, is_list=False)
            if key in around.keys:
                raise _OtherForm
            around.keys[key] = YamlScalar(key, _PLAIN, self._source, start, start + len(key))
            if value is None:
                around.key = key
                return line.end()
        below = line.end()
        start = line.start(_VALUE)
        end = start + len(value)
        mark = value[0]
        node: YamlNode
        if mark not in _MARKS:
            if value in _NULLS:
                raise _OtherForm
            node = YamlScalar(value, _PLAIN, self._source, start, end)
        elif mark == "|":
            node = self._literal(start, below, around.column)
            below = end = node.end
        elif mark in "[{":
            node = self._flow_list(start, end) if mark == "[" else self._flow_map(start, end)
        else:
            node = YamlScalar(value[1:-1], _QUOTED, self._source, start, end)
        if key is None:
            around.items.append(node)
        else:
            around.entries[key] = node
        around.end = end
        return below

    def _literal(self, start: int, below: int, column: int) -> YamlScalar:
        """Read the lines of a literal, and the empty lines that follow; ``column`` is that of the map or list around it."""
        literal = _LITERAL.match(self._source.text, below, self._end)
        if literal is None or len(literal["indentation"]) <= column:
            raise _OtherForm
        indentation = literal["indentation"]
        text = literal[0][len(indentation) :].replace(f"\n{indentation}", "\n").rstrip("\n") + "\n"
        return YamlScalar(text, _BLOCK, self._source, start, literal.end())

    def _flow_list(self, start: int, end: int) -> YamlSequence:
        """Read a list in brackets."""
        found = _ITEM_IN_FLOW.finditer(self._source.text, start + 1, end - 1)
        items = [self._in_flow(part[0], part.start()) for part in found]
        self._nodes += len(items) + 2
        return YamlSequence(tuple(items), Location(self._source, start, end))

    def _flow_map(self, start: int, end: int) -> YamlMapping:
        """Read a map in brackets."""
        entries: dict[str, YamlNode] = {}
        keys: dict[str, YamlScalar] = {}
        for part in _ENTRY_IN_FLOW.finditer(self._source.text, start + 1, end - 1):
            key, text = part.groups()
            if key in keys:
                raise _OtherForm
            keys[key] = self._in_flow(key, part.start())
            entries[key] = self._in_flow(text, part.start(2))
        self._nodes += 2 * len(keys) + 2
        return YamlMapping(entries, keys, Location(self._source, start, end))

    def _in_flow(self, text: str, start: int) -> YamlScalar:
        if text in _NULLS:
            raise _OtherForm
        end = start + len(text)
        if text[0] in _MARKS:
            return YamlScalar(text[1:-1], _QUOTED, self._source, start, end, in_flow=True)
        return YamlScalar(text, _PLAIN, self._source, start, end, in_flow=True)

    # --- maps and lists -----------------------------------------------------------------------------------------------

    def _around_line(self, column: int, start: int, *, is_list: bool) -> _Open:
        """Return the map that a line with a key belongs to, or the list that one with a dash belongs to."""
        around = self._around[-1]
        if around.key is not None:
            # A list may stand as far left as the key that it is the value of.
            if column > around.column or (is_list and column == around.column):
                return self._open(column, start, is_list=is_list)
            raise _OtherForm
        while around.column > column or (around.column == column and around.is_list and not is_list):
            around = self._close()
        if around.column != column or around.is_list is not is_list:
            raise _OtherForm
        return around

    def _open(self, column: int, start: int, *, is_list: bool) -> _Open:
        if len(self._around) == _DEEPEST:
            raise _OtherForm
        opened = _Open(column, start, is_list=is_list)
        self._around.append(opened)
        return opened

    def _close(self) -> _Open:
        """End the innermost map or list, and return what is around it."""
        done = self._around.pop()
        if done.key is not None:
            raise _OtherForm
        node: YamlNode
        location = Location(self._source, done.start, done.end)
        if done.is_list:
            self._nodes += len(done.items) + 2
            node = YamlSequence(tuple(done.items), location)
        else:
            self._nodes += 2 * len(done.keys) + 2
            node = YamlMapping(done.entries, done.keys, location)
        around = self._around[-1]
        if around.is_list:
            around.items.append(node)
        elif around.key is not None:
            around.entries[around.key] = node
            around.key = None
        around.end = done.end
        return around
