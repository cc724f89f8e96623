"""A broker with one queue: it stores copies, hands them out, and repeats what is not acknowledged.

It may crash, by its process or by its power, and comes back with exactly what its disk holds. It
cannot corrupt, forget or double a copy in any other way. While it is down, packets that arrive are
lost, consumers are disconnected, and nothing expires; they are back the instant it is, and what
expired meanwhile goes then. A copy out for delivery, or delayed, expires when it comes back.

A copy is on its way to the disk only if the queue is durable and the message persistent. It is
ready for consumers as soon as it is stored, before any sync, as in RabbitMQ's classic queues.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from models.broker.confirms import Confirms, ConfirmWhen
from models.broker.dispatch import Dispatch
from models.broker.foreseen import Foreseen
from models.broker.hands import Hands
from models.broker.intake import Intake, Overflow
from models.broker.redelivery import RedeliveryOptions, Returns
from models.broker.store import Store
from models.calls import LATE, Call
from models.checks import at_least, positive
from models.disk import Disk, DiskOptions
from models.ledger import Cause
from models.message import Answer, Copy, Message, Packet, Place
from models.timers import Timers

if TYPE_CHECKING:
    import simpy

    from models.census import Census
    from models.consumer import AckMode, Consumer, ConsumerOptions
    from models.draws import Draws
    from models.laws import Law
    from models.ledger import Ledger
    from models.link import Link


class BrokerFault(StrEnum):
    """What can befall a broker: its process dies, or its machine loses power."""

    PROCESS_CRASH = "process_crash"
    POWER_LOSS = "power_loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOptions:
    """What a broker promises. `capacity` in messages ready and waiting, 0 for no bound."""

    accept: Law
    capacity: int = 0
    overflow: Overflow = Overflow.REJECT
    ttl_s: float = math.inf
    durable: bool = True
    persistent: bool = True
    confirm_when: ConfirmWhen = ConfirmWhen.SYNCED
    redelivery: RedeliveryOptions
    disk: DiskOptions

    def __post_init__(self) -> None:
        at_least(0, capacity=self.capacity)
        positive(ttl_s=self.ttl_s)


class Broker:
    """One broker between *publish*, the link from its producers, and *deliver*, to its consumers.

    *ack* and *prefetch* are what its consumers ask for when they connect. `keeps_removals` must be
    true if it can lose power.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: BrokerOptions,
        *,
        publish: Link,
        deliver: Link,
        ack: AckMode,
        prefetch: int,
        keeps_removals: bool,
        ledger: Ledger,
        census: Census,
        draws: Draws,
    ) -> None:
        self._env = env
        self._options = options
        self._ledger = ledger
        self._census = census
        self._to_disk = options.durable and options.persistent
        # A copy that is never written can be confirmed only when it is received.
        when = options.confirm_when if self._to_disk else ConfirmWhen.RECEIVED
        self.confirms = Confirms(env, when, publish, ledger)
        self._disk = Disk(
            env,
            options.disk,
            draws,
            written=self.confirms.written,
            synced=self.confirms.synced,
            removed=lambda copy: census.release(copy.message),
            keeps_removals=keeps_removals,
        )
        self._store = Store(
            env,
            ledger,
            census,
            erase=self._disk.remove,
            dead_letter=options.redelivery.dead_letter,
        )
        self._intake = Intake(
            env,
            options.accept,
            take=self._take,
            blocked=self._full if self._blocks else None,
            ledger=ledger,
            census=census,
            draws=draws,
        )
        self._dispatch = Dispatch(
            env,
            options.redelivery,
            ack=ack,
            prefetch=prefetch,
            store=self._store,
            link=deliver,
            ledger=ledger,
            taken=self._intake.room if self._blocks else None,
        )
        self._giver: Dispatch | Hands = self._dispatch
        self._returns = self._dispatch.returns = Returns(
            env,
            options.redelivery,
            ttl_s=options.ttl_s,
            store=self._store,
            offer=self._offer,
            ledger=ledger,
            draws=draws,
        )
        self._expiry = Timers(env, options.ttl_s, self._expired)
        self._consumers: list[Consumer] = []
        self._outages = 0
        self.arrive = self._intake.arrive
        self.settle = self._dispatch.settle
        self.answered = self._dispatch.answered
        self.lost = self._dispatch.lost

    def connect(self, consumer: Consumer) -> None:
        """Give *consumer* a session now, or as soon as the broker is up."""
        if consumer not in self._consumers:
            self._consumers.append(consumer)
        if not self._outages:
            consumer.session = self._dispatch.sessions.connect(consumer)
            self._dispatch.offer(self._env.now)

    def crash(self, kind: str) -> None:
        """Fall, as *kind* says (a `BrokerFault`), until `restart` is called as often as this."""
        power_loss = BrokerFault(kind) is BrokerFault.POWER_LOSS
        self._outages += 1
        self._ledger.crashes.append((self._env.now, "broker", kind))
        self._intake.close()
        survivors = self._close_sessions(power_loss=power_loss)
        for copy in (*self._returns.take_all(), *self._store.queue.take_all()):
            if self._survives(copy, power_loss=power_loss):
                survivors.append(copy)
            else:
                self._store.lose(copy, self._killer(copy), None)
        for copy in self._disk.stop(power_loss=power_loss):
            self._store.restore(copy)
            self._watch(copy)
            survivors.append(copy)
        self._store.queue.refill(survivors)

    def restart(self) -> None:
        """Recover from one crash; serve again if it was the last."""
        self._outages -= 1
        if self._outages:
            return
        self._ledger.restarts.append((self._env.now, "broker"))
        self._intake.open = True
        self._disk.start()
        for copy in self._store.queue.take_all():
            self._returns.recover(copy)
        for consumer in self._consumers:
            if consumer.up:
                consumer.session = self._dispatch.sessions.connect(consumer)
        self._dispatch.offer(self._env.now)

    def _close_sessions(self, *, power_loss: bool) -> list[Copy]:
        """Cut all consumers off; return the copies out for delivery that survive."""
        survivors = []
        sessions = self._dispatch.sessions
        for session in list(sessions.all):
            held = sessions.close(session)
            session.consumer.cut_off()
            for delivery in held:
                if self._survives(delivery.copy, power_loss=power_loss):
                    self._dispatch.void(delivery)
                    survivors.append(delivery.copy)
                else:
                    self._store.lose(delivery.copy, self._killer(delivery.copy), delivery)
        return survivors

    @staticmethod
    def _survives(copy: Copy, *, power_loss: bool) -> bool:
        return copy.place >= (Place.DISK if power_loss else Place.CACHE)

    @staticmethod
    def _killer(copy: Copy) -> Cause:
        return Cause.BROKER_MEMORY if copy.place is Place.MEMORY else Cause.PAGE_CACHE

    @property
    def _blocks(self) -> bool:
        return bool(self._options.capacity) and self._options.overflow is Overflow.BLOCK

    def _full(self) -> bool:
        return 0 < self._options.capacity <= self._store.queue.size

    def _take(self, packet: Packet, now_s: float) -> None:
        """Take in what *packet* brought, if there is room."""
        if self._options.capacity and self._full():
            if self._options.overflow is not Overflow.DROP_OLDEST:
                self._turn_away(packet)
                return
            self._store.drop(self._store.queue.pop(), Cause.OVERFLOW)
        copy = self._store.add(packet, now_s)
        if self.confirms.at_receipt:
            self.confirms.answer(packet)
        if not self._expiry.endless:
            self._expiry.start(copy)
        if self._to_disk:
            self._disk.append(copy)
        self._giver.offer(now_s)

    def employ(self, options: ConsumerOptions, *, instances: int, draws: Draws) -> None:
        """Let `Hands` stand in for *instances* consumers, where they apply (`broker.hands`)."""
        self._giver = Hands(
            self._env,
            options,
            self._options.redelivery,
            instances=instances,
            store=self._store,
            returns=self._returns,
            taken=self._intake.room if self._blocks else None,
            ahead=self._giver.ahead,
            ledger=self._ledger,
            draws=draws,
        )

    def foresee(self) -> Foreseen:
        """Let arrivals be known ahead; nothing may be sent to `arrive` then.

        Every one of them is stored when it arrives, which its sender knows and has recorded.
        """
        each = self._to_disk or not self._expiry.endless
        ahead = Foreseen(
            self._env,
            arrive=self._take_foreseen,
            store=self._store,
            offer=self._offer,
            each=each,
        )
        if not each:
            self._giver.ahead = ahead
        return ahead

    def _offer(self, now_s: float) -> None:
        self._giver.offer(now_s)

    def _take_foreseen(self, message: Message, now_s: float) -> None:
        (copy,) = self._store.place([message], [now_s])
        if not self._expiry.endless:
            self._expiry.start(copy)
        if self._to_disk:
            self._disk.append(copy)
        self._giver.offer(now_s)

    def _turn_away(self, packet: Packet) -> None:
        message = packet.message
        self._ledger.dropped.add(message.row, self._env.now, Cause.OVERFLOW)
        keeps_quiet = self._options.overflow is Overflow.DROP_NEW
        self.confirms.answer(packet, Answer.ACCEPTED if keeps_quiet else Answer.REJECTED)
        self._census.release(message)

    def _watch(self, copy: Copy) -> None:
        """Time the expiry of a *copy* that came back: its timer may have been dropped."""
        end_s = copy.stored_s + self._options.ttl_s
        if self._env.now < end_s < math.inf:
            call = Call(lambda _call: self._expired(copy))
            self._env.schedule(call, LATE, end_s - self._env.now)

    def _expired(self, copy: Copy) -> None:
        # One that is out for delivery, or delayed, is looked at when it comes back, and all that
        # a broker holds which is down, when it does.
        if copy.ready and not self._outages:
            self._store.queue.take_out(copy)
            self._store.discard(copy, Cause.EXPIRED)
            self._intake.room()
