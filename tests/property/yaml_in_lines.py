"""Random YAML in the form that is read line by line, and near it: what a slip of the pen makes of such a text."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["nearly_in_lines", "texts_in_lines"]

_KEYS = ["a", "b", "c", "lists/a#rate-limit", "x.y", "true", "null", "1", "_k"]
_VALUES = [
    *("text", "two  words", "60", "true", "a {{ b }}", "it's", "a#b", "x:y", "(a), b", "./a", "ü 🎉", '"x: y # z"', "'a'", '""', '"60"'),
    *("[a, b]", "[]", "[ a b , 'c, d' ]", "{}", "{a: true, b/c#d: it's}", '{ a: "b, c" }', "[a#b,c]"),
]
_DOUBTS = [
    *("", "null", "~", "- x", "[a, null]", "[a,]", "[[a]]", "[a: b]", "{a}", "{a: b, a: c}", "{a: null}", "{a:b}", "{{ a }}", "|-", ">"),
    *("&a b", "*a", "!t a", "@a", "`a`", "%a", "? a", "'it''s'", '"\\n"', '"a', '"a" b', "a: b", "a :", "a :b", "a\u00a0b", "a\u2028b"),
    *("[a?b]", "[a:b]", "[http://a]", "[a] b", "{a: b #c}", "[a #b]", "a\tb", "{a: [b]}", "[-a]", "[a - b]", "...", "}", "---"),
]
_ENDS = ["", "", "", "", " # note", "  #", " ", "#"]
_BETWEEN = ["", "# note", "    # far", "#"]
_LITERAL_LINES = ["text", "more: text # here", "", "  deeper", "- item", "# no comment", "---", "ü", "trailing "]
_CHARACTERS = " \n:#-|[]{},\"'\ta&*!%?>~.é0\\@`<\u2028\ufeff"


@st.composite
def texts_in_lines(draw: st.DrawFn, *, doubts: bool = False) -> str:
    """Give a text in the form; where there may be doubts, some of its values are none that belong to it."""
    values = st.sampled_from([*_VALUES, *_DOUBTS] if doubts else _VALUES)
    lines = draw(st.lists(st.sampled_from(_BETWEEN), max_size=2))
    lines += _map_lines(draw, 0, 3, values)
    lines += draw(st.lists(st.sampled_from(_BETWEEN), max_size=2))
    return "\n".join([*lines, ""])


@st.composite
def nearly_in_lines(draw: st.DrawFn) -> str:
    """Give a text near the form: some characters of it are others, more or fewer."""
    text = draw(texts_in_lines(doubts=True))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        dropped = draw(st.integers(0, 2))
        text = text[:at] + draw(st.sampled_from(["", *_CHARACTERS])) + text[at + dropped :]
    return text


def _map_lines(draw: st.DrawFn, column: int, depth: int, values: st.SearchStrategy[str]) -> list[str]:
    lines = []
    for key in draw(st.lists(st.sampled_from(_KEYS), min_size=1, max_size=4, unique=True)):
        lines += draw(st.lists(st.sampled_from(_BETWEEN), max_size=1))
        first, *rest = _value_lines(draw, column, depth, values)
        lines += [f"{' ' * column}{key}:{first}", *rest]
    return lines


def _value_lines(draw: st.DrawFn, column: int, depth: int, values: st.SearchStrategy[str]) -> list[str]:
    """Give what follows a colon: the rest of its line, and the lines below."""
    kind = draw(st.sampled_from(["value", "value", "literal", "list", "map"] if depth else ["value", "literal"]))
    end = draw(st.sampled_from(_ENDS))
    inner = column + draw(st.sampled_from([2, 2, 2, 4, 1, 3]))
    match kind:
        case "literal":
            return _literal(draw, inner, end if end != "#" else "")
        case "list":
            inner = draw(st.sampled_from([column, inner]))
            items = [_item_lines(draw, inner, depth, values) for _ in range(draw(st.integers(1, 5)))]
            return [end if end != "#" else "", *(line for item in items for line in item)]
        case "map":
            return [end if end != "#" else "", *_map_lines(draw, inner, depth - 1, values)]
        case _:
            return [f" {draw(values)}{end}"]


def _literal(draw: st.DrawFn, column: int, end: str) -> list[str]:
    first = draw(st.sampled_from(["text", "more: text # here", "# no comment", "- item"]))
    lines = [first, *draw(st.lists(st.sampled_from(_LITERAL_LINES), max_size=4))]
    return [f" |{end}", *(f"{' ' * column}{line}" if line else "" for line in lines)]


def _item_lines(draw: st.DrawFn, column: int, depth: int, values: st.SearchStrategy[str]) -> list[str]:
    dash = f"{' ' * column}- "
    match draw(st.sampled_from(["plain", "plain", "plain", "value", "map"])):
        case "plain":
            return [f"{dash}{draw(st.sampled_from(['a', 'lists/b', 'two words']))}"]
        case "map" if depth:
            first, *rest = _map_lines(draw, column + 2, depth - 1, values)
            return [dash + first.lstrip(), *rest] if not first.lstrip().startswith("#") and first else [f"{dash}a"]
        case _:
            return [f"{dash}{draw(values)}{draw(st.sampled_from(_ENDS))}"]
