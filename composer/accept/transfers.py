"""Proposals for blocks that moved into another fragment: an output may show parts of several as one list.

Such a block is cut out of its fragment and put into the other one with its id, and what named it by its old address still finds it. That
is done only where no other output gains or loses words by it: an order that one file wants is no reason to take a rule from another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from composer.accept.changes import LineChange
from composer.accept.definitions import block_of, fragment_of, fresh_id, is_in_profile, node_at
from composer.accept.drafts import AddEntry, Draft, RemoveEntry, SourceChange, Splice
from composer.accept.placing import lines_of, without_block
from composer.accept.printed import Node, PrintedFile
from composer.accept.proposals import Proposal, Scope, Setting
from composer.accept.reasons import Reason, RefusedChangeError
from composer.blocks import Block, Identifier, Item, walk_blocks
from composer.markdown.front_matter import find_front_matter
from composer.model.sources import Fragment
from composer.model.yaml_nodes import YamlMapping, YamlScalar, YamlSequence

__all__ = ["propose_transfer"]

_WORD: Final = re.compile(r"[^\W\d]+")
_AMBIENT: Final = ("project.", "agent.", "target", "loop")


def propose_transfer(setting: Setting, nodes: Sequence[Node], moving: Sequence[Block], came: LineChange, about: str) -> Iterator[Proposal]:
    """Give the ways to move blocks of one fragment beside blocks of another.

    Raises:
        RefusedChangeError: after the last, with what other outputs would gain or lose.
    """
    home = nodes[0].trace.layer
    source = fragment_of(home, setting.draft)
    touched: dict[str, None] = {}
    for target, verb in _targets(setting.printed, nodes, came, home):
        block, receiver = block_of(target, setting.draft), fragment_of(target.trace.layer, setting.draft)
        if block is None or receiver is None or source is None or Scope.FRAGMENT not in setting.scopes(receiver.id):
            continue
        changes = _transfer(setting, nodes, moving, (source, receiver), (block, verb))
        others = _changed_elsewhere(setting, setting.draft.changed(changes)) if changes else []
        if changes and not others:
            yield Proposal(Scope.FRAGMENT, f"{about} from {source.source.path} to {receiver.source.path}", changes)
        touched.update(dict.fromkeys(others))
    message = f"what moved would leave its fragment `{home}`"
    if touched:
        names = ", ".join(list(touched)[:3]) + (f" and {len(touched) - 3} more" if len(touched) > 3 else "")  # noqa: PLR2004 - a few
        message = f"{message}, and then other outputs would gain or lose it ({names})"
    raise RefusedChangeError(Reason.BORDER, f"{message}: move it in the sources, with its id, or put it back")


def _targets(printed: PrintedFile, moving: Sequence[Node], came: LineChange, home: str) -> Iterator[tuple[Node, str]]:
    """Give the nearest blocks above and below, as far as they are of other fragments."""
    nodes = [node for node in printed.all_nodes() if node.is_printed and not {node, *node.around()} & set(moving)]
    above = [node for node in nodes if node.last < came.start]
    below = [node for node in nodes if node.first >= came.end]
    for near, verb in ((above[-1:], "after"), (below[:1], "before")):
        for start in near:
            for node in (start, *start.around()):
                layer = node.trace.layer
                if layer != home and not is_in_profile(layer) and type(node.planned) is type(moving[0].planned):
                    yield node, verb


def _transfer(
    setting: Setting, nodes: Sequence[Node], moving: Sequence[Block], ways: tuple[Fragment, Fragment], place: tuple[Block, str]
) -> tuple[SourceChange, ...]:
    source, receiver = ways
    target, verb = place
    names: dict[str, str] = {}
    body = ""
    for block in moving:
        body += _renamed(block, receiver, names, setting.draft) + ("" if isinstance(block, Item) else "\n")
    start, end = lines_of(target)
    text = receiver.source.text
    if verb == "before":
        paste = Splice(receiver.source.path, start, start, body)
    else:
        lead = "" if text[start:end].endswith("\n") else "\n"
        gap = "" if isinstance(target, Item) else "\n"
        paste = Splice(receiver.source.path, end, end, lead + gap + body.removesuffix(gap or "\0"))
    cuts = [Splice(source.source.path, *lines_of(block), "") if isinstance(block, Item) else without_block(block) for block in moving]
    return (*cuts, paste, *_forwarding(source, receiver, names), *_uses(nodes, receiver))


def _renamed(block: Block, receiver: Fragment, names: dict[str, str], draft: Draft) -> str:
    """Return a block's lines, with other ids where the fragment that it goes to has the same; ``names`` gets old and new."""
    start, end = lines_of(block)
    text = block.location.source.text
    body = text[start:end] if text[start:end].endswith("\n") else f"{text[start:end]}\n"
    found: list[Identifier] = [inner.identifier for inner, _ in walk_blocks((block,)) if inner.identifier is not None]
    for identifier in sorted(found, key=lambda one: one.location.start, reverse=True):
        is_taken = f"{receiver.id}#{identifier.name}" in draft.index.places
        new = fresh_id(identifier.name, identifier.name, receiver.id, draft) if is_taken else identifier.name
        names[identifier.name] = new
        first, last = identifier.location.start - start, identifier.location.end - start
        body = body[:first] + body[first:last].replace(identifier.name, new) + body[last:]
    return body


def _forwarding(source: Fragment, receiver: Fragment, names: dict[str, str]) -> Iterator[SourceChange]:
    """Keep old addresses working."""
    path = source.source.path
    if not names:
        return
    if find_front_matter(source.source.text) is None:
        entries = "".join(f"  {old}: {receiver.id}#{new}\n" for old, new in names.items())
        yield Splice(path, 0, 0, f"---\nmoved:\n{entries}---\n")
        return
    for old, new in names.items():
        yield AddEntry(path, ("moved", old), f"{receiver.id}#{new}")


def _uses(nodes: Sequence[Node], receiver: Fragment) -> Iterator[SourceChange]:
    """Let the fragment that gets the blocks see the variables that they print."""
    filled = [segment for node in nodes for inner in node.walk() if inner.line is not None for segment in inner.line.filled]
    printed = dict.fromkeys(name for segment in filled for name in segment.names)
    missing = [name for name in printed if not name.startswith(_AMBIENT) and name not in {**receiver.variables, **receiver.uses}]
    path = receiver.source.path
    if not missing:
        return
    if find_front_matter(receiver.source.text) is None:
        yield Splice(path, 0, 0, f"---\nuses: [{', '.join(missing)}]\n---\n")
        return
    known = node_at(receiver.source, ("uses",))
    names = [item.text for item in known.items if isinstance(item, YamlScalar)] if isinstance(known, YamlSequence) else []
    above: str | None = None
    if known is not None:
        root = node_at(receiver.source, ())
        keys = list(root.entries) if isinstance(root, YamlMapping) else []
        above = keys[keys.index("uses") - 1] if keys[:1] != ["uses"] else None
        yield RemoveEntry(path, ("uses",))
    yield AddEntry(path, ("uses",), (*names, *missing), after=above)


def _changed_elsewhere(setting: Setting, draft: Draft) -> list[str]:
    """Return the other outputs that would say more or less than before."""
    before = {(file.profile, file.agent): file.text for file in setting.draft.compose_all()}
    after = {(file.profile, file.agent): file.text for file in draft.compose_all()}
    own = (setting.profile, setting.agent)
    changed = [(key, text, after.get(key, "")) for key, text in before.items() if key != own and text != after.get(key)]
    return ["/".join(key) for key, old, new in changed if _words(old) != _words(new)]


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text))
