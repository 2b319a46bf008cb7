"""Gives an id to each block that people address and that has none: once, readable, and without changing anything else.

Named are sections with a title, list items, and paragraphs that stand in no item. Items inside a `for` cannot have an id (one id would
name many blocks); lists, tables and code blocks are left to people, for their words say little about what they are for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from composer.blocks import Block, Item, Leaf, LeafKind, Loop, Section, Text, walk_blocks
from composer.errors import Diagnostics, InternalError, nearest_name
from composer.files.destination import Destination
from composer.files.disk_errors import change_files, report_disk_error
from composer.files.transaction import Change
from composer.ids.places import Insertion, insert_ids, parser_of, place_ids, text_of, without_ids
from composer.lookup.index import index_catalog
from composer.model.sources import Catalog, Fragment
from composer.naming import name_of_text
from composer.pipeline import Run, compose_profile
from composer.records import dataclass, replace
from composer.source import Location, SourceFile, unlocated
from composer.stages.write import WriteScope
from composer.targets import Target
from composer.workspace import Workspace

__all__ = ["FragmentIds", "NewId", "propose_ids", "select_fragments", "write_ids"]


@dataclass(frozen=True, slots=True)
class NewId:
    """An id that a block lacks: ``kind`` says what the block is, ``location`` where its words stand."""

    name: str
    kind: str
    location: Location


@dataclass(frozen=True, slots=True, eq=False)
class FragmentIds:
    """What is missing in one fragment. ``unnamed`` are blocks that no id can be written at without changing their text."""

    fragment: Fragment
    added: tuple[NewId, ...]
    unnamed: tuple[Location, ...]
    insertions: tuple[Insertion, ...]


# --- Which fragments --------------------------------------------------------------------------------------------------


def select_fragments(workspace: Workspace, names: Iterable[str]) -> tuple[Fragment, ...]:
    """Return the fragments of these names, or all where none is named; a path such as ``fragments/roles/owner.md`` names one too.

    Raises:
        ComposerError: if there is no such fragment, or if something is wrong in one of those selected.
    """
    catalog = workspace.index.catalog
    wanted = tuple(dict.fromkeys(_fragment_id(name) for name in names))
    found = Diagnostics()
    for name in wanted:
        if name not in catalog.fragments and name not in catalog.broken:
            hint = nearest_name(name, catalog.fragments) or "`agent-composer list fragments` shows what there is"
            place = SourceFile("command line", name).at(0, max(len(name), 1))
            found.error("unknown-fragment", f"there is no fragment `{name}`", place, hint)
    # What is wrong in a profile does not concern the blocks of a fragment; it may even wait for an id.
    paths = {f"fragments/{name}.md" for name in wanted}
    for error in workspace.diagnostics.errors:
        if error.location.path in paths or (not wanted and error.location.path.startswith("fragments/")):
            found.add(error)
    found.raise_errors()
    return tuple(catalog.fragments[name] for name in wanted or catalog.fragments)


def _fragment_id(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").removeprefix("fragments/").removesuffix(".md")


# --- Which ids --------------------------------------------------------------------------------------------------------


def propose_ids(fragment: Fragment, moved: Iterable[str]) -> FragmentIds:
    """Choose an id for every block that lacks one, and the place to write it.

    Args:
        fragment: the fragment, as it was read.
        moved: old addresses of the workspace that lead elsewhere now: they are not used again.
    """
    blocks = tuple(walk_blocks(fragment.document.blocks))
    taken = {block.identifier.name for block, _ in blocks if block.identifier is not None}
    taken |= {address.partition("#")[2] for address in moved if address.startswith(f"{fragment.id}#")}
    named: list[tuple[Block, str]] = []
    for block, parents in blocks:
        if _wants_id(block, parents) and (text := text_of(block)) is not None:
            name = name_of_text(str(text), _kind(block), taken)
            taken.add(name)
            named.append((block, name))
    places = place_ids(fragment, named)
    added = tuple(NewId(name, _kind(block), _words(block)) for block, name in named if block in places)
    unnamed = tuple(_words(block) for block, _ in named if block not in places)
    return FragmentIds(fragment, added, unnamed, tuple(places.values()))


def _wants_id(block: Block, parents: Sequence[Block]) -> bool:
    if block.identifier is not None or any(isinstance(parent, Loop) for parent in parents):
        return False
    match block:
        case Section(title=title):
            return title is not None
        case Item(text=text):
            return bool(str(text).strip())
        case Leaf(kind=LeafKind.PARAGRAPH):
            return not any(isinstance(parent, Item) for parent in parents)
        case _:
            return False


def _kind(block: Block) -> str:
    match block:
        case Section():
            return "section"
        case Item():
            return "item"
        case _:
            return "paragraph"


def _words(block: Block) -> Location:
    text: Text | None = text_of(block)
    return text.location if text is not None else block.location


# --- Writing them -----------------------------------------------------------------------------------------------------


def write_ids(workspace: Workspace, proposals: Sequence[FragmentIds], destination: Destination) -> tuple[str, ...]:
    """Write the ids into their files, all or none, once it is sure that they change nothing else.

    What a run that was cut short has left goes to the ``diagnostics`` of the workspace.

    Returns:
        The paths of the files that were changed.

    Raises:
        ComposerError: if a file cannot be written, or has changed since it was read.
        InternalError: if an output would change; nothing was written then.
    """
    catalog = workspace.index.catalog

    def look(found: Diagnostics) -> list[Change]:
        changes: list[Change] = []
        fragments = dict(catalog.fragments)
        for proposal in proposals:
            source = proposal.fragment.source
            if proposal.insertions and (raw := _read(source, destination, found)) is not None:
                content = insert_ids(raw.decode(), source, proposal.insertions)
                changes.append(Change(source.path, raw, content.encode()))
                fragments[proposal.fragment.id] = _read_again(proposal, content)
        found.raise_errors()
        _compare_outputs(catalog, replace(catalog, fragments=fragments), workspace.target)
        return changes

    scope = WriteScope(frozenset(), catalog.config.output)
    return change_files(destination, scope.may_write, look, workspace.diagnostics)


def _read(source: SourceFile, destination: Destination, diagnostics: Diagnostics) -> bytes | None:
    """Return what the file holds now, if that is what was read before."""
    try:
        raw = destination.read(source.path) or b""
    except OSError as error:
        report_disk_error(source.path, error, "read", diagnostics)
        return None
    if SourceFile.from_raw(source.path, raw.decode(errors="replace")).text != source.text:
        diagnostics.error("file-changed", f"`{source.path}` has changed meanwhile", unlocated(source.path), "run the command again")
        return None
    return raw


def _read_again(proposal: FragmentIds, raw: str) -> Fragment:
    """Read a fragment with its new ids, and make sure that without them it is the old one, character for character."""
    old = proposal.fragment
    source = SourceFile.from_raw(old.source.path, raw)
    document = parser_of(old)(source)
    if document is None or without_ids(document, [added.name for added in proposal.added]) != old.source.text:
        message = f"the ids for {source.path} would change more than ids"
        raise InternalError(message)
    return replace(old, source=source, document=document)


def _compare_outputs(before: Catalog, after: Catalog, target: Target) -> None:
    """Make sure that every output stays what it is; where nothing can be composed yet, there is nothing to compare."""
    outputs = _outputs(before, target)
    if outputs is not None and _outputs(after, target) != outputs:
        message = "the ids would change what is composed"
        raise InternalError(message)


def _outputs(catalog: Catalog, target: Target) -> dict[tuple[str, str], bytes] | None:
    found = Diagnostics()
    index = index_catalog(catalog, found)
    run = Run(index, target)
    names = [name for name, profile in sorted(catalog.profiles.items()) if not profile.is_abstract]
    files = [file for name in names for file in compose_profile(name, run, found)]
    return None if found.errors else {(file.profile, str(file.path)): file.content for file in files}
