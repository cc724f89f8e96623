"""When a producer sends the attempts of one message, as long as no acknowledgement comes.

The first attempt goes out at time 0; the next one `timeout_s` and a pause after the one before.
Fixed pauses make one schedule. Random ones make a set of them, equally probable: points of a
scrambled Sobol sequence (I. M. Sobol', 1967; J. Matousek, "On the L2-Discrepancy for Anchored
Boxes", 1998), always the same, one coordinate per pause. Averages over them come far closer to
the expectation than averages over as many random draws.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import qmc

if TYPE_CHECKING:
    from models.laws.law import FloatArray
    from models.policies.backoff import Backoff

_SCHEDULES_LOG2 = 14
_NUMBERS_LOG2 = 19  # there are fewer schedules where the attempts are more than 32
_CUT_LOG2 = 3  # and eight times as many where a deadline cuts them, as that is a jump
_MANY = 64
_TOO_MANY = 4096
_NEGLIGIBLE = 1e-13


def sends_s(
    *, timeout_s: float, backoff: Backoff, retries: float, deadline_s: float, fail: float
) -> FloatArray:
    """Return the times of the attempts (s), of shape (schedules, attempts); inf where none is made.

    No attempt is made at the deadline or after it. Each fails with probability *fail*; after the
    64th attempt the schedule ends where another one would change a mean by less than 1e-13.
    Raises `ValueError` if that takes more than 4096 attempts.
    """
    attempts, latest_s = _attempts(timeout_s, backoff, retries, deadline_s, fail)
    pauses_s = _pauses_s(backoff, attempts, _CUT_LOG2 if latest_s > deadline_s else 0)
    starts_s = np.zeros((len(pauses_s), attempts))
    np.cumsum(timeout_s + pauses_s, axis=1, out=starts_s[:, 1:])
    starts_s[starts_s >= deadline_s] = np.inf
    return starts_s


def _attempts(
    timeout_s: float, backoff: Backoff, retries: float, deadline_s: float, fail: float
) -> tuple[int, float]:
    """Return how many attempts to look at, and the latest end (s) of the last one's timeout."""
    earliest_s, latest_s = 0.0, timeout_s
    for attempt in range(1, _TOO_MANY + 1):
        if attempt > retries:
            return attempt, latest_s
        low_s, high_s = backoff.bounds_s(attempt)
        earliest_s += timeout_s + low_s
        latest_s += timeout_s + high_s
        if earliest_s >= deadline_s:
            return attempt + 1, latest_s  # never made: it shows that the deadline ends the waiting
        if attempt >= _MANY and fail**attempt * latest_s < _NEGLIGIBLE * timeout_s:
            return attempt, latest_s
    raise ValueError(f"attempts that matter must be <= {_TOO_MANY}, got more at fail = {fail}")


def _pauses_s(backoff: Backoff, attempts: int, more_log2: int) -> FloatArray:
    """Return the pauses (s), of shape (schedules, attempts - 1)."""
    if attempts == 1:
        return np.zeros((1, 0))
    if not backoff.needs_draw:
        return np.array([[backoff.pause_s(n, 0.0, 0.0) for n in range(1, attempts)]])
    log2 = min(_SCHEDULES_LOG2, _NUMBERS_LOG2 - math.ceil(math.log2(attempts))) + more_log2
    points = qmc.Sobol(attempts - 1, scramble=True, bits=53, rng=0).random_base2(log2)
    pauses_s = np.zeros_like(points)
    previous_s = [0.0] * len(points)
    for column in range(attempts - 1):
        drawn = zip(points[:, column].tolist(), previous_s, strict=True)
        previous_s = [backoff.pause_s(column + 1, u, before_s) for u, before_s in drawn]
        pauses_s[:, column] = previous_s
    return pauses_s
