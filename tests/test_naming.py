"""What paths may be: those that people choose, those that a record names, and those that were found."""

from __future__ import annotations

import pytest

from composer.naming import has_portable_characters, is_path_below, stays_below_root


@pytest.mark.parametrize("path", ["", "/a", "C:/a", "c:a", "..", "a/../b", "a//b", "./a", "a\\b"])
def test_a_path_that_leads_out_is_nobodys_to_choose_nor_to_record(path: str) -> None:
    """On any system: a drive and a backslash lead out on Windows alone."""
    assert not is_path_below(path)
    assert not stays_below_root(path)


@pytest.mark.parametrize("path", [".git/hooks/post-checkout", "a/.GIT", "git~1/config", ".git. /config", ".g\u200cit/a", ".. /a", "a\tb"])
def test_a_record_may_name_what_people_may_not_choose(path: str) -> None:
    """It has to be read again whatever was written once; whether it is acted upon is another question."""
    assert not is_path_below(path)
    assert stays_below_root(path)


@pytest.mark.parametrize("path", [".claude/agents/a.md", ".github/a.md", "a b/c.md", "...a", "é.md"])
def test_any_other_path_is_below(path: str) -> None:
    """Names that only begin like git's folder or like `..` are names."""
    assert is_path_below(path)
    assert stays_below_root(path)


@pytest.mark.parametrize(("path", "is_portable"), [("é b.md", True), ("a\tb.md", False), ("a\\b.md", False), ("a\udcffb.md", False)])
def test_characters_that_not_every_system_has(path: str, is_portable: bool) -> None:  # noqa: FBT001 - a table's column
    """The last one is how Python reads a name that is not UTF-8."""
    assert has_portable_characters(path) is is_portable
