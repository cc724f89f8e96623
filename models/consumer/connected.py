"""A consumer whose connection to the broker can be cut.

When the cut is noticed, the broker closes its session and gives out again what was unacknowledged;
the consumer drops what it has not begun and finishes what it has, for an acknowledgement that means
nothing any more. With automatic acknowledgement it works on: only what was on its way is lost.

A consumer that comes back while its connection is broken waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.consumer.consumer import Consumer
from models.ledger import Cause
from models.message import FAILED

if TYPE_CHECKING:
    from models.message import Delivery
    from models.network.connection import ConnectedLine


class ConnectedConsumer(Consumer):
    """A consumer that is told of its connection."""

    line: ConnectedLine

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._connection = self.line.connection
        self._connection.peer = self

    @property
    def up(self) -> bool:
        """Whether this consumer is running and connected."""
        return super().up and self._connection.whole

    def cut(self, lost: list[Delivery]) -> None:
        """Lose deliveries on their way, without knowing."""
        for delivery in lost:
            if delivery.orphan is not None:  # it answered for its copy
                delivery.orphan = Cause.CONNECTION_CUT
            self._end(delivery, FAILED)

    def disconnected(self) -> None:
        """Be without a session."""
        session = self.session
        if session is not None:
            self.cut_off()
            self._group.lost(session)

    def reconnected(self) -> None:
        """Open a new session, if this consumer is running."""
        if self.up:
            self._join()

    def _join(self) -> None:
        if self._connection.whole:
            super()._join()
