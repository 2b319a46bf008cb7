"""The inventory of a workspace, the merged profile, the figures, and the origins of a whole file."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from builders import write_workspace

from composer.errors import Diagnostics
from composer.explain.origins import list_origins
from composer.inventory.contents import Inventory, list_blocks, take_inventory
from composer.inventory.merged import Entry, merge_profile
from composer.inventory.shares import measure_shares
from composer.inventory.users import fragments_in_use
from composer.stages.resolve import resolve_profile
from composer.workspace import Workspace

FILES = {
    "agent-composer.yaml": """
        vars:
          tone: {type: str, default: plain, doc: how to speak}
        looks:
          loud: {title: "{title}!", gap: 0}
        """,
    "fragments/agents/dev.md": """
        ---
        about: Writes code.
        agent:
          description: |
            Use it for code on {{ project.name }}.
          tools: [Read, Edit]
        vars:
          topics: {type: "list[fragment]", default: [lists/rules]}
        uses: [tone]
        ---
        You build in a {{ tone }} tone. {#role}

        ## {% include topics %}
        """,
    "fragments/lists/rules.md": """
        ---
        about: House rules.
        vars:
          limit: {type: int, default: 10}
        ---
        ## Rules {#rules}

        {#list}
        - Keep it below {{ limit }} {#limit}
        - Say why {#why}
        """,
    "fragments/lists/extra.md": """
        ## Extra {#extra}

        {% include "lists/rules#list" %}
        """,
    "profiles/base.yaml": """
        about: What all have.
        abstract: true
        vars:
          limit: 20
        agents:
          dev: {}
        """,
    "profiles/shop.yaml": """
        about: A shop.
        extends: [base]
        project: {name: Shop}
        layout: [loud]
        vars:
          topics: {lists/extra: true}
        agents:
          dev:
            color: blue
            vars:
              limit: 30
        edits:
          lists/rules#why:
            replace: |
              Say why, in one line
            because: readers are in a hurry
        """,
    "profiles/bank.yaml": """
        extends: [base]
        project: {name: Bank}
        """,
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(write_workspace(tmp_path, FILES))


@pytest.fixture
def inventory(workspace: Workspace) -> Inventory:
    return take_inventory(workspace.index)


# --- in use ---------------------------------------------------------------------------------------------------------------


def test_fragments_in_use(tmp_path: Path) -> None:
    """Those that a profile builds or chooses, the defaults of variables in these, and what all of them include; two that include each
    other, and nobody else does, are not among them.
    """
    idle = {"fragments/idle.md": '{% include "lonely" %}\n', "fragments/lonely.md": '{% if target %}\n{% include "idle" %}\n{% endif %}\n'}
    index = Workspace.open(
        write_workspace(tmp_path, {**FILES, **idle, "fragments/agents/spare.md": FILES["fragments/agents/dev.md"]})
    ).index
    assert fragments_in_use(index) == {"agents/dev", "lists/rules", "lists/extra"}


# --- inventory --------------------------------------------------------------------------------------------------------


def test_profiles(inventory: Inventory) -> None:
    """A profile tells what it is about, what it builds with all that it inherits, and who extends it."""
    bank, base, shop = inventory.profiles
    assert (base.about, base.is_abstract, base.users) == ("What all have.", True, ("bank", "shop"))
    assert (bank.name, bank.extends, bank.about) == ("bank", ("base",), "")
    assert [(agent.name, agent.fragment) for agent in shop.agents] == [("dev", "agents/dev")]


def test_agents_and_fragments(inventory: Inventory) -> None:
    """Agents are listed apart; a fragment is used by what includes it, chooses it as a default, sets it, or builds it."""
    (dev,) = inventory.agents
    extra, rules = inventory.fragments
    assert dev.users == ("profiles/bank", "profiles/shop")
    assert dev.variables == ("tone", "topics")
    assert extra.users == ("profiles/shop",)
    assert rules.users == ("agents/dev", "lists/extra")
    assert rules.edited_by == ("shop",)
    assert (rules.about, rules.path, rules.declared) == ("House rules.", "fragments/lists/rules.md", ("limit",))


def test_variables(inventory: Inventory) -> None:
    """A variable tells its type, default and words, who reads it and who sets it."""
    limit, tone, topics = inventory.variables
    assert (limit.type, limit.default, limit.users, limit.set_by) == ("int", "10", ("lists/rules",), ("base", "shop"))
    assert (tone.doc, tone.location.path, tone.location.line) == ("how to speak", "agent-composer.yaml", 2)
    assert (topics.type, topics.default) == ("list[fragment]", "[lists/rules]")


def test_looks_and_targets(inventory: Inventory) -> None:
    """Built-in looks and those of the workspace, with the profiles that name them; and what each target takes."""
    looks = {look.name: look for look in inventory.looks}
    assert looks["loud"].users == ("shop",)
    assert not looks["loud"].is_built_in
    assert looks["heading"].is_built_in
    (target,) = inventory.targets
    assert (target.name, target.path) == ("claude-code", ".claude/agents/NAME.md")
    assert "description" in {field.name for field in target.fields if field.is_required}


def test_blocks(tmp_path: Path) -> None:
    """Every block with an id is listed with its kind, its first words, and how deep it stands."""
    text = """
        ---
        vars:
          names: {type: "list[str]", default: [a]}
          slot: {type: fragment, default: none}
        ---
        ## One {#one}

        {#list}
        - First {#first}
        {% for name in names %} {#loop}
        - {{ name }}
        {% endfor %}

        {% if names %} {#gate}
        A long text of more than ten words, so that only its beginning is shown. {#text}
        {% endif %}

        ## {% include slot %} {#slot}

        ## {#end}
        """
    workspace = Workspace.open(write_workspace(tmp_path, {"fragments/a.md": text}))
    found = [(block.address, block.kind, block.words, block.depth) for block in list_blocks(workspace.catalog.fragments["a"])]
    assert found == [
        ("a#one", "section", "One", 0),
        ("a#list", "list", "First", 1),
        ("a#first", "list item", "First", 2),
        ("a#loop", "for", "name in names", 2),
        ("a#gate", "if", "names", 1),
        ("a#text", "paragraph", "A long text of more than ten words, so that …", 2),
        ("a#slot", "include", "slot", 0),
        ("a#end", "section", "", 0),
    ]


# --- merged profile ---------------------------------------------------------------------------------------------------


def merged(workspace: Workspace, name: str, *, with_defaults: bool = False) -> dict[str, Entry]:
    resolved = resolve_profile(name, workspace.index, (), Diagnostics())
    assert resolved is not None
    return {entry.key: entry for entry in merge_profile(resolved, workspace.catalog.profiles, with_defaults=with_defaults)}


def below(entry: Entry, *keys: str) -> Entry:
    for key in keys:
        assert not isinstance(entry.value, str | tuple)
        entry = entry.value[key]
    return entry


def test_merged_values_have_their_origin(workspace: Workspace) -> None:
    """Each value of the merged profile names the layer and the line that set it, and what it beat."""
    tree = merged(workspace, "shop")
    name = below(tree["project"], "name")
    assert (name.value, name.layer, str(name.location)) == ("Shop", "profiles/shop", "profiles/shop.yaml:3:11")
    assert below(tree["vars"], "topics").value == ("lists/rules", "lists/extra")
    limit = below(tree["agents"], "dev", "vars", "limit")
    assert (limit.value, limit.layer) == ("30", "profiles/shop (agents.dev)")
    assert [(beaten.text, beaten.layer) for beaten in limit.beaten] == [("20", "profiles/base"), ("10", "declaration")]


def test_the_folder_of_the_agents_has_its_origin(tmp_path: Path) -> None:
    """Like every value that a descendant says anew."""
    files = {
        "fragments/agents/dev.md": "---\nagent: {description: x}\n---\nText\n",
        "profiles/base.yaml": "abstract: true\nagents_dir: agents\n",
        "profiles/shop.yaml": "extends: [base]\nagents_dir: tools\nagents: {dev: {}}\n",
    }
    entry = merged(Workspace.open(write_workspace(tmp_path, files)), "shop")["agents_dir"]
    assert (entry.value, entry.layer, str(entry.location)) == ("tools", "profiles/shop", "profiles/shop.yaml:2:13")
    assert [(beaten.text, beaten.layer) for beaten in entry.beaten] == [("agents", "profiles/base")]


def test_merged_edits_say_why(workspace: Workspace) -> None:
    """An edit keeps its reason, and stands once where all agents have it."""
    tree = merged(workspace, "shop")
    replaced = below(tree["edits"], "lists/rules#why", "replace")
    assert (replaced.value, replaced.because) == ("Say why, in one line", "readers are in a hurry")
    assert not isinstance(tree["agents"].value, str | tuple)
    assert "edits" not in below(tree["agents"], "dev").value


def test_merged_layout_names_its_layer(workspace: Workspace) -> None:
    """The layout that all agents share stands at the top; a profile without one has none."""
    layout = merged(workspace, "shop")["layout"]
    assert (layout.value, str(layout.location)) == (("loud",), "profiles/shop.yaml:4:9")
    assert "layout" not in merged(workspace, "bank")


def test_merged_defaults_only_if_wanted(workspace: Workspace) -> None:
    """Variables that no layer sets are left out unless one asks for them."""
    assert "tone" not in below(merged(workspace, "shop")["vars"]).value
    assert below(merged(workspace, "shop", with_defaults=True)["vars"], "tone").layer == "declaration"


def test_merged_all_shapes(tmp_path: Path) -> None:
    """Insertions, titles, layouts of sections and of agents, and lists of maps keep their shape."""
    profile = """
        agents:
          dev:
            layout: plain
            mcpServers: [github, {files: {command: run}}]
            edits:
              a#one:
                title: Uno
                layout: label
                last:
                  more: |
                    More.
          other: {use: agents/dev}
        """
    files = {
        "fragments/agents/dev.md": '---\nagent:\n  description: Use this agent for x.\n---\n## {% include "a" %}\n',
        "fragments/a.md": "# One {#one}\n\nText.\n",
    }
    workspace = Workspace.open(write_workspace(tmp_path, {**files, "profiles/p.yaml": profile}))
    tree = merged(workspace, "p")
    dev = below(tree["agents"], "dev")
    assert below(dev, "layout").value == ("plain",)
    assert below(dev, "mcpServers", "2", "files", "command").value == "run"
    edit = below(dev, "edits", "a#one")
    assert (below(edit, "title").value, below(edit, "layout").value, below(edit, "last", "more").value) == ("Uno", ("label",), "More.")
    assert below(tree["agents"], "other", "use").value == "agents/dev"


# --- shares -----------------------------------------------------------------------------------------------------------


def test_shares_count_what_two_profiles_use(workspace: Workspace) -> None:
    """A block counts as shared where two profiles use it as written: a replaced one and one that a single profile has do not."""
    files = workspace.compose().files
    shares = measure_shares(files, {file: workspace.path_of(file) for file in files})
    bank, shop = shares.outputs
    assert bank.name == "output/bank/.claude/agents/dev.md"
    assert bank.shared == bank.body - len("- Say why\n")
    assert shop.shared < shop.body - len("- Say why, in one line\n")
    assert shares.total.shared == bank.shared + shop.shared
    assert shares.total.size == sum(len(file.content) for file in files)
    assert [share.name for share in shares.profiles] == ["bank", "shop"]
    assert bank.words == 6 + 2 + 5 + 3
    assert bank.blocks == 4


def test_shares_of_an_agent_count_its_own_files_alone(tmp_path: Path) -> None:
    """A block that two profiles use through different agents is shared over all, and not within one agent."""
    files = {
        "fragments/agents/first.md": '---\nagent:\n  description: Use this agent for x.\n---\n# {% include "text" %}\n',
        "fragments/agents/second.md": '---\nagent:\n  description: Use this agent for x.\n---\n# {% include "text" %}\n',
        "fragments/text.md": "# Text\n\nWords.\n",
        "profiles/one.yaml": "agents: {first: {}}\n",
        "profiles/two.yaml": "agents: {second: {}}\n",
    }
    workspace = Workspace.open(write_workspace(tmp_path, files))
    composed = workspace.compose().files
    shares = measure_shares(composed, {file: file.agent for file in composed})
    assert shares.total.ratio == 1.0
    assert [(share.name, share.ratio) for share in shares.agents] == [("first", 0.0), ("second", 0.0)]


def test_shares_of_nothing() -> None:
    """No files have no share."""
    assert measure_shares((), {}).total.ratio == 0.0


# --- origins ----------------------------------------------------------------------------------------------------------


def test_origins_cover_every_line_once(workspace: Workspace) -> None:
    """The rows of a file follow each other without a gap, from its first line to its last."""
    for file in workspace.compose().files:
        rows = list_origins(file)
        assert rows[0].first == 1
        assert rows[-1].last == file.text.count("\n")
        assert all(above.last + 1 == next_row.first for above, next_row in pairwise(rows))


def test_origins_name_blocks(workspace: Workspace) -> None:
    """A row names the block by its address, with the edits that made it and the variables in it."""
    (file,) = workspace.compose("shop").files
    rows = {row.name: row for row in list_origins(file)}
    assert rows["front matter: description"].variables == ("project.name",)
    assert rows["lists/rules#limit"].variables == ("limit",)
    assert [(part.verb.value, str(part.layer)) for part in rows["lists/rules#why"].edits] == [("replace", "profiles/shop")]
    assert rows["agents/dev#role"].kind == "paragraph"
