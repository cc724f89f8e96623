"""A producer that numbers its messages, and a broker that takes them in once and in order."""

from __future__ import annotations

import pytest

from models.arrivals import Trace
from models.broker import ConfirmWhen, DedupOptions, Overflow
from models.broker.sequences import Sequences
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause, Failed
from models.message import Copy, Exchange, Place, Stamp
from models.network import LinkOptions
from models.policies.backoff import Fixed
from models.producer.series import Series
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    log_options,
    producer_options,
    rows,
    times,
    told,
)

HALF_SECOND = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))


def lost(*names):
    return FixedLuck({"publish.loss": set(names)})


def world(*created_s, draws=None, publish=HALF_SECOND, broker=None, faults=(), **changes):
    options = {"timeout_s": 1.0, "retries": 5, "backoff": Fixed(0.0), "idempotent": True}
    return World(
        producer=producer_options(arrivals=Trace(created_s or (1.0,)), **(options | changes)),
        broker=broker or broker_options(),
        publish=publish,
        draws=draws,
        producer_faults=faults,
    )


def test_a_repeat_is_known_by_its_number():
    ledger = world(draws=FixedLuck({"publish.ack_loss": {(0, 1)}})).run()
    assert rows(ledger.arrived) == [(0, 1.25), (0, 2.25)]
    assert rows(ledger.stored) == [(0, 1.25)]
    assert told(ledger.dropped, "cause", Cause) == [(0, 2.25, Cause.DEDUPLICATED)]
    assert rows(ledger.confirmed) == [(0, 2.5)]


def test_a_double_has_the_number_of_what_it_doubles():
    link = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25), duplication=1.0)
    ledger = world(1.0, 1.5, publish=link).run()
    assert rows(ledger.stored) == [(0, 1.25), (1, 1.75)]
    assert {cause for *_, cause in told(ledger.dropped, "cause", Cause)} == {Cause.DEDUPLICATED}


def test_who_comes_too_soon_is_refused_and_sent_again_after_the_one_before():
    # 0 is lost, 1 refused at 1.75; it waits for 0, which is sent again at 2, and acknowledged.
    ledger = world(1.0, 1.25, draws=lost((0, 1))).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.25), (0, 2.0), (1, 2.5)]
    assert told(ledger.dropped, "cause", Cause) == [
        (0, 1.0, Cause.NETWORK),
        (1, 1.5, Cause.OUT_OF_SEQUENCE),
    ]
    assert rows(ledger.stored) == [(0, 2.25), (1, 2.75)]
    assert rows(ledger.confirmed) == [(0, 2.5), (1, 3.0)]


def test_without_numbers_it_would_overtake():
    ledger = world(1.0, 1.25, draws=lost((0, 1)), idempotent=False).run()
    assert [row for row, _ in rows(ledger.effected)] == [1, 0]


def test_of_what_is_sent_again_one_is_on_its_way_at_a_time():
    # All that follow 0 are refused; then they go one by one, a round trip apart.
    ledger = world(1.0, 1.125, 1.25, 1.375, draws=lost((0, 1))).run()
    assert rows(ledger.stored) == [(0, 2.25), (1, 2.75), (2, 3.25), (3, 3.75)]


def test_a_message_that_is_given_up_begins_an_epoch():
    # 0 is lost three times and given up at 4. Then 1 is sent again, refused although it is the
    # first (at 4.5), and sent in the new epoch.
    ledger = world(1.0, 1.25, draws=lost((0, 1), (0, 2), (0, 3)), retries=2).run()
    assert told(ledger.failed, "reason", Failed) == [(0, 4.0, Failed.ATTEMPTS)]
    assert rows(ledger.sent)[-2:] == [(1, 4.0), (1, 4.5)]
    assert rows(ledger.stored) == [(1, 4.75)]
    assert rows(ledger.confirmed) == [(1, 5.0)]


def test_a_message_that_is_given_up_but_arrived_begins_none():
    luck = FixedLuck({"publish.ack_loss": {(0, 1), (0, 2)}})
    ledger = world(1.0, 1.25, 3.5, draws=luck, retries=1).run()
    assert rows(ledger.failed) == [(0, 3.0)]
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.25), (0, 2.0), (2, 3.5)]
    assert rows(ledger.stored) == [(0, 1.25), (1, 1.5), (2, 3.75)]


def test_who_comes_after_all_were_given_up_is_taken_in_at_once():
    ledger = world(1.0, 3.0, draws=lost((0, 1)), retries=0).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 3.0)]
    assert rows(ledger.confirmed) == [(1, 3.5)]


def test_a_deadline_ends_what_waits_for_another():
    # Each is given up two seconds after it was created: 1 before its turn, in which 2 follows.
    luck = lost(*((0, attempt) for attempt in range(1, 4)))
    ledger = world(1.0, 1.25, 2.5, draws=luck, deadline_s=2.0).run()
    assert rows(ledger.sent)[:4] == [(0, 1.0), (1, 1.25), (0, 2.0), (2, 2.5)]
    assert rows(ledger.failed) == [(0, 3.0), (1, 3.25)]
    assert rows(ledger.confirmed) == [(2, 4.25)]
    assert rows(ledger.stored) == [(2, 4.0)]


def test_a_rejection_leaves_a_gap_that_an_epoch_closes():
    # The queue takes one: 1 is rejected at 1.75; 2, in flight by then, is refused, and sent again.
    tried = world(
        *(1.0, 1.25, 1.375),
        broker=broker_options(capacity=1, overflow=Overflow.REJECT),
    )
    tried.consumers = 0
    ledger = tried.run()
    assert rows(ledger.stored) == [(0, 1.25)]
    assert told(ledger.failed, "reason", Failed) == [
        (1, 1.75, Failed.REJECTED),
        (2, 2.375, Failed.REJECTED),
    ]
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.25), (2, 1.375), (2, 1.875)]


def test_what_a_broker_drops_and_acknowledges_leaves_no_gap():
    tried = world(
        *(1.0, 1.25, 1.375),
        broker=broker_options(capacity=1, overflow=Overflow.DROP_NEW),
    )
    tried.consumers = 0
    ledger = tried.run()
    assert rows(ledger.confirmed) == [(0, 1.5), (1, 1.75), (2, 1.875)]
    assert len(ledger.sent) == 3


def test_partitions_do_not_wait_for_one_another():
    # Without keys they are taken in turn: 0 and 2 are in one, 1 in the other.
    ledger = world(1.0, 1.25, 1.375, draws=lost((0, 1)), partitions=2).run()
    assert rows(ledger.stored) == [(1, 1.5), (0, 2.25), (2, 2.75)]


def test_a_broker_that_has_lost_what_it_acknowledged_makes_an_epoch_begin():
    # 0 is acknowledged and lost with the broker's memory; 1 is number 1, of which it knows nothing.
    tried = world(1.0, 4.0, broker=broker_options(persistent=False))
    tried.consumers = 0
    tried.broker_faults = (FaultOptions(kind="process_crash", lasts=Constant(0.5), at_s=(2.0,)),)
    ledger = tried.run()
    assert rows(ledger.confirmed) == [(0, 1.5), (1, 5.0)]
    assert rows(ledger.sent) == [(0, 1.0), (1, 4.0), (1, 4.5)]
    assert rows(ledger.stored) == [(0, 1.25), (1, 4.75)]


def test_a_broker_knows_after_a_crash_what_its_disk_knows():
    tried = world(1.0, 4.0, broker=broker_options(confirm_when=ConfirmWhen.SYNCED))
    tried.broker_faults = (FaultOptions(kind="power_loss", lasts=Constant(0.5), at_s=(2.0,)),)
    ledger = tried.run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 4.0)]
    assert rows(ledger.confirmed) == [(0, 1.5), (1, 4.5)]


def test_the_next_process_is_a_stranger():
    # What the outbox sends again is stored again, although it arrived before the crash.
    dies = FaultOptions(kind="crash", lasts=Constant(0.5), at_s=(1.4375,))
    ledger = world(1.0, 1.0625, faults=(dies,), outbox=True).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.0625), (0, 1.9375), (1, 1.9375)]
    assert [row for row, _ in rows(ledger.effected)] == [0, 1, 0, 1]


def test_a_crash_forgets_what_waited_for_another():
    # 1 waits for 0 from 1.75 on; the crash at 1.875 ends that, and the outbox sends both again.
    dies = FaultOptions(kind="crash", lasts=Constant(0.5), at_s=(1.875,))
    ledger = world(1.0, 1.25, faults=(dies,), outbox=True, draws=lost((0, 1))).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.25), (0, 2.375), (1, 2.375)]
    assert rows(ledger.stored) == [(0, 2.625), (1, 2.625)]


def test_numbers_are_forgotten_at_the_end_of_the_window():
    # The repeat comes a second later. It is not known, and out of sequence: an epoch begins.
    luck = FixedLuck({"publish.ack_loss": {(0, 1)}})
    broker = broker_options(dedup=DedupOptions(window_s=1.0))
    ledger = world(draws=luck, broker=broker).run()
    assert told(ledger.dropped, "cause", Cause) == [(0, 2.25, Cause.OUT_OF_SEQUENCE)]
    assert times(ledger.stored) == [1.25, 2.75]


def test_a_slow_consumer_is_no_matter():
    tried = world(1.0, 1.25)
    tried.consumer = consumer_options(service=Constant(2.0))
    assert rows(tried.run().effected) == [(0, 3.25), (1, 5.25)]


def test_it_must_hear_of_refusals():
    with pytest.raises(ValueError, match="idempotent needs confirm"):
        producer_options(idempotent=True, confirm=False)


# ---------------------------------------------------------------- the numbers of a producer


def messages(count):
    return [Exchange(row, row) for row in range(count)]


def test_a_series_numbers_messages_as_they_are_first_sent():
    series = Series()
    first, second, third = messages(3)
    assert [series.number(m) for m in (first, second, first, third)] == [0, 1, 0, 2]
    assert series.first is first
    series.close(second, acknowledged=True)
    series.close(first, acknowledged=True)
    assert series.first is third


def test_a_bump_numbers_anew_what_is_open():
    series = Series()
    first, second, third, fourth = messages(4)
    for message in (first, second, third):
        series.number(message)
    series.close(first, acknowledged=False)
    series.bump()
    assert series.epoch == 1
    assert [series.number(m) for m in (second, third, fourth)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("acknowledged", "epoch"),
    [
        ([True, True], 0),
        ([False, True], 0),  # the second would not have been taken in without the first
        ([True, False], 1),
        ([False, False], 1),
    ],
)
def test_a_series_that_drains_begins_an_epoch_if_its_last_message_may_be_missing(
    acknowledged, epoch
):
    series = Series()
    both = messages(2)
    for message in both:
        series.number(message)
    for message, heard in zip(both, acknowledged, strict=True):
        series.close(message, acknowledged=heard)
    assert series.epoch == epoch
    assert series.number(Exchange(9, 9)) == (0 if epoch else 2)


# ---------------------------------------------------------------- the numbers at the broker


def stamp(number, epoch=0, life=0, partition=0):
    return Stamp(life, epoch, partition, number)


def copy(place=Place.MEMORY):
    made = Copy(Exchange(0, 0), None, 0, 0.0)
    made.place = place
    return made


def known(*taken):
    """Sequences that took these (stamp, copy) of producer 0."""
    made = Sequences()
    for one, its_copy in taken:
        assert made.fits(0, one)
        made.append(0, one, its_copy)
    return made


def test_the_next_number_fits():
    sequences = known((stamp(0), copy()), (stamp(1), copy()))
    assert [sequences.fits(0, stamp(number)) for number in range(4)] == [False, False, True, False]


def test_an_epoch_begins_with_0_and_ends_the_one_before():
    sequences = known((stamp(0), copy()))
    assert sequences.fits(0, stamp(0, epoch=2))
    assert not sequences.fits(0, stamp(1, epoch=2))
    sequences.append(0, stamp(0, epoch=2), copy())
    assert not sequences.fits(0, stamp(1))
    assert not sequences.fits(0, stamp(0, epoch=1))
    assert sequences.fits(0, stamp(1, epoch=2))


def test_processes_partitions_and_producers_are_told_apart():
    sequences = known((stamp(0), copy()))
    for other in (stamp(0, life=1), stamp(0, partition=1)):
        assert sequences.fits(0, other)
    assert sequences.fits(1, stamp(0))
    assert not sequences.fits(1, stamp(1))


def test_a_crash_takes_numbers_back_as_far_as_copies_are_lost():
    places = [Place.DISK, Place.DISK, Place.CACHE, Place.MEMORY]
    sequences = known(*((stamp(n), copy(place)) for n, place in enumerate(places)))
    assert sequences.fits(0, stamp(4))
    sequences.crash(lambda survivor: survivor.place >= Place.CACHE)
    assert sequences.fits(0, stamp(3))
    sequences.crash(lambda survivor: survivor.place >= Place.DISK)
    assert sequences.fits(0, stamp(2))
    sequences.crash(lambda _survivor: False)
    assert sequences.fits(0, stamp(0))


def test_what_was_dropped_and_acknowledged_is_known_until_a_crash():
    sequences = known((stamp(0), copy(Place.DISK)), (stamp(1), None))
    assert sequences.fits(0, stamp(2))
    sequences.crash(lambda survivor: survivor.place >= Place.DISK)
    assert sequences.fits(0, stamp(1))


def test_a_sync_in_time_keeps_the_numbers():
    tried = world(1.0, 1.25, 4.0, broker=broker_options(disk=disk_options(sync=Constant(0.5))))
    tried.broker_faults = (FaultOptions(kind="power_loss", lasts=Constant(0.25), at_s=(2.0,)),)
    ledger = tried.run()
    # The sync of 0 ends at 1.75, that of 1 is cut off: 2 comes as number 2, and 1 was the last.
    assert rows(ledger.synced)[0] == (0, 1.75)
    assert rows(ledger.sent)[2:] == [(2, 4.0), (2, 4.5)]


# ---------------------------------------------------------------- disks and connections


def test_what_the_disk_refuses_leaves_a_gap_that_is_filled():
    # The write of 0 fails at once; 1, which is in flight by then, has to wait for it.
    luck = FixedLuck({"disk.failure": {(0, 1)}})
    broker = broker_options(confirm_when=ConfirmWhen.WRITTEN, disk=disk_options(failure=0.5))
    ledger = world(1.0, 1.125, broker=broker, draws=luck).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.125), (0, 1.5), (1, 2.0)]
    assert told(ledger.dropped, "cause", Cause) == [
        (0, 1.25, Cause.WRITE_ERROR),
        (1, 1.375, Cause.OUT_OF_SEQUENCE),
    ]
    assert [row for row, _ in rows(ledger.written)] == [0, 1]


def test_a_write_that_fails_behind_later_ones_begins_an_epoch():
    # 0 is in the page cache at 2.25 and 1 has failed by 3.25, when 2 has been taken in behind it:
    # 1 is sent again as number 1, which is past, and so in a new epoch, and then 2, once more.
    luck = FixedLuck({"disk.failure": {(1, 1)}})
    disk = disk_options(write=Constant(1.0), failure=0.5)
    tried = world(
        *(1.0, 1.0, 1.0),
        broker=broker_options(confirm_when=ConfirmWhen.WRITTEN, disk=disk),
        draws=luck,
        timeout_s=5.0,
    )
    tried.consumers = 0
    ledger = tried.run()
    assert rows(ledger.stored) == [(0, 1.25), (1, 1.25), (2, 1.25), (1, 4.25)]
    assert rows(ledger.confirmed) == [(0, 2.5), (2, 4.5), (1, 5.5)]


def test_on_reconnecting_numbers_are_as_before():
    # The cut at 1.125 takes 0 and 1 with it; connected again at 2.125, they are sent in order.
    link = LinkOptions(connection=True, delay=Constant(0.25), ack_delay=Constant(0.25))
    tried = world(1.0, 1.0625, 1.5, publish=link)
    tried.publish_faults = (FaultOptions(kind="cut", lasts=Constant(0.0), at_s=(1.125,)),)
    ledger = tried.run()
    assert [row for row, _ in rows(ledger.stored)] == [0, 1, 2]
    assert [row for row, _ in rows(ledger.confirmed)] == [0, 1, 2]
    assert Cause.OUT_OF_SEQUENCE not in {
        cause for *_, cause in told(ledger.dropped, "cause", Cause)
    }


def test_a_repeat_after_a_cut_is_known_by_its_number():
    # The cut at 1.375 takes the answer.
    link = LinkOptions(connection=True, delay=Constant(0.25), ack_delay=Constant(0.25))
    tried = world(1.0, publish=link)
    tried.publish_faults = (FaultOptions(kind="cut", lasts=Constant(0.0), at_s=(1.375,)),)
    ledger = tried.run()
    assert rows(ledger.stored) == [(0, 1.25)]
    assert len(ledger.arrived) == 2
    assert len(ledger.confirmed) == 1


# ---------------------------------------------------------------- logs


def test_each_partition_of_a_log_has_numbers_of_its_own():
    # Keys 0, 1, 0 in two partitions: 0 is lost, and 2 waits for it, 1 does not.
    uniforms = {"producer.order_key": {(0, 0): 0.0, (1, 0): 0.9, (2, 0): 0.0}}
    luck = FixedLuck(coins={"publish.loss": {(0, 1)}}, uniforms=uniforms)
    tried = world(1.0, 1.25, 1.375, broker=log_options(partitions=2), draws=luck, keys=2)
    ledger = tried.run()
    assert rows(ledger.stored) == [(1, 1.5), (0, 2.25), (2, 2.75)]
    assert [row for row, _ in rows(ledger.effected)] == [1, 0, 2]


def test_a_log_does_not_store_a_repeat():
    luck = FixedLuck({"publish.ack_loss": {(0, 1)}})
    ledger = world(broker=log_options(), draws=luck).run()
    assert rows(ledger.arrived) == [(0, 1.25), (0, 2.25)]
    assert rows(ledger.stored) == rows(ledger.effected) == [(0, 1.25)]
    assert rows(ledger.confirmed) == [(0, 2.5)]


def test_a_log_knows_after_a_crash_what_is_on_its_disk():
    # 0 is consumed and stays in the log; its repeat, sent at 4 because nobody heard, is known.
    luck = FixedLuck({"publish.ack_loss": {(0, 1)}})
    tried = world(broker=log_options(), draws=luck, timeout_s=3.0)
    tried.broker_faults = (FaultOptions(kind="power_loss", lasts=Constant(0.5), at_s=(2.0,)),)
    ledger = tried.run()
    assert rows(ledger.stored) == [(0, 1.25)]
    assert rows(ledger.confirmed) == [(0, 4.5)]
