"""Who is in sync, as it shows: whom a commit waits for, and when too few are left."""

from __future__ import annotations

import pytest

from models.laws import Constant
from models.ledger import Cause
from models.policies.backoff import Fixed
from tests.models.replication.shared import (
    IN_SYNC,
    LEADER,
    SYNCED,
    conserved,
    dropped,
    fall,
    replicas,
    slow,
)
from tests.models.world import consumer_options, disk_options, rows

TOO_FEW = Cause.NOT_IN_SYNC


def refused(ledger):
    """The messages that were turned away since too few were in sync."""
    return [row for row, _, cause in dropped(ledger) if cause is TOO_FEW]


def test_messages_are_refused_while_too_few_are_in_sync():
    # 2 is dead from 2.0 on, is seen to be at 7.0, is back at 22.0, and its word is there at 22.5.
    world = replicas(
        *(1.0, 6.25, 7.5, 22.375, 22.625),
        confirm_by=IN_SYNC,
        min_in_sync=3,
        falls=[(2, fall(2.0, lasts_s=20.0))],
    )
    ledger = conserved(world)
    assert dropped(ledger) == [(2, 7.5, TOO_FEW), (3, 22.375, TOO_FEW)]
    # Its producer may try again, and has no attempt left.
    assert rows(ledger.failed) == [(1, 7.0), (2, 7.5), (3, 22.375)]
    assert rows(ledger.confirmed) == [(0, 1.5), (4, 23.125)]
    assert [row for row, _ in rows(ledger.arrived)] == [0, 1, 2, 3, 4]


def test_what_is_written_when_too_few_are_left_is_said_to_have_failed_and_is_not_gone():
    world = replicas(
        6.25,
        confirm_by=IN_SYNC,
        min_in_sync=3,
        falls=[(2, fall(2.0, lasts_s=5.125))],
        producer={"retries": 9, "backoff": Fixed(0.25)},
    )
    ledger = conserved(world)
    # At 7.0 it is committed without 2, which is back at 7.125 and joins at 7.625.
    assert rows(ledger.sent) == [(0, 6.25), (0, 7.25), (0, 7.5), (0, 7.75)]
    assert rows(ledger.stored) == [(0, 6.25), (0, 7.75)]
    assert rows(ledger.effected) == [(0, 7.0), (0, 8.25)]
    assert rows(ledger.confirmed) == [(0, 8.25)]


@pytest.mark.parametrize("min_in_sync", [1, 2])
def test_a_leader_alone_is_enough_if_so_it_is_said(min_in_sync):
    falls = [(1, fall(2.0, lasts_s=50.0))]
    world = replicas(8.0, replicas=2, confirm_by=IN_SYNC, min_in_sync=min_in_sync, falls=falls)
    ledger = conserved(world)
    assert rows(ledger.confirmed) == ([(0, 8.0)] if min_in_sync == 1 else [])


def test_a_follower_that_has_not_caught_up_for_too_long_leaves():
    # 2 has the first record at 11.0 only; its word is back at 11.25.
    world = replicas(
        *(1.0, 3.875, 4.125, 11.125, 11.5),
        confirm_by=LEADER,
        min_in_sync=3,
        lag_timeout_s=3.0,
    )
    world.draws = slow(2, delays={0: 10.0})
    ledger = conserved(world)
    assert refused(ledger) == [2, 3]
    assert rows(ledger.delivered) == [(0, 4.0), (1, 4.375), (4, 12.0)]


def test_a_follower_that_is_always_late_and_never_for_too_long_stays():
    world = replicas(
        *(1.0 + 0.125 * n for n in range(20)),
        confirm_by=IN_SYNC,
        min_in_sync=3,
        lag_timeout_s=3.0,
    )
    world.draws = slow(2, delays=dict.fromkeys(range(20), 2.75))
    ledger = conserved(world)
    assert not refused(ledger)
    assert rows(ledger.confirmed) == [(n, 1.0 + 0.125 * n + 3.0) for n in range(20)]


@pytest.mark.parametrize(("lag_timeout_s", "left_s"), [(30.0, 11.0), (2.0, 8.0)])
def test_a_dead_follower_leaves_when_it_is_seen_to_be_dead_or_too_late(lag_timeout_s, left_s):
    # Level until it falls at 6.0; a commit waits for it.
    falls = [(1, fall(6.0, lasts_s=50.0))]
    world = replicas(1.0, 6.5, lag_timeout_s=lag_timeout_s, falls=falls)
    assert rows(conserved(world).delivered) == [(0, 1.5), (1, left_s)]


def test_who_is_back_in_time_is_not_dead_until_it_falls_again():
    # Back at 3.0 it leaves, to join at 3.5. The second fall is seen at 11.0, not at 7.0.
    world = replicas(
        *(2.5, 3.25, 6.5), falls=[(1, fall(2.0)), (1, fall(6.0, lasts_s=50.0))], confirm_by=IN_SYNC
    )
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 3.0), (1, 3.75), (2, 11.0)]


def test_overlapping_faults_of_one_follower_are_one_death():
    falls = [(1, fall(2.0, lasts_s=9.0)), (1, fall(6.0, lasts_s=1.0)), (1, fall(8.0, lasts_s=9.0))]
    world = replicas(3.0, 12.0, 18.0, confirm_by=IN_SYNC, falls=falls)
    ledger = conserved(world)
    # Seen at 7.0, although it fell again; it is back at 17.0.
    assert rows(ledger.confirmed) == [(0, 7.0), (1, 12.5), (2, 18.5)]
    assert ledger.restarts == [(17.0, "broker 1")]


def test_who_has_nothing_to_catch_up_with_joins_when_it_has_said_so():
    world = replicas(2.375, 2.625, confirm_by=IN_SYNC, min_in_sync=3, falls=[(2, fall(1.0))])
    assert refused(conserved(world)) == [0]


def test_followers_that_are_level_are_in_sync_with_the_next_leader():
    # However long ago the last record came.
    world = replicas(
        *(1.0, 25.125),
        confirm_by=IN_SYNC,
        min_in_sync=2,
        lag_timeout_s=3.0,
        falls=[(0, fall(20.0, lasts_s=50.0))],
    )
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 1.5), (1, 25.625)]


def test_nobody_is_too_late_while_nobody_leads():
    # That of 5.875 they have not got, and for 5 s there is nobody to get it from.
    world = replicas(5.875, 12.0, lag_timeout_s=0.5, falls=[(0, fall(6.0, lasts_s=50.0))])
    ledger = conserved(world)
    assert rows(ledger.delivered) == [(1, 12.5)]


def test_a_new_leader_stays_in_sync_with_itself():
    # As a follower it lacked that of 5.875, which is 8 s ago at 13.875.
    world = replicas(
        *(5.875, 20.0), confirm_by=IN_SYNC, min_in_sync=3, lag_timeout_s=8.0, falls=[(0, fall(6.0))]
    )
    assert rows(conserved(world).confirmed) == [(1, 20.5)]


def test_who_comes_back_joins_when_it_has_all_that_is_committed_as_deep_as_is_asked_for():
    # 2 is seen to be dead at 5.5, and what 0 and 1 have synced is confirmed. It fetches that by
    # 6.25, and would have synced it by 7.25; at 6.75 all lose their power. 2 comes back last, and
    # without it: it must not be the last one in sync.
    falls = [(2, fall(0.5, lasts_s=5.5))]
    falls += [(index, fall(6.75, kind="power_loss")) for index in range(3)]
    world = replicas(
        1.0,
        confirm_by=IN_SYNC,
        min_in_sync=2,
        falls=falls,
        broker={"confirm_when": SYNCED, "disk": disk_options(sync=Constant(1.0))},
    )
    world.consumer = consumer_options(start=Constant(30.0))
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 5.5)]
    assert not dropped(ledger)
    assert rows(ledger.effected) == [(0, 30.0)]
