"""Emitting: a rendered document becomes a file whose every character has a place, and which reads back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import ModuleType
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.blocks import Document
from composer.errors import Diagnostics, InternalError
from composer.model.outputs import OutputFile, RenderedDocument, RenderedField, RenderedText
from composer.model.planned import AgentPlan, Segment, SegmentKind
from composer.model.resolved import Layer, ResolvedAgent
from composer.model.sources import Fragment
from composer.model.yaml_nodes import ScalarStyle, YamlScalar
from composer.source import SourceFile
from composer.stages.emit import emit_document, emit_documents
from composer.targets import TARGETS, Target, claude

CLAUDE = TARGETS["claude-code"]
SOURCE = SourceFile("fragments/agents/tester.md", "---\nagent: {}\n---\nBody\n")
DESCRIPTION = YamlScalar("Use it", ScalarStyle.QUOTED, SOURCE, 4, 9)


def document(*body: str, name: str = "tester", description: str = "Use it", start: int = 4) -> RenderedDocument:
    """Make a document whose body is one segment for each text."""
    place = SOURCE.at(start)
    fragment = Fragment("agents/tester", SOURCE, "", {}, {}, {}, None, Document(SOURCE, (), place, 0))
    plan = AgentPlan(ResolvedAgent(name, fragment, {}, {}, (), {}, place), (), (), frozenset(), frozenset())
    text = RenderedText((Segment(description, SegmentKind.FIELD, place),), DESCRIPTION)
    fields = {"description": RenderedField("description", text, place, Layer("agents/tester"))}
    segments = tuple(Segment(text, SegmentKind.LITERAL, SOURCE.at(18)) for text in body)
    return RenderedDocument("shop", name, {}, plan, fields, (), body=segments)


def emitted(made: RenderedDocument) -> OutputFile:
    diagnostics = Diagnostics()
    file = emit_document(made, CLAUDE, diagnostics)
    assert file
    assert list(diagnostics) == []
    return file


def test_emit_document() -> None:
    """A document becomes a file at the place where the target looks for it."""
    file = emitted(document("You ", "test.\n"))
    assert (file.profile, file.agent, file.path) == ("shop", "tester", PurePosixPath(".claude/agents/tester.md"))
    assert file.text == f'---\n{claude.GENERATED}\nname: tester\ndescription: "Use it"\n---\n\nYou test.\n'
    assert file.content == file.text.encode()
    assert [segment.text for segment in file.segments[-2:]] == ["You ", "test.\n"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (("a\n",), ["a\n"]),
        (("a",), ["a", "\n"]),
        (("a\n\n\n",), ["a", "\n"]),
        (("a", "\n", "\n", ""), ["a", "\n"]),
        (("a\n", "b \n\n"), ["a\n", "b ", "\n"]),
        (("a\n", "---\n"), ["a\n", "---\n"]),
        (("a", "\n"), ["a", "\n"]),
    ],
)
def test_body_ends_in_one_newline(body: tuple[str, ...], expected: list[str]) -> None:
    """Whatever the body ends in, the file ends in one line end, and all before it keeps its place."""
    file = emitted(document(*body))
    assert [segment.text for segment in file.segments[-len(expected) :]] == expected
    assert file.text.endswith("---\n\n" + "".join(expected))


@pytest.mark.parametrize("body", [(), ("",), (" \n", "\n")])
def test_empty_body(body: tuple[str, ...]) -> None:
    """An agent without a prompt is an error at the agent."""
    diagnostics = Diagnostics()
    assert emit_document(document(*body), CLAUDE, diagnostics) is None
    (error,) = diagnostics.errors
    assert (error.code, error.location) == ("empty-body", SOURCE.at(4))


@pytest.mark.parametrize(("body", "description"), [("a \ud83d b", "Use it"), ("a", "Use \udc00 it")])
def test_half_a_surrogate_pair(body: str, description: str) -> None:
    """What no UTF-8 file can hold is an error, not a crash while writing."""
    diagnostics = Diagnostics()
    assert emit_document(document(body, description=description), CLAUDE, diagnostics) is None
    assert [error.code for error in diagnostics.errors] == ["unencodable-text"]


def test_filled_fields_are_checked() -> None:
    """What variables made of a description is looked at before it is written."""
    diagnostics = Diagnostics()
    emit_document(document("a", description=" "), CLAUDE, diagnostics)
    assert [error.code for error in diagnostics.errors] == ["empty-field"]


def broken_target() -> Target:
    """Make a target that writes another name than it was told."""
    broken = ModuleType("broken")
    broken.__dict__.update(claude.__dict__)

    def front_matter(agent_name: str, fields: Mapping[str, RenderedField], location: object) -> object:
        del agent_name
        del location
        return claude.front_matter("other", fields, SOURCE.at(0))

    broken.__dict__["front_matter"] = front_matter
    return cast("Target", broken)


def test_a_file_that_does_not_read_back_is_our_bug() -> None:
    """No file leaves that says something else than was meant."""
    with pytest.raises(InternalError, match="the file of agent `tester` does not read back: `name` should be 'tester'"):
        emit_document(document("a"), broken_target(), Diagnostics())


def test_a_refused_field_need_not_read_back() -> None:
    """Where something was wrong already, that is told, and not a bug of ours as well."""
    diagnostics = Diagnostics()
    diagnostics.error("some-code", "something is wrong", SOURCE.at(0))
    assert emit_document(document("a"), broken_target(), diagnostics)


def test_two_outputs_with_one_path() -> None:
    """Two agents that some file system cannot tell apart are an error that names both."""
    diagnostics = Diagnostics()
    files = emit_documents(
        [document("a", name="tester"), document("b", name="other"), document("c", name="Tester", start=9), document()],
        CLAUDE,
        diagnostics,
    )
    assert [file.agent for file in files] == ["tester", "other", "Tester"]
    duplicate, empty = sorted(diagnostics.errors, key=lambda error: error.code)
    assert (duplicate.code, empty.code) == ("duplicate-output", "empty-body")
    assert "`tester` and `Tester`" in duplicate.message
    assert (duplicate.location, duplicate.notes[0].location) == (SOURCE.at(9), SOURCE.at(4))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.text(st.sampled_from("-a\n\r ")))
def test_any_body_is_kept(body: list[str], end: str) -> None:
    """Every body is in the file as it was, but for its last line ends."""
    joined = "".join([*body, end])
    diagnostics = Diagnostics()
    file = emit_document(document(*body, end), CLAUDE, diagnostics)
    if joined.strip():
        assert file
        assert file.text.partition("---\n\n")[2] == joined.rstrip("\n") + "\n"
    else:
        assert file is None
