"""Names for shared runs: what they say, in the folder of those who use them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from pathlib import PurePosixPath
from typing import Final

from composer.importer.bodies import Body
from composer.importer.factor import Factored, SharedRun
from composer.importer.slots import common_start
from composer.naming import kebab_case, name_of_text

__all__ = ["name_runs"]

_LONGEST: Final = 28
_FEW: Final = 2
_NUMBER: Final = re.compile(r"^(?:(?:step|phase)\s+)?[0-9]+(?:\.[0-9]+)*[.:)]?\s+", re.IGNORECASE)
_ROLE: Final = re.compile(r"^you are (?:an? |the )?(?:senior |expert |experienced |seasoned )*", re.IGNORECASE)
_FENCE: Final = re.compile(r"`{3}|~{3}")
_SHARED: Final = "shared"
_EMPTY_NAMES: Final = frozenset({"agents", "plugins", "categories", "components", "claude", "cli-tool", "src", ""})


def name_runs(factored: Factored, folders: Mapping[str, str], taken: Collection[str]) -> dict[int, str]:
    """Give each run the id of its fragment.

    Args:
        factored: the runs, and which of them are there already.
        folders: the folder that each user's file stands in.
        taken: ids that are there already.
    """
    used, runs = set(taken), factored.runs
    names: dict[int, str] = {symbol: name for symbol, name in factored.existing.items() if symbol in runs}
    wanted = {symbol: _candidates(run, folders) for symbol, run in runs.items() if symbol not in names}
    first = Counter(candidates[0] for candidates in wanted.values())
    for symbol in sorted(wanted, key=lambda symbol: (-runs[symbol].saving, symbol)):
        # A name that two would have tells neither: both get words that tell them apart.
        candidates = [name for name in wanted[symbol] if first[name] < 2] or wanted[symbol][-1:]  # noqa: PLR2004 - one and another
        free = (name for name in candidates if name not in used and not name.startswith(("agents/", "profiles/")))
        name = next(free, "")
        name = name or next(one for number in count(2) if (one := f"{candidates[-1]}-{number}") not in used)
        used.add(name)
        names[symbol] = name
    return names


def _candidates(run: SharedRun, folders: Mapping[str, str]) -> list[str]:
    """Give names for a run: what it says, then with whose it is or with its first words, which tell it from others of the same heading."""
    title, owners = _title(run), _owners(run)
    folder = _folder([folders[user] for user in run.users])
    if owners and (folder == _SHARED or len({user.rpartition("/")[2] for user in run.users}) == 1):
        folder, owners = owners, ""
    words = [word for word in name_of_text(_first_words(run), "text", ()).split("-") if word not in title.split("-")]
    names = [title, *([f"{owners}-{title}"] if owners else []), *([f"{title}-{'-'.join(words[:_FEW])}"] if words else [])]
    if owners and words:
        names.append(f"{owners}-{title}-{'-'.join(words[:_FEW])}")
    return [f"{folder}/{name}" for name in dict.fromkeys(names)]


def _owners(run: SharedRun) -> str:
    """Return the words that the names of all users begin or end with; the whole name where they are one agent's versions."""
    names = [user.rpartition("/")[2].split("-") for user in run.users]
    ahead = names[0][: min(common_start(names[0], name) for name in names)]
    turned = [name[::-1] for name in names]
    behind = turned[0][: min(common_start(turned[0], name) for name in turned)][::-1]
    return "-".join(max(ahead, behind, key=len)[:_FEW])


def _first_words(run: SharedRun) -> str:
    """Return the first line that is no heading and no lead-in."""
    for unit in run.units:
        if not unit.level and not unit.leads_in:
            return _plain(run.body.lines[unit.first])
    return _plain(run.lines[0])


def _folder(folders: Sequence[str]) -> str:
    """Return the one folder that all users stand in, by its last telling part; else the folder of what is shared widely."""
    names = {_last_name(folder) for folder in folders}
    return names.pop() if len(names) == 1 else _SHARED


def _last_name(folder: str) -> str:
    parts = [kebab_case(part).lstrip("0123456789-") for part in reversed(PurePosixPath(folder).parts)]
    return next((part for part in parts if part not in _EMPTY_NAMES and part != "profiles"), _SHARED)


def _title(run: SharedRun) -> str:
    """Name a run by its first heading, or by the heading or the label that it stands under, or by its first words."""
    first = run.units[0]
    if first.level:
        return _short(_NUMBER.sub("", first.title))
    if first.leads_in:
        return _short(_plain(run.lines[0]))
    heads = [unit.title for unit in run.units if unit.level == run.level and unit.level]
    if heads and run.first_unit == 0:  # an opening: who the agent is
        whose = _owners(run) or "-".join(name_of_text(_ROLE.sub("", _plain(run.lines[0])), "", ()).split("-")[:_FEW])
        return _short(f"{whose} role")
    above = _NUMBER.sub("", _heading_above(run.body, run.first_unit))
    words = _plain(run.lines[0])
    if _FENCE.match(words):
        words = f"{above} example" if above else "example"
    return _short(f"{above} {words}" if above and "-" not in kebab_case(above) else above or words)


def _heading_above(body: Body, unit: int) -> str:
    for earlier in reversed(body.units[:unit]):
        if earlier.level:
            return earlier.title
        if earlier.leads_in:
            return _plain(body.lines[earlier.first])
    return ""


def _plain(line: str) -> str:
    return line.strip().lstrip("-*+0123456789.#> ").strip("*: ")


def _short(text: str) -> str:
    words = name_of_text(text, "section", ()).split("-") if len(kebab_case(text)) > _LONGEST else kebab_case(text).split("-")
    name = words[0][:_LONGEST]
    for word in words[1:]:
        if len(name) + len(word) >= _LONGEST:
            break
        name = f"{name}-{word}" if word else name
    return name or "section"
