"""From sender to effect: retries, storage and redelivery, one behind the other.

A message makes D copies at the broker (`models.formulas.retry`). Each is stored for good with
probability s and then has an effect with probability 1 - r^M (`models.formulas.redelivery`), so a
copy has an effect with probability g = s (1 - r^M), and

    P(effect) = 1 - sum over d of P(D = d) (1 - g)^d,   E[effects] = E[D] s E[effects | stored].

Assumes that copies fare independently once they have arrived. They do not when they share a crash:
copies written within one sync interval are lost together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.checks import probability, whole_at_least
from models.formulas.redelivery import redelivery
from models.formulas.retry import copies_by_belief, retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What becomes of one message from end to end; probabilities and means per message.

    `silent_loss` is confirmed and without effect, `reported_loss` failed and without effect,
    `false_failure` failed and with an effect. "Without effect" counts what is parked too.
    """

    effect: float
    effects_per_message: float
    silent_loss: float
    reported_loss: float
    false_failure: float


def composition(
    *,
    loss: float,
    ack_loss: float,
    retries: float,
    stored: float = 1.0,
    failure: float = 0.0,
    consumer_ack_loss: float = 0.0,
    deliveries: float = math.inf,
) -> Composition:
    """Return the outcome of finite *retries* by the sender and *deliveries* at most per copy.

    *stored* is the probability s that a copy survives at the broker. Raises `ValueError` if a
    probability is outside [0, 1] or a count is out of range.
    """
    probability(stored=stored)
    whole_at_least(1, deliveries=deliveries)
    confirmed, failed = copies_by_belief(loss=loss, ack_loss=ack_loss, retries=retries)
    sent = retry(loss=loss, ack_loss=ack_loss, retries=retries)
    received = redelivery(failure=failure, ack_loss=consumer_ack_loss, deliveries=deliveries)
    none = (1 - stored * received.effect) ** np.arange(len(confirmed))
    silent, reported = float(confirmed @ none), float(failed @ none)
    return Composition(
        effect=1 - silent - reported,
        effects_per_message=sent.copies_per_message * stored * received.effects_per_message,
        silent_loss=silent,
        reported_loss=reported,
        false_failure=float(failed @ (1 - none)),
    )
