"""What `explain` is asked about: an output with a line and a column, or an address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NoReturn

from composer.errors import ComposerError, Diagnostics, InternalError, nearest_name
from composer.files.destination import DiskDestination
from composer.files.lock import LOCK_NAME, parse_lock
from composer.lookup.index import Index
from composer.model.outputs import OutputFile
from composer.model.sources import Profile
from composer.records import dataclass
from composer.source import Location, SourceFile
from composer.workspace import Workspace

__all__ = ["FoundOutput", "Question", "find_address", "find_output", "find_source", "is_address", "layers_of", "read_question"]

# The shortest path that leaves only numbers: so the colon of a Windows drive belongs to the path.
_QUESTION: Final = re.compile(r"(?P<path>.+?)(?::(?P<line>[0-9]{1,9})(?::(?P<column>[0-9]{1,9}))?)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Question:
    """The argument, taken apart. ``location`` is the argument itself, for messages."""

    path: str
    line: int | None
    column: int | None
    location: Location


@dataclass(frozen=True, slots=True, eq=False)
class FoundOutput:
    """An output that was asked for: as composed, and as it is on disk (None if it is not there)."""

    file: OutputFile
    name: str
    on_disk: str | None


def read_question(text: str) -> Question:
    """Take ``FILE[:LINE[:COL]]`` apart."""
    found = _QUESTION.fullmatch(text)
    location = SourceFile("command line", text).at(0, max(len(text), 1))
    if found is None:
        return Question(text, None, None, location)
    line, column = (int(number) if number else None for number in found.group("line", "column"))
    return Question(found["path"], line, column, location)


# --- addresses --------------------------------------------------------------------------------------------------------


def is_address(text: str, index: Index) -> bool:
    """Whether a text names a block, a fragment or a profile rather than a file."""
    catalog = index.catalog
    is_profile = text.startswith("profiles/") and text.removeprefix("profiles/") in catalog.profiles
    return "#" in text or text in catalog.fragments or is_profile


def find_address(question: Question, workspace: Workspace) -> tuple[str, Location]:
    """Return the address that is meant, renamed ids followed, and where it is defined.

    Raises:
        ComposerError: if there is none, with the nearest one.
    """
    index, text = workspace.index, question.path
    if "#" not in text:
        catalog = index.catalog
        source = catalog.fragments[text].source if text in catalog.fragments else catalog.profiles[text.removeprefix("profiles/")].source
        return text, source.at(0, 0)
    place = index.find(text, question.location)
    workspace.diagnostics.raise_errors()
    if place is None:  # pragma: no cover - whatever could not be found was reported
        raise InternalError(text)
    return place.address, place.location


def layers_of(name: str, profiles: Mapping[str, Profile]) -> frozenset[str]:
    """Return the layers of a profile, itself included, as addresses begin with them."""
    found = {f"profiles/{name}"}
    for parent in profiles[name].extends if name in profiles else ():
        found |= layers_of(parent.text, profiles)
    return frozenset(found)


# --- sources ------------------------------------------------------------------------------------------------------------


def find_source(question: Question, workspace: Workspace) -> SourceFile | None:
    """Return the fragment or profile whose file is named, from the folder you are in or from the workspace; None where none is.

    Raises:
        ComposerError: if it has no line of that number.
    """
    catalog = workspace.catalog
    found = [fragment.source for fragment in catalog.fragments.values()] + [profile.source for profile in catalog.profiles.values()]
    sources = {(workspace.root / source.path).resolve(): source for source in found}
    places = (Path(folder, question.path).resolve() for folder in (Path.cwd(), workspace.root))
    source = next((sources[place] for place in places if place in sources), None)
    if source is not None and question.line is not None:
        count = source.text.count("\n")
        if not 1 <= question.line <= count:
            message = f"`{source.path}` has no line {question.line}"
            workspace.diagnostics.error("no-such-line", message, question.location, f"it has {count} lines")
            raise ComposerError(tuple(workspace.diagnostics))
    return source


# --- outputs ----------------------------------------------------------------------------------------------------------


def find_output(question: Question, workspace: Workspace) -> FoundOutput:
    """Compose the profile that an output belongs to, and return the output.

    Raises:
        ComposerError: if nothing writes such a file, or several profiles do.
    """
    places = [Path(folder, question.path).resolve() for folder in (Path.cwd(), workspace.root)]
    place = next((place for place in places if place.is_file()), places[0])
    for candidate in dict.fromkeys((place, *places)):
        if (profile := _profile_of(candidate, workspace)) is not None:
            files = workspace.compose(profile).files
            relative = candidate.relative_to(workspace.root).as_posix()
            found = [file for file in files if workspace.path_of(file) == relative]
            if found:
                return FoundOutput(found[0], relative, _read(candidate))
            _refuse(question, workspace, (workspace.path_of(file) for file in files))
    return _find_below_project(place, question, workspace)


def _profile_of(place: Path, workspace: Workspace) -> str | None:
    """Return the profile whose output folder a path is in."""
    folder = workspace.root / workspace.catalog.config.output
    if not place.is_relative_to(folder):
        return None
    name = place.relative_to(folder).parts[:1]
    return name[0] if name and name[0] in workspace.profiles else None


def _find_below_project(place: Path, question: Question, workspace: Workspace) -> FoundOutput:
    """Find a file that was built into a project: its lock there names the profile, else only one profile may make it."""
    profile = _locked_profile(place)
    files = workspace.compose(profile if profile in workspace.profiles else None).files
    found = [file for file in files if place.as_posix().endswith(f"/{file.path.as_posix()}")]
    profiles = list(dict.fromkeys(file.profile for file in found))
    on_disk = _read(place)
    same = [file for file in found if file.text == on_disk]
    if len(same) == 1:
        return FoundOutput(same[0], place.as_posix(), on_disk)
    if len(profiles) > 1:
        names = ", ".join(f"`{workspace.path_of(file)}`" for file in found)
        message = f"several profiles write such a file: {', '.join(f'`{name}`' for name in profiles)}"
        workspace.diagnostics.error("ambiguous-output", message, question.location, f"name one of {names}")
        raise ComposerError(tuple(workspace.diagnostics))
    if not found:
        _refuse(question, workspace, (workspace.path_of(file) for file in files))
    return FoundOutput(found[0], place.as_posix(), on_disk)


def _locked_profile(place: Path) -> str | None:
    for folder in place.parents:
        try:
            content = DiskDestination(folder).read(f".{LOCK_NAME}")
        except OSError:
            continue
        if content is not None:
            lock = parse_lock(SourceFile(LOCK_NAME, content.decode(errors="replace")), Diagnostics())
            entry = lock.outputs.get(place.relative_to(folder).as_posix())
            return entry.profile if entry is not None else None
    return None


def _refuse(question: Question, workspace: Workspace, outputs: Iterable[str]) -> NoReturn:
    catalog = workspace.catalog
    addresses = (*catalog.fragments, *(f"profiles/{name}" for name in catalog.profiles))
    hint = (
        nearest_name(question.path, [*outputs, *addresses])
        or f"name a file below `{catalog.config.output}/`, or an address such as `checklists/security#rate-limit`"
    )
    workspace.diagnostics.error("unknown-address", f"`{question.path}` is no output and no address", question.location, hint)
    raise ComposerError(tuple(workspace.diagnostics))


def _read(place: Path) -> str | None:
    try:
        content = DiskDestination(place.parent).read(place.name)
    except OSError:
        return None
    return SourceFile.from_raw(place.name, content.decode(errors="replace")).text if content is not None else None
