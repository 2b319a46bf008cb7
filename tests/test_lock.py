"""The lock: what it says of a file, and what it makes of lines that people and merges have touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import Diagnostics
from composer.files.lock import Lock, LockEntry, content_digest, parse_lock, print_lock
from composer.source import SourceFile

ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")
PATH = "output/shop/.claude/agents/tester.md"


def parsed(text: str) -> tuple[Lock, list[tuple[str, int]]]:
    diagnostics = Diagnostics()
    lock = parse_lock(SourceFile.from_raw("agent-composer.lock", text), diagnostics)
    return lock, [(found.code, found.location.line) for found in diagnostics]


def entry(path: str, *digests: str, profile: str = "shop") -> LockEntry:
    return LockEntry(path, profile, frozenset(digests))


def test_print_and_parse() -> None:
    """The lock is a comment and sorted lines, and reads back the same."""
    lock = Lock({"b c%": entry("b c%", ONE), PATH: entry(PATH, TWO, ONE)}, ("import fragments/a.md sha256:1",))
    text = print_lock(lock)
    assert text.split("\n")[1:] == [
        "import fragments/a.md sha256:1",
        f"output b%20;c%25; shop {ONE}",
        f"output {PATH} shop {ONE}",
        f"output {PATH} shop {TWO}",
        "",
    ]
    assert parsed(text) == (lock, [])


def test_line_ends_and_mark_do_not_count() -> None:
    """A checkout with other line ends, or a byte order mark, is the same content."""
    digests = {content_digest(content) for content in (b"a\nb\n", b"a\r\nb\r\n", b"\xef\xbb\xbfa\nb\n")}
    assert len(digests) == 1
    assert content_digest(b"a\rb\n") not in digests


def test_conflict_marks() -> None:
    """After a merge that was never resolved, the digests of both sides count as ours."""
    lock, found = parsed(
        f"# x\r\n<<<<<<< HEAD\r\noutput {PATH} shop {ONE}\r\n||||||| base\r\n=======\r\noutput {PATH} shop {TWO}\r\n>>>>>>> b\r\n"
    )
    assert lock.outputs == {PATH: entry(PATH, ONE, TWO)}
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        f"output {PATH} shop",
        f"output {PATH} shop sha256:12",
        f"output {PATH} shop {ONE} more",
        f"output /etc/passwd shop {ONE}",
        f"output ../x shop {ONE}",
        f"output a/../../x shop {ONE}",
        f"output a//b shop {ONE}",
        f"output . shop {ONE}",
        f"output C:/x shop {ONE}",
        f"output a\\..\\x shop {ONE}",
        f"output %2E;%2E;/x shop {ONE}",
        "-- what?",
    ],
)
def test_unreadable_lines(line: str) -> None:
    """A line that cannot be read, or whose path leads elsewhere, is told and ignored."""
    lock, found = parsed(f"# x\n{line}\noutput {PATH} shop {ONE}\n")
    assert lock.outputs == {PATH: entry(PATH, ONE)}
    assert found == [("unreadable-lock-line", 2)]


def test_other_kinds_are_kept() -> None:
    """Lines of a later version are written back as they are."""
    line = "merge  .roomodes  shop what:ever"
    lock, found = parsed(f"{line}\n{line}\n")
    assert found == []
    assert print_lock(lock).split("\n")[1:] == [line, ""]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\"), min_size=1), st.text(min_size=1))
def test_any_path_survives(path: str, profile: str) -> None:
    """Names with blanks, line ends or per cent signs read back the same."""
    lock = Lock({f"a/{path.replace('/', '_')}z": entry(f"a/{path.replace('/', '_')}z", ONE, profile=profile)})
    assert parsed(print_lock(lock)) == (lock, [])


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """No text makes the reader raise."""
    lock, _ = parsed(text)
    assert parsed(print_lock(lock)) == (lock, [])
