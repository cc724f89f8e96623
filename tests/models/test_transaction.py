"""Effect and acknowledgement in one: nothing that befalls a consumer makes a second effect."""

from __future__ import annotations

import pytest

from models.consumer import AckMode, CommitOptions
from models.faults import FaultOptions
from models.laws import Constant, Uniform
from models.network import LinkOptions
from tests.models.luck import FixedLuck
from tests.models.work import given, working
from tests.models.world import (
    broker_options,
    consumer_options,
    redelivery_options,
    rows,
    times,
    told,
)

SLOW_BACK = LinkOptions(ack_delay=Constant(0.5))


def transacted(*created_s, ack_timeout_s=50.0, **options):
    world = working(*created_s, transactional=True, **options)
    world.broker = broker_options(redelivery=redelivery_options(ack_timeout_s=ack_timeout_s))
    world.measured = len(created_s)
    return world


def test_the_effect_happens_where_the_commit_arrives():
    ledger = transacted(1.0, 1.0, deliver=SLOW_BACK).run()
    assert rows(ledger.effected) == [(0, 2.5), (1, 4.0)]
    assert rows(ledger.removed) == [(0, 2.5), (1, 4.0)]


def test_a_lost_commit_is_no_effect():
    luck = FixedLuck({"deliver.ack_loss": {(0, 1)}})
    for delay_s in (0.0, 0.5):
        link = LinkOptions(ack_loss=0.5, ack_delay=Constant(delay_s))
        world = transacted(1.0, deliver=link, draws=luck, ack_timeout_s=5.0)
        ledger = world.run()
        assert rows(ledger.effected) == [(0, 7.0 + delay_s)]
        assert world.census.decided_s == {0: 7.0 + delay_s}


def test_a_delivery_that_timed_out_has_no_effect_any_more():
    luck = FixedLuck(times={"consumer.service": {(0, 1): 4.0, (0, 2): 1.0}})
    world = transacted(1.0, ack_timeout_s=2.0, draws=luck)
    world.consumer = consumer_options(
        service=Uniform(low_s=0.0, high_s=4.0), concurrency=2, transactional=True
    )
    ledger = world.run()
    assert told(ledger.effected, "delivery") == [(0, 4.0, 2)]
    assert world.census.decided_s == {0: 5.0}  # the other worked on until then
    assert not len(ledger.dropped)


def test_a_death_after_the_commit_repeats_nothing():
    luck = FixedLuck({"consumer.crash_after": {(0, 1)}})
    ledger = transacted(1.0, 1.0, draws=luck).run()
    assert rows(ledger.effected) == [(0, 2.0), (1, 4.0)]
    assert [time_s for time_s, *_ in ledger.crashes] == [2.0]


def test_a_commit_sent_before_a_death_counts_if_it_comes_before_the_death_is_seen():
    death = FaultOptions(kind="crash", at_s=(2.25,), lasts=Constant(1.0))
    world = transacted(1.0, deliver=SLOW_BACK, faults=(death,), detect=Constant(1.0))
    assert rows(world.run().effected) == [(0, 2.5)]
    world = transacted(1.0, deliver=SLOW_BACK, faults=(death,), detect=Constant(0.125))
    ledger = world.run()
    assert given(ledger) == [(0, 1.0, 0), (0, 3.25, 0)]
    assert rows(ledger.effected) == [(0, 4.75)]


def test_a_dead_sender_of_a_commit_does_not_die_again():
    luck = FixedLuck({"consumer.crash_after": {(0, 1)}})
    death = FaultOptions(kind="crash", at_s=(2.25,), lasts=Constant(1.0))
    world = transacted(1.0, deliver=SLOW_BACK, faults=(death,), draws=luck, detect=Constant(9.0))
    assert world.run().crashes == [(2.25, "consumer 0", "crash")]


def test_the_broker_falls_before_the_commit_comes():
    world = transacted(1.0)
    world.broker_faults = (FaultOptions(kind="process_crash", at_s=(1.5,), lasts=Constant(0.25)),)
    ledger = world.run()
    assert given(ledger) == [(0, 1.0, 0), (0, 1.75, 0)]
    # What was begun at 1.0 is finished at 2.0, for nothing: only then the hand is free again.
    assert rows(ledger.effected) == [(0, 3.0)]


def test_a_failure_rolls_back():
    ledger = transacted(1.0, draws=FixedLuck({"consumer.failure": {(0, 1)}})).run()
    assert rows(ledger.raised) == [(0, 2.0)]
    assert rows(ledger.effected) == [(0, 3.0)]


def test_a_delivery_that_the_network_doubled_commits_once():
    luck = FixedLuck({"deliver.duplication": {(0, 1)}})
    world = transacted(1.0, draws=luck, concurrency=2)
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 2.0)]
    assert world.census.decided_s == {0: 2.0}


def batched(*created_s, every=2, **options):
    world = transacted(
        *created_s, ack=AckMode.BATCH, commit=CommitOptions(every=every, interval_s=9.0), **options
    )
    world.prefetch = 0
    return world


def test_a_batch_is_one_transaction():
    ledger = batched(1.0, 1.0, 1.0, deliver=SLOW_BACK).run()
    assert rows(ledger.effected) == [(0, 3.5), (1, 3.5), (2, 13.5)]


def test_a_batch_of_which_one_is_void_is_given_back_whole():
    # 0 times out at 3.25, before the commit of both comes at 3.5; 1 was given out later.
    world = batched(1.0, 2.0, ack_timeout_s=2.25, deliver=SLOW_BACK)
    world.until_s = 4.0
    ledger = world.run()
    assert rows(ledger.returned) == [(0, 3.25), (1, 3.5)]
    assert not len(ledger.effected)


def test_a_death_takes_the_batch_with_it_without_a_trace():
    death = FaultOptions(kind="crash", at_s=(2.5,), lasts=Constant(0.5))
    ledger = batched(1.0, 1.0, faults=(death,)).run()
    assert rows(ledger.effected) == [(0, 5.0), (1, 5.0)]


def test_with_a_memory_a_second_copy_is_skipped():
    for delay_s in (0.0, 0.5):
        world = transacted(
            1.0,
            draws=FixedLuck({"publish.duplication": {(0, 1)}}),
            deliver=LinkOptions(ack_delay=Constant(delay_s)),
            concurrency=2,
        )
        world.remembered = -1
        world.prefetch = 2
        ledger = world.run()
        assert times(ledger.effected) == [2.0 + delay_s]
        assert times(ledger.skipped) == [2.0 + delay_s]
        assert len(ledger.removed) == 2


@pytest.mark.parametrize("ack", [AckMode.AUTO, AckMode.BEFORE])
def test_what_acknowledges_before_cannot_commit(ack):
    with pytest.raises(ValueError, match="transactional needs ack to be after or batch, got"):
        consumer_options(transactional=True, ack=ack)
