"""Disks of replicas that refuse to write: a leader refuses the message, a follower asks again."""

from __future__ import annotations

import pytest

from models.broker import ConfirmWhen
from models.laws import Constant
from models.ledger import Cause
from models.policies.sync import Interval
from tests.models.luck import FixedLuck
from tests.models.replication.shared import (
    IN_SYNC,
    LEADER,
    MAJORITY,
    RECEIVED,
    SYNCED,
    WRITTEN,
    conserved,
    dropped,
    fall,
    replicas,
)
from tests.models.world import consumer_options, disk_options, rows

ERROR = Cause.WRITE_ERROR


def unlucky(*created_s, disks, write_s=0.0, when=WRITTEN, producer=None, **changes):
    """A world in which *disks* refuse writes: for each, pairs of a message and a number."""
    world = replicas(
        *created_s,
        broker={
            "confirm_when": when,
            "disk": disk_options(write=Constant(write_s), failure=0.5),
        },
        producer=producer,
        **changes,
    )
    names = ("disk", "disk 1", "disk 2")
    coins = {f"{name}.failure": disks.get(index, {}) for index, name in enumerate(names)}
    world.draws = FixedLuck(coins=coins)
    return world


def tries(*numbers, message=0):
    """What the luck of so many tries to write the first copy of *message* is called."""
    return {(message, 1 | number << 24) for number in numbers}


@pytest.mark.parametrize(
    ("write_s", "confirm_by", "confirmed_s"),
    [
        # Refused at 1.25, asked for at 2.25, there at 2.5, and known at 2.75.
        (0.0, LEADER, 1.0),
        (0.0, MAJORITY, 1.5),
        (0.0, IN_SYNC, 2.75),
        # Refused at 1.75, asked for at 2.75, there at 3.0, written at 3.5, and known at 3.75.
        (0.5, LEADER, 1.5),
        (0.5, MAJORITY, 2.0),
        (0.5, IN_SYNC, 3.75),
    ],
)
def test_a_follower_asks_again_a_second_later(write_s, confirm_by, confirmed_s):
    world = unlucky(1.0, disks={1: tries(0)}, write_s=write_s, confirm_by=confirm_by)
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, confirmed_s)]
    assert not dropped(ledger)


@pytest.mark.parametrize("write_s", [0.0, 0.5])
def test_a_follower_that_can_never_write_is_too_late_at_last(write_s):
    # However often it asks: it has not had everything since 1.0.
    world = unlucky(
        *(1.0, 5.0),
        disks={1: tries(*range(40))},
        write_s=write_s,
        confirm_by=IN_SYNC,
        lag_timeout_s=3.0,
    )
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 4.0), (1, 5.5 + write_s)]


@pytest.mark.parametrize("write_s", [0.0, 0.25])
def test_by_majority_a_follower_that_could_not_write_does_not_lead(write_s):
    world = unlucky(
        1.0,
        disks={1: tries(*range(40))},
        write_s=write_s,
        confirm_by=MAJORITY,
        falls=[(0, fall(6.0, lasts_s=50.0))],
    )
    world.consumer = consumer_options(start=Constant(20.0))
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 1.5 + write_s)]
    assert not dropped(ledger)
    assert rows(ledger.effected) == [(0, 20.0)]


def test_by_majority_a_log_with_a_hole_is_as_long_as_it_is_up_to_there():
    # 1 refuses the first record at 1.75, and writes the second one, which has come meanwhile.
    world = unlucky(
        *(1.0, 1.125),
        disks={1: tries(0)},
        write_s=0.5,
        confirm_by=MAJORITY,
        falls=[(0, fall(2.125, lasts_s=50.0))],
    )
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 2.0)]
    assert not dropped(ledger)
    # 2 leads from 7.125 on, which has both, and has not heard that the first one was consumed.
    assert rows(ledger.effected) == [(0, 2.0), (0, 7.125), (1, 7.625)]


@pytest.mark.parametrize(
    ("write_s", "confirm_by", "confirmed_s"),
    [
        (0.0, LEADER, 1.0),
        (0.0, MAJORITY, 1.5),
        (0.0, IN_SYNC, 1.5),
        (0.25, LEADER, 1.5),
        (0.25, MAJORITY, 2.0),
        (0.25, IN_SYNC, 2.0),
    ],
)
def test_a_leader_that_cannot_write_refuses_the_message(write_s, confirm_by, confirmed_s):
    world = unlucky(
        1.0,
        disks={0: {(0, 1)}},
        write_s=write_s,
        confirm_by=confirm_by,
        producer={"retries": 1},
    )
    world.measured = 1
    ledger = conserved(world)
    # At once its producer sends another copy.
    assert rows(ledger.sent) == [(0, 1.0), (0, 1.0 + write_s)]
    assert dropped(ledger) == [(0, 1.0 + write_s, ERROR)]
    assert rows(ledger.confirmed) == [(0, confirmed_s)]
    assert len(ledger.effected) == 1
    assert world.census.decided_s.keys() == {0}


def test_what_was_confirmed_before_the_leader_could_not_write_it_is_lost_silently():
    world = unlucky(1.0, disks={0: {(0, 1)}}, write_s=0.25, when=RECEIVED, producer={"retries": 1})
    world.measured = 1
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 1.0)]
    assert dropped(ledger) == [(0, 1.25, ERROR)]
    assert world.census.decided_s == {0: 1.25}


def test_what_a_leader_has_refused_is_on_no_follower():
    # They had it at 1.25, and it was refused at 1.5; the fall of 6.0 brings nothing back.
    world = unlucky(1.0, disks={0: {(0, 1)}}, write_s=0.5, falls=[(0, fall(6.0, lasts_s=50.0))])
    ledger = conserved(world)
    assert dropped(ledger) == [(0, 1.5, ERROR)]
    assert not len(ledger.delivered)


@pytest.mark.parametrize(
    ("confirm_by", "confirmed_s"), [(LEADER, 4.0), (MAJORITY, 3.25), (IN_SYNC, 4.0)]
)
def test_each_disk_ticks_by_itself(confirm_by, confirmed_s):
    # That of 1 has begun 1 s before, that of 2 2 s before: they tick at 3.0 and at 2.0. A majority
    # may be without the leader.
    world = replicas(
        1.0,
        confirm_by=confirm_by,
        broker={"confirm_when": SYNCED, "disk": disk_options(policy=Interval(4.0))},
    )
    world.draws = FixedLuck(
        uniforms={"disk 1.phase": {(0, 0): 0.25}, "disk 2.phase": {(0, 0): 0.5}}
    )
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, confirmed_s)]
    assert rows(ledger.synced) == [(0, 2.0)]


@pytest.mark.parametrize("kind", ["disk_loss", "power_loss"])
def test_a_follower_that_comes_back_empty_fetches_everything(kind):
    disk = disk_options(sync=Constant(30.0))
    falls = [(1, fall(2.0, kind=kind)), (0, fall(10.0, lasts_s=50.0))]
    world = replicas(
        *(1.0, 1.5),
        replicas=2,
        confirm_by=IN_SYNC,
        falls=falls,
        broker={"confirm_when": ConfirmWhen.WRITTEN, "disk": disk},
    )
    world.consumer = consumer_options(start=Constant(20.0))
    ledger = conserved(world)
    assert not dropped(ledger)
    assert rows(ledger.effected) == [(0, 20.0), (1, 20.0)]
