"""What a reader knows of its position while the broker is down, and where it goes on after that."""

from __future__ import annotations

import pytest

from models.broker import ConfirmWhen
from models.consumer import AckMode, CommitOptions, OnFailure
from models.laws import Constant
from models.ledger import Cause
from models.log.member import Member
from models.log.partition import Partition, Reading
from models.log.positions import Positions
from models.message import EFFECTED, Message
from models.network import LinkOptions
from models.policies.backoff import Fixed
from models.policies.sync import Interval, Never
from models.replication import ReplicationOptions
from tests.models.log.shared import conserved, crash, delivered, dropped, effected, log, parked
from tests.models.luck import FixedLuck
from tests.models.world import disk_options, redelivery_options, rows

FOUR = (1.0, 1.0, 1.0, 1.0)
AT_ONCE = {"start": Constant(1.5)}  # so that all four are one batch


def down(at_s, *, lasts_s=1.0, kind="process_crash"):
    return {"broker_faults": (crash(at_s, lasts_s=lasts_s, kind=kind),)}


def lagging(*created_s, consumer=None, **world):
    """A reader that commits in batches so large that only the end of an outage makes it commit."""
    options = {**AT_ONCE, "ack": AckMode.BATCH, "commit": CommitOptions(every=500, interval_s=50.0)}
    return log(*(created_s or FOUR), consumer={**options, **(consumer or {})}, **world)


def messages(facts):
    return [message for message, _, _ in facts]


# ------------------------------------------------------- the same reader goes on


def test_what_is_done_is_not_handed_out_again_and_is_committed_when_the_broker_is_back():
    ledger = conserved(lagging(**down(2.75)))
    # Done are 0 at 2 and 1 at 2.5; 2 is in hand until 3.0, and 3 waits.
    assert delivered(ledger)[4:] == [(3, 3.75, 0)]
    assert effected(ledger) == [(0, 2.0, 1), (1, 2.5, 1), (2, 3.0, 1), (3, 4.25, 2)]
    assert rows(ledger.removed)[:3] == [(0, 3.75), (1, 3.75), (2, 3.75)]
    assert not rows(ledger.returned)


def test_a_commit_that_the_crash_has_cut_off_is_sent_again():
    link = LinkOptions(ack_delay=Constant(1.0))
    ledger = conserved(log(*FOUR, consumer=AT_ONCE, deliver=link, **down(2.75)))
    # The first two commits are on their way when the broker falls, the third is not sent.
    assert messages(effected(ledger)) == [0, 1, 2, 3]
    assert rows(ledger.removed) == [(0, 4.75), (1, 4.75), (2, 4.75), (3, 5.25)]


def test_what_is_in_hand_when_the_broker_is_back_is_done_once_and_committed_then():
    ledger = conserved(log(*FOUR, service_s=2.0, consumer=AT_ONCE, **down(4.0, lasts_s=0.5)))
    # Message 1 is in hand from 3.5 to 5.5; nobody asks for another before.
    assert delivered(ledger)[4:] == [(2, 5.5, 0), (3, 5.5, 0)]
    assert effected(ledger) == [(0, 3.5, 1), (1, 5.5, 1), (2, 7.5, 2), (3, 9.5, 2)]
    assert rows(ledger.removed)[:2] == [(0, 3.5), (1, 5.5)]


def test_what_is_done_is_committed_although_the_next_is_still_in_hand():
    ledger = conserved(lagging(service_s=2.0, **down(4.0, lasts_s=0.5)))
    # Which is done at 5.5, and committed with the next batch, 50 s later.
    assert rows(ledger.removed) == [(0, 4.5), (1, 55.5), (2, 55.5), (3, 55.5)]


def test_two_outages_during_one_record_change_nothing():
    world = log(*FOUR, service_s=4.0, consumer=AT_ONCE)
    world.broker_faults = (crash(2.0, 3.5, lasts_s=0.5, kind="process_crash"),)
    ledger = conserved(world)
    assert messages(effected(ledger)) == [0, 1, 2, 3]
    assert effected(ledger)[0] == (0, 5.5, 1)


def test_each_partition_goes_on_by_itself():
    world = lagging(broker={"partitions": 2}, consumer={"concurrency": 2}, service_s=0.5)
    world.draws = FixedLuck(times={"consumer.service": {(0, 1): 0.5, (1, 1): 3.0, (2, 1): 0.5}})
    world.broker_faults = (crash(2.75, kind="process_crash"),)
    ledger = conserved(world)
    # Of the first partition both are done, of the second message 1 is in hand until 4.5.
    assert effected(ledger)[:3] == [(0, 2.0, 1), (2, 2.5, 1), (1, 4.5, 1)]
    assert rows(ledger.removed) == [(0, 3.75), (2, 3.75), (1, 54.5), (3, 54.5)]
    assert delivered(ledger)[4:] == [(3, 4.5, 0)]


def test_each_group_goes_on_by_itself():
    luck = FixedLuck(coins={"consumer.crash_before": {(2, 1)}})
    options = {"crash_before_effect": 0.5, "restart": Constant(0.25)}
    world = lagging(broker={"groups": 2}, consumer=options, draws=luck, **down(2.75))
    first, second = conserved(world).groups
    # The reader of the first group dies at 3.0, while the broker is down.
    assert messages(effected(first)) == [0, 1, 0, 1, 2, 3]
    assert messages(effected(second)) == [0, 1, 2, 3]


def test_members_that_join_anew_have_the_partitions_they_had():
    start = {"start": Constant(0.0)}
    world = lagging(broker={"partitions": 2}, consumers=2, consumer=start, **down(1.75))
    ledger = conserved(world)
    assert sorted(effected(ledger)) == [(0, 1.5, 1), (1, 1.5, 1), (2, 2.0, 1), (3, 2.0, 1)]
    assert sorted(rows(ledger.removed)) == [(message, 2.75) for message in range(4)]


def test_a_rebalance_after_the_outage_takes_its_time_and_nothing_else():
    ledger = conserved(lagging(broker={"rebalance": Constant(2.0)}, **down(4.25)))
    # Given out at 3.5; 0 is done at 4, and 1 in hand; back at 5.25, the group reads from 7.25 on.
    assert effected(ledger) == [(0, 4.0, 1), (1, 4.5, 1), (2, 7.75, 2), (3, 8.25, 2)]
    assert rows(ledger.removed)[:2] == [(0, 7.25), (1, 7.25)]


def test_what_is_done_during_a_later_rebalance_is_committed_before_it_is_too_late():
    starts_s = {"consumer 0.start": {(0, 0): 0.0}, "consumer 1.start": {(0, 0): 7.0}}
    luck = FixedLuck(
        times={**starts_s, "consumer.service": {(0, 1): 0.25, (1, 1): 5.0, (2, 1): 0.25}}
    )
    world = log(
        *(1.0, 1.0),
        broker={"partitions": 2, "rebalance": Constant(2.0)},
        consumers=2,
        consumer={"concurrency": 2},
        draws=luck,
        **down(4.0, lasts_s=0.5),
    )
    ledger = conserved(world)
    # Message 1 is in hand from 2 to 7, is committed at 7.0, and its partition moves at 9.
    assert effected(ledger) == [(0, 2.25, 1), (1, 7.0, 1)]
    assert rows(ledger.removed) == [(0, 2.25), (1, 7.0)]


def test_a_record_that_was_committed_before_and_is_in_hand_is_not_read_again():
    options = {**AT_ONCE, "ack": AckMode.BEFORE}
    link = LinkOptions(ack_delay=Constant(0.75))
    ledger = conserved(log(*FOUR, consumer=options, deliver=link, **down(2.75)))
    # The commits of 1 and 2, sent at 2 and 2.5, meet a broker that is down.
    assert messages(effected(ledger)) == [0, 1, 2, 3]
    assert rows(ledger.removed) == [(0, 2.25), (1, 4.5), (2, 4.5), (3, 4.5)]


def test_what_failed_and_is_ignored_is_behind_the_reader_too():
    luck = FixedLuck(coins={"consumer.failure": {(0, 1)}})
    options = {"failure": 0.5, "on_failure": OnFailure.IGNORE}
    ledger = conserved(lagging(consumer=options, draws=luck, **down(2.75)))
    assert dropped(ledger) == [(0, 3.75, Cause.COMMIT)]
    assert messages(effected(ledger)) == [1, 2, 3]


def test_what_was_handed_out_as_often_as_it_may_be_is_not_parked_if_it_is_done():
    broker = {"redelivery": redelivery_options(limit=1)}
    ledger = conserved(lagging(broker=broker, **down(2.75)))
    # Message 3 was handed out, and not begun.
    assert messages(effected(ledger)) == [0, 1, 2]
    assert parked(ledger) == [(3, 3.75, Cause.DELIVERY_LIMIT)]


def test_what_has_become_too_old_meanwhile_is_committed_if_it_is_done():
    ledger = conserved(lagging(broker={"ttl_s": 2.5}, **down(2.75)))
    assert dropped(ledger) == [(3, 3.75, Cause.EXPIRED)]
    assert rows(ledger.removed) == [(3, 3.75), (0, 3.75), (1, 3.75), (2, 3.75)]


def test_with_automatic_acknowledgement_nothing_is_at_stake():
    options = {**AT_ONCE, "ack": AckMode.AUTO}
    ledger = conserved(log(*FOUR, consumer=options, **down(2.75)))
    assert effected(ledger) == [(0, 2.0, 1), (1, 2.5, 1), (2, 3.0, 1), (3, 3.5, 1)]


@pytest.mark.parametrize("limit", [0, 1])
def test_with_automatic_acknowledgement_what_comes_back_is_read_again(limit):
    ledger = conserved(
        log(
            1.0,
            service_s=3.0,
            broker=disk(Interval(1.375)) | {"redelivery": redelivery_options(limit=limit)},
            consumer={"ack": AckMode.AUTO, "start": Constant(1.5)},
            **down(2.0, lasts_s=0.5, kind="power_loss"),
        )
    )
    # Handed out at 1.5, which no sync has covered at 2.0; in hand until 4.5.
    assert effected(ledger) == [(0, 4.5, 1), *([] if limit else [(0, 7.5, 2)])]
    assert parked(ledger) == ([(0, 2.5, Cause.DELIVERY_LIMIT)] if limit else [])


# --------------------------------------------------------- what is read again


def test_what_raised_while_the_broker_was_down_is_read_again():
    luck = FixedLuck(coins={"consumer.failure": {(2, 1)}})
    ledger = conserved(lagging(consumer={"failure": 0.5}, draws=luck, **down(2.75)))
    assert rows(ledger.raised) == [(2, 3.0)]
    assert delivered(ledger)[4:] == [(2, 3.75, 0), (3, 3.75, 0)]
    assert messages(effected(ledger)) == [0, 1, 2, 3]


def test_what_raised_for_the_last_time_while_the_broker_was_down_is_parked():
    luck = FixedLuck(coins={"consumer.failure": {(0, 1)}})
    broker = {"redelivery": redelivery_options(limit=1)}
    world = lagging(1.0, broker=broker, consumer={"failure": 0.5}, service_s=2.0, draws=luck)
    world.broker_faults = (crash(2.0, kind="process_crash"),)
    assert parked(conserved(world)) == [(0, 3.5, Cause.DELIVERY_LIMIT)]


def test_a_record_that_is_to_be_parked_ends_what_is_behind_the_reader():
    luck = FixedLuck(coins={"consumer.failure": {(1, 1)}})
    options = {"failure": 0.5, "on_failure": OnFailure.REJECT}
    ledger = conserved(lagging(consumer=options, draws=luck, **down(3.25)))
    # Done are 0 and 2, and 3 is in hand; 1 was refused, which no commit has passed.
    assert messages(delivered(ledger)[4:]) == [1, 2, 3]
    assert messages(effected(ledger)) == [0, 2, 3, 1, 2, 3]


def test_what_waited_to_be_tried_again_is_read_again_and_tried_no_more():
    luck = FixedLuck(coins={"consumer.failure": {(1, 1)}})
    broker = {"redelivery": redelivery_options(delay=Fixed(2.0))}
    world = log(*FOUR, broker=broker, consumer={**AT_ONCE, "failure": 0.5}, draws=luck)
    world.broker_faults = (crash(2.75, kind="process_crash"),)
    ledger = conserved(world)
    # It failed at 2.5, and would have been tried again at 4.5.
    assert delivered(ledger)[4:] == [(1, 3.75, 0), (2, 3.75, 0), (3, 3.75, 0)]
    assert effected(ledger)[1:] == [(1, 4.25, 2), (2, 4.75, 2), (3, 5.25, 2)]


def test_what_another_reader_had_done_is_read_again_if_this_one_refused_it():
    starts_s = {"consumer 0.start": {(0, 0): 0.0}, "consumer 1.start": {(0, 0): 3.0}}
    luck = FixedLuck(times=starts_s, coins={"consumer.failure": {(1, 2)}})
    world = log(
        *(1.0, 1.0, 1.0, 1.0),
        broker={"partitions": 2},
        consumers=2,
        consumer={"failure": 0.5, "on_failure": OnFailure.REJECT},
        deliver=LinkOptions(ack_delay=Constant(30.0)),
        draws=luck,
        **down(4.25),
    )
    ledger = conserved(world)
    # Consumer 0 has done all by 3.0, and its commits are late. Consumer 1 begins with 1 and 3 at
    # 3.0, refuses 1 at 3.5 and has done 3 at 4.0.
    assert rows(ledger.raised) == [(1, 3.5)]
    assert delivered(ledger)[-2:] == [(1, 5.25, 1), (3, 5.25, 1)]


def test_another_reader_reads_again():
    starts_s = {"consumer 0.start": {(0, 0): 1.5}, "consumer 1.start": {(0, 0): 3.0}}
    world = lagging(broker={"partitions": 2}, consumers=2, draws=FixedLuck(times=starts_s))
    world.broker_faults = (crash(2.75, kind="process_crash"),)
    ledger = conserved(world)
    # Done are 0 and 2 of the first partition; 1, of the second, is in hand, and done twice.
    assert delivered(ledger)[4:] == [(1, 3.75, 1), (3, 3.75, 1)]
    assert sorted(messages(effected(ledger))) == [0, 1, 1, 2, 3]


def test_a_partition_that_comes_back_from_another_reader_is_read_again():
    starts_s = {"consumer 0.start": {(0, 0): 1.5}, "consumer 1.start": {(0, 0): 3.0}}
    world = lagging(
        *(1.0, 1.0),
        service_s=0.25,
        broker={"partitions": 2},
        consumers=2,
        consumer={"crash_before_effect": 0.5, "restart": Constant(60.0)},
        draws=FixedLuck(times=starts_s, coins={"consumer.crash_before": {(1, 2)}}),
        **down(2.75),
    )
    # Consumer 1 gets message 1 at 3.75 and dies of it; consumer 0 had done it before.
    assert effected(conserved(world))[2:] == [(1, 4.25, 3)]


def test_a_reader_that_died_meanwhile_reads_again():
    world = lagging(**down(2.75))
    world.consumer_faults = (crash(3.25, lasts_s=0.25),)
    ledger = conserved(world)
    assert delivered(ledger)[4:] == [(message, 3.75, 0) for message in range(4)]
    assert messages(effected(ledger)) == [0, 1, 2, 0, 1, 2, 3]


def test_a_reader_that_dies_of_its_record_meanwhile_reads_it_again():
    luck = FixedLuck(coins={"consumer.crash_before": {(2, 1)}})
    options = {"crash_before_effect": 0.5, "restart": Constant(0.25)}
    ledger = conserved(log(*FOUR, consumer={**AT_ONCE, **options}, draws=luck, **down(2.75)))
    assert delivered(ledger)[4:] == [(2, 3.75, 0), (3, 3.75, 0)]
    assert messages(effected(ledger)) == [0, 1, 2, 3]


def test_a_reader_that_dies_after_it_has_gone_on_has_committed():
    world = lagging(**down(2.75))
    world.consumer_faults = (crash(4.0),)
    ledger = conserved(world)
    assert messages(delivered(ledger)[4:]) == [3, 3]
    assert messages(effected(ledger)) == [0, 1, 2, 3]


@pytest.mark.parametrize(("back_s", "again"), [(0.25, []), (2.0, [0, 1, 2])])
def test_a_reader_that_is_not_connected_when_the_broker_is_back_reads_again(back_s, again):
    link = LinkOptions(connection=True, detect=Constant(0.125), reconnect_s=0.125)
    world = lagging(deliver=link, **down(2.75))
    world.deliver_faults = (crash(3.25, lasts_s=back_s, kind="cut"),)
    assert messages(effected(conserved(world))) == [0, 1, 2, *again, 3]


# ------------------------------------------------------------- what a crash takes


def disk(policy):
    return {"confirm_when": ConfirmWhen.WRITTEN, "disk": disk_options(policy=policy)}


def test_what_a_power_loss_takes_is_gone_whoever_has_passed_it():
    ledger = conserved(lagging(broker=disk(Never()), **down(2.75, kind="power_loss")))
    # Done are 0 and 1; 2 is in hand and will be done; only 3 is lost.
    assert dropped(ledger) == [(3, 2.75, Cause.PAGE_CACHE)]
    assert effected(ledger) == [(0, 2.0, 1), (1, 2.5, 1), (2, 3.0, 1)]


def test_what_is_appended_after_a_power_loss_is_not_taken_for_what_was_there():
    world = lagging(*FOUR, 5.0, broker=disk(Never()), **down(2.75, kind="power_loss"))
    assert effected(conserved(world))[3:] == [(4, 5.5, 1)]


def test_a_commit_that_a_power_loss_has_undone_is_repeated():
    world = log(
        *(1.0, 1.25, 1.5, 1.75),
        broker=disk(Interval(1.375)),
        **down(3.8, kind="power_loss"),
    )
    ledger = conserved(world)
    # Message 3 was committed at 3.0, which no sync has covered; its reader knows better.
    assert rows(ledger.recovered) == [(3, 3.8)]
    assert rows(ledger.removed)[3:] == [(3, 3.0), (3, 4.8)]
    assert messages(effected(ledger)) == [0, 1, 2, 3]


@pytest.mark.parametrize("fails", [False, True])
def test_an_early_commit_that_was_undone_is_repeated_when_its_record_is_done(fails):
    luck = FixedLuck(coins={"consumer.failure": {(0, 1)} if fails else set()})
    world = log(
        1.0,
        service_s=3.0,
        broker=disk(Interval(1.375)),
        consumer={"ack": AckMode.BEFORE, "start": Constant(1.5), "failure": 0.5},
        draws=luck,
        **down(2.0, lasts_s=0.5, kind="power_loss"),
    )
    ledger = conserved(world)
    assert rows(ledger.removed) == [(0, 1.5), (0, 4.5)]
    assert len(delivered(ledger)) == 1
    assert effected(ledger) == ([] if fails else [(0, 4.5, 1)])
    # The second sync after the restart covers the commit.
    assert world.census.decided_s == {0: 5.25}


# --------------------------------------------------------------- several replicas


def replicated(delay_s=0.0):
    options = ReplicationOptions(
        replicas=3, delay=Constant(delay_s), ack_delay=Constant(0.0), failover=Constant(1.0)
    )
    return {"broker": {"confirm_when": ConfirmWhen.WRITTEN, "replication": options}, "befallen": 0}


def test_a_reader_goes_on_with_the_next_leader():
    ledger = conserved(lagging(**replicated(), **down(2.75, lasts_s=30.0)))
    assert delivered(ledger)[4:] == [(3, 3.75, 0)]
    assert messages(effected(ledger)) == [0, 1, 2, 3]


def test_commits_that_the_next_leader_does_not_know_are_repeated():
    world = log(*FOUR, consumer=AT_ONCE, **replicated(delay_s=0.375), **down(2.75, lasts_s=30.0))
    ledger = conserved(world)
    # Of the commits at 2 and 2.5 the second has reached nobody.
    assert rows(ledger.recovered) == [(1, 3.75)]
    assert messages(effected(ledger)) == [0, 1, 2, 3]
    assert rows(ledger.removed)[2:4] == [(1, 3.75), (2, 3.75)]


# ------------------------------------------------------------------ by themselves


def test_a_position_is_behind_what_was_passed_and_ends_with_its_partition():
    partition = Partition(0)
    first, second = (partition.append(Message(row, row, 1), None, 0.0) for row in range(2))
    reading = Reading(first, Member(Nobody), 1, 0.0)
    reading.phase = EFFECTED
    positions = Positions()
    assert not positions.passed(first)
    positions.move(reading)
    assert positions.passed(first)
    assert not positions.passed(second)
    positions.forget(partition)
    assert not positions.passed(first)


class Nobody:
    life = 0
