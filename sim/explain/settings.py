"""What the settings of an experiment come to, as far as several rules ask for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks import assumptions

if TYPE_CHECKING:
    from models.laws import Law
    from sim.config import Experiment
    from sim.config.network import Link


def zero(law: Law) -> bool:
    """Return whether *law* is no time at all."""
    return law.is_constant and law.bounds_s[0] == 0.0


def written(experiment: Experiment) -> bool:
    """Return whether messages are written to a disk at all."""
    broker = experiment.broker
    return broker.shape in ("queue", "log") and broker.durable and broker.persistent


def point(experiment: Experiment) -> str:
    """Return where a message is when it is confirmed; "never" if nobody asks."""
    if not experiment.producer.confirm:
        return "never"
    when = experiment.broker.confirm_when
    if when == "processed" or written(experiment):
        return when
    return "received"


def promises(experiment: Experiment) -> bool:
    """Return whether a confirmation comes before the message has had its effect."""
    return point(experiment) not in ("never", "processed")


def sends_again(experiment: Experiment) -> bool:
    """Return whether producers may send a message twice."""
    producer = experiment.producer
    return producer.confirm and producer.retries > 0


def recognises(experiment: Experiment) -> bool:
    """Return whether the broker drops every repeated copy, however late it comes."""
    window_s = experiment.broker.dedup_window_s
    return math.isinf(window_s) or (experiment.producer.idempotent and window_s == 0)


def knows_ids(experiment: Experiment) -> bool:
    """Return whether the broker knows a message again that comes from a restarted producer."""
    return recognises(experiment) and not experiment.producer.idempotent


def forgets_none(experiment: Experiment) -> bool:
    """Return whether consumers recognise every message that had its effect."""
    return experiment.consumer.dedup == -1


def acknowledges(experiment: Experiment) -> bool:
    """Return whether a delivery that nobody acknowledged is given out again."""
    return experiment.broker.shape != "none" and experiment.consumer.ack != "auto"


def stalls(link: Link) -> bool:
    """Return whether *link* may take any time: it sends again by itself, or packets queue up."""
    lossy = bool(link.loss or link.ack_loss or link.bursts)
    return (link.connection and lossy) or math.isfinite(link.bandwidth_bytes_per_s)


def impatient(experiment: Experiment) -> bool:
    """Return whether a producer may send again although nothing was lost."""
    if not sends_again(experiment):
        return False
    if experiment.broker.confirm_when == "processed" or _told_that_it_failed(experiment):
        return True
    if experiment.broker.capacity > 0 and experiment.broker.overflow == "block":
        return True
    parted = any(f.target == "publish" for f in experiment.faults)
    if stalls(experiment.network.publish) or (experiment.network.publish.connection and parted):
        return True
    # A confirmation that comes during the pause cuts it short.
    producer = experiment.producer
    patience_s = producer.timeout_s + producer.backoff.bounds_s(1)[0]
    patient = producer.model_copy(update={"timeout_s": patience_s})
    return assumptions.slow_confirms(experiment.model_copy(update={"producer": patient}))


def _told_that_it_failed(experiment: Experiment) -> bool:
    """Return whether replicas that lag may leave too few in sync for what is written already."""
    broker = experiment.broker
    lags = broker.replication_delay.bounds_s[1] > broker.lag_timeout_s
    asked = broker.confirm_by == "in_sync" and broker.min_in_sync > 1
    return broker.replicas > 1 and asked and lags


def slowed(experiment: Experiment) -> bool:
    """Return whether a slow disk may make a producer send again although nothing was lost."""
    if not sends_again(experiment) or point(experiment) not in ("written", "synced"):
        return False
    disk, link, producer = experiment.disk, experiment.network.publish, experiment.producer
    if not zero(disk.write):
        return True
    if point(experiment) == "written":
        return False
    slow = [fault for fault in experiment.faults if fault.kind == "slow"]
    factor = math.prod(fault.factor ** len(fault.at_s or (0,)) for fault in slow) if slow else 10.0
    ticks_s = {"always": 0.0, "interval": disk.interval_s}.get(disk.policy, math.inf)
    travel_s = link.delay.bounds_s[1] + link.ack_delay.bounds_s[1]
    # A confirmation that comes during the pause cuts it short.
    patience_s = producer.timeout_s + producer.backoff.bounds_s(1)[0]
    return travel_s + ticks_s + 2 * factor * disk.sync.bounds_s[1] > patience_s


def leaves_gaps(experiment: Experiment) -> bool:
    """Return whether the disk may refuse what an idempotent producer has sent others behind."""
    producer = experiment.producer
    pipelined = producer.idempotent and producer.in_flight > 1
    return pipelined and refused_late(experiment)


def refused_late(experiment: Experiment) -> bool:
    """Return whether a message may be consumed, refused by the disk after that, and sent again."""
    confirmed_before = point(experiment) == "received"
    at_once = zero(experiment.disk.write)
    return sends_again(experiment) and written(experiment) and not (confirmed_before or at_once)


def overdue(experiment: Experiment) -> bool:
    """Return whether a delivery may be repeated although its consumer works on it."""
    if not acknowledges(experiment) or math.isinf(experiment.broker.redelivery.ack_timeout_s):
        return False
    parted = any(f.target == "deliver" for f in experiment.faults)
    if stalls(experiment.network.deliver) or (experiment.network.deliver.connection and parted):
        return True
    return bool(assumptions.timely_acks(experiment)) or experiment.consumer.ack == "batch"


def goes_on(experiment: Experiment) -> bool:
    """Return whether consumers that live go on where they were when the broker is back.

    Readers of a log keep their own positions, unless something of it was to be parked, or the
    partitions may change hands.
    """
    consumer = experiment.consumer
    limited = consumer.on_failure == "requeue" and experiment.broker.redelivery.limit > 0
    fails = consumer.failure > 0 or consumer.poison > 0
    parked = fails and (consumer.on_failure == "reject" or limited)
    moves = consumer.instances > 1 and not consumer.start.is_constant
    return experiment.broker.shape == "log" and consumer.ack != "auto" and not (parked or moves)


def lines_up(experiment: Experiment) -> bool:
    """Return whether no message is handed out before the one before it has had its effect."""
    return experiment.consumer.ordered and experiment.consumer.acknowledges_effects


def parks(experiment: Experiment) -> bool:
    """Return whether what is given up goes to the dead letters."""
    return experiment.broker.redelivery.dead_letter


def alone(experiment: Experiment) -> bool:
    """Return whether one consumer works on one message at a time."""
    consumer = experiment.consumer
    return consumer.instances == consumer.concurrency == 1
