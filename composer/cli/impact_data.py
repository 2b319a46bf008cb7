"""What a change reaches, as plain data for ``--json``."""

from __future__ import annotations

from composer.impact.compare import BlockChange, Comparison, OutputChange
from composer.impact.reach import LeftOut, Reach
from composer.impact.subject import Subject
from composer.impact.words import Change, count_words

__all__ = ["comparison_data", "reach_data"]

Data = dict[str, object]


def reach_data(subject: Subject, reaches: tuple[Reach, ...]) -> Data:
    """Turn what a subject has to do with the outputs into data."""
    place = {"path": subject.location.path, "line": subject.location.line, "column": subject.location.column}
    return {"name": subject.name, "kind": subject.kind.value, "place": place, "outputs": [_reach(reach) for reach in reaches]}


def _reach(reach: Reach) -> Data:
    return {
        "profile": reach.profile,
        "agent": reach.agent,
        "path": reach.path,
        "reached": reach.is_reached,
        "gives": list(reach.gives),
        "decides": list(reach.decides),
        "keeps_out": [_left_out(block) for block in reach.keeps_out],
        "not_shown": [_left_out(block) for block in reach.left_out],
    }


def _left_out(block: LeftOut) -> Data:
    return {"address": block.address, "reason": block.reason}


def comparison_data(comparison: Comparison) -> Data:
    """Turn a comparison into data."""
    return {
        "since": comparison.since,
        "until": comparison.until,
        "outputs": comparison.outputs,
        "projects": comparison.projects,
        "words": {"added": comparison.added, "removed": comparison.removed},
        "changes": [_change(change) for change in comparison.changes],
        "sources": [
            {"path": source.path, "change": source.fate.value, "words": {"added": source.added, "removed": source.removed}}
            for source in comparison.sources
        ],
    }


def _change(change: OutputChange) -> Data:
    return {
        "profile": change.profile,
        "agent": change.agent,
        "path": change.path,
        "change": change.fate.value,
        "words": {"added": change.added, "removed": change.removed},
        "blocks": [_block(block) for block in change.blocks],
    }


def _block(block: BlockChange) -> Data:
    pieces = block.pieces
    return {
        "block": block.name,
        "change": block.fate.value,
        "words": {"added": count_words(pieces, Change.ADDED), "removed": count_words(pieces, Change.REMOVED)},
        "before": block.before,
        "after": block.after,
        "diff": [{"change": piece.change.value, "text": piece.text} for piece in pieces],
    }
