"""What the settings of an experiment come to, as far as several rules ask for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks import assumptions

if TYPE_CHECKING:
    from models.laws import Law
    from sim.config import Experiment


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
    producer, broker = experiment.producer, experiment.broker
    return producer.idempotent or math.isinf(broker.dedup_window_s)


def forgets_none(experiment: Experiment) -> bool:
    """Return whether consumers recognise every message that had its effect."""
    return experiment.consumer.dedup == -1


def acknowledges(experiment: Experiment) -> bool:
    """Return whether a delivery that nobody acknowledged is given out again."""
    return experiment.broker.shape != "none" and experiment.consumer.ack != "auto"


def impatient(experiment: Experiment) -> bool:
    """Return whether a producer may send again although nothing was lost."""
    if not sends_again(experiment):
        return False
    if experiment.broker.confirm_when == "processed":
        return True
    if experiment.broker.capacity > 0 and experiment.broker.overflow == "block":
        return True
    # A confirmation that comes during the pause cuts it short.
    producer = experiment.producer
    patience_s = producer.timeout_s + producer.backoff.bounds_s(1)[0]
    patient = producer.model_copy(update={"timeout_s": patience_s})
    return assumptions.slow_confirms(experiment.model_copy(update={"producer": patient}))


def overdue(experiment: Experiment) -> bool:
    """Return whether a delivery may be repeated although its consumer works on it."""
    if not acknowledges(experiment) or math.isinf(experiment.broker.redelivery.ack_timeout_s):
        return False
    return bool(assumptions.timely_acks(experiment)) or experiment.consumer.ack == "batch"


def parks(experiment: Experiment) -> bool:
    """Return whether what is given up goes to the dead letters."""
    return experiment.broker.redelivery.dead_letter


def alone(experiment: Experiment) -> bool:
    """Return whether one consumer works on one message at a time."""
    consumer = experiment.consumer
    return consumer.instances == consumer.concurrency == 1
