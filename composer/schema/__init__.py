"""The shape of the files that people write, and their way into the model.

``shapes`` says with pydantic which keys and types a file may have; ``fit`` sees without it that most files have them, and ``check`` holds
the others against their shape; ``profile``, ``front_matter`` and ``workspace`` check what a shape cannot say and make the model's frozen
values. Nothing inside is checked again.
"""

from __future__ import annotations

from composer.schema.front_matter import FrontMatter, read_front_matter
from composer.schema.profile import read_profile
from composer.schema.workspace import read_workspace

__all__ = [
    "FrontMatter",
    "read_front_matter",
    "read_profile",
    "read_workspace",
]
