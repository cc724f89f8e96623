"""Claims, judged: whether what somebody says holds in this simulation.

A test holds if the whole interval of its estimate lies on the right side of the bound, it fails if
the whole interval lies on the wrong side; else nothing is decided. Two points are compared on the
same luck: replication by replication, so that what befalls both makes no difference (common random
numbers; A. M. Law, "Simulation Modeling and Analysis", chapter 11). A claim is true if all its
tests hold, false if one of them fails. Of a point that failed to run nothing is known, so that
nothing is decided.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from sim.comparison import interval, paired
from sim.config.claims import fits
from sim.wording import point_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.config.claims import Claim, ClaimTest
    from sim.runner import PointResult, Result

Values: TypeAlias = npt.NDArray[np.float64]


class Truth(StrEnum):
    """What a run says of a claim."""

    TRUE = "true"
    FALSE = "false"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """One test: what was compared lies between `low` and `high`, and `bound` is what decides.

    For two points that is the difference, and 0. `value` is the estimate at the test's point,
    `other` that at the other one (nan if there is none). `missing` tells why there is nothing to
    judge, empty where there is.
    """

    test: ClaimTest
    value: float
    other: float
    low: float
    high: float
    bound: float
    truth: Truth
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One claim and its verdict."""

    claim: Claim
    tests: tuple[Tested, ...]

    @property
    def truth(self) -> Truth:
        """The verdict over all tests."""
        found = {result.truth for result in self.tests}
        if Truth.FALSE in found:
            return Truth.FALSE
        return Truth.UNDECIDED if Truth.UNDECIDED in found else Truth.TRUE


def judge_claims(result: Result) -> tuple[Judgement, ...]:
    """Return the verdict of *result* on each claim of its experiment."""
    return tuple(
        Judgement(claim=claim, tests=tuple(_judge(test, result) for test in claim.tests))
        for claim in result.experiment.claims
    )


def _judge(test: ClaimTest, result: Result) -> Tested:
    asked = test.below if test.below is not None else test.above
    bound = 0.0 if asked is None else float(asked)
    point = _point(result, test.at)
    against = None if test.other is None else _point(result, test.other)
    if point is None or (against is None and test.other is not None):
        return _undecided(test, bound, _why_missing(result, test))
    estimate = point.estimates[test.estimate]
    if against is None:
        low, high, other = estimate.low, estimate.high, math.nan
    else:
        other = against.estimates[test.estimate].value
        low, high = _difference(test, point, against)
    return Tested(
        test=test,
        value=estimate.value,
        other=other,
        low=low,
        high=high,
        bound=bound,
        truth=_truth(low, high, bound, upper=test.upper),
    )


def _point(result: Result, wanted: Mapping[str, object]) -> PointResult | None:
    """Return the point that is *wanted*; None if it has no result."""
    return next((point for point in result.points if fits(point.parameters, wanted)), None)


def _undecided(test: ClaimTest, bound: float, why: str) -> Tested:
    nan = math.nan
    return Tested(
        test=test,
        value=nan,
        other=nan,
        low=nan,
        high=nan,
        bound=bound,
        truth=Truth.UNDECIDED,
        missing=why,
    )


def _why_missing(result: Result, test: ClaimTest) -> str:
    """Return why a point that *test* names is not among those of *result*."""
    reasons = []
    for wanted in (test.at, test.other):
        if wanted is None or _point(result, wanted) is not None:
            continue
        failed = next((f for f in result.failures if fits(f.parameters, wanted)), None)
        name = point_name(wanted) if wanted else "the point"
        told = f"failed to run: {failed.text}" if failed else "was not run"
        reasons.append(f"{name} {told}")
    return "; ".join(dict.fromkeys(reasons))


def _truth(low: float, high: float, bound: float, *, upper: bool) -> Truth:
    if math.isnan(low) or math.isnan(high):
        return Truth.UNDECIDED
    if high < bound:
        return Truth.TRUE if upper else Truth.FALSE
    if low > bound:
        return Truth.FALSE if upper else Truth.TRUE
    return Truth.UNDECIDED


def _difference(test: ClaimTest, point: PointResult, other: PointResult) -> tuple[float, float]:
    """Return the interval of the difference of an estimate between two points, pair by pair."""
    value, errors = paired(test.estimate, point, other, test.factor)
    return interval(value, errors, point.experiment.run.confidence)
