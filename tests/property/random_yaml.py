"""Random YAML files as people write them: in our subset, with comments, blank lines and each style at odd places."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["KEYS", "TEXTS", "yaml_files"]

KEYS = ["a", "b", "key", "checklists/api#rate-limit", "two words", '"q"', "'s'", '"with: colon"', "x.y", "-z", "1", "true", "é"]
_PLAIN = ["text", "two words", "60", "true", "2.10", "a {{ b }}", "it's", 'say "x"', "yes", "a#b", "x:y", "- no", "ü 🎉", "a\u2028b"]
_QUOTED = ['"text"', "'text'", '"a: b # c"', "'it''s'", '"\\n\\ttab"', "''", '"60"', '"{{ x }}"', '"a\\\n   b"', "'a\n\n   b'"]
_LINES = [
    "text",
    "more: text # here",
    "",
    "  deeper",
    "- item",
    "{{ x }}",
    "---",
    "a\u2028b",
    "\ttab",
    "trailing  ",
    "    ",
    "# no comment",
]
_TRAILING = ["", "", "", "  # note", " #"]
_ABOVE = ["", "# comment", "  # indented", "        # far", "#", "   "]

_PIECES = [
    *"ab:#-{}[]'\"|>&*!%@`,?~\\ \n\t.",
    *(": ", " #", "{{ x }}", "---", "...", "\n\n", "  ", "word ", "é", "🎉", "\u2028", "\u2029", "\ufeff", "\u00a0", "{#id}", "true", "60"),
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=12).map("".join),
    st.sampled_from(
        ["", " ", "\n", "\n\n", "true", "60", "2.10", "null", "~", "on", "1e3", " lead", "trail ", "a\n", "a\n\n", "\n a", "a\n  \nb"]
    ),
    st.lists(st.sampled_from(_LINES), min_size=1, max_size=6).map("\n".join),
)


@st.composite
def yaml_files(draw: st.DrawFn) -> str:
    """Give a raw text; most are valid, and the strict reader says which."""
    lines = [line for _ in range(draw(st.integers(0, 2))) for line in [draw(st.sampled_from(["# top", "", "#"]))]]
    if draw(st.integers(0, 5)) == 0:
        lines.append("---")
    lines += _map_lines(draw, 0, 3)
    lines += draw(st.lists(st.sampled_from(["", "# end", "  # end"]), max_size=2))
    ends = draw(st.sampled_from([["\n"], ["\n"], ["\r\n"], ["\n", "\r\n"], ["\n", "\r\n", "\r"]]))
    text = "\n".join(lines) + draw(st.sampled_from(["\n", "\n", ""]))
    for line_end in ends[1:] or [ends[0]]:
        every = draw(st.integers(1, 3)) if len(ends) > 1 else 1
        parts = text.split("\n")
        text = "".join(part + (line_end if index % every == 0 else "\n") for index, part in enumerate(parts[:-1])) + parts[-1]
    return draw(st.sampled_from(["", "", "\ufeff"])) + text


def _map_lines(draw: st.DrawFn, column: int, depth: int) -> list[str]:
    lines = []
    step = draw(st.sampled_from([2, 2, 4, 1, 3]))
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True)):
        if draw(st.integers(0, 3)) == 0:
            lines.append(draw(st.sampled_from([*_ABOVE, f"{' ' * column}# own"])))
        first, *rest = _value_lines(draw, column, step, depth)
        lines += [f"{' ' * column}{key}:{first}", *rest]
    return lines


def _value_lines(draw: st.DrawFn, column: int, step: int, depth: int) -> list[str]:
    """Give what follows a colon: the rest of its line, and the lines below."""
    kinds = ["plain", "quoted", "block", "block", "folded", "flow", "empty", "plain2"]
    kind = draw(st.sampled_from([*kinds, "map", "map", "list"] if depth else kinds))
    trailing = draw(st.sampled_from(_TRAILING))
    inner = " " * (column + step)
    match kind:
        case "plain":
            return [f" {draw(st.sampled_from(_PLAIN))}{trailing}"]
        case "plain2":
            return [" text", f"{inner}goes on{trailing}"]
        case "quoted":
            first, *rest = f" {draw(st.sampled_from(_QUOTED))}{trailing}".split("\n")
            return [first, *(inner + line for line in rest)]
        case "block" | "folded":
            return _block_lines(draw, "|" if kind == "block" else ">", step, inner, trailing)
        case "flow":
            return [f" {draw(_FLOWS)}{trailing}".replace("\n", f"\n{inner}")]
        case "empty":
            return [f" {draw(st.sampled_from(['{}', '[]', '{ }']))}{trailing}"]
        case "map":
            return [trailing, *_map_lines(draw, column + step, depth - 1)]
        case _:
            return [trailing, *_list_lines(draw, column + draw(st.sampled_from([0, step])), depth - 1)]


def _block_lines(draw: st.DrawFn, mark: str, step: int, inner: str, trailing: str) -> list[str]:
    body = draw(st.lists(st.sampled_from(_LINES), max_size=4))
    sign = draw(st.sampled_from(["", "", "+", "-"]))
    digit = str(step) if draw(st.booleans()) or (body and body[0][:1] in {" ", "\t"}) else ""
    return [f" {mark}{digit}{sign}{trailing}", *(inner + line if line else "" for line in body)]


def _list_lines(draw: st.DrawFn, column: int, depth: int) -> list[str]:
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        dash = f"{' ' * column}- "
        match draw(st.sampled_from(["plain", "map", "list", "block"])):
            case "map" if depth:
                first, *rest = _map_lines(draw, column + 2, 0)
                lines += [dash + first.lstrip(" "), *rest]
            case "list" if depth:
                first, *rest = _list_lines(draw, column + 2, 0)
                lines += [dash + first.lstrip(" "), *rest]
            case "block":
                first, *rest = _block_lines(draw, "|", 2, " " * (column + 2), "")
                lines += [dash + first.lstrip(" "), *rest]
            case _:
                lines.append(dash + draw(st.sampled_from([*_PLAIN, "{x: y}", "[p, q]", "'s'"])))
    return lines


_FLOW_PARTS = st.sampled_from(["a", "'b, c'", '"d"', "60", "{x: 1}", "[]", "{}", "[p, {q: r}]", "two words"])
_COMMAS = st.sampled_from([", ", ",", " , ", ",\n", ", # note\n"])
_FLOW_MAPS = st.tuples(st.lists(_FLOW_PARTS, max_size=3), _COMMAS, st.sampled_from([("", ""), (" ", " "), ("\n", "\n"), ("", ",")])).map(
    lambda drawn: _flow("{", "}", [f"k{index}: {part}" for index, part in enumerate(drawn[0])], drawn[1], drawn[2])
)
_FLOW_LISTS = st.tuples(st.lists(_FLOW_PARTS, max_size=3), _COMMAS, st.sampled_from([("", ""), (" ", " "), ("\n", "\n"), ("", ",")])).map(
    lambda drawn: _flow("[", "]", drawn[0], drawn[1], drawn[2])
)
_FLOWS = st.one_of(_FLOW_MAPS, _FLOW_LISTS)


def _flow(opening: str, closing: str, parts: list[str], comma: str, pads: tuple[str, str]) -> str:
    before, after = pads if parts else ("", "")
    return f"{opening}{before}{comma.join(parts)}{after}{closing}"
