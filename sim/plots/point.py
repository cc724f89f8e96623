"""One picture per result: what is worth seeing depends on how many points there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.checks.curve import ack_curve
from sim.plots.confirmation import draw_confirmation
from sim.plots.curves import confirmed_within
from sim.plots.kinds import are_kinds, plot_kinds
from sim.plots.latency import alone, draw_latency, plot_latency
from sim.plots.page import page
from sim.plots.tradeoff import plot_tradeoff

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.plots.confirmation import ClosedForm
    from sim.runner import PointResult, Result


def plot_result(result: Result) -> Figure:
    """Draw *result*: reliability against latency over several points, R(t) and tails of one.

    Kinds of systems stand side by side.
    """
    if len(result.points) > 1:
        return plot_kinds(result) if are_kinds(result) else plot_tradeoff(result)
    return plot_point(result.points[0])


def plot_point(point: PointResult, closed_form: ClosedForm = ack_curve) -> Figure:
    """Draw R(t), 1 - R(t) and the latencies of one point on one page."""
    if confirmed_within(point) is None:
        return plot_latency(point, ["No message was confirmed, so there is no R(t)."])
    figure = page([point], 11.0, 6.5, alone([point]))
    axes = figure.subplot_mosaic([["within", "latency"], ["beyond", "latency"]])
    draw_confirmation(point, axes["within"], axes["beyond"], closed_form)
    draw_latency(point, axes["latency"])
    return figure
