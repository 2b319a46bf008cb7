"""Why a hand edit cannot be taken home."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["SYNTAX", "Reason", "RefusedChangeError"]

SYNTAX: Final = ("{{", "{%", "{#")
"""What templates read as their own."""


class Reason(StrEnum):
    """Why a hand edit cannot be taken home."""

    LAYOUT = "layout"
    BORDER = "border"
    STATEMENT = "statement"
    OPAQUE = "opaque"
    SYNTAX = "syntax"
    GENERATED = "generated"
    SCOPE = "scope"
    CONTRADICTION = "contradiction"
    TITLE = "title"
    INVALID = "invalid"
    NO_SOURCE = "no-source"


class RefusedChangeError(Exception):
    """A change has no source that could be changed for it.

    ``is_final`` marks a sentence that says all there is to say, so that no other is looked for.
    """

    def __init__(self, reason: Reason, message: str, *, is_final: bool = False) -> None:
        """Keep the reason and a sentence that says it."""
        super().__init__(message)
        self.reason = reason
        self.is_final = is_final
