"""Rows of tables that name a point, and lead to what the page tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.chosen import anchor
from sim.report.grid import Cell, Row, cell
from sim.report.names import brief_names, glued

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from sim.runner import Result


def named_rows(
    result: Result, rows: Sequence[tuple[Cell, ...]], shown: Container[int]
) -> tuple[Row, ...]:
    """Return *rows* of cells, one for each point of *result*, with its name before them."""
    return tuple(
        Row((cell(glued(name), link=_link(place, shown)), *cells))
        for place, (name, cells) in enumerate(zip(brief_names(result), rows, strict=True))
    )


def number_cell(place: int, shown: Container[int]) -> Cell:
    """Return the number of the point at *place*, which leads to it if it is *shown*."""
    return cell(str(place + 1), link=_link(place, shown))


def _link(place: int, shown: Container[int]) -> str:
    return anchor(place) if place in shown else ""
