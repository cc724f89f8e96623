"""From an experiment to wired components: the only place that knows them all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import simpy
from simpy.core import StopSimulation

from models.broker import Broker, hands
from models.brokerless import Mesh
from models.bus import Process
from models.calls import END, at, at_end
from models.census import Census
from models.consumer import AckMode, Consumer, Memory
from models.disk import episode
from models.draws import Draws
from models.faults import Together, Victim, befall
from models.foresight import Foresight
from models.foresight import applies as foresight_applies
from models.keys import OrderKeys
from models.ledger import Ledger
from models.log import kind_of_consumer
from models.network.link import Link
from models.priorities import Priorities
from models.producer import MortalProducer, kind_of
from models.quiet import collector_paused
from models.shortcuts import ShortcutFailed
from sim.options import (
    broker_options,
    consumer_options,
    fault_options,
    link_options,
    producer_options,
    socket_options,
    what_breaks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.faults import FaultOptions
    from sim.config import Experiment


def foreseeable(experiment: Experiment) -> bool:
    """Return whether the producers' exchanges with the broker can be worked out ahead."""
    reason = foresight_applies(
        producer_options(experiment),
        link_options(experiment, "publish"),
        broker_options(experiment),
        faults=what_breaks(experiment),
    )
    return reason is None


def handy(experiment: Experiment) -> bool:
    """Return whether consumers may be so many hands of the broker."""
    reason = hands.applies(
        consumer_options(experiment),
        broker_options(experiment),
        link_options(experiment, "deliver"),
        prefetch=experiment.consumer.prefetch,
        faults=bool(experiment.faults),
        remembers=experiment.consumer.dedup != 0,
    )
    return reason is None


def simulate(experiment: Experiment, replication: int) -> System:
    """Run replication *replication* of *experiment* and return the system as it ended."""
    try:
        system = System(experiment, replication, shortcuts=True)
        system.run()
    except ShortcutFailed:
        system = System(experiment, replication)
        system.run()
    return system


class System:
    """The system of *experiment*, ready to run one replication once.

    With *shortcuts*, what nothing can disturb is not played event by event where that is possible
    (`models.shortcuts`): the ledger is the same, and sooner there. `run` may then raise
    `ShortcutFailed`; `simulate` sees to that. *draws* replaces the luck of the replication.
    """

    def __init__(
        self,
        experiment: Experiment,
        replication: int,
        *,
        shortcuts: bool = False,
        draws: Draws | None = None,
    ) -> None:
        self.experiment = experiment
        self.ledger = Ledger(experiment.groups)
        self._env = simpy.Environment()
        self._over = self._env.event()
        run = experiment.run
        self.census = Census(self.ledger, run.warmup_s, run.messages, self._decided)
        self._draws = Draws(experiment.seed, replication) if draws is None else draws
        self.producers: list[MortalProducer] = []  # those that can crash
        self.consumers: list[Consumer] = []
        if experiment.broker.shape == "none":
            self._connect_peers()
        else:
            self._connect_broker(shortcuts=shortcuts)
        self._faults()

    @property
    def now_s(self) -> float:
        """The simulated time, in seconds."""
        return float(self._env.now)

    def run(self) -> None:
        """Run until every measured message is decided, or the horizon cuts."""
        self._limit()
        # Without `until`, a schedule that runs empty is an end like any other: nothing can happen.
        self._over.callbacks.append(StopSimulation.callback)
        with collector_paused():
            self._env.run()
        self._close()

    def play(self, watch: Callable[[], bool]) -> bool:
        """Run event by event, until *watch*, called after each one, returns True.

        Return False if the run came to its end before.
        """
        self._limit()
        step, over = self._env.step, self._over
        with collector_paused():
            try:
                while not over.processed:
                    step()
                    if watch():
                        return True
            except simpy.core.EmptySchedule:
                pass
        self._close()
        return False

    def _limit(self) -> None:
        horizon_s = self.experiment.run.horizon_s
        if math.isfinite(horizon_s):
            at(self._env, horizon_s, lambda _call: self._stop(), END)

    def _close(self) -> None:
        self.ledger.close(self.now_s)
        OrderKeys(self._draws, self.experiment.producer.keys).record(self.ledger)
        Priorities(self._draws, self.experiment.broker.priorities).record(self.ledger)

    def _decided(self) -> None:
        at_end(self._env, self._stop)

    def _stop(self) -> None:
        if not self._over.triggered:
            self._over.succeed()

    def _connect_peers(self) -> None:
        """Let producers and consumers talk to each other."""
        experiment = self.experiment
        self._publish = self._links("publish")
        self._deliver: list[Link] = []
        mesh = Mesh(
            self._env,
            socket_options(experiment),
            producer=producer_options(experiment),
            producers=experiment.producer.instances,
            consumer=consumer_options(experiment),
            consumers=experiment.consumer.instances,
            publish=self._publish,
            ledger=self.ledger,
            census=self.census,
            draws=self._draws,
        )
        self.producers.extend(mesh.producers)
        self.consumers.extend(mesh.consumers)

    def _connect_broker(self, *, shortcuts: bool) -> None:
        """Put a broker between producers and consumers."""
        experiment = self.experiment
        self._publish = [self._link("publish", "publish")]
        self._deliver = self._links("deliver")
        self.broker = self._broker()
        self._connect_producers(foresee=shortcuts and foreseeable(experiment))
        self._connect_consumers(as_hands=shortcuts and handy(experiment))
        self._bodies = self.broker.bodies  # what falls when the broker does
        if experiment.broker.shape == "bus":
            self._bodies = [Process(self._bodies[0], self.producers, self.consumers)]

    def _links(self, network: Literal["publish", "deliver"]) -> list[Link]:
        """Return the links to the consumer groups, each with luck of its own."""
        groups = range(self.experiment.groups)
        return [self._link(network, f"{network} {group}" if group else network) for group in groups]

    def _link(self, network: Literal["publish", "deliver"], name: str) -> Link:
        return Link(
            self._env,
            link_options(self.experiment, network),
            self._draws,
            name,
            self.ledger,
            faulty=any(fault.target == network for fault in self.experiment.faults),
        )

    def _broker(self) -> Broker:
        experiment = self.experiment
        return Broker(
            self._env,
            broker_options(experiment),
            deliver=self._deliver,
            ack=AckMode(experiment.consumer.ack),
            prefetch=experiment.consumer.prefetch,
            faults={fault.kind for fault in experiment.faults if fault.target == "broker"},
            ledger=self.ledger,
            census=self.census,
            draws=self._draws,
        )

    def _connect_producers(self, *, foresee: bool) -> None:
        instances = self.experiment.producer.instances
        if not foresee:
            for index in range(instances):
                self._producer(index)
            return
        Foresight(
            self._env,
            producer_options(self.experiment),
            producers=instances,
            link=self._publish[0],
            broker=self.broker,
            ledger=self.ledger,
            census=self.census,
            draws=self._draws,
        )

    def _connect_consumers(self, *, as_hands: bool) -> None:
        instances, remembered = self.experiment.consumer.instances, self.experiment.consumer.dedup
        if as_hands:
            options = consumer_options(self.experiment)
            self.broker.employ(options, instances=instances)
        else:
            for group in range(self.experiment.groups):
                memory = Memory(remembered) if remembered else None
                for index in range(group * instances, (group + 1) * instances):
                    self.consumers.append(self._consumer(index, group, memory))

    def _producer(self, index: int) -> None:
        options = producer_options(self.experiment)
        mortal = "producer" in what_breaks(self.experiment)
        kind = kind_of(options, mortal=mortal, connected=self._publish[0].can_be_cut)
        producer = kind(
            self._env,
            options,
            index=index,
            link=self._publish[0],
            deliver_to=self.broker.arrive,
            ledger=self.ledger,
            census=self.census,
            draws=self._draws,
        )
        self.broker.confirms.connect(producer)
        if isinstance(producer, MortalProducer):
            self.producers.append(producer)

    def _consumer(self, index: int, group: int, memory: Memory | None) -> Consumer:
        log = self.experiment.broker.shape == "log"
        kind = kind_of_consumer(log=log, connected=self._deliver[group].can_be_cut)
        return kind(
            self._env,
            consumer_options(self.experiment),
            index=index,
            group=self.broker.groups[group],
            link=self._deliver[group],
            ledger=self.ledger.groups[group],
            census=self.census,
            draws=self._draws,
            memory=memory,
        )

    def _faults(self) -> None:
        for place, fault in enumerate(self.experiment.faults):
            options = fault_options(fault, self.experiment)
            victims = self._victims(fault.target, options)
            if fault.correlated:
                victims = [Together(victims)]
            for index, victim in list(enumerate(victims))[fault.befalls]:
                befall(self._env, options, victim, self._draws, f"fault {place}.{index}")

    def _victims(self, target: str, options: FaultOptions) -> Sequence[Victim]:
        """Return all that a fault of *target* can befall, each by itself."""
        match target:
            case "disk":
                disks = self.broker.disks
                return [episode(self._env, self.ledger, disk, options) for disk in disks]
            case "producer":
                return self.producers
            case "consumer":
                return self.consumers
            case "publish" | "deliver":
                links = self._publish if target == "publish" else self._deliver
                return [line for link in links for line in link.victims(options.kind)]
            case _:
                return self._bodies
