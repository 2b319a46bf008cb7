"""What a change reaches, as lines of text, each with the style that it has on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from composer.impact.compare import BlockChange, Comparison, Fate, OutputChange, group_blocks
from composer.impact.reach import LeftOut, Reach
from composer.impact.subject import Kind, Subject
from composer.impact.words import Change, Piece, count_words, shorten_run
from composer.model.outputs import OutputFile

__all__ = ["comparison_text", "line_ranges", "reach_text"]

_FEW: Final = 3
_CONTEXT: Final = 8
_MARKS: Final = {Change.SAME: ("", ""), Change.REMOVED: ("[-", "-]"), Change.ADDED: ("{+", "+}")}

Styled = tuple[str, str]


def line_ranges(lines: Sequence[int]) -> str:
    """Print numbers as runs: ``3-5, 9``."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


# --- addresses --------------------------------------------------------------------------------------------------------


def reach_text(reaches: Sequence[tuple[Subject, Sequence[Reach]]], files: Sequence[OutputFile], *, is_verbose: bool) -> Iterator[Styled]:
    """Print what each subject has to do with each output, and how many it reaches."""
    reached: dict[str, str] = {}
    for position, (subject, found) in enumerate(reaches):
        if position:
            yield "", ""
        place = subject.path if subject.kind in {Kind.FRAGMENT, Kind.PROFILE} else str(subject.location)
        yield f"{subject.name}  ({subject.kind}, {place})", "bold cyan"
        for reach in found:
            yield from _reach(reach, is_verbose=is_verbose)
        own = {reach.path: reach.profile for reach in found if reach.is_reached}
        reached |= own
        yield _total("reaches", own, files), "bold"
    if len(reaches) > 1:
        yield "", ""
        yield _total("together they reach", reached, files), "bold"


def _total(verb: str, reached: dict[str, str], files: Sequence[OutputFile]) -> str:
    projects = {file.profile for file in files}
    return f"{verb} {len(reached)} of {len(files)} outputs, in {len(set(reached.values()))} of {len(projects)} projects"


def _reach(reach: Reach, *, is_verbose: bool) -> Iterator[Styled]:
    lines = [f"{verb} {_lines(found)}" for verb, found in (("gives", reach.gives), ("decides", reach.decides)) if found]
    yield f"  {reach.path}  {'; '.join(lines)}".rstrip(), "green" if reach.is_reached else "dim"
    for name, blocks in (("keeps out", reach.keeps_out), ("not shown", reach.left_out)):
        for position, text in enumerate(_blocks(blocks, is_verbose=is_verbose)):
            yield f"    {'' if position else name:<9} {text}", ""


def _lines(lines: Sequence[int]) -> str:
    return f"line{'s' if len(lines) != 1 else ''} {line_ranges(lines)}"


def _blocks(blocks: Sequence[LeftOut], *, is_verbose: bool) -> Iterator[str]:
    shown = blocks if is_verbose or len(blocks) == _FEW + 1 else blocks[:_FEW]
    yield from (f"{block.address}  {block.reason}" for block in shown)
    if len(shown) < len(blocks):
        yield f"and {len(blocks) - len(shown)} more (`--verbose`)"


# --- revisions --------------------------------------------------------------------------------------------------------


def comparison_text(comparison: Comparison, *, is_quiet: bool) -> Iterator[Styled]:
    """Print what differs: outputs, the blocks that changed, sources; only the outputs where all has to be quiet."""
    for change in comparison.changes:
        yield f"{_figures(change.added, change.removed)}  {change.path}{_remark(change)}", ""
    if is_quiet:
        return
    for block, outputs in group_blocks(comparison.changes).items():
        yield from _block(block, outputs)
    if comparison.sources:
        yield "", ""
        yield "sources", "bold"
        for source in comparison.sources:
            yield f"{_figures(source.added, source.removed)}  {source.path}  {source.fate}", ""
    yield "", ""
    yield _summary(comparison), "bold"


def _figures(added: int, removed: int) -> str:
    return f"{f'+{added}':>6} {f'-{removed}':>6}"


def _remark(change: OutputChange) -> str:
    if change.fate is Fate.CHANGED:
        return "" if change.added or change.removed else "  (blanks alone)"
    return "  (new)" if change.fate is Fate.ADDED else "  (gone)"


def _block(block: BlockChange, outputs: Sequence[OutputChange]) -> Iterator[Styled]:
    pieces = block.pieces
    figures = f"+{count_words(pieces, Change.ADDED)} -{count_words(pieces, Change.REMOVED)}"
    yield "", ""
    yield f"{block.name}  {block.fate}, {figures}", "bold cyan"
    yield f"  in {', '.join(f'{output.profile}/{output.agent}' for output in outputs)}", "dim"
    for line in _marked(pieces).split("\n"):
        yield f"  {line}".rstrip(), ""


def _marked(pieces: Sequence[Piece]) -> str:
    """Print words that went as ``[-so-]`` and words that came as ``{+so+}``, as git does."""
    last = len(pieces) - 1
    return "".join(_piece(piece, before=position > 0, after=position < last) for position, piece in enumerate(pieces)).rstrip()


def _piece(piece: Piece, *, before: bool, after: bool) -> str:
    if piece.change is Change.SAME:
        return shorten_run(piece.text, _CONTEXT if before else 0, _CONTEXT if after else 0)
    opening, closing = _MARKS[piece.change]
    words = piece.text.rstrip()
    return f"{opening}{words}{closing}{piece.text[len(words) :] or ' '}"


def _summary(comparison: Comparison) -> str:
    count = len(comparison.changes)
    if not count:
        return f"from {comparison.since} to {comparison.until}: no output changes"
    projects = f"{len(comparison.changed_projects)} project{'s' if len(comparison.changed_projects) != 1 else ''}"
    words = f"{comparison.added} words more and {comparison.removed} fewer"
    return f"from {comparison.since} to {comparison.until}: {count} output{'s' if count != 1 else ''} of {projects}, {words}"
