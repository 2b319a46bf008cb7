"""The expressions that are read without Jinja2 come to what Jinja2 says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from laws import law

from composer.markdown.expressions import ExpressionError, evaluate, parse_expression
from composer.model.yaml_nodes import Plain

LAW = law(300)
JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined)

NAMES = ["a", "b", "flag", "none_of_it", "project.name", "project.tags", "loop.first"]
WORDS = st.text(alphabet="ab |.{}#%'é", max_size=6)
VALUES: st.SearchStrategy[Plain] = st.one_of(
    WORDS, st.booleans(), st.integers(-3, 3), st.sampled_from([0.0, 1.0, 2.5]), st.lists(WORDS, max_size=2).map(list[Plain])
)
CONTEXTS = st.fixed_dictionaries(
    {
        "a": VALUES,
        "b": VALUES,
        "flag": st.booleans(),
        "none_of_it": st.just(""),
        "project": st.fixed_dictionaries({"name": VALUES, "tags": VALUES}),
        "loop": st.fixed_dictionaries({"first": st.booleans()}),
    }
)
BLANKS = st.sampled_from(["", " ", "  "])


@st.composite
def simple_expressions(draw: st.DrawFn) -> str:
    """Make a name, a negated name, or a name compared with a word."""
    name = draw(st.sampled_from(NAMES))
    form = draw(st.sampled_from(["name", "not", "compared"]))
    if form == "name":
        return name
    if form == "not":
        return f"not {draw(BLANKS)}{name}"
    word = draw(WORDS)
    return f'{name}{draw(BLANKS)}{draw(st.sampled_from(["==", "!="]))}{draw(BLANKS)}"{word}"'


@LAW
@given(simple_expressions(), CONTEXTS)
def test_agrees_with_jinja(text: str, context: dict[str, Plain]) -> None:
    """A simple expression has the value, and the type, that Jinja2 gives it."""
    expression = parse_expression(text)
    assert expression.path or expression.negated or expression.compared
    value = evaluate(expression, context)
    wanted = JINJA.compile_expression(text, undefined_to_none=False)(**context)
    assert (type(value), value) == (type(wanted), wanted)


@LAW
@given(simple_expressions())
def test_names_are_those_that_jinja_finds(text: str) -> None:
    """The names of a simple expression are those of Jinja2's syntax tree."""
    roots = {name.partition(".")[0] for name in parse_expression(text).names}
    assert roots == meta.find_undeclared_variables(JINJA.parse("{{ " + text + " }}"))


@LAW
@given(st.text(alphabet=st.sampled_from(list("ab._ =!\"'not|()[]1+-~")), max_size=14), CONTEXTS)
def test_whatever_is_accepted_agrees_with_jinja(text: str, context: dict[str, Plain]) -> None:
    """No text is read otherwise than Jinja2 reads it: it is refused, or it comes to the same."""
    try:
        expression = parse_expression(text)
        if any(name.partition(".")[0] not in context for name in expression.names):
            return
        value = evaluate(expression, context)
    except ExpressionError:
        return
    wanted = JINJA.compile_expression(text, undefined_to_none=False)(**context)
    assert value == (list(wanted) if isinstance(wanted, tuple) else wanted)
