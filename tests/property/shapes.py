"""What must come of a random workspace, computed a second time in the plainest way, and what a CommonMark parser reads in its output.

A *shape* is a block as such a parser sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from random_workspaces import WORD, Case, Gate, Include, Item, Leaf, List, Node, Section, children, is_entry, walk

# --- what must come of them -------------------------------------------------------------------------------------------


@dataclass
class Shape:
    """A block of an output. ``tight`` is None where it may be either."""

    kind: str
    words: tuple[str, ...] = ()
    inner: list[Shape] = field(default_factory=list)
    tight: bool | None = None
    is_airy: bool = False
    is_bare: bool = False

    def outline(self, indent: int = 0) -> str:
        """Print the shape as a person can compare it."""
        words = " ".join(self.words)
        return "\n".join([f"{'  ' * indent}{self.kind} {words}".rstrip(), *(inner.outline(indent + 1) for inner in self.inner)])


class Expectation:
    """Plans a case again."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def shapes(self) -> list[Shape]:
        return joined(flat(self.plan(self.case.fragments["agents/keeper"], "agents/keeper", 0)))

    def edit_of(self, address: str) -> tuple[object, dict[str, list[tuple[str, str, list[Node]]]]]:
        """Return the value (None, True for a removal, or the nodes that replace) and the insertions by verb."""
        value: object = None
        insertions: dict[str, list[tuple[str, str, list[Node]]]] = {}
        for layer in ("base", "shop"):
            edit = self.case.edits[layer].get(address, {})
            value = edit.get("remove", edit.get("replace", value))
            for verb in ("before", "after", "first", "last"):
                texts = edit.get(verb)
                for name, nodes in texts.items() if isinstance(texts, dict) else ():
                    insertions.setdefault(verb, []).append((layer, name, nodes))
        return value, insertions

    def inserted(self, found: Iterable[tuple[str, str, list[Node]]], shift: int) -> list[Shape]:
        shapes: list[Shape] = []
        for layer, name, nodes in found:
            value, insertions = self.edit_of(f"profiles/{layer}#{name}")
            shapes += self.inserted(insertions.get("before", ()), shift)
            if value is None:
                shapes += self.plan(nodes, "", shift)
            elif isinstance(value, list):
                shapes += self.plan(value, "", shift)
            shapes += self.inserted(insertions.get("after", ()), shift)
        return shapes

    def plan(self, nodes: Iterable[Node], home: str, shift: int) -> list[Shape]:
        shapes: list[Shape] = []
        for node in nodes:
            name = getattr(node, "id", "")
            value, insertions = self.edit_of(f"{home}#{name}") if name else (None, {})
            shapes += self.inserted(insertions.get("before", ()), shift)
            if value is None:
                shapes += self.block(node, home, shift, insertions)
            elif isinstance(value, list):
                shapes += self.plan(value, "", shift)
            shapes += self.inserted(insertions.get("after", ()), shift)
        return shapes

    def block(self, node: Node, home: str, shift: int, insertions: dict[str, list[tuple[str, str, list[Node]]]]) -> list[Shape]:
        first = self.inserted(insertions.get("first", ()), shift)
        last = self.inserted(insertions.get("last", ()), shift)
        match node:
            case Leaf():
                words = words_of(node.lines)
                return [Shape(node.kind, words)] if words or node.kind == "code" else []
            case Item():
                words, body = words_of(node.text), joined(self.plan(node.body, home, shift))
                is_bare = not words
                if is_bare and body and body[0].kind == "p":
                    words = body.pop(0).words
                return [Shape("item", words, body, is_airy=node.is_airy, is_bare=is_bare)] if words or body else []
            case List():
                items = [*first, *self.plan(node.entries, home, shift), *last]
                return [Shape(f"list {node.style}", (), items, node.tight)] if items else []
            case Section():
                body = [*first, *self.plan(node.body, home, shift), *last]
                if not body and node.body:
                    return []
                return [Shape("section", (), self.section(node, body, shift) if node.title else body)]
            case Gate():
                return self.gate(node, home, shift)
            case Include():
                return self.include(node, shift)

    def section(self, node: Section, body: list[Shape], shift: int) -> list[Shape]:
        """Return what a section with a title prints in its look."""
        words = words_of([node.title])
        match self.case.layout:
            case "label":
                return [Shape("p", words), *body]
            case "plain":
                return body
            case "xml":
                return [Shape("html_block", words), *body, Shape("html_block", words)]
            case "numbered":
                return [Shape("list .", (), [Shape("item", words, joined(flat(body)), is_airy=True)])]
            case "inline":
                blocks = joined(body)
                sentences = [shape for shape in blocks if is_sentences(shape)]
                below = [shape for shape in blocks if not is_sentences(shape)]
                said = tuple(word for shape in sentences for word in all_words(shape))
                return [Shape("list .", (), [Shape("item", words + said, joined(flat(below)), is_airy=True)])]
            case _:
                return [Shape(f"h{node.level + shift}", words), *body]

    def gate(self, node: Gate, home: str, shift: int) -> list[Shape]:
        shapes: list[Shape] = []
        opened = open_branch(node)
        for position, (_, body) in enumerate(node.branches):
            shapes += self.plan(body, home, shift) if position == opened else self.ghosts(body, home, shift)
        return shapes

    def ghosts(self, nodes: Iterable[Node], home: str, shift: int) -> list[Shape]:
        shapes: list[Shape] = []
        for node in nodes:
            name = getattr(node, "id", "")
            _, insertions = self.edit_of(f"{home}#{name}") if name else (None, {})
            shapes += self.inserted(insertions.get("before", ()), shift)
            if isinstance(node, Gate):
                shapes += self.ghosts(children(node), home, shift)
            shapes += self.inserted(insertions.get("after", ()), shift)
        return shapes

    def include(self, node: Include, shift: int) -> list[Shape]:
        home, hash_sign, _ = node.address.partition("#")
        nodes = self.case.fragments[home]
        if not hash_sign:
            inner = node.level + shift - top_level(nodes) if node.level else shift
            return self.plan(nodes, home, inner)
        target, around = self.case.place(node.address)
        chain = [*around, target]
        for parent, child in pairwise(chain):
            if isinstance(parent, Gate) and child not in open_body(parent):
                beside = all(isinstance(inner, Gate) for inner in chain[chain.index(parent) : -1])
                found = self.ghosts([target], home, shift) if beside else []
                return self.as_list(found, around) if is_entry(target, around) else found
        found = self.plan([target], home, shift)
        return self.as_list(found, around) if is_entry(target, around) else found

    def as_list(self, items: list[Shape], around: Sequence[Node]) -> list[Shape]:
        outer = next(parent for parent in reversed(around) if isinstance(parent, List))
        return [Shape(f"list {outer.style}", (), items, outer.tight)] if items else []


def is_sentences(shape: Shape) -> bool:
    """Whether the look `inline` puts a block on the title's line: a paragraph, or a list of nothing but items and lists."""
    if not shape.kind.startswith("list"):
        return shape.kind == "p"
    # A paragraph under a mark alone reads as the item's text, and is none.
    if any(item.is_bare and item.words for item in shape.inner):
        return False
    return all(inner.kind != "p" and is_sentences(inner) for item in shape.inner for inner in item.inner)


def all_words(shape: Shape) -> tuple[str, ...]:
    return shape.words + tuple(word for inner in shape.inner for word in all_words(inner))


def open_branch(node: Gate) -> int:
    return next((n for n, (condition, _) in enumerate(node.branches) if condition in {"on", ""}), -1)


def open_body(node: Gate) -> list[Node]:
    position = open_branch(node)
    return node.branches[position][1] if position >= 0 else []


def top_level(nodes: Iterable[Node]) -> int:
    return min(node.level for node, _ in walk(nodes) if isinstance(node, Section | Include) and node.level)


def words_of(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(WORD.findall(" ".join(lines).replace("{{ filled }}", "wv")))


def flat(shapes: Iterable[Shape]) -> list[Shape]:
    found: list[Shape] = []
    for shape in shapes:
        found.extend(flat(shape.inner) if shape.kind == "section" else [shape])
    return found


def joined(shapes: Iterable[Shape]) -> list[Shape]:
    """Join lists with one mark that are neighbours."""
    found: list[Shape] = []
    for shape in shapes:
        if shape.kind.startswith("list") and found and found[-1].kind == shape.kind:
            last = found.pop()
            found.append(Shape(shape.kind, (), [*last.inner, *shape.inner], shape.tight if last.tight is None else last.tight))
        else:
            found.append(shape)
    return found


# --- what came of them ------------------------------------------------------------------------------------------------


_PARSER = MarkdownIt("commonmark").enable("table")


def parsed(body: str) -> list[Shape]:
    """Read a body as a CommonMark parser does."""
    return _Reader(_PARSER.parse(body)).until("")


class _Reader:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def until(self, end: str) -> list[Shape]:
        shapes: list[Shape] = []
        while self._next < len(self._tokens):
            token = self._tokens[self._next]
            self._next += 1
            if token.type == end:
                break
            if (shape := self._one(token)) is not None:
                shapes.append(shape)
        return shapes

    def _one(self, token: Token) -> Shape | None:
        match token.type:
            case "paragraph_open":
                return Shape("p", self._words("paragraph_close"), tight=token.hidden)
            case "heading_open":
                return Shape(token.tag, self._words("heading_close"))
            case "table_open":
                return Shape("table", self._words("table_close"))
            case "blockquote_open":
                return Shape("quote", self._words("blockquote_close"))
            case "fence":
                return Shape("code", words_of([token.content]))
            case "bullet_list_open" | "ordered_list_open":
                items = self.until(token.type.replace("open", "close"))
                tights = [inner.tight for item in items for inner in item.inner if inner.kind == "p"]
                airs = [item.is_airy for item in items]
                # Without a paragraph nobody sees whether a list is tight.
                tight = all(tights) if tights or any(airs) else None
                for item in items:
                    if item.inner and item.inner[0].kind == "p":
                        item.words = item.inner.pop(0).words
                return Shape(f"list {token.markup}", (), items, tight)
            case "list_item_open":
                return Shape("item", (), self.until("list_item_close"))
            case _:
                return Shape(token.type, words_of([token.content]))

    def _words(self, end: str) -> tuple[str, ...]:
        words: list[str] = []
        while (token := self._tokens[self._next]).type != end:
            words.extend(words_of([token.content]))
            self._next += 1
        self._next += 1
        return tuple(words)


def faults(case: Case, body: str) -> list[str]:
    """Return what is wrong with a composed body; nothing where all is well."""
    expected, actual = Expectation(case).shapes(), parsed(body)
    wanted, found = ("\n".join(shape.outline() for shape in shapes) for shapes in (expected, actual))
    problems = []
    if wanted != found:
        problems.append(f"planned\n{wanted}\nread\n{found}")
    else:
        problems.extend(loosened(expected, actual))
    if has_double_blank(body):
        problems.append("a double blank line")
    if not body.endswith("\n") or body.endswith("\n\n") or body.startswith("\n"):
        problems.append("the body does not begin with text, or does not end in one line end")
    if any(line != line.rstrip() for line in body.split("\n")):
        problems.append("blanks at the end of a line")
    return problems


def loosened(expected: Sequence[Shape], actual: Sequence[Shape]) -> Iterator[str]:
    for wanted, found in zip(expected, actual, strict=True):
        if wanted.kind.startswith("list"):
            airy = any(item.is_airy or len(item.inner) > 1 or not item.words or not all_lists(item.inner) for item in wanted.inner)
            if not airy and wanted.tight is not False and found.tight is False:
                yield f"a tight list is loose:\n{wanted.outline()}"
            if not airy and wanted.tight is False and len(wanted.inner) > 1 and found.tight:
                yield f"a loose list is tight:\n{wanted.outline()}"
        yield from loosened(wanted.inner, found.inner)


def all_lists(shapes: Iterable[Shape]) -> bool:
    # A list whose first item has no words cannot stand right below a text.
    return all(shape.kind.startswith("list") and not shape.inner[0].is_bare for shape in shapes)


def has_double_blank(body: str) -> bool:
    fence = ""
    blanks = 0
    for line in body.split("\n"):
        opening = re.match(r"\s*(?:[-*+]\s+|\d+[.)]\s+)*(`{3,}|~{3,})", line)
        if fence:
            fence = "" if line.strip() == fence else fence
            continue
        if opening:
            fence, blanks = opening[1], 0
            continue
        blanks = blanks + 1 if not line.strip() else 0
        if blanks > 1:
            return True
    return False
