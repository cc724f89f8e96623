"""Schedules of consumers: who gets what, and when it is worked on."""

from __future__ import annotations

import pytest

from models.laws import Constant, Uniform
from tests.models.luck import FixedLuck
from tests.models.work import WAY, given, working
from tests.models.world import consumer_options, rows, told


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


def test_each_acknowledgement_gives_a_place_of_the_prefetch_back():
    world = working(1.0, 1.0, 5.0, 5.0, 5.0)
    world.prefetch = 2
    assert [time_s for _, time_s, _ in given(world.run())] == [1.0, 1.0, 5.0, 5.0, 6.0]


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
