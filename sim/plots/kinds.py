"""Systems side by side: a row for each kind, a panel for each of two estimates.

Kinds have no order and no distance, so that no line joins them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.plots.page import ARROW, BLUE, VERMILLION, caption, draw_arrow, page, tidy
from sim.plots.scales import scale_of
from sim.wording import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.plots.scales import Scale
    from sim.runner import Result

KINDS = {"preset", "broker.shape"}
"""What tells systems apart."""

_ROW = 0.28  # inches


def are_kinds(result: Result) -> bool:
    """Return whether the points of *result* differ in the kind of system only."""
    return all(len(at) == 1 and at.keys() <= KINDS for at in (p.parameters for p in result.points))


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
    figure = page(result.points, 9.0, 2.2 + _ROW * len(result.points), notes)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, scale, colour, marker in zip(
        panels, scales, (BLUE, VERMILLION), ("o", "s"), strict=True
    ):
        _draw(axes, scale, colour, marker)
    names = [written(next(iter(point.parameters.values()))) for point in result.points]
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.5, -0.5)  # the first on top
    if result.experiment.question:
        caption(panels[0], result.experiment.question)
    return figure


def _draw(axes: Axes, scale: Scale, colour: str, marker: str) -> None:
    scale.prepare(axes, "x")
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
    for place in places[scale.bounded].tolist():
        draw_arrow(axes, (float(scale.values[place]), place), (-ARROW, 0), colour, marker)
