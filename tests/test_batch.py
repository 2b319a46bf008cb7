"""Profiles composed by several processes: the same outputs, and the same messages, as by one."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
from builders import write_workspace

from composer import batch, parallel
from composer.cache.evidence import Evidence
from composer.errors import ComposerError
from composer.parallel import shared_out
from composer.workspace import Workspace

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

FRAGMENTS = {
    "agent-composer.yaml": "vars:\n  tone: {type: str, default: plain}\n  unused: {type: str, default: x}\n",
    "fragments/agents/dev.md": """
        ---
        agent:
          description: |
            Use this agent for code.
        uses: [tone, unused]
        ---
        You build in a {{ tone }} tone. {#role}

        - Say why {#why}
        """,
}
PROFILES = {f"profiles/p{number}.yaml": f"agents: {{dev: {{}}}}\nvars: {{tone: tone {number}}}\n" for number in range(7)}
BROKEN = {
    **PROFILES,
    "profiles/p3.yaml": "agents: {dev: {}}\nedits:\n  agents/dev#nothing: {remove: true}\n",
    "profiles/p4.yaml": "agents: {dev: {}}\nvars: {tone: [1]}\n",
}


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "processors", lambda: 3)


def told(root: Path, jobs: int | None) -> list[object]:
    """Return everything that a composition comes to."""
    workspace = Workspace.open(root)
    workspace.jobs = jobs
    try:
        composition = workspace.compose(keeps_origins=False)
    except ComposerError as error:
        return [(found.code, found.message, str(found.location), found.notes) for found in error.diagnostics]
    found = [(one.severity, one.code, str(one.location), one.message) for one in composition.diagnostics]
    return [*((file.profile, file.path, file.content) for file in composition.files), *found]


@needs_fork
@pytest.mark.parametrize("profiles", [PROFILES, BROKEN], ids=["right", "wrong"])
@pytest.mark.parametrize("jobs", [2, 3, 50])
def test_the_number_of_processes_does_not_matter(tmp_path: Path, profiles: dict[str, str], jobs: int) -> None:
    """Files in the same order, and the same warnings or errors."""
    root = write_workspace(tmp_path, {**FRAGMENTS, **profiles})
    alone = told(root, 1)
    assert told(root, jobs) == alone
    assert len(alone) > 1


@needs_fork
def test_what_was_composed_elsewhere_points_to_the_same_sources(tmp_path: Path) -> None:
    """A file from another process has the very fragment and the very profile that this one has read."""
    workspace = Workspace.open(write_workspace(tmp_path, {**FRAGMENTS, **PROFILES}))
    workspace.jobs = 2
    for file in workspace.compose(keeps_origins=False).files:
        agent = file.document.plan.agent
        assert agent.fragment is workspace.catalog.fragments["agents/dev"]
        assert agent.location.source is workspace.catalog.profiles[file.profile].source


def test_processes_are_started_where_they_pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few agents are composed here."""
    root = write_workspace(tmp_path, {**FRAGMENTS, **PROFILES})
    started: list[int] = []

    def note(items: object, work: object, processes: int, known: object) -> object:
        started.append(processes)
        return shared_out(items, work, processes, known)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(batch, "shared_out", note)
    told(root, None)
    assert started == []
    monkeypatch.setattr(batch, "PAYING_AGENTS", 7)
    told(root, None)
    assert started == [3]


def test_agents_that_are_there_start_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pays is counted by the agents that may have to be composed."""
    root = write_workspace(tmp_path, {**FRAGMENTS, **PROFILES})
    monkeypatch.setattr(batch, "PAYING_AGENTS", 7)
    started: list[int] = []

    def note(items: object, work: object, processes: int, known: object) -> object:
        started.append(processes)
        return shared_out(items, work, processes, known)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(batch, "shared_out", note)
    for tone in ("calm", "loud"):
        (root / "profiles/p0.yaml").write_text(f"agents: {{dev: {{}}}}\nvars: {{tone: {tone}}}\n", encoding="utf-8")
        workspace = Workspace.open(root)
        workspace.evidence = Evidence()
        workspace.build()
        assert started == [3]


# --- sharing out ------------------------------------------------------------------------------------------------------


@needs_fork
def test_each_process_does_its_part() -> None:
    """The first part is the caller's; the others are delivered."""
    here = os.getpid()
    with shared_out("abcdef", lambda item: (item, os.getpid()), 3, {}) as deliver:
        found = deliver()
    assert sorted(found) == ["b", "c", "e", "f"]
    assert {item: result[0] for item, result in found.items()} == {item: item for item in found}
    assert len({result[1] for result in found.values()} - {here}) == 2


@needs_fork
@pytest.mark.parametrize("how", ["exception", "exit", "killed"])
def test_what_is_not_delivered_is_not_there(how: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A process that fails takes nothing else along, and says nothing of its own."""

    def work(item: str) -> str:
        if item == "b":
            if how == "exception":
                raise ValueError(item)
            if how == "exit":
                raise SystemExit(3)
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    with shared_out("abc", work, 3, {}) as deliver:
        assert deliver() == {"c": "c"}
    assert capfd.readouterr() == ("", "")


@needs_fork
def test_large_results_come_through() -> None:
    """More than a pipe holds at a time."""
    with shared_out("ab", lambda item: item * 5_000_000, 2, {}) as deliver:
        assert deliver() == {"b": "b" * 5_000_000}


@needs_fork
def test_an_error_of_the_caller_leaves_no_process_behind() -> None:
    """The others are waited for, even those that still want to send."""
    with pytest.raises(KeyError), shared_out("ab", lambda item: item * 5_000_000, 2, {}):
        raise KeyError
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_beside_threads_nothing_is_shared_out() -> None:
    """A forked process has but one of them, and a lock that another held stays held for ever."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert parallel.processors() == 1
    finally:
        stop.set()
        thread.join()


def test_systems_that_do_not_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """There all is done here."""
    monkeypatch.delattr(os, "fork", raising=False)
    assert parallel.processors() == 1
