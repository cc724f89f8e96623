"""What is worked out ahead: when that may be done, and literal schedules of it.

That the ledger is the same as without is a property of its own (`tests/properties`); here it is
asserted for the schedules, too.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import simpy

from models.arrivals import Poisson, Regular, Trace
from models.broker import ConfirmWhen, DedupOptions, RedeliveryOptions
from models.census import Census
from models.foresight import Foresight, applies
from models.foresight.creations import Creations
from models.laws import Constant, Exponential, Lognormal
from models.ledger import Cause, Failed, Ledger
from models.network import BurstOptions, LinkOptions
from models.network.link import Link
from models.policies.backoff import Exponential as Growing
from models.policies.backoff import Fixed
from models.policies.jitter import DecorrelatedJitter, full_jitter
from tests.models.luck import FixedLuck
from tests.models.twins import assert_same_run
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
    rows,
    told,
)

WAY = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))


def foreseen(*created_s, publish=WAY, draws=None, **producer):
    """The ledger of one producer, asserted to be the same with foresight and without."""
    options = producer_options(arrivals=Trace(created_s), **producer)
    for persistent in (True, False):  # with arrivals as events, and without
        broker = broker_options(persistent=persistent)
        world = World(producer=options, publish=publish, broker=broker, draws=draws, foresee=True)
        assert_same_run(world, replace(world, foresee=False))
        assert world.foresaw
    return world.run()


@pytest.mark.parametrize(
    ("producer", "broker", "faults", "reason"),
    [
        ({}, {}, ["broker"], "the broker can fail"),
        ({}, {}, ["producer"], "producers can fail"),
        ({}, {}, ["consumer", "publish"], "the link between them can fail"),
        ({}, {"accept": Exponential(0.1)}, [], "broker.accept"),
        ({}, {"capacity": 9}, [], "broker.capacity"),
        ({}, {"confirm_when": ConfirmWhen.SYNCED}, [], "broker.confirm_when is synced"),
        ({}, {"confirm_when": ConfirmWhen.WRITTEN}, [], "broker.confirm_when is written"),
        ({}, {}, ["disk"], "disk can fail"),
        ({"confirm": False}, {"disk": disk_options(failure=0.1)}, [], "disk.failure"),
        ({}, {"dedup": DedupOptions(window_s=1.0)}, [], "broker.dedup_window"),
        ({}, {"dedup": DedupOptions(sequences=True)}, [], "producer.idempotent"),
        ({"retries": 10_001}, {}, [], "more than 10000 times"),
        ({"retries": math.inf}, {}, [], "more than 10000 times"),
    ],
)
def test_what_the_broker_may_do_to_an_answer_cannot_be_foreseen(producer, broker, faults, reason):
    options = producer_options(**producer), LinkOptions(), broker_options(**broker)
    assert reason in applies(*options, faults=faults)


@pytest.mark.parametrize(
    "publish",
    [
        {"bursts": BurstOptions(bad_loss=0.5, good_to_bad=0.1, bad_to_good=0.1)},
        {"bandwidth_bytes_per_s": 1000.0},
        {"connection": True, "loss": 0.1},
        {"connection": True, "ack_loss": 0.1},
        {"connection": True, "delay": Exponential(0.1)},
        {"connection": True, "ack_delay": Exponential(0.1)},
    ],
)
def test_what_packets_share_cannot_be_foreseen(publish):
    options = producer_options(), LinkOptions(**publish), broker_options()
    assert "network.publish" in applies(*options, faults=[])


def test_a_connection_on_which_nothing_is_late_or_lost_can_be():
    link = LinkOptions(connection=True, delay=Constant(1.0), ack_delay=Constant(2.0))
    assert applies(producer_options(), link, broker_options(), faults=[]) is None


@pytest.mark.parametrize(
    ("producer", "broker"),
    [
        ({}, {}),
        ({"confirm": False}, {"confirm_when": ConfirmWhen.SYNCED}),
        ({}, {"confirm_when": ConfirmWhen.SYNCED, "persistent": False}),
        ({}, {"confirm_when": ConfirmWhen.SYNCED, "durable": False}),
        ({}, {"disk": disk_options(failure=0.1), "persistent": False}),
        ({}, {"disk": disk_options(torn_tail=True, writeback_s=30.0)}),
        ({"retries": math.inf, "deadline_s": 60.0, "timeout_s": 0.5}, {}),
    ],
)
def test_what_depends_on_nothing_else_can_be(producer, broker):
    options = producer_options(**producer), LinkOptions(), broker_options(**broker)
    assert applies(*options, faults=[]) is None


def test_lost_packets_are_sent_again_after_timeout_and_pause():
    luck = FixedLuck(coins={"publish.loss": {(0, 1), (0, 2)}})
    ledger = foreseen(1.0, draws=luck, timeout_s=1.0, retries=2, backoff=Growing(first_s=0.5))
    assert rows(ledger.sent) == [(0, 1.0), (0, 2.5), (0, 4.5)]
    assert told(ledger.dropped, "cause", Cause) == [
        (0, 1.0, Cause.NETWORK),
        (0, 2.5, Cause.NETWORK),
    ]
    assert rows(ledger.arrived) == rows(ledger.stored) == [(0, 4.75)]
    assert rows(ledger.confirmed) == [(0, 5.0)]


def test_who_never_hears_gives_up_after_the_last_timeout():
    luck = FixedLuck(coins={"publish.ack_loss": {(0, 1), (0, 2)}})
    ledger = foreseen(1.0, draws=luck, timeout_s=1.0, retries=1, backoff=Fixed(0.5))
    assert rows(ledger.arrived) == [(0, 1.25), (0, 2.75)]
    assert told(ledger.failed, "reason", Failed) == [(0, 3.5, Failed.ATTEMPTS)]


@pytest.mark.parametrize(
    ("delay_s", "answer_s", "sent", "confirmed_s"),
    [
        (0.25, 0.75, [1.0], 2.0),
        (0.25, 1.25, [1.0], 2.5),
        (0.25, 1.5, [1.0], 2.75),
        (1.0, 0.75, [1.0], 2.75),
        (1.25, 0.5, [1.0, 2.75], 2.75),
        (0.25, 1.75, [1.0, 2.75], 3.0),
    ],
    ids=[
        "at the timeout",
        "in the pause",
        "as it ends, from before it",
        "as it ends, from its very start",
        "as it ends, from after it",
        "late",
    ],
)
def test_of_an_answer_and_the_end_of_a_pause_that_is_first_which_began_first(
    delay_s, answer_s, sent, confirmed_s
):
    # Sent at 1.0, waited for until 2.0, sent again at 2.75.
    times_s = {"publish.delay": {(0, 1): delay_s}, "publish.ack_delay": {(0, 1): answer_s}}
    way = LinkOptions(delay=Exponential(0.25), ack_delay=Exponential(0.25))
    options = {"timeout_s": 1.0, "retries": 1, "backoff": Fixed(0.75)}
    ledger = foreseen(1.0, publish=way, draws=FixedLuck(times=times_s), **options)
    assert [time_s for _, time_s in rows(ledger.sent)] == sent
    assert rows(ledger.confirmed) == [(0, confirmed_s)]


@pytest.mark.parametrize(
    ("deadline_s", "sent", "reason"),
    [
        (0.75, [1.0], Failed.DEADLINE),
        (1.0, [1.0], Failed.DEADLINE),
        (1.25, [1.0], Failed.DEADLINE),
        (1.5, [1.0, 2.5], Failed.DEADLINE),
        (2.5, [1.0, 2.5], Failed.DEADLINE),
        (2.75, [1.0, 2.5], Failed.ATTEMPTS),
    ],
    ids=["waiting", "at the timeout", "in the pause", "as it ends", "at the last", "after it"],
)
def test_a_deadline_comes_before_a_timeout_and_after_a_send(deadline_s, sent, reason):
    luck = FixedLuck(coins={"publish.loss": {(0, 1), (0, 2)}})
    options = {"timeout_s": 1.0, "retries": 1, "backoff": Fixed(0.5), "deadline_s": deadline_s}
    ledger = foreseen(1.0, draws=luck, **options)
    assert [time_s for _, time_s in rows(ledger.sent)] == sent
    assert told(ledger.failed, "reason", Failed) == [(0, 1.0 + min(deadline_s, 2.5), reason)]


def test_a_doubled_packet_arrives_twice_and_either_answer_will_do():
    luck = FixedLuck(
        coins={"publish.duplication": {(0, 1)}, "publish.ack_loss": {(0, 1)}},
        times={"publish.delay": {}, "publish.duplicate_delay": {(0, 1): 0.75}},
    )
    way = LinkOptions(delay=Exponential(0.25), ack_delay=Constant(0.25))
    ledger = foreseen(1.0, publish=way, draws=luck)
    assert rows(ledger.doubled) == [(0, 1.0)]
    assert rows(ledger.arrived) == [(0, 1.25), (0, 1.75)]
    assert rows(ledger.confirmed) == [(0, 2.0)]


def test_fire_and_forget_sends_once_and_believes_nothing():
    luck = FixedLuck(coins={"publish.loss": {(1, 1)}})
    ledger = foreseen(1.0, 2.0, draws=luck, confirm=False, retries=5)
    assert rows(ledger.sent) == rows(ledger.unknown) == [(0, 1.0), (1, 2.0)]
    assert rows(ledger.arrived) == [(0, 1.25)]
    assert len(ledger.confirmed) == len(ledger.failed) == 0


def test_a_window_that_may_bind_makes_the_run_be_made_again():
    options = producer_options(arrivals=Trace((1.0, 1.25, 1.5)), in_flight=2)
    world = World(producer=options, publish=WAY, foresee=True)
    assert_same_run(world, replace(world, foresee=False))
    assert not world.foresaw  # 0 is confirmed at 1.5, the very instant at which 2 is created
    world = World(producer=replace(options, in_flight=3), publish=WAY, foresee=True)
    world.run()
    assert world.foresaw


def test_a_window_is_watched_over_the_ends_of_blocks():
    # Twice as slow to be confirmed as created: one more in flight every 2 s, 50 after 100 s.
    luck = FixedLuck(times={"publish.ack_delay": {(n, 1): n * 0.5 for n in range(200)}})
    way = LinkOptions(ack_delay=Exponential(1.0))
    for in_flight, foresaw in ((33, False), (34, True)):
        options = producer_options(
            arrivals=Trace(tuple(float(n) for n in range(100))),
            in_flight=in_flight,
            timeout_s=1000.0,
        )
        world = World(producer=options, publish=way, draws=luck, foresee=True, block=7)
        world.run()
        assert world.foresaw is foresaw, in_flight


def test_rows_of_many_producers_follow_their_creations():
    options = producer_options(arrivals=Regular(2.0))
    world = World(producer=options, producers=3, until_s=2.0, foresee=True, block=4)
    ledger = world.run()
    assert ledger.created.column("producer").tolist() == [0, 1, 2] * 4
    assert ledger.created.times_s().tolist() == [0.5] * 3 + [1.0] * 3 + [1.5] * 3 + [2.0] * 3


@pytest.mark.parametrize("block", [1, 2, 5, 100])
def test_creations_of_all_producers_come_in_order_whatever_the_block(block):
    sources = [(0.0, 1.0, 1.0, 1.0, 4.0), (0.0, 1.0, 1.0, 1.0, 4.0), (0.5, 0.5, 9.0)]
    creations = Creations([iter(times_s) for times_s in sources], block)
    times_s, producers, numbers, until_s = [], [], [], 0.0
    while until_s < math.inf:
        part = creations.next()
        assert (part.times_s >= until_s).all()
        until_s = part.until_s
        assert (part.times_s < until_s).all()
        times_s += part.times_s.tolist()
        producers += part.producers.tolist()
        numbers += part.numbers.tolist()
    assert times_s == sorted(sum(sources, ()))
    assert list(zip(producers, numbers, strict=True)) == [
        *((0, 0), (1, 0), (2, 0), (2, 1)),
        *((0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3)),
        *((0, 4), (1, 4), (2, 2)),
    ]


def test_a_run_that_ends_by_itself_ends_after_all_that_was_foreseen():
    # The only packet is lost: nothing but the producer's belief is left to happen, at 3.0.
    env, ledger = simpy.Environment(), Ledger()
    over = env.event()
    census = Census(ledger, 0.0, 9, over.succeed)
    draws = FixedLuck(coins={"publish.loss": {(0, 1)}})
    options = producer_options(arrivals=Trace((1.0,)), timeout_s=2.0)

    class Nobody:
        def foresee(self):
            return self

        def extend(self, times_s, messages):
            assert times_s == messages == []

    link = Link(env, LinkOptions(), draws, "publish", ledger)
    common = {"ledger": ledger, "census": census, "draws": draws}
    Foresight(env, options, producers=1, link=link, broker=Nobody(), **common)
    env.run()
    assert env.now == 3.0
    assert not over.triggered  # nine were to be measured
    ledger.close(env.now)
    assert told(ledger.failed, "reason", Failed) == [(0, 3.0, Failed.ATTEMPTS)]


def test_the_measured_messages_are_those_after_the_warm_up():
    ledger = Ledger()
    census = Census(ledger, 2.5, 2, lambda: None)
    nobody = np.zeros(2, dtype=np.int64)
    assert census.enrol(np.array([1.0, 2.0]), nobody).tolist() == [0, 1]
    assert census.measured == range(0)
    assert not census.complete
    assert census.enrol(np.array([2.0, 3.0]), nobody).tolist() == [2, 3]
    assert census.measured == range(3, 4)
    assert not census.complete
    census.enrol(np.array([4.0, 5.0]), nobody)
    assert census.measured == range(3, 5)
    assert census.complete
    ledger.close(3.5)
    assert census.measured == range(3, 4)  # the other is never created


@pytest.mark.parametrize("block", [64, 4096])
def test_a_long_run_of_many_producers_and_consumers_is_the_same(block):
    world = World(
        producer=producer_options(
            arrivals=Poisson(30.0),
            timeout_s=0.1,
            retries=4,
            backoff=DecorrelatedJitter(first_s=0.05, cap_s=1.0),
            deadline_s=1.5,
        ),
        producers=3,
        publish=LinkOptions(
            delay=Lognormal(median_s=0.02, p99_s=0.3),
            ack_delay=Exponential(0.03),
            loss=0.2,
            ack_loss=0.1,
            duplication=0.05,
        ),
        broker=broker_options(redelivery=RedeliveryOptions(delay=Fixed(0.0), ack_timeout_s=1.0)),
        consumer=consumer_options(service=Exponential(0.02), failure=0.1),
        consumers=4,
        until_s=60.0,
        measured=3000,
        foresee=True,
        block=block,
    )
    assert_same_run(world, replace(world, foresee=False))
    assert world.foresaw
    assert len(world.census.measured) == 3000


def test_what_comes_as_an_acknowledgement_times_out_has_come_before():
    # At 2.5 both deliveries time out, and 2 arrives. The first of them has had its two, and makes
    # room for what waits, before the second is given back.
    luck = FixedLuck(
        coins={"consumer.failure": {(0, 1)}}, times={"consumer.service": {(0, 1): 0.5}}
    )
    redelivery = RedeliveryOptions(delay=Fixed(0.0), ack_timeout_s=1.0, limit=2)
    world = World(
        producer=producer_options(arrivals=Trace((1.0, 1.5, 2.5))),
        broker=broker_options(redelivery=redelivery, persistent=False),
        consumer=consumer_options(service=Exponential(10.0), failure=0.5),
        consumers=2,
        draws=luck,
        until_s=3.0,
        foresee=True,
    )
    assert_same_run(world, replace(world, foresee=False))
    assert world.foresaw
    assert told(world.run().delivered, "consumer") == [
        (0, 1.0, 0),
        (0, 1.5, 1),
        (1, 1.5, 0),
        (2, 2.5, 1),
        (1, 2.5, 0),
    ]


def test_jitter_is_the_producers_own():
    backoff = full_jitter(Growing(first_s=1.0))
    luck = FixedLuck(
        coins={"publish.loss": {(0, 1), ((1 << 32), 1)}},
        uniforms={"producer 0.jitter": {(0, 1): 0.5}, "producer 1.jitter": {(1 << 32, 1): 0.25}},
    )
    options = producer_options(arrivals=Trace((1.0,)), timeout_s=1.0, retries=1, backoff=backoff)
    world = World(producer=options, producers=2, publish=WAY, draws=luck, foresee=True)
    assert_same_run(world, replace(world, foresee=False))
    assert rows(world.run().sent) == [(0, 1.0), (1, 1.0), (1, 2.25), (0, 2.5)]
