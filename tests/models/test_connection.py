"""Connections that nothing befalls: in order, and loss is latency."""

from __future__ import annotations

import pytest

from models.arrivals import Poisson, Trace
from models.consumer import AckMode
from models.faults import FaultOptions
from models.laws import Constant, Exponential, Uniform
from models.network import BurstOptions, LinkOptions
from models.network.loss import LONGEST_S, through_s
from models.policies.backoff import Fixed
from tests.models.luck import FixedLuck
from tests.models.world import World, consumer_options, producer_options, rows, times

VARYING = Uniform(low_s=0.0, high_s=1.0)  # times are given by the luck; its mean where they are not
LATE = (FaultOptions(kind="partition", at_s=(99.0,), lasts=Constant(0.5)),)
"""A fault that comes after everything: it makes the connection one that faults can befall."""


def connected(*, faults=(), **options):
    return {"publish": LinkOptions(connection=True, **options), "publish_faults": faults}


either = pytest.mark.parametrize("faults", [(), LATE], ids=["safe", "can be cut"])


@either
def test_packets_wait_for_those_sent_before(faults):
    luck = FixedLuck(
        times={
            "publish.delay": {(0, 1): 1.0, (1, 1): 0.5, (2, 1): 0.875},
            "publish.ack_delay": {(0, 1): 0.5, (1, 1): 0.25, (2, 1): 0.125},
        }
    )
    options = producer_options(arrivals=Trace((1.0, 1.25, 1.5)))
    link = connected(delay=VARYING, ack_delay=VARYING, faults=faults)
    ledger = World(producer=options, draws=luck, **link).run()
    assert rows(ledger.arrived) == [(0, 2.0), (1, 2.0), (2, 2.375)]
    assert rows(ledger.confirmed) == [(0, 2.5), (1, 2.5), (2, 2.5)]


@either
def test_an_older_message_sent_again_stays_behind_a_younger_one(faults):
    # Message 0 is sent again after message 1, and both wait for what message 1 waits for.
    luck = FixedLuck(
        times={"publish.delay": {(0, 1): 0.25, (1, 1): 2.0, (0, 2): 0.125}},
        coins={"publish.ack_loss": {(0, 1)}},
    )
    options = producer_options(
        arrivals=Trace((1.0, 1.5)), timeout_s=1.0, retries=1, backoff=Fixed(0.0)
    )
    link = connected(delay=VARYING, ack_delay=Constant(3.0), faults=faults)
    ledger = World(producer=options, draws=luck, **link).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.5), (0, 2.0), (1, 2.5)]
    assert rows(ledger.delivered)[:3] == [(0, 1.25), (1, 3.5), (0, 3.5)]


@either
@pytest.mark.parametrize(
    ("u", "latency_s"),
    [(0.6, 0.25), (0.4, 0.45), (0.2, 0.85), (0.1, 1.65), (0.05, 3.25)],
)
def test_one_number_says_how_often_a_packet_is_lost(faults, u, latency_s):
    # Lost with 1/2: once below 1/2, twice below 1/4, and so on; sent again after 0.2, 0.4, 0.8 s.
    luck = FixedLuck(uniforms={"publish.loss": {(0, 1): u}})
    link = connected(delay=Constant(0.25), loss=0.5, faults=faults)
    ledger = World(draws=luck, **link).run()
    assert rows(ledger.sent) == [(0, 1.0)]
    assert times(ledger.arrived) == [pytest.approx(1.0 + latency_s)]
    assert times(ledger.confirmed) == [pytest.approx(1.0 + latency_s)]


@either
def test_acknowledgements_are_sent_again_too(faults):
    luck = FixedLuck(uniforms={"publish.ack_loss": {(0, 1): 0.2}})
    link = connected(ack_delay=Constant(0.25), ack_loss=0.5, faults=faults)
    ledger = World(draws=luck, **link).run()
    assert times(ledger.confirmed) == [1.85]


@either
def test_every_transmission_moves_the_chain_of_bursts(faults):
    bursts = BurstOptions(bad_loss=0.5, good_to_bad=0.5, bad_to_good=0.5)
    luck = FixedLuck(
        uniforms={
            # bad, bad: lost twice; good: through. Then bad: through by its number.
            "publish.loss bursts": {(0, 0): 0.1, (1, 0): 0.1, (2, 0): 0.9, (3, 0): 0.1},
            "publish.loss": {(0, 1): 0.2, (1, 1): 0.6},
            "publish.ack_loss bursts": {(0, 0): 0.9, (1, 0): 0.9},
            "publish.ack_loss": {(0, 1): 0.0, (1, 1): 0.0},
        }
    )
    options = producer_options(arrivals=Trace((1.0, 5.0)))
    ledger = World(producer=options, draws=luck, **connected(bursts=bursts, faults=faults)).run()
    assert times(ledger.arrived) == [1.6, 5.0]


@either
def test_a_lost_packet_holds_up_those_behind_it(faults):
    luck = FixedLuck(uniforms={"publish.loss": {(0, 1): 0.05, (1, 1): 0.9, (2, 1): 0.9}})
    options = producer_options(arrivals=Trace((1.0, 1.25, 5.0)))
    link = connected(loss=0.1, faults=faults)
    ledger = World(producer=options, draws=luck, **link).run()
    assert rows(ledger.arrived) == [(0, 1.2), (1, 1.25), (2, 5.0)]
    luck = FixedLuck(uniforms={"publish.loss": {(0, 1): 0.005, (1, 1): 0.9, (2, 1): 0.9}})
    ledger = World(producer=options, draws=luck, **link).run()
    assert rows(ledger.arrived) == [(0, 1.6), (1, 1.6), (2, 5.0)]


@either
def test_lines_do_not_wait_for_one_another(faults):
    luck = FixedLuck(times={"publish.delay": {(0, 1): 1.0, (1 << 32, 1): 0.25}})
    ledger = World(producers=2, draws=luck, **connected(delay=VARYING, faults=faults)).run()
    assert rows(ledger.arrived) == [(1, 1.25), (0, 2.0)]


@pytest.mark.parametrize("faults", [(), LATE], ids=["safe", "can be cut"])
@pytest.mark.parametrize("ack", [AckMode.AUTO, AckMode.AFTER, AckMode.BEFORE])
def test_deliveries_arrive_in_order(faults, ack):
    luck = FixedLuck(times={"deliver.delay": {(0, 1): 1.0, (1, 1): 0.5}})
    ledger = World(
        producer=producer_options(arrivals=Trace((1.0, 1.25))),
        deliver=LinkOptions(delay=VARYING, connection=True),
        deliver_faults=faults,
        consumer=consumer_options(ack=ack, concurrency=2),
        prefetch=5,
        draws=luck,
    ).run()
    assert rows(ledger.delivered) == [(0, 1.0), (1, 1.25)]
    assert rows(ledger.effected) == [(0, 2.0), (1, 2.0)]


def test_where_nothing_is_late_or_lost_a_connection_changes_nothing():
    options = producer_options(arrivals=Poisson(3.0), retries=2, timeout_s=0.5)
    way = {"delay": Constant(0.125), "ack_delay": Constant(0.25)}
    without, with_one = (
        World(
            producer=options,
            producers=2,
            publish=LinkOptions(connection=connection, **way),
            deliver=LinkOptions(connection=connection, **way),
            consumer=consumer_options(service=Exponential(0.1)),
        ).run()
        for connection in (False, True)
    )
    for name, facts in without.kinds.items():
        assert rows(facts) == rows(with_one.kinds[name]), name


def test_a_fault_that_never_comes_changes_nothing():
    options = producer_options(arrivals=Poisson(3.0), retries=2, timeout_s=1.0, in_flight=2)
    way = LinkOptions(
        delay=Exponential(0.1),
        ack_delay=Exponential(0.1),
        loss=0.2,
        ack_loss=0.1,
        connection=True,
        bursts=BurstOptions(bad_loss=0.6, good_to_bad=0.1, bad_to_good=0.3),
    )
    safe, faulty = (
        World(
            producer=options,
            producers=2,
            publish=way,
            deliver=way,
            publish_faults=faults,
            deliver_faults=faults,
            consumer=consumer_options(service=Exponential(0.1)),
            consumers=2,
            prefetch=3,
            until_s=60.0,
        ).run()
        for faults in ((), LATE)
    )
    assert len(safe.effected) > 100
    for name, facts in safe.kinds.items():
        # What waits for one another arrives at one instant, or directly one after the other.
        assert sorted(rows(facts)) == sorted(rows(faulty.kinds[name])), name


def test_the_timer_doubles_up_to_two_minutes():
    assert [through_s(1.0, losses) for losses in range(4)] == pytest.approx([1.0, 1.2, 1.6, 2.4])
    assert through_s(0.0, 11) == pytest.approx(0.2 * (2**10 - 1) + LONGEST_S)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duplication": 0.1}, "duplication must be 0 with a connection, got 0.1"),
        ({"loss": 1.0}, "loss must be < 1 with a connection, got 1.0"),
        ({"ack_loss": 1.0}, "ack_loss must be < 1 with a connection, got 1.0"),
        (
            {"bursts": BurstOptions(bad_loss=1.0, good_to_bad=0.1, bad_to_good=0.0)},
            "loss must be < 1 with a connection, got 0.0",
        ),
        ({"reconnect_s": -1.0}, "reconnect_s must be >= 0, got -1.0"),
        ({"bandwidth_bytes_per_s": 0.0}, "bandwidth_bytes_per_s must be > 0, got 0.0"),
    ],
)
def test_what_no_connection_can_be(options, message):
    with pytest.raises(ValueError, match=message):
        LinkOptions(connection=True, **options)
