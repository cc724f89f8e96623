"""All points of a sweep: one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.numerals import count
from sim.tables.checks import verdicts
from sim.tables.style import BAD, QUIET, table
from sim.wording import never_seen, short_text, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sim.runner import PointResult, Result

ALWAYS = (
    "lost",
    "silent_loss",
    "duplicated",
    "confirmed",
    "sends_per_message",
    "confirm_latency_p99",
)
"""Estimates that every sweep shows, after those of its plot."""

_GAP = 2


def sweep_tables(result: Result, width: int) -> list[Table]:
    """Return one row per point, in as many tables as it takes to fit *width* columns.

    Each table repeats what was varied.
    """
    keys = list(result.points[0].parameters)
    left = [
        _Column(key.replace(".", ".\n"), [Text(written(p.parameters[key])) for p in result.points])
        for key in keys
    ]
    right = [_estimate_column(result.points, name) for name in shown_estimates(result)]
    right.append(_Column("checks", [verdicts(point.checks) for point in result.points]))
    tables = [_table([*left, *block]) for block in _blocks(right, width - _width(left))]
    tables[0].title = f"{count(len(result.points))} points"
    return tables


def shown_estimates(result: Result) -> list[str]:
    """Return the names of the estimates in the table: the plot's, then `ALWAYS`."""
    plot = result.experiment.plot
    return list(dict.fromkeys((plot.x, plot.y, *ALWAYS)))


class _Column:
    """A heading, which may break at spaces, and a cell per point."""

    def __init__(self, heading: str, cells: list[Text]) -> None:
        self.heading = heading
        self.cells = cells

    @property
    def width(self) -> int:
        """Columns of the screen, so that nothing but the heading has to break."""
        parts = [*self.heading.split(), *(cell.plain for cell in self.cells)]
        return max(map(len, parts))


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width + _GAP for column in columns)


def _blocks(columns: Sequence[_Column], width: int) -> list[list[_Column]]:
    """Return *columns* in groups that fit *width*; each has one column at least."""
    blocks: list[list[_Column]] = [[]]
    for column in columns:
        if blocks[-1] and _width([*blocks[-1], column]) > width:
            blocks.append([])
        blocks[-1].append(column)
    return blocks


def _table(columns: Sequence[_Column]) -> Table:
    shown = table(None)
    for column in columns:
        shown.add_column(Text(column.heading), justify="right", min_width=column.width)
    for cells in zip(*(column.cells for column in columns), strict=True):
        shown.add_row(*cells)
    return shown


def _estimate_column(points: Sequence[PointResult], name: str) -> _Column:
    cells = []
    for point in points:
        estimate = point.estimates[name]
        style = "" if estimate.defined and not never_seen(name, estimate) else QUIET
        if name == "silent_loss" and estimate.value > 0:
            style = BAD
        cells.append(Text(short_text(name, estimate), style=style))
    return _Column(name.replace("_", " "), cells)
