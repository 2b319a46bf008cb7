"""The sources of a workspace with changes that are not written yet, and what they compose to.

A change is a run of characters in a file, or an entry of its YAML. Every other byte of the file stays: comments, order, quotes, line ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from composer.accept.as_read import as_read
from composer.accept.reasons import Reason, RefusedChangeError
from composer.errors import Diagnostics
from composer.files.disk import Disk
from composer.files.sources import Memory, Overlay
from composer.lookup.index import Index
from composer.markdown.front_matter import find_front_matter
from composer.model.outputs import OutputFile
from composer.model.sources import Catalog
from composer.pipeline import Run, compose_profile, read_index
from composer.records import dataclass, field
from composer.source import BYTE_ORDER_MARK, SourceFile
from composer.targets import Target
from composer.yaml_text.rewrite import BlockText, NewValue, RewriteRefusedError, add_entry, move_entry, remove_entry, rename_key, set_text

__all__ = ["AddEntry", "Draft", "Keys", "MoveEntry", "RemoveEntry", "RenameKey", "SetText", "SourceChange", "Splice", "yaml_span"]

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Splice:
    """The characters ``start`` up to ``end`` of a file, as it is read (LF line ends, no byte order mark), become ``new``."""

    path: str
    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class SetText:
    """The value at ``keys`` of a file's YAML becomes ``text``. ``is_literal`` keeps it as written: a number stays a number."""

    path: str
    keys: Keys
    text: str
    is_literal: bool = False


@dataclass(frozen=True, slots=True)
class AddEntry:
    """A file's YAML gets ``value`` at ``keys``, behind the entry ``after`` of its map, or at the map's end."""

    path: str
    keys: Keys
    value: NewValue
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveEntry:
    """A file's YAML loses what stands at ``keys``."""

    path: str
    keys: Keys


@dataclass(frozen=True, slots=True)
class MoveEntry:
    """A text of a file's YAML goes from ``keys`` to ``to``, as it is written where it can stand there so."""

    path: str
    keys: Keys
    to: Keys
    text: str


@dataclass(frozen=True, slots=True)
class RenameKey:
    """The key at ``keys`` of a file's YAML is called ``name`` from now on; all that stands below it stays."""

    path: str
    keys: Keys
    name: str


SourceChange = Splice | SetText | AddEntry | RemoveEntry | MoveEntry | RenameKey


@dataclass(slots=True, eq=False)
class Draft:
    """A workspace in memory. ``files`` has the changed files, as they are to be written; all others are as on disk."""

    root: str
    target: Target
    files: Mapping[str, str] = field(default_factory=dict)
    _known: Catalog | None = None
    _index: Index | None = None
    _outputs: dict[str, tuple[OutputFile, ...]] = field(default_factory=dict)
    _written: dict[tuple[str, str], OutputFile] = field(default_factory=dict)
    """The outputs that are written otherwise than they are read, by profile and agent."""

    @property
    def index(self) -> Index:
        """Every address and name of the changed workspace.

        Raises:
            RefusedChangeError: if the changed sources are wrong.
        """
        if self._index is None:
            found = Diagnostics()
            replaced = Memory({path: raw.encode() for path, raw in self.files.items()})
            self._index = read_index(Overlay(replaced, Disk(self.root, found)), found, self._known)
            _refuse_errors(found)
        return self._index

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles that are built, in order."""
        return tuple(name for name, profile in sorted(self.index.catalog.profiles.items()) if not profile.is_abstract)

    def compose(self, profile: str) -> tuple[OutputFile, ...]:
        """Compose one profile: its outputs as they are read, LF line ends, no byte order mark.

        Raises:
            RefusedChangeError: if that is not possible.
        """
        if profile not in self._outputs:
            found = Diagnostics()
            self.index.diagnostics = self.index.templates.diagnostics = found
            files = compose_profile(profile, Run(self.index, self.target), found)
            _refuse_errors(found)
            self._outputs[profile] = tuple(map(as_read, files))
            self._written.update({(profile, file.agent): file for file in files if as_read(file) is not file})
        return self._outputs[profile]

    def output(self, profile: str, agent: str) -> OutputFile | None:
        """Return the output of one agent, as :meth:`compose` does; None if the profile does not make it.

        Raises:
            RefusedChangeError: if the profile cannot be composed.
        """
        return next((file for file in self.compose(profile) if file.agent == agent), None)

    def compose_all(self) -> tuple[OutputFile, ...]:
        """Compose every profile, as :meth:`compose` does.

        Raises:
            RefusedChangeError: if that is not possible.
        """
        return tuple(file for profile in self.profiles for file in self.compose(profile))

    def as_written(self, file: OutputFile) -> OutputFile:
        """Return an output of this draft with the bytes that a build writes."""
        return self._written.get((file.profile, file.agent), file)

    def changed(self, changes: Sequence[SourceChange]) -> Draft:
        """Return the draft with further changes made.

        Raises:
            RefusedChangeError: if a file cannot be changed so.
        """
        files = dict(self.files)
        for path in dict.fromkeys(change.path for change in changes):
            own = [change for change in changes if change.path == path]
            files[path] = self._rewritten(path, own)
        draft = Draft(self.root, self.target, files, self.index.catalog)
        draft._outputs.update(self._untouched({change.path for change in changes}))
        draft._written.update({key: file for key, file in self._written.items() if key[0] in draft._outputs})
        return draft

    def _untouched(self, paths: Collection[str]) -> Mapping[str, tuple[OutputFile, ...]]:
        """Return what is composed already and cannot change with these files: that of profiles which do not build on them."""
        names = {path.removeprefix("profiles/").removesuffix(".yaml") for path in paths if path.startswith("profiles/")}
        if len(names) < len(paths):
            return {}
        profiles = self.index.catalog.profiles

        def builds_on(name: str) -> bool:
            return name in names or any(builds_on(parent.text) for parent in profiles[name].extends if parent.text in profiles)

        return {name: files for name, files in self._outputs.items() if not builds_on(name)}

    def raw(self, path: str) -> str:
        """Return what a file of the workspace holds in this draft, byte order mark and line ends as they are."""
        if path in self.files:
            return self.files[path]
        found = Diagnostics()
        disk = Disk(self.root, found)
        file = disk.find_file(path)
        data = disk.read(file, found) if file is not None else None
        _refuse_errors(found)
        return (data or b"").decode()

    def text(self, path: str) -> str:
        """Return what a file of the workspace says in this draft, as it is read: LF line ends, no byte order mark."""
        return SourceFile.from_raw(path, self.raw(path)).text

    def _rewritten(self, path: str, changes: Iterable[SourceChange]) -> str:
        raw = self.raw(path)
        splices = [change for change in changes if isinstance(change, Splice)]
        raw = spliced(raw, splices)
        try:
            for change in changes:
                raw = _with_entry(raw, change)
        except RewriteRefusedError as error:
            raise RefusedChangeError(Reason.INVALID, str(error)) from None
        return raw


def _with_entry(raw: str, change: SourceChange) -> str:
    """Change an entry of a file's YAML, which is the front matter of a fragment."""
    start, end = yaml_span(SourceFile.from_raw(change.path, raw))
    match change:
        case Splice():
            return raw
        case SetText():
            return set_text(raw, change.keys, change.text, as_written=change.is_literal, start=start, end=end, file=change.path)
        case AddEntry():
            return add_entry(raw, change.keys, change.value, after=change.after, start=start, end=end, file=change.path)
        case RenameKey():
            return rename_key(raw, change.keys, change.name, start=start, end=end, file=change.path)
        case MoveEntry():
            return _with_moved(raw, change)
        case RemoveEntry():
            return remove_entry(raw, change.keys, keep=_kept_maps(change.keys), start=start, end=end, file=change.path)


def _kept_maps(keys: Keys) -> int:
    """Return how many maps stay when they become empty: an agent whose last word in the profile goes is built all the same."""
    return 2 if keys[0] == "agents" else 0


def _with_moved(raw: str, change: MoveEntry) -> str:
    start, end = yaml_span(SourceFile.from_raw(change.path, raw))
    try:
        return move_entry(raw, change.keys, change.to, keep=_kept_maps(change.keys), start=start, end=end, file=change.path)
    except RewriteRefusedError:  # into braces, or out of them
        added = _with_entry(raw, AddEntry(change.path, change.to, BlockText(change.text)))
        return _with_entry(added, RemoveEntry(change.path, change.keys))


def yaml_span(source: SourceFile) -> tuple[int, int]:
    """Return where the YAML of a file begins and ends: the front matter of a fragment (empty where it has none), all of any other."""
    if not source.path.endswith(".md"):
        return 0, len(source.text)
    span = find_front_matter(source.text)
    return (span.start, span.end) if span is not None else (0, 0)


def _refuse_errors(found: Diagnostics) -> None:
    errors = found.errors
    if errors:
        raise RefusedChangeError(Reason.INVALID, f"{errors[0].location.path} would be wrong: {errors[0].message}")


def spliced(raw: str, splices: Iterable[Splice]) -> str:
    """Change runs of characters of a file; what is new gets the line ends of the file."""
    start = len(BYTE_ORDER_MARK) if raw.startswith(BYTE_ORDER_MARK) else 0
    line_end = "\r\n" if "\r\n" in raw else "\n"
    ordered = sorted(splices, key=lambda splice: (splice.start, splice.end), reverse=True)
    offsets = _raw_offsets(raw, start) if "\r" in raw else None
    for splice in ordered:
        first, last = splice.start + start, splice.end + start
        if offsets is not None:
            first, last = offsets[splice.start], offsets[splice.end]
        raw = raw[:first] + splice.new.replace("\n", line_end) + raw[last:]
    return raw


def _raw_offsets(raw: str, start: int) -> list[int]:
    """Return where each character of the text, as it is read, stands in the file; a CRLF is one character there."""
    offsets = [position for position in range(start, len(raw)) if not (raw[position] == "\n" and raw[position - 1 : position] == "\r")]
    return [*offsets, len(raw)]
