"""An estimate over one swept key: a line for each combination of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from sim.plots.asked import PictureError, estimate_named, key_named
from sim.plots.legend import bound_entry, colour_of, line_of, marker_of, width_with, write_legend
from sim.plots.page import ARROW, caption, draw_bounds, page, tidy
from sim.plots.scales import missing, notes_on, scale_of
from sim.plots.series import is_scattered, moved_with, series_of, varied_keys
from sim.plots.varied import varied

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.plots.scales import Scale
    from sim.plots.series import Series
    from sim.plots.varied import Varied
    from sim.runner import Result

MOST_LINES = 28
"""So many lines differ in colour and line style; of more, nobody could follow one."""

_APART = 0.6  # of the distance between two categories, that marks beside each other take


def plot_lines(result: Result, x: str | None = None, y: str | None = None) -> Figure:
    """Draw the estimate *y* over the swept key *x*, with intervals.

    By default *y* is that of the file's ``[plot]`` and *x* the key with the most values. Numbers
    lie where they belong, with bands between them; values without an order stand side by side and
    are not joined. Where nothing was seen, an arrow starts at the upper bound.

    Raise a `PictureError` if nothing is varied, or too much for lines.
    """
    name = estimate_named(y or result.experiment.plot.y)
    key = key_named(result, x) if x is not None else key_along(result)
    across = varied(key, [point.parameters for point in result.points])
    along = scale_of(name, [point.estimates[name] for point in result.points])
    known = np.flatnonzero(~np.isnan(along.values))
    drawn = series_of(result, known.tolist(), key)
    if len(drawn) > MOST_LINES:
        raise PictureError(
            f"lines over {key} would be {len(drawn)}, and {MOST_LINES} is the most that can be told"
            " apart; draw them over another key, or a heatmap of two"
        )
    notes = [*missing(result.points, along), *notes_on(along), *across.notes()]
    notes += moved_with(result, key)
    if is_scattered(result, key):
        notes.append("Points of a design: the other keys differ too, so that no line joins them.")
    bounded = bool(along.bounded[known].any())
    entries = [*_entries(drawn, across), *([bound_entry()] * bounded)]
    figure = page(result.points, width_with(entries, 8.0), 6.0, notes)
    axes = figure.subplots()
    if result.experiment.question:
        caption(axes, result.experiment.question)
    along.prepare(axes, "y")
    across.prepare(axes)
    tidy(axes)
    for index, series in enumerate(drawn):
        shift = _APART * ((index + 0.5) / len(drawn) - 0.5) if across.categorical else 0.0
        _draw(axes, series, across, along, index, shift)
    write_legend(figure, axes, entries)
    return figure


def lines_suit(result: Result) -> bool:
    """Return whether lines over the key that they take by default can be told apart."""
    if not varied_keys(result):
        return False
    places = range(len(result.points))
    return len(series_of(result, places, key_along(result))) <= MOST_LINES


def key_along(result: Result) -> str:
    """Return the key with the most values, several numbers before names; the last of such.

    Raise a `PictureError` if none is varied.
    """
    parameters = [point.parameters for point in result.points]
    keys = varied_keys(result)
    if not keys:
        raise PictureError("lines need a key that is varied, and nothing is varied here")
    lying = [varied(key, parameters) for key in keys]
    ranks = [(one.continuous, len(one.levels), place) for place, one in enumerate(lying)]
    return keys[ranks.index(max(ranks))]


def _draw(
    axes: Axes, series: Series, across: Varied, along: Scale, index: int, shift: float
) -> None:
    places = np.array(series.places)
    places = places[np.argsort(across.values[places], kind="stable")]
    x, y = across.values[places] + shift, along.values[places]
    bounded = along.bounded[places]
    colour, marker = colour_of(index), marker_of(index)
    joined = not (across.categorical or series.scattered)
    if joined:
        # Towards a bound, under which the value may be anything, the line is faint.
        axes.plot(x, y, line_of(index), color=colour, linewidth=0.9, alpha=0.35)
        axes.plot(x, np.where(bounded, np.nan, y), line_of(index), color=colour, linewidth=1.6)
        low, high = np.maximum(along.lows[places], along.limits()[0]), along.highs[places]
        ended = ~(bounded | along.unending[places])
        axes.fill_between(x, low, high, where=ended.tolist(), color=colour, alpha=0.2, linewidth=0)
    axes.errorbar(
        x,
        y,
        yerr=along.errors[:, places],
        fmt="none",
        ecolor=colour,
        elinewidth=1.0,
        capsize=2.5,
    )
    axes.plot(x, y, marker, color=colour, markersize=5)
    if bounded.any():
        draw_bounds(axes, x[bounded], y[bounded], (0, -ARROW), colour, marker)


def _entries(drawn: list[Series], across: Varied) -> list[Artist]:
    return [
        Line2D(
            [],
            [],
            color=colour_of(index),
            marker=marker_of(index),
            linestyle="none" if across.categorical or series.scattered else line_of(index),
            label=series.name,
        )
        for index, series in enumerate(drawn)
        if series.name
    ]
