"""Texts and cells as HTML.

A page of 200 points has 50,000 pieces of text. The template would be asked for each of them, and
take most of the time for that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from sim.report.names import numbers, units

if TYPE_CHECKING:
    from sim.report.grid import Cell, Line

_REMEMBERED = 4096  # texts: most cells say what others say too


def prose(text: str) -> Markup:
    """Return *text*; no line ends within a power of ten, or between a number and its unit."""
    return Markup(_prose(text))  # noqa: S704 - what stands in it is escaped


def line(pieces: Line) -> Markup:
    """Return a line of *pieces*, each in its tone."""
    return Markup(_line(pieces))  # noqa: S704 - see above


def lines(cell: Cell) -> Markup:
    """Return the lines of *cell*, the first of which may lead somewhere."""
    told = [_line(each) for each in cell.lines]
    if cell.link and told:
        told[0] = f'<a href="#{escape(cell.link)}">{told[0]}</a>'
    return Markup("<br>".join(told))  # noqa: S704 - see above


@lru_cache(_REMEMBERED)
def _prose(text: str) -> str:
    parts = [str(escape(part)) for part in numbers(units(str(text)))]
    parts[1::2] = [f'<span class="whole">{part}</span>' for part in parts[1::2]]
    return "".join(parts).strip("\n")


def _line(pieces: Line) -> str:
    told = ((_prose(piece.text), piece.tone) for piece in pieces)
    return "".join(
        f'<span class="{tone}">{text}</span>' if tone else text for text, tone in told
    ).strip()
