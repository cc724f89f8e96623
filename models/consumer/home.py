"""What a consumer asks of whoever gives it deliveries: a broker's group, or its own sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.broker.sessions import Session
    from models.consumer.consumer import Consumer
    from models.message import Delivery, Message


class Home(Protocol):
    """Where a consumer belongs: group `index` (0, 1, …)."""

    index: int

    @property
    def readmit(self) -> Callable[[Message, float], None] | None:
        """What takes a message that a consumer publishes again; None if nothing does."""

    def connect(self, consumer: Consumer) -> None:
        """Give *consumer* a session, now or when that is possible."""

    def lost(self, session: Session) -> None:
        """Let the consumer of *session* be gone, which is seen now, or never will be."""

    def settle(self, delivery: Delivery, now_s: float) -> None:
        """Take the consumer's answer to *delivery*."""
