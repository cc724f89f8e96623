"""Schedules over an imperfect network: what is lost, doubled, late, or out of order."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.laws import Constant, Uniform
from models.ledger import Cause
from models.network import LinkOptions
from models.policies.backoff import Fixed
from tests.models.luck import FixedLuck
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

VARYING = Uniform(low_s=0.0, high_s=1.0)  # times are given by the luck; its mean where they are not
QUARTERS = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.5))


def test_packets_and_acknowledgements_have_delays_of_their_own():
    ledger = World(publish=QUARTERS).run()
    assert rows(ledger.arrived) == [(0, 1.25)]
    assert rows(ledger.confirmed) == [(0, 1.75)]


def test_a_lost_packet_is_dropped_when_it_is_sent_and_sent_again_later():
    luck = FixedLuck({"publish.loss": {(0, 1), (0, 2)}})
    options = producer_options(timeout_s=1.0, retries=2)
    ledger = World(producer=options, publish=QUARTERS, draws=luck).run()
    assert rows(ledger.sent) == [(0, 1.0), (0, 2.0), (0, 3.0)]
    network = Cause.NETWORK
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.0, network), (0, 2.0, network)]
    assert rows(ledger.arrived) == [(0, 3.25)]
    assert rows(ledger.confirmed) == [(0, 3.75)]


def test_a_lost_acknowledgement_leaves_no_trace_but_the_next_attempt():
    luck = FixedLuck({"publish.ack_loss": {(0, 1)}})
    options = producer_options(timeout_s=1.0, retries=2)
    ledger = World(producer=options, publish=QUARTERS, draws=luck).run()
    assert rows(ledger.sent) == [(0, 1.0), (0, 2.0)]
    assert rows(ledger.arrived) == [(0, 1.25), (0, 2.25)]
    assert rows(ledger.confirmed) == [(0, 2.75)]
    assert not len(ledger.dropped)


def test_a_doubled_packet_makes_two_copies_and_its_double_has_a_delay_of_its_own():
    luck = FixedLuck(
        {"publish.duplication": {(0, 1)}},
        {"publish.delay": {(0, 1): 0.75}, "publish.duplicate_delay": {(0, 1): 0.25}},
    )
    link = LinkOptions(delay=VARYING)
    ledger = World(publish=link, draws=luck).run()
    assert rows(ledger.sent) == [(0, 1.0)]
    assert rows(ledger.doubled) == [(0, 1.0)]
    assert rows(ledger.arrived) == [(0, 1.25), (0, 1.75)]
    assert rows(ledger.effected) == [(0, 1.25), (0, 1.75)]
    assert rows(ledger.confirmed) == [(0, 1.25)]


def test_a_lost_packet_is_not_doubled():
    luck = FixedLuck({"publish.loss": {(0, 1)}, "publish.duplication": {(0, 1)}})
    ledger = World(draws=luck).run()
    assert not len(ledger.doubled) + len(ledger.arrived)


@pytest.mark.parametrize(("lost", "confirmed"), [({1}, [1.25]), ({1 | 1 << 31}, [1.75])])
def test_the_acknowledgement_of_a_double_has_luck_of_its_own(lost, confirmed):
    luck = FixedLuck(
        {"publish.duplication": {(0, 1)}, "publish.ack_loss": {(0, name) for name in lost}},
        {"publish.delay": {(0, 1): 0.75}, "publish.duplicate_delay": {(0, 1): 0.25}},
    )
    ledger = World(publish=LinkOptions(delay=VARYING), draws=luck).run()
    assert times(ledger.confirmed) == confirmed


def test_packets_overtake_one_another():
    luck = FixedLuck(times={"publish.delay": {(0, 1): 1.0, (1, 1): 0.5, (2, 1): 0.125}})
    options = producer_options(arrivals=Trace((1.0, 1.25, 1.5)))
    ledger = World(producer=options, publish=LinkOptions(delay=VARYING), draws=luck).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.25), (2, 1.5)]
    assert rows(ledger.arrived) == [(2, 1.625), (1, 1.75), (0, 2.0)]


def test_acknowledgements_overtake_one_another():
    luck = FixedLuck(times={"publish.ack_delay": {(0, 1): 1.0, (1, 1): 0.25}})
    options = producer_options(arrivals=Trace((1.0, 1.25)))
    ledger = World(producer=options, publish=LinkOptions(ack_delay=VARYING), draws=luck).run()
    assert rows(ledger.confirmed) == [(1, 1.5), (0, 2.0)]


def test_an_attempt_has_a_delay_of_its_own():
    luck = FixedLuck(times={"publish.delay": {(0, 1): 4.0, (0, 2): 0.25}})
    options = producer_options(timeout_s=1.0, retries=1, backoff=Fixed(0.5))
    ledger = World(producer=options, publish=LinkOptions(delay=VARYING), draws=luck).run()
    assert rows(ledger.arrived) == [(0, 2.75), (0, 5.0)]
    assert rows(ledger.confirmed) == [(0, 2.75)]


def test_the_way_to_the_consumer_takes_time_both_ways():
    ledger = World(deliver=QUARTERS, consumer=consumer_options(service=Constant(1.0))).run()
    assert rows(ledger.delivered) == [(0, 1.0)]
    assert rows(ledger.effected) == [(0, 2.25)]
    assert rows(ledger.removed) == [(0, 2.75)]


def test_a_doubled_delivery_has_two_effects_and_counts_as_one_delivery():
    luck = FixedLuck(
        {"deliver.duplication": {(0, 1)}},
        {"deliver.delay": {(0, 1): 0.25}, "deliver.duplicate_delay": {(0, 1): 0.75}},
    )
    ledger = World(deliver=LinkOptions(delay=VARYING), draws=luck, measured=1).run()
    assert rows(ledger.delivered) == [(0, 1.0)]
    assert rows(ledger.doubled) == [(0, 1.0)]
    assert told(ledger.effected, "delivery") == [(0, 1.25, 1), (0, 1.75, 1)]
    assert rows(ledger.removed) == [(0, 1.25)]


def test_doubling_one_delivery_does_not_change_the_luck_of_the_next():
    # Delivery 1 fails and is doubled, or is not; delivery 2 takes its own 0.375 s either way.
    failing = consumer_options(service=VARYING)

    def effects(doubled):
        luck = FixedLuck(
            {"consumer.failure": {(0, 1), (0, 1 | 1 << 31)}, "deliver.duplication": doubled},
            {"consumer.service": {(0, 1): 0.25, (0, 1 | 1 << 31): 0.125, (0, 2): 0.375}},
        )
        return told(World(consumer=failing, draws=luck).run().effected, "service_s", float)

    assert effects(set()) == [(0, 1.625, 0.375)]
    # The double is in front, fails at 1.125 and sends the copy back; delivery 2 waits for the end
    # of the first at 1.375.
    assert effects({(0, 1)}) == [(0, 1.75, 0.375)]


def test_a_double_that_comes_to_nothing_is_dropped():
    # It arrives when the only process that could have worked on it is dead.
    luck = FixedLuck(
        {"deliver.duplication": {(0, 1)}, "consumer.crash_after": {(0, 1)}},
        {"deliver.delay": {(0, 1): 0.25}, "deliver.duplicate_delay": {(0, 1): 0.75}},
    )
    consumer = consumer_options(restart=Constant(0.25), detect=Constant(5.0))
    world = World(deliver=LinkOptions(delay=VARYING), consumer=consumer, draws=luck, measured=1)
    ledger = world.run()
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.75, Cause.NETWORK)]
    # The first delivery was not acknowledged: seen dead at 6.25, it is made again.
    assert rows(ledger.delivered) == [(0, 1.0), (0, 6.25)]
    assert told(ledger.effected, "delivery") == [(0, 1.25, 1), (0, 6.75, 2)]


def test_a_delivery_lost_on_its_way_waits_for_the_acknowledgement_timeout():
    luck = FixedLuck({"deliver.loss": {(0, 1)}})
    broker = broker_options(redelivery=redelivery_options(ack_timeout_s=3.0))
    ledger = World(broker=broker, draws=luck).run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 4.0)]
    assert rows(ledger.effected) == [(0, 4.0)]


@pytest.mark.parametrize("name", ["loss", "ack_loss", "duplication"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_probability_is_one(name, value):
    with pytest.raises(ValueError, match=rf"{name} must be in \[0, 1\], got {value}"):
        LinkOptions(**{name: value})
