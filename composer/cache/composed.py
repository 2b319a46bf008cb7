"""What the agents of a workspace have come to, so that a later run composes only those that are made of something else by now.

No text is kept: the outputs themselves hold it, and are believed where their digest is the one that is kept here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from composer.cache.folder import read_record, write_record
from composer.model import Making
from composer.records import dataclass

__all__ = ["ComposedAgent", "find_composed", "keep_composed"]

_NAME = "composed"


@dataclass(frozen=True, slots=True)
class ComposedAgent:
    """An agent: where its file stands below the project, the digest of the file's bytes, and what it was made of."""

    path: str
    content: str
    making: Making


def find_composed(root: str) -> dict[tuple[str, str], ComposedAgent]:
    """Return what is known of the agents, by profile and name; nothing if there is no record, or a damaged one.

    Args:
        root: the workspace.
    """
    text = read_record(root, _NAME)
    try:
        return dict(map(_read, json.loads(text))) if text is not None else {}
    except (ValueError, TypeError, RecursionError):  # made by nobody's run
        return {}


def keep_composed(root: str, agents: Mapping[tuple[str, str], ComposedAgent]) -> None:
    """Record what is known of the agents. What cannot be written is not kept, and nobody is told.

    Args:
        root: the workspace.
        agents: by profile and name.
    """
    entries = [_written(*key, agent) for key, agent in sorted(agents.items())]
    write_record(root, _NAME, json.dumps(entries, separators=(",", ":")))


def _written(profile: str, name: str, agent: ComposedAgent) -> list[object]:
    making = agent.making
    return [profile, name, agent.path, agent.content, making.ingredients, [making.reached, making.landed, making.used]]


def _read(entry: list[str]) -> tuple[tuple[str, str], ComposedAgent]:
    profile, name, path, content, ingredients, sets = entry
    reached, landed, used = map(tuple, sets)
    return (profile, name), ComposedAgent(path, content, Making(ingredients, reached, landed, used))
