"""What the death of a consumer leaves behind, and what it does when the broker falls."""

from __future__ import annotations

import pytest

from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from tests.models.luck import FixedLuck
from tests.models.work import AFTER, AUTO, BEFORE, given, working
from tests.models.world import rows, told


@pytest.mark.parametrize(
    ("ack", "effects", "lost"),
    [
        (AFTER, [(0, 4.5)], []),
        (BEFORE, [], [(0, 2.0, Cause.EARLY_ACK)]),
        (AUTO, [], [(0, 2.0, Cause.AUTO_ACK)]),
    ],
)
def test_a_death_before_the_effect(ack, effects, lost):
    luck = FixedLuck({"consumer.crash_before": {(0, 1)}})
    ledger = working(1.0, draws=luck, ack=ack, restart=Constant(1.5)).run()
    assert rows(ledger.effected) == effects
    assert told(ledger.dropped, "cause", Cause) == lost
    assert ledger.crashes == [(2.0, "consumer 0", "crash")]
    assert ledger.restarts == [(3.5, "consumer 0")]


@pytest.mark.parametrize(
    ("ack", "effects"),
    [(AFTER, [(0, 2.0), (0, 4.5)]), (BEFORE, [(0, 2.0)]), (AUTO, [(0, 2.0)])],
)
def test_a_death_after_the_effect(ack, effects):
    luck = FixedLuck({"consumer.crash_after": {(0, 1)}})
    ledger = working(1.0, draws=luck, ack=ack, restart=Constant(1.5)).run()
    assert rows(ledger.effected) == effects
    assert not len(ledger.dropped)


def test_automatic_all_that_waits_in_its_memory_is_lost():
    death = FaultOptions(kind="crash", at_s=(2.5,), lasts=Constant(1.0))
    ledger = working(1.0, 1.0, 1.0, ack=AUTO, faults=(death,)).run()
    assert rows(ledger.effected) == [(0, 2.0)]
    auto = Cause.AUTO_ACK
    assert told(ledger.dropped, "cause", Cause) == [(1, 2.5, auto), (2, 2.5, auto)]


def test_what_waited_in_its_memory_comes_back_in_order():
    death = FaultOptions(kind="crash", at_s=(2.5,), lasts=Constant(1.0))
    world = working(1.0, 1.0, 1.0, 1.0, faults=(death,))
    world.prefetch = 3
    ledger = world.run()
    assert given(ledger) == [
        *((row, 1.0, 0) for row in (0, 1, 2)),
        (3, 2.0, 0),
        *((row, 3.5, 0) for row in (1, 2, 3)),
    ]
    assert rows(ledger.effected) == [(0, 2.0), (1, 4.5), (2, 5.5), (3, 6.5)]


def test_another_takes_over_as_soon_as_the_broker_sees_it():
    death = FixedLuck({"consumer.crash_before": {(0, 1)}})
    world = working(1.0, draws=death, restart=Constant(50.0), detect=Constant(3.0))
    world.consumers = 2
    assert given(world.run()) == [(0, 1.0, 0), (0, 5.0, 1)]


def test_until_then_a_dead_consumer_swallows_what_it_is_given():
    # Dead from 2 to 10, seen at 5; a prefetch of 2 leaves a place for 1 at 3.0.
    death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(8.0))
    world = working(1.5, 3.0, service_s=5.0, faults=(death,), detect=Constant(3.0))
    world.prefetch = 2
    ledger = world.run()
    assert given(ledger) == [(0, 1.5, 0), (1, 3.0, 0), (0, 10.0, 0), (1, 10.0, 0)]
    assert rows(ledger.returned) == [(0, 5.0), (1, 5.0)]


def test_automatic_what_a_dead_consumer_is_given_is_lost():
    death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(8.0))
    ledger = working(3.0, ack=AUTO, faults=(death,), detect=Constant(3.0)).run()
    assert told(ledger.dropped, "cause", Cause) == [(0, 3.0, Cause.AUTO_ACK)]


def test_a_new_process_is_a_new_session_while_the_old_one_is_not_seen_dead():
    # Dead at 2, back at 3, the old session seen dead at 6: it still holds 0.
    death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(1.0))
    ledger = working(1.5, 4.0, faults=(death,), detect=Constant(4.0)).run()
    assert given(ledger) == [(0, 1.5, 0), (1, 4.0, 0), (0, 6.0, 0)]


def test_a_delivery_on_its_way_to_the_dead_process_is_nothing_to_the_new_one():
    # Handed over at 1.0, it arrives at 3.0; the process has died and is back by then.
    death = FaultOptions(kind="crash", at_s=(1.5,), lasts=Constant(0.5))
    slow = LinkOptions(delay=Constant(2.0))
    ledger = working(1.0, faults=(death,), deliver=slow).run()
    assert given(ledger) == [(0, 1.0, 0), (0, 2.0, 0)]
    assert rows(ledger.effected) == [(0, 5.0)]


def test_an_acknowledgement_already_sent_arrives_after_its_sender_has_died():
    death = FaultOptions(kind="crash", at_s=(2.25,), lasts=Constant(1.0))
    slow = LinkOptions(ack_delay=Constant(0.5))
    world = working(1.0, faults=(death,), deliver=slow, detect=Constant(1.0))
    assert given(world.run()) == [(0, 1.0, 0)]
    # Unless its session was ended first: then it is void.
    world = working(1.0, faults=(death,), deliver=slow, detect=Constant(0.125))
    ledger = world.run()
    assert given(ledger) == [(0, 1.0, 0), (0, 3.25, 0)]
    assert rows(ledger.effected) == [(0, 2.0), (0, 4.25)]


def test_deaths_that_overlap_end_with_the_last():
    luck = FixedLuck({"consumer.crash_before": {(0, 1)}})
    death = FaultOptions(kind="crash", at_s=(1.5,), lasts=Constant(4.0))
    ledger = working(1.0, draws=luck, faults=(death,)).run()
    # Killed from outside, it does not live to die by its own hand at 2.0.
    assert ledger.crashes == [(1.5, "consumer 0", "crash")]
    assert ledger.restarts == [(5.5, "consumer 0")]
    both = (
        FaultOptions(kind="crash", at_s=(1.5,), lasts=Constant(4.0)),
        FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(1.0)),
    )
    ledger = working(1.0, faults=both).run()
    assert ledger.restarts == [(5.5, "consumer 0")]
    assert given(ledger) == [(0, 1.0, 0), (0, 5.5, 0)]


def test_a_fault_before_the_start_delays_it():
    death = FaultOptions(kind="crash", at_s=(1.0,), lasts=Constant(4.0))
    ledger = working(1.5, start=Constant(2.0), faults=(death,)).run()
    assert given(ledger) == [(0, 5.0, 0)]


FALL = (FaultOptions(kind="process_crash", at_s=(3.0,), lasts=Constant(2.0)),)


def test_what_was_begun_is_finished_and_what_was_not_is_thrown_away():
    world = working(1.0, 1.0, 1.0, service_s=2.5)
    world.prefetch = 3
    world.broker_faults = FALL
    ledger = world.run()
    assert given(ledger) == [(row, at_s, 0) for at_s in (1.0, 5.0) for row in (0, 1, 2)]
    assert rows(ledger.effected) == [(0, 3.5), (0, 7.5), (1, 10.0), (2, 12.5)]


def test_automatic_it_works_on():
    world = working(1.0, 1.0, ack=AUTO, service_s=2.5)
    world.broker_faults = FALL
    assert rows(world.run().effected) == [(0, 3.5), (1, 6.0)]


def test_a_delivery_on_its_way_is_refused_or_with_automatic_acknowledgement_taken():
    slow = LinkOptions(delay=Constant(0.5))
    world = working(2.75, deliver=slow)
    world.broker_faults = FALL
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 6.5)]
    world = working(2.75, deliver=slow, ack=AUTO)
    world.broker_faults = FALL
    assert rows(world.run().effected) == [(0, 4.25)]


def test_one_that_comes_back_meanwhile_is_connected_when_the_broker_is():
    death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(2.0))
    world = working(1.5, faults=(death,))
    world.broker_faults = FALL
    assert given(world.run()) == [(0, 1.5, 0), (0, 5.0, 0)]


def test_one_that_is_still_dead_then_connects_when_it_is_back():
    death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(8.0))
    world = working(1.5, faults=(death,))
    world.broker_faults = FALL
    assert given(world.run()) == [(0, 1.5, 0), (0, 10.0, 0)]


def test_one_that_starts_meanwhile_is_connected_when_the_broker_is():
    world = working(1.0, start=Constant(4.0))
    world.broker_faults = FALL
    assert given(world.run()) == [(0, 5.0, 0)]
