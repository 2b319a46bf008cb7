"""A scalar goes to another map, as it is written."""

from __future__ import annotations

from composer.model.yaml_nodes import YamlMapping, YamlScalar
from composer.yaml_text.rewrite.adding import add_entry
from composer.yaml_text.rewrite.document import (
    Path,
    Splice,
    YamlDocument,
    ended_like,
    first_proven,
    follow,
    read_document,
    spell_path,
)
from composer.yaml_text.rewrite.layout import after_node
from composer.yaml_text.rewrite.proof import leaves_of
from composer.yaml_text.rewrite.removing import remove_entry

__all__ = ["move_entry"]


def move_entry(  # noqa: D417 - the others are told once, in the package
    raw: str, path: Path, to: Path, *, keep: int = 0, start: int = 0, end: int | None = None, file: str = ""
) -> str:
    """Carry a scalar from one map of lines to another: its style, its quotes and the comment behind it go with it.

    It comes where :func:`add_entry` puts a new entry, and what it leaves is as :func:`remove_entry` says.

    Args:
        path: The scalar.
        to: The other map's path and the key there, which must not exist.
        keep: As for :func:`remove_entry`.

    Returns:
        The raw text with that change.

    Raises:
        RewriteRefusedError: as those two, and if the scalar cannot stand there as it is written, in braces for example.
    """
    before = len(raw.replace("\r\n", "\n"))
    document = read_document(raw, file, start, end)
    nodes = follow(document.root, path)
    if len(nodes) <= len(path) or not isinstance(nodes[-1], YamlScalar) or not isinstance(nodes[-2], YamlMapping):
        message = f"there is no text at {spell_path(path)}"
        raise document.refusal(message, nodes[-1])
    with_place = add_entry(raw, to, 0, start=start, end=end, file=file)
    stop = None if end is None else end + len(with_place.replace("\r\n", "\n")) - before
    opened = read_document(with_place, file, start, stop)
    leaves = dict(leaves_of(opened.root))
    leaves[tuple(to)] = leaves[tuple(path)]
    carried = first_proven(opened, [_carried(opened, path, to)], lambda root: leaves_of(root) == list(leaves.items()))
    if carried is None:
        message = f"{spell_path(path)} cannot stand at {spell_path(to)} as it is written"
        raise document.refusal(message, nodes[-1])
    stop = None if end is None else end + len(carried.replace("\r\n", "\n")) - before
    return remove_entry(carried, path, keep=keep, start=start, end=stop, file=file)


def _carried(document: YamlDocument, path: Path, to: Path) -> Splice:
    """Write behind the new key what stands behind the old one, moved by as many columns as the key is."""
    old, new = follow(document.root, path), follow(document.root, to)
    assert isinstance(old[-2], YamlMapping)  # noqa: S101 - the caller has looked
    assert isinstance(new[-2], YamlMapping)  # noqa: S101 - an entry was added to it
    column = document.column(old[-2])
    key, place = old[-2].keys[str(path[-1])], new[-2].keys[str(to[-1])]
    first, *more = document.text[key.location.end : after_node(document, old[-1], column)].removesuffix("\n").split("\n")
    by = document.column(place) - document.column(key)
    moved = [" " * by + line if line and by > 0 else line[min(max(-by, 0), len(line) - len(line.lstrip(" "))) :] for line in more]
    return ended_like(document, Splice(place.location.end, document.next_line(place.location.end), "\n".join([first, *moved, ""])))
