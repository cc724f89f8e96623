"""One estimate: a value, its interval, and how both were made."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from sim.intervals import binomial_p_value, distance, doubt

BOUND = "bound"
"""The method where nothing was seen, or nothing else."""

FEWER_TRIALS = "Korn-Graubard"
"""The method of shares whose messages count as fewer trials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value between `low` and `high`, at level `confidence`; nan where it is not defined.

    `high` is infinite where the data give no upper end. `standard_error` and `degrees` (of freedom)
    belong to the value's linearised ratio; `events` and `trials` are the sums behind a probability,
    `units` how many of the trials count as independent. `method` says how the interval was made.
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
        if self.method.startswith(FEWER_TRIALS):
            return False
        return self.probability and (self.method == BOUND or self.units >= self.trials > 0)

    def p_value(self, predicted: float) -> float:
        """Return the chance of a value at least so far from *predicted*, were that the truth."""
        inside = min(max(predicted, 0.0), 1.0)
        if self.method == BOUND:
            return float((1.0 - inside if self.events == 0 else inside) ** self.units)
        if self.exact:
            test = stats.binomtest(round(self.events), round(self.trials), inside)
            return float(test.pvalue)
        if math.isclose(self.value, predicted, rel_tol=1e-9, abs_tol=1e-12):
            return 1.0  # rounding has a spread of its own
        if self.method.startswith(FEWER_TRIALS):
            return self._p_value_of_fewer(inside)
        if self.standard_error > 0:
            far = abs(self.value - predicted)
            if not self.probability:
                far = distance(self.value, predicted)
            return float(2 * stats.t.sf(far / self.standard_error, self.degrees))
        # One replication, or all alike: what happens too rarely to be seen has an unknown part in
        # the mean, so nothing is too far from it.
        return 1.0

    def _p_value_of_fewer(self, predicted: float) -> float:
        """Return the p-value where messages count as fewer trials, by their binomial tails.

        At each level the trials are as many as Student's quantile of that level makes them. So the
        tails of the normal distribution become Student's.
        """
        free = self.units * doubt(self.degrees, self.confidence)
        far = stats.norm.isf(binomial_p_value(self.value * free, free, predicted) / 2.0)
        return float(2.0 * stats.t.sf(far, self.degrees))
