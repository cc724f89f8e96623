"""Estimates that are a ratio of two sums over units: events over trials, a sum over a count."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.batches import FEW_REPLICATIONS
from sim.estimate import BOUND, FEWER_TRIALS, Estimate
from sim.intervals import binomial, bound, effective_trials, of_ratio, student
from sim.spread import spread

if TYPE_CHECKING:
    from sim.intervals import Ends
    from sim.spread import Array, Runs

FEW = 30
"""Below so many events (or non-events) a normal approximation is not trusted."""

BETTER = 1000.0
"""No messages count as more than so many coins each, however much alike replications are."""

NO_ENDS = (math.nan, math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is to be estimated, and what is known before: *independent* trials in *messages*."""

    name: str
    replications: int
    messages: int
    confidence: float
    probability: bool
    independent: float

    @property
    def uncoupled(self) -> bool:
        """Whether every message is a trial of its own."""
        return self.independent >= self.messages

    def made(self, value: float, ends: Ends, **more: Any) -> Estimate:
        """Return the estimate, from the first of *ends* to the second."""
        return Estimate(
            name=self.name,
            value=value,
            low=ends[0],
            high=ends[1],
            confidence=self.confidence,
            replications=self.replications,
            messages=self.messages,
            probability=self.probability,
            **more,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ratio:
    """A value, and what its units tell of it."""

    value: float
    above: Array
    below: Array
    error: float
    over: str

    @property
    def degrees(self) -> int:
        return len(self.above) - 1


def ratio(case: Case, above: Array, below: Array, runs: Runs, over: str) -> tuple[Estimate, bool]:
    """Return the estimate of sum(above) / sum(below), and whether neighbouring units go together.

    Both have shape (units,); *runs* are the replications of the units, *over* what they are called.
    """
    events, trials = float(above.sum()), float(below.sum())
    value = events / trials if trials > 0 else math.nan
    known = spread(np.nan_to_num(above - value * below), runs)
    error = known.error / trials if trials > 0 else math.nan
    # Conditional probabilities have fewer trials than there are messages.
    units = min(trials, case.independent * trials / case.messages) if case.messages else 0.0
    degrees = len(above) - 1
    told = _Ratio(value=value, above=above, below=below, error=error, over=over)
    if math.isnan(value):
        ends, method = NO_ENDS, "not defined"
    elif not case.probability:
        ends, method = _of_ratio(case, told)
    elif events in (0.0, trials):
        most = bound(units, case.confidence)
        ends, method = (0.0, most) if events == 0 else (1.0 - most, 1.0), BOUND
    elif case.uncoupled:
        ends, method = _of_trials(case, told)
    else:
        ends, method, units, degrees = _of_fewer(case, told)
    made = case.made(
        value,
        ends,
        standard_error=error,
        degrees=degrees,
        events=events,
        trials=trials,
        units=units,
        method=method,
    )
    return made, known.together


def _of_ratio(case: Case, told: _Ratio) -> tuple[Ends, str]:
    if math.isnan(told.error):
        return NO_ENDS, "one replication"
    ends = of_ratio(told.value, told.error, told.degrees, case.confidence)
    return ends, f"Student over {told.over}"


def _of_trials(case: Case, told: _Ratio) -> tuple[Ends, str]:
    """Return the interval of a share of independent trials."""
    events, trials = float(told.above.sum()), float(told.below.sum())
    if min(events, trials - events) < FEW or len(told.above) < FEW_REPLICATIONS:
        return binomial(events, trials, case.confidence), "Clopper-Pearson"
    low, high = student(told.value, told.error, told.degrees, case.confidence)
    return (max(low, 0.0), min(high, 1.0)), f"Student over {told.over}"


def _of_fewer(case: Case, told: _Ratio) -> tuple[Ends, str, float, int]:
    """Return the interval of a share of messages that go together.

    And its method, how many trials they count as, and by how many degrees of freedom that is known.
    """
    if math.isnan(told.error):
        return (0.0, 1.0), "one replication", 1.0, told.degrees
    # Units without an event tell little of how many there are in those that have some.
    seen = min(np.count_nonzero(told.above), np.count_nonzero(told.below - told.above))
    degrees = min(told.degrees, int(seen) + 1)
    events, trials = float(told.above.sum()), float(told.below.sum())
    # Order can make messages better than coins, but a few events alike may be luck.
    most = trials if min(events, trials - events) < FEW else BETTER * trials
    units = min(most, effective_trials(told.value, told.error, degrees, case.confidence))
    ends = binomial(told.value * units, units, case.confidence)
    return ends, f"{FEWER_TRIALS} over {told.over}", units, degrees
