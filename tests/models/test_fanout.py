"""Publish/subscribe: every group gets its own copy, with a fate of its own."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.broker import ConfirmWhen, Overflow, Subscription
from models.consumer import AckMode
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from models.policies.sync import Never
from sim.outcomes import Belief, Fate, judge
from tests import conservation
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
    redelivery_options,
    rows,
    told,
)


def fanout(*created_s, groups=2, consumers=1, until_s=50.0, broker=None, **world):
    options = {"groups": groups} | (broker or {})
    return World(
        producer=world.pop("producer", producer_options(arrivals=Trace(created_s))),
        broker=broker_options(**options),
        consumers=consumers,
        until_s=until_s,
        **world,
    )


def crash(kind, at_s, lasts_s=1.0):
    return FaultOptions(kind=kind, at_s=(at_s,), lasts=Constant(lasts_s))


def drops(ledger):
    return told(ledger.dropped, "cause", Cause)


def test_each_group_has_one_effect_for_each_message():
    world = fanout(1.0, 2.0, groups=3, consumer=consumer_options(service=Constant(0.25)))
    ledger = world.run()
    conservation.check(ledger)
    for group in ledger.groups:
        assert rows(group.effected) == [(0, 1.25), (1, 2.25)]
    assert rows(ledger.confirmed) == [(0, 1.0), (1, 2.0)]
    outcomes = judge(ledger, range(2))
    assert len(outcomes) == 6
    assert outcomes.matrix()[Belief.CONFIRMED, Fate.ONCE] == 6


def test_a_message_is_decided_when_its_last_group_is_done():
    luck = FixedLuck(
        times={
            "consumer.service": {(0, 1): 0.25},
            "consumer of group 1.service": {(0, 1): 7.0},
        }
    )
    world = fanout(1.0, draws=luck, measured=1)
    world.run()
    assert world.now_s == 8.0
    assert world.census.decided_s == {0: 8.0}


def test_each_group_has_luck_of_its_own():
    luck = FixedLuck(coins={"consumer.failure": {}, "consumer of group 1.failure": {(0, 1)}})
    world = fanout(1.0, draws=luck, consumer=consumer_options(failure=0.5))
    ledger = world.run()
    first, second = ledger.groups
    assert (len(first.raised), len(first.effected)) == (0, 1)
    assert (len(second.raised), len(second.effected)) == (1, 1)
    assert told(second.delivered, "consumer") == [(0, 1.0, 1), (0, 1.0, 1)]


def test_consumers_of_one_group_share_its_messages():
    world = fanout(
        1.0, 1.0, consumers=2, consumer=consumer_options(service=Constant(0.5)), until_s=9.0
    )
    first, second = world.run().groups
    assert told(first.delivered, "consumer") == [(0, 1.0, 0), (1, 1.0, 1)]
    assert told(second.delivered, "consumer") == [(0, 1.0, 2), (1, 1.0, 3)]


def test_a_lost_packet_is_lost_for_every_group():
    luck = FixedLuck(coins={"publish.loss": {(0, 1)}})
    world = fanout(1.0, draws=luck, publish=LinkOptions(loss=0.5))
    ledger = world.run()
    conservation.check(ledger)
    outcomes = judge(ledger, range(1))
    assert outcomes.matrix()[Belief.FAILED, Fate.LOST] == 2
    assert outcomes.cause.tolist() == [Cause.NETWORK, Cause.NETWORK]


def test_one_record_stands_for_all_copies_on_the_disk():
    options = {
        "confirm_when": ConfirmWhen.SYNCED,
        "disk": disk_options(write=Constant(0.5), sync=Constant(0.25)),
    }
    world = fanout(1.0, 1.0, broker=options, consumer=consumer_options(start=Constant(30.0)))
    ledger = world.run()
    assert rows(ledger.written) == [(0, 1.5), (1, 2.0)]
    assert rows(ledger.confirmed) == [(0, 1.75), (1, 2.25)]


@pytest.mark.parametrize(
    ("kind", "cause"), [("power_loss", Cause.PAGE_CACHE), ("process_crash", None)]
)
def test_all_copies_of_a_record_survive_a_crash_or_none(kind, cause):
    options = {"confirm_when": ConfirmWhen.WRITTEN, "disk": disk_options(policy=Never())}
    world = fanout(
        1.0,
        broker=options,
        consumer=consumer_options(start=Constant(10.0)),
        broker_faults=(crash(kind, 2.0),),
    )
    ledger = world.run()
    conservation.check(ledger, confirm_when=ConfirmWhen.WRITTEN)
    for group in ledger.groups:
        assert drops(group) == ([] if cause is None else [(0, 2.0, cause)])
        assert len(group.effected) == (cause is None)


def test_a_removal_that_a_power_loss_undoes_comes_back_to_its_own_group():
    # Group 0 is done at 3; group 1 never connects. The removal was in no sync yet at 4.
    luck = FixedLuck(times={"consumer 1.start": {(0, 0): 20.0}})
    options = {"disk": disk_options(sync=Constant(1.5))}
    world = fanout(
        1.0,
        draws=luck,
        broker=options,
        consumer=consumer_options(service=Constant(2.0)),
        broker_faults=(crash("power_loss", 4.0),),
    )
    ledger = world.run()
    first, second = ledger.groups
    assert rows(first.recovered) == [(0, 4.0)]
    assert rows(first.effected) == [(0, 3.0), (0, 7.0)]
    assert rows(second.recovered) == []
    assert rows(second.effected) == [(0, 22.0)]


@pytest.mark.parametrize(
    ("overflow", "dropped", "belief"),
    [
        (Overflow.REJECT, {0: [], 1: []}, "failed"),
        (Overflow.DROP_NEW, {0: [], 1: [(1, 2.0, Cause.OVERFLOW)]}, "confirmed"),
        (Overflow.DROP_OLDEST, {0: [], 1: [(0, 2.0, Cause.OVERFLOW)]}, "confirmed"),
    ],
)
def test_a_full_group_and_one_with_room(overflow, dropped, belief):
    # Nobody takes anything out of group 1.
    luck = FixedLuck(times={"consumer 1.start": {(0, 0): 30.0}})
    world = fanout(1.0, 2.0, draws=luck, broker={"capacity": 1, "overflow": overflow})
    ledger = world.run()
    conservation.check(ledger, confirms_drops=overflow is Overflow.DROP_NEW)
    for index, group in enumerate(ledger.groups):
        assert drops(group) == dropped[index]
    assert (1, 2.0) in rows(getattr(ledger, belief))
    if overflow is Overflow.REJECT:
        assert drops(ledger) == [(1, 2.0, Cause.OVERFLOW)]


def test_a_full_group_blocks_the_door_for_all():
    luck = FixedLuck(times={"consumer 1.start": {(0, 0): 30.0}})
    world = fanout(
        1.0, 2.0, draws=luck, broker={"capacity": 1, "overflow": Overflow.BLOCK}, until_s=40.0
    )
    first, second = world.run().groups
    assert rows(first.stored) == rows(second.stored) == [(0, 1.0), (1, 30.0)]


@pytest.mark.parametrize(
    ("subscription", "effects", "missed"),
    [
        (Subscription.DURABLE, [(0, 5.0), (1, 6.0), (2, 20.0)], []),
        (Subscription.FROM_START, [(1, 6.0), (2, 20.0)], [0]),
        (Subscription.TRANSIENT, [(1, 6.0)], [0, 2]),
    ],
)
def test_a_late_subscriber_that_dies(subscription, effects, missed):
    # It connects at 5, and is dead from 10 to 20.
    world = fanout(
        1.0,
        6.0,
        12.0,
        groups=1,
        broker={"subscription": subscription},
        consumer=consumer_options(start=Constant(5.0)),
        consumer_faults=(crash("crash", 10.0, 10.0),),
    )
    ledger = world.run()
    conservation.check(ledger, confirms_drops=True)
    assert rows(ledger.effected) == effects
    assert [row for row, _, cause in drops(ledger) if cause is Cause.NO_SUBSCRIBER] == missed
    assert len(ledger.confirmed) == 3  # what nobody gets is acknowledged all the same


def test_what_a_transient_subscription_holds_goes_with_its_last_consumer():
    # Message 0 is being worked on, 1 and 2 wait, when the consumer dies at 2; 3 finds nobody.
    world = fanout(
        1.0,
        1.25,
        1.5,
        2.5,
        groups=1,
        broker={"subscription": Subscription.TRANSIENT},
        consumer=consumer_options(service=Constant(3.0)),
        consumer_faults=(crash("crash", 2.0, 5.0),),
    )
    ledger = world.run()
    conservation.check(ledger, confirms_drops=True)
    assert rows(ledger.effected) == []
    assert drops(ledger) == [
        *((row, 2.0, Cause.NO_SUBSCRIBER) for row in (0, 1, 2)),
        (3, 2.5, Cause.NO_SUBSCRIBER),
    ]


@pytest.mark.parametrize("kind", ["process_crash", "power_loss"])
def test_a_transient_subscription_does_not_survive_the_broker(kind):
    world = fanout(
        1.0,
        groups=1,
        broker={"subscription": Subscription.TRANSIENT},
        consumer=consumer_options(service=Constant(3.0), ack=AckMode.AFTER),
        broker_faults=(crash(kind, 2.0),),
    )
    ledger = world.run()
    assert drops(ledger) == [(0, 3.0, Cause.NO_SUBSCRIBER)]
    assert rows(ledger.effected) == [(0, 4.0)]  # it was at work, and did not hear


def test_end_to_end_confirms_wait_for_every_group():
    luck = FixedLuck(
        times={"consumer.service": {(0, 1): 1.0}, "consumer of group 1.service": {(0, 1): 4.0}}
    )
    world = fanout(
        1.0,
        draws=luck,
        broker={"confirm_when": ConfirmWhen.PROCESSED},
        publish=LinkOptions(ack_delay=Constant(0.5)),
    )
    assert rows(world.run().confirmed) == [(0, 5.5)]


def test_end_to_end_confirms_are_not_given_for_what_is_parked_or_lost():
    for dead_letter in (True, False):
        luck = FixedLuck(coins={"consumer.failure": {(0, 1)}})
        world = fanout(
            1.0,
            groups=1,
            draws=luck,
            consumer=consumer_options(failure=0.5),
            broker={
                "confirm_when": ConfirmWhen.PROCESSED,
                "redelivery": redelivery_options(limit=1, dead_letter=dead_letter),
            },
        )
        ledger = world.run()
        assert rows(ledger.confirmed) == []
        assert rows(ledger.failed) == [(0, 11.0)]


def test_end_to_end_confirms_are_forgotten_in_a_crash():
    world = fanout(
        1.0,
        groups=1,
        consumer=consumer_options(start=Constant(5.0)),
        broker={"confirm_when": ConfirmWhen.PROCESSED},
        broker_faults=(crash("process_crash", 2.0),),
    )
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 5.0)]
    assert rows(ledger.failed) == [(0, 11.0)]
