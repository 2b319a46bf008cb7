"""The texts that a run is about: fragments and profiles as people name them."""

from __future__ import annotations

from collections.abc import Iterable

from composer.errors import Diagnostics, nearest_name
from composer.model.sources import Catalog
from composer.source import SourceFile

__all__ = ["select_homes"]


def select_homes(catalog: Catalog, names: Iterable[str]) -> frozenset[str]:
    """Return the ids of fragments, and ``profiles/<name>``, that are named by id or by path; none for all.

    Raises:
        ComposerError: if there is no such fragment or profile, with the nearest name.
    """
    known = (*catalog.fragments, *(f"profiles/{name}" for name in catalog.profiles))
    found: set[str] = set()
    diagnostics = Diagnostics()
    for name in names:
        home = name.replace("\\", "/").removeprefix("./").removeprefix("fragments/").removesuffix(".md").removesuffix(".yaml")
        if home in known:
            found.add(home)
            continue
        hint = nearest_name(home, known) or "`agent-composer list fragments` shows what there is"
        place = SourceFile("command line", name).at(0, max(len(name), 1))
        diagnostics.error("unknown-fragment", f"there is no fragment `{name}`", place, hint)
    diagnostics.raise_errors()
    return frozenset(found)
