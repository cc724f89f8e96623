"""A partition that lasts: the ends of a connection miss each other, and give it up."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.faults import FaultOptions
from models.laws import Constant, Uniform
from models.ledger import Cause
from models.network import LinkOptions
from tests.models.work import given
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


def partition(*at_s, lasts_s):
    return FaultOptions(kind="partition", at_s=at_s, lasts=Constant(lasts_s))


def link(detect_s=2.0, **changes):
    quarters = {"delay": Constant(0.25), "ack_delay": Constant(0.25)}
    return LinkOptions(connection=True, detect=Constant(detect_s), **quarters, **changes)


def published(*at_s, lasts_s, detect_s=2.0, **producer):
    """Parted from 0.5 on; connected again a second after that is noticed, or when it is over."""
    options = producer_options(
        **{"arrivals": Trace(at_s), "retries": 3, "timeout_s": 30.0, **producer}
    )
    faults = (partition(0.5, lasts_s=lasts_s),)
    return World(producer=options, publish=link(detect_s), publish_faults=faults)


# Sent at 1.0, and by TCP again at 1.2, 1.6, 2.4, 4.0, 7.2.
@pytest.mark.parametrize(
    ("lasts_s", "detect_s", "cut_s", "sent_s", "arrives_s"),
    [
        (1.5, 2.0, [], [1.0], 2.65),
        (2.0, 2.0, [], [1.0], 4.25),  # over in the last moment
        (2.25, 2.0, [2.5], [1.0, 3.5], 3.75),
        (4.5, 2.0, [2.5], [1.0, 5.0], 5.25),
        (4.5, 0.0, [], [1.0], 7.45),  # no heartbeats
    ],
)
def test_a_partition_is_missed_after_a_while(lasts_s, detect_s, cut_s, sent_s, arrives_s):
    ledger = published(1.0, lasts_s=lasts_s, detect_s=detect_s).run()
    assert told(ledger.dropped, "cause", Cause) == [
        (0, at_s, Cause.CONNECTION_CUT) for at_s in cut_s
    ]
    assert times(ledger.sent) == sent_s
    assert rows(ledger.arrived) == [(0, arrives_s)]
    assert [(at_s, kind) for at_s, _, kind in ledger.crashes] == [
        (0.5, "partition"),
        *((at_s, "cut") for at_s in cut_s),
    ]


def test_from_then_on_the_producer_holds_back_what_it_has():
    ledger = published(1.0, 2.0, 3.0, lasts_s=4.5).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 2.0), (0, 5.0), (1, 5.0), (2, 5.0)]
    assert rows(ledger.confirmed) == [(0, 5.5), (1, 5.5), (2, 5.5)]


def test_two_short_ones_are_no_long_one():
    world = published(1.0, lasts_s=1.0)
    world.publish_faults = (partition(0.5, 2.0, 3.5, lasts_s=1.25),)
    ledger = world.run()
    assert not any(kind == "cut" for *_, kind in ledger.crashes)


def test_two_that_overlap_are_one():
    world = published(1.0, lasts_s=1.0)
    world.publish_faults = (partition(0.5, 1.5, lasts_s=1.5),)
    ledger = world.run()
    assert [at_s for at_s, _, kind in ledger.crashes if kind == "cut"] == [2.5]


def test_a_connection_that_is_cut_already_is_not_missed():
    world = published(1.0, lasts_s=4.5)
    cut = FaultOptions(kind="cut", at_s=(2.25,), lasts=Constant(0.0))
    world.publish_faults = (*world.publish_faults, cut)
    ledger = world.run()
    # Noticed two seconds after the cut, as any cut is; connected another second later.
    assert [at_s for at_s, _, kind in ledger.crashes if kind == "cut"] == [2.25]
    assert times(ledger.sent) == [1.0, 5.25]


def consumed(*at_s, lasts_s, service_s, **redelivery):
    return World(
        producer=producer_options(arrivals=Trace(at_s)),
        consumer=consumer_options(service=Constant(service_s)),
        broker=broker_options(redelivery=redelivery_options(**redelivery)),
        deliver=link(),
        deliver_faults=(partition(1.5, lasts_s=lasts_s),),
    )


def test_the_broker_gives_out_again_what_a_missed_consumer_had():
    # There at 1.25; parted at 1.5, missed at 3.5, connected again at 5.0; done at 3.25.
    ledger = consumed(1.0, lasts_s=3.5, service_s=2.0).run()
    assert rows(ledger.returned) == [(0, 3.5)]
    assert given(ledger) == [(0, 1.0, 0), (0, 5.0, 0)]
    assert rows(ledger.effected) == [(0, 3.25), (0, 7.25)]


def test_or_not_before_its_timer_where_consumers_ask_for_what_they_get():
    redelivery = {"ack_timeout_s": 10.0, "on_disconnect": False}
    ledger = consumed(1.0, lasts_s=3.5, service_s=2.0, **redelivery).run()
    assert given(ledger) == [(0, 1.0, 0), (0, 11.0, 0)]
    # One that takes longer acknowledges by the next connection.
    ledger = consumed(1.0, lasts_s=3.5, service_s=4.0, **redelivery).run()
    assert given(ledger) == [(0, 1.0, 0)]
    assert rows(ledger.removed) == [(0, 5.5)]


def test_all_that_happens_is_conserved_in_a_storm_of_partitions():
    world = published(*(n / 8 for n in range(200)), lasts_s=1.0)
    world.publish = LinkOptions(
        connection=True,
        delay=Constant(0.25),
        ack_delay=Constant(0.25),
        detect=Uniform(low_s=0.0, high_s=1.0),
        reconnect_s=0.25,
    )
    often = FaultOptions(kind="partition", every=Constant(1.5), lasts=Constant(0.5))
    world.publish_faults = (often,)
    world.measured = 200
    ledger = world.run()
    assert any(kind == "cut" for *_, kind in ledger.crashes)
    assert all(message.open == 0 for message in world.census.messages[:200])
