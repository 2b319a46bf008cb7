"""A workspace is read from disk: every file that may be read, and nothing outside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from composer.errors import Diagnostics, Severity
from composer.files.disk import Disk
from composer.model.sources import Catalog, WorkspaceConfig
from composer.model.yaml_nodes import plain_data
from composer.stages.load import load_catalog

_NO_LINKS = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")


def _write(root: Path, files: Mapping[str, str | bytes]) -> None:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())


def _load(root: Path, files: Mapping[str, str | bytes] | None = None) -> tuple[Catalog, list[str]]:
    _write(root, files or {})
    diagnostics = Diagnostics()
    catalog = load_catalog(Disk(root.as_posix(), diagnostics), diagnostics)
    return catalog, [f"{found.location}: {found.code}: {found.message}" for found in diagnostics]


def test_a_workspace_is_read_whole(tmp_path: Path) -> None:
    catalog, told = _load(
        tmp_path,
        {
            "agent-composer.yaml": "output: out\nvars: {stack: {type: fragment, default: none}}\n",
            "fragments/checklists/api.md": "---\nabout: About\nvars: {auth: {type: str}}\n---\n## API {#api}\n",
            "fragments/plain.md": "Only text\n",
            "fragments/agents/dev.md": "---\nagent:\n  description: x\n---\nYou are\n",
            "fragments/notes.txt": "not read",
            "fragments/.hidden/x.md": "not read",
            "profiles/shop.yaml": "agents: {dev: {}}\n",
            "profiles/notes.txt": "not read",
        },
    )
    assert told == []
    assert list(catalog.fragments) == ["agents/dev", "checklists/api", "plain"]
    assert list(catalog.profiles) == ["shop"]
    assert list(catalog.declarations) == ["stack", "auth"]
    assert (catalog.config.output, catalog.broken) == ("out", frozenset())
    api = catalog.fragments["checklists/api"]
    assert (api.id, api.about, api.source.path) == ("checklists/api", "About", "fragments/checklists/api.md")
    assert api.document.location.text == "## API {#api}\n"
    assert catalog.fragments["plain"].document.location.text == "Only text\n"
    assert catalog.fragments["agents/dev"].agent is not None


def test_the_workspace_file_may_be_missing(tmp_path: Path) -> None:
    catalog, told = _load(tmp_path, {"fragments/a.md": "A\n"})
    assert (told, catalog.config) == ([], WorkspaceConfig())


def test_bytes_of_windows_read_the_same(tmp_path: Path) -> None:
    """A byte order mark and CRLF are no part of a source."""
    catalog, told = _load(tmp_path, {"fragments/a.md": b"\xef\xbb\xbf---\r\nabout: x\r\n---\r\nText\r\n"})
    assert told == []
    assert catalog.fragments["a"].document.location.text == "Text\n"


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("---\nabout: x\n---\nText\n", "Text\n"),
        ("---\nabout: x\n---", ""),
        ("---\n---\nText\n", "Text\n"),
        ("---  \nabout: x\n--- \nText\n", "Text\n"),
        ("---\nabout: |\n  ---\n---\nText\n\n---\n", "Text\n\n---\n"),
        ("\n---\nText\n", "\n---\nText\n"),
        ("----\nText\n", "----\nText\n"),
        ("", ""),
    ],
)
def test_front_matter_stands_between_two_lines(tmp_path: Path, text: str, body: str) -> None:
    catalog, told = _load(tmp_path, {"fragments/a.md": text})
    assert told == []
    assert catalog.fragments["a"].document.location.text == body


def test_places_count_from_the_start_of_the_file(tmp_path: Path) -> None:
    _, told = _load(tmp_path, {"fragments/a.md": "---\nabout: x\nvras: {}\n---\nText\n"})
    assert told == ["fragments/a.md:3:1: unknown-key: `vras` is no key of the front matter of `a`"]


def test_plain_syntax_reaches_the_body(tmp_path: Path) -> None:
    """In a plain fragment a statement is text, in another an unknown one is an error."""
    body = "{% macro x %}\n\nText\n"
    catalog, told = _load(tmp_path, {"fragments/a.md": f"---\nsyntax: plain\n---\n{body}", "fragments/b.md": body})
    assert list(catalog.fragments) == ["a"]
    assert {line.partition(":")[0] for line in told} == {"fragments/b.md"}


def test_a_body_is_checked_though_its_front_matter_is_broken(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"fragments/a.md": "---\nvras: {}\n---\n{% macro x %}\n"}
    catalog, told = _load(tmp_path, files)
    assert catalog.broken == {"a"}
    assert len(told) > 1
    files = {"fragments/a.md": "---\nvras: {}\nsyntax: plain\n---\n{% macro x %}\n"}
    assert len(_load(tmp_path, files)[1]) == 1


INVALID: dict[str, tuple[dict[str, str | bytes], list[str], set[str]]] = {
    "front matter without an end": (
        {"fragments/a.md": "---\nabout: x\n"},
        ["fragments/a.md:1:1: front-matter-open: the front matter that begins here has no end"],
        {"a"},
    ),
    "not UTF-8": (
        {"fragments/a.md": b"One\nTwo \xff\n"},
        ["fragments/a.md:1:1: not-utf-8: `fragments/a.md` is not UTF-8: byte 8 (0xff, on line 2) cannot be read"],
        {"a"},
    ),
    "profile that is not UTF-8": (
        {"profiles/a.yaml": "x: y".encode("utf-16"), "fragments/a.md": ""},
        ["profiles/a.yaml:1:1: not-utf-8: `profiles/a.yaml` is not UTF-8: byte 0 (0xff, on line 1) cannot be read"],
        {"profiles/a"},
    ),
    "control characters": (
        {"fragments/a.md": "a\x00b\tc\n\x1b[0m\n"},
        [
            "fragments/a.md:1:2: bad-character: the character `U+0000` is a control character",
            "fragments/a.md:2:1: bad-character: the character `U+001B` is a control character",
        ],
        {"a"},
    ),
    "large file": (
        {"fragments/a.md": b"x" * 1_048_577, "fragments/b.md": b"x" * 1_048_576},
        ["fragments/a.md:1:1: file-too-large: `fragments/a.md` is larger than 1 MiB"],
        {"a"},
    ),
    "upper case": (
        {"fragments/Lists/My File.md": "x\n"},
        ["fragments/Lists/My File.md:1:1: bad-name: `fragments/Lists/My File.md` cannot be the path of a fragment"],
        {"Lists/My File"},
    ),
    "upper case at the end": (
        {"fragments/a.MD": "x\n"},
        ["fragments/a.MD:1:1: bad-name: `fragments/a.MD` cannot be the path of a fragment"],
        {"a"},
    ),
    "fragment named like a profile": (
        {"fragments/profiles/a.md": "x\n"},
        ["fragments/profiles/a.md:1:1: bad-name: `profiles/a` cannot be a fragment's id: it reads as the profile of that name"],
        {"profiles/a"},
    ),
    "broken profile": (
        {"profiles/a.yaml": "x: 1\n", "fragments/a.md": ""},
        ["profiles/a.yaml:1:1: unknown-key: `x` is no key of a profile"],
        {"profiles/a"},
    ),
    "broken workspace file": (
        {"agent-composer.yaml": "x: 1\n", "fragments/a.md": ""},
        ["agent-composer.yaml:1:1: unknown-key: `x` is no key of the workspace file"],
        {"agent-composer.yaml"},
    ),
    "folder for the workspace file": (
        {"agent-composer.yaml/x": "", "fragments/a.md": ""},
        ["agent-composer.yaml:1:1: not-a-file: `agent-composer.yaml` is not a file"],
        {"agent-composer.yaml"},
    ),
    "file for the fragments": ({"fragments": "x"}, ["fragments:1:1: not-a-folder: `fragments` is not a folder"], set()),
    "other declaration": (
        {
            "agent-composer.yaml": "vars: {a: {type: int, default: 1}, b: {type: str}}\n",
            "fragments/x.md": "---\nvars: {a: {type: int, default: 2}, b: {type: int}, c: {type: 'list[str]', default: [d]}}\n---\n",
            "fragments/y.md": "---\nvars: {c: {type: 'list[str]', default: [e]}}\n---\n",
            "fragments/z.md": "---\nvars: {c: {type: 'list[str]'}}\n---\n",
        },
        [
            "fragments/x.md:2:8: conflicting-declaration: `a` is declared twice, with another default",
            "fragments/x.md:2:36: conflicting-declaration: `b` is declared twice, with another type",
            "fragments/y.md:2:8: conflicting-declaration: `c` is declared twice, with another default",
            "fragments/z.md:2:8: conflicting-declaration: `c` is declared twice, with another default",
        ],
        set(),
    ),
}


@pytest.mark.parametrize(("files", "told", "broken"), INVALID.values(), ids=INVALID)
def test_refuses(tmp_path: Path, files: dict[str, str | bytes], told: list[str], broken: set[str]) -> None:
    catalog, found = _load(tmp_path, files)
    assert found == told
    assert catalog.broken == broken
    assert not broken & set(catalog.fragments)


def test_declarations_that_agree_are_one(tmp_path: Path) -> None:
    """Quotes are no difference, and the first declaration is kept."""
    catalog, told = _load(
        tmp_path,
        {
            "fragments/x.md": "---\nvars: {a: {type: str, default: b c, doc: first}}\n---\n",
            "fragments/y.md": "---\nvars: {a: {type: str, default: 'b c', doc: second}}\n---\n",
        },
    )
    assert told == []
    declaration = catalog.declarations["a"]
    assert declaration.default is not None
    assert (plain_data(declaration.default), declaration.doc) == ("b c", "first")


def test_a_conflict_names_both_places(tmp_path: Path) -> None:
    _write(tmp_path, {f"fragments/{name}.md": f"---\nvars: {{a: {{type: {kind}}}}}\n---\n" for name, kind in (("x", "int"), ("y", "str"))})
    diagnostics = Diagnostics()
    load_catalog(Disk(tmp_path.as_posix(), diagnostics), diagnostics)
    (found,) = diagnostics
    assert [str(note.location) for note in found.notes] == ["fragments/x.md:2:8"]


def test_what_a_fragment_with_a_broken_body_declares_is_known(tmp_path: Path) -> None:
    """So others that use its variables are not told that they do not exist."""
    catalog, _ = _load(tmp_path, {"fragments/a.md": "---\nvars: {b: {type: int}}\n---\n{% macro x %}\n"})
    assert catalog.broken == {"a"}
    assert list(catalog.declarations) == ["b"]


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_folder_without_fragments_and_profiles_is_no_workspace(tmp_path: Path, name: str) -> None:
    diagnostics = Diagnostics()
    load_catalog(Disk((tmp_path / name).as_posix(), diagnostics), diagnostics)
    (found,) = diagnostics
    root = (tmp_path / name).as_posix()
    assert (found.code, found.message) == ("not-a-workspace", f"`{root}` has no `fragments` folder and no profiles")
    assert "agent-composer init" in found.hint


def test_files_with_the_wrong_name_are_told(tmp_path: Path) -> None:
    """A file that looks like ours and is not read gives a warning, never silence."""
    _write(tmp_path, {"profiles/a.yml": "", "profiles/b/c.yaml": "", "agent-composer.yml": "", "fragments/a.md": ""})
    diagnostics = Diagnostics()
    load_catalog(Disk(tmp_path.as_posix(), diagnostics), diagnostics)
    assert {found.severity for found in diagnostics} == {Severity.WARNING}
    assert [(found.code, found.hint) for found in diagnostics] == [
        ("yml-extension", "rename it to `agent-composer.yaml`"),
        ("yml-extension", "rename it to `profiles/a.yaml`"),
        ("profile-in-folder", "move it up"),
    ]


# --- links and kinds of files -----------------------------------------------------------------------------------------


@_NO_LINKS
@pytest.mark.parametrize("path", ["fragments/x.md", "fragments/x", "fragments", "profiles/x.yaml", "profiles", "agent-composer.yaml"])
def test_a_link_out_of_the_workspace_is_not_followed(tmp_path: Path, path: str) -> None:
    root = tmp_path / "ws"
    _write(tmp_path, {"outside/secret.md": "secret\n", "outside/secret.yaml": "about: secret\n", "ws/fragments2/a.md": ""})
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    target = tmp_path / "outside" / (f"secret{place.suffix}" if place.suffix else "")
    place.symlink_to(target)
    catalog, told = _load(root)
    assert f"{path}:1:1: outside-workspace: the link `{path}` leads out of the workspace" in told
    assert "secret" not in str(catalog)


@_NO_LINKS
def test_a_link_inside_the_workspace_is_followed(tmp_path: Path) -> None:
    _write(tmp_path, {"fragments/a.md": "A\n", "shared/b.md": "B\n", "shared/c/d.md": "D\n"})
    (tmp_path / "fragments/b.md").symlink_to(tmp_path / "shared/b.md")
    (tmp_path / "fragments/c").symlink_to("../shared/c")
    catalog, told = _load(tmp_path)
    assert told == []
    assert list(catalog.fragments) == ["a", "b", "c/d"]


@_NO_LINKS
def test_links_in_a_circle_end(tmp_path: Path) -> None:
    _write(tmp_path, {"fragments/a/x.md": "A\n", "fragments/b/y.md": "B\n"})
    (tmp_path / "fragments/a/b").symlink_to("../b")
    (tmp_path / "fragments/b/a").symlink_to("../a")
    (tmp_path / "fragments/b/up").symlink_to("..")
    catalog, told = _load(tmp_path)
    assert list(catalog.fragments) == ["a/x", "b/y"]
    assert told == [
        f"{path}:1:1: folder-twice: the link `{path}` leads to a folder that is read already"
        for path in ("fragments/a/b", "fragments/b/a", "fragments/b/up")
    ]


@_NO_LINKS
def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    _write(tmp_path, {"fragments/a.md": ""})
    (tmp_path / "fragments/b.md").symlink_to("c.md")
    (tmp_path / "fragments/d.md").symlink_to("d.md")
    catalog, told = _load(tmp_path)
    assert told == [
        "fragments/b.md:1:1: not-a-file: the link `fragments/b.md` leads nowhere",
        "fragments/d.md:1:1: not-a-file: `fragments/d.md` is not a file",
    ]
    assert catalog.broken == {"b", "d"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_and_does_not_block(tmp_path: Path) -> None:
    _write(tmp_path, {"fragments/a.md": ""})
    os.mkfifo(tmp_path / "fragments/b.md")
    catalog, told = _load(tmp_path)
    assert told == ["fragments/b.md:1:1: not-a-file: `fragments/b.md` is not a regular file"]
    assert catalog.broken == {"b"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_is_told(tmp_path: Path) -> None:
    _write(tmp_path, {"fragments/a.md": ""})
    (tmp_path / "fragments/a.md").chmod(0)
    assert _load(tmp_path)[1] == ["fragments/a.md:1:1: unreadable: `fragments/a.md` cannot be read: permission denied"]


def test_a_file_that_vanishes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says is passed on, beside the path as people know it."""
    _write(tmp_path, {"fragments/a.md": ""})

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("composer.files.disk.os.open", refuse)
    assert _load(tmp_path)[1] == ["fragments/a.md:1:1: unreadable: `fragments/a.md` cannot be read: permission denied"]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, {"fragments/a.md": ""})

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("composer.files.disk.os.scandir", refuse)
    assert _load(tmp_path)[1] == ["fragments:1:1: unreadable: `fragments` cannot be read: permission denied"]


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_file_that_comes_in_parts_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """The system may give less than was asked for."""
    _write(tmp_path, {"fragments/a.md": "One, two, three\n"})
    read = os.read
    monkeypatch.setattr("composer.files.disk.os.read", lambda handle, size: read(handle, min(size, step)))
    assert _load(tmp_path)[0].fragments["a"].source.text == "One, two, three\n"


def test_a_file_that_fails_while_it_is_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, {"fragments/a.md": ""})

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("composer.files.disk.os.read", fail)
    assert _load(tmp_path)[1] == ["fragments/a.md:1:1: unreadable: `fragments/a.md` cannot be read: input/output error"]


@pytest.mark.skipif(os.name == "nt", reason="names that differ only by case are one there")
def test_names_that_differ_only_by_case_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, {"fragments/a/b.md": "", "fragments/A/b.md": ""})
    if len(list((tmp_path / "fragments").iterdir())) == 1:
        pytest.skip("this file system takes them for one")
    told = _load(tmp_path)[1]
    assert "fragments/a/b.md:1:1: case-collision: `fragments/a/b.md` and `fragments/A/b.md` differ only by case" in told


@pytest.mark.skipif(os.name == "nt", reason="names are always text there")
def test_a_name_that_is_not_text_can_be_printed(tmp_path: Path) -> None:
    _write(tmp_path, {"fragments/a.md": ""})
    try:
        (tmp_path / "fragments" / os.fsdecode(b"b\xff.md")).write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes no such names")
    (told,) = _load(tmp_path)[1]
    told.encode()
    assert "`fragments/b\\udcff.md` cannot be the path of a fragment" in told


def test_the_order_on_disk_is_irrelevant(tmp_path: Path) -> None:
    """Two workspaces with the same files give the same catalog, in the order of their paths."""
    names = ["b", "a", "c/z", "c/a", "a-b", "a.b"]
    for root, order in ((tmp_path / "x", names), (tmp_path / "y", names[::-1])):
        _write(root, {f"fragments/{name}.md": "" for name in order} | {f"profiles/{name}.yaml": "" for name in order if name.isalpha()})
    one, other = (_load(tmp_path / name)[0] for name in "xy")
    assert list(one.fragments) == list(other.fragments) == ["a-b", "a.b", "a", "b", "c/a", "c/z"]
    assert list(one.profiles) == list(other.profiles) == ["a", "b"]
