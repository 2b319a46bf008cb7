"""A workspace on disk, and what one does with it: compose, build, check. Behind the command stands this, and nothing that prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from composer.cache.evidence import Evidence
from composer.errors import ComposerError, Diagnostic, Diagnostics, nearest_name
from composer.files.destination import Destination, DiskDestination, DryRunDestination
from composer.files.disk import Disk
from composer.files.home import find_root
from composer.files.journal import BadJournalError
from composer.files.lock import LOCK_NAME, EditRecord, parse_lock
from composer.files.sources import Memory, Observed, Overlay, Sources
from composer.files.transaction import Change, TransactionError
from composer.incremental.earlier import Earlier
from composer.lookup.index import Index
from composer.merge.layers import order_layers
from composer.model import Catalog, FileAction, FileResult, FileSince, FileWanted, OutputFile
from composer.pipeline import Done, compose_profile, nobody_asks, read_index
from composer.source import SourceFile, unlocated
from composer.stages.resolve import Override, read_overrides
from composer.stages.write import WriteScope, is_source, write_files
from composer.stale.edits import StaleEdit, find_stale_edits, record_edits, report_stale_edits
from composer.targets import TARGETS, Target

__all__ = ["BuildReport", "CheckReport", "Composition", "Difference", "StatusReport", "Verdict", "Workspace"]

DEFAULT_TARGET = "claude-code"

Progress = Callable[[str], None]
"""Is called with a profile's name when its composing begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """The files of one or more profiles, and what was found on the way (warnings and notices; errors are raised)."""

    profiles: tuple[str, ...]
    files: tuple[OutputFile, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BuildReport:
    """What a build did with each file, ordered by path. Paths are relative to ``root``."""

    root: Path
    results: tuple[FileResult, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def conflicts(self) -> tuple[FileResult, ...]:
        """The files that were left alone, because they are not as the tool wrote them."""
        return tuple(result for result in self.results if result.is_conflict)


class Verdict(StrEnum):
    """Why a file is not what a build would write.

    ``STALE`` is one whose sources have changed, ``EDITED`` one that was edited by hand, ``BOTH`` one that is both.
    """

    STALE = "stale"
    EDITED = "edited"
    BOTH = "both"
    MISSING = "missing"
    LEFT_OVER = "left-over"
    EDITED_LEFT_OVER = "edited-left-over"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not what a build would write: its action in a build, and both texts (empty where there is none).

    ``since`` says what happened to it since it was last written, ``wanted`` what the sources want of it: so a file that is out of date is
    told from one that was edited by hand, and from one that is both.
    """

    path: str
    profile: str
    action: FileAction
    on_disk: str
    composed: str
    since: FileSince
    wanted: FileWanted

    @property
    def verdict(self) -> Verdict:
        """Why the file differs."""
        match self.since, self.wanted:
            case FileSince.EDITED, FileWanted.REMOVE:
                return Verdict.EDITED_LEFT_OVER
            case FileSince.EDITED, FileWanted.UPDATE:
                return Verdict.BOTH
            case FileSince.EDITED, _:
                return Verdict.EDITED
            case FileSince.FOREIGN, _:
                return Verdict.FOREIGN
            case _, FileWanted.CREATE:
                return Verdict.MISSING
            case _, FileWanted.REMOVE:
                return Verdict.LEFT_OVER
            case _:
                return Verdict.STALE


@dataclass(frozen=True, slots=True, eq=False)
class CheckReport:
    """What a check found. ``files`` is the number of files composed."""

    files: int
    differences: tuple[Difference, ...]
    diagnostics: tuple[Diagnostic, ...]
    stale: tuple[StaleEdit, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class StatusReport:
    """How each output stands, ordered by path. Paths are relative to ``root``; ``action`` is what a build would do."""

    root: Path
    results: tuple[FileResult, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Comparison:
    """What was composed, held against what is below ``root``; nothing was written."""

    composition: Composition
    root: Path
    scope: WriteScope
    results: tuple[FileResult, ...]


@dataclass(slots=True, eq=False)
class Workspace:
    """A folder with fragments and profiles. Sources are read once, when something is first asked for.

    ``diagnostics`` has what reading them found, and what the last run did. ``evidence``, if there is one, is told what is read from disk by
    it, by :meth:`build` and by :meth:`check`. ``earlier``, if there is one, is what runs before over the same folder have read,
    composed and written: then outputs have no origins, and a build does not look at files that it has written itself. ``done`` is told of
    each stage.
    """

    root: Path
    target: Target
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    evidence: Evidence | None = None
    earlier: Earlier | None = None
    done: Done = nobody_asks
    _index: Index | None = None
    _read: tuple[Diagnostic, ...] = ()
    _replaced: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def open(cls, path: str | Path = ".", *, target: str = DEFAULT_TARGET) -> Workspace:
        """Open the workspace that ``path`` is in: the folder itself or the nearest one above that holds a workspace.

        Raises:
            ComposerError: where there is none (``not-a-workspace``), or no such target (``unknown-target``).
        """
        try:
            root = find_root(str(Path(path).resolve(strict=True)))
        except OSError:
            diagnostics = Diagnostics()
            diagnostics.error("not-a-workspace", f"there is no folder `{path}`", unlocated(str(path)), "check the path")
            raise ComposerError(tuple(diagnostics)) from None
        if root is not None:
            return cls(Path(root), _find_target(target))
        diagnostics = Diagnostics()
        hint = "run `agent-composer init` to make one, or name its folder with `--workspace`"
        diagnostics.error("not-a-workspace", f"`{path}` is in no workspace", unlocated(str(path)), hint)
        raise ComposerError(tuple(diagnostics))

    def with_files(self, files: Mapping[str, bytes]) -> Workspace:
        """Return the workspace as it would be if these source files held this content: an unread one, over the same folder.

        Args:
            files: by path, relative to the workspace, with forward slashes, such as ``fragments/a.md``; they need not exist on disk, and
                are not written there. All others are read from disk. Files that this workspace has replaced already stay replaced.
        """
        return Workspace(self.root, self.target, _replaced={**self._replaced, **files})

    @property
    def index(self) -> Index:
        """Every address and name of the workspace. Reading it collects what is wrong in ``diagnostics``."""
        if self._index is None:
            disk = Disk(self.root.as_posix(), self.diagnostics, self.evidence)
            replaced = {**self._unfinished_sources(), **self._replaced}
            sources: Sources = Overlay(Memory(replaced), disk) if replaced else disk
            if self.done is not nobody_asks:
                sources = Observed(sources, self.done)
            read = self.earlier.read_index if self.earlier is not None else read_index
            self._index = read(sources, self.diagnostics, done=self.done)
            self._read = tuple(self.diagnostics)
        return self._index

    def _unfinished_sources(self) -> dict[str, bytes]:
        """Return the sources that a run which was cut short has not come to, as they will be once it is ended."""
        try:
            found = DryRunDestination(self.root).repair(lambda _: True)
        except (BadJournalError, TransactionError, OSError):  # whatever looks at the outputs reports that
            return {}
        contents = found.contents if found is not None else {}
        return {path: content for path, content in contents.items() if content is not None and is_source(path)}

    def _begin_run(self) -> Index:
        """Forget what an earlier run found: a profile's mistakes are not those of the next."""
        index = self.index
        self.diagnostics = index.diagnostics = index.templates.diagnostics = Diagnostics()
        for diagnostic in self._read:
            self.diagnostics.add(diagnostic)
        return index

    @property
    def catalog(self) -> Catalog:
        """The fragments and profiles, as read."""
        return self.index.catalog

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of the profiles that are built, in order."""
        return tuple(name for name, profile in sorted(self.catalog.profiles.items()) if not profile.is_abstract)

    def compose(
        self,
        profiles: str | Iterable[str] | None = None,
        *,
        overrides: Iterable[str] = (),
        progress: Progress | None = None,
        keeps_origins: bool = True,
    ) -> Composition:
        """Compose one profile, several, or all that are not abstract; nothing is written.

        Args:
            profiles: names; None for all.
            overrides: ``name=value`` pairs that beat every layer, as ``--set`` does.
            progress: called with each profile's name before it is composed.
            keeps_origins: whether files keep their segments and documents. Without them a file is its bytes, and what it was made of is let
                go when its profile is done: so a run over many profiles needs memory for one of them at a time.

        Raises:
            ComposerError: if anything is wrong, with everything that is.
        """
        index = self._begin_run()
        names = self._select(profiles)
        settings = read_overrides(overrides, index)
        files: list[OutputFile] = []
        for name in names:
            made = self._compose(name, settings, progress)
            files.extend(made if keeps_origins else [file.without_origins() for file in made])
        self.diagnostics.raise_errors()
        return Composition(names, tuple(files), tuple(self.diagnostics))

    def _compose(self, name: str, overrides: Sequence[Override], progress: Progress | None) -> tuple[OutputFile, ...]:
        if progress is not None:
            progress(name)
        # A profile's own mistakes must not keep those of the next from being told.
        found = Diagnostics()
        compose = self.earlier.compose_profile if self.earlier is not None else compose_profile
        files = compose(name, self.index, overrides, self.target, found, self.done)
        for diagnostic in found:
            self.diagnostics.add(diagnostic)
        return files

    def _select(self, profiles: str | Iterable[str] | None) -> tuple[str, ...]:
        if profiles is None:
            return self.profiles
        names = (profiles,) if isinstance(profiles, str) else tuple(dict.fromkeys(profiles))
        known = self.catalog.profiles
        selected = []
        for name in names:
            place = SourceFile("command line", name).at(0, max(len(name), 1))
            if name in known and known[name].is_abstract:
                message = f"the profile `{name}` is abstract: it is never built"
                self.diagnostics.error("abstract-profile", message, place, "name a profile that extends it")
            elif name in known:
                selected.append(name)
            elif f"profiles/{name}" not in self.catalog.broken:
                hint = nearest_name(name, known) or "`agent-composer list profiles` shows what there is"
                self.diagnostics.error("unknown-profile", f"there is no profile `{name}`", place, hint)
        return tuple(selected)

    def build(
        self,
        profiles: str | Iterable[str] | None = None,
        *,
        overrides: Iterable[str] = (),
        into: str | Path | None = None,
        dry_run: bool = False,
        overwrite: bool = False,
        progress: Progress | None = None,
        wait: Callable[[int], bool] | None = None,
        sources: Sequence[Change] = (),
    ) -> BuildReport:
        """Compose, and write what changed.

        Args:
            profiles: names; None for all that are not abstract.
            overrides: ``name=value`` pairs that beat every layer.
            into: a project's folder to write one profile's tree into, instead of the workspace's output folder.
            dry_run: write nothing, and report what would happen.
            overwrite: replace files that are not as the tool wrote them, too; a copy of each is kept.
            progress: called with each profile's name before it is composed.
            wait: asked before each new try, with its number, while another run is writing to the same folder; False, or None, gives up.
            sources: changes of source files to write together with the outputs: all or nothing. What is composed is composed from
                :meth:`with_files` with their new contents.

        Raises:
            ComposerError: if anything is wrong; then nothing was written.
        """
        composition = self.compose(profiles, overrides=overrides, progress=progress, keeps_origins=False)
        root = self._destination_root(into, composition.profiles)
        destination: Destination = (
            DryRunDestination(root) if dry_run else DiskDestination(root, wait) if wait is not None else DiskDestination(root)
        )
        scope = self._scope(composition.profiles, is_whole=profiles is None, into=into)
        report_stale_edits(self.stale_edits(None if profiles is None else composition.profiles), self.diagnostics)
        edits = self._edit_record(composition.profiles, is_whole=profiles is None) if into is None else None
        files = composition.files
        self.done("edits")
        if self.earlier is not None:
            scope = replace(scope, settled=self.earlier.settled(root, scope, files))
        results = write_files(
            files, destination, scope, self.diagnostics, overwrite=overwrite, edits=edits, sources=sources, evidence=self.evidence
        )
        self.done("write")
        self.diagnostics.raise_errors()
        if self.earlier is not None and not dry_run:
            self.earlier.note_written(root, scope, files, results)
        return BuildReport(root, results, tuple(self.diagnostics))

    def stale_edits(self, profiles: Iterable[str] | None = None) -> tuple[StaleEdit, ...]:
        """Return the edits whose block has changed since they were made, says the lock of the workspace; in order of place.

        Args:
            profiles: names; what they and the profiles that they extend say is looked at. None for all there is.
        """
        try:
            raw = self.written_files().read(LOCK_NAME)
        except OSError:  # a build and a check read the lock, too, and report that
            return ()
        source = SourceFile.from_raw(LOCK_NAME, (raw or b"").decode(errors="replace"))
        return find_stale_edits(self.index, parse_lock(source, Diagnostics()), None if profiles is None else self._layers(profiles))

    def _edit_record(self, profiles: Sequence[str], *, is_whole: bool) -> EditRecord:
        return record_edits(self.index, None if is_whole else self._layers(profiles))

    def _layers(self, profiles: Iterable[str]) -> frozenset[str]:
        """Return profiles with all that they extend."""
        catalog = self.catalog
        ancestries = (order_layers(name, catalog.profiles, catalog.broken, Diagnostics()) for name in profiles if name in catalog.profiles)
        return frozenset(name for ancestry in ancestries if ancestry is not None for name in ancestry.order)

    def _destination_root(self, into: str | Path | None, profiles: Sequence[str]) -> Path:
        if into is None:
            return self.root
        root = Path(into).resolve()
        if len(profiles) != 1:
            message = f"a project's folder takes one profile, and this names {len(profiles)}"
            self.diagnostics.error("into-takes-one", message, unlocated("--into"), "write `build PROFILE --into DIR`")
        elif not str(into) or not root.is_dir():
            hint = "make it first, or check the path"
            self.diagnostics.error("missing-folder", f"there is no folder `{into}`", unlocated("--into"), hint)
        self.diagnostics.raise_errors()
        return root

    def path_of(self, file: OutputFile) -> str:
        """Return where a build writes a file: relative to the workspace, with forward slashes."""
        return self._scope([file.profile], is_whole=False, into=None).path_of(file)

    def _scope(self, profiles: Sequence[str], *, is_whole: bool, into: str | Path | None) -> WriteScope:
        if into is not None:
            return WriteScope.into(profiles)
        return WriteScope(frozenset(profiles), self.catalog.config.output, is_whole)

    def check(
        self,
        profiles: str | Iterable[str] | None = None,
        *,
        overrides: Iterable[str] = (),
        into: str | Path | None = None,
        progress: Progress | None = None,
    ) -> CheckReport:
        """Compose, write nothing, and compare with what is on disk.

        Args:
            profiles: names; None for all that are not abstract.
            overrides: ``name=value`` pairs that beat every layer.
            into: a project's folder that one profile's tree was written into, instead of the workspace's output folder.
            progress: called with each profile's name before it is composed.

        Raises:
            ComposerError: if anything is wrong.
        """
        compared = self._compare(profiles, overrides, into, progress)
        disk = self._as_repaired(compared.root, compared.scope)
        composed = {compared.scope.path_of(file): file for file in compared.composition.files}
        differences = tuple(
            Difference(
                result.path,
                result.profile,
                result.action,
                _text(disk, result.path),
                composed[result.path].text if result.path in composed else "",
                result.since,
                result.wanted,
            )
            for result in compared.results
            if result.action is not FileAction.UNCHANGED
        )
        stale = self.stale_edits(None if profiles is None else compared.composition.profiles) if into is None else ()
        return CheckReport(len(compared.composition.files), differences, tuple(self.diagnostics), stale)

    def status(
        self,
        profiles: str | Iterable[str] | None = None,
        *,
        overrides: Iterable[str] = (),
        into: str | Path | None = None,
        progress: Progress | None = None,
    ) -> StatusReport:
        """Compose, write nothing, and tell of each output what happened to it, and what a build would do.

        Args:
            profiles: names; None for all that are not abstract.
            overrides: ``name=value`` pairs that beat every layer.
            into: a project's folder that one profile's tree was written into, instead of the workspace's output folder.
            progress: called with each profile's name before it is composed.

        Raises:
            ComposerError: if anything is wrong.
        """
        compared = self._compare(profiles, overrides, into, progress)
        return StatusReport(compared.root, compared.results, tuple(self.diagnostics))

    def _compare(
        self, profiles: str | Iterable[str] | None, overrides: Iterable[str], into: str | Path | None, progress: Progress | None
    ) -> _Comparison:
        composition = self.compose(profiles, overrides=overrides, progress=progress, keeps_origins=False)
        root = self._destination_root(into, composition.profiles)
        scope = self._scope(composition.profiles, is_whole=profiles is None, into=into)
        results = write_files(composition.files, DryRunDestination(root), scope, self.diagnostics, evidence=self.evidence)
        self.diagnostics.raise_errors()
        return _Comparison(composition, root, scope, results)

    def written_files(self, into: Path | None = None) -> Destination:
        """Return what reads the files below the workspace, or below a project that was built into, without changing any.

        A run that was cut short is looked at as if it had been ended.
        """
        scope = WriteScope(frozenset(), self.catalog.config.output) if into is None else WriteScope.into(())
        return self._as_repaired(into or self.root, scope)

    @staticmethod
    def _as_repaired(root: Path, scope: WriteScope) -> Destination:
        """Return the files as they are, or as they will be once a run that was cut short is ended."""
        destination = DryRunDestination(root)
        with suppress(BadJournalError, TransactionError, OSError):  # whatever looks at the outputs reports that
            destination.repair(scope.may_write)
        return destination


def _text(destination: Destination, path: str) -> str:
    content = destination.read(path)
    return "" if content is None else SourceFile.from_raw(path, content.decode(errors="replace")).text


def _find_target(name: str) -> Target:
    if name in TARGETS:
        return TARGETS[name]
    diagnostics = Diagnostics()
    hint = nearest_name(name, TARGETS) or f"the targets are {', '.join(f'`{known}`' for known in TARGETS)}"
    diagnostics.error("unknown-target", f"there is no target `{name}`", unlocated("target"), hint)
    raise ComposerError(tuple(diagnostics))
