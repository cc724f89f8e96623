"""Deliveries to a consumer until one is acknowledged, or the limit parks the message.

Processing fails before its effect with probability r (for whatever reason: the delivery is lost,
the handler raises, the consumer dies); the acknowledgement is lost after the effect with
probability q_c. A delivery that is not acknowledged is followed by another one, up to M in all.
With f = 1 - (1 - r)(1 - q_c), as in `models.formulas.retry`:

    P(parked) = f^M, of which r^M never had an effect and f^M - r^M had one all the same,
    E[deliveries] = (1 - f^M)/(1 - f), E[effects] = (1 - r) E[deliveries],
    P(T) = P(an effect through a later delivery | the first failed) = 1 - r^(M - 1).

Assumes independent deliveries: a message that fails because of what it is (a poison message) fails
every time. M in real systems: RabbitMQ quorum queues limit + 1 = 21, ActiveMQ maximum + 1 = 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.checks import probability, whole_at_least
from models.formulas.retry import copies_pmf, retry

if TYPE_CHECKING:
    from models.laws.law import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Redelivery:
    """What becomes of one stored message; probabilities and means per message.

    Attributes
    ----------
    acknowledged, parked : an acknowledgement ends the deliveries, or the limit does.
    dead_lettered : parked, and never had an effect.
    parked_processed : parked although it had an effect.
    effect, duplicated : at least one effect; at least two.
    redelivered : P(T), an effect through a later delivery, given that the first one failed; nan
        where the first never fails.
    """

    acknowledged: float
    parked: float
    dead_lettered: float
    parked_processed: float
    effect: float
    duplicated: float
    redelivered: float
    deliveries_per_message: float
    effects_per_message: float


def redelivery(*, failure: float, ack_loss: float, deliveries: float = math.inf) -> Redelivery:
    """Return the outcome of up to *deliveries* deliveries (M, infinite: no limit).

    Raises `ValueError` if a probability is outside [0, 1], or M is below 1 or broken.
    """
    whole_at_least(1, deliveries=deliveries)
    probability(failure=failure, ack_loss=ack_loss)
    outcome = retry(loss=failure, ack_loss=ack_loss, retries=deliveries - 1)
    once = _exactly_one_effect(failure, ack_loss, deliveries)
    return Redelivery(
        acknowledged=outcome.confirmed,
        parked=outcome.failed,
        dead_lettered=outcome.lost,
        parked_processed=outcome.false_failure,
        effect=outcome.delivered,
        duplicated=max(0.0, outcome.delivered - once),
        redelivered=1 - failure ** (deliveries - 1) if failure > 0 else math.nan,
        deliveries_per_message=outcome.sends_per_message,
        effects_per_message=outcome.copies_per_message,
    )


def effects_pmf(*, failure: float, ack_loss: float, deliveries: float = math.inf) -> FloatArray:
    """Return the probability of d = 0 .. M effects; see `models.formulas.retry.copies_pmf`."""
    whole_at_least(1, deliveries=deliveries)
    return copies_pmf(loss=failure, ack_loss=ack_loss, retries=deliveries - 1)


def _exactly_one_effect(r: float, q: float, m: float) -> float:
    """Return a (1 - r^M)/(1 - r) + M b r^(M-1): the only effect is acknowledged, or it is not."""
    if r == 1:
        return 0.0
    alone = m * (1 - r) * q * r ** (m - 1) if math.isfinite(m) else 0.0
    return (1 - q) * (1 - float(r**m)) + alone
