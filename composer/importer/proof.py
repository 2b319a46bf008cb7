"""The proof: what would be written is composed by the real pipeline, in memory, and each byte compared with the sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from composer.errors import Diagnostic, Diagnostics
from composer.files.disk import Disk
from composer.files.sources import Memory, Overlay, Sources
from composer.importer.agents import Agent
from composer.lookup.index import Index
from composer.model.outputs import OutputFile
from composer.model.sources import Catalog
from composer.pipeline import Run, compose_profile, read_index
from composer.records import dataclass, replace
from composer.source import Location
from composer.targets import get_target
from composer.workspace import DEFAULT_TARGET

__all__ = ["Mismatches", "Prover"]


@dataclass(frozen=True, slots=True)
class Mismatches:
    """The agents that do not come out, by label; the fragments that could not be read; and the edits that are wrong.

    ``edits`` are those that hold for a whole profile, each by its profile and its address.
    """

    agents: frozenset[str]
    fragments: frozenset[str]
    messages: tuple[str, ...] = ()
    edits: frozenset[tuple[str, str]] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.agents or self.fragments or self.messages)


@dataclass(slots=True)
class Prover:
    """Composes what would be written, and holds it against the sources.

    ``existing`` is the folder of the workspace that is written to, if there is one; it is only read. ``progress`` is called with each
    profile's name before it is composed.
    """

    existing: Path | None
    progress: Callable[[str], None]
    # What the last try read: most files of the next are the same, and need not be parsed again.
    _read: Catalog | None = None

    def read(self, files: Mapping[str, str], diagnostics: Diagnostics) -> Index:
        """Read the workspace as it would be with some files, by path, in place of those that are there."""
        written = Memory({path: text.encode() for path, text in files.items()})
        sources: Sources = written if self.existing is None else Overlay(written, Disk(self.existing.as_posix(), diagnostics))
        index = read_index(sources, diagnostics, self._read)
        self._read = index.catalog
        return index

    def prove(self, files: Mapping[str, str], agents: Sequence[Agent]) -> Mismatches:
        """Compose files in place of what is there under the same path, and beside all else; compare every byte.

        Args:
            files: what would be written, by path.
            agents: those that have to come out as their sources are.
        """
        diagnostics = Diagnostics()
        index = self.read(files, diagnostics)
        expected = {(agent.source.project, agent.name): agent for agent in agents}
        wrong: set[str] = set()
        for file in _compose(index, sorted({agent.source.project for agent in agents}), diagnostics, self.progress):
            agent = expected.pop((file.profile, file.agent), None)
            if agent is not None and (str(file.path) != agent.source.path or file.content != agent.source.text.encode()):
                wrong.add(agent.label)
        missing = {agent.label for agent in expected.values()}
        if diagnostics.errors:
            # What is missing may be so for another's mistake: where nobody is to blame, all may be.
            found = _blame(diagnostics.errors, agents)
            return replace(found, agents=found.agents | wrong)
        return Mismatches(frozenset(wrong | missing), frozenset())


def _compose(index: Index, profiles: Iterable[str], diagnostics: Diagnostics, progress: Callable[[str], None]) -> Iterator[OutputFile]:
    """Give the files of one profile after the other; none is kept, for each holds where all its words come from."""
    run = Run(index, get_target(DEFAULT_TARGET))
    for profile in profiles:
        if profile not in index.catalog.profiles:
            continue  # it could not be read, which is told
        progress(profile)
        # A profile's own mistakes must not keep those of the next from being found.
        found = Diagnostics()
        yield from compose_profile(profile, run, found)
        for diagnostic in found:
            diagnostics.add(diagnostic)


def _blame(errors: Iterable[Diagnostic], agents: Iterable[Agent]) -> Mismatches:
    """Find out whose fault errors are, by the files that they name."""
    fragments: set[str] = set()
    labels: set[str] = set()
    edits: set[tuple[str, str]] = set()
    messages: list[str] = []
    by_name = {(agent.source.project, agent.name): agent.label for agent in agents}
    for found in errors:
        path = found.location.path
        if path.startswith("fragments/"):
            fragments.add(path.removeprefix("fragments/").removesuffix(".md"))
        elif path.startswith("profiles/"):
            project = path.removeprefix("profiles/").removesuffix(".yaml")
            label, address = _entry_at(found.location, project, by_name)
            if address:
                edits.add((project, address))
            elif label:
                labels.add(label)
        messages.append(f"{found.location}: {found.message}")
    return Mismatches(frozenset(labels), frozenset(fragments), tuple(messages), frozenset(edits))


def _entry_at(location: Location, project: str, labels: Mapping[tuple[str, str], str]) -> tuple[str, str]:
    """Return the label of the agent that a place in a profile speaks of, or the address of the edit that holds for all of them."""
    text = location.source.text
    above = text[: text.find("\n", location.start)]
    names = re.findall(r"^  ([a-z0-9][a-z0-9-]*):|^(edits):", above, re.MULTILINE)
    if names and names[-1][1]:
        addresses = re.findall(r"^  (\S+#\S+):", above, re.MULTILINE)
        return "", addresses[-1] if addresses else ""
    return (labels.get((project, names[-1][0]), "") if names else ""), ""
