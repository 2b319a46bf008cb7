"""Front matter that is no strict YAML -> the same, as every reader takes it: only where the user asks for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from composer.importer.sources import Source
from composer.model.yaml_nodes import Plain
from composer.records import dataclass, replace
from composer.source import BYTE_ORDER_MARK, with_line_feeds
from composer.targets.claude_read import FENCE, read_agent
from composer.targets.yaml_text import is_plain
from composer.yaml_text.lenient import YamlProblem, read_core, read_strict

__all__ = ["Repair", "front_matter_problem", "repair_sources", "split_file"]

_PARTS: Final = re.compile(
    r"(?P<start>\ufeff?---[ \t]*(?:\r\n|\n|\r))(?P<front>(?:[^\r\n]*(?:\r\n|\n|\r))*?)(?P<end>---[ \t]*(?:\r\n|\n|\r|\Z))"
)
_FENCE_INSIDE: Final = "`---` inside a value: Claude Code takes it for the end"
_FENCE_BEGINS: Final = re.compile(r"-(?=--)")
_PRIVATE_USE: Final = range(0xE000, 0xF900)


@dataclass(frozen=True, slots=True)
class Repair:
    """One file that was changed, and why."""

    path: str
    reasons: tuple[str, ...]


def split_file(text: str) -> tuple[str, str, str] | None:
    """Cut a file into what stands before its front matter, the front matter, and the rest; None where it has none."""
    found = _PARTS.match(text)
    return (found["start"], found["front"], text[found.start("end") :]) if found else None


def front_matter_problem(text: str) -> str:
    """Say why the front matter of a file is no strict YAML; nothing where it is, or where there is none."""
    parts = split_file(text)
    if parts is None:
        return "" if text.removeprefix(BYTE_ORDER_MARK)[:3] != "---" else "the front matter has no end"
    front = with_line_feeds(parts[1])
    try:
        data = read_strict(front)
    except YamlProblem as problem:
        return f"line {problem.line + 1}: {problem}"
    if data is not None and not isinstance(data, dict):
        return "the front matter is not a map"
    return _FENCE_INSIDE if FENCE in front else ""


def repair_sources(sources: Iterable[Source]) -> tuple[list[Source], list[Repair]]:
    """Write the front matter of files that need it as strict YAML."""
    repaired, repairs = [], []
    for source in sources:
        problem = front_matter_problem(source.text)
        parts = split_file(source.text)
        text, mended = _repaired(parts) if problem and parts is not None else ("", ())
        repaired.append(replace(source, text=text or source.text))
        if text and text != source.text:
            repairs.append(Repair(source.label, tuple(_reasons(problem, parts[1] if parts is not None else "", mended))))
    return repaired, repairs


def _repaired(parts: tuple[str, str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the file with its front matter written anew, and what had to be mended to read that; nothing where nothing can be read.

    A ``---`` inside a value is one to its author, so the words behind it stay in the value.
    """
    start, front, rest = parts
    stand_in = next(character for character in map(chr, _PRIVATE_USE) if character not in front)
    read = read_agent(f"{FENCE}\n{with_line_feeds(front).replace(FENCE, stand_in)}{FENCE}\n")
    if not read.fields:
        return "", ()
    end = "\r\n" if start.endswith("\r\n") else start[-1]
    lines = "".join(f"{key}: {_value(value, stand_in)}{end}" for key, value in read.fields.items())
    return start + lines.replace(stand_in, FENCE) + rest, read.repairs


def _reasons(problem: str, front: str, mended: Iterable[str]) -> Iterator[str]:
    """Give each reason once: where the lenient reader, too, could not take the front matter as it stands, it says why itself."""
    text = with_line_feeds(front)
    try:
        read_core(text)
    except YamlProblem:
        if FENCE in text:
            yield _FENCE_INSIDE
    else:
        yield problem
    yield from mended


def _value(value: Plain, stand_in: str) -> str:
    """Write a value; one that holds ``---``, for which ``stand_in`` may stand, in such a way that no reader takes that for the end."""
    if isinstance(value, str) and is_plain(value):
        return value
    return _FENCE_BEGINS.sub(r"\\x2d", json.dumps(value, ensure_ascii=False).replace(stand_in, FENCE))
