"""Which messages are measured, and when the run is over."""

from __future__ import annotations

from models.arrivals import Regular, Trace
from models.census import Census
from models.laws import Constant
from models.ledger import Ledger
from models.network import LinkOptions
from tests.models.world import World, consumer_options, producer_options, rows


def census(from_s, size):
    ends = []
    return Census(Ledger(), from_s, size, lambda: ends.append(True)), ends


def test_the_first_messages_after_the_warm_up_are_measured():
    register, _ = census(2.0, 3)
    assert register.measured == range(0)
    for number, now_s in enumerate((0.5, 1.5, 2.0, 2.5, 3.0, 3.5)):
        register.create(now_s, 0, number)
    assert register.measured == range(2, 5)


def test_a_load_that_ends_early_measures_what_there_is():
    register, ends = census(0.0, 9)
    messages = [register.create(1.0, 0, number) for number in range(4)]
    assert register.measured == range(4)
    for message in messages:
        register.release(message)
    assert not ends


def test_it_is_over_when_the_last_measured_message_is_decided_and_not_before():
    register, ends = census(2.0, 2)
    messages = [
        register.create(now_s, 0, number) for number, now_s in enumerate((1.0, 2.0, 3.0, 4.0))
    ]
    register.release(messages[0])  # warm-up
    register.release(messages[3])  # load behind the measured ones
    register.release(messages[2])
    assert not ends
    messages[1].open += 1  # a packet of it is still in the network
    register.release(messages[1])
    assert not ends
    register.release(messages[1])
    assert ends == [True]


def test_messages_are_named_by_their_producer_and_number():
    register, _ = census(0.0, 2)
    names = [register.create(1.0, producer, number).key for producer, number in ((0, 7), (3, 7))]
    assert names == [7, (3 << 32) + 7]


def test_a_run_ends_with_its_last_measured_message_while_load_goes_on():
    world = World(
        producer=producer_options(arrivals=Regular(1.0)),
        consumer=consumer_options(service=Constant(2.0)),
        measured=3,
    )
    ledger = world.run()
    assert world.now_s == 7.0
    assert rows(ledger.effected) == [(0, 3.0), (1, 5.0), (2, 7.0)]
    assert len(ledger.created) > 3


def test_a_run_waits_for_the_last_packet_even_if_it_can_bring_only_a_duplicate():
    # Given up at 1.5, the packet is still on its way until 5.0, and its copy is worked on.
    world = World(
        producer=producer_options(arrivals=Trace((1.0,)), timeout_s=0.5),
        publish=LinkOptions(delay=Constant(4.0)),
        consumer=consumer_options(service=Constant(2.0)),
        measured=1,
    )
    world.run()
    assert world.census.decided_s == {0: 7.0}
    assert world.now_s == 7.0
