"""The library workload: what a shared library grows into, as the files of a workspace.

200 fragments, 6 abstract bases and 40 profiles of 12 agents each, so 480 outputs. Fragments have gates and include single rules of each
other; bases and profiles edit, insert and remove single rules; profiles choose topics for single agents. Everything is drawn by a seeded
chance, such that it builds without a warning: a profile edits only what one of its agents shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from benchmarks.wording import SUBJECTS, opening, rules

__all__ = ["AGENTS", "EDITED_BASE", "OUTPUTS", "library_files", "with_base_edited"]

SEED: Final = 40
CHECKLISTS: Final = 140
PROTOCOLS: Final = 40
STACKS: Final = 8
PROFILES: Final = 40
TOPICS_PER_AGENT: Final = 12
AGENTS: Final = (
    *("architect", "backend-developer", "code-reviewer", "data-engineer", "debugger", "documentation-writer"),
    *("frontend-developer", "performance-tester", "release-manager", "security-auditor", "test-writer", "troubleshooter"),
)
OUTPUTS: Final = PROFILES * len(AGENTS)

LANGUAGE_BASES: Final = ("node", "python", "web")
TRAIT_BASES: Final = ("services", "regulated")
EDITED_BASE: Final = "node"
"""The base of which one item is edited by the measure of that name; a third of the profiles extend it."""

_LANGUAGES: Final = {"node": "TypeScript", "python": "Python", "web": "PHP"}
_EDIT_BEFORE: Final = "Ask the owner of {{ project.name }} before a step that cannot be taken back"
_EDIT_AFTER: Final = "Ask the team behind {{ project.name }} before each step that cannot be taken back"

_WORKSPACE: Final = """\
vars:
  detail: {type: "enum[core, full]", default: core, doc: how much is said}
  leads: {type: bool, default: false, doc: one line under each title}
  language: {type: str, default: "", doc: switches on the rules of a language}
  database: {type: str, default: the database}
  team: {type: str, default: the team}
  stack: {type: fragment, default: none, doc: what only this system has}
"""


def library_files() -> dict[str, str]:
    """Give every file of the workspace by its path; the same ones every time."""
    files = {"agent-composer.yaml": _WORKSPACE}
    files |= {f"fragments/checklists/c-{number:03d}.md": _checklist(number) for number in range(CHECKLISTS)}
    files |= {f"fragments/protocols/p-{number:02d}.md": _protocol(number) for number in range(PROTOCOLS)}
    files |= {f"fragments/stacks/s-{number}.md": _stack(number) for number in range(STACKS)}
    files |= {f"fragments/agents/{name}.md": _agent(number, name) for number, name in enumerate(AGENTS)}
    topics = {name: _topics(name) for name in AGENTS}
    files["profiles/house.yaml"] = _house(topics)
    files |= {f"profiles/{name}.yaml": _base(name) for name in (*LANGUAGE_BASES, *TRAIT_BASES)}
    files |= {f"profiles/project-{number:02d}.yaml": _profile(number, topics) for number in range(PROFILES)}
    return files


def with_base_edited(files: Mapping[str, str]) -> dict[str, str]:
    """Return the same files with one item of one base worded differently."""
    path = f"profiles/{EDITED_BASE}.yaml"
    return {**files, path: files[path].replace(_EDIT_BEFORE, _EDIT_AFTER)}


def _chance(*what: object) -> Random:
    return Random(f"{SEED} {' '.join(map(str, what))}")  # noqa: S311 - no secret


# --- fragments --------------------------------------------------------------------------------------------------------


def _checklist(number: int) -> str:
    chance = _chance("checklist", number)
    subject = SUBJECTS[number % len(SUBJECTS)]
    always = rules(chance, subject, "{{ database }}", 6)
    in_full = rules(chance, subject, "{{ team }}", 4)
    language = chance.choice(list(_LANGUAGES.values()))
    lines = [
        "---",
        f"about: List {number} of the library, on {subject}.",
        "uses: [database, detail, language, leads, team]",
        "---",
        f"## {subject.capitalize()}, list {number} {{#top}}",
        "",
        "{% if leads %}",
        f"{opening(chance, subject, '{{ project.name }}')}. {{#lead}}",
        "{% endif %}",
        "",
        "{#rules}",
        *(f"- {rule} {{#rule-{place}}}" for place, rule in enumerate(always, start=1)),
        "- Keep what touches {{ database }} apart from what {{ team }} decides {#apart}",
        '{% if detail == "full" %}',
        *(f"- {rule} {{#full-{place}}}" for place, rule in enumerate(in_full, start=1)),
        "{% endif %}",
        f'{{% if language == "{language}" %}}',
        f"- Follow the conventions of {language} on {subject}{{% if leads %}}, and say where you do not{{% endif %}} {{#language}}",
        "{% endif %}",
    ]
    if number % 5 == 0:
        lines.append(f'{{% include "protocols/p-{number % PROTOCOLS:02d}#rule-2" %}}')
    return "\n".join(lines) + "\n"


def _protocol(number: int) -> str:
    chance = _chance("protocol", number)
    subject = SUBJECTS[-1 - number]
    steps = rules(chance, subject, "{{ project.name }}", 5)
    numbered = [f"- {step} {{#rule-{place}}}" for place, step in enumerate(steps, start=1)]
    head = f"---\nabout: Protocol {number} of the library.\n---\n## Protocol {number}: {subject} {{#top}}\n\n"
    return head + "\n".join(["{#rules}", *numbered]) + "\n"


def _stack(number: int) -> str:
    lines = [
        f"- {rule} {{#rule-{place}}}" for place, rule in enumerate(rules(_chance("stack", number), "this stack", "{{ project.name }}", 8))
    ]
    return (
        f"---\nabout: What only stack {number} has.\nuses: [team]\n---\n## Stack {number}, kept by {{{{ team }}}} {{#top}}\n\n{{#rules}}\n"
        + "\n".join(lines)
        + "\n"
    )


def _agent(number: int, name: str) -> str:
    title = name.replace("-", " ")
    examples = "".join(
        f"    example-{which}:\n      context: |\n        Work on {subject} is due.\n      user: |\n        Please look after {subject}.\n"
        f"      assistant: |\n        I'll hand this to the {name} agent.\n"
        for which, subject in enumerate(_chance("agent", name).sample(SUBJECTS, 2), start=1)
    )
    slot = _slot(name)
    return (
        f"---\nabout: The {title}.\nagent:\n  description: |\n    Use this agent as the {title} of {{{{ project.name }}}}.\n"
        f"  examples:\n{examples}  tools: [Read, Grep, Glob]\n"
        f'vars:\n  {slot}: {{type: "list[fragment]", default: [], doc: the topics of the {title}}}\nuses: [stack, team]\n---\n'
        f"You are the {title} of {{{{ project.name }}}}, {{{{ project.summary }}}}. You work for {{{{ team }}}}. {{#role}}\n\n"
        f'## {{% include "protocols/p-{number:02d}" %}}\n\n## {{% include "protocols/p-39" %}}\n\n'
        f"{{% if stack %}}\n## {{% include stack %}}\n{{% endif %}}\n\n## {{% include {slot} %}}\n\n## {{#closing}}\n\n"
        "Say what you left undone, and why. {#honest}\n"
    )


def _slot(agent: str) -> str:
    return f"{agent.replace('-', '_')}_topics"


def _topics(agent: str) -> tuple[str, ...]:
    drawn = _chance("topics", agent).sample(range(CHECKLISTS), TOPICS_PER_AGENT)
    return tuple(f"checklists/c-{number:03d}" for number in drawn)


# --- profiles ---------------------------------------------------------------------------------------------------------


def _house(topics: Mapping[str, Sequence[str]]) -> str:
    slots = "".join(f"  {_slot(name)}: [{', '.join(chosen)}]\n" for name, chosen in topics.items())
    return f"abstract: true\nvars:\n{slots}agents:\n" + "".join(f"  {name}: {{}}\n" for name in AGENTS)


def _base(name: str) -> str:
    """Write a layer between the house and the projects. Those that a project may combine say nothing of the same thing."""
    chance = _chance("base", name)
    place = (*LANGUAGE_BASES, *TRAIT_BASES).index(name)
    variables = {
        "services": "  detail: full\n  leads: true\n",
        "regulated": "  team: the team and its auditor\n",
    }.get(name) or f"  language: {_LANGUAGES[name]}\n  database: {chance.choice(['PostgreSQL', 'MySQL'])}\n"
    own = [f"checklists/c-{number:03d}" for number in range(place, CHECKLISTS, len(LANGUAGE_BASES) + len(TRAIT_BASES))]
    edits = "".join(_edit(chance, f"{fragment}#rule-{chance.randint(1, 2)}") for fragment in chance.sample(own, 10))
    if name == EDITED_BASE:
        edits += f"  protocols/p-39#rule-1:\n    replace: |\n      {_EDIT_BEFORE}\n"
    return f"abstract: true\nextends: [house]\nvars:\n{variables}edits:\n{edits}"


def _profile(number: int, topics: Mapping[str, Sequence[str]]) -> str:
    """Write one project: its bases, a stack for every second, topics of its own for two agents, eight edits of what it shows."""
    chance = _chance("profile", number)
    bases = [LANGUAGE_BASES[number % len(LANGUAGE_BASES)], *(base for base in TRAIT_BASES if chance.random() < 0.5)]  # noqa: PLR2004
    added = {name: _new_topics(chance, topics[name]) for name in chance.sample(AGENTS, 2)}
    variables = "".join(f"  {_slot(name)}: {{{', '.join(f'{topic}: true' for topic in new)}}}\n" for name, new in added.items())
    if number % 2:
        variables += f"  stack: stacks/s-{chance.randrange(STACKS)}\n"
    shown = sorted({topic for chosen in (*topics.values(), *added.values()) for topic in chosen})
    edits = "".join(_edit(chance, f"{fragment}#rule-{chance.randint(3, 6)}") for fragment in chance.sample(shown, 8))
    edits += f"  {chance.choice(shown)}#top:\n    title: What {{{{ project.name }}}} adds\n"
    return (
        f"extends: [{', '.join(bases)}]\nproject:\n  name: Project {number}\n  summary: a service of the {number % 9 + 1}. floor\n"
        f"vars:\n{variables}agents:\n  {chance.choice(AGENTS)}:\n    color: {chance.choice(['blue', 'green', 'purple'])}\nedits:\n{edits}"
    )


def _new_topics(chance: Random, known: Sequence[str]) -> list[str]:
    others = [topic for number in range(CHECKLISTS) if (topic := f"checklists/c-{number:03d}") not in known]
    return chance.sample(others, 2)


def _edit(chance: Random, address: str) -> str:
    text = rules(chance, chance.choice(SUBJECTS), "{{ project.name }}", 1)[0]
    because = "    because: this project settled it in another way\n"
    match chance.choice(["replace", "remove", "after"]):
        case "replace":
            return f"  {address}:\n    replace: |\n      {text}\n{because}"
        case "remove":
            return f"  {address}:\n    remove: true\n{because}"
        case _:
            return f"  {address}:\n    after:\n      beside-{chance.randrange(10**6):06d}: |\n        {text}\n{because}"
