"""Composes complete AI coding-agent files: load -> index -> resolve -> plan -> render -> lay out -> emit -> write.

Each arrow is a plain call of one stage, and :mod:`composer.pipeline` has them in order. From Python::

    from composer import Workspace

    workspace = Workspace.open(".")
    for file in workspace.compose("medusa").files:
        print(file.path, len(file.content))

What is wrong with the sources is raised as one :class:`ComposerError`, which holds a :class:`Diagnostic` for each thing that is.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the command asks for its version alone, and often: even `typing` would take longer than the answer
if TYPE_CHECKING:
    from typing import Final

    from composer.errors import ComposerError, Diagnostic
    from composer.model.outputs import OutputFile
    from composer.outcomes import BuildReport, CheckReport, Composition, Difference
    from composer.workspace import Workspace

__all__ = [
    "BuildReport",
    "CheckReport",
    "ComposerError",
    "Composition",
    "Diagnostic",
    "Difference",
    "OutputFile",
    "Workspace",
]

__version__ = "0.1.0"

_HOMES: Final = {
    "BuildReport": "composer.outcomes",
    "CheckReport": "composer.outcomes",
    "ComposerError": "composer.errors",
    "Composition": "composer.outcomes",
    "Diagnostic": "composer.errors",
    "Difference": "composer.outcomes",
    "OutputFile": "composer.model.outputs",
    "Workspace": "composer.workspace",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: the command answers ``--help`` without the engine behind it."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module  # noqa: PLC0415 - see above

    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what can be asked for, imported or not."""
    return sorted({*globals(), *__all__})
