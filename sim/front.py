"""The Pareto front of some points: those that no other beats in two objectives.

One beats another if it is as good in both objectives and better in one (K. Miettinen, "Nonlinear
Multiobjective Optimization", 1999). Differences are taken on the same luck. A point is surely
beaten if one other is better in both, and surely on the front if against each other one it is
better in one of them, by intervals that hold together for all pairs and objectives (Bonferroni).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from sim.comparison import interval, residuals
from sim.measures import MEASURES, Better

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.comparison import Values
    from sim.runner import PointResult


@dataclass(frozen=True, slots=True)
class Objective:
    """An estimate that is to be as low as can be, or as high."""

    name: str
    highest: bool = False

    def cost(self, value: float) -> float:
        """Return *value* so that less is better."""
        return -value if self.highest else value


def usual(name: str) -> Objective | None:
    """Return what is usually wanted of the estimate *name*; None if neither way is better."""
    better = MEASURES[name].better
    return None if better is Better.NEITHER else Objective(name, highest=better is Better.MORE)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a point is `on` the front, and whether that is `sure`."""

    on: bool
    sure: bool


def standings(points: Sequence[PointResult], objectives: Sequence[Objective]) -> list[Standing]:
    """Return for each of *points* whether another beats it; all have both *objectives*."""
    size = len(points)
    pairs = max(1, math.comb(size, 2)) * len(objectives)
    level = 1.0 - (1.0 - points[0].experiment.run.confidence) / pairs
    # [i, j]: whether i beats j; surely does; surely is better than j in one of the objectives.
    beats, surely_beats, better = (np.zeros((size, size), dtype=bool) for _ in range(3))
    seen = [[residuals(each.name, point) for each in objectives] for point in points]
    for i, j in combinations(range(size), 2):
        costs = np.array(
            [
                _difference(each, one, other, level)
                for each, one, other in zip(objectives, seen[i], seen[j], strict=True)
            ]
        )
        # What j costs more than i is what i costs less.
        for one, other, (value, _, high) in ((i, j, costs.T), (j, i, -costs[:, [0, 2, 1]].T)):
            beats[one, other] = (value <= 0).all() and (value < 0).any()
            surely_beats[one, other] = (high < 0).all()
            better[one, other] = (high < 0).any()
    np.fill_diagonal(better, val=True)
    return [
        Standing(on=not beats[:, i].any(), sure=bool(better[i].all() or surely_beats[:, i].any()))
        for i in range(size)
    ]


def _difference(
    objective: Objective, one: tuple[float, Values], other: tuple[float, Values], level: float
) -> tuple[float, float, float]:
    """Return how much more *one* costs than *other*: the value, and the ends of its interval."""
    size = min(len(one[1]), len(other[1]))
    value = one[0] - other[0]
    ends = interval(value, one[1][:size] - other[1][:size], level)
    low, high = sorted(objective.cost(end) for end in ends)
    return objective.cost(value), low, high
