"""What `build` and `check` take on the command line, said once: Typer gets its options from here, the front door reads words by it.

It is read at the start of every run, so it imports nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the module `typing` alone would take a third of the time in which a check can be answered
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

__all__ = ["BUILD", "CHECK", "COMMANDS", "COMMON", "INTO", "OVERRIDES", "PROFILES", "Command", "Flag", "Number", "Option", "Value", "Words"]


class Option:
    """One option or argument: its name in Python, the words that give it, and what its help says."""

    def __init__(self, name: str, words: tuple[str, ...], help: str, *, metavar: str = "") -> None:  # noqa: A002 - as Typer calls it
        """Keep what is given; an argument has no words of its own."""
        self.name = name
        self.words = words
        self.help = help
        self.metavar = metavar


class Flag(Option):
    """Is there, or is not: a bool."""


class Value(Option):
    """Is followed by one word: a path, or one of ``choices``."""

    def __init__(
        self,
        name: str,
        words: tuple[str, ...],
        help: str,  # noqa: A002 - as above
        *,
        metavar: str = "",
        choices: tuple[str, ...] = (),
    ) -> None:
        """Keep what is given."""
        super().__init__(name, words, help, metavar=metavar)
        self.choices = choices


class Number(Option):
    """Is followed by one word: a whole number, 1 or more."""


class Words(Option):
    """May be given several times, as an option or, without words, as the arguments: a list of str."""


class Command:
    """A command, the module that answers it, which has a ``run``, and what it takes beside the common options."""

    def __init__(self, name: str, module: str, options: Sequence[Option]) -> None:
        """Keep what is given."""
        self.name = name
        self.module = module
        self.options = tuple(options)


COMMON: Final = (
    Value("workspace", ("--workspace", "-w"), "The workspace, if not the folder you are in or one above.", metavar="DIR"),
    Flag("json", ("--json",), "Answer with one JSON document."),
    Flag("verbose", ("--verbose", "-v"), "Tell more."),
    Flag("quiet", ("--quiet", "-q"), "Tell only what is wrong."),
    Flag("no_color", ("--no-color",), "No colours; so does NO_COLOR."),
)
"""What every command takes."""

PROFILES: Final = Words("profiles", (), "The profiles; all that are not abstract if none is named.", metavar="PROFILE")
OVERRIDES: Final = Words(
    "overrides",
    ("--set",),
    "Set a variable for this run; it beats every layer. Lists are written with commas. May be given several times.",
    metavar="NAME=VALUE",
)
INTO: Final = Value("into", ("--into",), "The tree of one profile straight in this project, instead of the output folder.", metavar="DIR")
NO_CACHE: Final = Flag("no_cache", ("--no-cache",), "Compose everything anew; neither use what earlier runs found out nor keep it.")

JOBS: Final = Number(
    "jobs", ("--jobs", "-j"), "How many processes compose; as many as pay, if it is not given. The outputs are the same.", metavar="N"
)

BUILD: Final = Command(
    "build",
    "composer.cli.build",
    (
        PROFILES,
        Flag("dry_run", ("--dry-run", "-n"), "Write nothing; tell what would be written."),
        OVERRIDES,
        INTO,
        Flag("overwrite", ("--overwrite",), "Replace files that others made or edited; a copy of each is kept."),
        JOBS,
        NO_CACHE,
        Flag("watch", ("--watch",), "Build, and build again what an edit touches whenever a source is saved, until Ctrl-C."),
        Flag("profile_stages", ("--profile-stages",), "Tell how long each stage took."),
    ),
)
CHECK: Final = Command(
    "check",
    "composer.cli.check",
    (
        PROFILES,
        OVERRIDES,
        INTO,
        Value("format", ("--format",), "How to answer; --json is short for json.", choices=("text", "json", "github")),
        JOBS,
        NO_CACHE,
    ),
)
COMMANDS: Final = {command.name: command for command in (BUILD, CHECK)}
