"""The law of the cache: with it or without, a run gives the same answer and leaves the same files, whatever was done in between."""

from __future__ import annotations

import gc
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from builders import write_workspace
from hypothesis import given
from hypothesis import strategies as st
from laws import law
from random_workspaces import Maker, files_of

from composer.cache.folder import FOLDER
from composer.cli.front import main

LAW = law(12)
STEPS = 10


@contextmanager
def arguments(*words: str) -> Iterator[None]:
    before = sys.argv
    sys.argv = ["agent-composer", *words]
    try:
        yield
    finally:
        sys.argv = before
        gc.enable()


def run(*words: str) -> tuple[object, str, str]:
    """Run the command as the console script does; return its exit code and what it printed."""
    out, err = StringIO(), StringIO()
    code: object = None
    with arguments(*words), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    return code, out.getvalue(), err.getvalue()


def tree(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def disturb(roots: tuple[Path, Path], chance: random.Random) -> None:
    """Do the same harm, or none, to both: to a source, an output, the lock, or the cache itself."""
    names = sorted(tree(roots[0]))
    name = chance.choice(names)
    content = (roots[0] / name).read_bytes()
    match chance.choice(("nothing", "nothing", "change", "append", "remove", "restore", "spoil the cache")):
        case "change":
            position = chance.randrange(len(content) + 1)
            changed = content[:position] + chance.choice((b"x", b"\n", b"- more\n", b"\xff")) + content[position:]
            _write(roots, name, changed)
        case "append":
            _write(roots, name, content + b"\nMore of it.\n")
        case "remove":
            for root in roots:
                (root / name).unlink()
        case "restore":
            for root in roots:
                shutil.rmtree(root / "output", ignore_errors=True)
        case "spoil the cache":
            for record in sorted((roots[0] / FOLDER).glob("*")):
                data = record.read_bytes()
                record.write_bytes(data[: chance.randrange(len(data) + 1)])
        case _:
            pass


def _write(roots: tuple[Path, Path], name: str, content: bytes) -> None:
    for root in roots:
        (root / name).write_bytes(content)


@LAW
@given(st.integers(0, 100_000))
def test_the_cache_never_lies(seed: int) -> None:
    """Over random sequences of edits, builds and checks, in two copies of one workspace: one with a cache, one without."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        roots = (Path(folder, "a", "work"), Path(folder, "b", "work"))
        for root in roots:
            write_workspace(root, files_of(Maker(seed).make()))
        for _ in range(STEPS):
            words = [chance.choice(("build", "check")), *chance.choice(((), (), ("--quiet",), ("--overwrite",), ("--json",)))]
            if "--overwrite" in words:
                words[0] = "build"
            profiles = sorted(path.stem for path in (roots[0] / "profiles").glob("*.yaml"))
            words += chance.sample(profiles, min(len(profiles), chance.choice((0, 0, 1, 2))))
            with_cache = run(*words, "-w", str(roots[0]))
            without = run(*words, "--no-cache", "-w", str(roots[1]))
            assert with_cache[0] == without[0], words
            assert [said.replace(str(roots[0]), "") for said in with_cache[1:]] == [said.replace(str(roots[1]), "") for said in without[1:]]
            assert tree(roots[0]) == tree(roots[1]), words
            disturb(roots, chance)
        assert not (roots[1] / FOLDER).exists()
