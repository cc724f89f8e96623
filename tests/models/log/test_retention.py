"""How long a log keeps what nobody has read."""

from __future__ import annotations

from models.laws import Constant
from models.ledger import Cause
from models.policies.backoff import Fixed
from models.policies.sync import Interval
from tests.models.log.shared import conserved, crash, delivered, dropped, effected, log
from tests.models.luck import FixedLuck
from tests.models.world import disk_options, redelivery_options


def test_what_is_too_old_is_gone_and_nobody_parks_it():
    world = log(1.0, 1.5, 3.0, broker={"ttl_s": 2.0}, consumer={"start": Constant(3.25)})
    ledger = conserved(world)
    assert dropped(ledger) == [(0, 3.0, Cause.EXPIRED)]
    assert [message for message, _, _ in effected(ledger)] == [1, 2]
    assert not len(ledger.parked)


def test_what_a_reader_has_in_hand_it_may_finish():
    world = log(1.0, 1.0, 1.0, broker={"ttl_s": 2.0}, service_s=1.5)
    ledger = conserved(world)
    # Message 1 is read with 2 at 2.5 and done at 4.0 and 5.5.
    assert [message for message, _, _ in effected(ledger)] == [0, 1, 2]
    assert not dropped(ledger)


def test_what_is_too_old_when_its_reader_dies_is_not_read_again():
    world = log(
        *(1.0, 1.0, 1.0), broker={"ttl_s": 2.0}, service_s=1.5, consumer_faults=(crash(3.5),)
    )
    ledger = conserved(world)
    assert dropped(ledger) == [(1, 3.5, Cause.EXPIRED), (2, 3.5, Cause.EXPIRED)]


def test_what_is_too_old_is_not_tried_again():
    broker = {"ttl_s": 3.0, "redelivery": redelivery_options(delay=Fixed(1.75))}
    luck = FixedLuck(coins={"consumer.failure": {(0, 1), (0, 2)}})
    world = log(1.0, 1.0, broker=broker, consumer={"failure": 0.5}, draws=luck)
    ledger = conserved(world)
    assert delivered(ledger)[:2] == [(0, 1.0, 0), (0, 3.25, 0)]
    # Message 1 waits at the broker, since the batch is not done.
    assert dropped(ledger) == [(1, 4.0, Cause.EXPIRED), (0, 5.5, Cause.EXPIRED)]


def test_a_broker_that_is_down_lets_go_of_what_is_too_old_when_it_is_back():
    world = log(
        *(1.0, 2.5),
        broker={"ttl_s": 2.0},
        consumer={"start": Constant(20.0)},
        broker_faults=(crash(2.75, kind="process_crash", lasts_s=1.0),),
        until_s=4.0,
    )
    assert dropped(conserved(world)) == [(0, 3.75, Cause.EXPIRED)]


def test_a_record_whose_commit_went_back_ages_like_any_other():
    world = log(
        1.0,
        broker={"ttl_s": 5.0, "disk": disk_options(policy=Interval(1.25))},
        broker_faults=(crash(2.0, kind="power_loss"),),
        consumer_faults=(crash(2.0, lasts_s=30.0),),
    )
    ledger = conserved(world)
    assert dropped(ledger) == [(0, 6.0, Cause.EXPIRED)]
    assert effected(ledger) == [(0, 1.5, 1)]
