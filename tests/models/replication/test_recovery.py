"""What is left when several fall: who may lead, who is waited for, and what took the last copy."""

from __future__ import annotations

import pytest

from models.laws import Constant
from models.ledger import Cause
from models.policies.sync import Never
from tests.models.replication.shared import (
    IN_SYNC,
    LEADER,
    MAJORITY,
    conserved,
    dropped,
    fall,
    replicas,
    slow,
)
from tests.models.world import consumer_options, disk_options, rows

FAILOVER, MEMORY, CACHE = Cause.FAILOVER, Cause.BROKER_MEMORY, Cause.PAGE_CACHE
POWER_LOSS, DISK_LOSS = "power_loss", "disk_loss"
SHARES = [LEADER, MAJORITY, IN_SYNC]


@pytest.mark.parametrize("confirm_by", SHARES)
@pytest.mark.parametrize(
    ("kind", "disk", "lost"),
    [
        ("process_crash", {"write": Constant(3.0)}, (0, 1.125, MEMORY)),
        ("process_crash", {"policy": Never()}, (0, 6.125, FAILOVER)),
        (POWER_LOSS, {"policy": Never()}, (0, 1.125, CACHE)),
        (POWER_LOSS, {"sync": Constant(3.0)}, (0, 1.125, CACHE)),
        (POWER_LOSS, {}, (0, 6.125, FAILOVER)),
        (DISK_LOSS, {"write": Constant(3.0)}, (0, 1.125, MEMORY)),
        (DISK_LOSS, {}, (0, 1.125, Cause.DISK_LOSS)),
    ],
)
def test_what_only_the_leader_has_dies_where_it_is_or_with_the_next_one(
    confirm_by, kind, disk, lost
):
    falls = [(0, fall(1.125, lasts_s=50.0, kind=kind))]
    world = replicas(1.0, confirm_by=confirm_by, falls=falls, broker={"disk": disk_options(**disk)})
    world.measured = 1
    ledger = conserved(world)
    assert dropped(ledger) == [lost]


def test_the_cause_is_what_took_the_last_copy():
    # In the memory of 1 and in the page cache of 0; 2 does not get it before 4.0.
    falls = [
        (0, fall(2.0, lasts_s=50.0)),
        (1, fall(3.0, lasts_s=50.0)),
        (0, fall(4.0, lasts_s=1.0, kind=POWER_LOSS)),
    ]
    disk = disk_options(write=Constant(0.5), policy=Never())
    world = replicas(1.0, confirm_by=IN_SYNC, falls=falls, broker={"disk": disk})
    world.draws = slow(2, delays={0: 3.0}, **{"disk 1.write": {(0, 1): 9.0}})
    ledger = conserved(world)
    assert dropped(ledger) == [(0, 4.0, CACHE)]


@pytest.mark.parametrize("lasts_s", [0.0, 1.0])
@pytest.mark.parametrize("confirm_by", SHARES)
def test_when_all_lose_their_power_what_is_on_a_disk_is_left(confirm_by, lasts_s):
    # That of 1.0 is on every disk at 3.25, that of 3.0 in every page cache, being synced.
    world = replicas(
        1.0, 3.0, confirm_by=confirm_by, broker={"disk": disk_options(sync=Constant(2.0))}
    )
    world.broker_faults = (fall(3.5, lasts_s=lasts_s, kind=POWER_LOSS),)
    world.consumer = consumer_options(start=Constant(20.0))
    ledger = conserved(world)
    assert dropped(ledger) == [(1, 3.5, CACHE)]
    assert rows(ledger.effected) == [(0, 20.0)]


@pytest.mark.parametrize("confirm_by", SHARES)
def test_when_all_lose_their_disks_nothing_is_left(confirm_by):
    world = replicas(1.0, 12.0, confirm_by=confirm_by)
    world.broker_faults = (fall(3.5, kind=DISK_LOSS),)
    world.consumer = consumer_options(start=Constant(20.0))
    ledger = conserved(world)
    assert dropped(ledger) == [(0, 3.5, Cause.DISK_LOSS)]
    assert rows(ledger.effected) == [(1, 20.0)]


def test_the_last_one_in_sync_is_waited_for():
    # All are seen to be dead in turn, by 12.0; 2, the last, is the last one in sync.
    falls = [
        (0, fall(6.0, lasts_s=10.0)),
        (1, fall(6.5, lasts_s=11.0)),
        (2, fall(7.0, lasts_s=13.0)),
    ]
    world = replicas(1.0, 15.0, 19.0, 20.5, confirm_by=IN_SYNC, falls=falls)
    ledger = conserved(world)
    assert [row for row, _, cause in dropped(ledger) if cause is Cause.BROKER_DOWN] == [1, 2]
    assert rows(ledger.stored) == [(0, 1.0), (3, 20.5)]


def test_the_last_one_in_sync_serves_as_soon_as_it_is_back():
    falls = [
        (0, fall(6.0, lasts_s=50.0)),
        (1, fall(6.5, lasts_s=50.0)),
        (2, fall(7.0, lasts_s=7.0)),
    ]
    world = replicas(1.0, 13.875, 14.125, confirm_by=IN_SYNC, falls=falls)
    assert rows(conserved(world).effected) == [(0, 1.5), (2, 14.125)]


@pytest.mark.parametrize(
    ("lasts_s", "unclean", "lost"),
    [
        # Replica 0, alone in sync, has lost its disk: the log of 1 is cut all the same.
        (1.0, False, [(0, 13.0, FAILOVER)]),
        (1.0, True, [(0, 13.0, FAILOVER)]),
        (50.0, False, [(0, 58.0, FAILOVER)]),  # it is waited for
        (50.0, True, []),  # 1, which is back since 12.0, may lead
    ],
)
def test_who_is_alone_in_sync_leads_whatever_it_has_lost(lasts_s, unclean, lost):
    falls = [(1, fall(2.0, lasts_s=10.0)), (0, fall(8.0, lasts_s=lasts_s, kind=DISK_LOSS))]
    world = replicas(1.0, replicas=2, confirm_by=IN_SYNC, unclean=unclean, falls=falls)
    world.consumer = consumer_options(start=Constant(80.0))
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 1.5)]
    assert dropped(ledger) == lost
    assert rows(ledger.effected) == ([] if lost else [(0, 80.0)])


@pytest.mark.parametrize(("unclean", "lost"), [(False, []), (True, [(1, 14.0, FAILOVER)])])
def test_an_unclean_leader_has_not_all_that_was_promised(unclean, lost):
    # 1 is dead when that of 8.0 is confirmed by 0 alone, and back at 12.0.
    falls = [(1, fall(2.0, lasts_s=10.0)), (0, fall(9.0, lasts_s=20.0))]
    world = replicas(1.0, 8.0, replicas=2, confirm_by=IN_SYNC, unclean=unclean, falls=falls)
    world.consumer = consumer_options(start=Constant(40.0))
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 1.5), (1, 8.0)]
    assert dropped(ledger) == lost
    assert {row for row, _ in rows(ledger.effected)} == ({0} if lost else {0, 1})


def test_without_a_majority_nothing_is_confirmed_and_nobody_may_lead():
    # 1 and 2 are away from 2.0 and 3.0 to 12.0: that of 4.0 waits. At 20.0 two fall: nobody leads
    # from 25.0 on, until one of them is back at 30.0.
    falls = [
        (1, fall(2.0, lasts_s=10.0)),
        (2, fall(3.0, lasts_s=9.0)),
        (0, fall(20.0, lasts_s=20.0)),
        (1, fall(20.0, lasts_s=10.0)),
    ]
    world = replicas(1.0, 4.0, 29.0, 30.5, confirm_by=MAJORITY, falls=falls)
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 1.5), (1, 12.5), (3, 31.0)]
    assert dropped(ledger) == [(2, 29.0, Cause.BROKER_DOWN)]


def test_by_majority_a_replica_that_has_lost_its_disk_does_not_lead():
    falls = [(0, fall(6.0, kind=DISK_LOSS)), (1, fall(6.0, lasts_s=50.0, kind=DISK_LOSS))]
    world = replicas(1.0, confirm_by=MAJORITY, falls=falls)
    world.consumer = consumer_options(start=Constant(20.0))
    ledger = conserved(world)
    assert not dropped(ledger)  # 2 has the longest log
    assert rows(ledger.effected) == [(0, 20.0)]


def test_overlapping_faults_of_the_leader_are_one_change_of_leader():
    falls = [
        (0, fall(6.0, lasts_s=4.0)),
        (0, fall(7.0, lasts_s=1.0, kind=POWER_LOSS)),
        (0, fall(9.0, lasts_s=4.0)),
    ]
    world = replicas(1.0, 11.0, 12.0, 13.25, 14.0, confirm_by=IN_SYNC, min_in_sync=3, falls=falls)
    ledger = conserved(world)
    assert ledger.restarts == [(13.0, "broker 0")]
    assert rows(ledger.confirmed) == [(0, 1.5), (4, 14.5)]
