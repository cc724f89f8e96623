"""Handing copies to consumers, and hearing what becomes of the deliveries.

A delivery is pending until it is acknowledged, refused, times out, or its session ends, if the
broker sees that (`RedeliveryOptions.on_disconnect`). An acknowledgement that comes later is void:
the broker no longer knows what it means.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.broker.redelivery import DISCONNECTED, REFUSED, TIMED_OUT
from models.broker.sessions import Sessions
from models.calls import LATE, Call
from models.consumer import AckMode
from models.ledger import Cause
from models.message import FAILED, TWIN, WAITING, WORKING, Copy, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.foreseen import Foreseen
    from models.broker.redelivery import RedeliveryOptions, Returns
    from models.broker.sessions import Session
    from models.broker.store import Store
    from models.ledger import Ledger
    from models.network.link import Link


class Dispatch:
    """Gives what is ready to whoever has room; *taken* hears when the queue has become shorter."""

    def __init__(
        self,
        env: simpy.Environment,
        options: RedeliveryOptions,
        *,
        ack: AckMode,
        prefetch: int,
        store: Store,
        link: Link,
        ledger: Ledger,
        taken: Callable[[], None] | None,
        in_vain: Cause = Cause.EARLY_ACK,
    ) -> None:
        self._env = env
        self._in_vain = in_vain
        self._store = store
        self._queue = store.queue
        self._write, self._pack = ledger.delivered.write, ledger.delivered.pack
        self._doubled = ledger.doubled.add
        self._taken = taken
        self._auto = ack is AckMode.AUTO
        self._ack_timeout_s = options.ack_timeout_s
        self._watching = math.isinf(options.ack_timeout_s)
        self.sessions = Sessions(
            prefetch=0 if self._auto else prefetch,
            to_other=options.to_other,
            unwatched=not options.on_disconnect,
        )
        self._turn, self._held = self.sessions.turn, self.sessions.held
        # Nothing happens on the way to the consumer, and nothing but its answer is awaited.
        self._plain = link.safe and not self._auto
        self.ahead: Foreseen | None = None
        self.returns: Returns  # set by the broker: dispatch and returns need each other
        self._offering = False

    def offer(self, now_s: float) -> None:
        """Hand out copies while there are some and somebody has room."""
        queue, turn, ahead = self._queue, self._turn, self.ahead
        # An acknowledgement at once comes back here from within the loop, which goes on anyway.
        if self._offering or not turn:
            return
        if ahead is not None and ahead.next_s < now_s:  # what comes just now comes after this
            ahead.absorb(now_s)
        if queue.size:
            self._offering = True
            while queue.size and turn:
                self._deliver(queue.pop(), now_s)
            self._offering = False
            if self._taken is not None:
                self._taken()
        if ahead is not None and turn:
            ahead.wait()

    def settle(self, delivery: Delivery, now_s: float) -> None:
        """Take the consumer's answer to *delivery*."""
        asked = delivery.twin_of or delivery
        if not self.sessions.settle(asked):
            return
        if delivery.accepted:
            self._store.acknowledge(asked.copy, asked, self._in_vain, now_s)
        else:
            self.void(asked)  # its double may be the one that failed
            if delivery.requeue:
                self.returns.give_back(asked.copy, asked.number, REFUSED)
            else:
                self._store.discard(asked.copy, Cause.REJECTED)
        self.offer(now_s)

    def lost(self, session: Session) -> None:
        """Let the consumer of *session* be gone, and take back what it had, if that is seen."""
        if session.unwatched:
            self.sessions.retire(session)
            return
        for delivery in self.sessions.close(session):
            self.void(delivery)
            self.returns.give_back(delivery.copy, delivery.number, DISCONNECTED)
        self.offer(self._env.now)

    def take_all(self) -> list[Copy]:
        """Wait no longer for those that are gone unseen; return the copies that they had."""
        deliveries = self.sessions.close_retired()
        for delivery in deliveries:
            self.void(delivery)
        return [delivery.copy for delivery in deliveries]

    def take_back(self, copy: Copy) -> Delivery | None:
        """Wait no longer for the consumer that has *copy*; return the delivery, if there is one."""
        held = (delivery for delivery in self._held if delivery.copy is copy)
        delivery = next(held, None)
        if delivery is not None:
            self.sessions.settle(delivery)
        return delivery

    def void(self, delivery: Delivery) -> None:
        """Wait no longer for *delivery*; its consumer may be working on it all the same."""
        if delivery.phase is WAITING or delivery.phase is WORKING:
            delivery.counted = True
            delivery.copy.message.open += 1

    def _watch(self, delay_s: float) -> None:
        """Look after *delay_s* at what is held longest: one event serves all deliveries."""
        self._watching = True
        self._env.schedule(Call(self._look), LATE, delay_s)

    def _look(self, _call: Call) -> None:
        """Take back what has not been acknowledged in time."""
        held, now = self._held, self._env.now
        if self.ahead is not None and self.ahead.next_s <= now:
            self.ahead.absorb(math.nextafter(now, math.inf))  # what comes just now has come
        while held:
            oldest = next(iter(held))
            end_s = oldest.given_s + self._ack_timeout_s
            if end_s > now:
                self._watch(end_s - now)
                return
            self.sessions.settle(oldest)
            self.void(oldest)
            self.returns.give_back(oldest.copy, oldest.number, TIMED_OUT)
            self.offer(now)
        self._watching = False

    def _deliver(self, copy: Copy, now_s: float) -> None:
        message = copy.message
        session = self.sessions.next_for(copy)
        consumer = session.consumer
        number = message.deliveries = message.deliveries + 1
        before = copy.deliveries
        copy.deliveries = before + 1
        copy.holder = consumer.index
        delivery = Delivery(copy, session, number, now_s)
        write, pack = self._write, self._pack
        write(pack(message.row, now_s, consumer.index, before > 0))
        if not self._auto:
            self._held[delivery] = True
            if not self._watching:
                self._watch(self._ack_timeout_s)
        if self._plain:
            consumer.receive(delivery, now_s)
        else:
            self._carry(delivery, now_s)

    def _carry(self, delivery: Delivery, now_s: float) -> None:
        """Bring *delivery* to its consumer: it may be lost, doubled, and late."""
        copy, number = delivery.copy, delivery.number
        consumer = delivery.session.consumer
        line, key = consumer.line, copy.message.key
        lost = line.lost is not None and line.lost(key, number)
        if lost:
            delivery.phase = FAILED
        if self._auto:
            cause = line.cause if lost else Cause.AUTO_ACK
            self._store.acknowledge(copy, delivery, cause, now_s)
        if lost:
            return
        if line.doubled is not None and line.doubled(key, number):
            self._deliver_twin(delivery)
        if line.instant:
            consumer.receive(delivery, now_s)
        else:
            line.carry(delivery, consumer.hear, key, number)

    def _deliver_twin(self, delivery: Delivery) -> None:
        """Deliver twice what was handed out once: the network's doing, the broker knows nothing."""
        message = delivery.copy.message
        self._doubled(message.row, delivery.given_s)
        twin = Delivery(delivery.copy, delivery.session, delivery.number | TWIN, delivery.given_s)
        twin.twin_of = delivery
        twin.counted = True
        message.open += 1
        consumer = delivery.session.consumer
        consumer.line.carry_twin(twin, consumer.hear, message.key, delivery.number)
