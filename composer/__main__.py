"""The command: ``agent-composer``, and ``python -m composer``."""

import sys

from composer import __version__

__all__ = ["main"]


def main() -> None:
    """Run the command and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:  # without all that a command needs: scripts ask for it often
        print(f"agent-composer {__version__}")  # noqa: T201 - the answer
        return
    from composer.cli.front import main as run  # noqa: PLC0415 - as said above

    run()


if __name__ == "__main__":
    main()
