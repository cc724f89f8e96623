"""What a consumer asks of whoever gives it deliveries: a broker's group, or its own sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from models.broker.sessions import Session
    from models.consumer.consumer import Consumer
    from models.message import Delivery


class Home(Protocol):
    """Where a consumer belongs: group `index` (0, 1, …)."""

    index: int

    def connect(self, consumer: Consumer) -> None:
        """Give *consumer* a session, now or when that is possible."""

    def lost(self, session: Session) -> None:
        """See that the consumer of *session* is dead."""

    def settle(self, delivery: Delivery, now_s: float) -> None:
        """Take the consumer's answer to *delivery*."""
