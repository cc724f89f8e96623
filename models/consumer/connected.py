"""A consumer whose connection to the broker can be cut.

When the cut is noticed, the broker closes its session and gives out again what was unacknowledged;
the consumer drops what it has not begun and finishes what it has, for an acknowledgement that means
nothing any more. With automatic acknowledgement it works on: only what was on its way is lost.

A consumer that asks for what it gets is given nothing from the cut on. What it had it keeps, since
the broker will not give it again before the acknowledgement times out, and acknowledges it over
whatever connection there is then.

A consumer that comes back while its connection is broken waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.consumer.consumer import Consumer
from models.ledger import Cause
from models.message import FAILED, Anew

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

    def cut(self, lost: list[Delivery | Anew]) -> None:
        """Lose deliveries on their way, and what this consumer published, without knowing."""
        for call in lost:
            if isinstance(call, Anew):
                row, now_s = call.message.row, self._env.now
                self._ledger.dropped.add(row, now_s, Cause.CONNECTION_CUT)
                self._census.release(call.message)
                continue
            if call.orphan is not None:  # it answered for its copy
                call.orphan = Cause.CONNECTION_CUT
            self._end(call, FAILED)
        if self.session is not None and self.session.unwatched:
            session, self.session = self.session, None
            self._group.lost(session)

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
