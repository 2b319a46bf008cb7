"""The front matter of agents, written and read back once for as long as it says the same."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import PurePosixPath
from typing import Final

from composer.errors import Diagnostics
from composer.model.outputs import RenderedField, RenderedText, RenderedValue
from composer.model.resolved import FieldValue
from composer.source import Location
from composer.targets import Target
from composer.targets.base import FieldSpec, FrontMatter, ReadAgent

__all__ = ["SteadyTarget"]

_MOST: Final = 20_000
"""How much front matter is known before it is begun anew."""


class SteadyTarget:
    """A target that remembers front matter by the texts of its fields. The places in it may be older than the sources."""

    def __init__(self, target: Target) -> None:
        """Stand in for ``target``."""
        self._target = target
        self.name: str = target.name
        self.fields: Mapping[str, FieldSpec] = target.fields
        self._paths: dict[tuple[str, PurePosixPath | None], PurePosixPath] = {}
        self._written: dict[Hashable, FrontMatter] = {}
        self._verified: set[Hashable] = set()
        self._checked: dict[tuple[str, int], Mapping[str, FieldValue]] = {}
        """Fields of which nothing was told: the very same objects have nothing wrong with them."""

    def output_path(self, agent_name: str, folder: PurePosixPath | None = None) -> PurePosixPath:
        """Where the agent's file stands."""
        path = self._paths.get((agent_name, folder))
        if path is None:
            path = self._paths[agent_name, folder] = self._target.output_path(agent_name, folder)
        return path

    def check_fields(self, agent_name: str, fields: Mapping[str, FieldValue], location: Location, diagnostics: Diagnostics) -> None:
        """Report every field that the tool does not know or cannot use."""
        if self._checked.get((agent_name, id(fields))) is fields:
            return
        told = diagnostics.told
        self._target.check_fields(agent_name, fields, location, diagnostics)
        if diagnostics.told == told:
            if len(self._checked) > _MOST:
                self._checked.clear()
            self._checked[agent_name, id(fields)] = fields

    def check_rendered(self, fields: Mapping[str, RenderedField], diagnostics: Diagnostics) -> None:
        """Report what only the filled texts show."""
        self._target.check_rendered(fields, diagnostics)

    def read_agent(self, text: str) -> ReadAgent:
        """Read any agent file."""
        return self._target.read_agent(text)

    def front_matter(self, agent_name: str, fields: Mapping[str, RenderedField], location: Location) -> FrontMatter:
        """Write all that stands before the body, or give what was written for the same texts."""
        key = (agent_name, _said(fields))
        written = self._written.get(key)
        if written is None:
            if len(self._written) > _MOST:
                self._written.clear()
            written = self._written[key] = self._target.front_matter(agent_name, fields, location)
        return written

    def verify(self, agent_name: str, front_matter: FrontMatter, body_text: str, output_text: str) -> list[str]:
        """Read a written file back; what stands before the body once for the same texts."""
        if not output_text.endswith(body_text):
            return self._target.verify(agent_name, front_matter, body_text, output_text)
        # Where it ends is found from its beginning, so a body that follows it is the body whatever it says.
        key = (agent_name, front_matter, output_text[: len(output_text) - len(body_text)])
        if key in self._verified:
            return []
        problems = self._target.verify(agent_name, front_matter, body_text, output_text)
        if not problems:
            if len(self._verified) > _MOST:
                self._verified.clear()
            self._verified.add(key)
        return problems


def _said(fields: Mapping[str, RenderedField]) -> Hashable:
    return tuple((name, _said_of_value(field.value)) for name, field in fields.items())


def _said_of_value(value: RenderedValue) -> Hashable:
    if isinstance(value, RenderedText):
        return ("".join([segment.text for segment in value.segments]), value.scalar.text, value.scalar.style)
    if isinstance(value, Mapping):
        return ("map", *((key, _said_of_value(part)) for key, part in value.items()))
    return ("list", *(_said_of_value(item) for item in value))
