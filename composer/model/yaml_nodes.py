"""YAML with places: what the readers of :mod:`composer.yaml_text` give, and the plain data that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from composer.records import dataclass
from composer.source import Location, SourceFile

__all__ = ["LONGEST_NUMBER", "Plain", "ScalarStyle", "YamlMapping", "YamlNode", "YamlScalar", "YamlSequence", "plain_data", "plain_value"]


class ScalarStyle(StrEnum):
    """How a YAML scalar was written."""

    PLAIN = "plain"
    QUOTED = "quoted"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """A scalar: its text as written (quotes and escapes undone), how it was written, and from where to where in its source."""

    text: str
    style: ScalarStyle
    source: SourceFile
    start: int
    end: int
    in_flow: bool = False

    @property
    def location(self) -> Location:
        """Where it was written. Made for who asks: of most scalars, nobody does."""
        return Location(self.source, self.start, self.end)

    @property
    def value(self) -> str | int | float | bool:
        """The plain value: only ``true`` and ``false`` are booleans, only decimal digits make a number."""
        return plain_value(self)


@dataclass(frozen=True, slots=True)
class YamlSequence:
    """A list."""

    items: tuple[YamlNode, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class YamlMapping:
    """A map, in the order of the file. ``keys`` has the place of each key."""

    entries: Mapping[str, YamlNode]
    keys: Mapping[str, YamlScalar]
    location: Location


YamlNode = YamlScalar | YamlSequence | YamlMapping

Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"]
"""What a template can see: data without methods of ours, so that a template can reach nothing else."""


LONGEST_NUMBER = 300
"""Digits beyond these are text: Python reads no number of many thousand digits, and a float ends at some 300."""


def plain_value(node: YamlScalar) -> str | int | float | bool:
    """Read a plain scalar as a boolean or a number where it is one; everything else is text."""
    text = node.text
    if node.style is not ScalarStyle.PLAIN or len(text) > LONGEST_NUMBER:
        return text
    if text[:1].isalpha():
        return text == "true" if text in {"true", "false"} else text
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and (digits == "0" or not digits.startswith("0")):
        return int(text)
    whole, dot, fraction = digits.partition(".")
    if dot and whole.isascii() and whole.isdigit() and fraction.isascii() and fraction.isdigit():
        return float(text)
    return text


def plain_data(node: YamlNode) -> Plain:
    """Turn a node into plain data, places dropped."""
    match node:
        case YamlScalar():
            return plain_value(node)
        case YamlSequence():
            return [plain_data(item) for item in node.items]
        case YamlMapping():
            return {key: plain_data(value) for key, value in node.entries.items()}
