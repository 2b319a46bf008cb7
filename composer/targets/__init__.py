"""The tools that agents are written for, registered by hand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from composer.errors import nearest_name
from composer.targets import claude
from composer.targets.base import FieldKind, FieldSpec, FrontMatter, ReadAgent, Target

__all__ = ["TARGETS", "FieldKind", "FieldSpec", "FrontMatter", "ReadAgent", "Target", "get_target"]

TARGETS: Final[Mapping[str, Target]] = MappingProxyType({claude.name: claude})


def get_target(name: str) -> Target:
    """Return the target of that name.

    Raises:
        LookupError: if there is none; the text of the error is a sentence that names the nearest one.
    """
    try:
        return TARGETS[name]
    except KeyError:
        hint = nearest_name(name, TARGETS) or f"the targets are {', '.join(f'`{known}`' for known in TARGETS)}"
        message = f"there is no target `{name}`; {hint}"
        raise LookupError(message) from None
