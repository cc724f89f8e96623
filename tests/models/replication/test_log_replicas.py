"""A log of several replicas: readers get what is committed, and go on from where they were."""

from __future__ import annotations

import pytest

from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.log import LogOptions
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
from tests.models.world import consumer_options, rows


def log(*created_s, partitions=1, service_s=0.5, broker=None, **changes):
    """A world with a replicated log, whose reader takes *service_s* for a record."""
    world = replicas(
        *created_s, broker={"log": LogOptions(partitions=partitions)} | (broker or {}), **changes
    )
    world.consumer = consumer_options(service=Constant(service_s))
    world.prefetch = 0
    return world


@pytest.mark.parametrize(
    ("confirm_by", "delivered_s"), [(LEADER, 4.25), (MAJORITY, 1.5), (IN_SYNC, 4.25)]
)
def test_readers_get_what_is_committed(confirm_by, delivered_s):
    world = log(1.0, confirm_by=confirm_by)
    world.draws = slow(2, delays={0: 3.0})
    ledger = conserved(world)
    assert rows(ledger.delivered) == [(0, delivered_s)]
    assert rows(ledger.confirmed) == [(0, 1.0 if confirm_by is LEADER else delivered_s)]


def test_readers_get_what_is_stored_if_they_are_not_to_wait():
    assert rows(conserved(log(1.0, delivers_replicated=False)).delivered) == [(0, 1.0)]


@pytest.mark.parametrize("partitions", [1, 2])
@pytest.mark.parametrize("deaths_s", [(), (7.0,)])
def test_a_position_that_the_next_leader_does_not_know_is_only_that_of_its_reader(
    partitions, deaths_s
):
    # The first is committed at 2.0 and the second at 5.875, of which no follower has heard at 6.0.
    # A reader that lives on knows better, and says so at 11.0; one that has died reads it again.
    world = log(1.0, 4.875, partitions=partitions, falls=[(0, fall(6.0))])
    deaths = FaultOptions(kind="crash", at_s=deaths_s, lasts=Constant(1.0)) if deaths_s else None
    world.consumer_faults = () if deaths is None else (deaths,)
    world.measured = 2
    ledger = conserved(world)
    assert rows(ledger.effected) == [(0, 2.0), (1, 5.875)] + [(1, 11.5)] * len(deaths_s)
    assert rows(ledger.recovered) == [(1, 11.0)]
    assert world.census.decided_s == {0: 2.25, 1: 11.75 if deaths_s else 11.25}


def test_the_order_of_a_partition_outlives_its_leader():
    # The first is being read. The second is committed at 5.75; of the others nobody has said that
    # it is there: they are committed again at 11.3125.
    falls = [(0, fall(5.8125, lasts_s=50.0))]
    world = log(*(5.0, 5.25, 5.375, 5.5), service_s=0.375, confirm_by=MAJORITY, falls=falls)
    ledger = conserved(world)
    assert rows(ledger.delivered)[-3:] == [(1, 10.8125), (2, 11.3125), (3, 11.3125)]
    assert rows(ledger.effected) == [(0, 5.875), (1, 11.1875), (2, 11.6875), (3, 12.0625)]


def test_what_the_next_leader_lacks_is_lost_to_all_readers():
    world = log(5.5, 5.875, falls=[(0, fall(6.0))])
    world.measured = 2
    ledger = conserved(world)
    assert dropped(ledger) == [(1, 11.0, Cause.FAILOVER)]
    assert rows(ledger.effected) == [(0, 12.0)]


def test_what_is_hidden_ages():
    world = log(1.0, 3.0, broker={"ttl_s": 1.0})
    world.draws = slow(2, delays={0: 0.75, 1: 0.5})
    ledger = conserved(world)
    assert dropped(ledger) == [(0, 2.0, Cause.EXPIRED)]
    assert rows(ledger.delivered) == [(1, 3.75)]
