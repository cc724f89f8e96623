"""The time to acknowledgement R(t) of a message that is sent again until it is acknowledged.

Attempts go out at s_1 = 0 and s_{j+1} = s_j + timeout + pause_j, as long as no acknowledgement has
come. Each goes its own way there and back, which takes D and ends well with probability
a = (1 - loss)(1 - ack loss). The acknowledgement of any attempt confirms the message, also one
that comes after the attempt's timeout or during a pause; nothing more is sent then. The message
is given up when the last attempt's timeout ends, at H = s_n + timeout, or at its deadline if that
is earlier.

Hence for given pauses, with G the cdf of D (own derivation)

    P(T > t) = product over s_j <= t of (1 - a G(t - s_j)),       P_ack = P(T <= H),
    E[sends] = sum over j of P(T > s_j),                          E[copies] = (1 - loss) E[sends],

since whether attempt j is made depends on the attempts before it only (Wald). Without a
deadline a message is lost if all n attempts are, with probability loss^n. Where D never exceeds the
timeout, P(T > t) is f^(attempts settled by t), f = 1 - a, the textbook's time to success.

Assumes independent packets (no bursts, no duplication by the network), a broker that is always up
and takes in every copy, and a producer that sends the first attempt at creation: neither its
in-flight limit nor the broker's queueing may matter.

Random pauses are averaged over a fixed set of schedules, see `models.formulas.schedule`. Measured
over other sets, all results are then good to 1e-4 relative, R(t) to 1e-4 absolute. Where a deadline
cuts such schedules, which is a jump, probabilities are good to 5e-5 absolute, sends and copies to
5e-5 relative, the mean time to 5e-4 relative. Fixed pauses have no such error.
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
from models.laws import Constant, Law

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.laws.law import FloatArray
    from models.policies.backoff import Backoff


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AckTime:
    """What becomes of one message, and when; probabilities and means per message, times in s.

    Attributes
    ----------
    confirmed, failed : P_ack and its complement: given up without an acknowledgement.
    delivered, lost : some copy, or none, ever reaches the broker.
    false_failure : given up, and yet delivered.
    sends_per_message, copies_per_message, duplicates_per_message : attempts made, copies that reach
        the broker, and those beyond the first.
    late_acks_per_message : acknowledgements that arrive after the belief was settled.
    mean_s : mean time to acknowledgement, given that there is one; nan if there never is.
    """

    confirmed: float
    failed: float
    delivered: float
    lost: float
    false_failure: float
    sends_per_message: float
    copies_per_message: float
    duplicates_per_message: float
    late_acks_per_message: float
    mean_s: float
    _race: Race = field(repr=False)

    def reliability(self, t_s: npt.ArrayLike) -> FloatArray:
        """Return R(t), the probability of an acknowledgement within *t_s* (s) of the first send."""
        t_s = np.asarray(t_s, dtype=np.float64)
        return 1 - self._race.unwon(t_s.ravel()).reshape(t_s.shape)

    def quantile_s(self, probability: npt.ArrayLike) -> FloatArray:
        """Return quantiles (s) of the time to acknowledgement, given that there is one.

        *probability* lies in (0, 1); nan where there never is an acknowledgement.
        """
        wanted = np.asarray(probability, dtype=np.float64)
        return self._race.quantile_s(wanted.ravel()).reshape(wanted.shape)


def ack_time(
    *,
    delay: Law,
    ack_delay: Law,
    broker: Law = Constant(0.0),  # noqa: B008 - a frozen value
    loss: float,
    ack_loss: float,
    timeout_s: float,
    retries: float,
    backoff: Backoff,
    deadline_s: float = math.inf,
) -> AckTime:
    """Return the belief and the time to acknowledgement of one message.

    *delay* and *ack_delay* are the laws of the two ways, *broker* that of the time between a copy's
    arrival and its acknowledgement; at most two of the three may be random. *retries* may be
    infinite. Raises `ValueError` for impossible parameters, and if more than 4096 attempts matter.
    """
    positive(timeout_s=timeout_s, deadline_s=deadline_s)
    whole_at_least(0, retries=retries)
    probability(loss=loss, ack_loss=ack_loss)
    hit = (1 - loss) * (1 - ack_loss)
    starts_s = sends_s(
        timeout_s=timeout_s,
        backoff=backoff,
        retries=retries,
        deadline_s=deadline_s,
        fail=loss + (1 - loss) * ack_loss,
    )
    # Attempts of one schedule that fall behind the deadline are inf, and so is its end there.
    ends_s = np.minimum(starts_s[:, -1] + timeout_s, deadline_s)
    race = Race(starts_s=starts_s, ends_s=ends_s, hit=hit, time=total([delay, broker, ack_delay]))
    made = np.isfinite(starts_s).sum(axis=1)
    attempts = made if math.isfinite(deadline_s) else retries + 1
    return _outcome(race, lost=float(np.mean(loss**attempts)), arrives=1 - loss)


def _outcome(race: Race, *, lost: float, arrives: float) -> AckTime:
    failed = float(race.unwon_at_end().mean())
    sends = float(race.started().sum())
    copies = arrives * sends
    return AckTime(
        confirmed=1 - failed,
        failed=failed,
        delivered=1 - lost,
        lost=lost,
        false_failure=_excess(failed, lost),
        sends_per_message=sends,
        copies_per_message=copies,
        duplicates_per_message=_excess(copies, 1 - lost),
        late_acks_per_message=_excess(race.hit * sends, 1 - failed),
        mean_s=race.mean_s(),
        _race=race,
    )


def _excess(whole: float, part: float) -> float:
    return max(0.0, whole - part)  # rounding must not make a probability negative
