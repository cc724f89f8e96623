"""A small world without a broker: everything still and safe unless a test says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import simpy

from models.arrivals import Trace
from models.brokerless import Mesh, SocketOptions
from models.calls import END, at, at_end
from models.consumer import AckMode
from models.draws import Draws
from models.faults import FaultOptions, befall
from models.laws import Constant
from models.ledger import Cause, Ledger
from models.network import LinkOptions
from models.network.link import Link
from tests.models.world import WatchedCensus, consumer_options, producer_options, told

if TYPE_CHECKING:
    from models.consumer import ConsumerOptions
    from models.producer import ProducerOptions


@dataclass(kw_only=True)
class Peers:
    """What a test varies; `run` gives the ledger."""

    producer: ProducerOptions = field(default_factory=producer_options)
    producers: int = 1
    publish: LinkOptions = field(default_factory=LinkOptions)
    sockets: SocketOptions = field(default_factory=SocketOptions)
    consumer: ConsumerOptions = field(default_factory=consumer_options)
    consumers: int = 1
    producer_faults: tuple[FaultOptions, ...] = ()
    consumer_faults: tuple[FaultOptions, ...] = ()
    publish_faults: tuple[FaultOptions, ...] = ()
    seed: int = 1
    until_s: float = 100.0
    measured: int = 10**9
    draws: Draws | None = None

    def run(self) -> Ledger:
        env = simpy.Environment()
        groups = self.sockets.subscribers or 1
        ledger = Ledger(groups)
        over = env.event()

        def stop(_call: object = None) -> None:
            if not over.triggered:
                over.succeed()

        at(env, self.until_s, stop, END)
        census = WatchedCensus(ledger, 0.0, self.measured, lambda: at_end(env, stop))
        census.env = env
        draws = self.draws or Draws(self.seed, 0)
        links = [
            Link(env, self.publish, draws, name, ledger, faulty=bool(self.publish_faults))
            for name in ["publish", *(f"publish {group}" for group in range(1, groups))]
        ]
        mesh = Mesh(
            env,
            self.sockets,
            producer=self.producer,
            producers=self.producers,
            consumer=self.consumer,
            consumers=self.consumers,
            publish=links,
            ledger=ledger,
            census=census,
            draws=draws,
        )
        targets = {"producer": mesh.producers, "consumer": mesh.consumers}
        for target, victims in targets.items():
            for place, fault in enumerate(getattr(self, f"{target}_faults")):
                for index, victim in enumerate(victims):
                    befall(env, fault, victim, draws, f"{target} fault {place}.{index}")
        for place, fault in enumerate(self.publish_faults):
            lines = [line for link in links for line in link.victims(fault.kind)]
            for index, line in enumerate(lines):
                befall(env, fault, line, draws, f"publish fault {place}.{index}")
        self.census = census
        env.run(until=over)
        self.now_s = float(env.now)
        ledger.close(self.now_s)
        return ledger


def push(*created_s, capacity=0, drops=False, buffer=1000, service_s=1.0, consumer=None, **world):
    """PUSH to PULL."""
    options = {"service": Constant(service_s), "ack": AckMode.AUTO} | (consumer or {})
    arrivals = Trace(created_s)
    return Peers(
        producer=producer_options(arrivals=arrivals, confirm=False, buffer=buffer),
        sockets=SocketOptions(capacity=capacity, drops=drops),
        consumer=consumer_options(**options),
        **world,
    )


def publish(*created_s, subscribers=2, **world):
    """PUB to SUB."""
    peers = push(*created_s, **world)
    peers.sockets = replace(peers.sockets, subscribers=subscribers)
    return peers


def request(*created_s, timeout_s=2.5, retries=2, consumer=None, in_flight=1, **world):
    """REQ to REP: the lazy pirate."""
    peers = push(*created_s, consumer={"ack": AckMode.AFTER} | (consumer or {}), **world)
    peers.producer = replace(
        peers.producer, confirm=True, timeout_s=timeout_s, retries=retries, in_flight=in_flight
    )
    return peers


def fault(kind, at_s, lasts_s=1.0):
    """A fault at one time."""
    return (FaultOptions(kind=kind, at_s=(at_s,), lasts=Constant(lasts_s)),)


def drops(ledger):
    return told(ledger.dropped, "cause", Cause)


def given(ledger):
    """Who got what, and when it left."""
    return told(ledger.delivered, "consumer")
