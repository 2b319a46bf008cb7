"""What the strict reader has to see after an edit: the values of before, in their order and styles, with exactly the change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.yaml_text.rewrite.document import Path
from composer.yaml_text.rewrite.writing import NewValue

__all__ = ["Leaves", "holds_text", "holds_value", "leaves_of", "without_part"]

Leaves = list[tuple[tuple[str | int, ...], tuple[str, str]]]
"""Each scalar by its path, with its style and text, in the order of the file; and each empty list or map."""

_EMPTY_MAP = ("{}", "")
_EMPTY_LIST = ("[]", "")


def leaves_of(root: YamlNode) -> Leaves:
    """Return what a document holds, flat, so that two of them can be compared and changed."""
    return list(_leaves(root, ()))


def _leaves(node: YamlNode, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], tuple[str, str]]]:
    if isinstance(node, YamlScalar):
        # At the end of a file a block may have no line end, and get one when something follows.
        text = node.text.removesuffix("\n") if node.style is ScalarStyle.BLOCK else node.text
        yield path, (node.style.value, text)
        return
    is_map = isinstance(node, YamlMapping)
    parts = list(node.entries.items()) if isinstance(node, YamlMapping) else list(enumerate(node.items))
    if not parts:
        yield path, _EMPTY_MAP if is_map else _EMPTY_LIST
    for part, child in parts:
        yield from _leaves(child, (*path, part))


def without_part(leaves: Leaves, path: Path, left_empty: str = "") -> Leaves:
    """Return what is left when the part at a path is taken away.

    Args:
        leaves: What was there.
        path: What goes. Items of a list after it move up.
        left_empty: ``{}`` or ``[]`` where the map or list that held the part stays, empty.
    """
    gone, size = tuple(path), len(path)
    left: Leaves = []
    for place, leaf in leaves:
        if place[:size] == gone:
            if left_empty and (gone[:-1], (left_empty, "")) not in left:
                left.append((gone[:-1], (left_empty, "")))
            continue
        left.append((_moved_up(place, gone), leaf))
    return left


def _moved_up(place: tuple[str | int, ...], gone: tuple[str | int, ...]) -> tuple[str | int, ...]:
    last = len(gone) - 1
    index, at = gone[last], place[last] if len(place) > last else ""
    if place[:last] == gone[:last] and isinstance(index, int) and isinstance(at, int) and at > index:
        return (*place[:last], at - 1, *place[last + 1 :])
    return place


def holds_text(node: YamlNode, text: str, *, as_written: bool) -> bool:
    """Whether a node is a scalar that means ``text``: as a string, or ``as_written`` without quotes."""
    if not isinstance(node, YamlScalar):
        return False
    if as_written:
        return node.style is ScalarStyle.PLAIN and node.text == text
    if node.style is ScalarStyle.BLOCK:
        return node.text.removesuffix("\n") == text.removesuffix("\n")
    return isinstance(node.value, str) and node.text == text


def holds_value(node: YamlNode, value: NewValue, *, as_written: bool) -> bool:
    """Whether a node holds a new value, and nothing else."""
    if isinstance(value, Mapping):
        if not isinstance(node, YamlMapping) or list(node.entries) != list(value):
            return False
        return all(holds_value(node.entries[key], part, as_written=as_written) for key, part in value.items())
    if isinstance(value, str):
        return holds_text(node, value, as_written=as_written)
    if not isinstance(value, bool | int):
        items = node.items if isinstance(node, YamlSequence) else ()
        is_list = isinstance(node, YamlSequence) and len(items) == len(value)
        return is_list and all(holds_text(item, text, as_written=False) for item, text in zip(items, value, strict=True))
    written = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return holds_text(node, written, as_written=True)
