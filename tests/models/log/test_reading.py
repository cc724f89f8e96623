"""What a reader gets, and when: batches, partitions, order."""

from __future__ import annotations

from models.laws import Constant
from models.network import LinkOptions
from tests.models.log.shared import conserved, delivered, effected, log
from tests.models.luck import FixedLuck
from tests.models.world import redelivery_options, rows


def test_a_reader_gets_a_batch_works_on_it_and_asks_again():
    ledger = conserved(log(1.0, 1.25, 1.25, 1.25, 4.0))
    # The first comes alone; what arrives meanwhile is the next batch.
    assert delivered(ledger) == [(0, 1.0, 0), (1, 1.5, 0), (2, 1.5, 0), (3, 1.5, 0), (4, 4.0, 0)]
    assert effected(ledger) == [(0, 1.5, 1), (1, 2.0, 1), (2, 2.5, 1), (3, 3.0, 1), (4, 4.5, 1)]
    assert rows(ledger.removed) == rows(ledger.effected)


def test_a_batch_has_no_more_records_than_are_asked_for():
    ledger = conserved(log(1.0, 1.0, 1.0, 1.0, 1.0, prefetch=2))
    times_s = [time_s for _, time_s, _ in delivered(ledger)]
    assert times_s == [1.0, 1.5, 1.5, 2.5, 2.5]


def test_partitions_are_filled_in_turn_without_keys():
    world = log(1.0, 1.0, 1.0, 1.0, broker={"partitions": 2}, consumers=2)
    assert delivered(conserved(world)) == [(0, 1.0, 0), (1, 1.0, 1), (2, 1.5, 0), (3, 1.5, 1)]


def test_a_message_goes_to_the_partition_of_its_key():
    luck = FixedLuck(
        uniforms={"producer.order_key": {(0, 0): 0.9, (1, 0): 0.0, (2, 0): 0.9, (3, 0): 0.4}}
    )
    world = log(*(1.0, 1.0, 1.0, 1.0), keys=3, broker={"partitions": 2}, consumers=2, draws=luck)
    # Keys 2, 0, 2, 1: the last is the only one of the second partition.
    assert effected(conserved(world)) == [(0, 1.5, 1), (3, 1.5, 1), (1, 2.0, 1), (2, 2.5, 1)]


def test_one_record_of_a_partition_is_worked_on_at_a_time():
    services_s = {(0, 1): 2.0, (1, 1): 0.5, (2, 1): 0.5, (3, 1): 0.5}
    luck = FixedLuck(times={"consumer.service": services_s})
    world = log(
        *(1.0, 1.0, 1.0, 1.0, 1.0),
        broker={"partitions": 2},
        consumer={"concurrency": 5, "start": Constant(2.0)},
        draws=luck,
    )
    # Messages 2 and 4 wait behind 0, although three hands are free.
    assert effected(conserved(world)) == [
        *((1, 2.5, 1), (3, 3.0, 1)),
        *((0, 4.0, 1), (2, 4.5, 1), (4, 5.0, 1)),
    ]


def test_a_reader_asks_again_only_when_its_whole_batch_is_done():
    services_s = {(0, 1): 3.0, (1, 1): 0.5}
    luck = FixedLuck(times={"consumer.service": services_s})
    world = log(
        *(1.0, 1.0, 1.25, 1.25),
        broker={"partitions": 2},
        consumer={"concurrency": 2, "start": Constant(1.0)},
        draws=luck,
    )
    # The consumer starts first, so message 0 comes alone; 1 and the others wait for it.
    assert delivered(conserved(world)) == [(0, 1.0, 0), (2, 4.0, 0), (1, 4.0, 0), (3, 4.0, 0)]


def test_partitions_are_served_in_turn():
    world = log(
        *(1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
        broker={"partitions": 2},
        consumer={"start": Constant(2.0)},
        prefetch=2,
    )
    # Two records of one, two of the other, and then what is left of both.
    assert [message for message, _, _ in delivered(conserved(world))] == [0, 2, 1, 3, 4, 5]


def test_more_members_than_partitions_leave_some_idle():
    world = log(1.0, 1.0, 1.0, 1.0, 1.0, broker={"partitions": 2}, consumers=4)
    assert {consumer for _, _, consumer in delivered(conserved(world))} == {0, 1}


def test_partitions_are_dealt_out_in_runs():
    world = log(*[1.0] * 5, broker={"partitions": 5}, consumers=3)
    consumers = {message: consumer for message, _, consumer in delivered(conserved(world))}
    assert consumers == {0: 0, 1: 0, 2: 1, 3: 1, 4: 2}


def test_a_batch_takes_one_delay():
    luck = FixedLuck(times={"deliver.delay": {(0, 1): 0.25, (1, 1): 0.75, (2, 1): 9.0}})
    world = log(
        *(1.0, 1.0, 1.0), deliver=LinkOptions(delay=Constant(1.0)), service_s=0.125, draws=luck
    )
    # Delays of messages 0 and 1, which lead their batches: 0.25 s, then 0.75 s.
    ledger = conserved(world)
    assert delivered(ledger) == [(0, 1.0, 0), (1, 1.375, 0), (2, 1.375, 0)]
    assert effected(ledger) == [(0, 1.375, 1), (1, 2.25, 1), (2, 2.375, 1)]


def test_a_batch_that_is_lost_is_asked_for_again():
    once, twice = (0, 1), (0, 1 | 1 << 32)
    luck = FixedLuck(coins={"deliver.loss": {once, twice}})
    again = {"redelivery": redelivery_options(ack_timeout_s=3.0)}
    world = log(1.0, deliver=LinkOptions(loss=0.5), broker=again, draws=luck)
    ledger = conserved(world)
    assert delivered(ledger) == [(0, 1.0, 0)]
    assert effected(ledger) == [(0, 7.5, 1)]
