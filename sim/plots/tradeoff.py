"""Reliability against latency: every point of a sweep, two estimates against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from sim.front import Objective, usual
from sim.plots.frontier import FRONT, front_entries, frontier
from sim.plots.kinds import are_kinds
from sim.plots.labelled import labels_of
from sim.plots.labels import place_labels
from sim.plots.legend import bound_entry, colour_of, line_of, marker_of, width_with, write_legend
from sim.plots.page import ARROW, caption, draw_bounds, page, paler, tidy
from sim.plots.scales import missing, notes_on, scale_of
from sim.plots.series import all_together, series_of

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.plots.frontier import Frontier
    from sim.plots.scales import Scale
    from sim.plots.series import Series
    from sim.runner import Result


MOST_SERIES = 28
"""So many differ in colour and line; of more, points are not joined, and all have one colour."""

MANY = 100
"""So many points have thinner bars and smaller marks."""


def plot_tradeoff(
    result: Result, x: str | Objective | None = None, y: str | Objective | None = None
) -> Figure:
    """Draw the estimates *x* and *y* of all points, by default those of the file's ``[plot]``.

    Intervals are drawn both ways. Probabilities stand on a logarithmic axis; where nothing was
    seen, an arrow starts at the upper bound. Points that lack one of the two are named below.

    The Pareto front is marked where both estimates have a better side; an `Objective` in place of
    a name says which that is.
    """
    plot = result.experiment.plot
    chosen = (x or plot.x, y or plot.y)
    names = [each.name if isinstance(each, Objective) else each for each in chosen]
    across, along = (
        scale_of(name, [point.estimates[name] for point in result.points]) for name in names
    )
    front = _front(result, chosen, across, along)
    shown = ~np.isnan(across.values) & ~np.isnan(along.values)
    places = np.flatnonzero(shown).tolist()
    drawn = series_of(result, places)
    if len(drawn) > MOST_SERIES:
        drawn = [all_together(result, places)]
    joined = not are_kinds(result)  # which have no order
    bounded = bool((across.bounded | along.bounded)[shown].any())
    entries = [
        *_entries(drawn, joined=joined),
        *(front_entries(front, shown) if front else []),
        *([bound_entry()] * bounded),
    ]
    notes = [*missing(result.points, across, along), *notes_on(across, along)]
    notes += [front.note] if front else []
    labels, said = labels_of(drawn, across, along, front)
    notes += said
    figure = page(result.points, width_with(entries, 8.0), 6.0, notes)
    axes = figure.subplots()
    if result.experiment.question:
        caption(axes, result.experiment.question)
    across.prepare(axes, "x")
    along.prepare(axes, "y")
    tidy(axes)
    if front is not None:
        axes.plot(*front.steps.T, zorder=1, **FRONT)
    for index, series in enumerate(drawn):
        if joined and not series.scattered:
            _join(axes, series, across, along, index)
        _draw(axes, series, across, along, index, shown if front is None else front.on)
    title = f"labels: {', '.join(drawn[0].along)}" if drawn and drawn[0].name else None
    write_legend(figure, axes, entries, title)
    place_labels(figure, axes, labels, _lines(drawn, across, along, joined=joined))
    return figure


def _front(
    result: Result, chosen: tuple[str | Objective, ...], across: Scale, along: Scale
) -> Frontier | None:
    wanted = [each if isinstance(each, Objective) else usual(each) for each in chosen]
    objectives = [each for each in wanted if each is not None]
    if len(objectives) < 2:
        return None
    return frontier(result.points, objectives, (across, along))


def _join(axes: Axes, series: Series, across: Scale, along: Scale, index: int) -> None:
    places = np.array(series.places)
    x, y = across.values[places], along.values[places]
    axes.plot(x, y, line_of(index), color=colour_of(index), linewidth=0.9, alpha=0.6)


def _draw(
    axes: Axes,
    series: Series,
    across: Scale,
    along: Scale,
    index: int,
    on: npt.NDArray[np.bool_],
) -> None:
    places = np.array(series.places)
    colour, marker = colour_of(index), marker_of(index)
    for group, shade in ((places[~on[places]], paler(colour)), (places[on[places]], colour)):
        if group.size:
            _draw_marks(axes, group, across, along, shade, marker)


def _draw_marks(
    axes: Axes,
    places: npt.NDArray[np.int64],
    across: Scale,
    along: Scale,
    colour: str,
    marker: str,
) -> None:
    x, y = across.values[places], along.values[places]
    many = len(across.values) >= MANY
    axes.errorbar(
        x,
        y,
        xerr=across.errors[:, places],
        yerr=along.errors[:, places],
        fmt="none",
        ecolor=colour,
        elinewidth=0.5 if many else 1.0,
        capsize=0.0 if many else 2.5,
    )
    axes.plot(x, y, marker, color=colour, markersize=4 if many else 6)
    for scale, away in ((along, (0, -ARROW)), (across, (-ARROW, 0))):
        bounded = scale.bounded[places]
        if bounded.any():
            draw_bounds(axes, x[bounded], y[bounded], away, colour, marker)


def _entries(drawn: list[Series], *, joined: bool) -> list[Artist]:
    return [
        Line2D(
            [],
            [],
            color=colour_of(index),
            marker=marker_of(index),
            linestyle=line_of(index) if joined else "none",
            label=series.name,
        )
        for index, series in enumerate(drawn)
        if series.name
    ]


def _lines(
    drawn: list[Series], across: Scale, along: Scale, *, joined: bool
) -> npt.NDArray[np.float64]:
    """Return what labels should not lie on: lines between points, bars and arrows.

    Shape (lines, 2, 2): their two ends.
    """
    places = np.array([place for series in drawn for place in series.places], dtype=np.int64)
    x, y = across.values[places], along.values[places]
    (left, right), (low, high) = (_ends(scale)[:, places] for scale in (across, along))
    found = [
        np.stack([np.stack([left, y], 1), np.stack([right, y], 1)], 1),
        np.stack([np.stack([x, low], 1), np.stack([x, high], 1)], 1),
    ]
    for series in drawn:
        if joined and not series.scattered:
            at = np.array([across.values, along.values]).T[list(series.places)]
            found.append(np.stack([at[:-1], at[1:]], 1))
    return np.concatenate(found)


def _ends(scale: Scale) -> npt.NDArray[np.float64]:
    """Return where bars begin and end, and the arrows from bounds, shape (2, points)."""
    lower, upper = scale.limits()
    low = np.where(scale.bounded, scale.values / 3, scale.values - scale.errors[0])
    ends: npt.NDArray[np.float64] = np.array([low, scale.values + scale.errors[1]])
    return ends.clip(lower, upper)
