"""The pages are true: every example of the reference is run, every pasted output is compared, every link leads somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from builders import body_of, errors_of, write_workspace

from composer.report import diagnostic_text
from composer.workspace import Workspace

ROOT: Final = Path(__file__).parents[1]
LANGUAGE: Final = ROOT / "docs" / "language.md"
README: Final = ROOT / "README.md"

HELPER: Final = """\
---
agent:
  description: |
    Use this agent to try the examples.
---
{include}
"""
PLAIN_INCLUDE: Final = '{% include "rules" %}'
SHOP: Final = "agents: {helper: {}}\n"

_FENCE: Final = re.compile(r"^(?P<fence>`{3,})(?P<language>[a-z]*)$")
_HEADING: Final = re.compile(r"^#{2,6} (?P<title>.+)$")
_SOURCE: Final = re.compile(r"^`(?P<path>(?:fragments|profiles)/[^`]+|agent-composer\.yaml)`$")
_OUTPUT: Final = re.compile(r"^`output/(?P<profile>[^/`]+)/(?P<path>[^`]+)`$")
_PART: Final = re.compile(
    r"^The (?P<part>body|front matter)(?: of `(?P<agent>[^`]+)`)?(?: in `(?P<profile>[^`]+)`)?(?: with `--set (?P<setting>[^`]+)`)?:$"
)
_FOUND: Final = re.compile(r"^The (?P<severity>error|warning|notice)s?:$")


@dataclass(frozen=True)
class Sample:
    """A fenced block of a page: the heading above it, the line right before it, and what is in it."""

    heading: str
    label: str
    language: str
    text: str
    line: int


@dataclass
class Bench:
    """One example's workspace, which its samples build up and ask for results."""

    root: Path
    files: dict[str, str] = field(default_factory=dict)
    runs: int = 0

    def result(self, sample: Sample) -> str | None:
        """Take a source in, or say what the sample should show; None where nothing is compared."""
        if match := _SOURCE.match(sample.label):
            self.files[match["path"]] = sample.text
            return None
        if match := _OUTPUT.match(sample.label):
            return self._output(match["profile"], match["path"])
        if match := _PART.match(sample.label):
            whole = self._agent(match["profile"], match["agent"], match["setting"])
            return body_of(whole) if match["part"] == "body" else whole.split("\n---\n", 1)[0] + "\n---\n"
        if match := _FOUND.match(sample.label):
            return self._errors() if match["severity"] == "error" else self._remarks(match["severity"])
        return None

    def _workspace(self) -> Path:
        self.runs += 1
        return write_workspace(self.root / str(self.runs), {**self._defaults(), **self.files})

    def _defaults(self) -> dict[str, str]:
        """What the page promises to stand around an example: an agent that includes `rules`, and a profile that builds it."""
        defaults = {}
        if not any("\nagent:" in text for text in self.files.values()):
            has_headings = re.search(r"^#{1,6} ", self.files.get("fragments/rules.md", ""), re.MULTILINE)
            defaults["fragments/agents/helper.md"] = HELPER.replace("{include}", f"{'## ' if has_headings else ''}{PLAIN_INCLUDE}")
        if not any(path.startswith("profiles/") for path in self.files):
            defaults["profiles/shop.yaml"] = SHOP
        return defaults

    def _output(self, profile: str, path: str) -> str:
        files = Workspace.open(self._workspace()).compose(profile).files
        return next(file.text for file in files if str(file.path) == path)

    def _agent(self, profile: str | None, agent: str | None, setting: str | None) -> str:
        composed = Workspace.open(self._workspace()).compose(profile, overrides=[setting] if setting else ())
        assert not [found for found in composed.diagnostics if found.severity != "notice"], composed.diagnostics
        found = [file for file in composed.files if agent in {None, file.agent}]
        assert len(found) == 1, "say which agent, and of which profile"
        return found[0].text

    def _errors(self) -> str:
        return errors_of(self._workspace())

    def _remarks(self, severity: str) -> str:
        found = Workspace.open(self._workspace()).compose().diagnostics
        return "\n\n".join(diagnostic_text(one) for one in found if one.severity == severity) + "\n"


def samples_of(page: Path) -> list[Sample]:
    """Cut a page into its fenced blocks."""
    samples: list[Sample] = []
    heading = label = fence = language = ""
    inside: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").split("\n"), start=1):
        if fence:
            if line == fence:
                text = "".join(f"{one}\n" for one in inside)
                samples.append(Sample(heading, label, language, text, number - len(inside)))
                fence, label = "", ""
            else:
                inside.append(line)
        elif opening := _FENCE.match(line):
            fence, language, inside = opening["fence"], opening["language"], []
        elif title := _HEADING.match(line):
            heading, label = title["title"], ""
        elif line:
            label = line
    return samples
