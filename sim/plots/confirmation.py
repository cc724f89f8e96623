"""R(t): the chance of being confirmed within t, simulated and from the closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from matplotlib.ticker import NullFormatter

from sim.checks.curve import ack_curve
from sim.numerals import count, probability
from sim.plots.curves import confirmed_within
from sim.plots.page import (
    ARROW,
    BLUE,
    GREY,
    SMALL,
    VERMILLION,
    caption,
    draw_bounds,
    log_locator,
    page,
    probability_ticks,
    tidy,
    time_ticks,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

    from sim.config import Experiment
    from sim.plots.curves import Curve
    from sim.runner import PointResult

    ClosedForm: TypeAlias = Callable[
        [Experiment, npt.NDArray[np.float64]], npt.NDArray[np.float64] | None
    ]


_EVERYTHING = 0.9
"""An interval of a probability that is wider says next to nothing."""


def plot_confirmation(point: PointResult, closed_form: ClosedForm = ack_curve) -> Figure:
    """Draw R(t) above and 1 - R(t), on a logarithmic axis, below.

    *closed_form* gives R(t) at times in seconds, or None where it does not hold.
    """
    figure = page([point], 7.0, 7.0)
    above, below = figure.subplots(2, 1, sharex=True)
    draw_confirmation(point, above, below, closed_form)
    return figure


def draw_confirmation(
    point: PointResult, above: Axes, below: Axes, closed_form: ClosedForm = ack_curve
) -> None:
    """Draw R(t) into *above* and 1 - R(t) into *below*, over the same times."""
    caption(above, "R(t): share of messages confirmed within t of their creation")
    caption(below, "1 - R(t): share not yet confirmed, or never")
    curve = confirmed_within(point)
    if curve is None:
        for axes in (above, below):
            empty(axes, "no message was confirmed")
        return
    predicted = closed_form(point.experiment, curve.times_s)
    _draw(above, curve, predicted)
    above.set_ylim(-0.02, 1.02)
    above.yaxis.set_major_formatter(probability_ticks())
    above.legend(loc="best", frameon=False, fontsize=SMALL)
    above.tick_params(labelbottom=False)
    left = curve.complement()
    _draw(below, left, None if predicted is None else 1.0 - predicted)
    if left.value[-1] <= 0:
        _mark_bound(below, left)
    as_tail(below, curve.messages, _floor(curve, predicted))
    below.set_xlabel("time since creation, t")


def as_tail(axes: Axes, messages: int, least: float) -> None:
    """Make *axes* logarithmic, down to *least*, and mark where one message lies."""
    axes.set_yscale("log", nonpositive="clip")
    axes.set_ylim(least, 1.5)
    axes.yaxis.set_major_formatter(probability_ticks())
    axes.yaxis.set_minor_formatter(NullFormatter())
    mark_level(axes, 1.0 / messages, f"one of {count(messages)}", ":")


def mark_level(axes: Axes, share: float, text: str, line: LineStyleType) -> None:
    """Draw a level across *axes*, and write *text* above its left end."""
    axes.axhline(share, color="0.6", linewidth=0.8, linestyle=line, zorder=1)
    axes.annotate(
        text,
        (0.0, share),
        xycoords=("axes fraction", "data"),
        xytext=(4, 2),
        textcoords="offset points",
        fontsize=SMALL,
        color=GREY,
    )


def empty(axes: Axes, reason: str) -> None:
    """Say in *axes* why there is nothing in it."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, reason, ha="center", transform=axes.transAxes, color=GREY)


def draw_band(axes: Axes, curve: Curve, colour: str, line: LineStyleType, label: str) -> None:
    """Draw *curve* into *axes*, with its interval where something was seen to vary.

    Not with one that tells nothing, such as that of one replication whose messages meet.
    """
    seen = (curve.value > 0) & (curve.value < 1) & (curve.high - curve.low < _EVERYTHING)
    axes.fill_between(
        curve.times_s,
        curve.low,
        curve.high,
        where=seen.tolist(),
        color=colour,
        alpha=0.25,
        linewidth=0,
    )
    axes.plot(curve.times_s, curve.value, linestyle=line, color=colour, linewidth=1.6, label=label)


def over_time(axes: Axes, start_s: float, end_s: float) -> None:
    """Make the horizontal axis a logarithmic time from *start_s* to *end_s*."""
    axes.set_xscale("log")
    axes.set_xlim(start_s, end_s)
    axes.xaxis.set_major_locator(log_locator(start_s, end_s))
    axes.xaxis.set_major_formatter(time_ticks())
    axes.xaxis.set_minor_formatter(NullFormatter())
    tidy(axes)


def _mark_bound(axes: Axes, curve: Curve) -> None:
    """Say how little is left at most where *curve* has come down to nothing."""
    bound = (float(curve.times_s[-1]), float(curve.high[-1]))
    draw_bounds(axes, *bound, (0, -ARROW), BLUE)
    axes.annotate(
        f"none left: below {probability(bound[1])}",
        bound,
        xytext=(-8, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=SMALL,
        color=BLUE,
    )


def _draw(axes: Axes, curve: Curve, predicted: npt.NDArray[np.float64] | None) -> None:
    draw_band(axes, curve, BLUE, "-", "simulated, with its interval")
    over_time(axes, float(curve.times_s[0]), float(curve.times_s[-1]) * 1.05)
    if predicted is not None:
        axes.plot(
            curve.times_s, predicted, "--", color=VERMILLION, linewidth=1.4, label="closed form"
        )


def _floor(curve: Curve, predicted: npt.NDArray[np.float64] | None) -> float:
    """Return the least share to show: below one message, and below the closed form if near."""
    least = 1.0 / curve.messages
    if predicted is not None and 1.0 - predicted[-1] > least / 100:
        least = min(least, float(1.0 - predicted[-1]))
    return least / 2
