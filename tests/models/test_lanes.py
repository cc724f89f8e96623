"""One message of a key at a time: a lane stands still while its first is not done."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.broker import Overflow
from models.faults import FaultOptions
from models.laws import Constant, Uniform
from models.policies.backoff import Fixed
from tests.models.luck import FixedLuck
from tests.models.work import given
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    producer_options,
    redelivery_options,
    rows,
    told,
)


def laned(*created_s, keys=(), service_s=None, failing=(), consumers=2, **broker):
    """Messages with these keys of two (0 where none is named), worked on for a second or so."""
    luck = FixedLuck(
        {"consumer.failure": set(failing)},
        {"consumer.service": service_s or {}},
        {"producer.order_key": {(row, 0): keys[row] / 2 for row in range(len(keys))}},
    )
    return World(
        producer=producer_options(arrivals=Trace(created_s), keys=2 if keys else 1),
        broker=broker_options(ordered=True, keys=2 if keys else 1, **broker),
        consumer=consumer_options(service=Uniform(low_s=0.0, high_s=2.0)),
        consumers=consumers,
        draws=luck,
        until_s=60.0,
    )


def test_one_key_is_one_at_a_time_however_many_consumers_there_are():
    ledger = laned(1.0, 1.0, 1.0, consumers=3).run()
    assert given(ledger) == [(0, 1.0, 0), (1, 2.0, 1), (2, 3.0, 2)]


def test_keys_have_nothing_to_do_with_one_another():
    ledger = laned(1.0, 1.0, 1.0, 1.0, keys=(0, 0, 1, 1)).run()
    assert rows(ledger.delivered) == [(0, 1.0), (2, 1.0), (1, 2.0), (3, 2.0)]


def test_producers_have_nothing_to_do_with_one_another():
    world = laned(1.0, 1.0)
    world.producers = 2
    assert rows(world.run().delivered) == [(0, 1.0), (1, 1.0), (2, 2.0), (3, 2.0)]


def test_a_failure_holds_up_those_behind_it_and_nobody_else():
    world = laned(1.0, 1.0, 1.0, 1.0, keys=(0, 0, 1, 1), failing=[(0, 1)])
    world.broker = broker_options(
        ordered=True, keys=2, redelivery=redelivery_options(delay=Fixed(3.0))
    )
    ledger = world.run()
    assert rows(ledger.effected) == [(2, 2.0), (3, 3.0), (0, 6.0), (1, 7.0)]


def test_the_next_may_go_when_the_first_is_parked():
    redelivery = redelivery_options(limit=1)
    ledger = laned(1.0, 1.0, failing=[(0, 1)], redelivery=redelivery).run()
    assert rows(ledger.parked) == [(0, 2.0)]
    assert rows(ledger.delivered) == [(0, 1.0), (1, 2.0)]


def test_or_when_it_has_expired():
    # 0 fails at 3.0, too old to come back; 1 is out from then on; 2 expires behind it at 4.5.
    world = laned(1.0, 2.0, 2.5, failing=[(0, 1)], service_s={(0, 1): 2.0, (1, 1): 2.0}, ttl_s=2.0)
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (1, 3.0)]
    assert rows(ledger.parked) == [(0, 3.0), (2, 4.5)]


def test_a_consumer_may_hold_several_of_different_keys_only():
    world = laned(1.0, 1.0, 1.0, 1.0, keys=(0, 0, 1, 0), consumers=1)
    world.prefetch = 0
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (2, 1.0), (1, 2.0), (3, 4.0)]


def test_a_death_brings_the_first_back_to_the_head_of_its_lane():
    world = laned(1.0, 1.0, consumers=1)
    world.consumer_faults = (FaultOptions(kind="crash", at_s=(1.5,), lasts=Constant(9.0)),)
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 10.5), (1, 11.5)]


def test_a_crash_of_the_broker_keeps_the_order_and_frees_the_lanes():
    world = laned(1.0, 1.0, 1.0, keys=(0, 0, 1))
    world.broker_faults = (FaultOptions(kind="process_crash", at_s=(1.5,), lasts=Constant(4.0)),)
    ledger = world.run()
    assert rows(ledger.delivered)[2:] == [(0, 5.5), (2, 5.5), (1, 6.5)]


@pytest.mark.parametrize(
    ("overflow", "left"), [(Overflow.REJECT, [0, 1, 2]), (Overflow.DROP_OLDEST, [0, 3, 4])]
)
def test_a_queue_is_full_of_those_that_must_wait_too(overflow, left):
    ledger = laned(1.0, 1.0, 1.0, 1.0, 1.0, capacity=2, overflow=overflow).run()
    assert [row for row, _ in rows(ledger.effected)] == left


def test_among_lanes_the_best_first_copy_goes_first():
    world = laned(1.0, 1.0, 1.0, keys=(0, 1, 1), consumers=1, priorities=3)
    world.draws._uniforms["producer.priority"] = {(0, 0): 0.5, (1, 0): 0.0, (2, 0): 0.9}
    ledger = world.run()
    # 2 has the highest priority and waits behind 1, which has the lowest.
    assert rows(ledger.delivered) == [(0, 1.0), (1, 2.0), (2, 3.0)]
    assert told(ledger.ranked, "priority") == [(0, 1.0, 1), (1, 1.0, 0), (2, 1.0, 2)]
