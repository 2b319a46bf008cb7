"""The expressions of templates: what they may say, which names they use, and what they come to. The only module that imports Jinja2.

Most expressions are one name, or one name compared with a word; these are read and computed here, and Jinja2 is not imported for them.
Everything else is Jinja2's, in its immutable sandbox, and only after its syntax tree has been held against the lists below: an
expression can look at plain data and nothing more. There are no calls, no methods, and no operator that multiplies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from composer.characters import find_bad_character
from composer.records import dataclass

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from composer.model.yaml_nodes import Plain

__all__ = ["ALLOWED_FILTERS", "ALLOWED_TESTS", "MAX_TEXT", "Expression", "ExpressionError", "TooLargeError", "evaluate", "parse_expression"]

MAX_TEXT: Final = 1_000_000
"""The most characters that one expression, or one block's text, may come to."""

ALLOWED_FILTERS: Final = frozenset(
    {"capitalize", "first", "join", "last", "length", "lower", "replace", "sort", "title", "trim", "unique", "upper"}
)
ALLOWED_TESTS: Final = frozenset({"eq", "equalto", "even", "ge", "gt", "in", "le", "lower", "lt", "ne", "odd", "upper"})
NAMESPACES: Final = frozenset({"agent", "loop", "project"})
"""The names whose parts are written with a dot."""

_PATH: Final = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
_SIMPLE: Final = re.compile(
    rf"""^(?:(?P<negated>not\s+)?(?P<path>{_PATH})|(?P<left>{_PATH})\s*(?P<operator>==|!=)\s*"(?P<right>[^"\\]*)")$"""
)
_WORDS: Final = frozenset({"and", "else", "false", "False", "if", "in", "is", "none", "None", "not", "or", "true", "True"})
_REASONS: Final = {
    "Call": "calls are not allowed in a template",
    "Mul": "`*` is not allowed in a template",
    "Pow": "`**` is not allowed in a template",
    "Mod": "`%` is not allowed in a template",
    "Div": "`/` is not allowed in a template",
    "FloorDiv": "`//` is not allowed in a template",
    "Dict": "maps are not allowed in a template",
    "Getitem": "`[ ]` after a name is not allowed in a template",
    "Pos": "`+` before a value is not allowed in a template",
    "Keyword": "named arguments are not allowed in a template",
}
_MISREAD: Final = (
    (re.compile(r"expected token 'end of print statement', got '='"), "`=` is not a comparison", "compare with `==`"),
    (re.compile(r"expected token 'end of print statement', got '(?P<what>.+)'"), "`{what}` does not belong here", ""),
    (re.compile(r"unexpected 'end of print statement'"), "it ends too early", ""),
    (re.compile(r"unexpected char '(?P<what>.)'.*"), "`{what}` does not belong here", ""),
    (re.compile(r"(?:unexpected '(?P<what>.)'|expected token .*, got '(?P<other>.+)')"), "`{what}` does not belong here", ""),
)
"""What Jinja2 says of text that is no expression, and what it means to people."""

MAX_NESTING: Final = 20
"""How deep brackets may stand inside each other in an expression, and operators and filters upon each other."""
MAX_LENGTH: Final = 2_000
"""The most characters of an expression: what it puts together stays small."""
MAX_NUMBER: Final = 10**18
"""No whole number in an expression is larger than this."""
_FILL_HINT: Final = "a template fills in values and compares them; put the rest into a variable"
_ALLOWED_NODES: Final = frozenset(
    {"Add", "And", "Compare", "Concat", "CondExpr", "Const", "Filter", "Getattr", "List", "Name", "Neg", "Not", "Operand", "Or", "Sub",
     "Test", "Tuple"}
)  # fmt: skip


class ExpressionError(Exception):
    """An expression is not one: ``code`` and ``hint`` for a diagnostic, the message as its text."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        """Keep the parts."""
        super().__init__(message)
        self.code = code
        self.hint = hint


class TooLargeError(Exception):
    """A text grew beyond :data:`MAX_TEXT`."""


@dataclass(frozen=True, slots=True)
class HeldAgainst:
    """A name that an expression compares with a word; ``is_member`` tells ``"word" in name`` from ``name == "word"``."""

    name: str
    word: str
    is_member: bool = False


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression and the names that it uses, dotted where they have parts (``project.name``).

    ``path`` is set where the expression is one name, printed as it was written and not as Python prints it. ``words`` are the names that
    are held against a word, as in ``detail == "full"`` or ``"auth" in apart``.
    """

    text: str
    names: tuple[str, ...]
    path: str = ""
    negated: bool = False
    compared: tuple[str, str] | None = None
    words: tuple[HeldAgainst, ...] = ()


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> Expression:
    """Read an expression.

    Raises:
        ExpressionError: where it is no expression, or says something that templates may not say.
    """
    match = _SIMPLE.match(text)
    if match is not None and not _WORDS & {match["path"], match["left"]}:
        if match["left"]:
            _check_path(match["left"])
            held = HeldAgainst(match["left"], match["right"])
            return Expression(text, (held.name,), compared=(match["operator"], held.word), words=(held,))
        _check_path(match["path"])
        return Expression(text, (match["path"],), "" if match["negated"] else match["path"], bool(match["negated"]))
    names, words = _check_tree(text)
    return Expression(text, names, words=words)


def evaluate(expression: Expression, context: Mapping[str, Plain]) -> Plain:
    """Compute an expression over plain data; every name in it must be there.

    Raises:
        ExpressionError: where the values do not fit the operators.
        TooLargeError: where the result is larger than :data:`MAX_TEXT`.
    """
    if expression.path:
        return _look_up(expression.path, context)
    if expression.negated:
        return not _look_up(expression.names[0], context)
    if expression.compared is not None:
        operator, right = expression.compared
        return (_look_up(expression.names[0], context) == right) is (operator == "==")
    return _evaluate_tree(expression.text, context)


def _look_up(path: str, context: Mapping[str, Plain]) -> Plain:
    root, *parts = path.split(".")
    value = context[root]
    for part in parts:
        if not isinstance(value, dict) or part not in value:
            hint = f"`{root}` has {', '.join(f'`{name}`' for name in value)}" if isinstance(value, dict) and value else ""
            raise ExpressionError("unknown-name", f"there is no `{path}`", hint)
        value = value[part]
    return value


def _check_path(path: str) -> None:
    root, dot, _ = path.partition(".")
    if path.startswith("_") or "._" in path:
        raise ExpressionError("forbidden-expression", f"the name `{path}` starts with an underscore", "templates see variables only")
    if dot and root not in NAMESPACES:
        message = f"`{root}` has no parts: `{path}`"
        raise ExpressionError("forbidden-expression", message, "only `project`, `agent` and `loop` are written with a dot")


# --- Jinja2 -----------------------------------------------------------------------------------------------------------


def _check_tree(text: str) -> tuple[tuple[str, ...], tuple[HeldAgainst, ...]]:
    from jinja2 import TemplateSyntaxError, nodes  # noqa: PLC0415 - most runs never need Jinja2

    if not text:
        raise ExpressionError("bad-expression", "an expression is missing here", "write a variable's name")
    if len(text) > MAX_LENGTH:
        message = f"this expression is longer than {MAX_LENGTH} characters"
        raise ExpressionError("bad-expression", message, "write it shorter, or as several")
    if _bracket_depth(text) > MAX_NESTING:
        raise _too_deep()
    try:
        tree = _environment().parse("{{ " + text + " }}")
    except TemplateSyntaxError as error:
        reason, hint = _explain(str(error), text)
        raise ExpressionError("bad-expression", f"this is not an expression: {reason}", hint) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise ExpressionError("bad-expression", "this number is too large", "write a smaller one") from None
    outputs = tree.body[0].nodes if len(tree.body) == 1 and isinstance(tree.body[0], nodes.Output) else []
    if len(outputs) != 1 or isinstance(outputs[0], nodes.TemplateData):
        raise ExpressionError("bad-expression", "this is not one expression", _syntax_hint(text))
    names: dict[str, None] = {}
    _check_node(outputs[0], names, 1)
    return tuple(names), tuple(_words_held_against(outputs[0]))


def _words_held_against(node: nodes.Node) -> Iterator[HeldAgainst]:
    from jinja2 import nodes as n  # noqa: PLC0415 - most runs never need Jinja2

    for compare in (*([node] if isinstance(node, n.Compare) else ()), *node.find_all(n.Compare)):
        sides = (compare.expr, *(operand.expr for operand in compare.ops))
        for left, operand, right in zip(sides, compare.ops, sides[1:], strict=False):
            match operand.op, left, right:
                case "in" | "notin", n.Const(value=str(word)), n.Name(name=name):
                    yield HeldAgainst(name, word, is_member=True)
                case "eq" | "ne", n.Const(value=str(word)), n.Name(name=name):
                    yield HeldAgainst(name, word)
                case "eq" | "ne", n.Name(name=name), n.Const(value=str(word)):
                    yield HeldAgainst(name, word)
                case _:
                    continue


def _check_node(node: nodes.Node, names: dict[str, None], depth: int) -> None:
    if depth > MAX_NESTING:
        raise _too_deep()
    kind = type(node).__name__
    if kind not in _ALLOWED_NODES:
        reason = _REASONS.get(kind, f"`{kind.lower()}` is not allowed in a template")
        raise ExpressionError("forbidden-expression", reason, _FILL_HINT)
    if kind in {"Name", "Getattr"}:
        names[_dotted(node)] = None
        return
    name = getattr(node, "name", "")
    if kind == "Filter" and name not in ALLOWED_FILTERS:
        raise ExpressionError("unknown-filter", f"there is no filter `{name}`", f"the filters are {', '.join(sorted(ALLOWED_FILTERS))}")
    if kind == "Test" and name not in ALLOWED_TESTS:
        raise ExpressionError("unknown-filter", f"there is no test `{name}`", f"the tests are {', '.join(sorted(ALLOWED_TESTS))}")
    if getattr(node, "dyn_args", None) is not None or getattr(node, "dyn_kwargs", None) is not None:
        raise ExpressionError("forbidden-expression", "`*` and `**` are not allowed in a template", _FILL_HINT)
    value = getattr(node, "value", None)
    if isinstance(value, int | float) and not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ExpressionError("bad-expression", "this number is too large", "write a smaller one")
    if isinstance(value, str) and (bad := find_bad_character(value)):
        message = f"an escape gives the character `U+{ord(bad):04X}`, which is not text"
        raise ExpressionError("bad-character", message, "take the escape out")
    for child in node.iter_child_nodes():
        _check_node(child, names, depth + 1)


def _bracket_depth(text: str) -> int:
    deepest = depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _too_deep() -> ExpressionError:
    return ExpressionError("bad-expression", "this expression is nested too deeply", "write it shorter, or as several")


def _explain(message: str, text: str) -> tuple[str, str]:
    """Say what Jinja2 found wrong, and what to do."""
    for pattern, reason, hint in _MISREAD:
        if match := pattern.fullmatch(_sentence(message)):
            found = {name: what for name, what in match.groupdict().items() if what}
            return reason.format(what=next(iter(found.values()), "")), hint or _syntax_hint(text)
    return _sentence(message), _syntax_hint(text)


def _dotted(node: nodes.Node) -> str:
    from jinja2 import nodes as n  # noqa: PLC0415 - most runs never need Jinja2

    parts: list[str] = []
    while isinstance(node, n.Getattr):
        parts.append(node.attr)
        node = node.node
    if not isinstance(node, n.Name):
        raise ExpressionError("forbidden-expression", "only a name has parts", "only `project`, `agent` and `loop` are written with a dot")
    path = ".".join([node.name, *reversed(parts)])
    _check_path(path)
    return path


def _sentence(message: str) -> str:
    return message.strip().rstrip(".")


def _syntax_hint(text: str) -> str:
    if any(sign in text for sign in ("{", "}", "/", "#", ";", "=>")):
        return "if this is not meant for the tool, put it between `{% raw %}` and `{% endraw %}`, or set `syntax: plain`"
    return "write a variable's name, as in `{{ rate_limit }}`"


def _limited_replace(value: object, old: object, new: object) -> str:
    text, old_text, new_text = str(value), str(old), str(new)
    occurrences = text.count(old_text) if old_text else len(text) + 1
    if len(text) + occurrences * len(new_text) > MAX_TEXT:
        raise TooLargeError
    return text.replace(old_text, new_text)


def _limited_join(values: object, between: object = "") -> str:
    parts = [str(value) for value in _items_of(values)]
    if sum(map(len, parts)) + len(str(between)) * len(parts) > MAX_TEXT:
        raise TooLargeError
    return str(between).join(parts)


def _items_of(values: object) -> Iterable[object]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        message = "`join` takes a list"
        raise ExpressionError("bad-expression", message, "give it a variable of type `list[str]`")
    return values


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined  # noqa: PLC0415 - most runs never need Jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - most runs never need Jinja2

    class Sandbox(ImmutableSandboxedEnvironment):
        """A second wall behind the check of the syntax tree: no calls and no attributes at run time either."""

        def call(self, context: object, obj: object, /, *_args: object, **_kwargs: object) -> object:  # noqa: ARG002 - refuses all
            message = "calls are not allowed in a template"
            raise ExpressionError("forbidden-expression", message)

        def getattr(self, obj: object, attribute: str) -> object:
            if isinstance(obj, dict) and attribute in obj:
                return obj[attribute]
            return self.undefined(obj=obj, name=attribute)

        def getitem(self, obj: object, argument: object) -> object:
            # Filters that sort by an attribute ask here.
            return self.undefined(obj=obj, name=str(argument))

    environment = Sandbox(undefined=StrictUndefined, autoescape=False, loader=None)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in ALLOWED_FILTERS}
    environment.filters["replace"] = _limited_replace
    environment.filters["join"] = _limited_join
    environment.tests = {name: environment.tests[name] for name in ALLOWED_TESTS}
    return environment


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Callable[..., Any]:
    return _environment().compile_expression(text, undefined_to_none=False)


def _evaluate_tree(text: str, context: Mapping[str, Plain]) -> Plain:
    from jinja2 import TemplateError  # noqa: PLC0415 - most runs never need Jinja2

    try:
        value: object = _compiled(text)(**context)
        value = list(value) if isinstance(value, Iterator) else value  # what `unique` gives
    except TooLargeError:
        raise
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        message = f"`{text}` cannot be computed: its values do not go together"
        raise ExpressionError("bad-expression", message, "check the types of the variables in it") from None
    return _plain(value, text)


def _plain(value: object, text: str) -> Plain:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise TooLargeError
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple):
        return [item if isinstance(item, str) else str(_plain(item, text)) for item in value]
    raise ExpressionError("bad-expression", f"`{text}` comes to nothing", "give it an `else`, or a list that is not empty")
