"""The Pareto front in a picture: which way is better, which points are on it, where it runs.

A point is on the front if no other is as good in both estimates and better in one, by the values
as they are estimated; nothing seen counts as zero. How surely that is so, on the same luck, is told
by `sim.front`: a picture shows the intervals, and whoever sees two overlap knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from sim.plots.page import GREY, paler
from sim.wording import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from sim.front import Objective
    from sim.plots.scales import Scale
    from sim.runner import PointResult

    Array = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

FRONT: dict[str, Any] = {"color": "0.55", "linewidth": 3.0, "alpha": 0.5}
"""How the line of the front is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The front of some points: `on` says which are on it, shape (points,); `note` what it is.

    `steps` are the corners of what the front beats, in the coordinates of the picture, shape
    (corners, 2).
    """

    on: Flags
    steps: Array
    note: str


def frontier(
    points: Sequence[PointResult], objectives: Sequence[Objective], scales: Sequence[Scale]
) -> Frontier | None:
    """Return the front of *points* in two *objectives*, drawn on *scales*, x before y.

    None if fewer than two points have both: there is nothing to be better than.
    """
    costs = np.array(
        [[each.cost(point.estimates[each.name].value) for each in objectives] for point in points]
    )
    known = np.flatnonzero(~np.isnan(costs).any(axis=1))
    if len(known) < 2:
        return None
    on = np.zeros(len(points), dtype=np.bool_)
    on[known] = unbeaten(costs[known])
    # Nothing seen is zero, which lies below everything.
    drawn = np.array([np.where(s.bounded, s.limits()[0], s.values) for s in scales]).T[on]
    # Where 1 - p is drawn, more of p lies lower.
    less = [
        each.highest == scale.complement for each, scale in zip(objectives, scales, strict=True)
    ]
    return Frontier(on=on, steps=_steps(drawn, less), note=_note(objectives, scales, on))


def unbeaten(costs: Array) -> Flags:
    """Return which rows of *costs*, shape (points, 2), no other row beats."""
    return np.array(
        [not ((costs <= row).all(axis=1) & (costs < row).any(axis=1)).any() for row in costs],
        dtype=np.bool_,
    )


def front_entries(front: Frontier, shown: Flags) -> list[Line2D]:
    """Return what a legend says of the *front*, and of points *shown* that are not on it."""
    entries = [Line2D([], [], label="front, as estimated", **FRONT)]
    if (shown & ~front.on).any():
        pale = Line2D([], [], color=paler(GREY), marker="o", linestyle="none")
        pale.set_label("beaten by another")
        entries.append(pale)
    return entries


def _steps(drawn: Array, less: Sequence[bool]) -> Array:
    """Return the corners between the points *drawn*; *less* says where less is better."""
    ordered = drawn[np.lexsort((drawn[:, 1], drawn[:, 0]))]
    worse = [np.maximum if wanted else np.minimum for wanted in less]
    corners = [ordered[:1]]
    for one, other in pairwise(ordered):
        between = [pick(a, b) for pick, a, b in zip(worse, one, other, strict=True)]
        corners.append(np.array([between, other]))
    return np.concatenate(corners)


def _note(objectives: Sequence[Objective], scales: Sequence[Scale], on: Flags) -> str:
    wanted = " and ".join(
        f"{'more' if each.highest else 'less'} {words(each.name)}" for each in objectives
    )
    known = ~np.isnan([scale.values for scale in scales]).any(axis=0)
    members = "all points" if on[known].all() else f"{on.sum()} of {known.sum()} points"
    zero = ", none seen being zero" if any((on & scale.bounded).any() for scale in scales) else ""
    return (
        f"Front (grey steps, full marks; {members}): no other point is as good in both and better "
        f"in one, by the values as estimated{zero}; where bars overlap, the order is not sure. "
        f"Better is {wanted}."
    )
