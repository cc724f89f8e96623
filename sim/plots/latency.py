"""The distribution of latencies, drawn as what lies beyond: the tail is what people wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from sim.plots.confirmation import as_tail, draw_band, empty, mark_level, over_time
from sim.plots.curves import latency_within
from sim.plots.kinds import row_name
from sim.plots.legend import colour_of
from sim.plots.page import GREEN, LINES, PURPLE, SMALL, caption, page
from sim.result import PointResult, Result
from sim.wording import why_undefined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

    from sim.plots.curves import Curve, Latency

QUANTILES = {"p50": 0.5, "p90": 0.1, "p99": 0.01, "p99.9": 0.001}
"""Levels marked in the picture, as the share that lies beyond."""

MOST_POINTS = 6
"""Of more points, curves in one picture could not be told apart."""

_NOTHING = "no message was confirmed, and none had an effect"
_LINES: tuple[LineStyleType, ...] = (*LINES, (0, (8, 2)), (0, (6, 2, 1, 2, 1, 2)))
"""As many as points: where two curves lie on each other, one is seen through the other."""

_KINDS: tuple[tuple[Latency, str, str, LineStyleType], ...] = (
    ("confirm", "confirmation", GREEN, "-"),
    ("delivery", "first effect", PURPLE, "--"),
)


def plot_latency(
    table: Result | PointResult | Sequence[PointResult], notes: Sequence[str] = ()
) -> Figure:
    """Draw which share of confirmations and of first effects comes later than t.

    One point has both in one panel; several have a panel for each. Of more than six, six are drawn
    that are spread evenly over them, the first and the last among them. The *notes* go into the
    footer.
    """
    points = _points(table)
    if len(points) == 1:
        figure = page(points, 8.0, 6.0, [*notes, *alone(points)])
        draw_latency(points[0], figure.subplots())
        return figure
    shown, said = _spread(points)
    curves = {kind: [latency_within(point, kind) for point in shown] for kind, _, _, _ in _KINDS}
    there = [(kind, label) for kind, label, _, _ in _KINDS if any(curves[kind])]
    entries = [
        Line2D([], [], color=colour_of(index), linestyle=_line(index), label=row_name(point))
        for index, point in enumerate(shown)
    ]
    said += [
        f"{why_undefined(f'{kind}_latency_mean')}.".capitalize()
        for kind in curves
        if not any(curves[kind])
    ]
    figure = page(shown, 5.0 * max(1, len(there)) + 2.5, 6.0, [*notes, *said, *alone(shown)])
    panels = figure.subplots(1, max(1, len(there)), sharey=True, squeeze=False)[0].tolist()
    for (kind, label), axes in zip(there, panels, strict=False):
        caption(axes, f"{label.capitalize()}: share that comes later than t")
        for index, curve in enumerate(curves[kind]):
            if curve is not None:
                draw_band(axes, curve.complement(), colour_of(index), _line(index), "")
    if there:
        _as_tails(panels, [curve for kind, _ in there for curve in curves[kind] if curve])
        _legend(figure, entries)
    else:
        empty(panels[0], _NOTHING)
    return figure


def _legend(figure: Figure, entries: list[Line2D]) -> None:
    legend = figure.legend(
        handles=entries, fontsize=SMALL, frameon=False, loc="outside right center", handlelength=3.5
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _spread(points: Sequence[PointResult]) -> tuple[Sequence[PointResult], list[str]]:
    """Return the points to draw, and what is to be said of the others."""
    if len(points) <= MOST_POINTS:
        return points, []
    places = np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int).tolist()
    return [points[place] for place in places], [
        f"{MOST_POINTS} of {len(points)} points, spread evenly over them."
    ]


def _points(table: Result | PointResult | Sequence[PointResult]) -> Sequence[PointResult]:
    if isinstance(table, PointResult):
        return [table]
    return table.points if isinstance(table, Result) else table


def draw_latency(point: PointResult, axes: Axes) -> None:
    """Draw the survival functions of both latencies into *axes*."""
    caption(axes, "Latency, where there is one: share that comes later than t")
    curves = {}
    for latency, label, colour, line in _KINDS:
        curve = latency_within(point, latency)
        if curve is not None:
            curves[latency] = curve
            draw_band(axes, curve.complement(), colour, line, label)
    if not curves:
        empty(axes, _NOTHING)
        return
    _as_tails([axes], list(curves.values()))
    axes.legend(loc="upper right", fontsize=SMALL)


def alone(points: Sequence[PointResult]) -> list[str]:
    """Return what is to be said of points with one replication."""
    if all(len(point.samples) > 1 for point in points):
        return []
    return ["Of one replication there is no interval where messages wait for one another."]


def _line(index: int) -> LineStyleType:
    return _LINES[index % len(_LINES)]


def _as_tails(panels: Sequence[Axes], curves: Sequence[Curve]) -> None:
    """Give *panels* the same axes, in which all *curves* have room, and mark quantiles."""
    messages = max(curve.messages for curve in curves)
    for axes in panels:
        over_time(
            axes,
            min(float(curve.times_s[0]) for curve in curves),
            max(float(curve.times_s[-1]) for curve in curves),
        )
        as_tail(axes, messages, 0.5 / messages)
        for name, beyond in QUANTILES.items():
            if beyond * messages > 1:
                mark_level(axes, beyond, name, "-")
        axes.set_xlabel("time since creation, t")
