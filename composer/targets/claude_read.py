r"""Reads the agent files that people have: as leniently as Claude Code itself, and saying what had to be mended.

The tool ends the front matter at the first ``---`` after the opening fence, wherever it stands; where the YAML does not
parse it puts top-level values with special characters in quotes and tries again; and it turns each backslash-n pair in
a description into a line break. Two mendings here go further than the tool's: a block scalar's ``|`` and a list in
brackets are left as they are, where the tool would quote them and so lose the value.
"""

from __future__ import annotations

import re
from typing import Final

from composer.model.yaml_nodes import Plain
from composer.source import BYTE_ORDER_MARK, with_line_feeds
from composer.targets.base import ReadAgent
from composer.yaml_text.lenient import YamlProblem, read_core

__all__ = ["FENCE", "FRONT_MATTER_BEGIN", "read_agent"]

FENCE: Final = "---"
FRONT_MATTER_BEGIN: Final = re.compile(rf"{FENCE}[ \t]*\n")
_CLOSING_LINE: Final = re.compile(r"[ \t]*(?:\n|\Z)(?:[ \t]*\n)?")
_FIRST_LINE: Final = 2  # of the front matter, in the file

_ENTRY: Final = re.compile(r"(?P<key>[A-Za-z_-]+):[ \t]+(?P<value>.+)")
_NEEDS_QUOTES: Final = re.compile(r"[{}\[\]*&#!|>%@`]|: ")
_QUOTED: Final = re.compile(r"(?P<mark>[\"']).*(?P=mark)")
_BLOCK_HEADER: Final = re.compile(r"[|>][-+0-9]{0,2}(?: +#.*)?")
_MOST_VALUES: Final = 10_000


def read_agent(text: str) -> ReadAgent:
    """Read an agent file by whomever it was written."""
    repairs: list[str] = []
    problems: list[str] = []
    text = _clean(text, repairs)
    begin = FRONT_MATTER_BEGIN.match(text)
    end = text.find(FENCE, begin.end()) if begin else -1
    if begin is None or end < 0:
        problem = "line 1: the file does not begin with front matter between two lines of `---`"
        return ReadAgent({}, text, repairs=tuple(repairs), problems=(problem,))
    raw = text[begin.end() : end]
    if raw and not raw.endswith("\n"):
        line = text.count("\n", 0, end) + 1
        problems.append(f"line {line}: the `---` inside this line ends the front matter; what follows it is body")
    fields = _read_fields(raw, repairs, problems)
    _unescape_description(fields, raw, repairs)
    problems.extend(f"line 1: there is no `{key}`" for key in ("name", "description") if not fields.get(key))
    closing = _CLOSING_LINE.match(text, end + len(FENCE))
    body = text[closing.end() if closing else end + len(FENCE) :]
    return ReadAgent(fields, body, raw, tuple(repairs), tuple(problems))


def _clean(text: str, repairs: list[str]) -> str:
    if text.startswith(BYTE_ORDER_MARK):
        text = text.removeprefix(BYTE_ORDER_MARK)
        repairs.append("line 1: a byte order mark was dropped")
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        text = with_line_feeds(text)
        repairs.append(f"line {line}: line ends with a carriage return were read as plain ones")
    return text


def _read_fields(raw: str, repairs: list[str], problems: list[str]) -> dict[str, Plain]:
    try:
        data = read_core(raw)
    except YamlProblem as first:
        mended, notes = _mend(raw)
        try:
            data = read_core(mended)
        except YamlProblem as second:
            problem = second if notes else first
            problems.append(f"line {_line(problem)}: the front matter is not YAML: {problem}")
            return {}
        repairs.append(f"line {_line(first)}: the front matter is not YAML as it stands: {first}")
        repairs.extend(notes)
    if data is None:
        return {}
    if not isinstance(data, dict):
        problems.append(f"line {_FIRST_LINE}: the front matter is not a map")
        return {}
    return _plain_fields(data, raw, problems)


def _line(problem: YamlProblem) -> int:
    return max(problem.line, 1) + _FIRST_LINE - 1


def _mend(raw: str) -> tuple[str, list[str]]:
    """Put the values that YAML stumbles over in quotes, as the tool does; say in which lines."""
    lines: list[str] = []
    notes: list[str] = []
    for number, line in enumerate(raw.split("\n"), _FIRST_LINE):
        content = line.lstrip("\t ")
        lead = line[: len(line) - len(content)]
        if "\t" in lead:
            line = lead.replace("\t", "  ") + content  # noqa: PLW2901 - the same line, mended
            notes.append(f"line {number}: tabs at the start were read as blanks")
        entry = _ENTRY.fullmatch(line)
        if entry and _is_to_quote(entry.group("value")):
            value = entry.group("value").rstrip().replace("\\", "\\\\").replace('"', '\\"')
            line = f'{entry.group("key")}: "{value}"'  # noqa: PLW2901 - the same line, mended
            notes.append(f"line {number}: the value of `{entry.group('key')}` was put in quotes")
        lines.append(line)
    return "\n".join(lines), notes


def _is_to_quote(value: str) -> bool:
    value = value.strip()
    if _QUOTED.fullmatch(value) or _BLOCK_HEADER.fullmatch(value) or not _NEEDS_QUOTES.search(value):
        return False
    return not (value.startswith("[") and _is_list(value))


def _is_list(value: str) -> bool:
    try:
        return isinstance(read_core(value), list)
    except YamlProblem:
        return False


def _plain_fields(data: dict[object, object], raw: str, problems: list[str]) -> dict[str, Plain]:
    """Turn what YAML gave into plain data; a key without a value is as good as absent."""
    fields: dict[str, Plain] = {}
    budget = _Budget()
    for key, value in data.items():
        line = _line_of(str(key), raw)
        if value is None:
            problems.append(f"line {line}: `{key}` has no value")
            continue
        try:
            fields[str(key)] = budget.plain(value)
        except (ValueError, RecursionError):
            problems.append(f"line {line}: the value of `{key}` repeats itself too often")
    return fields


class _Budget:
    """Counts the values that are copied: a few aliases of aliases in YAML can stand for millions."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def plain(self, value: object) -> Plain:
        self._left -= 1
        if self._left < 0:
            raise ValueError
        match value:
            case dict():
                return {str(key): self.plain(item) for key, item in value.items()}
            case list():
                return [self.plain(item) for item in value]
            case str() | bool() | int() | float():
                return value
            case None:
                return ""
            case _:
                return str(value)


def _unescape_description(fields: dict[str, Plain], raw: str, repairs: list[str]) -> None:
    description = fields.get("description")
    if isinstance(description, str) and "\\n" in description:
        fields["description"] = description.replace("\\n", "\n")
        line = _line_of("description", raw)
        repairs.append(f"line {line}: backslash-n pairs in `description` were read as line breaks")


def _line_of(key: str, raw: str) -> int:
    found = re.search(rf"^[\"']?{re.escape(key)}[\"']?[ \t]*:", raw, re.MULTILINE)
    return raw.count("\n", 0, found.start()) + _FIRST_LINE if found else _FIRST_LINE
