"""What a reader of a log has processed and not committed: so many it does again after a crash.

A reader that commits in batches keeps up with Poisson arrivals of rate λ, each processed at once.
It commits when `every` records are processed, or `interval_s` after the first of them, whichever
comes first. What is uncommitted when it dies, at a moment that has nothing to do with the records
(a Poisson process of crashes sees time averages: R. W. Wolff, Oper. Res. 30, 1982), is seen again:
effects for the second time.

Between two commits the number N(t) of uncommitted records starts at 0, for 1/λ on average, and then
is 1 + Poisson(λ s) after s seconds, until it would be `every` (n) or s is the interval T. By the
theorem of renewals and rewards, the mean over time is the mean sum over such a cycle divided by the
mean length of a cycle; with S_k the time of the k-th arrival after the first, Erlang(k, λ),

    E[N] = sum_{k=0}^{n-2} (k + 1) τ_k / (1/λ + sum_{k=0}^{n-2} τ_k),
    τ_k = E[time in 0..T with exactly k arrivals] = P(Poisson(λ T) > k) / λ.

Without an interval this is (n - 1) / 2, since the number is n - 1 or less with equal chances.
Without a number it is λ T (1 + λ T / 2) / (1 + λ T).

It fails where records wait to be processed, or for a slow commit, which leaves more uncommitted by
Little's law; and where several readers share the records each has its own share of λ.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from models.checks import at_least, positive


def mean_uncommitted(rate_per_s: float, *, every: int, interval_s: float = math.inf) -> float:
    """Return the mean number of records that are processed and not committed.

    Raise a ValueError if *rate_per_s* (records per second), *every* or *interval_s* (s) is too
    small.
    """
    positive(rate_per_s=rate_per_s, interval_s=interval_s)
    at_least(1, every=every)
    counts = np.arange(every - 1)
    times_s = stats.poisson.sf(counts, rate_per_s * interval_s) / rate_per_s
    if math.isinf(interval_s):
        times_s = np.full(every - 1, 1.0 / rate_per_s)
    return float(((counts + 1) * times_s).sum() / (1.0 / rate_per_s + times_s.sum()))
