"""Front matter that is no strict YAML -> the same, as every reader takes it: only where the user asks for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from composer.importer.sources import Source
from composer.model import Plain
from composer.records import dataclass, replace
from composer.source import BYTE_ORDER_MARK
from composer.targets.claude_read import read_agent
from composer.yaml_text.lenient import YamlProblem, read_strict

__all__ = ["Repair", "front_matter_problem", "repair_sources", "split_file"]

_PARTS: Final = re.compile(r"(?P<start>\ufeff?---[ \t]*(?:\r\n|\n|\r))(?P<front>(?:.*(?:\r\n|\n|\r))*?)(?P<end>---[ \t]*(?:\r\n|\n|\r|\Z))")
_WORDS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./()-]*(?:, ?[A-Za-z][A-Za-z0-9_./()-]*)*")
_NOT_TEXT: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "none", "nan", "inf"})


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
    front = parts[1].replace("\r\n", "\n").replace("\r", "\n")
    try:
        data = read_strict(front)
    except YamlProblem as problem:
        return f"line {problem.line + 1}: {problem}"
    if data is not None and not isinstance(data, dict):
        return "the front matter is not a map"
    return "`---` inside a value: Claude Code takes it for the end" if "---" in front else ""


def repair_sources(sources: Iterable[Source]) -> tuple[list[Source], list[Repair]]:
    """Write the front matter of files that need it as strict YAML."""
    repaired, repairs = [], []
    for source in sources:
        problem = front_matter_problem(source.text)
        parts = split_file(source.text)
        text = _repaired(source.text, parts) if problem and parts is not None else source.text
        repaired.append(replace(source, text=text))
        if text != source.text:
            repairs.append(Repair(source.label, (problem, *read_agent(source.text).repairs)))
    return repaired, repairs


def _repaired(text: str, parts: tuple[str, str, str]) -> str:
    fields = read_agent(text).fields
    if not fields:
        return text
    start, _, rest = parts
    end = "\r\n" if start.endswith("\r\n") else start[-1]
    return start + "".join(f"{key}: {_value(value)}{end}" for key, value in fields.items()) + rest


def _value(value: Plain) -> str:
    if isinstance(value, str) and _WORDS.fullmatch(value) and "---" not in value and value.lower() not in _NOT_TEXT:
        return value
    return json.dumps(value, ensure_ascii=False).replace("---", r"\x2d--")
