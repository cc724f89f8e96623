"""Estimates: a value with its interval, over replications.

Messages of one replication share crashes and queues; they are not independent. So the unit of
every interval is the replication. An estimate is a ratio of two sums over replications (events over
publications, a sum over a count), and its standard error that of the linearised ratio
(W. G. Cochran, "Sampling Techniques", 3rd ed., section 6.3); the interval is Student's.

Where few events were seen (`FEW`) Student's interval is wrong, and with few replications it is
wide. What counts then is how many independent trials there were (`independent_trials`). If every
message is one, the interval is Clopper and Pearson's. Where nothing was seen in n trials, the share
is, at level c, below 1 - (1 - c)^(1/n), about 3/n at 95 %. Nothing seen is a bound, never zero.

Nothing that is estimated here can be negative, so no interval goes below zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from sim.measures import MEASURES, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from sim.coupling import Coupling
    from sim.sample import Sample

    Parts = npt.NDArray[np.float64]

FEW = 30
"""Below so many events (or non-events) a normal approximation is not trusted."""

FEW_REPLICATIONS = 5
"""Below so many replications their spread says little, and independent trials say more."""

APART = 100.0
"""Messages created further apart than so many of the longest stays count as independent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value between `low` and `high`, at level `confidence`; nan where it is not defined.

    `standard_error` and `degrees` (of freedom) belong to the value's linearised ratio; `events` and
    `trials` are the sums behind a probability, `units` how many of the trials count as independent.
    `method` says how the interval was made.
    """

    name: str
    value: float
    low: float
    high: float
    confidence: float
    replications: int
    messages: int
    standard_error: float
    degrees: int
    events: float
    trials: float
    units: float
    probability: bool = False
    method: str

    @property
    def defined(self) -> bool:
        """Whether there is a value at all."""
        return not math.isnan(self.value)

    @property
    def exact(self) -> bool:
        """Whether the events are binomial, so that a test needs no spread to be estimated."""
        return self.probability and (self.method == "bound" or self.units >= self.trials > 0)

    def p_value(self, predicted: float) -> float:
        """Return the chance of a value at least so far from *predicted*, were that the truth."""
        inside = min(max(predicted, 0.0), 1.0)
        if self.method == "bound":  # nothing seen, or nothing else
            return float((1.0 - inside if self.events == 0 else inside) ** self.units)
        if self.exact:
            test = stats.binomtest(round(self.events), round(self.trials), inside)
            return float(test.pvalue)
        distance = abs(self.value - predicted)
        if math.isclose(self.value, predicted, rel_tol=1e-9, abs_tol=1e-12):
            return 1.0  # rounding has a spread of its own
        if self.standard_error > 0:
            return float(2 * stats.t.sf(distance / self.standard_error, self.degrees))
        # One replication, or all alike: what happens too rarely to be seen has an unknown part in
        # the mean, so nothing is too far from it.
        return 1.0


def independent_trials(samples: Sequence[Sample], couplings: Sequence[Coupling]) -> float:
    """Return how many independent trials *samples* hold, from replications to messages.

    Uncoupled messages are trials of their own; a lasting coupling leaves only the replications. In
    between, messages are taken for independent if they were created far enough `APART`.
    """
    messages = sum(sample.messages for sample in samples)
    if not couplings:
        return messages
    if any(coupling.lasting for coupling in couplings):
        return len(samples)
    longest_s = max(sample.longest_s for sample in samples)
    window_s = sum(sample.window_s for sample in samples)
    stretches = window_s / (APART * longest_s) if longest_s > 0 else math.inf
    return max(len(samples), min(messages, stretches))


def estimate(name: str, samples: Sequence[Sample], *, confidence: float, trials: float) -> Estimate:
    """Return the estimate *name* of `sim.measures.MEASURES` over *samples*.

    *trials* is what `independent_trials` says of them.
    """
    parts = np.array([sample.parts[name] for sample in samples], dtype=np.float64).reshape(-1, 2)
    messages = sum(sample.messages for sample in samples)
    probability = MEASURES[name].kind is Kind.PROBABILITY
    if name in ("out_of_order", "redelivered_flag_lies"):
        trials = len(samples)  # order is among messages, and one message has several deliveries
    if name == "persisted" and not any(sample.crashes for sample in samples):
        parts = np.zeros_like(parts)  # without a crash there is nothing to persist through
    return of_parts(
        name,
        parts[:, 0],
        parts[:, 1],
        messages=messages,
        confidence=confidence,
        probability=probability,
        independent=trials,
    )


def of_parts(
    name: str,
    numerators: Parts,
    denominators: Parts,
    *,
    messages: int,
    confidence: float,
    probability: bool,
    independent: float,
) -> Estimate:
    """Return the estimate of sum(numerators) / sum(denominators), both of shape (replications,).

    *messages* are behind it, and *independent* trials behind these.
    """
    size = len(numerators)
    events, trials = float(numerators.sum()), float(denominators.sum())
    value = events / trials if trials > 0 else math.nan
    error = _standard_error(numerators, denominators, value)
    low, high, method = _student(value, error, size - 1, confidence)
    # Conditional probabilities have fewer trials than there are messages.
    units = min(trials, independent * trials / messages) if messages else 0.0
    if probability and not math.isnan(value):
        few = min(events, trials - events) < FEW
        if events in (0.0, trials):
            bound = _bound(units, confidence)
            low, high = (0.0, bound) if events == 0 else (1.0 - bound, 1.0)
            method = "bound"
        elif independent >= messages and (few or size < FEW_REPLICATIONS):
            test = stats.binomtest(round(events), round(trials))
            low, high = (float(end) for end in test.proportion_ci(confidence, "exact"))
            method = "Clopper-Pearson"
        elif math.isnan(error):
            low, high, method = 0.0, 1.0, "one replication"
        high = min(high, 1.0)
    low = max(low, 0.0)  # nan stays nan: it compares as false
    if math.isnan(value):
        method = "not defined"
    return Estimate(
        name=name,
        value=value,
        low=low,
        high=high,
        confidence=confidence,
        replications=size,
        messages=messages,
        standard_error=error,
        degrees=size - 1,
        events=events,
        trials=trials,
        units=units,
        probability=probability,
        method=method,
    )


def _standard_error(numerators: Parts, denominators: Parts, value: float) -> float:
    size = len(numerators)
    if size < 2 or math.isnan(value):
        return math.nan
    residuals = numerators - value * denominators
    spread = math.sqrt(float(residuals @ residuals) / (size - 1))
    return spread / (math.sqrt(size) * float(denominators.mean()))


def _student(
    value: float, error: float, degrees: int, confidence: float
) -> tuple[float, float, str]:
    if math.isnan(error):
        return math.nan, math.nan, "one replication"
    half = float(stats.t.ppf(0.5 + confidence / 2, degrees)) * error
    return value - half, value + half, "Student over replications"


def _bound(trials: float, confidence: float) -> float:
    """Return the upper bound of a probability of which nothing was seen in *trials*."""
    return float(1.0 - (1.0 - confidence) ** (1.0 / max(trials, 1.0)))
