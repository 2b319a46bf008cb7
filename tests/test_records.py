"""Records behave as the classes of `dataclasses` do, wherever the package relies on it."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

import composer
from composer import records
from composer.files.lock import EditKey
from composer.model.sources import Look
from composer.model.yaml_nodes import YamlScalar
from composer.source import SourceFile


def classes(library: Any) -> dict[str, Any]:  # noqa: ANN401 - a module, and the types of both are those of one
    """Make the same classes by one library or the other."""

    @library.dataclass(frozen=True, slots=True)
    class Place:
        """A record of two kinds of field."""

        path: str
        line: int = 1

        def shown(self) -> str:
            """Say where."""
            return f"{self.path}:{self.line}"

    @library.dataclass(slots=True)
    class Bag:
        """What it is given, and a list of its own."""

        name: str
        items: list[str] = library.field(default_factory=list)
        hidden: int = library.field(default=7, repr=False, compare=False)

    @library.dataclass(slots=True, eq=False)
    class LabelledBag(Bag):
        """One field more, the same object or none."""

        label: str = "none"

    @library.dataclass(frozen=True, slots=True)
    class Word:
        """Of two fields one is not hashed."""

        text: str
        notes: Any = library.field(default=(), hash=False)

    @library.dataclass(frozen=True, slots=True, order=True)
    class Version:
        """Comes before or after another."""

        major: int
        minor: int

    @library.dataclass(eq=False)
    class Open:
        """Has room for what nobody declared."""

        text: str
        length: int = library.field(init=False)

        def __post_init__(self) -> None:
            self.length = len(self.text)

    return {kind.__name__: kind for kind in (Place, Bag, LabelledBag, Word, Version, Open)}


def raised(call: Callable[[], object]) -> object:
    """Return what a call gives, or the type of what it raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to be the same
        return type(error)


SENTENCES: dict[str, Callable[[dict[str, Any]], object]] = {
    "fields are given by place or by name": lambda kinds: kinds["Place"]("a", line=2).shown(),
    "a default stands in": lambda kinds: kinds["Place"]("a").shown(),
    "a missing field is told": lambda kinds: raised(kinds["Place"]),
    "an unknown field is told": lambda kinds: raised(lambda: kinds["Place"]("a", colour=1)),
    "one too many is told": lambda kinds: raised(lambda: kinds["Place"]("a", 1, 2)),
    "equal fields make equal records": lambda kinds: (
        kinds["Place"]("a") == kinds["Place"]("a"),
        kinds["Place"]("a") == kinds["Place"]("b"),
    ),
    "another class is never equal": lambda kinds: (kinds["Place"]("a", 1) == ("a", 1), kinds["Place"]("a", 1) == kinds["Word"]("a", 1)),
    "equal records have one hash": lambda kinds: len({kinds["Place"]("a"), kinds["Place"]("a"), kinds["Place"]("b")}),
    "the hash is that of the fields": lambda kinds: hash(kinds["Place"]("a", 3)),
    "a field may be left out of the hash": lambda kinds: hash(kinds["Word"]("a", ["no hash"])) == hash(kinds["Word"]("a")),
    "what may change has no hash": lambda kinds: raised(lambda: hash(kinds["Bag"]("a"))),
    "without equality each is itself": lambda kinds: (kinds["Open"]("a") == kinds["Open"]("a"), bool(hash(kinds["Open"]("a")))),
    "each gets a list of its own": lambda kinds: kinds["Bag"]("a").items is kinds["Bag"]("a").items,
    "a given list is the given one": lambda kinds: kinds["Bag"]("a", given := ["x"]).items is given,
    "a field may be left out of comparisons": lambda kinds: kinds["Bag"]("a", hidden=1) == kinds["Bag"]("a", hidden=2),
    "inherited fields come first": lambda kinds: (kinds["LabelledBag"].__match_args__, kinds["LabelledBag"]("a", [], 1, "b").label),
    "it is printed as it would be written": lambda kinds: repr(kinds["Place"]("a", 2)).rpartition("<locals>.")[2],
    "a field may be left out of print": lambda kinds: repr(kinds["LabelledBag"]("a")).rpartition("<locals>.")[2],
    "records are sorted by their fields": lambda kinds: [
        v.minor for v in sorted(kinds["Version"](*pair) for pair in ((1, 2), (0, 9), (1, 1)))
    ],
    "unlike things are in no order": lambda kinds: raised(lambda: kinds["Version"](1, 2) < (1, 3)),
    "slots have no room for more": lambda kinds: raised(lambda: setattr(kinds["Bag"]("a"), "more", 1)),
    "without slots there is room": lambda kinds: raised(lambda: setattr(kinds["Open"]("a"), "more", 1)),
    "what follows from fields is set after them": lambda kinds: kinds["Open"]("abc").length,
    "a default is an attribute of an open class": lambda kinds: hasattr(kinds["Open"], "length"),
    "a copy with a change is another": lambda kinds: kinds["Place"]("a", 2).line,
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_record_does_what_a_data_class_does(sentence: str) -> None:
    """Each sentence comes to the same for both."""
    says = SENTENCES[sentence]
    assert says(classes(records)) == says(classes(dataclasses))


def test_replace_gives_a_record_that_differs_in_the_named_fields() -> None:
    """What is not named stays; what follows from the fields is made anew; an unknown name is told."""
    for library in (records, dataclasses):
        kinds = classes(library)
        replace: Any = library.replace
        changed = replace(kinds["LabelledBag"]("a", ["x"], 1, "b"), items=["y"])
        assert (changed.name, changed.items, changed.hidden, changed.label) == ("a", ["y"], 1, "b")
        assert replace(kinds["Open"]("abc"), text="abcd").length == 4
        with pytest.raises(TypeError):
            replace(kinds["Place"]("a"), colour=1)


def test_asdict_goes_through_lists_and_maps() -> None:
    """Records inside become maps, too."""
    for library in (records, dataclasses):
        kinds = classes(library)
        bag = kinds["Bag"]("a", [kinds["Place"]("b"), (kinds["Place"]("c"),), {"d": kinds["Place"]("d")}])
        places = [{"path": "b", "line": 1}, ({"path": "c", "line": 1},), {"d": {"path": "d", "line": 1}}]
        as_dict: Any = library.asdict
        assert as_dict(bag) == {"name": "a", "items": places, "hidden": 7}


@pytest.mark.parametrize(
    "again",
    [lambda record: pickle.loads(pickle.dumps(record)), copy.copy, copy.deepcopy],  # noqa: S301 - its own bytes
    ids=["pickled", "copied", "deep"],
)
def test_a_record_survives_a_copy(again: Callable[[object], object]) -> None:
    """Processes send each other records."""
    look = Look("sections", "# {title}", gap=1)
    assert again(look) == look
    assert again(EditKey("shop", "", "a#b", "replace")) == EditKey("shop", "", "a#b", "replace")


def test_a_record_is_matched_by_its_fields() -> None:
    """In a `match`, fields may stand without their names."""
    match records.replace(YamlScalar("a", *_rest()), text="b"):
        case YamlScalar(text):
            assert text == "b"


def _rest() -> tuple[Any, Any, Any, Any]:
    known = YamlScalar.__match_args__
    assert known[:5] == ("text", "style", "source", "start", "end")
    return "plain", SourceFile("a.md", ""), 0, 1


def modules() -> Iterator[ModuleType]:
    """Give every module of the package that can be imported everywhere."""
    for found in pkgutil.walk_packages(composer.__path__, "composer."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def test_every_record_of_the_package_can_be_made() -> None:
    """Methods are compiled when they are first called: no class waits for a user to find out that it cannot be made."""
    made = {kind for module in modules() for kind in vars(module).values() if isinstance(kind, type) and "__record_fields__" in vars(kind)}
    assert len(made) > 200
    for kind in made:
        fields: dict[str, Any] = vars(kind)["__record_fields__"]
        required = [name for name in kind.__match_args__ if fields[name].default is fields[name].default_factory]  # type: ignore[attr-defined]
        with pytest.raises(TypeError, match="unexpected keyword argument 'no such field'"):
            kind(**dict.fromkeys(required), **{"no such field": 1})


def test_importing_the_package_compiles_no_method() -> None:
    """Neither `dataclasses` nor what it imports takes part in a build."""
    code = "import sys, composer.workspace, composer.cli.build; print({'dataclasses', 'inspect'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter
    assert done.stdout == "set()\n"
