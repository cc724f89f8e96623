"""Idempotent consumers: what is remembered is skipped, as far as the memory reaches."""

from __future__ import annotations

import pytest

from models.consumer import AckMode, CommitOptions, Memory
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import ACKNOWLEDGED
from models.network import LinkOptions
from tests.models.luck import FixedLuck
from tests.models.work import given, working
from tests.models.world import broker_options, redelivery_options, rows, told


def remembering(*created_s, remembered=-1, **options):
    world = working(*created_s, **options)
    world.remembered = remembered
    return world


def test_a_memory_forgets_the_oldest_first_however_often_it_was_asked():
    memory = Memory(2)
    memory.remember(1)
    memory.remember(2)
    assert 1 in memory
    memory.remember(3)
    assert 1 not in memory
    assert 2 in memory
    assert 3 in memory


@pytest.mark.parametrize(("size", "known"), [(0, 0), (1, 1), (-1, 100)])
def test_a_memory_holds_what_it_may(size, known):
    memory = Memory(size)
    for key in range(100):
        memory.remember(key)
    assert sum(key in memory for key in range(100)) == known


def test_a_size_below_all_is_refused():
    with pytest.raises(ValueError, match="size must be >= -1, got -2"):
        Memory(-2)


def test_what_was_done_is_acknowledged_without_an_effect_and_without_time():
    # The effect's acknowledgement is lost: given out again at 11.0.
    world = remembering(
        1.0,
        deliver=LinkOptions(ack_loss=0.5),
        draws=FixedLuck({"deliver.ack_loss": {(0, 1)}}),
    )
    world.broker = broker_options(redelivery=redelivery_options(ack_timeout_s=10.0))
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 2.0)]
    assert told(ledger.skipped, "delivery") == [(0, 11.0, 2)]
    assert told(ledger.removed, "reason") == [(0, 11.0, ACKNOWLEDGED)]


def test_copies_of_one_message_are_one():
    world = remembering(1.0, draws=FixedLuck({"publish.duplication": {(0, 1)}}))
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 2.0)]
    assert told(ledger.skipped, "delivery") == [(0, 2.0, 2)]


def test_two_at_once_have_one_effect():
    world = remembering(1.0, draws=FixedLuck({"publish.duplication": {(0, 1)}}))
    world.consumers = 2
    ledger = world.run()
    assert given(ledger) == [(0, 1.0, 0), (0, 1.0, 1)]
    assert rows(ledger.effected) == [(0, 2.0)]
    assert told(ledger.skipped, "delivery") == [(0, 2.0, 2)]


def test_the_memory_survives_and_the_others_have_it_too():
    luck = FixedLuck({"consumer.crash_after": {(0, 1)}})
    world = remembering(1.0, draws=luck, restart=Constant(50.0))
    world.consumers = 2
    ledger = world.run()
    assert given(ledger) == [(0, 1.0, 0), (0, 2.0, 1)]
    assert rows(ledger.effected) == [(0, 2.0)]
    assert rows(ledger.skipped) == [(0, 2.0)]


def test_each_group_remembers_for_itself():
    world = remembering(1.0, draws=FixedLuck({"publish.duplication": {(0, 1)}}))
    world.broker = broker_options(groups=2)
    for group in world.run().groups:
        assert rows(group.effected) == [(0, 2.0)]
        assert rows(group.skipped) == [(0, 2.0)]


def test_what_comes_again_too_late_for_the_memory_is_done_again():
    # 0 is given out again at 11.0, after two effects of others.
    options = {
        "deliver": LinkOptions(ack_loss=0.5),
        "draws": FixedLuck({"deliver.ack_loss": {(0, 1)}}),
    }
    for remembered, effects in ((2, 2), (3, 1)):
        world = remembering(1.0, 3.0, 4.0, remembered=remembered, **options)
        world.prefetch = 0
        world.broker = broker_options(redelivery=redelivery_options(ack_timeout_s=10.0))
        ledger = world.run()
        assert sum(row == 0 for row, _ in rows(ledger.effected)) == effects


def test_a_failure_is_not_remembered():
    ledger = remembering(1.0, draws=FixedLuck({"consumer.failure": {(0, 1)}})).run()
    assert rows(ledger.effected) == [(0, 3.0)]
    assert not len(ledger.skipped)


def test_known_ones_that_wait_are_skipped_when_a_hand_is_free_and_the_next_is_begun():
    # Both messages twice: 0, 0 again, 1, 1 again wait at the consumer in this order.
    world = remembering(
        1.0, 1.0, draws=FixedLuck({"publish.duplication": {(0, 1), (1, 1)}}), concurrency=1
    )
    world.prefetch = 0
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 2.0), (1, 3.0)]
    assert rows(ledger.skipped) == [(0, 2.0), (1, 3.0)]


@pytest.mark.parametrize("ack", [AckMode.AUTO, AckMode.BEFORE])
def test_however_it_is_acknowledged(ack):
    world = remembering(1.0, ack=ack, draws=FixedLuck({"publish.duplication": {(0, 1)}}))
    world.measured = 1
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 2.0)]
    assert rows(ledger.skipped) == [(0, 2.0)]
    assert world.census.decided_s == {0: 2.0}


def test_a_batch_takes_what_is_skipped_too():
    death = FaultOptions(kind="crash", at_s=(2.5,), lasts=Constant(0.5))
    world = remembering(
        1.0, 1.0, ack=AckMode.BATCH, commit=CommitOptions(every=2, interval_s=9.0), faults=(death,)
    )
    world.prefetch = 0
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 2.0), (1, 4.0)]
    assert rows(ledger.skipped) == [(0, 3.0)]
    assert rows(ledger.removed) == [(0, 4.0), (1, 4.0)]
