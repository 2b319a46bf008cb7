"""What a run takes from the runs before it: agents that are made of the same as then, and whose files are there.

What an agent is made of is told by a digest (:class:`composer.model.Making`), and so is what it came to. Its text is nowhere but in the
output itself: if the bytes there have the digest, they are what composing would give. So what is kept is small, and cannot be out of date
without showing it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from composer.cache.composed import ComposedAgent
from composer.cache.evidence import digest
from composer.errors import Diagnostics
from composer.incremental.agents import compose_agents
from composer.incremental.dependencies import Ground, edited_addresses, ground_of, names_by_home
from composer.incremental.inclusions import Inclusions
from composer.incremental.ingredients import AgentIngredients, IngredientFinder
from composer.lookup.index import Index
from composer.model import Making, OutputFile, RenderedDocument, ResolvedAgent, ResolvedProfile
from composer.pipeline import Done, compose_profile, nobody_asks
from composer.records import replace
from composer.source import SourceFile
from composer.stages.reach import Composed
from composer.stages.resolve import Override, resolve_profile
from composer.targets import Target

__all__ = ["BetweenRuns"]

Agents = Mapping[tuple[str, str], ComposedAgent]
"""What is known of agents, by profile and name."""

_IN_ONE_ORDER: Final = tuple(name for name in AgentIngredients.__match_args__ if name not in {"fragments", "variables", "edits"})
"""The ingredients that every process prints alike; the others are maps, filled in no certain order."""

_TOLD_OF_OTHERS: Final = Making("")
"""Marks files in whose composing something was told of a text that others use as well. The first of those tells it, and no other does."""


class BetweenRuns:
    """Composes profiles as :mod:`composer.pipeline` does, but for agents that an earlier run has left as they are to be."""

    def __init__(self, known: Agents, read: Callable[[str, str], bytes | None]) -> None:
        """Begin a run.

        Args:
            known: what earlier runs have left.
            read: returns what the output of a profile at a path holds; None if it is not there, or cannot be read.
        """
        self._known = known
        self._read = read
        self._index: Index | None = None
        self._ground = ""
        self._names: Mapping[str, frozenset[str]] = {}
        self._inclusions = Inclusions()
        self._texts: dict[SourceFile, str] = {}

    def compose_profile(
        self, name: str, index: Index, overrides: Sequence[Override], target: Target, diagnostics: Diagnostics, done: Done = nobody_asks
    ) -> tuple[OutputFile, ...]:
        """Compose the agents of one profile, or take those that are there. What is wrong is collected, not raised."""
        if index.diagnostics.errors:
            return compose_profile(name, index, overrides, target, diagnostics, done)
        self._stand_on(index, overrides, target)
        told = index.diagnostics.told
        profile = resolve_profile(name, index, overrides, diagnostics)
        done("resolve")
        if profile is None:
            return ()
        edited = edited_addresses(profile.profile, index)
        memory = _Outputs(profile, self._digests_of(profile, edited, index), edited, self)
        files = compose_agents(profile, memory, index, target, diagnostics, done)
        if index.diagnostics.told != told:
            return tuple(replace(file, making=_TOLD_OF_OTHERS) for file in files)
        return files

    def known_after(self, files: Iterable[OutputFile], profiles: Iterable[str]) -> Agents | None:
        """Return what is known of agents after a run; None if that is what was known before.

        Args:
            files: what was composed, of whole profiles.
            profiles: the names of all profiles that there are.
        """
        made = {(file.profile, file.agent): file for file in files}
        if any(file.making == _TOLD_OF_OTHERS for file in made.values()):
            return None
        composed, existing = {file.profile for file in made.values()}, frozenset(profiles)
        after = {key: agent for key, agent in self._known.items() if key[0] in existing and key[0] not in composed}
        for key, file in made.items():
            if file.making is not None:
                path, known = str(file.path), self._known.get(key)
                # What is made of the same is the same.
                is_known = known is not None and known.making == file.making and known.path == path
                after[key] = known if known is not None and is_known else ComposedAgent(path, digest(file.content), file.making)
        return after if after != self._known else None

    def _stand_on(self, index: Index, overrides: Sequence[Override], target: Target) -> None:
        if self._index is not index:
            self._index = index
            self._ground = _printed_ground(ground_of(index, overrides, target))
            self._names = names_by_home(index.variable_users)

    def find(self, profile: str, agent: ResolvedAgent, ingredients: str) -> OutputFile | None:
        """Return the output of an agent that is made of this, if it is as an earlier run has left it."""
        known = self._known.get((profile, agent.name))
        if known is None or known.making.ingredients != ingredients:
            return None
        content = self._read(profile, known.path)
        if content is None or digest(content) != known.content:
            return None
        document = RenderedDocument.without_origins(profile, agent)
        return OutputFile(profile, agent.name, PurePosixPath(known.path), (), document, encoded=content, making=known.making)

    def _digests_of(self, profile: ResolvedProfile, edited: Iterable[str], index: Index) -> dict[str, str]:
        """Return a digest of all that each agent is made of, by name."""
        finder = IngredientFinder(profile, index, self._inclusions, self._names)
        return {agent.name: self._digest_of(finder.of(agent), edited, index) for agent in profile.agents}

    def _digest_of(self, ingredients: AgentIngredients, edited: Iterable[str], index: Index) -> str:
        fragments = ingredients.fragments
        # Which edits a run asks for decides what is kept of where an agent's blocks stand.
        asked = [address for address in edited if (home := address.partition("#")[0]) in fragments or home not in index.catalog.fragments]
        parts = (
            self._ground,
            *(f"{name} {self._text_digest(fragments[name].source)}" for name in sorted(fragments)),
            repr(sorted(ingredients.variables.items())),
            repr(sorted(ingredients.edits.items())),
            *(repr(getattr(ingredients, name)) for name in _IN_ONE_ORDER),
            repr(asked),
        )
        return digest("\0".join(parts).encode(errors="surrogatepass"))

    def _text_digest(self, source: SourceFile) -> str:
        known = self._texts.get(source)
        if known is None:
            known = self._texts[source] = digest(source.text.encode())
        return known


class _Outputs:
    """Finds the agents of one profile in the outputs that earlier runs have left."""

    def __init__(self, profile: ResolvedProfile, digests: Mapping[str, str], edited: Iterable[str], runs: BetweenRuns) -> None:
        self._profile = profile.name
        self._digests = digests
        self._edited = frozenset(edited)
        self._runs = runs

    def find(self, agent: ResolvedAgent) -> tuple[Composed, OutputFile] | None:
        """Return what an agent came to when it was made of the same, if that is what its output holds."""
        file = self._runs.find(self._profile, agent, self._digests[agent.name])
        if file is None or file.making is None:
            return None
        making = file.making
        return Composed(agent.name, frozenset(making.reached), frozenset(making.landed), frozenset(making.used)), file

    def keep(self, agent: ResolvedAgent, composed: Composed, file: OutputFile) -> OutputFile:
        """Return the file with what a later run has to know to use it."""
        reached, landed = sorted(composed.reached & self._edited), sorted(composed.landed & self._edited)
        making = Making(self._digests[agent.name], tuple(reached), tuple(landed), tuple(sorted(composed.used)))
        return replace(file, making=making)


def _printed_ground(ground: Ground) -> str:
    return repr((ground.overrides, ground.target, ground.declarations, sorted(ground.moved.items()), sorted(ground.looks.items())))
