"""The names that one agent's texts see, and their values; what is missing is reported with the way that led to it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from composer.errors import Diagnostics, Note, nearest_name
from composer.lookup.sharing import Answers
from composer.markdown.expressions import Expression, ExpressionError, TooLargeError, evaluate
from composer.model.resolved import FieldValue, ResolvedAgent, ResolvedProfile, ResolvedVariable
from composer.model.sources import VariableDeclaration
from composer.model.yaml_nodes import Plain, YamlScalar
from composer.records import dataclass, field
from composer.source import Location

__all__ = ["MAX_ROUNDS", "Scope", "holds", "loop_state", "open_scope"]

MAX_ROUNDS: Final = 10_000
"""The most rounds that the loops of one agent may make, in its structure and in its texts each."""


@dataclass(slots=True, eq=False)
class Scope:
    """The values of one agent of one profile, and which of them its texts have used.

    ``reads`` notes what is read while a part is composed that others may share; None while no such part is.
    """

    profile: str
    agent: str
    variables: Mapping[str, ResolvedVariable]
    project: Mapping[str, FieldValue]
    declarations: Mapping[str, VariableDeclaration]
    context: Mapping[str, Plain]
    printed: Mapping[str, str]
    diagnostics: Diagnostics
    used: set[str] = field(default_factory=set)
    reads: dict[str, Hashable] | None = None
    answers: Answers = field(init=False)
    silences: int = 0
    """How often something wrong was met that had been reported before."""
    _missing: set[str] = field(default_factory=set)
    _has_many_rounds: bool = False

    def __post_init__(self) -> None:
        """Make the answers."""
        self.answers = Answers(partial(_answer, self.variables, self.printed, self.context))

    def read(self, question: str) -> None:
        """Note that a part being composed depends on the answer to a question."""
        if self.reads is not None:
            self.reads[question] = self.answers[question]

    def has_names(self, expression: Expression, location: Location, via: Sequence[Location], loop: Mapping[str, Plain]) -> bool:
        """Whether every name of an expression has a value; note its use, and report a name that has none."""
        is_whole = True
        for name in expression.names:
            root, _, _ = name.partition(".")
            if root in loop:
                continue
            if self.reads is not None:
                self.read(f"?{name}")
            if name in self.printed:
                continue
            if root in self.context and "." not in name:
                self.used.add(name)
            else:
                is_whole = False
                self._report_missing(name, location, via)
        return is_whole

    def value(self, expression: Expression, location: Location, via: Sequence[Location], loop: Mapping[str, Plain]) -> Plain | None:
        """Compute an expression; None where it cannot be, which is reported."""
        if not self.has_names(expression, location, via, loop):
            return None
        if self.reads is not None:
            for name in expression.names:
                if name.partition(".")[0] not in loop:
                    self.read(name)
        try:
            return evaluate(expression, {**self.context, **loop} if loop else self.context)
        except ExpressionError as error:
            self.diagnostics.error(error.code, str(error), location, error.hint, _chain(via))
        except TooLargeError:
            self.report_too_large(location)
        return None

    def report_too_large(self, location: Location) -> None:
        """Report a text that grew beyond the cap."""
        hint = "take the repetition out: a text that is filled stays below a million characters"
        self.diagnostics.error("text-too-large", "this text grows too large", location, hint)

    def report_rounds(self, location: Location) -> None:
        """Report loops or includes that go on too long; once for each agent, since what is around them goes on too long as well."""
        self.silences += 1
        if not self._has_many_rounds:
            self._has_many_rounds = True
            message = f"the loops or includes of `{self.agent}` repeat too often"
            hint = f"loop over a shorter list, or over one list only: {MAX_ROUNDS} rounds are the most"
            self.diagnostics.error("too-many-rounds", message, location, hint)

    def _report_missing(self, name: str, location: Location, via: Sequence[Location]) -> None:
        self.silences += 1
        root, _, key = name.partition(".")
        if root == "project":
            hint = nearest_name(key, self.project) or f"set it under `project` in profiles/{self.profile}.yaml"
            message = f"the profile `{self.profile}` has no `project.{key}`"
            self.diagnostics.error("unknown-project-key", message, location, hint, _chain(via))
        elif name in self.declarations:
            if name in self._missing:  # told where it is first needed
                return
            self._missing.add(name)
            declaration = self.declarations[name]
            message = f"the profile `{self.profile}` does not set `{name}` ({declaration.type}), which is needed here"
            hint = f"set it under `vars` in profiles/{self.profile}.yaml, or give it a default where it is declared"
            notes = [Note("declared here, without a default", declaration.location), *_chain(via)]
            self.diagnostics.error("missing-variable", message, location, hint, notes)


def _chain(via: Iterable[Location]) -> list[Note]:
    return [Note("included here", place) for place in reversed(list(via))]


def open_scope(
    profile: ResolvedProfile,
    agent: ResolvedAgent,
    declarations: Mapping[str, VariableDeclaration],
    target: str,
    diagnostics: Diagnostics,
) -> Scope:
    """Collect the values that the texts of one agent see."""
    project = {key: _plain(value) for key, value in profile.project.items()}
    context: dict[str, Plain] = {name: variable.data for name, variable in agent.variables.items()}
    context |= {"project": project, "agent": {"name": agent.name}, "target": target}
    printed = dict(_printed("project", profile.project)) | {"agent.name": agent.name, "target": target}
    return Scope(profile.name, agent.name, agent.variables, profile.project, declarations, context, printed, diagnostics)


def _plain(value: FieldValue) -> Plain:
    if isinstance(value.value, YamlScalar):
        return value.value.value
    if isinstance(value.value, Mapping):
        return {key: _plain(part) for key, part in value.value.items()}
    return [_plain(item) for item in value.value]


def _printed(path: str, values: Mapping[str, FieldValue]) -> Iterable[tuple[str, str]]:
    for key, value in values.items():
        name = f"{path}.{key}"
        if isinstance(value.value, YamlScalar):
            yield name, value.value.text
        elif isinstance(value.value, Mapping):
            yield name, ""
            yield from _printed(name, value.value)
        else:
            yield name, ", ".join(item.value.text for item in value.value if isinstance(item.value, YamlScalar))


def _answer(variables: Mapping[str, ResolvedVariable], printed: Mapping[str, str], context: Mapping[str, Plain], question: str) -> Hashable:
    """Tell what a text sees of a name: whether it has a value, or the value, so that different ones never compare equal."""
    if question[0] == "?":
        name = question[1:]
        return name in printed or ("." not in name and name in context)
    variable = variables.get(question)
    if variable is not None:
        data = variable.data
        return (variable.text, tuple(data) if isinstance(data, list) else data)
    value: object = context
    for key in question.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return (printed.get(question), repr(value))


def loop_state(position: int, length: int) -> dict[str, Plain]:
    """Return what ``loop`` tells inside a ``for``."""
    return {"index": position + 1, "index0": position, "first": position == 0, "last": position == length - 1, "length": length}


def holds(value: Plain | None) -> bool:
    """Whether a value opens a gate; a fragment that is not chosen does not."""
    return bool(value)
