"""The lock: what it says of a file, and what it makes of lines that people and merges have touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import Diagnostics
from composer.files.lock import EditKey, EditRecord, Lock, LockEntry, content_digest, parse_lock, print_lock
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


# --- edits ------------------------------------------------------------------------------------------------------------

SHORT = EditKey("shop", "", "rules#short", "replace")
OF_AGENT = EditKey("shop", "dev", "rules#all", "remove")


def edit_line(words: str, text: str, written: str) -> str:
    return f"edit {words} {content_digest(text.encode())} {written}"


def test_edits_are_lines_with_their_text() -> None:
    """Each edit has one line, sorted with the others, whatever lines its text has; letters stay readable."""
    lock = Lock({PATH: entry(PATH, ONE)}, (), {SHORT: frozenset({'Grün\n"so"'}), OF_AGENT: frozenset({"- a"})})
    text = print_lock(lock)
    assert text.split("\n")[1:] == [
        edit_line("shop rules#short replace", 'Grün\n"so"', '"Grün\\n\\"so\\""'),
        edit_line("shop:dev rules#all remove", "- a", '"- a"'),
        f"output {PATH} shop {ONE}",
        "",
    ]
    assert parsed(text) == (lock, [])


def test_conflict_marks_around_edits() -> None:
    """After a merge that was never resolved, an edit has the texts of both sides."""
    one, two = (edit_line("shop rules#short replace", text, f'"{text}"') for text in "ab")
    lock, found = parsed(f"<<<<<<< HEAD\n{one}\n=======\n{two}\n>>>>>>> b\n")
    assert lock.edits == {SHORT: frozenset({"a", "b"})}
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "edit",
        f"edit shop rules#short replace {content_digest(b'a')}",
        edit_line("shop rules#short replace", "a", '"b"'),
        edit_line("shop rules#short replace", "a", "a"),
        edit_line("shop rules#short replace", "1", "1"),
        edit_line("shop rules#short after", "a", '"a"'),
        edit_line("shop rules#short replace", "a", '"\\ud800"'),
        edit_line("shop rules#short replace", "a", "[" * 100_000),
    ],
)
def test_unreadable_edits(line: str) -> None:
    """A line whose text is not what its digest says, or that is none, is told and ignored."""
    lock, found = parsed(f"# x\n{line}\noutput {PATH} shop {ONE}\n")
    assert lock == Lock({PATH: entry(PATH, ONE)})
    assert found == [("unreadable-lock-line", 2)]


@given(st.text(min_size=1), st.text(st.characters(exclude_characters=":"), min_size=1), st.text(), st.text())
def test_any_edit_survives(address: str, profile: str, agent: str, text: str) -> None:
    """Addresses, names and texts with blanks, line ends or quotes read back the same."""
    lock = Lock({}, (), {EditKey(profile, agent, address, "title"): frozenset({text})})
    assert parsed(print_lock(lock)) == (lock, [])


def test_recording_adds_drops_and_keeps() -> None:
    """New edits are added and lost ones dropped; a stale one and those of other profiles stay; a text that fits leaves no other."""
    fresh, lost, merged = (EditKey("shop", "", f"rules#{name}", "replace") for name in ("fresh", "lost", "merged"))
    other = EditKey("web", "", "rules#short", "replace")
    known = {SHORT: {"old"}, lost: {"x"}, merged: {"old", "now"}, other: {"y"}}
    record = EditRecord({SHORT: "now", fresh: "now", merged: "now"}, frozenset({"shop"}), lambda address: address)
    applied = record.applied_to({key: frozenset(texts) for key, texts in known.items()})
    assert applied == {SHORT: {"old"}, fresh: {"now"}, merged: {"now"}, other: {"y"}}
    assert EditRecord({}, None, str).applied_to(applied) == {}
