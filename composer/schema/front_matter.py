"""The front matter of a fragment, read into frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from composer.blocks import Syntax
from composer.errors import Diagnostics, Note
from composer.model.sources import AgentSpec, VariableDeclaration
from composer.model.yaml_nodes import YamlMapping, YamlScalar
from composer.records import dataclass
from composer.schema.fit import Kind
from composer.schema.parts import (
    check_example_texts,
    check_text,
    mapping_of,
    names_of,
    read_declarations,
    read_root,
    text_of,
)
from composer.source import SourceFile

__all__ = ["FrontMatter", "read_front_matter"]

_SYNTAXES: Final = {
    (name, is_verbatim): Syntax(is_plain=name in {"plain", "includes"}, has_includes=name != "plain", is_verbatim=is_verbatim)
    for name in ("", "jinja", "plain", "includes")
    for is_verbatim in (False, True)
}


@dataclass(frozen=True, slots=True, eq=False)
class FrontMatter:
    """What a fragment says of itself; ``agent`` is set for agents."""

    about: str
    variables: Mapping[str, VariableDeclaration]
    uses: Mapping[str, YamlScalar]
    moved: Mapping[str, YamlScalar]
    syntax: Syntax
    agent: AgentSpec | None


def read_front_matter(fragment_id: str, source: SourceFile, start: int, end: int, diagnostics: Diagnostics) -> FrontMatter | None:
    """Read the YAML between the two ``---`` lines of a fragment.

    Args:
        fragment_id: The fragment's id, for messages.
        source: The whole file.
        start: The offset of the first character after the opening line.
        end: The offset of the closing line.
        diagnostics: Gets everything that is wrong.

    Returns:
        The front matter, or None where anything was wrong.
    """
    found = Diagnostics()
    root = read_root(Kind.FRAGMENT, source, (start, end), f"the front matter of `{fragment_id}`", found)
    front_matter = _convert(root, found) if root is not None else None
    for diagnostic in found:
        diagnostics.add(diagnostic)
    return None if found.errors else front_matter


def _convert(root: YamlMapping, diagnostics: Diagnostics) -> FrontMatter:
    variables = read_declarations(mapping_of(root, "vars"), diagnostics)
    uses = {name.text: name for name in names_of(root.entries.get("uses"), "`uses`", diagnostics)}
    for name in uses.keys() & variables.keys():
        note = Note("declared here", variables[name].location)
        message = f"`{name}` stands under `uses` and is declared in the same file"
        diagnostics.error("uses-own-variable", message, uses[name].location, "take it out of `uses`", (note,))
    moved = mapping_of(root, "moved")
    renamed = {old: new for old, new in moved.entries.items() if isinstance(new, YamlScalar)} if moved else {}
    agent = mapping_of(root, "agent")
    is_verbatim = agent is not None and text_of(agent, "verbatim") == "true"
    if agent is not None:
        _check_agent(agent, root.keys["agent"], diagnostics, is_verbatim=is_verbatim)
    return FrontMatter(
        about=text_of(root, "about"),
        variables=variables,
        uses=uses,
        moved=renamed,
        syntax=_SYNTAXES.get((text_of(root, "syntax"), is_verbatim), Syntax()),
        agent=AgentSpec(agent, root.keys["agent"].location) if agent is not None else None,
    )


def _check_agent(agent: YamlMapping, key: YamlScalar, diagnostics: Diagnostics, *, is_verbatim: bool) -> None:
    # An imported agent that is kept byte for byte has its description inside `front_matter`, or none.
    if "description" not in agent.keys and not is_verbatim:
        hint = "write `description: |` and on the next line when to use the agent"
        diagnostics.error("missing-key", "`agent` has no `description`", key.location, hint)
    check_text(agent, "description", diagnostics)
    examples = mapping_of(agent, "examples")
    if examples is not None:
        check_example_texts(examples, diagnostics)
