"""Schedules of a disk that refuses writes: what becomes of a copy, what its producer hears."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.arrivals import Trace
from models.broker import ConfirmWhen
from models.consumer import AckMode
from models.faults import FaultOptions
from models.laws import Constant, Empirical
from models.ledger import ACKNOWLEDGED, Cause
from models.policies.backoff import Fixed
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

ERROR = Cause.WRITE_ERROR


def full(*at_s, lasts_s=2.0):
    return FaultOptions(kind="full", at_s=at_s, lasts=Constant(lasts_s))


def unlucky(*copies, **disk):
    """A world of message 0 whose copies of these numbers fail to be written, confirmed at sync."""
    luck = FixedLuck(coins={"disk.failure": {(0, number) for number in copies}})
    return World(
        producer=producer_options(retries=2, backoff=Fixed(1.0)),
        broker=broker_options(
            confirm_when=ConfirmWhen.SYNCED, disk=disk_options(failure=0.5, **disk)
        ),
        consumers=0,
        draws=luck,
    )


def dropped(ledger):
    return told(ledger.dropped, "cause", Cause)


def test_a_write_error_drops_the_copy_and_asks_for_another():
    world = unlucky(1, 2, write=Constant(0.25))
    ledger = world.run()
    assert rows(ledger.sent) == [(0, 1.0), (0, 2.25), (0, 3.5)]
    assert dropped(ledger) == [(0, 1.25, ERROR), (0, 2.5, ERROR)]
    assert told(ledger.removed, "reason", Cause) == dropped(ledger)
    assert rows(ledger.written) == [(0, 3.75)]
    assert rows(ledger.confirmed) == [(0, 3.75)]


def test_a_write_at_once_is_refused_at_once_before_anybody_sees_the_copy():
    world = unlucky(1)
    world.consumers = 1
    ledger = world.run()
    assert rows(ledger.stored) == [(0, 1.0), (0, 2.0)]
    assert dropped(ledger) == [(0, 1.0, ERROR)]
    assert rows(ledger.delivered) == [(0, 2.0)]
    assert rows(ledger.confirmed) == [(0, 2.0)]


def test_when_every_attempt_is_refused_the_loss_is_reported():
    world = unlucky(1, 2, 3)
    world.measured = 1
    ledger = world.run()
    assert rows(ledger.failed) == [(0, 3.0)]
    assert dropped(ledger) == [(0, 1.0, ERROR), (0, 2.0, ERROR), (0, 3.0, ERROR)]
    assert world.census.decided_s == {0: 3.0}


def test_a_copy_confirmed_before_its_write_is_lost_silently():
    world = unlucky(1, write=Constant(0.25))
    world.broker = broker_options(confirm_when=ConfirmWhen.RECEIVED, disk=world.broker.disk)
    world.measured = 1
    ledger = world.run()
    assert rows(ledger.confirmed) == [(0, 1.0)]
    assert dropped(ledger) == [(0, 1.25, ERROR)]
    assert len(ledger.sent) == 1
    assert world.census.decided_s == {0: 1.25}


def test_a_delivery_under_way_goes_on_and_the_next_attempt_makes_a_second_effect():
    world = unlucky(1, write=Constant(0.5))
    world.consumer = consumer_options(service=Constant(2.0))
    world.consumers = 1
    ledger = world.run()
    # Refused at 1.5 while it is worked on: the effect comes, but its acknowledgement means nothing.
    assert told(ledger.removed, "reason")[0] == (0, 1.5, ERROR)
    assert not len(ledger.dropped)
    assert rows(ledger.effected) == [(0, 3.0), (0, 5.0)]
    assert rows(ledger.confirmed) == [(0, 3.0)]


def test_a_delivery_whose_copy_was_refused_may_come_to_nothing():
    world = unlucky(1, 2, 3, write=Constant(0.5))
    world.consumer = consumer_options(service=Constant(2.0), failure=1.0)
    world.consumers = 1
    world.measured = 1
    ledger = world.run()
    assert [cause for _, _, cause in dropped(ledger)] == [ERROR] * 3
    assert not len(ledger.effected)
    assert len(world.census.decided_s) == 1


def test_a_copy_that_waits_for_redelivery_is_refused_too():
    world = unlucky(1, write=Constant(0.5))
    world.broker = broker_options(
        confirm_when=ConfirmWhen.SYNCED,
        disk=world.broker.disk,
        redelivery=redelivery_options(delay=Fixed(5.0)),
    )
    world.producer = producer_options()
    world.consumer = consumer_options(failure=1.0)
    world.consumers = 1
    world.measured = 1
    ledger = world.run()
    assert rows(ledger.returned) == [(0, 1.0)]
    assert dropped(ledger) == [(0, 1.5, ERROR)]
    assert len(ledger.delivered) == 1


def test_what_was_acknowledged_before_its_write_is_refused_all_the_same():
    world = unlucky(1, write=Constant(0.5))
    world.consumers = 1
    world.consumer = consumer_options(ack=AckMode.AUTO)
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 1.0), (0, 2.5)]
    assert not len(ledger.dropped)
    assert rows(ledger.confirmed) == [(0, 3.0)]


def test_the_consumer_of_a_refused_copy_gets_the_next_one():
    world = unlucky(1, write=Constant(0.5))
    world.producer = producer_options(arrivals=Trace((1.0, 1.25)))
    world.consumer = consumer_options(service=Constant(2.0))
    world.consumers = 1
    world.prefetch = 1
    ledger = world.run()
    # Message 1 is handed out when the broker forgets of message 0, and waits in the consumer.
    assert rows(ledger.delivered) == [(0, 1.0), (1, 1.5)]
    assert rows(ledger.effected) == [(0, 3.0), (1, 5.0)]


def test_a_refused_record_takes_the_copies_of_all_groups_along():
    # Group 0 has consumed its copy at once, group 1 is working on its own, when the write fails.
    world = unlucky(1, write=Constant(0.5))
    world.broker = replace(world.broker, groups=2)
    world.draws = FixedLuck(
        coins={"disk.failure": {(0, 1)}},
        times={"consumer.service": {(0, 1): 0.25}, "consumer of group 1.service": {(0, 1): 4.0}},
    )
    world.consumer = consumer_options(service=Empirical((0.25, 4.0)))
    world.consumers = 1
    ledger = world.run()
    first, second = ledger.groups
    assert told(first.removed, "reason")[0] == (0, 1.25, ACKNOWLEDGED)
    assert told(second.removed, "reason")[0] == (0, 1.5, ERROR)
    # The second attempt is for both again.
    assert rows(first.effected)[:2] == [(0, 1.25), (0, 4.625)]
    assert rows(second.effected)[0] == (0, 5.0)


def test_a_copy_that_is_confirmed_when_processed_is_answered_once():
    # Processed at 1.25, before the write fails at 1.5: its producer has been told already.
    world = unlucky(1, write=Constant(0.5))
    world.broker = replace(world.broker, confirm_when=ConfirmWhen.PROCESSED)
    world.consumer = consumer_options(service=Constant(0.25))
    world.consumers = 1
    ledger = world.run()
    assert rows(ledger.confirmed) == [(0, 1.25)]
    assert rows(ledger.sent) == [(0, 1.0)]
    # Processed at 2.0 without a copy at the broker: not confirmed, and sent again.
    world.consumer = consumer_options(service=Constant(1.0))
    ledger = world.run()
    assert rows(ledger.sent) == [(0, 1.0), (0, 2.5)]
    assert rows(ledger.confirmed) == [(0, 3.5)]


def test_a_full_disk_refuses_what_begins_to_be_written():
    # 0 is being written when the disk becomes full; 1 waits behind it; 2 comes; 3 comes after.
    world = World(
        producer=producer_options(arrivals=Trace((1.0, 1.25, 2.5, 4.0))),
        broker=broker_options(
            confirm_when=ConfirmWhen.WRITTEN, disk=disk_options(write=Constant(0.75))
        ),
        consumers=0,
        disk_faults=(full(1.5),),
    )
    ledger = world.run()
    assert rows(ledger.written) == [(0, 1.75), (3, 4.75)]
    assert dropped(ledger) == [(1, 1.75, ERROR), (2, 2.5, ERROR)]
    assert rows(ledger.confirmed) == [(0, 1.75), (3, 4.75)]
    assert ledger.crashes == [(1.5, "disk", "full")]
    assert ledger.restarts == [(3.5, "disk")]


def test_a_disk_is_full_until_the_last_of_several_faults_is_over():
    world = World(
        producer=producer_options(arrivals=Trace((2.0, 4.0, 4.75, 6.0))),
        consumers=0,
        disk_faults=(full(1.0, lasts_s=2.5), full(3.0, lasts_s=2.0)),
    )
    assert rows(world.run().written) == [(3, 6.0)]


def test_what_is_in_the_page_cache_of_a_full_disk_is_synced_and_removed():
    world = World(
        producer=producer_options(arrivals=Trace((1.0, 6.0))),
        broker=broker_options(
            confirm_when=ConfirmWhen.SYNCED, disk=disk_options(sync=Constant(1.0))
        ),
        consumer=consumer_options(service=Constant(2.0)),
        disk_faults=(full(1.5, lasts_s=4.0),),
        broker_faults=(FaultOptions(kind="power_loss", at_s=(8.0,), lasts=Constant(1.0)),),
    )
    ledger = world.run()
    assert rows(ledger.synced) == [(0, 2.0), (1, 7.0)]
    assert rows(ledger.effected)[0] == (0, 3.0)
    assert 0 not in ledger.recovered.messages()  # the removal went with the second sync


@pytest.mark.parametrize("kind", ["process_crash", "power_loss"])
def test_a_disk_is_as_full_after_a_crash_as_before(kind):
    world = World(
        producer=producer_options(arrivals=Trace((1.0, 5.0, 9.0))),
        broker=broker_options(confirm_when=ConfirmWhen.SYNCED),
        consumers=0,
        broker_faults=(FaultOptions(kind=kind, at_s=(3.0,), lasts=Constant(1.0)),),
        disk_faults=(full(2.0, lasts_s=6.0),),
    )
    ledger = world.run()
    assert rows(ledger.synced) == [(0, 1.0), (2, 9.0)]
    assert dropped(ledger) == [(1, 5.0, ERROR)]


def test_a_crash_ends_the_line_of_writes_that_would_be_refused():
    world = unlucky(1, write=Constant(4.0))
    world.producer = producer_options()
    world.broker_faults = (FaultOptions(kind="process_crash", at_s=(3.0,), lasts=Constant(1.0)),)
    ledger = world.run()
    assert dropped(ledger) == [(0, 3.0, Cause.BROKER_MEMORY)]
    assert rows(ledger.failed) == [(0, 11.0)]


def test_without_persistent_messages_nothing_is_refused():
    world = unlucky(1)
    world.broker = broker_options(persistent=False, disk=world.broker.disk)
    world.disk_faults = (full(0.5),)
    ledger = world.run()
    assert rows(ledger.confirmed) == [(0, 1.0)]
    assert not len(ledger.dropped)
