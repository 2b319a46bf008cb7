"""The rules of the language, one folder each: its fragments and profiles, and beside them what must come of them.

``expected/<profile>/<agent>.md`` has bodies; where the front matter is the point, ``output/`` has the whole tree instead. What is set on
the command line stands in ``overrides``, a line each. ``UPDATE_GOLDEN=1 pytest tests/test_golden.py`` writes what is composed now: read
the difference before you commit it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from builders import body_of

from composer.model.outputs import OutputFile
from composer.workspace import Workspace

CASES = sorted(path for path in (Path(__file__).parent / "golden").iterdir() if (path / "profiles").is_dir())
EACH_CASE = pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)


def _compose(root: Path) -> tuple[OutputFile, ...]:
    overrides = root / "overrides"
    lines = overrides.read_text(encoding="utf-8").splitlines() if overrides.exists() else []
    return Workspace.open(root).compose(overrides=lines).files


def _is_whole(case: Path) -> bool:
    return (case / "output").is_dir()


def _composed(case: Path, files: tuple[OutputFile, ...]) -> dict[str, str]:
    if _is_whole(case):
        return {f"{file.profile}/{file.path}": file.text for file in files}
    return {f"{file.profile}/{file.agent}.md": body_of(file.text) for file in files}


def _expected(case: Path) -> dict[str, str]:
    folder = case / ("output" if _is_whole(case) else "expected")
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in files}


def _update(case: Path, composed: Mapping[str, str]) -> None:
    folder = case / ("output" if _is_whole(case) else "expected")
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in composed.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())


def _copy(case: Path, root: Path, change: Callable[[bytes], bytes]) -> Path:
    """Copy a case's sources, each changed."""
    for path in case.rglob("*"):
        if path.is_file() and path.relative_to(case).parts[0] not in {"expected", "output"}:
            place = root / path.relative_to(case)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(change(path.read_bytes()) if path.suffix in {".md", ".yaml"} else path.read_bytes())
    return root


@EACH_CASE
def test_composes(case: Path) -> None:
    """The fragments and profiles of a folder give exactly the files beside them."""
    composed = _composed(case, _compose(case))
    if os.environ.get("UPDATE_GOLDEN"):
        _update(case, composed)
    assert composed == _expected(case)


@EACH_CASE
def test_line_ends_and_byte_order_mark_change_nothing(case: Path, tmp_path: Path) -> None:
    """Sources with CRLF line ends and a byte order mark give the same bytes."""
    root = _copy(case, tmp_path, lambda content: b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    assert _composed(case, _compose(root)) == _expected(case)


@EACH_CASE
def test_no_final_line_end_changes_nothing(case: Path, tmp_path: Path) -> None:
    """Sources without a line end after their last line give the same bytes."""
    root = _copy(case, tmp_path, lambda content: content.rstrip(b"\n"))
    assert _composed(case, _compose(root)) == _expected(case)
