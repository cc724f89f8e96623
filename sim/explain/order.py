"""How messages of one producer and key have their first effects in another order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks.assumptions import exceeds
from sim.explain.hazards import BROKER_FALLS, Hazard
from sim.explain.settings import (
    acknowledges,
    alone,
    impatient,
    leaves_gaps,
    lines_up,
    overdue,
    sends_again,
    zero,
)
from sim.explain.weakness import Guarantee, Weakness

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment


def _weakness(
    name: str,
    hazards: set[Hazard] | frozenset[Hazard],
    applies: Callable[[Experiment], bool],
    *,
    why: str,
    cure: str,
) -> Weakness:
    return Weakness(
        name=name,
        guarantee=Guarantee.IN_ORDER,
        hazards=frozenset(hazards),
        applies=applies,
        why=why,
        cure=cure,
    )


def _overtakes(experiment: Experiment) -> bool:
    link, producer = experiment.network.publish, experiment.producer
    if link.connection or link.delay.is_constant or producer.idempotent:
        return False
    # With one in flight the next is sent when this one is decided, and perhaps not yet there.
    patience_s = min(producer.timeout_s, producer.deadline_s)
    hurried = exceeds([link.delay], patience_s)
    return not producer.confirm or producer.in_flight > 1 or hurried


def _in_line(experiment: Experiment) -> bool:
    """Return whether what belongs together is delivered one after the other."""
    return lines_up(experiment) or experiment.broker.shape == "log"


def _pipelined(experiment: Experiment) -> bool:
    producer = experiment.producer
    return sends_again(experiment) and producer.in_flight > 1 and not producer.idempotent


def _gives_up(experiment: Experiment) -> bool:
    """Return whether a copy may leave the broker without an effect, although nothing crashed."""
    broker, consumer = experiment.broker, experiment.consumer
    bounded = broker.capacity > 0 and broker.overflow != "block"  # a refusal may be lost, too
    limited = math.isfinite(broker.ttl_s) or broker.redelivery.limit > 0
    unheard = consumer.ack in ("auto", "before") or consumer.on_failure == "reject"
    return bounded or limited or unheard or consumer.subscription != "durable"


def _returns_late(experiment: Experiment) -> bool:
    if not acknowledges(experiment) or _in_line(experiment):
        return False
    straight = experiment.broker.redelivery.delay.bounds_s(1)[1] == 0
    return not (straight and experiment.consumer.prefetch == 1 and alone(experiment))


def _back_unseen(experiment: Experiment) -> bool:
    """Return whether a consumer may be back before what it had is given out again."""
    if not acknowledges(experiment) or _in_line(experiment):
        return False
    if experiment.broker.shape == "bus":
        return False  # where nothing survives
    consumer = experiment.consumer
    crashes = [fault for fault in experiment.faults if fault.target == "consumer"]
    away = [consumer.restart, *(fault.lasts for fault in crashes)]
    away_s = min(law.bounds_s[0] for law in away)
    redelivery, link = experiment.broker.redelivery, experiment.network.deliver
    if redelivery.on_disconnect:
        return away_s <= consumer.detect.bounds_s[1]
    return min(away_s, link.reconnect_s) <= redelivery.ack_timeout_s


def _deliveries_may_cross(experiment: Experiment) -> bool:
    link = experiment.network.deliver
    return not (link.connection or link.delay.is_constant or _in_line(experiment))


def _deliveries_overtake(experiment: Experiment) -> bool:
    consumer = experiment.consumer
    several = consumer.prefetch != 1 or consumer.ack == "auto"
    return several and _deliveries_may_cross(experiment)


def _timed_out(experiment: Experiment) -> bool:
    if impatient(experiment) and _pipelined(experiment):
        return True
    # What is given up while its consumer still works on it keeps nobody waiting.
    return overdue(experiment) and not (lines_up(experiment) and not _gives_up(experiment))


ORDERS = (
    _weakness(
        "a request behind younger ones",
        {Hazard.CONSUMER_CRASH, Hazard.FAILURE},
        lambda e: e.broker.shape == "none" and _pipelined(e),
        why="While one request waits to be made again, younger ones go ahead.",
        cure="producer.in_flight = 1",
    ),
    _weakness(
        "overtaking",
        {Hazard.OPERATION},
        _overtakes,
        why="Packets take different times on the way to the broker, and the later may be faster.",
        cure="network.publish.connection = true, or producer.in_flight = 1",
    ),
    _weakness(
        "a retry behind younger messages",
        {
            *(Hazard.PUBLISH_LOSS, Hazard.PUBLISH_CUT, Hazard.DISK_TROUBLE),
            *(Hazard.PRODUCER_CRASH, *BROKER_FALLS),
        },
        _pipelined,
        why="While one message waits to be sent again, younger ones go ahead.",
        cure="producer.in_flight = 1, or producer.idempotent = true",
    ),
    _weakness(
        "out of the outbox behind younger messages",
        {Hazard.PRODUCER_CRASH},
        lambda e: e.producer.outbox and e.producer.in_flight > 1 and not e.producer.idempotent,
        why="What was lost before the producer died is sent again when it is back, behind younger "
        "messages that were not lost.",
        cure="producer.in_flight = 1, or producer.idempotent = true",
    ),
    _weakness(
        "a refused message behind younger ones",
        {Hazard.DISK_TROUBLE},
        leaves_gaps,
        why="Messages behind one that is being written may be consumed before the disk refuses it.",
        cure="producer.in_flight = 1",
    ),
    _weakness(
        "a retry of what was given up",
        {Hazard.PUBLISH_ACK_LOSS, Hazard.SLOW_DISK},
        lambda e: _pipelined(e) and _gives_up(e),
        why="The broker may have given a message up that its producer, not told in time, sends "
        "again: it comes behind younger ones.",
        cure="producer.in_flight = 1, or producer.idempotent = true",
    ),
    _weakness(
        "partitions side by side",
        {Hazard.OPERATION},
        lambda e: e.broker.shape == "log" and e.broker.partitions > 1 and e.producer.keys == 1,
        why="Messages without a key are spread over the partitions, which are read side by side.",
        cure="producer.keys > 1: order is kept for each key",
    ),
    _weakness(
        "consumers side by side",
        {Hazard.OPERATION},
        lambda e: not (alone(e) or lines_up(e) or e.broker.shape == "log"),
        why="Several messages are processed at once, and the later may be done first.",
        cure="consumer.instances = 1 and concurrency = 1, or consumer.ordered = true",
    ),
    _weakness(
        "deliveries overtake",
        {Hazard.OPERATION},
        _deliveries_overtake,
        why="Deliveries take different times on the way to the consumer.",
        cure="network.deliver.connection = true",
    ),
    _weakness(
        "a refused delivery overtaken",
        {Hazard.DISK_TROUBLE},
        lambda e: _deliveries_may_cross(e) and acknowledges(e) and not zero(e.disk.write),
        why="A message that the disk refuses while it is on its way to the consumer makes room for "
        "the next, which may be faster.",
        cure="network.deliver.connection = true",
    ),
    _weakness(
        "a redelivery behind younger messages",
        {
            *(Hazard.FAILURE, Hazard.CONSUMER_CRASH, Hazard.DELIVER_LOSS, Hazard.DELIVER_CUT),
            *BROKER_FALLS,
        },
        _returns_late,
        why="While one message waits to be delivered again, younger ones are processed.",
        cure="consumer.prefetch = 1 with one consumer and no redelivery delay, or "
        "consumer.ordered = true",
    ),
    _weakness(
        "published again behind younger messages",
        {Hazard.FAILURE},
        lambda e: e.consumer.on_failure == "republish",
        why="A consumer that fails publishes the message again: it goes to the end of the queue.",
        cure='consumer.on_failure = "requeue"',
    ),
    _weakness(
        "back before it was missed",
        {Hazard.CONSUMER_CRASH, Hazard.DELIVER_CUT},
        _back_unseen,
        why="A consumer that is back before the broker gives out again what it had is given the "
        "next messages first, and those it had held later.",
        cure="consumer.ordered = true",
    ),
    _weakness(
        "timeouts",
        {Hazard.OPERATION},
        _timed_out,
        why="A message that is sent or delivered again too soon may come behind younger ones.",
        cure="longer timeouts",
    ),
    _weakness(
        "priorities",
        {Hazard.OPERATION},
        lambda e: e.broker.priorities > 1 and not e.consumer.ordered,
        why="Messages of higher priority go first.",
        cure="broker.priorities = 1",
    ),
)
"""Ways to lose the order."""
