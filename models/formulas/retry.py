"""Stop-and-wait with retries (ARQ): what n attempts over a lossy network buy.

An attempt is lost on its way with probability p, or its acknowledgement is lost with probability q
though it arrived; the sender stops at the first acknowledgement, after n = retries + 1 attempts at
the latest. With a = (1 - p)(1 - q) and f = 1 - a:

    P_ack = 1 - f^n                     P_delivered = 1 - p^n           P_lost = p^n
    P_false_failure = f^n - p^n         E[sends] = (1 - f^n)/a          E[copies] = (1 - p) E[sends]

The false failure is unconditional; given a failure it is 1 - (p/f)^n. The same sums describe a
consumer's deliveries, see `models.formulas.redelivery`.

Assumes independent losses and acknowledgements that are lost or in time, never late: where the
round trip may exceed the timeout, `models.formulas.ack_time` holds instead. Bursts of loss break
the independence. Sources: D. Bertsekas and R. Gallager, "Data Networks", 2nd ed., section 2.4; the
law of the copies is an own derivation. Fire and forget is n = 1 without waiting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.checks import finite, probability, whole_at_least

if TYPE_CHECKING:
    from models.laws.law import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What becomes of one message; probabilities and means per message.

    Attributes
    ----------
    confirmed, failed : P_ack and its complement.
    delivered, lost : some copy, or none, arrives.
    false_failure : failed, and yet delivered; nothing is lost there.
    sends_per_message, copies_per_message, duplicates_per_message : attempts made, copies that
        arrive, and those beyond the first.
    """

    confirmed: float
    failed: float
    delivered: float
    lost: float
    false_failure: float
    sends_per_message: float
    copies_per_message: float
    duplicates_per_message: float


def retry(*, loss: float, ack_loss: float, retries: float) -> Retry:
    """Return the outcome of up to ``retries + 1`` attempts; *retries* may be infinite.

    With infinite retries a message whose attempts never succeed is neither confirmed nor ever
    given up: `failed` 1 then means "never confirmed". Raises `ValueError` if a probability is
    outside [0, 1] or *retries* is negative or broken.
    """
    probability(loss=loss, ack_loss=ack_loss)
    whole_at_least(0, retries=retries)
    attempts = retries + 1
    success = (1 - loss) * (1 - ack_loss)
    failed = float((loss + (1 - loss) * ack_loss) ** attempts)
    lost = float(loss**attempts)
    sends = (1 - failed) / success if success > 0 else attempts
    copies = (1 - loss) * sends if loss < 1 else 0.0
    return Retry(
        confirmed=1 - failed,
        failed=failed,
        delivered=1 - lost,
        lost=lost,
        false_failure=max(0.0, failed - lost),
        sends_per_message=sends,
        copies_per_message=copies,
        duplicates_per_message=max(0.0, copies - (1 - lost)),
    )


def copies_by_belief(
    *, loss: float, ack_loss: float, retries: float
) -> tuple[FloatArray, FloatArray]:
    """Return P(D = d, confirmed) and P(D = d, failed) for d = 0 .. n copies, finite *retries*.

    The state after m attempts without an acknowledgement is the number of copies among them, with
    probability C(m, d) b^d p^(m-d), b = (1 - p) q; each attempt leaves it with probability a.
    """
    probability(loss=loss, ack_loss=ack_loss)
    whole_at_least(0, retries=retries)
    finite(retries=retries)
    attempts = int(retries) + 1
    confirmed, going = np.zeros(attempts + 1), np.zeros(attempts + 1)
    going[0] = 1.0
    for _ in range(attempts):
        confirmed[1:] += (1 - loss) * (1 - ack_loss) * going[:-1]
        one_more = (1 - loss) * ack_loss * going[:-1]
        going *= loss
        going[1:] += one_more
    return confirmed, going


def copies_pmf(*, loss: float, ack_loss: float, retries: float) -> FloatArray:
    """Return P(D = d) for d = 0 .. n copies of one message.

    P(D = d) = a sum_{m=d..n} C(m-1, d-1) b^(d-1) p^(m-d) + C(n, d) b^d p^(n-d), P(D = 0) = p^n.
    With infinite *retries* it is geometric, (1 - q) q^(d-1), cut where less than 1e-17 is left.
    An idempotent receiver sees min(D, 1). Raises `ValueError` if retries and copies never end.
    """
    if math.isfinite(retries):
        confirmed, failed = copies_by_belief(loss=loss, ack_loss=ack_loss, retries=retries)
        return confirmed + failed
    probability(loss=loss, ack_loss=ack_loss)
    if max(loss, ack_loss) == 1:
        raise ValueError("retries must be finite where loss or ack_loss is 1, got inf")
    longest = 1 if ack_loss == 0 else math.ceil(math.log(1e-17) / math.log(ack_loss))
    duplicates = np.arange(longest)
    return np.concatenate(([0.0], (1 - ack_loss) * np.power(float(ack_loss), duplicates)))
