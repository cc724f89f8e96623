"""What consumers have done with: who knows of it, who brings it back, and when that is over."""

from __future__ import annotations

import pytest

from models.laws import Constant
from tests.models.replication.shared import (
    IN_SYNC,
    RECEIVED,
    SYNCED,
    conserved,
    dropped,
    fall,
    replicas,
    slow,
)
from tests.models.world import consumer_options, disk_options, rows

POWER_LOSS = "power_loss"


@pytest.mark.parametrize(
    ("service_s", "effected"),
    [
        (4.125, [(0, 5.625)]),  # the followers know at 5.875
        (4.375, [(0, 5.875), (0, 15.375)]),  # they would at 6.125
    ],
)
def test_what_the_next_leader_does_not_know_to_be_gone_comes_back(service_s, effected):
    world = replicas(1.0, falls=[(0, fall(6.0))])
    world.consumer = consumer_options(service=Constant(service_s))
    ledger = conserved(world)
    assert rows(ledger.effected) == effected
    assert rows(ledger.recovered) == [(0, 11.0)] * (len(effected) - 1)


def test_what_has_come_back_and_gone_again_stays_away():
    # Consumed at 5.875 and at 15.375; the next fall is long after all have heard of that.
    world = replicas(1.0, falls=[(0, fall(6.0)), (1, fall(30.0))])
    world.consumer = consumer_options(service=Constant(4.375))
    world.measured = 1
    ledger = conserved(world)
    assert rows(ledger.recovered) == [(0, 11.0)]
    assert world.census.decided_s == {0: 15.625}


def test_what_has_come_back_is_still_where_it_was():
    # 2 has heard at 5.75 that it is gone, 1 would at 6.5. So it comes back with 1, at 11.0, and
    # when that falls before anybody could fetch it anew, 2 has it all the same, and so has 0.
    world = replicas(1.0, falls=[(0, fall(6.0)), (1, fall(11.125, lasts_s=50.0))])
    world.consumer = consumer_options(service=Constant(4.0))
    world.draws = slow(0, **{"replica 1.removal": {(0, 1 << 32): 1.0}})
    ledger = conserved(world)
    assert rows(ledger.recovered) == [(0, 11.0)]
    assert not dropped(ledger)
    # Worked on from 11.0, for a leader that is no more, and from 16.125.
    assert rows(ledger.effected) == [(0, 5.5), (0, 15.0), (0, 20.125)]


def test_an_old_removal_of_what_has_come_back_is_not_the_new_one():
    # 2 has heard at 5.75 and 1, which leads from 11.0 on, has not. The record of 12.0 takes the
    # removal that 2 knew to its disk; that of 15.0 goes there at 20.25 with the next one.
    falls = [(0, fall(6.0, lasts_s=90.0, kind="disk_loss")), (0, fall(90.0, kind="power_loss"))]
    world = replicas(1.0, 12.0, 20.0, falls=falls)
    world.consumer = consumer_options(service=Constant(4.0))
    world.draws = slow(0, **{"replica 1.removal": {(0, 1 << 32): 1.0}})
    ledger = conserved(world)
    assert rows(ledger.effected)[:2] == [(0, 5.5), (0, 15.0)]
    assert world.census.decided_s[0] == 20.25


@pytest.mark.parametrize("confirm_when", [RECEIVED, SYNCED])
def test_a_removal_undone_by_a_power_loss_of_all_brings_the_message_back(confirm_when):
    # Synced and delivered by 2.75 at the latest, consumed a second later, and no sync since.
    world = replicas(
        1.0,
        confirm_by=IN_SYNC,
        broker={"confirm_when": confirm_when, "disk": disk_options(sync=Constant(1.0))},
    )
    world.consumer = consumer_options(service=Constant(2.0))
    world.broker_faults = (fall(6.0, kind=POWER_LOSS),)
    ledger = conserved(world)
    assert rows(ledger.recovered) == [(0, 11.0)]
    assert [time_s for _, time_s in rows(ledger.effected)][1:] == [13.0]


def test_a_removal_undone_on_one_replica_brings_nothing_back():
    # 0 is told again when it is back. The next record takes all removals to the disks.
    world = replicas(1.0, 40.0, falls=[(0, fall(6.0, kind=POWER_LOSS)), (1, fall(30.0))])
    world.measured = 1
    ledger = conserved(world)
    assert not len(ledger.recovered)
    assert world.census.decided_s == {0: 40.25}
