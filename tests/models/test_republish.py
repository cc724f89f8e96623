"""A consumer that fails publishes the message again, and does not acknowledge the one it had."""

from __future__ import annotations

import pytest

from models.broker import Overflow, Subscription
from models.consumer import AckMode, OnFailure
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from models.replication import ReplicationOptions
from tests import conservation
from tests.models.luck import FixedLuck
from tests.models.work import given, working
from tests.models.world import (
    broker_options,
    consumer_options,
    disk_options,
    log_options,
    producer_options,
    redelivery_options,
    rows,
    told,
)

REPUBLISH = OnFailure.REPUBLISH
WAY_BACK = LinkOptions(ack_delay=Constant(0.25))


def failing(*created_s, fails=((0, 1),), ack_timeout_s=5.0, prefetch=0, broker=None, **options):
    """Work takes 1 s, and raises in the deliveries *fails* (message, delivery)."""
    coins = {"consumer.failure": set(fails)} | options.pop("coins", {})
    world = working(
        *created_s, failure=0.5, on_failure=REPUBLISH, draws=FixedLuck(coins), **options
    )
    world.prefetch = prefetch
    redelivery = redelivery_options(ack_timeout_s=ack_timeout_s)
    world.broker = broker_options(redelivery=redelivery, **(broker or {}))
    world.measured = len(created_s)
    return world


def conserved(world):
    ledger = world.run()
    conservation.check(ledger, decided=world.census.measured)
    assert all(message.open >= 0 for message in world.census.messages)
    return ledger


def dropped(ledger):
    return told(ledger.dropped, "cause", Cause)


def test_the_copy_goes_to_the_end_and_the_original_comes_back_when_its_time_is_over():
    ledger = conserved(failing(1.0, 1.0))
    assert rows(ledger.raised) == [(0, 2.0)]
    assert rows(ledger.doubled) == [(0, 2.0)]
    assert rows(ledger.stored) == [(0, 1.0), (1, 1.0), (0, 2.0)]
    assert rows(ledger.effected) == [(1, 3.0), (0, 4.0), (0, 7.0)]
    assert given(ledger) == [(0, 1.0, 0), (1, 1.0, 0), (0, 2.0, 0), (0, 6.0, 0)]


def test_with_a_prefetch_of_one_nothing_more_is_delivered_meanwhile():
    ledger = conserved(failing(1.0, 1.0, prefetch=1))
    assert given(ledger) == [(0, 1.0, 0), (0, 6.0, 0), (1, 7.0, 0), (0, 8.0, 0)]
    assert rows(ledger.effected) == [(0, 7.0), (1, 8.0), (0, 9.0)]


def test_each_failure_leaves_one_copy_more():
    ledger = conserved(failing(1.0, fails=[(0, 1), (0, 2)]))
    assert rows(ledger.doubled) == [(0, 2.0), (0, 3.0)]
    assert rows(ledger.effected) == [(0, 4.0), (0, 7.0), (0, 8.0)]


def test_what_was_acknowledged_before_is_not_there_twice():
    for ack in (AckMode.AUTO, AckMode.BEFORE):
        ledger = conserved(failing(1.0, ack=ack))
        assert rows(ledger.effected) == [(0, 3.0)]


def test_a_consumer_that_remembers_skips_the_original():
    world = failing(1.0)
    world.remembered = -1
    ledger = conserved(world)
    assert rows(ledger.effected) == [(0, 3.0)]
    assert rows(ledger.skipped) == [(0, 6.0)]


def test_the_copy_is_transient():
    fall = FaultOptions(kind="process_crash", at_s=(2.5,), lasts=Constant(1.0))
    world = failing(1.0, broker={"disk": disk_options()})
    world.broker_faults = (fall,)
    ledger = conserved(world)
    assert rows(ledger.removed)[0] == (0, 2.5)
    assert told(ledger.removed, "reason")[0][2] == Cause.BROKER_MEMORY
    # Whoever works on it finishes; the original was written, and is given again at 3.5.
    assert rows(ledger.effected) == [(0, 3.0), (0, 4.5)]


def test_the_copy_travels_like_an_answer_and_may_be_lost():
    ledger = conserved(failing(1.0, deliver=WAY_BACK))
    assert rows(ledger.stored) == [(0, 1.0), (0, 2.25)]
    lost = {"deliver.ack_loss": {(0, 1)}}
    ledger = conserved(failing(1.0, deliver=LinkOptions(ack_loss=0.5), coins=lost))
    assert dropped(ledger) == [(0, 2.0, Cause.NETWORK)]
    assert rows(ledger.effected) == [(0, 7.0)]


def test_the_broker_may_be_down_when_the_copy_comes():
    world = failing(1.0, deliver=WAY_BACK)
    world.broker_faults = (FaultOptions(kind="process_crash", at_s=(2.125,), lasts=Constant(0.5)),)
    ledger = conserved(world)
    assert dropped(ledger) == [(0, 2.25, Cause.BROKER_DOWN)]
    assert rows(ledger.effected) == [(0, 3.625)]


def test_nothing_can_be_published_when_the_session_is_over():
    world = failing(1.0)
    world.broker_faults = (FaultOptions(kind="process_crash", at_s=(1.5,), lasts=Constant(0.25)),)
    ledger = conserved(world)
    assert not len(ledger.doubled)
    assert rows(ledger.effected) == [(0, 3.0)]


@pytest.mark.parametrize(("cut_s", "detect_s"), [(2.125, 0.0), (1.5, 1.0)])
def test_a_cut_takes_the_copy(cut_s, detect_s):
    link = LinkOptions(
        connection=True,
        ack_delay=Constant(0.25),
        detect=Constant(detect_s),
        reconnect_s=0.5,
    )
    world = failing(1.0, deliver=link)
    world.deliver_faults = (FaultOptions(kind="cut", at_s=(cut_s,), lasts=Constant(0.0)),)
    ledger = conserved(world)
    assert dropped(ledger) == [(0, max(cut_s, 2.0), Cause.CONNECTION_CUT)]
    assert rows(ledger.effected) == [(0, cut_s + detect_s + 0.5 + 1.0)]


@pytest.mark.parametrize(
    ("overflow", "kept", "lost"),
    [
        (Overflow.REJECT, [(0, 7.0), (1, 3.0), (2, 4.0)], [(0, 2.0)]),
        (Overflow.DROP_NEW, [(0, 7.0), (1, 3.0), (2, 4.0)], [(0, 2.0)]),
        (Overflow.DROP_OLDEST, [(0, 4.0), (0, 7.0), (1, 3.0)], [(2, 2.0)]),
        (Overflow.BLOCK, [(0, 5.0), (0, 7.0), (1, 3.0), (2, 4.0)], []),
    ],
)
def test_a_full_queue_does_with_the_copy_what_it_does_with_others(overflow, kept, lost):
    # 0 and 1 are out, 2 waits in the one place that there is.
    world = failing(1.0, 1.0, 1.5, prefetch=2, broker={"capacity": 1, "overflow": overflow})
    world.consumer = consumer_options(service=Constant(1.0), failure=0.5, on_failure=REPUBLISH)
    ledger = conserved(world)
    assert sorted(rows(ledger.effected)) == kept
    assert dropped(ledger) == [(*row, Cause.OVERFLOW) for row in lost]


def test_nobody_is_left_to_publish_to_when_the_subscription_is_over():
    death = FaultOptions(kind="crash", at_s=(2.125,), lasts=Constant(1.0))
    world = failing(1.0, 4.0, deliver=WAY_BACK, faults=(death,))
    world.broker = broker_options(subscription=Subscription.TRANSIENT)
    assert (0, 2.25, Cause.NO_SUBSCRIBER) in dropped(conserved(world))


@pytest.mark.parametrize(
    "broker",
    [
        log_options(),
        broker_options(groups=2),
        broker_options(
            replication=ReplicationOptions(
                replicas=3, delay=Constant(0.0), ack_delay=Constant(0.0), failover=Constant(1.0)
            )
        ),
    ],
)
def test_it_takes_a_queue_on_one_machine(broker):
    world = failing(1.0)
    world.broker = broker
    with pytest.raises(ValueError, match="on_failure must not be republish unless there is one"):
        world.run()


def test_it_is_no_transaction():
    with pytest.raises(ValueError, match=r"transactional rolls back .* cannot republish it"):
        consumer_options(transactional=True, on_failure=REPUBLISH)


def test_a_producer_hears_nothing_of_the_copy():
    world = failing(1.0)
    world.producer = producer_options(arrivals=world.producer.arrivals, confirm=True)
    assert rows(conserved(world).confirmed) == [(0, 1.0)]
