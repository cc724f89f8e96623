"""A consumer group of a queue: its queue, its consumers, and what becomes of each copy there.

With competing consumers there is one group, and it gets every message. With fan-out there are
several, each with a queue of its own, and every message is published to each of them. A group gets
a message only while its subscription exists.

A group decides nothing about crashes: it halts, and the broker tells it for each copy whether it is
still there.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

from models.broker.dispatch import Dispatch
from models.broker.foreseen import Foreseen
from models.broker.hands import Hands
from models.broker.intake import Overflow
from models.broker.lanes import Lanes
from models.broker.queue import ReadyQueue
from models.broker.ranked import RankedQueue
from models.broker.redelivery import Returns
from models.broker.store import Store
from models.calls import LATE, Call
from models.keys import OrderKeys
from models.ledger import Cause
from models.priorities import Priorities
from models.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.consumer_group import Held
    from models.broker.options import BrokerOptions
    from models.broker.sessions import Session
    from models.census import Census
    from models.consumer import AckMode, Consumer, ConsumerOptions
    from models.draws import Draws
    from models.ledger import Ledger
    from models.message import Copy, Delivery, Message, Packet
    from models.network.link import Link


class Subscription(StrEnum):
    """When a group's subscription exists: what is published outside that time, it never gets."""

    DURABLE = "durable"  # always, whoever is connected
    FROM_START = "from_start"  # from when its first consumer connects
    TRANSIENT = "transient"  # while a consumer is connected; then it is gone with what it held


class Group:
    """Group *index* (0, 1, …) of a broker. *ledger* is the group's own.

    *ack* and *prefetch* are what its consumers ask for when they connect. *erase* hears of each
    written copy that leaves, *processed*, if anybody wants to know, of each that a consumer has
    acknowledged, *room* when the queue has become shorter.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: BrokerOptions,
        *,
        index: int,
        deliver: Link,
        ack: AckMode,
        prefetch: int,
        erase: Callable[[Copy], None],
        processed: Callable[[Copy], None] | None,
        room: Callable[[], None] | None,
        ledger: Ledger,
        census: Census,
        draws: Draws,
    ) -> None:
        self._env = env
        self._options = options
        self._ledger = ledger
        self._census = census
        self._draws = draws
        self._room = room
        self.index = index
        self.store = Store(
            env,
            ledger,
            census,
            erase=erase,
            processed=processed,
            dead_letter=options.redelivery.dead_letter,
            queue=_queue(options, draws),
        )
        self._dispatch = Dispatch(
            env,
            options.redelivery,
            ack=ack,
            prefetch=prefetch,
            store=self.store,
            link=deliver,
            ledger=ledger,
            taken=room,
            in_vain=options.in_vain,
        )
        self._giver: Dispatch | Hands = self._dispatch
        self._returns = self._dispatch.returns = Returns(
            env,
            options.redelivery,
            ttl_s=options.ttl_s,
            store=self.store,
            offer=self.offer,
            ledger=ledger,
            draws=draws,
            name=f"group {index}" if index else "broker",
        )
        self._expiry = Timers(env, options.ttl_s, self._expired)
        self._hides = options.hides
        self._consumers: list[Consumer] = []
        self._transient = options.subscription is Subscription.TRANSIENT
        self.subscribed = options.subscription is Subscription.DURABLE
        self._up = True
        self.settle = self._dispatch.settle
        alone = options.replication is None and options.groups == 1
        self.readmit = self._readmit if alone else None

    @property
    def full(self) -> bool:
        """Whether the queue has no room for one more."""
        return 0 < self._options.capacity <= self.store.queue.length

    def add(self, message: Message, packet: Packet | None, now_s: float) -> Copy:
        """Put a copy of *message*, which *packet* brought, at the end of the queue.

        If it has to be committed first, nobody gets it until it is revealed.
        """
        store = self.store
        copy = (store.hide if self._hides else store.add)(message, packet, now_s)
        if not self._expiry.endless:
            self._expiry.start(copy)
        return copy

    def offer(self, now_s: float) -> None:
        """Hand out copies while there are some and somebody has room."""
        self._giver.offer(now_s)

    def reveal(self, copy: Copy) -> None:
        """Let consumers have *copy*, which is committed, if there is still anybody to have it."""
        if self.subscribed:
            self._returns.put_back(copy)
        else:
            self.store.drop(copy, Cause.NO_SUBSCRIBER)

    def _readmit(self, message: Message, now_s: float) -> None:
        """Take in *message*, which a consumer publishes again: a further copy, in memory only.

        The door that "block" keeps shut is not that of consumers.
        """
        if not self._up:
            self._turn_away(message, Cause.BROKER_DOWN)
            return
        self._ledger.arrived.add(message.row, now_s)
        ahead, overflow = self._giver.ahead, self._options.overflow
        if ahead is not None and ahead.next_s < now_s:  # what came before is before it in the queue
            ahead.absorb(now_s)
        if not self.subscribed:
            self._turn_away(message, Cause.NO_SUBSCRIBER)
        elif self.full and overflow in (Overflow.REJECT, Overflow.DROP_NEW):
            self._turn_away(message, Cause.OVERFLOW)
        else:
            if self.full and overflow is Overflow.DROP_OLDEST:
                self.shed()
            self.add(message, None, now_s)
            self.offer(now_s)

    def _turn_away(self, message: Message, cause: Cause) -> None:
        self._ledger.dropped.add(message.row, self._env.now, cause)
        self._census.release(message)

    def shed(self) -> None:
        """Drop the first copy of the queue in favour of a new one."""
        self.store.drop(self.store.queue.shed(), Cause.OVERFLOW)

    def connect(self, consumer: Consumer) -> None:
        """Give *consumer* a session now, or as soon as the broker is up."""
        if consumer not in self._consumers:
            self._consumers.append(consumer)
        if self._up:
            self.subscribed = True
            consumer.session = self._dispatch.sessions.connect(consumer)
            self.offer(self._env.now)

    def lost(self, session: Session) -> None:
        """Let the consumer of *session* be gone, and take back what it had, if that is seen."""
        if not session.open:
            return
        self._dispatch.lost(session)
        if self._transient and not self._dispatch.sessions.all:
            self._unsubscribe()
            if self._room is not None:
                self._room()

    def _unsubscribe(self) -> None:
        """Let the subscription go, with what it held."""
        self.subscribed = False
        out = (*self._dispatch.take_all(), *self._returns.take_all())
        for copy in (*out, *self.store.queue.take_all()):
            self.store.drop(copy, Cause.NO_SUBSCRIBER)

    def holds(self, delivery: Delivery) -> bool:
        """Return whether the answer to *delivery* is still waited for."""
        return (delivery.twin_of or delivery) in self._dispatch.sessions.held

    def halt(self) -> list[Held]:
        """Serve no longer: close all sessions. Return every copy, with who works on it, if any.

        The caller says of each what becomes of it, `keep` or `lose`, before or when it lets the
        group `resume`.
        """
        self._up = False
        held: list[Held] = []
        sessions = self._dispatch.sessions
        for session in list(sessions.all):
            deliveries = sessions.close(session)
            session.consumer.cut_off()
            held.extend((delivery.copy, delivery) for delivery in deliveries)
        held.extend((delivery.copy, delivery) for delivery in sessions.close_retired())
        waiting = (*self._returns.take_all(), *self.store.queue.take_all())
        held.extend((copy, None) for copy in waiting)
        for copy, _ in held:
            copy.packet = None  # whom to confirm to is forgotten
        return held

    def forsake(self, held: list[Held]) -> None:
        """Wait no longer for those who work on these; they work for nothing."""
        for _, delivery in held:
            if delivery is not None:
                self._dispatch.void(delivery)

    def keep(self, held: list[Held]) -> None:
        """Have these copies in the queue, which is empty; who works on one works for nothing."""
        self.forsake(held)
        self.store.queue.refill(copy for copy, _ in held)

    def lose(self, held: Held, cause: Cause) -> None:
        """Let one of the held copies be gone."""
        copy, delivery = held
        self.store.lose(copy, cause, delivery)

    def withdraw(self, copy: Copy, cause: Cause) -> None:
        """Let *copy* be gone, wherever it is, while the broker goes on; who has it may finish."""
        delivery = None
        if copy.ready:
            self.store.queue.take_out(copy)
        elif not self._returns.take_out(copy):
            delivery = self._dispatch.take_back(copy)
        self.store.lose(copy, cause, delivery)

    def restore(self, copy: Copy) -> None:
        """Take back a *copy* whose removal was undone; the caller keeps it like the others."""
        self.store.restore(copy)
        copy.packet = None  # it was answered, or is forgotten
        # Its timer may have been dropped.
        end_s = copy.stored_s + self._options.ttl_s
        if self._env.now < end_s < math.inf:
            call = Call(lambda _call: self._expired(copy))
            self._env.schedule(call, LATE, end_s - self._env.now)

    def resume(self) -> None:
        """Serve again, with what was kept."""
        self._up = True
        if self._transient:
            self._unsubscribe()
        for copy in self.store.queue.take_all():
            self._returns.recover(copy)
        for consumer in self._consumers:
            if consumer.up:
                self.subscribed = True
                consumer.session = self._dispatch.sessions.connect(consumer)
        self.offer(self._env.now)

    def employ(self, options: ConsumerOptions, *, instances: int) -> None:
        """Let `Hands` stand in for *instances* consumers, where they apply (`broker.hands`)."""
        self._giver = Hands(
            self._env,
            options,
            self._options.redelivery,
            instances=instances,
            store=self.store,
            returns=self._returns,
            taken=self._room,
            ahead=self._giver.ahead,
            ledger=self._ledger,
            draws=self._draws,
        )

    def foresee(self, arrive: Callable[[Message, float], None], *, each: bool) -> Foreseen:
        """Let arrivals be known ahead (`broker.foreseen`); *each* is an event, if one must be."""
        each = each or not self._expiry.endless
        ahead = Foreseen(self._env, arrive=arrive, store=self.store, offer=self.offer, each=each)
        if not each:
            self._giver.ahead = ahead
        return ahead

    def place(self, message: Message, now_s: float) -> Copy:
        """Put a copy of *message* in the queue, of which the ledger knows already."""
        (copy,) = self.store.place([message], [now_s])
        if not self._expiry.endless:
            self._expiry.start(copy)
        return copy

    def _expired(self, copy: Copy) -> None:
        # One that is out for delivery, or delayed, is looked at when it comes back, and all that
        # a broker holds which is down, when it does.
        if copy.ready and self._up:
            self.store.queue.take_out(copy)
            self.store.discard(copy, Cause.EXPIRED)
            if self._room is not None:
                self._room()


def _queue(options: BrokerOptions, draws: Draws) -> ReadyQueue | RankedQueue:
    """Return a queue of the order that *options* ask for."""
    priority_of = Priorities(draws, options.priorities).of
    if options.ordered:
        key_of = OrderKeys(draws, options.keys).of
        # Producers have nothing to do with one another.
        return Lanes(priority_of, lambda message: message.key >> 32 << 32 | key_of(message))
    return RankedQueue(priority_of) if options.priorities > 1 else ReadyQueue()
