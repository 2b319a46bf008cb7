"""The blocks of a fragment by projects, and how far the projects diverge over each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from composer.blocks import Block, Item, Leaf, Section, describe
from composer.errors import Diagnostics
from composer.inventory.contents import list_blocks
from composer.lookup.index import Index, Place
from composer.matrix.presence import OutputBlocks, Presence, Status
from composer.merge.layers import layer_name, order_layers
from composer.model.outputs import OutputFile
from composer.model.resolved import Layer
from composer.model.sources import Catalog, Fragment
from composer.records import dataclass

__all__ = ["Cell", "Matrix", "Row", "make_matrices"]

_WORDS_SHOWN: Final = 10
_FOREIGN: Final = "it belongs to a layer that this project does not extend"


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of a block in one project: one presence for each agent that the project builds.

    ``users`` are the agents that use any block of the fragment: only these can agree or differ over it.
    """

    project: str
    presences: tuple[Presence, ...]
    users: tuple[str, ...]

    @property
    def _asked(self) -> tuple[Presence, ...]:
        return tuple(presence for presence in self.presences if presence.agent in self.users) or self.presences

    @property
    def label(self) -> str:
        """The state in a few words: ``yes``, ``gated (webhooks)``, or ``yes in 2 of 3`` where agents differ."""
        counts = Counter(presence.status for presence in self._asked)
        gates = ", ".join(dict.fromkeys(name for presence in self.presences for name in presence.gates))
        names = {status: f"{status} ({gates})" if status is Status.GATED and gates else str(status) for status in counts}
        if len(counts) == 1:
            return next(iter(names.values()))
        parts = ", ".join(f"{names[status]} in {counts[status]}" for status in Status if counts[status] and status is not Status.ABSENT)
        return f"{parts} of {len(self._asked)}"

    @property
    def status(self) -> Status:
        """The state that counts most: one that shows the block before one that does not, and absent last."""
        statuses = {presence.status for presence in self._asked}
        return next((status for status in Status if status in statuses), Status.ABSENT)

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Each reason with the agents that it holds for, joined by commas; no agents where it holds for all."""
        agents: dict[str, list[str]] = {}
        for presence in self.presences:
            agents.setdefault(presence.reason, []).append(presence.agent)
        if len(agents) == 1:
            return (("", next(iter(agents))),)
        return tuple((", ".join(names), reason) for reason, names in agents.items())

    @property
    def reason(self) -> str:
        """The reasons as one text."""
        return "; ".join(f"{agents}: {reason}" if agents else reason for agents, reason in self.reasons)

    @property
    def kind(self) -> frozenset[tuple[Status, str]]:
        """What two projects have to have alike not to diverge: the states, and the text where an edit gave one."""
        met = frozenset((presence.status, presence.text) for presence in self.presences if presence.status is not Status.ABSENT)
        return met or frozenset({(Status.ABSENT, "")})


@dataclass(frozen=True, slots=True)
class Row:
    """A block by projects.

    ``inserted`` says of a block that a profile added where that stands; it is empty for a block of the fragment. ``apart`` counts the
    projects that differ from what most of those that use the fragment have.
    """

    address: str
    name: str
    kind: str
    words: str
    inserted: str
    cells: tuple[Cell, ...]
    apart: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """One fragment: its rows, those that diverge most first, else in the order of the file.

    ``users`` are the projects that use any of its blocks; ``projects`` are all, in the order of the cells.
    """

    fragment: str
    path: str
    about: str
    projects: tuple[str, ...]
    users: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def apart(self) -> int:
        """The sum over all rows."""
        return sum(row.apart for row in self.rows)

    @property
    def diverging(self) -> int:
        """How many blocks are not the same in all projects that use the fragment."""
        return sum(1 for row in self.rows if row.apart)

    def cells_of(self, project: str) -> tuple[Cell, ...]:
        """Return a project's cells, row by row."""
        position = self.projects.index(project)
        return tuple(row.cells[position] for row in self.rows)


def make_matrices(
    index: Index,
    files: Sequence[OutputFile],
    paths: Mapping[OutputFile, str],
    fragments: Sequence[str],
    *,
    stale: Collection[tuple[Layer, str]] = (),
) -> tuple[Matrix, ...]:
    """Make a matrix for each fragment, those with most blocks that diverge first.

    Args:
        index: The workspace that ``files`` were composed of.
        files: The outputs of all projects.
        paths: Where a build writes each.
        fragments: The ids of the fragments wanted.
        stale: Edits of texts that have changed since, as pairs of the layer that wrote one and the address.
    """
    outputs: dict[str, list[OutputBlocks]] = {}
    for file in files:
        outputs.setdefault(file.profile, []).append(OutputBlocks(file, paths[file], stale))
    maker = _Maker(index, outputs)
    matrices = [maker.matrix(index.catalog.fragments[name]) for name in fragments]
    return tuple(sorted(matrices, key=lambda matrix: (-matrix.diverging, -matrix.apart, matrix.fragment)))


class _Maker:
    """Makes matrices over one set of outputs."""

    def __init__(self, index: Index, outputs: Mapping[str, Sequence[OutputBlocks]]) -> None:
        self._index = index
        self._outputs = outputs
        self._layers = {project: _layers_of(project, index.catalog) for project in outputs}
        self._inserted: dict[str, list[Place]] = {}
        for place in index.places.values():
            if place.home.startswith("profiles/"):
                self._inserted.setdefault(_home_of(place, index), []).append(place)

    def matrix(self, fragment: Fragment) -> Matrix:
        blocks = [(self._index.places[entry.address], entry.kind, entry.words) for entry in list_blocks(fragment)]
        added = [(place, _kind_of(place), _words_of(place)) for place in self._inserted.get(fragment.id, ())]
        found = {place.address: self._presences(place) for place, _, _ in (*blocks, *added)}
        users = {project: _users(found, project) for project in self._outputs}
        projects = tuple(project for project, agents in users.items() if agents)
        rows = []
        for place, kind, words in (*blocks, *added):
            cells = tuple(Cell(project, presences, users[project]) for project, presences in found[place.address].items())
            inserted = f"stands at {place.anchor}" if place.anchor else ""
            apart = _apart([cell for cell in cells if cell.project in projects])
            rows.append(Row(place.address, place.address.removeprefix(fragment.id), kind, words, inserted, cells, apart))
        rows.sort(key=lambda row: -row.apart)
        return Matrix(fragment.id, fragment.source.path, fragment.about, tuple(self._outputs), projects, tuple(rows))

    def _presences(self, place: Place) -> Mapping[str, tuple[Presence, ...]]:
        found = {}
        for project, outputs in self._outputs.items():
            presences = tuple(output.find(place) for output in outputs)
            if place.home.startswith("profiles/") and place.home not in self._layers[project]:
                presences = tuple(Presence(one.agent, one.path, Status.ABSENT, _FOREIGN) for one in presences)
            found[project] = presences
        return found


def _users(found: Mapping[str, Mapping[str, Sequence[Presence]]], project: str) -> tuple[str, ...]:
    """Return the agents of a project that use any of the blocks."""
    met = (presence for presences in found.values() for presence in presences[project] if presence.status is not Status.ABSENT)
    return tuple(dict.fromkeys(presence.agent for presence in met))


def _apart(cells: Sequence[Cell]) -> int:
    kinds = Counter(cell.kind for cell in cells)
    return len(cells) - max(kinds.values(), default=0)


def _layers_of(name: str, catalog: Catalog) -> frozenset[str]:
    ancestry = order_layers(name, catalog.profiles, catalog.broken, Diagnostics())
    return frozenset(layer_name(layer) for layer in ancestry.order) if ancestry is not None else frozenset()


def _home_of(place: Place, index: Index) -> str:
    """Return the fragment that an inserted block stands in, by the anchors that lead there."""
    while place.anchor in index.places:
        place = index.places[place.anchor]
    return place.home


def _kind_of(place: Place) -> str:
    return describe(place.block or place.brings).partition(" ")[2]


def _words_of(place: Place) -> str:
    words = " ".join(_texts(place.block or place.brings)).split()
    return " ".join(words[:_WORDS_SHOWN]) + (" …" if len(words) > _WORDS_SHOWN else "")


def _texts(block: Block | None) -> Iterator[str]:
    match block:
        case Leaf() | Item():
            yield str(block.text)
        case Section() if block.title is not None:
            yield str(block.title)
        case None:
            return
        case _:
            yield block.location.text
