"""A stream that text goes to: Rich where people look, plain text without a wrap anywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal, TextIO

from composer.records import dataclass

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Screen"]

_CONTROLS: Final = {code: "·" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
"""What a file could steer a reader's terminal with."""

_GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class Screen:
    """Standard output or standard error."""

    stream: TextIO
    has_color: bool = True

    @property
    def is_terminal(self) -> bool:
        """Whether people look at it."""
        return self.stream.isatty()

    def line(self, text: str = "", style: str = "", *, first_line_only: bool = False) -> None:
        """Print lines; on a terminal in a style, all of them or the first that is not blank."""
        if not self.is_terminal:
            self.stream.write(f"{text}\n")
            return
        from rich.text import Text  # noqa: PLC0415 - only for people

        shown = Text(text.translate(_CONTROLS))
        start = len(text) - len(text.lstrip("\n"))
        end = text.find("\n", start) if first_line_only else -1
        shown.stylize(style, start, end if end >= 0 else len(text))
        self.console().print(shown, soft_wrap=True)

    def diff(self, text: str) -> None:
        """Print a unified diff, coloured on a terminal."""
        styles = {"+++": "bold", "---": "bold", "@@": "cyan", "+": "green", "-": "red"}
        for line in text.removesuffix("\n").split("\n"):
            self.line(line, next((style for mark, style in styles.items() if line.startswith(mark)), ""))

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[str]], *, widest: int | None = None) -> None:
        """Print a table: columns side by side, a row for each line where nobody looks; there cells are cut to ``widest`` characters."""
        rows = [tuple(row if self.is_terminal else (_cut(cell, widest) for cell in row)) for row in rows]
        if not rows:
            return
        if self.is_terminal:
            self._rich_table(headers, rows)
            return
        widths = [max(len(cells[column]) for cells in (tuple(headers), *rows)) for column in range(len(headers))]
        for cells in (tuple(header.upper() for header in headers), *rows):
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            self.stream.write(f"{_GAP.join(padded).rstrip()}\n")

    def _rich_table(self, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        from rich.table import Table  # noqa: PLC0415 - only for people
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for header in headers:
            table.add_column(header, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell.translate(_CONTROLS)) for cell in row))
        self.console().print(table)

    def console(self) -> Console:
        """Return Rich's console for this stream."""
        from rich.console import Console  # noqa: PLC0415 - only for people

        # Rich's own `no_color` keeps bold; who wants no colours wants no escape sequences.
        system: Literal["auto"] | None = "auto" if self.has_color else None
        return Console(file=self.stream, color_system=system, highlight=False, markup=False, emoji=False)


def _cut(cell: str, widest: int | None) -> str:
    return cell if widest is None or len(cell) <= widest else f"{cell[: widest - 1]}…"
