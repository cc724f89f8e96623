"""PUSH to PULL: in turn, into bounded pipes, and gone with whoever holds them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.consumer import AckMode
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from tests import conservation
from tests.models.brokerless.peers import drops, fault, given, push
from tests.models.luck import FixedLuck
from tests.models.world import rows, told


def test_messages_are_dealt_out_in_turn_whoever_is_slow():
    luck = FixedLuck(times={"consumer.service": {(0, 1): 9.0}})
    world = push(1.0, 1.0, 1.0, 1.0, consumers=2, draws=luck)
    ledger = world.run()
    conservation.check(ledger, pipes=True)
    assert given(ledger) == [(0, 1.0, 0), (1, 1.0, 1), (2, 1.0, 0), (3, 1.0, 1)]
    # Consumer 1 has nothing to do from 3 on, and 2 waits for consumer 0 all the same.
    assert rows(ledger.effected) == [(1, 2.0), (3, 3.0), (0, 10.0), (2, 11.0)]
    assert rows(ledger.unknown) == [(row, 1.0) for row in range(4)]


def test_each_producer_deals_out_by_itself():
    world = push(1.0, 2.0, consumers=2, producers=2, service_s=0.25)
    assert sorted(given(world.run())) == [(0, 1.0, 0), (1, 1.0, 0), (2, 2.0, 1), (3, 2.0, 1)]


def test_a_full_pipe_is_passed_over_and_full_pipes_block():
    # Each consumer works on one, has room for one, and its producer for one more.
    world = push(*[1.0] * 8, capacity=1, consumers=2, service_s=2.0)
    ledger = world.run()
    conservation.check(ledger, pipes=True)
    assert rows(ledger.arrived) == [
        *((row, 1.0) for row in range(6)),
        *((row, 3.0) for row in (6, 7)),
    ]
    assert rows(ledger.effected)[-1] == (7, 9.0)
    assert not len(ledger.dropped)


def test_a_blocked_producer_buffers_and_then_fails_messages():
    world = push(*[1.0] * 6, capacity=1, buffer=2, service_s=2.0, measured=6)
    ledger = world.run()
    conservation.check(ledger, pipes=True, decided=range(6))
    assert rows(ledger.failed) == [(5, 1.0)]
    assert drops(ledger) == [(5, 1.0, Cause.PRODUCER_BUFFER)]
    assert [row for row, _ in rows(ledger.effected)] == [0, 1, 2, 3, 4]


def test_a_producer_that_does_not_wait_drops():
    world = push(*[1.0] * 4, capacity=1, drops=True, service_s=2.0, measured=4)
    ledger = world.run()
    conservation.check(ledger, pipes=True, decided=range(4))
    assert drops(ledger) == [(3, 1.0, Cause.OVERFLOW)]
    assert rows(ledger.unknown) == [(row, 1.0) for row in range(4)]


def test_messages_cross_the_publish_link():
    luck = FixedLuck(
        coins={"publish.loss": {(1, 1)}, "publish.duplication": {(2, 1)}},
        times={"publish.delay": {(0, 1): 2.0}, "publish.duplicate_delay": {(2, 1): 3.0}},
    )
    link = LinkOptions(delay=Constant(0.5), loss=0.5, duplication=0.5)
    world = push(1.0, 1.0, 1.0, draws=luck, publish=link, measured=3)
    ledger = world.run()
    conservation.check(ledger, pipes=True, decided=range(3))
    assert drops(ledger) == [(1, 1.0, Cause.NETWORK)]
    assert rows(ledger.effected) == [(2, 2.5), (0, 4.0), (2, 5.0)]


def test_what_a_dead_consumer_had_received_is_lost():
    # 0 is done, 1 at work, 2 received; 3 is on its way and 4 sent to the dead. 5 waits.
    world = push(
        *(1.0, 1.0, 1.0, 2.25, 2.75, 3.25, 9.0),
        publish=LinkOptions(delay=Constant(0.5)),
        consumer={"detect": Constant(0.5)},
        consumer_faults=fault("crash", 2.6, 2.0),
        measured=7,
    )
    ledger = world.run()
    conservation.check(ledger, pipes=True, decided=range(7))
    auto = Cause.AUTO_ACK
    assert drops(ledger) == [(1, 2.6, auto), (2, 2.6, auto), (3, 2.75, auto), (4, 3.25, auto)]
    assert rows(ledger.effected) == [(0, 2.5), (5, 6.1), (6, 10.5)]
    assert given(ledger)[5] == (5, 4.6, 0)


def test_a_consumer_that_comes_late_finds_its_pipe():
    world = push(1.0, 2.0, consumer={"start": Constant(5.0)}, service_s=0.5)
    ledger = world.run()
    assert rows(ledger.stored) == [(0, 1.0), (1, 2.0)]
    assert given(ledger) == [(0, 5.0, 0), (1, 5.0, 0)]


def test_a_consumer_that_is_back_before_it_was_missed():
    world = push(
        1.0,
        3.0,
        consumer={"detect": Constant(5.0)},
        consumer_faults=fault("crash", 1.5),
        service_s=0.25,
    )
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 1.25), (1, 3.25)]


@pytest.mark.parametrize(("ack", "cause"), [("auto", Cause.AUTO_ACK)])
def test_processing_that_fails_loses_the_message(ack, cause):
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    ledger = push(1.0, draws=luck, consumer={"failure": 0.5, "ack": AckMode(ack)}).run()
    assert drops(ledger) == [(0, 2.0, cause)]


def test_what_has_not_left_dies_with_the_producer():
    # 0 is at work, 1 received, 2 in the pipe, 3 and 4 at the door; nobody is there at 5.
    world = push(
        *(1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 8.0),
        capacity=1,
        service_s=3.0,
        producer_faults=fault("crash", 2.0, 4.0),
        measured=6,
    )
    ledger = world.run()
    conservation.check(ledger, pipes=True, decided=range(6))
    crash = Cause.PRODUCER_CRASH
    assert sorted(drops(ledger)) == [(2, 2.0, crash), (3, 2.0, crash), (4, 2.0, crash)]
    assert rows(ledger.created)[-1] == (5, 8.0)
    assert rows(ledger.effected) == [(0, 4.0), (1, 7.0), (5, 11.0)]


def test_a_cut_loses_what_is_on_its_way_and_the_rest_waits():
    # 0 is there; 1 is on its way; 2 is sent before the cut is noticed, 3 after that.
    link = LinkOptions(delay=Constant(1.0), connection=True, reconnect_s=2.0, detect=Constant(0.5))
    world = push(
        *(1.0, 2.0, 2.75, 3.5),
        publish=link,
        publish_faults=fault("cut", 2.5, 0.0),
        service_s=0.25,
        measured=4,
    )
    ledger = world.run()
    conservation.check(ledger, pipes=True, decided=range(4))
    cut = Cause.CONNECTION_CUT
    assert drops(ledger) == [(1, 2.5, cut), (2, 2.75, cut)]
    assert rows(ledger.effected) == [(0, 2.25), (3, 6.25)]
    assert given(ledger)[-1] == (3, 5.0, 0)


def test_a_consumer_that_starts_during_a_cut_is_found_after_it():
    link = LinkOptions(connection=True, reconnect_s=2.0)
    world = push(
        1.0,
        publish=link,
        publish_faults=fault("cut", 0.5, 0.0),
        consumer={"start": Constant(1.5)},
    )
    assert given(world.run()) == [(0, 2.5, 0)]


def test_a_partition_loses_what_is_sent_while_it_lasts():
    world = push(
        *(1.0, 3.0, 6.0), publish_faults=fault("partition", 2.0, 2.0), service_s=0.25, measured=3
    )
    ledger = world.run()
    assert drops(ledger) == [(1, 3.0, Cause.NETWORK)]
    assert [row for row, _ in rows(ledger.effected)] == [0, 2]


def test_a_new_producer_finds_the_consumer_there():
    world = push(1.0, 5.0, producer_faults=fault("crash", 2.0, 1.0))
    world.producer = replace(world.producer)
    assert rows(world.run().effected) == [(0, 2.0), (1, 6.0)]


def test_a_door_opens_in_order():
    world = push(*[1.0] * 5, capacity=1, service_s=1.0)
    ledger = world.run()
    assert [row for row, _ in rows(ledger.effected)] == [0, 1, 2, 3, 4]
    assert told(ledger.removed, "reason")[-1][1] == 4.0
