"""Consumers that ask for what they get: nobody sees one go, and only the timer brings back."""

from __future__ import annotations

import pytest

from models.broker import Counts, Subscription
from models.consumer import CommitOptions
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from tests.models.luck import FixedLuck
from tests.models.work import AFTER, AUTO, BATCH, given, working
from tests.models.world import broker_options, redelivery_options, rows, told

TIMER_S = 10.0


def asking(*created_s, prefetch=1, consumers=1, broker=None, redelivery=None, **works):
    """Consumers of which nobody sees the end; what they had comes back after ten seconds."""
    world = working(*created_s, **works)
    options = {"ack_timeout_s": TIMER_S, "on_disconnect": False, **(redelivery or {})}
    world.broker = broker_options(redelivery=redelivery_options(**options), **(broker or {}))
    world.prefetch, world.consumers = prefetch, consumers
    return world


def death(at_s, lasts_s):
    return (FaultOptions(kind="crash", at_s=(at_s,), lasts=Constant(lasts_s)),)


def cut(world, *at_s, lasts_s=0.0, **link):
    """The same world, over connections that take a quarter of a second each way, and are cut."""
    way = {"delay": Constant(0.25), "ack_delay": Constant(0.25), "reconnect_s": 1.0, **link}
    world.deliver = LinkOptions(connection=True, **way)
    world.deliver_faults = (FaultOptions(kind="cut", at_s=at_s, lasts=Constant(lasts_s)),)
    return world


# ---------------------------------------------------------------- deaths


@pytest.mark.parametrize("detect_s", [0.0, 3.0])
def test_what_a_dead_consumer_had_comes_back_by_the_timer(detect_s):
    # Dead at 1.5, and back at 2.5: it is given 1 at once, and 0 ten seconds after the first time.
    world = asking(1.0, 1.25, faults=death(1.5, 1.0), detect=Constant(detect_s))
    ledger = world.run()
    assert given(ledger) == [(0, 1.0, 0), (1, 2.5, 0), (0, 11.0, 0)]
    assert rows(ledger.returned) == [(0, 11.0)]
    assert rows(ledger.effected) == [(1, 3.5), (0, 12.0)]


def test_a_dead_consumer_is_given_nothing_new_and_another_has_it():
    world = asking(
        *(1.0, 3.0), prefetch=2, consumers=2, faults=death(2.0, 4.0), detect=Constant(3.0)
    )
    # Both die. Nobody swallows 1, which is ready until the first is back.
    ledger = world.run()
    assert given(ledger)[:2] == [(0, 1.0, 0), (1, 6.0, 0)]


def test_what_the_dead_one_had_is_not_counted_against_the_new_one():
    # Three places were full; the new process has three more.
    ledger = asking(
        *(1.0,) * 6, prefetch=3, service_s=5.0, faults=death(2.0, 1.0), redelivery={"limit": 5}
    ).run()
    assert given(ledger)[:6] == [
        *((row, 1.0, 0) for row in (0, 1, 2)),
        *((row, 3.0, 0) for row in (3, 4, 5)),
    ]
    # Work on 3 ends at 8; then 0, 1 and 2 are back at 11.
    assert rows(ledger.returned)[:3] == [(0, 11.0), (1, 11.0), (2, 11.0)]


def test_an_acknowledgement_already_sent_is_taken_however_long_its_sender_is_dead():
    # Done at 2.0, dead at 2.25, acknowledged at 2.5.
    slow = LinkOptions(ack_delay=Constant(0.5))
    ledger = asking(1.0, faults=death(2.25, 50.0), deliver=slow).run()
    assert given(ledger) == [(0, 1.0, 0)]
    assert rows(ledger.removed) == [(0, 2.5)]


@pytest.mark.parametrize(
    ("counts", "parked"),
    [(Counts.ALL, [(0, 21.0)]), (Counts.REFUSALS, []), (Counts.DISCONNECTS, [])],
)
def test_it_is_a_delivery_that_timed_out(counts, parked):
    luck = FixedLuck({"consumer.crash_before": {(0, 1), (0, 2)}})
    redelivery = {"limit": 2, "counts": counts}
    ledger = asking(1.0, draws=luck, redelivery=redelivery).run()
    assert rows(ledger.parked) == parked
    assert rows(ledger.effected) == ([] if parked else [(0, 22.0)])


def test_without_a_timer_it_stays_with_the_dead():
    ledger = asking(1.0, faults=death(1.5, 1.0), redelivery={"ack_timeout_s": float("inf")}).run()
    assert given(ledger) == [(0, 1.0, 0)]
    assert not len(ledger.effected)
    assert not len(ledger.dropped)


def test_automatic_nothing_is_held_and_so_nothing_comes_back():
    ledger = asking(1.0, 1.75, ack=AUTO, faults=death(1.5, 1.0)).run()
    assert given(ledger) == [(0, 1.0, 0), (1, 2.5, 0)]
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.5, Cause.AUTO_ACK)]


def test_a_passing_subscription_ends_with_its_last_consumer_and_all_that_was_out():
    world = asking(
        *(1.0, 1.25), faults=death(1.5, 1.0), broker={"subscription": Subscription.TRANSIENT}
    )
    ledger = world.run()
    gone = Cause.NO_SUBSCRIBER
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.5, gone), (1, 1.5, gone)]
    assert given(ledger) == [(0, 1.0, 0)]


def test_a_fall_of_the_broker_brings_back_what_the_dead_one_had():
    world = asking(1.0, faults=death(1.5, 4.0))
    world.broker_faults = (FaultOptions(kind="process_crash", at_s=(2.0,), lasts=Constant(1.0)),)
    world.broker = broker_options(redelivery=world.broker.redelivery)
    ledger = world.run()
    assert given(ledger) == [(0, 1.0, 0), (0, 5.5, 0)]
    assert rows(ledger.effected) == [(0, 6.5)]


# ---------------------------------------------------------------- cuts


def test_a_delivery_on_its_way_is_lost_and_comes_back_by_the_timer():
    ledger = cut(asking(1.0, 1.5), 1.125).run()
    # A new session from 2.125 on.
    assert given(ledger) == [(0, 1.0, 0), (1, 2.125, 0), (0, 11.0, 0)]
    assert not len(ledger.dropped)


def test_it_is_given_nothing_from_the_cut_on_whenever_that_is_noticed():
    # Noticed at 5.0, connected again at 6.0.
    world = asking(1.0, 3.0, prefetch=5, service_s=0.125)
    ledger = cut(world, 2.0, detect=Constant(3.0)).run()
    assert given(ledger) == [(0, 1.0, 0), (1, 6.0, 0)]


def test_what_it_had_it_works_on_and_acknowledges_by_the_next_connection():
    # Two there at 1.25, cut at 2.0, connected again at 3.0; done at 3.25 and 5.25.
    ledger = cut(asking(1.0, 1.0, prefetch=2, service_s=2.0), 2.0).run()
    assert given(ledger) == [(0, 1.0, 0), (1, 1.0, 0)]
    assert rows(ledger.removed) == [(0, 3.5), (1, 5.5)]
    assert rows(ledger.effected) == [(0, 3.25), (1, 5.25)]


def test_what_it_acknowledges_while_it_is_cut_off_is_done_again():
    ledger = cut(asking(1.0, service_s=0.5), 1.5).run()
    assert rows(ledger.effected) == [(0, 1.75), (0, 11.75)]


def test_a_batch_goes_on_over_the_next_connection():
    # Done at 1.75 and 2.75: both are acknowledged with the batch, which the cut does not end.
    world = asking(
        *(1.0, 1.0),
        prefetch=2,
        service_s=1.0,
        ack=BATCH,
        commit=CommitOptions(every=2, interval_s=50.0),
    )
    ledger = cut(world, 1.5, reconnect_s=0.25).run()
    assert rows(ledger.effected) == [(0, 2.25), (1, 3.25)]
    assert rows(ledger.removed) == [(0, 3.5), (1, 3.5)]


@pytest.mark.parametrize("ack", [AFTER, BATCH])
def test_one_that_dies_while_it_is_cut_off_takes_with_it_what_it_had(ack):
    world = asking(1.0, service_s=5.0, faults=death(3.0, 1.0), ack=ack)
    ledger = cut(world, 2.0).run()
    assert given(ledger)[:2] == [(0, 1.0, 0), (0, 11.0, 0)]
    assert ledger.effected.times_s().tolist()[0] == 16.25
