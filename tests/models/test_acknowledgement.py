"""When a consumer acknowledges, and what that means for the copy."""

from __future__ import annotations

import pytest

from models.consumer import OnFailure
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import ACKNOWLEDGED, Cause
from models.network import LinkOptions
from tests.models.luck import FixedLuck
from tests.models.work import AFTER, AUTO, BEFORE, WAY, given, working
from tests.models.world import broker_options, redelivery_options, rows, told


def test_after_the_effect_the_copy_goes_when_the_acknowledgement_arrives():
    ledger = working(1.0, deliver=WAY, ack=AFTER).run()
    assert rows(ledger.effected) == [(0, 2.25)]
    assert told(ledger.removed, "reason") == [(0, 2.5, ACKNOWLEDGED)]


def test_before_processing_it_goes_while_the_work_is_done():
    ledger = working(1.0, 1.0, deliver=WAY, ack=BEFORE).run()
    assert told(ledger.removed, "reason")[0] == (0, 1.5, ACKNOWLEDGED)
    # The next one is on its way before the first is done.
    assert given(ledger) == [(0, 1.0, 0), (1, 1.5, 0)]
    assert rows(ledger.effected) == [(0, 2.25), (1, 3.25)]


def test_automatic_it_goes_as_it_is_handed_over_and_no_prefetch_holds_it_back():
    ledger = working(1.0, 1.0, 1.0, deliver=WAY, ack=AUTO).run()
    assert given(ledger) == [(0, 1.0, 0), (1, 1.0, 0), (2, 1.0, 0)]
    assert rows(ledger.removed) == [(0, 1.0), (1, 1.0), (2, 1.0)]
    assert rows(ledger.effected) == [(0, 2.25), (1, 3.25), (2, 4.25)]


def test_before_means_before_its_own_processing_not_on_arrival():
    world = working(1.0, 1.0, ack=BEFORE)
    world.prefetch = 2
    ledger = world.run()
    assert rows(ledger.removed) == [(0, 1.0), (1, 2.0)]


def test_a_backlog_acknowledged_at_once_does_not_pile_up_calls():
    created_s = (1.0,) * 2000
    world = working(*created_s, ack=BEFORE, concurrency=2000, start=Constant(2.0))
    ledger = world.run()
    assert rows(ledger.effected) == [(row, 3.0) for row in range(2000)]


def test_a_lost_acknowledgement_leaves_the_copy_to_the_timeout():
    luck = FixedLuck({"deliver.ack_loss": {(0, 1)}})
    world = working(1.0, draws=luck)
    world.broker = broker_options(redelivery=redelivery_options(ack_timeout_s=3.0))
    ledger = world.run()
    assert rows(ledger.effected) == [(0, 2.0), (0, 5.0)]


@pytest.mark.parametrize(("ack", "cause"), [(AUTO, Cause.AUTO_ACK), (BEFORE, Cause.EARLY_ACK)])
def test_what_raises_after_its_acknowledgement_is_lost(ack, cause):
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    world = working(1.0, draws=luck, ack=ack)
    world.measured = 1
    ledger = world.run()
    assert told(ledger.raised, "delivery") == [(0, 2.0, 1)]
    assert told(ledger.dropped, "cause", Cause) == [(0, 2.0, cause)]
    assert not len(ledger.effected)
    assert world.census.decided_s == {0: 2.0}


def test_an_early_acknowledgement_still_on_its_way_stays_one_when_processing_raises():
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    slow = LinkOptions(ack_delay=Constant(3.0))
    ledger = working(1.0, draws=luck, ack=BEFORE, deliver=slow).run()
    assert given(ledger) == [(0, 1.0, 0)]
    assert told(ledger.removed, "reason") == [(0, 4.0, ACKNOWLEDGED)]
    assert told(ledger.dropped, "cause", Cause) == [(0, 4.0, Cause.EARLY_ACK)]


def test_an_automatic_delivery_lost_on_its_way_is_gone():
    luck = FixedLuck({"deliver.loss": {(0, 1)}})
    ledger = working(1.0, draws=luck, ack=AUTO).run()
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.0, Cause.NETWORK)]


def test_an_ignored_failure_is_held_until_the_session_ends():
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    death = FaultOptions(kind="crash", at_s=(5.0,), lasts=Constant(1.0))
    world = working(1.0, 1.0, draws=luck, on_failure=OnFailure.IGNORE, faults=(death,))
    ledger = world.run()
    # At prefetch 1 it stands in the way of 1 until then.
    assert given(ledger) == [(0, 1.0, 0), (0, 6.0, 0), (1, 7.0, 0)]


def test_an_ignored_failure_takes_one_place_of_the_prefetch():
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    world = working(1.0, 1.0, 1.0, draws=luck, on_failure=OnFailure.IGNORE)
    world.prefetch = 2
    ledger = world.run()
    assert given(ledger) == [(0, 1.0, 0), (1, 1.0, 0), (2, 3.0, 0)]


def test_an_ignored_failure_comes_back_by_the_timeout():
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    world = working(1.0, draws=luck, on_failure=OnFailure.IGNORE)
    world.broker = broker_options(redelivery=redelivery_options(ack_timeout_s=4.0))
    assert given(world.run()) == [(0, 1.0, 0), (0, 5.0, 0)]
