"""The law of hand edits, and the judge that holds results to it by a fresh build.

An edit is either taken home: then a build of the changed sources gives exactly the edited bytes, and changes nothing that was not shown. Or
it is refused, with a reason and a sentence.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from composer.accept.acceptance import Acceptance, propose_acceptance
from composer.accept.drafts import Draft
from composer.accept.proposals import Scope
from composer.accept.reasons import Reason
from composer.blocks import Syntax
from composer.errors import Diagnostics
from composer.markdown.front_matter import find_front_matter
from composer.markdown.parse import parse_document
from composer.model.outputs import OutputFile
from composer.source import SourceFile
from composer.targets import Target
from composer.workspace import Workspace
from composer.yaml_text.lenient import YamlProblem, read_strict

__all__ = ["LAYOUT", "NO_AGENT", "Outcome", "copy_workspace", "difference", "is_agent", "prove", "try_edit"]

LAYOUT: Final = frozenset({"layout", "generated"})
"""Reasons for edits of what no source owns."""
NO_AGENT: Final = "no agent"
"""The reason for edits whose result no source could give, because it is no valid agent."""
_ROOT: Final = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Outcome:
    """What became of one edit: ``verdict`` is ``mapped``, ``refused`` or ``wrong``."""

    kind: str
    verdict: str
    reason: str = ""
    detail: str = ""


def copy_workspace(root: Path) -> Path:
    """Copy the shipped workspace, outputs and lock included."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("agent-composer.yaml", "agent-composer.lock"):
        shutil.copy(_ROOT / name, root / name)
    for name in ("fragments", "profiles", "output"):
        shutil.copytree(_ROOT / name, root / name)
    return root


def try_edit(workspace: Workspace, composed: Sequence[OutputFile], start: Draft, file: OutputFile, kind: str, edited: str) -> Outcome:
    """Take one edit home, in the profile or where it stands, else in the fragment, and prove the result."""
    path = workspace.path_of(file)
    place = workspace.root / path
    place.write_text(edited, encoding="utf-8")
    try:
        acceptance = propose_acceptance(workspace, [(path, file)], start=start)
        if acceptance.refusals:
            in_fragment = propose_acceptance(workspace, [(path, file)], Scope.FRAGMENT, start)
            is_better = not in_fragment.refusals or any(found.reason is Reason.SCOPE for found in acceptance.refusals)
            acceptance = in_fragment if is_better else acceptance
    finally:
        place.write_text(file.text, encoding="utf-8")
    if acceptance.refusals:
        refusal = next((found for found in acceptance.refusals if found.reason not in LAYOUT), acceptance.refusals[0])
        reason = NO_AGENT if refusal.reason is Reason.INVALID and not is_agent(edited, workspace.target) else refusal.reason.value
        return Outcome(kind, "refused", reason, f"{refusal.message}\n{difference(file.text, edited)}")
    wrong = prove(workspace.root, composed, acceptance, (file.profile, file.agent), edited)
    return Outcome(kind, "wrong" if wrong else "mapped", detail=wrong)


def is_agent(text: str, target: Target) -> bool:
    """Whether an edited file could be an output at all, told from its text: its fields and their values exist, its code ends."""
    span = find_front_matter(text)
    if span is None or not span.is_closed:
        return False
    try:
        fields = read_strict(text[span.start : span.end])
    except YamlProblem:
        return False
    if not isinstance(fields, dict) or not fields.keys() <= {"name", *target.fields}:
        return False
    for spec in target.fields.values():
        value = fields.get(spec.name)
        if (spec.is_required and not value) or (spec.choices and value is not None and value not in spec.choices):
            return False
    found = Diagnostics()
    parse_document(SourceFile("edited.md", text), span.body, found, Syntax(is_plain=True))
    return not found.errors


def prove(root: Path, composed: Sequence[OutputFile], acceptance: Acceptance, key: tuple[str, str], edited: str) -> str:
    """Build the changed sources afresh: the edited file has to come out, and of the others only what was shown may change."""
    before = {path: (root / path).read_bytes() for path in acceptance.draft.files}
    old = {(file.profile, file.agent): file.text for file in composed}
    try:
        for path in before:
            (root / path).write_bytes(acceptance.draft.raw(path).encode())
        new = {(file.profile, file.agent): file.text for file in Workspace.open(root).compose().files}
    finally:
        for path, content in before.items():
            (root / path).write_bytes(content)
    shown = {(other.profile, other.path.rpartition("/")[2].removesuffix(".md")): other.after for other in acceptance.others}
    if new[key] != edited:
        return f"the build gives something else\n{difference(edited, new[key])}"
    for other, text in new.items():
        if other != key and text != shown.get(other, old[other]):
            return f"{other} changed, and was not shown so"
    return ""


def difference(before: str, after: str) -> str:
    """Return the lines that differ, with one around them."""
    return "\n".join(
        line for line in difflib.unified_diff(before.split("\n"), after.split("\n"), n=1, lineterm="") if line[:3] not in {"---", "+++"}
    )
