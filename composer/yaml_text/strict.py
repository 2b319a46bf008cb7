"""YAML text -> nodes that know their places, by stricter rules than YAML's own. The only reader of YAML that our sources go through.

What YAML allows and this refuses: duplicate keys, anchors, tags, merge keys, null, several documents, keys that are not text. A scalar
stays the text that was written; what it means (a number, a boolean) is decided by whoever asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import yaml

from composer.blocks import TextLine
from composer.characters import check_characters, find_bad_character
from composer.errors import Diagnostics, Note
from composer.model.yaml_nodes import ScalarStyle, YamlMapping, YamlNode, YamlScalar, YamlSequence
from composer.records import dataclass, field
from composer.source import Location, SourceFile
from composer.yaml_text.problems import BLOCK_SCALAR_HINT, explain_problem

__all__ = [
    "BLOCK_SCALAR_HINT",
    "LONG_TEXT",
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_NODES",
    "check_prompt_text",
    "parse_yaml",
    "parse_yaml_partly",
    "text_lines",
]

MAX_CHARACTERS: Final = 1_048_576
"""The longest YAML text that is read, in characters."""
MAX_DEPTH: Final = 32
"""How many lists and maps may stand inside each other."""
MAX_NODES: Final = 200_000
"""How many scalars, lists and maps one text may hold."""
LONG_TEXT: Final = 16_384
"""From this many characters on, a text is read line by line if it has the form for it. The nodes are the same either way."""

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# YAML 1.1 takes these for line ends or drops them. They are text here, so the parser meets stand-ins: code points that no source may hold.
_STAND_INS: Final = {"\u2028": "\ufdd0", "\u2029": "\ufdd1", "\ufeff": "\ufdd2"}
_HIDE: Final = str.maketrans(_STAND_INS)
_SHOW: Final = str.maketrans({stand_in: character for character, stand_in in _STAND_INS.items()})

_STYLES: Final[dict[str | None, ScalarStyle]] = {
    "|": ScalarStyle.BLOCK,
    ">": ScalarStyle.BLOCK,
    "'": ScalarStyle.QUOTED,
    '"': ScalarStyle.QUOTED,
}
# Looked up once: an enum finds its members slowly, and every scalar asks.
_PLAIN: Final = ScalarStyle.PLAIN
_QUOTED: Final = ScalarStyle.QUOTED
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


def parse_yaml(source: SourceFile, start: int, end: int, diagnostics: Diagnostics) -> YamlNode | None:
    """Read the characters ``start`` up to ``end`` of a source as one YAML document.

    Args:
        source: The whole text; front matter is a part of it, and all places point into it.
        start: The first character, as an offset.
        end: The offset after the last character.
        diagnostics: Gets an error for each thing that is wrong.

    Returns:
        The root node; an empty map where the text holds nothing but comments; None where anything was wrong.
    """
    found = Diagnostics()
    node = parse_yaml_partly(source, start, end, found)
    for diagnostic in found:
        diagnostics.add(diagnostic)
    return None if found.errors else node


def parse_yaml_partly(source: SourceFile, start: int, end: int, diagnostics: Diagnostics) -> YamlNode | None:
    """Read YAML like :func:`parse_yaml`, but give what could be read beside the errors.

    So a caller can report what else is wrong in the same text, before it refuses it. A key whose value was refused is in the ``keys`` of
    its map, and not in its ``entries``.

    Returns:
        The root node without the parts that were refused; None where the text as a whole is beyond reading.
    """
    if end - start > MAX_CHARACTERS:
        message = f"the YAML is longer than {MAX_CHARACTERS} characters"
        diagnostics.error("yaml-too-large", message, source.at(start), "split the file")
        return None
    if not check_characters(source, start, end, diagnostics):
        return None
    readable = source.text[start:end]
    has_stand_ins = not readable.isascii() and any(character in readable for character in _STAND_INS)
    if has_stand_ins:
        readable = readable.translate(_HIDE)
    elif end - start >= LONG_TEXT:
        from composer.yaml_text.by_lines import read_by_lines  # noqa: PLC0415 - its patterns take as long as a shorter text

        if (root := read_by_lines(source, start, end)) is not None:
            return root
    return _parse_events(readable, source, (start, end), diagnostics, has_stand_ins=has_stand_ins)


def _parse_events(
    readable: str, source: SourceFile, bounds: tuple[int, int], diagnostics: Diagnostics, *, has_stand_ins: bool
) -> YamlNode | None:
    """Read any YAML, and tell what is wrong with it; ``readable`` is the text between the bounds as the parser may see it."""
    builder = _Builder(source, bounds[0], diagnostics, has_stand_ins=has_stand_ins)
    try:
        parser = _LOADER(readable)
        while (event := parser.get_event()) is not None:
            if not builder.take(event):
                return None
    except yaml.MarkedYAMLError as error:
        _report_problem(error, source, bounds, builder.template_lines, diagnostics)
        return None
    return builder.root or YamlMapping({}, {}, source.at(bounds[0], bounds[0]))


def _report_problem(
    error: yaml.MarkedYAMLError, source: SourceFile, bounds: tuple[int, int], known_lines: set[int], diagnostics: Diagnostics
) -> None:
    start, end = bounds
    marks = [start + mark.index for mark in (error.context_mark, error.problem_mark) if mark is not None]
    problem_at = min(marks[-1] if marks else start, end)
    context_at = min(marks[0] if marks else start, end)
    problem = explain_problem(source.text[:end], (context_at, problem_at), error.context or "", error.problem or "")
    location = source.at(problem.offset)
    # A value that begins with {{ was reported, and what follows it on its line makes no sense to the parser.
    if location.line not in known_lines:
        diagnostics.error(problem.code, problem.message, location, problem.hint)


@dataclass(slots=True)
class _Frame:
    """A list or map that is being read. A ``muted`` one was refused: it is read to its end and dropped."""

    start: int
    is_mapping: bool
    in_flow: bool
    muted: bool
    is_key: bool = False
    items: list[YamlNode] = field(default_factory=list)
    entries: dict[str, YamlNode] = field(default_factory=dict)
    keys: dict[str, YamlScalar] = field(default_factory=dict)
    key: YamlScalar | None = None
    expects_key: bool = False
    """Whether a map's next node is a key. Where it is a value, ``key`` is None if the value's key was refused."""
    end: int = 0


class _Builder:
    """Turns events into nodes on a stack of its own, so that no depth of nesting can exhaust Python's."""

    def __init__(self, source: SourceFile, base: int, diagnostics: Diagnostics, *, has_stand_ins: bool) -> None:
        self.template_lines: set[int] = set()
        """The lines on which a value that begins with ``{{`` was reported."""
        self._source = source
        self._base = base
        self._diagnostics = diagnostics
        self._has_stand_ins = has_stand_ins
        # The first frame stands for the document and takes its root.
        self._document = _Frame(base, is_mapping=False, in_flow=False, muted=False)
        self._frames = [self._document]
        self._aliases: set[str | None] = set()
        self._nodes = 0
        self._documents = 0
        # By type, not by a chain of tests: this is called for each node of each file.
        self._takers: Mapping[type[yaml.Event], Callable[[Any], bool]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.DocumentStartEvent: self._open_document,
        }

    @property
    def root(self) -> YamlNode | None:
        """The root of the document, or None where it is empty."""
        return self._document.items[0] if self._document.items else None

    def take(self, event: yaml.Event) -> bool:
        """Take one event; False where reading has to stop."""
        taker = self._takers.get(type(event))
        if taker is None:  # the ends of documents and of the stream
            return True
        self._nodes += 1
        if self._nodes > MAX_NODES:
            message = f"the YAML holds more than {MAX_NODES} keys and values"
            self._diagnostics.error("yaml-too-large", message, self._at(event), "split the file")
            return False
        return taker(event)

    def _span(self, event: Any) -> tuple[int, int]:  # noqa: ANN401 - the stubs say that marks may be absent; in parsed events they are not
        return self._base + event.start_mark.index, self._base + event.end_mark.index

    def _at(self, event: yaml.Event) -> Location:
        start, end = self._span(event)
        return self._source.at(start, max(end, start + 1))

    def _error(self, code: str, message: str, location: Location, hint: str) -> None:
        if not self._frames[-1].muted:
            self._diagnostics.error(code, message, location, hint)

    # --- documents ----------------------------------------------------------------------------------------------------

    def _open_document(self, event: yaml.DocumentStartEvent) -> bool:
        self._documents += 1
        if self._documents > 1:
            hint = "take the `---` away; one file is one document"
            self._error("yaml-documents", "a second YAML document begins here", self._at(event), hint)
            return False
        if event.version or event.tags:
            self._error("yaml-directive", "a line that begins with `%` is a YAML directive", self._at(event), "take the line away")
        return True

    # --- scalars ------------------------------------------------------------------------------------------------------

    def _scalar(self, event: Any) -> bool:  # noqa: ANN401 - the stubs say that marks may be absent; in parsed events they are not
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        frame = self._frames[-1]
        text = event.value.translate(_SHOW) if self._has_stand_ins else event.value
        style = _STYLES.get(event.style, _PLAIN)
        start, end = self._base + event.start_mark.index, self._base + event.end_mark.index
        scalar = YamlScalar(text, style, self._source, start, end, frame.in_flow)
        if style is _QUOTED and (bad := find_bad_character(text)):
            message = f"an escape gives the character `U+{ord(bad):04X}`, which is not text"
            self._error("bad-character", message, scalar.location, "take the escape out")
        if frame.expects_key:
            self._key(scalar)
        elif style is _PLAIN and text in _NULLS:
            self._null(scalar)
        elif frame.is_mapping:
            self._add(scalar)
        else:  # as `_add` does, for the most frequent of all
            frame.end = end
            frame.items.append(scalar)
        return True

    def _null(self, scalar: YamlScalar) -> None:
        if len(self._frames) == 1 and not scalar.text:
            return  # `---` and nothing else: an empty document
        key = self._frames[-1].key
        written = f"`{key.text}` is `{scalar.text}`, which is no value" if key else f"`{scalar.text}` is no value"
        if not scalar.text:
            written = f"`{key.text}` has no value" if key else "a list item has no value"
        hint = 'give a value (`""` for an empty text)'
        if key:
            hint = f'give it a value (`""`, `[]` or `{{}}` for an empty one), or take an inherited key away with `unset: [{key.text}]`'
        # Nothing can be underlined where nothing was written: point at the key then.
        place = scalar.location if scalar.text or key is None else key.location
        self._error("null-value", written, place, hint)
        self._add(None)

    def _alias(self, event: yaml.AliasEvent) -> bool:
        location = self._at(event)
        if self._frames[-1].expects_key:
            self._refuse_key(location, "an alias")
            return True
        if event.anchor not in self._aliases:  # told once for each anchor: a text may hold thousands
            self._aliases.add(event.anchor)
            message = f"`{location.text.rstrip()}` is a YAML alias"
            self._error("yaml-alias", message, location, f"write the value again; if it is text, {BLOCK_SCALAR_HINT}")
        self._add(None)
        return True

    def _refuse_properties(self, event: Any) -> None:  # noqa: ANN401 - the stubs have no common type for events with properties
        start = self._span(event)[0]
        written = self._source.text[start : start + 80].split()
        hint = f"take it away; if it is text, {BLOCK_SCALAR_HINT}"
        if event.anchor is not None:
            location = self._source.at(start, start + len(written[0]))
            self._error("yaml-anchor", f"`&{event.anchor}` is a YAML anchor", location, hint)
        if event.tag is not None:
            tag = next((word for word in written if word.startswith("!")), written[0])
            start = self._source.text.find(tag, start)
            self._error("yaml-tag", f"`{tag}` is a YAML tag", self._source.at(start, start + len(tag)), hint)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def _key(self, scalar: YamlScalar) -> None:
        frame = self._frames[-1]
        frame.expects_key = False
        frame.key = None
        frame.end = scalar.end
        if scalar.style is ScalarStyle.PLAIN and scalar.text == "<<":
            hint = "write the keys themselves, or share them with `extends`"
            self._error("yaml-merge-key", "`<<` is a YAML merge key", scalar.location, hint)
        elif scalar.style is ScalarStyle.BLOCK or not scalar.text or "\n" in scalar.text:
            self._error("yaml-key", "a key must be one line of text", scalar.location, "write `key: value`")
        elif scalar.text in frame.keys:
            first = Note("the first is here", frame.keys[scalar.text].location)
            if not frame.muted:
                message, hint = f"the key `{scalar.text}` stands twice in one map", "keep one of the two"
                self._diagnostics.error("duplicate-key", message, scalar.location, hint, (first,))
        else:
            frame.key = frame.keys[scalar.text] = scalar

    def _refuse_key(self, location: Location, what: str) -> None:
        self._error("yaml-key", f"a key must be text, not {what}", location, "write `key: value`")
        self._frames[-1].expects_key = False
        self._frames[-1].key = None

    # --- lists and maps -----------------------------------------------------------------------------------------------

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> bool:
        if len(self._frames) > MAX_DEPTH:
            message = f"lists and maps stand inside each other more than {MAX_DEPTH} deep"
            self._diagnostics.error("yaml-too-deep", message, self._at(event), "make the structure flatter")
            return False
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        outer = self._frames[-1]
        start, end = self._span(event)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        is_key = outer.expects_key
        is_template = is_mapping and self._source.text.startswith("{{", start)
        if is_template:
            self._refuse_template(start)
        elif is_key:
            self._refuse_key(self._at(event), "a map" if is_mapping else "a list")
        muted = outer.muted or is_key or is_template
        in_flow = outer.in_flow or bool(event.flow_style)
        self._frames.append(_Frame(start, is_mapping, in_flow, muted, is_key, expects_key=is_mapping, end=end))
        return True

    def _refuse_template(self, start: int) -> None:
        location = self._source.at(start, start + 2)
        self.template_lines.add(location.line)
        self._error("template-unquoted", "a value that begins with `{{` is a map to YAML", location, BLOCK_SCALAR_HINT)

    def _close(self, event: yaml.MappingEndEvent | yaml.SequenceEndEvent) -> bool:
        frame = self._frames.pop()
        # A block's end event stands where the next thing begins, and is empty: its last part knows better.
        closes_at, end = self._span(event)
        end = end if end > closes_at else frame.end
        location = Location(self._source, frame.start, end)
        if frame.is_key:
            self._frames[-1].expects_key = False
            self._frames[-1].key = None
        elif frame.muted:
            self._add(None, end)
        elif frame.is_mapping:
            self._add(YamlMapping(frame.entries, frame.keys, location))
        else:
            self._add(YamlSequence(tuple(frame.items), location))
        return True

    def _add(self, node: YamlNode | None, end: int = 0) -> None:
        """Put a value where it belongs; None stands for one that was refused."""
        frame = self._frames[-1]
        frame.end = max(frame.end, node.location.end if node is not None else end)
        if frame.is_mapping:
            if frame.key is not None and node is not None:
                frame.entries[frame.key.text] = node
            frame.expects_key = True
            frame.key = None
        elif node is not None:
            frame.items.append(node)


# --- text in YAML -----------------------------------------------------------------------------------------------------


def text_lines(scalar: YamlScalar) -> tuple[TextLine, ...]:
    """Return the lines of a scalar's text, each with the offset of its first character in the source.

    The offsets are exact for literal block scalars (``|``), and for plain and quoted scalars of one line that hold no escape. For the
    others (folded, of several lines, with escapes) each line points at the start of the scalar.

    Returns:
        The lines of the text without the line ends that end it; none for an empty text.
    """
    text = scalar.text.rstrip("\n")
    if not text:
        return ()
    start, written = scalar.start, scalar.source.text[scalar.start : scalar.end]
    if scalar.style is ScalarStyle.BLOCK and written.startswith("|"):
        return tuple(_literal_lines(scalar, text.split("\n")))
    if scalar.style is ScalarStyle.QUOTED and written[1:-1] == text:
        start += 1
    return tuple(TextLine(start, line) for line in text.split("\n"))


def _literal_lines(scalar: YamlScalar, lines: list[str]) -> Iterator[TextLine]:
    """Each line of a literal is the end of one line of the source: what stands before it is indentation."""
    text = scalar.source.text
    position = text.find("\n", scalar.start) + 1
    for line in lines:
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        yield TextLine(max(end - len(line), position), line)
        position = end + 1


def check_prompt_text(scalar: YamlScalar, what: str, diagnostics: Diagnostics) -> None:
    """Report prompt text that YAML may have cut short: a plain scalar in a flow map or list, or before a comment.

    Args:
        scalar: The text.
        what: What the text is, to begin the message with (``the description``).
        diagnostics: Gets the error.
    """
    if scalar.style is not ScalarStyle.PLAIN:
        return
    if scalar.in_flow:
        message = f"{what} stands in a flow map or list, where prompt text ends at the first comma"
        diagnostics.error("text-in-flow", message, scalar.location, BLOCK_SCALAR_HINT)
        return
    source, end = scalar.source, scalar.end
    stop = source.text.find("\n", end)
    rest = source.text[end : stop if stop >= 0 else len(source.text)]
    if rest[:1] in {" ", "\t"} and rest.lstrip(" \t").startswith("#"):
        comment = source.at(end + len(rest) - len(rest.lstrip(" \t")), end + len(rest))
        diagnostics.error("text-cut-by-comment", f"{what} is cut short: ` #` begins a comment", comment, BLOCK_SCALAR_HINT)
