"""Takes the hand edits of an output home: change after change, each proven by composing the changed sources again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from composer.accept.changes import LineChange, apply_change, changed_lines, distance, line_in, split_change
from composer.accept.choice import reason_of
from composer.accept.contradictions import contradiction_inside, contradiction_with
from composer.accept.drafts import Draft
from composer.accept.explaining import explained
from composer.accept.fields import propose_fields
from composer.accept.insertions import propose_insertion
from composer.accept.inverse import Reason, RefusedChangeError
from composer.accept.leftovers import unused_variables, with_idle_edits
from composer.accept.moves import moved_pairs, propose_move
from composer.accept.outputs import EditedFile
from composer.accept.printed import PrintedFile, read_printed
from composer.accept.proposals import Choice, Proposal, Scope, Setting
from composer.accept.removals import propose_removal
from composer.accept.rewordings import propose_rewording
from composer.accept.titles import bare_title, propose_untitling
from composer.model.outputs import OutputFile
from composer.records import dataclass, field, replace

__all__ = ["OutputKey", "Refusal", "TakenHome", "Taker", "users_of"]

OutputKey = tuple[str, str]
"""An output's profile and agent."""

_MOST_PROPOSALS = 24
"""How many proposals are composed for one change before it is given up."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that has no source: its lines in the edited file (from 1), the words that went and came, and why."""

    line: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class TakenHome:
    """What became of the hand edits of one file: the sources with all that could be taken, how, and what could not be."""

    draft: Draft
    choices: tuple[Choice, ...]
    refusals: tuple[Refusal, ...]


@dataclass(slots=True, eq=False)
class _Tries:
    """What the proposals for one change came to: the first reason against each scope, and the one that came nearest."""

    setting: Setting
    change: LineChange
    refusal: RefusedChangeError | None = None
    _by_scope: dict[Scope, str] = field(default_factory=dict)
    _nearest: tuple[int, Draft, Choice] | None = None

    def refuse(self, proposal: Proposal, error: RefusedChangeError) -> None:
        self.refusal = self.refusal or error
        self._by_scope.setdefault(proposal.scope, str(error))

    def choice(self, proposal: Proposal) -> Choice:
        return Choice(proposal, reason_of(proposal, self.setting, self.change, self._by_scope))

    def keep(self, left: int, draft: Draft, proposal: Proposal) -> None:
        if self._nearest is None or left < self._nearest[0]:
            self._nearest = left, draft, self.choice(proposal)

    def nearest(self) -> tuple[Draft, Choice] | RefusedChangeError:
        if self._nearest is not None:
            return self._nearest[1], self._nearest[2]
        return self.refusal or RefusedChangeError(Reason.NO_SOURCE, "no change of a fragment or of the profile gives exactly these lines")


@dataclass(slots=True, eq=False)
class Taker:
    """Takes one file's edits home.

    ``edited`` is its text with LF line ends; ``users`` are the profiles that show something of each fragment or profile, by its name.
    ``scope`` is how far changes shall reach, None to choose. ``others`` are the other edited files of the same run, by output: no
    change may bring one of them further from its own text.
    """

    profile: str
    agent: str
    edited: str
    users: Mapping[str, frozenset[str]]
    scope: Scope | None = None
    others: Mapping[OutputKey, EditedFile] = field(default_factory=dict)
    _refused: dict[tuple[int, tuple[str, ...], tuple[str, ...]], Refusal] = field(default_factory=dict)

    def take(self, draft: Draft) -> TakenHome:
        """Map every change, as far as that can be done."""
        taken: list[Choice] = []
        wanted = self.edited.split("\n")
        while True:
            printed = read_printed(self._output(draft))
            step = self._step(draft, printed, wanted)
            if step is None:
                return TakenHome(draft, tuple(taken), tuple(self._refused.values()))
            draft, choice = step
            taken.append(choice)

    def _output(self, draft: Draft) -> OutputFile:
        found = draft.output(self.profile, self.agent)
        if found is None:
            raise RefusedChangeError(Reason.NO_SOURCE, f"the profile `{self.profile}` does not make `{self.agent}` any more")
        return found

    def _step(self, draft: Draft, printed: PrintedFile, wanted: Sequence[str]) -> tuple[Draft, Choice] | None:
        """Take the first change home that can be; None where none is left."""
        setting = Setting(draft, printed, self.users, self.scope)
        lines = printed.lines
        changes = [change for change in changed_lines(lines, wanted) if not self._is_refused(lines, change, wanted)]
        for gone, came in moved_pairs(printed, changes):
            moved = self._try(setting, gone, propose_move(setting, gone, came), _both(lines, gone, came), wanted)
            if isinstance(moved, tuple):
                return moved
            self._refuse(printed, gone, wanted, moved)
            self._refuse(printed, came, wanted, moved)
            return self._step(draft, printed, wanted)
        for change in changes:
            found = self._change(setting, change, wanted)
            if isinstance(found, tuple):
                return found
            self._refuse(printed, change, wanted, found)
        return None

    def _change(self, setting: Setting, change: LineChange, wanted: Sequence[str]) -> tuple[Draft, Choice] | RefusedChangeError:
        """Take a change home as a whole, or the first part of it that can be."""
        lines = setting.printed.lines
        outcome = self._try(setting, change, _propose(setting, change), apply_change(lines, change), wanted)
        if isinstance(outcome, tuple):
            return outcome
        parts = split_change(lines, change)
        refusal = outcome
        if len(parts) > 1 or parts != (change,):
            for part in parts:
                found = self._try(setting, part, _propose(setting, part), apply_change(lines, part), wanted)
                if isinstance(found, tuple):
                    return found
                refusal = found
        return refusal

    def _try(
        self, setting: Setting, change: LineChange, proposals: Iterator[Proposal], target: Sequence[str], wanted: Sequence[str]
    ) -> tuple[Draft, Choice] | RefusedChangeError:
        """Compose what is proposed until one brings the change about, exactly; else the one that comes nearest to all that is wanted."""
        tries = _Tries(setting, change)
        before = distance(setting.printed.lines, wanted)
        try:
            for proposal in islice(proposals, _MOST_PROPOSALS):
                try:
                    draft, made = self._composed(setting, proposal)
                    lines = self._output(draft).text.split("\n")
                except RefusedChangeError as error:
                    tries.refuse(proposal, error)
                    continue
                if (conflict := self._conflict(setting.draft, draft)) is not None:
                    tries.refuse(proposal, conflict)
                    continue
                is_exact = lines == list(target) or lines == list(wanted)
                left = distance(lines, wanted)
                if (is_exact or left < before) and (problem := _problem_elsewhere(draft)) is not None:
                    tries.refuse(proposal, problem)
                    continue
                if is_exact:
                    return draft, tries.choice(made)
                if left < before:
                    tries.keep(left, draft, made)
                elif (conflict := contradiction_inside(setting.printed.lines, lines, change, wanted)) is not None:
                    tries.refuse(proposal, conflict)
                if _words(lines) == _words(target):
                    tries.refusal = _only_the_words()
        except RefusedChangeError as error:
            tries.refusal = tries.refusal or error
        return tries.nearest()

    def _composed(self, setting: Setting, proposal: Proposal) -> tuple[Draft, Proposal]:
        """Make a proposal's changes, and take out what has no effect any more: a variable goes with the last text that used it."""
        changes = with_idle_edits(proposal.changes, setting.draft)
        draft = setting.draft.changed(changes)
        try:
            draft.compose(self.profile)
        except RefusedChangeError:
            unused = unused_variables(draft, self.profile) if proposal.scope is not Scope.FRAGMENT else ()
            if not unused:
                raise
            draft = setting.draft.changed((*changes, *unused))
            names = " and ".join(f"`{change.keys[-1]}`" for change in unused)
            return draft, replace(proposal, about=f"{proposal.about}; take out {names}, which nothing uses any more")
        return draft, proposal

    def _conflict(self, before: Draft, after: Draft) -> RefusedChangeError | None:
        """Return why a change cannot be made so, if another edited file is further from what it has to come out as then."""
        for (profile, agent), other in self.others.items():
            files = (draft.output(profile, agent) for draft in (before, after))
            old, new = (file.text.split("\n") if file is not None else [] for file in files)
            if (conflict := contradiction_with(other.path, old, new, other.text.split("\n"))) is not None:
                return conflict
        return None

    # --- what was refused -----------------------------------------------------------------------------------------------

    def _key(self, lines: Sequence[str], change: LineChange, wanted: Sequence[str]) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
        return line_in(lines, change, wanted), tuple(lines[change.start : change.end]), change.new

    def _is_refused(self, lines: Sequence[str], change: LineChange, wanted: Sequence[str]) -> bool:
        return self._key(lines, change, wanted) in self._refused

    def _refuse(self, printed: PrintedFile, change: LineChange, wanted: Sequence[str], error: RefusedChangeError) -> None:
        line, before, after = key = self._key(printed.lines, change, wanted)
        refusal = explained(printed, change, error)
        self._refused[key] = Refusal(line, before, after, refusal.reason, str(refusal))


def _only_the_words() -> RefusedChangeError:
    message = "the words can be taken, but not as they stand: marks, numbers, indentation and blank lines come from the layout"
    return RefusedChangeError(Reason.LAYOUT, message)


def _problem_elsewhere(draft: Draft) -> RefusedChangeError | None:
    """Return why another profile cannot be composed any more, if one cannot."""
    try:
        draft.compose_all()
    except RefusedChangeError as error:
        return error
    return None


def _both(lines: Sequence[str], first: LineChange, second: LineChange) -> list[str]:
    result = list(lines)
    for change in sorted((first, second), key=lambda change: change.start, reverse=True):
        result = apply_change(result, change)
    return result


def _words(lines: Sequence[str]) -> list[str]:
    """Return what lines say without marks, numbers and blanks."""
    stripped = (line.strip().lstrip("-*+0123456789.) #").strip("*: ") for line in lines)
    return [line for line in stripped if line]


def _propose(setting: Setting, change: LineChange) -> Iterator[Proposal]:
    """Give all proposals for a change, by what it looks like."""
    first_error: RefusedChangeError | None = None
    is_front = change.start < setting.printed.body_line - 1
    if is_front and change.end <= _GENERATED_LINES and change.start < change.end:
        message = "the first lines of the file are the tool's own: put them back"
        raise RefusedChangeError(Reason.GENERATED, message)
    makers = [propose_rewording]
    if is_front:
        makers = [propose_rewording, propose_fields] if change.start < change.end else [propose_fields]
    elif change.start == change.end:
        makers = [propose_insertion, propose_rewording]
    elif not change.new:
        title = bare_title(setting.printed, change)
        if title is not None:
            yield from propose_untitling(setting, title)
            return
        makers = [propose_removal, propose_rewording]
    for maker in makers:
        try:
            yield from maker(setting, change)
        except RefusedChangeError as error:
            if maker is propose_rewording and makers[0] is propose_insertion and error.reason is Reason.LAYOUT:
                continue  # that no text takes new lines up says nothing of whether they could stand as blocks
            if first_error is None or error.reason is Reason.GENERATED:
                first_error = error
    if first_error is not None:
        raise first_error


_GENERATED_LINES = 2


def users_of(draft: Draft) -> Mapping[str, frozenset[str]]:
    """Return the profiles whose outputs show something of each fragment or profile."""
    users: dict[str, set[str]] = {}
    for profile in draft.profiles:
        for file in draft.compose(profile):
            for segment in file.segments:
                if segment.trace is not None:
                    users.setdefault(segment.trace.layer.partition(" (")[0], set()).add(profile)
    return {home: frozenset(found) for home, found in users.items()}
