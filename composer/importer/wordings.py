"""Units that say the same, with like gaps below them, have one number, in whatever bodies they stand."""

from __future__ import annotations

from collections.abc import Sequence

from composer.importer.bodies import Body
from composer.importer.grammar import Traits
from composer.records import replace

__all__ = ["Wordings"]


class Wordings:
    """Gives units their numbers, and remembers those of each body."""

    def __init__(self) -> None:
        """Begin with no number given."""
        self.first_lines: list[str] = []
        """The first line of each, by number."""
        self._numbers: dict[tuple[str, ...], int] = {}
        self._traits: list[Traits] = []
        self._of_body: dict[Body, tuple[tuple[int, ...], bytes]] = {}

    def number(self, bodies: Sequence[Body]) -> tuple[list[list[int]], list[Traits]]:
        """Return the numbers of the units of each body, and the traits by number, as far as these bodies have them."""
        found = [self._of(body) for body in bodies]
        traits = list(self._traits)
        listed = bytearray(b"\1") * len(traits)
        for numbers, tails in found:
            for number, is_tail in zip(numbers, tails, strict=True):
                listed[number] &= is_tail
            if numbers:
                traits[numbers[0]] = replace(traits[numbers[0]], is_opening=True)
        for number, is_tail in enumerate(listed):
            if is_tail:  # wherever it stands, an item stands above it
                traits[number] = replace(traits[number], is_tail=True)
        return [list(numbers) for numbers, _ in found], traits

    def _of(self, body: Body) -> tuple[tuple[int, ...], bytes]:
        """Return the numbers of a body's units, and whether each is an item below another."""
        if body not in self._of_body:
            units = body.units
            numbers = tuple(self._number(body, position) for position in range(len(units)))
            tails = bytes(unit.is_item and position > 0 and units[position - 1].is_item for position, unit in enumerate(units))
            self._of_body[body] = numbers, tails
        return self._of_body[body]

    def _number(self, body: Body, position: int) -> int:
        unit = body.units[position]
        # What stands below the last unit of a file is no part of a run: it may match any gap.
        gap = ("",) if position + 1 == len(body.units) else body.lines[unit.last : unit.below]
        words = body.lines[unit.first : unit.last]
        key = (*words, "\n", *gap)
        number = self._numbers.setdefault(key, len(self._traits))
        if number == len(self._traits):
            size = sum(len(line.encode()) + 1 for line in words) + len(gap)
            self._traits.append(Traits(size, len(words), 1, unit.level, is_opening=False, leads_in=unit.leads_in, is_sound=unit.is_sound))
            self.first_lines.append(words[0])
        return number
