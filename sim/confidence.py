"""How surely what an estimate stands for lies on one side of a bound.

It is the highest level at which a one-sided interval still lies there, a confidence distribution
(T. Schweder and N. L. Hjort, "Confidence, Likelihood, Probability", 2016). The intervals are those
that the estimate has: of Clopper and Pearson where messages are independent trials, so that the
confidence is never more than it should be; the same by Student's tails where they count as fewer;
of the share of latencies on that side of the bound, for a quantile; Student's for the rest.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy import special

from sim.estimate import BOUND, FEWER_TRIALS
from sim.intervals import distance, doubt
from sim.measures import MEASURES
from sim.units import replications

if TYPE_CHECKING:
    from sim.estimate import Estimate
    from sim.measure import Quantile
    from sim.runner import PointResult


def confidence(name: str, point: PointResult, bound: float, *, below: bool) -> float:
    """Return how surely the estimate *name* is *below* the bound at *point*, or else above it.

    It is nan where the estimate is not defined, or tells nothing of its spread.
    """
    estimate = point.estimates[name]
    if not estimate.defined or math.isnan(estimate.low):
        return math.nan
    quantile = MEASURES[name].quantile
    if quantile is not None:
        return _of_quantile(quantile, point, bound, estimate, below=below)
    if estimate.method == BOUND:
        return of_share(estimate.value * estimate.units, estimate.units, bound, below=below)
    if estimate.exact:
        return of_share(estimate.events, estimate.trials, bound, below=below)
    if estimate.method.startswith(FEWER_TRIALS):
        return _of_fewer(estimate, estimate.value, estimate.degrees, bound, below=below)
    if not estimate.standard_error > 0:
        return math.nan
    far = abs(bound - estimate.value)
    if not estimate.probability:
        far = distance(estimate.value, bound)
    there = float(special.stdtr(estimate.degrees, far / estimate.standard_error))
    return there if (bound >= estimate.value) is below else 1.0 - there


def of_share(events: float, trials: float, bound: float, *, below: bool) -> float:
    """Return how surely a share, of *events* among *trials*, is *below* the bound, or above it."""
    if not 0.0 < bound < 1.0:
        return float((bound >= 1.0) is below)
    if below:
        return (
            float(special.betainc(events + 1.0, trials - events, bound)) if events < trials else 0.0
        )
    return float(special.betaincc(events, trials - events + 1.0, bound)) if events > 0 else 0.0


def _of_fewer(
    estimate: Estimate, share: float, degrees: int, bound: float, *, below: bool
) -> float:
    """Return the same for a *share* whose trials are known by *degrees* of freedom."""
    free = estimate.units * doubt(degrees, estimate.confidence)
    normal = special.ndtri(of_share(share * free, free, bound, below=below))
    return float(special.stdtr(degrees, normal))


def _of_quantile(
    asked: Quantile, point: PointResult, bound_s: float, estimate: Estimate, *, below: bool
) -> float:
    """Return the same for a quantile: it is below a time if enough latencies are.

    It is above it, then, if the share of those that are not is large enough.
    """
    if not estimate.units > 0:
        return math.nan
    pool = replications(point.samples).pool(asked.latency)
    within = pool.within(bound_s) if below else pool.before(bound_s)
    share = float(within.sum()) / pool.total
    if estimate.method.startswith("order statistics"):
        return of_share(share * pool.total, pool.total, asked.level, below=not below)
    return _of_fewer(estimate, share, estimate.degrees, asked.level, below=not below)
