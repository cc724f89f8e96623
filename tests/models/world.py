"""A small world for tests of mechanics: everything still and safe unless a test says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import simpy

from models.arrivals import Trace
from models.broker import Broker, BrokerOptions
from models.broker.confirms import ConfirmWhen
from models.broker.hands import applies as hands_apply
from models.broker.redelivery import RedeliveryOptions
from models.bus import Process, in_memory
from models.calls import END, at, at_end
from models.census import Census
from models.consumer import ConsumerOptions, Memory
from models.disk import DiskOptions, episode
from models.draws import Draws
from models.faults import FaultOptions, befall
from models.foresight import Foresight
from models.foresight import applies as foresight_applies
from models.keys import OrderKeys
from models.laws import Constant
from models.ledger import Ledger
from models.log import LogOptions, kind_of_consumer
from models.network import LinkOptions
from models.network.link import Link
from models.policies import sync
from models.policies.backoff import Fixed
from models.priorities import Priorities
from models.producer import ProducerOptions, kind_of
from models.shortcuts import ShortcutFailed

if TYPE_CHECKING:
    from models.message import Message

ZERO = Constant(0.0)


def producer_options(**changes: object) -> ProducerOptions:
    still = ProducerOptions(
        arrivals=Trace((1.0,)),
        confirm=True,
        timeout_s=10.0,
        retries=0,
        backoff=Fixed(0.0),
        in_flight=1000,
        buffer=1000,
    )
    return replace(still, **changes)


def redelivery_options(**changes: object) -> RedeliveryOptions:
    return replace(RedeliveryOptions(delay=Fixed(0.0)), **changes)


def disk_options(**changes: object) -> DiskOptions:
    return replace(DiskOptions(write=ZERO, sync=ZERO, policy=sync.Always()), **changes)


def broker_options(**changes: object) -> BrokerOptions:
    still = BrokerOptions(
        accept=ZERO,
        confirm_when=ConfirmWhen.RECEIVED,
        redelivery=redelivery_options(),
        disk=disk_options(),
    )
    return replace(still, **changes)


def log_options(**changes: object) -> BrokerOptions:
    """A broker that is a log; what does not concern the log itself is an option of any broker."""
    own = {
        name: changes.pop(name) for name in ("partitions", "keys", "rebalance") if name in changes
    }
    return broker_options(log=LogOptions(**own), **changes)


def consumer_options(**changes: object) -> ConsumerOptions:
    still = ConsumerOptions(service=ZERO, restart=Constant(1.0), detect=ZERO, start=ZERO)
    return replace(still, **changes)


class WatchedCensus(Census):
    """Keeps every message, and the time when nothing could change its fate any more."""

    env: simpy.Environment

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.messages: list[Message] = []
        self.decided_s: dict[int, float] = {}

    def create(self, now_s: float, producer: int, number: int) -> Message:
        message = super().create(now_s, producer, number)
        self.messages.append(message)
        return message

    def release(self, message: Message) -> None:
        super().release(message)
        assert message.open >= 0, f"message {message.row} was released once too often"
        if not message.open and message.whole is None:
            assert message.row not in self.decided_s, f"message {message.row} came to life again"
            self.decided_s[message.row] = self.env.now


@dataclass(kw_only=True)
class World:
    """What a test varies; `run` gives the ledger.

    The run ends when the measured messages are decided (by default it never is), or at `until_s`.
    Afterwards `census` and `now_s` tell how it ended.
    """

    producer: ProducerOptions = field(default_factory=producer_options)
    producers: int = 1
    publish: LinkOptions = field(default_factory=LinkOptions)
    deliver: LinkOptions = field(default_factory=LinkOptions)
    broker: BrokerOptions = field(default_factory=broker_options)
    consumer: ConsumerOptions = field(default_factory=consumer_options)
    consumers: int = 1  # of each group
    prefetch: int = 1
    remembered: int = 0  # ids, by each group; -1 for all
    broker_faults: tuple[FaultOptions, ...] = ()
    befallen: int | None = None  # the only one of its replicas, if not each
    producer_faults: tuple[FaultOptions, ...] = ()
    consumer_faults: tuple[FaultOptions, ...] = ()
    disk_faults: tuple[FaultOptions, ...] = ()
    publish_faults: tuple[FaultOptions, ...] = ()
    deliver_faults: tuple[FaultOptions, ...] = ()
    bus: bool = False  # producers, broker and consumers are one process
    seed: int = 1
    replication: int = 0
    until_s: float = 100.0
    measured: int = 10**9
    draws: Draws | None = None
    foresee: bool = False  # where it applies and does not fail: then `foresaw` is true
    hands: bool = False  # likewise, and `has_hands`
    block: int = 4096  # messages foreseen at a time

    def __post_init__(self) -> None:
        if self.bus:
            self.broker = in_memory(self.broker)

    def run(self) -> Ledger:
        """Run; broker and producers agree on numbers, keys and partitions."""
        dedup = replace(self.broker.dedup, sequences=self.producer.idempotent)
        self.broker = replace(self.broker, dedup=dedup)
        if self.broker.log is not None:
            log = replace(self.broker.log, keys=self.producer.keys)
            self.broker = replace(self.broker, log=log)
            self.producer = replace(self.producer, partitions=log.partitions)
        faults = bool(self.broker_faults or self.disk_faults)
        reason = foresight_applies(
            self.producer,
            self.publish,
            self.broker,
            faults=[
                name
                for name in ("broker", "disk", "producer", "publish")
                if getattr(self, f"{name}_faults")
            ],
        )
        self.foresaw = self.foresee and reason is None
        faults |= bool(self.consumer_faults or self.deliver_faults)
        reason = hands_apply(
            self.consumer,
            self.broker,
            self.deliver,
            prefetch=self.prefetch,
            faults=faults,
            remembers=bool(self.remembered),
        )
        self.has_hands = self.hands and reason is None
        try:
            return self._run()
        except ShortcutFailed:
            self.foresaw = self.has_hands = False
            return self._run()

    def _run(self) -> Ledger:
        env = simpy.Environment()
        groups = self.broker.groups
        ledger = Ledger(groups)
        over = env.event()

        def stop(_call: object = None) -> None:
            if not over.triggered:
                over.succeed()

        at(env, self.until_s, stop, END)
        census = WatchedCensus(ledger, 0.0, self.measured, lambda: at_end(env, stop))
        census.env = env
        draws = self.draws or Draws(self.seed, self.replication)
        faulty = bool(self.publish_faults)
        publish = Link(env, self.publish, draws, "publish", ledger, faulty=faulty)
        names = [f"deliver {group}" if group else "deliver" for group in range(groups)]
        faulty = bool(self.deliver_faults)
        deliver = [Link(env, self.deliver, draws, name, ledger, faulty=faulty) for name in names]
        broker = Broker(
            env,
            self.broker,
            deliver=deliver,
            ack=self.consumer.ack,
            prefetch=self.prefetch,
            faults={fault.kind for fault in self.broker_faults},
            ledger=ledger,
            census=census,
            draws=draws,
        )
        if self.foresaw:
            Foresight(
                env,
                self.producer,
                producers=self.producers,
                link=publish,
                broker=broker,
                ledger=ledger,
                census=census,
                draws=draws,
                block=self.block,
            )
        mortal = self.bus or bool(self.producer_faults)
        producer_kind = kind_of(self.producer, mortal=mortal, connected=publish.can_be_cut)
        producers = []
        for index in range(0 if self.foresaw else self.producers):
            producer = producer_kind(
                env,
                self.producer,
                index=index,
                link=publish,
                deliver_to=broker.arrive,
                ledger=ledger,
                census=census,
                draws=draws,
            )
            broker.confirms.connect(producer)
            producers.append(producer)
        if self.has_hands:
            broker.employ(self.consumer, instances=self.consumers)
        memories = [Memory(self.remembered) if self.remembered else None for _ in range(groups)]
        log, cut = self.broker.log is not None, deliver[0].can_be_cut
        consumer_kind = kind_of_consumer(log=log, connected=cut)
        consumers = [
            consumer_kind(
                env,
                self.consumer,
                index=index,
                group=broker.groups[index // self.consumers],
                link=deliver[index // self.consumers],
                ledger=ledger.groups[index // self.consumers],
                census=census,
                draws=draws,
                memory=memories[index // self.consumers],
            )
            for index in range(0 if self.has_hands else self.consumers * groups)
        ]
        (body, *others) = broker.bodies
        bodies = [Process(body, producers, consumers) if self.bus else body, *others]
        bodies = bodies if self.befallen is None else [bodies[self.befallen]]
        self._befall(env, draws, broker=bodies, producer=producers, consumer=consumers)
        for place, fault in enumerate(self.disk_faults):
            for index, disk in enumerate(broker.disks):
                victim = episode(env, ledger, disk, fault)
                befall(env, fault, victim, draws, f"disk fault {place}.{index}")
        for name, links in (("publish", [publish]), ("deliver", deliver)):
            for kind in ("partition", "cut"):
                lines = [line for link in links for line in link.victims(kind)]
                self._befall(env, draws, only=kind, **{name: lines})
        self.census = census
        env.run(until=over)
        self.now_s = float(env.now)
        ledger.close(self.now_s)
        OrderKeys(draws, self.producer.keys).record(ledger)
        Priorities(draws, self.broker.priorities).record(ledger)
        return ledger

    def _befall(self, env, draws, only=None, **components) -> None:
        for target, victims in components.items():
            for place, fault in enumerate(getattr(self, f"{target}_faults")):
                for index, victim in enumerate(victims if only in (None, fault.kind) else ()):
                    befall(env, fault, victim, draws, f"{target} fault {place}.{index}")


def rows(facts) -> list[tuple[int, float]]:
    """Return (message, time) of each fact, times rounded to the nanosecond."""
    return [
        (int(m), round(float(t), 9)) for m, t in zip(facts.messages(), facts.times_s(), strict=True)
    ]


def told(facts, column: str, kind=int) -> list[tuple[int, float, object]]:
    """Return (message, time, kind(further column)) of each fact, times rounded likewise."""
    values = [kind(value) for value in facts.column(column).tolist()]
    return [(*row, value) for row, value in zip(rows(facts), values, strict=True)]


def times(facts) -> list[float]:
    """Return the times of the facts, rounded likewise."""
    return [time_s for _, time_s in rows(facts)]
