"""Several groups read the same log, each at its own pace, and each by its own subscription."""

from __future__ import annotations

from models.broker import ConfirmWhen, Subscription
from models.laws import Constant
from models.ledger import Cause
from tests.models.log.shared import conserved, crash, delivered, dropped, effected, log
from tests.models.luck import FixedLuck
from tests.models.world import rows


def test_every_group_reads_everything_at_its_own_pace():
    luck = FixedLuck(times={"consumer 1.start": {(0, 0): 4.0}})
    world = log(1.0, 1.0, broker={"groups": 2}, draws=luck)
    first, second = conserved(world).groups
    assert effected(first) == [(0, 1.5, 1), (1, 2.0, 1)]
    assert effected(second) == [(0, 4.5, 1), (1, 5.0, 1)]
    assert delivered(second) == [(0, 4.0, 1), (1, 4.0, 1)]
    assert world.census.decided_s == {0: 4.5, 1: 5.0}


def test_a_group_that_dies_leaves_the_others_alone():
    luck = FixedLuck(
        coins={"consumer of group 1.crash_before": {(0, 1)}, "consumer.crash_before": {}}
    )
    world = log(1.0, 1.0, broker={"groups": 2}, consumer={"crash_before_effect": 0.5}, draws=luck)
    first, second = conserved(world).groups
    assert effected(first) == [(0, 1.5, 1), (1, 2.0, 1)]
    assert effected(second) == [(0, 3.0, 2), (1, 3.5, 1)]


def test_all_groups_lose_a_record_that_a_crash_cuts_off():
    world = log(
        1.0,
        broker={"groups": 2, "durable": False},
        consumer={"start": Constant(9.0)},
        broker_faults=(crash(2.0, kind="process_crash"),),
    )
    for group in conserved(world).groups:
        assert dropped(group) == [(0, 2.0, Cause.BROKER_MEMORY)]


def test_a_group_that_begins_at_the_end_misses_what_was_before():
    broker = {"subscription": Subscription.FROM_START}
    world = log(1.0, 3.0, broker=broker, consumer={"start": Constant(2.0)})
    ledger = conserved(world)
    assert dropped(ledger) == [(0, 1.0, Cause.NO_SUBSCRIBER)]
    assert effected(ledger) == [(1, 3.5, 1)]


def test_a_group_without_a_position_forgets_what_it_had_not_read():
    broker = {"subscription": Subscription.TRANSIENT}
    world = log(1.0, 1.0, 2.0, 4.0, broker=broker, consumer_faults=(crash(1.75, lasts_s=2.0),))
    ledger = conserved(world)
    assert effected(ledger) == [(0, 1.5, 1), (3, 4.5, 1)]
    assert dropped(ledger) == [(1, 1.75, Cause.NO_SUBSCRIBER), (2, 2.0, Cause.NO_SUBSCRIBER)]


def test_a_confirm_can_wait_for_the_commits_of_all_groups():
    luck = FixedLuck(times={"consumer 1.start": {(0, 0): 4.0}})
    broker = {"groups": 2, "confirm_when": ConfirmWhen.PROCESSED}
    ledger = conserved(log(1.0, broker=broker, draws=luck))
    assert rows(ledger.confirmed) == [(0, 4.5)]
