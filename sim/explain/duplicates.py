"""How a publication has two effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.explain.hazards import BROKER_FALLS, Hazard
from sim.explain.settings import (
    acknowledges,
    forgets_none,
    impatient,
    overdue,
    recognises,
    refused_late,
    sends_again,
    slowed,
    written,
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


DUPLICATES = (
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
        "doubled on the way in",
        {Hazard.PUBLISH_DOUBLE},
        lambda e: not recognises(e),
        why="The network doubles the packet, and the broker takes it for two messages.",
        cure="producer.idempotent = true",
    ),
    _weakness(
        "doubled on the way out",
        {Hazard.DELIVER_DOUBLE},
        lambda _e: True,
        why="The network doubles the delivery, and the consumer works on both.",
        cure="consumer.dedup = -1",
    ),
    _weakness(
        "delivered again",
        {Hazard.CONSUMER_CRASH, Hazard.DELIVER_ACK_LOSS, Hazard.DELIVER_CUT, *BROKER_FALLS},
        acknowledges,
        why="The effect happens, but its acknowledgement never reaches the broker, which gives "
        "the message out again.",
        cure="consumer.dedup = -1",
    ),
    _weakness(
        "delivered again too soon",
        {Hazard.OPERATION},
        overdue,
        why="Processing, or the wait for it, may outlast broker.redelivery.ack_timeout: the "
        "message is given out again while the consumer works on it.",
        cure="a longer broker.redelivery.ack_timeout, or consumer.dedup = -1",
    ),
    _weakness(
        "acknowledgement undone",
        {Hazard.POWER_LOSS},
        written,
        why="That the message was acknowledged is a record too, and a power loss takes it if no "
        "sync has covered it: the message is back.",
        cure="consumer.dedup = -1",
    ),
)
"""Ways to have two effects."""
