"""What an import tells: figures, the largest shared fragments, near misses, and what is broken in the sources."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from composer.importer.agents import Agent
from composer.importer.bodies import Body, Part, make_body
from composer.importer.choices import EditedAgent, Refused, Variable, edited_agents, refused_runs, variables
from composer.importer.differences import Differences
from composer.importer.factor import SharedRun
from composer.importer.pieces import printed_line
from composer.importer.repair import Repair, front_matter_problem
from composer.importer.run import ImportPlan
from composer.importer.sources import LeftOut
from composer.records import asdict, dataclass

__all__ = ["Broken", "ImportReport", "NearMiss", "SharedFragment", "make_report", "report_data", "report_text"]

_MOST: Final = 10
_RARE: Final = 12
_NEAR: Final = 0.6
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class SharedFragment:
    """One fragment that several agents include: its bytes, how often it stands, who uses it and the bytes that it saves."""

    id: str
    size: int
    uses: int
    users: tuple[str, ...]
    saving: int


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Two agents that have much in common and are kept apart.

    ``alike`` is the share of the smaller one's bytes that both have; ``reason`` says why the one is not written as the other with edits.
    """

    one: str
    other: str
    alike: float
    differing_blocks: int
    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Something wrong in a source, which is kept as it is."""

    path: str
    problem: str


@dataclass(frozen=True, slots=True, eq=False)
class ImportReport:
    """Everything that is told of one import."""

    files: int
    profiles: int
    agent_files: int
    fragments: int
    edits: int
    variables: int
    bytes_before: int
    bytes_after: int
    shared: tuple[SharedFragment, ...]
    near_misses: tuple[NearMiss, ...]
    broken: tuple[Broken, ...]
    left_out: tuple[LeftOut, ...]
    kept_whole: tuple[str, ...]
    repairs: tuple[Repair, ...]
    no_longer_used: tuple[str, ...]
    written: tuple[str, ...]
    same_bodies: int
    edited: tuple[EditedAgent, ...]
    chosen_variables: tuple[Variable, ...]
    refused: tuple[Refused, ...]


def make_report(plan: ImportPlan, written: Sequence[str]) -> ImportReport:
    """Collect what is told of a plan; ``written`` are the paths that change on disk."""
    layout = plan.layout
    labels = {agent.fragment: agent.label for agent in layout.agents if agent.base is None}
    runs = sorted(layout.factored.runs.items(), key=lambda pair: -pair[1].size)
    return ImportReport(
        files=len(plan.sources),
        profiles=len({source.project for source in plan.sources}),
        agent_files=len(labels),
        fragments=len(runs),
        edits=layout.edits.count(),
        variables=len(layout.values.names) + sum(map(len, layout.edits.variables.values())),
        bytes_before=sum(source.size for source in plan.sources),
        bytes_after=sum(len(text.encode()) for text in plan.files.values()),
        shared=tuple(_shared(layout.names[symbol], run, labels) for symbol, run in runs),
        near_misses=tuple(islice(_near_misses(list(layout.bodies.values()), labels), _MOST)),
        broken=tuple(_broken(layout.agents)),
        left_out=plan.left_out,
        kept_whole=tuple(sorted(plan.kept_whole)),
        repairs=plan.repairs,
        no_longer_used=plan.no_longer_used,
        written=tuple(written),
        same_bodies=sum(agent.base is not None and not agent.changes for agent in layout.agents),
        edited=tuple(edited_agents(layout)),
        chosen_variables=tuple(variables(layout)),
        refused=tuple(refused_runs(layout, plan.min_saving)),
    )


def _shared(name: str, run: SharedRun, labels: Mapping[str, str]) -> SharedFragment:
    users = tuple(dict.fromkeys(labels[user] for user in run.users if user in labels))
    return SharedFragment(name, run.size, run.uses, users, run.saving)


# --- near misses ------------------------------------------------------------------------------------------------------


def _near_misses(bodies: Sequence[Body], labels: Mapping[str, str]) -> Iterator[NearMiss]:
    """Give pairs of bodies with much in common, those with most first."""
    differences = Differences()
    blocks = [Counter(_block_sizes(body)) for body in bodies]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, counts in enumerate(blocks):
        for block, _ in counts:
            places[block].append(number)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for block, found in places.items():
        for position, one in enumerate(found if len(found) <= _RARE else ()):
            for other in found[position + 1 :]:
                shared[one, other] += _size(block)
    sizes = [sum(size for _, size in counts) for counts in blocks]
    alike = {pair: size / max(min(sizes[pair[0]], sizes[pair[1]]), 1) for pair, size in shared.items()}
    for (one, other), share in sorted(alike.items(), key=lambda pair: (-pair[1], pair[0])):
        if share < _NEAR:
            return
        differing = sum(((blocks[one] - blocks[other]) + (blocks[other] - blocks[one])).values())
        changes = differences.between(_read_again(bodies[one]), _read_again(bodies[other]))
        reason = "no edits make one of the other" if changes is None else f"{len(changes)} edits would take more bytes than they save"
        yield NearMiss(labels[bodies[one].key], labels[bodies[other].key], round(share, 3), differing, reason)


def _read_again(body: Body) -> Part:
    """Return a body to be compared: of one with sections of others in it, the blocks are not known."""
    return make_body(body.key, body.folder, [printed_line(line) for line in body.lines]).whole


def _block_sizes(body: Body) -> Iterator[tuple[tuple[str, ...], int]]:
    for unit in body.units:
        lines = body.lines[unit.first : unit.last]
        yield lines, _size(lines)


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


# --- what is broken ---------------------------------------------------------------------------------------------------


def _broken(agents: Sequence[Agent]) -> Iterator[Broken]:
    names: dict[tuple[str, str], str] = {}
    for agent in agents:
        problem = front_matter_problem(agent.source.text)
        if problem:
            yield Broken(agent.label, f"the front matter is no strict YAML ({problem}); many clients drop all of it without a word")
        name = dict(agent.envelope.fields).get("name", "")
        if name:
            first = names.setdefault((agent.source.project, name), agent.label)
            if first != agent.label:
                yield Broken(agent.label, f"the name `{name}` is also that of {first}: Claude Code loads one of the two")
        if _has_open_fence(agent.envelope.body):
            yield Broken(agent.label, "a code block is never closed")


def _has_open_fence(lines: Sequence[str]) -> bool:
    fence = ""
    for line in lines:
        stripped = line.strip()
        if not fence and stripped.startswith(("```", "~~~")):
            fence = stripped[: len(stripped) - len(stripped.lstrip(stripped[0]))]
            fence = "" if fence[0] == "`" and "`" in stripped[len(fence) :] else fence
        elif fence and stripped.startswith(fence) and not stripped.strip(fence[0]):
            fence = ""
    return bool(fence)


# --- text and data ----------------------------------------------------------------------------------------------------


def report_data(report: ImportReport) -> dict[str, object]:
    """Return the report as plain data."""
    return asdict(report)


def report_text(report: ImportReport, *, explains_choice: bool) -> Iterator[str]:
    """Give the report's lines."""
    share = 100 * report.bytes_after / report.bytes_before if report.bytes_before else 100.0
    mended = f", but for what was repaired in {_count(len(report.repairs), 'file')}" if report.repairs else ""
    yield f"{_count(report.files, 'file')} in {_count(report.profiles, 'profile')}: each comes out byte for byte{mended}"
    yield f"{report.bytes_before} bytes before, {report.bytes_after} after ({share:.1f} %)"
    yield f"{_count(report.agent_files, 'agent file')}, {_count(report.fragments, 'shared fragment')}"
    if report.same_bodies:
        yield f"{_count(report.same_bodies, 'file')} with the text of another: one file for all, and front matter in the profiles"
    if report.edits or report.variables:
        yield f"{_count(report.edits, 'edit')} and {_count(report.variables, 'variable')} where agents are nearly the same"
    if not (report.fragments or report.edits or report.variables or report.same_bodies):
        yield "nothing repeats enough to be worth sharing"
    yield from _shared_lines(report, explains_choice=explains_choice)
    if explains_choice:
        yield from _choice_lines(report)
    yield from _section("kept apart, though much is alike", [_near_line(miss) for miss in report.near_misses])
    yield from _section("broken in the sources, and kept as it is", [f"{one.path}: {one.problem}" for one in report.broken])
    yield from _section("repaired", [f"{one.path}: {'; '.join(one.reasons)}" for one in report.repairs])
    yield from _section("kept as one piece, because it cannot be cut", list(report.kept_whole))
    yield from _section("used by no profile any more, and left for you to delete", list(report.no_longer_used))
    yield from _section("left out", [f"{one.path}: {one.reason}" for one in report.left_out])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shared_lines(report: ImportReport, *, explains_choice: bool) -> Iterator[str]:
    shown = report.shared if explains_choice else report.shared[:_MOST]
    lines = []
    for one in shown:
        users = ", ".join(one.users[:3]) + (f" and {len(one.users) - 3} more" if len(one.users) > 3 else "")  # noqa: PLR2004 - a line's room
        choice = f", saves {one.saving}" if explains_choice else ""
        lines.append(f"{one.id}  {one.size} bytes, {_count(one.uses, 'use')}{choice}: {users}")
    yield from _section("shared fragments" if explains_choice else "the largest shared fragments", lines)


def _choice_lines(report: ImportReport) -> Iterator[str]:
    edited = [
        f"{one.agent}  {', '.join(f'{count} {verb}' for verb, count in one.edits.items())}: "
        f"{one.size} bytes in place of {one.own}, on {one.fragment}"
        for one in report.edited
    ]
    yield from _section("agents that are another text with edits", edited)
    chosen = []
    for one in report.chosen_variables:
        values = ", ".join(f"{value} ({label})" for label, value in islice(one.values.items(), 3))
        chosen.append(f"{one.name} in {one.fragment}: {one.default[:_SHOWN]}{'; ' if values else ''}{values}")
    yield from _section("variables", chosen)
    refused = [f"{one.size} bytes, {_count(one.uses, 'use')}, would save {one.saving}: {one.text}" for one in report.refused]
    yield from _section("repeated, but no fragment, because it saves too little", refused)


def _near_line(miss: NearMiss) -> str:
    share = min(round(100 * miss.alike), 99 if miss.differing_blocks else 100)
    return f"{miss.one} and {miss.other}: {share} % alike, {_count(miss.differing_blocks, 'block')} apart; {miss.reason}"


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{title}:"
        yield from (f"  {line}" for line in lines)
