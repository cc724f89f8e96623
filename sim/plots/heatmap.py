"""An estimate over two swept keys: a cell for each pair of values, with the value in it."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle

from sim.numerals import NOT_DEFINED, quantity
from sim.plots.asked import estimate_named
from sim.plots.grid import grid_of
from sim.plots.page import GREY, SMALL, caption, log_locator, page
from sim.plots.scales import scale_of
from sim.wording import interval_text, why_undefined, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.plots.grid import Grid
    from sim.plots.scales import Scale
    from sim.runner import PointResult, Result

COLOURS = "cividis_r"
"""Even to the eye, the same to the colour-blind and in grey print; more is darker."""

_NARROW = 7  # columns, from which on cells hold no interval
_HATCH = "////"
_PER_INCH = 8  # characters of a label along the height
_CELL = (1.15, 0.62)  # inches
_LIGHT = 0.45  # luminance, below which black cannot be read


def plot_heatmap(
    result: Result,
    x: str | None = None,
    y: str | None = None,
    estimate: str | None = None,
    point: PointResult | None = None,
) -> Figure:
    """Draw *estimate* over the swept keys *x* and *y*, by default the two with the most values.

    The estimate is by default the vertical one of the file's ``[plot]``. Other keys are fixed as
    they are at *point*, by default at the first one; the caption tells how. Cells are hatched, and
    hold the upper bound, where nothing was seen: there is no value that a colour could stand for.

    Raise a `PictureError` if there are no two keys that span a grid.
    """
    name = estimate_named(estimate or result.experiment.plot.y)
    grid = grid_of(result, x, y, point or result.points[0])
    scale = scale_of(name, [at.estimates[name] for at in grid.points])
    columns, rows = len(grid.across.levels), len(grid.along.levels)
    width = max(7.0, 2.6 + _CELL[0] * min(columns, 10) + 0.3 * max(0, columns - 10))
    height = max(4.0, 2.2 + _CELL[1] * rows)
    figure = page(grid.points, width, height, [*_notes(scale), *grid.notes])
    axes = figure.subplots()
    caption(axes, "\n".join(filter(None, [result.experiment.question, grid.fixed])))
    norm = _norm(scale)
    for place, at in enumerate(grid.points):
        _draw_cell(axes, grid, scale, place, at, norm)
    _sides(axes, grid)
    if norm is not None:
        _draw_bar(figure, axes, scale, norm)
    return figure


def _norm(scale: Scale) -> Normalize | None:
    """Return how values become colours; None if there are none."""
    seen = scale.values[~scale.bounded & ~np.isnan(scale.values)]
    if not seen.size:
        return None
    low, high = float(seen.min()), float(seen.max())
    if scale.logarithmic:
        # One colour for all would look like a difference to a scale of nothing.
        return LogNorm(low / 1.5, high * 1.5) if high < 2.0 * low else LogNorm(low, high)
    return Normalize(low, high) if high > low else Normalize(0.5 * low, 1.5 * high or 1.0)


def _draw_bar(figure: Figure, axes: Axes, scale: Scale, norm: Normalize) -> None:
    low, high = float(norm.vmin or 0.0), float(norm.vmax or 1.0)
    bar = figure.colorbar(ScalarMappable(norm, COLOURS), ax=axes, pad=0.02)
    bar.set_label(
        textwrap.fill(scale.label, round(figure.get_figheight() * _PER_INCH)), parse_math=False
    )
    bar.ax.minorticks_off()
    bar.ax.yaxis.set_major_formatter(scale.formatter())
    if scale.logarithmic:
        bar.ax.yaxis.set_major_locator(log_locator(low, high))


def _draw_cell(
    axes: Axes, grid: Grid, scale: Scale, place: int, at: PointResult, norm: Normalize | None
) -> None:
    column, row = int(grid.across.cells[place]), int(grid.along.cells[place])
    value, bounded = float(scale.values[place]), bool(scale.bounded[place])
    corner = (column - 0.5, row - 0.5)
    text, ink = _value_text(scale, place), GREY
    if norm is None or bounded or math.isnan(value):
        hatch = _HATCH if bounded else None
        face = "white" if bounded else "0.93"
        axes.add_patch(Rectangle(corner, 1, 1, facecolor=face, edgecolor="0.8", hatch=hatch))
    else:
        colour = colormaps[COLOURS](norm(value))
        red, green, blue = colour[:3]
        ink = "black" if 0.3 * red + 0.59 * green + 0.11 * blue > _LIGHT else "white"
        axes.add_patch(Rectangle(corner, 1, 1, facecolor=colour, edgecolor="white"))
    small = len(grid.across.levels) > _NARROW
    interval = "" if small or bounded or math.isnan(value) else _interval(scale, at)
    plate = {"facecolor": "white", "edgecolor": "none", "pad": 1.5} if bounded else None
    axes.text(
        column,
        row + (0.13 if interval else 0.0),
        text,
        ha="center",
        va="center",
        color="black" if bounded else ink,
        fontsize=SMALL - 1 if small else SMALL + 1,
        bbox=plate,
    )
    if interval:
        axes.text(
            column, row - 0.22, interval, ha="center", va="center", color=ink, fontsize=SMALL - 2
        )


def _value_text(scale: Scale, place: int) -> str:
    value = float(scale.values[place])
    if math.isnan(value):
        return "-"
    return f"{'< ' if scale.bounded[place] else ''}{quantity(scale.name, value)}"


def _interval(scale: Scale, at: PointResult) -> str:
    """Return the interval of what is drawn, as it is told elsewhere; nothing of one replication."""
    estimate = at.estimates[scale.name]
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return ""
    if scale.complement:
        ends = (1.0 - estimate.high, 1.0 - estimate.low)
        return " to ".join(quantity(scale.name, end) for end in ends)
    return interval_text(scale.name, estimate)


def _sides(axes: Axes, grid: Grid) -> None:
    axes.set_xlim(-0.5, len(grid.across.levels) - 0.5)
    axes.set_ylim(-0.5, len(grid.along.levels) - 0.5)
    axes.set_xticks(range(len(grid.across.levels)), grid.across.texts, parse_math=False)
    axes.set_yticks(range(len(grid.along.levels)), grid.along.texts, parse_math=False)
    if sum(map(len, grid.across.texts)) > 80:
        axes.tick_params(axis="x", labelrotation=30)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(grid.across.key, parse_math=False)
    axes.set_ylabel(grid.along.key, parse_math=False)


def _notes(scale: Scale) -> list[str]:
    notes = []
    if scale.bounded.any():
        notes.append("Hatched: none seen, and the number is an upper bound.")
    if np.isnan(scale.values).any():
        reason = f"{words(scale.name)}: {why_undefined(scale.name)}"
        notes.append(f"Grey: {NOT_DEFINED} ({reason}).")
    return notes
