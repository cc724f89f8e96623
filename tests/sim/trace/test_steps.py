"""What is said of each fact, in which order, and in which unit."""

from __future__ import annotations

import pytest

from models.consumer import OnFailure
from models.laws import Constant
from models.ledger import ACKNOWLEDGED, Cause
from models.network import LinkOptions
from sim.trace import Scene, diagram, trace
from tests.models.luck import FixedLuck
from tests.models.world import World, consumer_options
from tests.sim.ledgers import created, ledger


def test_what_falls_elsewhere_is_counted():
    made = ledger(*created(1.0), ("sent", 0, 1.0), ("unknown", 0, 1.0))
    made.crashes += [
        (1.0, "consumer 3", "crash"),
        (1.0, "producer 1", "crash"),
        (2.0, "broker", ""),
    ]
    assert trace(made, 0, Scene(), 9.0).elsewhere == (
        "Meanwhile others fell, 2 times in all: consumer 3, producer 1."
    )


@pytest.mark.parametrize(
    ("last_s", "first", "last"),
    [(0.0005, "0.000 µs", "500.000 µs"), (0.5, "0.000 ms", "500.000 ms"), (60, "0.0000 s", "60.")],
)
def test_all_times_have_one_unit_that_fits(last_s, first, last):
    made = ledger(*created(2.0), ("sent", 0, 2.0), ("unknown", 0, 2.0 + last_s))
    lines = [line for line, _ in diagram(trace(made, 0, Scene(), 99.0))]
    assert lines[2].strip().startswith(first)
    assert lines[4].strip().startswith(last)


def test_times_far_from_zero_keep_their_order():
    facts = [("delivered", 0, 1e6 + 0.1, 0, False), ("effected", 0, 1e6 + 0.3, 0.2, 1)]
    made = ledger(*created(1e6), ("sent", 0, 1e6), ("arrived", 0, 1e6), ("stored", 0, 1e6), *facts)
    words = [step.words for step in trace(made, 0, Scene(), 2e6).steps]
    assert words[4:] == ["delivery 1 to consumer 0", "work begins", "effect, 200 ms of work"]


def test_what_comes_back_at_once_is_told_in_the_order_of_its_causes():
    facts = [
        *(("sent", 0, 1.0), ("arrived", 0, 1.0), ("stored", 0, 1.0)),
        *(("delivered", 0, 1.0, 0, False), ("delivered", 0, 1.0, 0, True)),
        *(("raised", 0, 1.0, 0.0, 1), ("effected", 0, 1.0, 0.0, 2)),
        *(("returned", 0, 1.0), ("removed", 0, 1.0, ACKNOWLEDGED)),
    ]
    steps = trace(ledger(*created(1.0), *facts), 0, Scene(), 9.0).steps
    kinds = [step.fact.kind for step in steps]
    assert kinds[:5] == ["created", "sent", "arrived", "stored", "delivered"]
    assert kinds[5:] == ["raised", "returned", "delivered", "effected", "removed"]


def test_a_consumer_that_publishes_again_sends_a_packet():
    world = World(
        deliver=LinkOptions(ack_delay=Constant(0.25)),
        consumer=consumer_options(
            service=Constant(0.5), failure=0.5, on_failure=OnFailure.REPUBLISH
        ),
        draws=FixedLuck({"consumer.failure": {(0, 1)}}),
    )
    words = [step.words for step in trace(world.run(), 0, Scene(), 9.0).steps]
    again = words.index("published again: double 1")
    assert words[again - 1] == "work fails, 500 ms of work"
    assert "double 1 arrives (250 ms)" in words[again:]


def test_peers_have_sockets_and_buses_no_network():
    made = ledger(
        *created(1.0),
        ("sent", 0, 1.0),
        ("unknown", 0, 1.0),
        ("arrived", 0, 1.0),
        ("stored", 0, 1.0),
        ("delivered", 0, 1.0, 0, False),
        ("removed", 0, 1.0, ACKNOWLEDGED),
        ("dropped", 0, 1.0, Cause.NETWORK),
    )
    peers = trace(made, 0, Scene(shape="none"), 9.0)
    assert [peers.scene.name(lane) for lane in peers.lanes] == [
        *("producer 0", "socket", "network.publish", "consumer 0")
    ]
    assert [step.words for step in peers.steps][2:] == [
        *("attempt 1 is in the socket", "stored", "delivery 1 to consumer 0"),
        *("leaves the socket", "its producer cannot know", "dropped: network"),
    ]
    bus = trace(made, 0, Scene(shape="bus"), 9.0)
    assert [bus.scene.name(lane) for lane in bus.lanes][1:3] == ["event bus", "network.deliver"]
    assert "by network" in peers.verdict
