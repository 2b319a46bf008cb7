"""What the agents of a workspace have come to, so that a later run composes only those that are made of something else by now.

No text is kept: the outputs themselves hold it, and are believed where their digest is the one that is kept here.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

from composer.cache.folder import read_record, write_record
from composer.model.outputs import Making
from composer.records import dataclass

__all__ = ["ComposedAgent", "ComposedProfile", "find_composed", "keep_composed"]

_NAME = "composed"

Value = TypeVar("Value", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ComposedAgent:
    """An agent: where its file stands below the project, digests of the file's bytes, and what it was made of.

    ``content`` is the cache's own digest, ``recorded`` that of the lock.
    """

    path: str
    content: str
    recorded: str
    making: Making


@dataclass(frozen=True, slots=True)
class ComposedProfile:
    """The agents of a profile by name, and a digest of all that they were resolved from but for the texts that they bring in."""

    ground: str
    agents: Mapping[str, ComposedAgent]


def find_composed(root: str) -> dict[str, ComposedProfile]:
    """Return what is known of the agents, by profile; nothing if there is no record, or a damaged one.

    Args:
        root: the workspace.
    """
    text = read_record(root, _NAME)
    try:
        return _read(json.loads(text)) if text is not None else {}
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):  # made by nobody's run
        return {}


def keep_composed(root: str, profiles: Mapping[str, ComposedProfile]) -> None:
    """Record what is known of the agents. What cannot be written is not kept, and nobody is told.

    Args:
        root: the workspace.
        profiles: by name.
    """
    write_record(root, _NAME, json.dumps(_written(profiles), separators=(",", ":")))


# --- the record -------------------------------------------------------------------------------------------------------
# Agents are made of the same texts, and most of them reach the same: each is written once, and named by its number.


def _written(profiles: Mapping[str, ComposedProfile]) -> list[object]:
    makings = [agent.making for profile in profiles.values() for agent in profile.agents.values()]
    brought = _numbers(making.texts for making in makings)
    texts = _numbers(text for found in brought for text in found)
    effects = _numbers(_effect(making) for making in makings)
    entries = {}
    for name, profile in profiles.items():
        agents = {
            agent: (known.path, known.content, known.recorded, made.ingredients, brought[made.texts], effects[_effect(made)])
            for agent, known in profile.agents.items()
            for made in (known.making,)
        }
        entries[name] = (profile.ground, agents)
    return [list(texts), [list(map(texts.__getitem__, found)) for found in brought], list(effects), entries]


def _numbers(values: Iterable[Value]) -> dict[Value, int]:
    """Number values in the order in which they are first seen."""
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


def _effect(making: Making) -> tuple[tuple[str, ...], ...]:
    return (making.reached, making.landed, making.used)


def _read(record: Any) -> dict[str, ComposedProfile]:  # noqa: ANN401 - whatever the JSON holds
    texts, numbered, effects, entries = record
    brought = [tuple([texts[number] for number in numbers]) for numbers in numbered]
    reaches = [tuple(map(tuple, sets)) for sets in effects]
    profiles = {}
    for name, (ground, written) in entries.items():
        agents = {}
        for agent, (path, content, recorded, ingredients, text_number, reach_number) in written.items():
            reached, landed, used = reaches[reach_number]
            agents[agent] = ComposedAgent(path, content, recorded, Making(ingredients, brought[text_number], reached, landed, used))
        profiles[name] = ComposedProfile(ground, agents)
    return profiles
