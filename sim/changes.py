"""Two results set against each other, point by point: what has changed, and how surely.

Where both have the same seed, replication r of both met the same luck, and differences are taken
replication by replication, of those that both have, as between the points of one result
(`sim.comparison`). Else they are independent, and the variances of both add up (B. L. Welch, "The
generalization of 'Student's' problem when several different population variances are involved",
Biometrika 34, 1947).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scipy import stats

from sim.comparison import NothingToCompareError, interval, paired, residuals

if TYPE_CHECKING:
    from sim.comparison import Values
    from sim.result import PointResult, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How much more `second` has than `first`, which is the same point: from `low` to `high`.

    `alike`: no replication tells them apart, and there is no interval.
    """

    first: PointResult
    second: PointResult
    value: float
    low: float
    high: float
    alike: bool

    @property
    def apart(self) -> bool:
        """Whether it is told which of the two has more."""
        return self.low > 0 or self.high < 0


def changes(first: Result, second: Result, estimate: str) -> list[Change]:
    """Return what has changed of *estimate* at each point that both results have.

    All intervals hold together (Bonferroni). Raise a `NothingToCompareError` if there is no such
    point.
    """
    others = {repr(point.parameters): point for point in second.points}
    pairs = [
        (point, others[repr(point.parameters)])
        for point in first.points
        if repr(point.parameters) in others
    ]
    if not pairs:
        raise NothingToCompareError("the two results have no point in common")
    level = 1.0 - (1.0 - first.experiment.run.confidence) / len(pairs)
    together = first.experiment.seed == second.experiment.seed
    return [_change(*pair, estimate, level, together=together) for pair in pairs]


def _change(
    first: PointResult, second: PointResult, estimate: str, level: float, *, together: bool
) -> Change:
    if together:
        value, errors = paired(estimate, *_in_common(second, first))
        alike = value == 0 and not errors.any()
        low, high = interval(value, errors, level)
    else:
        (one, one_errors), (two, two_errors) = (residuals(estimate, p) for p in (first, second))
        value, alike = two - one, False
        low, high = _welch(value, one_errors, two_errors, level)
    ends = (math.nan, math.nan) if alike else (low, high)
    return Change(first=first, second=second, value=value, low=ends[0], high=ends[1], alike=alike)


def _in_common(one: PointResult, two: PointResult) -> tuple[PointResult, PointResult]:
    """Return both with the replications that both have."""
    plain = min(len(point.samples) for point in (one, two))
    weighed = min(len(point.rare.samples) if point.rare else 0 for point in (one, two))
    return _first(one, plain, weighed), _first(two, plain, weighed)


def _first(point: PointResult, plain: int, weighed: int) -> PointResult:
    rare = point.rare and replace(point.rare, samples=point.rare.samples[:weighed])
    return replace(point, samples=point.samples[:plain], rare=rare)


def _welch(value: float, one: Values, two: Values, level: float) -> tuple[float, float]:
    if min(len(one), len(two)) < 2 or math.isnan(value):
        return math.nan, math.nan
    parts = [float(errors.var(ddof=1)) / len(errors) for errors in (one, two)]
    variance = sum(parts)
    if not variance > 0:
        return math.nan, math.nan
    free = variance**2 / sum(
        part**2 / (len(errors) - 1) for part, errors in zip(parts, (one, two), strict=True)
    )
    half = float(stats.t.ppf(0.5 + level / 2, free)) * math.sqrt(variance)
    return value - half, value + half
