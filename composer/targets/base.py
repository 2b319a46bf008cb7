"""What every target tool has to offer: the Protocol that the stages see, and the small values that it speaks in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Protocol

from composer.errors import Diagnostics
from composer.model.outputs import RenderedField
from composer.model.planned import Segment
from composer.model.resolved import FieldValue
from composer.model.yaml_nodes import Plain
from composer.records import dataclass
from composer.source import Location

__all__ = ["FieldKind", "FieldSpec", "FrontMatter", "ReadAgent", "Target"]


class FieldKind(StrEnum):
    """What a field holds. ``TEXT`` and ``EXAMPLES`` are prose, filled as templates; all others are plain values."""

    TEXT = "text"
    EXAMPLES = "examples"
    WORD = "a word"
    CHOICE = "one of a few words"
    CHOICE_OR_COUNT = "one of a few words, or a whole number"
    COUNT = "a whole number above 0"
    FLAG = "`true` or `false`"
    TOOLS = "a list of tool names"
    NAMES = "a list of names"
    SERVERS = "a list of server names and `name: settings` maps"
    MAP = "a map"

    @property
    def is_prose(self) -> bool:
        """Whether the texts of the field are templates."""
        return self in {FieldKind.TEXT, FieldKind.EXAMPLES}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a target: its key, what it holds, one line about it, and the words that it takes."""

    name: str
    kind: FieldKind
    doc: str
    choices: tuple[str, ...] = ()
    is_required: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FrontMatter:
    """All that stands before the body of a file, the blank line between them included.

    ``values`` is what a reader has to find in it, by key and in order, besides the agent's name. ``segments`` cover ``text`` exactly.
    """

    text: str
    values: Mapping[str, Plain]
    segments: Sequence[Segment]


@dataclass(frozen=True, slots=True)
class ReadAgent:
    """An agent file of the tool as it was read, by whomever it was written.

    ``fields`` are plain data without our own ``examples``: those stay in the description. ``front_matter`` is the text
    between the fences as it stands in the file (line ends are LF), ``body`` what follows the closing fence without the
    one blank line that separates it. ``repairs`` say what had to be mended to read the file, ``problems`` what could
    not be, or what the tool itself will stumble over; both are sentences that begin with their line.
    """

    fields: Mapping[str, Plain]
    body: str
    front_matter: str = ""
    repairs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Target(Protocol):
    """One tool that reads agent files. A module with these names is a target."""

    name: str
    fields: Mapping[str, FieldSpec]

    def output_path(self, agent_name: str, folder: PurePosixPath | None = None) -> PurePosixPath:
        """The agent's file below the root of a project: in ``folder``, or where the tool looks for it."""

    def check_fields(self, agent_name: str, fields: Mapping[str, FieldValue], location: Location, diagnostics: Diagnostics) -> None:
        """Report every field that the tool does not know or cannot use. ``location`` is the agent's own."""

    def check_rendered(self, fields: Mapping[str, RenderedField], diagnostics: Diagnostics) -> None:
        """Report what only the filled texts show, such as a description that came out empty."""

    def front_matter(self, agent_name: str, fields: Mapping[str, RenderedField], location: Location) -> FrontMatter:
        """Write all that stands before the body, the blank line between them included."""

    def read_agent(self, text: str) -> ReadAgent:
        """Read any agent file as leniently as the tool does."""

    def verify(self, agent_name: str, front_matter: FrontMatter, body_text: str, output_text: str) -> list[str]:
        """Read a written file back strictly; return what differs from what was meant, nothing if it is right."""
