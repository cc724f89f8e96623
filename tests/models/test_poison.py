"""Messages that nobody can process."""

from __future__ import annotations

from models.arrivals import Regular, Trace
from models.consumer import OnFailure
from models.laws import Constant
from models.ledger import Cause
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    producer_options,
    redelivery_options,
    rows,
    told,
)


def poisoned(*messages, groups=1, limit=2, **consumer):
    return World(
        producer=producer_options(arrivals=Trace((1.0, 1.0))),
        broker=broker_options(redelivery=redelivery_options(limit=limit), groups=groups),
        consumer=consumer_options(service=Constant(1.0), poison=0.5, **consumer),
        draws=FixedLuck({"message.poison": {(message, 0) for message in messages}}),
    )


def test_poison_fails_every_time_and_ends_with_the_limit():
    ledger = poisoned(0).run()
    assert told(ledger.raised, "delivery") == [(0, 2.0, 1), (0, 3.0, 2)]
    assert told(ledger.parked, "reason", Cause) == [(0, 3.0, Cause.DELIVERY_LIMIT)]
    assert rows(ledger.effected) == [(1, 4.0)]


def test_rejected_poison_is_parked_at_once():
    ledger = poisoned(0, on_failure=OnFailure.REJECT).run()
    assert told(ledger.parked, "reason", Cause) == [(0, 2.0, Cause.REJECTED)]


def test_what_is_poison_to_one_group_is_poison_to_all():
    ledger = poisoned(1, groups=2).run()
    for group in ledger.groups:
        assert rows(group.raised) == [(1, 3.0), (1, 4.0)]
        assert rows(group.effected) == [(0, 2.0)]


def test_others_fail_by_their_own_luck_besides():
    world = poisoned(0)
    world.draws = FixedLuck({"message.poison": {(0, 0)}, "consumer.failure": {(1, 1)}})
    ledger = world.run()
    assert rows(ledger.raised) == [(0, 2.0), (0, 3.0), (1, 4.0)]
    assert rows(ledger.effected) == [(1, 5.0)]


def test_a_share_of_the_messages_is_poison():
    world = World(
        producer=producer_options(arrivals=Regular(10.0)),
        consumer=consumer_options(poison=0.25, on_failure=OnFailure.REJECT),
        measured=400,
    )
    parked = len(world.run().parked)
    assert abs(parked - 100) < 5 * (400 * 0.25 * 0.75) ** 0.5
    assert parked == len(world.run().parked)
