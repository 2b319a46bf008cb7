"""The law of hand edits: a fresh build gives exactly the edited bytes and nothing else that was not shown, or the edit is refused."""

from __future__ import annotations

import random

import pytest
from hand_edits import EDITS, edit_at_random
from proven_edits import copy_workspace, is_agent, prove, try_edit

from composer.accept.acceptance import Acceptance, propose_acceptance
from composer.accept.drafts import Draft
from composer.accept.proposals import Scope
from composer.model.outputs import OutputFile
from composer.records import replace
from composer.workspace import Workspace

pytestmark = pytest.mark.untraced

SHARED = "- Log an error once, where it is handled, with its cause and its request"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, tuple[OutputFile, ...], Draft]:
    """The shipped workspace, its outputs, and a draft of it that is composed already."""
    workspace = Workspace.open(copy_workspace(tmp_path_factory.mktemp("shipped") / "workspace"))
    return workspace, tuple(workspace.compose().files), Draft(workspace.root.as_posix(), workspace.target)


def reworded(shipped: tuple[Workspace, tuple[OutputFile, ...], Draft]) -> tuple[Acceptance, tuple[str, str], str]:
    """Reword a shared item in one output, and take it home in its fragment."""
    workspace, files, start = shipped
    file = next(file for file in files if SHARED in file.text)
    edited = file.text.replace(SHARED, f"{SHARED}, always")
    place = workspace.root / workspace.path_of(file)
    place.write_text(edited, encoding="utf-8")
    try:
        acceptance = propose_acceptance(workspace, [(workspace.path_of(file), file)], Scope.FRAGMENT, start)
    finally:
        place.write_text(file.text, encoding="utf-8")
    return acceptance, (file.profile, file.agent), edited


@pytest.mark.parametrize("kind", EDITS)
def test_a_random_edit_is_taken_home_exactly_or_refused_with_a_reason(
    shipped: tuple[Workspace, tuple[OutputFile, ...], Draft], kind: str
) -> None:
    """Two of each kind; `make edits` tries thousands."""
    workspace, files, start = shipped
    rng = random.Random(kind)
    for _ in range(2):
        file = rng.choice(files)
        outcome = try_edit(workspace, files, start, file, kind, edit_at_random(file.text, kind, rng))
        assert outcome.verdict in {"mapped", "refused"}, outcome.detail
        assert outcome.verdict == "mapped" or (outcome.reason and outcome.detail)


def test_the_judge_finds_nothing_wrong_with_what_is_right(shipped: tuple[Workspace, tuple[OutputFile, ...], Draft]) -> None:
    """All other outputs that change were shown."""
    acceptance, key, edited = reworded(shipped)
    assert acceptance.others
    assert prove(shipped[0].root, shipped[1], acceptance, key, edited) == ""


def test_the_judge_notices_a_build_that_gives_other_bytes(shipped: tuple[Workspace, tuple[OutputFile, ...], Draft]) -> None:
    """A faulty mapping, one blank off."""
    acceptance, key, edited = reworded(shipped)
    files = {path: raw.replace("request, always", "request,  always") for path, raw in acceptance.draft.files.items()}
    faulty = replace(acceptance, draft=Draft(acceptance.draft.root, acceptance.draft.target, files))
    assert "the build gives something else" in prove(shipped[0].root, shipped[1], faulty, key, edited)


def test_the_judge_notices_another_output_that_was_not_shown(shipped: tuple[Workspace, tuple[OutputFile, ...], Draft]) -> None:
    """A mapping that keeps quiet about how far it reaches."""
    acceptance, key, edited = reworded(shipped)
    silent = replace(acceptance, others=acceptance.others[1:])
    assert "was not shown" in prove(shipped[0].root, shipped[1], silent, key, edited)


@pytest.mark.parametrize(
    ("before", "after", "is_valid"),
    [("color: blue", "color: green", True), ("color: blue", "color: bleu", False), ("\ndescription: ", "\ndescriptor: ", False)],
)
def test_what_is_no_agent_is_told_from_the_file_alone(
    shipped: tuple[Workspace, tuple[OutputFile, ...], Draft], before: str, after: str, *, is_valid: bool
) -> None:
    """So that a limit of the tool is never counted as one of the edit."""
    text = next(file.text for file in shipped[1] if "color: blue" in file.text)
    assert is_agent(text.replace(before, after, 1), shipped[0].target) is is_valid
