"""The command: ``agent-composer``, and ``python -m composer``."""

import sys

from composer import __version__

__all__ = ["main"]


def main() -> None:
    """Run the command and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:  # without all that a command needs: scripts ask for it often
        print(f"agent-composer {__version__}")  # noqa: T201 - the answer
        return
    try:
        from composer.cli.front import main as run  # noqa: PLC0415 - as said above

        run()
    except KeyboardInterrupt:  # before there was a run that could end of it
        sys.exit(130)  # the code of `composer.cli.failure`, which may not be there yet


if __name__ == "__main__":
    main()
