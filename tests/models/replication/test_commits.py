"""What is not committed yet: stored, and hidden from consumers. What becomes of it meanwhile."""

from __future__ import annotations

import pytest

from models.broker import Overflow, Subscription
from models.consumer import AckMode
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from tests.models.replication.shared import (
    IN_SYNC,
    LEADER,
    MAJORITY,
    conserved,
    dropped,
    fall,
    replicas,
)
from tests.models.world import consumer_options, disk_options, rows, told


@pytest.mark.parametrize(("ttl_s", "parked_s"), [(0.375, 1.5), (0.5, 1.5), (0.75, 1.75)])
def test_what_is_hidden_expires_when_it_is_committed(ttl_s, parked_s):
    world = replicas(1.0, broker={"ttl_s": ttl_s}, world={"consumers": 0, "measured": 1})
    ledger = conserved(world)
    assert told(ledger.parked, "reason", Cause) == [(0, parked_s, Cause.EXPIRED)]


def test_what_is_hidden_takes_no_room():
    # There is room for one that waits, and two come before the first is committed.
    world = replicas(
        *(1.0, 1.25, 1.625, 1.875),
        confirm_by=IN_SYNC,
        broker={"capacity": 1},
        world={"consumers": 0},
    )
    ledger = conserved(world)
    assert dropped(ledger) == [(2, 1.625, Cause.OVERFLOW), (3, 1.875, Cause.OVERFLOW)]
    assert rows(ledger.confirmed) == [(0, 1.5), (1, 1.75)]


def test_what_is_hidden_is_not_pushed_out():
    world = replicas(
        *(1.0, 1.25, 1.625),
        broker={"capacity": 1, "overflow": Overflow.DROP_OLDEST},
        world={"consumers": 0},
    )
    assert dropped(conserved(world)) == [(0, 1.625, Cause.OVERFLOW)]


@pytest.mark.parametrize("subscription", [Subscription.DURABLE, Subscription.TRANSIENT])
def test_nobody_is_left_to_have_it_when_it_is_committed(subscription):
    death = FaultOptions(kind="crash", at_s=(1.25,), lasts=Constant(10.0))
    world = replicas(
        1.0, broker={"subscription": subscription}, world={"consumer_faults": (death,)}
    )
    ledger = conserved(world)
    if subscription is Subscription.TRANSIENT:
        assert dropped(ledger) == [(0, 1.5, Cause.NO_SUBSCRIBER)]
    else:
        assert rows(ledger.effected) == [(0, 11.25)]


@pytest.mark.parametrize("confirm_by", [LEADER, MAJORITY, IN_SYNC])
def test_what_the_next_leader_has_is_hidden_until_it_is_committed_again(confirm_by):
    # With both followers at 5.875, committed when the other one has said so, at 11.5; consumers
    # are served from 11.0 on.
    world = replicas(1.0, 5.625, confirm_by=confirm_by, falls=[(0, fall(6.0, lasts_s=50.0))])
    ledger = conserved(world)
    assert rows(ledger.delivered) == [(0, 1.5), (1, 11.5)]


def test_what_was_consumed_before_it_was_committed_and_is_lost_with_the_leader_leaves_no_trace():
    world = replicas(5.875, confirm_by=IN_SYNC, delivers_replicated=False, falls=[(0, fall(6.0))])
    world.measured = 1
    ledger = conserved(world)
    assert rows(ledger.effected) == [(0, 5.875)]
    assert not dropped(ledger)
    assert rows(ledger.failed) == [(0, 15.875)]
    assert world.census.decided_s == {0: 15.875}


def test_what_was_consumed_is_decided_when_the_one_that_has_it_leads():
    # 1 never gets it, and is dead when 0, which is not in sync any more, leads at 11.0.
    world = replicas(
        5.875,
        replicas=2,
        unclean=True,
        delivers_replicated=False,
        falls=[(0, fall(6.0)), (1, fall(6.5, lasts_s=90.0))],
        producer={"confirm": False},
    )
    world.measured = 1
    ledger = conserved(world)
    assert rows(ledger.effected) == [(0, 5.875)]
    assert world.census.decided_s == {0: 11.0}


def test_what_is_committed_and_consumed_while_it_is_appended_is_gone_from_the_followers():
    # 1 is back at 8.0 and not in sync before 8.5, so that 0 commits that of 8.125 by itself, at
    # once. All know that it is gone, for good with the sync of 12.0 and 12.25.
    world = replicas(
        *(8.125, 12.0),
        replicas=2,
        confirm_by=IN_SYNC,
        falls=[(1, fall(2.0, lasts_s=6.0, kind="power_loss"))],
        broker={"disk": disk_options(torn_tail=True)},
    )
    world.consumer = consumer_options(ack=AckMode.AUTO)
    world.measured = 1
    ledger = conserved(world)
    assert rows(ledger.effected)[0] == (0, 8.125)
    assert world.census.decided_s[0] == 12.25
