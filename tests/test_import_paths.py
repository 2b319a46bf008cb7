"""Where imported files stand: the folder that their profile says for all of them, and what is left for each to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import Diagnostics
from composer.files.destination import DiskDestination
from composer.importer.paths import choose_folder, path_in
from composer.importer.run import Options, plan_import, write_plan
from composer.workspace import Workspace


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        ("", ".claude/agents/ant.md", ""),
        ("", "a/ant.md", "a/"),
        ("", "ant.md", "*.md"),
        ("", "a/ant.agent.md", "a/*.agent.md"),
        ("", "a/bee.md", "a/bee.md"),
        ("a", "a/ant.md", ""),
        ("a", "a/b/ant.md", "b/"),
        ("a", "a/bee.md", "bee.md"),
        ("a", "a/.claude/agents/ant.md", ".claude/agents/"),
        ("a*", "a*/b/ant.md", "b/"),
    ],
)
def test_a_path_says_what_is_not_said_anyway(folder: str, path: str, expected: str) -> None:
    """Neither the folder of all, nor the agent's name, nor the usual name of its file."""
    assert path_in(folder, path, "ant") == expected


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (["longer/folder/a/ant.md", "longer/folder/b/bee.md"], "longer/folder"),
        (["long/folder/ant.md", "long/folder/bee.md"], "long/folder"),
        (["long/folder/ant.md", "long/other/bee.md"], ""),
        (["folder/ant.md"], ""),
        (["ant.md", "long/folder/bee.md"], ""),
        ([".claude/agents/ant.md", ".claude/agents/bee.md"], ""),
        ([".claude/agents/one/ant.md", ".claude/agents/two/bee.md"], ".claude/agents"),
    ],
)
def test_the_folder_of_all_is_said_where_that_is_shorter(paths: list[str], folder: str) -> None:
    """One line of the profile in place of a part of each agent's."""
    assert choose_folder([(path, Path(path).stem) for path in paths]) == folder


def test_files_below_one_folder_come_back_there(tmp_path: Path) -> None:
    """Their profile says the folder, and they the rest; what two of them share says what each of its own."""
    files = {
        "components/agents/data/ant.md": "---\nname: ant\nmodel: opus\n---\nYou are one of them.\n",
        "components/agents/data/bee.md": "---\nname: bee\nmodel: opus\n---\nYou are one of them.\n",
        "components/agents/text/cat.md": "---\nname: cat\nmodel: opus\n---\nYou are one of them.\n",
        "components/agents/dog.md": "---\nname: dog\nmodel: opus\n---\nYou are one of them.\n",
    }
    for path, text in files.items():
        place = tmp_path / "shop" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")
    plan = plan_import([f"shop={tmp_path / 'shop'}"], tmp_path / "ws", Options(), lambda _: None, Diagnostics())
    (tmp_path / "ws").mkdir()
    write_plan(plan, DiskDestination(tmp_path / "ws"))
    assert plan.files["profiles/shop.yaml"].splitlines() == [
        "agents_dir: components/agents",
        "agents:",
        "  ant:",
        "    use: agents/dog",
        "    path: data/",
        "  bee:",
        "    use: agents/dog",
        "    path: data/",
        "  cat:",
        "    use: agents/dog",
        "    path: text/",
        "  dog: {}",
    ]
    Workspace.open(tmp_path / "ws").build()
    built = tmp_path / "ws/output/shop"
    assert {path.relative_to(built).as_posix(): path.read_text(encoding="utf-8") for path in built.rglob("*.md")} == files
