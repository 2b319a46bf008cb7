"""Bodies -> fragments and the bodies that include them: exact runs of blocks that stand in several places are kept once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from composer.importer.bodies import Body
from composer.importer.grammar import Grammar, Traits, build_grammar
from composer.importer.pieces import Unit, has_braces
from composer.importer.wordings import Wordings
from composer.records import dataclass, field

__all__ = ["Factored", "Include", "RefusedRun", "SharedRun", "factor", "needs_plain", "text_with_includes"]

_SMALLEST: Final = 120
"""Bytes below which a single block is no fragment, whatever it would save: nobody reads a folder of one-liners."""
_TAIL: Final = 300
"""Bytes below which the end of a list is no fragment: it would read as a whole list, and is none."""
_REFERENCE: Final = 44


@dataclass(frozen=True, slots=True)
class Include:
    """A line that includes a shared run, in place of the lines from ``first`` up to ``last``."""

    run: int
    first: int
    last: int


@dataclass(slots=True, eq=False)
class SharedRun:
    """A run that becomes a fragment: one place where it stands, what it includes there, and who uses it."""

    body: Body
    first_unit: int
    last_unit: int
    includes: list[Include] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    uses: int = 0
    saving: int = 0

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units of the run, where it stands."""
        return self.body.units[self.first_unit : self.last_unit]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the run, nothing included."""
        return self.body.lines[self.units[0].first : self.units[-1].last]

    @property
    def size(self) -> int:
        """The bytes of the whole run."""
        return sum(len(line.encode()) + 1 for line in self.lines)

    @property
    def level(self) -> int:
        """The level of the highest heading; 0 where there is none."""
        return min((unit.level for unit in self.units if unit.level), default=0)


@dataclass(frozen=True, slots=True)
class RefusedRun:
    """A run that stands in several places and does not pay: its first line, and the bytes that it misses, as a saving below zero."""

    text: str
    size: int
    uses: int
    saving: int


@dataclass(frozen=True, slots=True, eq=False)
class Factored:
    """What became of the bodies: the shared runs by symbol, and the includes of each body."""

    runs: dict[int, SharedRun]
    includes: dict[str, list[Include]]
    existing: dict[int, str] = field(default_factory=dict)
    """The ids of the fragments that were there already, by the symbol that stands for their text."""
    refused: list[RefusedRun] = field(default_factory=list)


def factor(bodies: Sequence[Body], min_saving: int, existing: Sequence[Body] = (), wordings: Wordings | None = None) -> Factored:
    """Share the runs that pay.

    Args:
        bodies: what is imported, each body once.
        min_saving: the bytes that a fragment must save to be made.
        existing: the texts of fragments that are there already; they are included wherever they stand as they are.
        wordings: what was found out of these bodies before.
    """
    wordings = wordings if wordings is not None else Wordings()
    sequences, traits = wordings.number([*bodies, *existing])
    sequences, known = sequences[: len(bodies)], sequences[len(bodies) :]
    fixed: dict[int, Body] = {}
    for body, parts in sorted(zip(existing, known, strict=True), key=lambda pair: -len(pair[1])):
        _replace_known(sequences, parts, body, traits, fixed)
    grammar = build_grammar(sequences, traits, lambda uses, own, run: _saving(uses, own, run, min_saving))
    for symbol, body in fixed.items():
        # From here on it is a run like others; what it consists of is of no account any more.
        grammar.rules[symbol] = list(range(-len(body.units), 0))
    factored = _read_grammar(bodies, grammar)
    factored.refused.extend(
        RefusedRun(wordings.first_lines[first], grammar.traits[symbol].size, uses, saving)
        for first, uses, symbol, saving in grammar.refused
        if first < len(wordings.first_lines)
    )
    factored.existing.update((symbol, body.key) for symbol, body in fixed.items())
    return factored


def _replace_known(sequences: Sequence[list[int]], parts: Sequence[int], body: Body, traits: list[Traits], fixed: dict[int, Body]) -> None:
    """Put one symbol in place of the text of an existing fragment, wherever it stands."""
    if not parts or not all(traits[part].is_sound for part in parts):
        return
    joined = traits[parts[0]]
    for part in parts[1:]:
        joined = joined.joined(traits[part])
    if (joined.units < 2 and joined.size < _SMALLEST) or joined.leads_in:  # noqa: PLR2004 - confetti
        return
    symbol = -1
    for sequence in sequences:
        position = 0
        while position + len(parts) <= len(sequence):
            if sequence[position] == parts[0] and sequence[position : position + len(parts)] == list(parts):
                if symbol < 0:
                    symbol = len(traits)
                    traits.append(joined)
                    fixed[symbol] = body
                sequence[position : position + len(parts)] = [symbol]
            position += 1


def _saving(uses: int, own: int, run: Traits, min_saving: int) -> int:
    """The bytes saved beyond what is asked for; nothing for a run that is no fragment on its own."""
    if run.leads_in or (run.units < 2 and run.size < _SMALLEST) or run.lines < 2 > run.units:  # noqa: PLR2004 - confetti
        return 0
    if run.is_tail and run.size < _TAIL:
        return 0
    reference = _REFERENCE + (3 if run.level else 0)
    return (uses - 1) * own - uses * reference - min_saving


# --- grammar -> runs --------------------------------------------------------------------------------------------------


def _read_grammar(bodies: Sequence[Body], grammar: Grammar) -> Factored:
    reader = _Reader(grammar)
    factored = Factored(reader.runs, {})
    for body, sequence in zip(bodies, grammar.sequences, strict=True):
        factored.includes[body.key] = reader.read(body, sequence)
    counts = grammar.uses()
    for symbol, run in reader.runs.items():
        run.uses = counts[symbol]
        own = run.size - sum(sum(len(line.encode()) + 1 for line in run.body.lines[i.first : i.last]) - _REFERENCE for i in run.includes)
        run.saving = (run.uses - 1) * own - run.uses * _REFERENCE
    return factored


class _Reader:
    """Follows sequences along the units of their bodies."""

    def __init__(self, grammar: Grammar) -> None:
        self.runs: dict[int, SharedRun] = {}
        self._rules = grammar.rules
        self._lengths: dict[int, int] = {}

    def read(self, body: Body, sequence: Sequence[int]) -> list[Include]:
        includes = []
        for symbol, first, last in self._walk(sequence, 0):
            includes.append(self._include(body, symbol, first, last))
            self._note_user(symbol, body)
        return includes

    def _walk(self, parts: Sequence[int], unit: int) -> Iterator[tuple[int, int, int]]:
        for symbol in parts:
            length = self._length(symbol)
            if symbol in self._rules:
                yield symbol, unit, unit + length
            unit += length

    def _length(self, symbol: int) -> int:
        if symbol not in self._rules:
            return 1
        if symbol not in self._lengths:
            self._lengths[symbol] = sum(self._length(part) for part in self._rules[symbol])
        return self._lengths[symbol]

    def _include(self, body: Body, symbol: int, first: int, last: int) -> Include:
        if symbol not in self.runs:
            run = self.runs[symbol] = SharedRun(body, first, last)
            run.includes = [self._include(body, inner, start, end) for inner, start, end in self._walk(self._rules[symbol], first)]
        return Include(symbol, body.units[first].first, body.units[last - 1].last)

    def _note_user(self, symbol: int, body: Body) -> None:
        run = self.runs[symbol]
        if body.key not in run.users[-1:]:
            run.users.append(body.key)
        for inner in dict.fromkeys(part for part in self._rules[symbol] if part in self._rules):
            self._note_user(inner, body)


def text_with_includes(lines: Sequence[str], span: tuple[int, int], includes: Sequence[Include], line_of: Mapping[int, str]) -> list[str]:
    """Return the lines of a span with each include's line in place of what it brings."""
    written: list[str] = []
    position, end = span
    for include in includes:
        written.extend(lines[position : include.first])
        written.append(line_of[include.run])
        position = include.last
    written.extend(lines[position:end])
    return written


def needs_plain(lines: Sequence[str]) -> bool:
    """Whether a text would be read as a template, which it is not."""
    return any(has_braces(line) for line in lines)
