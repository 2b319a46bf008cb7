"""Workspaces in which everything was in order, and the proof that nothing has changed since.

It is asked at the start of a run, before anything else is imported, so it imports little itself.
"""

from __future__ import annotations

import os

from composer.cache.evidence import Evidence, digest
from composer.cache.folder import read_record, write_record
from composer.home import MISNAMED_FILE, SOURCE_FOLDERS, WORKSPACE_FILE

TYPE_CHECKING = False  # the module `typing` would cost more than the rest of this one
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Settled", "find_settled", "keep_settled"]

_SOURCE, _UNREAD, _OUTPUT, _ABSENT = "source", "unread", "output", "absent"
# What a run would see, too, were it there: a configuration with the wrong ending, and what a run that was cut short has left.
_MUST_BE_ABSENT = (MISNAMED_FILE, ".agent-composer.journal")
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Settled:
    """What a run came to that found every output in order."""

    def __init__(self, outputs: int, remarks: str = "") -> None:
        """Keep the number of outputs, and what the run told of the sources on standard error."""
        self.outputs = outputs
        self.remarks = remarks


def find_settled(root: str, question: Iterable[str]) -> Settled | None:
    """Return what an earlier run came to, if it found everything in order and nothing that it depended on has changed.

    Args:
        root: the workspace.
        question: what was asked: the command, and the names of the profiles.

    Returns:
        It; None if it is not known, whatever the reason: then the run has to find out.
    """
    text = read_record(root, _name(question))
    if text is None:
        return None
    try:
        seen, _, remarks = text.partition("\n\n")
        sources_proof, outputs_proof, outputs, *lines = seen.splitlines()
        kinds = {path: kind for kind, _, path in (line.partition(" ") for line in lines)}
        is_same = _proof(_sources_now(root, kinds)) == sources_proof and _proof(_outputs_now(root, kinds)) == outputs_proof
        return Settled(int(outputs), remarks) if is_same else None
    except (OSError, ValueError):  # something of the workspace cannot be read
        return None


def keep_settled(root: str, questions: Iterable[Iterable[str]], evidence: Evidence, settled: Settled) -> None:
    """Record that everything is in order. What cannot be written is not kept, and nobody is told: the next run finds out anew.

    Args:
        root: the workspace.
        questions: to which this is the answer.
        evidence: what the run saw, and what it left.
        settled: what it came to.
    """
    lines = [f"{_SOURCE if seen else _UNREAD} {path}" for path, seen in evidence.sources.items()]
    lines += [f"{_OUTPUT if seen else _ABSENT} {path}" for path, seen in evidence.outputs.items()]
    if len("\n".join(lines).splitlines()) != len(lines):  # a name holds a line break
        return
    proofs = (_proof(evidence.sources), _proof(evidence.outputs))
    text = "\n".join((*proofs, str(settled.outputs), *lines, "", settled.remarks))
    for question in questions:
        write_record(root, _name(question), text)


def _name(question: Iterable[str]) -> str:
    return f"settled-{digest(chr(0).join(question).encode())}"


# --- the proof --------------------------------------------------------------------------------------------------------


def _proof(seen: dict[str, str]) -> str:
    """Return one digest over all that was seen."""
    return digest("\n".join(f"{path}\0{found}" for path, found in sorted(seen.items())).encode())


def _sources_now(root: str, kinds: dict[str, str]) -> dict[str, str]:
    """See the sources again that a run saw.

    Raises:
        ValueError: if there is a link, a source that it did not see, or anything else that needs a closer look.
        OSError: if something cannot be read.
    """
    sources = {path: kind for path, kind in kinds.items() if kind in {_SOURCE, _UNREAD}}
    if any(os.path.lexists(f"{root}/{name}") for name in _MUST_BE_ABSENT) or sources.keys() != set(_sources(root)):
        raise ValueError
    return {path: digest(_read(f"{root}/{path}")) if kind == _SOURCE else "" for path, kind in sources.items()}


def _outputs_now(root: str, kinds: dict[str, str]) -> dict[str, str]:
    """See the outputs again that a run left: last, for there are many, and most runs that have something to do have other sources.

    Raises:
        ValueError: if there is a link, or a file that was not there.
        OSError: if something cannot be read.
    """
    outputs = {path: kind for path, kind in kinds.items() if kind in {_OUTPUT, _ABSENT}}
    if any(kind == _ABSENT and os.path.lexists(f"{root}/{path}") for path, kind in outputs.items()):
        raise ValueError
    real = os.path.realpath(root)
    for folder in {path.rpartition("/")[0] for path, kind in outputs.items() if kind == _OUTPUT}:
        place = f"{real}/{folder}" if folder else real
        if os.path.realpath(place) != os.path.normpath(place):
            raise ValueError
    return {path: digest(_read(f"{root}/{path}")) if kind == _OUTPUT else "" for path, kind in outputs.items()}


def _sources(root: str) -> Iterator[str]:
    """Give the path of every source of a workspace.

    Raises:
        ValueError: if there is a link among them.
    """
    if os.path.lexists(f"{root}/{WORKSPACE_FILE}"):
        yield WORKSPACE_FILE
    folders = [folder for folder in SOURCE_FOLDERS if os.path.lexists(f"{root}/{folder}")]
    if any(os.path.islink(f"{root}/{folder}") for folder in folders):  # noqa: PTH114 - as above
        raise ValueError
    while folders:
        folder = folders.pop()
        with os.scandir(f"{root}/{folder}") as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                path = f"{folder}/{entry.name}"
                if entry.is_symlink():
                    raise ValueError(path)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                else:
                    yield path


def _read(place: str) -> bytes:
    handle = os.open(place, _FLAGS)
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - it is open already: so no link was followed
        return file.readall()
