"""What becomes of a line of a source: the lines of the outputs that it reaches, by which way, or why it reaches none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from composer.blocks import Block, walk_blocks
from composer.explain.lines import AbsenceExplanation, AddressExplanation, Use, explain_address, segments_by_line
from composer.lookup.index import Index
from composer.model.outputs import OutputFile
from composer.model.planned import AbsenceReason, Segment
from composer.model.resolved import EditPart, FieldValue, Setting
from composer.records import dataclass
from composer.source import Location, SourceFile

__all__ = ["Beaten", "PlaceExplanation", "explain_place"]


@dataclass(frozen=True, slots=True)
class Beaten:
    """A value that a line sets for an output, and what beat it there."""

    profile: str
    agent: str
    what: str
    layer: str
    location: Location


@dataclass(frozen=True, slots=True, eq=False)
class PlaceExplanation:
    """All that a line of a source gives: its text, a condition, an include, an edit or the value of a variable.

    ``block`` is the nearest block with an id around the line, explained as an address is: it says why an output lacks the line. It is None
    for lines outside the body of a fragment. ``removed`` are blocks that an edit on the line takes away, ``beaten`` values that did not
    come to bear.
    """

    path: str
    line: int
    text: str
    uses: tuple[Use, ...]
    block: AddressExplanation | None
    removed: tuple[AbsenceExplanation, ...]
    beaten: tuple[Beaten, ...]


def explain_place(
    source: SourceFile, line: int, index: Index, files: Iterable[OutputFile], paths: Mapping[OutputFile, str]
) -> PlaceExplanation:
    """Explain line ``line`` (from 1) of a source; ``files`` are all outputs, ``paths`` names each."""
    files = tuple(files)
    lines = {line}
    uses = _uses(source, lines, files, paths)
    if not uses:
        # A line inside a value, such as an item of a list or a `because`, has its effect by the key that it belongs to.
        lines = _lines_of_key(source, line, index)
        uses = _uses(source, lines, files, paths)
    block = _block_around(source, line, index)
    return PlaceExplanation(
        source.path,
        line,
        source.line_text(line),
        uses,
        explain_address(*block, files, paths) if block is not None else None,
        tuple(removed for file in files for removed in _removed(file, source, lines)),
        tuple(beaten for file in files for beaten in _beaten(file, source, lines)),
    )


def _uses(source: SourceFile, wanted: Collection[int], files: Iterable[OutputFile], paths: Mapping[OutputFile, str]) -> tuple[Use, ...]:
    uses = []
    for file in files:
        found = (number for number, _, part in segments_by_line(file) if part.text.strip() and _is_from(part, file, source, wanted))
        if lines := tuple(dict.fromkeys(found)):
            uses.append(Use(file.profile, file.agent, paths[file], lines))
    return tuple(uses)


def _removed(file: OutputFile, source: SourceFile, lines: Collection[int]) -> Iterator[AbsenceExplanation]:
    for absence in file.document.absences:
        if absence.edit is not None and absence.reason is AbsenceReason.REMOVED and _is_on(absence.edit.location, source, lines):
            yield AbsenceExplanation(file.profile, file.agent, absence)


def _lines_of_key(source: SourceFile, line: int, index: Index) -> set[int]:
    """Return the lines of the variable or of the edit, with its insertions, that a line of a profile belongs to; or the line itself."""
    profile = next((found for found in index.catalog.profiles.values() if found.source is source), None)
    if profile is None:
        return {line}
    groups = [{agent.location.line} for agent in profile.agents.values()]
    for variables in (profile.variables, *(agent.variables for agent in profile.agents.values())):
        groups += [{key.location.line} for key in variables.keys.values()] if variables is not None else []
    for edits in profile.all_edits:
        for edit in edits.by_address.values():
            insertions = (key.location.line for texts in edit.insertions.values() for key in texts.keys.values())
            groups.append({edit.location.line, *insertions})
    group = max((group for group in groups if min(group) <= line), key=min, default={line})
    return group if _is_below(source, min(group), line) else {line}


def _is_below(source: SourceFile, key: int, line: int) -> bool:
    """Whether a line is that of a key, or of its value by the indentation."""
    indents = [len(text) - len(text.lstrip()) for number in range(key, line + 1) if (text := source.line_text(number)).strip()]
    return all(indent > indents[0] for indent in indents[1:])


def _is_on(location: Location, source: SourceFile, lines: Collection[int]) -> bool:
    """Whether a place has characters on one of some lines."""
    if location.source is not source:
        return False
    first, _ = source.line_and_column(location.start)
    last, _ = source.line_and_column(max(location.end - 1, location.start))
    return any(first <= line <= last for line in lines)


def _is_from(segment: Segment, file: OutputFile, source: SourceFile, lines: Collection[int]) -> bool:
    return any(_is_on(place, source, lines) for place in _origins(segment, file))


def _origins(segment: Segment, file: OutputFile) -> Iterator[Location]:
    """Give every place that a run of characters would change with."""
    trace = segment.trace
    # Marks and gaps carry the place of the whole block that they belong to.
    if segment.text.strip(" \t\n-*+>") and (trace is None or segment.location != trace.location or "\n" not in trace.location.text.strip()):
        yield segment.location
    names = list(segment.names)
    if trace is not None:
        yield from trace.via
        for gate in trace.gates:
            yield gate.location
            names.extend(gate.names)
        names.extend(place.text for place in trace.via)
        for part in trace.edits:
            yield from _edit_places(part)
    variables = file.document.plan.agent.variables
    for name in dict.fromkeys(names):
        if name in variables:
            yield variables[name].location
        elif name.startswith("project."):
            yield from _project_places(file.document.project, name.split(".")[1:])


def _project_places(values: Mapping[str, FieldValue], keys: Sequence[str]) -> Iterator[Location]:
    """Give the place of a fact of the project, and of each map around it."""
    for key in keys:
        value = values.get(key)
        if value is None:
            return
        yield value.location
        values = value.value if isinstance(value.value, Mapping) else {}


def _edit_places(part: EditPart) -> Iterator[Location]:
    yield part.location
    if part.text is not None:
        yield part.text.location


def _beaten(file: OutputFile, source: SourceFile, lines: Collection[int]) -> Iterator[Beaten]:
    agent = file.document.plan.agent
    for variable in agent.variables.values():
        if _has_setting(variable.beaten, source, lines):
            yield Beaten(file.profile, file.agent, variable.name, str(variable.layer), variable.location)
    for edit in agent.edits.values():
        for part in edit.parts:
            if _has_setting(part.beaten, source, lines):
                yield Beaten(file.profile, file.agent, edit.address, str(part.layer), part.location)


def _has_setting(settings: Iterable[Setting], source: SourceFile, lines: Collection[int]) -> bool:
    return any(_is_on(setting.location, source, lines) or _is_on(setting.node.location, source, lines) for setting in settings)


def _block_around(source: SourceFile, line: int, index: Index) -> tuple[str, Location] | None:
    """Return the address of the innermost block with an id on a line of a fragment's body, or the fragment."""
    fragment = next((found for found in index.catalog.fragments.values() if found.source is source), None)
    if fragment is None or line < source.line_and_column(fragment.document.location.start)[0]:
        return None
    found: Block | None = None
    for block, _ in walk_blocks(fragment.document.blocks):
        if block.identifier is not None and _is_on(block.location, source, {line}):
            found = block
    if found is None:
        return fragment.id, source.at(0, 0)
    return index.address_of(fragment.id, found) or fragment.id, found.location
