"""Explanations as plain data, for ``--json``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from composer.explain.lines import AbsenceExplanation, AddressExplanation, BlockExplanation, LineExplanation, Use
from composer.explain.origins import OriginRow, block_name
from composer.inventory.contents import node_text
from composer.model.outputs import OutputFile
from composer.model.planned import Absence, Gate
from composer.model.resolved import EditPart, FieldValue, ResolvedVariable, Setting
from composer.model.yaml_nodes import YamlScalar
from composer.source import Location

__all__ = ["address_data", "agent_variables", "field_text", "file_of", "line_data", "origin_data"]

Data = dict[str, object]


def _place(location: Location) -> Data:
    return {"path": location.path, "line": location.line, "column": location.column}


def _places(locations: Iterable[Location]) -> list[Data]:
    return [_place(location) for location in locations]


def origin_data(row: OriginRow) -> Data:
    """Turn one row of a file's origins into data."""
    return {
        "first_line": row.first,
        "last_line": row.last,
        "block": row.name,
        "kind": row.kind,
        "defined": _place(row.location),
        "edits": [_edit(part) for part in row.edits],
        "gates": [_gate(gate) for gate in row.gates],
        "variables": list(row.variables),
    }


def line_data(explanation: LineExplanation, file: OutputFile) -> Data:
    """Turn the explanation of a line into data."""
    return {
        "path": explanation.path,
        "line": explanation.line,
        "text": explanation.text,
        "blocks": [_block(block, file) for block in explanation.blocks],
    }


def _block(block: BlockExplanation, file: OutputFile) -> Data:
    trace = block.trace
    return {
        "block": block_name(trace),
        "address": trace.address if trace is not None else None,
        "kind": trace.kind if trace is not None else "fixed text",
        "layer": trace.layer if trace is not None else f"target {file.document.profile}",
        "text": block.text,
        "defined": _place(block.place),
        "replaces": _place(trace.replaces) if trace is not None and trace.replaces is not None else None,
        "characters_from": _places(block.places),
        "included": _places(trace.via) if trace is not None else [],
        "edits": [_edit(part) for part in trace.edits] if trace is not None else [],
        "gates": [_gate(gate) for gate in trace.gates] if trace is not None else [],
        "variables": [_variable(variable) for variable in block.variables],
        "project": [{"name": name, "value": field_text(value), **_origin(value)} for name, value in block.project],
    }


def address_data(explanation: AddressExplanation, files: Sequence[OutputFile]) -> Data:
    """Turn the explanation of an address into data."""
    return {
        "address": explanation.address,
        "defined": _place(explanation.location),
        "uses": [use_data(use) for use in explanation.uses],
        "absences": [absence_data(absence, files) for absence in explanation.absences],
    }


def use_data(use: Use) -> Data:
    """Turn a run of lines of an output into data."""
    return {"profile": use.profile, "agent": use.agent, "path": use.path, "lines": list(use.lines)}


def absence_data(explanation: AbsenceExplanation, files: Sequence[OutputFile]) -> Data:
    """Turn the reason of an absence into data."""
    found: Data = {"profile": explanation.profile, "agent": explanation.agent}
    absence = explanation.absence
    if absence is None:
        return {**found, "reason": "never included"}
    file = file_of(explanation, files)
    return {
        **found,
        "reason": absence.reason.value,
        "edit": _edit(absence.edit) if absence.edit is not None else None,
        "gates": [_gate(gate) for gate in absence.gates],
        "variables": [_variable(variable) for variable in agent_variables(absence, file)],
        "included": _places(absence.via),
    }


def file_of(explanation: AbsenceExplanation, files: Sequence[OutputFile]) -> OutputFile:
    """Return the output that an absence is about."""
    return next(file for file in files if (file.profile, file.agent) == (explanation.profile, explanation.agent))


def agent_variables(absence: Absence, file: OutputFile) -> tuple[ResolvedVariable, ...]:
    """Return the variables that the closed conditions around an absent block read."""
    variables = file.document.plan.agent.variables
    names = dict.fromkeys(name for gate in absence.gates if not gate.holds for name in gate.names)
    return tuple(variables[name] for name in names if name in variables)


# --- parts ------------------------------------------------------------------------------------------------------------


def _edit(part: EditPart) -> Data:
    text = part.text.text if part.text is not None else None
    beaten = [_beaten(setting) for setting in part.beaten]
    why = {"id": part.id, "because": part.because.strip()}
    return {"verb": part.verb.value, "layer": str(part.layer), **why, "text": text, "place": _place(part.location), "beat": beaten}


def _gate(gate: Gate) -> Data:
    return {"condition": gate.condition, "holds": gate.holds, "names": list(gate.names), "place": _place(gate.location)}


def _variable(variable: ResolvedVariable) -> Data:
    beaten = [_beaten(setting) for setting in variable.beaten]
    found = {"name": variable.name, "type": str(variable.type), "value": variable.data}
    return {**found, "layer": str(variable.layer), "place": _place(variable.location), "beat": beaten}


def _origin(value: FieldValue) -> Data:
    beaten = [_beaten(setting) for setting in value.beaten]
    return {"layer": str(value.layer), "place": _place(value.location), "beat": beaten}


def _beaten(setting: Setting) -> Data:
    return {"value": node_text(setting.node), "layer": str(setting.layer), "place": _place(setting.location)}


def field_text(field: FieldValue) -> str:
    """Print a folded value on one line."""
    match field.value:
        case YamlScalar() as scalar:
            return scalar.text
        case tuple() as items:
            return ", ".join(field_text(item) for item in items)
        case entries:
            return ", ".join(f"{key}: {field_text(value)}" for key, value in entries.items())
