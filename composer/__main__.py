"""The command: ``agent-composer``, and ``python -m composer``."""

import os
import sys

from composer import __version__

__all__ = ["main", "run_process"]


def run_process() -> None:
    """Run the command as all that this process is for.

    A Python that ends takes apart whatever there is, object by object, which for a large workspace takes a twentieth of the whole run.
    What is to be written is written by then, so the process is left to the system as it is.
    """
    try:
        main()
    except SystemExit as ended:  # it keeps the values of the run
        _leave(ended.code or 0)
        raise
    _leave(0)


def _leave(code: object) -> None:
    """End the process if there is nothing left to tell."""
    if isinstance(code, int) and _is_flushed():
        os._exit(code)


def _is_flushed() -> bool:
    """Write what was printed; tell whether all of it could be delivered."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # Python's own end tells of that
        return False
    return True


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
    run_process()
