"""What slips through the bounded memory of an idempotent consumer."""

from __future__ import annotations

from scipy import stats

from models.checks import at_least, positive


def slip_probability(*, remembered: int, effects_per_s: float, lag_s: float) -> float:
    """Return the probability that a repeat *lag_s* after its message's effect is done again.

    The memory holds the last *remembered* ids, so a repeat slips through if so many other effects
    came in between: P(N >= remembered), N Poisson with mean effects_per_s * lag_s.

    Assumes a constant lag, effects that come as a Poisson process (fast consumers, Poisson
    arrivals), and few repeats. Where repeats slip often, they are effects too, and the rate must
    count them. Raise a ValueError if a value is negative, or the rate or the lag is 0.
    """
    at_least(0, remembered=remembered)
    positive(effects_per_s=effects_per_s, lag_s=lag_s)
    return float(stats.poisson.sf(remembered - 1, effects_per_s * lag_s))
