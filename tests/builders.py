"""Small workspaces for tests, written as a map of paths to texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from textwrap import dedent

from composer.blocks import Document
from composer.errors import ComposerError
from composer.model.outputs import OutputFile, RenderedDocument
from composer.model.planned import AgentPlan, Segment, SegmentKind
from composer.model.resolved import ResolvedAgent
from composer.model.sources import Fragment
from composer.report import diagnostic_text
from composer.source import SourceFile
from composer.workspace import Workspace

__all__ = ["agent_file", "body_of", "compose_text", "errors_of", "output_file", "write_workspace"]


def write_workspace(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below ``root``; texts are dedented, and lose the line end that they start with."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dedent(text).removeprefix("\n"), encoding="utf-8", newline="\n")
    for folder in ("fragments", "profiles"):
        (root / folder).mkdir(exist_ok=True)
    return root


def agent_file(body: str, *, about: str = "work", variables: str = "") -> str:
    """Return an agent's file whose description is "Use this agent for ...".

    Args:
        body: what stands below the front matter; it is dedented, and loses the line end that it starts with.
        about: what the agent is for.
        variables: a declaration, such as ``tone: {type: str}``; empty for none.
    """
    declared = f"vars:\n  {variables}\n" if variables else ""
    text = dedent(body).removeprefix("\n")
    return f"---\nagent:\n  description: |\n    Use this agent for {about}.\n{declared}---\n{text}"


def compose_text(root: Path, profile: str, agent: str, *, overrides: tuple[str, ...] = ()) -> str:
    """Compose one agent and return its whole file."""
    composition = Workspace.open(root).compose(profile, overrides=overrides)
    return next(file.text for file in composition.files if file.agent == agent)


def output_file(text: str, name: str = "tester", profile: str = "shop") -> OutputFile:
    """Make a composed file that holds this text, with nothing behind it."""
    source = SourceFile("fragments/agents/tester.md", "agent: {}\n")
    place = source.at(0)
    fragment = Fragment("agents/tester", source, "", {}, {}, {}, None, Document(source, (), place, 0))
    plan = AgentPlan(ResolvedAgent(name, fragment, {}, {}, (), {}, place), (), (), frozenset(), frozenset())
    document = RenderedDocument(profile, name, {}, plan, {}, ())
    segments = (Segment(text, SegmentKind.LITERAL, place),)
    return OutputFile(profile, name, PurePosixPath(f".claude/agents/{name}.md"), segments, document)


def body_of(text: str) -> str:
    """Return what stands below the front matter and the blank line after it."""
    return text.split("\n---\n", 1)[1].removeprefix("\n")


def errors_of(root: Path) -> str:
    """Compose everything and return the diagnostics as a person sees them; fails where nothing is wrong."""
    try:
        Workspace.open(root).compose()
    except ComposerError as error:
        return "\n\n".join(diagnostic_text(found) for found in error.diagnostics) + "\n"
    message = "nothing was wrong"
    raise AssertionError(message)
