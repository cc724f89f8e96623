"""The time until a first copy of a message reaches the broker.

It is not the time to acknowledgement: acknowledgements that are lost delay that one, not this.
Until the first copy arrives there is nothing to acknowledge, so the attempts go out as if none ever
came, and for given pauses

    P(T > t) = product over s_j <= t of (1 - (1 - loss) F(t - s_j)),     F the cdf of the delay.

A copy still on its way when the producer gives up arrives all the same. Assumptions as in
`models.formulas.ack_time`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from models.checks import positive, probability, whole_at_least
from models.formulas.race import Race
from models.formulas.schedule import sends_s
from models.formulas.sums import total

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.laws import Law
    from models.laws.law import FloatArray
    from models.policies.backoff import Backoff


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArrivalTime:
    """Whether a copy arrives, and the mean time of the first one (s), given that one does."""

    delivered: float
    mean_s: float
    _race: Race = field(repr=False)

    def cdf(self, t_s: npt.ArrayLike) -> FloatArray:
        """Return the probability that a copy has arrived within *t_s* (s) of the first send."""
        t_s = np.asarray(t_s, dtype=np.float64)
        return 1 - self._race.unwon(t_s.ravel()).reshape(t_s.shape)

    def quantile_s(self, probability: npt.ArrayLike) -> FloatArray:
        """Return quantiles (s) of the first arrival, given that there is one; levels in (0, 1)."""
        wanted = np.asarray(probability, dtype=np.float64)
        return self._race.quantile_s(wanted.ravel()).reshape(wanted.shape)


def first_arrival(
    *,
    delay: Law,
    loss: float,
    timeout_s: float,
    retries: float,
    backoff: Backoff,
    deadline_s: float = math.inf,
) -> ArrivalTime:
    """Return when the first copy of a message reaches the broker; times in s.

    *retries* may be infinite. Raises `ValueError` for impossible parameters, and if more than 4096
    attempts matter.
    """
    positive(timeout_s=timeout_s, deadline_s=deadline_s)
    whole_at_least(0, retries=retries)
    probability(loss=loss)
    starts_s = sends_s(
        timeout_s=timeout_s, backoff=backoff, retries=retries, deadline_s=deadline_s, fail=loss
    )
    time = total([delay])
    last_s = np.where(np.isfinite(starts_s), starts_s, 0.0).max(axis=1)
    race = Race(starts_s=starts_s, ends_s=last_s + time.landmarks_s[-1], hit=1 - loss, time=time)
    return ArrivalTime(
        delivered=1 - float(race.unwon_at_end().mean()), mean_s=race.mean_s(), _race=race
    )
