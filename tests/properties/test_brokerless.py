"""Random systems without a broker: what comes in goes out, and every run comes to its end."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from models.broker import ConfirmWhen
from models.brokerless import SocketOptions
from models.consumer import AckMode, OnFailure
from models.faults import FaultOptions
from models.laws import Exponential
from models.ledger import Cause
from models.network import LinkOptions
from tests import conservation
from tests.models.brokerless.peers import Peers
from tests.properties.test_conservation import assert_silence_after_the_decision
from tests.properties.worlds import (
    HORIZON_S,
    chances,
    consumers,
    deaths,
    examples,
    fault_times,
    grid_s,
    laws,
    producers,
    some_of,
)

links = st.one_of(
    st.builds(
        LinkOptions, delay=laws, ack_delay=laws, loss=chances, ack_loss=chances, duplication=chances
    ),
    st.builds(
        LinkOptions,
        delay=laws,
        ack_delay=laws,
        loss=chances,
        connection=st.just(True),
        reconnect_s=grid_s,
        detect=laws,
    ),
)
sockets = st.builds(
    SocketOptions,
    capacity=st.sampled_from([0, 0, 1, 3]),
    subscribers=st.sampled_from([0, 0, 1, 3]),
    drops=st.sampled_from([False, False, True]),
)
line_faults = st.builds(
    FaultOptions,
    kind=st.sampled_from(["partition", "cut"]),
    lasts=laws,
    at_s=fault_times.map(tuple),
)


def sensible(peers: Peers) -> Peers:
    """The same world, if publishers ask for no replies and only connections can be cut.

    Nor is there anybody to commit to, or to publish to again.
    """
    asks = peers.producer.confirm and not peers.sockets.subscribers
    outbox = peers.producer.outbox and asks
    peers.producer = replace(peers.producer, idempotent=False, confirm=asks, outbox=outbox)
    peers.consumer = replace(peers.consumer, transactional=False)
    if peers.consumer.on_failure is OnFailure.REPUBLISH:
        peers.consumer = replace(peers.consumer, on_failure=OnFailure.REQUEUE)
    if asks != (peers.consumer.ack is not AckMode.AUTO):
        ack = AckMode.AFTER if asks else AckMode.AUTO
        peers.consumer = replace(peers.consumer, ack=ack)
    if not peers.publish.connection:
        faults = [replace(fault, kind="partition") for fault in peers.publish_faults]
        peers.publish_faults = tuple(faults)
    return peers


worlds = st.builds(
    Peers,
    producer=producers,
    producers=st.integers(1, 2),
    publish=links,
    sockets=sockets,
    consumer=consumers,
    consumers=st.integers(1, 3),
    producer_faults=st.sampled_from([0, 0, 1]).flatmap(some_of(deaths)),
    consumer_faults=st.sampled_from([0, 1]).flatmap(some_of(deaths)),
    publish_faults=st.sampled_from([0, 1]).flatmap(some_of(line_faults)),
    seed=st.integers(0, 2**32),
    until_s=st.just(HORIZON_S),
    measured=st.integers(5, 25),
).map(sensible)


@examples(300)
@given(worlds)
def test_everything_is_conserved_and_every_run_ends(world):
    ledger = world.run()
    assert world.now_s < HORIZON_S, "measured messages are still open"
    conservation.check(
        ledger, confirm_when=ConfirmWhen.PROCESSED, pipes=True, decided=world.census.measured
    )
    assert_silence_after_the_decision(world, ledger)
    assert all(message.open >= 0 for message in world.census.messages)


@examples(100)
@given(worlds)
def test_what_is_sent_once_has_one_effect_at_most(world):
    world.publish = replace(world.publish, duplication=0.0)
    world.producer = replace(world.producer, retries=0, outbox=False)
    for group in world.run().groups:
        assert max(story.count("effected") for story in conservation.stories(group)) <= 1


@examples(100)
@given(worlds)
def test_pipes_are_bounded(world):
    world.sockets = replace(world.sockets, capacity=2)
    ledger = world.run()
    pipes = world.producers * (1 if world.sockets.subscribers else world.consumers)
    for group in ledger.groups:
        most = 2 * pipes
        entered, left = sorted(group.stored.times_s()), sorted(group.removed.times_s())
        for place, time_s in enumerate(entered):
            gone = sum(at_s <= time_s for at_s in left)
            assert place + 1 - gone <= most


@examples(60)
@given(worlds)
def test_only_a_death_costs_what_had_arrived(world):
    """Where nobody dies, fails or is cut off, only the network and full pipes lose anything."""
    world.producer_faults = world.consumer_faults = world.publish_faults = ()
    world.consumer = replace(
        world.consumer,
        failure=0.0,
        poison=0.0,
        crash_before_effect=0.0,
        crash_after_effect=0.0,
        start=world.consumer.start if not world.sockets.subscribers else Exponential(1e-9),
    )
    causes = {Cause.NETWORK, Cause.OVERFLOW, Cause.PRODUCER_BUFFER, Cause.NO_SUBSCRIBER}
    for group in world.run().groups:
        for story in conservation.stories(group):
            assert {cause for _, cause in story.drops} <= causes
