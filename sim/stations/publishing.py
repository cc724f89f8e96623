"""Where messages wait on their way in: the producer's window, the wires, the door, the disk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks.load import arrival_rate_per_s
from sim.stations.attempts import copies, held_s, kept_copies
from sim.stations.station import Station, served, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.config import Experiment


def publishing(experiment: Experiment) -> Iterator[Station]:
    """Yield the places where messages of *experiment* wait before they are in the broker."""
    broker = experiment.broker
    if broker.shape != "none":
        yield _door(experiment)
    written = broker.shape in ("queue", "log") and broker.durable and broker.persistent
    if written and not broker.capacity:  # what finds a queue full is not written
        yield _disk(experiment)
    # What is given up by its deadline does not wait for ever.
    if experiment.producer.confirm and math.isinf(experiment.producer.deadline_s):
        yield _window(experiment)


def _door(experiment: Experiment) -> Station:
    accept = experiment.broker.accept
    return served(
        "the broker's door",
        busy="the load of broker.accept",
        grows="what waits at the broker's door grows for ever",
        rate_per_s=arrival_rate_per_s(experiment) * copies(experiment),
        work_s=accept.mean_s,
        spread=spread(accept),
    )


def _disk(experiment: Experiment) -> Station:
    write = experiment.disk.write
    return served(
        "the disk",
        busy="the load of disk.write",
        grows="what is still to be written grows for ever",
        rate_per_s=arrival_rate_per_s(experiment) * kept_copies(experiment),
        work_s=write.mean_s,
        spread=spread(write),
    )


def _window(experiment: Experiment) -> Station:
    """Return the producer's window: a place in it is held until its message is decided."""
    producer = experiment.producer
    held = producer.arrivals.rate_per_s * held_s(experiment)
    return Station(
        name="the producer's window",
        load=held / producer.in_flight,
        settles_s=0.0,
        too_much=(
            f"about {held:.3g} messages of a producer would be unconfirmed at once and "
            f"producer.in_flight allows {producer.in_flight}: what waits in its buffer grows"
        ),
    )
