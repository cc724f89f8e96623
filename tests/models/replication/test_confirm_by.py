"""When a message is confirmed and when consumers may have it, by who must have it and how deep.

The message of 1.0 is written by 1.5 at the leader, and synced by 3.5. It is at replica 1 at 1.25,
written there at 1.75, synced at 3.75; at replica 2 one second later each. What they say takes 0.5.
"""

from __future__ import annotations

import pytest

from models.laws import Constant
from tests.models.replication.shared import (
    IN_SYNC,
    LEADER,
    MAJORITY,
    PROCESSED,
    RECEIVED,
    SYNCED,
    WRITTEN,
    conserved,
    fall,
    replicas,
    slow,
)
from tests.models.world import consumer_options, disk_options, rows


def one_message(*, broker=None, **changes):
    disk = disk_options(write=Constant(0.5), sync=Constant(2.0))
    world = replicas(
        1.0, broker={"disk": disk} | (broker or {}), ack_delay=Constant(0.5), **changes
    )
    world.draws = slow(2, delays={0: 1.25})
    return world


@pytest.mark.parametrize(
    ("confirm_by", "confirm_when", "confirmed_s", "delivered_s"),
    [
        (LEADER, RECEIVED, 1.0, 2.75),
        (LEADER, WRITTEN, 1.5, 3.25),
        (LEADER, SYNCED, 3.5, 5.25),
        (MAJORITY, RECEIVED, 1.75, 1.75),
        (MAJORITY, WRITTEN, 2.25, 2.25),
        (MAJORITY, SYNCED, 4.25, 4.25),
        (IN_SYNC, RECEIVED, 2.75, 2.75),
        (IN_SYNC, WRITTEN, 3.25, 3.25),
        (IN_SYNC, SYNCED, 5.25, 5.25),
    ],
)
def test_as_deep_as_is_asked_for_on_as_many_as_are_asked_for(
    confirm_by, confirm_when, confirmed_s, delivered_s
):
    world = one_message(confirm_by=confirm_by, broker={"confirm_when": confirm_when})
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, confirmed_s)]
    assert rows(ledger.delivered) == [(0, delivered_s)]
    # Whatever is asked for, it sinks; the ledger tells of the first replica where it does.
    assert rows(ledger.written) == [(0, 1.5)]
    assert rows(ledger.synced) == [(0, 3.5)]


@pytest.mark.parametrize(
    ("confirm_by", "confirmed_s"), [(LEADER, 3.5), (MAJORITY, 4.25), (IN_SYNC, 5.25)]
)
def test_what_is_delivered_when_stored_is_confirmed_no_sooner(confirm_by, confirmed_s):
    world = one_message(
        confirm_by=confirm_by, delivers_replicated=False, broker={"confirm_when": SYNCED}
    )
    ledger = conserved(world)
    assert rows(ledger.effected) == [(0, 1.0)]
    assert rows(ledger.confirmed) == [(0, confirmed_s)]


@pytest.mark.parametrize(
    ("confirm_by", "delivered_s"), [(LEADER, 2.75), (MAJORITY, 1.75), (IN_SYNC, 2.75)]
)
def test_a_confirm_from_end_to_end_waits_for_the_consumer(confirm_by, delivered_s):
    # Consumers get it as soon as the replicas have received it.
    world = one_message(confirm_by=confirm_by, broker={"confirm_when": PROCESSED})
    world.consumer = consumer_options(service=Constant(3.0))
    ledger = conserved(world)
    assert rows(ledger.delivered) == [(0, delivered_s)]
    assert rows(ledger.confirmed) == [(0, delivered_s + 3.0)]


@pytest.mark.parametrize("transient", [{"persistent": False}, {"durable": False}])
def test_what_is_never_written_is_replicated_in_memory(transient):
    world = one_message(confirm_by=IN_SYNC, broker={"confirm_when": SYNCED} | transient)
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 2.75)]
    assert not len(ledger.written) + len(ledger.synced)


def test_a_majority_of_five_are_three():
    world = replicas(1.0, replicas=5, confirm_by=MAJORITY)
    world.draws = slow(
        1,
        delays={0: 4.0},
        **{f"replica {i}.delay": {(0, 1): float(i)} for i in (2, 3)},
    )
    # Replica 4 has it at 1.25, 2 at 3.0, 3 at 4.0 and 1 at 5.0.
    assert rows(conserved(world).confirmed) == [(0, 3.25)]


def test_two_replicas_have_no_majority_but_both():
    world = replicas(1.0, replicas=2, confirm_by=MAJORITY)
    assert rows(conserved(world).confirmed) == [(0, 1.5)]


def test_records_are_committed_in_their_order():
    # The second one is nowhere before the first, although its way is shorter.
    world = replicas(1.0, 1.5, confirm_by=MAJORITY)
    world.draws = slow(1, delays={0: 2.0}, **{"replica 2.delay": {(0, 1): 2.5}})
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 3.25), (1, 3.25)]
    assert rows(ledger.delivered) == [(0, 3.25), (1, 3.25)]


def test_whom_to_confirm_to_is_forgotten_with_the_leader():
    # At 6.0 the followers have it, and their word is on its way.
    world = replicas(5.625, confirm_by=MAJORITY, falls=[(0, fall(6.0))])
    ledger = conserved(world)
    assert not len(ledger.confirmed)
    assert rows(ledger.failed) == [(0, 15.625)]
    assert rows(ledger.effected) == [(0, 11.5)]
