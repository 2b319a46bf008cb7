"""What two bodies have in common, and whether edits could be shorter than two texts: known before any edits are looked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from composer.importer.bodies import Body, Part
from composer.importer.changes import LEAST_EDIT, LEAST_SLOT

__all__ = ["Weights"]

_RARE: Final = 12
_INCLUDED: Final = 170
"""Bytes that two agents pay to include what they share."""


class Weights:
    """Gives units that are written alike one number, and remembers what was weighed."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._numbers: dict[tuple[str, ...], int] = {}
        self._sizes: list[int] = []
        self._units: dict[Body, list[int]] = {}
        self._weighed: dict[tuple[Part, Part], tuple[int, int]] = {}

    def units_of(self, part: Part) -> list[int]:
        """Return the number of each unit of a part."""
        return self._units_of_body(part.body)[part.first_unit : part.last_unit]

    def _units_of_body(self, body: Body) -> list[int]:
        if body not in self._units:
            numbers = []
            for unit in body.units:
                lines = body.lines[unit.first : unit.last]
                number = self._numbers.setdefault(lines, len(self._sizes))
                if number == len(self._sizes):
                    self._sizes.append(sum(len(line.encode()) + 1 for line in lines) + 1)
                numbers.append(number)
            self._units[body] = numbers
        return self._units[body]

    def size_of(self, units: Sequence[int]) -> int:
        """Return the bytes of units."""
        sizes = self._sizes
        return sum(sizes[unit] for unit in units)

    def alike(self, parts: Sequence[Part], least: float) -> list[tuple[int, int]]:
        """Return the pairs that share, in rare units, at least that part of the smaller one's bytes; the most alike first."""
        places: dict[int, list[int]] = defaultdict(list)
        for number, part in enumerate(parts):
            for unit in set(self.units_of(part)):
                places[unit].append(number)
        shared: Counter[tuple[int, int]] = Counter()
        for unit, found in places.items():
            size = self._sizes[unit]
            for position, one in enumerate(found if len(found) <= _RARE else ()):
                for other in found[position + 1 :]:
                    shared[one, other] += size
        totals = [max(self.size_of(self.units_of(part)), 1) for part in parts]
        pairs = ((size / min(totals[one], totals[other]), one, other) for (one, other), size in shared.items())
        return [(one, other) for _, one, other in sorted((-share, one, other) for share, one, other in pairs if share >= least)]

    def apart(self, base: Part, other: Part) -> tuple[int, int]:
        """Return what a part of its own costs, its file left out, and the least that edits could.

        The part includes what it shares with the base, and so does the base. Each place where the two differ is one edit at least, what
        only the part has is written in one, and of what is written otherwise each unit is written anew or has a variable.
        """
        if (base, other) not in self._weighed:
            self._weighed[base, other] = self._weigh(self.units_of(base), self.units_of(other))
        return self._weighed[base, other]

    def _weigh(self, base: Sequence[int], other: Sequence[int]) -> tuple[int, int]:
        size = least = 0
        for verb, first, last, _, _ in SequenceMatcher(None, other, base, autojunk=False).get_opcodes():
            own = self.size_of(other[first:last])
            if verb == "equal":
                size += min(own, _INCLUDED)
                continue
            size += own
            if verb == "insert":
                least += LEAST_EDIT
            elif verb == "delete":
                least += LEAST_EDIT + own
            else:
                texts = sum(min(self._sizes[unit], LEAST_SLOT) for unit in other[first:last])
                least += min(LEAST_SLOT * (last - first), LEAST_EDIT + texts)
        return size, least
