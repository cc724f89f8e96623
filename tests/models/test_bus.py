"""An event bus: everything in one process, and handlers that may fail as they like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.arrivals import Trace
from models.broker import ConfirmWhen, Overflow
from models.consumer import OnFailure
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.policies.backoff import Fixed
from sim.outcomes import Belief, Fate, judge
from tests import conservation
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    producer_options,
    redelivery_options,
    rows,
    told,
)

PROCESSED = ConfirmWhen.PROCESSED


def bus(*created_s, fails=(), until_s=50.0, broker=None, consumer=None, **world):
    """A bus whose handlers need one second, and fail on those of (message, delivery) named."""
    service = {"service": Constant(1.0), "failure": 0.5 if fails else 0.0}
    return World(
        bus=True,
        producer=producer_options(arrivals=Trace(created_s)),
        broker=broker_options(**(broker or {})),
        consumer=consumer_options(**service | (consumer or {})),
        until_s=until_s,
        draws=world.pop("draws", FixedLuck({"consumer.failure": set(fails)})),
        **world,
    )


def killed(at_s, lasts_s=2.0, kind="process_crash"):
    return (FaultOptions(kind=kind, at_s=(at_s,), lasts=Constant(lasts_s)),)


def drops(ledger):
    return told(ledger.dropped, "cause", Cause)


def test_publishing_returns_when_the_event_is_queued():
    ledger = bus(1.0, 1.0, 1.0).run()
    conservation.check(ledger)
    assert rows(ledger.confirmed) == [(0, 1.0), (1, 1.0), (2, 1.0)]
    assert rows(ledger.effected) == [(0, 2.0), (1, 3.0), (2, 4.0)]


def test_worker_threads_share_the_events_of_a_group():
    ledger = bus(1.0, 1.0, 1.0, 1.0, consumer={"concurrency": 3}, prefetch=3).run()
    assert rows(ledger.effected) == [(0, 2.0), (1, 2.0), (2, 2.0), (3, 3.0)]


def test_a_synchronous_bus_returns_when_all_handlers_have():
    luck = FixedLuck(
        times={"consumer.service": {(0, 1): 0.5}, "consumer of group 1.service": {(0, 1): 2.0}}
    )
    world = bus(1.0, broker={"groups": 2, "confirm_when": PROCESSED}, draws=luck)
    ledger = world.run()
    assert rows(ledger.confirmed) == [(0, 3.0)]


@pytest.mark.parametrize("confirm_when", [ConfirmWhen.RECEIVED, PROCESSED])
def test_an_error_that_is_swallowed_loses_the_event_silently(confirm_when):
    ignore = {"on_failure": OnFailure.SWALLOW}
    world = bus(
        1.0, 1.0, fails=[(0, 1)], consumer=ignore, broker={"confirm_when": confirm_when}, measured=2
    )
    ledger = world.run()
    conservation.check(ledger, confirm_when=confirm_when, decided=range(2))
    assert drops(ledger) == [(0, 2.0, Cause.HANDLER_ERROR)]
    assert rows(ledger.effected) == [(1, 3.0)]
    outcomes = judge(ledger, range(2))
    assert outcomes.matrix()[Belief.CONFIRMED, Fate.LOST] == 1
    assert outcomes.cause.tolist() == [Cause.HANDLER_ERROR, -1]
    assert world.now_s == 3.0


def test_an_error_in_one_group_of_handlers_is_no_matter_to_another():
    luck = FixedLuck({"consumer.failure": {(0, 1)}, "consumer of group 1.failure": set()})
    ignore = {"on_failure": OnFailure.SWALLOW, "failure": 0.5}
    ledger = bus(1.0, broker={"groups": 2}, consumer=ignore, draws=luck).run()
    first, second = ledger.groups
    assert drops(first) == [(0, 2.0, Cause.HANDLER_ERROR)]
    assert rows(second.effected) == [(0, 2.0)]
    assert not len(second.dropped)


def test_an_event_that_goes_back_into_the_queue_is_first_again():
    # A hot loop: event 1 waits for as long as event 0 fails.
    ledger = bus(1.0, 1.0, fails=[(0, 1), (0, 2), (0, 3)]).run()
    conservation.check(ledger)
    assert rows(ledger.raised) == [(0, 2.0), (0, 3.0), (0, 4.0)]
    assert rows(ledger.effected) == [(0, 5.0), (1, 6.0)]


def test_a_delay_lets_others_pass_and_a_limit_ends_it():
    options = redelivery_options(limit=2, delay=Fixed(0.5))
    ledger = bus(1.0, 1.0, fails=[(0, 1), (0, 2)], broker={"redelivery": options}).run()
    assert rows(ledger.effected) == [(1, 3.0)]
    assert told(ledger.parked, "reason", Cause) == [(0, 4.0, Cause.DELIVERY_LIMIT)]


def test_a_rejected_event_is_parked():
    ledger = bus(1.0, fails=[(0, 1)], consumer={"on_failure": OnFailure.REJECT}).run()
    assert told(ledger.parked, "reason", Cause) == [(0, 2.0, Cause.REJECTED)]


def test_a_slow_handler_is_waited_for():
    ledger = bus(1.0, consumer={"service": Constant(40.0)}).run()
    assert len(ledger.delivered) == 1
    assert rows(ledger.effected) == [(0, 41.0)]


@pytest.mark.parametrize("kind", ["process_crash", "power_loss"])
def test_a_crash_takes_what_is_queued_and_what_is_at_work(kind):
    # At 2.5 event 0 is done, 1 at work and 2 queued.
    world = bus(1.0, 1.0, 1.0, 6.0, broker_faults=killed(2.5, kind=kind))
    ledger = world.run()
    conservation.check(ledger)
    assert rows(ledger.effected) == [(0, 2.0), (3, 7.0)]
    memory = Cause.BROKER_MEMORY
    assert sorted(drops(ledger)) == [(1, 2.5, memory), (2, 2.5, memory)]
    outcomes = judge(ledger, range(4))
    assert outcomes.matrix()[Belief.CONFIRMED, Fate.LOST] == 2


def test_a_crash_ends_every_redelivery_delay():
    options = redelivery_options(delay=Fixed(1.0))
    world = bus(
        1.0, fails=[(0, 1)], broker={"redelivery": options}, broker_faults=killed(2.5, 0.25)
    )
    ledger = world.run()
    assert drops(ledger) == [(0, 2.5, Cause.BROKER_MEMORY)]
    assert not len(ledger.effected)


def test_what_blocks_its_publisher_dies_with_it():
    world = bus(
        1.0,
        1.0,
        1.0,
        broker={"capacity": 1, "overflow": Overflow.BLOCK},
        broker_faults=killed(1.5),
    )
    ledger = world.run()
    conservation.check(ledger)
    assert rows(ledger.stored) == [(0, 1.0), (1, 1.0)]
    assert {row for row, _, _ in drops(ledger)} == {0, 1, 2}


def test_a_full_queue_that_rejects_tells_its_publisher():
    ledger = bus(1.0, 1.0, 1.0, broker={"capacity": 1}).run()
    assert rows(ledger.failed) == [(2, 1.0)]
    assert drops(ledger) == [(2, 1.0, Cause.OVERFLOW)]


@pytest.mark.parametrize(
    ("coin", "effects", "lost"),
    [("crash_before", [(3, 7.0)], {0, 1, 2}), ("crash_after", [(0, 2.0), (3, 7.0)], {1, 2})],
)
def test_a_handler_that_kills_the_process_takes_the_others_along(coin, effects, lost):
    service = {(1, 1): 5.0}
    luck = FixedLuck({f"consumer.{coin}": {(0, 1)}}, times={"consumer.service": service})
    world = bus(
        1.0,
        1.0,
        1.0,
        6.0,
        draws=luck,
        consumer={"restart": Constant(3.0)},
        consumers=2,
    )
    ledger = world.run()
    conservation.check(ledger)
    assert rows(ledger.effected) == effects
    assert {row for row, _, _ in drops(ledger)} == lost
    assert (2.0, "broker", "process_crash") in ledger.crashes
    assert (5.0, "broker") in ledger.restarts


def test_overlapping_crashes_end_with_the_last():
    world = bus(1.0, 4.0, 6.0, broker_faults=(*killed(2.5, 2.0), *killed(3.0, 2.5)), until_s=20.0)
    ledger = world.run()
    assert rows(ledger.created) == [(0, 1.0), (1, 6.0)]  # nobody was there at 4
    assert rows(ledger.effected) == [(0, 2.0), (1, 7.0)]
    assert [time_s for time_s, who in ledger.restarts if who == "broker"] == [5.5]


def test_what_an_outbox_keeps_is_published_again():
    # 0 is done and its publisher told; 1 was at work and 2 queued.
    world = bus(
        1.0, 1.0, 1.0, broker={"confirm_when": PROCESSED}, broker_faults=killed(2.5), measured=3
    )
    world.producer = replace(world.producer, outbox=True)
    ledger = world.run()
    conservation.check(ledger, confirm_when=PROCESSED, decided=range(3))
    assert rows(ledger.effected) == [(0, 2.0), (1, 5.5), (2, 6.5)]
    assert rows(ledger.confirmed) == [(0, 2.0), (1, 5.5), (2, 6.5)]
