"""The workspace that is imported into: what is there already, and stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from composer.blocks import Identifier, walk_blocks
from composer.errors import Diagnostics
from composer.importer.bodies import Body, make_body
from composer.importer.sources import Source
from composer.inventory.users import fragments_in_use
from composer.model.sources import Catalog, Fragment
from composer.records import dataclass, field
from composer.source import unlocated
from composer.targets import get_target
from composer.workspace import DEFAULT_TARGET, Workspace

__all__ = ["Existing", "read_existing"]


@dataclass(frozen=True, slots=True, eq=False)
class Existing:
    """A workspace: its fragments' ids, those that no import may write to, the texts that it may include, and its variables.

    ``texts`` are its sources by path, as they were read; ``output`` is the name of its folder for outputs. ``used`` are the fragments that
    its profiles use, which an update may end.
    """

    root: Path | None = None
    ids: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    bodies: tuple[Body, ...] = ()
    variables: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)
    output: str = "output"
    used: frozenset[str] = frozenset()


def read_existing(root: Path, is_update: bool, sources: Sequence[Source], diagnostics: Diagnostics) -> Existing:  # noqa: FBT001 - one of two ways
    """Read what is there; a profile that would be written to is an error unless ``is_update`` is set."""
    if not (root / "fragments").is_dir() and not (root / "profiles").is_dir():
        return Existing()
    workspace = Workspace(root, get_target(DEFAULT_TARGET))
    catalog = workspace.catalog
    workspace.diagnostics.raise_errors()
    for project in sorted({source.project for source in sources}):
        if project in catalog.profiles and not is_update:
            hint = "import under another name, `name=folder`, or replace it with `--update`"
            diagnostics.error("already-there", f"the profile `{project}` is there already", unlocated(f"profiles/{project}.yaml"), hint)
    ids = frozenset(catalog.fragments)
    printed = [(fragment.id, _printed(fragment)) for fragment in catalog.fragments.values()]
    bodies = tuple(make_body(name, "", text.strip("\n").split("\n")) for name, text in printed if text)
    taken = ids - _replaceable(catalog, {source.project for source in sources}) if is_update else ids
    read = [fragment.source for fragment in catalog.fragments.values()] + [profile.source for profile in catalog.profiles.values()]
    texts = {source.path: source.text for source in read}
    used = fragments_in_use(workspace.index) if is_update else frozenset[str]()
    return Existing(root, ids, taken, bodies, frozenset(catalog.declarations), texts, catalog.config.output, used)


def _replaceable(catalog: Catalog, projects: Collection[str]) -> frozenset[str]:
    """Return the agents that may be replaced with the profiles of these projects: those that no other profile has."""
    agents = {fragment.id for fragment in catalog.fragments.values() if fragment.agent is not None}
    others = [profile for name, profile in catalog.profiles.items() if name not in projects]
    used = {
        settings.use.text if settings.use is not None else f"agents/{name}"
        for profile in others
        for name, settings in profile.agents.items()
    }
    return frozenset(agents - used)


def _printed(fragment: Fragment) -> str:
    """Return the text of a fragment as an agent shows it; empty for one that is more than words and ids behind them."""
    begin = fragment.document.location.start
    text = fragment.source.text[begin:]
    found = (getattr(block, "identifier", None) for block, _ in walk_blocks(fragment.document.blocks))
    for mark in sorted((one.location for one in found if isinstance(one, Identifier)), key=lambda mark: -mark.start):
        before = text[: mark.start - begin].rstrip(" \t")
        if not before or before.endswith("\n"):  # on a line of its own
            return ""
        text = before + text[mark.end - begin :]
    is_words = fragment.agent is None and not fragment.variables and "{" not in text and bool(text.strip())
    return text if is_words else ""
