"""The table everybody asks for: what a crash of the broker takes, and what of it was promised.

Five messages at five depths when the broker falls at 6.0:

| message | created | written | synced | where it is |
|---|---|---|---|---|
| 0 | 1.0 | 1.75 | 4.25 | on the disk |
| 1 | 3.0 | 3.75 | would be at 6.75 | in the page cache, covered by a sync that has not ended |
| 2 | 4.0 | 4.75 | | in the page cache, covered by no sync |
| 3 | 5.5 | would be at 6.25 | | in memory, being written |
| 4 | 5.75 | | | in memory, waiting to be written |
"""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.broker import ConfirmWhen
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from models.policies.sync import Always, Interval, Never
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
    rows,
    told,
)

RECEIVED, WRITTEN, SYNCED, _ = ConfirmWhen
MEMORY, CACHE = Cause.BROKER_MEMORY, Cause.PAGE_CACHE


def crash(kind, at_s=6.0, lasts_s=2.0):
    return FaultOptions(kind=kind, at_s=(at_s,), lasts=Constant(lasts_s))


def five_depths(kind, **broker):
    settings = {"disk": disk_options(write=Constant(0.75), sync=Constant(2.5))}
    return World(
        producer=producer_options(arrivals=Trace((1.0, 3.0, 4.0, 5.5, 5.75))),
        broker=broker_options(**(settings | broker)),
        consumer=consumer_options(start=Constant(20.0)),
        broker_faults=(crash(kind),),
    )


def lost(ledger):
    """What was dropped, by message: its cause."""
    return {row: cause for row, _, cause in told(ledger.dropped, "cause", Cause)}


@pytest.mark.parametrize(
    ("kind", "confirm_when", "confirmed", "lost_by_cause", "silent"),
    [
        ("process_crash", RECEIVED, {0, 1, 2, 3, 4}, {3: MEMORY, 4: MEMORY}, {3, 4}),
        ("process_crash", WRITTEN, {0, 1, 2}, {3: MEMORY, 4: MEMORY}, set()),
        ("process_crash", SYNCED, {0}, {3: MEMORY, 4: MEMORY}, set()),
        (
            "power_loss",
            RECEIVED,
            {0, 1, 2, 3, 4},
            {1: CACHE, 2: CACHE, 3: MEMORY, 4: MEMORY},
            {1, 2, 3, 4},
        ),
        (
            "power_loss",
            WRITTEN,
            {0, 1, 2},
            {1: CACHE, 2: CACHE, 3: MEMORY, 4: MEMORY},
            {1, 2},
        ),
        ("power_loss", SYNCED, {0}, {1: CACHE, 2: CACHE, 3: MEMORY, 4: MEMORY}, set()),
    ],
)
def test_what_a_crash_takes_and_what_of_it_was_promised(
    kind, confirm_when, confirmed, lost_by_cause, silent
):
    ledger = five_depths(kind, confirm_when=confirm_when).run()
    assert lost(ledger) == lost_by_cause
    assert {time_s for _, time_s, _ in told(ledger.dropped, "cause")} == {6.0}
    heard = {row for row, _ in rows(ledger.confirmed)}
    assert heard == confirmed
    assert heard & lost(ledger).keys() == silent
    # The others are given out when the consumer comes, in order, and nothing else is.
    assert [row for row, _ in rows(ledger.effected)] == sorted(
        {0, 1, 2, 3, 4} - lost_by_cause.keys()
    )


@pytest.mark.parametrize("kind", ["process_crash", "power_loss"])
@pytest.mark.parametrize("transient", [{"persistent": False}, {"durable": False}])
def test_what_is_not_persistent_or_not_in_a_durable_queue_never_survives(kind, transient):
    ledger = five_depths(kind, confirm_when=SYNCED, **transient).run()
    assert lost(ledger) == dict.fromkeys(range(5), MEMORY)
    assert len(ledger.confirmed) == 5  # all of it silently
    assert not len(ledger.effected)


@pytest.mark.parametrize(
    ("kind", "lost_by_cause"),
    [("process_crash", {}), ("power_loss", {2: CACHE, 3: CACHE, 4: CACHE})],
)
def test_interval_leaves_what_came_after_the_last_tick_in_the_page_cache(kind, lost_by_cause):
    # The tick at 5 takes 0 and 1 along; 2 comes at that very instant.
    disk = disk_options(policy=Interval(5.0))
    world = five_depths(kind, disk=disk, confirm_when=WRITTEN)
    world.producer = producer_options(arrivals=Trace((1.0, 3.0, 5.0, 5.5, 5.75)))
    ledger = world.run()
    assert lost(ledger) == lost_by_cause
    assert len(ledger.confirmed) == 5


@pytest.mark.parametrize(
    ("kind", "lost_by_cause"),
    [("process_crash", {}), ("power_loss", dict.fromkeys(range(5), CACHE))],
)
def test_never_leaves_everything_to_the_page_cache(kind, lost_by_cause):
    ledger = five_depths(kind, disk=disk_options(policy=Never())).run()
    assert lost(ledger) == lost_by_cause


def test_a_sync_that_ends_at_the_instant_of_the_crash_comes_too_late():
    world = five_depths("power_loss", disk=disk_options(sync=Constant(5.0)), confirm_when=SYNCED)
    ledger = world.run()  # of 0, from 1 to 6
    assert lost(ledger) == dict.fromkeys(range(5), CACHE)
    assert not len(ledger.synced) + len(ledger.confirmed)


def test_a_crash_during_a_write_takes_it_and_a_restart_does_not_finish_it():
    world = five_depths("process_crash", disk=disk_options(write=Constant(4.0)))
    world.producer = producer_options(arrivals=Trace((3.0, 9.0)))
    ledger = world.run()
    assert lost(ledger) == {0: MEMORY}
    assert rows(ledger.written) == [(1, 13.0)]
    assert rows(ledger.synced) == [(1, 13.0)]


@pytest.mark.parametrize("kind", ["process_crash", "power_loss"])
def test_nothing_that_was_running_before_a_crash_ends_after_a_quick_restart(kind):
    # Down from 4 to 5. The write begun at 3 would end at 7, in the middle of that of 5.5.
    world = five_depths(kind, disk=disk_options(write=Constant(4.0)))
    world.producer = producer_options(arrivals=Trace((3.0, 5.5)))
    world.broker_faults = (crash(kind, at_s=4.0, lasts_s=1.0),)
    assert rows(world.run().written) == [(1, 9.5)]
    # The sync begun at 3 would end at 9, in the middle of that of 5.5, or of 5 where 0 survives.
    world = five_depths(kind, disk=disk_options(sync=Constant(6.0)))
    world.producer = producer_options(arrivals=Trace((3.0, 5.5)))
    world.broker_faults = (crash(kind, at_s=4.0, lasts_s=1.0),)
    survived = [(0, 11.0), (1, 17.0)]
    assert rows(world.run().synced) == (survived if kind == "process_crash" else [(1, 11.5)])
    # The tick of 8 was due before; now they come at 13, 21, ...
    world = five_depths(kind, disk=disk_options(policy=Interval(8.0)))
    world.producer = producer_options(arrivals=Trace((3.0, 5.5)))
    world.broker_faults = (crash(kind, at_s=4.0, lasts_s=1.0),)
    survived = [(0, 13.0), (1, 13.0)]
    assert rows(world.run().synced) == (survived if kind == "process_crash" else [(1, 13.0)])


def test_a_sync_cut_off_by_a_process_crash_begins_anew():
    # Of 1, from 4.25 on; up again at 8, the page cache is synced until 10.5.
    ledger = five_depths("process_crash", confirm_when=SYNCED).run()
    assert rows(ledger.synced) == [(0, 4.25), (1, 10.5), (2, 10.5)]
    # Their confirms went down with the broker: two false failures.
    assert rows(ledger.confirmed) == [(0, 4.25)]
    assert {row for row, _ in rows(ledger.failed)} == {1, 2, 3, 4}


def test_a_removal_not_yet_synced_is_undone_by_a_power_loss():
    # 0 is on the disk at 2, acknowledged at 3, and no write has come since.
    world = World(
        broker=broker_options(disk=disk_options(sync=Constant(1.0))),
        consumer=consumer_options(service=Constant(2.0)),
        broker_faults=(crash("power_loss"),),
    )
    ledger = world.run()
    assert rows(ledger.removed) == [(0, 3.0), (0, 10.0)]
    assert rows(ledger.recovered) == [(0, 6.0)]
    assert told(ledger.effected, "delivery") == [(0, 3.0, 1), (0, 10.0, 2)]


def test_a_removal_during_the_sync_of_its_record_is_not_in_that_sync():
    # Synced from 1 to 3.5, acknowledged at 3: safe on the disk, and not known to be done with.
    world = World(
        broker=broker_options(disk=disk_options(sync=Constant(2.5))),
        consumer=consumer_options(service=Constant(2.0)),
        broker_faults=(crash("power_loss"),),
    )
    ledger = world.run()
    assert rows(ledger.recovered) == [(0, 6.0)]
    # Had the sync not ended, record and removal would be gone together.
    world.broker_faults = (crash("power_loss", at_s=3.25),)
    ledger = world.run()
    assert not len(ledger.recovered)
    assert rows(ledger.effected) == [(0, 3.0)]


@pytest.mark.parametrize("kind", ["process_crash", "power_loss"])
def test_a_removal_that_the_next_write_took_along_stays(kind):
    world = World(
        producer=producer_options(arrivals=Trace((1.0, 4.0))),
        broker=broker_options(disk=disk_options(sync=Constant(1.0))),
        consumer=consumer_options(service=Constant(2.0)),
        broker_faults=(crash(kind, at_s=5.5),),
    )
    ledger = world.run()
    assert rows(ledger.effected)[0] == (0, 3.0)
    assert [row for row, _ in rows(ledger.effected)].count(0) == 1


def test_a_removal_whose_sync_has_not_ended_is_undone():
    # The record of 1 takes the removal of 0 along from 4 on; the power goes at 4.5.
    world = World(
        producer=producer_options(arrivals=Trace((1.0, 4.0))),
        broker=broker_options(disk=disk_options(sync=Constant(1.0))),
        consumer=consumer_options(service=Constant(2.0)),
        broker_faults=(crash("power_loss", at_s=4.5),),
    )
    ledger = world.run()
    assert rows(ledger.recovered) == [(0, 4.5)]


def test_a_removal_in_the_page_cache_survives_a_crash_of_the_process():
    world = World(
        broker=broker_options(disk=disk_options(sync=Constant(1.0))),
        consumer=consumer_options(service=Constant(2.0)),
        broker_faults=(crash("process_crash"), crash("power_loss", at_s=20.0)),
    )
    ledger = world.run()
    assert rows(ledger.recovered) == [(0, 20.0)]  # but not a power loss, even after a restart
    assert rows(ledger.effected) == [(0, 3.0), (0, 24.0)]


def test_what_a_removal_undone_brings_back_is_one_copy_each_time():
    losses = FaultOptions(kind="power_loss", at_s=(6.0, 20.0, 40.0), lasts=Constant(2.0))
    world = World(
        broker=broker_options(disk=disk_options(policy=Always(), sync=Constant(1.0))),
        consumer=consumer_options(service=Constant(2.0)),
        broker_faults=(losses,),
    )
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 3.0), (0, 10.0), (0, 24.0), (0, 44.0)]


def test_after_a_restart_the_queue_holds_what_the_disk_held_in_order():
    # 2 is out for delivery and 0 and 1 have come back from it, when the power goes.
    world = World(
        producer=producer_options(arrivals=Trace((1.0, 1.0, 1.0, 1.0))),
        consumer=consumer_options(service=Constant(4.0), concurrency=2),
        prefetch=2,
        broker_faults=(crash("power_loss", at_s=3.0, lasts_s=1.0),),
    )
    ledger = world.run()
    assert told(ledger.delivered, "consumer") == [
        (0, 1.0, 0),
        (1, 1.0, 0),
        (0, 4.0, 0),
        (1, 4.0, 0),
        (2, 9.0, 0),
        (3, 9.0, 0),
    ]
    # The first two were being worked on, and their consumer could not know.
    assert rows(ledger.effected) == [(0, 5.0), (1, 5.0), (0, 9.0), (1, 9.0), (2, 13.0), (3, 13.0)]


def test_packets_that_arrive_while_it_is_down_are_lost():
    world = five_depths("process_crash")
    world.producer = producer_options(arrivals=Trace((6.5, 7.75, 8.5)), timeout_s=1.0, retries=1)
    ledger = world.run()
    down = Cause.BROKER_DOWN
    assert told(ledger.dropped, "cause", Cause) == [(0, 6.5, down), (0, 7.5, down), (1, 7.75, down)]
    assert rows(ledger.arrived) == [(2, 8.5), (1, 8.75)]
    assert rows(ledger.failed) == [(0, 8.5)]


def test_acknowledgements_already_on_their_way_arrive():
    world = five_depths("process_crash")
    world.producer = producer_options(arrivals=Trace((5.75,)))
    world.publish = LinkOptions(ack_delay=Constant(0.5))
    ledger = world.run()
    assert rows(ledger.confirmed) == [(0, 6.25)]
    assert lost(ledger) == {0: MEMORY}


def test_what_is_being_taken_in_dies_with_the_process():
    world = five_depths("process_crash", accept=Constant(1.0))
    world.producer = producer_options(arrivals=Trace((5.5, 5.75, 6.75)), confirm=False)
    world.measured = 3
    ledger = world.run()
    assert lost(ledger) == {0: MEMORY, 1: MEMORY, 2: Cause.BROKER_DOWN}
    assert not len(ledger.stored)
    assert world.census.decided_s == {0: 6.0, 1: 6.0, 2: 6.75}


def test_the_door_opens_afresh_after_a_restart():
    # The one who was being served at the crash does not come back to life in the middle.
    world = five_depths("process_crash", accept=Constant(3.0))
    world.producer = producer_options(arrivals=Trace((5.5, 8.0)))
    ledger = world.run()
    assert rows(ledger.stored) == [(1, 11.0)]


def test_overlapping_faults_end_with_the_last():
    world = five_depths("process_crash")
    world.broker_faults = (
        crash("process_crash", at_s=6.0, lasts_s=4.0),
        crash("power_loss", at_s=7.0, lasts_s=1.0),
        crash("process_crash", at_s=9.0, lasts_s=2.0),
    )
    ledger = world.run()
    assert ledger.restarts == [(11.0, "broker")]
    assert ledger.crashes == [
        (6.0, "broker", "process_crash"),
        (7.0, "broker", "power_loss"),
        (9.0, "broker", "process_crash"),
    ]
    # The page cache outlived the process for one second.
    assert told(ledger.dropped, "cause", Cause) == [
        (3, 6.0, MEMORY),
        (4, 6.0, MEMORY),
        (1, 7.0, CACHE),
        (2, 7.0, CACHE),
    ]


def test_an_unknown_kind_of_crash_is_refused():
    with pytest.raises(ValueError, match="disk_on_fire"):
        five_depths("disk_on_fire").run()
