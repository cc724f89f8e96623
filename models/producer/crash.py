"""A producer that can crash: what its process forgets, and what an outbox keeps.

The process dies and comes back later. While it is down its application is down, too: no messages
are created, and answers find nobody who could hear them. Packets that are in the network go on.

Without an outbox all it knew is forgotten: its belief of an unconfirmed message stays unknown, and
one that was never sent is lost (`producer_crash`). Clients keep what is to be sent in the memory of
their process, Kafka's in its `buffer.memory` (documentation of the producer's configuration).

With an outbox, messages are in a database before they are sent, and leave it when their belief is
decided (C. Richardson, "Microservices Patterns", 2018, 3.3.7: transactional outbox). After the
restart they are sent again, the unconfirmed first, then those that had still to be sent, in the
order of their creation: each with as many attempts as at first. An answer to an attempt of before
the crash is not heard any more: the connection it comes from is gone. A deadline that passes while
the process is down ends the message when it is back. The bound of the buffer holds for new messages
only: what comes back to it from a crash has its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.ledger import Cause, Failed
from models.message import TWIN
from models.producer.producer import Producer

if TYPE_CHECKING:
    import simpy

    from models.calls import Call
    from models.message import Exchange, Packet
    from models.producer.options import ProducerOptions


class MortalProducer(Producer):
    """A `Producer` that keeps account of what it has not got confirmed, since it may crash."""

    def __init__(self, env: simpy.Environment, options: ProducerOptions, **parts: Any) -> None:
        super().__init__(env, options, **parts)
        self._open: dict[Exchange, bool] = {}  # sent and not decided, as first sent; all true
        self._overdue: list[Exchange] = []  # whose deadline came while it was down
        self._outages = 0

    def crash(self, kind: str) -> None:
        """Die, until `restart` is called as often as this."""
        self._ledger.crashes.append((self._env.now, f"producer {self._index}", kind))
        self._outages += 1
        if self.options.outbox:
            self._put_back()
        else:
            self._forget_all()

    def restart(self) -> None:
        """Come back as a new process, once every crash is over."""
        self._outages -= 1
        if self._outages:
            return
        self._ledger.restarts.append((self._env.now, f"producer {self._index}"))
        overdue, self._overdue = self._overdue, []
        for message in overdue:
            self._give_up(message, Failed.DEADLINE)
        self._let_go()

    def answered(self, packet: Packet) -> None:
        """Hear an answer, if its connection is that of this process."""
        if not self._outages and packet.answer & ~TWIN > packet.message.earlier:
            super().answered(packet)

    def _forget_all(self) -> None:
        now = self._env.now
        for message in self._open:
            self._leave_unknown(message, now)
        for message in self._buffer:
            if message.pending:
                self._ledger.dropped.add(message.row, now, Cause.PRODUCER_CRASH)
                self._leave_unknown(message, now)
        self._open.clear()
        self._buffer.clear()
        self._unconfirmed = self._waiting = 0

    def _leave_unknown(self, message: Exchange, now: float) -> None:
        message.pending = False
        self._ledger.unknown.add(message.row, now)
        self._census.release(message)

    def _put_back(self) -> None:
        """Let all that was sent wait to be sent again, before what was not."""
        for message in self._open:
            message.stale += not message.pausing  # the timer of its last attempt
            message.pausing = False
            message.pause_s = 0.0
            message.earlier = message.attempt
        self._buffer.extendleft(reversed(self._open))
        self._waiting += len(self._open)
        self._unconfirmed = 0
        self._open.clear()

    def _create(self, tick: Call) -> None:
        if self._outages:
            self._await_next(tick)
        else:
            super()._create(tick)

    def _send(self, packet: Packet, now: float) -> None:
        self._open[packet.message] = True
        super()._send(packet, now)

    def _send_again(self, packet: Packet) -> None:
        # A pause that a crash has ended is of an attempt that came otherwise, or is still to come.
        if packet.message.pausing and packet.answer == packet.message.attempt + 1:
            super()._send_again(packet)

    def _too_late(self, message: Exchange) -> None:
        if self._outages:
            self._overdue.append(message)
        else:
            super()._too_late(message)

    def _give_up(self, message: Exchange, reason: Failed) -> None:
        if message in self._open or not message.attempt:
            super()._give_up(message, reason)
            return
        self._ledger.failed.add(message.row, self._env.now, reason)  # it waits to be sent again
        self._waiting -= 1
        message.pending = False
        self._census.release(message)

    def _decide(self, message: Exchange) -> None:
        del self._open[message]
        super()._decide(message)
