"""Which fragments an agent can bring in, whatever its conditions come to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from composer.blocks import Block, Document, Inclusion, Loop, walk_blocks
from composer.lookup.index import Index
from composer.model.resolved import ResolvedAgent, ResolvedEdit, ResolvedVariable
from composer.records import dataclass

__all__ = ["Inclusions"]


@dataclass(frozen=True, slots=True)
class _Includes:
    """What a document includes: by address, and by variable. ``is_open`` is set where a loop may choose."""

    addresses: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    is_open: bool = False


_NOTHING = _Includes()


class Inclusions:
    """Looks through documents, each once for as long as it is asked for."""

    def __init__(self) -> None:
        """Start with nothing looked at."""
        self._known: dict[Document, _Includes] = {}
        self._edits: Mapping[str, ResolvedEdit] | None = None
        self._edit_documents: list[Document] = []

    def keep_only(self, documents: Iterable[Document]) -> None:
        """Forget all other documents."""
        known = self._known
        self._known = {document: known[document] for document in documents if document in known}

    def fragments_of(self, agent: ResolvedAgent, index: Index) -> frozenset[str]:
        """Return the ids of all fragments that an agent, its edits included, can bring in; more than those that it shows.

        Where that cannot be told, because a loop chooses, they are all that there are.
        """
        fragments = index.catalog.fragments
        found: set[str] = {agent.fragment.id}
        if agent.edits is not self._edits:  # most agents of a profile have the very same
            self._edits, self._edit_documents = agent.edits, list(_edit_documents(agent.edits, index))
        waiting = [agent.fragment.document, *self._edit_documents]
        while waiting:
            includes = self._includes_of(waiting.pop())
            if includes.is_open:
                return frozenset(fragments)
            for name in _homes(includes, agent.variables, index):
                if name not in found and name in fragments:
                    found.add(name)
                    document = fragments[name].document
                    if self._includes_of(document) is not _NOTHING:
                        waiting.append(document)
        return frozenset(found)

    def can_bring(self, wanted: Collection[str], index: Index) -> Callable[[Block, str | None], bool]:
        """Return what tells whether a block, or an include of an address in its place, can bring one of some fragments in.

        What a variable names can be any of them.
        """
        fragments = index.catalog.fragments
        includes = {name: self._includes_of(fragment.document) for name, fragment in fragments.items()}
        bringing = set(wanted)

        def brings(found: _Includes) -> bool:
            return bool(found.variables) or not bringing.isdisjoint(_homes_of(found.addresses, index))

        while more := {name for name, found in includes.items() if name not in bringing and brings(found)}:
            bringing |= more
        return lambda block, address: brings(_Includes((address,)) if address is not None else _look((block,)))

    def _includes_of(self, document: Document) -> _Includes:
        includes = self._known.get(document)
        if includes is None:
            includes = self._known[document] = _look(document.blocks)
        return includes


def _look(inside: tuple[Block, ...]) -> _Includes:
    blocks = [block for block, _ in walk_blocks(inside) if isinstance(block, Inclusion | Loop)]
    found = [block for block in blocks if isinstance(block, Inclusion)]
    if not found:
        return _NOTHING
    addresses = tuple(block.address for block in found if block.address is not None)
    variables = tuple(block.variable for block in found if block.variable is not None)
    return _Includes(addresses, variables, bool(variables) and len(found) < len(blocks))


def _edit_documents(edits: Mapping[str, ResolvedEdit], index: Index) -> Iterator[Document]:
    for edit in edits.values():
        for part in edit.parts:
            if part.text is not None and "include" in part.text.text:
                yield index.edit_document(part.text)


def _homes(includes: _Includes, variables: Mapping[str, ResolvedVariable], index: Index) -> list[str]:
    addresses = list(includes.addresses)
    for name in includes.variables:
        variable = variables.get(name)
        if variable is not None:
            addresses += map(str, variable.data) if isinstance(variable.data, list) else [str(variable.data)]
    return _homes_of(addresses, index)


def _homes_of(addresses: Iterable[str], index: Index) -> list[str]:
    homes: list[str] = []
    for address in addresses:
        if "#" in address:  # the block may have moved to another fragment
            homes += (address.partition("#")[0], index.current(address).partition("#")[0])
        else:
            homes.append(address)
    return homes
