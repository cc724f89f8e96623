"""Which deliveries burn an attempt: all of them, what was refused, or what a death interrupted."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.broker import Counts
from models.consumer import OnFailure
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.policies.backoff import Linear
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

ALL, REFUSALS, DISCONNECTS = Counts


def limited(counts, *, limit=2, failing=(), consumer_faults=(), broker_faults=(), **redelivery):
    """One message, worked on for a second; at most *limit* deliveries that count."""
    options = redelivery_options(limit=limit, counts=counts, **redelivery)
    return World(
        producer=producer_options(arrivals=Trace((1.0,))),
        broker=broker_options(redelivery=options),
        consumer=consumer_options(service=Constant(1.0), failure=0.5),
        draws=FixedLuck({"consumer.failure": {(0, number) for number in failing}}),
        consumer_faults=consumer_faults,
        broker_faults=broker_faults,
    )


def falls(kind, *at_s):
    return (FaultOptions(kind=kind, at_s=at_s, lasts=Constant(0.5)),)


@pytest.mark.parametrize(("counts", "parks"), [(ALL, True), (REFUSALS, True), (DISCONNECTS, False)])
def test_what_a_consumer_gives_back(counts, parks):
    ledger = limited(counts, failing=(1, 2)).run()
    assert bool(len(ledger.parked)) is parks
    assert rows(ledger.effected) == ([] if parks else [(0, 4.0)])


@pytest.mark.parametrize(("counts", "parks"), [(ALL, True), (REFUSALS, False), (DISCONNECTS, True)])
def test_what_a_dead_consumer_had(counts, parks):
    # Dead at 1.5 and 2.5, back half a second later each time.
    ledger = limited(counts, consumer_faults=falls("crash", 1.5, 2.5)).run()
    assert times(ledger.delivered) == [1.0, 2.0] if parks else [1.0, 2.0, 3.0]
    end = [(0, 2.5, Cause.DELIVERY_LIMIT)] if parks else []
    assert told(ledger.parked, "reason", Cause) == end


@pytest.mark.parametrize(
    ("counts", "parks"), [(ALL, True), (REFUSALS, False), (DISCONNECTS, False)]
)
def test_what_was_not_acknowledged_in_time(counts, parks):
    world = limited(counts, failing=(1, 2), ack_timeout_s=2.0)
    world.consumer = consumer_options(
        service=Constant(1.0), failure=0.5, on_failure=OnFailure.IGNORE
    )
    ledger = world.run()
    assert times(ledger.returned) == ([3.0] if parks else [3.0, 5.0])
    assert times(ledger.parked) == ([5.0] if parks else [])


@pytest.mark.parametrize(
    ("counts", "parks"), [(ALL, True), (REFUSALS, False), (DISCONNECTS, False)]
)
def test_what_was_out_when_the_broker_fell(counts, parks):
    ledger = limited(counts, broker_faults=falls("process_crash", 1.5, 2.5)).run()
    assert times(ledger.parked) == ([3.0] if parks else [])


def test_refusals_are_counted_through_deaths_and_crashes_in_between():
    ledger = limited(
        REFUSALS,
        failing=(1, 4),
        consumer_faults=falls("crash", 2.5),
        broker_faults=falls("process_crash", 3.5),
    ).run()
    assert times(ledger.delivered) == [1.0, 2.0, 3.0, 4.0]
    assert told(ledger.parked, "reason", Cause) == [(0, 5.0, Cause.DELIVERY_LIMIT)]


@pytest.mark.parametrize(
    ("counts", "given_s"),
    [
        # Refused, then dead for half a second, then refused: pauses of 1, 2 and 3 s, ...
        (ALL, [1.0, 3.0, 5.5, 9.5]),
        # ... of 1 and 2 s, of which none is for the death, ...
        (REFUSALS, [1.0, 3.0, 4.0, 7.0]),
        # ... of 1, 1 and 1 s.
        (DISCONNECTS, [1.0, 3.0, 4.5, 6.5]),
    ],
)
def test_the_pause_grows_with_what_counts(counts, given_s):
    ledger = limited(
        counts,
        limit=4,
        failing=(1, 3),
        consumer_faults=falls("crash", 3.5),
        delay=Linear(first_s=1.0),
    ).run()
    assert times(ledger.delivered) == given_s


@pytest.mark.parametrize(("counts", "given_s"), [(ALL, [1.0, 7.0]), (REFUSALS, [1.0, 3.0])])
def test_a_client_makes_no_pause_for_what_it_did_not_refuse(counts, given_s):
    # It fails and says nothing: the broker takes the message back at 3.0.
    world = limited(counts, failing=(1,), ack_timeout_s=2.0, delay=Linear(first_s=4.0))
    world.consumer = consumer_options(
        service=Constant(1.0), failure=0.5, on_failure=OnFailure.IGNORE
    )
    assert times(world.run().delivered) == given_s
