"""Estimates: a value with its interval, over replications.

Messages of one replication share crashes and queues; they are not independent. So the unit of
every interval is the replication, or a batch of one where there are few (`sim.units`). An estimate
is a ratio of two sums over units (`sim.ratios`), or a quantile of all latencies together
(`sim.quantiles`); their intervals are those of `sim.intervals`.

Where every message is an independent trial (`independent_trials`) and there are few events or few
replications, a share is binomial. Where nothing was seen in n trials, the share is, at level c,
below 1 - (1 - c)^(1/n), about 3/n at 95 %. Nothing seen is a bound, never zero.

Nothing that is estimated here can be negative, so no interval goes below zero.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sim.estimate import Estimate
from sim.intervals import quantile_of_student
from sim.measures import MEASURES, Kind
from sim.quantiles import interval
from sim.ratios import NO_ENDS, Case, ratio
from sim.units import choices, independent_trials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.measure import Quantile
    from sim.sample import Sample
    from sim.spread import Array
    from sim.units import Units

__all__ = ["Estimate", "estimate", "independent_trials", "of_parts"]


def estimate(name: str, samples: Sequence[Sample], *, confidence: float, trials: float) -> Estimate:
    """Return the estimate *name* of `sim.measures.MEASURES` over *samples*.

    *trials* is what `independent_trials` says of them.
    """
    measure = MEASURES[name]
    case = Case(
        name=name,
        replications=len(samples),
        messages=sum(sample.messages for sample in samples),
        confidence=confidence,
        probability=measure.kind is Kind.PROBABILITY,
        independent=trials,
    )
    if name in ("out_of_order", "redelivered_flag_lies"):
        # Order is among messages, and one message has several deliveries.
        case = replace(case, independent=len(samples))
    # Times are never: messages wait for one another where nothing couples their fates, too.
    alone = case.uncoupled and measure.each is not None and not measure.unit
    over = choices(samples, trials, alone=alone)
    for units in over[-1:] if case.probability and alone else over:
        if measure.quantile is not None:
            made, together = _quantile(case, measure.quantile, units)
        else:
            above, below = units.parts(name)
            if name == "persisted" and not any(sample.crashes for sample in samples):
                above, below = 0.0 * above, 0.0 * below  # there is nothing to persist through
            made, together = ratio(case, above, below, units.runs, units.name)
        if not together:
            break
    return made


def of_parts(
    name: str,
    numerators: Array,
    denominators: Array,
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
    case = Case(
        name=name,
        replications=size,
        messages=messages,
        confidence=confidence,
        probability=probability,
        independent=independent,
    )
    return ratio(case, numerators, denominators, np.arange(size), "replications")[0]


def _quantile(case: Case, asked: Quantile, units: Units) -> tuple[Estimate, bool]:
    """Return the quantile of the latencies of *units*, and whether neighbours go together."""
    pool = units.pool(asked.latency)
    # Where nothing couples fates, messages wait for one another at the consumers all the same.
    alone = case.uncoupled and asked.latency == "confirm"
    told = interval(
        pool,
        units.runs,
        asked.level,
        case.confidence,
        known=case.independent,
        trials=pool.total if alone else 0.0,
    )
    degrees = len(pool) - 1
    method = f"Woodruff over {units.name}"
    if math.isnan(told.value):
        method = "not defined"
    elif told.exact:
        method = "order statistics"
    elif math.isnan(told.low):
        method = "one replication"
    if math.isinf(told.high):
        method += ", no upper end: too few beyond"
    wide = 2.0 * quantile_of_student(max(degrees, 1), case.confidence)
    made = case.made(
        told.value,
        (told.low, told.high) if told.value >= 0 else NO_ENDS,
        standard_error=(told.high - told.low) / wide,
        degrees=degrees,
        events=float(pool.within(told.value).sum()) if pool.total else 0.0,
        trials=pool.total,
        units=told.units,
        method=method,
    )
    return made, told.together
