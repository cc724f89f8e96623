"""Schedules of consumers: who gets what, when it is worked on, and what a death leaves behind."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.consumer import AckMode, OnFailure
from models.faults import FaultOptions
from models.laws import Constant, Uniform
from models.ledger import ACKNOWLEDGED, Cause
from models.link import LinkOptions
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

AUTO, BEFORE, AFTER = AckMode
WAY = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))


def working(*created_s, service_s=1.0, draws=None, faults=(), deliver=None, **consumer):
    """Consumers that take *service_s*; options of the world are set on the result."""
    return World(
        producer=producer_options(arrivals=Trace(created_s)),
        consumer=consumer_options(service=Constant(service_s), **consumer),
        consumer_faults=faults,
        draws=draws,
        deliver=deliver or LinkOptions(),
    )


def given(ledger):
    return told(ledger.delivered, "consumer")


def test_one_at_a_time_in_order():
    ledger = working(1.0, 1.0, 1.5, 9.0).run()
    assert given(ledger) == [(0, 1.0, 0), (1, 2.0, 0), (2, 3.0, 0), (3, 9.0, 0)]
    assert told(ledger.effected, "service_s", float) == [
        (0, 2.0, 1.0),
        (1, 3.0, 1.0),
        (2, 4.0, 1.0),
        (3, 10.0, 1.0),
    ]


def test_competing_consumers_take_turns_and_each_message_goes_to_one():
    world = working(1.0, 1.25, 1.5, 1.75, 2.0)
    world.consumers = 3
    ledger = world.run()
    # 3 waits until somebody is free.
    assert given(ledger) == [(0, 1.0, 0), (1, 1.25, 1), (2, 1.5, 2), (3, 2.0, 0), (4, 2.25, 1)]


def test_the_turn_goes_round_even_if_the_first_is_free_again():
    world = working(1.0, 3.0, 5.0, 7.0)
    world.consumers = 3
    assert given(world.run()) == [(0, 1.0, 0), (1, 3.0, 1), (2, 5.0, 2), (3, 7.0, 0)]


@pytest.mark.parametrize(
    ("prefetch", "handed_s"),
    [(1, [1.0, 2.0, 3.0, 4.0]), (2, [1.0, 1.0, 2.0, 3.0]), (0, [1.0, 1.0, 1.0, 1.0])],
)
def test_prefetch_bounds_what_is_unacknowledged(prefetch, handed_s):
    world = working(1.0, 1.0, 1.0, 1.0)
    world.prefetch = prefetch
    ledger = world.run()
    assert [time_s for _, time_s, _ in given(ledger)] == handed_s
    # It does not change when the work is done.
    assert rows(ledger.effected) == [(0, 2.0), (1, 3.0), (2, 4.0), (3, 5.0)]


def test_prefetch_hides_the_way_to_the_broker_and_back():
    def effects(prefetch):
        world = working(1.0, 1.0, 1.0, deliver=WAY)
        world.prefetch = prefetch
        return rows(world.run().effected)

    assert effects(1) == [(0, 2.25), (1, 3.75), (2, 5.25)]
    assert effects(2) == [(0, 2.25), (1, 3.25), (2, 4.25)]


def test_unlimited_prefetch_spreads_a_backlog_over_all():
    world = working(1.0, 1.0, 1.0, 1.0, start=Constant(2.0))
    world.consumers = 2
    world.prefetch = 0
    # The first to connect takes all there is: nobody else is there yet.
    assert given(world.run()) == [(row, 2.0, 0) for row in range(4)]
    world = working(1.0, 1.0, 1.0, 1.0)
    world.consumers = 2
    world.prefetch = 0
    assert given(world.run()) == [(0, 1.0, 0), (1, 1.0, 1), (2, 1.0, 0), (3, 1.0, 1)]


def test_concurrency_is_how_many_are_worked_on_at_once():
    world = working(1.0, 1.0, 1.0, 1.0, concurrency=2)
    world.prefetch = 3
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 2.0), (1, 2.0), (2, 3.0), (3, 3.0)]
    # Prefetch below the concurrency leaves hands idle.
    world.prefetch = 1
    assert rows(world.run().effected) == [(0, 2.0), (1, 3.0), (2, 4.0), (3, 5.0)]


def test_each_delivery_takes_its_own_time():
    luck = FixedLuck(times={"consumer.service": {(0, 1): 2.0, (1, 1): 0.5, (2, 1): 0.25}})
    world = working(1.0, 1.0, 1.0, draws=luck)
    world.consumer = consumer_options(service=Uniform(low_s=0.0, high_s=2.0))
    world.consumers = 2
    assert rows(world.run().effected) == [(1, 1.5), (2, 1.75), (0, 3.0)]


def test_work_piles_up_until_the_consumer_starts():
    ledger = working(1.0, 2.0, start=Constant(5.0)).run()
    assert rows(ledger.stored) == [(0, 1.0), (1, 2.0)]
    assert given(ledger) == [(0, 5.0, 0), (1, 6.0, 0)]


def test_a_late_starter_joins_the_turn():
    luck = FixedLuck(times={"consumer 1.start": {(0, 0): 1.25}, "consumer 0.start": {(0, 0): 0.0}})
    world = working(1.0, 1.0, 1.0, draws=luck, start=Uniform(low_s=0.0, high_s=1.0))
    world.consumers = 2
    assert given(world.run()) == [(0, 1.0, 0), (1, 1.25, 1), (2, 2.0, 0)]


class TestAcknowledgement:
    """When it is given, and what that means for the copy."""

    def test_after_the_effect_the_copy_goes_when_the_acknowledgement_arrives(self):
        ledger = working(1.0, deliver=WAY, ack=AFTER).run()
        assert rows(ledger.effected) == [(0, 2.25)]
        assert told(ledger.removed, "reason") == [(0, 2.5, ACKNOWLEDGED)]

    def test_before_processing_it_goes_while_the_work_is_done(self):
        ledger = working(1.0, 1.0, deliver=WAY, ack=BEFORE).run()
        assert told(ledger.removed, "reason")[0] == (0, 1.5, ACKNOWLEDGED)
        # The next one is on its way before the first is done.
        assert given(ledger) == [(0, 1.0, 0), (1, 1.5, 0)]
        assert rows(ledger.effected) == [(0, 2.25), (1, 3.25)]

    def test_automatic_it_goes_as_it_is_handed_over_and_no_prefetch_holds_it_back(self):
        ledger = working(1.0, 1.0, 1.0, deliver=WAY, ack=AUTO).run()
        assert given(ledger) == [(0, 1.0, 0), (1, 1.0, 0), (2, 1.0, 0)]
        assert rows(ledger.removed) == [(0, 1.0), (1, 1.0), (2, 1.0)]
        assert rows(ledger.effected) == [(0, 2.25), (1, 3.25), (2, 4.25)]

    def test_before_means_before_its_own_processing_not_on_arrival(self):
        world = working(1.0, 1.0, ack=BEFORE)
        world.prefetch = 2
        ledger = world.run()
        assert rows(ledger.removed) == [(0, 1.0), (1, 2.0)]

    def test_a_backlog_acknowledged_at_once_does_not_pile_up_calls(self):
        created_s = (1.0,) * 2000
        world = working(*created_s, ack=BEFORE, concurrency=2000, start=Constant(2.0))
        ledger = world.run()
        assert rows(ledger.effected) == [(row, 3.0) for row in range(2000)]

    def test_a_lost_acknowledgement_leaves_the_copy_to_the_timeout(self):
        luck = FixedLuck({"deliver.ack_loss": {(0, 1)}})
        world = working(1.0, draws=luck)
        world.broker = broker_options(redelivery=redelivery_options(ack_timeout_s=3.0))
        ledger = world.run()
        assert rows(ledger.effected) == [(0, 2.0), (0, 5.0)]

    @pytest.mark.parametrize(("ack", "cause"), [(AUTO, Cause.AUTO_ACK), (BEFORE, Cause.EARLY_ACK)])
    def test_what_raises_after_its_acknowledgement_is_lost(self, ack, cause):
        luck = FixedLuck({"consumer.failure": {(0, 1)}})
        world = working(1.0, draws=luck, ack=ack)
        world.measured = 1
        ledger = world.run()
        assert told(ledger.raised, "delivery") == [(0, 2.0, 1)]
        assert told(ledger.dropped, "cause", Cause) == [(0, 2.0, cause)]
        assert not len(ledger.effected)
        assert world.census.decided_s == {0: 2.0}

    def test_an_early_acknowledgement_still_on_its_way_stays_one_when_processing_raises(self):
        luck = FixedLuck({"consumer.failure": {(0, 1)}})
        slow = LinkOptions(ack_delay=Constant(3.0))
        ledger = working(1.0, draws=luck, ack=BEFORE, deliver=slow).run()
        assert given(ledger) == [(0, 1.0, 0)]
        assert told(ledger.removed, "reason") == [(0, 4.0, ACKNOWLEDGED)]
        assert told(ledger.dropped, "cause", Cause) == [(0, 4.0, Cause.EARLY_ACK)]

    def test_an_automatic_delivery_lost_on_its_way_is_gone(self):
        luck = FixedLuck({"deliver.loss": {(0, 1)}})
        ledger = working(1.0, draws=luck, ack=AUTO).run()
        assert told(ledger.dropped, "cause", Cause) == [(0, 1.0, Cause.NETWORK)]


class TestFailure:
    """Processing raises before its effect."""

    def test_ignored_it_is_held_until_the_session_ends(self):
        luck = FixedLuck({"consumer.failure": {(0, 1)}})
        death = FaultOptions(kind="crash", at_s=(5.0,), lasts=Constant(1.0))
        world = working(1.0, 1.0, draws=luck, on_failure=OnFailure.IGNORE, faults=(death,))
        ledger = world.run()
        # At prefetch 1 it stands in the way of 1 until then.
        assert given(ledger) == [(0, 1.0, 0), (0, 6.0, 0), (1, 7.0, 0)]

    def test_ignored_it_takes_one_place_of_the_prefetch(self):
        luck = FixedLuck({"consumer.failure": {(0, 1)}})
        world = working(1.0, 1.0, 1.0, draws=luck, on_failure=OnFailure.IGNORE)
        world.prefetch = 2
        ledger = world.run()
        assert given(ledger) == [(0, 1.0, 0), (1, 1.0, 0), (2, 3.0, 0)]

    def test_ignored_it_comes_back_by_the_timeout(self):
        luck = FixedLuck({"consumer.failure": {(0, 1)}})
        world = working(1.0, draws=luck, on_failure=OnFailure.IGNORE)
        world.broker = broker_options(redelivery=redelivery_options(ack_timeout_s=4.0))
        assert given(world.run()) == [(0, 1.0, 0), (0, 5.0, 0)]


class TestDeath:
    """The process dies, before its effect, after it, or by an outside fault."""

    @pytest.mark.parametrize(
        ("ack", "effects", "lost"),
        [
            (AFTER, [(0, 4.5)], []),
            (BEFORE, [], [(0, 2.0, Cause.EARLY_ACK)]),
            (AUTO, [], [(0, 2.0, Cause.AUTO_ACK)]),
        ],
    )
    def test_before_the_effect(self, ack, effects, lost):
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
    def test_after_the_effect(self, ack, effects):
        luck = FixedLuck({"consumer.crash_after": {(0, 1)}})
        ledger = working(1.0, draws=luck, ack=ack, restart=Constant(1.5)).run()
        assert rows(ledger.effected) == effects
        assert not len(ledger.dropped)

    def test_automatic_all_that_waits_in_its_memory_is_lost(self):
        death = FaultOptions(kind="crash", at_s=(2.5,), lasts=Constant(1.0))
        ledger = working(1.0, 1.0, 1.0, ack=AUTO, faults=(death,)).run()
        assert rows(ledger.effected) == [(0, 2.0)]
        auto = Cause.AUTO_ACK
        assert told(ledger.dropped, "cause", Cause) == [(1, 2.5, auto), (2, 2.5, auto)]

    def test_what_waited_in_its_memory_comes_back_in_order(self):
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

    def test_another_takes_over_as_soon_as_the_broker_sees_it(self):
        death = FixedLuck({"consumer.crash_before": {(0, 1)}})
        world = working(1.0, draws=death, restart=Constant(50.0), detect=Constant(3.0))
        world.consumers = 2
        assert given(world.run()) == [(0, 1.0, 0), (0, 5.0, 1)]

    def test_until_then_a_dead_consumer_swallows_what_it_is_given(self):
        # Dead from 2 to 10, seen at 5; a prefetch of 2 leaves a place for 1 at 3.0.
        death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(8.0))
        world = working(1.5, 3.0, service_s=5.0, faults=(death,), detect=Constant(3.0))
        world.prefetch = 2
        ledger = world.run()
        assert given(ledger) == [(0, 1.5, 0), (1, 3.0, 0), (0, 10.0, 0), (1, 10.0, 0)]
        assert rows(ledger.returned) == [(0, 5.0), (1, 5.0)]

    def test_automatic_what_a_dead_consumer_is_given_is_lost(self):
        death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(8.0))
        ledger = working(3.0, ack=AUTO, faults=(death,), detect=Constant(3.0)).run()
        assert told(ledger.dropped, "cause", Cause) == [(0, 3.0, Cause.AUTO_ACK)]

    def test_a_new_process_is_a_new_session_while_the_old_one_is_not_seen_dead(self):
        # Dead at 2, back at 3, the old session seen dead at 6: it still holds 0.
        death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(1.0))
        ledger = working(1.5, 4.0, faults=(death,), detect=Constant(4.0)).run()
        assert given(ledger) == [(0, 1.5, 0), (1, 4.0, 0), (0, 6.0, 0)]

    def test_a_delivery_on_its_way_to_the_dead_process_is_nothing_to_the_new_one(self):
        # Handed over at 1.0, it arrives at 3.0; the process has died and is back by then.
        death = FaultOptions(kind="crash", at_s=(1.5,), lasts=Constant(0.5))
        slow = LinkOptions(delay=Constant(2.0))
        ledger = working(1.0, faults=(death,), deliver=slow).run()
        assert given(ledger) == [(0, 1.0, 0), (0, 2.0, 0)]
        assert rows(ledger.effected) == [(0, 5.0)]

    def test_an_acknowledgement_already_sent_arrives_after_its_sender_has_died(self):
        death = FaultOptions(kind="crash", at_s=(2.25,), lasts=Constant(1.0))
        slow = LinkOptions(ack_delay=Constant(0.5))
        world = working(1.0, faults=(death,), deliver=slow, detect=Constant(1.0))
        assert given(world.run()) == [(0, 1.0, 0)]
        # Unless its session was ended first: then it is void.
        world = working(1.0, faults=(death,), deliver=slow, detect=Constant(0.125))
        ledger = world.run()
        assert given(ledger) == [(0, 1.0, 0), (0, 3.25, 0)]
        assert rows(ledger.effected) == [(0, 2.0), (0, 4.25)]

    def test_deaths_that_overlap_end_with_the_last(self):
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

    def test_a_fault_before_the_start_delays_it(self):
        death = FaultOptions(kind="crash", at_s=(1.0,), lasts=Constant(4.0))
        ledger = working(1.5, start=Constant(2.0), faults=(death,)).run()
        assert given(ledger) == [(0, 5.0, 0)]


class TestBrokerDown:
    """What consumers do when the broker falls at 3.0 and is back at 5.0."""

    FALL = (FaultOptions(kind="process_crash", at_s=(3.0,), lasts=Constant(2.0)),)

    def test_what_was_begun_is_finished_and_what_was_not_is_thrown_away(self):
        world = working(1.0, 1.0, 1.0, service_s=2.5)
        world.prefetch = 3
        world.broker_faults = self.FALL
        ledger = world.run()
        assert given(ledger) == [(row, at_s, 0) for at_s in (1.0, 5.0) for row in (0, 1, 2)]
        assert rows(ledger.effected) == [(0, 3.5), (0, 7.5), (1, 10.0), (2, 12.5)]

    def test_automatic_it_works_on(self):
        world = working(1.0, 1.0, ack=AUTO, service_s=2.5)
        world.broker_faults = self.FALL
        assert rows(world.run().effected) == [(0, 3.5), (1, 6.0)]

    def test_a_delivery_on_its_way_is_refused_or_with_automatic_acknowledgement_taken(self):
        slow = LinkOptions(delay=Constant(0.5))
        world = working(2.75, deliver=slow)
        world.broker_faults = self.FALL
        ledger = world.run()
        assert rows(ledger.effected) == [(0, 6.5)]
        world = working(2.75, deliver=slow, ack=AUTO)
        world.broker_faults = self.FALL
        assert rows(world.run().effected) == [(0, 4.25)]

    def test_one_that_comes_back_meanwhile_is_connected_when_the_broker_is(self):
        death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(2.0))
        world = working(1.5, faults=(death,))
        world.broker_faults = self.FALL
        assert given(world.run()) == [(0, 1.5, 0), (0, 5.0, 0)]

    def test_one_that_is_still_dead_then_connects_when_it_is_back(self):
        death = FaultOptions(kind="crash", at_s=(2.0,), lasts=Constant(8.0))
        world = working(1.5, faults=(death,))
        world.broker_faults = self.FALL
        assert given(world.run()) == [(0, 1.5, 0), (0, 10.0, 0)]

    def test_one_that_starts_meanwhile_is_connected_when_the_broker_is(self):
        world = working(1.0, start=Constant(4.0))
        world.broker_faults = self.FALL
        assert given(world.run()) == [(0, 5.0, 0)]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"concurrency": 0}, "concurrency must be >= 1, got 0"),
        ({"failure": 1.5}, r"failure must be in \[0, 1\], got 1.5"),
        ({"crash_before_effect": -1.0}, r"crash_before_effect must be in \[0, 1\], got -1.0"),
        ({"crash_after_effect": 2.0}, r"crash_after_effect must be in \[0, 1\], got 2.0"),
    ],
)
def test_impossible_options_are_refused(changes, error):
    with pytest.raises(ValueError, match=error):
        consumer_options(**changes)
