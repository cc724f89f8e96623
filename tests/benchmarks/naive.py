"""The yardstick: the model a person writes on a first afternoon with SimPy.

A process per message, one per packet and one per acknowledgement; a condition
`acknowledged | timeout` per attempt; a `Store` as the queue; one random number
drawn whenever one is needed. It keeps the same facts as the engine, as tuples
in one list. Correct, readable, and slow: what the engine is measured against.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import simpy

if TYPE_CHECKING:
    from collections.abc import Generator

    Steps = Generator[simpy.Event, object, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The work both models do: times in seconds, probabilities per packet or delivery."""

    messages: int
    rate_per_s: float = 70.0
    delay_s: float = 0.002
    loss: float = 0.1
    timeout_s: float = 0.05
    retries: int = 3
    first_s: float = 0.1
    factor: float = 2.0
    cap_s: float = 2.0
    service_s: float = 0.01
    failure: float = 0.05


class Naive:
    """Producer, lossy link, queue and consumer as processes."""

    def __init__(self, work: Work, seed: int) -> None:
        self.work = work
        self.random = random.Random(seed)  # noqa: S311 - a simulation, not a secret
        self.env = simpy.Environment()
        self.queue = simpy.Store(self.env)
        self.facts: list[tuple[str, float, int]] = []
        self.env.process(self.produce())
        self.env.process(self.consume())

    def fact(self, kind: str, message: int) -> None:
        self.facts.append((kind, self.env.now, message))

    def produce(self) -> Steps:
        for message in range(self.work.messages):
            yield self.env.timeout(self.random.expovariate(self.work.rate_per_s))
            self.fact("created", message)
            self.env.process(self.send(message))

    def send(self, message: int) -> Steps:
        work = self.work
        acknowledged = self.env.event()
        for attempt in range(work.retries + 1):
            self.fact("sent", message)
            self.env.process(self.packet(message, acknowledged))
            yield acknowledged | self.env.timeout(work.timeout_s)
            if not acknowledged.triggered and attempt < work.retries:
                pause = min(work.first_s * work.factor**attempt, work.cap_s)
                yield acknowledged | self.env.timeout(self.random.uniform(0, pause))
            if acknowledged.triggered:
                self.fact("confirmed", message)
                return
        self.fact("failed", message)

    def packet(self, message: int, acknowledged: simpy.Event) -> Steps:
        if self.random.random() < self.work.loss:
            self.fact("dropped", message)
            return
        yield self.env.timeout(self.random.expovariate(1 / self.work.delay_s))
        self.fact("arrived", message)
        yield self.queue.put(message)
        self.fact("stored", message)
        self.env.process(self.acknowledge(acknowledged))

    def acknowledge(self, acknowledged: simpy.Event) -> Steps:
        if self.random.random() < self.work.loss:
            return
        yield self.env.timeout(self.random.expovariate(1 / self.work.delay_s))
        if not acknowledged.triggered:
            acknowledged.succeed()

    def consume(self) -> Steps:
        while True:
            message = yield self.queue.get()
            self.fact("delivered", message)
            yield self.env.timeout(self.random.expovariate(1 / self.work.service_s))
            if self.random.random() < self.work.failure:
                yield self.queue.put(message)
            else:
                self.fact("effected", message)
                self.fact("acknowledged", message)


def run(work: Work, seed: int) -> list[tuple[str, float, int]]:
    """Run until nothing more happens; return the facts in order."""
    model = Naive(work, seed)
    model.env.run()
    return model.facts
