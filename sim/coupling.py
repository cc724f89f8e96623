"""What couples the messages of one run, so that they are no trials of their own.

Where nothing does, the fate of each message is decided by its own luck alone, and every message is
an independent trial. A brief coupling ends when the messages that met have left: a queue, a shared
sync. A lasting one decides over all messages of a stretch of time at once: a crash, a horizon.
Among these, some recur, and remember nothing from one time to the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from models.laws import Exponential
from sim.options import link_options

if TYPE_CHECKING:
    from sim.config import Experiment


LINKS: tuple[Literal["publish", "deliver"], ...] = ("publish", "deliver")


@dataclass(frozen=True, slots=True)
class Coupling:
    """One thing that messages share, in words.

    A lasting one may recur, again and again, after times that do not depend on those before.
    """

    reason: str
    lasting: bool
    recurs: bool = False


def couplings(experiment: Experiment) -> tuple[Coupling, ...]:
    """Return what couples the messages of *experiment*; empty if nothing does."""
    brief = [*publish_queues(experiment), *delivery_queues(experiment), *wires(experiment)]
    recurs = memoryless(experiment)
    return (
        *(Coupling(reason, lasting=False) for reason in brief),
        *(Coupling(reason, lasting=True) for reason in bursts(experiment)),
        *(Coupling(reason, lasting=True, recurs=recurs) for reason in crashes(experiment)),
        *(Coupling(reason, lasting=True) for reason in cuts(experiment)),
    )


def publish_queues(experiment: Experiment) -> list[str]:
    """Return where messages wait for one another on their way into the broker and back."""
    broker, producer = experiment.broker, experiment.producer
    found = []
    disks = broker.shape in ("queue", "log")
    written = disks and broker.durable and broker.persistent
    if producer.confirm and written and broker.confirm_when != "received":
        found.append(
            f'confirms wait for a shared disk (broker.confirm_when = "{broker.confirm_when}")'
        )
    disk = experiment.disk
    if disk.failure and written and broker.replicas > 1:
        found.append(
            "a replica that refuses a write is out of step for a while (disk.failure, "
            "broker.replicas)"
        )
    at_once = disk.write.is_constant and disk.write.mean_s == 0
    if disk.failure and written and not at_once:
        found.append("writes that may be refused wait for one another (disk.write, disk.failure)")
    if not (broker.accept.is_constant and broker.accept.mean_s == 0):
        found.append("messages queue to be taken in (broker.accept)")
    if broker.capacity:
        found.append("the queue can be full (broker.capacity)")
    if producer.idempotent:
        found.append("messages wait for those before them (producer.idempotent)")
    if math.isfinite(producer.deadline_s):
        found.append("messages may wait for one another until producer.deadline")
    if producer.confirm and _buffer_can_fill(experiment):
        found.append("the producer's buffer can be full (producer.buffer)")
    return found


def _buffer_can_fill(experiment: Experiment) -> bool:
    """Return whether a message may find the window taken, and the buffer too small for a run."""
    producer = experiment.producer
    retries = producer.retries
    # No pause is longer than the last one may be.
    pauses_s = retries * producer.backoff.bounds_s(retries)[1] if retries else 0.0
    held_s = min(producer.deadline_s, (retries + 1) * producer.timeout_s + pauses_s)
    arrivals = producer.arrivals
    mean = getattr(arrivals, "peak_per_s", arrivals.rate_per_s) * held_s
    # Six standard deviations of a Poisson number; a recording has no rate and is never enough.
    always_room = mean + 6 * math.sqrt(mean) + 1 <= producer.in_flight
    return not always_room and producer.buffer < experiment.run.messages


def delivery_queues(experiment: Experiment) -> list[str]:
    """Return where messages wait for one another on their way to their effect."""
    broker, consumer = experiment.broker, experiment.consumer
    found = []
    if experiment.groups > 1:
        found.append("several groups get the same messages (broker.routing)")
    if broker.shape == "log":
        found.append("records of a partition are read in order (broker.shape)")
    if experiment.producer.confirm and broker.confirm_when == "processed":
        found.append("confirms wait for busy consumers (broker.confirm_when)")
    if math.isfinite(broker.ttl_s):
        found.append("messages expire while they wait (broker.ttl)")
    if consumer.ack == "batch":
        found.append('messages are acknowledged together (consumer.ack = "batch")')
    if consumer.dedup > 0:
        found.append("messages push one another out of a memory (consumer.dedup)")
    timed = math.isfinite(broker.redelivery.ack_timeout_s) and consumer.ack != "auto"
    if timed and not 0 < consumer.prefetch <= consumer.concurrency:
        found.append("deliveries wait for one another while broker.redelivery.ack_timeout runs")
    return found


def wires(experiment: Experiment) -> list[str]:
    """Return where packets wait for one another in the network."""
    found = []
    for name in LINKS:
        link = link_options(experiment, name)
        if link.limited:
            found.append(f"packets share a wire (network.{name}.bandwidth)")
        if link.connection and not link.plain:
            found.append(f"packets arrive in order (network.{name}.connection)")
    return found


def bursts(experiment: Experiment) -> list[str]:
    """Return where packets meet the same state of the network."""
    return [
        f"packets are lost in bursts (network.{name}.bursts)"
        for name in LINKS
        if link_options(experiment, name).bursts is not None
    ]


def crashes(experiment: Experiment) -> list[str]:
    """Return whose crashes hit several messages at once."""
    consumer = experiment.consumer
    found = []
    if any(fault.target == "broker" for fault in experiment.faults):
        found.append("the broker crashes")
    if any(fault.target == "producer" for fault in experiment.faults):
        found.append("a producer that crashes leaves all it has not got confirmed")
    if any(fault.target == "disk" for fault in experiment.faults):
        found.append("the disk is slow or full at times")
    dies = consumer.crash_before_effect or consumer.crash_after_effect
    if dies and experiment.broker.shape == "bus":
        found.append("a handler that crashes kills all that is in the process (broker.shape)")
    elif dies or any(fault.target == "consumer" for fault in experiment.faults):
        found.append("a consumer that crashes drops all it holds")
    found += [
        f"all packets of a line are lost or held up at once (faults of {name})"
        for name in LINKS
        if any(fault.target == name for fault in experiment.faults)
    ]
    if consumer.subscription != "durable":
        found.append("a subscription comes and goes (consumer.subscription)")
    return found


def memoryless(experiment: Experiment) -> bool:
    """Return whether whatever fails does so after times that remember nothing.

    Exponential up-times do, and consumers that die of a delivery with a fixed probability; faults
    at given times, up-times of other laws, and subscriptions that come and go do not.
    """
    return experiment.consumer.subscription == "durable" and all(
        isinstance(fault.every, Exponential) for fault in experiment.faults
    )


def cuts(experiment: Experiment) -> list[str]:
    """Return what ends all messages at once."""
    return ["run.horizon cuts"] if math.isfinite(experiment.run.horizon_s) else []
