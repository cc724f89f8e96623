"""Schedules of redelivery: when a copy comes back, where to, how often, and where it ends."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.consumer import OnFailure
from models.faults import FaultOptions
from models.laws import Constant, Uniform
from models.ledger import ACKNOWLEDGED, Cause
from models.network import LinkOptions
from models.policies.backoff import Exponential, Fixed, Linear
from models.policies.jitter import full_jitter
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    producer_options,
    redelivery_options,
    rows,
    times,
    told,
)

SECOND = consumer_options(service=Constant(1.0))


def failing(*deliveries, message=0):
    """Luck in which processing raises on these deliveries of the message."""
    return FixedLuck({"consumer.failure": {(message, number) for number in deliveries}})


def redelivering(created_s=(1.0,), *, consumer=SECOND, draws=None, faults=(), **redelivery):
    return World(
        producer=producer_options(arrivals=Trace(created_s)),
        broker=broker_options(redelivery=redelivery_options(**redelivery)),
        consumer=consumer,
        draws=draws,
        broker_faults=faults,
    )


def test_a_failure_brings_the_copy_back_and_another_delivery_repairs_it():
    ledger = redelivering(draws=failing(1, 2)).run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 2.0), (0, 3.0)]
    assert told(ledger.raised, "delivery") == [(0, 2.0, 1), (0, 3.0, 2)]
    assert rows(ledger.returned) == [(0, 2.0), (0, 3.0)]
    assert told(ledger.effected, "delivery") == [(0, 4.0, 3)]
    assert told(ledger.removed, "reason") == [(0, 4.0, ACKNOWLEDGED)]


def test_requeue_at_prefetch_one_is_a_hot_loop_that_lets_nobody_past():
    ledger = redelivering((1.0, 1.0), draws=failing(1, 2, 3)).run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 2.0), (0, 3.0), (0, 4.0), (1, 5.0)]


def test_what_comes_back_takes_its_old_place_in_the_queue():
    # With two in hand, 0 fails while 1 is waiting: it is behind 1 at the consumer, but before 2.
    world = redelivering((1.0, 1.0, 1.0), draws=failing(1))
    world.prefetch = 2
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (1, 1.0), (0, 2.0), (2, 3.0)]
    assert rows(ledger.effected) == [(1, 3.0), (0, 4.0), (2, 5.0)]


def test_several_that_come_back_keep_their_order():
    # 1 is back at 2.0, 0 at 2.5: 0 goes first all the same.
    luck = FixedLuck(
        {"consumer.failure": {(0, 1), (1, 1)}},
        {"consumer.service": {(0, 1): 1.5, (1, 1): 1.0, (2, 1): 5.0, (3, 1): 5.0}},
    )
    consumer = consumer_options(service=Uniform(low_s=0.5, high_s=1.5))
    world = redelivering((1.0, 1.0, 1.25, 1.25), consumer=consumer, draws=luck)
    world.consumers = 2
    ledger = world.run()
    # Consumer 1 gets 1 again at once; when it is done, 0 has its turn before 2.
    assert rows(ledger.delivered)[:5] == [(0, 1.0), (1, 1.0), (1, 2.0), (0, 2.5), (2, 3.0)]


@pytest.mark.parametrize(
    ("delay", "delivered_s"),
    [
        (Fixed(0.0), [1.0, 2.0, 3.0, 4.0]),
        (Fixed(0.5), [1.0, 2.5, 4.0, 5.5]),
        (Linear(first_s=0.5), [1.0, 2.5, 4.5, 7.0]),
        (Exponential(first_s=0.5), [1.0, 2.5, 4.5, 7.5]),
        (Exponential(first_s=0.5, factor=4.0, cap_s=1.0), [1.0, 2.5, 4.5, 6.5]),
        (full_jitter(Exponential(first_s=1.0)), [1.0, 2.5, 4.0, 8.0]),
    ],
    ids=str,
)
def test_delays_before_a_redelivery(delay, delivered_s):
    luck = FixedLuck(
        {"consumer.failure": {(0, 1), (0, 2), (0, 3)}},
        uniforms={"broker.redelivery": {(0, 1): 0.5, (0, 2): 0.25, (0, 3): 0.75}},
    )
    ledger = redelivering(delay=delay, draws=luck).run()
    assert times(ledger.delivered) == delivered_s


def test_a_delay_lets_others_past_and_ends_in_the_old_place():
    luck = failing(1)
    ledger = redelivering((1.0, 1.0, 1.0, 1.0), delay=Fixed(1.5), draws=luck).run()
    # Ready again at 3.5, it is before 3 in the queue, but behind 2 at the consumer.
    assert rows(ledger.delivered) == [(0, 1.0), (1, 2.0), (2, 3.0), (0, 4.0), (3, 5.0)]


def test_a_delivery_not_acknowledged_in_time_is_made_again_and_its_answer_is_void():
    luck = FixedLuck(times={"consumer.service": {(0, 1): 4.0, (0, 2): 1.0}})
    consumer = consumer_options(service=Uniform(low_s=0.0, high_s=4.0), concurrency=2)
    world = redelivering(consumer=consumer, draws=luck, ack_timeout_s=2.0)
    world.measured = 1
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 3.0)]
    assert rows(ledger.returned) == [(0, 3.0)]
    assert told(ledger.removed, "reason") == [(0, 4.0, ACKNOWLEDGED)]
    # The first delivery is worked on to its end; nobody waits for its acknowledgement.
    assert told(ledger.effected, "delivery") == [(0, 4.0, 2), (0, 5.0, 1)]
    assert world.census.decided_s == {0: 5.0}


def test_an_acknowledgement_at_the_instant_of_the_timeout_is_in_time():
    consumer = consumer_options(service=Constant(2.0))
    ledger = redelivering(consumer=consumer, ack_timeout_s=2.0).run()
    assert rows(ledger.delivered) == [(0, 1.0)]


def test_the_timeout_runs_from_the_hand_over_through_the_network_and_the_buffer():
    # 1 waits at the consumer for 0: its time is over at 3.5, before it is worked on at 5.
    world = redelivering(
        (1.0, 1.5), consumer=consumer_options(service=Constant(3.5)), ack_timeout_s=4.0, limit=1
    )
    world.prefetch = 2
    world.deliver = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))
    world.measured = 2
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (1, 1.5)]
    assert rows(ledger.removed) == [(0, 5.0), (1, 5.5)]
    assert told(ledger.parked, "reason", Cause) == [(1, 5.5, Cause.DELIVERY_LIMIT)]
    assert rows(ledger.effected) == [(0, 4.75), (1, 8.25)]
    # Nobody waits for 1 any more, but it is not decided before its consumer is done.
    assert world.census.decided_s == {0: 5.0, 1: 8.25}


def test_a_void_negative_acknowledgement_returns_nothing_either():
    # Raises at 5.0, when the copy was given out again at 3.0 and done with at 4.0.
    luck = FixedLuck(
        {"consumer.failure": {(0, 1)}}, {"consumer.service": {(0, 1): 4.0, (0, 2): 1.0}}
    )
    consumer = consumer_options(service=Uniform(low_s=0.0, high_s=4.0), concurrency=2)
    ledger = redelivering(consumer=consumer, draws=luck, ack_timeout_s=2.0).run()
    assert rows(ledger.returned) == [(0, 3.0)]
    assert rows(ledger.delivered) == [(0, 1.0), (0, 3.0)]


@pytest.mark.parametrize("dead_letter", [True, False])
def test_a_limit_counts_all_deliveries_and_ends_in_the_dead_letters_or_nowhere(dead_letter):
    world = redelivering(draws=failing(1, 2, 3), limit=3, dead_letter=dead_letter)
    world.measured = 1
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 2.0), (0, 3.0)]
    end = [(0, 4.0, Cause.DELIVERY_LIMIT)]
    assert told(ledger.removed, "reason", Cause) == end
    assert told(ledger.parked, "reason", Cause) == (end if dead_letter else [])
    assert told(ledger.dropped, "cause", Cause) == ([] if dead_letter else end)
    assert world.census.decided_s == {0: 4.0}


def test_a_limit_is_per_copy_not_per_message():
    # The network doubles the packet: each copy has its two deliveries.
    luck = FixedLuck({"publish.duplication": {(0, 1)}, "consumer.failure": {(0, 1), (0, 2)}})
    ledger = redelivering(draws=luck, limit=2).run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 2.0), (0, 3.0)]
    assert told(ledger.parked, "reason", Cause) == [(0, 3.0, Cause.DELIVERY_LIMIT)]
    assert told(ledger.effected, "delivery") == [(0, 4.0, 3)]


@pytest.mark.parametrize("dead_letter", [True, False])
def test_a_rejected_copy_goes_to_the_dead_letters_at_once(dead_letter):
    consumer = consumer_options(service=Constant(1.0), on_failure=OnFailure.REJECT)
    world = redelivering(consumer=consumer, draws=failing(1), limit=5, dead_letter=dead_letter)
    ledger = world.run()
    end = [(0, 2.0, Cause.REJECTED)]
    assert told(ledger.removed, "reason", Cause) == end
    assert told(ledger.parked, "reason", Cause) == (end if dead_letter else [])
    assert told(ledger.dropped, "cause", Cause) == ([] if dead_letter else end)


def test_messages_merely_prefetched_burn_an_attempt_when_their_consumer_dies():
    # Three in hand, one at work: two deaths, and messages never worked on are parked.
    deaths = FaultOptions(kind="crash", at_s=(1.5, 3.0), lasts=Constant(0.5))
    world = redelivering((1.0, 1.0, 1.0), consumer=consumer_options(service=Constant(5.0)), limit=2)
    world.prefetch = 0
    world.consumer_faults = (deaths,)
    ledger = world.run()
    assert rows(ledger.delivered) == [
        *((row, 1.0) for row in range(3)),
        *((row, 2.0) for row in range(3)),
    ]
    assert rows(ledger.parked) == [(0, 3.0), (1, 3.0), (2, 3.0)]
    assert not len(ledger.effected) + len(ledger.raised)


@pytest.mark.parametrize(("to_other", "holders"), [(False, [0, 1]), (True, [1, 0])])
def test_to_other_passes_over_the_last_holder_who_keeps_the_turn(to_other, holders):
    # 0 fails at consumer 0 at 1.25 and is ready again at 3.0; 1 keeps consumer 1 busy until 1.5, 2
    # consumer 2 until 2.0. So the turn at 3.0 is 0, 1, 2; copy 0 comes first, then message 3.
    luck = FixedLuck(
        {"consumer.failure": {(0, 1)}},
        {"consumer.service": {(0, 1): 0.25, (1, 1): 0.5, (2, 1): 0.25}},
    )
    world = redelivering(
        (1.0, 1.0, 1.75, 3.0),
        consumer=consumer_options(service=Uniform(low_s=0.0, high_s=1.0)),
        draws=luck,
        delay=Fixed(1.75),
        to_other=to_other,
    )
    world.consumers = 3
    ledger = world.run()
    assert told(ledger.delivered, "consumer") == [
        (0, 1.0, 0),
        (1, 1.0, 1),
        (2, 1.75, 2),
        (0, 3.0, holders[0]),
        (3, 3.0, holders[1]),
    ]


def test_the_last_holder_gets_it_again_if_nobody_else_has_room():
    world = redelivering(draws=failing(1), to_other=True)
    ledger = world.run()
    assert told(ledger.delivered, "consumer") == [(0, 1.0, 0), (0, 2.0, 0)]


def test_a_crash_of_the_broker_ends_a_delay_and_it_does_not_haunt_the_next_one():
    # Back at 2.0 for a delay until 12; the broker falls at 3.0, is up at 4.0, gives it out at
    # once; back again at 5.0, and now the delay must last until 15: nothing happens at 12.
    crash = FaultOptions(kind="process_crash", at_s=(3.0,), lasts=Constant(1.0))
    ledger = redelivering(draws=failing(1, 2), delay=Fixed(10.0), faults=(crash,)).run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 4.0), (0, 15.0)]


def test_a_crash_of_the_broker_does_not_forget_how_often_a_copy_was_delivered():
    # Two deliveries are allowed, the second is out when the broker falls.
    crash = FaultOptions(kind="process_crash", at_s=(2.5,), lasts=Constant(2.0))
    world = redelivering(draws=failing(1), limit=2, faults=(crash,))
    world.measured = 1
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 2.0)]
    assert told(ledger.parked, "reason", Cause) == [(0, 4.5, Cause.DELIVERY_LIMIT)]
    assert rows(ledger.effected) == [(0, 3.0)]  # parked, and yet it had its effect


def test_a_double_that_fails_sends_the_copy_back_while_the_first_is_still_worked_on():
    luck = FixedLuck(
        {"deliver.duplication": {(0, 1)}, "consumer.failure": {(0, 1 | 1 << 31)}},
        {"consumer.service": {(0, 1): 4.0, (0, 1 | 1 << 31): 1.0, (0, 2): 1.0}},
    )
    consumer = consumer_options(service=Uniform(low_s=0.0, high_s=4.0), concurrency=3)
    world = redelivering(consumer=consumer, draws=luck)
    world.measured = 1
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 2.0)]
    assert told(ledger.effected, "delivery") == [(0, 3.0, 2), (0, 5.0, 1)]
    # The message is not done before the first delivery is.
    assert world.census.decided_s == {0: 5.0}


def test_each_delivery_has_a_delay_by_its_own_luck():
    # Two copies of one message, one after the other: deliveries 1 and 2, both fail.
    luck = FixedLuck(
        {"publish.duplication": {(0, 1)}, "consumer.failure": {(0, 1), (0, 2)}},
        uniforms={"broker.redelivery": {(0, 1): 0.75, (0, 2): 0.25}},
    )
    world = redelivering(delay=full_jitter(Fixed(4.0)), draws=luck)
    world.consumers = 2
    ledger = world.run()
    assert rows(ledger.returned) == [(0, 2.0), (0, 2.0)]
    assert times(ledger.delivered) == [1.0, 1.0, 3.0, 5.0]


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"ack_timeout_s": 0.0}, "ack_timeout_s must be > 0, got 0.0"), ({"limit": -1}, "limit must")],
)
def test_impossible_options_are_refused(changes, error):
    with pytest.raises(ValueError, match=error):
        redelivery_options(**changes)
