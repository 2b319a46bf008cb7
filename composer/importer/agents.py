"""Sources -> agents: each with a name that is its own in its project, alike bodies known to be one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import count
from pathlib import PurePosixPath

from composer.importer.changes import Change
from composer.importer.envelope import Envelope, open_file
from composer.importer.paths import choose_folder, path_in
from composer.importer.sources import Source
from composer.naming import is_kebab_case, kebab_case
from composer.records import dataclass, field, replace

__all__ = ["Agent", "Settings", "make_agents", "settings_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Agent:
    """One agent of one project: ``fragment`` is the id of the file that holds its text, its own or another's with the same body.

    ``folder`` is the folder of the project's agents, ``agents_dir`` of its profile; empty where that has none.
    """

    source: Source
    name: str
    envelope: Envelope
    fragment: str
    base: Agent | None = None
    changes: tuple[Change, ...] = ()
    folder: str = ""

    @property
    def label(self) -> str:
        """How a report names the agent."""
        return self.source.label


@dataclass(frozen=True, slots=True)
class Settings:
    """What an agent's file says beside its body: ``rules`` about its bytes, and its front matter as fields or whole (None: it has none).

    ``written`` is the front matter as it stands in the file, whichever of the two is used.
    """

    rules: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    front_matter: str | None = None
    written: str | None = field(default=None, compare=False)


def make_agents(sources: Iterable[Source], taken_ids: Collection[str]) -> list[Agent]:
    """Name the agents of all projects, and find those whose body another has, too.

    Args:
        sources: the files.
        taken_ids: ids of fragments that are there already.
    """
    agents: list[Agent] = []
    fragments = set(taken_ids)
    by_body: dict[tuple[str, ...], Agent] = {}
    named = _name_agents(sources)
    folders = _choose_folders(named)
    for source, name, envelope in named:
        folder = folders[source.project]
        base = by_body.get(envelope.body) if envelope.body else None
        if base is not None:
            agents.append(Agent(source, name, envelope, base.fragment, base, folder=folder))
            continue
        fragment = _free_fragment(name, source.project, fragments)
        agent = Agent(source, name, envelope, fragment, folder=folder)
        by_body.setdefault(envelope.body, agent)
        agents.append(agent)
    return agents


def _name_agents(sources: Iterable[Source]) -> list[tuple[Source, str, Envelope]]:
    named = []
    taken: dict[str, set[str]] = {}
    for source in sources:
        envelope = open_file(source.text)
        name = _free_name(source.path, dict(envelope.fields).get("name", ""), taken.setdefault(source.project, set()))
        named.append((source, name, envelope))
    return named


def _choose_folders(named: Iterable[tuple[Source, str, Envelope]]) -> dict[str, str]:
    places: dict[str, list[tuple[str, str]]] = {}
    for source, name, _ in named:
        places.setdefault(source.project, []).append((source.path, name))
    return {project: choose_folder(found) for project, found in places.items()}


def _free_name(path: str, own: str, taken: set[str]) -> str:
    """Name an agent as it names itself, or by its file; where that is taken, by its folder too, and then by a number."""
    pure = PurePosixPath(path)
    stem = kebab_case(pure.name[: -len(".md")].removesuffix(".agent")) or "agent"
    folders = [part for part in map(kebab_case, reversed(pure.parts[:-1])) if part and part not in {"agents", "claude", "plugins"}]
    candidates = [*([own] if is_kebab_case(own) else []), stem, *(f"{folder}-{stem}" for folder in folders[:1])]
    name = next((name for name in candidates if name not in taken), "")
    name = name or next(name for number in count(2) if (name := f"{candidates[-1]}-{number}") not in taken)
    taken.add(name)
    return name


def _free_fragment(name: str, project: str, taken: set[str]) -> str:
    candidates = [f"agents/{name}", f"agents/{project}/{name}"]
    fragment = next((candidate for candidate in candidates if candidate not in taken), "")
    fragment = fragment or next(one for number in count(2) if (one := f"{candidates[-1]}-{number}") not in taken)
    taken.add(fragment)
    return fragment


def settings_of(agent: Agent) -> Settings:
    """Return what the agent's file says beside its body."""
    envelope = agent.envelope
    rules: dict[str, str] = {}
    if path := path_in(agent.folder, agent.source.path, agent.name):
        rules["path"] = path
    if envelope.has_bom:
        rules["bom"] = "true"
    if envelope.eol != "lf":
        rules["eol"] = envelope.eol
    if envelope.final_newlines != 1:
        rules["final_newlines"] = str(envelope.final_newlines)
    if envelope.characters:
        rules["characters"] = "{" + ", ".join(f'"{shown}": {code}' for shown, code in envelope.characters) + "}"
    # Without a name of its own the agent's would be printed.
    fields = dict(envelope.fields) if "name" in dict(envelope.fields) else {}
    if fields and next(iter(envelope.fields)) == ("name", agent.name) and len(fields) > 1:
        del fields["name"]
    return Settings(rules, fields, None if fields else envelope.front_matter, envelope.front_matter)


def with_own_text(agent: Agent, fragment: str) -> Agent:
    """Return the agent with a file of its own."""
    return replace(agent, fragment=fragment, base=None)
