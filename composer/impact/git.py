"""What git knows of a workspace, asked by subprocess: revisions, and the bytes of their files. Nothing in the repository is changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NoReturn

from composer.errors import ComposerError, Diagnostics, nearest_name
from composer.home import SOURCE_FOLDERS, WORKSPACE_FILE
from composer.records import dataclass
from composer.source import SourceFile, unlocated

__all__ = ["FoundFile", "Repository", "Revision"]

_SOURCES: Final = (*SOURCE_FOLDERS, WORKSPACE_FILE)
_LINK: Final = "120000"
_SUBMODULE: Final = "160000"
_HOOK_VARIABLES: Final = ("GIT_COMMON_DIR", "GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE")
"""What git sets for a hook. It speaks of the folder that the hook began in, and we ask about another."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit: ``name`` as it was asked for, ``commit`` its whole hash."""

    name: str
    commit: str

    def __str__(self) -> str:
        """Print the name, and the hash where that tells more."""
        return self.name if self.commit.startswith(self.name) else f"{self.name} ({self.commit[:9]})"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a revision; ``content`` is where it points to if it is a link."""

    content: bytes
    is_link: bool


@dataclass(frozen=True, slots=True)
class Repository:
    """The git repository that a workspace is in. ``prefix`` is the workspace's folder in it, empty or with a slash at its end."""

    root: Path
    prefix: str

    @classmethod
    def around(cls, root: Path) -> Repository:
        """Find the repository that holds ``root``.

        Raises:
            ComposerError: without git (``no-git``), or where there is no repository (``not-a-repository``).
        """
        ran = _run(root, "rev-parse", "--show-prefix")
        if ran.returncode:
            reason = _reason(ran)
            if "not a git repository" in reason:
                hint = "commit the workspace to git first; revisions of it are what is compared"
                _error("not-a-repository", f"`{root.as_posix()}` is in no git repository", SourceFile("--since", ""), hint)
            _error(
                "git-failed", f"git does not open the repository: {reason}", SourceFile("--since", ""), "do what git says, and try again"
            )
        return cls(root, ran.stdout.decode(errors="replace").removesuffix("\n"))

    def revision(self, name: str) -> Revision:
        """Look a revision up: a branch, a tag, a hash, ``HEAD~1``.

        Raises:
            ComposerError: if it names no commit (``bad-revision``).
        """
        place = SourceFile("command line", name)
        if not name or name.startswith("-") or not name.isprintable():
            _error("bad-revision", f"`{name}` is not the name of a revision", place, "name a branch, a tag or a commit, such as `HEAD~1`")
        ran = _run(self.root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if ran.returncode:
            _error("bad-revision", f"git knows no commit `{name}`", place, self._hint(name))
        return Revision(name, ran.stdout.decode().strip())

    def _hint(self, name: str) -> str:
        if ".." in name:
            return "write `--since FROM --until TO` for a range"
        shallow = _run(self.root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        if shallow:
            return "this clone holds a part of the history: fetch the rest (`git fetch --unshallow`, in CI `fetch-depth: 0`)"
        listed = _run(self.root, "for-each-ref", "--format=%(refname:short)").stdout.decode(errors="replace").split()
        return nearest_name(name, listed) or "`git log` shows the commits, `git branch --all` the branches; fetch what is missing"

    def read(self, revision: Revision) -> Mapping[str, FoundFile]:
        """Return the sources of the workspace as a revision has them, by path below the workspace.

        Raises:
            ComposerError: where sources are in a submodule, which holds them in another repository (``git-failed``).
        """
        entries = list(self._list(revision, _SOURCES))
        if any(mode == _LINK for mode, _, _ in entries):
            # What a link leads to may stand anywhere in the workspace.
            entries = list(self._list(revision, ()))
        submodule = next((path for mode, _, path in entries if mode == _SUBMODULE and path.partition("/")[0] in _SOURCES), None)
        if submodule is not None:
            message = f"`{submodule}` is a submodule: its files are not in {revision}"
            _error("git-failed", message, SourceFile("--since", ""), "compare two builds of the workspace, or keep the files in it")
        files = [(mode, name, path) for mode, name, path in entries if mode != _SUBMODULE]
        contents = self._contents([name for _, name, _ in files])
        return {path: FoundFile(contents[name], mode == _LINK) for mode, name, path in files}

    def _list(self, revision: Revision, below: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
        """Give mode, object name and path of each file, the path relative to the workspace."""
        paths = [f"{self.prefix}{name}" for name in below] or ([self.prefix] if self.prefix else [])
        ran = self._asked("ls-tree", "-r", "-z", "--full-tree", revision.commit, "--", *paths)
        for entry in ran.split(b"\0"):
            about, tab, path = entry.partition(b"\t")
            if tab:
                mode, _, name = about.decode().split()
                yield mode, name, os.fsdecode(path)[len(self.prefix) :]

    def _contents(self, names: list[str]) -> Mapping[str, bytes]:
        """Read objects, all by one process."""
        wanted = list(dict.fromkeys(names))
        answer = self._asked("cat-file", "--batch", given="".join(f"{name}\n" for name in wanted).encode())
        contents: dict[str, bytes] = {}
        start = 0
        for name in wanted:
            end = answer.index(b"\n", start)
            head = answer[start:end].split()
            if len(head) != 3:  # noqa: PLR2004 - name, kind and size; a missing object has fewer
                _error("git-failed", f"the object {name} is missing", SourceFile("--since", ""), "fetch it: `git fetch --refetch`")
            size = int(head[2])
            contents[name] = answer[end + 1 : end + 1 + size]
            start = end + 1 + size + 1
        return contents

    def _asked(self, *arguments: str, given: bytes = b"") -> bytes:
        ran = _run(self.root, *arguments, given=given)
        if ran.returncode:
            _error(
                "git-failed", f"`git {arguments[0]}` failed: {_reason(ran)}", SourceFile("--since", ""), "do what git says, and try again"
            )
        return ran.stdout


def _run(root: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _HOOK_VARIABLES}
    # Messages are read here, paths are taken as they stand, and nothing is locked or asked of a person.
    environment |= {"LC_ALL": "C", "GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(  # noqa: S603 - arguments of ours, and a revision that cannot be an option
            ["git", *arguments],  # noqa: S607 - the git that people have
            cwd=root,
            env=environment,
            input=given,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        _error("no-git", f"git cannot be run: {reason}", SourceFile("git", ""), "install git, or put it on the PATH")


def _reason(ran: subprocess.CompletedProcess[bytes]) -> str:
    lines = ran.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {ran.returncode}"]
    return lines[0].removeprefix("fatal: ")


def _error(code: str, message: str, source: SourceFile, hint: str) -> NoReturn:
    diagnostics = Diagnostics()
    place = source.at(0, max(len(source.text), 1)) if source.text else unlocated(source.path)
    diagnostics.error(code, message, place, hint)
    raise ComposerError(tuple(diagnostics))
