"""What closed forms assume of a system, and what an experiment breaks of it.

Each function returns the broken assumptions in words, so that a closed form that does not hold can
say why. "Negligible" means that it happens to fewer than one message in `RARE`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.arrivals import Poisson
from sim.checks.mechanisms import beyond_closed_forms

if TYPE_CHECKING:
    from models.laws import Law
    from sim.config import Experiment

RARE = 1e9


def exceeds(parts: list[Law], limit_s: float) -> bool:
    """Return whether the sum of the times *parts* exceeds *limit_s* too often to be neglected."""
    if math.isinf(limit_s):
        return False
    if sum(law.bounds_s[1] for law in parts) <= limit_s:
        return False
    # If the sum exceeds the limit, some part exceeds its share of it.
    room_s = limit_s - sum(law.bounds_s[0] for law in parts)
    free = [law for law in parts if not law.is_constant]
    if room_s <= 0 or not free:
        return True
    share_s = room_s / len(free)
    tails = sum(1.0 - float(law.cdf(law.bounds_s[0] + share_s)) for law in free)
    return tails > 1.0 / RARE


def whole_run(experiment: Experiment) -> list[str]:
    """Ask that every measured message is decided, and that nothing is on that no form describes."""
    found = beyond_closed_forms(experiment)
    if math.isfinite(experiment.run.horizon_s):
        found.append("run.horizon may cut messages off")
    return found


def handed_out(experiment: Experiment) -> list[str]:
    """Ask for messages that are handed out and acknowledged one by one."""
    if experiment.broker.shape == "log":
        return ['consumers read a log (broker.shape = "log")']
    return []


def own_exchange(experiment: Experiment) -> list[str]:
    """Ask that each exchange with the broker goes by its own luck, and is answered in time."""
    found = [*whole_run(experiment), *always_up(experiment), *instant_accept(experiment)]
    found += steady_producers(experiment)
    if experiment.broker.capacity:
        found.append("the queue can be full (broker.capacity)")
    if waits_for_disk(experiment):
        if slow_confirms(experiment):
            found.append("a confirm may wait for the disk beyond producer.timeout")
        if math.isfinite(experiment.producer.deadline_s):
            found.append("a confirm may wait for the disk beyond producer.deadline")
    if experiment.network.publish.duplication:
        found.append("the network doubles packets (network.publish.duplication)")
    return found


def asks(experiment: Experiment) -> list[str]:
    """Ask for producers that ask for confirms."""
    return [] if experiment.producer.confirm else ["the producer asks for no confirmation"]


def one_copy(experiment: Experiment) -> list[str]:
    """Ask that every message reaches the broker exactly once."""
    link, broker = experiment.network.publish, experiment.broker
    found = []
    if link.loss:
        found.append("packets are lost on the way to the broker (network.publish.loss)")
    if link.duplication:
        found.append("the network doubles packets (network.publish.duplication)")
    if any(fault.target == "broker" for fault in experiment.faults):
        found.append("the broker crashes")
    found += steady_producers(experiment)
    if experiment.producer.confirm:
        if link.ack_loss and experiment.producer.retries:
            found.append("confirms are lost, so messages are sent again (network.publish.ack_loss)")
        if not found and experiment.producer.retries and slow_confirms(experiment):
            found.append("a confirm may come after producer.timeout, so messages are sent again")
    if broker.capacity and broker.overflow == "block":
        found.append("a full queue blocks its producers")
    return found


def waits_for_disk(experiment: Experiment) -> bool:
    """Return whether confirms wait for a disk."""
    broker = experiment.broker
    return broker.durable and broker.persistent and broker.confirm_when != "received"


def answers_at_once(experiment: Experiment) -> list[str]:
    """Ask for a broker that confirms the instant a copy arrives."""
    if waits_for_disk(experiment):
        return [
            f'confirms wait for the disk (broker.confirm_when = "{experiment.broker.confirm_when}")'
        ]
    return []


def slow_confirms(experiment: Experiment) -> bool:
    """Return whether a confirm may come after its attempt's timeout."""
    link, broker, disk = experiment.network.publish, experiment.broker, experiment.disk
    parts = [link.delay, link.ack_delay]
    limit_s = experiment.producer.timeout_s
    if broker.replicas > 1 and broker.confirm_by != "leader":
        if not broker.replication_delay.is_constant:
            return True  # records wait for those before them
        parts += [broker.replication_delay, broker.replication_delay]
    if not (broker.accept.is_constant and broker.accept.mean_s == 0):
        return True  # a queue of its own: no bound
    if not waits_for_disk(experiment):
        return exceeds(parts, limit_s)
    if not (disk.write.is_constant and disk.write.mean_s == 0):
        return True
    if broker.confirm_when == "written":
        return exceeds(parts, limit_s)
    # A record waits for the sync before its own, and for its own.
    parts += [disk.sync, disk.sync]
    if disk.policy == "interval":
        return exceeds(parts, limit_s - disk.interval_s)
    return disk.policy != "always" or exceeds(parts, limit_s)


def always_up(experiment: Experiment) -> list[str]:
    """Ask for a broker that never crashes."""
    if any(fault.target == "broker" for fault in experiment.faults):
        return ["the broker crashes"]
    return []


def steady_producers(experiment: Experiment) -> list[str]:
    """Ask for producers that never crash: a crash forgets messages, or sends them again."""
    if any(fault.target == "producer" for fault in experiment.faults):
        return ["producers crash, and create nothing while they are down"]
    return []


def instant_accept(experiment: Experiment) -> list[str]:
    """Ask for a broker that takes messages in without delay."""
    accept = experiment.broker.accept
    if accept.is_constant and accept.mean_s == 0:
        return []
    return ["messages queue to be taken in (broker.accept)"]


def poisson(experiment: Experiment) -> list[str]:
    """Ask for Poisson arrivals; independent delays keep them so."""
    if isinstance(experiment.producer.arrivals, Poisson):
        return []
    return ["arrivals are not Poisson (producer.arrivals)"]


def safe_consumption(experiment: Experiment) -> list[str]:
    """Ask that whatever is stored has an effect in the end."""
    broker, consumer, link = experiment.broker, experiment.consumer, experiment.network.deliver
    found = [*whole_run(experiment), *handed_out(experiment), *processable(experiment)]
    if math.isfinite(broker.ttl_s):
        found.append("messages expire (broker.ttl)")
    if broker.capacity:
        found.append("the queue can be full (broker.capacity)")
    if broker.redelivery.limit:
        found.append("deliveries are limited (broker.redelivery.limit)")
    if any(fault.target == "broker" for fault in experiment.faults):
        found.append("the broker crashes")
    dies = consumer.crash_before_effect or any(f.target == "consumer" for f in experiment.faults)
    # A death after the effect takes with it whatever else is acknowledged and not yet done.
    if consumer.ack == "auto" or consumer.concurrency > 1:
        dies = dies or consumer.crash_after_effect
    if consumer.acknowledges_effects:
        if consumer.failure and consumer.on_failure == "reject":
            found.append("failed messages are rejected (consumer.on_failure)")
        return found
    if consumer.failure or dies:
        found.append(
            f'consumers fail after they have acknowledged (consumer.ack = "{consumer.ack}")'
        )
    if consumer.ack == "auto" and link.loss:
        found.append("deliveries are lost after they are acknowledged (network.deliver.loss)")
    return found


def processable(experiment: Experiment) -> list[str]:
    """Ask for messages that can be processed."""
    if experiment.consumer.poison:
        return ["some messages can never be processed (consumer.poison)"]
    return []


def timely_acks(experiment: Experiment) -> list[str]:
    """Ask that no delivery is repeated because its acknowledgement is slow."""
    consumer, link = experiment.consumer, experiment.network.deliver
    limit_s = experiment.broker.redelivery.ack_timeout_s
    if consumer.ack == "auto" or math.isinf(limit_s):
        return []
    if not 0 < consumer.prefetch <= consumer.concurrency:
        return ["deliveries wait in the consumer while broker.redelivery.ack_timeout runs"]
    if consumer.ack == "batch":
        limit_s -= consumer.commit.interval_s
    if exceeds([link.delay, consumer.service, link.ack_delay], limit_s):
        return ["an acknowledgement may come after broker.redelivery.ack_timeout"]
    return []


def steady_consumers(experiment: Experiment) -> list[str]:
    """Ask that consumers and broker are always there."""
    consumer = experiment.consumer
    found = []
    if consumer.crash_before_effect or consumer.crash_after_effect:
        found.append("consumers crash")
    if any(fault.target == "consumer" for fault in experiment.faults):
        found.append("consumers crash (faults)")
    if any(fault.target == "broker" for fault in experiment.faults):
        found.append("the broker crashes")
    return found


def sends_at_once(experiment: Experiment) -> list[str]:
    """Ask for messages that are sent, once each, as they are created."""
    link, producer, disk = experiment.network.publish, experiment.producer, experiment.disk
    if not producer.confirm:
        return []
    held_s = link.delay.mean_s + link.ack_delay.mean_s
    if waits_for_disk(experiment):
        held_s += disk.write.mean_s
        if experiment.broker.confirm_when == "synced":
            waits_s = {"always": 0.0, "interval": disk.interval_s}
            held_s += 2 * disk.sync.mean_s + waits_s.get(disk.policy, math.inf)
    held_s = min(held_s, producer.timeout_s)
    held_s += link.ack_loss * (producer.timeout_s - held_s)
    return in_flight_is_enough(experiment, held_s)


def in_flight_is_enough(experiment: Experiment, held_s: float) -> list[str]:
    """Ask that the in-flight window never binds; *held_s* is the mean time in it."""
    producer = experiment.producer
    rate_per_s = getattr(producer.arrivals, "peak_per_s", producer.arrivals.rate_per_s)
    mean = rate_per_s * held_s
    # Six standard deviations of a Poisson number, which it is for Poisson arrivals.
    if mean + 6 * math.sqrt(mean) + 1 <= producer.in_flight:
        return []
    return [f"producer.in_flight = {producer.in_flight} may bind (about {mean:.3g} in flight)"]
