"""What losses are due to: how much is lost at each point, and the share of each cause in it.

A stacked bar on a logarithmic axis would show each cause as large as the place it happens to have.
So the total stands alone, on its logarithmic axis, and the shares add up to 100 % beside it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from models.ledger import Cause
from sim.numerals import count
from sim.plots.cause_looks import LOOKS, Look
from sim.plots.kinds import draw_rows, height_of, name_rows, row_name
from sim.plots.losses import losses_of
from sim.plots.page import BLUE, GREY, SMALL, caption, page, tidy
from sim.plots.scales import notes_on, scale_of
from sim.result import PointResult, Result
from sim.wording import interval_text, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.estimates import Estimate
    from sim.plots.losses import Losses

MOST_CAUSES = 6
"""Rarer ones are drawn together."""

_OTHERS = Look("0.85", "")
_HEIGHT = 0.62  # of a row
_ROOM = 0.07  # share of a bar that a text of a few characters takes
_WIDE = 0.21  # and one with an interval
_NEARLY_ALL = 0.995
_MOST_DOUBTS = 2


def plot_causes(table: Result | PointResult) -> Figure:
    """Draw how much is lost at each point, on the left, and what it is due to, on the right.

    Shares of causes are of all losses at a point, with intervals over replications where there is
    room. Where rare events were sought, losses are weighed.
    """
    points = [table] if isinstance(table, PointResult) else list(table.points)
    losses = [losses_of(point) for point in points]
    shown = _most_frequent(losses)
    scale = scale_of("lost", [found.total for found in losses])
    names = [row_name(point) for point in points]
    notes = [*_notes(losses), *notes_on(scale)]
    if scale.bounded.any():
        notes.append("Open marks with an arrow: none seen, and the mark is an upper bound.")
    figure = page(points, 11.0, 2.6 + 1.2 * height_of(names), notes)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.0, 1.6])
    caption(left, "How much is lost")
    draw_rows(left, scale, BLUE, "o", most=3)
    caption(right, "What it is due to: shares of the losses")
    for row, found in enumerate(losses):
        _draw_row(right, row, found, shown)
    right.set_xlim(0, 1)
    right.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    tidy(right)
    name_rows(left, names)
    _legend(figure, losses, shown)
    return figure


def _most_frequent(losses: list[Losses]) -> list[Cause]:
    """Return the causes to draw one by one, by their shares over all points; the largest first."""
    shares = np.zeros(len(Cause))
    for found in losses:
        shares += found.by_cause / (found.by_cause.sum() or 1.0)
    ranked = [Cause(place) for place in np.argsort(-shares, kind="stable") if shares[place] > 0]
    return ranked if len(ranked) <= MOST_CAUSES else ranked[: MOST_CAUSES - 1]


def _draw_row(axes: Axes, row: int, found: Losses, shown: list[Cause]) -> None:
    if not found.any:
        told = f"none lost: {interval_text('lost', found.total)}"
        axes.text(0.01, row, told, va="center", color=GREY, fontsize=SMALL)
        return
    by_cause, total = found.by_cause, found.by_cause.sum()
    parts = [[int(cause)] for cause in shown]
    looks = [LOOKS[cause] for cause in shown]
    rest = [int(cause) for cause in Cause if cause not in shown]
    start = 0.0
    for part, (colour, hatch) in zip([*parts, rest], [*looks, _OTHERS], strict=True):
        share = float(by_cause[part].sum() / total)
        if share > 0:
            axes.barh(
                row,
                share,
                _HEIGHT,
                start,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0.8,
            )
        if share > _ROOM:
            axes.text(
                start + share / 2,
                row,
                _share_text(found.share(part)),
                ha="center",
                va="center",
                fontsize=SMALL - 1,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.85},
            )
        start += share
    told = "weighed" if found.weighed else f"{count(round(total))} lost"
    axes.annotate(
        told,
        (1.0, row),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        color=GREY,
        annotation_clip=False,
    )


def _share_text(made: Estimate) -> str:
    """Return the share *made* of all losses, and its interval if there is room."""
    if made.value >= 1.0:
        return "all"
    told = f"{100 * made.value:.0f} %" if made.value < _NEARLY_ALL else "> 99 %"
    if made.value < _WIDE or math.isnan(made.low) or made.value >= _NEARLY_ALL:
        return told
    return f"{told} ({100 * made.low:.0f} to {100 * min(made.high, 1.0):.0f})"


def _legend(figure: Figure, losses: list[Losses], shown: list[Cause]) -> None:
    entries = [
        Patch(
            facecolor=LOOKS[cause].colour,
            hatch=LOOKS[cause].hatch,
            edgecolor="white",
            label=words(cause.name.lower()),
        )
        for cause in shown
    ]
    rest = [cause for cause in Cause if cause not in shown and _anywhere(losses, cause)]
    if rest:
        entries.append(Patch(facecolor=_OTHERS.colour, label=f"{len(rest)} others"))
    if entries:
        figure.legend(
            handles=entries,
            fontsize=SMALL,
            frameon=False,
            loc="outside right center",
            handleheight=1.6,
            handlelength=2.4,
        )


def _anywhere(losses: list[Losses], cause: Cause) -> bool:
    return any(found.by_cause[cause] > 0 for found in losses)


def _notes(losses: list[Losses]) -> list[str]:
    notes = []
    if any((found.by_cause > 0).sum() > 1 for found in losses):
        notes.append("In brackets: the interval of a share, in per cent.")
    weighed = [found.point for found in losses if found.weighed]
    if weighed:
        notes.append("Weighed: losses under tilted luck, each counted as often as it really is.")
        doubts = dict.fromkeys(
            doubt for point in weighed if point.rare for doubt in point.rare.doubts
        )
        notes += [f"In doubt: {doubt}." for doubt in list(doubts)[:_MOST_DOUBTS]]
    return notes
