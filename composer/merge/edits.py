"""What all layers together do to each block: the edits of one agent, folded.

Every address has at most one *value* (the nearest ``replace`` or ``remove``), one title and one layout, and any number of insertions, which
add up from the far layer to the near one. So the outcome does not hang on the order in which unrelated layers are named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from composer.errors import Diagnostics, Note
from composer.lookup.index import Index
from composer.merge.layers import Folder, beaten_by
from composer.model.resolved import EditPart, Layer, ResolvedEdit, Setting
from composer.model.sources import INSERTION_VERBS, Edit, Edits, Look, Verb
from composer.model.yaml_nodes import YamlNode, YamlScalar
from composer.records import dataclass, field, replace

__all__ = ["EditLayer", "SharedEdits", "fold_again", "fold_edits"]


@dataclass(frozen=True, slots=True)
class EditLayer:
    """The edits that one layer makes."""

    layer: Layer
    edits: Edits


@dataclass(slots=True)
class _Slots:
    """What the layers say at one address, far to near."""

    value: list[tuple[Setting, Edit, Verb]] = field(default_factory=list)
    title: list[tuple[Setting, Edit]] = field(default_factory=list)
    layout: list[tuple[Setting, Edit]] = field(default_factory=list)
    insertions: list[EditPart] = field(default_factory=list)


def fold_edits(
    layers: Sequence[EditLayer], index: Index, folder: Folder, read_looks: Mapping[YamlNode, tuple[Look, ...]]
) -> dict[str, ResolvedEdit]:
    """Fold the edits of ``layers``, given far to near; ``read_looks`` has what each layout comes to."""
    found = _by_address(layers, index, folder)
    folded = {address: _fold_one(address, edits, folder, read_looks) for address, edits in found.items() if edits}
    return _check_nesting(folded, index, folder)


def fold_again(
    known: Mapping[str, ResolvedEdit],
    changed: Collection[str],
    layers: Sequence[EditLayer],
    index: Index,
    folder: Folder,
    read_looks: Mapping[YamlNode, tuple[Look, ...]],
) -> dict[str, ResolvedEdit] | None:
    """Fold what ``layers`` say at some addresses, and take over what they came to at all others before, which was without a word.

    Args:
        known: what the layers came to when they edited the same addresses in the same order.
        changed: the addresses, as layers write them, at which one of them said something else then.
        layers: far to near; none gives an address back.
        index: has the addresses.
        folder: folds.
        read_looks: as for ``fold_edits``.

    Returns:
        What ``fold_edits`` would; None where one of the edited blocks stands inside another, so that a change of one may show in the other.
    """
    addresses = {index.current(address) for address in changed}
    around = {outer for address in addresses for outer in index.containers(address)}
    if not around.isdisjoint(known) or any(outer in addresses for address in known for outer in index.containers(address)):
        return None
    parts = []
    for layered in layers:
        edits = {name: edit for name, edit in layered.edits.by_address.items() if index.current(name) in addresses}
        parts.append(EditLayer(layered.layer, Edits(edits)))
    return {**known, **fold_edits(parts, index, folder, read_looks)}


class SharedEdits:
    """What the layers come to that all agents of a profile share: what an agent says itself is folded beside it, and nothing else anew."""

    def __init__(self, layers: Sequence[EditLayer], index: Index, folder: Folder, read_looks: Mapping[YamlNode, tuple[Look, ...]]) -> None:
        """Fold the layers; arguments as those of ``fold_edits``."""
        # What is wrong here may be put right by an agent, and has to be told by those that leave it so.
        silent = replace(folder, diagnostics=Diagnostics())
        self._layers, self._index, self._read_looks = layers, index, read_looks
        self._found = _by_address(layers, index, silent)
        self._raw = {address: _fold_one(address, found, silent, read_looks) for address, found in self._found.items() if found}
        self._folded = _check_nesting(self._raw, index, silent)
        # An address that is edited no more keeps its place in the order, for whoever edits it again.
        self._is_right = not list(silent.diagnostics) and all(self._found.values())
        self._inside: dict[str, list[str]] = {}
        for address in self._raw:
            for outer in index.containers(address):
                self._inside.setdefault(outer, []).append(address)

    def with_own(self, own: Sequence[EditLayer], folder: Folder) -> dict[str, ResolvedEdit]:
        """Return the edits of an agent, whose own layers are given."""
        if not self._is_right or any(layered.edits.unset for layered in own):
            return fold_edits([*self._layers, *own], self._index, folder, self._read_looks)
        found: dict[str, list[tuple[Layer, Edit]]] = {}
        for address, edits in _by_address(own, self._index, folder).items():
            found[address] = [*self._found.get(address, ()), *edits]
        raw = {**self._raw, **{address: _fold_one(address, edits, folder, self._read_looks) for address, edits in found.items()}}
        folded = dict(self._folded)
        for address in dict.fromkeys([*found, *(inner for outer in found for inner in self._inside.get(outer, ()))]):
            folded[address] = _without_moot(raw[address], raw, self._index, folder)
        return folded


def _by_address(layers: Sequence[EditLayer], index: Index, folder: Folder) -> dict[str, list[tuple[Layer, Edit]]]:
    """Sort edits by the address that they reach; ``unset`` drops those of the layer's ancestors."""
    by_address: dict[str, list[tuple[Layer, Edit]]] = {}
    for layered in layers:
        for edit in layered.edits.by_address.values():
            if (address := _current(edit.address, index)) is not None:
                by_address.setdefault(address, []).append((layered.layer, edit))
        for name in layered.edits.unset:
            address = _current(name.text, index) or name.text
            kept = [
                (layer, edit)
                for layer, edit in by_address.get(address, [])
                if layer == layered.layer or not folder.ancestry.beats(layered.layer, layer)
            ]
            if len(kept) == len(by_address.get(address, [])):
                folder.diagnostics.error(
                    "unset-misses",
                    f"`unset` names `{name.text}`, which no ancestor of `{layered.layer}` edits",
                    name.location,
                    "take it out",
                )
            by_address[address] = kept
    return by_address


def _current(address: str, index: Index) -> str | None:
    """Follow renamed ids. None for an address that does not exist, which was reported when the workspace was indexed."""
    address = index.current(address)
    return address if address in index.places else None


def _collect(slot: _Slots, layer: Layer, edit: Edit) -> None:
    for value_verb, value in ((Verb.REPLACE, edit.replace), (Verb.REMOVE, edit.remove)):
        if value is not None:
            slot.value.append((Setting(layer, value, edit.location), edit, value_verb))
    if edit.title is not None:
        slot.title.append((Setting(layer, edit.title, edit.location), edit))
    if edit.layout is not None:
        slot.layout.append((Setting(layer, edit.layout, edit.location), edit))
    for verb in INSERTION_VERBS:
        texts = edit.insertions.get(verb)
        for name, node in texts.entries.items() if texts is not None else ():
            if isinstance(node, YamlScalar) and texts is not None:
                place = texts.keys[name].location
                slot.insertions.append(EditPart(verb, layer, place, node, name, edit.because))


def _fold_one(
    address: str, edits: Sequence[tuple[Layer, Edit]], folder: Folder, read_looks: Mapping[YamlNode, tuple[Look, ...]]
) -> ResolvedEdit:
    slot = _Slots()
    for layer, edit in edits:
        _collect(slot, layer, edit)
    return _fold(address, slot, folder, read_looks)


def _fold(address: str, slot: _Slots, folder: Folder, looks: Mapping[YamlNode, tuple[Look, ...]]) -> ResolvedEdit:
    value = _nearest_value(address, slot, folder)
    title = _nearest_part(slot.title, Verb.TITLE, f"the title of `{address}`", folder)
    layout = _nearest_part(slot.layout, Verb.LAYOUT, f"the layout of `{address}`", folder)
    if value is not None and title is not None:
        if folder.ancestry.beats(value.layer, title.layer):
            title = None
        elif not folder.ancestry.beats(title.layer, value.layer) and title.layer != value.layer:
            _report_disagreement(value, title, address, folder)
    node = next((edit.layout for setting, edit in slot.layout if layout is not None and setting.location == layout.location), None)
    return ResolvedEdit(address, value, title, layout, looks.get(node, ()) if node is not None else (), tuple(slot.insertions))


def _nearest_value(address: str, slot: _Slots, folder: Folder) -> EditPart | None:
    # A removal and a replacement are compared by what they say, so a removal reads as a text that no replacement can have.
    settings = [setting for setting, _, _ in slot.value]
    winner = folder.nearest(settings, f"`{address}`")
    for setting, edit, verb in slot.value:
        if setting is winner:
            return EditPart(verb, setting.layer, setting.location, edit.replace, "", edit.because, beaten_by(settings, winner))
    return None


def _nearest_part(found: Sequence[tuple[Setting, Edit]], verb: Verb, what: str, folder: Folder) -> EditPart | None:
    settings = [setting for setting, _ in found]
    winner = folder.nearest(settings, what)
    for setting, edit in found:
        if setting is winner:
            text = edit.title if verb is Verb.TITLE else None
            return EditPart(verb, setting.layer, setting.location, text, "", edit.because, beaten_by(settings, winner))
    return None


def _report_disagreement(first: EditPart, second: EditPart, address: str, folder: Folder) -> None:
    folder.diagnostics.error(
        "layers-disagree",
        f"`{first.layer}` and `{second.layer}` disagree about `{address}`",
        second.location,
        f"set it in `profiles/{folder.profile}`, which inherits both, or make them say the same",
        [Note("the other layer says", first.location)],
    )


# --- edits inside what another edit takes away ------------------------------------------------------------------------


def _check_nesting(folded: dict[str, ResolvedEdit], index: Index, folder: Folder) -> dict[str, ResolvedEdit]:
    """Report edits inside a block that is replaced or removed; drop those that the removing layer beats."""
    return {address: _without_moot(edit, folded, index, folder) for address, edit in folded.items()}


def _without_moot(edit: ResolvedEdit, folded: Mapping[str, ResolvedEdit], index: Index, folder: Folder) -> ResolvedEdit:
    parts = [part for part in edit.parts if not _is_moot(part, edit, folded, index, folder)]
    return ResolvedEdit(
        edit.address,
        edit.value if edit.value in parts else None,
        edit.title if edit.title in parts else None,
        edit.layout if edit.layout in parts else None,
        edit.looks if edit.layout in parts else (),
        tuple(part for part in edit.insertions if part in parts),
    )


def _is_moot(part: EditPart, edit: ResolvedEdit, folded: Mapping[str, ResolvedEdit], index: Index, folder: Folder) -> bool:
    address = edit.address
    for outer, value in _values_around(part, edit, folded, index):
        if folder.ancestry.beats(value.layer, part.layer):
            return True
        verb = "replaces" if value.verb is Verb.REPLACE else "removes"
        if value.layer == part.layer:
            folder.diagnostics.error(
                "crossing-edits",
                f"this edit of `{address}` stands inside `{outer}`, which the same layer {verb}",
                part.location,
                "write the change into the replacement, or take one of the two edits out",
                [Note(f"`{outer}` is edited here", value.location)],
            )
        elif folder.ancestry.beats(part.layer, value.layer):
            folder.diagnostics.error(
                "edit-inside-removed",
                f"`{address}` is gone: `{value.layer}` {verb} `{outer}` around it",
                part.location,
                f"give the block back with `unset: [{outer}]` under `edits`, or edit `{outer}` itself",
                [Note(f"`{outer}` is edited here", value.location)],
            )
        else:
            folder.diagnostics.error(
                "layers-disagree",
                f"`{value.layer}` {verb} `{outer}`, and `{part.layer}` edits `{address}` inside it",
                part.location,
                f"choose in `profiles/{folder.profile}`, which inherits both: `unset` one of the two edits, or edit `{outer}` there",
                [Note(f"`{outer}` is edited here", value.location)],
            )
        return True
    return False


def _values_around(part: EditPart, edit: ResolvedEdit, folded: Mapping[str, ResolvedEdit], index: Index) -> Iterator[tuple[str, EditPart]]:
    """Give the replacements and removals that a part stands inside of, innermost first."""
    address = edit.address
    is_inside_own = part.verb in {Verb.FIRST, Verb.LAST, Verb.TITLE, Verb.LAYOUT}
    if is_inside_own and edit.value is not None and (edit.value.verb is Verb.REMOVE or part.verb in {Verb.FIRST, Verb.LAST}):
        yield address, edit.value
    for outer in index.containers(address):
        around = folded.get(outer)
        if around is not None and around.value is not None and not _is_brought_by(address, outer, around.value, index):
            yield outer, around.value


def _is_brought_by(address: str, outer: str, value: EditPart, index: Index) -> bool:
    """Whether the block at ``address`` is part of the very text that replaces ``outer``."""
    place = index.places[address]
    return place.anchor == outer and place.is_inside and place.block is not None and value.verb is Verb.REPLACE
