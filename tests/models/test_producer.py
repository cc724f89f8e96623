"""Schedules of a producer: each time of each send, and what it believes in the end."""

from __future__ import annotations

import math

import pytest

from models.arrivals import Trace
from models.broker import Overflow
from models.laws import Constant
from models.ledger import Cause, Failed
from models.network import LinkOptions
from models.policies.backoff import Exponential, Fixed, Linear, Uniform
from models.policies.jitter import DecorrelatedJitter, equal_jitter, factor_jitter, full_jitter
from tests.models.luck import FixedLuck
from tests.models.world import World, broker_options, producer_options, rows, times, told

SILENCE = LinkOptions(loss=1.0)
HALF_SECOND = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))


def sent_into_silence(**changes):
    world = World(producer=producer_options(**changes), publish=SILENCE)
    ledger = world.run()
    return times(ledger.sent), told(ledger.failed, "reason", Failed)


def test_an_acknowledgement_confirms_and_nothing_more_is_sent():
    world = World(producer=producer_options(timeout_s=1.0, retries=3), publish=HALF_SECOND)
    ledger = world.run()
    assert rows(ledger.sent) == [(0, 1.0)]
    assert rows(ledger.arrived) == [(0, 1.25)]
    assert rows(ledger.confirmed) == [(0, 1.5)]
    assert not len(ledger.failed)


def test_without_answers_it_sends_again_after_timeout_and_pause_and_then_gives_up():
    sends, failed = sent_into_silence(timeout_s=2.0, retries=2, backoff=Fixed(0.5))
    assert sends == [1.0, 3.5, 6.0]
    assert failed == [(0, 8.0, Failed.ATTEMPTS)]


def test_no_retries_is_one_attempt():
    sends, failed = sent_into_silence(timeout_s=2.0, retries=0)
    assert sends == [1.0]
    assert failed == [(0, 3.0, Failed.ATTEMPTS)]


@pytest.mark.parametrize(
    ("backoff", "sends"),
    [
        (Fixed(0.0), [1.0, 2.0, 3.0, 4.0, 5.0]),
        (Fixed(0.25), [1.0, 2.25, 3.5, 4.75, 6.0]),
        (Uniform(low_s=1.0, high_s=2.0), [1.0, 3.5, 5.75, 8.625, 10.625]),
        (Linear(first_s=0.5), [1.0, 2.5, 4.5, 7.0, 10.0]),
        (Linear(first_s=0.5, cap_s=1.25), [1.0, 2.5, 4.5, 6.75, 9.0]),
        (Exponential(first_s=0.5), [1.0, 2.5, 4.5, 7.5, 12.5]),
        (Exponential(first_s=0.5, factor=3.0), [1.0, 2.5, 5.0, 10.5, 25.0]),
        (Exponential(first_s=0.5, cap_s=1.5), [1.0, 2.5, 4.5, 7.0, 9.5]),
        (full_jitter(Exponential(first_s=0.5)), [1.0, 2.25, 3.5, 6.25, 7.25]),
        (equal_jitter(Exponential(first_s=0.5)), [1.0, 2.375, 4.0, 6.875, 9.875]),
        (factor_jitter(Exponential(first_s=0.5), 0.5), [1.0, 2.5, 4.25, 8.0, 11.0]),
        (DecorrelatedJitter(first_s=0.5, cap_s=3.0), [1.0, 3.0, 5.125, 9.125, 10.625]),
    ],
    ids=str,
)
def test_each_backoff_in_a_schedule(backoff, sends):
    # The pauses are drawn with u = 1/2, 1/4, 7/8, 0.
    luck = FixedLuck(
        uniforms={
            "producer 0.jitter": {(0, 1): 0.5, (0, 2): 0.25, (0, 3): 0.875, (0, 4): 0.0},
        }
    )
    options = producer_options(timeout_s=1.0, retries=4, backoff=backoff)
    ledger = World(producer=options, publish=SILENCE, draws=luck).run()
    assert times(ledger.sent) == sends
    assert told(ledger.failed, "reason", Failed) == [(0, sends[-1] + 1.0, Failed.ATTEMPTS)]


def test_the_deadline_ends_the_retries_wherever_they_stand():
    # Sends at 1, 2.5, 4; the deadline falls into a wait, ...
    options = {"timeout_s": 1.0, "retries": 9, "backoff": Fixed(0.5)}
    assert sent_into_silence(deadline_s=3.25, **options) == (
        [1.0, 2.5, 4.0],
        [(0, 4.25, Failed.DEADLINE)],
    )
    # ... or into a pause, which then ends in nothing.
    assert sent_into_silence(deadline_s=2.75, **options) == (
        [1.0, 2.5],
        [(0, 3.75, Failed.DEADLINE)],
    )


def test_a_deadline_after_the_last_attempt_changes_nothing():
    sends, failed = sent_into_silence(timeout_s=1.0, retries=0, deadline_s=5.0)
    assert (sends, failed) == ([1.0], [(0, 2.0, Failed.ATTEMPTS)])


def test_an_answer_at_the_very_instant_of_the_timeout_is_in_time():
    world = World(producer=producer_options(timeout_s=0.5, retries=3), publish=HALF_SECOND)
    ledger = world.run()
    assert times(ledger.sent) == [1.0]
    assert rows(ledger.confirmed) == [(0, 1.5)]


def test_an_answer_at_the_very_instant_of_the_deadline_is_in_time():
    world = World(producer=producer_options(deadline_s=0.5), publish=HALF_SECOND)
    ledger = world.run()
    assert rows(ledger.confirmed) == [(0, 1.5)]
    assert not len(ledger.failed)


def test_the_answer_to_an_earlier_attempt_confirms_while_a_later_one_waits():
    # One way takes 0.75 s: the answer to the first send of 1.0 comes at 2.5, that to the second
    # send of 2.25 would be waited for until 3.25.
    slow = LinkOptions(delay=Constant(0.75), ack_delay=Constant(0.75))
    options = producer_options(timeout_s=1.0, retries=3, backoff=Fixed(0.25))
    ledger = World(producer=options, publish=slow).run()
    assert times(ledger.sent) == [1.0, 2.25]
    assert rows(ledger.confirmed) == [(0, 2.5)]
    # The second copy is a copy all the same; its acknowledgement says nothing new.
    assert times(ledger.stored) == [1.75, 3.0]
    assert times(ledger.effected) == [1.75, 3.0]


def test_an_answer_during_the_pause_confirms_and_cuts_it_short():
    options = producer_options(timeout_s=0.25, retries=3, backoff=Fixed(5.0))
    world = World(producer=options, publish=HALF_SECOND)
    ledger = world.run()
    assert times(ledger.sent) == [1.0]
    assert rows(ledger.confirmed) == [(0, 1.5)]


def test_the_place_in_the_window_is_free_as_soon_as_a_pause_is_cut_short():
    options = producer_options(
        arrivals=Trace((1.0, 1.25)), timeout_s=0.25, retries=3, backoff=Fixed(5.0), in_flight=1
    )
    ledger = World(producer=options, publish=HALF_SECOND).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.5)]


def test_an_acknowledgement_after_giving_up_is_ignored():
    options = producer_options(timeout_s=0.25, retries=0)
    ledger = World(producer=options, publish=HALF_SECOND).run()
    assert told(ledger.failed, "reason", Failed) == [(0, 1.25, Failed.ATTEMPTS)]
    assert not len(ledger.confirmed)
    assert times(ledger.effected) == [1.25]  # a false failure


def test_a_lost_acknowledgement_costs_a_copy_not_the_message():
    luck = FixedLuck({"publish.ack_loss": {(0, 1)}})
    options = producer_options(timeout_s=1.0, retries=1)
    ledger = World(producer=options, publish=HALF_SECOND, draws=luck).run()
    assert times(ledger.sent) == [1.0, 2.0]
    assert rows(ledger.confirmed) == [(0, 2.5)]
    assert times(ledger.stored) == [1.25, 2.25]


def test_the_window_bounds_what_is_unconfirmed_and_the_buffer_keeps_the_order():
    options = producer_options(arrivals=Trace((1.0, 1.0, 1.0, 1.125)), in_flight=2)
    ledger = World(producer=options, publish=HALF_SECOND).run()
    assert rows(ledger.created) == [(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.125)]
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.0), (2, 1.5), (3, 1.5)]
    assert rows(ledger.confirmed) == [(0, 1.5), (1, 1.5), (2, 2.0), (3, 2.0)]


def test_a_message_that_is_given_up_makes_room_for_the_next():
    options = producer_options(arrivals=Trace((1.0, 1.0)), timeout_s=2.0, in_flight=1)
    ledger = World(producer=options, publish=SILENCE).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 3.0)]
    assert rows(ledger.failed) == [(0, 3.0), (1, 5.0)]


def test_the_window_is_held_through_the_pauses():
    options = producer_options(
        arrivals=Trace((1.0, 1.0)), timeout_s=1.0, retries=1, backoff=Fixed(2.0), in_flight=1
    )
    ledger = World(producer=options, publish=SILENCE).run()
    assert rows(ledger.sent) == [(0, 1.0), (0, 4.0), (1, 5.0), (1, 8.0)]


def test_a_full_buffer_fails_the_message_at_once():
    options = producer_options(arrivals=Trace((1.0, 1.0, 1.0, 1.75)), in_flight=1, buffer=1)
    ledger = World(producer=options, publish=HALF_SECOND).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.5), (3, 2.0)]
    assert told(ledger.failed, "reason", Failed) == [(2, 1.0, Failed.BUFFER)]
    assert told(ledger.dropped, "cause", Cause) == [(2, 1.0, Cause.PRODUCER_BUFFER)]


def test_without_a_buffer_the_window_is_all_there_is():
    options = producer_options(arrivals=Trace((1.0, 1.25, 1.625)), in_flight=1, buffer=0)
    ledger = World(producer=options, publish=HALF_SECOND).run()
    assert told(ledger.failed, "reason", Failed) == [(1, 1.25, Failed.BUFFER)]
    assert rows(ledger.confirmed) == [(0, 1.5), (2, 2.125)]


def test_giving_up_lets_the_buffer_move_on():
    # 0 holds the window until 2.25, then 1 does; 2 finds the buffer full, 3 and 4 do not.
    options = producer_options(
        arrivals=Trace((1.0, 1.5, 1.75, 3.0, 3.25)),
        timeout_s=3.0,
        deadline_s=1.25,
        in_flight=1,
        buffer=1,
    )
    ledger = World(producer=options, publish=SILENCE).run()
    assert told(ledger.failed, "reason", Failed) == [
        (2, 1.75, Failed.BUFFER),
        (0, 2.25, Failed.DEADLINE),  # and lets 1 go
        (1, 2.75, Failed.DEADLINE),
        (3, 4.25, Failed.DEADLINE),
        (4, 4.5, Failed.DEADLINE),
    ]
    assert rows(ledger.sent) == [(0, 1.0), (1, 2.25), (3, 3.0), (4, 4.25)]


def test_time_in_the_buffer_counts_against_the_deadline():
    # 0 ends at 5; 1 is sent then and has a quarter of a second left; 2 follows it.
    options = producer_options(
        arrivals=Trace((1.0, 1.25, 2.0)), timeout_s=4.0, deadline_s=4.0, in_flight=1
    )
    ledger = World(producer=options, publish=SILENCE).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 5.0), (2, 5.25)]
    assert rows(ledger.failed) == [(0, 5.0), (1, 5.25), (2, 6.0)]


def test_fire_and_forget_sends_once_and_believes_nothing():
    options = producer_options(
        arrivals=Trace((1.0, 1.0, 1.5)), confirm=False, retries=5, in_flight=1, buffer=0
    )
    luck = FixedLuck({"publish.loss": {(1, 1)}})
    ledger = World(producer=options, publish=HALF_SECOND, draws=luck).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.0), (2, 1.5)]
    assert rows(ledger.unknown) == [(0, 1.0), (1, 1.0), (2, 1.5)]
    assert rows(ledger.arrived) == [(0, 1.25), (2, 1.75)]
    assert told(ledger.dropped, "cause", Cause) == [(1, 1.0, Cause.NETWORK)]
    assert not len(ledger.confirmed) + len(ledger.failed)


def test_a_rejection_fails_the_message_whatever_is_left_of_its_attempts():
    broker = broker_options(capacity=1, overflow=Overflow.REJECT)
    options = producer_options(arrivals=Trace((1.0, 2.0)), retries=5)
    world = World(producer=options, publish=HALF_SECOND, broker=broker, consumers=0)
    ledger = world.run()
    assert rows(ledger.confirmed) == [(0, 1.5)]
    assert told(ledger.failed, "reason", Failed) == [(1, 2.5, Failed.REJECTED)]
    assert rows(ledger.sent) == [(0, 1.0), (1, 2.0)]


def test_producers_have_windows_and_numbers_of_their_own():
    options = producer_options(arrivals=Trace((1.0, 1.25)), in_flight=1)
    ledger = World(producer=options, producers=2, publish=HALF_SECOND).run()
    created = [(0, 1.0, 0), (1, 1.0, 1), (2, 1.25, 0), (3, 1.25, 1)]
    assert told(ledger.created, "producer") == created
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.0), (2, 1.5), (3, 1.5)]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"timeout_s": 0.0}, "timeout_s must be > 0, got 0.0"),
        ({"deadline_s": math.nan}, "deadline_s must be > 0, got nan"),
        ({"retries": -1}, "retries must be >= 0, got -1"),
        ({"buffer": -1}, "buffer must be >= 0, got -1"),
        ({"in_flight": 0}, "in_flight must be >= 1, got 0"),
    ],
)
def test_impossible_options_are_refused(changes, error):
    with pytest.raises(ValueError, match=error):
        producer_options(**changes)
