"""Import, as a person would do it: what is nearly the same is kept once, and what differs stands in the profiles."""

from __future__ import annotations

from pathlib import Path

from composer import Workspace
from composer.errors import Diagnostics
from composer.files.destination import DiskDestination
from composer.importer.agents import make_agents
from composer.importer.bodies import make_body
from composer.importer.edits import place_edits
from composer.importer.leftover import with_whole
from composer.importer.printing import print_workspace
from composer.importer.proof import Prover
from composer.importer.report import make_report, report_text
from composer.importer.run import ImportPlan, Options, plan_import, write_plan
from composer.records import replace

_TOPICS = ("inputs", "sessions", "queues", "caches", "errors", "logs", "tests", "names")
_RULES = "".join(f"- Look after the {topic} of each service before anything else is begun\n" for topic in _TOPICS)
_BODY = f"You are the keeper of the gate.\n\n## Rules of the gate\n\n{_RULES}\n## Style\n\nWrite short sentences, and stop early.\n"
_OTHER = "Nothing of the kind is said here; this one only counts the sheep in the meadow.\n"


def _file(body: str, name: str = "keeper", description: str = "Ask it at the gate") -> bytes:
    return f"---\nname: {name}\ndescription: {description}\nmodel: opus\n---\n\n{body}".encode()


def _import(root: Path, files: dict[str, bytes]) -> ImportPlan:
    """Import files, whose first folder is their project, into ``root / "ws"``."""
    for path, content in files.items():
        place = root / "in" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    projects = sorted({path.partition("/")[0] for path in files})
    sources = [f"{name}={root / 'in' / name}" for name in projects]
    plan = plan_import(sources, root / "ws", Options(), lambda _: None, Diagnostics())
    (root / "ws").mkdir(exist_ok=True)
    write_plan(plan, DiskDestination(root / "ws"))
    return plan


def _built(root: Path) -> dict[str, bytes]:
    Workspace.open(root / "ws").build()
    assert Workspace.open(root / "ws").check().differences == ()
    output = root / "ws/output"
    return {file.relative_to(output).as_posix(): file.read_bytes() for file in output.rglob("*") if file.is_file()}


def _pair(body: str) -> dict[str, bytes]:
    return {"shop/.claude/agents/keeper.md": _file(_BODY), "zoo/.claude/agents/keeper.md": _file(body)}


# --- near-duplicates --------------------------------------------------------------------------------------------------


def test_an_agent_that_differs_in_an_item_is_one_file_and_an_edit(tmp_path: Path) -> None:
    """The item has an id in the one file, and the other project's profile replaces it."""
    item = "- Look after the queues of each service before anything else is begun\n"
    files = _pair(_BODY.replace(item, "- Leave all queues alone, for they are no business of a gate\n"))
    _import(tmp_path, files)
    assert [path.name for path in (tmp_path / "ws/fragments").rglob("*.md")] == ["keeper.md"]
    assert (tmp_path / "ws/profiles/zoo.yaml").read_text() == (
        "agents:\n  keeper: {}\n"
        "edits:\n  agents/keeper#look-queues-service:\n    replace: |\n      Leave all queues alone, for they are no business of a gate\n"
    )
    assert _built(tmp_path) == files


def test_items_and_sections_that_one_has_more_or_less_are_edits(tmp_path: Path) -> None:
    """Something is taken away, something inserted, a heading and the first paragraph are changed: each byte comes back."""
    gone = "- Look after the caches of each service before anything else is begun\n"
    last = "- Look after the names of each service before anything else is begun\n"
    more = "".join(f"## Matter {number}\n\n{f'All of {number} is said in one long sentence, ' * 8}and more.\n\n" for number in range(4))
    base = _BODY.replace("## Style", f"{more}## Style")
    body = (
        base.replace(gone, "")
        .replace(last, f"{last}- Count the visitors\n- And wave\n")
        .replace("## Rules of the gate", "## Rules of the zoo")
        .replace("more.\n\n## Matter 2", "more.\n\nAnd that is all.\n\n## Matter 2")
    )
    body = body.replace("You are the keeper of the gate.", "You keep the gate of the zoo, day and night.")
    body += "\n## Closing\n\n1. Lock up\n2. Go home\n"
    files = {**_pair(body), "shop/.claude/agents/keeper.md": _file(base)}
    plan = _import(tmp_path, files)
    profile = (tmp_path / "ws/profiles/zoo.yaml").read_text()
    assert all(f"    {verb}:" in profile for verb in ("remove", "after", "title", "replace"))
    assert make_report(plan, ()).edits > 3
    assert _built(tmp_path) == files


def test_a_section_that_is_nearly_the_same_is_one_fragment_and_an_edit(tmp_path: Path) -> None:
    """Of agents that have nothing else in common; the edit is that of the one agent alone."""
    section = _BODY.partition("\n\n")[2]
    item = "- Look after the sessions of each service before anything else is begun\n"
    changed = section.replace(item, "- Sessions are kept by somebody else, who has to be asked first\n")
    bodies = {"ant": section, "bee": section, "cat": changed}
    lines = {name: "".join(f"{name[::-1] * 3} is its own view of matter {number}.\n\n" for number in range(9)) for name in bodies}
    files = {f"shop/.claude/agents/{name}.md": _file(f"{lines[name]}{body}", name) for name, body in bodies.items()}
    _import(tmp_path, files)
    assert "shop/rules-of-the-gate#look-sessions-service:" in (tmp_path / "ws/profiles/shop.yaml").read_text()
    assert _built(tmp_path) == files


def test_an_agent_is_written_whole_after_all_and_nothing_else_changes(tmp_path: Path) -> None:
    """As is done with the last few whose edits fail: its fragment goes if no other agent uses it."""
    item = "- Look after the queues of each service before anything else is begun\n"
    files = _pair(_BODY.replace(item, "- Leave all queues alone, for they are no business of a gate\n"))
    plan = _import(tmp_path, files)
    agents = make_agents(plan.sources, ())
    bodies = {agent.fragment: make_body(agent.fragment, "", agent.envelope.body) for agent in agents}
    layout = with_whole(plan.layout, {"zoo: .claude/agents/keeper.md"}, agents, bodies)
    layout = replace(layout, edits=place_edits(layout.agents, layout.bodies, layout.factored, layout.names))
    written = print_workspace(layout)
    assert sorted(written) == ["fragments/agents/keeper.md", "fragments/agents/zoo/keeper.md", "profiles/shop.yaml", "profiles/zoo.yaml"]
    assert not Prover(None, lambda _: None).prove(written, layout.agents)


def test_what_no_edit_reproduces_is_not_shared(tmp_path: Path) -> None:
    """Blank lines that differ in number are nobody's edit."""
    files = _pair(_BODY.replace("\n\n## Style\n\n", "\n\n\n\n## Style\n\n"))
    plan = _import(tmp_path, files)
    assert make_report(plan, ()).edits == 0
    assert _built(tmp_path) == files


def test_agents_that_only_resemble_each_other_stay_apart(tmp_path: Path) -> None:
    """The report says why."""
    changed = "".join(f"{line} and then some more of it\n" if number % 2 else f"{line}\n" for number, line in enumerate(_BODY.splitlines()))
    files = _pair(changed)
    plan = _import(tmp_path, files)
    assert _built(tmp_path) == files
    assert list(report_text(make_report(plan, ()), explains_choice=True))


# --- variables --------------------------------------------------------------------------------------------------------


def test_a_name_that_differs_becomes_a_variable(tmp_path: Path) -> None:
    """It stands once in a long line, is declared with the one's value, and set by the other."""
    line = "- Before you open the gate for anybody, whoever that may be, ask for the pass that was issued by {} and read it aloud\n"
    files = {
        f"{project}/.claude/agents/keeper.md": _file(_BODY + "\n" + line.format(who))
        for project, who in (("shop", "Aurora"), ("zoo", "Borealis"))
    }
    plan = _import(tmp_path, files)
    agent = (tmp_path / "ws/fragments/agents/keeper.md").read_text()
    assert '{type: str, default: "Aurora"}' in agent
    assert "issued by {{ " in agent
    assert ": Borealis\n" in (tmp_path / "ws/profiles/zoo.yaml").read_text()
    assert make_report(plan, ()).variables == 1
    assert _built(tmp_path) == files


def test_an_agents_own_name_is_read_and_not_set(tmp_path: Path) -> None:
    """Two agents whose texts differ in their own names alone are one file, and need no variable."""
    line = "- Sign each page of the book of the gate with the word {} in large letters, and with the hour of the day\n"
    files = {f"shop/.claude/agents/{name}.md": _file(_BODY + "\n" + line.format(name), name) for name in ("porter", "warden")}
    plan = _import(tmp_path, files)
    (agent,) = (tmp_path / "ws/fragments/agents").rglob("*.md")
    assert "the word {{ agent.name }} in large letters" in agent.read_text()
    assert "vars:" not in agent.read_text() + (tmp_path / "ws/profiles/shop.yaml").read_text()
    assert make_report(plan, ()).edits == 0
    assert _built(tmp_path) == files


def test_an_own_name_that_others_say_too_is_an_ordinary_variable(tmp_path: Path) -> None:
    """A third agent has the text of the first, under a name of its own: it would read that."""
    line = "- Sign each page of the book of the gate with the word {} in large letters, and with the hour of the day\n"
    names = {"porter": "porter", "warden": "warden", "guest": "porter"}
    files = {f"shop/.claude/agents/{name}.md": _file(_BODY + "\n" + line.format(said), name) for name, said in names.items()}
    _import(tmp_path, files)
    assert "{{ agent.name }}" not in "".join(file.read_text() for file in (tmp_path / "ws/fragments").rglob("*.md"))
    assert _built(tmp_path) == files


def test_a_description_that_different_agents_have_is_written_once(tmp_path: Path) -> None:
    """As a variable that both read."""
    description = "Use it: whenever somebody stands at the gate, asks for the way, and does not know where to turn; " * 4
    files = {
        "shop/.claude/agents/keeper.md": _file(_BODY, description=description.strip()),
        "zoo/.claude/agents/keeper.md": _file(_OTHER, description=description.strip()),
    }
    _import(tmp_path, files)
    assert (tmp_path / "ws/fragments/shared/descriptions.md").read_text().count(description.strip()) == 1
    agents = [file.read_text() for file in (tmp_path / "ws/fragments/agents").rglob("*.md")]
    assert [text.count("{{ keeper_description }}") for text in agents] == [1, 1]
    assert _built(tmp_path) == files


# --- life after the import --------------------------------------------------------------------------------------------


def _imported_pair(root: Path) -> dict[str, bytes]:
    item = "- Look after the queues of each service before anything else is begun\n"
    files = _pair(_BODY.replace(item, "- Leave all queues alone, for they are no business of a gate\n"))
    files["zoo/.claude/agents/other.md"] = _file(_OTHER, "other")
    _import(root, files)
    assert _built(root) == files
    return files


def test_a_change_of_the_one_file_reaches_all_users_and_nothing_else(tmp_path: Path) -> None:
    """Also the agent that is the one with edits."""
    files = _imported_pair(tmp_path)
    agent = tmp_path / "ws/fragments/agents/keeper.md"
    agent.write_text(agent.read_text().replace("and stop early", "and stop late"))
    assert _built(tmp_path) == {path: content.replace(b"and stop early", b"and stop late") for path, content in files.items()}


def test_a_change_of_a_shared_item_reaches_all_who_include_it_and_nothing_else(tmp_path: Path) -> None:
    """Agents of two projects that have a section in common, and one that has not."""
    section = _BODY.partition("\n\n")[2].partition("\n## Style")[0]
    own = {name: "".join(f"{name} tells of matter {number} in its own way.\n\n" for number in range(9)) for name in ("ant", "bee", "cat")}
    files = {
        "shop/.claude/agents/ant.md": _file(f"{own['ant']}{section}", "ant"),
        "zoo/.claude/agents/bee.md": _file(f"{own['bee']}{section}\n## End\n\nBye.\n", "bee"),
        "zoo/.claude/agents/cat.md": _file(f"{own['cat']}- Look after the caches of the house\n", "cat"),
    }
    plan = _import(tmp_path, files)
    (name,) = plan.layout.names.values()
    shared = tmp_path / f"ws/fragments/{name}.md"
    shared.write_text(shared.read_text().replace("Look after the caches", "Leave the caches"))
    expected = {path: content.replace(b"after the caches of each", b"the caches of each") for path, content in files.items()}
    assert _built(tmp_path) == {path: content.replace(b"Look the caches", b"Leave the caches") for path, content in expected.items()}


def test_the_choices_are_explained(tmp_path: Path) -> None:
    """Edits by their kinds, and variables with their values."""
    line = "- Before you open the gate for anybody, whoever that may be, ask for the pass that was issued by {} and read it aloud\n"
    item = "- Look after the queues of each service before anything else is begun\n"
    bodies = {
        "shop": _BODY + "\n" + line.format("Aurora"),
        "zoo": _BODY.replace(item, "- Leave all queues alone\n") + "\n" + line.format("Borealis"),
    }
    plan = _import(tmp_path, {f"{project}/.claude/agents/keeper.md": _file(body) for project, body in bodies.items()})
    text = "\n".join(report_text(make_report(plan, ()), explains_choice=True))
    assert "zoo: .claude/agents/keeper.md  1 replace, 1 variable: " in text
    assert "in agents/keeper: Aurora; Borealis (zoo: .claude/agents/keeper.md)" in text


def test_a_change_of_an_edit_changes_that_project_alone(tmp_path: Path) -> None:
    """The profile's words are the project's own."""
    files = _imported_pair(tmp_path)
    profile = tmp_path / "ws/profiles/zoo.yaml"
    profile.write_text(profile.read_text().replace("Leave all queues alone", "Leave every queue alone"))
    expected = {**files, "zoo/.claude/agents/keeper.md": files["zoo/.claude/agents/keeper.md"].replace(b"all queues", b"every queue")}
    assert _built(tmp_path) == expected


def test_fragments_of_one_heading_are_told_apart_by_words(tmp_path: Path) -> None:
    """Not by numbers: by whose they are, or by what stands in them."""
    texts = {
        owner: "".join(f"- {owner.title()} rule number {number}, which is long enough to be kept once\n" for number in range(6))
        for owner in ("ant", "bee")
    }
    files = {}
    for owner, text in texts.items():
        for project in ("shop", "zoo"):
            own = "".join(f"Of {project} and {owner} there is matter {number} to be told.\n\n" for number in range(20))
            files[f"{project}/.claude/agents/{owner}.md"] = _file(
                f"{own}## Rules\n\n{text}\n## End\n\nBye from {project}, {owner}.\n", owner
            )
    plan = _import(tmp_path, files)
    assert sorted(plan.layout.names.values()) == ["ant/rules", "bee/rules"]
    assert _built(tmp_path) == files
