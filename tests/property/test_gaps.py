"""Gaps belong to the join: whatever edits, gates and includes do, a Markdown parser reads the blocks that were planned.

``GAP_EDITS=4000 pytest tests/property/test_gaps.py`` goes on until that many random edits were made.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest
from builders import body_of, write_workspace
from random_workspaces import Case, Maker, files_of
from shapes import faults, parsed

from composer.errors import ComposerError, Severity
from composer.workspace import Workspace

EDITS = int(os.environ.get("GAP_EDITS", "300"))
POINTLESS = {"edit-without-effect", "empty-body", "heading-too-deep"}
"""What a random workspace may be refused for: nothing is left, or one edit took away what another one edits."""


def _compose(case: Case, root: Path) -> str | None:
    write_workspace(root, files_of(case))
    try:
        (file,) = Workspace.open(root).compose("shop").files
    except ComposerError as error:
        if {found.code for found in error.diagnostics if found.severity is Severity.ERROR} <= POINTLESS:
            return None
        raise
    return body_of(file.text)


@pytest.mark.untraced
@pytest.mark.parametrize("layout", ["heading", "label", "numbered", "inline", "xml", "plain"])
def test_blocks_are_read_as_they_were_planned(layout: str, tmp_path: Path) -> None:
    """No double blank line, nothing glued or lost, no tight list made loose, one line end at the end."""
    edits = composed = 0
    for seed in count():
        case = Maker(seed).make()
        case.layout = layout
        body = _compose(case, tmp_path / str(seed))
        if body is not None:
            edits += case.count
            composed += 1
            assert not faults(case, body), f"seed {seed}, in {tmp_path / str(seed)}\n" + "\n".join(faults(case, body))
        if edits >= EDITS:
            break
    assert composed


GLUED = [
    ("two tables in one", "| a | b |\n|---|---|\n| w1 | w2 |\n| w3 | w4 |\n"),
    ("a double blank line", "w1\n\n\nw2\n"),
    ("no line end", "w1"),
    ("two line ends", "w1\n\n"),
]


@pytest.mark.parametrize(("what", "body"), GLUED, ids=[what for what, _ in GLUED])
def test_faults_are_seen(what: str, body: str) -> None:
    """The search itself would see a fault."""
    case = Maker(0).make()
    assert faults(case, body), what


def test_reads_what_a_parser_reads() -> None:
    """The shapes hold the kinds, the words, and whether lists are tight."""
    shapes = parsed("# w1\n\n- w2\n- w3\n  1. w4\n\n* w5\n\n  w6\n\n> w7\n\n~~~\nw8\n~~~\n")
    assert [shape.outline() for shape in shapes] == [
        "h1 w1",
        "list -\n  item w2\n  item w3\n    list .\n      item w4",
        "list *\n  item w5\n    p w6",
        "quote w7",
        "code w8",
    ]
    assert [shape.tight for shape in shapes if shape.kind.startswith("list")] == [True, False]
