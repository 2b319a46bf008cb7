"""The laws of composing, on random workspaces: what may change an output, and what may not."""

from __future__ import annotations

import os
import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path

import pytest
from builders import body_of, write_workspace
from hypothesis import assume, given
from hypothesis import strategies as st
from laws import law
from random_workspaces import WORD, Case, Include, Maker, files_of, yaml_edits

from composer.errors import ComposerError
from composer.explain.lines import segments_by_line
from composer.model.outputs import FileAction, OutputFile
from composer.model.planned import Trace
from composer.outcomes import Composition
from composer.workspace import Workspace

LAW = law(25)
SEEDS = st.integers(0, 100_000)


@contextmanager
def workspace(files: Mapping[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield write_workspace(Path(folder), files)


def composed(files: Mapping[str, str]) -> dict[str, OutputFile]:
    """Compose every profile; by profile, for each has one agent."""
    return {file.profile: file for file in composition_of(files).files}


def composition_of(files: Mapping[str, str]) -> Composition:
    """Compose a workspace. One in which an edit reaches nothing, or of which nothing is left, is passed over."""
    with workspace(files) as root:
        try:
            return Workspace.open(root).compose()
        except ComposerError:
            assume(False)  # noqa: FBT003 - hypothesis' own way to pass over a case
            raise


def random_files(seed: int) -> dict[str, str]:
    return files_of(Maker(seed).make())


# --- what must not matter ---------------------------------------------------------------------------------------------


@LAW
@given(SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_files_on_disk_does_not_matter(seed: int, order: random.Random) -> None:
    """However a folder lists its files, the outputs are the same bytes."""
    files = random_files(seed)
    wanted = composed(files)
    shuffled = list(files.items())
    order.shuffle(shuffled)
    with workspace(dict(shuffled)) as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", _shuffling(os.scandir, order))
        found = {file.profile: file for file in Workspace.open(root).compose().files}
    assert {name: file.content for name, file in found.items()} == {name: file.content for name, file in wanted.items()}


def _shuffling(scandir: Callable[..., object], order: random.Random) -> Callable[..., object]:
    @contextmanager
    def shuffled(path: object) -> Iterator[Iterator[object]]:
        with scandir(path) as entries:  # type: ignore[attr-defined]  # a scandir iterator is its own context manager
            listed = list(entries)
        order.shuffle(listed)
        yield iter(listed)

    return shuffled


def _layered(case: Case, names: tuple[str, ...], order: tuple[str, ...], layer_of: Callable[[str], str]) -> dict[str, str]:
    """Spread the edits of a case over layers that do not descend from each other."""
    files = {path: text for path, text in files_of(case).items() if not path.startswith("profiles/")}
    edits = {address: edit for layer in case.edits.values() for address, edit in layer.items() if not address.startswith("profiles/")}
    for name in names:
        own = {address: edit for address, edit in edits.items() if layer_of(address) == name}
        files[f"profiles/{name}.yaml"] = "abstract: true\n" + yaml_edits(own, random.Random(0))
    files["profiles/shop.yaml"] = f"extends: [{', '.join(order)}]\nagents: {{keeper: {{}}}}\n"
    return files


@LAW
@given(SEEDS)
def test_unrelated_layers_may_be_named_in_any_order(seed: int) -> None:
    """Layers that edit different blocks give the same output in whatever order they are extended."""
    names = ("left", "middle", "right")
    outputs = set()
    for order in permutations(names):
        case = Maker(seed).make()
        case.writer = random.Random(seed)
        files = _layered(case, names, order, lambda address: names[sum(map(ord, address)) % 3])
        outputs.add(composed(files)["shop"].text)
    assert len(outputs) == 1


@LAW
@given(SEEDS)
def test_permuting_extends_changes_only_the_order_of_insertions(seed: int) -> None:
    """Where two layers insert at one place, only the order of what they insert changes."""
    outputs = []
    for order in (("left", "right"), ("right", "left")):
        case = Maker(seed).make()
        case.writer = random.Random(seed)
        case.edits = {"base": {}, "shop": {}}
        places = [node.id for node in case.fragments["agents/keeper"] if not isinstance(node, Include) and node.id]
        assume(places)
        files = _layered(case, (), order, lambda address: address)
        for name in order:
            texts = "".join(f"  agents/keeper#{place}:\n    after:\n      {name}-{place}: Inserted on the {name}.\n" for place in places)
            files[f"profiles/{name}.yaml"] = f"abstract: true\nedits:\n{texts}"
        outputs.append(composed(files)["shop"].text)
    first, second = outputs
    assert first != second
    assert Counter(first.split("\n")) == Counter(second.split("\n"))
    without = [[line for line in text.split("\n") if "Inserted" not in line] for text in outputs]
    assert without[0] == without[1]


# --- building ---------------------------------------------------------------------------------------------------------


@LAW
@given(SEEDS)
def test_a_second_build_changes_nothing(seed: int) -> None:
    """Building twice leaves every byte, of the outputs and of the lock, as it was."""
    files = random_files(seed)
    composed(files)
    with workspace(files) as root:
        first = Workspace.open(root).build()
        assert {result.action for result in first.results} == {FileAction.CREATED}
        before = _bytes(root)
        second = Workspace.open(root).build()
        assert {result.action for result in second.results} == {FileAction.UNCHANGED}
        assert _bytes(root) == before
        assert not Workspace.open(root).check().differences


def _bytes(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


# --- what an edit may change ------------------------------------------------------------------------------------------


@LAW
@given(SEEDS)
def test_an_edit_changes_no_other_profile(seed: int) -> None:
    """What one profile edits shows in none that does not descend from it."""
    files = random_files(seed)
    files["profiles/other.yaml"] = "extends: [base]\n"
    edited = composed(files)
    plain = composed({**files, "profiles/shop.yaml": "extends: [base]\n"})
    assert edited["other"].content == plain["other"].content
    assert plain["shop"].content.replace(b"shop", b"other") == plain["other"].content


VERBS = {
    "remove": "    remove: true\n",
    "replace": "    replace: a new text\n",
    "before": "    before:\n      new-one: a new text\n",
    "after": "    after:\n      new-one: a new text\n",
}


@LAW
@given(SEEDS, st.sampled_from(sorted(VERBS)), st.randoms(use_true_random=False))
def test_an_edit_changes_only_its_own_lines(seed: int, verb: str, choice: random.Random) -> None:
    """The lines that an edit takes away are those that `explain` gave to its block, and those that it adds name the edit."""
    maker = Maker(seed)
    maker.edit = lambda: None  # type: ignore[method-assign]  # a workspace without edits
    case = maker.make()
    files = files_of(case)
    before = composition_of(files)
    (plain,) = before.files
    addresses = sorted({trace.address for trace in _traces(plain) if trace.address and not trace.address.startswith("profiles/")})
    assume(addresses)
    address = choice.choice(addresses)
    files["profiles/shop.yaml"] = f"extends: [base]\nedits:\n  {address}:\n{VERBS[verb]}"
    after = composition_of(files)
    # What is left with nothing goes too, and so its title does: that is told, and tested elsewhere.
    assume(_emptied(after) == _emptied(before))
    (edited,) = after.files
    gone, new = _surplus(plain, edited), _surplus(edited, plain)
    assert not gone - _belonging(plain, lambda trace: trace.address == address or address in trace.within)
    assert not new - _belonging(edited, lambda trace: any(part.layer.name == "profiles/shop" for part in trace.edits))
    assert edited.text != plain.text
    assert new or verb == "remove"
    assert verb == "remove" or address in {trace.address for trace in _traces(edited)}


def _emptied(composition: Composition) -> set[str]:
    return {str(found.location) for found in composition.diagnostics if found.code == "left-empty"}


def _traces(file: OutputFile) -> list[Trace]:
    return [segment.trace for segment in file.document.body if segment.trace is not None]


def _surplus(file: OutputFile, other: OutputFile) -> Counter[str]:
    """Count the lines that only the first of two outputs has."""
    return Counter(text for text, _ in _lines(file)) - Counter(text for text, _ in _lines(other))


def _belonging(file: OutputFile, belongs: Callable[[Trace], bool]) -> Counter[str]:
    """Count the lines that a block of some kind gave."""
    return Counter(text for text, traces in _lines(file) if any(map(belongs, traces)))


def _lines(file: OutputFile) -> list[tuple[str, list[Trace]]]:
    """Give the lines of an output with their traces; marks, numbers, indentation, and lines without a word do not count."""
    traces: dict[int, list[Trace]] = {}
    texts: dict[int, str] = {}
    for number, _, part in segments_by_line(file):
        texts[number] = texts.get(number, "") + part.text
        if part.trace is not None:
            traces.setdefault(number, []).append(part.trace)
    plain = {number: re.sub(r"^(?:\s|[-*+]\s|\d+[.)]\s?)*", "", text) for number, text in texts.items()}
    return [(text, traces.get(number, [])) for number, text in plain.items() if WORD.search(text) or "new text" in text]


# --- origins ----------------------------------------------------------------------------------------------------------


@LAW
@given(SEEDS)
def test_segments_cover_the_output(seed: int) -> None:
    """The segments of an output are its text, none of them is empty, and every word comes from a block."""
    for file in composed(random_files(seed)).values():
        assert "".join(segment.text for segment in file.segments) == file.text
        assert all(segment.text for segment in file.segments)
        assert all(segment.trace is not None for segment in file.document.body if WORD.search(segment.text))
        assert body_of(file.text) == "".join(segment.text for segment in file.document.body)
