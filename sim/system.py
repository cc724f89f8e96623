"""From an experiment to wired components: the only place that knows them all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import simpy
from simpy.core import StopSimulation

from models.broker import Broker, BrokerOptions, ConfirmWhen, Overflow, RedeliveryOptions
from models.calls import END, at, at_end
from models.census import Census
from models.consumer import AckMode, Consumer, ConsumerOptions, OnFailure
from models.disk import DiskOptions
from models.draws import Draws
from models.faults import FaultOptions, Victim, befall
from models.foresight import Foresight, WindowBinds, applies
from models.ledger import Ledger
from models.link import Link, LinkOptions
from models.policies import sync
from models.producer import Producer, ProducerOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.config import Experiment
    from sim.config.broker import Disk as DiskTable
    from sim.config.faults import Fault
    from sim.config.network import Link as LinkTable


def producer_options(experiment: Experiment) -> ProducerOptions:
    """Return how the producers of *experiment* send."""
    producer = experiment.producer
    return ProducerOptions(
        arrivals=producer.arrivals,
        confirm=producer.confirm,
        timeout_s=producer.timeout_s,
        retries=producer.retries,
        backoff=producer.backoff,
        deadline_s=producer.deadline_s,
        in_flight=producer.in_flight,
        buffer=producer.buffer,
    )


def link_options(link: LinkTable) -> LinkOptions:
    """Return what *link* does to packets."""
    return LinkOptions(
        delay=link.delay,
        ack_delay=link.ack_delay,
        loss=link.loss,
        ack_loss=link.ack_loss,
        duplication=link.duplication,
    )


def sync_policy(disk: DiskTable) -> sync.SyncPolicy:
    """Return when *disk* syncs."""
    match disk.policy:
        case "always":
            return sync.Always()
        case "interval":
            return sync.Interval(disk.interval_s)
        case "count":
            return sync.Count(disk.count)
        case "never":
            return sync.Never()


def broker_options(experiment: Experiment) -> BrokerOptions:
    """Return what the broker of *experiment* promises."""
    broker, disk = experiment.broker, experiment.disk
    redelivery = broker.redelivery
    return BrokerOptions(
        accept=broker.accept,
        capacity=broker.capacity,
        overflow=Overflow(broker.overflow),
        ttl_s=broker.ttl_s,
        durable=broker.durable,
        persistent=broker.persistent,
        confirm_when=ConfirmWhen(broker.confirm_when),
        redelivery=RedeliveryOptions(
            ack_timeout_s=redelivery.ack_timeout_s,
            limit=redelivery.limit,
            dead_letter=redelivery.dead_letter,
            delay=redelivery.delay,
            to_other=redelivery.to_other,
        ),
        disk=DiskOptions(write=disk.write, sync=disk.sync, policy=sync_policy(disk)),
    )


def consumer_options(experiment: Experiment) -> ConsumerOptions:
    """Return how the consumers of *experiment* work."""
    consumer = experiment.consumer
    return ConsumerOptions(
        service=consumer.service,
        concurrency=consumer.concurrency,
        ack=AckMode(consumer.ack),
        failure=consumer.failure,
        on_failure=OnFailure(consumer.on_failure),
        crash_before_effect=consumer.crash_before_effect,
        crash_after_effect=consumer.crash_after_effect,
        restart=consumer.restart,
        detect=consumer.detect,
        start=consumer.start,
    )


def fault_options(fault: Fault, experiment: Experiment) -> FaultOptions:
    """Return *fault* as the models know it; a consumer restarts as it always does."""
    lasts = fault.lasts
    if fault.target == "consumer" and "lasts" not in fault.model_fields_set:
        lasts = experiment.consumer.restart
    return FaultOptions(kind=fault.kind, lasts=lasts, every=fault.every, at_s=fault.at_s or ())


def foreseeable(experiment: Experiment) -> bool:
    """Return whether the producers' exchanges with the broker can be worked out ahead."""
    broken = any(fault.target == "broker" for fault in experiment.faults)
    options = producer_options(experiment), broker_options(experiment)
    return applies(*options, broker_faults=broken) is None


def simulate(experiment: Experiment, replication: int) -> System:
    """Run replication *replication* of *experiment* and return the system as it ended."""
    try:
        system = System(experiment, replication, foresee=True)
        system.run()
    except WindowBinds:
        # Messages wait for one another in a producer: event by event, then.
        system = System(experiment, replication)
        system.run()
    return system


class System:
    """The system of *experiment*, ready to run one replication once.

    With *foresee*, what nothing can disturb is worked out ahead where that is possible
    (`models.foresight`): the ledger is the same, and sooner there. `run` may then raise
    `WindowBinds`; `simulate` sees to that.
    """

    def __init__(self, experiment: Experiment, replication: int, *, foresee: bool = False) -> None:
        self.experiment = experiment
        self.ledger = Ledger()
        self._env = simpy.Environment()
        self._over = self._env.event()
        run = experiment.run
        self.census = Census(self.ledger, run.warmup_s, run.messages, self._decided)
        self._draws = Draws(experiment.seed, replication)
        self._publish = self._link("publish", experiment.network.publish)
        self._deliver = self._link("deliver", experiment.network.deliver)
        self.broker = self._broker()
        if foresee and foreseeable(experiment):
            self._foresight()
        else:
            for index in range(experiment.producer.instances):
                self._producer(index)
        self.consumers = [self._consumer(index) for index in range(experiment.consumer.instances)]
        self._faults()

    @property
    def now_s(self) -> float:
        """The simulated time, in seconds."""
        return float(self._env.now)

    def run(self) -> None:
        """Run until every measured message is decided, or the horizon cuts."""
        horizon_s = self.experiment.run.horizon_s
        if math.isfinite(horizon_s):
            at(self._env, horizon_s, lambda _call: self._stop(), END)
        # Without `until`, a schedule that runs empty is an end like any other: nothing can happen.
        self._over.callbacks.append(StopSimulation.callback)
        self._env.run()
        self.ledger.close(self.now_s)

    def _decided(self) -> None:
        at_end(self._env, self._stop)

    def _stop(self) -> None:
        if not self._over.triggered:
            self._over.succeed()

    def _link(self, name: str, table: LinkTable) -> Link:
        return Link(self._env, link_options(table), self._draws, name)

    def _broker(self) -> Broker:
        experiment = self.experiment
        return Broker(
            self._env,
            broker_options(experiment),
            publish=self._publish,
            deliver=self._deliver,
            ack=AckMode(experiment.consumer.ack),
            prefetch=experiment.consumer.prefetch,
            keeps_removals=any(fault.kind == "power_loss" for fault in experiment.faults),
            ledger=self.ledger,
            census=self.census,
            draws=self._draws,
        )

    def _foresight(self) -> None:
        Foresight(
            self._env,
            producer_options(self.experiment),
            producers=self.experiment.producer.instances,
            link=self._publish,
            broker=self.broker,
            ledger=self.ledger,
            census=self.census,
            draws=self._draws,
        )

    def _producer(self, index: int) -> None:
        producer = Producer(
            self._env,
            producer_options(self.experiment),
            index=index,
            link=self._publish,
            deliver_to=self.broker.arrive,
            ledger=self.ledger,
            census=self.census,
            draws=self._draws,
        )
        self.broker.confirms.connect(producer)

    def _consumer(self, index: int) -> Consumer:
        return Consumer(
            self._env,
            consumer_options(self.experiment),
            index=index,
            broker=self.broker,
            link=self._deliver,
            ledger=self.ledger,
            census=self.census,
            draws=self._draws,
        )

    def _faults(self) -> None:
        for place, fault in enumerate(self.experiment.faults):
            options = fault_options(fault, self.experiment)
            victims: Sequence[Victim] = (
                [self.broker] if fault.target == "broker" else self.consumers
            )
            for index, victim in enumerate(victims):
                befall(self._env, options, victim, self._draws, f"fault {place}.{index}")
