"""Priorities: who goes first, who starves, and what is no longer ordered."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.broker import Overflow
from models.faults import FaultOptions
from models.laws import Constant
from models.priorities import Priorities
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    producer_options,
    rows,
    told,
)


def ranked(created_s, priorities, *, failing=(), prefetch=1, **broker):
    """Messages with these of three priorities, worked on for a second each."""
    shares = {(row, 0): priority / 3 + 0.1 for row, priority in enumerate(priorities)}
    luck = FixedLuck({"consumer.failure": set(failing)}, uniforms={"producer.priority": shares})
    return World(
        producer=producer_options(arrivals=Trace(created_s)),
        broker=broker_options(priorities=3, **broker),
        consumer=consumer_options(service=Constant(1.0)),
        prefetch=prefetch,
        draws=luck,
    )


def order(world):
    return [row for row, _ in rows(world.run().delivered)]


def test_higher_first_and_first_in_first_out_among_equals():
    world = ranked([1.0, 1.1, 1.2, 1.3, 1.4, 1.5], [0, 0, 2, 1, 2, 0])
    assert order(world) == [0, 2, 4, 3, 1, 5]
    ledger = world.run()
    assert told(ledger.ranked, "priority")[:3] == [(0, 1.0, 0), (1, 1.1, 0), (2, 1.2, 2)]


def test_the_lowest_starve_while_there_are_others():
    world = ranked([1.0, 1.5, 1.9, 2.9, 3.9, 4.9], [2, 0, 2, 2, 2, 2])
    assert order(world) == [0, 2, 3, 4, 5, 1]


def test_what_comes_back_returns_to_its_place_behind_its_betters():
    world = ranked([1.0, 1.1, 1.2, 1.3], [1, 1, 2, 0], failing=[(0, 1)])
    assert order(world) == [0, 2, 0, 1, 3]


def test_what_is_prefetched_is_ordered_no_more():
    world = ranked([1.0, 1.0, 1.1], [0, 0, 2], prefetch=2)
    assert [row for row, _ in rows(world.run().effected)] == [0, 1, 2]


def test_a_crash_of_the_broker_keeps_it_all():
    world = ranked([1.0, 1.1, 1.2, 1.3], [0, 0, 1, 2])
    world.broker_faults = (FaultOptions(kind="process_crash", at_s=(1.5,), lasts=Constant(4.0)),)
    assert order(world) == [0, 3, 2, 0, 1]


def test_a_full_queue_that_drops_its_first_copy_drops_the_best():
    world = ranked([1.0, 1.1, 1.2, 1.3], [0, 0, 2, 1], capacity=2, overflow=Overflow.DROP_OLDEST)
    assert order(world) == [0, 3, 1]


def test_what_has_expired_is_skipped():
    world = ranked([1.0, 1.1, 1.2], [0, 2, 1], ttl_s=1.5)
    world.consumer = consumer_options(service=Constant(1.55))
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (1, 2.55)]
    assert rows(ledger.parked) == [(2, 2.7)]


def test_without_levels_there_is_nothing_to_tell():
    world = ranked([1.0], [0])
    world.broker = broker_options()
    assert not len(world.run().ranked)


@pytest.mark.parametrize("name", ["priorities", "keys"])
def test_there_is_at_least_one(name):
    with pytest.raises(ValueError, match=f"{name} must be >= 1, got 0"):
        broker_options(**{name: 0})
    with pytest.raises(ValueError, match="levels must be >= 1"):
        Priorities(FixedLuck(), 0)
