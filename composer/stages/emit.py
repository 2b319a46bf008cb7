"""Turns a rendered document into the file of its target, and reads it back before anyone else does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from composer.errors import Diagnostics, InternalError, Note
from composer.model.outputs import OutputFile, RenderedDocument
from composer.model.planned import Segment, SegmentKind, Segments
from composer.targets import FrontMatter, Target
from composer.verbatim_file import emit_verbatim

__all__ = ["check_paths", "emit_document", "emit_documents"]

_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")


def emit_documents(documents: Iterable[RenderedDocument], target: Target, diagnostics: Diagnostics) -> tuple[OutputFile, ...]:
    """Emit each document; two that would be one file, on any system, are an error.

    Raises:
        InternalError: if a file does not read back as it was meant.
    """
    emitted = tuple(file for document in documents if (file := emit_document(document, target, diagnostics)))
    check_paths(emitted, diagnostics)
    return emitted


def check_paths(files: Iterable[OutputFile], diagnostics: Diagnostics) -> None:
    """Report files that would be one, on any system."""
    first_by_path: dict[str, OutputFile] = {}
    for file in files:
        # Some file systems do not tell `A` from `a`: files that are two here would be one there.
        first = first_by_path.setdefault(f"{file.profile}/{file.path}".casefold(), file)
        if first is not file:
            diagnostics.error(
                "duplicate-output",
                f"agents `{first.agent}` and `{file.agent}` are both written to `{file.path}`",
                file.document.plan.agent.location,
                "rename one of them",
                [Note(f"`{first.agent}` is here", first.document.plan.agent.location)],
            )


def emit_document(document: RenderedDocument, target: Target, diagnostics: Diagnostics) -> OutputFile | None:
    """Emit one document; None if it cannot be a file, which is then reported.

    Raises:
        InternalError: if the file does not read back as it was meant.
    """
    location = document.plan.agent.location
    if document.plan.agent.fragment.document.syntax.is_verbatim:
        return emit_verbatim(document, target, diagnostics)
    target.check_rendered(document.fields, diagnostics)
    body, body_text = _end_with_one_newline(document)
    if not body_text:
        diagnostics.error(
            "empty-body",
            f"nothing is left of the text of agent `{document.name}`",
            location,
            "an agent needs a prompt: look at the edits and conditions that took its blocks away",
        )
        return None
    front_matter = target.front_matter(document.name, document.fields, location)
    segments = Segments(lambda: (*front_matter.segments, *body))
    text = front_matter.text + body_text
    if not _is_encodable(text, segments, diagnostics):
        return None
    path = target.output_path(document.name, document.plan.agent.folder)
    file = OutputFile(document.profile, document.name, path, segments, document, text)
    if not diagnostics.errors:  # a field that was refused need not read back: nothing will be written
        _verify(file, front_matter, body_text, target)
    return file


def _verify(file: OutputFile, front_matter: FrontMatter, body_text: str, target: Target) -> None:
    problems = target.verify(file.agent, front_matter, body_text, file.text)
    if problems:
        message = f"the file of agent `{file.agent}` does not read back: {'; '.join(problems)}"
        raise InternalError(message)


def _end_with_one_newline(document: RenderedDocument) -> tuple[Sequence[Segment], str]:
    """Return the body with one line end after its last character, and its text; nothing if it has only blanks."""
    body = document.body
    text = document.body_text if document.body_text is not None else "".join([segment.text for segment in body])
    if not text or text.isspace():
        return (), ""
    if document.body_text is not None and text.endswith("\n") and not text.endswith("\n\n"):  # layout has just ended it so
        return body, text
    kept = text.rstrip("\n")
    count = len(body)
    while not body[count - 1].text.rstrip("\n"):
        count -= 1
    last = body[count - 1]
    rest = last.text.rstrip("\n")
    if count == len(body) and last.text == f"{rest}\n":
        return body, text
    end = Segment("\n", SegmentKind.LAYOUT, document.plan.agent.location)
    if rest == last.text:
        return (*body[:count], end), f"{kept}\n"
    return (*body[: count - 1], Segment(rest, last.kind, last.location, last.trace, last.names), end), f"{kept}\n"


def _is_encodable(text: str, segments: Sequence[Segment], diagnostics: Diagnostics) -> bool:
    """Report half a surrogate pair: an escape in YAML can bring one in, and UTF-8 has no bytes for it."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        return True
    is_encodable = True
    for segment in segments:
        half = _HALF_PAIR.search(segment.text)
        if half:
            is_encodable = False
            diagnostics.error(
                "unencodable-text",
                f"the text holds the character U+{ord(half.group()):04X}, which no UTF-8 file can hold",
                segment.location,
                "write the whole character instead of half a surrogate pair",
            )
    return is_encodable
