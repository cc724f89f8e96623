"""How often intervals hold the truth: replications drawn from known laws, and one shared verdict.

Replications are made of the parts and latencies that a run would have kept of them, drawn from laws
whose truth is known, and go through the same estimates. So five hundred of them cost a second.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from models.ledger import Cause
from sim.batches import BATCHES, Batch
from sim.estimates import estimate
from sim.latencies import latencies
from sim.sample import Sample

SEEDS = 500
LEVEL = 0.95
LEAST, MOST = 0.93, 0.97
FALSE_ALARM = 1e-3
NOTHING = latencies(np.empty(0))


def replication(
    number: int = 0,
    *,
    messages: int = 1000,
    parts=None,
    confirm=NOTHING,
    window_s: float = 1000.0,
    longest_s: float = 0.1,
    crashes: int = 0,
    cycles: int = 0,
    batches=(),
) -> Sample:
    """A replication of which only this is known."""
    return Sample(
        replication=number,
        messages=messages,
        parts=parts or {},
        matrix=np.zeros((3, 5), dtype=np.int64),
        causes=np.zeros(len(Cause), dtype=np.int64),
        copies=np.zeros(1, dtype=np.int64),
        confirm=confirm,
        delivery=NOTHING,
        crashes=crashes,
        arrivals=messages,
        window_s=window_s,
        longest_s=longest_s,
        cycles=cycles,
        batches=tuple(batches),
    )


def of_ratios(name, above, below, **more):
    """Replications with these numerators and denominators."""
    return [
        replication(number, parts={name: (float(a), float(b))}, **more)
        for number, (a, b) in enumerate(zip(above, below, strict=True))
    ]


def of_times(rows, **more):
    """Replications with these confirm latencies."""
    return [
        replication(number, messages=len(row), confirm=latencies(np.asarray(row)), **more)
        for number, row in enumerate(rows)
    ]


def of_series(name, values, **more):
    """A replication whose messages have these *values*, one after the other, as times and sum."""
    rows = np.array_split(np.asarray(values), BATCHES)
    batches = [
        Batch(
            parts={name: (float(row.sum()), float(len(row)))},
            confirm=latencies(row),
            delivery=NOTHING,
        )
        for row in rows
    ]
    return replication(
        messages=len(values),
        parts={name: (float(values.sum()), float(len(values)))},
        confirm=latencies(np.asarray(values, dtype=np.float64)),
        batches=batches,
        **more,
    )


def estimates(name, draw, *, trials=None, seeds=SEEDS, seed=20261119):
    """Estimates of *seeds* draws of replications; by default these are all that is independent."""
    luck = np.random.default_rng(seed)
    found = []
    for _ in range(seeds):
        samples = draw(luck)
        known = len(samples) if trials is None else trials
        found.append(estimate(name, samples, confidence=LEVEL, trials=known))
    return found


def share_held(found, truth):
    """The share of the intervals *found* that hold *truth*, up to the rounding of a float."""
    held = [one.low <= truth * (1 + 1e-9) and truth * (1 - 1e-9) <= one.high for one in found]
    return sum(held) / len(held)


def assert_covers(found, truth, *, conservative=False):
    """Assert that *found* hold the *truth* in 93 to 97 %, as far as so many of them can tell.

    A coverage at either end of that raises an alarm in one case of a thousand. Conservative ones
    may hold it always.
    """
    size, share = len(found), share_held(found, truth)
    least = stats.binom.ppf(FALSE_ALARM, size, LEAST) / size
    most = 1.0 if conservative else stats.binom.isf(FALSE_ALARM, size, MOST) / size
    assert least <= share <= most, f"{share:.1%} of {size} hold {truth:.6g} ({found[0].method})"
