"""Where records wait for the readers of a log: the partition, or the member, that is the busiest.

A partition has one reader, which works on one record of it at a time and on several partitions at
once (`models.log`). It asks for the next batch when nothing of the last is left, so that the way of
a batch is time in which it does nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks.load import arrival_rate_per_s, down_factor
from sim.stations.attempts import kept_copies
from sim.stations.station import Station, relaxation_s, spread

if TYPE_CHECKING:
    from sim.config import Experiment


def readers(experiment: Experiment) -> Station:
    """Return where records of *experiment* wait longest."""
    rate_per_s = 0.0
    if math.isinf(experiment.broker.ttl_s):  # else they wait until they expire
        rate_per_s = arrival_rate_per_s(experiment) * kept_copies(experiment)
    in_place_s, hand_s = _work_s(experiment)
    shares = partition_shares(experiment.broker.partitions, experiment.producer.keys)
    parts = [(share, in_place_s) for share in shares if share]
    for own in _dealt(shares, experiment.consumer.instances):
        hands = min(experiment.consumer.concurrency, sum(share > 0 for share in own))
        parts.append((sum(own), hand_s / hands + _way_s(experiment)))
    load, work_s = max(
        (rate_per_s * share * work_s if rate_per_s else 0.0, work_s) for share, work_s in parts
    )
    return Station(
        name="the log",
        load=load,
        settles_s=relaxation_s(load, work_s, spread(experiment.consumer.service)),
        too_much=(
            f"the load of the busiest {_busiest(experiment)} is {load:.3g} >= 1: what is not read "
            "yet grows for ever"
        ),
    )


def partition_shares(partitions: int, keys: int) -> list[float]:
    """Return the share of all records that each partition gets (`models.keys`)."""
    if keys == 1:
        return [1.0 / partitions] * partitions
    return [len(range(part, keys, partitions)) / keys for part in range(partitions)]


def _dealt(shares: list[float], members: int) -> list[list[float]]:
    """Return the shares of each member's partitions (`models.log.assignment`), but of idle ones."""
    each, more = divmod(len(shares), members)
    dealt, start = [], 0
    for member in range(members):
        end = start + each + (member < more)
        if any(shares[start:end]):
            dealt.append(shares[start:end])
        start = end
    return dealt


def _busiest(experiment: Experiment) -> str:
    return "partition" if experiment.broker.partitions > 1 else "reader"


def _work_s(experiment: Experiment) -> tuple[float, float]:
    """Return for how long (s) a record keeps its partition, and for how long one hand."""
    consumer, redelivery = experiment.consumer, experiment.broker.redelivery
    once_s = consumer.service.mean_s * down_factor(experiment)
    again = consumer.acknowledges_effects and consumer.on_failure == "requeue"
    if not again or not (consumer.failure or consumer.poison):
        return once_s, once_s
    limit = redelivery.limit or math.inf
    ends = 1.0 - consumer.failure
    tries = min(limit, 1.0 / ends if ends > 0 else math.inf)
    if consumer.poison:
        tries = (1.0 - consumer.poison) * tries + consumer.poison * limit
    hand_s, pause_s = tries * once_s, redelivery.delay.bounds_s(1)[0]
    return hand_s + ((tries - 1.0) * pause_s if pause_s else 0.0), hand_s


def _way_s(experiment: Experiment) -> float:
    """Return the time (s) that a record's batch is on its way, its share of it."""
    consumer, link = experiment.consumer, experiment.network.deliver
    return link.delay.mean_s / consumer.prefetch if consumer.prefetch else 0.0
