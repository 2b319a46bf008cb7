"""Lines of YAML that our own strict reader takes back to the same values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from composer.importer.agents import Settings
from composer.importer.envelope import BLOCK

__all__ = ["block_scalar", "plain_or_quoted", "setting_lines"]

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./*+@-]*(?: [A-Za-z0-9_./(][A-Za-z0-9_./()*+@-]*)*")
_NOT_TEXT: Final = frozenset({"true", "false", "null", "~"})
_NUMBER: Final = re.compile(r"-?[0-9.]+")


def plain_or_quoted(text: str) -> str:
    """Write a text as one line."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT and not _NUMBER.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def block_scalar(key: str, text: str, indent: int) -> Iterator[str]:
    """Write a text of several lines; in quotes where a block scalar would not keep it."""
    blanks = " " * indent
    kept = text.rstrip("\n")
    lines = kept.split("\n")
    if not kept or any(line and not line.strip() for line in lines) or not text.endswith("\n"):
        yield f"{blanks}{key}: {json.dumps(text, ensure_ascii=False)}"
        return
    mark = ("2" if text[0] in " \t\n" else "") + ("+" if text.endswith("\n\n") else "")
    yield f"{blanks}{key}: |{mark}"
    yield from (f"{blanks}  {line}" if line else "" for line in lines)
    yield from [""] * (len(text) - len(kept) - 1)


def setting_lines(settings: Settings, indent: int) -> Iterator[str]:
    """Write what an agent's file says beside its body."""
    blanks = " " * indent
    for key, value in settings.rules.items():
        yield f"{blanks}{key}: {plain_or_quoted(value) if key == 'path' else value}"
    if settings.front_matter is not None:
        yield from block_scalar("front_matter", settings.front_matter, indent)
    for key, value in settings.fields.items():
        if value.startswith(BLOCK):
            yield f"{blanks}{key}: |{'2' if value[len(BLOCK)].isspace() else ''}"
            yield f"{blanks}  {value.removeprefix(BLOCK)}"
        else:
            yield f"{blanks}{key}: {value}"


def override_lines(own: Settings, base: Settings, name: str, indent: int) -> Iterator[str]:
    """Write what makes the settings of a base those of the agent ``name`` that has the same body."""
    if "name" in base.fields and own.fields and "name" not in own.fields:
        own = Settings(own.rules, {"name": name, **own.fields}, None, own.written)
    gone = [key for key in base.rules if key not in own.rules]
    rules = {key: value for key, value in own.rules.items() if base.rules.get(key) != value}
    fields: dict[str, str] = {}
    front_matter = None
    if own.front_matter is not None or not own.fields:
        front_matter = own.front_matter if own.front_matter != base.front_matter else None
        if own.front_matter is None:
            gone.extend(base.fields)
            gone.extend(["front_matter"] if base.front_matter is not None else [])
    elif base.front_matter is not None or not _can_follow(own.fields, base.fields):
        front_matter = own.written
    else:
        gone.extend(key for key in base.fields if key not in own.fields)
        fields = {key: value for key, value in own.fields.items() if base.fields.get(key) != value}
    if gone:
        yield f"{' ' * indent}unset: [{', '.join(gone)}]"
    yield from setting_lines(Settings(rules, fields, front_matter), indent)


def _can_follow(own: Mapping[str, str], base: Mapping[str, str]) -> bool:
    """Whether the base's fields, some taken away and new ones added, are in the order of the agent's own."""
    if "name" not in base and "name" in own and next(iter(own)) != "name":
        return False  # it would be printed first
    keys = [key for key in own if key != "name" or "name" in base]
    left = [key for key in base if key in own]
    return keys[: len(left)] == left
