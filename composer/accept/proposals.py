"""What could be changed in the sources for one change of an output: proposals, the best first. Whether one is right, composing shows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from composer.accept.drafts import Draft, Keys, SourceChange
from composer.accept.printed import PrintedFile
from composer.records import dataclass

__all__ = ["Choice", "Proposal", "Scope", "Setting"]


class Scope(StrEnum):
    """How far a change of the sources reaches: one agent of one project, one project, or all that use the fragment."""

    AGENT = "agent"
    PROFILE = "profile"
    FRAGMENT = "fragment"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Changes of the sources that may bring a change of an output about. ``about`` says it in words."""

    scope: Scope
    about: str
    changes: tuple[SourceChange, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A proposal that was taken, and why it reaches as far as it does."""

    proposal: Proposal
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """The output that was edited, the sources as they are by now, and which profiles use each fragment or profile."""

    draft: Draft
    printed: PrintedFile
    users: Mapping[str, frozenset[str]]
    scope: Scope | None = None

    @property
    def profile(self) -> str:
        """The profile of the output."""
        return self.printed.file.profile

    @property
    def agent(self) -> str:
        """The agent of the output."""
        return self.printed.file.agent

    @property
    def home(self) -> str:
        """The name of the profile as the home of a text."""
        return f"profiles/{self.profile}"

    def scopes(self, home: str) -> tuple[Scope, ...]:
        """Return the scopes to try for a text of ``home``, the fitting one first.

        Unless one was asked for: what only this profile uses is changed where it stands; what others use too is adapted in the profile.
        """
        if self.scope is not None:
            return (self.scope,)
        if home == self.home or self.users.get(home, frozenset()) <= {self.profile}:
            return (Scope.FRAGMENT, Scope.PROFILE, Scope.AGENT)
        return (Scope.PROFILE, Scope.AGENT)

    def keys(self, scope: Scope, *keys: str | int) -> Keys:
        """Return the keys in the profile of what holds for the project, or for the agent alone."""
        return ("agents", self.agent, *keys) if scope is Scope.AGENT else tuple(keys)
