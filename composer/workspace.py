"""A workspace on disk, and what one does with it: compose, build, check. Behind the command stands this, and nothing that prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from composer.batch import Batch, Progress
from composer.cache.composed import find_composed, keep_composed
from composer.cache.evidence import Evidence
from composer.errors import ComposerError, Diagnostic, Diagnostics, nearest_name
from composer.files.destination import Destination, DiskDestination, DryRunDestination
from composer.files.disk import Disk
from composer.files.journal import BadJournalError
from composer.files.lock import LOCK_NAME, EditRecord
from composer.files.sources import Memory, Observed, Overlay, Sources
from composer.files.transaction import Change, TransactionError
from composer.home import find_root
from composer.incremental.between_runs import BetweenRuns
from composer.lookup.index import Index
from composer.merge.layers import order_layers
from composer.model.outputs import FileAction, FileResult, OutputFile
from composer.model.sources import Catalog
from composer.outcomes import BuildReport, CheckReport, Composition, Difference, StatusReport
from composer.pipeline import Done, Run, nobody_asks, read_index
from composer.records import dataclass, field, replace
from composer.source import SourceFile, unlocated
from composer.stages.resolve import read_overrides
from composer.stages.write import WriteScope, is_source, write_files
from composer.stale.edits import KnownEdits, StaleEdit, report_stale_edits
from composer.targets import TARGETS, Target

if TYPE_CHECKING:
    from composer.incremental.earlier import Earlier

__all__ = ["Workspace"]

DEFAULT_TARGET = "claude-code"


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What a build, a check and a status have in common: what was composed, and where below ``root`` it belongs.

    ``selected`` are the profiles that were asked for, None for all.
    """

    composition: Composition
    root: Path
    scope: WriteScope
    selected: tuple[str, ...] | None


@dataclass(slots=True, eq=False)
class Workspace:
    """A folder with fragments and profiles. Sources are read once, when something is first asked for.

    ``diagnostics`` has what reading them found, and what the last run did. ``evidence``, if there is one, is told what is read from disk by
    it, by :meth:`build` and by :meth:`check`. ``jobs`` is how many processes compose what is only written or
    compared; None for as many as pay. ``earlier``, if there is one, is what runs before over the same folder have read, composed and
    written: then outputs have no origins, and a build does not look at files that it has written itself. ``done`` is told of each stage.
    """

    root: Path
    target: Target
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    evidence: Evidence | None = None
    jobs: int | None = None
    earlier: Earlier | None = None
    done: Done = nobody_asks
    _index: Index | None = None
    _read: tuple[Diagnostic, ...] = ()
    _runs: BetweenRuns | None = None
    _replaced: Mapping[str, bytes] = field(default_factory=dict)
    _own_edits: KnownEdits = field(default_factory=KnownEdits)

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
        batch = Batch(names, Run(index, self.target, settings, self.done), progress)
        self._runs = None
        if not keeps_origins and self.earlier is not None:
            batch = replace(batch, compose_one=self.earlier.compose_profile, may_share=False)
        elif not keeps_origins and self.evidence is not None:
            self._runs = self._between_runs(self.evidence)
            batch = replace(batch, compose_one=self._runs.compose_profile, spared=self._runs.spared)
        files = batch.compose(self.diagnostics) if keeps_origins else batch.compose_bare(self.diagnostics, self.jobs)
        self.diagnostics.raise_errors()
        return Composition(names, files, tuple(self.diagnostics))

    def _between_runs(self, evidence: Evidence) -> BetweenRuns:
        """Return what composes with the help of what earlier runs have left."""
        files, scope = self.written_files(), self._scope((), is_whole=False, into=None)

        def read(profile: str, path: str) -> bytes | None:
            try:
                return files.read(scope.place_of(profile, path))
            except OSError:  # whatever writes it, or compares it, reports that
                return None

        return BetweenRuns(find_composed(self.root.as_posix()), read, evidence)

    def _keep_for_later_runs(self, files: Iterable[OutputFile]) -> None:
        known = self._runs.known_after(files, self.catalog.profiles) if self._runs is not None else None
        if known is not None:
            keep_composed(self.root.as_posix(), known)

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
        run = self._prepare(profiles, overrides, into, progress)
        root, files = run.root, run.composition.files
        destination: Destination = (
            DryRunDestination(root) if dry_run else DiskDestination(root, wait) if wait is not None else DiskDestination(root)
        )
        report_stale_edits(self.stale_edits(run.selected), self.diagnostics)
        edits = self._edit_record(run.composition.profiles, is_whole=profiles is None) if into is None else None
        self.done("edits")
        scope = replace(run.scope, settled=self.earlier.settled(root, run.scope, files)) if self.earlier is not None else run.scope
        results = write_files(
            files, destination, scope, self.diagnostics, overwrite=overwrite, edits=edits, sources=sources, evidence=self.evidence
        )
        self.done("write")
        self.diagnostics.raise_errors()
        self._keep_for_later_runs(files)
        if self.earlier is not None and not dry_run:
            self.earlier.note_written(root, scope, files, results)
        return BuildReport(root, results, tuple(self.diagnostics))

    def _prepare(
        self, profiles: str | Iterable[str] | None, overrides: Iterable[str], into: str | Path | None, progress: Progress | None
    ) -> _Run:
        """Compose what is asked for, and say where it belongs."""
        composition = self.compose(profiles, overrides=overrides, progress=progress, keeps_origins=False)
        names = composition.profiles
        root = self._destination_root(into, names)
        return _Run(composition, root, self._scope(names, is_whole=profiles is None, into=into), None if profiles is None else names)

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
        return self._known_edits.find_stale(self.index, source, None if profiles is None else self._layers(profiles))

    @property
    def _known_edits(self) -> KnownEdits:
        return self.earlier.edits if self.earlier is not None else self._own_edits

    def _edit_record(self, profiles: Sequence[str], *, is_whole: bool) -> EditRecord:
        return self._known_edits.record(self.index, None if is_whole else self._layers(profiles))

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
        """Compose, write nothing, and compare with what is on disk. The arguments are those of :meth:`build`.

        Raises:
            ComposerError: if anything is wrong.
        """
        run = self._prepare(profiles, overrides, into, progress)
        results = self._compared(run)
        disk = self._as_repaired(run.root, run.scope)
        composed = {run.scope.path_of(file): file for file in run.composition.files}
        differences = tuple(
            _difference(result, disk, composed.get(result.path)) for result in results if result.action is not FileAction.UNCHANGED
        )
        stale = self.stale_edits(run.selected) if into is None else ()
        return CheckReport(len(run.composition.files), differences, tuple(self.diagnostics), stale)

    def status(
        self,
        profiles: str | Iterable[str] | None = None,
        *,
        overrides: Iterable[str] = (),
        into: str | Path | None = None,
        progress: Progress | None = None,
    ) -> StatusReport:
        """Compose, write nothing, and tell of each output what happened to it, and what a build would do.

        The arguments are those of :meth:`build`.

        Raises:
            ComposerError: if anything is wrong.
        """
        run = self._prepare(profiles, overrides, into, progress)
        results = self._compared(run)
        return StatusReport(run.root, results, tuple(self.diagnostics))

    def _compared(self, run: _Run) -> tuple[FileResult, ...]:
        """Hold what was composed against what is on disk; nothing is written."""
        results = write_files(run.composition.files, DryRunDestination(run.root), run.scope, self.diagnostics, evidence=self.evidence)
        self.diagnostics.raise_errors()
        self._keep_for_later_runs(run.composition.files)
        return results

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


def _difference(result: FileResult, destination: Destination, composed: OutputFile | None) -> Difference:
    """Hold what is on disk against what was composed, words and line ends apart."""
    from composer.line_ends import changed_line_ends  # noqa: PLC0415 - where there is a difference to show

    content = destination.read(result.path)
    before, after = (content or b"").decode(errors="replace"), composed.text if composed is not None else ""
    on_disk, wanted = (SourceFile.from_raw(result.path, raw).text for raw in (before, after))
    ends = changed_line_ends(before, after)
    return Difference(result.path, result.profile, result.action, on_disk, wanted, result.since, result.wanted, ends)


def _find_target(name: str) -> Target:
    if name in TARGETS:
        return TARGETS[name]
    diagnostics = Diagnostics()
    hint = nearest_name(name, TARGETS) or f"the targets are {', '.join(f'`{known}`' for known in TARGETS)}"
    diagnostics.error("unknown-target", f"there is no target `{name}`", unlocated("target"), hint)
    raise ComposerError(tuple(diagnostics))
