"""The agents of one profile: composed, or remembered from a run before."""

from __future__ import annotations

from typing import Protocol

from composer.errors import Diagnostics
from composer.lookup.index import Index
from composer.model.outputs import OutputFile, RenderedDocument
from composer.model.resolved import ResolvedAgent, ResolvedProfile
from composer.pipeline import Run, compose_agent
from composer.records import replace
from composer.stages.emit import check_paths, emit_document
from composer.stages.reach import Composed, check_reach

__all__ = ["Memory", "compose_agents"]


class Memory(Protocol):
    """Remembers the agents of one profile of which nothing was told."""

    def find(self, agent: ResolvedAgent) -> tuple[Composed, OutputFile] | None:
        """Return what an agent came to, if it would come to the same again."""

    def keep(self, agent: ResolvedAgent, composed: Composed, file: OutputFile) -> OutputFile:
        """Remember what an agent has come to; return its file, with all that a later run needs."""


def compose_agents(profile: ResolvedProfile, memory: Memory, run: Run, found: Diagnostics) -> tuple[OutputFile, ...]:
    """Do what the pipeline does with a resolved profile, but for the agents that are remembered. Files are without origins.

    Args:
        profile: the profile; nothing was wrong with it, nor with any source.
        memory: of the agents of this profile.
        run: the run that the profile was resolved in.
        found: gets what is wrong.
    """
    index, done = run.index, run.done
    same = {agent.name: known for agent in profile.agents if (known := memory.find(agent)) is not None}
    done("compare")
    documents: dict[str, RenderedDocument] = {}
    composed = {name: known for name, (known, _) in same.items()}
    silent = {agent.name for agent in profile.agents}
    for agent in profile.agents:
        if agent.name not in same:
            told = _told(found, index)
            documents[agent.name], composed[agent.name] = compose_agent(agent, profile, run, found)
            silent -= {agent.name} if _told(found, index) != told else set()
    if not found.errors and not index.diagnostics.errors:
        check_reach(profile.profile, [composed[agent.name] for agent in profile.agents], index, found)
    done("reach")
    is_wrong = bool(found.errors or index.diagnostics.errors)
    files: list[OutputFile] = []
    for agent in profile.agents:
        if agent.name in same:
            files.append(_of_agent(same[agent.name][1], agent))
        elif not is_wrong or documents[agent.name].body:
            told = _told(found, index)
            file = emit_document(documents[agent.name], run.target, found)
            if file is not None:
                file = file.without_origins()
                if agent.name in silent and _told(found, index) == told and not is_wrong:
                    file = memory.keep(agent, composed[agent.name], file)
                files.append(file)
    check_paths(files, found)
    done("emit")
    return tuple(files)


def _told(found: Diagnostics, index: Index) -> int:
    return found.told + index.diagnostics.told


def _of_agent(file: OutputFile, agent: ResolvedAgent) -> OutputFile:
    """Return a file that was composed before as that of an agent of today, which may stand on another line."""
    if file.document.plan.agent.location is agent.location:
        return file
    return replace(file, document=RenderedDocument.without_origins(file.profile, agent))
