"""YAML is edited in place: the file of before and the file of after, byte for byte, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from composer.errors import Diagnostics
from composer.model.yaml_nodes import YamlMapping, YamlNode, YamlScalar
from composer.source import SourceFile
from composer.yaml_text.rewrite import BlockText, RewriteRefusedError, add_entry, move_entry, remove_entry, rename_key, set_text, set_value
from composer.yaml_text.strict import parse_yaml

PROFILE = """\
# The shop.
about: Headless shop.  # printed nowhere

vars:          # what fragments read
    limit: 60  # a minute
    version: 2.10
    # names
    names: {short: shop, long: 'the shop', quoted: "a \\"shop\\""}
    topics:
    - checklists/api   # first
    - checklists/queues

    # the last word

# Single rules.
edits:
    checklists/api#paging:
        # was asked for
        replace: |
            Page lists
              by cursor

        because: >-
            offsets
            are slow
    checklists/queues#retry: {}   # not yet
    checklists/queues#park: {remove: true}
people:
- name: Ann
  role: |-
    reviews
- name: Bob
"""


def changed_lines(before: str, after: str) -> str:
    """Return the lines that an edit took out (``-``) and put in (``+``): one run of them, in one place."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return "".join([f"-{line}" for line in old] + [f"+{line}" for line in new])


SET: dict[str, tuple[tuple[str | int, ...], str, str]] = {
    "a plain text stays plain, and its comment stays": (
        ("about",),
        "A shop for coffee.",
        "-about: Headless shop.  # printed nowhere\n+about: A shop for coffee.  # printed nowhere\n",
    ),
    "prompt text becomes a block, by the file's own indentation": (
        ("about",),
        "A shop: coffee",
        "-about: Headless shop.  # printed nowhere\n+about: |  # printed nowhere\n+    A shop: coffee\n",
    ),
    "text with a comment sign becomes a block": (
        ("people", 1, "name"),
        "Bob #1",
        "-- name: Bob\n+- name: |\n+      Bob #1\n",
    ),
    "a template at the start becomes a block": (
        ("vars", "topics", 1),
        "{{ x }}",
        "-    - checklists/queues\n+    - |\n+        {{ x }}\n",
    ),
    "what reads as a number is quoted": (("vars", "limit"), "90", '-    limit: 60  # a minute\n+    limit: "90"  # a minute\n'),
    "what reads as a boolean is quoted": (("people", 0, "name"), "true", '-- name: Ann\n+- name: "true"\n'),
    "an empty text is quoted": (("people", 0, "name"), "", '-- name: Ann\n+- name: ""\n'),
    "blanks around a line are quoted": (("people", 0, "name"), " Ann ", '-- name: Ann\n+- name: " Ann "\n'),
    "single quotes stay": (
        ("vars", "names", "long"),
        "Ann's: {shop}, # 1",
        """\
-    names: {short: shop, long: 'the shop', quoted: "a \\"shop\\""}
+    names: {short: shop, long: 'Ann''s: {shop}, # 1', quoted: "a \\"shop\\""}
""",
    ),
    "double quotes stay": (
        ("vars", "names", "quoted"),
        'C:\\x "y"\t',
        """\
-    names: {short: shop, long: 'the shop', quoted: "a \\"shop\\""}
+    names: {short: shop, long: 'the shop', quoted: "C:\\\\x \\"y\\"\\t"}
""",
    ),
    "plain text in braces stays plain while it can": (
        ("vars", "names", "short"),
        "the store",
        """\
-    names: {short: shop, long: 'the shop', quoted: "a \\"shop\\""}
+    names: {short: the store, long: 'the shop', quoted: "a \\"shop\\""}
""",
    ),
    "in braces, what cannot be plain is quoted": (
        ("vars", "names", "short"),
        "a, b\nc",
        """\
-    names: {short: shop, long: 'the shop', quoted: "a \\"shop\\""}
+    names: {short: "a, b\\nc", long: 'the shop', quoted: "a \\"shop\\""}
""",
    ),
    "a block changes where its text does": (
        ("edits", "checklists/api#paging", "replace"),
        "Page lists\n  by key",
        "-              by cursor\n+              by key\n",
    ),
    "a block whose text begins with blanks says how deep it is": (
        ("edits", "checklists/api#paging", "replace"),
        "  Page lists\nby key",
        """\
-        replace: |
-            Page lists
-              by cursor
+        replace: |4
+              Page lists
+            by key
""",
    ),
    "blank lines at the end of a text are kept by a sign": (
        ("edits", "checklists/api#paging", "replace"),
        "Page\n\n\n",
        "-        replace: |\n-            Page lists\n-              by cursor\n+        replace: |+\n+            Page\n+\n",
    ),
    "a stripped block stays stripped": (("people", 0, "role"), "writes\n", "-    reviews\n+    writes\n"),
    "a folded text becomes a literal one": (
        ("edits", "checklists/api#paging", "because"),
        "offsets are slow\nand wrong",
        """\
-        because: >-
-            offsets
-            are slow
+        because: |-
+            offsets are slow
+            and wrong
""",
    ),
    "a block that gets an empty text is quoted": (("people", 0, "role"), "", '-  role: |-\n-    reviews\n+  role: ""\n'),
    "a text that is there already changes nothing": (("edits", "checklists/api#paging", "because"), "offsets are slow", ""),
}


@pytest.mark.parametrize("case", SET)
def test_a_scalar_gets_a_text(case: str) -> None:
    """Each case says so."""
    path, text, expected = SET[case]
    assert changed_lines(PROFILE, set_text(PROFILE, path, text)) == expected


ADDED: dict[str, tuple[Callable[[str], str], str]] = {
    "words stay plain; the entry stands below its map's own comments": (
        lambda raw: add_entry(raw, ["vars", "topics2"], "some words"),
        "+    topics2: some words\n",
    ),
    "an entry stands after another": (lambda raw: add_entry(raw, ["vars", "depth"], 3, after="limit"), "+    depth: 3\n"),
    "a number stays as it is written": (
        lambda raw: add_entry(raw, ["vars", "api"], "2.10", after="limit", as_written=True),
        "+    api: 2.10\n",
    ),
    "a text that reads as a number is quoted": (lambda raw: add_entry(raw, ["vars", "api"], "2.10", after="limit"), '+    api: "2.10"\n'),
    "maps on the way are made": (
        lambda raw: add_entry(raw, ["edits", "a/b#c", "replace"], "Say: this"),
        "+    a/b#c:\n+        replace: |\n+            Say: this\n",
    ),
    "a map is added with all that it holds": (
        lambda raw: add_entry(raw, ["edits", "a/b#c"], {"after": {"new": BlockText("Short")}, "because": "it is so", "x": {}}),
        "+    a/b#c:\n+        after:\n+            new: |\n+                Short\n+        because: it is so\n+        x: {}\n",
    ),
    "a long text becomes a block": (lambda raw: add_entry(raw, ["note"], "word " * 20 + "end"), f"+note: |\n+    {'word ' * 20}end\n"),
    "an entry after a block does not touch the blank line below": (
        lambda raw: add_entry(raw, ["edits", "checklists/api#paging", "title"], "Pages", after="replace"),
        "+        title: Pages\n",
    ),
    "an entry goes into braces, quoted": (
        lambda raw: add_entry(raw, ["edits", "checklists/queues#park", "because"], "nobody reads it"),
        '-    checklists/queues#park: {remove: true}\n+    checklists/queues#park: {remove: true, because: "nobody reads it"}\n',
    ),
    "empty braces become lines": (
        lambda raw: add_entry(raw, ["edits", "checklists/queues#retry", "replace"], BlockText("Retry twice")),
        """\
-    checklists/queues#retry: {}   # not yet
+    checklists/queues#retry:   # not yet
+        replace: |
+            Retry twice
""",
    ),
    "a map in a list grows": (lambda raw: add_entry(raw, ["people", 0, "since"], 2024, after="name"), "+  since: 2024\n"),
    "a key with signs is quoted": (lambda raw: add_entry(raw, ["a: b"], "c"), '+"a: b": c\n'),
}


@pytest.mark.parametrize("case", ADDED)
def test_an_entry_is_added(case: str) -> None:
    """Each case says so."""
    edit, expected = ADDED[case]
    assert changed_lines(PROFILE, edit(PROFILE)) == expected


REMOVED: dict[str, tuple[tuple[str | int, ...], int, str]] = {
    "a line goes with the comment behind it": (("vars", "limit"), 0, "-    limit: 60  # a minute\n"),
    "the comment above stays": (
        ("vars", "names"),
        0,
        """-    names: {short: shop, long: 'the shop', quoted: "a \\"shop\\""}\n""",
    ),
    "a map goes, and the comment line inside stays": (
        ("edits", "checklists/api#paging"),
        0,
        """\
-    checklists/api#paging:
-        # was asked for
-        replace: |
-            Page lists
-              by cursor
-
-        because: >-
-            offsets
-            are slow
+        # was asked for
""",
    ),
    "an entry in braces goes with one comma": (
        ("vars", "names", "long"),
        0,
        """\
-    names: {short: shop, long: 'the shop', quoted: "a \\"shop\\""}
+    names: {short: shop, quoted: "a \\"shop\\""}
""",
    ),
    "the last entry in braces goes with the comma before it": (
        ("vars", "names", "quoted"),
        0,
        """\
-    names: {short: shop, long: 'the shop', quoted: "a \\"shop\\""}
+    names: {short: shop, long: 'the shop'}
""",
    ),
    "a map that becomes empty goes with it": (
        ("edits", "checklists/queues#park", "remove"),
        0,
        "-    checklists/queues#park: {remove: true}\n",
    ),
    "a map that is to be kept stays empty": (
        ("edits", "checklists/queues#park", "remove"),
        2,
        "-    checklists/queues#park: {remove: true}\n+    checklists/queues#park: {}\n",
    ),
    "an item goes": (("vars", "topics", 0), 0, "-    - checklists/api   # first\n"),
    "what stands behind a dash goes, and the next key takes its place": (
        ("people", 0, "name"),
        0,
        "-- name: Ann\n-  role: |-\n+- role: |-\n",
    ),
    "an item goes when its only entry does": (("people", 1, "name"), 0, "-- name: Bob\n"),
}


@pytest.mark.parametrize("case", REMOVED)
def test_an_entry_is_removed(case: str) -> None:
    """Each case says so."""
    path, keep, expected = REMOVED[case]
    assert changed_lines(PROFILE, remove_entry(PROFILE, path, keep=keep)) == expected


WHOLE: dict[str, tuple[Callable[[str], str], str, str]] = {
    "CRLF stays, and new lines have it": (
        lambda raw: set_text(raw, ["a"], "x\ny"),
        "a: b\r\nc: d\r\n",
        "a: |\r\n  x\r\n  y\r\nc: d\r\n",
    ),
    "of mixed line ends each stays": (
        lambda raw: set_text(raw, ["a"], "one\ntwo\n3"),
        "# c\na: |\r\n  one\n  2\r\n  3\n\rb: c\r",
        "# c\na: |\r\n  one\n  two\r\n  3\n\rb: c\r",
    ),
    "a new line ends as the one above it": (
        lambda raw: add_entry(raw, ["b"], "c"),
        "x: y\na: b\r\n\n",
        "x: y\na: b\r\nb: c\r\n\n",
    ),
    "the byte order mark stays": (lambda raw: set_text(raw, ["a"], "c"), "\ufeffa: b\r\n", "\ufeffa: c\r\n"),
    "the first entry goes, and the byte order mark stays": (lambda raw: remove_entry(raw, ["a"]), "\ufeffa: b\nc: d\n", "\ufeffc: d\n"),
    "a file without a line end at its end stays so when a text is set": (
        lambda raw: set_text(raw, ["a"], "x: y"),
        "a: b",
        "a: |\n  x: y",
    ),
    "a file without a line end at its end stays so when an entry is added": (
        lambda raw: add_entry(raw, ["b", "c"], {"d": True}),
        "a:\r\n  x: y",
        "a:\r\n  x: y\r\nb:\r\n  c:\r\n    d: true",
    ),
    "a file without a line end at its end stays so when an entry is removed": (
        lambda raw: remove_entry(raw, ["b", "c"]),
        "a: x\nb:\n  c: true",
        "a: x",
    ),
    "an empty file takes an entry": (lambda raw: add_entry(raw, ["a", "b"], "c"), "", "a:\n  b: c\n"),
    "a file of comments takes an entry below them": (lambda raw: add_entry(raw, ["a"], "c"), "# none yet", "# none yet\na: c"),
    "braces below their key stay": (
        lambda raw: add_entry(raw, ["a", "b"], {"c": "d", "e": 1}),
        "a: # note\n  {}\n",
        'a: # note\n  {b: {c: "d", e: 1}}\n',
    ),
    "braces in a list stay": (lambda raw: add_entry(raw, [0, "b"], "c"), "- {}\n", '- {b: "c"}\n'),
    "braces with a comment stay": (lambda raw: add_entry(raw, ["a", "b"], "c"), "a: {  # c\n  }\n", 'a: {b: "c"  # c\n  }\n'),
    "comment lines above an entry stay when the maps around it go, each in its column": (
        lambda raw: remove_entry(raw, ["b", "c", "d"]),
        "a: 1\nb:  # of b\n    # why c\n    # so\n\n    c:\n        # why d\n        d: 2  # of d\ne: 3\n",
        "a: 1\n    # why c\n    # so\n        # why d\ne: 3\n",
    ),
    "comment lines above stay when a map is kept empty": (
        lambda raw: remove_entry(raw, ["a", "b", "c", "d"], keep=2),
        "a:\n  b:\n    # why c\n    c:\n      # why d\n      d: 2\n",
        "a:\n  b: {}\n    # why c\n      # why d\n",
    ),
    "comment lines above stay at the end of a file without a line end": (
        lambda raw: remove_entry(raw, ["b", "c"]),
        "a: 1\nb:\n  # why c\n  c: 2",
        "a: 1\n  # why c",
    ),
    "comment lines above stay below a text, which does not take them for its own": (
        lambda raw: remove_entry(raw, ["x", "b", "c"]),
        "x:\n  a: |\n   1\n  b:\n    # why c\n    c: 2\n",
        "x:\n  a: |\n   1\n  # why c\n",
    ),
    "what a list of lists loses is written": (lambda raw: remove_entry(raw, [1, 0]), "- a\n- - b", "- a\n- []"),
    "an empty document takes an entry between its marks": (lambda raw: add_entry(raw, ["a"], "c"), "---\n...\n", "---\na: c\n...\n"),
    "braces at the root become lines": (lambda raw: add_entry(raw, ["a"], "c"), "# c\n{}\n", "# c\na: c\n"),
    "the last entry of a file goes and leaves the comments": (lambda raw: remove_entry(raw, ["a"]), "# c\na: b\n# d\n", "# c\n# d\n"),
    "a list that becomes empty says so": (
        lambda raw: remove_entry(raw, ["a", 0]),
        "a:  # items\n  # the only one\n  - b\nc: d\n",
        "a: []  # items\n  # the only one\nc: d\n",
    ),
    "brackets that become empty stay": (lambda raw: remove_entry(raw, ["a", 0]), "a: [ b ]\n", "a: [  ]\n"),
    "a map that is to be kept loses its lines": (
        lambda raw: remove_entry(raw, ["a", "b", "c"], keep=2),
        "a:\n  b:  # note\n    c: d\n  e: f\n",
        "a:\n  b: {}  # note\n  e: f\n",
    ),
    "braces with an entry on each line get another line": (
        lambda raw: add_entry(raw, ["a", "d"], 1),
        "a: {\n  b: 1,\n  c: 2\n}\n",
        "a: {\n  b: 1,\n  c: 2,\n  d: 1\n}\n",
    ),
    "braces with an entry on each line lose a line": (
        lambda raw: remove_entry(raw, ["a", "b"]),
        "a: {\n  # first\n  b: 1,  # one\n  # second\n  c: 2\n}\n",
        "a: {\n  # first\n  # second\n  c: 2\n}\n",
    ),
    "the comment of an entry in braces stays a comment": (
        lambda raw: remove_entry(raw, ["a", "b"]),
        "a: {b: 1, # one\n  c: 2}\n",
        "a: { # one\n  c: 2}\n",
    ),
    "a text that begins with blanks cannot stand at column 12": (
        lambda raw: set_text(raw, ["a"], " x\ny"),
        "a: |\n            x\n",
        "a: |2\n   x\n  y\n",
    ),
    "a line end of Unicode is written as an escape": (
        lambda raw: set_text(raw, ["a"], "x\u2028y"),
        "a: b\n",
        'a: "x\\u2028y"\n',
    ),
    "a text keeps an odd indentation": (
        lambda raw: set_text(raw, ["a"], "x\n y"),
        "a: |\n       deep\nb: c\n",
        "a: |\n       x\n        y\nb: c\n",
    ),
    "a comment that a block would swallow makes it a quoted text": (
        lambda raw: set_text(raw, ["a"], "x\ny"),
        "a: b\n      # note\nc: d\n",
        'a: "x\\ny"\n      # note\nc: d\n',
    ),
    "a comment that the text above would swallow is moved to the left": (
        lambda raw: remove_entry(raw, ["b"]),
        "a: |\n  text\nb: c\n\n  # note\nd: e\n",
        "a: |\n  text\n\n# note\nd: e\n",
    ),
    "the blank lines before it go where the text above would keep them": (
        lambda raw: remove_entry(raw, ["b"]),
        "a: |+\n  text\nb: c\n\n  # note\n  # more\n    # deeper\nd: e\n",
        "a: |+\n  text\n# note\n# more\n    # deeper\nd: e\n",
    ),
    "comment lines below the last entry stay when its map goes, in their place and column": (
        lambda raw: remove_entry(raw, ["b", "c"]),
        "a: 1\nb:\n  c: 2\n  # d: 3\n    # e\n\n  # f\n",
        "a: 1\n  # d: 3\n    # e\n\n  # f\n",
    ),
    "comment lines below an edit stay when it goes": (
        lambda raw: remove_entry(raw, ["b", "c"]),
        "b:\n  c:\n    d: 2\n    # e: 3\n  # f\n  g: 1\n",
        "b:\n    # e: 3\n  # f\n  g: 1\n",
    ),
    "comment lines inside what goes stay, those behind a value and those in a text do not": (
        lambda raw: remove_entry(raw, ["e", "s"]),
        (
            "e:\n  s:  # s\n    # x1\n    after:\n      # x2\n      x: |  # x\n        # text\n        text\n\n    # z1\n"
            "    because: 'so\n      # not one'\n    f: {\n      # in\n      a: b}\n    # z2\n  t: 1\n"
        ),
        "e:\n    # x1\n      # x2\n    # z1\n      # in\n    # z2\n  t: 1\n",
    ),
    "comment lines inside the first entry behind a dash stay": (
        lambda raw: remove_entry(raw, [0, "a"]),
        "- a:\n    # x\n    # y\n    b: 1\n  c: 2\n",
        "-\n    # x\n    # y\n  c: 2\n",
    ),
    "comment lines inside the only entry behind a dash stay": (
        lambda raw: remove_entry(raw, [0, "a"], keep=1),
        "- a:\n    # x\n    b: 1\n- c",
        "- {}\n    # x\n- c",
    ),
    "comment lines inside braces stay": (
        lambda raw: remove_entry(raw, ["a", "b"]),
        "a: {b: {\n  # x\n  c: 1}, d: 2}\n",
        "a: {\n  # x\n    d: 2}\n",
    ),
    "comment lines inside keep their line ends": (
        lambda raw: remove_entry(raw, ["a"]),
        "a:\r\n  # x\r\n  b: 1\r\nc: 2\r\n",
        "  # x\r\nc: 2\r\n",
    ),
    "a key gets another name, and all else stays": (
        lambda raw: rename_key(raw, ["e", "x#a"], "x#b"),
        "e:\r\n  # c\r\n  x#a :  # d\r\n    # f\r\n    g: 'it''s'\r\n  y: 1",
        "e:\r\n  # c\r\n  x#b :  # d\r\n    # f\r\n    g: 'it''s'\r\n  y: 1",
    ),
    "a key stays in its quotes": (lambda raw: rename_key(raw, ["a", "b"], "it's"), "a: {'b': 1}\n", "a: {'it''s': 1}\n"),
    "a key gets the quotes that it needs": (lambda raw: rename_key(raw, ["a"], "b: c"), "a: 1\n", '"b: c": 1\n'),
    "a key keeps its name": (lambda raw: rename_key(raw, ["a"], "a"), "'a': 1\n", "'a': 1\n"),
    "a text moves as it is written": (
        lambda raw: move_entry(raw, ["a", "b"], ["c", "d", "e"]),
        "a:\r\n  b: 'it''s'  # note\r\n  x: 1\r\nc:\r\n  y: 2",
        "a:\r\n  x: 1\r\nc:\r\n  y: 2\r\n  d:\r\n    e: 'it''s'  # note",
    ),
    "a text moves to the left, with its lines": (
        lambda raw: move_entry(raw, ["a", "b", "c"], ["d"]),
        "a:\n  b:\n    c: |2-  # note\n        one\n\n      two\n    # below\n",
        "    # below\nd: |2-  # note\n    one\n\n  two\n",
    ),
    "a text moves in front matter": (
        lambda raw: move_entry(raw, ["a"], ["b", "c"], start=4, end=raw.replace("\r\n", "\n").index("---\n", 4)),
        "---\r\na: |\r\n  x\r\nd: 1\r\n---\r\na: {{ not yaml\r\n",
        "---\r\nd: 1\r\nb:\r\n  c: |\r\n    x\r\n---\r\na: {{ not yaml\r\n",
    ),
    "a value on several lines becomes one": (lambda raw: set_text(raw, ["a"], "x"), "a: b\n  c\n  # d\ne: f\n", "a: x\n  # d\ne: f\n"),
    "a boolean is set": (lambda raw: set_value(raw, ["a"], value=False), "a: true # x\n", "a: false # x\n"),
    "a number is set": (lambda raw: set_value(raw, ["a"], 90), "a: '60'\n", "a: 90\n"),
    "front matter alone is read": (
        lambda raw: set_text(raw, ["about"], "{{ x }}", start=4, end=raw.replace("\r\n", "\n").index("---\n", 4)),
        "---\r\nabout: b\r\n---\r\nabout: {{ not yaml\r\n",
        "---\r\nabout: |\r\n  {{ x }}\r\n---\r\nabout: {{ not yaml\r\n",
    ),
    "front matter takes an entry": (
        lambda raw: add_entry(raw, ["moved", "old"], "new", start=4, end=raw.index("---\n", 4)),
        "---\nabout: b\n---\nText\n",
        "---\nabout: b\nmoved:\n  old: new\n---\nText\n",
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_file_keeps_its_shape(case: str) -> None:
    """Each case says so."""
    edit, before, after = WHOLE[case]
    assert edit(before) == after


REFUSED: dict[str, tuple[Callable[[str], str], str]] = {
    "a path that leads nowhere": (lambda raw: set_text(raw, ["vars", "nothing"], "x"), "5:5: there is no `vars` → `nothing`"),
    "a map as a text": (lambda raw: set_text(raw, ["vars"], "x"), "5:5: `vars` is a list or a map, not a text"),
    "a character that is no text": (
        lambda raw: set_text(raw, ["about"], "a\x85b"),
        "2:8: the text for `about` holds the character `U+0085`, which no source may hold",
    ),
    "the same in what is added": (
        lambda raw: add_entry(raw, ["x", "y"], {"z": "a\rb"}),
        "2:1: what is to be added at `x` → `y` holds the character `U+000D`, which no source may hold",
    ),
    "a text that cannot go without quotes": (
        lambda raw: set_text(raw, ["about"], "a: b", as_written=True),
        "2:8: the text for `about` cannot be written without quotes without changing what the lines around it mean",
    ),
    "a key that is there": (lambda raw: add_entry(raw, ["vars", "limit"], 1), "5:12: `vars` → `limit` is there already"),
    "a text on the way": (
        lambda raw: add_entry(raw, ["vars", "limit", "x"], 1),
        "5:12: `vars` → `limit` is no map, so it cannot hold `x`",
    ),
    "an item that is not there": (
        lambda raw: add_entry(raw, ["vars", 3, "x"], 1),
        "5:5: there is no `vars` → item 4 → `x`, and items of lists cannot be added",
    ),
    "a neighbour that is not there": (
        lambda raw: add_entry(raw, ["vars", "x"], 1, after="y"),
        "5:5: there is no `y` to put `x` after",
    ),
    "a key of no line": (
        lambda raw: add_entry(raw, ["vars", "a\nb"], 1),
        "5:5: `vars` → `a\nb` cannot be added here without changing what the lines around it mean",
    ),
    "an entry that is not there": (lambda raw: remove_entry(raw, ["edits", "x"]), "17:5: there is no `edits` → `x`"),
    "a map does not move": (lambda raw: move_entry(raw, ["vars"], ["x"]), "5:5: there is no text at `vars`"),
    "a block does not move into braces": (
        lambda raw: move_entry(raw, ["edits", "checklists/api#paging", "replace"], ["vars", "names", "x"]),
        "19:18: `edits` → `checklists/api#paging` → `replace` cannot stand at `vars` → `names` → `x` as it is written",
    ),
    "a key that is not there gets no name": (lambda raw: rename_key(raw, ["edits", "x"], "y"), "17:5: there is no key `edits` → `x`"),
    "an item has no name": (lambda raw: rename_key(raw, ["people", 0], "y"), "29:3: there is no key `people` → item 1"),
    "a name that is taken": (lambda raw: rename_key(raw, ["vars", "limit"], "version"), "5:5: `vars` → `version` is there already"),
    "a name that is no text": (
        lambda raw: rename_key(raw, ["about"], "a\x85b"),
        "2:1: the new name of `about` holds the character `U+0085`, which no source may hold",
    ),
    "a name of two lines": (
        lambda raw: rename_key(raw, ["about"], "a\nb"),
        "2:1: `about` cannot be called `a\nb` without changing what the lines around it mean",
    ),
    "the whole text": (lambda raw: remove_entry(raw, []), "2:1: the whole text cannot be removed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_refused_with_a_place(case: str) -> None:
    """Each case says so."""
    edit, expected = REFUSED[case]
    with pytest.raises(RewriteRefusedError) as refused:
        edit(PROFILE)
    place = refused.value.location
    assert f"{place.line}:{place.column}: {refused.value}" == expected


def test_a_file_with_an_error_is_refused_at_the_error() -> None:
    """What is not understood is not edited."""
    with pytest.raises(RewriteRefusedError) as refused:
        set_text("a: b\nc:\n", ["a"], "x", file="profiles/shop.yaml")
    assert str(refused.value) == "the YAML has an error that has to be mended first: `c` has no value"
    assert str(refused.value.location) == "profiles/shop.yaml:2:1"


def test_a_comma_that_cannot_be_found_is_no_guess() -> None:
    """A comment between a value and its comma would have to go, so the entry stays."""
    with pytest.raises(RewriteRefusedError) as refused:
        remove_entry("a: {b: 1\n  # note\n  , c: 2}\n", ["a", "b"])
    assert str(refused.value) == "`a` → `b` cannot be removed without changing what the lines around it mean"


def test_an_explicit_key_is_left_alone() -> None:
    """A key that is written with a question mark can still get another value."""
    assert set_text("? a\n: b\n", ["a"], "c") == "? a\n: c\n"


# --- the library ------------------------------------------------------------------------------------------------------

PROFILES = sorted((Path(__file__).parent.parent / "profiles").glob("*.yaml"))


def scalars_of(node: YamlNode, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], YamlScalar]]:
    """Return each scalar with its path."""
    if isinstance(node, YamlScalar):
        return [(path, node)]
    parts = list(node.entries.items()) if isinstance(node, YamlMapping) else list(enumerate(node.items))
    return [found for part, child in parts for found in scalars_of(child, (*path, part))]


def maps_of(node: YamlNode, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of each map that is not empty."""
    if not isinstance(node, YamlMapping) or not node.entries:
        return []
    return [path, *(found for key, child in node.entries.items() for found in maps_of(child, (*path, key)))]


def root_of(raw: str) -> YamlMapping:
    """Read a profile."""
    source = SourceFile.from_raw("p.yaml", raw)
    root = parse_yaml(source, 0, len(source.text), Diagnostics())
    assert isinstance(root, YamlMapping)
    return root


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_each_text_of_the_library_can_be_set_and_set_back(path: Path) -> None:
    """Another text in the same style, then the old one: the bytes of before."""
    raw = path.read_bytes().decode()
    for place, scalar in scalars_of(root_of(raw)):
        is_text = isinstance(scalar.value, str)
        changed = set_text(raw, place, "other" if is_text else "7", as_written=not is_text)
        assert changed != raw
        assert set_text(changed, place, scalar.text, as_written=not is_text) == raw


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_an_edit_that_is_added_to_the_library_can_be_removed_again(path: Path) -> None:
    """A new edit of a new address, and a new key in each map of lines: the bytes of before when they go."""
    raw = path.read_bytes().decode()
    added = add_entry(raw, ["edits", "checklists/new#rule"], {"replace": BlockText("Say: this"), "because": "a reason"})
    assert "  checklists/new#rule:\n    replace: |\n      Say: this\n    because: a reason\n" in added
    assert remove_entry(added, ["edits", "checklists/new#rule"]) == raw
    for place in maps_of(root_of(raw)):
        added = add_entry(raw, [*place, "new-key"], "Prompt: text")
        assert remove_entry(added, [*place, "new-key"]) == raw
