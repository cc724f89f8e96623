"""How a confirmed message is lost all the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.arrivals import Trace
from models.ledger import Cause
from sim.explain.hazards import BROKER_FALLS, Hazard
from sim.explain.settings import acknowledges, parks, point, promises, written, zero
from sim.explain.weakness import Guarantee, Weakness

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment


def _weakness(
    name: str,
    hazards: set[Hazard] | frozenset[Hazard],
    applies: Callable[[Experiment], bool],
    *causes: Cause,
    why: str,
    cure: str,
) -> Weakness:
    return Weakness(
        name=name,
        guarantee=Guarantee.AT_LEAST_ONCE,
        hazards=frozenset(hazards),
        applies=applies,
        causes=frozenset(causes),
        why=why,
        cure=cure,
    )


def _waits_in_memory(experiment: Experiment) -> bool:
    if point(experiment) != "received":
        return False
    return not written(experiment) or not zero(experiment.disk.write)


def _waits_in_the_page_cache(experiment: Experiment) -> bool:
    return written(experiment) and point(experiment) in ("received", "written")


def _one_disk(experiment: Experiment) -> bool:
    return promises(experiment) and written(experiment) and experiment.broker.replicas == 1


def _acks_too_soon(experiment: Experiment, mode: str) -> bool:
    return experiment.producer.confirm and experiment.consumer.ack == mode


def _misses_the_start(experiment: Experiment) -> bool:
    consumer = experiment.consumer
    if consumer.subscription == "durable" or not experiment.producer.confirm:
        return False
    at_zero = isinstance(experiment.producer.arrivals, Trace)
    return at_zero or consumer.start.bounds_s[1] > 0


def _expires(experiment: Experiment) -> bool:
    # Of a log the time to live is the retention: nothing is parked.
    broker = experiment.broker
    kept = parks(experiment) and broker.shape != "log"
    return promises(experiment) and math.isfinite(broker.ttl_s) and not kept


def _limited(experiment: Experiment) -> bool:
    limit = experiment.broker.redelivery.limit
    return promises(experiment) and limit > 0 and not parks(experiment)


def _drops_and_confirms(experiment: Experiment) -> bool:
    broker = experiment.broker
    drops = broker.capacity > 0 and broker.overflow == "drop_new"
    return experiment.producer.confirm and drops and broker.shape != "none"


def _swallows(experiment: Experiment) -> bool:
    bus = experiment.broker.shape == "bus"
    return bus and experiment.producer.confirm and experiment.consumer.on_failure == "ignore"


LOSSES = (
    _weakness(
        "memory",
        {Hazard.PROCESS_CRASH, Hazard.POWER_LOSS},
        _waits_in_memory,
        Cause.BROKER_MEMORY,
        why="It is confirmed while it is in the memory of the broker's process only.",
        cure='broker.confirm_when = "synced", with broker.durable and broker.persistent',
    ),
    _weakness(
        "page cache",
        {Hazard.POWER_LOSS},
        _waits_in_the_page_cache,
        *(Cause.PAGE_CACHE, Cause.TORN_WRITE),
        why="It is confirmed before a sync has brought it from the page cache to the disk.",
        cure='broker.confirm_when = "synced"',
    ),
    _weakness(
        "refused by the disk",
        {Hazard.DISK_TROUBLE},
        lambda e: written(e) and point(e) == "received",
        Cause.WRITE_ERROR,
        why="It is confirmed before the disk has taken it, and the disk does not.",
        cure='broker.confirm_when = "written" or "synced"',
    ),
    _weakness(
        "one disk",
        {Hazard.DISK_LOSS},
        _one_disk,
        Cause.DISK_LOSS,
        why="There is one disk, and what is on it is nowhere else.",
        cure='broker.replicas = 3 with broker.confirm_by = "majority"',
    ),
    _weakness(
        "dropped when full",
        {Hazard.OPERATION},
        _drops_and_confirms,
        Cause.OVERFLOW,
        why="A full queue drops the newcomer and acknowledges it.",
        cure='broker.overflow = "reject" or "block"',
    ),
    _weakness(
        "pushed out when full",
        {Hazard.OPERATION},
        lambda e: promises(e) and e.broker.capacity > 0 and e.broker.overflow == "drop_oldest",
        Cause.OVERFLOW,
        why="A full queue drops its oldest message, which was confirmed, for the newcomer.",
        cure='broker.overflow = "reject" or "block"',
    ),
    _weakness(
        "time to live",
        {Hazard.OPERATION},
        _expires,
        Cause.EXPIRED,
        why="What waits longer than broker.ttl is dropped, and no dead-letter queue takes it.",
        cure="broker.redelivery.dead_letter = true",
    ),
    _weakness(
        "delivery limit",
        {
            *(Hazard.FAILURE, Hazard.CONSUMER_CRASH, Hazard.DELIVER_LOSS),
            *(Hazard.DELIVER_ACK_LOSS, Hazard.DELIVER_CUT, *BROKER_FALLS),
        },
        lambda e: _limited(e) and acknowledges(e),
        Cause.DELIVERY_LIMIT,
        why="After broker.redelivery.limit deliveries it is dropped: there is no dead-letter "
        "queue. Deliveries that were never processed count too.",
        cure="broker.redelivery.dead_letter = true",
    ),
    _weakness(
        "rejected",
        {Hazard.FAILURE},
        lambda e: (
            promises(e)
            and e.consumer.ack in ("after", "batch")
            and e.consumer.on_failure == "reject"
            and not parks(e)
        ),
        Cause.REJECTED,
        why="A consumer that fails rejects the message, and there is no dead-letter queue.",
        cure="broker.redelivery.dead_letter = true",
    ),
    _weakness(
        "automatic acknowledgement",
        {Hazard.FAILURE, Hazard.CONSUMER_CRASH, Hazard.DELIVER_LOSS, Hazard.DELIVER_CUT},
        lambda e: _acks_too_soon(e, "auto"),
        Cause.AUTO_ACK,
        why="A delivery counts as acknowledged when it is sent: whatever the consumer has not "
        "finished goes with it.",
        cure='consumer.ack = "after"',
    ),
    _weakness(
        "early acknowledgement",
        {Hazard.FAILURE, Hazard.CONSUMER_CRASH},
        lambda e: _acks_too_soon(e, "before"),
        Cause.EARLY_ACK,
        why="A consumer acknowledges before it processes: what it then fails to do is gone.",
        cure='consumer.ack = "after"',
    ),
    _weakness(
        "committed past",
        {Hazard.FAILURE},
        lambda e: promises(e) and e.broker.shape == "log" and e.consumer.on_failure == "ignore",
        Cause.COMMIT,
        why="A consumer that ignores a failure goes on, and the next commit covers what it left.",
        cure='consumer.on_failure = "requeue" or "reject"',
    ),
    _weakness(
        "swallowed error",
        {Hazard.FAILURE},
        _swallows,
        Cause.HANDLER_ERROR,
        why="The bus takes an error of a handler for its end, and forgets the event.",
        cure='consumer.on_failure = "requeue", with broker.redelivery.limit',
    ),
    _weakness(
        "late subscription",
        {Hazard.OPERATION},
        _misses_the_start,
        Cause.NO_SUBSCRIBER,
        why="What is published before the subscription exists is acknowledged and dropped.",
        cure='consumer.subscription = "durable"',
    ),
    _weakness(
        "passing subscription",
        {Hazard.CONSUMER_CRASH, Hazard.DELIVER_CUT, *BROKER_FALLS},
        lambda e: e.producer.confirm and e.consumer.subscription == "transient",
        Cause.NO_SUBSCRIBER,
        why="The subscription ends with its last connection, and what it held ends with it.",
        cure='consumer.subscription = "durable"',
    ),
)
"""Ways to lose what was confirmed. A dead letter is not lost."""
