"""Consumers that are so many hands: when that may be, and literal schedules of it.

That the ledger is the same as with consumers proper is a property of its own (`tests/properties`);
here it is asserted for the schedules, too.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from models.arrivals import Poisson, Trace
from models.broker import ConfirmWhen, Overflow, RedeliveryOptions
from models.broker.hands import applies
from models.consumer import AckMode, OnFailure
from models.disk import DiskOptions
from models.laws import Constant, Exponential
from models.ledger import ACKNOWLEDGED, Cause
from models.network import LinkOptions
from models.policies import sync
from models.policies.backoff import Fixed
from tests.models.luck import FixedLuck
from tests.models.twins import assert_same_run
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
    rows,
    told,
)

SAFE = LinkOptions()


@pytest.mark.parametrize(
    ("consumer", "deliver", "prefetch", "faults", "reason"),
    [
        ({}, SAFE, 1, True, "can fail"),
        ({"crash_before_effect": 0.1}, SAFE, 1, False, "consumer.crash_before_effect"),
        ({"crash_after_effect": 0.1}, SAFE, 1, False, "crash_after_effect"),
        ({"ack": AckMode.AUTO}, SAFE, 1, False, "consumer.ack is auto"),
        ({"ack": AckMode.BEFORE}, SAFE, 1, False, "consumer.ack is before"),
        ({"failure": 0.1, "on_failure": OnFailure.IGNORE}, SAFE, 1, False, "on_failure"),
        ({"failure": 0.1, "on_failure": OnFailure.REPUBLISH}, SAFE, 1, False, "on_failure"),
        ({"poison": 0.1, "on_failure": OnFailure.CRASH}, SAFE, 1, False, "on_failure"),
        ({}, LinkOptions(delay=Constant(0.1)), 1, False, "network.deliver"),
        ({}, LinkOptions(ack_delay=Constant(0.1)), 1, False, "network.deliver"),
        ({}, LinkOptions(loss=0.1), 1, False, "network.deliver"),
        ({}, LinkOptions(ack_loss=0.1), 1, False, "network.deliver"),
        ({}, LinkOptions(duplication=0.1), 1, False, "network.deliver"),
        ({}, SAFE, 2, False, "consumer.prefetch"),
        ({}, SAFE, 0, False, "consumer.prefetch"),
    ],
)
def test_whatever_separates_consumer_and_broker_needs_consumers_proper(
    consumer, deliver, prefetch, faults, reason
):
    options, broker = consumer_options(**consumer), broker_options()
    assert reason in applies(options, broker, deliver, prefetch=prefetch, faults=faults)


def test_a_disk_that_takes_copies_back_needs_consumers_proper():
    disk = disk_options(failure=0.1)
    for persistent, reason in ((True, "writes are refused (disk.failure)"), (False, None)):
        broker = broker_options(disk=disk, persistent=persistent)
        assert applies(consumer_options(), broker, SAFE, prefetch=1, faults=False) == reason


def test_they_do_where_nothing_does():
    options = consumer_options(failure=0.1, concurrency=3)
    assert applies(options, broker_options(), SAFE, prefetch=1, faults=False) is None
    options = consumer_options(on_failure=OnFailure.IGNORE)  # which never happens
    assert applies(options, broker_options(), SAFE, prefetch=1, faults=False) is None


def handled(*created_s, service_s=1.0, draws=None, redelivery=None, consumers=1, **consumer):
    """The ledger of hands, asserted to be that of consumers proper."""
    world = World(
        producer=producer_options(arrivals=Trace(created_s)),
        broker=broker_options(
            persistent=False, redelivery=redelivery or RedeliveryOptions(delay=Fixed(0.0))
        ),
        consumer=consumer_options(service=Constant(service_s), **consumer),
        consumers=consumers,
        draws=draws,
        hands=True,
    )
    assert_same_run(world, replace(world, hands=False))
    assert world.has_hands
    ahead = replace(world, foresee=True)
    assert_same_run(ahead, replace(world, hands=False))
    assert ahead.has_hands
    assert ahead.foresaw
    return world.run()


def test_one_after_the_other():
    ledger = handled(1.0, 1.25, 5.0)
    assert rows(ledger.delivered) == [(0, 1.0), (1, 2.0), (2, 5.0)]
    assert rows(ledger.effected) == [(0, 2.0), (1, 3.0), (2, 6.0)]
    assert told(ledger.removed, "reason") == [
        (0, 2.0, ACKNOWLEDGED),
        (1, 3.0, ACKNOWLEDGED),
        (2, 6.0, ACKNOWLEDGED),
    ]


def test_hands_take_turns():
    ledger = handled(1.0, 3.0, 3.0, 5.0, consumers=2)
    assert told(ledger.delivered, "consumer") == [
        (0, 1.0, 0),
        (1, 3.0, 1),
        (2, 3.0, 0),
        (3, 5.0, 1),
    ]


def test_what_failed_comes_again_before_what_waits():
    luck = FixedLuck(coins={"consumer.failure": {(0, 1)}})
    ledger = handled(1.0, 1.25, draws=luck, failure=0.5)
    assert rows(ledger.raised) == rows(ledger.returned) == [(0, 2.0)]
    assert rows(ledger.delivered) == [(0, 1.0), (0, 2.0), (1, 3.0)]
    assert told(ledger.effected, "delivery") == [(0, 3.0, 2), (1, 4.0, 1)]


def test_what_comes_as_work_ends_comes_after_it():
    # At 2.0 both are done, 1 fails, and 2 arrives: 1 is given out again before that.
    luck = FixedLuck(coins={"consumer.failure": {(1, 1)}})
    ledger = handled(1.0, 1.0, 2.0, draws=luck, failure=0.5, consumers=2)
    assert told(ledger.delivered, "consumer") == [
        (0, 1.0, 0),
        (1, 1.0, 1),
        (1, 2.0, 0),
        (2, 2.0, 1),
    ]


def test_what_failed_prefers_another():
    luck = FixedLuck(coins={"consumer.failure": {(0, 1)}})
    to_other = RedeliveryOptions(delay=Fixed(0.0), to_other=True)
    ledger = handled(1.0, draws=luck, failure=0.5, consumers=3, redelivery=to_other)
    assert told(ledger.delivered, "consumer") == [(0, 1.0, 0), (0, 2.0, 1)]


def test_who_has_had_enough_parks_or_rejects():
    luck = FixedLuck(coins={"consumer.failure": {(0, 1), (0, 2)}})
    twice = RedeliveryOptions(delay=Fixed(0.5), limit=2)
    ledger = handled(1.0, draws=luck, failure=0.5, redelivery=twice)
    assert told(ledger.parked, "reason", Cause) == [(0, 3.5, Cause.DELIVERY_LIMIT)]
    ledger = handled(1.0, draws=luck, failure=0.5, on_failure=OnFailure.REJECT)
    assert told(ledger.parked, "reason", Cause) == [(0, 2.0, Cause.REJECTED)]


def test_nobody_works_before_the_start():
    ledger = handled(1.0, start=Constant(3.0))
    assert rows(ledger.delivered) == [(0, 3.0)]


@pytest.mark.parametrize(("timeout_s", "has_hands"), [(0.5, False), (1.0, False), (1.25, True)])
def test_overtime_makes_the_run_be_made_again(timeout_s, has_hands):
    world = World(
        broker=broker_options(
            redelivery=RedeliveryOptions(delay=Fixed(0.0), ack_timeout_s=timeout_s, limit=3)
        ),
        consumer=consumer_options(service=Constant(1.0)),
        hands=True,
    )
    assert_same_run(world, replace(world, hands=False))
    assert world.has_hands is has_hands


@pytest.mark.parametrize("overflow", Overflow)
def test_a_bounded_queue_on_a_disk_goes_on_as_before(overflow):
    world = World(
        producer=producer_options(arrivals=Poisson(20.0), timeout_s=0.5, retries=3),
        publish=LinkOptions(delay=Exponential(0.02), loss=0.1, ack_loss=0.1, duplication=0.1),
        broker=broker_options(
            capacity=4,
            overflow=overflow,
            ttl_s=3.0 if overflow is Overflow.REJECT else math.inf,
            confirm_when=ConfirmWhen.SYNCED,
            disk=DiskOptions(
                write=Exponential(0.001), sync=Exponential(0.01), policy=sync.Always()
            ),
        ),
        consumer=consumer_options(service=Exponential(0.2), failure=0.1),
        consumers=3,
        hands=True,
        measured=500,
        until_s=200.0,
    )
    assert_same_run(world, replace(world, hands=False))
    assert world.has_hands
    assert len(world.census.measured) == 500
