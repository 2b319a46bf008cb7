"""Random workspaces with random edits.

A *node* is a block as this module writes it. The texts are numbered words (``w17``), so that two blocks that were glued, a block that is
missing and one that stands elsewhere all show.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

WORD = re.compile(r"w\d+|wv")
BULLETS = "-*+"


# --- nodes ------------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Leaf:
    """A block of lines: ``kind`` is p, code, table or quote."""

    kind: str
    lines: list[str]
    id: str = ""


@dataclass(eq=False)
class Item:
    """An item; ``is_airy`` if a blank line stands between the blocks that it holds."""

    text: list[str]
    body: list[Node]
    id: str = ""
    is_airy: bool = False


@dataclass(eq=False)
class List:
    """A list; ``tight`` is None where nobody can tell."""

    style: str
    tight: bool | None
    entries: list[Node]
    id: str = ""
    is_wide: bool = False


@dataclass(eq=False)
class Section:
    """A section; without a title it prints nothing."""

    level: int
    title: str
    body: list[Node]
    id: str = ""


@dataclass(eq=False)
class Gate:
    """An ``if``: conditions with what they hold."""

    branches: list[tuple[str, list[Node]]]
    id: str = ""


@dataclass(eq=False)
class Include:
    """An include of a fragment or of one block of it."""

    address: str
    level: int = 0


Node = Leaf | Item | List | Section | Gate | Include


@dataclass
class Case:
    """A workspace: fragments by name, edits by layer and address."""

    fragments: dict[str, list[Node]] = field(default_factory=dict)
    edits: dict[str, dict[str, dict[str, object]]] = field(default_factory=lambda: {"base": {}, "shop": {}})
    count: int = 0
    layout: str = "heading"
    writer: random.Random = field(default_factory=random.Random)

    def place(self, address: str) -> tuple[Node, list[Node]]:
        """Find a node and those around it, outermost first."""
        home, _, name = address.partition("#")
        return next((node, around) for node, around in walk(self.fragments[home]) if getattr(node, "id", "") == name)


def children(node: Node) -> list[Node]:
    match node:
        case Item() | Section():
            return node.body
        case List():
            return node.entries
        case Gate():
            return [child for _, body in node.branches for child in body]
        case _:
            return []


def walk(nodes: Iterable[Node], around: Sequence[Node] = ()) -> Iterator[tuple[Node, list[Node]]]:
    for node in nodes:
        yield node, list(around)
        yield from walk(children(node), (*around, node))


# --- making them ------------------------------------------------------------------------------------------------------


class Maker:
    """Makes one case from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.word_count = 0
        self.id_count = 0
        self.case = Case(writer=self.rng)

    def make(self) -> Case:
        case = self.case
        for name in ("f3", "f2", "f1"):
            has_headings = self.chance(0.5)
            case.fragments[name] = self.document(self.rng.choice([1, 2, 3]) if has_headings else 0)
        case.fragments["agents/keeper"] = self.document(2)
        self.edit()
        return case

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def words(self, most: int = 3) -> str:
        found = []
        for _ in range(self.rng.randint(1, most)):
            self.word_count += 1
            found.append(f"w{self.word_count}")
        if self.chance(0.06):
            found.append("{{ filled }}")
        return " ".join(found)

    def lines(self, counts: Sequence[int]) -> list[str]:
        lines = [self.words() for _ in range(self.rng.choice(counts))]
        if self.chance(0.08):
            lines[-1] += " {% if off %}gone{% endif %}"
        if self.chance(0.05):
            lines[0] = "{% if off %}gone{% endif %}" + lines[0]
        return lines

    def new_id(self, share: float = 0.6) -> str:
        if not self.chance(share):
            return ""
        self.id_count += 1
        return f"b{self.id_count}"

    def document(self, level: int) -> list[Node]:
        nodes = self.blocks(self.rng.randint(0 if level else 1, 4))
        if level:
            nodes += self.sections(level, self.rng.randint(1, 3))
        return nodes

    def sections(self, level: int, count: int) -> list[Node]:
        found: list[Node] = []
        for _ in range(count):
            if self.chance(0.15):
                bodies: list[tuple[str, list[Node]]] = [(condition, [self.section(level)]) for condition in self.conditions()]
                found.append(Gate(bodies, self.new_id(0.3)))
            elif self.chance(0.2) and (name := self.pick_fragment(with_headings=True)):
                found.append(Include(name, level))
            else:
                found.append(self.section(level))
        return found

    def section(self, level: int) -> Section:
        body = self.blocks(self.rng.randint(0, 4))
        if level < 4 and self.chance(0.25):
            body += self.sections(level + 1, self.rng.randint(1, 2))
        if self.chance(0.12):
            return Section(level, "", body, self.new_id(1))
        return Section(level, self.words(), body, self.new_id())

    def conditions(self) -> list[str]:
        return self.rng.choice([["on"], ["off"], ["not on"], ["on", ""], ["off", ""], ["off", "on", ""]])

    def pick_fragment(self, *, with_headings: bool) -> str:
        fitting = [name for name, nodes in self.case.fragments.items() if has_headings(nodes) is with_headings]
        return self.rng.choice(fitting) if fitting else ""

    def pick_block(self) -> str:
        addresses = [
            f"{home}#{node.id}"
            for home, nodes in self.case.fragments.items()
            for node, _ in walk(nodes)
            if not isinstance(node, Include) and node.id and not has_headings([node])
        ]
        return self.rng.choice(addresses) if addresses else ""

    def blocks(self, count: int, depth: int = 0) -> list[Node]:
        found: list[Node] = []
        for _ in range(count):
            node = self.block(depth)
            # Two lists with one mark side by side are one list already in the source, and nobody can tell how tight it is.
            if found and ends(found[-1]) & starts(node):
                found.append(Leaf("p", [self.words()], self.new_id()))
            found.append(node)
        return found

    def block(self, depth: int) -> Node:
        kind = self.rng.choice(["p", "p", "list", "list", "list", "code", "table", "quote", "gate", "include", "empty"])
        if kind == "list":
            return self.make_list(depth)
        if kind == "gate" and depth < 2:
            branches = [(condition, self.blocks(self.rng.randint(1, 2), depth + 1)) for condition in self.conditions()]
            # A gate around a list alone is an entry of that list, unless the list has an id.
            for _, body in branches:
                if isinstance(body[0], List):
                    body[0].id = body[0].id or self.new_id(1)
            return Gate(branches, self.new_id(0.3))
        if kind == "include":
            address = self.pick_fragment(with_headings=False) if self.chance(0.5) else self.pick_block()
            if address:
                return Include(address)
        if kind == "empty":
            return Leaf("p", ["{{ empty }}"], self.new_id())
        return self.leaf(kind)

    def leaf(self, kind: str) -> Leaf:
        if kind == "code":
            fence = self.rng.choice(["```", "~~~", "````"])
            inside = [self.rng.choice([self.words(), "", "# no heading", "- no item", "  deep"]) for _ in range(self.rng.randint(0, 4))]
            return Leaf("code", [fence, *inside, fence], self.new_id())
        if kind == "table":
            return Leaf(
                "table", [f"| {self.words()} | {self.words()} |", "|---|---|", f"| {self.words()} | {self.words()} |"], self.new_id()
            )
        if kind == "quote":
            return Leaf("quote", [f"> {self.words()}" for _ in range(self.rng.randint(1, 2))], self.new_id())
        return Leaf("p", self.lines([1, 1, 1, 2]), self.new_id())

    def make_list(self, depth: int) -> List:
        tight = self.rng.choice([True, True, True, False])
        entries: list[Node] = []
        for _ in range(self.rng.randint(1, 4)):
            item = self.make_item(depth, is_tight=tight)
            # An id above a list that starts with a gate names the gate.
            if entries and self.chance(0.2):
                entries.append(Gate([(condition, [item if not n else self.make_item(depth, is_tight=tight)])
                                     for n, condition in enumerate(self.conditions())], self.new_id(0.3)))  # fmt: skip
            else:
                entries.append(item)
        known = None if sum(1 for node, _ in walk(entries) if isinstance(node, Item) and node in direct_items(entries)) < 2 else tight
        return List(self.rng.choice("---*+.)"), known, entries, self.new_id(), self.chance(0.1))

    def make_item(self, depth: int, *, is_tight: bool) -> Item:
        body: list[Node] = []
        is_airy = False
        if depth < 3 and self.chance(0.25):
            if is_tight and self.chance(0.7):
                body = [self.make_list(depth + 1)]
            else:
                body = self.blocks(self.rng.randint(1, 2), depth + 1)
                is_airy = True
        text = self.lines([1, 1, 1, 2])
        if self.chance(0.05):
            text = ["{{ empty }}"]
        return Item(text, body, self.new_id(), is_airy)

    # --- edits --------------------------------------------------------------------------------------------------------

    def edit(self) -> None:
        reached = self.reached()
        addresses = [
            (f"{home}#{node.id}", node, around)
            for home in reached
            for node, around in walk(self.case.fragments[home])
            if not isinstance(node, Include) and node.id
        ]
        self.rng.shuffle(addresses)
        closed: list[Node] = []
        edited: list[Node] = []
        for address, node, around in addresses[: self.rng.randint(0, 7)]:
            if any(parent in closed for parent in around):
                continue
            verbs = ["before", "after", "before", "after"]
            holds_edits = any(inner in edited for inner, _ in walk(children(node)))
            if not holds_edits:
                verbs += ["remove", "remove", "replace", "replace"]
            if isinstance(node, List | Section):
                verbs += ["first", "last"]
            self.edit_one(address, node, around, verbs, closed)
            edited.append(node)
        self.edit_insertions()

    def reached(self) -> list[str]:
        """Find the fragments that the agent holds as a whole: an edit of any other would have no effect."""
        found = ["agents/keeper"]
        for home in found:
            for node, _ in walk(self.case.fragments[home]):
                if isinstance(node, Include) and "#" not in node.address and node.address not in found:
                    found.append(node.address)
        return found

    def edit_one(self, address: str, node: Node, around: list[Node], verbs: list[str], closed: list[Node]) -> None:
        verb = self.rng.choice(verbs)
        layer = self.rng.choice(["base", "shop"])
        in_list = is_entry(node, around)
        edit: dict[str, object] = {}
        if verb == "remove":
            edit["remove"] = True
            closed.append(node)
        elif verb == "replace":
            edit["replace"] = self.insert(in_list=in_list, beside=node)
            closed.append(node)
        else:
            inside = verb in {"first", "last"}
            edit[verb] = {
                self.new_id(1): self.insert(in_list=isinstance(node, List) if inside else in_list, beside=None if inside else node)
            }
        self.case.edits[layer][address] = edit
        self.case.count += 1
        # Beside a removed block the other layer still finds its anchor.
        if verb in {"remove", "replace"} and self.chance(0.5):
            other = "shop" if layer == "base" else "base"
            self.case.edits[other][address] = {
                self.rng.choice(["before", "after"]): {self.new_id(1): self.insert(in_list=in_list, beside=node)}
            }
            self.case.count += 1

    def edit_insertions(self) -> None:
        """Let the nearer layer edit what the farther one inserted."""
        for address, edit in list(self.case.edits["base"].items()):
            for verb in ("before", "after", "first", "last"):
                texts = edit.get(verb)
                if not isinstance(texts, dict) or not self.chance(0.3):
                    continue
                node, around = self.case.place(address)
                in_list = isinstance(node, List) if verb in {"first", "last"} else is_entry(node, around)
                for name in texts:
                    change: dict[str, object] = {}
                    if self.chance(0.4):
                        change = {"remove": True}
                    elif self.chance(0.5):
                        change = {"replace": self.insert(in_list=in_list)}
                    else:
                        change = {self.rng.choice(["before", "after"]): {self.new_id(1): self.insert(in_list=in_list)}}
                    self.case.edits["shop"][f"profiles/base#{name}"] = change
                    self.case.count += 1

    def insert(self, *, in_list: bool, beside: Node | None = None) -> list[Node]:
        if in_list:
            item = Item([self.words() for _ in range(self.rng.choice([1, 1, 2]))], [])
            if self.chance(0.2):
                item.body = [List(self.rng.choice("-*1"[:2]), None, [Item([self.words()], [])])]
            elif self.chance(0.15):
                item.body, item.is_airy = [Leaf("p", [self.words()])], True
            return [item]
        count, found = self.rng.randint(1, 2), list[Node]()
        if isinstance(beside, Section) and self.chance(0.7):
            found.append(Section(self.rng.randint(2, 3), self.words(), self.plain_blocks(self.rng.randint(0, 1))))
        else:
            found += self.plain_blocks(count)
        return found

    def plain_blocks(self, count: int) -> list[Node]:
        found: list[Node] = []
        for _ in range(count):
            kind = self.rng.choice(["p", "p", "list", "list", "code", "table", "quote"])
            node: Node = self.leaf(kind) if kind != "list" else self.plain_list()
            strip_ids([node])
            if found and ends(found[-1]) & starts(node):
                found.append(Leaf("p", [self.words()]))
            found.append(node)
        return found

    def plain_list(self) -> List:
        items: list[Node] = [Item([self.words()], []) for _ in range(self.rng.randint(1, 3))]
        return List(self.rng.choice("--*+.)"), True if len(items) > 1 else None, items)


def strip_ids(nodes: Iterable[Node]) -> None:
    for node, _ in walk(nodes):
        if not isinstance(node, Include):
            node.id = ""


def direct_items(entries: Iterable[Node]) -> list[Item]:
    found: list[Item] = []
    for entry in entries:
        if isinstance(entry, Item):
            found.append(entry)
        elif isinstance(entry, Gate):
            found.extend(direct_items(children(entry)))
    return found


def is_entry(node: Node, around: Sequence[Node]) -> bool:
    outer = next((parent for parent in reversed(around) if not isinstance(parent, Gate)), None)
    return isinstance(node, Item) or (isinstance(node, Gate) and isinstance(outer, List))


def has_headings(nodes: Iterable[Node]) -> bool:
    return any(isinstance(node, Section) or (isinstance(node, Include) and node.level > 0) for node, _ in walk(nodes))


def starts(node: Node) -> set[str]:
    match node:
        case List():
            return {node.style}
        case Gate():
            return set[str]().union(*(starts(body[0]) for _, body in node.branches))
        case _:
            return set()


def ends(node: Node) -> set[str]:
    match node:
        case List():
            return {node.style}
        case Gate():
            return set[str]().union(*(ends(body[-1]) for _, body in node.branches))
        case _:
            return set()


# --- writing them -----------------------------------------------------------------------------------------------------


HEADER = {
    "agents/keeper": "---\nagent:\n  description: Use it.\nuses: [on, off, filled, empty]\n---\n",
    "": "---\nuses: [on, off, filled, empty]\n---\n",
}
CONFIG = """\
vars:
  on: {type: bool, default: true}
  off: {type: bool, default: false}
  filled: {type: str, default: wv}
  empty: {type: str, default: ""}
"""


def files_of(case: Case) -> dict[str, str]:
    """Return the workspace as files."""
    # A variable that nobody uses is only a warning, and so is an edit that is gated off.
    files = {"agent-composer.yaml": CONFIG}
    for name, nodes in case.fragments.items():
        body = "\n".join(write(nodes, case.writer)) + "\n"
        files[f"fragments/{name}.md"] = HEADER.get(name, HEADER[""]) + body
    for layer, edits in case.edits.items():
        extends = "extends: [base]\n" if layer == "shop" else "abstract: true\n"
        agents = f"layout: [{case.layout}]\nagents: {{keeper: {{}}}}\n" if layer == "base" else ""
        files[f"profiles/{layer}.yaml"] = extends + agents + yaml_edits(edits, case.writer)
    return files


def yaml_edits(edits: dict[str, dict[str, object]], rng: random.Random) -> str:
    if not edits:
        return ""
    lines = ["edits:"]
    for address, edit in edits.items():
        lines.append(f"  {json.dumps(address)}:")
        for verb, value in edit.items():
            if value is True:
                lines.append(f"    {verb}: true")
            elif isinstance(value, dict):
                lines.append(f"    {verb}:")
                for name, nodes in value.items():
                    lines.append(f"      {name}: |")
                    lines.extend(f"        {line}".rstrip() for line in edit_text(nodes, rng))
            elif isinstance(value, list):
                lines.append(f"    {verb}: |")
                lines.extend(f"      {line}".rstrip() for line in edit_text(value, rng))
    return "\n".join(lines) + "\n"


def edit_text(nodes: list[Node], rng: random.Random) -> list[str]:
    if len(nodes) == 1 and isinstance(nodes[0], Item):
        item = nodes[0]
        return [*item.text, *([""] if item.is_airy else []), *write(item.body, rng)]
    return write(nodes, rng)


def write(nodes: Sequence[Node], rng: random.Random) -> list[str]:
    """Write blocks with gaps between them, of no line where Markdown allows that."""
    lines: list[str] = []
    before: Node | None = None
    for node in nodes:
        if before is not None and not (may_touch(before, node) and rng.random() < 0.4):
            lines.append("")
        lines.extend(write_one(node, rng))
        before = node
    return lines


def may_touch(above: Node, below: Node) -> bool:
    if isinstance(above, Gate | Include) or isinstance(below, Gate | Include):
        return False
    if isinstance(below, Section) or (isinstance(above, Leaf) and above.kind == "code"):
        return True
    if isinstance(above, Section):
        return not above.body
    if isinstance(below, List):
        return below.style in BULLETS and (
            isinstance(above, List) or above.kind in {"p", "quote"} if isinstance(above, List | Leaf) else False
        )
    return isinstance(above, Leaf) and above.kind == "p" and isinstance(below, Leaf) and below.kind in {"code", "quote"}


def write_one(node: Node, rng: random.Random) -> list[str]:
    match node:
        case Leaf():
            return write_leaf(node, rng)
        case List():
            return write_list(node, rng)
        case Section():
            head = " ".join(part for part in ("#" * node.level, node.title, tag(node.id)) if part)
            inner = write(node.body, rng)
            return [head, *([""] if inner and rng.random() < 0.7 else []), *inner]
        case Gate():
            return write_gate(node, rng, lambda body: write(body, rng))
        case Include():
            hashes = f"{'#' * node.level} " if node.level else ""
            return [f'{hashes}{{% include "{node.address}" %}}']
        case Item():
            raise AssertionError


def tag(name: str) -> str:
    return f"{{#{name}}}" if name else ""


def write_leaf(node: Leaf, rng: random.Random) -> list[str]:
    if not node.id:
        return list(node.lines)
    if node.kind == "p" and rng.random() < 0.7:
        return [*node.lines[:-1], f"{node.lines[-1]} {tag(node.id)}"]
    return [tag(node.id), *node.lines]


def write_gate(node: Gate, rng: random.Random, inner: Callable[[list[Node]], list[str]], *, is_tight: bool = False) -> list[str]:
    lines: list[str] = []
    for position, (condition, body) in enumerate(node.branches):
        word = "else" if not condition else f"{'elif' if position else 'if'} {condition}"
        name = f" {tag(node.id)}" if node.id and not position else ""
        lines.append(f"{{% {word} %}}{name}")
        if not is_tight and rng.random() < 0.3:
            lines.append("")
        lines.extend(inner(body))
        if not is_tight and rng.random() < 0.3:
            lines.append("")
    return [*lines, "{% endif %}"]


def write_list(node: List, rng: random.Random) -> list[str]:
    number = 0
    is_tight = node.tight is not False

    def items(entries: Iterable[Node]) -> list[str]:
        nonlocal number
        lines: list[str] = []
        for entry in entries:
            if lines and not is_tight:
                lines.append("")
            if isinstance(entry, Item):
                number += 1
                lines.extend(write_item(entry, node, number, rng))
            elif isinstance(entry, Gate):
                lines.extend(write_gate(entry, rng, items, is_tight=is_tight))
        return lines

    lines = items(node.entries)
    return [tag(node.id), *lines] if node.id else lines


def write_item(item: Item, around: List, number: int, rng: random.Random) -> list[str]:
    mark = f"{around.style} " if around.style in BULLETS else f"{number}{around.style} "
    if around.is_wide:
        mark += " "
    text = list(item.text)
    text[-1] += f" {tag(item.id)}" if item.id else ""
    blanks = " " * len(mark)
    lines = [mark + text[0], *(blanks + line for line in text[1:])]
    if item.is_airy:
        lines.append("")
    return lines + [blanks + line if line else "" for line in write(item.body, rng)]
