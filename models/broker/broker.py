"""A broker: it stores copies, hands them out, and repeats what is not acknowledged.

It may crash, by its process or by its power, and comes back with exactly what its disk holds. It
cannot corrupt, forget or double a copy in any other way. While it is down, packets that arrive are
lost, consumers are disconnected, and nothing expires; they are back the instant it is, and what
expired meanwhile goes then. A copy out for delivery, or delayed, expires when it comes back.

It has one queue for each consumer group (`broker.group`): one, which all consumers share, or, with
fan-out, several, which get a copy each of everything (`broker.spread`).

A copy is on its way to the disk only if the queue is durable and the message persistent. It is
ready for consumers as soon as it is stored, before any sync, as in RabbitMQ's classic queues.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from models.broker.confirms import Confirms, ConfirmWhen
from models.broker.dedup import Dedup, DedupOptions, TellingConfirms
from models.broker.group import Group, Subscription
from models.broker.intake import Intake, Overflow
from models.broker.spread import Spread
from models.checks import at_least, positive
from models.disk import Disk, DiskOptions
from models.ledger import Cause
from models.log.group import LogGroup
from models.message import Answer, Copy, Message, Packet, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    import simpy

    from models.broker.consumer_group import ConsumerGroup, Held
    from models.broker.foreseen import Foreseen
    from models.broker.redelivery import RedeliveryOptions
    from models.census import Census
    from models.consumer import AckMode, ConsumerOptions
    from models.draws import Draws
    from models.laws import Law
    from models.ledger import Ledger
    from models.log import LogOptions
    from models.network.link import Link


_KILLERS = {
    Place.MEMORY: Cause.BROKER_MEMORY,
    Place.CACHE: Cause.PAGE_CACHE,
    Place.TORN: Cause.TORN_WRITE,
}
"""What a crash has done to a copy that does not survive it, by its place."""


class BrokerFault(StrEnum):
    """What can befall a broker: its process dies, or its machine loses power."""

    PROCESS_CRASH = "process_crash"
    POWER_LOSS = "power_loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOptions:
    """What a broker promises. `capacity` in messages ready and waiting, 0 for no bound.

    Of `priorities` levels the higher go first; `ordered`: one message of each producer and key, of
    `keys`, is out at a time.

    `groups` are the consumer groups, each of which gets every message if its `subscription` exists.
    `in_vain` is what is to blame for a copy that was acknowledged although it had no effect.
    A broker with a `log` is of that shape, any other is a queue.
    """

    accept: Law
    capacity: int = 0
    overflow: Overflow = Overflow.REJECT
    ttl_s: float = math.inf
    durable: bool = True
    persistent: bool = True
    confirm_when: ConfirmWhen = ConfirmWhen.SYNCED
    redelivery: RedeliveryOptions
    disk: DiskOptions
    priorities: int = 1
    ordered: bool = False
    keys: int = 1
    groups: int = 1
    subscription: Subscription = Subscription.DURABLE
    in_vain: Cause = Cause.EARLY_ACK
    dedup: DedupOptions = DedupOptions()  # noqa: RUF009 - a frozen value
    log: LogOptions | None = None

    def __post_init__(self) -> None:
        at_least(1, priorities=self.priorities, keys=self.keys)
        at_least(0, capacity=self.capacity)
        at_least(1, groups=self.groups)
        positive(ttl_s=self.ttl_s)
        if self.log is not None and self.capacity:
            raise ValueError(f"capacity must be 0 with a log, got {self.capacity}")

    @property
    def to_disk(self) -> bool:
        """Whether copies are written to the disk."""
        return self.durable and self.persistent

    @property
    def plain(self) -> bool:
        """Whether one group gets all that arrives."""
        return self.groups == 1 and self.subscription is Subscription.DURABLE

    @property
    def not_one_queue(self) -> str | None:
        """Why this is more than one queue that gets all that arrives; None if it is just that."""
        if self.log is not None:
            return "consumers read a log (broker.shape)"
        if not self.plain:
            return "not one group gets all that arrives (broker.routing, consumer.subscription)"
        return None


class Broker:
    """One broker; *deliver* holds the links to its consumers, one for each consumer group.

    *ack* and *prefetch* are what its consumers ask for when they connect. `keeps_removals` must be
    true if it can lose power.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: BrokerOptions,
        *,
        deliver: Sequence[Link],
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
        self._to_disk = options.to_disk
        when = options.confirm_when
        if not self._to_disk and when is not ConfirmWhen.PROCESSED:
            # A copy that is never written can be confirmed only when it is received.
            when = ConfirmWhen.RECEIVED
        self._dedup: Dedup | None = None
        if options.dedup.off:
            self.confirms = Confirms(env, when, ledger)
        else:
            self.confirms = confirms = TellingConfirms(env, when, ledger)
            self._dedup = Dedup(options.dedup, confirms, ledger, census)
        self._disk = Disk(
            env,
            options.disk,
            draws,
            written=self.confirms.written,
            synced=self.confirms.synced,
            removed=lambda copy: census.release(copy.message),
            refused=self._refused,
            keeps_removals=keeps_removals,
        )
        self.disks = [self._disk]
        self._take_in = self._take if options.plain else self._take_for_all
        blocks = bool(options.capacity) and options.overflow is Overflow.BLOCK
        self._intake = Intake(
            env,
            options.accept,
            take=self._take_in if self._dedup is None else self._take_once,
            blocked=self._full if blocks else None,
            ledger=ledger,
            census=census,
            draws=draws,
        )
        self._processed = self.confirms.processed if when is ConfirmWhen.PROCESSED else None
        self.groups = [
            self._group(index, link, own, ack=ack, prefetch=prefetch, draws=draws)
            for index, (link, own) in enumerate(zip(deliver, ledger.groups, strict=True))
        ]
        self._only: ConsumerGroup = self.groups[0]
        self._spread = Spread(self.groups, census)
        self._outages = 0
        self.arrive = self._intake.arrive

    def _group(
        self, index: int, link: Link, ledger: Ledger, *, ack: AckMode, prefetch: int, draws: Draws
    ) -> ConsumerGroup:
        """Return group *index* of the shape that this broker has."""
        options = self._options
        if options.log is not None:
            return LogGroup(
                self._env,
                options,
                options.log,
                index=index,
                ack=ack,
                prefetch=prefetch,
                erase=self._disk.remove,
                processed=self._processed,
                ledger=ledger,
                census=self._census,
                draws=draws,
            )
        blocks = bool(options.capacity) and options.overflow is Overflow.BLOCK
        return Group(
            self._env,
            options,
            index=index,
            deliver=link,
            ack=ack,
            prefetch=prefetch,
            erase=self._disk.remove,
            processed=self._processed,
            room=self._intake.room if blocks else None,
            ledger=ledger,
            census=self._census,
            draws=draws,
        )

    def crash(self, kind: str) -> None:
        """Fall, as *kind* says (a `BrokerFault`), until `restart` is called as often as this."""
        power_loss = BrokerFault(kind) is BrokerFault.POWER_LOSS
        self._outages += 1
        self._ledger.crashes.append((self._env.now, "broker", kind))
        self._intake.close()
        undone = self._disk.stop(power_loss=power_loss)
        kept = [self._halt(group, power_loss=power_loss) for group in self.groups]
        for copy in undone:
            index = copy.message.group
            self.groups[index].restore(copy)
            kept[index].append((copy, None))
        if self._dedup is not None:
            least = Place.DISK if power_loss else Place.CACHE
            self._dedup.crash(lambda copy: copy.place >= least)
        for group, held in zip(self.groups, kept, strict=True):
            group.keep(held)

    def restart(self) -> None:
        """Recover from one crash; serve again if it was the last."""
        self._outages -= 1
        if self._outages:
            return
        self._ledger.restarts.append((self._env.now, "broker"))
        self._intake.open = True
        self._disk.start()
        for group in self.groups:
            group.resume()

    def _halt(self, group: ConsumerGroup, *, power_loss: bool) -> list[Held]:
        """Stop *group*; return what survives there."""
        survivors = []
        for held in group.halt():
            copy = held[0]
            if copy.place >= (Place.DISK if power_loss else Place.CACHE):
                survivors.append(held)
            else:
                group.lose(held, _KILLERS[copy.place])
        return survivors

    def _full(self) -> bool:
        return any(group.full for group in self.groups)

    def _take_once(self, packet: Packet, now_s: float) -> None:
        """Take in what *packet* brought, if it is new."""
        if self._dedup is not None and self._dedup.admits(packet, now_s):
            self._dedup.remember(packet, self._take_in(packet, now_s), now_s)

    def _take(self, packet: Packet, now_s: float) -> Copy | None:
        """Take in what *packet* brought, if the one group that there is has room."""
        group = self._only
        if self._options.capacity and group.full:
            if self._options.overflow is not Overflow.DROP_OLDEST:
                self._turn_away(packet)
                return None
            group.shed()
        copy = group.add(packet.message, packet, now_s)
        if self.confirms.at_receipt:
            self.confirms.answer(packet)
        if self._to_disk:
            self._disk.append(copy)
        group.offer(now_s)
        return copy

    def _take_for_all(self, packet: Packet, now_s: float) -> Copy | None:
        """Take in what *packet* brought for every group."""
        if self._options.capacity:
            if self._options.overflow is Overflow.REJECT and self._full():
                self._turn_away(packet)
                return None
            if self._options.overflow is Overflow.DROP_OLDEST:
                for group in self.groups:
                    if group.subscribed and group.full:
                        group.shed()
        drops = self._options.overflow is Overflow.DROP_NEW
        copies = self._spread.publish(packet, self._ledger.groups, now_s, skip_full=drops)
        if self.confirms.at_receipt or not copies:
            self.confirms.answer(packet)
        if self._to_disk and copies:
            self._disk.append(copies[0])
        for group in self.groups:
            group.offer(now_s)
        return copies[0] if copies else None

    @property
    def _queue(self) -> Group:
        """The one group of a broker for which there are shortcuts."""
        return cast("Group", self._only)

    def employ(self, options: ConsumerOptions, *, instances: int) -> None:
        """Let `Hands` stand in for *instances* consumers, where they apply (`broker.hands`)."""
        self._queue.employ(options, instances=instances)

    def foresee(self) -> Foreseen:
        """Let arrivals be known ahead; nothing may be sent to `arrive` then.

        Every one of them is stored when it arrives, which its sender knows and has recorded.
        """
        return self._queue.foresee(self._take_foreseen, each=self._to_disk)

    def _take_foreseen(self, message: Message, now_s: float) -> None:
        copy = self._queue.place(message, now_s)
        if self._to_disk:
            self._disk.append(copy)
        self._only.offer(now_s)

    def _refused(self, copy: Copy) -> None:
        """Let go of *copy*, which the disk cannot write; its producer may try again."""
        for each in (copy, *copy.siblings):
            if each.pending:
                self.groups[each.message.group].withdraw(each, Cause.WRITE_ERROR)
        self.confirms.refuse(copy)
        if self._dedup is not None:
            self._dedup.forget(copy)
        self._intake.room()
        for group in self.groups:
            group.offer(self._env.now)

    def _turn_away(self, packet: Packet) -> None:
        message = packet.message
        self._ledger.dropped.add(message.row, self._env.now, Cause.OVERFLOW)
        keeps_quiet = self._options.overflow is Overflow.DROP_NEW
        self.confirms.answer(packet, Answer.ACCEPTED if keeps_quiet else Answer.REJECTED)
        self._census.release(message)
