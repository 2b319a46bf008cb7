"""The folder of records: each is read whole and as this very program has written it, or it is not there.

It is looked into at the start of a run, before anything else is imported, so it imports little itself.
"""

from __future__ import annotations

import os
import sys

from composer.cache.evidence import digest

TYPE_CHECKING = False  # the module `typing` would cost more than the rest of this one
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FOLDER", "read_record", "write_record"]

FOLDER = ".agent-composer.cache"
"""The folder's name in a workspace."""

_HEAD = "agent-composer record"
_MOST_RECORDS = 64
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib costs more than all of this
_LIBRARIES = ("jinja2", "markupsafe", "pydantic", "pydantic_core", "pyyaml")
"""Those that have a part in what is composed, and in what is told."""


def read_record(root: str, name: str) -> str | None:
    """Return what a run has written under a name; None if there is nothing, or anything but that.

    Args:
        root: the workspace.
        name: the record's name.
    """
    try:
        with open(_place(root, name), encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - as above
            head, _, text = file.read().partition("\n")
        return text if head == _head(text) else None
    except (OSError, ValueError):
        return None


def write_record(root: str, name: str, text: str) -> None:
    """Write a record. What cannot be written is not kept, and nobody is told: the next run finds out anew.

    Args:
        root: the workspace.
        name: the record's name.
        text: what it says.
    """
    try:  # noqa: SIM105 - `contextlib` would have to be imported
        _write(_place(root, name), f"{_head(text)}\n{text}")
    except (OSError, ValueError):
        pass


def _head(text: str) -> str:
    """Return the first line of a record: a digest of what follows, and of the program that says so."""
    program = _programs.get(_PACKAGE)
    if program is None:
        program = _programs[_PACKAGE] = "\n".join(_program())
    return f"{_HEAD} {digest(f'{program}{chr(0)}{text}'.encode())}"


_programs: dict[str, str] = {}
"""What is known of the program, by the place of its package: it is looked at once."""


def _program() -> Iterator[str]:
    """Name the state of this program as Python itself does when it looks for compiled modules: by size and time of the files."""
    yield sys.version
    for folder in sys.path:
        if folder.endswith("-packages") and os.path.isdir(folder):  # noqa: PTH112 - as above
            installed = (name for name in os.listdir(folder) if name.endswith(".dist-info"))  # noqa: PTH208 - as above
            yield from sorted(name for name in installed if name.partition("-")[0].lower() in _LIBRARIES)
    folders = [_PACKAGE]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"
                elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                    folders.append(entry.path)


def _place(root: str, name: str) -> str:
    folder = f"{root}/{FOLDER}"
    if os.path.islink(folder):  # noqa: PTH114 - as above
        raise ValueError(folder)
    return f"{folder}/{name}"


def _write(place: str, text: str) -> None:
    folder = os.path.dirname(place)  # noqa: PTH120 - as above
    if not os.path.isdir(folder):  # noqa: PTH112 - as above
        os.mkdir(folder)  # noqa: PTH102 - as above
        _put(f"{folder}/.gitignore", "*\n")
    records = [name for name in os.listdir(folder) if not name.startswith(".")]  # noqa: PTH208 - as above
    for name in records if len(records) > _MOST_RECORDS else ():
        os.unlink(f"{folder}/{name}")  # noqa: PTH108 - as above
    _put(place, text)


def _put(place: str, text: str) -> None:
    """Write a file in one step: another run sees the old one or the new one."""
    temporary = f"{place}.{os.getpid()}.tmp"
    with open(temporary, "x", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - as above
        file.write(text)
    os.replace(temporary, place)  # noqa: PTH105 - as above
