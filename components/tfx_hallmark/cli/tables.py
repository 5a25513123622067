"""Tables for people: aligned columns, of which the last one, free text, gets the room that is left.

Piped, every row is one line, however long. On a terminal the last column is wrapped beside the
others, or, where they leave too little room, below them.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tfx_hallmark.answers.text import escape

Cell: TypeAlias = "str | tuple[str, str]"  # text, or text with a rich style

STATUS_STYLES = {
    "published": "green",
    "adopted": "green",
    "refused": "red",
    "quarantined": "magenta",
    "tagged": "yellow",
}
KIND_STYLES = {**STATUS_STYLES, "rolled_back": "bold yellow", "promoted": "green"}

_UNLIMITED = 1_000_000
_GAP = "  "
_LEAST_ROOM = 30  # columns of the screen; with fewer, text beside a table is hard to read
_INDENT = 4


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command to say how it ends; rich would end the process with 1."""
        raise


class Page:
    """What one command prints for people, on standard output.

    All text is taken literally: rich markup in it means nothing, control characters are written out.
    """

    def __init__(self) -> None:
        piped = not sys.stdout.isatty() and not os.environ.get("COLUMNS")
        self._console = _Terminal(
            width=_UNLIMITED if piped else None, markup=False, highlight=False, emoji=False
        )

    def line(self, *cells: Cell) -> None:
        """Print one paragraph made of pieces of text."""
        self._console.print(Text.assemble(*map(_literal, cells)), overflow="fold")

    def heading(self, text: str) -> None:
        """Print the title of a section, after an empty line."""
        self.line("")
        self.line((text, "bold"))

    def facts(self, pairs: Iterable[tuple[str, Cell]]) -> None:
        """Print names with their values, a line each."""
        _Layout(self._console, [_literals(((f"{name}:", "dim"), value)) for name, value in pairs]).print()

    def table(
        self, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Sequence[int] = ()
    ) -> None:
        """Print rows under headers.

        Args:
            headers: One per column.
            rows: As many cells each; free text in the last.
            right: Columns of numbers, to be aligned right; not the last.
        """
        literals = [_literals([(header.upper(), "dim") for header in headers]), *map(_literals, rows)]
        layout = _Layout(self._console, literals, right=right)
        if not layout.beside:
            literals[0][-1] = ("", "")
        layout.print()


class _Layout:
    """Where the columns of a table stand.

    Args:
        console: What it is printed on.
        rows: All rows, of equal length: text safe to print, with its style.
        right: Columns to be aligned right.
    """

    def __init__(
        self, console: Console, rows: list[list[tuple[str, str]]], *, right: Sequence[int] = ()
    ) -> None:
        self._console = console
        self._rows = rows
        self._right = right
        *widths, widest = (max(cell_len(text) for text, _ in column) for column in zip(*rows, strict=True))
        used = sum(widths) + len(_GAP) * len(widths)
        self._widths = widths
        self._screen = console.width
        self.beside = self._screen - used >= min(_LEAST_ROOM, widest)
        self._at = used if self.beside else _INDENT

    def print(self) -> None:
        """Print the rows."""
        for *cells, last in self._rows:
            line = Text()
            for index, ((text, style), width) in enumerate(zip(cells, self._widths, strict=True)):
                blank = " " * (width - cell_len(text))
                right = index in self._right
                line.append(blank if right else "").append(text, style).append("" if right else blank)
                line.append(_GAP)
            below = self._wrapped(*last)
            if self.beside:
                line.append_text(below.pop(0))
            for piece in (line, *(Text(" " * self._at) + piece for piece in below)):
                piece.rstrip()
                self._console.print(piece, no_wrap=True, overflow="ignore", crop=False)

    def _wrapped(self, text: str, style: str) -> list[Text]:
        room = max(self._screen - self._at, 1)
        if cell_len(text) <= room:
            return [Text(text, style)] if text or self.beside else []
        return list(Text(text, style).wrap(self._console, room))


def _literals(cells: Iterable[Cell]) -> list[tuple[str, str]]:
    return [_literal(cell) for cell in cells]


def _literal(cell: Cell) -> tuple[str, str]:
    text, style = (cell, "") if isinstance(cell, str) else cell
    return escape(text), style
