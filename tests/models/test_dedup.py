"""A broker that remembers ids: what it knows for a repeat, how it answers, and what it forgets."""

from __future__ import annotations

import math

import pytest

from models.arrivals import Trace
from models.broker import ConfirmWhen, DedupOptions, Overflow
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause, Failed
from models.network import LinkOptions
from models.policies.backoff import Fixed
from models.policies.sync import Never
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
    redelivery_options,
    rows,
    times,
    told,
)

HALF_SECOND = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))
FIRST_ANSWER_LOST = FixedLuck({"publish.ack_loss": {(0, 1)}})


def remembering(window_s=math.inf, **changes):
    return broker_options(dedup=DedupOptions(window_s=window_s), **changes)


def world(*created_s, broker=None, draws=FIRST_ANSWER_LOST, **changes):
    """Attempts at 1, 2, 3, …; the answer to the first is lost."""
    settings = {
        "producer": producer_options(
            arrivals=Trace(created_s or (1.0,)), timeout_s=1.0, retries=5, backoff=Fixed(0.0)
        ),
        "publish": HALF_SECOND,
        "broker": broker or remembering(),
        "draws": draws,
    }
    return World(**(settings | changes))


def crash(kind, at_s, lasts_s=0.25):
    return (FaultOptions(kind=kind, lasts=Constant(lasts_s), at_s=(at_s,)),)


def test_a_repeat_is_not_stored_and_confirmed_all_the_same():
    ledger = world().run()
    assert rows(ledger.sent) == [(0, 1.0), (0, 2.0)]
    assert rows(ledger.arrived) == [(0, 1.25), (0, 2.25)]
    assert rows(ledger.stored) == rows(ledger.effected) == [(0, 1.25)]
    assert told(ledger.dropped, "cause", Cause) == [(0, 2.25, Cause.DEDUPLICATED)]
    assert rows(ledger.confirmed) == [(0, 2.5)]


def test_a_double_of_the_network_is_a_repeat():
    link = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25), duplication=1.0)
    ledger = world(publish=link, draws=None).run()
    assert rows(ledger.arrived) == [(0, 1.25), (0, 1.25)]
    assert rows(ledger.stored) == rows(ledger.effected) == [(0, 1.25)]


def test_a_double_is_a_repeat_of_who_never_asks_too():
    link = LinkOptions(delay=Constant(0.25), duplication=1.0)
    ledger = world(publish=link, producer=producer_options(confirm=False), draws=None).run()
    assert rows(ledger.stored) == [(0, 1.25)]
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.25, Cause.DEDUPLICATED)]


@pytest.mark.parametrize(
    ("window_s", "stored_s"), [(0.0, [1.25, 2.25]), (1.0, [1.25, 2.25]), (1.125, [1.25])]
)
def test_an_id_is_forgotten_at_the_end_of_the_window(window_s, stored_s):
    # The repeat comes a second after the first copy was stored.
    ledger = world(broker=remembering(window_s)).run()
    assert times(ledger.stored) == times(ledger.effected) == stored_s
    assert rows(ledger.confirmed) == [(0, 2.5)]


def test_the_window_is_counted_from_the_first_copy():
    # Repeats at 2.25 and 3.25 do not prolong it: the one at 3.25 is stored.
    luck = FixedLuck({"publish.ack_loss": {(0, 1), (0, 2)}})
    ledger = world(broker=remembering(1.5), draws=luck).run()
    assert times(ledger.stored) == [1.25, 3.25]
    assert times(ledger.dropped) == [2.25]


def test_a_repeat_is_confirmed_when_the_first_copy_is():
    # Synced from 1.25 to 3.25; the answer to the first is lost, the second was taken in at 2.25.
    disk = disk_options(sync=Constant(2.0))
    ledger = world(broker=remembering(confirm_when=ConfirmWhen.SYNCED, disk=disk)).run()
    assert rows(ledger.synced) == [(0, 3.25)]
    assert rows(ledger.confirmed) == [(0, 3.5)]
    assert times(ledger.dropped) == [2.25, 3.25]


def test_a_repeat_of_what_is_safe_is_confirmed_at_once():
    disk = disk_options(write=Constant(0.25), sync=Constant(0.25))
    for when in (ConfirmWhen.WRITTEN, ConfirmWhen.SYNCED):
        ledger = world(broker=remembering(confirm_when=when, disk=disk)).run()
        assert rows(ledger.confirmed) == [(0, 2.5)]


def test_what_is_never_safe_is_never_confirmed():
    disk = disk_options(policy=Never())
    ledger = world(broker=remembering(confirm_when=ConfirmWhen.SYNCED, disk=disk)).run()
    assert times(ledger.stored) == [1.25]
    assert told(ledger.failed, "reason", Failed) == [(0, 7.0, Failed.ATTEMPTS)]


def test_a_repeat_waits_for_the_consumer_where_the_first_copy_does():
    # Worked on from 1.25 to 3.25: the repeats of 2.25 and 3.25 are answered then.
    ledger = world(
        broker=remembering(confirm_when=ConfirmWhen.PROCESSED),
        consumer=consumer_options(service=Constant(2.0)),
    ).run()
    assert rows(ledger.effected) == [(0, 3.25)]
    assert rows(ledger.confirmed) == [(0, 3.5)]
    quick = world(broker=remembering(confirm_when=ConfirmWhen.PROCESSED)).run()
    assert rows(quick.confirmed) == [(0, 2.5)]


def test_a_full_queue_does_not_turn_repeats_away():
    ledger = world(
        *(1.0, 1.5),
        broker=remembering(capacity=1, overflow=Overflow.REJECT),
        consumers=0,
    ).run()
    assert rows(ledger.confirmed) == [(0, 2.5)]
    assert told(ledger.failed, "reason", Failed) == [(1, 2.0, Failed.REJECTED)]


def test_what_has_expired_is_remembered_and_a_repeat_does_not_bring_it_back():
    redelivery = redelivery_options(dead_letter=False)
    ledger = world(broker=remembering(ttl_s=0.5, redelivery=redelivery), consumers=0).run()
    assert told(ledger.dropped, "cause", Cause) == [
        (0, 1.75, Cause.EXPIRED),
        (0, 2.25, Cause.DEDUPLICATED),
    ]
    assert rows(ledger.confirmed) == [(0, 2.5)]


def test_with_fan_out_a_repeat_is_one_for_all_groups():
    tried = world(broker=remembering(groups=2, confirm_when=ConfirmWhen.SYNCED))
    ledger = tried.run()
    for group in ledger.groups:
        assert rows(group.stored) == rows(group.effected) == [(0, 1.25)]
        assert not len(group.dropped)
    assert told(ledger.dropped, "cause", Cause) == [(0, 2.25, Cause.DEDUPLICATED)]
    assert rows(ledger.confirmed) == [(0, 2.5)]


def test_an_id_outlives_the_producer_that_gave_it():
    dies = FaultOptions(kind="crash", lasts=Constant(0.5), at_s=(1.25,))
    ledger = world(
        producer=producer_options(outbox=True), producer_faults=(dies,), draws=None
    ).run()
    assert times(ledger.sent) == [1.0, 1.75]
    assert times(ledger.effected) == [1.25]
    assert rows(ledger.confirmed) == [(0, 2.25)]


def test_taking_in_one_after_the_other_sees_repeats_too():
    link = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25), duplication=1.0)
    broker = remembering(accept=Constant(0.5))
    ledger = world(publish=link, broker=broker, draws=None).run()
    assert rows(ledger.stored)[0] == (0, 1.75)
    assert told(ledger.dropped, "cause", Cause)[0] == (0, 2.25, Cause.DEDUPLICATED)


# ---------------------------------------------------------------- what a crash leaves


def test_an_id_is_forgotten_with_its_copy():
    # In memory until 6.25; the process crashes at 1.75.
    disk = disk_options(write=Constant(5.0))
    ledger = world(
        broker=remembering(disk=disk), broker_faults=crash("process_crash", 1.75), consumers=0
    ).run()
    assert times(ledger.stored) == [1.25, 2.25]
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.75, Cause.BROKER_MEMORY)]


@pytest.mark.parametrize(
    ("kind", "stored_s"), [("process_crash", [1.25]), ("power_loss", [1.25, 2.25])]
)
@pytest.mark.parametrize("consumers", [0, 1])
def test_an_id_survives_where_its_copy_does_consumed_or_not(kind, stored_s, consumers):
    # In the page cache.
    disk = disk_options(policy=Never())
    ledger = world(
        broker=remembering(disk=disk), broker_faults=crash(kind, 1.75), consumers=consumers
    ).run()
    assert times(ledger.stored) == stored_s
    assert rows(ledger.confirmed) == [(0, 2.5)]


def test_an_id_on_the_disk_survives_everything():
    ledger = world(broker_faults=crash("power_loss", 1.75)).run()
    assert times(ledger.stored) == [1.25]
    assert rows(ledger.confirmed) == [(0, 2.5)]


def test_a_repeat_takes_the_place_of_whom_a_crash_has_forgotten():
    # The sync that began at 1.25 is cut off; the next one lasts from 2 to 4.
    disk = disk_options(sync=Constant(2.0))
    ledger = world(
        broker=remembering(confirm_when=ConfirmWhen.SYNCED, disk=disk),
        broker_faults=crash("process_crash", 1.75),
        draws=None,
    ).run()
    assert rows(ledger.synced) == [(0, 4.0)]
    assert times(ledger.stored) == [1.25]
    assert rows(ledger.confirmed) == [(0, 4.25)]


def test_a_repeat_that_waits_for_its_confirm_is_forgotten_too():
    # The repeat of 2.25 waits when the process crashes at 2.5; that of 3.25 is answered at 4.75.
    disk = disk_options(sync=Constant(2.0))
    ledger = world(
        broker=remembering(confirm_when=ConfirmWhen.SYNCED, disk=disk),
        broker_faults=crash("process_crash", 2.5),
        draws=FixedLuck({"publish.ack_loss": {(0, 3)}}),
    ).run()
    assert rows(ledger.synced) == [(0, 4.75)]
    assert times(ledger.arrived) == [1.25, 2.25, 3.25, 4.25]
    assert rows(ledger.confirmed) == [(0, 5.0)]  # the answer to the fourth


def test_what_is_processed_after_a_crash_is_confirmed_to_a_repeat():
    # Worked on until 3.25, cut off at 1.75 and given out again at 2: until 4.
    ledger = world(
        broker=remembering(confirm_when=ConfirmWhen.PROCESSED, disk=disk_options()),
        consumer=consumer_options(service=Constant(2.0)),
        broker_faults=crash("process_crash", 1.75),
        draws=None,
    ).run()
    assert times(ledger.stored) == [1.25]
    assert rows(ledger.confirmed)[0][1] == times(ledger.removed)[-1] + 0.25


def test_a_window_is_not_negative():
    with pytest.raises(ValueError, match="window_s must be >= 0, got -1"):
        DedupOptions(window_s=-1)


# ---------------------------------------------------------------- what the disk refuses


def test_what_the_disk_refuses_is_forgotten_and_its_repeats_may_try_again():
    # Written from 1.25 to 2.25, in vain; the repeat of 2 waits for that, and comes again at 2.75.
    luck = FixedLuck({"disk.failure": {(0, 1)}})
    disk = disk_options(write=Constant(1.0), failure=0.5)
    ledger = world(
        broker=remembering(confirm_when=ConfirmWhen.WRITTEN, disk=disk),
        producer=producer_options(timeout_s=0.75, retries=5, backoff=Fixed(0.0)),
        draws=luck,
        consumers=0,
    ).run()
    assert told(ledger.dropped, "cause", Cause)[:2] == [
        (0, 2.0, Cause.DEDUPLICATED),
        (0, 2.25, Cause.WRITE_ERROR),
    ]
    assert times(ledger.stored) == [1.25, 2.75]
    assert times(ledger.sent)[:3] == [1.0, 1.75, 2.5]
    assert rows(ledger.confirmed) == [(0, 4.0)]


@pytest.mark.parametrize("when", [ConfirmWhen.RECEIVED, ConfirmWhen.WRITTEN])
def test_what_is_refused_at_once_is_never_known(when):
    luck = FixedLuck({"disk.failure": {(0, 1)}, "publish.ack_loss": {(0, 1)}})
    ledger = world(
        broker=remembering(confirm_when=when, disk=disk_options(failure=0.5)),
        draws=luck,
        consumers=0,
    ).run()
    assert times(ledger.stored) == [1.25, 2.25]
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.25, Cause.WRITE_ERROR)]
    assert rows(ledger.confirmed) == [(0, 2.5)]
