"""How much of what is composed is shared: bytes, words and blocks of each output, and what of them several profiles use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from composer.model.outputs import OutputFile
from composer.model.planned import Trace
from composer.records import dataclass

__all__ = ["Share", "Shares", "measure_shares"]

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Share:
    """Figures of one or more outputs.

    ``size`` is whole files in bytes. All else is of bodies alone, without front matter: ``shared`` are the bytes that come from blocks
    which two or more profiles use.
    """

    name: str
    files: int
    size: int
    body: int
    words: int
    blocks: int
    shared: int

    @property
    def ratio(self) -> float:
        """The part of the body that is shared, from 0 to 1."""
        return self.shared / self.body if self.body else 0.0


@dataclass(frozen=True, slots=True)
class Shares:
    """The figures of a workspace.

    In ``outputs``, ``profiles`` and ``total`` a block is shared if two profiles use it anywhere. In ``agents`` only the files of one agent
    name count, as if there were no others.
    """

    outputs: tuple[Share, ...]
    profiles: tuple[Share, ...]
    agents: tuple[Share, ...]
    total: Share


def measure_shares(files: Sequence[OutputFile], paths: Mapping[OutputFile, str]) -> Shares:
    """Measure outputs; ``paths`` names each."""
    users = _users_by_block(files)
    profiles = dict.fromkeys(file.profile for file in files)
    agents = dict.fromkeys(file.agent for file in files)
    return Shares(
        tuple(_measure(paths[file], [file], users) for file in files),
        tuple(_measure(name, [file for file in files if file.profile == name], users) for name in profiles),
        tuple(_measure_alone(name, [file for file in files if file.agent == name]) for name in sorted(agents)),
        _measure("all", files, users),
    )


def _measure_alone(name: str, files: Sequence[OutputFile]) -> Share:
    return _measure(name, files, _users_by_block(files))


def _measure(name: str, files: Iterable[OutputFile], users: Mapping[_Key, set[str]]) -> Share:
    files = tuple(files)
    body = words = blocks = shared = 0
    for file in files:
        segments = file.document.body
        words += len("".join(segment.text for segment in segments).split())
        blocks += len({segment.trace for segment in segments if segment.trace is not None})
        for segment in segments:
            size = len(segment.text.encode())
            body += size
            if segment.trace is not None and _is_shared(segment.trace, users):
                shared += size
    return Share(name, len(files), sum(len(file.content) for file in files), body, words, blocks, shared)


def _users_by_block(files: Iterable[OutputFile]) -> Mapping[_Key, set[str]]:
    users: dict[_Key, set[str]] = {}
    for file in files:
        for segment in file.document.body:
            if segment.trace is not None:
                users.setdefault(_key(segment.trace), set()).add(file.profile)
    return users


def _is_shared(trace: Trace, users: Mapping[_Key, set[str]]) -> bool:
    """Whether two profiles use a block. The text of an edit is its profile's own, inherited or not."""
    return not trace.layer.startswith("profiles/") and len(users.get(_key(trace), ())) > 1


def _key(trace: Trace) -> _Key:
    return trace.layer, trace.address or str(trace.location)
