"""Edits a YAML file in place: a value is set, added, moved or removed, or a key renamed, and every other byte of the file is as it was.

Comments, order, quotes, indentation, line ends and the byte order mark stay because nothing is printed anew: the strict reader says where
each node stands, and one run of characters is replaced there. A YAML library that keeps comments would print the file again by its own
rules for indentation, line width and quotes, and would have a second opinion of what our sources mean.

Every function proves its work before it returns it: the strict reader has to see the old values with exactly the change that was asked
for, in the same order and with their styles. What cannot be done so is a :class:`RewriteRefusedError`.

What the functions have in common:

- ``raw`` is the text as it stands in the file, with its line ends and its byte order mark, and so is what they return.
- ``start`` and ``end`` bound the YAML where it is a part of a text, as front matter is. They are offsets as in any
  :class:`~composer.source.Location`: characters of :meth:`SourceFile.from_raw`, where line ends are one character.
- ``file`` is the name that a refusal points at.
- A path goes from the root inward: a text is a key of a map, a number an index of a list.
- One line end at the end of a block scalar (``|``) does not count, as everywhere in the language: where a text is written as one, the
  reader may see it with a line end more or less.
"""

from composer.yaml_text.rewrite.adding import add_entry
from composer.yaml_text.rewrite.document import RewriteRefusedError
from composer.yaml_text.rewrite.moving import move_entry
from composer.yaml_text.rewrite.removing import remove_entry
from composer.yaml_text.rewrite.renaming import rename_key
from composer.yaml_text.rewrite.setting import set_text, set_value
from composer.yaml_text.rewrite.writing import BlockText, NewValue

__all__ = ["BlockText", "NewValue", "RewriteRefusedError", "add_entry", "move_entry", "remove_entry", "rename_key", "set_text", "set_value"]
