"""Rare events at all points of a sweep: what was sought, how well it was seen, and its causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.ledger import Cause
from sim.numerals import probability
from sim.rare import target
from sim.report.grid import Cell, Column, Grid, cell, column, from_rich, quiet
from sim.report.rows import named_rows
from sim.tables.rare import WAYS, rare_table
from sim.wording import interval_text, value_text

if TYPE_CHECKING:
    from collections.abc import Container

    from sim.runner import PointResult, Result


def rare_overview(result: Result, shown: Container[int]) -> Grid | None:
    """Return what was sought at each point, and how well it was seen; None if nothing was."""
    rows: list[tuple[Cell, ...]] = []
    headings: tuple[Column, ...] = ()
    for point in result.points:
        table = rare_table(point)
        if table is None or point.rare is None:
            rows.append((cell(quiet("not sought")),))
            continue
        grid = from_rich(table)
        headings = grid.columns[1:]
        name = target(point.experiment)
        found = [row.cells[1:] for row in grid.rows if row.cells[0].plain == name]
        way = cell(f"{name},", f"by {WAYS[point.rare.method.name]}")
        rows.append((way, *(found[0] if found else _left_to_plain(point, name))))
    if not headings:
        return None
    width = len(headings) + 1
    filled = [(*row, *[cell(quiet("-"))] * (width - len(row))) for row in rows]
    return Grid(
        caption="Rare events: what was sought, and how well it was seen",
        columns=(column("point"), column("sought", "whole"), *headings),
        rows=named_rows(result, filled, shown),
    )


def _left_to_plain(point: PointResult, name: str) -> tuple[Cell, ...]:
    """Return value and interval of what the plain replications see better."""
    made = point.estimates[name]
    return cell(value_text(name, made)), cell(
        interval_text(name, made), quiet("plain replications")
    )


def rare_causes(result: Result, shown: Container[int]) -> Grid | None:
    """Return what the rare losses are due to, as shares of all messages; None if none was seen."""
    each = [
        {cause: float(point.rare.causes[cause]) for cause in Cause if point.rare.causes[cause] > 0}
        if point.rare
        else {}
        for point in result.points
    ]
    found = list(dict.fromkeys(cause for causes in each for cause in causes))
    if not found:
        return None
    rows = [
        tuple(
            cell(probability(causes[cause])) if cause in causes else cell(quiet("none seen"))
            for cause in found
        )
        for causes in each
    ]
    return Grid(
        caption="Causes of loss, as often as they are: shares of all messages",
        columns=(column("point"), *(column(cause.name.lower(), "number") for cause in found)),
        rows=named_rows(result, rows, shown),
    )
