"""Composing again: what is composed anew after an edit, and what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import agent_file, write_workspace

from composer.cache.evidence import Evidence
from composer.errors import ComposerError
from composer.incremental.earlier import Earlier
from composer.report import diagnostic_text
from composer.workspace import Workspace


def agent(about: str, rules: str) -> str:
    """Return an agent that includes one fragment."""
    return agent_file(f'You do {about}. {{#role}}\n\n{{% include "{rules}" %}}\n', about=about)


FILES = {
    "agent-composer.yaml": "vars:\n  tone: {type: str, default: plain}\n  team: {type: str, default: the team}\n",
    "fragments/code.md": "---\nuses: [tone]\n---\n- Say why in a {{ tone }} tone {#why}\n",
    "fragments/text.md": "---\nuses: [team]\n---\n- Ask {{ team }} {#ask}\n",
    "fragments/agents/dev.md": agent(about="code", rules="code"),
    "fragments/agents/writer.md": agent(about="texts", rules="text"),
    "profiles/house.yaml": "abstract: true\nagents: {dev: {}, writer: {}}\n",
    "profiles/bank.yaml": "extends: [house]\nedits:\n  code#why:\n    replace: |\n      Say why, twice\n",
    "profiles/shop.yaml": "extends: [house]\n",
}

Compose = Callable[..., int]


@pytest.fixture(params=["in one process", "in another process"])
def compose(request: pytest.FixtureRequest, tmp_path: Path) -> Compose:
    """Change files, build again, and return how many agents were composed."""
    root = write_workspace(tmp_path, FILES)
    earlier = Earlier() if request.param == "in one process" else None

    def run(**texts: str | None) -> int:
        for name, text in texts.items():
            place = root / FOLDERS[name] / f"{name}{'.md' if FOLDERS[name].startswith('fragments') else '.yaml'}"
            if text is None:
                place.unlink()
            else:
                place.write_text(text, encoding="utf-8")
        done: Counter[str] = Counter()
        workspace = Workspace(
            root,
            Workspace.open(root).target,
            evidence=Evidence() if earlier is None else None,
            earlier=earlier,
            done=lambda stage: done.update([stage]),
        )
        workspace.build()
        assert Workspace.open(root).check().differences == ()
        return done["plan"]

    assert run() == 4
    return run


FOLDERS = {name.rpartition("/")[2].partition(".")[0]: name.rpartition("/")[0] for name in FILES} | {"other": "fragments"}
BANK = FILES["profiles/bank.yaml"]


def test_nothing_is_composed_where_nothing_has_changed(compose: Compose) -> None:
    """What was read is the same, and so is all that follows."""
    assert compose() == 0


def test_a_fragment_is_composed_in_the_agents_that_can_bring_it_in(compose: Compose) -> None:
    """The other agent of each profile stays as it is."""
    assert compose(text="---\nuses: [team]\n---\n- Ask {{ team }} first {#ask}\n") == 2


def test_an_edit_is_composed_in_the_agents_that_can_bring_its_block_in(compose: Compose) -> None:
    """One profile, and of that one agent."""
    assert compose(bank=BANK.replace("twice", "thrice")) == 1


def test_a_variable_is_composed_in_the_agents_whose_texts_name_it(compose: Compose) -> None:
    """A base sets it for two profiles, and one agent of each uses it."""
    assert compose(house="abstract: true\nvars: {team: the two of us}\nagents: {dev: {}, writer: {}}\n") == 2


def test_a_comment_composes_nothing(compose: Compose) -> None:
    """Edits that stand on other lines say what they said."""
    assert compose(bank=f"# the bank\n\n{BANK}") == 0


def test_a_fragment_that_nobody_uses_composes_nothing(compose: Compose) -> None:
    """A new file is read, and that is all."""
    assert compose(other="Nobody includes this.\n") == 0


def test_a_declaration_composes_everything(compose: Compose) -> None:
    """What holds for all is for all."""
    text = FILES["agent-composer.yaml"].replace("plain", "calm")
    assert compose(**{"agent-composer": text}) == 4


def test_after_a_mistake_only_what_it_touched_is_composed(compose: Compose) -> None:
    """What was composed before it is still known."""
    with pytest.raises(ComposerError):
        compose(bank="agents: [dev]\n")
    assert compose(bank=BANK) == 0


def test_the_edit_of_one_agent_is_composed_in_that_agent(compose: Compose) -> None:
    """The others of its profile share what they have."""
    assert compose(shop="extends: [house]\nagents:\n  writer:\n    edits:\n      text#ask:\n        replace: |\n          Ask twice\n") == 1


def test_an_output_that_was_edited_is_composed_and_found_edited(tmp_path: Path) -> None:
    """What an earlier run came to is believed where it still stands, and nowhere else."""
    root = write_workspace(tmp_path, FILES)
    target = Workspace.open(root).target
    Workspace(root, target, evidence=Evidence()).build()
    output = root / "output/shop/.claude/agents/dev.md"
    output.write_text(f"{output.read_text(encoding='utf-8')}By hand.\n", encoding="utf-8")
    done: Counter[str] = Counter()
    report = Workspace(root, target, evidence=Evidence(), done=lambda stage: done.update([stage])).check()
    assert done["plan"] == 1
    assert [(found.path, found.verdict.value) for found in report.differences] == [("output/shop/.claude/agents/dev.md", "edited")]


def test_an_edit_that_an_agent_takes_back_is_no_edit_without_effect(tmp_path: Path) -> None:
    """Whether a block is reached is known of those that were edited when the agent was composed; a new edit asks anew."""
    shop = """
        extends: [house]
        edits:
          code#why:
            remove: true
        agents:
          dev:
            edits: {unset: [code#why, text#ask]}
          writer:
            edits: {unset: [code#why, text#ask]}
        """
    root = write_workspace(tmp_path, {**FILES, "profiles/shop.yaml": shop.replace(", text#ask", "")})
    target = Workspace.open(root).target
    Workspace(root, target, evidence=Evidence()).build()
    edited = shop.replace("agents:", "  text#ask:\n            remove: true\n        agents:")
    write_workspace(root, {"profiles/shop.yaml": edited})
    again = Workspace(root, target, evidence=Evidence()).build()
    assert [diagnostic_text(found) for found in again.diagnostics] == [
        diagnostic_text(found) for found in Workspace.open(root).build().diagnostics
    ]


def test_another_folder_for_its_agents_composes_those_of_a_profile(compose: Compose) -> None:
    """Nothing is used again that would stand where it stood."""
    assert compose(shop=f"{FILES['profiles/shop.yaml']}agents_dir: agents\n") == 2


def test_a_fragment_behind_others_is_seen(tmp_path: Path) -> None:
    """What agents share of a fragment goes when a fragment changes that it includes, and with no other."""
    rules = "{% if on %}\n- Say {{ tone }} {#say}\n{% endif %}\n"
    text = agent(about="code", rules="outer") + '\n{% include "apart" %}\n'
    root = write_workspace(
        tmp_path,
        {
            "agent-composer.yaml": "vars:\n  tone: {type: str, default: plain}\n  on: {type: bool, default: true}\n",
            "fragments/outer.md": '- Before {#before}\n{% include "inner" %}\n',
            "fragments/inner.md": '{% include "rules#say" %}\n- Beside {#beside}\n',
            "fragments/rules.md": f"---\nuses: [on, tone]\n---\n{rules}",
            "fragments/apart.md": "- Apart {#apart}\n",
            "fragments/agents/dev.md": text,
            "fragments/agents/writer.md": text,
            "profiles/shop.yaml": "agents: {dev: {}, writer: {}}\n",
            "profiles/bank.yaml": "agents: {dev: {}, writer: {}}\nvars: {tone: calm}\n",
        },
    )
    earlier = Earlier()
    target = Workspace.open(root).target
    for changed in (rules, rules.replace("Say", "Tell"), rules.replace("{{ tone }}", "{{ tone }} now"), rules):
        (root / "fragments/rules.md").write_text(f"---\nuses: [on, tone]\n---\n{changed}", encoding="utf-8")
        again = Workspace(root, target, earlier=earlier).compose(keeps_origins=False)
        anew = Workspace.open(root).compose()
        assert [file.content for file in again.files] == [file.content for file in anew.files]


def test_what_is_told_of_a_shared_text_points_into_the_source_of_today(tmp_path: Path) -> None:
    """A section that an edit brings, and that stays empty, is told where it stands now."""
    root = write_workspace(
        tmp_path,
        {
            "agent-composer.yaml": "vars:\n  tone: {type: str, default: ''}\n  name: {type: str, default: x}\n",
            "fragments/rules.md": "---\nuses: [name]\n---\n## Rules {#rules}\n\n- Say {{ name }} {#say}\n",
            "fragments/agents/dev.md": agent(about="code", rules="rules").replace("{% include", "## {% include"),
            "profiles/house.yaml": "abstract: true\nagents: {dev: {}}\nedits:\n  rules#rules:\n    replace: |\n      ## Own {#own}\n\n"
            "      {{ tone }}\n",
            "profiles/shop.yaml": "extends: [house]\nvars: {tone: calm}\n",
            "profiles/bank.yaml": "extends: [house]\n",
        },
    )
    earlier = Earlier()
    target = Workspace.open(root).target
    house = (root / "profiles/house.yaml").read_text(encoding="utf-8")
    for text in (house, f"# more\n{house}", f"# more\n# and more\n{house}"):
        (root / "profiles/house.yaml").write_text(text, encoding="utf-8")
        again = Workspace(root, target, earlier=earlier).compose(keeps_origins=False)
        anew = Workspace.open(root).compose()
        assert [str(found.location) for found in anew.diagnostics] != []
        assert [diagnostic_text(found) for found in again.diagnostics] == [diagnostic_text(found) for found in anew.diagnostics]


def told(root: Path, earlier: Earlier | None) -> list[str]:
    """Build, and return what is told."""
    try:
        found = Workspace(root, Workspace.open(root).target, earlier=earlier).build().diagnostics
    except ComposerError as error:
        found = error.diagnostics
    return [diagnostic_text(each) for each in found]


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        pytest.param("fragments/code.md", "---\nuses: [tone]\n---\n- Say it in a {{ tone }} tone\n", "unknown-block", id="an id goes"),
        pytest.param(
            "fragments/code.md", "---\nuses: [tone]\n---\n## In a {{ tone }} tone {#why}\n", "include-needs-level", id="a heading"
        ),
        pytest.param("fragments/text.md", None, "unknown-fragment", id="a fragment goes"),
        pytest.param("agent-composer.yaml", "vars:\n  tone: {type: str, default: plain}\n", "unknown-variable", id="a declaration goes"),
        pytest.param(
            "agent-composer.yaml",
            FILES["agent-composer.yaml"].replace("str, default: plain", "int, default: 1"),
            "wrong-type",
            id="a type is another",
        ),
        pytest.param("profiles/house.yaml", "abstract: true\nagents: {dev: {}}\n", "", id="a base builds less"),
    ],
)
def test_a_change_is_told_in_the_sources_that_stay_as_they_were(tmp_path: Path, path: str, text: str | None, code: str) -> None:
    """What was vetted without a word is vetted again where what it was held against is another."""
    root, earlier = write_workspace(tmp_path, {**FILES, "profiles/shop.yaml": "extends: [house]\nvars: {tone: calm}\n"}), Earlier()
    assert told(root, earlier) == []
    if text is None:
        (root / path).unlink()
    else:
        (root / path).write_text(text, encoding="utf-8")
    again = told(root, earlier)
    assert again == told(root, None)
    assert code in "".join(again)


NODE = """
    abstract: true
    extends: [house]
    edits:
      code#rules:
        last: {{extra: "{extra}"}}
      code#why:
        {why}
    """
NESTED = {
    **FILES,
    "fragments/code.md": "---\nuses: [tone]\n---\n{#rules}\n- Say why in a {{ tone }} tone {#why}\n- Say it once {#once}\n",
    "profiles/bank.yaml": 'extends: [node]\nedits:\n  code#once: {replace: "Say it twice"}\n',
    "profiles/shop.yaml": 'extends: [node]\nagents:\n  dev:\n    edits:\n      profiles/node#extra: {replace: "Of our own"}\n',
}


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(NODE.format(extra="More", why="replace: |\n          Say how"), id="one text"),
        pytest.param(NODE.format(extra="Other", why="replace: |\n          Say where"), id="two texts"),
        pytest.param(NODE.format(extra="More", why="remove: true"), id="another verb"),
        pytest.param(NODE.format(extra="More", why="replace: |\n          Say why\n      code#once: {remove: true}"), id="one edit more"),
        pytest.param(
            NODE.format(extra="More", why="replace: |\n          Say why").replace("last: {extra", "replace: {extra"), id="a mistake"
        ),
        pytest.param(
            NODE.format(extra="More", why="replace: |\n          Say why").replace('last: {extra: "More"}', "remove: true"),
            id="all around it",
        ),
        pytest.param(NODE.format(extra="More", why="replace: |\n          Say how\n    vars: {tone: calm}"), id="a variable beside it"),
    ],
)
def test_edits_of_a_base_come_to_the_same_as_in_a_new_process(tmp_path: Path, after: str) -> None:
    """Edits that say what they said are taken over, and those around them and inside them are looked at."""
    before = NODE.format(extra="More", why="replace: |\n          Say why")
    root, earlier = write_workspace(tmp_path, {**NESTED, "profiles/node.yaml": before}), Earlier()
    assert told(root, earlier) == []
    for text in (after, before, after):
        write_workspace(root, {"profiles/node.yaml": text})
        again = told(root, earlier)
        assert again == told(root, None)
        if not again:
            assert Workspace.open(root).check().differences == ()
