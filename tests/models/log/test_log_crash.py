"""Crashes of a broker that is a log: what is cut off its end, and positions that go back."""

from __future__ import annotations

import pytest

from models.broker import ConfirmWhen
from models.consumer import AckMode
from models.laws import Constant
from models.ledger import Cause
from models.policies.sync import Interval, Never
from tests.models.log.shared import conserved, crash, delivered, dropped, effected, log
from tests.models.world import disk_options, rows

FOUR = (1.0, 1.25, 1.5, 1.75)
LATE = {"start": Constant(30.0)}


def disk(**options):
    return {"confirm_when": ConfirmWhen.WRITTEN, "disk": disk_options(**options)}


def test_a_power_loss_cuts_off_what_was_not_synced():
    broker = disk(policy=Interval(1.375)) | {"partitions": 2}
    world = log(*FOUR, broker=broker, consumer=LATE, broker_faults=(crash(1.8, kind="power_loss"),))
    ledger = conserved(world)
    assert dropped(ledger) == [(2, 1.8, Cause.PAGE_CACHE), (3, 1.8, Cause.PAGE_CACHE)]
    assert [message for message, _, _ in effected(ledger)] == [0, 1]


def test_a_process_crash_cuts_off_what_was_not_written():
    broker = disk(write=Constant(0.3))
    world = log(
        *FOUR, broker=broker, consumer=LATE, broker_faults=(crash(1.8, kind="process_crash"),)
    )
    ledger = conserved(world)
    assert dropped(ledger) == [(2, 1.8, Cause.BROKER_MEMORY), (3, 1.8, Cause.BROKER_MEMORY)]


def test_readers_go_on_behind_what_they_have_done():
    world = log(*(1.0, 1.25, 1.25, 1.25), broker_faults=(crash(2.25, kind="process_crash"),))
    ledger = conserved(world)
    # Message 2 is in hand, and done while the broker is down; 3 was not begun.
    assert delivered(ledger)[4:] == [(3, 3.25, 0)]
    assert effected(ledger) == [(0, 1.5, 1), (1, 2.0, 1), (2, 2.5, 1), (3, 3.75, 2)]
    assert rows(ledger.removed) == [(0, 1.5), (1, 2.0), (2, 3.25), (3, 3.75)]
    assert not rows(ledger.returned)


def test_a_position_that_no_sync_has_covered_goes_back():
    # Syncs at 1.375 and 2.75 cover all four records, and the commits of 0 at 1.5 to 2 at 2.5.
    world = log(
        *FOUR,
        broker=disk(policy=Interval(1.375)),
        broker_faults=(crash(3.8, kind="power_loss"),),
        consumer_faults=(crash(4.0, lasts_s=0.5),),  # or the reader would know better
    )
    ledger = conserved(world)
    assert rows(ledger.removed)[:4] == [(0, 1.5), (1, 2.0), (2, 2.5), (3, 3.0)]
    assert rows(ledger.recovered) == [(3, 3.8)]
    assert effected(ledger)[4:] == [(3, 5.3, 2)]


def test_with_positions_that_went_back_order_is_kept():
    world = log(
        *FOUR,
        service_s=0.25,
        broker=disk(sync=Constant(0.0), policy=Interval(2.0)),
        consumer={"start": Constant(2.125)},
        broker_faults=(crash(2.75, kind="power_loss"),),
        consumer_faults=(crash(3.0, lasts_s=0.5),),
    )
    ledger = conserved(world)
    # Synced at 2.0 all four; committed at 2.375 and 2.625 the first two, which nothing has synced.
    assert rows(ledger.recovered) == [(0, 2.75), (1, 2.75)]
    assert [message for message, _, _ in delivered(ledger)[4:]] == [0, 1, 2, 3]


def test_a_log_in_memory_is_gone():
    world = log(
        *FOUR,
        broker={"durable": False},
        consumer=LATE,
        broker_faults=(crash(2.0, kind="process_crash"),),
    )
    assert dropped(conserved(world)) == [(row, 2.0, Cause.BROKER_MEMORY) for row in range(4)]


def test_what_is_appended_after_a_crash_follows_what_was_kept():
    world = log(
        *(1.0, 1.25, 4.0, 4.0),
        broker=disk(policy=Interval(1.125)),
        consumer={"start": Constant(3.5)},
        broker_faults=(crash(1.5, kind="power_loss"),),
    )
    ledger = conserved(world)
    assert [message for message, _, _ in effected(ledger)] == [0, 2, 3]


def test_records_that_were_handed_over_for_good_outlive_the_log():
    world = log(
        *(1.0, 1.0, 1.0),
        broker=disk(policy=Never()),
        consumer={"ack": AckMode.AUTO, "start": Constant(1.25)},
        broker_faults=(crash(1.5, kind="power_loss"),),
    )
    ledger = conserved(world)
    assert [message for message, _, _ in effected(ledger)] == [0, 1, 2]
    assert not dropped(ledger)


@pytest.mark.parametrize("rebalance_s", [0.0, 2.0])
def test_members_join_anew_after_a_restart(rebalance_s):
    world = log(
        *(1.0, 5.0, 5.0),
        broker={"rebalance": Constant(rebalance_s), "partitions": 2},
        consumers=2,
        broker_faults=(crash(4.0, kind="process_crash"),),
        until_s=60.0,
    )
    ledger = conserved(world)
    begun_s = [time_s for message, time_s, _ in delivered(ledger) if message]
    assert begun_s == [5.0 + rebalance_s] * 2


def test_a_crash_ends_a_rebalance():
    world = log(
        6.0,
        broker={"rebalance": Constant(4.0)},
        broker_faults=(crash(3.0, kind="process_crash"),),
    )
    # It began at 0 and ends never; the one after the restart at 4 lasts until 8.
    assert delivered(conserved(world)) == [(0, 8.0, 0)]
