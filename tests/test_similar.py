"""Texts that say nearly the same are found, once, with the merge that fits; what is shared or answered is not told."""

from __future__ import annotations

import json
import random
from itertools import combinations
from pathlib import Path

import pytest
from builders import errors_of, write_workspace
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from composer.cli.app import app
from composer.errors import ComposerError, Diagnostics
from composer.similar.merges import Finding, MergeKind
from composer.similar.passages import collect_passages
from composer.similar.report import SimilarReport, find_similar
from composer.similar.search import FEWEST_WORDS, THRESHOLD, find_pairs
from composer.similar.selection import select_homes
from composer.similar.words import changes_between, similarity, words_of
from composer.workspace import Workspace

PROFILE = "agents: {helper: {}}\n"
LIMIT = "Let a caller send 30 requests a minute and answer 429 beyond"


def agent(body: str) -> str:
    return f"---\nagent:\n  description: |\n    Use this agent.\n---\n{body}"


def workspace(root: Path, **files: str) -> Path:
    """Write fragments by name (`_` for `/`), a workspace file as `config`, profiles as `profile_<name>`, and an agent that builds."""
    contents = {"profiles/shop.yaml": PROFILE, "fragments/agents/helper.md": agent("You help. {#role}\n")}
    for name, text in files.items():
        if name == "config":
            contents["agent-composer.yaml"] = text
        elif name.startswith("profile_"):
            contents[f"profiles/{name.removeprefix('profile_')}.yaml"] = text
        else:
            contents[f"fragments/{name.replace('_', '/')}.md"] = text
    return write_workspace(root, contents)


def report_of(root: Path, *homes: str, threshold: float = THRESHOLD) -> tuple[SimilarReport, Diagnostics]:
    opened = Workspace.open(root)
    index = opened.index
    assert [str(found.message) for found in opened.diagnostics.errors] == []
    diagnostics = Diagnostics()
    return find_similar(index, frozenset(homes), threshold, diagnostics), diagnostics


def findings(root: Path, **files: str) -> tuple[Finding, ...]:
    return report_of(workspace(root, **files))[0].findings


def names(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.keep.address, finding.other.address) for finding in found]


# --- the measure ------------------------------------------------------------------------------------------------------


def keys(text: str) -> tuple[str, ...]:
    return tuple(word.key for word in words_of(text))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Write the test first", "write **the** test, first.", 1.0),
        ("Wait 30 seconds then stop", "Wait 60 seconds then stop", 0.8),
        ("one two three four", "five six seven eight", 0.0),
        ("Use {{ orm  }} here", "Use {{ orm }} here", 1.0),
        ("Use {{ orm }} here", "Use {{ database }} here", 2 / 3),
        ("a b c d", "a b c d e f g h", 8 / 12),
        ("", "", 0.0),
    ],
)
def test_the_similarity_is_the_share_of_words_in_the_same_order(one: str, other: str, expected: float) -> None:
    """Case, emphasis and punctuation do not count; a template is one word."""
    assert similarity(keys(one), keys(other)) == pytest.approx(expected)


WORDS = st.lists(st.sampled_from("abcdef"), max_size=12)


@given(WORDS, WORDS)
def test_the_similarity_does_not_depend_on_the_order(one: list[str], other: list[str]) -> None:
    """It is what the table of longest common subsequences gives, from 0 to 1."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for row, mine in enumerate(one):
        for column, theirs in enumerate(other):
            above = max(table[row][column + 1], table[row + 1][column])
            table[row + 1][column + 1] = table[row][column] + 1 if mine == theirs else above
    expected = 2 * table[-1][-1] / (len(one) + len(other)) if one and other else 0.0
    assert similarity(one, other) == pytest.approx(expected)
    assert similarity(other, one) == pytest.approx(expected)


def test_the_difference_is_told_in_the_words_as_written() -> None:
    """Words that differ stand side by side."""
    changes = changes_between(tuple(words_of("Wait 30 seconds, then stop.")), tuple(words_of("wait 60 seconds then stop")))
    assert [(change.before, change.after) for change in changes if not change.is_equal] == [("30", "60")]


# --- what is found ----------------------------------------------------------------------------------------------------


def test_equal_items_of_two_fragments_are_one_include(tmp_path: Path) -> None:
    """The first stays; the advice names the statement to write, and where."""
    (found,) = findings(tmp_path, a=f"- {LIMIT} {{#x}}\n- Other {{#o}}\n", b=f"- {LIMIT} {{#y}}\n- Another {{#p}}\n")
    assert (found.keep.address, found.other.address, found.similarity) == ("a#x", "b#y", 1.0)
    assert found.merge.kind is MergeKind.INCLUDE
    assert found.merge.advice == 'keep `a#x`, and in place of `b#y` write `{% include "a#x" %}`'
    assert (str(found.keep.location), str(found.other.location)) == ("fragments/a.md:1:3", "fragments/b.md:1:3")


def test_two_that_differ_by_a_value_want_a_variable(tmp_path: Path) -> None:
    """The advice names both values."""
    (found,) = findings(tmp_path, a=f"{LIMIT} {{#x}}\n\nMore {{#o}}\n", b=f"{LIMIT.replace('30', '60')} {{#y}}\n\nMore {{#p}}\n")
    assert found.merge.kind is MergeKind.VARIABLE
    assert "a variable for `30` / `60`" in found.merge.advice


LIST = """\
## Rules {#rules}

{#list}
- Cache what is read often and name its key {#a}
- Close each file that you open {#b}
- Test it twice {#c}
"""


def test_the_largest_texts_that_are_alike_are_told_once(tmp_path: Path) -> None:
    """Two fragments that are alike are one pair, not one for each section, list and item in them."""
    (found,) = findings(tmp_path, a=LIST, b=LIST.replace("Test it twice", "Never skip a test"))
    assert (found.keep.address, found.other.address, found.merge.kind) == ("a", "b", MergeKind.ONE_LIST)
    assert "the item that differs" in found.merge.advice


def test_a_list_inside_a_longer_fragment_is_the_pair(tmp_path: Path) -> None:
    """What is around it differs, so the list is the largest."""
    other = "## Elsewhere {#else}\n\nA paragraph about something that only this fragment is about, at some length, so that it counts.\n\n"
    assert names(findings(tmp_path, a=LIST, b=other + LIST.partition("\n\n")[2].replace("#a}", "#d}"))) == [("a#list", "b#list")]


def test_a_section_is_included_at_its_level(tmp_path: Path) -> None:
    """The advice has the marks of the heading."""
    more = "\n## More {#more}\n\nWords that only the second fragment has, enough of them that the two differ as wholes, and a few beyond.\n"
    (found,) = findings(tmp_path, a=LIST, b=LIST.replace("## Rules", "### Rules") + more)
    assert '`### {% include "a#rules" %}`' in found.merge.advice or '`### {% include "a" %}`' in found.merge.advice


def test_a_text_without_an_id_is_told_with_its_place(tmp_path: Path) -> None:
    """The one that has an id stays; the place says where the other is."""
    (found,) = findings(tmp_path, a=f"- {LIMIT}\n- Other\n", b=f"- {LIMIT} {{#y}}\n- Another\n")
    assert found.keep.address == "b#y"
    assert found.merge.advice == 'keep `b#y`, and at fragments/a.md:1:3 write `{% include "b#y" %}`'


def test_two_texts_without_an_id_want_one(tmp_path: Path) -> None:
    """An include needs an address."""
    (found,) = findings(tmp_path, a=f"- {LIMIT}\n- Other\n", b=f"- {LIMIT}\n- Another\n")
    assert found.merge.advice == "give the list item in `a` an id at fragments/a.md:1:3, and include it at fragments/b.md:1:3"


def test_a_text_stays_where_others_can_include_it(tmp_path: Path) -> None:
    """Not in an agent, and not in a fragment that includes the other one, which would be a circle."""
    in_agent = findings(tmp_path / "1", agents_first=agent(f"- {LIMIT} {{#x}}\n- Other\n"), rules=f"- {LIMIT} {{#y}}\n- Another\n")
    assert names(in_agent) == [("rules#y", "agents/first#x")]
    circle = findings(tmp_path / "2", a=f'- {LIMIT} {{#x}}\n{{% include "b#z" %}}\n', b=f"- {LIMIT} {{#y}}\n- Another {{#z}}\n")
    assert names(circle) == [("b#y", "a#x")]


def test_a_text_that_stands_in_many_places_is_paired_with_the_first(tmp_path: Path) -> None:
    """Four equal items are three pairs, not six."""
    same = {name: f"- {LIMIT} {{#x}}\n- Item of {name}\n" for name in "abcd"}
    assert names(findings(tmp_path, **same)) == [("a#x", "b#x"), ("a#x", "c#x"), ("a#x", "d#x")]


def test_what_is_inside_many_texts_that_are_alike_is_not_told(tmp_path: Path) -> None:
    """Two fragments that are both like a third are covered by it, even where an item of the two differs from the third's."""
    same = {name: LIST.replace("Test it twice", "Say it in one short plain sentence" if name > "a" else "Test it twice") for name in "abc"}
    assert sorted(names(findings(tmp_path, **same))) == [("a", "b"), ("b", "c")]


def test_two_items_of_one_fragment_are_told_whatever_the_fragment_is_like(tmp_path: Path) -> None:
    """A pair of fragments says nothing of two items that are both in each."""
    more = LIST + "- Cache what is read often and name the key {#d}\n"
    assert sorted(names(findings(tmp_path, a=more, b=more))) == [("a", "b"), ("a#a", "a#d")]


# --- texts of profiles ------------------------------------------------------------------------------------------------

RULES = "- Make consumers idempotent, keyed by the message id {#key}\n- Retry with growing delays {#retry}\n"
HELPER = agent('{% include "rules" %}\n')


def edit(verb: str, text: str, because: str = "") -> str:
    body = f"replace: |\n      {text}" if verb == "replace" else f"{verb}:\n      own: |\n        {text}"
    return f"edits:\n  rules#retry:\n    {body}\n" + (f"    because: {because}\n" if because else "")


def test_a_replacement_that_is_nearly_the_shared_text_wants_a_variable(tmp_path: Path) -> None:
    """Unless a reason stands beside it: that is the answer."""
    changed = edit("replace", "Make consumers idempotent, keyed by the order id").replace("#retry", "#key")
    (found,) = findings(tmp_path / "1", rules=RULES, agents_helper=HELPER, profile_shop=PROFILE + changed)
    assert (found.keep.address, found.other.address) == ("rules#key", "rules#key@profiles/shop")
    assert found.merge.advice == "a variable for `message` / `order` in `rules#key`, which `profiles/shop` sets in place of its edit"
    assert findings(tmp_path / "2", rules=RULES, agents_helper=HELPER, profile_shop=PROFILE + changed + "    because: ids change\n") == ()


def test_an_insertion_that_a_fragment_says_already_goes(tmp_path: Path) -> None:
    """The advice is to include the block where a profile asks for it."""
    profile = PROFILE + edit("after", LIMIT)
    (found,) = findings(tmp_path, rules=RULES, agents_helper=HELPER, more=f"- {LIMIT} {{#x}}\n- Other\n", profile_shop=profile)
    assert (found.keep.address, found.other.address, found.merge.kind) == ("more#x", "profiles/shop#own", MergeKind.TAKE_OUT)
    assert "include `more#x` in `rules`" in found.merge.advice


@pytest.mark.parametrize(
    ("base", "one", "two", "advice"),
    [
        ("abstract: true\n", "extends: [base]\n", "extends: [base]\n", "move the edit up to `profiles/base`"),
        ("abstract: true\n", "", "", "move the edit to a new abstract profile"),
        ("abstract: true\n", "", "extends: [one]\n", "`profiles/two` inherits it from `profiles/one`"),
    ],
    ids=["a common layer", "no common layer", "an ancestor"],
)
def test_two_profiles_that_insert_the_same_share_a_layer(base: str, one: str, two: str, advice: str, tmp_path: Path) -> None:
    """The layer is the nearest that both extend, if there is one."""
    own = edit("after", LIMIT)
    files = {"profile_base": base, "profile_one": one + PROFILE + own, "profile_two": two + PROFILE + own.replace("own:", "mine:")}
    (found,) = findings(tmp_path, rules=RULES, agents_helper=HELPER, **files)
    assert advice in found.merge.advice


def test_texts_at_two_addresses_become_a_fragment(tmp_path: Path) -> None:
    """Nothing else could hold them once."""
    own = edit("after", LIMIT)
    files = {"profile_one": PROFILE + own, "profile_two": PROFILE + own.replace("rules#retry", "rules#key")}
    (found,) = findings(tmp_path, rules=RULES, agents_helper=HELPER, **files)
    assert found.merge.kind is MergeKind.NEW_FRAGMENT


# --- what is not told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("- Run the tests\n- A\n", "- Run the tests\n- B\n"),
        ('{% include "rules" %}\n\n- A\n', '{% include "rules" %}\n\n- B\n'),
        (f'{{% if agent.name == "x" %}}\n- {LIMIT} now\n{{% else %}}\n- {LIMIT}\n{{% endif %}}\n', "- C\n"),
        (f"- {LIMIT}\n", "- D\n"),
        ("```\n----- ===== ----- =====\n```\n", "```\n----- ===== ----- =====\n```\n"),
    ],
    ids=["short", "an include", "branches of one if", "a list and its only item", "no words"],
)
def test_what_is_shared_or_says_little_is_left_out(one: str, other: str, tmp_path: Path) -> None:
    """Nobody could merge it."""
    assert findings(tmp_path, a=one, b=other, rules=RULES) == ()


def test_a_pair_that_is_answered_is_not_told(tmp_path: Path) -> None:
    """The answer covers what is inside both texts, and follows renamed ids."""
    first = "---\nmoved: {old: list}\n---\nA paragraph of some length that only one of them has, and that keeps the wholes apart.\n\n"
    for number, (pair, told) in enumerate({"a b": 0, "b a#list": 0, "b#list a#old": 0, "a#a b#a": 1}.items()):
        config = f"distinct:\n  {pair}: they will part\n"
        files = {"a": first + LIST.partition("\n\n")[2], "b": LIST.partition("\n\n")[2], "config": config}
        report, diagnostics = report_of(workspace(tmp_path / str(number), **files))
        assert (len(report.findings), tuple(diagnostics)) == (told, ())


def test_an_answer_that_is_no_longer_needed_is_a_notice(tmp_path: Path) -> None:
    """It stands at its line of the workspace file."""
    config = "distinct:\n  a b: once alike\n"
    report, diagnostics = report_of(workspace(tmp_path, a=LIST, b="Something else entirely, and nothing more.\n", config=config))
    assert report.findings == ()
    assert [(found.code, found.severity.value, str(found.location)) for found in diagnostics] == [
        ("distinct-unneeded", "notice", "agent-composer.yaml:2:3")
    ]


def test_a_replacement_is_answered_by_its_block_and_profile(tmp_path: Path) -> None:
    """`address@profiles/name` is the text that the profile puts in the block's place."""
    changed = edit("replace", "Make consumers idempotent, keyed by the order id").replace("#retry", "#key")
    config = "distinct:\n  rules#key rules#key@profiles/shop: the orders of a shop have ids\n"
    assert findings(tmp_path, rules=RULES, agents_helper=HELPER, profile_shop=PROFILE + changed, config=config) == ()


def test_a_fragment_is_compared_with_all_others(tmp_path: Path) -> None:
    """Naming one selects the pairs that it has a part in."""
    root = workspace(tmp_path, a=f"- {LIMIT} {{#x}}\n- A\n", b=f"- {LIMIT} {{#x}}\n- B\n", c=LIST, d=LIST)
    assert names(report_of(root, "b")[0].findings) == [("a#x", "b#x")]
    catalog = Workspace.open(root).catalog
    assert select_homes(catalog, ["fragments/b.md", "profiles/shop.yaml"]) == {"b", "profiles/shop"}
    with pytest.raises(ComposerError, match="there is no fragment `e`"):
        select_homes(catalog, ["e"])


# --- nothing is missed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [0.6, 0.75, 0.9])
def test_the_rare_words_miss_no_text_that_is_alike(threshold: float, tmp_path: Path) -> None:
    """Every text that is as long as the measure asks for and like another has a part in a pair."""
    chance = random.Random(7)
    texts: list[list[str]] = []
    for _ in range(60):
        words = list(chance.choice(texts)) if texts and chance.random() < 0.5 else chance.choices("abcdefghijklmnopqrstuvwxyz", k=60)
        texts.append([word if chance.random() < 0.9 else chance.choice("uvwxyz") for word in words[: chance.choice((8, 20, 60))]])
    root = workspace(tmp_path, many="\n\n".join(" ".join(words) for words in texts) + "\n")
    passages = [found for found in collect_passages(Workspace.open(root).index) if found.block is not None]
    alike = {
        passage
        for one, other in combinations([passage for passage in passages if passage.size >= FEWEST_WORDS], 2)
        if similarity(one.keys, other.keys) >= threshold
        for passage in (one, other)
    }
    told = {passage for pair in find_pairs(passages, threshold, lambda _one, _other: False) for passage in (pair.one, pair.other)}
    assert alike
    assert told == alike


# --- the command ------------------------------------------------------------------------------------------------------


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["similar", "--workspace", str(root), *arguments])


def test_the_command_tells_both_places_the_words_and_the_merge(tmp_path: Path) -> None:
    """Without an option, pairs are no failure."""
    root = workspace(tmp_path, a=f"- {LIMIT} {{#x}}\n- Other\n", b=f"- {LIMIT.replace('30', '60')} {{#y}}\n- Another\n")
    result = run(root)
    told = """\
92% of 12 words
  fragments/a.md:1:3: `a#x`
  fragments/b.md:1:3: `b#y`
    Let a caller send [-30-] {+60+} requests a minute and ...
  one text with a variable for `30` / `60`: keep `a#x`, and in place of `b#y` write `{% include "a#x" %}`

10 texts compared, 1 pair alike
"""
    assert (result.exit_code, result.stdout) == (0, told)


def test_the_command_fails_over_a_number_of_pairs(tmp_path: Path) -> None:
    """For CI: more than that many is exit code 1."""
    root = workspace(tmp_path, a=f"- {LIMIT} {{#x}}\n- Other\n", b=f"- {LIMIT} {{#y}}\n- Another\n")
    assert [run(root, "--fail-over", number).exit_code for number in ("0", "1")] == [1, 0]
    assert run(root, "--quiet").stdout == "10 texts compared, 1 pair alike\n"


def test_the_document_has_both_places_and_the_words(tmp_path: Path) -> None:
    """A script finds what the text says."""
    root = workspace(tmp_path, a=f"- {LIMIT} {{#x}}\n- Other\n", b=f"- {LIMIT.replace('30', '60')} {{#y}}\n- Another\n")
    document = json.loads(run(root, "--json").stdout)
    (found,) = document["findings"]
    assert (found["merge"], found["similarity"], found["keep"]["address"], found["other"]["line"]) == ("variable", 0.9167, "a#x", 1)
    assert [change for change in found["changes"] if "both" not in change] == [{"before": "30", "after": "60"}]


def test_errors_of_the_workspace_come_first(tmp_path: Path) -> None:
    """Texts that could not be read would look as if they were like none."""
    assert run(workspace(tmp_path, a="{% if %}\n")).exit_code == 2


def test_the_library_says_nothing_twice() -> None:
    """Each pair of its texts is merged, or answered in its workspace file."""
    report, diagnostics = report_of(Path(__file__).parents[1])
    assert names(report.findings) == []
    assert tuple(diagnostics) == ()


def test_an_answer_about_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    """As everywhere, the nearest name is proposed."""
    told = errors_of(workspace(tmp_path, a=LIST, config="distinct:\n  a#ruls a#list: no reason\n"))
    assert "unknown-block" in told
    assert "did you mean `a#rules`?" in told
