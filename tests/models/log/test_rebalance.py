"""Members come and go: who reads what, when all stand still, and what is seen again."""

from __future__ import annotations

from models.consumer import AckMode
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from tests.models.log.shared import conserved, crash, delivered, dropped, effected, log
from tests.models.luck import FixedLuck
from tests.models.world import rows

TWO = {"partitions": 2}
PAUSE = {"partitions": 2, "rebalance": Constant(2.0)}


def late_second(start_s):
    """Luck by which consumer 1 connects at *start_s* only."""
    return FixedLuck(times={"consumer 1.start": {(0, 0): start_s}})


def test_a_group_stands_still_when_a_member_joins():
    world = log(
        *(1.0, 1.0, 6.0, 6.0, 6.0, 6.0),
        broker=PAUSE,
        consumers=2,
        draws=late_second(6.75),
        service_s=1.0,
    )
    ledger = conserved(world)
    # The first member alone waits for 2 s too. At 6.75 the second joins: message 2 is in hand and
    # may be finished; nobody begins another before 8.75.
    assert delivered(ledger)[:2] == [(0, 2.0, 0), (1, 2.0, 0)]
    done = sorted(rows(ledger.effected))
    assert done == [(0, 3.0), (1, 4.0), (2, 7.0), (3, 9.75), (4, 9.75), (5, 10.75)]
    # What it had of the other partition, and had not begun, is the second's now.
    assert {m for m, _, consumer in delivered(ledger) if consumer == 1} == {3, 5}


def test_what_is_in_hand_when_its_partition_moves_is_done_twice():
    world = log(1.0, 1.0, broker=TWO, consumers=2, consumer={"concurrency": 2}, service_s=4.0)
    starts_s = {"consumer 0.start": {(0, 0): 1.5}, "consumer 1.start": {(0, 0): 2.0}}
    world.draws = FixedLuck(times=starts_s)
    ledger = conserved(world)
    # Both are in hand at 2 s, when partition 1 moves: its record is begun again elsewhere.
    assert delivered(ledger) == [(0, 1.5, 0), (1, 1.5, 0), (1, 2.0, 1)]
    assert effected(ledger) == [(0, 5.5, 1), (1, 5.5, 1), (1, 6.0, 2)]
    assert rows(ledger.removed) == [(0, 5.5), (1, 6.0)]  # the first commit is refused


def test_what_is_finished_and_committed_during_the_pause_is_done_once():
    world = log(1.0, 1.0, broker=PAUSE, consumers=2, consumer={"concurrency": 2}, service_s=2.5)
    world.draws = late_second(3.0)
    ledger = conserved(world)
    # Given out at 2 s, done at 4.5, committed before the new assignment at 5 s.
    assert effected(ledger) == [(0, 4.5, 1), (1, 4.5, 1)]


def test_a_commit_that_comes_after_the_pause_is_refused():
    world = log(1.0, 1.0, broker=PAUSE, consumers=2, consumer={"concurrency": 2}, service_s=2.5)
    world.draws = late_second(3.0)
    world.deliver = LinkOptions(ack_delay=Constant(0.75))
    assert effected(conserved(world)) == [(0, 4.5, 1), (1, 4.5, 1), (1, 7.5, 2)]


def test_a_partition_that_stays_with_its_member_is_read_on():
    world = log(1.0, 1.0, 1.0, broker=TWO, consumers=2, service_s=4.0)
    starts_s = {"consumer 0.start": {(0, 0): 1.5}, "consumer 1.start": {(0, 0): 2.0}}
    world.draws = FixedLuck(times=starts_s)
    ledger = conserved(world)
    # Messages 0 and 2 stay with consumer 0, who is at work on 0 and has 2 waiting.
    assert delivered(ledger) == [(0, 1.5, 0), (2, 1.5, 0), (1, 1.5, 0), (1, 2.0, 1)]
    assert effected(ledger) == [(0, 5.5, 1), (1, 6.0, 2), (2, 9.5, 1)]


def test_others_take_over_once_the_death_is_seen():
    world = log(
        *(1.0, 1.0, 1.0, 1.0),
        broker=TWO,
        consumers=2,
        consumer={"detect": Constant(3.0), "crash_before_effect": 0.5, "restart": Constant(50.0)},
        draws=FixedLuck(coins={"consumer.crash_before": {(1, 1)}}),
    )
    # Consumer 1 dies at 1.5 with message 1, which is seen at 4.5.
    ledger = conserved(world)
    assert delivered(ledger) == [(0, 1.0, 0), (1, 1.0, 1), (2, 1.5, 0), (1, 4.5, 0), (3, 4.5, 0)]


def test_a_new_process_joins_beside_the_dead_one():
    world = log(
        *(1.0, 1.0, 1.0, 1.0),
        broker=TWO,
        consumer={"detect": Constant(5.0)},
        consumer_faults=(crash(1.25, lasts_s=1.0),),
    )
    ledger = conserved(world)
    # Back at 2.25, it gets the second partition; the first is the dead one's until 6.25.
    assert delivered(ledger) == [
        (0, 1.0, 0),
        *((1, 2.25, 0), (3, 2.25, 0)),
        *((0, 6.25, 0), (2, 6.25, 0)),
    ]


def test_the_last_member_leaves_without_a_pause():
    world = log(1.0, broker=PAUSE, service_s=3.0, consumer_faults=(crash(4.0, lasts_s=5.0),))
    ledger = conserved(world)
    assert rows(ledger.returned) == [(0, 4.0)]
    assert delivered(ledger) == [(0, 2.0, 0), (0, 11.0, 0)]


def test_members_that_come_during_a_pause_belong_to_it():
    world = log(1.0, 1.0, broker=PAUSE, consumers=2)
    world.draws = late_second(1.5)
    # The first joins at 0; at 2 s both get their share.
    assert delivered(conserved(world)) == [(0, 2.0, 0), (1, 2.0, 1)]


def test_what_is_committed_already_stays_with_its_reader():
    world = log(
        *(1.0, 1.0, 1.0, 1.0),
        broker=TWO,
        consumers=2,
        consumer={"ack": AckMode.AUTO, "start": Constant(1.0)},
        draws=late_second(1.75),
    )
    ledger = conserved(world)
    assert not dropped(ledger)
    assert {consumer for _, _, consumer in delivered(ledger)} == {0}
    assert len(effected(ledger)) == 4


def test_records_that_the_dead_had_committed_are_lost():
    world = log(
        *(1.0, 1.0, 1.0),
        consumer={"ack": AckMode.AUTO, "start": Constant(1.0)},
        consumer_faults=(crash(1.75),),
    )
    ledger = conserved(world)
    # The start comes before the messages of its instant: message 0 is a batch of its own.
    assert effected(ledger)[0] == (0, 1.5, 1)
    assert dropped(ledger) == [(1, 1.75, Cause.COMMIT), (2, 1.75, Cause.COMMIT)]
