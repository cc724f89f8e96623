"""An error that nothing catches: the consumer dies of the message that it cannot process."""

from __future__ import annotations

from models.broker import Counts
from models.consumer import AckMode, OnFailure
from models.laws import Constant
from models.ledger import Cause
from tests import conservation
from tests.models.luck import FixedLuck
from tests.models.work import given, working
from tests.models.world import broker_options, redelivery_options, rows, told


def dying(*created_s, poison=(0,), limit=0, counts=Counts.ALL, prefetch=1, **consumer):
    """Work takes 1 s; the messages *poison* kill whoever works on them, who is back after 1 s."""
    world = working(
        *created_s,
        poison=0.5,
        on_failure=OnFailure.CRASH,
        draws=FixedLuck({"message.poison": {(message, 0) for message in poison}}),
        **consumer,
    )
    world.broker = broker_options(redelivery=redelivery_options(limit=limit, counts=counts))
    world.prefetch = prefetch
    world.measured = len(created_s)
    return world


def conserved(world):
    ledger = world.run()
    conservation.check(ledger, decided=world.census.measured)
    return ledger


def test_it_dies_when_work_would_end_and_is_back_after_its_restart():
    ledger = conserved(dying(1.0, limit=2))
    assert rows(ledger.raised) == [(0, 2.0), (0, 4.0)]
    assert ledger.crashes == [(2.0, "consumer 0", "crash"), (4.0, "consumer 0", "crash")]
    assert ledger.restarts[0] == (3.0, "consumer 0")
    assert told(ledger.parked, "reason", Cause) == [(0, 4.0, Cause.DELIVERY_LIMIT)]


def test_what_it_had_prefetched_uses_up_deliveries_with_the_poison():
    ledger = conserved(dying(1.0, 1.0, limit=2, prefetch=2))
    assert given(ledger) == [(0, 1.0, 0), (1, 1.0, 0), (0, 3.0, 0), (1, 3.0, 0)]
    assert rows(ledger.parked) == [(0, 4.0), (1, 4.0)]
    assert not len(ledger.effected)
    ledger = conserved(dying(1.0, 1.0, limit=2, prefetch=1))
    assert rows(ledger.parked) == [(0, 4.0)]
    assert rows(ledger.effected) == [(1, 6.0)]


def test_what_was_before_the_poison_is_processed():
    ledger = conserved(dying(1.0, 1.0, 1.0, poison=[1], limit=2, prefetch=3))
    assert rows(ledger.effected) == [(0, 2.0)]
    assert rows(ledger.parked) == [(1, 5.0), (2, 5.0)]


def test_its_deaths_are_disconnects_and_no_refusals():
    ledger = conserved(dying(1.0, limit=2, counts=Counts.DISCONNECTS))
    assert rows(ledger.parked) == [(0, 4.0)]
    world = dying(1.0, limit=2, counts=Counts.REFUSALS)
    world.until_s = 10.0
    assert len(world.run().returned) == 5


def test_what_was_acknowledged_before_is_lost_with_it():
    for ack, cause in ((AckMode.AUTO, Cause.AUTO_ACK), (AckMode.BEFORE, Cause.EARLY_ACK)):
        ledger = conserved(dying(1.0, ack=ack))
        assert told(ledger.dropped, "cause", Cause) == [(0, 2.0, cause)]


def test_others_that_it_works_on_die_with_it():
    world = dying(1.0, 1.25, limit=1, prefetch=2, concurrency=2, detect=Constant(0.5))
    ledger = conserved(world)
    assert not len(ledger.effected)
    assert rows(ledger.parked) == [(0, 2.5), (1, 2.5)]
