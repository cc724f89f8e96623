"""Publishing again what could not be processed, instead of giving it back.

A consumer that fails can publish the body of the message once more, to the queue it came from. For
the broker that is a new message, at the end of the queue: not persistent, not confirmed, with
deliveries and a time to live of its own. It has no id that a broker's memory would know; a consumer
that remembers what it has done knows it by its content (`consumer.memory`).

The original is not acknowledged. It fills a place of the prefetch until it comes back, when the
connection closes or the acknowledgement times out. So there is one copy more after each failure,
though nothing was lost, and a fact `doubled` for it.

The copy travels over the consumer's connection, like an answer, and takes as long. It may be lost
there, or with its connection, or find the broker down. Over a session that is closed already
nothing can be published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.message import Anew

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.census import Census
    from models.ledger import Ledger
    from models.message import Delivery, Message
    from models.network.line import Line


class Republisher:
    """Publishes over *line* to *readmit*, which takes (message, time in s).

    Raise a ValueError if *readmit* is None: not every home of a consumer can be published to.
    """

    def __init__(
        self,
        env: simpy.Environment,
        line: Line,
        readmit: Callable[[Message, float], None] | None,
        *,
        ledger: Ledger,
        census: Census,
    ) -> None:
        if readmit is None:
            raise ValueError(
                "consumer.on_failure must not be republish unless there is one queue, on one "
                "machine, got republish"
            )
        self._env = env
        self._line = line
        self._readmit = readmit
        self._ledger = ledger
        self._census = census
        self._arrived = (self._arrive,)

    def publish(self, delivery: Delivery, now_s: float) -> None:
        """Publish the message of *delivery* again, if its session is open; it must not be over."""
        if not delivery.session.open:
            return
        message, line = delivery.copy.message, self._line
        self._ledger.doubled.add(message.row, now_s)
        if line.ack_lost is not None and line.ack_lost(message.key, delivery.number):
            self._ledger.dropped.add(message.row, now_s, line.cause)
            return
        message.open += 1
        # An event even if it takes no time: what waits at the consumer comes before what it brings.
        line.bring_back(Anew(message), self._arrived, message.key, delivery.number)

    def _arrive(self, anew: Anew) -> None:
        self._readmit(anew.message, self._env.now)
