"""The law of sharing: what agents have in common is composed once, and nobody can tell."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from laws import law
from random_workspaces import Maker, files_of

from composer.errors import Diagnostics
from composer.files.sources import Memory
from composer.lookup.index import Index
from composer.model.outputs import OutputFile
from composer.model.planned import Trace
from composer.pipeline import Run, compose_profile, read_index
from composer.source import Location
from composer.targets import get_target

LAW = law(10)
SEEDS = st.integers(0, 100_000)
CROWD = tuple(f"crowd-{number}" for number in range(8))


def crowded(seed: int) -> dict[str, bytes]:
    """Make a random workspace with many profiles: most fill its fragments with other values, in another layout, with edits of their own."""
    rng = random.Random(seed)
    files = files_of(Maker(seed).make())
    numbers = count()
    for path, text in files.items():
        if path.startswith("fragments/"):
            parts = text.split("{{ filled }}")
            joined = parts[0]
            for part in parts[1:]:
                joined += ("{{ filled }} of {{ agent.name }}" if next(numbers) % 3 == 0 else "{{ filled }}") + part
            files[path] = joined
    for name in CROWD:
        values = {key: json.dumps(rng.random() < 0.5) for key in rng.sample(["on", "off"], rng.randint(0, 2))}
        values |= {key: rng.choice(["wv", "wx", '""']) for key in rng.sample(["filled", "empty"], rng.randint(0, 2))}
        layout = rng.choice(["", "layout: [label]\n", "layout: [heading, numbered]\n", "layout: [xml]\n"])
        agents = f"agents:\n  keeper: {{}}\n  {name}: {{use: agents/keeper, vars: {{filled: {rng.choice(['wv', 'wy'])}}}}}\n"
        own = f"vars: {{{', '.join(f'{key}: {value}' for key, value in values.items())}}}\n" if values else ""
        files[f"profiles/{name}.yaml"] = f"extends: [{rng.choice(['base', 'shop'])}]\n{layout}{own}{agents}"
    return {path: text.encode() for path, text in files.items()}


def place(location: Location | None) -> tuple[str, int, int] | None:
    return (location.path, location.start, location.end) if location is not None else None


def trace_data(trace: Trace | None) -> object:
    if trace is None:
        return None
    gates = [(gate.condition, gate.holds, place(gate.location), gate.names) for gate in trace.gates]
    edits = [(part.verb, str(part.layer), place(part.location)) for part in trace.edits]
    via = [place(statement) for statement in trace.via]
    return (trace.address, trace.kind, place(trace.location), trace.layer, edits, gates, via, trace.within, place(trace.replaces))


def everything(file: OutputFile) -> object:
    """Return all that is known of a file."""
    segments = [(part.text, part.kind, place(part.location), trace_data(part.trace), part.names) for part in file.segments]
    absences = [(gone.address, gone.reason, place(gone.location), [place(way) for way in gone.via]) for gone in file.document.absences]
    plan = file.document.plan
    return (file.path, file.text, segments, absences, sorted(plan.reached), sorted(plan.landed))


def compose(profile: str, index: Index) -> tuple[list[object], list[object]]:
    found = Diagnostics()
    files = compose_profile(profile, Run(index, get_target("claude-code")), found)
    told = [(each.severity, each.code, each.message, place(each.location), each.hint) for each in found]
    return [everything(file) for file in files], [*told]


def read(files: Mapping[str, bytes]) -> Index:
    return read_index(Memory(files), Diagnostics())


@LAW
@given(SEEDS, st.permutations(("shop", *CROWD)))
def test_what_is_shared_is_as_if_composed_alone(seed: int, order: list[str]) -> None:
    """Whatever was composed before it, a profile has the same outputs, with the same origins, and the same is told of it."""
    files = crowded(seed)
    index = read(files)
    for name in order:
        assert compose(name, index) == compose(name, read(files)), name


@LAW
@given(SEEDS)
def test_no_line_of_an_output_shares_its_trace(seed: int) -> None:
    """Agents share traces, but within one output each text has its own: that is how a change of the text finds its source."""
    files = crowded(seed)
    index = read(files)
    for name in CROWD[:3]:
        for file in compose_profile(name, Run(index, get_target("claude-code")), Diagnostics()):
            texts = [(id(part.trace), place(part.location)) for part in file.segments if part.trace is not None and part.kind == "literal"]
            assert len(texts) == len(set(texts)), file.path


def test_a_fragment_that_is_included_twice_is_two() -> None:
    """Where a slot names one fragment twice, each of the two texts in the output has its own trace."""
    files = {
        "fragments/rule.md": b"Be kind.\n",
        "fragments/agents/a-b.md": b"---\nagent:\n  description: |\n    Use it.\n"
        b"vars: {slot: {type: 'list[fragment]', default: [rule, rule]}}\n---\n"
        b"{% include slot %}\n",
        "profiles/shop.yaml": b"agents: {a-b: {}}\n",
    }
    (file,) = compose_profile("shop", Run(read(files), get_target("claude-code")), Diagnostics())
    traces = [part.trace for part in file.segments if part.text == "Be kind."]
    assert len(traces) == 2
    assert traces[0] is not traces[1]


def test_agents_share_what_is_the_same() -> None:
    """Two agents of the same fragments have the very same segments where no value differs."""
    files = {
        "fragments/rule.md": b"Be kind.\n\nYou are {{ agent.name }}.\n",
        "fragments/agents/a-b.md": b'---\nagent:\n  description: |\n    Use it.\n---\n{% include "rule" %}\n',
        "profiles/shop.yaml": b"agents: {a-b: {}, c-d: {use: agents/a-b}}\n",
    }
    first, second = compose_profile("shop", Run(read(files), get_target("claude-code")), Diagnostics())
    shared = {part.text for part in first.segments for other in second.segments if part is other}
    assert "Be kind." in shared
    assert "a-b" not in shared
