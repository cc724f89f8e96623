"""What a change of leader takes, what it brings back, and how long nobody serves."""

from __future__ import annotations

import pytest

from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
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
from tests.models.world import consumer_options, rows, told

FAILOVER, DOWN = Cause.FAILOVER, Cause.BROKER_DOWN


@pytest.mark.parametrize("lasts_s", [0.0, 1.0, 50.0])
@pytest.mark.parametrize(
    ("kind", "lost_s", "cause"),
    [
        ("process_crash", 11.0, FAILOVER),
        ("power_loss", 11.0, FAILOVER),  # its disk has it, which does not lead
        ("disk_loss", 6.0, Cause.DISK_LOSS),
    ],
)
def test_nobody_serves_until_the_next_leader_does(kind, lost_s, cause, lasts_s):
    # However soon the old one is back. That of 5.875 it had alone, and had confirmed it.
    falls = [(0, fall(6.0, lasts_s=lasts_s, kind=kind))]
    world = replicas(1.0, 5.875, 8.0, 10.875, 12.0, confirm_by=LEADER, falls=falls)
    ledger = conserved(world)
    assert sorted(dropped(ledger)) == [(1, lost_s, cause), (2, 8.0, DOWN), (3, 10.875, DOWN)]
    assert rows(ledger.confirmed) == [(0, 1.0), (1, 5.875), (4, 12.0)]
    assert rows(ledger.effected) == [(0, 1.5), (4, 12.5)]
    assert ledger.crashes == [(6.0, "broker 0", kind)]
    assert ledger.restarts == [(6.0 + lasts_s, "broker 0")]


@pytest.mark.parametrize(
    ("confirm_by", "effected"), [(LEADER, []), (IN_SYNC, []), (MAJORITY, [(0, 11.5)])]
)
def test_what_the_next_leader_lacks_is_cut_from_all_logs(confirm_by, effected):
    # 1 leads next, which has not got it yet, although 2 has, which leads next of all. By majority
    # it is 2 that leads, and it is committed when others have fetched it.
    falls = [(0, fall(6.0, lasts_s=50.0)), (1, fall(20.0))]
    world = replicas(5.5, confirm_by=confirm_by, falls=falls)
    world.draws = slow(1, delays={0: 3.0})
    ledger = conserved(world)
    assert dropped(ledger) == ([] if effected else [(0, 11.0, FAILOVER)])
    assert rows(ledger.effected) == effected


def test_who_is_working_when_the_leader_falls_works_for_nothing():
    world = replicas(1.0, falls=[(0, fall(6.0))])
    world.consumer = consumer_options(service=Constant(6.0))
    ledger = conserved(world)
    assert rows(ledger.effected) == [(0, 7.5), (0, 17.0)]
    assert told(ledger.delivered, "redelivered", bool) == [(0, 1.5, False), (0, 11.0, True)]


def test_a_confirm_that_the_leader_has_sent_before_it_fell_arrives():
    world = replicas(5.875, confirm_by=LEADER, falls=[(0, fall(6.0))])
    world.publish = LinkOptions(ack_delay=Constant(0.5))
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 6.375)]
    assert dropped(ledger) == [(0, 11.0, FAILOVER)]


def test_the_next_one_falls_before_it_leads():
    falls = [(0, fall(6.0, lasts_s=20.0)), (1, fall(8.0, lasts_s=20.0))]
    world = replicas(1.0, 10.0, 11.5, confirm_by=LEADER, falls=falls)
    ledger = conserved(world)
    assert dropped(ledger) == [(1, 10.0, DOWN)]
    assert rows(ledger.delivered) == [(0, 1.5), (2, 11.5)]  # 2 is alone in sync then


def test_the_next_one_falls_as_soon_as_it_leads():
    falls = [(0, fall(6.0, lasts_s=20.0)), (1, fall(11.125, lasts_s=20.0))]
    world = replicas(1.0, 11.0625, 16.0, 16.5, confirm_by=LEADER, falls=falls)
    ledger = conserved(world)
    # The death of 1 takes another 5 s to be noticed; 2 leads, which has not got that of 11.0625.
    assert dropped(ledger) == [(2, 16.0, DOWN), (1, 16.125, FAILOVER)]
    assert rows(ledger.delivered) == [(0, 1.5), (3, 16.5)]


def test_a_crash_of_a_follower_stops_nobody():
    world = replicas(1.0, 6.5, confirm_by=LEADER, falls=[(1, fall(6.0, lasts_s=50.0))])
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 1.0), (1, 6.5)]
    assert not dropped(ledger)
    # It counts among those in sync until it is seen to be dead.
    assert rows(ledger.delivered) == [(0, 1.5), (1, 11.0)]
