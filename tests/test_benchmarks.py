"""The benchmarks measure what they say: the workloads are stable and right, wrong runs never count, and the page is whole."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from builders import write_workspace

from benchmarks.__main__ import main
from benchmarks.agents_workload import EVERYWHERE, FRAGMENTS_PER_AGENT, RARE, make_workload
from benchmarks.contenders import FLOOR, OURS
from benchmarks.forms import agent_composer_form, floor_form
from benchmarks.library_workload import EDITED_BASE, OUTPUTS, library_files, with_base_edited
from benchmarks.measures import Library
from benchmarks.results import without_addresses
from benchmarks.rounds import Case, Sample, run_rounds
from benchmarks.targets import outcomes, paired_ratios
from benchmarks.trees import Outputs, Tree, WrongResultError, digest_of
from benchmarks.watching import Watched, watch_library
from composer.workspace import Workspace

pytestmark = pytest.mark.untraced  # they are about the benchmarks, not the code

FLOOR_SCRIPT = Path(__file__).parents[1] / "benchmarks" / "floor.py"


def sample(seconds: float, code: int = 0) -> Sample:
    return Sample(wall=seconds, cpu=seconds, peak=10.0, exit=code)


def case(measure: str, contender: str, seconds: Sequence[float], folder: Path = Path()) -> Case:
    known = Case(measure, contender, ("true",), folder, {}, lambda _number: None, lambda _number, _printed: None)
    known.samples = {number: sample(one) for number, one in enumerate(seconds, start=1)}
    return known


# --- the workloads ----------------------------------------------------------------------------------------------------


def test_the_agents_workload_is_the_same_every_time() -> None:
    """Two runs time the same work, on whatever machine."""
    assert list(make_workload(30).finished()) == list(make_workload(30).finished())
    found = digest_of(((name, text.encode()) for name, text in make_workload(30).finished()), bodies_only=False)
    assert found == "6f34980e4826e12a252449fb3642c50d824adb80c10b39d9ac2ead0ca3350e5b"


def test_each_agent_has_twenty_fragments_of_which_one_is_everywhere_and_one_in_ten_agents() -> None:
    """So a change of one fragment concerns everybody, or ten of a hundred."""
    agents = [agent for profile in make_workload(200).profiles for agent in profile.agents]
    assert all(len(set(agent.fragments)) == FRAGMENTS_PER_AGENT and EVERYWHERE in agent.fragments for agent in agents)
    assert sum(RARE in agent.fragments for agent in agents) == 10
    assert [len(profile.agents) for profile in make_workload(200).profiles] == [100, 100]


def test_agent_composer_builds_the_finished_files_without_a_diagnostic(tmp_path: Path) -> None:
    """What it is timed with is a sound workspace, and it does the work."""
    workload = make_workload(7)
    composition = Workspace.open(write_workspace(tmp_path, dict(agent_composer_form(workload)))).compose()
    assert composition.diagnostics == ()
    assert {Path(file.path).name: file.text for file in composition.files} == dict(workload.finished())


@pytest.mark.parametrize("engine", ["jinja", "split"])
def test_the_floor_writes_the_same_bytes(tmp_path: Path, engine: str) -> None:
    """It is a fair measure only if it does the same work."""
    workload = make_workload(7)
    tree = Tree(tmp_path / "floor", dict(floor_form(workload)))

    def run(mode: str) -> int:
        command = [sys.executable, str(FLOOR_SCRIPT), ".", "output", "--engine", engine, "--mode", mode]
        return subprocess.run(command, check=False, cwd=tree.root).returncode  # noqa: S603 - our own script

    assert [run("check"), run("build"), run("check"), run("update")] == [1, 0, 0, 0]
    written = Outputs("output/*/.claude/agents/*.md").contents(tree)
    assert {name: content.decode() for name, content in written.items()} == dict(workload.finished())


def test_a_changed_fragment_changes_the_agents_that_use_it_alone() -> None:
    """The measure of a change that ten agents use is about ten files."""
    before = make_workload(100)
    after = before.with_fragment_changed(RARE)
    changed = [name for (name, old), (_, new) in zip(before.finished(), after.finished(), strict=True) if old != new]
    assert len(changed) == 10


def test_the_library_workload_is_sound_and_as_large_as_told(tmp_path: Path) -> None:
    """200 fragments, 6 bases, 40 profiles, and not one diagnostic before and after the edit of a base."""
    files = library_files()
    assert files == library_files()
    assert sum(path.startswith("fragments/") for path in files) == 200
    assert sum("abstract: true" in text for text in files.values()) == 6
    assert [path for path, text in with_base_edited(files).items() if files[path] != text] == [f"profiles/{EDITED_BASE}.yaml"]
    workspace = Workspace.open(write_workspace(tmp_path, files))
    assert (len(workspace.profiles) * 12, workspace.compose(["project-00", "project-01"]).diagnostics) == (OUTPUTS, ())


# --- running ----------------------------------------------------------------------------------------------------------


class ScriptedTimer:
    """Gives the samples that it was told, in order, and writes what the command would have printed."""

    def __init__(self, *samples: Sample, printed: str = "") -> None:
        self.samples = list(samples)
        self.printed = printed

    def run(self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> Sample:
        del command, folder, environment
        log.write_text(self.printed)
        return self.samples.pop(0)


def test_the_warm_up_does_not_count(tmp_path: Path) -> None:
    """The first run reads files from the disk and compiles modules."""
    known = case("full-5", OURS, [])
    run_rounds([known], 2, ScriptedTimer(sample(4.0), sample(1.0), sample(3.0)), tmp_path / "log")
    assert ([one.wall for one in known.samples.values()], known.wall) == ([1.0, 3.0], 2.0)


def test_a_slow_case_gets_three_rounds(tmp_path: Path) -> None:
    """A run of everything has to end within an hour."""
    known = case("full-5", OURS, [])
    run_rounds([known], 9, ScriptedTimer(*(sample(6.0) for _ in range(10))), tmp_path / "log")
    assert len(known.samples) == 3


def test_a_run_that_exits_with_an_error_never_counts(tmp_path: Path) -> None:
    """A tool that fails is fast."""
    known = case("full-5", OURS, [])
    run_rounds([known], 2, ScriptedTimer(sample(1.0), sample(1.0), sample(0.1, code=2), printed="no such file"), tmp_path / "log")
    assert (known.samples, known.failure) == ({}, "exit code 2: no such file")


def test_a_run_with_a_wrong_result_never_counts(tmp_path: Path) -> None:
    """The runs before it are dropped too: a program that is wrong once has no time."""
    known = case("full-5", OURS, [])

    def verify(number: int, _printed: str) -> None:
        if number == 2:
            message = "its 4 outputs are not what they should be"
            raise WrongResultError(message)

    known.verify = verify
    run_rounds([known], 3, ScriptedTimer(*(sample(1.0) for _ in range(4))), tmp_path / "log")
    assert (known.samples, known.failure) == ({}, "its 4 outputs are not what they should be")


def test_outputs_are_wrong_if_one_is_missing_superfluous_or_different(tmp_path: Path) -> None:
    """Names count as well as contents."""
    tree = Tree(tmp_path / "tree", {"source.md": "text"})
    outputs, expected = Outputs("output/*.md"), digest_of([("a.md", b"A"), ("b.md", b"B")], bodies_only=False)
    for files, is_right in (
        ({"a": "A", "b": "B"}, True),
        ({"a": "A"}, False),
        ({"a": "A", "b": "X"}, False),
        ({"a": "A", "c": "B"}, False),
    ):
        tree.reset()
        (tree.root / "output").mkdir()
        for name, text in files.items():
            (tree.root / "output" / f"{name}.md").write_text(text)
        try:
            outputs.check(tree, expected)
        except WrongResultError:
            assert not is_right
        else:
            assert is_right


def test_resetting_a_tree_leaves_its_sources_alone(tmp_path: Path) -> None:
    """Outputs, locks and caches go, beside sources and in folders of their own."""
    tree = Tree(tmp_path / "tree", {"fragments/a.md": "A", "top.yaml": "T"})
    write_workspace(tree.root, {"output/x/a.md": "A", ".cache-home/deep/file": "C", "lock": "L", "fragments/.hidden": "H"})
    tree.reset()
    assert sorted(path.name for path in tree.root.rglob("*") if path.is_file()) == ["a.md", "top.yaml"]


# --- watching ---------------------------------------------------------------------------------------------------------

WATCHER = """
import sys, time
from pathlib import Path
source, output = Path("profiles/base.yaml"), Path("output/shop/.claude/agents/a.md")
output.parent.mkdir(parents=True)
while True:
    text = source.read_text()
    if text and (not output.exists() or output.read_text() != text + sys.argv[1]):
        output.write_text(text + sys.argv[1])
    time.sleep(0.002)
"""
NAME = "output/shop/.claude/agents/a.md"


def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, added: str) -> Watched:
    monkeypatch.setattr("benchmarks.watching.SETTLES", 0.01)
    monkeypatch.setattr("benchmarks.watching.LIMIT", 20.0 if not added else 0.2)
    sources = ({"profiles/base.yaml": "one"}, {"profiles/base.yaml": "two"})
    library = Library(sources, ({NAME: b"one"}, {NAME: b"two"}))
    return watch_library((sys.executable, "-c", WATCHER, added), {}, tmp_path / "tree", library, 2)


def test_watching_is_timed_from_save_to_the_last_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round saves once and waits for what follows."""
    watched = watch(tmp_path, monkeypatch, "")
    assert (len(watched.seconds), watched.outputs, watched.reason) == (2, 1, "")


def test_a_watcher_that_writes_something_else_is_not_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets a reason in place of a figure."""
    assert watch(tmp_path, monkeypatch, "!") == Watched(reason="1 outputs were not written within 0 seconds")


# --- the page ---------------------------------------------------------------------------------------------------------


def test_ratios_are_taken_within_a_round() -> None:
    """A machine that is half as fast in one round moves both sides."""
    assert paired_ratios(case("full-5", OURS, [1.0, 2.0]), case("full-5", FLOOR, [2.0, 4.0, 1.0])) == [0.5, 0.5]


def test_a_target_is_met_missed_or_not_measured_with_its_reason() -> None:
    """Nothing is left out of the table in silence."""
    cases = {(one.measure, one.contender): one for one in (case("full-5", OURS, [3.0]), case("full-5", FLOOR, [2.0]))}
    cases["full-5", "copier"] = case("full-5", "copier", [10.0])
    found = {one.what: one for one in outcomes(cases, 5, 10, Watched(reason="there is no such option"), {"ruler": "it does not start"})}
    to_floor, to_copier = found["Full build, 5 agents, to the Jinja2 floor"], found["Full build, 5 agents, to copier"]
    assert (to_floor.measured, to_floor.is_met, to_copier.is_met) == (1.5, False, True)
    assert found["Full build, 5 agents, to ruler"].reason == "it does not start"
    assert found["Full build, 5 agents, to apm"].reason == "`apm` did not take part in `full-5`"
    assert found["Library workload, `build --watch`, from save to written"].reason == "there is no such option"


def test_nothing_of_the_machine_gets_onto_the_page() -> None:
    """What a failed program said is shown without paths and addresses."""
    said = "cannot open /home/someone/y.md, see https://host.example/path?x=1"
    assert without_addresses(said) == "cannot open (path), see (address)"


def test_a_small_run_yields_a_whole_page(tmp_path: Path) -> None:
    """Two rounds, five agents, ours and the floor: every table is there, every case is right, and the chart is an SVG."""
    measures = "start,full,everywhere"
    arguments = ["--rounds", "2", "--sizes", "5", "--only", f"ours,floor,{measures}"]
    assert main([*arguments, "--out", str(tmp_path / "out"), "--scratch", str(tmp_path / "scratch")]) == 0
    page, chart = ((tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("RESULTS.md", "results.svg"))
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        *("## Machine", "## Targets", "## Measures", "## Shares of the stages", "## Peers")
    ]
    assert len(re.findall(rf"^\| {OURS} \| \d+\.\d{{3}} s .*\| 2 \|", page, re.MULTILINE)) == 3
    assert len(re.findall(rf"^\| {FLOOR} \| \d+\.\d{{3}} s .*\| 2 \|", page, re.MULTILINE)) == 2
    assert str(tmp_path) not in page
    assert "failed" not in page
    assert (chart.startswith("<svg"), chart.count("<rect"), OURS in chart) == (True, 8, True)
    assert not (tmp_path / "scratch" / "work").exists()
