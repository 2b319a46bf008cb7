"""The matrix: what each project makes of each block, as a table, as data and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from browser import Browser, open_browser
from builders import write_workspace
from typer.testing import CliRunner, Result

from composer.cli.app import app
from composer.cli.completion import complete_fragments
from composer.cli.screen import Screen
from composer.matrix.page import matrix_page, summary_page
from composer.matrix.presence import Status
from composer.matrix.table import Cell, Matrix, Row, make_matrices
from composer.matrix.text import column_groups
from composer.model.resolved import Layer
from composer.workspace import Workspace

LIBRARY: Final = Path(__file__).parents[1]

AGENT: Final = """
    ---
    agent:
      description: |
        Use this agent for code.
    vars:
      topics: {type: "list[fragment]", default: [lists/rules]}
    ---
    You build.

    ## {% include topics %}
    """

FILES: Final = {
    "fragments/agents/dev.md": AGENT,
    "fragments/agents/tester.md": AGENT,
    "fragments/lists/rules.md": """
        ---
        about: House rules.
        vars:
          limit: {type: int, default: 10}
          strict: {type: bool, default: false}
          mode: {type: "enum[fast, safe]", default: fast}
          phrase: {type: str, default: ""}
        ---
        ## Rules {#rules}

        {#list}
        - Keep it below {{ limit }} {#limit}
        - Say why {#why}
        - Test it {#test}
        {% if strict %} {#strictly}
        - Never skip a test {#skip}
        {% endif %}
        {% if mode == "fast" %}
        - Be quick {#quick}
        {% else %}
        - Be careful {#careful}
        {% endif %}

        {{ phrase }} {#phrase}
        """,
    "fragments/lists/other.md": """
        ## Other {#other}

        - One {#one}
        """,
    "fragments/lists/bare.md": """
        - No block here has an id
        """,
    "profiles/base.yaml": """
        abstract: true
        agents:
          dev: {}
          tester: {}
        """,
    "profiles/bank.yaml": """
        extends: [base]
        vars:
          strict: true
          mode: safe
        edits:
          lists/rules#rules:
            title: Bank rules
          lists/rules#why:
            after:
              audit: |
                Leave a trail
        """,
    "profiles/shop.yaml": """
        extends: [base]
        edits:
          lists/rules#why:
            replace: |
              Say <why> & how
            because: readers are in a "hurry"
          lists/rules#test: {remove: true}
        """,
    "profiles/site.yaml": """
        extends: [base]
        agents:
          tester:
            vars: {topics: [lists/other]}
        """,
}


def matrix_of(root: Path, fragment: str, *, stale: tuple[tuple[Layer, str], ...] = ()) -> Matrix:
    workspace = Workspace.open(root)
    files = workspace.compose().files
    (matrix,) = make_matrices(workspace.index, files, {file: workspace.path_of(file) for file in files}, [fragment], stale=frozenset(stale))
    return matrix


def row_of(matrix: Matrix, name: str) -> Row:
    return next(row for row in matrix.rows if row.name == name)


def labels(matrix: Matrix, name: str) -> dict[str, str]:
    return {cell.project: cell.label for cell in row_of(matrix, name).cells}


def cell_of(matrix: Matrix, name: str, project: str) -> Cell:
    return next(cell for cell in row_of(matrix, name).cells if cell.project == project)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_workspace(tmp_path, FILES)


@pytest.fixture
def rules(root: Path) -> Matrix:
    return matrix_of(root, "lists/rules")


# --- states -----------------------------------------------------------------------------------------------------------


def test_a_block_that_nobody_changed_is_there_as_written(rules: Matrix) -> None:
    """Another value of a variable is no divergence: the block says the same of it."""
    assert labels(rules, "#limit") == {"bank": "yes", "shop": "yes", "site": "yes"}
    assert cell_of(rules, "#limit", "bank").reason == "as written"
    assert cell_of(rules, "#limit", "bank").presences[0].lines == (11,)


def test_a_replaced_block_tells_by_whom_and_with_what(rules: Matrix) -> None:
    """The reason has the layer, the place, the new text and the reason that the profile gave."""
    cell = cell_of(rules, "#why", "shop")
    assert cell.label == "replaced"
    assert cell.reason == ('replaced by profiles/shop at profiles/shop.yaml:3:3, with: Say <why> & how (because readers are in a "hurry")')
    assert cell.presences[0].text == "Say <why> & how"


def test_a_removed_block_tells_by_whom(rules: Matrix) -> None:
    """Where a profile removes a block, the cell says so, and has no lines."""
    cell = cell_of(rules, "#test", "shop")
    assert (cell.label, cell.reason) == ("removed", "removed by profiles/shop at profiles/shop.yaml:7:3")
    assert cell.presences[0].lines == ()


def test_a_retitled_section_is_not_as_written(rules: Matrix) -> None:
    """A section under another title is there, but differs."""
    assert labels(rules, "#rules") == {"bank": "retitled", "shop": "yes", "site": "yes"}


def test_a_gated_block_tells_which_variable_keeps_it_out(rules: Matrix) -> None:
    """The label names the variable; the reason has its value and who set it."""
    assert cell_of(rules, "#skip", "shop").label == "gated (strict)"
    assert cell_of(rules, "#skip", "shop").reason == "`strict` is false (by default)"
    assert cell_of(rules, "#quick", "bank").reason == '`mode == "fast"` is false: `mode` is safe (set by profiles/bank)'
    assert (
        cell_of(rules, "#careful", "shop").reason == "`else` is not looked at, since a branch before it holds: `mode` is fast (by default)"
    )


def test_a_statement_with_an_id_is_there_if_what_it_holds_is(rules: Matrix) -> None:
    """An `if` prints nothing itself: it is there with the blocks in it, and gated without."""
    assert labels(rules, "#strictly") == {"bank": "yes", "shop": "gated", "site": "gated"}
    assert cell_of(rules, "#strictly", "bank").presences[0].lines == (15,)
    assert cell_of(rules, "#strictly", "shop").reason == "no branch of it holds: `strict`"


def test_a_block_whose_text_comes_out_empty_is_not_there(rules: Matrix) -> None:
    """It is neither removed nor gated: nothing is left of it."""
    assert labels(rules, "#phrase") == {"bank": "empty", "shop": "empty", "site": "empty"}


def test_a_list_that_nothing_is_left_of_is_empty(tmp_path: Path) -> None:
    """Its items were taken out one by one: no edit is of the list itself."""
    shop = "extends: [base]\nedits:\n  lists/other#one: {remove: true}\nvars: {topics: [lists/other]}\n"
    matrix = matrix_of(write_workspace(tmp_path, {**FILES, "profiles/shop.yaml": shop}), "lists/other")
    assert (cell_of(matrix, "#other", "shop").label, cell_of(matrix, "#other", "shop").reason) == ("empty", "nothing is left in it")


def test_a_fragment_that_nothing_includes_is_absent(root: Path) -> None:
    """The projects that use it are counted, and the others do not diverge: they have nothing to differ about."""
    other = matrix_of(root, "lists/other")
    assert labels(other, "#one") == {"bank": "absent", "shop": "absent", "site": "yes"}
    assert (other.users, other.apart) == (("site",), 0)


def test_agents_that_do_not_use_the_fragment_are_not_counted(rules: Matrix) -> None:
    """Of two agents one has other topics: the one that uses the fragment has the block, and the reason tells of the other."""
    assert cell_of(rules, "#limit", "site").label == "yes"
    assert cell_of(rules, "#limit", "site").reason == "dev: as written; tester: nothing includes it"


def test_agents_that_differ_are_counted(tmp_path: Path) -> None:
    """Where agents of one project use the fragment and have different blocks of it, the cell says how many have which."""
    shop = """
        extends: [base]
        agents:
          tester:
            edits:
              lists/rules#test: {remove: true}
              lists/rules#why:
                replace: Tell why
        """
    matrix = matrix_of(write_workspace(tmp_path, {**FILES, "profiles/shop.yaml": shop}), "lists/rules")
    assert cell_of(matrix, "#test", "shop").label == "yes in 1, removed in 1 of 2"
    assert cell_of(matrix, "#why", "shop").label == "yes in 1, replaced in 1 of 2"
    assert cell_of(matrix, "#test", "shop").status is Status.YES


def test_what_stands_inside_a_replaced_section_goes_with_it(tmp_path: Path) -> None:
    """The reason names the edit of the block around."""
    shop = "extends: [base]\nedits:\n  lists/rules#rules:\n    replace: |\n      ## Short\n\n      Be good.\n"
    matrix = matrix_of(write_workspace(tmp_path, {**FILES, "profiles/shop.yaml": shop}), "lists/rules")
    cell = cell_of(matrix, "#limit", "shop")
    assert cell.label == "replaced"
    assert cell.reason.startswith("gone with the block around it, which profiles/shop replaces at profiles/shop.yaml:3:3")


def test_an_edit_of_a_text_that_has_changed_is_stale(root: Path) -> None:
    """What the lock knows of edits becomes a state of its own."""
    matrix = matrix_of(root, "lists/rules", stale=((Layer("profiles/shop"), "lists/rules#why"),))
    cell = cell_of(matrix, "#why", "shop")
    assert cell.label == "stale"
    assert cell.reason.endswith("; the text that it was written for has changed since")


def test_the_command_asks_the_lock_for_stale_edits(root: Path) -> None:
    """After a build, a change of the text below an edit shows in its cell."""
    Workspace.open(root).build()
    source = root / "fragments" / "lists" / "rules.md"
    source.write_text(source.read_text(encoding="utf-8").replace("Say why", "Say why, and when"), encoding="utf-8")
    assert "stale" in run(root, "lists/rules").stdout


# --- rows -------------------------------------------------------------------------------------------------------------


def test_what_a_profile_inserts_has_a_row(rules: Matrix) -> None:
    """It is there where its layer is, and absent elsewhere, which the reason explains."""
    row = row_of(rules, "profiles/bank#audit")
    assert (row.kind, row.words, row.inserted) == ("paragraph", "Leave a trail", "stands at lists/rules#why")
    assert labels(rules, "profiles/bank#audit") == {"bank": "yes", "shop": "absent", "site": "absent"}
    assert cell_of(rules, "profiles/bank#audit", "shop").reason == "it belongs to a layer that this project does not extend"


def test_an_insertion_beside_an_insertion_belongs_to_the_same_fragment(tmp_path: Path) -> None:
    """However long the chain of anchors, the row is in the matrix of the fragment at its end; sections and lists have words, too."""
    branch = """
        extends: [bank]
        edits:
          profiles/bank#audit:
            after:
              more: |
                And a map
          lists/rules#rules:
            after:
              extra: |
                ## Extra

                - Rule
              dots: |
                - One
                - Two
        """
    matrix = matrix_of(write_workspace(tmp_path, {**FILES, "profiles/branch.yaml": branch}), "lists/rules")
    assert labels(matrix, "profiles/branch#more")["branch"] == "yes"
    assert [
        (row_of(matrix, f"profiles/branch#{name}").kind, row_of(matrix, f"profiles/branch#{name}").words) for name in ("extra", "dots")
    ] == [
        ("section", "Extra"),
        ("list", "- One - Two"),
    ]


def test_rows_are_ordered_by_divergence(rules: Matrix) -> None:
    """First the blocks over which most projects differ from the others; those alike keep the order of the file."""
    assert [row.apart for row in rules.rows] == sorted((row.apart for row in rules.rows), reverse=True)
    alike = [row.name for row in rules.rows if not row.apart]
    assert alike == ["#list", "#limit", "#phrase"]
    assert rules.diverging == len(rules.rows) - 3


def test_two_projects_with_other_texts_differ_from_each_other(tmp_path: Path) -> None:
    """Both are replaced, but not by the same: each text is a kind of its own."""
    files = {
        **FILES,
        "profiles/bank.yaml": "extends: [base]\nedits:\n  lists/rules#why:\n    replace: Tell why\n",
        "profiles/site.yaml": "extends: [base]\nedits:\n  lists/rules#why:\n    replace: Tell why\n",
    }
    assert row_of(matrix_of(write_workspace(tmp_path, files), "lists/rules"), "#why").apart == 1


def test_matrices_are_ordered_by_divergence(root: Path) -> None:
    """The fragment that projects differ most over comes first."""
    workspace = Workspace.open(root)
    files = workspace.compose().files
    paths = {file: workspace.path_of(file) for file in files}
    found = make_matrices(workspace.index, files, paths, ["lists/bare", "lists/other", "lists/rules"])
    assert [matrix.fragment for matrix in found] == ["lists/rules", "lists/bare", "lists/other"]


# --- the command ------------------------------------------------------------------------------------------------------


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["matrix", "--workspace", str(root), *arguments])


def test_the_text_is_a_table(root: Path) -> None:
    """Blocks are rows, projects columns; what profiles inserted is marked."""
    answer = run(root, "lists/rules")
    assert answer.exit_code == 0
    lines = answer.stdout.splitlines()
    assert lines[:2] == ["lists/rules  fragments/lists/rules.md", "3 of 3 projects use it; 8 of 11 blocks differ between them"]
    assert lines[3].split() == ["BLOCK", "BANK", "SHOP", "SITE"]
    assert "+ profiles/bank#audit  yes" in answer.stdout


def test_a_shell_completes_fragments(root: Path) -> None:
    """Those of the workspace that the command line names."""
    context = typer.Context(typer.main.get_command(app))
    context.params = {"workspace": root}
    assert list(complete_fragments(context, "lists/")) == ["lists/bare", "lists/other", "lists/rules"]


def test_a_path_names_the_fragment_too(root: Path) -> None:
    """What a shell completes is taken as well."""
    assert run(root, "fragments/lists/rules.md").stdout == run(root, "lists/rules").stdout


def test_verbose_tells_each_reason(root: Path) -> None:
    """Below the table stands each block with its reasons by project."""
    assert "\n  shop: removed by profiles/shop at profiles/shop.yaml:7:3\n" in run(root, "lists/rules", "--verbose").stdout


def test_without_a_fragment_all_are_summed_up(root: Path) -> None:
    """Each fragment has a row with its figures and the block that projects differ most over."""
    lines = [line.split() for line in run(root).stdout.splitlines()]
    assert lines[1] == ["lists/rules", "3", "of", "3", "11", "8", "#rules"]
    assert ["lists/bare", "0", "of", "3", "0", "0", "-"] in lines


def test_a_fragment_without_ids_is_told(root: Path) -> None:
    """There is nothing to show, and a way to change that."""
    assert "no block of it has an id" in run(root, "lists/bare").stdout


def test_the_document_has_each_agent(root: Path) -> None:
    """The data has for each cell what each agent makes of the block."""
    document = json.loads(run(root, "lists/rules", "--json").stdout)
    (matrix,) = document["fragments"]
    block = next(block for block in matrix["blocks"] if block["address"] == "lists/rules#skip")
    cell: dict[str, Any] = next(cell for cell in block["cells"] if cell["project"] == "shop")
    assert (cell["state"], cell["label"]) == ("gated", "gated (strict)")
    assert cell["agents"][0]["gated_by"] == ["strict"]


def test_an_unknown_fragment_is_an_error_with_the_nearest(root: Path) -> None:
    """The exit code is that of wrong input."""
    answer = run(root, "lists/rule")
    assert answer.exit_code == 2
    assert "error[unknown-fragment]: there is no fragment `lists/rule`" in answer.stderr
    assert "did you mean `lists/rules`?" in answer.stderr


def test_options_that_do_not_fit_are_refused(root: Path, tmp_path: Path) -> None:
    """A page is not a document, and only a page goes to a file."""
    assert run(root, "--json", "--html").exit_code == 2
    assert run(root, "--output", str(tmp_path / "x.html")).exit_code == 2


def test_the_page_goes_to_a_file_or_is_printed(root: Path) -> None:
    """Both are the same page."""
    place = root / "page.html"
    answer = run(root, "lists/rules", "--html", "--output", str(place))
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert place.read_text(encoding="utf-8") == run(root, "lists/rules", "--html").stdout


def test_a_file_that_cannot_be_written_is_an_error(root: Path) -> None:
    """The system's reason is told, and the exit code is that of wrong input."""
    answer = run(root, "--html", "--output", str(root / "nowhere" / "page.html"))
    assert answer.exit_code == 2
    assert "error[cannot-write]" in answer.stderr


def test_a_workspace_without_fragments_has_an_empty_summary(tmp_path: Path) -> None:
    """Nothing to show is no error."""
    root = write_workspace(tmp_path, {"agent-composer.yaml": "{}\n"})
    assert "there is no fragment" in run(root).stdout
    assert "There is no fragment." in run(root, "--html").stdout


# --- wide tables ------------------------------------------------------------------------------------------------------


def test_columns_are_grouped_by_the_width_of_a_line() -> None:
    """A group takes as many columns as fit beside the first; one that fits nowhere stands alone."""
    assert list(column_groups([5, 5, 5], 10, 24)) == [range(2), range(2, 3)]
    assert list(column_groups([50, 5], 10, 24)) == [range(1), range(1, 2)]
    assert list(column_groups([5, 5, 5], 10, None)) == [range(3)]
    assert list(column_groups([], 10, 24)) == []


def test_a_terminal_gets_groups_of_columns(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is wider than the terminal goes on below, with the names of the blocks again."""
    monkeypatch.setattr(Screen, "is_terminal", True)
    monkeypatch.setenv("COLUMNS", "60")
    text = run(root, "lists/rules").stdout
    assert max(len(line) for line in text.splitlines()) <= 100
    assert text.count("#limit") == 2


# --- the page ---------------------------------------------------------------------------------------------------------

VOID: Final = frozenset({"meta", "br", "hr", "img", "input", "link", "wbr"})
LINKING: Final = frozenset({"src", "href", "srcset", "action", "data", "poster", "background", "formaction"})


class Page(HTMLParser):
    """Reads a page, and notes what a browser would have to mend."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.described: list[str] = []
        self.reasons: dict[str, str] = {}
        self.scopes: list[str | None] = []
        self.cells = 0
        self._reason = ""
        self.feed(text)
        self.close()
        self.faults += [f"{name} stays open" for name in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.links += [value or "" for name, value in attrs if name in LINKING]
        if "id" in values:
            self.ids.append(values["id"] or "")
        if tag == "th":
            self.scopes.append(values.get("scope"))
        if "state" in (values.get("class") or "").split() and "tabindex" in values:
            self.cells += 1
            self.described.append(values.get("aria-describedby") or "")
        if values.get("role") == "tooltip":
            self._reason = values["id"] or ""
            self.reasons[self._reason] = ""
        if any(name.startswith("on") for name in values):
            self.faults.append(f"{tag} has a handler")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing, in line {self.getpos()[0]}")
        if tag == "td":
            self._reason = ""

    def handle_data(self, data: str) -> None:
        if self._reason:
            self.reasons[self._reason] += data


@cache
def library_pages() -> Mapping[str, str]:
    workspace = Workspace.open(LIBRARY)
    files = workspace.compose().files
    paths = {file: workspace.path_of(file) for file in files}
    matrices = make_matrices(workspace.index, files, paths, list(workspace.catalog.fragments))
    fragment = next(matrix for matrix in matrices if matrix.fragment == "checklists/api")
    return {"summary": summary_page(matrices), "fragment": matrix_page(fragment)}


@pytest.mark.parametrize("name", ["summary", "fragment"])
def test_a_page_is_well_formed_and_needs_nothing_else(name: str) -> None:
    """Each element is closed, each id is there once, and no link leads out of the page."""
    page = Page(library_pages()[name])
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    assert [link for link in page.links if not link.startswith("#")] == []
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


@pytest.mark.parametrize("name", ["summary", "fragment"])
def test_each_cell_has_a_reason_and_each_head_a_scope(name: str) -> None:
    """A reader of screens finds the reason by the cell's description, and the heads by their scope."""
    page = Page(library_pages()[name])
    assert page.cells == len(page.reasons) > 40
    assert sorted(page.described) == sorted(page.reasons)
    assert all(reason.strip() for reason in page.reasons.values())
    assert set(page.scopes) == {"col", "row"}


def test_a_page_shows_what_sources_say_as_text(tmp_path: Path) -> None:
    """Mark-up in a fragment, an edit, a reason or a description is no mark-up of the page."""
    evil = "</span><script>alert(1)</script><img src=x onerror=alert(2)>"
    edit = f"replace: |\n      {evil}\n    because: |\n      {evil}\n"
    files = {
        **FILES,
        "fragments/lists/rules.md": f'---\nabout: "{evil}"\n---\n## Rules {{#rules}}\n\n- {evil} {{#why}}\n',
        "profiles/shop.yaml": f"extends: [base]\nedits:\n  lists/rules#why:\n    {edit}",
        "profiles/bank.yaml": "extends: [base]\n",
    }
    workspace = Workspace.open(write_workspace(tmp_path, files))
    composed = workspace.compose().files
    matrices = make_matrices(workspace.index, composed, {file: workspace.path_of(file) for file in composed}, ["lists/rules"])
    for text in (matrix_page(matrices[0]), summary_page(matrices)):
        page = Page(text)
        assert (page.faults, page.links) in [([], []), ([], ["#fragment-1", "#top"])]
        assert "<img" not in text
        assert "&lt;img src=x" in text
        assert text.count("<script>") == 1


def test_controls_are_shown_as_dots() -> None:
    """What no page may hold does not reach it."""
    page = matrix_page(Matrix("a\x9bb", "a.md", "x\x00\x7f", (), (), ()))
    assert "a·b" in page
    assert "x··" in page


# --- in a browser -----------------------------------------------------------------------------------------------------

SHOWN: Final = """
    const found = [...document.querySelectorAll('.reason')].filter(one => getComputedStyle(one).display !== 'none');
    return found.map(one => { const box = one.getBoundingClientRect();
      return {text: one.textContent, isInside: box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight && box.top >= 0}; });
    """
CONTRAST: Final = """
    const level = text => { const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(value => value / 255)
        .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    return [...document.querySelectorAll('.state, .reason, .words, .kind, th, p, dd, h1')].map(one => {
      let behind = one;
      while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') { behind = behind.parentElement; }
      const [low, high] = [level(getComputedStyle(one).color), level(getComputedStyle(behind).backgroundColor)].sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05); }).reduce((a, b) => Math.min(a, b));
    """


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    written = {}
    for name, text in library_pages().items():
        written[name] = folder / f"{name}.html"
        written[name].write_text(text, encoding="utf-8")
    return written


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("desk"), 1280, 900) as browser:
        yield browser


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("phone"), 400, 800, has_touch=True) as browser:
        yield browser


@pytest.mark.parametrize("name", ["summary", "fragment"])
def test_a_reason_shows_where_the_mouse_is(desk: Browser, pages: dict[str, Path], name: str) -> None:
    """Nothing covers the page until the mouse is over a cell; then its reason, and no other, is inside the window."""
    desk.visit(pages[name])
    assert desk.run(SHOWN) == []
    desk.point("tbody tr:nth-child(2) td:nth-child(3) .state")
    (shown,) = desk.run(SHOWN)
    assert shown["isInside"]
    assert shown["text"] == desk.run("return document.querySelector('tbody tr:nth-child(2) td:nth-child(3) .reason').textContent")


def test_a_reason_shows_where_the_keyboard_is(desk: Browser, pages: dict[str, Path]) -> None:
    """Tab comes to the table and into its cells, arrows go from cell to cell, Escape puts the reason away."""
    tab, right, down, escape = "\ue004", "\ue014", "\ue015", "\ue00c"
    desk.visit(pages["fragment"])
    desk.press(tab)
    assert desk.run("return document.activeElement.className") == "box"
    desk.press(tab)
    first = desk.run(SHOWN)
    desk.press(right, down)
    second = desk.run(SHOWN)
    assert len(first) == len(second) == 1
    assert second[0]["text"] == desk.run("return document.querySelector('tbody tr:nth-child(2) td:nth-child(3) .reason').textContent")
    desk.press(escape)
    assert desk.run(SHOWN) == []


def test_a_reason_shows_where_a_finger_was(phone: Browser, pages: dict[str, Path]) -> None:
    """A tap is enough: there is no mouse, and no key."""
    phone.visit(pages["fragment"])
    phone.point("tbody tr:nth-child(3) td:nth-child(2) .state", kind="touch")
    (shown,) = phone.run(SHOWN)
    assert shown["isInside"]
    assert shown["text"] == phone.run("return document.querySelector('tbody tr:nth-child(3) td:nth-child(2) .reason').textContent")


@pytest.mark.parametrize("name", ["summary", "fragment"])
def test_a_narrow_page_scrolls_inside_the_table(phone: Browser, pages: dict[str, Path], name: str) -> None:
    """The page is as wide as the window; the table goes on in its box, and the names of the rows stay."""
    phone.visit(pages[name])
    assert phone.run("return document.documentElement.scrollWidth") == phone.run("return innerWidth") == 400
    left = "return document.querySelector('tbody th').getBoundingClientRect().left"
    before = phone.run(left)
    moved = phone.run("const box = document.querySelector('.box'); box.scrollLeft = 9999; return box.scrollLeft")
    assert moved > 100
    assert phone.run(left) == before
    assert phone.run("return document.querySelector('tbody th').getBoundingClientRect().right") <= 200


def test_a_wide_page_does_not_overflow(desk: Browser, pages: dict[str, Path]) -> None:
    """On a desk all columns are in sight."""
    desk.visit(pages["summary"])
    assert desk.run("return document.documentElement.scrollWidth <= innerWidth")
    assert desk.run("const box = document.querySelector('.box'); return box.scrollWidth <= box.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_scheme_can_be_read(desk: Browser, pages: dict[str, Path], scheme: str) -> None:
    """The page follows the reader's scheme, and every text has the contrast that WCAG asks for."""
    desk.emulate("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    desk.visit(pages["fragment"])
    is_dark = desk.run("return getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    assert is_dark == (scheme == "dark")
    assert desk.run(CONTRAST) >= 4.5
    desk.emulate("Emulation.setEmulatedMedia", features=[])


def test_a_page_asks_for_nothing(desk: Browser, pages: dict[str, Path]) -> None:
    """No file, no font, no picture is fetched."""
    desk.visit(pages["summary"])
    assert desk.run("return performance.getEntriesByType('resource').length") == 0
