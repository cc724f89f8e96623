"""Several groups: one record stands for the copies of all, each has an end of its own."""

from __future__ import annotations

import pytest

from models.laws import Constant
from models.ledger import Cause
from tests.models.luck import FixedLuck
from tests.models.replication.shared import (
    IN_SYNC,
    SYNCED,
    WRITTEN,
    conserved,
    dropped,
    fall,
    replicas,
)
from tests.models.world import consumer_options, disk_options, rows


def two_groups(*created_s, services_s=(0.0, 0.0), broker=None, luck=None, **changes):
    """A world in which group 0 and 1 take so long for every message."""
    first_s, second_s = services_s
    names = ("consumer", first_s), ("consumer of group 1", second_s)
    times = {
        f"{name}.service": {(row, n): time_s for row in range(9) for n in range(1, 9)}
        for name, time_s in names
    }
    world = replicas(*created_s, broker={"groups": 2} | (broker or {}), **changes)
    world.consumer = consumer_options(service=Constant(5.0))
    world.draws = FixedLuck(times=times, **(luck or {}))
    return world


def effects(ledger):
    return [rows(group.effected) for group in ledger.groups]


def drops(ledger):
    return [dropped(group) for group in ledger.groups]


def test_one_record_is_committed_for_all():
    world = two_groups(1.0, confirm_by=IN_SYNC, broker={"confirm_when": SYNCED})
    ledger = conserved(world)
    assert effects(ledger) == [[(0, 1.5)], [(0, 1.5)]]
    assert rows(ledger.confirmed) == rows(ledger.groups[1].confirmed) == [(0, 1.5)]
    assert rows(ledger.written) == rows(ledger.synced) == [(0, 1.0)]


def test_it_is_lost_for_all_with_the_leader():
    world = two_groups(5.875, falls=[(0, fall(6.0))])
    world.measured = 1
    ledger = conserved(world)
    assert drops(ledger) == [[(0, 11.0, Cause.FAILOVER)]] * 2
    assert world.census.decided_s == {0: 11.0}


def test_it_comes_back_for_those_only_of_which_the_next_leader_does_not_know_it():
    # Gone for group 0 at 5.5, of which the followers know at 5.75, and for group 1 at 5.875.
    world = two_groups(1.0, services_s=(4.0, 4.375), falls=[(0, fall(6.0))])
    world.measured = 1
    ledger = conserved(world)
    assert effects(ledger) == [[(0, 5.5)], [(0, 5.875), (0, 15.375)]]
    assert [len(group.recovered) for group in ledger.groups] == [0, 1]
    assert world.census.decided_s == {0: 15.625}


@pytest.mark.parametrize("late", [0, 1])
def test_a_follower_fetches_it_for_those_that_still_wait(late):
    # 1 loses its disk and gets it anew, when the one group has consumed it and the other has not.
    # The ledger knows already that it was written.
    services_s = (20.0, 0.0) if late == 0 else (0.0, 20.0)
    world = two_groups(
        1.0,
        replicas=2,
        services_s=services_s,
        falls=[(1, fall(3.0, kind="disk_loss")), (0, fall(10.0, lasts_s=90.0))],
    )
    ledger = conserved(world)
    assert rows(ledger.written) == rows(ledger.synced) == [(0, 1.0)]
    # Worked on since 1.5, and once more when that comes to nothing under the next leader.
    assert effects(ledger)[late] == [(0, 21.5), (0, 41.5)]
    assert effects(ledger)[1 - late] == [(0, 1.5)]


def test_a_follower_that_has_refused_the_record_has_it_for_no_group():
    # Group 0 is done with it when 1 asks again. It leads at 11.0, falls at 20.0, and has it still.
    world = two_groups(
        1.0,
        replicas=2,
        delivers_replicated=False,
        services_s=(0.0, 30.0),
        broker={"confirm_when": WRITTEN, "disk": disk_options(failure=0.5)},
        luck={"coins": {"disk.failure": {}, "disk 1.failure": {(0, 1)}}},
        falls=[(0, fall(6.0, lasts_s=90.0)), (1, fall(20.0))],
    )
    ledger = conserved(world)
    assert drops(ledger) == [[], []]
    assert effects(ledger) == [[(0, 1.0)], [(0, 31.0), (0, 61.0)]]


def test_a_leader_that_cannot_write_refuses_it_for_all():
    world = two_groups(
        1.0,
        broker={"confirm_when": WRITTEN, "disk": disk_options(failure=0.5, write=Constant(0.25))},
        luck={"coins": {"disk.failure": {(0, 1)}, "disk 1.failure": {}, "disk 2.failure": {}}},
        producer={"retries": 1},
    )
    ledger = conserved(world)
    assert drops(ledger) == [[(0, 1.25, Cause.WRITE_ERROR)]] * 2
    assert rows(ledger.confirmed) == [(0, 1.5)]
    assert effects(ledger) == [[(0, 2.0)]] * 2


def test_a_message_is_decided_when_no_replica_can_bring_it_back_to_any_group():
    # 2 is away from 1.25 to 9.0, and is told then of both removals.
    world = two_groups(
        1.0, confirm_by=IN_SYNC, services_s=(0.0, 2.0), falls=[(2, fall(1.375, lasts_s=7.625))]
    )
    world.measured = 1
    conserved(world)
    assert world.census.decided_s == {0: 9.25}
