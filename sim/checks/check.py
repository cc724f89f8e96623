"""A check: an estimate beside the prediction of a closed form, and a verdict.

`disagrees`: the estimate is too far from the prediction to be luck, at the level of the experiment,
corrected for the number of checks of a point (S. Holm, "A simple sequentially rejective multiple
test procedure", Scand. J. Statist. 6, 1979). `agrees`: it is not, and an error of `margin` would
have been noticed with probability `POWER` at least. `undecided`: it is not, but such an error could
well have gone unnoticed; `more_messages` says how many more it would take. So a check that could
not have failed is never called agreement.

The margin is relative: to the prediction, and for a probability to the smaller of p and 1 - p,
since 0.9987 and 0.9974 are close together only on paper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from scipy import stats

from sim.measures import MEASURES, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.estimates import Estimate

POWER = 0.8
"""The chance to notice an error of the margin that a check needs to call agreement."""


ROUNDING = 1e-12
"""Below that a probability is nothing, and two times are the same."""


class Verdict(StrEnum):
    """What a check says."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One closed form beside one estimate.

    `margin` is the relative error that the check looks for, `power` the chance that it would have
    noticed it, `more_messages` what is missing for `POWER` (0 if nothing is).
    """

    name: str
    estimate: str
    formula: str
    source: str
    predicted: float
    value: float
    low: float
    high: float
    p_value: float
    margin: float
    power: float
    more_messages: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A closed form that does not hold here, and the assumptions that are broken."""

    name: str
    formula: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a closed form says of one estimate."""

    name: str
    estimate: str
    formula: str
    source: str
    value: float
    probability: bool


def compare(prediction: Prediction, estimate: Estimate, margin: float, siblings: int = 1) -> Check:
    """Return the check of *prediction* against *estimate*, its p-value not yet corrected.

    The power is that among *siblings* checks in all, which share the level of the experiment.
    """
    scale = prediction.value
    if prediction.probability:
        scale = min(scale, 1.0 - scale)
        scale = scale if scale > ROUNDING else 0.0
    if not estimate.defined:
        p_value, power, factor = 1.0, 0.0, math.inf
    elif scale == 0.0:
        # Never, always, or nothing at all: one event to the contrary is enough to disagree.
        as_said = _same(estimate.value, prediction.value)
        p_value, power, factor = float(as_said), 1.0, 1.0
    else:
        p_value = estimate.p_value(prediction.value)
        error = _spread(prediction, estimate)
        power, factor = _power(margin * abs(scale), error, estimate, siblings)
    enough = power >= POWER
    return Check(
        name=prediction.name,
        estimate=estimate.name,
        formula=prediction.formula,
        source=prediction.source,
        predicted=prediction.value,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        p_value=p_value,
        margin=margin,
        power=power,
        more_messages=0 if enough else _more(factor, estimate.messages),
        verdict=Verdict.AGREES if enough else Verdict.UNDECIDED,
    )


def correct(checks: Sequence[Check], confidence: float) -> list[Check]:
    """Return *checks* with Holm's verdicts: all `disagrees` hold together at *confidence*."""
    order = sorted(range(len(checks)), key=lambda place: checks[place].p_value)
    corrected = list(checks)
    worst = 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, checks[place].p_value * (len(checks) - rank)))
        check = replace(checks[place], p_value=worst)
        if worst < 1.0 - confidence:
            check = replace(check, verdict=Verdict.DISAGREES, more_messages=0)
        corrected[place] = check
    return corrected


def _spread(prediction: Prediction, estimate: Estimate) -> float:
    """Return the standard error that the estimate would have if the prediction were true."""
    if estimate.exact and estimate.units > 0:
        p = prediction.value
        return math.sqrt(max(p * (1.0 - p), 0.0) / estimate.units)
    if estimate.standard_error == 0.0 and not _same(estimate.value, prediction.value):
        return math.nan  # it varies, but too rarely to be seen
    return estimate.standard_error


def _same(value: float, other: float) -> bool:
    return math.isclose(value, other, rel_tol=1e-9, abs_tol=ROUNDING)


def _power(distance: float, error: float, estimate: Estimate, siblings: int) -> tuple[float, float]:
    """Return the chance to notice an error of *distance*, and how many times the data it needs.

    A normal approximation: what it calls 0.8 is 0.76 at least with ten replications.
    """
    if math.isnan(error):
        return 0.0, math.inf
    if error == 0.0:
        return (1.0, 1.0) if distance > 0 else (0.0, math.inf)
    # What Holm asks of the one check that fails among all.
    alpha = (1.0 - estimate.confidence) / siblings
    degrees = math.inf if estimate.exact else max(estimate.degrees, 1)
    far = float(stats.t.isf(alpha / 2, degrees))
    reach = distance / error
    power = float(stats.norm.sf(far - reach) + stats.norm.cdf(-far - reach))
    wanted = far + float(stats.norm.ppf(POWER))
    return power, (wanted / reach) ** 2 if reach > 0 else math.inf


def _more(factor: float, messages: int) -> int:
    """Return how many more messages a factor means; -1 if no number would do."""
    return -1 if math.isinf(factor) else math.ceil((factor - 1.0) * messages)


def is_probability(name: str) -> bool:
    """Return whether the estimate *name* is a probability."""
    return MEASURES[name].kind is Kind.PROBABILITY
