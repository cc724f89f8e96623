"""What a crash of a reader costs: by when it commits, something is lost, or seen again."""

from __future__ import annotations

import pytest

from models.consumer import AckMode, CommitOptions, OnFailure
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


# ---------------------------------------------------------------- in batches


def batches(*created_s, every=500, interval_s=50.0, consumer=None, **world):
    options = {"ack": AckMode.BATCH, "commit": CommitOptions(every=every, interval_s=interval_s)}
    return log(*created_s, consumer={**options, **(consumer or {})}, **world)


def test_a_batch_is_committed_when_it_is_full():
    ledger = conserved(batches(*FOUR, 1.0, every=2))
    assert [time_s for _, time_s in rows(ledger.effected)] == [1.5, 2.0, 2.5, 3.0, 3.5]
    assert rows(ledger.removed)[:4] == [(0, 2.0), (1, 2.0), (2, 3.0), (3, 3.0)]


def test_records_of_all_partitions_count():
    ledger = conserved(batches(*FOUR, every=3, broker={"partitions": 2}, consumer=AT_ONCE))
    # In the order 0, 2, 1, 3: one partition after the other.
    assert rows(ledger.removed)[:3] == [(0, 3.0), (2, 3.0), (1, 3.0)]


def test_a_batch_is_committed_when_its_first_record_has_waited_long_enough():
    ledger = conserved(batches(*FOUR, 6.0, interval_s=1.25))
    # Done at 1.5, 2, 2.5 and 3: due at 2.75, and with the last of them at 4.25.
    assert rows(ledger.removed) == [(0, 2.75), (1, 2.75), (2, 2.75), (3, 4.25), (4, 7.75)]


def test_a_full_batch_ends_the_wait():
    ledger = conserved(batches(*FOUR, every=3, interval_s=1.25))
    assert rows(ledger.removed) == [(0, 2.5), (1, 2.5), (2, 2.5), (3, 4.25)]


def test_a_batch_that_got_lost_is_committed_after_the_interval():
    repeat = (3, 1 | 1 << 32)
    luck = FixedLuck(coins={"deliver.ack_loss": {(3, 1), repeat}})
    world = batches(*FOUR, every=4, interval_s=2.0, deliver=LinkOptions(ack_loss=0.5), draws=luck)
    assert {time_s for _, time_s in rows(conserved(world).removed)} == {7.0}


def test_a_crash_makes_as_many_duplicates_as_there_are_uncommitted_records():
    luck = FixedLuck(coins={"consumer.crash_before": {(4, 1)}})
    world = batches(
        *(1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
        every=3,
        consumer={**AT_ONCE, "crash_before_effect": 0.5},
        draws=luck,
    )
    ledger = conserved(world)
    # Three are committed; the fourth is done and the fifth in hand.
    assert [message for message, _, _ in effected(ledger)] == [0, 1, 2, 3, 3, 4, 5]


def test_before_partitions_change_hands_what_is_done_is_committed():
    luck = FixedLuck(times={"consumer 0.start": {(0, 0): 1.5}, "consumer 1.start": {(0, 0): 3.25}})
    world = batches(
        *FOUR,
        broker={"partitions": 2, "rebalance": Constant(1.0)},
        consumers=2,
        consumer={"concurrency": 2},
        draws=luck,
    )
    ledger = conserved(world)
    # From 1.5 to 2.5 nobody reads. At 3.25 messages 0 and 1 are done and 2 and 3 in hand, which
    # are committed as they are done during the pause, since it may be too late afterwards.
    assert sorted(rows(ledger.removed)) == [(0, 3.25), (1, 3.25), (2, 3.5), (3, 3.5)]
    assert len(effected(ledger)) == 4


def test_without_a_pause_what_is_in_hand_is_done_twice_and_no_more():
    luck = FixedLuck(times={"consumer 0.start": {(0, 0): 1.5}, "consumer 1.start": {(0, 0): 2.25}})
    world = batches(
        *FOUR, broker={"partitions": 2}, consumers=2, consumer={"concurrency": 2}, draws=luck
    )
    assert [message for message, _, _ in effected(conserved(world))] == [0, 1, 2, 3, 3]


def test_a_dead_letter_is_written_with_the_commit_that_passes_it():
    luck = FixedLuck(coins={"consumer.failure": {(1, 1)}})
    options = {**AT_ONCE, "failure": 0.5, "on_failure": OnFailure.REJECT}
    ledger = conserved(batches(*FOUR, every=4, consumer=options, draws=luck))
    assert rows(ledger.parked) == [(1, 3.5)]
    assert [message for message, _, _ in effected(ledger)] == [0, 2, 3]


def test_a_rejected_record_that_was_not_passed_is_read_again():
    luck = FixedLuck(coins={"consumer.failure": {(1, 1)}, "consumer.crash_before": {(2, 1)}})
    options = {
        **AT_ONCE,
        "failure": 0.5,
        "on_failure": OnFailure.REJECT,
        "crash_before_effect": 0.5,
    }
    ledger = conserved(batches(*FOUR, every=4, consumer=options, draws=luck))
    assert not rows(ledger.parked)
    assert [message for message, _, _ in effected(ledger)] == [0, 0, 1, 2, 3]
