"""Tables before they are HTML: cells of lines of text, some with a tone.

What the screen shows already is taken from there (`from_rich`), so that both say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from rich.text import Text

from sim.tables.style import BAD, GOOD, QUIET, WARN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Column as RichColumn
    from rich.table import Table

TONES = {BAD: "bad", WARN: "warn", GOOD: "good", QUIET: "quiet"}
"""The styles of the screen, and what they are called in the page's style sheet."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in one tone: bad, warn, good, quiet, or none."""

    text: str
    tone: str = ""


Line: TypeAlias = tuple[Piece, ...]
Kind: TypeAlias = Literal["", "number", "whole", "long"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Lines of text; `link` is the id of what on the page the first of them leads to."""

    lines: tuple[Line, ...]
    link: str = ""

    @property
    def plain(self) -> str:
        """The text alone."""
        return "\n".join("".join(piece.text for piece in line) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is called, and what it holds: `numbers`, `whole` lines, or `long` sentences."""

    heading: Cell
    kind: Kind = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, the first of which names it; whether a section ends with it."""

    cells: tuple[Cell, ...]
    ends_section: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table with its caption, and a note below it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""


def cell(*lines: str | Piece | Line, link: str = "") -> Cell:
    """Return a cell of *lines*; empty ones are left out."""
    made = [_line(line) for line in lines]
    return Cell(tuple(line for line in made if any(piece.text for piece in line)), link)


def column(heading: str, kind: Kind = "") -> Column:
    """Return a column with the text *heading*."""
    return Column(cell(heading), kind)


def quiet(text: str) -> Piece:
    """Return *text* as something to be read last."""
    return Piece(text, TONES[QUIET])


def from_rich(table: Table) -> Grid:
    """Return a table of `sim.tables` as a grid."""
    cells = [list(map(_cell, column.cells)) for column in table.columns]
    return Grid(
        caption=str(table.title or ""),
        columns=tuple(Column(_cell(column.header), _kind(column)) for column in table.columns),
        rows=tuple(
            Row(tuple(_toned(one, str(row.style or "")) for one in across), row.end_section)
            for row, across in zip(table.rows, zip(*cells, strict=True), strict=True)
        ),
    )


def pieces(text: Text) -> Line:
    """Return one line of *text* as pieces."""
    places = sorted({place for span in text.spans for place in (span.start, span.end)})
    found = []
    for part in text.divide(places):
        styles = [str(span.style) for span in part.spans] or [str(text.style)]
        if part.plain:
            found.append(Piece(part.plain, TONES.get(styles[-1], "")))
    return tuple(found)


def _cell(shown: object) -> Cell:
    text = shown if isinstance(shown, Text) else Text(str(shown))
    return Cell(tuple(pieces(line) for line in text.split("\n", allow_blank=False)))


def _kind(column: RichColumn) -> Kind:
    if column.justify == "right":
        return "number"
    # The two ends of an interval belong on one line.
    return "whole" if column.no_wrap or str(column.header).endswith("interval") else ""


def _toned(one: Cell, style: str) -> Cell:
    """Return the cell *one* of a row with a *style*, which holds where no piece has its own."""
    tone = TONES.get(style)
    if tone is None:
        return one
    return Cell(tuple(_all_in(line, tone) for line in one.lines), one.link)


def _all_in(line: Iterable[Piece], tone: str) -> Line:
    return tuple(Piece(piece.text, piece.tone or tone) for piece in line)


def _line(line: str | Piece | Line) -> Line:
    if isinstance(line, tuple):
        return line
    return (line if isinstance(line, Piece) else Piece(line),)
