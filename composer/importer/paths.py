"""Where the files of a project stand: what its profile says of all of them, and each agent of its own."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Final

__all__ = ["choose_folder", "path_in"]

_USUAL: Final = ".claude/agents"
_FOLDER_LINE: Final = "agents_dir: \n"
_PATH_LINE: Final = "  path: \n"


def choose_folder(places: Sequence[tuple[str, str]]) -> str:
    """Choose the ``agents_dir`` of a project: the folder that all files stand below, where that makes what is written shorter; else empty.

    Args:
        places: the path of each file, and the name of its agent.
    """
    folder = posixpath.commonpath([posixpath.dirname(path) for path, _ in places])
    return folder if folder and len(_FOLDER_LINE) + len(folder) + _length(places, folder) < _length(places, "") else ""


def _length(places: Sequence[tuple[str, str]], folder: str) -> int:
    written = (path_in(folder, path, name) for path, name in places)
    return sum(len(_PATH_LINE) + len(path) for path in written if path)


def path_in(folder: str, path: str, name: str) -> str:
    """Return what the agent ``name`` has to say as its ``path``; empty where its file is where it would be anyway.

    Args:
        folder: the ``agents_dir`` of its profile; empty where that has none.
        path: the file's path below the project's root.
        name: the agent's name.
    """
    if path == f"{folder or _USUAL}/{name}.md":
        return ""
    below = path.removeprefix(f"{folder}/") if folder else path
    if "*" in below:  # it cannot be written: the star would be read
        return below
    parent, slash, file = below.rpartition("/")
    if slash and file == f"{name}.md":
        return f"{parent}{slash}"
    return f"{parent}{slash}*{file.removeprefix(name)}" if file.startswith(name) else below
