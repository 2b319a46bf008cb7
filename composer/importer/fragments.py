"""Names for shared runs: what they say, in the folder of those who use them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from composer.importer.factor import Body, Factored, SharedRun
from composer.naming import kebab_case, name_of_text

__all__ = ["name_runs"]

_LONGEST: Final = 26
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
    for symbol in sorted(runs, key=lambda symbol: (-runs[symbol].saving, symbol)):
        if symbol in names:
            continue
        run = runs[symbol]
        folder = _folder([folders[user] for user in run.users])
        base = _title(run)
        name, number = f"{folder}/{base}", 2
        while name in used or name.startswith(("agents/", "profiles/")):
            name, number = f"{folder}/{base}-{number}", number + 1
        used.add(name)
        names[symbol] = name
    return names


def _folder(folders: Sequence[str]) -> str:
    """Return the one folder that all users stand in, by its last telling part; else the folder of what is shared widely."""
    names = {_last_name(folder) for folder in folders}
    return names.pop() if len(names) == 1 else _SHARED


def _last_name(folder: str) -> str:
    parts = [kebab_case(part).lstrip("0123456789-") for part in reversed(PurePosixPath(folder).parts)]
    return next((part for part in parts if part not in _EMPTY_NAMES and part != "profiles"), _SHARED)


def _title(run: SharedRun) -> str:
    """Name a run by its first heading, or by the heading or the label that it stands under, or by its first words."""
    heads = [unit.title for unit in run.units if unit.level == run.level and unit.level]
    if heads and run.units[0].level:
        return _short(heads[0])
    above = _heading_above(run.body, run.first_unit)
    words = _plain(run.lines[0])
    return _short(f"{above} {words}" if above and len(kebab_case(above)) < _LONGEST // 2 else above or words)


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
