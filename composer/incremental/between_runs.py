"""What a run takes from the runs before it: agents that are made of the same as then, and whose files are there.

It is asked in two steps. Where all is the same that a profile is resolved from (:mod:`.grounds`), an agent can differ only by the texts of
the fragments that it can bring in: if these are the same, it is not even resolved. What any other agent is made of is told by a digest
(:class:`composer.model.outputs.Making`). What an agent came to is told by a digest, too; its text is nowhere but in the output itself: if
the bytes there have the digest, they are what composing would give. So what is kept is small, and cannot be out of date without showing it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from composer.cache.composed import ComposedAgent, ComposedProfile
from composer.cache.evidence import Evidence, digest
from composer.errors import Diagnostics
from composer.files.lock import content_digest
from composer.incremental.agents import compose_agents
from composer.incremental.dependencies import edited_addresses, names_by_home
from composer.incremental.grounds import Grounds
from composer.incremental.inclusions import Inclusions
from composer.incremental.ingredients import AgentIngredients, IngredientFinder
from composer.lookup.index import Index
from composer.model.outputs import Making, OutputFile, RenderedDocument
from composer.model.resolved import ResolvedAgent, ResolvedProfile
from composer.pipeline import Run, compose_profile
from composer.records import dataclass, replace
from composer.stages.reach import Composed
from composer.stages.resolve import resolve_profile

__all__ = ["BetweenRuns"]

Profiles = Mapping[str, ComposedProfile]
"""What is known of agents, by profile."""

_IN_ONE_ORDER: Final = tuple(name for name in AgentIngredients.__match_args__ if name not in {"fragments", "variables", "edits"})
"""The ingredients that every process prints alike; the others are maps, filled in no certain order."""

_TOLD_OF_OTHERS: Final = Making("")
"""Marks files in whose composing something was told of a text that others use as well. The first of those tells it, and no other does."""


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What is known of an agent, and the bytes of its output, which have the digest that is known."""

    known: ComposedAgent
    content: bytes


class BetweenRuns:
    """Composes profiles as :mod:`composer.pipeline` does, but for agents that an earlier run has left as they are to be."""

    def __init__(self, known: Profiles, read: Callable[[str, str], bytes | None], evidence: Evidence) -> None:
        """Begin a run.

        Args:
            known: what earlier runs have left.
            read: returns what the output of a profile at a path holds; None if it is not there, or cannot be read.
            evidence: knows the digests of outputs that were taken already.
        """
        self._known = known
        self._read = read
        self._evidence = evidence
        self._grounds: Grounds | None = None
        self._names: Mapping[str, frozenset[str]] = {}
        self._inclusions = Inclusions()
        self._spared: dict[str, Mapping[str, _Found]] = {}

    def spared(self, name: str, run: Run) -> Collection[str]:
        """Return the names of the agents of a profile that need not be resolved: nothing can have changed that they are made of."""
        return self._spared_of(name, self._stand_on(run)).keys() if not run.index.diagnostics.errors else ()

    def compose_profile(self, name: str, run: Run, diagnostics: Diagnostics) -> tuple[OutputFile, ...]:
        """Compose the agents of one profile, or take those that are there. What is wrong is collected, not raised."""
        index = run.index
        if index.diagnostics.errors:
            return compose_profile(name, run, diagnostics)
        grounds = self._stand_on(run)
        spared = self._spared_of(name, grounds)
        run.done("compare")
        told = index.diagnostics.told
        profile = resolve_profile(name, index, run.overrides, diagnostics, spared.keys())
        run.done("resolve")
        if profile is None:
            return ()
        memory = _Outputs(profile, spared, grounds, self)
        files = compose_agents(profile, memory, run, diagnostics)
        if index.diagnostics.told != told:
            return tuple(replace(file, making=_TOLD_OF_OTHERS) for file in files)
        return files

    def known_after(self, files: Iterable[OutputFile], profiles: Iterable[str]) -> Profiles | None:
        """Return what is known of agents after a run; None if that is what was known before.

        Args:
            files: what was composed, of whole profiles.
            profiles: the names of all profiles that there are.
        """
        made: dict[str, dict[str, ComposedAgent]] = {}
        for file in files:
            if file.making == _TOLD_OF_OTHERS:
                return None
            agents = made.setdefault(file.profile, {})
            if file.making is not None:
                agents[file.agent] = self._known_of(file, file.making)
        existing = frozenset(profiles)
        after = {name: profile for name, profile in self._known.items() if name in existing}
        for name, agents in made.items():
            ground = self._grounds.of_profile(name) if self._grounds is not None else None
            after[name] = ComposedProfile(ground or "", agents)
        return after if after != self._known else None

    def _known_of(self, file: OutputFile, making: Making) -> ComposedAgent:
        profile, path = self._known.get(file.profile), str(file.path)
        known = profile.agents.get(file.agent) if profile is not None else None
        # What is made of the same is the same.
        if known is not None and known.path == path and known.making == making:
            return known
        content, once = file.content, self._evidence.once
        return ComposedAgent(path, once(digest, content), once(content_digest, content), making)

    def _stand_on(self, run: Run) -> Grounds:
        if self._grounds is None or self._grounds.index is not run.index:
            self._grounds = Grounds(run)
            self._names = names_by_home(run.index.variable_users)
            self._spared.clear()
        return self._grounds

    def _spared_of(self, name: str, grounds: Grounds) -> Mapping[str, _Found]:
        """Return the agents of a profile that are made of nothing that has changed, and whose outputs are as they were left."""
        spared = self._spared.get(name)
        if spared is None:
            profile = self._known.get(name)
            agents = profile.agents if profile is not None and profile.ground == grounds.of_profile(name) else {}
            same = {agent: known for agent, known in agents.items() if grounds.texts.issuperset(known.making.texts)}
            found = ((agent, self._found(name, known)) for agent, known in same.items())
            spared = self._spared[name] = {agent: output for agent, output in found if output is not None}
        return spared

    def _found(self, profile: str, known: ComposedAgent) -> _Found | None:
        """Return an agent if its output is as an earlier run has left it."""
        content = self._read(profile, known.path)
        if content is None or self._evidence.once(digest, content) != known.content:
            return None
        self._evidence.know(content_digest, content, known.recorded)
        return _Found(known, content)

    def find(self, profile: str, agent: str, ingredients: str) -> _Found | None:
        """Return what is known of an agent that is made of this, if its output is as an earlier run has left it."""
        composed = self._known.get(profile)
        known = composed.agents.get(agent) if composed is not None else None
        return self._found(profile, known) if known is not None and known.making.ingredients == ingredients else None

    def ingredients_of(self, profile: ResolvedProfile, index: Index) -> IngredientFinder:
        """Return what finds the ingredients of the agents of a profile."""
        return IngredientFinder(profile, index, self._inclusions, self._names)


class _Outputs:
    """Finds the agents of one profile in the outputs that earlier runs have left."""

    def __init__(self, profile: ResolvedProfile, spared: Mapping[str, _Found], grounds: Grounds, runs: BetweenRuns) -> None:
        self._profile = profile.name
        self._spared = spared
        self._grounds = grounds
        self._runs = runs
        self._edited = edited_addresses(profile.profile, grounds.index)
        self._prints: dict[int, tuple[object, str]] = {}
        finder = runs.ingredients_of(profile, grounds.index)
        self._made_of = {agent.name: self._making_of(finder.of(agent)) for agent in profile.agents if agent.name not in spared}

    def find(self, agent: ResolvedAgent) -> tuple[Composed, OutputFile] | None:
        """Return what an agent came to when it was made of the same, if that is what its output holds."""
        found = self._spared.get(agent.name) or self._runs.find(self._profile, agent.name, self._made_of[agent.name].ingredients)
        if found is None:
            return None
        making = found.known.making
        path, document = PurePosixPath(found.known.path), RenderedDocument.without_origins(self._profile, agent)
        file = OutputFile(self._profile, agent.name, path, (), document, encoded=found.content, making=making)
        return Composed(agent.name, frozenset(making.reached), frozenset(making.landed), frozenset(making.used)), file

    def keep(self, agent: ResolvedAgent, composed: Composed, file: OutputFile) -> OutputFile:
        """Return the file with what a later run has to know to use it."""
        reached, landed = (
            tuple([address for address in self._edited if address in found]) for found in (composed.reached, composed.landed)
        )
        making = replace(self._made_of[agent.name], reached=reached, landed=landed, used=tuple(sorted(composed.used)))
        return replace(file, making=making)

    def _making_of(self, ingredients: AgentIngredients) -> Making:
        """Return a digest of all that an agent is made of, beside the texts among that."""
        fragments, grounds = ingredients.fragments, self._grounds
        texts = tuple(grounds.text_of(fragments[name]) for name in sorted(fragments))
        # Which edits a run asks for decides what is kept of where an agent's blocks stand.
        known = grounds.index.catalog.fragments
        asked = [address for address in self._edited if (home := address.partition("#")[0]) in fragments or home not in known]
        edits = [f"{home} {self._printed(ingredients.edits[home])}" for home in sorted(ingredients.edits)]
        parts = (
            grounds.of_run,
            *texts,
            repr(sorted(ingredients.variables.items())),
            repr(edits),
            *[self._printed(getattr(ingredients, name)) for name in _IN_ONE_ORDER],
            repr(asked),
        )
        return Making(digest("\0".join(parts).encode(errors="surrogatepass")), texts)

    def _printed(self, ingredient: object) -> str:
        """Print what most agents of a profile have in common."""
        known = self._prints.get(id(ingredient))
        if known is None:  # an object that is held keeps its id to itself
            known = self._prints[id(ingredient)] = (ingredient, repr(ingredient))
        return known[1]
