"""What a crash of a reader costs: by when it commits, something is lost, or seen again."""

from __future__ import annotations

import pytest

from models.consumer import AckMode, OnFailure
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from tests.models.log.shared import conserved, crash, delivered, dropped, effected, log
from tests.models.luck import FixedLuck
from tests.models.world import rows

FOUR = (1.0, 1.0, 1.0, 1.0)
AT_ONCE = {"start": Constant(1.5)}  # so that all four are one batch


def reading(ack, *, kind=None, message=1, **world):
    """Four records in one batch; the reader dies at *message*, before or after its effect."""
    luck = FixedLuck(coins={f"consumer.{kind}": {(message, 1)}})
    chances = {"crash_before_effect": 0.5} if kind == "crash_before" else {}
    chances |= {"crash_after_effect": 0.5} if kind == "crash_after" else {}
    return conserved(log(*FOUR, consumer={**AT_ONCE, "ack": ack, **chances}, draws=luck, **world))


def test_committed_after_the_effect_a_record_in_hand_is_seen_again():
    ledger = reading(AckMode.AFTER, kind="crash_before")
    # The second dies with its reader at 2.5, which is back at 3.5, and reads on behind the first.
    assert delivered(ledger)[4:] == [(1, 3.5, 0), (2, 3.5, 0), (3, 3.5, 0)]
    assert effected(ledger) == [(0, 2.0, 1), (1, 4.0, 2), (2, 4.5, 2), (3, 5.0, 2)]
    assert rows(ledger.returned) == [(1, 2.5), (2, 2.5), (3, 2.5)]
    assert not dropped(ledger)


def test_committed_after_the_effect_a_crash_between_the_two_makes_exactly_one_duplicate():
    ledger = reading(AckMode.AFTER, kind="crash_after")
    assert effected(ledger) == [
        *((0, 2.0, 1), (1, 2.5, 1)),
        *((1, 4.0, 2), (2, 4.5, 2), (3, 5.0, 2)),
    ]


@pytest.mark.parametrize("kind", ["crash_before", "crash_after"])
def test_committed_before_nothing_is_seen_again(kind):
    ledger = reading(AckMode.BEFORE, kind=kind)
    lost = kind == "crash_before"
    assert dropped(ledger) == ([(1, 2.5, Cause.COMMIT)] if lost else [])
    assert [message for message, _, _ in effected(ledger)] == ([0, 2, 3] if lost else [0, 1, 2, 3])


def test_committed_as_they_are_handed_out_all_records_in_hand_are_lost():
    ledger = reading(AckMode.AUTO, kind="crash_before")
    assert rows(ledger.removed) == [(0, 1.5), (1, 1.5), (2, 1.5), (3, 1.5)]
    assert effected(ledger) == [(0, 2.0, 1)]
    assert dropped(ledger) == [(message, 2.5, Cause.COMMIT) for message in (1, 2, 3)]


def test_a_commit_takes_its_time():
    link = LinkOptions(ack_delay=Constant(0.75))
    ledger = conserved(log(1.0, 1.0, deliver=link))
    assert effected(ledger) == [(0, 1.5, 1), (1, 2.0, 1)]
    assert rows(ledger.removed) == [(0, 2.25), (1, 2.75)]


def test_a_commit_that_is_lost_is_repeated_by_the_next():
    luck = FixedLuck(coins={"deliver.ack_loss": {(0, 1), (1, 1)}})
    ledger = conserved(log(*FOUR, deliver=LinkOptions(ack_loss=0.5), consumer=AT_ONCE, draws=luck))
    assert rows(ledger.removed) == [(0, 3.0), (1, 3.0), (2, 3.0), (3, 3.5)]


def test_a_lost_commit_of_one_partition_is_repeated_with_the_next_of_another():
    luck = FixedLuck(coins={"deliver.ack_loss": {(0, 1)}})
    world = log(
        *(1.0, 1.0),
        broker={"partitions": 2},
        consumer=AT_ONCE,
        deliver=LinkOptions(ack_loss=0.5),
        draws=luck,
    )
    assert rows(conserved(world).removed) == [(0, 2.5), (1, 2.5)]


def test_what_was_not_committed_when_its_reader_died_is_seen_again():
    luck = FixedLuck(coins={"deliver.ack_loss": {(0, 1), (1, 1)}})
    world = log(
        *FOUR,
        consumer=AT_ONCE,
        deliver=LinkOptions(ack_loss=0.5),
        consumer_faults=(crash(2.75),),
        draws=luck,
    )
    ledger = conserved(world)
    # Two were done, and their commits lost; the third was in hand.
    assert [message for message, _, _ in delivered(ledger)[4:]] == [0, 1, 2, 3]
    assert [message for message, _, _ in effected(ledger)] == [0, 1, 0, 1, 2, 3]


def test_a_commit_of_a_process_that_is_seen_dead_is_refused():
    link = LinkOptions(ack_delay=Constant(3.0))
    ledger = conserved(log(1.0, deliver=link, consumer_faults=(crash(2.0),), until_s=50.0))
    assert effected(ledger) == [(0, 1.5, 1), (0, 3.5, 2)]
    assert rows(ledger.removed) == [(0, 6.5)]


def test_a_commit_before_the_death_is_seen_counts():
    link = LinkOptions(ack_delay=Constant(3.0))
    late = {"detect": Constant(9.0)}
    ledger = conserved(log(1.0, deliver=link, consumer=late, consumer_faults=(crash(2.0),)))
    assert effected(ledger) == [(0, 1.5, 1)]
    assert rows(ledger.removed) == [(0, 4.5)]


@pytest.mark.parametrize("ack", [AckMode.AUTO, AckMode.BEFORE])
def test_a_failure_after_the_commit_is_a_loss(ack):
    luck = FixedLuck(coins={"consumer.failure": {(1, 1)}})
    world = log(*FOUR, consumer={**AT_ONCE, "ack": ack, "failure": 0.5}, draws=luck)
    ledger = conserved(world)
    assert dropped(ledger) == [(1, 2.5, Cause.COMMIT)]
    assert [message for message, _, _ in effected(ledger)] == [0, 2, 3]


def test_a_failure_that_is_ignored_is_passed_by_the_commit():
    luck = FixedLuck(coins={"consumer.failure": {(1, 1)}})
    options = {**AT_ONCE, "failure": 0.5, "on_failure": OnFailure.IGNORE}
    ledger = conserved(log(*FOUR, consumer=options, draws=luck))
    assert dropped(ledger) == [(1, 2.5, Cause.COMMIT)]
    assert [message for message, _, _ in effected(ledger)] == [0, 2, 3]
