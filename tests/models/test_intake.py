"""The broker's front door, and what a full queue does."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.broker import Overflow
from models.faults import FaultOptions
from models.laws import Constant, Uniform
from models.ledger import ACKNOWLEDGED, Cause, Failed
from models.network import LinkOptions
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    producer_options,
    rows,
    told,
)


def full_world(*created_s, overflow, capacity=1, **changes):
    """One message a second at the most leaves the queue; the first is taken out at once."""
    settings = {
        "producer": producer_options(arrivals=Trace(created_s or (1.0,))),
        "broker": broker_options(capacity=capacity, overflow=overflow),
        "consumer": consumer_options(service=Constant(1.0)),
    }
    return World(**(settings | changes))


def test_packets_are_taken_in_one_at_a_time_in_order_of_arrival():
    options = producer_options(arrivals=Trace((1.0, 1.0, 1.25, 9.0)))
    ledger = World(producer=options, broker=broker_options(accept=Constant(0.5))).run()
    assert rows(ledger.arrived) == [(0, 1.0), (1, 1.0), (2, 1.25), (3, 9.0)]
    assert rows(ledger.stored) == [(0, 1.5), (1, 2.0), (2, 2.5), (3, 9.5)]


def test_each_packet_takes_its_own_time_to_take_in():
    luck = FixedLuck(times={"broker.accept": {(0, 1): 1.0, (1, 1): 0.25, (2, 1): 0.5}})
    options = producer_options(arrivals=Trace((1.0, 1.0, 1.0)))
    broker = broker_options(accept=Uniform(low_s=0.0, high_s=1.0))
    ledger = World(producer=options, broker=broker, draws=luck).run()
    assert rows(ledger.stored) == [(0, 2.0), (1, 2.25), (2, 2.75)]


def test_a_full_queue_rejects_and_says_so():
    # 0 is out for delivery, 1 fills the queue, 2 is turned away, 3 finds room again.
    ledger = full_world(1.0, 1.25, 1.5, 2.25, overflow=Overflow.REJECT).run()
    assert rows(ledger.stored) == [(0, 1.0), (1, 1.25), (3, 2.25)]
    assert told(ledger.dropped, "cause", Cause) == [(2, 1.5, Cause.OVERFLOW)]
    assert told(ledger.failed, "reason", Failed) == [(2, 1.5, Failed.REJECTED)]
    assert [row for row, _ in rows(ledger.effected)] == [0, 1, 3]


def test_a_full_queue_drops_the_new_and_acknowledges_it():
    ledger = full_world(1.0, 1.25, 1.5, 2.25, overflow=Overflow.DROP_NEW).run()
    assert told(ledger.dropped, "cause", Cause) == [(2, 1.5, Cause.OVERFLOW)]
    assert rows(ledger.confirmed) == [(0, 1.0), (1, 1.25), (2, 1.5), (3, 2.25)]
    assert [row for row, _ in rows(ledger.effected)] == [0, 1, 3]


def test_a_full_queue_drops_the_oldest_that_waits():
    ledger = full_world(1.0, 1.25, 1.5, 2.25, overflow=Overflow.DROP_OLDEST).run()
    assert told(ledger.dropped, "cause", Cause) == [(1, 1.5, Cause.OVERFLOW)]
    assert told(ledger.removed, "reason") == [
        (1, 1.5, Cause.OVERFLOW),
        (0, 2.0, ACKNOWLEDGED),
        (2, 3.0, ACKNOWLEDGED),
        (3, 4.0, ACKNOWLEDGED),
    ]
    assert rows(ledger.confirmed) == [(0, 1.0), (1, 1.25), (2, 1.5), (3, 2.25)]


def test_a_full_queue_blocks_the_door_and_all_behind_it():
    ledger = full_world(1.0, 1.25, 1.5, 1.75, overflow=Overflow.BLOCK).run()
    assert rows(ledger.arrived) == [(0, 1.0), (1, 1.25), (2, 1.5), (3, 1.75)]
    assert rows(ledger.stored) == [(0, 1.0), (1, 1.25), (2, 2.0), (3, 3.0)]
    assert rows(ledger.confirmed) == rows(ledger.stored)
    assert rows(ledger.effected) == [(0, 2.0), (1, 3.0), (2, 4.0), (3, 5.0)]


def test_who_is_blocked_runs_into_timeouts_and_comes_twice():
    options = producer_options(arrivals=Trace((1.0, 1.25, 1.5)), timeout_s=0.125, retries=1)
    world = full_world(overflow=Overflow.BLOCK, producer=options)
    ledger = world.run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.25), (2, 1.5), (2, 1.625)]
    assert rows(ledger.stored) == [(0, 1.0), (1, 1.25), (2, 2.0), (2, 3.0)]
    assert told(ledger.failed, "reason", Failed) == [(2, 1.75, Failed.ATTEMPTS)]


def test_a_blocked_door_still_takes_its_time_for_each():
    # 1 is served from 1.5 to 2, and waits; 2 is served only when 1 is in.
    broker = broker_options(accept=Constant(0.5), capacity=1, overflow=Overflow.BLOCK)
    consumer = consumer_options(service=Constant(4.0))
    world = full_world(1.0, 1.0, 1.0, 1.0, overflow=None, broker=broker, consumer=consumer)
    ledger = world.run()
    assert rows(ledger.stored) == [(0, 1.5), (1, 2.0), (2, 5.5), (3, 9.5)]


def test_what_stands_at_a_blocked_door_dies_with_the_process():
    crash = FaultOptions(kind="process_crash", at_s=(1.75,), lasts=Constant(0.125))
    world = full_world(1.0, 1.25, 1.5, 3.0, overflow=Overflow.BLOCK, broker_faults=(crash,))
    ledger = world.run()
    assert told(ledger.dropped, "cause", Cause) == [(2, 1.75, Cause.BROKER_MEMORY)]
    # 0 and 1 were written: 0 is given again while its first delivery is still worked on.
    assert rows(ledger.effected) == [(0, 2.0), (0, 3.0), (1, 4.0), (3, 5.0)]


def test_messages_out_for_delivery_do_not_count_against_the_capacity():
    world = full_world(1.0, 1.0, 1.0, 1.0, overflow=Overflow.REJECT, prefetch=3)
    ledger = world.run()
    assert rows(ledger.stored) == [(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0)]
    assert not len(ledger.dropped)


def test_a_copy_that_comes_back_may_exceed_the_bound():
    # 0 is refused at 2.0 and returns to its place before 1, which had filled the queue.
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    ledger = full_world(1.0, 1.25, overflow=Overflow.REJECT, draws=luck).run()
    assert rows(ledger.effected) == [(0, 3.0), (1, 4.0)]
    assert not len(ledger.dropped)


@pytest.mark.parametrize("overflow", Overflow)
def test_without_a_bound_nothing_overflows(overflow):
    created_s = tuple(1.0 + number / 64 for number in range(64))
    ledger = full_world(*created_s, overflow=overflow, capacity=0).run()
    assert len(ledger.stored) == 64
    assert not len(ledger.dropped)


def test_a_negative_acknowledgement_can_be_lost_too():
    luck = FixedLuck({"publish.ack_loss": {(2, 1)}})
    options = producer_options(arrivals=Trace((1.0, 1.25, 1.5)), timeout_s=0.25, retries=1)
    link = LinkOptions(ack_delay=Constant(0.125))
    world = full_world(overflow=Overflow.REJECT, producer=options, publish=link, draws=luck)
    ledger = world.run()
    assert rows(ledger.sent)[2:] == [(2, 1.5), (2, 1.75)]
    assert told(ledger.failed, "reason", Failed) == [(2, 1.875, Failed.REJECTED)]


def test_a_negative_capacity_is_refused():
    with pytest.raises(ValueError, match="capacity must be >= 0, got -1"):
        broker_options(capacity=-1)
