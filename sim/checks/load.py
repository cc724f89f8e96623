"""How much work a system is given, and whether it can bear it.

Two things can run short: the consumers' hands, and the places for unacknowledged deliveries
(`consumer.prefetch`). A delivery of which nothing is heard holds its place until
`broker.redelivery.ack_timeout`, and so may hold up a consumer that has nothing to do.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.config import Experiment


def arrival_rate_per_s(experiment: Experiment) -> float:
    """Return the messages per second of all producers together."""
    producer = experiment.producer
    return producer.instances * producer.arrivals.rate_per_s


def reaching_rate_per_s(experiment: Experiment) -> float:
    """Return the rate of messages that reach the broker, each once."""
    return arrival_rate_per_s(experiment) * (1.0 - experiment.network.publish.loss)


def servers(experiment: Experiment) -> int:
    """Return how many deliveries can be worked on at once."""
    return experiment.consumer.instances * experiment.consumer.concurrency


def stable(experiment: Experiment) -> list[str]:
    """Ask for less load than the consumers can bear."""
    if experiment.broker.capacity or math.isfinite(experiment.broker.ttl_s):
        return []
    rate = reaching_rate_per_s(experiment) * deliveries(experiment)
    load = rate * hand_s(experiment) / servers(experiment)
    if load >= 1:
        return [f"the load is {load:.3g} >= 1: the queue grows for ever"]
    consumer, held = experiment.consumer, rate * _held_s(experiment)
    lanes = experiment.producer.instances * experiment.producer.keys
    if consumer.ordered and held >= lanes:
        return [f"{lanes} keys, one message at a time (consumer.ordered): the queue grows for ever"]
    places = consumer.instances * consumer.prefetch
    if consumer.ack == "auto" or not consumer.prefetch or held < places:
        return []
    waiting = f"about {held:.3g} deliveries wait for their acknowledgements"
    return [f"{waiting}, consumer.prefetch allows {places}: the queue grows for ever"]


def settled(experiment: Experiment) -> list[str]:
    """Ask for a warm-up in which the queue forgets that it began empty."""
    if experiment.run.warmup_is_open:
        return []  # one that is still to be found will be long enough
    found = []
    warmup_s, long_s = experiment.run.warmup_s, settles_s(experiment)
    if warmup_s < long_s:
        found.append(f"the queue takes {long_s:.3g} s to settle, longer than run.warmup")
    stay_s = unheard_s(experiment)
    if warmup_s < stay_s:
        found.append(
            f"messages stay up to {stay_s:.3g} s where no acknowledgement comes "
            "(broker.redelivery.ack_timeout), longer than run.warmup"
        )
    return found


def unheard_s(experiment: Experiment) -> float:
    """Return how long a message stays of which the broker does not hear; 0 if it always does."""
    silence = 1.0 - _heard(experiment)
    if experiment.consumer.ack == "auto" or not 0.0 < silence < 1.0:
        return 0.0
    # One delivery in a thousand is unheard so many times in a row.
    in_a_row = max(1, math.ceil(math.log(1e-3) / math.log(silence)))
    return in_a_row * experiment.broker.redelivery.ack_timeout_s


def settles_s(experiment: Experiment) -> float:
    """Return the relaxation time of the queue, as of M/M/1 with one fast server; 0 if bounded.

    J. W. Cohen, "The Single Server Queue", 1982.
    """
    if experiment.broker.capacity or math.isfinite(experiment.broker.ttl_s):
        return 0.0
    rate_per_s, each = reaching_rate_per_s(experiment), deliveries(experiment)
    parts = [(each * hand_s(experiment), servers(experiment))]
    if experiment.consumer.ordered:
        lanes = experiment.producer.instances * experiment.producer.keys
        parts.append((each * _held_s(experiment), lanes))
    return max(_relaxation_s(rate_per_s, work_s, hands) for work_s, hands in parts)


def _relaxation_s(rate_per_s: float, work_s: float, hands: int) -> float:
    load = rate_per_s * work_s / hands
    return work_s / hands / (1.0 - math.sqrt(load)) ** 2 if load < 1 else math.inf


def _dies(experiment: Experiment) -> float:
    """Return the probability that a consumer dies of a delivery that reaches it."""
    consumer = experiment.consumer
    return 1.0 - (1.0 - consumer.crash_before_effect) * (1.0 - consumer.crash_after_effect)


def deliveries(experiment: Experiment) -> float:
    """Return the mean number of deliveries of a copy; a limit is taken for reached."""
    consumer, link = experiment.consumer, experiment.network.deliver
    if consumer.ack == "auto":
        return 1.0
    last = (1.0 - link.loss) * (1.0 - link.ack_loss)
    poison = 0.0
    if consumer.acknowledges_effects:
        last *= 1.0 - _dies(experiment)
        if consumer.on_failure != "reject":
            last *= 1.0 - consumer.failure
            poison = consumer.poison
    endless = 1.0 / last if last > 0 else math.inf
    redelivery = experiment.broker.redelivery
    limit = redelivery.limit if redelivery.limit and redelivery.counts == "all" else math.inf
    mean = (1.0 - poison) * min(endless, limit)
    return mean + poison * limit if poison else mean


def hand_s(experiment: Experiment) -> float:
    """Return the mean time for which a delivery keeps a hand busy, or dead."""
    consumer = experiment.consumer
    once_s = consumer.service.mean_s + _dies(experiment) * consumer.restart.mean_s
    return (1.0 - experiment.network.deliver.loss) * once_s * down_factor(experiment)


def down_factor(experiment: Experiment) -> float:
    """Return how many times longer work takes, as consumers are down at times."""
    down = 1.0
    for fault in experiment.faults:
        # What befalls one of them (`which`) may leave the others enough.
        if fault.target == "consumer" and fault.every is not None and fault.which is None:
            down += fault.lasts.mean_s / fault.every.mean_s
    return down


def _heard(experiment: Experiment) -> float:
    """Return the probability that the broker hears of a delivery, if its consumer lives."""
    consumer, link = experiment.consumer, experiment.network.deliver
    heard = (1.0 - link.loss) * (1.0 - link.ack_loss)
    if consumer.acknowledges_effects and consumer.on_failure == "ignore":
        heard *= (1.0 - consumer.failure) * (1.0 - consumer.poison)
    return heard


def _held_s(experiment: Experiment) -> float:
    """Return the mean time for which a delivery holds its place."""
    consumer, link = experiment.consumer, experiment.network.deliver
    heard = _heard(experiment)
    round_trip_s = link.delay.mean_s + link.ack_delay.mean_s
    if consumer.acknowledges_effects:
        round_trip_s += consumer.service.mean_s
    if consumer.ack == "batch":
        round_trip_s += consumer.commit.interval_s  # at most
    silence_s = (1.0 - heard) * experiment.broker.redelivery.ack_timeout_s if heard < 1 else 0.0
    return heard * round_trip_s + silence_s
