"""The import, from paths to a plan that is proven: read this first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from composer.errors import Diagnostics, InternalError, Note
from composer.files.destination import Destination
from composer.files.disk_errors import change_files, report_disk_error
from composer.files.transaction import Change
from composer.importer.agents import Agent, make_agents, with_own_text
from composer.importer.bodies import Body, make_body
from composer.importer.edits import place_edits
from composer.importer.existing import Existing, read_existing
from composer.importer.factor import factor
from composer.importer.fragments import name_runs
from composer.importer.leftover import are_few, with_whole
from composer.importer.printing import Layout, print_workspace
from composer.importer.proof import Mismatches, Prover
from composer.importer.rehearsal import Rehearsal
from composer.importer.repair import Repair, repair_sources
from composer.importer.sections import adapt_sections, with_sections
from composer.importer.shared_values import share_values
from composer.importer.sources import LeftOut, Source, SourceSet, read_sources
from composer.importer.variants import Comparer, find_variants, own_names_of, with_variants
from composer.importer.wordings import Wordings
from composer.inventory.users import fragments_in_use
from composer.records import dataclass, field, replace
from composer.source import SourceFile, unlocated
from composer.stages.write import WriteScope

__all__ = ["ImportPlan", "Options", "plan_import", "plan_sources", "write_plan"]

Progress = Callable[[str], None]
_MOST_TRIES = 16
_MOST_REFUSALS = 8


@dataclass(frozen=True, slots=True)
class Options:
    """How to import."""

    min_saving: int = 40
    is_update: bool = False
    is_repair: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ImportPlan:
    """What would be written, proven, and all that a report tells of it.

    ``existing`` is the workspace that it was proven beside; ``no_longer_used`` are the paths of its fragments that no profile uses any more
    once the plan is written.
    """

    files: dict[str, str]
    layout: Layout
    sources: tuple[Source, ...]
    left_out: tuple[LeftOut, ...]
    kept_whole: frozenset[str]
    repairs: tuple[Repair, ...] = ()
    no_longer_used: tuple[str, ...] = ()
    existing: Existing = field(default_factory=Existing)
    min_saving: int = 0


def plan_import(paths: Iterable[str], into: Path, options: Options, progress: Progress, diagnostics: Diagnostics) -> ImportPlan:
    """Read, factor, print and prove.

    Raises:
        ComposerError: if a path cannot be imported at all.
    """
    progress("reading")
    found = read_sources(paths, diagnostics)
    if not found.sources and not diagnostics.errors:
        message = "no file can be imported" if found.left_out else "there is no Markdown file to import"
        notes = [Note(f"{one.path}: {one.reason}") for one in found.left_out]
        diagnostics.error("nothing-to-import", message, unlocated("import"), "check the paths", notes)
    existing = read_existing(into, options.is_update, found.sources, diagnostics)
    diagnostics.raise_errors()
    repairs: list[Repair] = []
    if options.is_repair:
        sources, repairs = repair_sources(found.sources)
        found = replace(found, sources=tuple(sources))
    return replace(plan_sources(found, existing, options, progress), repairs=tuple(repairs), existing=existing)


def plan_sources(found: SourceSet, existing: Existing, options: Options, progress: Progress) -> ImportPlan:
    """Factor, print and prove what was read."""
    sources, left_out = list(found.sources), list(found.left_out)
    whole: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    known = _Known(existing, options, progress)
    prover = Prover(existing.root, progress)
    rehearsal = Rehearsal(prover)
    wrong = Mismatches(frozenset(), frozenset())
    for number in range(_MOST_TRIES):
        layout, apart = _lay_out(sources, whole, apart, known)
        refused = _refused(layout, rehearsal)
        while refused and are_few(refused, layout.agents):
            layout = _placed(_with_whole(layout, refused, sources, whole, known), existing)
            refused = _refused(layout, rehearsal)
        if refused - apart:
            # One that is refused changes what others share, so that the next may be; there has to be an end.
            apart |= refused if number < _MOST_REFUSALS else {agent.label for agent in layout.agents if agent.changes}
            continue
        files = print_workspace(layout)
        known.forget_comparisons()
        progress("proving")
        wrong = prover.prove(files, layout.agents)
        if not wrong:
            unused = _no_longer_used(existing, files, prover)
            return ImportPlan(files, layout, tuple(sources), tuple(left_out), whole, no_longer_used=unused, min_saving=options.min_saving)
        blamed = _blamed(layout, wrong)
        joined = {agent.label for agent in layout.agents if agent.changes or layout.values.name_for(agent)} & blamed - apart
        if joined:  # on their own they may well come out
            apart |= joined
            continue
        hopeless = blamed & whole
        left_out.extend(LeftOut(label, "it does not come out byte for byte") for label in sorted(hopeless))
        sources = [source for source in sources if source.label not in hopeless]
        whole |= blamed
    message = "what would be imported does not build: " + "; ".join(wrong.messages[:3])
    raise InternalError(message)


def _no_longer_used(existing: Existing, files: Mapping[str, str], prover: Prover) -> tuple[str, ...]:
    """Return the paths of the fragments that profiles used until these files replaced others; nothing is taken away by an import."""
    if not existing.used:
        return ()
    index = prover.read(files, Diagnostics())
    return tuple(index.catalog.fragments[name].source.path for name in sorted(existing.used - fragments_in_use(index)))


def write_plan(plan: ImportPlan, destination: Destination, diagnostics: Diagnostics | None = None) -> tuple[str, ...]:
    """Write the files that are not there as they should be, all or none, and return their paths.

    Args:
        plan: what to write.
        destination: the folder of the workspace.
        diagnostics: gets what a run that was cut short has left.

    Raises:
        ComposerError: if a source of the workspace is not as it was when the import was planned, or a file cannot be written.
    """
    scope = WriteScope(frozenset(), plan.existing.output)
    told = diagnostics if diagnostics is not None else Diagnostics()
    return change_files(destination, scope.may_write, lambda found: _changes(plan, destination, found), told)


def _changes(plan: ImportPlan, destination: Destination, found: Diagnostics) -> list[Change]:
    """Hold the workspace against what it was when the import was planned: what was proven is proven beside that alone."""
    changes = []
    for path in sorted({*plan.files, *plan.existing.texts}):
        try:
            raw = destination.read(path)
        except OSError as error:
            report_disk_error(path, error, "written" if path in plan.files else "read", found)
            continue
        now = SourceFile.from_raw(path, raw.decode(errors="replace")).text if raw is not None else None
        if now != plan.existing.texts.get(path):
            found.error("file-changed", f"`{path}` has changed meanwhile", unlocated(path), "nothing was written: run the command again")
        elif path in plan.files:
            changes.append(Change(path, raw, plan.files[path].encode()))
    return changes


def _refused(layout: Layout, rehearsal: Rehearsal) -> frozenset[str]:
    """Return the agents whose edits do not give them back."""
    edited, wrong = rehearsal.run(layout)
    return frozenset(layout.edits.crossing) | (_blamed(layout, wrong) & edited if wrong else frozenset())


def _with_whole(layout: Layout, labels: frozenset[str], sources: Sequence[Source], whole: frozenset[str], known: _Known) -> Layout:
    agents = known.agents(sources, whole)
    return with_whole(layout, labels, agents, known.bodies(agents))


def _placed(layout: Layout, existing: Existing) -> Layout:
    """Return a layout with the edits that its agents need."""
    variables = existing.variables | set(layout.values.names.values())
    return replace(layout, edits=place_edits(layout.agents, layout.bodies, layout.factored, layout.names, variables))


def _lay_out(sources: Sequence[Source], whole: frozenset[str], apart: frozenset[str], known: _Known) -> tuple[Layout, frozenset[str]]:
    """Decide everything; the agents in ``apart`` are no variants of others, and those are added whose edits would cross borders."""
    existing, options = known.existing, known.options
    known.progress("factoring")
    layout = _placed(_share(sources, whole, apart, known), existing)
    while layout.edits.crossing - apart:
        if are_few(layout.edits.crossing, layout.agents):
            layout = _with_whole(layout, frozenset(layout.edits.crossing), sources, whole, known)
        else:
            apart |= layout.edits.crossing
            layout = _share(sources, whole, apart, known)
        layout = _placed(layout, existing)
    agents = layout.agents
    taken = [*existing.ids, *(agent.fragment for agent in agents)]
    names = name_runs(layout.factored, _folders(agents, layout.bodies), taken)
    values = share_values(agents, options.min_saving, [*taken, *names.values()], existing.variables, apart)
    return _placed(replace(layout, names=names, values=values), existing), apart


def _share(sources: Sequence[Source], whole: frozenset[str], apart: frozenset[str], known: _Known) -> Layout:
    """Decide what is shared; runs have numbers for names."""
    existing, options = known.existing, known.options
    agents = known.agents(sources, whole)
    bodies = known.bodies(agents)
    kept = {agent.fragment for agent in agents if agent.label in apart or agent.label in whole}
    agents = with_variants(agents, find_variants(agents, bodies, options.min_saving, known.comparer, kept))
    bodies = {agent.fragment: bodies[agent.fragment] for agent in agents if agent.base is None and agent.fragment in bodies}
    bases = {agent.fragment for agent in agents if agent.base is not None and agent.changes}
    free = [bodies[agent.fragment] for agent in agents if agent.base is None and agent.fragment in bodies.keys() - kept - bases]
    agents, adapted = with_sections(agents, adapt_sections(free, options.min_saving, known.comparer, own_names_of(agents)))
    bodies |= adapted
    shared = [body for agent in agents if (body := bodies.get(agent.fragment)) and agent.base is None and agent.label not in whole]
    factored = factor(shared, options.min_saving, existing.bodies, known.wordings)
    return Layout(agents, bodies, factored, {symbol: str(symbol) for symbol in factored.runs})


class _Known:
    """What holds for each try, and what need not be found out again at the next."""

    def __init__(self, existing: Existing, options: Options, progress: Progress) -> None:
        self.existing, self.options, self.progress = existing, options, progress
        self.comparer = Comparer()
        self.wordings = Wordings()
        self._agents: tuple[tuple[Sequence[Source], frozenset[str]], list[Agent]] | None = None
        self._bodies: dict[tuple[str, tuple[str, ...]], Body] = {}

    def forget_comparisons(self) -> None:
        """Make room for the proof, which takes most of all: it seldom fails once the edits have been rehearsed."""
        self.comparer = Comparer()
        self.wordings = Wordings()

    def agents(self, sources: Sequence[Source], whole: frozenset[str]) -> list[Agent]:
        """Make agents of sources."""
        key = tuple(sources), whole
        if self._agents is None or self._agents[0] != key:
            self._agents = key, _agents(sources, whole, self.existing.taken)
        return self._agents[1]

    def bodies(self, agents: Iterable[Agent]) -> dict[str, Body]:
        """Cut the bodies of agents into units."""
        bodies = {}
        for agent in agents:
            if agent.base is None and agent.envelope.body:
                key = agent.fragment, agent.envelope.body
                if key not in self._bodies:
                    self._bodies[key] = make_body(agent.fragment, str(Path(agent.source.path).parent), agent.envelope.body)
                bodies[agent.fragment] = self._bodies[key]
        return bodies


def _agents(sources: Sequence[Source], whole: frozenset[str], taken_ids: frozenset[str]) -> list[Agent]:
    agents = make_agents(sources, taken_ids)
    taken = {agent.fragment for agent in agents}
    for position, agent in enumerate(agents):
        if agent.label in whole and agent.base is not None:
            fragment = f"agents/{agent.source.project}/{agent.name}"
            while fragment in taken:
                fragment += "-own"
            taken.add(fragment)
            agents[position] = with_own_text(agent, fragment)
    return agents


def _folders(agents: Sequence[Agent], bodies: Mapping[str, Body]) -> dict[str, str]:
    """Return where each body's file stands: its project, and the folder in it."""
    folders = {}
    for agent in agents:
        if agent.fragment in bodies and agent.base is None:
            folder = str(Path(agent.source.path).parent)
            folders[agent.fragment] = f"{agent.source.project}/{folder}"
    return folders


def _blamed(layout: Layout, wrong: Mismatches) -> frozenset[str]:
    """Return the agents to keep whole: those that do not come out, and those that a fragment which cannot be read is owed to."""
    symbols = {name: symbol for symbol, name in layout.names.items()}
    blamed = set(wrong.agents)
    keys: set[str] = set()
    for fragment in wrong.fragments:
        editors = layout.edits.editors_of(fragment)
        blamed |= editors  # whose ids may be what it cannot be read with
        if not editors:
            keys.add(fragment)
            keys.update(layout.factored.runs[symbols[fragment]].users if fragment in symbols else ())
    blamed |= {agent.label for agent in layout.agents if agent.fragment in keys}
    blamed |= {label for project, address in wrong.edits for label in layout.edits.owners_of(project, address)}
    return frozenset(blamed or {agent.label for agent in layout.agents})
