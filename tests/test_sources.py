"""Sources are read from disk, from memory, or from disk as it would be if some files held something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer import Workspace
from composer.errors import ComposerError, Diagnostics
from composer.files.disk import Disk
from composer.files.sources import Memory, Overlay, Sources
from composer.pipeline import Run, compose_profile, read_index
from composer.stages.load import load_catalog
from composer.targets import get_target

PROJECT = Path(__file__).parent.parent
ERRORS = Path(__file__).parent / "errors"

AGENT = b"---\nagent:\n  verbatim: true\n  front_matter: |\n    name: a\n---\nHello\n"
FILES = {"fragments/agents/a.md": AGENT, "profiles/shop.yaml": b"agents:\n  a: {}\n"}


def _write(root: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _read_all(root: Path) -> dict[str, bytes]:
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def _compose(sources: Sources, diagnostics: Diagnostics) -> dict[str, bytes]:
    index = read_index(sources, diagnostics)
    names = [name for name, profile in sorted(index.catalog.profiles.items()) if not profile.is_abstract]
    files = [file for name in names for file in compose_profile(name, Run(index, get_target("claude-code")), diagnostics)]
    return {f"{file.profile}/{file.path}": file.content for file in files}


@pytest.mark.untraced
def test_memory_composes_what_the_disk_does() -> None:
    """The library that this repository holds, to the byte."""
    files = {f"{folder}/{path}": content for folder in ("fragments", "profiles") for path, content in _read_all(PROJECT / folder).items()}
    files["agent-composer.yaml"] = (PROJECT / "agent-composer.yaml").read_bytes()
    on_disk, in_memory = Diagnostics(), Diagnostics()
    composed = _compose(Memory(files), in_memory)
    assert composed == _compose(Disk(PROJECT.as_posix(), on_disk), on_disk)
    assert len(composed) == 15
    assert list(map(str, in_memory)) == list(map(str, on_disk))


@pytest.mark.parametrize(
    "case", ["not-utf-8", "bad-names", "control-character", "names-with-the-wrong-ending", "several-mistakes-in-several-files"]
)
def test_memory_is_judged_as_the_disk_is(case: str) -> None:
    """What cannot be read from a disk cannot be read from memory: the same errors, in the same places."""
    on_disk, in_memory = Diagnostics(), Diagnostics()
    from_disk = load_catalog(Disk((ERRORS / case).as_posix(), on_disk), on_disk)
    from_memory = load_catalog(Memory(_read_all(ERRORS / case)), in_memory)
    assert [(str(found.location), found.message) for found in in_memory] == [(str(found.location), found.message) for found in on_disk]
    assert from_memory.broken == from_disk.broken
    assert on_disk.errors or list(on_disk)


def test_a_file_in_memory_has_the_cap_of_a_file_on_disk() -> None:
    """Both are told to be split."""
    diagnostics = Diagnostics()
    load_catalog(Memory({**FILES, "fragments/large.md": b"x" * 1_048_577}), diagnostics)
    assert [(found.code, found.location.path) for found in diagnostics] == [("file-too-large", "fragments/large.md")]


def test_names_that_begin_with_a_dot_are_left_out() -> None:
    """Files and folders, as on disk."""
    diagnostics = Diagnostics()
    catalog = load_catalog(Memory({**FILES, "fragments/.b.md": b"{% macro", "fragments/.git/c.md": b"{% macro"}), diagnostics)
    assert (list(catalog.fragments), list(diagnostics)) == (["agents/a"], [])


def test_memory_without_fragments_and_profiles_is_no_workspace() -> None:
    """A message names it as it was named."""
    diagnostics = Diagnostics()
    load_catalog(Memory({"readme.md": b""}, "there"), diagnostics)
    assert [found.message for found in diagnostics] == ["`there` has no `fragments` folder and no profiles"]


def test_an_overlay_takes_a_file_from_above_where_there_is_one(tmp_path: Path) -> None:
    """What lies above replaces, what is only above is added, what is only below stays; the disk is not changed."""
    _write(tmp_path, {**FILES, "fragments/b.md": b"below\n", "fragments/c.md": b"kept\n"})
    diagnostics = Diagnostics()
    above = Memory({"fragments/b.md": b"above\n", "fragments/d.md": b"new\n"})
    catalog = load_catalog(Overlay(above, Disk(tmp_path.as_posix(), diagnostics)), diagnostics)
    texts = {name: fragment.source.text for name, fragment in catalog.fragments.items()}
    assert texts == {"agents/a": AGENT.decode(), "b": "above\n", "c": "kept\n", "d": "new\n"}
    assert list(texts) == sorted(texts)
    assert (tmp_path / "fragments/b.md").read_bytes() == b"below\n"


def test_what_lies_under_an_overlay_is_not_opened(tmp_path: Path) -> None:
    """A file that cannot be read does no harm where it is replaced."""
    _write(tmp_path, {**FILES, "fragments/b.md": b"\xff\n"})
    diagnostics = Diagnostics()
    load_catalog(Overlay(Memory({"fragments/b.md": b"text\n"}), Disk(tmp_path.as_posix(), diagnostics)), diagnostics)
    assert list(diagnostics) == []


def test_the_workspace_file_may_lie_in_an_overlay(tmp_path: Path) -> None:
    """It is found at the root, as on disk."""
    _write(tmp_path, FILES)
    workspace = Workspace.open(tmp_path).with_files({"agent-composer.yaml": b"output: elsewhere\n"})
    assert [result.path for result in workspace.build(dry_run=True).results] == ["elsewhere/shop/.claude/agents/a.md"]


def test_a_workspace_composes_as_if_files_held_something_else(tmp_path: Path) -> None:
    """The workspace that it was made from stays as it is, and so does the disk."""
    _write(tmp_path, FILES)
    workspace = Workspace.open(tmp_path)
    workspace.build()
    changed = workspace.with_files({"fragments/agents/a.md": AGENT.replace(b"Hello", b"Good bye")})
    assert [file.text for file in changed.compose().files] == ["---\nname: a\n---\nGood bye\n"]
    assert [(one.path, one.composed) for one in changed.check().differences] == [
        ("output/shop/.claude/agents/a.md", "---\nname: a\n---\nGood bye\n")
    ]
    assert workspace.check().differences == ()
    assert Workspace.open(tmp_path).check().differences == ()


def test_files_are_laid_over_one_after_the_other(tmp_path: Path) -> None:
    """A later content of the same file wins; other files stay replaced."""
    _write(tmp_path, {**FILES, "fragments/b.md": b"b\n"})
    first = Workspace.open(tmp_path).with_files({"fragments/agents/a.md": AGENT.replace(b"Hello", b"One"), "fragments/b.md": b"B\n"})
    second = first.with_files({"fragments/agents/a.md": AGENT.replace(b"Hello", b"Two")})
    assert second.compose().files[0].text.endswith("Two\n")
    assert second.catalog.fragments["b"].source.text == "B\n"
    assert first.compose().files[0].text.endswith("One\n")


def test_a_mistake_in_an_overlay_is_told_at_its_place(tmp_path: Path) -> None:
    """The path is that of the file that it stands for."""
    _write(tmp_path, FILES)
    workspace = Workspace.open(tmp_path).with_files({"profiles/shop.yaml": b"agents:\n  b: {}\n"})
    with pytest.raises(ComposerError) as caught:
        workspace.compose()
    assert [(found.code, str(found.location)) for found in caught.value.diagnostics] == [("unknown-agent", "profiles/shop.yaml:2:3")]
