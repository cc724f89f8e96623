"""Repeats across a change of leader: the next one knows what its log knows."""

from __future__ import annotations

import pytest

from models.broker import DedupOptions
from models.laws import Constant
from models.ledger import Cause
from models.policies.backoff import Fixed
from tests.models.luck import FixedLuck
from tests.models.replication.shared import (
    IN_SYNC,
    LEADER,
    MAJORITY,
    PROCESSED,
    conserved,
    dropped,
    fall,
    replicas,
)
from tests.models.world import consumer_options, disk_options, rows

SHARES = [LEADER, MAJORITY, IN_SYNC]
DOWN, KNOWN = Cause.BROKER_DOWN, Cause.DEDUPLICATED
BY_IDS = {"dedup": DedupOptions(window_s=float("inf"))}
PATIENT = {"timeout_s": 1.0, "retries": 99, "backoff": Fixed(1.0)}


def repeating(*created_s, idempotent, producer=None, broker=None, **changes):
    """A world whose producer sends again every 2 s, known by its ids or by its numbers."""
    return replicas(
        *created_s,
        producer=PATIENT | {"idempotent": idempotent} | (producer or {}),
        broker=({} if idempotent else BY_IDS) | (broker or {}),
        **changes,
    )


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("confirm_by", [MAJORITY, IN_SYNC])
def test_a_repeat_of_what_the_next_leader_has_is_known_and_confirmed(confirm_by, idempotent):
    # The followers have it at 5.875, and the word of that is lost; it is committed at 11.5.
    world = repeating(
        5.625, confirm_by=confirm_by, idempotent=idempotent, falls=[(0, fall(6.0, lasts_s=50.0))]
    )
    ledger = conserved(world)
    assert dropped(ledger) == [(0, 7.625, DOWN), (0, 9.625, DOWN), (0, 11.625, KNOWN)]
    assert rows(ledger.confirmed) == [(0, 11.625)]
    assert rows(ledger.effected) == [(0, 11.5)]


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("confirm_by", SHARES)
def test_a_repeat_of_what_is_not_committed_yet_waits_for_that(confirm_by, idempotent):
    # The first confirm does not come from a leader that has fallen: sent again at 11.25.
    world = repeating(
        5.625,
        confirm_by=confirm_by,
        idempotent=idempotent,
        falls=[(0, fall(6.0, lasts_s=50.0))],
        producer={"timeout_s": 5.125, "backoff": Fixed(0.5)},
        broker={"disk": disk_options(write=Constant(0.5)), "confirm_when": "written"},
    )
    ledger = conserved(world)
    # By leader it was confirmed at 6.125 if that had not fallen, and the next one has it since.
    assert rows(ledger.confirmed) == [(0, 11.25 if confirm_by is LEADER else 11.5)]
    assert dropped(ledger) == [(0, 11.25, KNOWN)]
    assert rows(ledger.stored) == [(0, 5.625)]


@pytest.mark.parametrize("idempotent", [False, True])
def test_a_repeat_of_what_is_lost_with_the_leader_is_new(idempotent):
    world = repeating(5.875, confirm_by=IN_SYNC, idempotent=idempotent, falls=[(0, fall(6.0))])
    ledger = conserved(world)
    assert dropped(ledger) == [
        *((0, 7.875, DOWN), (0, 9.875, DOWN)),
        (0, 11.0, Cause.FAILOVER),
    ]
    assert rows(ledger.stored) == [(0, 5.875), (0, 11.875)]
    assert rows(ledger.effected) == [(0, 12.375)]


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("kind", ["process_crash", "power_loss", "disk_loss"])
def test_even_if_it_was_consumed_before_it_was_lost(kind, idempotent):
    # In the page cache of the leader when that falls, and nowhere else.
    world = repeating(
        5.875,
        confirm_by=IN_SYNC,
        idempotent=idempotent,
        delivers_replicated=False,
        falls=[(0, fall(6.0, kind=kind))],
        broker={"disk": disk_options(sync=Constant(1.0))},
    )
    ledger = conserved(world)
    assert rows(ledger.stored) == [(0, 5.875), (0, 11.875)]
    assert rows(ledger.effected) == [(0, 5.875), (0, 11.875)]
    assert rows(ledger.confirmed) == [(0, 12.375)]


@pytest.mark.parametrize("idempotent", [False, True])
def test_a_repeat_before_the_commit_is_answered_with_it(idempotent):
    world = repeating(
        1.0,
        confirm_by=IN_SYNC,
        idempotent=idempotent,
        producer={"timeout_s": 0.25, "backoff": Fixed(0.125)},
    )
    ledger = conserved(world)
    assert rows(ledger.sent) == [(0, 1.0), (0, 1.375)]
    assert dropped(ledger) == [(0, 1.375, KNOWN)]
    assert rows(ledger.confirmed) == [(0, 1.5)]


def test_a_repeat_waits_for_those_consumers_that_have_not_acknowledged():
    # Group 0 has at 2.5. The next leader gives it to group 1 again, at 11.0; it works 9 s.
    times = {"consumer.service": {(0, 1): 1.0}}
    times["consumer of group 1.service"] = {(0, 1): 9.0, (0, 2): 9.0}
    world = repeating(
        1.0,
        idempotent=False,
        falls=[(0, fall(6.0))],
        broker={"groups": 2, "confirm_when": PROCESSED},
    )
    world.consumer = consumer_options(service=Constant(5.0))
    world.draws = FixedLuck(times=times)
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 20.0)]
