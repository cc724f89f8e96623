"""Replicas: what a change of leader takes, how often enough of them work, when the last one fails.

Nothing here knows how replicas fail together; real ones do, so that these are upper bounds on what
to hope for (K. M. Greenan, J. S. Plank, J. J. Wylie, "Mean time to meaningless: MTTDL, Markov
models, and storage system reliability", HotStorage 2010).
"""

from __future__ import annotations

import math

from models.checks import at_least, positive, probability


def lost_with_leader(*, arrival_rate_per_s: float, lag_s: float) -> float:
    """Return the mean number of records that a leader has alone when it falls: l E[lag].

    Poisson arrivals at *arrival_rate_per_s*, each of which reaches the next leader *lag_s* (s, the
    mean over what is on its way) after the leader stored it. Little's law for the records on their
    way. Assumes that what is on its way dies with the leader.
    """
    at_least(0, arrival_rate_per_s=arrival_rate_per_s, lag_s=lag_s)
    return arrival_rate_per_s * lag_s


def lost_in_windows(*, arrival_rate_per_s: float, interval_s: float, replicas: int) -> float:
    """Return the mean number of records lost when all *replicas* lose power at once: l F / (R + 1).

    Each syncs every *interval_s* (s), with a phase of its own, uniform and independent; the one
    that synced last leads next. The time since then is the least of R uniform times. With one
    phase for all it is l F / 2, as for one replica.
    """
    at_least(0, arrival_rate_per_s=arrival_rate_per_s, interval_s=interval_s)
    at_least(1, replicas=replicas)
    return arrival_rate_per_s * interval_s / (replicas + 1)


def enough_work(*, availability: float, needed: int, replicas: int) -> float:
    """Return the probability that *needed* of *replicas* work: sum C(n, i) A^i (1 - A)^(n - i).

    Each works with the probability *availability*, independently of the others.
    """
    probability(availability=availability)
    at_least(0, needed=needed, replicas=replicas)
    down = 1.0 - availability
    ways = range(needed, replicas + 1)
    return math.fsum(
        math.comb(replicas, i) * availability**i * down ** (replicas - i) for i in ways
    )


def time_to_loss_s(
    *, failure_rate_per_s: float, repair_rate_per_s: float, replicas: int, crews: int = 1
) -> float:
    """Return the mean time (s) until all *replicas* have failed at once, beginning with all whole.

    Each whole one fails at *failure_rate_per_s*; *crews* of them are repaired at a time, each at
    *repair_rate_per_s*. Birth and death: with i failed, T_i = (1 + d_i T_(i-1)) / b_i is the mean
    time to i + 1, where b_i = (R - i) l and d_i = min(i, crews) m; the sum of them is the answer
    (S. M. Ross, "Introduction to Probability Models", section 6.3). For two replicas that is
    (3 l + m) / 2 l^2.
    """
    positive(failure_rate_per_s=failure_rate_per_s)
    at_least(0, repair_rate_per_s=repair_rate_per_s)
    at_least(1, replicas=replicas, crews=crews)
    total_s = step_s = 0.0
    for failed in range(replicas):
        repairs = min(failed, crews) * repair_rate_per_s
        step_s = (1.0 + repairs * step_s) / ((replicas - failed) * failure_rate_per_s)
        total_s += step_s
    return total_s


def falls_short_per_s(
    *, availability: float, needed: int, replicas: int, up_mean_s: float
) -> float:
    """Return how often per second the replicas that work become fewer than *needed*, k.

    k C(n, k) A^k (1 - A)^(n - k) / U: just k of them work, and one of these fails, which each does
    after a mean up-time of U = *up_mean_s* (s) (R. E. Barlow and F. Proschan, "Statistical Theory
    of Reliability and Life Testing", 1975, section 7.3). So the mean time for which enough work, at
    a stretch, is `enough_work` over this.
    """
    probability(availability=availability)
    at_least(1, needed=needed, replicas=replicas)
    positive(up_mean_s=up_mean_s)
    just = math.comb(replicas, needed) * availability**needed
    return needed * just * (1.0 - availability) ** (replicas - needed) / up_mean_s
