"""How a publication has two effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.checks.assumptions import exceeds
from sim.explain.hazards import BROKER_FALLS, Hazard
from sim.explain.settings import (
    acknowledges,
    forgets_none,
    goes_on,
    impatient,
    knows_ids,
    leaves_gaps,
    overdue,
    recognises,
    refused_late,
    sends_again,
    slowed,
    written,
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
        guarantee=Guarantee.AT_MOST_ONCE,
        hazards=frozenset(hazards),
        applies=lambda experiment: applies(experiment) and not forgets_none(experiment),
        why=why,
        cure=cure,
    )


def _told_twice(experiment: Experiment) -> bool:
    """Return whether the broker may get a message twice, and drops the repeat."""
    doubled = experiment.network.publish.duplication > 0
    return recognises(experiment) and (sends_again(experiment) or doubled)


def _delivers_again(experiment: Experiment) -> bool:
    # Of a bus nothing survives.
    again = acknowledges(experiment) and not experiment.consumer.transactional
    return again and experiment.broker.shape != "bus"


def _remembers_in_memory(experiment: Experiment) -> bool:
    return not written(experiment) or not zero(experiment.disk.write)


def _comes_late(experiment: Experiment) -> bool:
    """Return whether a copy of an idempotent producer may come in an epoch after its own."""
    link, producer = experiment.network.publish, experiment.producer
    if not producer.idempotent or producer.in_flight == 1 or link.connection:
        return False
    late = sends_again(experiment) and exceeds([link.delay], producer.timeout_s)
    return late or (link.duplication > 0 and not link.delay.is_constant)


DUPLICATES = (
    _weakness(
        "asked again",
        {Hazard.CONSUMER_CRASH},
        lambda e: e.broker.shape == "none" and sends_again(e),
        why="A consumer dies between the effect and its reply: the producer asks again.",
        cure="consumer.dedup = -1",
    ),
    _weakness(
        "sent again",
        {Hazard.PUBLISH_ACK_LOSS, Hazard.PUBLISH_CUT, *BROKER_FALLS},
        lambda e: sends_again(e) and not recognises(e),
        why="Its confirmation is lost after the message was stored: the producer sends it again, "
        "and the broker takes it for another.",
        cure='producer.idempotent = true, or broker.dedup_window = "inf"',
    ),
    _weakness(
        "sent again too soon",
        {Hazard.OPERATION},
        lambda e: impatient(e) and not recognises(e),
        why="A confirmation may take longer than producer.timeout: the producer sends again what "
        "was not lost.",
        cure="a longer producer.timeout, or producer.idempotent = true",
    ),
    _weakness(
        "refused too late",
        {Hazard.DISK_TROUBLE},
        refused_late,
        why="A message may be consumed before it is written. If the disk then refuses it, its "
        "producer sends it again.",
        cure="consumer.dedup = -1",
    ),
    _weakness(
        "sent again while the disk is slow",
        {Hazard.SLOW_DISK},
        lambda e: slowed(e) and not recognises(e),
        why="A confirmation waits for the disk, longer than producer.timeout: the producer sends "
        "again what was not lost.",
        cure="a longer producer.timeout, or producer.idempotent = true",
    ),
    _weakness(
        "sent again out of the outbox",
        {Hazard.PRODUCER_CRASH},
        lambda e: e.producer.outbox and not knows_ids(e),
        why="A producer that is back sends again whatever it has not got confirmed, and the "
        "broker does not know it: sequence numbers end with the process.",
        cure='broker.dedup_window = "inf" with producer.idempotent = false',
    ),
    _weakness(
        "forgotten with the memory",
        BROKER_FALLS,
        lambda e: _told_twice(e) and _remembers_in_memory(e),
        why="What the broker remembers of a message that is not written yet is lost in a crash, "
        "the message has had its effect, and a repeat of it is stored again.",
        cure="consumer.dedup = -1",
    ),
    _weakness(
        "forgotten with the page cache",
        {Hazard.POWER_LOSS, Hazard.DISK_LOSS},
        lambda e: _told_twice(e) and written(e),
        why="What the broker remembers of a message that no sync has covered is lost with it, "
        "the message has had its effect, and a repeat of it is stored again.",
        cure="consumer.dedup = -1",
    ),
    _weakness(
        "numbered anew",
        {Hazard.DISK_TROUBLE},
        leaves_gaps,
        why="A message that the disk refuses leaves a gap. The producer numbers those behind it "
        "anew, and the broker does not know their repeats by the new numbers.",
        cure='broker.dedup_window = "inf" with producer.idempotent = false',
    ),
    _weakness(
        "late with an old number",
        {Hazard.OPERATION},
        _comes_late,
        why="When a message is given up, the producer numbers those behind it anew. A copy with "
        "an old number that is still on its way may be stored, and its repeat too.",
        cure="network.publish.connection = true, or producer.in_flight = 1",
    ),
    _weakness(
        "doubled on the way in",
        {Hazard.PUBLISH_DOUBLE},
        lambda e: not recognises(e),
        why="The network doubles the packet, and the broker takes it for two messages.",
        cure="producer.idempotent = true",
    ),
    _weakness(
        "doubled on the way out",
        {Hazard.DELIVER_DOUBLE},
        lambda e: not e.consumer.transactional,
        why="The network doubles the delivery, and the consumer works on both.",
        cure="consumer.dedup = -1",
    ),
    _weakness(
        "delivered again",
        {Hazard.CONSUMER_CRASH, Hazard.DELIVER_ACK_LOSS, Hazard.DELIVER_CUT},
        _delivers_again,
        why="The effect happens, but its acknowledgement never reaches the broker, which gives "
        "the message out again.",
        cure="consumer.dedup = -1, or consumer.transactional = true",
    ),
    _weakness(
        "delivered again by a broker that is back",
        BROKER_FALLS,
        lambda e: _delivers_again(e) and not goes_on(e),
        why="The effect happens, but the broker falls before it gets the acknowledgement, and "
        "gives the message out again.",
        cure="consumer.dedup = -1, or consumer.transactional = true",
    ),
    _weakness(
        "published again",
        {Hazard.FAILURE},
        lambda e: e.consumer.acknowledges_effects and e.consumer.on_failure == "republish",
        why="A consumer that fails publishes the message again and does not acknowledge the one "
        "it had: that comes back as well, with the end of its connection or after "
        "broker.redelivery.ack_timeout.",
        cure='consumer.on_failure = "requeue", or consumer.dedup = -1',
    ),
    _weakness(
        "delivered again too soon",
        {Hazard.OPERATION},
        lambda e: overdue(e) and not e.consumer.transactional,
        why="Processing, or the wait for it, may outlast broker.redelivery.ack_timeout: the "
        "message is given out again while the consumer works on it.",
        cure="a longer broker.redelivery.ack_timeout, or consumer.dedup = -1",
    ),
    _weakness(
        "acknowledgement undone",
        {Hazard.POWER_LOSS},
        lambda e: written(e) and not goes_on(e),
        why="That the message was acknowledged is a record too, and a power loss takes it if no "
        "sync has covered it: the message is back.",
        cure="consumer.dedup = -1",
    ),
)
"""Ways to have two effects."""
