"""Random pauses, so that senders that failed together do not come back together.

Every kind but the decorrelated one multiplies the pause of a plain policy by a random factor,
see `Jittered`. Like the plain ones these policies hold no generator: the caller hands in the
uniform number.

Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
"""

# ruff: noqa: ARG002, D102 (the signatures and what they promise are those of `Backoff`)

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.checks import at_least, finite, probability
from models.policies.backoff import Exponential, Fixed, Linear, Uniform, check_growth

_SPLIT = 2.0**26
_GRID_POINTS = 4097


@dataclass(frozen=True, slots=True, kw_only=True)
class Jittered:
    """Wait the pause of `of`, times a factor uniform between `low` and `high`, then capped.

    Capping again after the factor is what Kafka's clients do (`ExponentialBackoff.java`).
    """

    of: Fixed | Uniform | Linear | Exponential
    low: float
    high: float

    def __post_init__(self) -> None:
        at_least(0, low=self.low)
        at_least(self.low, high=self.high)
        finite(high=self.high)

    @property
    def needs_draw(self) -> bool:
        return self.low < self.high or self.of.needs_draw

    @property
    def cap_s(self) -> float:
        return self.of.cap_s

    def pause_s(self, attempt: int, u: float, previous_s: float) -> float:
        if self.of.needs_draw:
            # One uniform number makes two: its first 26 bits and the 27 behind them.
            scaled = u * _SPLIT
            u = scaled - math.floor(scaled)
            plain_s = self.of.pause_s(attempt, math.floor(scaled) / _SPLIT, previous_s)
        else:
            plain_s = self.of.pause_s(attempt, 0.0, previous_s)
        return min(self.cap_s, plain_s * (self.low + u * (self.high - self.low)))

    def mean_pause_s(self, attempt: int) -> float:
        plain_s = self.of.mean_pause_s(attempt)
        if math.isinf(self.cap_s):
            return plain_s * (self.low + self.high) / 2
        return _capped_uniform_mean(plain_s * self.low, plain_s * self.high, self.cap_s)

    def bounds_s(self, attempt: int) -> tuple[float, float]:
        low_s, high_s = self.of.bounds_s(attempt)
        return min(self.cap_s, low_s * self.low), min(self.cap_s, high_s * self.high)


def full_jitter(of: Fixed | Uniform | Linear | Exponential) -> Jittered:
    """Return *of*, each pause drawn uniformly between 0 and its value (Brooker 2015)."""
    return Jittered(of=of, low=0.0, high=1.0)


def equal_jitter(of: Fixed | Uniform | Linear | Exponential) -> Jittered:
    """Return *of*, half of each pause kept, the other half drawn uniformly (Brooker 2015)."""
    return Jittered(of=of, low=0.5, high=1.0)


def factor_jitter(of: Fixed | Uniform | Linear | Exponential, jitter: float) -> Jittered:
    """Return *of*, each pause times a factor uniform in [1 - jitter, 1 + jitter].

    Raises `ValueError` unless *jitter* is in [0, 1].
    """
    probability(jitter=jitter)
    return Jittered(of=of, low=1.0 - jitter, high=1.0 + jitter)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecorrelatedJitter:
    """Wait uniformly between `first_s` and three times the pause before, up to `cap_s`.

    The pause before the first one counts as `first_s` (Brooker 2015, and its simulator).
    """

    first_s: float
    cap_s: float

    def __post_init__(self) -> None:
        check_growth(self.first_s, self.cap_s)
        finite(cap_s=self.cap_s)

    @property
    def needs_draw(self) -> bool:
        return self.first_s < self.cap_s

    def pause_s(self, attempt: int, u: float, previous_s: float) -> float:
        high_s = 3.0 * max(previous_s, self.first_s)
        return min(self.cap_s, self.first_s + u * (high_s - self.first_s))

    def mean_pause_s(self, attempt: int) -> float:
        """Return the expectation (s): exact until the cap can be met, then to 1e-6 relative.

        Before the cap, E[P_n] = (first + 3 E[P_{n-1}])/2, hence first (2 * 1.5^n - 1). After it,
        the expectation given the pause before is carried back over *attempt* steps on a grid.
        """
        if _tripled(self.first_s, attempt) <= self.cap_s:
            return self.first_s * (2 * 1.5**attempt - 1)
        return _decorrelated_mean(self.first_s, self.cap_s, attempt)

    def bounds_s(self, attempt: int) -> tuple[float, float]:
        return self.first_s, min(self.cap_s, _tripled(self.first_s, attempt))


def _tripled(first_s: float, times: int) -> float:
    try:
        return first_s * 3.0**times
    except OverflowError:
        return math.inf


def _capped_uniform_mean(low_s: float, high_s: float, cap_s: float) -> float:
    """Return E[min(cap, U)] for U uniform between low and high."""
    if high_s <= cap_s:
        return (low_s + high_s) / 2
    if low_s >= cap_s:
        return cap_s
    below = (cap_s - low_s) / (high_s - low_s)
    return below * (low_s + cap_s) / 2 + (1 - below) * cap_s


def _decorrelated_mean(first_s: float, cap_s: float, attempt: int) -> float:
    previous_s = np.geomspace(first_s, cap_s, _GRID_POINTS)
    top_s = np.minimum(cap_s, 3 * previous_s)
    # mean[i]: expectation of the last pause, given that the pause `step` before it is on the grid
    mean = previous_s
    for _ in range(attempt):
        integral = np.concatenate(
            ([0.0], np.cumsum(np.diff(previous_s) * (mean[1:] + mean[:-1]) / 2))
        )
        below = np.interp(top_s, previous_s, integral)
        stepped = (below + (3 * previous_s - top_s) * mean[-1]) / (3 * previous_s - first_s)
        if np.allclose(stepped, mean, rtol=1e-12, atol=0.0):
            break  # the chain has forgotten where it began
        mean = stepped
    return float(mean[0])
