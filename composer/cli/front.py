"""The front door: where every run of the command begins.

It reads the words of `build` and `check` by their table, and runs them without Typer, whose import alone takes longer than many a check.
Where nothing has changed since a run found everything in order, it says so at once. What it does not know for sure (help, a mistake, any
other command) is Typer's.
"""

from __future__ import annotations

import os
import sys

from composer.cli.answers import as_on_disk_text, unchanged_text
from composer.cli.grammar import BUILD, COMMANDS, COMMON, Command, Flag, Number, Option, Value, Words

TYPE_CHECKING = False  # as in `grammar`: every import here is paid for by each run
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import NoReturn

    Given = bool | int | str | list[str]

__all__ = ["Request", "main", "read_request"]


class Request:
    """A command line that was understood: the command, and what was given, by the names of its table."""

    def __init__(self, command: Command) -> None:
        """Begin with nothing given."""
        self.command = command
        self.given: dict[str, Given] = {}


def read_request(words: Sequence[str]) -> Request | None:
    """Read a command line as Typer would; None for all that is not plainly right, and so for Typer to judge."""
    if os.name == "nt" and any(mark in word for word in words for mark in "*?~$%"):  # Typer expands these there
        return None
    request: Request | None = None
    given: dict[str, Given] = {}
    options = _by_word(COMMON)
    rest = iter(words)
    for word in rest:
        if word[:1] == "-" or request is not None:
            if not _take(word, rest, options, given):
                return None
        elif word in COMMANDS:
            request = Request(COMMANDS[word])
            options = _by_word((*COMMON, *request.command.options))
        else:
            return None
    if request is not None:
        request.given = given
    return request


def _by_word(options: Sequence[Option]) -> dict[str, Option]:
    """Key options by each of their words; the arguments by none."""
    return {word: option for option in options for word in option.words or ("",)}


def _take(word: str, rest: Iterator[str], options: dict[str, Option], given: dict[str, Given]) -> bool:
    """Take one word, and the value that follows it; tell whether it is plainly right."""
    name, equals, value = word.partition("=") if word[:2] == "--" else (word, "", "")
    option = options.get(name if word[:1] == "-" else "")
    if isinstance(option, Flag) and not equals:
        given[option.name] = True
        return True
    if option is None or isinstance(option, Flag):
        return False
    if not option.words:
        value = word
    elif not equals:
        value = next(rest, "-")
    if value[:1] == "-" or not value:
        return False
    if isinstance(option, Words):
        values = given.setdefault(option.name, [])
        assert isinstance(values, list)  # noqa: S101 - for the type checker
        values.append(value)
        return True
    if isinstance(option, Number):
        given[option.name] = int(value) if value.isascii() and value.isdigit() else 0
        return given[option.name] != 0
    given[option.name] = value
    return not (isinstance(option, Value) and option.choices and value not in option.choices)


def main() -> None:
    """Run the command line of the process, and end it with its exit code."""
    words = sys.argv[1:]
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - open until the end of the process
    request = read_request(words)
    if request is not None:
        if not _tell_if_settled(request):
            _run(request, words)
        sys.exit(0)
    import gc  # noqa: PLC0415 - see above

    # The values of a run hold no circles worth a search, and the process ends with it.
    gc.disable()
    if "--no-color" in words:
        # Help and usage errors are printed by Typer, which looks here alone.
        os.environ["NO_COLOR"] = "1"
    from composer.cli.app import main as run  # noqa: PLC0415 - Typer, and all commands

    run()


def _tell_if_settled(request: Request) -> bool:
    """Answer a plain question about a workspace that has not changed since everything was in order; tell whether it could be answered."""
    if not request.given.keys() <= {"profiles", "workspace", "quiet", "no_color"}:
        return False
    from composer.cache.settled import find_settled  # noqa: PLC0415 - see above
    from composer.home import find_root  # noqa: PLC0415

    folder, profiles = request.given.get("workspace", "."), request.given.get("profiles", [])
    assert isinstance(folder, str)  # noqa: S101 - for the type checker
    assert isinstance(profiles, list)  # noqa: S101 - as above
    root = find_root(folder)
    settled = find_settled(root, (request.command.name, *profiles)) if root is not None else None
    is_quiet = "quiet" in request.given
    if settled is None or (settled.remarks and not is_quiet and sys.stderr.isatty()):  # there they are coloured
        return False
    if not is_quiet:
        files = settled.outputs
        sys.stdout.write(f"{unchanged_text(files) if request.command is BUILD else as_on_disk_text(files)}\n")
        sys.stdout.flush()
        sys.stderr.write(settled.remarks)
    return True


def _run(request: Request, words: Sequence[str]) -> NoReturn:
    """Run the command and end with its exit code: within, so that whoever ends the process has its values still."""
    import gc  # noqa: PLC0415 - see above

    gc.disable()
    from importlib import import_module  # noqa: PLC0415 - see above
    from pathlib import Path  # noqa: PLC0415

    from composer.cli.failure import end_run, print_any_character  # noqa: PLC0415
    from composer.cli.session import Session  # noqa: PLC0415

    values: dict[str, object] = {}
    for option in (*COMMON, *request.command.options):
        value: object = request.given.get(option.name, False if isinstance(option, Flag) else None)
        is_path = isinstance(option, Value) and not option.choices
        values[option.name] = Path(value) if is_path and isinstance(value, str) else value
    session = Session(request.command.name)
    session.keep(**{option.name: values.pop(option.name) for option in COMMON})  # type: ignore[arg-type]
    print_any_character()
    try:
        import_module(request.command.module).run(session, **values)
        # What cannot be delivered shows only now.
        sys.stdout.flush()
    except BaseException as error:
        code = end_run(error, session, words)
        if code is None:
            raise
        sys.exit(code)
    sys.exit(0)
