"""Acknowledgements in batches: when they go, what they carry, and what a death takes with it."""

from __future__ import annotations

from models.consumer import AckMode, CommitOptions, OnFailure
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import ACKNOWLEDGED
from models.network import LinkOptions
from tests.models.luck import FixedLuck
from tests.models.work import given, working
from tests.models.world import broker_options, redelivery_options, rows, times, told


def batched(*created_s, every=2, interval_s=10.0, prefetch=0, **options):
    world = working(
        *created_s,
        ack=AckMode.BATCH,
        commit=CommitOptions(every=every, interval_s=interval_s),
        **options,
    )
    world.prefetch = prefetch
    return world


def test_effects_are_acknowledged_together():
    ledger = batched(1.0, 1.0, 1.0, 1.0).run()
    assert rows(ledger.effected) == [(0, 2.0), (1, 3.0), (2, 4.0), (3, 5.0)]
    assert told(ledger.removed, "reason") == [
        *((0, 3.0, ACKNOWLEDGED), (1, 3.0, ACKNOWLEDGED)),
        *((2, 5.0, ACKNOWLEDGED), (3, 5.0, ACKNOWLEDGED)),
    ]


def test_the_interval_runs_from_the_first_that_waits():
    # 0 waits from 2.0; 1 and 2 fill the batch at 3.0 and 4.0, so that 3 starts anew at 5.0.
    world = batched(1.0, 1.0, 1.0, 1.0, every=3, interval_s=2.5)
    assert times(world.run().removed) == [4.0, 4.0, 4.0, 7.5]


def test_a_prefetch_below_the_batch_waits_for_the_interval_every_time():
    world = batched(1.0, 1.0, 1.0, every=3, interval_s=4.0, prefetch=2)
    ledger = world.run()
    assert given(ledger) == [(0, 1.0, 0), (1, 1.0, 0), (2, 6.0, 0)]
    assert times(ledger.removed) == [6.0, 6.0, 11.0]


def test_a_death_takes_the_batch_with_it_and_all_its_effects_are_repeated():
    death = FaultOptions(kind="crash", at_s=(3.5,), lasts=Constant(0.5))
    world = batched(1.0, 1.0, 1.0, every=3, faults=(death,))
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 2.0), (1, 3.0), (0, 5.0), (1, 6.0), (2, 7.0)]
    assert times(ledger.removed) == [7.0, 7.0, 7.0]


def test_a_timer_of_a_dead_process_does_not_send_the_batch_of_the_next():
    # The timer of 2.0 would end at 5.0; the new process has its first effect at 4.5.
    death = FaultOptions(kind="crash", at_s=(2.5,), lasts=Constant(1.0))
    world = batched(1.0, every=3, interval_s=3.0, faults=(death,))
    assert times(world.run().removed) == [7.5]


def test_a_crash_of_the_broker_makes_the_batch_void():
    world = batched(1.0, 1.0, 1.0, every=3)
    world.broker_faults = (FaultOptions(kind="process_crash", at_s=(3.25,), lasts=Constant(0.5)),)
    ledger = world.run()
    # Begun at 3.0, message 2 is finished all the same, for nothing.
    assert rows(ledger.effected)[:3] == [(0, 2.0), (1, 3.0), (2, 4.0)]
    assert rows(ledger.effected)[3:] == [(0, 5.0), (1, 6.0), (2, 7.0)]
    assert rows(ledger.removed) == [(0, 7.0), (1, 7.0), (2, 7.0)]


def test_failures_are_answered_at_once_and_alone():
    world = batched(1.0, 1.0, 1.0, draws=FixedLuck({"consumer.failure": {(1, 1)}}))
    ledger = world.run()
    assert rows(ledger.returned) == [(1, 3.0)]
    assert rows(ledger.removed) == [(0, 4.0), (2, 4.0), (1, 15.0)]
    rejecting = batched(
        1.0, 1.0, draws=FixedLuck({"consumer.failure": {(1, 1)}}), on_failure=OnFailure.REJECT
    )
    assert rows(rejecting.run().parked) == [(1, 3.0)]


def test_a_batch_is_one_packet_with_the_luck_of_its_last():
    lost = FixedLuck({"deliver.ack_loss": {(1, 1)}})
    world = batched(
        1.0, 1.0, 1.0, 1.0, draws=lost, deliver=LinkOptions(ack_loss=0.5, ack_delay=Constant(0.25))
    )
    world.broker = broker_options(redelivery=redelivery_options(ack_timeout_s=20.0))
    ledger = world.run()
    assert rows(ledger.removed) == [(2, 5.25), (3, 5.25), (0, 23.25), (1, 23.25)]
    assert rows(ledger.effected)[-2:] == [(0, 22.0), (1, 23.0)]


def test_what_waits_too_long_for_its_batch_is_repeated():
    world = batched(1.0, every=5, interval_s=3.0)
    world.broker = broker_options(redelivery=redelivery_options(ack_timeout_s=2.5))
    ledger = world.run()
    # Given out again at 3.5, done again at 4.5; the batch of 2.0 goes at 5.0 with both.
    assert rows(ledger.effected) == [(0, 2.0), (0, 4.5)]
    assert rows(ledger.removed) == [(0, 5.0)]


def test_one_at_a_time_is_a_batch_of_one():
    batches, single = batched(1.0, 1.0, every=1).run(), working(1.0, 1.0).run()
    assert rows(batches.removed) == rows(single.removed) == [(0, 2.0), (1, 3.0)]
