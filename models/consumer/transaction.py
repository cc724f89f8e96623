"""Effect and acknowledgement in one: both happen, or neither does.

A transactional consumer works and sends a commit. Where that meets the broker both happen, if the
broker still waits for this delivery. If it does not (the acknowledgement timed out, the session is
gone, the broker was down), or if the commit never arrives, there is no effect, and the message is
delivered again. So it is with effects that go to the same broker (Kafka's
`sendOffsetsToTransaction`, JMS's transacted sessions, AMQP's `tx`), and with effects in a database
that holds the offset too, where the database takes the broker's part. A consumer can die before its
commit is sent, or after.

A batch is one transaction. If any delivery of it is void, the others are given back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.message import EFFECTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.broker.group import Group
    from models.message import Delivery


class Transaction:
    """Settles with *group* what arrives there; `effect(delivery, now_s)` is the business action."""

    def __init__(self, group: Group, effect: Callable[[Delivery, float], object]) -> None:
        self._group = group
        self._effect = effect

    def settle(self, delivery: Delivery, now_s: float) -> None:
        """Take the consumer's answer to *delivery*, a commit or a refusal."""
        if not delivery.accepted:
            self._group.settle(delivery, now_s)
        else:
            self._commit(delivery, now_s)

    def settle_all(self, deliveries: list[Delivery], now_s: float) -> None:
        """Take one commit for *deliveries*."""
        group = self._group
        held = [delivery for delivery in deliveries if group.holds(delivery)]
        if len(held) == len(deliveries):
            for delivery in held:
                self._commit(delivery, now_s)
            return
        for delivery in held:
            delivery.accepted = False
            delivery.requeue = True
            group.settle(delivery, now_s)

    def _commit(self, delivery: Delivery, now_s: float) -> None:
        if not self._group.holds(delivery):  # or no longer: the network may have doubled it
            return
        if delivery.phase is not EFFECTED:  # it may have been skipped
            self._effect(delivery, now_s)
        self._group.settle(delivery, now_s)
