"""Fates, beliefs and causes, read off ledgers made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.ledger import ACKNOWLEDGED, Cause, Failed
from sim.outcomes import Belief, Fate, judge, observe, observe_stretches
from tests.sim.ledgers import copy_in, created, failed_delivery, ledger, served

NAN = math.nan


def one(*facts):
    """The outcomes of message 0, created at 1 s, after *facts*."""
    return judge(ledger(*created(1.0), *facts), range(1))


def told(outcomes, row=0):
    cause = int(outcomes.cause[row])
    return (
        Belief(outcomes.belief[row]),
        Fate(outcomes.fate[row]),
        None if cause == -1 else Cause(cause),
    )


CONFIRMED = ("confirmed", 0, 1.5)
GIVEN_UP = ("failed", 0, 9.0, Failed.ATTEMPTS)
NEVER_ASKED = ("unknown", 0, 1.0)
SENT_AND_LOST = [("sent", 0, 1.0), ("dropped", 0, 1.0, Cause.NETWORK)]
PARKED = [("removed", 0, 3.0, Cause.DELIVERY_LIMIT), ("parked", 0, 3.0, Cause.DELIVERY_LIMIT)]
REPEAT = [("sent", 0, 2.0), ("arrived", 0, 2.5), ("dropped", 0, 2.5, Cause.DEDUPLICATED)]
EXPIRED = [("removed", 0, 3.0, Cause.EXPIRED), ("dropped", 0, 3.0, Cause.EXPIRED)]

STORIES = {
    "one effect": (
        [*copy_in(0, 1.0), *served(0, 2.0), CONFIRMED],
        (Belief.CONFIRMED, Fate.ONCE, None),
    ),
    "a second copy has an effect of its own": (
        [
            *copy_in(0, 1.0),
            *copy_in(0, 1.5),
            *served(0, 2.0),
            *served(0, 2.5, delivery=2),
            CONFIRMED,
        ],
        (Belief.CONFIRMED, Fate.DUPLICATED, None),
    ),
    "parked without an effect": (
        [*copy_in(0, 1.0), CONFIRMED, *failed_delivery(0, 2.0), *PARKED],
        (Belief.CONFIRMED, Fate.DEAD_LETTERED, None),
    ),
    "parked after an effect whose acknowledgement was lost": (
        [*copy_in(0, 1.0), ("delivered", 0, 2.0, 0, False), ("effected", 0, 2.0, 0.0, 1), *PARKED],
        (Belief.UNKNOWN, Fate.ONCE, None),
    ),
    "every packet lost, and the sender knows": (
        [*SENT_AND_LOST, *SENT_AND_LOST, GIVEN_UP],
        (Belief.FAILED, Fate.LOST, Cause.NETWORK),
    ),
    "every packet lost, and the sender never asked": (
        [*SENT_AND_LOST, NEVER_ASKED],
        (Belief.UNKNOWN, Fate.LOST, Cause.NETWORK),
    ),
    "never sent at all": (
        [("failed", 0, 1.0, Failed.BUFFER), ("dropped", 0, 1.0, Cause.PRODUCER_BUFFER)],
        (Belief.FAILED, Fate.LOST, Cause.PRODUCER_BUFFER),
    ),
    "confirmed, and then the power went": (
        [
            *copy_in(0, 1.0),
            CONFIRMED,
            ("removed", 0, 2.0, Cause.PAGE_CACHE),
            ("dropped", 0, 2.0, Cause.PAGE_CACHE),
        ],
        (Belief.CONFIRMED, Fate.LOST, Cause.PAGE_CACHE),
    ),
    "given up, and yet it has its effect": (
        [*copy_in(0, 1.0), *served(0, 2.0), GIVEN_UP],
        (Belief.FAILED, Fate.ONCE, None),
    ),
    "the copy that was left last names the cause": (
        [
            *copy_in(0, 1.0),
            *copy_in(0, 1.5),
            ("removed", 0, 2.0, Cause.OVERFLOW),
            ("dropped", 0, 2.0, Cause.OVERFLOW),
            *EXPIRED,
            GIVEN_UP,
        ],
        (Belief.FAILED, Fate.LOST, Cause.EXPIRED),
    ),
    "at one instant, the later fact names the cause": (
        [
            ("sent", 0, 1.0),
            ("doubled", 0, 1.0),
            ("dropped", 0, 2.0, Cause.BROKER_DOWN),
            ("dropped", 0, 2.0, Cause.BROKER_MEMORY),
            NEVER_ASKED,
        ],
        (Belief.UNKNOWN, Fate.LOST, Cause.BROKER_MEMORY),
    ),
    "a repeat that found something there is no cause": (
        [*copy_in(0, 1.0), *REPEAT, *EXPIRED, CONFIRMED],
        (Belief.CONFIRMED, Fate.LOST, Cause.EXPIRED),
    ),
    "nor is one of the same instant": (
        [
            *copy_in(0, 1.0),
            *EXPIRED,
            ("sent", 0, 2.0),
            ("arrived", 0, 3.0),
            ("dropped", 0, 3.0, Cause.DEDUPLICATED),
            CONFIRMED,
        ],
        (Belief.CONFIRMED, Fate.LOST, Cause.EXPIRED),
    ),
    "a repeat that came too late is a cause": (
        [
            *copy_in(0, 1.0),
            *EXPIRED,
            ("sent", 0, 3.0),
            ("arrived", 0, 3.5),
            ("dropped", 0, 3.5, Cause.DEDUPLICATED),
            CONFIRMED,
        ],
        (Belief.CONFIRMED, Fate.LOST, Cause.DEDUPLICATED),
    ),
    "a copy that is left keeps a publication pending, whatever became of its repeat": (
        [*copy_in(0, 1.0), *REPEAT, CONFIRMED],
        (Belief.CONFIRMED, Fate.PENDING, None),
    ),
    "a parked copy is found, whatever became of the other": (
        [*copy_in(0, 1.0), *copy_in(0, 1.5), *PARKED, *EXPIRED, GIVEN_UP],
        (Belief.FAILED, Fate.DEAD_LETTERED, None),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_story_has_one_belief_and_one_fate_and_a_cause_if_it_is_lost(name):
    facts, expected = STORIES[name]
    assert told(one(*facts)) == expected


AT_THE_HORIZON = {
    "in the queue": [*copy_in(0, 1.0), CONFIRMED],
    "on its way": [("sent", 0, 1.0), NEVER_ASKED],
    "its double is on its way": [
        ("sent", 0, 1.0),
        ("doubled", 0, 1.0),
        ("dropped", 0, 2.0, Cause.BROKER_DOWN),
        GIVEN_UP,
    ],
    "being worked on": [*copy_in(0, 1.0), CONFIRMED, ("delivered", 0, 2.0, 0, False)],
    "failed once, to be given out again": [*copy_in(0, 1.0), CONFIRMED, *failed_delivery(0, 2.0)],
    "one copy dropped, one left": [*copy_in(0, 1.0), *copy_in(0, 1.5), *EXPIRED, GIVEN_UP],
    "one copy parked, one left": [*copy_in(0, 1.0), *copy_in(0, 1.5), *PARKED, GIVEN_UP],
    "dropped, and the power loss undid it": [
        *copy_in(0, 1.0),
        CONFIRMED,
        *EXPIRED,
        ("recovered", 0, 4.0),
    ],
    "acknowledged early, and the consumer works on it": [
        *copy_in(0, 1.0),
        CONFIRMED,
        ("delivered", 0, 2.0, 0, False),
        ("removed", 0, 2.0, ACKNOWLEDGED),
    ],
}


@pytest.mark.parametrize("name", AT_THE_HORIZON)
def test_what_can_still_be_delivered_is_pending(name):
    outcomes = one(*AT_THE_HORIZON[name])
    assert Fate(outcomes.fate[0]) is Fate.PENDING
    assert outcomes.cause[0] == -1


def test_what_may_be_sent_again_is_pending_and_its_sender_does_not_know_yet():
    assert told(one(*SENT_AND_LOST)) == (Belief.UNKNOWN, Fate.PENDING, None)
    assert told(one()) == (Belief.UNKNOWN, Fate.PENDING, None)


def test_an_effect_decides_even_if_more_may_come():
    outcomes = one(*copy_in(0, 1.0), *copy_in(0, 1.5), *served(0, 2.0))
    assert told(outcomes) == (Belief.UNKNOWN, Fate.ONCE, None)


def test_the_matrix_counts_belief_by_fate():
    facts = [
        *created(1.0, 2.0, 3.0, 4.0),
        *copy_in(0, 1.0),
        *served(0, 1.0),
        ("confirmed", 0, 1.0),
        *copy_in(1, 2.0),
        *served(1, 2.0),
        ("failed", 1, 2.5, Failed.ATTEMPTS),
        ("sent", 2, 3.0),
        ("dropped", 2, 3.0, Cause.NETWORK),
        ("failed", 2, 3.5, Failed.DEADLINE),
        *copy_in(3, 4.0),
        ("confirmed", 3, 4.0),
    ]
    matrix = judge(ledger(*facts), range(4)).matrix()
    # Columns: once, duplicated, dead-lettered, lost, pending.
    assert matrix.tolist() == [[1, 0, 0, 0, 1], [1, 0, 0, 1, 0], [0, 0, 0, 0, 0]]


def test_only_measured_messages_are_judged():
    facts = [
        *created(1.0, 2.0, 3.0, 4.0),
        *(fact for row in range(4) for fact in copy_in(row, 1.0 + row)),
        *served(0, 5.0),
        *served(2, 6.0),
        ("confirmed", 0, 5.0),
        ("confirmed", 2, 7.0),
    ]
    outcomes = judge(ledger(*facts), range(1, 3))
    assert len(outcomes) == 2
    assert outcomes.effects.tolist() == [0, 1]
    np.testing.assert_array_equal(outcomes.confirm_latency_s, [NAN, 4.0])
    assert judge(ledger(*facts), range(0)).matrix().sum() == 0


def test_latencies_run_from_creation_to_the_first_time():
    facts = [
        *created(1.0, 1.0),
        *copy_in(0, 1.25),
        ("confirmed", 0, 1.5),
        *served(0, 3.0),
        *copy_in(0, 3.5),
        *served(0, 4.0, delivery=2),
        ("failed", 1, 2.0, Failed.BUFFER),
        ("dropped", 1, 2.0, Cause.PRODUCER_BUFFER),
    ]
    outcomes = judge(ledger(*facts), range(2))
    np.testing.assert_array_equal(outcomes.confirm_latency_s, [0.5, NAN])
    np.testing.assert_array_equal(outcomes.delivery_latency_s, [2.0, NAN])


def test_counts_of_packets_copies_deliveries_and_effects():
    facts = [
        ("sent", 0, 1.0),
        ("dropped", 0, 1.0, Cause.NETWORK),
        ("sent", 0, 2.0),
        ("doubled", 0, 2.0),
        ("arrived", 0, 2.5),
        ("stored", 0, 2.5),
        ("arrived", 0, 2.75),
        ("removed", 0, 3.0, Cause.PAGE_CACHE),
        ("dropped", 0, 3.0, Cause.PAGE_CACHE),
        ("stored", 0, 3.25),
        ("removed", 0, 3.25, Cause.WRITE_ERROR),
        ("dropped", 0, 3.25, Cause.WRITE_ERROR),
        ("stored", 0, 3.5),
        *failed_delivery(0, 4.0, service_s=0.25),
        *served(0, 5.0, delivery=2, service_s=0.5),
    ]
    outcomes = one(*facts)
    assert outcomes.sends[0] == 2
    assert outcomes.copies[0] == 2
    assert outcomes.stored[0] == 3
    assert outcomes.crash_removed[0] == 1
    assert outcomes.refused[0] == 1
    assert outcomes.deliveries[0] == 2
    assert outcomes.effects[0] == 1
    assert outcomes.served[0] == 2
    assert outcomes.service_s[0] == 0.75
    assert outcomes.first_failed[0]


def test_the_first_delivery_failed_unless_it_had_an_effect():
    never_delivered = one(*copy_in(0, 1.0))
    slow = [
        *copy_in(0, 1.0),
        ("delivered", 0, 2.0, 0, False),
        ("returned", 0, 3.0),
        ("delivered", 0, 3.0, 1, False),
        ("effected", 0, 4.0, 1.0, 2),
        ("effected", 0, 5.0, 3.0, 1),
    ]
    assert not never_delivered.first_failed[0]
    assert not one(*slow).first_failed[0]
    assert one(*copy_in(0, 1.0), ("delivered", 0, 2.0, 0, False)).first_failed[0]


@pytest.mark.parametrize(
    ("first_effects_s", "expected"),
    [
        ([5.0, 6.0, 7.0], [False, False, False]),
        ([7.0, 6.0, 5.0], [True, True, False]),
        ([6.5, 6.0, 7.0], [True, False, False]),
        ([6.0, 6.0, 6.0], [False, False, False]),
        ([NAN, 6.0, 5.0], [False, True, False]),
        ([6.0, NAN, 5.0], [True, False, False]),
        ([6.0, 7.0, NAN], [False, False, False]),
    ],
)
def test_out_of_order_is_whoever_comes_after_a_younger_one(first_effects_s, expected):
    facts = created(1.0, 2.0, 3.0)
    for row, time_s in sorted(enumerate(first_effects_s), key=lambda item: item[1]):
        if not math.isnan(time_s):
            facts += [*copy_in(row, 4.0), *served(row, time_s)]
    assert judge(ledger(*facts), range(3)).out_of_order.tolist() == expected


def test_order_is_a_matter_of_one_producer():
    facts = [
        ("created", 0, 1.0, 0),
        ("created", 1, 2.0, 1),
        ("created", 2, 3.0, 0),
        ("created", 3, 4.0, 1),
        *(fact for row in range(4) for fact in copy_in(row, 5.0)),
        *served(1, 6.0),
        *served(2, 7.0),
        *served(3, 8.0),
        *served(0, 9.0),
    ]
    assert judge(ledger(*facts), range(4)).out_of_order.tolist() == [True, False, False, False]


def test_order_is_a_matter_of_one_key():
    # 0 and 2 have one key, 1 and 3 another, 4 a third; effects come in the order 3, 2, 1, 0, 4.
    facts = [
        *created(1.0, 2.0, 3.0, 4.0, 5.0),
        *(("keyed", row, row + 1.0, key) for row, key in enumerate([7, 0, 7, 0, 1])),
        *(fact for row in range(5) for fact in copy_in(row, 5.0)),
        *served(3, 6.0),
        *served(2, 7.0),
        *served(1, 8.0),
        *served(0, 9.0),
        *served(4, 9.5),
    ]
    late = judge(ledger(*facts), range(5)).out_of_order
    assert late.tolist() == [True, True, False, False, False]
    # Of the measured ones only.
    assert judge(ledger(*facts), range(1, 5)).out_of_order.tolist() == [True, False, False, False]


def test_the_same_key_of_two_producers_is_two_keys():
    facts = [
        ("created", 0, 1.0, 0),
        ("created", 1, 2.0, 1),
        ("keyed", 0, 1.0, 3),
        ("keyed", 1, 2.0, 3),
        *(fact for row in range(2) for fact in copy_in(row, 5.0)),
        *served(1, 6.0),
        *served(0, 7.0),
    ]
    assert judge(ledger(*facts), range(2)).out_of_order.tolist() == [False, False]


def test_a_stay_is_from_storage_to_removal_summed_over_copies():
    twice = [*copy_in(0, 1.0), *copy_in(0, 2.0), *served(0, 4.0), *served(0, 4.5, delivery=2)]
    came_back = [*copy_in(0, 1.0), *served(0, 2.0), ("recovered", 0, 5.0), *served(0, 7.0)]
    still_there = [*copy_in(0, 1.0), *copy_in(0, 2.0), *served(0, 4.0)]
    assert one(*twice).stayed_s[0] == 5.5
    assert one(*came_back).stayed_s[0] == 3.0
    assert math.isnan(one(*still_there).stayed_s[0])


# ---------------------------------------------------------------- the load


def window(*facts, size=2):
    """What is observed from 10 s to 20 s, between the creations of two measured messages."""
    times_s = [0.0, 10.0, 20.0, 30.0]
    return observe(ledger(*created(*times_s), *facts), range(1, 1 + size))


def test_the_queue_length_is_an_average_over_the_window_only():
    load = window(
        ("stored", 0, 4.0),  # there before, leaves within: 2 s of the window
        ("stored", 1, 10.0),  # there all the time: 10 s
        ("stored", 2, 15.0),  # comes within: 5 s
        ("stored", 3, 25.0),  # comes afterwards
        ("removed", 0, 12.0, ACKNOWLEDGED),
        ("removed", 1, 28.0, ACKNOWLEDGED),
    )
    assert load.window_s == 10.0
    assert load.queue_length == 1.7
    assert load.arrivals == 1  # later than the beginning, before the end


def test_a_copy_that_comes_back_is_in_the_queue_again():
    load = window(
        ("stored", 0, 0.0),
        ("removed", 0, 11.0, ACKNOWLEDGED),
        ("recovered", 0, 16.0),
    )
    assert load.queue_length == pytest.approx((1 + 4) / 10)
    assert load.arrivals == 0


def test_throughput_counts_each_message_at_its_first_effect():
    facts = [("effected", 0, at, 0.0, n) for n, at in enumerate((9.0, 11.0), start=1)]
    facts += [("effected", 1, 12.0, 0.0, 1), ("effected", 1, 13.0, 0.0, 2)]
    facts += [("effected", 2, 20.0, 0.0, 1), ("effected", 3, 21.0, 0.0, 1)]
    assert window(*facts).effects == 2


def test_crashes_of_the_broker_within_the_window():
    made = ledger(*created(0.0, 10.0, 20.0))
    made.crashes += [
        (10.0, "broker", "power_loss"),
        (12.0, "broker", "process_crash"),
        (13.0, "consumer 0", "crash"),
        (20.0, "broker", "power_loss"),
        (20.5, "broker", "power_loss"),
    ]
    assert observe(made, range(1, 3)).crashes == 2


def test_a_window_may_begin_before_the_first_measured_message():
    made = ledger(*created(0.0, 10.0, 20.0), ("stored", 0, 4.0), ("effected", 0, 9.0, 0.0, 1))
    load = observe(made, range(1, 3), 8.0)
    assert (load.window_s, load.queue_length, load.effects) == (12.0, 1.0, 1)


def test_stretches_add_up_to_the_window():
    made = ledger(
        *created(0.0, 10.0, 20.0),
        ("stored", 0, 4.0),
        ("stored", 1, 12.0),
        ("effected", 0, 13.0, 0.0, 1),
        ("effected", 1, 17.0, 0.0, 1),
        ("removed", 0, 13.0, ACKNOWLEDGED),
    )
    made.crashes += [(11.0, "broker", "power_loss"), (16.0, "broker", "power_loss")]
    first, second, third = observe_stretches(made, [10.0, 15.0, 15.0, 20.0])
    assert (first.window_s, first.queue_length) == (5.0, pytest.approx((3 + 3) / 5))
    assert (first.arrivals, first.effects, first.crashes) == (1, 1, 1)
    assert second.window_s == 0.0
    assert math.isnan(second.queue_length)
    assert (third.window_s, third.queue_length) == (5.0, 1.0)
    assert (third.arrivals, third.effects, third.crashes) == (0, 1, 1)
    whole = observe(made, range(1, 3))
    area = first.queue_length * 5.0 + third.queue_length * 5.0
    assert whole.queue_length == pytest.approx(area / 10.0)


@pytest.mark.parametrize("size", [0, 1])
def test_less_than_two_messages_make_no_window(size):
    load = window(("stored", 0, 0.0), size=size)
    assert load.window_s == 0.0
    assert math.isnan(load.queue_length)
    assert (load.arrivals, load.effects, load.crashes) == (0, 0, 0)
