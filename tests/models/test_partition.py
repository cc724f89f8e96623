"""Partitions: what vanishes without a connection, and what waits with one."""

from __future__ import annotations

from models.arrivals import Trace
from models.consumer import AckMode
from models.faults import FaultOptions, Together
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from models.policies.backoff import Fixed
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    producer_options,
    redelivery_options,
    rows,
    times,
    told,
)

QUARTERS = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))
CONNECTED = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25), connection=True)


def partition(at_s, lasts_s):
    return (FaultOptions(kind="partition", at_s=(at_s,), lasts=Constant(lasts_s)),)


def test_what_is_sent_during_a_partition_vanishes_and_what_was_sent_before_arrives():
    options = producer_options(arrivals=Trace((0.75, 1.25, 2.0)), timeout_s=5.0)
    ledger = World(producer=options, publish=QUARTERS, publish_faults=partition(0.875, 1.0)).run()
    # Message 0 arrives at 1.0, its acknowledgement vanishes; message 1 vanishes; 2 is too late.
    assert rows(ledger.arrived) == [(0, 1.0), (2, 2.25)]
    assert told(ledger.dropped, "cause", Cause) == [(1, 1.25, Cause.NETWORK)]
    assert rows(ledger.confirmed) == [(2, 2.5)]
    assert ledger.crashes == [(0.875, "publish 0", "partition")]
    assert ledger.restarts == [(1.875, "publish 0")]


def test_retries_outlast_a_partition():
    options = producer_options(timeout_s=1.0, retries=5, backoff=Fixed(0.5))
    ledger = World(producer=options, publish=QUARTERS, publish_faults=partition(0.5, 3.0)).run()
    assert times(ledger.sent) == [1.0, 2.5, 4.0]
    assert rows(ledger.confirmed) == [(0, 4.5)]


def test_deliveries_vanish_too_and_so_do_their_acknowledgements():
    broker = broker_options(redelivery=redelivery_options(ack_timeout_s=2.0))
    world = World(
        producer=producer_options(arrivals=Trace((1.0, 1.5))),
        broker=broker,
        deliver=QUARTERS,
        deliver_faults=partition(1.25, 1.0),
        prefetch=5,
    )
    ledger = world.run()
    assert rows(ledger.delivered) == [(0, 1.0), (1, 1.5), (0, 3.0), (1, 3.5)]
    assert rows(ledger.effected) == [(0, 1.25), (0, 3.25), (1, 3.75)]


def test_with_automatic_acknowledgement_the_network_has_lost_them():
    ledger = World(
        consumer=consumer_options(ack=AckMode.AUTO), deliver_faults=partition(0.5, 1.0)
    ).run()
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.0, Cause.NETWORK)]


def test_a_connection_sends_again_until_the_partition_is_over():
    # Transmitted at 1, 1.2, 1.6 and 2.4, when it gets through.
    ledger = World(
        producer=producer_options(timeout_s=5.0),
        publish=CONNECTED,
        publish_faults=partition(0.5, 1.25),
    ).run()
    assert rows(ledger.sent) == [(0, 1.0)]
    assert rows(ledger.arrived) == [(0, 2.65)]
    assert rows(ledger.confirmed) == [(0, 2.9)]
    assert not len(ledger.dropped)


def test_what_is_sent_later_waits_for_what_is_held_up():
    options = producer_options(arrivals=Trace((1.0, 1.75, 2.0)), timeout_s=5.0)
    ledger = World(producer=options, publish=CONNECTED, publish_faults=partition(0.5, 1.25)).run()
    # The partition is over at 1.75: the others get through at once and wait for message 0.
    assert rows(ledger.arrived) == [(0, 2.65), (1, 2.65), (2, 2.65)]
    assert rows(ledger.confirmed) == [(0, 2.9), (1, 2.9), (2, 2.9)]


def test_acknowledgements_are_held_up_as_well():
    ledger = World(
        producer=producer_options(timeout_s=5.0),
        publish=CONNECTED,
        publish_faults=partition(1.125, 0.25),
    ).run()
    assert rows(ledger.arrived) == [(0, 1.25)]
    assert rows(ledger.confirmed) == [(0, 1.7)]  # sent at 1.25 and 1.45


def test_a_held_up_delivery_keeps_its_session():
    ledger = World(
        consumer=consumer_options(service=Constant(1.0)),
        deliver=CONNECTED,
        deliver_faults=partition(0.5, 1.0),
    ).run()
    assert rows(ledger.delivered) == [(0, 1.0)]
    assert rows(ledger.effected) == [(0, 2.85)]  # given at 1.0, transmitted at 1.6
    assert rows(ledger.removed) == [(0, 3.1)]


def test_partitions_overlap():
    faults = (*partition(0.5, 1.0), *partition(1.25, 1.0))
    options = producer_options(arrivals=Trace((1.0, 1.75, 2.5)))
    ledger = World(producer=options, publish=QUARTERS, publish_faults=faults).run()
    assert rows(ledger.arrived) == [(2, 2.75)]
    assert ledger.restarts == [(2.25, "publish 0")]


def test_every_line_has_a_partition_of_its_own_or_all_have_one():
    class Victim:
        def __init__(self):
            self.heard = []

        def crash(self, kind):
            self.heard.append(kind)

        def restart(self):
            self.heard.append("restart")

    both = [Victim(), Victim()]
    together = Together(both)
    together.crash("partition")
    together.restart()
    assert [victim.heard for victim in both] == [["partition", "restart"]] * 2
