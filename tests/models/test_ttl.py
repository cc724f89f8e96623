"""Schedules of expiry: a message lives so long in the queue, wherever it waits there."""

from __future__ import annotations

import math

import pytest

from models.arrivals import Trace
from models.broker import Overflow
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import ACKNOWLEDGED, Cause
from models.policies.backoff import Fixed
from models.policies.sync import Always
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
    redelivery_options,
    rows,
    told,
)

EXPIRED = Cause.EXPIRED


def expiring(*created_s, ttl_s=2.0, service_s=1.0, draws=None, faults=(), **redelivery):
    return World(
        producer=producer_options(arrivals=Trace(created_s)),
        broker=broker_options(ttl_s=ttl_s, redelivery=redelivery_options(**redelivery)),
        consumer=consumer_options(service=Constant(service_s)),
        draws=draws,
        broker_faults=faults,
    )


@pytest.mark.parametrize("dead_letter", [True, False])
def test_what_waits_too_long_expires_to_the_dead_letters_or_nowhere(dead_letter):
    # 0 is worked on from 1 to 4; 1 would have its turn then, but expires at 3.5.
    world = expiring(1.0, 1.5, service_s=3.0, dead_letter=dead_letter)
    world.measured = 2
    ledger = world.run()
    assert told(ledger.removed, "reason") == [(1, 3.5, EXPIRED), (0, 4.0, ACKNOWLEDGED)]
    assert told(ledger.parked, "reason", Cause) == ([(1, 3.5, EXPIRED)] if dead_letter else [])
    assert told(ledger.dropped, "cause", Cause) == ([] if dead_letter else [(1, 3.5, EXPIRED)])
    assert world.census.decided_s == {1: 3.5, 0: 4.0}


def test_one_that_expires_in_the_middle_is_skipped():
    # 0 fails at 4 and is back at the head; by then 1 and 2 are gone, 3 is not.
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    world = expiring(1.0, 1.0, 1.5, 3.0, service_s=3.0, draws=luck, ttl_s=3.5)
    ledger = world.run()
    assert rows(ledger.parked) == [(1, 4.5), (2, 5.0), (3, 6.5)]
    assert rows(ledger.delivered) == [(0, 1.0), (0, 4.0)]


def test_out_for_delivery_nothing_expires():
    ledger = expiring(1.0, service_s=9.0).run()
    assert rows(ledger.effected) == [(0, 10.0)]
    assert not len(ledger.parked)


def test_what_comes_back_from_a_delivery_too_late_expires_then():
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    ledger = expiring(1.0, service_s=9.0, draws=luck).run()
    assert rows(ledger.returned) == [(0, 10.0)]
    assert told(ledger.parked, "reason", Cause) == [(0, 10.0, EXPIRED)]
    assert rows(ledger.delivered) == [(0, 1.0)]


def test_what_is_delayed_expires_at_the_end_of_its_delay():
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    ledger = expiring(1.0, draws=luck, delay=Fixed(5.0)).run()
    assert told(ledger.parked, "reason", Cause) == [(0, 7.0, EXPIRED)]


def test_what_comes_back_in_time_keeps_its_old_age():
    # Back at 2.0, behind nobody, but 1 is in hand until 5: 0 expires at 4, not at 5.
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    world = expiring(1.0, 1.5, ttl_s=3.0, draws=luck, delay=Fixed(0.5))
    world.consumer = consumer_options(service=Constant(1.0))
    world.draws = FixedLuck({"consumer.failure": {(0, 1)}}, {"consumer.service": {(1, 1): 3.0}})
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (1, 2.0)]
    assert told(ledger.parked, "reason", Cause) == [(0, 4.0, EXPIRED)]


def test_a_delivery_at_the_very_instant_of_the_end_is_in_time():
    ledger = expiring(1.0, 1.0, ttl_s=1.0).run()
    assert rows(ledger.delivered) == [(0, 1.0), (1, 2.0)]


def test_expiry_makes_room_at_a_blocked_door():
    world = expiring(1.0, 1.25, 1.5, service_s=9.0)
    world.broker = broker_options(ttl_s=2.0, capacity=1, overflow=Overflow.BLOCK)
    ledger = world.run()
    assert rows(ledger.stored) == [(0, 1.0), (1, 1.25), (2, 3.25)]
    assert rows(ledger.parked) == [(1, 3.25), (2, 5.25)]


def test_while_the_broker_is_down_nothing_expires_but_then_it_does():
    # Down from 2 to 6: 0 would have expired at 3, unless it can be delivered before.
    fall = FaultOptions(kind="process_crash", at_s=(2.0,), lasts=Constant(4.0))
    world = expiring(1.0, 1.5, service_s=9.0, faults=(fall,))
    ledger = world.run()
    # 1 was waiting, 0 was out for delivery: neither is delivered again.
    assert told(ledger.parked, "reason", Cause) == [(0, 6.0, EXPIRED), (1, 6.0, EXPIRED)]
    assert rows(ledger.delivered) == [(0, 1.0)]


def test_what_survives_a_crash_young_enough_expires_when_its_time_is_up():
    # 1 waits in the queue, 0 is out for delivery; both are back at 2.5, and expire in the queue,
    # for the consumer begins nothing else before 10.
    fall = FaultOptions(kind="process_crash", at_s=(2.0,), lasts=Constant(0.5))
    world = expiring(1.0, 1.5, ttl_s=4.0, service_s=9.0, faults=(fall,))
    world.consumer = consumer_options(service=Constant(9.0), restart=Constant(50.0))
    world.consumer_faults = (FaultOptions(kind="crash", at_s=(2.25,), lasts=Constant(50.0)),)
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0)]
    assert told(ledger.parked, "reason", Cause) == [(0, 5.0, EXPIRED), (1, 5.5, EXPIRED)]


def test_what_a_power_loss_brings_back_still_has_its_old_age():
    # Acknowledged at 2, brought back by the power loss at 3; nobody is there to take it.
    loss = FaultOptions(kind="power_loss", at_s=(3.0,), lasts=Constant(0.5))
    world = expiring(1.0, 1.0, ttl_s=8.0, faults=(loss,))
    world.producer = producer_options(arrivals=Trace((1.0,)))
    world.consumer_faults = (FaultOptions(kind="crash", at_s=(2.5,), lasts=Constant(50.0)),)
    ledger = world.run()
    assert rows(ledger.recovered) == [(0, 3.0)]
    assert told(ledger.removed, "reason") == [(0, 2.0, ACKNOWLEDGED), (0, 9.0, EXPIRED)]


def test_what_a_power_loss_brings_back_expires_even_if_its_timer_was_forgotten():
    # When the time of 0 is up at 9, 1 is gone as well, and no timer is kept for it. The power loss
    # at 9.25 brings 1 back: its time is up at 10.
    loss = FaultOptions(kind="power_loss", at_s=(9.25,), lasts=Constant(0.25))
    world = expiring(1.0, 2.0, ttl_s=8.0, faults=(loss,))
    world.consumer_faults = (FaultOptions(kind="crash", at_s=(9.0,), lasts=Constant(50.0)),)
    ledger = world.run()
    assert rows(ledger.recovered) == [(1, 9.25)]
    assert told(ledger.removed, "reason")[-1] == (1, 10.0, EXPIRED)


def test_a_parked_message_that_a_power_loss_brings_back_is_parked_again():
    # Its removal was synced by nothing. Two deliveries were its limit.
    luck = FixedLuck({"consumer.failure": {(0, 1), (0, 2)}})
    loss = FaultOptions(kind="power_loss", at_s=(5.0,), lasts=Constant(1.0))
    world = expiring(1.0, draws=luck, ttl_s=50.0, limit=2, faults=(loss,))
    world.broker = broker_options(
        redelivery=redelivery_options(limit=2), disk=disk_options(policy=Always()), ttl_s=50.0
    )
    ledger = world.run()
    limit = Cause.DELIVERY_LIMIT
    assert told(ledger.parked, "reason", Cause) == [(0, 3.0, limit), (0, 6.0, limit)]
    assert rows(ledger.recovered) == [(0, 5.0)]
    assert len(ledger.delivered) == 2


@pytest.mark.parametrize("ttl_s", [0.0, -1.0, math.nan])
def test_a_time_to_live_must_be_positive(ttl_s):
    with pytest.raises(ValueError, match=f"ttl_s must be > 0, got {ttl_s}"):
        broker_options(ttl_s=ttl_s)
