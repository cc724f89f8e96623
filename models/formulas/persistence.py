"""What a power loss takes: messages acknowledged from the page cache and not yet synced.

Crashes come after exponential up-times, at *crash_rate_per_s*; messages arrive as a Poisson process
and are acknowledged at once. Every interval F after the broker's (re)start a sync begins; it covers
what was written before, which is durable S seconds later, S < F. So a crash takes the current
window, and the one before it while that one's sync still runs. With x = crash rate * F (own
derivation: windows renew at ticks and crashes, arrivals see time averages, PASTA)

    fraction lost = 1 - e^(-crash rate S) x/(e^x - 1)            ~ crash rate (F/2 + S),
    E[lost per crash] = arrival rate * fraction lost / crash rate ~ arrival rate (F/2 + S).

The usual rule "half an interval" is the limit of rare crashes. Where nobody syncs, the operating
system writes back all that is dirty W seconds after the first of it was written: windows that begin
with an arrival (`writeback`). Fractions are of what arrives while
the broker is up. Assumes constant F and S, and that nobody consumes a message before it is synced.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from models.checks import at_least, finite, positive, whole_at_least

if TYPE_CHECKING:
    from models.laws.law import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """What crashes take.

    Attributes
    ----------
    fraction_lost, persisted : of the messages that arrive, those lost, and P_persist.
    lost_per_crash, lost_per_crash_variance : mean and variance of the count one crash takes.
    """

    fraction_lost: float
    persisted: float
    lost_per_crash: float
    lost_per_crash_variance: float


def interval_sync(
    *, crash_rate_per_s: float, interval_s: float, sync_s: float = 0.0, arrival_rate_per_s: float
) -> Persistence:
    """Return what crashes take under a sync every *interval_s* that lasts *sync_s* (s).

    Raises `ValueError` unless rates and interval are positive and ``sync_s < interval_s``: a longer
    sync would push the next tick back.
    """
    _check_interval(crash_rate_per_s, interval_s, sync_s, arrival_rate_per_s)
    rate, width_s = crash_rate_per_s, interval_s
    earlier = math.exp(-rate * width_s)  # the crash is not in the first window

    def moment(k: int, up_to_s: float) -> float:
        """Return E[age^k; age < up_to] of the window that the crash hits, in closed form."""
        body = special.gamma(k + 1) * special.gammainc(k + 1, rate * up_to_s) / rate**k
        return float(body / -math.expm1(-rate * width_s))

    syncing = moment(0, sync_s)
    lost_s = moment(1, width_s) + earlier * width_s * syncing
    square_s2 = moment(2, width_s) + earlier * (
        2 * width_s * moment(1, sync_s) + width_s**2 * syncing
    )
    fraction_lost = rate * lost_s
    return Persistence(
        fraction_lost=fraction_lost,
        persisted=1 - fraction_lost,
        lost_per_crash=arrival_rate_per_s * lost_s,
        lost_per_crash_variance=arrival_rate_per_s * lost_s
        + arrival_rate_per_s**2 * (square_s2 - lost_s**2),
    )


def lost_per_crash_pmf(
    *,
    crash_rate_per_s: float,
    interval_s: float,
    sync_s: float = 0.0,
    arrival_rate_per_s: float,
    longest: int,
) -> FloatArray:
    """Return P(a crash takes j messages) for j = 0 .. *longest*, under the same assumptions.

    Without a sync time, as crashes get rare, it is gamma(j + 1, m)/(j! m) with m = arrival rate * F
    (incomplete gamma function), whose variance is m/2 + m²/12.
    """
    _check_interval(crash_rate_per_s, interval_s, sync_s, arrival_rate_per_s)
    whole_at_least(0, longest=longest)
    x, counts = crash_rate_per_s * interval_s, np.arange(longest + 1)
    both = crash_rate_per_s + arrival_rate_per_s

    def current(up_to_s: float) -> FloatArray:
        """Return P(j in the current window, its age < up_to)."""
        arrivals_first = np.power(arrival_rate_per_s / both, counts) * crash_rate_per_s / both
        in_time = special.gammainc(counts + 1.0, both * up_to_s)
        return np.asarray(arrivals_first * in_time / -math.expm1(-x), dtype=np.float64)

    alone = current(sync_s)
    expected = arrival_rate_per_s * interval_s
    full_window = np.exp(counts * math.log(expected) - expected - special.gammaln(counts + 1))
    with_earlier = np.convolve(alone, full_window)[: longest + 1]
    return np.asarray(current(interval_s) + math.exp(-x) * (with_earlier - alone))


def count_sync(*, crash_rate_per_s: float, count: int, arrival_rate_per_s: float) -> Persistence:
    """Return what crashes take under an instantaneous sync of every *count* (B) messages.

    Exact: the arrivals before a crash are geometric, and a crash takes their remainder modulo B.
    As crashes get rare, E[lost per crash] = (B - 1)/2. Raises `ValueError` unless the rates are
    positive and *count* is a whole number, at least 1.
    """
    positive(crash_rate_per_s=crash_rate_per_s, arrival_rate_per_s=arrival_rate_per_s)
    whole_at_least(1, count=count)
    finite(count=count)
    left = np.arange(count)
    weights = np.exp(-left * math.log1p(crash_rate_per_s / arrival_rate_per_s))
    pmf = weights / weights.sum()
    mean = float(left @ pmf)
    fraction_lost = mean * crash_rate_per_s / arrival_rate_per_s
    return Persistence(
        fraction_lost=fraction_lost,
        persisted=1 - fraction_lost,
        lost_per_crash=mean,
        lost_per_crash_variance=float((left - mean) ** 2 @ pmf),
    )


def writeback(
    *, crash_rate_per_s: float, age_s: float, sync_s: float = 0.0, arrival_rate_per_s: float
) -> Persistence:
    """Return what crashes take where nobody syncs, but what is dirty for *age_s* (W) is written.

    A window begins with an arrival when nothing is dirty, and ends W later, when a sync of *sync_s*
    (S) begins. With crashes at rate c and arrivals at rate l, a window that no crash cuts short has
    1 + l W arrivals, and is safe if none comes for W + S:

        persisted = e^(-c (W + S)) (1 + l W) / (1 + l (1 - e^(-c W)) / c).

    Exact (own derivation, windows renew at arrivals). For many arrivals per window it is that of an
    interval of W. Raises `ValueError` unless rates and age are positive and ``sync_s < age_s``.
    """
    _check_interval(crash_rate_per_s, age_s, sync_s, arrival_rate_per_s)
    rate, flow = crash_rate_per_s, arrival_rate_per_s

    def moment(k: int, up_to_s: float) -> float:
        """Return E[X^k; X < up_to] of the time X from the window's begin to the next crash."""
        return float(special.gamma(k + 1) * special.gammainc(k + 1, rate * up_to_s) / rate**k)

    full = flow * age_s
    kept = math.exp(-rate * (age_s + sync_s)) * (1 + full)
    persisted = kept / (1 + flow * moment(0, age_s) / rate)
    windows = flow / rate / (1 + flow * moment(0, age_s) / rate)  # between two crashes
    # E[(1 + N)^2] = 1 + 3 m + m^2 for N Poisson with mean m. A crash in the sync of a window takes
    # that, and what has come since, which is a window of its own.
    in_window = moment(0, age_s) + 3 * flow * moment(1, age_s) + flow**2 * moment(2, age_s)
    in_sync = (1 + 3 * full + full**2) * moment(0, sync_s) + 2 * (1 + full) * flow * moment(
        1, sync_s
    )
    lost_per_crash = flow * (1 - persisted) / rate
    square = windows * (in_window + math.exp(-rate * age_s) * in_sync)
    return Persistence(
        fraction_lost=1 - persisted,
        persisted=persisted,
        lost_per_crash=lost_per_crash,
        lost_per_crash_variance=square - lost_per_crash**2,
    )


def replicated_lost_per_crash(
    *, interval_s: float, arrival_rate_per_s: float, replicas: int
) -> float:
    """Return E[lost] = arrival rate * F/(R + 1) when R replicas lose power at the same moment.

    Their ticks are out of step, each at a uniform phase: a message is lost if it is younger than
    the latest tick of any, the least of R uniform ages. Replicas in step lose as much as one. Rare
    crashes and instantaneous syncs are assumed.
    """
    positive(interval_s=interval_s, arrival_rate_per_s=arrival_rate_per_s)
    whole_at_least(1, replicas=replicas)
    return arrival_rate_per_s * interval_s / (replicas + 1)


def _check_interval(
    crash_rate_per_s: float, interval_s: float, sync_s: float, arrival_rate_per_s: float
) -> None:
    positive(
        crash_rate_per_s=crash_rate_per_s,
        interval_s=interval_s,
        arrival_rate_per_s=arrival_rate_per_s,
    )
    at_least(0, sync_s=sync_s)
    if sync_s >= interval_s:
        raise ValueError(f"sync_s must be < interval_s = {interval_s}, got {sync_s}")
