"""Systems side by side: a row for each kind, a panel for each of two estimates.

Kinds have no order and no distance, so that no line joins them. Points at which many keys move
together are cases of their own, too.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from sim.plots.page import ARROW, BLUE, SMALL, VERMILLION, caption, draw_bounds, page, tidy
from sim.plots.scales import notes_on, scale_of
from sim.wording import short_point_name, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.plots.scales import Scale
    from sim.runner import PointResult, Result

KINDS = {"preset", "broker.shape"}
"""What tells systems apart."""

MANY = 3
"""So many keys that move together make cases."""

_LINE = 0.17  # inches
_INCHES = 10.0
_WIDTH, _QUESTION = 44, 80  # characters


def are_kinds(result: Result) -> bool:
    """Return whether the points of *result* differ in the kind of system, or in many keys."""
    varied = set(result.points[0].parameters)
    together = len(varied) >= MANY and varied <= set(result.experiment.sweep.zip)
    return together or (len(varied) == 1 and varied <= KINDS)


def plot_kinds(result: Result, x: str | None = None, y: str | None = None) -> Figure:
    """Draw the estimates *y* and *x* of all points, by default those of the file's ``[plot]``.

    Intervals are drawn; where nothing was seen, an arrow starts at the upper bound.
    """
    plot = result.experiment.plot
    scales = [
        scale_of(name, [point.estimates[name] for point in result.points])
        for name in (y or plot.y, x or plot.x)
    ]
    bounds = any(scale.bounded.any() for scale in scales)
    notes = (
        ["Open marks with an arrow: none seen, and the mark is an upper bound."] if bounds else []
    )
    notes += notes_on(*scales)
    names = [row_name(point) for point in result.points]
    figure = page(result.points, _INCHES, 2.2 + height_of(names), notes)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, scale, colour, marker in zip(
        panels, scales, (BLUE, VERMILLION), ("o", "s"), strict=True
    ):
        draw_rows(axes, scale, colour, marker)
    name_rows(panels[0], names)
    if result.experiment.question:
        caption(panels[0], textwrap.fill(result.experiment.question, _QUESTION))
    return figure


def height_of(names: Sequence[str]) -> float:
    """Return how high rows with these *names* are together, in inches."""
    return _LINE * sum(name.count("\n") + 1.65 for name in names)


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write the *names* beside the rows of *axes*, the first on top."""
    axes.set_yticks(range(len(names)), names, parse_math=False)
    if any("\n" in name for name in names):
        axes.tick_params(axis="y", labelsize=SMALL)
    axes.set_ylim(len(names) - 0.5, -0.5)


def row_name(point: PointResult) -> str:
    """Return what sets *point* apart, in lines."""
    values = point.parameters
    if len(values) == 1 and values.keys() <= KINDS:
        return written(next(iter(values.values())))
    return textwrap.fill(short_point_name(values), _WIDTH)


def draw_rows(axes: Axes, scale: Scale, colour: str, marker: str, most: int = 4) -> None:
    """Draw the estimate on *scale* into *axes*, a row for each point, the first one at 0.

    A panel is narrow: it has few ticks at *most*.
    """
    scale.prepare(axes, "x", most)
    axes.set_xlabel(axes.get_xlabel().replace(": ", ":\n", 1))
    tidy(axes)
    places = np.arange(len(scale.values))
    seen = ~scale.bounded
    axes.errorbar(
        scale.values[seen],
        places[seen],
        xerr=scale.errors[:, seen],
        fmt=marker,
        color=colour,
        markersize=6,
        elinewidth=1.0,
        capsize=2.5,
    )
    if scale.bounded.any():
        bounds = scale.values[scale.bounded]
        draw_bounds(axes, bounds, places[scale.bounded], (-ARROW, 0), colour, marker)
