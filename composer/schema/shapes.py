"""The keys and types that a profile, a fragment's front matter and the workspace file may have. The only module that imports pydantic.

The shapes serve twice: :mod:`composer.schema.check` holds files against them, and editors get them as JSON Schema. The data that they
see has booleans for ``true`` and ``false`` and text for every other scalar, so ``Text`` takes numbers too, as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from composer.records import dataclass
from composer.schema.fit import Kind

__all__ = [
    "SHAPES",
    "FragmentShape",
    "Mismatch",
    "ProfileShape",
    "Shape",
    "WorkspaceShape",
    "find_mismatches",
    "fragment_schema",
    "json_schema",
    "profile_schema",
    "workspace_schema",
]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SCALAR: Final[dict[str, Any]] = {"type": ["string", "number", "boolean"]}
_VALUE: Final[dict[str, Any]] = {
    "anyOf": [
        _SCALAR,
        {"type": "array", "items": {"type": ["string", "number"]}},
        {"type": "object", "additionalProperties": {"type": "boolean"}},
    ]
}
_UNSET: Final[dict[str, Any]] = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Inherited keys to take away.",
}

Text = Annotated[str, WithJsonSchema({"type": ["string", "number"]})]
Names = list[Text]


def _check_layout(value: object) -> object:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) for name in names):
        raise PydanticCustomError("layout", "")
    return value


Layout = Annotated[
    object,
    PlainValidator(_check_layout),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]

Project = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"unset": _UNSET},
            "additionalProperties": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}, {"type": "object"}]},
        }
    ),
]
Variables = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "properties": {"unset": _UNSET}, "additionalProperties": _VALUE}),
]


class Shape(BaseModel):
    """A map with known keys."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OpenShape(Shape):
    """A map with some known keys, and others that are names or belong to the target."""

    model_config = ConfigDict(extra="allow", strict=True)


def _optional(description: str, **options: Any) -> Any:  # noqa: ANN401 - pydantic's Field has no narrower type
    # The default is never seen: null is refused before, and only the absence of an error counts.
    return Field(default=None, description=description, **options)


# --- profile ----------------------------------------------------------------------------------------------------------

_INSERTIONS: Final = "A map of new ids to texts."


class EditShape(Shape):
    """What a profile does to the block at one address."""

    replace: Text = _optional("The block's new text, its children included. Write it as a block scalar `|`.")
    title: Text = _optional("A section's new title.")
    remove: Literal[True] = _optional("Take the block away; of a heading, its whole section.")
    before: dict[str, Text] = _optional(f"Texts to put before the block. {_INSERTIONS}")
    after: dict[str, Text] = _optional(f"Texts to put after the block. {_INSERTIONS}")
    first: dict[str, Text] = _optional(f"Texts to put at the start of the list or section. {_INSERTIONS}")
    last: dict[str, Text] = _optional(f"Texts to put at the end of the list or section. {_INSERTIONS}")
    layout: Layout = _optional("How this section and those below it look: the name of a look, or a list of them by depth.")
    because: Text = _optional("Why, for those who read the profile later.")


class EditsShape(OpenShape):
    """Edits by address, such as ``checklists/security#rate-limit``."""

    __pydantic_extra__: dict[str, EditShape] = Field(init=False)
    unset: Names = _optional("Addresses whose inherited edits are given back.")


class ExampleShape(Shape):
    """One example of when to use an agent, or what a profile changes in it."""

    context: Text = _optional("The situation.")
    user: Text = _optional("What the user says.")
    assistant: Text = _optional("What the assistant answers.")
    commentary: Text = _optional("Why the agent is the right one.")
    unset: Names = _optional("Inherited parts of this example to take away.")


class ExamplesShape(OpenShape):
    """Examples by id."""

    __pydantic_extra__: dict[str, ExampleShape] = Field(init=False)
    unset: Names = _optional("Inherited examples to take away.")


class AgentSettingsShape(OpenShape):
    """What a profile says of one agent. Keys that are not listed are fields of the target, such as ``model``, ``tools`` or ``color``."""

    use: Text = _optional("The agent's fragment, such as agents/code-reviewer, where it does not have the agent's name.")
    vars: Variables = _optional("Values of variables, for this agent alone.")
    layout: Layout = _optional("How this agent's sections look: the name of a look, or a list of them by depth.")
    edits: EditsShape = _optional("Edits by address, for this agent alone.")
    unset: Names = _optional("Inherited fields of this agent to take away.")
    description: Text = _optional("When to use the agent. Write it as a block scalar `|`.")
    examples: ExamplesShape = _optional("Examples by id: new ones, and changes of inherited ones.")


class AgentsShape(OpenShape):
    """The agents that the profile builds, by name."""

    __pydantic_extra__: dict[str, AgentSettingsShape] = Field(init=False)
    unset: Names = _optional("Inherited agents that this profile does not build.")


class ProfileShape(Shape):
    """A profile: one project, or what several projects share."""

    about: Text = _optional("What the profile is for, in one sentence.")
    extends: Names = _optional("The profiles that this one builds upon.")
    abstract: bool = _optional("Whether the profile is a layer for others, and never built itself.")
    project: Project = _optional("Facts of the project, which templates read as `project.name`.")
    layout: Layout = _optional("How sections look: the name of a look, or a list of them by depth.")
    vars: Variables = _optional("Values of variables. A map of values to true or false edits an inherited list.")
    agents_dir: Text = _optional("The folder of the project that the agents' files go to; `.claude/agents` if it is not set.")
    agents: AgentsShape = _optional("The agents to build, by name.")
    edits: EditsShape = _optional("Changes of single blocks, by address.")


# --- fragment ---------------------------------------------------------------------------------------------------------


class VariableShape(Shape):
    """A variable that templates can read and profiles can set."""

    type: Text = Field(description="str, int, float, bool, list[str], enum[a, b], list[enum[a, b]], fragment or list[fragment].")
    default: Annotated[Any, WithJsonSchema({"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]})] = _optional(
        "The value where no profile sets one. Without it, a profile must."
    )
    doc: Text = _optional("What the variable is, in a few words.")


class OwnExampleShape(Shape):
    """One example of when to use an agent."""

    context: Text = _optional("The situation.")
    user: Text = Field(description="What the user says.")
    assistant: Text = Field(description="What the assistant answers.")
    commentary: Text = _optional("Why the agent is the right one.")


class AgentShape(OpenShape):
    """What makes a fragment an agent. Keys that are not listed are fields of the target, such as ``model``, ``tools`` or ``color``."""

    # An imported agent that is kept byte for byte has its description inside `front_matter`.
    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["description"]}, {"required": ["verbatim"]}]})

    description: Text = _optional("When to use the agent. Write it as a block scalar `|`.")
    examples: dict[str, OwnExampleShape] = _optional("Examples of when to use the agent, by id.")
    verbatim: bool = _optional("Print the text of the fragments byte for byte. `import` writes it.")
    front_matter: Text = _optional("Only with `verbatim`: the lines between the two `---`, printed as they stand.")
    path: Text = _optional(
        "Only with `verbatim`: the output path below the project's root, or below `agents_dir` where the profile has it. "
        "`*` stands for the agent's name; a path that ends in `/` is a folder, and the file in it has its usual name."
    )
    bom: bool = _optional("Only with `verbatim`: begin the file with a byte order mark.")
    eol: Literal["lf", "crlf", "cr"] = _optional("Only with `verbatim`: how lines end; `lf` if it is not set.")
    final_newlines: int = _optional("Only with `verbatim`: the number of line ends at the end; 1 if it is not set.", ge=0, strict=False)
    characters: dict[str, Text] = _optional("Only with `verbatim`: characters that stand for others no source may hold, as in `␄: U+0004`.")


class FragmentShape(Shape):
    """The front matter of a fragment."""

    about: Text = _optional("What the fragment is for, in one sentence.")
    vars: dict[str, VariableShape] = _optional("The variables that this fragment declares.")
    uses: Names = _optional("Variables that this fragment reads and another fragment, or the workspace file, declares.")
    moved: dict[str, Text] = _optional("Ids or addresses that were renamed: a map of old to new.")
    syntax: Literal["jinja", "plain", "includes"] = _optional("plain: the text holds no Jinja. includes: none but lines that include.")
    agent: AgentShape = _optional("Makes the fragment an agent, which profiles can build.")


# --- workspace --------------------------------------------------------------------------------------------------------


class LookShape(Shape):
    """How sections of one depth look."""

    title: Text = Field(description="The title's line, with {title}, {number}, {hashes} or {tag}; empty for no title.")
    end: Text = _optional("A line that closes the section, with the same placeholders.")
    gap: int = _optional("Blank lines below the title.", ge=0, le=2, strict=False)
    indent: int = _optional("Columns by which the section's text is indented.", ge=0, le=8, strict=False)
    join: Literal["sentences"] = _optional("sentences: the section's items follow the title on its line.")


class WorkspaceShape(Shape):
    """The file ``agent-composer.yaml``."""

    output: Text = _optional("The folder to write to, relative to this file.")
    vars: dict[str, VariableShape] = _optional("Variables that several fragments read.")
    looks: dict[str, LookShape] = _optional("Looks of sections beside the built-in ones, by name.")
    distinct: dict[str, Text] = _optional("Pairs of texts that are alike and stay two: `<address> <address>`, and the reason.")


SHAPES: Final[Mapping[Kind, type[Shape]]] = {
    Kind.PROFILE: ProfileShape,
    Kind.FRAGMENT: FragmentShape,
    Kind.WORKSPACE: WorkspaceShape,
}


# --- what others ask ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One place where data has not its shape: pydantic's name for the kind of fault, and the keys that lead there."""

    kind: str
    path: tuple[str | int, ...]


def find_mismatches(shape: type[Shape], data: object) -> tuple[Mismatch, ...]:
    """Hold data against a shape and return each place where they differ."""
    try:
        shape.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return tuple(Mismatch(fault["type"], fault["loc"]) for fault in found)
    return ()


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of a profile, for editors."""
    return {"$schema": _DIALECT, **json_schema(ProfileShape), "title": "agent-composer profile"}


def fragment_schema() -> dict[str, Any]:
    """Return the JSON Schema of a fragment's front matter, for editors."""
    return {"$schema": _DIALECT, **json_schema(FragmentShape), "title": "agent-composer fragment"}


def workspace_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``agent-composer.yaml``, for editors."""
    return {"$schema": _DIALECT, **json_schema(WorkspaceShape), "title": "agent-composer workspace"}


@cache
def json_schema(shape: type[Shape]) -> dict[str, Any]:
    """Return the JSON Schema of one shape, without the titles and defaults that pydantic adds."""
    tidied: dict[str, Any] = _tidy(shape.model_json_schema())
    return tidied


def _tidy(schema: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {key: _tidy(part) for key, part in schema.items() if key != "properties"}
    # A property may itself be called `title`.
    if isinstance(properties := schema.get("properties"), dict):
        tidied["properties"] = {name: _tidy(part) for name, part in properties.items()}
    for added in ("title", "default"):
        if not isinstance(tidied.get(added), dict):
            tidied.pop(added, None)
    if isinstance(description := tidied.get("description"), str):
        tidied["description"] = " ".join(description.replace("``", "`").split())
    return tidied
