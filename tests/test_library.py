"""The shipped library says what it promises, in its own words, from parts that profiles share; the committed outputs are what it gives."""

from __future__ import annotations

import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import body_of

from composer.explain.lines import explain_line
from composer.model.outputs import OutputFile
from composer.model.planned import Trace
from composer.workspace import Workspace

pytestmark = pytest.mark.untraced  # they are about the library, not the code

ROOT = Path(__file__).parent.parent
SEEDS = ROOT.parent / "shared" / "seeds"
PROFILES = ["generic", "guild-bot", "medusa", "stratos", "wordpress"]
AGENT = "backend-developer"
REQUIREMENTS = Path(__file__).parent / "library_requirements.yaml"

EACH_PROFILE = pytest.mark.parametrize("profile", PROFILES)
needs_seeds = pytest.mark.skipif(not (SEEDS / "facts.yaml").exists(), reason="the source documents are not beside this checkout")

SHORT = 4
"""Words of so many letters or fewer are looked for as whole words."""
RUN = 8
"""How many words in a row make a run that is compared with the source documents."""


@cache
def outputs() -> tuple[OutputFile, ...]:
    return Workspace.open(ROOT).compose().files


def output(profile: str, agent: str = AGENT) -> OutputFile:
    return next(file for file in outputs() if (file.profile, file.agent) == (profile, agent))


def requirements(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def say(text: str) -> None:
    """Tell a figure to those who run the tests with `-s` or `-rP`."""
    sys.stdout.write(f"{text}\n")


# --- what the agents say ----------------------------------------------------------------------------------------------


def holds(text: str, fact: str) -> bool:
    """Whether a text says a fact: from a word border on, in any case, with white space folded; a short word as a whole one."""
    words = " ".join(fact.split())
    start = r"(?<!\w)" if words[0].isalnum() else ""
    end = r"(?!\w)" if len(words) <= SHORT and words[-1].isalnum() else ""
    return re.search(start + re.escape(words) + end, " ".join(text.split()), re.IGNORECASE) is not None


HOLDS = [
    ("Use REST here", "REST", True),
    ("the rest\n of it", "REST", True),
    ("RESTful routes", "REST", False),
    ("an interest", "REST", False),
    ("parameterized queries", "parameteri", True),
    ("see audit\n  log", "audit log", True),
    ("answers in 100ms.", "100ms", True),
    ("read `/health` often", "/health", True),
    ("an N+1 query", "N+1", True),
    ("at 80% of it", "80%", True),
]


@pytest.mark.parametrize(("text", "fact", "expected"), HOLDS)
def test_facts_are_found_from_a_word_border(text: str, fact: str, *, expected: bool) -> None:
    """The search for facts is neither too narrow nor too wide."""
    assert holds(text, fact) is expected


def titles(body: str) -> list[tuple[str, bool]]:
    """Return the titles and lead lines of a body, each with whether anything stands below it."""
    lines = [line for line in body.split("\n") if line.strip()]
    found = []
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        heading = re.match(r"(#{1,6}) (.+)", line)
        label = re.match(r"\s*(?:\d+\. )?\*\*(.+?)\*\*:?(.*)", line)
        lead = re.match(r"([^-*|>`]+):$", line)
        if heading:
            deeper = re.match(r"(#{1,6}) ", below)
            found.append((heading[2], bool(below) and (deeper is None or len(deeper[1]) > len(heading[1]))))
        elif label:
            has_content = bool(label[2].strip()) or not re.match(r"#{1,6} |\*\*|\d+\. \*\*", below or "#  ")
            found.append((label[1], has_content))
        elif lead:
            found.append((lead[1], bool(re.match(r"\s*(?:[-*]|\d+\.) ", below))))
    return found


def has_topic(body: str, topic: str) -> bool:
    """Whether a title with content below it holds the words of a topic."""
    wanted = [word.removesuffix("s") for word in re.findall(r"[a-z]+", topic) if word not in {"and", "with"}]
    return any(
        has_content and all(re.search(rf"(?<![a-z]){word}", title.lower()) for word in wanted) for title, has_content in titles(body)
    )


def missing(profile: str, wanted: Mapping[str, Any]) -> list[str]:
    """Return what a profile's agent lacks of what it must carry."""
    text = output(profile).text
    front = yaml.safe_load(text.split("\n---\n", 1)[0])
    lacks = [f"{key}: {value}" for key, value in wanted["front_matter"].items() if front.get(key) != value]
    examples = front["description"].count("<example>")
    if examples < wanted["min_examples"]:
        lacks.append(f"{wanted['min_examples']} examples, and has {examples}")
    lacks += [f"topic: {topic}" for topic in wanted["topics"] if not has_topic(body_of(text), topic)]
    for fact in wanted["facts"]:
        choices = fact if isinstance(fact, list) else [fact]
        if not any(holds(text, str(choice)) for choice in choices):
            lacks.append(f"fact: {' or '.join(map(str, choices))}")
    return lacks


@EACH_PROFILE
def test_carries_what_it_must(profile: str) -> None:
    """Each backend developer has its front matter, enough examples, every topic and every fact."""
    assert not missing(profile, requirements(REQUIREMENTS)[profile])


@needs_seeds
@EACH_PROFILE
def test_carries_what_the_source_documents_ask_for(profile: str) -> None:
    """The same by the list that came with the source documents."""
    assert not missing(profile, requirements(SEEDS / "facts.yaml")[profile])


@needs_seeds
def test_the_two_lists_say_the_same() -> None:
    """The list that travels with the tests is the one that came with the source documents, in another order."""
    ours, theirs = requirements(REQUIREMENTS), requirements(SEEDS / "facts.yaml")
    for both in (ours, theirs):
        for wanted in both.values():
            wanted["topics"] = sorted(wanted["topics"])
            wanted["facts"] = sorted(wanted["facts"], key=str)
    assert ours == theirs


# --- in our own words, and as complete --------------------------------------------------------------------------------


def runs(text: str) -> list[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return [tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)]


@needs_seeds
def test_is_said_in_our_own_words() -> None:
    """Of all runs of eight words in the outputs, at most two in a hundred stand in a source document."""
    known = {run for profile in PROFILES for run in runs((SEEDS / f"{profile}.md").read_text(encoding="utf-8"))}
    counts = {f"{file.profile}/{file.agent}": [run in known for run in runs(file.text)] for file in outputs()}
    found, total = sum(map(sum, counts.values())), sum(map(len, counts.values()))
    say(f"{found} of {total} runs of {RUN} words stand in a source document: {found / total:.2%}")
    assert found / total <= 0.02
    worst = max(counts, key=lambda name: sum(counts[name]) / len(counts[name]))
    assert sum(counts[worst]) / len(counts[worst]) <= 0.04, worst


@needs_seeds
@EACH_PROFILE
def test_is_as_complete_as_its_source(profile: str) -> None:
    """A body has 0.9 to 1.7 times the size of its source document's."""
    seed = body_of((SEEDS / f"{profile}.md").read_text(encoding="utf-8")).strip()
    ratio = len(body_of(output(profile).text).encode()) / len(seed.encode())
    say(f"{profile}: {ratio:.2f}")
    assert 0.9 <= ratio <= 1.7


# --- shared -----------------------------------------------------------------------------------------------------------


def shared_part(files: Iterable[OutputFile]) -> float:
    """Return the part of the body bytes that comes from blocks which two or more profiles use; the text of an edit is never shared."""
    sizes: Counter[tuple[str, str]] = Counter()
    users: dict[tuple[str, str], set[str]] = {}
    total = 0
    for file in files:
        for segment in file.document.body:
            size = len(segment.text.encode())
            total += size
            if segment.trace is not None and not segment.trace.layer.startswith("profiles/"):
                key = (segment.trace.layer, segment.trace.address or str(segment.trace.location))
                sizes[key] += size
                users.setdefault(key, set()).add(file.profile)
    return sum(size for key, size in sizes.items() if len(users[key]) > 1) / total


def test_most_of_it_is_shared() -> None:
    """At least 60 of 100 body bytes come from blocks that two or more profiles use; over the backend developers alone at least 45."""
    everywhere = shared_part(outputs())
    backend = shared_part(file for file in outputs() if file.agent == AGENT)
    say(f"shared: {everywhere:.1%} of all, {backend:.1%} of the backend developers")
    assert everywhere >= 0.60
    assert backend >= 0.45


# --- the files ----------------------------------------------------------------------------------------------------------


def test_fifteen_files() -> None:
    """Five profiles build three agents each."""
    agents = [AGENT, "code-reviewer", "security-auditor"]
    assert [(file.profile, file.agent) for file in outputs()] == [(profile, agent) for profile in PROFILES for agent in agents]


def test_committed_outputs_are_current() -> None:
    """The files in the output folder are those that the library composes."""
    report = Workspace.open(ROOT).check()
    assert report.files == len(outputs())
    assert [difference.path for difference in report.differences] == []


@pytest.mark.parametrize("file", outputs(), ids=lambda file: f"{file.profile}-{file.agent}")
def test_every_line_has_an_origin(file: OutputFile) -> None:
    """The segments cover a file exactly, and `explain` has a place for each of its lines."""
    assert "".join(segment.text for segment in file.segments) == file.text
    assert all(segment.text for segment in file.segments)
    lines = file.text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        explanation = explain_line(file, str(file.path), number)
        assert explanation is not None
        assert explanation.text == line
        assert all(block.places for block in explanation.blocks)
        in_body = number > lines.index("---", 1) + 2
        assert not (in_body and line.strip()) or any(block.trace is not None for block in explanation.blocks)


# --- one item, one project --------------------------------------------------------------------------------------------


def shared_items(profile: str) -> list[str]:
    """Return the addresses of checklist items that a profile takes over from the library as they are."""
    edited = {address for layer in Workspace.open(ROOT).catalog.profiles.values() for address in layer.edits.by_address}
    found: dict[str, None] = {}
    for segment in output(profile).document.body:
        trace: Trace | None = segment.trace
        if trace is not None and trace.kind == "list item" and trace.address and trace.layer.startswith("checklists/") and not trace.edits:
            found[trace.address] = None
    return [address for address in found if address not in edited]


@EACH_PROFILE
def test_one_item_takes_four_lines(profile: str, tmp_path: Path) -> None:
    """Changing one shared item for one project takes at most four lines, and changes one line of its outputs and none of the others'."""
    for name in ("fragments", "profiles"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "agent-composer.yaml", tmp_path)
    source = tmp_path / "profiles" / f"{profile}.yaml"
    text = source.read_text(encoding="utf-8")
    items = shared_items(profile)
    address = items[len(items) // 2]
    lines = [f"  {address}:", "    replace: |", "      Do it the way of this project"]
    if re.search(r"^edits:$", text, re.MULTILINE):
        changed = re.sub(r"^edits:$", "edits:\n" + "\n".join(lines), text, count=1, flags=re.MULTILINE)
    else:
        lines = ["edits:", *lines]
        changed = text + "\n".join(lines) + "\n"
    source.write_text(changed, encoding="utf-8")
    assert len(lines) <= 4
    before = {(file.profile, file.agent): file.text for file in outputs()}
    after = {(file.profile, file.agent): file.text for file in Workspace.open(tmp_path).compose().files}
    different = [key for key in before if before[key] != after[key]]
    assert {name for name, _ in different} == {profile}
    assert (profile, AGENT) in different
    for key in different:
        old, new = before[key].split("\n"), after[key].split("\n")
        steps = [step for step in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if step[0] != "equal"]
        assert [(kind, last - first, to - start) for kind, first, last, start, to in steps] == [("replace", 1, 1)]
