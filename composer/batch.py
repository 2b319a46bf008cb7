"""Composes many profiles: one after the other or, where that pays, shared out among processes. The result is the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from composer.errors import Diagnostic, Diagnostics, Severity
from composer.merge.layers import order_layers
from composer.model.outputs import Making, OutputFile, RenderedDocument
from composer.model.resolved import ResolvedAgent
from composer.model.sources import Catalog
from composer.parallel import processors, shared_out
from composer.pipeline import Run, compose_profile, nobody_asks
from composer.records import dataclass
from composer.source import Location, SourceFile

__all__ = ["PAYING_AGENTS", "Batch", "Progress"]

PAYING_AGENTS: Final = 150
"""The number of agents from which on several processes compose faster than one, for starting one and hearing from it costs time, too."""

Progress = Callable[[str], None]
"""Is called with a profile's name when its composing begins."""

_Composed = tuple[tuple[OutputFile, ...], tuple[Diagnostic, ...]]
_Packed = tuple[str, str, str, bytes, Making | None, str, str, int, int]
"""A file as one process tells it another: its profile, agent, path, bytes and making, the agent's fragment, and where the agent stands."""


def _none_is_spared(_: str, __: Run) -> Collection[str]:
    """Have all agents of a profile composed."""
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Profiles to compose, and what they are composed with."""

    names: Sequence[str]
    run: Run
    progress: Progress | None = None
    compose_one: Callable[[str, Run, Diagnostics], tuple[OutputFile, ...]] = compose_profile
    """Composes one profile."""
    may_share: bool = True
    """Whether other processes may compose, too. What such a process remembers is lost, and nobody sees its clock."""
    spared: Callable[[str, Run], Collection[str]] = _none_is_spared
    """Names the agents of a profile that need not be composed, because earlier runs have left them as they are to be."""

    def compose(self, diagnostics: Diagnostics) -> tuple[OutputFile, ...]:
        """Compose one after the other; what is wrong is collected, not raised."""
        return self._gathered([self._compose(name, self.progress) for name in self.names], diagnostics)

    def compose_bare(self, diagnostics: Diagnostics, jobs: int | None = None) -> tuple[OutputFile, ...]:
        """Compose files that are their bytes and nothing else; what they were made of is let go profile by profile.

        Args:
            diagnostics: gets what is wrong.
            jobs: how many processes share the work; None for as many as pay.
        """
        is_alone = not self.may_share or self.run.done is not nobody_asks
        processes = 1 if is_alone else min(jobs or self._paying(), processors(), len(self.names) or 1)
        if processes > 1:
            composed = self._shared_out(processes)
            # An error keeps the profiles that come later from being told what may only follow from it. That takes them all in order.
            if not any(found.severity is Severity.ERROR for _, told in composed for found in told):
                return self._gathered(composed, diagnostics)
        return self._gathered([self._compose_one_bare(name, self.progress) for name in self.names], diagnostics)

    def _gathered(self, composed: Sequence[_Composed], diagnostics: Diagnostics) -> tuple[OutputFile, ...]:
        for _, told in composed:
            for found in told:
                diagnostics.add(found)
        return tuple(file for files, _ in composed for file in files)

    def _shared_out(self, processes: int) -> list[_Composed]:
        composed: dict[str, _Composed] = {}
        with shared_out(self.names, self._compose_apart, processes, self._known_objects()) as deliver:
            for name in self.names[::processes]:
                composed[name] = self._compose_one_bare(name, self.progress)
            catalog = self.run.index.catalog
            sources = {profile.source.path: profile.source for profile in catalog.profiles.values()}
            for name, (packed, told) in deliver().items():
                composed[name] = tuple([_unpacked(file, catalog, sources) for file in packed]), told
        return [composed.get(name) or self._compose_one_bare(name, self.progress) for name in self.names]

    def _paying(self) -> int:
        """Return how many processes pay for these profiles."""
        agents = sum(len(self._agents_to_compose(name)) for name in self.names)
        return processors() if agents >= PAYING_AGENTS else 1

    def _agents_to_compose(self, name: str) -> set[str]:
        catalog = self.run.index.catalog
        ancestry = order_layers(name, catalog.profiles, catalog.broken, Diagnostics())
        agents = {agent for layer in (ancestry.order if ancestry is not None else ()) for agent in catalog.profiles[layer].agents}
        return agents.difference(self.spared(name, self.run))

    def _known_objects(self) -> dict[str, object]:
        """Return what a message may point to, and every process has, by a name for it."""
        catalog = self.run.index.catalog
        sources = [home.source for home in catalog.fragments.values()] + [home.source for home in catalog.profiles.values()]
        sources += [declaration.location.source for declaration in catalog.declarations.values()]
        return {source.path: source for source in sources}

    def _compose(self, name: str, progress: Progress | None) -> _Composed:
        if progress is not None:
            progress(name)
        # A profile's own mistakes must not keep those of the next from being told.
        found = Diagnostics()
        return self.compose_one(name, self.run, found), tuple(found)

    def _compose_one_bare(self, name: str, progress: Progress | None) -> _Composed:
        files, found = self._compose(name, progress)
        return tuple(file.without_origins() for file in files), found

    def _compose_apart(self, name: str) -> tuple[tuple[_Packed, ...], tuple[Diagnostic, ...]]:
        """Compose in a process whose other findings nobody hears: what is found in texts that are read only now is told, too."""
        before = {id(found) for found in self.run.index.diagnostics}
        files, told = self._compose_one_bare(name, None)
        return tuple(map(_packed, files)), (*told, *(found for found in self.run.index.diagnostics if id(found) not in before))


def _packed(file: OutputFile) -> _Packed:
    """Return what there is to a file without origins, in as few objects as there can be: each of them has to be written and read."""
    agent = file.document.plan.agent
    location = agent.location
    return (
        file.profile,
        file.agent,
        str(file.path),
        file.content,
        file.making,
        agent.fragment.id,
        location.path,
        location.start,
        location.end,
    )


def _unpacked(packed: _Packed, catalog: Catalog, sources: Mapping[str, SourceFile]) -> OutputFile:
    """Return the file that was packed; ``sources`` are those of the profiles, by path."""
    profile, name, path, content, making, fragment, source, start, end = packed
    agent = ResolvedAgent(name, catalog.fragments[fragment], {}, {}, (), {}, Location(sources[source], start, end))
    document = RenderedDocument.without_origins(profile, agent)
    return OutputFile(profile, name, PurePosixPath(path), (), document, encoded=content, making=making)
