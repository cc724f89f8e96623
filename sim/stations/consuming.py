"""Where messages wait for consumers, in each shape of a broker."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks.load import (
    arrival_rate_per_s,
    deliveries,
    hand_s,
    reaching_rate_per_s,
    servers,
    settles_s,
    stable,
)
from sim.stations.readers import readers
from sim.stations.station import Station, full_s, relaxation_s, served, spread

if TYPE_CHECKING:
    from sim.config import Experiment

_GROWS = "the queue grows for ever"


def consuming(experiment: Experiment) -> Station:
    """Return the place where messages of *experiment* wait for consumers."""
    match experiment.broker.shape:
        case "queue":
            return _queue(experiment)
        case "log":
            return readers(experiment)
        case "bus":
            return _handlers(experiment)
        case _:
            return _pipes(experiment)


def _queue(experiment: Experiment) -> Station:
    broker, service = experiment.broker, experiment.consumer.service
    blocks = broker.capacity > 0 and broker.overflow == "block"
    # A full queue that blocks only moves what waits to its producers.
    free = broker.model_copy(update={"capacity": 0}) if blocks else broker
    unbounded = experiment.model_copy(update={"broker": free})
    told = "; ".join(stable(unbounded))
    grows = "what the full queue keeps at the door grows for ever" if blocks else _GROWS
    slower = max(1.0, (1.0 + spread(service)) / 2.0)
    return Station(
        name="the queue",
        load=1.0 if told else 0.0,
        settles_s=_bounded_s(experiment) or slower * settles_s(unbounded),
        too_much=told.replace(_GROWS, grows),
    )


def _bounded_s(experiment: Experiment) -> float:
    """Return how long (s) a queue with a bound is in settling; 0 if there is none."""
    broker = experiment.broker
    if math.isinf(broker.ttl_s) and (not broker.capacity or broker.overflow == "block"):
        return 0.0
    work_s = deliveries(experiment) * hand_s(experiment) / servers(experiment)
    if not 0.0 < work_s < math.inf:
        return 0.0
    load = reaching_rate_per_s(experiment) * work_s
    if broker.capacity:
        return full_s(load, work_s, broker.capacity + servers(experiment))
    # What is older than broker.ttl is gone, and nothing of it is remembered.
    return min(relaxation_s(load, work_s), broker.ttl_s)


def _handlers(experiment: Experiment) -> Station:
    """Return the queue of a bus: an error ends an event's stay unless it is tried again."""
    broker, consumer = experiment.broker, experiment.consumer
    tries = 1.0
    if consumer.on_failure == "requeue":
        limit = broker.redelivery.limit or math.inf
        tries = min(limit, _repeated(1.0 - consumer.failure))
        tries = (1.0 - consumer.poison) * tries + (consumer.poison and consumer.poison * limit)
    bounded = broker.capacity or math.isfinite(broker.ttl_s)
    return served(
        "the queue of events",
        busy="the load of the handlers",
        grows=_GROWS,
        rate_per_s=0.0 if bounded else arrival_rate_per_s(experiment) * tries,
        work_s=consumer.service.mean_s,
        hands=servers(experiment),
        spread=spread(consumer.service),
    )


def _pipes(experiment: Experiment) -> Station:
    """Return the pipes of a system without a broker: a consumer gets its share, quick or slow."""
    producer, broker, consumer = experiment.producer, experiment.broker, experiment.consumer
    rate_per_s = reaching_rate_per_s(experiment)
    if broker.routing == "competing":
        rate_per_s /= consumer.instances
    grows = "what waits in the pipes grows for ever"
    if producer.confirm:
        grows = "requests wait until they are given up"
    elif broker.capacity:
        grows = "what waits at the producers grows"
    drops = broker.capacity > 0 and broker.overflow == "drop_new"
    return served(
        "each pipe",
        busy="the load of each consumer",
        grows=grows,
        rate_per_s=0.0 if drops else rate_per_s,
        work_s=consumer.service.mean_s,
        hands=consumer.concurrency,
        spread=spread(consumer.service),
    )


def _repeated(ends: float) -> float:
    return 1.0 / ends if ends > 0 else math.inf
