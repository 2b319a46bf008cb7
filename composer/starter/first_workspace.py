"""A workspace to begin with: the shared library, and one commented profile that builds at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from composer.errors import Diagnostic, Diagnostics, Note
from composer.files.destination import Destination
from composer.files.disk_errors import change_files, report_disk_error
from composer.files.transaction import Change
from composer.home import WORKSPACE_FILE
from composer.naming import kebab_case
from composer.records import dataclass
from composer.schema.shapes import fragment_schema, profile_schema, workspace_schema
from composer.source import unlocated
from composer.stages.write import WriteScope
from composer.starter.pack import open_pack, read_first_file

__all__ = ["NewFiles", "create_files", "fill", "plan_workspace"]

_WITHOUT_NAME: Final = "my-project"


@dataclass(frozen=True, slots=True)
class NewFiles:
    """Files to make, by path relative to a workspace; ``name`` is what they are for: a profile, a fragment, an agent.

    ``remarks`` are what could be better, though it is not wrong.
    """

    name: str
    contents: Mapping[str, bytes]
    remarks: tuple[Diagnostic, ...] = ()


def plan_workspace(folder: Path, *, with_examples: bool) -> NewFiles:
    """Choose the files of a new workspace in ``folder``, whose name gives the profile its own.

    Args:
        folder: where the workspace will be; it need not be there yet.
        with_examples: whether to bring the profiles of the projects that the library was written for, too.
    """
    pack = open_pack()
    contents = {**pack.shared, **(pack.examples if with_examples else {})}
    name = kebab_case(folder.resolve().name) or _WITHOUT_NAME
    # The name of a layer, or of a project that is brought along, is taken.
    if f"profiles/{name}.yaml" in {*pack.shared, *pack.examples}:
        name = f"{name}-project"
    for kind, schema in (("profile", profile_schema()), ("fragment", fragment_schema()), ("workspace", workspace_schema())):
        contents[f"schemas/{kind}.schema.json"] = _print_schema(schema)
    contents[WORKSPACE_FILE] = b"# yaml-language-server: $schema=schemas/workspace.schema.json\n\n" + contents[WORKSPACE_FILE]
    contents[f"profiles/{name}.yaml"] = fill(read_first_file("starter.yaml"), name=name).encode()
    return NewFiles(name, dict(sorted(contents.items())))


def fill(text: str, **values: str) -> str:
    """Put values in the place of ``%name%`` in a first file. A line that holds nothing else goes where its value is empty."""
    for name, value in values.items():
        if not value:
            text = text.replace(f"%{name}%\n", "")
        text = text.replace(f"%{name}%", value)
    return text


def _print_schema(schema: Mapping[str, Any]) -> bytes:
    return (json.dumps(schema, indent=2) + "\n").encode()


def create_files(files: NewFiles, destination: Destination, output: str = "output") -> tuple[Diagnostic, ...]:
    """Make files that are not there yet: all of them, or none where anything is in the way.

    Args:
        files: what to make.
        destination: the folder of the workspace.
        output: the name of its folder for outputs.

    Returns:
        What a run that was cut short has left.

    Raises:
        ComposerError: naming everything that is in the way, or what could not be written.
    """
    found = Diagnostics()

    def look(problems: Diagnostics) -> list[Change]:
        _refuse_existing(files, destination, problems)
        return [Change(path, None, content) for path, content in files.contents.items()]

    change_files(destination, WriteScope(frozenset(), output).may_write, look, found)
    return tuple(found)


def _refuse_existing(files: NewFiles, destination: Destination, diagnostics: Diagnostics) -> None:
    in_the_way: list[str] = []
    for path in files.contents:
        try:
            if destination.read(path) is not None:
                in_the_way.append(path)
        except OSError as error:
            report_disk_error(path, error, "written", diagnostics)
    if not in_the_way:
        return
    first, *others = in_the_way
    more = f", and {len(others)} more" if others else ""
    hint = "nothing was written: choose another folder or name, or move away what is there"
    notes = [Note(f"`{PurePosixPath(path)}` is there too") for path in others]
    diagnostics.error("already-there", f"`{first}` is there already{more}", unlocated(first), hint, notes)
