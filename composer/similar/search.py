"""Passages -> pairs that say nearly the same: found by their rare words, verified by aligning all of them.

Texts of which ``threshold`` is common share so many words that one of the rarest words of each is among those of the other; long texts
share so many runs of two words. So only texts that share a rare sign are compared, and none that is alike is missed ("prefix filtering").
A text that is like an earlier one is paired with that one and is a partner to no other: a text that stands in a hundred places gives
ninety-nine pairs, and the work stays nearly linear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import ceil
from typing import Final

from composer.records import dataclass
from composer.similar.passages import Passage, TextKind
from composer.similar.words import most_common, similarity

__all__ = ["FEWEST_WORDS", "THRESHOLD", "Pair", "find_pairs"]

FEWEST_WORDS: Final = 5
"""Shorter texts are alike by chance."""
THRESHOLD: Final = 0.75
"""The similarity from which two texts are told of, where nobody says otherwise."""
_HALF: Final = 0.5
_ROUNDING: Final = 1e-9

_LONG: Final = 40
"""Texts of more words are looked up by runs of two: with so many words, any two texts have some in common."""

_FEWEST_SIGNS: Final = 2
"""Texts that have fewer of their rarest signs in common are not compared."""

_Sign = tuple[str, int]
"""A word or a run of two, and the how-manieth of its kind it is in its text: so a text is a set even where it repeats a word."""

IsApart = Callable[[Passage, Passage], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two passages that say nearly the same; ``one`` is the earlier, or the longer."""

    one: Passage
    other: Passage
    similarity: float


def find_pairs(passages: Iterable[Passage], threshold: float, is_apart: IsApart) -> tuple[Pair, ...]:
    """Find the pairs of passages that are alike, the largest that are: what is inside two passages of a pair is no pair of its own.

    Args:
        passages: all texts, each before those inside it.
        threshold: the least similarity, above 0 and up to 1.
        is_apart: is asked for each pair that is alike; if it says yes, the pair is not told.

    Returns:
        The pairs, those that save the most words first.
    """
    long_enough = [passage for passage in passages if passage.size >= FEWEST_WORDS]
    # Longer ones first, so that a pair is known before those inside it are met; of two that say the same, the outer stays first.
    ordered = sorted(long_enough, key=lambda passage: -len(passage.keys))
    search = _Search(_rarity(ordered), threshold, is_apart)
    pairs = [pair for passage in ordered if (pair := search.partner_of(passage)) is not None]
    return tuple(sorted(pairs, key=lambda pair: (-min(pair.one.size, pair.other.size), pair.one.location.position)))


def _signs(keys: Sequence[str], *, in_twos: bool) -> list[_Sign]:
    seen: Counter[str] = Counter()
    signs = []
    for key in map(" ".join, pairwise(keys)) if in_twos else keys:
        signs.append((key, seen[key]))
        seen[key] += 1
    return signs


def _rarity(passages: Iterable[Passage]) -> Mapping[_Sign, tuple[int, _Sign]]:
    """Rank each word by how many texts have it; the word itself decides between two, so that every run does alike."""
    counts = Counter(sign for passage in passages for in_twos in (False, True) for sign in _signs(passage.keys, in_twos=in_twos))
    return {sign: (count, sign) for sign, count in counts.items()}


class _Search:
    """The passages seen so far that are like none before them, by their rare words."""

    def __init__(self, rarity: Mapping[_Sign, tuple[int, _Sign]], threshold: float, is_apart: IsApart) -> None:
        self._rarity = rarity
        self._threshold = threshold
        self._is_apart = is_apart
        self._by_sign: dict[_Sign, list[Passage]] = {}
        self._counts: dict[Passage, Counter[str]] = {}
        self._first_of: dict[Passage, Passage] = {}
        """The passage that those alike were paired with, itself included."""

    def partner_of(self, passage: Passage) -> Pair | None:
        """Return the pair of a passage with the earlier one that is most like it; None where there is none to tell of."""
        candidates = self._candidates(passage, in_twos=len(passage.keys) > _LONG)
        counts = Counter(passage.keys)
        alike = [pair for other in candidates if (pair := self._compare(other, passage, counts)) is not None]
        alike.sort(key=_preference)
        if any(self._is_covered(pair) for pair in alike):
            return None
        for pair in alike:
            if not self._is_apart(pair.one, pair.other):
                self._first_of[pair.one] = self._first_of[pair.other] = pair.one
                return pair
        self._keep(passage, counts)
        return None

    def _keep(self, passage: Passage, counts: Counter[str]) -> None:
        """Let later texts find a passage: those that are short look for words, the others for runs of two."""
        self._counts[passage] = counts
        signs = self._prefix(passage, in_twos=True) if len(passage.keys) > _LONG else []
        if len(passage.keys) <= self._longest(_LONG):
            signs = [*signs, *self._prefix(passage, in_twos=False)]
        for sign in signs:
            self._by_sign.setdefault(sign, []).append(passage)

    def _longest(self, length: int) -> float:
        """Return how many words a text can have that is like one of ``length`` words."""
        return length * (2 - self._threshold) / self._threshold + _ROUNDING

    def _prefix(self, passage: Passage, *, in_twos: bool) -> list[_Sign]:
        """Return the rarest signs of a passage: so many that a text which is alike has the fewest that are asked for."""
        signs = _signs(passage.keys, in_twos=in_twos)
        shared = self._least_shared(len(passage.keys), in_twos=in_twos)
        return sorted(signs, key=self._rarity.__getitem__)[: len(signs) - shared + min(shared, _FEWEST_SIGNS)]

    def _least_shared(self, length: int, *, in_twos: bool) -> int:
        """Return how many signs a text shares at least with any that is like it."""
        # The most words that can be missing in the other; each takes two runs with it.
        missing = 2 * (1 - self._threshold) * length / (2 - self._threshold)
        shared = length - 1 - 2 * missing if in_twos else length - missing
        return max(ceil(shared - _ROUNDING), 1)

    def _candidates(self, passage: Passage, *, in_twos: bool) -> list[Passage]:
        longest = self._longest(len(passage.keys))
        found: Counter[Passage] = Counter()
        for sign in self._prefix(passage, in_twos=in_twos):
            for other in reversed(self._by_sign.get(sign, ())):
                if len(other.keys) > longest:
                    break  # those before are longer still
                found[other] += 1
        fewest = min(self._least_shared(len(passage.keys), in_twos=in_twos), _FEWEST_SIGNS)
        return [other for other, count in found.items() if count >= fewest]

    def _compare(self, one: Passage, other: Passage, counts: Counter[str]) -> Pair | None:
        least = self._threshold - _ROUNDING
        mine = self._counts[one]
        shared = sum([min(counts[key], mine[key]) for key in counts.keys() & mine.keys()])
        if most_common(len(one.keys), len(other.keys), shared) < least or _are_told_apart(one, other):
            return None
        found = similarity(one.keys, other.keys)
        return Pair(one, other, found) if found >= least and _are_alike_in_parts(one, other, least) else None

    def _is_covered(self, pair: Pair) -> bool:
        """Whether both are inside passages that are told as alike, with each other or with a third."""
        firsts = {mine: self._first_of[mine] for mine in (*pair.one.around, pair.one) if mine in self._first_of}
        # Two texts inside one and the same passage are no less a pair for what that is like.
        return any(
            first is self._first_of.get(theirs) and mine is not theirs
            for theirs in (*pair.other.around, pair.other)
            for mine, first in firsts.items()
        )


def _preference(pair: Pair) -> tuple[float, bool, int, tuple[str, int]]:
    """Order the partners of a text, the best first: the most like it, of its own kind, the outermost, the first of the workspace."""
    one = pair.one
    return -pair.similarity, (one.block is None) != (pair.other.block is None), len(one.around), one.location.position


def _are_alike_in_parts(one: Passage, other: Passage, least: float) -> bool:
    """Whether more than half of the parts of each are alike: else one long item would make two lists a pair."""
    mine, theirs = tuple(_leaves(one)), tuple(_leaves(other))
    return all(_share_found(some, others, least) > _HALF for some, others in ((mine, theirs), (theirs, mine)))


def _share_found(some: Sequence[Passage], others: Sequence[Passage], least: float) -> float:
    known = {passage.keys for passage in others}
    found = [part.keys in known or any(similarity(part.keys, passage.keys) >= least for passage in others) for part in some]
    return sum(found) / len(found)


def _leaves(passage: Passage) -> Iterator[Passage]:
    if not passage.parts:
        yield passage
    for part in passage.parts:
        yield from _leaves(part)


def _are_told_apart(one: Passage, other: Passage) -> bool:
    """Whether two passages are no pair whatever they say: one inside the other, two branches of one `if`, a text and what it answers to."""
    if one.is_inside(other) or other.is_inside(one):
        return True
    if one.origin is other.origin:
        mine = dict(one.branches)
        if any(mine.get(place, number) != number for place, number in other.branches):
            return True
    return _is_explained(one, other) or _is_explained(other, one)


def _is_explained(one: Passage, other: Passage) -> bool:
    """Whether `one` replaces `other` and says why: the reason that stands beside it is the answer."""
    origin = one.origin
    return origin.kind is TextKind.REPLACEMENT and bool(origin.because) and origin.anchor in other.names
