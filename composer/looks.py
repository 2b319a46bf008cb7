"""The looks of sections that every workspace has. A workspace may define more, in the same terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from composer.model.sources import Look

__all__ = ["BUILT_IN_LOOKS", "HEADING"]

HEADING: Final = Look("heading", "{hashes} {title}")

BUILT_IN_LOOKS: Final[Mapping[str, Look]] = {
    look.name: look
    for look in (
        HEADING,
        Look("label", "**{title}:**"),
        Look("numbered", "{number}. **{title}**", gap=0, indent=3),
        Look("inline", "{number}. **{title}**:", as_sentences=True),
        Look("xml", "<{tag}>", end="</{tag}>", gap=1),
        Look("plain", ""),
    )
}
