"""A producer whose connection to the broker can be cut.

What it sends before it notices is lost with the rest. Then it holds messages back: new ones wait in
the buffer, to which the free places of the window are added. Connected again, it first sends what
was in flight and unconfirmed, in the order of creation and without a pause, then what has waited.

What is sent again so is a further attempt: it counts among the `retries`, and a message that has
none left is given up when the cut is noticed, since no answer can come any more. So does Kafka's
producer, for which a disconnect is a retriable error (clients/.../producer/internals/Sender.java,
`canRetry`). A message that pauses between two attempts goes on pausing. Clients that send again on
reconnecting only, as MQTT's do, are those with a long `timeout`.

Fire and forget holds messages back as well; they are `unknown` when they are sent, and `failed` if
the buffer has no place for them or their deadline comes first.

It can crash, too (`models.producer.crash`). The new process is connected when the old one would
have been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.calls import ARRIVAL
from models.ledger import Cause, Failed
from models.message import Packet
from models.producer.crash import MortalProducer

if TYPE_CHECKING:
    import simpy

    from models.message import Exchange
    from models.network.connection import ConnectedLine
    from models.producer.options import ProducerOptions


class ConnectedProducer(MortalProducer):
    """A producer that is told of its connection."""

    line: ConnectedLine

    def __init__(self, env: simpy.Environment, options: ProducerOptions, **parts: Any) -> None:
        super().__init__(env, options, **parts)
        self._connection = self.line.connection
        self._connection.peer = self
        self._held: dict[Exchange, bool] = {}  # to be sent again once it is connected; all true

    def cut(self, lost: list[Packet]) -> None:
        """Lose packets on their way, without knowing."""
        for packet in lost:
            self._ledger.dropped.add(packet.message.row, self._env.now, Cause.CONNECTION_CUT)
            self._census.release(packet.message)

    def disconnected(self) -> None:
        """Expect no more answers, and hold everything back."""
        self._window = 0
        for message in [message for message in self._open if not message.pausing]:
            message.stale += 1  # its timer runs on
            if message.attempt - message.earlier < self._attempts:
                message.pausing = True
                self._held[message] = True
            else:
                self._give_up(message, Failed.ATTEMPTS)

    def reconnected(self) -> None:
        """Send what was held back."""
        self._window = self.options.in_flight
        if self._outages:
            return
        held = [message for message in self._open if message in self._held]
        self._held.clear()
        for message in held:
            message.pausing = False
            self._send(Packet(message, message.attempt + 1), self._env.now)
        self._let_go()

    def answered(self, packet: Packet) -> None:
        """Hear the broker's answer to *packet*, if it comes by the connection of the packet."""
        if packet.connection == self._connection.number:
            super().answered(packet)

    def _forget_all(self) -> None:
        self._held.clear()
        super()._forget_all()

    def _put_back(self) -> None:
        self._held.clear()
        super()._put_back()

    def _forget(self, message: Exchange, now: float) -> None:
        if self._window:
            super()._forget(message, now)
        elif self._waiting < self.options.buffer:
            self._waiting += 1
            self._buffer.append(message)
            self._deadlines.start(message)
        else:
            self._give_up(message, Failed.BUFFER)

    def _let_go(self) -> None:
        if self.asks:
            super()._let_go()
            return
        while self._buffer and self._window:
            message = self._buffer.popleft()
            if message.pending:  # not given up while it waited
                self._waiting -= 1
                super()._forget(message, self._env.now)

    def _transmit(self, message: Exchange, packet: Packet, now: float) -> None:
        self._sent(message.row, now)
        if not self._connection.whole:
            self._ledger.dropped.add(message.row, now, Cause.CONNECTION_CUT)
            return
        message.open += 1
        packet.connection = self._connection.number
        turn = ARRIVAL + message.row
        self.line.carry(packet, self._arrive, message.key, packet.answer, turn)

    def _send_again(self, packet: Packet) -> None:
        if self._window:
            super()._send_again(packet)
        elif packet.message.pausing and packet.answer == packet.message.attempt + 1:
            self._held[packet.message] = True
