"""Points of a sweep in the order of an estimate, on the same luck, and how sure that order is.

Replication r of every point draws the same numbers, so that a difference is taken replication by
replication (common random numbers; A. M. Law, "Simulation Modeling and Analysis", chapter 11): what
befalls both makes no difference. How much that saves is told: the variance of the difference with
luck of their own, over that with shared luck.

Each point is set against the best and against the one before it. Which these are is seen only in
the result, so that the intervals of the differences of any two points hold together (Bonferroni,
over all pairs).

That the point which looks best is the best has at least the probability 1 - sum P(T > d / s), over
all others (Bonferroni's bound for the probability of correct selection; C.-H. Chen et al.,
"Simulation budget allocation for further enhancing the efficiency of ordinal optimization",
Discrete Event Dyn. Syst. 10, 2000). It is meant for one result, by who had no opinion before.
Over many results of the same truth it means: a wrong point is called the best with a doubt of a or
less in a share a of them at most. Where two points are all but alike, each looks best in half of
the results, whatever is said of each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import stats

from sim.measures import MEASURES
from sim.quantiles import linearised
from sim.units import replications

if TYPE_CHECKING:
    from sim.runner import PointResult, Result

Values: TypeAlias = npt.NDArray[np.float64]


class NothingToCompareError(ValueError):
    """Fewer than two points that can be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much more than another, better one a point has: `value` between `low` and `high`.

    `saved` is by what factor shared luck has reduced the variance; nan where there is none.
    `doubt` is the chance that this point is the better one all the same. `alike`: no replication
    tells them apart, which says nothing of the next one; there is no interval then. Nor is there
    where too few messages lie beyond a quantile.
    """

    point: PointResult
    value: float
    low: float
    high: float
    saved: float
    doubt: float
    alike: bool = False

    @property
    def apart(self) -> bool:
        """Whether it is told which of the two is the better one."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All points by their *estimate*, from the `best` on, which is so with `probability`.

    `differences` are those of the others from the best, `steps` from the one before each.
    """

    estimate: str
    best: PointResult
    differences: tuple[Difference, ...]
    steps: tuple[Difference, ...]

    @property
    def probability(self) -> float:
        """At least so probably the best is the best."""
        return max(0.0, 1.0 - math.fsum(other.doubt for other in self.differences))


def compare(result: Result, estimate: str, *, highest: bool = False) -> Comparison:
    """Compare the points of *result* by *estimate*: the lowest is the best, or the *highest*.

    Raise a `NothingToCompareError` if fewer than two points have the estimate, each from two
    replications or more.
    """
    known = [point for point in result.points if residuals(estimate, point)[1].size > 1]
    known = [point for point in known if not math.isnan(residuals(estimate, point)[0])]
    if len(known) < 2:
        raise NothingToCompareError(
            f"{estimate} can be compared only where two points have it, from two replications or "
            f"more; here are {len(known)}"
        )
    sign = -1.0 if highest else 1.0
    ranked = sorted(known, key=lambda point: sign * residuals(estimate, point)[0])
    best, *others = ranked
    level = 1.0 - (1.0 - best.experiment.run.confidence) / math.comb(len(ranked), 2)
    return Comparison(
        estimate=estimate,
        best=best,
        differences=tuple(_against(point, best, estimate, level) for point in others),
        steps=tuple(_against(point, to, estimate, level) for to, point in pairwise(ranked)),
    )


def paired(
    estimate: str, point: PointResult, other: PointResult, factor: float = 1.0
) -> tuple[float, Values]:
    """Return the estimate's value at *point* less *factor* times that at *other*.

    And what each replication adds to its error, shape (replications,).
    """
    one, one_residuals = residuals(estimate, point)
    two, two_residuals = residuals(estimate, other)
    size = min(len(one_residuals), len(two_residuals))
    return one - factor * two, one_residuals[:size] - factor * two_residuals[:size]


def residuals(estimate: str, point: PointResult) -> tuple[float, Values]:
    """Return the estimate's value at *point*, and each replication's part in its error.

    It is a ratio, linearised (`sim.ratios`), or a quantile (`sim.quantiles.linearised`); nan, and
    zeros, where it is not defined. Where too few lie beyond a quantile, its parts are nan.
    """
    asked = MEASURES[estimate].quantile
    if asked is not None:
        pool = replications(point.samples).pool(asked.latency)
        return linearised(pool, asked.level, point.experiment.run.confidence)
    numerators, denominators = point.parts(estimate).reshape(-1, 2).T
    total = float(denominators.sum())
    if not total > 0:
        return math.nan, np.zeros(len(numerators))
    value = float(numerators.sum()) / total
    return value, (numerators - value * denominators) / float(denominators.mean())


def interval(value: float, errors: Values, level: float) -> tuple[float, float]:
    """Return Student's interval of *value* at *level*; nan from fewer than two replications."""
    size = len(errors)
    if size < 2 or math.isnan(value):
        return math.nan, math.nan
    half = float(stats.t.ppf(0.5 + level / 2, size - 1)) * _standard_error(errors)
    return value - half, value + half


def _against(point: PointResult, other: PointResult, estimate: str, level: float) -> Difference:
    value, errors = paired(estimate, point, other)
    low, high = interval(value, errors, level)
    size = len(errors)
    apart = sum(float(residuals(estimate, p)[1][:size].var(ddof=1)) for p in (point, other))
    together = float(errors.var(ddof=1))
    error = _standard_error(errors)
    alike = not error > 0 and value == 0
    if alike:
        low, high, doubt = math.nan, math.nan, 0.5
    elif math.isnan(error):
        doubt = 0.5
    else:
        doubt = float(stats.t.sf(abs(value) / error, size - 1)) if error > 0 else 0.0
    return Difference(
        point=point,
        value=value,
        low=low,
        high=high,
        saved=apart / together if together > 0 else math.nan,
        doubt=doubt,
        alike=alike,
    )


def _standard_error(errors: Values) -> float:
    return float(errors.std(ddof=1)) / math.sqrt(len(errors))
