"""Explanations as lines of text, each with the style that it has on a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from composer.cli.explain_data import agent_variables, field_text, file_of
from composer.explain.lines import AbsenceExplanation, AddressExplanation, BlockExplanation, LineExplanation, Use
from composer.explain.origins import FRONT_MATTER, OriginRow, block_name
from composer.inventory.contents import node_text
from composer.model.outputs import OutputFile
from composer.model.planned import Absence, AbsenceReason, Gate
from composer.model.resolved import EditPart, FieldValue, ResolvedVariable, Setting
from composer.source import Location

__all__ = ["ORIGIN_HEADERS", "address_text", "line_ranges", "line_text", "origin_row", "reasons_of"]

ORIGIN_HEADERS: Final = ("lines", "block", "kind", "defined at", "touched by")
LONGEST_VALUE: Final = 100
_FOREIGN: Final = "absent: it belongs to a profile that this one does not extend"

Styled = tuple[str, str]


def origin_row(row: OriginRow) -> Sequence[str]:
    """Print one row of a file's origins."""
    lines = str(row.first) if row.first == row.last else f"{row.first}-{row.last}"
    name = f"{row.name} (and {row.others} more)" if row.others else row.name
    touched = [f"{part.layer}: {part.verb}" for part in row.edits]
    touched += [f"if {gate.condition}" for gate in row.gates]
    touched += [f"{{{{ {name} }}}}" for name in row.variables]
    return lines, name, row.kind, str(row.location), ", ".join(touched)


# --- a line -----------------------------------------------------------------------------------------------------------


def line_text(explanation: LineExplanation, file: OutputFile) -> Iterator[Styled]:
    """Print the explanation of a line: one paragraph for each block on it."""
    yield f"{explanation.path}:{explanation.line}", "bold"
    yield f"  {_short(explanation.text)}", "dim"
    shown = [block for block in explanation.blocks if block.trace is not None] or list(explanation.blocks)
    for group in _grouped(shown):
        yield "", ""
        text = " ".join(block.text for block in group) if len(group) < len(shown) else ""
        yield from _block(group[0], text, file)


def _grouped(blocks: Iterable[BlockExplanation]) -> list[list[BlockExplanation]]:
    """Put the items of one front matter list together: they stand on one line of one file."""
    groups: list[list[BlockExplanation]] = []
    last: tuple[str, str, int] | None = None
    for block in blocks:
        trace = block.trace
        key = (trace.kind, trace.location.path, trace.location.line) if trace is not None and trace.kind.startswith("field ") else None
        if key is not None and key == last:
            groups[-1].append(block)
        else:
            groups.append([block])
        last = key
    return groups


def _block(block: BlockExplanation, text: str, file: OutputFile) -> Iterator[Styled]:
    trace = block.trace
    if trace is None:
        yield f"{FRONT_MATTER}  (what the tool wants of every agent)", "bold cyan"
        yield from _facts([("agent", f"{file.agent}, named at {block.place}")])
        return
    kind = "" if trace.kind.startswith("field ") else f"  ({trace.kind})"
    yield f"{block_name(trace)}{kind}", "bold cyan"
    yield from _facts(
        [
            *((("text", _short(text)),) if text else ()),
            ("defined", str(block.place)),
            *((("replaces", f"{trace.replaces}  {_source_line(trace.replaces)}"),) if trace.replaces is not None else ()),
            *(("included", f"{place}  {_source_line(place)}") for place in trace.via),
            *(("edited", _edit(part)) for part in trace.edits),
            *(("if", _gate(gate)) for gate in trace.gates),
        ]
    )
    for variable in block.variables:
        yield from _variable(variable)
    for name, value in block.project:
        yield from _value(name, field_text(value), value.layer.name, value.location, value.beaten)
    if trace.kind.startswith("field "):
        yield from _field_beaten(trace.kind.removeprefix("field "), trace.location, file)


def _facts(facts: Iterable[tuple[str, str]]) -> Iterator[Styled]:
    for name, text in facts:
        yield f"  {name:<9} {text}", ""


def _source_line(place: Location) -> str:
    return place.source.line_text(place.line).strip()


def _edit(part: EditPart) -> str:
    verb = f"{part.verb} `{part.id}`" if part.id else str(part.verb)
    because = f"\n{' ' * 12}because {_short(part.because)}" if part.because.strip() else ""
    beaten = "".join(f"\n{' ' * 12}beat {setting.layer} at {setting.location}" for setting in part.beaten)
    return f"{verb} by {part.layer} at {part.location}{because}{beaten}"


def _gate(gate: Gate) -> str:
    outcome = "true" if gate.holds else "not looked at: a branch before it holds" if gate.is_skipped else "false"
    return f"`{gate.condition}` is {outcome}, at {gate.location}"


def _variable(variable: ResolvedVariable) -> Iterator[Styled]:
    value = ", ".join(str(item) for item in variable.data) if isinstance(variable.data, list) else variable.text
    yield from _value(variable.name, value, variable.layer.name, variable.location, variable.beaten)


def _value(name: str, value: str, layer: str, location: Location, beaten: Sequence[Setting]) -> Iterator[Styled]:
    where = "its default" if layer == "declaration" else f"set by {layer}"
    yield f"  {'variable':<9} {name} = {_short(value) or '(empty)'}  ({where}, {location})", ""
    for setting in beaten:
        loser = "the default" if setting.layer.name == "declaration" else str(setting.layer)
        yield f"  {'':<9}   beat {_short(node_text(setting.node))} of {loser}, {setting.location}", ""


def _field_beaten(name: str, location: Location, file: OutputFile) -> Iterator[Styled]:
    """Print what a front matter field beat: the field is found by the place of its winning value."""
    field = file.document.plan.agent.fields.get(name)
    for found in _parts(field) if field is not None else ():
        if found.location == location:
            for setting in found.beaten:
                yield f"  {'beat':<9} {_short(node_text(setting.node))} of {setting.layer}, {setting.location}", ""


def _parts(field: FieldValue) -> Iterator[FieldValue]:
    yield field
    if isinstance(field.value, tuple):
        for part in field.value:
            yield from _parts(part)
    elif not hasattr(field.value, "style"):
        for part in field.value.values():
            yield from _parts(part)


# --- an address -------------------------------------------------------------------------------------------------------


def address_text(explanation: AddressExplanation, files: Sequence[OutputFile], layers: Mapping[str, Collection[str]]) -> Iterator[Styled]:
    """Print every use of an address, and why the other agents have none; ``layers`` has the layers of each profile by name."""
    yield f"{explanation.address}  {explanation.location}", "bold cyan"
    width = max(len(f"{file.profile} / {file.agent}") for file in files) if files else 0
    for use in explanation.uses:
        name = f"{use.profile} / {use.agent}"
        yield f"  {name:<{width}}  {use.path}:{line_ranges(use.lines)}", "green"
        for line in _replacement(use, explanation.address, files):
            yield f"  {'':<{width}}    {line}", ""
    for absent in explanation.absences:
        first, *more = reasons_of(absent, files) if _home(explanation.address) in ("", *layers[absent.profile]) else [_FOREIGN]
        yield f"  {f'{absent.profile} / {absent.agent}':<{width}}  {first}", ""
        for line in more:
            yield f"  {'':<{width}}    {line}", ""
    yield "", ""
    yield f"shown by {len(explanation.uses)} of {len(files)} outputs", "bold"


def _home(address: str) -> str:
    """Return the profile that an address belongs to; empty for one of a fragment."""
    return address.partition("#")[0] if address.startswith("profiles/") else ""


def _replacement(use: Use, address: str, files: Sequence[OutputFile]) -> list[str]:
    """Say of a block that is shown whether a profile gave it another text."""
    file = next(file for file in files if (file.profile, file.agent) == (use.profile, use.agent))
    found = (absence for absence in file.document.absences if absence.address == address and absence.reason is AbsenceReason.REPLACED)
    replaced = next(found, None)
    return _by_edit(replaced.edit, replaced.reason) if replaced is not None and replaced.edit is not None else []


def line_ranges(lines: Sequence[int]) -> str:
    """Print numbers as runs: ``3-5, 9``."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def reasons_of(explanation: AbsenceExplanation, files: Sequence[OutputFile]) -> list[str]:
    """Say why an output does not show an address, a line for each part of the reason."""
    absence = explanation.absence
    if absence is None:
        return ["absent: nothing includes it"]
    if absence.edit is not None:
        return [f"absent: {line}" if position == 0 else line for position, line in enumerate(_by_edit(absence.edit, absence.reason))]
    if absence.reason is AbsenceReason.GATED:
        return [*_closed_gates(absence), *_variables(absence, explanation, files)]
    return [f"absent: nothing is left in it, at {absence.location}"]


def _closed_gates(absence: Absence) -> list[str]:
    closed = [gate for gate in absence.gates if not gate.holds]
    return [f"absent: {_gate(gate)}" if position == 0 else f"and {_gate(gate)}" for position, gate in enumerate(closed)]


def _variables(absence: Absence, explanation: AbsenceExplanation, files: Sequence[OutputFile]) -> Iterator[str]:
    for variable in agent_variables(absence, file_of(explanation, files)):
        yield from (text.strip() for text, _ in _variable(variable))


def _by_edit(edit: EditPart, reason: AbsenceReason) -> list[str]:
    lines = [f"{reason} by {edit.layer} at {edit.location}"]
    return [*lines, f"because {_short(edit.because)}"] if edit.because.strip() else lines


def _short(text: str) -> str:
    """Print a text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_VALUE else f"{line[: LONGEST_VALUE - 1]}…"
