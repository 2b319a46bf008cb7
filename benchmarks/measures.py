"""What is measured: each measure as the cases of all contenders that can take part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from benchmarks.agents_workload import EVERYWHERE, RARE, AgentsWorkload, make_workload
from benchmarks.contenders import FLOOR, OURS, Contender
from benchmarks.forms import FORMS
from benchmarks.library_workload import OUTPUTS, library_files, with_base_edited
from benchmarks.rounds import Case, Timer
from benchmarks.trees import Outputs, Tree, WrongResultError, digest_of

__all__ = [
    "LARGEST_FOR_ALL",
    "LIBRARY_OUTPUTS",
    "Library",
    "Measure",
    "Plan",
    "agents_measures",
    "environment_in",
    "library_measures",
    "read_library",
    "start_measure",
]

LARGEST_FOR_ALL: Final = 1000
"""Larger workloads are for agent-composer and the floor with Jinja2 alone, and without a warm-up."""
EXPLAINED: Final = "output/team-00/.claude/agents/agent-00003.md:42"


@dataclass(frozen=True, slots=True)
class Measure:
    """One table of the results: its name, what it says, and its cases in the order in which they run."""

    name: str
    title: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Where workloads are written, and who takes part."""

    work: Path
    contenders: Sequence[Contender]


def environment_in(contender: Contender, root: Path) -> dict[str, str]:
    """Give our own command a cache folder inside the tree, so that what clears a tree clears its cache. Peers keep theirs."""
    return {**contender.environment, **({"XDG_CACHE_HOME": str(root / ".cache-home")} if contender.kind == "ours" else {})}


def _says(words: str) -> Callable[[int, str], None]:
    def verify(_number: int, printed: str) -> None:
        if words not in printed:
            message = f"it does not print {words!r}"
            raise WrongResultError(message)

    return verify


def _nothing(_number: int) -> None:
    """Prepare nothing."""


def start_measure(plan: Plan) -> Measure:
    """Time the start of each program: its version, or for a library its import."""
    plan.work.mkdir(parents=True, exist_ok=True)
    cases = [
        Case("start", one.name, one.start, plan.work, one.environment, _nothing, _says(""))  # no wording is common to all
        for one in plan.contenders
        if one.start
    ]
    return Measure("start", "Start (`--version`; for a library its import)", tuple(cases))


# --- the agents workload ----------------------------------------------------------------------------------------------


def agents_measures(plan: Plan, sizes: Sequence[int], wanted: Callable[[str], bool]) -> list[Measure]:
    """Return the measures of the agents workload; all but the full builds and the smallest check are of the largest common size."""
    common = [size for size in sizes if size <= LARGEST_FOR_ALL]
    main = max(common)
    makers: list[tuple[str, Callable[[], Measure]]] = [
        *(("full", partial(_full, plan, size)) for size in common),
        ("noop", partial(_again, plan, main)),
        *(("check", partial(_check, plan, size)) for size in sorted({min(common), main})),
        *((change, partial(_changed, plan, main, change)) for change in _CHANGES),
        ("explain", partial(_explain, plan, main)),
        *(("large", partial(_full, plan, size)) for size in sizes if size > LARGEST_FOR_ALL),
    ]
    return [make() for name, make in makers if wanted(name)]


@lru_cache(maxsize=1)
def _workload(size: int) -> AgentsWorkload:
    return make_workload(size)


def _expected(workload: AgentsWorkload, outputs: Outputs) -> str:
    return digest_of(((name, text.encode()) for name, text in workload.finished()), bodies_only=outputs.bodies_only)


def _tree(plan: Plan, measure: str, contender: Contender, workload: AgentsWorkload) -> Tree:
    return Tree(plan.work / measure / contender.name.replace(", ", "-").replace(" ", "-"), dict(FORMS[contender.form](workload)))


def _full(plan: Plan, size: int) -> Measure:
    """Time a build where there are neither outputs nor caches."""
    workload, name = _workload(size), f"full-{size}"
    is_for_all = size <= LARGEST_FOR_ALL

    def case(one: Contender) -> Case:
        tree, expected = _tree(plan, name, one, workload), _expected(workload, one.outputs)
        prepare, verify = lambda _number: tree.reset(), lambda _number, _printed: one.outputs.check(tree, expected)
        return Case(name, one.name, one.build, tree.root, environment_in(one, tree.root), prepare, verify, has_warm_up=is_for_all)

    some = [one for one in plan.contenders if one.build and (is_for_all or one.name in {OURS, FLOOR})]
    return Measure(name, f"Full build, {size:,} agents (no outputs, no cache)", tuple(map(case, some)))


def _unchanged(plan: Plan, name: str, size: int, command: Callable[[Contender], Sequence[str]]) -> tuple[Case, ...]:
    workload = _workload(size)

    def case(one: Contender) -> Case:
        tree, expected = _tree(plan, name, one, workload), _expected(workload, one.outputs)
        verify = lambda _number, _printed: one.outputs.check(tree, expected)  # noqa: E731 - a closure over the two above
        return Case(name, one.name, command(one), tree.root, environment_in(one, tree.root), _nothing, verify, made_ready=one.build)

    return tuple(case(one) for one in plan.contenders if command(one))


def _again(plan: Plan, size: int) -> Measure:
    title = f"Build again, nothing changed, {size:,} agents"
    return Measure(f"noop-{size}", title, _unchanged(plan, f"noop-{size}", size, lambda one: one.again))


def _check(plan: Plan, size: int) -> Measure:
    title = f"Check (for peers their dry run), nothing changed, {size:,} agents"
    return Measure(f"check-{size}", title, _unchanged(plan, f"check-{size}", size, lambda one: one.check))


_CHANGES: Final[Mapping[str, tuple[str, Callable[[AgentsWorkload], AgentsWorkload]]]] = {
    "everywhere": ("One fragment changed that all agents use", lambda workload: workload.with_fragment_changed(EVERYWHERE)),
    "rare": ("One fragment changed that ten agents use", lambda workload: workload.with_fragment_changed(RARE)),
    "profile": ("One variable of one profile changed", AgentsWorkload.with_profile_changed),
}


def _changed(plan: Plan, size: int, change: str) -> Measure:
    """Time a build after one source was changed, to and fro. Only who composes can be asked; a peer has one project, so no profiles."""
    title, edit = _CHANGES[change]
    name, before = f"{change}-{size}", _workload(size)
    variants = (before, edit(before))

    def case(one: Contender) -> Case:
        tree = _tree(plan, name, one, variants[1])
        files = [dict(FORMS[one.form](variant)) for variant in variants]
        return _to_and_fro(name, one, tree, files, [_expected(variant, one.outputs) for variant in variants])

    some = [one for one in plan.contenders if one.again and one.composes and (change != "profile" or one.kind != "peer")]
    return Measure(name, f"{title}, {size:,} agents", tuple(map(case, some)))


def _to_and_fro(name: str, one: Contender, tree: Tree, files: Sequence[Mapping[str, str]], expected: Sequence[str]) -> Case:
    """Build a tree's second variant, then change the sources to the first, and back, from one round to the next."""
    differing = [path for path, text in files[0].items() if files[1][path] != text]
    changes = [{path: variant[path] for path in differing} for variant in files]

    def prepare(number: int) -> None:
        tree.update(changes[number % 2])

    def verify(number: int, _printed: str) -> None:
        one.outputs.check(tree, expected[number % 2])

    return Case(name, one.name, one.again, tree.root, environment_in(one, tree.root), prepare, verify, made_ready=one.build)


def _explain(plan: Plan, size: int) -> Measure:
    workload, name = _workload(size), f"explain-{size}"

    def case(one: Contender) -> Case:
        tree = _tree(plan, name, one, workload)
        command = (one.build[0], "explain", EXPLAINED)
        return Case(
            name, one.name, command, tree.root, environment_in(one, tree.root), _nothing, _says("fragments/rules-"), made_ready=one.build
        )

    some = [one for one in plan.contenders if one.name == OURS]
    return Measure(name, f"Explain a line of an output, {size:,} agents", tuple(map(case, some)))


# --- the library workload ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Library:
    """The library workload before and after one item of one base was edited: the sources of both, and the right outputs of both."""

    sources: tuple[Mapping[str, str], Mapping[str, str]]
    outputs: tuple[Mapping[str, bytes], Mapping[str, bytes]]


def read_library(plan: Plan, timer: Timer) -> Library:
    """Make the library workload. What is right is told by a build from nothing of each variant, in a folder of its own.

    Raises:
        WrongResultError: if that build fails.
    """
    before = library_files()
    sources = (before, with_base_edited(before))
    return Library(sources, (_reference(plan, sources[0], timer), _reference(plan, sources[1], timer)))


def _reference(plan: Plan, files: Mapping[str, str], timer: Timer) -> dict[str, bytes]:
    one = _own(plan)[-1]
    tree = Tree(plan.work / "library-reference", files)
    sample = timer.run(one.build, tree.root, environment_in(one, tree.root), plan.work / "log")
    contents = one.outputs.contents(tree)
    if sample.exit or len(contents) != OUTPUTS:
        message = f"the reference build of the library workload ended with {sample.exit} and {len(contents)} outputs"
        raise WrongResultError(message)
    return contents


def _own(plan: Plan) -> list[Contender]:
    return [replace(one, outputs=LIBRARY_OUTPUTS) for one in plan.contenders if one.kind == "ours"]


LIBRARY_OUTPUTS: Final = Outputs("output/*/.claude/agents/*.md", flat=False)


def library_measures(plan: Plan, library: Library) -> list[Measure]:
    """Return the measures of the library workload, of which only agent-composer has a form."""
    expected = [digest_of(outputs.items(), bodies_only=False) for outputs in library.outputs]
    measures = []
    for name, title in _LIBRARY_MEASURES.items():
        some = [one for one in _own(plan) if name != "library-check" or one.check]
        cases = tuple(_library_case(plan, name, one, library.sources, expected) for one in some)
        measures.append(Measure(name, f"Library workload, {title}", cases))
    return measures


_LIBRARY_MEASURES: Final = {
    "library-full": "full build",
    "library-noop": "build again, nothing changed",
    "library-check": "check, nothing changed",
    "library-edit": "one item edited in one base",
}


def _library_case(plan: Plan, name: str, one: Contender, variants: Sequence[Mapping[str, str]], expected: Sequence[str]) -> Case:
    edits, builds = name == "library-edit", name == "library-full"
    tree = Tree(plan.work / name / one.name.replace(", ", "-").replace(" ", "-"), variants[1 if edits else 0])
    if edits:
        return _to_and_fro(name, one, tree, variants, expected)
    command = {"library-full": one.build, "library-noop": one.again, "library-check": one.check}[name]
    return Case(
        name,
        one.name,
        command,
        tree.root,
        environment_in(one, tree.root),
        (lambda _number: tree.reset()) if builds else _nothing,
        lambda _number, _printed: one.outputs.check(tree, expected[0]),
        made_ready=() if builds else one.build,
    )
