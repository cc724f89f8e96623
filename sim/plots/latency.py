"""The distribution of latencies, drawn as what lies beyond: the tail is what people wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.plots.confirmation import as_tail, draw_band, empty, mark_level, over_time
from sim.plots.curves import latency_within
from sim.plots.page import GREEN, PURPLE, SMALL, caption, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

    from sim.plots.curves import Latency
    from sim.runner import PointResult

QUANTILES = {"p50": 0.5, "p90": 0.1, "p99": 0.01, "p99.9": 0.001}
"""Levels marked in the picture, as the share that lies beyond."""

_KINDS: tuple[tuple[Latency, str, str, LineStyleType], ...] = (
    ("confirm", "confirmed, if it is", GREEN, "-"),
    ("delivery", "first effect, if there is one", PURPLE, "--"),
)


def plot_latency(point: PointResult, notes: Sequence[str] = ()) -> Figure:
    """Draw which share of confirmations and of first effects comes later than t.

    The *notes* go into the footer.
    """
    figure = page([point], 8.0, 6.0, notes)
    draw_latency(point, figure.subplots())
    return figure


def draw_latency(point: PointResult, axes: Axes) -> None:
    """Draw the survival functions of both latencies into *axes*."""
    caption(axes, "Latency: share that comes later than t after creation")
    curves = {}
    for latency, label, colour, line in _KINDS:
        curve = latency_within(point, latency)
        if curve is not None:
            curves[latency] = curve
            draw_band(axes, curve.complement(), colour, line, label)
    if not curves:
        empty(axes, "no message was confirmed, and none had an effect")
        return
    over_time(
        axes,
        min(float(curve.times_s[0]) for curve in curves.values()),
        max(float(curve.times_s[-1]) for curve in curves.values()),
    )
    messages = max(curve.messages for curve in curves.values())
    as_tail(axes, messages, 0.5 / messages)
    for name, beyond in QUANTILES.items():
        if beyond * messages > 1:
            mark_level(axes, beyond, name, "-")
    axes.set_xlabel("time since creation, t")
    axes.legend(loc="upper right", fontsize=SMALL)
