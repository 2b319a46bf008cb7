"""A workspace -> the pairs of texts in it that say nearly the same, those that were answered left out."""

from __future__ import annotations

from collections.abc import Iterable

from composer.errors import Diagnostics
from composer.lookup.index import Index
from composer.model.sources import Distinction
from composer.records import dataclass
from composer.similar.merges import Finding, propose_merge
from composer.similar.passages import Passage, collect_passages
from composer.similar.search import FEWEST_WORDS, find_pairs
from composer.similar.words import similarity

__all__ = ["SimilarReport", "find_similar"]


@dataclass(frozen=True, slots=True, eq=False)
class SimilarReport:
    """What was compared: the number of texts, the pairs that are alike, and how many answers the workspace file has."""

    passages: int
    findings: tuple[Finding, ...]
    answers: int


def find_similar(index: Index, homes: frozenset[str], threshold: float, diagnostics: Diagnostics) -> SimilarReport:
    """Find texts that say nearly the same.

    Args:
        index: the workspace.
        homes: the ids of fragments, and ``profiles/<name>``: one text of each pair is from these; empty for all.
        threshold: the least similarity, above 0 and up to 1.
        diagnostics: gets a notice ``distinct-unneeded`` for each answer about texts that are not alike.
    """
    passages = collect_passages(index)
    answers = index.catalog.config.distinct
    answered = {frozenset(_current(index, name) for name in answer.names) for answer in answers}

    def is_apart(one: Passage, other: Passage) -> bool:
        return any(frozenset({mine, theirs}) in answered for mine in one.names for theirs in other.names)

    pairs = find_pairs(passages, threshold, is_apart if answers else lambda _one, _other: False)
    findings = [propose_merge(pair, index) for pair in pairs if not homes or {pair.one.origin.home, pair.other.origin.home} & homes]
    _check_answers(index, answers, passages, threshold, diagnostics)
    return SimilarReport(len(passages), tuple(findings), len(answers))


def _current(index: Index, name: str) -> str:
    """Follow renamed ids; a text that replaces a block is named after it."""
    address, at, profile = name.partition("@")
    return f"{index.current(address)}{at}{profile}"


def _check_answers(
    index: Index, answers: Iterable[Distinction], passages: Iterable[Passage], threshold: float, diagnostics: Diagnostics
) -> None:
    by_name: dict[str, list[Passage]] = {}
    for passage in passages if answers else ():
        for name in passage.names:
            by_name.setdefault(name, []).append(passage)
    for answer in answers:
        one, other = (by_name.get(_current(index, name), []) for name in answer.names)
        if not any(_are_alike(mine, theirs, threshold) for mine in one for theirs in other):
            message = f"`{answer.names[0]}` and `{answer.names[1]}` are not alike"
            diagnostics.notice("distinct-unneeded", message, answer.location, "take the line out")


def _are_alike(one: Passage, other: Passage, threshold: float) -> bool:
    if one.is_inside(other) or other.is_inside(one) or min(one.size, other.size) < FEWEST_WORDS:
        return False
    return similarity(one.keys, other.keys) >= threshold
