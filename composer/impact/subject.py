"""What `impact` is asked about: a file of the workspace, a block of one, or a variable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from composer.errors import Diagnostics, nearest_name
from composer.home import WORKSPACE_FILE
from composer.lookup.index import Index, Place
from composer.records import dataclass
from composer.source import Location, SourceFile

__all__ = ["Kind", "Subject", "find_subject"]

VARIABLES: Final = "vars."


class Kind(StrEnum):
    """What an edit can be an edit of."""

    FRAGMENT = "fragment"
    PROFILE = "profile"
    WORKSPACE_FILE = "workspace file"
    BLOCK = "block"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that could be edited.

    ``name`` is as addresses have it, ``path`` the file that holds it, and ``place`` the definition of a block.
    """

    kind: Kind
    name: str
    path: str
    location: Location
    place: Place | None = None


def find_subject(text: str, paths: Iterable[str], index: Index, diagnostics: Diagnostics) -> Subject | None:
    """Find what a text on the command line names; None where it names nothing, which is reported with the nearest name.

    A name without ``#`` is a fragment or a profile if there is one, else a variable; ``vars.NAME`` is always a variable.

    Args:
        text: An address, a path or the name of a variable, as it was typed.
        paths: What the text is as a path below the workspace, if it is one.
        index: The workspace.
        diagnostics: Gets ``unknown-address``.
    """
    location = SourceFile("command line", text).at(0, max(len(text), 1))
    if "#" in text:
        place = index.find(text, location)
        return Subject(Kind.BLOCK, place.address, place.location.path, place.location, place) if place is not None else None
    found = next((found for path in (*paths, text) if (found := _file(path, index)) is not None), None) or _variable(text, index)
    if found is None and not _is_broken(text, index):
        hint = nearest_name(text, _known(index)) or "name a fragment, a block, a variable or a profile; `agent-composer list` shows them"
        message = f"`{text}` is no fragment, block, variable or profile"
        diagnostics.error("unknown-address", message, location, hint)
    return found


def _file(name: str, index: Index) -> Subject | None:
    catalog = index.catalog
    fragment = catalog.fragments.get(name.removeprefix("fragments/").removesuffix(".md") if name.startswith("fragments/") else name)
    if fragment is not None:
        return Subject(Kind.FRAGMENT, fragment.id, fragment.source.path, fragment.source.at(0, 0))
    profile = catalog.profiles.get(name.removeprefix("profiles/").removesuffix(".yaml")) if name.startswith("profiles/") else None
    if profile is not None:
        return Subject(Kind.PROFILE, f"profiles/{profile.name}", profile.source.path, profile.source.at(0, 0))
    if name == WORKSPACE_FILE:
        return Subject(Kind.WORKSPACE_FILE, WORKSPACE_FILE, WORKSPACE_FILE, SourceFile(WORKSPACE_FILE, "").at(0, 0))
    return None


def _variable(text: str, index: Index) -> Subject | None:
    declaration = index.catalog.declarations.get(text.removeprefix(VARIABLES))
    if declaration is None:
        return None
    return Subject(Kind.VARIABLE, declaration.name, declaration.location.path, declaration.location)


def _is_broken(text: str, index: Index) -> bool:
    """Whether a text names a source that could not be read, which was reported."""
    name = text.removeprefix("fragments/").removesuffix(".md").removesuffix(".yaml")
    return name in index.catalog.broken


def _known(index: Index) -> Iterator[str]:
    yield from index.catalog.fragments
    yield from (f"fragments/{name}.md" for name in index.catalog.fragments)
    for name in index.catalog.profiles:
        yield from (f"profiles/{name}", f"profiles/{name}.yaml")
    yield from index.catalog.declarations
