"""A broker: it stores copies, hands them out, and repeats what is not acknowledged.

It runs on one machine (`broker.machine`), or on several replicas (`models.replication`), and may
crash with it, by its process, its power or its disk. It cannot corrupt, forget or double a copy in
any other way. While it is down, packets that arrive are lost, consumers are disconnected, and
nothing expires; they are back the instant it is, and what expired meanwhile goes then. A copy out
for delivery, or delayed, expires when it comes back.

It has one queue for each consumer group (`broker.group`): one, which all consumers share, or, with
fan-out, several, which get a copy each of everything (`broker.spread`). How it closes and opens
again is told in `broker.doors`.

A copy is on its way to the disk only if the queue is durable and the message persistent. On one
machine it is ready for consumers as soon as it is stored, before any sync, as in RabbitMQ's classic
queues; on several, when it is committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from models.broker.confirms import Confirms, ConfirmWhen
from models.broker.dedup import Dedup, TellingConfirms
from models.broker.doors import Doors
from models.broker.group import Group
from models.broker.intake import Intake, Overflow
from models.broker.machine import Machine
from models.broker.spread import Spread
from models.ledger import Cause
from models.log.group import LogGroup
from models.message import Answer, Copy, Message, Packet, Place
from models.outage import BrokerFault
from models.replication import Cluster

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import simpy

    from models.broker.consumer_group import ConsumerGroup
    from models.broker.foreseen import Foreseen
    from models.broker.options import BrokerOptions
    from models.census import Census
    from models.consumer import AckMode, ConsumerOptions
    from models.disk import Disk
    from models.draws import Draws
    from models.faults import Victim
    from models.ledger import Ledger
    from models.network.link import Link

_DEPTHS = {ConfirmWhen.WRITTEN: Place.CACHE, ConfirmWhen.SYNCED: Place.DISK}


class Broker:
    """One broker; *deliver* holds the links to its consumers, one for each consumer group.

    *ack* and *prefetch* are what its consumers ask for when they connect. *faults* are the kinds
    (`BrokerFault`) that may befall its `bodies`.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: BrokerOptions,
        *,
        deliver: Sequence[Link],
        ack: AckMode,
        prefetch: int,
        faults: Collection[str],
        ledger: Ledger,
        census: Census,
        draws: Draws,
    ) -> None:
        self._env = env
        self._options = options
        self._ledger = ledger
        self._census = census
        self._draws = draws
        self._dedup: Dedup | None = None
        point = options.confirm_point
        alone = options.replication is None
        told_by = point if alone or point is ConfirmWhen.PROCESSED else None
        if options.dedup.off:
            self.confirms = Confirms(env, told_by, ledger)
        else:
            self.confirms = confirms = TellingConfirms(env, told_by, ledger)
            self._dedup = Dedup(options.dedup, confirms, ledger, census)
        self._cluster: Cluster | None = None
        self._doors = Doors(env, self.confirms, self._dedup)
        self._house(faults)
        self._take_in = self._take if options.plain else self._take_for_all
        blocks = bool(options.capacity) and options.overflow is Overflow.BLOCK
        self._intake = self._doors.intake = Intake(
            env,
            options.accept,
            take=self._take_in if self._dedup is None else self._take_once,
            blocked=self._full if blocks else None,
            ledger=ledger,
            census=census,
            draws=draws,
        )
        processed = options.confirm_when is ConfirmWhen.PROCESSED
        self._processed = self.confirms.processed if processed else None
        self.groups = self._doors.groups = [
            self._group(index, link, own, ack=ack, prefetch=prefetch, draws=draws)
            for index, (link, own) in enumerate(zip(deliver, ledger.groups, strict=True))
        ]
        self._only: ConsumerGroup = self.groups[0]
        self._spread = Spread(self.groups, census)
        self.arrive = self._intake.arrive if self._cluster is None else self._arrive

    def _house(self, faults: Collection[str]) -> None:
        """Set up the machines: where copies are kept, and what can fall."""
        options = self._options
        keeps_removals = BrokerFault.POWER_LOSS in faults
        self.disks: list[Disk]
        self.bodies: Sequence[Victim]
        if options.replication is None:
            machine = Machine(
                self._env,
                options.disk,
                tenant=self._doors,
                confirms=self.confirms,
                removed=lambda copy: self._census.release(copy.message),
                keeps_removals=keeps_removals,
                ledger=self._ledger,
                draws=self._draws,
            )
            self._append = machine.append if options.to_disk else None
            self._erase = machine.erase
            self.disks, self.bodies = [machine.disk], [machine]
            return
        self._cluster = cluster = Cluster(
            self._env,
            options.replication,
            disk=options.disk if options.to_disk else None,
            depth=_DEPTHS.get(options.confirm_point, Place.MEMORY),
            answers=options.confirm_when is not ConfirmWhen.PROCESSED,
            mortal=bool(faults),
            keeps_removals=keeps_removals,
            front=self._doors,
            confirms=self.confirms,
            ledger=self._ledger,
            census=self._census,
            draws=self._draws,
        )
        self._append, self._erase = cluster.append, cluster.erase
        self.disks, self.bodies = cluster.disks, cluster.replicas

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
                erase=self._erase,
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
            erase=self._erase,
            processed=self._processed,
            room=self._intake.room if blocks else None,
            ledger=ledger,
            census=self._census,
            draws=draws,
        )

    def _arrive(self, packet: Packet) -> None:
        """Meet a packet, which is turned away if too few replicas are in sync."""
        if self._intake.open and self._cluster is not None and self._cluster.too_few:
            message = packet.message
            self._ledger.arrived.add(message.row, self._env.now)
            self._ledger.dropped.add(message.row, self._env.now, Cause.NOT_IN_SYNC)
            self.confirms.answer(packet, Answer.TRY_AGAIN)
            self._census.release(message)
        else:
            self._intake.arrive(packet)

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
        if self._append is not None:
            self._append(copy)
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
        if self._append is not None and copies:
            self._append(copies[0])
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
        return self._queue.foresee(self._take_foreseen, each=self._append is not None)

    def _take_foreseen(self, message: Message, now_s: float) -> None:
        copy = self._queue.place(message, now_s)
        if self._append is not None:
            self._append(copy)
        self._only.offer(now_s)

    def _turn_away(self, packet: Packet) -> None:
        message = packet.message
        self._ledger.dropped.add(message.row, self._env.now, Cause.OVERFLOW)
        keeps_quiet = self._options.overflow is Overflow.DROP_NEW
        self.confirms.answer(packet, Answer.ACCEPTED if keeps_quiet else Answer.REJECTED)
        self._census.release(message)
