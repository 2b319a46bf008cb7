"""Sequences of symbols -> a grammar: the runs that stand in several places, each once, where that is shorter.

The pair that stands side by side most often becomes a symbol of its own, again and again (Re-Pair, by Larsson and Moffat): the cost is
near-linear in the length of the sequences. Runs that do not pay for themselves are then put back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from heapq import heapify, heappop, heappush
from typing import Final

from composer.records import dataclass, field

__all__ = ["Grammar", "Traits", "build_grammar"]

_SEPARATOR: Final = -1
_NOTHING: Final = -1
_MOST_ROUNDS: Final = 80


@dataclass(frozen=True, slots=True)
class Traits:
    """What counts in a run: its bytes and lines, whether it begins with a heading (and of what level), whether it ends in a lead-in.

    ``is_tail`` tells a run that begins, wherever it stands, in the middle of a list.
    """

    size: int
    lines: int
    units: int
    level: int
    is_opening: bool
    leads_in: bool
    is_sound: bool
    is_tail: bool = False

    def joined(self, other: Traits) -> Traits:
        """Return the traits of two runs as one."""
        return Traits(
            self.size + other.size,
            self.lines + other.lines,
            self.units + other.units,
            self.level,
            self.is_opening,
            other.leads_in,
            is_sound=True,
            is_tail=self.is_tail,
        )


@dataclass(slots=True)
class Grammar:
    """Sequences over symbols; ``rules`` has the parts of each symbol that stands for a run."""

    sequences: list[list[int]]
    rules: dict[int, list[int]]
    traits: list[Traits] = field(default_factory=list)
    refused: list[tuple[int, int, int, int]] = field(default_factory=list)
    """The runs that do not pay: the symbol of their first unit, their uses, their own symbol and their saving (below zero)."""

    def uses(self) -> Counter[int]:
        """Count where each run stands, in sequences and in other runs."""
        counts: Counter[int] = Counter()
        for parts in (*self.sequences, *self.rules.values()):
            counts.update(symbol for symbol in parts if symbol in self.rules)
        return counts


def build_grammar(sequences: Sequence[Sequence[int]], traits: Sequence[Traits], pays: Callable[[int, int, Traits], int]) -> Grammar:
    """Find the runs worth sharing.

    Args:
        sequences: the symbols of each text.
        traits: those of each symbol.
        pays: the bytes that sharing a run saves, given its uses, its own bytes with runs in it as references, and its traits.
    """
    pairing = _Pairing(sequences, list(traits))
    pairing.run()
    grammar = pairing.grammar(len(sequences))
    ledger = _Ledger(grammar)
    ledger.put_back([symbol for symbol in grammar.rules if ledger.uses[symbol] < 2])  # noqa: PLR2004 - used once
    for _ in range(_MOST_ROUNDS):
        savings = {symbol: pays(ledger.uses[symbol], ledger.sizes[symbol], grammar.traits[symbol]) for symbol in ledger.sizes}
        failing = sorted((symbol for symbol, saving in savings.items() if saving <= 0), key=lambda symbol: savings[symbol])
        if not failing:
            break
        # A part of them at a time: what is put back makes others longer, or used more often.
        failing = failing[: (len(failing) + 5) // 6]
        refused = (symbol for symbol in failing if savings[symbol] < 0)
        grammar.refused.extend((_first(grammar, symbol), ledger.uses[symbol], symbol, savings[symbol]) for symbol in refused)
        ledger.put_back(failing)
    _write_out(grammar, ledger.sizes.keys())
    return grammar


_REFERENCE: Final = 44
"""The bytes of a line that includes, about."""


def _first(grammar: Grammar, symbol: int) -> int:
    """Return the first unit of a run."""
    while symbol in grammar.rules:
        symbol = grammar.rules[symbol][0]
    return symbol


class _Ledger:
    """The uses and the own bytes of each run, kept up while runs are put back; the sequences are written out once at the end."""

    def __init__(self, grammar: Grammar) -> None:
        self.uses = grammar.uses()
        self._parts = {symbol: Counter(part for part in parts if part in grammar.rules) for symbol, parts in grammar.rules.items()}
        self._wholes: dict[int, set[int]] = {symbol: set() for symbol in grammar.rules}
        self.sizes: dict[int, int] = {}
        """The bytes of a run's own text; of each run in it, only a reference."""
        for symbol, parts in grammar.rules.items():
            self.sizes[symbol] = sum(_REFERENCE if part in grammar.rules else grammar.traits[part].size for part in parts)
            for part in self._parts[symbol]:
                self._wholes[part].add(symbol)

    def put_back(self, symbols: Sequence[int]) -> None:
        """Replace runs by their parts wherever they stand."""
        for symbol in sorted(symbols, reverse=True):  # the parts of a run are older than the run
            count, parts, size = self.uses.pop(symbol, 0), self._parts.pop(symbol), self.sizes.pop(symbol)
            for part, times in parts.items():
                self.uses[part] += (count - 1) * times
                self._wholes[part].discard(symbol)
            for whole in self._wholes.pop(symbol):
                times = self._parts[whole].pop(symbol)
                self.sizes[whole] += times * (size - _REFERENCE)
                for part, inner in parts.items():
                    self._parts[whole][part] += times * inner
                    self._wholes[part].add(whole)


def _write_out(grammar: Grammar, kept: Collection[int]) -> None:
    """Put the parts of all runs that are not kept in their places."""
    flat: dict[int, list[int]] = {}
    for symbol in sorted(grammar.rules):
        flat[symbol] = [inner for part in grammar.rules[symbol] for inner in ((part,) if part in kept else flat.get(part, (part,)))]
    for sequence in grammar.sequences:
        if any(symbol in flat and symbol not in kept for symbol in sequence):
            sequence[:] = [inner for part in sequence for inner in ((part,) if part in kept else flat.get(part, (part,)))]
    for symbol in list(grammar.rules):
        if symbol in kept:
            grammar.rules[symbol] = flat[symbol]
        else:
            del grammar.rules[symbol]


class _Pairing:
    """All sequences as one row of cells, linked to their neighbours, with the places of each pair."""

    def __init__(self, sequences: Sequence[Sequence[int]], traits: list[Traits]) -> None:
        self._traits = traits
        # What is asked of them at every place, by symbol.
        self._is_sound, self._can_follow, self._has_level, self._can_head = bytearray(), bytearray(), bytearray(), bytearray()
        for one in traits:
            self._add_traits(one)
        self._rules: dict[int, list[int]] = {}
        row: list[int] = []
        for sequence in sequences:
            row.extend(sequence)
            row.append(_SEPARATOR)
        self._row = row
        self._after = list(range(1, len(row) + 1))
        self._before = list(range(-1, len(row) - 1))
        self._places: dict[tuple[int, int], set[int]] = {}
        self._heap: list[tuple[int, int, int]] = []

    def run(self) -> None:
        """Join pairs until none stands in two places."""
        # A pair gets no place more once its two symbols are there: one that stands once now always will.
        counts = Counter(pair for place in range(len(self._row) - 1) if (pair := self._pair_at(place)) is not None)
        self._places = {pair: set() for pair, count in counts.items() if count > 1}
        for place in range(len(self._row) - 1):
            pair = self._pair_at(place)
            if pair in self._places:
                self._places[pair].add(place)
        self._heap = [(-len(places), *pair) for pair, places in self._places.items()]
        heapify(self._heap)
        while self._heap:
            count, left, right = heappop(self._heap)
            places = self._places.get((left, right))
            if places is None or len(places) < 2:  # noqa: PLR2004 - a pair that stands once shares nothing
                continue
            if len(places) != -count:
                heappush(self._heap, (-len(places), left, right))
                continue
            self._join(left, right)

    def _pair_at(self, place: int) -> tuple[int, int] | None:
        if place < 0:
            return None
        following = self._after[place]
        if following >= len(self._row):
            return None
        left, right = self._row[place], self._row[following]
        if left < 0 or right < 0:
            return None
        # Two runs side by side make one where a person would cut it out.
        if not self._is_sound[left] or not self._can_follow[right] or (self._has_level[right] and not self._can_head[left]):
            return None
        return left, right

    def _add_traits(self, traits: Traits) -> None:
        self._is_sound.append(traits.is_sound)
        self._can_follow.append(traits.is_sound and not traits.leads_in)
        self._has_level.append(traits.level > 0)
        self._can_head.append(traits.level > 0 or traits.is_opening)

    def _note(self, place: int) -> tuple[int, int] | None:
        pair = self._pair_at(place)
        if pair is not None:
            self._places.setdefault(pair, set()).add(place)
        return pair

    def _forget(self, place: int) -> None:
        pair = self._pair_at(place)
        if pair is not None and pair in self._places:
            self._places[pair].discard(place)

    def _join(self, left: int, right: int) -> None:
        symbol = len(self._traits)
        self._traits.append(self._traits[left].joined(self._traits[right]))
        self._add_traits(self._traits[-1])
        self._rules[symbol] = [left, right]
        touched: set[tuple[int, int]] = set()
        for place in sorted(self._places.pop((left, right))):
            following = self._after[place]
            # An overlap, as in `aaa`, was joined a moment ago.
            if self._row[place] != left or following >= len(self._row) or self._row[following] != right:
                continue
            before, beyond = self._before[place], self._after[following]
            self._forget(before)
            self._forget(following)
            self._row[place] = symbol
            self._row[following] = _NOTHING
            self._after[place] = beyond
            if beyond < len(self._row):
                self._before[beyond] = place
            for noted in (self._note(before), self._note(place)):
                if noted is not None:
                    touched.add(noted)
        for pair in touched:
            if len(self._places[pair]) > 1:
                heappush(self._heap, (-len(self._places[pair]), *pair))
            else:
                del self._places[pair]

    def grammar(self, count: int) -> Grammar:
        """Return what came of it."""
        sequences: list[list[int]] = [[] for _ in range(count)]
        place, number = 0, 0
        while place < len(self._row):
            if self._row[place] == _SEPARATOR:
                number += 1
            else:
                sequences[number].append(self._row[place])
            place = self._after[place]
        return Grammar(sequences, self._rules, self._traits)
