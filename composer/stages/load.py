"""Sources -> Catalog: reads the workspace file, all fragments and all profiles of a workspace. The only stage that reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from composer.blocks import Syntax
from composer.errors import Diagnostics, Note
from composer.files.sources import FoundFile, Sources, read_source
from composer.home import MISNAMED_FILE, WORKSPACE_FILE
from composer.markdown.front_matter import find_front_matter
from composer.markdown.parse import parse_document
from composer.model.sources import Catalog, Fragment, Profile, VariableDeclaration, WorkspaceConfig
from composer.schema import FrontMatter, read_front_matter, read_profile, read_workspace
from composer.schema.parts import same_value
from composer.source import SourceFile, unlocated

__all__ = ["load_catalog"]

_FRAGMENTS: Final = "fragments"
_PROFILES: Final = "profiles"
_MARKDOWN: Final = ".md"
_YAML: Final = ".yaml"

# More than kebab-case, for fragments are named after files and folders that people have: `node.js`, `code_style`.
_SEGMENT: Final = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_IS_PLAIN: Final = re.compile(r"^syntax:[ \t]*[\"']?plain\b", re.MULTILINE)


def load_catalog(sources: Sources, diagnostics: Diagnostics, known: Catalog | None = None) -> Catalog:
    """Read a workspace.

    Args:
        sources: What holds ``fragments``, ``profiles`` and ``agent-composer.yaml``. Nothing else is read.
        diagnostics: Gets everything that is wrong, each at its place.
        known: What was read before. A fragment or profile whose text is the same is taken from it, and its warnings are not told again.

    Returns:
        All that could be read. ``broken`` has the ids of the fragments, ``profiles/<name>`` of the profiles, and the name of the workspace
        file, that could not be.
    """
    loader = _Loader(sources, diagnostics, known)
    config = loader.load_config()
    fragments = loader.load_fragments()
    profiles = loader.load_profiles()
    loader.broken.update(_refused_name(path) for path in sources.refused)
    if not sources.has_folder(_FRAGMENTS) and not profiles and not loader.broken:
        message = f"`{sources.name}` has no `{_FRAGMENTS}` folder and no profiles"
        diagnostics.error("not-a-workspace", message, unlocated("."), "run `agent-composer init` to begin a workspace here")
    declarations = _merge_declarations([config.variables, *loader.declared], diagnostics)
    return Catalog(config, fragments, profiles, declarations, frozenset(loader.broken), tuple(loader.damaged))


class _Loader:
    """Reads file after file, and remembers which of them failed."""

    def __init__(self, sources: Sources, diagnostics: Diagnostics, known: Catalog | None) -> None:
        self._known_fragments = known.fragments if known is not None else {}
        self._known_profiles = known.profiles if known is not None else {}
        self.broken: set[str] = set()
        self.damaged: list[Fragment] = []
        self.declared: list[Mapping[str, VariableDeclaration]] = []
        """The variables that each fragment declares, those of fragments with a broken body included."""
        self._sources = sources
        self._diagnostics = diagnostics

    def load_config(self) -> WorkspaceConfig:
        file = self._sources.find_file(WORKSPACE_FILE)
        source = read_source(self._sources, file, self._diagnostics) if file is not None else None
        config = read_workspace(source, self._diagnostics) if source is not None else None
        if config is None and self._sources.has_folder(WORKSPACE_FILE):
            self.broken.add(WORKSPACE_FILE)
        if self._sources.has_folder(MISNAMED_FILE):
            self._warn_misnamed(MISNAMED_FILE, WORKSPACE_FILE)
        return config or WorkspaceConfig()

    # --- fragments ----------------------------------------------------------------------------------------------------

    def load_fragments(self) -> Mapping[str, Fragment]:
        fragments: dict[str, Fragment] = {}
        files = [file for file in self._sources.find_files(_FRAGMENTS) if file.path.lower().endswith(_MARKDOWN)]
        by_folded: dict[str, FoundFile] = {}
        for file in files:
            fragment_id = file.path[len(_FRAGMENTS) + 1 : -len(_MARKDOWN)]
            other = by_folded.setdefault(file.path.lower(), file)
            fragment = self._load_fragment(fragment_id, file) if self._check_path(fragment_id, file, other) else None
            if fragment is None:
                self.broken.add(fragment_id)
            else:
                fragments[fragment_id] = fragment
        return fragments

    def _check_path(self, fragment_id: str, file: FoundFile, other: FoundFile) -> bool:
        place = unlocated(file.path)
        if other is not file:
            message = f"`{file.path}` and `{other.path}` differ only by case"
            self._diagnostics.error("case-collision", message, place, "rename one: some systems cannot hold both")
            return False
        if fragment_id.startswith(f"{_PROFILES}/"):
            message = f"`{fragment_id}` cannot be a fragment's id: it reads as the profile of that name"
            self._diagnostics.error("bad-name", message, place, f"rename the folder `{_FRAGMENTS}/{_PROFILES}`")
            return False
        if file.path.endswith(_MARKDOWN) and all(_SEGMENT.fullmatch(segment) for segment in fragment_id.split("/")):
            return True
        near = "/".join(re.sub(r"[^a-z0-9_.]+", "-", part.lower()).strip("-_.") for part in fragment_id.split("/"))
        hint = f"use lower-case letters, digits and `-`, `_`, `.`: `{_FRAGMENTS}/{near}{_MARKDOWN}`"
        self._diagnostics.error("bad-name", f"`{file.path}` cannot be the path of a fragment", place, hint)
        return False

    def _load_fragment(self, fragment_id: str, file: FoundFile) -> Fragment | None:
        found = Diagnostics()
        source = read_source(self._sources, file, found)
        known = self._known_fragments.get(fragment_id)
        if known is not None and source is not None and known.source.text == source.text:
            self.declared.append(known.variables)
            return known
        fragment = self._parse_fragment(fragment_id, source, found) if source is not None else None
        self._keep(found)
        if fragment is not None and found.errors:
            self.damaged.append(fragment)
            return None
        return fragment

    def _parse_fragment(self, fragment_id: str, source: SourceFile, found: Diagnostics) -> Fragment | None:
        text = source.text
        front: FrontMatter | None = FrontMatter("", {}, {}, {}, syntax=Syntax(), agent=None)
        body = 0
        # A body whose front matter cannot be read is still checked, by the syntax that it most likely has.
        syntax = Syntax()
        if span := find_front_matter(text):
            if not span.is_closed:
                hint = "end it with a line `---`; a rule on the first line is written `***`"
                found.error("front-matter-open", "the front matter that begins here has no end", source.at(0, 3), hint)
                return None
            front = read_front_matter(fragment_id, source, span.start, span.end, found)
            syntax = (
                front.syntax if front else Syntax(is_plain=_IS_PLAIN.search(text, span.start, span.end) is not None, has_includes=False)
            )
            body = span.body
        if front is not None:
            self.declared.append(front.variables)
        document = parse_document(source, body, found, syntax)
        if front is None:
            return None
        return Fragment(fragment_id, source, front.about, front.variables, front.uses, front.moved, front.agent, document)

    # --- profiles -----------------------------------------------------------------------------------------------------

    def load_profiles(self) -> Mapping[str, Profile]:
        profiles: dict[str, Profile] = {}
        for file in self._sources.find_files(_PROFILES):
            name = file.path[len(_PROFILES) + 1 :]
            stem, dot, suffix = name.rpartition(".")
            if f"{dot}{suffix}" not in {_YAML, ".yml"}:
                continue
            if suffix == "yml":
                self._warn_misnamed(file.path, f"{_PROFILES}/{stem}{_YAML}")
            elif "/" in name:
                message = f"`{file.path}` is not read: profiles stand in `{_PROFILES}` itself"
                self._diagnostics.warning("profile-in-folder", message, unlocated(file.path), "move it up")
            elif (profile := self._load_profile(stem, file)) is not None:
                profiles[stem] = profile
            else:
                self.broken.add(f"{_PROFILES}/{stem}")
        return profiles

    def _load_profile(self, name: str, file: FoundFile) -> Profile | None:
        source = read_source(self._sources, file, self._diagnostics)
        known = self._known_profiles.get(name)
        if known is not None and source is not None and known.source.text == source.text:
            return known
        return read_profile(name, source, self._diagnostics) if source is not None else None

    def _warn_misnamed(self, path: str, right: str) -> None:
        message = f"`{path}` is not read: the name has to end in `{_YAML}`"
        self._diagnostics.warning("yml-extension", message, unlocated(path), f"rename it to `{right}`")

    def _keep(self, found: Diagnostics) -> None:
        for diagnostic in found:
            self._diagnostics.add(diagnostic)


def _refused_name(path: str) -> str:
    """Turn the path of a file into the name that others mention it by."""
    return path.removeprefix(f"{_FRAGMENTS}/").removesuffix(_MARKDOWN).removesuffix(_YAML) if path != WORKSPACE_FILE else path


def _merge_declarations(
    declared: Iterable[Mapping[str, VariableDeclaration]], diagnostics: Diagnostics
) -> Mapping[str, VariableDeclaration]:
    """Put all declarations into one name space; two of one name must agree, and the first is kept."""
    merged: dict[str, VariableDeclaration] = {}
    for declarations in declared:
        for name, declaration in declarations.items():
            first = merged.setdefault(name, declaration)
            if first is declaration:
                continue
            differs = "type" if first.type != declaration.type else "default"
            if first.type == declaration.type and same_value(first.default, declaration.default):
                continue
            message = f"`{name}` is declared twice, with another {differs}"
            hint = "make both alike, or declare it once and name it under `uses` elsewhere"
            note = Note("the other declaration", first.location)
            diagnostics.error("conflicting-declaration", message, declaration.location, hint, (note,))
    return merged
