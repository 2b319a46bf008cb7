"""Stale edits: what the lock remembers of an edit, what makes the edit stale, and what does not."""

from __future__ import annotations

import random
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import write_workspace
from hypothesis import given
from hypothesis import strategies as st
from laws import law

from composer.errors import ComposerError, Diagnostics
from composer.markdown.parse import parse_document
from composer.source import SourceFile
from composer.stale.edits import StaleEdit
from composer.stale.wording import blocks_wording
from composer.workspace import Workspace

LOCK = "agent-composer.lock"
AGENT = """
    ---
    agent:
      description: |
        Use this agent to write code.
    ---
    ## {% include "rules" %}
    """
RULES = """
    ## Rules {#rules}

    {#list}
    - Keep it short {#short}
    - Say why {#why}
      - In one sentence {#sentence}
    - Test it {#test}
    """
SHOP = """
    agents: {dev: {}}
    edits:
      rules#short:
        replace: |
          Keep it below 20 lines
    """


def workspace(root: Path, shop: str = SHOP, **files: str) -> Path:
    """Write a workspace with one agent and one profile; more profiles by name."""
    others = {f"profiles/{name}.yaml": text for name, text in files.items()}
    sources = {"fragments/agents/dev.md": AGENT, "fragments/rules.md": RULES, "profiles/shop.yaml": shop, **others}
    return write_workspace(root, sources)


def change(path: Path, old: str, new: str) -> None:
    """Replace a text of a file, which has to be there once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def stale(root: Path, profiles: tuple[str, ...] | None = None) -> list[tuple[str, str, str]]:
    """Return profile (and agent), address and verb of each stale edit."""
    return [name_of(edit) for edit in Workspace.open(root).stale_edits(profiles)]


def name_of(edit: StaleEdit) -> tuple[str, str, str]:
    key = edit.key
    return (f"{key.profile}:{key.agent}" if key.agent else key.profile, key.address, key.verb)


def edit_lines(root: Path) -> list[str]:
    """Return the lines of the lock that are about edits, without digests."""
    lines = (root / LOCK).read_text(encoding="utf-8").splitlines()
    return [" ".join(word for word in line.split(" ") if not word.startswith("sha256:")) for line in lines if line.startswith("edit ")]


# --- what is recorded -------------------------------------------------------------------------------------------------


def test_the_first_build_records_what_each_edit_stands_in_place_of(tmp_path: Path) -> None:
    """Replacements, titles and removals are recorded with the text of their block; insertions are not."""
    shop = """
        agents:
          dev:
            edits:
              rules#test: {remove: true}
        edits:
          rules#rules:
            title: |
              House rules
          rules#why:
            replace: |
              Give a reason
          rules#short:
            after:
              long: |
                Cut what is long
        """
    root = workspace(tmp_path, shop)
    Workspace.open(root).build()
    assert edit_lines(root) == [
        'edit shop rules#rules title "Rules"',
        'edit shop rules#why replace "Say why\\n- In one sentence"',
        'edit shop:dev rules#test remove "Test it"',
    ]


def test_an_edit_is_recorded_once_for_the_layer_that_wrote_it(tmp_path: Path) -> None:
    """The profiles that inherit an edit have no line of their own."""
    root = workspace(tmp_path, SHOP, web="extends: [shop]\n", app="extends: [shop]\n")
    Workspace.open(root).build()
    assert edit_lines(root) == ['edit shop rules#short replace "Keep it short"']


def test_an_edit_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    """A build drops the line of an edit that no profile makes any more."""
    root = workspace(tmp_path)
    Workspace.open(root).build()
    (root / "profiles/shop.yaml").write_text("agents: {dev: {}}\n", encoding="utf-8")
    Workspace.open(root).build()
    assert edit_lines(root) == []


def test_a_build_of_one_profile_leaves_the_edits_of_others_alone(tmp_path: Path) -> None:
    """It answers for the profile and for those that it extends, and for no other."""
    other = "agents: {dev: {}}\nedits:\n  rules#test: {remove: true}\n"
    root = workspace(tmp_path, SHOP, web=other)
    Workspace.open(root).build("web")
    assert edit_lines(root) == ['edit web rules#test remove "Test it"']
    (root / "profiles/web.yaml").write_text("agents: {dev: {}}\n", encoding="utf-8")
    Workspace.open(root).build("shop")
    assert edit_lines(root) == ['edit shop rules#short replace "Keep it short"', 'edit web rules#test remove "Test it"']


def test_a_dry_run_and_a_check_record_nothing(tmp_path: Path) -> None:
    """Only what writes the outputs writes the lock."""
    root = workspace(tmp_path)
    Workspace.open(root).build(dry_run=True)
    Workspace.open(root).check()
    assert not (root / LOCK).exists()


def test_a_build_into_a_project_records_no_edits(tmp_path: Path) -> None:
    """The edits belong to the workspace; the lock of a project tells of its files alone."""
    root = workspace(tmp_path / "agents")
    project = tmp_path / "project"
    project.mkdir()
    Workspace.open(root).build("shop", into=project)
    assert "\nedit " not in (project / f".{LOCK}").read_text(encoding="utf-8")
    assert not (root / LOCK).exists()


# --- what makes an edit stale -----------------------------------------------------------------------------------------


def test_an_edit_that_was_never_built_is_not_stale(tmp_path: Path) -> None:
    """Without a line of the lock nobody knows what it was made against."""
    root = workspace(tmp_path)
    change(root / "fragments/rules.md", "Keep it short", "Keep it very short")
    assert stale(root) == []


def test_a_build_leaves_a_stale_edit_stale(tmp_path: Path) -> None:
    """It warns and works, and the next check still tells; also where the text of the edit was changed."""
    root = workspace(tmp_path)
    Workspace.open(root).build()
    change(root / "fragments/rules.md", "Keep it short", "Keep it very short")
    change(root / "profiles/shop.yaml", "20 lines", "30 lines")
    report = Workspace.open(root).build()
    assert [found.code for found in report.diagnostics] == ["stale-edit"]
    assert [result.action.value for result in report.results] == ["updated"]
    checked = Workspace.open(root).check()
    assert [name_of(edit) for edit in checked.stale] == [("shop", "rules#short", "replace")]
    assert checked.diagnostics == ()
    assert edit_lines(root) == ['edit shop rules#short replace "Keep it short"']


def test_a_block_that_is_as_it_was_again_makes_its_edit_fresh(tmp_path: Path) -> None:
    """What was taken back needs no review."""
    root = workspace(tmp_path)
    Workspace.open(root).build()
    change(root / "fragments/rules.md", "Keep it short", "Keep it very short")
    Workspace.open(root).build()
    change(root / "fragments/rules.md", "Keep it very short", "Keep it short")
    assert stale(root) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- Say why {#why}", "- Say why, in one sentence {#why}"),
        ("- Keep it short {#short}\n", "- Be kind\n- Keep it short {#short}\n- Be honest\n"),
        ("- Keep it short {#short}\n- Say why {#why}\n", "- Say why {#why}\n- Keep it short {#short}\n- Be kind\n"),
        ("- Keep it short {#short}", "* Keep it short    {#short}"),
        ("  - In one sentence {#sentence}", "  - Keep it plain"),
        ("- Keep it short {#short}\n", "{% if agent.name == 'tester' %}\n- Keep it short {#short}\n{% endif %}\n"),
        ("## Rules {#rules}", "## All rules {#rules}\n\nThese hold."),
    ],
)
def test_what_is_changed_elsewhere_makes_no_edit_stale(old: str, new: str, tmp_path: Path) -> None:
    """Neighbours, order, marks, blanks and gates are not the block's text."""
    root = workspace(tmp_path)
    Workspace.open(root).build()
    change(root / "fragments/rules.md", old, new)
    assert Workspace.open(root).check().stale == ()


def test_a_checkout_with_other_line_ends_makes_no_edit_stale(tmp_path: Path) -> None:
    """Line ends and byte order marks of fragment, profile and lock are no text."""
    root = workspace(tmp_path, SHOP.replace("rules#short", "rules#why"))
    Workspace.open(root).build()
    for place in (root / "fragments/rules.md", root / "profiles/shop.yaml", root / LOCK):
        place.write_bytes(b"\xef\xbb\xbf" + place.read_bytes().replace(b"\n", b"\r\n"))
    report = Workspace.open(root).check()
    assert (report.stale, report.diagnostics) == ((), ())
    change(root / "fragments/rules.md", "In one sentence", "In two sentences")
    assert stale(root) == [("shop", "rules#why", "replace")]


def test_what_stands_below_a_replaced_item_is_part_of_it(tmp_path: Path) -> None:
    """A replacement stands in place of the whole block, children included."""
    root = workspace(tmp_path, SHOP.replace("rules#short", "rules#why"))
    Workspace.open(root).build()
    change(root / "fragments/rules.md", "In one sentence", "In two sentences")
    assert stale(root) == [("shop", "rules#why", "replace")]


def test_a_title_is_held_against_the_heading_alone(tmp_path: Path) -> None:
    """What the section says below its heading may change."""
    root = workspace(tmp_path, "agents: {dev: {}}\nedits:\n  rules#rules:\n    title: |\n      House rules\n")
    Workspace.open(root).build()
    change(root / "fragments/rules.md", "Keep it short", "Keep it very short")
    assert stale(root) == []
    change(root / "fragments/rules.md", "## Rules", "## Rules of the house")
    assert stale(root) == [("shop", "rules#rules", "title")]


def test_a_renamed_block_is_followed(tmp_path: Path) -> None:
    """A rename alone makes nothing stale; a change does, under the old name and under the new one; a build writes the new name."""
    root = workspace(tmp_path)
    Workspace.open(root).build()
    change(root / "fragments/rules.md", "{#short}", "{#brief}")
    change(root / "fragments/rules.md", "## Rules", "---\nmoved: {short: brief}\n---\n## Rules")
    assert stale(root) == []
    change(root / "fragments/rules.md", "Keep it short", "Keep it very short")
    assert stale(root) == [("shop", "rules#brief", "replace")]
    Workspace.open(root).build()
    change(root / "profiles/shop.yaml", "rules#short", "rules#brief")
    assert stale(root) == [("shop", "rules#brief", "replace")]
    assert edit_lines(root) == ['edit shop rules#brief replace "Keep it short"']


def test_an_edit_of_an_inserted_block_is_held_against_its_text(tmp_path: Path) -> None:
    """What a profile adds can be edited by those that extend it, and change under them."""
    base = "abstract: true\nedits:\n  rules#why:\n    after:\n      kind: |\n        Be kind\n"
    root = workspace(tmp_path, SHOP.replace("rules#short", "profiles/base#kind") + "extends: [base]\n", base=base)
    Workspace.open(root).build()
    assert edit_lines(root) == ['edit shop profiles/base#kind replace "Be kind"']
    change(root / "profiles/base.yaml", "Be kind", "Be honest")
    (edit,) = Workspace.open(root).stale_edits()
    assert (edit.was, edit.base.text, edit.says) == (("Be kind",), "Be honest", "Keep it below 20 lines")


REPLACED = "edits:\n  rules#short:\n    replace: |\n      Be brief\n"
REMOVED = "edits:\n  rules#short: {remove: true}\n"


@pytest.mark.parametrize(
    ("below", "upper", "text"),
    [
        (REPLACED, REMOVED, "Be brief"),
        (REMOVED, REPLACED.replace("brief", "terse"), "Keep it short"),
        (REPLACED, REPLACED.replace("brief", "terse").replace("edits:\n", "edits:\n  unset: [rules#short]\n"), "Keep it short"),
    ],
)
def test_an_edit_is_held_against_what_its_layer_inherits(below: str, upper: str, text: str, tmp_path: Path) -> None:
    """Over an ancestor's replacement that is the replacement, unless it is given back; a removal leaves the block itself."""
    root = workspace(tmp_path, f"agents: {{dev: {{}}}}\nextends: [base]\n{upper}", base=f"abstract: true\n{below}")
    Workspace.open(root).build()
    assert [line.split(" ", 4)[4] for line in edit_lines(root) if line.startswith("edit shop ")] == [f'"{text}"']


def test_an_edit_of_one_agent_is_held_against_that_of_its_profile(tmp_path: Path) -> None:
    """The agent's part of a profile beats the rest, so it stands in place of that."""
    shop = f"agents:\n  dev:\n    edits:\n      rules#short: {{remove: true}}\n{REPLACED}"
    root = workspace(tmp_path, shop)
    Workspace.open(root).build()
    change(root / "profiles/shop.yaml", "Be brief", "Be terse")
    change(root / "fragments/rules.md", "Keep it short", "Keep it very short")
    assert stale(root) == [("shop:dev", "rules#short", "remove"), ("shop", "rules#short", "replace")]


def test_stale_edits_are_told_for_the_profiles_asked_for(tmp_path: Path) -> None:
    """A profile's edits are its own and those that it inherits."""
    root = workspace(tmp_path, SHOP, web="extends: [shop]\n", app="agents: {dev: {}}\n")
    Workspace.open(root).build()
    change(root / "fragments/rules.md", "Keep it short", "Keep it very short")
    assert (len(stale(root, ("web",))), stale(root, ("app",))) == (1, [])
    assert len(Workspace.open(root).check("web").stale) == 1
    assert Workspace.open(root).check("app").stale == ()


# --- merges -----------------------------------------------------------------------------------------------------------


def test_after_a_merge_the_text_of_either_side_counts(tmp_path: Path) -> None:
    """A lock with conflict marks is read, an edit that one side reviewed is fresh, and the next build leaves one line."""
    root = workspace(tmp_path)
    Workspace.open(root).build()
    old = (root / LOCK).read_text(encoding="utf-8")
    change(root / "fragments/rules.md", "Keep it short", "Keep it very short")
    (root / LOCK).unlink()
    Workspace.open(root).build()
    new = (root / LOCK).read_text(encoding="utf-8")
    (root / LOCK).write_text(f"<<<<<<< ours\n{old}=======\n{new}>>>>>>> theirs\n", encoding="utf-8")
    assert stale(root) == []
    Workspace.open(root).build()
    assert (root / LOCK).read_text(encoding="utf-8") == new


def test_after_a_merge_that_neither_side_foresaw_both_texts_are_kept(tmp_path: Path) -> None:
    """Each side knew another text, and the merged block is a third one."""
    root = workspace(tmp_path)
    Workspace.open(root).build()
    ours = (root / LOCK).read_text(encoding="utf-8")
    change(root / "fragments/rules.md", "Keep it short", "Keep it very short")
    (root / LOCK).unlink()
    Workspace.open(root).build()
    (root / LOCK).write_text(ours + (root / LOCK).read_text(encoding="utf-8"), encoding="utf-8")
    change(root / "fragments/rules.md", "Keep it very short", "Keep it as short as it can be")
    Workspace.open(root).build()
    (edit,) = Workspace.open(root).stale_edits()
    assert edit.was == ("Keep it short", "Keep it very short")


# --- what a block says ------------------------------------------------------------------------------------------------


def wording(text: str) -> str:
    """Return what a text says; it has to be free of mistakes."""
    found = Diagnostics()
    document = parse_document(SourceFile("rules.md", text), 0, found)
    if found.errors:
        raise ComposerError(tuple(found))
    return blocks_wording(document.blocks)


EVERY_KIND = """
### Titled {#titled}
Words of a

paragraph {#p}

```python
# code
    x = 1
```

> quoted {#q}

1. one {#one}
2. two
   - nested
     * deep

   more
{% if x %} {#gate}
3. three
{% elif y %}
4. four
{% else %}
5. five
{% endif %}

- [ ] open
- [x] done
{% for a in b %}
- {{ a }}
{% endfor %}

#### {% include "other" %}
{% include topic %}

| a | b |
|---|---|
| 1 | 2 |

### {#closing}
The end.
"""


def test_a_wording_has_every_kind_of_block() -> None:
    """It reads as Markdown, without ids, with one kind of bullet, and with the highest heading at the first level."""
    assert wording(EVERY_KIND) == (
        "# Titled\n\nWords of a\n\nparagraph\n\n```python\n# code\n    x = 1\n```\n\n> quoted\n\n"
        "1. one\n1. two\n  - nested\n    - deep\n\n  more\n{% if x %}\n1. three\n{% elif y %}\n1. four\n{% else %}\n1. five\n{% endif %}\n"
        '\n- [ ] open\n- [x] done\n{% for a in b %}\n- {{ a }}\n{% endfor %}\n\n## {% include "other" %}\n\n{% include topic %}\n\n'
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nThe end."
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("- a\n- b\n", "* a\n\n* b\n"),
        ("1. a\n2. b\n", "7. a\n8. b\n"),
        ("## A {#a}\n\nx\n\n### B\n", "#### A\nx  \n\n\n##### B {#b}\n"),
        ("- a\n  - b\n", "- a {#x}\n    - b\n"),
    ],
)
def test_texts_that_say_the_same(one: str, other: str) -> None:
    """Marks, numbers, gaps, ids, levels and indentation do not count."""
    assert wording(one) == wording(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("- a\n- b\n", "- b\n- a\n"),
        ("- a\n", "1. a\n"),
        ("- [ ] a\n", "- [x] a\n"),
        ("- a\n- b\n", "- a\n  - b\n"),
        ("a\n", "A\n"),
        ("# A\n\n## B\n", "# A\n\n# B\n"),
        ("```\n  a\n```\n", "```\na\n```\n"),
        ("{% if x %}\na\n{% endif %}\n", "{% if y %}\na\n{% endif %}\n"),
        ('# {% include "a" %}\n', '# {% include "b" %}\n'),
    ],
)
def test_texts_that_do_not_say_the_same(one: str, other: str) -> None:
    """Words, order, nesting, check boxes, code, conditions and includes count."""
    assert wording(one) != wording(other)


def test_every_letter_counts() -> None:
    """No kind of block has words that could change unseen."""
    said = wording(EVERY_KIND)
    names = [range(*match.span()) for match in re.finditer(r"\{#[a-z-]+\}", EVERY_KIND)]
    for offset, letter in enumerate(EVERY_KIND):
        if not letter.isalpha() or any(offset in name for name in names):
            continue
        try:
            changed = wording(f"{EVERY_KIND[:offset]}{'q' if letter != 'q' else 'z'}{EVERY_KIND[offset + 1 :]}")
        except ComposerError:  # such as a statement that is none now
            continue
        assert changed != said, EVERY_KIND[offset - 20 : offset + 20]


# --- any fragment -----------------------------------------------------------------------------------------------------


@dataclass
class Chapter:
    """A section of a random fragment: a title, and items by id. Every text is a word of its own."""

    name: str
    title: str
    items: dict[str, str]


class Chapters:
    """A random fragment that can be changed at random, apart from or inside one block."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._count = 0
        self.chapters = [self._chapter() for _ in range(self._random.randint(1, 4))]
        self.chapter = self._random.choice(self.chapters)
        self.item = self._random.choice(list(self.chapter.items))
        self.verb = self._random.choice(["replace", "remove", "title"])
        is_item = self.verb != "title" and self._random.random() < 0.6
        self.target = self.item if is_item else self.chapter.name
        self.is_item = is_item
        # Kinds of lists are told apart, so a fragment keeps its own.
        self._marks = self._random.choice([["-", "*"], ["1.", "3."]])

    def _word(self) -> str:
        self._count += 1
        return f"word{self._count}"

    def _chapter(self) -> Chapter:
        return Chapter(self._word(), self._word(), {self._word(): self._word() for _ in range(self._random.randint(1, 4))})

    def change_elsewhere(self) -> None:
        """Change, add, drop or move something that is not in the edited block."""
        others = [chapter for chapter in self.chapters if chapter is not self.chapter]
        match self._random.choice(["add", "drop", "shuffle", "word", "inside"]):
            case "add":
                self.chapters.insert(self._random.randint(0, len(self.chapters)), self._chapter())
            case "drop" if others:
                self.chapters.remove(self._random.choice(others))
            case "shuffle":
                self._random.shuffle(self.chapters)
            case "word" if others:
                other = self._random.choice(others)
                other.title = self._word()
                other.items = {self._word(): self._word(), **dict(reversed(other.items.items()))}
            case _ if self.is_item:
                rest = {self._word(): self._word() for _ in range(self._random.randint(0, 3))}
                kept = [*rest.items(), (self.item, self.chapter.items[self.item])]
                self._random.shuffle(kept)
                self.chapter.items, self.chapter.title = dict(kept), self._word()
            case _ if self.verb == "title":
                self.chapter.items = {self._word(): self._word()}

    def change_inside(self) -> None:
        """Change the words of the edited block, and nothing else."""
        if self.is_item:
            self.chapter.items[self.item] += self._random.choice([" more", ".", "\n  - below", "\n\n  below"])
        elif self.verb == "title" or self._random.random() < 0.3:
            self.chapter.title += " more"
        elif self._random.random() < 0.5:
            self.chapter.items[self._word()] = self._word()
        else:
            self.chapter.items[self.item] += " more"

    @property
    def text(self) -> str:
        level = "#" * self._random.randint(1, 3)
        mark = self._random.choice(self._marks)
        gap = self._random.choice(["\n", "\n\n"])
        lines = ["Words that stay, whatever is removed.\n"]
        for chapter in self.chapters:
            items = [self._item(name, words, mark) for name, words in chapter.items.items()]
            lines.append(f"{level} {chapter.title} {{#{chapter.name}}}\n\n{gap.join(items)}\n")
        return "\n".join(lines)

    @staticmethod
    def _item(name: str, words: str, mark: str) -> str:
        first, _, rest = words.partition("\n")
        return f"{mark} {first} {{#{name}}}" + (f"\n{rest}".replace("\n  ", f"\n{' ' * (len(mark) + 1)}") if rest else "")

    @property
    def profile(self) -> str:
        value = {"remove": "true", "replace": "|\n      Something else", "title": "|\n      Something else"}[self.verb]
        return f"agents: {{dev: {{}}}}\nedits:\n  rules#{self.target}:\n    {self.verb}: {value}\n"


@law(60)
@given(st.integers(0, 100_000))
def test_an_edit_is_stale_if_its_block_was_changed_and_only_then(seed: int) -> None:
    """Whatever happens elsewhere in the fragment, and however it is written, only the block's own words count."""
    fragment = Chapters(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = workspace(Path(folder), fragment.profile)
        rules = root / "fragments/rules.md"
        rules.write_text(fragment.text, encoding="utf-8")
        Workspace.open(root).build()
        fragment.change_elsewhere()
        fragment.change_elsewhere()
        rules.write_text(fragment.text, encoding="utf-8")
        assert stale(root) == []
        fragment.change_inside()
        rules.write_text(fragment.text, encoding="utf-8")
        assert stale(root) == [("shop", f"rules#{fragment.target}", fragment.verb)]
