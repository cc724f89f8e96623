"""A producer: creates messages, sends them, and believes what it hears.

It may ask for acknowledgements (`confirm`) or fire and forget. Asking, it waits `timeout_s` for the
answer to an attempt, pauses by its backoff and sends again, until an acknowledgement of any
attempt comes (confirmed), or the attempts or the deadline are used up, the broker rejects the
message, or its buffer is full (failed). An answer that comes later changes nothing.

The broker may also ask it to try again: then it does not wait for the timeout, but pauses and sends
again at once, as long as attempts are left. So does Kafka's producer with a `RetriableException`
(clients/.../producer/internals/Sender.java, `canRetry`). What is said of an earlier attempt, or
after the timeout of this one, changes nothing: the next attempt is on its way.

At most `in_flight` messages are unconfirmed at once, pauses included; up to `buffer` more wait
their turn. A message's place is given up when its belief is decided. The producer itself does not
fail here (`models.producer.crash`).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from models.calls import ARRIVAL, DEADLINE, NORMAL, TIMEOUT, Call, put
from models.ledger import Cause, Failed
from models.message import ACCEPTED, TWIN, Answer, Exchange, Packet
from models.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import simpy

    from models.census import Census
    from models.draws import Draws
    from models.ledger import Ledger
    from models.network.link import Link
    from models.producer.options import ProducerOptions


class Producer:
    """One producer, sending over *link* to *deliver_to*, the broker's intake of packets."""

    def __init__(
        self,
        env: simpy.Environment,
        options: ProducerOptions,
        *,
        index: int,
        link: Link,
        deliver_to: Callable[[Packet], None],
        ledger: Ledger,
        census: Census,
        draws: Draws,
    ) -> None:
        self._env = env
        self.options = options
        self._index = index
        self.line = link.line(index)
        self._ledger = ledger
        self._census = census
        self._sent = ledger.sent.add
        self._confirmed = ledger.confirmed.add
        self._arrive = (deliver_to,)
        self.asks = options.confirm
        self.hear = (self.answered,)
        self._jitter = draws.uniform(f"producer {index}", "jitter")
        self._attempts = options.retries + 1
        self._window = options.in_flight  # how many may be unconfirmed just now
        self._places = options.in_flight + options.buffer
        self._unconfirmed = 0
        self._buffer: deque[Exchange] = deque()
        self._waiting = 0  # in the buffer and not given up
        self._timers = Timers(env, options.timeout_s, self._unanswered, TIMEOUT + index)
        self._deadlines = Timers(env, options.deadline_s, self._too_late, DEADLINE)
        self._number = 0
        self._times: Iterator[float] = options.arrivals.times_s(draws, f"producer {index}")
        self._create_again = (self._create,)
        self._await_next(Call(self._create))

    def _await_next(self, tick: Call) -> None:
        time_s = next(self._times, None)
        if time_s is not None:
            tick.callbacks = self._create_again
            put(self._env, tick, time_s, NORMAL)

    def _create(self, tick: Call) -> None:
        now = self._env.now
        message = self._census.create(now, self._index, self._number)
        self._number += 1
        self._await_next(tick)
        if not self.asks:
            self._forget(message, now)
            return
        if not self._deadlines.endless:
            self._deadlines.start(message)
        if self._unconfirmed < self._window:
            self._unconfirmed += 1
            self._send(Packet(message, 1), now)
        elif self._unconfirmed + self._waiting < self._places:
            self._waiting += 1
            self._buffer.append(message)
        else:
            self._give_up(message, Failed.BUFFER)

    def _forget(self, message: Exchange, now: float) -> None:
        """Send once and never ask."""
        message.pending = False
        self._ledger.unknown.add(message.row, now)
        self._transmit(message, Packet(message, 1), now)
        self._census.release(message)

    def _send(self, packet: Packet, now: float) -> None:
        message = packet.message
        message.attempt = packet.answer
        self._timers.start(message)
        self._transmit(message, packet, now)

    def _transmit(self, message: Exchange, packet: Packet, now: float) -> None:
        row, key, attempt = message.row, message.key, packet.answer
        # A function that is kept in an attribute is called faster by a name of its own.
        sent, line = self._sent, self.line
        lost, delay_s, doubled = line.lost, line.delay_s, line.doubled
        sent(row, now)
        if lost is not None and lost(key, attempt):
            self._ledger.dropped.add(row, now, Cause.NETWORK)
            return
        message.open += 1
        packet.callbacks = self._arrive
        self._env.schedule(packet, ARRIVAL + row, delay_s(key, attempt))
        if doubled is not None and doubled(key, attempt):
            self._ledger.doubled.add(row, now)
            message.open += 1
            twin = self._twin(packet)
            twin.callbacks = self._arrive
            self._env.schedule(twin, ARRIVAL + row, line.twin_delay_s(key, attempt))

    def _twin(self, packet: Packet) -> Packet:
        return Packet(packet.message, packet.answer | TWIN)

    def answered(self, packet: Packet) -> None:
        """Hear the broker's answer to *packet*; the first one for a message decides."""
        message = packet.message
        if not message.pending:
            return
        if packet.verdict is ACCEPTED:
            confirmed = self._confirmed
            confirmed(message.row, self._env.now)
            self._decide(message)
        elif packet.verdict is Answer.REJECTED:
            self._give_up(message, Failed.REJECTED)
        else:
            self._refused(packet)

    def _refused(self, packet: Packet) -> None:
        """Wait no longer for *packet*, if it is what its message waits for."""
        message = packet.message
        if packet.answer & ~TWIN == message.attempt and not message.pausing:
            message.stale += 1
            self._pause(message)

    def _unanswered(self, message: Exchange) -> None:
        """Hear that the time to wait for an attempt is over."""
        if message.stale:  # of one that was refused; timers end in the order of their attempts
            message.stale -= 1
        else:
            self._pause(message)

    def _pause(self, message: Exchange) -> None:
        """Pause before the next attempt, or give up."""
        attempt = message.attempt
        made = attempt - message.earlier
        if made >= self._attempts:
            self._give_up(message, Failed.ATTEMPTS)
            return
        backoff = self.options.backoff
        u = self._jitter(message.key, attempt) if backoff.needs_draw else 0.0
        message.pausing = True
        message.pause_s = backoff.pause_s(made, u, message.pause_s)
        again = Packet(message, attempt + 1)
        again.callbacks = (self._send_again,)
        self._env.schedule(again, NORMAL, message.pause_s)

    def _send_again(self, packet: Packet) -> None:
        message = packet.message
        # An acknowledgement that came during the pause has cut it short.
        if message.pending:
            message.pausing = False
            self._send(packet, self._env.now)

    def _too_late(self, message: Exchange) -> None:
        self._give_up(message, Failed.DEADLINE)

    def _give_up(self, message: Exchange, reason: Failed) -> None:
        now = self._env.now
        self._ledger.failed.add(message.row, now, reason)
        if not message.attempt:  # never sent: the buffer was its last place
            self._waiting -= reason is not Failed.BUFFER
            self._ledger.dropped.add(message.row, now, Cause.PRODUCER_BUFFER)
            message.pending = False
            self._census.release(message)
        else:
            self._decide(message)

    def _decide(self, message: Exchange) -> None:
        """Settle the belief, which ends its timers too, and let the next message go."""
        message.pending = False
        self._census.release(message)
        self._unconfirmed -= 1
        if self._buffer:
            self._let_go()

    def _let_go(self) -> None:
        """Send what waits in the buffer, as far as the window goes."""
        while self._buffer and self._unconfirmed < self._window:
            message = self._buffer.popleft()
            if message.pending:  # not given up while it waited
                self._waiting -= 1
                self._unconfirmed += 1
                self._send(Packet(message, message.attempt + 1), self._env.now)
