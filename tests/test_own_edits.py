"""What an agent edits itself, beside the edits that its profile makes for all agents."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import body_of, compose_text, errors_of, write_workspace

_AGENT = '---\nagent:\n  description: |\n    Use this agent to try it.\n---\n{% include "rules" %}\n'
_RULES = "- One {#one}\n  - Inner {#inner}\n- Two {#two}\n"
_LAYER = 'abstract: true\nedits:\n  rules#two: {replace: "%s"}\n'


def _workspace(root: Path, edits: str, own: str) -> Path:
    upper = f"abstract: true\nedits: {edits}\n"
    profile = f"extends: [upper]\nagents:\n  first: {{use: agents/one}}\n  second:\n    use: agents/one\n    edits: {own}\n"
    files = {"profiles/upper.yaml": upper, "profiles/shop.yaml": profile}
    return write_workspace(root, {"fragments/agents/one.md": _AGENT, "fragments/rules.md": _RULES, **files})


@pytest.mark.parametrize(
    ("edits", "own", "body"),
    [
        ('{rules#two: {replace: "2"}}', '{rules#two: {replace: "Zwei"}}', "- One\n  - Inner\n- Zwei\n"),
        ('{rules#two: {replace: "2"}}', "{rules#one: {remove: true}}", "- 2\n"),
        ('{rules#inner: {replace: "In"}}', "{rules#one: {remove: true}}", "- Two\n"),
        ('{rules#inner: {replace: "In"}}', '{rules#one: {after: {more: "More"}}}', "- One\n  - In\n- More\n- Two\n"),
        ('{rules#two: {replace: "2"}}', "{unset: [rules#two], rules#inner: {remove: true}}", "- One\n- Two\n"),
    ],
    ids=["nearer", "beside", "around", "another verb", "unset"],
)
def test_an_agents_own_edits_join_those_of_its_profile(tmp_path: Path, edits: str, own: str, body: str) -> None:
    """The nearer says what becomes of a block, and what was inside a block that is gone is gone."""
    root = _workspace(tmp_path, edits, own)
    assert body_of(compose_text(root, "shop", "second")) == body


def test_an_edit_inside_what_the_profile_removes_is_an_error(tmp_path: Path) -> None:
    """It is told, though the profile's own edits are right."""
    root = _workspace(tmp_path, "{rules#one: {remove: true}}", '{rules#inner: {replace: "In"}}')
    assert "error[edit-inside-removed]" in errors_of(root)


def test_an_agent_settles_what_layers_disagree_about(tmp_path: Path) -> None:
    """Then nobody is told of it, for no agent is left that they disagree about."""
    own = 'agents:\n  second:\n    use: agents/one\n    edits: {rules#two: {replace: "Both"}}\n'
    files = {
        "fragments/agents/one.md": _AGENT,
        "fragments/rules.md": _RULES,
        "profiles/upper.yaml": _LAYER % "Upper",
        "profiles/other.yaml": _LAYER % "Other",
        "profiles/shop.yaml": f"extends: [upper, other]\n{own}",
    }
    root = write_workspace(tmp_path, files)
    assert body_of(compose_text(root, "shop", "second")) == "- One\n  - Inner\n- Both\n"
