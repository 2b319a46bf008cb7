"""The edits by which one text becomes another, and the bytes that they take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from composer.model.sources import Verb
from composer.records import dataclass, replace

__all__ = ["LEAST_EDIT", "LEAST_SLOT", "OWN_NAME", "REMOVED_SIZE", "Change", "Slot", "written_size"]

OWN_NAME: Final = "agent.name"
"""The variable that each agent has without being told."""
LEAST_EDIT: Final = 56
"""The fewest bytes that an edit takes."""
LEAST_SLOT: Final = 76
"""The fewest bytes that a variable takes, unless it is one that need not be declared."""
_ADDRESS: Final = 56
"""Bytes of an address with its indentation, and of the id in the fragment, about."""
_VERB: Final = 15
REMOVED_SIZE: Final = _ADDRESS + _VERB
"""The bytes that it takes to remove a block."""
_NEW_ID: Final = 26
_TEXT_INDENT: Final = 6
_READ: Final = 20
_VARIABLE: Final = 62
"""Bytes of a variable's declaration and its value, without its name and what it says, about."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A name or a number in one line, which can be a variable: from ``start`` to ``end`` of the base's ``line`` stand ``words``."""

    line: int
    start: int
    end: int
    words: str
    value: str
    name: str

    @property
    def cost(self) -> int:
        """The bytes that it takes to declare the variable, to read it and to set it, about."""
        if self.name == OWN_NAME:
            return _READ
        return _VARIABLE + 3 * len(self.name) + len(self.words.encode()) + len(self.value.encode())


@dataclass(frozen=True, slots=True)
class Change:
    """One edit of one block of the base.

    ``first`` up to ``last`` are the lines that the edited block has in the base, its children included where the verb concerns them.
    The id goes to the end of the line ``id_line``, or on a line of its own above it.
    """

    first: int
    last: int
    id_line: int
    has_own_line: bool
    words: str
    kind: str
    verb: Verb
    text: tuple[str, ...] = ()
    slot: Slot | None = None

    def moved(self, lines: int) -> Change:
        """Return the same edit of a block that stands so many lines further down."""
        slot = self.slot and replace(self.slot, line=self.slot.line + lines)
        return replace(self, first=self.first + lines, last=self.last + lines, id_line=self.id_line + lines, slot=slot)

    @property
    def is_plain(self) -> bool:
        """Whether it says one line otherwise and nothing else: neither gaps nor marks can go wrong then."""
        is_line = self.last - self.first == len(self.text) == 1 and not self.has_own_line
        return self.slot is not None or (is_line and self.verb in {Verb.REPLACE, Verb.TITLE})

    @property
    def cost(self) -> int:
        """The bytes that it takes to write, about."""
        if self.slot is not None:
            return self.slot.cost
        words = sum(len(line.encode()) + _TEXT_INDENT + 1 for line in self.text)
        return _ADDRESS + _VERB + words + (_NEW_ID if self.verb in {Verb.AFTER, Verb.BEFORE} else 0)


def inserted_size(text: Iterable[str]) -> int:
    """Return the bytes that it takes to insert a text."""
    return REMOVED_SIZE + _NEW_ID + sum(len(line.encode()) + _TEXT_INDENT + 1 for line in text)


def written_size(changes: Iterable[Change]) -> int:
    """Return the bytes that edits take: those of one block share its address."""
    places: set[int] = set()
    size = 0
    for change in changes:
        if change.slot is not None:
            size += change.cost
            continue
        size += change.cost - (_ADDRESS if change.id_line in places else 0)
        places.add(change.id_line)
    return size
