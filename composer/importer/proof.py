"""The proof: what would be written is composed by the real pipeline, and each byte compared with the sources."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from composer.errors import ComposerError
from composer.importer.agents import Agent
from composer.workspace import Workspace

__all__ = ["Mismatches", "prove"]

_SOURCE_FOLDERS: Final = ("fragments", "profiles")


@dataclass(frozen=True, slots=True)
class Mismatches:
    """The agents that do not come out, by label; and the fragments that could not be read."""

    agents: frozenset[str]
    fragments: frozenset[str]
    messages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.agents or self.fragments or self.messages)


def prove(files: Mapping[str, str], agents: Sequence[Agent], existing: Path | None, progress: Callable[[str], None]) -> Mismatches:
    """Compose what would be written, beside what is there, in a folder that is gone afterwards; compare every byte."""
    with tempfile.TemporaryDirectory(prefix="agent-composer-") as folder:
        root = Path(folder)
        if existing is not None:
            _copy_sources(existing, root)
        for path, text in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        (root / "fragments").mkdir(exist_ok=True)
        (root / "profiles").mkdir(exist_ok=True)
        return _compare(Workspace.open(root), agents, progress)


def _copy_sources(existing: Path, root: Path) -> None:
    for name in _SOURCE_FOLDERS:
        if (existing / name).is_dir():
            shutil.copytree(existing / name, root / name, dirs_exist_ok=True)
    if (existing / "agent-composer.yaml").is_file():
        shutil.copy(existing / "agent-composer.yaml", root)


def _compare(workspace: Workspace, agents: Sequence[Agent], progress: Callable[[str], None]) -> Mismatches:
    expected = {(agent.source.project, agent.name): agent for agent in agents}
    try:
        composition = workspace.compose(sorted({agent.source.project for agent in agents}), progress=progress)
    except ComposerError as error:
        return _blame(error, agents)
    wrong: set[str] = set()
    for file in composition.files:
        agent = expected.pop((file.profile, file.agent), None)
        if agent is not None and (str(file.path) != agent.source.path or file.content != agent.source.text.encode()):
            wrong.add(agent.label)
    return Mismatches(frozenset(wrong | {agent.label for agent in expected.values()}), frozenset())


def _blame(error: ComposerError, agents: Sequence[Agent]) -> Mismatches:
    """Find out whose fault an error is, by the files that it names."""
    fragments: set[str] = set()
    labels: set[str] = set()
    messages: list[str] = []
    by_name = {(agent.source.project, agent.name): agent.label for agent in agents}
    for found in error.diagnostics:
        path = found.location.path
        if path.startswith("fragments/"):
            fragments.add(path.removeprefix("fragments/").removesuffix(".md"))
        elif path.startswith("profiles/"):
            project = path.removeprefix("profiles/").removesuffix(".yaml")
            label = _entry_at(found.location.source.text, found.location.start, project, by_name)
            if label:
                labels.add(label)
        messages.append(f"{found.location}: {found.message}")
    return Mismatches(frozenset(labels), frozenset(fragments), tuple(messages))


def _entry_at(text: str, offset: int, project: str, labels: Mapping[tuple[str, str], str]) -> str:
    names = re.findall(r"^  ([a-z0-9][a-z0-9-]*):", text[: offset + 1] if offset else "", re.MULTILINE)
    line_end = text.find("\n", offset)
    names = re.findall(r"^  ([a-z0-9][a-z0-9-]*):", text[:line_end], re.MULTILINE) or names
    return labels.get((project, names[-1]), "") if names else ""
