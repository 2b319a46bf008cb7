"""Random hand edits of an output, as people make them: a word, a character, a line, an item moved, a field changed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Final

__all__ = ["EDITS", "edit_at_random"]

_WORDS: Final = [
    "also",
    "every",
    "gentle",
    "harbour",
    "lantern",
    "marble",
    "never",
    "orchard",
    "quiet",
    "river",
    "seldom",
    "velvet",
    "willow",
]
_ITEM: Final = re.compile(r"(?P<lead>\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?)\S")
_FIELD: Final = re.compile(r"(?P<name>description|model|color|tools): (?P<value>.+)")


def _insert_word(lines: list[str], rng: random.Random) -> None:
    at = rng.choice([number for number, line in enumerate(lines) if line.strip()])
    words = lines[at].split(" ")
    words.insert(rng.randint(1, len(words)), rng.choice(_WORDS))
    lines[at] = " ".join(words)


def _change_character(lines: list[str], rng: random.Random) -> None:
    at = rng.choice([number for number, line in enumerate(lines) if line.strip()])
    column = rng.choice([column for column, character in enumerate(lines[at]) if character != " "])
    lines[at] = lines[at][:column] + rng.choice("aeioumnrst") + lines[at][column + 1 :]


def _delete_line(lines: list[str], rng: random.Random) -> None:
    del lines[rng.choice([number for number, line in enumerate(lines) if line.strip()])]


def _insert_line(lines: list[str], rng: random.Random) -> None:
    body = lines.index("---", 1) if lines[0] == "---" and "---" in lines[1:] else 0
    at = rng.choice([number for number, line in enumerate(lines) if line.strip() and number > body])
    words = " ".join(rng.sample(_WORDS, 5)).capitalize()
    found = _ITEM.match(lines[at])
    if found is not None:
        lines.insert(at + 1, f"{found['lead']}{words}")
    else:
        lines[at + 1 : at + 1] = ["", words]


def _move_item(lines: list[str], rng: random.Random) -> None:
    leads = [found["lead"] if (found := _ITEM.match(line)) else "" for line in lines]
    near = [
        (a, b)
        for a in range(len(lines))
        for b in range(max(0, a - 4), min(len(lines), a + 5))
        if a != b and leads[a] and leads[a] == leads[b]
    ]
    near = [(a, b) for a, b in near if all(leads[between] == leads[a] for between in range(min(a, b), max(a, b) + 1))]
    if near:
        source, target = rng.choice(near)
        lines.insert(target, lines.pop(source))
    else:
        _change_character(lines, rng)


def _change_field(lines: list[str], rng: random.Random) -> None:
    fields = [number for number, line in enumerate(lines) if _FIELD.fullmatch(line)]
    if not fields:
        _change_character(lines, rng)
        return
    at = rng.choice(fields)
    found = _FIELD.fullmatch(lines[at])
    assert found is not None
    name, value = found.group("name", "value")
    new = value.replace(" ", f" {rng.choice(_WORDS)} ", 1)
    if name == "model":
        new = rng.choice([other for other in ("inherit", "opus", "sonnet", "haiku") if other != value])
    elif name == "color":
        new = rng.choice([other for other in ("red", "blue", "green", "purple", "orange") if other != value])
    elif name == "tools":
        new = rng.choice([f"{value}, WebFetch", value.rpartition(", ")[0] or "Read"])
    lines[at] = f"{name}: {new}"


def _three(lines: list[str], rng: random.Random) -> None:
    for edit in rng.choices([_insert_word, _change_character, _delete_line, _insert_line, _move_item, _change_field], k=3):
        edit(lines, rng)


EDITS: Final[dict[str, Callable[[list[str], random.Random], None]]] = {
    "insert a word": _insert_word,
    "change a character": _change_character,
    "delete a line": _delete_line,
    "insert a line": _insert_line,
    "move an item": _move_item,
    "change a field": _change_field,
    "three at once": _three,
}


def edit_at_random(text: str, kind: str, rng: random.Random) -> str:
    """Return a text with one hand edit of a kind; never the text itself."""
    while True:
        lines = text.split("\n")
        EDITS[kind](lines, rng)
        edited = "\n".join(lines)
        if edited != text:
            return edited
