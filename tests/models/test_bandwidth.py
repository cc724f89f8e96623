"""Bandwidth: packets are put on the wire one behind the other."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.consumer import AckMode
from models.faults import FaultOptions
from models.laws import Constant, Uniform
from models.ledger import Cause
from models.network import LinkOptions
from models.policies.backoff import Fixed
from tests.models.luck import FixedLuck
from tests.models.world import World, consumer_options, producer_options, rows, times, told

SLOW = {"bandwidth_bytes_per_s": 1000.0, "size": Constant(500.0), "ack_size_bytes": 125.0}
LATE = (FaultOptions(kind="partition", at_s=(99.0,), lasts=Constant(0.5)),)
three = producer_options(arrivals=Trace((1.0, 1.25, 5.0)))

every_way = pytest.mark.parametrize(
    ("connection", "faults"),
    [(False, ()), (False, LATE), (True, ()), (True, LATE)],
    ids=["datagrams", "partitioned", "connection", "can be cut"],
)


@every_way
def test_a_packet_takes_its_size_over_the_bandwidth_and_waits_for_the_wire(connection, faults):
    link = LinkOptions(connection=connection, delay=Constant(0.25), **SLOW)
    ledger = World(producer=three, publish=link, publish_faults=faults).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.25), (2, 5.0)]
    assert times(ledger.arrived) == [1.75, 2.25, 5.75]  # the second waits until 1.5
    assert times(ledger.confirmed) == [1.875, 2.375, 5.875]  # acknowledgements take 0.125 s


@every_way
def test_deliveries_have_the_size_of_their_messages(connection, faults):
    luck = FixedLuck(times={"producer.size": {(0, 0): 1000.0, (1, 0): 250.0, (2, 0): 0.0}})
    sizes = {**SLOW, "size": Uniform(low_s=0.0, high_s=1000.0)}
    link = LinkOptions(connection=connection, **sizes)
    ledger = World(
        producer=three, deliver=link, deliver_faults=faults, prefetch=5, draws=luck
    ).run()
    assert times(ledger.delivered) == [1.0, 1.25, 5.0]
    assert times(ledger.effected) == [2.0, 2.25, 5.0]
    assert times(ledger.removed) == [2.125, 2.375, 5.125]


@every_way
def test_every_peer_has_a_wire_of_its_own(connection, faults):
    link = LinkOptions(connection=connection, **SLOW)
    ledger = World(producers=2, publish=link, publish_faults=faults).run()
    assert times(ledger.arrived) == [1.5, 1.5]


def test_a_lost_packet_was_on_the_wire():
    luck = FixedLuck({"publish.loss": {(0, 1)}})
    ledger = World(producer=three, publish=LinkOptions(**SLOW), draws=luck).run()
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.0, Cause.NETWORK)]
    assert rows(ledger.arrived) == [(1, 2.0), (2, 5.5)]


def test_a_double_leaves_when_its_packet_does():
    luck = FixedLuck({"publish.duplication": {(0, 1)}})
    ledger = World(producer=three, publish=LinkOptions(**SLOW), draws=luck).run()
    assert rows(ledger.arrived) == [(0, 1.5), (0, 1.5), (1, 2.0), (2, 5.5)]


def test_what_is_sent_again_takes_the_wire_again():
    options = producer_options(timeout_s=0.25, retries=2, backoff=Fixed(0.0))
    ledger = World(producer=options, publish=LinkOptions(**SLOW)).run()
    assert times(ledger.sent) == [1.0, 1.25, 1.5]
    assert times(ledger.arrived) == [1.5, 2.0, 2.5]
    assert times(ledger.confirmed) == [1.625]


def test_automatic_acknowledgement_goes_before_the_wire():
    ledger = World(
        producer=three, deliver=LinkOptions(**SLOW), consumer=consumer_options(ack=AckMode.AUTO)
    ).run()
    assert times(ledger.removed) == [1.0, 1.25, 5.0]
    assert times(ledger.effected) == [1.5, 2.0, 5.5]


def test_without_a_bandwidth_size_is_no_matter():
    sizes = {"size": Constant(500.0), "ack_size_bytes": 125.0}
    ledger = World(producer=three, publish=LinkOptions(**sizes)).run()
    assert times(ledger.confirmed) == [1.0, 1.25, 5.0]
