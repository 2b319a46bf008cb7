"""What the system says about a file, as a diagnostic with a way out."""

from __future__ import annotations

from composer.errors import Diagnostics
from composer.files.destination import LeavesRootError
from composer.source import unlocated

__all__ = ["report_disk_error"]


def report_disk_error(path: str, error: OSError, verb: str, diagnostics: Diagnostics) -> None:
    """Report that a file could not be ``read`` or ``written``."""
    place = unlocated(path)
    match error:
        case LeavesRootError():
            hint = "a link on the way leads elsewhere: put a file or folder of its own in its place"
            diagnostics.error("leaves-workspace", f"`{path}` leads out of the workspace", place, hint)
        case IsADirectoryError():
            diagnostics.error("not-a-file", f"`{path}` has to be a file, and something else stands there", place, "move it away")
        case NotADirectoryError() | FileExistsError():
            diagnostics.error("not-a-folder", f"`{path}` needs a folder where a file stands", place, "move the file away")
        case _:
            code = {"read": "cannot-read", "written": "cannot-write"}[verb]
            hint = "see that the file and its folder can be changed, and that the disk has room"
            diagnostics.error(code, f"`{path}` cannot be {verb}: {error.strerror or error}", place, hint)
