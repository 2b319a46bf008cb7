"""A YAML text that is to be edited: its raw characters, its nodes, and the one way to replace some of them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from composer.errors import Diagnostics
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlSequence
from composer.records import dataclass
from composer.source import BYTE_ORDER_MARK, Location, SourceFile
from composer.yaml_text.strict import parse_yaml

__all__ = ["Path", "RewriteRefusedError", "Splice", "YamlDocument", "ended_like", "first_proven", "follow", "read_document", "spell_path"]

Path = Sequence[str | int]

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class RewriteRefusedError(Exception):
    """An edit cannot be made without touching more than it should.

    ``location`` is where a person would make the edit by hand; the message is one sentence and says why.
    """

    def __init__(self, message: str, location: Location) -> None:
        """Keep the place beside the message."""
        self.location = location
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Splice:
    """The characters ``start`` up to ``end`` of a source become ``text``, whose line ends are LF."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class YamlDocument:
    """A YAML text that was read: ``raw`` as it stands in the file, ``source`` and ``root`` as the strict reader sees it."""

    raw: str
    source: SourceFile
    start: int
    end: int
    root: YamlNode

    @property
    def text(self) -> str:
        """The characters that all offsets point into, up to the end of the YAML."""
        return self.source.text[: self.end]

    def line_start(self, offset: int) -> int:
        """Return where the line of a character begins."""
        return max(self.text.rfind("\n", 0, offset) + 1, self.start)

    def line_end(self, offset: int) -> int:
        """Return the offset of the line end at or after a character, or of the end of the YAML."""
        found = self.text.find("\n", offset)
        return found if found >= 0 else self.end

    def next_line(self, offset: int) -> int:
        """Return where the line after the one of a character begins, or the end of the YAML."""
        return min(self.line_end(offset) + 1, self.end)

    def column(self, node: YamlNode) -> int:
        """Return how many characters stand before a node on its line."""
        return node.location.start - self.line_start(node.location.start)

    def is_flow(self, node: YamlNode) -> bool:
        """Whether a list or a map is written in brackets or braces."""
        return self.text[node.location.start : node.location.start + 1] in {"{", "["}

    def refusal(self, message: str, node: YamlNode | None = None) -> RewriteRefusedError:
        """Make the exception that points at a node, or at the beginning."""
        return RewriteRefusedError(message, node.location if node is not None else self.source.at(self.start))


def read_document(raw: str, file: str, start: int, end: int | None) -> YamlDocument:
    """Read a text for an edit.

    Raises:
        RewriteRefusedError: if the strict reader finds anything wrong in it.
    """
    source = SourceFile.from_raw(file, raw)
    stop = len(source.text) if end is None else end
    found = Diagnostics()
    root = parse_yaml(source, start, stop, found)
    if root is None:
        error = found.errors[0]
        message = f"the YAML has an error that has to be mended first: {error.message}"
        raise RewriteRefusedError(message, error.location)
    return YamlDocument(raw, source, start, stop, root)


def follow(root: YamlNode, path: Path) -> list[YamlNode]:
    """Return the root and the nodes that the parts of a path name, as far as there are any."""
    nodes = [root]
    for part in path:
        node = nodes[-1]
        if isinstance(node, YamlMapping) and isinstance(part, str) and part in node.entries:
            nodes.append(node.entries[part])
        elif isinstance(node, YamlSequence) and isinstance(part, int) and 0 <= part < len(node.items):
            nodes.append(node.items[part])
        else:
            break
    return nodes


def spell_path(path: Path) -> str:
    """Print a path for a message."""
    return " → ".join(f"`{part}`" if isinstance(part, str) else f"item {part + 1}" for part in path)


def ended_like(document: YamlDocument, splice: Splice) -> Splice:
    """Keep a file without a line end at its end as it is."""
    if document.text[splice.end - 1 : splice.end] != "\n":
        return Splice(splice.start, splice.end, splice.text.removesuffix("\n"))
    return splice


def first_proven(document: YamlDocument, splices: Iterable[Splice], is_proven: Callable[[YamlNode], bool]) -> str | None:
    """Return the raw text after the first of some splices that does what it should, or None.

    Args:
        document: What is edited.
        splices: Ways to make one edit, the best first.
        is_proven: Whether the root that the strict reader finds afterwards has the change that was asked for, and no other.
    """
    for splice in splices:
        source_text = document.source.text
        expected = source_text[: splice.start] + splice.text + source_text[splice.end :]
        edited = _replace(document, splice)
        source = SourceFile.from_raw(document.source.path, edited)
        if source.text != expected:
            continue  # characters of a line end met where there was none
        root = parse_yaml(source, document.start, document.end + len(expected) - len(source_text), Diagnostics())
        if root is not None and is_proven(root):
            return edited
    return None


def _replace(document: YamlDocument, splice: Splice) -> str:
    """Replace as few characters of the raw text as possible, so that lines that stay keep even their line ends."""
    old = document.source.text[splice.start : splice.end]
    kept = _common_length(old, splice.text)
    old, new = old[kept:], splice.text[kept:]
    kept_at_end = _common_length(old[::-1], new[::-1])
    start, end = splice.start + kept, splice.end - kept_at_end
    raw_start, raw_end = _raw_offsets(document, start, end)
    new = new[: len(new) - kept_at_end].replace("\n", _line_end_near(document, raw_start))
    return document.raw[:raw_start] + new + document.raw[raw_end:]


def _common_length(one: str, other: str) -> int:
    return next((index for index, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other)))


def _raw_offsets(document: YamlDocument, *offsets: int) -> tuple[int, ...]:
    """Turn offsets in a source into offsets in the raw text, where a line end may be two characters and the first one a mark."""
    before = len(BYTE_ORDER_MARK) if document.raw.startswith(BYTE_ORDER_MARK) else 0
    if "\r\n" not in document.raw:
        return tuple(before + offset for offset in offsets)
    # The n-th pair (from 0) stands n characters further back than in the source, and so does all up to the next pair.
    pairs = [found.start() - before - index for index, found in enumerate(re.finditer("\r\n", document.raw))]
    return tuple(before + offset + bisect_left(pairs, offset) for offset in offsets)


def _line_end_near(document: YamlDocument, raw_offset: int) -> str:
    """Return the line end of the line that an edit begins in; at the beginning of a line, that of the line before."""
    here = _LINE_END.search(document.raw, raw_offset)
    before = None
    for found in _LINE_END.finditer(document.raw, 0, raw_offset):
        before = found
    if before is not None and (before.end() == raw_offset or here is None):
        return before[0]
    return here[0] if here is not None else "\n"
