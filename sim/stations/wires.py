"""The wires of peers: each has its own in each direction, where packets wait for one another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks.load import arrival_rate_per_s
from sim.stations.attempts import attempts
from sim.stations.station import Station, served, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.config import Experiment


def wires(experiment: Experiment) -> Iterator[Station]:
    """Yield the wires of one producer and of one consumer of *experiment*, where they are slow."""
    producer, broker, consumer = experiment.producer, experiment.broker, experiment.consumer
    sent = attempts(experiment)
    rate_per_s = producer.arrivals.rate_per_s * sent.mean
    if broker.shape == "none" and broker.routing == "competing":
        rate_per_s /= consumer.instances  # a pipe to each of them
    yield from _both_ways(experiment, "publish", rate_per_s, sent.arrives * producer.confirm)
    # Of a log's batches the size is not known; a full queue and one that expires give out less.
    if broker.shape == "queue" and not broker.capacity and math.isinf(broker.ttl_s):
        each_per_s = arrival_rate_per_s(experiment) * sent.reach / consumer.instances
        yield from _both_ways(experiment, "deliver", each_per_s, float(consumer.ack != "auto"))


def _both_ways(
    experiment: Experiment, name: str, rate_per_s: float, answered: float
) -> Iterator[Station]:
    link = experiment.network.publish if name == "publish" else experiment.network.deliver
    if math.isinf(link.bandwidth_bytes_per_s):
        return
    size = experiment.producer.size  # a law of bytes
    for what, each_per_s, bytes_, varies in (
        ("", rate_per_s, size.mean_s, spread(size)),
        (" for acknowledgements", rate_per_s * answered, link.ack_size_bytes, 0.0),
    ):
        yield served(
            f"the wire{what} (network.{name})",
            busy=f"the load of network.{name}.bandwidth{what}",
            grows="what waits for the wire grows for ever",
            rate_per_s=each_per_s,
            work_s=bytes_ / link.bandwidth_bytes_per_s,
            spread=varies,
        )
