"""Schedules of a disk that is slow for a while."""

from __future__ import annotations

import pytest

from models.disk.episodes import Pace
from models.faults import FaultOptions
from models.laws import Constant
from models.policies.sync import Interval
from tests.models.test_disk import disk_world
from tests.models.world import rows


def slow(*at_s, factor, lasts_s):
    return FaultOptions(kind="slow", at_s=at_s, lasts=Constant(lasts_s), factor=factor)


def test_writes_and_syncs_that_begin_while_it_is_slow_take_so_many_times_as_long():
    # Slow from 2 to 5. Written and synced before, begun before, within, and after.
    ledger = disk_world(
        *(1.0, 1.875, 3.0, 6.0),
        write=Constant(0.25),
        sync=Constant(0.5),
        disk_faults=(slow(2.0, factor=4.0, lasts_s=3.0),),
    ).run()
    assert rows(ledger.written) == [(0, 1.25), (1, 2.125), (2, 4.0), (3, 6.25)]
    # The sync of 1 begins at 2.125 and lasts 2 s, then that of 2 begins, still in the bad time.
    assert rows(ledger.synced) == [(0, 1.75), (1, 4.125), (2, 6.125), (3, 6.75)]
    assert ledger.crashes == [(2.0, "disk", "slow")]
    assert ledger.restarts == [(5.0, "disk")]


def test_several_bad_times_multiply():
    ledger = disk_world(
        *(2.0, 3.5, 5.0),
        sync=Constant(0.125),
        disk_faults=(slow(1.0, factor=2.0, lasts_s=3.0), slow(3.0, factor=4.0, lasts_s=3.0)),
    ).run()
    assert rows(ledger.synced) == [(0, 2.25), (1, 4.5), (2, 5.5)]


def test_the_pace_is_exactly_as_before_when_all_is_over():
    pace = Pace()
    for factor in (3.0, 0.1 + 0.2, 7.0):
        pace.slow_down(factor)
    for factor in (7.0, 3.0, 0.1 + 0.2):
        pace.speed_up(factor)
    assert pace.slowness == 1.0


def test_a_slow_sync_skips_ticks():
    ledger = disk_world(
        *(0.5, 1.5),
        policy=Interval(1.0),
        sync=Constant(0.5),
        disk_faults=(slow(0.75, factor=5.0, lasts_s=1.0),),
    ).run()
    # From 1.0 to 3.5; then the tick of 4.
    assert rows(ledger.synced) == [(0, 3.5), (1, 4.5)]


@pytest.mark.parametrize("kind", ["process_crash", "power_loss"])
def test_a_disk_is_as_slow_after_a_crash_as_before(kind):
    crash = FaultOptions(kind=kind, at_s=(2.0,), lasts=Constant(1.0))
    ledger = disk_world(
        4.0,
        sync=Constant(0.5),
        faults=(crash,),
        disk_faults=(slow(1.0, factor=3.0, lasts_s=9.0),),
    ).run()
    assert rows(ledger.synced) == [(0, 5.5)]


def test_a_slow_disk_is_not_faster_than_a_sound_one():
    with pytest.raises(ValueError, match=r"factor must be >= 1, got 0\.5"):
        slow(1.0, factor=0.5, lasts_s=1.0)


def test_an_unknown_fault_of_a_disk_is_refused():
    melted = FaultOptions(kind="melted", at_s=(1.0,), lasts=Constant(1.0))
    with pytest.raises(ValueError, match="melted"):
        disk_world(1.0, disk_faults=(melted,)).run()
