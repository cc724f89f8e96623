"""The one check of theory against simulation, and how a simulation is run for it.

A check must be able to fail. So it asks two things of a sample: that the value is no further from
the prediction than luck explains, and that an error of the share `notice` would have been seen.

Both bounds come from the sample, never from a look at the result. A false alarm has probability
`FALSE_ALARM` for each check; with a fixed seed it comes at the first run or never. An error of
`notice` is seen with probability `NOTICED`. For a probability p the share is of min(p, 1 - p):
0.9987 and 0.9974 are close together only on paper. Where the number to be hit is rare, as 1e-4 is,
no affordable sample sees an error of a tenth: `notice` says there what is seen, and the same
formula is held to a tenth at louder parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from sim.config import from_mapping
from sim.runner import run
from sim.system import System

FALSE_ALARM = 1e-4
NOTICED = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Coins:
    """Events among independent trials: the law is binomial, and needs no estimate of its spread."""

    events: int
    trials: int

    @property
    def value(self) -> float:
        return self.events / self.trials

    def is_alarming(self, predicted: float) -> bool:
        low, high = self._accepted(predicted)
        return not low <= self.events <= high

    def notices(self, predicted: float, notice: float) -> float:
        """The chance that an error of *notice*, up or down, would alarm."""
        low, high = self._accepted(predicted)
        error = notice * min(predicted, 1 - predicted)
        seen = [
            stats.binom.cdf(low - 1, self.trials, truth) + stats.binom.sf(high, self.trials, truth)
            for truth in (predicted - error, predicted + error)
        ]
        return float(min(seen))

    def _accepted(self, predicted: float) -> tuple[float, float]:
        law = stats.binom(self.trials, predicted)
        return law.ppf(FALSE_ALARM / 2), law.isf(FALSE_ALARM / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A value whose standard error was estimated with so many degrees of freedom."""

    value: float
    error: float
    degrees: float

    @property
    def reach(self) -> float:
        return float(stats.t.isf(FALSE_ALARM / 2, self.degrees)) * self.error

    def is_alarming(self, predicted: float) -> bool:
        return abs(self.value - predicted) > self.reach

    def notices(self, predicted: float, notice: float) -> float:
        if not self.error > 0:
            return math.nan  # what does not vary at all is compared exactly, not here
        return float(stats.norm.cdf((notice * abs(predicted) - self.reach) / self.error))


def ratio(numerators, denominators) -> Mean:
    """sum / sum over replications, its error by the jackknife (delete one replication at a time).

    R. G. Miller, "The jackknife - a review", Biometrika 61, 1974.
    """
    above = np.asarray(numerators, dtype=np.float64)
    below = np.asarray(denominators, dtype=np.float64)
    n = len(above)
    without = (above.sum() - above) / (below.sum() - below)
    error = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
    return Mean(value=float(above.sum() / below.sum()), error=error, degrees=n - 1)


def mean(values) -> Mean:
    """The mean of independent values."""
    values = np.asarray(values, dtype=np.float64)
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    return Mean(value=float(values.mean()), error=error, degrees=len(values) - 1)


def of(name: str, samples) -> Mean:
    """The estimate *name* over replications."""
    parts = np.array([sample.parts[name] for sample in samples])
    return ratio(parts[:, 0], parts[:, 1])


def coins(name: str, samples) -> Coins:
    """The probability *name*, where every message decides by its own luck."""
    events, trials = np.array([sample.parts[name] for sample in samples]).sum(axis=0)
    return Coins(events=round(events), trials=round(trials))


def assert_agrees(observed: Coins | Mean, predicted: float, *, notice: float = 0.1) -> None:
    """Assert that *observed* is *predicted*, and that it could have failed: see above."""
    told = f"observed {observed.value:.8g}, predicted {predicted:.8g} ({observed})"
    noticed = observed.notices(predicted, notice)
    assert noticed >= NOTICED, f"an error of {notice:.0%} is seen with {noticed:.1%} only: {told}"
    assert not observed.is_alarming(predicted), told


def simulate(mapping, **tables):
    """Run the experiment *mapping* and return its samples; *tables* are put on top of it."""
    (point,) = run(experiment(mapping, **tables)).points
    return point.samples


def ledgers(mapping, **tables):
    """Run the experiment and yield (ledger, measured rows) of each replication."""
    made = experiment(mapping, **tables)
    for replication in range(made.run.replications):
        system = System(made, replication)
        system.run()
        yield system.ledger, system.census.measured


def experiment(mapping, **tables):
    """The experiment *mapping* with *tables* on top, table by table; no closed form is asked."""
    merged = {"seed": 1, "check": {"formulas": []}, **mapping}
    for name, table in tables.items():
        merged[name] = {**merged.get(name, {}), **table}
    return from_mapping(merged)
