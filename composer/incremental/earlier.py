"""What the runs before have read and composed: the next one takes from it what it would come to again.

Nothing is taken on trust. A file is read by every run, and what was made of it is used again if its text is the same. A profile is used
again if every source that had a part in it is; an agent of any other profile, if all that it is made of says the same
(:mod:`.ingredients`). Whatever had something told of it that may change is composed anew. So the outputs, and what is told, are those of
a fresh run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from composer.errors import Diagnostic, Diagnostics
from composer.files.sources import Sources
from composer.incremental.agents import compose_agents
from composer.incremental.dependencies import (
    Dependencies,
    Ground,
    are_of,
    changed_fragments,
    ground_of,
    has_includes,
    names_by_home,
    places_of,
)
from composer.incremental.front_matter import SteadyTarget
from composer.incremental.inclusions import Inclusions
from composer.incremental.ingredients import AgentIngredients, IngredientFinder
from composer.incremental.resolved import Resolutions
from composer.incremental.sharing import LastingSharing
from composer.lookup.index import Index
from composer.lookup.sharing import Sharing
from composer.model.outputs import FileResult, OutputFile
from composer.model.resolved import ResolvedAgent
from composer.model.sources import Catalog, Fragment, Profile, are_same
from composer.pipeline import Done, Run, compose_profile, nobody_asks, read_index
from composer.records import dataclass, replace
from composer.source import SourceFile
from composer.stages.plan import forget_plans
from composer.stages.reach import Composed
from composer.stages.write import WriteScope
from composer.stale.edits import KnownEdits
from composer.targets import Target

__all__ = ["Earlier"]

_MOST_TEXTS = 50_000
"""How many texts may be known, those that are in no source any more included."""


@dataclass(frozen=True, slots=True, eq=False)
class _KeptAgent:
    """An agent of which nothing was told."""

    ingredients: AgentIngredients
    composed: Composed
    file: OutputFile


@dataclass(frozen=True, slots=True, eq=False)
class _KeptProfile:
    """A profile: the sources that had a part in it, by their names, its files, and what was told of it. It has no errors."""

    sources: Mapping[str, Fragment | Profile]
    files: tuple[OutputFile, ...]
    told: tuple[Diagnostic, ...]


class Earlier:
    """Reads and composes as :mod:`composer.pipeline` does, and remembers. It serves one workspace; files have no origins."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self.edits = KnownEdits()
        """What edits stand in place of."""
        self._known: Catalog | None = None
        self._texts: Index | None = None
        self._sharing = LastingSharing()
        self._shared: Index | None = None
        """What ``_sharing`` was composed from."""
        self._ground: Ground | None = None
        self._profiles: dict[str, _KeptProfile] = {}
        self._agents: dict[tuple[str, str], _KeptAgent] = {}
        self._resolutions = Resolutions()
        self._inclusions = Inclusions()
        self._steady_target: tuple[Target, SteadyTarget] | None = None
        self._names: Mapping[str, frozenset[str]] = {}
        self._written: dict[PurePath, Mapping[str, bytes]] = {}
        self._paths: tuple[PurePath, str, Mapping[OutputFile, str]] | None = None
        """Where the files of the last build stand: below which root, and in which folder there."""
        self._dependencies: Dependencies
        self._today: Mapping[str, SourceFile] = {}
        self._has_includes = False
        """Whether a text of a profile may bring fragments in."""
        self._is_clean = False
        self._is_tainted = False
        self._run: Run | None = None
        """What the ground was last looked at for."""

    # --- reading ------------------------------------------------------------------------------------------------------

    def read_index(self, sources: Sources, diagnostics: Diagnostics, done: Done = nobody_asks) -> Index:
        """Read a workspace, and look every name up; what is known is not parsed again."""
        index = read_index(sources, diagnostics, self._known, self._texts, done)
        self._known = _without_told(index.catalog, diagnostics, self._known)
        self._dependencies = Dependencies(index)
        self._today = {home.source.path: home.source for home in self._dependencies.sources.values()}
        self._is_clean, self._is_tainted = not diagnostics.errors, False
        self._share(index)
        self._texts = index if self._is_clean and index.text_count <= _MOST_TEXTS else None
        if self._is_clean:
            self._names = names_by_home(index.variable_users)
            self._inclusions.keep_only(fragment.document for fragment in index.catalog.fragments.values())
        return index

    def _share(self, index: Index) -> None:
        """Go on with what agents share, apart from what was made of fragments that have changed."""
        changed = changed_fragments(self._shared, index)
        self._has_includes = has_includes(index)
        if self._has_includes:
            self._resolutions.clear()
        if changed is None or self._sharing.is_worn or self._has_includes:
            if self._is_clean:
                self._sharing = LastingSharing()
                index.sharing, self._shared = self._sharing, index
        elif self._is_clean:
            if changed:
                forget_plans(self._sharing, changed, self._inclusions.can_bring(changed, index))
            index.sharing, self._shared = self._sharing, index
        elif not changed:
            index.sharing = self._sharing.lent()

    # --- writing ------------------------------------------------------------------------------------------------------

    def settled(self, root: PurePath, scope: WriteScope, files: Iterable[OutputFile]) -> frozenset[str]:
        """Return the paths of the files that were brought to what they are to be by this process, and not by ones before it."""
        written = self._written.get(root, {})
        return frozenset(path for file, path in self._paths_of(root, scope, files).items() if written.get(path) == file.content)

    def note_written(self, root: PurePath, scope: WriteScope, files: Iterable[OutputFile], results: Iterable[FileResult]) -> None:
        """Remember what a build has left where nothing was in its way."""
        left = {result.path for result in results if not result.is_conflict}
        self._written[root] = {path: file.content for file, path in self._paths_of(root, scope, files).items() if path in left}

    def _paths_of(self, root: PurePath, scope: WriteScope, files: Iterable[OutputFile]) -> Mapping[OutputFile, str]:
        known = self._paths[2] if self._paths is not None and self._paths[:2] == (root, scope.folder) else {}
        paths = {file: known.get(file) or scope.path_of(file) for file in files}
        self._paths = (root, scope.folder, paths)
        return paths

    # --- composing ----------------------------------------------------------------------------------------------------

    def compose_profile(self, name: str, run: Run, diagnostics: Diagnostics) -> tuple[OutputFile, ...]:
        """Compose the agents of one profile, or take what they came to before. What is wrong is collected, not raised."""
        index = run.index
        before = index.diagnostics.told
        files, told = self._composed_or_kept(name, run)
        if index.diagnostics.told != before:
            # What was found in a text that others use as well is told once, by the first of them: so none of them may be kept.
            self._is_tainted = True
            self._forget()
        if not self._are_of_today(told):
            sharing, index.sharing = index.sharing, Sharing()
            found = Diagnostics()
            files = _bare(compose_profile(name, run, found))
            index.sharing, told = sharing, tuple(found)
        for diagnostic in told:
            diagnostics.add(diagnostic)
        return files

    def _composed_or_kept(self, name: str, run: Run) -> tuple[tuple[OutputFile, ...], tuple[Diagnostic, ...]]:
        if not self._is_clean or self._is_tainted or run.index.diagnostics.errors:
            found = Diagnostics()
            return _bare(compose_profile(name, run, found)), tuple(found)
        self._stand_on(run)
        kept = self._profiles.get(name)
        if kept is None or not are_same(kept.sources, self._dependencies.sources):
            kept = self._composed(name, run)
        return kept.files, kept.told

    def _are_of_today(self, told: Iterable[Diagnostic]) -> bool:
        """Whether nothing points into an older text of a source: what agents share may."""
        return all(self._today.get(place.path, place.source) is place.source for place in places_of(told))

    def _stand_on(self, run: Run) -> None:
        if self._run is not run:
            self._run = run
            ground = ground_of(run)
            if ground != self._ground:
                self._forget()
            self._ground = ground

    def _forget(self) -> None:
        self._profiles.clear()
        self._agents.clear()
        self._resolutions.clear()

    def _composed(self, name: str, run: Run) -> _KeptProfile:
        """Compose a profile, and keep it if nothing is wrong with it."""
        index = run.index
        self._profiles.pop(name, None)
        found = Diagnostics()
        profile, known = self._resolutions.resolve(name, index, run.overrides, found)
        is_silent = not found.told
        run.done("resolve")
        if profile is None:
            return _KeptProfile({}, (), tuple(found))
        finder = IngredientFinder(profile, index, self._inclusions, self._names, known.ingredients if known is not None else None)
        ingredients = finder.of_all(profile.agents)
        if is_silent and not self._has_includes:
            self._resolutions.keep(profile, index, ingredients)
        memory = _AgentsOfProfile(name, ingredients.agents, self._agents)
        files = compose_agents(profile, memory, replace(run, target=self._steady(run.target)), found)
        kept = _KeptProfile(self._dependencies.of(profile, ingredients.agents.values()), files, tuple(found))
        if not found.errors and are_of(kept.told, kept.sources.values()):
            self._profiles[name] = kept
        return kept

    def _steady(self, target: Target) -> Target:
        if self._steady_target is None or self._steady_target[0] is not target:
            self._steady_target = (target, SteadyTarget(target))
        return self._steady_target[1]


class _AgentsOfProfile:
    """Remembers the agents of one profile by their ingredients."""

    def __init__(self, profile: str, ingredients: Mapping[str, AgentIngredients], kept: dict[tuple[str, str], _KeptAgent]) -> None:
        self._profile = profile
        self._ingredients = ingredients
        self._kept = kept

    def find(self, agent: ResolvedAgent) -> tuple[Composed, OutputFile] | None:
        """Return what an agent came to when it was made of the same."""
        kept = self._kept.get((self._profile, agent.name))
        return (kept.composed, kept.file) if kept is not None and kept.ingredients == self._ingredients[agent.name] else None

    def keep(self, agent: ResolvedAgent, composed: Composed, file: OutputFile) -> OutputFile:
        """Remember what an agent came to."""
        self._kept[self._profile, agent.name] = _KeptAgent(self._ingredients[agent.name], composed, file)
        return file


def _bare(files: Iterable[OutputFile]) -> tuple[OutputFile, ...]:
    return tuple(file.without_origins() for file in files)


def _without_told(catalog: Catalog, diagnostics: Diagnostics, known: Catalog | None) -> Catalog:
    """Return what need not be read again: what was read, and something told of it, has to be, for that to be told again."""
    told = {diagnostic.location.path for diagnostic in diagnostics}
    fragments = dict(known.fragments) if known is not None else {}
    fragments |= {name: fragment for name, fragment in catalog.fragments.items() if fragment.source.path not in told}
    profiles = dict(known.profiles) if known is not None else {}
    profiles |= {name: profile for name, profile in catalog.profiles.items() if profile.source.path not in told}
    return replace(catalog, fragments=fragments, profiles=profiles)
