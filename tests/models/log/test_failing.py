"""Records whose processing raises: tried again in place, parked, or passed."""

from __future__ import annotations

import pytest

from models.consumer import OnFailure
from models.laws import Constant
from models.ledger import Cause
from models.policies.backoff import Fixed
from tests.models.log.shared import conserved, crash, delivered, dropped, effected, log, parked
from tests.models.luck import FixedLuck
from tests.models.world import redelivery_options, rows


def failing(*attempts, on_failure=OnFailure.REQUEUE, broker=None, **redelivery):
    """Four records in one batch, of which message 1 fails in these *attempts*."""
    luck = FixedLuck(coins={"consumer.failure": {(1, attempt) for attempt in attempts}})
    return log(
        *(1.0, 1.0, 1.0, 1.0),
        broker={"redelivery": redelivery_options(**redelivery), **(broker or {})},
        consumer={"start": Constant(1.5), "failure": 0.5, "on_failure": on_failure},
        draws=luck,
    )


def test_a_failed_record_is_tried_again_before_those_behind_it():
    ledger = conserved(failing(1, 2))
    assert rows(ledger.raised) == [(1, 2.5), (1, 3.0)]
    assert delivered(ledger)[4:] == [(1, 2.5, 0), (1, 3.0, 0)]
    assert effected(ledger) == [(0, 2.0, 1), (1, 3.5, 3), (2, 4.0, 1), (3, 4.5, 1)]


def test_its_partition_waits_for_the_delay():
    ledger = conserved(failing(1, delay=Fixed(2.0)))
    assert rows(ledger.returned) == [(1, 2.5)]
    assert delivered(ledger)[4:] == [(1, 4.5, 0)]
    assert effected(ledger) == [(0, 2.0, 1), (1, 5.0, 2), (2, 5.5, 1), (3, 6.0, 1)]


def test_other_partitions_go_on_meanwhile():
    ledger = conserved(failing(1, delay=Fixed(9.0), broker={"partitions": 2}))
    # Messages 1 and 3 share a partition.
    assert effected(ledger) == [(0, 2.0, 1), (2, 2.5, 1), (1, 12.5, 2), (3, 13.0, 1)]


@pytest.mark.parametrize("dead_letter", [True, False])
def test_at_its_limit_it_is_parked_and_the_partition_goes_on(dead_letter):
    ledger = conserved(failing(1, 2, 3, 4, limit=3, dead_letter=dead_letter))
    end = [(1, 3.5, Cause.DELIVERY_LIMIT)]
    assert (parked(ledger), dropped(ledger)) == ((end, []) if dead_letter else ([], end))
    assert effected(ledger) == [(0, 2.0, 1), (2, 4.0, 1), (3, 4.5, 1)]


def test_a_rejected_record_is_parked_at_once():
    ledger = conserved(failing(1, on_failure=OnFailure.REJECT))
    assert parked(ledger) == [(1, 2.5, Cause.REJECTED)]
    assert effected(ledger) == [(0, 2.0, 1), (2, 3.0, 1), (3, 3.5, 1)]


def test_a_poisonous_record_blocks_its_partition_for_ever():
    world = failing(*range(1, 100), delay=Fixed(1.0), broker={"partitions": 2})
    world.until_s = 60.0
    ledger = conserved(world)
    assert effected(ledger) == [(0, 2.0, 1), (2, 2.5, 1)]
    assert len(rows(ledger.raised)) > 30


def test_a_retry_ends_with_its_process():
    world = failing(1, delay=Fixed(2.0))
    world.consumer_faults = (crash(3.0),)
    ledger = conserved(world)
    # It would have come at 4.5: the new process has had it at 4.0 already.
    assert delivered(ledger)[4:] == [(1, 4.0, 0), (2, 4.0, 0), (3, 4.0, 0)]
    assert effected(ledger) == [(0, 2.0, 1), (1, 4.5, 2), (2, 5.0, 2), (3, 5.5, 2)]


def test_deliveries_that_a_crash_brought_to_nothing_count():
    world = failing(limit=1)
    world.consumer_faults = (crash(2.25),)
    ledger = conserved(world)
    assert parked(ledger) == [(message, 2.25, Cause.DELIVERY_LIMIT) for message in (1, 2, 3)]
    assert effected(ledger) == [(0, 2.0, 1)]
