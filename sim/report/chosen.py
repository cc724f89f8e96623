"""Which points are shown closely where there are too many for all.

Those come first at which something is wrong, and those at either end of what the experiment looks
at; then the others in the order of the sweep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.checks.check import Verdict

if TYPE_CHECKING:
    from sim.runner import PointResult, Result

MOST_POINTS = 200
"""Of so many points all is shown; of more the tables over all points, and these closely."""

MOST_FIGURES = 4
"""So many single points have a figure of their own."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The places of the points where an estimate is lowest and highest."""

    lowest: tuple[int, ...]
    highest: tuple[int, ...]


def ends(result: Result, name: str) -> Ends:
    """Return where the estimate *name* is lowest and highest; empty where nothing is defined."""
    values = [point.estimates[name].value for point in result.points]
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return Ends((), ())
    low, high = min(known), max(known)
    return Ends(
        tuple(place for place, value in enumerate(values) if value == low),
        tuple(place for place, value in enumerate(values) if value == high),
    )


def closely(result: Result, most: int) -> list[int]:
    """Return the places of *most* points, those that matter first in the choice, in order."""
    found = ends(result, result.experiment.plot.y)
    first = [
        *(place for place, point in enumerate(result.points) if disagreeing(point)),
        *found.lowest[:1],
        *found.highest[:1],
        *range(len(result.points)),
    ]
    return sorted(list(dict.fromkeys(first))[:most])


def worth_a_figure(result: Result) -> list[int]:
    """Return the places of the points of a sweep that have a figure of their own."""
    found = ends(result, result.experiment.plot.y)
    wrong = [place for place, point in enumerate(result.points) if disagreeing(point)]
    return sorted(
        list(dict.fromkeys([*found.lowest[:1], *found.highest[:1], *wrong]))[:MOST_FIGURES]
    )


def disagreeing(point: PointResult) -> bool:
    """Return whether a closed form disagrees with *point*."""
    return any(check.verdict is Verdict.DISAGREES for check in point.checks)


def anchor(place: int) -> str:
    """Return the id of what the page tells of the point at *place*."""
    return f"point-{place + 1}"
