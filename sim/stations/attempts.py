"""How often a message is sent, and for how long its producer waits, where nothing is overloaded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.config import Experiment


MANY = 1000
"""Some clients try for ever: pauses after so many attempts are left out."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Each of up to `most` attempts arrives with `arrives`, and fails unanswered with `fails`."""

    most: int
    arrives: float
    fails: float

    @property
    def mean(self) -> float:
        """The mean number of attempts."""
        if self.fails >= 1.0:
            return float(self.most)
        return (1.0 - self.fails**self.most) / (1.0 - self.fails)

    @property
    def reach(self) -> float:
        """The probability that one of them arrives, were all of them made."""
        return 1.0 - (1.0 - self.arrives) ** self.most


def attempts(experiment: Experiment) -> Attempts:
    """Return how a message of *experiment* is sent; a connection loses nothing."""
    producer, link = experiment.producer, experiment.network.publish
    most = producer.retries + 1 if producer.confirm else 1
    if link.connection:
        return Attempts(most, 1.0, 0.0)
    bursts = link.burst_options()
    loss, ack_loss = link.loss, link.ack_loss
    if bursts is not None:
        loss, ack_loss = bursts.mean_loss(loss), bursts.mean_loss(ack_loss)
    return Attempts(most, 1.0 - loss, 1.0 - (1.0 - loss) * (1.0 - ack_loss))


def copies(experiment: Experiment) -> float:
    """Return the mean number of packets of a message that reach the broker."""
    sent = attempts(experiment)
    return sent.mean * sent.arrives * (1.0 + experiment.network.publish.duplication)


def kept_copies(experiment: Experiment) -> float:
    """Return the mean number of copies that are kept: one at most where repeats are known."""
    broker, producer = experiment.broker, experiment.producer
    if broker.dedup_window_s or producer.idempotent or experiment.consumer.dedup:
        return min(copies(experiment), attempts(experiment).reach)
    return copies(experiment)


def held_s(experiment: Experiment) -> float:
    """Return the mean time (s), at least, for which a message is unconfirmed.

    What waits for others on its way (at the door, for a disk, for a consumer) waits longer.
    """
    producer, sent = experiment.producer, attempts(experiment)
    if not producer.confirm:
        return 0.0
    waited_s, mean_s, reached = 0.0, 0.0, 1.0
    answer_s, longest_s = _answer_s(experiment), _longest_s(experiment)
    for attempt in range(1, min(sent.most, MANY) + 1):
        mean_s += reached * (1.0 - sent.fails) * min(waited_s + answer_s, longest_s)
        reached *= sent.fails
        if reached < 1e-12:
            return mean_s
        waited_s += producer.timeout_s
        if attempt < sent.most:
            waited_s += producer.backoff.mean_pause_s(attempt)
    return mean_s + reached * waited_s


def _longest_s(experiment: Experiment) -> float:
    """Return the mean time (s), at least, after which a message is given up."""
    producer = experiment.producer
    pauses = range(1, min(producer.retries, MANY) + 1)
    pauses_s = math.fsum(producer.backoff.mean_pause_s(attempt) for attempt in pauses)
    return (producer.retries + 1) * producer.timeout_s + pauses_s


def _answer_s(experiment: Experiment) -> float:
    """Return the mean time (s), at least, from sending to the answer."""
    broker, link, disk = experiment.broker, experiment.network.publish, experiment.disk
    time_s = link.delay.mean_s + link.ack_delay.mean_s + broker.accept.mean_s
    if broker.confirm_when == "processed":
        return time_s + experiment.consumer.service.mean_s
    if broker.shape not in ("queue", "log") or not (broker.durable and broker.persistent):
        return time_s
    if broker.confirm_when in ("written", "synced"):
        time_s += disk.write.mean_s
    if broker.confirm_when == "synced":
        time_s += disk.sync.mean_s
        if disk.policy == "interval":
            time_s += disk.interval_s / 2.0
    return time_s
