"""Reliability against latency: every point of a sweep, two estimates against each other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from sim.plots.labels import Label, place_labels
from sim.plots.page import (
    ARROW,
    COLOURS,
    GREY,
    LINES,
    MARKERS,
    SMALL,
    caption,
    draw_arrow,
    page,
    tidy,
)
from sim.plots.scales import notes_on, scale_of
from sim.plots.series import series_of
from sim.wording import point_name, why_undefined, words

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.plots.scales import Scale
    from sim.plots.series import Series
    from sim.runner import Result


_MOST_INSIDE = 6
"""A longer legend stands beside the axes, not in them."""

_MOST_LABELS = 8
"""Of more points of a design, each with many values, the tables tell which is which."""


def plot_tradeoff(result: Result, x: str | None = None, y: str | None = None) -> Figure:
    """Draw the estimates *x* and *y* of all points, by default those of the file's ``[plot]``.

    Intervals are drawn both ways. Probabilities stand on a logarithmic axis; where nothing was
    seen, an arrow starts at the upper bound. Points that lack one of the two are named below.
    """
    plot = result.experiment.plot
    across, along = (
        scale_of(name, [point.estimates[name] for point in result.points])
        for name in (x or plot.x, y or plot.y)
    )
    notes = [*_missing(result, across, along), *notes_on(across, along)]
    figure = page(result.points, 8.0, 6.0, notes)
    axes = figure.subplots()
    if result.experiment.question:
        caption(axes, result.experiment.question)
    across.prepare(axes, "x")
    along.prepare(axes, "y")
    tidy(axes)
    shown = ~np.isnan(across.values) & ~np.isnan(along.values)
    drawn = series_of(result, np.flatnonzero(shown).tolist())
    for index, series in enumerate(drawn):
        _draw(axes, series, across, along, index)
    _legend(figure, axes, drawn, arrows=bool((across.bounded | along.bounded)[shown].any()))
    labels = [
        Label(across.values[place], along.values[place], text, _colour(index))
        for index, series in enumerate(drawn)
        for place, text in zip(series.places, _labels(series), strict=True)
        if not (series.scattered and len(series.places) > _MOST_LABELS)
    ]
    place_labels(figure, axes, labels, _lines(drawn, across, along))
    return figure


def _labels(series: Series) -> tuple[str, ...]:
    """Return the labels of *series*; where no legend says of what, the first one does."""
    if series.name or not series.values:
        return series.labels
    pairs = zip(series.along, series.values[0], strict=True)
    return (", ".join(f"{name} = {value}" for name, value in pairs), *series.labels[1:])


def _draw(axes: Axes, series: Series, across: Scale, along: Scale, index: int) -> None:
    places = list(series.places)
    x, y = across.values[places], along.values[places]
    colour, marker = _colour(index), _marker(index)
    if not series.scattered:
        axes.plot(x, y, LINES[index % len(LINES)], color=colour, linewidth=0.9, alpha=0.6)
    axes.errorbar(
        x,
        y,
        xerr=across.errors[:, places],
        yerr=along.errors[:, places],
        fmt="none",
        ecolor=colour,
        elinewidth=1.0,
        capsize=2.5,
    )
    axes.plot(x, y, marker, color=colour, markersize=6)
    for place in places:
        bound = (across.values[place], along.values[place])
        if along.bounded[place]:
            draw_arrow(axes, bound, (0, -ARROW), colour, marker)
        if across.bounded[place]:
            draw_arrow(axes, bound, (-ARROW, 0), colour, marker)


def _legend(figure: Figure, axes: Axes, drawn: list[Series], *, arrows: bool) -> None:
    entries = [
        Line2D(
            [],
            [],
            color=_colour(index),
            marker=_marker(index),
            linestyle=LINES[index % len(LINES)],
            label=series.name,
        )
        for index, series in enumerate(drawn)
        if series.name
    ]
    if arrows:
        entries.append(
            Line2D(
                [],
                [],
                color=GREY,
                marker="o",
                markerfacecolor="white",
                linestyle="none",
                label="none seen: an upper bound",
            )
        )
    if not entries:
        return
    title = f"labels: {', '.join(drawn[0].along)}" if drawn and drawn[0].name else None
    if len(entries) > _MOST_INSIDE:
        legend = figure.legend(
            handles=entries, title=title, fontsize=SMALL, frameon=False, loc="outside right upper"
        )
    else:
        legend = axes.legend(handles=entries, title=title, fontsize=SMALL, frameon=False)
    legend.get_title().set_fontsize(SMALL)
    for text in (legend.get_title(), *legend.get_texts()):
        text.set_parse_math(False)


def _lines(drawn: list[Series], across: Scale, along: Scale) -> list[npt.NDArray[np.float64]]:
    """Return what labels should not lie on: lines between points, bars and arrows."""
    found: list[npt.NDArray[np.float64]] = []
    for series in drawn:
        at = [(across.values[place], along.values[place]) for place in series.places]
        if not series.scattered:
            found.extend(np.array(pair) for pair in pairwise(at))
        for place, (x, y) in zip(series.places, at, strict=True):
            low_y = along.values[place] / 3 if along.bounded[place] else along.lows[place]
            low_y = max(low_y, along.limits()[0])
            found.append(np.array([(x, low_y), (x, along.highs[place])]))
            found.append(np.array([(across.lows[place], y), (across.highs[place], y)]))
    return found


def _missing(result: Result, across: Scale, along: Scale) -> list[str]:
    """Return which points cannot be drawn, and why."""
    notes = []
    for place, point in enumerate(result.points):
        for scale in (across, along):
            if np.isnan(scale.values[place]):
                reason = f"{words(scale.name)}: {why_undefined(scale.name)}"
                notes.append(f"Not drawn: {point_name(point.parameters)} ({reason}).")
                break
    return notes


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def _marker(index: int) -> str:
    # Shifted where the colours begin again, so that the two do not repeat together.
    return MARKERS[(index + index // len(COLOURS)) % len(MARKERS)]
