"""Group commit: one sync makes durable whatever was written before it began.

A sync begins as soon as the disk is idle and something is unsynced, and takes all of it. So what
arrives during a sync shares the next one, and only a message that finds the disk idle syncs alone.
Consecutive syncs cover B = max(A, 1) messages, A those that arrive during the sync before. For
Poisson arrivals at rate l and sync times S with transform L(l) = E[e^(-l S)] (own derivation)

    E[B] = l E[S] + L(l),     E[wait] = E[S] + l E[S²] / (2 E[B]),     syncs per second = l / E[B].

For constant S and x = l S: E[B] = x + e^(-x), and the wait tends to 1.5 S when the disk is busy.

Assumes writes that take no time and batches without a limit; the disk syncs for these messages only
and independently of their number. There is no load it cannot bear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.checks import positive
from models.laws import Empirical

if TYPE_CHECKING:
    from models.laws import Law

_POINTS = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCommit:
    """Mean time from write to durable (s), mean messages per sync, syncs per second."""

    wait_s: float
    batch: float
    syncs_per_s: float


def group_commit(*, arrival_rate_per_s: float, sync: Law) -> GroupCommit:
    """Return the wait for durability under group commit; *sync* is the law of one sync (s).

    Raises `ValueError` unless the rate and the mean sync time are positive.
    """
    positive(arrival_rate_per_s=arrival_rate_per_s, sync_mean_s=sync.mean_s)
    batch = arrival_rate_per_s * sync.mean_s + _laplace(sync, arrival_rate_per_s)
    return GroupCommit(
        wait_s=sync.mean_s + arrival_rate_per_s * sync.second_moment_s2 / (2 * batch),
        batch=batch,
        syncs_per_s=arrival_rate_per_s / batch,
    )


def _laplace(law: Law, rate_per_s: float) -> float:
    """Return E[exp(-rate X)]: the mean over equally probable quantiles, good to 1e-5."""
    if isinstance(law, Empirical):
        times_s = np.asarray(law.values_s)
    else:
        times_s = law.quantile((np.arange(_POINTS) + 0.5) / _POINTS)
    return float(np.exp(-rate_per_s * times_s).mean())
