"""Schedules of the operating system's own syncs: what is dirty for too long is written back."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.broker import ConfirmWhen
from models.disk import DiskOptions
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.policies.sync import Always, Count, Interval, Never
from tests.models.test_disk import disk_world
from tests.models.world import (
    ZERO,
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
    rows,
    told,
)


def crash(kind, *at_s, lasts_s=1.0):
    return FaultOptions(kind=kind, at_s=at_s, lasts=Constant(lasts_s))


def test_what_is_never_synced_is_written_back_with_all_that_is_dirty_then():
    # Dirty since 1: at 11 all of it goes, and what is written at that very instant does not.
    ledger = disk_world(
        1.0, 4.0, 11.0, 30.0, policy=Never(), writeback_s=10.0, sync=Constant(0.5)
    ).run()
    assert rows(ledger.synced) == [(0, 11.5), (1, 11.5), (2, 21.5), (3, 40.5)]
    assert rows(ledger.confirmed) == rows(ledger.synced)


def test_it_makes_up_for_a_count_that_is_not_reached():
    ledger = disk_world(1.0, 2.0, 3.0, 4.0, policy=Count(3), writeback_s=10.0).run()
    assert rows(ledger.synced) == [(0, 3.0), (1, 3.0), (2, 3.0), (3, 14.0)]


def test_what_it_took_is_not_counted_any_more():
    ledger = disk_world(1.0, 12.0, 13.0, policy=Count(2), writeback_s=10.0).run()
    assert rows(ledger.synced) == [(0, 11.0), (1, 13.0), (2, 13.0)]


def test_it_comes_between_the_ticks_of_a_long_interval():
    ledger = disk_world(
        1.0, 7.5, 21.0, policy=Interval(20.0), writeback_s=6.0, sync=Constant(1.0)
    ).run()
    assert rows(ledger.synced) == [(0, 8.0), (1, 14.5), (2, 28.0)]


def test_a_tick_during_a_writeback_or_after_one_that_left_nothing_is_skipped():
    ledger = disk_world(1.0, 9.5, policy=Interval(10.0), writeback_s=8.5, sync=Constant(1.0)).run()
    # From 9.5 to 10.5, over the tick of 10; what comes at 9.5 is dirty until 18, before that of 20.
    assert rows(ledger.synced) == [(0, 10.5), (1, 19.0)]


def test_a_short_interval_leaves_nothing_to_write_back():
    created = [float(second) + 0.5 for second in range(20)]
    with_it = disk_world(*created, policy=Interval(1.0), writeback_s=1.0).run()
    without = disk_world(*created, policy=Interval(1.0)).run()
    assert rows(with_it.synced) == rows(without.synced)


def test_a_sync_that_lasts_longer_than_that_is_followed_by_the_next():
    ledger = disk_world(1.0, 3.0, 4.0, policy=Never(), writeback_s=2.0, sync=Constant(5.0)).run()
    assert rows(ledger.synced) == [(0, 8.0), (1, 13.0), (2, 13.0)]


def removal_world(*at_s, kind="power_loss", policy=None, **disk):
    """A message on the disk at 2, removed at 3."""
    return World(
        broker=broker_options(
            disk=disk_options(policy=policy or Always(), sync=Constant(1.0), **disk)
        ),
        consumer=consumer_options(service=Constant(2.0)),
        broker_faults=(crash(kind, *at_s),),
    )


@pytest.mark.parametrize(("at_s", "comes_back"), [(13.75, True), (14.25, False)])
def test_a_removal_is_safe_when_it_is_written_back(at_s, comes_back):
    # From 13 to 14.
    ledger = removal_world(at_s, writeback_s=10.0).run()
    assert bool(len(ledger.recovered)) is comes_back


def test_a_message_is_decided_when_its_removal_is_written_back():
    world = removal_world(90.0, writeback_s=10.0)
    world.measured = 1
    world.run()
    assert world.census.decided_s == {0: 14.0}


def test_the_page_cache_is_written_back_while_the_broker_is_down():
    # Dirty since 1, process down from 5 to 20, power loss at 30: nothing is lost by then.
    world = World(
        producer=producer_options(arrivals=Trace((1.0,))),
        broker=broker_options(
            confirm_when=ConfirmWhen.SYNCED,
            disk=disk_options(policy=Never(), writeback_s=10.0, sync=Constant(1.0)),
        ),
        consumer=consumer_options(start=Constant(50.0)),
        broker_faults=(crash("process_crash", 5.0, lasts_s=15.0), crash("power_loss", 30.0)),
    )
    ledger = world.run()
    assert rows(ledger.synced) == [(0, 12.0)]
    assert not len(ledger.confirmed)  # nobody is there to tell
    assert rows(ledger.effected) == [(0, 50.0)]


def test_a_writeback_goes_on_when_the_process_dies_and_a_sync_does_not():
    world = removal_world(11.5, kind="process_crash", policy=Never(), writeback_s=10.0)
    world.consumers = 0
    assert rows(world.run().synced) == [(0, 12.0)]  # from 11
    # The broker's own sync runs from 1 to 13 and is cut off at 3: written back from 6 on.
    world = disk_world(
        *(1.0, 2.0),
        faults=(crash("process_crash", 3.0, lasts_s=9.0),),
        sync=Constant(12.0),
        writeback_s=5.0,
    )
    assert rows(world.run().synced) == [(0, 18.0), (1, 18.0)]


def test_what_was_due_while_a_sync_ran_goes_at_once_when_that_is_cut_off():
    # Dirty since 1, being synced until 21; the process dies at 10, long after 4.
    world = disk_world(
        *(1.0, 6.0),
        faults=(crash("process_crash", 10.0, lasts_s=50.0),),
        sync=Constant(20.0),
        writeback_s=3.0,
    )
    assert rows(world.run().synced) == [(0, 30.0), (1, 30.0)]


def test_a_power_loss_ends_it_with_all_that_is_dirty():
    world = disk_world(
        *(1.0, 8.0),
        faults=(crash("power_loss", 6.0),),
        policy=Never(),
        writeback_s=10.0,
    )
    ledger = world.run()
    assert told(ledger.dropped, "cause", Cause) == [(0, 6.0, Cause.PAGE_CACHE)]
    assert rows(ledger.synced) == [(1, 18.0)]


def test_a_power_loss_during_a_writeback_leaves_nothing_of_it():
    world = disk_world(
        1.0,
        faults=(crash("power_loss", 11.5),),
        policy=Never(),
        writeback_s=10.0,
        sync=Constant(1.0),
    )
    ledger = world.run()
    assert told(ledger.dropped, "cause", Cause) == [(0, 11.5, Cause.PAGE_CACHE)]
    assert not len(ledger.synced)


@pytest.mark.parametrize("age_s", [0.0, -1.0])
def test_data_is_dirty_for_some_time(age_s):
    with pytest.raises(ValueError, match="writeback_s must be > 0"):
        DiskOptions(write=ZERO, sync=ZERO, policy=Never(), writeback_s=age_s)
