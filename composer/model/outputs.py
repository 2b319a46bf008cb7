"""An agent with its text filled, the file that it becomes, and what a build did with the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import PurePosixPath

from composer.model.planned import Absence, AgentPlan, Filled, PlannedBlock, Segment
from composer.model.resolved import FieldValue, Layer, ResolvedAgent
from composer.model.yaml_nodes import YamlScalar
from composer.records import dataclass
from composer.source import Location

__all__ = [
    "FileAction",
    "FileResult",
    "FileSince",
    "FileWanted",
    "Making",
    "OutputFile",
    "RenderedDocument",
    "RenderedField",
    "RenderedText",
    "RenderedValue",
]


@dataclass(frozen=True, slots=True, eq=False)
class RenderedField:
    """A front matter field with its texts filled, ready for the target to write."""

    name: str
    value: RenderedValue
    location: Location
    layer: Layer


@dataclass(frozen=True, slots=True, eq=False)
class RenderedText:
    """A text value as filled segments."""

    segments: Filled
    scalar: YamlScalar

    def __str__(self) -> str:
        """Join the segments."""
        return "".join([segment.text for segment in self.segments])


RenderedValue = RenderedText | tuple["RenderedValue", ...] | Mapping[str, "RenderedValue"]


@dataclass(frozen=True, slots=True, eq=False)
class RenderedDocument:
    """One agent with its text filled: front matter fields, blocks, and after layout the body's segments."""

    profile: str
    name: str
    project: Mapping[str, FieldValue]
    plan: AgentPlan
    fields: Mapping[str, RenderedField]
    blocks: tuple[PlannedBlock, ...]
    absences: tuple[Absence, ...] = ()
    body: Sequence[Segment] = ()
    body_text: str | None = None
    """The text of ``body``, where layout has joined it already."""

    @classmethod
    def without_origins(cls, profile: str, agent: ResolvedAgent) -> RenderedDocument:
        """Return the document of a file of which nothing is known but whose it is."""
        bare = ResolvedAgent(agent.name, agent.fragment, {}, {}, (), {}, agent.location)
        return cls(profile, agent.name, {}, AgentPlan(bare, (), (), frozenset(), frozenset()), {}, ())


# --- Output -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Making:
    """What a later run has to know of an agent to use its file again.

    ``ingredients`` is a digest of all that the file is made of. ``texts`` are those of the fragments that the agent can bring in, in order:
    each an id, a space and a digest. ``reached`` and ``landed`` are those of the edited addresses that the agent reached and that it shows,
    ``used`` the variables that its texts used.
    """

    ingredients: str
    texts: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    landed: tuple[str, ...] = ()
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class OutputFile:
    """One file to write: its path below the profile's output folder, and its segments, which cover its text exactly."""

    profile: str
    agent: str
    path: PurePosixPath
    segments: Sequence[Segment]
    document: RenderedDocument
    joined: str | None = None
    """The text of ``segments``, where it has been joined already."""
    encoded: bytes | None = None
    """The bytes of the file, where they are kept in place of the text and its origins."""
    making: Making | None = None
    """What a later run has to know to use the file again; None if it has to be made again."""

    @property
    def text(self) -> str:
        """The whole text."""
        if self.encoded is not None:
            return self.encoded.decode()
        return self.joined if self.joined is not None else "".join([segment.text for segment in self.segments])

    def without_origins(self) -> OutputFile:
        """Return the same file with its bytes and its agent, and nothing of what it was made of: all that writing it takes."""
        if self.encoded is not None:
            return self
        document = RenderedDocument.without_origins(self.profile, self.document.plan.agent)
        return OutputFile(self.profile, self.agent, self.path, (), document, encoded=self.content, making=self.making)

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.encoded if self.encoded is not None else self.text.encode()


class FileAction(StrEnum):
    """What a build did, or would do, with one file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    EDITED = "edited"
    FOREIGN = "foreign"


class FileSince(StrEnum):
    """What has happened to a file since a build last wrote it. One that is as a build would write it is unchanged, whoever made it so."""

    UNCHANGED = "unchanged"
    EDITED = "edited"
    MISSING = "missing"
    FOREIGN = "foreign"
    NEW = "new"


class FileWanted(StrEnum):
    """What the sources want of a file: what a build does with it, if it is not edited or foreign.

    For an edited file it is ``SAME`` where the sources still give what was last written.
    """

    SAME = "same"
    UPDATE = "update"
    CREATE = "create"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class FileResult:
    """What happened to one file. ``path`` is relative to the root that was written to, with forward slashes.

    ``copy`` is where the content that was overwritten has been kept; empty where nothing of others was. ``profile_before`` is the profile
    that the file was last built for, if that is another.
    """

    path: str
    profile: str
    action: FileAction
    copy: str = ""
    since: FileSince = FileSince.UNCHANGED
    wanted: FileWanted = FileWanted.SAME
    profile_before: str = ""

    @property
    def is_conflict(self) -> bool:
        """Whether the file was left alone because it is not as the tool wrote it."""
        return self.action in {FileAction.EDITED, FileAction.FOREIGN}
