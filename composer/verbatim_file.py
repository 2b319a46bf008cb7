"""The file of an agent that says ``verbatim: true``: its front matter as written, and the bytes that no source may hold put back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from composer.errors import Diagnostics, Note
from composer.model.outputs import OutputFile, RenderedDocument, RenderedField, RenderedText, RenderedValue
from composer.model.planned import Segment, SegmentKind
from composer.model.yaml_nodes import ScalarStyle
from composer.naming import is_path_below
from composer.records import dataclass, replace
from composer.source import BYTE_ORDER_MARK, Location
from composer.targets import Target
from composer.targets.yaml_text import YamlWriter
from composer.yaml_text.strict import text_lines

__all__ = ["VERBATIM_KEYS", "emit_verbatim"]

VERBATIM_KEYS: Final = frozenset({"verbatim", "front_matter", "path", "bom", "eol", "final_newlines", "characters"})
"""The keys of ``agent`` that say how the file is written; all others are printed in it."""

_MOST_NEWLINES: Final = 1_048_576
_SWITCHES: Final = frozenset({"true", "false"})
_ENDS: Final = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
_PROFILES: Final = "profiles/"
_NUMBER: Final = re.compile(r"[0-9]{1,7}")
_CODE: Final = re.compile(r"U\+([0-9A-Fa-f]{4,6})")


def emit_verbatim(document: RenderedDocument, target: Target, diagnostics: Diagnostics) -> OutputFile | None:
    """Emit one document; None if it cannot be a file, which is then reported."""
    found = Diagnostics()
    _check_fields(document, found)
    bytes_of = _read_rules(document, target, found)
    for diagnostic in found:
        diagnostics.add(diagnostic)
    if found.errors:
        return None
    location = document.plan.agent.location
    lines = (*_front_matter(document, location), *document.body)
    segments = tuple(bytes_of.restore(_with_final_newlines(lines, bytes_of.final_newlines, location), location))
    return OutputFile(document.profile, document.name, bytes_of.path, segments, document)


# --- fields -----------------------------------------------------------------------------------------------------------


def _check_fields(document: RenderedDocument, diagnostics: Diagnostics) -> None:
    """Refuse what would have no effect: a value of the wrong kind, ``verbatim`` in a profile, fields hidden by ``front_matter``.

    Those of the agent's own file were held against its schema; what a profile sets is any field, until here.
    """
    for name in VERBATIM_KEYS & document.fields.keys():
        field = document.fields[name]
        kind, wanted = (Mapping, "a map") if name == "characters" else (RenderedText, "text")
        if not isinstance(field.value, kind):
            diagnostics.error("wrong-type", f"`{name}` must be {wanted}", field.location)
    agent = document.plan.agent
    verbatim = document.fields.get("verbatim")
    if verbatim is None or verbatim.layer.name.startswith(_PROFILES):
        location = verbatim.location if verbatim is not None else agent.location
        message = f"the text of agent `{document.name}` is read as `verbatim` says in its own file, whatever a profile says"
        diagnostics.error("field-without-effect", message, location, f"change `verbatim` in `fragments/{agent.fragment.id}.md`")
    whole = document.fields.get("front_matter")
    for name, field in document.fields.items():
        if whole is not None and name not in VERBATIM_KEYS and _is_hidden(field, whole):
            message = f"`{name}` is not printed: `front_matter` is the whole front matter of agent `{document.name}`"
            hint = "change the line in `front_matter`, or write each of its lines as a key of its own"
            diagnostics.error("field-without-effect", message, field.location, hint, (Note("`front_matter` is here", whole.location),))


def _is_hidden(field: RenderedField, whole: RenderedField) -> bool:
    """Whether a field was meant to be printed: a profile's `front_matter` may stand in for all that the agent's own file says."""
    return field.layer.name == whole.layer.name or not whole.layer.name.startswith(_PROFILES)


# --- rules ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the agent says of its bytes."""

    path: PurePosixPath
    has_bom: bool
    line_end: str
    final_newlines: int
    characters: Mapping[int, str]

    def restore(self, segments: Iterable[Segment], location: Location) -> Iterator[Segment]:
        """Put back what a source cannot hold."""
        if self.has_bom:
            yield Segment(BYTE_ORDER_MARK, SegmentKind.LAYOUT, location)
        for segment in segments:
            text = segment.text.translate(self.characters) if self.characters else segment.text
            text = text if self.line_end == "\n" else text.replace("\n", self.line_end)
            yield segment if text == segment.text else replace(segment, text=text)


def _read_rules(document: RenderedDocument, target: Target, diagnostics: Diagnostics) -> _Rules:
    fields = document.fields
    newlines = _text(fields, "final_newlines", "1")
    if not _NUMBER.fullmatch(newlines) or int(newlines) > _MOST_NEWLINES:
        message = f"`final_newlines` must be a whole number up to {_MOST_NEWLINES}, not `{newlines}`"
        _refuse(fields["final_newlines"], message, "write how many line ends the file has after its last word", diagnostics)
        newlines = "1"
    end = _text(fields, "eol", "lf")
    if end not in _ENDS:
        _refuse(fields["eol"], f"there are no line ends called `{end}`", "write lf, crlf or cr", diagnostics)
    bom = _text(fields, "bom", "false")
    if bom not in _SWITCHES:
        _refuse(fields["bom"], f"`bom` must be `true` or `false`, not `{bom}`", "write true or false", diagnostics)
    return _Rules(
        path=_read_path(document, target, diagnostics),
        has_bom=bom == "true",
        line_end=_ENDS.get(end, "\n"),
        final_newlines=int(newlines),
        characters=_read_characters(fields.get("characters"), diagnostics),
    )


def _text(fields: Mapping[str, RenderedField], name: str, default: str) -> str:
    field = fields.get(name)
    return str(field.value) if field is not None and isinstance(field.value, RenderedText) else default


def _refuse(field: RenderedField, message: str, hint: str, diagnostics: Diagnostics, part: RenderedValue | None = None) -> None:
    """Report a value, or a part of it, where it stands."""
    value = part if part is not None else field.value
    place = value.scalar.location if isinstance(value, RenderedText) else field.location
    diagnostics.error("bad-value", message, place, hint)


def _read_path(document: RenderedDocument, target: Target, diagnostics: Diagnostics) -> PurePosixPath:
    folder = document.plan.agent.folder
    usual = target.output_path(document.name, folder)
    path = _text(document.fields, "path", "")
    if not path:
        return usual
    written = path.replace("*", document.name)
    if written.endswith("/"):
        written += usual.name
    if not is_path_below(written):
        message = f"`{path}` is no path below the root of a project"
        _refuse(
            document.fields["path"], message, "write folders and a name, with `/` between them, and neither `..` nor `.git`", diagnostics
        )
    return folder / written if folder is not None else PurePosixPath(written)


def _read_characters(field: RenderedField | None, diagnostics: Diagnostics) -> dict[int, str]:
    characters: dict[int, str] = {}
    if field is None or not isinstance(field.value, Mapping):
        return characters
    for key, value in field.value.items():
        code = _CODE.fullmatch(str(value)) if isinstance(value, RenderedText) else None
        number = int(code[1], 16) if code is not None else -1
        if len(key) != 1 or not 0 <= number < 0x110000 or 0xD800 <= number < 0xE000:  # noqa: PLR2004 - Unicode's own bounds
            hint = "write one character and what it stands for, as in `␄: U+0004`"
            _refuse(field, f"`characters` cannot read what it says of `{key}`", hint, diagnostics, value)
        else:
            characters[ord(key)] = chr(number)
    return characters


# --- text -------------------------------------------------------------------------------------------------------------


def _with_final_newlines(segments: Sequence[Segment], count: int, location: Location) -> Iterator[Segment]:
    """End the text with as many line ends as the agent says."""
    kept = list(segments)
    while kept and not kept[-1].text.rstrip("\n"):
        kept.pop()
    if kept and kept[-1].text.endswith("\n"):
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip("\n"))
    yield from kept
    if count:
        yield Segment("\n" * count, SegmentKind.LAYOUT, location)


def _front_matter(document: RenderedDocument, location: Location) -> Iterator[Segment]:
    """Print the front matter as written, or its fields line by line; nothing where the agent has neither."""
    whole = document.fields.get("front_matter")
    fields = [field for name, field in document.fields.items() if name not in VERBATIM_KEYS]
    if whole is None and not fields:
        return
    fence = Segment("---\n", SegmentKind.LAYOUT, location)
    yield fence
    if whole is not None:
        yield from _whole(whole)
    else:
        spec = document.plan.agent.fragment.agent
        if spec is None or "name" not in spec.fields.entries:
            yield from _name(document, location)
            fields = [field for field in fields if field.name != "name"]
        for field in fields:
            yield from _field(field)
    yield fence


def _name(document: RenderedDocument, location: Location) -> Iterator[Segment]:
    """Print the name first where the agent's own file has none: that of the agent, unless a profile says another."""
    if "name" in document.fields:
        yield from _field(document.fields["name"])
        return
    yield Segment("name: ", SegmentKind.LAYOUT, location)
    yield Segment(document.name, SegmentKind.FIELD, location)
    yield Segment("\n", SegmentKind.LAYOUT, location)


def _whole(field: RenderedField) -> Iterator[Segment]:
    if not isinstance(field.value, RenderedText):
        return
    scalar = field.value.scalar
    trace = field.value.segments[0].trace if field.value.segments else None
    lines = text_lines(scalar)
    for line in lines:
        place = scalar.location.source.at(line.offset, line.offset + max(len(line.text), 1))
        yield Segment(f"{line.text}\n", SegmentKind.FIELD, place, trace)
    spare = len(scalar.text) - len(scalar.text.rstrip("\n")) - (1 if lines else 0)
    if spare > 0:
        yield Segment("\n" * spare, SegmentKind.FIELD, field.location, trace)


def _field(field: RenderedField) -> Iterator[Segment]:
    yield Segment(f"{field.name}:", SegmentKind.LAYOUT, field.location)
    written = list(_written(field.value))
    if written:
        yield Segment(" ", SegmentKind.LAYOUT, field.location)
        yield from written
        yield Segment("\n", SegmentKind.LAYOUT, field.location)
        return
    writer = YamlWriter()
    writer.value(field.value, field.location)
    yield from writer.segments()


def _is_as_written(value: RenderedText) -> bool:
    """Whether a value is one line, and says what is written there: what was filled in may need quotes, or others."""
    return "\n" not in value.scalar.location.text and str(value) == value.scalar.text


def _written(value: RenderedValue) -> list[Segment]:
    """Return a value of one line as it is written in its source; nothing for other values."""
    if isinstance(value, RenderedText) and value.scalar.style is ScalarStyle.BLOCK and "\n" not in str(value).rstrip("\n"):
        # What stands below a `|` is printed as it stands, YAML or not: so do many files that the clients repair.
        return [replace(piece, text=piece.text.rstrip("\n")) for piece in value.segments if piece.text.rstrip("\n")]
    if isinstance(value, RenderedText) and value.segments and _is_as_written(value):
        if value.scalar.style is ScalarStyle.PLAIN:
            return list(value.segments)
        if value.scalar.style is ScalarStyle.QUOTED:
            first = value.segments[0]
            return [Segment(value.scalar.location.text, first.kind, first.location, first.trace)]
    if isinstance(value, tuple) and value:
        items = [_written(item) for item in value]
        if all(items):
            location = items[0][0].location
            pieces = [Segment("[", SegmentKind.LAYOUT, location)]
            for position, item in enumerate(items):
                pieces.extend([Segment(", ", SegmentKind.LAYOUT, location)] if position else [])
                pieces.extend(item)
            return [*pieces, Segment("]", SegmentKind.LAYOUT, location)]
    return []
