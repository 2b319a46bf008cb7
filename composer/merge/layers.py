"""Layers and how they fold: which profile descends from which, and what the same key in several of them comes to.

The rules, whole: a scalar or a list replaces; a map merges key by key, and edits an inherited list; ``unset`` takes a key away; the
descendant wins; two layers of which neither descends from the other must have equal effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from composer.errors import Diagnostics, Note, nearest_name
from composer.model.resolved import FieldValue, Layer, Setting
from composer.model.sources import Profile
from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.records import dataclass

__all__ = ["Ancestry", "Folder", "beaten_by", "layer_name", "order_layers", "same_effect"]

MAX_LAYERS: Final = 50
"""How long a chain of profiles may be, each extending the next."""
UNSET = YamlSequence((), None)  # type: ignore[arg-type]  # a mark, compared by identity and never printed


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Who descends from whom. ``order`` lists a profile's ancestors and itself, far to near; ``ancestors`` is by layer name."""

    order: tuple[str, ...]
    ancestors: Mapping[str, frozenset[str]]

    def beats(self, near: Layer, far: Layer) -> bool:
        """Whether ``near`` overrides ``far``: it is the agent's part of a profile, or a descendant in the same part."""
        if bool(near.agent) != bool(far.agent):
            return bool(near.agent)
        return far.name in self.ancestors.get(near.name, frozenset())


def order_layers(name: str, profiles: Mapping[str, Profile], broken: frozenset[str], diagnostics: Diagnostics) -> Ancestry | None:
    """Order a profile's ancestors: depth first, each once, after its own. None where one is unknown, broken or extends itself."""
    order: list[str] = []
    ancestors: dict[str, frozenset[str]] = {}
    is_whole = True

    def visit(current: str, path: tuple[str, ...]) -> frozenset[str]:
        nonlocal is_whole
        if current in ancestors:
            return ancestors[current]
        found: set[str] = set()
        for parent in profiles[current].extends:
            if len(path) >= MAX_LAYERS:
                is_whole = False
                hint = "let profiles extend fewer others, side by side"
                diagnostics.error("too-many-layers", f"profiles extend each other more than {MAX_LAYERS} deep", parent.location, hint)
            elif parent.text in (*path, current):
                _report_cycle((*path, current, parent.text), profiles, diagnostics)
                is_whole = False
            elif parent.text not in profiles:
                is_whole = False
                if f"profiles/{parent.text}" not in broken:
                    hint = nearest_name(parent.text, profiles) or f"write profiles/{parent.text}.yaml, or take the name out"
                    diagnostics.error("unknown-profile", f"there is no profile `{parent.text}`", parent.location, hint)
            else:
                found |= {parent.text} | visit(parent.text, (*path, current))
        ancestors[current] = frozenset(found)
        order.append(current)
        return ancestors[current]

    visit(name, ())
    by_layer = {layer_name(near): frozenset(map(layer_name, far)) for near, far in ancestors.items()}
    return Ancestry(tuple(order), by_layer) if is_whole else None


def layer_name(profile: str) -> str:
    """Return the name of the layer that a profile is."""
    return f"profiles/{profile}"


def _report_cycle(chain: tuple[str, ...], profiles: Mapping[str, Profile], diagnostics: Diagnostics) -> None:
    cycle = chain[chain.index(chain[-1]) : -1]
    # Told alike, and once, whichever profile of the circle one starts from.
    turn = cycle.index(min(cycle))
    cycle = (*cycle[turn:], *cycle[:turn])
    parents = (*cycle[1:], cycle[0])
    links = [next(link for link in profiles[near].extends if link.text == far) for near, far in zip(cycle, parents, strict=True)]
    diagnostics.error(
        "profile-cycle",
        f"a profile extends itself: {' > '.join((*cycle, cycle[0]))}",
        links[-1].location,
        "take one `extends` of the chain out",
        [Note(f"`{name}` extends `{link.text}`", link.location) for name, link in zip(cycle[:-1], links[:-1], strict=True)],
    )


def same_effect(first: YamlNode, second: YamlNode) -> bool:
    """Whether two nodes say the same, however they are written."""
    match first, second:
        case YamlScalar(), YamlScalar():
            both_text = first.style is not ScalarStyle.PLAIN or second.style is not ScalarStyle.PLAIN
            return first.text.strip() == second.text.strip() and (both_text or first.value == second.value)
        case YamlSequence(), YamlSequence():
            if first is UNSET or second is UNSET:
                return first is second
            return len(first.items) == len(second.items) and all(map(same_effect, first.items, second.items))
        case YamlMapping(), YamlMapping():
            if first.entries.keys() != second.entries.keys():
                return False
            return all(same_effect(value, second.entries[key]) for key, value in first.entries.items())
        case _:
            return False


def beaten_by(settings: Iterable[Setting], winner: Setting) -> tuple[Setting, ...]:
    """Return the settings other than ``winner``, nearest first."""
    return tuple(setting for setting in reversed(list(settings)) if setting is not winner and setting.node is not UNSET)


@dataclass(frozen=True, slots=True)
class Folder:
    """Folds what several layers say of one key. Settings are always given far to near."""

    ancestry: Ancestry
    diagnostics: Diagnostics
    profile: str

    def nearest(self, settings: Sequence[Setting], what: str) -> Setting | None:
        """Return the setting that beats all others; where two unrelated ones differ, report it and return one."""
        if len(settings) == 1:
            return settings[0]
        tops = [setting for setting in settings if not any(self.ancestry.beats(other.layer, setting.layer) for other in settings)]
        if not tops:
            return None
        for other in tops[:-1]:
            if not same_effect(other.node, tops[-1].node):
                self.disagree(other, tops[-1], what)
                break
        return tops[-1]

    def disagree(self, first: Setting, second: Setting, what: str) -> None:
        """Report two layers, neither of which descends from the other, that say different things; or one that does."""
        if first.layer == second.layer:
            message, notes = f"`{first.layer}` sets {what} and takes it away", [Note("set here", first.location)]
            self.diagnostics.error("layers-disagree", message, second.location, "keep one of the two", notes)
            return
        self.diagnostics.error(
            "layers-disagree",
            f"`{first.layer}` and `{second.layer}` disagree about {what}",
            second.location,
            f"set it in `profiles/{self.profile}`, which inherits both, or make them say the same",
            [Note("the other layer says", first.location)],
        )

    def fold(self, settings: Sequence[Setting], base: Setting | None, what: str, *, is_list: bool = False) -> FieldValue | None:
        """Fold the settings of one key over ``base``, which every one of them beats. None where nothing is set, or it was taken away."""
        start, edits = self._standing(settings, base, what)
        return self._folded(start, edits, _all_of(base, settings), what, is_list=is_list)

    def fold_to_node(
        self, settings: Sequence[Setting], base: Setting | None, what: str, *, is_list: bool
    ) -> tuple[Setting, tuple[Setting, ...]] | None:
        """Fold as `fold` does, for whoever asks for no place of single items: return the value as one setting, and those that it beat."""
        start, edits = self._standing(settings, base, what)
        if not edits and start is not None and _is_plain(start.node):
            return start, beaten_by(_all_of(base, settings), start)
        value = self._folded(start, edits, _all_of(base, settings), what, is_list=is_list)
        return (Setting(value.layer, _node_of(value), value.location), value.beaten) if value is not None else None

    def _standing(self, settings: Sequence[Setting], base: Setting | None, what: str) -> tuple[Setting | None, list[Setting]]:
        """Return the setting that replaces all that it beats, or ``base``, and what edits it."""
        edits = [setting for setting in settings if isinstance(setting.node, YamlMapping)]
        replacers = [setting for setting in settings if not isinstance(setting.node, YamlMapping)] if edits else settings
        winner = self.nearest(replacers, what)
        if winner is not None and edits:
            # What a replacing layer descends from is gone, its edits included.
            edits = [edit for edit in edits if not any(self.ancestry.beats(other.layer, edit.layer) for other in replacers)]
            for edit in edits:
                if not self.ancestry.beats(edit.layer, winner.layer):
                    self.disagree(winner, edit, what)
        return winner or base, edits

    def _folded(
        self, start: Setting | None, edits: Sequence[Setting], settings: Sequence[Setting], what: str, *, is_list: bool
    ) -> FieldValue | None:
        if not edits:
            if start is None or start.node is UNSET:
                return None
            return self._value(start, beaten_by(settings, start), what)
        inherited = start.node if start is not None and start.node is not UNSET else None
        if isinstance(inherited, YamlSequence) or (is_list and inherited is None):
            return self._edit_list(start if inherited is not None else None, edits, what)
        under = [start] if start is not None and isinstance(inherited, YamlMapping) else []
        return self.fold_maps([*under, *edits], what)

    def fold_maps(self, settings: Sequence[Setting], what: str) -> FieldValue:
        """Merge maps key by key, in the order in which the keys are first seen."""
        by_key: dict[str, list[Setting]] = {}
        for setting in settings:
            if not isinstance(setting.node, YamlMapping):  # pragma: no cover - fold has sorted them out
                continue
            for key, node in setting.node.entries.items():
                if key == "unset" and isinstance(node, YamlSequence):
                    self._unset(node, setting, by_key)
                else:
                    by_key.setdefault(key, []).append(Setting(setting.layer, node, setting.node.keys[key].location))
        values: dict[str, FieldValue] = {}
        for key, found in by_key.items():
            key_of = f"`{key}` of {what}" if what else f"`{key}`"
            if len(found) == 1:
                if found[0].node is not UNSET:
                    values[key] = self._value(found[0], (), key_of)
                continue
            # The farthest map may be the base that all others beat: an agent's own fields.
            base = found[0] if found[0].layer.name.startswith("agents/") else None
            value = self.fold(found[1:] if base else found, base, key_of)
            if value is not None:
                values[key] = value
        nearest = settings[-1]
        return FieldValue(values, nearest.layer, nearest.location)

    def _unset(self, keys: YamlSequence, setting: Setting, by_key: dict[str, list[Setting]]) -> None:
        for key in keys.items:
            if not isinstance(key, YamlScalar):  # pragma: no cover - the schema allows names only
                continue
            if key.text not in by_key:
                self.diagnostics.error(
                    "unset-misses",
                    f"`unset` names `{key.text}`, which no ancestor of `{setting.layer}` sets",
                    key.location,
                    nearest_name(key.text, by_key) or "take it out",
                )
            by_key.setdefault(key.text, []).append(Setting(setting.layer, UNSET, key.location))

    def _value(self, setting: Setting, beaten: tuple[Setting, ...], what: str) -> FieldValue:
        match setting.node:
            case YamlScalar():
                return FieldValue(setting.node, setting.layer, setting.location, beaten)
            case YamlSequence():
                layer = setting.layer
                items = tuple(
                    [
                        FieldValue(item, layer, item.location)
                        if isinstance(item, YamlScalar)
                        else self._value(Setting(layer, item, item.location), (), what)
                        for item in setting.node.items
                    ]
                )
                return FieldValue(items, setting.layer, setting.location, beaten)
            case YamlMapping():
                return self.fold_maps([setting], what)

    def _edit_list(self, start: Setting | None, edits: Sequence[Setting], what: str) -> FieldValue:
        """Add to and take from an inherited list: ``{added: true, taken: false}``."""
        inherited = start.node.items if start is not None and isinstance(start.node, YamlSequence) else ()
        items: dict[str, FieldValue] = {}
        for item in inherited:
            if isinstance(item, YamlScalar) and start is not None:
                items[item.text] = FieldValue(item, start.layer, item.location)
        by_item: dict[str, list[Setting]] = {}
        for edit in edits:
            if not isinstance(edit.node, YamlMapping):  # pragma: no cover - only maps edit a list
                continue
            for name, node in edit.node.entries.items():
                by_item.setdefault(name, []).append(Setting(edit.layer, node, edit.node.keys[name].location))
        for name, found in by_item.items():
            winner = self.nearest(found, f"`{name}` in {what}")
            if winner is None:  # pragma: no cover - every name has a setting
                continue
            self._edit_item(items, name, winner, was_added=any(_is(setting.node, "true") for setting in found[:-1]), what=what)
        nearest = edits[-1]
        beaten = (start,) if start is not None else ()
        return FieldValue(tuple(items.values()), nearest.layer, nearest.location, beaten)

    def _edit_item(self, items: dict[str, FieldValue], name: str, winner: Setting, *, was_added: bool, what: str) -> None:
        if _is(winner.node, "true"):
            scalar = YamlScalar(name, ScalarStyle.PLAIN, winner.location.source, winner.location.start, winner.location.end)
            items.setdefault(name, FieldValue(scalar, winner.layer, winner.location))
        elif not _is(winner.node, "false"):
            hint = "write `true` to add the item, `false` to take it out"
            self.diagnostics.error("wrong-type", f"an edit of a list says `true` or `false` of `{name}`", winner.node.location, hint)
        elif items.pop(name, None) is None and not was_added:
            hint = nearest_name(name, items) or "take the line out"
            self.diagnostics.error("list-edit-misses", f"`{name}` is not in the inherited list of {what}", winner.location, hint)


def _all_of(base: Setting | None, settings: Sequence[Setting]) -> Sequence[Setting]:
    return [base, *settings] if base is not None else settings


def _is_plain(node: YamlNode) -> bool:
    """Whether a node is a value or a list of values, which no layer takes away."""
    if isinstance(node, YamlSequence):
        return node is not UNSET and set(map(type, node.items)) <= {YamlScalar}
    return isinstance(node, YamlScalar)


def _node_of(value: FieldValue) -> YamlNode:
    """Turn a folded value back into a node."""
    if isinstance(value.value, YamlScalar):
        return value.value
    if isinstance(value.value, Mapping):
        return YamlMapping({key: _node_of(part) for key, part in value.value.items()}, {}, value.location)
    return YamlSequence(tuple(_node_of(item) for item in value.value), value.location)


def _is(node: YamlNode, text: str) -> bool:
    return isinstance(node, YamlScalar) and node.style is ScalarStyle.PLAIN and node.text == text
