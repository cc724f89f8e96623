"""What a power loss leaves of the sync that it cuts off, when a first part of that has arrived."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.arrivals import Trace
from models.broker import ConfirmWhen
from models.disk.tail import Tail
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.policies.sync import Always, Interval, Never
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
    rows,
    told,
)

TORN, CACHE = Cause.TORN_WRITE, Cause.PAGE_CACHE


def torn_world(share, *created_s, at_s, kind="power_loss", sync_s=2.0, **disk):
    """A world in which so much of the sync that runs when the power goes is on the disk."""
    settings = {"policy": Interval(4.0), "torn_tail": True} | disk
    return World(
        producer=producer_options(arrivals=Trace(created_s)),
        broker=broker_options(
            confirm_when=ConfirmWhen.SYNCED,
            disk=disk_options(sync=Constant(sync_s), **settings),
        ),
        consumer=consumer_options(start=Constant(20.0)),
        broker_faults=(FaultOptions(kind=kind, at_s=(at_s,), lasts=Constant(1.0)),),
        draws=FixedLuck(uniforms={"disk.torn_tail": {(1, 0): share}}),
    )


def lost(ledger):
    return {row: cause for row, _, cause in told(ledger.dropped, "cause", Cause)}


@pytest.mark.parametrize(
    ("share", "lost_by_cause"),
    [
        (0.0, {0: TORN, 1: CACHE, 2: CACHE, 3: CACHE, 4: CACHE}),
        (0.24, {0: TORN, 1: CACHE, 2: CACHE, 3: CACHE, 4: CACHE}),
        (0.25, {1: TORN, 2: CACHE, 3: CACHE, 4: CACHE}),
        (0.999, {3: TORN, 4: CACHE}),
    ],
)
def test_a_first_part_survives_and_the_record_at_its_end_is_torn(share, lost_by_cause):
    # 0 to 3 are being synced from 4 to 6; 4 is written in the meantime.
    ledger = torn_world(share, 1.0, 1.5, 2.0, 3.0, 4.5, at_s=5.0).run()
    assert lost(ledger) == lost_by_cause
    survivors = sorted({0, 1, 2, 3, 4} - lost_by_cause.keys())
    assert [row for row, _ in rows(ledger.effected)] == survivors
    assert rows(ledger.synced) == [(row, 5.0) for row in survivors]
    assert not len(ledger.confirmed)  # nobody is left to tell them


def test_without_a_running_sync_nothing_is_torn():
    ledger = torn_world(0.5, 1.0, 2.0, at_s=3.0).run()
    assert lost(ledger) == {0: CACHE, 1: CACHE}


def test_a_crash_of_the_process_tears_nothing():
    ledger = torn_world(0.5, 1.0, 2.0, at_s=5.0, kind="process_crash").run()
    assert not lost(ledger)
    assert rows(ledger.synced) == [(0, 12.0), (1, 12.0)]  # anew, at the tick of 10


def test_what_the_operating_system_writes_back_is_torn_likewise():
    world = torn_world(0.5, 1.0, 2.0, at_s=12.0, policy=Never(), writeback_s=10.0)
    assert lost(world.run()) == {1: TORN}


def test_each_power_loss_has_luck_of_its_own():
    world = torn_world(0.5, 1.0, 2.0, 9.0, 10.0, at_s=5.0)
    again = FaultOptions(kind="power_loss", at_s=(11.0,), lasts=Constant(1.0))
    world.broker_faults += (again,)
    world.draws = FixedLuck(uniforms={"disk.torn_tail": {(1, 0): 0.0, (2, 0): 0.5}})
    # Up again at 6: the tick of 10 takes 2 along, not what comes at that instant.
    ledger = world.run()
    assert lost(ledger) == {0: TORN, 1: CACHE, 2: TORN, 3: CACHE}


def test_confirmed_when_written_a_torn_record_is_a_promise_broken():
    world = torn_world(0.0, 1.0, at_s=5.0)
    world.broker = broker_options(confirm_when=ConfirmWhen.WRITTEN, disk=world.broker.disk)
    ledger = world.run()
    assert rows(ledger.confirmed) == [(0, 1.0)]
    assert lost(ledger) == {0: TORN}


def taken(ledger):
    """What a crash took, by message, whether its consumer works on it or not."""
    return {
        row: cause
        for row, _, cause in told(ledger.removed, "reason")
        if cause in (Cause.TORN_WRITE, Cause.PAGE_CACHE)
    }


def removal_world(share, at_s, *created_s, policy, sync_s=2.0):
    """Message 0 is consumed from 1 to 3; the others wait."""
    world = torn_world(share, *created_s, at_s=at_s, sync_s=sync_s, policy=policy)
    world.consumer = consumer_options(service=Constant(2.0))
    return world


@pytest.mark.parametrize(
    ("share", "recovered", "taken_by_cause"),
    [
        (0.0, [], {1: CACHE}),  # neither the record of 0 nor its removal
        (0.34, [(0, 5.0)], {1: TORN}),  # the record alone: it comes back
        (0.67, [(0, 5.0)], {}),  # and 1, but not yet the removal
    ],
)
def test_a_record_may_survive_without_its_removal(share, recovered, taken_by_cause):
    # Records of 0 (1 s) and 1 (2 s), then the removal of 0 (3 s), are being synced from 4 on.
    ledger = removal_world(share, 5.0, 1.0, 2.0, policy=Interval(4.0)).run()
    assert rows(ledger.recovered) == recovered
    assert taken(ledger) == taken_by_cause
    effects = [row for row, _ in rows(ledger.effected)]
    assert effects.count(0) == 1 + len(recovered)


@pytest.mark.parametrize(("share", "comes_back"), [(0.0, True), (0.5, False)])
def test_a_removal_in_the_part_that_arrived_is_final(share, comes_back):
    # 0 is on the disk at 2 and removed at 3; its removal and the record of 1 sync from 4 on.
    world = removal_world(share, 4.5, 1.0, 4.0, policy=Always(), sync_s=1.0)
    ledger = world.run()
    assert bool(len(ledger.recovered)) is comes_back
    assert taken(ledger) == {1: CACHE if comes_back else TORN}


def test_a_message_whose_removal_is_not_safe_yet_is_not_decided():
    world = removal_world(0.5, 90.0, 1.0, policy=Interval(4.0))
    world.measured = 1
    world.run()
    assert world.census.decided_s == {0: 6.0}


def test_where_nothing_is_ever_synced_a_removal_is_final_at_once():
    world = removal_world(0.5, 90.0, 1.0, policy=Never())
    world.measured = 1
    world.producer = producer_options(confirm=False)
    world.run()
    assert world.census.decided_s == {0: 3.0}


def test_the_copies_of_all_groups_are_torn_with_their_record():
    world = torn_world(0.5, 1.0, 2.0, at_s=5.0)
    world.broker = replace(world.broker, groups=2)
    ledger = world.run()
    for group in ledger.groups:
        assert told(group.dropped, "cause", Cause) == [(1, 5.0, TORN)]
        assert rows(group.effected) == [(0, 20.0)]
    assert rows(ledger.synced) == [(0, 5.0)]


def test_the_order_of_records_and_removals_is_that_of_writing():
    tail, later = Tail(), Tail()
    tail.records[:] = ["r0", "r1"]
    tail.removals[:] = [(1, "x0"), (1, "x1"), (2, "x2")]
    later.records[:] = ["r2"]
    later.removals[:] = [(0, "x3"), (1, "x4")]
    later.follow(tail)
    # r0 x0 x1 r1 x2 x3 r2 x4
    reached = [later.reached(entries) for entries in range(9)]
    assert reached == [(0, 0), (1, 0), (1, 1), (1, 2), (2, 2), (2, 3), (2, 4), (3, 4), (3, 5)]
    following = [later.next_record(*parts) for parts in reached[:-1]]
    assert following == ["r0", None, None, "r1", None, None, "r2", None]
    assert len(later) == 8
