"""Estimates from replications with tilted luck.

A weighed sum has the right expectation whatever the tilt. A share of all messages has a denominator
that is known, so it is estimated without bias; where more than half have it, the others are
weighed, since they are the rare ones. What has a condition is a ratio of two weighed sums, like any
ratio here. Intervals are Student's over replications. Where nothing was seen, the chance of an
event under tilted luck has a bound, and no likelihood ratio is above that of the plan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sim.estimate import BOUND
from sim.estimates import of_parts
from sim.measures import MEASURES, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from sim.estimates import Estimate
    from sim.rare.plan import Floats
    from sim.rare.sample import RareSample

SEEN = 100
"""Plain replications with so many events and non-events, and some in each, see enough alone."""


def parts(name: str, samples: Sequence[RareSample]) -> Floats:
    """Return numerator and denominator of each replication, shape (replications, 2)."""
    sums = [sample.sums[name] for sample in samples]
    table = np.array([(part.numerator, part.denominator, part.plain) for part in sums])
    x, y, plain = table.T
    if not all(part.plain == sample.messages for part, sample in zip(sums, samples, strict=True)):
        return np.stack([x, y], axis=1)
    if MEASURES[name].kind is Kind.PROBABILITY and x.sum() > 0.5 * y.sum():
        x = plain - (y - x)
    return np.stack([x, plain], axis=1)


def estimate(
    name: str, samples: Sequence[RareSample], *, confidence: float, largest_weight: float
) -> Estimate:
    """Return the estimate *name* over *samples*; no weight is above *largest_weight*."""
    table = parts(name, samples)
    probability = MEASURES[name].kind is Kind.PROBABILITY
    made = of_parts(
        name,
        table[:, 0],
        table[:, 1],
        messages=sum(sample.messages for sample in samples),
        confidence=confidence,
        probability=False,
        independent=len(samples),
    )
    if not made.defined:
        return made
    made = replace(made, probability=probability, method=f"{made.method}, weighed")
    if probability and made.value in (0.0, 1.0):
        blocks = sum(sample.weights[0] for sample in samples)
        bound = min(1.0, largest_weight * (1.0 - (1.0 - confidence) ** (1.0 / blocks)))
        low, high = (0.0, bound) if made.value == 0.0 else (1.0 - bound, 1.0)
        # So many plain trials would have the same bound.
        units = np.log(1.0 - confidence) / np.log1p(-bound) if bound < 1.0 else 1.0
        return replace(made, low=low, high=high, units=float(units), method=BOUND)
    if probability:
        return replace(made, high=min(made.high, 1.0), low=max(made.low, 0.0))
    return made


def seen_plainly(name: str, table: npt.NDArray[np.float64]) -> bool:
    """Return whether plain replications, *table* of shape (replications, 2), see *name* well."""
    events, others = table[:, 0], table[:, 1] - table[:, 0]
    if MEASURES[name].kind is not Kind.PROBABILITY:
        return bool((table[:, 1] > 0).all())
    everywhere = bool((events > 0).all() and (others > 0).all())
    return everywhere and min(events.sum(), others.sum()) >= SEEN
