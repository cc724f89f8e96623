"""Schedules of one disk: when a record is in the page cache, and when it is safe."""

from __future__ import annotations

import math

import pytest

from models.arrivals import Trace
from models.broker import ConfirmWhen
from models.faults import FaultOptions
from models.laws import Constant, Empirical
from models.policies.sync import Always, Count, Interval, Never
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
    rows,
    times,
    told,
)


def disk_world(
    *created_s, faults=(), disk_faults=(), consumers=0, draws=None, consumer=None, **disk
):
    """A world whose messages reach a disk as they are created, confirmed when synced."""
    return World(
        producer=producer_options(arrivals=Trace(created_s), timeout_s=50.0),
        broker=broker_options(confirm_when=ConfirmWhen.SYNCED, disk=disk_options(**disk)),
        consumer=consumer or consumer_options(),
        consumers=consumers,
        broker_faults=faults,
        disk_faults=disk_faults,
        draws=draws,
    )


def test_writes_are_done_one_at_a_time_in_order():
    ledger = disk_world(1.0, 1.0, 1.25, 4.0, write=Constant(0.5)).run()
    assert rows(ledger.stored) == [(0, 1.0), (1, 1.0), (2, 1.25), (3, 4.0)]
    assert rows(ledger.written) == [(0, 1.5), (1, 2.0), (2, 2.5), (3, 4.5)]
    assert rows(ledger.synced) == rows(ledger.written)


def test_a_write_at_once_is_in_the_page_cache_as_it_arrives():
    ledger = disk_world(1.0, 1.0).run()
    assert rows(ledger.written) == [(0, 1.0), (1, 1.0)]


def test_always_is_group_commit():
    # The first record starts a sync; what is written during it shares the next one.
    ledger = disk_world(1.0, 1.25, 1.5, 2.25, 9.0, sync=Constant(1.0)).run()
    assert rows(ledger.synced) == [(0, 2.0), (1, 3.0), (2, 3.0), (3, 4.0), (4, 10.0)]
    assert rows(ledger.confirmed) == rows(ledger.synced)


def test_a_record_written_at_the_end_of_a_sync_is_not_in_it():
    ledger = disk_world(1.0, 2.0, sync=Constant(1.0)).run()
    assert rows(ledger.synced) == [(0, 2.0), (1, 3.0)]


def test_a_record_still_being_written_is_not_in_the_sync():
    ledger = disk_world(1.0, 1.0, write=Constant(0.25), sync=Constant(1.0)).run()
    assert rows(ledger.written) == [(0, 1.25), (1, 1.5)]
    assert rows(ledger.synced) == [(0, 2.25), (1, 3.25)]


def test_interval_syncs_at_multiples_from_the_start_and_a_quiet_log_too():
    ledger = disk_world(0.25, 0.75, 2.5, 7.9, policy=Interval(1.0), sync=Constant(0.125)).run()
    assert rows(ledger.synced) == [(0, 1.125), (1, 1.125), (2, 3.125), (3, 8.125)]


def test_a_tick_during_a_sync_is_skipped():
    ledger = disk_world(0.5, 1.5, 2.5, policy=Interval(1.0), sync=Constant(1.5)).run()
    # Ticks at 1 and 3 begin syncs; the one at 2 falls into the first of them.
    assert rows(ledger.synced) == [(0, 2.5), (1, 4.5), (2, 4.5)]


def test_a_sync_that_ends_at_a_tick_skips_it_too():
    ledger = disk_world(0.5, 1.5, policy=Interval(1.0), sync=Constant(1.0)).run()
    assert rows(ledger.synced) == [(0, 2.0), (1, 4.0)]


@pytest.mark.parametrize("first_s", [0.25, 1.0])
def test_a_record_written_at_the_instant_of_a_tick_waits_for_the_next(first_s):
    # Whether a tick was due anyway (for the first record) or not.
    ledger = disk_world(first_s, 1.0, policy=Interval(1.0), sync=Constant(0.25)).run()
    assert rows(ledger.synced)[-1] == (1, 2.25)


@pytest.mark.parametrize("interval_s", [0.1, 0.3, 0.7, 1 / 3])
def test_ticks_that_are_no_binary_fractions_come_once_each(interval_s):
    created = [0.05 + 0.1 * number for number in range(200)]
    ledger = disk_world(*created, policy=Interval(interval_s)).run()
    synced = ledger.synced.times_s()
    # A tick may be a rounding error beside its multiple.
    assert abs(synced / interval_s - (synced / interval_s).round()).max() < 1e-9
    waited = synced - ledger.written.times_s()
    assert waited.min() > 0
    assert waited.max() <= interval_s + 1e-9


def test_ticks_count_again_from_a_restart():
    crash = FaultOptions(kind="process_crash", at_s=(2.5,), lasts=Constant(0.75))
    ledger = disk_world(0.5, 2.25, 3.5, 4.0, faults=(crash,), policy=Interval(1.0)).run()
    # Up again at 3.25: the page cache still holds 1. Ticks at 4.25, 5.25, ...
    assert rows(ledger.synced) == [(0, 1.0), (1, 4.25), (2, 4.25), (3, 4.25)]


def test_count_syncs_when_so_many_are_unsynced():
    ledger = disk_world(1.0, 2.0, 3.0, 4.0, 5.0, policy=Count(2), sync=Constant(0.25)).run()
    assert rows(ledger.synced) == [(0, 2.25), (1, 2.25), (2, 4.25), (3, 4.25)]


def test_count_goes_on_at_once_with_what_was_written_during_a_sync():
    ledger = disk_world(1.0, 1.5, 2.0, 2.5, 3.0, 3.25, policy=Count(2), sync=Constant(2.0)).run()
    # 0 and 1 from 1.5 to 3.5; by then 2, 3, 4 and 5 are written.
    assert rows(ledger.synced) == [(0, 3.5), (1, 3.5), (2, 5.5), (3, 5.5), (4, 5.5), (5, 5.5)]


def test_never_leaves_everything_in_the_page_cache():
    ledger = disk_world(1.0, 2.0, policy=Never()).run()
    assert rows(ledger.written) == [(0, 1.0), (1, 2.0)]
    assert not len(ledger.synced) + len(ledger.confirmed)


def test_writes_and_syncs_follow_measured_laws():
    sample = Empirical((0.25, 0.75))
    write_s = {(0, 1): 0.75, (1, 1): 0.25}
    luck = FixedLuck(times={"disk.write": write_s, "disk.sync": {(1, 0): 0.25, (2, 0): 0.75}})
    ledger = disk_world(1.0, 1.0, write=sample, sync=sample, draws=luck).run()
    assert rows(ledger.written) == [(0, 1.75), (1, 2.0)]
    assert rows(ledger.synced) == [(0, 2.0), (1, 2.75)]


def test_an_empirical_law_gives_nothing_but_its_values():
    sample = Empirical((0.25, 0.75))
    world = disk_world(*(float(second) for second in range(1, 60)), write=sample)
    taken_s = {round(w - s, 9) for w, s in zip(*map(times, _written_stored(world)), strict=True)}
    assert taken_s == {0.25, 0.75}


def _written_stored(world):
    ledger = world.run()
    return ledger.written, ledger.stored


def test_two_copies_of_a_message_have_write_times_of_their_own():
    # Both wait at the door of a broker that takes them in one after the other.
    luck = FixedLuck(times={"disk.write": {(0, 1): 0.25, (0, 2): 0.5}})
    world = disk_world(1.0, write=Empirical((0.25, 0.5)), draws=luck)
    world.broker = broker_options(accept=Constant(2.0), disk=world.broker.disk)
    world.producer = producer_options(timeout_s=1.0, retries=1)
    ledger = world.run()
    assert rows(ledger.stored) == [(0, 3.0), (0, 5.0)]
    assert rows(ledger.written) == [(0, 3.25), (0, 5.5)]


def test_a_removal_waits_for_the_next_write_and_causes_no_sync():
    # Synced at 2, acknowledged at 3; the record of 5 starts the next sync, which takes it along.
    world = disk_world(
        1.0,
        5.0,
        sync=Constant(1.0),
        consumers=1,
        consumer=consumer_options(service=Constant(2.0)),
        faults=(FaultOptions(kind="power_loss", at_s=(90.0,), lasts=Constant(1.0)),),
    )
    world.measured = 1
    ledger = world.run()
    assert rows(ledger.removed) == [(0, 3.0)]
    assert rows(ledger.synced) == [(0, 2.0), (1, 6.0)]
    assert world.census.decided_s == {0: 6.0}


def test_a_removal_before_any_sync_is_final_at_once():
    # Never synced, so that no power loss could bring the message back without its removal.
    world = disk_world(
        1.0,
        consumers=1,
        policy=Never(),
        faults=(FaultOptions(kind="power_loss", at_s=(90.0,), lasts=Constant(1.0)),),
    )
    world.measured = 1
    world.producer = producer_options(confirm=False)
    ledger = world.run()
    assert rows(ledger.removed) == [(0, 1.0)]
    assert world.now_s == 1.0


def test_what_was_consumed_before_it_was_written_is_confirmed_all_the_same():
    world = disk_world(1.0, write=Constant(2.0), sync=Constant(1.0), consumers=1)
    ledger = world.run()
    assert rows(ledger.removed) == [(0, 1.0)]
    assert rows(ledger.confirmed) == [(0, 4.0)]


def test_no_confirm_outlives_a_crash_even_if_its_message_was_consumed_before():
    # Consumed at 1, in the page cache; the process dies at 1.5, and only the sync after the
    # restart makes the record safe: its producer is a stranger by then.
    crash = FaultOptions(kind="process_crash", at_s=(1.5,), lasts=Constant(0.5))
    world = disk_world(1.0, sync=Constant(1.0), consumers=1, faults=(crash,))
    ledger = world.run()
    assert rows(ledger.removed) == [(0, 1.0)]
    assert rows(ledger.synced) == [(0, 3.0)]
    assert not len(ledger.confirmed)
    assert told(ledger.failed, "reason") == [(0, 51.0, 0)]


@pytest.mark.parametrize(
    ("policy", "due_s"),
    [
        (Always(), {(0, 0): math.inf, (1, 0): 5.5, (0, 1): math.inf, (2, 3): 5.5}),
        (Interval(2.0), {(0, 0): math.inf, (1, 0): 7.0, (0, 1): 7.0, (2, 3): 7.0}),
        (Count(2), {(0, 0): math.inf, (1, 0): math.inf, (2, 0): 5.5, (0, 9): math.inf}),
        (Never(), {(0, 0): math.inf, (9, 9): math.inf}),
    ],
    ids=str,
)
def test_policies_answer_with_a_time(policy, due_s):
    # The broker is up since 1.0, it is 5.5, so many are written and removed.
    assert {case: policy.due_s(1.0, 5.5, *case) for case in due_s} == due_s


@pytest.mark.parametrize("interval_s", [0.0, -1.0, math.nan])
def test_an_interval_must_be_positive(interval_s):
    with pytest.raises(ValueError, match=f"interval_s must be > 0, got {interval_s}"):
        Interval(interval_s)


@pytest.mark.parametrize(("count", "bound"), [(0, ">= 1"), (-3, ">= 1"), (1.5, "a whole number")])
def test_a_count_must_be_a_whole_number_from_one(count, bound):
    with pytest.raises(ValueError, match=f"count must be {bound}, got {count}"):
        Count(count)
